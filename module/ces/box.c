/* A box, as its user sees it: box.h.  What is done, its keeper does (module/box). */
#include "ces/box.h"
#include "base/beside.h"
#include "base/fs.h"
#include "ces/box_talk.h"
#include "ces/box_tree.h"

#include <stdio.h>
#include <stdlib.h>

enum
{
  FILE_MS = 60000,
  RUN_SPARE_MS = 60000 /* over a command's own time: to end it, on a machine that is busy */
};

struct aid_box
{
  struct aid_box_talk talk;
  struct aid_box_limits limits;
  struct aid_str by;
};

const char *
aid_box_end_name (enum aid_box_end end)
{
  static const char *const names[] = { "exited", "signalled", "time", "memory", "processes", "disk", "output" };
  return (unsigned)end < sizeof names / sizeof *names ? names[end] : "?";
}

/* --- opening --- */

/* "15", in the array that the arguments point into. */
static const char *
number (char at[24], int64_t n)
{
  snprintf (at, 24, "%lld", (long long)(n > 0 ? n : 0));
  return at;
}

static enum aid_err
start (struct aid_box *b, const char *program, const char *lower, enum aid_box_how how, struct aid_error *e)
{
  const struct aid_box_limits *l = &b->limits;
  char n[8][24];
  const char *const argv[] = { program,
                               AID_BOX_PROTOCOL,
                               number (n[0], (int64_t)how),
                               number (n[1], l->seconds),
                               number (n[2], l->cpu_seconds),
                               number (n[3], l->megabytes),
                               number (n[4], l->processes),
                               number (n[5], l->disk_megabytes),
                               number (n[6], l->output_bytes),
                               lower,
                               l->programs ? l->programs : "",
                               number (n[7], l->nice),
                               NULL };
  return aid_box_talk_start (&b->talk, argv, &b->by, e);
}

enum aid_err
aid_box_open (const char *lower, enum aid_box_how how, const struct aid_box_limits *limits, struct aid_box **out,
              struct aid_error *e)
{
  struct aid_str program = AID_STR_INIT (8192);
  struct aid_error inner = { AID_OK, "" };
  *out = NULL;
  if (!aid_beside ("aid-box", &program))
    {
      aid_str_free (&program);
#ifdef __linux__
      return aid_error_set (e, AID_E_STATE,
                            "No box can be had: the program aid-box is not beside AID's others (make install)");
#else
      return aid_error_set (e, AID_E_STATE, "No box can be had: only Linux has what they are made of");
#endif
    }
  struct aid_box *b = calloc (1, sizeof *b);
  if (!b)
    {
      aid_str_free (&program);
      return aid_error_set (e, AID_E_NOMEM, "No memory for a box");
    }
  *b = (struct aid_box){ .limits = *limits, .by = AID_STR_INIT (64) };
  enum aid_err err = start (b, aid_str_z (&program), lower, how, &inner);
  aid_str_free (&program);
  if (!err)
    return *out = b, AID_OK;
  aid_box_close (b);
  return aid_error_set (e, err, "No box can be had over %.80s: %s", *lower ? lower : "nothing", inner.msg);
}

const char *
aid_box_by (const struct aid_box *b)
{
  return aid_str_z (&b->by);
}

void
aid_box_close (struct aid_box *b)
{
  if (!b)
    return;
  aid_box_talk_end (&b->talk);
  aid_str_free (&b->by);
  free (b);
}

int
aid_box_available (char why[256])
{
  struct aid_box *b = NULL;
  struct aid_box_ran ran = { .output = AID_STR_INIT (0) };
  struct aid_box_limits limits = AID_BOX_LIMITS;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_box_open ("", AID_BOX_VIEW, &limits, &b, &e);
  if (b)
    err = aid_box_run (b, "true", NULL, NULL, &ran, &e);
  if (err)
    snprintf (why, 256, "%s", e.msg);
  aid_str_free (&ran.output);
  aid_box_close (b);
  return !err;
}

/* --- asking --- */

static enum aid_err
ask_file (struct aid_box *b, struct aid_box_request q, const char *path, struct aid_span text, struct aid_box_answer *a,
          struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = aid_box_tree_path (path, e);
  return err ? err : aid_box_ask (&b->talk, q, aid_span_z (path), text, FILE_MS, NULL, a, out, e);
}

enum aid_err
aid_box_write (struct aid_box *b, const char *path, struct aid_span text, int executable, struct aid_error *e)
{
  const struct aid_box_request write = { .verb = AID_BOX_DO_WRITE, .flag = executable != 0 };
  struct aid_str none = AID_STR_INIT (0);
  struct aid_box_answer a;
  return ask_file (b, write, path, text, &a, &none, e);
}

enum aid_err
aid_box_remove (struct aid_box *b, const char *path, struct aid_error *e)
{
  struct aid_str none = AID_STR_INIT (0);
  struct aid_box_answer a;
  return ask_file (b, (struct aid_box_request){ .verb = AID_BOX_DO_REMOVE }, path, aid_span_z (NULL), &a, &none, e);
}

enum aid_err
aid_box_read_mode (struct aid_box *b, const char *path, struct aid_str *out, int *executable, struct aid_error *e)
{
  struct aid_box_answer a = { .code = 0 };
  enum aid_err err
    = ask_file (b, (struct aid_box_request){ .verb = AID_BOX_DO_READ }, path, aid_span_z (NULL), &a, out, e);
  *executable = a.code != 0;
  return err;
}

enum aid_err
aid_box_read (struct aid_box *b, const char *path, struct aid_str *out, struct aid_error *e)
{
  int executable;
  return aid_box_read_mode (b, path, out, &executable, e);
}

enum aid_err
aid_box_run (struct aid_box *b, const char *line, const char *dir, const struct aid_stop *stop, struct aid_box_ran *ran,
             struct aid_error *e)
{
  struct aid_box_answer a = { 0 };
  *ran = (struct aid_box_ran){ .output = AID_STR_INIT (AID_BOX_TEXT_MAX) };
  enum aid_err err = dir && *dir ? aid_box_tree_path (dir, e) : AID_OK;
  err = err ? err
            : aid_box_ask (&b->talk, (struct aid_box_request){ .verb = AID_BOX_DO_RUN }, aid_span_z (line), aid_span_z (dir),
                           b->limits.seconds * 1000 + RUN_SPARE_MS, stop, &a, &ran->output, e);
  ran->end = (enum aid_box_end)a.end;
  ran->code = a.code;
  ran->signal = a.signal;
  ran->ms = a.ms;
  ran->cpu_ms = a.cpu_ms;
  ran->cut = a.cut;
  return err;
}
