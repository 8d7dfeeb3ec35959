/* Definitions by tree-sitter, where its library and a grammar are installed: both are loaded when they are asked for, and
   nothing is needed to build.  Grammars are those of Emacs (libtree-sitter-LANGUAGE.so).  What is a definition is told by the
   names that grammars give their nodes, function_definition, class_declaration, struct_item and the like, so that any grammar
   will do. */
#ifndef AID_SCAN_TREE_H
#define AID_SCAN_TREE_H

#include "scan/scan.h"

#define AID_TREE_TEXT_MAX ((size_t)4 << 20) /* bytes of a text: a tree takes many times as much memory */
#define AID_TREE_GRAMMARS 64                /* that one struct aid_tree loads */

/* Belongs to one thread at a time. */
struct aid_tree;

/* LIBRARY: NULL for the system's.  FOLDERS: where grammars are looked for, NULL at the end; copied.  AID_E_NOTFOUND: there is no
   such library, or it lacks what is needed. */
enum aid_err aid_tree_new (const char *library, const char *const *folders, struct aid_tree **t, struct aid_error *e);
void aid_tree_free (struct aid_tree *t);

/* Whether there is a grammar for LANGUAGE as its file calls it ("python", "c-sharp") that the library can use. */
int aid_tree_has (struct aid_tree *t, const char *language);
/* Fills S with definitions (no imports, no regions).  AID_E_NOTFOUND: no grammar; AID_E_LIMIT: too large a text. */
enum aid_err aid_tree_scan (struct aid_tree *t, const char *language, struct aid_span text, struct aid_scan *s);

#endif
