/* The events that a number is made of, and others: each with the request that it belongs to. */
#include "measure/metrics_internal.h"

#include <stdlib.h>

#define REQUEST_DATA(field) "nullif(aid_field(r.data, '" field "'), '')"
#define ANSWER "coalesce(r.id, e.id)"

/* Typing and builds are of no model. */
#define OF_NO_ANSWER "e.kind IN ('typed', 'build')"

static const char *const conditions[AID_BYS] = {
  [AID_BY_MODEL] = "(" OF_NO_ANSWER " OR coalesce(" REQUEST_DATA ("model") ", '') = ?5)",
  [AID_BY_STRATEGY] = "(" OF_NO_ANSWER " OR coalesce(" REQUEST_DATA ("strategy") ", '') = ?6)",
  [AID_BY_VARIANT] = "(" OF_NO_ANSWER " OR coalesce(" REQUEST_DATA ("variant") ", '') = ?7)",
  [AID_BY_LANGUAGE] = "(e.kind = 'build' OR coalesce(CASE WHEN e.kind NOT IN ('request', 'patch', 'context') THEN e.language"
                      " ELSE " AID_METRICS_LANGUAGE ("e.request") " END, '') = ?8)",
  [AID_BY_WEEK] = "aid_week(coalesce(r.at, e.at)) = ?9",
  [AID_BY_PROJECT] = "coalesce(r.project, e.project, '') = ?10",
};

/* The words of KINDS as a list for SQL; each must be a kind. */
static enum aid_err
add_kinds (const char *kinds, struct aid_str *sql, struct aid_error *e)
{
  struct aid_span rest = aid_span_z (kinds);
  enum aid_measured kind;
  aid_str_addz (sql, " AND e.kind IN (");
  for (int first = 1; rest.len; first = 0)
    {
      ptrdiff_t comma = aid_span_find (rest, AID_SPAN (","));
      size_t len = comma < 0 ? rest.len : (size_t)comma;
      if (!aid_measured_named (aid_span_cut (rest, 0, len), &kind))
        return aid_error_set (e, AID_E_INVALID, "There is no kind of event called %.*s", (int)len, rest.ptr);
      aid_str_addf (sql, "%s'%s'", first ? "" : ", ", aid_measured_name (kind));
      rest = aid_span_cut (rest, comma < 0 ? rest.len : len + 1, rest.len);
    }
  aid_str_addz (sql, ")");
  return AID_OK;
}

/* "FIELD=VALUE" of WITH must name a field of some kind. */
static enum aid_err
add_with (const char *with, struct aid_str *sql, struct aid_error *e)
{
  const char *equals = strchr (with, '=');
  struct aid_span field = { with, equals ? (size_t)(equals - with) : 0 };
  for (int k = 0; k < AID_MEASURED_KINDS; k++)
    for (const struct aid_field *f = aid_measured_fields ((enum aid_measured)k); f->name; f++)
      if (aid_span_eqz (field, f->name))
        {
          aid_str_addf (sql, " AND CAST(aid_field(e.data, '%s') AS TEXT) = ?11", f->name);
          return AID_OK;
        }
  return aid_error_set (e, AID_E_INVALID, "\"%s\" names no field of an event: write FIELD=VALUE", with);
}

/* The question for what F means; BUILDS: those that tell whether an answer made them green. */
static enum aid_err
write_question (const struct aid_events_filter *f, int builds, struct aid_str *sql, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  if (f->most)
    aid_str_addz (sql, "SELECT * FROM (");
  aid_str_addz (
    sql, "SELECT e.id, e.at, e.kind, e.request, e.person, e.project, e.chat, e.path, e.language, e.data,"
         " aid_field(r.data, 'model') FROM events e LEFT JOIN events r ON r.id = CASE WHEN e.kind = 'request' THEN"
         " e.id WHEN e.request IS NOT NULL THEN (SELECT min(a.id) FROM events a WHERE a.request = e.request AND a.kind ="
         " 'request') END WHERE e.id >= ?1 AND (?4 IS NULL OR e.project = ?4)");
  aid_str_addz (sql, builds           ? " AND e.id IN (SELECT build FROM m_green WHERE g = ?13)"
                     : f->of_requests ? " AND " ANSWER " >= ?1 AND " ANSWER " < ?2"
                                      : " AND e.id < ?2");
  if (f->which.kind)
    err = add_kinds (f->which.kind, sql, e);
  for (int i = 0; i < AID_BYS && !builds; i++)
    if (f->keys[i])
      aid_str_addf (sql, " AND %s", conditions[i]);
  if (!err && f->with)
    err = add_with (f->with, sql, e);
  aid_str_addz (sql, f->most ? " ORDER BY e.id DESC LIMIT ?12) ORDER BY 1" : " ORDER BY e.id");
  return err || !sql->err ? err : aid_error_set (e, sql->err, "No memory to list events");
}

/* Binds what the question of F may ask for; WEEK is that of its keys. */
static void
bind (const struct aid_events_filter *f, const struct aid_events_bounds *b, int64_t week, sqlite3_stmt *s)
{
  aid_events_bind (s, b);
  for (int i = 0; i < AID_BYS; i++)
    if (f->keys[i] && i != AID_BY_WEEK)
      aid_db_text (s, 5 + i, aid_span_z (f->keys[i]));
  sqlite3_bind_int64 (s, 5 + AID_BY_WEEK, week);
  sqlite3_bind_int64 (s, 12, f->most);
  if (f->with)
    aid_db_text (s, 11, aid_span_z (strchr (f->with, '=') + 1));
}

/* --- the builds behind a number --------------------------------------------------------------------------------------- */

/* The number of the group that has the keys of F, or -1. */
static int
group_of (const struct aid_events_filter *f, const struct aid_metrics_groups *groups)
{
  for (size_t g = 0; g < groups->list.len; g++)
    {
      char *const *keys = AID_VEC_AT (struct aid_metrics_group, &groups->list, g).keys;
      int same = 1;
      for (int i = 0; i < AID_BYS; i++)
        same &= !f->keys[i] || !strcmp (f->keys[i], keys[i] ? keys[i] : "");
      if (same)
        return (int)g;
    }
  return -1;
}

/* Makes the tables of a report by the keys of F; *GROUP gets the one that is meant, or -1. */
static enum aid_err
find_builds (struct aid_db *db, const struct aid_events_filter *f, const struct aid_events_bounds *b,
             struct aid_metrics_groups *groups, int *group, struct aid_error *e)
{
  enum aid_err err = aid_metrics_tables (db, groups, b, e);
  *group = err ? -1 : group_of (f, groups);
  return err;
}

/* ---------------------------------------------------------------------------------------------------------------------- */

static enum aid_err
tell_all (struct aid_db *db, sqlite3_stmt *s, int (*each) (void *, const struct aid_event_row *, const char *), void *ctx,
          struct aid_error *e)
{
  struct aid_event_row row;
  int more = 1;
  enum aid_err err;
  while (!(err = aid_db_step (db, s, &more, e)) && more)
    {
      aid_events_row (s, &row);
      if (each (ctx, &row, (const char *)sqlite3_column_text (s, 10)))
        break;
    }
  return err;
}

/* Asks SQL, which F means. */
static enum aid_err
ask (struct aid_db *db, const struct aid_events_filter *f, int builds, const char *sql, int64_t week,
     struct aid_metrics_groups *groups, int (*each) (void *, const struct aid_event_row *, const char *), void *ctx,
     struct aid_error *e)
{
  struct aid_events_bounds b;
  sqlite3_stmt *s;
  int group = -1;
  enum aid_err err = aid_events_bounds_make (&f->which, &b, e);
  if (!err)
    err = aid_metrics_functions (db, groups, e);
  if (!err) /* all is of one moment */
    err = aid_db_exec (db, "PRAGMA cache_size=-32768; BEGIN", e);
  if (!err && builds)
    err = find_builds (db, f, &b, groups, &group, e);
  if (!err)
    err = aid_db_prepare (db, sql, &s, e);
  if (!err)
    {
      bind (f, &b, week, s);
      sqlite3_bind_int (s, 13, group);
      err = tell_all (db, s, each, ctx, e);
    }
  aid_db_rest (db);
  aid_db_exec (db, "ROLLBACK", NULL);
  return err;
}

enum aid_err
aid_metrics_events_each (const struct aid_events_filter *f,
                         int (*each) (void *ctx, const struct aid_event_row *row, const char *model), void *ctx,
                         struct aid_error *e)
{
  struct aid_str sql = AID_STR_INIT (16384);
  struct aid_metrics_groups groups;
  struct aid_db *db = NULL;
  int builds = f->of_requests && f->which.kind && !strcmp (f->which.kind, "build");
  int64_t week = 0;
  unsigned by = 0;
  for (int i = 0; i < AID_BYS; i++)
    by |= f->keys[i] ? 1u << i : 0;
  enum aid_err err = write_question (f, builds, &sql, e);
  if (!err && f->keys[AID_BY_WEEK] && aid_metrics_week_named (f->keys[AID_BY_WEEK], &week))
    err = aid_error_set (e, AID_E_INVALID, "\"%s\" is no week: write it like 2026-W05", f->keys[AID_BY_WEEK]);
  if (aid_metrics_groups_init (&groups, by) && !err)
    err = aid_error_set (e, AID_E_NOMEM, "No memory to list events");
  if (!err)
    err = aid_events_open (&db, e);
  if (!err && db)
    err = ask (db, f, builds, aid_str_z (&sql), week, &groups, each, ctx, e);
  aid_db_close (db);
  aid_metrics_groups_free (&groups);
  aid_str_free (&sql);
  return err;
}
