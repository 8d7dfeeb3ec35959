/* Disks that are slow, stuck or full while answers stream.  They are played by this program's own write and fdatasync, which
   stand before the C library's and look at journals only. */
#include "turn_bench.h"
#include "chat/journal.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>

/* --- a disk that can be stuck ------------------------------------------------------------------------------------------ */

static struct
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool hold_writes, hold_syncs, full;
  unsigned writes, syncs;                     /* that have begun */
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static bool
is_journal (int fd)
{
  char link[64], path[4096];
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink (link, path, sizeof path - 1);
  path[n > 0 ? n : 0] = '\0';
  return strstr (path, ".journal-") != NULL;
}

static void
pass (const bool *held, unsigned *begun)
{
  pthread_mutex_lock (&disk.lock);
  ++*begun;
  pthread_cond_broadcast (&disk.changed);
  while (*held)
    pthread_cond_wait (&disk.changed, &disk.lock);
  pthread_mutex_unlock (&disk.lock);
}

__attribute__ ((visibility ("default"))) ssize_t
write (int fd, const void *bytes, size_t n)
{
  static ssize_t (*real) (int, const void *, size_t);
  if (!real)
    *(void **) &real = dlsym (RTLD_NEXT, "write");
  if (is_journal (fd))
    {
      pass (&disk.hold_writes, &disk.writes);
      if (disk.full)
        {
          errno = ENOSPC;
          return -1;
        }
    }
  return real (fd, bytes, n);
}

__attribute__ ((visibility ("default"))) int
fdatasync (int fd)
{
  if (is_journal (fd))
    pass (&disk.hold_syncs, &disk.syncs);
  return 0;
}

static void
hold (bool writes, bool syncs)
{
  pthread_mutex_lock (&disk.lock);
  disk.hold_writes = writes;
  disk.hold_syncs = syncs;
  disk.writes = disk.syncs = 0;
  pthread_cond_broadcast (&disk.changed);
  pthread_mutex_unlock (&disk.lock);
}

static void
wait_begun (const unsigned *count)
{
  pthread_mutex_lock (&disk.lock);
  while (!*count)
    pthread_cond_wait (&disk.changed, &disk.lock);
  pthread_mutex_unlock (&disk.lock);
}

static unsigned
begun (const unsigned *count)
{
  pthread_mutex_lock (&disk.lock);
  unsigned n = *count;
  pthread_mutex_unlock (&disk.lock);
  return n;
}

/* --- questions in a chat that is a file -------------------------------------------------------------------------------- */

static void
ask_in_chat (struct bench *b, uint64_t id, const char *request)
{
  char path[128];
  snprintf (path, sizeof path, "%s/chat.md", dir);
  struct aid_ask a = { .id = id, .chat = AID_SPAN (CHAT), .chat_path = path, .request = request };
  assert_int_equal (aid_assist_ask (b->assist, &a, NULL), AID_OK);
}

/* Whether the journal of REQUEST holds just TEXT behind its first line, now or within a second. */
static bool
journal_has (const char *request, const char *text)
{
  char path[128];
  bool has = false;
  snprintf (path, sizeof path, "%s/chat.md.journal-%s", dir, request);
  for (int i = 0; i < 100 && !has; i++)
    {
      struct aid_str file = AID_STR_INIT (1u << 20);
      usleep (10000);
      const char *line = aid_fs_read (path, &file, NULL) ? NULL : strchr (aid_str_z (&file), '\n');
      has = line && !strcmp (line + 1, text);
      aid_str_free (&file);
    }
  return has;
}

static bool
is_there (const char *request)
{
  char path[128];
  snprintf (path, sizeof path, "%s/chat.md.journal-%s", dir, request);
  return aid_fs_exists (path);
}

static const struct fake_step short_answer[] = { FAKE_SEND (HEAD DELTA ("short") STOP), FAKE_CLOSE };
static const struct fake_step two_parts[]
  = { FAKE_SEND (HEAD DELTA ("one ")), FAKE_GATE,  FAKE_SEND (DELTA ("two")), FAKE_GATE,
      FAKE_SEND (DELTA (" three") STOP), FAKE_CLOSE };

static const struct fake_step three_parts[] = { FAKE_SEND (HEAD DELTA ("one ")),  FAKE_GATE, FAKE_SEND (DELTA ("two")), FAKE_GATE,
                                                FAKE_SEND (DELTA (" three")), FAKE_GATE, FAKE_SEND (STOP),         FAKE_CLOSE };

/* It is written at once, and synced when a second has gone by and more comes. */
static void
test_what_came_is_in_the_journal_at_once (void **state)
{
  (void) state;
  const struct fake_step *script[] = { three_parts };
  struct bench b;
  hold (false, false);
  begin (&b, script, 1);
  ask_in_chat (&b, 1, "r1");
  assert_true (journal_has ("r1", "one "));
  assert_int_equal (b.w.ended, 0);
  fake_open (b.server);
  assert_true (journal_has ("r1", "one two"));
  usleep (1100000);
  assert_int_equal (begun (&disk.syncs), 0);   /* nothing more came */
  fake_open (b.server);
  wait_begun (&disk.syncs);
  assert_int_equal (b.w.ended, 0);
  fake_open (b.server);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  finish (&b);
  assert_true (journal_has ("r1", "one two three"));
}

/* The first answer's sync hangs: the second one streams on, is written, and ends. */
static void
test_a_sync_that_hangs_holds_up_nothing (void **state)
{
  (void) state;
  const struct fake_step *script[] = { short_answer, two_parts };
  struct bench b;
  hold (false, true);
  begin (&b, script, 2);
  ask_in_chat (&b, 1, "r2");
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  wait_begun (&disk.syncs);
  ask_in_chat (&b, 2, "r3");
  assert_true (journal_has ("r3", "one "));
  fake_open (b.server);
  assert_true (journal_has ("r3", "one two"));
  usleep (1100000);                            /* now a sync of this one is due */
  fake_open (b.server);
  assert_true (wait_for (&b.w, &b.w.ended, 2));
  assert_true (journal_has ("r3", "one two three"));
  assert_string_equal (aid_str_z (&b.w.text), "shortone two three");
  hold (false, false);
  finish (&b);
}

static void
test_a_write_that_hangs_holds_up_no_stream (void **state)
{
  (void) state;
  const struct fake_step *script[] = { two_parts, short_answer };
  struct bench b;
  begin (&b, script, 2);
  ask_in_chat (&b, 1, "r4");
  assert_true (wait_for (&b.w, &b.w.texts, 1));
  assert_true (journal_has ("r4", "one "));
  hold (true, false);
  fake_open (b.server);
  wait_begun (&disk.writes);
  for (unsigned i = 2; i <= 3; i++)            /* what the first of these leaves to be stored waits, too */
    {
      struct aid_ask other = { .id = i, .chat = AID_SPAN (CHAT), .request = "r1" };
      assert_int_equal (aid_assist_ask (b.assist, &other, NULL), AID_OK);
      assert_true (wait_for (&b.w, &b.w.ended, i - 1));
    }
  fake_open (b.server);
  assert_true (wait_for (&b.w, &b.w.ended, 3));
  assert_non_null (strstr (aid_str_z (&b.w.text), " three"));
  assert_int_equal (aid_assist_running (b.assist), 0);
  hold (false, false);
  finish (&b);                                 /* nothing is lost */
  assert_true (journal_has ("r4", "one two three"));
}

static void
test_a_full_disk_costs_the_journal_and_no_answer (void **state)
{
  (void) state;
  const struct fake_step *script[] = { two_parts };
  struct bench b;
  hold (false, false);
  begin (&b, script, 1);
  ask_in_chat (&b, 1, "r5");
  assert_true (journal_has ("r5", "one "));
  pthread_mutex_lock (&disk.lock);
  disk.full = true;
  pthread_mutex_unlock (&disk.lock);
  fake_open (b.server);
  fake_open (b.server);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (aid_str_z (&b.w.text), "one two three");
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=done"));
  finish (&b);
  disk.full = false;
  assert_true (journal_has ("r5", "one "));
}

/* Who cancels while the key is looked for is told at once; what is prepared afterwards leaves no journal behind. */
static void
test_a_request_that_never_streamed_leaves_no_journal (void **state)
{
  (void) state;
  static const struct fake_step none[] = { FAKE_CLOSE };
  const struct fake_step *script[] = { none };
  char path[128], text[512];
  struct bench b;
  hold (false, false);
  begin (&b, script, 1);
  snprintf (path, sizeof path, "%s/aid/config.json", dir);
  snprintf (text, sizeof text,
            "{\"model\":\"p/real\",\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:%d/v1\","
            "\"key_command\":[\"sh\",\"-c\",\"sleep 0.3; echo key\"]}}}",
            b.server->port);
  assert_int_equal (aid_fs_replace (path, aid_span_z (text), 0600, NULL), AID_OK);
  ask_in_chat (&b, 1, "r6");
  aid_assist_cancel (b.assist, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  while (aid_assist_running (b.assist))
    usleep (1000);
  finish (&b);
  assert_true (begun (&disk.writes) > 0);               /* there was one */
  assert_false (is_there ("r6"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_what_came_is_in_the_journal_at_once),
    cmocka_unit_test (test_a_sync_that_hangs_holds_up_nothing),
    cmocka_unit_test (test_a_write_that_hangs_holds_up_no_stream),
    cmocka_unit_test (test_a_full_disk_costs_the_journal_and_no_answer),
    cmocka_unit_test (test_a_request_that_never_streamed_leaves_no_journal),
  };
  return cmocka_run_group_tests_name ("assist keeper", tests, setup, teardown);
}
