/* A command line is a table: options in any order, --long, --long=value, -s value, -svalue; "-" is an operand and "--"
   ends the options.  --help is everybody's. */
#ifndef AID_CLI_OPT_H
#define AID_CLI_OPT_H

#include "base/vec.h"
#include "cli/cli.h"
#include <stdint.h>

enum aid_opt_type
{
  AID_OPT_FLAG,              /* value: int *, set to 1 */
  AID_OPT_STRING,            /* value: const char ** */
  AID_OPT_NUMBER,            /* value: int64_t *, a plain decimal number from 0 to 2^31 - 1 */
  AID_OPT_LIST               /* value: struct aid_vec * of const char *, one more each time */
};

struct aid_opt
{
  const char *name;          /* without "--" */
  char letter;               /* or 0 */
  enum aid_opt_type type;
  void *value;
  const char *arg;           /* what the value is called in the help; NULL for a flag */
  const char *help;
};

struct aid_usage_text
{
  const char *line;          /* "aid ask [options] PROMPT|-" */
  const char *about;         /* a paragraph, newline at its end */
  const struct aid_opt *opts;
  size_t nopts;
  int min, max;              /* operands; max -1: any number */
};

/* Reads argv[1] and on.  Gives the number of operands, which then stand in argv[1] and on, followed by NULL.  Gives -1
   when the program should end now with *STATUS: help was printed, or a wrong usage was said on standard error. */
int aid_opt_parse (const struct aid_usage_text *usage, int argc, char **argv, int *status);

/* Runs that of the N WORDS which argv[1] names, or helps to choose one: of the command aid NAME, which is ABOUT something. */
int aid_opt_words (const char *name, const char *about, const struct aid_command *words, size_t n, int argc, char **argv);

#endif
