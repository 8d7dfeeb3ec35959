/* Signatures of OpenSSH (PROTOCOL.sshsig in its sources), made and judged by its own program ssh-keygen -Y.  Each call
   runs it and blocks: for a pool, or the command. */
#ifndef AID_ROLLOUT_SIGNATURE_H
#define AID_ROLLOUT_SIGNATURE_H

#include "base/err.h"
#include "base/str.h"

#define AID_SIGNATURE_MAX ((size_t)16 << 10) /* bytes of a signature file */

/* Whether SIGNATURE (a file of "ssh-keygen -Y sign -n aid-team") is one of TEXT by one of the public KEYS ("ssh-ed25519
   AAAA...", which aid_team_source_read has let through).  AID_OK; AID_E_REFUSED: it is not; AID_E_NOTFOUND: there is no
   ssh-keygen. */
enum aid_err aid_signature_verify (struct aid_span text, struct aid_span signature, const char *const *keys, size_t nkeys,
                                   struct aid_error *e);
/* Appends to OUT the signature of TEXT by the private key in KEY_FILE (or by ssh-agent, when that is a public key's file). */
enum aid_err aid_signature_make (struct aid_span text, const char *key_file, struct aid_str *out, struct aid_error *e);

#endif
