/* One pass over the bytes.  An identifier is a run of letters, digits and "_"; bytes beyond ASCII are letters,
   lowered by Unicode when they are valid.  Its parts end where "_", or a capital behind a small letter, or the last
   of several capitals before a small one begins the next: HTTPServer2_run has http, server2 and run.  A run of
   characters of scripts that put no blanks between words gives its pairs. */
#include "index/terms.h"

#include <stdlib.h>
#include <utf8proc.h>

enum
{
  LETTER = 1,
  UPPER = 2,
  DIGIT = 4,
  UNDER = 8,
  WIDE = 16,
  WIDE_MAX = 4096 /* bytes of a run that is not all ASCII */
};

static const unsigned char classes[256] = {
  ['a' ... 'z'] = LETTER, ['A' ... 'Z'] = UPPER, ['0' ... '9'] = DIGIT, ['_'] = UNDER, [0x80 ... 0xff] = WIDE,
};

static char
lower (unsigned char c)
{
  return (char)(classes[c] == UPPER ? c | 0x20 : c);
}

/* --- stems --------------------------------------------------------------------------------------------------------- */

static inline int
ends (const char *p, size_t len, const char *with, size_t left)
{
  size_t n = strlen (with); /* of a literal: the compiler's to count */

  return len >= n + left && !memcmp (p + len - n, with, n);
}

static int
has_vowel (const char *p, size_t len)
{
  const unsigned vowels = 1u << 0 | 1u << 4 | 1u << 8 | 1u << 14 | 1u << 20 | 1u << 24; /* of a to z */

  for (size_t i = 0; i < len; i++)
    if (vowels >> (p[i] - 'a') & 1)
      return 1;
  return 0;
}

static size_t
without_plural (char *p, size_t len)
{
  if (ends (p, len, "ies", 2))
    {
      p[len - 3] = 'y';
      return len - 2;
    }
  if (ends (p, len, "sses", 2) || ends (p, len, "xes", 2) || ends (p, len, "ches", 2) || ends (p, len, "shes", 2))
    return len - 2;
  if (ends (p, len, "s", 3) && !ends (p, len, "ss", 0) && !ends (p, len, "us", 0) && !ends (p, len, "is", 0))
    return len - 1;
  return len;
}

/* How long the ending of P is that is dropped: "ing", "ed", "er", "or". */
static size_t
ending (const char *p, size_t len)
{
  if (ends (p, len, "ing", 3))
    return 3;
  return ends (p, len, "ed", 3) || ends (p, len, "er", 4) || ends (p, len, "or", 4) ? 2 : 0;
}

/* Drops an ending, and of a doubled letter before it one ("running"). */
static size_t
without_ending (const char *p, size_t len)
{
  size_t drop = ending (p, len), n = len - drop;

  if (!drop)
    return ends (p, len, "tion", 3) || ends (p, len, "sion", 3) ? len - 3 : len;
  if (!has_vowel (p, n))
    return len;
  if (n > 3 && p[n - 1] == p[n - 2] && p[n - 1] != 'l' && p[n - 1] != 's' && p[n - 1] != 'z')
    n--;
  return n;
}

size_t
aid_stem (char *p, size_t len)
{
  if (len < 4)
    return len;
  for (size_t i = 0; i < len; i++)
    if (p[i] < 'a' || p[i] > 'z')
      return len;
  len = without_plural (p, len);
  len = without_ending (p, len);
  if (len > 3 && p[len - 1] == 'e')
    len--;
  return len;
}

/* --- cutting ------------------------------------------------------------------------------------------------------- */

/* Where the part of ID that begins at I ends. */
static size_t
part_end (const unsigned char *id, size_t i, size_t n)
{
  size_t j = i + 1;

  if (classes[id[i]] == UPPER && j < n && classes[id[j]] == UPPER)
    {
      while (j < n && classes[id[j]] == UPPER)
        j++;
      if (j < n && classes[id[j]] == LETTER)
        return j - 1;
    }
  while (j < n && classes[id[j]] & (LETTER | DIGIT | WIDE))
    j++;
  return j;
}

static int
is_unspaced (int32_t c)
{
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7af)
         || (c >= 0x20000 && c <= 0x3ffff);
}

struct run
{
  char word[AID_TERM_MAX + 8];
  size_t len;
};

static void
flush (struct run *r, size_t end, aid_term_fn *fn, void *ctx)
{
  if (r->len > 1)
    fn (ctx, (struct aid_span){ r->word, r->len }, 0, end);
  r->len = 0;
}

/* The terms of a run that is not all ASCII. */
static void
wide (const unsigned char *id, size_t n, size_t end, aid_term_fn *fn, void *ctx)
{
  struct run run = { .len = 0 };
  char pair[8];
  size_t had = 0;

  for (size_t i = 0; i < n;)
    {
      utf8proc_int32_t c;
      utf8proc_ssize_t step = utf8proc_iterate (id + i, (utf8proc_ssize_t)(n - i), &c);
      int unspaced = step > 0 && is_unspaced (c);
      if (unspaced || step <= 0 || c == '_' || run.len + 4 > AID_TERM_MAX)
        flush (&run, end, fn, ctx);
      if (unspaced)
        {
          size_t len = (size_t)utf8proc_encode_char (c, (utf8proc_uint8_t *)pair + had);
          if (had)
            fn (ctx, (struct aid_span){ pair, had + len }, 0, end);
          memmove (pair, pair + had, len);
          had = len;
        }
      else
        had = 0;
      if (step > 0 && !unspaced && c != '_')
        run.len += (size_t)utf8proc_encode_char (utf8proc_tolower (c), (utf8proc_uint8_t *)run.word + run.len);
      i += step > 0 ? (size_t)step : 1;
    }
  flush (&run, end, fn, ctx);
}

static void
plain (const unsigned char *id, size_t n, size_t end, aid_term_fn *fn, void *ctx)
{
  char word[AID_TERM_MAX];
  size_t parts = 0;

  for (size_t i = 0; i < n;)
    {
      if (id[i] == '_')
        {
          i++;
          continue;
        }
      size_t to = part_end (id, i, n), len = to - i;
      parts++;
      if (len > 1 && len <= 40 && !(len < 3 && classes[id[i]] == DIGIT))
        {
          for (size_t j = 0; j < len; j++)
            word[j] = lower (id[i + j]);
          fn (ctx, (struct aid_span){ word, aid_stem (word, len) }, 0, end);
        }
      i = to;
    }
  if (parts < 2)
    return;
  for (size_t j = 0; j < n; j++)
    word[j] = lower (id[j]);
  fn (ctx, (struct aid_span){ word, n }, 1, end);
}

int
aid_word_next (struct aid_span text, size_t *at, struct aid_word *word)
{
  const unsigned char *p = (const unsigned char *)text.ptr;
  size_t i = *at;

  while (i < text.len)
    {
      while (i < text.len && !classes[p[i]])
        i++;
      size_t from = i;
      unsigned seen = 0;
      while (i < text.len && classes[p[i]])
        seen |= classes[p[i++]];
      size_t len = i - from;
      if (!(seen & WIDE) && (len < 2 || len > AID_TERM_MAX || !(seen & (LETTER | UPPER | DIGIT))))
        continue;
      word->wide = (seen & WIDE) != 0;
      word->text = (struct aid_span){ text.ptr + from, word->wide && len > WIDE_MAX ? WIDE_MAX : len };
      *at = i;
      return 1;
    }
  *at = i;
  return 0;
}

void
aid_word_terms (const struct aid_word *word, size_t end, aid_term_fn *fn, void *ctx)
{
  if (word->wide)
    wide ((const unsigned char *)word->text.ptr, word->text.len, end, fn, ctx);
  else
    plain ((const unsigned char *)word->text.ptr, word->text.len, end, fn, ctx);
}

void
aid_terms (struct aid_span text, aid_term_fn *fn, void *ctx)
{
  struct aid_word word;

  for (size_t at = 0; aid_word_next (text, &at, &word);)
    aid_word_terms (&word, at, fn, ctx);
}

/* --- stop words ---------------------------------------------------------------------------------------------------- */

/* Sorted stems: English words that hold sentences together, and what people say of any change. */
static const char *const stops[] = {
  "about",   "abov",    "actual",   "add",     "addit",   "aft",       "after",  "again",    "all",     "allow",   "along",
  "already", "also",    "although", "always",  "am",      "an",        "and",    "another",  "any",     "are",     "as",
  "at",      "avoid",   "away",     "be",      "becaus",  "been",      "befor",  "before",   "behavi",  "being",   "bett",
  "between", "both",    "bug",      "but",     "by",      "can",       "cannot", "caus",     "cc",      "chang",   "com",
  "commit",  "correct", "could",    "current", "did",     "do",        "doe",    "does",     "doing",   "don",     "done",
  "dont",    "down",    "during",   "each",    "either",  "els",       "enough", "etc",      "even",    "ever",    "every",
  "exampl",  "fix",     "for",      "from",    "further", "get",       "giv",    "go",       "good",    "got",     "had",
  "handl",   "hav",     "having",   "he",      "help",    "henc",      "her",    "here",     "him",     "his",     "how",
  "howev",   "however", "http",     "https",   "if",      "implement", "improv", "in",       "inst",    "instead", "into",
  "is",      "issu",    "it",       "its",     "itself",  "just",      "keep",   "like",     "look",    "mak",     "many",
  "may",     "mayb",    "me",       "mean",    "merg",    "might",     "more",   "most",     "mov",     "much",    "must",
  "my",      "need",    "nev",      "never",   "new",     "no",        "not",    "now",      "of",      "off",     "often",
  "old",     "on",      "once",     "one",     "only",    "onto",      "or",     "oth",      "other",   "our",     "out",
  "over",    "own",     "pleas",    "possibl", "pr",      "problem",   "prop",   "properly", "pull",    "rath",    "rather",
  "really",  "remov",   "request",  "same",    "see",     "seem",      "shall",  "she",      "should",  "show",    "sign",
  "simpl",   "simply",  "sinc",     "so",      "som",     "someth",    "still",  "such",     "support", "sur",     "tak",
  "than",    "that",    "the",      "their",   "them",    "then",      "ther",   "thes",     "they",    "thi",     "thing",
  "this",    "thos",    "though",   "through", "to",      "too",       "try",    "und",      "under",   "until",   "up",
  "updat",   "us",      "use",      "usful",   "using",   "very",      "via",    "want",     "was",     "way",     "we",
  "well",    "wer",     "what",     "when",    "wher",    "whether",   "which",  "whil",     "who",     "whom",    "whose",
  "why",     "will",    "with",     "within",  "without", "work",      "would",  "wrong",    "www",     "yet",     "you",
  "your",
};

static int
compare (const void *key, const void *item)
{
  const struct aid_span *term = key;
  const char *stop = *(const char *const *)item;
  int c = strncmp (term->ptr, stop, term->len);

  return c ? c : stop[term->len] ? -1 : 0;
}

/* Words of programming languages that are in nearly every file, as stems and sorted likewise. */
static const char *const everywhere[] = {
  "bool",   "break",  "cas",  "char",  "class",   "const",  "def",    "defin", "doubl", "els",    "end",    "enum",
  "export", "extern", "fals", "float", "fn",      "foo",    "func",   "funct", "goto",  "import", "inclu",  "inlin",
  "int",    "let",    "long", "null",  "priv",    "public", "return", "self",  "siz",   "sizeof", "static", "string",
  "struct", "switch", "tru",  "typ",   "typedef", "unsign", "val",    "var",   "void",  "whil",
};

int
aid_term_is_stop (struct aid_span term)
{
  return term.len && bsearch (&term, stops, sizeof stops / sizeof *stops, sizeof *stops, compare) != NULL;
}

const char *
aid_term_left_out (size_t i)
{
  size_t n = sizeof stops / sizeof *stops;

  if (i < n)
    return stops[i];
  return i - n < sizeof everywhere / sizeof *everywhere ? everywhere[i - n] : NULL;
}
