/* A report of as many events as AID keeps, 256 MB of them, beside looking at each row of the same table once. */
#include "measure/events_internal.h"
#include "measure/metrics_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define ANSWERS 48500 /* 256 MB */

static double
now_s (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t); /* whatever else the machine does */
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned
drawn (unsigned n)
{
  static uint64_t state = 7;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(state >> 33) % n;
}

static void
die (const struct aid_error *e)
{
  fprintf (stderr, "%s\n", e->msg);
  exit (1);
}

static struct aid_db *db;

static void
put (int64_t at, const char *kind, const char *request, const char *language, const char *data)
{
  struct aid_error e = { AID_OK, "" };
  unsigned char id[16] = { 0 };
  char project[32];
  sqlite3_stmt *s;
  for (int i = 0; i < 16; i++)
    id[i] = i < 6 ? (unsigned char)(at >> (40 - 8 * i)) : (unsigned char)drawn (256);
  snprintf (project, sizeof project, "project%09u", drawn (5));
  if (aid_db_prepare (db,
                      "INSERT OR IGNORE INTO events(id, at, kind, request, person, project, chat, path, language, data)"
                      " VALUES(?1, ?2, ?3, ?4, '0123456789abcdef', ?5, '0123456789abcdef', ?4, ?6, ?7)",
                      &s, &e))
    die (&e);
  aid_db_blob (s, 1, (struct aid_span){ (const char *)id, sizeof id });
  sqlite3_bind_int64 (s, 2, at);
  aid_db_text (s, 3, aid_span_z (kind));
  if (request)
    aid_db_text (s, 4, aid_span_z (request));
  aid_db_text (s, 5, aid_span_z (project));
  if (language)
    aid_db_text (s, 6, aid_span_z (language));
  aid_db_text (s, 7, aid_span_z (data));
  if (aid_db_run (db, s, &e))
    die (&e);
}

static void
put_hunk (int64_t at, const char *request, unsigned hunk)
{
  static const char *const ages[] = { "30s", "2m", "5m", "10m", "commit" }, *const languages[] = { "c", "python", "ocaml" };
  char data[400];
  unsigned chars = 20 + drawn (400), taken = drawn (10);
  const char *language = languages[hunk % 3];
  snprintf (data, sizeof data,
            "{\"decision\":\"%s\",\"op\":\"modify\",\"method\":\"exact\",\"inserted\":%u,\"deleted\":%u,\"hunk\":\"%016x\"}",
            taken < 7   ? "accepted"
            : taken < 8 ? "edited"
                        : "rejected",
            chars, drawn (200), hunk);
  put (at, "decision", request, language, data);
  for (int i = 0; taken < 8 && i < 5; i++)
    {
      snprintf (data, sizeof data,
                "{\"when\":\"%s\",\"after_s\":30,\"chars\":%u,\"kept\":%u,\"how\":\"changes\",\"hunk\":\"%016x\"}", ages[i],
                chars, chars - drawn (chars), hunk);
      put (at + 30000 * (i + 1), "stayed", request, language, data);
    }
}

static void
put_answer (unsigned i, int64_t at)
{
  static const char *const models[] = { "claude-sonnet", "gpt", "local-qwen" };
  char request[32], data[600];
  snprintf (request, sizeof request, "%08x%08x", i, drawn (1u << 30));
  snprintf (
    data, sizeof data,
    "{\"model\":\"%s\",\"name\":\"the-model-2026\",\"provider\":\"somebody\",\"strategy\":\"edit\",\"core\":\"0.1.0\","
    "\"in\":%u,\"cached\":0,\"out\":%u,\"counted\":1200,\"cost\":0.0%u,\"ms\":%u,\"first_ms\":%u,\"retries\":0,\"chars\":"
    "900,"
    "\"outcome\":\"done\",\"stop\":\"end\"}",
    models[drawn (3)], drawn (9000), drawn (900), drawn (1000), 1000 + drawn (9000), 100 + drawn (900));
  put (at, "request", request, NULL, data);
  put (at, "context", request, NULL, "{\"item\":\"file\",\"by\":\"person\",\"items\":2,\"tokens\":900}");
  put (at + 1, "patch", request, NULL,
       "{\"format\":\"unified\",\"blocks\":1,\"files\":1,\"hunks\":3,\"exact\":2,\"shifted\":1,\"refused\":0}");
  for (unsigned h = 0; h < 1 + drawn (3); h++)
    put_hunk (at + 1000 * h, request, 8 * i + h);
  put (at + 60000, "build", NULL, NULL,
       drawn (2) ? "{\"what\":\"build\",\"status\":\"green\",\"before\":\"red\",\"errors\":0}"
                 : "{\"what\":\"build\",\"status\":\"red\",\"before\":\"green\",\"errors\":2}");
  put (at + 90000, "typed", NULL, "c", "{\"chars\":320,\"seconds\":300}");
}

static void
fill (void)
{
  struct aid_error e = { AID_OK, "" };
  struct timespec t;
  clock_gettime (CLOCK_REALTIME, &t);
  int64_t now = (int64_t)t.tv_sec * 1000, step = INT64_C (400) * 86400000 / ANSWERS;
  if (aid_events_db_open (&db, &e) || aid_db_exec (db, "PRAGMA synchronous=OFF; BEGIN", &e))
    die (&e);
  for (unsigned i = 0; i < ANSWERS; i++)
    put_answer (i, now - (int64_t)(ANSWERS - i) * step);
  if (aid_db_exec (db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", &e))
    die (&e);
}

/* Reads each row whole, once; gives the seconds. */
static double
scan (long long *rows)
{
  struct aid_error e = { AID_OK, "" };
  sqlite3_stmt *s;
  int row;
  double from = now_s ();
  if (aid_db_prepare (db, "SELECT count(*), sum(length(data)) FROM events NOT INDEXED WHERE data > ''", &s, &e)
      || aid_db_step (db, s, &row, &e))
    die (&e);
  *rows = sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return now_s () - from;
}

static void
report (const char *what, const struct aid_metrics_wish *wish, double beside)
{
  struct aid_metrics_report *r = NULL;
  struct aid_error e = { AID_OK, "" };
  double from = now_s ();
  if (aid_metrics_report_make (wish, &r, &e))
    die (&e);
  double took = now_s () - from;
  printf ("%-44s %.2f s of a processor, %.1f times the look\n", what, took, took / beside);
  aid_metrics_report_free (r);
}

int
main (void)
{
  char dir[] = "/tmp/aid-bench-XXXXXX", command[64];
  struct aid_metrics_wish all = { .by = { AID_BY_MODEL }, .nby = 1 },
                          fine = { .by = { AID_BY_MODEL, AID_BY_LANGUAGE }, .nby = 2 }, month = all;
  long long rows;
  struct stat st;
  if (!mkdtemp (dir))
    return 1;
  setenv ("XDG_STATE_HOME", dir, 1);
  setenv ("XDG_CONFIG_HOME", dir, 1);
  fill ();
  if (stat (aid_db_path (db), &st))
    return 1;
  scan (&rows);
  double once = scan (&rows);
  month.since = (int64_t)time (NULL) * 1000 - INT64_C (30) * 86400000;
  printf ("%-44s %.2f s of a processor\n", "a look at each row of all events", once);
  printf ("  %lld events, %.0f MB\n", rows, (double)st.st_size / (1 << 20));
  report ("a report of all, by model", &all, once);
  report ("  by model and language", &fine, once);
  report ("  of the last 30 days, by model", &month, once);
  aid_db_close (db);
  snprintf (command, sizeof command, "rm -rf %s", dir);
  return system (command) != 0;
}
