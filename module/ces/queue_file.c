/* The queue of this machine, in a file (SQLite): one writes at a time, so what is one function in PostgreSQL (queue_1.sql) is one
   transaction here, and says the same. */
#include "ces/queue_file.h"

#define WAITING "state = 'waiting' AND not_before <= ?1"
#define COLUMNS "number, id, fence, attempts, key, task, answer, ours"

/* --- who submits --------------------------------------------------------------------------------------------------------- */

static enum aid_err
submit (void *on, const struct aid_queue_task *t, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (err)
    return err;
  err = aid_queue_db_run (f, e,
                          "INSERT INTO tasks(id, key, task, answer, tries, queued, came, not_before, ours)"
                          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8) ON CONFLICT DO NOTHING",
                          "zzssiiii", t->id, t->key, t->task, t->answer, (int64_t)t->tries, aid_clock_wall_ms (),
                          aid_queue_db_now (f), (int64_t)t->ours);
  return aid_queue_db_end (f, err, AID_QUEUE_WORK, e);
}

static enum aid_err
none_such (const char *id, struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOTFOUND, "The queue has no task %.40s: it was forgotten, or is in another queue", id);
}

/* Z, or "" for NULL. */
static const char *
text_at (sqlite3_stmt *s, int at)
{
  const char *z = (const char *)sqlite3_column_text (s, at);
  return z ? z : "";
}

static enum aid_err
read_row (struct aid_queue_db *f, const char *id, json_t **out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_queue_db_ready (
    f, &s, e, "SELECT state, outcome, result, tries, attempts, worker, queued, started, done FROM tasks WHERE id = ?1", "z",
    id);
  if (!err)
    err = aid_db_step (f->db, s, &row, e);
  if (!err && !row)
    err = none_such (id, e);
  if (!err)
    err = aid_queue_row_json (&(struct aid_queue_row){ .id = id,
                                                       .state = text_at (s, 0),
                                                       .outcome = text_at (s, 1),
                                                       .text = aid_db_column (s, 2),
                                                       .tries = sqlite3_column_int64 (s, 3),
                                                       .attempts = sqlite3_column_int64 (s, 4),
                                                       .worker = text_at (s, 5),
                                                       .queued = sqlite3_column_int64 (s, 6),
                                                       .started = sqlite3_column_int64 (s, 7),
                                                       .done = sqlite3_column_int64 (s, 8) },
                              out, e);
  aid_db_rest (f->db);
  return err;
}

static enum aid_err
result (void *on, const char *id, json_t **out, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  unsigned news = 0;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (!err)
    err = aid_queue_db_end (f, aid_queue_db_sweep (f, &news, e), news, e);
  return err ? err : read_row (f, id, out, e);
}

static enum aid_err
cancel (void *on, const char *id, const char **was, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (err)
    return err;
  if (!(err = aid_queue_db_ready (f, &s, e, "SELECT state FROM tasks WHERE id = ?1", "z", id)))
    err = aid_db_step (f->db, s, &row, e);
  if (!err && !row)
    err = none_such (id, e);
  if (!err)
    {
      *was = aid_queue_state (text_at (s, 0));
      sqlite3_reset (s);
      err = aid_queue_db_run (
        f, e,
        "UPDATE tasks SET state = 'done', outcome = 'cancelled', held_until = NULL, done = ?2, fence = fence + 1,"
        " answer = x'' WHERE id = ?1 AND state <> 'done'",
        "zi", id, aid_clock_wall_ms ());
    }
  return aid_queue_db_end (f, err, AID_QUEUE_STOP | AID_QUEUE_DONE, e);
}

/* --- who works ----------------------------------------------------------------------------------------------------------- */

/* Takes the row that S stands on. */
static enum aid_err
take_row (struct aid_queue_db *f, sqlite3_stmt *s, const struct aid_queue_worker *w, struct aid_vec *held,
          struct aid_error *e)
{
  int64_t number = sqlite3_column_int64 (s, 0);
  struct aid_queue_held *h = aid_queue_held_add (held, text_at (s, 1), sqlite3_column_int64 (s, 2) + 1,
                                                 sqlite3_column_int64 (s, 3) + 1, sqlite3_column_int (s, 7));
  if (!h)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a task of the queue");
  aid_str_addspan (&h->key, aid_db_column (s, 4));
  aid_str_addspan (&h->task, aid_db_column (s, 5));
  aid_str_addspan (&h->answer, aid_db_column (s, 6));
  sqlite3_reset (s);
  if (h->key.err || h->task.err || h->answer.err)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a task of the queue");
  return aid_queue_db_run (
    f, e,
    "UPDATE tasks SET state = 'running', worker = ?1, attempts = attempts + 1, fence = fence + 1, held_until = ?2,"
    " started = ?3 WHERE number = ?4",
    "ziii", w->name, aid_queue_db_now (f) + w->lease_ms, aid_clock_wall_ms (), number);
}

/* Takes the first that SQL finds, if any, with the values now, now - hold, and the worker's name. */
static enum aid_err
take_one (struct aid_queue_db *f, const char *sql, const struct aid_queue_worker *w, int *found, struct aid_vec *held,
          struct aid_error *e)
{
  sqlite3_stmt *s;
  int64_t now = aid_queue_db_now (f);
  enum aid_err err = aid_queue_db_ready (f, &s, e, sql, "iiz", now, now - w->hold_ms, w->name);
  *found = 0;
  if (!err)
    err = aid_db_step (f->db, s, found, e);
  return err || !*found ? err : take_row (f, s, w, held, e);
}

/* ?3, the worker, is in each, so that all have the same values. */
static const char *const looks[] = {
  "SELECT " COLUMNS " FROM tasks WHERE " WAITING " AND came <= ?2 AND ?3 <> '' ORDER BY number LIMIT 1",
  "SELECT " COLUMNS " FROM tasks WHERE " WAITING " AND ?2 AND key IN (SELECT key FROM warm WHERE worker = ?3)"
  " ORDER BY number LIMIT 1",
  "SELECT " COLUMNS " FROM tasks WHERE " WAITING " AND (came <= ?2 OR key NOT IN"
  " (SELECT key FROM warm JOIN workers ON name = worker WHERE worker <> ?3 AND lives_until >= ?1)) ORDER BY number LIMIT 1"
};

static enum aid_err
take_all (struct aid_queue_db *f, const struct aid_queue_worker *w, int n, int fair, struct aid_vec *held, int *room,
          struct aid_error *e)
{
  enum aid_err err = AID_OK;
  *room = n;
  for (int look = fair ? 0 : 1; !err && look < 3; look++)
    for (int found = 1; !err && found && *room > 0;)
      {
        err = take_one (f, looks[look], w, &found, held, e);
        *room -= found;
        found = found && look; /* one alone is for fairness */
      }
  return err;
}

/* When there may be more without anybody telling. */
static enum aid_err
find_next (struct aid_queue_db *f, const struct aid_queue_worker *w, int *next_ms, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  int64_t now = aid_queue_db_now (f);
  enum aid_err err = aid_queue_db_ready (
    f, &s, e,
    "SELECT min(at) FROM (SELECT min(held_until) AS at FROM tasks WHERE state = 'running' AND worker <> ?3 UNION ALL"
    " SELECT min(iif(key IN (SELECT key FROM warm WHERE worker = ?3) OR key NOT IN (SELECT key FROM warm JOIN workers ON "
    "name = worker"
    " WHERE worker <> ?3 AND lives_until >= ?1), not_before, max(not_before, came + ?2))) FROM tasks WHERE state = "
    "'waiting')",
    "iiz", now, (int64_t)w->hold_ms, w->name);
  if (!err)
    err = aid_db_step (f->db, s, &row, e);
  if (!err && row && sqlite3_column_type (s, 0) != SQLITE_NULL)
    {
      int64_t at = sqlite3_column_int64 (s, 0);
      *next_ms = aid_queue_next (at > now ? at - now : 0);
    }
  return err;
}

static enum aid_err
claim (void *on, const struct aid_queue_worker *w, int n, int fair, struct aid_vec *held, int *next_ms, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  size_t before = held->len;
  unsigned news = 0;
  int room = 0;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (err)
    return err;
  err = aid_queue_db_sweep (f, &news, e);
  if (!err)
    err = take_all (f, w, n, fair, held, &room, e);
  if (!err && room)
    err = find_next (f, w, next_ms, e);
  err = aid_queue_db_end (f, err, news, e);
  while (err && held->len > before)
    {
      aid_queue_held_free (&AID_VEC_AT (struct aid_queue_held, held, held->len - 1));
      aid_vec_remove (held, held->len - 1, 1);
    }
  return err;
}

static enum aid_err
note_worker (struct aid_queue_db *f, const struct aid_queue_worker *w, int64_t now, struct aid_error *e)
{
  enum aid_err err = aid_queue_db_run (
    f, e,
    "INSERT INTO workers(name, host, pid, jobs, since, seen, lives_until) VALUES(?1, ?2, ?3, ?4, ?7, ?5, ?6)"
    " ON CONFLICT(name) DO UPDATE SET seen = excluded.seen, lives_until = excluded.lives_until",
    "zziiiii", w->name, w->host, (int64_t)w->pid, (int64_t)w->jobs, now, now + w->lease_ms, aid_clock_wall_ms ());
  if (!err)
    err = aid_queue_db_run (f, e, "DELETE FROM warm WHERE worker = ?1", "z", w->name);
  for (size_t i = 0; !err && i < w->keys.len && i < AID_QUEUE_KEYS_MAX; i++)
    err = aid_queue_db_run (f, e, "INSERT OR IGNORE INTO warm(worker, key) VALUES(?1, ?2)", "zz", w->name,
                            AID_VEC_AT (char *, &w->keys, i));
  return err;
}

/* Gives back, uncounted, what W was given and does not hold: all that runs in its name and is not renewed at NOW. */
static enum aid_err
give_back_rest (struct aid_queue_db *f, const struct aid_queue_worker *w, int64_t until, unsigned *news, struct aid_error *e)
{
  enum aid_err err
    = aid_queue_db_run (f, e,
                        "UPDATE tasks SET state = 'waiting', attempts = attempts - 1, fence = fence + 1, held_until = NULL"
                        " WHERE state = 'running' AND worker = ?1 AND held_until <> ?2",
                        "zi", w->name, until);
  if (!err && sqlite3_changes (aid_db_raw (f->db)))
    *news |= AID_QUEUE_WORK;
  return err;
}

static enum aid_err
renew (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *const *held, size_t n, unsigned char *lost,
       struct aid_error *e)
{
  struct aid_queue_db *f = on;
  int64_t now = aid_queue_db_now (f), until = now + w->lease_ms;
  unsigned news = 0;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (err)
    return err;
  err = note_worker (f, w, now, e);
  /* What is not held any more is known by its lease: nothing else has just this one. */
  if (!err)
    err = aid_queue_db_run (f, e,
                            "UPDATE tasks SET held_until = held_until - 1"
                            " WHERE state = 'running' AND worker = ?1 AND held_until = ?2",
                            "zi", w->name, until);
  for (size_t i = 0; !err && i < n; i++)
    {
      err = aid_queue_db_run (f, e, "UPDATE tasks SET held_until = ?3 WHERE id = ?1 AND fence = ?2 AND state = 'running'",
                              "zii", held[i]->id, held[i]->fence, until);
      lost[i] = !err && !sqlite3_changes (aid_db_raw (f->db));
    }
  if (!err)
    err = give_back_rest (f, w, until, &news, e);
  return aid_queue_db_end (f, err, news, e);
}

static enum aid_err
finish (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *h, const char *outcome,
        struct aid_span text, int *taken, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  sqlite3_stmt *s;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (err)
    return err;
  err = aid_queue_db_run (
    f, e,
    "UPDATE tasks SET state = 'done', held_until = NULL, done = ?3, outcome = ?4, result = ?5, answer = x''"
    " WHERE id = ?1 AND fence = ?2 AND state = 'running'",
    "ziizs", h->id, h->fence, aid_clock_wall_ms (), outcome, text);
  *taken = !err && sqlite3_changes (aid_db_raw (f->db)) > 0;
  if (*taken)
    err = aid_queue_db_run (f, e, "UPDATE workers SET judged = judged + 1 WHERE name = ?1", "z", w->name);
  else if (!err /* the same was left before, and its end was not heard of */
           && !(err = aid_queue_db_ready (f, &s, e, "SELECT 1 FROM tasks WHERE id = ?1 AND fence = ?2 AND state = 'done'",
                                          "zi", h->id, h->fence)))
    err = aid_db_step (f->db, s, taken, e);
  return aid_queue_db_end (f, err, AID_QUEUE_DONE, e);
}

static enum aid_err
give_back (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *h, const char *why, int after_ms,
           struct aid_error *e)
{
  struct aid_queue_db *f = on;
  int64_t counts = why != NULL;
  (void)w;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (err)
    return err;
  if (why)
    err = aid_queue_db_run (
      f, e,
      "UPDATE tasks SET state = 'done', held_until = NULL, done = ?3, outcome = 'error', result = ?4, answer = x''"
      " WHERE id = ?1 AND fence = ?2 AND state = 'running' AND attempts >= tries",
      "ziiz", h->id, h->fence, aid_clock_wall_ms (), why);
  if (!err)
    err = aid_queue_db_run (
      f, e,
      "UPDATE tasks SET state = 'waiting', held_until = NULL, fence = fence + 1, attempts = attempts - 1 + ?4,"
      " not_before = ?3 WHERE id = ?1 AND fence = ?2 AND state = 'running'",
      "ziii", h->id, h->fence, aid_queue_db_now (f) + after_ms, counts);
  return aid_queue_db_end (f, err, AID_QUEUE_WORK | AID_QUEUE_DONE, e);
}

static enum aid_err
leave (void *on, const struct aid_queue_worker *w, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  unsigned news = 0;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (err)
    return err;
  err = give_back_rest (f, w, 0, &news, e);
  if (!err)
    err = aid_queue_db_run (f, e, "DELETE FROM warm WHERE worker = ?1", "z", w->name);
  if (!err)
    err = aid_queue_db_run (f, e, "DELETE FROM workers WHERE name = ?1", "z", w->name);
  return aid_queue_db_end (f, err, news, e);
}

const struct aid_queue_engine aid_queue_file = { .close = aid_queue_db_close,
                                                 .submit = submit,
                                                 .result = result,
                                                 .cancel = cancel,
                                                 .status = aid_queue_db_status,
                                                 .forget = aid_queue_db_forget,
                                                 .claim = claim,
                                                 .renew = renew,
                                                 .finish = finish,
                                                 .give_back = give_back,
                                                 .leave = leave,
                                                 .listen = aid_queue_db_listen,
                                                 .wait = aid_queue_db_wait };
