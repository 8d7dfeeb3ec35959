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
  aid_config_free (c);
  return AID_OK;
}

void
aid_ces_settings_free (struct aid_ces_settings *s)
{
  free (s->warm);
  json_decref (s->limits);
  json_decref (s->weights);
  json_decref (s->repositories);
  *s = (struct aid_ces_settings){ .warm = NULL };
}
