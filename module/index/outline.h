/* Where a text's definitions are, as far as its words need it.  Reading names finds it out; packed, it waits until words
   are read, so that no text is scanned twice. */
#ifndef AID_INDEX_OUTLINE_H
#define AID_INDEX_OUTLINE_H

#include "base/str.h"
#include "base/vec.h"
#include "scan/scan.h"

struct aid_outlined
{
  uint32_t from;         /* where the definition begins; ascending */
  struct aid_range name; /* not before FROM */
  int begins;            /* a chunk may begin with it */
};

/* Fills OUT (of struct aid_outlined, AID_SCAN_DEFS at most) with what SCAN found. */
enum aid_err aid_outline_take (const struct aid_scan *scan, struct aid_vec *out);
/* Appends it in few bytes, one at least. */
enum aid_err aid_outline_pack (const struct aid_vec *outline, struct aid_str *out);
/* Fills OUT again; -1 when PACKED is not of a text of LEN bytes. */
int aid_outline_unpack (struct aid_span packed, size_t len, struct aid_vec *out);

#define AID_CHUNKS 4096 /* of a file; what is behind them belongs to the last one */
/* One chunk: bytes FROM to TO of the file. */
struct aid_chunk
{
  size_t from, to;
};
/* Cuts TEXT of LEN bytes into chunks (appended to OUT, of struct aid_chunk): at definitions, several small ones
   together, and long ones in windows. */
enum aid_err aid_chunks (const char *text, size_t len, const struct aid_vec *outline, struct aid_vec *out);

/* The outlines of files by their ids, which come in ascending order; what has no room is not kept. */
struct aid_outlines
{
  int64_t first;       /* the id of the first; 0: none is kept */
  struct aid_vec ends; /* of uint32_t: where in PACKED each id's ends */
  struct aid_str packed;
};
void aid_outlines_init (struct aid_outlines *o);
void aid_outlines_free (struct aid_outlines *o);
void aid_outlines_keep (struct aid_outlines *o, int64_t id, struct aid_span packed);
/* That of ID, borrowed until the next is kept; empty: it is not known. */
struct aid_span aid_outlines_of (const struct aid_outlines *o, int64_t id);

#endif
