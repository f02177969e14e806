#include <assert.h>
#include <stdint.h>

#include "proto/rc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fault changes nothing and has a text; no value is empty. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rc rc = RC_EMPTY;
    struct errmsg errmsg = {""};
    int status = rc_parse((const char *)data, size, "f", &rc, &errmsg);
    assert(!status == !errmsg.text[0]);
    if (status)
        assert(!rc.endpoint && !rc.api_key && rc.timeout_s == 0);
    assert(!rc.endpoint || *rc.endpoint);
    assert(!rc.api_key || *rc.api_key);
    assert(rc.timeout_s >= 0 && rc.listeners >= 0);
    rc_deinit(&rc);
    return 0;
}
