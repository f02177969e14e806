#include "proto/json_pick.h"

#include "proto/json.h"

static struct json_span *find(struct json_pick *picks, size_t n_picks,
                              const struct json_span *name)
{
    for (size_t i = 0; i < n_picks; i++)
        if (json_string_is(name, picks[i].name))
            return &picks[i].value;
    return NULL;
}

bool json_pick(const struct json_span *object, struct json_pick *picks,
               size_t n_picks)
{
    struct json json = {object->text, object->text + object->size};
    struct json_span name;
    for (size_t i = 0; i < n_picks; i++)
        picks[i].value = (struct json_span){object->text, 0};
    enum json_step step = json_first_member(&json, &name);
    for (; step == JSON_MEMBER; step = json_next_member(&json, &name)) {
        struct json_span value;
        if (!json_skip_value(&json, &value))
            return false;
        struct json_span *pick = find(picks, n_picks, &name);
        if (pick)
            *pick = value;
    }
    if (step != JSON_CLOSED)
        return false;
    json_peek(&json);
    return json.at == json.end;
}

bool json_pick_string(const struct json_span *value,
                      struct json_span *string_out)
{
    if (value->size <= 2 || value->text[0] != '"')
        return false;
    *string_out = (struct json_span){value->text + 1, value->size - 2};
    return true;
}
