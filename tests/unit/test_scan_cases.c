/* The cases that anyone can add to: tests/cases/scan/LANGUAGE.in is a text, LANGUAGE.expected what is found in it, a line each:

     import LINE NAME
     FIRST-LAST LINE KIND CONTAINER NAME | SIGNATURE          "-" for no container; blanks of the signature are one
     comment LINE TEXT, string LINE TEXT                      the first 40 bytes

   A case that fails leaves what was found in build/scan/LANGUAGE.actual. */
#include "base/fs.h"
#include "scan/scan.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CASES "tests/cases/scan"

static void
add_text (struct aid_str *out, struct aid_span text, size_t max)
{
  int blank = 0;
  text = aid_span_trim (text);
  for (size_t i = 0; i < text.len && i < max; i++)
    if (strchr (" \t\r\n", text.ptr[i]) && text.ptr[i])
      blank = 1;
    else
      {
        if (blank)
          aid_str_addc (out, ' ');
        blank = 0;
        aid_str_addc (out, text.ptr[i]);
      }
}

static unsigned
line_of (struct aid_span text, size_t at)
{
  unsigned line = 1;
  for (size_t i = 0; i < at; i++)
    line += text.ptr[i] == '\n';
  return line;
}

static struct aid_span
cut (struct aid_span text, struct aid_range r)
{
  return aid_span_cut (text, r.from, r.to);
}

static void
dump (struct aid_span text, enum aid_language language, const struct aid_scan *s, struct aid_str *out)
{
  for (size_t i = 0; i < s->n_imports; i++)
    {
      aid_str_addf (out, "import %u ", s->imports[i].line);
      add_text (out, cut (text, s->imports[i].name), 200);
      aid_str_addc (out, '\n');
    }
  for (size_t i = 0; i < s->n_defs; i++)
    {
      const struct aid_def *d = &s->defs[i];
      struct aid_str container = AID_STR_INIT (4096);
      aid_scan_container (s, language, text, i, &container);
      aid_str_addf (out, "%u-%u %u %s %s ", d->first, d->last, d->line, aid_def_kind_name (d->kind),
                    container.len ? aid_str_z (&container) : "-");
      add_text (out, cut (text, d->name), 200);
      aid_str_addz (out, " | ");
      add_text (out, cut (text, d->signature), 200);
      aid_str_addc (out, '\n');
      aid_str_free (&container);
    }
  for (size_t i = 0; i < s->n_regions; i++)
    {
      const struct aid_region *r = &s->regions[i];
      aid_str_addf (out, "%s %u ", r->kind == AID_REGION_COMMENT ? "comment" : "string", line_of (text, r->from));
      add_text (out, aid_span_cut (text, r->from, r->to), 40);
      aid_str_addc (out, '\n');
    }
}

static enum aid_language
language_named (const char *name)
{
  for (int i = 1; i < AID_LANGUAGES; i++)
    if (strcmp (aid_language_name ((enum aid_language) i), name) == 0)
      return (enum aid_language) i;
  return AID_LANG_NONE;
}

/* 0 when the case NAME holds. */
static int
run_case (const char *name)
{
  struct aid_str path = AID_STR_INIT (4096), text = AID_STR_INIT (1 << 20), expected = AID_STR_INIT (1 << 20),
                 found = AID_STR_INIT (1 << 20);
  struct aid_scan s = AID_SCAN_INIT;
  enum aid_language language = language_named (name);
  assert_int_not_equal (language, AID_LANG_NONE);
  aid_str_addf (&path, CASES "/%s.in", name);
  assert_int_equal (aid_fs_read (aid_str_z (&path), &text, NULL), AID_OK);
  aid_str_clear (&path);
  aid_str_addf (&path, CASES "/%s.expected", name);
  aid_fs_read (aid_str_z (&path), &expected, NULL);
  assert_int_equal (aid_scan_text (language, aid_str_span (&text), &s), AID_OK);
  dump (aid_str_span (&text), language, &s, &found);
  int differs = !aid_span_eq (aid_str_span (&found), aid_str_span (&expected));
  if (differs)
    {
      aid_str_clear (&path);
      aid_str_addf (&path, "build/scan/%s.actual", name);
      aid_fs_mkdirs ("build/scan", 0777, NULL);
      aid_fs_replace (aid_str_z (&path), aid_str_span (&found), 0666, NULL);
      print_error ("%s: not as expected; see diff -u " CASES "/%s.expected %s\n", name, name, aid_str_z (&path));
    }
  aid_scan_free (&s);
  aid_str_free (&path);
  aid_str_free (&text);
  aid_str_free (&expected);
  aid_str_free (&found);
  return differs;
}

static void
each_case_is_found_as_expected (void **state)
{
  (void)state;
  DIR *dir = opendir (CASES);
  int n = 0, failed = 0;
  assert_non_null (dir);
  for (struct dirent *d; (d = readdir (dir));)
    {
      char name[256];
      size_t len = strlen (d->d_name);
      if (len < 4 || len >= sizeof name || strcmp (d->d_name + len - 3, ".in") != 0)
        continue;
      memcpy (name, d->d_name, len - 3);
      name[len - 3] = '\0';
      failed += run_case (name);
      n++;
    }
  closedir (dir);
  assert_int_equal (failed, 0);
  assert_true (n >= AID_LANG_FOREIGN - 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_case_is_found_as_expected),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
