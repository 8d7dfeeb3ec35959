/* A look at a Mercurial repository that writes nothing.

   hg status compares files whose time tells it nothing, and notes in .hg/dirstate which of them are clean.  No option turns that
   off, and it happens in a person's repository, perhaps while they commit.  An extension can: it is a file of ours. */
#include "base/fs.h"
#include "base/sha256.h"
#include "project/calm.h"

#include <stdio.h>
#include <stdlib.h>

static const char extension[] = "# Written by AID: hg status notes nothing in .hg/dirstate.\n"
                                "from mercurial import context\n"
                                "\n"
                                "def extsetup(ui):\n"
                                "    context.workingctx._poststatusfixup = lambda self, *args: self._repo.clearpostdsstatus()\n";

/* Whether PATH holds the extension, whole. */
static int
is_there (const char *path)
{
  struct aid_str text = AID_STR_INIT (sizeof extension);
  int same = aid_fs_exists (path) && !aid_fs_read (path, &text, NULL) && aid_span_eqz (aid_str_span (&text), extension);
  aid_str_free (&text);
  return same;
}

char *
aid_calm_hg_config (void)
{
  char hash[AID_SHA256_HEX];
  struct aid_str folder = AID_STR_INIT (AID_CALM_PATH), path = AID_STR_INIT (AID_CALM_PATH), out = AID_STR_INIT (AID_CALM_PATH);
  aid_sha256_hex (aid_span_z (extension), hash);
  enum aid_err err = aid_fs_xdg (AID_DIR_CACHE, &folder, NULL);
  aid_str_addz (&folder, "/hg");
  aid_str_addf (&path, "%s/still-%.16s.py", aid_str_z (&folder), hash);
  aid_str_addf (&out, "extensions.aid_still=%s", aid_str_z (&path));
  err = err || folder.err || path.err || out.err;
  if (!err && !is_there (aid_str_z (&path)))
    err = aid_fs_mkdirs (aid_str_z (&folder), 0700, NULL)
          || aid_fs_replace (aid_str_z (&path), aid_span_z (extension), 0600, NULL);
  aid_str_free (&folder);
  aid_str_free (&path);
  char *config = err ? strdup ("ui.interactive=false") : aid_str_steal (&out);
  aid_str_free (&out);
  return config;
}
