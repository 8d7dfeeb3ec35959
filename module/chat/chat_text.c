/* What is sent of a chat's text: the text without markers, and its hash.  The key never leaves, not even inside a quote
   or alone: who knows it could forge structure. */
#include "chat/chat_internal.h"
#include "base/hash.h"

enum
{
  HASH_DIGITS = 16,
  HASH_LEAST = 6      /* digits of a got= that was shortened by hand; fewer tell too little */
};

/* Stands for the key where it occurs outside a marker.  It shares no character with any key, so none can arise anew. */
static const char no_key[] = "[...]";

/* Appends LINE without its markers; 0 when nothing but markers was on it. */
static int
add_unmarked (struct aid_span line, const char *key, struct aid_str *out)
{
  struct aid_marker m;
  size_t from = 0, start = out->len;
  if (!aid_marker_find (line, key, 0, &m))
    {
      aid_str_addspan (out, line);
      return 1;
    }
  do
    {
      aid_str_addspan (out, aid_span_cut (line, from, m.beg));
      from = m.end;
    }
  while (aid_marker_find (line, key, from, &m));
  aid_str_addspan (out, aid_span_cut (line, from, line.len));
  if (aid_span_trim (aid_span_cut (aid_str_span (out), start, out->len)).len > 0)
    return 1;
  aid_str_remove (out, start, out->len);
  return 0;
}

/* Hides the key in what was appended from START on. */
static void
hide_key (const char *key, size_t start, struct aid_str *out)
{
  struct aid_span k = aid_span_z (key), rest = aid_span_cut (aid_str_span (out), start, out->len);
  if (out->err || k.len == 0 || aid_span_find (rest, k) < 0)
    return;
  struct aid_str copy = AID_STR_INIT (rest.len);
  aid_str_addspan (&copy, rest);
  aid_str_remove (out, start, rest.len);
  out->err = copy.err;
  rest = aid_str_span (&copy);
  for (ptrdiff_t at; (at = aid_span_find (rest, k)) >= 0;)
    {
      aid_str_add (out, rest.ptr, (size_t) at);
      aid_str_addz (out, no_key);
      rest = aid_span_cut (rest, (size_t) at + k.len, rest.len);
    }
  aid_str_addspan (out, rest);
  aid_str_free (&copy);
}

/* Takes the next line off *REST, without its quote's mark if QUOTED. */
static int
next_line (struct aid_span *rest, int quoted, struct aid_span *line)
{
  size_t text;
  if (!aid_span_line (rest, line))
    return 0;
  if (quoted && aid_line_quoted (*line, &text))
    *line = aid_span_cut (*line, text, line->len);
  return 1;
}

/* Appends TEXT, in which the key does not occur. */
static void
add_keyless (struct aid_span text, int quoted, struct aid_str *out)
{
  struct aid_span line;
  if (!quoted)
    aid_str_addspan (out, text);
  else
    while (next_line (&text, quoted, &line))
      aid_str_add (out, line.ptr, (size_t) (text.ptr - line.ptr));
}

enum aid_err
aid_chat_plain (const struct aid_chat *c, size_t beg, size_t end, int quoted, struct aid_str *out)
{
  struct aid_span rest = aid_span_cut (c->text, beg, end), line, key = aid_span_z (c->key);
  size_t start = out->len;
  if (!key.len || aid_span_find (rest, key) < 0)
    add_keyless (rest, quoted, out);
  else
    {
      while (next_line (&rest, quoted, &line))
        if (add_unmarked (line, c->key, out) && rest.ptr > line.ptr + line.len)
          aid_str_addc (out, '\n');
      hide_key (c->key, start, out);
    }
  return out->err;
}

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

/* Lines that stay as they are, which most do, are appended together. */
enum aid_err
aid_chat_essence (struct aid_span body, struct aid_str *out)
{
  struct aid_span line;
  const char *from = body.ptr;
  while (aid_span_line (&body, &line))
    {
      size_t n = line.len;
      while (n > 0 && is_blank (line.ptr[n - 1]))
        n--;
      if (n > 0 && n == line.len && body.ptr > line.ptr + n)
        continue;
      aid_str_add (out, from, (size_t) (line.ptr - from) + n);
      if (n > 0)
        aid_str_addc (out, '\n');
      from = body.ptr;
    }
  return aid_str_add (out, from, (size_t) (body.ptr - from));
}

void
aid_chat_hash (struct aid_span body, char out[HASH_DIGITS + 1])
{
  /* The text only gets shorter, but for one "\n" behind a last line that had none. */
  struct aid_str text = AID_STR_INIT (body.len + 1);
  aid_str_reserve (&text, body.len + 1);
  aid_chat_essence (body, &text);
  aid_hash_hex (aid_str_span (&text), HASH_DIGITS, out);
  aid_str_free (&text);
}

enum aid_err
aid_chat_body (const struct aid_chat *c, size_t t, struct aid_str *out)
{
  const struct aid_turn *turn = &AID_VEC_AT (struct aid_turn, &c->turns, t);
  for (size_t i = turn->first_piece; i < turn->first_piece + turn->npieces; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->pieces, i);
      if (p->kind == AID_PIECE_TEXT || p->kind == AID_PIECE_REASONING)
        aid_chat_plain (c, p->beg, p->end, p->kind == AID_PIECE_REASONING, out);
    }
  return out->err;
}

int
aid_chat_edited (const struct aid_chat *c, size_t t)
{
  const struct aid_turn *turn = &AID_VEC_AT (struct aid_turn, &c->turns, t);
  struct aid_span got = aid_chat_meta (c, turn->first_meta, turn->nmeta, "got");
  if (got.len == 0)
    return -1;
  struct aid_str body = AID_STR_INIT (2 * AID_CHAT_MAX);
  char hash[HASH_DIGITS + 1];
  aid_str_reserve (&body, turn->end - turn->body);
  enum aid_err err = aid_chat_body (c, t, &body);
  aid_chat_hash (aid_str_span (&body), hash);
  aid_str_free (&body);
  if (err)
    return -1;
  return got.len < HASH_LEAST || got.len > HASH_DIGITS || memcmp (got.ptr, hash, got.len) != 0;
}

/* Whether anything of turn T is sent. */
static int
has_words (const struct aid_chat *c, const struct aid_turn *t)
{
  for (size_t i = t->first_piece; i < t->first_piece + t->npieces; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->pieces, i);
      if (p->kind == AID_PIECE_TEXT && aid_span_trim (aid_span_cut (c->text, p->beg, p->end)).len > 0)
        return 1;
    }
  return 0;
}

void
aid_chat_sent (const struct aid_chat *c, size_t upto, unsigned char *sent)
{
  const struct aid_turn *summaries[AID_CHAT_SUMMARIES];
  size_t n = 0;
  for (size_t i = upto; i-- > 0;)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
      sent[i] = 1;
      for (size_t k = 0; k < n; k++)
        if (t->number >= summaries[k]->from && t->number <= summaries[k]->to)
          sent[i] = 0;
      if (t->kind == AID_TURN_SUMMARY && sent[i] && n < AID_CHAT_SUMMARIES && t->to > 0 && has_words (c, t))
        summaries[n++] = t;
    }
}

size_t
aid_chat_fence (struct aid_span text)
{
  const char *end = text.ptr + text.len, *at = text.ptr;
  size_t longest = 2;
  while (at < end && (at = memchr (at, '`', (size_t) (end - at))))
    {
      const char *from = at;
      while (at < end && *at == '`')
        at++;
      longest = (size_t) (at - from) > longest ? (size_t) (at - from) : longest;
    }
  return longest + 1;
}
