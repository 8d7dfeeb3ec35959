/* A client that speaks websockets, as far as it needs. */
#ifndef AID_TESTS_CES_WEBSOCKET_H
#define AID_TESTS_CES_WEBSOCKET_H

#include "ces_http.h"

static UNUSED int
open_socket (const struct scene *s)
{
  static const char shake[] = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  struct aid_str got = AID_STR_INIT (4096);
  int fd = dial (s);
  char c;
  send_all (fd, shake, sizeof shake - 1);
  while (!got.len || !strstr (got.ptr, "\r\n\r\n"))
    {
      assert_int_equal (recv (fd, &c, 1, 0), 1);
      aid_str_addc (&got, c);
    }
  assert_non_null (strstr (got.ptr, " 101 "));
  aid_str_free (&got);
  return fd;
}

/* A text of up to 125 bytes in a frame whose mask is 0. */
static UNUSED void
say (int fd, const char *text)
{
  char frame[140] = { (char)0x81, (char)(0x80 | strlen (text)) };
  snprintf (frame + 6, sizeof frame - 6, "%s", text);
  send_all (fd, frame, 6 + strlen (text));
}

static UNUSED json_t *
hear (int fd)
{
  unsigned char head[4];
  struct aid_str text = AID_STR_INIT (1 << 20);
  assert_int_equal (recv (fd, head, 2, MSG_WAITALL), 2);
  assert_int_equal (head[0], 0x81);
  size_t n = head[1];
  if (n == 126)
    {
      assert_int_equal (recv (fd, head, 2, MSG_WAITALL), 2);
      n = (size_t)head[0] << 8 | head[1];
    }
  aid_str_reserve (&text, n);
  assert_int_equal (recv (fd, text.ptr, n, MSG_WAITALL), n);
  json_t *o = json_loadb (text.ptr, n, 0, NULL);
  assert_non_null (o);
  aid_str_free (&text);
  return o;
}

#endif
