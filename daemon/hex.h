/*
 * Bytes in hexadecimal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What a digit of either case stands for: 0 to 15, or -1: it is none. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads @n bytes. Returns whether @hex is 2 * @n digits and no more; what was
 * read before one that is none stands in @bytes_out. */
static inline bool hex_read(const char *hex, size_t n, unsigned char *bytes_out)
{
    if (strlen(hex) != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes_out[i] = (unsigned char)((unsigned)high << 4 | (unsigned)low);
    }
    return true;
}

/* Writes 2 * @n lower-case digits and a NUL to @hex_out. */
static inline void hex_print(const unsigned char *bytes, size_t n,
                             char *hex_out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *hex_out++ = digits[bytes[i] >> 4];
        *hex_out++ = digits[bytes[i] & 15];
    }
    *hex_out = '\0';
}
