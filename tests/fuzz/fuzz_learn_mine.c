/* What mining reads of git and of a repository's own files: lists of changed files, the log of HEAD, diffs.  Never more than its
   own bytes, and what was read is sound. */
#include "learn/mine_internal.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
read_files (struct aid_span text)
{
  struct aid_vec files = AID_MINE_FILES_INIT;
  if (!aid_mine_files_read (text, &files))
    for (size_t i = 0; i < files.len; i++)
      {
        const struct aid_mine_file *f = &AID_VEC_AT (struct aid_mine_file, &files, i);
        if (!f->path || !f->path[0] || strlen (f->blob) >= sizeof f->blob || f->added < -1 || f->removed < -1)
          abort ();
      }
  aid_mine_lines (&files);
  aid_mine_files_free (&files);
}

static void
read_moves (struct aid_span text)
{
  struct aid_span names[3] = { { "", 0 }, AID_SPAN ("aa"), AID_SPAN ("bb") };
  struct aid_mine_moment m[6];
  for (int i = 0; i < 6; i++)
    m[i] = (struct aid_mine_moment){ .time = 1000 * i + 500, .tree = (uint32_t)i, .revision = 1 + (uint32_t)(i / 3) };
  aid_mine_read_moves (text, names, m, 6);
  for (int i = 0; i < 6; i++)
    if (m[i].moved < -1 || m[i].moved > 1)
      abort ();
}

static void
sign (struct aid_span text)
{
  struct aid_minhash a, b;
  char hex[AID_MINHASH_HEX];
  aid_minhash_diff (text, &a);
  aid_minhash_write (&a, hex);
  if (aid_minhash_read (hex, &b) || aid_minhash_alike (&a, &b) != 1)
    abort ();
  if (text.len > AID_MINHASH_HEX)
    {
      memcpy (hex, text.ptr, sizeof hex - 1);
      hex[sizeof hex - 1] = '\0';
      aid_minhash_read (hex, &b);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span text = { (const char *)data, size };
  read_files (text);
  read_moves (text);
  sign (text);
  return 0;
}
