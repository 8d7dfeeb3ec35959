/* A walk through the schemas within a schema.  Where one is wrong is told by the way to it: the keys that lead there. */
#include "model/schema.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/json_find.h"

#define WAY_MAX (2 * AID_SCHEMA_DEPTH + 2)

struct walk
{
  struct aid_span text;
  const char *file;
  const char *way[WAY_MAX];
  size_t depth;                /* keys of the way */
  int within;                  /* schemas that this one stands in */
  struct aid_error *e;
};

/* The place of the key that the way ends with; of an element of a list it is the list's. */
static enum aid_err
complain (const struct walk *w, const char *what, const char *name)
{
  struct aid_json_place at;
  size_t n = w->depth;
  while (n && aid_json_find (w->text, w->way, n, &at))
    n--;
  if (!n)
    at = (struct aid_json_place){ .line = 1 };
  struct aid_span before = aid_span_cut (w->text, 0, at.key);
  const char *nl = before.len ? memrchr (before.ptr, '\n', before.len) : NULL;
  int column = 1 + (int) (nl ? before.ptr + before.len - nl - 1 : (ptrdiff_t) before.len);
  return aid_error_set (w->e, AID_E_PARSE, "%s:%d:%d: %s%s%s%s", w->file, at.line, column, what, name ? " \"" : "",
                        name ? name : "", name ? "\"" : "");
}

static int
is_word (const json_t *v, const char *word)
{
  return json_is_string (v) && !strcmp (json_string_value (v), word);
}

/* Whether WORD is among those of LIST, which may be anything. */
static int
lists (const json_t *list, const char *word)
{
  const json_t *one;
  size_t i;
  json_array_foreach (list, i, one)
    if (is_word (one, word))
      return 1;
  return 0;
}

static enum aid_err
check_object (const struct walk *w, const json_t *schema)
{
  json_t *members = json_object_get (schema, "properties"), *required = json_object_get (schema, "required"), *member;
  const char *name;
  if (!json_is_object (members))
    return complain (w, "an object needs its members in \"properties\"", NULL);
  if (!json_is_false (json_object_get (schema, "additionalProperties")))
    return complain (w, "an object must be closed: it needs \"additionalProperties\": false", NULL);
  json_object_foreach (members, name, member)
    if (!lists (required, name))
      return complain (w, "\"required\" must list all members (give one that may be missing the type \"null\", too), also",
                       name);
  return AID_OK;
}

static enum aid_err check (struct walk *w, const json_t *schema);

static enum aid_err
check_inner (struct walk *w, const json_t *schema)
{
  w->within++;
  enum aid_err err
    = w->within > AID_SCHEMA_DEPTH ? complain (w, "schemas stand too deep in one another", NULL) : check (w, schema);
  w->within--;
  return err;
}

/* Checks what stands at KEY of SCHEMA: a schema, or a list of some; or, if NAMED, an object of some. */
static enum aid_err
check_at (struct walk *w, const json_t *schema, const char *key, int named)
{
  json_t *all = json_object_get (schema, key), *one;
  const char *name;
  size_t i;
  enum aid_err err = AID_OK;
  if (!all)
    return AID_OK;
  w->way[w->depth++] = key;
  if (named && !json_is_object (all))
    err = complain (w, "this must be an object", NULL);
  else if (named)
    json_object_foreach (all, name, one)
      {
        w->way[w->depth++] = name;
        err = err ? err : check_inner (w, one);
        w->depth--;
      }
  else if (json_is_array (all))
    {
      json_array_foreach (all, i, one)
        err = err ? err : check_inner (w, one);
    }
  else
    err = check_inner (w, all);
  w->depth--;
  return err;
}

static enum aid_err
check (struct walk *w, const json_t *schema)
{
  static const struct
  {
    const char *key;
    int named;
  } within[] = { { "properties", 1 }, { "$defs", 1 }, { "definitions", 1 }, { "items", 0 }, { "prefixItems", 0 },
                 { "anyOf", 0 },      { "allOf", 0 } };
  if (!json_is_object (schema))
    return complain (w, "a schema must be a JSON object", NULL);
  const json_t *type = json_object_get (schema, "type");
  int object = is_word (type, "object") || lists (type, "object") || json_object_get (schema, "properties");
  enum aid_err err = object ? check_object (w, schema) : AID_OK;
  if (!err && json_object_get (schema, "oneOf"))
    err = complain (w, "servers know \"anyOf\", but no \"oneOf\"", NULL);
  for (size_t i = 0; i < sizeof within / sizeof *within && !err; i++)
    err = check_at (w, schema, within[i].key, within[i].named);
  return err;
}

static void
make_name (const json_t *schema, const char *file, char name[AID_SCHEMA_NAME])
{
  struct aid_span from = aid_json_span (schema, "title");
  size_t n = 0;
  if (!from.len)
    from = aid_span_z (aid_fs_base (file));
  for (; n < from.len && n + 1 < AID_SCHEMA_NAME && from.ptr[n] != '.'; n++)
    {
      char c = from.ptr[n], low = (char) (c | 32);
      name[n] = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' ? c : '_';
    }
  name[n] = '\0';
  if (!n)
    memcpy (name, "answer", sizeof "answer");
}

enum aid_err
aid_schema_read (struct aid_span text, const char *file, json_t **out, char name[AID_SCHEMA_NAME], struct aid_error *e)
{
  struct walk w = { .text = text, .file = file, .e = e };
  json_error_t wrong;
  *out = NULL;
  if (text.len > AID_SCHEMA_MAX)
    return aid_error_set (e, AID_E_LIMIT, "%s is larger than the %u kB that a schema may have.", file, AID_SCHEMA_MAX >> 10);
  json_t *schema = json_loadb (text.len ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &wrong);
  if (!schema)
    return aid_error_set (e, AID_E_PARSE, "%s:%d:%d: %s", file, wrong.line, wrong.column, wrong.text);
  enum aid_err err = is_word (json_object_get (schema, "type"), "object")
                       ? check (&w, schema)
                       : complain (&w, "an answer is an object: the schema needs \"type\": \"object\"", NULL);
  if (err)
    json_decref (schema);
  else
    {
      make_name (schema, file, name);
      json_object_del (schema, "$schema");     /* it names the language that all are written in */
      *out = schema;
    }
  return err;
}
