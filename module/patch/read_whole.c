/* Fenced blocks that hold no diff but name a file: each may be the whole new text of that file, an edited copy of a part of
   it, or just an example.  Here they are only noted, with what the answer says about them; the plan's side, which has the
   files' texts, decides (settle.c).  The name stands in the fence's info ("c src/a.c", "c:src/a.c", "python title=x.py"), in
   the first line as a comment ("// src/a.c"), or in the line of prose before ("**src/a.c**", "Here is the full src/a.c:"). */
#include "patch/read_whole.h"

#include <ctype.h>
#include <stdlib.h>

enum
{
  LINE_MAX_READ = 400
}; /* a longer line names nothing */

static int
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

/* The next word of *REST, without blanks. */
static int
next_word (struct aid_span *rest, struct aid_span *word)
{
  size_t beg = 0;
  while (beg < rest->len && is_blank (rest->ptr[beg]))
    beg++;
  size_t end = beg;
  while (end < rest->len && !is_blank (rest->ptr[end]))
    end++;
  *word = aid_span_cut (*rest, beg, end);
  *rest = aid_span_cut (*rest, end, rest->len);
  return word->len > 0;
}

static struct aid_span
strip_any (struct aid_span v, const char *front, const char *back)
{
  while (v.len > 0 && v.ptr[0] && strchr (front, v.ptr[0]))
    v = aid_span_cut (v, 1, v.len);
  while (v.len > 0 && v.ptr[v.len - 1] && strchr (back, v.ptr[v.len - 1]))
    v.len--;
  return v;
}

static int
is_one_of (struct aid_span v, const char *const *words, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (strlen (words[i]) == v.len && strncasecmp (v.ptr, words[i], v.len) == 0)
      return 1;
  return 0;
}

#define IS_ONE_OF(v, words) is_one_of ((v), (words), sizeof (words) / sizeof *(words))

/* --- what the answer says --- */

static void
note_words (struct aid_patch_candidate *c, struct aid_span line)
{
  static const char *const fresh[] = { "new", "create", "creates", "add" };
  static const char *const whole[] = { "complete", "full", "entire", "whole", "completely", "updated" };
  static const char *const example[]
    = { "example", "examples", "e.g",     "sample",  "usage",   "output", "instance", "like",
        "demo",    "snippet",  "excerpt", "imagine", "suppose", "could",  "might",    "would" };
  struct aid_span word;
  while (next_word (&line, &word))
    {
      word = strip_any (word, "*_`'\"(#", "*_`'\"),.:;!?");
      c->fresh |= IS_ONE_OF (word, fresh);
      c->whole |= IS_ONE_OF (word, whole);
      c->example |= IS_ONE_OF (word, example);
    }
}

/* --- the info of a fence --- */

static int
is_range (struct aid_span v)
{
  return v.len > 0 && isdigit ((unsigned char)v.ptr[0]) && memchr (v.ptr, ':', v.len);
}

static struct aid_span
name_in_word (struct aid_span word, int first)
{
  static const char *const keys[] = { "title", "file", "filename", "path", "name", "filepath", "file_path" };
  struct aid_span none = { word.ptr, 0 };
  const char *eq = memchr (word.ptr, '=', word.len);
  if (eq)
    {
      size_t at = (size_t)(eq - word.ptr);
      struct aid_span value = strip_any (aid_span_cut (word, at + 1, word.len), "\"'", "\"'");
      return IS_ONE_OF (aid_span_cut (word, 0, at), keys) && aid_name_is_path (value) ? value : none;
    }
  const char *colon = first ? memchr (word.ptr, ':', word.len) : NULL;
  if (colon)
    word = aid_span_cut (word, (size_t)(colon - word.ptr) + 1, word.len);
  word = strip_any (word, "\"'(", "\"'),");
  return aid_name_is_path (word) ? word : none;
}

/* The name in INFO.  *CITED: the block says that it shows lines of a file as they are. */
static struct aid_span
name_in_info (struct aid_span info, struct aid_span *language, int *cited)
{
  struct aid_span word, found = { info.ptr, 0 };
  int attributes = info.len > 0 && info.ptr[0] == '{'; /* as Pandoc has them: ".c" is a language */
  info = strip_any (info, "{", "}");
  *language = found;
  for (int first = 1; next_word (&info, &word); first = 0)
    {
      *cited |= is_range (word);
      struct aid_span name
        = attributes && word.ptr[0] == '.' ? (struct aid_span){ word.ptr, 0 } : name_in_word (word, first);
      if (first)
        *language = strip_any (word, ".", "");
      if (name.len > 0 && found.len == 0)
        found = name;
    }
  const char *colon = memchr (language->ptr, ':', language->len);
  if (colon)
    language->len = (size_t)(colon - language->ptr);
  return found;
}

/* --- the first line --- */

static struct aid_span
comment_text (struct aid_span v)
{
  static const char *const open[] = { "//", "/*", "(*", "<!--", "--", "#", ";;;", ";;", ";", "%", "\"", "'" };
  static const char *const close[] = { "*/", "*)", "-->" };
  struct aid_span none = { v.ptr, 0 };
  v = aid_span_trim (v);
  for (size_t i = 0; i < sizeof open / sizeof *open; i++)
    if (aid_span_starts (v, open[i]))
      {
        v = aid_span_cut (v, strlen (open[i]), v.len);
        if (i > 3 && (v.len == 0 || !is_blank (v.ptr[0])))
          return none;
        for (size_t k = 0; k < sizeof close / sizeof *close; k++)
          if (aid_span_ends (v, close[k]))
            v.len -= strlen (close[k]);
        return aid_span_trim (v);
      }
  return none;
}

static struct aid_span
after_label (struct aid_span v)
{
  static const char *const labels[] = { "file:", "path:", "filename:", "filepath:", "file" };
  struct aid_span word, rest = v;
  if (next_word (&rest, &word))
    {
      word = strip_any (word, "*_", "*_");
      if (IS_ONE_OF (word, labels))
        return aid_span_trim (rest);
    }
  return v;
}

/* LINE is a comment that holds nothing but a name, and perhaps a remark in parentheses. */
static struct aid_span
name_in_comment (struct aid_span line)
{
  struct aid_span none = { line.ptr, 0 }, word, rest, more;
  if (line.len > LINE_MAX_READ)
    return none;
  rest = after_label (comment_text (line));
  if (!next_word (&rest, &word))
    return none;
  if (next_word (&rest, &more) && more.ptr[0] != '(')
    return none;
  word = strip_any (word, "`'\"", "`'\":");
  return aid_name_is_path (word) ? word : none;
}

/* --- the prose --- */

/* The last line of PROSE that says something. */
static struct aid_span
last_line (struct aid_span prose)
{
  struct aid_span line, last = { prose.ptr, 0 };
  while (aid_span_line (&prose, &line))
    if (aid_span_trim (line).len > 0)
      last = aid_span_trim (line);
  return last;
}

/* The one path in LINE; none when there are two.  *ALONE: the line says nothing else. */
static struct aid_span
only_path (struct aid_span line, int *alone)
{
  struct aid_span word, found = { line.ptr, 0 }, rest = line;
  size_t others = 0, in_parentheses = 0;
  while (next_word (&rest, &word))
    {
      in_parentheses |= word.ptr[0] == '(';
      word = strip_any (word, "#*_`'\"([", "*_`'\")],.:;!?");
      int path = aid_name_is_path (word) && aid_span_find (word, AID_SPAN ("://")) < 0;
      if (path && found.len > 0 && !aid_span_eq (word, found))
        return (struct aid_span){ line.ptr, 0 };
      if (path)
        found = word;
      else
        others += word.len > 0 && !in_parentheses && !(isdigit ((unsigned char)word.ptr[0]) && word.len < 4);
    }
  *alone = others == 0;
  return found;
}

/* "src/a.c:", a heading with one name, or a sentence that ends in a colon and names one file. */
static struct aid_span
name_in_prose (struct aid_span prose)
{
  struct aid_span line = last_line (prose), none = { prose.ptr, 0 };
  int alone = 0, heading = line.len > 0 && line.ptr[0] == '#';
  if (line.len == 0 || line.len > LINE_MAX_READ || line.ptr[0] == '>' || line.ptr[0] == '|' || line.ptr[0] == '<')
    return none;
  struct aid_span text = heading ? strip_any (line, "# ", "") : strip_any (line, "-+ ", "");
  struct aid_span name = only_path (after_label (strip_any (text, "*_", "")), &alone);
  struct aid_span end = strip_any (text, "", "*_` )");
  int colon = end.len > 0 && end.ptr[end.len - 1] == ':';
  return alone || heading || colon ? name : none;
}

/* --- all of it --- */

/* Whether a block in LANGUAGE, a shell's or a program's output, can be the text of the file NAME. */
static int
speaks_of (struct aid_span language, struct aid_span name)
{
  static const char *const spoken[]
    = { "sh",      "bash",       "zsh", "fish",   "shell", "console", "terminal",  "shell-session", "shellsession",
        "session", "powershell", "cmd", "output", "log",   "text",    "plaintext", "txt",           "mermaid" };
  static const char *const ends[] = { "sh",  "bash", "zsh",     "fish", "bats", "ps1",  "bat", "cmd", "txt", "text",
                                      "log", "rc",   "profile", "md",   "in",   "conf", "cfg", "ini", "env" };
  if (!IS_ONE_OF (language, spoken))
    return 1;
  const char *dot = memrchr (name.ptr, '.', name.len);
  size_t at = dot ? (size_t)(dot - name.ptr) + 1 : name.len;
  struct aid_span end = aid_span_cut (name, at, name.len);
  return IS_ONE_OF (end, ends) || (!dot && (aid_span_eqz (language, "sh") || aid_span_eqz (language, "bash")));
}

static int
is_suffix_of (struct aid_span a, struct aid_span b)
{
  return a.len <= b.len && aid_span_eq (a, aid_span_cut (b, b.len - a.len, b.len));
}

enum aid_err
aid_read_candidate (struct aid_patch *p, struct aid_span info, struct aid_span prose, const struct aid_cursor *content,
                    size_t beg, size_t end, int any)
{
  struct aid_cursor at = *content;
  struct aid_in_line first;
  struct aid_patch_candidate c
    = { .beg = beg, .end = end, .text_beg = content->pos, .text_end = content->end, .indent = content->indent };
  struct aid_span language, prose_name = name_in_prose (prose), name, comment = { NULL, 0 };
  int cited = 0;
  if (!aid_cursor_next (&at, &first))
    return AID_OK;
  name = name_in_info (info, &language, &cited);
  int told = name.len > 0;
  comment = name_in_comment (first.text);
  if (name.len == 0)
    name = comment;
  else if (!any && comment.len > 0 && !is_suffix_of (comment, name) && !is_suffix_of (name, comment))
    return AID_OK;
  c.headed = comment.len > 0;
  if (name.len == 0)
    name = prose_name;
  c.apart = name.len > 0 && name.ptr != prose_name.ptr;
  if (name.len == 0 || (!any && (cited || (!told && !speaks_of (language, name)))))
    return AID_OK;
  note_words (&c, last_line (prose));
  note_words (&c, info);
  if (c.headed)
    note_words (&c, first.text);
  struct aid_patch_candidate *slot = aid_vec_push (&p->candidates);
  if (!slot)
    return p->candidates.len == p->candidates.max ? AID_OK : AID_E_NOMEM;
  *slot = c;
  slot->path = aid_span_dup (name);
  if (!slot->path)
    return AID_E_NOMEM;
  aid_path_tidy (slot->path);
  return AID_OK;
}
