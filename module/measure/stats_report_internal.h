/* What the files of stats_report.h share. */
#ifndef AID_MEASURE_STATS_REPORT_INTERNAL_H
#define AID_MEASURE_STATS_REPORT_INTERNAL_H

#include "measure/stats_report.h"

/* Fills LINE's sentence from the rest of it. */
void
aid_report_sentence (const struct aid_report_plan *plan, const struct aid_report_metric *m, struct aid_report_line *line);
/* Fills R's text. */
void aid_report_write (const struct aid_report_plan *plan, const struct aid_report_metric *metrics, struct aid_report *r);

#endif
