/* Questions as people really type them: what a description is brought to the length and form of. */
#ifndef AID_LEARN_SAMPLE_H
#define AID_LEARN_SAMPLE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_SAMPLE_MAX 2000                /* questions */
#define AID_SAMPLE_QUESTION ((size_t)2000) /* bytes of one; a longer one is left out */
#define AID_SAMPLE_SHOWN 8                 /* of them are shown at a time */

struct aid_sample
{
  struct aid_vec questions; /* char * */
  size_t least, most;       /* words of those between the tenth and the ninetieth of a hundred */
};

/* The questions of the file FROM, one a paragraph, lines with "#" at the file's head left out; of "own", those that the person
   has asked and allowed to be kept (the setting "measure" is "content"); of NULL, the ones that are shipped.  AID_E_NOTFOUND:
   there are none.  Free OUT in any case. */
enum aid_err aid_sample_read (const char *from, struct aid_sample *out, struct aid_error *e);
void aid_sample_free (struct aid_sample *s);
/* Appends AID_SAMPLE_SHOWN of them as a list, always the same ones for the same NAME. */
void aid_sample_show (const struct aid_sample *s, const char *name, struct aid_str *out);
/* Words of TEXT, as blanks part them. */
size_t aid_sample_words (struct aid_span text);

#endif
