/* Encodes many texts: reads frames (a length of four bytes, little end first, and the bytes) from standard input, writes for
   each a frame of as many numbers of four bytes.  usage: tokens_batch VOCABULARY */
#include "model/bpe.h"
#include <stdio.h>
#include <stdlib.h>

static int
read_number (uint32_t *n)
{
  unsigned char b[4];
  if (fread (b, 1, 4, stdin) != 4)
    return 0;
  *n = (uint32_t) b[0] | (uint32_t) b[1] << 8 | (uint32_t) b[2] << 16 | (uint32_t) b[3] << 24;
  return 1;
}

static void
write_number (uint32_t n)
{
  for (int i = 0; i < 4; i++, n >>= 8)
    putchar ((int) (n & 255));
}

/* 0 when the counts with and without the numbers differ. */
static int
encode (const struct aid_bpe *b, struct aid_span text)
{
  struct aid_vec ids = AID_VEC_INIT (uint32_t, 1u << 24);
  int64_t n = aid_bpe_count (b, text, &ids);
  int same = n == (int64_t) ids.len && n == aid_bpe_count (b, text, NULL);
  write_number ((uint32_t) ids.len);
  for (size_t i = 0; i < ids.len; i++)
    write_number (AID_VEC_AT (uint32_t, &ids, i));
  aid_vec_free (&ids);
  return same;
}

int
main (int argc, char **argv)
{
  struct aid_bpe *b;
  struct aid_error e = { AID_OK, "" };
  uint32_t n;
  int ok = 1;
  if (argc != 2 || aid_bpe_open (argv[1], &b, &e))
    {
      fprintf (stderr, "tokens_batch: %s\n", e.msg);
      return 1;
    }
  while (ok && read_number (&n))
    {
      char *text = malloc (n + 1u);
      ok = text && fread (text, 1, n, stdin) == n && encode (b, (struct aid_span){ text, n });
      free (text);
    }
  aid_bpe_close (b);
  return !ok || fflush (stdout);
}
