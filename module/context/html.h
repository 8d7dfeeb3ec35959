/* HTML becomes text that people and models read: headings, lists, tables and blocks of code as Markdown has them, no scripts,
   menus or styles.  A reader of tags, not a browser: it takes any bytes, keeps no tree, and its time is linear in them. */
#ifndef AID_CONTEXT_HTML_H
#define AID_CONTEXT_HTML_H

#include "base/err.h"
#include "base/str.h"

#define AID_HTML_MAX ((size_t) 16 << 20)    /* bytes of a page */

/* Appends the text of HTML, which is UTF-8 (what is not is replaced).  Where a page has a main part (<main>, or one <article>),
   only that, after its title.  AID_E_LIMIT: HTML is over AID_HTML_MAX, or OUT is full; AID_E_NOMEM. */
enum aid_err aid_html_text (struct aid_span html, struct aid_str *out);

#endif
