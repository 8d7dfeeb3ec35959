/* Finding what a question is about: passages of the project's files, best first, each with its reason.

   Several lists are made and fused by their ranks: what the question names, the words of names and texts (BM25 by
   fields), what stands in an error's trace, what lies near open files, what earlier commits that said the like have
   changed.  The best files are read as they are now and cut to definitions and windows.  Any thread may search; a
   search of 10,000 files takes some milliseconds, and ends with what it has when its time is over. */
#ifndef AID_INDEX_SEARCH_H
#define AID_INDEX_SEARCH_H

#include "base/vec.h"
#include "index/index.h"

#define AID_QUESTION_MAX ((size_t)64 << 10) /* bytes that are looked at of the question, and of the error */
#define AID_PASSAGES 200                    /* at most */

struct aid_question
{
  struct aid_span text;
  struct aid_span error;       /* what a program said: messages, a backtrace; or empty */
  const struct aid_span *open; /* paths of open files, the one in front first */
  size_t n_open;
  const struct aid_span
    *without; /* what the person took away: "PATH", or "PATH#L3-L9" for passages that touch these lines */
  size_t n_without;
  size_t max;    /* passages; 0: 10 */
  size_t tokens; /* that they may have together, estimated; 0: 6,000 */
  int64_t ms;    /* of time; 0: 200 */
};

struct aid_passage
{
  char *path;
  uint32_t first, last; /* lines, from 1 */
  char *name;           /* of the definition, with its containers; NULL: none */
  char *reason;         /* "defines `parse_rule`"; UTF-8 */
  double score;         /* compares within one search */
  size_t tokens;        /* estimated */
};

/* A file that was ranked, whether or not a passage of it was chosen. */
struct aid_ranked
{
  char *path, *reason;
  double score;
};

struct aid_found
{
  struct aid_vec passages; /* of struct aid_passage, best first */
  struct aid_vec files;    /* of struct aid_ranked, best first; AID_PASSAGES at most */
  int64_t us;              /* that it took */
  int partial;             /* the index is not whole yet, or time was over */
};

/* Whether all that speaks for P is one plain word: it may be shown to a person who looks, and is not worth a model's reading. */
int aid_passage_is_weak (const struct aid_passage *p);

/* Fills OUT (free with aid_found_free, whatever is returned).  Nothing found is AID_OK.  AID_E_NOTFOUND: there is no
   index yet. */
enum aid_err aid_search (struct aid_index *x, const struct aid_question *q, struct aid_found *out, struct aid_error *e);
void aid_found_free (struct aid_found *f);

/* Appends a map of the project: signatures of the definitions that matter most for Q, by file, in about Q->tokens tokens. */
enum aid_err aid_search_map (struct aid_index *x, const struct aid_question *q, struct aid_str *out, struct aid_error *e);

/* Appends the names that definitions of the project have and that begin with PREFIX as it is written, or with its first letter
   as a capital: to OUT (of char *, to be freed), up to MAX in all, in the order of bytes.  *MORE: there may be others; also when
   the index is not whole.  Takes some milliseconds, 50 at most.  AID_E_NOTFOUND: there is no index yet. */
enum aid_err aid_symbols (struct aid_index *x, struct aid_span prefix, size_t max, struct aid_vec *out, int *more,
                          struct aid_error *e);

/* About how many tokens LEN bytes of source text are. */
size_t aid_tokens_about (size_t len);

#endif
