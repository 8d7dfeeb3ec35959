/* Finds what should not leave the machine by accident: tokens of well-known services by their shape, private keys,
   passwords in addresses, and values that look random and are assigned to names like password, secret, token or api_key.

   The scan is linear in the text's length and needs no more memory than its findings.  What a person wrote as an
   example, what is a variable's name and what only looks random (hashes, UUIDs, base64 of images, lock files) is left
   alone as far as that can be told; a secret that has no shape and no telling name is not found.  tests/cases/secrets
   has examples of both. */
#ifndef AID_CONFIG_SECRETS_H
#define AID_CONFIG_SECRETS_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_SECRET_ID 33      /* 32 hex digits and a NUL */
#define AID_SECRETS_MAX 10000 /* findings in one text */

struct aid_secret
{
  size_t beg, end;  /* bytes of the text: the secret itself, without quotes */
  size_t shown;     /* so many of its first bytes are its service's mark ("ghp_"), and may be shown */
  const char *kind; /* "GitHub token", "private key", "password"; static */
};

/* Appends what TEXT (any bytes) holds to OUT, a vector of struct aid_secret: in order, none inside another.  AID_E_LIMIT
   when OUT is full, AID_E_NOMEM. */
enum aid_err aid_secrets_scan (struct aid_span text, struct aid_vec *out);

/* What a file of this name is known to hold ("environment variables", "a private key", ...), or NULL: ".env", "id_rsa",
   ".netrc", ".aws/credentials", ...  By the name alone; PATH may have folders. */
const char *aid_secrets_file (struct aid_span path);

/* The name of the finding S in TEXT: the same for the same kind and bytes wherever they stand, and no way back to them. */
void aid_secret_id (struct aid_span text, const struct aid_secret *s, char id[AID_SECRET_ID]);
/* Appends what may be shown of it: "ghp_... (40 characters)". */
void aid_secret_mask (struct aid_span text, const struct aid_secret *s, struct aid_str *out);
/* Appends TEXT with "[removed: KIND]" in the place of each of its findings FOUND that REMOVED says yes to. */
void aid_secrets_replace (struct aid_span text, const struct aid_vec *found, int (*removed) (void *ctx, const char *id),
                          void *ctx, struct aid_str *out);

#endif
