/* The results of a run: RUN_DIR/results.jsonl, a line an attempt, and RUN_DIR/answers/KEY.json, what the models said.
   An answer is kept before it is judged, so that a run that was killed meanwhile does not ask again. */
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "learn/eval_internal.h"
#include "learn/jsonl.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define ROWS_MAX 10000000

static const char *const outcomes[AID_EVAL_OUTCOMES] = { "green", "red", "none", "refused", "error", "unjudged" };

const char *
aid_eval_outcome_name (enum aid_eval_outcome o)
{
  return outcomes[o];
}

enum aid_eval_outcome
aid_eval_outcome_of (const json_t *row)
{
  const char *z = aid_json_str (row, "outcome");
  enum aid_eval_outcome o = AID_EVAL_GREEN;
  while (o < AID_EVAL_OUTCOMES && (!z || strcmp (z, outcomes[o]) != 0))
    o++;
  return o;
}

void
aid_eval_key (const struct aid_eval_attempt *a, char key[AID_EVAL_KEY])
{
  struct aid_str all = AID_STR_INIT ((size_t)1 << 16);
  char hash[AID_SHA256_HEX];
  aid_str_addf (&all, "%zu:%s %zu:%s %zu:%s %lld", strlen (a->task->name), a->task->name, strlen (a->model), a->model,
                strlen (a->strategy), a->strategy, (long long)a->sample);
  aid_sha256_hex (aid_str_span (&all), hash);
  memcpy (key, hash, AID_EVAL_KEY - 1);
  key[AID_EVAL_KEY - 1] = '\0';
  aid_str_free (&all);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static int
is_row (const json_t *row)
{
  static const char *const words[] = { "key", "task", "hash", "model", "strategy" };
  int bad = aid_json_int (row, "eval", 0) != 1 || aid_eval_outcome_of (row) == AID_EVAL_OUTCOMES
            || aid_json_int (row, "sample", 0) < 1;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    bad |= !aid_json_str (row, words[i]);
  return !bad;
}

/* Takes ROW, which stands for what was there of its attempt before. */
static enum aid_err
take (struct aid_eval_results *r, json_t *row, struct aid_error *e)
{
  struct aid_span key = aid_json_span (row, "key");
  json_t *before = aid_map_get (r->keys, key);
  if (before)
    {
      json_object_clear (before);
      json_object_update (before, row);
      json_decref (row);
      return AID_OK;
    }
  if (json_array_size (r->rows) >= ROWS_MAX || json_array_append_new (r->rows, row) || aid_map_put (r->keys, key, row, NULL))
    return aid_error_set (e, AID_E_LIMIT, "There are too many results");
  return AID_OK;
}

enum aid_err
aid_eval_results_parse (struct aid_span text, const char *what, struct aid_eval_results *out, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  char wrong[200];
  size_t number = 0;
  *out = (struct aid_eval_results){ json_array (), aid_map_new () };
  if (!out->rows || !out->keys)
    return aid_error_set (e, AID_E_NOMEM, "No memory for results");
  while (text.len && !err)
    {
      const char *end = memchr (text.ptr, '\n', text.len);
      if (!end)
        return AID_OK; /* who wrote it was killed */
      struct aid_span line = { text.ptr, (size_t)(end - text.ptr) };
      json_t *row = line.len > AID_JSONL_LINE ? NULL : aid_jsonl_parse (line, wrong);
      number++;
      text = aid_span_cut (text, line.len + 1, text.len);
      if (row && is_row (row))
        err = take (out, row, e);
      else
        {
          err = aid_error_set (e, AID_E_INVALID, "%s:%zu: %s", what, number,
                               row                         ? "it is no result of an attempt"
                               : line.len > AID_JSONL_LINE ? "the line is too long"
                                                           : wrong);
          json_decref (row);
        }
    }
  return err;
}

static void
add_file_name (const char *path, struct aid_str *out)
{
  struct stat st;
  aid_str_addz (out, path);
  if (!stat (path, &st) && S_ISDIR (st.st_mode))
    aid_str_addz (out, "/results.jsonl");
}

enum aid_err
aid_eval_results_read (const char *path, struct aid_eval_results *out, struct aid_error *e)
{
  struct aid_str name = AID_STR_INIT (AID_EVAL_PATH), text = AID_STR_INIT (AID_EVAL_RESULTS);
  *out = (struct aid_eval_results){ NULL, NULL };
  add_file_name (path, &name);
  enum aid_err err = AID_OK;
  if (!aid_fs_exists (aid_str_z (&name)))
    err = aid_error_set (e, AID_E_NOTFOUND, "There is no run in %s: it has no results.jsonl", path);
  else
    err = aid_fs_read (aid_str_z (&name), &text, e);
  if (!err)
    err = aid_eval_results_parse (aid_str_span (&text), aid_str_z (&name), out, e);
  aid_str_free (&name);
  aid_str_free (&text);
  return err;
}

void
aid_eval_results_free (struct aid_eval_results *r)
{
  aid_map_free (r->keys, NULL);
  json_decref (r->rows);
  *r = (struct aid_eval_results){ NULL, NULL };
}

/* --- adding ------------------------------------------------------------------------------------------------------- */

struct aid_eval_log
{
  pthread_mutex_t lock;
  int fd;
};

/* Takes the beginning of a line that a killed process has left at the end of FD. */
static int
cut_tail (int fd)
{
  char buf[4096];
  off_t size = lseek (fd, 0, SEEK_END), at = size;
  while (at > 0)
    {
      size_t want = at < (off_t)sizeof buf ? (size_t)at : sizeof buf;
      if (pread (fd, buf, want, at - (off_t)want) != (ssize_t)want)
        return -1;
      while (want > 0 && buf[want - 1] != '\n')
        want--, at--;
      if (want > 0)
        break;
    }
  return size < 0 || (at < size && ftruncate (fd, at)) ? -1 : 0;
}

static enum aid_err
is_taken (const char *dir, struct aid_error *e)
{
  return aid_error_set (e, AID_E_STATE, "Another aid eval run writes to %s: wait for its end, or take another folder", dir);
}

enum aid_err
aid_eval_log_is_free (const char *dir, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (AID_EVAL_PATH);
  aid_str_addf (&path, "%s/results.jsonl", dir);
  int fd = open (aid_str_z (&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int taken = fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
  if (fd >= 0)
    close (fd);
  aid_str_free (&path);
  return taken ? is_taken (dir, e) : AID_OK;
}

enum aid_err
aid_eval_log_open (const char *dir, struct aid_eval_log **out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (AID_EVAL_PATH);
  struct aid_eval_log *l = calloc (1, sizeof *l);
  *out = NULL;
  if (!l)
    return aid_error_set (e, AID_E_NOMEM, "No memory for results");
  aid_str_addf (&path, "%s/answers", dir);
  enum aid_err err = aid_fs_mkdirs (aid_str_z (&path), 0700, e);
  aid_str_clear (&path);
  aid_str_addf (&path, "%s/results.jsonl", dir);
  l->fd = err ? -1 : open (aid_str_z (&path), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (!err && l->fd < 0)
    err = aid_error_set (e, AID_E_IO, "%s cannot be written: %s", aid_str_z (&path), strerror (errno));
  else if (!err && flock (l->fd, LOCK_EX | LOCK_NB))
    err = is_taken (dir, e);
  else if (!err && (cut_tail (l->fd) || aid_fs_sync_folder_of (aid_str_z (&path))))
    err = aid_error_set (e, AID_E_IO, "%s cannot be mended: %s", aid_str_z (&path), strerror (errno));
  if (!err)
    { /* what a killed one was about to put in place */
      aid_fs_sweep (dir);
      aid_str_clear (&path);
      aid_str_addf (&path, "%s/answers", dir);
      aid_fs_sweep (aid_str_z (&path));
    }
  aid_str_free (&path);
  pthread_mutex_init (&l->lock, NULL);
  if (err)
    aid_eval_log_close (l);
  else
    *out = l;
  return err;
}

enum aid_err
aid_eval_log_add (struct aid_eval_log *l, const json_t *row, struct aid_error *e)
{
  struct aid_str line = AID_STR_INIT (AID_JSONL_LINE);
  aid_json_dump (row, &line);
  aid_str_addc (&line, '\n');
  if (line.err)
    {
      aid_str_free (&line);
      return aid_error_set (e, AID_E_LIMIT, "A result is too long");
    }
  pthread_mutex_lock (&l->lock);
  int bad = aid_fs_write_all (l->fd, aid_str_span (&line)) || fsync (l->fd), why = errno;
  pthread_mutex_unlock (&l->lock);
  aid_str_free (&line);
  return bad ? aid_error_set (e, AID_E_IO, "The results cannot be written: %s", strerror (why)) : AID_OK;
}

void
aid_eval_log_close (struct aid_eval_log *l)
{
  if (!l)
    return;
  if (l->fd >= 0)
    close (l->fd);
  pthread_mutex_destroy (&l->lock);
  free (l);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

json_t *
aid_eval_answer_read (const char *dir, const char *key, const char *hash)
{
  struct aid_str path = AID_STR_INIT (AID_EVAL_PATH), text = AID_STR_INIT (AID_EVAL_ANSWER);
  json_t *answer = NULL;
  aid_str_addf (&path, "%s/answers/%s.json", dir, key);
  if (aid_fs_exists (aid_str_z (&path)) && !aid_fs_read (aid_str_z (&path), &text, NULL))
    answer = aid_json_parse (aid_str_span (&text), aid_str_z (&path), NULL);
  if (answer && (!aid_json_str (answer, "text") || !aid_span_eqz (aid_json_span (answer, "hash"), hash)))
    {
      json_decref (answer);
      answer = NULL;
    }
  aid_str_free (&path);
  aid_str_free (&text);
  return answer;
}

enum aid_err
aid_eval_answer_keep (const char *dir, const char *key, const json_t *answer, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (AID_EVAL_PATH), text = AID_STR_INIT (AID_EVAL_ANSWER);
  aid_str_addf (&path, "%s/answers/%s.json", dir, key);
  enum aid_err err = aid_json_dump (answer, &text) || text.err
                       ? aid_error_set (e, AID_E_LIMIT, "An answer is too long")
                       : aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, e);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}
