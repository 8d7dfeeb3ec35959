/* What a tree is judged by: each tool has a file that gives it away, and a line for each rung.  A new tool is a row. */
#include "base/fs.h"
#include "base/json.h"
#include "ces/box_tree.h"
#include "ces/ces_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define FILE_BYTES ((size_t)1 << 20)

enum needs
{
  ALWAYS,
  TARGET, /* the file, a Makefile, has a target of the line's last word */
  SCRIPT, /* package.json has a script of that name */
  FILES,  /* one of the files in WITH is there */
  PYTHON  /* there are tests in Python, which python.c looks at */
};

struct way
{
  enum aid_rung rung;
  const char *line;
  enum needs needs;
  const char *with;
};

/* A CMakeLists.txt may take what files there are, file (GLOB), and is read again by itself only when it changes. */
#define CMAKE                                                                                                               \
  "{ l=$(find . -name build-aid -prune -o \\( -name '*.[cChHmsS]' -o -name '*.[ch][chpx+]*' -o -name '*.f90' \\) -print "   \
  "| LC_ALL=C sort | cksum); "                                                                                              \
  "[ \"$l\" = \"$(cat build-aid/.aid-files 2>/dev/null)\" ] || "                                                            \
  "{ cmake -S . -B build-aid >/dev/null && echo \"$l\" >build-aid/.aid-files; }; } && cmake --build build-aid"
/* A Makefile beside configure may be one that only asks for that. */
#define CONFIGURED "{ [ .aid-configured -nt configure ] || { ./configure >/dev/null && : >.aid-configured; }; } && make"
#define AUTOCONF                                                                                                            \
  "{ [ .aid-configured -nt configure.ac ] || "                                                                              \
  "{ autoreconf -fi >/dev/null && ./configure >/dev/null && : >.aid-configured; }; } && make"

static const struct tool
{
  const char *name, *file;
  struct way ways[6];
} tools[] = {
  { "dune",
    "dune-project",
    { { AID_RUNG_TYPES, "dune build @check", ALWAYS, NULL },
      { AID_RUNG_BUILDS, "dune build", ALWAYS, NULL },
      { AID_RUNG_TESTS, "dune runtest", ALWAYS, NULL } } },
  { "dune",
    "dune-workspace",
    { { AID_RUNG_TYPES, "dune build @check", ALWAYS, NULL },
      { AID_RUNG_BUILDS, "dune build", ALWAYS, NULL },
      { AID_RUNG_TESTS, "dune runtest", ALWAYS, NULL } } },
  { "cargo",
    "Cargo.toml",
    { { AID_RUNG_TYPES, "cargo check --offline --all-targets", ALWAYS, NULL },
      { AID_RUNG_BUILDS, "cargo build --offline", ALWAYS, NULL },
      { AID_RUNG_TESTS, "cargo test --offline", ALWAYS, NULL } } },
  { "go",
    "go.mod",
    { { AID_RUNG_TYPES, "go vet ./...", ALWAYS, NULL },
      { AID_RUNG_BUILDS, "go build ./...", ALWAYS, NULL },
      { AID_RUNG_TESTS, "go test ./...", ALWAYS, NULL } } },
  { "cmake",
    "CMakeLists.txt",
    { { AID_RUNG_BUILDS, CMAKE, ALWAYS, NULL },
      { AID_RUNG_TESTS, CMAKE " && ctest --output-on-failure --test-dir build-aid", ALWAYS, NULL } } },
#define MAKE_WAYS                                                                                                           \
  {                                                                                                                         \
    { AID_RUNG_BUILDS, "make", ALWAYS, NULL }, { AID_RUNG_TESTS, "make check", TARGET, "check" },                           \
    {                                                                                                                       \
      AID_RUNG_TESTS, "make test", TARGET, "test"                                                                           \
    }                                                                                                                       \
  }
  { "configure",
    "configure",
    { { AID_RUNG_BUILDS, CONFIGURED, ALWAYS, NULL }, { AID_RUNG_TESTS, CONFIGURED " check", ALWAYS, NULL } } },
  { "make", "GNUmakefile", MAKE_WAYS },
  { "make", "makefile", MAKE_WAYS },
  { "make", "Makefile", MAKE_WAYS },
  { "autoconf",
    "configure.ac",
    { { AID_RUNG_BUILDS, AUTOCONF, ALWAYS, NULL }, { AID_RUNG_TESTS, AUTOCONF " check", ALWAYS, NULL } } },
  { "npm",
    "package.json",
    { { AID_RUNG_TYPES, "node_modules/.bin/tsc --noEmit", FILES, "node_modules/.bin/tsc" },
      { AID_RUNG_TYPES, "tsc --noEmit", FILES, "tsconfig.json" },
      { AID_RUNG_BUILDS, "npm run --silent build", SCRIPT, "build" },
      { AID_RUNG_TESTS, "npm test --silent", SCRIPT, "test" } } },
#define PYTHON_WAYS                                                                                                         \
  {                                                                                                                         \
    {                                                                                                                       \
      AID_RUNG_TESTS, NULL, PYTHON, NULL                                                                                    \
    }                                                                                                                       \
  }
  { "python", "pyproject.toml", PYTHON_WAYS },
  { "python", "setup.py", PYTHON_WAYS },
  { "python", "setup.cfg", PYTHON_WAYS },
  { "python", "requirements.txt", PYTHON_WAYS },
};
#define NTOOLS (sizeof tools / sizeof *tools)
#define NWAYS (sizeof tools->ways / sizeof *tools->ways)

/* --- what a way needs --------------------------------------------------------------------------------------------- */

static int
is_there (const char *dir, struct aid_span name)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&path, "%s/%.*s", dir, (int)name.len, name.ptr);
  int there = !path.err && aid_fs_exists (aid_str_z (&path));
  aid_str_free (&path);
  return there;
}

static void
read_text (const char *dir, const char *name, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&path, "%s/%s", dir, name);
  if (aid_fs_read_itself (aid_str_z (&path), out, NULL))
    aid_str_clear (out);
  aid_str_free (&path);
}

/* The names that LINE of a Makefile has rules for. */
static struct aid_span
targets_of (struct aid_span line)
{
  const char *colon = line.len && line.ptr[0] != '\t' && line.ptr[0] != '#' ? memchr (line.ptr, ':', line.len) : NULL;
  size_t n = colon ? (size_t)(colon - line.ptr) : 0;
  struct aid_span names = aid_span_cut (line, 0, n), after = aid_span_cut (line, n, line.len);
  int sets = memchr (names.ptr, '=', names.len) || aid_span_starts (after, ":=") || aid_span_starts (after, "::=");
  return sets ? aid_span_cut (line, 0, 0) : names;
}

/* Whether a line of the Makefile begins a rule for TARGET. */
static int
has_target (const char *dir, const char *file, const char *target)
{
  struct aid_str text = AID_STR_INIT (FILE_BYTES);
  struct aid_span rest, line;
  int found = 0;
  read_text (dir, file, &text);
  rest = aid_str_span (&text);
  while (!found && aid_span_line (&rest, &line))
    {
      struct aid_span names = targets_of (line);
      while (names.len && !found)
        {
          names = aid_span_trim (names);
          const char *blank = memchr (names.ptr, ' ', names.len);
          size_t n = blank ? (size_t)(blank - names.ptr) : names.len;
          found = aid_span_eqz (aid_span_cut (names, 0, n), target);
          names = aid_span_cut (names, n, names.len);
        }
    }
  aid_str_free (&text);
  return found;
}

static int
has_script (const char *dir, const char *name)
{
  struct aid_str text = AID_STR_INIT (FILE_BYTES);
  read_text (dir, "package.json", &text);
  json_t *package = aid_json_load (aid_str_span (&text));
  int found = aid_json_str (json_object_get (package, "scripts"), name) != NULL;
  json_decref (package);
  aid_str_free (&text);
  return found;
}

static int
has_one_of (const char *dir, const char *names)
{
  for (struct aid_span rest = aid_span_z (names); rest.len;)
    {
      const char *blank = memchr (rest.ptr, ' ', rest.len);
      size_t n = blank ? (size_t)(blank - rest.ptr) : rest.len;
      if (is_there (dir, aid_span_cut (rest, 0, n)))
        return 1;
      rest = aid_span_cut (rest, n + (blank != NULL), rest.len);
    }
  return 0;
}

/* Whether the folder itself has a program in Python. */
static int
has_python (const char *path)
{
  DIR *dir = opendir (path);
  int found = 0;
  for (struct dirent *d; dir && !found && (d = readdir (dir));)
    found = aid_span_ends (aid_span_z (d->d_name), ".py");
  if (dir)
    closedir (dir);
  return found;
}

static int
can (const char *dir, const struct tool *t, const struct way *w)
{
  switch (w->needs)
    {
    case TARGET:
      return has_target (dir, t->file, w->with);
    case SCRIPT:
      return has_script (dir, w->with);
    case FILES:
      return has_one_of (dir, w->with);
    case PYTHON:
      return 0; /* it has a line of its own */
    default:
      return 1;
    }
}

/* --- the tree's commands ------------------------------------------------------------------------------------------ */

static const struct tool *
find_tool (const char *dir)
{
  for (size_t i = 0; i < NTOOLS; i++)
    if (is_there (dir, aid_span_z (tools[i].file)))
      return &tools[i];
  return has_python (dir) ? &tools[NTOOLS - 1] : NULL;
}

/* T's line for R, to be freed, or NULL. */
static char *
line_by (const char *dir, const struct tool *t, enum aid_rung r)
{
  for (size_t i = 0; i < NWAYS; i++)
    {
      const struct way *w = &t->ways[i];
      if (w->rung == r && w->needs == PYTHON)
        return aid_ces_python_tests (dir);
      if (w->rung == r && w->line && can (dir, t, w))
        return strdup (w->line);
    }
  return NULL;
}

/* What T does not test may be tested by another tool: a Makefile is often but a list of what is typed else. */
static char *
line_of (const char *dir, const struct tool *t, enum aid_rung r)
{
  if (r == AID_RUNG_PARSES)
    return strdup (AID_CES_PARSE_EACH);
  char *line = t ? line_by (dir, t, r) : NULL;
  for (; t && t < tools + NTOOLS && !line && r == AID_RUNG_TESTS; t++)
    if (is_there (dir, aid_span_z (t->file)) && strcmp (t->name, "make") != 0)
      line = line_by (dir, t, r);
  return line;
}

/* Appends where T's commands run: a folder of TREE that no link leads to, for the box goes through none. */
static enum aid_err
find_directory (const struct aid_ces_task *t, const char *tree, struct aid_str *dir, struct aid_error *e)
{
  if (!t->directory)
    return aid_str_addz (dir, tree);
  int root = open (tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int fd = root < 0 ? -1 : aid_box_tree_folder (root, t->directory, NULL);
  if (root >= 0)
    close (root);
  if (fd < 0)
    return aid_error_set (e, AID_E_NOTFOUND, "The task's directory %.100s is no folder of its tree", t->directory);
  close (fd);
  return aid_str_addf (dir, "%s/%s", tree, t->directory);
}

enum aid_err
aid_ces_detect (const struct aid_ces_task *t, const char *tree, struct aid_ces_commands *out, struct aid_error *e)
{
  struct aid_str dir = AID_STR_INIT (AID_CES_PATH);
  *out = (struct aid_ces_commands){ .tool = NULL };
  enum aid_err err = find_directory (t, tree, &dir, e);
  const struct tool *tool = err ? NULL : find_tool (aid_str_z (&dir));
  out->tool = tool ? tool->name : NULL;
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS && !err; r++)
    {
      if (t->how[r] == AID_CES_DETECTED)
        out->lines[r] = line_of (aid_str_z (&dir), tool, r);
      else if (t->how[r] == AID_CES_GIVEN && !(out->lines[r] = strdup (t->lines[r])))
        err = aid_error_set (e, AID_E_NOMEM, "No memory for a task's commands");
    }
  aid_str_free (&dir);
  return err;
}

void
aid_ces_commands_free (struct aid_ces_commands *c)
{
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    free (c->lines[r]);
  *c = (struct aid_ces_commands){ .tool = NULL };
}

/* --- parsers of a file -------------------------------------------------------------------------------------------- */

/* without the interface of the standard library, which is of no use to a parser */
#define OCAMLC "ocamlc -nostdlib -nopervasives -stop-after parsing "
/* without the frame of the program itself, which is in no file */
#define PYTHON                                                                                                              \
  "python3 -c 'import sys; sys.tracebacklimit = 0; compile(open(sys.argv[1], \"rb\").read(), sys.argv[1], \"exec\")'"

static const struct parser
{
  const char *ending, *program, *line; /* the file's name is put behind LINE */
  int reads_more;                      /* other files have a say: node asks the package.json above */
} parsers[] = {
  { ".ml", "ocamlc", OCAMLC "-impl", 0 },
  { ".mli", "ocamlc", OCAMLC "-intf", 0 },
  { ".py", "python3", PYTHON, 0 },
  { ".js", "node", "js", 1 },
  { ".mjs", "node", "js", 1 },
  { ".cjs", "node", "js", 1 },
  { ".go", "gofmt", "gofmt -e >/dev/null", 0 },
  { ".rb", "ruby", "ruby -c >/dev/null", 0 },
  { ".sh", "sh", "sh -n", 0 },
};
#define NPARSERS (sizeof parsers / sizeof *parsers)

static const struct parser *
parser_of (const char *path)
{
  const struct parser *p = parsers;
  while (p < parsers + NPARSERS && !aid_span_ends (aid_span_z (path), p->ending))
    p++;
  return p < parsers + NPARSERS ? p : NULL;
}

int
aid_ces_parses_alone (const char *path)
{
  const struct parser *p = parser_of (path);
  return p && !p->reads_more;
}

size_t
aid_ces_parse_lines (const struct aid_vec *paths, struct aid_str *out)
{
  size_t n = 0;
  aid_str_addz (out, "n=0; r=0\njs () { node --check \"$1\" 2>/dev/null || node --input-type=module --check <\"$1\"; }\n");
  for (size_t i = 0; i < paths->len; i++)
    {
      const char *path = AID_VEC_AT (char *, paths, i);
      const struct parser *p = parser_of (path);
      if (!p)
        continue;
      n++;
      aid_str_addf (out, "if command -v %s >/dev/null; then n=1; %s %s", p->program, p->line, *path == '-' ? "./" : "");
      aid_str_add_quoted (out, aid_span_z (path));
      aid_str_addz (out, " || r=1; fi\n");
    }
  aid_str_addf (out, "[ $n = 1 ] || exit %d\nexit $r\n", AID_CES_NO_PARSER);
  return n;
}
