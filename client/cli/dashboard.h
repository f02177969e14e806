/*
 * The screen of `monologue top`: what vitals_compare() says, for people.
 */
#pragma once

#include <jansson.h>

/*
 * Draws everything anew, as much as fits, on standard output. The first time it
 * takes over the terminal: another screen, without a cursor.
 * @where:   the server's address
 * @vitals:  the last ones; NULL before the first
 * @trouble: why there are no newer ones; NULL when there are
 * Returns as output_line().
 */
int dashboard_draw(const char *where, const json_t *vitals,
                   const char *trouble);

/* Gives the terminal back, as it was; harmless when it was not taken. */
void dashboard_close(void);

/* "1.2 M": a number in about three digits. */
enum { DASHBOARD_NUMBER_SIZE = 16 };
void dashboard_print_number(char text_out[DASHBOARD_NUMBER_SIZE], double n);
