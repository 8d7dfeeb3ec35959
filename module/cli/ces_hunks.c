/* aid ces submit --hunks: which hunks of an answer are at fault. */
#include "base/json.h"
#include "cli/ces.h"

static void
add_fault (const char *before, const json_t *fault, struct aid_str *out)
{
  const char *path = aid_json_str (fault, "path"), *message = aid_json_str (fault, "message");
  if (!fault)
    return;
  aid_str_addf (out, "%s %s", before, aid_json_str (fault, "rung") ? aid_json_str (fault, "rung") : "?");
  if (path)
    aid_str_addf (out, ", %s:%lld", path, (long long)aid_json_int (fault, "line", 0));
  aid_str_addf (out, ": %s", message ? message : "");
}

void
aid_cli_ces_describe_hunks (const json_t *v, struct aid_str *out)
{
  const json_t *one;
  size_t i;
  int some = 0; /* hunk is at fault */
  const char *broken = aid_json_str (v, "broken");
  aid_str_addf (out, "%s, %lld evaluations, %lld ms", aid_json_str (v, "status"),
                (long long)aid_json_int (v, "evaluations", 0), (long long)aid_json_int (v, "ms", 0));
  json_array_foreach (json_object_get (v, "passed"), i, one)
  {
    aid_str_addf (out, "%s %s", i ? "," : "; passes", json_string_value (one));
  }
  add_fault ("; fails", json_object_get (v, "fault"), out);
  if (broken)
    aid_str_addf (out, "; as it is, it does not pass %s", broken);
  aid_str_addc (out, '\n');
  json_array_foreach (json_object_get (v, "hunks"), i, one)
  {
    const char *word = aid_json_str (one, "word");
    /* over a base that is red nothing may have passed, and nothing be its fault */
    int nothing = broken && !strcmp (word, "passed") && !json_array_size (json_object_get (one, "passed"));
    aid_str_addf (out, "  hunk %lld %s%s", (long long)aid_json_int (one, "hunk", 0) + 1, nothing ? "unknown" : word,
                  aid_json_bool (one, "whole", 1) || strcmp (word, "passed") != 0 ? "" : " without those that break it");
    some = some || !strcmp (word, "breaks") || !strcmp (word, "refused");
    add_fault (" on", json_object_get (one, "fault"), out);
    aid_str_addc (out, '\n');
  }
  if (json_object_get (v, "fault") && !broken && !some)
    aid_str_addz (out, "  no hunk alone is at fault: something may be missing\n");
}
