/* aid cores: which cores are installed, which one starts next and why; choosing one; removing old ones. */
#include "base/val.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "rollout/prune.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options
{
  const char *directory;
  int64_t keep;
  int json, quiet;
};

/* --- the folder --------------------------------------------------------------------------------------------------------- */

/* Where this program's cores are: beside it as it is built, or where make install puts them. */
static int
own_folder (struct aid_str *out)
{
  static const char *const near[] = { "", "/../share/emacs/site-lisp/aid/build" };
  char self[PATH_MAX];
  ssize_t n = readlink ("/proc/self/exe", self, sizeof self - 1);
  char *slash = n > 0 ? (self[n] = '\0', strrchr (self, '/')) : NULL;

  for (size_t i = 0; slash && i < 2; i++)
    {
      aid_str_clear (out);
      aid_str_addf (out, "%.*s%s", (int)(slash - self), self, near[i]);
      size_t len = out->len;
      aid_str_addz (out, "/aid-core");
      if (!out->err && !access (aid_str_z (out), R_OK))
        {
          aid_str_remove (out, len, out->len - len);
          return 0;
        }
    }
  return -1;
}

/* --- showing ------------------------------------------------------------------------------------------------------------ */

static const char *
why (const struct aid_rollout *r)
{
  static const char *const words[][2] = {
    { "pin", "your setting \"core\" says so" },
    { "team", "your team's settings say so" },
    { "newest", "it is the newest" },
    { "only", "it took Emacs down twice, but no other one is installed" },
    { "guardrail", "the newest is what an experiment has shown to harm" },
  };

  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (r->choice.by, words[i][0]))
      return words[i][1];
  return NULL;
}

static void
add_reason (const struct aid_rollout *r, struct aid_str *out)
{
  const struct aid_installed *core = r->choice.core, *crashed = r->choice.crashed;

  aid_str_addf (out, "\nNext starts %s (%s): ", core->version, core->hash);
  if (why (r))
    aid_str_addf (out, "%s.\n", why (r));
  else if (!strcmp (r->choice.by, "experiment"))
    aid_str_addf (out, "you have it in the experiment %s.\n", r->wish.name);
  else if (crashed)
    aid_str_addf (out, "%s (%s) took Emacs down %u times.  aid cores use %s tries that again.\n", crashed->version,
                  crashed->hash, aid_marks_crashes (&r->marks, crashed->hash), crashed->hash);
  else
    aid_str_addz (out, "the one before.\n");
  aid_str_addspan (out, aid_str_span (&r->notes));
}

static void
add_core (const struct aid_rollout *r, const struct aid_installed *c, struct aid_str *out)
{
  unsigned crashes = aid_marks_crashes (&r->marks, c->hash), running = aid_marks_running (&r->marks, c->hash);

  aid_str_addf (out, "%c %-12s %-12s %s", c == r->choice.core ? '*' : ' ', c->version[0] ? c->version : "?", c->hash,
                c->built);
  if (c->newest)
    aid_str_addz (out, "  newest");
  if (running)
    aid_str_addf (out, "  runs in %u Emacs%s", running, running > 1 ? "en" : "");
  if (crashes)
    aid_str_addf (out, "  took Emacs down %u time%s", crashes, crashes > 1 ? "s" : "");
  if (c->abi && c->abi != AID_ABI)
    aid_str_addz (out, "  does not go with this AID");
  aid_str_addc (out, '\n');
}

static void
core_val (const struct aid_rollout *r, const struct aid_installed *c, struct aid_str *out)
{
  char file[AID_VERSIONS_PATH];
  size_t o = aid_val_object (out);

  aid_val_kstrz (out, "version", c->version);
  aid_val_kstrz (out, "hash", c->hash);
  aid_val_kstrz (out, "built", c->built);
  aid_val_kstrz (out, "file", aid_installed_file (&r->list, c, file) ? NULL : file);
  aid_val_kbool (out, "newest", c->newest);
  aid_val_kbool (out, "next", c == r->choice.core);
  aid_val_kbool (out, "loads", !c->abi || c->abi == AID_ABI);
  aid_val_kint (out, "crashes", aid_marks_crashes (&r->marks, c->hash));
  aid_val_kint (out, "running", aid_marks_running (&r->marks, c->hash));
  aid_val_end (out, o, 9);
}

static int
list (const struct aid_rollout *r, int json)
{
  struct aid_str text = AID_STR_INIT (1u << 20), val = AID_STR_INIT (1u << 20);
  size_t o = aid_val_object (&val);
  int status;

  aid_val_key (&val, "next");
  aid_rollout_val (r, &val);
  aid_val_key (&val, "cores");
  size_t l = aid_val_list (&val);
  for (size_t i = 0; i < r->list.n; i++)
    {
      add_core (r, &r->list.cores[i], &text);
      core_val (r, &r->list.cores[i], &val);
    }
  aid_val_end (&val, l, (uint32_t)r->list.n);
  aid_val_end (&val, o, 2);
  add_reason (r, &text);
  status = json ? aid_cli_print_val (aid_str_span (&val)) : aid_cli_print_calm (&text);
  aid_str_free (&text);
  aid_str_free (&val);
  return status;
}

/* --- changing ----------------------------------------------------------------------------------------------------------- */

/* Pins WANT ("auto": nothing, "previous": the one that would start in the place of the next). */
static enum aid_err
use (const struct aid_rollout *r, const char *want, struct aid_error *e)
{
  char exact[AID_VERSIONS_NAME + AID_VERSIONS_HASH];
  const struct aid_installed *core;

  if (!strcmp (want, "auto"))
    return aid_config_store (NULL, "core", NULL, e);
  if (!strcmp (want, "previous"))
    {
      core = aid_wish_previous (&r->list, &r->marks, r->choice.core, AID_ABI, NULL);
      if (!core)
        return aid_error_set (e, AID_E_NOTFOUND, "There is no other core that can be used");
      snprintf (exact, sizeof exact, "%s+%s", core->version, core->hash);
      want = exact;
    }
  core = aid_installed_find (&r->list, want);
  if (!core)
    return aid_error_set (e, AID_E_NOTFOUND, "AID %.60s is not installed in %.150s (aid cores lists what is)", want,
                          r->list.folder);
  aid_marks_forget (core->hash, 0);
  return aid_config_store (NULL, "core", want, e);
}

static void
forget (const struct aid_rollout *r)
{
  for (size_t i = 0; i < r->list.n; i++)
    aid_marks_forget (r->list.cores[i].hash, 0);
}

static int
prune (const struct aid_rollout *r, const struct options *o, const struct aid_config *c)
{
  const json_t *kept = aid_config_get (c, "cores_keep");
  struct aid_vec removed = AID_VEC_INIT (struct aid_installed, AID_VERSIONS_MAX);
  struct aid_error e = { AID_OK, "" };
  size_t keep = o->keep >= 0 ? (size_t)o->keep : kept ? (size_t)json_integer_value (kept) : AID_CORES_KEEP;
  enum aid_err err = aid_rollout_prune (r, keep, json_string_value (aid_config_get (c, "core")), &removed, &e);

  aid_marks_tidy ();
  for (size_t i = 0; i < removed.len && !o->quiet; i++)
    printf ("removed %s (%s)\n", AID_VEC_AT (struct aid_installed, &removed, i).version,
            AID_VEC_AT (struct aid_installed, &removed, i).hash);
  aid_vec_free (&removed);
  return err ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
}

/* --- the command -------------------------------------------------------------------------------------------------------- */

/* Does what WORDS say with R, which C chose among the cores in FOLDER. */
static int
act (const struct options *o, const char *what, const char *want, const struct aid_config *c, const struct aid_rollout *r,
     int *changed)
{
  struct aid_error e = { AID_OK, "" };

  *changed = !strcmp (what, "use") || !strcmp (what, "forget");
  if (!strcmp (what, "prune"))
    return prune (r, o, c);
  if (!*changed)
    return list (r, o->json);
  if (!strcmp (what, "forget"))
    forget (r);
  else if (use (r, want ? want : "", &e))
    {
      *changed = 0;
      return aid_cli_fail ("%s", e.msg);
    }
  return AID_EXIT_DONE;
}

/* What was changed is shown, as it is chosen anew. */
static int
run (const struct options *o, const char *folder, const char *what, const char *want)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_rollout *r = calloc (1, sizeof *r);
  struct aid_config *c = aid_config_load (NULL, &e);
  int status, changed = 0;

  if (!r)
    status = aid_cli_fail ("there is no memory");
  else if (!c || aid_rollout_choose (c, folder, r, &e))
    status = aid_cli_fail ("%s", e.msg);
  else
    status = act (o, what, want, c, r, &changed);
  if (r)
    aid_rollout_free (r);
  free (r);
  aid_config_free (c);
  return changed ? run (o, folder, "list", NULL) : status;
}

int
aid_cmd_cores (int argc, char **argv)
{
  struct options o = { .keep = -1 };
  const struct aid_opt opts[] = {
    { "directory", 0, AID_OPT_STRING, &o.directory, "DIR",
      "where the cores are (default: those that were installed with this program)" },
    { "keep", 0, AID_OPT_NUMBER, &o.keep, "N", "prune: so many (default: the setting cores_keep, else 5)" },
    { "quiet", 'q', AID_OPT_FLAG, &o.quiet, NULL, "prune: does not say what was removed" },
    { "json", 0, AID_OPT_FLAG, &o.json, NULL, "one JSON object" },
  };
  const struct aid_usage_text usage
    = { "aid cores [list | use VERSION|auto|previous | forget | prune] [--directory DIR]",
        "Lists the cores that are installed side by side, which one the next Emacs starts, and why.  use pins one, by its\n"
        "version or its hash, until use auto; forget has those tried again that took Emacs down; prune removes old ones, but\n"
        "never what runs, starts next, or would start in its place.\n",
        opts,
        sizeof opts / sizeof *opts,
        0,
        2 };
  struct aid_str folder = AID_STR_INIT (PATH_MAX);
  int status, n = aid_opt_parse (&usage, argc, argv, &status);
  const char *what = n > 0 ? argv[1] : "list";
  int use_it = !strcmp (what, "use");

  if (n < 0)
    return status;
  if ((strcmp (what, "list") != 0 && !use_it && strcmp (what, "forget") != 0 && strcmp (what, "prune") != 0)
      || n != (use_it ? 2 : n > 0))
    return aid_cli_misuse ("aid cores takes list, use VERSION, forget or prune (see aid cores --help)");
  if (o.directory)
    aid_str_addz (&folder, o.directory);
  if (o.directory || !own_folder (&folder))
    status = run (&o, aid_str_z (&folder), what, use_it ? argv[2] : NULL);
  else
    status = aid_cli_fail ("no cores are installed beside this program: name their folder with --directory");
  aid_str_free (&folder);
  return status;
}
