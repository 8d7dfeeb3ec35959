/* Where strategies are: the project's folder, the user's, what the build put into the core. */
#include "assist/strategy_internal.h"
#include "base/fs.h"
#include <dirent.h>
#include <stdlib.h>

const char *
aid_origin_name (enum aid_origin o)
{
  static const char *const names[] = { "project", "user", "shipped" };
  return names[o];
}

int
aid_strategy_is_name (struct aid_span name)
{
  if (!name.len || name.len > 64 || name.ptr[0] == '-')
    return 0;
  for (size_t i = 0; i < name.len; i++)
    if (!((name.ptr[i] >= 'a' && name.ptr[i] <= 'z') || (name.ptr[i] >= '0' && name.ptr[i] <= '9') || name.ptr[i] == '-'))
      return 0;
  return 1;
}

/* The folder of ORIGIN; empty when there is none. */
static void
folder_of (const char *root, enum aid_origin origin, struct aid_str *out)
{
  if (origin == AID_ORIGIN_PROJECT && root)
    aid_str_addf (out, "%s/.aid/strategies", root);
  else if (origin == AID_ORIGIN_USER && !aid_fs_xdg (AID_DIR_CONFIG, out, NULL))
    aid_str_addz (out, "/strategies");
}

int
aid_strategy_inside (const char *root, const char *path)
{
  char *top = realpath (root, NULL), *real = realpath (path, NULL);
  size_t n = top ? strlen (top) : 0;
  int inside = top && real && !strncmp (real, top, n) && (real[n] == '/' || (n && top[n - 1] == '/'));
  free (top);
  free (real);
  return inside;
}

static enum aid_err
read_in_folder (const char *root, enum aid_origin origin, const char *name, struct aid_strategy_file *out,
                struct aid_error *e)
{
  folder_of (root, origin, &out->path);
  if (!out->path.len)
    return AID_E_NOTFOUND;
  aid_str_addf (&out->path, "/%s", name);
  const char *path = aid_str_z (&out->path);
  if (!aid_fs_exists (path))
    return AID_E_NOTFOUND;
  if (origin == AID_ORIGIN_PROJECT && !aid_strategy_inside (root, path))
    return aid_error_set (e, AID_E_REFUSED, "%s leads out of the project: it is not read.", path);
  enum aid_err err = aid_fs_read (path, &out->text, e);
  if (err == AID_E_LIMIT)
    aid_error_set (e, err, "%s is larger than the %u kB that a strategy may have.", path, AID_STRATEGY_FILE_MAX >> 10);
  return err;
}

static enum aid_err
read_shipped (const char *name, struct aid_strategy_file *out)
{
  for (const struct aid_shipped *s = aid_shipped_strategies; s->name; s++)
    if (!strcmp (s->name, name))
      {
        aid_str_addf (&out->path, "strategies/%s", name);
        return aid_str_addz (&out->text, s->text);
      }
  return AID_E_NOTFOUND;
}

enum aid_err
aid_strategy_file_find (const char *root, enum aid_origin origin, const char *name, struct aid_strategy_file *out,
                        struct aid_error *e)
{
  enum aid_err err = AID_E_NOTFOUND;
  out->text = AID_STR_INIT (AID_STRATEGY_FILE_MAX);
  out->path = AID_STR_INIT (8192);
  for (int o = (int)origin; o < AID_ORIGIN_COUNT && err == AID_E_NOTFOUND; o++)
    {
      aid_str_clear (&out->path);
      out->origin = (enum aid_origin)o;
      err = o == AID_ORIGIN_SHIPPED ? read_shipped (name, out) : read_in_folder (root, out->origin, name, out, e);
    }
  return err;
}

void
aid_strategy_file_free (struct aid_strategy_file *f)
{
  aid_str_free (&f->text);
  aid_str_free (&f->path);
}

static void
add_name (struct aid_vec *names, const char *file)
{
  struct aid_span v = aid_span_z (file);
  if (!aid_span_ends (v, ".md"))
    return;
  v.len -= 3;
  if (!aid_strategy_is_name (v))
    return;
  char **slot = aid_vec_push (names);
  if (slot && !(*slot = aid_span_dup (v)))
    names->len--;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

void
aid_strategy_names (const char *root, enum aid_origin origin, struct aid_vec *names)
{
  struct aid_str folder = AID_STR_INIT (8192);
  size_t before = names->len;
  if (origin == AID_ORIGIN_SHIPPED)
    for (const struct aid_shipped *s = aid_shipped_strategies; s->name; s++)
      add_name (names, s->name);
  else
    folder_of (root, origin, &folder);
  DIR *dir = folder.len ? opendir (aid_str_z (&folder)) : NULL;
  for (struct dirent *d; dir && (d = readdir (dir));)
    add_name (names, d->d_name);
  if (dir)
    closedir (dir);
  if (names->len > before)
    qsort (&AID_VEC_AT (char *, names, before), names->len - before, sizeof (char *), by_name);
  aid_str_free (&folder);
}
