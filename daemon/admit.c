#include "daemon/admit.h"

/* NULL: refused. A key that is sent twice is refused, even if it is right. */
static const struct key *find_key(const struct keys *keys,
                                  const struct http_reader *request)
{
    size_t n;
    const char *presented = http_header(request, "x-api-key", &n);
    return n == 1 ? keys_find(keys, presented) : NULL;
}

enum refusal admit(const struct snapshot *snapshot,
                   const struct http_reader *request, bool is_throttled,
                   struct admission *admission_out)
{
    const struct config *config = snapshot->config;
    struct admission admission = {0};
    enum refusal refusal = upgrade_check_request(request, admission.accept);
    if (refusal != REFUSAL_NONE)
        return refusal;
    admission.key = find_key(snapshot->keys, request);
    if (config->api_key_required && !admission.key)
        return REFUSAL_FORBIDDEN;
    if (is_throttled)
        return REFUSAL_TOO_MANY_REQUESTS;
    *admission_out = admission;
    return REFUSAL_NONE;
}
