/* Reading snapshots: git log lists them, hours in the order of their names, one git diff-tree tells what each changed against the
   one before it, which the chains of single hours do not know. */
#include "learn/timeline.h"
#include "base/json.h"
#include "learn/message.h"
#include <stdio.h>
#include <stdlib.h>

#define LOG_MAX ((size_t)1 << 30)
#define DIFF_MAX ((size_t)256 << 20)
#define FILES_SHOWN 10000 /* of one snapshot */
#define REFS_MAX ((size_t)64 << 20)

static void
take_word (struct aid_span line, char *out, size_t size)
{
  size_t n = line.len < size - 1 ? line.len : size - 1;
  memcpy (out, line.ptr, n);
  out[n] = '\0';
}

static void
take_id (struct aid_span line, char out[AID_VAULT_ID])
{
  take_word (line, out, AID_VAULT_ID);
}

static void
free_all (struct aid_vec *all)
{
  for (size_t i = 0; i < all->len; i++)
    {
      json_decref (AID_VEC_AT (struct aid_snapshot, all, i).told);
      json_decref (AID_VEC_AT (struct aid_snapshot, all, i).files);
    }
  aid_vec_free (all);
}

/* --- the list ----------------------------------------------------------------------------------------------------- */

/* One entry of the log: id, tree, time in seconds, the ref of its hour, message. */
static int
add_entry (struct aid_vec *all, struct aid_span entry)
{
  struct aid_span id = { "", 0 }, tree = { "", 0 }, time = { "", 0 }, ref = { "", 0 };
  uint64_t seconds = 0;
  struct aid_snapshot *one;
  if (!aid_span_line (&entry, &id) || !aid_span_line (&entry, &tree) || !aid_span_line (&entry, &time)
      || !aid_span_line (&entry, &ref))
    return 0;
  if (!(one = aid_vec_push (all)))
    return -1;
  take_id (id, one->id);
  take_id (tree, one->tree);
  take_word (ref, one->ref, sizeof one->ref);
  one->place = all->len;
  aid_span_number (time, INT64_MAX / 1000, &seconds);
  one->told = aid_message_read (entry);
  one->time_ms = aid_json_int (one->told, "time", (int64_t)seconds * 1000);
  return 0;
}

/* Git's own order is by times in seconds, in which several can be taken, and by a clock that may have been set back; hours follow
   one another by their names, and those of one are a chain. */
static int
newest_first (const void *x, const void *y)
{
  const struct aid_snapshot *a = x, *b = y;
  int hour = strcmp (b->ref, a->ref);
  return hour ? hour : (a->place > b->place) - (a->place < b->place);
}

/* Adds the snapshots of the hours in REFS, a name a line. */
static enum aid_err
list_hours (const struct aid_vault *s, struct aid_span refs, struct aid_vec *all, struct aid_error *e)
{
  static const char *const args[] = { "log", "-z", "--format=tformat:%H%n%T%n%ct%n%S%n%B", "--stdin", NULL };
  struct aid_str text = AID_STR_INIT (LOG_MAX);
  enum aid_err err = aid_vault_git (s, &(struct aid_vault_run){ .args = args, .input = refs, .out = &text }, e);
  struct aid_span rest = aid_str_span (&text);
  while (!err && rest.len && all->len < AID_TIMELINE_MAX)
    if (add_entry (all, aid_vault_field (&rest, '\0')))
      err = aid_error_set (e, AID_E_NOMEM, "Too many snapshots to be listed");
  aid_str_free (&text);
  return err;
}

/* Takes the first N lines off *REST. */
static struct aid_span
take_lines (struct aid_span *rest, size_t n)
{
  struct aid_span begin = *rest, line;
  while (n-- && aid_span_line (rest, &line))
    ;
  return aid_span_cut (begin, 0, begin.len - rest->len);
}

/* The newest snapshots, more than MOST if there are (0: all), the newest first, each with the one before it.  Of hours the newest
   are read first, each time twice as many, until there are enough: by the times in them git cannot tell which those are. */
static enum aid_err
list (const struct aid_vault *s, size_t most, struct aid_vec *all, struct aid_error *e)
{
  static const char *const args[] = { "for-each-ref", "--sort=-refname", "--format=%(refname)", AID_VAULT_REFS, NULL };
  struct aid_str refs = AID_STR_INIT (REFS_MAX);
  enum aid_err err = aid_vault_git (s, &(struct aid_vault_run){ .args = args, .out = &refs }, e);
  struct aid_span rest = aid_str_span (&refs);
  for (size_t n = most ? 1 : SIZE_MAX; !err && rest.len && (!most || all->len <= most); n *= 2)
    err = list_hours (s, take_lines (&rest, n), all, e);
  if (all->len)
    qsort (all->data, all->len, sizeof (struct aid_snapshot), newest_first);
  for (size_t i = 0; i + 1 < all->len; i++)
    memcpy (AID_VEC_AT (struct aid_snapshot, all, i).before, AID_VEC_AT (struct aid_snapshot, all, i + 1).id, AID_VAULT_ID);
  aid_str_free (&refs);
  return err;
}

/* --- what each changed -------------------------------------------------------------------------------------------- */

static void
add_file (struct aid_snapshot *one, char letter, struct aid_span path)
{
  if (!one->files || json_array_size (one->files) >= FILES_SHOWN)
    return;
  json_t *o = json_object ();
  json_object_set_new (o, "path", aid_json_of_span (path));
  json_object_set_new (o, "change", json_string (letter == 'A' ? "added" : letter == 'D' ? "deleted" : "changed"));
  json_array_append_new (one->files, o);
}

/* "3\t1\tPATH": lines that were added and removed of the last file of ONE; "-" of a binary one. */
static void
add_lines (struct aid_snapshot *one, struct aid_span field)
{
  json_t *file = json_array_get (one->files, json_array_size (one->files) - 1);
  const char *tab = memchr (field.ptr, '\t', field.len);
  uint64_t added, removed;
  struct aid_span first = aid_span_cut (field, 0, (size_t)(tab - field.ptr)),
                  rest = aid_span_cut (field, first.len + 1, field.len);
  const char *second = memchr (rest.ptr, '\t', rest.len);
  if (!file || !second || aid_span_number (first, INT32_MAX, &added)
      || aid_span_number (aid_span_cut (rest, 0, (size_t)(second - rest.ptr)), INT32_MAX, &removed))
    return;
  json_object_set_new (file, "added", json_integer ((json_int_t)added));
  json_object_set_new (file, "removed", json_integer ((json_int_t)removed));
}

/* What diff-tree printed, in the order of ALL: an id, then of each file ":... M" and its path, then lines of numbers. */
static void
read_changes (struct aid_span rest, struct aid_vec *all)
{
  size_t at = 0;
  while (rest.len)
    {
      struct aid_span field = aid_vault_field (&rest, '\0');
      struct aid_snapshot *one = at ? &AID_VEC_AT (struct aid_snapshot, all, at - 1) : NULL;
      if (one && field.len && field.ptr[0] == ':')
        add_file (one, field.ptr[field.len - 1], aid_vault_field (&rest, '\0'));
      else if (one && field.len && memchr (field.ptr, '\t', field.len))
        add_lines (one, field);
      else
        while (at < all->len && !aid_span_eqz (field, AID_VEC_AT (struct aid_snapshot, all, at++).id))
          ;
    }
}

/* Finds what the first N of ALL changed, of PATH or of everything. */
static enum aid_err
find_changes (const struct aid_vault *s, struct aid_vec *all, size_t n, struct aid_span path, struct aid_error *e)
{
  struct aid_str asked = AID_STR_INIT (LOG_MAX), text = AID_STR_INIT (LOG_MAX);
  char *name = aid_span_dup (path);
  /* --root: the first of all is compared with nothing.  "commit parent" says what else with. */
  const char *const args[] = { "diff-tree",
                               "--stdin",
                               "-r",
                               "-z",
                               "--root",
                               "--raw",
                               path.len ? "--numstat" : "--raw",
                               "--no-ext-diff",
                               "--no-textconv",
                               "--no-renames",
                               "--",
                               path.len ? name : NULL,
                               NULL };
  for (size_t i = 0; i < n; i++)
    {
      struct aid_snapshot *one = &AID_VEC_AT (struct aid_snapshot, all, i);
      one->files = json_array ();
      aid_str_addf (&asked, "%s%s%s\n", one->id, one->before[0] ? " " : "", one->before);
    }
  enum aid_err err = !name ? AID_E_NOMEM : AID_OK;
  if (!err && asked.len)
    err = aid_vault_git (s, &(struct aid_vault_run){ .args = args, .input = aid_str_span (&asked), .out = &text }, e);
  if (!err)
    read_changes (aid_str_span (&text), all);
  aid_str_free (&asked);
  aid_str_free (&text);
  free (name);
  return err;
}

/* How many of ALL are to be looked at, from the newest on.  A clock that was set back gives later ones earlier times. */
static size_t
wanted (const struct aid_timeline_which *which, const struct aid_vec *all)
{
  size_t n = 0, found = 0;
  for (size_t i = 0; i < all->len && (!which->most || which->path.len || found < which->most); i++)
    if (AID_VEC_AT (struct aid_snapshot, all, i).time_ms >= which->since)
      {
        n = i + 1;
        found++;
      }
  return n;
}

enum aid_err
aid_timeline (const struct aid_vault *s, const struct aid_timeline_which *which,
              int (*fn) (void *ctx, const struct aid_snapshot *one), void *ctx, struct aid_error *e)
{
  struct aid_vec all = AID_VEC_INIT (struct aid_snapshot, AID_TIMELINE_MAX + 1);
  int bounded = which->most && !which->path.len && !which->id && !which->since;
  enum aid_err err = list (s, bounded ? which->most : 0, &all, e);
  size_t n = wanted (which, &all), told = 0;
  if (!err && !which->bare && !which->id)
    err = find_changes (s, &all, n, which->path, e);
  for (size_t i = 0; !err && i < n; i++)
    {
      const struct aid_snapshot *one = &AID_VEC_AT (struct aid_snapshot, &all, i);
      if (one->time_ms < which->since || (which->path.len && !json_array_size (one->files))
          || (which->id && strcmp (which->id, one->id) != 0))
        continue;
      if ((which->most && told++ >= which->most) || fn (ctx, one))
        break;
    }
  free_all (&all);
  return err;
}

/* --- one ---------------------------------------------------------------------------------------------------------- */

/* Of an ID, or the beginning of one, that names none, or several. */
static enum aid_err
no_such (const char *id, struct aid_error *e)
{
  size_t n = strspn (id, "0123456789abcdefABCDEF");
  if (n && !id[n] && n < AID_VAULT_ID_LEAST)
    return aid_error_set (e, AID_E_NOTFOUND, "%s is too short: write %d of a snapshot's digits at least (aid snapshot log)",
                          id, AID_VAULT_ID_LEAST);
  return aid_error_set (e, AID_E_NOTFOUND, "There is no snapshot %s%s: aid snapshot log lists them", id,
                        n && !id[n] && n < 40 ? ", or more than one" : "");
}

enum aid_err
aid_timeline_find (const struct aid_vault *s, const char *id, char out[AID_VAULT_ID], struct aid_error *e)
{
  struct aid_vault_tip tip;
  struct aid_str text = AID_STR_INIT (4096), name = AID_STR_INIT (4096);
  enum aid_err err = AID_OK;
  out[0] = '\0';
  if (!strcmp (id, "latest"))
    {
      err = aid_vault_tip (s, &tip, e);
      memcpy (out, tip.commit, AID_VAULT_ID);
      aid_vault_tip_free (&tip);
    }
  else if (aid_vault_is_id (id))
    {
      aid_str_addf (&name, "%s^{commit}", id);
      const char *const args[] = { "rev-parse", "--verify", "--quiet", aid_str_z (&name), NULL };
      if (!aid_vault_git (s, &(struct aid_vault_run){ .args = args, .out = &text }, NULL))
        take_id (aid_span_trim (aid_str_span (&text)), out);
    }
  aid_str_free (&text);
  aid_str_free (&name);
  return err || out[0] ? err : no_such (id, e);
}

static int
take_before (void *ctx, const struct aid_snapshot *one)
{
  memcpy (ctx, one->before, AID_VAULT_ID);
  return 1;
}

enum aid_err
aid_timeline_diff (const struct aid_vault *s, const char *id, struct aid_str *out, struct aid_error *e)
{
  char full[AID_VAULT_ID], before[AID_VAULT_ID] = "";
  enum aid_err err = aid_timeline_find (s, id, full, e);
  if (!err)
    err = aid_timeline (s, &(struct aid_timeline_which){ .id = full }, take_before, before, e);
  const char *const args[] = { "-c",
                               "core.quotePath=false",
                               "diff-tree",
                               "-p",
                               "--no-commit-id",
                               "--no-ext-diff",
                               "--no-textconv",
                               "--no-color",
                               "-M",
                               "--root",
                               before[0] ? before : full,
                               before[0] ? full : NULL,
                               NULL };
  return err ? err : aid_vault_git (s, &(struct aid_vault_run){ .args = args, .out = out }, e);
}

/* --- files -------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_timeline_files (const struct aid_vault *s, const char *id, struct aid_span path,
                    enum aid_err (*fn) (void *ctx, unsigned mode, const char *blob, struct aid_span path,
                                        struct aid_error *e),
                    void *ctx, struct aid_error *e)
{
  char full[AID_VAULT_ID], *name = aid_span_dup (path);
  struct aid_str text = AID_STR_INIT (DIFF_MAX);
  const char *const args[] = { "ls-tree", "-r", "-z", full, "--", path.len ? name : NULL, NULL };
  enum aid_err err = !name ? AID_E_NOMEM : aid_timeline_find (s, id, full, e);
  if (!err)
    err = aid_vault_git (s, &(struct aid_vault_run){ .args = args, .out = &text }, e);
  struct aid_span rest = aid_str_span (&text);
  if (!err && !rest.len)
    err = aid_error_set (e, AID_E_NOTFOUND, "%.*s is not in snapshot %.12s", (int)(path.len < 160 ? path.len : 160),
                         path.ptr, full);
  while (!err && rest.len)
    { /* "100644 blob ID\tPATH" */
      struct aid_span entry = aid_vault_field (&rest, '\0');
      const char *tab = memchr (entry.ptr, '\t', entry.len);
      size_t head = tab ? (size_t)(tab - entry.ptr) : 0;
      char blob[AID_VAULT_ID];
      if (head < 12)
        continue;
      take_id (aid_span_cut (entry, 12, head), blob);
      err = fn (ctx, (unsigned)strtoul (entry.ptr, NULL, 8), blob, aid_span_cut (entry, head + 1, entry.len), e);
    }
  aid_str_free (&text);
  free (name);
  return err;
}

enum aid_err
aid_timeline_blob (const struct aid_vault *s, const char *blob, struct aid_str *out, struct aid_error *e)
{
  const char *const args[] = { "cat-file", "blob", blob, NULL };
  return aid_vault_git (s, &(struct aid_vault_run){ .args = args, .out = out }, e);
}

struct text_of
{
  const struct aid_vault *s;
  struct aid_span path;
  struct aid_str *out;
  int found;
};

static enum aid_err
take_text (void *ctx, unsigned mode, const char *blob, struct aid_span path, struct aid_error *e)
{
  struct text_of *t = ctx;
  (void)mode;
  if (!aid_span_eq (path, t->path))
    return AID_OK;
  t->found = 1;
  return aid_timeline_blob (t->s, blob, t->out, e);
}

enum aid_err
aid_timeline_text (const struct aid_vault *s, const char *id, struct aid_span path, struct aid_str *out, struct aid_error *e)
{
  struct text_of t = { s, path, out, 0 };
  enum aid_err err = aid_timeline_files (s, id, path, take_text, &t, e);
  return err || t.found
           ? err
           : aid_error_set (e, AID_E_NOTFOUND, "%.*s is a folder", (int)(path.len < 160 ? path.len : 160), path.ptr);
}
