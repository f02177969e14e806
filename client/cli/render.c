#include "client/cli/render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/output.h"

enum { WIDTH = 76, INDENT = 2 };

struct renderer {
    FILE *out;
    struct render_style style;
    unsigned depth;
    int status;
};

static void put_styled(struct renderer *r, enum output_style style,
                       const char *text)
{
    if (r->style.is_coloured)
        fprintf(r->out, "%s%s%s", output_style(style), text,
                output_style(OUTPUT_PLAIN));
    else
        fputs(text, r->out);
}

/* jansson escapes C0; DEL and C1 steer terminals, too. */
static void put_tamed(FILE *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == 0x7f) {
            fputs("\\u007f", out);
        } else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
            fprintf(out, "\\u%04x", p[1]);
            p++;
        } else {
            fputc(*p, out);
        }
    }
}

static void put_string(struct renderer *r, enum output_style style,
                       const json_t *string)
{
    char *text = json_dumps(string, JSON_ENCODE_ANY);
    if (!text) {
        r->status = -ENOMEM;
        return;
    }
    if (r->style.is_coloured)
        fputs(output_style(style), r->out);
    put_tamed(r->out, text);
    if (r->style.is_coloured)
        fputs(output_style(OUTPUT_PLAIN), r->out);
    free(text);
}

/* The fewest digits that read back as the same number. */
static void put_real(struct renderer *r, double real)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, real);
        if (strtod(text, NULL) == real)
            break;
    }
    if (!strpbrk(text, ".eE"))
        strcat(text, ".0");
    put_styled(r, OUTPUT_NUMBER, text);
}

static bool fits(const struct renderer *r, const json_t *value)
{
    size_t n = json_dumpb(value, NULL, 0, JSON_ENCODE_ANY);
    return n + (size_t)r->depth * INDENT <= WIDTH;
}

/* Between members: a line break, or a blank, or nothing. */
static void put_gap(struct renderer *r, bool is_broken, bool is_edge)
{
    if (is_broken)
        fprintf(r->out, "\n%*s", (int)(r->depth * INDENT), "");
    else if (r->style.is_laid_out && !is_edge)
        fputc(' ', r->out);
}

static void put(struct renderer *r, const json_t *value);

static void put_array(struct renderer *r, const json_t *array, bool is_broken)
{
    size_t i;
    const json_t *value;
    fputc('[', r->out);
    r->depth++;
    json_array_foreach((json_t *)array, i, value)
    {
        if (i > 0)
            fputc(',', r->out);
        put_gap(r, is_broken, i == 0);
        put(r, value);
    }
    r->depth--;
    put_gap(r, is_broken, true);
    fputc(']', r->out);
}

static void put_key(struct renderer *r, const char *key)
{
    json_t *name = json_string(key);
    if (name)
        put_string(r, OUTPUT_NAME, name);
    else
        r->status = -ENOMEM;
    json_decref(name);
    fputs(r->style.is_laid_out ? ": " : ":", r->out);
}

static void put_object(struct renderer *r, const json_t *object, bool is_broken)
{
    bool is_first = true;
    const char *key;
    const json_t *value;
    fputc('{', r->out);
    r->depth++;
    json_object_foreach((json_t *)object, key, value)
    {
        if (!is_first)
            fputc(',', r->out);
        put_gap(r, is_broken, is_first);
        put_key(r, key);
        put(r, value);
        is_first = false;
    }
    r->depth--;
    put_gap(r, is_broken, true);
    fputc('}', r->out);
}

static void put(struct renderer *r, const json_t *value)
{
    char text[40];
    bool is_broken = r->style.is_laid_out && !fits(r, value);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(r, value, is_broken && json_object_size(value) > 0);
        return;
    case JSON_ARRAY:
        put_array(r, value, is_broken && json_array_size(value) > 0);
        return;
    case JSON_STRING:
        put_string(r, OUTPUT_STRING, value);
        return;
    case JSON_INTEGER:
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT,
                 json_integer_value(value));
        put_styled(r, OUTPUT_NUMBER, text);
        return;
    case JSON_REAL:
        put_real(r, json_real_value(value));
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        put_styled(r, OUTPUT_WORD, json_is_true(value) ? "true" : "false");
        return;
    case JSON_NULL:
        put_styled(r, OUTPUT_WORD, "null");
        return;
    }
}

int render(FILE *out, const json_t *value, const struct render_style *style)
{
    struct renderer r = {.out = out, .style = *style};
    put(&r, value);
    return ferror(out) ? -EIO : r.status;
}
