/* What a receiver of OTLP answers. */
#ifndef AID_EXPORT_ANSWER_H
#define AID_EXPORT_ANSWER_H

#include "base/err.h"
#include "base/str.h"

enum aid_otlp_verdict
{
  AID_OTLP_TAKEN,  /* all, or all but REJECTED */
  AID_OTLP_LATER,  /* nothing: it is to be sent again */
  AID_OTLP_REFUSED /* nothing, and sending it again would change nothing */
};

struct aid_answer_told
{
  enum aid_otlp_verdict verdict;
  int64_t rejected;     /* of what was taken */
  struct aid_error why; /* in words, unless all was taken without one */
};

/* Judges STATUS (0: no answer came, for the reason WHY) with BODY of the media TYPE (or NULL). */
void aid_answer_judge (int status, const char *type, struct aid_span body, const struct aid_error *why,
                       struct aid_answer_told *out);

#endif
