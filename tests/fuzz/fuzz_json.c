/*
 * Looks for texts on which the forms of stepping over a nested value disagree:
 * from each of the first brackets of the text, and with it in an array.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json_forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *step_over(json_nest_cb nest, const char *at, const char *end)
{
    struct json_store store;
    json_store_init(&store);
    at = nest(at, end, &store);
    json_store_deinit(&store);
    return at;
}

static void compare(const char *at, const char *end)
{
    struct json_form forms[JSON_FORMS_MAX];
    size_t n_forms = json_forms(forms);
    const char *expected = step_over(json_nest_walk, at, end);
    for (size_t i = 0; i < n_forms; i++)
        assert(step_over(forms[i].nest, at, end) == expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MAX_STARTS = 8 };
    const char *text = (const char *)data;
    int n_starts = 0;
    for (size_t i = 0; i < size && n_starts < MAX_STARTS; i++)
        if (text[i] == '{' || text[i] == '[') {
            compare(text + i, text + size);
            n_starts++;
        }
    char *array = malloc(size + 2);
    assert(array != NULL);
    array[0] = '[';
    if (size > 0)
        memcpy(array + 1, text, size);
    array[size + 1] = ']';
    compare(array, array + size + 2);
    free(array);
    return 0;
}
