#include "proto/nak.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "proto/json_pick.h"

static const struct {
    int status;
    const char *code;
    const char *message; /* of the server; NULL: only clients say this */
} reasons[] = {
    {-ENOENT, "ENOENT", "no open connection has that id"},
    {-EMSGSIZE, "EMSGSIZE", "the packet is too long to be relayed"},
    {-ENOBUFS, "ENOBUFS", "the receiver does not take what it is sent"},
    {-EAGAIN, "EAGAIN", "over the limit on requests"},
    {-ENOSYS, "ENOSYS", NULL},
    {-EBUSY, "EBUSY", NULL},
    {-EREMOTEIO, "EREMOTEIO", "the packet could not be relayed"},
};

enum { N_REASONS = sizeof reasons / sizeof *reasons, FALLBACK = N_REASONS - 1 };

static size_t find(int status)
{
    for (size_t i = 0; i < N_REASONS; i++)
        if (reasons[i].status == status)
            return i;
    return FALLBACK;
}

const char *nak_code(int status)
{
    return reasons[find(status)].code;
}

int nak_status(const struct json_span *code)
{
    for (size_t i = 0; i < N_REASONS; i++)
        if (json_string_is(code, reasons[i].code))
            return reasons[i].status;
    return reasons[FALLBACK].status;
}

bool nak_find_token(const char *payload, size_t size,
                    struct json_span *token_out)
{
    struct json_pick body[] = {{.name = "type"}, {.name = "data"}};
    struct json_pick data[] = {{.name = "token"}};
    struct json_span type;
    struct json_span token;
    if (!json_pick(&(struct json_span){payload, size}, body, 2) ||
        !json_pick_string(&body[0].value, &type) ||
        !json_string_is(&type, "REQ") || !json_pick(&body[1].value, data, 1) ||
        !json_pick_string(&data[0].value, &token) || token.size > NAK_TOKEN_MAX)
        return false;
    *token_out = token;
    return true;
}

size_t nak_write(char text_out[NAK_MAX], const struct connid *to,
                 const struct json_span *token, int status)
{
    size_t reason = find(status);
    if (!reasons[reason].message)
        reason = FALLBACK;
    char text[NAK_MAX + 1];
    int n = snprintf(text, sizeof text,
                     "{\"from\":\"%.*s\",\"payload\":{\"type\":\"NAK\","
                     "\"data\":{\"token\":\"%.*s\",\"error\":{\"code\":\"%s\","
                     "\"message\":\"%s\"}}}}",
                     CONNID_PRINT(to), (int)token->size, token->text,
                     reasons[reason].code, reasons[reason].message);
    assert(n > 0 && n <= NAK_MAX);
    memcpy(text_out, text, (size_t)n);
    return (size_t)n;
}

size_t nak_answer(char text_out[NAK_MAX], const struct connid *to,
                  const char *payload, size_t size, int status)
{
    struct json_span token;
    if (!nak_find_token(payload, size, &token))
        return 0;
    return nak_write(text_out, to, &token, status);
}
