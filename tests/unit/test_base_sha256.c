/* SHA-256: the examples of FIPS 180-4, every length around a block's end, and pieces that give what the whole gives. */
#include "base/sha256.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void
hashes (struct aid_span text, const char *want)
{
  char got[AID_SHA256_HEX];
  aid_sha256_hex (text, got);
  assert_string_equal (got, want);
}

static void
the_standards_examples (void **state)
{
  (void) state;
  hashes (AID_SPAN (""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  hashes (AID_SPAN ("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  hashes (AID_SPAN ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void
a_million_letters_in_pieces (void **state)
{
  (void) state;
  struct aid_sha256 s;
  char got[AID_SHA256_HEX], piece[997];
  memset (piece, 'a', sizeof piece);
  aid_sha256_init (&s);
  for (size_t left = 1000000; left;)
    {
      size_t n = left < sizeof piece ? left : sizeof piece;
      aid_sha256_add (&s, (struct aid_span){ piece, n });
      left -= n;
    }
  aid_sha256_end (&s, got);
  assert_string_equal (got, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Against the sha256sum of this system. */
static void
every_length_around_the_end_of_a_block (void **state)
{
  (void) state;
  for (size_t n = 50; n < 135; n++)
    {
      char text[136], command[256], want[AID_SHA256_HEX] = "";
      for (size_t i = 0; i < n; i++)
        text[i] = (char) ('A' + i % 26);
      text[n] = '\0';
      snprintf (command, sizeof command, "printf %s | sha256sum", text);
      FILE *p = popen (command, "r");
      assert_non_null (p);
      assert_non_null (fgets (want, sizeof want, p));
      pclose (p);
      hashes (aid_span_z (text), want);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_standards_examples),
    cmocka_unit_test (a_million_letters_in_pieces),
    cmocka_unit_test (every_length_around_the_end_of_a_block),
  };
  return cmocka_run_group_tests_name ("sha256", tests, NULL, NULL);
}
