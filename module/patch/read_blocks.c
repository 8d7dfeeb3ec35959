/* The answer as Markdown: which lines are fences, which fenced blocks hold patches and in what format, and bare runs of a
   diff outside of any fence.  A diff of a Markdown file has fences of its own: a block of a patch is closed by a fence
   with the indentation of its opening one, and a fence inside a search/replace block closes nothing. */
#include "patch/read_whole.h"

#include <ctype.h>
#include <stdlib.h>

struct fence
{
  char sign;
  size_t indent, run;
  struct aid_span info;
};

static int
is_met (const struct aid_perusal *s)
{
  return s->c.horizon && s->c.horizon->met;
}

static int
parse_fence (struct aid_span line, struct fence *f)
{
  size_t i = 0;
  while (i < line.len && line.ptr[i] == ' ')
    i++;
  f->indent = i;
  if (i > 3 || i == line.len || (line.ptr[i] != '`' && line.ptr[i] != '~'))
    return 0;
  f->sign = line.ptr[i];
  size_t from = i;
  while (i < line.len && line.ptr[i] == f->sign)
    i++;
  f->run = i - from;
  f->info = aid_span_trim (aid_span_cut (line, i, line.len));
  return f->run >= 3 && !(f->sign == '`' && memchr (f->info.ptr, '`', f->info.len));
}

static int
info_is (struct aid_span info, const char *word)
{
  size_t n = strlen (word);
  return info.len >= n && strncasecmp (info.ptr, word, n) == 0
         && (info.len == n || !isalnum ((unsigned char) info.ptr[n]));
}

static int
is_diff_info (struct aid_span info)
{
  return info_is (info, "diff") || info_is (info, "patch") || info_is (info, "udiff");
}

/* --- where a block ends --- */

struct ends
{
  size_t content_end, block_end;
  int open;                     /* what is yet to come says where: what stands before content_end is sure to be content */
};

/* Whether the fence that closes a diff stands at the end of LINE, behind its text; then *RUN bytes of it.  A line that has other
   signs of fences is text. */
static int
ends_in_fence (struct aid_span line, const struct fence *open, size_t *run)
{
  *run = 0;
  while (*run < line.len && line.ptr[line.len - 1 - *run] == open->sign)
    ++*run;
  return *run >= open->run && *run < line.len && !memchr (line.ptr, open->sign, line.len - *run)
         && is_diff_info (open->info);
}

/* Ends the block at the fence that closes it, or at the end of the answer.  Fences can be set so that each is looked for
   through the whole answer; then, after several times its length, the first one that may close a block does. */
static struct ends
find_close (struct aid_perusal *s, const struct fence *open, int strict)
{
  enum { TIMES = 8, FREE = 1 << 20 };
  struct aid_cursor c = s->c;
  struct aid_in_line l;
  struct ends loose = { 0, 0, 0 }, glued = loose; /* GLUED: at a fence behind the last line's text, if there is no other */
  size_t end_width = 0, width, run, sure = s->c.end;
  int inside = 0; /* a search/replace block */
  c.horizon = NULL;
  while (aid_cursor_next (&c, &l))
    {
      struct fence f;
      s->looked += s->c.horizon ? 0 : l.end - l.beg;     /* what is fed is looked through again and again */
      if (loose.block_end > 0 && s->looked > FREE + TIMES * s->p->len)
        return loose;
      if (inside)
        {
          inside = !aid_at_replace (l.text, end_width);
          continue;
        }
      if (aid_at_search (l.text, &width))
        {
          inside = l.beg < s->last_replace;
          end_width = inside ? aid_block_widths (c, width).end : 0;
          if (s->c.horizon && end_width == 0)   /* its end may come */
            {
              sure = glued.block_end > 0 ? sure : l.beg;
              break;
            }
        }
      if (!parse_fence (l.text, &f))
        {
          if (glued.block_end == 0 && ends_in_fence (l.text, open, &run))
            {
              glued = (struct ends){ (size_t) (l.text.ptr - c.text) + l.text.len - run, l.end, 0 };
              sure = l.beg;
            }
          continue;
        }
      int closes = f.sign == open->sign && f.run >= open->run && f.info.len == 0;
      if (closes && (!strict || f.indent == open->indent))
        return (struct ends){ l.beg, l.end, 0 };
      if (closes && loose.block_end == 0)
        loose = (struct ends){ l.beg, l.end, 0 };
      if (f.info.len > 0 && loose.block_end > 0)
        return loose;
      if (f.info.len > 0 && f.indent == open->indent && glued.block_end > 0)
        return glued;
    }
  if (loose.block_end == 0 && glued.block_end > 0 && !s->c.horizon)
    return glued;
  if (loose.block_end == 0)
    loose = (struct ends){ sure, sure, 0 };
  loose.open = s->c.horizon != NULL;
  return loose;
}

/* Whether every line that has text is indented as its fence is: then that is not the text's own. */
static size_t
common_indent (struct aid_cursor c, size_t indent)
{
  struct aid_in_line l;
  c.indent = 0;
  while (indent > 0 && aid_cursor_next (&c, &l))
    {
      size_t i = 0;
      while (i < indent && i < l.text.len && l.text.ptr[i] == ' ')
        i++;
      if (i < indent && i < l.text.len)
        return 0;
    }
  return indent;
}

/* --- what a block holds --- */

/* An @@ line as diffs have it: with numbers, or with nothing or dots for them.  A section alone may be anything. */
static int
at_hunk (struct aid_span line)
{
  static const char *const bare[] = { "@@", "@@ @@", "@@ ... @@" };
  if (aid_span_starts (line, "@@ -"))
    return 1;
  line = aid_span_trim (line);
  for (size_t i = 0; i < sizeof bare / sizeof *bare; i++)
    if (aid_span_eqz (line, bare[i]))
      return 1;
  return 0;
}

/* Looks for the shapes of the formats in C.  AUTO: none. */
static enum aid_patch_format
sniff (struct aid_cursor c)
{
  struct aid_in_line l;
  struct aid_cursor at = c;
  struct aid_span name;
  size_t width;
  int apply_patch = 0;
  while (aid_cursor_next (&c, &l))
    {
      if (aid_at_search (l.text, &width))
        return AID_FORMAT_SEARCH_REPLACE;
      if (aid_at_directive (l.text, &name) != AID_NO_DIRECTIVE)
        apply_patch = 1;
      if (apply_patch && aid_at_file_header (&at))
        return AID_FORMAT_APPLY_PATCH;
      if (at_hunk (l.text) || aid_at_file_header (&at))
        return AID_FORMAT_UNIFIED;
      at = c;
    }
  return AID_FORMAT_AUTO;
}

static enum aid_patch_format
format_of (const struct aid_perusal *s, const struct fence *f, struct aid_cursor content)
{
  enum aid_patch_format seen = aid_at_edits (content) ? AID_FORMAT_EDITS : sniff (content);
  if (seen == AID_FORMAT_AUTO && is_diff_info (f->info) && content.pos < content.end)
    seen = AID_FORMAT_UNIFIED;
  return s->format == AID_FORMAT_AUTO || s->format == seen ? seen : AID_FORMAT_AUTO;
}

/* Both have hunks under headers, and one reader. */
static int
is_unified (enum aid_patch_format format)
{
  return format == AID_FORMAT_UNIFIED || format == AID_FORMAT_APPLY_PATCH;
}

/* --- blocks --- */

static struct aid_span
prose_text (const struct aid_perusal *s, size_t until)
{
  for (size_t i = 0; i < 3; i++)
    if (s->prose[i] != (size_t) -1)
      return (struct aid_span){ s->p->text + s->prose[i], until - s->prose[i] };
  return (struct aid_span){ s->p->text, 0 };
}

static void
forget_prose (struct aid_perusal *s)
{
  s->prose[0] = s->prose[1] = s->prose[2] = (size_t) -1;
}

static void
remember_prose (struct aid_perusal *s, const struct aid_in_line *l)
{
  if (aid_span_trim (l->text).len == 0)
    return;
  s->prose[0] = s->prose[1];
  s->prose[1] = s->prose[2];
  s->prose[2] = l->beg;
}

/* A block of one line may be the name of the file that the next block changes. */
static void
remember_line (struct aid_perusal *s, struct aid_cursor c)
{
  struct aid_in_line l, more;
  forget_prose (s);
  if (aid_cursor_next (&c, &l) && !aid_cursor_next (&c, &more))
    remember_prose (s, &l);
}

/* Reads C as a block from BEG to END (0: to where its last file ends). */
static enum aid_err
read_block (struct aid_perusal *s, enum aid_patch_format format, struct aid_cursor *c, struct aid_span prose, size_t beg,
            size_t end)
{
  struct aid_patch *p = s->p;
  struct aid_patch_block *b = aid_vec_push (&p->blocks);
  if (!b)
    return AID_E_LIMIT;
  size_t index = p->blocks.len - 1, notes = p->notes.len;
  b->beg = beg;
  b->format = format;
  b->first_file = p->files.len;
  enum aid_err err = is_unified (format)          ? aid_read_unified (p, c, end > 0, prose, &s->unified)
                     : format == AID_FORMAT_EDITS ? aid_read_edits (p, c)
                                                  : aid_read_search_replace (p, c, end > 0, prose, &s->path);
  b = &AID_VEC_AT (struct aid_patch_block, &p->blocks, index);
  if (err)
    return err;
  if (b->nfiles > 0)
    {
      b->end = end ? end : AID_VEC_AT (struct aid_patch_file, &p->files, p->files.len - 1).end;
      return AID_OK;
    }
  p->blocks.len--;
  if (p->notes.len == notes)
    aid_patch_note (p, beg, "no change could be read in this block");
  return AID_OK;
}

/* The info of a fence may name the file: "python src/a.py". */
static void
name_from_info (struct aid_perusal *s, struct aid_span info)
{
  char *name = aid_name_in_prose (info);
  if (!name)
    return;
  free (s->path);
  s->path = name;
}

/* A block without a diff: what it came to, or a candidate.  *END gets where it ends. */
static enum aid_err
plain_block (struct aid_perusal *s, const struct fence *f, const struct aid_cursor *content, size_t beg, size_t *end)
{
  size_t n = s->settled ? s->settled->len : 0, behind = *end;
  struct aid_settled kept;
  enum aid_err err = aid_read_kept (&s->c, behind, &kept, end);
  while (s->next_settled < n && AID_VEC_AT (struct aid_settled, s->settled, s->next_settled).beg < beg)
    s->next_settled++;
  const struct aid_settled *told = s->next_settled < n ? &AID_VEC_AT (struct aid_settled, s->settled, s->next_settled) : NULL;
  if (told && told->beg != beg)
    told = NULL;
  if (told && told->note)
    aid_patch_note (s->p, beg, "%s", told->note);
  if (!told && kept.diff)
    told = &kept;
  if (!err && told && told->diff)
    err = aid_read_settled (s->p, told, beg, *end);
  if (!err && !s->settled && !s->c.horizon && (!kept.diff || kept.refused) && !is_diff_info (f->info))
    err = aid_read_candidate (s->p, f->info, prose_text (s, beg), content, beg, behind, s->format == AID_FORMAT_WHOLE);
  aid_settled_free (&kept);
  return err;
}

/* The lines of the block that F opens, up to where it ends. */
static struct aid_cursor
content_of (const struct aid_perusal *s, const struct fence *f, struct ends ends)
{
  struct aid_cursor content = { .text = s->p->text, .pos = s->c.pos, .end = ends.content_end,
                                .quoted = s->c.quoted };
  content.horizon = ends.open ? s->c.horizon : NULL;
  content.indent = common_indent (content, f->indent);
  return content;
}

static enum aid_err
fenced_block (struct aid_perusal *s, const struct aid_in_line *line, const struct fence *f)
{
  /* Whether it holds a patch decides where it ends, so it is looked at up to its plain end first. */
  struct ends ends = find_close (s, f, 0);
  struct aid_cursor content = content_of (s, f, ends);
  enum aid_patch_format format = format_of (s, f, content);
  if (is_unified (format))
    {
      ends = find_close (s, f, 1);
      content = content_of (s, f, ends);
    }
  enum aid_err err = AID_OK;
  if (format != AID_FORMAT_AUTO && !is_met (s))
    {
      struct aid_span prose = prose_text (s, line->beg);
      s->fenced_patch = 1;
      if (f->info.len > 0)
        name_from_info (s, f->info);
      err = read_block (s, format, &content, prose, line->beg, ends.block_end);
    }
  else if (format == AID_FORMAT_AUTO
           && (s->format == AID_FORMAT_AUTO
               || (s->format == AID_FORMAT_WHOLE && sniff (content) == AID_FORMAT_AUTO && !aid_at_edits (content))))
    err = plain_block (s, f, &content, line->beg, &ends.block_end);
  if (ends.open)
    s->c.horizon->met = 1;
  s->c.pos = ends.block_end;
  if (format == AID_FORMAT_AUTO)
    remember_line (s, content);
  else
    forget_prose (s);
  return err;
}

/* Whether a diff begins at AT: with a header, or with an @@ line that is followed by a line of a hunk. */
static int
bare_unified (const struct aid_cursor *at, struct aid_span line)
{
  struct aid_cursor c = *at;
  struct aid_in_line l;
  if (aid_at_file_header (at))
    return 1;
  return at_hunk (line) && aid_cursor_next (&c, &l) && aid_cursor_next (&c, &l)
         && (aid_span_starts (line, "@@ -") || (l.text.len > 0 && strchr (" +-", l.text.ptr[0]) && l.text.ptr[0]));
}

/* A diff or a search/replace block outside of fences, at AT.  0: there is none. */
static int
bare_block (struct aid_perusal *s, const struct aid_cursor *at, const struct aid_in_line *line, enum aid_err *err)
{
  size_t width;
  enum aid_patch_format format = aid_at_search (line->text, &width) ? AID_FORMAT_SEARCH_REPLACE
                                 : bare_unified (at, line->text)    ? sniff (*at)
                                                                    : AID_FORMAT_AUTO;
  if (format == AID_FORMAT_AUTO || (s->format != AID_FORMAT_AUTO && s->format != format))
    return 0;
  if (format == AID_FORMAT_SEARCH_REPLACE && line->beg > s->last_replace)
    {
      if (s->c.horizon)
        s->c.horizon->met = 1;  /* its end may come */
      return 0;
    }
  if (s->format == AID_FORMAT_AUTO && s->fenced_patch)
    {
      if (!s->told)
        aid_patch_note (s->p, line->beg, "a change outside of the code blocks is left out");
      s->told = 1;
      return 0;
    }
  struct aid_cursor c = *at;
  *err = read_block (s, format, &c, prose_text (s, line->beg), line->beg, 0);
  if (c.pos <= line->beg)
    c.pos = line->end;
  s->c.pos = c.pos;
  forget_prose (s);
  return 1;
}

void
aid_perusal_ends (struct aid_perusal *s, size_t from)
{
  struct aid_cursor c = s->c;
  c.pos = from;
  c.horizon = NULL;
  struct aid_in_line l;
  while (aid_cursor_next (&c, &l))
    if (aid_at_replace (l.text, 0))
      s->last_replace = l.beg;
}

enum aid_err
aid_perusal_whole (struct aid_perusal *s)
{
  struct aid_cursor c = s->c;
  struct aid_span none = { s->p->text, 0 };
  if ((s->format != AID_FORMAT_AUTO && s->format != AID_FORMAT_EDITS) || !aid_at_edits (c))
    return AID_OK;
  enum aid_err err = read_block (s, AID_FORMAT_EDITS, &c, none, c.pos, c.end);
  if (s->p->files.len > 0)
    s->c = c;
  else
    s->p->notes.len = 0;
  return err;
}

void
aid_perusal_begin (struct aid_perusal *s, struct aid_patch *p, enum aid_patch_format format, struct aid_horizon *horizon)
{
  *s = (struct aid_perusal){ .p = p, .format = format };
  s->c = (struct aid_cursor){ .text = p->text, .end = p->len, .horizon = horizon };
  if (p->len >= 3 && memcmp (p->text, "\xef\xbb\xbf", 3) == 0)
    s->c.pos = 3;
  forget_prose (s);
}

void
aid_perusal_free (struct aid_perusal *s)
{
  free (s->path);
  free (s->unified);
}

enum aid_perusal_step
aid_perusal_step (struct aid_perusal *s, enum aid_err *err)
{
  struct aid_in_line l;
  struct aid_cursor at = s->c;
  struct fence f;
  if (!aid_cursor_next (&s->c, &l))
    return AID_STEP_NONE;
  if (parse_fence (l.text, &f))
    *err = fenced_block (s, &l, &f);
  else if (!bare_block (s, &at, &l, err))
    {
      remember_prose (s, &l);
      return AID_STEP_LINE;
    }
  return AID_STEP_BLOCK;
}

static enum aid_err
scan_steps (struct aid_perusal *s, enum aid_err err)
{
  while (!err && aid_perusal_step (s, &err))
    ;
  aid_perusal_free (s);
  return err;
}

enum aid_err
aid_read_part (struct aid_patch *p, enum aid_patch_format format, const struct aid_cursor *c)
{
  static const struct aid_vec none;     /* code that is quoted is no candidate for a file */
  struct aid_perusal s;
  aid_perusal_begin (&s, p, format, NULL);
  s.settled = &none;
  s.c = *c;
  aid_perusal_ends (&s, s.c.pos);
  return scan_steps (&s, AID_OK);
}

enum aid_err
aid_read_blocks (struct aid_patch *p, enum aid_patch_format format, const struct aid_vec *settled)
{
  struct aid_perusal s;
  aid_perusal_begin (&s, p, format, NULL);
  s.settled = settled;
  aid_perusal_ends (&s, s.c.pos);
  enum aid_err err = scan_steps (&s, aid_perusal_whole (&s));
  int nothing = p->files.len == 0 && p->candidates.len == 0 && !settled;
  return !err && nothing ? aid_read_dressed (p, format) : err;
}
