#include "client/value.h"

#include <errno.h>
#include <stdint.h>

#include "proto/json.h"
#include "proto/utf8.h"

int value_check(const char *text, size_t size, struct json_span *value_out)
{
    struct json json = {text, text + size};
    struct json_span value;
    if (size == 0 ||
        !utf8_is_complete(utf8_feed(UTF8_START, (const uint8_t *)text, size)))
        return -EINVAL;
    if (!json_skip_value(&json, &value))
        return -EINVAL;
    json_peek(&json);
    if (json.at != json.end)
        return -EINVAL;
    *value_out = value;
    return 0;
}

int value_parse(const struct json_span *text, json_t **value_out)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t error = {0}; /* stays so where memory fails at once */
    json_t *value = json_loadb(text->text, text->size, flags, &error);
    if (!value && json_error_code(&error) == json_error_numeric_overflow)
        value = json_loadb(text->text, text->size,
                           flags | JSON_DECODE_INT_AS_REAL, &error);
    if (!value) {
        enum json_error_code code = json_error_code(&error);
        return code == json_error_out_of_memory || code == json_error_unknown
                   ? -ENOMEM
                   : -EBADMSG;
    }
    *value_out = value;
    return 0;
}

char *value_write(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}
