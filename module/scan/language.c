/* The languages: one row each.  See docs/languages.md for how to add one. */
#include "scan/scan_internal.h"
#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>

static const struct language
{
  const char *name;
  aid_scan_fn *scan;
  const char *separator;
  const char *extensions;   /* with a blank around each, lower case; each of one language alone, as the next two */
  const char *bases;        /* whole names of files */
  const char *interpreters; /* in a "#!" line, without version */
  struct aid_foreign foreign;
} languages[AID_LANGUAGES] = {
  [AID_LANG_NONE] = { "text", NULL, ".", "", "", "", { 0 } },
  [AID_LANG_C] = { "c", aid_scan_c, ".", " c h ", "", " tcc ", { 0 } },
  [AID_LANG_CPP]
  = { "c++", aid_scan_c, "::", " cc cpp cxx c++ hh hpp hxx h++ ipp inl tpp ixx cppm cu cuh ", "", "", { 0 } },
  [AID_LANG_OCAML] = { "ocaml", aid_scan_ocaml, ".", " ml mll mly eliom ", " .ocamlinit ", " ocaml ocamlrun ", { 0 } },
  [AID_LANG_OCAML_INTERFACE] = { "ocaml-interface", aid_scan_ocaml, ".", " mli eliomi ", "", "", { 0 } },
  [AID_LANG_ELISP] = { "emacs-lisp", aid_scan_lisp, ".", " el ", " .emacs _emacs ", " emacs ", { 0 } },
  [AID_LANG_LISP] = { "common-lisp", aid_scan_lisp, ".", " lisp lsp cl asd ", " .sbclrc ", " sbcl clisp ecl ", { 0 } },
  [AID_LANG_SCHEME] = { "scheme",
                        aid_scan_lisp,
                        ".",
                        " scm sch ss sls sld sps rkt ",
                        "",
                        " guile chibi-scheme racket gosh scheme ",
                        { 0 } },
  [AID_LANG_PYTHON]
  = { "python", aid_scan_python, ".", " py pyi pyw py3 ", " SConstruct SConscript wscript ", " python pypy uv ", { 0 } },
  [AID_LANG_JAVASCRIPT]
  = { "javascript", aid_scan_js, ".", " js mjs cjs jsx ", " Jakefile ", " node deno bun ", { 0 } },
  [AID_LANG_TYPESCRIPT] = { "typescript", aid_scan_js, ".", " ts mts cts tsx ", "", " ts-node tsx ", { 0 } },
  [AID_LANG_RUST] = { "rust", aid_scan_rust, "::", " rs ", "", " rust-script ", { 0 } },
  [AID_LANG_GO] = { "go", aid_scan_go, ".", " go ", "", "", { 0 } },
  [AID_LANG_JAVA] = { "java", aid_scan_java, ".", " java ", "", "", { 0 } },
  [AID_LANG_SHELL] = { "shell",
                       aid_scan_shell,
                       ".",
                       " sh bash zsh ksh bats ebuild eclass ",
                       " .bashrc .bash_profile .profile .zshrc .zprofile .zshenv .kshrc PKGBUILD APKBUILD ",
                       " sh bash zsh ksh dash ash bats mksh ",
                       { 0 } },
  [AID_LANG_MARKDOWN] = { "markdown", aid_scan_markdown, ".", " md markdown mkd mdx mdown ", "", "", { 0 } },

/* Without a scanner here: what its grammar is called, a name by which universal-ctags knows it, and what parts a container
   from its member within one name. */
#define FOREIGN(name, separator, extensions, bases, interpreters, grammar, file, parts)                                     \
  {                                                                                                                         \
    name, NULL, separator, extensions, bases, interpreters, { grammar, file, parts }                                        \
  }
  [AID_LANG_RUBY] = FOREIGN ("ruby", "::", " rb rake gemspec ru podspec ",
                             " Rakefile Gemfile Vagrantfile Podfile Guardfile Capfile Brewfile Fastfile ",
                             " ruby jruby rake ", "ruby", "a.rb", ":."),
  [AID_LANG_PHP] = FOREIGN ("php", "::", " php phtml php3 php4 php5 php7 php8 ", "", " php ", "php", "a.php", NULL),
  [AID_LANG_LUA] = FOREIGN ("lua", ".", " lua rockspec ", "", " lua luajit texlua ", "lua", "a.lua", ".:"),
  [AID_LANG_KOTLIN] = FOREIGN ("kotlin", ".", " kt kts ", "", "", "kotlin", "a.kt", NULL),
  [AID_LANG_CSHARP] = FOREIGN ("c#", ".", " cs csx ", "", "", "c-sharp", "a.cs", NULL),
  [AID_LANG_SWIFT] = FOREIGN ("swift", ".", " swift ", "", " swift ", "swift", NULL, NULL),
  [AID_LANG_SCALA] = FOREIGN ("scala", ".", " scala sc sbt ", "", " scala scala-cli ", "scala", NULL, NULL),
  [AID_LANG_ELIXIR] = FOREIGN ("elixir", ".", " ex exs ", "", " elixir ", "elixir", "a.ex", "."),
  [AID_LANG_HASKELL] = FOREIGN ("haskell", ".", " hs hsig ", "", " runhaskell runghc stack ", "haskell", "a.hs", NULL),
  [AID_LANG_PERL] = FOREIGN ("perl", "::", " pl pm plx perl ", "", " perl ", "perl", "a.pl", ":"),
  [AID_LANG_JULIA] = FOREIGN ("julia", ".", " jl ", "", " julia ", "julia", "a.jl", "."),
  [AID_LANG_R] = FOREIGN ("r", "::", " r ", " .Rprofile ", " Rscript ", "r", "a.r", NULL),
  [AID_LANG_ERLANG] = FOREIGN ("erlang", ":", " erl hrl ", "", " escript ", "erlang", "a.erl", NULL),
  [AID_LANG_CLOJURE] = FOREIGN ("clojure", "/", " clj cljs cljc ", "", " bb clojure ", "clojure", "a.clj", NULL),
  [AID_LANG_ELM] = FOREIGN ("elm", ".", " elm ", "", "", "elm", "a.elm", NULL),
  [AID_LANG_DART] = FOREIGN ("dart", ".", " dart ", "", " dart ", "dart", NULL, NULL),
  [AID_LANG_ZIG] = FOREIGN ("zig", ".", " zig ", "", "", "zig", NULL, NULL),
  [AID_LANG_NIM] = FOREIGN ("nim", ".", " nim nims ", "", " nim ", "nim", NULL, NULL),
  [AID_LANG_D] = FOREIGN ("d", ".", " d di ", "", " rdmd ", "d", "a.d", NULL),
  [AID_LANG_OBJC] = FOREIGN ("objective-c", ".", " m mm ", "", "", "objc", "a.mm", NULL),
  [AID_LANG_GROOVY] = FOREIGN ("groovy", ".", " groovy gradle ", " Jenkinsfile ", " groovy ", "groovy", NULL, NULL),
  [AID_LANG_FSHARP] = FOREIGN ("f#", ".", " fs fsi fsx ", "", "", "fsharp", NULL, NULL),
  [AID_LANG_ADA] = FOREIGN ("ada", ".", " adb ads ", "", "", "ada", "a.adb", "."),
  [AID_LANG_FORTRAN]
  = FOREIGN ("fortran", ".", " f for ftn f77 f90 f95 f03 f08 f15 ", "", "", "fortran", "a.f90", NULL),
  [AID_LANG_PASCAL] = FOREIGN ("pascal", ".", " pas lpr dpr ", "", "", "pascal", "a.pas", "."),
  [AID_LANG_TCL] = FOREIGN ("tcl", "::", " tcl ", "", " tclsh wish expect ", "tcl", "a.tcl", ":"),
  [AID_LANG_SQL] = FOREIGN ("sql", ".", " sql ", "", "", "sql", "a.sql", "."),
  [AID_LANG_VERILOG] = FOREIGN ("verilog", ".", " sv svh ", "", "", "verilog", "a.sv", NULL),
  [AID_LANG_VHDL] = FOREIGN ("vhdl", ".", " vhd vhdl ", "", "", "vhdl", "a.vhd", NULL),
  [AID_LANG_VIM] = FOREIGN ("vim", ".", " vim ", " .vimrc _vimrc .gvimrc ", "", "vim", "a.vim", NULL),
  [AID_LANG_AWK] = FOREIGN ("awk", ".", " awk gawk ", "", " awk gawk mawk nawk ", "awk", "a.awk", NULL),
  [AID_LANG_POWERSHELL] = FOREIGN ("powershell", ".", " ps1 psm1 ", "", " pwsh ", "powershell", "a.ps1", NULL),
  [AID_LANG_PROTOBUF] = FOREIGN ("protobuf", ".", " proto ", "", "", "proto", "a.proto", NULL),
  [AID_LANG_SOLIDITY] = FOREIGN ("solidity", ".", " sol ", "", "", "solidity", NULL, NULL),
};

static const struct language *
row (enum aid_language language)
{
  return &languages[(unsigned) language < AID_LANGUAGES ? language : AID_LANG_NONE];
}

aid_scan_fn *
aid_language_scanner (enum aid_language language)
{
  return row (language)->scan;
}

const struct aid_foreign *
aid_language_foreign (enum aid_language language)
{
  return row (language)->foreign.grammar ? &row (language)->foreign : NULL;
}

const char *
aid_language_name (enum aid_language language)
{
  return row (language)->name;
}

const char *
aid_language_separator (enum aid_language language)
{
  return row (language)->separator;
}

const char *
aid_def_kind_name (enum aid_def_kind kind)
{
  static const char *const names[AID_DEF_KINDS]
    = { "function",  "method", "type",     "class", "module",  "signature", "constructor",
        "exception", "field",  "variable", "macro", "section", "test" };
  return (unsigned) kind < AID_DEF_KINDS ? names[kind] : "unknown";
}

/* --- which language has a word -------------------------------------------------------------------------------------- */

enum lists
{
  EXTENSIONS,
  BASES,
  INTERPRETERS,
  LISTS
};

struct word
{
  const char *ptr;
  size_t len;
  enum aid_language language;
};

/* The words of all rows, each list in the order of by_word: made once, and read by any thread. */
static struct
{
  pthread_once_t once;
  struct word words[LISTS][AID_LANGUAGES * 16];
  size_t n[LISTS];
} known = { .once = PTHREAD_ONCE_INIT };

static int
by_word (const void *a, const void *b)
{
  const struct word *x = a, *y = b;
  return x->len != y->len ? (x->len > y->len) - (x->len < y->len) : memcmp (x->ptr, y->ptr, x->len);
}

static void
know (enum lists list, const char *words, enum aid_language language)
{
  size_t max = sizeof known.words[0] / sizeof *known.words[0], n = 0;
  for (const char *p = words; (p = strchr (p, ' ')) && p[1] && known.n[list] < max; p += n)
    {
      n = strcspn (++p, " ");
      known.words[list][known.n[list]++] = (struct word){ p, n, language };
    }
}

static void
know_all (void)
{
  for (int i = 1; i < AID_LANGUAGES; i++)
    {
      know (EXTENSIONS, languages[i].extensions, (enum aid_language) i);
      know (BASES, languages[i].bases, (enum aid_language) i);
      know (INTERPRETERS, languages[i].interpreters, (enum aid_language) i);
    }
  for (int list = 0; list < LISTS; list++)
    qsort (known.words[list], known.n[list], sizeof (struct word), by_word);
}

static enum aid_language
listed (enum lists list, struct aid_span v)
{
  struct word word = { v.ptr, v.len, AID_LANG_NONE };
  pthread_once (&known.once, know_all);
  const struct word *found
    = v.len ? bsearch (&word, known.words[list], known.n[list], sizeof word, by_word) : NULL;
  return found ? found->language : AID_LANG_NONE;
}

static enum aid_language
by_extension (struct aid_span extension)
{
  char lower[16];
  if (extension.len > sizeof lower)
    return AID_LANG_NONE;
  for (size_t i = 0; i < extension.len; i++)
    lower[i] = (char) tolower ((unsigned char) extension.ptr[i]);
  return listed (EXTENSIONS, (struct aid_span){ lower, extension.len });
}

/* The program that a "#!" line names, without its folder and version; "env" and its options and variables are looked through. */
static struct aid_span
interpreter (struct aid_span head)
{
  struct aid_span rest = head, line;
  if (!aid_span_starts (head, "#!") || !aid_span_line (&rest, &line))
    return AID_SPAN ("");
  line = aid_span_trim (aid_span_cut (line, 2, line.len));
  while (line.len)
    {
      size_t n = 0, base = 0;
      for (; n < line.len && line.ptr[n] != ' ' && line.ptr[n] != '\t'; n++)
        if (line.ptr[n] == '/')
          base = n + 1;
      struct aid_span word = aid_span_cut (line, base, n);
      line = aid_span_trim (aid_span_cut (line, n, line.len));
      if (word.len && word.ptr[0] != '-' && !aid_span_eqz (word, "env") && !memchr (word.ptr, '=', word.len))
        {
          while (word.len > 1 && (isdigit ((unsigned char) word.ptr[word.len - 1]) || word.ptr[word.len - 1] == '.'))
            word.len--;
          return word;
        }
    }
  return AID_SPAN ("");
}

/* Whether a header has a line that begins as only C++ does. */
static int
looks_like_cpp (struct aid_span head)
{
  static const char *const begins[] = { "class ",  "namespace ", "template <", "template<",  "using ",
                                        "public:", "private:",   "protected:", "constexpr ", "inline namespace " };
  struct aid_span line;
  while (aid_span_line (&head, &line))
    {
      line = aid_span_trim (line);
      for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (aid_span_starts (line, begins[i]))
          return 1;
      if (aid_span_starts (line, "#include <") && line.ptr[line.len - 1] == '>' && !memchr (line.ptr, '.', line.len)
          && !memchr (line.ptr, '/', line.len))
        return 1;
    }
  return 0;
}

/* Whether a .m has a line that begins as only Objective-C does: Octave and Matlab call theirs so, too. */
static int
looks_like_objc (struct aid_span head)
{
  static const char *const begins[] = { "#import ", "#include ", "@interface ", "@implementation ", "@protocol ", "@class " };
  struct aid_span line;
  while (aid_span_line (&head, &line))
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
      if (aid_span_starts (line, begins[i]))
        return 1;
  return 0;
}

enum aid_language
aid_language_of (struct aid_span path, struct aid_span head)
{
  struct aid_span base = path;
  for (size_t i = path.len; i-- > 0;)
    if (path.ptr[i] == '/')
      {
        base = aid_span_cut (path, i + 1, path.len);
        break;
      }
  enum aid_language found = listed (BASES, base);
  size_t dot = base.len;
  while (dot > 0 && base.ptr[dot - 1] != '.')
    dot--;
  if (!found && dot > 1)
    {
      struct aid_span extension = aid_span_cut (base, dot, base.len);
      if (aid_span_eqz (extension, "C") || aid_span_eqz (extension, "H"))
        return AID_LANG_CPP;
      found = by_extension (extension);
      if (found == AID_LANG_C && aid_span_eqz (extension, "h") && looks_like_cpp (head))
        found = AID_LANG_CPP;
      if (found == AID_LANG_OBJC && aid_span_eqz (extension, "m") && !looks_like_objc (head))
        found = AID_LANG_NONE;
    }
  return found ? found : listed (INTERPRETERS, interpreter (head));
}
