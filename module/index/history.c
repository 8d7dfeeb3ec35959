/* Reading the log: of Git or Mercurial, AID_COMMITS commits at first, then what is new since the one that was last
   seen.  When that one is no ancestor any more (a rebase, another branch), all is read anew.  The table told has for
   each commit the terms of its message and "#ID" of each path that it changed; commits of many files say nothing of
   any and are left out. */
#include "index/history.h"
#include "project/calm.h"
#include "base/proc.h"
#include "index/terms.h"

#include <stdio.h>
#include <stdlib.h>

enum
{
  COMMITS = 10000,
  FILES_MAX = 30,
  RECORD_MAX = 4 << 20,
  MESSAGE_MAX = 8192,
  LOG_MS = 600000
};

struct reading
{
  struct aid_index *x;
  struct aid_shelf *s;
  struct aid_str pending; /* of a record that is not whole yet */
  struct aid_bag *bag;
  struct aid_vec cells;
  struct aid_error *e;
  enum aid_err err;
  size_t commits;
};

/* --- writing ------------------------------------------------------------------------------------------------------- */

static int64_t
path_id (struct reading *r, struct aid_span path)
{
  sqlite3_stmt *find, *add;
  int row = 0;
  int64_t id = 0;

  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "SELECT id FROM paths WHERE path=?1", &find, r->e);
  if (r->err)
    return 0;
  aid_db_blob (find, 1, path);
  r->err = aid_db_step (r->s->db, find, &row, r->e);
  if (row)
    id = sqlite3_column_int64 (find, 0);
  sqlite3_reset (find);
  if (row || r->err || (r->err = aid_db_prepare (r->s->db, "INSERT INTO paths(path) VALUES(?1)", &add, r->e)))
    return id;
  aid_db_blob (add, 1, path);
  r->err = aid_db_run (r->s->db, add, r->e);
  return r->err ? 0 : sqlite3_last_insert_rowid (aid_db_raw (r->s->db));
}

static void
write_commit (struct reading *r, struct aid_span subject, struct aid_span body, const uint32_t *ids, size_t n)
{
  struct aid_str said = AID_STR_INIT (1 << 20), tags = AID_STR_INIT (1 << 16);
  sqlite3_stmt *add, *tell;

  if (r->err || (r->err = aid_db_prepare (r->s->db, "INSERT INTO commits(subject, paths) VALUES(?1, ?2)", &add, r->e)))
    return;
  aid_db_blob (add, 1, aid_span_cut (subject, 0, subject.len < 200 ? subject.len : 200));
  aid_db_blob (add, 2, (struct aid_span){ (const char *)ids, n * sizeof *ids });
  r->err = aid_db_run (r->s->db, add, r->e);
  aid_bag_add (r->bag, subject, 1);
  aid_bag_add (r->bag, aid_span_cut (body, 0, body.len < MESSAGE_MAX ? body.len : MESSAGE_MAX), 1);
  r->cells.len = 0;
  aid_bag_take_all (r->bag, &said, &r->cells);
  for (size_t i = 0; i < n; i++)
    aid_str_addf (&tags, "#%u ", ids[i]);
  if (!r->err
      && !(r->err = aid_db_prepare (r->s->db, "INSERT INTO told(rowid, said, paths) VALUES(?1, ?2, ?3)", &tell, r->e)))
    {
      sqlite3_bind_int64 (tell, 1, sqlite3_last_insert_rowid (aid_db_raw (r->s->db)));
      aid_db_text (tell, 2, aid_str_span (&said));
      aid_db_text (tell, 3, aid_str_span (&tags));
      r->err = aid_db_run (r->s->db, tell, r->e);
    }
  aid_str_free (&said);
  aid_str_free (&tags);
  r->commits++;
}

/* Takes what stands before the next C off *V. */
static struct aid_span
field (struct aid_span *v, char c)
{
  const char *to = v->len ? memchr (v->ptr, c, v->len) : NULL;
  size_t n = to ? (size_t)(to - v->ptr) : v->len;
  struct aid_span f = aid_span_cut (*v, 0, n);

  *v = aid_span_cut (*v, n + (to != NULL), v->len);
  return f;
}

/* A record: subject 2 body 2 path 0 path 0 ... */
static void
take_record (struct reading *r, struct aid_span record)
{
  struct aid_span subject = aid_span_trim (field (&record, '\2')), body = field (&record, '\2');
  uint32_t ids[FILES_MAX];
  size_t n = 0;

  while (record.len)
    {
      struct aid_span path = field (&record, '\0');
      while (path.len && path.ptr[0] == '\n')
        path = aid_span_cut (path, 1, path.len);
      if (!path.len || path.len > AID_PROJECT_PATH_MAX)
        continue;
      if (n == FILES_MAX)
        return;
      ids[n++] = (uint32_t)path_id (r, path);
    }
  if (n)
    write_commit (r, subject, body, ids, n);
}

static int
take_output (void *arg, enum aid_proc_stream stream, struct aid_span part)
{
  struct reading *r = arg;

  if (stream != AID_PROC_OUT)
    return 0;
  while (part.len && !r->err)
    {
      const char *next = memchr (part.ptr, '\1', part.len);
      size_t n = next ? (size_t)(next - part.ptr) : part.len;
      aid_str_add (&r->pending, part.ptr, n);
      part = aid_span_cut (part, n + (next != NULL), part.len);
      if (!next)
        break;
      if (r->pending.len && !r->pending.err)
        take_record (r, aid_str_span (&r->pending));
      aid_str_clear (&r->pending);
    }
  return r->err != AID_OK;
}

/* --- the log ------------------------------------------------------------------------------------------------------- */

static const char *const *
calm_env (enum aid_vc_kind kind)
{
  return kind == AID_VC_HG ? aid_calm_hg_env : aid_calm_git_env;
}

static enum aid_err
run (struct reading *r, enum aid_vc_kind kind, const char *const *argv, const struct aid_stop *stop, int *code)
{
  struct aid_proc p = { .argv = argv,
                        .dir = aid_project_root (r->x->project),
                        .env = calm_env (kind),
                        .timeout_ms = LOG_MS,
                        .stop = stop,
                        .on_output = take_output,
                        .arg = r,
                        .err_max = 4096 };
  struct aid_proc_result result;
  enum aid_err err = aid_proc_run (&p, &result, NULL);

  *code = err ? -1 : result.code;
  aid_proc_result_free (&result);
  if (r->pending.len && !r->pending.err && !err && !*code)
    take_record (r, aid_str_span (&r->pending));
  aid_str_clear (&r->pending);
  return r->err ? r->err : err == AID_E_CANCELLED ? aid_error_set (r->e, err, "Reading the log was stopped") : AID_OK;
}

/* Reads the log of what is in HEAD and not in OLD (NULL: all).  A program that fails leaves the log as it is. */
static enum aid_err
read_log (struct reading *r, enum aid_vc_kind kind, const char *old, const char *head, const struct aid_stop *stop,
          int *code)
{
  char range[400], most[32];

  snprintf (most, sizeof most, "--max-count=%d", COMMITS);
  if (kind == AID_VC_HG)
    {
      if (old)
        snprintf (range, sizeof range, "sort((%s::%s - %s) and not merge(), rev)", old, head, old);
      else
        snprintf (range, sizeof range, "sort(last(::%s and not merge(), %d), rev)", head, COMMITS);
      const char *const argv[] = { "hg",
                                   "--noninteractive",
                                   "log",
                                   "-r",
                                   range,
                                   "--template",
                                   "{desc|firstline}\\x02{desc}\\x02{files % '{file}\\0'}\\x01",
                                   NULL };
      return run (r, kind, argv, stop, code);
    }
  snprintf (range, sizeof range, old ? "%s..%s" : "%s%s", old ? old : "", head);
  const char *const argv[] = { AID_CALM_GIT,
                               "-c",
                               "core.quotepath=off",
                               "-c",
                               "log.showSignature=false",
                               "log",
                               "-z",
                               "--reverse",
                               most,
                               "--no-merges",
                               "--no-renames",
                               "--name-only",
                               "--relative",
                               "--format=%x01%s%x02%b%x02",
                               range,
                               "--",
                               ".",
                               NULL };
  return run (r, kind, argv, stop, code);
}

/* Whether what the log was read up to is still part of the history. */
static int
is_ancestor (struct reading *r, enum aid_vc_kind kind, const char *old, const char *head, const struct aid_stop *stop)
{
  char range[256];
  const char *const git[]
    = { AID_CALM_GIT, "merge-base", "--is-ancestor", old, head, NULL };
  const char *const hg[] = { "hg", "--noninteractive", "log", "-r", range, "--template", "{node}", NULL };
  struct aid_proc p = { .argv = kind == AID_VC_HG ? hg : git,
                        .env = calm_env (kind),
                        .dir = aid_project_root (r->x->project),
                        .timeout_ms = LOG_MS,
                        .stop = stop,
                        .out_max = 100,
                        .err_max = 100 };
  struct aid_proc_result result;
  int yes;

  snprintf (range, sizeof range, "%s and ::%s", old, head);
  yes = !aid_proc_run (&p, &result, NULL) && result.code == 0 && (kind != AID_VC_HG || result.out.len);
  aid_proc_result_free (&result);
  return yes;
}

static enum aid_err
last_head (struct aid_shelf *s, char head[81], struct aid_error *e)
{
  sqlite3_stmt *get;
  int row;
  enum aid_err err = aid_db_prepare (s->db, "SELECT value FROM meta WHERE key='head'", &get, e);

  head[0] = '\0';
  if (err || (err = aid_db_step (s->db, get, &row, e)) || !row)
    return err;
  struct aid_span v = aid_db_column (get, 0);
  snprintf (head, 81, "%.*s", (int)(v.len < 80 ? v.len : 80), v.ptr);
  sqlite3_reset (get);
  return AID_OK;
}

static void
set_head (struct reading *r, const char *head)
{
  sqlite3_stmt *set;

  if (r->err || (r->err = aid_db_prepare (r->s->db, "INSERT OR REPLACE INTO meta VALUES('head', ?1)", &set, r->e)))
    return;
  aid_db_text (set, 1, aid_span_z (head));
  r->err = aid_db_run (r->s->db, set, r->e);
}

/* All in one transaction, so that the log is never there by half. */
static void
read_into (struct reading *r, const struct aid_project_vc *vc, const char *old, const struct aid_stop *stop)
{
  const char *since = *old && is_ancestor (r, vc->kind, old, vc->head, stop) ? old : NULL;
  int code = 0;

  r->err = aid_db_exec (r->s->db, "BEGIN IMMEDIATE", r->e);
  if (r->err)
    return;
  if (!since)
    r->err
      = aid_db_exec (r->s->db, "INSERT INTO told(told) VALUES('delete-all'); DELETE FROM commits; DELETE FROM paths", r->e);
  if (!r->err)
    r->err = read_log (r, vc->kind, since, vc->head, stop, &code);
  set_head (r, vc->head);
  if (!r->err && !code)
    r->err = aid_db_exec (r->s->db, "COMMIT", r->e);
  if (r->err || code)
    aid_db_exec (r->s->db, "ROLLBACK", NULL);
  if (code && !r->err)
    snprintf (r->x->unread_head, sizeof r->x->unread_head, "%s", vc->head);
}

enum aid_err
aid_history_update (struct aid_index *x, const struct aid_stop *stop, struct aid_error *e)
{
  struct reading r = { .x = x, .s = &x->writer, .e = e };
  struct aid_project_vc vc;
  char old[81];

  aid_project_vc (x->project, &vc);
  r.err = last_head (r.s, old, e);
  if (r.err || vc.kind == AID_VC_NONE || !*vc.head || !strcmp (old, vc.head) || !strcmp (x->unread_head, vc.head))
    return r.err;
  r.pending = AID_STR_INIT (RECORD_MAX);
  r.cells = AID_VEC_INIT (uint32_t, 1 << 20);
  if (!(r.bag = aid_bag_new (e)))
    return AID_E_NOMEM;
  read_into (&r, &vc, old, stop);
  aid_bag_free (r.bag);
  aid_str_free (&r.pending);
  aid_vec_free (&r.cells);
  return r.err;
}
