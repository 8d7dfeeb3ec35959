/* Events with times and words of a test's own, and a look at the numbers made of them. */
#ifndef AID_TESTS_METRICS_SCENE_H
#define AID_TESTS_METRICS_SCENE_H

#include "measure/events_internal.h"
#include "measure/metrics_report.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch.h"
#include <time.h>

#define MONDAY INT64_C (1736157600000) /* 2025-01-06 10:00 UTC, in ISO week 2 */
#define MINUTE INT64_C (60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static int
scene_make (void **state)
{
  setenv ("TZ", "UTC", 1);
  tzset ();
  return scratch_make (state);
}

/* Adds an event; the id follows the order of calls (ORDER, in ms), AT is what the clock said. */
static void
put_event_at (int64_t order, int64_t at, const char *kind, const char *request, const char *language, const char *project,
              const char *data)
{
  static unsigned n;
  struct aid_db *db = NULL;
  struct aid_error e = { AID_OK, "" };
  sqlite3_stmt *s;
  unsigned char id[16] = { 0 };
  assert_int_equal (aid_events_db_open (&db, &e), AID_OK);
  n++;
  for (int i = 0; i < 6; i++)
    id[i] = (unsigned char)(order >> (40 - 8 * i));
  for (int i = 0; i < 4; i++)
    id[12 + i] = (unsigned char)(n >> (24 - 8 * i));
  assert_int_equal (aid_db_prepare (db,
                                    "INSERT INTO events(id, at, kind, request, person, project, language, data)"
                                    " VALUES(?1, ?2, ?3, ?4, 'me', ?5, ?6, ?7)",
                                    &s, &e),
                    AID_OK);
  aid_db_blob (s, 1, (struct aid_span){ (const char *)id, sizeof id });
  sqlite3_bind_int64 (s, 2, at);
  aid_db_text (s, 3, aid_span_z (kind));
  if (request)
    aid_db_text (s, 4, aid_span_z (request));
  if (project)
    aid_db_text (s, 5, aid_span_z (project));
  if (language)
    aid_db_text (s, 6, aid_span_z (language));
  aid_db_text (s, 7, aid_span_z (data));
  assert_int_equal (aid_db_run (db, s, &e), AID_OK);
  aid_db_close (db);
}

static void
put_event (int64_t at, const char *kind, const char *request, const char *language, const char *data)
{
  put_event_at (at, at, kind, request, language, "p", data);
}

static struct aid_metrics_report *
report_by (const enum aid_metrics_by *by, size_t n)
{
  struct aid_metrics_wish wish = { .nby = n };
  struct aid_metrics_report *r = NULL;
  struct aid_error e = { AID_OK, "" };
  for (size_t i = 0; i < n; i++)
    wish.by[i] = by[i];
  enum aid_err err = aid_metrics_report_make (&wish, &r, &e);
  if (err)
    print_error ("%s\n", e.msg);
  assert_int_equal (err, AID_OK);
  return r;
}

/* The number of the group whose key BY is NAME (NULL: the unknown one). */
static int
group_named (const struct aid_metrics_report *r, enum aid_metrics_by by, const char *name)
{
  for (int g = 0; g < aid_metrics_report_groups (r); g++)
    {
      const char *key = aid_metrics_report_key (r, g, by);
      if (key && name ? !strcmp (key, name) : key == name)
        return g;
    }
  fail_msg ("no group %s", name ? name : "without a name");
  return -1;
}

static int
is_near (double a, double b)
{
  return (isnan (a) && isnan (b)) || fabs (a - b) < 1e-9 * fmax (1, fabs (b));
}

/* Number M of GROUP is VALUE, within LOW and HIGH (NAN: no such bound). */
static void
check_week (const struct aid_metrics_report *r, int group, int week, enum aid_metric m, double value, double low,
            double high)
{
  struct aid_metric_number n;
  aid_metrics_report_number (r, group, week, m, &n);
  if (!n.known || !is_near (n.value, value) || !is_near (n.low, low) || !is_near (n.high, high))
    fail_msg ("%s: known %d, %.12g (%.12g to %.12g), not %.12g (%.12g to %.12g)", aid_metric_about (m)->key, n.known,
              n.value, n.low, n.high, value, low, high);
}

static void
check (const struct aid_metrics_report *r, int group, enum aid_metric m, double value, double low, double high)
{
  check_week (r, group, -1, m, value, low, high);
}

static void
check_unknown (const struct aid_metrics_report *r, int group, enum aid_metric m)
{
  struct aid_metric_number n;
  aid_metrics_report_number (r, group, -1, m, &n);
  if (n.known)
    fail_msg ("%s is %g, not unknown", aid_metric_about (m)->key, n.value);
}

#endif
