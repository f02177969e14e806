/*
 * libmonologue: call functions in other programs, and let them call yours,
 * through a monologued server or the API Gateway original.
 *
 * Everything runs on a uv_loop_t of the caller's and nothing blocks it, but
 * for reading a few small files in monologue_new(). One client belongs to one
 * loop and is used from its thread only. Towards the end of this file are the
 * other ways: monologue_fd() for any other loop, and monologue_blocking_*() for
 * programs without one, from any thread.
 *
 * Functions return 0 or a negative errno, libuv's own (UV_EOF, UV_EAI_...)
 * included; monologue_strerror() names it, monologue_errmsg() tells more. A
 * callback runs exactly once, never before the function that took it has
 * returned, and may call anything here, monologue_free() included.
 *
 * Pointers to const are borrowed: the callee copies what it keeps. Programs
 * that write to sockets should ignore SIGPIPE.
 */
#ifndef MONOLOGUE_H
#define MONOLOGUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uv_loop_s; /* uv_loop_t */

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

enum {
    MONOLOGUE_ID_CHARS = 16,       /* of a connection id, without the NUL */
    MONOLOGUE_MAX_PACKET = 131072, /* bytes of JSON that are relayed */
    MONOLOGUE_MAX_NAME = 1024,     /* bytes of a name that others may call */
    MONOLOGUE_TIMEOUT_MS = 15000,
    MONOLOGUE_LISTENERS = 100,
    MONOLOGUE_MAX_REQUESTS = 1000,
    MONOLOGUE_KEEPALIVE_MS = 240000, /* servers hang up after ten minutes */
    MONOLOGUE_RECONNECT_BASE_MS = 1000,
    MONOLOGUE_RECONNECT_CAP_MS = 30000,
    MONOLOGUE_SESSION_MS = 7200000, /* API Gateway's limit */
};

/* One client: at most one connection at a time that it is known by, and what
 * outlives it. */
struct monologue;

/* One call of ours that still awaits its answer; gone when that is told. */
struct monologue_pending;

/* One call that somebody made on us and that still awaits our answer. */
struct monologue_request;

/* What a client is doing about its one connection. */
enum monologue_state {
    MONOLOGUE_STATE_IDLE,       /* nothing */
    MONOLOGUE_STATE_CONNECTING, /* also: leaving an old connection for it */
    MONOLOGUE_STATE_CONNECTED,  /* monologue_connection_id() is known */
    MONOLOGUE_STATE_WAITING,    /* until it tries again by itself */
    MONOLOGUE_STATE_CLOSING,    /* also: telling that it has ended */
};

/* What a client tells besides the answers to calls. More may be added: ignore
 * what you do not know. */
enum monologue_event_kind {
    /* There is a connection, with a new id. Comes for each, behind the
     * callback of monologue_connect() where that was waited for. */
    MONOLOGUE_EVENT_CONNECTED,
    /* That connection has ended. Comes after every call in flight has failed
     * with -ECONNRESET, and before the callback of monologue_close(). */
    MONOLOGUE_EVENT_DISCONNECTED,
    /* An attempt to connect that no callback waits for has failed. Also the
     * last one, if will_reconnect is false. */
    MONOLOGUE_EVENT_FAILED,
    /* The server refused a packet of ours, most often because its receiver is
     * gone, and does not say which one. Where that was a call and the server is
     * a monologued, the call is told so instead: see monologue_call_cb. Behind
     * API Gateway it will time out. */
    MONOLOGUE_EVENT_REFUSED,
    /* A message was dropped: not a packet, or an answer to nothing we asked. */
    MONOLOGUE_EVENT_STRAY,
    /* Somebody called a method that nobody handles, and was told so. */
    MONOLOGUE_EVENT_UNKNOWN,
    /* Somebody's call was not taken, and he was told so: max_requests are being
     * answered already, or there is no memory for one more. */
    MONOLOGUE_EVENT_OVERLOAD,
};

/* Made by the library, which may append members; valid during the callback. */
struct monologue_event {
    enum monologue_event_kind kind;
    /* DISCONNECTED, FAILED: why, such as -ECONNRESET, -EPROTO, or -ETIMEDOUT
     * when the server has been silent for too long; 0 when we wished it. */
    int status;
    /* UNKNOWN, OVERLOAD: the method's name; REFUSED: what the server said;
     * else what happened, for a person. Words of others are as sent, and may
     * hold control characters. Never NULL. */
    const char *text;
    /* CONNECTED: our id; DISCONNECTED: what it was; else NULL. */
    const char *id;
    /* DISCONNECTED: that of the close frame (RFC 6455, section 7.4): 1000 when
     * we closed, 1001 when a server leaves or its limits were met, 1006 when
     * there was no close frame. */
    uint16_t code;
    bool is_ours; /* DISCONNECTED: we closed, for monologue_close() or before
                     the session's limit */
    /* DISCONNECTED, FAILED: whether the client will try again by itself, or
     * has another connection already, and how long it waits before. */
    bool will_reconnect;
    uint32_t delay_ms;
};

typedef void (*monologue_event_cb)(struct monologue *monologue,
                                   const struct monologue_event *event,
                                   void *data);

enum monologue_direction { MONOLOGUE_SENT, MONOLOGUE_RECEIVED };

/*
 * Shown each message as it passes, for debugging; keys are in none of them.
 * Must not use @monologue.
 * @text: UTF-8, borrowed, without a NUL behind it; may hold control characters
 * @size: in bytes
 */
typedef void (*monologue_trace_cb)(struct monologue *monologue,
                                   enum monologue_direction direction,
                                   const char *text, size_t size, void *data);

/*
 * What a client is made with. All zero is a good start: zero or NULL means
 * what the environment says (MONOLOGUE_ENDPOINT, MONOLOGUE_API_KEY,
 * MONOLOGUE_TIMEOUT in seconds), then what the nearest .monologuerc says, then
 * the default. Make it with an initializer or memset(), so that what you do not
 * name is zero.
 */
struct monologue_options {
    const char *endpoint;  /* ws:// or wss:// URL; has no default */
    const char *api_key;   /* sent as x-api-key; by default none is */
    const char *ca_file;   /* PEM to trust in place of the system's */
    const char *cert_file; /* PEM: our certificate, where servers ask for it */
    const char *key_file;  /* PEM: its private key; by default in cert_file */
    const char *server_name; /* whom the server's certificate must name; by
                                default the endpoint's host */
    const char *proxy;       /* http://[user:password@]host[:port]; "": none; by
                                default as curl reads https_proxy, http_proxy,
                                all_proxy and no_proxy */
    uint32_t timeout_ms;     /* of connecting, and of calls that name none */
    uint32_t listeners;      /* how many handlers one name may have */
    uint32_t max_requests;   /* calls on us that may await our answer at once */
    uint32_t keepalive_ms;   /* how often to show the server that we live, and
                                to see that it does */
    bool is_insecure;        /* trust any certificate; for tests only */
    /*
     * Connect again by itself, until monologue_close(): after a connection has
     * ended and after an attempt has failed, be it the first. Each wait is a
     * random time, from nothing to a bound that begins with the base, doubles
     * and ends with the cap; where the server says 429 or 503 it begins three
     * steps further and at least half of it is waited. A refused key ends it,
     * and so does a proxy that refuses us (-EACCES): neither will become right.
     * A proxy in trouble or out of reach does not.
     *
     * Before a connection is as old as the session's limit, from somewhere
     * between 90 and 97 percent of it on, the client makes another one, and
     * changes over to it when nothing is in flight, at 99 percent at the
     * latest: DISCONNECTED and CONNECTED are told one right after the other,
     * and there is no moment without a connection. Where no other can be had
     * by then, the old one is closed.
     */
    bool reconnect;
    uint32_t reconnect_base_ms;
    uint32_t reconnect_cap_ms;   /* not below the base */
    uint32_t session_ms;         /* the server's limit of a connection's age */
    monologue_event_cb event_cb; /* or NULL */
    void *event_data;            /* passed to event_cb */
    monologue_trace_cb trace_cb; /* or NULL */
    void *trace_data;            /* passed to trace_cb */
    /* All zero. New options take their place from here, from the front, with
     * zero for their default, so the size never changes; an option that is set
     * and that the library is too old to know is -EINVAL. */
    uint64_t reserved[17];
};

/*
 * Makes a client that is not connected.
 * @options: NULL is as good as all zero
 * @loop:    must outlive the client. NULL: it makes a loop of its own, for
 *           programs that have another one: see monologue_fd()
 *
 * Returns 0, or with the text in monologue_errmsg(NULL):
 *   -EINVAL  no endpoint, or a value that makes no sense
 *   -ENOMEM
 *   another errno: a file (.monologuerc, ca_file, cert_file, key_file) could
 *            not be read
 */
int monologue_new(const struct monologue_options *options,
                  struct uv_loop_s *loop, struct monologue **monologue_out);

/*
 * Ends the client at once. What is pending is told -ECANCELED before this
 * returns; the connection is dropped without a close handshake. The loop must
 * run once more to free the memory; a loop of the client's own is ended by
 * this, which waits if a name is being looked up. NULL is fine.
 */
void monologue_free(struct monologue *monologue);

/*
 * Told how connecting ended.
 * @status: 0: monologue_connection_id() is known
 *          -EKEYREJECTED  the server refused the API key
 *          -ETIMEDOUT     not connected within timeout_ms
 *          -ECONNABORTED  TLS failed, such as for the server's certificate
 *          -EACCES        the proxy refused us
 *          -EHOSTUNREACH  the server cannot be reached, or not by the proxy
 *          -EPROTO        the server does not speak WebSocket as it must
 *          -EREMOTEIO     the server answered whoami with an error
 *          -EAGAIN        the server asks to come back later
 *          -ECANCELED     monologue_close() or monologue_free() came first
 *          or why there is no connection: -ECONNREFUSED, UV_EAI_NONAME, ...
 */
typedef void (*monologue_connect_cb)(struct monologue *monologue, int status,
                                     void *data);

/*
 * Connects and asks for our id. After the connection has ended this may be
 * called again; the id will be another one. While the client waits to connect
 * again by itself, this does it now; while it is at it, this joins in.
 * @cb: told of this attempt only; may be NULL
 *
 * Returns 0, or with @cb never called:
 *   -EISCONN, -EALREADY  connected; connecting for somebody, or closing
 *   -ENOMEM
 */
int monologue_connect(struct monologue *monologue, monologue_connect_cb cb,
                      void *data);

enum monologue_state monologue_state(const struct monologue *monologue);

/* The id others call us by, or NULL while not connected. */
const char *monologue_connection_id(const struct monologue *monologue);

typedef void (*monologue_close_cb)(struct monologue *monologue, void *data);

/*
 * Closes the connection in order, within two seconds at most, and ends all
 * reconnecting. Calls in flight fail with -ECONNRESET, connecting with
 * -ECANCELED. Does no harm when there is no connection.
 * @cb: told when it is done; may be NULL
 * Returns 0, or -EALREADY: closing, @cb is never called.
 */
int monologue_close(struct monologue *monologue, monologue_close_cb cb,
                    void *data);

/*
 * Told the outcome of one call.
 * @status: 0
 *          -ETIMEDOUT   no answer in time, and nobody said why
 *          -ECONNRESET  the connection ended meanwhile
 *          -ECANCELED   monologue_cancel() or monologue_free()
 *          or, with the other side's words in monologue_errmsg():
 *          -ENOENT      no open connection has that id
 *          -ENOSYS      the callee has no such method
 *          -EBUSY       the callee answers too many calls already
 *          -EREMOTEIO   the method failed
 *          -EMSGSIZE    the call, or its answer, is too long to be relayed
 *          -ENOBUFS     the callee does not take what it is sent
 *          -EAGAIN      the server takes no more from us for now
 *          or -EBADMSG: what the callee returned is JSON that jansson cannot
 *          hold; monologue_call_raw() can
 * @ret:    what the callee returned (JSON null when it returned nothing),
 *          borrowed: json_incref() to keep it; NULL unless @status is 0
 *
 * Only a monologued tells -ENOENT, -ENOBUFS and -EAGAIN, and only callees with
 * this library, or one that speaks as docs/protocol.md has it, tell -ENOSYS,
 * -EBUSY and -EREMOTEIO. Behind API Gateway, or of the original client, such a
 * call times out.
 */
typedef void (*monologue_call_cb)(struct monologue *monologue, int status,
                                  json_t *ret, void *data);

/*
 * Calls @name of the program whose connection id is @to.
 * @args: a JSON array; NULL for none
 * @timeout_ms: 0 for that of the options
 * @pending_out: for monologue_cancel(), until @cb is called; NULL: not wanted
 *
 * Returns 0, or with @cb never called:
 *   -ENOTCONN
 *   -EINVAL    @to is not an id, @name is not UTF-8, @args is not an array
 *   -EMSGSIZE  the packet would be over MONOLOGUE_MAX_PACKET when relayed
 *   -ENOBUFS   too much is waiting to be sent
 *   -ENOMEM
 */
int monologue_call(struct monologue *monologue, const char *to,
                   const char *name, const json_t *args, uint32_t timeout_ms,
                   monologue_call_cb cb, void *data,
                   struct monologue_pending **pending_out);

/*
 * As monologue_call_cb, but never -EBADMSG.
 * @ret: JSON text, borrowed, @size bytes without a NUL; NULL unless @status is
 *       0
 */
typedef void (*monologue_raw_cb)(struct monologue *monologue, int status,
                                 const char *ret, size_t size, void *data);

/*
 * The same for arguments and results as JSON text, which is passed on as it is:
 * no value is built, no digit lost.
 * @args: @size bytes of JSON, an array; NULL for none. What is not JSON, or not
 *        UTF-8, is -EINVAL
 */
int monologue_call_raw(struct monologue *monologue, const char *to,
                       const char *name, const char *args, size_t size,
                       uint32_t timeout_ms, monologue_raw_cb cb, void *data,
                       struct monologue_pending **pending_out);

/*
 * Gives up a call: its callback is told -ECANCELED before this returns. The
 * callee is not told; its answer is dropped when it comes.
 */
void monologue_cancel(struct monologue_pending *pending);

enum { MONOLOGUE_LATER = 1 };

/*
 * Answers a call of somebody else.
 * @request: valid until this returns, or with MONOLOGUE_LATER until answered
 * @args:    a JSON array, borrowed for the call
 * @ret_out: NULL; set it to a new reference, which is taken. Left NULL, the
 *           answer bears no value, as of a JavaScript function that returns
 *           undefined.
 *
 * Returns 0 to answer with *@ret_out, a negative errno to fail as
 * monologue_fail() does, or MONOLOGUE_LATER: monologue_reply(),
 * monologue_fail() or monologue_decline() will follow, or has been called
 * already.
 *
 * When a name has several handlers all are called; the first answer is sent.
 * Only when all have failed the caller is told, and then what the first said.
 */
typedef int (*monologue_handler_cb)(struct monologue_request *request,
                                    const json_t *args, json_t **ret_out,
                                    void *data);

/*
 * Lets others call @handler as @name. Outlives the connection.
 *
 * @name may be a pattern, as of EventEmitter2 with wildcards. Names consist of
 * parts between dots. A part `*` of a pattern stands for exactly one part of
 * the name that is called, `**` for any number of them, none included:
 * "a.*" is called by a.b, "a.**" by a, a.b and a.b.c, "**" by everything. In
 * the name that is called both are parts like any others.
 *
 * Handlers are called in this order: those of the name itself first; of two
 * patterns, at the first part where they differ, `*` before `**` and anything
 * else before both; of patterns that differ behind the same `**`, the one that
 * ends there, then the one added last; of the same name or pattern, in the
 * order they were added.
 *
 * Returns 0, or
 *   -EINVAL  @name is empty, longer than MONOLOGUE_MAX_NAME, or a pattern with
 *            `**` behind `**`
 *   -ENOSPC  the name has as many handlers as options.listeners allows
 *   -ENOMEM
 */
int monologue_on(struct monologue *monologue, const char *name,
                 monologue_handler_cb handler, void *data);

/* Undoes one monologue_on() of the same. Returns 0 or -ENOENT. */
int monologue_off(struct monologue *monologue, const char *name,
                  monologue_handler_cb handler, void *data);

/*
 * A handler for arguments as JSON text.
 * @args: @size bytes without a NUL, an array; borrowed for the call
 *
 * Returns 0 to answer without a value, a negative errno to fail, or
 * MONOLOGUE_LATER as above; monologue_reply_raw() is what it will mostly call.
 */
typedef int (*monologue_raw_handler_cb)(struct monologue_request *request,
                                        const char *args, size_t size,
                                        void *data);

/* As monologue_on() and monologue_off(), in one order with those. */
int monologue_on_raw(struct monologue *monologue, const char *name,
                     monologue_raw_handler_cb handler, void *data);
int monologue_off_raw(struct monologue *monologue, const char *name,
                      monologue_raw_handler_cb handler, void *data);

/* Who calls: a connection id, vouched for by the server. */
const char *monologue_request_from(const struct monologue_request *request);
const char *monologue_request_name(const struct monologue_request *request);

/*
 * Answers a request whose handler returned MONOLOGUE_LATER, also after the
 * client was freed. The request is gone afterwards, whatever is returned.
 * @ret: taken; NULL for no value
 *
 * Returns 0, or
 *   -EALREADY    another handler has answered
 *   -ECONNRESET  the connection it came by has ended
 *   -EMSGSIZE    see monologue_call(); the caller has been told
 *   -EINVAL, -ENOBUFS, -ENOMEM
 */
int monologue_reply(struct monologue_request *request, json_t *ret);

/*
 * The same with JSON text.
 * @ret: @size bytes, borrowed; NULL for no value. What is not JSON, or not
 *       UTF-8, is -EINVAL, and the caller is told that the method failed
 */
int monologue_reply_raw(struct monologue_request *request, const char *ret,
                        size_t size);

/*
 * Tells the caller that the method failed, unless another handler has answered
 * or still may. The request is gone afterwards.
 * @status:  a negative errno. The caller is told -ENOSYS and -EBUSY as such,
 *           all others as -EREMOTEIO
 * @message: for a person, UTF-8, its first 200 bytes; NULL: what
 *           monologue_strerror() says of @status
 */
void monologue_fail(struct monologue_request *request, int status,
                    const char *message);

/* Fails without saying why. */
void monologue_decline(struct monologue_request *request);

/* What a client has done since it was made, and what it is doing. */
struct monologue_stats {
    uint64_t n_calls;     /* of ours that were sent */
    uint64_t n_answered;  /* of these: that were told a value */
    uint64_t n_refused;   /* that the server or the callee refused */
    uint64_t n_timed_out; /* that nobody answered in time */
    uint64_t n_late;      /* answers that came when their call had ended */
    uint64_t n_waiting;   /* calls that await their answer now */
    uint64_t n_requests;  /* of others that were given to handlers */
    uint64_t n_serving;   /* of these: that await our answer now */
};

/*
 * @size: sizeof *@stats_out, of which no more than that is written: later
 *        versions may have more to tell
 */
void monologue_stats(const struct monologue *monologue,
                     struct monologue_stats *stats_out, size_t size);

/* Names a status: static text. */
const char *monologue_strerror(int status);

/*
 * What went wrong last, where, and what may help; "" when nothing did. Valid
 * until the next call on @monologue.
 * @monologue: NULL: what the last monologue_new() (or monologue_blocking_new())
 *             on this thread failed of
 */
const char *monologue_errmsg(const struct monologue *monologue);

/* The version of the library, such as "0.1.0". */
const char *monologue_version(void);

/*
 * For programs with a loop that is not libuv's - poll(2), GLib, libevent, Qt:
 * a client made without a loop is driven from there. Before each wait, ask for
 * what to wait for; when it has come, or the time is up, dispatch:
 *
 *     struct pollfd fd = {.fd = monologue_fd(m),
 *                         .events = monologue_events(m)};
 *     poll(&fd, 1, monologue_timeout(m));
 *     monologue_dispatch(m);
 *
 * Callbacks run within monologue_dispatch() and monologue_free() only. Ask for
 * the timeout after all else that uses the client: each call may bring it
 * closer, down to 0, and what was sent may wait until then. Both examples in
 * docs/examples, poll.c and glib.c, are whole programs.
 *
 * For a client on a loop of the caller's these return -EINVAL, the timeout -1:
 * that loop is the caller's to run.
 */

/* The descriptor to wait for; the same as long as the client lives. Do nothing
 * with it but that. */
int monologue_fd(const struct monologue *monologue);

/* What to wait for there, as poll(2) names it: POLLIN. */
int monologue_events(const struct monologue *monologue);

/* How long to wait at most, in ms, from now; -1: until the descriptor is
 * ready. */
int monologue_timeout(const struct monologue *monologue);

/*
 * Does what can be done without waiting. May be called too early, or once too
 * often.
 * Returns 0, or
 *   -ECANCELED  a callback has called monologue_free(): @monologue is gone
 *   -EDEADLK    called from a callback
 */
int monologue_dispatch(struct monologue *monologue);

/*
 * For programs without a loop: the client lives on a thread of its own, where
 * handlers and event_cb run; they should be quick. These functions may be
 * called from any thread, and wait as long as it takes, which the timeout
 * bounds. From handlers, those that would wait for the connection - connect,
 * call, close - return -EDEADLK.
 */
struct monologue_blocking;

/* As monologue_new(). -EAGAIN: no thread could be started. */
int monologue_blocking_new(const struct monologue_options *options,
                           struct monologue_blocking **blocking_out);

/*
 * Ends the client at once and its thread with it; not from a handler, and not
 * while another thread is inside these functions. NULL is fine.
 */
void monologue_blocking_free(struct monologue_blocking *blocking);

/* Returns what monologue_connect() returns or its callback is told. So a thread
 * may wait for a client that connects again by itself. */
int monologue_blocking_connect(struct monologue_blocking *blocking);

/*
 * Copies our id, NUL-terminated.
 * Returns 0, or -ENOTCONN with @id_out unchanged.
 */
int monologue_blocking_connection_id(struct monologue_blocking *blocking,
                                     char id_out[MONOLOGUE_ID_CHARS + 1]);

/*
 * @ret_out: a new reference; set only when 0 is returned
 * Returns what monologue_call() returns or its callback is told.
 */
int monologue_blocking_call(struct monologue_blocking *blocking, const char *to,
                            const char *name, const json_t *args,
                            uint32_t timeout_ms, json_t **ret_out);

/*
 * As monologue_call_raw().
 * @ret_out: JSON text with a NUL, to be passed to free(); set only when 0 is
 *           returned
 */
int monologue_blocking_call_raw(struct monologue_blocking *blocking,
                                const char *to, const char *name,
                                const char *args, size_t size,
                                uint32_t timeout_ms, char **ret_out);

/* As monologue_on() and monologue_off(); once the latter has returned the
 * handler does not run and will not. */
int monologue_blocking_on(struct monologue_blocking *blocking, const char *name,
                          monologue_handler_cb handler, void *data);
int monologue_blocking_off(struct monologue_blocking *blocking,
                           const char *name, monologue_handler_cb handler,
                           void *data);

/* The same for handlers of JSON text. */
int monologue_blocking_on_raw(struct monologue_blocking *blocking,
                              const char *name,
                              monologue_raw_handler_cb handler, void *data);
int monologue_blocking_off_raw(struct monologue_blocking *blocking,
                               const char *name,
                               monologue_raw_handler_cb handler, void *data);

/* As monologue_reply(), monologue_reply_raw() and monologue_fail(), for a
 * request whose handler ran on @blocking and returned MONOLOGUE_LATER. */
int monologue_blocking_reply(struct monologue_blocking *blocking,
                             struct monologue_request *request, json_t *ret);
int monologue_blocking_reply_raw(struct monologue_blocking *blocking,
                                 struct monologue_request *request,
                                 const char *ret, size_t size);
void monologue_blocking_fail(struct monologue_blocking *blocking,
                             struct monologue_request *request, int status,
                             const char *message);

/* Returns when the connection is closed: 0, or -EALREADY. */
int monologue_blocking_close(struct monologue_blocking *blocking);

/* Copies monologue_errmsg(), cut to @size bytes with its NUL. Another thread's
 * call may have failed since. */
void monologue_blocking_errmsg(struct monologue_blocking *blocking,
                               char *text_out, size_t size);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
