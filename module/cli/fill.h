/* Help for terminals that are narrower than it is written. */
#ifndef AID_CLI_FILL_H
#define AID_CLI_FILL_H

#include <stdio.h>

/* The columns that text is to be filled to which goes to TO: 0 where that is no terminal, or has room for all of it. */
int aid_cli_fill_width (FILE *to);

/* Prints TEXT, which begins at the column INDENT, where it goes on in each further line.  With a WIDTH lines that follow one
   another are one paragraph, parted anew between words; those that begin with a blank stay apart.  Ends the last line. */
void aid_cli_fill (FILE *to, const char *text, int indent, int width);

#endif
