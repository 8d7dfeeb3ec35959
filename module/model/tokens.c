#include "model/tokens.h"
#include "base/fs.h"
#include "base/json.h"
#include "model/bpe.h"
#include "model/estimate.h"
#include <stdlib.h>

#define STATE_MAX ((size_t) 1 << 20)
#define MODELS_MAX 1000        /* corrections that are kept */

struct aid_counter
{
  char *model;                 /* never NULL */
  enum aid_family family;
  struct aid_bpe *bpe;         /* NULL: estimates */
  double ratio;
};

/* --- vocabularies --------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_vocab_path (const char *name, struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_CACHE, out, e);
  if (!err && (err = aid_str_addf (out, "/vocab/%s.bpe", name)))
    aid_error_set (e, err, "The cache's folder has too long a name");
  return err;
}

static struct aid_bpe *
open_in (struct aid_span dir, const char *name)
{
  struct aid_str path = AID_STR_INIT (8192);
  struct aid_bpe *b = NULL;
  aid_str_addspan (&path, dir);
  aid_str_addf (&path, "/aid/vocab/%s.bpe", name);
  if (dir.len && dir.ptr[0] == '/' && !path.err)
    aid_bpe_open (path.ptr, &b, NULL);
  aid_str_free (&path);
  return b;
}

static struct aid_bpe *
open_for_user (const char *name)
{
  struct aid_str path = AID_STR_INIT (8192);
  const char *data = getenv ("XDG_DATA_HOME"), *home = getenv ("HOME");
  struct aid_bpe *b = NULL;
  if (!aid_vocab_path (name, &path, NULL))
    aid_bpe_open (path.ptr, &b, NULL);
  aid_str_clear (&path);
  if (data && *data)
    aid_str_addz (&path, data);
  else if (home)
    aid_str_addf (&path, "%s/.local/share", home);
  if (!b && !path.err)
    b = open_in (aid_str_span (&path), name);
  aid_str_free (&path);
  return b;
}

static struct aid_bpe *
open_vocabulary (const char *name)
{
  const char *dirs = getenv ("XDG_DATA_DIRS");
  struct aid_bpe *b = open_for_user (name);
  dirs = dirs && *dirs ? dirs : "/usr/local/share:/usr/share";
  while (!b && *dirs)
    {
      size_t n = strcspn (dirs, ":");
      b = open_in ((struct aid_span){ dirs, n }, name);
      dirs += n + (dirs[n] == ':');
    }
  return b;
}

/* --- corrections ---------------------------------------------------------------------------------------------------------- */

static double
bounded (double ratio)
{
  return ratio < AID_RATIO_LEAST ? AID_RATIO_LEAST : ratio > AID_RATIO_MOST ? AID_RATIO_MOST : ratio;
}

static enum aid_err
state_path (struct aid_str *out)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, out, NULL);
  return err ? err : aid_str_addz (out, "/tokens.json");
}

/* An object of ratios by model; empty when there is no file, or it is none. */
static json_t *
read_ratios (void)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (STATE_MAX);
  json_t *doc = NULL;
  if (!state_path (&path) && !aid_fs_read (path.ptr, &text, NULL))
    doc = aid_json_parse (aid_str_span (&text), "tokens.json", NULL);
  aid_str_free (&path);
  aid_str_free (&text);
  if (json_is_object (doc))
    return doc;
  json_decref (doc);
  return json_object ();
}

static void
write_ratios (const json_t *ratios)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (STATE_MAX);
  if (!state_path (&path) && !aid_json_dump (ratios, &text) && !aid_str_addc (&text, '\n'))
    {
      size_t dir = (size_t) (aid_fs_base (path.ptr) - path.ptr) - 1;
      path.ptr[dir] = '\0';
      enum aid_err err = aid_fs_mkdirs (path.ptr, 0700, NULL);
      path.ptr[dir] = '/';
      if (!err)
        aid_fs_replace (path.ptr, aid_str_span (&text), 0600, NULL);
    }
  aid_str_free (&path);
  aid_str_free (&text);
}

static double
ratio_of (const char *model)
{
  json_t *all = read_ratios ();
  double ratio = aid_json_real (all, model, 1.0);
  json_decref (all);
  return ratio > 0 ? bounded (ratio) : 1.0;
}

void
aid_counter_learn (const struct aid_counter *c, int64_t counted, int64_t told)
{
  if (c->bpe || counted < AID_LEARN_LEAST || told < AID_LEARN_LEAST)
    return;
  json_t *all = read_ratios ();
  const char *oldest = json_object_iter_key (json_object_iter (all));
  /* COUNTED was corrected already, by C's ratio. */
  double now = bounded (c->ratio * (double) told / (double) counted), old = aid_json_real (all, c->model, now);
  if (json_object_size (all) >= MODELS_MAX && oldest && !json_object_get (all, c->model))
    json_object_del (all, oldest);
  json_object_set_new (all, c->model, json_real (bounded (old + (now - old) / 5)));
  write_ratios (all);
  json_decref (all);
}

/* --- counting ------------------------------------------------------------------------------------------------------------- */

struct aid_counter *
aid_counter_new (const char *model)
{
  struct aid_counter *c = calloc (1, sizeof *c);
  if (!c || !(c->model = strdup (model ? model : "")))
    {
      free (c);
      return NULL;
    }
  c->family = aid_family_of (c->model);
  c->ratio = 1.0;
  if (c->family == AID_FAMILY_O200K || c->family == AID_FAMILY_CL100K)
    c->bpe = open_vocabulary (aid_family_name (c->family));
  if (!c->bpe && *c->model)
    c->ratio = ratio_of (c->model);
  return c;
}

void
aid_counter_free (struct aid_counter *c)
{
  if (!c)
    return;
  aid_bpe_close (c->bpe);
  free (c->model);
  free (c);
}

int64_t
aid_counter_count (const struct aid_counter *c, struct aid_span text)
{
  int64_t n = c->bpe ? aid_bpe_count (c->bpe, text, NULL) : -1;
  if (n < 0)                   /* no vocabulary, or no memory: then an estimate is better than nothing */
    n = (int64_t) ((double) aid_estimate (c->family, text) * c->ratio + 0.5);
  return n || !text.len ? n : 1;
}

int
aid_counter_exact (const struct aid_counter *c)
{
  return c->bpe != NULL;
}

const char *
aid_counter_tokenizer (const struct aid_counter *c)
{
  return aid_family_name (c->family);
}

double
aid_counter_ratio (const struct aid_counter *c)
{
  return c->ratio;
}
