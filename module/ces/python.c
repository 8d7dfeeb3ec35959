/* How a project in Python is tested: by pytest where its settings or its tests are pytest's, else by unittest, which would find
   no test in those, and pass. */
#include "base/fs.h"
#include "ces/ces_internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_BYTES ((size_t)1 << 20)
#define DEPTH 4     /* folders of tests in folders of tests */
#define LOOKED 2000 /* files */

struct tests
{
  int found, pytest, left;
};

static int
read_file (const char *dir, const char *name, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  aid_str_clear (out);
  aid_str_addf (&path, "%s/%s", dir, name);
  int ok = !path.err && !aid_fs_read_itself (aid_str_z (&path), out, NULL);
  aid_str_free (&path);
  return ok;
}

/* --- the settings ------------------------------------------------------------------------------------------------- */

static int
is_set_up (const char *dir)
{
  static const struct
  {
    const char *file, *words; /* in it; "": that it is there is enough */
  } places[] = { { "pytest.ini", "" },
                 { "conftest.py", "" },
                 { "tests/conftest.py", "" },
                 { "test/conftest.py", "" },
                 { "pyproject.toml", "[tool.pytest" },
                 { "setup.cfg", "[tool:pytest]" },
                 { "tox.ini", "pytest" } };
  struct aid_str text = AID_STR_INIT (FILE_BYTES);
  int yes = 0;
  for (size_t i = 0; i < sizeof places / sizeof *places && !yes; i++)
    yes = read_file (dir, places[i].file, &text) && aid_span_find (aid_str_span (&text), aid_span_z (places[i].words)) >= 0;
  aid_str_free (&text);
  return yes;
}

/* --- the tests ---------------------------------------------------------------------------------------------------- */

/* Functions, and classes of no base, are tests to pytest alone. */
static int
is_pytest (struct aid_span text)
{
  static const char *const begins[] = { "def test", "async def test", "import pytest", "from pytest" };
  struct aid_span line;
  while (aid_span_line (&text, &line))
    {
      for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (aid_span_starts (line, begins[i]))
          return 1;
      if (aid_span_starts (line, "class Test") && aid_span_find (line, AID_SPAN ("(")) < 0)
        return 1;
    }
  return 0;
}

static int
is_test (const char *name)
{
  struct aid_span z = aid_span_z (name);
  return (aid_span_starts (z, "test") && aid_span_ends (z, ".py")) || aid_span_ends (z, "_test.py");
}

/* Looks at the tests in the folder PATH, and DEPTH folders below it. */
static void
look (const char *path, int depth, struct tests *t)
{
  DIR *dir = opendir (path);
  struct aid_str text = AID_STR_INIT (FILE_BYTES), below = AID_STR_INIT (AID_CES_PATH);
  struct stat st;
  for (struct dirent *d; dir && t->left > 0 && (d = readdir (dir));)
    {
      aid_str_clear (&below);
      aid_str_addf (&below, "%s/%s", path, d->d_name);
      if (d->d_name[0] == '.' || below.err || lstat (aid_str_z (&below), &st))
        continue;
      if (S_ISDIR (st.st_mode) && depth > 0)
        look (aid_str_z (&below), depth - 1, t);
      else if (S_ISREG (st.st_mode) && is_test (d->d_name) && t->left-- > 0)
        {
          t->found = 1;
          t->pytest = t->pytest || (read_file (path, d->d_name, &text) && is_pytest (aid_str_span (&text)));
        }
    }
  if (dir)
    closedir (dir);
  aid_str_free (&text);
  aid_str_free (&below);
}

static struct tests
look_in (const char *dir, const char *name, int depth)
{
  struct tests t = { .left = LOOKED };
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&path, "%s/%s", dir, name);
  if (!path.err)
    look (aid_str_z (&path), depth, &t);
  aid_str_free (&path);
  return t;
}

/* --- the line ----------------------------------------------------------------------------------------------------- */

/* The layout in which the tests run over what is installed: here it is where it lies. */
static int
is_in_src (const char *dir)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH), one = AID_STR_INIT (AID_CES_PATH);
  int yes = 0;
  aid_str_addf (&path, "%s/src", dir);
  DIR *src = path.err ? NULL : opendir (aid_str_z (&path));
  for (struct dirent *d; src && !yes && (d = readdir (src));)
    {
      aid_str_clear (&one);
      aid_str_addf (&one, "%s/%s/__init__.py", aid_str_z (&path), d->d_name);
      yes = d->d_name[0] != '.' && (aid_span_ends (aid_span_z (d->d_name), ".py") || aid_fs_exists (aid_str_z (&one)));
    }
  if (src)
    closedir (src);
  aid_str_free (&path);
  aid_str_free (&one);
  return yes;
}

char *
aid_ces_python_tests (const char *dir)
{
  const struct tests tests = look_in (dir, "tests", DEPTH), test = look_in (dir, "test", DEPTH), own = look_in (dir, ".", 0);
  struct aid_str line = AID_STR_INIT (AID_CES_LINE_MAX), init = AID_STR_INIT (AID_CES_PATH);
  const char *in = tests.found ? "tests" : test.found ? "test" : NULL;
  aid_str_addz (&line, is_in_src (dir) ? "PYTHONPATH=src " : "");
  aid_str_addf (&init, "%s/%s/__init__.py", dir, in ? in : "");
  if (is_set_up (dir) || tests.pytest || test.pytest || own.pytest)
    aid_str_addz (&line, "python3 -m pytest -q");
  else if (in)
    aid_str_addf (&line, "python3 -m unittest discover -s %s%s", in, aid_fs_exists (aid_str_z (&init)) ? " -t ." : "");
  else if (own.found)
    aid_str_addz (&line, "python3 -m unittest discover");
  char *z = in || own.found || is_set_up (dir) ? aid_str_steal (&line) : NULL;
  aid_str_free (&line);
  aid_str_free (&init);
  return z;
}
