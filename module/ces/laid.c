/* The files of a task, which it lays over its base: what is judged is judged by them, whatever an answer, or a build of it, has
   made of them. */
#include "ces/ces_internal.h"

/* Who cannot be read, or is longer, is another. */
static int
is_as_said (struct aid_box *box, const char *path, struct aid_span text, int program)
{
  struct aid_str is = AID_STR_INIT (text.len + 1);
  int executable;
  int same = !aid_box_read_mode (box, path, &is, &executable, NULL) && aid_span_eq (aid_str_span (&is), text)
             && executable == program;
  aid_str_free (&is);
  return same;
}

enum aid_err
aid_ces_lay_files (const struct aid_ces_task *t, const char *tree, struct aid_box *box, json_t *restored,
                   struct aid_error *e)
{
  const char *path;
  json_t *value;
  enum aid_err err = AID_OK;
  json_object_foreach (t->files, path, value)
  {
    const struct aid_span text = { json_string_value (value), json_string_length (value) };
    const int program = aid_ces_is_program (tree, path);
    if (err || is_as_said (box, path, text, program))
      continue;
    err = aid_box_write (box, path, text, program, e);
    if (!err && restored)
      json_array_append_new (restored, json_string (path));
  }
  return err;
}
