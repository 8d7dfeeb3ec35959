/* The shape that a strategy wants of an answer: a JSON Schema in a file among the strategies, or, a short one, in the setting. */
#include "assist/strategy_internal.h"
#include "base/fs.h"
#include "model/schema.h"
#include <stdlib.h>

/* Whether NAME is a file's own name that ends in ".json": no folder, and nothing hidden. */
static int
is_file_name (struct aid_span name)
{
  return name.len <= 100 && name.ptr[0] != '.' && aid_span_ends (name, ".json") && !memchr (name.ptr, '/', name.len);
}

/* Finds the file NAME where parts of FROM are looked for, too. */
static enum aid_err
find (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const char *name, struct aid_strategy_file *out)
{
  enum aid_err err = AID_E_NOTFOUND;
  if (l->beside)
    {
      out->text = AID_STR_INIT (AID_SCHEMA_MAX);
      out->path = AID_STR_INIT (8192);
      aid_str_addf (&out->path, "%s/%s", l->beside, name);
      err = aid_fs_exists (aid_str_z (&out->path)) ? aid_fs_read (aid_str_z (&out->path), &out->text, l->e) : AID_E_NOTFOUND;
      if (err != AID_E_NOTFOUND)
        return err;
      aid_strategy_file_free (out);
    }
  return aid_strategy_file_find (l->root, from->file.origin, name, out, l->e);
}

/* The strategy's schema becomes SCHEMA, which is taken. */
static enum aid_err
set (struct aid_strategy_loader *l, json_t *schema, const char *name)
{
  json_decref (l->s->schema);
  free (l->s->schema_name);
  l->s->schema = schema;
  l->s->schema_name = name ? strdup (name) : NULL;
  return name && !l->s->schema_name ? aid_error_set (l->e, AID_E_NOMEM, "There is no memory for the strategy.") : AID_OK;
}

/* A schema in the setting itself has its own lines and columns. */
static enum aid_err
read_inline (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v, json_t **out,
             char name[AID_SCHEMA_NAME])
{
  struct aid_error wrong = { AID_OK, "" };
  enum aid_err err = aid_schema_read (aid_span_z (v->text), "schema", out, name, &wrong);
  return err ? aid_strategy_complain (l, from, v, wrong.msg) : AID_OK;
}

enum aid_err
aid_strategy_take_schema (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v)
{
  struct aid_strategy_file file = { .text = AID_STR_INIT (0) };
  char name[AID_SCHEMA_NAME];
  json_t *schema = NULL;
  enum aid_err err;
  if (v->kind == AID_FRONT_NONE)
    return set (l, NULL, NULL);
  if (v->kind == AID_FRONT_STRING && v->text[0] == '{')
    err = read_inline (l, from, v, &schema, name);
  else if (v->kind != AID_FRONT_STRING || !is_file_name (aid_span_z (v->text)))
    return aid_strategy_complain_type (l, from, v, v->key, "the name of a file, as in answer.json, or a JSON Schema in quotes");
  else if ((err = find (l, from, v->text, &file)) == AID_E_NOTFOUND)
    err = aid_strategy_complain (l, from, v, "there is no file of that name among the strategies");
  else if (!err)
    err = aid_schema_read (aid_str_span (&file.text), aid_str_z (&file.path), &schema, name, l->e);
  aid_strategy_file_free (&file);
  return err ? err : set (l, schema, name);
}
