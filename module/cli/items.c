/* Items of the command line become targets, labels and texts. */
#include "cli/items.h"
#include "assist/assist.h"
#include "base/fs.h"
#include "cli/cli.h"
#include "context/item.h"
#include "context/kinds.h"
#include "context/sets.h"
#include "model/conversation.h"
#include <stdlib.h>

#define PATH_LIMIT 8192
#define TARGET_LIMIT 65536     /* percent-encoded, with its lines */
#define ITEMS_MAX 1000

struct reading
{
  struct aid_resolver *resolver;
  const char *root;
  int keep_failed;
  struct aid_vec *out;
};

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

/* The absolute name of PATH, from ROOT or else from the working directory, by text alone; then what follows ROOT when it is
   inside. */
static enum aid_err
relative_to (const char *root, int from_root, struct aid_span path, struct aid_str *out, struct aid_error *e)
{
  char *cwd = realpath (from_root ? root : ".", NULL), *name = aid_span_dup (path);
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

/* The name in TARGET as people write it, unless it holds what Markdown would take for something else. */
static void
add_label (struct aid_str *out, struct aid_span target)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT), label = AID_STR_INIT (PATH_LIMIT);
  int64_t first, last;
  int plain = aid_item_target (target, &path, &first, &last) == AID_OK;

  aid_item_label (aid_str_span (&path), &label);
  plain = plain && aid_span_eq (aid_str_span (&path), aid_str_span (&label));
  for (size_t i = 0; i < path.len && plain; i++)
    plain = !strchr ("<>\\`", path.ptr[i]);
  aid_str_addspan (out, plain ? aid_str_span (&path) : target);
  if (plain && first)
    aid_str_addf (out, first == last ? ":%lld" : ":%lld-%lld", (long long) first, (long long) last);
  aid_str_free (&path);
  aid_str_free (&label);
}

/* What ITEM leads to: a kind's target, or a file's. */
static enum aid_err
find_target (const char *item, const char *root, int from_root, struct aid_str *target, struct aid_str *label,
             struct aid_error *e)
{
  struct aid_span path = aid_span_z (item);
  enum aid_err err = aid_context_written (path, target, label, e);
  if (err != AID_E_NOTFOUND)
    return err;
  struct aid_span range = take_range (&path);
  err = relative_to (root, from_root, path, target, e);
  if (!err && range.len)
    {
      aid_str_addc (target, '#');
      aid_str_addspan (target, range);
    }
  if (!err)
    add_label (label, aid_str_span (target));
  return err;
}

static enum aid_err
read_text (const struct reading *r, const char *item, int typed, struct aid_span target, struct aid_str *text,
           struct aid_error *e)
{
  struct aid_resolve how = { .resolver = r->resolver, .dir = r->root, .root = r->root, .typed = typed };
  return !strcmp (item, "-") ? aid_cli_read ("-", text, e) : aid_assist_read (&how, target, text, e);
}

static enum aid_err
read_item (struct reading *r, const char *item, int from_root, int typed, struct aid_error *e)
{
  struct aid_str target = AID_STR_INIT (TARGET_LIMIT), label = AID_STR_INIT (TARGET_LIMIT), text = AID_STR_INIT (AID_MEDIA_MAX);
  struct aid_error why = { AID_OK, "" };
  enum aid_err err = find_target (strcmp (item, "-") ? item : "text:standard input", r->root, from_root, &target, &label, &why);
  if (!err)
    err = read_text (r, item, typed, aid_str_span (&target), &text, &why);
  if (err && (!r->keep_failed || !target.len))
    {
      *e = why;
      aid_str_free (&target);
      aid_str_free (&label);
      aid_str_free (&text);
      return err;
    }
  struct aid_cli_item *slot = aid_vec_push (r->out);
  if (!slot)
    err = aid_error_set (e, AID_E_LIMIT, "there are more than %d items", ITEMS_MAX);
  else
    {
      *slot = (struct aid_cli_item){ aid_str_steal (&target), aid_str_steal (&label), text, why };
      text = AID_STR_INIT (0);
      err = slot->target && slot->label ? AID_OK : aid_error_set (e, AID_E_NOMEM, "out of memory");
    }
  aid_str_free (&target);
  aid_str_free (&label);
  aid_str_free (&text);
  return err;
}

/* What the set NAME holds; a set that the project brings reads nothing outside of it, and no private address. */
static enum aid_err
read_set (struct reading *r, const char *name, struct aid_error *e)
{
  struct aid_vec sets;
  enum aid_err err = aid_sets_load (r->root, &sets, e);
  const struct aid_set *set = NULL;
  for (size_t i = 0; i < sets.len && !err; i++)
    if (!strcmp (AID_VEC_AT (struct aid_set, &sets, i).name, name))
      set = &AID_VEC_AT (struct aid_set, &sets, i);
  if (!err && !set)
    err = aid_error_set (e, AID_E_NOTFOUND, "there is no set \"%.100s\" in this project", name);
  for (size_t i = 0; !err && set && i < set->items.len; i++)
    {
      const char *item = AID_VEC_AT (char *, &set->items, i);
      if (set->shared && !aid_set_item_is_inside (r->root, item))
        err = aid_error_set (e, AID_E_REFUSED, "the set \"%.80s\" of the project names %.80s, which is not in it", name, item);
      else
        err = read_item (r, item, 1, !set->shared, e);
    }
  aid_sets_free (&sets);
  return err;
}

enum aid_err
aid_cli_items_read (struct aid_resolver *resolver, const char *const *items, size_t n, const char *root, int keep_failed,
                    struct aid_vec *out, struct aid_error *e)
{
  struct reading r = { resolver, root, keep_failed, out };
  enum aid_err err = AID_OK;

  *out = AID_VEC_INIT (struct aid_cli_item, ITEMS_MAX);
  for (size_t i = 0; i < n && !err; i++)
    err = strncmp (items[i], "set:", 4) ? read_item (&r, items[i], 0, 1, e) : read_set (&r, items[i] + 4, e);
  return err;
}

enum aid_err
aid_cli_item_in_set (const char *item, const char *root, char **out, struct aid_error *e)
{
  struct aid_str target = AID_STR_INIT (TARGET_LIMIT), label = AID_STR_INIT (TARGET_LIMIT), plain = AID_STR_INIT (TARGET_LIMIT);
  enum aid_err err = AID_OK;
  if (!strcmp (item, "-") || !strncmp (item, "set:", 4))
    err = aid_error_set (e, AID_E_INVALID, "a set cannot hold %.100s", item);
  else if (!aid_context_written (aid_span_z (item), &target, &label, NULL))
    aid_str_addz (&plain, item);
  else if (!(err = find_target (item, root, 0, &target, &label, e)))
    aid_str_add_decoded (&plain, aid_str_span (&target));
  *out = err ? NULL : aid_str_steal (&plain);
  aid_str_free (&target);
  aid_str_free (&label);
  aid_str_free (&plain);
  return err || *out ? err : aid_error_set (e, AID_E_NOMEM, "out of memory");
}

void
aid_cli_items_free (struct aid_vec *items)
{
  for (size_t i = 0; i < items->len; i++)
    {
      struct aid_cli_item *item = &AID_VEC_AT (struct aid_cli_item, items, i);
      free (item->target);
      free (item->label);
      aid_str_free (&item->text);
    }
  aid_vec_free (items);
}
