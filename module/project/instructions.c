/* From a file up to the root, one file of instructions a folder. */
#include "project/instructions.h"
#include "project/ignore.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* When the settings name none.  Ours first, for who has both has written it for us. */
static const char *const usual[]
  = { ".aid/instructions.md", "AGENTS.md", "CLAUDE.md", "GEMINI.md", ".github/copilot-instructions.md", ".cursorrules" };
#define USUAL (sizeof usual / sizeof *usual)

/* The name number I of those that are looked for; NULL behind the last. */
static const char *
name_at (const struct aid_config *c, size_t i)
{
  const json_t *names = c ? aid_config_get (c, "instructions") : NULL;
  if (!names)
    return i < USUAL ? usual[i] : NULL;
  return json_string_value (json_array_get (names, i));
}

/* Whether NAME in the folder FD is a regular file, reached through no link and not too large. */
static int
is_there (int fd, const char *name)
{
  struct stat st;
  const char *slash = strrchr (name, '/');
  struct aid_span folder = { name, slash ? (size_t)(slash - name) : 0 };
  if (strstr (name, "..") || name[0] == '/')
    return 0;
  int sub = aid_open_folder (fd, folder);
  int there = sub >= 0 && !fstatat (sub, slash ? slash + 1 : name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG (st.st_mode)
              && (uint64_t)st.st_size <= AID_INSTRUCTION_MAX && st.st_size > 0;
  if (sub >= 0)
    close (sub);
  return there;
}

static size_t
depth (struct aid_span folder)
{
  size_t n = folder.len > 0;
  for (size_t i = 0; i < folder.len; i++)
    n += folder.ptr[i] == '/';
  return n;
}

/* Before those of folders that are not as deep. */
static enum aid_err
add (const char *root, struct aid_span folder, const char *name, struct aid_vec *out)
{
  struct aid_str path = AID_STR_INIT (16384);
  struct aid_instruction *slot;
  aid_str_addf (&path, "%s%s%.*s/%s", root, folder.len ? "/" : "", (int)folder.len, folder.ptr, name);
  enum aid_err err = path.err;
  for (size_t i = 0; i < out->len && !err; i++)
    if (!strcmp (AID_VEC_AT (struct aid_instruction, out, i).path, path.ptr))
      {
        aid_str_free (&path);
        return AID_OK;
      }
  size_t at = 0;
  while (at < out->len && depth (aid_span_z (AID_VEC_AT (struct aid_instruction, out, at).folder)) >= depth (folder))
    at++;
  if (!err && out->len < AID_INSTRUCTION_FILES && (slot = aid_vec_insert (out, at)))
    {
      slot->folder = aid_span_dup (folder);
      slot->path = aid_str_steal (&path);
      err = slot->folder ? AID_OK : AID_E_NOMEM;
    }
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_instructions_find (const struct aid_config *c, const char *root, const char *from, struct aid_vec *out,
                       struct aid_error *e)
{
  size_t n = strlen (root);
  struct aid_span folder = aid_span_z (strncmp (from, root, n) == 0 && from[n] == '/' ? from + n + 1 : "");
  enum aid_err err = AID_OK;
  int top = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (top < 0)
    return aid_error_set (e, AID_E_NOTFOUND, "The project's folder %s cannot be opened.", root);
  for (;;)
    {
      /* FROM itself is no folder when it is a file: then this opens nothing. */
      int fd = aid_open_folder (top, folder);
      const char *name = NULL;
      for (size_t i = 0; fd >= 0 && (name = name_at (c, i)) && !is_there (fd, name); i++)
        ;
      if (fd >= 0)
        close (fd);
      if (name)
        err = add (root, folder, name, out);
      if (err || !folder.len)
        break;
      const char *slash = memrchr (folder.ptr, '/', folder.len);
      folder.len = slash ? (size_t)(slash - folder.ptr) : 0;
    }
  close (top);
  return err ? aid_error_set (e, err, "The instructions of %s do not fit into memory.", root) : AID_OK;
}

void
aid_instructions_free (struct aid_vec *list)
{
  for (size_t i = 0; i < list->len; i++)
    {
      free (AID_VEC_AT (struct aid_instruction, list, i).path);
      free (AID_VEC_AT (struct aid_instruction, list, i).folder);
    }
  aid_vec_free (list);
}
