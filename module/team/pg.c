/* libpq without its blocking calls.  Messages are the server's first line: its details may hold what was sent. */
#include "team/pg.h"
#include "base/clock.h"
#include "config/secret.h"
#include "team/pq.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define TOLD_MAX 160

struct aid_pg
{
  const struct aid_pq *pq;
  PGconn *conn;
  const struct aid_stop *stop;
  int patience_ms;
  int ungranted; /* a GRANT has given nothing, of which PostgreSQL only warns */
  const char *what; /* "The team's store" */
  char name[AID_TEAM_NAME];
};

/* --- words ------------------------------------------------------------------------------------------------------------ */

/* The first line of MESSAGE, without the word that says it is an error; no character is cut. */
static int
first_line (const char *message, const char **from)
{
  static const char *const heads[] = { "ERROR:  ", "FATAL:  ", "error: " };
  *from = message ? message : "";
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    {
      const char *found = strstr (*from, heads[i]);
      if (found && found < *from + strcspn (*from, "\n"))
        *from = found + strlen (heads[i]);
    }
  size_t n = strcspn (*from, "\n");
  if (n > TOLD_MAX)
    for (n = TOLD_MAX; n && ((unsigned char)(*from)[n] & 0xC0) == 0x80;)
      n--;
  return (int)n;
}

static enum aid_err
broken (struct aid_pg *pg, const char *what, struct aid_error *e)
{
  const char *from;
  int n = first_line (pg->pq->PQerrorMessage (pg->conn), &from);
  return aid_error_set (e, AID_E_NET, "%s, %.80s, %s%s%.*s", pg->what, pg->name, what, n ? ": " : "", n, from);
}

/* What a SQLSTATE means for us.  The data are also wrong when a trigger or a view of the store's owner says so (P0001, 44), or
   when they are too much for the server (54). */
static enum aid_err
meaning (const char *state)
{
  static const struct
  {
    const char *state;
    enum aid_err err;
  } known[] = {
    { "22", AID_E_INVALID },     { "23", AID_E_INVALID },    { "44", AID_E_INVALID },     { "54", AID_E_INVALID },
    { "P0001", AID_E_INVALID },  { "42501", AID_E_REFUSED }, { "3F000", AID_E_NOTFOUND }, { "42P01", AID_E_NOTFOUND },
    { "42883", AID_E_NOTFOUND }, { "25006", AID_E_STATE },   { "40", AID_E_STATE },       { "53", AID_E_STATE },
    { "55P03", AID_E_STATE },    { "57", AID_E_STATE },      { "58", AID_E_STATE },
  };
  for (size_t i = 0; state && i < sizeof known / sizeof *known; i++)
    if (!strncmp (state, known[i].state, strlen (known[i].state)))
      return known[i].err;
  return AID_E_IO;
}

static enum aid_err
failed (struct aid_pg *pg, PGresult *r, struct aid_error *e)
{
  const char *from, *state = pg->pq->PQresultErrorField (r, PG_DIAG_SQLSTATE);
  if (!state)
    return broken (pg, "is gone", e);
  int n = first_line (pg->pq->PQresultErrorField (r, PG_DIAG_MESSAGE_PRIMARY), &from);
  return aid_error_set (e, meaning (state), "%s, %.80s, says: %.*s", pg->what, pg->name, n, from);
}

/* --- waiting ---------------------------------------------------------------------------------------------------------- */

/* Waits until the connection's socket is ready for EVENTS, UNTIL (monotonic ms). */
static enum aid_err
wait_for (struct aid_pg *pg, short events, int64_t until, struct aid_error *e)
{
  struct pollfd fds[] = { { pg->pq->PQsocket (pg->conn), events, 0 }, { aid_stop_fd (pg->stop), POLLIN, 0 } };
  int64_t left = until - aid_clock_ms ();
  int n = 0;
  while (left > 0 && !aid_stop_is_set (pg->stop) && (n = poll (fds, 2, (int)left)) < 0 && errno == EINTR)
    left = until - aid_clock_ms ();
  if (aid_stop_is_set (pg->stop))
    return aid_error_set (e, AID_E_CANCELLED, "Stopped");
  if (n < 0)
    return aid_error_set (e, AID_E_IO, "%s: waiting for it failed: %s", pg->what, strerror (errno));
  return n ? AID_OK : aid_error_set (e, AID_E_TIMEOUT, "%s, %.80s, does not answer", pg->what, pg->name);
}

/* For what libpq would write to Emacs's standard error. */
static void
note_warning (void *ctx, const PGresult *r)
{
  struct aid_pg *pg = ctx;
  const char *state = pg->pq->PQresultErrorField (r, PG_DIAG_SQLSTATE);
  if (state && !strcmp (state, "01007"))
    pg->ungranted = 1;
}

/* --- connecting ------------------------------------------------------------------------------------------------------- */

static enum aid_err
begin (struct aid_pg *pg, const struct aid_team_place *place, struct aid_error *e)
{
  char *password = NULL;
  struct aid_error why = { AID_OK, "" };
  if (place->password_command
      && aid_secret_find (NULL, NULL, place->password_command, pg->what, "", pg->stop, &password, &why))
    return aid_error_set (e, why.code, "%s has no password by its \"password_command\": %s", pg->what, why.msg);
  /* What stands before the connection string is its default, what stands behind it goes over it. */
  const char *keys[] = { "fallback_application_name", "dbname", "client_encoding", password ? "password" : NULL, NULL };
  const char *values[] = { "aid", place->url, "UTF8", password, NULL };
  pg->conn = pg->pq->PQconnectStartParams (keys, values, 1);
  aid_secret_free (password);
  return pg->conn ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for a connection to the team's store");
}

static enum aid_err
connect_it (struct aid_pg *pg, struct aid_error *e)
{
  int64_t until = aid_clock_ms () + AID_PG_CONNECT_MS;
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  enum aid_err err = AID_OK;
  if (pg->pq->PQstatus (pg->conn) == CONNECTION_BAD)
    return broken (pg, "cannot be reached", e);
  while (next != PGRES_POLLING_OK)
    {
      if (next == PGRES_POLLING_FAILED)
        return broken (pg, "cannot be reached", e);
      if ((err = wait_for (pg, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, until, e)))
        return err;
      next = pg->pq->PQconnectPoll (pg->conn);
    }
  pg->pq->PQsetNoticeReceiver (pg->conn, note_warning, pg);
  return pg->pq->PQsetnonblocking (pg->conn, 1) ? broken (pg, "cannot be used", e) : AID_OK;
}

enum aid_err
aid_pg_open (const struct aid_team_place *place, int patience_ms, const struct aid_stop *stop, struct aid_pg **out,
             struct aid_error *e)
{
  struct aid_pg *pg = calloc (1, sizeof *pg);
  *out = NULL;
  if (!pg)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a connection to the team's store");
  memcpy (pg->name, place->name, sizeof pg->name);
  pg->what = place->what ? place->what : "The team's store";
  pg->stop = stop;
  pg->patience_ms = patience_ms;
  pg->pq = aid_pq_load (e);
  enum aid_err err = pg->pq ? begin (pg, place, e) : AID_E_NOTFOUND;
  if (!err)
    err = connect_it (pg, e);
  if (err)
    aid_pg_close (pg);
  else
    *out = pg;
  return err;
}

void
aid_pg_close (struct aid_pg *pg)
{
  if (pg && pg->conn)
    pg->pq->PQfinish (pg->conn);
  free (pg);
}

/* --- statements ------------------------------------------------------------------------------------------------------- */

/* Sends what waits to be sent; reads meanwhile, for a server that has much to say would wait for us, and we for it. */
static enum aid_err
flush (struct aid_pg *pg, int64_t until, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  int left;
  while (!err && (left = pg->pq->PQflush (pg->conn)))
    if (left < 0)
      err = broken (pg, "is gone", e);
    else if (!(err = wait_for (pg, POLLIN | POLLOUT, until, e)) && !pg->pq->PQconsumeInput (pg->conn))
      err = broken (pg, "is gone", e);
  return err;
}

/* The next result, NULL when there are no more. */
static enum aid_err
next_result (struct aid_pg *pg, int64_t until, PGresult **out, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  *out = NULL;
  while (!err && pg->pq->PQisBusy (pg->conn))
    if (!(err = wait_for (pg, POLLIN, until, e)) && !pg->pq->PQconsumeInput (pg->conn))
      err = broken (pg, "is gone", e);
  if (!err)
    *out = pg->pq->PQgetResult (pg->conn);
  return err;
}

/* Reads all results; the last good one goes to *LAST, the first bad one is the error. */
static enum aid_err
read_results (struct aid_pg *pg, int64_t until, PGresult **last, struct aid_error *e)
{
  PGresult *r;
  enum aid_err err = AID_OK, told = AID_OK;
  while (!(err = next_result (pg, until, &r, e)) && r)
    {
      ExecStatusType status = pg->pq->PQresultStatus (r);
      if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY && !told)
        told = failed (pg, r, e);
      pg->pq->PQclear (*last);
      *last = r;
    }
  return told ? told : err;
}

enum aid_err
aid_pg_run (struct aid_pg *pg, const char *sql, const char *const *params, int n, struct aid_pg_rows *rows,
            struct aid_error *e)
{
  int64_t until = aid_clock_ms () + pg->patience_ms;
  PGresult *last = NULL;
  int sent
    = n ? pg->pq->PQsendQueryParams (pg->conn, sql, n, NULL, params, NULL, NULL, 0) : pg->pq->PQsendQuery (pg->conn, sql);
  enum aid_err err = sent ? flush (pg, until, e) : broken (pg, "is gone", e);
  if (rows)
    *rows = (struct aid_pg_rows){ 0 };
  pg->ungranted = 0;
  if (!err)
    err = read_results (pg, until, &last, e);
  if (!err && pg->ungranted)
    err = aid_error_set (e, AID_E_REFUSED,
                         "%s, %.80s, says: permission denied: its owner grants what is in it", pg->what, pg->name);
  if (err || !rows)
    pg->pq->PQclear (last);
  else if (last)
    *rows = (struct aid_pg_rows){ last, pg->pq->PQntuples (last), strtoll (pg->pq->PQcmdTuples (last), NULL, 10) };
  return err;
}

/* --- being told ------------------------------------------------------------------------------------------------------- */

/* Tells what has come; how much. */
static int
tell_all (struct aid_pg *pg, void (*tell) (void *ctx, const char *channel, const char *what), void *ctx)
{
  PGnotify *one;
  int n = 0;
  for (; (one = pg->pq->PQnotifies (pg->conn)); n++)
    {
      tell (ctx, one->relname, one->extra);
      pg->pq->PQfreemem (one);
    }
  return n;
}

enum aid_err
aid_pg_listen (struct aid_pg *pg, int ms, const int others[2],
               void (*tell) (void *ctx, const char *channel, const char *what), void *ctx, struct aid_error *e)
{
  struct pollfd fds[] = { { pg->pq->PQsocket (pg->conn), POLLIN, 0 },
                          { others[0], POLLIN, 0 },
                          { others[1], POLLIN, 0 },
                          { aid_stop_fd (pg->stop), POLLIN, 0 } };
  int64_t until = aid_clock_ms () + ms;
  while (!tell_all (pg, tell, ctx))
    {
      int64_t left = until - aid_clock_ms ();
      int n = poll (fds, 4, ms < 0 ? -1 : left < 0 ? 0 : (int)left);
      if (n < 0 && errno != EINTR)
        return aid_error_set (e, AID_E_IO, "%s: waiting for it failed: %s", pg->what, strerror (errno));
      if (aid_stop_is_set (pg->stop))
        return aid_error_set (e, AID_E_CANCELLED, "Stopped");
      if (!n || (n > 0 && (fds[1].revents || fds[2].revents)))
        break;
      if (n > 0 && fds[0].revents && !pg->pq->PQconsumeInput (pg->conn))
        return broken (pg, "is gone", e);
    }
  return AID_OK;
}

const char *
aid_pg_text (const struct aid_pg_rows *rows, int row, int column)
{
  /* NULL is also what there is beyond the rows and columns that a server has sent. */
  const char *text = rows->result ? aid_pq_load (NULL)->PQgetvalue (rows->result, row, column) : NULL;
  return text ? text : "";
}

int64_t
aid_pg_int (const struct aid_pg_rows *rows, int row, int column)
{
  return strtoll (aid_pg_text (rows, row, column), NULL, 10);
}

void
aid_pg_rows_free (struct aid_pg_rows *rows)
{
  if (rows->result)
    aid_pq_load (NULL)->PQclear (rows->result);
  *rows = (struct aid_pg_rows){ 0 };
}

enum aid_err
aid_pg_version (struct aid_pg *pg, const char *table, int *out, struct aid_error *e)
{
  struct aid_pg_rows rows;
  char sql[128];
  *out = 0;
  snprintf (sql, sizeof sql, "SELECT to_regclass('%s') IS NOT NULL", table);
  enum aid_err err = aid_pg_run (pg, sql, NULL, 0, &rows, e);
  int is_there = !err && !strcmp (aid_pg_text (&rows, 0, 0), "t");
  aid_pg_rows_free (&rows);
  if (!is_there)
    return err;
  snprintf (sql, sizeof sql, "SELECT version FROM %s", table);
  err = aid_pg_run (pg, sql, NULL, 0, &rows, e);
  if (!err && rows.n)
    *out = (int)aid_pg_int (&rows, 0, 0);
  aid_pg_rows_free (&rows);
  return err;
}

void
aid_pg_name (const char *name, struct aid_str *out)
{
  aid_str_addc (out, '"');
  for (; *name; name++)
    {
      if (*name == '"')
        aid_str_addc (out, '"');
      aid_str_addc (out, *name);
    }
  aid_str_addc (out, '"');
}
