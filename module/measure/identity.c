/* The file is linked into place whole: one that is there is complete. */
#include "measure/identity.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_MAX 4096

static int
random_hex (char *out, size_t digits)
{
  unsigned char bytes[32];
  if (aid_random (bytes, digits / 2))
    return -1;
  for (size_t i = 0; i < digits / 2; i++)
    snprintf (out + 2 * i, 3, "%02x", bytes[i]);
  return 0;
}

/* V into OUT when it is DIGITS hex digits. */
static int
take_hex (const char *v, size_t digits, char *out)
{
  if (!v || strlen (v) != digits || strspn (v, "0123456789abcdef") != digits)
    return -1;
  memcpy (out, v, digits + 1);
  return 0;
}

static enum aid_err
read_it (const char *path, struct aid_identity *out, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (FILE_MAX);
  enum aid_err err = aid_fs_read (path, &text, e);
  json_t *all = err ? NULL : aid_json_parse (aid_str_span (&text), path, e);
  if (!err
      && (!all || take_hex (aid_json_str (all, "person"), 16, out->person)
          || take_hex (aid_json_str (all, "salt"), 64, out->salt)))
    err = aid_error_set (e, AID_E_PARSE, "The file %s is damaged: delete it, and measuring begins anew as somebody else",
                         path);
  json_decref (all);
  aid_str_free (&text);
  return err;
}

/* Writes a new identity to TMP and links it to PATH, unless another process was first. */
static enum aid_err
make_it (const char *path, const char *tmp, struct aid_error *e)
{
  struct aid_identity new;
  char text[256];
  int fd = -1, n, bad = 1;
  if (random_hex (new.person, 16) || random_hex (new.salt, 64))
    return aid_error_set (e, AID_E_IO, "The system gives no random numbers");
  n = snprintf (text, sizeof text, "{\"person\":\"%s\",\"salt\":\"%s\"}\n", new.person, new.salt);
  if ((fd = open (tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) >= 0)
    {
      bad = aid_fs_write_all (fd, (struct aid_span){ text, (size_t)n }) || fsync (fd);
      bad |= close (fd);
    }
  if (!bad && link (tmp, path) && errno != EEXIST)
    bad = 1;
  int why = errno;
  if (fd >= 0)
    unlink (tmp);
  return bad ? aid_error_set (e, AID_E_IO, "The file %s cannot be written: %s", path, strerror (why)) : AID_OK;
}

enum aid_err
aid_identity_load (struct aid_identity *out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192), tmp = AID_STR_INIT (8192);
  char key[13];
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, &path, e);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&path), 0700, e);
  aid_str_addz (&path, "/measure.json");
  if (!err && aid_random_key (key, 12))
    err = aid_error_set (e, AID_E_IO, "The system gives no random numbers");
  if (!err)
    aid_str_addf (&tmp, "%s.%s", aid_str_z (&path), key);
  if (!err && (path.err || tmp.err))
    err = aid_error_set (e, AID_E_LIMIT, "The state folder has too long a name");
  if (!err && !aid_fs_exists (aid_str_z (&path)))
    err = make_it (aid_str_z (&path), aid_str_z (&tmp), e);
  if (!err)
    err = read_it (aid_str_z (&path), out, e);
  aid_str_free (&path);
  aid_str_free (&tmp);
  return err;
}

void
aid_identity_hash (const struct aid_identity *who, const char *what, struct aid_span v, char out[AID_MEASURED_HASH])
{
  struct aid_sha256 s;
  char hex[AID_SHA256_HEX];
  aid_sha256_init (&s);
  aid_sha256_add (&s, aid_span_z (who->salt));
  aid_sha256_add (&s, (struct aid_span){ what, strlen (what) + 1 });
  aid_sha256_add (&s, v);
  aid_sha256_end (&s, hex);
  memcpy (out, hex, AID_MEASURED_HASH - 1);
  out[AID_MEASURED_HASH - 1] = '\0';
}
