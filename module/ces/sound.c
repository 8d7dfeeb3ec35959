/* Whether a warm tree can be believed.  Nobody waits for the disk when one is made, so a machine that goes down may leave files
   of it empty, or none; and what was built while the clock was ahead is newer than the answers that are laid over it, which make
   and its like would not notice. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <string.h>

void
aid_warm_vouch (json_t *about, const struct aid_ces_extent *extent)
{
  char boot[AID_CLOCK_BOOT];
  aid_clock_boot_name (boot);
  json_object_set_new (about, "made", json_integer ((json_int_t)aid_clock_wall_ms ()));
  json_object_set_new (about, "boot", json_string (boot));
  json_object_set_new (about, "files", json_integer ((json_int_t)extent->files));
  json_object_set_new (about, "length", json_integer ((json_int_t)extent->length));
}

/* Whether all of FOLDER's tree is there that was when it was made. */
static int
is_whole (const char *folder, const json_t *about)
{
  struct aid_str tree = AID_STR_INIT (AID_CES_PATH);
  struct aid_ces_extent extent = { .files = -1 };
  int told = !aid_str_addf (&tree, "%s/tree", folder) && !aid_ces_measure (aid_str_z (&tree), &extent);
  aid_str_free (&tree);
  return told && extent.files == aid_json_int (about, "files", -1) && extent.length == aid_json_int (about, "length", -1);
}

/* Notes in FOLDER that its tree has outlived the last start: it need not be looked through again before the next. */
static void
note_boot (const char *folder, json_t *about, const char *boot)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH), text = AID_STR_INIT (AID_CES_ABOUT_MAX);
  json_object_set_new (about, "boot", json_string (boot));
  if (!aid_str_addf (&path, "%s/about.json", folder) && !aid_json_dump (about, &text))
    aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, NULL);
  aid_str_free (&path);
  aid_str_free (&text);
}

int
aid_warm_is_sound (const char *folder, json_t *about)
{
  char boot[AID_CLOCK_BOOT];
  const char *made_in = aid_json_str (about, "boot");
  aid_clock_boot_name (boot);
  if (aid_json_int (about, "made", INT64_MAX) > aid_clock_wall_ms ())
    return 0;
  if (boot[0] && made_in && !strcmp (made_in, boot))
    return 1;
  if (!is_whole (folder, about))
    return 0;
  note_boot (folder, about, boot);
  return 1;
}
