/* A vocabulary small enough to see through: all bytes (their own numbers), then merges in the order in which they win. */
#ifndef AID_TESTS_SMALL_VOCABULARY_H
#define AID_TESTS_SMALL_VOCABULARY_H

#include "scratch.h"
#include "model/bpe.h"

static const char *const merged[] = { "aa", "ab", "aaa", "aaaa", "th", "the", " the", "in", "ing", "er", "ab12", "  ", "    ",
                                      "\n\n", "on", "tion", "internationalization", "aaaaaaaa", "baab", "ba" };
#define NMERGED (sizeof merged / sizeof *merged)

static inline void
add_base64 (struct aid_str *out, const unsigned char *p, size_t n)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < n; i += 3)
    {
      uint32_t bits = (uint32_t) p[i] << 16 | (i + 1 < n ? (uint32_t) p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
      aid_str_addc (out, digits[bits >> 18]);
      aid_str_addc (out, digits[bits >> 12 & 63]);
      aid_str_addc (out, i + 1 < n ? digits[bits >> 6 & 63] : '=');
      aid_str_addc (out, i + 2 < n ? digits[bits & 63] : '=');
    }
}

/* Its ranks, one "BASE64 RANK" a line. */
static inline void
write_ranks (struct aid_str *out)
{
  for (unsigned i = 0; i < 256; i++)
    {
      unsigned char byte = (unsigned char) i;
      add_base64 (out, &byte, 1);
      aid_str_addf (out, " %u\n", i);
    }
  for (size_t i = 0; i < NMERGED; i++)
    {
      add_base64 (out, (const unsigned char *) merged[i], strlen (merged[i]));
      aid_str_addf (out, " %zu\n", 256 + i);
    }
}

/* Writes it as NAME's file to PATH. */
static inline void
write_vocabulary (const char *name, const char *path)
{
  struct aid_str ranks = AID_STR_INIT (1 << 20), file = AID_STR_INIT (AID_BPE_FILE_MAX);
  struct aid_error e = { AID_OK, "" };
  write_ranks (&ranks);
  if (aid_bpe_import (name, aid_str_span (&ranks), &file, &e) || aid_fs_replace (path, aid_str_span (&file), 0644, &e))
    fail_msg ("%s", e.msg);
  aid_str_free (&ranks);
  aid_str_free (&file);
}

#endif
