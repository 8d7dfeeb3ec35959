/* Tasks from elsewhere, any bytes: only the repository of the settings may be meant, with the settings' commands, no limit above
   theirs and no path that leads out; what is read twice is one task. */
#include "fuzz.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <sys/stat.h>
#include <unistd.h>

static char repository[96];

static struct aid_ces *
opened (void)
{
  static struct aid_ces *ces;
  char folder[64] = "/tmp/aid-fuzz-ces-XXXXXX", warm[96];
  if (ces)
    return ces;
  CHECK (mkdtemp (folder));
  snprintf (repository, sizeof repository, "%s/r", folder);
  snprintf (warm, sizeof warm, "%s/warm", folder);
  CHECK (!mkdir (repository, 0700));
  json_t *named = json_pack ("{s:{s:s, s:{s:s}}}", "r", "path", repository, "commands", "types", "true");
  const struct aid_ces_settings s = { .warm = warm, .repositories = named };
  CHECK (!aid_ces_open (&s, &ces, NULL));
  json_decref (named);
  return ces;
}

static int
leads_out (const char *path)
{
  size_t n = strlen (path);
  return path[0] == '/' || !strcmp (path, "..") || !strncmp (path, "../", 3) || strstr (path, "/../")
         || (n > 2 && !strcmp (path + n - 3, "/.."));
}

static void
check (const struct aid_ces_task *t)
{
  const struct aid_box_limits most = AID_BOX_LIMITS;
  const char *path;
  json_t *text;
  CHECK (!strcmp (t->repository, repository) && strlen (t->key) == AID_SHA256_HEX - 1);
  CHECK (t->limits.seconds >= 1 && t->limits.seconds <= most.seconds && t->limits.megabytes <= most.megabytes);
  CHECK (t->limits.processes <= most.processes && t->limits.disk_megabytes <= most.disk_megabytes);
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    CHECK (t->how[r] != AID_CES_GIVEN || (r == AID_RUNG_TYPES && !strcmp (t->lines[r], "true")));
  CHECK (!t->directory || !leads_out (t->directory));
  json_object_foreach (t->files, path, text)
  {
    CHECK (json_is_string (text) && !leads_out (path));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct aid_ces *c = opened ();
  struct aid_error e = { AID_OK, "" };
  struct aid_ces_task t, again;
  json_t *task = aid_json_parse ((struct aid_span){ (const char *)bytes, len }, "a task", &e);
  if (!task)
    return 0;
  enum aid_err err = aid_ces_task_read (c, task, AID_CES_ELSEWHERE, NULL, &t, &e);
  CHECK (!err || e.msg[0]);
  if (!err)
    {
      check (&t);
      CHECK (!aid_ces_task_read (c, task, AID_CES_ELSEWHERE, NULL, &again, &e) && !strcmp (t.key, again.key));
      aid_ces_task_free (&again);
    }
  aid_ces_task_free (&t);
  json_decref (task);
  return 0;
}
