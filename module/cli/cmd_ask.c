/* aid ask: one question, its answer streamed to standard output.

   The core's events come on its threads; they are copied into a queue and a byte wakes the main thread, which alone
   writes: a slow reader of our output never holds up the core, and an interrupt is seen while nothing arrives. */
#include "assist/finder.h"
#include "assist/recipe.h"
#include "assist/variants.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/dry_run.h"
#include "cli/items.h"
#include "cli/opt.h"
#include "cli/question.h"
#include "context/item.h"
#include "model/schema.h"
#include "net/http.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REQUEST 1
#define PROMPT_MAX (8u << 20)
#define CONTEXT_ARGS_MAX 1000
#define EVENTS_MAX 1000000

struct event
{
  int kind;
  struct aid_str val, text;
};

struct asking
{
  int json, terminal;        /* how to print */
  int dry, curl;             /* the request is only shown */
  int only;                  /* the items that were named are all */
  int verbose, dim;          /* whether reasoning is printed, and dim */
  int wake[2];
  pthread_mutex_t lock;      /* of the queue */
  struct aid_vec queue;      /* struct event */
  int at_line_start;         /* of what was printed */
  int thinking;              /* reasoning was printed last; 2: it ended with a newline */
  int ended, status;
};

static volatile sig_atomic_t interrupted;
static int wake_fd = -1;     /* for the signal handler */

static void
wake_up (int fd)
{
  int saved = errno;
  ssize_t n = write (fd, "", 1);     /* a full pipe wakes as well */

  (void) n;
  errno = saved;
}

static void
on_signal (int signal)
{
  (void) signal;
  interrupted = 1;
  wake_up (wake_fd);
}

/* On one of the core's threads. */
static void
post (void *ctx, uint64_t request, const struct aid_event *ev)
{
  struct asking *a = ctx;
  struct event *slot;

  (void) request;
  pthread_mutex_lock (&a->lock);
  slot = aid_vec_push (&a->queue);
  if (slot)
    {
      slot->kind = ev->kind;
      slot->val = AID_STR_INIT (ev->val.len + 1);
      slot->text = AID_STR_INIT (ev->text.len + 1);
      aid_str_addspan (&slot->val, ev->val);
      aid_str_addspan (&slot->text, ev->text);
    }
  pthread_mutex_unlock (&a->lock);
  wake_up (a->wake[1]);
}

/* --- printing --------------------------------------------------------------------------------------------------------- */

static void
put (struct asking *a, struct aid_span text)
{
  while (text.len)
    {
      ssize_t n = write (STDOUT_FILENO, text.ptr, text.len);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          a->status = aid_cli_fail ("standard output cannot be written: %s", strerror (errno));
          a->ended = 1;
          return;
        }
      a->at_line_start = text.ptr[n - 1] == '\n';
      text = aid_span_cut (text, (size_t) n, text.len);
    }
}

static void
print_text (struct asking *a, struct aid_span text)
{
  struct aid_str calm = AID_STR_INIT (2 * text.len + 16);

  if (!a->terminal)
    put (a, text);
  else
    {
      aid_cli_calm (text, &calm);
      put (a, aid_str_span (&calm));
    }
  aid_str_free (&calm);
}

/* Reasoning is said on standard error, so that standard output has the answer alone. */
static void
print_reasoning (struct asking *a, struct aid_span text)
{
  struct aid_str calm = AID_STR_INIT (2 * text.len + 16);

  if (a->dim)
    aid_cli_calm (text, &calm);
  else
    aid_str_addspan (&calm, text);
  if (calm.len)
    {
      if (a->terminal && !a->at_line_start)
        put (a, AID_SPAN ("\n"));
      fputs (a->dim ? "\033[2m" : "", stderr);
      fwrite (calm.ptr, 1, calm.len, stderr);
      fputs (a->dim ? "\033[0m" : "", stderr);
      a->thinking = calm.ptr[calm.len - 1] == '\n' ? 2 : 1;
    }
  aid_str_free (&calm);
}

static void
end_reasoning (struct asking *a)
{
  if (a->thinking)
    fputs (a->thinking == 2 ? "\n" : "\n\n", stderr);
  a->thinking = 0;
}

/* The event's value as a JSON object of our own; never NULL unless there is no memory. */
static json_t *
value_of (const struct event *ev)
{
  struct aid_str text = AID_STR_INIT (64u << 20);
  json_t *v = NULL;

  if (ev->val.len && aid_val_to_json (aid_str_span (&ev->val), 0, &text) == AID_OK)
    v = aid_json_parse (aid_str_span (&text), "an event", NULL);
  aid_str_free (&text);
  return json_is_object (v) ? v : json_object ();
}

static void
print_json (struct asking *a, const struct event *ev, const json_t *val)
{
  struct aid_str line = AID_STR_INIT (256u << 20);
  json_t *all = json_pack ("{s:s}", "event", aid_event_name (ev->kind));

  if (ev->kind == AID_EVENT_TEXT || ev->kind == AID_EVENT_REASONING)
    json_object_set_new (all, "text", aid_json_of_span (aid_str_span (&ev->text)));
  json_object_update (all, (json_t *) (uintptr_t) val);
  aid_json_dump (all, &line);
  aid_str_addc (&line, '\n');
  json_decref (all);
  put (a, aid_str_span (&line));
  aid_str_free (&line);
}

static void
handle (struct asking *a, const struct event *ev)
{
  json_t *val = value_of (ev);
  const char *message = aid_json_str (val, "message"), *note = aid_json_str (val, "note");
  int last = ev->kind == AID_EVENT_DONE || ev->kind == AID_EVENT_ERROR;

  if (ev->kind != AID_EVENT_REASONING)
    end_reasoning (a);
  if (a->json)
    print_json (a, ev, val);
  else if (ev->kind == AID_EVENT_TEXT)
    print_text (a, aid_str_span (&ev->text));
  else if (ev->kind == AID_EVENT_REASONING && a->verbose)
    print_reasoning (a, aid_str_span (&ev->text));
  if (!a->json && last && !a->at_line_start)
    put (a, AID_SPAN ("\n"));
  if (!a->json && ev->kind == AID_EVENT_RETRY)
    fprintf (stderr, "aid: trying again in %.1f s: %s\n", (double) aid_json_int (val, "wait_ms", 0) / 1000,
             message ? message : "no answer");
  if (ev->kind == AID_EVENT_DONE && note)
    fprintf (stderr, "aid: %s\n", note);
  if (ev->kind == AID_EVENT_ERROR)
    a->status = aid_cli_fail ("%s%s", message ? message : "the request failed",
                              json_object_get (val, "held") ? " (--allow-secrets sends it all the same)" : "");
  a->ended |= last;
  json_decref (val);
}

/* --- running ---------------------------------------------------------------------------------------------------------- */

static void
handle_queue (struct asking *a)
{
  struct aid_vec events;

  pthread_mutex_lock (&a->lock);
  events = a->queue;
  a->queue = AID_VEC_INIT (struct event, EVENTS_MAX);
  pthread_mutex_unlock (&a->lock);
  for (size_t i = 0; i < events.len; i++)
    {
      struct event *ev = &AID_VEC_AT (struct event, &events, i);
      if (!a->ended)
        handle (a, ev);
      aid_str_free (&ev->val);
      aid_str_free (&ev->text);
    }
  aid_vec_free (&events);
}

static void
wait_for_end (struct asking *a, struct aid_assist *assist)
{
  int cancelled = 0;

  while (!a->ended)
    {
      struct pollfd p = { a->wake[0], POLLIN, 0 };
      char buf[256];
      poll (&p, 1, -1);
      while (read (a->wake[0], buf, sizeof buf) > 0)
        continue;
      if (interrupted && !cancelled)
        {
          cancelled = 1;
          aid_assist_cancel (assist, REQUEST);
        }
      handle_queue (a);
    }
}

static int
run (struct asking *a, const struct aid_ask *ask)
{
  struct aid_sink sink = { post, a };
  struct aid_error e;
  struct aid_assist *assist = NULL;

  if (pipe (a->wake) != 0 || fcntl (a->wake[0], F_SETFL, O_NONBLOCK) != 0 || fcntl (a->wake[1], F_SETFL, O_NONBLOCK) != 0)
    return aid_cli_fail ("cannot make a pipe: %s", strerror (errno));
  fcntl (a->wake[0], F_SETFD, FD_CLOEXEC);
  fcntl (a->wake[1], F_SETFD, FD_CLOEXEC);
  wake_fd = a->wake[1];
  aid_cli_on_signal (on_signal);
  assist = aid_assist_new (&sink, &e);
  if (!assist || aid_assist_ask (assist, ask, &e) != AID_OK)
    a->status = aid_cli_fail ("%s", e.msg);
  else
    wait_for_end (a, assist);
  if (assist)
    aid_cli_wait_events (aid_assist_events (assist));
  if (assist)
    aid_assist_free (assist, "The command ends.");
  a->ended = 1;
  handle_queue (a);
  return a->status;
}

/* Says once what experiments were switched off for the harm they do. */
static void
tell_harm (const struct aid_ask *ask)
{
  const struct aid_asked asked = { ask->root, ask->model, ask->strategy, ask->exact, ask->chat, NULL };
  struct aid_str words = AID_STR_INIT (1u << 20);
  struct aid_span rest, line;

  aid_cli_on_signal (SIG_DFL); /* the answer is there: who has no time for this may go */
  aid_variants_check (&asked, NULL, 0, &words);
  rest = aid_str_span (&words);
  while (aid_span_line (&rest, &line))
    aid_cli_say ("%.*s", (int) line.len, line.ptr);
  aid_str_free (&words);
}

static int
ask_question (struct asking *a, struct aid_ask *ask, const char *prompt, const struct aid_vec *context)
{
  struct aid_str schema = AID_STR_INIT (AID_SCHEMA_MAX);
  struct aid_str typed = AID_STR_INIT (PROMPT_MAX), root = AID_STR_INIT (8192);
  struct aid_cli_question q = { .chat = AID_STR_INIT (0) };
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = AID_OK;
  int status;

  if (!strcmp (prompt, "-"))
    err = aid_cli_read (prompt, &typed, &e);
  else
    aid_str_addz (&typed, prompt);
  if (!err && ask->schema_file && !(err = aid_fs_read (ask->schema_file, &schema, &e)) && !schema.len)
    err = aid_error_set (&e, AID_E_INVALID, "%s is empty", ask->schema_file);
  ask->schema = aid_str_span (&schema);
  if (!err && !aid_span_trim (aid_str_span (&typed)).len)
    err = aid_error_set (&e, AID_E_INVALID, "the question is empty");
  if (!err)
    err = aid_cli_root (ask->root, &root, &e);
  if (!err)
    err = aid_question_make (&q, aid_str_span (&typed), context->data, context->len, aid_str_z (&root), &e);
  if (!err)
    aid_cli_warn_of_trust (aid_str_z (&root));
  ask->root = aid_str_z (&root);
  if (!err && !a->only)
    err = aid_question_complete (&q, ask, aid_str_span (&typed), &e);
  ask->chat = aid_str_span (&q.chat);
  ask->items = q.items.data;
  ask->nitems = q.items.len;
  status = err ? aid_cli_fail ("%s", e.msg) : a->dry ? aid_dry_run (ask, a->json, a->curl) : run (a, ask);
  if (!err && !a->dry && !interrupted)
    tell_harm (ask);
  aid_question_free (&q);
  aid_str_free (&typed);
  aid_str_free (&schema);
  aid_str_free (&root);
  return status;
}

int
aid_cmd_ask (int argc, char **argv)
{
  struct asking a = { .lock = PTHREAD_MUTEX_INITIALIZER, .at_line_start = 1 };
  struct aid_ask ask = { .id = REQUEST, .request = "r1", .plain = 1 };
  struct aid_vec context = AID_VEC_INIT (const char *, CONTEXT_ARGS_MAX);
  int allow_secrets = 0;
  const struct aid_opt opts[] = {
    { "model", 'm', AID_OPT_STRING, &ask.model, "MODEL", "one of aid models, or PROVIDER/NAME" },
    { "strategy", 's', AID_OPT_STRING, &ask.strategy, "NAME", "one of aid strategies (default: ask)" },
    { "exact", 0, AID_OPT_FLAG, &ask.exact, NULL, "that strategy itself, not its variant for the files' language" },
    { "context", 'c', AID_OPT_LIST, &context, "ITEM", "a file (FILE, FILE#L3-L9) to show, or see aid context; may be repeated" },
    { "only", 0, AID_OPT_FLAG, &a.only, NULL, "no files but those, though the strategy would add some" },
    { "root", 0, AID_OPT_STRING, &ask.root, "DIR", "the project (default: found upwards from here)" },
    { "schema", 0, AID_OPT_STRING, &ask.schema_file, "FILE", "a JSON Schema: the answer is JSON that fits it" },
    { "verbose", 'v', AID_OPT_FLAG, &a.verbose, NULL, "show the model's reasoning, on standard error" },
    { "dry-run", 0, AID_OPT_FLAG, &a.dry, NULL, "send nothing: show the request, a variable for its key" },
    { "curl", 0, AID_OPT_FLAG, &a.curl, NULL, "with --dry-run: as a command for a shell" },
    { "over-budget", 0, AID_OPT_FLAG, &ask.over_budget, NULL, "ask although a budget of the settings would be passed" },
    { "json", 0, AID_OPT_FLAG, &a.json, NULL, "one JSON object a line for every event" },
    { "allow-secrets", 0, AID_OPT_FLAG, &allow_secrets, NULL, "send even what looks like a key or a password" },
  };
  const struct aid_usage_text usage = {
    "aid ask [options] PROMPT|-",
    "Asks a model and streams its answer to standard output; - reads the question from standard input.  Interrupt it to\n"
    "cancel.  The lines of --json are {\"event\": ...} with start, text, reasoning, retry, and at the end done or error.\n",
    opts, sizeof opts / sizeof *opts, 1, 1
  };
  int status;

  if (aid_opt_parse (&usage, argc, argv, &status) >= 0)
    {
      a.queue = AID_VEC_INIT (struct event, EVENTS_MAX);
      ask.allow_secrets = allow_secrets ? "*" : NULL;
      a.terminal = isatty (STDOUT_FILENO);
      a.dim = isatty (STDERR_FILENO);
      status = ask_question (&a, &ask, argv[1], &context);
    }
  aid_vec_free (&context);
  return status;
}
