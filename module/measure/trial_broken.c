/* Which variants were found to do harm: $XDG_STATE_HOME/aid/experiments.json,

   { "shorter": { "version": "1f0c3a9e", "checked": 1768003200000,     when its report was made last, ms since 1970
                  "resumed": true,                                     the person wants it to go on: it is not looked at any more
                  "off": { "new": { "why": "...", "told": true } } } }

   An entry of another version is none.  A damaged file is one without entries. */
#include "measure/trial_report.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_MAX (1u << 20)

static enum aid_err
path_of (struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, out, e);
  return err ? err : aid_str_addz (out, "/experiments.json");
}

/* A new reference; an empty object when there is nothing. */
static json_t *
read_all (void)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (FILE_MAX);
  json_t *all = NULL;
  if (!path_of (&path, NULL) && aid_fs_exists (aid_str_z (&path)) && !aid_fs_read (aid_str_z (&path), &text, NULL))
    all = aid_json_parse (aid_str_span (&text), "experiments.json", NULL);
  aid_str_free (&path);
  aid_str_free (&text);
  if (json_is_object (all))
    return all;
  json_decref (all);
  return json_object ();
}

/* The entry of X in ALL, borrowed, or NULL. */
static json_t *
entry_of (const json_t *all, const struct aid_experiment *x)
{
  char version[AID_TRIAL_VERSION];
  json_t *entry = json_object_get (all, x->name);
  const char *of = aid_json_str (entry, "version");
  aid_trial_version (x, version);
  return of && !strcmp (of, version) ? entry : NULL;
}

/* Waits until no other process changes the file, which takes milliseconds; *FD is to be closed. */
static enum aid_err
lock (const char *dir, int *fd, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  aid_str_addf (&path, "%s/experiments.lock", dir);
  *fd = path.err ? -1 : open (aid_str_z (&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  int locked = *fd >= 0;
  while (locked && flock (*fd, LOCK_EX))
    locked = errno == EINTR;
  aid_str_free (&path);
  return locked ? AID_OK : aid_error_set (e, AID_E_IO, "%s/experiments.lock cannot be locked: %s", dir, strerror (errno));
}

/* Has CHANGE change the entry of X, which is made where there is none, in the file as it is now. */
static enum aid_err
change_locked (const struct aid_experiment *x, void (*change) (json_t *entry, void *ctx), void *ctx, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (FILE_MAX);
  char version[AID_TRIAL_VERSION];
  json_t *all = read_all (), *entry = entry_of (all, x);
  aid_trial_version (x, version);
  if (!entry)
    {
      entry = json_pack ("{s:s}", "version", version);
      json_object_set_new (all, x->name, entry);
    }
  change (entry, ctx);
  enum aid_err err = path_of (&path, e);
  if (!err && aid_json_dump (all, &text))
    err = aid_error_set (e, AID_E_LIMIT, "There are too many experiments to be noted");
  if (!err)
    err = aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, e);
  json_decref (all);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

static enum aid_err
change_entry (const struct aid_experiment *x, void (*change) (json_t *entry, void *ctx), void *ctx, struct aid_error *e)
{
  struct aid_str dir = AID_STR_INIT (8192);
  int fd = -1;
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, &dir, e);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&dir), 0700, e);
  if (!err)
    err = lock (aid_str_z (&dir), &fd, e);
  if (!err)
    err = change_locked (x, change, ctx, e);
  if (fd >= 0)
    close (fd);
  aid_str_free (&dir);
  return err;
}

/* --- looking ------------------------------------------------------------------------------------------------------------- */

/* The first sentence that says how ARM does harm. */
static const char *
harm_of (const struct aid_trial_report *r, size_t arm)
{
  const char *found = NULL;
  for (size_t i = 0; i < r->report.lines.len; i++)
    {
      const struct aid_report_line *line = &AID_VEC_AT (struct aid_report_line, &r->report.lines, i);
      if (line->arm == arm && (line->verdict == AID_VERDICT_BROKEN || (line->verdict == AID_VERDICT_WORSE && !found)))
        found = line->sentence;
      if (line->arm == arm && line->verdict == AID_VERDICT_BROKEN)
        break;
    }
  return found ? found : "it does harm";
}

static void
note_report (json_t *entry, void *ctx)
{
  const struct aid_trial_report *r = ctx;
  json_object_set_new (entry, "checked", json_integer (aid_clock_wall_ms ()));
  if (aid_json_bool (entry, "resumed", 0)) /* while the report was made */
    return;
  for (size_t arm = 1; arm < r->plan.narms; arm++)
    {
      json_t *off = json_object_get (entry, "off");
      if (r->report.decision[arm] != AID_DECIDE_STOP || json_object_get (off, r->plan.arms[arm]))
        continue;
      if (!off)
        json_object_set_new (entry, "off", off = json_object ());
      json_object_set_new (off, r->plan.arms[arm],
                           json_pack ("{s:o, s:b}", "why", aid_json_of_span (aid_span_z (harm_of (r, arm))), "told", 0));
    }
}

/* Whether VARIANT is off by ENTRY. */
static int
is_off (const json_t *entry, const char *variant, struct aid_str *why)
{
  const json_t *off = json_object_get (json_object_get (entry, "off"), variant);
  const char *words = aid_json_str (off, "why");
  if (off && why && words)
    aid_str_addz (why, words);
  return off != NULL;
}

int
aid_trial_is_off (const struct aid_experiment *x, const char *variant, struct aid_str *why)
{
  json_t *all = read_all ();
  int off = is_off (entry_of (all, x), variant, why);
  json_decref (all);
  return off;
}

int
aid_trial_broken (const struct aid_experiment *x, const char *variant, const struct aid_trial_source *source, int now,
                  struct aid_str *why)
{
  json_t *all = read_all (), *entry = entry_of (all, x);
  struct aid_trial_source local = aid_trial_local ();
  struct aid_trial_report r;
  int64_t ago = aid_clock_wall_ms () - aid_json_int (entry, "checked", 0);
  int known = is_off (entry, variant, NULL) || aid_json_bool (entry, "resumed", 0)
              || (!now && ago >= 0 && ago < AID_TRIAL_CHECK_MS) || x->nvariants < 2;
  json_decref (all);
  if (!known)
    {
      if (!aid_trial_report_make (x, source ? source : &local, &r, NULL))
        change_entry (x, note_report, &r, NULL);
      aid_trial_report_free (&r);
    }
  return aid_trial_is_off (x, variant, why);
}

/* --- telling, and going on ----------------------------------------------------------------------------------------------- */

struct telling
{
  const char *variant;
  int first;
};

static void
note_told (json_t *entry, void *ctx)
{
  struct telling *t = ctx;
  json_t *off = json_object_get (json_object_get (entry, "off"), t->variant);
  t->first = off && !aid_json_bool (off, "told", 0);
  if (off)
    json_object_set_new (off, "told", json_true ());
}

int
aid_trial_tell (const struct aid_experiment *x, const char *variant)
{
  struct telling t = { variant, 0 };
  return aid_trial_is_off (x, variant, NULL) && !change_entry (x, note_told, &t, NULL) && t.first;
}

static void
note_resumed (json_t *entry, void *ctx)
{
  *(int *)ctx = json_object_size (json_object_get (entry, "off")) > 0;
  json_object_del (entry, "off");
  json_object_set_new (entry, "resumed", json_true ());
}

enum aid_err
aid_trial_resume (const struct aid_experiment *x, int *was, struct aid_error *e)
{
  return change_entry (x, note_resumed, was, e);
}
