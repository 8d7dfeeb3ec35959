/* Words of identifiers: see words.h. */
#include "scan/words.h"
#include "base/utf8.h"
#include <utf8proc.h>

enum class
{
  OTHER,
  LOWER,
  UPPER,
  DIGIT,
  JOINT /* JOINT: "_" and "'", which part words and hold identifiers together */
};

static const unsigned char ascii[128]
  = { ['0' ... '9'] = DIGIT, ['A' ... 'Z'] = UPPER, ['a' ... 'z'] = LOWER, ['_'] = JOINT, ['\''] = JOINT };

struct letter
{
  enum class class;
  size_t len; /* bytes in the text */
  char lower[4];
  size_t lower_len;
};

static struct letter
letter_at (struct aid_span text, size_t at)
{
  unsigned char c = (unsigned char) text.ptr[at];
  if (c < 128)
    return (struct letter){ (enum class) ascii[c], 1, { (char) (ascii[c] == UPPER ? c + 32 : c) }, 1 };
  utf8proc_int32_t code;
  utf8proc_ssize_t n = utf8proc_iterate ((const utf8proc_uint8_t *) text.ptr + at, (utf8proc_ssize_t) (text.len - at), &code);
  if (n <= 0)
    return (struct letter){ OTHER, 1, { 0 }, 0 };
  struct letter l = { LOWER, (size_t) n, { 0 }, 0 };
  switch (utf8proc_category (code))
    {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      l.class = UPPER;
      break;
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
      break;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
      l.class = DIGIT;
      break;
    default:
      l.class = OTHER;
      return l;
    }
  l.lower_len = (size_t) utf8proc_encode_char (utf8proc_tolower (code), (utf8proc_uint8_t *) l.lower);
  return l;
}

/* The word that is being read. */
struct word
{
  char bytes[AID_WORD_MAX];
  size_t len;
  int too_long;
  size_t from;
};

static void
add (struct word *w, const struct letter *l, size_t at)
{
  if (w->len == 0 && !w->too_long)
    w->from = at;
  if (w->len + l->lower_len > AID_WORD_MAX)
    w->too_long = 1;
  else
    {
      memcpy (w->bytes + w->len, l->lower, l->lower_len);
      w->len += l->lower_len;
    }
}

static int
give (struct word *w, size_t to, aid_word_fn *fn, void *ctx)
{
  int stop = w->len > 0 && !w->too_long && fn (ctx, (struct aid_span){ w->bytes, w->len }, w->from, to);
  w->len = 0;
  w->too_long = 0;
  return stop;
}

/* A new word begins before NOW when AHEAD follows it: fooBar, foo2, 2foo, HTTPServer (where the last capital begins one). */
static int parts (enum class before, enum class now, enum class ahead)
{
  if (before == OTHER || before == JOINT)
    return 0;
  if ((before == DIGIT) != (now == DIGIT))
    return 1;
  return now == UPPER && (before == LOWER || (before == UPPER && ahead == LOWER));
}

void
aid_words (struct aid_span text, aid_word_fn *fn, void *ctx)
{
  struct word w = { .len = 0 };
  enum class before = OTHER;
  struct letter now = text.len ? letter_at (text, 0) : (struct letter){ OTHER, 0, { 0 }, 0 };
  for (size_t at = 0; at < text.len;)
    {
      size_t next_at = at + now.len;
      struct letter next = next_at < text.len ? letter_at (text, next_at) : (struct letter){ OTHER, 0, { 0 }, 0 };
      int is_letter = now.class != OTHER && now.class != JOINT;
      if ((!is_letter || parts (before, now.class, next.class)) && give (&w, at, fn, ctx))
        return;
      if (is_letter)
        add (&w, &now, at);
      before = now.class;
      now = next;
      at = next_at;
    }
  give (&w, text.len, fn, ctx);
}

void
aid_identifiers (struct aid_span text, aid_word_fn *fn, void *ctx)
{
  struct word w = { .len = 0 };
  for (size_t at = 0; at < text.len;)
    {
      struct letter l = letter_at (text, at);
      if (l.class == OTHER || (l.class == JOINT && w.len == 0 && text.ptr[at] == '\''))
        {
          if (give (&w, at, fn, ctx))
            return;
        }
      else
        {
          if (l.class == JOINT)
            l.lower[0] = text.ptr[at], l.lower_len = 1;
          add (&w, &l, at);
        }
      at += l.len;
    }
  give (&w, text.len, fn, ctx);
}

static int
append (void *ctx, struct aid_span word, size_t from, size_t to)
{
  struct aid_str *out = ctx;
  (void)from, (void)to;
  if (out->len && out->ptr[out->len - 1] != ' ')
    aid_str_addc (out, ' ');
  return aid_str_addspan (out, word) != AID_OK;
}

enum aid_err
aid_words_add (struct aid_span text, struct aid_str *out)
{
  aid_words (text, append, out);
  return out->err;
}
