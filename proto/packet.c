#include "proto/packet.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/json.h"

/*
 * The scan walks the members of the root and of the payload and steps over all
 * that lies deeper. A member is judged when it is met and judged anew when its
 * name occurs again; only an unknown name cannot be made good.
 */

/* What the members of the root came to so far. */
struct root {
    struct json_span to;
    struct json_span payload;
    bool is_payload_good; /* the schema's opinion */
};

static bool is_whoami(const char *text, size_t n)
{
    static const char whoami[] = "whoami";
    return n == sizeof whoami - 1 && memcmp(text, whoami, n) == 0;
}

static bool is_object(const struct json_span *value)
{
    return value->text[0] == '{';
}

static bool is_filled_string(const struct json_span *value)
{
    return value->size > 2 && value->text[0] == '"';
}

/* Returns false if the text is not JSON; so do all that scan. */
static bool scan_body(struct json *json, bool *is_good_out)
{
    bool is_type_good = false;
    bool is_data_good = true;
    bool has_others = false;
    struct json_span name;
    struct json_span value;
    enum json_step step = json_first_member(json, &name);
    for (; step == JSON_MEMBER; step = json_next_member(json, &name)) {
        if (!json_skip_value(json, &value))
            return false;
        if (json_string_is(&name, "type"))
            is_type_good = is_filled_string(&value);
        else if (json_string_is(&name, "data"))
            is_data_good = is_object(&value);
        else
            has_others = true;
    }
    *is_good_out = is_type_good && is_data_good && !has_others;
    return step == JSON_CLOSED;
}

static bool scan_payload(struct json *json, struct root *root)
{
    root->is_payload_good = false;
    if (json_peek(json) != '{')
        return json_skip_value(json, &root->payload);
    const char *text = json->at;
    if (!scan_body(json, &root->is_payload_good))
        return false;
    root->payload = (struct json_span){text, (size_t)(json->at - text)};
    return true;
}

/* The names are tried longest first: json_string_is() tells sizes quickest. */
static bool scan_member(struct json *json, const struct json_span *name,
                        struct root *root)
{
    struct json_span replaced;
    if (json_string_is(name, "payload"))
        return scan_payload(json, root);
    if (json_string_is(name, "from"))
        return json_skip_value(json, &replaced);
    if (json_string_is(name, "to"))
        return json_skip_value(json, &root->to);
    return false;
}

static bool scan_root(struct json *json, struct root *root)
{
    struct json_span name;
    enum json_step step = json_first_member(json, &name);
    for (; step == JSON_MEMBER; step = json_next_member(json, &name))
        if (!scan_member(json, &name, root))
            return false;
    if (step != JSON_CLOSED)
        return false;
    json_peek(json);
    return json->at == json->end;
}

enum packet_kind packet_scan(const char *text, size_t n,
                             struct packet *packet_out)
{
    if (n == 0)
        return PACKET_MALFORMED;
    if (is_whoami(text, n))
        return PACKET_WHOAMI;
    struct json json = {text, text + n};
    struct root root = {.is_payload_good = false};
    if (!scan_root(&json, &root) || !root.is_payload_good ||
        !is_filled_string(&root.to))
        return PACKET_MALFORMED;
    struct json_span to = {root.to.text + 1, root.to.size - 2};
    packet_out->to_size =
        json_string_decode(&to, packet_out->to, sizeof packet_out->to);
    packet_out->payload = root.payload.text;
    packet_out->payload_size = root.payload.size;
    return PACKET_RELAY;
}

void packet_write_head(char *head_out, const struct connid *from)
{
    static const char before[] = "{\"from\":\"";
    static const char behind[] = "\",\"payload\":";
    enum { BEFORE_SIZE = sizeof before - 1, BEHIND_SIZE = sizeof behind - 1 };
    static_assert(BEFORE_SIZE + CONNID_CHARS + BEHIND_SIZE == PACKET_HEAD_SIZE,
                  "a head of another size than the header says");
    memcpy(head_out, before, BEFORE_SIZE);
    memcpy(head_out + BEFORE_SIZE, from->chars, CONNID_CHARS);
    memcpy(head_out + BEFORE_SIZE + CONNID_CHARS, behind, BEHIND_SIZE);
}

size_t packet_write_error(char text_out[PACKET_ERROR_MAX], const char *message,
                          const struct connid *connection,
                          const struct connid *request)
{
    char text[PACKET_ERROR_MAX + 1];
    int n = snprintf(text, sizeof text,
                     "{\"message\": \"%s\", \"connectionId\":\"%.*s\", "
                     "\"requestId\":\"%.*s\"}",
                     message, CONNID_PRINT(connection), CONNID_PRINT(request));
    assert(n > 0 && n <= PACKET_ERROR_MAX);
    memcpy(text_out, text, (size_t)n);
    return (size_t)n;
}
