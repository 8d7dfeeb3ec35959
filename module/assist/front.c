/* The reader of settings at a Markdown file's head: line by line, nothing is looked at twice. */
#include "assist/front_internal.h"
#include "base/utf8.h"
#include <stdlib.h>

static int
column_of (const struct aid_front_reader *r, size_t at)
{
  return (int)aid_utf8_count (aid_span_cut (r->line, 0, at)) + 1;
}

enum aid_err
aid_front_fail (struct aid_front_reader *r, size_t at, const char *fmt, ...)
{
  struct aid_str words = AID_STR_INIT (1024);
  va_list ap;
  va_start (ap, fmt);
  aid_str_addvf (&words, fmt, ap);
  va_end (ap);
  aid_error_set (r->e, AID_E_PARSE, "%s:%d:%d: %s", r->file, r->number, column_of (r, at), aid_str_z (&words));
  aid_str_free (&words);
  return AID_E_PARSE;
}

static size_t
skip_blanks (struct aid_span line, size_t at)
{
  while (at < line.len && line.ptr[at] == ' ')
    at++;
  return at;
}

/* Whether nothing but blanks and a comment follows in the line. */
static int
ends_at (struct aid_span line, size_t at)
{
  size_t next = skip_blanks (line, at);
  return next == line.len || (line.ptr[next] == '#' && (next > at || at == 0));
}

static struct aid_front_value *
add_value (struct aid_front_reader *r, size_t at)
{
  struct aid_front_value *v = aid_vec_push (&r->out->values);
  if (!v)
    aid_front_fail (r, at, "these are more than the %d values that a file may set", AID_FRONT_VALUES);
  else
    {
      v->line = r->number;
      v->column = column_of (r, at);
    }
  return v;
}

/* --- lists in a line ------------------------------------------------------------------------------------------------ */

/* Reads the "[a, b]" at AT, whose value is the last one. */
static enum aid_err
read_flow_list (struct aid_front_reader *r, size_t at)
{
  struct aid_span line = r->line;
  size_t self = r->out->values.len - 1, start = at, n = 0;
  enum aid_err err = AID_OK;
  at = skip_blanks (line, at + 1);
  while (!err && at < line.len && line.ptr[at] != ']')
    {
      struct aid_front_value *v = add_value (r, at);
      err = v ? aid_front_scalar (r, &at, 1, v) : AID_E_PARSE;
      n++;
      at = skip_blanks (line, at);
      if (!err && at < line.len && line.ptr[at] == ',')
        at = skip_blanks (line, at + 1);
      else if (!err && at < line.len && line.ptr[at] != ']')
        err = aid_front_fail (r, at, "a comma or \"]\" is missing here");
    }
  if (!err && at >= line.len)
    err = aid_front_fail (r, start, "this list is not closed in its line");
  if (!err && !ends_at (line, at + 1))
    err = aid_front_fail (r, skip_blanks (line, at + 1), "nothing but a comment goes behind a list");
  struct aid_front_value *list = &AID_VEC_AT (struct aid_front_value, &r->out->values, self);
  list->kind = AID_FRONT_LIST;
  list->n = n;
  return err;
}

/* --- lines ---------------------------------------------------------------------------------------------------------- */

static int
is_key_char (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

int
aid_front_same_key (const char *a, const char *b)
{
  for (; *a && *b; a++, b++)
    if (*a != *b && !(strchr ("-_", *a) && strchr ("-_", *b)))
      return 0;
  return *a == *b;
}

/* Whether the key of V, which is the last value, stands already among its fellows. */
static int
stands_twice (const struct aid_front_reader *r, const struct aid_front_value *v)
{
  const struct aid_vec *all = &r->out->values;
  size_t from = r->open >= 0 ? (size_t)r->open + 1 : 0;
  for (size_t i = from; i + 1 < all->len; i += 1 + AID_VEC_AT (struct aid_front_value, all, i).n)
    if (aid_front_same_key (AID_VEC_AT (struct aid_front_value, all, i).key, v->key))
      return 1;
  return 0;
}

/* Reads "key:" at *AT into a new value, and moves *AT to what follows. */
static struct aid_front_value *
read_key (struct aid_front_reader *r, size_t *at)
{
  size_t start = *at, end = start;
  while (end < r->line.len && is_key_char (r->line.ptr[end]))
    end++;
  if (end == start || end == r->line.len || r->line.ptr[end] != ':'
      || (end + 1 < r->line.len && r->line.ptr[end + 1] != ' '))
    {
      aid_front_fail (r, start, "this should be a line \"key: value\"");
      return NULL;
    }
  struct aid_front_value *v = add_value (r, start);
  if (v && !(v->key = aid_span_dup (aid_span_cut (r->line, start, end))))
    aid_error_set (r->e, AID_E_NOMEM, "There is no memory for %s.", r->file);
  else if (v && stands_twice (r, v))
    aid_front_fail (r, start, "\"%s\" stands here for the second time", v->key);
  else
    {
      *at = skip_blanks (r->line, end + 1);
      return v;
    }
  return NULL;
}

/* The scalar at AT is all that the line has. */
static enum aid_err
read_last_scalar (struct aid_front_reader *r, size_t at, struct aid_front_value *v)
{
  enum aid_err err = aid_front_scalar (r, &at, 0, v);
  if (!err && !ends_at (r->line, at))
    err = aid_front_fail (r, skip_blanks (r->line, at), "nothing but a comment goes behind a value");
  return err;
}

static enum aid_err
read_outermost (struct aid_front_reader *r)
{
  size_t at = 0;
  r->open = -1;
  r->indent = 0;
  struct aid_front_value *v = read_key (r, &at);
  if (!v)
    return AID_E_PARSE;
  if (at == r->line.len || r->line.ptr[at] == '#')
    {
      r->open = (ptrdiff_t)r->out->values.len - 1;
      return AID_OK;
    }
  return r->line.ptr[at] == '[' ? read_flow_list (r, at) : read_last_scalar (r, at, v);
}

/* A line "- item", or an indented "key: value", of what is open. */
static enum aid_err
read_inner (struct aid_front_reader *r, size_t indent, int item)
{
  struct aid_front_value *outer
    = r->open < 0 ? NULL : &AID_VEC_AT (struct aid_front_value, &r->out->values, (size_t)r->open),
    *v;
  enum aid_front_kind kind = item ? AID_FRONT_LIST : AID_FRONT_MAP;
  size_t at = indent;
  if (!outer)
    return aid_front_fail (r, indent, "nothing above takes an indented line or a list");
  if (outer->kind != AID_FRONT_NONE && outer->kind != kind)
    return aid_front_fail (r, indent, "a list and a map do not mix");
  if (outer->n && indent != r->indent)
    return aid_front_fail (r, indent, "this is not indented as the lines above");
  r->indent = indent;
  outer->kind = kind;
  outer->n++;
  if (item)
    {
      at = skip_blanks (r->line, indent + 1);
      v = add_value (r, at);
    }
  else
    v = read_key (r, &at);
  if (!v)
    return AID_E_PARSE;
  if (at == r->line.len || r->line.ptr[at] == '#')
    return item ? aid_front_fail (r, indent, "this item of the list is empty") : AID_OK;
  if (r->line.ptr[at] == '[')
    return aid_front_fail (r, at, "lists inside lists or maps are not read here");
  return read_last_scalar (r, at, v);
}

static enum aid_err
read_line (struct aid_front_reader *r)
{
  size_t indent = skip_blanks (r->line, 0);
  if (indent == r->line.len || r->line.ptr[indent] == '#')
    return AID_OK;
  if (r->line.ptr[indent] == '\t')
    return aid_front_fail (r, indent, "indentation is made of blanks, not of tabs");
  int item = r->line.ptr[indent] == '-' && (indent + 1 == r->line.len || r->line.ptr[indent + 1] == ' ');
  return indent || item ? read_inner (r, indent, item) : read_outermost (r);
}

/* Takes the next line, without its end and blanks there. */
static int
next_line (struct aid_front_reader *r, struct aid_span *rest)
{
  if (!aid_span_line (rest, &r->line))
    return 0;
  r->number++;
  while (r->line.len && strchr (" \t\r", r->line.ptr[r->line.len - 1]))
    r->line.len--;
  return 1;
}

static enum aid_err
check_bytes (struct aid_front_reader *r, struct aid_span text)
{
  size_t good = aid_utf8_valid_prefix (text);
  const char *nul = text.len ? memchr (text.ptr, '\0', text.len) : NULL;
  struct aid_span rest = text;
  if (good == text.len && !nul)
    return AID_OK;
  if (nul && (size_t)(nul - text.ptr) < good)
    good = (size_t)(nul - text.ptr);
  while (aid_span_line (&rest, &r->line))
    {
      r->number++;
      if ((size_t)(r->line.ptr - text.ptr) + r->line.len >= good)
        break;
    }
  return aid_front_fail (r, good - (size_t)(r->line.ptr - text.ptr), "this is no text in UTF-8");
}

enum aid_err
aid_front_check_bytes (struct aid_span text, const char *file, struct aid_error *e)
{
  struct aid_front_reader r = { file, e, NULL, { NULL, 0 }, 0, -1, 0 };
  return check_bytes (&r, text);
}

enum aid_err
aid_front_read (struct aid_span text, const char *file, struct aid_front *out, struct aid_error *e)
{
  struct aid_front_reader r = { file, e, out, { NULL, 0 }, 0, -1, 0 };
  out->values = AID_VEC_INIT (struct aid_front_value, AID_FRONT_VALUES);
  out->body_line = 1;
  size_t mark = aid_span_starts (text, "\xef\xbb\xbf") ? 3 : 0; /* of the byte order */
  enum aid_err err = check_bytes (&r, text);
  struct aid_span rest = aid_span_cut (text, mark, text.len);
  out->body = mark;
  if (err || !next_line (&r, &rest) || !aid_span_eqz (r.line, "---"))
    return err;
  while (!err && next_line (&r, &rest))
    {
      if (aid_span_eqz (r.line, "---"))
        {
          out->body = text.len - rest.len;
          out->body_line = r.number + 1;
          return AID_OK;
        }
      err = r.number > AID_FRONT_LINES ? aid_front_fail (&r, 0, "the settings have more than %d lines", AID_FRONT_LINES)
                                       : read_line (&r);
    }
  if (err)
    return err;
  r.number = 1;
  r.line = AID_SPAN ("---");
  return aid_front_fail (&r, 0, "no line \"---\" ends the settings that begin here");
}

void
aid_front_free (struct aid_front *f)
{
  for (size_t i = 0; i < f->values.len; i++)
    {
      free (AID_VEC_AT (struct aid_front_value, &f->values, i).key);
      free (AID_VEC_AT (struct aid_front_value, &f->values, i).text);
    }
  aid_vec_free (&f->values);
}

const struct aid_front_value *
aid_front_get (const struct aid_front *f, const char *key)
{
  for (size_t i = 0; i < f->values.len;)
    {
      const struct aid_front_value *v = &AID_VEC_AT (struct aid_front_value, &f->values, i);
      if (aid_front_same_key (v->key, key))
        return v;
      i += 1 + v->n;
    }
  return NULL;
}
