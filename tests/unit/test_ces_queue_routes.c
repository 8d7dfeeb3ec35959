/* Which task a worker gets, when it may ask again, and how long what is done is kept. */
#include "ces_queue_held.h"

static void
a_task_goes_to_who_has_its_tree (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  char red[] = "red", blue[] = "blue";
  struct aid_queue *q = open_it ();
  struct aid_queue_worker r = worker ("r", 60000, 3600000), b = worker ("b", 60000, 3600000);
  struct aid_vec of_r = HELD, of_b = HELD;
  renew (q, &r, red, NULL);
  renew (q, &b, blue, NULL);
  const char *first = submit (q, "blue", "{}", "", 0), *cold = submit (q, "green", "{}", "", 0);
  submit (q, "red", "{}", "", 0);
  submit (q, "red", "{}", "", 0);
  assert_int_equal (claim (q, &r, 2, 0, &of_r), 2); /* red ones, though others wait longer */
  assert_string_equal (aid_str_z (&at (&of_r, 0)->key), "red");
  assert_string_equal (aid_str_z (&at (&of_r, 1)->key), "red");
  assert_int_equal (claim (q, &r, 2, 0, &of_r), 1); /* what nobody has; blue waits for b */
  assert_string_equal (at (&of_r, 2)->id, cold);
  assert_int_equal (claim (q, &r, 2, 1, &of_r), 0);
  r.hold_ms = 0; /* as if it had waited long enough */
  assert_int_equal (claim (q, &r, 2, 0, &of_r), 1);
  assert_string_equal (at (&of_r, 3)->id, first);
  assert_int_equal (claim (q, &b, 9, 0, &of_b), 0);
  drop (&of_r);
  drop (&of_b);
  aid_vec_free (&r.keys);
  aid_vec_free (&b.keys);
  aid_queue_close (q);
}

static void
who_waits_longest_is_not_passed_for_ever (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  char red[] = "red";
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0);
  struct aid_vec held = HELD;
  renew (q, &w, red, NULL);
  const char *old = submit (q, "blue", "{}", "", 0);
  for (int i = 0; i < 5; i++)
    submit (q, "red", "{}", "", 0);
  assert_int_equal (claim (q, &w, 2, 0, &held), 2);
  assert_string_equal (aid_str_z (&at (&held, 0)->key), "red");
  assert_int_equal (claim (q, &w, 1, 1, &held), 1); /* fair */
  assert_string_equal (at (&held, 2)->id, old);
  drop (&held);
  aid_vec_free (&w.keys);
  aid_queue_close (q);
}

static void
it_is_known_when_there_may_be_more (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  char blue[] = "blue";
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 500000, 900000), b = worker ("b", 600000, 900000);
  struct aid_vec held = HELD, of_b = HELD;
  int next;
  renew (q, &w, NULL, NULL);
  renew (q, &b, blue, NULL);
  assert_int_equal (aid_queue_claim (q, &w, 1, 0, &held, &next, NULL), AID_OK);
  assert_int_equal (next, -1);
  submit (q, "blue", "{}", "", 0);
  submit (q, "blue", "{}", "", 0);
  assert_int_equal (aid_queue_claim (q, &w, 1, 0, &held, &next, NULL), AID_OK);
  assert_true (held.len == 0 && next > 700000 && next <= 900000); /* when b had time enough */
  assert_int_equal (claim (q, &b, 1, 0, &of_b), 1);
  assert_int_equal (aid_queue_claim (q, &w, 1, 0, &held, &next, NULL), AID_OK);
  assert_true (held.len == 0 && next > 400000 && next <= 600000); /* when b is dead */
  drop (&held);
  drop (&of_b);
  aid_vec_free (&b.keys);
  aid_queue_close (q);
}

static void
old_results_are_forgotten (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0);
  struct aid_vec held = HELD;
  const char *id = submit (q, "k", "{}", "", 0);
  int64_t n;
  assert_int_equal (claim (q, &w, 1, 0, &held), 1);
  const char *waits = submit (q, "k", "{}", "", 0);
  assert_true (finish (q, &w, at (&held, 0), "{}"));
  assert_int_equal (aid_queue_forget (q, 3600000, &n, NULL), AID_OK);
  assert_int_equal (n, 0);
  assert_int_equal (aid_queue_forget (q, 0, &n, NULL), AID_OK);
  assert_int_equal (n, 1);
  json_t *o;
  assert_int_equal (aid_queue_result (q, id, &o, NULL), AID_E_NOTFOUND);
  assert_true (has (q, waits, "state", "waiting"));
  assert_false (finish (q, &w, at (&held, 0), "{}"));
  drop (&held);
  aid_queue_close (q);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_BOTH (a_task_goes_to_who_has_its_tree),
    ON_BOTH (who_waits_longest_is_not_passed_for_ever),
    ON_BOTH (it_is_known_when_there_may_be_more),
    ON_BOTH (old_results_are_forgotten),
  };
  return cmocka_run_group_tests (tests, server_make, server_drop);
}
