/* Folders that are thrown away. */
#include "cli/scratch.h"
#include "base/fs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum aid_err
aid_cli_scratch (const char *what, struct aid_str *out, struct aid_error *e)
{
  const char *tmp = getenv ("TMPDIR");
  aid_str_addf (out, "%s/aid-%s-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp", what);
  if (out->err || !mkdtemp (out->ptr))
    return aid_error_set (e, AID_E_IO, "No folder can be made in %s: %s", tmp ? tmp : "/tmp", strerror (errno));
  return AID_OK;
}

enum aid_err
aid_cli_scratch_cache (const char *scratch, struct aid_error *e)
{
  struct aid_str vocab = AID_STR_INIT (8192), cache = AID_STR_INIT (8192);
  enum aid_err err = aid_fs_xdg (AID_DIR_CACHE, &vocab, e);
  aid_str_addz (&vocab, "/vocab");
  aid_str_addf (&cache, "%s/cache/aid", scratch);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&cache), 0700, e);
  aid_str_addz (&cache, "/vocab");
  if (!err && aid_fs_exists (aid_str_z (&vocab)) && symlink (aid_str_z (&vocab), aid_str_z (&cache)))
    err = aid_error_set (e, AID_E_IO, "%s cannot be made: %s", aid_str_z (&cache), strerror (errno));
  cache.len -= strlen ("/aid/vocab");
  cache.ptr[cache.len] = '\0';
  if (!err && setenv ("XDG_CACHE_HOME", aid_str_z (&cache), 1))
    err = aid_error_set (e, AID_E_NOMEM, "There is no memory");
  aid_str_free (&vocab);
  aid_str_free (&cache);
  return err;
}
