/*
 * SHA-1 and SHA-256 of one piece of memory.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SHA1_BYTES = 20, DIGEST_SHA256_BYTES = 32 };

void digest_sha1(const void *bytes, size_t size,
                 uint8_t digest_out[DIGEST_SHA1_BYTES]);
void digest_sha256(const void *bytes, size_t size,
                   uint8_t digest_out[DIGEST_SHA256_BYTES]);
