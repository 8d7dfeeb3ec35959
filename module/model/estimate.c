/* Kinds of pieces and characters, and what they cost. */
#include "model/estimate.h"
#include "base/utf8.h"
#include "model/bpe_split.h"
#include <strings.h>

enum kind
{
  WORD,                        /* of ASCII letters */
  LETTER_6, LETTER_11,         /* letters of such a word from the sixth, from the eleventh on */
  WORD_GLUED,                  /* behind a sign instead of a blank: .name, _name */
  WORD_CAPITALS,               /* letters of words that have capitals behind the first letter */
  WORD_OTHER,                  /* words with letters that are not ASCII */
  LETTER_LATIN, LETTER_GREEK, LETTER_TWO,   /* letters of two bytes: with accents; Greek and Cyrillic; others */
  LETTER_HAN, LETTER_KANA, LETTER_HANGUL, LETTER_THREE,
  FOUR_BYTES,                  /* emoji and rare scripts */
  NUMBER, DIGIT,               /* groups of up to three digits; digits */
  SIGNS, SIGN_2,               /* groups of signs; their characters from the second on */
  BLANKS, BLANK_2              /* groups of white space; their characters from the second on */
};
_Static_assert (BLANK_2 + 1 == AID_ESTIMATE_KINDS, "each kind has a price");

static enum kind
kind_of (uint32_t c)
{
  if (c < 0x370)
    return LETTER_LATIN;
  if (c < 0x530)
    return LETTER_GREEK;
  if (c < 0x800)
    return LETTER_TWO;
  if (c >= 0x3040 && c < 0x3100)
    return LETTER_KANA;
  if ((c >= 0x2E80 && c < 0xA000) || (c >= 0xF900 && c < 0xFB00))
    return LETTER_HAN;
  if (c >= 0xAC00 && c < 0xD7B0)
    return LETTER_HANGUL;
  return c < 0x10000 ? LETTER_THREE : FOUR_BYTES;
}

static int
is_letter (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
add_word (const char *p, size_t n, int64_t *k)
{
  int64_t letters = 0, capitals = 0;
  k[WORD_GLUED] += !is_letter (*p) && *p != ' ';
  for (size_t i = 0; i < n; i++)
    {
      letters += is_letter (p[i]);
      capitals += i > 1 && p[i] >= 'A' && p[i] <= 'Z';
    }
  k[WORD]++;
  k[LETTER_6] += letters > 5 ? letters - 5 : 0;
  k[LETTER_11] += letters > 10 ? letters - 10 : 0;
  k[WORD_CAPITALS] += capitals ? letters : 0;
}

static void
add_other (const char *p, size_t n, int64_t *k)
{
  size_t len;
  k[WORD_OTHER]++;
  for (size_t i = 0; i < n; i += len)
    {
      uint32_t c = aid_utf8_decode (p + i, &len);
      if (c >= 0x80)
        k[kind_of (c)]++;
      else
        k[LETTER_6]++;
    }
}

/* The piece P of N bytes, valid UTF-8: what it is, its first two characters tell. */
static void
add_piece (const char *p, size_t n, int64_t *k)
{
  int ascii = 1;
  size_t blanks = 0;
  char first = n > 1 && !is_letter (*p) ? p[1] : *p;
  for (size_t i = 0; i < n; i++)
    {
      ascii &= (unsigned char) p[i] < 0x80;
      blanks += p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r');
    }
  if (!ascii)
    add_other (p, n, k);
  else if (is_letter (first))
    add_word (p, n, k);
  else if (*p >= '0' && *p <= '9')
    {
      k[NUMBER]++;
      k[DIGIT] += (int64_t) n;
    }
  else if (blanks == n)
    {
      k[BLANKS]++;
      k[BLANK_2] += (int64_t) n - 1;
    }
  else
    {
      k[SIGNS]++;
      k[SIGN_2] += (int64_t) (n - blanks) - 1;
    }
}

void
aid_estimate_kinds (struct aid_span text, int64_t kinds[AID_ESTIMATE_KINDS])
{
  struct aid_str clean = AID_STR_INIT (3 * text.len + 1);
  memset (kinds, 0, AID_ESTIMATE_KINDS * sizeof *kinds);
  if (aid_utf8_valid_prefix (text) != text.len)
    {
      aid_utf8_clean (text, &clean);
      text = aid_str_span (&clean);
    }
  for (size_t i = 0; i < text.len;)
    {
      size_t n = aid_bpe_piece (AID_BPE_O200K, text.ptr + i, text.ptr + text.len);
      add_piece (text.ptr + i, n, kinds);
      i += n;
    }
  aid_str_free (&clean);
}

/* --- families ----------------------------------------------------------------------------------------------------------- */

/* Prices are 1/1024 of a token, found by non-negative least squares over 807 files, of which half were kept out of the fit for
   the errors; where a family's current vocabulary is not public, its last public one was counted. */
static const struct
{
  const char *name;
  int half, most;              /* error, percent */
  uint16_t price[AID_ESTIMATE_KINDS];
} families[] = {
  [AID_FAMILY_O200K] = { "o200k_base", 5, 17, { 888, 184, 153, 306, 5, 246, 1556, 277, 381, 915, 570, 625, 441, 4203, 1266, 0,
                                                972, 44, 1485, 0 } },
  [AID_FAMILY_CL100K] = { "cl100k_base", 6, 20, { 896, 192, 190, 262, 0, 757, 2126, 410, 833, 1176, 880, 896, 1055, 4088, 1201, 0,
                                                  962, 58, 1431, 0 } },
  [AID_FAMILY_CLAUDE] = { "claude", 6, 20, { 924, 269, 2, 1119, 36, 0, 3150, 630, 1111, 1178, 1031, 1351, 1582, 3233, 1081, 0,
                                             1006, 134, 1027, 0 } },
  [AID_FAMILY_GEMINI] = { "gemini", 5, 17, { 880, 185, 177, 1196, 6, 282, 1382, 254, 401, 724, 330, 547, 340, 4217, 291, 920,
                                             1084, 142, 1705, 0 } },
  [AID_FAMILY_LLAMA] = { "llama", 6, 23, { 884, 231, 120, 249, 0, 589, 1418, 270, 462, 829, 536, 509, 556, 3936, 1243, 0,
                                           933, 48, 1448, 0 } },
  [AID_FAMILY_QWEN] = { "qwen", 6, 23, { 904, 196, 180, 243, 0, 284, 2219, 373, 441, 760, 557, 719, 734, 3157, 1168, 518,
                                         915, 51, 1464, 0 } },
  [AID_FAMILY_DEEPSEEK] = { "deepseek", 5, 19, { 897, 199, 183, 617, 63, 1150, 1372, 166, 272, 516, 495, 398, 411, 2948, 1199, 0,
                                                 984, 85, 1519, 0 } },
  [AID_FAMILY_MISTRAL] = { "mistral", 5, 18, { 897, 209, 109, 408, 123, 134, 1706, 322, 422, 1088, 577, 586, 564, 4040, 1357, 451,
                                               955, 63, 1502, 0 } },
  [AID_FAMILY_OTHER] = { "other", 11, 32, { 889, 208, 149, 478, 22, 634, 1547, 273, 458, 833, 551, 558, 603, 3763, 1594, 24,
                                            959, 68, 1496, 0 } },
};

const char *
aid_family_name (enum aid_family f)
{
  return families[f].name;
}

void
aid_estimate_error (enum aid_family f, int *half, int *most)
{
  *half = families[f].half;
  *most = families[f].most;
}

int64_t
aid_estimate (enum aid_family f, struct aid_span text)
{
  int64_t kinds[AID_ESTIMATE_KINDS], sum = 0;
  aid_estimate_kinds (text, kinds);
  for (size_t i = 0; i < AID_ESTIMATE_KINDS; i++)
    sum += kinds[i] * families[f].price[i];
  sum = (sum + 512) / 1024;
  return sum || !text.len ? sum : 1;
}

/* The first that begins a model's own name decides. */
enum aid_family
aid_family_of (const char *model)
{
  static const struct
  {
    const char *prefix;
    enum aid_family family;
  } table[] = {
    { "gpt-4o", AID_FAMILY_O200K }, { "gpt-4.", AID_FAMILY_O200K }, { "gpt-5", AID_FAMILY_O200K },
    { "gpt-oss", AID_FAMILY_O200K }, { "chatgpt", AID_FAMILY_O200K }, { "o1", AID_FAMILY_O200K }, { "o3", AID_FAMILY_O200K },
    { "o4", AID_FAMILY_O200K }, { "codex", AID_FAMILY_O200K }, { "o200k_base", AID_FAMILY_O200K },
    { "gpt-4", AID_FAMILY_CL100K }, { "gpt-3.5", AID_FAMILY_CL100K }, { "gpt-35", AID_FAMILY_CL100K },
    { "text-embedding-", AID_FAMILY_CL100K }, { "cl100k_base", AID_FAMILY_CL100K }, { "gpt-", AID_FAMILY_O200K },
    { "claude", AID_FAMILY_CLAUDE }, { "gemini", AID_FAMILY_GEMINI }, { "gemma", AID_FAMILY_GEMINI },
    { "llama", AID_FAMILY_LLAMA }, { "meta-llama", AID_FAMILY_LLAMA }, { "codellama", AID_FAMILY_OTHER },
    { "qwen", AID_FAMILY_QWEN }, { "qwq", AID_FAMILY_QWEN }, { "deepseek", AID_FAMILY_DEEPSEEK },
    { "mistral", AID_FAMILY_MISTRAL }, { "ministral", AID_FAMILY_MISTRAL }, { "codestral", AID_FAMILY_MISTRAL },
    { "devstral", AID_FAMILY_MISTRAL }, { "magistral", AID_FAMILY_MISTRAL }, { "pixtral", AID_FAMILY_MISTRAL },
  };
  const char *slash = strrchr (model, '/'), *name = slash ? slash + 1 : model;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (!strncasecmp (name, table[i].prefix, strlen (table[i].prefix)))
      return table[i].family;
  return AID_FAMILY_OTHER;
}
