/* What the files of the converter share: the reader of tags (html_token.c), and what makes text of them (html.c). */
#ifndef AID_CONTEXT_HTML_INTERNAL_H
#define AID_CONTEXT_HTML_INTERNAL_H

#include "context/html.h"

enum aid_html_kind { AID_HTML_END, AID_HTML_CHARS, AID_HTML_OPEN, AID_HTML_CLOSE };

struct aid_html_token
{
  enum aid_html_kind kind;
  struct aid_span text;        /* CHARS: as written; OPEN: the attributes */
  char name[16];               /* of a tag, in small letters; longer ones are cut */
};

/* Takes the next token off *REST; comments, declarations and tags that never end are passed over. */
struct aid_html_token aid_html_next (struct aid_span *rest);
/* Takes everything before the tag that closes NAME off *REST, as the text of an element that has no tags inside. */
struct aid_span aid_html_raw (struct aid_span *rest, const char *name);
/* Appends TEXT with its character references replaced. */
void aid_html_decode (struct aid_span text, struct aid_str *out);
/* Appends the value of attribute NAME of the tag T; 0 when it has none. */
int aid_html_attribute (const struct aid_html_token *t, const char *name, struct aid_str *out);

/* Whether the element NAME has no tags inside. */
int aid_html_is_raw (const char *name);
/* Appends the text of HTML, which is a part of a page; it ends without a newline.  Errors are OUT's own. */
void aid_html_body (struct aid_span html, struct aid_str *out);
/* Appends TEXT with its blanks collapsed, and none at its ends. */
void aid_html_words (struct aid_span text, struct aid_str *out);

#endif
