#include "client/cli/actions.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/cli/operand.h"
#include "client/cli/words.h"
#include "proto/connid.h"
#include "proto/nearest.h"

static struct dialog *dialog; /* the owner of the prompt's */

void actions_open(struct dialog *with)
{
    dialog = with;
}

/* What may stand in one place of a verb's arguments, for completion. */
enum place {
    PLACE_NOTHING,
    PLACE_ID,
    PLACE_NAME,
    PLACE_LISTENED,
    PLACE_SWITCH,
    PLACE_VERB
};

struct action {
    const char *name;
    const char *usage;
    const char *help;
    int n_least; /* arguments */
    int n_most;
    enum place places[2];
    int (*act)(char *const args[]); /* returns an exit status */
};

static int __attribute__((format(printf, 1, 2))) misuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    output_complain_v(format, args);
    va_end(args);
    return EX_USAGE;
}

static int check_id(const char *text)
{
    struct connid id;
    if (connid_parse(text, strlen(text), &id) == 0)
        return EX_OK;
    return misuse("\"%.40s\" is not a connection id; Tab offers those seen",
                  text);
}

/* ---- the verbs ---- */

static int print_id(void)
{
    const char *id = dialog_id(dialog);
    if (!id)
        return EX_UNAVAILABLE;
    if (output_is_for_people())
        return output_line("%s", id);
    return output_take_json(json_pack("{s:s}", "connectionId", id));
}

static int act_whoami(char *const args[])
{
    (void)args;
    return print_id();
}

static int act_connect(char *const args[])
{
    int exit_status = dialog_connect(dialog, args[0]);
    return exit_status == EX_OK ? print_id() : exit_status;
}

static int act_disconnect(char *const args[])
{
    (void)args;
    return dialog_disconnect(dialog);
}

static int act_call(char *const args[])
{
    struct errmsg errmsg;
    char *values = NULL;
    char *ret = NULL;
    uint64_t ns = 0;
    int exit_status = check_id(args[0]);
    if (exit_status != EX_OK)
        return exit_status;
    if (operand_read_all(args + 2, &values, &errmsg) < 0) {
        output_complain("%s", errmsg.text);
        return EX_DATAERR;
    }
    exit_status = dialog_call(dialog, args[0], args[1], values, &ret, &ns);
    if (exit_status == EX_OK)
        exit_status = output_json_text(ret, strlen(ret));
    free(ret);
    free(values);
    return exit_status;
}

static int act_ping(char *const args[])
{
    char *ret = NULL;
    uint64_t ns = 0;
    const char *to = args[0] ? args[0] : dialog_id(dialog);
    if (!to)
        return EX_UNAVAILABLE;
    int exit_status = check_id(to);
    if (exit_status == EX_OK)
        exit_status = dialog_call(dialog, to, CLI_PING, NULL, &ret, &ns);
    free(ret);
    if (exit_status != EX_OK)
        return exit_status;
    if (output_is_for_people())
        return output_line("answer from %s: time=%.3f ms", to,
                           (double)ns / 1e6);
    return output_take_json(
        json_pack("{s:s, s:f}", "to", to, "ms", round((double)ns / 1e3) / 1e3));
}

/* listen NAME | NAME VALUE | NAME -- COMMAND [ARG]... */
static int act_listen(char *const args[])
{
    bool has_command = args[1] && strcmp(args[1], "--") == 0;
    if (has_command && !args[2])
        return misuse("listen %s --: a command is missing", args[0]);
    if (args[1] && !has_command && args[2])
        return misuse("listen %s: give one value, or -- and a command",
                      args[0]);
    const char *text = args[1] && !has_command ? args[1] : "null";
    char *value = operand_to_json(text, strlen(text));
    if (!value)
        return misuse("listen %s: the value is not UTF-8", args[0]);
    int status = listens_add(&dialog->listens, dialog->cli->monologue, args[0],
                             value, has_command ? args + 2 : NULL);
    free(value);
    if (status < 0) {
        output_complain("cannot listen to \"%s\": %s", args[0],
                        monologue_strerror(status));
        return cli_exit_status(status);
    }
    seen_add(&dialog->names, args[0]);
    return EX_OK;
}

static int act_unlisten(char *const args[])
{
    if (listens_remove(&dialog->listens, dialog->cli->monologue, args[0]) == 0)
        return EX_OK;
    return misuse("nobody listens to \"%s\" here", args[0]);
}

static int act_packets(char *const args[])
{
    if (args[0] && strcmp(args[0], "on") != 0 && strcmp(args[0], "off") != 0)
        return misuse("packets %s: say on or off", args[0]);
    dialog->shows_packets =
        args[0] ? strcmp(args[0], "on") == 0 : !dialog->shows_packets;
    if (!output_is_for_people())
        return EX_OK;
    return output_line("packets are %sshown",
                       dialog->shows_packets ? "" : "not ");
}

static int act_wait(char *const args[])
{
    char *end = NULL;
    double seconds = args[0] ? strtod(args[0], &end) : 0;
    if (args[0] &&
        (*end || end == args[0] || !(seconds > 0 && seconds < 864000)))
        return misuse("wait %s: give a number of seconds", args[0]);
    return dialog_wait(dialog, (uint32_t)(seconds * 1000 + 0.999));
}

static int act_quit(char *const args[])
{
    (void)args;
    dialog->is_over = true;
    return EX_OK;
}

static int act_help(char *const args[]);

static const struct action actions[] = {
    {"help", "[VERB]", "this, or one verb", 0, 1, {PLACE_VERB}, act_help},
    {"connect", "[URL]", "connect, print our id", 0, 1, {0}, act_connect},
    {"disconnect", "", "leave the server", 0, 0, {0}, act_disconnect},
    {"whoami", "", "print our id", 0, 0, {0}, act_whoami},
    {"call",
     "ID NAME [ARGUMENT]...",
     "call a method, print what it returns",
     2,
     -1,
     {PLACE_ID, PLACE_NAME},
     act_call},
    {"ping",
     "[ID]",
     "measure the way there and back",
     0,
     1,
     {PLACE_ID},
     act_ping},
    {"listen",
     "NAME [VALUE | -- COMMAND...]",
     "show calls, answer null or as told",
     1,
     -1,
     {PLACE_NAME},
     act_listen},
    {"unlisten",
     "NAME",
     "answer no more calls of it",
     1,
     1,
     {PLACE_LISTENED},
     act_unlisten},
    {"packets",
     "[on | off]",
     "show packets as they pass",
     0,
     1,
     {PLACE_SWITCH},
     act_packets},
    {"wait",
     "[SECONDS]",
     "do nothing but answer, until interrupted",
     0,
     1,
     {0},
     act_wait},
    {"quit", "", "leave; so does Ctrl-D", 0, 0, {0}, act_quit},
    {NULL, NULL, NULL, 0, 0, {0}, NULL},
};

static const struct action *find_action(const char *name)
{
    const struct action *action = actions;
    while (action->name && strcmp(action->name, name) != 0)
        action++;
    return action->name ? action : NULL;
}

static int refuse_action(const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (const struct action *a = actions; a->name; a++)
        nearest_offer(&nearest, a->name);
    output_complain("there is no verb \"%s\": %s%s%s", name,
                    nearest.found ? "did you mean " : "see help",
                    nearest.found ? nearest.found : "",
                    nearest.found ? "?" : "");
    return EX_USAGE;
}

static int explain_action(const struct action *action)
{
    char form[60];
    snprintf(form, sizeof form, "%s %s", action->name, action->usage);
    return output_line("  %-38s%s", form, action->help);
}

static int act_help(char *const args[])
{
    int exit_status = EX_OK;
    if (args[0]) {
        const struct action *action = find_action(args[0]);
        return action ? explain_action(action) : refuse_action(args[0]);
    }
    for (const struct action *a = actions; a->name && exit_status == EX_OK; a++)
        exit_status = explain_action(a);
    return exit_status;
}

/* ---- lines ---- */

static int act_on(const struct words *words)
{
    const struct action *action = find_action(words->all[0]);
    int n = words->n - 1;
    if (!action)
        return refuse_action(words->all[0]);
    if (n < action->n_least || (action->n_most >= 0 && n > action->n_most)) {
        output_complain("the form is: %s %s", action->name, action->usage);
        return EX_USAGE;
    }
    return action->act(words->all + 1);
}

int actions_do(const char *line)
{
    struct words words;
    struct errmsg errmsg;
    dialog->is_interrupted = false;
    if (words_split(line, &words, &errmsg) < 0) {
        output_complain("%s", errmsg.text);
        return EX_DATAERR;
    }
    int exit_status = words.n > 0 ? act_on(&words) : EX_OK;
    words_deinit(&words);
    return exit_status;
}

/* ---- completion ---- */

struct offer {
    const char *word; /* what the candidates begin with */
    const char **found;
    size_t n;
    size_t max;
};

static void offer(const char *candidate, void *data)
{
    struct offer *o = data;
    if (o->n < o->max && strncmp(candidate, o->word, strlen(o->word)) == 0)
        o->found[o->n++] = candidate;
}

static void offer_seen(const struct seen *seen, struct offer *o)
{
    for (size_t i = 0; i < seen->n; i++)
        offer(seen->words[i], o);
}

static void offer_verbs(struct offer *o)
{
    for (const struct action *a = actions; a->name; a++)
        offer(a->name, o);
}

static void offer_place(enum place place, struct offer *o)
{
    switch (place) {
    case PLACE_NOTHING:
        return;
    case PLACE_ID:
        offer_seen(&dialog->ids, o);
        return;
    case PLACE_NAME:
        offer_seen(&dialog->names, o);
        return;
    case PLACE_LISTENED:
        listens_each(&dialog->listens, offer, o);
        return;
    case PLACE_SWITCH:
        offer("on", o);
        offer("off", o);
        return;
    case PLACE_VERB:
        offer_verbs(o);
        return;
    }
}

size_t actions_complete(char *const words[], const char *word,
                        const char **found, size_t max)
{
    struct offer o = {.word = word, .found = found, .max = max};
    size_t n = 0;
    while (words[n])
        n++;
    if (n == 0) {
        offer_verbs(&o);
        return o.n;
    }
    const struct action *action = find_action(words[0]);
    if (action && n <= sizeof action->places / sizeof *action->places)
        offer_place(action->places[n - 1], &o);
    return o.n;
}
