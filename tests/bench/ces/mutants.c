#include "mutants.h"
#include "base/fs.h"
#include "base/proc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX 100000
#define TEXT_MAX ((size_t)4 << 20)
#define CONTEXT 3

/* --- sources ------------------------------------------------------------------------------------------------------ */

static int
is_wanted (struct aid_span path, const char *endings)
{
  for (struct aid_span rest = aid_span_z (endings); rest.len;)
    {
      const char *comma = memchr (rest.ptr, ',', rest.len);
      size_t n = comma ? (size_t)(comma - rest.ptr) : rest.len;
      if (path.len > n && !memcmp (path.ptr + path.len - n, rest.ptr, n))
        return 1;
      rest = aid_span_cut (rest, n + (comma != NULL), rest.len);
    }
  return 0;
}

static void
add_source (const char *dir, struct aid_span path, struct aid_vec *sources)
{
  struct aid_str full = AID_STR_INIT (8192);
  struct source *s = aid_vec_push (sources);
  if (!s)
    return;
  *s = (struct source){ aid_span_dup (path), AID_STR_INIT (TEXT_MAX) };
  aid_str_addf (&full, "%s/%s", dir, s->path);
  if (aid_fs_read_itself (aid_str_z (&full), &s->text, NULL) || s->text.len < 200)
    {
      free (s->path);
      aid_str_free (&s->text);
      sources->len--;
    }
  aid_str_free (&full);
}

int
sources_read (const char *dir, const char *under, const char *endings, struct aid_vec *sources)
{
  const char *const argv[] = { "git", "ls-files", "-z", "--", under, NULL };
  struct aid_proc p = { .argv = argv, .dir = dir, .out_max = (size_t)64 << 20 };
  struct aid_proc_result r;
  struct aid_error e;
  *sources = AID_VEC_INIT (struct source, FILES_MAX);
  if (aid_proc_run (&p, &r, &e) == AID_OK)
    for (struct aid_span rest = aid_str_span (&r.out); rest.len;)
      {
        size_t n = strnlen (rest.ptr, rest.len);
        if (is_wanted (aid_span_cut (rest, 0, n), endings))
          add_source (dir, aid_span_cut (rest, 0, n), sources);
        rest = aid_span_cut (rest, n + 1, rest.len);
      }
  aid_proc_result_free (&r);
  return sources->len ? 0 : -1;
}

void
sources_free (struct aid_vec *sources)
{
  for (size_t i = 0; i < sources->len; i++)
    {
      free (AID_VEC_AT (struct source, sources, i).path);
      aid_str_free (&AID_VEC_AT (struct source, sources, i).text);
    }
  aid_vec_free (sources);
}

/* --- chance ------------------------------------------------------------------------------------------------------- */

static uint64_t
next (uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* --- changes: each looks from FROM on for a place, and gives the bytes to replace and their replacement ----------- */

struct edit
{
  size_t beg, end;
  char text[160];
};

static int
is_word (char c)
{
  return isalnum ((unsigned char)c) || c == '_' || c == '\'';
}

static int
is_ml (const struct source *s)
{
  return strstr (s->path, ".ml") != NULL;
}

static int
a_number (const struct source *s, size_t from, struct edit *e)
{
  const char *t = s->text.ptr;
  for (size_t i = from; i + 2 < s->text.len; i++)
    if (isdigit ((unsigned char)t[i]) && i && strchr (" (=[,-", t[i - 1]) && strchr (" ),;]\n", t[i + 1]))
      {
        *e = (struct edit){ .beg = i, .end = i + 1 };
        snprintf (e->text, sizeof e->text, "%d", (t[i] - '0' + 1) % 9);
        return 1;
      }
  return 0;
}

static int
a_comparison (const struct source *s, size_t from, struct edit *e)
{
  static const char *const pairs[][2] = { { " < ", " <= " }, { " > ", " >= " }, { " + ", " - " }, { " && ", " || " } };
  for (size_t i = from; i + 5 < s->text.len; i++)
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
      if (!strncmp (s->text.ptr + i, pairs[k][0], strlen (pairs[k][0])))
        {
          *e = (struct edit){ .beg = i, .end = i + strlen (pairs[k][0]) };
          snprintf (e->text, sizeof e->text, "%s", pairs[k][1]);
          return 1;
        }
  return 0;
}

static size_t
line_begin (const struct source *s, size_t from)
{
  while (from && s->text.ptr[from - 1] != '\n')
    from--;
  return from;
}

static int
a_comment (const struct source *s, size_t from, struct edit *e)
{
  *e = (struct edit){ .beg = s->text.len, .end = s->text.len };
  snprintf (e->text, sizeof e->text, is_ml (s) ? "(* note %zu *)\n" : "/* note %zu */\n", from);
  return s->text.ptr[s->text.len - 1] == '\n';
}

static int
a_definition (const struct source *s, size_t from, struct edit *e)
{
  *e = (struct edit){ .beg = s->text.len, .end = s->text.len };
  if (aid_span_ends (aid_span_z (s->path), ".mli"))
    return 0;
  snprintf (e->text, sizeof e->text, is_ml (s) ? "let _note = %zu\n" : "enum { note_%zu = 1 };\n", from);
  return s->text.ptr[s->text.len - 1] == '\n';
}

static int
a_misspelling (const struct source *s, size_t from, struct edit *e)
{
  const char *t = s->text.ptr;
  for (size_t i = from + 1; i + 1 < s->text.len; i++)
    if (t[i - 1] == ' ' && islower ((unsigned char)t[i]))
      {
        size_t end = i;
        while (end < s->text.len && is_word (t[end]))
          end++;
        if (end - i < 4 || end - i > 100)
          continue;
        *e = (struct edit){ .beg = i, .end = end };
        snprintf (e->text, sizeof e->text, "%.*sq", (int)(end - i), t + i);
        return 1;
      }
  return 0;
}

static int
a_lost_sign (const struct source *s, size_t from, struct edit *e)
{
  for (size_t i = from; i < s->text.len; i++)
    if (strchr (")]};", s->text.ptr[i]))
      return *e = (struct edit){ .beg = i, .end = i + 1 }, 1;
  return 0;
}

static int
a_lost_line (const struct source *s, size_t from, struct edit *e)
{
  size_t beg = line_begin (s, from), end = beg;
  while (end < s->text.len && s->text.ptr[end] != '\n')
    end++;
  *e = (struct edit){ .beg = beg, .end = end + 1 };
  return end > beg + 8 && end < s->text.len;
}

static int
a_wrong_type (const struct source *s, size_t from, struct edit *e)
{
  int found = a_number (s, from, e);
  if (found)
    snprintf (e->text, sizeof e->text, is_ml (s) ? "\"x\"" : "{ \"x\" }");
  return found;
}

static const struct
{
  const char *name;
  int (*find) (const struct source *s, size_t from, struct edit *e);
} whole[]
  = { { "number", a_number }, { "operator", a_comparison }, { "comment", a_comment }, { "definition", a_definition } },
  broken[] = { { "misspelling", a_misspelling },
               { "lost sign", a_lost_sign },
               { "lost line", a_lost_line },
               { "wrong type", a_wrong_type } };

/* --- as a diff ---------------------------------------------------------------------------------------------------- */

static size_t
count_lines (struct aid_span v)
{
  size_t n = 0;
  for (size_t i = 0; i < v.len; i++)
    n += v.ptr[i] == '\n';
  return n;
}

static void
add_lines (struct aid_str *out, char sign, struct aid_span v)
{
  struct aid_span line;
  while (aid_span_line (&v, &line))
    aid_str_addf (out, "%c%.*s\n", sign, (int)line.len, line.len ? line.ptr : "");
}

/* The lines that E changes, with CONTEXT others around them. */
static void
write_diff (const struct source *s, const struct edit *e, struct aid_str *out)
{
  struct aid_span text = aid_str_span (&s->text);
  size_t beg = line_begin (s, e->beg), end = e->end, first = beg, last;
  while (end < text.len && (end == e->beg ? end != beg : text.ptr[end - 1] != '\n'))
    end++;
  for (int i = 0; i < CONTEXT && first; i++)
    first = line_begin (s, first - 1);
  last = end;
  for (int i = 0; i < CONTEXT && last < text.len; i++)
    {
      while (last < text.len && text.ptr[last] != '\n')
        last++;
      last += last < text.len;
    }
  struct aid_str new_lines = AID_STR_INIT (TEXT_MAX);
  aid_str_addspan (&new_lines, aid_span_cut (text, beg, e->beg));
  aid_str_addz (&new_lines, e->text);
  aid_str_addspan (&new_lines, aid_span_cut (text, e->end, end));
  size_t before = count_lines (aid_span_cut (text, first, beg)), after = count_lines (aid_span_cut (text, end, last));
  size_t at = count_lines (aid_span_cut (text, 0, first)) + 1;
  aid_str_addf (out, "--- a/%s\n+++ b/%s\n@@ -%zu,%zu +%zu,%zu @@\n", s->path, s->path, at,
                before + after + count_lines (aid_span_cut (text, beg, end)), at,
                before + after + count_lines (aid_str_span (&new_lines)));
  add_lines (out, ' ', aid_span_cut (text, first, beg));
  add_lines (out, '-', aid_span_cut (text, beg, end));
  add_lines (out, '+', aid_str_span (&new_lines));
  add_lines (out, ' ', aid_span_cut (text, end, last));
  aid_str_free (&new_lines);
}

/* Whether AT is in a comment, as far as signs of comments in strings are none. */
static int
is_in_comment (const struct source *s, size_t at)
{
  const char *open = is_ml (s) ? "(*" : "/*", *close = is_ml (s) ? "*)" : "*/", *t = s->text.ptr;
  int depth = 0;
  for (size_t i = 0; i < at; i++)
    if (!strncmp (t + i, open, 2) && (is_ml (s) || !depth))
      depth++, i++;
    else if (depth && !strncmp (t + i, close, 2))
      depth--, i++;
  return depth > 0;
}

int
mutant_make (const struct aid_vec *sources, unsigned seed, size_t i, struct mutant *out)
{
  uint64_t state = ((uint64_t)seed << 32) ^ (i * 0x51ed2701u);
  int breaks = i * 7 % 12 < 7; /* some of these do not, hardly any of the others do */
  *out = (struct mutant){ .after = AID_STR_INIT (TEXT_MAX), .diff = AID_STR_INIT (TEXT_MAX) };
  for (int tries = 0; tries < 1000; tries++)
    {
      size_t which = next (&state) % sources->len, k = next (&state) % 4;
      const struct source *s = &AID_VEC_AT (struct source, sources, which);
      struct edit e;
      size_t from = next (&state) % s->text.len;
      if (s->text.ptr[s->text.len - 1] != '\n' || !(breaks ? broken[k].find : whole[k].find) (s, from, &e)
          || (e.end > e.beg && is_in_comment (s, e.beg)))
        continue;
      out->source = which;
      out->kind = breaks ? broken[k].name : whole[k].name;
      aid_str_addspan (&out->after, aid_span_cut (aid_str_span (&s->text), 0, e.beg));
      aid_str_addz (&out->after, e.text);
      aid_str_addspan (&out->after, aid_span_cut (aid_str_span (&s->text), e.end, s->text.len));
      write_diff (s, &e, &out->diff);
      return 0;
    }
  return -1;
}

void
mutant_free (struct mutant *m)
{
  aid_str_free (&m->after);
  aid_str_free (&m->diff);
}
