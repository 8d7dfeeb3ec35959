/* One batch of events becomes rows, on the thread that writes: here names become hashes, fields JSON, and settings
   are looked at. */
#include "measure/events_internal.h"
#include "measure/kept.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "store/blob.h"

#include <stdlib.h>
#include <sys/stat.h>

enum
{
  SETTINGS_MS = 2000, /* that settings are believed once they are read */
  RETAIN_MS = 24 * 3600 * 1000
};

void
aid_events_writer_close (struct aid_events_writer *w)
{
  aid_db_close (w->db);
  w->db = NULL;
  free (w->root);
  w->root = NULL;
}

/* Whether the open file still is the one of its name: a person may have deleted it. */
static int
is_same (const struct aid_events_writer *w)
{
  struct stat st;
  return !stat (aid_db_path (w->db), &st) && (uint64_t)st.st_ino == w->inode && (uint64_t)st.st_dev == w->device;
}

static enum aid_err
make_ready (struct aid_events_writer *w, struct aid_error *e)
{
  struct stat st;
  enum aid_err err = AID_OK;
  if (!w->known && (err = aid_identity_load (&w->who, e)))
    return err;
  w->known = 1;
  if (w->db && !is_same (w))
    {
      aid_db_close (w->db);
      w->db = NULL;
    }
  if (w->db || (err = aid_events_db_open (&w->db, e)))
    return err;
  if (!stat (aid_db_path (w->db), &st))
    {
      w->inode = (uint64_t)st.st_ino;
      w->device = (uint64_t)st.st_dev;
    }
  return AID_OK;
}

/* "on", "off" or "content" in the project of ENTRY. */
static const char *
mode_of (struct aid_events_writer *w, const struct aid_events_entry *entry)
{
  const char *root = entry->texts[TEXT_ROOT].ptr;
  int64_t now = aid_clock_ms ();
  int same = root && w->root ? !strcmp (root, w->root) : !root && !w->root;
  if (!w->limits.measure || !same || now - w->read_ms > SETTINGS_MS)
    {
      free (w->root);
      w->root = root ? strdup (root) : NULL;
      w->limits = aid_events_settings (root);
      w->read_ms = now;
    }
  return w->limits.measure;
}

/* --- a row -------------------------------------------------------------------------------------------------------------- */

/* The status of the last build of PROJECT before this one, or NULL; a new reference. */
static json_t *
last_status (struct aid_events_writer *w, const char *project, int64_t at)
{
  sqlite3_stmt *s;
  int row = 0;
  json_t *data = NULL, *status = NULL;
  if (aid_db_prepare (
        w->db,
        "SELECT data FROM events WHERE project = ?1 AND kind = 'build' AND at <= ?2 ORDER BY at DESC, id DESC LIMIT 1", &s,
        NULL))
    return NULL;
  aid_db_text (s, 1, aid_span_z (project));
  sqlite3_bind_int64 (s, 2, at);
  if (!aid_db_step (w->db, s, &row, NULL) && row)
    data = aid_json_parse (aid_db_column (s, 0), "an event", NULL);
  sqlite3_reset (s);
  status = json_incref (json_object_get (data, "status"));
  json_decref (data);
  return status;
}

/* The share of A and B that is not the same in both: 0 for equal texts, 1 for those that have nothing in common. */
static double
distance (struct aid_span a, struct aid_span b)
{
  size_t kept = aid_kept_of (a, b), all = aid_utf8_count (a) + aid_utf8_count (b);
  return all ? 1 - 2 * (double)kept / (double)all : 0;
}

static json_t *
data_of (struct aid_events_writer *w, const struct aid_events_entry *entry, const char *project)
{
  json_t *data = aid_measured_json (entry->kind, entry->texts[TEXT_FIELDS]);
  char hash[AID_MEASURED_HASH];
  if (entry->texts[TEXT_HUNK].len)
    {
      aid_identity_hash (&w->who, "hunk", entry->texts[TEXT_HUNK], hash);
      json_object_set_new (data, "hunk", json_string (hash));
    }
  if (entry->texts[TEXT_BEFORE].ptr && entry->texts[TEXT_AFTER].ptr)
    json_object_set_new (data, "edited", json_real (distance (entry->texts[TEXT_BEFORE], entry->texts[TEXT_AFTER])));
  if (entry->kind == AID_MEASURED_BUILD && project && !json_object_get (data, "before"))
    json_object_set_new (data, "before", last_status (w, project, entry->at)); /* no status, no field */
  return data;
}

/* Keeps the text of ENTRY, wrapped so that the store has it for this event alone. */
static void
keep_content (const struct aid_events_entry *entry, char name[AID_BLOB_ID])
{
  struct aid_str text = AID_STR_INIT (2 * AID_EVENTS_CONTENT);
  char id[AID_EVENT_ID];
  aid_events_uuid (entry->id, id);
  aid_str_addf (&text, "{\"event\":\"%s\",\"kind\":\"%s\",\"content\":", id, aid_measured_name (entry->kind));
  aid_str_addspan (&text, entry->texts[TEXT_CONTENT]);
  aid_str_addz (&text, "}\n");
  if (text.err || aid_blob_put (aid_str_span (&text), name, NULL))
    name[0] = '\0';
  aid_str_free (&text);
}

/* Binds the hash of V at AT, unless there is no V.  OUT has it until the row is written. */
static void
bind_hash (const struct aid_events_writer *w, sqlite3_stmt *s, int at, const char *what, struct aid_span v,
           char out[AID_MEASURED_HASH])
{
  if (!v.ptr || !v.len)
    return;
  aid_identity_hash (&w->who, what, v, out);
  aid_db_text (s, at, aid_span_z (out));
}

/* Whether an exposure to what DATA says is there already, of PERSON, or, when a request was assigned (no "unit"), of REQUEST. */
static int
was_exposed (struct aid_events_writer *w, const json_t *data, const char *person, const char *request)
{
#define SAME                                                                                                                \
  "SELECT 1 FROM events WHERE kind = 'exposure' AND json_extract(data, '$.experiment') = ?1"                                \
  " AND json_extract(data, '$.variant') = ?2 AND json_extract(data, '$.version') IS ?3"
  static const char *const fields[] = { "experiment", "variant", "version" };
  int by_person = json_object_get (data, "unit") != NULL;
  sqlite3_stmt *s;
  int row = 0;
  if (aid_db_prepare (w->db, by_person ? SAME " AND person = ?4 LIMIT 1" : SAME " AND request = ?4 LIMIT 1", &s, NULL))
    return 0;
  for (int i = 0; i < 3; i++)
    if (aid_json_str (data, fields[i]))
      aid_db_text (s, i + 1, aid_span_z (aid_json_str (data, fields[i])));
  aid_db_text (s, 4, aid_span_z (by_person ? person : request));
  int found = !aid_db_step (w->db, s, &row, NULL) && row;
  sqlite3_reset (s);
  return found;
}

/* Who measures in the project whose settings were asked for last. */
static const char *
person_of (const struct aid_events_writer *w)
{
  return w->limits.person[0] ? w->limits.person : w->who.person;
}

/* What is hashed of an entry; "" where it has none. */
struct hashes
{
  char request[AID_MEASURED_HASH], project[AID_MEASURED_HASH];
};

static enum aid_err
insert_row (struct aid_events_writer *w, const struct aid_events_entry *entry, const struct hashes *h, struct aid_span data,
            const char *content, struct aid_error *e)
{
  char chat[AID_MEASURED_HASH], path[AID_MEASURED_HASH];
  const struct aid_span *t = entry->texts;
  sqlite3_stmt *s;
  enum aid_err err
    = aid_db_prepare (w->db,
                      "INSERT OR IGNORE INTO events(id, at, kind, request, person, project, chat, path, language, data, content)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                      &s, e);
  if (err)
    return err;
  aid_db_blob (s, 1, (struct aid_span){ (const char *)entry->id, sizeof entry->id });
  sqlite3_bind_int64 (s, 2, entry->at);
  aid_db_text (s, 3, aid_span_z (aid_measured_name (entry->kind)));
  if (h->request[0])
    aid_db_text (s, 4, aid_span_z (h->request));
  aid_db_text (s, 5, aid_span_z (person_of (w)));
  if (h->project[0])
    aid_db_text (s, 6, aid_span_z (h->project));
  bind_hash (w, s, 7, "chat", t[TEXT_CHAT], chat);
  bind_hash (w, s, 8, "path", t[TEXT_PATH], path);
  if (t[TEXT_LANGUAGE].len)
    aid_db_text (s, 9, aid_span_cut (t[TEXT_LANGUAGE], 0, 32));
  aid_db_text (s, 10, data);
  if (*content)
    aid_db_text (s, 11, aid_span_z (content));
  return aid_db_run (w->db, s, e);
}

static enum aid_err
insert (struct aid_events_writer *w, const struct aid_events_entry *entry, const char *content, struct aid_error *e)
{
  struct hashes h = { "", "" };
  struct aid_str data = AID_STR_INIT (1u << 20);
  const struct aid_span *t = entry->texts;
  if (t[TEXT_ROOT].ptr)
    aid_events_project (&w->who, t[TEXT_ROOT].ptr, h.project);
  if (t[TEXT_REQUEST].len)
    aid_identity_hash (&w->who, "request", t[TEXT_REQUEST], h.request);
  json_t *fields = data_of (w, entry, h.project[0] ? h.project : NULL);
  enum aid_err err = fields ? aid_json_dump (fields, &data) : aid_error_set (e, AID_E_NOMEM, "No memory for a measurement");
  int again = !err && entry->kind == AID_MEASURED_EXPOSURE && was_exposed (w, fields, person_of (w), h.request);
  json_decref (fields);
  if (!err && !again)
    err = insert_row (w, entry, &h, aid_str_span (&data), content, e);
  aid_str_free (&data);
  return err;
}

/* --- a batch ------------------------------------------------------------------------------------------------------------ */

static enum aid_err
insert_all (struct aid_events_writer *w, const struct aid_events_entry *list, struct aid_error *e)
{
  enum aid_err err = aid_db_exec (w->db, "BEGIN IMMEDIATE", e);
  for (; list && !err; list = list->next)
    {
      const char *mode = mode_of (w, list);
      char content[AID_BLOB_ID] = "";
      if (!strcmp (mode, "off"))
        continue;
      if (!strcmp (mode, "content") && list->texts[TEXT_CONTENT].len)
        keep_content (list, content);
      err = insert (w, list, content, e);
    }
  if (!err)
    err = aid_db_exec (w->db, "COMMIT", e);
  if (err)
    {
      aid_db_rest (w->db);
      aid_db_exec (w->db, "ROLLBACK", NULL);
    }
  return err;
}

static int
any_wanted (struct aid_events_writer *w, const struct aid_events_entry *list)
{
  for (; list; list = list->next)
    if (strcmp (mode_of (w, list), "off") != 0)
      return 1;
  return 0;
}

enum aid_err
aid_events_write (struct aid_events_writer *w, const struct aid_events_entry *list, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  if (!any_wanted (w, list))
    return AID_OK; /* who measures nothing has no file */
  enum aid_err err = make_ready (w, e);
  if (!err)
    err = insert_all (w, list, &why);
  if (err && w->db)
    {
      if (e)
        *e = why;
      aid_db_close (w->db);
      w->db = NULL;
      if (err == AID_E_PARSE)
        aid_events_put_aside (w->inode, e); /* and it is tried again with a new one */
    }
  if (!err && (!w->retained || aid_clock_ms () - w->retained > RETAIN_MS))
    {
      struct aid_events_limits limits = aid_events_settings (NULL);
      struct aid_error gone = { AID_OK, "" };
      w->retained = aid_clock_ms ();
      if (!aid_events_retain (w->db, &limits, &gone) && gone.code && e) /* what fails today is done tomorrow */
        *e = gone;
    }
  if (!err)
    sqlite3_db_release_memory (aid_db_raw (w->db)); /* the next event may be long in coming */
  return err;
}
