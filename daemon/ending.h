/*
 * Why a connection ended.
 */
#pragma once

enum connection_end {
    END_CLIENT,  /* the peer sent a close frame */
    END_EOF,     /* the peer ended TCP without one */
    END_ERROR,   /* TCP or TLS failed */
    END_FAULT,   /* the peer broke the protocol or a limit */
    END_REFUSED, /* the handshake was answered, but not with 101 */
    END_HANDSHAKE_TIMEOUT,
    END_SESSION_LIMIT,
    END_IDLE,
    END_DELETED,       /* DELETE @connections */
    END_SEND_TIMEOUT,  /* the peer took nothing for too long */
    END_CLOSE_TIMEOUT, /* the peer did not answer our close frame */
    END_QUEUE_FULL,    /* no room for an answer the peer must get */
    END_SHUTDOWN,      /* we are going away */
    END_NO_MEMORY,
    N_ENDS,
};

/* What the log and the metrics call them: "client", "eof", ... */
extern const char *const ending_names[N_ENDS];
