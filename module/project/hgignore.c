/* Mercurial's .hgignore: regular expressions, and globs turned into such. */
#include "base/fs.h"
#include "project/ignore.h"
#include "project/regex.h"
#include <stdlib.h>
#include <unistd.h>

#define INCLUDES 16 /* files that are read because others say so */
#define PATTERN_MAX ((size_t)64 << 10)

enum syntax
{
  RELRE,
  RELGLOB,
  ROOTGLOB,
  INCLUDE,
  SUBINCLUDE
};

static const struct
{
  const char *name;
  enum syntax syntax;
} syntaxes[] = { { "regexp", RELRE },          { "relre", RELRE },    { "re", RELRE },
                 { "relglob", RELGLOB },       { "glob", RELGLOB },   { "rootglob", ROOTGLOB },
                 { "subinclude", SUBINCLUDE }, { "include", INCLUDE } };

struct origin
{
  char *file, *pattern;
  int line;
};

struct aid_hgignore
{
  struct aid_regex *regex;
  struct aid_vec origins; /* struct origin, by the patterns' ids */
  size_t bad;
  int includes;
};

static void
add_quoted (struct aid_str *out, char c)
{
  if (c && strchr (".^$*+?{}[]\\|()", c))
    aid_str_addc (out, '\\');
  aid_str_addc (out, c);
}

/* The set whose "[" is at I of GLOB: appends it, and gives what is behind it; or an ordinary "[". */
static size_t
add_set (struct aid_span glob, size_t i, struct aid_str *out)
{
  size_t j = i + 1;
  if (j < glob.len && (glob.ptr[j] == '!' || glob.ptr[j] == ']'))
    j++;
  while (j < glob.len && glob.ptr[j] != ']')
    j++;
  if (j >= glob.len)
    {
      add_quoted (out, '[');
      return i + 1;
    }
  aid_str_addc (out, '[');
  for (size_t k = i + 1; k < j; k++)
    {
      if (k == i + 1 && glob.ptr[k] == '!')
        {
          aid_str_addc (out, '^');
          continue;
        }
      if (glob.ptr[k] == '\\' || (k == i + 1 && glob.ptr[k] == '^'))
        aid_str_addc (out, '\\');
      aid_str_addc (out, glob.ptr[k]);
    }
  aid_str_addc (out, ']');
  return j + 1;
}

/* The stars at I of GLOB. */
static size_t
add_stars (struct aid_span glob, size_t i, struct aid_str *out)
{
  struct aid_span rest = aid_span_cut (glob, i, glob.len);
  if (aid_span_starts (rest, "**/"))
    aid_str_addz (out, "(?:.*/)?");
  else
    aid_str_addz (out, aid_span_starts (rest, "**") ? ".*" : "[^/]*");
  return i + (aid_span_starts (rest, "**/") ? 3 : aid_span_starts (rest, "**") ? 2 : 1);
}

static void
add_glob (struct aid_span glob, struct aid_str *out)
{
  int groups = 0;
  for (size_t i = 0; i < glob.len;)
    {
      char c = glob.ptr[i];
      if (c == '*')
        i = add_stars (glob, i, out);
      else if (c == '[')
        i = add_set (glob, i, out);
      else if (c == '\\' && i + 1 < glob.len)
        {
          add_quoted (out, glob.ptr[i + 1]);
          i += 2;
        }
      else
        {
          if (c == '?')
            aid_str_addc (out, '.');
          else if (c == '{')
            aid_str_addz (out, "(?:");
          else if (c == '}' && groups)
            aid_str_addc (out, ')');
          else if (c == ',' && groups)
            aid_str_addc (out, '|');
          else
            add_quoted (out, c);
          groups += (c == '{') - (c == '}' && groups);
          i++;
        }
    }
  aid_str_addz (out, "(?:/|$)");
}

/* Appends PATTERN, which holds in the folder PREFIX ("" or ending in a slash), as one regular expression for whole
   paths. */
static void
add_regex (enum syntax syntax, struct aid_span pattern, const char *prefix, struct aid_str *out)
{
  struct aid_str glob = AID_STR_INIT (AID_REGEX_PATTERN);
  char *z = aid_span_dup (pattern);
  for (const char *p = prefix; *p; p++)
    add_quoted (out, *p);
  if (*prefix)
    aid_str_addz (out, "(?:");
  if (syntax == RELRE)
    {
      int rooted = aid_span_starts (pattern, "^");
      aid_str_addz (out, rooted ? "" : ".*");
      aid_str_addspan (out, aid_span_cut (pattern, rooted && *prefix ? 1 : 0, pattern.len));
    }
  else if (z && !aid_fs_join (&glob, "", z))
    {
      aid_str_addz (out, syntax == RELGLOB ? "(?:|.*/)" : "");
      add_glob (aid_str_span (&glob), out);
    }
  if (*prefix)
    aid_str_addz (out, ")");
  free (z);
  aid_str_free (&glob);
}

static void
add_pattern (struct aid_hgignore *h, enum syntax syntax, struct aid_span pattern, const char *prefix, const char *file,
             int line)
{
  struct aid_str regex = AID_STR_INIT (PATTERN_MAX);
  add_regex (syntax, pattern, prefix, &regex);
  struct origin *o = aid_vec_push (&h->origins);
  if (o)
    *o = (struct origin){ strdup (file), aid_span_dup (pattern), line };
  if (!o || regex.err || aid_regex_add (h->regex, aid_str_span (&regex), (int)h->origins.len - 1, NULL))
    h->bad++;
  aid_str_free (&regex);
}

/* LINE without its comment, its "\#" made "#", and without blanks at its end; appended to OUT. */
static void
without_comment (struct aid_span line, struct aid_str *out)
{
  for (size_t i = 0; i < line.len && line.ptr[i] != '#'; i++)
    {
      if (line.ptr[i] == '\\' && i + 1 < line.len)
        {
          if (line.ptr[i + 1] != '#')
            aid_str_addc (out, '\\');
          i++;
        }
      aid_str_addc (out, line.ptr[i]);
    }
  while (out->len && strchr (" \t\r\n\v\f", out->ptr[out->len - 1]))
    aid_str_remove (out, out->len - 1, 1);
}

/* Takes "NAME:" off *LINE and gives its syntax, else SYNTAX. */
static enum syntax
take_syntax (struct aid_span *line, enum syntax syntax)
{
  for (size_t i = 0; i < sizeof syntaxes / sizeof *syntaxes; i++)
    {
      size_t n = strlen (syntaxes[i].name);
      if (aid_span_starts (*line, syntaxes[i].name) && line->len > n && line->ptr[n] == ':')
        {
          *line = aid_span_cut (*line, n + 1, line->len);
          return syntaxes[i].syntax;
        }
    }
  return syntax;
}

static enum syntax
named_syntax (struct aid_span name, enum syntax now)
{
  for (size_t i = 0; i < sizeof syntaxes / sizeof *syntaxes; i++)
    if (aid_span_eqz (name, syntaxes[i].name))
      return syntaxes[i].syntax;
  return now;
}

static void read_file (struct aid_hgignore *h, int root, const char *path, const char *prefix);

/* Reads the file NAME, in the folder PREFIX, whose patterns hold in its own folder when SUB, else in PREFIX. */
static void
include (struct aid_hgignore *h, int root, struct aid_span name, const char *prefix, int sub)
{
  struct aid_str path = AID_STR_INIT (AID_PROJECT_PATH_MAX), folder = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  aid_str_addz (&path, prefix);
  aid_str_addspan (&path, name);
  const char *slash = path.len ? memrchr (path.ptr, '/', path.len) : NULL;
  if (sub && slash)
    aid_str_add (&folder, path.ptr, (size_t)(slash + 1 - path.ptr));
  else if (!sub)
    aid_str_addz (&folder, prefix);
  int outside = name.len == 0 || name.ptr[0] == '/' || aid_span_find (aid_str_span (&path), AID_SPAN ("..")) >= 0;
  if (root >= 0 && !outside && !path.err && !folder.err && h->includes++ < INCLUDES)
    read_file (h, root, aid_str_z (&path), aid_str_z (&folder));
  aid_str_free (&path);
  aid_str_free (&folder);
}

static void
read_text (struct aid_hgignore *h, int root, struct aid_span text, const char *file, const char *prefix)
{
  struct aid_span line;
  enum syntax syntax = RELRE;
  struct aid_str clean = AID_STR_INIT (AID_REGEX_PATTERN);
  for (int number = 1; aid_span_line (&text, &line) && h->origins.len < h->origins.max; number++)
    {
      aid_str_clear (&clean);
      without_comment (line, &clean);
      struct aid_span rest = aid_str_span (&clean);
      if (clean.err)
        h->bad++;
      if (clean.err || !rest.len)
        continue;
      if (aid_span_starts (rest, "syntax:"))
        {
          syntax = named_syntax (aid_span_trim (aid_span_cut (rest, 7, rest.len)), syntax);
          continue;
        }
      enum syntax own = take_syntax (&rest, syntax);
      if (own == INCLUDE || own == SUBINCLUDE)
        include (h, root, rest, prefix, own == SUBINCLUDE);
      else
        add_pattern (h, own, rest, prefix, file, number);
    }
  aid_str_free (&clean);
}

static void
read_file (struct aid_hgignore *h, int root, const char *path, const char *prefix)
{
  struct aid_str text = AID_STR_INIT (AID_IGNORE_FILE_MAX);
  const char *slash = strrchr (path, '/');
  int fd = aid_open_folder (root, (struct aid_span){ path, slash ? (size_t)(slash - path) : 0 });
  if (fd >= 0 && !aid_read_small (fd, slash ? slash + 1 : path, &text))
    read_text (h, root, aid_str_span (&text), path, prefix);
  if (fd >= 0)
    close (fd);
  aid_str_free (&text);
}

static struct aid_hgignore *
empty (void)
{
  struct aid_hgignore *h = calloc (1, sizeof *h);
  if (!h)
    return NULL;
  h->origins = AID_VEC_INIT (struct origin, AID_IGNORE_RULES);
  h->regex = aid_regex_new ();
  if (h->regex)
    return h;
  free (h);
  return NULL;
}

struct aid_hgignore *
aid_hgignore_read (int root)
{
  struct aid_hgignore *h = empty ();
  if (h)
    read_file (h, root, ".hgignore", "");
  if (h && !h->origins.len)
    {
      aid_hgignore_free (h);
      return NULL;
    }
  return h;
}

struct aid_hgignore *
aid_hgignore_of_text (struct aid_span text)
{
  struct aid_hgignore *h = empty ();
  if (h)
    read_text (h, -1, text, ".hgignore", "");
  return h;
}

void
aid_hgignore_free (struct aid_hgignore *h)
{
  if (!h)
    return;
  for (size_t i = 0; i < h->origins.len; i++)
    {
      free (AID_VEC_AT (struct origin, &h->origins, i).file);
      free (AID_VEC_AT (struct origin, &h->origins, i).pattern);
    }
  aid_vec_free (&h->origins);
  aid_regex_free (h->regex);
  free (h);
}

size_t
aid_hgignore_bad (const struct aid_hgignore *h)
{
  return h->bad;
}

int
aid_hgignore_match (struct aid_hgignore *h, struct aid_span path, struct aid_ignored *why)
{
  int id = aid_regex_match (h->regex, path);
  /* The root is a folder above all, and "" is its name. */
  if (id < 0)
    id = aid_regex_match (h->regex, AID_SPAN (""));
  if (id < 0)
    return -1;
  const struct origin *o = &AID_VEC_AT (struct origin, &h->origins, id);
  if (why)
    *why = (struct aid_ignored){ o->file ? o->file : "", o->line, aid_span_z (o->pattern), 0 };
  return 1;
}
