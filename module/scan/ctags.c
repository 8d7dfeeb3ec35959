/* universal-ctags as a source of definitions: see ctags.h. */
#include "scan/ctags.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/vec.h"
#include "scan/scan_internal.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#define START_MS 15000
#define LINE_NEAR 16384 /* bytes of a line in which a name is looked for: a line of all that a file has may be long */

struct tag
{
  char *name;
  uint32_t line, end; /* END: 0 where it is not known */
  enum aid_def_kind kind;
};

static const struct
{
  const char *word;
  enum aid_def_kind kind;
} kinds[] = {
  { "function", AID_DEF_FUNCTION },
  { "func", AID_DEF_FUNCTION },
  { "procedure", AID_DEF_FUNCTION },
  { "subroutine", AID_DEF_FUNCTION },
  { "method", AID_DEF_METHOD },
  { "singletonMethod", AID_DEF_METHOD },
  { "class", AID_DEF_CLASS },
  { "struct", AID_DEF_TYPE },
  { "interface", AID_DEF_TYPE },
  { "trait", AID_DEF_TYPE },
  { "enum", AID_DEF_TYPE },
  { "union", AID_DEF_TYPE },
  { "typedef", AID_DEF_TYPE },
  { "type", AID_DEF_TYPE },
  { "alias", AID_DEF_TYPE },
  { "record", AID_DEF_TYPE },
  { "protocol", AID_DEF_TYPE },
  { "object", AID_DEF_CLASS },
  { "module", AID_DEF_MODULE },
  { "namespace", AID_DEF_MODULE },
  { "package", AID_DEF_MODULE },
  { "library", AID_DEF_MODULE },
  { "macro", AID_DEF_MACRO },
  { "prototype", AID_DEF_SIGNATURE },
  { "enumerator", AID_DEF_CONSTRUCTOR },
  { "exception", AID_DEF_EXCEPTION },
  { "member", AID_DEF_FIELD },
  { "field", AID_DEF_FIELD },
  { "property", AID_DEF_FIELD },
  { "constant", AID_DEF_VARIABLE },
  { "variable", AID_DEF_VARIABLE },
  { "target", AID_DEF_FUNCTION },
  { "chapter", AID_DEF_SECTION },
  { "section", AID_DEF_SECTION },
  { "subsection", AID_DEF_SECTION },
  { "subroutineDeclaration", AID_DEF_SIGNATURE },
  { "table", AID_DEF_TYPE },
  { "view", AID_DEF_TYPE },
  { "task", AID_DEF_FUNCTION },
  { "test", AID_DEF_TEST },
  { "describe", AID_DEF_TEST },
  { "accessor", AID_DEF_METHOD },
  { "rpc", AID_DEF_METHOD },
  { "subprogram", AID_DEF_FUNCTION },
  { "delegate", AID_DEF_FUNCTION },
  { "guard", AID_DEF_FUNCTION },
  { "operator", AID_DEF_FUNCTION },
  { "filter", AID_DEF_FUNCTION },
  { "trigger", AID_DEF_FUNCTION },
  { "functionVar", AID_DEF_FUNCTION },
  { "globalVar", AID_DEF_VARIABLE },
  { "constructor", AID_DEF_CONSTRUCTOR },
  { "implementation", AID_DEF_CLASS },
  { "category", AID_DEF_CLASS },
  { "service", AID_DEF_CLASS },
  { "message", AID_DEF_TYPE },
  { "typealias", AID_DEF_TYPE },
  { "entity", AID_DEF_TYPE },
  { "component", AID_DEF_TYPE },
  { "architecture", AID_DEF_MODULE },
  { "program", AID_DEF_MODULE },
  { "callback", AID_DEF_SIGNATURE },
};

/* --- starting it --------------------------------------------------------------------------------------------------- */

/* It reads no options of the user, and where it can be it is shut in: no file is opened then, whatever a text does to it. */
static enum aid_err
start (const char *program, const char *mode, struct aid_helper **out, int64_t until)
{
  const char *const argv[] = { program, "--options=NONE", "--sort=no", "--fields=+ne-P", "--extras=-fq", mode, NULL };
  struct aid_span line;
  enum aid_err err = aid_helper_start (argv, out, NULL);
  if (err)
    return err;
  err = aid_helper_line (*out, &line, until);
  json_t *hello = err ? NULL : aid_json_parse (line, "ctags", NULL);
  const char *name = aid_json_str (hello, "name");
  if (!err && (!name || strcmp (name, "Universal Ctags") != 0))
    err = AID_E_NOTFOUND;
  json_decref (hello);
  if (err)
    {
      aid_helper_end (*out);
      *out = NULL;
    }
  return err;
}

enum aid_err
aid_ctags_start (const char *program, struct aid_helper **out)
{
  const char *const usual[] = { "ctags", "universal-ctags", "ctags-universal", NULL }, *const given[] = { program, NULL };
  int64_t until = aid_clock_ms () + START_MS;
  enum aid_err err = AID_E_NOTFOUND;
  for (const char *const *p = program ? given : usual; err && *p && aid_clock_ms () < until; p++)
    if ((err = start (*p, "--_interactive=sandbox", out, until)) && err != AID_E_NOTFOUND)
      err = start (*p, "--_interactive", out, until);
  return err;
}

/* --- from tags to definitions -------------------------------------------------------------------------------------- */

struct aid_vec
aid_ctags_tags (void)
{
  return AID_VEC_INIT (struct tag, AID_SCAN_DEFS);
}

void
aid_ctags_drop (struct aid_vec *tags)
{
  for (size_t i = 0; i < tags->len; i++)
    free (AID_VEC_AT (struct tag, tags, i).name);
  aid_vec_free (tags);
}

/* By line, what ends later first. */
static int
by_place (const void *a, const void *b)
{
  const struct tag *x = a, *y = b;
  if (x->line != y->line)
    return x->line < y->line ? -1 : 1;
  return x->end == y->end ? 0 : x->end > y->end ? -1 : 1;
}

/* Where each line begins, and where the text ends; NULL without memory.  Line L is [L - 1] to [L]. */
static uint32_t *
line_starts (struct aid_span text, uint32_t *lines)
{
  size_t n = 1;
  for (const char *p = text.ptr, *end = text.ptr + text.len; p < end && (p = memchr (p, '\n', (size_t) (end - p))); p++)
    n++;
  uint32_t *starts = malloc ((n + 1) * sizeof *starts);
  if (!starts)
    return NULL;
  size_t i = 0;
  starts[i++] = 0;
  for (const char *p = text.ptr, *end = text.ptr + text.len; p < end && (p = memchr (p, '\n', (size_t) (end - p))); p++)
    starts[i++] = (uint32_t) (p + 1 - text.ptr);
  starts[n] = (uint32_t) text.len;
  *lines = (uint32_t) n;
  return starts;
}

static int
is_comment (const struct aid_scanner *s, uint32_t from, uint32_t to)
{
  static const char *const begins[] = { "#", "//", "--", ";", "/*", "*", "%", "\"\"\"", "(*", "!" };
  struct aid_span line = aid_span_trim ((struct aid_span){ (const char *) s->text + from, to - from });
  for (size_t i = 0; line.len && i < sizeof begins / sizeof *begins; i++)
    if (aid_span_starts (line, begins[i]))
      return 1;
  return 0;
}

static int
is_word (struct aid_span v, size_t i)
{
  return i < v.len && (isalnum ((unsigned char) v.ptr[i]) || v.ptr[i] == '_');
}

/* Where NAME stands in LINE as a word, or -1. */
static ptrdiff_t
find_name (struct aid_span line, struct aid_span name)
{
  size_t from = 0;
  ptrdiff_t at;
  while ((at = aid_span_find (aid_span_cut (line, from, line.len), name)) >= 0)
    {
      size_t i = from + (size_t) at, end = i + name.len;
      if (!(i > 0 && is_word (name, 0) && is_word (line, i - 1))
          && !(is_word (name, name.len - 1) && is_word (line, end)))
        return (ptrdiff_t) i;
      from = i + 1;
    }
  return -1;
}

/* The definition of T, whose parent is the innermost of OPEN that has not ended; -1 when the text does not bear it out. */
static int32_t
define (struct aid_scanner *s, const struct tag *t, const uint32_t *starts, uint32_t lines, int32_t parent)
{
  if (t->line == 0 || t->line > lines)
    return -1;
  uint32_t from = starts[t->line - 1], to = starts[t->line], lead = t->line - 1,
           last = t->end > t->line && t->end <= lines ? t->end : t->line;
  struct aid_span line = { (const char *) s->text + from, to - from < LINE_NEAR ? to - from : LINE_NEAR };
  ptrdiff_t at = find_name (line, aid_span_z (t->name));
  if (at < 0 || aid_span_starts (aid_span_trim (line), "use ")) /* PHP's, which ctags takes for an alias */
    return -1;
  while (lead > 0 && t->line - lead < 100 && is_comment (s, starts[lead - 1], starts[lead]))
    lead--;
  struct aid_range name = { from + (uint32_t) at, from + (uint32_t) at + (uint32_t) strlen (t->name) };
  int32_t def = aid_scan_add (s, t->kind, parent, name, starts[lead], from);
  aid_scan_end (s, def, to, starts[last]);
  return def;
}

/* Whether others may stand in one of KIND. */
static int
holds (enum aid_def_kind kind)
{
  return kind != AID_DEF_FIELD && kind != AID_DEF_VARIABLE && kind != AID_DEF_CONSTRUCTOR && kind != AID_DEF_SIGNATURE;
}

/* --- where they end, which ctags does not tell of every language --- */

struct guess
{
  size_t tag;
  int indent;
};

/* The columns before the text of a line; -1 when it has none. */
static int
indent_of (const char *p, const char *end)
{
  int n = 0;
  for (; p < end && (*p == ' ' || *p == '\t'); p++)
    n = *p == '\t' ? (n | 7) + 1 : n + 1;
  return p == end || *p == '\r' || *p == '\n' ? -1 : n;
}

/* Whether a line that stands as far left as a definition's first one goes on with it: 1; ends it: 2. */
static int
goes_on (struct aid_span line)
{
  static const char *const on[] = { "{", ")", "]", "begin", "is", "where" };
  line = aid_span_trim (line);
  if (aid_span_starts (line, "}") || (line.len >= 3 && strncasecmp (line.ptr, "end", 3) == 0))
    return 2;
  for (size_t i = 0; i < sizeof on / sizeof *on; i++)
    if (line.len >= strlen (on[i]) && strncasecmp (line.ptr, on[i], strlen (on[i])) == 0)
      return 1;
  return 0;
}

/* Of TAGS without an end, each first one of a line goes on over what stands further right, and a bracket or "end" below it. */
static void
guess_ends (struct aid_vec *tags, struct aid_span text, const uint32_t *starts, uint32_t lines)
{
  struct guess open[AID_SCAN_NESTING];
  size_t n = 0, next = 0;
  uint32_t full = 0; /* the last line that is not empty */
  for (uint32_t line = 1; line <= lines && (n || next < tags->len); line++)
    {
      struct aid_span v = aid_span_cut (text, starts[line - 1], starts[line]);
      int indent = indent_of (v.ptr, v.ptr + v.len);
      if (indent < 0)
        continue;
      while (n && indent <= open[n - 1].indent)
        {
          int on = indent == open[n - 1].indent ? goes_on (v) : 0;
          if (on == 1)
            break;
          AID_VEC_AT (struct tag, tags, open[--n].tag).end = on ? line : full;
        }
      full = line;
      for (; next < tags->len && AID_VEC_AT (struct tag, tags, next).line <= line; next++)
        if (!AID_VEC_AT (struct tag, tags, next).end && AID_VEC_AT (struct tag, tags, next).line == line
            && (next == 0 || AID_VEC_AT (struct tag, tags, next - 1).line < line) && n < AID_SCAN_NESTING)
          open[n++] = (struct guess){ next, indent };
    }
  while (n)
    AID_VEC_AT (struct tag, tags, open[--n].tag).end = full;
}

enum aid_err
aid_ctags_define (struct aid_vec *tags, struct aid_span text, struct aid_scan *out)
{
  struct aid_scanner s = { (const unsigned char *) text.ptr, (uint32_t) text.len, out, 0 };
  uint32_t lines = 0, *starts = line_starts (text, &lines), ends[AID_SCAN_NESTING];
  int32_t open[AID_SCAN_NESTING];
  int n = 0;
  if (!starts)
    return AID_E_NOMEM;
  if (tags->len)
    qsort (tags->data, tags->len, sizeof (struct tag), by_place);
  guess_ends (tags, text, starts, lines);
  for (size_t i = 0; i < tags->len; i++)
    {
      const struct tag *t = &AID_VEC_AT (struct tag, tags, i);
      while (n > 0 && ends[n - 1] < t->line)
        n--;
      int32_t def = define (&s, t, starts, lines, n > 0 ? open[n - 1] : -1);
      if (def >= 0 && t->end > t->line && holds (t->kind) && n < AID_SCAN_NESTING)
        {
          open[n] = def;
          ends[n++] = t->end;
        }
    }
  free (starts);
  return aid_scan_settle (&s);
}

/* --- talking ------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_ctags_read (struct aid_span line, struct aid_vec *tags)
{
  json_t *v = aid_json_parse (line, "ctags", NULL);
  const char *type = aid_json_str (v, "_type"), *name = aid_json_str (v, "name"), *kind = aid_json_str (v, "kind");
  enum aid_err err = AID_E_NOTFOUND;
  size_t k = 0;
  while (kind && k < sizeof kinds / sizeof *kinds && strcmp (kinds[k].word, kind) != 0)
    k++;
  if (type && strcmp (type, "completed") == 0)
    err = AID_OK;
  else if (type && strcmp (type, "error") == 0 && json_is_true (json_object_get (v, "fatal")))
    err = AID_E_IO;
  else if (type && strcmp (type, "tag") == 0 && name && *name && kind && k < sizeof kinds / sizeof *kinds)
    {
      int64_t at = aid_json_int (v, "line", 0), end = aid_json_int (v, "end", 0);
      struct tag *t = at > 0 && at < UINT32_MAX ? aid_vec_push (tags) : NULL;
      if (t)
        *t = (struct tag){ strdup (name), (uint32_t) at, end > 0 && end < UINT32_MAX ? (uint32_t) end : 0, kinds[k].kind };
      if (t && !t->name)
        {
          tags->len--;
          err = AID_E_NOMEM;
        }
    }
  json_decref (v);
  return err;
}

enum aid_err
aid_ctags_ask (struct aid_helper *h, const char *file, struct aid_span text, struct aid_scan *out, int64_t until)
{
  struct aid_vec tags = aid_ctags_tags ();
  struct aid_str command = AID_STR_INIT (200);
  struct aid_span line;
  aid_str_addf (&command, "{\"command\":\"generate-tags\",\"filename\":\"%s\",\"size\":%zu}\n", file, text.len);
  enum aid_err err = command.err ? command.err : aid_helper_put (h, aid_str_span (&command), until);
  err = err ? err : aid_helper_put (h, text, until);
  enum aid_err more = err ? AID_OK : AID_E_NOTFOUND;
  while (!err && more == AID_E_NOTFOUND)
    {
      err = aid_helper_line (h, &line, until);
      more = err ? AID_OK : aid_ctags_read (line, &tags);
    }
  err = err ? err : more;
  if (!err)
    err = aid_ctags_define (&tags, text, out);
  aid_ctags_drop (&tags);
  aid_str_free (&command);
  return err;
}
