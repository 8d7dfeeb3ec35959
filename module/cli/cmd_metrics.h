/* What the files of `aid metrics` share: each part of it with options of its own is one. */
#ifndef AID_CLI_CMD_METRICS_H
#define AID_CLI_CMD_METRICS_H

/* ARGV[0] is what the person typed: "metrics events". */
int aid_cmd_metrics_events (int argc, char **argv);
int aid_cmd_metrics_report (int argc, char **argv);

#endif
