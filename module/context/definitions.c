/* Definitions by name.  Only the files in which the word stands are read and scanned. */
#include "context/definitions.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "context/kinds_internal.h"
#include "context/word_files.h"
#include "scan/scan.h"
#include <stdlib.h>

#define SCANNED_MAX 2000 /* files that are scanned */
#define TEXT_MAX AID_WORD_FILE_MAX
#define FOUND_MAX 500
#define PATIENCE_MS 2000 /* for what tells one file's definitions */
#define LISTED_MAX 25
#define SHOWN_BYTES ((size_t)64 << 10)

struct found
{
  char *path; /* from the root */
  struct aid_range whole;
  uint32_t first, last;
  enum aid_def_kind kind;
  int rank; /* the lower, the more telling */
};

struct finding
{
  const struct aid_resolve *how;
  struct aid_span name, container; /* the last word, and what it is in, or empty */
  enum aid_find what;
  int64_t end_ms;
  struct aid_vec files; /* char *: from the root */
  struct aid_vec found; /* struct found */
  struct aid_scan scan;
  size_t scanned;
};

/* --- which definitions --------------------------------------------------------------------------------------------- */

static int
looks_like_test (const char *path, struct aid_span name)
{
  return strstr (path, "test") || strstr (path, "spec") || aid_span_starts (name, "test") || aid_span_starts (name, "Test");
}

/* How telling a definition is: what is called or made of, its signature, its parts. */
static int
rank_of (const struct aid_def *d, const char *path)
{
  static const int ranks[AID_DEF_KINDS]
    = { [AID_DEF_FUNCTION] = 0,  [AID_DEF_METHOD] = 0,   [AID_DEF_CLASS] = 0,       [AID_DEF_TYPE] = 0,
        [AID_DEF_MODULE] = 1,    [AID_DEF_MACRO] = 1,    [AID_DEF_TEST] = 1,        [AID_DEF_SIGNATURE] = 2,
        [AID_DEF_EXCEPTION] = 2, [AID_DEF_VARIABLE] = 2, [AID_DEF_CONSTRUCTOR] = 3, [AID_DEF_FIELD] = 4,
        [AID_DEF_SECTION] = 5 };
  return 2 * ranks[d->kind] + (strstr (path, "test") != NULL);
}

static int
is_wanted (const struct finding *f, const struct aid_def *d, struct aid_span name, const char *path)
{
  if (!aid_span_eq (name, f->name))
    return 0;
  return f->what == AID_FIND_ALL || d->kind == AID_DEF_TEST
         || ((d->kind == AID_DEF_FUNCTION || d->kind == AID_DEF_METHOD || d->kind == AID_DEF_MACRO)
             && looks_like_test (path, name));
}

/* Takes the last part off NAMES, whose parts stand between any of SIGNS. */
static struct aid_span
take_last (struct aid_span *names, const char *signs)
{
  size_t from = names->len, end;
  while (from > 0 && !strchr (signs, names->ptr[from - 1]))
    from--;
  struct aid_span last = aid_span_cut (*names, from, names->len);
  for (end = from; end > 0 && strchr (signs, names->ptr[end - 1]);)
    end--;
  *names = aid_span_cut (*names, 0, end);
  return last;
}

/* Whether NAME of a module may be said for FILE, the name of its file or folder: "Cohttp_lwt" for "cohttp-lwt". */
static int
is_module_name (struct aid_span name, struct aid_span file)
{
  for (size_t i = 0; i < name.len && i < file.len; i++)
    {
      char a = name.ptr[i], b = file.ptr[i] == '-' ? '_' : file.ptr[i];
      if (a != b && (i > 0 || ((unsigned char) a | 32) != ((unsigned char) b | 32)))
        return 0;
    }
  return name.len == file.len;
}

/* Whether MODULES, what is left of a container, are where PATH is.  A file is a module and so are the folders above it, of
   which some may be passed over ("Cohttp.Header" is in cohttp/src/header.ml); in Go the folder alone is. */
static int
are_modules_of (enum aid_language language, struct aid_span modules, const char *path)
{
  struct aid_span folders = aid_span_z (path), file = take_last (&folders, "/");
  file.len = (size_t) (strcspn (file.ptr, ".") < file.len ? strcspn (file.ptr, ".") : file.len);
  struct aid_span at = language == AID_LANG_GO ? take_last (&folders, "/") : file;
  if (language != AID_LANG_OCAML && language != AID_LANG_OCAML_INTERFACE && language != AID_LANG_PYTHON
      && language != AID_LANG_RUST && language != AID_LANG_GO)
    return 0;
  if (!is_module_name (take_last (&modules, ".:"), at))
    return 0;
  while (modules.len)
    {
      struct aid_span want = take_last (&modules, ".:");
      if (language == AID_LANG_RUST && aid_span_eqz (want, "crate"))
        continue;
      int found = 0;
      while (folders.len && !found)
        found = is_module_name (want, take_last (&folders, "/"));
      if (!found)
        return 0;
    }
  return 1;
}

/* Whether what stands in HAVE, parts of PATH's definitions or nothing, stands in CONTAINER. */
static int
is_within (enum aid_language language, struct aid_span container, const char *path, struct aid_span have)
{
  while (container.len && have.len)
    if (!aid_span_eq (take_last (&container, ".:"), take_last (&have, ".:")))
      return 0;
  return !container.len || are_modules_of (language, container, path);
}

/* Whether definition I of TEXT, the file PATH, stands in what is called CONTAINER. */
static int
is_in_container (const struct finding *f, enum aid_language language, struct aid_span text, const char *path, size_t i)
{
  struct aid_str in = AID_STR_INIT (16384);
  aid_scan_container (&f->scan, language, text, i, &in);
  int is = is_within (language, f->container, path, aid_str_span (&in));
  aid_str_free (&in);
  return is;
}

static enum aid_err
scan_file (struct finding *f, const char *path, struct aid_error *e)
{
  struct aid_str full = AID_STR_INIT (16384), text = AID_STR_INIT (TEXT_MAX);
  enum aid_err err = AID_OK;
  enum aid_language language = AID_LANG_NONE;
  if (!aid_fs_join (&full, aid_resolve_root (f->how), path) && !aid_fs_read (aid_str_z (&full), &text, NULL) && text.len
      && aid_span_find (aid_str_span (&text), f->name) >= 0)
    language
      = aid_language_of (aid_span_z (path), aid_span_cut (aid_str_span (&text), 0, text.len < 4096 ? text.len : 4096));
  if (language != AID_LANG_NONE)
    {
      f->scanned++;
      err = aid_scan_text (language, aid_str_span (&text), &f->scan);
    }
  for (size_t i = 0; language != AID_LANG_NONE && !err && i < f->scan.n_defs; i++)
    {
      const struct aid_def *d = &f->scan.defs[i];
      struct found *slot;
      if (!is_wanted (f, d, aid_span_cut (aid_str_span (&text), d->name.from, d->name.to), path)
          || !is_in_container (f, language, aid_str_span (&text), path, i) || !(slot = aid_vec_push (&f->found)))
        continue;
      *slot = (struct found){ strdup (path), d->whole, d->first, d->last, d->kind, rank_of (d, path) };
      if (!slot->path)
        f->found.len--;
    }
  aid_str_free (&full);
  aid_str_free (&text);
  return err == AID_E_NOMEM ? aid_error_set (e, err, "There is no memory to look for a definition.") : AID_OK;
}

static enum aid_err
scan_files (struct finding *f, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < f->files.len && f->scanned < SCANNED_MAX && !err; i++)
    {
      if (aid_stop_is_set (aid_resolver_stopper (f->how->resolver)))
        err = aid_error_set (e, AID_E_CANCELLED, "The search for a definition was stopped.");
      else if (aid_clock_ms () > f->end_ms)
        err = aid_error_set (e, AID_E_TIMEOUT, "The search for a definition took more than %d s.", AID_CONTEXT_SECONDS);
      else
        err = scan_file (f, AID_VEC_AT (char *, &f->files, i), e);
    }
  return err;
}

/* --- telling ------------------------------------------------------------------------------------------------------- */

static int
by_rank (const void *a, const void *b)
{
  const struct found *x = a, *y = b;
  int paths = strcmp (x->path, y->path);
  return x->rank != y->rank ? x->rank - y->rank : paths ? paths : (x->first > y->first) - (x->first < y->first);
}

static void
add_place (const char *path, uint32_t first, uint32_t last, struct aid_str *out)
{
  if (first == last)
    aid_str_addf (out, "%s:%u", path, first);
  else
    aid_str_addf (out, "%s:%u-%u", path, first, last);
}

/* Appends TEXT, without empty lines at its ends, cut after whole lines. */
static void
add_definition (struct aid_span text, struct aid_str *out)
{
  struct aid_str clean = AID_STR_INIT (4 * TEXT_MAX);
  int cut = text.len > SHOWN_BYTES;
  if (cut)
    {
      text.len = SHOWN_BYTES;
      while (text.len && text.ptr[text.len - 1] != '\n')
        text.len--;
    }
  while (text.len && strchr ("\n\r", text.ptr[0]))
    text = aid_span_cut (text, 1, text.len);
  while (text.len && strchr (" \t\n\r", text.ptr[text.len - 1]))
    text.len--;
  aid_utf8_clean (text, &clean);
  aid_str_addspan (out, aid_str_span (&clean));
  aid_str_addz (out, cut ? "\n(cut)\n" : "\n");
  aid_str_free (&clean);
}

static void
show (const struct finding *f, const struct found *d, struct aid_str *out)
{
  struct aid_str full = AID_STR_INIT (16384), text = AID_STR_INIT (TEXT_MAX);
  add_place (d->path, d->first, d->last, out);
  aid_str_addf (out, " (%s):\n", aid_def_kind_name (d->kind));
  if (!aid_fs_join (&full, aid_resolve_root (f->how), d->path) && !aid_fs_read (aid_str_z (&full), &text, NULL)
      && d->whole.to <= text.len)
    add_definition (aid_span_cut (aid_str_span (&text), d->whole.from, d->whole.to), out);
  aid_str_free (&full);
  aid_str_free (&text);
}

static void
tell (struct finding *f, struct aid_str *out)
{
  qsort (f->found.data, f->found.len, sizeof (struct found), by_rank);
  for (size_t i = 0; i < f->found.len && i < LISTED_MAX; i++)
    {
      const struct found *d = &AID_VEC_AT (struct found, &f->found, i);
      if (i < AID_FIND_SHOWN)
        {
          aid_str_addz (out, i ? "\n" : "");
          show (f, d, out);
          continue;
        }
      aid_str_addz (out, i == AID_FIND_SHOWN ? "\nAlso defined in " : ", ");
      add_place (d->path, d->first, d->last, out);
    }
  if (f->found.len > LISTED_MAX)
    aid_str_addf (out, ", and %zu more", f->found.len - LISTED_MAX);
  if (f->found.len > AID_FIND_SHOWN)
    aid_str_addz (out, ".\n");
}

/* "A.B.c" is c in A.B; an operator, or a title with blanks, is a name as it is. */
static void
split_name (struct finding *f, struct aid_span name)
{
  f->name = name;
  if (memchr (name.ptr, ' ', name.len))
    return;
  for (size_t i = name.len; i-- > 1;)
    if (i + 1 < name.len && (name.ptr[i] == '.' || name.ptr[i] == ':'))
      {
        size_t end = name.ptr[i] == ':' && name.ptr[i - 1] == ':' ? i - 1 : i;
        f->name = aid_span_cut (name, i + 1, name.len);
        f->container = aid_span_cut (name, 0, end);
        return;
      }
}

enum aid_err
aid_definitions_find (const struct aid_resolve *how, struct aid_span name, enum aid_find what, struct aid_str *out,
                      struct aid_error *e)
{
  struct finding f
    = { .how = how, .what = what, .end_ms = aid_clock_ms () + (int64_t) AID_CONTEXT_SECONDS * 1000, .scan = AID_SCAN_INIT };
  f.scan.patience_ms = PATIENCE_MS;
  f.files = AID_VEC_INIT (char *, AID_WORD_FILES_MAX);
  f.found = AID_VEC_INIT (struct found, FOUND_MAX);
  split_name (&f, name);
  enum aid_err err = aid_word_files (how, f.name, &f.files, e);
  if (!err)
    err = scan_files (&f, e);
  if (!err && !f.found.len)
    err
      = aid_error_set (e, AID_E_NOTFOUND, "No %s of \"%.*s\" was found in the project, in %zu file%s that hold%s the name.",
                       what == AID_FIND_TESTS ? "test" : "definition", (int)(name.len < 100 ? name.len : 100), name.ptr,
                       f.scanned, f.scanned == 1 ? "" : "s", f.scanned == 1 ? "s" : "");
  if (!err)
    tell (&f, out);
  for (size_t i = 0; i < f.files.len; i++)
    free (AID_VEC_AT (char *, &f.files, i));
  for (size_t i = 0; i < f.found.len; i++)
    free (AID_VEC_AT (struct found, &f.found, i).path);
  aid_vec_free (&f.files);
  aid_vec_free (&f.found);
  aid_scan_free (&f.scan);
  return err ? err : out->err;
}

/* --- by place ------------------------------------------------------------------------------------------------------ */

/* The byte at which LINE, from 1, begins. */
static size_t
line_start (struct aid_span text, int line)
{
  size_t at = 0;
  for (int n = 1; n < line && at < text.len; n++)
    {
      const char *nl = memchr (text.ptr + at, '\n', text.len - at);
      at = nl ? (size_t)(nl - text.ptr) + 1 : text.len;
    }
  return at;
}

void
aid_definition_around (const struct aid_resolve *how, const char *path, int line, struct aid_str *out)
{
  struct aid_str full = AID_STR_INIT (16384), text = AID_STR_INIT (TEXT_MAX);
  struct aid_scan scan = AID_SCAN_INIT;
  scan.patience_ms = PATIENCE_MS;
  if (!aid_fs_join (&full, aid_resolve_root (how), path) && !aid_fs_read (aid_str_z (&full), &text, NULL) && text.len)
    {
      struct aid_span all = aid_str_span (&text);
      enum aid_language language
        = aid_language_of (aid_span_z (path), aid_span_cut (all, 0, all.len < 4096 ? all.len : 4096));
      ptrdiff_t i = aid_scan_text (language, all, &scan) ? -1 : aid_scan_around (&scan, line_start (all, line));
      if (i >= 0)
        {
          aid_str_addc (out, '\n');
          add_place (path, scan.defs[i].first, scan.defs[i].last, out);
          aid_str_addz (out, ":\n");
          add_definition (aid_span_cut (all, scan.defs[i].whole.from, scan.defs[i].whole.to), out);
        }
    }
  aid_scan_free (&scan);
  aid_str_free (&full);
  aid_str_free (&text);
}
