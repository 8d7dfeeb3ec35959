/* One round of export: what was not sent yet is sent, and marked when the receiver has it.

   An event whose span was taken is never sent again.  When this program ends between the receiver's answer and the mark, it is,
   with the same ids: OTLP has no way to ask what a receiver holds, so it is the receiver's to see that they are the same.  Sums
   are cumulative: a report that is lost, or comes twice, changes nothing. */
#ifndef AID_EXPORT_ROUND_H
#define AID_EXPORT_ROUND_H

#include "export/settings.h"

struct aid_net;
struct aid_stop;

/* Borrowed. */
struct aid_round
{
  const struct aid_export_settings *settings;
  struct aid_net *net;
  const struct aid_stop *stop; /* or NULL */
  int64_t from;                /* of a receiver that is new, as aid_export_place has it (state.h) */
  int whole;                   /* all events are looked at, not those of the last two days */
  /* Not NULL: bodies go here and nowhere else, and nothing is marked. */
  void (*show) (void *ctx, enum aid_signal signal, struct aid_span body);
  void *ctx;
};

struct aid_round_told
{
  int64_t sent;         /* spans, or data points */
  int64_t dropped;      /* those that a receiver refused, or that were too many */
  int64_t waiting;      /* spans that are still to be sent */
  int later;            /* the receiver could not take them now */
  int64_t wait_ms;      /* that it asks for; -1: it does not say */
  struct aid_error why; /* what was refused, dropped, or could not be sent, and why; or nothing */
};

/* AID_OK also when a receiver takes nothing: TOLD says so.  AID_E_CANCELLED: the round was stopped; AID_E_STATE: another process
   is at it. */
enum aid_err aid_round_traces (const struct aid_round *r, struct aid_round_told *told, struct aid_error *e);
enum aid_err aid_round_metrics (const struct aid_round *r, struct aid_round_told *told, struct aid_error *e);

#endif
