/* Mercurial's list: all but what is missing, removed or ignored. */
#include "project/calm.h"
#include "project/list_tool.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Parts as .hgsub names them: "path = source" a line. */
static void
add_subrepositories (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part)
{
  struct aid_str text = AID_STR_INIT (AID_IGNORE_FILE_MAX);
  struct aid_span rest, line;
  int fd = open (part->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && !aid_read_small (fd, ".hgsub", &text))
    {
      rest = aid_str_span (&text);
      while (aid_span_line (&rest, &line))
        {
          ptrdiff_t equals = aid_span_find (line, AID_SPAN ("="));
          struct aid_span path = aid_span_trim (aid_span_cut (line, 0, equals > 0 ? (size_t)equals : 0));
          int sub = path.len && path.ptr[0] != '/' && path.ptr[0] != '[' && path.ptr[0] != '#'
                        && aid_span_find (path, AID_SPAN ("..")) < 0
                      ? aid_open_folder (fd, path)
                      : -1;
          if (sub >= 0)
            {
              close (sub);
              aid_listing_add_part (in, l, part, path);
            }
        }
    }
  if (fd >= 0)
    close (fd);
  aid_str_free (&text);
}

#define BIG 3000 /* files from which on a server is worth its memory */

static void
take (void *ctx, struct aid_span part)
{
  aid_tool_take (ctx, part);
}

/* Lists by a server, which is started when there is none. */
static enum aid_err
list_by_server (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, const char *const *argv)
{
  struct aid_tool_reader r = { in, l, part, AID_STR_INIT (AID_PROJECT_PATH_MAX) };
  int code = 0;
  enum aid_err err = *in->hg ? AID_OK : aid_hg_server_start (in->root, aid_calm_hg_env, in->stop, in->hg, NULL);
  if (!err)
    err = aid_hg_server_run (*in->hg, argv, in->stop, take, &r, &code, NULL);
  if (err)
    {
      aid_hg_server_end (*in->hg);
      *in->hg = NULL;
    }
  aid_str_free (&r.rest);
  return err ? err : code ? AID_E_IO : AID_OK;
}

enum aid_err
aid_list_hg (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, struct aid_error *e)
{
  char *still = aid_calm_hg_config ();
  if (!still)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a list of files");
  const char *const argv[] = { "hg", "--noninteractive", "status", "--config", still, "-0", "-n", "-m", "-a", "-c", "-u", NULL };
  /* How much there is, is known from the list before. */
  enum aid_err err
    = in->hg && !*part->path && in->files_before >= BIG ? list_by_server (in, l, part, argv + 1) : AID_E_STATE;
  if (!err)
    l->by_server = 1;
  else if (err != AID_E_CANCELLED)
    err = aid_list_by (in, l, part, "hg", argv, aid_calm_hg_env, e);
  if (!err)
    add_subrepositories (in, l, part);
  free (still);
  return err;
}

/* The first parent is in the dirstate: its first 20 bytes, or behind the mark of the second version. */
void
aid_hg_head (const struct aid_part *part, char out[81])
{
  static const char mark[] = "dirstate-v2\n", digits[] = "0123456789abcdef";
  unsigned char head[64];
  struct aid_str path = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  aid_str_addf (&path, "%s/.hg/dirstate", part->top);
  int fd = path.err ? -1 : open (aid_str_z (&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  ssize_t n = fd >= 0 ? read (fd, head, sizeof head) : 0;
  size_t from = n > 12 && !memcmp (head, mark, 12) ? 12 : 0, any = 0;
  out[0] = '\0';
  if (n >= (ssize_t)from + 20)
    for (size_t i = 0; i < 20; i++)
      {
        out[2 * i] = digits[head[from + i] >> 4];
        out[2 * i + 1] = digits[head[from + i] & 15];
        out[2 * i + 2] = '\0';
        any |= head[from + i];
      }
  if (!any)
    out[0] = '\0';
  if (fd >= 0)
    close (fd);
  aid_str_free (&path);
}
