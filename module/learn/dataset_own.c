#include "learn/dataset_own.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/sha256.h"
#include "learn/dataset.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LIMIT ((size_t)8192)
#define CARD_MAX ((size_t)64 << 20)
#define NOTE ".building" /* is there while a build writes, and after one that was killed then */
#define NOTE_TEXT "aid dataset build\n"

int
aid_dataset_hash (const char *file, char hash[65])
{
  static const size_t chunk = 1 << 16;
  struct aid_str buf = AID_STR_INIT (chunk);
  struct aid_sha256 sum;
  struct stat st;
  ssize_t n = -1;
  int fd = open (file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  aid_sha256_init (&sum);
  if (fd >= 0 && !fstat (fd, &st) && S_ISREG (st.st_mode) && !aid_str_reserve (&buf, chunk))
    while ((n = read (fd, buf.ptr, chunk)) > 0 || (n < 0 && errno == EINTR))
      aid_sha256_add (&sum, (struct aid_span){ buf.ptr, n > 0 ? (size_t)n : 0 });
  aid_sha256_end (&sum, hash);
  if (fd >= 0)
    close (fd);
  aid_str_free (&buf);
  return n ? -1 : 0;
}

struct looking
{
  const char *dir;
  json_t *card; /* NULL: there is none */
  struct aid_error *e;
};

/* Appends DIR/NAME; whether something is there, be it a link to nothing. */
static int
is_there (const struct looking *l, const char *name, struct aid_str *path)
{
  struct stat st;
  aid_str_addf (path, "%s/%s", l->dir, name);
  return path->err || !lstat (aid_str_z (path), &st);
}

/* The hash that the card has of NAME, or NULL. */
static const char *
hash_of (const struct looking *l, const char *name)
{
  const json_t *one;
  size_t i;
  if (!strcmp (name, "DATACARD.md"))
    return aid_json_str (l->card, "datacard");
  json_array_foreach (json_object_get (l->card, "files"), i, one)
  {
    const char *file = aid_json_str (one, "file");
    if (file && !strcmp (file, name))
      return aid_json_str (one, "sha256");
  }
  return NULL;
}

static enum aid_err
check_file (const struct looking *l, const char *name)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  char hash[65];
  const char *told = hash_of (l, name);
  enum aid_err err = AID_OK;
  if (is_there (l, name, &path) && (!told || aid_dataset_hash (aid_str_z (&path), hash) || strcmp (hash, told) != 0))
    err = aid_error_set (l->e, AID_E_REFUSED,
                         "%s/%s is %s, and would be lost: move it away, or build in another folder", l->dir, name,
                         told ? "no longer as aid dataset build has left it" : "not of aid dataset build");
  aid_str_free (&path);
  return err;
}

/* NAME, and what it is written in until it is whole. */
static enum aid_err
check_rows (const struct looking *l, const char *name)
{
  struct aid_str beside = AID_STR_INIT (PATH_LIMIT);
  aid_str_addf (&beside, "%s.tmp", name);
  enum aid_err err = check_file (l, name);
  if (!err)
    err = check_file (l, aid_str_z (&beside));
  aid_str_free (&beside);
  return err;
}

static enum aid_err
check_all (const struct looking *l)
{
  static const char *const parts[] = { "train", "holdout" };
  enum aid_err err = check_rows (l, "source.jsonl");
  if (!err)
    err = check_file (l, "DATACARD.md");
  for (unsigned i = 0; i < 2 * AID_DATA_FORMATS && !err; i++)
    {
      struct aid_str name = AID_STR_INIT (PATH_LIMIT);
      aid_str_addf (&name, "%s/%s.jsonl", aid_dataset_format_name ((enum aid_dataset_format)(i / 2)), parts[i % 2]);
      err = check_rows (l, aid_str_z (&name));
      aid_str_free (&name);
    }
  return err;
}

/* Whether an earlier build was ended in the middle. */
static int
was_ended (const struct looking *l)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT), text = AID_STR_INIT (sizeof NOTE_TEXT);
  int ours = is_there (l, NOTE, &path) && !aid_fs_read_itself (aid_str_z (&path), &text, NULL)
             && aid_span_eqz (aid_str_span (&text), NOTE_TEXT);
  aid_str_free (&path);
  aid_str_free (&text);
  return ours;
}

enum aid_err
aid_dataset_check_own (const char *dir, struct aid_error *e)
{
  struct looking l = { .dir = dir, .e = e };
  struct aid_str path = AID_STR_INIT (PATH_LIMIT), text = AID_STR_INIT (CARD_MAX);
  struct stat st;
  int there = is_there (&l, "card.json", &path);
  enum aid_err err = stat (dir, &st) || S_ISDIR (st.st_mode) ? AID_OK : aid_error_set (e, AID_E_REFUSED, "%s is no folder", dir);
  if (there && !aid_fs_read (aid_str_z (&path), &text, NULL))
    l.card = aid_json_parse (aid_str_span (&text), aid_str_z (&path), NULL);
  if (!err && there && !(aid_json_int (l.card, "card", 0) == 1 && json_is_array (json_object_get (l.card, "files"))))
    err = aid_error_set (e, AID_E_REFUSED,
                         "%s/card.json is no data card, and would be lost: move it away, or build in another folder", dir);
  else if (!err && (there || !was_ended (&l)))
    err = check_all (&l);
  json_decref (l.card);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_dataset_own_begin (const char *dir, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  aid_str_addf (&path, "%s/" NOTE, dir);
  enum aid_err err = aid_fs_replace (aid_str_z (&path), AID_SPAN (NOTE_TEXT), 0666, e);
  aid_str_free (&path);
  return err;
}

void
aid_dataset_own_end (const char *dir)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  aid_str_addf (&path, "%s/" NOTE, dir);
  unlink (aid_str_z (&path));
  aid_str_free (&path);
}
