/* One run: the command's output goes through the reader of diagnostics and, as plain text, to the sink.  A tool that watches
   tells by a line of its own where one round ends. */
#include "build/run.h"
#include "base/clock.h"
#include "base/proc.h"
#include "build/dune_rpc.h"
#include "build/last.h"
#include "build/results.h"

#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096 /* of a line that may end a round */
#define GRACE_MS 1000

const char *
aid_build_status_name (enum aid_build_status s)
{
  static const char *const names[] = { "unknown", "running", "green", "red" };
  return names[s];
}

struct run
{
  const struct aid_build_request *r;
  const struct aid_build_sink *sink;
  struct aid_build_command command;
  struct aid_diag_reader *reader;
  struct aid_str line; /* of one that watches */
  struct aid_str half; /* a character or an escape sequence that is not whole yet */
  struct aid_str tail; /* the last of what was told */
  size_t told;         /* bytes of output */
  int64_t begun, begun_at; /* by the clocks that run on, and that files are stamped by */
  int in_round, had_errors;
};

static void
post (struct run *run, struct aid_build_event ev)
{
  ev.what = run->r->what;
  ev.root = run->r->root;
  if (ev.kind != AID_BUILD_FAILED || run->command.shown)
    ev.command = &run->command;
  run->sink->post (run->sink->ctx, run->r->id, &ev);
}

/* --- output --- */

static void
keep_tail (struct run *run, struct aid_span plain)
{
  struct aid_str *t = &run->tail;
  struct aid_span last = aid_span_cut (plain, plain.len > AID_BUILD_TAIL ? plain.len - AID_BUILD_TAIL : 0, plain.len);
  if (t->len + last.len > AID_BUILD_TAIL)
    aid_str_remove (t, 0, t->len + last.len - AID_BUILD_TAIL);
  aid_str_addspan (t, last);
}

/* Tells of PART as plain text.  A line that is not whole yet waits for its end, for a carriage return may still take it back. */
static void
tell (struct run *run, struct aid_span part)
{
  struct aid_str plain = AID_STR_INIT (4 * AID_DIAG_LINE_MAX);
  const char *last = part.len ? memrchr (part.ptr, '\n', part.len) : NULL;
  size_t whole = last ? (size_t)(last - part.ptr) + 1 : 0;
  struct aid_str *half = &run->half;
  if (whole)
    {
      aid_str_addspan (half, aid_span_cut (part, 0, whole));
      aid_diag_plain (aid_str_span (half), &plain);
      aid_str_clear (half);
    }
  keep_tail (run, aid_str_span (&plain));
  size_t room = half->max - half->len, left = part.len - whole;
  aid_str_addspan (half, aid_span_cut (part, whole, whole + (left < room ? left : room)));
  if (plain.len && run->told < AID_BUILD_OUTPUT_MAX)
    {
      run->told += plain.len;
      if (run->told >= AID_BUILD_OUTPUT_MAX)
        aid_str_addf (&plain, "\n(more than %zu MB: the rest is read, but not shown)\n", AID_BUILD_OUTPUT_MAX >> 20);
      post (run, (struct aid_build_event){ .kind = AID_BUILD_PRINTED,
                                           .status = AID_BUILD_RUNNING,
                                           .diags = aid_diag_so_far (run->reader),
                                           .output = aid_str_span (&plain) });
    }
  aid_str_free (&plain);
}

/* --- rounds --- */

static void
begin_round (struct run *run)
{
  run->in_round = 1;
  run->begun = aid_clock_ms ();
  run->begun_at = aid_build_results_now ();
  post (run, (struct aid_build_event){ .kind = AID_BUILD_STARTED, .status = AID_BUILD_RUNNING });
}

static void
end_round (struct run *run, int well)
{
  struct aid_diags diags;
  aid_diag_end (run->reader, &diags);
  struct aid_build_event ev = { .kind = AID_BUILD_ROUND,
                                .status = well && !diags.errors ? AID_BUILD_GREEN : AID_BUILD_RED,
                                .diags = &diags,
                                .ms = aid_clock_ms () - run->begun,
                                .tail = aid_str_span (&run->tail) };
  run->in_round = 0;
  aid_build_last_save (run->r->root, AID_BUILD_WATCH, ev.status, &run->command, &ev);
  post (run, ev);
  aid_diags_free (&diags);
}

static void
watch_line (struct run *run)
{
  struct aid_str plain = AID_STR_INIT (LINE_MAX_BYTES);
  aid_diag_plain (aid_str_span (&run->line), &plain);
  int mark = aid_build_watch_line (aid_span_trim (aid_str_span (&plain)));
  aid_str_clear (&run->line);
  aid_str_free (&plain);
  if (mark >= 2)
    end_round (run, mark == 2);
  else if (mark == 1 && !run->in_round)
    begin_round (run);
}

/* Line by line, so that each round has its own. */
static void
take_watched (struct run *run, struct aid_span part)
{
  while (part.len)
    {
      const char *end = memchr (part.ptr, '\n', part.len);
      size_t n = end ? (size_t)(end - part.ptr) + 1 : part.len, room = run->line.max - run->line.len;
      aid_str_addspan (&run->line, aid_span_cut (part, 0, n < room ? n : room));
      aid_diag_feed (run->reader, aid_span_cut (part, 0, n));
      if (end)
        watch_line (run);
      part = aid_span_cut (part, n, part.len);
    }
}

static int
take (void *arg, enum aid_proc_stream stream, struct aid_span part)
{
  struct run *run = arg;
  (void)stream;
  if (run->r->what == AID_BUILD_WATCH)
    take_watched (run, part);
  else
    aid_diag_feed (run->reader, part);
  tell (run, part);
  return 0;
}

/* --- the run --- */

static void
fail (struct run *run, const struct aid_error *e)
{
  post (run, (struct aid_build_event){ .kind = AID_BUILD_FAILED, .status = AID_BUILD_UNKNOWN, .error = e });
}

static void
ended (struct run *run, const struct aid_proc_result *r, const struct aid_error *e)
{
  struct aid_diags diags;
  if (run->half.len)
    tell (run, AID_SPAN ("\n"));
  aid_diag_end (run->reader, &diags);
  if (!e)
    aid_build_results_add (run->r->root, run->command.dir, run->begun_at, &diags);
  struct aid_build_event ev = { .kind = e ? AID_BUILD_FAILED : AID_BUILD_ENDED,
                                .status = e || r->signal ? AID_BUILD_UNKNOWN
                                          : r->code      ? AID_BUILD_RED
                                                         : AID_BUILD_GREEN,
                                .diags = &diags,
                                .code = r->code,
                                .signal = r->signal,
                                .ms = r->ms,
                                .error = e,
                                .tail = aid_str_span (&run->tail) };
  if (!e)
    aid_build_last_save (run->r->root, run->r->what, ev.status, &run->command, &ev);
  post (run, ev);
  aid_diags_free (&diags);
}

static enum aid_err
may_run (const struct run *run, struct aid_error *e)
{
  if (run->r->leave || aid_build_trusted (run->r->root, &run->command))
    return AID_OK;
  return aid_error_set (e, AID_E_REFUSED, "\"%.100s\" was never allowed in %.100s: M-x aid-build asks once",
                        run->command.shown, run->r->root);
}

/* Before version 3, dune does not say in its watch mode when a build has ended. */
static enum aid_err
can_watch (const struct run *run, struct aid_error *e)
{
  struct aid_proc p = { .argv = (const char *const[]){ "dune", "--version", NULL },
                        .dir = run->command.dir,
                        .env = run->r->env,
                        .only_env = run->r->env != NULL,
                        .out_max = 64,
                        .timeout_ms = 10000 };
  struct aid_proc_result result;
  if (run->r->what != AID_BUILD_WATCH || strcmp (run->command.tool, "dune") != 0)
    return AID_OK;
  enum aid_err err = aid_proc_run (&p, &result, e);
  struct aid_span said = aid_span_trim (aid_str_span (&result.out));
  if (!err && (aid_span_starts (said, "1.") || aid_span_starts (said, "2.")))
    err = aid_error_set (
      e, AID_E_REFUSED,
      "dune %.*s does not say in its watch mode when a build has ended; dune 3 does.  Build on save instead "
      "(aid-build-on-save).",
      (int)said.len, said.ptr);
  aid_proc_result_free (&result);
  return err;
}

/* --- a dune that builds already --- */

static void
take_told (void *arg, struct aid_span lines)
{
  struct run *run = arg;
  if (aid_span_starts (lines, "Had errors"))
    run->had_errors = 1;
  take (run, AID_PROC_OUT, lines);
}

/* Follows the dune that FD leads to: it holds the build's lock, and another could not build. */
static void
follow (struct run *run, int fd, const struct aid_stop *stop)
{
  struct aid_error e = { AID_OK, "" };
  int watches = run->r->what == AID_BUILD_WATCH;
  begin_round (run);
  enum aid_err err = aid_dune_rpc_follow (fd, !watches, AID_BUILD_TIMEOUT_MS, stop, take_told, run, &e);
  struct aid_proc_result result = { .code = run->had_errors, .ms = aid_clock_ms () - run->begun };
  ended (run, &result, err ? &e : NULL);
}

/* A descriptor, or -1. */
static int
running_dune (const struct run *run)
{
  int dune = !strcmp (run->command.tool, "dune") && run->r->what != AID_BUILD_TEST;
  return dune ? aid_dune_rpc_connect (run->command.dir) : -1;
}

static void
execute (struct run *run, const struct aid_stop *stop)
{
  /* A terminal's colours are not wanted; those who colour all the same are stripped. */
  static const char *const dumb[] = { "TERM=dumb", "NO_COLOR=1", "CARGO_TERM_COLOR=never", NULL };
  struct aid_proc p = { .argv = (const char *const *)run->command.argv,
                        .dir = run->command.dir,
                        .env = run->r->env ? run->r->env : dumb,
                        .only_env = run->r->env != NULL,
                        .err_to_out = 1,
                        .stop = stop,
                        .timeout_ms = run->r->what == AID_BUILD_WATCH ? 0 : AID_BUILD_TIMEOUT_MS,
                        .grace_ms = GRACE_MS,
                        .with_us = 1,
                        .on_output = take,
                        .arg = run };
  struct aid_proc_result result;
  struct aid_error e = { AID_OK, "" };
  begin_round (run);
  enum aid_err err = aid_proc_run (&p, &result, &e);
  if (err == AID_E_CANCELLED) /* what the person named, not the shell that ran it */
    aid_error_set (&e, err, "\"%.150s\" was stopped", run->command.shown);
  ended (run, &result, err ? &e : NULL);
  aid_proc_result_free (&result);
}

void
aid_build_run (const struct aid_build_request *r, const struct aid_stop *stop, const struct aid_build_sink *sink)
{
  struct run run = { .r = r,
                     .sink = sink,
                     .line = AID_STR_INIT (LINE_MAX_BYTES),
                     .half = AID_STR_INIT (2 * AID_DIAG_LINE_MAX),
                     .tail = AID_STR_INIT (AID_BUILD_TAIL) };
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = r->line ? aid_build_given (r->line, r->dir ? r->dir : r->root, &run.command, &e)
                             : aid_build_detect (r->root, r->dir, r->what, &run.command, &e);
  err = err ? err : may_run (&run, &e);
  int dune = err ? -1 : running_dune (&run);
  if (!err && dune < 0)
    err = can_watch (&run, &e);
  if (!err && aid_stop_is_set (stop))
    err = aid_error_set (&e, AID_E_CANCELLED, "The build was stopped");
  if (!err && !(run.reader = aid_diag_reader_new (r->root, run.command.dir, &e)))
    err = AID_E_NOMEM;
  if (err)
    fail (&run, &e);
  else if (dune >= 0)
    follow (&run, dune, stop);
  else
    execute (&run, stop);
  if (err && dune >= 0)
    close (dune);
  aid_build_command_free (&run.command);
  aid_diag_reader_free (run.reader);
  aid_str_free (&run.line);
  aid_str_free (&run.half);
  aid_str_free (&run.tail);
}
