/* Names first, for they cost nothing; then the head of the file. */
#include "project/classify.h"
#include <strings.h>

#define HEADER 2000     /* bytes in which a file says that it was generated */
#define LONG_LINE 500   /* bytes a line on average: minified */
#define SPAN 64         /* bytes that are looked at together */
#define LONG_PROSE 4000 /* the same of text that people write a paragraph a line */

const char *
aid_file_class_name (enum aid_file_class c)
{
  static const char *const names[] = { "text", "binary", "generated", "vendored", "minified", "large", "special" };
  return c < AID_FILE_CLASSES ? names[c] : "text";
}

static const char *const outputs[]
  = { "node_modules", "bower_components", "_build",  "__pycache__", ".venv",       ".tox",          "site-packages",
      "_opam",        "elm-stuff",        ".gradle", ".terraform",  ".mypy_cache", ".pytest_cache", NULL };
static const char *const vendored[]
  = { "vendor", "vendored", "third_party", "third-party", "thirdparty", "3rdparty", "Godeps", "Pods", "Carthage", NULL };
static const char *const locks[] = { "package-lock.json",
                                     "npm-shrinkwrap.json",
                                     "yarn.lock",
                                     "pnpm-lock.yaml",
                                     "bun.lock",
                                     "Cargo.lock",
                                     "poetry.lock",
                                     "Pipfile.lock",
                                     "uv.lock",
                                     "composer.lock",
                                     "go.sum",
                                     "Gemfile.lock",
                                     "flake.lock",
                                     "mix.lock",
                                     "pubspec.lock",
                                     "Podfile.lock",
                                     "deno.lock",
                                     "gradle.lockfile",
                                     "packages.lock.json",
                                     "Package.resolved",
                                     NULL };
static const char *const made_endings[]
  = { ".pb.go",  ".pb.cc",   ".pb.h",        "_pb2.py", "_pb2_grpc.py", ".g.dart", ".Designer.cs",
      ".js.map", ".css.map", ".opam.locked", NULL };
static const char *const minified_endings[] = { ".min.js", ".min.css", ".min.mjs", "-min.js", ".bundle.js", NULL };
static const char *const binary_endings[]
  = { ".png",         ".jpg",  ".jpeg",    ".gif",   ".webp",  ".ico",    ".bmp",  ".tif",  ".tiff", ".psd",  ".pdf",
      ".zip",         ".gz",   ".bz2",     ".xz",    ".zst",   ".tar",    ".tgz",  ".7z",   ".rar",  ".jar",  ".war",
      ".class",       ".o",    ".a",       ".so",    ".dylib", ".dll",    ".exe",  ".obj",  ".lib",  ".pyc",  ".pyo",
      ".wasm",        ".woff", ".woff2",   ".ttf",   ".otf",   ".eot",    ".mp3",  ".mp4",  ".mov",  ".avi",  ".mkv",
      ".webm",        ".ogg",  ".wav",     ".flac",  ".elc",   ".cmi",    ".cmo",  ".cmx",  ".cmt",  ".cmti", ".cma",
      ".cmxa",        ".cmxs", ".rlib",    ".rmeta", ".pdb",   ".sqlite", ".db",   ".bin",  ".eln",  ".onnx", ".pt",
      ".safetensors", ".gguf", ".parquet", ".npy",   ".npz",   ".docx",   ".xlsx", ".pptx", ".odt",  ".mo",   ".gmo",
      ".dex",         ".apk",  ".deb",     ".rpm",   ".iso",   NULL };
static const char *const prose_endings[]
  = { ".md", ".markdown", ".txt", ".org", ".rst", ".tex", ".adoc", ".texi", ".po", NULL };

static int
is_one (struct aid_span name, const char *const *list)
{
  for (; name.len && *list; list++)
    if (**list == name.ptr[0] && aid_span_eqz (name, *list))
      return 1;
  return 0;
}

static const char *
ending (struct aid_span name, const char *const *list)
{
  for (; *list; list++)
    if (name.len > strlen (*list) && aid_span_ends (name, *list))
      return *list;
  return NULL;
}

/* The ending by which NAME is binary; found by what follows its last dot, for this is asked of every file. */
static const char *
binary_ending (struct aid_span name)
{
  const char *dot = name.len ? memrchr (name.ptr, '.', name.len) : NULL;
  char lower[16];
  size_t n = dot ? name.len - (size_t)(dot - name.ptr) : 0;
  if (n < 2 || n >= sizeof lower || n == name.len)
    return NULL;
  for (size_t i = 0; i < n; i++)
    lower[i] = dot[i] >= 'A' && dot[i] <= 'Z' ? (char)(dot[i] | 32) : dot[i];
  lower[n] = '\0';
  for (const char *const *list = binary_endings; *list; list++)
    if ((*list)[1] == lower[1] && !strcmp (*list, lower))
      return *list;
  return NULL;
}

int
aid_classify_is_output (struct aid_span name)
{
  return is_one (name, outputs);
}

__attribute__ ((format (printf, 3, 4))) static enum aid_file_class
because (enum aid_file_class class, struct aid_str *words, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  if (words)
    aid_str_addvf (words, fmt, ap);
  va_end (ap);
  return class;
}

/* The first folder of PATH that is somebody else's; empty when there is none. */
static struct aid_span
foreign_folder (struct aid_span path)
{
  for (size_t at = 0; at < path.len;)
    {
      const char *slash = memchr (path.ptr + at, '/', path.len - at);
      if (!slash)
        break;
      struct aid_span part = aid_span_cut (path, at, (size_t)(slash - path.ptr));
      if (is_one (part, vendored) || is_one (part, outputs))
        return part;
      at = (size_t)(slash - path.ptr) + 1;
    }
  return (struct aid_span){ "", 0 };
}

static enum aid_file_class
by_attributes (const struct aid_attributes *a, struct aid_span path, struct aid_str *words)
{
  if (aid_attributes_say (a, AID_ATTR_BINARY, path) > 0)
    return because (AID_FILE_BINARY, words, "binary: .gitattributes says so");
  if (aid_attributes_say (a, AID_ATTR_GENERATED, path) > 0)
    return because (AID_FILE_GENERATED, words, "generated: .gitattributes says so (linguist-generated)");
  if (aid_attributes_say (a, AID_ATTR_VENDORED, path) > 0)
    return because (AID_FILE_VENDORED, words, "vendored: .gitattributes says so (linguist-vendored)");
  return AID_FILE_TEXT;
}

enum aid_file_class
aid_classify_name (const struct aid_attributes *a, struct aid_span path, uint64_t size, uint64_t large,
                   struct aid_str *words)
{
  const char *slash = path.len ? memrchr (path.ptr, '/', path.len) : NULL, *end;
  struct aid_span name = slash ? aid_span_cut (path, (size_t)(slash + 1 - path.ptr), path.len) : path;
  enum aid_file_class said = by_attributes (a, path, words);
  struct aid_span foreign = foreign_folder (path);
  if (said != AID_FILE_TEXT)
    return said;
  if (foreign.len && aid_attributes_say (a, AID_ATTR_VENDORED, path) != 0)
    return because (AID_FILE_VENDORED, words, "vendored: in %.*s/", (int)foreign.len, foreign.ptr);
  if ((end = binary_ending (name)))
    return because (AID_FILE_BINARY, words, "binary: its name ends in %s", end);
  if (aid_attributes_say (a, AID_ATTR_GENERATED, path) != 0)
    {
      if (is_one (name, locks))
        return because (AID_FILE_GENERATED, words, "generated: a lock file");
      if ((end = ending (name, made_endings)))
        return because (AID_FILE_GENERATED, words, "generated: its name ends in %s", end);
    }
  if ((end = ending (name, minified_endings)))
    return because (AID_FILE_MINIFIED, words, "minified: its name ends in %s", end);
  if (size > large)
    return because (AID_FILE_LARGE, words, "large: %llu bytes, more than the %llu that are read", (unsigned long long)size,
                    (unsigned long long)large);
  return AID_FILE_TEXT;
}

/* --- by its bytes ----------------------------------------------------------------------------------------------------- */

static int
has (struct aid_span line, const char *words)
{
  return aid_span_find (line, aid_span_z (words)) >= 0;
}

static const char *const openings[]
  = { "//", "/*", "*", "#", ";", "--", "(*", "<!--", "%", "\"", "dnl", "@", ".\\\"", "rem", "!", "{-", "'", NULL };

static int
is_comment (struct aid_span line)
{
  for (const char *const *o = openings; line.len && *o; o++)
    if ((**o | 32) == (line.ptr[0] | 32) && line.len >= strlen (*o) && !strncasecmp (line.ptr, *o, strlen (*o)))
      return 1;
  return 0;
}

static const char *const claims[] = { "@generated",
                                      "code generated by",
                                      "this file is generated",
                                      "this file was generated",
                                      "this file is auto",
                                      "automatically generated",
                                      "this file has been generated",
                                      "generated by the protocol buffer compiler",
                                      "a bison parser, made",
                                      "generated by gnu auto",
                                      "generated by automake",
                                      "lexical scanner generated by",
                                      NULL };

/* The next line of REST that is a comment, in small letters into LOWER, which has room for all of REST; 0 at the end. */
static int
next_comment (struct aid_span *rest, char *lower, struct aid_span *line)
{
  do
    {
      if (!aid_span_line (rest, line))
        return 0;
      *line = aid_span_trim (*line);
    }
  while (!is_comment (*line));
  for (size_t i = 0; i < line->len; i++)
    lower[i] = line->ptr[i] >= 'A' && line->ptr[i] <= 'Z' ? (char)(line->ptr[i] | 32) : line->ptr[i];
  line->ptr = lower;
  return 1;
}

/* Whether WORDS stand in TEXT, in letters of any size, so that what is at AT of it is OFFSET bytes behind their beginning. */
static int
stands_at (struct aid_span text, size_t at, const char *words, size_t offset)
{
  size_t n = strlen (words);
  return at >= offset && n <= text.len - (at - offset) && !strncasecmp (text.ptr + at - offset, words, n);
}

/* Whether one of the SPAN places from P on begins like "generated", "auto" or "bison", in letters of any size.  No branches: the
   compiler makes it of the processor's wide registers. */
static int
may_begin (const char *p)
{
  unsigned char any = 0;
  for (unsigned i = 0; i < SPAN; i++)
    {
      unsigned char a = (unsigned char)(p[i] | 32), b = (unsigned char)(p[i + 1] | 32), c = (unsigned char)(p[i + 2] | 32),
                    d = (unsigned char)(p[i + 3] | 32);
      any |= ((a == 'g') & (b == 'e') & (c == 'n') & (d == 'e')) | ((a == 'a') & (b == 'u') & (c == 't') & (d == 'o'))
             | ((a == 'b') & (b == 'i') & (c == 's') & (d == 'o'));
    }
  return any;
}

/* Whether START has a word without which no comment of it says that it was generated: nearly always there is none, and then no
   line need be looked at. */
static int
may_say_generated (struct aid_span start)
{
  for (size_t from = 0; from < start.len; from += SPAN)
    {
      char last[SPAN + 3] = { 0 };
      const char *p = start.ptr + from;
      if (start.len - from < sizeof last)
        p = memcpy (last, p, start.len - from);
      if (!may_begin (p))
        continue;
      for (size_t i = from; i < from + SPAN && i < start.len; i++)
        if (stands_at (start, i, "generated", 0) || stands_at (start, i, "this file is auto", 13)
            || stands_at (start, i, "a bison parser, made", 2))
          return 1;
    }
  return 0;
}

/* Whether a comment in HEAD's first lines says that the file was generated. */
static int
says_generated (struct aid_span head)
{
  char lower[HEADER];
  int made = 0, hands_off = 0;
  struct aid_span line, start = aid_span_cut (head, 0, head.len < HEADER ? head.len : HEADER), rest = start;
  if (!may_say_generated (start))
    return 0;
  while (next_comment (&rest, lower, &line))
    {
      int may = has (line, "generated");
      made |= may;
      may = may || has (line, "this file is auto") || has (line, "a bison parser, made");
      for (const char *const *c = claims; may && *c; c++)
        if (has (line, *c))
          return 1;
    }
  for (rest = start; made && !hands_off && next_comment (&rest, lower, &line);)
    hands_off = has (line, "do not edit") || has (line, "do not modify") || has (line, "don't edit");
  return made && hands_off;
}

/* How many of N bytes are characters that no text has; N is SPAN at most.  No branches: see may_begin. */
static inline unsigned
odd_bytes (const char *p, unsigned n)
{
  unsigned char odd = 0;
  for (unsigned i = 0; i < n; i++)
    {
      unsigned char c = (unsigned char)p[i];
      odd += ((c < 32) & ((unsigned char)(c - 8) > 5) & (c != 27)) | (c == 127);
    }
  return odd;
}

/* Whether HEAD is no text: a NUL as git looks for it, or many characters that no text has. */
static int
is_binary (struct aid_span head)
{
  size_t odd = 0, i = 0;
  if (head.len && memchr (head.ptr, 0, head.len < 8000 ? head.len : 8000))
    return 1;
  for (; i + SPAN <= head.len; i += SPAN)
    odd += odd_bytes (head.ptr + i, SPAN);
  return (odd + odd_bytes (head.ptr + i, (unsigned)(head.len - i))) * 20 > head.len;
}

/* Whether HEAD's lines have more than MOST bytes on average; *LINES gets how many there are, if so. */
static int
has_long_lines (struct aid_span head, size_t most, size_t *lines)
{
  const char *p = head.ptr, *end = head.ptr + head.len;
  *lines = 1;
  while (head.len / *lines > most && (p = memchr (p, '\n', (size_t)(end - p))))
    {
      p++;
      ++*lines;
    }
  return head.len / *lines > most;
}

enum aid_file_class
aid_classify_head (struct aid_span path, struct aid_span head, int not_made, struct aid_str *words)
{
  size_t lines;
  if (head.len > AID_CLASSIFY_HEAD)
    head.len = AID_CLASSIFY_HEAD;
  if (is_binary (head))
    return because (AID_FILE_BINARY, words, "binary: its first bytes are no text");
  if (!not_made && says_generated (head))
    return because (AID_FILE_GENERATED, words, "generated: a comment at its beginning says so");
  if (head.len <= (size_t)4 * LONG_LINE)
    return because (AID_FILE_TEXT, words, "text");
  size_t most = ending (path, prose_endings) ? LONG_PROSE : LONG_LINE;
  if (head.len > 4 * most && has_long_lines (head, most, &lines))
    return because (AID_FILE_MINIFIED, words, "minified: its lines have %zu bytes on average", head.len / lines);
  return because (AID_FILE_TEXT, words, "text");
}
