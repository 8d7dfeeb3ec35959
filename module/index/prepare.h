/* What a file becomes in the index: its bytes read, scanned and cut into rows.  No database here: any thread may do it. */
#ifndef AID_INDEX_PREPARE_H
#define AID_INDEX_PREPARE_H

#include "index/bag.h"
#include "index/gather.h"
#include "index/outline.h"
#include "project/project.h"
#include "scan/scan.h"

/* Rows of the table words are numbered by file and chunk. */
#define AID_ROW_SHIFT 12
#define AID_ROW(file, chunk) (((int64_t)(file) << AID_ROW_SHIFT) | (int64_t)(chunk))

enum
{
  AID_PREPARE_NAMES = 1,
  AID_PREPARE_WORDS = 2
};

/* A language that has no scanner here, and what told the definitions of a file in it, in one number. */
#define AID_PREPARED_SOURCE(language, source) ((int)(language) << 2 | (int)(source))
#define AID_PREPARED_LANGUAGE(number) ((enum aid_language) ((number) >> 2))
#define AID_PREPARED_TOLD_BY(number) ((enum aid_scan_source) ((number)&3))

/* Rows of the table words: each has AID_LEVELS columns, one after the other in TEXT; ENDS has where they end. */
struct aid_prepared
{
  enum aid_err err;             /* why there is nothing: AID_E_NOTFOUND, AID_E_REFUSED (it is left out), ... */
  struct aid_project_file file; /* its path is the caller's */
  int64_t hash;                 /* of the bytes */
  int source;                   /* what told its definitions: AID_PREPARED_SOURCE, 0 for a scanner of ours */
  size_t bytes;
  int64_t rows;                       /* that it has in the two tables */
  size_t gathered;                    /* what the preparer has gathered by then, in bytes */
  struct aid_str outline;             /* packed, where names alone were asked for */
  struct aid_str path, defs, symbols; /* columns of the table names: see prepare.c */
  struct aid_vec tags;                /* of uint64_t, keys (tags.h) */
  struct aid_str text;
  struct aid_vec ends;  /* of size_t, AID_LEVELS a row */
  struct aid_vec cells; /* of uint32_t: the sketch's cells of all terms */
};

struct aid_preparer; /* one a thread: memory that is used again */

struct aid_preparer *aid_preparer_new (struct aid_project *p, struct aid_error *e);
void aid_preparer_free (struct aid_preparer *p);
/* From now on terms are gathered in NAMES and WORDS, which are borrowed, and are not in what is prepared. */
void aid_preparer_gather (struct aid_preparer *p, struct aid_gather *names, struct aid_gather *words);

/* What is to be prepared. */
struct aid_to_prepare
{
  struct aid_span path;
  unsigned what;
  int64_t id;                            /* of the file, for what is gathered */
  int64_t hash;                          /* words alone are of these bytes: AID_E_STATE when they are others by now */
  const struct aid_project_file *listed; /* what the list says of it, its path is not looked at; or NULL */
  struct aid_span outline;               /* packed, of the bytes that HASH is of, for words alone; empty: it is not known */
  int fd;                                /* with LISTED: as aid_project_read_listed takes it */
};
/* Fills OUT, whose strings keep their memory; free with aid_prepared_free. */
void aid_prepare (struct aid_preparer *p, const struct aid_to_prepare *task, struct aid_prepared *out);
void aid_prepared_init (struct aid_prepared *p);
void aid_prepared_free (struct aid_prepared *p);

/* Appends the module that a file is for others: "parser" of src/parser.ml. */
struct aid_span aid_path_stem (struct aid_span path);
struct aid_span aid_path_base (struct aid_span path);

#endif
