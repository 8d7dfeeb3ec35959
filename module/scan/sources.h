/* Definitions of the languages that have no scanner here: by tree-sitter where a grammar is installed, else by universal-ctags
   where it is, else none.  aid_scan_text asks for them.

   Both work in programs of their own, aid-trees (module/trees) and ctags.  They are started when a text of such a language is
   first met, serve all threads, one text at a time each, end when nobody wanted them for a while, and have limits on time and
   memory: a text of which one of them dies, or which takes too long, is taken as text and is not asked about again.  Neither
   outlives us: they end with their input.

   Grammars are files libtree-sitter-LANGUAGE.so as Emacs has them.  They are looked for in the folders that Emacs told
   (aid_sources_use), those of the user's setting "grammars" (config/config.h), Emacs's own ones under HOME, and where the
   system keeps libraries; never in a project.  Every function may be called on any thread. */
#ifndef AID_SCAN_SOURCES_H
#define AID_SCAN_SOURCES_H

#include "scan/scan.h"

struct aid_sources_options
{
  const char *trees, *ctags;   /* the programs; NULL: aid-trees beside us and ctags in PATH; "": none */
  const char *const *grammars; /* folders, absolute; N of them, the first counts most */
  size_t n;
};

/* What holds from now on; copied.  What was found out is forgotten: a grammar that was missing is looked for again. */
void aid_sources_use (const struct aid_sources_options *o);

/* What would tell the definitions of a text in LANGUAGE now.  May start one of the programs. */
enum aid_scan_source aid_sources_best (enum aid_language language);

/* Ends the programs and the thread that watches them.  Nobody is in a function of this header or scans then. */
void aid_sources_stop (void);

#endif
