/* Items that are no text: a file whose bytes are an image or a PDF goes to the model as it is. */
#include "assist/assist_internal.h"
#include "base/fs.h"
#include "context/item.h"
#include "context/kinds.h"
#include <stdio.h>
#include <sys/stat.h>

#define HEAD_BYTES 16          /* enough to know any of the types by */
#define IMAGE_TOKENS 1500      /* what most servers take at most: they scale large images down */
#define PAGE_TOKENS 2000       /* its text, and an image of it */

/* Whether the regular file at PATH begins as an image or PDF does. */
static int
is_media (const char *path)
{
  char head[HEAD_BYTES];
  struct stat st;
  FILE *f = !stat (path, &st) && S_ISREG (st.st_mode) ? fopen (path, "rb") : NULL;
  size_t n = f ? fread (head, 1, sizeof head, f) : 0;
  if (f)
    fclose (f);
  return aid_media_type ((struct aid_span){ head, n }) != NULL;
}

enum aid_err
aid_media_read (const char *dir, struct aid_span target, struct aid_str *out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (16384);
  enum aid_err err = AID_OK;
  if (!aid_item_path (dir, target, &path) && is_media (aid_str_z (&path)))
    err = aid_fs_read (aid_str_z (&path), out, e);
  if (err == AID_E_LIMIT)
    aid_error_set (e, err, "%s is larger than the %u MB that an image or PDF may have.", aid_str_z (&path),
                   AID_MEDIA_MAX >> 20);
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_assist_read (const struct aid_resolve *how, struct aid_span target, struct aid_str *out, struct aid_error *e)
{
  struct aid_str bytes = AID_STR_INIT (AID_MEDIA_MAX);
  enum aid_err err = aid_media_read (how->dir, target, &bytes, e);
  if (!err && !bytes.len)
    err = aid_context_read (how, target, &bytes, e);
  if (!err && aid_str_addspan (out, aid_str_span (&bytes)))
    err = aid_error_set (e, out->err, "%.*s is too large.", (int) (target.len < 150 ? target.len : 150), target.ptr);
  aid_str_free (&bytes);
  return err;
}

/* The pages of a PDF that tells of them in plain words; at least one. */
static int64_t
pages (struct aid_span pdf)
{
  static const struct aid_span words[] = { { "/Type /Page", 11 }, { "/Type/Page", 10 } };
  int64_t n = 0;
  for (size_t i = 0; i < 2; i++)
    {
      struct aid_span rest = pdf;
      for (ptrdiff_t at; (at = aid_span_find (rest, words[i])) >= 0;)
        {
          rest = aid_span_cut (rest, (size_t) at + words[i].len, rest.len);
          n += !aid_span_starts (rest, "s");   /* "/Pages" is their list */
        }
    }
  return n ? n : 1;
}

int64_t
aid_media_tokens (struct aid_span bytes)
{
  const char *media = aid_media_type (bytes);
  return !media ? 0 : strcmp (media, "application/pdf") ? IMAGE_TOKENS : pages (bytes) * PAGE_TOKENS;
}
