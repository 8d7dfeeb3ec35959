/* The aid command: one file a subcommand, one row each in main.c's table.

   A subcommand gets its own name as argv[0] and gives the exit status: done; refused or failed, said in one line on
   standard error; wrong usage. */
#ifndef AID_CLI_CLI_H
#define AID_CLI_CLI_H

#include "base/err.h"
#include "base/str.h"

enum aid_exit { AID_EXIT_DONE = 0, AID_EXIT_FAILED = 1, AID_EXIT_USAGE = 2, AID_EXIT_SIGNAL = 128 };

struct aid_command
{
  const char *name;
  int (*run) (int argc, char **argv);
  const char *help;          /* one line */
};

int aid_cmd_ask (int argc, char **argv);
int aid_cmd_chat (int argc, char **argv);
int aid_cmd_patch (int argc, char **argv);
int aid_cmd_search (int argc, char **argv);
int aid_cmd_models (int argc, char **argv);
int aid_cmd_files (int argc, char **argv);
int aid_cmd_context (int argc, char **argv);
int aid_cmd_count (int argc, char **argv);
int aid_cmd_cost (int argc, char **argv);
int aid_cmd_metrics (int argc, char **argv);
int aid_cmd_metrics_export (int argc, char **argv);
int aid_cmd_metrics_serve (int argc, char **argv);
int aid_cmd_snapshot (int argc, char **argv);
int aid_cmd_mine (int argc, char **argv);
int aid_cmd_describe (int argc, char **argv);
int aid_cmd_dataset (int argc, char **argv);
int aid_cmd_eval (int argc, char **argv);
int aid_cmd_strategies (int argc, char **argv);
int aid_cmd_experiment (int argc, char **argv);
int aid_cmd_ces (int argc, char **argv);
int aid_cmd_cores (int argc, char **argv);
int aid_cmd_team (int argc, char **argv);
int aid_cmd_doctor (int argc, char **argv);
int aid_cmd_build (int argc, char **argv);
int aid_cmd_trust (int argc, char **argv);
int aid_cmd_replay (int argc, char **argv);
int aid_cmd_record (int argc, char **argv);

/* Says "aid: ..." in one line on standard error and gives AID_EXIT_FAILED (or AID_EXIT_USAGE). */
int aid_cli_fail (const char *fmt, ...) __attribute__ ((format (printf, 1, 2)));
int aid_cli_misuse (const char *fmt, ...) __attribute__ ((format (printf, 1, 2)));

/* Says "aid: ..." likewise, of what is no failure. */
void aid_cli_say (const char *fmt, ...) __attribute__ ((format (printf, 1, 2)));

/* To be called first, once, by a command that reads and makes many texts and ends then (heap.c): memory is had quickly and not
   given back. */
void aid_cli_heap (void);
/* Says on standard error, once, what of the settings of the project at ROOT, and of the person's team, is left out
   because they are not trusted. */
void aid_cli_warn_of_trust (const char *root);
/* Appends the file's bytes, or standard input's when FILE is "-", to OUT, whose limit holds. */
enum aid_err aid_cli_read (const char *file, struct aid_str *out, struct aid_error *e);
/* Writes everything to standard output and flushes it; AID_EXIT_DONE, or AID_EXIT_FAILED and a line when that fails. */
int aid_cli_print (struct aid_span text);
/* Prints one value (base/val.h) as an indented JSON document. */
int aid_cli_print_val (struct aid_span val);
/* TEXT with what a terminal would obey (control characters but newline and tab) replaced by "?". */
void aid_cli_calm (struct aid_span text, struct aid_str *out);
/* Prints RAW (borrowed) calmed; AID_EXIT_FAILED and a line also when it is not whole (its ERR). */
int aid_cli_print_calm (const struct aid_str *raw);
/* Writes the events that wait, says what went wrong with that, and frees EVENTS (NULL is fine). */
struct aid_events;
void aid_cli_end_events (struct aid_events *events);
/* The same without freeing them. */
void aid_cli_wait_events (struct aid_events *events);
/* "30m", "24h", "7d", "4w": so long ago; "2026-01-31": the beginning of that day here; "@1769868000000": that time.  *MS (since
   1970) gets it; 0, or -1 (times.c). */
int aid_cli_time (const char *z, int64_t *ms);
/* Shows WORDS, what it is going to cost, and asks on the terminal whether to go on: 1; else it is said that it does not. */
int aid_cli_agreed (struct aid_span words);
/* Calls FN at SIGINT and SIGTERM, once; the next one ends the program as usual (stop.c). */
void aid_cli_on_signal (void (*fn) (int signal));
/* A request to stop, which from the first call on SIGINT and SIGTERM make in that way.  The same one each time, never freed;
   NULL and E without memory or descriptors (stop.c). */
struct aid_stop;
struct aid_stop *aid_cli_stop (struct aid_error *e);
/* When a signal has made that request: says "aid: interrupted: WHAT" and gives the exit status, as a shell has it: 130 after
   SIGINT, 143 after SIGTERM.  Else 0. */
int aid_cli_interrupted (const char *what);
/* Appends the folder of the project that DIR (NULL: the working directory) is in: the nearest one upwards that holds
   .git, .hg, .jj, .svn or .aid, else DIR itself; absolute. */
enum aid_err aid_cli_root (const char *dir, struct aid_str *out, struct aid_error *e);
/* The same; 0, or a status after what was wrong is said. */
int aid_cli_take_root (const char *dir, struct aid_str *out);
/* Appends the root of the project that DIR names, which need not be there any more where DIR is absolute; nothing for NULL.
   0, or a status after what was wrong is said. */
int aid_cli_take_project (const char *dir, struct aid_str *out);
/* Whether DIR, the folder that the option or operand WHAT of COMMAND names, has a name (NULL is fine): that of a variable
   which is not set is empty, and "/" where something is appended to it.  0, or a status after that is said. */
int aid_cli_check_folder (const char *command, const char *what, const char *dir);

#endif
