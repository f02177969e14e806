/*
 * What goes over an open connection: whoami, our calls, those of others.
 */
#pragma once

#include <stddef.h>

#include "client/monologue.h"
#include "client/requests.h"

/* Asks the server for our id. */
void exchange_greet(struct monologue *m);

/*
 * Shows the server that we live, and sees whether it does: it must have said
 * something since the last time, and be it the answer to that.
 */
void exchange_sign_of_life(struct monologue *m);

/* Takes one message of the server; @m may be freed by a callback meanwhile. */
void exchange_take(struct monologue *m, const char *text, size_t size);

/* Answers a request; a requests_answer_cb with the client as its data. */
int exchange_answer(const struct requests_answer *answer, void *data);
