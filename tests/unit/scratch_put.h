/* Files of the scratch folder, for tests that write many. */
#ifndef AID_TESTS_SCRATCH_PUT_H
#define AID_TESTS_SCRATCH_PUT_H

#include "base/str.h"
#include "scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

/* Makes FILE, below the scratch folder, with its folders. */
static void
put (const char *file, const char *text)
{
  struct aid_str path = AID_STR_INIT (1000);
  struct aid_error e = { AID_OK, "" };
  aid_str_addf (&path, "%s/%s", scratch, file);
  *strrchr (path.ptr, '/') = '\0';
  assert_int_equal (aid_fs_mkdirs (path.ptr, 0700, &e), AID_OK);
  aid_str_free (&path);
  assert_int_equal (aid_fs_replace (scratch_path (file), aid_span_z (text), 0600, &e), AID_OK);
}

#endif
