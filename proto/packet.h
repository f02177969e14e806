/*
 * What travels in messages: the whoami request, packets and error frames.
 *
 * packet_scan() decides, in one pass and without a tree, whether the original
 * router would relay a message, and says where its parts lie. Grammar: RFC
 * 8259 as JSON.parse of ECMAScript takes it. Schema: an object with exactly
 * "to" (non-empty string), "payload" and optionally "from" (anything: it is
 * replaced); the payload an object with exactly "type" (non-empty string) and
 * optionally "data" (object). Of members with the same name the last counts.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/connid.h"

enum packet_kind {
    PACKET_MALFORMED, /* the sender gets an error frame */
    PACKET_WHOAMI,    /* exactly the six bytes whoami */
    PACKET_RELAY,     /* @packet_out tells what goes where */
};

struct packet {
    const char *payload;   /* the payload's text, as sent; borrowed */
    size_t payload_size;   /* in bytes */
    size_t to_size;        /* of the value of "to", escapes undone, in bytes */
    char to[CONNID_CHARS]; /* its first bytes; all of it if to_size allows */
};

/*
 * Scans a message of a client.
 * @text: UTF-8, which the caller has checked; not NUL-terminated; may be NULL
 *        if @n is 0
 * @n:    its size in bytes; any, though AWS stops at 131072
 * @packet_out: set only when PACKET_RELAY is returned; borrows from @text
 *
 * Depth of nesting is bounded by @n alone: the C stack is not used for it.
 * Allocates only when an input nests more than 512 deep; out of memory then
 * counts as PACKET_MALFORMED.
 */
enum packet_kind packet_scan(const char *text, size_t n,
                             struct packet *packet_out);

/*
 * A relayed packet is PACKET_HEAD_SIZE bytes of head, the payload as sent and
 * PACKET_TAIL: {"from":"<id>","payload":<payload>}
 */
enum { PACKET_HEAD_SIZE = 37, PACKET_TAIL_SIZE = 1 };
#define PACKET_TAIL "}"

/* Writes the head of a packet that comes from @from: PACKET_HEAD_SIZE bytes. */
void packet_write_head(char *head_out, const struct connid *from);

enum { PACKET_ERROR_MAX = 256 };

/*
 * Writes an error frame's text as API Gateway spaces it (one space after the
 * first colon and each comma, none elsewhere).
 * @message: such as "Internal server error"; plain text of at most 100 bytes
 * Returns its size in bytes; no NUL is written.
 */
size_t packet_write_error(char text_out[PACKET_ERROR_MAX], const char *message,
                          const struct connid *connection,
                          const struct connid *request);
