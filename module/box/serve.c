/* The requests, one after the other. */
#include "box/keeper.h"
#include "base/fs.h"
#include "ces/box_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int
read_all (void *to, size_t n)
{
  char *at = to;
  while (n > 0)
    {
      ssize_t got = read (0, at, n);
      if (got == 0 || (got < 0 && errno != EINTR))
        return -1;
      at += got > 0 ? got : 0;
      n -= got > 0 ? (size_t)got : 0;
    }
  return 0;
}

int
answer_with (struct aid_box_answer *a, struct aid_span text)
{
  a->text_len = (uint32_t)text.len;
  return aid_fs_write_all (1, (struct aid_span){ (const char *)a, sizeof *a }) || aid_fs_write_all (1, text) ? -1 : 0;
}

int
answer_error (enum aid_err err, const char *sentence)
{
  struct aid_box_answer a = { .err = (int32_t)err };
  return answer_with (&a, aid_span_z (sentence));
}

static char *
read_text (size_t n)
{
  char *text = malloc (n + 1);
  if (text && read_all (text, n))
    {
      free (text);
      return NULL;
    }
  if (text)
    text[n] = '\0';
  return text;
}

/* Does what Q asks; 0 when that was the last. */
static int
answer (const struct keeper *k, const struct aid_box_request *q, const char *name, const char *text)
{
  struct aid_box_answer a = { 0 };
  struct aid_str out = AID_STR_INIT (AID_BOX_TEXT_MAX);
  struct aid_error e = { AID_OK, "" };
  int more = 1;
  switch ((enum aid_box_verb)q->verb)
    {
    case AID_BOX_DO_WRITE:
      a.err = (int32_t)aid_box_tree_write (k->tree_fd, name, (struct aid_span){ text, q->text_len }, (int)q->flag, &e);
      break;
    case AID_BOX_DO_REMOVE:
      a.err = (int32_t)aid_box_tree_remove (k->tree_fd, name, &e);
      break;
    case AID_BOX_DO_READ:
      a.err = (int32_t)aid_box_tree_read (k->tree_fd, name, &out, &a.code, &e);
      break;
    case AID_BOX_DO_RUN:
      more = run_command (k, name, text, &a, &out, &e);
      break;
    case AID_BOX_DO_CANCEL:
      return 1; /* what it was to end has ended */
    default:
      return 0;
    }
  more = more && answer_with (&a, a.err ? aid_span_z (e.msg) : aid_str_span (&out)) == 0;
  aid_str_free (&out);
  return more;
}

void
serve (const struct keeper *k)
{
  struct aid_box_request q;
  int more = 1;
  while (more && read_all (&q, sizeof q) == 0 && q.name_len <= AID_BOX_NAME_MAX && q.text_len <= AID_BOX_TEXT_MAX)
    {
      char *name = read_text (q.name_len), *text = name ? read_text (q.text_len) : NULL;
      more = text && answer (k, &q, name, text);
      free (name);
      free (text);
    }
}
