/* What the evaluation service has room for, and who waits for whom: episodes, messages, who asks how it does, who comes while it
   ends. */
#include "ces_http.h"
#include "ces_websocket.h"

#include <poll.h>

/* --- episodes --------------------------------------------------------------------------------------------------------- */

static void
begin_episode (struct aid_episodes *s, int i, size_t bytes)
{
  char id[16], *text = malloc (bytes + 1);
  memset (text, 'x', bytes);
  text[bytes] = '\0';
  snprintf (id, sizeof id, "%d", i);
  struct aid_episode e = { .id = strdup (id), .task = json_pack ("{s:{s:s}}", "files", "a", text), .most = 1 };
  assert_int_equal (aid_episodes_put (s, &e, 1), 0);
  free (text);
}

static int
is_remembered (struct aid_episodes *s, int i)
{
  struct aid_episode e;
  char id[16];
  snprintf (id, sizeof id, "%d", i);
  if (aid_episodes_get (s, id, &e))
    return 0;
  json_decref (e.task);
  return 1;
}

static void
large_episodes_are_forgotten_sooner (void **state)
{
  (void)state;
  struct aid_episodes *s = aid_episodes_new (100, 1 << 20);
  for (int i = 0; i < 5; i++)
    begin_episode (s, i, 400 << 10);
  assert_int_equal (aid_episodes_count (s), 2);
  assert_true (is_remembered (s, 3) && is_remembered (s, 4));
  begin_episode (s, 4, 10); /* in its place: its weight is gone with it */
  begin_episode (s, 5, 400 << 10);
  assert_true (is_remembered (s, 3) && is_remembered (s, 4) && is_remembered (s, 5));
  begin_episode (s, 6, 2 << 20); /* one is always remembered */
  assert_int_equal (aid_episodes_count (s), 1);
  assert_true (is_remembered (s, 6));
  aid_episodes_free (s);
}

/* --- messages --------------------------------------------------------------------------------------------------------- */

/* Sends N times PART, in brackets, as one message. */
static void
say_many (int fd, const char *part, size_t n)
{
  struct aid_str text = AID_STR_INIT (16 << 20), frame = AID_STR_INIT (16 << 20);
  aid_str_addc (&text, '[');
  for (size_t i = 0; i < n; i++)
    aid_str_addf (&text, "%s%s", i ? "," : "", part);
  aid_str_addc (&text, ']');
  const char head[14] = { (char)0x81, (char)0xff, 0, 0, 0, 0, (char)(text.len >> 24), (char)(text.len >> 16),
                          (char)(text.len >> 8), (char)text.len }; /* and a mask of 0 */
  aid_str_add (&frame, head, sizeof head);
  aid_str_addspan (&frame, aid_str_span (&text));
  assert_int_equal (send_all (fd, frame.ptr, frame.len), 0);
  aid_str_free (&text);
  aid_str_free (&frame);
}

static void
expect_error (int fd, const char *code)
{
  json_t *o = hear (fd);
  assert_string_equal (aid_json_str (json_object_get (o, "data"), "code"), code);
  json_decref (o);
}

static void
a_message_has_the_room_of_a_body (void **state)
{
  (void)state;
  struct scene *s = begin ();
  int fd = open_socket (s);
  say_many (fd, "{}", 2700000); /* 8 MB, whose values take a gigabyte */
  expect_error (fd, "CAPACITY_REACHED");
  say_many (fd, "{}", 27000);
  expect_error (fd, "UNKNOWN_TYPE");
  /* Also while it is judged; and it is given back. */
  say (fd, "{\"type\":\"reset\",\"data\":{\"task\":{\"repository\":\"r\"}}}");
  json_decref (hear (fd));
  assert_int_equal (atomic_load (&s->h->body_bytes), 0);
  say (fd, "{\"type\":\"step\",\"data\":{\"answer\":\"wait\"}}");
  while (!atomic_load (&s->seen.running))
    nap ();
  assert_true (atomic_load (&s->h->body_bytes) > 0);
  atomic_store (&s->seen.gate, 1);
  json_decref (hear (fd));
  assert_int_equal (atomic_load (&s->h->body_bytes), 0);
  close (fd);
  end (s);
}

/* --- who asks how it does ----------------------------------------------------------------------------------------------- */

static atomic_int asked, answered, late;

/* Takes until others were answered, or far too long. */
static json_t *
slow_status (void *ctx)
{
  (void)ctx;
  atomic_fetch_add (&asked, 1);
  for (int i = 0; i < 10000 && !atomic_load (&answered); i++)
    nap ();
  atomic_fetch_add (&late, !atomic_load (&answered));
  return json_pack ("{s:i}", "slow", 1);
}

static void
a_status_that_takes_its_time_keeps_nobody_waiting (void **state)
{
  (void)state;
  static const char get[] = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const struct aid_ces_backend backend = { evaluate, slow_status, NULL, 0 };
  struct scene s = { .stop = aid_stop_new (NULL) };
  struct aid_str body = AID_STR_INIT (1 << 20);
  int fds[2]; /* as many as there are readers */
  assert_int_equal (aid_ces_http_open (&backend, &(struct aid_ces_http_options){ .jobs = 1 }, &s.h, NULL), AID_OK);
  s.port = (unsigned)atoi (strrchr (aid_ces_http_url (s.h), ':') + 1);
  assert_int_equal (pthread_create (&s.runner, NULL, serve, &s), 0);
  for (int i = 0; i < 2; i++)
    {
      send_all (fds[i] = dial (&s), get, sizeof get - 1);
      while (atomic_load (&asked) <= i)
        nap ();
    }
  for (int i = 0; i < 4; i++)
    expect (&s, "/v1/ping", NULL, 200, "\"pong\"");
  atomic_store (&answered, 1);
  for (int i = 0; i < 2; i++)
    {
      assert_int_equal (receive (fds[i], NULL, &body), 200);
      assert_non_null (strstr (aid_str_z (&body), "slow"));
      aid_str_clear (&body);
      close (fds[i]);
    }
  assert_int_equal (atomic_load (&late), 0);
  aid_str_free (&body);
  aid_stop_set (s.stop);
  pthread_join (s.runner, NULL);
  aid_ces_http_close (s.h);
  aid_stop_free (s.stop);
}

/* --- who comes while it ends -------------------------------------------------------------------------------------------- */

static void
ring_no_bell (void *ctx)
{
  (void)ctx;
}

static void
note_done (struct aid_ces_request *x)
{
  atomic_store ((atomic_int *)x->mine_too, 1);
}

/* Its places are kept, then the service ends, then it is put. */
static void
who_had_places_kept_is_waited_for_and_not_judged (void **state)
{
  (void)state;
  struct seen seen = { .calls = 0 };
  struct aid_ces_http h = { .backend = { evaluate, NULL, &seen, 0 }, .door = aid_door_new (1, 0, ring_no_bell, NULL) };
  struct aid_unit u = { .answer = AID_SPAN ("green"), .task = json_pack ("{s:s}", "repository", "r") };
  struct aid_ces_request x = { .http = &h, .units = &u, .nunits = 1, .fd = -1, .done = note_done };
  struct aid_stop *stop = aid_stop_new (NULL);
  atomic_int done = 0;
  u.exchange = &x;
  x.mine_too = &done;
  assert_int_equal (aid_ces_http_queue_open (&h, 1, 4, NULL), AID_OK);
  assert_int_equal (aid_ces_http_queue_reserve (&h.queue, 1), 0);
  aid_ces_http_queue_drain (&h, 1);
  /* It has to be waited for: who watches comes as far as looking at the bell and at who stops it. */
  struct pollfd bell = { h.queue.bell[0], POLLIN, 0 };
  aid_ces_http_queue_ring (&h.queue);
  aid_stop_set (stop);
  aid_ces_http_queue_watch (&h, AID_UNTIL_IDLE, aid_stop_fd (stop), INT64_MAX);
  assert_int_equal (poll (&bell, 1, 0), 0);
  aid_ces_http_queue_put (&h, &x);
  while (!atomic_load (&done))
    nap ();
  assert_int_equal (u.error.code, AID_E_STATE);
  assert_int_equal (atomic_load (&seen.calls), 0);
  aid_ces_http_queue_watch (&h, AID_UNTIL_IDLE, -1, INT64_MAX);
  aid_ces_http_queue_close (&h);
  aid_door_free (h.door);
  aid_stop_free (stop);
  json_decref ((json_t *)(uintptr_t)u.task);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (large_episodes_are_forgotten_sooner),
    cmocka_unit_test (a_message_has_the_room_of_a_body),
    cmocka_unit_test (a_status_that_takes_its_time_keeps_nobody_waiting),
    cmocka_unit_test (who_had_places_kept_is_waited_for_and_not_judged),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
