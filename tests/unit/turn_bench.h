/* What the tests of requests share: an assistant whose model is a real server on this machine, and a sink that notes what
   comes. */
#ifndef AID_TESTS_TURN_BENCH_H
#define AID_TESTS_TURN_BENCH_H

#include "assist/assist.h"
#include "base/fs.h"
#include "base/val.h"
#include "fake_http.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define KEY "k7Qx2mT9"
#define CHAT "<!--aid:" KEY " chat v=1-->\n## You <!--aid:" KEY " 1 user-->\nhello?\n"
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define DELTA(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define THOUGHT(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"" text "\"}}]}\n\n"
#define STOP \
  "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" \
  "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}\n\n" \
  "data: [DONE]\n\n"

static char dir[64];             /* every XDG home */
static const char *bench_wire = "openai-chat";

struct watcher
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct aid_str kinds;          /* "frozen start text done " with texts joined */
  struct aid_str text, last;     /* all text; the last event as JSON */
  struct aid_str said;           /* reasoning and text in their order: "(reasoning) text" */
  int thinking;
  struct aid_str found;          /* "ID JSON\n" of each event of that kind */
  unsigned ended, texts, founds;
};

static inline void
post (void *ctx, uint64_t id, const struct aid_event *ev)
{
  struct watcher *w = ctx;
  pthread_mutex_lock (&w->lock);
  if (ev->kind == AID_EVENT_FOUND)
    {
      aid_str_addf (&w->found, "%u ", (unsigned) id);
      aid_val_to_json (ev->val, 0, &w->found);
      aid_str_addz (&w->found, "\n");
      w->founds++;
    }
  else if ((ev->kind != AID_EVENT_TEXT || !w->texts) && ev->kind != AID_EVENT_REASONING)
    aid_str_addf (&w->kinds, "%s ", aid_event_name (ev->kind));
  if (w->thinking != (ev->kind == AID_EVENT_REASONING))
    aid_str_addz (&w->said, w->thinking ? ") " : "(");
  w->thinking = ev->kind == AID_EVENT_REASONING;
  aid_str_addspan (&w->said, ev->text);
  if (ev->kind == AID_EVENT_TEXT)
    {
      w->texts++;
      aid_str_addspan (&w->text, ev->text);
    }
  else
    {
      aid_str_clear (&w->last);
      aid_val_to_json (ev->val, 0, &w->last);
    }
  if (ev->kind == AID_EVENT_DONE || ev->kind == AID_EVENT_ERROR)
    w->ended++;
  pthread_cond_broadcast (&w->changed);
  pthread_mutex_unlock (&w->lock);
}

static inline int
wait_for (struct watcher *w, const unsigned *counter, unsigned n)
{
  struct timespec end;
  int late = 0;
  clock_gettime (CLOCK_REALTIME, &end);
  end.tv_sec += 60;
  pthread_mutex_lock (&w->lock);
  while (*counter < n && !late)
    late = pthread_cond_timedwait (&w->changed, &w->lock, &end) != 0;
  int reached = *counter >= n;
  pthread_mutex_unlock (&w->lock);
  return reached;
}

struct bench
{
  struct watcher w;
  struct fake_http *server;
  struct aid_assist *assist;
};

/* Settings that name a server on PORT. */
static inline void
write_config (int port)
{
  char path[128], text[512];
  snprintf (path, sizeof path, "%s/aid", dir);
  assert_int_equal (aid_fs_mkdirs (path, 0700, NULL), AID_OK);
  snprintf (path, sizeof path, "%s/aid/config.json", dir);
  snprintf (text, sizeof text,
            "{\"model\":\"m\",\"providers\":{\"p\":{\"wire\":\"%s\",\"url\":\"http://127.0.0.1:%d/v1\",\"retries\":0}},"
            "\"models\":{\"m\":{\"provider\":\"p\",\"name\":\"real\"}}}",
            bench_wire, port);
  assert_int_equal (aid_fs_replace (path, aid_span_z (text), 0600, NULL), AID_OK);
}

static inline void
begin (struct bench *b, const struct fake_step *const *script, size_t n)
{
  memset (b, 0, sizeof *b);
  pthread_mutex_init (&b->w.lock, NULL);
  pthread_cond_init (&b->w.changed, NULL);
  b->w.kinds = AID_STR_INIT (1u << 20);
  b->w.text = AID_STR_INIT (16u << 20);
  b->w.said = AID_STR_INIT (16u << 20);
  b->w.last = AID_STR_INIT (1u << 20);
  b->w.found = AID_STR_INIT (1u << 20);
  b->server = fake_start (script, n);
  write_config (b->server->port);
  struct aid_sink sink = { post, &b->w };
  struct aid_error e;
  b->assist = aid_assist_new (&sink, &e);
  assert_non_null (b->assist);
}

static inline void
finish (struct bench *b)
{
  aid_assist_free (b->assist, "over");
  fake_stop (b->server);
  aid_str_free (&b->w.kinds);
  aid_str_free (&b->w.text);
  aid_str_free (&b->w.last);
  aid_str_free (&b->w.said);
  aid_str_free (&b->w.found);
  pthread_cond_destroy (&b->w.changed);
  pthread_mutex_destroy (&b->w.lock);
}

static inline void
ask (struct bench *b, uint64_t id)
{
  struct aid_ask a = { .id = id, .chat = AID_SPAN (CHAT), .request = "r1" };
  struct aid_error e;
  assert_int_equal (aid_assist_ask (b->assist, &a, &e), AID_OK);
}

static inline int
setup (void **state)
{
  (void) state;
  strcpy (dir, "/tmp/aid-turn.XXXXXX");
  return mkdtemp (dir) && !setenv ("XDG_STATE_HOME", dir, 1) && !setenv ("XDG_CONFIG_HOME", dir, 1) ? 0 : -1;
}

static inline int
teardown (void **state)
{
  (void) state;
  char command[128];
  snprintf (command, sizeof command, "rm -rf '%s'", dir);
  return system (command);
}

#endif
