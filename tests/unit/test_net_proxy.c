/* Which proxy is chosen, by the setting and the environment, and how it is called in messages.  */
#include "net/net_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                     "ALL_PROXY",  "no_proxy",   "NO_PROXY" };

static int
forget (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    unsetenv (names[i]);
  return 0;
}

/* URL is asked through PROXY ("" for none), which FROM named.  */
static void
through (const char *url, const char *setting, const char *proxy, const char *from)
{
  const char *who;
  assert_string_equal (aid_proxy_choose (&(struct aid_http_request){ .url = url, .proxy = setting }, &who), proxy);
  if (*proxy)
    assert_string_equal (who, from);
}

static void
each_scheme_has_its_variable (void **state)
{
  (void) state;
  through ("http://a.example/", NULL, "", "");
  setenv ("http_proxy", "http://p1", 1);
  setenv ("https_proxy", "http://p2", 1);
  setenv ("HTTPS_PROXY", "http://p3", 1);
  through ("http://a.example/", NULL, "http://p1", "http_proxy");
  through ("HTTPS://a.example/", NULL, "http://p2", "https_proxy");
  setenv ("https_proxy", "", 1);
  through ("https://a.example/", NULL, "http://p3", "HTTPS_PROXY");
}

static void
all_proxy_is_for_the_rest (void **state)
{
  (void) state;
  setenv ("http_proxy", "http://p1", 1);
  setenv ("ALL_PROXY", "socks5h://p4:9050", 1);
  through ("http://a.example/", NULL, "http://p1", "http_proxy");
  through ("https://a.example/", NULL, "socks5h://p4:9050", "ALL_PROXY");
}

/* A web server sets HTTP_PROXY for its programs when a client sends a header "Proxy".  */
static void
http_proxy_in_capitals_is_not_heeded (void **state)
{
  (void) state;
  setenv ("HTTP_PROXY", "http://stranger", 1);
  through ("http://a.example/", NULL, "", "");
}

static void
the_setting_goes_first_and_may_forbid (void **state)
{
  (void) state;
  setenv ("http_proxy", "http://p1", 1);
  setenv ("no_proxy", "*", 1);
  through ("http://a.example/", "http://p5", "http://p5", "the setting \"proxy\"");
  through ("http://127.0.0.1/", "http://p5", "http://p5", "the setting \"proxy\"");
  unsetenv ("no_proxy");
  through ("http://a.example/", "", "", "");
}

static void
this_machine_needs_none (void **state)
{
  (void) state;
  setenv ("all_proxy", "http://p", 1);
  through ("http://localhost:11434/v1", NULL, "", "");
  through ("https://127.0.0.1/", NULL, "", "");
  through ("http://[::1]:80/", NULL, "", "");
  through ("http://localhost.example/", NULL, "http://p", "all_proxy");
}

static void
no_proxy_names_hosts_and_nets (void **state)
{
  (void) state;
  static const struct
  {
    const char *list, *url;
    int none;
  } table[] = {
    { "example.org", "http://example.org/", 1 },
    { "example.org", "http://api.EXAMPLE.org:8080/v1", 1 },
    { ".example.org", "http://example.org/", 1 },
    { ".example.org", "http://api.example.org/", 1 },
    { "example.org.", "http://api.example.org/", 1 },
    { "example.org", "http://notexample.org/", 0 },
    { "example.org", "http://example.org.evil.net/", 0 },
    { "a.net, example.org\tb.net", "http://example.org/", 1 },
    { "a.net b.net", "http://example.org/", 0 },
    { "*", "http://example.org/", 1 },
    { "*.org", "http://example.org/", 0 },
    { ",, ,", "http://example.org/", 0 },
    { "10.0.0.0/8", "http://10.1.2.3/", 1 },
    { "10.0.0.0/8", "http://11.1.2.3/", 0 },
    { "10.1.2.128/25", "http://10.1.2.200/", 1 },
    { "10.1.2.128/25", "http://10.1.2.100/", 0 },
    { "10.1.2.3", "http://10.1.2.3:80/", 1 },
    { "2.3", "http://10.1.2.3/", 0 },
    { "10.0.0.0/", "http://10.0.0.0/", 0 },
    { "10.0.0.0/x", "http://10.0.0.0/", 0 },
    { "10.0.0.0/33", "http://10.0.0.0/", 0 },
    { "0.0.0.0/0", "http://8.8.8.8/", 1 },
    { "fd00::/8", "http://[fd12::1]/", 1 },
    { "[fd12::1]", "http://[fd12::1]:8080/", 1 },
    { "fd00::/8", "http://[fe80::1]/", 0 },
    { "10.0.0.0/8", "http://[fe80::1]/", 0 },
  };
  setenv ("all_proxy", "http://p", 1);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    {
      const char *who;
      setenv (i % 2 ? "no_proxy" : "NO_PROXY", table[i].list, 1);
      const char *proxy = aid_proxy_choose (&(struct aid_http_request){ .url = table[i].url }, &who);
      if ((*proxy == '\0') != table[i].none)
        fail_msg ("with \"%s\" %s goes through \"%s\"", table[i].list, table[i].url, proxy);
      unsetenv (i % 2 ? "no_proxy" : "NO_PROXY");
    }
}

/* ADDRESS is called NAME in messages; it never shows a password.  */
static void
called (const char *address, const char *name, bool signed_in)
{
  bool found;
  char *text = aid_url_proxy (address, &found);
  if (name)
    assert_string_equal (text, name);
  else
    assert_null (text);
  assert_int_equal (found, signed_in);
  free (text);
}

static void
a_proxy_is_named_without_its_password (void **state)
{
  (void) state;
  called ("http://me:secret@proxy.example:3128/", "proxy.example:3128", true);
  called ("proxy.example:3128", "proxy.example:3128", false);
  called ("http://proxy.example", "proxy.example:1080", false);
  called ("https://proxy.example", "proxy.example:443", false);
  called ("socks5h://[::1]:9050", "[::1]:9050", false);
  called ("http://", NULL, false);
  called ("http://pro xy:80", NULL, false);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (each_scheme_has_its_variable, forget),
    cmocka_unit_test_setup (all_proxy_is_for_the_rest, forget),
    cmocka_unit_test_setup (http_proxy_in_capitals_is_not_heeded, forget),
    cmocka_unit_test_setup (the_setting_goes_first_and_may_forbid, forget),
    cmocka_unit_test_setup (this_machine_needs_none, forget),
    cmocka_unit_test_setup (no_proxy_names_hosts_and_nets, forget),
    cmocka_unit_test_setup (a_proxy_is_named_without_its_password, forget),
  };
  return cmocka_run_group_tests_name ("net proxy", tests, NULL, forget);
}
