/* What a test is a test of, by names alone: "tests/test_lexer.c" of "src/lexer.c", "src/test/java/p/CalcTest.java" of
   "src/main/java/p/Calc.java". */
#ifndef AID_ASSIST_TESTED_H
#define AID_ASSIST_TESTED_H

#include "base/str.h"

/* Whether PATH, from a project's root, is called as tests are, or lies in a folder of tests. */
int aid_is_test (struct aid_span path);
/* Appends the file below ROOT that the test PATH is most probably of, from ROOT.  AID_E_NOTFOUND: none is there. */
enum aid_err aid_tested_source (const char *root, struct aid_span path, struct aid_str *out);

#endif
