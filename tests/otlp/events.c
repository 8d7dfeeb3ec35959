/* Records what tests of export need: each line of standard input is {"kind", "fields", "request", "root", "chat", "path",
   "language", "hunk", "content"}, all but the kind may be missing; or {"sql": a statement for the events' file}.
   usage: otlp_events <LINES */
#include "base/json.h"
#include "base/val.h"
#include "measure/events.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>

static int
fail (const char *what)
{
  fprintf (stderr, "otlp_events: %s\n", what);
  exit (1);
}

static void
write_fields (const json_t *fields, struct aid_str *val)
{
  const char *key;
  json_t *v;
  size_t o = aid_val_object (val);
  uint32_t n = 0;
  json_object_foreach ((json_t *)(uintptr_t)fields, key, v)
  {
    if (json_is_string (v))
      aid_val_kstrz (val, key, json_string_value (v));
    else if (json_is_integer (v))
      aid_val_kint (val, key, json_integer_value (v));
    else if (json_is_real (v))
      aid_val_kreal (val, key, json_real_value (v));
    else
      aid_val_kbool (val, key, json_is_true (v));
    n++;
  }
  aid_val_end (val, o, n);
}

static void
add (struct aid_events *ev, const json_t *line)
{
  struct aid_str val = AID_STR_INIT (1u << 20), content = AID_STR_INIT (1u << 20);
  struct aid_measurement m = { .request = aid_json_span (line, "request"),
                               .root = aid_json_str (line, "root"),
                               .chat = aid_json_str (line, "chat"),
                               .path = aid_json_str (line, "path"),
                               .language = aid_json_str (line, "language"),
                               .hunk = aid_json_span (line, "hunk") };
  if (!aid_measured_named (aid_json_span (line, "kind"), &m.kind))
    fail ("no such kind");
  write_fields (json_object_get (line, "fields"), &val);
  m.fields = aid_str_span (&val);
  if (json_object_get (line, "content") && aid_json_dump (json_object_get (line, "content"), &content))
    fail ("no memory");
  m.content = aid_str_span (&content);
  aid_events_add (ev, &m);
  aid_str_free (&val);
  aid_str_free (&content);
}

static void
run_sql (const char *sql)
{
  struct aid_db *db;
  struct aid_error e = { AID_OK, "" };
  if (aid_events_open (&db, &e) || !db || aid_db_exec (db, sql, &e))
    fail (e.msg);
  aid_db_close (db);
}

int
main (void)
{
  static char text[1 << 20];
  struct aid_events *ev = aid_events_new ();
  struct aid_error e = { AID_OK, "" };
  while (fgets (text, sizeof text, stdin))
    {
      json_t *line = aid_json_parse (aid_span_z (text), "a line", &e);
      if (!line)
        fail (e.msg);
      if (aid_json_str (line, "sql"))
        run_sql (aid_json_str (line, "sql"));
      else
        add (ev, line);
      json_decref (line);
      if (aid_events_wait (ev, 60000) || aid_events_trouble (ev, &e))
        fail (e.code ? e.msg : "the events are not written");
    }
  aid_events_free (ev);
  return 0;
}
