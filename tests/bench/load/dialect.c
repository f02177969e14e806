#include "tests/bench/load/dialect.h"

#include <string.h>

#include "tests/bench/load/crowd.h"

struct text dialect_texts[N_TEXT_SIDES][N_TEXT_KINDS];

void dialect_prepare(const struct dialect_options *options)
{
    text_make(dialect_texts, options->shape, options->size);
}

void dialect_write_text(uint8_t *out, const struct peer *from,
                        enum text_kind kind, uint64_t token)
{
    const struct text *text = &dialect_texts[TEXT_HEARD][kind];
    memcpy(out, text->bytes, text->size);
    memcpy(out + text->id_at, from->id, TEXT_ID_SIZE);
    text_write_token((char *)out + text->token_at, token);
}
