/* New and deleted files: all or nothing, by the whole text.  A new file may not replace another text, and only the text
   that the patch shows is deleted. */
#include "patch/plan_internal.h"

static int
same_text (struct aid_span a, struct aid_span b)
{
  struct aid_span la, lb;
  for (;;)
    {
      int more_a = aid_span_line (&a, &la), more_b = aid_span_line (&b, &lb);
      if (!more_a || !more_b)
        return more_a == more_b;
      if (la.len > 0 && la.ptr[la.len - 1] == '\r')
        la.len--;
      if (lb.len > 0 && lb.ptr[lb.len - 1] == '\r')
        lb.len--;
      if (!aid_span_eq (la, lb))
        return 0;
    }
}

static void
whole_file (struct aid_planner *g, struct aid_file_plan *f, enum aid_hunk_status status, const char *method)
{
  f->applies = 1;
  f->already = status == AID_HUNK_ALREADY;
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_placement *o = aid_plan_placement (g, f, i);
      if (o->status == AID_HUNK_LEFT_OUT)
        continue;
      o->status = status;
      o->method = method;
      o->line = 1;
      o->similarity = 1;
      o->span_end = f->before.len;
    }
}

/* The new lines of a hunk as they are to stand in the file. */
static void
add_new_lines (struct aid_planner *g, const struct aid_file_plan *f, const struct aid_want *w, struct aid_str *out)
{
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 2);
  aid_side_text (w, '+', &text);
  struct aid_span rest = aid_str_span (&text), line;
  int crlf = AID_VEC_AT (struct aid_patch_file, &g->p->files, f->file).crlf;
  while (crlf && aid_span_line (&rest, &line))
    {
      aid_str_addspan (out, line);
      if (line.ptr + line.len < text.ptr + text.len)
        aid_str_addz (out, "\r\n");
    }
  aid_str_addspan (out, rest);
  if (text.err)
    out->err = text.err;
  aid_str_free (&text);
}

/* The text of one side of all the file's hunks that take part. */
static enum aid_err
side_of_file (struct aid_planner *g, const struct aid_file_plan *f, char op, struct aid_str *out)
{
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_want w = aid_plan_want (g, f, i, "");
      if (op == '-')
        aid_side_text (&w, op, out);
      else if (aid_plan_placement (g, f, i)->status != AID_HUNK_LEFT_OUT)
        add_new_lines (g, f, &w, out);
    }
  return out->err;
}

/* Gives every hunk of a new file its part as one insertion, or the first hunk of a deleted one the whole deletion. */
static enum aid_err
whole_edits (struct aid_planner *g, struct aid_file_plan *f, int create)
{
  struct aid_lines lines;
  enum aid_err err = aid_lines_init (&lines, aid_str_span (&f->before), NULL);
  for (size_t i = 0; i < f->n && !err; i++)
    {
      struct aid_placement *o = aid_plan_placement (g, f, i);
      struct aid_want w = aid_plan_want (g, f, i, "");
      struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 2);
      if (o->status == AID_HUNK_LEFT_OUT)
        continue;
      if (create)
        add_new_lines (g, f, &w, &text);
      o->cspan_end = aid_lines_chars (&lines, f->before.len);
      if (create || (i == 0 && f->before.len > 0))
        err = aid_edit_add (&lines, 0, f->before.len, &text, &g->plan->texts, o);
      aid_str_free (&text);
    }
  aid_lines_free (&lines);
  return err;
}

enum aid_err
aid_plan_create (struct aid_planner *g, struct aid_file_plan *f, const char *path)
{
  int there;
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 2);
  enum aid_err err = aid_plan_read (g, f, path, &f->before, &there);
  if (err || f->reason[0])
    return err;
  char why[256];
  if (g->entities == AID_ENTITIES_ALL)
    err = aid_plan_read_unescaped (g);
  if (!err)
    err = side_of_file (g, f, '+', &text);
  if (err)
    aid_plan_refuse (g, f, "the new file is too large");
  else if (memchr (aid_str_z (&text), 0, text.len))
    aid_plan_refuse (g, f, "the new file holds NUL bytes");
  else if (there && same_text (aid_str_span (&f->before), aid_str_span (&text)))
    {
      whole_file (g, f, AID_HUNK_ALREADY, "create");
      aid_str_addspan (&f->after, aid_str_span (&f->before));
    }
  else if (f->before.len > 0)
    {
      aid_reason (why, "%.150s is there already, with another text", path);
      aid_plan_refuse (g, f, why);
    }
  else
    {
      whole_file (g, f, AID_HUNK_APPLIES, "create");
      err = whole_edits (g, f, 1);
      aid_str_addspan (&f->after, aid_str_span (&text));
    }
  aid_str_free (&text);
  return err == AID_E_LIMIT ? AID_OK : err;
}

enum aid_err
aid_plan_delete (struct aid_planner *g, struct aid_file_plan *f, const char *path)
{
  int there;
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 2);
  enum aid_err err = aid_plan_read (g, f, path, &f->before, &there);
  if (err || f->reason[0])
    return err;
  char why[256];
  if (!there)
    {
      whole_file (g, f, AID_HUNK_ALREADY, "delete");
      return AID_OK;
    }
  err = side_of_file (g, f, '-', &text);
  int untold = AID_VEC_AT (struct aid_patch_file, &g->p->files, f->file).text_untold;
  if (!err && (untold || same_text (aid_str_span (&f->before), aid_str_span (&text))))
    {
      whole_file (g, f, AID_HUNK_APPLIES, "delete");
      err = whole_edits (g, f, 0);
    }
  else
    {
      aid_reason (why, "%.150s has not the text that the patch deletes", path);
      aid_plan_refuse (g, f, why);
      err = AID_OK;
    }
  aid_str_free (&text);
  return err;
}
