/* The marker lines of a document.  An edit invalidates the lines that it touches: their marks are replaced by those
   found in what the lines are now, and the marks behind are shifted.  Only a new key looks at everything. */
#include "binding/doc.h"
#include "chat/chat.h"
#include "chat/spans.h"
#include <stdlib.h>
#include <string.h>

#define LOOK_AHEAD 4096        /* bytes behind the wanted end where a block's begin is looked for first */
#define STRIDE (64u << 10)     /* bytes between remembered begins of blocks */

static const struct aid_doc_range *
mark (const struct aid_doc *d, size_t i)
{
  return &AID_VEC_AT (struct aid_doc_range, &d->marks, i);
}

/* The number of marks that begin before POS. */
static size_t
marks_before (const struct aid_doc *d, size_t pos)
{
  size_t lo = 0, hi = d->marks.len;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (mark (d, mid)->beg < pos)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}

static size_t
line_beg (struct aid_span text, size_t pos)
{
  const char *nl = pos > 0 ? memrchr (text.ptr, '\n', pos) : NULL;
  return nl != NULL ? (size_t) (nl - text.ptr) + 1 : 0;
}

/* Behind the newline of the line that POS is in. */
static size_t
line_end (struct aid_span text, size_t pos)
{
  const char *nl = pos < text.len ? memchr (text.ptr + pos, '\n', text.len - pos) : NULL;
  return nl != NULL ? (size_t) (nl - text.ptr) + 1 : text.len;
}

/* Appends to OUT the marker lines among the whole lines from BEG to END. */
static enum aid_err
scan (const struct aid_doc *d, struct aid_span text, size_t beg, size_t end, struct aid_vec *out)
{
  char needle[48] = "<!--aid:";
  struct aid_span before, words;
  strcat (needle, d->key);
  while (d->key[0] && beg < end)
    {
      const char *hit = memmem (text.ptr + beg, end - beg, needle, strlen (needle));
      if (hit == NULL)
        break;
      size_t b = line_beg (text, (size_t) (hit - text.ptr)), e = line_end (text, (size_t) (hit - text.ptr));
      struct aid_span line = aid_span_cut (text, b, e > b && text.ptr[e - 1] == '\n' ? e - 1 : e);
      if (aid_chat_marker (line, d->key, &before, &words))
        {
          struct aid_doc_range *m = aid_vec_push (out);
          if (m == NULL)
            return AID_E_NOMEM;
          *m = (struct aid_doc_range){ b, e };
        }
      beg = e;
    }
  return AID_OK;
}

/* Replaces the marks LO..HI by those in FOUND. */
static enum aid_err
splice (struct aid_doc *d, size_t lo, size_t hi, const struct aid_vec *found)
{
  size_t tail = d->marks.len - hi;
  while (d->marks.len < lo + found->len + tail)
    if (aid_vec_push (&d->marks) == NULL)
      return AID_E_NOMEM;
  struct aid_doc_range *m = d->marks.data;
  if (m == NULL)
    return AID_OK;
  memmove (m + lo + found->len, m + hi, tail * sizeof *m);
  if (found->len)
    memcpy (m + lo, found->data, found->len * sizeof *m);
  d->marks.len = lo + found->len + tail;
  return AID_OK;
}

/* Reads the key off the first line; 1 when it is another one than before. */
static int
read_key (struct aid_doc *d, struct aid_span text)
{
  struct aid_chat *c = NULL;
  char key[sizeof d->key] = "";
  if (aid_chat_parse (aid_span_cut (text, 0, line_end (text, 0)), &c, NULL) == AID_OK)
    memcpy (key, c->key, sizeof key);
  aid_chat_free (c);
  int changed = strcmp (key, d->key) != 0;
  memcpy (d->key, key, sizeof key);
  return changed;
}

/* At BEG, DELETED bytes have been replaced by ADDED ones: sets the marks right. */
static enum aid_err
update (struct aid_doc *d, size_t beg, size_t deleted, size_t added)
{
  struct aid_span text = aid_shadow_text (d->shadow);
  struct aid_vec found = AID_VEC_INIT (struct aid_doc_range, AID_DOC_MARKS_MAX);
  size_t from = line_beg (text, beg), to = line_end (text, beg + added), lo, hi;
  while (d->starts.len && AID_VEC_AT (size_t, &d->starts, d->starts.len - 1) >= from)
    d->starts.len--;
  if (from == 0 && read_key (d, text))
    {
      lo = 0;
      hi = d->marks.len;
      to = text.len;
    }
  else
    {
      lo = marks_before (d, from);
      hi = marks_before (d, to - added + deleted);
      for (size_t i = hi; i < d->marks.len && added != deleted; i++)
        {
          struct aid_doc_range *m = &AID_VEC_AT (struct aid_doc_range, &d->marks, i);
          m->beg = m->beg - deleted + added;
          m->end = m->end - deleted + added;
        }
    }
  enum aid_err err = scan (d, text, from, to, &found);
  if (found.len || lo != hi || err != AID_OK)
    d->language = NULL;
  if (err == AID_OK)
    err = splice (d, lo, hi, &found);
  aid_vec_free (&found);
  return err;
}

struct aid_doc *
aid_doc_new (struct aid_span text, struct aid_error *e)
{
  struct aid_doc *d = calloc (1, sizeof *d);
  if (d == NULL)
    {
      aid_error_set (e, AID_E_NOMEM, "No memory for a document");
      return NULL;
    }
  d->marks = AID_VEC_INIT (struct aid_doc_range, AID_DOC_MARKS_MAX);
  d->starts = AID_VEC_INIT (size_t, AID_DOC_MARKS_MAX);
  d->shadow = aid_shadow_new (text, e);
  if (d->shadow == NULL)
    {
      aid_doc_free (d);
      return NULL;
    }
  if (update (d, 0, 0, text.len) != AID_OK)
    {
      aid_error_set (e, AID_E_NOMEM, "No memory for a document's marks");
      aid_doc_free (d);
      return NULL;
    }
  return d;
}

void
aid_doc_free (struct aid_doc *d)
{
  if (d == NULL)
    return;
  aid_shadow_free (d->shadow);
  aid_vec_free (&d->marks);
  aid_vec_free (&d->starts);
  free (d);
}

enum aid_err
aid_doc_edit (struct aid_doc *d, size_t beg, size_t deleted, struct aid_span text, struct aid_error *e)
{
  size_t chars = aid_shadow_chars (d->shadow);
  if (beg > chars || deleted > chars - beg)
    return aid_error_set (e, AID_E_INVALID, "An edit at %zu is outside of the document's %zu characters", beg, chars);
  size_t from = aid_shadow_byte_of (d->shadow, beg);
  size_t gone = aid_shadow_byte_of (d->shadow, beg + deleted) - from;
  enum aid_err err = aid_shadow_edit (d->shadow, beg, deleted, text, e);
  if (err == AID_OK && (err = update (d, from, gone, text.len)) != AID_OK)
    aid_error_set (e, err, "No memory for a document's marks");
  return err;
}

int
aid_doc_segment (struct aid_doc *d, size_t pos, struct aid_doc_range *out)
{
  size_t n = aid_shadow_bytes (d->shadow), k = marks_before (d, pos + 1);
  for (; k <= d->marks.len; k++)
    {
      out->beg = k > 0 ? mark (d, k - 1)->end : 0;
      out->end = k < d->marks.len ? mark (d, k)->beg : n;
      if (out->end > out->beg && out->end > pos)
        return 1;
    }
  return 0;
}

/* Where in SEG a block surely begins, at or before POS.  A long segment is walked once: begins on the way are kept, and
   one that stands before every edit stays right. */
static size_t
block_start (struct aid_doc *d, struct aid_doc_range seg, size_t pos)
{
  struct aid_span text = aid_shadow_text (d->shadow);
  size_t k = d->starts.len, from = seg.beg, stride = STRIDE;
  while (k > 0 && AID_VEC_AT (size_t, &d->starts, k - 1) > pos)
    k--;
  if (k > 0 && AID_VEC_AT (size_t, &d->starts, k - 1) > seg.beg)
    from = AID_VEC_AT (size_t, &d->starts, k - 1);
  while (pos - from > stride)
    {
      size_t next = from + aid_spans_start (aid_span_cut (text, from, seg.end), stride);
      if (next == from)
        {
          stride *= 2;
          continue;
        }
      size_t *kept = aid_vec_insert (&d->starts, k++);
      if (kept != NULL)
        *kept = next;
      from = next;
      stride = STRIDE;
    }
  return from + aid_spans_start (aid_span_cut (text, from, seg.end), pos - from);
}

struct aid_doc_range
aid_doc_blocks_around (struct aid_doc *d, struct aid_doc_range seg, size_t beg, size_t end)
{
  struct aid_doc_range out = seg;
  if (beg > seg.beg)
    out.beg = block_start (d, seg, beg);
  if (end <= out.beg)
    end = out.beg + 1;
  for (size_t ahead = LOOK_AHEAD; end < seg.end && ahead < seg.end - end; ahead *= 4)
    {
      size_t stop = block_start (d, seg, end + ahead);
      if (stop >= end)
        {
          out.end = stop;
          break;
        }
    }
  return out;
}
