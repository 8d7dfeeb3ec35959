/* The way through the vaults: what is found in each is decided, and what is wanted is kept. */
#include "learn/mine.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "config/config.h"
#include "learn/mine_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define LINES 100
#define FILES 8
#define SETTLED_S 10
#define BACK_S 600
#define ALIKE 0.8
#define CONSENT_MAX ((size_t)64 << 10)

struct aid_mine_settings
aid_mine_settings (const char *root)
{
  struct aid_config *c = aid_config_load (root, NULL);
  const json_t *o = c ? aid_config_get (c, "mine") : NULL;
  struct aid_mine_settings out = { .lines = aid_json_int (o, "lines", LINES),
                                   .files = aid_json_int (o, "files", FILES),
                                   .alike = aid_json_real (o, "alike", ALIKE),
                                   .rules = { aid_json_int (o, "settled_seconds", SETTLED_S) * 1000,
                                              aid_json_int (o, "back_seconds", BACK_S) * 1000 } };
  aid_config_free (c);
  return out;
}

const char *
aid_mine_why_name (enum aid_mine_why why)
{
  static const char *const names[AID_MINE_WHYS]
    = { "kept",  "there", "forgotten", "young",    "changed", "back",  "nothing",  "no-test",
        "large", "made",  "themes",    "left-out", "secret",  "alike", "no-place", "no-consent" };
  return names[why];
}

const char *
aid_mine_why_words (enum aid_mine_why why)
{
  static const char *const words[AID_MINE_WHYS] = {
    "kept",
    "there already",
    "forgotten by you",
    "too young: decided later",
    "changed again at once",
    "taken back",
    "no line is another",
    "no test more",
    "too large",
    "not the project's own text",
    "of several themes",
    "a file was left out of its snapshots (large, or with a secret)",
    "there is a secret in it",
    "like one that is there",
    "on what no snapshot has",
    "there is no consent",
  };
  return words[why];
}

void
aid_mine_case_init (struct aid_mine_case *c)
{
  *c = (struct aid_mine_case){ .files = AID_MINE_FILES_INIT,
                               .diff = AID_STR_INIT (AID_MINE_DIFF_MAX),
                               .rejected = AID_STR_INIT (AID_MINE_DIFF_MAX),
                               .whole = AID_STR_INIT (AID_MINE_DIFF_MAX) };
}

void
aid_mine_case_free (struct aid_mine_case *c)
{
  aid_mine_files_free (&c->files);
  aid_str_free (&c->diff);
  aid_str_free (&c->rejected);
  aid_str_free (&c->whole);
  free (c->question);
}

/* --- one that was found ------------------------------------------------------------------------------------------- */

static void
tell (struct aid_mine_work *w, const struct aid_mine_case *c, enum aid_mine_why why, const struct aid_str *words)
{
  w->sum->why[why]++;
  if (w->options->tell)
    w->options->tell (w->options->ctx, &(struct aid_mine_told){ .project = w->vault->root,
                                                                .kind = c->kind,
                                                                .why = why,
                                                                .words = aid_str_z (words),
                                                                .id = c->id,
                                                                .base = c->base,
                                                                .after = c->after,
                                                                .time = c->time });
}

/* Where the trees of ID are is another place now, if O, the example, says one that is gone, and this vault has them. */
static enum aid_err
follow (struct aid_mine_work *w, const char *id, const json_t *o, struct aid_error *e)
{
  struct aid_str git = AID_STR_INIT (8192), ref = AID_STR_INIT (256);
  const char *was = aid_json_str (o, "repository");
  aid_vault_path (w->vault, "git", &git);
  aid_str_addf (&ref, "refs/examples/%s", id);
  const char *const args[] = { "show-ref", "--verify", "--quiet", aid_str_z (&ref), NULL };
  enum aid_err err = AID_OK;
  if (!w->dry && was && strcmp (was, aid_str_z (&git)) != 0 && !aid_fs_exists (was)
      && !aid_vault_git (w->vault, &(struct aid_vault_run){ .args = args }, NULL))
    {
      json_t *is = aid_json_of_span (aid_str_span (&git));
      err = aid_examples_set (w->x, id, "repository", is, e);
      json_decref (is);
    }
  aid_str_free (&git);
  aid_str_free (&ref);
  return err;
}

static int
is_there (struct aid_mine_work *w, const char *id, enum aid_err *err, struct aid_error *e)
{
  json_t *o = NULL;
  int there = w->x && !aid_examples_get (w->x, id, &o, NULL);
  if (there)
    *err = follow (w, id, o, e);
  json_decref (o);
  return there;
}

/* Whether C was decided before, and *WHY how: of what did not last the first time that is said of that time alone. */
static int
was_decided (struct aid_mine_work *w, const struct aid_mine_case *c, enum aid_mine_why now, enum aid_mine_why *why)
{
  return aid_mine_was_decided (w, c->id, why) && (now || (*why != AID_MINE_CHANGED && *why != AID_MINE_TAKEN_BACK));
}

enum aid_err
aid_mine_decide (struct aid_mine_work *w, struct aid_mine_case *c, enum aid_mine_why why, struct aid_error *e)
{
  struct aid_str words = AID_STR_INIT (16384);
  enum aid_mine_why before;
  enum aid_err err = AID_OK;
  if (c->time < w->options->since)
    return AID_OK;
  int there = is_there (w, c->id, &err, e), decided = !there && was_decided (w, c, why, &before), seen = there || decided;
  if (there)
    why = AID_MINE_THERE;
  else if (decided)
    why = before;
  else if (w->x && aid_examples_forgotten (w->x, c->id))
    why = AID_MINE_FORGOTTEN;
  else if (!why)
    err = aid_mine_filter (w, c, &why, &words, e);
  if (!err && !why)
    err = aid_mine_keep (w, c, e);
  else if (!err && !seen && why != AID_MINE_IS_YOUNG)
    aid_mine_note (w, c->id, why);
  w->young += why == AID_MINE_IS_YOUNG;
  if (!err)
    tell (w, c, why, &words);
  aid_str_free (&words);
  return err;
}

struct deciding
{
  struct aid_mine_work *w;
  struct aid_error *e;
  enum aid_err err;
};

static void
take_tree (const struct aid_mine_line *l, size_t at, char out[AID_VAULT_ID])
{
  memcpy (out, AID_VEC_AT (struct aid_mine_shot, &l->snapshots, at).tree, AID_VAULT_ID);
}

static void
name_case (struct aid_mine_case *c)
{
  struct aid_str name = AID_STR_INIT (4096);
  aid_str_addf (&name, "%s %s %s", aid_mine_kind_name (c->kind), c->base, c->after);
  aid_hash_hex (aid_str_span (&name), AID_EXAMPLE_ID - 1, c->id);
  aid_str_free (&name);
}

static void
take_found (void *ctx, const struct aid_mine_found *f)
{
  static const enum aid_mine_why whys[] = { [AID_MINE_SETTLED] = AID_MINE_KEPT,
                                            [AID_MINE_UNSETTLED] = AID_MINE_CHANGED,
                                            [AID_MINE_BACK] = AID_MINE_TAKEN_BACK,
                                            [AID_MINE_YOUNG] = AID_MINE_IS_YOUNG };
  struct deciding *d = ctx;
  const struct aid_mine_line *l = &d->w->line;
  struct aid_mine_case c;
  if (!d->err && aid_stop_is_set (d->w->options->stop))
    d->err = aid_error_set (d->e, AID_E_CANCELLED, "Mining was stopped; it goes on from here the next time");
  if (d->err)
    return;
  aid_mine_case_init (&c);
  c.kind = f->kind;
  c.level = f->level;
  c.from = f->base;
  c.to = f->after;
  take_tree (l, f->base, c.base);
  take_tree (l, f->after, c.after);
  if (f->before != AID_MINE_NONE)
    take_tree (l, f->before, c.before);
  c.began = AID_VEC_AT (struct aid_mine_moment, &l->moments, f->base).time;
  c.time = AID_VEC_AT (struct aid_mine_moment, &l->moments, f->after).time;
  c.still = f->still;
  name_case (&c);
  d->err = aid_mine_decide (d->w, &c, whys[f->end], d->e);
  aid_mine_case_free (&c);
}

/* --- a vault ------------------------------------------------------------------------------------------------------ */

/* Whether the vault may be mined: one's own may, another's when its file "consent" says who has agreed, and when. */
static int
may_be_mined (struct aid_mine_work *w)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (CONSENT_MAX);
  w->consent = w->options->store ? NULL : json_string ("own");
  if (w->options->store)
    {
      aid_vault_path (w->vault, "consent", &path);
      json_t *o = aid_fs_read_itself (aid_str_z (&path), &text, NULL)
                    ? NULL
                    : aid_json_parse (aid_str_span (&text), "a consent", NULL);
      const char *person = aid_json_str (o, "person"), *agreed = aid_json_str (o, "agreed");
      if (person && *person && agreed && *agreed)
        w->consent = json_pack ("{s:s, s:s}", "person", person, "agreed", agreed);
      json_decref (o);
    }
  aid_str_free (&path);
  aid_str_free (&text);
  return w->consent != NULL;
}

static void
tell_no_consent (struct aid_mine_work *w)
{
  w->sum->why[AID_MINE_NO_CONSENT]++;
  if (w->options->tell)
    w->options->tell (w->options->ctx,
                      &(struct aid_mine_told){ .project = w->vault->root,
                                               .kind = AID_MINE_KINDS,
                                               .why = AID_MINE_NO_CONSENT,
                                               .words = "its folder has no file \"consent\" with \"person\" and \"agreed\"",
                                               .id = "",
                                               .base = "",
                                               .after = "" });
}

static enum aid_err
mine_moments (struct aid_mine_work *w, struct aid_error *e)
{
  struct deciding d = { w, e, AID_OK };
  enum aid_err err = aid_mine_line_read (&w->line, w->vault, e);
  w->sum->snapshots += w->line.moments.len;
  if (!err && aid_mine_find (w->line.moments.data, w->line.moments.len, &w->settings.rules, w->now, take_found, &d))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for the snapshots of %s", w->vault->root);
  return err ? err : d.err;
}

static enum aid_err
mine_vault (struct aid_mine_work *w, struct aid_error *e)
{
  struct aid_vault_tip tip;
  enum aid_err err = aid_vault_tip (w->vault, &tip, e);
  w->sum->vaults++;
  w->young = 0;
  int whole = !w->options->since; /* what is before that was not looked at */
  if (!err && whole && !w->options->again && aid_mine_is_marked (w, tip.commit))
    w->sum->skipped++;
  else if (!err)
    {
      err = mine_moments (w, e);
      /* What was decided until then stands, however it ends. */
      enum aid_err flushed = err && err != AID_E_CANCELLED ? err : aid_mine_flush (w, err ? NULL : e);
      err = err ? err : flushed;
      if (!err && whole && !w->young)
        err = aid_mine_mark (w, tip.commit, e);
    }
  if (!err && !w->options->store)
    err = aid_mine_prefer (w, e);
  if (!err)
    err = aid_mine_flush (w, e);
  aid_mine_line_free (&w->line);
  aid_vault_tip_free (&tip);
  return err;
}

static enum aid_err
enter (void *ctx, const char *dir, struct aid_error *e)
{
  struct aid_mine_work *w = ctx;
  struct aid_error why = { AID_OK, "" };
  enum aid_err err = aid_vault_open_at (dir, &w->vault, &why);
  if (!err && w->options->root && strcmp (w->vault->root, w->options->root) != 0)
    {
      aid_vault_free (w->vault);
      return AID_OK;
    }
  if (!err)
    {
      w->settings = aid_mine_settings (w->options->store ? NULL : w->vault->root);
      snprintf (w->rules, sizeof w->rules, "1 %lld %lld %lld %lld %.4f", (long long)w->settings.lines,
                (long long)w->settings.files, (long long)w->settings.rules.settled_ms, (long long)w->settings.rules.back_ms,
                w->settings.alike);
      w->kept = aid_mine_kept_new ();
      if (!w->kept)
        err = aid_error_set (&why, AID_E_NOMEM, "No memory for examples");
      else if (may_be_mined (w))
        err = mine_vault (w, &why);
      else
        tell_no_consent (w);
      aid_mine_kept_free (w->kept);
      json_decref (w->consent);
    }
  aid_vault_free (w->vault);
  w->vault = NULL;
  if (err == AID_E_CANCELLED || err == AID_E_NOMEM)
    return e ? (*e = why, err) : err;
  if (err && w->options->trouble)
    w->options->trouble (w->options->ctx, &why);
  return AID_OK;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

/* Of several processes one mines: its descriptor, or -1. */
static int
begin (struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, &path, e);
  aid_str_addz (&path, "/examples.lock");
  int fd = err || path.err ? -1 : open (aid_str_z (&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (!err && fd < 0)
    aid_error_set (e, AID_E_IO, "Cannot open %s: %s; look at the folder's permissions", aid_str_z (&path), strerror (errno));
  else if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB))
    {
      close (fd);
      fd = -1;
      aid_error_set (e, AID_E_STATE, "Another aid mine is running; wait for its end");
    }
  aid_str_free (&path);
  return fd;
}

enum aid_err
aid_mine (const struct aid_mine_options *options, struct aid_mine_sum *sum, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  struct aid_mine_work w = { .options = options, .sum = sum };
  int lock = -1;
  memset (sum, 0, sizeof *sum);
  enum aid_err err = aid_examples_open (!options->dry_run, &w.x, &why);
  if (err == AID_E_NOTFOUND && options->dry_run)
    err = AID_OK;
  if (!err && !options->dry_run && (lock = begin (&why)) < 0)
    err = why.code;
  /* A dry run looks at what is there, too, and writes none of it. */
  w.dry = options->dry_run;
  w.now = options->now ? options->now : aid_clock_wall_ms ();
  if (!err)
    err = aid_vaults (options->store, enter, &w, &why);
  if (!err && options->root && !sum->vaults && !sum->why[AID_MINE_NO_CONSENT])
    err = aid_error_set (&why, AID_E_NOTFOUND, "There are no snapshots of %s: aid snapshot watch takes some", options->root);
  aid_examples_close (w.x);
  if (lock >= 0)
    close (lock);
  if (err && e)
    *e = why;
  return err;
}
