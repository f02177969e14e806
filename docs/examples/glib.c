/*
 * A client in a program with GLib's main loop: answers calls of "add", comes
 * back when its connection has ended, and leaves when it is asked to.
 *
 *   cc glib.c -o glib $(pkg-config --cflags --libs monologue glib-2.0)
 */
#include <errno.h>
#include <glib-unix.h>
#include <monologue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* A GSource that waits for what the client waits for. */
struct source {
    GSource parent;
    struct monologue *monologue;
};

/* Asked before each wait, so the timeout is of this moment. */
static gboolean prepare(GSource *source, gint *timeout_ms)
{
    *timeout_ms = monologue_timeout(((struct source *)source)->monologue);
    return *timeout_ms == 0;
}

/* Dispatching too often does no harm, so there is nothing to be checked. */
static gboolean check(GSource *source)
{
    (void)source;
    return TRUE;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    (void)callback;
    (void)data;
    if (monologue_dispatch(((struct source *)source)->monologue) < 0)
        return G_SOURCE_REMOVE; /* a callback has freed the client */
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {prepare, check, dispatch, NULL, NULL, NULL};

static GSource *attach(struct monologue *m)
{
    GSource *source = g_source_new(&source_funcs, sizeof(struct source));
    ((struct source *)source)->monologue = m;
    g_source_add_unix_fd(source, monologue_fd(m), G_IO_IN);
    g_source_attach(source, NULL);
    return source;
}

static int add(struct monologue_request *request, const json_t *args,
               json_t **ret_out, void *data)
{
    double a;
    double b;
    (void)request;
    (void)data;
    if (json_unpack((json_t *)args, "[FF]", &a, &b) < 0)
        return -EINVAL;
    *ret_out = json_real(a + b);
    return 0;
}

static struct monologue *monologue;
static int exit_status = EXIT_SUCCESS;

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    (void)m;
    switch (event->kind) {
    case MONOLOGUE_EVENT_CONNECTED:
        printf("connected as %s\n", event->id);
        break;
    case MONOLOGUE_EVENT_DISCONNECTED:
    case MONOLOGUE_EVENT_FAILED:
        printf("%s\n", event->text);
        if (!event->will_reconnect && !event->is_ours) {
            exit_status = EXIT_FAILURE;
            g_main_loop_quit(data);
        }
        break;
    default:
        break;
    }
    fflush(stdout);
}

static void on_closed(struct monologue *m, void *data)
{
    (void)m;
    g_main_loop_quit(data);
}

static gboolean on_signal(gpointer data)
{
    monologue_close(monologue, on_closed, data);
    return G_SOURCE_REMOVE;
}

int main(void)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    const struct monologue_options options = {
        .reconnect = true,
        .event_cb = on_event,
        .event_data = loop,
    };
    signal(SIGPIPE, SIG_IGN);
    if (monologue_new(&options, NULL, &monologue) < 0) {
        fprintf(stderr, "glib: %s\n", monologue_errmsg(NULL));
        return EXIT_FAILURE;
    }
    monologue_on(monologue, "add", add, NULL);
    monologue_connect(monologue, NULL, NULL);

    GSource *source = attach(monologue);
    g_unix_signal_add(SIGINT, on_signal, loop);
    g_unix_signal_add(SIGTERM, on_signal, loop);
    g_main_loop_run(loop);

    g_source_destroy(source);
    g_source_unref(source);
    monologue_free(monologue);
    g_main_loop_unref(loop);
    return exit_status;
}
