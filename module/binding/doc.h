/* An open chat as the core sees it: the shadow of the buffer's text, and where its marker lines are.  The text between
   two marker lines is a segment: Markdown that is parsed for itself, so that no turn's text reaches into the next.

   The markers are kept by looking only at the lines that an edit touches.  Positions are bytes.  Lisp thread only. */
#ifndef AID_BINDING_DOC_H
#define AID_BINDING_DOC_H

#include "base/err.h"
#include "base/vec.h"
#include "chat/shadow.h"
#include <stdint.h>

#define AID_DOC_MARKS_MAX 10000000

struct aid_doc_range
{
  size_t beg, end;
};

struct aid_doc
{
  uint64_t id;                 /* the owner's */
  struct aid_shadow *shadow;
  struct aid_vec marks;        /* struct aid_doc_range: marker lines, ascending */
  struct aid_vec starts;       /* size_t: known begins of blocks, ascending; see block_start */
  char key[33];                /* of the first line; "": the text is no chat, one segment */
  const char *language;        /* what aid_chat_language says of the text; NULL: unknown since a marker line was touched */
  struct aid_doc *next;        /* the owner's */
};

struct aid_doc *aid_doc_new (struct aid_span text, struct aid_error *e);
void aid_doc_free (struct aid_doc *d);
/* As aid_shadow_edit; after an error the document is to be opened anew. */
enum aid_err aid_doc_edit (struct aid_doc *d, size_t beg, size_t deleted, struct aid_span text, struct aid_error *e);
/* The first segment that ends after POS; 0 when there is none. */
int aid_doc_segment (struct aid_doc *d, size_t pos, struct aid_doc_range *out);
/* The part of segment SEG to parse so as to be right from BEG to END (either may be outside SEG): whole blocks. */
struct aid_doc_range aid_doc_blocks_around (struct aid_doc *d, struct aid_doc_range seg, size_t beg, size_t end);

#endif
