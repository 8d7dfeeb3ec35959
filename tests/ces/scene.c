/* For the tests of the queue: who submits, works and waits as processes of their own, that can be killed.  What is judged is
   a sleep, and the verdict repeats what the task says, so that a test knows the right one.
   usage: ces_queue_scene init | audit | audited
          ces_queue_scene submit N MS [KEY] | work JOBS LEASE_MS GRACE_MS [MOST] | await <IDS
   The queue is the one of the settings.  A task may have "die": it kills its worker. */
#include "ces/queue.h"
#include "base/fs.h"
#include "base/json.h"
#include "store/db.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TRIES 1000

static struct aid_queue_place place;
static struct aid_stop *stop;

static int
fail (const struct aid_error *e)
{
  fprintf (stderr, "ces_queue_scene: %s\n", e->msg);
  return 1;
}

static void
on_signal (int sig)
{
  (void)sig;
  aid_stop_set (stop);
}

/* --- submitting, waiting ----------------------------------------------------------------------------------------------- */

static int
submit (int n, int ms, const char *key)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_queue_asker *a = aid_queue_asker_new (&place, &e);
  const char *die = getenv ("DIE"), *tries = getenv ("TRIES");
  char id[AID_QUEUE_ID];
  for (int i = 0; i < n; i++)
    {
      struct aid_str task = AID_STR_INIT (1000);
      if (aid_queue_new_id (id, &e))
        return fail (&e);
      aid_str_addf (&task, "{\"sleep\":%d,\"says\":\"%s\",\"die\":%s}", ms, id, die ? "true" : "false");
      struct aid_queue_task t = {
        .id = id, .key = key, .task = aid_str_span (&task), .answer = aid_span_z (id), .tries = tries ? atoi (tries) : TRIES
      };
      if (aid_queue_ask (a, &t, -1, stop, NULL, &e))
        return fail (&e);
      printf ("%s\n", id);
      fflush (stdout);
      aid_str_free (&task);
    }
  aid_queue_asker_free (a);
  return 0;
}

/* Prints "ID OUTCOME SAYS" of each id. */
static int
await (void)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_queue_asker *a = aid_queue_asker_new (&place, &e);
  char line[100];
  while (fgets (line, sizeof line, stdin))
    {
      json_t *o;
      line[strcspn (line, "\n")] = '\0';
      struct aid_queue_task t = { .id = line };
      if (aid_queue_ask (a, &t, -1, stop, &o, &e))
        return fail (&e);
      const char *says = aid_json_str (json_object_get (o, "verdict"), "says");
      printf ("%s %s %s\n", line, aid_json_str (o, "outcome"), says ? says : "-");
      json_decref (o);
    }
  aid_queue_asker_free (a);
  return 0;
}

/* --- working ----------------------------------------------------------------------------------------------------------- */

static enum aid_err
judge (void *ctx, const json_t *task, struct aid_span answer, int ours, const struct aid_stop *end, json_t **verdict,
       struct aid_error *e)
{
  struct pollfd stopped = { aid_stop_fd (end), POLLIN, 0 };
  (void)ctx, (void)ours;
  poll (&stopped, 1, (int)aid_json_int (task, "sleep", 0));
  if (aid_json_bool (task, "die", 0))
    raise (SIGKILL);
  if (aid_stop_is_set (end))
    return aid_error_set (e, AID_E_CANCELLED, "Stopped");
  if (!aid_span_eqz (answer, aid_json_str (task, "says")))
    return aid_error_set (e, AID_E_INVALID, "The answer is another task's");
  *verdict = json_pack ("{s:i, s:O, s:i}", "verdict", 1, "says", json_object_get (task, "says"), "by", (int)getpid ());
  return AID_OK;
}

static void
tell (void *ctx, const char *what)
{
  (void)ctx;
  fprintf (stderr, "%s\n", what);
}

static int
work (int jobs, int lease_ms, int grace_ms, int most)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_queue_worked done;
  const struct aid_queue_work what = {
    .jobs = jobs, .lease_ms = lease_ms, .hold_ms = 200, .grace_ms = grace_ms, .most = most, .judge = judge, .tell = tell
  };
  enum aid_err err = aid_queue_work (&place, &what, stop, &done, &e);
  printf ("judged %lld late %lld returned %lld\n", (long long)done.judged, (long long)done.late, (long long)done.returned);
  return err ? fail (&e) : 0;
}

/* --- how often each was done, by the file's own word ------------------------------------------------------------------- */

static int
with_file (const char *sql, int print)
{
  struct aid_str path = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  struct aid_db *db = NULL;
  sqlite3_stmt *s;
  int row = 0;
  aid_fs_xdg (AID_DIR_STATE, &path, &e);
  aid_str_addz (&path, "/ces-queue.db");
  if (aid_db_open (aid_str_z (&path), 10000, &db, &e))
    return fail (&e);
  if (!print && aid_db_exec (db, sql, &e))
    return fail (&e);
  if (print && !aid_db_prepare (db, sql, &s, &e) && !aid_db_step (db, s, &row, &e) && row)
    printf ("%s\n", (const char *)sqlite3_column_text (s, 0));
  aid_db_close (db);
  aid_str_free (&path);
  return 0;
}

static int
init (void)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_queue *q;
  int was;
  if (aid_queue_is_shared (&place) && aid_queue_init (&place, "", NULL, &was, &e))
    return fail (&e);
  if (aid_queue_open (&place, NULL, &q, &e))
    return fail (&e);
  aid_queue_close (q);
  return 0;
}

int
main (int argc, char **argv)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_load (NULL, &e);
  const char *what = argc > 1 ? argv[1] : "";
  int status = 2;
  if (!c || aid_queue_place_read (c, &place, &e) || !(stop = aid_stop_new (&e)))
    return fail (&e);
  signal (SIGTERM, on_signal);
  if (!strcmp (what, "init"))
    status = init ();
  else if (!strcmp (what, "submit") && argc > 3)
    status = submit (atoi (argv[2]), atoi (argv[3]), argc > 4 ? argv[4] : "k");
  else if (!strcmp (what, "work") && argc > 4)
    status = work (atoi (argv[2]), atoi (argv[3]), atoi (argv[4]), argc > 5 ? atoi (argv[5]) : 0);
  else if (!strcmp (what, "await"))
    status = await ();
  else if (!strcmp (what, "audit"))
    status = with_file ("CREATE TABLE audit(id TEXT, result TEXT);"
                        "CREATE TRIGGER audit AFTER UPDATE ON tasks WHEN new.state = 'done' OR old.state = 'done' BEGIN"
                        " INSERT INTO audit VALUES(new.id, new.result); END;",
                        0);
  else if (!strcmp (what, "audited"))
    status = with_file (
      "SELECT (SELECT count(*) FROM tasks) || ' tasks ' || (SELECT count(*) FROM tasks WHERE outcome = 'verdict'"
      " AND json_extract(CAST(result AS TEXT), '$.says') = id) || ' right ' || (SELECT count(*) FROM audit) || ' left ' ||"
      " (SELECT count(DISTINCT id) FROM audit) || ' once'",
      1);
  aid_stop_free (stop);
  aid_config_free (c);
  return status;
}
