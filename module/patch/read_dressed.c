/* Answers that show their patch in a Markdown quote, or in a code block that is indented and not fenced.  Such parts are read
   when there is no patch outside of them: beside one they are what somebody said before. */
#include "patch/patch_internal.h"

enum { INDENT = 4 };            /* blanks that make a code block */

enum dress { QUOTED, INDENTED };

/* Whether the line goes on with a part of that kind; a blank one does with an indented one. */
static int
is_dressed (enum dress how, struct aid_span line, int begun)
{
  if (how == QUOTED)
    return aid_quote_mark (line) > 0;
  if (aid_span_trim (line).len == 0)
    return begun;
  return line.len > INDENT && memcmp (line.ptr, "    ", INDENT) == 0;
}

/* Reads every part that is dressed so. */
static enum aid_err
read_parts (struct aid_patch *p, enum aid_patch_format format, enum dress how)
{
  struct aid_cursor c = { .text = p->text, .end = p->len };
  struct aid_in_line l;
  enum aid_err err = AID_OK;
  size_t beg = 0;
  int begun = 0, more = 1;
  while (more && !err)
    {
      more = aid_cursor_next (&c, &l);
      if (more && is_dressed (how, l.text, begun))
        {
          beg = begun ? beg : l.beg;
          begun = 1;
        }
      else if (begun)
        {
          struct aid_cursor part = { .text = p->text, .pos = beg, .end = more ? l.beg : p->len, .quoted = how == QUOTED };
          part.indent = how == INDENTED ? INDENT : 0;
          err = aid_read_part (p, format, &part);
          begun = 0;
        }
    }
  return err;
}

enum aid_err
aid_read_dressed (struct aid_patch *p, enum aid_patch_format format)
{
  enum aid_err err = read_parts (p, format, QUOTED);
  return err || p->files.len > 0 ? err : read_parts (p, format, INDENTED);
}
