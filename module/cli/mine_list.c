/* aid mine list, show, forget. */
#include "base/json.h"
#include "cli/cli.h"
#include "cli/mine.h"
#include "cli/times.h"

#define TEXT_MAX ((size_t)64 << 20)
#define SHOWN 3 /* files on a line */

static int
opened (struct aid_examples **x)
{
  struct aid_error e = { AID_OK, "" };
  return aid_examples_open (0, x, &e) ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
}

/* --- list --------------------------------------------------------------------------------------------------------- */

struct listing
{
  int json, status;
};

static void
add_line (const json_t *o, struct aid_str *out)
{
  const json_t *files = json_object_get (o, "files"), *file;
  size_t i, from = out->len;
  char at[32];
  aid_cli_write_time (aid_json_int (o, "time", 0), at);
  aid_str_addf (out, "%s  %s  %-10s %4lld ", aid_json_str (o, "id"), at, aid_json_str (o, "kind"),
                (long long)aid_json_int (o, "lines", 0));
  json_array_foreach (files, i, file) if (i < SHOWN)
    aid_str_addf (out, " %s", aid_json_str (file, "path") ? aid_json_str (file, "path") : "?");
  if (json_array_size (files) > SHOWN)
    aid_str_addf (out, " and %zu more", json_array_size (files) - SHOWN);
  aid_str_addf (out, "  (%s)", aid_json_str (o, "project") ? aid_json_str (o, "project") : "?");
  for (size_t k = from; k < out->len; k++)
    if (out->ptr[k] == '\n')
      out->ptr[k] = '?';
  aid_str_addc (out, '\n');
}

static int
print_one (void *ctx, const json_t *o)
{
  struct listing *l = ctx;
  struct aid_str line = AID_STR_INIT (TEXT_MAX);
  if (l->json)
    {
      aid_json_dump (o, &line);
      aid_str_addc (&line, '\n');
    }
  else
    add_line (o, &line);
  l->status = l->json ? aid_cli_print (aid_str_span (&line)) : aid_cli_print_calm (&line);
  aid_str_free (&line);
  return l->status;
}

int
aid_cli_mine_list (const struct aid_cli_mine *m)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_examples *x = NULL;
  struct listing l = { m->json, AID_EXIT_DONE };
  struct aid_error e = { AID_OK, "" };
  int status = m->root ? aid_cli_take_root (m->root, &root) : AID_EXIT_DONE;
  struct aid_examples_which which
    = { .kind = m->kind, .project = root.len ? aid_str_z (&root) : NULL, .since = m->since_ms };
  if (!status)
    status = opened (&x);
  if (!status && aid_examples_each (x, &which, print_one, &l, &e))
    status = aid_cli_fail ("%s", e.msg);
  aid_examples_close (x);
  aid_str_free (&root);
  return status ? status : l.status;
}

/* --- show --------------------------------------------------------------------------------------------------------- */

static void
add_part (const char *title, const json_t *o, const char *name, struct aid_str *out)
{
  struct aid_span text = aid_json_span (o, name);
  if (!text.len)
    return;
  aid_str_addf (out, "\n%s\n\n", title);
  aid_str_addspan (out, text);
  if (text.ptr[text.len - 1] != '\n')
    aid_str_addc (out, '\n');
}

static void
add_diagnostics (const json_t *o, struct aid_str *out)
{
  const json_t *all = json_object_get (o, "diagnostics"), *d;
  size_t i;
  if (json_array_size (all))
    aid_str_addz (out, "\nWhat the build said:\n\n");
  json_array_foreach (all, i, d)
  {
    const char *path = aid_json_str (d, "path"), *severity = aid_json_str (d, "severity"),
               *message = aid_json_str (d, "message");
    aid_str_addf (out, "%s:%lld: %s: %s\n", path ? path : "", (long long)aid_json_int (d, "line", 0),
                  severity ? severity : "", message ? message : "");
  }
}

static void
add_example (const json_t *o, struct aid_str *out)
{
  const json_t *build = json_object_get (o, "build");
  const char *command = aid_json_str (build, "command"), *revision = aid_json_str (o, "revision");
  char began[32], at[32];
  aid_cli_write_time (aid_json_int (o, "began", 0), began);
  aid_cli_write_time (aid_json_int (o, "time", 0), at);
  aid_str_addf (out, "%s: %s in %s, from %s to %s, %lld line%s\n", aid_json_str (o, "id"), aid_json_str (o, "kind"),
                aid_json_str (o, "project"), began, at, (long long)aid_json_int (o, "lines", 0),
                aid_json_int (o, "lines", 0) == 1 ? "" : "s");
  aid_str_addf (out, "tree %s, then %s, in %s\n", aid_json_str (o, "base"),
                aid_json_str (o, "after") && *aid_json_str (o, "after") ? aid_json_str (o, "after") : "none",
                aid_json_str (o, "repository") ? aid_json_str (o, "repository") : "?");
  if (command)
    aid_str_addf (out, "built by: %s\n", command);
  if (revision)
    aid_str_addf (out, "revision %s\n", revision);
  add_part ("Asked:", o, "question", out);
  add_diagnostics (o, out);
  add_part ("What broke it:", o, "break", out);
  add_part (aid_json_str (o, "rejected") ? "Accepted:" : "The change:", o, "diff", out);
  add_part ("Rejected:", o, "rejected", out);
}

int
aid_cli_mine_show (const struct aid_cli_mine *m)
{
  struct aid_examples *x = NULL;
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  struct aid_error e = { AID_OK, "" };
  json_t *o = NULL;
  int status = opened (&x);
  if (!status && aid_examples_get (x, m->args[0], &o, &e))
    status = aid_cli_fail ("%s", e.msg);
  if (!status && m->json)
    {
      aid_json_dump (o, &text);
      aid_str_addc (&text, '\n');
      status = aid_cli_print (aid_str_span (&text));
    }
  else if (!status)
    {
      add_example (o, &text);
      status = aid_cli_print_calm (&text);
    }
  json_decref (o);
  aid_examples_close (x);
  aid_str_free (&text);
  return status;
}

/* --- forget ------------------------------------------------------------------------------------------------------- */

int
aid_cli_mine_forget (const struct aid_cli_mine *m)
{
  struct aid_examples *x = NULL;
  struct aid_str line = AID_STR_INIT (4096);
  struct aid_error e = { AID_OK, "" };
  char id[AID_EXAMPLE_ID];
  int status = opened (&x);
  if (!status && aid_examples_forget (x, m->args[0], id, &e))
    status = aid_cli_fail ("%s", e.msg);
  if (!status)
    {
      aid_str_addf (&line, m->json ? "{\"forgotten\":\"%s\"}\n" : "%s is forgotten\n", id);
      status = aid_cli_print (aid_str_span (&line));
    }
  aid_examples_close (x);
  aid_str_free (&line);
  return status;
}
