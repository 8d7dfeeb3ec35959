/* A team's settings: a file that somebody publishes and signs, which is laid under the person's own settings.

     { "format": "aid-team-1",
       "serial": 1796025600,             what is published later has a greater one
       "expires": "2027-02-28",          UTC: from that day on the file is nothing
       "name": "the compiler team",      for people; may be missing
       "settings": { ... } }             members as in config.h, as far as a team may set them (team_rules.c)

   Who follows a team says so in their own settings, and pins its key there:

     "team": { "url": "https://example.org/aid/team.json",   or "path": "/net/aid/team.json"
               "key": "ssh-ed25519 AAAA...",                 one or more, in an array: any of them
               "ca_file": "~/team-ca.pem", "refresh": 60 }   minutes

   Fetching and checking signatures is rollout/team.h's.  What was fetched and is good lies in
   $XDG_STATE_HOME/aid/team/current.json, one file, replaced by rename, for one source: reading the settings reads that
   file, and never a network. */
#ifndef AID_CONFIG_TEAM_H
#define AID_CONFIG_TEAM_H

#include "base/err.h"
#include "base/sha256.h"
#include "base/str.h"
#include <jansson.h>

#define AID_TEAM_FILE_MAX ((size_t)1 << 20) /* bytes of what is published */
#define AID_TEAM_KEYS_MAX 8
#define AID_TEAM_REFRESH_MIN 60 /* minutes, if nothing is said */

struct aid_team_file
{
  json_t *root; /* owns what follows */
  json_t *settings;
  const char *name;    /* or NULL */
  const char *expires; /* "2027-02-28" */
  int64_t serial;
  int64_t ends; /* EXPIRES in ms since 1970 */
};

/* Reads what is published; WHAT names it in errors.  AID_E_PARSE, AID_E_INVALID with what is wrong.  *OUT is to be freed,
   whatever comes.  Neither its time nor its settings are judged. */
enum aid_err aid_team_parse (struct aid_span text, const char *what, struct aid_team_file *out, struct aid_error *e);
void aid_team_file_free (struct aid_team_file *f);
/* Whether its settings have the types that this version knows; AID_E_INVALID names the member. */
enum aid_err aid_team_check (const struct aid_team_file *f, const char *what, struct aid_error *e);

/* What the setting "team" says; borrowed. */
struct aid_team_source
{
  const char *url, *path; /* one of them */
  const char *ca_file;    /* or NULL */
  const char *keys[AID_TEAM_KEYS_MAX];
  size_t nkeys;
  int64_t refresh_ms;
};
/* Reads the setting; AID_E_INVALID with what is wrong: an address that is not https (nor of this machine), a relative
   path, a key that is no public key of OpenSSH. */
enum aid_err aid_team_source_read (const json_t *setting, struct aid_team_source *out, struct aid_error *e);
const char *aid_team_source_name (const struct aid_team_source *s);

/* What is stored. */
struct aid_team_stored
{
  struct aid_team_file file;
  char hash[AID_SHA256_HEX];  /* of the text that was signed */
  int same_source, same_keys; /* as S's: only with both it applies */
};
/* AID_E_NOTFOUND: there is none.  AID_E_REFUSED: others can write it.  *OUT is to be freed, whatever comes. */
enum aid_err aid_team_stored_read (const struct aid_team_source *s, struct aid_team_stored *out, struct aid_error *e);
void aid_team_stored_free (struct aid_team_stored *s);
/* Replaces it by TEXT, which was published at S and signed by SIGNATURE.  Durable when it comes back. */
enum aid_err
aid_team_store (const struct aid_team_source *s, struct aid_span text, struct aid_span signature, struct aid_error *e);
/* "$XDG_STATE_HOME/aid/team" and NAME ("/current.json", or ""). */
enum aid_err aid_team_state_path (const char *name, struct aid_str *out, struct aid_error *e);
/* The JSON object in that folder's file NAME, which must be this person's alone to write (NULL and *E); replaces that. */
json_t *aid_team_state_read (const char *name, size_t max, struct aid_error *e);
enum aid_err aid_team_state_write (const char *name, json_t *all, struct aid_error *e);

/* One member that does not apply: DOES as in trust.h; it is aid_trust_never for what is not a team's to set. */
typedef void aid_team_fn (void *ctx, const char *const *path, size_t npath, const char *does);
/* Calls FN for each member of SETTINGS that does not apply; with STRIP it is removed.  TRUSTED: what waits for the
   person's trust has it. */
void aid_team_walk (json_t *settings, const json_t *user, int trusted, int strip, aid_team_fn *fn, void *ctx);
/* The person trusts what of SETTINGS waits for that, as long as exactly these members have these values; takes that back.
   AID_E_NOTFOUND: there was none. */
enum aid_err aid_team_trust (const json_t *settings, const json_t *user, struct aid_error *e);
enum aid_err aid_team_distrust (struct aid_error *e);
int aid_team_is_trusted (const json_t *settings, const json_t *user);

#endif
