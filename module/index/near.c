/* What lies near a file, by names alone: others of its stem, tests called after it, and what its imports can mean here. */
#include "index/search_internal.h"
#include "index/tags.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum
{
  IMPORTS_MAX = 40,
  SAME_MAX = 12,
  TAGGED_MAX = 2000
};

static char *
live_path (struct aid_shelf *s, int64_t id)
{
  sqlite3_stmt *get;
  int row;
  char *path = NULL;

  if (aid_db_prepare (s->db, "SELECT path FROM files WHERE id=?1 AND live=1", &get, NULL))
    return NULL;
  sqlite3_bind_int64 (get, 1, id);
  if (!aid_db_step (s->db, get, &row, NULL) && row)
    path = aid_span_dup (aid_db_column (get, 0));
  sqlite3_reset (get);
  return path;
}

enum aid_err
aid_tagged (struct aid_seeking *k, char kind, struct aid_span name, int lower, size_t max, struct aid_vec *out, size_t *all,
            struct aid_error *e)
{
  struct aid_vec files = AID_VEC_INIT (int64_t, TAGGED_MAX);
  enum aid_err err = aid_tags_find (k->s->db, aid_tag_key (kind, name, lower), &files, e);

  *all = 0;
  for (size_t i = 0; !err && i < files.len; i++)
    {
      char *path = i < max * 8 ? live_path (k->s, AID_VEC_AT (int64_t, &files, i)) : NULL;
      char **to = path && *all < max ? aid_vec_push (out) : NULL;
      *all += path != NULL || i >= max * 8;
      if (to)
        *to = path;
      else
        free (path);
    }
  aid_vec_free (&files);
  return err;
}

static void
add (struct aid_vec *out, char *path, double weight, const char *word, struct aid_span of)
{
  struct aid_related *r = aid_vec_push (out);
  char why[160];

  snprintf (why, sizeof why, "%s `%.*s`", word, (int)(of.len < 120 ? of.len : 120), of.ptr);
  if (r)
    *r = (struct aid_related){ path, strdup (why), weight };
  else
    free (path);
}

static struct aid_span
folder (struct aid_span path)
{
  return aid_span_cut (path, 0, path.len - aid_path_base (path).len);
}

static int
is_of_tests (struct aid_span path)
{
  for (size_t i = 0; i + 4 <= path.len; i++)
    if (!strncasecmp (path.ptr + i, "test", 4) || !strncasecmp (path.ptr + i, "spec", 4))
      return 1;
  return 0;
}

/* Files of PATH's stem, and of names that tests of it have. */
static enum aid_err
add_siblings (struct aid_seeking *k, struct aid_span path, struct aid_vec *out, struct aid_error *e)
{
  static const char *const ways[][2]
    = { { "", "" },       { "test_", "" }, { "", "_test" }, { "", "_tests" }, { "test-", "" }, { "", "-test" },
        { "", "-tests" }, { "", "test" },  { "", "tests" }, { "", "_spec" },  { "test", "" } };
  struct aid_span stem = aid_path_stem (path);
  enum aid_err err = AID_OK;

  for (size_t w = 0; !err && w < sizeof ways / sizeof *ways; w++)
    {
      struct aid_vec paths = AID_VEC_INIT (char *, 64);
      char name[200];
      size_t all;
      snprintf (name, sizeof name, "%s%.*s%s", ways[w][0], (int)(stem.len < 100 ? stem.len : 100), stem.ptr, ways[w][1]);
      err = aid_tagged (k, '^', aid_span_z (name), 1, SAME_MAX, &paths, &all, e);
      for (size_t i = 0; i < paths.len; i++)
        {
          char *other = AID_VEC_AT (char *, &paths, i);
          int same_folder = aid_span_eq (folder (aid_span_z (other)), folder (path));
          if (aid_span_eqz (path, other) || (!same_folder && all > 6))
            free (other);
          else if (is_of_tests (aid_span_z (other)) && !is_of_tests (path))
            add (out, other, 0.8, "test of", path);
          else if (w == 0 && aid_span_ends (aid_span_z (other), ".mli"))
            add (out, other, 1, "interface of", path);
          else if (w == 0 && same_folder)
            add (out, other, 1, aid_span_ends (aid_span_z (other), ".h") ? "header of" : "beside", path);
          else
            add (out, other, 0.5, "named like", path);
        }
      aid_vec_free (&paths);
    }
  return err;
}

/* How many of the last parts two paths have in common. */
static size_t
common_tail (struct aid_span a, struct aid_span b)
{
  size_t n = 0;

  while (n < a.len && n < b.len
         && tolower ((unsigned char)a.ptr[a.len - 1 - n]) == tolower ((unsigned char)b.ptr[b.len - 1 - n]))
    n++;
  return n;
}

/* The import's last part without ending: list of Stdlib.List, util of ./util.js, fs of std::fs. */
static struct aid_span
import_stem (struct aid_span name)
{
  size_t to = name.len, from;
  struct aid_span base = aid_path_base (name);

  if (memchr (name.ptr, '/', name.len) || aid_span_ends (base, ".h") || aid_span_ends (base, ".hpp"))
    return aid_path_stem (name);
  for (from = to; from && !strchr (".:", name.ptr[from - 1]); from--)
    ;
  return aid_span_cut (name, from, to);
}

static enum aid_err
add_imports (struct aid_seeking *k, struct aid_span path, struct aid_vec *out, struct aid_error *e)
{
  const struct aid_looked *l = aid_look (k, path);
  enum aid_err err = AID_OK;

  for (size_t i = 0; l && !err && i < l->scan.n_imports && i < IMPORTS_MAX; i++)
    {
      struct aid_range at = l->scan.imports[i].name;
      struct aid_span name = aid_span_cut (aid_str_span (&l->text), at.from, at.to);
      struct aid_vec paths = AID_VEC_INIT (char *, 64);
      size_t all, best = 0, best_tail = 0;
      err = aid_tagged (k, '^', import_stem (name), 1, SAME_MAX, &paths, &all, e);
      for (size_t p = 0; p < paths.len; p++)
        {
          struct aid_span other = aid_span_z (AID_VEC_AT (char *, &paths, p));
          size_t tail = common_tail (other, name);
          tail = tail ? tail : (size_t)aid_span_eq (folder (other), folder (path));
          if (tail > best_tail)
            {
              best_tail = tail;
              best = p;
            }
        }
      for (size_t p = 0; p < paths.len; p++)
        if ((p == best || all <= 2) && !aid_span_eqz (path, AID_VEC_AT (char *, &paths, p)))
          add (out, AID_VEC_AT (char *, &paths, p), 0.5, "imported by", path);
        else
          free (AID_VEC_AT (char *, &paths, p));
      aid_vec_free (&paths);
    }
  return err;
}

enum aid_err
aid_near (struct aid_seeking *k, struct aid_span path, struct aid_vec *out, struct aid_error *e)
{
  enum aid_err err = add_siblings (k, path, out, e);

  return err ? err : add_imports (k, path, out, e);
}
