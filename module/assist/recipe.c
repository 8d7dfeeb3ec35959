/* Files that go with those of a question, found by name: the interface of an implementation, the header of a source, their
   tests.  One table says what goes with what. */
#include "assist/recipe.h"
#include "assist/variants.h"
#include "assist/tested.h"
#include "assist/strategy_internal.h"
#include "base/fs.h"
#include "base/hash.h"
#include "build/last.h"
#include "chat/chat.h"
#include "context/item.h"
#include "model/estimate.h"
#include "project/instructions.h"
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_LIMIT 8192
#define FILES_MAX 10000 /* files of one chat */
#define BUILD_FILES 5   /* files that a build's errors name */

/* For a file that ends in FROM: NAME with "%" for what stands before that ending, in the same folder or one of its tests. */
enum where
{
  HERE,
  INCLUDE,
  TESTS
};

static const struct rule
{
  const char *from, *name, *why;
  enum where where;
} rules[] = {
  { ".ml", "%.mli", "interface", HERE },
  { ".mli", "%.ml", "implementation", HERE },
  { ".ml", "test_%.ml", "test", TESTS },
  { ".ml", "%_test.ml", "test", TESTS },
  { ".ml", "%_tests.ml", "test", TESTS },
  { ".ml", "tests_%.ml", "test", TESTS },
  { ".ml", "%_intf.ml", "module types", HERE },
  { ".mli", "test_%.ml", "test", TESTS },
  { ".mli", "%_test.ml", "test", TESTS },
  { ".mll", "%.mli", "interface", HERE },
  { ".c", "%.h", "header", HERE },
  { ".c", "%.h", "header", INCLUDE },
  { ".c", "test_%.c", "test", TESTS },
  { ".c", "%_test.c", "test", TESTS },
  { ".h", "%.c", "source", HERE },
  { ".cc", "%.h", "header", HERE },
  { ".cc", "%.hh", "header", HERE },
  { ".cc", "%.h", "header", INCLUDE },
  { ".cc", "%_test.cc", "test", TESTS },
  { ".cc", "test_%.cc", "test", TESTS },
  { ".cpp", "%.hpp", "header", HERE },
  { ".cpp", "%.h", "header", HERE },
  { ".cpp", "%.hpp", "header", INCLUDE },
  { ".cpp", "%.h", "header", INCLUDE },
  { ".cpp", "%_test.cpp", "test", TESTS },
  { ".cpp", "test_%.cpp", "test", TESTS },
  { ".hpp", "%.cpp", "source", HERE },
  { ".hh", "%.cc", "source", HERE },
  { ".py", "test_%.py", "test", TESTS },
  { ".py", "%_test.py", "test", TESTS },
  { ".go", "%_test.go", "test", HERE },
  { ".el", "%-tests.el", "test", TESTS },
  { ".el", "%-test.el", "test", TESTS },
  { ".js", "%.test.js", "test", TESTS },
  { ".ts", "%.test.ts", "test", TESTS },
  { ".ts", "%.spec.ts", "test", TESTS },
  { ".tsx", "%.test.tsx", "test", TESTS },
  { ".rb", "%_spec.rb", "test", TESTS },
};

/* Where tests are, from the file's folder; then from the project's root, also in the same subfolder. */
static const char *const test_folders[] = { ".", "test", "tests", "../test", "../tests", "__tests__", "spec", "../spec" };
static const char *const root_test_folders[] = { "test", "tests", "spec" };

struct cook
{
  const struct aid_strategy *s;
  const char *root, *dir;
  struct aid_recipe *out;
  struct aid_vec have; /* char *: the question's files, absolute; then what was added or left out */
  const struct aid_chat *chat;
  size_t question; /* index of the asked turn */
};

/* --- files ---------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_recipe_link (const char *dir, const char *path, struct aid_str *out)
{
  struct aid_str from = AID_STR_INIT (PATH_LIMIT);
  aid_fs_join (&from, "/", dir);
  if (from.len > 1)
    aid_str_addc (&from, '/');
  const char *d = aid_str_z (&from);
  size_t same = 0; /* bytes of the folders that both are in */
  for (size_t i = 0; d[i] && d[i] == path[i]; i++)
    if (d[i] == '/')
      same = i + 1;
  for (const char *z = d + same; *z; z++)
    if (*z == '/')
      aid_str_addz (out, "../");
  for (const char *p = path + same; *p; p++)
    {
      unsigned char c = (unsigned char)*p;
      if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || strchr ("-_.~/", c))
        aid_str_addc (out, *p);
      else
        aid_str_addf (out, "%%%02X", c);
    }
  aid_str_free (&from);
  return out->err;
}

static int
has (const struct cook *c, const char *path)
{
  for (size_t i = 0; i < c->have.len; i++)
    if (!strcmp (AID_VEC_AT (char *, &c->have, i), path))
      return 1;
  return 0;
}

static void
note (struct cook *c, const char *path)
{
  char **slot = aid_vec_push (&c->have);
  if (slot && !(*slot = strdup (path)))
    c->have.len--;
}

/* The absolute name of what TARGET links to, or empty. */
static void
path_of (const struct cook *c, struct aid_span target, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  int64_t first, last;
  if (!aid_item_target (target, &path, &first, &last))
    aid_fs_join (out, c->dir, aid_str_z (&path));
  aid_str_free (&path);
}

/* Whether TEXT was sent of PATH in an earlier question, whole and as it is now. */
static int
was_sent (const struct cook *c, const char *path, struct aid_span text)
{
  char id[17];
  aid_hash_hex (text, 16, id);
  for (size_t i = 0; i < c->chat->items.len; i++)
    {
      const struct aid_chat_item *item = &AID_VEC_AT (struct aid_chat_item, &c->chat->items, i);
      struct aid_str other = AID_STR_INIT (PATH_LIMIT);
      path_of (c, item->target, &other);
      int same = aid_span_eqz (item->sent, id) && !strcmp (aid_str_z (&other), path);
      aid_str_free (&other);
      if (same)
        return 1;
    }
  return 0;
}

static char *
label_of (const struct cook *c, const char *path)
{
  size_t n = strlen (c->root);
  struct aid_str label = AID_STR_INIT (PATH_LIMIT);
  aid_item_label (aid_span_z (!strncmp (path, c->root, n) && path[n] == '/' ? path + n + 1 : path), &label);
  return aid_str_steal (&label);
}

/* Adds the file PATH, if it is one that may be added, for it is WHY of the file that is called OF (or WHY alone). */
static void
add_file (struct cook *c, const char *path, const char *why, const char *of)
{
  struct stat st;
  struct aid_str text = AID_STR_INIT (AID_ITEM_MAX), link = AID_STR_INIT (PATH_LIMIT), words = AID_STR_INIT (PATH_LIMIT);
  if (has (c, path) || stat (path, &st) || !S_ISREG (st.st_mode) || !aid_strategy_inside (c->root, path)
      || aid_recipe_link (c->dir, path, &link) || aid_item_read (c->dir, aid_str_span (&link), &text, NULL))
    {
      aid_str_free (&link);
      aid_str_free (&text);
      return;
    }
  int64_t tokens = aid_estimate (AID_FAMILY_OTHER, aid_str_span (&text)), sum = c->out->tokens + tokens;
  for (size_t i = 0; i < c->out->items.len; i++)
    sum += AID_VEC_AT (struct aid_recipe_item, &c->out->items, i).tokens;
  note (c, path);
  if (!was_sent (c, path, aid_str_span (&text)))
    {
      struct aid_recipe_item *item = aid_vec_push (sum > c->s->budget ? &c->out->left_out : &c->out->items);
      aid_str_addf (&words, of ? "%s of %s" : "%s", why, of);
      if (item)
        *item = (struct aid_recipe_item){
          .target = aid_str_steal (&link), .label = label_of (c, path), .why = aid_str_steal (&words), .tokens = tokens
        };
    }
  aid_str_free (&link);
  aid_str_free (&text);
  aid_str_free (&words);
}

/* --- siblings ------------------------------------------------------------------------------------------------------- */

/* Adds FOLDER/NAME, "%" in NAME standing for STEM; BASE is where a relative FOLDER begins. */
static void
add_named (struct cook *c, const char *base, const char *folder, const struct rule *r, struct aid_span stem, const char *of)
{
  struct aid_str name = AID_STR_INIT (PATH_LIMIT), path = AID_STR_INIT (PATH_LIMIT);
  aid_str_addf (&name, "%s/", folder);
  for (const char *z = r->name; *z; z++)
    if (*z == '%')
      aid_str_addspan (&name, stem);
    else
      aid_str_addc (&name, *z);
  if (!name.err && !aid_fs_join (&path, base, aid_str_z (&name)))
    add_file (c, aid_str_z (&path), r->why, of);
  aid_str_free (&name);
  aid_str_free (&path);
}

/* Adds the tests that RULE names, near the file in the folder BASE and in the project's folders of tests. */
static void
add_tests (struct cook *c, const char *base, const struct rule *r, struct aid_span stem, const char *of)
{
  size_t n = strlen (c->root);
  const char *sub = !strncmp (base, c->root, n) && base[n] == '/' ? base + n + 1 : NULL;
  for (size_t i = 0; i < sizeof test_folders / sizeof *test_folders; i++)
    add_named (c, base, test_folders[i], r, stem, of);
  for (size_t i = 0; i < sizeof root_test_folders / sizeof *root_test_folders; i++)
    {
      struct aid_str folder = AID_STR_INIT (PATH_LIMIT);
      add_named (c, c->root, root_test_folders[i], r, stem, of);
      aid_str_addf (&folder, "%s/%s", root_test_folders[i], sub ? sub : "");
      if (sub)
        add_named (c, c->root, aid_str_z (&folder), r, stem, of);
      aid_str_free (&folder);
    }
}

static void
add_siblings (struct cook *c, const char *path)
{
  char *of = label_of (c, path);
  const char *base = aid_fs_base (path);
  char *folder = aid_span_dup ((struct aid_span){ path, base - path > 1 ? (size_t)(base - path) - 1 : 1 });
  for (size_t i = 0; of && folder && i < sizeof rules / sizeof *rules; i++)
    {
      const struct rule *r = &rules[i];
      struct aid_span stem = aid_span_z (base);
      if (!aid_span_ends (stem, r->from) || stem.len == strlen (r->from))
        continue;
      stem.len -= strlen (r->from);
      if (r->where == TESTS)
        add_tests (c, folder, r, stem, of);
      else if (r->where == HERE)
        add_named (c, folder, ".", r, stem, of);
      else
        {
          add_named (c, folder, "include", r, stem, of);
          add_named (c, folder, "../include", r, stem, of);
        }
    }
  free (of);
  free (folder);
}

/* The settings that hold for the question.  When by them another strategy is in force the person has chosen this one. */
static struct aid_config *
settings_of (const struct cook *c)
{
  struct aid_asked q = { .root = c->root, .chat = c->chat->text };
  struct aid_variants variants;
  aid_variants_init (&variants);
  struct aid_config *config = aid_variants_config (&q, &variants, NULL);
  char *used = config && variants.taken.len ? aid_strategy_in_force (config, c->root, NULL, 0, c->chat->text) : NULL;
  if (used && strcmp (used, c->s->name) != 0)
    {
      q.strategy = c->s->name;
      aid_config_free (config);
      config = aid_variants_config (&q, NULL, NULL);
    }
  aid_variants_free (&variants);
  free (used);
  return config;
}

/* What the project says of the question's files, the nearest first; of a question without files, what its root says. */
static void
add_instructions (struct cook *c, size_t nfiles)
{
  struct aid_config *config = settings_of (c);
  struct aid_vec found = AID_VEC_INIT (struct aid_instruction, AID_INSTRUCTION_FILES);
  for (size_t i = 0; i < nfiles; i++)
    if (aid_strategy_inside (c->root, AID_VEC_AT (char *, &c->have, i)))
      aid_instructions_find (config, c->root, AID_VEC_AT (char *, &c->have, i), &found, NULL);
  aid_instructions_find (config, c->root, c->root, &found, NULL);
  for (size_t i = 0; i < found.len; i++)
    {
      const struct aid_instruction *one = &AID_VEC_AT (struct aid_instruction, &found, i);
      add_file (c, one->path, one->folder[0] ? "instructions" : "the project's instructions",
                one->folder[0] ? one->folder : NULL);
    }
  aid_instructions_free (&found);
  aid_config_free (config);
}

/* --- the build ------------------------------------------------------------------------------------------------------ */

/* Whether the asked question has an item with TARGET. */
static int
asks_with (const struct cook *c, const char *target)
{
  if (c->question == c->chat->turns.len)
    return 0;
  const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->chat->turns, c->question);
  for (size_t i = t->first_piece; i < t->first_piece + t->npieces; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->chat->pieces, i);
      if (p->kind == AID_PIECE_ITEM
          && aid_span_eqz (AID_VEC_AT (struct aid_chat_item, &c->chat->items, p->index).target, target))
        return 1;
    }
  return 0;
}

static void
add_failing (struct cook *c, const struct aid_build_last *l)
{
  struct aid_str text = AID_STR_INIT (AID_ITEM_MAX), label = AID_STR_INIT (64);
  if (aid_build_tell (c->root, l, &text, NULL) == AID_OK)
    {
      struct aid_recipe_item *item = aid_vec_push (&c->out->items);
      int64_t tokens = aid_estimate (AID_FAMILY_OTHER, aid_str_span (&text));
      aid_str_addf (&label, "build: %zu error%s", l->diags.errors, l->diags.errors == 1 ? "" : "s");
      if (item)
        *item = (struct aid_recipe_item){ .target = strdup (AID_ITEM_BUILD),
                                          .label = aid_str_steal (&label),
                                          .why = strdup (l->what == AID_BUILD_TEST ? "the tests fail" : "the build is red"),
                                          .tokens = tokens };
    }
  aid_str_free (&text);
  aid_str_free (&label);
}

static int
is_error_in_file (const struct aid_diag *d)
{
  return d->path && d->severity == AID_SEVERITY_ERROR;
}

/* What failing tests are of, when nothing else fails: the error may be there, and no message names it. */
static void
add_tested (struct cook *c, const struct aid_build_last *l)
{
  for (size_t i = 0; i < l->diags.items.len; i++)
    {
      const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &l->diags.items, i);
      if (is_error_in_file (d) && !aid_is_test (aid_span_z (d->path)))
        return;
    }
  for (size_t i = 0, files = 0; i < l->diags.items.len && files < BUILD_FILES; i++)
    {
      const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &l->diags.items, i);
      struct aid_str source = AID_STR_INIT (PATH_LIMIT), path = AID_STR_INIT (PATH_LIMIT);
      size_t before = c->have.len;
      if (is_error_in_file (d) && d->path[0] != '/' && !aid_tested_source (c->root, aid_span_z (d->path), &source)
          && !aid_fs_join (&path, c->root, aid_str_z (&source)))
        add_file (c, aid_str_z (&path), "tested by the failing test", NULL);
      files += c->have.len > before;
      aid_str_free (&source);
      aid_str_free (&path);
    }
}

/* What fails in the last build, if it is red, and the first files that its errors name. */
static void
add_build (struct cook *c)
{
  struct aid_build_last l;
  size_t files = 0;
  if (aid_build_last_read (c->root, &l, NULL) == AID_OK && l.status == AID_BUILD_RED)
    {
      if (!asks_with (c, AID_ITEM_BUILD))
        add_failing (c, &l);
      for (size_t i = 0; i < l.diags.items.len && files < BUILD_FILES; i++)
        {
          const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &l.diags.items, i);
          struct aid_str path = AID_STR_INIT (PATH_LIMIT);
          size_t before = c->have.len;
          if (is_error_in_file (d) && !aid_fs_join (&path, c->root, d->path))
            add_file (c, aid_str_z (&path), "named by an error", NULL);
          files += c->have.len > before;
          aid_str_free (&path);
        }
      add_tested (c, &l);
    }
  aid_build_last_free (&l);
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

/* Finds the last question, and the files that it has. */
static void
read_question (struct cook *c)
{
  const struct aid_vec *turns = &c->chat->turns;
  c->question = turns->len;
  for (size_t i = turns->len; i-- > 0 && c->question == turns->len;)
    if (AID_VEC_AT (struct aid_turn, turns, i).kind == AID_TURN_USER)
      c->question = i;
  if (c->question == turns->len)
    return;
  const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, turns, c->question);
  for (size_t i = t->first_piece; i < t->first_piece + t->npieces; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->chat->pieces, i);
      if (p->kind != AID_PIECE_ITEM)
        continue;
      struct aid_span target = AID_VEC_AT (struct aid_chat_item, &c->chat->items, p->index).target;
      struct aid_str path = AID_STR_INIT (PATH_LIMIT), text = AID_STR_INIT (AID_ITEM_MAX);
      path_of (c, target, &path);
      if (path.len && !path.err)
        note (c, aid_str_z (&path));
      if (path.len && !aid_item_read (c->dir, target, &text, NULL))
        c->out->tokens += aid_estimate (AID_FAMILY_OTHER, aid_str_span (&text));
      aid_str_free (&path);
      aid_str_free (&text);
    }
}

static void
add_sources (struct cook *c)
{
  size_t own = c->have.len;
  for (size_t i = 0; i < c->s->nsources; i++)
    if (c->s->sources[i] == AID_SOURCE_BUILD)
      {
        add_build (c);
        own = c->have.len; /* what goes with its files goes with the question's */
      }
    else if (c->s->sources[i] == AID_SOURCE_INSTRUCTIONS)
      add_instructions (c, own);
    else if (c->s->sources[i] == AID_SOURCE_SIBLINGS)
      for (size_t k = 0; k < own; k++)
        add_siblings (c, AID_VEC_AT (char *, &c->have, k));
}

enum aid_err
aid_recipe_make (const struct aid_strategy *s, struct aid_span text, const char *root, const char *dir,
                 struct aid_recipe *out, struct aid_error *e)
{
  struct aid_chat *chat = NULL;
  struct aid_str top = AID_STR_INIT (PATH_LIMIT);
  out->items = AID_VEC_INIT (struct aid_recipe_item, AID_RECIPE_ITEMS);
  out->left_out = AID_VEC_INIT (struct aid_recipe_item, AID_RECIPE_ITEMS);
  out->tokens = 0;
  if (!root || aid_fs_join (&top, "/", root))
    return AID_OK;
  enum aid_err err = aid_chat_parse (text, &chat, e);
  if (!err)
    {
      struct cook c = { s, aid_str_z (&top), dir, out, AID_VEC_INIT (char *, FILES_MAX), chat, 0 };
      read_question (&c);
      add_sources (&c);
      for (size_t i = 0; i < c.have.len; i++)
        free (AID_VEC_AT (char *, &c.have, i));
      aid_vec_free (&c.have);
    }
  aid_chat_free (chat);
  aid_str_free (&top);
  return err;
}

void
aid_recipe_items_free (struct aid_vec *items)
{
  for (size_t i = 0; i < items->len; i++)
    {
      struct aid_recipe_item *item = &AID_VEC_AT (struct aid_recipe_item, items, i);
      free (item->target);
      free (item->label);
      free (item->why);
      free (item->name);
    }
  aid_vec_free (items);
}

void
aid_recipe_free (struct aid_recipe *r)
{
  aid_recipe_items_free (&r->items);
  aid_recipe_items_free (&r->left_out);
}
