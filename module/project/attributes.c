/* .gitattributes: of what they can say, whether files are generated, somebody else's, or binary.  Each of these becomes
   a list of rules as .gitignore has them: set is a pattern, unset a pattern with "!". */
#include "base/map.h"
#include "project/attributes.h"
#include <stdlib.h>

struct folder
{
  struct aid_rules *rules[AID_ATTR_COUNT];
};

struct aid_attributes
{
  struct aid_map *folders;
  size_t n;
};

struct aid_attributes *
aid_attributes_new (void)
{
  struct aid_attributes *a = calloc (1, sizeof *a);
  if (a && !(a->folders = aid_map_new ()))
    {
      free (a);
      a = NULL;
    }
  return a;
}

static void
free_folder (void *folder)
{
  struct folder *f = folder;
  for (int i = 0; i < AID_ATTR_COUNT; i++)
    aid_rules_free (f->rules[i]);
  free (f);
}

void
aid_attributes_free (struct aid_attributes *a)
{
  if (a)
    aid_map_free (a->folders, free_folder);
  free (a);
}

/* Takes the next word off *REST. */
static struct aid_span
take_word (struct aid_span *rest)
{
  size_t from = 0, to;
  while (from < rest->len && strchr (" \t\r", rest->ptr[from]))
    from++;
  for (to = from; to < rest->len && !strchr (" \t\r", rest->ptr[to]);)
    to++;
  struct aid_span word = aid_span_cut (*rest, from, to);
  *rest = aid_span_cut (*rest, to, rest->len);
  return word;
}

/* What the word ATTR says of attribute I: 1, 0, or -1 nothing. */
static int
says (struct aid_span attr, int i)
{
  static const char *const names[] = { "linguist-generated", "linguist-vendored", "binary" };
  int off = aid_span_starts (attr, "-");
  attr = aid_span_cut (attr, (size_t)off, attr.len);
  if (!aid_span_starts (attr, names[i]))
    return -1;
  attr = aid_span_cut (attr, strlen (names[i]), attr.len);
  if (attr.len == 0)
    return !off;
  return aid_span_eqz (attr, "=true") ? 1 : aid_span_eqz (attr, "=false") ? 0 : -1;
}

static void
add_line (struct aid_span line, struct aid_str lists[AID_ATTR_COUNT])
{
  struct aid_span pattern = take_word (&line), attr;
  if (!pattern.len || pattern.ptr[0] == '#' || pattern.ptr[0] == '"' || pattern.ptr[0] == '[' || pattern.ptr[0] == '!')
    return;
  while ((attr = take_word (&line)).len)
    for (int i = 0; i < AID_ATTR_COUNT; i++)
      {
        int what = says (attr, i);
        if (what < 0)
          continue;
        aid_str_addz (&lists[i], what ? "" : "!");
        aid_str_addspan (&lists[i], pattern);
        aid_str_addc (&lists[i], '\n');
      }
}

void
aid_attributes_add (struct aid_attributes *a, struct aid_span folder, struct aid_span text)
{
  struct aid_str lists[AID_ATTR_COUNT];
  struct aid_span line;
  struct folder *f = calloc (1, sizeof *f);
  void *old = NULL;
  for (int i = 0; i < AID_ATTR_COUNT; i++)
    lists[i] = AID_STR_INIT (AID_IGNORE_FILE_MAX);
  while (aid_span_line (&text, &line))
    add_line (line, lists);
  for (int i = 0; i < AID_ATTR_COUNT; i++)
    {
      if (f && lists[i].len)
        f->rules[i] = aid_rules_read (aid_str_span (&lists[i]), ".gitattributes");
      aid_str_free (&lists[i]);
    }
  if (!f || aid_map_put (a->folders, folder, f, &old))
    {
      if (f)
        free_folder (f);
      return;
    }
  if (old)
    free_folder (old);
  a->n++;
}

int
aid_attributes_say (const struct aid_attributes *a, enum aid_attribute which, struct aid_span path)
{
  struct aid_span folder = path;
  if (!a || !a->n)
    return -1;
  for (int more = 1; more;)
    {
      const char *slash = folder.len ? memrchr (folder.ptr, '/', folder.len) : NULL;
      more = slash != NULL;
      folder.len = slash ? (size_t)(slash - folder.ptr) : 0;
      const struct folder *f = aid_map_get (a->folders, folder);
      size_t base = folder.len ? folder.len + 1 : 0;
      int verdict
        = f && f->rules[which] ? aid_rules_match (f->rules[which], aid_span_cut (path, base, path.len), 0, NULL) : -1;
      if (verdict >= 0)
        return verdict;
    }
  return -1;
}
