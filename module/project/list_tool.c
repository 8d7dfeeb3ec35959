/* What a program prints becomes a list; why it failed, a note. */
#include "project/list_tool.h"
#include "base/proc.h"
#include <stdio.h>
#include <stdlib.h>

#define SECONDS 600
#define MESSAGE_MAX 2048

static void
take_path (struct aid_tool_reader *r, struct aid_span path)
{
  if (path.len && path.ptr[path.len - 1] == '/')
    aid_listing_add_part (r->in, r->l, r->part, aid_span_cut (path, 0, path.len - 1));
  else
    aid_listing_add (r->l, r->part, path);
}

void
aid_tool_take (struct aid_tool_reader *r, struct aid_span part)
{
  while (part.len)
    {
      const char *nul = memchr (part.ptr, 0, part.len);
      size_t n = nul ? (size_t)(nul - part.ptr) : part.len;
      struct aid_span path = aid_span_cut (part, 0, n);
      if (r->rest.len || r->rest.err || !nul)
        {
          aid_str_addspan (&r->rest, path);
          path = aid_str_span (&r->rest);
        }
      if (nul && !r->rest.err)
        take_path (r, path);
      else if (nul)
        r->l->table->skipped++;
      if (nul)
        aid_str_clear (&r->rest);
      part = aid_span_cut (part, nul ? n + 1 : n, part.len);
    }
}

static int
take_output (void *arg, enum aid_proc_stream stream, struct aid_span part)
{
  struct aid_tool_reader *r = arg;
  if (stream == AID_PROC_OUT)
    aid_tool_take (r, part);
  return aid_stop_is_set (r->in->stop);
}

/* Appends the first line of what a program said. */
static void
first_line (struct aid_span said, char *out, size_t size)
{
  struct aid_span line = { "", 0 };
  aid_span_line (&said, &line);
  snprintf (out, size, "%.*s", (int)(line.len < 160 ? line.len : 160), line.len ? line.ptr : "");
}

enum aid_err
aid_list_by (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, const char *name,
             const char *const *argv, const char *const *env, struct aid_error *e)
{
  struct aid_str dir = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  struct aid_tool_reader r = { in, l, part, AID_STR_INIT (AID_PROJECT_PATH_MAX) };
  struct aid_proc_result result = { 0 };
  aid_str_addf (&dir, "%s%s%s", in->root, *part->path ? "/" : "", part->path);
  struct aid_proc p = { .argv = argv,
                        .dir = aid_str_z (&dir),
                        .env = env,
                        .err_max = MESSAGE_MAX,
                        .timeout_ms = SECONDS * 1000,
                        .stop = in->stop,
                        .on_output = take_output,
                        .arg = &r };
  enum aid_err err = aid_proc_run (&p, &result, e);
  if (err == AID_E_NOTFOUND)
    aid_listing_note (l, "%s is not installed: %s was listed by a walk, which does not know what is tracked.", name,
                      aid_str_z (&dir));
  else if (!err && result.code)
    {
      char line[200];
      first_line (aid_str_span (&result.err), line, sizeof line);
      err = aid_error_set (e, AID_E_IO, "%s in %s: %s", name, aid_str_z (&dir), line);
      aid_listing_note (l, "%s listed nothing, so a walk did: %s", name, line);
    }
  else if (err && err != AID_E_CANCELLED)
    aid_listing_note (l, "%s took too long or could not be run, so a walk listed the files.", name);
  aid_proc_result_free (&result);
  aid_str_free (&r.rest);
  aid_str_free (&dir);
  return err;
}
