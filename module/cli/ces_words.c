/* A verdict and a base, for people. */
#include "base/json.h"
#include "ces/ces.h"
#include "cli/ces.h"

#define ERRORS_SHOWN 10
#define NOT_FOUND 127 /* as a shell ends */
#define OUTPUT_SHOWN ((size_t)2000)
#define NOTHING_JUDGES                                                                                                      \
  "  Nothing builds or tests it: no tool is known by its files, and no command is given (--builds, --tests)\n"

/* RESULT as a person says it. */
static const char *
words_of (const char *result)
{
  static const struct
  {
    const char *result, *words;
  } all[] = { { "time", "took too long" },
              { "memory", "wanted too much memory" },
              { "processes", "started too many processes" },
              { "disk", "wrote too much" },
              { "output", "printed too much" },
              { "broken", "broken: the base does not pass it either" } };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!strcmp (all[i].result, result))
      return all[i].words;
  return result;
}

static void
add_errors (const json_t *rung, struct aid_str *out)
{
  const json_t *list = json_object_get (rung, "diagnostics"), *one;
  size_t i, n = 0;
  json_array_foreach (list, i, one)
  {
    const char *path = aid_json_str (one, "path"), *message = aid_json_str (one, "message"),
               *how = aid_json_str (one, "severity");
    if (!path || !how || strcmp (how, "error") != 0 || n++ == ERRORS_SHOWN)
      continue;
    aid_str_addf (out, "    %s:%lld: %s\n", path, (long long)aid_json_int (one, "line", 0), message ? message : "");
  }
  struct aid_span text = aid_span_trim (aid_json_span (rung, "output")), line;
  if (!n && text.len > OUTPUT_SHOWN)
    text = aid_span_cut (text, text.len - OUTPUT_SHOWN, text.len);
  while (!n && aid_span_line (&text, &line))
    aid_str_addf (out, "    %.*s\n", (int)line.len, line.ptr);
  if (aid_json_int (rung, "code", 0) == NOT_FOUND)
    aid_str_addz (out, "    (a program is not in the box: the setting ces.programs names folders that lie elsewhere)\n");
}

void
aid_cli_ces_describe (const json_t *verdict, struct aid_str *out)
{
  const json_t *rungs = json_object_get (verdict, "rungs"), *rung;
  size_t i;
  int some = 0;
  aid_str_addf (out, "%s, reward %.2f, %lld ms%s\n", aid_json_bool (verdict, "green", 0) ? "green" : "red",
                aid_json_real (verdict, "reward", 0), (long long)aid_json_int (verdict, "ms", 0),
                aid_json_bool (verdict, "cached", 0) ? " (judged before)" : "");
  json_array_foreach (rungs, i, rung)
  {
    const char *name = aid_json_str (rung, "rung"), *result = aid_json_str (rung, "result");
    if (!name || !result || !strcmp (result, "none"))
      continue;
    aid_str_addf (out, "  %-8s %s", name, words_of (result));
    if (json_object_get (rung, "code"))
      aid_str_addf (out, " with status %lld", (long long)aid_json_int (rung, "code", 0));
    if (json_object_get (rung, "ms"))
      aid_str_addf (out, ", %lld ms", (long long)aid_json_int (rung, "ms", 0));
    aid_str_addz (out, aid_json_bool (rung, "flaky", 0) ? "; the base comes out now so, now so\n" : "\n");
    some = some || i > AID_RUNG_PARSES;
    if (strcmp (result, "passed") != 0 && strcmp (result, "skipped") != 0)
      add_errors (rung, out);
  }
  if (!some)
    aid_str_addz (out, NOTHING_JUDGES);
}

void
aid_cli_ces_describe_base (const json_t *about, const char *key, struct aid_str *out, int *red)
{
  const json_t *commands = json_object_get (about, "commands");
  aid_str_addf (out, "warm: %s\n", key);
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS; r++)
    {
      const char *line = aid_json_str (commands, aid_rung_name (r));
      const json_t *rung = json_object_get (json_object_get (about, "rungs"), aid_rung_name (r));
      if (!rung || !line)
        continue;
      int passes = aid_json_bool (rung, "passes", 0), flaky = aid_json_bool (rung, "flaky", 0);
      aid_str_addf (out, "  %-8s %s, %lld ms  (%s)\n", aid_rung_name (r),
                    flaky    ? "comes out now so, now so"
                    : passes ? "passes"
                             : "does not pass",
                    (long long)aid_json_int (rung, "ms", 0), line);
      *red = *red || !passes;
      if (!passes)
        add_errors (json_object_get (rung, "failure"), out);
    }
  const json_t *missing = json_object_get (about, "missing");
  for (size_t i = 0; i < json_array_size (missing); i++)
    aid_str_addf (out, "  The submodule %s is not here: git submodule update --init\n",
                  json_string_value (json_array_get (missing, i)));
  if (!json_object_size (json_object_get (about, "rungs")))
    aid_str_addz (out, NOTHING_JUDGES);
}
