/*
 * What a connection asks for before it is open: HTTP requests, each given to
 * the room that it concerns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/answer.h"

struct connection;
struct errand;
struct head;
struct snapshot;

/*
 * @is_throttled: came faster than connect_rate allows: opening it is refused
 * Returns NULL when out of memory.
 */
struct head *head_new(const struct snapshot *snapshot, bool is_throttled);

/* An errand that is away comes back to nobody. */
void head_free(struct head *head);

/*
 * Reads input of @c, which is in HEAD, until that state is left, an errand is
 * away, or the peer does not take the answers it has.
 * Returns how many of the @n bytes are used.
 */
size_t head_read(struct connection *c, const uint8_t *in, size_t n);

/* Whether some of a request has come, or its answer is awaited. */
bool head_is_in_request(const struct head *head);

/* Whether the answer to the last request depends on another worker. */
bool head_is_busy(const struct head *head);

/* Whether any request was answered so far. */
bool head_has_answered(const struct head *head);

/* The last request is answered when @errand comes back. */
void head_wait_for(struct head *head, struct errand *errand);

/*
 * Each answers the last request of @c, which may end @c.
 * After REFUSAL_TOO_MANY_REQUESTS and REFUSAL_UNAVAILABLE the connection is
 * closed: who asks again must be counted again.
 * @message: as answer_append_refusal()
 * @why:     for the log
 * @json:    as answer_append_ok()
 */
void head_refuse(struct connection *c, enum refusal refusal,
                 const char *message, const char *why);
void head_answer(struct connection *c, const char *json);
void head_answer_no_content(struct connection *c);
