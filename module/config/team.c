/* Reading what a team publishes, what the person's settings say of it, and what is stored of it. */
#include "config/team.h"
#include "base/fs.h"
#include "base/json.h"
#include "config/trust_internal.h"
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT "aid-team-1"
#define STORED "aid-team-stored-1"
#define KEY_MAX 8192
#define CURRENT_MAX (4 * AID_TEAM_FILE_MAX) /* the text as a JSON string */

/* --- what is published ---------------------------------------------------------------------------------------------- */

/* The beginning of the day Z ("2027-02-28"), UTC, in ms since 1970; -1 when it is no day. */
static int64_t
day_begins (const char *z)
{
  struct tm tm = { .tm_isdst = 0 };
  const char *end = z && strlen (z) == 10 ? strptime (z, "%Y-%m-%d", &tm) : NULL;
  return end && !*end ? (int64_t)timegm (&tm) * 1000 : -1;
}

enum aid_err
aid_team_parse (struct aid_span text, const char *what, struct aid_team_file *out, struct aid_error *e)
{
  *out = (struct aid_team_file){ .root = NULL };
  if (text.len > AID_TEAM_FILE_MAX)
    return aid_error_set (e, AID_E_LIMIT, "%.150s is larger than %zu KB", what, AID_TEAM_FILE_MAX >> 10);
  out->root = aid_json_parse (text, what, e);
  if (!out->root)
    return AID_E_PARSE;
  const char *format = aid_json_str (out->root, "format");
  const json_t *serial = json_object_get (out->root, "serial");
  if (!format || strcmp (format, FORMAT) != 0)
    return aid_error_set (e, AID_E_INVALID, "%.150s is no team's settings: \"format\" must be \"" FORMAT "\"", what);
  out->settings = json_object_get (out->root, "settings");
  out->name = aid_json_str (out->root, "name");
  out->expires = aid_json_str (out->root, "expires");
  out->serial = json_is_integer (serial) ? json_integer_value (serial) : 0;
  out->ends = day_begins (out->expires);
  if (out->serial <= 0)
    return aid_error_set (e, AID_E_INVALID, "%.150s: \"serial\" must be a whole number above 0", what);
  if (out->ends < 0)
    return aid_error_set (e, AID_E_INVALID, "%.150s: \"expires\" must be a day as in \"2027-02-28\"", what);
  if (!json_is_object (out->settings))
    return aid_error_set (e, AID_E_INVALID, "%.150s: \"settings\" must be an object", what);
  return AID_OK;
}

void
aid_team_file_free (struct aid_team_file *f)
{
  json_decref (f->root);
  f->root = NULL;
}

/* --- the setting ---------------------------------------------------------------------------------------------------- */

/* Whether Z is "TYPE BASE64" and perhaps a comment, as in an id_*.pub; what stands in a line for ssh-keygen must not be
   more. */
static int
is_public_key (const char *z)
{
  static const char *const types[] = { "ssh-ed25519 ",
                                       "ssh-rsa ",
                                       "ecdsa-sha2-nistp256 ",
                                       "ecdsa-sha2-nistp384 ",
                                       "ecdsa-sha2-nistp521 ",
                                       "sk-ssh-ed25519@openssh.com ",
                                       "sk-ecdsa-sha2-nistp256@openssh.com " };
  struct aid_span all = aid_span_z (z);
  if (!z || all.len > KEY_MAX || strpbrk (z, "\r\n"))
    return 0;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (aid_span_starts (all, types[i]))
      {
        const char *base64 = z + strlen (types[i]);
        size_t n = strspn (base64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
        return n >= 40 && (base64[n] == '\0' || base64[n] == ' ');
      }
  return 0;
}

static enum aid_err
read_keys (const json_t *key, struct aid_team_source *out, struct aid_error *e)
{
  size_t n = json_is_array (key) ? json_array_size (key) : key != NULL;
  out->nkeys = 0;
  if (!n || n > AID_TEAM_KEYS_MAX)
    return aid_error_set (
      e, AID_E_INVALID,
      n ? "\"team.key\" has more than %d keys"
        : "\"team\" needs \"key\": the public key that its settings are signed with, as in id_ed25519.pub (or %d at most)",
      AID_TEAM_KEYS_MAX);
  for (size_t i = 0; i < n; i++)
    {
      const char *z = json_string_value (json_is_array (key) ? json_array_get (key, i) : key);
      if (!is_public_key (z))
        return aid_error_set (e, AID_E_INVALID,
                              "\"team.key\" must be a public key of OpenSSH, as in id_ed25519.pub: \"ssh-ed25519 AAAA...\"");
      out->keys[out->nkeys++] = z;
    }
  return AID_OK;
}

enum aid_err
aid_team_source_read (const json_t *setting, struct aid_team_source *out, struct aid_error *e)
{
  *out = (struct aid_team_source){ .url = aid_json_str (setting, "url"),
                                   .path = aid_json_str (setting, "path"),
                                   .ca_file = aid_json_str (setting, "ca_file"),
                                   .refresh_ms = 60000 * aid_json_int (setting, "refresh", AID_TEAM_REFRESH_MIN) };
  if (!out->url == !out->path)
    return aid_error_set (e, AID_E_INVALID, "\"team\" must have either \"url\" or \"path\"");
  if (out->path && out->path[0] != '/' && !aid_span_starts (aid_span_z (out->path), "~/"))
    return aid_error_set (e, AID_E_INVALID, "\"team.path\" must begin with / or ~/");
  if (out->url && !aid_span_starts (aid_span_z (out->url), "https://")
      && !aid_span_starts (aid_span_z (out->url), "http://"))
    return aid_error_set (e, AID_E_INVALID, "\"team.url\" must begin with https://");
  if (out->refresh_ms < 60000)
    out->refresh_ms = 60000;
  return read_keys (json_object_get (setting, "key"), out, e);
}

const char *
aid_team_source_name (const struct aid_team_source *s)
{
  return s->url ? s->url : s->path;
}

static int
by_bytes (const void *a, const void *b)
{
  const struct aid_span *x = a, *y = b;
  int differ = memcmp (x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
  return differ ? differ : (x->len > y->len) - (x->len < y->len);
}

/* The hash of S's keys without their comments, in any order. */
static void
hash_keys (const struct aid_team_source *s, char out[AID_SHA256_HEX])
{
  struct aid_span keys[AID_TEAM_KEYS_MAX] = { { NULL, 0 } };
  struct aid_sha256 sum;
  for (size_t i = 0; i < s->nkeys; i++)
    {
      const char *base64 = strchr (s->keys[i], ' ') + 1;
      keys[i] = (struct aid_span){ s->keys[i], (size_t)(base64 - s->keys[i]) + strcspn (base64, " ") };
    }
  qsort (keys, s->nkeys, sizeof *keys, by_bytes);
  aid_sha256_init (&sum);
  for (size_t i = 0; i < s->nkeys; i++)
    {
      aid_sha256_add (&sum, keys[i]);
      aid_sha256_add (&sum, AID_SPAN ("\n"));
    }
  aid_sha256_end (&sum, out);
}

/* --- what is stored ------------------------------------------------------------------------------------------------- */

enum aid_err
aid_team_state_path (const char *name, struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, out, e);
  aid_str_addf (out, "/team%s", name);
  return err ? err : out->err ? aid_error_set (e, out->err, "The state folder has too long a name") : AID_OK;
}

/* Reads the JSON object in the state's file NAME, which must be this person's alone to write; NULL and *E. */
json_t *
aid_team_state_read (const char *name, size_t max, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX), text = AID_STR_INIT (max);
  struct stat st;
  json_t *all = NULL;
  enum aid_err err = aid_team_state_path (name, &path, e);
  if (!err && lstat (aid_str_z (&path), &st))
    err = aid_error_set (e, AID_E_NOTFOUND, "Nothing was fetched of the team's settings yet (aid team fetch).");
  else if (!err && (!S_ISREG (st.st_mode) || st.st_uid != geteuid () || (st.st_mode & (S_IWGRP | S_IWOTH))))
    err = aid_error_set (e, AID_E_REFUSED, "%s is not yours alone to write: it is not read.", aid_str_z (&path));
  if (!err)
    err = aid_fs_read (aid_str_z (&path), &text, e);
  if (!err)
    all = aid_json_parse (aid_str_span (&text), aid_str_z (&path), e);
  aid_str_free (&path);
  aid_str_free (&text);
  return all;
}

enum aid_err
aid_team_state_write (const char *name, json_t *all, struct aid_error *e)
{
  struct aid_str folder = AID_STR_INIT (PATH_MAX), path = AID_STR_INIT (PATH_MAX), text = AID_STR_INIT (CURRENT_MAX);
  enum aid_err err
    = all && !aid_json_dump (all, &text) ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for the team's settings");
  if (!err)
    err = aid_team_state_path ("", &folder, e);
  if (!err)
    err = aid_team_state_path (name, &path, e);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&folder), 0700, e);
  if (!err)
    err = aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, e);
  aid_str_free (&folder);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_team_stored_read (const struct aid_team_source *s, struct aid_team_stored *out, struct aid_error *e)
{
  char keys[AID_SHA256_HEX];
  struct aid_error own = { AID_OK, "" };
  *out = (struct aid_team_stored){ .same_source = 0 };
  json_t *all = aid_team_state_read ("/current.json", CURRENT_MAX, &own);
  const char *format = aid_json_str (all, "format"), *source = aid_json_str (all, "source"),
             *known = aid_json_str (all, "keys");
  if (format && !strcmp (format, STORED) && source && known)
    {
      struct aid_span text = aid_json_span (all, "text");
      hash_keys (s, keys);
      out->same_source = !strcmp (source, aid_team_source_name (s));
      out->same_keys = !strcmp (known, keys);
      aid_sha256_hex (text, out->hash);
      aid_team_parse (text, source, &out->file, &own);
    }
  else if (!own.code)
    aid_error_set (&own, AID_E_NOTFOUND, "What is stored of the team's settings is of another version (aid team fetch).");
  json_decref (all);
  if (own.code && e)
    *e = own;
  return own.code;
}

void
aid_team_stored_free (struct aid_team_stored *s)
{
  aid_team_file_free (&s->file);
}

enum aid_err
aid_team_store (const struct aid_team_source *s, struct aid_span text, struct aid_span signature, struct aid_error *e)
{
  char keys[AID_SHA256_HEX];
  hash_keys (s, keys);
  json_t *all
    = json_pack ("{s:s, s:s, s:s, s:o, s:o}", "format", STORED, "source", aid_team_source_name (s), "keys", keys, "text",
                 json_stringn (text.ptr, text.len), "signature", json_stringn (signature.ptr, signature.len));
  enum aid_err err = all ? aid_team_state_write ("/current.json", all, e)
                         : aid_error_set (e, AID_E_INVALID, "The team's settings are no UTF-8 text");
  json_decref (all);
  return err;
}

/* --- trust ---------------------------------------------------------------------------------------------------------- */

struct waiting
{
  const json_t *settings;
  json_t *all; /* path to value */
};

static void
note_waiting (void *ctx, const char *const *path, size_t npath, const char *does)
{
  struct waiting *w = ctx;
  struct aid_str dotted = AID_STR_INIT (AID_TEAM_FILE_MAX);
  const json_t *v = w->settings;
  if (!does || does == aid_trust_never)
    return;
  for (size_t i = 0; i < npath; i++)
    {
      v = json_object_get (v, path[i]);
      aid_str_addf (&dotted, "%s%s", i ? "\n" : "", path[i]);
    }
  json_object_set_new (w->all, aid_str_z (&dotted), json_deep_copy (v));
  aid_str_free (&dotted);
}

/* The hash of what of SETTINGS waits for trust; 0, or -1 when nothing does. */
static int
hash_waiting (const json_t *settings, const json_t *user, char out[AID_SHA256_HEX])
{
  struct waiting w = { settings, json_object () };
  json_t *copy = json_deep_copy (settings);
  aid_team_walk (copy, user, 0, 0, note_waiting, &w);
  char *z = json_dumps (w.all, JSON_SORT_KEYS | JSON_COMPACT);
  int some = z && json_object_size (w.all) > 0;
  if (z)
    aid_sha256_hex (aid_span_z (z), out);
  free (z);
  json_decref (copy);
  json_decref (w.all);
  return some ? 0 : -1;
}

int
aid_team_is_trusted (const json_t *settings, const json_t *user)
{
  char hash[AID_SHA256_HEX];
  if (hash_waiting (settings, user, hash))
    return 0;
  json_t *all = aid_team_state_read ("/trusted.json", 4096, NULL);
  const char *known = aid_json_str (all, "hash");
  int is = known && !strcmp (known, hash);
  json_decref (all);
  return is;
}

enum aid_err
aid_team_trust (const json_t *settings, const json_t *user, struct aid_error *e)
{
  char hash[AID_SHA256_HEX];
  if (hash_waiting (settings, user, hash))
    return aid_error_set (e, AID_E_NOTFOUND, "Nothing of the team's settings waits for trust.");
  json_t *all = json_pack ("{s:s}", "hash", hash);
  enum aid_err err = aid_team_state_write ("/trusted.json", all, e);
  json_decref (all);
  return err;
}

enum aid_err
aid_team_distrust (struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX);
  enum aid_err err = aid_team_state_path ("/trusted.json", &path, e);
  if (!err && unlink (aid_str_z (&path)))
    err = aid_error_set (e, AID_E_NOTFOUND, "Nothing of the team's settings is trusted.");
  aid_str_free (&path);
  return err;
}
