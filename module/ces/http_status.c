/* How the service does: for people as JSON, for Prometheus as text. */
#include "ces/http_internal.h"

#include "base/clock.h"

static void
numbers (struct aid_ces_http *h, size_t *waiting, size_t *running)
{
  pthread_mutex_lock (&h->queue.lock);
  *waiting = h->queue.waiting;
  *running = h->queue.running;
  pthread_mutex_unlock (&h->queue.lock);
}

static json_int_t
count (atomic_ullong *n)
{
  return (json_int_t)atomic_load (n);
}

void
aid_ces_http_status (struct aid_ces_request *x)
{
  struct aid_ces_http *h = x->http;
  struct aid_ces_http_counts *c = &h->counts;
  size_t waiting, running;
  numbers (h, &waiting, &running);
  json_t *o
    = json_pack ("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "version", AID_VERSION, "up_ms",
                 (json_int_t)(aid_clock_wall_ms () - h->began), "jobs", (json_int_t)h->jobs, "running", (json_int_t)running,
                 "waiting", (json_int_t)waiting, "waiting_most", (json_int_t)h->queue.most, "tasks",
                 (json_int_t)aid_tasks_count (h->tasks), "episodes", (json_int_t)aid_episodes_count (h->episodes), "judged",
                 count (&c->judged), "green", count (&c->green), "reading", (json_int_t)atomic_load (&h->parsing), "failed",
                 count (&c->failed), "hung_up", count (&c->hung_up), "busy", count (&c->busy));
  json_t *ces = h->backend.status ? h->backend.status (h->backend.ctx) : NULL;
  if (o && ces)
    json_object_set_new (o, "ces", ces);
  aid_ces_request_answer (x, 200, o);
}

static void
add_number (struct aid_str *out, const char *name, const char *type, const char *help, double value)
{
  aid_str_addf (out, "# HELP aid_ces_%s %s\n# TYPE aid_ces_%s %s\naid_ces_%s %.15g\n", name, help, name, type, name, value);
}

void
aid_ces_http_metrics (struct aid_ces_request *x)
{
  struct aid_ces_http *h = x->http;
  struct aid_ces_http_counts *c = &h->counts;
  struct aid_str *out = &x->reply;
  size_t waiting, running;
  numbers (h, &waiting, &running);
  add_number (out, "jobs", "gauge", "Evaluators.", (double)h->jobs);
  add_number (out, "running", "gauge", "Evaluations that run.", (double)running);
  add_number (out, "waiting", "gauge", "Evaluations that wait.", (double)waiting);
  add_number (out, "evaluations_total", "counter", "Verdicts that were given.", (double)count (&c->judged));
  add_number (out, "evaluations_green_total", "counter", "Verdicts in which all rungs passed.", (double)count (&c->green));
  add_number (out, "evaluations_failed_total", "counter", "Evaluations that could not be made.", (double)count (&c->failed));
  add_number (out, "evaluation_seconds_total", "counter", "Time that verdicts took, together.",
              (double)count (&c->ms) / 1000);
  add_number (out, "hung_up_total", "counter", "Requests whose client went away.", (double)count (&c->hung_up));
  add_number (out, "busy_total", "counter", "Requests for which there was no room.", (double)count (&c->busy));
  aid_str_addz (out, "# HELP aid_ces_rung_passed_total Rungs that passed.\n# TYPE aid_ces_rung_passed_total counter\n");
  for (int r = 0; r < AID_RUNGS; r++)
    aid_str_addf (out, "aid_ces_rung_passed_total{rung=\"%s\"} %lld\n", aid_rung_name ((enum aid_rung)r),
                  (long long)count (&c->passed[r]));
  aid_str_addz (
    out, "# HELP aid_ces_replies_total Replies by the class of their status.\n# TYPE aid_ces_replies_total counter\n");
  for (int i = 2; i < 6; i++)
    aid_str_addf (out, "aid_ces_replies_total{status=\"%dxx\"} %lld\n", i, (long long)count (&c->replies[i]));
  x->type = "text/plain; version=0.0.4; charset=utf-8";
  x->status = 200;
}
