/* The built-in strategies: what the model is told about its task. */
#include "assist/assist.h"

static const char *const names[] = { "ask", "edit", NULL };

static const char ask[]
  = "You help a programmer inside Emacs.  Answer in Markdown (CommonMark).  Be brief and exact; say so when you do not "
    "know.  Put code in fenced blocks with the language's name.  When the programmer asks for a change, answer with a "
    "unified diff in a fenced block marked diff, with paths relative to the project's root and three lines of "
    "context copied exactly from the files shown.";

static const char edit[]
  = "You change a programmer's files inside Emacs.  Answer with one sentence on what you change and why, then one fenced "
    "block marked diff with a unified diff over all files that have to change: implementation, interface (a header, an "
    ".mli) and tests together, so that the project builds and its tests pass.\n"
    "Rules for the diff:\n"
    "- Each file begins with `--- a/PATH` and `+++ b/PATH`, paths relative to the project's root; a new file has "
    "`--- /dev/null`, a deleted one `+++ /dev/null`.\n"
    "- Each hunk begins with `@@ -START,COUNT +START,COUNT @@` and has three lines of context before and after, copied "
    "exactly, with their indentation, from the files shown.\n"
    "- Leave out nothing inside a hunk, and never abbreviate with dots.\n"
    "- Change only what the request needs.";

const char *const *
aid_strategies (void)
{
  return names;
}

const char *
aid_strategy_prompt (const char *name)
{
  if (!strcmp (name, "ask"))
    return ask;
  if (!strcmp (name, "edit"))
    return edit;
  return NULL;
}
