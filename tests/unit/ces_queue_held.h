/* What tests share that take tasks by themselves, as workers do. */
#ifndef AID_TESTS_CES_QUEUE_HELD_H
#define AID_TESTS_CES_QUEUE_HELD_H

#include "ces_queue_scene.h"

static struct aid_queue_worker
worker (const char *name, int lease_ms, int hold_ms)
{
  struct aid_queue_worker w
    = { .host = "h", .pid = 1, .jobs = 4, .lease_ms = lease_ms, .hold_ms = hold_ms, .keys = AID_VEC_INIT (char *, 300) };
  snprintf (w.name, sizeof w.name, "%s", name);
  return w;
}

/* W says that it lives, has KEY (may be NULL) and holds what is in HELD; how much of that it has lost. */
static int
renew (struct aid_queue *q, struct aid_queue_worker *w, char *key, struct aid_vec *held)
{
  const struct aid_queue_held *all[16];
  unsigned char lost[16];
  int n = 0;
  char **slot = key ? aid_vec_push (&w->keys) : NULL;
  if (slot)
    *slot = key;
  for (size_t i = 0; held && i < held->len; i++)
    all[i] = &AID_VEC_AT (struct aid_queue_held, held, i);
  assert_int_equal (aid_queue_renew (q, w, all, held ? held->len : 0, lost, NULL), AID_OK);
  for (size_t i = 0; held && i < held->len; i++)
    n += lost[i];
  return n;
}

static __attribute__ ((unused)) int64_t
count_of (struct aid_queue *q, const char *name)
{
  json_t *o;
  assert_int_equal (aid_queue_status (q, &o, NULL), AID_OK);
  int64_t n = aid_json_int (o, name, -1);
  json_decref (o);
  return n;
}

static int
claim (struct aid_queue *q, const struct aid_queue_worker *w, int n, int fair, struct aid_vec *held)
{
  struct aid_error e = { AID_OK, "" };
  int next;
  size_t before = held->len;
  if (aid_queue_claim (q, w, n, fair, held, &next, &e))
    fail_msg ("%s", e.msg);
  return (int)(held->len - before);
}

static struct aid_queue_held *
at (struct aid_vec *held, size_t i)
{
  return &AID_VEC_AT (struct aid_queue_held, held, i);
}

static void
drop (struct aid_vec *held)
{
  for (size_t i = 0; i < held->len; i++)
    aid_queue_held_free (at (held, i));
  aid_vec_free (held);
}
#define HELD AID_VEC_INIT (struct aid_queue_held, 16)

static int
finish (struct aid_queue *q, const struct aid_queue_worker *w, const struct aid_queue_held *h, const char *text)
{
  int taken;
  struct aid_error e = { AID_OK, "" };
  if (aid_queue_finish (q, w, h, AID_QUEUE_VERDICT, aid_span_z (text), &taken, &e))
    fail_msg ("%s", e.msg);
  return taken;
}

#endif
