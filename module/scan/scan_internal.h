/* What scanners are made with: where their finds go, a cursor of tokens for the languages with braces, and keywords. */
#ifndef AID_SCAN_INTERNAL_H
#define AID_SCAN_INTERNAL_H

#include "scan/scan.h"

/* --- where finds go --- */

struct aid_scanner
{
  const unsigned char *text;
  uint32_t len;
  struct aid_scan *out;
  int failed; /* no memory */
};

/* A definition whose NAME has been read; its leading comment begins at LEAD and its first word at FROM.  Its index, or -1
   when there is no room (which all the functions below take, doing nothing). */
int32_t aid_scan_add (struct aid_scanner *s, enum aid_def_kind kind, int32_t parent, struct aid_range name, uint32_t lead,
                      uint32_t from);
/* Its signature ends before SIGNATURE_TO and itself before TO: blanks are trimmed off the one, and the other goes on to the
   end of the line over blanks, ";" and a comment. */
void aid_scan_end (struct aid_scanner *s, int32_t def, uint32_t signature_to, uint32_t to);
void aid_scan_import (struct aid_scanner *s, struct aid_range name, uint32_t from, uint32_t to);
void aid_scan_region (struct aid_scanner *s, enum aid_region_kind kind, uint32_t from, uint32_t to);

/* When all is found: numbers of lines; what never got a name is taken out, and nothing lies outside of its parent. */
enum aid_err aid_scan_settle (struct aid_scanner *s);

static inline struct aid_def *
aid_scan_def (const struct aid_scanner *s, int32_t def)
{
  return def < 0 ? NULL : &s->out->defs[def];
}

/* Where the line of AT begins (or 4,096 bytes before), and where its newline is (or the end of the text). */
uint32_t aid_scan_line_start (const struct aid_scanner *s, uint32_t at);
uint32_t aid_scan_line_end (const struct aid_scanner *s, uint32_t at);
/* Likewise, at most 4,096 bytes behind AT: for what is not read over. */
uint32_t aid_scan_line_near (const struct aid_scanner *s, uint32_t at);

/* A language's scanner. */
typedef void aid_scan_fn (struct aid_scanner *s, enum aid_language language);

aid_scan_fn aid_scan_c, aid_scan_ocaml, aid_scan_lisp, aid_scan_python, aid_scan_js, aid_scan_rust, aid_scan_go,
  aid_scan_java, aid_scan_shell, aid_scan_markdown;

/* NULL for AID_LANG_NONE and the foreign ones. */
aid_scan_fn *aid_language_scanner (enum aid_language language);

/* What others call a language without a scanner here. */
struct aid_foreign
{
  const char *grammar; /* tree-sitter's, as its file is called: "c-sharp" */
  const char *file;    /* a file's name by which universal-ctags knows the language; NULL: it does not */
  const char *parts;   /* characters that part a container and its member within one name: ".:" for Lua's M.f; or NULL */
};
/* NULL for a language that has a scanner here, and for AID_LANG_NONE. */
const struct aid_foreign *aid_language_foreign (enum aid_language language);
/* Asks the others: sources.c. */
enum aid_err aid_sources_scan (enum aid_language language, struct aid_span text, struct aid_scan *out);

/* --- keywords --- */

struct aid_keyword
{
  const char *word;
  uint8_t len, id; /* ID is never 0 */
};

#define AID_KEYWORD(text, number)                                                                                           \
  {                                                                                                                         \
    text, sizeof (text) - 1, number                                                                                         \
  }

struct aid_keywords
{
  const struct aid_keyword *table; /* in the order of their first letters, all of which are lower case */
  uint8_t first[28];               /* where those of each letter begin; '_' comes last */
};

void aid_keywords_init (struct aid_keywords *k, const struct aid_keyword *table, size_t n);

static inline int
aid_keyword_of (const struct aid_keywords *k, const unsigned char *word, size_t len)
{
  unsigned letter = word[0] == '_' ? 26 : (unsigned)word[0] - 'a';
  if (letter > 26 || len < 2)
    return 0;
  for (unsigned i = k->first[letter]; i < k->first[letter + 1]; i++)
    if (k->table[i].len == len && memcmp (k->table[i].word, word, len) == 0)
      return k->table[i].id;
  return 0;
}

/* --- tokens of the languages with braces --- */

enum aid_token /* else the character itself */
{
  AID_T_END = 0,
  AID_T_WORD = 256,
  AID_T_NUMBER,
  AID_T_STRING,
  AID_T_CHAR,     /* a character literal, a regular expression */
  AID_T_LIFETIME, /* Rust's 'a */
  AID_T_SCOPE,    /* "::" */
  AID_T_ARROW,    /* "->" and "=>" */
  AID_T_DIRECTIVE /* a whole line of C's preprocessor, with its continuations */
};

enum aid_lex_flags
{
  AID_LEX_DIRECTIVES = 1, /* C's, and "\" before a newline */
  AID_LEX_RAW_CPP = 2,    /* R"x(...)x" */
  AID_LEX_RUST = 4,       /* r#"..."#, 'a, nested comments, strings over lines */
  AID_LEX_GO = 8,         /* `...` */
  AID_LEX_JS = 16,        /* templates, regular expressions */
  AID_LEX_JAVA = 32,      /* """...""" */
};

#define AID_LEX_TEMPLATES 32 /* templates within templates of JavaScript */

struct aid_lex
{
  struct aid_scanner *s;
  const unsigned char *text;
  uint32_t at, len;
  unsigned flags;
  /* the token */
  int token;
  uint32_t from, to;
  uint32_t lead; /* where the comments begin that stand directly above it, else FROM */
  int lines;     /* newlines between it and the one before: 0, 1 or 2 for more */
  /* the one before */
  int before;
  uint32_t before_from, before_to;
  /* a template's "${": how many braces are open within each */
  uint32_t braces[AID_LEX_TEMPLATES];
  int templates;
  int resume; /* a template's text goes on here */
  /* whether each open "(" of JavaScript is that of a condition, and whether the last one that was closed is */
  uint64_t conditions;
  int condition;
  uint32_t unclosed[3]; /* no "'", "\"" and "/" before these closes what another one opens */
};

void aid_lex_init (struct aid_lex *l, struct aid_scanner *s, unsigned flags);
/* Reads the next token; gives it, AID_T_END at the end (again and again). */
int aid_lex_next (struct aid_lex *l);
/* The token is an opening bracket: reads on to its closing one (or the end, or a "}" that cannot be within), which becomes
   the token. */
void aid_lex_skip (struct aid_lex *l);
/* For C and C++: reads over what is neither a brace, a directive nor a comment, as if it had been read token by token.
   STATEMENTS: nor a word behind ";" that a type may begin with.  What was last is the token: ";" or any word. */
void aid_lex_rush (struct aid_lex *l, int statements);
/* The token is "<": reads on to the ">" that closes it, which becomes the token, over brackets that begin with one of OVER.
   0: one of STOPS, a directive or the end comes before it and is the token. */
int aid_lex_angles (struct aid_lex *l, const char *over, const char *stops);

static inline int
aid_lex_is (const struct aid_lex *l, const char *word)
{
  size_t len = strlen (word);
  return l->token == AID_T_WORD && l->to - l->from == len && memcmp (l->text + l->from, word, len) == 0;
}

static inline struct aid_range
aid_lex_range (const struct aid_lex *l)
{
  return (struct aid_range){ l->from, l->to };
}

static inline int
aid_range_is (const struct aid_scanner *s, struct aid_range r, const char *word)
{
  size_t len = strlen (word);
  return r.to - r.from == len && memcmp (s->text + r.from, word, len) == 0;
}

#endif
