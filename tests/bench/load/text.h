/*
 * What the load says: packets of a chosen size and shape, and whether what was
 * heard is what was said.
 *
 * A text is the same for all but the 16 characters of an id and the 16 of a
 * token, which are put in, and taken out, at fixed places.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_ID_SIZE = 16, TEXT_TOKEN_SIZE = 16 };

enum text_kind { TEXT_REQUEST, TEXT_ANSWER, N_TEXT_KINDS };

/* What stands in a packet before the id. */
enum text_side {
    TEXT_SENT,  /* {"to":... */
    TEXT_HEARD, /* {"from":... */
    N_TEXT_SIDES,
};

enum text_shape {
    TEXT_STRING, /* one string, ASCII */
    TEXT_UTF8,   /* one string in several scripts */
    TEXT_NESTED, /* an array of records */
    N_TEXT_SHAPES,
};

extern const char *const text_shapes[N_TEXT_SHAPES];

struct text {
    char *bytes;
    size_t size;
    size_t id_at;
    size_t token_at;
};

/* Makes all four texts; a body has @size bytes (up to 3 less for UTF8). */
void text_make(struct text texts_out[N_TEXT_SIDES][N_TEXT_KINDS],
               enum text_shape shape, size_t size);

/*
 * Whether @n bytes at @bytes are @text, whatever its id and its token, which
 * are told.
 */
bool text_check(const struct text *text, const char *bytes, size_t n,
                const char **id_out, uint64_t *token_out);

/* A token in hexadecimal. */
void text_write_token(char token_out[TEXT_TOKEN_SIZE], uint64_t token);
