/* Disks that are slow, stuck or full while answers stream.  They are played by this program's own write and fdatasync, which
   stand before the C library's and look at journals only. */
#include "turn_bench.h"
#include "assist/assist_internal.h"
#include "chat/journal.h"
#include "store/blob.h"
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

/* A journal that cannot even be begun is no journal: an empty file would be taken for an answer that was lost. */
static void
test_a_disk_that_is_full_from_the_beginning_leaves_no_file (void **state)
{
  (void) state;
  const struct fake_step *script[] = { short_answer };
  struct bench b;
  hold (false, false);
  begin (&b, script, 1);
  disk.full = true;
  ask_in_chat (&b, 1, "r7");
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (aid_str_z (&b.w.text), "short");
  finish (&b);
  disk.full = false;
  assert_true (begun (&disk.writes) > 0);
  assert_false (is_there ("r7"));
}

/* The net refuses the request: its proxy cannot be read. */
static void
test_a_request_that_does_not_start_leaves_no_journal (void **state)
{
  (void) state;
  static const struct fake_step none[] = { FAKE_CLOSE };
  const struct fake_step *script[] = { none };
  char path[128];
  struct bench b;
  hold (false, false);
  begin (&b, script, 1);
  snprintf (path, sizeof path, "%s/aid/config.json", dir);
  assert_int_equal (aid_fs_replace (path, AID_SPAN ("{\"model\":\"p/real\",\"providers\":{\"p\":{\"url\":"
                                                    "\"http://127.0.0.1:1/v1\",\"proxy\":\"http://\"}}}"), 0600, NULL), AID_OK);
  ask_in_chat (&b, 1, "r8");
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_non_null (strstr (aid_str_z (&b.w.last), "proxy"));
  finish (&b);
  assert_true (begun (&disk.writes) > 0);
  assert_false (is_there ("r8"));
}

/* --- chores ------------------------------------------------------------------------------------------------------------ */

static struct
{
  pthread_mutex_t lock;
  pthread_t asker;
  unsigned done, here, disorder;
} chores = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct counted
{
  struct aid_chore chore;
  unsigned number;
};

static void
count_chore (struct aid_chore *chore)
{
  struct counted *c = (struct counted *) chore;
  pthread_mutex_lock (&chores.lock);
  chores.here += pthread_equal (pthread_self (), chores.asker) != 0;
  chores.disorder += c->number != chores.done++;
  pthread_mutex_unlock (&chores.lock);
  free (c);
}

static unsigned
chores_done (void)
{
  pthread_mutex_lock (&chores.lock);
  unsigned n = chores.done;
  pthread_mutex_unlock (&chores.lock);
  return n;
}

/* The disk is stuck and 20,000 things are to be noted: whoever hands them over never does them, and none is lost. */
static void
test_a_stuck_disk_never_holds_up_who_has_something_noted (void **state)
{
  (void) state;
  char path[128];
  snprintf (path, sizeof path, "%s/chat.md", dir);
  struct aid_keeper *keeper = aid_keeper_new (NULL);
  struct aid_kept *kept = aid_keeper_open (keeper, path, "r9", 2);
  assert_non_null (kept);
  hold (true, false);
  aid_kept_add (kept, AID_SPAN ("stuck"));
  wait_begun (&disk.writes);
  chores.asker = pthread_self ();
  for (unsigned i = 0; i < 20000; i++)
    {
      struct counted *c = calloc (1, sizeof *c);
      *c = (struct counted){ { .fn = count_chore, .bytes = sizeof *c }, i };
      assert_int_equal (aid_keeper_do (keeper, &c->chore), AID_OK);
      aid_kept_add (kept, AID_SPAN ("."));          /* joined into one write */
    }
  aid_kept_close (kept, 1);
  assert_int_equal (chores_done (), 0);
  hold (false, false);
  while (chores_done () < 20000)
    usleep (1000);
  assert_true (begun (&disk.writes) <= 1);
  aid_keeper_free (keeper);
  assert_int_equal (chores.here + chores.disorder, 0);
  assert_false (is_there ("r9"));
}

/* What waits for a stuck disk has a limit; what is large leaves room for what is small. */
static void
test_what_waits_for_a_stuck_disk_has_a_limit (void **state)
{
  (void) state;
  char path[128], id[AID_BLOB_ID], *large = calloc (1, 1u << 20);
  unsigned stored = 0;
  snprintf (path, sizeof path, "%s/chat.md", dir);
  assert_non_null (large);
  struct aid_keeper *keeper = aid_keeper_new (NULL);
  struct aid_kept *kept = aid_keeper_open (keeper, path, "r10", 2);
  assert_non_null (kept);
  hold (true, false);
  aid_kept_add (kept, AID_SPAN ("stuck"));
  wait_begun (&disk.writes);
  for (; stored < 1000; stored++)
    {
      large[0] = (char) stored;
      if (aid_keeper_store (keeper, (struct aid_span){ large, 1u << 20 }, id))
        break;
    }
  assert_in_range (stored, 20, 32);
  assert_int_equal (aid_keeper_store (keeper, AID_SPAN ("small"), id), AID_OK);
  aid_kept_close (kept, 1);
  hold (false, false);
  aid_keeper_wait_stored (keeper);
  aid_keeper_free (keeper);
  struct aid_str text = AID_STR_INIT (1000);
  assert_int_equal (aid_blob_get (id, &text, NULL), AID_OK);
  aid_str_free (&text);
  free (large);
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
    cmocka_unit_test (test_a_disk_that_is_full_from_the_beginning_leaves_no_file),
    cmocka_unit_test (test_a_request_that_does_not_start_leaves_no_journal),
    cmocka_unit_test (test_a_stuck_disk_never_holds_up_who_has_something_noted),
    cmocka_unit_test (test_what_waits_for_a_stuck_disk_has_a_limit),
  };
  return cmocka_run_group_tests_name ("assist keeper", tests, setup, teardown);
}
