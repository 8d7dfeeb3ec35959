/* A whole page: its title, and its main part where it has one. */
#include "base/utf8.h"
#include "context/html_internal.h"

#define MAIN_LEAST 200 /* bytes of text that a page's main part has, else the whole page is taken */
#define TITLE_MAX 1000

/* Finds the page's title, as written, and its main part: what is in its first <main>, else in its only <article>. */
static void
look_over (struct aid_span html, struct aid_span *title, struct aid_span *body)
{
  struct aid_span rest = html, parts[2] = { { NULL, 0 }, { NULL, 0 } };
  const char *begun[2] = { NULL, NULL };
  int articles = 0;
  for (struct aid_html_token t; (t = aid_html_next (&rest)).kind != AID_HTML_END;)
    {
      int which = !strcmp (t.name, "main") ? 0 : !strcmp (t.name, "article") ? 1 : -1;
      if (t.kind == AID_HTML_OPEN && aid_html_is_raw (t.name))
        {
          struct aid_span text = aid_html_raw (&rest, t.name);
          if (!title->ptr && !strcmp (t.name, "title"))
            *title = text;
        }
      if (which < 0)
        continue;
      articles += which == 1 && t.kind == AID_HTML_OPEN;
      if (t.kind == AID_HTML_OPEN && !begun[which])
        begun[which] = rest.ptr;
      else if (t.kind == AID_HTML_CLOSE && begun[which] && !parts[which].ptr)
        parts[which] = aid_span_cut (html, (size_t)(begun[which] - html.ptr), (size_t)(rest.ptr - html.ptr));
    }
  *body = parts[0].ptr ? parts[0] : parts[1].ptr && articles == 1 ? parts[1] : html;
}

static void
add_title (struct aid_span title, struct aid_str *out)
{
  struct aid_str words = AID_STR_INIT (AID_HTML_MAX);
  size_t before = out->len;
  if (title.len > TITLE_MAX)
    title.len = aid_utf8_valid_prefix (aid_span_cut (title, 0, TITLE_MAX)); /* no part of a character */
  aid_html_decode (title, &words);
  aid_html_words (aid_str_span (&words), out);
  if (out->len > before)
    aid_str_addz (out, "\n\n");
  aid_str_free (&words);
}

enum aid_err
aid_html_text (struct aid_span html, struct aid_str *out)
{
  struct aid_str clean = AID_STR_INIT (3 * AID_HTML_MAX);
  struct aid_span title = { NULL, 0 }, body;
  if (html.len > AID_HTML_MAX)
    return AID_E_LIMIT;
  if (aid_utf8_clean (html, &clean))
    {
      enum aid_err err = clean.err;
      aid_str_free (&clean);
      return err;
    }
  html = body = aid_str_span (&clean);
  if (html.len)
    look_over (html, &title, &body);
  add_title (title, out);
  size_t start = out->len;
  aid_html_body (body, out);
  if (out->len - start < MAIN_LEAST && body.len < html.len && !out->err)
    {
      aid_str_remove (out, start, out->len - start);
      aid_html_body (html, out);
    }
  if (out->len > start)
    aid_str_addc (out, '\n');
  aid_str_free (&clean);
  return out->err;
}
