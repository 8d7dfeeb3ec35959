/* What was found of the files of a warm tree: a file of JSON beside it, {"src/a.ml": true, ...}: in parsed.json which of them
   parse (parse.c), in noticed.json of which make notices that they have changed (anew.c).  It goes with the tree, whose files
   stay as they are; who judges over the tree has it locked.  It is replaced as a whole: of two who write at once one is
   forgotten, and his files are looked at again. */
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <stdlib.h>

#define FILES_MAX 10000 /* that are remembered */
#define TEXT_MAX ((size_t)4 << 20)

static enum aid_err
path_of (const struct aid_warm *w, const char *what, struct aid_str *out)
{
  return aid_str_addf (out, "%.*s/%s.json", (int)(strrchr (w->tree, '/') - w->tree), w->tree, what);
}

json_t *
aid_warm_known (const struct aid_warm *w, const char *what)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH), text = AID_STR_INIT (TEXT_MAX);
  json_t *known = NULL;
  if (!path_of (w, what, &path) && !aid_fs_read_itself (aid_str_z (&path), &text, NULL))
    known = aid_json_load (aid_str_span (&text));
  aid_str_free (&path);
  aid_str_free (&text);
  if (json_is_object (known))
    return known;
  json_decref (known);
  return json_object ();
}

void
aid_warm_known_keep (const struct aid_warm *w, const char *what, const json_t *known)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH), text = AID_STR_INIT (TEXT_MAX);
  if (json_object_size (known) <= FILES_MAX && !path_of (w, what, &path) && !aid_json_dump (known, &text) && !text.err)
    aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, NULL);
  aid_str_free (&path);
  aid_str_free (&text);
}
