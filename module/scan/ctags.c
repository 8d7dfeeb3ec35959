/* universal-ctags as a source of definitions: see ctags.h. */
#include "scan/ctags.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/vec.h"
#include "scan/scan_internal.h"
#include <stdlib.h>

#define TAG_LINE_MAX ((size_t) 256 << 10) /* bytes of a line of its output; a longer one is left out */
#define TIMEOUT_MS 60000

struct tag
{
  char *name;
  uint32_t line, end; /* END: 0 where it is not known */
  enum aid_def_kind kind;
};

struct reading
{
  const struct aid_ctags_file *files;
  size_t n, at; /* AT: the file whose tags come */
  struct aid_vec tags;
  struct aid_str line;
  struct aid_scan scan;
  aid_ctags_fn *fn;
  void *ctx;
  int stopped;
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
};

int
aid_ctags_present (const char *program)
{
  const char *const argv[] = { program, "--version", NULL };
  struct aid_proc p = { .argv = argv, .out_max = 8192, .timeout_ms = 5000 };
  struct aid_proc_result r;
  struct aid_error e;
  int good = aid_proc_run (&p, &r, &e) == AID_OK && r.code == 0
             && aid_span_find (aid_str_span (&r.out), AID_SPAN ("Universal Ctags")) >= 0
             && aid_span_find (aid_str_span (&r.out), AID_SPAN ("+json")) >= 0;
  aid_proc_result_free (&r);
  return good;
}

/* --- from tags to definitions --- */

static void
drop_tags (struct reading *r)
{
  for (size_t i = 0; i < r->tags.len; i++)
    free (AID_VEC_AT (struct tag, &r->tags, i).name);
  r->tags.len = 0;
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

/* The definition of T, whose parent is the innermost of OPEN that has not ended; -1 when the text does not bear it out. */
static int32_t
define (struct aid_scanner *s, const struct tag *t, const uint32_t *starts, uint32_t lines, int32_t parent)
{
  if (t->line == 0 || t->line > lines)
    return -1;
  uint32_t from = starts[t->line - 1], to = starts[t->line], lead = t->line - 1,
           last = t->end > t->line && t->end <= lines ? t->end : t->line;
  ptrdiff_t at = aid_span_find ((struct aid_span){ (const char *) s->text + from, to - from }, aid_span_z (t->name));
  if (at < 0)
    return -1;
  while (lead > 0 && t->line - lead < 100 && is_comment (s, starts[lead - 1], starts[lead]))
    lead--;
  struct aid_range name = { from + (uint32_t) at, from + (uint32_t) at + (uint32_t) strlen (t->name) };
  int32_t def = aid_scan_add (s, t->kind, parent, name, starts[lead], from);
  aid_scan_end (s, def, to, starts[last]);
  return def;
}

static enum aid_err
give (struct reading *r)
{
  struct aid_span text = r->files[r->at].text;
  struct aid_scanner s = { (const unsigned char *) text.ptr, (uint32_t) text.len, &r->scan, 0 };
  uint32_t lines = 0, *starts = NULL, ends[AID_SCAN_NESTING];
  int32_t open[AID_SCAN_NESTING];
  int n = 0;
  r->scan.n_defs = 0;
  if (r->tags.len && text.len <= AID_SCAN_TEXT_MAX)
    {
      if (!(starts = line_starts (text, &lines)))
        return AID_E_NOMEM;
      qsort (r->tags.data, r->tags.len, sizeof (struct tag), by_place);
    }
  for (size_t i = 0; starts && i < r->tags.len; i++)
    {
      const struct tag *t = &AID_VEC_AT (struct tag, &r->tags, i);
      while (n > 0 && ends[n - 1] < t->line)
        n--;
      int32_t def = define (&s, t, starts, lines, n > 0 ? open[n - 1] : -1);
      if (def >= 0 && t->end > t->line && n < AID_SCAN_NESTING)
        {
          open[n] = def;
          ends[n++] = t->end;
        }
    }
  enum aid_err err = starts ? aid_scan_settle (&s) : AID_OK;
  free (starts);
  drop_tags (r);
  if (!err)
    r->stopped = r->fn (r->ctx, r->at++, &r->scan);
  return err ? err : r->stopped ? AID_E_CANCELLED : AID_OK;
}

/* --- reading its output --- */

static enum aid_err
read_tag (struct reading *r, struct aid_span line)
{
  json_t *v = aid_json_parse (line, "ctags", NULL);
  const char *path = aid_json_str (v, "path"), *name = aid_json_str (v, "name"), *kind = aid_json_str (v, "kind");
  enum aid_err err = AID_OK;
  size_t k = 0, to = r->at;
  while (kind && k < sizeof kinds / sizeof *kinds && strcmp (kinds[k].word, kind) != 0)
    k++;
  while (path && to < r->n && strcmp (r->files[to].path, path) != 0)
    to++;
  if (path && name && *name && kind && to < r->n && k < sizeof kinds / sizeof *kinds)
    {
      while (!err && r->at < to)
        err = give (r);
      struct tag *t = err ? NULL : aid_vec_push (&r->tags);
      if (t)
        *t = (struct tag){ strdup (name), (uint32_t) aid_json_int (v, "line", 0), (uint32_t) aid_json_int (v, "end", 0),
                           kinds[k].kind };
      if (t && !t->name)
        {
          r->tags.len--;
          err = AID_E_NOMEM;
        }
    }
  json_decref (v);
  return err;
}

static int
on_output (void *arg, enum aid_proc_stream stream, struct aid_span part)
{
  struct reading *r = arg;
  while (stream == AID_PROC_OUT && part.len)
    {
      const char *end = memchr (part.ptr, '\n', part.len);
      size_t n = end ? (size_t) (end - part.ptr) : part.len;
      aid_str_add (&r->line, part.ptr, n);
      if (!end)
        return 0;
      if (!r->line.err && r->line.len && read_tag (r, aid_str_span (&r->line)))
        return r->stopped = 1;
      aid_str_clear (&r->line);
      part = aid_span_cut (part, n + 1, part.len);
    }
  return 0;
}

enum aid_err
aid_ctags_scan (const char *program, const struct aid_ctags_file *files, size_t n, aid_ctags_fn *fn, void *ctx,
                const struct aid_stop *stop, struct aid_error *e)
{
  const char *const argv[]
    = { program, "--options=NONE", "--output-format=json", "--sort=no", "--fields=+ne", "--extras=-fq", "-f", "-", "-L", "-",
        NULL };
  if (n > AID_CTAGS_FILES)
    return aid_error_set (e, AID_E_INVALID, "ctags is given at most %d files at once.", AID_CTAGS_FILES);
  struct reading r = { .files = files,
                       .n = n,
                       .tags = AID_VEC_INIT (struct tag, AID_SCAN_DEFS),
                       .line = AID_STR_INIT (TAG_LINE_MAX),
                       .fn = fn,
                       .ctx = ctx,
                       .scan = AID_SCAN_INIT };
  struct aid_str list = AID_STR_INIT ((size_t) 64 << 20);
  for (size_t i = 0; i < n; i++)
    if (!strchr (files[i].path, '\n'))
      aid_str_addf (&list, "%s\n", files[i].path);
  struct aid_proc p = {
    .argv = argv, .input = aid_str_span (&list), .timeout_ms = TIMEOUT_MS, .stop = stop, .on_output = on_output, .arg = &r
  };
  struct aid_proc_result result;
  enum aid_err err = list.err ? aid_error_set (e, list.err, "The paths for ctags are too long.") : AID_OK;
  if (!err)
    {
      err = aid_proc_run (&p, &result, e);
      aid_proc_result_free (&result);
    }
  while (!err && r.at < n)
    if ((err = give (&r)))
      aid_error_set (e, err,
                     err == AID_E_CANCELLED ? "Reading what ctags found was stopped."
                                            : "What ctags found does not fit into memory.");
  drop_tags (&r);
  aid_vec_free (&r.tags);
  aid_str_free (&r.line);
  aid_str_free (&list);
  aid_scan_free (&r.scan);
  return err;
}
