#include "daemon/admit.h"

#include "daemon/browserkey.h"

/*
 * NULL: refused. A key that is sent twice is refused, even if it is right.
 * Where the header is, nothing else counts.
 */
static const struct key *find_key(const struct snapshot *snapshot,
                                  const struct http_reader *request)
{
    char found[BROWSERKEY_CHARS_MAX + 1];
    size_t n;
    const char *presented = http_header(request, "x-api-key", &n);
    if (n == 0 && snapshot->config->browser_keys &&
        browserkey_find(request, found))
        return keys_find(snapshot->keys, found);
    return n == 1 ? keys_find(snapshot->keys, presented) : NULL;
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
    admission.key = find_key(snapshot, request);
    if (config->api_key_required && !admission.key)
        return REFUSAL_FORBIDDEN;
    if (is_throttled)
        return REFUSAL_TOO_MANY_REQUESTS;
    if (config->browser_keys && browserkey_may_select(request))
        admission.protocol = BROWSERKEY_PROTOCOL;
    *admission_out = admission;
    return REFUSAL_NONE;
}
