/*
 * A raw WebSocket peer, as polite or as rude as a test wants it.
 *
 * Nothing of what it writes or reads goes through the project's own codecs.
 * Every wait is bounded by DAEMON_WAIT_MS; what does not come in time, or is
 * not what was expected, fails the running test.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lib/daemon.h"

enum {
    PEER_ID_CHARS = 16,
    PEER_FIN = 0x80, /* of the first byte of a frame */
    PEER_CONTINUATION = 0x0,
    PEER_TEXT = 0x81,
    PEER_BINARY = 0x82,
    PEER_CLOSE = 0x88,
    PEER_PING = 0x89,
    PEER_PONG = 0x8a,
    PEER_FRAME_MAX = 32768, /* of payload, either way */
    PEER_MESSAGE_MAX = 131072,
};

struct peer {
    int fd;
    SSL *ssl;                   /* NULL on a plain stream */
    char id[PEER_ID_CHARS + 1]; /* "" until peer_id() asked for it */
    char *text;                 /* of the last message, NUL-terminated */
    size_t size;                /* of text, in bytes */
    size_t n_read;              /* bytes in buffer */
    uint8_t *unread;            /* where they begin in it */
    size_t n_record;            /* bytes in record */
    uint8_t buffer[PEER_FRAME_MAX * 2];
    uint8_t record[16384]; /* what OpenSSL could not write yet */
};

/* What a frame was. */
struct peer_frame {
    uint8_t first; /* its first byte: PEER_FIN and opcode */
    size_t size;
    uint8_t payload[PEER_FRAME_MAX + 1]; /* NUL-terminated */
};

/* ---- connecting ---- */

/* Connects to an endpoint (ws, wss, ws+unix); TLS is set up, HTTP is not. */
struct peer *peer_connect(const char *endpoint);

/* The same, without TLS whatever the endpoint says. */
struct peer *peer_connect_plain(const char *endpoint);

/* Connects to the daemon's first endpoint and opens a WebSocket there. */
struct peer *peer_open(struct daemon *daemon);

/* The same in two steps, for another endpoint or key; the second expects the
 * 101. @key: NULL sends none */
struct peer *peer_open_at(const char *endpoint, const char *key);
void peer_upgrade(struct peer *peer, const char *key);

/* The same with further lines of headers, each with its CRLF. Returns the head
 * of the 101, valid until something is read. */
const char *peer_upgrade_with(struct peer *peer, const char *key,
                              const char *headers);

/* Makes the socket's receive buffer small, so that not reading soon shows. */
struct peer *peer_open_narrow(struct daemon *daemon);

/* Makes it large again, to read fast what has piled up. */
void peer_widen(struct peer *peer);

/* Ends the stream as a process that exits does. */
void peer_free(struct peer *peer);

/* Ends it with an RST. */
void peer_reset(struct peer *peer);

/* Ends our direction only. */
void peer_finish(struct peer *peer);

/* ---- writing ---- */

void peer_write(struct peer *peer, const void *bytes, size_t n);
void peer_write_text(struct peer *peer, const char *text);

/* Writes what fits at once; returns how much that was, or -1: the stream is
 * ended. */
long peer_write_some(struct peer *peer, const void *bytes, size_t n);

/*
 * Builds a masked frame.
 * @frame_out: has room for @n + 14 bytes
 * Returns its size.
 */
size_t peer_build(uint8_t *frame_out, uint8_t first, const void *payload,
                  size_t n);

void peer_send(struct peer *peer, uint8_t first, const void *payload, size_t n);

/* A text message in one frame, or in several of at most PEER_FRAME_MAX. */
void peer_say(struct peer *peer, const char *text);
void peer_say_bytes(struct peer *peer, const char *text, size_t n);

/* The text {"to":"ID","payload":PAYLOAD}; the caller frees it. */
char *peer_packet(const char *to, const char *payload);

/* @text with each ID replaced by @id; the caller frees it. */
char *peer_fill(const char *text, const char *id);

/* Sends what peer_packet() makes. */
void peer_call(struct peer *peer, const char *to, const char *payload);

/* ---- reading ---- */

/* The next frame, of at most PEER_FRAME_MAX bytes and unmasked. */
void peer_hear_frame(struct peer *peer, struct peer_frame *frame_out);

/* The next text message, put together; valid until the next one. */
const char *peer_hear(struct peer *peer);

void peer_expect(struct peer *peer, const char *text);

/* The text {"from":"ID","payload":PAYLOAD}. */
void peer_expect_packet(struct peer *peer, const char *from,
                        const char *payload);

/* An error frame with this peer's connection id. */
void peer_expect_error(struct peer *peer);

/* The same with another message than "Internal server error". */
void peer_expect_error_saying(struct peer *peer, const char *message);

/* A close frame; @code 1005: without a code. */
void peer_expect_close(struct peer *peer, unsigned code, const char *reason);

/* The end of the stream, and nothing before it. */
void peer_expect_end(struct peer *peer);

/* The end of the stream, whatever comes before it. */
void peer_await_end(struct peer *peer);

/* Whether something can be read within @wait_ms. */
bool peer_has_input(struct peer *peer, int wait_ms);

/* Reads what there is, at most @n bytes; 0: nothing now, -1: the end. */
long peer_read_some(struct peer *peer, void *bytes_out, size_t n);

/* Bytes up to and with the first @end, NUL-terminated, in peer->text. */
const char *peer_read_until(struct peer *peer, const char *end);

/* The next @n bytes, NUL-terminated, in peer->text. */
const char *peer_read_text(struct peer *peer, size_t n);

/* The next @n bytes, at most as many as the buffer takes. */
void peer_read(struct peer *peer, void *bytes_out, size_t n);

/* Appends to peer->text. */
void peer_keep(struct peer *peer, const void *bytes, size_t n);

/* This peer's connection id; asks for it once. */
const char *peer_id(struct peer *peer);

/* The worker that owns the connection of this id. */
unsigned peer_worker(const char *id);
