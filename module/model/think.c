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

/* Takes bytes until the answer's first word shows what it is. */
static struct aid_span
begin (struct aid_think *t, struct aid_span v, aid_think_emit *emit, void *user)
{
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
          t->state = AID_THINK_TEXT;
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

/* Inside the reasoning.  "<" starts the closing tag and occurs nowhere else in it, so one held prefix is enough. */
static struct aid_span
inside (struct aid_think *t, struct aid_span v, aid_think_emit *emit, void *user)
{
  if (t->nheld == 0)
    {
      const char *lt = memchr (v.ptr, '<', v.len);
      size_t n = lt ? (size_t) (lt - v.ptr) : v.len;
      if (n)
        emit (user, 1, aid_span_cut (v, 0, n));
      if (lt)
        t->held[t->nheld++] = '<', n++;
      return aid_span_cut (v, n, v.len);
    }
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
        v = inside (t, v, emit, user);
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
