/* Peers that others wrote: nginx, with TLS, HTTP/2 and gzip, in front of our own server.  The path of an address has our
   server's port; each request that arrives there says on which connection nginx got it.  */
#include "fake_http.h"
#include "net_probe.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static char folder[64], ca[96];
static pid_t nginx;
static int front;

/* --- nginx ------------------------------------------------------------------------------------------------------------- */

static const char config[]
  = "daemon off; master_process off; pid nginx.pid; error_log error.log;\n"
    "events { worker_connections 512; }\n"
    "http {\n"
    "  access_log off; client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;\n"
    "  client_max_body_size 64m; keepalive_requests 100000;\n"
    "  server {\n"
    "    listen 127.0.0.1:%d ssl http2;\n"
    "    ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_protocols TLSv1.2 TLSv1.3;\n"
    "    location ~ ^/(\\d+)/ {\n"
    "      proxy_pass http://127.0.0.1:$1; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering off;\n"
    "      proxy_set_header X-Connection $connection;\n"
    "      gzip on; gzip_types text/event-stream; gzip_proxied any; gzip_min_length 0;\n"
    "    }\n"
    "  }\n"
    "}\n";

/* Runs ARGV, which dies with this program; NULL at its end.  */
static pid_t
run (const char *const *argv)
{
  pid_t pid = fork ();
  if (pid == 0)
    {
      int out = open ("/dev/null", O_RDWR);
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      dup2 (out, 0);
      dup2 (out, 1);
      dup2 (out, 2);
      execvp (argv[0], (char *const *) (uintptr_t) argv);
      _exit (127);
    }
  return pid;
}

static int
make_certificate (void)
{
  char key[96];
  int status = -1;
  snprintf (ca, sizeof ca, "%s/cert.pem", folder);
  snprintf (key, sizeof key, "%s/key.pem", folder);
  const char *const argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                               "-days", "2", "-subj", "/CN=aid test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                               "-out", ca, NULL };
  pid_t pid = run (argv);
  return pid > 0 && waitpid (pid, &status, 0) == pid && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static int
accepts (int port)
{
  struct sockaddr_in a
    = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK), .sin_port = htons ((uint16_t) port) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int good = connect (fd, (struct sockaddr *) &a, sizeof a) == 0;
  close (fd);
  return good;
}

/* The one that .ci/deps unpacked, for installing it would start a service; else an installed one.  */
static const char *
nginx_program (void)
{
  static const char *const places[] = { "build/peers/usr/sbin/nginx", "/usr/sbin/nginx" };
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (access (places[i], X_OK) == 0)
      return places[i];
  return "nginx";
}

static int
start_nginx (void **state)
{
  char path[96];
  (void) state;
  strcpy (folder, "/tmp/aid-peers-XXXXXX");
  assert_non_null (mkdtemp (folder));
  snprintf (path, sizeof path, "%s/nginx.conf", folder);
  if (!make_certificate ())
    return 0;
  close (fake_listen (0, &front));
  FILE *f = fopen (path, "w");
  assert_non_null (f);
  fprintf (f, config, front);
  fclose (f);
  const char *const argv[] = { nginx_program (), "-p", folder, "-c", path, NULL };
  nginx = run (argv);
  for (int i = 0; i < 500 && !accepts (front); i++)
    if (waitpid (nginx, NULL, WNOHANG) != 0)
      {
        nginx = 0;
        return 0;
      }
    else
      nanosleep (&(struct timespec){ .tv_nsec = 10000000 }, NULL);
  return 0;
}

static int
remove_entry (const char *path, const struct stat *st, int type, struct FTW *where)
{
  (void) st;
  (void) type;
  (void) where;
  return remove (path);
}

static int
stop_nginx (void **state)
{
  (void) state;
  if (nginx > 0)
    {
      kill (nginx, SIGKILL);
      waitpid (nginx, NULL, 0);
    }
  return nftw (folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- requests through it ------------------------------------------------------------------------------------------------ */

#define EVENTS "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define PIECE(text) FAKE_SEND ("5\r\n" text "\r\n")
#define LAST FAKE_SEND ("0\r\n\r\n")

static const struct fake_step two_pieces[] = { FAKE_SEND (EVENTS), PIECE ("one__"), FAKE_GATE, PIECE ("two__"), LAST, FAKE_DONE };
static const struct fake_step three_pieces[]
  = { FAKE_SEND (EVENTS), PIECE ("one__"), FAKE_GATE, PIECE ("two__"), FAKE_GATE, PIECE ("three"), LAST, FAKE_DONE };
static const struct fake_step endless[] = { FAKE_SEND (EVENTS), PIECE ("one__"), FAKE_HOLD };
static const struct fake_step at_once[] = { FAKE_ANSWER ("200 OK", "", "4", "good"), FAKE_DONE };

static void
need_nginx (void)
{
  if (nginx > 0)
    return;
  print_message ("skipped: nginx or openssl is missing (.ci/deps check brings them)\n");
  skip ();
}

static void
start (struct probe *p, struct aid_net *net, const struct fake_http *f, struct aid_http_request req)
{
  char url[96];
  need_nginx ();
  snprintf (url, sizeof url, "https://127.0.0.1:%d/%d/v1", front, f->port);
  req.url = url;
  req.ca_file = ca;
  req.retries = 0;
  probe_init (p, net);
  p->want_header = "content-encoding";
  probe_start (p, &req);
}

/* The connection of the Ith request that our server got, as nginx numbers them.  */
static int
connection_of (struct fake_http *f, unsigned i)
{
  pthread_mutex_lock (&f->lock);
  const char *at = f->requests[i] ? strstr (f->requests[i], "X-Connection: ") : NULL;
  int n = at ? atoi (at + 14) : -1;
  pthread_mutex_unlock (&f->lock);
  assert_true (n > 0);
  return n;
}

static void
assert_good (struct probe *p, const char *body)
{
  probe_wait_done (p);
  assert_string_equal (p->result.error.msg, "");
  assert_string_equal (aid_str_z (&p->body), body);
  assert_int_equal (p->result.http_version, 20);
}

struct eight
{
  struct fake_http *f;
  struct aid_net *net;
  struct probe p[8];
  sem_t begun;
};

static void
start_eight (void *arg)
{
  struct eight *e = arg;
  for (int i = 0; i < 8; i++)
    start (&e->p[i], e->net, e->f, (struct aid_http_request){ .body = AID_SPAN ("question") });
  sem_post (&e->begun);
}

/* Eight at once, before there is any connection: the I/O thread itself starts them, and so sees all of them together.  */
static void
streams_share_one_connection (void **state)
{
  (void) state;
  struct eight e = { .f = FAKE_START (two_pieces), .net = probe_net () };
  struct fake_http *f = e.f;
  struct aid_net *net = e.net;
  struct probe *p = e.p;
  need_nginx ();
  sem_init (&e.begun, 0, 0);
  assert_int_equal (aid_net_later (net, 0, start_eight, NULL, &e), AID_OK);
  while (sem_wait (&e.begun) != 0)
    ;
  for (int i = 0; i < 8; i++)
    probe_wait_body (&p[i], 5);
  for (unsigned i = 1; i < 8; i++)
    assert_int_equal (connection_of (f, i), connection_of (f, 0));
  assert_int_equal (aid_net_running (net), 8);
  for (int i = 0; i < 8; i++)
    fake_open (f);
  for (int i = 0; i < 8; i++)
    {
      assert_good (&p[i], "one__two__");
      probe_free (&p[i]);
    }
  sem_destroy (&e.begun);
  aid_net_free (net, NULL);
  fake_stop (f);
}

/* Our server waits behind each piece until the one before it was read.  */
static void
a_compressed_stream_arrives_piece_by_piece (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (three_pieces);
  struct aid_net *net = probe_net ();
  struct probe p;
  start (&p, net, f, (struct aid_http_request){ .body = AID_SPAN ("question") });
  probe_wait_body (&p, 5);
  assert_string_equal (p.header, "gzip");
  fake_open (f);
  probe_wait_body (&p, 10);
  assert_int_equal (p.dones, 0);
  fake_open (f);
  assert_good (&p, "one__two__three");
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
start_and_read_one (struct probe *p, struct aid_net *net, const struct fake_http *f, uint32_t stall_ms)
{
  start (p, net, f, (struct aid_http_request){ .body = AID_SPAN ("question"), .stall_ms = stall_ms });
  probe_wait_body (p, 5);
}

/* However a stream is given up, the server hears of it: also when nothing else is to be sent.  */
static void
the_server_hears_of_a_stream_that_is_given_up (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (endless);
  struct aid_net *net = probe_net ();
  struct probe p;
  start_and_read_one (&p, net, f, 0);
  aid_http_cancel (net, p.id);
  probe_wait_done (&p);
  assert_int_equal (p.result.error.code, AID_E_CANCELLED);
  assert_true (fake_wait_hangups (f, 1));
  probe_free (&p);

  start_and_read_one (&p, net, f, 200);
  probe_wait_done (&p);
  assert_int_equal (p.result.error.code, AID_E_TIMEOUT);
  assert_true (fake_wait_hangups (f, 2));
  probe_free (&p);

  start (&p, net, f, (struct aid_http_request){ .body = AID_SPAN ("question"), .body_limit = 1 });
  probe_wait_done (&p);
  assert_int_equal (p.result.error.code, AID_E_LIMIT);
  assert_true (fake_wait_hangups (f, 3));
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

/* One is cancelled, one silent for too long, one too large: what they share with others stays, and serves on.  */
static void
one_stream_ends_and_the_others_go_on (void **state)
{
  (void) state;
  struct fake_http *ends = FAKE_START (endless), *f = FAKE_START (three_pieces, at_once),
                   *g = FAKE_START (three_pieces);
  struct aid_net *net = probe_net ();
  struct probe p[2], ended[3], after;
  start_and_read_one (&p[0], net, f, 0);
  start_and_read_one (&p[1], net, g, 0);
  start_and_read_one (&ended[0], net, ends, 0);
  aid_http_cancel (net, ended[0].id);
  start_and_read_one (&ended[1], net, ends, 200);
  start (&ended[2], net, ends, (struct aid_http_request){ .body = AID_SPAN ("question"), .body_limit = 1 });
  for (unsigned i = 0; i < 3; i++)
    {
      probe_wait_done (&ended[i]);
      assert_true (ended[i].result.error.code != AID_OK);
      assert_int_equal (connection_of (ends, i), connection_of (f, 0));
      probe_free (&ended[i]);
    }
  fake_open (f);
  fake_open (g);
  probe_wait_body (&p[0], 10);
  probe_wait_body (&p[1], 10);
  assert_true (fake_wait_hangups (ends, 3));
  fake_open (f);
  fake_open (g);
  assert_good (&p[0], "one__two__three");
  assert_good (&p[1], "one__two__three");
  start (&after, net, f, (struct aid_http_request){ .body = AID_SPAN ("question") });
  assert_good (&after, "good");
  assert_int_equal (connection_of (g, 0), connection_of (f, 0));
  assert_int_equal (connection_of (f, 1), connection_of (f, 0));
  probe_free (&p[0]);
  probe_free (&p[1]);
  probe_free (&after);
  aid_net_free (net, NULL);
  fake_stop (f);
  fake_stop (g);
  fake_stop (ends);
}

static void
a_large_question_arrives_whole (void **state)
{
  (void) state;
  enum { SIZE = 900000 };
  struct fake_http *f = FAKE_START (at_once);
  struct aid_net *net = probe_net ();
  struct probe p;
  char *body = malloc (SIZE);
  memset (body, 'q', SIZE);
  for (int i = 0; i < 3; i++)
    {
      start (&p, net, f, (struct aid_http_request){ .body = { body, SIZE } });
      assert_good (&p, "good");
      probe_free (&p);
    }
  for (unsigned i = 0; i < 3; i++)
    {
      const char *got = strstr (f->requests[i], "\r\n\r\n");
      assert_non_null (got);
      assert_int_equal (strspn (got + 4, "q"), SIZE);
    }
  free (body);
  aid_net_free (net, NULL);
  fake_stop (f);
}

/* A server that takes connections and says nothing: those who wait to share the first one's connection wait no longer than
   they said.  One after the other these would take 8 s.  */
static void
waiting_for_a_shared_connection_has_its_clock (void **state)
{
  (void) state;
  struct aid_net *net = probe_net ();
  struct timespec t0, t1;
  struct probe p[20];
  char url[64];
  int port, fd = fake_listen (64, &port);
  snprintf (url, sizeof url, "https://127.0.0.1:%d/", port);
  clock_gettime (CLOCK_MONOTONIC, &t0);
  for (int i = 0; i < 20; i++)
    {
      probe_init (&p[i], net);
      probe_start (&p[i], &(struct aid_http_request){ .url = url, .connect_ms = 400, .retries = 0 });
    }
  for (int i = 0; i < 20; i++)
    {
      probe_wait_done (&p[i]);
      assert_int_equal (p[i].result.error.code, AID_E_TIMEOUT);
      assert_non_null (strstr (p[i].result.error.msg, "no connection to 127.0.0.1"));
      assert_non_null (strstr (p[i].result.error.msg, "within 0.4 s"));
      probe_free (&p[i]);
    }
  clock_gettime (CLOCK_MONOTONIC, &t1);
  assert_true (t1.tv_sec - t0.tv_sec < 5);
  aid_net_free (net, NULL);
  close (fd);
}

/* --- nothing is left ---------------------------------------------------------------------------------------------------- */

static int
entries (const char *name)
{
  DIR *d = opendir (name);
  int n = 0;
  while (d && readdir (d))
    n++;
  closedir (d);
  return n;
}

static void
three_hundred_streams (void)
{
  struct fake_http *f = FAKE_START (at_once), *ends = FAKE_START (endless);
  struct aid_net *net = probe_net ();
  for (int i = 0; i < 300; i += 10)
    {
      struct probe p[10];
      for (int k = 0; k < 10; k++)
        start (&p[k], net, k % 3 ? f : ends, (struct aid_http_request){ .body = AID_SPAN ("x") });
      for (int k = 0; k < 10; k++)
        {
          if (k % 3 == 0)
            aid_http_cancel (net, p[k].id);
          probe_wait_done (&p[k]);
          assert_int_equal (p[k].result.error.code, k % 3 ? AID_OK : AID_E_CANCELLED);
          probe_free (&p[k]);
        }
    }
  aid_net_free (net, NULL);
  fake_stop (f);
  fake_stop (ends);
}

static void
three_hundred_streams_leave_no_descriptor_and_no_thread (void **state)
{
  (void) state;
  three_hundred_streams ();
  int fds = entries ("/proc/self/fd"), threads = entries ("/proc/self/task");
  three_hundred_streams ();
  for (int i = 0; i < 1000 && (entries ("/proc/self/fd") > fds || entries ("/proc/self/task") > threads); i++)
    nanosleep (&(struct timespec){ .tv_nsec = 10000000 }, NULL);
  assert_true (entries ("/proc/self/fd") <= fds);
  assert_true (entries ("/proc/self/task") <= threads);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (streams_share_one_connection),
    cmocka_unit_test (a_compressed_stream_arrives_piece_by_piece),
    cmocka_unit_test (the_server_hears_of_a_stream_that_is_given_up),
    cmocka_unit_test (one_stream_ends_and_the_others_go_on),
    cmocka_unit_test (a_large_question_arrives_whole),
    cmocka_unit_test (waiting_for_a_shared_connection_has_its_clock),
    cmocka_unit_test (three_hundred_streams_leave_no_descriptor_and_no_thread),
  };
  return cmocka_run_group_tests_name ("net peers", tests, start_nginx, stop_nginx);
}
