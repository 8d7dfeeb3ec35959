/* aid files: what a project is made of, what is left out, and why. */
#include "base/base64.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "project/project.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)64 << 10)

struct printing
{
  struct aid_project *project;
  int json, why, names, nul, root_too;
  int bad; /* standard output took no more */
};

/* --- one file --------------------------------------------------------------------------------------------------------- */

static json_t *
file_json (const struct aid_project_file *file, const char *class, const char *why)
{
  json_t *o = json_object ();
  json_object_set_new (o, "path", aid_json_of_span (file->path));
  if (aid_utf8_valid_prefix (file->path) != file->path.len)
    {
      struct aid_str raw = AID_STR_INIT (LINE_MAX_BYTES);
      aid_base64_add (&raw, (const unsigned char *)file->path.ptr, file->path.len);
      json_object_set_new (o, "path_base64", aid_json_of_span (aid_str_span (&raw)));
      aid_str_free (&raw);
    }
  json_object_set_new (o, "class", json_string (class));
  if (why)
    json_object_set_new (o, "why", aid_json_of_span (aid_span_z (why)));
  json_object_set_new (o, "size", json_integer ((json_int_t)file->size));
  json_object_set_new (o, "mtime_ns", json_integer ((json_int_t)file->mtime_ns));
  return o;
}

static void
print_json (struct printing *p, json_t *o)
{
  struct aid_str line = AID_STR_INIT (LINE_MAX_BYTES);
  if (o && !aid_json_dump (o, &line) && !aid_str_addc (&line, '\n'))
    p->bad |= fwrite (line.ptr, 1, line.len, stdout) != line.len;
  aid_str_free (&line);
  json_decref (o);
}

/* A line for people; PATH's own newlines and control characters would be obeyed, so they are not printed as they are. */
static void
print_plain (struct printing *p, struct aid_span path, const char *why)
{
  struct aid_str raw = AID_STR_INIT (LINE_MAX_BYTES), line = AID_STR_INIT (LINE_MAX_BYTES);
  if (p->root_too)
    aid_str_addf (&raw, "%s/", aid_project_root (p->project));
  aid_str_addspan (&raw, path);
  if (p->nul)
    {
      aid_str_addspan (&line, aid_str_span (&raw));
      aid_str_addc (&line, '\0');
    }
  else
    {
      for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] == '\n')
          raw.ptr[i] = '?';
      aid_cli_calm (aid_str_span (&raw), &line);
      if (p->why)
        aid_str_addf (&line, "  (%s)", why);
      aid_str_addc (&line, '\n');
    }
  p->bad |= fwrite (aid_str_z (&line), 1, line.len, stdout) != line.len;
  aid_str_free (&raw);
  aid_str_free (&line);
}

/* The class's word: what stands before the colon of its reason. */
static void
class_of (const char *why, char *out, size_t size)
{
  snprintf (out, size, "%.*s", (int)strcspn (why, ":"), why);
}

static int
print_file (void *arg, const struct aid_project_file *file)
{
  struct printing *p = arg;
  struct aid_str why = AID_STR_INIT (LINE_MAX_BYTES);
  struct aid_error e;
  char class[32];
  if (p->names)
    aid_str_addz (&why, aid_file_class_name (file->class));
  else if (aid_project_why (p->project, file->path, &why, &e) != AID_OK)
    {
      aid_str_clear (&why);
      aid_str_addf (&why, "unreadable: %s", e.msg);
    }
  class_of (aid_str_z (&why), class, sizeof class);
  if (p->json)
    print_json (p, file_json (file, class, p->why ? aid_str_z (&why) : NULL));
  else if (p->why || !strcmp (class, "text"))
    print_plain (p, file->path, aid_str_z (&why));
  aid_str_free (&why);
  return p->bad;
}

/* --- a project -------------------------------------------------------------------------------------------------------- */

static void
add_part (void *arg, struct aid_span path, enum aid_vc_kind kind)
{
  json_t *part = json_object ();
  json_object_set_new (part, "path", aid_json_of_span (path));
  json_object_set_new (part, "vc", json_string (aid_vc_name (kind)));
  json_array_append_new (arg, part);
}

static void
print_head (struct printing *p, const struct aid_project_state *state)
{
  struct aid_project_vc vc;
  json_t *o = json_object (), *parts = json_array ();
  aid_project_vc (p->project, &vc);
  aid_project_parts (p->project, add_part, parts, NULL);
  json_object_set_new (o, "root", aid_json_of_span (aid_span_z (aid_project_root (p->project))));
  json_object_set_new (o, "vc", json_string (aid_vc_name (vc.kind)));
  json_object_set_new (o, "head", vc.head[0] ? json_string (vc.head) : json_null ());
  json_object_set_new (o, "how", json_string (state->how));
  json_object_set_new (o, "files", json_integer ((json_int_t)state->files));
  json_object_set_new (o, "ms", json_integer ((json_int_t)state->list_ms));
  json_object_set_new (o, "note", state->note[0] ? aid_json_of_span (aid_span_z (state->note)) : json_null ());
  json_object_set_new (o, "parts", parts);
  print_json (p, o);
}

static int
print_paths (struct printing *p, char **paths, int n)
{
  int status = AID_EXIT_DONE;
  for (int i = 0; i < n; i++)
    {
      struct aid_project_file file;
      struct aid_str why = AID_STR_INIT (LINE_MAX_BYTES);
      struct aid_error e;
      char class[32];
      aid_project_find (p->project, aid_span_z (paths[i]), &file);
      if (aid_project_why (p->project, file.path, &why, &e) != AID_OK)
        status = aid_cli_fail ("%s", e.msg);
      else
        {
          class_of (aid_str_z (&why), class, sizeof class);
          if (p->json)
            print_json (p, file_json (&file, class, aid_str_z (&why)));
          else
            print_plain (p, file.path, aid_str_z (&why));
        }
      aid_str_free (&why);
    }
  return status;
}

static int
run (struct printing *p, const char *root, char **paths, int n)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_project_state state;
  int status = AID_EXIT_DONE;
  if (aid_project_open (root, NULL, &p->project, &e))
    return aid_cli_fail ("%s", e.msg);
  aid_project_wait (p->project, 0, -1);
  aid_project_state (p->project, &state);
  if (!state.failed && p->json)
    print_head (p, &state);
  else if (!state.failed && state.note[0])
    aid_cli_fail ("%s", state.note);
  if (n)
    status = print_paths (p, paths, n);
  else if (aid_project_files (p->project, print_file, p, NULL, &e))
    status = aid_cli_fail ("%s", e.msg);
  aid_project_close (p->project);
  if (fflush (stdout) || p->bad)
    return aid_cli_fail ("the list could not be written");
  return status;
}

int
aid_cmd_files (int argc, char **argv)
{
  struct printing p = { NULL, 0, 0, 0, 0, 0, 0 };
  struct aid_vec roots = AID_VEC_INIT (const char *, 1000);
  const struct aid_opt opts[]
    = { { "root", 0, AID_OPT_LIST, &roots, "DIR",
          "the project (default: found upwards from here); may be given several times" },
        { "json", 0, AID_OPT_FLAG, &p.json, NULL,
          "a line of JSON for the project, then one for each file, also those left out" },
        { "why", 0, AID_OPT_FLAG, &p.why, NULL, "also the files that are left out, each with its reason" },
        { "names", 0, AID_OPT_FLAG, &p.names, NULL, "judge by names and sizes alone: read no file" },
        { "null", '0', AID_OPT_FLAG, &p.nul, NULL, "a NUL behind each path, and nothing else" } };
  const struct aid_usage_text usage
    = { "aid files [--root DIR]... [--json] [--why] [--names] [-0] [PATH...]",
        "Lists the project's own text files: what Git or Mercurial track or would, else what a walk\n"
        "finds that is not ignored; without what is binary, generated, vendored, minified or large.\n"
        "With PATHs, relative to the root, says of each what it is and why.\n",
        opts,
        sizeof opts / sizeof *opts,
        0,
        -1 };
  struct aid_error e;
  int status, n = aid_opt_parse (&usage, argc, argv, &status);
  if (n < 0)
    return status;
  if (p.nul && (p.json || p.why || n))
    return aid_cli_misuse ("-0 prints paths alone: not with --json, --why or a PATH");
  p.why |= n > 0;
  p.root_too = roots.len > 1;
  status = AID_EXIT_DONE;
  for (size_t i = 0; i < (roots.len ? roots.len : 1); i++)
    {
      struct aid_str root = AID_STR_INIT (8192);
      enum aid_err err
        = roots.len ? aid_str_addz (&root, AID_VEC_AT (const char *, &roots, i)) : aid_cli_root (NULL, &root, &e);
      int one = err ? aid_cli_fail ("%s", e.msg) : run (&p, aid_str_z (&root), argv + 1, n);
      status = one ? one : status;
      aid_str_free (&root);
    }
  aid_vec_free (&roots);
  return status;
}
