/* Context items: from a link in a question to the text that the model sees. */
#include "context/item.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "chat/chat.h"
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LISTING_MAX 2000        /* names of a directory that are shown */
#define FILE_MAX ((size_t) 64 << 20)   /* bytes of a file of which some lines are shown */
#define BINARY_PROBE 8192       /* bytes looked at for a NUL, as git does */

/* Reads "L10" or "L10-L20" (also "L10-20"); 0 when V is no such thing. */
static int
line_range (struct aid_span v, int64_t *first, int64_t *last)
{
  uint64_t a, b;
  if (!aid_span_starts (v, "L"))
    return 0;
  v = aid_span_cut (v, 1, v.len);
  ptrdiff_t dash = aid_span_find (v, AID_SPAN ("-"));
  struct aid_span from = dash < 0 ? v : aid_span_cut (v, 0, (size_t) dash);
  struct aid_span to = dash < 0 ? v : aid_span_cut (v, (size_t) dash + 1, v.len);
  if (dash >= 0 && aid_span_starts (to, "L"))
    to = aid_span_cut (to, 1, to.len);
  if (aid_span_number (from, INT32_MAX, &a) || aid_span_number (to, INT32_MAX, &b) || a == 0 || b < a)
    return 0;
  *first = (int64_t) a;
  *last = (int64_t) b;
  return 1;
}

size_t
aid_item_split (struct aid_span name, int64_t *first, int64_t *last)
{
  *first = *last = 0;
  for (size_t i = name.len; i-- > 0;)
    if (name.ptr[i] == '#')
      return line_range (aid_span_cut (name, i + 1, name.len), first, last) ? i : name.len;
  return name.len;
}

enum aid_err
aid_item_target (struct aid_span target, struct aid_str *path, int64_t *first, int64_t *last)
{
  *first = *last = 0;
  if (target.len == 0 || aid_span_starts (target, "aid:") || aid_span_starts (target, "http://")
      || aid_span_starts (target, "https://"))
    return AID_E_INVALID;
  target.len = aid_item_split (target, first, last);
  return aid_str_add_decoded (path, target);
}

enum aid_err
aid_item_cut (struct aid_span text, int64_t first, int64_t last, struct aid_str *out)
{
  struct aid_span line;
  for (int64_t n = 1; n <= last && aid_span_line (&text, &line); n++)
    if (n >= first)
      {
        aid_str_addspan (out, line);
        aid_str_addc (out, '\n');
      }
  return out->err;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static enum aid_err
add_listing (const char *path, struct aid_str *out, struct aid_error *e)
{
  DIR *dir = opendir (path);
  if (!dir)
    return aid_error_set (e, AID_E_IO, "The folder %s cannot be read.", path);
  struct aid_vec names = AID_VEC_INIT (char *, LISTING_MAX);
  for (struct dirent *d; (d = readdir (dir));)
    if (d->d_name[0] != '.')
      {
        char **slot = aid_vec_push (&names);
        if (!slot || !(*slot = aid_span_dup (aid_span_z (d->d_name))))
          break;
      }
  closedir (dir);
  if (names.len)
    qsort (names.data, names.len, sizeof (char *), by_name);
  for (size_t i = 0; i < names.len; i++)
    {
      char *name = AID_VEC_AT (char *, &names, i);
      if (name)
        aid_str_addf (out, "%s\n", name);
      free (name);
    }
  if (names.len == LISTING_MAX)
    aid_str_addf (out, "(only the first %d names)\n", LISTING_MAX);
  aid_vec_free (&names);
  return out->err ? aid_error_set (e, out->err, "The folder %s has too long a listing.", path) : AID_OK;
}

/* Appends the text file's bytes, or those of its lines FIRST to LAST. */
static enum aid_err
read_file (const char *path, int64_t first, int64_t last, struct aid_str *out, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (first > 0 ? FILE_MAX : AID_ITEM_MAX);
  enum aid_err err = aid_fs_read (path, &text, e);
  struct stat st;
  if (err == AID_E_LIMIT && (first > 0 || stat (path, &st) || st.st_size > (off_t) FILE_MAX))
    aid_error_set (e, err, "%s is larger than the %zu MB that a file may have.", path, FILE_MAX >> 20);
  else if (err == AID_E_LIMIT)
    aid_error_set (e, err, "%s is larger than the %zu MB that one item may have: give a range of lines.", path,
                   AID_ITEM_MAX >> 20);
  else if (!err && memchr (aid_str_z (&text), 0, text.len < BINARY_PROBE ? text.len : BINARY_PROBE))
    err = aid_error_set (e, AID_E_REFUSED, "%s is a binary file.", path);
  else if (!err)
    {
      err = first > 0 ? aid_item_cut (aid_str_span (&text), first, last, out) : aid_str_addspan (out, aid_str_span (&text));
      if (err)
        aid_error_set (e, err, "These lines of %s are larger than the %zu MB that one item may have.", path,
                       AID_ITEM_MAX >> 20);
    }
  aid_str_free (&text);
  return err;
}

static enum aid_err
read_path (const char *path, int64_t first, int64_t last, struct aid_str *out, struct aid_error *e)
{
  struct stat st;
  if (stat (path, &st))
    return aid_error_set (e, AID_E_NOTFOUND, "There is no %s: mend the name, or leave it out of the question.", path);
  if (S_ISDIR (st.st_mode))
    return add_listing (path, out, e);
  struct aid_str text = AID_STR_INIT (AID_ITEM_MAX), clean = AID_STR_INIT (4 * AID_ITEM_MAX);
  enum aid_err err = read_file (path, first, last, &text, e);
  if (!err && (aid_utf8_clean (aid_str_span (&text), &clean) || aid_str_addspan (out, aid_str_span (&clean))))
    err = aid_error_set (e, clean.err ? clean.err : out->err, "%s does not fit into memory.", path);
  aid_str_free (&text);
  aid_str_free (&clean);
  return err;
}

enum aid_err
aid_item_read (const char *dir, struct aid_span target, struct aid_str *out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192), full = AID_STR_INIT (16384);
  int64_t first, last;
  enum aid_err err = aid_item_target (target, &path, &first, &last);
  if (err)
    err = aid_error_set (e, AID_E_NOTFOUND, "\"%.*s\" can only be read inside the editor that made it.",
                         (int) (target.len < 100 ? target.len : 100), target.len ? target.ptr : "");
  else if ((err = aid_fs_join (&full, dir, aid_str_z (&path))))
    aid_error_set (e, err, "The path \"%.100s\" is too long.", aid_str_z (&path));
  else
    {
      size_t before = out->len;
      err = read_path (aid_str_z (&full), first, last, out, e);
      if (!err && first > 1 && out->len == before)
        err = aid_error_set (e, AID_E_NOTFOUND,
                             "%s has no line %lld any more: mend the numbers, or leave it out of the question.",
                             aid_str_z (&full), (long long) first);
    }
  aid_str_free (&path);
  aid_str_free (&full);
  return err;
}

enum aid_err
aid_item_lines (const char *dir, const char *path, int64_t first, int64_t last, struct aid_str *out, struct aid_error *e)
{
  struct aid_str full = AID_STR_INIT (16384);
  enum aid_err err = aid_fs_join (&full, dir, path);
  err = err ? aid_error_set (e, err, "The path \"%.100s\" is too long.", path)
            : read_path (aid_str_z (&full), first, last, out, e);
  aid_str_free (&full);
  return err;
}

enum aid_err
aid_item_path (const char *dir, struct aid_span target, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (8192);
  int64_t first, last;
  enum aid_err err = aid_item_target (target, &path, &first, &last);
  if (!err)
    err = first ? AID_E_INVALID : aid_fs_join (out, dir, aid_str_z (&path));
  aid_str_free (&path);
  return err;
}

/* By a file name's ending, or its whole name. */
static const struct
{
  const char *end, *language;
} languages[] = {
  { ".c", "c" }, { ".h", "c" }, { ".cc", "cpp" }, { ".cpp", "cpp" }, { ".hpp", "cpp" }, { ".cxx", "cpp" },
  { ".ml", "ocaml" }, { ".mli", "ocaml" }, { ".mll", "ocaml" }, { ".mly", "ocaml" }, { "/dune", "dune" },
  { ".el", "elisp" }, { ".lisp", "lisp" }, { ".scm", "scheme" }, { ".clj", "clojure" }, { ".py", "python" },
  { ".js", "javascript" }, { ".mjs", "javascript" }, { ".jsx", "jsx" }, { ".ts", "typescript" }, { ".tsx", "tsx" },
  { ".rs", "rust" }, { ".go", "go" }, { ".java", "java" }, { ".kt", "kotlin" }, { ".rb", "ruby" }, { ".hs", "haskell" },
  { ".sh", "sh" }, { ".bash", "bash" }, { ".sql", "sql" }, { ".lua", "lua" }, { ".html", "html" }, { ".css", "css" },
  { ".json", "json" }, { ".yaml", "yaml" }, { ".yml", "yaml" }, { ".toml", "toml" }, { ".xml", "xml" },
  { ".md", "markdown" }, { ".org", "org" }, { ".tex", "latex" }, { ".diff", "diff" }, { ".patch", "diff" },
  { "Makefile", "make" }, { ".mk", "make" }, { "CMakeLists.txt", "cmake" }, { "Dockerfile", "dockerfile" },
};

const char *
aid_item_language (struct aid_span path)
{
  for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
    if (aid_span_ends (path, languages[i].end))
      return languages[i].language;
  return "";
}

/* Whether the brackets in LABEL end nothing but what they began: as in "app/[id]/page.tsx". */
static int
is_balanced (struct aid_span label)
{
  size_t depth = 0;
  for (size_t i = 0; i < label.len; i++)
    {
      char c = label.ptr[i], next = i + 1 < label.len ? label.ptr[i + 1] : ']';
      if ((c == '\\' && (next == '[' || next == ']')) || (c == ']' && (depth == 0 || next == '(')))
        return 0;
      depth += c == '[';
      depth -= c == ']';
    }
  return depth == 0;
}

void
aid_item_label (struct aid_span label, struct aid_str *out)
{
  int balanced = is_balanced (label);
  for (size_t i = 0; i < label.len; i++)
    {
      unsigned char c = (unsigned char) label.ptr[i];
      int comment = c == '<' && aid_span_starts (aid_span_cut (label, i, label.len), "<!--");
      int bad = c < ' ' || c == 127 || comment || (!balanced && (c == '[' || c == ']' || c == '\\'));
      aid_str_addc (out, bad ? ' ' : (char) c);
    }
}

/* For a target that is no file it is the label. */
void
aid_item_name (struct aid_span label, struct aid_span target, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (8192);
  int64_t first, last;
  if (aid_item_target (target, &path, &first, &last))
    aid_str_addspan (out, label);
  else
    {
      /* The label is the path as people say it (from the project's root); the target may climb out of the chat's
         folder by "..". */
      struct aid_span shown = label.len ? label : aid_str_span (&path);
      const char *colon = first && shown.len ? memrchr (shown.ptr, ':', shown.len) : NULL;
      aid_str_addspan (out, colon && colon > shown.ptr ? aid_span_cut (shown, 0, (size_t) (colon - shown.ptr)) : shown);
      if (first && first == last)
        aid_str_addf (out, ", line %lld", (long long) first);
      else if (first)
        aid_str_addf (out, ", lines %lld to %lld", (long long) first, (long long) last);
    }
  aid_str_free (&path);
}

enum aid_err
aid_item_render (struct aid_span label, struct aid_span target, struct aid_span text, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (8192);
  int64_t first, last;
  const char *language = "";
  if (!aid_item_target (target, &path, &first, &last))
    language = aid_item_language (aid_str_span (&path));
  else if (aid_span_starts (target, "aid:diff") || aid_span_starts (target, "aid:commit/")
           || aid_span_starts (target, "aid:history/") || aid_span_starts (target, "aid:changes/"))
    language = "diff";
  aid_item_name (label, target, out);
  aid_str_addz (out, ":\n");
  size_t fence = aid_chat_fence (text);
  for (size_t i = 0; i < fence; i++)
    aid_str_addc (out, '`');
  aid_str_addf (out, "%s\n", language);
  aid_str_addspan (out, text);
  if (text.len && text.ptr[text.len - 1] != '\n')
    aid_str_addc (out, '\n');
  for (size_t i = 0; i < fence; i++)
    aid_str_addc (out, '`');
  aid_str_addc (out, '\n');
  aid_str_free (&path);
  return out->err;
}
