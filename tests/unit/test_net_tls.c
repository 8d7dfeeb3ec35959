/* TLS against openssl's own test server: a certificate nobody vouches for is refused, a CA file makes it good, and the
   name must fit.  */
#include "fake_http.h"
#include "net_probe.h"
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

struct server
{
  char folder[64], cert[96], key[96];
  pid_t pid;
  int port;
};

/* Runs `openssl' with ARGV; its standard output goes to OUT when that is not negative, else nowhere.  */
static pid_t
openssl (char *const argv[], int out)
{
  posix_spawn_file_actions_t io;
  pid_t pid = -1;
  posix_spawn_file_actions_init (&io);
  posix_spawn_file_actions_addopen (&io, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&io, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen (&io, 2, "/dev/null", O_WRONLY, 0);
  if (out >= 0)
    posix_spawn_file_actions_adddup2 (&io, out, 1);
  if (posix_spawnp (&pid, argv[0], &io, NULL, argv, environ) != 0)
    pid = -1;
  posix_spawn_file_actions_destroy (&io);
  return pid;
}

#define ARGS(...) ((char *[]){ (char *) (uintptr_t) "openssl", __VA_ARGS__, NULL })
#define A(text) ((char *) (uintptr_t) (text))

/* A key and a certificate for 127.0.0.1 alone; 0 when openssl is missing.  */
static int
make_certificate (struct server *s)
{
  int status = -1;
  strcpy (s->folder, "/tmp/aid-tls-XXXXXX");
  assert_non_null (mkdtemp (s->folder));
  snprintf (s->cert, sizeof s->cert, "%s/cert.pem", s->folder);
  snprintf (s->key, sizeof s->key, "%s/key.pem", s->folder);
  pid_t pid
    = openssl (ARGS (A ("req"), A ("-x509"), A ("-newkey"), A ("ec"), A ("-pkeyopt"), A ("ec_paramgen_curve:prime256v1"),
                     A ("-nodes"), A ("-days"), A ("2"), A ("-subj"), A ("/CN=aid test"), A ("-addext"),
                     A ("subjectAltName=IP:127.0.0.1"), A ("-keyout"), s->key, A ("-out"), s->cert),
               -1);
  return pid > 0 && waitpid (pid, &status, 0) == pid && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* Reads the server's "ACCEPT 127.0.0.1:PORT".  */
static int
read_port (int fd)
{
  char text[4096] = "", *at;
  size_t len = 0;
  ssize_t n;
  while (len + 1 < sizeof text && (n = read (fd, text + len, sizeof text - 1 - len)) > 0)
    {
      len += (size_t) n;
      text[len] = '\0';
      if ((at = strstr (text, "ACCEPT ")) && strchr (at, '\n') && (at = strchr (at, ':')))
        return atoi (at + 1);
    }
  return 0;
}

static int
start_server (void **state)
{
  static struct server s;
  int ends[2];
  *state = &s;
  if (!make_certificate (&s) || pipe2 (ends, O_CLOEXEC) != 0)
    return 0;
  s.pid = openssl (
    ARGS (A ("s_server"), A ("-accept"), A ("127.0.0.1:0"), A ("-cert"), s.cert, A ("-key"), s.key, A ("-www")), ends[1]);
  close (ends[1]);
  s.port = s.pid > 0 ? read_port (ends[0]) : 0;
  close (ends[0]);
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
stop_server (void **state)
{
  struct server *s = *state;
  if (s->pid > 0)
    {
      kill (s->pid, SIGKILL);
      waitpid (s->pid, NULL, 0);
    }
  return nftw (s->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Asks the server by the name HOST, trusting CA.  */
static void
ask (struct server *s, const char *host, const char *ca, struct probe *p)
{
  char url[64];
  if (!s->port)
    {
      print_message ("skipped: the openssl command is missing or cannot serve\n");
      skip ();
    }
  struct aid_net *net = probe_net ();
  snprintf (url, sizeof url, "https://%s:%d/", host, s->port);
  probe_run (p, net, &(struct aid_http_request){ .url = url, .ca_file = ca, .retries = -1 });
  aid_net_free (net, NULL);
}

static void
a_certificate_nobody_vouches_for_is_refused (void **state)
{
  struct probe p;
  ask (*state, "127.0.0.1", NULL, &p);
  assert_int_equal (p.result.error.code, AID_E_NET);
  assert_int_equal (p.result.attempts, 1); /* it will not get better */
  assert_non_null (strstr (p.result.error.msg, "certificate of 127.0.0.1"));
  assert_non_null (strstr (p.result.error.msg, "was not accepted: "));
  probe_free (&p);
}

static void
a_ca_file_makes_it_good (void **state)
{
  struct server *s = *state;
  struct probe p;
  ask (s, "127.0.0.1", s->cert, &p);
  assert_string_equal (p.result.error.msg, "");
  assert_int_equal (p.result.status, 200);
  assert_true (p.body.len > 0);
  probe_free (&p);
}

static void
the_name_must_be_the_certificates (void **state)
{
  struct server *s = *state;
  struct probe p;
  ask (s, "localhost", s->cert, &p);
  assert_int_equal (p.result.error.code, AID_E_NET);
  assert_non_null (strstr (p.result.error.msg, "certificate of localhost"));
  probe_free (&p);
}

static void
a_missing_ca_file_is_an_error_not_a_licence (void **state)
{
  struct probe p;
  ask (*state, "127.0.0.1", "/nonexistent/ca.pem", &p);
  assert_int_equal (p.result.error.code, AID_E_NET);
  assert_non_null (strstr (p.result.error.msg, "CA file"));
  probe_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_certificate_nobody_vouches_for_is_refused),
    cmocka_unit_test (a_ca_file_makes_it_good),
    cmocka_unit_test (the_name_must_be_the_certificates),
    cmocka_unit_test (a_missing_ca_file_is_an_error_not_a_licence),
  };
  return cmocka_run_group_tests_name ("net tls", tests, start_server, stop_server);
}
