/* aid snapshot log, show, restore. */
#include "base/fs.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/snapshot.h"
#include "cli/times.h"
#include "learn/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHOWN 6 /* changed files on a line */
#define TEXT_MAX ((size_t)1 << 30)

/* FILE, relative to the working folder or absolute, as a path below ROOT; its own last name may be a link.  0 or a status. */
static int
path_below (const char *root, const char *file, struct aid_str *out)
{
  char *here = getcwd (NULL, 0);
  struct aid_str whole = AID_STR_INIT (8192);
  size_t n = strlen (root);
  int status = AID_EXIT_DONE;
  if (!*file) /* a variable of the shell that is not set, not the whole project */
    status = aid_cli_misuse ("snapshot: a file's name is empty; all of the project is .");
  else if (!here || aid_fs_join (&whole, here, file))
    status = aid_cli_fail ("%s: its name is too long", file);
  else if (aid_span_eqz (aid_str_span (&whole), root))
    ; /* all of it */
  else if (strncmp (aid_str_z (&whole), root, n) != 0 || whole.ptr[n] != '/')
    status = aid_cli_fail ("%s is outside of the project %s", file, root);
  else
    aid_str_addz (out, whole.ptr + n + 1);
  while (out->len && out->ptr[out->len - 1] == '/')
    aid_str_remove (out, out->len - 1, out->len);
  aid_str_free (&whole);
  free (here);
  return status;
}

/* The project's root and its snapshots; 0 or a status. */
static int
open_both (const struct aid_cli_snapshot *w, struct aid_str *root, struct aid_vault **s)
{
  struct aid_error e = { AID_OK, "" };
  int status = aid_cli_take_root (w->root, root);
  *s = NULL;
  if (!status && aid_vault_open (aid_str_z (root), 0, s, &e))
    status = aid_cli_fail ("%s", e.msg);
  return status;
}

/* --- log ---------------------------------------------------------------------------------------------------------- */

struct listing
{
  int json, status;
  size_t n;
};

static void
add_json (const struct aid_snapshot *one, struct aid_str *out)
{
  json_t *o = one->told ? json_deep_copy (one->told) : json_object ();
  json_object_set_new (o, "id", json_string (one->id));
  json_object_set_new (o, "tree", json_string (one->tree));
  json_object_set_new (o, "before", one->before[0] ? json_string (one->before) : json_null ());
  json_object_set_new (o, "time", json_integer (one->time_ms));
  json_object_set (o, "files", one->files);
  aid_json_dump (o, out);
  aid_str_addc (out, '\n');
  json_decref (o);
}

static void
add_line (const struct aid_snapshot *one, struct aid_str *out)
{
  const json_t *build = json_object_get (one->told, "build"), *file;
  const char *status = aid_json_str (build, "status");
  int is_older = status && strcmp (status, "unknown") != 0 && !aid_json_bool (build, "exact", 0); /* than these files */
  size_t i, n = json_array_size (one->files), from = out->len;
  char at[32];
  aid_cli_write_time (one->time_ms, at);
  aid_str_addf (out, "%.12s  %s  %s%-*s", one->id, at, is_older ? "was " : "", is_older ? 5 : 9, status ? status : "unknown");
  json_array_foreach (one->files, i, file)
  {
    const char *change = aid_json_str (file, "change");
    if (i < SHOWN)
      aid_str_addf (out, " %s%s", change[0] == 'a' ? "+" : change[0] == 'd' ? "-" : "", aid_json_str (file, "path"));
  }
  if (n > SHOWN)
    aid_str_addf (out, " and %zu more", n - SHOWN);
  if (!n)
    aid_str_addz (out, " (no file has changed)");
  for (size_t k = from; k < out->len; k++)
    if (out->ptr[k] == '\n')
      out->ptr[k] = '?';
  aid_str_addc (out, '\n');
}

static int
print_one (void *ctx, const struct aid_snapshot *one)
{
  struct listing *l = ctx;
  struct aid_str line = AID_STR_INIT (TEXT_MAX);
  l->n++;
  if (l->json)
    add_json (one, &line);
  else
    add_line (one, &line);
  l->status = l->json ? aid_cli_print (aid_str_span (&line)) : aid_cli_print_calm (&line);
  aid_str_free (&line);
  return l->status;
}

int
aid_cli_snapshot_log (const struct aid_cli_snapshot *w)
{
  struct aid_str root = AID_STR_INIT (8192), path = AID_STR_INIT (8192);
  struct aid_timeline_which which = { .most = (size_t)w->most };
  struct listing l = { w->json, AID_EXIT_DONE, 0 };
  struct aid_vault *s = NULL;
  struct aid_error e = { AID_OK, "" };
  int status = AID_EXIT_DONE;
  if (w->since && aid_cli_time (w->since, &which.since))
    return aid_cli_misuse ("snapshot: \"%s\" is no time: write 30m, 24h, 7d, 4w or 2026-01-31", w->since);
  status = open_both (w, &root, &s);
  if (!status && w->nargs)
    status = path_below (aid_str_z (&root), w->args[0], &path);
  which.path = aid_str_span (&path);
  if (!status && aid_timeline (s, &which, print_one, &l, &e))
    status = aid_cli_fail ("%s", e.msg);
  else if (!status && path.len && !l.n)
    status = aid_cli_fail ("No snapshot%s has %s", w->since ? " since then" : "", aid_str_z (&path));
  aid_vault_free (s);
  aid_str_free (&root);
  aid_str_free (&path);
  return status ? status : l.status;
}

/* --- show --------------------------------------------------------------------------------------------------------- */

int
aid_cli_snapshot_show (const struct aid_cli_snapshot *w)
{
  struct aid_str root = AID_STR_INIT (8192), path = AID_STR_INIT (8192), text = AID_STR_INIT (TEXT_MAX);
  struct aid_vault *s = NULL;
  struct aid_error e = { AID_OK, "" };
  int status = open_both (w, &root, &s);
  if (!status && w->nargs > 1)
    status = path_below (aid_str_z (&root), w->args[1], &path);
  if (!status
      && (w->nargs > 1 ? aid_timeline_text (s, w->args[0], aid_str_span (&path), &text, &e)
                       : aid_timeline_diff (s, w->args[0], &text, &e)))
    status = aid_cli_fail ("%s", e.msg);
  if (!status)
    status = w->nargs < 2 && isatty (STDOUT_FILENO) ? aid_cli_print_calm (&text) : aid_cli_print (aid_str_span (&text));
  aid_vault_free (s);
  aid_str_free (&root);
  aid_str_free (&path);
  aid_str_free (&text);
  return status;
}

/* --- restore ------------------------------------------------------------------------------------------------------ */

struct restored
{
  json_t *files; /* or NULL: lines are printed */
};

static void
tell_file (void *ctx, struct aid_span path)
{
  struct restored *r = ctx;
  struct aid_str line = AID_STR_INIT (16384);
  if (r->files)
    json_array_append_new (r->files, aid_json_of_span (path));
  else
    {
      aid_str_addspan (&line, path);
      for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '\n')
          line.ptr[i] = '?';
      aid_str_addc (&line, '\n');
      aid_cli_print_calm (&line);
    }
  aid_str_free (&line);
}

/* Into the project: what is there now is kept first. */
static int
keep_first (const struct aid_cli_snapshot *w, const char *root, struct aid_snapshot_taken *taken)
{
  struct aid_error e = { AID_OK, "" };
  *taken = (struct aid_snapshot_taken){ .id = "" };
  if (w->to)
    return aid_fs_mkdirs (w->to, 0777, &e) ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
  return aid_cli_snapshot_once (root, taken);
}

static int
restore_all (const struct aid_cli_snapshot *w, const struct aid_vault *s, const char *root, const char *id,
             struct restored *r)
{
  struct aid_error e = { AID_OK, "" };
  int status = AID_EXIT_DONE;
  for (int i = 1; !status && i < w->nargs; i++)
    {
      struct aid_str path = AID_STR_INIT (8192);
      status = path_below (root, w->args[i], &path);
      if (!status && aid_snapshot_restore (s, id, aid_str_span (&path), w->to ? w->to : root, tell_file, r, &e))
        status = aid_cli_fail ("%s", e.msg);
      aid_str_free (&path);
    }
  return status;
}

int
aid_cli_snapshot_restore (const struct aid_cli_snapshot *w)
{
  struct aid_str root = AID_STR_INIT (8192), text = AID_STR_INIT (TEXT_MAX);
  struct restored r = { w->json ? json_array () : NULL };
  struct aid_snapshot_taken taken;
  struct aid_vault *s = NULL;
  struct aid_error e = { AID_OK, "" };
  char id[AID_VAULT_ID]; /* before another one is taken: "latest" is the one that there is now */
  int status = open_both (w, &root, &s);
  if (!status && aid_timeline_find (s, w->args[0], id, &e))
    status = aid_cli_fail ("%s", e.msg);
  if (!status)
    status = keep_first (w, aid_str_z (&root), &taken);
  if (!status)
    status = restore_all (w, s, aid_str_z (&root), id, &r);
  if (!status && w->json)
    {
      json_t *o = json_pack ("{s:s, s:s?, s:O}", "from", id, "before", taken.last[0] ? taken.last : NULL, "files", r.files);
      aid_json_dump (o, &text);
      aid_str_addc (&text, '\n');
      json_decref (o);
      status = aid_cli_print (aid_str_span (&text));
    }
  json_decref (r.files);
  aid_vault_free (s);
  aid_str_free (&root);
  aid_str_free (&text);
  return status;
}
