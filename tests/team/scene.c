/* Records events as the product does, for tests of what sends them.
   usage: team_scene N [nul]: N decisions, the last with a NUL in one of its words, which no PostgreSQL takes
          team_scene version NAME: what events call the declaration of the experiment NAME in the user's settings */
#include "base/val.h"
#include "measure/events.h"
#include "measure/trial_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
decide (struct aid_events *events, const char *hunk, int nul)
{
  struct aid_str fields = AID_STR_INIT (1000);
  size_t o = aid_val_object (&fields);
  aid_val_kstrz (&fields, "decision", "accepted");
  aid_val_kint (&fields, "inserted", 12);
  aid_val_kreal (&fields, "similarity", 0.1);
  if (nul)
    aid_val_kstr (&fields, "method", AID_SPAN ("ex\0act"));
  else
    aid_val_kstrz (&fields, "method", "na\xC3\xAFve \"'\\");
  aid_val_end (&fields, o, 4);
  struct aid_measurement m = { .kind = AID_MEASURED_DECISION,
                               .request = aid_span_z (hunk),
                               .root = "/tmp",
                               .chat = "k3y",
                               .path = "src/secret.c",
                               .language = "c",
                               .hunk = aid_span_z (hunk),
                               .fields = aid_str_span (&fields) };
  aid_events_add (events, &m);
  aid_str_free (&fields);
}

static int
print_version (const char *name)
{
  struct aid_experiment x;
  struct aid_error e = { AID_OK, "" };
  char version[AID_TRIAL_VERSION];
  struct aid_config *c = aid_config_load (NULL, &e);
  int bad = !c || aid_experiment_find (c, name, &x, &e);
  if (!bad)
    {
      aid_trial_version (&x, version);
      puts (version);
    }
  else
    fprintf (stderr, "team_scene: %s\n", e.msg);
  aid_config_free (c);
  return bad;
}

int
main (int argc, char **argv)
{
  if (argc > 2 && !strcmp (argv[1], "version"))
    return print_version (argv[2]);
  struct aid_events *events = aid_events_new ();
  int n = argc > 1 ? atoi (argv[1]) : 1, nul = argc > 2, bad = 0;
  for (int i = 0; i < n && !bad; i++)
    {
      char hunk[64];
      snprintf (hunk, sizeof hunk, "hunk %d of %ld", i, (long)getpid ());
      decide (events, hunk, nul && i == n - 1);
      if (i % 64 == 63)
        bad = aid_events_wait (events, 600000);
    }
  bad = bad || aid_events_wait (events, 600000);
  /* What others locked for long is told, and written all the same: the tests count. */
  struct aid_error e = { AID_OK, "" };
  if (aid_events_trouble (events, &e))
    fprintf (stderr, "team_scene: %s\n", e.msg);
  aid_events_free (events);
  if (bad)
    fprintf (stderr, "team_scene: not all of the events were written\n");
  return bad;
}
