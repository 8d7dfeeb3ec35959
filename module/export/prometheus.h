/* The sums in Prometheus's text exposition format, version 0.0.4. */
#ifndef AID_EXPORT_PROMETHEUS_H
#define AID_EXPORT_PROMETHEUS_H

#include "export/settings.h"
#include "export/totals.h"

#define AID_PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends TOTALS, and as the gauge target_info what RESOURCE, an object of OTLP's (otlp.h), says. */
void aid_prometheus_write (const struct aid_totals *totals, const json_t *resource, struct aid_str *out);
/* Counts what is new and appends the text. */
enum aid_err aid_prometheus_make (const struct aid_export_settings *settings, struct aid_str *out, struct aid_error *e);

#endif
