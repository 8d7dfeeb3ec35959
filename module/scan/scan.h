/* What a source file defines: functions, types, sections and the like, each with the bytes it takes, what the file imports,
   and which bytes are comments and strings.

   One scanner a language (scan_*.c and a row of the table in language.c).  A scanner reads the text once, from the front, in
   time linear in its length, takes any bytes, and guesses where a text is no valid program: it never fails for what it
   reads.  For languages without a scanner tree-sitter or universal-ctags are asked, where they are installed (sources.h); they
   tell definitions alone.  All places are offsets into the text; nothing is copied.  Thread-safe: a result belongs to one
   thread at a time. */
#ifndef AID_SCAN_SCAN_H
#define AID_SCAN_SCAN_H

#include "base/str.h"

#define AID_SCAN_TEXT_MAX ((size_t)64 << 20) /* bytes of a text */
#define AID_SCAN_DEFS 200000                 /* definitions of a text; what follows is left out */
#define AID_SCAN_IMPORTS 20000               /* imports of a text, likewise */
#define AID_SCAN_REGIONS 1000000             /* comments and strings of a text, likewise */
#define AID_SCAN_NESTING 200                 /* definitions within definitions; deeper ones are left out */

enum aid_language
{
  AID_LANG_NONE = 0, /* unknown: no definitions, all of it is text */
  AID_LANG_C,
  AID_LANG_CPP,
  AID_LANG_OCAML,
  AID_LANG_OCAML_INTERFACE,
  AID_LANG_ELISP,
  AID_LANG_LISP,
  AID_LANG_SCHEME,
  AID_LANG_PYTHON,
  AID_LANG_JAVASCRIPT,
  AID_LANG_TYPESCRIPT,
  AID_LANG_RUST,
  AID_LANG_GO,
  AID_LANG_JAVA,
  AID_LANG_SHELL,
  AID_LANG_MARKDOWN,
  /* Without a scanner here.  An index keeps these numbers: a new one goes to the end, or the index gets a new version. */
  AID_LANG_RUBY,
  AID_LANG_PHP,
  AID_LANG_LUA,
  AID_LANG_KOTLIN,
  AID_LANG_CSHARP,
  AID_LANG_SWIFT,
  AID_LANG_SCALA,
  AID_LANG_ELIXIR,
  AID_LANG_HASKELL,
  AID_LANG_PERL,
  AID_LANG_JULIA,
  AID_LANG_R,
  AID_LANG_ERLANG,
  AID_LANG_CLOJURE,
  AID_LANG_ELM,
  AID_LANG_DART,
  AID_LANG_ZIG,
  AID_LANG_NIM,
  AID_LANG_D,
  AID_LANG_OBJC,
  AID_LANG_GROOVY,
  AID_LANG_FSHARP,
  AID_LANG_ADA,
  AID_LANG_FORTRAN,
  AID_LANG_PASCAL,
  AID_LANG_TCL,
  AID_LANG_SQL,
  AID_LANG_VERILOG,
  AID_LANG_VHDL,
  AID_LANG_VIM,
  AID_LANG_AWK,
  AID_LANG_POWERSHELL,
  AID_LANG_PROTOBUF,
  AID_LANG_SOLIDITY,
  AID_LANGUAGES /* how many there are */
};
#define AID_LANG_FOREIGN AID_LANG_RUBY /* the first without a scanner here */

/* The language of a file by its name, else by the "#!" line at HEAD's beginning (HEAD: the first bytes, some hundred will do;
   may be empty).  A .h is C++ when HEAD has what only C++ has, a .m Objective-C likewise or nothing. */
enum aid_language aid_language_of (struct aid_span path, struct aid_span head);
/* A stable lower-case word: "c", "c++", "ocaml", ...; "text" for AID_LANG_NONE. */
const char *aid_language_name (enum aid_language language);
/* What stands between a container and its member: "::" for C++, Rust, Ruby and others, mostly ".". */
const char *aid_language_separator (enum aid_language language);

enum aid_def_kind
{
  AID_DEF_FUNCTION,
  AID_DEF_METHOD,
  AID_DEF_TYPE, /* struct, union, enum, typedef, interface, trait, record, OCaml type */
  AID_DEF_CLASS,
  AID_DEF_MODULE,      /* module, namespace, package, functor */
  AID_DEF_SIGNATURE,   /* a val or external of an interface, a method of a Java or Go interface or a
                                                   Rust trait without a body, a C prototype */
  AID_DEF_CONSTRUCTOR, /* of a variant; an enum's constant */
  AID_DEF_EXCEPTION,
  AID_DEF_FIELD,    /* of a record, struct or class */
  AID_DEF_VARIABLE, /* a constant or variable outside functions */
  AID_DEF_MACRO,
  AID_DEF_SECTION, /* a heading and what stands under it */
  AID_DEF_TEST,
  AID_DEF_KINDS
};

/* A stable lower-case word: "function", "method", ... */
const char *aid_def_kind_name (enum aid_def_kind kind);

struct aid_range
{
  uint32_t from, to; /* bytes; TO is the first one behind */
};

struct aid_def
{
  enum aid_def_kind kind;
  int32_t parent;             /* the definition that it stands in (its index, lower than its own), or -1 */
  struct aid_range name;      /* of a section: its heading; of a test: its title, without quotes */
  struct aid_range scope;     /* the container as it is written where it is no parent: A::B of A::B::f, the
                                                   type of a Rust impl or of a Go receiver; else empty */
  struct aid_range whole;     /* with leading comment and attributes, and what comments it behind;
                                                   whole lines but for several on one line */
  struct aid_range signature; /* from its first word (no comment or attribute) up to its body */
  uint32_t line;              /* of the name, from 1 */
  uint32_t first, last;       /* lines of WHOLE, from 1 */
};

enum aid_region_kind
{
  AID_REGION_COMMENT,
  AID_REGION_STRING
};

struct aid_region
{
  uint32_t from, to;         /* with delimiters */
  enum aid_region_kind kind; /* documentation strings are comments */
};

/* An import, open, include, require or use: NAME is what is written, without quotes and brackets ("stdio.h", "Stdlib.List",
   "./util.js", "std::fs"). */
struct aid_import
{
  struct aid_range name;
  struct aid_range whole; /* the statement, or its line */
  uint32_t line;
};

/* What told a text's definitions, the better ones last. */
enum aid_scan_source
{
  AID_SOURCE_HERE,  /* a scanner of ours; or it is a text of no language */
  AID_SOURCE_NONE,  /* nobody: there is no grammar and no ctags for its language */
  AID_SOURCE_CTAGS, /* universal-ctags */
  AID_SOURCE_TREES  /* a grammar of tree-sitter */
};

/* What a text holds, each array by place: definitions by the beginning of WHOLE (an outer one before what is in it), imports
   and regions by their beginning; regions do not overlap.  Begin with AID_SCAN_INIT and use it again for the next text, which
   keeps its memory. */
struct aid_scan
{
  struct aid_def *defs;
  struct aid_import *imports;
  struct aid_region *regions;
  size_t n_defs, n_imports, n_regions;
  enum aid_scan_source source;
  int patience_ms; /* the caller's: how long other programs are waited for at most; 0: 15 s for one text, 60 s at idle priority */
  int places_only; /* the caller's: no lines are counted and no regions kept, where that saves time */
  size_t cap_defs, cap_imports, cap_regions; /* private */
};

#define AID_SCAN_INIT ((struct aid_scan){ NULL, NULL, NULL, 0, 0, 0, AID_SOURCE_HERE, 0, 0, 0, 0, 0 })

/* Fills S (what it held is gone).  AID_E_NOMEM, or AID_E_LIMIT for a text over AID_SCAN_TEXT_MAX; S is empty then.  May wait for
   another program where the language has no scanner here, and never fails because of it. */
enum aid_err aid_scan_text (enum aid_language language, struct aid_span text, struct aid_scan *s);
/* Frees it; what remains is AID_SCAN_INIT. */
void aid_scan_free (struct aid_scan *s);

/* Appends the names of what holds definition I, outermost first, and its SCOPE, joined by the language's separator; nothing
   for what stands at the top. */
enum aid_err aid_scan_container (const struct aid_scan *s, enum aid_language language, struct aid_span text, size_t i,
                                 struct aid_str *out);

/* The innermost definition of which WHOLE holds the byte AT, or -1. */
ptrdiff_t aid_scan_at (const struct aid_scan *s, size_t at);
/* The same, but of a field or a constructor what it is one of. */
ptrdiff_t aid_scan_around (const struct aid_scan *s, size_t at);

#endif
