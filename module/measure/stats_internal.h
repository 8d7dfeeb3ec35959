/* What the files of stats.h share. */
#ifndef AID_MEASURE_STATS_INTERNAL_H
#define AID_MEASURE_STATS_INTERNAL_H

#include "measure/stats.h"

/* An arm's sums over its persons, and those of its residuals. */
struct aid_stats_moments
{
  double n, y, x, pre_y, pre_x, value, pre_value;
  double now2, both, before2; /* squares and products: in the experiment, in both, before it */
};

/* ROWS (N) with the rows of one person in one arm added up, sorted by person; to be freed.  AID_E_NOMEM. */
enum aid_err aid_stats_add_up (const struct aid_stats_row *rows, size_t n, struct aid_stats_row **out, size_t *nout);
/* Of such rows. */
void aid_stats_moments (const struct aid_stats_row *rows, size_t n, uint32_t arm, struct aid_stats_moments *out);
/* Fills D's intervals and p from its difference, standard error and persons. */
void aid_stats_intervals (const struct aid_stats_look *look, struct aid_stats_difference *d);

#endif
