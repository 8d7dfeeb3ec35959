/* Rows name no folder of the machine that they were made on: what lies in the project is named from its root, the home of whose
   work it is is "~". */
#include "base/json.h"
#include "learn/row.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)32 << 20)

static int
is_name (unsigned char c)
{
  return c >= 0x80 || c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Whether a file's name that is absolute may begin at AT: it goes on from no other, unless that is an option, as in "-I/usr". */
static int
begins (struct aid_span text, size_t at)
{
  size_t from = at;
  while (from && is_name ((unsigned char)text.ptr[from - 1]))
    from--;
  char before = from ? text.ptr[from - 1] : ' ';
  int goes_on = before == '/' ? from < at : before == '~' || before == ')' || before == '}';
  return !goes_on && (from == at || text.ptr[from] == '-');
}

/* Whether the name of a folder may end before AT: what follows is of no longer name.  A full stop may be a sentence's. */
static int
ends (struct aid_span text, size_t at)
{
  while (at < text.len && text.ptr[at] == '.')
    at++;
  return at >= text.len || !is_name ((unsigned char)text.ptr[at]);
}

size_t
aid_row_hide (struct aid_span text, const char *folder, const char *with, struct aid_str *out)
{
  struct aid_span name = aid_span_z (folder);
  size_t from = 0, n = 0, at;
  while (name.len > 1)
    {
      ptrdiff_t found = aid_span_find (aid_span_cut (text, from, text.len), name);
      if (found < 0)
        break;
      at = from + (size_t)found;
      aid_str_addspan (out, aid_span_cut (text, from, at));
      from = at + name.len;
      if (!begins (text, at) || !ends (text, from))
        {
          aid_str_addspan (out, name);
          continue;
        }
      n++;
      int below = !*with && from < text.len && text.ptr[from] == '/';
      aid_str_addz (out, *with ? with : below ? "" : ".");
      from += (size_t)below;
    }
  aid_str_addspan (out, aid_span_cut (text, from, text.len));
  return n;
}

/* The home that PROJECT lies in, by its name: the work may be another's; "" when the name does not tell. */
static void
home_of (const char *project, struct aid_str *out)
{
  static const char *const homes[] = { "/home/", "/Users/" };
  for (size_t i = 0; i < sizeof homes / sizeof *homes; i++)
    {
      size_t n = strlen (homes[i]), name = !strncmp (project, homes[i], n) ? strcspn (project + n, "/") : 0;
      if (name)
        aid_str_add (out, project, n + name);
    }
}

size_t
aid_row_place_hide (const struct aid_row_place *p, struct aid_span text, struct aid_str *out)
{
  struct aid_str home = AID_STR_INIT (8192), once = AID_STR_INIT (TEXT_MAX);
  const char *mine = getenv ("HOME");
  home_of (p->project, &home);
  const struct
  {
    const char *folder, *with;
  } all[] = { { p->dir, "" }, { p->project, "" }, { aid_str_z (&home), "~" }, { mine && mine[0] == '/' ? mine : "", "~" } };
  size_t n = 0;
  aid_str_addspan (out, text);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    {
      aid_str_clear (&once);
      n += aid_row_hide (aid_str_span (out), all[i].folder, all[i].with, &once);
      aid_str_clear (out);
      aid_str_addspan (out, aid_str_span (&once));
    }
  out->err = out->err ? out->err : once.err;
  aid_str_free (&home);
  aid_str_free (&once);
  return n;
}

json_t *
aid_row_place_hidden (const struct aid_row_place *p, const json_t *v)
{
  json_t *out = NULL, *item;
  const char *key;
  size_t i;
  if (json_is_string (v))
    {
      struct aid_str text = AID_STR_INIT (TEXT_MAX);
      aid_row_place_hide (p, (struct aid_span){ json_string_value (v), json_string_length (v) }, &text);
      out = text.err ? NULL : aid_json_of_span (aid_str_span (&text));
      aid_str_free (&text);
      return out;
    }
  if (!json_is_array (v) && !json_is_object (v))
    return json_incref ((json_t *)(uintptr_t)v);
  out = json_is_array (v) ? json_array () : json_object ();
  json_array_foreach (v, i, item)
  {
    json_array_append_new (out, aid_row_place_hidden (p, item));
  }
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
  {
    json_object_set_new (out, key, aid_row_place_hidden (p, item));
  }
  return out;
}
