/* What a team publishes, any bytes: it is read or refused; what passes the rules is checked like the person's own
   settings, nothing that is never a team's is left, and going through it again finds nothing more to leave out. */
#include "fuzz.h"
#include "base/json.h"
#include "config/team.h"
#include "config/trust_internal.h"

static void
count (void *ctx, const char *const *path, size_t npath, const char *does)
{
  (void)does;
  CHECK (npath > 0 && npath <= AID_TRUST_DEPTH && path[npath - 1]);
  ++*(int *)ctx;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct aid_span text = { (const char *)bytes, len };
  struct aid_team_file f;
  struct aid_team_source s;
  struct aid_error e = { AID_OK, "" };
  if (!aid_team_parse (text, "team.json", &f, &e))
    {
      CHECK (f.serial > 0 && f.ends >= 0 && json_is_object (f.settings));
      aid_team_check (&f, "team.json", NULL);
      for (int trusted = 1; trusted >= 0; trusted--)
        {
          int first = 0, again = 0;
          aid_team_walk (f.settings, NULL, trusted, 1, count, &first);
          aid_team_walk (f.settings, NULL, trusted, 1, count, &again);
          CHECK (!again);
          CHECK (!json_object_get (f.settings, "person") && !json_object_get (f.settings, "team"));
          const char *measure = aid_json_str (f.settings, "measure");
          CHECK (!measure);
        }
    }
  else
    CHECK (e.code && e.msg[0]);
  if (f.root && !aid_team_source_read (f.root, &s, NULL))
    CHECK (s.nkeys > 0 && s.nkeys <= AID_TEAM_KEYS_MAX && !s.url != !s.path);
  aid_team_file_free (&f);
  return 0;
}
