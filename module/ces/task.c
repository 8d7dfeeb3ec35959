/* Reading a task: what it may say, where, and what names its warm tree. */
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define NUMBER_MAX (1 << 20) /* of a limit: a week of seconds, a terabyte */

static enum aid_err
invalid (struct aid_error *e, const char *member, const char *what)
{
  return aid_error_set (e, AID_E_INVALID, "The task's \"%s\" must be %s", member, what);
}

/* Whether Z is a path below a root, by its text: the box looks at links. */
static int
is_below (const char *z)
{
  for (const char *part = z;;)
    {
      size_t n = strcspn (part, "/");
      if (!n || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
        return 0;
      if (!part[n])
        return strlen (z) < AID_CES_PATH / 2;
      part += n + 1;
    }
}

static enum aid_err
read_members (const json_t *task, struct aid_error *e)
{
  static const char *const known[] = { "repository", "base", "now", "commands", "directory", "files", "limits" };
  const char *key;
  json_t *v;
  if (!json_is_object (task))
    return aid_error_set (e, AID_E_INVALID, "A task must be a JSON object with a \"repository\"");
  json_object_foreach ((json_t *)(uintptr_t)task, key, v)
  {
    size_t i = 0;
    while (i < sizeof known / sizeof *known && strcmp (known[i], key) != 0)
      i++;
    if (i == sizeof known / sizeof *known)
      return aid_error_set (e, AID_E_INVALID,
                            "A task has no member \"%.60s\": it has repository, base, now, commands, directory, files and limits",
                            key);
  }
  return AID_OK;
}

/* --- its members -------------------------------------------------------------------------------------------------- */

static enum aid_err
find_repository (const struct aid_ces *c, const char *name, enum aid_ces_from from, struct aid_ces_task *out,
                 const json_t **settled, struct aid_error *e)
{
  const json_t *mine = json_object_get (c->settings.repositories, name);
  const char *path = mine ? aid_json_str (mine, "path") : from == AID_CES_OURS ? name : NULL;
  *settled = mine;
  if (!path || !name)
    return aid_error_set (e, AID_E_REFUSED, "There is no repository \"%.100s\" in the settings here (ces.repositories)",
                          name);
  struct aid_str where = AID_STR_INIT (AID_CES_PATH); /* rows of data sets name what lies at home so */
  if (!aid_fs_at_home (path, &where))
    out->repository = realpath (aid_str_z (&where), NULL);
  aid_str_free (&where);
  if (!out->repository)
    return aid_error_set (e, AID_E_NOTFOUND, "There is no repository %.150s: %s", path, strerror (errno));
  out->named = strdup (mine ? name : out->repository);
  if (!out->named)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a task");
  return AID_OK;
}

static enum aid_err
take_line (struct aid_ces_task *out, enum aid_rung r, const json_t *v, struct aid_error *e)
{
  if (json_is_null (v))
    return out->how[r] = AID_CES_LEFT_OUT, AID_OK;
  const char *z = json_string_value (v);
  if (!z || !*z || strlen (z) != json_string_length (v) || strlen (z) > AID_CES_LINE_MAX / 2)
    return invalid (e, "commands", "an object of commands for the shell, or nulls: parses, types, builds, tests");
  free (out->lines[r]);
  out->how[r] = AID_CES_GIVEN;
  out->lines[r] = strdup (z);
  return out->lines[r] ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for a task");
}

static enum aid_err
take_commands (struct aid_ces_task *out, const json_t *commands, struct aid_error *e)
{
  const char *key;
  json_t *v;
  if (commands && !json_is_object (commands))
    return invalid (e, "commands", "an object");
  json_object_foreach ((json_t *)(uintptr_t)commands, key, v)
  {
    enum aid_rung r = AID_RUNG_PARSES;
    while (r < AID_RUNGS && strcmp (aid_rung_name (r), key) != 0)
      r++;
    if (r == AID_RUNGS)
      return aid_error_set (e, AID_E_INVALID, "A task has no commands for \"%.60s\": only parses, types, builds and tests",
                            key);
    enum aid_err err = take_line (out, r, v, e);
    if (err)
      return err;
  }
  return AID_OK;
}

/* From elsewhere rungs may be left out; what runs is not theirs to say. */
static enum aid_err
no_lines (const json_t *commands, struct aid_error *e)
{
  const char *key;
  json_t *v;
  json_object_foreach ((json_t *)(uintptr_t)commands, key, v)
  {
    if (!json_is_null (v))
      return aid_error_set (e, AID_E_REFUSED, "A task from elsewhere may not name commands (\"%.40s\"): the settings do",
                            key);
  }
  return AID_OK;
}

/* A null is a file of another task: who reads rows as a table gives each row the members of all. */
static enum aid_err
take_files (struct aid_ces_task *out, json_t *files, struct aid_error *e)
{
  const char *key;
  json_t *v;
  files = json_is_null (files) ? NULL : files;
  out->files = json_object ();
  if (files && (!json_is_object (files) || json_object_size (files) > AID_CES_FILES_MAX))
    return invalid (e, "files", "an object of a thousand texts at most");
  json_object_foreach (files, key, v)
  {
    if ((!json_is_string (v) && !json_is_null (v)) || !is_below (key))
      return invalid (e, "files", "an object of texts by their paths, relative to the root");
    if (!json_is_null (v))
      json_object_set (out->files, key, v);
  }
  return out->files ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for a task");
}

static const struct
{
  const char *name;
  size_t at;
} limit_members[] = { { "seconds", offsetof (struct aid_box_limits, seconds) },
                      { "megabytes", offsetof (struct aid_box_limits, megabytes) },
                      { "processes", offsetof (struct aid_box_limits, processes) },
                      { "disk_megabytes", offsetof (struct aid_box_limits, disk_megabytes) } };
#define NLIMITS (sizeof limit_members / sizeof *limit_members)

static int64_t *
limit_of (struct aid_box_limits *limits, size_t i)
{
  return (int64_t *)(void *)((char *)limits + limit_members[i].at);
}

/* LOWER: they may only be made less. */
static enum aid_err
take_limits (const json_t *limits, int lower, struct aid_box_limits *out, struct aid_error *e)
{
  const char *key;
  json_t *v;
  if (limits && !json_is_null (limits) && !json_is_object (limits))
    return invalid (e, "limits", "an object");
  json_object_foreach ((json_t *)(uintptr_t)limits, key, v)
  {
    size_t i = 0;
    while (i < NLIMITS && strcmp (limit_members[i].name, key) != 0)
      i++;
    if (i == NLIMITS || !json_is_integer (v) || json_integer_value (v) < 1 || json_integer_value (v) > NUMBER_MAX)
      return invalid (e, "limits", "an object of whole numbers, 1 and more: seconds, megabytes, processes, disk_megabytes");
    int64_t *number = limit_of (out, i);
    if (!lower || json_integer_value (v) < *number)
      *number = json_integer_value (v);
  }
  return AID_OK;
}

enum aid_err
aid_ces_limits (const struct aid_ces *c, struct aid_box_limits *out, struct aid_error *e)
{
  *out = AID_BOX_LIMITS;
  out->programs = c->settings.programs;
  out->nice = c->settings.nice;
  return take_limits (c->settings.limits, 0, out, e);
}

static enum aid_err
read_limits (const struct aid_ces *c, const json_t *task, enum aid_ces_from from, struct aid_ces_task *out,
             struct aid_error *e)
{
  long cores = sysconf (_SC_NPROCESSORS_ONLN);
  enum aid_err err = aid_ces_limits (c, &out->limits, e);
  out->base_limits = out->limits;
  if (!err)
    err = take_limits (json_object_get (task, "limits"), from == AID_CES_ELSEWHERE, &out->limits, e);
  for (size_t i = 0; i < NLIMITS; i++)
    if (*limit_of (&out->limits, i) > *limit_of (&out->base_limits, i))
      {
        *limit_of (&out->base_limits, i) = *limit_of (&out->limits, i);
        out->asks_more = 1;
      }
  out->limits.cpu_seconds = out->limits.seconds * (cores > 2 ? cores : 2);
  out->base_limits.cpu_seconds = out->base_limits.seconds * (cores > 2 ? cores : 2);
  return err;
}

/* --- its name ----------------------------------------------------------------------------------------------------- */

/* Each part with its length, so that no two lists of parts are one text. */
static void
add_part (struct aid_sha256 *s, struct aid_span v)
{
  char length[32];
  snprintf (length, sizeof length, "%zu:", v.len);
  aid_sha256_add (s, aid_span_z (length));
  aid_sha256_add (s, v);
}

static int
compare_names (const void *a, const void *b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static enum aid_err
add_files (struct aid_sha256 *s, const json_t *files, struct aid_error *e)
{
  size_t n = json_object_size (files), i = 0;
  const char **names = calloc (n + 1, sizeof *names), *key;
  json_t *v;
  if (!names)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a task");
  json_object_foreach ((json_t *)(uintptr_t)files, key, v)
  {
    names[i++] = key;
  }
  qsort (names, n, sizeof *names, compare_names);
  for (i = 0; i < n; i++)
    {
      add_part (s, aid_span_z (names[i]));
      add_part (s, aid_json_span (files, names[i]));
    }
  free (names);
  return AID_OK;
}

static void
add_commands (struct aid_sha256 *s, const struct aid_ces_task *t)
{
  static const char *const how[] = { "detected", "given", "left out" };
  add_part (s, aid_span_z (t->limits.programs ? t->limits.programs : ""));
  add_part (s, aid_span_z (t->directory ? t->directory : ""));
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS; r++)
    {
      add_part (s, aid_span_z (how[t->how[r]]));
      add_part (s, aid_span_z (t->lines[r] ? t->lines[r] : ""));
    }
}

/* What a tree is made of and by, not where it was found: two clones share one.  One that follows the files as they lie there is
   built upon the one before, and is its folder's alone. */
static enum aid_err
name_it (struct aid_ces_task *t, struct aid_error *e)
{
  struct aid_sha256 s;
  aid_sha256_init (&s);
  add_part (&s, AID_SPAN ("aid warm recipe 2"));
  add_part (&s, aid_span_z (t->now ? t->repository : ""));
  add_commands (&s, t);
  aid_sha256_end (&s, t->recipe);
  aid_sha256_init (&s);
  add_part (&s, t->now ? AID_SPAN ("aid warm tree 2 now") : AID_SPAN ("aid warm tree 2"));
  add_part (&s, aid_span_z (t->base));
  add_commands (&s, t);
  enum aid_err err = add_files (&s, t->files, e);
  for (size_t i = 0; i < NLIMITS && t->asks_more; i++)
    {
      char number[32];
      snprintf (number, sizeof number, "%lld", (long long)*limit_of (&t->base_limits, i));
      add_part (&s, aid_span_z (number));
    }
  aid_sha256_end (&s, t->key);
  return err;
}

/* --- all ---------------------------------------------------------------------------------------------------------- */

static enum aid_err
read_directory (const json_t *task, struct aid_ces_task *out, struct aid_error *e)
{
  const json_t *v = json_object_get (task, "directory");
  const char *z = json_string_value (v);
  if (!v || json_is_null (v) || (z && !*z) || (z && !strcmp (z, ".")))
    return AID_OK;
  if (!z || !is_below (z) || strlen (z) != json_string_length (v))
    return invalid (e, "directory", "a folder's path, relative to the root");
  out->directory = strdup (z);
  return out->directory ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for a task");
}

/* A name of Git's or Mercurial's that is no option and no expression. */
static enum aid_err
read_base (const json_t *task, const char **base, struct aid_error *e)
{
  const json_t *v = json_object_get (task, "base");
  const char *z = *base = json_string_value (v);
  if (!v || json_is_null (v))
    return AID_OK;
  if (!z || !*z || *z == '-' || strlen (z) != json_string_length (v) || strlen (z) > 200
      || z[strspn (z, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._/-~^+")])
    return invalid (e, "base", "the name of a tree or a commit");
  return AID_OK;
}

static enum aid_err
read_now (const json_t *task, const char *base, enum aid_ces_from from, struct aid_ces_task *out, struct aid_error *e)
{
  const json_t *v = json_object_get (task, "now");
  if (!v || json_is_null (v))
    return AID_OK;
  if (!json_is_boolean (v) || (json_is_true (v) && base))
    return invalid (e, "now", "true or false, and without a \"base\" when it is true");
  if (json_is_true (v) && from == AID_CES_ELSEWHERE)
    return aid_error_set (e, AID_E_REFUSED, "A task from elsewhere is judged by a tree that is kept, not by what lies there now");
  out->now = json_is_true (v);
  return AID_OK;
}

enum aid_err
aid_ces_task_read (struct aid_ces *c, const json_t *task, enum aid_ces_from from, const struct aid_stop *stop,
                   struct aid_ces_task *out, struct aid_error *e)
{
  const char *name = aid_json_str (task, "repository"), *base = NULL;
  const json_t *commands = json_object_get (task, "commands"), *settled = NULL;
  *out = (struct aid_ces_task){ .base = "" };
  enum aid_err err = read_members (task, e);
  if (!err && (!name || !*name))
    err = invalid (e, "repository", "a Git directory, a Mercurial repository or a folder");
  if (!err && commands && from == AID_CES_ELSEWHERE)
    err = no_lines (commands, e);
  if (!err)
    err = find_repository (c, name, from, out, &settled, e);
  if (!err)
    err = take_commands (out, json_object_get (settled, "commands"), e);
  if (!err)
    err = take_commands (out, json_is_null (commands) ? NULL : commands, e);
  if (!err)
    err = read_directory (task, out, e);
  if (!err)
    err = take_files (out, json_object_get (task, "files"), e);
  if (!err)
    err = read_limits (c, task, from, out, e);
  if (!err)
    err = read_base (task, &base, e);
  if (!err)
    err = read_now (task, base, from, out, e);
  if (!err)
    err = out->now ? aid_ces_now_look (out, stop, e) : aid_ces_resolve (c, out, base, stop, e);
  return err ? err : name_it (out, e);
}

void
aid_ces_task_free (struct aid_ces_task *t)
{
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    free (t->lines[r]);
  free (t->named);
  free (t->repository);
  free (t->git_dir);
  free (t->directory);
  json_decref (t->files);
  aid_ces_now_free (t);
  *t = (struct aid_ces_task){ .base = "" };
}
