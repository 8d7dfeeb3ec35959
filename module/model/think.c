/* The inline <think> splitter: a state machine that holds back only what may still become a tag. */
#include "model/think.h"

static const char open_tag[] = "<think>";
static const char close_tag[] = "</think>";

static int
is_white (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
flush (struct aid_think *t, int reasoning, aid_think_emit *emit, void *user)
{
  size_t n = t->nheld;
  t->nheld = 0;
  if (n)
    emit (user, reasoning, (struct aid_span){ t->held, n });
}

/* Gives out as reasoning what was held, but a "<" at its end, which may begin the closing tag. */
static void
give_back (struct aid_think *t, aid_think_emit *emit, void *user)
{
  size_t kept = t->held[t->nheld - 1] == open_tag[0];
  t->nheld -= kept;
  flush (t, 1, emit, user);
  t->held[0] = open_tag[0];
  t->nheld = kept;
}

/* Takes bytes until the answer's first word shows what it is.  What turns out to be plain text and was not cut goes out in
   one piece. */
static struct aid_span
begin (struct aid_think *t, struct aid_span v, aid_think_emit *emit, void *user)
{
  struct aid_span whole = v;
  int cut = t->nheld > 0;
  while (v.len && t->state == AID_THINK_BEGIN)
    {
      t->held[t->nheld++] = *v.ptr;
      v = aid_span_cut (v, 1, v.len);
      size_t white = 0;
      while (white < t->nheld && is_white (t->held[white]))
        white++;
      const char *word = t->held + white;
      size_t n = t->nheld - white;
      int opens = n < sizeof open_tag && !memcmp (word, open_tag, n);
      int closes = n < sizeof close_tag && !memcmp (word, close_tag, n);
      if ((opens && n == sizeof open_tag - 1) || (closes && n == sizeof close_tag - 1))
        {
          t->nheld = 0;
          t->state = opens ? AID_THINK_LEAD : AID_THINK_AFTER;
        }
      else if ((!opens && !closes) || t->nheld == sizeof t->held)
        {
          t->state = t->first ? AID_THINK_INSIDE : AID_THINK_TEXT;
          if (!cut)
            {
              v = whole;
              t->nheld = 0;
            }
          else if (t->first)
            give_back (t, emit, user);
          else
            flush (t, 0, emit, user);
        }
    }
  return v;
}

static struct aid_span
skip_white (struct aid_think *t, struct aid_span v, enum aid_think_state next)
{
  while (v.len && is_white (*v.ptr))
    v = aid_span_cut (v, 1, v.len);
  if (v.len)
    t->state = next;
  return v;
}

/* Bytes at the end of V that begin the closing tag. */
static size_t
tag_begun (struct aid_span v)
{
  size_t n = v.len < sizeof close_tag - 2 ? v.len : sizeof close_tag - 2;
  while (n && memcmp (v.ptr + v.len - n, close_tag, n) != 0)
    n--;
  return n;
}

/* Inside the reasoning, with nothing held: up to the closing tag, or to what may become it. */
static struct aid_span
inside (struct aid_think *t, struct aid_span v, aid_think_emit *emit, void *user)
{
  ptrdiff_t tag = aid_span_find (v, aid_span_z (close_tag));
  size_t n = tag >= 0 ? (size_t) tag : v.len - tag_begun (v);
  if (n)
    emit (user, 1, aid_span_cut (v, 0, n));
  if (tag >= 0)
    {
      t->state = AID_THINK_AFTER;
      return aid_span_cut (v, n + sizeof close_tag - 1, v.len);
    }
  t->nheld = v.len - n;
  memcpy (t->held, v.ptr + n, t->nheld);
  return aid_span_cut (v, v.len, v.len);
}

/* The same with the start of a tag held.  "<" begins the tag and occurs nowhere else in it, so that a wrong byte frees all
   that is held. */
static struct aid_span
inside_tag (struct aid_think *t, struct aid_span v, aid_think_emit *emit, void *user)
{
  if (*v.ptr != close_tag[t->nheld])
    {
      flush (t, 1, emit, user);
      return v;
    }
  t->held[t->nheld++] = *v.ptr;
  if (t->nheld == sizeof close_tag - 1)
    {
      t->nheld = 0;
      t->state = AID_THINK_AFTER;
    }
  return aid_span_cut (v, 1, v.len);
}

void
aid_think_feed (struct aid_think *t, struct aid_span v, aid_think_emit *emit, void *user)
{
  while (v.len)
    switch (t->state)
      {
      case AID_THINK_BEGIN:
        v = begin (t, v, emit, user);
        break;
      case AID_THINK_LEAD:
        v = skip_white (t, v, AID_THINK_INSIDE);
        break;
      case AID_THINK_INSIDE:
        v = t->nheld ? inside_tag (t, v, emit, user) : inside (t, v, emit, user);
        break;
      case AID_THINK_AFTER:
        v = skip_white (t, v, AID_THINK_TEXT);
        break;
      case AID_THINK_TEXT:
        emit (user, 0, v);
        return;
      }
}

void
aid_think_end (struct aid_think *t, aid_think_emit *emit, void *user)
{
  flush (t, t->state == AID_THINK_INSIDE, emit, user);
}
