/* dune's RPC: canonical S-expressions, and a conversation as dune 3.9.3 had it (tests/cases/build/dune-rpc.csexp), played back
   over a real socket.  tests/cli has the real one, where there is a dune 3. */
#include "build/csexp.h"
#include "build/dune_rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "base/clock.h"
#include "base/pool.h"
#include "scratch.h"

/* --- expressions --- */

static void
lengths_are_of_whole_expressions (void **state)
{
  (void) state;
  assert_int_equal (aid_csexp_length (AID_SPAN ("3:abcd")), 5);
  assert_int_equal (aid_csexp_length (AID_SPAN ("0:")), 2);
  assert_int_equal (aid_csexp_length (AID_SPAN ("(1:a(1:b)())1:c")), 12);
  assert_int_equal (aid_csexp_length (AID_SPAN ("")), 0);
  assert_int_equal (aid_csexp_length (AID_SPAN ("12")), 0);
  assert_int_equal (aid_csexp_length (AID_SPAN ("4:abc")), 0);
  assert_int_equal (aid_csexp_length (AID_SPAN ("(1:a")), 0);
  assert_int_equal (aid_csexp_length (AID_SPAN (")")), -1);
  assert_int_equal (aid_csexp_length (AID_SPAN ("HTTP/1.1 400")), -1);
  assert_int_equal (aid_csexp_length (AID_SPAN ("(1:a x")), -1);
  assert_int_equal (aid_csexp_length (AID_SPAN ("99999999999:x")), -1);
  assert_int_equal (aid_csexp_length (AID_SPAN ("4294967295:x")), -1);
}

static void
deep_nesting_is_refused (void **state)
{
  char deep[AID_CSEXP_DEPTH + 2];
  (void) state;
  memset (deep, '(', sizeof deep);
  assert_int_equal (aid_csexp_length ((struct aid_span){ deep, AID_CSEXP_DEPTH }), 0);
  assert_int_equal (aid_csexp_length ((struct aid_span){ deep, sizeof deep }), -1);
}

static void
fields_are_found_by_name (void **state)
{
  (void) state;
  struct aid_span v, record = AID_SPAN ("((2:id1:7)(1:x())3:odd(4:name(1:a1:b)))");
  assert_true (aid_csexp_field (record, "id", &v));
  assert_true (aid_span_eqz (aid_csexp_atom (v), "7"));
  assert_true (aid_csexp_field (record, "name", &v));
  assert_true (aid_span_eqz (v, "(1:a1:b)"));
  assert_int_equal (aid_csexp_atom (v).len, 0);
  assert_false (aid_csexp_field (record, "odd", &v));
  assert_false (aid_csexp_field (AID_SPAN ("3:abc"), "abc", &v));
}

/* --- a conversation --- */

struct server
{
  int listening;
  struct aid_str script;     /* answers, in order; each when what it answers was asked */
  char asked[4096];
};

/* Reads requests and notes what they are, until one has ID. */
static int
read_request (int fd, struct server *s, struct aid_str *in, struct aid_span id)
{
  char c;
  while (aid_csexp_length (aid_str_span (in)) == 0)
    if (read (fd, &c, 1) != 1 || aid_str_addc (in, c))
      return 0;
  struct aid_span method;
  assert_true (aid_csexp_field (aid_str_span (in), "method", &method));
  method = aid_csexp_atom (method);
  size_t n = strlen (s->asked);
  snprintf (s->asked + n, sizeof s->asked - n, "%.*s ", (int) method.len, method.ptr);
  int same = aid_span_eq (method, id);
  aid_str_clear (in);
  return same || read_request (fd, s, in, id);
}

static void *
serve (void *arg)
{
  struct server *s = arg;
  struct aid_str in = AID_STR_INIT (4096);
  struct aid_span rest = aid_span_trim (aid_str_span (&s->script)), answer, id;
  int fd = accept (s->listening, NULL, NULL);
  while (fd >= 0 && aid_csexp_take (&rest, &answer) && aid_csexp_field (answer, "id", &id)
         && read_request (fd, s, &in, aid_csexp_atom (id)))
    {
      /* Cut where it hurts. */
      assert_int_equal (write (fd, answer.ptr, answer.len / 2), (ssize_t) (answer.len / 2));
      usleep (1000);
      assert_int_equal (write (fd, answer.ptr + answer.len / 2, answer.len - answer.len / 2),
                        (ssize_t) (answer.len - answer.len / 2));
      rest = aid_span_trim (rest);
    }
  close (fd);
  aid_str_free (&in);
  return NULL;
}

static void
print (void *arg, struct aid_span lines)
{
  aid_str_addspan (arg, lines);
}

static void
listen_at (struct server *s)
{
  struct sockaddr_un at = { .sun_family = AF_UNIX };
  struct aid_error e;
  assert_int_equal (aid_fs_mkdirs (scratch_path ("_build/.rpc"), 0755, &e), AID_OK);
  snprintf (at.sun_path, sizeof at.sun_path, "%s", scratch_path ("_build/.rpc/dune"));
  unlink (at.sun_path);
  s->listening = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal (bind (s->listening, (struct sockaddr *) &at, sizeof at), 0);
  assert_int_equal (listen (s->listening, 1), 0);
}

/* Follows a dune that answers by SCRIPT (NULL: the recorded one); what it tells in OUT. */
static enum aid_err
follow (const char *script, int once, struct aid_str *out, char asked[4096], struct aid_error *e)
{
  struct server s = { .script = AID_STR_INIT (1 << 20) };
  unsigned long thread;
  if (script)
    aid_str_addz (&s.script, script);
  else
    assert_int_equal (aid_fs_read ("tests/cases/build/dune-rpc.csexp", &s.script, e), AID_OK);
  listen_at (&s);
  assert_int_equal (aid_thread_start (&thread, "dune", serve, &s, e), AID_OK);
  int fd = aid_dune_rpc_connect (scratch);
  assert_true (fd >= 0);
  enum aid_err err = aid_dune_rpc_follow (fd, once, 5000, NULL, print, out, e);
  pthread_join (thread, NULL);
  close (s.listening);
  snprintf (asked, 4096, "%s", s.asked);
  aid_str_free (&s.script);
  return err;
}

static void
what_dune_tells_comes_as_it_would_print_it (void **state)
{
  struct aid_str out = AID_STR_INIT (1 << 20);
  struct aid_error e = { AID_OK, "" };
  char asked[4096];
  (void) state;
  if (follow (NULL, 1, &out, asked, &e))
    fail_msg ("%s", e.msg);
  assert_string_equal (asked, "initialize version_menu poll/progress poll/progress diagnostics ");
  assert_string_equal (out.ptr, "********** NEW BUILD **********\n"
                                "File \"/home/ann/lex/src/lexer.ml\", line 1, characters 0-0:\n"
                                "Error: The implementation src/lexer.ml\n"
                                "       does not match the interface src/.lexer.objs/byte/lexer.cmi: \n"
                                "       Values do not match: val h : int is not included in val h : string\n"
                                "       File \"/home/ann/lex/src/lexer.mli\", line 17, characters 0-14:\n"
                                "       Expected declaration\n"
                                "       File \"/home/ann/lex/src/lexer.ml\", line 67, characters 4-5:\n"
                                "       Actual declaration\n"
                                "File \"/home/ann/lex/test/test_lexer.ml\", line 25, characters 8-15:\n"
                                "Error: Unbound value nowhere\n"
                                "Had errors, waiting for filesystem changes...\n");
  aid_str_free (&out);
}

#define HELLO "((2:id10:initialize)(6:result(2:ok())))((2:id12:version_menu)(6:result(2:ok())))"
#define PROGRESS(state) "((2:id13:poll/progress)(6:result(2:ok(4:Some(" state "())))))"
#define NONE "((2:id11:diagnostics)(6:result(2:ok())))"

static void
rounds_follow_one_another_until_dune_ends (void **state)
{
  struct aid_str out = AID_STR_INIT (1 << 20);
  struct aid_error e;
  char asked[4096];
  (void) state;
  assert_int_equal (follow (HELLO PROGRESS ("7:success") NONE PROGRESS ("11:in_progress") PROGRESS ("11:interrupted")
                              PROGRESS ("6:failed") NONE,
                            0, &out, asked, &e),
                    AID_E_NET);
  assert_string_equal (out.ptr, "********** NEW BUILD **********\nSuccess, waiting for filesystem changes...\n"
                                "********** NEW BUILD **********\nHad errors, waiting for filesystem changes...\n");
  assert_non_null (strstr (e.msg, "has ended"));
  aid_str_free (&out);
}

static void
what_was_just_saved_is_waited_for (void **state)
{
  struct aid_str out = AID_STR_INIT (1 << 20);
  struct aid_error e = { AID_OK, "" };
  char asked[4096];
  (void) state;
  /* It first tells how the last build has ended, and then that it builds again. */
  if (follow (HELLO PROGRESS ("7:success") PROGRESS ("11:in_progress") PROGRESS ("6:failed") NONE, 1, &out, asked, &e))
    fail_msg ("%s", e.msg);
  assert_string_equal (out.ptr, "********** NEW BUILD **********\nHad errors, waiting for filesystem changes...\n");
  aid_str_free (&out);
}

static void
who_speaks_otherwise_is_no_dune (void **state)
{
  struct aid_str out = AID_STR_INIT (1 << 20);
  struct aid_error e;
  char asked[4096];
  (void) state;
  assert_int_equal (follow ("((2:id10:initialize)(6:result(5:error())))", 1, &out, asked, &e), AID_E_PARSE);
  assert_non_null (strstr (e.msg, "refuses \"initialize\""));
  assert_int_equal (follow ("", 1, &out, asked, &e), AID_E_NET);
  aid_str_free (&out);
}

static void
a_socket_behind_a_link_is_none (void **state)
{
  struct server s = { .listening = -1 };
  (void) state;
  assert_int_equal (aid_dune_rpc_connect (scratch_path ("nowhere")), -1);
  listen_at (&s);
  assert_int_equal (mkdir (scratch_path ("other"), 0755), 0);
  assert_int_equal (symlink (scratch_path ("_build"), scratch_path ("other/_build")), 0);
  assert_int_equal (aid_dune_rpc_connect (scratch_path ("other")), -1);
  close (s.listening);
  assert_int_equal (aid_dune_rpc_connect (scratch), -1);      /* nobody listens any more */
}

static void *
stop_soon (void *arg)
{
  usleep (50000);
  aid_stop_set (arg);
  return NULL;
}

static void
a_silent_one_can_be_stopped (void **state)
{
  struct server s = { .listening = -1 };
  struct aid_str out = AID_STR_INIT (100);
  struct aid_error e;
  unsigned long thread;
  struct aid_stop *stop = aid_stop_new (&e);
  (void) state;
  listen_at (&s);
  int fd = aid_dune_rpc_connect (scratch);
  assert_int_equal (aid_thread_start (&thread, "stopper", stop_soon, stop, &e), AID_OK);
  assert_int_equal (aid_dune_rpc_follow (fd, 0, 0, stop, print, &out, &e), AID_E_CANCELLED);
  pthread_join (thread, NULL);
  fd = aid_dune_rpc_connect (scratch);
  assert_int_equal (aid_dune_rpc_follow (fd, 1, 50, NULL, print, &out, &e), AID_E_TIMEOUT);
  close (s.listening);
  aid_stop_free (stop);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (lengths_are_of_whole_expressions),
    cmocka_unit_test (deep_nesting_is_refused),
    cmocka_unit_test (fields_are_found_by_name),
    cmocka_unit_test (what_dune_tells_comes_as_it_would_print_it),
    cmocka_unit_test (rounds_follow_one_another_until_dune_ends),
    cmocka_unit_test (what_was_just_saved_is_waited_for),
    cmocka_unit_test (who_speaks_otherwise_is_no_dune),
    cmocka_unit_test (a_socket_behind_a_link_is_none),
    cmocka_unit_test (a_silent_one_can_be_stopped),
  };
  return cmocka_run_group_tests_name ("build dune rpc", tests, scratch_make, scratch_drop);
}
