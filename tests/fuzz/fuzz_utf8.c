/*
 * Looks for texts on which the forms of utf8_feed() disagree, whole or in two
 * pieces. Seeds that are short are also tried many times over, as the forms by
 * vectors leave short texts to the form by bytes.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8_forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const uint8_t *text, size_t n)
{
    struct utf8_form forms[UTF8_FORMS_MAX];
    size_t n_forms = utf8_forms(forms);
    size_t cut = n > 0 ? text[0] % n : 0;
    utf8_state first = utf8_feed_bytes(UTF8_START, text, cut);
    utf8_state expected = utf8_feed_bytes(first, text + cut, n - cut);
    for (size_t i = 0; i < n_forms; i++) {
        assert(forms[i].feed(UTF8_START, text, cut) == first);
        assert(forms[i].feed(first, text + cut, n - cut) == expected);
        assert(forms[i].feed(UTF8_START, text, n) == expected);
    }
}

static void compare_repeated(const uint8_t *text, size_t n, size_t times)
{
    uint8_t *copies = malloc(n * times);
    assert(copies != NULL);
    for (size_t i = 0; i < times; i++)
        memcpy(copies + i * n, text, n);
    compare(copies, n * times);
    free(copies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LONG = 200 };
    compare(data, size);
    if (size > 0 && size < LONG)
        compare_repeated(data, size, LONG / size + 1);
    return 0;
}
