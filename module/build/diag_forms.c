/* The table of forms, and what they scan lines with.  Whoever is surest of a line comes first; GNU's form, which is nearly
   everybody's, last. */
#include "build/diag_internal.h"
#include "build/forms.h"

#include <ctype.h>
#include <limits.h>

const struct aid_diag_form aid_diag_forms[] = {
  { "junit", aid_form_junit }, { "cargo", aid_form_cargo },   { "rust", aid_form_rust },
  { "ocaml", aid_form_ocaml }, { "python", aid_form_python }, { "typescript", aid_form_typescript },
  { "go", aid_form_go },       { "tap", aid_form_tap },       { "ctest", aid_form_ctest },
  { "node", aid_form_node },   { "gnu", aid_form_gnu },       { NULL, NULL },
};

int
aid_scan_number (struct aid_span *v)
{
  uint64_t n;
  size_t i = 0;
  while (i < v->len && isdigit ((unsigned char)v->ptr[i]))
    i++;
  if (i == 0 || aid_span_number (aid_span_cut (*v, 0, i), INT_MAX - 1, &n))
    return -1;
  *v = aid_span_cut (*v, i, v->len);
  return (int)n;
}

int
aid_scan_word (struct aid_span *v, const char *z)
{
  if (!aid_span_starts (*v, z))
    return 0;
  *v = aid_span_cut (*v, strlen (z), v->len);
  return 1;
}

size_t
aid_scan_blanks (struct aid_span *v)
{
  size_t i = 0;
  while (i < v->len && (v->ptr[i] == ' ' || v->ptr[i] == '\t'))
    i++;
  *v = aid_span_cut (*v, i, v->len);
  return i;
}

int
aid_scan_until (struct aid_span *v, char c, struct aid_span *before)
{
  const char *at = v->len ? memchr (v->ptr, c, v->len) : NULL;
  if (!at)
    return 0;
  size_t n = (size_t)(at - v->ptr);
  *before = aid_span_cut (*v, 0, n);
  *v = aid_span_cut (*v, n + 1, v->len);
  return 1;
}

/* --- a place in a text --- */

static int
is_path_byte (char c)
{
  return isalnum ((unsigned char)c) || strchr ("_./-+@~", c) || (c & 0x80);
}

/* The path that ends before AT in TEXT: with a dot or a slash, and not of digits alone. */
static struct aid_span
path_before (struct aid_span text, size_t at)
{
  size_t i = at, letters = 0, marks = 0;
  for (; i > 0 && at - i < 1024 && text.ptr[i - 1] && is_path_byte (text.ptr[i - 1]); i--)
    {
      letters += isalpha ((unsigned char)text.ptr[i - 1]) != 0;
      marks += text.ptr[i - 1] == '.' || text.ptr[i - 1] == '/';
    }
  return letters && marks ? aid_span_cut (text, i, at) : (struct aid_span){ NULL, 0 };
}

static int
place_at (struct aid_span text, size_t i, struct aid_span *path, int *line, int *col)
{
  struct aid_span rest = aid_span_cut (text, i, text.len);
  size_t end = i;
  if (!aid_scan_word (&rest, ":") && !aid_scan_word (&rest, "\", line ") && !aid_scan_word (&rest, " line "))
    return 0;
  *line = aid_scan_number (&rest);
  *path = path_before (text, end);
  *col = 0;
  if (*line <= 0 || !path->len)
    return 0;
  if (aid_scan_word (&rest, ":"))
    *col = aid_scan_number (&rest);
  return 1;
}

int
aid_diag_find_place (struct aid_span text, struct aid_span *path, int *line, int *col)
{
  for (size_t i = 1; i < text.len; i++)
    if ((text.ptr[i] == ':' || text.ptr[i] == '"' || text.ptr[i] == ' ') && place_at (text, i, path, line, col))
      return 1;
  return 0;
}
