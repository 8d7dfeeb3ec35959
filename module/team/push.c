/* From the outbox into the store, a batch at a time.

   A batch is one INSERT in one transaction that the server has put on its disk before it says so; only then it leaves the
   outbox.  The rows are inserted in the order of their ids, so that two that send the same events at once wait for one
   another and never both.  When the server says that a batch's data are wrong, its halves are tried, down to the events
   that it will not have: those are put aside, and the rest goes on. */
#include "measure/outbox.h"
#include "store/db.h"
#include "team/lock.h"
#include "team/schema.h"
#include "team/team.h"

#include <stdlib.h>

#define PATIENCE_MS 60000

struct push
{
  struct aid_pg *pg;
  struct aid_db *db;
  int64_t store;
  struct aid_outbox_batch batch;
  struct aid_str param;
  struct aid_team_pushed *out;
};

/* No target of the conflict is named: that would take the right to read. */
static const char insert[]
  = "INSERT INTO aid.events (id, at, kind, request, person, project, chat, path, language, data)"
    " SELECT id, at, kind, request, person, project, chat, path, language, data FROM json_to_recordset($1::json)"
    " AS x(id uuid, at bigint, kind text, request text, person text, project text, chat text, path text, language text,"
    " data jsonb) ORDER BY id ON CONFLICT DO NOTHING";

/* The events [FROM, TO) of the batch, in a transaction. */
static enum aid_err
insert_them (struct push *p, size_t from, size_t to, struct aid_error *e)
{
  struct aid_pg_rows rows = { 0 };
  aid_str_clear (&p->param);
  aid_str_addc (&p->param, '[');
  aid_str_addspan (&p->param, aid_outbox_part (&p->batch, from, to));
  aid_str_addc (&p->param, ']');
  if (p->param.err)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the measurements that are sent");
  const char *params[] = { aid_str_z (&p->param) };
  /* Also where an administrator lets others commit before the disk has it. */
  enum aid_err err = aid_pg_run (p->pg, "BEGIN; SET LOCAL synchronous_commit TO on", NULL, 0, NULL, e);
  if (!err)
    err = aid_pg_run (p->pg, insert, params, 1, &rows, e);
  if (!err)
    err = aid_pg_run (p->pg, "COMMIT", NULL, 0, NULL, e);
  else if (err == AID_E_INVALID && aid_pg_run (p->pg, "ROLLBACK", NULL, 0, NULL, NULL))
    err = aid_error_set (e, AID_E_NET, "The team's store is gone");
  if (!err)
    {
      p->out->sent += rows.changed;
      p->out->known += (int64_t)(to - from) - rows.changed;
    }
  aid_pg_rows_free (&rows);
  return err;
}

static enum aid_err
put_aside (struct push *p, size_t i, const struct aid_error *why, struct aid_error *e)
{
  if (!p->out->refused++)
    memcpy (p->out->why, why->msg, sizeof p->out->why);
  return aid_outbox_refused (p->db, p->store, &p->batch, i, why->msg, e);
}

static enum aid_err
send_them (struct push *p, size_t from, size_t to, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  enum aid_err err = insert_them (p, from, to, &why);
  if (err == AID_E_INVALID && to - from == 1)
    return put_aside (p, from, &why, e);
  if (err == AID_E_INVALID)
    {
      size_t half = from + (to - from) / 2;
      err = send_them (p, from, half, e);
      return err ? err : send_them (p, half, to, e);
    }
  if (err && e)
    *e = why;
  return err;
}

static enum aid_err
send_all (struct push *p, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  while (!err && !(err = aid_outbox_next (p->db, p->store, &p->batch, e)) && p->batch.n)
    if (!(err = send_them (p, 0, p->batch.n, e)))
      err = aid_outbox_sent (p->db, p->store, &p->batch, p->batch.n, e);
  return err;
}

static enum aid_err
push_to (struct push *p, const struct aid_team_place *place, int flags, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_team_schema schema;
  enum aid_err err = aid_pg_open (place, PATIENCE_MS, stop, &p->pg, e);
  if (!err)
    err = aid_team_schema_read (p->pg, place->name, &schema, e);
  if (!err)
    err = aid_outbox_meet (p->db, schema.id, place->name, place->since, flags & AID_TEAM_AGAIN, &p->store, e);
  if (!err)
    err = send_all (p, e);
  return err;
}

enum aid_err
aid_team_push (const struct aid_team_place *place, int flags, const struct aid_stop *stop, struct aid_team_pushed *out,
               struct aid_error *e)
{
  struct push *p = calloc (1, sizeof *p);
  int lock = -1;
  *out = (struct aid_team_pushed){ 0 };
  if (!p)
    return aid_error_set (e, AID_E_NOMEM, "No memory to send measurements");
  p->out = out;
  p->param = AID_STR_INIT (2 * AID_OUTBOX_BYTES + 16);
  aid_outbox_batch_init (&p->batch);
  enum aid_err err = aid_events_open (&p->db, e);
  if (!err && p->db && !(err = aid_team_lock (flags & AID_TEAM_WAIT, stop, &lock, &out->busy, e)))
    err = push_to (p, place, flags, stop, e);
  aid_pg_close (p->pg);
  aid_db_close (p->db);
  aid_team_unlock (lock);
  aid_outbox_batch_free (&p->batch);
  aid_str_free (&p->param);
  free (p);
  return err;
}
