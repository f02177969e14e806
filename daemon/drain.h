/*
 * How the connections of a worker end when the server does.
 */
#pragma once

struct worker;

/*
 * Closes everybody with 1001. Whoever has no id yet is answered if it has asked
 * for something, with 503 if that has not come whole, and else dropped.
 */
void drain_close_all(struct worker *worker);

/* Ends everybody at once, without a word. */
void drain_drop_all(struct worker *worker);
