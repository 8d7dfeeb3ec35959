/* Definitions by tree-sitter in a program of its own, aid-trees (module/trees): what a grammar's code does wrong, that program
   dies of.

   Its protocol, by lines: it begins with AID_TREES_HELLO.  "has GRAMMAR" is answered with "yes" or "no"; "scan GRAMMAR SIZE",
   and so many bytes behind the newline, with a line "d KIND PARENT NAME NAME WHOLE WHOLE SIGNATURE SIGNATURE" for each
   definition, all numbers, the pairs first and behind-the-last bytes, PARENT the line's number from 1 or 0; then "done", or
   "none" where there is no such grammar.  Private to this folder and that program; sources.h is how it is asked. */
#ifndef AID_SCAN_TREES_H
#define AID_SCAN_TREES_H

#include "scan/helper.h"
#include "scan/scan_internal.h"

#define AID_TREES_HELLO "aid-trees 1"

/* Starts PROGRAM, the path of aid-trees; FOLDERS has N, where grammars are looked for before the usual places.
   AID_E_NOTFOUND: it is not there or has no tree-sitter. */
enum aid_err aid_trees_start (const char *program, const char *const *folders, size_t n, struct aid_helper **out);

/* Whether there is GRAMMAR. */
enum aid_err aid_trees_has (struct aid_helper *h, const char *grammar, int64_t until, int *has);
/* Fills S (empty) with what TEXT defines; imports and regions are none.  AID_E_NOTFOUND: there is no such grammar.  After
   another error H is of no use any more. */
enum aid_err
aid_trees_ask (struct aid_helper *h, const char *grammar, struct aid_span text, struct aid_scan *s, int64_t until);

/* Reads LINE, a definition of TEXT, as the next one of S.  AID_E_PARSE: it is none, or does not fit the text or those before. */
enum aid_err aid_trees_read (struct aid_span line, struct aid_span text, struct aid_scanner *s);

#endif
