/* Which files of a warm tree parse, as parse.c has found: parsed.json beside the tree, {"src/a.ml": true, ...}.  It goes with the
   tree, whose files stay as they are; who judges over the tree has it locked.  It is replaced as a whole: of two who write at
   once one is forgotten, and his files are parsed again. */
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <stdlib.h>

#define FILES_MAX 10000 /* that are remembered */
#define TEXT_MAX ((size_t)4 << 20)

static enum aid_err
path_of (const struct aid_warm *w, struct aid_str *out)
{
  return aid_str_addf (out, "%.*s/parsed.json", (int)(strrchr (w->tree, '/') - w->tree), w->tree);
}

json_t *
aid_warm_parsed (const struct aid_warm *w)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH), text = AID_STR_INIT (TEXT_MAX);
  json_t *parsed = NULL;
  if (!path_of (w, &path) && !aid_fs_read_itself (aid_str_z (&path), &text, NULL))
    parsed = aid_json_load (aid_str_span (&text));
  aid_str_free (&path);
  aid_str_free (&text);
  if (json_is_object (parsed))
    return parsed;
  json_decref (parsed);
  return json_object ();
}

void
aid_warm_parsed_keep (const struct aid_warm *w, const json_t *parsed)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH), text = AID_STR_INIT (TEXT_MAX);
  if (json_object_size (parsed) <= FILES_MAX && !path_of (w, &path) && !aid_json_dump (parsed, &text) && !text.err)
    aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, NULL);
  aid_str_free (&path);
  aid_str_free (&text);
}
