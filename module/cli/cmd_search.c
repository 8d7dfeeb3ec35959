/* aid search: what a question is about, found in the project's index, which is made or brought up to date before. */
#include "assist/meaning.h"
#include "base/clock.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "index/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUERY_MAX ((size_t)1 << 20)
#define OUT_MAX ((size_t)64 << 20)
enum
{
  OPEN_MAX = 32,
  THREADS = 2,
  MEANING_MS = 1500 /* that the question's vector is waited for */
};

struct searching
{
  int64_t k, tokens;
  const char *root, *error;
  struct aid_vec open, without;
  int json, map, no_update, text, embed;
};

/* The project that is searched. */
struct searched
{
  struct aid_project *project;
  struct aid_index *index;
  struct aid_net *net;         /* NULL: no vectors are asked for */
  struct aid_meaning *meaning; /* likewise */
};

/* --- printing ------------------------------------------------------------------------------------------------------ */

static void
put_passage (struct aid_str *val, const struct aid_passage *p)
{
  size_t o = aid_val_object (val);

  aid_val_kstrz (val, "path", p->path);
  aid_val_kint (val, "first", p->first);
  aid_val_kint (val, "last", p->last);
  aid_val_kstrz (val, "name", p->name);
  aid_val_kstrz (val, "reason", p->reason);
  aid_val_kreal (val, "score", p->score);
  aid_val_kint (val, "tokens", (int64_t)p->tokens);
  aid_val_end (val, o, 7);
}

static int
print_json (const struct aid_found *f, int64_t files, struct aid_meaning *meaning)
{
  struct aid_str val = AID_STR_INIT (OUT_MAX);
  size_t all = aid_val_object (&val), list;
  size_t n = f->files.len < (size_t)files ? f->files.len : (size_t)files;
  int status;

  aid_val_key (&val, "passages");
  list = aid_val_list (&val);
  for (size_t i = 0; i < f->passages.len; i++)
    put_passage (&val, &AID_VEC_AT (struct aid_passage, &f->passages, i));
  aid_val_end (&val, list, (uint32_t)f->passages.len);
  aid_val_key (&val, "files");
  list = aid_val_list (&val);
  for (size_t i = 0; i < n; i++)
    {
      const struct aid_ranked *r = &AID_VEC_AT (struct aid_ranked, &f->files, i);
      size_t o = aid_val_object (&val);
      aid_val_kstrz (&val, "path", r->path);
      aid_val_kstrz (&val, "reason", r->reason);
      aid_val_kreal (&val, "score", r->score);
      aid_val_end (&val, o, 3);
    }
  aid_val_end (&val, list, (uint32_t)n);
  aid_val_kreal (&val, "ms", (double)f->us / 1000);
  aid_val_kbool (&val, "partial", f->partial);
  aid_val_key (&val, "meaning");
  if (meaning)
    aid_meaning_val (meaning, &val);
  else
    aid_val_nil (&val);
  aid_val_end (&val, all, 5);
  status = aid_cli_print_val (aid_str_span (&val));
  aid_str_free (&val);
  return status;
}

/* A name in a line: no name ends it. */
static void
add_name (struct aid_str *out, const char *z)
{
  for (; *z; z++)
    aid_str_addc (out, *z == '\n' || *z == '\t' ? '?' : *z);
}

static void
add_text (struct aid_project *p, const struct aid_passage *a, struct aid_str *out)
{
  struct aid_str text = AID_STR_INIT ((size_t)8 << 20);
  struct aid_project_file file;
  struct aid_span rest, line;

  if (aid_project_read (p, aid_span_z (a->path), &text, &file, NULL))
    text.len = 0;
  rest = aid_str_span (&text);
  for (uint32_t n = 1; n <= a->last && aid_span_line (&rest, &line); n++)
    if (n >= a->first)
      {
        aid_str_addspan (out, line);
        aid_str_addc (out, '\n');
      }
  aid_str_addc (out, '\n');
  aid_str_free (&text);
}

static int
print_lines (struct aid_project *p, const struct aid_found *f, int text)
{
  struct aid_str out = AID_STR_INIT (OUT_MAX);
  int status;

  for (size_t i = 0; i < f->passages.len; i++)
    {
      const struct aid_passage *a = &AID_VEC_AT (struct aid_passage, &f->passages, i);
      add_name (&out, a->path);
      aid_str_addf (&out, a->first == a->last ? ":%u" : ":%u-%u", a->first, a->last);
      aid_str_addf (&out, ": %s%s", a->name ? a->name : "", a->name ? ": " : "");
      add_name (&out, a->reason);
      aid_str_addc (&out, '\n');
      if (text)
        add_text (p, a, &out);
    }
  status = aid_cli_print_calm (&out);
  aid_str_free (&out);
  return status;
}

/* --- searching ----------------------------------------------------------------------------------------------------- */

static struct aid_vec
spans_of (const struct aid_vec *names)
{
  struct aid_vec out = AID_VEC_INIT (struct aid_span, OPEN_MAX);

  for (size_t i = 0; i < names->len; i++)
    {
      struct aid_span *s = aid_vec_push (&out);
      if (s)
        *s = aid_span_z (AID_VEC_AT (const char *, names, i));
    }
  return out;
}

/* Puts the question's vector into Q, if there is one soon; gives it, to be freed. */
static float *
ask_meaning (const struct searched *p, struct aid_question *q)
{
  float *vector = NULL;
  char note[300];

  if (!p->meaning)
    return NULL;
  aid_meaning_begin (p->meaning, q);
  aid_meaning_end (p->meaning, aid_clock_ms () + MEANING_MS, q, &vector, note);
  if (note[0])
    fprintf (stderr, "aid: %s\n", note);
  return vector;
}

static int
ask (const struct searching *s, const struct searched *p, struct aid_span query, struct aid_span error)
{
  struct aid_vec open = spans_of (&s->open), without = spans_of (&s->without);
  struct aid_question q = { .text = query,
                            .error = error,
                            .open = open.data,
                            .n_open = open.len,
                            .without = without.data,
                            .n_without = without.len,
                            .max = (size_t)s->k,
                            .tokens = (size_t)s->tokens,
                            .ms = 2000 };
  struct aid_found f = { 0 };
  struct aid_str map = AID_STR_INIT (OUT_MAX);
  struct aid_error e = { AID_OK, "" };
  float *vector = ask_meaning (p, &q);
  enum aid_err err = s->map ? aid_search_map (p->index, &q, &map, &e) : aid_search (p->index, &q, &f, &e);
  int status;

  if (err)
    status = aid_cli_fail ("%s", e.msg);
  else if (s->map)
    status = aid_cli_print_calm (&map);
  else
    status = s->json ? print_json (&f, s->k > 0 ? s->k : 10, p->meaning) : print_lines (p->project, &f, s->text);
  if (!err && !s->json && !(s->map ? map.len : f.passages.len))
    aid_cli_say ("nothing was found");
  if (!err && f.partial && !s->json)
    aid_cli_say ("the project is being indexed: what was found may not be all");
  free (vector);
  aid_found_free (&f);
  aid_vec_free (&open);
  aid_vec_free (&without);
  aid_str_free (&map);
  return status;
}

/* Brings the index up to date, unless another process does so all the time.  That it could not be done is told, and the index
   is searched as it is. */
static void
update (struct aid_index *x)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_index_state state;
  enum aid_err err = aid_index_update (x, -1, aid_cli_stop (NULL), &e);

  aid_index_state (x, &state);
  if (err && state.phase != AID_INDEX_ELSEWHERE)
    aid_cli_say ("%s", e.msg);
}

/* --- meanings ------------------------------------------------------------------------------------------------------ */

/* Tells what came of asking for vectors. */
static void
tell_embedded (struct aid_meaning *m, enum aid_err err, const struct aid_error *e)
{
  struct aid_vectors_state s;

  aid_vectors_state (aid_meaning_vectors (m), &s);
  fprintf (stderr, "aid: %zu of %zu passages have a vector", s.with, s.passages);
  if (s.held)
    fprintf (stderr, ", %zu are not sent or not taken", s.held);
  if (s.left_out)
    fprintf (stderr, ", those of %zu files have no room", s.left_out);
  fprintf (stderr, "%s%s\n", err ? ": " : "", err ? e->msg : "");
}

static void
tell_of_none (struct aid_meaning *m)
{
  struct aid_vectors_state s;

  aid_vectors_state (aid_meaning_vectors (m), &s);
  if (!s.with)
    fprintf (stderr, "aid: no passage has a vector yet: aid search --embed asks for them, and so does Emacs\n");
}

/* Opens P's vectors where the settings say who makes them, and with --embed asks for those that lack.  The search does without
   what fails here. */
static void
open_meaning (const struct searching *s, const char *root, struct searched *p)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_load (root, &e);
  struct aid_embedder by;
  enum aid_err err = c ? aid_embedder_resolve (c, &by, &e) : e.code;

  aid_config_free (c);
  if (!err && !(p->net = aid_net_new (&e)))
    {
      err = e.code;
      aid_embedder_free (&by);
    }
  if (!err)
    err = aid_meaning_open (p->net, p->index, &by, &p->meaning, &e);
  if (!err)
    err = aid_meaning_key (p->meaning, &e);
  if (err && (err != AID_E_NOTFOUND || s->embed || p->meaning))
    fprintf (stderr, "aid: %s\n", e.msg);
  if (err || !p->meaning)
    return;
  err = s->embed ? aid_meaning_fill (p->meaning, aid_cli_stop (NULL), &e) : aid_meaning_look (p->meaning, &e);
  if (s->embed)
    tell_embedded (p->meaning, err, &e);
  else if (err)
    aid_cli_say ("%s", e.msg);
  else
    tell_of_none (p->meaning);
}

static void
close_all (struct searched *p)
{
  aid_meaning_close (p->meaning);
  if (p->net)
    aid_net_free (p->net, NULL);
  aid_index_close (p->index);
  if (p->project)
    aid_project_close (p->project);
}

static int
search (const struct searching *s, struct aid_span query, struct aid_span error)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct searched p = { NULL, NULL, NULL, NULL };
  struct aid_index_options options = { .threads = THREADS };
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = s->root ? aid_str_addz (&root, s->root) : aid_project_root_of (".", 0, &root, &e);
  int status;

  if (!err)
    err = aid_project_open (aid_str_z (&root), NULL, &p.project, &e);
  if (!err)
    err = aid_index_open (p.project, &options, &p.index, &e);
  if (!err && !s->no_update)
    update (p.index);
  if (!err)
    open_meaning (s, aid_str_z (&root), &p);
  status = err ? aid_cli_fail ("%s", e.msg) : ask (s, &p, query, error);
  close_all (&p);
  aid_str_free (&root);
  return status;
}

static int
run (struct searching *s, const char *query)
{
  struct aid_str text = AID_STR_INIT (QUERY_MAX), error = AID_STR_INIT (QUERY_MAX);
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = strcmp (query, "-") ? aid_str_addz (&text, query) : aid_cli_read ("-", &text, &e);
  int status;

  if (!err && s->error)
    err = aid_cli_read (s->error, &error, &e);
  if (!err && !text.len && !error.len && !s->open.len)
    err = aid_error_set (&e, AID_E_INVALID, "the question is empty");
  if (!err && !aid_cli_stop (&e))
    err = AID_E_NOMEM;
  if (err)
    status = aid_cli_fail ("%s", *e.msg ? e.msg : "the question is too long");
  else
    status = search (s, aid_str_span (&text), aid_str_span (&error));
  aid_str_free (&text);
  aid_str_free (&error);
  return status;
}

int
aid_cmd_search (int argc, char **argv)
{
  struct searching s = { .open = AID_VEC_INIT (const char *, OPEN_MAX), .without = AID_VEC_INIT (const char *, OPEN_MAX) };
  const struct aid_opt opts[] = {
    { "passages", 'k', AID_OPT_NUMBER, &s.k, "N", "so many at most (10)" },
    { "tokens", 't', AID_OPT_NUMBER, &s.tokens, "N", "that they have together at most, estimated (6000; a map: 2000)" },
    { "open", 'o', AID_OPT_LIST, &s.open, "PATH", "as if this file were open: what lies near it counts" },
    { "error", 'e', AID_OPT_STRING, &s.error, "FILE", "what a program said: files and names in it count most" },
    { "without", 0, AID_OPT_LIST, &s.without, "PATH[#L1-L9]", "not this file, or these lines of it" },
    { "root", 0, AID_OPT_STRING, &s.root, "DIR", "the project (default: that of the working directory)" },
    { "text", 0, AID_OPT_FLAG, &s.text, NULL, "print the passages' lines" },
    { "map", 0, AID_OPT_FLAG, &s.map, NULL, "print signatures of what matters to the question, by file, instead" },
    { "embed", 0, AID_OPT_FLAG, &s.embed, NULL, "ask for the vectors of passages that have none yet, before searching" },
    { "no-update", 0, AID_OPT_FLAG, &s.no_update, NULL, "search the index as it is" },
    { "json", 0, AID_OPT_FLAG, &s.json, NULL, "one document: passages, files, ms, partial, meaning" },
  };
  const struct aid_usage_text usage
    = { "aid search [options] QUERY|-",
        "Finds what a question is about in the files of a project: passages, the best first, each with its reason.\n"
        "The index is made by the first search and brought up to date by each.  It is in the cache directory and may be\n"
        "deleted.  Where the settings name \"embeddings\", what is similar in meaning is found, too: --embed sends the\n"
        "project's text there.\n",
        opts,
        sizeof opts / sizeof *opts,
        1,
        1 };
  int status, n = aid_opt_parse (&usage, argc, argv, &status);

  if (n >= 0 && s.map && s.json)
    status = aid_cli_misuse ("search: --map is text; it takes no --json besides");
  else if (n >= 0)
    status = run (&s, argv[1]);
  aid_vec_free (&s.open);
  aid_vec_free (&s.without);
  return status;
}
