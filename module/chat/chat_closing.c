/* What an unfinished answer leaves open.  The line that follows begins at column 0, so it ends every list and quote, and
   with them what is open inside; only a fence or HTML at the top level would swallow it and must be closed. */
#include "chat/chat.h"
#include "chat/spans_internal.h"

#include <strings.h>

/* The closing tag of the HTML (CommonMark's kind 1) that begins on LINE. */
static const char *
closing_tag (struct aid_span line)
{
  static const struct { const char *name, *close; } tags[] = {
    { "<script", "</script>" }, { "<style", "</style>" }, { "<textarea", "</textarea>" }
  };
  line = aid_span_trim (line);
  for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
    if (line.len >= strlen (tags[i].name) && strncasecmp (line.ptr, tags[i].name, strlen (tags[i].name)) == 0)
      return tags[i].close;
  return "</pre>";
}

static enum aid_err
close_html (int kind, struct aid_span line, struct aid_str *out, const char **word)
{
  static const char *const ends[] = { [2] = "-->", [3] = "?>", [4] = ">", [5] = "]]>" };
  *word = kind == 2 ? "comment" : "html";
  return aid_str_addf (out, "%s\n", kind == 1 ? closing_tag (line) : ends[kind]);
}

enum aid_err
aid_chat_closing (struct aid_span body, struct aid_str *out, const char **word)
{
  struct aid_scan scan = { .depth = 0 };
  struct aid_scanned scanned;
  struct aid_span opener = { "", 0 };
  *word = "";
  for (size_t pos = 0, next; pos < body.len; pos = next)
    {
      struct aid_span line = aid_span_cut (body, pos, aid_line_break (body, pos, &next));
      int was = scan.leaf;
      aid_scan_line (&scan, line, &scanned);
      if (scan.leaf == AID_LEAF_HTML && (was != AID_LEAF_HTML || scanned.starts))
        opener = line;
    }
  if (scan.depth > 0)
    return AID_OK;
  if (scan.leaf == AID_LEAF_HTML && scan.html >= 1 && scan.html <= 5)
    return close_html (scan.html, opener, out, word);
  if (scan.leaf != AID_LEAF_FENCE)
    return AID_OK;
  *word = "fence";
  for (uint32_t i = 0; i < scan.fence_length; i++)
    aid_str_addc (out, scan.fence);
  return aid_str_addc (out, '\n');
}
