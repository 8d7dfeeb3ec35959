/* aid snapshot: snapshots of work as it is being done. */
#include "base/fs.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "cli/snapshot.h"
#include "cli/times.h"
#include "learn/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <fcntl.h>
#include <unistd.h>

/* --- taking ------------------------------------------------------------------------------------------------------- */

/* Opens the project at ROOT, and its snapshots; 0 or a status.  Both are to be closed. */
static int
open_all (const char *root, int watch, struct aid_project **p, struct aid_snapshots **s)
{
  const struct aid_project_options options = { .watch = watch };
  const struct aid_snapshot_settings settings = aid_snapshot_settings (root);
  struct aid_error e = { AID_OK, "" };
  *s = NULL;
  if (aid_project_open (root, &options, p, &e))
    return *p = NULL, aid_cli_fail ("%s", e.msg);
  return aid_snapshots_open (*p, &settings, s, &e) ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
}

static void
close_all (struct aid_project *p, struct aid_snapshots *s)
{
  aid_snapshots_close (s);
  if (p)
    aid_project_close (p);
}

int
aid_cli_snapshot_once (const char *root, struct aid_snapshot_taken *taken)
{
  struct aid_project *p;
  struct aid_snapshots *s;
  struct aid_project_state state;
  struct aid_error e = { AID_OK, "" };
  int status = open_all (root, 0, &p, &s);
  *taken = (struct aid_snapshot_taken){ .id = "" };
  if (!status)
    {
      aid_project_wait (p, 0, -1);
      aid_project_state (p, &state);
      if (state.failed)
        status = aid_cli_fail ("the files of %s cannot be listed: %s", root, state.note);
      else if (aid_snapshots_take (s, AID_VAULT_WAIT_MS, NULL, taken, &e))
        status = aid_cli_fail ("%s", e.msg);
      else if (taken->id[0])
        aid_snapshot_tidy (aid_snapshots_vault (s), NULL);
    }
  close_all (p, s);
  return status;
}

static void
add_taken (const struct aid_snapshot_taken *t, int json, struct aid_str *out)
{
  if (json)
    {
      json_t *o = json_pack ("{s:b, s:s?, s:I, s:I}", "taken", t->id[0] != '\0', "id", t->last[0] ? t->last : NULL, "files",
                             (json_int_t)t->changed, "left_out", (json_int_t)t->left_out);
      aid_json_dump (o, out);
      aid_str_addc (out, '\n');
      json_decref (o);
    }
  else if (t->id[0])
    aid_str_addf (out, "%s\n", t->id);
  else
    aid_str_addf (out, "Nothing has changed since %.12s\n", t->last);
}

/* The root of what snapshots are to be taken of; 0 or a status.  A folder with more than one project in it, the home above all,
   with all that is private there, is only meant by who names it itself. */
static int
take_root (const struct aid_cli_snapshot *w, struct aid_str *root)
{
  int status = aid_cli_take_root (w->root, root);
  char *named = w->root ? realpath (w->root, NULL) : NULL;
  if (!status && aid_fs_is_wide (aid_str_z (root)) && (!named || strcmp (named, aid_str_z (root)) != 0))
    status = aid_cli_fail ("%s is no single project: no snapshots are taken of it.  Go to a project's folder, or name one by "
                           "--root; --root %s means all of it",
                           aid_str_z (root), aid_str_z (root));
  free (named);
  return status;
}

static int
once (const struct aid_cli_snapshot *w)
{
  struct aid_str root = AID_STR_INIT (8192), line = AID_STR_INIT (4096);
  struct aid_snapshot_taken taken;
  int status = take_root (w, &root);
  if (!status && !(status = aid_cli_snapshot_once (aid_str_z (&root), &taken)))
    {
      add_taken (&taken, w->json, &line);
      status = aid_cli_print (aid_str_span (&line));
    }
  aid_str_free (&root);
  aid_str_free (&line);
  return status;
}

static void
tell (void *ctx, const struct aid_snapshot_taken *taken, const struct aid_error *e)
{
  const struct aid_cli_snapshot *w = ctx;
  struct aid_str line = AID_STR_INIT (4096);
  if (e)
    aid_cli_say ("%s", e->msg);
  else
    {
      add_taken (taken, w->json, &line);
      aid_cli_print (aid_str_span (&line));
    }
  aid_str_free (&line);
}

/* Whether a process holds the lock of who watches. */
static int
is_watched (const struct aid_vault *s)
{
  struct aid_str path = AID_STR_INIT (8192);
  aid_vault_path (s, "watch", &path);
  int fd = open (aid_str_z (&path), O_RDONLY | O_CLOEXEC);
  int held = fd >= 0 && flock (fd, LOCK_SH | LOCK_NB);
  if (fd >= 0)
    close (fd);
  aid_str_free (&path);
  return held;
}

static int
watch (const struct aid_cli_snapshot *w)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_project *p = NULL;
  struct aid_snapshots *s = NULL;
  struct aid_error e = { AID_OK, "" };
  int status = take_root (w, &root);
  struct aid_stop *stop = status ? NULL : aid_cli_stop (&e);
  if (!status)
    status = stop ? open_all (aid_str_z (&root), 1, &p, &s) : aid_cli_fail ("%s", e.msg);
  if (!status && !w->json && !is_watched (aid_snapshots_vault (s)))
    aid_cli_say ("Snapshots of %s are taken when something has changed, until this is interrupted", aid_str_z (&root));
  if (!status && aid_snapshots_run (s, stop, tell, (void *)(uintptr_t)w, &e))
    status = aid_cli_fail ("%s", e.msg);
  close_all (p, s);
  aid_str_free (&root);
  return status;
}

/* --- forgetting --------------------------------------------------------------------------------------------------- */

static int
gc (const struct aid_cli_snapshot *w)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_vault *vault = NULL;
  struct aid_snapshot_forgotten f;
  struct aid_error e = { AID_OK, "" };
  int status = aid_cli_take_root (w->root, &root);
  const struct aid_snapshot_settings settings = aid_snapshot_settings (aid_str_z (&root));
  if (!status
      && (aid_vault_open (aid_str_z (&root), 0, &vault, &e)
          || aid_snapshot_gc (vault, &settings, AID_GC_ALL, AID_VAULT_WAIT_MS, NULL, &f, &e)))
    status = aid_cli_fail ("%s", e.msg);
  else if (!status && w->json)
    printf ("{\"hours\":%zu,\"before\":%llu,\"after\":%llu}\n", f.hours, (unsigned long long)f.before,
            (unsigned long long)f.after);
  else if (!status)
    printf ("%zu hour%s forgotten; %.1f MB, were %.1f MB\n", f.hours, f.hours == 1 ? "" : "s", (double)f.after / (1 << 20),
            (double)f.before / (1 << 20));
  aid_vault_free (vault);
  aid_str_free (&root);
  return status;
}

/* --- how it is ---------------------------------------------------------------------------------------------------- */

struct counting
{
  int64_t n, first, last;
};

static int
count (void *ctx, const struct aid_snapshot *one)
{
  struct counting *c = ctx;
  c->first = one->time_ms;
  c->last = c->n++ ? c->last : one->time_ms;
  return 0;
}

static json_t *
describe (const struct aid_vault *s, const struct counting *c)
{
  const struct aid_snapshot_settings set = aid_snapshot_settings (s->root);
  struct aid_str on = AID_STR_INIT (8192);
  aid_vault_path (s, "on", &on);
  json_t *o = json_pack (
    "{s:o, s:o, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "root", aid_json_of_span (aid_span_z (s->root)),
    "folder", aid_json_of_span (aid_span_z (s->dir)), "on", aid_fs_exists (aid_str_z (&on)), "watched", is_watched (s),
    "snapshots", (json_int_t)c->n, "first", (json_int_t)c->first, "last", (json_int_t)c->last, "bytes",
    (json_int_t)aid_snapshot_bytes (s), "seconds", (json_int_t)set.seconds, "days", (json_int_t)set.days, "megabytes",
    (json_int_t)set.megabytes, "file_kilobytes", (json_int_t)(set.file_max >> 10), "unsaved", set.unsaved);
  aid_str_free (&on);
  return o;
}

static void
add_status (const json_t *o, struct aid_str *out)
{
  char first[32], last[32];
  long long n = (long long)aid_json_int (o, "snapshots", 0);
  aid_cli_write_time (aid_json_int (o, "first", 0), first);
  aid_cli_write_time (aid_json_int (o, "last", 0), last);
  aid_str_addf (out, "%lld snapshot%s of %s, %.1f MB", n, n == 1 ? "" : "s", aid_json_str (o, "root"),
                (double)aid_json_int (o, "bytes", 0) / (1 << 20));
  aid_str_addf (out, "%s%s%s%s\n", first[0] ? ", from " : "", first, last[0] ? " to " : "", last);
  aid_str_addf (out, "  %s; %s in Emacs\n",
                aid_json_bool (o, "watched", 0) ? "a process takes them now"
                                                : "no process takes any now (aid snapshot watch does)",
                aid_json_bool (o, "on", 0) ? "on" : "off");
  aid_str_addf (out, "  every %lld s when something has changed; forgotten after %lld days and above %lld MB\n",
                (long long)aid_json_int (o, "seconds", 0), (long long)aid_json_int (o, "days", 0),
                (long long)aid_json_int (o, "megabytes", 0));
  aid_str_addf (out, "  in %s\n", aid_json_str (o, "folder"));
}

static int
show_status (const struct aid_cli_snapshot *w)
{
  struct aid_str root = AID_STR_INIT (8192), text = AID_STR_INIT (1 << 16);
  struct aid_vault *s = NULL;
  struct counting c = { 0, 0, 0 };
  struct aid_error e = { AID_OK, "" };
  int status = aid_cli_take_root (w->root, &root);
  if (!status && aid_vault_open (aid_str_z (&root), 0, &s, &e))
    status = aid_cli_fail ("%s", e.msg);
  if (!status && aid_timeline (s, &(struct aid_timeline_which){ .bare = 1 }, count, &c, &e))
    status = aid_cli_fail ("%s", e.msg);
  if (!status)
    {
      json_t *o = describe (s, &c);
      if (w->json)
        aid_json_dump (o, &text), aid_str_addc (&text, '\n');
      else
        add_status (o, &text);
      json_decref (o);
      status = w->json ? aid_cli_print (aid_str_span (&text)) : aid_cli_print_calm (&text);
    }
  aid_vault_free (s);
  aid_str_free (&root);
  aid_str_free (&text);
  return status;
}

/* --- which -------------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *name;
  int (*run) (const struct aid_cli_snapshot *w);
  int min, max; /* operands; max -1: any number */
  const char *form;
} words[] = { { "status", show_status, 0, 0, "status" },
              { "once", once, 0, 0, "once" },
              { "watch", watch, 0, 0, "watch" },
              { "log", aid_cli_snapshot_log, 0, 1, "log [FILE]" },
              { "show", aid_cli_snapshot_show, 1, 2, "show ID [FILE]" },
              { "restore", aid_cli_snapshot_restore, 2, -1, "restore ID FILE..." },
              { "gc", gc, 0, 0, "gc" } };

static int
run (struct aid_cli_snapshot *w, const char *word)
{
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (words[i].name, word))
      {
        if (w->nargs < words[i].min || (words[i].max >= 0 && w->nargs > words[i].max))
          return aid_cli_misuse ("snapshot: write aid snapshot %s", words[i].form);
        return words[i].run (w);
      }
  return aid_cli_misuse ("snapshot: there is no \"%s\": status, once, watch, log, show, restore or gc", word);
}

int
aid_cmd_snapshot (int argc, char **argv)
{
  struct aid_cli_snapshot w = { .json = 0 };
  int status, n;
  const struct aid_opt opts[] = {
    { "root", 0, AID_OPT_STRING, &w.root, "DIR", "the project (default: found upwards from here)" },
    { "since", 0, AID_OPT_STRING, &w.since, "TIME", "log: only those since: 30m, 24h, 7d, 4w ago, or 2026-01-31" },
    { "max", 'n', AID_OPT_NUMBER, &w.most, "N", "log: the newest N at most" },
    { "to", 0, AID_OPT_STRING, &w.to, "DIR", "restore: write below DIR instead of the project" },
    { "json", 0, AID_OPT_FLAG, &w.json, NULL, "one JSON object; of log and watch one a line" },
  };
  const struct aid_usage_text usage = {
    "aid snapshot status|once|watch|log [FILE]|show ID [FILE]|restore ID FILE...|gc [options]",
    "Snapshots of a project as it is being worked on, apart from its version control, which is not touched:\n"
    "once takes one if something has changed, watch takes them until it is interrupted; log lists them, or the versions of\n"
    "FILE; show prints FILE as it was, or what a snapshot changed; restore brings files or folders back (and takes a "
    "snapshot\n"
    "first); gc forgets what is too old or too much by the settings (snapshots).  ID is 4 or more of a snapshot's first\n"
    "digits, or \"latest\".\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    -1
  };
  if ((n = aid_opt_parse (&usage, argc, argv, &status)) < 0)
    return status;
  w.args = argv + 2;
  w.nargs = n > 1 ? n - 1 : 0;
  status = aid_cli_check_folder ("snapshot", "--to", w.to);
  return status ? status : run (&w, n ? argv[1] : "status");
}
