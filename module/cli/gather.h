/* What AID would send of a question: for data sets, and for whoever asks the same of many trees. */
#ifndef AID_CLI_GATHER_H
#define AID_CLI_GATHER_H

#include "learn/dataset_build.h"

struct aid_gatherer;

enum aid_err aid_gatherer_new (struct aid_gatherer **out, struct aid_error *e);
/* For aid_dataset_build.gather: G's question is completed as aid ask does it and made into messages, and nothing is said or
   sent. */
enum aid_err aid_gatherer_gather (struct aid_gatherer *a, const struct aid_gather *g, json_t **out, struct aid_error *e);
/* The same up to the question itself, for who sends it: Q's chat and items.  APART: by the settings without their experiments.
   Free Q in any case. */
struct aid_cli_question;
enum aid_err aid_gather_question (const struct aid_gather *g, int apart, struct aid_cli_question *q, struct aid_error *e);
void aid_gatherer_free (struct aid_gatherer *a);

#endif
