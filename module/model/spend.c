#include "model/spend.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/val.h"
#include "base/vec.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX ((size_t) 64 << 20)
#define MODELS_MAX 10000
#define MONTHS_MAX 10000

/* --- writing ---------------------------------------------------------------------------------------------------------------- */

void
aid_spend_this_month (char month[8])
{
  time_t now = (time_t) (aid_clock_wall_ms () / 1000);
  struct tm tm = { .tm_mday = 1 };
  localtime_r (&now, &tm);
  if (strftime (month, 8, "%Y-%m", &tm) != 7)
    memcpy (month, "0000-00", 8);
}

static int
is_month (const char *z)
{
  for (int i = 0; i < 7; i++)
    if (i == 4 ? z[i] != '-' : z[i] < '0' || z[i] > '9')
      return 0;
  return z[7] == '\0' && memcmp (z + 5, "01", 2) >= 0 && memcmp (z + 5, "12", 2) <= 0;
}

/* The folder, or with MONTH its file. */
static enum aid_err
path_of (const char *month, struct aid_str *out)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, out, NULL);
  if (!err)
    err = aid_str_addz (out, "/spend");
  if (!err && month)
    err = aid_str_addf (out, "/%s.jsonl", month);
  return err;
}

static void
set_known (json_t *line, const char *key, int64_t n)
{
  if (n >= 0)
    json_object_set_new (line, key, json_integer (n));
}

static void
write_line (const struct aid_spend *s, struct aid_str *out)
{
  json_t *line = json_object ();
  json_object_set_new (line, "at", json_integer (aid_clock_wall_ms () / 1000));
  json_object_set_new (line, "model", aid_json_of_span (aid_span_z (s->model)));
  json_object_set_new (line, "provider", aid_json_of_span (aid_span_z (s->provider)));
  set_known (line, "in", s->usage.input);
  set_known (line, "cached", s->usage.cached);
  set_known (line, "written", s->usage.cache_written);
  set_known (line, "out", s->usage.output);
  if (s->requests > 1)
    json_object_set_new (line, "requests", json_integer (s->requests));
  if (s->cost >= 0)
    json_object_set_new (line, "cost", json_real (s->cost));
  aid_json_dump (line, out);
  aid_str_addc (out, '\n');
  json_decref (line);
}

/* In one write at the file's end, whoever else appends. */
void
aid_spend_add (const struct aid_spend *s)
{
  char month[8];
  struct aid_str path = AID_STR_INIT (8192), line = AID_STR_INIT (4096);
  int fd;
  aid_spend_this_month (month);
  write_line (s, &line);
  if (!line.err && !path_of (NULL, &path) && !aid_fs_mkdirs (path.ptr, 0700, NULL) && !aid_str_addf (&path, "/%s.jsonl", month))
    {
      fd = open (path.ptr, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0600);
      if (fd >= 0)
        {
          aid_fs_write_all (fd, aid_str_span (&line));
          close (fd);
        }
    }
  aid_str_free (&path);
  aid_str_free (&line);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------- */

struct total
{
  char *model;                 /* NULL: of all */
  int64_t requests, in, cached, out, unpriced;
  double cost;
};

static void
add_up (struct total *t, const json_t *line)
{
  double cost = aid_json_real (line, "cost", -1);
  int64_t requests = aid_json_int (line, "requests", 1);
  t->requests += requests;
  t->in += aid_json_int (line, "in", 0);
  t->cached += aid_json_int (line, "cached", 0);
  t->out += aid_json_int (line, "out", 0);
  t->unpriced += cost < 0 ? requests : 0;
  t->cost += cost > 0 ? cost : 0;
}

static struct total *
total_of (struct aid_vec *models, const char *model)
{
  for (size_t i = 0; i < models->len; i++)
    if (!strcmp (AID_VEC_AT (struct total, models, i).model, model))
      return &AID_VEC_AT (struct total, models, i);
  char *copy = strdup (model);
  struct total *t = copy ? aid_vec_push (models) : NULL;
  if (t)
    t->model = copy;
  else
    free (copy);
  return t;
}

/* Adds up MONTH's file; lines that are none (one may be half written) are passed over.  MODELS may be NULL. */
static void
read_month (const char *month, struct total *all, struct aid_vec *models)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (FILE_MAX);
  struct aid_span rest, line;
  if (!path_of (month, &path) && !aid_fs_read (path.ptr, &text, NULL))
    for (rest = aid_str_span (&text); aid_span_line (&rest, &line);)
      {
        json_t *doc = aid_json_parse (line, "spend", NULL);
        const char *model = aid_json_str (doc, "model");
        struct total *t = models && model ? total_of (models, model) : NULL;
        if (model)
          add_up (all, doc);
        if (t)
          add_up (t, doc);
        json_decref (doc);
      }
  aid_str_free (&path);
  aid_str_free (&text);
}

double
aid_spend_total (const char *month)
{
  struct total all = { 0 };
  read_month (month, &all, NULL);
  return all.cost;
}

static int
dearer (const void *a, const void *b)
{
  const struct total *x = a, *y = b;
  if (x->cost > y->cost || x->cost < y->cost)
    return x->cost < y->cost ? 1 : -1;
  return strcmp (x->model, y->model);
}

/* The members of T; gives how many. */
static uint32_t
write_total (const struct total *t, struct aid_str *val)
{
  aid_val_kint (val, "requests", t->requests);
  aid_val_kint (val, "in", t->in);
  aid_val_kint (val, "cached", t->cached);
  aid_val_kint (val, "out", t->out);
  aid_val_kreal (val, "cost", t->cost);
  aid_val_kint (val, "unpriced", t->unpriced);
  return 6;
}

enum aid_err
aid_spend_report (const char *month, struct aid_str *val, struct aid_error *e)
{
  struct total all = { 0 };
  struct aid_vec models = AID_VEC_INIT (struct total, MODELS_MAX);
  if (!is_month (month))
    return aid_error_set (e, AID_E_INVALID, "\"%.20s\" is no month: write it as 2026-01", month);
  read_month (month, &all, &models);
  if (models.len)
    qsort (models.data, models.len, sizeof (struct total), dearer);
  size_t object = aid_val_object (val), list;
  aid_val_kstrz (val, "month", month);
  uint32_t n = 2 + write_total (&all, val);
  aid_val_key (val, "models");
  list = aid_val_list (val);
  for (size_t i = 0; i < models.len; i++)
    {
      struct total *t = &AID_VEC_AT (struct total, &models, i);
      size_t one = aid_val_object (val);
      aid_val_kstrz (val, "model", t->model);
      aid_val_end (val, one, 1 + write_total (t, val));
      free (t->model);
    }
  aid_val_end (val, list, (uint32_t) models.len);
  aid_val_end (val, object, n);
  aid_vec_free (&models);
  return AID_OK;
}

static int
later (const void *a, const void *b)
{
  return strcmp (b, a);
}

void
aid_spend_months (struct aid_str *val)
{
  struct aid_str path = AID_STR_INIT (8192);
  struct aid_vec months = AID_VEC_INIT (char[8], MONTHS_MAX);
  DIR *dir = path_of (NULL, &path) ? NULL : opendir (path.ptr);
  struct dirent *entry;
  while (dir && (entry = readdir (dir)))
    {
      char month[8] = "";
      void *slot;
      if (strlen (entry->d_name) == 13 && !strcmp (entry->d_name + 7, ".jsonl"))
        memcpy (month, entry->d_name, 7);
      if (is_month (month) && (slot = aid_vec_push (&months)))
        memcpy (slot, month, sizeof month);
    }
  if (dir)
    closedir (dir);
  if (months.len)
    qsort (months.data, months.len, months.size, later);
  size_t list = aid_val_list (val);
  for (size_t i = 0; i < months.len; i++)
    aid_val_strz (val, (const char *) months.data + i * months.size);
  aid_val_end (val, list, (uint32_t) months.len);
  aid_vec_free (&months);
  aid_str_free (&path);
}
