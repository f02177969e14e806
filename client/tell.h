/*
 * What a client tells its owner: callbacks, each once, and events. Any of them
 * may do anything, monologue_free() included.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/monologue.h"

/* Tells who waits for connecting or closing, if somebody does. */
void tell_connect(struct monologue *m, int status);
void tell_close(struct monologue *m);

/* Not when the client is dead. */
void tell_event(struct monologue *m, const struct monologue_event *event);

/* It is connected, unless who was told before has changed that. */
void tell_connected(struct monologue *m);

/* An attempt has failed, and what comes next is decided: the next one after
 * @delay_ms, if the client is waiting. */
void tell_failed(struct monologue *m, int status, uint32_t delay_ms);

/*
 * The same for the end of a connection.
 * @id:   what it was
 * @code: of the close frame; 0: there was none
 */
void tell_disconnected(struct monologue *m, const char *id, int status,
                       uint16_t code, bool is_ours, uint32_t delay_ms);
