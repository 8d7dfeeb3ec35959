/* Who gets which variant: GrowthBook's assignment, bit for bit, so that a team that runs experiments there already gets the
   same answers here (tests/experiments asks its npm package).  It is a pure function of the experiment's seed and the unit's
   name: nothing is stored, and the same unit gets the same variant on every machine.

   A hash is FNV-1a of 32 bits over UTF-16 code units, as JavaScript's charCodeAt gives them; our texts are UTF-8.  Bytes that
   are no UTF-8 count as U+FFFD, one for each maximal invalid part, as a browser's TextDecoder has it. */
#ifndef AID_MEASURE_ASSIGN_H
#define AID_MEASURE_ASSIGN_H

#include "base/str.h"

#define AID_ASSIGN_VARIANTS_MAX 64

/* A unit in [FROM, TO) is meant. */
struct aid_assign_range
{
  double from, to;
};

/* Where VALUE falls in [0, 1): version 1 in steps of a thousandth (namespaces), version 2 in steps of a ten-thousandth
   (variants). -1 for another version. */
double aid_assign_hash (struct aid_span seed, struct aid_span value, int version);
/* The ranges of N (1 to AID_ASSIGN_VARIANTS_MAX) variants.  COVERAGE is cut to [0, 1]; WEIGHTS may be NULL, and are taken for
   equal unless they add up to 0.99 .. 1.01. */
void aid_assign_ranges (size_t n, double coverage, const double *weights, struct aid_assign_range *out);
/* The first range that X is in, or -1. */
int aid_assign_choose (double x, const struct aid_assign_range *ranges, size_t n);
/* Whether the unit VALUE is in the part [FROM, TO) of the namespace ID: experiments in parts that do not overlap never share
   a unit. */
int aid_assign_in_namespace (struct aid_span value, struct aid_span id, double from, double to);

#endif
