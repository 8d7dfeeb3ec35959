/* A strategy out of its file and those that it extends: settings from the outermost inwards, then the templates, each checked
   against what is known when all settings are. */
#include "assist/strategy_internal.h"
#include "base/fs.h"
#include <stdlib.h>

#define WARNINGS_MAX (16u << 10)
#define WORDS_MAX 64 /* entries of a list */

/* --- the chain ------------------------------------------------------------------------------------------------------ */

static struct aid_strategy_level *
add_level (struct aid_strategy_loader *l, struct aid_span name)
{
  struct aid_strategy_level *level = aid_vec_push (&l->levels);
  if (!level || !(level->name = aid_span_dup (name)))
    aid_error_set (l->e, AID_E_NOMEM, "There is no memory for the strategy.");
  return level;
}

/* Reads the settings of the last level, whose text is there. */
static enum aid_err
read_front (struct aid_strategy_loader *l)
{
  struct aid_strategy_level *level = &AID_VEC_AT (struct aid_strategy_level, &l->levels, l->levels.len - 1);
  return aid_front_read (aid_str_span (&level->file.text), aid_str_z (&level->file.path), &level->front, l->e);
}

static int
in_chain (const struct aid_strategy_loader *l, const char *name, enum aid_origin origin)
{
  for (size_t i = 0; i + 1 < l->levels.len; i++)
    {
      const struct aid_strategy_level *level = &AID_VEC_AT (struct aid_strategy_level, &l->levels, i);
      if (level->file.origin == origin && !strcmp (level->name, name))
        return 1;
    }
  return 0;
}

/* Follows "extends" from the level that is there.  A file that extends its own name extends the one it stands in front of. */
static enum aid_err
read_extended (struct aid_strategy_loader *l)
{
  for (;;)
    {
      size_t last = l->levels.len - 1;
      struct aid_strategy_level *level = &AID_VEC_AT (struct aid_strategy_level, &l->levels, last);
      const struct aid_front_value *v = aid_front_get (&level->front, "extends");
      if (!v || !v->text)
        return AID_OK;
      if (!aid_strategy_is_name (aid_span_z (v->text)))
        return aid_strategy_complain_type (l, level, v, "extends", "the name of a strategy");
      if (l->levels.len == AID_STRATEGY_CHAIN)
        return aid_strategy_complain (l, level, v, "more strategies extend one another than may");
      enum aid_origin from = strcmp (v->text, level->name) ? AID_ORIGIN_PROJECT : level->file.origin + 1;
      struct aid_str file = AID_STR_INIT (128);
      struct aid_strategy_level *next = add_level (l, aid_span_z (v->text));
      aid_str_addf (&file, "%s.md", v->text);
      level = &AID_VEC_AT (struct aid_strategy_level, &l->levels, last);
      enum aid_err err
        = next && next->name ? aid_strategy_file_find (l->root, from, aid_str_z (&file), &next->file, l->e) : AID_E_NOMEM;
      aid_str_free (&file);
      if (err == AID_E_NOTFOUND)
        return aid_strategy_complain (l, level, v, "there is no strategy of that name to extend");
      if (err || (err = read_front (l)))
        return err;
      if (in_chain (l, next->name, next->file.origin))
        return aid_strategy_complain (l, level, v, "these strategies extend one another in a circle");
    }
}

/* --- templates ------------------------------------------------------------------------------------------------------ */

static int
knows (void *ctx, struct aid_span variable)
{
  const struct aid_strategy_loader *l = ctx;
  if (aid_span_eqz (variable, "edit_format"))
    return !l->in_format;
  for (int f = 0; f < AID_SCENE_COUNT; f++)
    if (aid_span_eqz (variable, aid_scene_name ((enum aid_scene_word)f)))
      return 1;
  if (!aid_span_starts (variable, "vars."))
    return 0;
  for (size_t i = 0; i < l->s->vars.len; i++)
    if (aid_span_eqz (aid_span_cut (variable, 5, variable.len),
                      AID_VEC_AT (struct aid_strategy_variable, &l->s->vars, i).name))
      return 1;
  return 0;
}

static enum aid_err
partial (void *ctx, struct aid_span name, struct aid_str *text, struct aid_str *file, struct aid_error *e)
{
  const struct aid_strategy_loader *l = ctx;
  struct aid_strategy_file found = { .text = AID_STR_INIT (0) };
  struct aid_str want = AID_STR_INIT (128);
  enum aid_err err = AID_E_NOTFOUND;
  if (!aid_strategy_is_name (name))
    return err;
  aid_str_addf (&want, "_%.*s.md", (int)name.len, name.ptr);
  if (l->beside)
    {
      aid_str_addf (file, "%s/%s", l->beside, aid_str_z (&want));
      err = aid_fs_exists (aid_str_z (file)) ? aid_fs_read (aid_str_z (file), text, e) : AID_E_NOTFOUND;
    }
  if (err == AID_E_NOTFOUND)
    {
      aid_str_clear (file);
      err = aid_strategy_file_find (l->root, AID_ORIGIN_PROJECT, aid_str_z (&want), &found, e);
      aid_str_addspan (file, aid_str_span (&found.path));
      aid_str_addspan (text, aid_str_span (&found.text));
      aid_strategy_file_free (&found);
    }
  aid_str_free (&want);
  return err ? err : aid_front_check_bytes (aid_str_span (text), aid_str_z (file), e);
}

static enum aid_err
read_template (struct aid_strategy_loader *l, const struct aid_template_source *source, const struct aid_template *parent,
               struct aid_template **out)
{
  struct aid_template_world world = { knows, partial, l };
  return aid_template_read (source, &world, parent, out, l->e);
}

/* The template of LEVEL; of a file that is settings alone it is the one that it extends. */
static enum aid_err
read_body (struct aid_strategy_loader *l, const struct aid_strategy_level *level)
{
  struct aid_vec *all = &l->s->templates;
  struct aid_span text = aid_str_span (&level->file.text);
  struct aid_template_source source
    = { aid_str_z (&level->file.path), aid_span_cut (text, level->front.body, text.len), level->front.body_line };
  const struct aid_template *parent = all->len ? AID_VEC_AT (struct aid_template *, all, all->len - 1) : NULL;
  struct aid_template *t = NULL;
  if (parent && !aid_span_trim (source.text).len)
    return AID_OK;
  while (source.text.len && (source.text.ptr[0] == '\n' || source.text.ptr[0] == '\r'))
    {
      source.line += source.text.ptr[0] == '\n';
      source.text = aid_span_cut (source.text, 1, source.text.len);
    }
  enum aid_err err = read_template (l, &source, parent, &t);
  struct aid_template **slot = t ? aid_vec_push (all) : NULL;
  if (slot)
    *slot = t;
  else
    aid_template_free (t);
  return err ? err : slot ? AID_OK : aid_error_set (l->e, AID_E_NOMEM, "There is no memory for the strategy.");
}

/* How the edit format is asked for: the part of its name. */
static enum aid_err
read_format (struct aid_strategy_loader *l)
{
  if (l->s->format == AID_EDIT_NONE)
    return AID_OK;
  struct aid_str text = AID_STR_INIT (128);
  aid_str_addf (&text, "{{> format-%s}}", aid_edit_format_name (l->s->format));
  struct aid_template_source source = { l->s->file, aid_str_span (&text), 1 };
  l->in_format = 1;
  enum aid_err err = read_template (l, &source, NULL, &l->s->format_text);
  l->in_format = 0;
  aid_str_free (&text);
  return err;
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

static struct aid_strategy *
strategy_new (const struct aid_strategy_level *own)
{
  struct aid_strategy *s = calloc (1, sizeof *s);
  if (!s)
    return NULL;
  s->name = strdup (own->name);
  s->file = strdup (aid_str_z (&own->file.path));
  s->origin = own->file.origin;
  s->languages = AID_VEC_INIT (char *, WORDS_MAX);
  s->vars = AID_VEC_INIT (struct aid_strategy_variable, AID_STRATEGY_VARS);
  s->templates = AID_VEC_INIT (struct aid_template *, AID_STRATEGY_CHAIN);
  s->warnings = AID_STR_INIT (WARNINGS_MAX);
  s->temperature = s->top_p = -1;
  s->budget = AID_STRATEGY_BUDGET;
  if (s->name && s->file)
    return s;
  aid_strategy_free (s);
  return NULL;
}

/* Makes the strategy out of the files, which are all there. */
static enum aid_err
make (struct aid_strategy_loader *l, struct aid_strategy **out)
{
  enum aid_err err = AID_OK;
  l->s = strategy_new (&AID_VEC_AT (struct aid_strategy_level, &l->levels, 0));
  if (!l->s)
    return aid_error_set (l->e, AID_E_NOMEM, "There is no memory for the strategy.");
  for (size_t i = l->levels.len; i-- > 0 && !err;)
    err = aid_strategy_take_settings (l, &AID_VEC_AT (struct aid_strategy_level, &l->levels, i), i == 0);
  for (size_t i = l->levels.len; i-- > 0 && !err;)
    err = read_body (l, &AID_VEC_AT (struct aid_strategy_level, &l->levels, i));
  if (!err)
    err = read_format (l);
  if (err)
    aid_strategy_free (l->s);
  else
    *out = l->s;
  return err;
}

static void
loader_free (struct aid_strategy_loader *l)
{
  for (size_t i = 0; i < l->levels.len; i++)
    {
      struct aid_strategy_level *level = &AID_VEC_AT (struct aid_strategy_level, &l->levels, i);
      free (level->name);
      aid_strategy_file_free (&level->file);
      aid_front_free (&level->front);
    }
  aid_vec_free (&l->levels);
}

static enum aid_err
not_found (const char *root, const char *name, struct aid_error *e)
{
  struct aid_vec names = AID_VEC_INIT (char *, 3 * AID_STRATEGIES_MAX);
  struct aid_str all = AID_STR_INIT (200);
  for (int o = 0; o < AID_ORIGIN_COUNT; o++)
    aid_strategy_names (root, (enum aid_origin)o, &names);
  for (size_t i = 0; i < names.len; i++)
    {
      char *one = AID_VEC_AT (char *, &names, i);
      if (all.len + strlen (one) + 8 < all.max)
        aid_str_addf (&all, "%s%s", all.len ? ", " : "", one);
      free (one);
    }
  aid_vec_free (&names);
  aid_error_set (e, AID_E_NOTFOUND, "There is no strategy \"%.60s\"; there are %s.", name, aid_str_z (&all));
  aid_str_free (&all);
  return AID_E_NOTFOUND;
}

enum aid_err
aid_strategy_load (const char *root, const char *name, struct aid_strategy **out, struct aid_error *e)
{
  struct aid_strategy_loader l
    = { .root = root, .levels = AID_VEC_INIT (struct aid_strategy_level, AID_STRATEGY_CHAIN), .e = e };
  struct aid_str file = AID_STR_INIT (128);
  *out = NULL;
  if (!aid_strategy_is_name (aid_span_z (name)))
    return not_found (root, name, e);
  struct aid_strategy_level *own = add_level (&l, aid_span_z (name));
  aid_str_addf (&file, "%s.md", name);
  enum aid_err err
    = own && own->name ? aid_strategy_file_find (root, AID_ORIGIN_PROJECT, aid_str_z (&file), &own->file, e) : AID_E_NOMEM;
  if (err == AID_E_NOTFOUND)
    not_found (root, name, e);
  if (!err && !(err = read_front (&l)) && !(err = read_extended (&l)))
    err = make (&l, out);
  loader_free (&l);
  aid_str_free (&file);
  return err;
}

/* Whose the file PATH is: the project's if it lies among its strategies. */
static enum aid_origin
origin_of (const char *root, const char *path)
{
  struct aid_str folder = AID_STR_INIT (8192);
  aid_str_addf (&folder, "%s/.aid/strategies", root ? root : "");
  int theirs = root && aid_strategy_inside (aid_str_z (&folder), path);
  aid_str_free (&folder);
  return theirs ? AID_ORIGIN_PROJECT : AID_ORIGIN_USER;
}

enum aid_err
aid_strategy_load_file (const char *root, const char *path, struct aid_strategy **out, struct aid_error *e)
{
  struct aid_strategy_loader l
    = { .root = root, .levels = AID_VEC_INIT (struct aid_strategy_level, AID_STRATEGY_CHAIN), .e = e };
  struct aid_span base = aid_span_z (aid_fs_base (path));
  size_t n = (size_t)(base.ptr - path);
  char *beside = n ? aid_span_dup ((struct aid_span){ path, n > 1 ? n - 1 : n }) : strdup (".");
  *out = NULL;
  l.beside = beside;
  if (aid_span_ends (base, ".md"))
    base.len -= 3;
  struct aid_strategy_level *own = add_level (&l, base);
  enum aid_err err = AID_E_NOMEM;
  if (own && own->name && beside)
    {
      own->file = (struct aid_strategy_file){ origin_of (root, path), AID_STR_INIT (AID_STRATEGY_FILE_MAX), AID_STR_INIT (8192) };
      aid_str_addz (&own->file.path, path);
      err = aid_fs_read (path, &own->file.text, e);
      if (err == AID_E_LIMIT)
        aid_error_set (e, err, "%s is larger than the %u kB that a strategy may have.", path, AID_STRATEGY_FILE_MAX >> 10);
    }
  if (!err && !(err = read_front (&l)) && !(err = read_extended (&l)))
    err = make (&l, out);
  loader_free (&l);
  free (beside);
  return err;
}

void
aid_strategy_free (struct aid_strategy *s)
{
  if (!s)
    return;
  char *const words[] = { s->name,   s->file,  s->description, s->extends,    s->variant_of,
                          s->effort, s->model, s->tools,       s->schema_name };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    free (words[i]);
  for (size_t i = 0; i < s->languages.len; i++)
    free (AID_VEC_AT (char *, &s->languages, i));
  for (size_t i = 0; i < s->vars.len; i++)
    {
      free (AID_VEC_AT (struct aid_strategy_variable, &s->vars, i).name);
      free (AID_VEC_AT (struct aid_strategy_variable, &s->vars, i).value);
    }
  for (size_t i = 0; i < s->templates.len; i++)
    aid_template_free (AID_VEC_AT (struct aid_template *, &s->templates, i));
  aid_template_free (s->format_text);
  json_decref (s->schema);
  aid_vec_free (&s->languages);
  aid_vec_free (&s->vars);
  aid_vec_free (&s->templates);
  aid_str_free (&s->warnings);
  free (s);
}

/* --- rendering ------------------------------------------------------------------------------------------------------ */

struct rendering
{
  const struct aid_strategy *s;
  const struct aid_scene *scene;
  struct aid_span format; /* the text of {{edit_format}} */
};

static struct aid_span
value_of (void *ctx, struct aid_span variable)
{
  const struct rendering *r = ctx;
  if (aid_span_eqz (variable, "edit_format"))
    return r->format;
  for (int f = 0; f < AID_SCENE_COUNT; f++)
    if (aid_span_eqz (variable, aid_scene_name ((enum aid_scene_word)f)))
      return aid_str_span (&r->scene->values[f]);
  for (size_t i = 0; i < r->s->vars.len; i++)
    if (aid_span_eqz (aid_span_cut (variable, 5, variable.len),
                      AID_VEC_AT (struct aid_strategy_variable, &r->s->vars, i).name))
      return aid_span_z (AID_VEC_AT (struct aid_strategy_variable, &r->s->vars, i).value);
  return AID_SPAN ("");
}

enum aid_err
aid_strategy_render (const struct aid_strategy *s, const struct aid_scene *scene, struct aid_str *out, struct aid_error *e)
{
  struct aid_str format = AID_STR_INIT (AID_TEMPLATE_MAX), text = AID_STR_INIT (AID_TEMPLATE_MAX);
  struct rendering r = { s, scene, AID_SPAN ("") };
  const struct aid_template *t = AID_VEC_AT (struct aid_template *, &s->templates, s->templates.len - 1);
  enum aid_err err = s->format_text ? aid_template_render (s->format_text, value_of, &r, &format) : AID_OK;
  r.format = aid_str_span (&format);
  if (!err)
    err = aid_template_render (t, value_of, &r, &text);
  if (!err && r.format.len && !aid_template_names (t, "edit_format"))
    {
      aid_str_addz (&text, "\n\n");
      err = aid_str_addspan (&text, r.format);
    }
  if (!err)
    err = aid_str_addspan (out, aid_span_trim (aid_str_span (&text)));
  if (err)
    aid_error_set (e, err, "The prompt of strategy %s is larger than %u kB.", s->name, AID_TEMPLATE_MAX >> 10);
  aid_str_free (&format);
  aid_str_free (&text);
  return err;
}
