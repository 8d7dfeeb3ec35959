/* A template is read once into a flat list of nodes: pieces of text, variables, jumps.  A file that is included is read into
   the same list where it stands, so rendering is one walk. */
#include "assist/template.h"
#include "base/utf8.h"
#include <stdlib.h>

#define NAME_MAX_BYTES 64

enum kind
{
  TEXT,
  VARIABLE,
  PARENT,
  UNLESS, /* go to node JUMP unless the variable has a value */
  GO      /* go to node JUMP */
};

struct node
{
  enum kind kind;
  struct aid_span text; /* what TEXT says, or a variable's name; in one of the sources */
  size_t jump;
};

struct aid_template
{
  struct aid_vec nodes;   /* struct node */
  struct aid_vec sources; /* char *: the texts of all files */
  const struct aid_template *parent;
  int has_parent; /* {{parent}} stands in it, which it may once */
};

/* One file while it is read. */
struct file
{
  const char *name;
  struct aid_span text;
  int line;                            /* of its beginning */
  const struct file *outer;            /* that includes it */
  struct aid_span as;                  /* the name it is included by; empty of the outermost */
  size_t open[AID_TEMPLATE_NESTING];   /* the UNLESS or GO nodes whose {{/if}} has not come */
  size_t opened[AID_TEMPLATE_NESTING]; /* where their {{#if}} stand, in bytes */
  int in_else[AID_TEMPLATE_NESTING];
  size_t depth;
};

struct reader
{
  struct aid_template *out;
  const struct aid_template_world *world;
  struct aid_error *e;
  size_t bytes; /* of all sources */
};

/* --- errors --------------------------------------------------------------------------------------------------------- */

static enum aid_err
fail (struct reader *r, const struct file *f, size_t at, const char *fmt, ...) __attribute__ ((format (printf, 4, 5)));

static enum aid_err
fail (struct reader *r, const struct file *f, size_t at, const char *fmt, ...)
{
  struct aid_str words = AID_STR_INIT (1024);
  int line = f->line;
  size_t beg = 0;
  for (size_t i = 0; i < at; i++)
    if (f->text.ptr[i] == '\n')
      {
        line++;
        beg = i + 1;
      }
  va_list ap;
  va_start (ap, fmt);
  aid_str_addvf (&words, fmt, ap);
  va_end (ap);
  aid_error_set (r->e, AID_E_PARSE, "%s:%d:%d: %s", f->name, line, (int)aid_utf8_count (aid_span_cut (f->text, beg, at)) + 1,
                 aid_str_z (&words));
  aid_str_free (&words);
  return AID_E_PARSE;
}

static struct node *
add_node (struct reader *r, const struct file *f, size_t at, enum kind kind, struct aid_span text)
{
  struct node *n = aid_vec_push (&r->out->nodes);
  if (!n)
    fail (r, f, at, "the template has more than %d pieces with all that it includes", AID_TEMPLATE_NODES);
  else
    {
      n->kind = kind;
      n->text = text;
    }
  return n;
}

static enum aid_err
add_text (struct reader *r, const struct file *f, size_t beg, size_t end)
{
  return beg == end || add_node (r, f, beg, TEXT, aid_span_cut (f->text, beg, end)) ? AID_OK : AID_E_PARSE;
}

/* --- tags ----------------------------------------------------------------------------------------------------------- */

struct tag
{
  size_t beg, end;       /* from its first brace to behind its last */
  struct aid_span words; /* between the braces, trimmed */
  size_t at;             /* where they begin */
};

static int
is_name (struct aid_span v)
{
  if (!v.len || v.len > NAME_MAX_BYTES || v.ptr[0] < 'a' || v.ptr[0] > 'z')
    return 0;
  for (size_t i = 0; i < v.len; i++)
    if (!((v.ptr[i] >= 'a' && v.ptr[i] <= 'z') || (v.ptr[i] >= '0' && v.ptr[i] <= '9') || strchr ("_.-", v.ptr[i])))
      return 0;
  return 1;
}

/* Checks that NAME, which stands at AT, is a variable. */
static enum aid_err
check_variable (struct reader *r, const struct file *f, size_t at, struct aid_span name)
{
  if (!is_name (name))
    return fail (r, f, at, "\"%.*s\" is no name of a variable", (int)(name.len < 60 ? name.len : 60),
                 name.len ? name.ptr : "");
  if (!r->world->knows (r->world->ctx, name))
    return fail (r, f, at, "there is no variable \"%.*s\"", (int)name.len, name.ptr);
  return AID_OK;
}

static enum aid_err
read_if (struct reader *r, struct file *f, const struct tag *t, struct aid_span name)
{
  enum aid_err err = check_variable (r, f, t->at, name);
  if (!err && f->depth == AID_TEMPLATE_NESTING)
    err = fail (r, f, t->beg, "{{#if}} is nested deeper than %d", AID_TEMPLATE_NESTING);
  if (err || !add_node (r, f, t->beg, UNLESS, name))
    return AID_E_PARSE;
  f->open[f->depth] = r->out->nodes.len - 1;
  f->opened[f->depth] = t->beg;
  f->in_else[f->depth++] = 0;
  return AID_OK;
}

static enum aid_err
read_else (struct reader *r, struct file *f, const struct tag *t)
{
  if (!f->depth || f->in_else[f->depth - 1])
    return fail (r, f, t->beg, f->depth ? "this {{#if}} has an {{else}} already" : "this {{else}} is in no {{#if}}");
  if (!add_node (r, f, t->beg, GO, AID_SPAN ("")))
    return AID_E_PARSE;
  AID_VEC_AT (struct node, &r->out->nodes, f->open[f->depth - 1]).jump = r->out->nodes.len;
  f->open[f->depth - 1] = r->out->nodes.len - 1;
  f->in_else[f->depth - 1] = 1;
  return AID_OK;
}

static enum aid_err
read_end (struct reader *r, struct file *f, const struct tag *t)
{
  if (!f->depth)
    return fail (r, f, t->beg, "this {{/if}} ends no {{#if}}");
  AID_VEC_AT (struct node, &r->out->nodes, f->open[--f->depth]).jump = r->out->nodes.len;
  return AID_OK;
}

static enum aid_err read_file (struct reader *r, struct file *f);

/* Keeps the text that was read for an included file, so that nodes may point into it. */
static enum aid_err
keep_source (struct reader *r, struct aid_str *text, struct file *f)
{
  size_t n = text->len;
  while (n && strchr (" \t\r\n", text->ptr[n - 1]))
    n--;
  char *z = n ? aid_str_steal (text) : strdup ("");
  char **slot = z ? aid_vec_push (&r->out->sources) : NULL;
  if (!slot)
    {
      free (z);
      return aid_error_set (r->e, AID_E_NOMEM, "There is no memory for the template.");
    }
  *slot = z;
  f->text = (struct aid_span){ z, n };
  return AID_OK;
}

/* Whether a file called NAME is being read. */
static int
is_open (const struct file *f, struct aid_span name)
{
  for (; f; f = f->outer)
    if (f->as.len && aid_span_eq (f->as, name))
      return 1;
  return 0;
}

static size_t
files_open (const struct file *f)
{
  size_t n = 0;
  for (; f; f = f->outer)
    n++;
  return n;
}

static enum aid_err
include (struct reader *r, struct file *f, const struct tag *t, struct aid_span name)
{
  struct aid_str text = AID_STR_INIT (AID_TEMPLATE_MAX), file = AID_STR_INIT (8192);
  struct aid_error own = { AID_OK, "" };
  struct file inner = { .line = 1, .outer = f, .as = name };
  int shown = (int)(name.len < 60 ? name.len : 60);
  enum aid_err err = AID_OK;
  if (!is_name (name))
    return fail (r, f, t->at, "\"%.*s\" is no name of a file to include", shown, name.len ? name.ptr : "");
  if (is_open (f, name))
    return fail (r, f, t->at, "\"%.*s\" includes itself", shown, name.ptr);
  if (r->out->sources.len > AID_TEMPLATE_FILES)
    return fail (r, f, t->beg, "more than %d files are included", AID_TEMPLATE_FILES);
  if (files_open (f) > AID_TEMPLATE_DEPTH)
    return fail (r, f, t->at, "files include one another deeper than %d", AID_TEMPLATE_DEPTH);
  err = r->world->partial ? r->world->partial (r->world->ctx, name, &text, &file, &own) : AID_E_NOTFOUND;
  r->bytes += text.len;
  if (err == AID_E_NOTFOUND)
    err = fail (r, f, t->at, "there is no file \"_%.*s.md\" to include", shown, name.ptr);
  else if (err && r->e)
    *r->e = own;
  else if (!err && r->bytes > AID_TEMPLATE_MAX)
    err = fail (r, f, t->at, "the files that are included are larger than %u kB together", AID_TEMPLATE_MAX >> 10);
  else if (!err)
    {
      inner.name = aid_str_z (&file);
      if (!(err = keep_source (r, &text, &inner)))
        err = read_file (r, &inner);
    }
  aid_str_free (&text);
  aid_str_free (&file);
  return err;
}

/* What follows FIRST and a blank in WORDS, or WORDS without the sign; *AT is moved there. */
static struct aid_span
behind (struct aid_span words, size_t n, size_t *at)
{
  struct aid_span rest = aid_span_trim (aid_span_cut (words, n, words.len));
  if (rest.len)
    *at += (size_t)(rest.ptr - words.ptr);
  return rest;
}

static enum aid_err
read_tag (struct reader *r, struct file *f, struct tag t)
{
  struct aid_span w = t.words;
  if (aid_span_starts (w, "!"))
    return AID_OK;
  if (aid_span_find (w, AID_SPAN ("\n")) >= 0)
    return fail (r, f, t.beg, "this tag does not end in its line");
  if (aid_span_starts (w, "#if ") || aid_span_starts (w, "#if\t"))
    {
      struct aid_span name = behind (w, 4, &t.at);
      return read_if (r, f, &t, name);
    }
  if (aid_span_eqz (w, "else"))
    return read_else (r, f, &t);
  if (aid_span_eqz (w, "/if"))
    return read_end (r, f, &t);
  if (aid_span_starts (w, ">"))
    {
      struct aid_span name = behind (w, 1, &t.at);
      return include (r, f, &t, name);
    }
  if (aid_span_eqz (w, "parent"))
    {
      if (!r->out->parent)
        return fail (r, f, t.beg, "{{parent}} stands for what is extended, and nothing is");
      if (r->out->has_parent++)
        return fail (r, f, t.beg, "{{parent}} stands here for the second time");
      return add_node (r, f, t.beg, PARENT, w) ? AID_OK : AID_E_PARSE;
    }
  if (!w.len || strchr ("#/^&", w.ptr[0]))
    return fail (r, f, t.beg,
                 "\"{{%.*s}}\" is no tag: there are {{name}}, {{#if name}}, {{else}}, {{/if}}, {{> file}}, {{! }}",
                 (int)(w.len < 40 ? w.len : 40), w.len ? w.ptr : "");
  enum aid_err err = check_variable (r, f, t.at, w);
  return err ? err : add_node (r, f, t.beg, VARIABLE, w) ? AID_OK : AID_E_PARSE;
}

/* A tag that leaves no text itself: its line goes when it is alone there. */
static int
is_silent (struct aid_span words)
{
  return aid_span_starts (words, "!") || aid_span_starts (words, "#") || aid_span_eqz (words, "else")
         || aid_span_eqz (words, "/if");
}

/* Stretches *BEG and *END over the blanks and the newline of a line that holds nothing else. */
static void
take_line (struct aid_span text, size_t from, size_t *beg, size_t *end)
{
  size_t b = *beg, e = *end;
  while (b > from && (text.ptr[b - 1] == ' ' || text.ptr[b - 1] == '\t'))
    b--;
  while (e < text.len && (text.ptr[e] == ' ' || text.ptr[e] == '\t' || text.ptr[e] == '\r'))
    e++;
  if ((b == 0 || text.ptr[b - 1] == '\n') && (e == text.len || text.ptr[e] == '\n'))
    {
      *beg = b;
      *end = e < text.len ? e + 1 : e;
    }
}

/* Finds the tag whose braces begin at BEG. */
static enum aid_err
find_tag (struct reader *r, const struct file *f, size_t beg, struct tag *t)
{
  ptrdiff_t close = aid_span_find (aid_span_cut (f->text, beg + 2, f->text.len), AID_SPAN ("}}"));
  if (close < 0)
    return fail (r, f, beg, "these braces are not closed by \"}}\"; for two braces write \\{{");
  struct aid_span inner = aid_span_cut (f->text, beg + 2, beg + 2 + (size_t)close);
  t->beg = beg;
  t->end = beg + (size_t)close + 4;
  t->words = aid_span_trim (inner);
  t->at = beg + 2 + (t->words.len ? (size_t)(t->words.ptr - inner.ptr) : 0);
  return AID_OK;
}

static enum aid_err
read_file (struct reader *r, struct file *f)
{
  enum aid_err err = AID_OK;
  size_t at = 0, from = 0; /* FROM: of the text that is not yet a node */
  while (!err && f->text.ptr)
    {
      ptrdiff_t next = aid_span_find (aid_span_cut (f->text, at, f->text.len), AID_SPAN ("{{"));
      if (next < 0)
        break;
      struct tag t = { 0, 0, { NULL, 0 }, 0 };
      size_t beg = at + (size_t)next;
      if (beg > from && f->text.ptr[beg - 1] == '\\')
        {
          err = add_text (r, f, from, beg - 1);
          from = beg;
          at = beg + 2;
        }
      else if (!(err = find_tag (r, f, beg, &t)))
        {
          size_t cut = t.beg, end = t.end;
          if (is_silent (t.words))
            take_line (f->text, from, &cut, &end);
          if (!(err = add_text (r, f, from, cut)))
            err = read_tag (r, f, t);
          at = from = end;
        }
    }
  if (!err)
    err = add_text (r, f, from, f->text.len);
  if (!err && f->depth)
    err = fail (r, f, f->opened[f->depth - 1], "no {{/if}} ends this {{#if}}");
  return err;
}

enum aid_err
aid_template_read (const struct aid_template_source *source, const struct aid_template_world *world,
                   const struct aid_template *parent, struct aid_template **out, struct aid_error *e)
{
  struct aid_template *t = calloc (1, sizeof *t);
  struct reader r = { t, world, e, source->text.len };
  struct file f = { .name = source->file, .line = source->line };
  *out = NULL;
  if (!t)
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the template.");
  t->nodes = AID_VEC_INIT (struct node, AID_TEMPLATE_NODES);
  t->sources = AID_VEC_INIT (char *, AID_TEMPLATE_FILES + 1);
  t->parent = parent;
  struct aid_str text = AID_STR_INIT (AID_TEMPLATE_MAX);
  enum aid_err err = aid_str_addspan (&text, source->text);
  if (err)
    aid_error_set (e, err, "%s is larger than the %u kB that a template may have.", source->file, AID_TEMPLATE_MAX >> 10);
  else if (!(err = keep_source (&r, &text, &f)))
    err = read_file (&r, &f);
  aid_str_free (&text);
  if (err)
    {
      aid_template_free (t);
      return err;
    }
  *out = t;
  return AID_OK;
}

void
aid_template_free (struct aid_template *t)
{
  if (!t)
    return;
  for (size_t i = 0; i < t->sources.len; i++)
    free (AID_VEC_AT (char *, &t->sources, i));
  aid_vec_free (&t->sources);
  aid_vec_free (&t->nodes);
  free (t);
}

int
aid_template_names (const struct aid_template *t, const char *variable)
{
  for (size_t i = 0; i < t->nodes.len; i++)
    {
      const struct node *n = &AID_VEC_AT (struct node, &t->nodes, i);
      if ((n->kind == VARIABLE || n->kind == UNLESS) && aid_span_eqz (n->text, variable))
        return 1;
      if (n->kind == PARENT && aid_template_names (t->parent, variable))
        return 1;
    }
  return 0;
}

enum aid_err
aid_template_render (const struct aid_template *t, aid_template_value *value, void *ctx, struct aid_str *out)
{
  for (size_t i = 0; i < t->nodes.len && !out->err; i++)
    {
      const struct node *n = &AID_VEC_AT (struct node, &t->nodes, i);
      switch (n->kind)
        {
        case TEXT:
          aid_str_addspan (out, n->text);
          break;
        case VARIABLE:
          aid_str_addspan (out, value (ctx, n->text));
          break;
        case PARENT:
          aid_template_render (t->parent, value, ctx, out);
          break;
        case UNLESS:
          if (!aid_span_trim (value (ctx, n->text)).len)
            i = n->jump - 1;
          break;
        case GO:
          i = n->jump - 1;
          break;
        }
    }
  return out->err;
}
