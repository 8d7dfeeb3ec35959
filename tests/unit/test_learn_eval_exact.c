/* When an answer comes to what the solution comes to: texts, names, and who may be executed, in whatever form each is written. */
#include "learn/eval_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch_put.h"

#define CHANGE "--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-echo one\n+echo two\n"
#define CHANGE_OF(file) "--- a/" file "\n+++ b/" file "\n@@ -1 +1 @@\n-echo one\n+echo two\n"
#define IN_BLOCK(text) "So:\n\n```diff\n" text "```\n"
#define BLOCKS "run.sh\n```\n<<<<<<< SEARCH\necho one\n=======\necho two\n>>>>>>> REPLACE\n```\n"
#define HEAD(from, to) "diff --git a/" from " b/" to "\n"
#define MODES(from, to) "old mode " from "\nnew mode " to "\n"
#define MADE(mode) HEAD ("new", "new") "new file mode " mode "\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+echo\n"
#define RENAME(from, to) HEAD (from, to) "similarity index 100%\nrename from " from "\nrename to " to "\n"

/* In a folder with "run.sh", which may not be executed, and "tool", which may; both hold "echo one". */
static const struct
{
  const char *solution, *answer;
  int exact;
} cases[] = {
  { CHANGE, IN_BLOCK (CHANGE), 1 },
  { CHANGE, BLOCKS, 1 },
  { HEAD ("run.sh", "run.sh") MODES ("100644", "100755") CHANGE,
    IN_BLOCK (HEAD ("run.sh", "run.sh") MODES ("100644", "100755") CHANGE), 1 },
  { HEAD ("run.sh", "run.sh") MODES ("100644", "100755") CHANGE, IN_BLOCK (CHANGE), 0 },
  { CHANGE, IN_BLOCK (HEAD ("run.sh", "run.sh") MODES ("100644", "100755") CHANGE), 0 },
  { HEAD ("run.sh", "run.sh") MODES ("100644", "100755") CHANGE, BLOCKS, 0 },
  { CHANGE_OF ("tool"), IN_BLOCK (HEAD ("tool", "tool") MODES ("100755", "100644") CHANGE_OF ("tool")), 0 },
  { CHANGE_OF ("tool"), IN_BLOCK (CHANGE_OF ("tool")), 1 },
  /* Stated, but no other than it is. */
  { CHANGE_OF ("tool"), IN_BLOCK (HEAD ("tool", "tool") MODES ("100644", "100755") CHANGE_OF ("tool")), 1 },
  { MADE ("100755"), IN_BLOCK (MADE ("100755")), 1 },
  { MADE ("100755"), IN_BLOCK (MADE ("100644")), 0 },
  { MADE ("100644"), IN_BLOCK ("--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+echo\n"), 1 },
  { MADE ("100755"), IN_BLOCK ("--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+echo\n"), 0 },
  /* A renamed file is what it was. */
  { RENAME ("tool", "moved"), IN_BLOCK (RENAME ("tool", "moved")), 1 },
  { RENAME ("tool", "moved"),
    IN_BLOCK (HEAD ("tool", "moved") MODES ("100755", "100644") "similarity index 100%\nrename from tool\n"
              "rename to moved\n"), 0 },
  { RENAME ("tool", "moved"), IN_BLOCK (RENAME ("run.sh", "moved")), 0 },
};

static void
files_come_to_the_same_with_their_modes (void **state)
{
  (void)state;
  put ("base/run.sh", "echo one\n");
  put ("base/tool", "echo one\n");
  assert_int_equal (chmod (scratch_path ("base/tool"), 0700), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_error e = { AID_OK, "" };
      int changes = 0, exact = -1;
      if (aid_eval_exact (aid_span_z (cases[i].answer), cases[i].solution, scratch_path ("base"), &changes, &exact, &e))
        fail_msg ("case %zu: %s", i, e.msg);
      if (!changes || exact != cases[i].exact)
        fail_msg ("case %zu: changes %d, exact %d", i, changes, exact);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (files_come_to_the_same_with_their_modes) };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
