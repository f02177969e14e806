#include "daemon/ending.h"

const char *const ending_names[N_ENDS] = {
    [END_CLIENT] = "client",
    [END_EOF] = "eof",
    [END_ERROR] = "error",
    [END_FAULT] = "fault",
    [END_REFUSED] = "refused",
    [END_HANDSHAKE_TIMEOUT] = "handshake_timeout",
    [END_SESSION_LIMIT] = "session_limit",
    [END_IDLE] = "idle",
    [END_DELETED] = "deleted",
    [END_SEND_TIMEOUT] = "send_timeout",
    [END_CLOSE_TIMEOUT] = "close_timeout",
    [END_QUEUE_FULL] = "queue_full",
    [END_SHUTDOWN] = "shutdown",
    [END_NO_MEMORY] = "no_memory",
};
