/* A key shows nowhere, also not in part: where words were cut inside it, its beginning is gone, too. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "model/hide.h"
#include "model/wire.h"
#include <stdio.h>
#include <stdlib.h>

#define SECRET "k7-planted/0123456789abcdefghijklmnop"

/* What TEXT shows when SECRET is hidden in it. */
static void
shows (const char *text, const char *want)
{
  struct aid_str out = AID_STR_INIT (1000);
  aid_hide_text (aid_span_z (text), SECRET, "KEY", &out);
  assert_string_equal (aid_str_z (&out), want);
  aid_str_free (&out);
}

static void
a_key_is_hidden_wherever_it_stands (void **state)
{
  (void) state;
  shows ("", "");
  shows ("no key", "no key");
  shows (SECRET " and " SECRET ".", "$KEY and $KEY.");
  shows ("of another: k7-planted/0123X", "of another: k7-planted/0123X");
}

static void
a_text_that_ends_inside_a_key_shows_nothing_of_it (void **state)
{
  char text[200], want[200];
  (void) state;
  for (size_t n = AID_HIDE_LEAST; n < strlen (SECRET); n++)
    {
      snprintf (text, sizeof text, "%s is wrong: %.*s", SECRET, (int) n, SECRET);
      shows (text, "$KEY is wrong: $KEY");
      snprintf (want, sizeof want, "%.*s", (int) n, SECRET);
      shows (want, "$KEY");
    }
  shows ("ends as many words do: k7-", "ends as many words do: k7-");
}

/* The longest run of bytes of SECRET that stands in TEXT. */
static size_t
part_of_key_in (const char *text)
{
  size_t longest = 0;
  for (size_t from = 0; from < strlen (SECRET); from++)
    for (size_t n = longest + 1; from + n <= strlen (SECRET); n++)
      {
        char part[64];
        snprintf (part, sizeof part, "%.*s", (int) n, &SECRET[from]);
        if (strstr (text, part))
          longest = n;
      }
  return longest;
}

/* A server repeats the key behind PADDING bytes of other words, in an answer of status 401 or, with IN_STREAM, in its stream. */
static void
explain (size_t padding, char fill, const char *relayed, int in_stream, struct aid_error *e)
{
  static char provider[] = "p", name[] = "n";
  static const struct aid_model m = { .provider = provider, .name = name };
  char body[2048], words[1024];
  memset (words, fill, padding);
  words[padding] = '\0';
  *e = (struct aid_error){ AID_OK, "" };
  snprintf (body, sizeof body, "%s{\"error\":{\"message\":\"%s " SECRET " is wrong\",\"metadata\":{\"raw\":\"%s\"}}}%s",
            in_stream ? "data: " : "", words, relayed, in_stream ? "\n\n" : "");
  if (!in_stream)
    aid_wire_explain (401, aid_span_z (body), "api.example", e);
  else
    {
      const struct aid_wire *wire = aid_wire_find ("openai-chat");
      struct aid_decoder *d = wire->decoder_new (NULL, NULL);
      wire->feed (d, aid_span_z (body), e);
      wire->decoder_free (d);
    }
  assert_int_equal (e->code, AID_E_HTTP);
  aid_hide_in_error (SECRET, &m, e);
}

/* Wherever the words of a server are cut: at their own limit, or at the limit of what we say. */
static void
no_part_of_a_key_is_in_an_error (void **state)
{
  struct aid_error e;
  (void) state;
  for (int in_stream = 0; in_stream < 2; in_stream++)
    for (size_t padding = 0; padding < 400; padding++)
      for (int blanks = 0; blanks < 2; blanks++)
        {
          explain (padding, blanks ? ' ' : 'x', "and relayed words", in_stream, &e);
          if (part_of_key_in (e.msg) >= AID_HIDE_LEAST)
            fail_msg ("behind %zu bytes: %s", padding, e.msg);
        }
  explain (10, 'x', "", 0, &e);
  assert_non_null (strstr (e.msg, "$P_API_KEY is wrong"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_key_is_hidden_wherever_it_stands),
    cmocka_unit_test (a_text_that_ends_inside_a_key_shows_nothing_of_it),
    cmocka_unit_test (no_part_of_a_key_is_in_an_error),
  };
  return cmocka_run_group_tests_name ("model hide", tests, NULL, NULL);
}
