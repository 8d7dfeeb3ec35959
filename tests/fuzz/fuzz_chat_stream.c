/* Any bytes as an answer that arrives in pieces: whatever the cuts and flushes, the reader ends with the faces of the
   whole text, and cmark's work is linear. */
#include "../unit/chat_spans_check.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
demand (const char *wrong)
{
  if (wrong)
    {
      fprintf (stderr, "%s\n", wrong);
      abort ();
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  size_t limit = 3 * size + 8, pos = 1, used;
  struct stream_model m = { AID_STR_INIT (limit + 8), calloc (limit + 1, sizeof (uint32_t)), 0, limit };
  struct aid_stream *s = aid_stream_new (limit);
  uint32_t cuts = size ? data[0] : 0;

  while (s && m.paint && pos < size)
    {
      size_t n = 1 + (cuts = cuts * 1664525u + 1013904223u) % 11;

      n = n < size - pos ? n : size - pos;
      aid_stream_add (s, (struct aid_span){ (const char *)data + pos, n }, NULL);
      pos += n;
      if (cuts >> 30)
        demand (take_flush (s, &m, 0));
    }
  if (s && m.paint)
    {
      demand (take_flush (s, &m, 1));
      demand (check_final (s, &m));
      used = aid_stream_parsed (s);
      demand (used <= 40 * m.text.len + 4096 ? NULL : "too much was parsed");
    }
  aid_stream_free (s);
  aid_str_free (&m.text);
  free (m.paint);
  return 0;
}
