/* What the tests of measured events share: a decision to add, and a look at the file. */
#ifndef AID_TESTS_MEASURE_SCENE_H
#define AID_TESTS_MEASURE_SCENE_H

#include "measure/events.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/val.h"
#include "store/blob.h"
#include "store/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch.h"
#include "scratch_put.h"

__attribute__ ((unused)) static const char *
file (void)
{
  return scratch_path ("aid/events.db");
}

/* Adds a decision on HUNK in the project at ROOT. */
static void
decide (struct aid_events *ev, const char *hunk, const char *root)
{
  struct aid_str fields = AID_STR_INIT (1000);
  size_t o = aid_val_object (&fields);
  aid_val_kstrz (&fields, "decision", "accepted");
  aid_val_kint (&fields, "inserted", 12);
  aid_val_kreal (&fields, "similarity", 0.5);
  aid_val_end (&fields, o, 3);
  struct aid_measurement m = { .kind = AID_MEASURED_DECISION,
                               .request = AID_SPAN ("k3y r7"),
                               .root = root,
                               .chat = "k3y",
                               .path = "src/secret.c",
                               .language = "c",
                               .hunk = aid_span_z (hunk),
                               .fields = aid_str_span (&fields) };
  aid_events_add (ev, &m);
  aid_str_free (&fields);
}

/* The events in the file, one a line: KIND REQUEST PROJECT PATH LANGUAGE DATA. */
struct told
{
  struct aid_str text;
  size_t n;
  char last[AID_EVENT_ID];
  int rising;
};

static int
tell (void *ctx, const struct aid_event_row *row)
{
  struct told *t = ctx;
  t->rising &= strcmp (t->last, row->id) < 0;
  memcpy (t->last, row->id, sizeof t->last);
  aid_str_addf (&t->text, "%s %s %s %s %s %s\n", row->kind, row->request ? row->request : "-", row->project ? row->project : "-",
                row->path ? row->path : "-", row->language ? row->language : "-", row->data);
  t->n++;
  return 0;
}

static struct told
all_of (const struct aid_events_which *which)
{
  struct told t = { .text = AID_STR_INIT (64u << 20), .rising = 1 };
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_events_each (which, tell, &t, &e), AID_OK);
  return t;
}

__attribute__ ((unused)) static size_t
count (void)
{
  struct aid_events_which any = { .since = 0 };
  struct told t = all_of (&any);
  aid_str_free (&t.text);
  return t.n;
}

__attribute__ ((unused)) static int
file_holds (const char *path, const char *word)
{
  struct aid_str text = AID_STR_INIT (64u << 20);
  int found = !aid_fs_read (path, &text, NULL) && aid_span_find (aid_str_span (&text), aid_span_z (word)) >= 0;
  aid_str_free (&text);
  return found;
}

#endif
