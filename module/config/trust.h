/* What a project may say.  Its files came with the project: harmless settings of .aid/config.json apply at once,
   everything else only after the person has trusted the file's exact bytes.  Trust is kept in $XDG_STATE_HOME/aid/trust,
   for a project's folder, a file in it and the SHA-256 of its content: a file that changes is as foreign as it was before.

   A file is read once; what is checked, shown and used are those bytes.  Links are not followed on the way from the
   project's folder to the file, and a file that everybody may write cannot be trusted. */
#ifndef AID_CONFIG_TRUST_H
#define AID_CONFIG_TRUST_H

#include "base/err.h"
#include "base/sha256.h"
#include "base/str.h"
#include <jansson.h>

#define AID_TRUST_SETTINGS ".aid/config.json"
#define AID_TRUST_STRATEGIES ".aid/strategies"
#define AID_TRUST_FILE_MAX (1u << 20) /* bytes of a file that can be trusted */

struct aid_trust_file
{
  struct aid_str text;
  char hash[AID_SHA256_HEX];
  int trusted;
  int open_to_all; /* everybody on this machine may write it or its folder: never trusted */
};

/* Reads the file NAME (".aid/config.json") of the project at ROOT.  OUT is to be freed, whatever comes.  AID_E_NOTFOUND;
   AID_E_REFUSED for links and what is no regular file; AID_E_LIMIT, AID_E_IO. */
enum aid_err aid_trust_read (const char *root, const char *name, struct aid_trust_file *out, struct aid_error *e);
void aid_trust_file_free (struct aid_trust_file *f);

/* Whether TEXT, the content of the file NAME of the project at ROOT, was trusted.  An error is a no. */
int aid_trust_has (const char *root, const char *name, struct aid_span text);
/* Trusts that content.  Durable when it comes back. */
enum aid_err aid_trust_add (const char *root, const char *name, struct aid_span text, struct aid_error *e);
/* Trusts the file NAME, if its hash still is HASH, which somebody was shown.  AID_E_STATE: it has changed since.
   AID_E_REFUSED: everybody may write it. */
enum aid_err aid_trust_add_shown (const char *root, const char *name, const char *hash, struct aid_error *e);
/* Forgets all trust in the project at ROOT.  AID_E_NOTFOUND: there was none. */
enum aid_err aid_trust_drop (const char *root, struct aid_error *e);

/* One setting that does not apply at once: where it is, and what it would do, as the end of a sentence: "sends questions to
   \"https://...\""; NULL: it is no setting that this version knows. */
typedef void aid_trust_fn (void *ctx, const char *const *path, size_t npath, const char *does);

/* Calls FN for each member of PROJECT (a file's object) that does not apply at once, and with STRIP removes it.  USER is
   the person's own settings, or NULL: a project may not turn a model of theirs into another at once. */
void aid_trust_walk (json_t *project, const json_t *user, int strip, aid_trust_fn *fn, void *ctx);

/* Appends an object: {root, files: [{name, hash, trusted, refused, needs, settings: [{setting, does}], text}]} for the
   files there are. "refused" says why a file cannot be trusted, or is nil; "needs": something in it waits for trust. */
enum aid_err aid_trust_report (const char *root, struct aid_str *out, struct aid_error *e);

#endif
