/* The columns of a row of the table names, one row a file:

     path   the terms of the path
     defs   the terms of the names that it defines
     symbols  "=" and the name for each that it defines, as it is written: what symbols.c lists

   Its tags (tags.h): "=" and a name for each that it defines, as it is written, "~" for each that it declares; "/" for the
   file's name, "^" for its name without endings, lowered (the module that it is).

   The sketch counts the terms of names and words together. */
#include "index/prepare.h"
#include "base/hash.h"
#include "index/tags.h"
#include "index/terms.h"

#include <ctype.h>
#include <stdlib.h>

enum
{
  FILE_MAX = 4 << 20,
  COLUMN_MAX = 4 << 20,
  TEXT_MAX = 64 << 20,
  ROWS_TERMS = 4 << 20
};
enum
{
  NAMES_MAX = 4000,
  SYMBOL_MAX = 200,
  SOME_TERMS = 64,
  MACROS_MAX = 150
};
enum
{
  IN_TEXT = AID_WEIGHT_ONE, /* comments weigh as much as code */
  IN_NAME = 3 * AID_WEIGHT_ONE
};

struct aid_preparer
{
  struct aid_project *project;
  struct aid_bag *bag;
  struct aid_scan scan;
  struct aid_str text;
  struct aid_vec outline; /* of struct aid_outlined */
  struct aid_vec chunks;
  struct aid_gather *names, *words; /* NULL: nothing is gathered */
  struct aid_gather *to;            /* one of them */
  int64_t row;                      /* whose terms are gathered */
  unsigned char column;
  struct aid_to_gather some[SOME_TERMS]; /* that are gathered together */
  size_t n_some;
};

struct aid_preparer *
aid_preparer_new (struct aid_project *project, struct aid_error *e)
{
  struct aid_preparer *p = calloc (1, sizeof *p);

  if (!p || !(p->bag = aid_bag_new (e)))
    {
      free (p);
      aid_error_set (e, AID_E_NOMEM, "No memory for the index");
      return NULL;
    }
  p->project = project;
  p->scan = AID_SCAN_INIT;
  p->scan.places_only = 1;
  p->text = AID_STR_INIT (FILE_MAX);
  p->outline = AID_VEC_INIT (struct aid_outlined, AID_SCAN_DEFS);
  p->chunks = AID_VEC_INIT (struct aid_chunk, AID_CHUNKS);
  return p;
}

void
aid_preparer_gather (struct aid_preparer *p, struct aid_gather *names, struct aid_gather *words)
{
  p->names = names;
  p->words = words;
}

void
aid_preparer_free (struct aid_preparer *p)
{
  if (!p)
    return;
  aid_bag_free (p->bag);
  aid_scan_free (&p->scan);
  aid_str_free (&p->text);
  aid_vec_free (&p->outline);
  aid_vec_free (&p->chunks);
  free (p);
}

void
aid_prepared_init (struct aid_prepared *p)
{
  memset (p, 0, sizeof *p);
  p->path = p->defs = p->symbols = p->outline = AID_STR_INIT (COLUMN_MAX);
  p->tags = AID_VEC_INIT (uint64_t, NAMES_MAX + 2);
  p->text = AID_STR_INIT (TEXT_MAX);
  p->ends = AID_VEC_INIT (size_t, (size_t)AID_CHUNKS * AID_LEVELS);
  p->cells = AID_VEC_INIT (uint32_t, ROWS_TERMS);
}

void
aid_prepared_free (struct aid_prepared *p)
{
  aid_str_free (&p->path);
  aid_str_free (&p->defs);
  aid_str_free (&p->symbols);
  aid_str_free (&p->outline);
  aid_vec_free (&p->tags);
  aid_str_free (&p->text);
  aid_vec_free (&p->ends);
  aid_vec_free (&p->cells);
}

/* --- paths --------------------------------------------------------------------------------------------------------- */

struct aid_span
aid_path_base (struct aid_span path)
{
  size_t from = path.len;

  while (from && path.ptr[from - 1] != '/')
    from--;
  return aid_span_cut (path, from, path.len);
}

struct aid_span
aid_path_stem (struct aid_span path)
{
  struct aid_span base = aid_path_base (path);
  const char *dot = base.len > 1 ? memchr (base.ptr + 1, '.', base.len - 1) : NULL;

  return dot ? aid_span_cut (base, 0, (size_t)(dot - base.ptr)) : base;
}

static void
add_tag (struct aid_prepared *out, char kind, struct aid_span name, int lower)
{
  uint64_t *key = aid_vec_push (&out->tags);

  if (key)
    *key = aid_tag_key (kind, name, lower);
}

static void
gather_some (struct aid_preparer *p)
{
  aid_gather_add (p->to, p->row, p->some, p->n_some);
  p->n_some = 0;
}

static void
gather_name (void *ctx, struct aid_span term, uint32_t hash, unsigned level)
{
  struct aid_preparer *p = ctx;

  (void)level;
  p->some[p->n_some++] = (struct aid_to_gather){ term, hash, p->column, 0 };
  if (p->n_some == SOME_TERMS)
    gather_some (p);
}

static void
gather_word (void *ctx, struct aid_span term, uint32_t hash, unsigned level)
{
  struct aid_preparer *p = ctx;

  p->column = (unsigned char)level;
  gather_name (p, term, hash, level);
}

/* Gives the bag's terms to COLUMN of the table names. */
static void
give_names (struct aid_preparer *p, unsigned char column, struct aid_str *text, struct aid_vec *cells)
{
  p->to = p->names;
  p->column = column;
  if (p->names)
    {
      aid_bag_give_all (p->bag, gather_name, p);
      gather_some (p);
    }
  else
    aid_bag_take_all (p->bag, text, cells);
}

/* The same with NAME, without what parts terms. */
static void
give_symbol (struct aid_preparer *p, struct aid_span name, struct aid_str *text)
{
  char term[SYMBOL_MAX + 1] = { '=' };
  size_t len = 1;

  for (size_t i = 0; i < name.len; i++)
    term[len++] = name.ptr[i] == ' ' || !name.ptr[i] ? '\x1f' : name.ptr[i];
  struct aid_span whole = { term, len };
  if (p->names)
    aid_gather_add (p->names, p->row, &(struct aid_to_gather){ whole, (uint32_t)aid_hash64 (whole), 2, 1 }, 1);
  else
    {
      aid_str_add (text, term, len);
      aid_str_addc (text, ' ');
    }
}

/* --- names --------------------------------------------------------------------------------------------------------- */

static int
is_named (const struct aid_def *d)
{
  return d->kind != AID_DEF_FIELD && d->kind != AID_DEF_SECTION && d->kind != AID_DEF_TEST;
}

/* A header of nothing but constants of a device has thousands. */
static int
has_too_many (const struct aid_scan *scan, enum aid_def_kind kind)
{
  size_t n = 0;

  for (size_t i = 0; i < scan->n_defs; i++)
    n += scan->defs[i].kind == kind;
  return n > MACROS_MAX;
}

static void
prepare_names (struct aid_preparer *p, struct aid_span path, struct aid_prepared *out)
{
  struct aid_span text = aid_str_span (&p->text);
  int no_macros = has_too_many (&p->scan, AID_DEF_MACRO);
  size_t given = 0;

  aid_bag_add_parts (p->bag, path, 1);
  give_names (p, 0, &out->path, &out->cells);
  add_tag (out, '/', aid_path_base (path), 0);
  add_tag (out, '^', aid_path_stem (path), 1);
  for (size_t i = 0; i < p->scan.n_defs && given < NAMES_MAX; i++)
    {
      const struct aid_def *d = &p->scan.defs[i];
      struct aid_span name = aid_span_cut (text, d->name.from, d->name.to);
      if (!name.len || name.len > SYMBOL_MAX || (no_macros && d->kind == AID_DEF_MACRO))
        continue;
      given++;
      aid_bag_add_parts (p->bag, name, 1);
      if (is_named (d))
        add_tag (out, d->kind == AID_DEF_SIGNATURE ? '~' : '=', name, 0);
      if (is_named (d) && d->kind != AID_DEF_SIGNATURE)
        give_symbol (p, name, &out->symbols);
    }
  give_names (p, 1, &out->defs, &out->cells);
  out->rows++;
}

/* --- words --------------------------------------------------------------------------------------------------------- */

/* Appends the bag's terms as one row of the table words. */
static void
put_row (struct aid_preparer *p, struct aid_prepared *out)
{
  size_t ends[AID_LEVELS];

  aid_bag_take (p->bag, &out->text, ends, &out->cells);
  for (size_t level = 0; level < AID_LEVELS && !out->err; level++)
    {
      size_t *end = aid_vec_push (&out->ends);
      if (end)
        *end = ends[level];
      else
        out->err = AID_E_LIMIT;
    }
}

static void
prepare_words (struct aid_preparer *p, int64_t id, struct aid_prepared *out)
{
  struct aid_span text = aid_str_span (&p->text);
  size_t def = 0;

  p->chunks.len = 0;
  if (aid_chunks (text.ptr, text.len, &p->outline, &p->chunks))
    out->err = AID_E_NOMEM;
  for (size_t i = 0; i < p->chunks.len && !out->err; i++, out->rows++)
    {
      struct aid_chunk c = AID_VEC_AT (struct aid_chunk, &p->chunks, i);
      aid_bag_add (p->bag, aid_span_cut (text, c.from, c.to), IN_TEXT);
      for (; def < p->outline.len && AID_VEC_AT (struct aid_outlined, &p->outline, def).from < c.to; def++)
        {
          struct aid_range name = AID_VEC_AT (struct aid_outlined, &p->outline, def).name;
          if (name.to > name.from)
            aid_bag_add (p->bag, aid_span_cut (text, name.from, name.to), IN_NAME);
        }
      p->row = AID_ROW (id, i);
      p->to = p->words;
      if (p->words)
        {
          aid_bag_give (p->bag, gather_word, p);
          gather_some (p);
        }
      else
        put_row (p, out);
    }
}

static void
clear (struct aid_prepared *out)
{
  aid_str_clear (&out->path);
  aid_str_clear (&out->defs);
  aid_str_clear (&out->symbols);
  aid_str_clear (&out->outline);
  aid_str_clear (&out->text);
  out->tags.len = out->ends.len = out->cells.len = 0;
  memset (&out->file, 0, sizeof out->file);
  out->hash = out->rows = 0;
  out->bytes = out->gathered = 0;
  out->source = 0;
}

static enum aid_err
read_file (struct aid_preparer *p, const struct aid_to_prepare *task, struct aid_prepared *out)
{
  struct aid_project_file listed;

  if (!task->listed)
    return aid_project_read (p->project, task->path, &p->text, &out->file, NULL);
  listed = *task->listed;
  listed.path = task->path;
  return aid_project_read_listed (p->project, &listed, task->fd, &p->text, &out->file, NULL);
}

/* Scans TEXT, unless its outline is known. */
static enum aid_err
find_definitions (struct aid_preparer *p, const struct aid_to_prepare *task, struct aid_span text, struct aid_prepared *out)
{
  if (task->outline.len && !(task->what & AID_PREPARE_NAMES) && !aid_outline_unpack (task->outline, text.len, &p->outline))
    return AID_OK;
  enum aid_language language = aid_language_of (task->path, aid_span_cut (text, 0, text.len < 512 ? text.len : 512));
  enum aid_err err = aid_scan_text (language, text, &p->scan);
  out->source = p->scan.source == AID_SOURCE_HERE ? 0 : AID_PREPARED_SOURCE (language, p->scan.source);
  if (!err)
    err = aid_outline_take (&p->scan, &p->outline);
  /* One that is too long is not kept. */
  if (!err && task->what == AID_PREPARE_NAMES && aid_outline_pack (&p->outline, &out->outline))
    aid_str_clear (&out->outline);
  return err;
}

void
aid_prepare (struct aid_preparer *p, const struct aid_to_prepare *task, struct aid_prepared *out)
{
  clear (out);
  aid_str_clear (&p->text);
  out->err = read_file (p, task, out);
  if (!out->err && out->file.class != AID_FILE_TEXT)
    out->err = AID_E_REFUSED;
  if (out->err)
    return;
  struct aid_span text = aid_str_span (&p->text);
  out->hash = (int64_t)aid_hash64 (text);
  out->bytes = text.len;
  if (!(task->what & AID_PREPARE_NAMES) && out->hash != task->hash)
    {
      out->err = AID_E_STATE;
      return;
    }
  out->err = find_definitions (p, task, text, out);
  p->row = task->id;
  if (!out->err && task->what & AID_PREPARE_NAMES)
    prepare_names (p, task->path, out);
  if (!out->err && task->what & AID_PREPARE_WORDS)
    prepare_words (p, task->id, out);
  if (!out->err && (out->path.err || out->defs.err || out->symbols.err || out->text.err))
    out->err = AID_E_LIMIT;
  if (p->names)
    out->gathered = aid_gather_bytes (p->names) + aid_gather_bytes (p->words);
}
