/*
 * Steps over a nested JSON value 64 bytes at a time: a form of json_nest_cb
 * for each instruction set. What includes this has the bitmaps of json_bits.h
 * and flip_between(), see there.
 *
 * That a block can be taken apart without looking at single bytes is the idea
 * of Geoff Langdale and Daniel Lemire, "Parsing Gigabytes of JSON per Second",
 * 2019 (arXiv:1902.08318). They find the tokens by bits, and then walk them.
 * Here the grammar is checked by bits, too, and only the brackets are walked:
 *
 * The operators are { } [ ] , and the colon. What lies between two of them is
 * nothing, one string, or one scalar (a number or literal). So it is enough to
 * know of each operator which one came before, and whether there is a string
 * or scalar in between. Only two questions need to know where they are asked:
 * whether a closer fits its opener, and whether a comma is followed by a name
 * with its colon, as in an object, or not, as in an array. Between two brackets
 * that is the same for all commas.
 *
 * The only arithmetic is an addition that carries a bit over a run of ones: see
 * follow(). A block is taken to end with its last operator, and the next one
 * begins there: so nothing is cut by a block's edge, and little is carried from
 * one to the next. Where there is no operator in 64 bytes, such as in a long
 * string, one token is stepped over.
 */
#pragma once

#include "proto/json_bits.h"
#include "proto/json_forms.h"
#include "proto/json_token.h"

/* One loop of it all: constants and what is carried stay in registers. */
#define INLINE TARGET static inline __attribute__((always_inline))

/* What came before a block; each is 0 or 1, to stand for the place before. */
struct before {
    uint64_t named;  /* the last operator is { or a comma */
    uint64_t opened; /* the last operator is { or [ */
    uint64_t closed; /* the last operator is } or ] */
    uint64_t filled; /* a string or scalar has followed it */
    uint64_t quoted; /* and that was a string */
};

/* The operators of a block, outside of strings. */
struct ops {
    uint64_t brace; /* { */
    uint64_t open;  /* { [ */
    uint64_t close; /* } ] */
    uint64_t comma;
    uint64_t colon;
    uint64_t all;
};

/*
 * From each of @bits the next place that is not in @gap, which has none of
 * them. Added to the first of a run of ones, a bit comes out behind the run,
 * and disturbs no other. @first tells whether the place before the block is
 * one.
 */
INLINE uint64_t follow(uint64_t bits, uint64_t first, uint64_t gap)
{
    return ((bits << 1 | first) + gap) & ~gap;
}

/*
 * What stands behind an odd number of backslashes: runs that begin at an even
 * place and are followed by an odd one, and the other way round.
 */
INLINE uint64_t find_escaped(uint64_t backslash)
{
    const uint64_t even = 0x5555555555555555;
    uint64_t starts = backslash & ~(backslash << 1);
    uint64_t from_even = backslash + (starts & even);
    uint64_t from_odd = backslash + (starts & ~even);
    return ((from_even & ~even) | (from_odd & even)) & ~backslash;
}

/* The places where an escape is none; @known are quotes and backslashes. */
INLINE uint64_t check_escapes(const struct block *block, uint64_t escaped,
                              uint64_t known)
{
    uint64_t letters = find(block, '/') | find(block, 'b') | find(block, 'f') |
                       find(block, 'n') | find(block, 'r') | find(block, 't');
    uint64_t u = find(block, 'u') & escaped;
    uint64_t wrong = escaped & ~(known | letters | u);
    if (u != 0) {
        uint64_t hex = find_digits(block) | find_hex_letters(block);
        wrong |= (u << 1 | u << 2 | u << 3 | u << 4) & ~hex;
    }
    return wrong;
}

/* The literal at @at, of which 5 bytes can be read: its size, or 0. */
static inline unsigned literal_size(const char *at)
{
    if (memcmp(at, "true", 4) == 0 || memcmp(at, "null", 4) == 0)
        return 4;
    return memcmp(at, "false", 5) == 0 ? 5 : 0;
}

/*
 * Finds the literals that begin at @starts. An operator is behind the scalar,
 * so that one too near to the block's end to be read has not the size of any.
 * Returns their bytes; where none is, nothing.
 */
INLINE uint64_t find_literals(const char *text, uint64_t starts,
                              uint64_t scalar)
{
    enum { LAST = BLOCK - 5 }; /* where null or true could begin */
    uint64_t bytes = 0;
    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        unsigned size = at <= LAST ? literal_size(text + at) : 0;
        if (scalar >> at >> size & 1)
            size = 0;
        bytes |= ((UINT64_C(1) << size) - 1) << at;
    }
    return bytes;
}

/* The places where a number is none, by what stands next to it. */
INLINE uint64_t check_numbers(const struct block *block, uint64_t number,
                              uint64_t digit, uint64_t starts)
{
    uint64_t minus = find(block, '-') & number;
    uint64_t sign = minus | (find(block, '+') & number);
    uint64_t dot = find(block, '.') & number;
    uint64_t e = find_letter(block, 'e') & number;
    uint64_t special = dot | e;
    uint64_t plain = number & ~special;
    uint64_t wrong = number & ~(digit | sign | special);
    wrong |= special & ~(digit << 1);
    wrong |= sign & ~(e << 1) & ~(minus & starts);
    wrong |= (sign | dot) << 1 & ~digit;
    wrong |= e << 1 & ~(digit | sign);
    wrong |= follow(special, 0, plain) & dot;
    wrong |= follow(e, 0, plain) & e;
    wrong |= ((minus & starts) << 1 & find(block, '0')) << 1 & digit;
    return wrong;
}

/* The places where a scalar is none; @starts are the first bytes of each. */
INLINE uint64_t check_scalars(const struct block *block, const char *text,
                              uint64_t scalar, uint64_t starts)
{
    uint64_t digit = find_digits(block) & scalar;
    uint64_t wrong = (starts & find(block, '0')) << 1 & digit;
    uint64_t number = scalar;
    uint64_t words = starts & ~digit & ~find(block, '-');
    if (words != 0)
        number &= ~find_literals(text, words, scalar);
    if ((number & ~digit) != 0)
        wrong |= check_numbers(block, number, digit, starts);
    return wrong;
}

/*
 * The places where operators do not follow each other so. @filled: those with
 * a string or scalar before them.
 */
INLINE uint64_t check_order(const struct ops *op, const struct before *before,
                            uint64_t filled, uint64_t *behind_comma_out)
{
    uint64_t named = follow(op->comma | op->brace, before->named, ~op->all);
    uint64_t opened = follow(op->open, before->opened, ~op->all);
    uint64_t closed = follow(op->close, before->closed, ~op->all);
    uint64_t value_due = ~closed & ~(named & opened); /* behind [ , : */
    uint64_t value = (filled & value_due) | (~filled & closed);
    uint64_t empty = op->close & opened & ~filled;
    uint64_t wrong = op->colon & ~named; /* that it is filled is known */
    wrong |= op->open & (filled | ~value_due);
    wrong |= (op->comma | op->close) & ~value & ~empty;
    *behind_comma_out = named & ~opened;
    return wrong;
}

enum outcome { GOES_ON, ENDED, BROKEN };

/*
 * Walks the brackets of a block, up to the outermost closer if it is there.
 * @in_object_out: the places in objects; a bracket is in what it stands in
 * @upto_out: cut at the outermost closer
 */
INLINE enum outcome walk_brackets(const struct ops *op, uint64_t braces,
                                  size_t left, struct json_depth *depth,
                                  uint64_t *in_object_out, uint64_t *upto)
{
    uint64_t in_object = -(uint64_t)json_depth_is_object(depth);
    enum outcome outcome = GOES_ON;
    for (uint64_t rest = op->open | op->close; rest != 0; rest &= rest - 1) {
        uint64_t bit = rest & -rest;
        uint64_t above = -bit << 1;
        bool is_object = (braces & bit) != 0;
        if ((op->open & bit) != 0) {
            if (!json_depth_push(depth, is_object, left))
                return BROKEN;
        } else {
            if (json_depth_is_object(depth) != is_object)
                return BROKEN;
            json_depth_pop(depth);
            if (depth->n_levels == 0) {
                *upto = ~above;
                outcome = ENDED;
                break;
            }
        }
        in_object &= ~above;
        in_object |= above & -(uint64_t)json_depth_is_object(depth);
    }
    *in_object_out = in_object;
    return outcome;
}

/* What the next block has before it; @last is the operator it begins behind. */
INLINE struct before go_behind(const struct ops *op, uint64_t last)
{
    return (struct before){.named = ((op->comma | op->brace) & last) != 0,
                           .opened = (op->open & last) != 0,
                           .closed = (op->close & last) != 0};
}

/*
 * Checks a block up to its last operator, or the end of the value.
 * @n_out: set unless BROKEN: how many bytes that is; 0 without an operator,
 *         and nothing was looked at
 */
INLINE enum outcome scan_block(const char *text, size_t left,
                               struct before *before, struct json_depth *depth,
                               size_t *n_out)
{
    struct block block = load_block(text);
    uint64_t quote = find(&block, '"');
    uint64_t backslash = find(&block, '\\');
    uint64_t control = find_control(&block);
    uint64_t wrong = 0;
    if (backslash != 0) {
        uint64_t escaped = find_escaped(backslash);
        wrong = check_escapes(&block, escaped, quote | backslash);
        quote &= ~escaped;
    }
    uint64_t inside = flip_between(quote); /* and the quote before */
    uint64_t string = inside | quote;
    wrong |= control & inside;

    uint64_t space = find(&block, ' ');
    if (control != 0)
        space |= find(&block, '\t') | find(&block, '\n') | find(&block, '\r');
    space &= ~string;
    uint64_t braces = find_braces(&block);
    uint64_t open = find_openers(&block) & ~string;
    struct ops op = {
        .brace = open & braces,
        .open = open,
        .close = find_closers(&block) & ~string,
        .comma = find(&block, ',') & ~string,
        .colon = find(&block, ':') & ~string,
    };
    op.all = op.open | op.close | op.comma | op.colon;
    *n_out = 0;
    if (op.all == 0)
        return GOES_ON;
    unsigned n_behind = (unsigned)__builtin_clzll(op.all);
    uint64_t upto = ~UINT64_C(0) >> n_behind;

    uint64_t scalar = ~(string | space | op.all) & upto;
    uint64_t starts = scalar & ~(scalar << 1);
    uint64_t behind_op = follow(op.all, before->filled ^ 1, space);
    uint64_t behind_quote = follow(quote & ~inside, before->quoted, space);
    wrong |= ((quote & inside) | starts) & ~behind_op;
    wrong |= op.colon & ~behind_quote;
    if (scalar != 0)
        wrong |= check_scalars(&block, text, scalar, starts);

    uint64_t behind_comma;
    uint64_t in_object = 0;
    wrong |= check_order(&op, before, op.all & ~behind_op, &behind_comma);
    *before = go_behind(&op, upto ^ upto >> 1);
    *n_out = BLOCK - n_behind;
    enum outcome outcome =
        walk_brackets(&op, braces, left, depth, &in_object, &upto);
    /* Behind a comma a colon comes next in objects, and in nothing else. */
    wrong |= behind_comma & (in_object ^ op.colon);
    if (outcome == ENDED)
        *n_out = BLOCK - (unsigned)__builtin_clzll(upto);
    return (wrong & upto) != 0 ? BROKEN : outcome;
}

/* What is less than a block is copied out, and filled with space. */
static inline const char *fill_block(char block_out[BLOCK], const char *at,
                                     size_t n)
{
    memset(block_out, ' ', BLOCK);
    memcpy(block_out, at, n);
    return block_out;
}

/* Steps over a string or scalar, if there may be one, and the space before. */
INLINE const char *step(const char *at, const char *end, struct before *before)
{
    const char *token = json_skip_space(at, end);
    if (token == end)
        return NULL;
    if (token > at)
        return token;
    if (before->filled)
        return NULL;
    before->filled = 1;
    before->quoted = *token == '"';
    return json_skip_scalar(token, end);
}

INLINE const char *nest(const char *at, const char *end,
                        struct json_store *store)
{
    struct json_depth depth = {0, 0, store};
    char rest[BLOCK];
    struct before before = {0}; /* as if behind a colon */
    enum outcome outcome = GOES_ON;
    while (outcome == GOES_ON && at != NULL) {
        size_t left = (size_t)(end - at);
        const char *text = left < BLOCK ? fill_block(rest, at, left) : at;
        size_t n;
        outcome = scan_block(text, left, &before, &depth, &n);
        if (outcome == BROKEN)
            return NULL;
        at = n > 0 ? at + n : step(at, end, &before);
    }
    return at;
}
