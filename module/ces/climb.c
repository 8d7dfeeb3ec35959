/* A rung's command in a box, and what is told of it. */
#include "base/json.h"
#include "base/utf8.h"
#include "ces/ces_internal.h"

#include <stdlib.h>

#define DIAGS_TOLD 50
/* What tools keep beside the tree is kept in it, where a warm tree keeps it; and nothing is fetched. */
#define BEFORE                                                                                                              \
  "export DUNE_CACHE=disabled GOCACHE=" AID_BOX_ROOT "/.aid-go GOPROXY=off CARGO_NET_OFFLINE=true PIP_NO_INDEX=1\n"

static void
read_diags (const char *directory, const struct aid_str *output, struct aid_diags *out)
{
  struct aid_str dir = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&dir, "%s%s%s", AID_BOX_ROOT, directory ? "/" : "", directory ? directory : "");
  struct aid_diag_reader *r = aid_diag_reader_new (AID_BOX_ROOT, aid_str_z (&dir), NULL);
  *out = (struct aid_diags){ .items = AID_VEC_INIT (struct aid_diag, AID_DIAGS_MAX) };
  if (r)
    {
      aid_diag_feed (r, aid_str_span (output));
      aid_diag_end (r, out);
      aid_diag_reader_free (r);
    }
  aid_str_free (&dir);
}

enum aid_err
aid_ces_run (struct aid_box *b, const char *line, const char *directory, const struct aid_stop *stop,
             struct aid_rung_ran *out, struct aid_error *e)
{
  struct aid_str all = AID_STR_INIT ((size_t)1 << 20);
  aid_str_addf (&all, BEFORE "%s", line);
  *out = (struct aid_rung_ran){ .result = "failed" };
  enum aid_err err = all.err ? aid_error_set (e, AID_E_LIMIT, "A rung's command is too long")
                             : aid_box_run (b, aid_str_z (&all), directory, stop, &out->ran, e);
  aid_str_free (&all);
  if (err)
    return err;
  if (out->ran.end == AID_BOX_EXITED && !out->ran.code)
    out->result = "passed";
  else if (out->ran.end != AID_BOX_EXITED && out->ran.end != AID_BOX_SIGNALLED)
    out->result = aid_box_end_name (out->ran.end);
  if (!aid_rung_passed (out))
    read_diags (directory, &out->ran.output, &out->diags);
  return AID_OK;
}

void
aid_rung_ran_free (struct aid_rung_ran *r)
{
  aid_str_free (&r->ran.output);
  aid_diags_free (&r->diags);
}

int
aid_rung_passed (const struct aid_rung_ran *r)
{
  return !strcmp (r->result, "passed");
}

static json_t *
diags_json (const struct aid_diags *d)
{
  json_t *list = json_array ();
  for (size_t i = 0; i < d->items.len && i < DIAGS_TOLD; i++)
    {
      const struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &d->items, i);
      json_t *o = json_pack ("{s:o, s:i, s:i, s:s, s:o}", "path",
                             one->path ? aid_json_of_span (aid_span_z (one->path)) : json_null (), "line", one->line, "col",
                             one->col, "severity", aid_severity_name (one->severity), "message",
                             aid_json_of_span (aid_span_z (one->message)));
      json_array_append_new (list, o);
    }
  return list;
}

json_t *
aid_rung_json (enum aid_rung which, const struct aid_rung_ran *r)
{
  json_t *o = json_pack ("{s:s, s:s, s:I}", "rung", aid_rung_name (which), "result", r->result, "ms", (json_int_t)r->ran.ms);
  if (aid_rung_passed (r))
    return o;
  struct aid_str plain = AID_STR_INIT ((size_t)1 << 20);
  aid_diag_plain (aid_str_span (&r->ran.output), &plain);
  if (r->ran.end == AID_BOX_EXITED)
    json_object_set_new (o, "code", json_integer (r->ran.code));
  if (r->ran.end == AID_BOX_SIGNALLED)
    json_object_set_new (o, "signal", json_integer (r->ran.signal));
  json_object_set_new (o, "output", aid_json_of_span (aid_str_span (&plain)));
  json_object_set_new (o, "cut", json_boolean (r->ran.cut));
  json_object_set_new (o, "diagnostics", diags_json (&r->diags));
  json_object_set_new (o, "errors", json_integer ((json_int_t)r->diags.errors));
  aid_str_free (&plain);
  return o;
}
