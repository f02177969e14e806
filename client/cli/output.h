/*
 * What the command prints: for people on a terminal, JSON lines otherwise.
 */
#pragma once

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>

#include "proto/errmsg.h"

/* Kinds of text, each with its colour. */
enum output_style {
    OUTPUT_PLAIN,
    OUTPUT_BOLD,
    OUTPUT_DIM,
    OUTPUT_GOOD,
    OUTPUT_BAD,
    OUTPUT_NAME, /* of members and methods */
    OUTPUT_STRING,
    OUTPUT_NUMBER,
    OUTPUT_WORD, /* true, false, null */
};

/*
 * Decides, once, how this process prints.
 * @is_json: JSON lines, whatever standard output is
 * @colours: "auto" (NULL, too): on terminals, unless NO_COLOR is set or TERM is
 *           dumb; "always"; "never"
 * Returns 0, or -EINVAL for another word.
 */
int output_open(bool is_json, const char *colours, struct errmsg *errmsg);

/* Whether standard output is a terminal and JSON was not asked for. */
bool output_is_for_people(void);

/* Whether there are colours on standard output. */
bool output_is_coloured(void);

/* The sequence that starts a style; OUTPUT_PLAIN ends all. "" without colours.
 */
const char *output_style(enum output_style style);

/*
 * These return EX_OK, or EX_IOERR when standard output does not take it: with a
 * complaint, unless its reader has just gone away, as head(1) does.
 */
int output_flush(void);
/* A line of JSON as it came, which is not touched where nobody reads along; for
 * people, laid out and coloured. */
int output_json_text(const char *text, size_t size);
/* The same for people, behind @label, which is printed as it is. */
int output_labelled_json(const char *label, const char *text, size_t size);
/* A line of JSON, always. @value: taken; NULL: there was no memory for it. */
int output_take_json(json_t *value);
/* A line of text. */
int output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "monologue: ..." on standard error. Control characters, which others
 * may have sent, are shown as question marks. */
void output_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
void output_complain_v(const char *format, va_list args)
    __attribute__((format(printf, 1, 0)));

/* Replaces control characters, so that no text can steer a terminal. */
void output_tame(char *text);

/* Called before and after anything is printed while somebody types; so that
 * a prompt can step aside. Either may be NULL. */
void output_set_curtain(void (*open)(void), void (*close)(void));
