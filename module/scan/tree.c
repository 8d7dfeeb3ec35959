/* tree-sitter as a source of definitions: see tree.h. */
#include "scan/tree.h"
#include "base/fs.h"
#include "scan/scan_internal.h"
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>

#define FOLDERS 48
#define CHILDREN 16 /* of a node, in which a name is looked for */

/* --- the library, as its ABI has been since 0.16 --- */

struct node
{
  uint32_t context[4];
  const void *id, *tree;
};

struct cursor
{
  const void *tree, *id;
  uint32_t context[6]; /* two or three are used */
};

struct library
{
  void *(*parser_new) (void);
  void (*parser_delete) (void *parser);
  bool (*parser_set_language) (void *parser, const void *language);
  void *(*parser_parse_string) (void *parser, const void *old, const char *text, uint32_t len);
  void (*tree_delete) (void *tree);
  struct node (*tree_root_node) (const void *tree);
  struct cursor (*tree_cursor_new) (struct node node);
  void (*tree_cursor_delete) (struct cursor *c);
  bool (*tree_cursor_goto_first_child) (struct cursor *c);
  bool (*tree_cursor_goto_next_sibling) (struct cursor *c);
  bool (*tree_cursor_goto_parent) (struct cursor *c);
  struct node (*tree_cursor_current_node) (const struct cursor *c);
  const char *(*node_type) (struct node node);
  bool (*node_is_named) (struct node node);
  bool (*node_is_null) (struct node node);
  struct node (*node_child_by_field_name) (struct node node, const char *name, uint32_t len);
  uint32_t (*node_named_child_count) (struct node node);
  struct node (*node_named_child) (struct node node, uint32_t i);
  uint32_t (*node_start_byte) (struct node node);
  uint32_t (*node_end_byte) (struct node node);
};

static const char *const symbols[] = {
  "ts_parser_new",
  "ts_parser_delete",
  "ts_parser_set_language",
  "ts_parser_parse_string",
  "ts_tree_delete",
  "ts_tree_root_node",
  "ts_tree_cursor_new",
  "ts_tree_cursor_delete",
  "ts_tree_cursor_goto_first_child",
  "ts_tree_cursor_goto_next_sibling",
  "ts_tree_cursor_goto_parent",
  "ts_tree_cursor_current_node",
  "ts_node_type",
  "ts_node_is_named",
  "ts_node_is_null",
  "ts_node_child_by_field_name",
  "ts_node_named_child_count",
  "ts_node_named_child",
  "ts_node_start_byte",
  "ts_node_end_byte",
};

_Static_assert(sizeof (struct library) == sizeof symbols / sizeof *symbols * sizeof (void (*) (void)),
               "a symbol for each member");

struct grammar
{
  char name[32];
  const void *language;
};

struct aid_tree
{
  struct library lib;
  void *parser;
  char *folders[FOLDERS];
  struct grammar grammars[AID_TREE_GRAMMARS];
  int n_grammars;
};

void
aid_tree_free (struct aid_tree *t)
{
  if (!t)
    return;
  if (t->parser)
    t->lib.parser_delete (t->parser);
  for (int i = 0; i < FOLDERS; i++)
    free (t->folders[i]);
  free (t);
}

/* Fills in LIB; 0 when something is missing.  The library stays loaded. */
static int
load (const char *name, struct library *lib)
{
  void *handle = name ? dlopen (name, RTLD_NOW | RTLD_LOCAL) : dlopen ("libtree-sitter.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!handle && !name)
    handle = dlopen ("libtree-sitter.so", RTLD_NOW | RTLD_LOCAL);
  for (size_t i = 0; handle && i < sizeof symbols / sizeof *symbols; i++)
    {
      void *symbol = dlsym (handle, symbols[i]);
      if (!symbol)
        return 0;
      memcpy ((char *)lib + i * sizeof symbol, &symbol, sizeof symbol);
    }
  return handle != NULL;
}

enum aid_err
aid_tree_new (const char *library, const char *const *folders, struct aid_tree **out, struct aid_error *e)
{
  struct aid_tree *t = calloc (1, sizeof *t);
  *out = NULL;
  if (!t)
    return aid_error_set (e, AID_E_NOMEM, "No memory for tree-sitter.");
  if (!load (library, &t->lib))
    {
      free (t);
      return aid_error_set (e, AID_E_NOTFOUND, "%s cannot be loaded: install it, or use definitions without tree-sitter.",
                            library ? library : "The library libtree-sitter");
    }
  t->parser = t->lib.parser_new ();
  int failed = !t->parser;
  for (int i = 0; i < FOLDERS && folders[i]; i++)
    failed |= !(t->folders[i] = strdup (folders[i]));
  if (failed)
    {
      aid_tree_free (t);
      return aid_error_set (e, AID_E_NOMEM, "No memory for tree-sitter.");
    }
  *out = t;
  return AID_OK;
}

/* --- grammars --- */

/* The grammar NAME of PATH's library, which stays loaded. */
static const void *
load_from (const char *path, const char *symbol)
{
  void *handle = dlopen (path, RTLD_NOW | RTLD_LOCAL), *function = handle ? dlsym (handle, symbol) : NULL;
  const void *(*get) (void) = NULL;
  memcpy (&get, &function, sizeof get);
  return get ? get () : NULL;
}

/* In the folders, then where the system looks for libraries. */
static const void *
load_grammar (const struct aid_tree *t, const char *name)
{
  struct aid_str path = AID_STR_INIT (4096), symbol = AID_STR_INIT (100);
  const void *language = NULL;
  aid_str_addf (&symbol, "tree_sitter_%s", name);
  for (size_t i = 0; i < symbol.len; i++)
    if (symbol.ptr[i] == '-')
      symbol.ptr[i] = '_';
  for (int i = 0; i < FOLDERS && t->folders[i] && !language; i++)
    {
      aid_str_clear (&path);
      aid_str_addf (&path, "%s/libtree-sitter-%s.so", t->folders[i], name);
      language = aid_fs_exists (aid_str_z (&path)) ? load_from (aid_str_z (&path), aid_str_z (&symbol)) : NULL;
    }
  aid_str_clear (&path);
  aid_str_addf (&path, "libtree-sitter-%s.so", name);
  if (!language)
    language = load_from (aid_str_z (&path), aid_str_z (&symbol));
  aid_str_free (&path);
  aid_str_free (&symbol);
  return language && t->lib.parser_set_language (t->parser, language) ? language : NULL;
}

/* One that is not there is looked for each time: it may come. */
static const void *
grammar (struct aid_tree *t, const char *name)
{
  for (int i = 0; i < t->n_grammars; i++)
    if (strcmp (t->grammars[i].name, name) == 0)
      return t->grammars[i].language;
  const void *language;
  if (t->n_grammars == AID_TREE_GRAMMARS || strlen (name) >= sizeof t->grammars[0].name || strchr (name, '/')
      || !(language = load_grammar (t, name)))
    return NULL;
  struct grammar *g = &t->grammars[t->n_grammars++];
  strcpy (g->name, name);
  return g->language = language;
}

int
aid_tree_has (struct aid_tree *t, const char *language)
{
  return grammar (t, language) != NULL;
}

/* --- what nodes define --- */

static const struct
{
  const char *begins;
  enum aid_def_kind kind;
} kinds_by_beginning[] = {
  { "function_signature", AID_DEF_SIGNATURE },
  { "method_signature", AID_DEF_SIGNATURE },
  { "abstract_method", AID_DEF_SIGNATURE },
  { "function", AID_DEF_FUNCTION },
  { "generator_function", AID_DEF_FUNCTION },
  { "method", AID_DEF_METHOD },
  { "singleton_method", AID_DEF_METHOD },
  { "constructor", AID_DEF_METHOD },
  { "compact_constructor", AID_DEF_METHOD },
  { "class", AID_DEF_CLASS },
  { "abstract_class", AID_DEF_CLASS },
  { "object", AID_DEF_CLASS },
  { "struct", AID_DEF_TYPE },
  { "union", AID_DEF_TYPE },
  { "enum_variant", AID_DEF_CONSTRUCTOR },
  { "enumerator", AID_DEF_CONSTRUCTOR },
  { "enum", AID_DEF_TYPE },
  { "interface", AID_DEF_TYPE },
  { "trait", AID_DEF_TYPE },
  { "protocol_function", AID_DEF_SIGNATURE },
  { "protocol", AID_DEF_TYPE },
  { "record", AID_DEF_TYPE },
  { "type", AID_DEF_TYPE },
  { "annotation_type", AID_DEF_TYPE },
  { "module", AID_DEF_MODULE },
  { "namespace", AID_DEF_MODULE },
  { "internal_module", AID_DEF_MODULE },
  { "mod_", AID_DEF_MODULE },
  { "macro", AID_DEF_MACRO },
  { "preproc_def", AID_DEF_MACRO },
  { "preproc_function_def", AID_DEF_MACRO },
  { "const_", AID_DEF_VARIABLE },
  { "static_item", AID_DEF_VARIABLE },
};
static const char *const definition_ends[]
  = { "_definition", "_declaration", "_item", "_spec", "_specifier", "_statement", "_signature", "_binding", "_def" };
static const char *const definition_names[]
  = { "method", "singleton_method", "class", "module", "internal_module", "enum_variant", "enumerator", "preproc_def" };

/* The kind of a definition by its node's name: what it is, then that it is a definition. */
static int
defines (const char *type, enum aid_def_kind *kind)
{
  size_t n = strlen (type), i = 0;
  int is = 0;
  for (size_t k = 0; k < sizeof definition_ends / sizeof *definition_ends && !is; k++)
    is = n > strlen (definition_ends[k]) && strcmp (type + n - strlen (definition_ends[k]), definition_ends[k]) == 0;
  for (size_t k = 0; k < sizeof definition_names / sizeof *definition_names && !is; k++)
    is = strcmp (type, definition_names[k]) == 0;
  while (is && i < sizeof kinds_by_beginning / sizeof *kinds_by_beginning
         && strncmp (type, kinds_by_beginning[i].begins, strlen (kinds_by_beginning[i].begins)) != 0)
    i++;
  if (!is || i == sizeof kinds_by_beginning / sizeof *kinds_by_beginning)
    return 0;
  *kind = kinds_by_beginning[i].kind;
  return 1;
}

static struct node
field (const struct library *lib, struct node node, const char *name)
{
  return lib->node_child_by_field_name (node, name, (uint32_t)strlen (name));
}

static int
is_name (const char *type)
{
  static const char *const names[] = { "simple_identifier", "type_identifier", "identifier", "variable", "name" };
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (strcmp (type, names[k]) == 0)
      return 1;
  return 0;
}

static int
is_body (const char *type)
{
  size_t n = strlen (type);
  return (n >= 4 && strcmp (type + n - 4, "body") == 0) || strcmp (type, "block") == 0;
}

/* The first of NODE's children that IS what is looked for: some grammars give their parts no names. */
static struct node
child_that (const struct library *lib, struct node node, int (*is) (const char *type))
{
  uint32_t n = lib->node_named_child_count (node);
  for (uint32_t i = 0; i < n && i < CHILDREN; i++)
    {
      struct node child = lib->node_named_child (node, i);
      if (is (lib->node_type (child)))
        return child;
    }
  return (struct node){ .id = NULL };
}

/* What names NODE, whose type is TYPE: its name, or what its declarators lead to; empty when nothing does. */
static struct aid_range
name_of (const struct library *lib, struct node node, const char *type)
{
  struct node name = field (lib, node, "name");
  if (lib->node_is_null (name) && lib->node_is_null (field (lib, node, "declarator")) && !strstr (type, "call")
      && !strstr (type, "use"))
    name = child_that (lib, node, is_name);
  for (int i = 0; i < 16 && lib->node_is_null (name); i++)
    {
      node = field (lib, node, "declarator");
      if (lib->node_is_null (node))
        return (struct aid_range){ 0, 0 };
      struct node inner = field (lib, node, "declarator");
      name = lib->node_is_null (inner) ? node : field (lib, node, "name");
    }
  return lib->node_is_null (name) ? (struct aid_range){ 0, 0 }
                                  : (struct aid_range){ lib->node_start_byte (name), lib->node_end_byte (name) };
}

struct open
{
  int32_t def;
  uint32_t to;
};

struct walk
{
  const struct library *lib;
  struct aid_scanner *s;
  struct open open[AID_SCAN_NESTING];
  int n;
  uint32_t comments, comments_end;  /* a run of them on lines of their own, which a definition may follow */
  uint32_t decorated, decorated_to; /* decorators and what they decorate */
};

/* Where the comments begin that stand directly above what begins at FROM, else FROM. */
static uint32_t
lead_of (const struct walk *w, uint32_t from)
{
  int above = w->comments_end && w->comments_end <= from && from - w->comments_end < 200
              && aid_scan_line_end (w->s, w->comments_end - 1) + 1 >= aid_scan_line_start (w->s, from);
  return above ? w->comments : from;
}

static void
visit (struct walk *w, struct node node)
{
  const char *type = w->lib->node_type (node);
  uint32_t from = w->lib->node_start_byte (node), to = w->lib->node_end_byte (node);
  enum aid_def_kind kind;
  if (to > w->s->len || from >= to || !w->lib->node_is_named (node))
    return;
  if (strstr (type, "comment"))
    {
      if (!w->comments_end || from - w->comments_end > 200
          || aid_scan_line_end (w->s, w->comments_end) + 1 < aid_scan_line_start (w->s, from))
        w->comments = from;
      w->comments_end = to;
      return;
    }
  while (w->n > 0 && w->open[w->n - 1].to <= from)
    w->n--;
  if (strcmp (type, "decorated_definition") == 0)
    {
      w->decorated = lead_of (w, from);
      w->decorated_to = to;
    }
  if (!defines (type, &kind))
    return;
  struct aid_range name = name_of (w->lib, node, type);
  struct node body = field (w->lib, node, "body");
  if (w->lib->node_is_null (body) && !strstr (type, "_specifier"))
    body = child_that (w->lib, node, is_body);
  if (name.from >= name.to || name.from < from || name.to > to)
    return;
  if (kind == AID_DEF_TYPE && strstr (type, "_specifier") && w->lib->node_is_null (body))
    return; /* C's struct x in the middle of something */
  uint32_t lead = from < w->decorated_to ? w->decorated : lead_of (w, from);
  w->decorated_to = 0;
  int32_t parent = w->n > 0 ? w->open[w->n - 1].def : -1;
  if (parent >= 0 && kind == AID_DEF_FUNCTION
      && (aid_scan_def (w->s, parent)->kind == AID_DEF_CLASS || aid_scan_def (w->s, parent)->kind == AID_DEF_TYPE))
    kind = AID_DEF_METHOD;
  int32_t def = aid_scan_add (w->s, kind, parent, name, lead, from);
  aid_scan_end (w->s, def, w->lib->node_is_null (body) ? to : w->lib->node_start_byte (body), to);
  if (def >= 0 && w->n < AID_SCAN_NESTING)
    w->open[w->n++] = (struct open){ def, to };
}

/* Every node, an outer one before what is in it. */
static void
walk (struct walk *w, struct node root)
{
  struct cursor c = w->lib->tree_cursor_new (root);
  for (;;)
    {
      visit (w, w->lib->tree_cursor_current_node (&c));
      if (w->lib->tree_cursor_goto_first_child (&c))
        continue;
      while (!w->lib->tree_cursor_goto_next_sibling (&c))
        if (!w->lib->tree_cursor_goto_parent (&c))
          {
            w->lib->tree_cursor_delete (&c);
            return;
          }
    }
}

enum aid_err
aid_tree_scan (struct aid_tree *t, const char *language, struct aid_span text, struct aid_scan *out)
{
  const void *g = grammar (t, language);
  out->n_defs = out->n_imports = out->n_regions = 0;
  if (text.len > AID_TREE_TEXT_MAX)
    return AID_E_LIMIT;
  if (!g || !t->lib.parser_set_language (t->parser, g))
    return AID_E_NOTFOUND;
  void *tree = t->lib.parser_parse_string (t->parser, NULL, text.ptr ? text.ptr : "", (uint32_t)text.len);
  if (!tree)
    return AID_E_NOMEM;
  struct aid_scanner s = { (const unsigned char *)text.ptr, (uint32_t)text.len, out, 0 };
  struct walk *w = calloc (1, sizeof *w);
  enum aid_err err = AID_E_NOMEM;
  if (w)
    {
      w->lib = &t->lib;
      w->s = &s;
      walk (w, t->lib.tree_root_node (tree));
      err = aid_scan_settle (&s);
    }
  free (w);
  t->lib.tree_delete (tree);
  return err;
}
