/* aid ask --dry-run: what would be sent, as HTTP, as a command for a shell, or as JSON. */
#include "cli/dry_run.h"
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "net/http.h"
#include <errno.h>
#include <stdio.h>

#define OUTPUT_MAX (256u << 20)
#define HEADERS_MAX 256

/* The headers in REQUEST, a val of aid_assist_inspect as JSON, borrowed from it. */
static void
headers_of (const json_t *request, struct aid_vec *headers)
{
  json_t *all = json_object_get (request, "headers"), *pair;
  size_t i;

  json_array_foreach (all, i, pair)
    {
      struct aid_http_header *h = aid_vec_push (headers);
      if (h)
        *h = (struct aid_http_header){ aid_json_str (pair, "name"), aid_json_str (pair, "value") };
    }
}

static void
write_request (const json_t *request, int json, int curl, struct aid_str *out)
{
  struct aid_vec headers = AID_VEC_INIT (struct aid_http_header, HEADERS_MAX);

  headers_of (request, &headers);
  if (json)
    aid_json_dump (request, out);
  else if (curl)
    aid_inspect_curl (aid_json_str (request, "url"), headers.data, headers.len, aid_json_str (request, "variable"),
                      aid_json_span (request, "body"), out);
  else
    {
      aid_str_addf (out, "POST %s\n", aid_json_str (request, "url"));
      for (size_t i = 0; i < headers.len; i++)
        aid_str_addf (out, "%s: %s\n", AID_VEC_AT (struct aid_http_header, &headers, i).name,
                      AID_VEC_AT (struct aid_http_header, &headers, i).value);
      aid_str_addc (out, '\n');
      aid_str_addspan (out, aid_json_span (request, "formatted"));
    }
  if (!aid_span_ends (aid_str_span (out), "\n"))
    aid_str_addc (out, '\n');
  aid_vec_free (&headers);
}

static void
drop_event (void *ctx, uint64_t request, const struct aid_event *ev)
{
  (void) ctx, (void) request, (void) ev;
}

int
aid_dry_run (const struct aid_ask *ask, int json, int curl)
{
  struct aid_sink sink = { drop_event, NULL };
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (OUTPUT_MAX), text = AID_STR_INIT (OUTPUT_MAX), out = AID_STR_INIT (OUTPUT_MAX);
  struct aid_assist *assist = aid_assist_new (&sink, &e);
  json_t *request = NULL;
  int status = 0;

  if (assist && !aid_assist_inspect (assist, ask, &val, &e) && !aid_val_to_json (aid_str_span (&val), 0, &text))
    request = aid_json_parse (aid_str_span (&text), "the request", &e);
  if (request)
    write_request (request, json, curl, &out);
  if (!request || out.err)
    status = aid_cli_fail ("%s", e.code ? e.msg : "the request is too large to be shown");
  else if (fwrite (out.ptr, 1, out.len, stdout) != out.len || fflush (stdout) != 0)
    status = aid_cli_fail ("standard output cannot be written: %s", strerror (errno));
  json_decref (request);
  aid_assist_free (assist, "The command ends.");
  aid_str_free (&val);
  aid_str_free (&text);
  aid_str_free (&out);
  return status;
}
