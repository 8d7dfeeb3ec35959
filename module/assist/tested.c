/* A test's name without what makes it a test's, looked for where its source may be: in its folder and the one above, and where
   the folder of tests has its counterpart ("src", "lib", "main", or a folder beside it). */
#include "assist/tested.h"
#include "base/fs.h"

#include <dirent.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define PATH_LIMIT 8192
#define BESIDE_MAX 64 /* folders beside that of the tests that are looked into */

static const char *const prefixes[] = { "test_", "tests_", "test-", NULL };
static const char *const suffixes[]
  = { "_test", "_tests", "-test", "-tests", ".test", ".tests", ".spec", "_spec", "Tests", "Test", "Spec", NULL };
static const char *const folders_of_tests[] = { "test", "tests", "spec", "specs", "__tests__", "t", NULL };

/* A source's ending, for a test's. */
static const char *const endings[][2]
  = { { ".ts", ".tsx" }, { ".tsx", ".ts" }, { ".js", ".ts" },  { ".js", ".jsx" },  { ".js", ".mjs" }, { ".mjs", ".js" },
      { ".cc", ".cpp" }, { ".cpp", ".cc" }, { ".cc", ".h" },   { ".cpp", ".hpp" }, { ".cpp", ".h" },  { ".c", ".h" },
      { ".ml", ".mll" }, { ".ml", ".mly" }, { ".ml", ".mli" }, { ".kt", ".java" } };

/* --- names --------------------------------------------------------------------------------------------------------- */

static struct aid_span
base_of (struct aid_span path)
{
  for (size_t i = path.len; i > 0; i--)
    if (path.ptr[i - 1] == '/')
      return aid_span_cut (path, i, path.len);
  return path;
}

/* The name's ending with its dot, the last one. */
static struct aid_span
ending_of (struct aid_span base)
{
  for (size_t i = base.len; i > 1; i--)
    if (base.ptr[i - 1] == '.')
      return aid_span_cut (base, i - 1, base.len);
  return aid_span_cut (base, base.len, base.len);
}

/* STEM without what makes it a test's; as it is when nothing does. */
static struct aid_span
without_affix (struct aid_span stem)
{
  for (size_t i = 0; prefixes[i]; i++)
    if (aid_span_starts (stem, prefixes[i]) && stem.len > strlen (prefixes[i]))
      return aid_span_cut (stem, strlen (prefixes[i]), stem.len);
  for (size_t i = 0; suffixes[i]; i++)
    if (aid_span_ends (stem, suffixes[i]) && stem.len > strlen (suffixes[i]))
      return aid_span_cut (stem, 0, stem.len - strlen (suffixes[i]));
  return stem;
}

static struct aid_span
stem_of (struct aid_span path)
{
  struct aid_span base = base_of (path);
  return aid_span_cut (base, 0, base.len - ending_of (base).len);
}

/* The last folder of tests in PATH: where it begins and ends (with its slash).  0 when there is none. */
static int
folder_of_tests (struct aid_span path, size_t *from, size_t *to)
{
  int found = 0;
  for (size_t i = 0, begun = 0; i < path.len; i++)
    if (path.ptr[i] == '/')
      {
        for (size_t k = 0; folders_of_tests[k]; k++)
          if (aid_span_eqz (aid_span_cut (path, begun, i), folders_of_tests[k]))
            {
              *from = begun;
              *to = i + 1;
              found = 1;
            }
        begun = i + 1;
      }
  return found;
}

int
aid_is_test (struct aid_span path)
{
  size_t from, to;
  struct aid_span stem = stem_of (path);
  return without_affix (stem).len < stem.len || folder_of_tests (path, &from, &to);
}

/* --- the search ---------------------------------------------------------------------------------------------------- */

struct hunt
{
  const char *root;
  struct aid_span path, stem, ending;
  struct aid_str *out;
};

/* Whether FOLDER/NAME is a file, and not the test itself; FOLDER is from the root, with its slash, or empty. */
static int
is_there (struct hunt *h, struct aid_span folder, struct aid_span name, struct aid_span ending)
{
  struct aid_str rel = AID_STR_INIT (PATH_LIMIT), full = AID_STR_INIT ((size_t)2 * PATH_LIMIT);
  struct stat st;
  aid_str_addspan (&rel, folder);
  aid_str_addspan (&rel, name);
  aid_str_addspan (&rel, ending);
  int there = !rel.err && !aid_span_eq (aid_str_span (&rel), h->path) && !aid_fs_join (&full, h->root, aid_str_z (&rel))
              && lstat (aid_str_z (&full), &st) == 0 && S_ISREG (st.st_mode);
  if (there)
    aid_str_addspan (h->out, aid_str_span (&rel));
  aid_str_free (&rel);
  aid_str_free (&full);
  return there;
}

/* Looks in FOLDER for the stem, also as a path: "build_run" may be "build/run". */
static int
look (struct hunt *h, struct aid_span folder)
{
  struct aid_str name = AID_STR_INIT (PATH_LIMIT);
  int found = 0;
  aid_str_addspan (&name, h->stem);
  for (int as_path = 0; as_path < 2 && !found && !name.err; as_path++)
    {
      char *mark = as_path ? strpbrk (aid_str_z (&name), "_-") : NULL;
      if (as_path && !mark)
        break;
      if (mark)
        *mark = '/';
      found = is_there (h, folder, aid_str_span (&name), h->ending);
      for (size_t i = 0; i < sizeof endings / sizeof *endings && !found; i++)
        found = aid_span_eqz (h->ending, endings[i][0])
                && is_there (h, folder, aid_str_span (&name), aid_span_z (endings[i][1]));
    }
  aid_str_free (&name);
  return found;
}

/* Looks in BEFORE + MIDDLE + AFTER. */
static int
look_between (struct hunt *h, struct aid_span before, const char *middle, struct aid_span after)
{
  struct aid_str folder = AID_STR_INIT (PATH_LIMIT);
  aid_str_addspan (&folder, before);
  aid_str_addz (&folder, middle);
  aid_str_addspan (&folder, after);
  int found = look (h, aid_str_span (&folder));
  aid_str_free (&folder);
  return found;
}

/* The folders in PREFIX, where the tests' is: one may be the package that they are of. */
static int
look_beside (struct hunt *h, struct aid_span prefix)
{
  struct aid_str full = AID_STR_INIT (PATH_LIMIT), folder = AID_STR_INIT (PATH_LIMIT);
  char *z = aid_span_dup (prefix);
  int found = 0, n = 0;
  DIR *d = z && !aid_fs_join (&full, h->root, *z ? z : ".") ? opendir (aid_str_z (&full)) : NULL;
  for (struct dirent *one; d && !found && n < BESIDE_MAX && (one = readdir (d));)
    {
      if (one->d_name[0] == '.' || !strcmp (one->d_name, "node_modules"))
        continue;
      n++;
      aid_str_clear (&folder);
      aid_str_addspan (&folder, prefix);
      aid_str_addf (&folder, "%s/", one->d_name);
      found = look (h, aid_str_span (&folder));
    }
  if (d)
    closedir (d);
  free (z);
  aid_str_free (&full);
  aid_str_free (&folder);
  return found;
}

/* Where the counterpart of the folder of tests, PATH's bytes FROM to TO, may be. */
static int
look_across (struct hunt *h, size_t from, size_t to)
{
  static const char *const instead[] = { "main/", "src/", "lib/", "", "app/", "source/", "src/main/", NULL };
  struct aid_span before = aid_span_cut (h->path, 0, from);
  struct aid_span within = aid_span_cut (h->path, to, h->path.len - base_of (h->path).len);
  for (size_t i = 0; instead[i]; i++)
    if (look_between (h, before, instead[i], within) || (within.len && look_between (h, before, instead[i], AID_SPAN (""))))
      return 1;
  return look_beside (h, before) || (before.len && look_between (h, before, "../src/", within)); /* never above the root */
}

enum aid_err
aid_tested_source (const char *root, struct aid_span path, struct aid_str *out)
{
  struct aid_span base = base_of (path), folder = aid_span_cut (path, 0, path.len - base.len), stem = stem_of (path);
  struct hunt h = { root, path, without_affix (stem), ending_of (base), out };
  size_t from = 0, to = 0;
  int in_tests = folder_of_tests (path, &from, &to), named = h.stem.len < stem.len;
  int found = named && look (&h, folder);
  if (!found && in_tests)
    found = look_across (&h, from, to);
  else if (!found && named)
    found = look_beside (&h, folder);
  return out->err ? out->err : found ? AID_OK : AID_E_NOTFOUND;
}
