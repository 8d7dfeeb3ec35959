/* Each tool has a file that gives it away.  The project's root is looked at first; else the nearest folder upwards from where
   the person is.  A tool that a build was not set up for (meson, cmake) is passed over: nothing is configured unasked. */
#include "build/detect.h"
#include "base/fs.h"
#include "base/json.h"
#include "config/config.h"
#include "config/trust.h"

#include <stdlib.h>

#define PATH_LIMIT 4096
#define FILE_BYTES ((size_t)1 << 20)
#define ASKED "aid:build " /* what leave is kept under, before the command */

enum needs
{
  NOTHING,
  MAKE_TARGET, /* the Makefile has CHECK or TEST */
  NPM_SCRIPT,  /* package.json has the script */
  BUILD_FOLDER /* one of the usual folders has FILE */
};

struct way
{
  const char *line; /* "%" stands for what NEEDS has found */
  enum needs needs;
  const char *file;
};

static const struct tool
{
  const char *name, *file;
  struct way ways[3]; /* by enum aid_build_what */
} tools[] = {
  { "dune", "dune-project", { { "dune build", 0, 0 }, { "dune test", 0, 0 }, { "dune build --watch", 0, 0 } } },
  { "dune", "dune-workspace", { { "dune build", 0, 0 }, { "dune test", 0, 0 }, { "dune build --watch", 0, 0 } } },
  { "cargo", "Cargo.toml", { { "cargo build", 0, 0 }, { "cargo test", 0, 0 }, { 0 } } },
  { "go", "go.mod", { { "go build ./...", 0, 0 }, { "go test ./...", 0, 0 }, { 0 } } },
  { "meson",
    "meson.build",
    { { "ninja -C %", BUILD_FOLDER, "build.ninja" }, { "meson test -C %", BUILD_FOLDER, "build.ninja" }, { 0 } } },
  { "cmake",
    "CMakeLists.txt",
    { { "cmake --build %", BUILD_FOLDER, "CMakeCache.txt" },
      { "ctest --output-on-failure --test-dir %", BUILD_FOLDER, "CMakeCache.txt" },
      { 0 } } },
  { "make", "GNUmakefile", { { "make", 0, 0 }, { "make %", MAKE_TARGET, "GNUmakefile" }, { 0 } } },
  { "make", "Makefile", { { "make", 0, 0 }, { "make %", MAKE_TARGET, "Makefile" }, { 0 } } },
  { "make", "makefile", { { "make", 0, 0 }, { "make %", MAKE_TARGET, "makefile" }, { 0 } } },
  { "ninja", "build.ninja", { { "ninja", 0, 0 }, { "ninja test", 0, 0 }, { 0 } } },
  { "npm", "package.json", { { "npm run build", NPM_SCRIPT, "build" }, { "npm test", NPM_SCRIPT, "test" }, { 0 } } },
  { "tsc",
    "tsconfig.json",
    { { "node_modules/.bin/tsc --noEmit", 0, 0 }, { 0 }, { "node_modules/.bin/tsc --noEmit --watch", 0, 0 } } },
};
#define NTOOLS (sizeof tools / sizeof *tools)

/* --- commands --- */

void
aid_build_command_free (struct aid_build_command *c)
{
  for (size_t i = 0; i < AID_BUILD_ARGS; i++)
    free (c->argv[i]);
  free (c->dir);
  free (c->shown);
  *c = (struct aid_build_command){ { NULL }, NULL, NULL, NULL, 0 };
}

static enum aid_err
no_memory (struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOMEM, "No memory for a build command");
}

enum aid_err
aid_build_given (const char *line, const char *dir, struct aid_build_command *out, struct aid_error *e)
{
  *out = (struct aid_build_command){
    { strdup ("sh"), strdup ("-c"), strdup (line), NULL }, strdup (dir), strdup (line), "given", 0
  };
  return out->argv[0] && out->argv[1] && out->argv[2] && out->dir && out->shown ? AID_OK : no_memory (e);
}

/* The words of LINE, FOUND in the place of "%". */
static enum aid_err
split (const struct tool *t, const char *line, const char *found, const char *dir, struct aid_build_command *out,
       struct aid_error *e)
{
  struct aid_str shown = AID_STR_INIT (PATH_LIMIT);
  struct aid_span rest = aid_span_z (line);
  size_t n = 0;
  while (rest.len && n < AID_BUILD_ARGS)
    {
      const char *blank = memchr (rest.ptr, ' ', rest.len);
      size_t len = blank ? (size_t)(blank - rest.ptr) : rest.len;
      struct aid_span word = aid_span_cut (rest, 0, len);
      if (aid_span_eqz (word, "%"))
        word = aid_span_z (found);
      rest = aid_span_cut (rest, len + (blank != NULL), rest.len);
      aid_str_addf (&shown, "%s%.*s", n ? " " : "", (int)word.len, word.ptr);
      if (!(out->argv[n++] = aid_span_dup (word)))
        break;
    }
  out->shown = aid_str_steal (&shown);
  out->dir = strdup (dir);
  out->tool = t->name;
  return n && out->argv[n - 1] && out->shown && out->dir ? AID_OK : no_memory (e);
}

/* --- what the settings say --- */

static enum aid_err
from_array (const json_t *words, const char *dir, struct aid_build_command *out, struct aid_error *e)
{
  struct aid_str shown = AID_STR_INIT (PATH_LIMIT);
  size_t n = json_array_size (words);
  if (n > AID_BUILD_ARGS)
    return aid_error_set (e, AID_E_LIMIT, "The setting's command has more than %d words", AID_BUILD_ARGS);
  for (size_t i = 0; i < n; i++)
    {
      const char *word = json_string_value (json_array_get (words, i));
      aid_str_addf (&shown, "%s%s", i ? " " : "", word);
      if (!(out->argv[i] = strdup (word)))
        break;
    }
  out->shown = aid_str_steal (&shown);
  out->dir = strdup (dir);
  return out->argv[n - 1] && out->shown && out->dir ? AID_OK : no_memory (e);
}

/* AID_E_NOTFOUND when they say nothing. */
static enum aid_err
from_settings (const char *root, enum aid_build_what what, struct aid_build_command *out, struct aid_error *e)
{
  struct aid_config *c = aid_config_load (root, e);
  if (!c)
    return AID_E_INVALID;
  const json_t *v = aid_config_get (c, what == AID_BUILD_TEST ? "test" : "build");
  enum aid_err err = !v                   ? AID_E_NOTFOUND
                     : json_is_string (v) ? aid_build_given (json_string_value (v), root, out, e)
                                          : from_array (v, root, out, e);
  if (!err)
    {
      out->tool = "settings";
      out->ours = 1;
    }
  aid_config_free (c);
  return err;
}

/* --- what the files say --- */

static int
has_file (const char *dir, const char *name)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  int has = !aid_fs_join (&path, dir, name) && aid_fs_exists (aid_str_z (&path));
  aid_str_free (&path);
  return has;
}

static int
read_file (const char *dir, const char *name, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  int ok = !aid_fs_join (&path, dir, name) && !aid_fs_read (aid_str_z (&path), out, NULL);
  aid_str_free (&path);
  return ok;
}

/* Whether LINE of a Makefile makes TARGET. */
static int
makes (struct aid_span line, const char *target)
{
  const char *colon = line.len ? memchr (line.ptr, ':', line.len) : NULL;
  size_t n = strlen (target), end = colon ? (size_t)(colon - line.ptr) : 0;
  for (size_t i = 0; i + n <= end; i++)
    if (!memcmp (line.ptr + i, target, n) && (i == 0 || line.ptr[i - 1] == ' ') && (i + n == end || line.ptr[i + n] == ' '))
      return line.ptr[0] != '\t' && line.ptr[0] != '#' && line.ptr[0] != '.'
             && (end + 1 == line.len || line.ptr[end + 1] != '=');
  return 0;
}

static const char *
make_target (const char *dir, const char *file)
{
  static const char *const targets[] = { "check", "test", "tests" };
  struct aid_str text = AID_STR_INIT (FILE_BYTES);
  const char *found = NULL;
  if (read_file (dir, file, &text))
    for (size_t i = 0; i < 3 && !found; i++)
      {
        struct aid_span rest = aid_str_span (&text), line;
        while (!found && aid_span_line (&rest, &line))
          found = makes (line, targets[i]) ? targets[i] : NULL;
      }
  aid_str_free (&text);
  return found;
}

static int
has_script (const char *dir, const char *name)
{
  struct aid_str text = AID_STR_INIT (FILE_BYTES);
  json_t *all = read_file (dir, "package.json", &text) ? aid_json_parse (aid_str_span (&text), "package.json", NULL) : NULL;
  const char *script = aid_json_str (json_object_get (all, "scripts"), name);
  int has = script && !strstr (script, "no test specified"); /* what npm init writes */
  json_decref (all);
  aid_str_free (&text);
  return has;
}

static const char *
build_folder (const char *dir, const char *file)
{
  static const char *const folders[] = { "build", "builddir", "_build", "out", "." };
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    {
      char name[64];
      snprintf (name, sizeof name, "%s/%s", folders[i], file);
      if (has_file (dir, name))
        return folders[i];
    }
  return NULL;
}

/* Whether W works in DIR; *FOUND for its "%". */
static int
works (const struct way *w, const char *dir, const char **found)
{
  *found = "";
  if (!w->line)
    return 0;
  if (w->needs == NPM_SCRIPT)
    return has_script (dir, w->file);
  if (w->needs == MAKE_TARGET)
    *found = make_target (dir, w->file);
  else if (w->needs == BUILD_FOLDER)
    *found = build_folder (dir, w->file);
  else if (!strncmp (w->line, "node_modules/", 13))
    return has_file (dir, "node_modules/.bin/tsc");
  return *found != NULL;
}

/* 1 found, 0 not, and -1 when a tool was seen that cannot do WHAT yet: *SEEN. */
static int
look_in (const char *dir, enum aid_build_what what, struct aid_build_command *out, const struct tool **seen,
         struct aid_error *e, enum aid_err *err)
{
  const char *found;
  for (size_t i = 0; i < NTOOLS; i++)
    if (has_file (dir, tools[i].file))
      {
        if (!*seen)
          *seen = &tools[i];
        if (works (&tools[i].ways[what], dir, &found))
          {
            *err = split (&tools[i], tools[i].ways[what].line, found, dir, out, e);
            return 1;
          }
      }
  return 0;
}

/* Whether the project's settings have a SETTING that does not count until they are trusted. */
static int
waits (const char *root, const char *setting)
{
  const char *names;
  struct aid_config *c = aid_config_load (root, NULL);
  int found = 0;
  if (c && aid_config_waiting (c, &names))
    for (struct aid_span rest = aid_span_z (names), name; !found && rest.len;)
      {
        const char *comma = memchr (rest.ptr, ',', rest.len);
        name = aid_span_cut (rest, 0, comma ? (size_t)(comma - rest.ptr) : rest.len);
        rest = aid_span_cut (rest, comma ? name.len + 1 : rest.len, rest.len);
        found = aid_span_eqz (aid_span_trim (name), setting);
      }
  aid_config_free (c);
  return found;
}

static enum aid_err
nothing (const struct tool *seen, const char *root, enum aid_build_what what, struct aid_error *e)
{
  const char *setting = what == AID_BUILD_TEST ? "test" : "build";
  if (seen && what == AID_BUILD_WATCH)
    return aid_error_set (e, AID_E_NOTFOUND, "%s has no watch mode that is known here", seen->name);
  if (seen && seen->ways[what].needs == BUILD_FOLDER)
    return aid_error_set (e, AID_E_NOTFOUND, "%s was not set up in %s yet: %s, or name a command by the setting \"%s\"",
                          seen->name, root, !strcmp (seen->name, "meson") ? "meson setup build" : "cmake -B build", setting);
  if (waits (root, setting))
    return aid_error_set (e, AID_E_NOTFOUND, "How %s is %s waits for your trust: \"%s\" in .aid/config.json (aid trust)",
                          root, what == AID_BUILD_TEST ? "tested" : "built", setting);
  return aid_error_set (e, AID_E_NOTFOUND,
                        "How %s is %s was not found: name a command by the setting \"%s\" in .aid/config.json", root,
                        what == AID_BUILD_TEST ? "tested" : "built", setting);
}

enum aid_err
aid_build_detect (const char *root, const char *dir, enum aid_build_what what, struct aid_build_command *out,
                  struct aid_error *e)
{
  const struct tool *seen = NULL;
  size_t n = strlen (root);
  *out = (struct aid_build_command){ { NULL }, NULL, NULL, NULL, 0 };
  enum aid_err err = what == AID_BUILD_WATCH ? AID_E_NOTFOUND : from_settings (root, what, out, e);
  if (err != AID_E_NOTFOUND || look_in (root, what, out, &seen, e, &err))
    return err;
  char *at = dir && !strncmp (dir, root, n) && dir[n] == '/' ? strdup (dir) : NULL;
  int found = 0;
  while (at && strlen (at) > n && !found)
    {
      found = look_in (at, what, out, &seen, e, &err);
      *strrchr (at, '/') = 0;
    }
  free (at);
  return found ? err : nothing (seen, root, what, e);
}

/* --- leave --- */

static void
leave_name (const struct aid_build_command *c, struct aid_str *out)
{
  aid_str_addf (out, ASKED "%s", c->shown);
}

int
aid_build_trusted (const char *root, const struct aid_build_command *c)
{
  struct aid_str name = AID_STR_INIT (PATH_LIMIT);
  leave_name (c, &name);
  int trusted = c->ours || (!name.err && aid_trust_has (root, aid_str_z (&name), aid_span_z (c->shown)));
  aid_str_free (&name);
  return trusted;
}

enum aid_err
aid_build_trust (const char *root, const struct aid_build_command *c, struct aid_error *e)
{
  struct aid_str name = AID_STR_INIT (PATH_LIMIT);
  leave_name (c, &name);
  enum aid_err err = name.err ? aid_error_set (e, AID_E_LIMIT, "The command is longer than %d bytes", PATH_LIMIT)
                              : aid_trust_add (root, aid_str_z (&name), aid_span_z (c->shown), e);
  aid_str_free (&name);
  return err;
}

/* --- watching --- */

int
aid_build_watch_line (struct aid_span line)
{
  if (aid_span_starts (line, "********** NEW BUILD")
      || aid_span_find (line, AID_SPAN ("Starting incremental compilation")) >= 0
      || aid_span_find (line, AID_SPAN ("Starting compilation in watch mode")) >= 0)
    return 1;
  if (!aid_span_ends (line, "waiting for filesystem changes...") && !aid_span_ends (line, "Watching for file changes."))
    return 0;
  return aid_span_starts (line, "Success") || aid_span_find (line, AID_SPAN ("Found 0 errors")) >= 0 ? 2 : 3;
}
