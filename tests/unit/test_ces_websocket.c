/* OpenEnv by websocket. */
#include "ces_http.h"
#include "ces_websocket.h"
#include "ces/box.h"

static void
a_websockets_key_is_answered_as_the_rfc_shows (void **state)
{
  (void)state;
  char out[AID_WS_ACCEPT];
  aid_ws_accept (AID_SPAN ("dGhlIHNhbXBsZSBub25jZQ=="), out);
  assert_string_equal (out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void
sessions_have_episodes_of_their_own (void **state)
{
  (void)state;
  struct scene *s = begin ();
  int fds[4];
  for (int i = 0; i < 4; i++)
    {
      fds[i] = open_socket (s);
      say (fds[i], "{\"type\":\"reset\",\"data\":{\"task\":{\"repository\":\"r\"}}}");
    }
  for (int i = 0; i < 4; i++)
    {
      json_decref (hear (fds[i]));
      say (fds[i], i % 2 ? "{\"type\":\"step\",\"data\":{\"answer\":\"green\"}}"
                         : "{\"type\":\"step\",\"data\":{\"answer\":\"types\"}}");
    }
  for (int i = 0; i < 4; i++)
    {
      json_t *o = hear (fds[i]);
      const json_t *data = json_object_get (o, "data");
      assert_int_equal (aid_json_bool (data, "done", -1), i % 2);
      assert_true (aid_json_real (data, "reward", -1) == (i % 2 ? 1 : 0.6));
      json_decref (o);
    }
  /* One goes while it is judged for, one has a second step in mind, two stay to the end. */
  say (fds[0], "{\"type\":\"step\",\"data\":{\"answer\":\"wait\"}}");
  say (fds[2], "{\"type\":\"step\",\"data\":{\"answer\":\"wait\"}}");
  while (atomic_load (&s->seen.running) < 2)
    nap ();
  say (fds[2], "{\"type\":\"step\",\"data\":{\"answer\":\"green\"}}");
  json_t *o = hear (fds[2]);
  assert_string_equal (aid_json_str (json_object_get (o, "data"), "code"), "EXECUTION_ERROR");
  json_decref (o);
  close (fds[0]);
  while (!atomic_load (&s->seen.stopped))
    nap ();
  atomic_store (&s->seen.gate, 1);
  json_decref (hear (fds[2]));
  end (s);
  for (int i = 1; i < 4; i++)
    close (fds[i]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_websockets_key_is_answered_as_the_rfc_shows),
    cmocka_unit_test (sessions_have_episodes_of_their_own),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
