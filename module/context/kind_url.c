/* An http(s) address: the page as text.  Redirects are followed here, a few, and each place is judged anew: a page may not send
   us to an address of this machine or of a private network.  Such an address is read only when the person has written it. */
#include "base/clock.h"
#include "base/utf8.h"
#include "context/charset.h"
#include "context/html.h"
#include "context/kinds_internal.h"
#include "net/http.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define PAGE_MAX AID_HTML_MAX
#define REDIRECTS_MAX 5
#define CONNECT_MS 10000
#define STALL_MS 15000

/* One request, which the I/O thread fills in. */
struct fetch
{
  struct aid_str body;
  int done[2]; /* a pipe: it says that the request is over */
  int status;
  char type[200], location[8192];
  struct aid_error error;
};

/* --- on the I/O thread -------------------------------------------------------------------------------------------- */

static void
copy_header (const struct aid_http_reply *r, const char *name, char *out, size_t size)
{
  const char *value = aid_http_header (r, name);
  size_t n = value ? strlen (value) : 0;
  n = n < size ? n : 0; /* half an address leads elsewhere */
  memcpy (out, n ? value : "", n + 1);
}

static void
on_head (void *user, int status, const struct aid_http_reply *r)
{
  struct fetch *f = user;
  f->status = status;
  copy_header (r, "content-type", f->type, sizeof f->type);
  copy_header (r, "location", f->location, sizeof f->location);
}

static int
on_body (void *user, struct aid_span bytes)
{
  struct fetch *f = user;
  return aid_str_addspan (&f->body, bytes) != AID_OK;
}

static void
on_done (void *user, const struct aid_http_result *result)
{
  struct fetch *f = user;
  f->status = result->status;
  f->error = result->error;
  int end = f->done[1]; /* F is the reader's again once it is told */
  ssize_t n = write (end, "", 1);
  (void)n;
  close (end);
}

/* --- one request -------------------------------------------------------------------------------------------------- */

/* Waits for the end of the request ID, or ends it when the resolver stops. */
static void
wait_for (struct fetch *f, struct aid_net *net, uint64_t id, const struct aid_stop *stop)
{
  struct pollfd p[2] = { { f->done[0], POLLIN, 0 }, { aid_stop_fd (stop), POLLIN, 0 } };
  int over = 0, told = 0;
  char byte;
  while (!over)
    {
      int n = poll (p, told ? 1 : 2, -1);
      over = n > 0 && p[0].revents && read (f->done[0], &byte, 1) >= 0;
      if (!over && !told && n > 0 && p[1].revents)
        {
          aid_http_cancel (net, id);
          told = 1;
        }
    }
}

static enum aid_err
fetch_once (const struct aid_resolve *how, struct aid_net *net, const char *url, int may_be_private, int64_t end,
            struct fetch *f, struct aid_error *e)
{
  static const struct aid_http_header headers[] = { { "Accept", "text/html, text/plain;q=0.9, */*;q=0.5" } };
  static const struct aid_http_handler handler = { .on_head = on_head, .on_body = on_body, .on_done = on_done };
  int64_t left = end - aid_clock_ms ();
  uint64_t id;
  if (left <= 0 || aid_stop_is_set (aid_resolver_stopper (how->resolver)))
    return left <= 0 ? aid_error_set (e, AID_E_TIMEOUT, "%.150s took more than %d s.", url, AID_CONTEXT_SECONDS)
                     : aid_error_set (e, AID_E_CANCELLED, "%.150s was not fetched: the core stops.", url);
  if (pipe2 (f->done, O_CLOEXEC))
    return aid_error_set (e, AID_E_IO, "There is no pipe to fetch a page: %s.", strerror (errno));
  struct aid_http_request req = { .method = "GET",
                                  .url = url, .headers = headers, .nheaders = 1, .connect_ms = CONNECT_MS,
                                  .stall_ms = STALL_MS, .total_ms = (uint32_t)left, .retries = 1,
                                  .body_limit = PAGE_MAX, .public_only = !may_be_private };
  enum aid_err err = aid_http_start (net, &req, &handler, f, &id, e);
  if (!err)
    wait_for (f, net, id, aid_resolver_stopper (how->resolver));
  else
    close (f->done[1]);
  close (f->done[0]);
  return err;
}

/* --- a page ------------------------------------------------------------------------------------------------------- */

static int
is_redirect (int status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Whether URL may lead to a private address: its host is one that the person has written. */
static int
may_be_private (const struct aid_resolve *how, const char *url, const char *typed_host)
{
  char *host = aid_url_host (url);
  int may = host && ((typed_host && !strcasecmp (host, typed_host)) || aid_resolver_is_typed (how->resolver, host));
  free (host);
  return may;
}

static enum aid_err
explain (const struct fetch *f, const char *url, struct aid_error *e)
{
  if (f->body.err == AID_E_LIMIT || f->error.code == AID_E_LIMIT)
    return aid_error_set (e, AID_E_LIMIT, "%.150s is larger than the %zu MB that a page may have.", url, PAGE_MAX >> 20);
  if (f->body.err)
    return aid_error_set (e, f->body.err, "There is no memory for %.150s.", url);
  if (f->error.code == AID_E_REFUSED)
    return aid_error_set (e, AID_E_REFUSED, "%.150s was not fetched: %.60s.  Append the address again to have it read.", url,
                          f->error.msg);
  size_t n = strlen (f->error.msg);
  return aid_error_set (e, f->error.code, "%.150s was not fetched: %.90s%s", url, f->error.msg,
                        n > 0 && n <= 90 && strchr (".?!", f->error.msg[n - 1]) ? "" : ".");
}

/* Fetches *URL, which becomes the address that was read in the end. */
static enum aid_err
fetch_page (const struct aid_resolve *how, struct aid_net *net, char **url, struct fetch *f, struct aid_error *e)
{
  int64_t end = aid_clock_ms () + (int64_t) AID_CONTEXT_SECONDS * 1000;
  char *typed_host = how->typed ? aid_url_host (*url) : NULL;
  enum aid_err err = AID_OK;
  if (typed_host)
    aid_resolver_note_typed (how->resolver, typed_host);
  for (int hops = 0; !err; hops++)
    {
      aid_str_clear (&f->body);
      err = fetch_once (how, net, *url, may_be_private (how, *url, typed_host), end, f, e);
      if (err == AID_E_REFUSED)
        {
          f->error = *e;
          err = explain (f, *url, e);
        }
      if (err || !is_redirect (f->status) || !f->location[0])
        break;
      char *next = aid_url_join (*url, f->location);
      if (!next || hops == REDIRECTS_MAX)
        err = aid_error_set (e, AID_E_HTTP, next ? "%.150s redirects too often." : "%.150s redirects to no address.", *url);
      if (next)
        {
          free (*url);
          *url = next;
        }
    }
  if (!err && (f->error.code || f->body.err))
    err = explain (f, *url, e);
  free (typed_host);
  return err;
}

/* --- what it is ---------------------------------------------------------------------------------------------------- */

static int
says (const char *type, const char *word)
{
  size_t n = strlen (word);
  for (; *type && *type != ';'; type++)
    if (!strncasecmp (type, word, n))
      return 1;
  return 0;
}

static int
looks_like_html (struct aid_span text)
{
  text = aid_span_trim (aid_span_cut (text, 0, text.len < 200 ? text.len : 200));
  return text.len > 5 && text.ptr[0] == '<' && (!strncasecmp (text.ptr, "<!doc", 5) || !strncasecmp (text.ptr, "<html", 5));
}

static int
is_media (struct aid_span bytes)
{
  return aid_span_starts (bytes, "\x89PNG\r\n\x1a\n") || aid_span_starts (bytes, "\xff\xd8\xff")
         || aid_span_starts (bytes, "GIF8") || aid_span_starts (bytes, "%PDF-")
         || (aid_span_starts (bytes, "RIFF") && bytes.len > 12 && !memcmp (bytes.ptr + 8, "WEBP", 4));
}

/* Appends TEXT, cut at AID_KIND_TEXT_MAX. */
static enum aid_err
add_cut (struct aid_span text, struct aid_str *out)
{
  int cut = text.len > AID_KIND_TEXT_MAX;
  if (cut)
    text = aid_span_cut (text, 0, aid_utf8_valid_prefix (aid_span_cut (text, 0, AID_KIND_TEXT_MAX)));
  aid_str_addspan (out, text);
  if (cut)
    aid_str_addf (out, "\n(cut after %zu KB)\n", AID_KIND_TEXT_MAX >> 10);
  return out->err;
}

static enum aid_err
add_page (const struct fetch *f, const char *url, struct aid_str *out, struct aid_error *e)
{
  struct aid_span bytes = aid_str_span (&f->body);
  struct aid_str text = AID_STR_INIT (4 * PAGE_MAX), page = AID_STR_INIT (2 * PAGE_MAX);
  int html = says (f->type, "html") || looks_like_html (bytes);
  enum aid_err err = AID_OK;
  if (is_media (bytes))
    err = aid_str_addspan (out, bytes);
  else if (memchr (bytes.ptr ? bytes.ptr : "", 0, bytes.len < 8192 ? bytes.len : 8192) && !says (f->type, "text/"))
    err = aid_error_set (e, AID_E_REFUSED, "%.150s is no text, image or PDF (%.40s).", url, f->type);
  else
    {
      err = aid_charset_decode (bytes, f->type, &text);
      if (!err && html)
        err = aid_html_text (aid_str_span (&text), &page);
      if (!err)
        err = add_cut (aid_str_span (html ? &page : &text), out);
      if (err)
        aid_error_set (e, err, "%.150s is too large to be read.", url);
    }
  aid_str_free (&text);
  aid_str_free (&page);
  return err;
}

enum aid_err
aid_kind_url (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  char *url = aid_span_dup (name);
  struct fetch f = { .body = AID_STR_INIT (PAGE_MAX) };
  struct aid_net *lent = aid_resolver_net (how->resolver), *net = lent ? lent : aid_net_new (e);
  enum aid_err err = AID_E_NOMEM;
  if (!url)
    aid_error_set (e, err, "There is no memory for an address.");
  else if (net && aid_net_load (e))
    err = AID_E_IO;
  else if (net && !aid_url_ok (url))
    err = aid_error_set (e, AID_E_INVALID, "\"%.150s\" is no http or https address.", url);
  else if (net)
    err = fetch_page (how, net, &url, &f, e);
  if (net && !lent)
    aid_net_free (net, NULL);
  if (!err)
    err = add_page (&f, url, out, e);
  aid_str_free (&f.body);
  free (url);
  return err;
}
