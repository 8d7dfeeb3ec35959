/* One value of a line: a text in quotes, or a plain one, which may be a number or a word for yes or no. */
#include "assist/front_internal.h"
#include <stdlib.h>

/* Reads the quoted text at *AT, and moves *AT behind it. */
static enum aid_err
read_quoted (struct aid_front_reader *r, size_t *at, struct aid_str *out)
{
  static const char from[] = "nt\"\\/", to[] = "\n\t\"\\/";
  struct aid_span line = r->line;
  size_t start = *at, i = start + 1;
  char quote = line.ptr[start];
  for (; i < line.len; i++)
    {
      char c = line.ptr[i];
      if (c == quote && quote == '\'' && i + 1 < line.len && line.ptr[i + 1] == quote)
        i++;
      else if (c == quote)
        break;
      else if (c == '\\' && quote == '"')
        {
          const char *known = i + 1 < line.len ? memchr (from, line.ptr[i + 1], sizeof from - 1) : NULL;
          if (!known)
            return aid_front_fail (r, i, "a backslash in double quotes goes before one of n t \" \\ /");
          c = to[known - from];
          i++;
        }
      aid_str_addc (out, c);
    }
  if (i == line.len)
    return aid_front_fail (r, start, "this quote is not closed in its line");
  *at = i + 1;
  return AID_OK;
}

static int
digits (const char **z)
{
  int n = 0;
  for (; **z >= '0' && **z <= '9'; (*z)++)
    n++;
  return n;
}

/* Whether Z is a number as JSON writes them. */
static int
is_number (const char *z)
{
  if (*z == '-')
    z++;
  if (!digits (&z))
    return 0;
  if (*z == '.')
    {
      z++;
      if (!digits (&z))
        return 0;
    }
  if (*z == 'e' || *z == 'E')
    {
      z++;
      if (*z == '-' || *z == '+')
        z++;
      if (!digits (&z))
        return 0;
    }
  return *z == '\0';
}

/* What a text without quotes says of itself. */
static void
take_plain (struct aid_front_value *v)
{
  v->kind = AID_FRONT_STRING;
  if (!strcmp (v->text, "true") || !strcmp (v->text, "false"))
    {
      v->kind = AID_FRONT_BOOL;
      v->truth = v->text[0] == 't';
    }
  else if (is_number (v->text))
    {
      v->kind = AID_FRONT_NUMBER;
      v->number = strtod (v->text, NULL);
    }
  else if (!strcmp (v->text, "null") || !strcmp (v->text, "~"))
    {
      v->kind = AID_FRONT_NONE;
      free (v->text);
      v->text = NULL;
    }
}

/* What YAML could mean by a text that begins with C, and we do not read; or NULL. */
static const char *
foreign (char c)
{
  switch (c)
    {
    case '&':
    case '*':
      return "anchors and aliases";
    case '!':
      return "tags";
    case '|':
    case '>':
      return "block texts";
    case '{':
    case '}':
      return "maps in braces";
    case '[':
    case ']':
      return "lists inside lists";
    case '%':
    case '@':
    case '`':
    case ',':
      return "values that begin so";
    default:
      return NULL;
    }
}

/* Where the text without quotes at AT ends: before a comment, in a LIST also before a comma or bracket. */
static size_t
plain_end (struct aid_span line, size_t at, int list)
{
  size_t end = at;
  for (; end < line.len; end++)
    if ((line.ptr[end] == '#' && end > at && line.ptr[end - 1] == ' ') || (list && strchr (",]", line.ptr[end])))
      break;
  while (end > at && line.ptr[end - 1] == ' ')
    end--;
  return end;
}

static enum aid_err
read_plain (struct aid_front_reader *r, size_t *at, int list, struct aid_str *out)
{
  struct aid_span line = r->line;
  size_t end = plain_end (line, *at, list);
  struct aid_span text = aid_span_cut (line, *at, end);
  const char *what = text.len ? foreign (text.ptr[0]) : "empty places in a list";
  if (!what && aid_span_starts (text, "- "))
    what = "lists inside lists";
  if (!what && aid_span_starts (text, "? "))
    what = "keys of other kinds";
  if (what)
    return aid_front_fail (r, *at, "%s are not read here; put a text into quotes", what);
  ptrdiff_t colon = aid_span_find (text, AID_SPAN (": "));
  if (colon >= 0 || (text.len && text.ptr[text.len - 1] == ':'))
    return aid_front_fail (r, *at + (colon >= 0 ? (size_t)colon : text.len - 1), "a text with a colon must be in quotes");
  aid_str_addspan (out, text);
  *at = end;
  return AID_OK;
}

enum aid_err
aid_front_scalar (struct aid_front_reader *r, size_t *at, int list, struct aid_front_value *v)
{
  struct aid_str text = AID_STR_INIT (AID_FRONT_SCALAR);
  size_t start = *at;
  int quoted = r->line.ptr[start] == '"' || r->line.ptr[start] == '\'';
  enum aid_err err = quoted ? read_quoted (r, at, &text) : read_plain (r, at, list, &text);
  if (!err && text.err)
    err = aid_front_fail (r, start, "this is longer than the %d bytes that a value may have", AID_FRONT_SCALAR);
  if (!err)
    {
      v->text = text.len ? aid_str_steal (&text) : strdup ("");
      if (!v->text)
        err = aid_error_set (r->e, AID_E_NOMEM, "There is no memory for %s.", r->file);
      else if (quoted)
        v->kind = AID_FRONT_STRING;
      else
        take_plain (v);
    }
  aid_str_free (&text);
  return err;
}
