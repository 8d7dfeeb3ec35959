/* A walk over JSON that is known to be valid: strings and brackets are all that need to be told apart. */
#include "base/json_find.h"
#include "base/json.h"
#include "base/utf8.h"
#include <stdlib.h>

struct walk
{
  struct aid_span text;
  size_t at;
  int line;
};

static char
peek (const struct walk *w)
{
  return w->at < w->text.len ? w->text.ptr[w->at] : '\0';
}

static void
step (struct walk *w)
{
  w->line += peek (w) == '\n';
  w->at += w->at < w->text.len;
}

static void
blanks (struct walk *w)
{
  while (w->at < w->text.len && strchr (" \t\r\n", peek (w)))
    step (w);
}

static void
string (struct walk *w)
{
  step (w);
  while (w->at < w->text.len && peek (w) != '"')
    {
      if (peek (w) == '\\')
        step (w);
      step (w);
    }
  step (w);
}

/* One value of any kind: to the bracket that closes it, or to what cannot be part of it. */
static void
value (struct walk *w)
{
  size_t depth = 0;
  do
    {
      char c = peek (w);
      if (c == '"')
        {
          string (w);
          continue;
        }
      if (depth == 0 && c && strchr (",]} \t\r\n", c))
        return;
      depth += c == '{' || c == '[';
      depth -= c == '}' || c == ']';
      step (w);
    }
  while (w->at < w->text.len && (depth || !strchr (",]} \t\r\n", peek (w))));
}

/* Whether the string from FROM to W is KEY, escapes and all. */
static int
is_key (const struct walk *w, size_t from, const char *key)
{
  json_t *name = json_loadb (w->text.ptr + from, w->at - from, JSON_DECODE_ANY, NULL);
  int same = json_is_string (name) && !strcmp (json_string_value (name), key);
  json_decref (name);
  return same;
}

/* Moves W, which is before an object, to the value of its member KEY. */
static int
enter (struct walk *w, const char *key, struct aid_json_place *out)
{
  blanks (w);
  if (peek (w) != '{')
    return -1;
  step (w);
  for (blanks (w); peek (w) == '"'; blanks (w))
    {
      out->key = w->at;
      out->line = w->line;
      string (w);
      int found = is_key (w, out->key, key);
      blanks (w);
      step (w);                /* the colon */
      blanks (w);
      out->value = w->at;
      if (found)
        return 0;
      value (w);
      blanks (w);
      if (peek (w) == ',')
        step (w);
    }
  return -1;
}

int
aid_json_find (struct aid_span text, const char *const *path, size_t npath, struct aid_json_place *out)
{
  struct walk w = { text, 0, 1 };
  for (size_t i = 0; i < npath; i++)
    if (enter (&w, path[i], out))
      return -1;
  if (npath == 0)
    return -1;
  value (&w);
  out->end = w.at;
  return 0;
}

/* --- changing ------------------------------------------------------------------------------------------------------- */

static void
add_string (struct aid_str *out, const char *z)
{
  json_t *s = aid_json_of_span (aid_span_z (z));
  aid_json_dump (s, out);
  json_decref (s);
}

/* The member at PLACE goes, with the comma and the blanks that belong to it. */
static void
cut_member (struct aid_span text, const struct aid_json_place *place, struct aid_str *out)
{
  size_t beg = place->key, end = place->end;
  while (end < text.len && strchr (" \t\r\n", text.ptr[end]))
    end++;
  if (end < text.len && text.ptr[end] == ',')
    {
      for (end++; end < text.len && strchr (" \t\r\n", text.ptr[end]); end++)
        ;
    }
  else
    {
      end = place->end;
      while (beg > 0 && strchr (" \t\r\n", text.ptr[beg - 1]))
        beg--;
      if (beg > 0 && text.ptr[beg - 1] == ',')
        beg--;
    }
  aid_str_addspan (out, aid_span_cut (text, 0, beg));
  aid_str_addspan (out, aid_span_cut (text, end, text.len));
}

/* A new first member, written as the one after it is: on a line of its own, or not. */
static void
add_member (struct aid_span text, const char *key, const char *val, int empty, struct aid_str *out)
{
  size_t brace = (size_t) aid_span_find (text, AID_SPAN ("{")) + 1, next = brace;
  while (next < text.len && strchr (" \t\r\n", text.ptr[next]))
    next++;
  struct aid_span gap = aid_span_cut (text, brace, next);
  aid_str_addspan (out, aid_span_cut (text, 0, brace));
  aid_str_addspan (out, empty ? AID_SPAN ("\n  ") : gap);
  add_string (out, key);
  aid_str_addz (out, ": ");
  add_string (out, val);
  if (empty)
    aid_str_addc (out, '\n');
  else
    {
      aid_str_addc (out, ',');
      aid_str_addspan (out, gap.len ? gap : AID_SPAN (" "));
    }
  aid_str_addspan (out, aid_span_cut (text, next, text.len));
}

enum aid_err
aid_json_set_member (struct aid_span text, const char *key, const char *val, const char *what, struct aid_str *out,
                     struct aid_error *e)
{
  struct aid_json_place place;
  if (val && aid_utf8_valid_prefix (aid_span_z (val)) != strlen (val))
    return aid_error_set (e, AID_E_INVALID, "This value of \"%s\" is no text.", key);
  if (aid_span_trim (text).len == 0)
    text = AID_SPAN ("{}\n");
  json_t *root = aid_json_parse (text, what, e);
  if (!root)
    return AID_E_PARSE;
  int is_object = json_is_object (root), empty = json_object_size (root) == 0;
  json_decref (root);
  if (!is_object)
    return aid_error_set (e, AID_E_INVALID, "%s must hold one JSON object", what);
  if (aid_json_find (text, &key, 1, &place))
    {
      if (val)
        add_member (text, key, val, empty, out);
      else
        aid_str_addspan (out, text);
    }
  else if (!val)
    cut_member (text, &place, out);
  else
    {
      aid_str_addspan (out, aid_span_cut (text, 0, place.value));
      add_string (out, val);
      aid_str_addspan (out, aid_span_cut (text, place.end, text.len));
    }
  return out->err ? aid_error_set (e, out->err, "%s becomes too large", what) : AID_OK;
}
