/* What SQL adds up with: functions that see each row once, where SQLite's own would go over it a dozen times.

   aid_sums(y, x, n) is the sums over clusters of a share (struct aid_stats_sums); aid_ages(age, kept, chars) those of the ages of
   accepted text; aid_fate(id, at, what, was, inserted) what became of one hunk.  Each gives a blob of doubles; aid_part(blob, i)
   is one of them. */
#include "measure/metrics_internal.h"

#include <stdlib.h>

static void
give_doubles (sqlite3_context *c, const double *v, size_t n)
{
  sqlite3_result_blob (c, v, (int)(n * sizeof *v), SQLITE_TRANSIENT);
}

static void
sql_part (sqlite3_context *c, int n, sqlite3_value **args)
{
  const char *blob = sqlite3_value_blob (args[0]);
  int i = sqlite3_value_int (args[1]), len = sqlite3_value_bytes (args[0]);
  double v;
  (void)n;
  if (!blob || i < 0 || (size_t)len < ((size_t)i + 1) * sizeof v)
    return;
  memcpy (&v, blob + (size_t)i * sizeof v, sizeof v);
  sqlite3_result_double (c, v);
}

/* --- sums ------------------------------------------------------------------------------------------------------------- */

static void
step_sums (sqlite3_context *c, int n, sqlite3_value **args)
{
  struct aid_stats_sums *s = sqlite3_aggregate_context (c, sizeof *s);
  double y = sqlite3_value_double (args[0]), x = sqlite3_value_double (args[1]);
  (void)n;
  if (!s || !(x > 0))
    return;
  struct aid_stats_sums one = { 1, sqlite3_value_double (args[2]), y, x, y * y, x * y, x * x };
  aid_stats_sums_add (s, &one);
}

static void
end_sums (sqlite3_context *c)
{
  struct aid_stats_sums *s = sqlite3_aggregate_context (c, 0);
  if (s)
    sqlite3_result_blob (c, s, sizeof *s, SQLITE_TRANSIENT);
}

/* --- ages ------------------------------------------------------------------------------------------------------------- */

#define AGE_SUMS ((size_t)3) /* kept, accepted, and how many */

static const char *const ages[AID_METRICS_AGES] = { "30s", "2m", "5m", "10m", "commit" };

static void
step_ages (sqlite3_context *c, int n, sqlite3_value **args)
{
  double *sums = sqlite3_aggregate_context (c, (int)(AGE_SUMS * AID_METRICS_AGES * sizeof *sums));
  const char *age = (const char *)sqlite3_value_text (args[0]);
  (void)n;
  for (int i = 0; sums && age && i < AID_METRICS_AGES; i++)
    if (!strcmp (age, ages[i]))
      {
        double *of_age = sums + AGE_SUMS * (size_t)i;
        of_age[0] += sqlite3_value_double (args[1]);
        of_age[1] += sqlite3_value_double (args[2]);
        of_age[2] += 1;
      }
}

static void
end_ages (sqlite3_context *c)
{
  double *sums = sqlite3_aggregate_context (c, 0);
  if (sums)
    give_doubles (c, sums, AGE_SUMS * AID_METRICS_AGES);
}

/* --- the fate of a hunk ----------------------------------------------------------------------------------------------- */

enum decision
{
  DECISION_OTHER, /* rejected, skipped, ... */
  DECISION_ACCEPTED,
  DECISION_EDITED,
  DECISION_UNDONE,
  DECISION_REPLACED,
  DECISION_NONE /* no word at all */
};

struct decided
{
  unsigned char id[16];
  int64_t at;
  enum decision what, was;
  double inserted;
};

struct fate
{
  struct decided *list;
  int n, room, failed;
};

static enum decision
decision_of (sqlite3_value *v)
{
  static const char *const words[] = { NULL, "accepted", "edited", "undone", "replaced" };
  const char *word = (const char *)sqlite3_value_text (v);
  for (int i = DECISION_ACCEPTED; word && i <= DECISION_REPLACED; i++)
    if (!strcmp (word, words[i]))
      return (enum decision)i;
  return word ? DECISION_OTHER : DECISION_NONE;
}

static int
is_taken (enum decision d)
{
  return d == DECISION_ACCEPTED || d == DECISION_EDITED;
}

/* A place for one decision more, or NULL. */
static struct decided *
push (struct fate *f)
{
  int room = f->room ? 2 * f->room : 4;
  struct decided *more = f->n < f->room ? f->list : realloc (f->list, sizeof *more * (size_t)room);
  f->failed |= !more;
  if (!more)
    return NULL;
  f->room = f->n < f->room ? f->room : room;
  f->list = more;
  return &more[f->n++];
}

static void
step_fate (sqlite3_context *c, int n, sqlite3_value **args)
{
  struct fate *f = sqlite3_aggregate_context (c, sizeof *f);
  struct decided *d = f ? push (f) : NULL;
  (void)n;
  if (!d)
    return;
  *d = (struct decided){ .at = sqlite3_value_int64 (args[1]),
                         .what = decision_of (args[2]),
                         .was = decision_of (args[3]),
                         .inserted = sqlite3_value_double (args[4]) };
  if (sqlite3_value_bytes (args[0]) == sizeof d->id)
    memcpy (d->id, sqlite3_value_blob (args[0]), sizeof d->id);
}

static int
by_id (const void *a, const void *b)
{
  return memcmp (a, b, 16); /* which stands first */
}

/* Adds what was inserted by an acceptance that was taken back after MS to the ages at which nobody looked any more. */
static void
add_gone (double *out, int64_t ms, double inserted)
{
  static const int64_t limits[] = { 30000, 120000, 300000, 600000 };
  for (int i = 0; i < 4; i++)
    if (ms < limits[i])
      out[AID_FATE_GONE + i] += inserted;
}

static void
end_fate (sqlite3_context *c)
{
  struct fate *f = sqlite3_aggregate_context (c, 0);
  double out[AID_FATES] = { 0 };
  int64_t taken = INT64_MIN;
  if (!f)
    return;
  if (f->n)
    qsort (f->list, (size_t)f->n, sizeof *f->list, by_id);
  for (int i = 0; i < f->n; i++)
    {
      const struct decided *d = &f->list[i], *before = i ? d - 1 : NULL;
      if (is_taken (d->what))
        {
          out[AID_FATE_EVER] = 1;
          taken = d->at > taken ? d->at : taken;
        }
      if (d->what == DECISION_UNDONE && is_taken (d->was))
        out[AID_FATE_UNDONE] = 1;
      if (d->what == DECISION_UNDONE && before && is_taken (before->what))
        add_gone (out, d->at - before->at, before->inserted);
    }
  const struct decided *last = f->n ? &f->list[f->n - 1] : NULL;
  out[AID_FATE_DECIDED] = last && last->what != DECISION_REPLACED && last->what != DECISION_NONE;
  out[AID_FATE_ACCEPTED] = last && is_taken (last->what);
  out[AID_FATE_EDITED] = last && last->what == DECISION_EDITED;
  out[AID_FATE_INSERTED] = last && is_taken (last->what) ? last->inserted : 0;
  out[AID_FATE_AT] = (double)taken;
  out[AID_FATE_UNDONE] *= out[AID_FATE_EVER];
  if (f->failed)
    sqlite3_result_error_nomem (c);
  else
    give_doubles (c, out, AID_FATES);
  free (f->list);
}

int
aid_metrics_sums (sqlite3 *db)
{
  return sqlite3_create_function_v2 (db, "aid_part", 2, SQLITE_UTF8, NULL, sql_part, NULL, NULL, NULL)
         || sqlite3_create_function_v2 (db, "aid_sums", 3, SQLITE_UTF8, NULL, NULL, step_sums, end_sums, NULL)
         || sqlite3_create_function_v2 (db, "aid_ages", 3, SQLITE_UTF8, NULL, NULL, step_ages, end_ages, NULL)
         || sqlite3_create_function_v2 (db, "aid_fate", 5, SQLITE_UTF8, NULL, NULL, step_fate, end_fate, NULL);
}
