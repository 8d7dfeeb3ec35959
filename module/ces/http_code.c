/* SandboxFusion's /run_code, which verl speaks, too: a program in a language that the machine has, in a box over an empty folder.

     {"code": "...", "language": "python", "stdin"?, "compile_timeout"?, "run_timeout"?, "memory_limit_MB"?, "files"?,
      "fetch_files"?, "args"?}
     -> {"status": "Success", "message": "", "compile_result": null, "run_result": {"status": "Finished", "execution_time": 0.05,
         "return_code": 0, "stdout": "...", "stderr": ""}, "executor_pod_name": null, "files": {}}

   What goes wrong with the program is "Failed", what goes wrong with the box "SandboxError"; both come with 200. */
#include "ces/http_internal.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define TIMEOUT 10.0
#define TIMEOUT_MAX 600.0
#define FILES_MAX 1000
#define CODE "_aid_code"

/* What a language needs: its name there, its file, how it is compiled and run, and the program that must be there. */
static const struct aid_code_language languages[] = {
  { "python", CODE ".py", NULL, "python3 " CODE ".py", "python3" },
  { "pytest", CODE "_test.py", NULL, "python3 -m pytest " CODE "_test.py", "python3" },
  { "bash", CODE ".sh", NULL, "bash " CODE ".sh", "bash" },
  { "nodejs", CODE ".js", NULL, "node " CODE ".js", "node" },
  { "javascript", CODE ".js", NULL, "node " CODE ".js", "node" },
  { "js", CODE ".js", NULL, "node " CODE ".js", "node" },
  { "c", CODE ".c", "cc -std=gnu11 -O1 -o " CODE ".out " CODE ".c -lm", "./" CODE ".out", "cc" },
  { "cpp", CODE ".cpp", "c++ -std=c++17 -O1 -o " CODE ".out " CODE ".cpp", "./" CODE ".out", "c++" },
  { "ocaml", CODE ".ml",
    "ocamlfind ocamlopt -w -24 -package unix,str -linkpkg -o " CODE ".out " CODE ".ml 2>/dev/null || " /* 24: our file's name */
    "ocamlopt -w -24 -o " CODE ".out " CODE ".ml || ocamlc -w -24 -o " CODE ".out " CODE ".ml",
    "./" CODE ".out", "ocamlc" },
  { "go", CODE ".go", "GOCACHE=$PWD/_aid_run/go GO111MODULE=off go build -o " CODE ".out " CODE ".go", "./" CODE ".out",
    "go" },
  { "rust", CODE ".rs", "rustc -O -o " CODE ".out " CODE ".rs", "./" CODE ".out", "rustc" },
  { "java", "Main.java", "javac Main.java", "java -ea Main", "javac" },
  { "perl", CODE ".pl", NULL, "perl " CODE ".pl", "perl" },
  { "ruby", CODE ".rb", NULL, "ruby " CODE ".rb", "ruby" },
  { "lua", CODE ".lua", NULL, "lua " CODE ".lua", "lua" },
  { "php", CODE ".php", NULL, "php -f " CODE ".php", "php" },
  { "R", CODE ".R", NULL, "Rscript " CODE ".R", "Rscript" },
  { "elisp", CODE ".el", NULL, "emacs -Q --batch -l " CODE ".el", "emacs" },
};

const struct aid_code_language *
aid_code_language (const char *name)
{
  for (size_t i = 0; name && i < sizeof languages / sizeof *languages; i++)
    if (!strcmp (languages[i].name, name))
      return &languages[i];
  return NULL;
}

/* --- the request ------------------------------------------------------------------------------------------------------ */

static void
check_numbers (struct aid_ces_request *x)
{
  static const char *const names[] = { "compile_timeout", "run_timeout" };
  const json_t *v;
  for (size_t i = 0; i < 2 && !x->status; i++)
    if ((v = json_object_get (x->document, names[i])))
      {
        double d = json_is_number (v) ? json_number_value (v) : -1;
        if (!(d > 0 && d <= TIMEOUT_MAX))
          aid_ces_request_refuse (x, 422, names[i], "it is a number of seconds, above 0 and %g at most", TIMEOUT_MAX);
      }
  v = json_object_get (x->document, "memory_limit_MB");
  if (v && !x->status && !(json_is_number (v) && floor (json_number_value (v)) == json_number_value (v)))
    aid_ces_request_refuse (x, 422, "memory_limit_MB", "it is a whole number, or -1");
}

static void
check_texts (struct aid_ces_request *x)
{
  static const char *const lists[] = { "fetch_files", "args" };
  const json_t *in = json_object_get (x->document, "stdin"), *v, *one;
  size_t at = 0;
  if (!x->status && in && !json_is_string (in) && !json_is_null (in))
    aid_ces_request_refuse (x, 422, "stdin", "it is a text");
  for (size_t i = 0; i < 2 && !x->status; i++)
    if ((v = json_object_get (x->document, lists[i])))
      {
        if (!json_is_array (v) || json_array_size (v) > FILES_MAX)
          aid_ces_request_refuse (x, 422, lists[i], "it is a list of %d texts at most", FILES_MAX);
        else
          json_array_foreach (v, at, one)
          {
            if (!json_is_string (one) && !x->status)
              aid_ces_request_refuse (x, 422, lists[i], "its entries are texts");
          }
      }
}

static void
check_files (struct aid_ces_request *x)
{
  json_t *files = json_object_get (x->document, "files"), *v;
  const char *name;
  if (x->status || !files)
    return;
  if (!json_is_object (files) || json_object_size (files) > FILES_MAX)
    {
      aid_ces_request_refuse (x, 422, "files", "it is an object of %d files at most", FILES_MAX);
      return;
    }
  json_object_foreach (files, name, v)
  {
    if (!json_is_string (v) && !json_is_null (v) && !x->status)
      aid_ces_request_refuse (x, 422, "files", "the file %.100s is no text of base 64", name);
  }
}

void
aid_ces_http_run_code_begin (struct aid_ces_request *x)
{
  const char *language = aid_json_str (x->document, "language");
  if (!json_is_string (json_object_get (x->document, "code")))
    aid_ces_request_refuse (x, 422, "code", "it is a text");
  else if (!aid_code_language (language))
    {
      struct aid_str names = AID_STR_INIT (1024);
      for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        aid_str_addf (&names, "%s%s", i ? ", " : "", languages[i].name);
      aid_ces_request_refuse (x, 422, "language", "it is one of %s", aid_str_z (&names));
      aid_str_free (&names);
    }
  check_numbers (x);
  check_texts (x);
  check_files (x);
  if (!x->status && !aid_ces_request_units (x, 1, "code"))
    x->units[0].work = aid_ces_http_run_code_work;
}

/* What kept the box from running anything is told as the server itself would. */
void
aid_ces_http_run_code_finish (struct aid_ces_request *x)
{
  struct aid_unit *u = &x->units[0];
  if (u->verdict)
    aid_ces_request_answer (x, 200, json_incref (u->verdict));
  else
    aid_ces_request_answer (x, 200,
                            json_pack ("{s:s, s:o, s:n, s:n, s:n, s:{}}", "status", "SandboxError", "message",
                                       aid_json_of_span (aid_span_z (u->error.msg)), "compile_result", "run_result",
                                       "executor_pod_name", "files"));
}
