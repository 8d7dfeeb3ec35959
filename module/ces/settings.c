/* The setting "ces": the user's alone, for it names folders and what runs. */
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces.h"
#include "config/config.h"

#include <stdlib.h>

enum
{
  WARM_TREES = 16,
  WARM_MEGABYTES = 8192
};

/* A folder's name, with "~/" for the person's home. */
static char *
folder (const char *z)
{
  struct aid_str out = AID_STR_INIT (8192);
  if (z)
    aid_fs_at_home (z, &out);
  char *name = z && !out.err ? aid_str_steal (&out) : NULL;
  aid_str_free (&out);
  return name;
}

/* One's whole home, or all there is, is not to be seen by other people's code. */
static int
is_too_much (const char *path)
{
  struct aid_str home = AID_STR_INIT (8192);
  aid_fs_at_home ("~/", &home);
  struct aid_span own = aid_str_span (&home), asked = aid_span_z (path);
  while (own.len > 1 && own.ptr[own.len - 1] == '/')
    own.len--;
  while (asked.len > 1 && asked.ptr[asked.len - 1] == '/')
    asked.len--;
  int above = own.len >= asked.len && aid_span_eq (aid_span_cut (own, 0, asked.len), asked)
              && (own.len == asked.len || own.ptr[asked.len] == '/' || asked.len == 1);
  aid_str_free (&home);
  return above;
}

static enum aid_err
programs (const json_t *list, char **out, struct aid_error *e)
{
  struct aid_str all = AID_STR_INIT (65536);
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < json_array_size (list) && !err; i++)
    {
      const char *said = json_string_value (json_array_get (list, i));
      char *path = folder (said);
      if (!path || *path != '/' || strchr (path, ':') || strstr (path, "/../") || is_too_much (path))
        err = aid_error_set (
          e, AID_E_INVALID,
          "ces.programs: \"%.100s\" must be a folder of programs, as \"~/.opam/4.14.1\": not your home, nor what "
          "it lies in, nor a name with ':' or '..'",
          said ? said : "");
      else
        err = aid_str_addf (&all, "%s%s", all.len ? ":" : "", path);
      free (path);
    }
  *out = err || !all.len ? NULL : aid_str_steal (&all);
  aid_str_free (&all);
  return err;
}

static json_t *
repositories (const json_t *named)
{
  json_t *out = json_object (), *one;
  const char *name;
  json_object_foreach ((json_t *)(uintptr_t)named, name, one)
  {
    char *path = folder (aid_json_str (one, "path"));
    json_t *copy = json_is_object (one) && path ? json_deep_copy (one) : NULL;
    if (copy)
      {
        json_object_set_new (copy, "path", aid_json_of_span (aid_span_z (path)));
        json_object_set_new (out, name, copy);
      }
    free (path);
  }
  return out;
}

enum aid_err
aid_ces_settings_read (struct aid_ces_settings *out, struct aid_error *e)
{
  struct aid_config *c = aid_config_load (NULL, e);
  *out = (struct aid_ces_settings){ .warm_trees = WARM_TREES, .warm_megabytes = WARM_MEGABYTES };
  if (!c)
    return e && e->code ? e->code : AID_E_INVALID;
  const json_t *ces = aid_config_get (c, "ces");
  out->warm = folder (aid_json_str (ces, "warm"));
  out->warm_trees = aid_json_int (ces, "warm_trees", WARM_TREES);
  out->warm_megabytes = aid_json_int (ces, "warm_megabytes", WARM_MEGABYTES);
  out->limits = json_deep_copy (json_object_get (ces, "limits"));
  out->weights = json_deep_copy (json_object_get (ces, "weights"));
  out->repositories = repositories (json_object_get (ces, "repositories"));
  enum aid_err err = programs (json_object_get (ces, "programs"), &out->programs, e);
  aid_config_free (c);
  return err;
}

void
aid_ces_settings_free (struct aid_ces_settings *s)
{
  free (s->warm);
  free (s->programs);
  json_decref (s->limits);
  json_decref (s->weights);
  json_decref (s->repositories);
  *s = (struct aid_ces_settings){ .warm = NULL };
}
