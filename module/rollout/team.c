/* What is known of the last look stands in the state's team/checked.json: {source, at, etag, modified, seen, error}.
   SEEN tells the files at a path by their times and sizes.  One process looks at a time (team/lock). */
#include "rollout/team.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "rollout/get.h"
#include "rollout/signature.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define AGAIN_MS 300000 /* after a failure */
#define CHECKED_MAX ((size_t)64 << 10)

/* --- reading what is published ---------------------------------------------------------------------------------------- */

/* PATH with "~/" as the person's home. */
static void
expand (const char *path, struct aid_str *out)
{
  const char *home = getenv ("HOME");
  if (home && aid_span_starts (aid_span_z (path), "~/"))
    aid_str_addf (out, "%s/%s", home, path + 2);
  else
    aid_str_addz (out, path);
}

/* The place of the signature: S's with ".sig" behind the path, before a query. */
static void
signature_place (const char *place, int url, struct aid_str *out)
{
  size_t n = url ? strcspn (place, "?#") : strlen (place);
  aid_str_add (out, place, n);
  aid_str_addz (out, ".sig");
  aid_str_addz (out, place + n);
}

static enum aid_err
get_file (const char *path, struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = aid_fs_read (path, out, e);
  return err == AID_E_LIMIT || out->err == AID_E_LIMIT
           ? aid_error_set (e, AID_E_LIMIT, "%.150s is larger than %zu KB", path, out->max >> 10)
           : err;
}

/* Reads both files.  GOT is of the settings; when they are the SAME as before, nothing is appended. */
static enum aid_err
get_both (const struct aid_team_source *s, struct aid_net *net, struct aid_got *got, struct aid_str *text,
          struct aid_str *signature, struct aid_error *e)
{
  struct aid_str place = AID_STR_INIT (16384), beside = AID_STR_INIT (16384), ca = AID_STR_INIT (PATH_MAX);
  struct aid_got ignored = { .same = 0 };
  enum aid_err err;
  expand (aid_team_source_name (s), &place);
  signature_place (aid_str_z (&place), s->url != NULL, &beside);
  if (s->ca_file)
    expand (s->ca_file, &ca);
  const char *ca_file = s->ca_file ? aid_str_z (&ca) : NULL;
  if (s->url)
    {
      err = aid_get_url (net, aid_str_z (&place), ca_file, got, text, e);
      if (!err && !got->same)
        err = aid_get_url (net, aid_str_z (&beside), ca_file, &ignored, signature, e);
    }
  else
    {
      err = get_file (aid_str_z (&place), text, e);
      if (!err)
        err = get_file (aid_str_z (&beside), signature, e);
    }
  aid_str_free (&place);
  aid_str_free (&beside);
  aid_str_free (&ca);
  return err;
}

enum aid_err
aid_team_get (const struct aid_team_source *s, struct aid_net *net, struct aid_str *text, struct aid_str *signature,
              struct aid_error *e)
{
  struct aid_got got = { .same = 0 };
  return get_both (s, net, &got, text, signature, e);
}

/* --- judging ------------------------------------------------------------------------------------------------------------ */

/* Whether F may follow what is stored of the same source. */
static enum aid_err
judge_serial (const struct aid_team_source *s, const struct aid_team_file *f, struct aid_span text, struct aid_error *e)
{
  struct aid_team_stored stored;
  char hash[AID_SHA256_HEX];
  enum aid_err err = AID_OK;
  aid_sha256_hex (text, hash);
  if (!aid_team_stored_read (s, &stored, NULL) && stored.same_source)
    {
      if (f->serial < stored.file.serial)
        err = aid_error_set (
          e, AID_E_REFUSED,
          "%.100s: its serial %lld is older than %lld, which you have: an old file is shown again, and not taken",
          aid_team_source_name (s), (long long)f->serial, (long long)stored.file.serial);
      else if (f->serial == stored.file.serial && strcmp (hash, stored.hash) != 0)
        err = aid_error_set (e, AID_E_REFUSED, "%.100s: it has changed, but not its serial %lld: not taken",
                             aid_team_source_name (s), (long long)f->serial);
    }
  aid_team_stored_free (&stored);
  return err;
}

enum aid_err
aid_team_judge (const struct aid_team_source *s, struct aid_span text, struct aid_span signature, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  struct aid_team_file f = { .root = NULL };
  const char *name = aid_team_source_name (s);
  enum aid_err err = aid_signature_verify (text, signature, s->keys, s->nkeys, &why);
  if (err)
    return aid_error_set (e, err, "%.90s: %.160s", name, why.msg);
  err = aid_team_parse (text, name, &f, e);
  if (!err && f.ends <= aid_clock_wall_ms ())
    err = aid_error_set (e, AID_E_REFUSED, "%.150s has expired on %.20s", name, f.expires);
  if (!err)
    err = aid_team_check (&f, name, e);
  if (!err)
    err = judge_serial (s, &f, text, e);
  aid_team_file_free (&f);
  return err;
}

/* --- the last look ------------------------------------------------------------------------------------------------------ */

struct look
{
  const struct aid_team_source *s;
  json_t *checked; /* of S, or NULL */
  struct aid_got got;
  char seen[256];
};

/* The times and sizes of the files at S's path. */
static void
see (const struct aid_team_source *s, char *out, size_t size)
{
  struct aid_str place = AID_STR_INIT (PATH_MAX), beside = AID_STR_INIT (PATH_MAX);
  struct stat a, b;
  expand (s->path, &place);
  signature_place (aid_str_z (&place), 0, &beside);
  if (stat (aid_str_z (&place), &a) || stat (aid_str_z (&beside), &b))
    out[0] = '\0';
  else
    snprintf (out, size, "%lld.%09ld %lld %llu, %lld.%09ld %lld %llu", (long long)a.st_mtim.tv_sec, a.st_mtim.tv_nsec,
              (long long)a.st_size, (unsigned long long)a.st_ino, (long long)b.st_mtim.tv_sec, b.st_mtim.tv_nsec,
              (long long)b.st_size, (unsigned long long)b.st_ino);
  aid_str_free (&place);
  aid_str_free (&beside);
}

static void
look_begin (struct look *l, const struct aid_team_source *s)
{
  struct aid_team_stored stored;
  memset (l, 0, sizeof *l);
  l->s = s;
  l->checked = aid_team_state_read ("/checked.json", CHECKED_MAX, NULL);
  const char *source = aid_json_str (l->checked, "source");
  if (!source || strcmp (source, aid_team_source_name (s)) != 0)
    {
      json_decref (l->checked);
      l->checked = NULL;
    }
  /* What is stored for other keys must be had again, whatever a server says of its age. */
  if (!aid_team_stored_read (s, &stored, NULL) && stored.same_source && stored.same_keys)
    {
      const char *etag = aid_json_str (l->checked, "etag"), *modified = aid_json_str (l->checked, "modified");
      snprintf (l->got.etag, sizeof l->got.etag, "%s", etag ? etag : "");
      snprintf (l->got.modified, sizeof l->got.modified, "%s", modified ? modified : "");
    }
  else
    {
      json_decref (l->checked);
      l->checked = NULL;
    }
  aid_team_stored_free (&stored);
  if (s->path)
    see (s, l->seen, sizeof l->seen);
}

/* Whether there is something to look for now. */
static int
is_due (const struct look *l)
{
  const char *seen = aid_json_str (l->checked, "seen");
  int64_t wait = l->s->refresh_ms, at = aid_json_int (l->checked, "at", 0), now = aid_clock_wall_ms ();
  if (l->s->path)
    return !seen || strcmp (seen, l->seen) != 0;
  if (aid_json_str (l->checked, "error") && wait > AGAIN_MS)
    wait = AGAIN_MS;
  return now >= at + wait || at > now;
}

/* Notes how it ended.  That a failure leaves no trace in what is stored is all that counts: an error here is none. */
static void
look_end (struct look *l, enum aid_err err, const struct aid_error *e)
{
  json_t *all = json_pack ("{s:s, s:I, s:s, s:s, s:s, s:s?}", "source", aid_team_source_name (l->s), "at",
                           (json_int_t)aid_clock_wall_ms (), "etag", err ? "" : l->got.etag, "modified",
                           err ? "" : l->got.modified, "seen", l->seen, "error", err ? e->msg : NULL);
  if (all)
    aid_team_state_write ("/checked.json", all, NULL);
  json_decref (all);
  json_decref (l->checked);
}

/* The lock, a descriptor; -1 when another process has it, or there is none. */
static int
take_lock (struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX);
  int fd = -1;
  enum aid_err err = aid_team_state_path ("", &path, e);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&path), 0700, e);
  aid_str_addz (&path, "/lock");
  if (!err && (fd = open (aid_str_z (&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
    aid_error_set (e, AID_E_IO, "Cannot open %.150s: %s", aid_str_z (&path), strerror (errno));
  else if (!err && flock (fd, LOCK_EX | LOCK_NB))
    {
      close (fd);
      fd = -1;
      aid_error_set (e, AID_E_STATE, "The team's settings are being fetched by another program: try again in a moment");
    }
  aid_str_free (&path);
  return fd;
}

/* --- refreshing --------------------------------------------------------------------------------------------------------- */

static enum aid_err
store (const struct aid_team_source *s, struct aid_span text, struct aid_span signature, struct aid_team_news *out,
       struct aid_error *e)
{
  struct aid_team_stored stored;
  struct aid_team_file f;
  char hash[AID_SHA256_HEX];
  enum aid_err err = AID_OK;
  aid_sha256_hex (text, hash);
  out->changed
    = aid_team_stored_read (s, &stored, NULL) || !stored.same_source || !stored.same_keys || strcmp (hash, stored.hash) != 0;
  aid_team_stored_free (&stored);
  if (out->changed)
    err = aid_team_store (s, text, signature, e);
  if (!err && !aid_team_parse (text, "", &f, NULL))
    {
      out->serial = f.serial;
      snprintf (out->name, sizeof out->name, "%s", f.name ? f.name : "");
    }
  else
    f.root = NULL;
  aid_team_file_free (&f);
  return err;
}

/* A file that is being replaced may not go with its signature for a moment: then it is read once more. */
static enum aid_err
look_at (struct look *l, struct aid_net *net, struct aid_team_news *out, struct aid_error *e)
{
  enum aid_err err = AID_E_REFUSED;
  for (int i = 0; i < 2 && err == AID_E_REFUSED; i++)
    {
      struct aid_str text = AID_STR_INIT (AID_TEAM_FILE_MAX), signature = AID_STR_INIT (AID_SIGNATURE_MAX);
      err = get_both (l->s, net, &l->got, &text, &signature, e);
      if (!err && !l->got.same)
        err = aid_team_judge (l->s, aid_str_span (&text), aid_str_span (&signature), e);
      if (!err && !l->got.same)
        err = store (l->s, aid_str_span (&text), aid_str_span (&signature), out, e);
      aid_str_free (&text);
      aid_str_free (&signature);
    }
  return err;
}

enum aid_err
aid_team_refresh (const struct aid_team_source *s, struct aid_net *net, int force, struct aid_team_news *out,
                  struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  struct look l;
  enum aid_err err = AID_OK;
  memset (out, 0, sizeof *out);
  int lock = take_lock (&own);
  if (lock < 0)
    {
      if (e)
        *e = own;
      return own.code;
    }
  look_begin (&l, s);
  if (force || is_due (&l))
    {
      out->asked = 1;
      err = look_at (&l, net, out, &own);
      look_end (&l, err, &own);
    }
  else
    json_decref (l.checked);
  close (lock);
  if (err && e)
    *e = own;
  return err;
}

enum aid_err
aid_team_refresh_of (const struct aid_config *c, struct aid_net *net, int force, struct aid_team_news *out,
                     struct aid_error *e)
{
  struct aid_team_source s;
  const json_t *setting = aid_config_get (c, "team");
  memset (out, 0, sizeof *out);
  if (!json_is_object (setting))
    return AID_OK;
  enum aid_err err = aid_team_source_read (setting, &s, e);
  return err ? err : aid_team_refresh (&s, net, force, out, e);
}
