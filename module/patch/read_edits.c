/* The calls of edit tools, as JSON: {"file_path", "old_string", "new_string", "replace_all"}, one or a list of them, an object
   that holds a list for one path, or any of these as the arguments of a named call.  The old text is a piece of the file, not
   whole lines; a hunk of lines is made of it all the same, and the plan widens it to the file's lines (expand.c). */
#include "patch/patch_internal.h"

#include <jansson.h>
#include <stdlib.h>

enum { JSON_BYTES = 4 << 20, DEPTH = 5 };

struct call
{
  struct aid_patch *p;
  size_t beg, end;              /* of the whole value in the answer */
  enum aid_err err;
};

static const json_t *
member (const json_t *o, const char *const *names)
{
  for (; *names; names++)
    if (json_object_get (o, *names))
      return json_object_get (o, *names);
  return NULL;
}

static const char *const path_names[] = { "file_path", "path", "filePath", "target_file", "filename", "file", NULL };
static const char *const old_names[] = { "old_string", "old_str", "oldString", "old_text", "oldText", NULL };
static const char *const new_names[] = { "new_string", "new_str", "newString", "new_text", "newText", NULL };
static const char *const all_names[] = { "replace_all", "replaceAll", NULL };
static const char *const list_names[] = { "edits", "changes", "calls", "tool_calls", NULL };
static const char *const inner_names[] = { "input", "arguments", "parameters", "args", "function", NULL };

/* A copy of STRING; its line ends become "\n" unless it is VERBATIM, for the file has its own. */
static struct aid_span
keep (struct call *c, const json_t *string, int verbatim)
{
  struct aid_str copy = AID_STR_INIT (JSON_BYTES);
  struct aid_span v = { json_string_value (string), json_string_length (string) }, line;
  while (!verbatim && aid_span_line (&v, &line))
    {
      int ended = line.ptr + line.len < json_string_value (string) + json_string_length (string);
      aid_str_add (&copy, line.ptr, line.len - (ended && line.len > 0 && line.ptr[line.len - 1] == '\r'));
      if (ended)
        aid_str_addc (&copy, '\n');
    }
  aid_str_addspan (&copy, v);
  v = aid_patch_add_text (c->p, &copy);
  aid_str_free (&copy);
  if (!v.ptr)
    c->err = AID_E_LIMIT;
  return v;
}

/* The file for PATH: the last one of this block when it is that. */
static struct aid_patch_file *
file_for (struct call *c, const char *path, int create)
{
  const struct aid_patch_block *b = &AID_VEC_AT (struct aid_patch_block, &c->p->blocks, c->p->blocks.len - 1);
  struct aid_patch_file *f = b->nfiles ? &AID_VEC_AT (struct aid_patch_file, &c->p->files, c->p->files.len - 1) : NULL;
  if (f && !create && f->op == AID_OP_MODIFY && strcmp (f->new_path, path) == 0)
    return f;
  f = aid_patch_add_file (c->p, c->beg);
  if (!f)
    return NULL;
  f->op = create ? AID_OP_CREATE : AID_OP_MODIFY;
  f->old_path = create ? NULL : strdup (path);
  f->new_path = strdup (path);
  if (f->new_path)
    aid_path_tidy (f->new_path);
  if (f->old_path)
    aid_path_tidy (f->old_path);
  return f->new_path && (create || f->old_path) ? f : NULL;
}

static void
add_edit (struct call *c, const char *path, const json_t *old, const json_t *new, int all)
{
  int create = json_string_length (old) == 0;
  struct aid_patch_file *f = file_for (c, path, create);
  struct aid_patch_hunk *h = f ? aid_patch_add_hunk (c->p, f, c->beg) : NULL;
  struct aid_span from = keep (c, old, 0), to = keep (c, new, create);
  if (!h)
    c->err = AID_E_LIMIT;
  if (c->err)
    return;
  h->end = f->end = c->end;
  if (!create)
    {
      h->old_text = from;
      h->new_text = to;
      h->all = all;
    }
  c->err = aid_text_diff (c->p, h, from, to, 0);
  if (!c->err && create && h->nlines > 0 && !aid_span_ends (to, "\n"))
    AID_VEC_AT (struct aid_patch_line, &c->p->lines, h->first_line + h->nlines - 1).no_newline = 1;
  if (!c->err && h->nlines == 0)
    {
      aid_patch_drop_hunk (c->p, f);
      if (f->nhunks == 0 && !create)
        aid_patch_drop_file (c->p);
    }
}

static void read_value (struct call *c, const json_t *v, const char *path, int depth);

static void
read_object (struct call *c, const json_t *o, const char *path, int depth)
{
  const json_t *name = member (o, path_names), *old = member (o, old_names), *new = member (o, new_names);
  const json_t *content = json_object_get (o, "file_text");
  const json_t *all = member (o, all_names), *inner = member (o, list_names);
  if (!content && json_object_get (o, "file_path"))
    content = json_object_get (o, "content");
  if (json_is_string (name))
    path = json_string_value (name);
  if (path && strlen (path) > AID_NAME_MAX)
    {
      aid_patch_note (c->p, c->beg, "a file's name that is too long");
      return;
    }
  if (json_is_string (old) && json_is_string (new))
    {
      add_edit (c, path ? path : "", old, new, all && json_typeof (all) == JSON_TRUE);
      return;
    }
  if (json_is_string (content) && path && !old)
    {
      json_t *empty = json_string ("");
      if (empty)
        add_edit (c, path, empty, content, 0);
      json_decref (empty);
      return;
    }
  inner = inner ? inner : member (o, inner_names);
  if (inner)
    read_value (c, inner, path, depth + 1);
}

static void
read_value (struct call *c, const json_t *v, const char *path, int depth)
{
  if (depth > DEPTH || c->err)
    return;
  if (json_is_object (v))
    read_object (c, v, path, depth);
  else if (json_is_array (v))
    for (size_t i = 0; i < json_array_size (v); i++)
      read_value (c, json_array_get (v, i), path, depth + 1);
  else if (json_is_string (v))    /* arguments are JSON in a string */
    {
      json_t *inner = json_loadb (json_string_value (v), json_string_length (v), 0, NULL);
      if (inner && !json_is_string (inner))
        read_value (c, inner, path, depth + 1);
      json_decref (inner);
    }
}

int
aid_at_edits (struct aid_cursor c)
{
  struct aid_span v = aid_span_trim ((struct aid_span){ c.text + c.pos, c.end - c.pos });
  if (c.horizon && (v.len == 0 || v.ptr[0] == '{' || v.ptr[0] == '['))
    {
      c.horizon->met = 1;       /* JSON is known by its whole */
      return 0;
    }
  if (v.len < 2 || v.len > JSON_BYTES || (v.ptr[0] != '{' && v.ptr[0] != '['))
    return 0;
  for (const char *const *name = old_names; *name; name++)
    if (aid_span_find (v, aid_span_z (*name)) >= 0)
      return 1;
  return aid_span_find (v, AID_SPAN ("file_text")) >= 0
         || (aid_span_find (v, AID_SPAN ("\"file_path\"")) >= 0 && aid_span_find (v, AID_SPAN ("\"content\"")) >= 0);
}

enum aid_err
aid_read_edits (struct aid_patch *p, struct aid_cursor *c)
{
  json_error_t e;
  enum aid_err err = AID_OK;
  while (!err && c->pos < c->end)
    {
      while (c->pos < c->end && strchr (" \t\r\n,;", c->text[c->pos]) && c->text[c->pos])
        c->pos++;
      json_t *v = c->pos < c->end && c->end - c->pos <= JSON_BYTES
                      ? json_loadb (c->text + c->pos, c->end - c->pos, JSON_DISABLE_EOF_CHECK, &e)
                      : NULL;
      if (!v)
        {
          if (c->pos < c->end)
            aid_patch_note (p, c->pos, "this is no JSON that could be read");
          c->pos = c->end;
          break;
        }
      struct call call = { p, c->pos, c->pos + (size_t) e.position, AID_OK };
      read_value (&call, v, NULL, 0);
      c->pos = call.end;
      err = call.err;
      json_decref (v);
    }
  return err;
}
