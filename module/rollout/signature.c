#include "rollout/signature.h"
#include "base/fs.h"
#include "base/proc.h"
#include "config/team.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define NAMESPACE "aid-team"
#define SECONDS 30
#define WORDS_MAX 4096

/* What the program said, on one line. */
static void
tell (const struct aid_proc_result *r, char *out, size_t size)
{
  struct aid_span words = aid_span_trim (aid_str_span (r->err.len ? &r->err : &r->out));
  size_t n = words.len < size - 1 ? words.len : size - 1;
  memcpy (out, words.ptr ? words.ptr : "", n);
  out[n] = '\0';
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)out[i] < ' ')
      out[i] = ' ';
}

/* Runs ssh-keygen with TEXT as its input. */
static enum aid_err
run (const char *const *argv, struct aid_span text, struct aid_proc_result *r, struct aid_error *e)
{
  static const char *const env[] = { "LC_ALL=C", NULL };
  struct aid_proc p = { .argv = argv,
                        .env = env,
                        .input = text,
                        .out_max = AID_SIGNATURE_MAX,
                        .err_max = WORDS_MAX,
                        .timeout_ms = SECONDS * 1000,
                        .with_us = 1 };
  enum aid_err err = aid_proc_run (&p, r, e);
  if (err == AID_E_NOTFOUND)
    aid_error_set (e, err,
                   "There is no ssh-keygen, which signatures are checked with: install OpenSSH's client (openssh-client)");
  return err;
}

/* A folder of one's own for the files that the program wants; 0, or -1 and *E. */
static enum aid_err
make_folder (struct aid_str *folder, struct aid_error *e)
{
  enum aid_err err = aid_team_state_path ("", folder, e);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (folder), 0700, e);
  if (!err)
    err = aid_str_addz (folder, "/verify-XXXXXX");
  if (!err && !mkdtemp (folder->ptr))
    err = aid_error_set (e, AID_E_IO, "Cannot make the folder %.150s: %s", aid_str_z (folder), strerror (errno));
  return err;
}

static enum aid_err
write_allowed (const char *path, const char *const *keys, size_t nkeys, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (1u << 20);
  for (size_t i = 0; i < nkeys; i++)
    aid_str_addf (&text, NAMESPACE " namespaces=\"" NAMESPACE "\" %s\n", keys[i]);
  enum aid_err err
    = text.err ? aid_error_set (e, text.err, "The keys are too long") : aid_fs_replace (path, aid_str_span (&text), 0600, e);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_signature_verify (struct aid_span text, struct aid_span signature, const char *const *keys, size_t nkeys,
                      struct aid_error *e)
{
  struct aid_str folder = AID_STR_INIT (PATH_MAX), allowed = AID_STR_INIT (PATH_MAX), file = AID_STR_INIT (PATH_MAX);
  struct aid_proc_result r = { .code = -1 };
  char words[120];
  enum aid_err err = make_folder (&folder, e);
  int made = !err;
  aid_str_addf (&allowed, "%s/allowed", aid_str_z (&folder));
  aid_str_addf (&file, "%s/signature", aid_str_z (&folder));
  if (!err)
    err = write_allowed (aid_str_z (&allowed), keys, nkeys, e);
  if (!err)
    err = aid_fs_replace (aid_str_z (&file), signature, 0600, e);
  if (!err)
    {
      const char *const argv[] = { "ssh-keygen", "-Y", "verify",  "-f", aid_str_z (&allowed), "-I",
                                   NAMESPACE,    "-n", NAMESPACE, "-s", aid_str_z (&file),    NULL };
      err = run (argv, text, &r, e);
      tell (&r, words, sizeof words);
      if (!err && r.code != 0)
        err = aid_error_set (e, AID_E_REFUSED, "the signature is not good, or not by the key that your settings name (%s)",
                             words);
      aid_proc_result_free (&r);
    }
  if (made)
    {
      unlink (aid_str_z (&allowed));
      unlink (aid_str_z (&file));
      rmdir (aid_str_z (&folder));
    }
  aid_str_free (&folder);
  aid_str_free (&allowed);
  aid_str_free (&file);
  return err;
}

enum aid_err
aid_signature_make (struct aid_span text, const char *key_file, struct aid_str *out, struct aid_error *e)
{
  const char *const argv[] = { "ssh-keygen", "-Y", "sign", "-f", key_file, "-n", NAMESPACE, NULL };
  struct aid_proc_result r = { .code = -1 };
  char words[150];
  enum aid_err err = run (argv, text, &r, e);
  tell (&r, words, sizeof words);
  if (!err && (r.code != 0 || !aid_span_starts (aid_str_span (&r.out), "-----BEGIN SSH SIGNATURE-----")))
    err = aid_error_set (e, AID_E_IO, "ssh-keygen did not sign: %s", words);
  if (!err)
    err = aid_str_addspan (out, aid_str_span (&r.out));
  aid_proc_result_free (&r);
  return err;
}
