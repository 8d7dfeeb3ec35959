/* For tests of builds: what a build told, and a project, the folder "p" of the scratch folder. */
#ifndef TEST_BUILD_PROBE_H
#define TEST_BUILD_PROBE_H

#include "build/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include "scratch_put.h"

/* --- what was told --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

struct told
{
  uint64_t id;
  enum aid_build_event_kind kind;
  enum aid_build_status status;
  size_t errors;
  int code, line;
  char message[256], path[64];
};
static struct told told[200];
static size_t ntold;
static struct aid_str output = { NULL, 0, 0, 1 << 20, AID_OK };

static void
note (void *ctx, uint64_t id, const struct aid_build_event *ev)
{
  (void) ctx;
  pthread_mutex_lock (&lock);
  if (ev->kind == AID_BUILD_PRINTED)
    aid_str_addspan (&output, ev->output);
  else if (ntold < 200)
    {
      struct told *t = &told[ntold++];
      *t = (struct told){ .id = id, .kind = ev->kind, .status = ev->status, .code = ev->code };
      if (ev->error)
        snprintf (t->message, sizeof t->message, "%s", ev->error->msg);
      if (ev->diags && ev->diags->items.len)
        {
          const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &ev->diags->items, 0);
          t->errors = ev->diags->errors;
          t->line = d->line;
          snprintf (t->path, sizeof t->path, "%s", d->path ? d->path : "");
          if (!ev->error)
            snprintf (t->message, sizeof t->message, "%s", d->message);
        }
    }
  pthread_cond_broadcast (&more);
  pthread_mutex_unlock (&lock);
}

static const struct aid_build_sink sink = { note, NULL };

static void
forget (void)
{
  pthread_mutex_lock (&lock);
  ntold = 0;
  aid_str_clear (&output);
  pthread_mutex_unlock (&lock);
}

/* --- a project --- */

static struct told
run (const char *line, int leave)
{
  struct aid_build_request r = { .id = 1, .root = scratch_path ("p"), .line = line, .leave = leave };
  forget ();
  aid_build_run (&r, NULL, &sink);
  assert_true (ntold > 0);
  return told[ntold - 1];
}

#endif
