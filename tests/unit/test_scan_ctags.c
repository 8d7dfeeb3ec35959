/* universal-ctags as a source: what it says is held against the text.  Without it on this machine a program stands in that
   writes the same lines. */
#include "base/fs.h"
#include "scan/ctags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64], program[128];

static void
put (const char *path, const char *text, mode_t mode)
{
  assert_int_equal (aid_fs_replace (path, aid_span_z (text), mode, NULL), AID_OK);
}

static int
set_up (void **state)
{
  (void)state;
  strcpy (dir, "/tmp/aid-ctags-XXXXXX");
  assert_non_null (mkdtemp (dir));
  snprintf (program, sizeof program, "%s/ctags", dir);
  return 0;
}

static int
tear_down (void **state)
{
  (void)state;
  char command[128];
  snprintf (command, sizeof command, "rm -rf '%s'", dir);
  return system (command);
}

static int
note (void *ctx, size_t i, const struct aid_scan *s)
{
  struct aid_str *out = ctx;
  aid_str_addf (out, "%zu:", i);
  for (size_t k = 0; k < s->n_defs; k++)
    aid_str_addf (out, " %s@%u-%u^%d", aid_def_kind_name (s->defs[k].kind), s->defs[k].first, s->defs[k].last,
                  s->defs[k].parent);
  aid_str_addc (out, '\n');
  return 0;
}

static const char ruby[] = "# A box.\nclass Box\n  # Its width.\n  def width\n    1\n  end\nend\n";

static void
tags_become_definitions_with_their_comments (void **state)
{
  (void)state;
  put (program,
       "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'Universal Ctags 5.9'; echo 'features: +json'; exit; }\n"
       "while read -r path; do case $path in */a.rb)\n"
       "echo \"{\\\"_type\\\": \\\"tag\\\", \\\"name\\\": \\\"width\\\", \\\"path\\\": \\\"$path\\\", \\\"line\\\": 4, "
       "\\\"end\\\": 6, \\\"kind\\\": \\\"method\\\"}\"\n"
       "echo \"{\\\"_type\\\": \\\"tag\\\", \\\"name\\\": \\\"gone\\\", \\\"path\\\": \\\"$path\\\", \\\"line\\\": 5, "
       "\\\"kind\\\": \\\"method\\\"}\"\n"
       "echo \"{\\\"_type\\\": \\\"tag\\\", \\\"name\\\": \\\"far\\\", \\\"path\\\": \\\"$path\\\", \\\"line\\\": 500, "
       "\\\"kind\\\": \\\"method\\\"}\"\n"
       "echo 'no json'\n"
       "echo \"{\\\"_type\\\": \\\"tag\\\", \\\"name\\\": \\\"Box\\\", \\\"path\\\": \\\"$path\\\", \\\"line\\\": 2, "
       "\\\"end\\\": 7, \\\"kind\\\": \\\"class\\\"}\";;\n"
       "esac; done\n",
       0755);
  struct aid_ctags_file files[] = { { "/none/first.rb", AID_SPAN ("") },
                                    { "/none/a.rb", { ruby, sizeof ruby - 1 } },
                                    { "/none/new\nline.rb", AID_SPAN ("") } };
  struct aid_str out = AID_STR_INIT (4096);
  struct aid_error e = { AID_OK, "" };
  assert_true (aid_ctags_present (program));
  assert_int_equal (aid_ctags_scan (program, files, 3, note, &out, NULL, &e), AID_OK);
  assert_string_equal (aid_str_z (&out), "0:\n1: class@1-7^-1 method@3-6^0\n2:\n");
  aid_str_free (&out);
}

static void
the_real_one_says_the_same (void **state)
{
  (void)state;
  char path[128];
  if (!aid_ctags_present ("ctags"))
    skip ();
  snprintf (path, sizeof path, "%s/a.rb", dir);
  put (path, ruby, 0644);
  struct aid_ctags_file file = { path, { ruby, sizeof ruby - 1 } };
  struct aid_str out = AID_STR_INIT (4096);
  assert_int_equal (aid_ctags_scan ("ctags", &file, 1, note, &out, NULL, NULL), AID_OK);
  assert_string_equal (aid_str_z (&out), "0: class@1-7^-1 method@3-6^0\n");
  aid_str_free (&out);
}

static void
a_program_that_is_not_there_or_another_one_is_told (void **state)
{
  (void)state;
  struct aid_error e = { AID_OK, "" };
  assert_false (aid_ctags_present ("/none/ctags"));
  assert_false (aid_ctags_present ("true"));
  struct aid_ctags_file file = { "/none/a.rb", AID_SPAN ("") };
  struct aid_str out = AID_STR_INIT (4096);
  assert_int_equal (aid_ctags_scan ("/none/ctags", &file, 1, note, &out, NULL, &e), AID_E_NOTFOUND);
  assert_true (e.msg[0]);
  aid_str_free (&out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (tags_become_definitions_with_their_comments),
    cmocka_unit_test (the_real_one_says_the_same),
    cmocka_unit_test (a_program_that_is_not_there_or_another_one_is_told),
  };
  return cmocka_run_group_tests (tests, set_up, tear_down);
}
