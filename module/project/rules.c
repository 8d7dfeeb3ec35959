/* One file of Git's kind, line by line. */
#include "project/glob.h"
#include "project/ignore.h"
#include <stdlib.h>

enum shape
{
  NEVER,
  LITERAL,
  ENDING,
  GLOB
};

struct rule
{
  uint32_t at, len; /* of the pattern, in the text */
  int line;
  uint8_t shape, negated, folders, anywhere; /* ANYWHERE: it is for the last part of a path */
};

struct aid_rules
{
  struct aid_str text;
  char *file;
  struct aid_vec rules;
};

static int
is_plain (struct aid_span v)
{
  for (size_t i = 0; i < v.len; i++)
    if (strchr ("*?[\\", v.ptr[i]) && v.ptr[i])
      return 0;
  return 1;
}

/* LINE without the blanks at its end that no "\" keeps, nor its CR. */
static struct aid_span
without_blanks (struct aid_span line)
{
  size_t keep = 0;
  if (line.len && line.ptr[line.len - 1] == '\r')
    line.len--;
  for (size_t i = 0; i < line.len; i++)
    if (line.ptr[i] == '\\')
      {
        /* One that ends the line leaves it as it is. */
        if (++i >= line.len)
          return line;
        keep = i + 1;
      }
    else if (line.ptr[i] != ' ')
      keep = i + 1;
  return aid_span_cut (line, 0, keep);
}

static void
add_rule (struct aid_rules *r, struct aid_span line, int number)
{
  struct aid_span p = line;
  int negated = p.len && p.ptr[0] == '!';
  p = aid_span_cut (p, (size_t)negated, p.len);
  int folders = p.len && p.ptr[p.len - 1] == '/';
  p = aid_span_cut (p, 0, p.len - (size_t)folders);
  int anywhere = p.len == 0 || !memchr (p.ptr, '/', p.len);
  if (p.len && p.ptr[0] == '/')
    p = aid_span_cut (p, 1, p.len);
  struct rule *rule = p.len ? aid_vec_push (&r->rules) : NULL;
  if (!rule)
    return;
  *rule = (struct rule){ .at = (uint32_t)(p.ptr - r->text.ptr), .len = (uint32_t)p.len, .line = number };
  rule->negated = (uint8_t)negated;
  rule->folders = (uint8_t)folders;
  rule->anywhere = (uint8_t)anywhere;
  if (is_plain (p))
    rule->shape = LITERAL;
  else if (!aid_glob_sound (p))
    rule->shape = NEVER;
  else
    rule->shape = anywhere && p.ptr[0] == '*' && is_plain (aid_span_cut (p, 1, p.len)) ? ENDING : GLOB;
}

struct aid_rules *
aid_rules_read (struct aid_span text, const char *file)
{
  struct aid_rules *r = calloc (1, sizeof *r);
  struct aid_span rest, line;
  if (!r)
    return NULL;
  r->text = AID_STR_INIT (AID_IGNORE_FILE_MAX);
  r->rules = AID_VEC_INIT (struct rule, AID_IGNORE_RULES);
  r->file = strdup (file);
  aid_str_addspan (&r->text, text);
  if (!r->file || r->text.err == AID_E_NOMEM)
    {
      aid_rules_free (r);
      return NULL;
    }
  rest = aid_str_span (&r->text);
  if (aid_span_starts (rest, "\xEF\xBB\xBF"))
    rest = aid_span_cut (rest, 3, rest.len);
  for (int number = 1; aid_span_line (&rest, &line); number++)
    {
      /* A NUL ends a line for Git. */
      const char *nul = memchr (line.ptr, 0, line.len);
      if (nul)
        line.len = (size_t)(nul - line.ptr);
      if (line.len && line.ptr[0] != '#')
        add_rule (r, without_blanks (line), number);
    }
  return r;
}

void
aid_rules_free (struct aid_rules *r)
{
  if (!r)
    return;
  aid_str_free (&r->text);
  aid_vec_free (&r->rules);
  free (r->file);
  free (r);
}

void
aid_rules_drop_all (struct aid_rules *r)
{
  for (size_t i = 0; i < r->rules.len; i++)
    {
      struct rule *rule = &AID_VEC_AT (struct rule, &r->rules, i);
      struct aid_span pattern = { r->text.ptr + rule->at, rule->len };
      if (!rule->negated && (aid_span_eqz (pattern, "*") || aid_span_eqz (pattern, "**")))
        rule->shape = NEVER;
    }
}

/* As Git does it: what stands before the first sign of a pattern is compared by itself, and the rest is a pattern of
   its own.  So the "**" of "a**" + "/b" begins one. */
static int
fits_path (struct aid_span pattern, struct aid_span path)
{
  size_t n = 0;
  while (n < pattern.len && !strchr ("*?[\\", pattern.ptr[n]))
    n++;
  return path.len >= n && !memcmp (pattern.ptr, path.ptr, n)
         && aid_glob_path (aid_span_cut (pattern, n, pattern.len), aid_span_cut (path, n, path.len));
}

static int
fits (const struct rule *rule, struct aid_span pattern, struct aid_span path, struct aid_span name)
{
  struct aid_span text = rule->anywhere ? name : path;
  switch (rule->shape)
    {
    case LITERAL:
      return aid_span_eq (pattern, text);
    case ENDING:
      return text.len >= pattern.len - 1
             && !memcmp (text.ptr + text.len - (pattern.len - 1), pattern.ptr + 1, pattern.len - 1);
    case GLOB:
      return rule->anywhere ? aid_glob_name (pattern, text) : fits_path (pattern, text);
    default:
      return 0;
    }
}

int
aid_rules_match (const struct aid_rules *r, struct aid_span path, int is_folder, struct aid_ignored *why)
{
  const char *slash = path.len ? memrchr (path.ptr, '/', path.len) : NULL;
  struct aid_span name = slash ? aid_span_cut (path, (size_t)(slash + 1 - path.ptr), path.len) : path;
  for (size_t i = r->rules.len; i-- > 0;)
    {
      const struct rule *rule = &AID_VEC_AT (struct rule, &r->rules, i);
      struct aid_span pattern = { r->text.ptr + rule->at, rule->len };
      if ((rule->folders && !is_folder) || !fits (rule, pattern, path, name))
        continue;
      if (why)
        *why = (struct aid_ignored){ r->file, rule->line, pattern, rule->negated };
      return !rule->negated;
    }
  return -1;
}
