/* aid mine: examples of work, found in snapshots of it. */
#include "base/json.h"
#include "cli/cli.h"
#include "cli/mine.h"
#include "cli/opt.h"
#include "cli/times.h"
#include "learn/mine_judge.h"

#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_MAX ((size_t)256 << 20)

/* --- what is told ------------------------------------------------------------------------------------------------- */

struct telling
{
  const struct aid_cli_mine *m;
  json_t *found;
  int status, troubles;
};

static const char *
kind_of (const struct aid_mine_told *t)
{
  return t->kind == AID_MINE_KINDS ? "project" : aid_mine_kind_name (t->kind);
}

static void
tell (void *ctx, const struct aid_mine_told *t)
{
  struct telling *w = ctx;
  struct aid_str line = AID_STR_INIT (1 << 16);
  char at[32];
  if (!w->m->why)
    return;
  if (w->m->json)
    {
      json_array_append_new (w->found,
                             json_pack ("{s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:I}", "id", t->id, "kind", kind_of (t), "why",
                                        aid_mine_why_name (t->why), "words", aid_json_of_span (aid_span_z (t->words)),
                                        "base", t->base, "after", t->after, "project",
                                        aid_json_of_span (aid_span_z (t->project)), "time", (json_int_t)t->time));
      return;
    }
  aid_cli_write_time (t->time, at);
  aid_str_addf (&line, "%-16s  %-19s  %-10s  %s%s%s  (%s)", t->id, at, kind_of (t), aid_mine_why_words (t->why),
                t->words[0] ? ": " : "", t->words, t->project);
  for (size_t i = 0; i < line.len; i++)
    if (line.ptr[i] == '\n')
      line.ptr[i] = '?';
  aid_str_addc (&line, '\n');
  w->status = w->status ? w->status : aid_cli_print_calm (&line);
  aid_str_free (&line);
}

static void
trouble (void *ctx, const struct aid_error *e)
{
  struct telling *w = ctx;
  w->troubles++;
  aid_cli_say ("%s", e->msg);
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

struct judging
{
  const struct aid_cli_mine *m;
  size_t n, as_told, failed;
  json_t *all;
};

static void
tell_judged (void *ctx, const struct aid_mine_judged *one)
{
  struct judging *j = ctx;
  const char *id = aid_json_str (one->example, "id"), *kind = aid_json_str (one->example, "kind");
  j->n++;
  j->as_told += (size_t)one->as_told;
  j->failed += (size_t)one->failed;
  if (j->m->json)
    json_array_append_new (j->all, json_pack ("{s:s?, s:s?, s:b, s:s?}", "id", id, "kind", kind, "as_told", one->as_told,
                                              "error", one->failed ? one->e->msg : NULL));
  else if (one->failed)
    aid_cli_say ("%s: %s", id, one->e->msg);
  else if (!one->as_told)
    aid_cli_say ("%s: judged again it is not what it was: aid mine show %s --json tells more", id, id);
}

/* Judges what was not judged yet; SAID gets the sum. */
static int
judge (const struct aid_cli_mine *m, const char *root, struct judging *j)
{
  struct aid_examples *x = NULL;
  struct aid_error e = { AID_OK, "" };
  struct aid_mine_judge how
    = { .project = root, .since = m->since_ms, .stop = aid_cli_stop (NULL), .tell = tell_judged, .ctx = j };
  enum aid_err err = aid_examples_open (0, &x, &e);
  int none = err == AID_E_NOTFOUND;
  if (!err)
    err = aid_mine_judge (x, &how, &e);
  aid_examples_close (x);
  if (err && !none)
    return aid_cli_fail ("%s", e.msg);
  return j->failed ? AID_EXIT_FAILED : AID_EXIT_DONE;
}

/* --- the sum ------------------------------------------------------------------------------------------------------ */

/* What to do where there was nothing to look at, or nothing in it. */
static const char *
advice (const struct aid_mine_sum *sum, int others, const char *store)
{
  return !sum->vaults && !others && !store ? "There are no snapshots yet: aid snapshot watch takes them while you work\n"
         : sum->snapshots && !sum->why[AID_MINE_KEPT] && !others
           ? "No build that AID ran (aid build, or in Emacs) went from red to green in them, and no test came to them\n"
           : "";
}

static int
print_sum (const struct aid_mine_sum *sum, const struct judging *j, const struct aid_cli_mine *m)
{
  struct aid_str text = AID_STR_INIT (1 << 16);
  int others = 0;
  aid_str_addf (&text, "%zu project%s, %zu snapshot%s: ", sum->vaults, sum->vaults == 1 ? "" : "s", sum->snapshots,
                sum->snapshots == 1 ? "" : "s");
  if (m->dry_run)
    aid_str_addf (&text, "%zu example%s would be kept", sum->why[AID_MINE_KEPT], sum->why[AID_MINE_KEPT] == 1 ? "" : "s");
  else
    aid_str_addf (&text, "%zu new example%s", sum->why[AID_MINE_KEPT], sum->why[AID_MINE_KEPT] == 1 ? "" : "s");
  if (sum->skipped)
    aid_str_addf (&text, "; nothing new in %zu project%s", sum->skipped, sum->skipped == 1 ? "" : "s");
  aid_str_addc (&text, '\n');
  for (int i = AID_MINE_KEPT + 1; i < AID_MINE_WHYS; i++)
    if (sum->why[i])
      {
        aid_str_addf (&text, "%6zu %s\n", sum->why[i], aid_mine_why_words ((enum aid_mine_why)i));
        others = 1;
      }
  aid_str_addz (&text, advice (sum, others, m->store));
  if (m->judge && j->n)
    aid_str_addf (&text, "%zu judged: %zu as they were, %zu not, %zu could not be\n", j->n, j->as_told,
                  j->n - j->as_told - j->failed, j->failed);
  if (others && !m->why)
    aid_str_addz (&text, "aid mine --why lists them\n");
  int status = aid_cli_print_calm (&text);
  aid_str_free (&text);
  return status;
}

static int
print_json (const struct aid_mine_sum *sum, const struct judging *j, const struct telling *w)
{
  struct aid_str text = AID_STR_INIT (OUTPUT_MAX);
  json_t *why = json_object (), *o;
  for (int i = 0; i < AID_MINE_WHYS; i++)
    json_object_set_new (why, aid_mine_why_name ((enum aid_mine_why)i), json_integer ((json_int_t)sum->why[i]));
  o = json_pack ("{s:I, s:I, s:I, s:o}", "projects", (json_int_t)sum->vaults, "skipped", (json_int_t)sum->skipped,
                 "snapshots", (json_int_t)sum->snapshots, "why", why);
  if (w->m->why)
    json_object_set (o, "found", w->found);
  if (w->m->judge)
    json_object_set (o, "judged", j->all);
  aid_json_dump (o, &text);
  aid_str_addc (&text, '\n');
  json_decref (o);
  int status = aid_cli_print (aid_str_span (&text));
  aid_str_free (&text);
  return status;
}

/* The project that is meant, which in a store of others need not be here. */
static int
root_of (const struct aid_cli_mine *m, struct aid_str *root)
{
  if (!m->root || !m->store || m->root[0] != '/')
    return m->root ? aid_cli_take_root (m->root, root) : AID_EXIT_DONE;
  aid_str_addz (root, m->root);
  return AID_EXIT_DONE;
}

static int
mine (const struct aid_cli_mine *m)
{
  struct aid_str root = AID_STR_INIT (8192);
  char *store = m->store ? realpath (m->store, NULL) : NULL;
  struct telling w = { m, json_array (), AID_EXIT_DONE, 0 };
  struct judging j = { .m = m, .all = json_array () };
  struct aid_mine_sum sum;
  struct aid_error e = { AID_OK, "" };
  int status = root_of (m, &root), judged = AID_EXIT_DONE;
  struct aid_stop *stop = status ? NULL : aid_cli_stop (&e);
  if (!status && !stop)
    status = aid_cli_fail ("%s", e.msg);
  if (!status)
    {
      struct aid_mine_options options = { .root = root.len ? aid_str_z (&root) : NULL,
                                          .store = store ? store : m->store,
                                          .since = m->since_ms,
                                          .dry_run = m->dry_run,
                                          .again = m->why,
                                          .stop = stop,
                                          .tell = tell,
                                          .trouble = trouble,
                                          .ctx = &w };
      if (aid_mine (&options, &sum, &e))
        status = aid_cli_fail ("%s", e.msg);
      else if (m->judge && !m->dry_run)
        judged = judge (m, options.root, &j);
      if (!status)
        status = m->json ? print_json (&sum, &j, &w) : print_sum (&sum, &j, m);
    }
  aid_str_free (&root);
  free (store);
  json_decref (w.found);
  json_decref (j.all);
  return status ? status : w.status ? w.status : judged ? judged : w.troubles ? AID_EXIT_FAILED : AID_EXIT_DONE;
}

/* --- which -------------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *name;
  int (*run) (const struct aid_cli_mine *m);
  int operands;
  const char *form;
} words[] = { { "list", aid_cli_mine_list, 0, "list" },
              { "show", aid_cli_mine_show, 1, "show ID" },
              { "forget", aid_cli_mine_forget, 1, "forget ID" } };

static int
run (const struct aid_cli_mine *m, const char *word)
{
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (words[i].name, word))
      {
        if (m->nargs != words[i].operands)
          return aid_cli_misuse ("mine: write aid mine %s", words[i].form);
        return words[i].run (m);
      }
  return aid_cli_misuse ("mine: there is no \"%s\": list, show or forget, or nothing, to mine", word);
}

int
aid_cli_check_kind (const char *command, const char *kind)
{
  for (int i = 0; kind && i < AID_MINE_KINDS; i++)
    if (!strcmp (kind, aid_mine_kind_name ((enum aid_mine_kind)i)))
      return AID_EXIT_DONE;
  return kind ? aid_cli_misuse ("%s: there is no kind \"%s\": repair, start, test or preference", command, kind)
              : AID_EXIT_DONE;
}

int
aid_cmd_mine (int argc, char **argv)
{
  struct aid_cli_mine m = { .json = 0 };
  int status, n;
  const struct aid_opt opts[] = {
    { "root", 0, AID_OPT_STRING, &m.root, "DIR", "only this project (default: all that there are snapshots of)" },
    { "store", 0, AID_OPT_STRING, &m.store, "DIR",
      "those of others, who have agreed: the folders in DIR (default: one's own)" },
    { "since", 0, AID_OPT_STRING, &m.since, "TIME", "only what is later: 30m, 24h, 7d, 4w ago, or 2026-01-31" },
    { "kind", 0, AID_OPT_STRING, &m.kind, "KIND", "list: only these: repair, start, test or preference" },
    { "dry-run", 0, AID_OPT_FLAG, &m.dry_run, NULL, "say what would be kept, and write nothing" },
    { "why", 0, AID_OPT_FLAG, &m.why, NULL, "list what was found, and why it is kept or not" },
    { "judge", 0, AID_OPT_FLAG, &m.judge, NULL, "build each example again, in a sandbox: red at its base, green after it?" },
    { "json", 0, AID_OPT_FLAG, &m.json, NULL, "one JSON object; of list one a line" },
  };
  const struct aid_usage_text usage = {
    "aid mine [list|show ID|forget ID] [options]",
    "Finds isolated changes in the snapshots of your work (aid snapshot): what was red and became green, tests that came\n"
    "to it, and what you accepted or rejected of models' hunks; and keeps them as examples, with their trees.  What was\n"
    "looked at before is not looked at again.  list, show and forget are about the examples that there are; ID is some\n"
    "of one's digits.  The setting \"mine\" says which changes count.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    2
  };
  if ((n = aid_opt_parse (&usage, argc, argv, &status)) < 0)
    return status;
  if ((status = aid_cli_take_time ("mine", m.since, &m.since_ms)) || (status = aid_cli_check_kind ("mine", m.kind))
      || (status = aid_cli_check_folder ("mine", "--store", m.store)))
    return status;
  m.args = argv + 2;
  m.nargs = n > 1 ? n - 1 : 0;
  return n ? run (&m, argv[1]) : mine (&m);
}
