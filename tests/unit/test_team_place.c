/* Where a team's store is, as the settings say it, and what they must not say. */
#include "team/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

/* Reads the place of the settings TEXT; the words of an error go to WHY. */
static enum aid_err
read_place (const char *text, struct aid_team_place *out, char why[256])
{
  static struct aid_config *c; /* which the place borrows */
  struct aid_error e = { AID_OK, "" };
  aid_config_free (c);
  c = text ? aid_config_parse (aid_span_z (text), AID_SPAN (""), &e) : NULL;
  if (!text)
    return AID_OK;
  assert_non_null (c);
  enum aid_err err = aid_team_place_read (c, out, &e);
  strcpy (why, e.msg);
  return err;
}

static void
a_store_has_a_name_for_people (void **state)
{
  static const char *const places[][2] = {
    { "{\"team_store\": \"postgresql://ada@db.example.org/aid?sslmode=verify-full\"}", "aid at db.example.org" },
    { "{\"team_store\": \"host=10.0.0.7 dbname=aid user=ada\"}", "aid at 10.0.0.7" },
    { "{\"team_store\": {\"url\": \"postgresql:///aid?host=/run/postgresql\"}}", "aid at /run/postgresql" },
    { "{\"team_store\": \"service=team\"}", "the service team" },
    { "{\"team_store\": \"postgresql://db.example.org\"}", "the usual database at db.example.org" },
    { "{\"team_store\": \"dbname=aid\"}", "aid at the usual server" },
  };
  struct aid_team_place place;
  char why[256];
  (void)state;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    {
      assert_int_equal (read_place (places[i][0], &place, why), AID_OK);
      assert_string_equal (place.name, places[i][1]);
    }
  read_place (NULL, &place, why);
}

static void
nobody_needs_one (void **state)
{
  struct aid_team_place place;
  char why[256];
  (void)state;
  assert_int_equal (read_place ("{}", &place, why), AID_OK);
  assert_null (place.url);
  assert_int_equal (read_place ("{\"team_store\": false}", &place, why), AID_OK);
  assert_null (place.url);
  read_place (NULL, &place, why);
}

static void
an_object_says_more (void **state)
{
  struct aid_team_place place;
  char why[256];
  (void)state;
  assert_int_equal (read_place ("{\"team_store\": {\"url\": \"dbname=aid\", \"password_command\": [\"pass\", \"aid\"],"
                                " \"since\": \"2026-01-10\"}}", &place, why),
                    AID_OK);
  assert_int_equal (json_array_size (place.password_command), 2);
  assert_int_equal (place.since, INT64_C (1768003200000));
  read_place (NULL, &place, why);
}

static void
a_password_in_it_is_refused_and_not_repeated (void **state)
{
  static const char *const wrong[] = {
    "{\"team_store\": \"postgresql://ada:sesame@db.example.org/aid\"}",
    "{\"team_store\": \"postgresql://ada@db.example.org/aid?password=sesame\"}",
    "{\"team_store\": \"host=db dbname=aid password=sesame\"}",
    "{\"team_store\": \"host=db dbname=aid sslkey=key.pem sslpassword=sesame\"}",
  };
  struct aid_team_place place;
  char why[256];
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      assert_int_equal (read_place (wrong[i], &place, why), AID_E_REFUSED);
      assert_non_null (strstr (why, "~/.pgpass"));
      assert_null (strstr (why, "sesame"));
    }
  read_place (NULL, &place, why);
}

static void
what_libpq_cannot_read_is_told_without_its_words (void **state)
{
  static const char *const wrong[] = {
    "{\"team_store\": \"postgresql://ada:sesame@[db/aid\"}",
    "{\"team_store\": \"postgresql://ada@db/aid?sesame\"}",
    "{\"team_store\": \"sesame\"}",
    "{\"team_store\": {\"since\": \"2026-01-10\"}}",
  };
  struct aid_team_place place;
  char why[256];
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      assert_int_equal (read_place (wrong[i], &place, why), AID_E_INVALID);
      assert_non_null (strstr (why, "postgresql://USER@HOST/DATABASE"));
      assert_null (strstr (why, "sesame"));
    }
  read_place (NULL, &place, why);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_store_has_a_name_for_people),
    cmocka_unit_test (nobody_needs_one),
    cmocka_unit_test (an_object_says_more),
    cmocka_unit_test (a_password_in_it_is_refused_and_not_repeated),
    cmocka_unit_test (what_libpq_cannot_read_is_told_without_its_words),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
