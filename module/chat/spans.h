/* Where Markdown's constructs are in a text, for display.  cmark finds blocks and inlines; its positions are corrected
   (columns of continuation lines) and tables are recognised on top. */
#ifndef AID_CHAT_SPANS_H
#define AID_CHAT_SPANS_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

enum aid_face
{
  AID_FACE_HEADING1 = 1, AID_FACE_HEADING2, AID_FACE_HEADING3, AID_FACE_HEADING4,
  AID_FACE_EMPHASIS, AID_FACE_STRONG, AID_FACE_CODE, AID_FACE_FENCE, /* the fence's own lines */
  AID_FACE_BLOCK,          /* code block's content */
  AID_FACE_LINK, AID_FACE_URL, AID_FACE_IMAGE, AID_FACE_QUOTE, AID_FACE_BULLET, AID_FACE_TABLE, AID_FACE_TABLE_RULE,
  AID_FACE_RULE, AID_FACE_HTML, AID_FACE_MARKUP /* the delimiters themselves: **, [, ](... */
};
const char *aid_face_name (int face);    /* "heading1", ... */
#define AID_FACES 20

struct aid_face_span
{
  uint32_t beg, end;       /* bytes (or characters where said) of the text, from 0 */
  uint32_t face;
};

/* Appends the spans of TEXT (a sequence of whole blocks) to OUT (struct aid_face_span), outer before inner.  An inline's
   span holds its delimiters, and each of these is a MARKUP span too; of quotes in quotes only the outer one has a span.
   No span: reference definitions; a line with one of our markers (<!--aid:); a top-level block that is longer than
   1 MB (fences have theirs), deeper than 64 quotes and lists, or would cost cmark quadratic time.
   AID_E_LIMIT beyond 1 GB or OUT's limit.  Any bytes will do; on error OUT holds a part.
   *TAIL (may be NULL) gets the byte where the last top-level block begins: what later text may still change. */
enum aid_err aid_spans (struct aid_span text, struct aid_vec *out, size_t *tail, struct aid_error *e);

/* A fenced code block: for fontifying by the language's mode. */
struct aid_code_block
{
  size_t beg, end;         /* the whole block, bytes */
  size_t code, code_end;   /* its content */
  struct aid_span info;    /* the language word, into the text */
  int closed;
};
/* Appends the top-level fenced code blocks of TEXT to OUT (struct aid_code_block), by lines, without cmark. */
enum aid_err aid_code_blocks (struct aid_span text, struct aid_vec *out);

/* A place before POS where a block surely begins, such that parsing from it gives the right spans around POS; 0 at worst. */
size_t aid_spans_start (struct aid_span text, size_t pos);

#endif
