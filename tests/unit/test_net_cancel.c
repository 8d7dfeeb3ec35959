/* Ending requests at every moment of their life, shutting down, and leaving nothing behind.  A name server that never
   answers is played by this program's own getaddrinfo, which libcurl calls in place of the C library's.  */
#include "fake_http.h"
#include "net_probe.h"
#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdbool.h>

/* --- a resolver that can be stuck ------------------------------------------------------------------------------------ */

static pthread_mutex_t stuck_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stuck_changed = PTHREAD_COND_INITIALIZER;
static unsigned stuck_now;
static bool stuck_free;

__attribute__ ((visibility ("default"))) int
getaddrinfo (const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
             struct addrinfo **restrict out)
{
  int (*real) (const char *, const char *, const struct addrinfo *, struct addrinfo **);
  void *symbol = dlsym (RTLD_NEXT, "getaddrinfo");
  memcpy (&real, &symbol, sizeof real);
  if (!node || strcmp (node, "stuck.example") != 0)
    return real (node, service, hints, out);
  pthread_mutex_lock (&stuck_lock);
  stuck_now++;
  pthread_cond_broadcast (&stuck_changed);
  while (!stuck_free)
    pthread_cond_wait (&stuck_changed, &stuck_lock);
  stuck_now--;
  pthread_cond_broadcast (&stuck_changed);
  pthread_mutex_unlock (&stuck_lock);
  return EAI_AGAIN;
}

static void
wait_stuck (unsigned n)
{
  pthread_mutex_lock (&stuck_lock);
  while (stuck_now != n)
    pthread_cond_wait (&stuck_changed, &stuck_lock);
  pthread_mutex_unlock (&stuck_lock);
}

/* --- one request at each moment -------------------------------------------------------------------------------------- */

static const struct fake_step good[] = { FAKE_ANSWER ("200 OK", "", "4", "good"), FAKE_DONE };
static const struct fake_step closing[] = { FAKE_ANSWER ("200 OK", "Connection: close\r\n", "4", "good"), FAKE_CLOSE };
static const struct fake_step mute[] = { FAKE_HOLD };
static const struct fake_step later[] = { FAKE_ANSWER ("503 x", "Retry-After: 50\r\n", "4", "busy"), FAKE_DONE };
static const struct fake_step begun[]
  = { FAKE_SEND ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"), FAKE_HOLD };

static void
assert_cancelled (struct probe *p, const char *calls)
{
  assert_int_equal (p->result.error.code, AID_E_CANCELLED);
  assert_string_equal (p->calls, calls);
  assert_int_equal (p->dones, 1);
}

static void
while_waiting_for_the_head (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (mute);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f) });
  assert_true (fake_wait_requests (f, 1));
  aid_http_cancel (net, p.id);
  probe_wait_done (&p);
  assert_cancelled (&p, "done ");
  assert_true (fake_wait_hangups (f, 1)); /* the server hears of it */
  aid_http_cancel (net, p.id);            /* done: ignored */
  aid_http_cancel (net, 0);
  aid_http_cancel (net, 12345);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
while_streaming (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (begun);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f), .retries = -1 });
  probe_wait_body (&p, 3);
  aid_http_cancel (net, p.id);
  aid_http_cancel (net, p.id);
  probe_wait_done (&p);
  assert_cancelled (&p, "head:200 body done ");
  assert_int_equal (p.result.status, 200);
  assert_true (fake_wait_hangups (f, 1));
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
while_waiting_for_the_next_attempt (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (later);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f), .retries = -1 });
  probe_wait_retry (&p, 1);
  assert_int_equal (p.wait_ms, 50000);
  aid_http_cancel (net, p.id);
  probe_wait_done (&p);
  assert_cancelled (&p, "asked:503 retry:1 done ");
  assert_int_equal (fake_count (f, &f->served), 1);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

/* Fills the queue of a listener that never accepts: the next connection gets no answer to its first packet.  */
static int
deaf_listener (int *fds, int n, int *port)
{
  int fd = fake_listen (0, port);
  struct sockaddr_in a
    = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK), .sin_port = htons ((uint16_t) *port) };
  for (int i = 0; i < n; i++)
    {
      fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      (void) !connect (fds[i], (struct sockaddr *) &a, sizeof a);
    }
  return fd;
}

static void
while_connecting (void **state)
{
  (void) state;
  struct aid_net *net = probe_net ();
  struct probe p;
  char url[64];
  int fds[4], port, fd = deaf_listener (fds, 4, &port);
  snprintf (url, sizeof url, "http://127.0.0.1:%d/", port);
  probe_init (&p, net);
  probe_start (&p, &(struct aid_http_request){ .url = url, .connect_ms = 50000 });
  nanosleep (&(struct timespec){ .tv_nsec = 50000000 }, NULL);
  aid_http_cancel (net, p.id);
  probe_wait_done (&p);
  assert_cancelled (&p, "done ");
  assert_int_equal (aid_net_abandoned (net), 0);
  probe_free (&p);

  probe_run (&p, net, &(struct aid_http_request){ .url = url, .connect_ms = 100, .stall_ms = 10 });
  assert_int_equal (p.result.error.code, AID_E_TIMEOUT);
  assert_non_null (strstr (p.result.error.msg, "no connection to 127.0.0.1"));
  probe_free (&p);
  aid_net_free (net, NULL);
  for (int i = 0; i < 4; i++)
    close (fds[i]);
  close (fd);
}

static void
while_the_name_is_looked_up (void **state)
{
  (void) state;
  struct aid_net *net = probe_net ();
  struct probe p;
  stuck_free = false;
  probe_init (&p, net);
  probe_start (&p, &(struct aid_http_request){ .url = "http://stuck.example/", .retries = -1 });
  wait_stuck (1);
  aid_http_cancel (net, p.id);
  probe_wait_done (&p);
  assert_cancelled (&p, "done ");
  assert_int_equal (aid_net_abandoned (net), 1);
  probe_free (&p);

  probe_init (&p, net);
  probe_start (&p, &(struct aid_http_request){ .url = "http://stuck.example/" });
  wait_stuck (2);
  aid_net_free (net, "closing"); /* returns, though both lookups still hang */
  assert_cancelled (&p, "done ");
  wait_stuck (2);
  probe_free (&p);
  pthread_mutex_lock (&stuck_lock);
  stuck_free = true;
  pthread_cond_broadcast (&stuck_changed);
  pthread_mutex_unlock (&stuck_lock);
  wait_stuck (0);
}

static void
before_anything_was_done (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (mute); /* so that nothing fails meanwhile and is tried again */
  struct aid_net *net = probe_net ();
  for (int i = 0; i < 50; i++)
    {
      struct probe p;
      probe_init (&p, net);
      probe_start (&p, &(struct aid_http_request){ .url = fake_url (f), .retries = -1 });
      aid_http_cancel (net, p.id);
      probe_wait_done (&p);
      assert_cancelled (&p, "done ");
      probe_free (&p);
    }
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
from_within_a_callback (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (begun, good, later);
  struct aid_net *net = probe_net ();
  const char *const calls[] = { "head:200 done ", "head:200 body done ", "asked:503 retry:1 done " };
  for (int i = 0; i < 3; i++)
    {
      struct probe p;
      probe_init (&p, net);
      p.cancel_at_head = i == 0;
      p.cancel_at_body = i == 1;
      p.cancel_at_retry = i == 2;
      probe_start (&p, &(struct aid_http_request){ .url = fake_url (f), .retries = -1 });
      probe_wait_done (&p);
      assert_cancelled (&p, calls[i]);
      probe_free (&p);
    }
  aid_net_free (net, NULL);
  fake_stop (f);
}

/* --- the end of it all ----------------------------------------------------------------------------------------------- */

static void
freeing_ends_what_runs_and_says_why (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (begun, begun, mute, later);
  struct aid_net *net = probe_net ();
  struct probe p[4];
  for (unsigned i = 0; i < 4; i++)
    {
      probe_init (&p[i], net);
      probe_start (&p[i], &(struct aid_http_request){ .url = fake_url (f), .retries = -1 });
      assert_true (fake_wait_requests (f, i + 1));
    }
  probe_wait_body (&p[0], 3);
  probe_wait_body (&p[1], 3);
  probe_wait_retry (&p[3], 1);
  assert_int_equal (aid_net_running (net), 4);
  aid_net_free (net, "core replaced");
  for (int i = 0; i < 4; i++)
    {
      assert_int_equal (p[i].dones, 1);
      assert_int_equal (p[i].result.error.code, AID_E_CANCELLED);
      assert_non_null (strstr (p[i].result.error.msg, ": core replaced"));
      probe_free (&p[i]);
    }
  fake_stop (f);
  aid_net_free (NULL, NULL);
}

/* --- jobs for later -------------------------------------------------------------------------------------------------- */

struct jobs
{
  struct probe p;
  char order[8];
  int freed;
};

static struct jobs jobs;

static void
job (void *arg)
{
  pthread_mutex_lock (&jobs.p.lock);
  strcat (jobs.order, arg);
  if (strlen (jobs.order) == 4)
    jobs.p.dones++;
  pthread_cond_broadcast (&jobs.p.changed);
  pthread_mutex_unlock (&jobs.p.lock);
}

static void
drop (void *arg)
{
  (void) arg;
  jobs.freed++;
}

static char job_names[][2] = { "a", "b", "c", "d", "e" };

/* From a callback, too: what it starts while the net ends is refused.  */
static void
job_that_posts (void *arg)
{
  aid_net_later (arg, 0, job, drop, job_names[1]);
}

static void
jobs_run_by_their_time_and_in_order_or_are_dropped (void **state)
{
  (void) state;
  struct aid_net *net = probe_net ();
  memset (&jobs, 0, sizeof jobs);
  probe_init (&jobs.p, net);
  assert_int_equal (aid_net_later (net, 300, job, drop, job_names[3]), AID_OK);
  assert_int_equal (aid_net_later (net, 200, job, drop, job_names[2]), AID_OK);
  assert_int_equal (aid_net_later (net, 0, job, drop, job_names[0]), AID_OK);
  assert_int_equal (aid_net_later (net, 0, job_that_posts, NULL, net), AID_OK);
  assert_int_equal (aid_net_later (net, 60000, job, drop, job_names[4]), AID_OK);
  assert_int_equal (aid_net_later (net, 60000, job, NULL, job_names[4]), AID_OK);
  probe_wait_done (&jobs.p);
  assert_string_equal (jobs.order, "abcd");
  assert_int_equal (jobs.freed, 0);
  aid_net_free (net, NULL);
  assert_int_equal (jobs.freed, 1);
  assert_string_equal (jobs.order, "abcd");
  probe_free (&jobs.p);
}

static void
too_many_jobs_are_refused (void **state)
{
  (void) state;
  struct aid_net *net = probe_net ();
  memset (&jobs, 0, sizeof jobs);
  for (int i = 0; i < 10000; i++)
    assert_int_equal (aid_net_later (net, 60000, job, drop, job_names[0]), AID_OK);
  assert_int_equal (aid_net_later (net, 60000, job, drop, job_names[0]), AID_E_LIMIT);
  aid_net_free (net, NULL);
  assert_int_equal (jobs.freed, 10000);
}

/* --- nothing is left ------------------------------------------------------------------------------------------------- */

static int
entries (const char *folder)
{
  DIR *d = opendir (folder);
  int n = 0;
  while (d && readdir (d))
    n++;
  closedir (d);
  return n;
}

/* Threads take a moment to disappear from the list after they ended.  */
static void
assert_entries (const char *folder, int n)
{
  for (int i = 0; i < 1000 && entries (folder) > n; i++)
    nanosleep (&(struct timespec){ .tv_nsec = 10000000 }, NULL);
  assert_true (entries (folder) <= n);   /* fewer when a joined thread was still listed at first */
}

static void
three_hundred_requests (void)
{
  struct fake_http *f = FAKE_START (closing, good, closing, closing, good, good, closing, closing, closing, good);
  struct aid_net *net = probe_net ();
  for (int i = 0; i < 300; i++)
    {
      struct probe p;
      probe_init (&p, net);
      p.cancel_at_body = i % 7 == 3;
      probe_start (&p, &(struct aid_http_request){ .url = i % 10 == 9 ? "http://127.0.0.1:1/" : fake_url (f) });
      if (i % 7 == 5)
        aid_http_cancel (net, p.id);
      probe_wait_done (&p);
      probe_free (&p);
    }
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
three_hundred_requests_leave_no_descriptor_and_no_thread (void **state)
{
  (void) state;
  three_hundred_requests (); /* what libraries keep for good is opened now */
  int fds = entries ("/proc/self/fd"), threads = entries ("/proc/self/task");
  three_hundred_requests ();
  assert_entries ("/proc/self/fd", fds);
  assert_entries ("/proc/self/task", threads);
}

static void *
start_and_cancel (void *arg)
{
  struct probe *first = arg;
  for (int i = 0; i < 100; i++)
    {
      struct probe p;
      static const struct aid_http_handler handler = { probe_on_head, probe_on_body, probe_on_retry, NULL, probe_on_done };
      struct aid_http_request req = { .url = first->want_header, .retries = -1 };
      probe_init (&p, first->net);
      if (aid_http_start (p.net, &req, &handler, &p, &p.id, NULL) == AID_OK)
        {
          aid_net_running (p.net);
          aid_http_cancel (p.net, p.id + (i % 3 == 0)); /* sometimes a neighbour's */
          aid_http_cancel (p.net, p.id - (i % 5 == 0));
          pthread_mutex_lock (&p.lock);
          while (!p.dones)
            pthread_cond_wait (&p.changed, &p.lock);
          pthread_mutex_unlock (&p.lock);
        }
      probe_free (&p);
    }
  return NULL;
}

static void
many_threads_may_start_and_cancel (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (good);
  struct probe first;
  pthread_t threads[4];
  probe_init (&first, probe_net ());
  first.want_header = fake_url (f);
  for (int i = 0; i < 4; i++)
    assert_int_equal (pthread_create (&threads[i], NULL, start_and_cancel, &first), 0);
  for (int i = 0; i < 4; i++)
    pthread_join (threads[i], NULL);
  assert_int_equal (aid_net_running (first.net), 0);
  aid_net_free (first.net, NULL);
  probe_free (&first);
  fake_stop (f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (while_waiting_for_the_head),
    cmocka_unit_test (while_streaming),
    cmocka_unit_test (while_waiting_for_the_next_attempt),
    cmocka_unit_test (while_connecting),
    cmocka_unit_test (while_the_name_is_looked_up),
    cmocka_unit_test (before_anything_was_done),
    cmocka_unit_test (from_within_a_callback),
    cmocka_unit_test (freeing_ends_what_runs_and_says_why),
    cmocka_unit_test (jobs_run_by_their_time_and_in_order_or_are_dropped),
    cmocka_unit_test (too_many_jobs_are_refused),
    cmocka_unit_test (three_hundred_requests_leave_no_descriptor_and_no_thread),
    cmocka_unit_test (many_threads_may_start_and_cancel),
  };
  return cmocka_run_group_tests_name ("net cancel", tests, NULL, NULL);
}
