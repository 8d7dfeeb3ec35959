/* The languages: one row each.  See docs/languages.md for how to add one. */
#include "scan/scan_internal.h"
#include <ctype.h>
#include <strings.h>

static const struct language
{
  const char *name;
  aid_scan_fn *scan;
  const char *separator;
  const char *extensions;   /* with a blank around each */
  const char *bases;        /* whole names of files */
  const char *interpreters; /* in a "#!" line, without version */
} languages[AID_LANGUAGES] = {
  [AID_LANG_NONE] = { "text", NULL, ".", "", "", "" },
  [AID_LANG_C] = { "c", aid_scan_c, ".", " c h ", "", " tcc " },
  [AID_LANG_CPP] = { "c++", aid_scan_c, "::", " cc cpp cxx c++ hh hpp hxx h++ ipp inl tpp ixx cppm cu cuh ", "", "" },
  [AID_LANG_OCAML] = { "ocaml", aid_scan_ocaml, ".", " ml mll mly eliom ", " .ocamlinit ", " ocaml ocamlrun " },
  [AID_LANG_OCAML_INTERFACE] = { "ocaml-interface", aid_scan_ocaml, ".", " mli eliomi ", "", "" },
  [AID_LANG_ELISP] = { "emacs-lisp", aid_scan_lisp, ".", " el ", " .emacs _emacs ", " emacs " },
  [AID_LANG_LISP] = { "common-lisp", aid_scan_lisp, ".", " lisp lsp cl asd ", " .sbclrc ", " sbcl clisp ecl " },
  [AID_LANG_SCHEME]
  = { "scheme", aid_scan_lisp, ".", " scm sch ss sls sld sps rkt ", "", " guile chibi-scheme racket gosh scheme " },
  [AID_LANG_PYTHON]
  = { "python", aid_scan_python, ".", " py pyi pyw py3 ", " SConstruct SConscript wscript ", " python pypy uv " },
  [AID_LANG_JAVASCRIPT] = { "javascript", aid_scan_js, ".", " js mjs cjs jsx ", " Jakefile ", " node deno bun " },
  [AID_LANG_TYPESCRIPT] = { "typescript", aid_scan_js, ".", " ts mts cts tsx ", "", " ts-node tsx " },
  [AID_LANG_RUST] = { "rust", aid_scan_rust, "::", " rs ", "", " rust-script " },
  [AID_LANG_GO] = { "go", aid_scan_go, ".", " go ", "", "" },
  [AID_LANG_JAVA] = { "java", aid_scan_java, ".", " java ", "", "" },
  [AID_LANG_SHELL] = { "shell", aid_scan_shell, ".", " sh bash zsh ksh bats ebuild eclass ",
                       " .bashrc .bash_profile .profile .zshrc .zprofile .zshenv .kshrc PKGBUILD APKBUILD ",
                       " sh bash zsh ksh dash ash bats mksh " },
  [AID_LANG_MARKDOWN] = { "markdown", aid_scan_markdown, ".", " md markdown mkd mdx mdown ", "", "" },
};

aid_scan_fn *
aid_language_scanner (enum aid_language language)
{
  return (unsigned) language < AID_LANGUAGES ? languages[language].scan : NULL;
}

const char *
aid_language_name (enum aid_language language)
{
  return languages[(unsigned) language < AID_LANGUAGES ? language : AID_LANG_NONE].name;
}

const char *
aid_language_separator (enum aid_language language)
{
  return languages[(unsigned) language < AID_LANGUAGES ? language : AID_LANG_NONE].separator;
}

const char *
aid_def_kind_name (enum aid_def_kind kind)
{
  static const char *const names[AID_DEF_KINDS]
    = { "function",  "method", "type",     "class", "module",  "signature", "constructor",
        "exception", "field",  "variable", "macro", "section", "test" };
  return (unsigned) kind < AID_DEF_KINDS ? names[kind] : "unknown";
}

/* Whether LIST has WORD between blanks. */
static int
listed (const char *list, struct aid_span word, int fold)
{
  for (const char *p = list; (p = strchr (p, ' ')) && p[1];)
    {
      size_t n = strcspn (++p, " ");
      if (n == word.len && (fold ? strncasecmp (p, word.ptr, n) : strncmp (p, word.ptr, n)) == 0)
        return 1;
      p += n;
    }
  return 0;
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
  for (int i = 1; i < AID_LANGUAGES; i++)
    if (listed (languages[i].bases, base, 0))
      return (enum aid_language) i;
  size_t dot = base.len;
  while (dot > 0 && base.ptr[dot - 1] != '.')
    dot--;
  if (dot > 1)
    {
      struct aid_span extension = aid_span_cut (base, dot, base.len);
      if (aid_span_eqz (extension, "C") || aid_span_eqz (extension, "H"))
        return AID_LANG_CPP;
      for (int i = 1; i < AID_LANGUAGES; i++)
        if (listed (languages[i].extensions, extension, 1))
          return i == AID_LANG_C && aid_span_eqz (extension, "h") && looks_like_cpp (head) ? AID_LANG_CPP
                                                                                           : (enum aid_language) i;
    }
  struct aid_span program = interpreter (head);
  for (int i = 1; program.len && i < AID_LANGUAGES; i++)
    if (listed (languages[i].interpreters, program, 0))
      return (enum aid_language) i;
  return AID_LANG_NONE;
}
