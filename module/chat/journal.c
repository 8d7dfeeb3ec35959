/* Journals: NAME.journal-REQ beside the chat NAME, a line of JSON and then the answer's bytes.  They outlive a killed
   editor; a journal that is still there is never overwritten, for it may be all that is left of an answer. */
#include "chat/journal.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/val.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OLD_MAX = 99, LIST_MAX = 1000, TEXT_MAX = 32 << 20, REQ_MAX = 64 };
static const char infix[] = ".journal-";

struct aid_journal
{
  int fd;
  char *path;
};

/* REQ becomes a part of a file's name. */
static int
is_req (const char *req)
{
  size_t n = strlen (req);
  return n > 0 && n <= REQ_MAX && req[0] != '.'
         && strspn (req, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-") == n;
}

static enum aid_err
journal_path (const char *chat_path, const char *req, struct aid_str *out, struct aid_error *e)
{
  if (!is_req (req))
    return aid_error_set (e, AID_E_INVALID, "\"%.80s\" is no name of a request", req);
  aid_str_addf (out, "%s%s%s", chat_path, infix, req);
  return out->err ? aid_error_set (e, out->err, "%.100s has too long a name", chat_path) : AID_OK;
}

static enum aid_err
system_error (struct aid_error *e, const char *doing, const char *path)
{
  return aid_error_set (e, AID_E_IO, "Cannot %s %s: %s", doing, path, strerror (errno));
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* Gives a journal that an earlier editor left at PATH another name: PATH.1, PATH.2, ... */
static void
set_aside (const char *path)
{
  struct aid_str old = AID_STR_INIT (PATH_MAX);
  for (int i = 1; i <= OLD_MAX; i++)
    {
      aid_str_clear (&old);
      aid_str_addf (&old, "%s.%d", path, i);
      /* link refuses to overwrite, where rename would. */
      if (!old.err && link (path, aid_str_z (&old)) == 0)
        {
          unlink (path);
          break;
        }
    }
  aid_str_free (&old);
}

static int
create (const char *path)
{
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  int fd = open (path, flags, 0600);
  if (fd < 0 && errno == EEXIST)
    {
      set_aside (path);
      fd = open (path, flags, 0600);
    }
  return fd;
}

static int
write_header (int fd, const char *req, int64_t turn)
{
  struct aid_str line = AID_STR_INIT (4096);
  json_t *head = json_pack ("{s:i, s:s, s:I, s:I}", "journal", 1, "req", req, "turn", (json_int_t) turn, "started_ms",
                            (json_int_t) aid_clock_wall_ms ());
  int bad = !head || aid_json_dump (head, &line) || aid_str_addc (&line, '\n') || aid_fs_write_all (fd, aid_str_span (&line));
  json_decref (head);
  aid_str_free (&line);
  return bad ? -1 : 0;
}

struct aid_journal *
aid_journal_new (const char *chat_path, const char *req, int64_t turn, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX);
  struct aid_journal *j = NULL;
  if (!journal_path (chat_path, req, &path, e))
    {
      j = calloc (1, sizeof *j);
      if (!j)
        aid_error_set (e, AID_E_NOMEM, "No memory for the journal");
    }
  if (j)
    {
      j->path = aid_str_steal (&path);
      j->fd = create (j->path);
      if (j->fd < 0 || write_header (j->fd, req, turn))
        {
          system_error (e, "write the journal", j->path);
          aid_journal_discard (j);
          j = NULL;
        }
    }
  aid_str_free (&path);
  return j;
}

enum aid_err
aid_journal_add (struct aid_journal *j, struct aid_span text, struct aid_error *e)
{
  if (aid_fs_write_all (j->fd, text))
    return system_error (e, "write the journal", j->path);
  return AID_OK;
}

enum aid_err
aid_journal_sync (struct aid_journal *j, struct aid_error *e)
{
  return fdatasync (j->fd) ? system_error (e, "sync the journal", j->path) : AID_OK;
}

void
aid_journal_close (struct aid_journal *j)
{
  if (!j)
    return;
  if (j->fd >= 0)
    close (j->fd);
  free (j->path);
  free (j);
}

void
aid_journal_discard (struct aid_journal *j)
{
  struct stat ours, there;
  /* Meanwhile another one may have that name. */
  if (j->fd >= 0 && !fstat (j->fd, &ours) && !lstat (j->path, &there)
      && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
    unlink (j->path);
  aid_journal_close (j);
}

void
aid_journal_remove (const char *chat_path, const char *req)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX);
  if (!journal_path (chat_path, req, &path, NULL))
    unlink (aid_str_z (&path));
  aid_str_free (&path);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* Appends the journal at PATH; gives 1, or 0 when it cannot be read.  A link is not followed: a project may come with one
   that leads to a secret. */
static uint32_t
put_journal (const char *path, const char *req, struct aid_str *out)
{
  struct stat st;
  struct aid_str data = AID_STR_INIT (TEXT_MAX);
  if (lstat (path, &st) || !S_ISREG (st.st_mode) || (aid_fs_read (path, &data, NULL) && !data.len))
    {
      aid_str_free (&data);
      return 0;
    }
  struct aid_span rest = aid_str_span (&data), line = { "", 0 };
  aid_span_line (&rest, &line);
  json_t *head = aid_json_parse (line, path, NULL);
  size_t object = aid_val_object (out);
  aid_val_kstrz (out, "req", req);
  aid_val_kint (out, "turn", aid_json_int (head, "turn", 0));
  aid_val_kstr (out, "text", json_is_object (head) ? rest : aid_str_span (&data));
  aid_val_end (out, object, 3);
  json_decref (head);
  aid_str_free (&data);
  return 1;
}

/* The journals' names behind "NAME.journal-" in DIR, into NAMES (char *). */
static enum aid_err
find_journals (DIR *dir, const char *name, struct aid_vec *names)
{
  struct dirent *entry;
  size_t len = strlen (name), skip = len + sizeof infix - 1;
  while ((entry = readdir (dir)) && names->len < LIST_MAX)
    {
      const char *found = entry->d_name;
      if (strncmp (found, name, len) != 0 || strncmp (found + len, infix, sizeof infix - 1) != 0 || !is_req (found + skip))
        continue;
      char **slot = aid_vec_push (names);
      if (!slot || !(*slot = strdup (found + skip)))
        return AID_E_NOMEM;
    }
  return AID_OK;
}

static int
by_name (const void *a, const void *b)
{
  return strverscmp (*(char *const *) a, *(char *const *) b);
}

static void
put_journals (const char *chat_path, const struct aid_vec *names, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX);
  uint32_t n = 0;
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < names->len; i++)
    {
      const char *req = AID_VEC_AT (char *, names, i);
      aid_str_clear (&path);
      if (!journal_path (chat_path, req, &path, NULL))
        n += put_journal (aid_str_z (&path), req, out);
    }
  aid_val_end (out, list, n);
  aid_str_free (&path);
}

enum aid_err
aid_journal_list (const char *chat_path, struct aid_str *out, struct aid_error *e)
{
  const char *name = aid_fs_base (chat_path);
  struct aid_span folder = { chat_path, (size_t) (name - chat_path) };
  char *dir_path = aid_span_dup (folder.len ? folder : AID_SPAN ("."));
  DIR *dir = dir_path ? opendir (dir_path) : NULL;
  struct aid_vec names = AID_VEC_INIT (char *, LIST_MAX);
  enum aid_err err = AID_OK;
  if (dir)
    err = find_journals (dir, name, &names);
  else if (!dir_path || errno != ENOENT)
    err = system_error (e, "list the folder of", chat_path);
  if (names.len > 1)
    qsort (names.data, names.len, names.size, by_name);
  if (!err)
    put_journals (chat_path, &names, out);
  for (size_t i = 0; i < names.len; i++)
    free (AID_VEC_AT (char *, &names, i));
  aid_vec_free (&names);
  if (dir)
    closedir (dir);
  free (dir_path);
  if (err == AID_E_NOMEM || (!err && out->err))
    err = aid_error_set (e, err ? err : out->err, "The journals of %.100s do not fit in memory", chat_path);
  return err;
}
