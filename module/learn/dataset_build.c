/* From examples to files: rows are sorted by project and time, so that a project is laid out once and then changed from base
   to base. */
#include "learn/dataset_build.h"
#include "base/fs.h"
#include "base/json.h"
#include "config/config.h"
#include "learn/dataset_own.h"
#include "learn/jsonl.h"
#include "learn/leave.h"
#include "learn/row.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define EXAMPLES_MAX 10000000

static const char *const left_names[AID_LEFT_REASONS]
  = { "undescribed", "leaking", "unjudged", "licence", "gone",   "form",
      "line-ends",   "unseen",  "place",    "result",  "secret", "long" };

const char *
aid_dataset_left_name (enum aid_dataset_left why)
{
  return why < AID_LEFT_REASONS ? left_names[why] : "";
}

enum aid_err
aid_dataset_settings_read (struct aid_dataset_settings *out, struct aid_error *e)
{
  struct aid_config *config = aid_config_load (NULL, e);
  const json_t *set = config ? aid_config_get (config, "dataset") : NULL;
  const char *consent = aid_json_str (set, "consent"), *strategy = aid_json_str (set, "strategy");
  *out = (struct aid_dataset_settings){ .holdout = aid_json_real (set, "holdout", AID_DATASET_HOLDOUT),
                                        .max_tokens = aid_json_int (set, "max_tokens", AID_DATASET_TOKENS),
                                        .licences = json_deep_copy (json_object_get (set, "licences")) };
  out->repositories = json_deep_copy (json_object_get (config ? aid_config_get (config, "ces") : NULL, "repositories"));
  out->consent = consent ? strdup (consent) : NULL;
  out->strategy = strategy ? strdup (strategy) : NULL;
  aid_config_free (config);
  return config ? AID_OK : AID_E_INVALID;
}

void
aid_dataset_settings_free (struct aid_dataset_settings *s)
{
  free (s->consent);
  free (s->strategy);
  json_decref (s->licences);
  json_decref (s->repositories);
  *s = (struct aid_dataset_settings){ .consent = NULL };
}

/* --- which, in which order ---------------------------------------------------------------------------------------- */

static int
take (void *ctx, const json_t *example)
{
  json_t **slot = aid_vec_push (ctx);
  if (slot)
    *slot = json_incref ((json_t *)(uintptr_t)example);
  return !slot;
}

static int
compare (const char *a, const char *b)
{
  return strcmp (a ? a : "", b ? b : "");
}

static int
by_project (const void *a, const void *b)
{
  const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
  int by = compare (aid_json_str (x, "project"), aid_json_str (y, "project"));
  int64_t s = aid_json_int (x, "time", 0), t = aid_json_int (y, "time", 0);
  by = by ? by : compare (aid_json_str (x, "repository"), aid_json_str (y, "repository"));
  return by ? by : s != t ? (s < t ? -1 : 1) : compare (aid_json_str (x, "id"), aid_json_str (y, "id"));
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

struct made
{
  json_t *row; /* that waits to be written */
  int64_t time;
};

struct building
{
  const struct aid_dataset_build *b;
  struct aid_dataset_built *out;
  struct aid_card card;
  struct aid_vec rows; /* struct made */
};

static enum aid_err
add_example (struct building *g, struct aid_row_place *place, const json_t *example, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  enum aid_dataset_left left = AID_LEFT_REASONS;
  json_t *row = NULL;
  enum aid_err err = aid_row_make (g->b, place, example, &row, &left, &why);
  if (err == AID_E_NOMEM || err == AID_E_CANCELLED || (err && left == AID_LEFT_REASONS))
    return aid_error_set (e, err, "%s", why.msg);
  g->out->examples++;
  if (g->b->tell)
    g->b->tell (g->b->ctx, example, row, left, why.msg);
  if (!row)
    {
      g->out->left[left]++;
      return AID_OK;
    }
  struct made *slot = aid_vec_push (&g->rows);
  if (!slot)
    return aid_error_set (e, AID_E_NOMEM, "No memory for so many rows");
  *slot = (struct made){ row, aid_json_int (row, "time", 0) };
  g->out->rows++;
  aid_card_add (&g->card, row, example);
  return AID_OK;
}

static int
by_time (const void *a, const void *b)
{
  const struct made *x = a, *y = b;
  return x->time != y->time ? (x->time < y->time ? -1 : 1)
                            : compare (aid_json_str (x->row, "task_id"), aid_json_str (y->row, "task_id"));
}

/* Notes FILE, of which NAME is the end, with its hash. */
static void
note_file (json_t *files, const char *name, enum aid_dataset_format format, const char *part, size_t rows, const char *hash)
{
  json_array_append_new (files,
                         json_pack ("{s:s, s:s, s:s, s:I, s:s}", "file", name, "format", aid_dataset_format_name (format),
                                    "part", part, "rows", (json_int_t)rows, "sha256", hash));
}

static enum aid_err
write_source (struct building *g, const char *file, struct aid_error *e)
{
  struct aid_jsonl_out *o;
  char hash[65];
  enum aid_err err = aid_jsonl_create (file, &o, e);
  if (err)
    return err;
  if (g->rows.len)
    qsort (g->rows.data, g->rows.len, sizeof (struct made), by_time);
  for (size_t i = 0; i < g->rows.len; i++)
    aid_jsonl_add (o, AID_VEC_AT (struct made, &g->rows, i).row);
  err = aid_jsonl_close (o, 1, hash, e);
  if (!err)
    note_file (g->card.files, "source.jsonl", AID_DATA_SOURCE, "all", g->rows.len, hash);
  return err;
}

/* --- parts -------------------------------------------------------------------------------------------------------- */

struct parting
{
  const struct aid_split *split;
  enum aid_dataset_format format;
  struct aid_jsonl_out *to[2];
  size_t at; /* in the split's rows */
  struct aid_jsonl_out *now;
};

static void
add_made (void *ctx, const json_t *made)
{
  struct parting *p = ctx;
  aid_jsonl_add (p->now, made);
}

static enum aid_err
part_line (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct parting *p = ctx;
  const struct aid_split_row *row
    = p->at < p->split->rows.len ? &AID_VEC_AT (struct aid_split_row, &p->split->rows, p->at) : NULL;
  if (!row || !line->row)
    return aid_error_set (e, AID_E_STATE, "line %zu is another than a moment ago: somebody writes the file", line->number);
  p->at++;
  if (row->part == AID_PART_NEITHER)
    return AID_OK;
  p->now = p->to[row->part == AID_PART_HOLDOUT];
  if (p->format == AID_DATA_FORMATS)
    aid_jsonl_add_text (p->now, line->text);
  else
    aid_dataset_write (p->format, line->row, add_made, p);
  return AID_OK;
}

enum aid_err
aid_dataset_write_parts (const char *source, const struct aid_split *split, enum aid_dataset_format format, const char *dir,
                         json_t *files, struct aid_error *e)
{
  static const char *const parts[] = { "train", "holdout" };
  struct parting p = { .split = split, .format = format };
  enum aid_err err = AID_OK;
  for (int i = 0; i < 2 && !err; i++)
    {
      struct aid_str file = AID_STR_INIT (8192);
      aid_str_addf (&file, "%s/%s.jsonl", dir, parts[i]);
      err = aid_jsonl_create (aid_str_z (&file), &p.to[i], e);
      aid_str_free (&file);
    }
  if (!err)
    err = aid_jsonl_read (source, part_line, &p, e);
  for (int i = 0; i < 2; i++)
    {
      struct aid_str name = AID_STR_INIT (8192);
      char hash[65] = "";
      size_t rows = p.to[i] ? aid_jsonl_lines (p.to[i]) : 0;
      enum aid_err closed = aid_jsonl_close (p.to[i], !err, hash, err ? NULL : e);
      int whole = format == AID_DATA_FORMATS;
      aid_str_addf (&name, "%s%s%s.jsonl", whole ? "" : aid_dataset_format_name (format), whole ? "" : "/", parts[i]);
      err = err ? err : closed;
      if (!err && files)
        note_file (files, aid_str_z (&name), whole ? split->format : format, parts[i], rows, hash);
      aid_str_free (&name);
    }
  return err;
}

/* Removes the parts that another build has left in FORMAT: what is held out now may be learnt from in them. */
static void
remove_parts (const char *dir, enum aid_dataset_format format)
{
  static const char *const names[] = { "/train.jsonl", "/holdout.jsonl", "" };
  for (size_t i = 0; i < 3; i++)
    {
      struct aid_str path = AID_STR_INIT (8192);
      aid_str_addf (&path, "%s/%s%s", dir, aid_dataset_format_name (format), names[i]);
      if (!path.err && remove (aid_str_z (&path))) /* a folder with more in it stays, and so does what is not there */
        errno = 0;
      aid_str_free (&path);
    }
}

/* Says why there is not one row. */
static enum aid_err
no_rows (const struct aid_dataset_built *out, struct aid_error *e)
{
  struct aid_str words = AID_STR_INIT (1000);
  for (unsigned i = 0; i < AID_LEFT_REASONS; i++)
    if (out->left[i])
      aid_str_addf (&words, "%s%zu %s", words.len ? ", " : "", out->left[i], left_names[i]);
  enum aid_err err
    = out->examples
        ? aid_error_set (e, AID_E_NOTFOUND, "No example gives a row; left out: %s%s (--verbose tells each)",
                         aid_str_z (&words), out->left[AID_LEFT_UNDESCRIBED] ? "; aid describe describes them" : "")
        : aid_error_set (e, AID_E_NOTFOUND, "There is no such example yet: aid mine finds them in snapshots");
  aid_str_free (&words);
  return err;
}

/* One build writes to a folder at a time, or its files would be of two.  *FD gets the lock; -1: the file system has none. */
static enum aid_err
lock_folder (const char *dir, int *fd, struct aid_error *e)
{
  enum aid_err err = aid_fs_mkdirs (dir, 0777, e);
  *fd = err ? -1 : open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*fd >= 0 && flock (*fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
    err = aid_error_set (e, AID_E_STATE, "Another process makes a data set in %s", dir);
  if (*fd >= 0 && !err)
    aid_fs_sweep (dir);
  return err;
}

/* The rows in the files that FILES tells of as FORMAT's. */
static size_t
rows_of (const json_t *files, enum aid_dataset_format format)
{
  const json_t *one;
  size_t i, n = 0;
  json_array_foreach (files, i, one)
  {
    const char *name = aid_json_str (one, "format");
    if (name && !strcmp (name, aid_dataset_format_name (format)))
      n += (size_t)aid_json_int (one, "rows", 0);
  }
  return n;
}

/* Makes DIR ready for other files than an earlier build's.  There is no card.json from now on: where this one is ended in the
   middle, some files may be of that, which has held out others. */
static enum aid_err
take_over (const char *dir, struct aid_error *e)
{
  struct aid_str card = AID_STR_INIT (8192);
  enum aid_err err = aid_dataset_check_own (dir, e);
  if (!err)
    err = aid_dataset_own_begin (dir, e);
  aid_str_addf (&card, "%s/card.json", dir);
  if (!err && remove (aid_str_z (&card)))
    errno = 0;
  aid_str_free (&card);
  return err;
}

/* Writes all files of the rows that are there. */
static enum aid_err
write_all (struct building *g, struct aid_error *e)
{
  struct aid_str file = AID_STR_INIT (8192);
  struct aid_split split = { .train = 0 };
  enum aid_err err = take_over (g->b->dir, e);
  aid_str_addf (&file, "%s/source.jsonl", g->b->dir);
  if (!err)
    err = write_source (g, aid_str_z (&file), e);
  if (!err)
    err = aid_split_make (aid_str_z (&file), g->b->by, g->b->settings->holdout, g->b->seed, &split, e);
  for (unsigned f = 0; f < AID_DATA_FORMATS && !err; f++)
    if (!g->b->formats[f])
      remove_parts (g->b->dir, (enum aid_dataset_format)f);
    else
      {
        struct aid_str dir = AID_STR_INIT (8192);
        aid_str_addf (&dir, "%s/%s", g->b->dir, aid_dataset_format_name ((enum aid_dataset_format)f));
        err = aid_dataset_write_parts (aid_str_z (&file), &split, (enum aid_dataset_format)f, aid_str_z (&dir),
                                       g->card.files, e);
        g->out->written[f] = rows_of (g->card.files, (enum aid_dataset_format)f);
        aid_str_free (&dir);
      }
  g->out->train = split.train;
  g->out->holdout = split.holdout;
  g->out->alike = split.alike;
  g->out->results = split.results;
  if (!err)
    err = aid_card_write (&g->card, e);
  if (!err)
    aid_dataset_own_end (g->b->dir);
  aid_split_free (&split);
  aid_str_free (&file);
  return err;
}

enum aid_err
aid_dataset_make (const struct aid_dataset_build *b, struct aid_examples *x, struct aid_dataset_built *out,
                  struct aid_error *e)
{
  struct aid_examples_which which = { .kind = b->kind, .project = b->project, .since = b->since };
  struct aid_vec all = AID_VEC_INIT (json_t *, EXAMPLES_MAX);
  struct building g = { .b = b, .out = out, .rows = AID_VEC_INIT (struct made, EXAMPLES_MAX) };
  struct aid_row_place place = { .vault = NULL };
  *out = (struct aid_dataset_built){ .rows = 0 };
  g.card.build = b;
  g.card.built = out;
  if (!b->settings->consent || !aid_span_trim (aid_span_z (b->settings->consent)).len)
    return aid_error_set (e, AID_E_INVALID,
                          "Nobody has agreed to a data set yet: --consent \"WHO has agreed to WHAT\", or the setting "
                          "dataset.consent");
  if (aid_leave_by_bytes (aid_span_z (b->settings->consent)) != AID_LEAVE_NOT)
    return aid_error_set (e, AID_E_REFUSED,
                          "The consent, which the data card tells everybody, holds what looks like a secret");
  enum aid_err err = aid_card_begin (&g.card) ? aid_error_set (e, AID_E_NOMEM, "No memory for a data set")
                                              : aid_dataset_check_own (b->dir, e); /* now, and not after all the work */
  if (!err)
    err = aid_examples_each (x, &which, take, &all, e);
  if (all.len)
    qsort (all.data, all.len, sizeof (json_t *), by_project);
  for (size_t i = 0; i < all.len && !err; i++)
    err = aid_stop_is_set (b->stop) ? aid_error_set (e, AID_E_CANCELLED, "Stopped: nothing was written")
                                    : add_example (&g, &place, AID_VEC_AT (json_t *, &all, i), e);
  aid_row_place_free (&place);
  if (!err && !out->rows)
    err = no_rows (out, e);
  int lock = -1;
  if (!err && !(err = lock_folder (b->dir, &lock, e)))
    err = write_all (&g, e);
  if (lock >= 0)
    close (lock);
  for (size_t i = 0; i < all.len; i++)
    json_decref (AID_VEC_AT (json_t *, &all, i));
  for (size_t i = 0; i < g.rows.len; i++)
    json_decref (AID_VEC_AT (struct made, &g.rows, i).row);
  aid_vec_free (&all);
  aid_vec_free (&g.rows);
  aid_card_free (&g.card);
  return err;
}
