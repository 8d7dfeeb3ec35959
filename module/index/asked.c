/* A question is read in tokens: runs of what names and paths are made of.  A token with "/" or a file's ending is a
   path, and digits behind it ("a.c:12", "a.py", line 12) are its line; one with "_", a capital inside, "::" or "."
   between names is a name, and so is all in backticks.  Other words may be names too, which only the index knows. */
#include "index/asked.h"
#include "index/terms.h"

#include <ctype.h>
#include <stdlib.h>

enum
{
  TOKEN_MAX = 400,
  EXTENSION_MAX = 5,
  WORD_MIN = 3
};

struct reader
{
  struct aid_asked *out;
  struct aid_span text, piece; /* all of it; what its terms are taken of */
  int in_error;
  float weight;
};

static int
is_name_byte (char c)
{
  return isalnum ((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static int
is_token_byte (char c)
{
  return is_name_byte (c) || (c && strchr ("./\\-:+@~'", c));
}

static void
add_mention (struct reader *r, enum aid_mention_kind kind, struct aid_span text, uint32_t line, int quoted)
{
  struct aid_vec *mentions = &r->out->mentions;
  struct aid_mention *m;

  if (!text.len || memchr (text.ptr, '\0', text.len))
    return;
  for (size_t i = 0; i < mentions->len; i++)
    {
      m = &AID_VEC_AT (struct aid_mention, mentions, i);
      if (aid_span_eq (m->text, text) && m->line == line)
        {
          m->quoted |= quoted;
          m->in_error |= r->in_error;
          m->kind = m->kind == AID_MENTION_WORD ? kind : m->kind;
          return;
        }
    }
  if ((m = aid_vec_push (mentions)))
    *m = (struct aid_mention){ kind, text, line, r->in_error, quoted };
}

/* The line that V tells at its beginning: ":12", "(12", "\", line 12"; 0: none. */
static uint32_t
line_behind (struct aid_span v)
{
  static const char *const ways[] = { ":", "(", "\", line ", "\", lines ", "', line ", " line ", ", line " };
  uint64_t line = 0;

  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    if (aid_span_starts (v, ways[i]))
      {
        size_t from = strlen (ways[i]), to = from;
        while (to < v.len && to < from + 8 && isdigit ((unsigned char)v.ptr[to]))
          to++;
        if (to > from && !aid_span_number (aid_span_cut (v, from, to), 10000000, &line))
          return (uint32_t)line;
      }
  return 0;
}

/* Whether T ends as files do, or has folders. */
static int
is_path (struct aid_span t)
{
  size_t dot = t.len;

  if (aid_span_find (t, AID_SPAN ("://")) >= 0 || t.len < 3)
    return 0;
  while (dot && t.ptr[dot - 1] != '.' && t.ptr[dot - 1] != '/')
    dot--;
  if (dot && t.ptr[dot - 1] == '.' && dot > 1 && t.len > dot && t.len - dot <= EXTENSION_MAX
      && is_name_byte (t.ptr[dot - 2]))
    {
      for (size_t i = dot; i < t.len; i++)
        if (!islower ((unsigned char)t.ptr[i]) && !(isdigit ((unsigned char)t.ptr[i]) && i > dot))
          return memchr (t.ptr, '/', t.len) != NULL;
      return 1;
    }
  return memchr (t.ptr, '/', t.len) != NULL && t.ptr[t.len - 1] != '/';
}

/* Whether N looks like a name of programs rather than a word. */
static int
is_name (struct aid_span n)
{
  size_t capitals = 0, small = 0, unders = 0;

  for (size_t i = 0; i < n.len; i++)
    {
      capitals += i > 0 && isupper ((unsigned char)n.ptr[i]);
      small += islower ((unsigned char)n.ptr[i]) != 0;
      unders += n.ptr[i] == '_';
    }
  return (unders && n.len > unders) || (capitals && small && n.len > 3);
}

/* The names in a token: A::B.c has a, b and c, and the last of them is what is meant. */
static void
take_names (struct reader *r, struct aid_span token, int quoted)
{
  int qualified
    = aid_span_find (token, AID_SPAN ("::")) > 0 || (token.len > 2 && memchr (token.ptr + 1, '.', token.len - 2));

  if (quoted && memchr (token.ptr, '-', token.len))
    add_mention (r, AID_MENTION_NAME, token, 0, 1);
  else if (memchr (token.ptr, '-', token.len) && token.len > 5)
    add_mention (r, AID_MENTION_WORD, token, 0, 0);
  for (size_t i = 0; i < token.len;)
    {
      size_t from = i;
      while (i < token.len && (is_name_byte (token.ptr[i]) || (token.ptr[i] == '\'' && i > from)))
        i++;
      struct aid_span name = aid_span_cut (token, from, i);
      while (name.len && name.ptr[name.len - 1] == '\'' && !quoted)
        name.len--;
      if (name.len >= WORD_MIN && name.len < 200 && !isdigit ((unsigned char)name.ptr[0]))
        add_mention (r, quoted || qualified || is_name (name) ? AID_MENTION_NAME : AID_MENTION_WORD, name, 0, quoted);
      i = i > from ? i : i + 1;
    }
}

static void
take_token (struct reader *r, struct aid_span token, struct aid_span behind, int quoted)
{
  uint32_t line = 0;

  while (token.len && strchr (".:-'+~", token.ptr[token.len - 1]))
    {
      token.len--;
      behind.ptr--;
      behind.len++;
    }
  while (token.len && strchr (":-'+@", token.ptr[0]))
    token = aid_span_cut (token, 1, token.len);
  if (!token.len || token.len > TOKEN_MAX || aid_span_find (token, AID_SPAN ("://")) >= 0)
    return;
  const char *colon = memchr (token.ptr, ':', token.len);
  struct aid_span head = colon ? aid_span_cut (token, 0, (size_t)(colon - token.ptr)) : token;
  if (is_path (head))
    {
      line = line_behind (colon ? aid_span_cut (token, head.len, token.len) : behind);
      if (aid_span_starts (head, "./"))
        head = aid_span_cut (head, 2, head.len);
      add_mention (r, AID_MENTION_PATH, head, line, quoted);
      if (memchr (head.ptr, '/', head.len) || line)
        return;
    }
  take_names (r, token, quoted);
}

/* The word that ends at END of the piece. */
static struct aid_span
word_at (const struct reader *r, size_t end)
{
  size_t from = end;

  while (from && is_name_byte (r->piece.ptr[from - 1]))
    from--;
  return aid_span_cut (r->piece, from, end);
}

/* Lines that say who signed, and what mail programs add. */
static int
is_trailer (struct aid_span line)
{
  size_t i = 0;

  while (i < line.len && (isalpha ((unsigned char)line.ptr[i]) || line.ptr[i] == '-'))
    i++;
  return i > 4 && i < line.len && line.ptr[i] == ':' && line.ptr[i - 1] == 'y' && line.ptr[i - 2] == 'b'
         && line.ptr[i - 3] == '-';
}

static void
take_term (void *ctx, struct aid_span term, int whole, size_t end)
{
  struct reader *r = ctx;
  struct aid_vec *terms = &r->out->terms;

  if (term.len > AID_TERM_MAX || aid_term_is_stop (term))
    return;
  for (size_t i = 0; i < terms->len; i++)
    {
      struct aid_asked_term *t = &AID_VEC_AT (struct aid_asked_term, terms, i);
      if (t->len == term.len && !memcmp (t->text, term.ptr, term.len))
        {
          t->weight += r->weight;
          return;
        }
    }
  struct aid_asked_term *t = aid_vec_push (terms);
  if (!t)
    return;
  memcpy (t->text, term.ptr, term.len);
  t->len = (uint8_t)term.len;
  t->whole = whole != 0;
  t->shown = word_at (r, end);
  t->weight = r->weight;
}

/* The line's bytes that are no addresses of pages. */
static void
take_terms (struct reader *r, struct aid_span line)
{
  for (;;)
    {
      ptrdiff_t at = aid_span_find (line, AID_SPAN ("://"));
      if (at < 0)
        break;
      size_t to = (size_t)at;
      while (to < line.len && !isspace ((unsigned char)line.ptr[to]))
        to++;
      r->piece = aid_span_cut (line, 0, (size_t)at);
      aid_terms (r->piece, take_term, r);
      line = aid_span_cut (line, to, line.len);
    }
  r->piece = line;
  aid_terms (line, take_term, r);
}

static void
take_line (struct reader *r, struct aid_span line)
{
  const char *end = r->text.ptr + r->text.len;
  int quoted = 0;

  for (size_t i = 0; i < line.len;)
    {
      size_t from = i;
      if (line.ptr[i] == '`')
        {
          quoted = !quoted;
          i++;
          continue;
        }
      while (i < line.len && is_token_byte (line.ptr[i]))
        i++;
      if (i > from)
        take_token (r, aid_span_cut (line, from, i), (struct aid_span){ line.ptr + i, (size_t)(end - line.ptr) - i },
                    quoted);
      else
        i++;
    }
}

static void
take_text (struct reader *r, struct aid_span text)
{
  struct aid_span rest = text, line;
  int first = 1;

  r->text = text;
  while (aid_span_line (&rest, &line))
    {
      if (is_trailer (line))
        continue;
      r->weight = r->in_error ? 0.7f : first ? 2.0f : 1.0f;
      take_terms (r, line);
      take_line (r, line);
      first = first && aid_span_trim (line).len == 0;
    }
}

enum aid_err
aid_ask_apart (struct aid_span text, struct aid_span error, struct aid_asked *out)
{
  struct reader r = { .out = out };

  out->mentions = AID_VEC_INIT (struct aid_mention, AID_MENTIONS);
  out->terms = AID_VEC_INIT (struct aid_asked_term, AID_ASKED_TERMS);
  take_text (&r, text);
  r.in_error = 1;
  take_text (&r, error);
  return AID_OK;
}

void
aid_asked_free (struct aid_asked *a)
{
  aid_vec_free (&a->mentions);
  aid_vec_free (&a->terms);
}
