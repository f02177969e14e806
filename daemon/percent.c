#include "daemon/percent.h"

#include "daemon/hex.h"

int percent_take(struct slice *text)
{
    if (text->size == 0)
        return -1;
    const char *at = text->begin;
    size_t n = 1;
    int c = (unsigned char)*at;
    if (c == '%' && text->size >= 3 && hex_digit(at[1]) >= 0 &&
        hex_digit(at[2]) >= 0) {
        c = hex_digit(at[1]) << 4 | hex_digit(at[2]);
        n = 3;
    }
    text->begin += n;
    text->size -= n;
    return c;
}
