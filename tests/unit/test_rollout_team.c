/* Following a team: what is fetched, judged and kept, with keys and signatures of the real ssh-keygen; and which core
   follows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "scratch.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/val.h"
#include "measure/trial_report.h"
#include "rollout/signature.h"
#include "rollout/team.h"
#include "rollout/wish.h"

static char key[2][256]; /* the private keys' files */
static char public_key[2][512];

static void
make_key (int i)
{
  struct aid_proc_result r;
  struct aid_str text = AID_STR_INIT (500);
  char file[300];
  snprintf (key[i], sizeof key[i], "%s/key-%d", scratch, i);
  const char *const argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key[i], NULL };
  struct aid_proc p = { .argv = argv, .timeout_ms = 60000 };
  assert_int_equal (aid_proc_run (&p, &r, NULL), AID_OK);
  assert_int_equal (r.code, 0);
  aid_proc_result_free (&r);
  snprintf (file, sizeof file, "%s.pub", key[i]);
  assert_int_equal (aid_fs_read (file, &text, NULL), AID_OK);
  struct aid_span line = aid_span_trim (aid_str_span (&text));
  memcpy (public_key[i], line.ptr, line.len);
  public_key[i][line.len] = '\0';
  aid_str_free (&text);
}

static int
make_keys (void **state)
{
  if (scratch_make (state))
    return -1;
  make_key (0);
  make_key (1);
  return 0;
}

static char place[256];
static struct aid_team_source source;

static void
follow (int i)
{
  snprintf (place, sizeof place, "%s/team.json", scratch);
  source = (struct aid_team_source){ .path = place, .keys = { public_key[i] }, .nkeys = 1, .refresh_ms = 3600000 };
}

/* Publishes SETTINGS with SERIAL, signed by the key I; CHANGED: and one byte is another one then. */
static void
publish (int serial, const char *settings, int i, int changed)
{
  struct aid_str text = AID_STR_INIT (1u << 20), signature = AID_STR_INIT (AID_SIGNATURE_MAX);
  struct aid_error e = { AID_OK, "" };
  aid_str_addf (&text, "{\"format\": \"aid-team-1\", \"serial\": %d, \"expires\": \"2099-01-01\", \"settings\": %s }",
                serial, settings);
  if (aid_signature_make (aid_str_span (&text), key[i], &signature, &e))
    fail_msg ("%s", e.msg);
  if (changed)
    text.ptr[text.len - 2] = '\n';
  assert_int_equal (aid_fs_replace (scratch_path ("team.json"), aid_str_span (&text), 0600, NULL), AID_OK);
  assert_int_equal (aid_fs_replace (scratch_path ("team.json.sig"), aid_str_span (&signature), 0600, NULL), AID_OK);
  aid_str_free (&text);
  aid_str_free (&signature);
}

static int64_t
stored_serial (void)
{
  struct aid_team_stored s;
  int64_t serial = aid_team_stored_read (&source, &s, NULL) ? 0 : s.file.serial;
  aid_team_stored_free (&s);
  return serial;
}

static void
looks (enum aid_err wanted, const char *words, int changed)
{
  struct aid_team_news news;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_team_refresh (&source, NULL, 0, &news, &e);
  if (err != wanted || (words && !strstr (e.msg, words)))
    fail_msg ("%s: %s", aid_err_name (err), e.msg);
  assert_int_equal (news.changed, changed);
}

static void
the_last_good_one_stays (void **state)
{
  (void)state;
  follow (0);
  looks (AID_E_NOTFOUND, NULL, 0);
  publish (1, "{\"model\": \"a\"}", 0, 0);
  looks (AID_OK, NULL, 1);
  looks (AID_OK, NULL, 0); /* by its times alone */
  publish (2, "{\"model\": \"b\"}", 0, 1);
  looks (AID_E_REFUSED, "signature is not good", 0);
  publish (2, "{\"model\": \"b\"}", 1, 0);
  looks (AID_E_REFUSED, "not by the key", 0);
  publish (1, "{\"model\": \"c\"}", 0, 0);
  looks (AID_E_REFUSED, "but not its serial", 0);
  publish (2, "{\"model\": 5}", 0, 0);
  looks (AID_E_INVALID, "must be a string", 0);
  assert_int_equal (stored_serial (), 1);
  publish (3, "{\"model\": \"d\"}", 0, 0);
  looks (AID_OK, NULL, 1);
  publish (2, "{\"model\": \"b\"}", 0, 0);
  looks (AID_E_REFUSED, "is older than 3", 0);
  assert_int_equal (stored_serial (), 3);
  /* Another key in the settings: what an old one signed is not known any more, and the serial still may not go back. */
  follow (1);
  publish (2, "{\"model\": \"e\"}", 1, 0);
  looks (AID_E_REFUSED, "is older than 3", 0);
  publish (4, "{\"model\": \"e\"}", 1, 0);
  looks (AID_OK, NULL, 1);
}

static void
signatures_are_of_a_text_and_by_a_key (void **state)
{
  struct aid_str signature = AID_STR_INIT (AID_SIGNATURE_MAX);
  const char *keys[] = { public_key[1], public_key[0] };
  struct aid_error e = { AID_OK, "" };
  (void)state;
  assert_int_equal (aid_signature_make (AID_SPAN ("text"), key[0], &signature, &e), AID_OK);
  struct aid_span s = aid_str_span (&signature);
  assert_int_equal (aid_signature_verify (AID_SPAN ("text"), s, keys, 2, &e), AID_OK);
  assert_int_equal (aid_signature_verify (AID_SPAN ("text"), s, keys, 1, &e), AID_E_REFUSED);
  assert_int_equal (aid_signature_verify (AID_SPAN ("Text"), s, keys, 2, &e), AID_E_REFUSED);
  assert_int_equal (aid_signature_verify (AID_SPAN ("text"), AID_SPAN ("nonsense"), keys, 2, &e), AID_E_REFUSED);
  assert_int_equal (aid_signature_verify (AID_SPAN ("text"), AID_SPAN (""), keys, 2, &e), AID_E_REFUSED);
  assert_int_not_equal (aid_signature_make (AID_SPAN ("text"), scratch_path ("none"), &signature, &e), AID_OK);
  aid_str_free (&signature);
}

/* --- which core follows ------------------------------------------------------------------------------------------- */

static void
install (const char *version, const char *hash)
{
  char path[300];
  struct aid_str text = AID_STR_INIT (1000);
  snprintf (path, sizeof path, "%s/aid-core-%s.so", scratch, hash);
  assert_int_equal (aid_fs_replace (path, AID_SPAN ("core"), 0600, NULL), AID_OK);
  snprintf (path, sizeof path, "%s/aid-core-%s.txt", scratch, hash);
  aid_str_addf (&text, "version %s\nhash %s\nbuilt 2026-%.2s-01T00:00:00Z\nabi %u\n", version, hash, hash, AID_ABI);
  assert_int_equal (aid_fs_replace (path, aid_str_span (&text), 0600, NULL), AID_OK);
  aid_str_clear (&text);
  aid_str_addf (&text, "aid-core-%s.so\n", hash);
  assert_int_equal (aid_fs_replace (scratch_path ("aid-core"), aid_str_span (&text), 0600, NULL), AID_OK);
  aid_str_free (&text);
}

/* Whether, by the person's settings OWN, VERSION follows, by BY, and it is said that WORDS (NULL: nothing). */
static void
follows (const char *own, const char *version, const char *by, const char *words)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_parse (aid_span_z (own), AID_SPAN (""), &e);
  struct aid_rollout *r = calloc (1, sizeof *r);
  assert_non_null (c);
  if (aid_rollout_choose (c, scratch, r, &e))
    fail_msg ("%s", e.msg);
  if (strcmp (r->choice.core->version, version) != 0 || strcmp (r->choice.by, by) != 0)
    fail_msg ("%s follows by %s for %s: %s", r->choice.core->version, r->choice.by, own, aid_str_z (&r->notes));
  if (words ? !strstr (aid_str_z (&r->notes), words) : r->notes.len > 0)
    fail_msg ("it is said for %s: %s", own, aid_str_z (&r->notes));
  struct aid_wish w;
  aid_wish_read (scratch, &w);
  assert_memory_equal (&w, &r->wish, sizeof w); /* what the next Emacs reads */
  aid_rollout_free (r);
  free (r);
  aid_config_free (c);
}

#define TRY(old, new)                                                                                                       \
  "\"person\": \"p\", \"experiments\": {\"try\": {\"variants\": [{\"name\": \"old\", \"weight\": 0" old                     \
  "}, {\"name\": \"new\", \"weight\": 1" new "}]}}"
#define CORE(v) ", \"settings\": {\"core\": \"" v "\"}"

static void
each_may_say_which_core (void **state)
{
  (void)state;
  install ("0.1.0", "010101010101");
  install ("0.2.0", "020202020202");
  install ("0.3.0", "030303030303");
  follows ("{}", "0.3.0", "newest", NULL);
  follows ("{\"core\": \"0.1.0\"}", "0.1.0", "pin", NULL);
  follows ("{\"core\": \"020202\"}", "0.2.0", "pin", NULL);
  follows ("{\"core\": \"7\"}", "0.3.0", "newest", "wants AID 7, which is not installed");
  follows ("{" TRY (CORE ("0.1.0"), CORE ("0.2.0")) "}", "0.2.0", "experiment", NULL);
  follows ("{" TRY ("", "") "}", "0.3.0", "newest", NULL);
  follows ("{\"core\": \"0.1.0\"," TRY (CORE ("0.1.0"), CORE ("0.2.0")) "}", "0.1.0", "pin", NULL);
  follows ("{" TRY (CORE ("0.1.0"), CORE ("0.9")) "}", "0.3.0", "newest", "The experiment try wants AID 0.9");
  /* Experiments by request give no core: an Emacs has one. */
  follows ("{\"experiments\": {\"try\": {\"by\": \"request\", \"variants\": [{\"name\": \"new\"" CORE ("0.1.0") "}]}}}",
           "0.3.0", "newest", NULL);
}

/* The variant "new" of the experiment that OWN declares was found to harm. */
static void
harm (const char *own)
{
  struct aid_config *c = aid_config_parse (aid_span_z (own), AID_SPAN (""), NULL);
  struct aid_str text = AID_STR_INIT (4096);
  struct aid_experiment x;
  char version[AID_TRIAL_VERSION];
  assert_int_equal (aid_experiment_find (c, "try", &x, NULL), AID_OK);
  aid_trial_version (&x, version);
  aid_str_addf (&text, "{\"try\": {\"version\": \"%s\", \"off\": {\"new\": {\"why\": \"undo_rate is higher.\"}}}}", version);
  assert_int_equal (aid_fs_mkdirs (scratch_path ("aid"), 0700, NULL), AID_OK);
  assert_int_equal (aid_fs_replace (scratch_path ("aid/experiments.json"), aid_str_span (&text), 0600, NULL), AID_OK);
  aid_str_free (&text);
  aid_config_free (c);
}

/* Back to what the others have; without that to the default, and if that is what harmed, to the one before. */
static void
what_harmed_is_not_followed (void **state)
{
  const char *both = "{" TRY (CORE ("0.1.0"), CORE ("0.2.0")) "}", *one = "{" TRY ("", CORE ("0.2.0")) "}",
             *newest = "{" TRY ("", CORE ("0.3.0")) "}";
  (void)state;
  install ("0.1.0", "010101010101");
  install ("0.2.0", "020202020202");
  install ("0.3.0", "030303030303");
  harm (both);
  follows (both, "0.1.0", "experiment", "aid experiment resume try): undo_rate is higher.");
  follows (one, "0.2.0", "experiment", NULL); /* another declaration */
  harm (one);
  follows (one, "0.3.0", "newest", "is not followed any more");
  harm (newest);
  follows (newest, "0.2.0", "guardrail", "is not followed any more");
  follows ("{\"core\": \"0.3.0\"," TRY ("", CORE ("0.3.0")) "}", "0.3.0", "pin", NULL);
}

static void
who_takes_part_runs_it (void **state)
{
  const char *over = "{" TRY ("", CORE ("0.2.0")) "}", *other = "{" TRY ("", "") "}";
  (void)state;
  for (int i = 0; i < 2; i++)
    {
      struct aid_experiment x;
      struct aid_config *c = aid_config_parse (aid_span_z (over), AID_SPAN (""), NULL);
      assert_int_equal (aid_experiment_find (c, "try", &x, NULL), AID_OK);
      aid_versions_set_self (i ? "0.2.0" : "0.1.0", "aaaaaaaaaaaa");
      assert_int_equal (aid_rollout_objection (0, &x, &x.variants[1]) == NULL, i);
      assert_int_equal (aid_rollout_objection (0, &x, &x.variants[0]) == NULL, !i);
      assert_non_null (aid_rollout_objection (1, &x, &x.variants[i]));
      aid_config_free (c);
      c = aid_config_parse (aid_span_z (other), AID_SPAN (""), NULL);
      assert_int_equal (aid_experiment_find (c, "try", &x, NULL), AID_OK);
      assert_null (aid_rollout_objection (1, &x, &x.variants[i]));
      aid_config_free (c);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (the_last_good_one_stays, make_keys, scratch_drop),
    cmocka_unit_test_setup_teardown (signatures_are_of_a_text_and_by_a_key, make_keys, scratch_drop),
    cmocka_unit_test_setup_teardown (each_may_say_which_core, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (what_harmed_is_not_followed, scratch_make, scratch_drop),
    cmocka_unit_test (who_takes_part_runs_it),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
