#include <errno.h>
#include <string.h>
#include <uv.h>

#include "client/monologue.h"

/* Our meaning, where the system's words for a number would mislead. */
static const struct {
    int status;
    const char *text;
} words[] = {
    {-EAGAIN, "the server is busy"},
    {-EALREADY, "already under way"},
    {-EBADMSG, "not a packet, or JSON that cannot be held"},
    {-EBUSY, "the callee answers too many calls already"},
    {-ECONNABORTED, "TLS failed"},
    {-ECONNRESET, "the connection has ended"},
    {-EKEYREJECTED, "the API key was refused"},
    {-EMSGSIZE, "the packet is too long"},
    {-ENOBUFS, "too much is waiting to be sent"},
    {-ENOENT, "not found"},
    {-ENOSYS, "no such method"},
    {-ENOTCONN, "not connected"},
    {-EPROTO, "the server broke the protocol"},
    {-EREMOTEIO, "the other side failed"},
    {-ETIMEDOUT, "no answer in time"},
};

const char *monologue_strerror(int status)
{
    if (status == 0)
        return "success";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].status == status)
            return words[i].text;
    const char *text = strerrordesc_np(-status);
    if (text)
        return text;
    return status >= -4096 && status < -1000 ? uv_strerror(status) : "unknown";
}
