/* Makes a chat of one question.  Its key is random and occurs nowhere in the question, so that nothing in the prompt or in
   a file's name is taken for structure. */
#include "cli/question.h"
#include "base/fs.h"
#include "base/hash.h"
#include "context/item.h"
#include <errno.h>
#include <stdlib.h>

#define KEY_LENGTH 8
#define PATH_LIMIT 8192
#define TARGET_LIMIT 32768    /* percent-encoded, with its lines */
#define QUESTION_MAX (32u << 20)
#define ITEMS_MAX 1000

/* The "L3-L9" of "src/a.c#L3-L9", which is taken off PATH; empty when there is none. */
static struct aid_span
take_range (struct aid_span *path)
{
  size_t i = path->len;
  struct aid_span range = aid_span_z (NULL);

  while (i > 0 && strchr ("L-0123456789", path->ptr[i - 1]) && path->ptr[i - 1])
    i--;
  if (i == 0 || i + 2 > path->len || path->ptr[i - 1] != '#' || path->ptr[i] != 'L')
    return range;
  range = aid_span_cut (*path, i, path->len);
  path->len = i - 1;
  return range;
}

/* PATH as a link's target: what Markdown or a reader of links could take for something else is percent-encoded. */
static void
add_encoded (struct aid_str *out, struct aid_span path)
{
  for (size_t i = 0; i < path.len; i++)
    {
      unsigned char c = (unsigned char) path.ptr[i];
      int plain
        = c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr ("/._~+,=@-", c));
      if (plain)
        aid_str_addc (out, (char) c);
      else
        aid_str_addf (out, "%%%02X", c);
    }
}

/* The absolute name of PATH, by text alone; then what follows ROOT when it is inside. */
static enum aid_err
relative_to (const char *root, struct aid_span path, struct aid_str *out, struct aid_error *e)
{
  char *cwd = realpath (".", NULL), *name = aid_span_dup (path);
  struct aid_str full = AID_STR_INIT (PATH_LIMIT);
  size_t n = strlen (root);
  enum aid_err err = cwd && name ? aid_fs_join (&full, cwd, name) : AID_E_NOMEM;
  const char *z = aid_str_z (&full);

  if (err)
    aid_error_set (e, err, "the name %.100s is too long", name ? name : "");
  else if (!strncmp (z, root, n) && z[n] == '/')
    add_encoded (out, aid_span_z (z + n + 1));
  else if (!strcmp (z, root))
    aid_str_addc (out, '.');
  else
    add_encoded (out, aid_str_span (&full));
  free (cwd);
  free (name);
  aid_str_free (&full);
  return err;
}

static enum aid_err
add_item (struct aid_cli_question *q, const char *item, const char *root, struct aid_error *e)
{
  struct aid_span path = aid_span_z (item), range = take_range (&path);
  struct aid_str target = AID_STR_INIT (TARGET_LIMIT), text = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_ask_item *slot = NULL;
  enum aid_err err = relative_to (root, path, &target, e);

  if (!err && range.len)
    {
      aid_str_addc (&target, '#');
      aid_str_addspan (&target, range);
    }
  if (!err)
    err = aid_item_read (root, aid_str_span (&target), &text, e);
  if (!err && !(slot = aid_vec_push (&q->items)))
    err = aid_error_set (e, AID_E_LIMIT, "there are more than %d items", ITEMS_MAX);
  if (slot)
    {
      size_t ntarget = target.len, ntext = text.len;
      slot->target = (struct aid_span){ aid_str_steal (&target), ntarget };
      slot->text = (struct aid_span){ aid_str_steal (&text), ntext };
    }
  if (slot && (!slot->target.ptr || !slot->text.ptr))
    err = aid_error_set (e, AID_E_NOMEM, "out of memory");
  aid_str_free (&target);
  aid_str_free (&text);
  return err;
}

/* The name in TARGET as people write it, unless it holds what Markdown would take for something else. */
static void
add_label (struct aid_str *out, struct aid_span target)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  int64_t first, last;
  int plain = aid_item_target (target, &path, &first, &last) == AID_OK;

  for (size_t i = 0; i < path.len && plain; i++)
    plain = (unsigned char) path.ptr[i] >= ' ' && path.ptr[i] != 127 && !strchr ("[]<>\\`", path.ptr[i]);
  aid_str_addspan (out, plain ? aid_str_span (&path) : target);
  aid_str_free (&path);
}

static void
write_chat (struct aid_cli_question *q, const char *key, struct aid_span prompt)
{
  aid_str_addf (&q->chat, "<!--aid:%s chat v=1-->\n\n## You <!--aid:%s 1 user-->\n", key, key);
  aid_str_addspan (&q->chat, prompt);
  aid_str_addz (&q->chat, "\n\n");
  for (size_t i = 0; i < q->items.len; i++)
    {
      struct aid_span target = AID_VEC_AT (struct aid_ask_item, &q->items, i).target;
      aid_str_addz (&q->chat, "- [");
      add_label (&q->chat, target);
      aid_str_addz (&q->chat, "](");
      aid_str_addspan (&q->chat, target);
      aid_str_addf (&q->chat, ") <!--aid:%s item-->\n", key);
    }
}

enum aid_err
aid_question_make (struct aid_cli_question *q, struct aid_span prompt, const char *const *items, size_t nitems, const char *root,
                   struct aid_error *e)
{
  enum aid_err err = AID_OK;

  q->chat = AID_STR_INIT (QUESTION_MAX);
  q->items = AID_VEC_INIT (struct aid_ask_item, ITEMS_MAX);
  for (size_t i = 0; i < nitems && !err; i++)
    err = add_item (q, items[i], root, e);
  do
    if (!err && aid_random_key (q->key, KEY_LENGTH) != 0)
      err = aid_error_set (e, AID_E_IO, "the system gives no random numbers");
  while (!err && aid_span_find (prompt, aid_span_z (q->key)) >= 0);
  if (!err)
    write_chat (q, q->key, prompt);
  if (!err && q->chat.err)
    err = aid_error_set (e, q->chat.err, "the question is larger than %u MB", QUESTION_MAX >> 20);
  return err;
}

enum aid_err
aid_question_add (struct aid_cli_question *q, const char *label, const char *target, struct aid_error *e)
{
  aid_str_addf (&q->chat, "- [%s](%s) <!--aid:%s item-->\n", label, target, q->key);
  return q->chat.err ? aid_error_set (e, q->chat.err, "the question is larger than %u MB", QUESTION_MAX >> 20) : AID_OK;
}

void
aid_question_free (struct aid_cli_question *q)
{
  for (size_t i = 0; i < q->items.len; i++)
    {
      struct aid_ask_item *item = &AID_VEC_AT (struct aid_ask_item, &q->items, i);
      free ((char *) (uintptr_t) item->target.ptr);
      free ((char *) (uintptr_t) item->text.ptr);
    }
  aid_vec_free (&q->items);
  aid_str_free (&q->chat);
}
