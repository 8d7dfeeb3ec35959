/* Forgetting: whole hours go, by taking their refs away; then git packs what can still be reached and drops the rest. */
#include "base/clock.h"
#include "learn/snapshot.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define REFS_MAX 100000
#define DAY_MS INT64_C (86400000)
#define LITTLE 24 /* hours that are forgotten at once */

/* Bytes of the packs' folder; *PACKS gets how many there are. */
static uint64_t
measure (const struct aid_vault *vault, size_t *packs)
{
  struct aid_str path = AID_STR_INIT (8192);
  uint64_t sum = 0;
  struct stat st;
  *packs = 0;
  aid_vault_path (vault, "git/objects/pack", &path);
  DIR *dir = opendir (aid_str_z (&path));
  for (struct dirent *d; dir && (d = readdir (dir));)
    {
      *packs += (size_t)aid_span_ends (aid_span_z (d->d_name), ".pack");
      if (d->d_name[0] != '.' && !fstatat (dirfd (dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW))
        sum += (uint64_t)st.st_size;
    }
  if (dir)
    closedir (dir);
  aid_str_free (&path);
  return sum;
}

uint64_t
aid_snapshot_bytes (const struct aid_vault *vault)
{
  size_t packs;
  return measure (vault, &packs);
}

void
aid_snapshot_tidy (struct aid_vault *vault, const struct aid_stop *stop)
{
  static const char *const args[] = { "-c", "core.fsync=all", "repack", "--geometric=2", "-d", "-q", NULL };
  size_t packs;
  measure (vault, &packs);
  if (packs < AID_SNAPSHOT_PACKS || aid_vault_lock (vault, 0, NULL))
    return;
  if (aid_vault_git (vault, &(struct aid_vault_run){ .args = args, .stop = stop, .with_us = 1 }, NULL))
    aid_vault_sweep (vault);
  aid_vault_unlock (vault);
}

/* --- which hours -------------------------------------------------------------------------------------------------- */

/* TEXT has the hours' refs, a line each, the oldest first; they become lines of HOURS, borrowed. */
static enum aid_err
read_hours (const struct aid_vault *s, struct aid_str *text, struct aid_vec *hours, struct aid_error *e)
{
  static const char *const args[] = { "for-each-ref", "--sort=refname", "--format=%(refname)", AID_VAULT_REFS, NULL };
  enum aid_err err = aid_vault_git (s, &(struct aid_vault_run){ .args = args, .out = text }, e);
  struct aid_span rest = aid_str_span (text), line;
  while (!err && aid_span_line (&rest, &line))
    {
      struct aid_span *slot = aid_vec_push (hours);
      if (slot)
        *slot = line;
    }
  return err;
}

/* When the hour that REF names began, in ms; the end of time when it is no such name. */
static int64_t
began (struct aid_span ref)
{
  struct tm tm = { 0 };
  char *z = aid_span_dup (ref), *end = z ? strptime (z, AID_VAULT_REFS "%Y-%m-%dT%H", &tm) : NULL;
  int64_t ms = end && !*end ? (int64_t)timegm (&tm) * 1000 : INT64_MAX;
  free (z);
  return ms;
}

/* Bytes on the disk of what the hours from FIRST on and the examples reach; -1 when git cannot tell. */
static int64_t
usage_from (const struct aid_vault *s, const struct aid_vec *hours, size_t first, const struct aid_stop *stop)
{
  static const char *const args[]
    = { "rev-list", "--disk-usage", "--objects", AID_VAULT_EXAMPLES_GLOB, "--stdin", NULL };
  struct aid_str asked = AID_STR_INIT ((size_t)64 << 20), text = AID_STR_INIT (4096);
  uint64_t n = 0;
  for (size_t i = first; i < hours->len; i++)
    {
      aid_str_addspan (&asked, AID_VEC_AT (struct aid_span, hours, i));
      aid_str_addc (&asked, '\n');
    }
  int bad = aid_vault_git (
              s, &(struct aid_vault_run){ .args = args, .input = aid_str_span (&asked), .out = &text, .stop = stop }, NULL)
            || aid_span_number (aid_span_trim (aid_str_span (&text)), INT64_MAX, &n);
  aid_str_free (&asked);
  aid_str_free (&text);
  return bad ? -1 : (int64_t)n;
}

/* How many of the oldest HOURS are to go; the last one stays.  *MUCH: there is more than may be. */
static size_t
doomed (const struct aid_vault *s, const struct aid_vec *hours, const struct aid_snapshot_settings *settings,
        const struct aid_stop *stop, int *much)
{
  size_t low = 0, last = hours->len ? hours->len - 1 : 0;
  int64_t oldest = aid_clock_wall_ms () - settings->days * DAY_MS, limit = settings->megabytes << 20;
  while (settings->days && low < last && began (AID_VEC_AT (struct aid_span, hours, low)) < oldest - DAY_MS / 24)
    low++;
  *much = settings->megabytes && aid_snapshot_bytes (s) > (uint64_t)limit;
  if (!*much || usage_from (s, hours, low, stop) <= limit)
    return low;
  limit -= limit / 5;
  for (size_t high = last; low < high;)
    { /* the fewest that must go */
      size_t middle = low + (high - low) / 2;
      int64_t used = usage_from (s, hours, middle, stop);
      if (used < 0)
        return low;
      if (used <= limit)
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

/* --- their end ---------------------------------------------------------------------------------------------------- */

static enum aid_err
forget (const struct aid_vault *s, const struct aid_vec *hours, size_t n, struct aid_error *e)
{
  static const char *const args[] = { "update-ref", "--stdin", "-z", NULL };
  struct aid_str asked = AID_STR_INIT ((size_t)64 << 20);
  for (size_t i = 0; i < n; i++)
    {
      aid_str_addz (&asked, "delete ");
      aid_str_addspan (&asked, AID_VEC_AT (struct aid_span, hours, i));
      aid_str_add (&asked, "\0\0", 2);
    }
  enum aid_err err
    = n ? aid_vault_git (s, &(struct aid_vault_run){ .args = args, .input = aid_str_span (&asked) }, e) : AID_OK;
  aid_str_free (&asked);
  return err;
}

/* One pack of all that can be reached; the rest is dropped. */
static enum aid_err
pack_all (const struct aid_vault *s, const struct aid_stop *stop, struct aid_error *e)
{
  static const char *const refs[] = { "pack-refs", "--all", "--prune", NULL };
  /* What stays for long is on the disk before the old packs are removed. */
  static const char *const repack[] = { "-c", "core.fsync=all", "repack", "-a", "-d", "-q", NULL };
  static const char *const prune[] = { "prune", "--expire=now", NULL };
  const char *const *const runs[] = { refs, repack, prune };
  enum aid_err err = AID_OK;
  aid_vault_note_gc (s, 1);
  for (size_t i = 0; !err && i < sizeof runs / sizeof *runs; i++)
    err = aid_vault_git (s, &(struct aid_vault_run){ .args = runs[i], .stop = stop, .with_us = 1 }, e);
  aid_vault_note_gc (s, 0);
  if (err)
    aid_vault_sweep (s);
  return err;
}

enum aid_err
aid_snapshot_gc (struct aid_vault *vault, const struct aid_snapshot_settings *settings, enum aid_gc how, int wait_ms,
                 const struct aid_stop *stop, struct aid_snapshot_forgotten *out, struct aid_error *e)
{
  int much = 0;
  struct aid_str text = AID_STR_INIT ((size_t)16 << 20);
  struct aid_vec hours = AID_VEC_INIT (struct aid_span, REFS_MAX);
  *out = (struct aid_snapshot_forgotten){ 0, 0, 0 };
  enum aid_err err = aid_vault_lock (vault, wait_ms, e);
  if (err)
    return err;
  out->before = aid_snapshot_bytes (vault);
  err = read_hours (vault, &text, &hours, e);
  size_t n = err ? 0 : doomed (vault, &hours, settings, stop, &much);
  int little = how == AID_GC_LITTLE && !much && n < LITTLE;
  if (!err && !little)
    err = forget (vault, &hours, out->hours = n, e);
  if (!err && !little)
    err = pack_all (vault, stop, e);
  out->after = aid_snapshot_bytes (vault);
  aid_vault_unlock (vault);
  aid_vec_free (&hours);
  aid_str_free (&text);
  return err;
}
