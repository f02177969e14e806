/*
 * Percent-encoding, as in URLs.
 */
#pragma once

#include "daemon/slice.h"

/*
 * Takes a byte off @text, decoded where it is encoded; a % without two
 * hexadecimal digits stands for itself. Returns 0 to 255, or -1: at the end.
 */
int percent_take(struct slice *text);
