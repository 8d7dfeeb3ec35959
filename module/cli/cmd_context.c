/* aid context: what items would show a model, packed into a budget of tokens; aid context --kinds and --sets, what items
   there are. */
#include "assist/assist.h"
#include "assist/variants.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/items.h"
#include "cli/opt.h"
#include "context/kinds.h"
#include "context/pack.h"
#include "context/sets.h"
#include "model/conversation.h"
#include "model/provider.h"
#include "model/tokens.h"
#include <stdlib.h>

#define OUTPUT_MAX ((size_t) 256 << 20)

struct showing
{
  const char *model, *root, *budget;
  const char *save, *forget;
  int json, text, kinds, sets, shared;
};

/* --- what there is ------------------------------------------------------------------------------------------------ */

static int
print_json (json_t *doc)
{
  struct aid_str text = AID_STR_INIT (OUTPUT_MAX);
  char *json = json_dumps (doc, JSON_INDENT (2));
  int status;

  aid_str_addz (&text, json ? json : "");
  aid_str_addc (&text, '\n');
  status = json ? aid_cli_print (aid_str_span (&text)) : aid_cli_fail ("there is no memory for this");
  free (json);
  json_decref (doc);
  aid_str_free (&text);
  return status;
}

static int
print_kinds (int json)
{
  struct aid_str out = AID_STR_INIT (OUTPUT_MAX), written = AID_STR_INIT (1000);
  json_t *list = json_array ();
  int status;

  for (size_t i = 0; aid_kind_at (i); i++)
    {
      const struct aid_kind *k = aid_kind_at (i);
      aid_str_clear (&written);
      aid_str_addf (&written, "%s:%s", k->word, k->name ? k->name : "");
      aid_str_addf (&out, "%-18s %s%s\n", aid_str_z (&written), k->about, k->read ? "" : " (only the editor knows it)");
      json_array_append_new (list, json_pack ("{s:s, s:s, s:s?, s:b, s:b}", "kind", k->word, "about", k->about, "name", k->name,
                                              "editor", k->read == NULL, "costs", k->costs));
    }
  status = json ? print_json (json_incref (list)) : aid_cli_print (aid_str_span (&out));
  json_decref (list);
  aid_str_free (&out);
  aid_str_free (&written);
  return status;
}

static int
print_sets (const char *root, int json)
{
  struct aid_str out = AID_STR_INIT (OUTPUT_MAX);
  struct aid_error e;
  struct aid_vec sets;
  json_t *list = json_array ();
  int status;

  if (aid_sets_load (root, &sets, &e))
    status = aid_cli_fail ("%s", e.msg);
  else
    {
      for (size_t i = 0; i < sets.len; i++)
        {
          const struct aid_set *s = &AID_VEC_AT (struct aid_set, &sets, i);
          json_t *items = json_array ();
          aid_str_addf (&out, "%s%s:", s->name, s->shared ? " (the project's)" : "");
          for (size_t k = 0; k < s->items.len; k++)
            {
              aid_str_addf (&out, " %s", AID_VEC_AT (char *, &s->items, k));
              json_array_append_new (items, json_string (AID_VEC_AT (char *, &s->items, k)));
            }
          aid_str_addc (&out, '\n');
          json_array_append_new (list, json_pack ("{s:s, s:b, s:o}", "name", s->name, "shared", s->shared, "items", items));
        }
      status = json ? print_json (json_incref (list)) : aid_cli_print_calm (&out);
    }
  json_decref (list);
  aid_sets_free (&sets);
  aid_str_free (&out);
  return status;
}

/* --- packing ------------------------------------------------------------------------------------------------------ */

static int64_t
count (void *counter, struct aid_span text)
{
  return aid_counter_count (counter, text);
}

/* Fills PACK for ITEMS; gives the sum of their tokens. */
static int64_t
pack (const struct aid_vec *items, int64_t budget, struct aid_counter *counter, struct aid_pack_item *out)
{
  for (size_t i = 0; i < items->len; i++)
    {
      struct aid_span text = aid_str_span (&AID_VEC_AT (struct aid_cli_item, items, i).text);
      int64_t media = aid_media_tokens (text);
      out[i] = (struct aid_pack_item){ .text = text, .is_whole = media > 0, .tokens = media ? media : count (counter, text) };
    }
  return aid_pack (out, items->len, budget, count, counter);
}

static const char *
state_of (const struct aid_cli_item *item, const struct aid_pack_item *p)
{
  return item->error.code ? "failed" : aid_packed_name (p->state);
}

static json_t *
json_of (const struct aid_cli_item *item, const struct aid_pack_item *p)
{
  json_t *o = json_pack ("{s:o, s:o, s:s, s:I}", "target", aid_json_of_span (aid_span_z (item->target)), "label",
                         aid_json_of_span (aid_span_z (item->label)), "state", state_of (item, p), "tokens",
                         (json_int_t) p->tokens);
  const char *media = aid_media_type (p->text);
  if (item->error.code)
    json_object_set_new (o, "error", aid_json_of_span (aid_span_z (item->error.msg)));
  else if (media)
    json_object_set_new (o, "media", json_string (media));
  else
    json_object_set_new (o, "text", aid_json_of_span (aid_span_cut (p->text, 0, p->shown)));
  return o;
}

static void
add_row (const struct aid_cli_item *item, const struct aid_pack_item *p, int text, struct aid_str *out)
{
  struct aid_span shown = aid_span_cut (p->text, 0, p->shown);
  if (!text)
    {
      aid_str_addf (out, "%9lld  %s", (long long) p->tokens, item->label);
      if (item->error.code)
        aid_str_addf (out, "  (%s)", item->error.msg);
      else if (p->state != AID_PACKED_WHOLE)
        aid_str_addf (out, "  (%s)", aid_packed_name (p->state));
      aid_str_addc (out, '\n');
    }
  else if (!aid_media_type (p->text) && shown.len)
    {
      if (out->len)
        aid_str_addc (out, '\n');
      aid_item_render (aid_span_z (item->label), aid_span_z (item->target), shown, out);
    }
}

static int
print_items (const struct showing *s, const struct aid_vec *items, int64_t budget, struct aid_counter *counter)
{
  struct aid_pack_item *packed = calloc (items->len ? items->len : 1, sizeof *packed);
  struct aid_str out = AID_STR_INIT (OUTPUT_MAX);
  json_t *list = json_array ();
  int status, failed = 0;

  if (!packed)
    return aid_cli_fail ("there is no memory for the items");
  int64_t sum = pack (items, budget, counter, packed);
  for (size_t i = 0; i < items->len; i++)
    {
      const struct aid_cli_item *item = &AID_VEC_AT (struct aid_cli_item, items, i);
      failed |= item->error.code != AID_OK;
      json_array_append_new (list, json_of (item, &packed[i]));
      add_row (item, &packed[i], s->text, &out);
    }
  if (!s->text)
    aid_str_addf (&out, "%s%8lld  in all", aid_counter_exact (counter) ? " " : "~", (long long) sum);
  if (!s->text && budget >= 0)
    aid_str_addf (&out, ", of %lld", (long long) budget);
  aid_str_addz (&out, s->text ? "" : "\n");
  if (s->json)
    {
      json_t *doc = json_pack ("{s:O, s:I, s:b}", "items", list, "tokens", (json_int_t) sum, "exact",
                               aid_counter_exact (counter));
      json_object_set_new (doc, "budget", budget >= 0 ? json_integer (budget) : json_null ());
      status = print_json (doc);
    }
  else
    status = s->text ? aid_cli_print (aid_str_span (&out)) : aid_cli_print_calm (&out);
  for (size_t i = 0; i < items->len && !s->json; i++)
    if (s->text && AID_VEC_AT (struct aid_cli_item, items, i).error.code)
      aid_cli_fail ("%s", AID_VEC_AT (struct aid_cli_item, items, i).error.msg);
  json_decref (list);
  free (packed);
  aid_str_free (&out);
  return status ? status : failed ? AID_EXIT_FAILED : AID_EXIT_DONE;
}

/* The tokens of texts as the model that would be asked counts them. */
static struct aid_counter *
counter_for (const char *model, const char *root)
{
  const struct aid_asked asked = { .root = root, .model = model };
  struct aid_config *config = aid_variants_config (&asked, NULL, NULL);
  struct aid_model m;
  int known = config && aid_model_resolve (config, model, &m, NULL) == AID_OK;
  struct aid_counter *counter = aid_counter_new (known ? m.name : model);

  if (known)
    aid_model_free (&m);
  aid_config_free (config);
  return counter;
}

static int
show (const struct showing *s, const char *root, const char *const *args, size_t n)
{
  uint64_t budget = 0;
  struct aid_error e = { AID_OK, "" };
  struct aid_vec items = { 0 };
  struct aid_resolver *resolver;
  struct aid_counter *counter;
  int status;

  if (s->budget && aid_span_number (aid_span_z (s->budget), INT32_MAX, &budget))
    return aid_cli_misuse ("context: --budget wants a number of tokens");
  counter = counter_for (s->model, root);
  resolver = aid_resolver_new ();
  if (!counter || aid_cli_items_read (resolver, args, n, root, 1, &items, &e))
    status = aid_cli_fail ("%s", counter ? e.msg : "there is no memory to count");
  else
    status = print_items (s, &items, s->budget ? (int64_t) budget : -1, counter);
  if (counter)
    aid_cli_items_free (&items);
  aid_resolver_free (resolver);
  aid_counter_free (counter);
  return status;
}

/* Items of a set are as they were written, but files are told from the root on: then a set means the same everywhere. */
static int
save (const struct showing *s, const char *root, const char *const *args, size_t n)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_vec items = AID_VEC_INIT (char *, AID_SET_ITEMS_MAX);
  enum aid_err err = n <= AID_SET_ITEMS_MAX ? AID_OK : aid_error_set (&e, AID_E_LIMIT, "a set has at most %d items",
                                                                      AID_SET_ITEMS_MAX);
  int status;

  for (size_t i = 0; i < n && !err; i++)
    {
      char **slot = aid_vec_push (&items);
      err = slot ? aid_cli_item_in_set (args[i], root, slot, &e) : aid_error_set (&e, AID_E_NOMEM, "out of memory");
    }
  if (!err)
    err = aid_sets_save (root, s->save ? s->save : s->forget, items.data, items.len, s->shared, &e);
  status = err ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
  for (size_t i = 0; i < items.len; i++)
    free (AID_VEC_AT (char *, &items, i));
  aid_vec_free (&items);
  return status;
}

static int
run (const struct showing *s, const char *const *args, size_t n)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  int status;

  if (aid_cli_root (s->root, &root, &e))
    status = aid_cli_fail ("%s", e.msg);
  else if (s->kinds)
    status = print_kinds (s->json);
  else if (s->sets)
    status = print_sets (aid_str_z (&root), s->json);
  else if (s->save || s->forget)
    status = save (s, aid_str_z (&root), args, n);
  else
    status = show (s, aid_str_z (&root), args, n);
  aid_str_free (&root);
  return status;
}

int
aid_cmd_context (int argc, char **argv)
{
  struct showing s = { 0 };
  const struct aid_opt opts[] = {
    { "budget", 'b', AID_OPT_STRING, &s.budget, "TOKENS", "cut what does not fit, and leave out the rest" },
    { "model", 'm', AID_OPT_STRING, &s.model, "MODEL", "count as this one does (default: the configured one)" },
    { "root", 0, AID_OPT_STRING, &s.root, "DIR", "the project (default: found upwards from here)" },
    { "text", 0, AID_OPT_FLAG, &s.text, NULL, "the texts as a model sees them, instead of a list" },
    { "json", 0, AID_OPT_FLAG, &s.json, NULL, "a JSON document with all of it" },
    { "kinds", 0, AID_OPT_FLAG, &s.kinds, NULL, "list the kinds of items" },
    { "sets", 0, AID_OPT_FLAG, &s.sets, NULL, "list the project's named sets of items" },
    { "save", 0, AID_OPT_STRING, &s.save, "NAME", "save the items as a set: set:NAME is all of them then" },
    { "forget", 0, AID_OPT_STRING, &s.forget, "NAME", "forget that set" },
    { "shared", 0, AID_OPT_FLAG, &s.shared, NULL, "with --save or --forget: in the project, in .aid/sets.json" },
  };
  const struct aid_usage_text usage = {
    "aid context [options] ITEM...",
    "Reads items as aid ask -c does and says what each costs.  An item is a file (src/a.c, src/a.c#L3-L9), a folder,\n"
    "@NAME (a definition), an address, - (standard input), set:NAME, or KIND:NAME, as in commit:HEAD~3.. (see --kinds).\n",
    opts, sizeof opts / sizeof *opts, 0, -1
  };
  int status, n = aid_opt_parse (&usage, argc, argv, &status);
  int listing = s.kinds || s.sets || s.forget;

  if (n < 0)
    return status;
  if (listing ? n > 0 : n == 0)
    return aid_cli_misuse (listing ? "context: --kinds, --sets and --forget take no ITEM" : "context: it wants an ITEM");
  return run (&s, (const char *const *) (argv + 1), (size_t) n);
}
