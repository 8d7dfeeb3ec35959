/* Experiments that harmed and are not followed any more: $XDG_STATE_HOME/aid/cores/broken.json, an object of EXPERIMENT
   to {variant, words, at}.  What is damaged or somebody else's to write is none. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "rollout/wish.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BROKEN_MAX ((size_t)256 << 10)

static enum aid_err
broken_path (struct aid_str *out, struct aid_error *e)
{
  char folder[AID_VERSIONS_PATH];
  if (aid_marks_folder (folder) || aid_str_addf (out, "%s/broken.json", folder))
    return aid_error_set (e, AID_E_IO, "There is no folder for AID's state: neither XDG_STATE_HOME nor HOME is set");
  return AID_OK;
}

/* A new reference; an empty object when there is nothing. */
static json_t *
read_broken (void)
{
  struct aid_str path = AID_STR_INIT (AID_VERSIONS_PATH), text = AID_STR_INIT (BROKEN_MAX);
  json_t *all = NULL;
  if (!broken_path (&path, NULL) && aid_fs_exists (aid_str_z (&path))
      && !aid_fs_read_itself (aid_str_z (&path), &text, NULL))
    all = aid_json_parse (aid_str_span (&text), "broken.json", NULL);
  aid_str_free (&path);
  aid_str_free (&text);
  if (json_is_object (all))
    return all;
  json_decref (all);
  return json_object ();
}

enum aid_err
aid_rollout_break (const char *experiment, const char *variant, const char *words, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (AID_VERSIONS_PATH), text = AID_STR_INIT (BROKEN_MAX);
  json_t *all = read_broken ();
  json_object_set_new (
    all, experiment,
    json_pack ("{s:s, s:s, s:I}", "variant", variant, "words", words, "at", (json_int_t)aid_clock_wall_ms ()));
  enum aid_err err = aid_json_dump (all, &text);
  if (err)
    aid_error_set (e, err, "The list of broken experiments is too large");
  else
    err = broken_path (&path, e);
  if (!err && aid_marks_make_folder ())
    err = aid_error_set (e, AID_E_IO, "Cannot make the folder of %.150s: %s", aid_str_z (&path), strerror (errno));
  if (!err)
    err = aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, e);
  json_decref (all);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

int
aid_rollout_is_off (const char *experiment, const char *variant, struct aid_str *why)
{
  json_t *all = read_broken ();
  const json_t *one = json_object_get (all, experiment);
  const char *known = aid_json_str (one, "variant"), *words = aid_json_str (one, "words");
  int is = known && !strcmp (known, variant);
  if (is)
    aid_str_addz (why, words ? words : "");
  json_decref (all);
  return is;
}

enum aid_err
aid_rollout_mend (struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (AID_VERSIONS_PATH);
  enum aid_err err = broken_path (&path, e);
  if (!err && unlink (aid_str_z (&path)) && errno != ENOENT)
    err = aid_error_set (e, AID_E_IO, "Cannot remove %.150s: %s", aid_str_z (&path), strerror (errno));
  aid_str_free (&path);
  return err;
}
