/* The task of an editor: the project as it lies there, built as the person has it built. */
#include "base/json.h"
#include "ces/ces.h"

#include <stdlib.h>

/* DIR below ROOT, both absolute: "" for ROOT itself, NULL when it is not below it. */
static const char *
below (const char *root, const char *dir)
{
  size_t n = strlen (root);
  while (n > 1 && root[n - 1] == '/')
    n--;
  if (strncmp (root, dir, n) != 0 || (dir[n] && dir[n] != '/'))
    return NULL;
  return dir + n + strspn (dir + n, "/");
}

enum aid_err
aid_ces_project_task (const char *root, const struct aid_build_command *build, int tests, json_t **out, struct aid_error *e)
{
  char *real_root = realpath (root, NULL), *real_dir = realpath (build->dir, NULL);
  const char *dir = real_root && real_dir ? below (real_root, real_dir) : NULL;
  json_t *commands = json_pack ("{s:o}", "builds", aid_json_of_span (aid_span_z (build->shown)));
  if (commands && !tests)
    json_object_set_new (commands, "tests", json_null ());
  *out = NULL;
  if (!dir)
    aid_error_set (e, AID_E_REFUSED, "%.120s is built in %.120s, outside of it: that cannot be judged", root, build->dir);
  else if (!(*out = json_pack ("{s:o, s:b, s:o, s:O}", "repository", aid_json_of_span (aid_span_z (real_root)), "now", 1,
                               "directory", aid_json_of_span (aid_span_z (dir)), "commands", commands)))
    aid_error_set (e, AID_E_NOMEM, "No memory for a task");
  json_decref (commands);
  free (real_root);
  free (real_dir);
  return *out ? AID_OK : e->code;
}
