/* Secrets are found where they stand, and what looks like them is left alone: tests/cases/secrets, a test each; then what the
   findings are good for. */
#include "config/secrets.h"
#include "base/fs.h"
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define MARK AID_SPAN ("<+>")

/* The file's text without its marks. */
static void
read_case (const char *path, struct aid_str *out)
{
  struct aid_str raw = AID_STR_INIT (1u << 20);
  struct aid_error e;
  ptrdiff_t at;
  if (aid_fs_read (path, &raw, &e))
    fail_msg ("%s", e.msg);
  struct aid_span rest = aid_str_span (&raw);
  while ((at = aid_span_find (rest, MARK)) >= 0)
    {
      aid_str_add (out, rest.ptr, (size_t)at);
      rest = aid_span_cut (rest, (size_t)at + MARK.len, rest.len);
    }
  aid_str_addspan (out, rest);
  aid_str_free (&raw);
}

static size_t
line_of (struct aid_span text, size_t at)
{
  size_t line = 1;
  for (size_t i = 0; i < at; i++)
    line += text.ptr[i] == '\n';
  return line;
}

/* "LINE: KIND, MASK" for each. */
static void
tell (struct aid_span text, struct aid_str *out)
{
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  size_t last = 0;
  assert_int_equal (aid_secrets_scan (text, &found), AID_OK);
  for (size_t i = 0; i < found.len; i++)
    {
      const struct aid_secret *s = &AID_VEC_AT (struct aid_secret, &found, i);
      assert_true (s->beg >= last && s->beg < s->end && s->end <= text.len && s->shown < s->end - s->beg);
      last = s->end;
      aid_str_addf (out, "%zu: %s, ", line_of (text, s->beg), s->kind);
      aid_secret_mask (text, s, out);
      aid_str_addc (out, '\n');
    }
  aid_vec_free (&found);
}

static void
run_case (void **state)
{
  const char *path = *state;
  struct aid_str text = AID_STR_INIT (1u << 20), got = AID_STR_INIT (1u << 20), want = AID_STR_INIT (1u << 20);
  struct aid_str expected = AID_STR_INIT (4096);
  aid_str_addf (&expected, "%.*s.found", (int)strlen (path) - 5, path);
  read_case (path, &text);
  if (aid_fs_exists (aid_str_z (&expected)))
    assert_int_equal (aid_fs_read (aid_str_z (&expected), &want, NULL), AID_OK);
  else
    assert_non_null (strstr (path, "/like-"));
  tell (aid_str_span (&text), &got);
  if (!aid_span_eq (aid_str_span (&got), aid_str_span (&want)))
    fail_msg ("%s\n--- expected\n%s--- got\n%s", path, aid_str_z (&want), aid_str_z (&got));
  aid_str_free (&text);
  aid_str_free (&got);
  aid_str_free (&want);
  aid_str_free (&expected);
}

#define TOKEN                                                                                                               \
  "gh"                                                                                                                      \
  "p_k7Qx2mT9vB3nR8wL5cF1jH6dS0gK4pZ2xY9a"

static struct aid_vec
scanned (struct aid_span text)
{
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  assert_int_equal (aid_secrets_scan (text, &found), AID_OK);
  return found;
}

static void
a_finding_has_a_name_wherever_it_stands (void **state)
{
  (void)state;
  char one[AID_SECRET_ID], two[AID_SECRET_ID], other[AID_SECRET_ID];
  struct aid_span a = AID_SPAN ("x " TOKEN), b = AID_SPAN ("y\n\n(" TOKEN ")"), c = AID_SPAN (TOKEN "b");
  struct aid_vec in_a = scanned (a), in_b = scanned (b), in_c = scanned (c);
  assert_int_equal (in_a.len, 1);
  assert_int_equal (in_b.len, 1);
  assert_int_equal (in_c.len, 0); /* 37 characters are no such token */
  aid_secret_id (a, &AID_VEC_AT (struct aid_secret, &in_a, 0), one);
  aid_secret_id (b, &AID_VEC_AT (struct aid_secret, &in_b, 0), two);
  assert_string_equal (one, two);
  aid_secret_id (b, &(struct aid_secret){ 4, 43, 4, "GitHub token" }, other);
  assert_string_not_equal (one, other);
  assert_int_equal (strlen (one), AID_SECRET_ID - 1);
  aid_vec_free (&in_a);
  aid_vec_free (&in_b);
  aid_vec_free (&in_c);
}

static int
is_wanted (void *ctx, const char *id)
{
  return !ctx || !strcmp (ctx, id);
}

static void
what_is_removed_says_what_it_was (void **state)
{
  (void)state;
  struct aid_span text = AID_SPAN ("a " TOKEN " b password=\"tR7-vu2_Qk9\" c");
  struct aid_vec found = scanned (text);
  struct aid_str out = AID_STR_INIT (4096);
  char id[AID_SECRET_ID];
  aid_secrets_replace (text, &found, is_wanted, NULL, &out);
  assert_string_equal (aid_str_z (&out), "a [removed: GitHub token] b password=\"[removed: password]\" c");
  struct aid_vec again = scanned (aid_str_span (&out));
  assert_int_equal (again.len, 0);
  aid_secret_id (text, &AID_VEC_AT (struct aid_secret, &found, 1), id);
  aid_str_clear (&out);
  aid_secrets_replace (text, &found, is_wanted, id, &out);
  assert_string_equal (aid_str_z (&out), "a " TOKEN " b password=\"[removed: password]\" c");
  aid_vec_free (&again);
  aid_vec_free (&found);
  aid_str_free (&out);
}

static void
too_many_are_an_error_and_not_a_silence (void **state)
{
  (void)state;
  struct aid_span text = AID_SPAN (TOKEN " " TOKEN " " TOKEN);
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, 2);
  assert_int_equal (aid_secrets_scan (text, &found), AID_E_LIMIT);
  assert_int_equal (found.len, 2);
  aid_vec_free (&found);
}

static void
files_are_known_by_name (void **state)
{
  static const char *const secret[] = { ".env",
                                        "src/.env",
                                        "/home/a/.env.local",
                                        ".env.production",
                                        "id_rsa",
                                        "keys/id_ed25519",
                                        ".netrc",
                                        "_netrc",
                                        ".authinfo",
                                        "/home/a/.authinfo.gpg",
                                        ".aws/credentials",
                                        "/home/a/.aws/credentials",
                                        "credentials.json",
                                        ".kube/config",
                                        "kubeconfig",
                                        "prod.kubeconfig",
                                        "cert.p12",
                                        ".docker/config.json",
                                        ".pgpass",
                                        "a.ppk" };
  static const char *const harmless[] = { "env",
                                          "a.env.c",
                                          ".env.example",
                                          ".env.sample",
                                          "src/.env.template",
                                          "id_rsa.pub",
                                          "credentials",
                                          "my.aws/credentials",
                                          "config.json",
                                          "docker/config.json",
                                          "kube/config",
                                          "environment.ml",
                                          "a.pem",
                                          "netrc.c",
                                          "",
                                          "/",
                                          "p12",
                                          "config" };
  (void)state;
  for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
    if (!aid_secrets_file (aid_span_z (secret[i])))
      fail_msg ("%s is not known", secret[i]);
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    if (aid_secrets_file (aid_span_z (harmless[i])))
      fail_msg ("%s is taken for %s", harmless[i], aid_secrets_file (aid_span_z (harmless[i])));
}

int
main (void)
{
  const struct CMUnitTest own[] = {
    cmocka_unit_test (a_finding_has_a_name_wherever_it_stands),
    cmocka_unit_test (what_is_removed_says_what_it_was),
    cmocka_unit_test (too_many_are_an_error_and_not_a_silence),
    cmocka_unit_test (files_are_known_by_name),
  };
  struct CMUnitTest tests[200];
  size_t n = 0;
  glob_t files;
  if (glob ("tests/cases/secrets/*.text", 0, NULL, &files) || files.gl_pathc > 150)
    return 1;
  for (size_t i = 0; i < files.gl_pathc; i++)
    tests[n++] = (struct CMUnitTest){ files.gl_pathv[i], run_case, NULL, NULL, files.gl_pathv[i] };
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    tests[n++] = own[i];
  int failed = _cmocka_run_group_tests ("secrets", tests, n, NULL, NULL);
  globfree (&files);
  return failed;
}
