/*
 * What a context is made of. For proto/tls*.c only: OpenSSL's types end there.
 */
#pragma once

#include <openssl/ssl.h>

struct tls_context {
    SSL_CTX *ssl; /* owned; counted: each connection holds it, too */
};
