/*
 * What an open connection says: frames in, verdicts carried out.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/connection.h"
#include "daemon/mailbox.h"

/*
 * Reads @n bytes of input, modified in place, and does what they say. All of
 * it is used, set aside in @c->unread, or ignored because @c is closing.
 */
void session_read(struct connection *c, uint8_t *in, size_t n);

/*
 * Delivers a packet to @receiver.
 * Returns 0, or -ENOBUFS or -ENOMEM: the sender must be told.
 */
int session_deliver(struct connection *receiver, const struct connid *from,
                    const void *payload, size_t size);

/*
 * Tells @sender that a packet of its was not delivered, or is none: by an error
 * frame, or by @nak if it asked for that.
 * @nak: what nak_answer() wrote, @nak_size bytes; 0: nothing
 */
void session_refuse(struct connection *sender, const void *nak,
                    size_t nak_size);
