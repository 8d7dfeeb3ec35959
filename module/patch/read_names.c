/* The names of files as patches write them: git's quoting, timestamps, quotes and backticks, the a/ and b/ that are no
   folders, and the name that a line of prose mentions.  What comes out is still hostile: paths.c judges it. */
#include "patch/patch_internal.h"

#include <ctype.h>
#include <stdlib.h>

/* A NUL cannot stand in a name; it becomes another control character, which the path rules refuse. */
enum { NUL_STAND_IN = 1 };

static char
escaped (const char **s, const char *end)
{
  static const char letters[] = "abtnvfr", meant[] = "\a\b\t\n\v\f\r";
  char c = *(*s)++;
  if (c >= '0' && c <= '3' && end - *s >= 2 && isdigit ((unsigned char) (*s)[0]) && isdigit ((unsigned char) (*s)[1]))
    {
      int value = (c - '0') * 64 + ((*s)[0] - '0') * 8 + ((*s)[1] - '0');
      *s += 2;
      return value ? (char) value : NUL_STAND_IN;
    }
  const char *at = c ? strchr (letters, c) : NULL;
  return at ? meant[at - letters] : c;
}

/* A name in double quotes at the beginning of V, as git writes it; *REST gets what follows.  NULL: no such name. */
static char *
quoted (struct aid_span v, struct aid_span *rest)
{
  char *out = v.len > 1 && v.ptr[0] == '"' ? malloc (AID_NAME_MAX + 1) : NULL;
  if (!out)
    return NULL;
  size_t n = 0;
  const char *s = v.ptr + 1, *end = v.ptr + v.len;
  while (s < end && *s != '"')
    {
      char c = *s++;
      c = c == '\\' && s < end ? escaped (&s, end) : c;
      if (n < AID_NAME_MAX)
        out[n++] = c;
    }
  if (s == end)
    {
      free (out);
      return NULL;
    }
  out[n] = '\0';
  *rest = (struct aid_span){ s + 1, (size_t) (end - s - 1) };
  return out;
}

/* A name with backslashes and no slash is one of another system, where these part folders. */
static char *
plain (struct aid_span v)
{
  v.len = v.len < AID_NAME_MAX ? v.len : AID_NAME_MAX;
  char *out = aid_span_dup (v);
  int slash = v.len > 0 && memchr (v.ptr, '/', v.len) != NULL;
  for (size_t i = 0; out && i < v.len; i++)
    if (!out[i])
      out[i] = NUL_STAND_IN;
    else if (out[i] == '\\' && !slash)
      out[i] = '/';
  if (out)
    aid_path_tidy (out);
  return out;
}

/* Cuts V before " 2024-01-31..." */
static struct aid_span
before_date (struct aid_span v)
{
  static const char shape[] = " dddd-dd-dd";
  enum { SHAPE = sizeof shape - 1 };
  for (size_t i = 1; i + SHAPE <= v.len; i++)
    {
      size_t k = 0;
      while (k < SHAPE && (shape[k] == 'd' ? isdigit ((unsigned char) v.ptr[i + k]) : v.ptr[i + k] == shape[k]))
        k++;
      if (k == SHAPE)
        return aid_span_cut (v, 0, i);
    }
  return v;
}

char *
aid_name_read (struct aid_span raw)
{
  const char *tab = memchr (raw.ptr, '\t', raw.len);
  if (tab)
    raw.len = (size_t) (tab - raw.ptr);
  raw = aid_span_trim (raw);
  struct aid_span rest;
  char *name = quoted (raw, &rest);
  if (name)
    {
      aid_path_tidy (name);
      return name;
    }
  raw = aid_span_trim (before_date (raw));
  if (raw.len > 4 && aid_span_starts (raw, "**") && aid_span_ends (raw, "**"))
    raw = aid_span_cut (raw, 2, raw.len - 2);
  if (raw.len > 2 && strchr ("`'\"", raw.ptr[0]) && raw.ptr[0] == raw.ptr[raw.len - 1])
    raw = aid_span_cut (raw, 1, raw.len - 1);
  return plain (raw);
}

/* "a/NAME b/NAME": both are the same, so the blank in the middle is known. */
static int
equal_halves (struct aid_span v, char **old_name, char **new_name)
{
  size_t half = v.len / 2;
  if (v.len < 5 || v.len % 2 == 0 || v.ptr[half] != ' ')
    return 0;
  struct aid_span a = aid_span_cut (v, 0, half), b = aid_span_cut (v, half + 1, v.len);
  const char *slash = memchr (a.ptr, '/', a.len);
  size_t skip = slash ? (size_t) (slash - a.ptr) : 0;
  if (!aid_span_eq (aid_span_cut (a, skip, a.len), aid_span_cut (b, skip, b.len)))
    return 0;
  *old_name = plain (a);
  *new_name = plain (b);
  return 1;
}

int
aid_name_git_pair (struct aid_span rest, char **old_name, char **new_name)
{
  rest = aid_span_trim (rest);
  *old_name = *new_name = NULL;
  struct aid_span tail;
  *old_name = quoted (rest, &tail);
  if (!*old_name)
    {
      if (equal_halves (rest, old_name, new_name))
        return 1;
      const char *blank = memchr (rest.ptr, ' ', rest.len);
      if (!blank || memchr (blank + 1, ' ', rest.len - (size_t) (blank + 1 - rest.ptr)))
        return 0;
      size_t at = (size_t) (blank - rest.ptr);
      *old_name = plain (aid_span_cut (rest, 0, at));
      tail = aid_span_cut (rest, at, rest.len);
    }
  *new_name = aid_name_read (tail);
  return 1;
}

static void
cut_front (char *name, size_t n)
{
  memmove (name, name + n, strlen (name + n) + 1);
}

void
aid_name_strip (char **old_name, char **new_name, int git)
{
  static const char pairs[][2] = { { 'a', 'b' }, { 'i', 'w' }, { 'c', 'i' }, { 'c', 'w' }, { 'o', 'w' } };
  char *o = *old_name, *n = *new_name;
  char *const names[] = { o, n };
  for (size_t i = 0; i < (git ? sizeof pairs / sizeof *pairs : 1); i++)
    {
      int fits = o || n;
      for (int k = 0; k < 2; k++)
        fits = fits && (!names[k] || (names[k][0] == pairs[i][k] && names[k][1] == '/' && names[k][2]));
      if (fits)
        {
          if (o)
            cut_front (o, 2);
          if (n)
            cut_front (n, 2);
          return;
        }
    }
}

/* --- prose --- */

static int
looks_like_path (struct aid_span v)
{
  int named = 0;
  for (size_t i = 0; i < v.len; i++)
    {
      unsigned char c = (unsigned char) v.ptr[i];
      if (c <= ' ' || strchr ("<>()[]{}\"*`=;,", c))
        return 0;
      named |= (c == '/' || c == '.') && i + 1 < v.len;
    }
  return named;
}

/* The text in the last pair of backticks that looks like a path. */
static struct aid_span
in_backticks (struct aid_span line)
{
  struct aid_span found = { line.ptr, 0 };
  for (size_t i = 0; i < line.len; i++)
    if (line.ptr[i] == '`')
      {
        const char *end = memchr (line.ptr + i + 1, '`', line.len - i - 1);
        if (!end)
          break;
        struct aid_span v = aid_span_cut (line, i + 1, (size_t) (end - line.ptr));
        if (looks_like_path (v))
          found = v;
        i = (size_t) (end - line.ptr);
      }
  return found;
}

/* A word of a sentence is a path when it has a folder, or ends as files do: in a dot and letters. */
int
aid_name_is_path (struct aid_span v)
{
  static const char *const words[] = { "e.g", "i.e", "etc.", "and/or", "a.k.a", "vs." };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_eqz (v, words[i]))
      return 0;
  if (!looks_like_path (v) || aid_span_ends (v, "/"))
    return 0;
  const char *dot = memrchr (v.ptr, '.', v.len);
  return memchr (v.ptr, '/', v.len) || (dot && dot + 1 < v.ptr + v.len && isalpha ((unsigned char) dot[1]));
}

/* The last word of LINE that is a path, without the signs around it. */
static struct aid_span
last_path_word (struct aid_span line)
{
  for (size_t end = line.len; end > 0;)
    {
      size_t beg = end;
      while (beg > 0 && line.ptr[beg - 1] != ' ' && line.ptr[beg - 1] != '\t')
        beg--;
      struct aid_span word = aid_span_cut (line, beg, end);
      while (word.len > 0 && word.ptr[0] && strchr ("#*`'\"([", word.ptr[0]))
        word = aid_span_cut (word, 1, word.len);
      while (word.len > 0 && word.ptr[word.len - 1] && strchr (":*`'\")],.;!?", word.ptr[word.len - 1]))
        word.len--;
      if (aid_name_is_path (word))
        return word;
      end = beg > 0 ? beg - 1 : 0;
    }
  return (struct aid_span){ line.ptr, 0 };
}

char *
aid_name_in_prose (struct aid_span line)
{
  enum { LINE_MAX_READ = 2000 };
  line = aid_span_trim (aid_span_cut (line, 0, line.len < LINE_MAX_READ ? line.len : LINE_MAX_READ));
  struct aid_span v = in_backticks (line);
  if (v.len == 0)
    {
      v = line;
      while (v.len > 0 && strchr ("#*` \t", v.ptr[0]) && v.ptr[0])
        v = aid_span_cut (v, 1, v.len);
      while (v.len > 0 && strchr (":*` \t", v.ptr[v.len - 1]) && v.ptr[v.len - 1])
        v.len--;
      for (size_t i = v.len; i > 0; i--)
        if (v.ptr[i - 1] == ' ')
          {
            v = aid_span_cut (v, i, v.len);
            break;
          }
      if (!looks_like_path (v) || v.ptr[v.len - 1] == '.')
        v = last_path_word (line);
    }
  return v.len > 0 ? plain (v) : NULL;
}

char *
aid_name_in_lines (struct aid_span prose)
{
  struct aid_span line;
  char *found = NULL;
  while (aid_span_line (&prose, &line))
    {
      char *name = aid_name_in_prose (line);
      if (!name)
        continue;
      free (found);
      found = name;
    }
  return found;
}
