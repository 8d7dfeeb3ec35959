/* The core as the loader sees it: one table of functions, and the life of the one aid_assist behind them.  Events of
   assist/ go to the loader's queue as they are: the shapes are the same, only what ends a request is said here. */
#include "binding/binding_internal.h"
#include "base/spare.h"
#include "base/val.h"
#include "scan/sources.h"
#include <stdatomic.h>
#include <stdio.h>

struct aid_binding aid_binding;
static _Atomic unsigned jobs;

void
aid_binding_job_begins (void)
{
  atomic_fetch_add (&jobs, 1);
}

void
aid_binding_job_ends (void)
{
  atomic_fetch_sub (&jobs, 1);
}

static int
is_final (int kind)
{
  return kind == AID_EVENT_DONE || kind == AID_EVENT_ERROR || kind == AID_EVENT_CHECKED || kind == AID_EVENT_RESULT;
}

_Static_assert (sizeof (struct aid_face_span) == sizeof (struct aid_host_span)
                && offsetof (struct aid_face_span, end) == offsetof (struct aid_host_span, end)
                && offsetof (struct aid_face_span, face) == offsetof (struct aid_host_span, face),
                "spans are handed over as they are: the loader copies their bytes");

static void
sink (void *ctx, uint64_t request, const struct aid_event *ev)
{
  (void) ctx;
  const void *spans = ev->spans;
  struct aid_host_event out = {
    .kind = ev->kind, .name = aid_event_name (ev->kind), .val = ev->val.ptr, .nval = ev->val.len,
    .text = ev->text.ptr, .ntext = ev->text.len, .from = ev->from, .spans = spans, .nspans = ev->nspans,
    .is_text = ev->kind == AID_EVENT_TEXT, .is_final = is_final (ev->kind),
  };
  aid_binding.host->post (aid_binding.host->generation, request, &out);
}

void
aid_binding_post (uint64_t request, enum aid_event_kind kind, struct aid_span val)
{
  struct aid_event ev = { .kind = kind, .val = val };
  sink (NULL, request, &ev);
}

void
aid_binding_post_text (uint64_t request, struct aid_span text)
{
  struct aid_event ev = { .kind = AID_EVENT_TEXT, .text = text };
  sink (NULL, request, &ev);
}

void
aid_binding_post_error (uint64_t request, const struct aid_error *e)
{
  struct aid_str val = AID_STR_INIT (4096);
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "code", aid_err_name (e->code));
  aid_val_kstrz (&val, "message", e->msg);
  aid_val_end (&val, o, 2);
  aid_binding_post (request, AID_EVENT_ERROR, aid_str_span (&val));
  aid_str_free (&val);
}

/* --- the life of the core -------------------------------------------------------------------------------------------- */

static int
start (const struct aid_host *host, char *msg, size_t nmsg)
{
  static const struct aid_sink to_host = { sink, NULL };
  struct aid_error e = { AID_OK, "" };
  aid_binding.host = host;
  aid_versions_set_self (host->version, host->hash);
  aid_binding.assist = aid_assist_new (&to_host, &e);
  if (aid_binding.assist != NULL)
    {
      aid_assist_export (aid_binding.assist);
      return 0;
    }
  snprintf (msg, nmsg, "%s", e.msg);
  return -1;
}

/* Requests and checks go on; Lisp can reach nothing else of this core any more. */
static void
retire (void)
{
  aid_bind_docs_close ();
  aid_bind_tracks_close ();
  aid_assist_retire (aid_binding.assist);
  aid_bind_builds_stop ();
  aid_bind_snapshots_stop ();
  aid_bind_judges_stop ();
}

static unsigned
running (void)
{
  return aid_assist_running (aid_binding.assist) + atomic_load (&jobs) + aid_bind_builds_running ();
}

static void
cancel (uint64_t request)
{
  aid_assist_cancel (aid_binding.assist, request);
}

static void
stop (const char *reason)
{
  aid_bind_docs_close ();
  aid_bind_tracks_close ();
  aid_bind_builds_close ();
  aid_bind_snapshots_close ();
  aid_bind_judges_close ();
  aid_assist_free (aid_binding.assist, reason);
  aid_binding.assist = NULL;
  aid_sources_stop ();
  aid_spare_drop ();
}

/* --- the table ------------------------------------------------------------------------------------------------------- */

static const struct aid_defun defuns[] = {
  { "aid--mod-version", 0, 0, aid_bind_version, "Return the core's version.\n\n(fn)" },
  { "aid--mod-face-names", 0, 0, aid_bind_face_names, "Return a vector of the faces' names by number.\n\n(fn)" },
  { "aid--mod-doc-open", 1, 1, aid_bind_doc_open, "Keep a shadow of TEXT; return its id.\n\n(fn TEXT)" },
  { "aid--mod-doc-edit", 4, 4, aid_bind_doc_edit,
    "In DOC, replace DELETED characters from BEG by TEXT.\n\n(fn DOC BEG DELETED TEXT)" },
  { "aid--mod-doc-close", 1, 1, aid_bind_doc_close, "Forget DOC.\n\n(fn DOC)" },
  { "aid--mod-doc-size", 1, 1, aid_bind_doc_size, "Return the number of characters in DOC.\n\n(fn DOC)" },
  { "aid--mod-doc-text", 1, 1, aid_bind_doc_text, "Return the text of DOC.\n\n(fn DOC)" },
  { "aid--mod-doc-spans", 3, 3, aid_bind_doc_spans,
    "Return (FROM TO . VECTOR): the faces of Markdown in at least BEG..END.\n\n(fn DOC BEG END)" },
  { "aid--mod-doc-blocks", 3, 3, aid_bind_doc_blocks,
    "Return the fenced code blocks that touch BEG..END.\n\n(fn DOC BEG END)" },
  { "aid--mod-doc-parse", 1, 1, aid_bind_doc_parse, "Return the chat in DOC as a plist.\n\n(fn DOC)" },
  { "aid--mod-doc-edited", 3, 3, aid_bind_doc_edited,
    "Return whether DOC's turn from BEG to END differs from what was received.\n\n(fn DOC BEG END)" },
  { "aid--mod-doc-essence", 3, 3, aid_bind_doc_essence,
    "Return what counts for got= of DOC's turn from BEG to END.\n\n(fn DOC BEG END)" },
  { "aid--mod-chat-key", 0, 0, aid_bind_chat_key, "Return a fresh key for a chat file.\n\n(fn)" },
  { "aid--mod-chat-hash", 1, 1, aid_bind_chat_hash, "Return the hash of an answer's BODY.\n\n(fn BODY)" },
  { "aid--mod-journal-list", 1, 1, aid_bind_journal_list, "Return the journals beside CHAT-FILE.\n\n(fn CHAT-FILE)" },
  { "aid--mod-journal-remove", 2, 2, aid_bind_journal_remove, "Remove the journal of REQ.\n\n(fn CHAT-FILE REQ)" },
  { "aid--mod-project-match", 3, 3, aid_bind_project_match,
    "Return (ALL . PATHS): up to MOST files of the project at ROOT whose path holds TEXT.\n"
    "ALL is nil when there may be more, also while the files are being listed.\n\n(fn ROOT TEXT MOST)" },
  { "aid--mod-project-listed-soon", 1, 1, aid_bind_project_listed_soon,
    "Tell when the files of the project at ROOT are listed; return an id.\n\n(fn ROOT)" },
  { "aid--mod-symbols-soon", 3, 3, aid_bind_symbols_soon,
    "List up to MOST names that the project at ROOT defines and that begin with TEXT; return an id.\n"
    "What comes is (MORE . NAMES); MORE says that there may be others.\n\n(fn ROOT TEXT MOST)" },
  { "aid--mod-rollout-soon", 2, 2, aid_bind_rollout_soon,
    "Look which core in FOLDER is to run, and whether the team has new settings; with FORCE also\n"
    "when it is not time yet.  Return an id.\n\n(fn FOLDER FORCE)" },
  { "aid--mod-project-why-soon", 2, 2, aid_bind_project_why_soon,
    "Find out why PATH is a file of the project at ROOT, or none; return an id.\n\n(fn ROOT PATH)" },
  { "aid--mod-ask", 1, 1, aid_bind_ask, "Ask what PLIST says; return the request's id.\n\n(fn PLIST)" },
  { "aid--mod-inspect-soon", 1, 1, aid_bind_inspect_soon,
    "Make the request that `aid--mod-ask' would make of PLIST; return an id.\n"
    "Its body, and that with lines of its own, come as text first.\n\n(fn PLIST)" },
  { "aid--mod-inspect-last", 1, 1, aid_bind_inspect_last,
    "Return a plist of the last request of the chat with KEY, or nil.\n\n(fn KEY)" },
  { "aid--mod-inspect-curl", 4, 4, aid_bind_inspect_curl,
    "Return a shell's command that sends BODY to URL with HEADERS, an alist.\n"
    "The shell fills in VARIABLE.\n\n(fn URL HEADERS VARIABLE BODY)" },
  { "aid--mod-inspect-format", 1, 1, aid_bind_inspect_format,
    "Return TEXT, JSON, with a member or element a line.\n\n(fn TEXT)" },
  { "aid--mod-inspect-check", 1, 1, aid_bind_inspect_check,
    "Return nil when TEXT is a JSON object, else (LINE COLUMN MESSAGE).\n\n(fn TEXT)" },
  { "aid--mod-held", 1, 1, aid_bind_held,
    "Look for secrets in what asking PLIST would send; they come as an event; return its id.\n\n(fn PLIST)" },
  { "aid--mod-secrets", 1, 1, aid_bind_secrets, "Return the secrets in TEXT: (:beg :end :kind :mask :id)...\n\n(fn TEXT)" },
  { "aid--mod-trust-report", 1, 1, aid_bind_trust_report,
    "Return what the files of the project at ROOT ask for, as a plist.\n\n(fn ROOT)" },
  { "aid--mod-trust-waiting", 1, 1, aid_bind_trust_waiting,
    "Return how many of ROOT's settings wait for trust, and their names, or nil.\n\n(fn ROOT)" },
  { "aid--mod-trust-add", 3, 3, aid_bind_trust_add,
    "Trust the file NAME of ROOT, if it still has HASH.\n\n(fn ROOT NAME HASH)" },
  { "aid--mod-trust-drop", 1, 1, aid_bind_trust_drop,
    "Take back all trust in ROOT; return whether there was any.\n\n(fn ROOT)" },
  { "aid--mod-model-info", 2, 5, aid_bind_model_info,
    "Return what the model ID means in ROOT, as a plist.\n"
    "With nil it is the configured one, for experiments that of a question of DOC, when\n"
    "STRATEGY was chosen, or nil; EXACT: and not its variants.\n\n(fn ID ROOT &optional DOC STRATEGY EXACT)" },
  { "aid--mod-models", 1, 2, aid_bind_models,
    "Return the models of ROOT: those that can be asked, all (ALL is t), or each provider's `first'."
    "\n\n(fn ROOT &optional ALL)" },
  { "aid--mod-discover", 3, 3, aid_bind_discover,
    "Ask PROVIDER's server for its models (nil: those that run here); return the request's id."
    "\n\n(fn PROVIDER ROOT SECRET)" },
  { "aid--mod-model-check", 4, 4, aid_bind_model_check,
    "Check MODEL (nil: who makes embeddings), with SPEND by an answer; return the request's id."
    "\n\n(fn MODEL ROOT SECRET SPEND)" },
  { "aid--mod-settings", 1, 1, aid_bind_settings, "Return where the settings are, and what is wrong in them.\n\n(fn ROOT)" },
  { "aid--mod-strategies", 1, 1, aid_bind_strategies, "Return the strategies of ROOT, as plists.\n\n(fn ROOT)" },
  { "aid--mod-strategy-info", 4, 5, aid_bind_strategy_info,
    "Return the strategy in force in ROOT when NAME, or nil, is to be used for DOC.\n"
    "MODEL, or nil, was chosen for it.\n\n(fn NAME DOC ROOT EXACT &optional MODEL)" },
  { "aid--mod-strategy-text", 2, 2, aid_bind_strategy_text,
    "Return the :file and :text of the strategy NAME in ROOT.\n\n(fn NAME ROOT)" },
  { "aid--mod-strategy-check", 2, 2, aid_bind_strategy_check,
    "Return what is wrong with the strategy in FILE, a project's ROOT given, or nil.\n\n(fn FILE ROOT)" },
  { "aid--mod-config-store", 3, 3, aid_bind_config_store,
    "Set KEY to VALUE in ROOT's settings, or in the user's when it is nil; a nil VALUE unsets it.\n\n(fn ROOT KEY VALUE)" },
  { "aid--mod-recipe-soon", 4, 4, aid_bind_recipe_soon,
    "Find out what the strategy NAME adds to the last question of DOC in DIR; return an id.\n\n(fn NAME DOC ROOT DIR)" },
  { "aid--mod-find-soon", 1, 1, aid_bind_find_soon,
    "Search a project for PLIST's :text; what is found comes as an event, return its id.\n\n(fn PLIST)" },
  { "aid--mod-tokens", 1, 2, aid_bind_tokens,
    "Return the tokens in TEXT for the model that its server calls NAME.\n\n(fn TEXT &optional NAME)" },
  { "aid--mod-tokens-exact", 1, 1, aid_bind_tokens_exact,
    "Return whether tokens for the model that its server calls NAME are exact.\n\n(fn NAME)" },
  { "aid--mod-forecast-soon", 1, 1, aid_bind_forecast_soon,
    "Find out the :model, :strategy and :forecast of asking PLIST now; they come as an event, return its id.\n\n(fn PLIST)" },
  { "aid--mod-spend-report", 1, 1, aid_bind_spend_report,
    "Return a plist of what MONTH has cost, \"2026-01\"; nil: this one.\n\n(fn MONTH)" },
  { "aid--mod-spend-months", 0, 0, aid_bind_spend_months, "Return the months of which costs are known.\n\n(fn)" },
  { "aid--mod-build-start", 1, 1, aid_bind_build_start,
    "Build what PLIST says (:root :dir :what :line :env :leave); return the id of its events.\n\n(fn PLIST)" },
  { "aid--mod-build-stop", 1, 1, aid_bind_build_stop, "Stop what builds in ROOT, or everywhere.\n\n(fn ROOT)" },
  { "aid--mod-build-command", 1, 1, aid_bind_build_command,
    "Return how PLIST (:root :dir :what :line) is built: (:command :dir :tool :trusted), or (:error)."
    "\n\n(fn PLIST)" },
  { "aid--mod-build-trust", 1, 1, aid_bind_build_trust,
    "Let :shown, which `aid--mod-build-command' gives for PLIST, run from now on.\n\n(fn PLIST)" },
  { "aid--mod-build-last", 1, 1, aid_bind_build_last,
    "Return a plist of the last build in ROOT, or nil.\n\n(fn ROOT)" },
  { "aid--mod-build-text", 1, 1, aid_bind_build_text,
    "Return what a model is told of the last build in ROOT, or nil.\n\n(fn ROOT)" },
  { "aid--mod-build-told", 1, 1, aid_bind_build_told,
    "Take PLIST (:root :dir :line :text :code) for the last build; return the id of its event.\n\n(fn PLIST)" },
  { "aid--mod-judge-soon", 1, 1, aid_bind_judge_soon,
    "Judge the hunks of PLIST (:root :dir :line :answer :texts :only :chosen :tests) over a copy of the project;\n"
    "return an id.  What is judged there already is stopped.\n\n(fn PLIST)" },
  { "aid--mod-judge-stop", 1, 1, aid_bind_judge_stop, "Stop what is being judged in ROOT.\n\n(fn ROOT)" },
  { "aid--mod-snapshot-start", 1, 1, aid_bind_snapshot_start,
    "Take snapshots of the project at ROOT from now on, and remember that; return the id of its events.\n\n(fn ROOT)" },
  { "aid--mod-snapshot-stop", 2, 2, aid_bind_snapshot_stop,
    "Take no snapshots of ROOT any more; with FORGET do not remember that they were on.\n\n(fn ROOT FORGET)" },
  { "aid--mod-snapshot-wants-unsaved", 1, 1, aid_bind_snapshot_wants_unsaved,
    "Return whether snapshots of ROOT are to hold what is not saved.\n\n(fn ROOT)" },
  { "aid--mod-snapshot-unsaved", 3, 3, aid_bind_snapshot_unsaved,
    "TEXT is what the file PATH of ROOT will be when it is saved; nil: it is saved.  Return whether it was taken.\n\n"
    "(fn ROOT PATH TEXT)" },
  { "aid--mod-snapshot-take-soon", 1, 1, aid_bind_snapshot_take_soon,
    "Take a snapshot of ROOT now; return an id.\n\n(fn ROOT)" },
  { "aid--mod-snapshot-log-soon", 3, 3, aid_bind_snapshot_log_soon,
    "List the newest versions of the file PATH of ROOT, MOST at most (0: all); return an id.\n\n(fn ROOT PATH MOST)" },
  { "aid--mod-snapshot-text-soon", 3, 3, aid_bind_snapshot_text_soon,
    "Read the file PATH of ROOT as it was in the snapshot ID; return an id.\n\n(fn ROOT ID PATH)" },
  { "aid--mod-measure-decision", 13, 13, aid_bind_measure_decision,
    "Record a DECISION on a hunk; return nil, or words that say why measurements are lost.\n"
    "CHAT and REQUEST made the hunk ID for PATH of ROOT; TEXT is its own, EDIT what was\napplied instead.  "
    "WAS is the state before, OP the file's.  METHOD, SHIFT in lines and\nSIMILARITY are of its place.  "
    "Each but DECISION and TEXT may be nil.\n\n"
    "(fn CHAT REQUEST ROOT PATH ID DECISION WAS OP METHOD SHIFT SIMILARITY TEXT EDIT)" },
  { "aid--mod-measure-typed", 4, 4, aid_bind_measure_typed,
    "Record that in ROOT, in files like PATH, CHARS were typed within SECONDS.\n"
    "Return as `aid--mod-measure-decision' does.\n\n(fn ROOT PATH CHARS SECONDS)" },
  { "aid--mod-metrics-soon", 1, 1, aid_bind_metrics_soon,
    "Begin a report of what became of answers; return its id, whose event is the result.\n"
    "PLIST is (:by :since :before :root :roots): lists of words and folders, times in ms.\n\n(fn PLIST)" },
  { "aid--mod-metrics-events-soon", 1, 1, aid_bind_metrics_events_soon,
    "Begin to list the events behind a number of a report; return an id, whose event has them.\n"
    "PLIST is what the report says of the number, and :last, how many at most.\n\n(fn PLIST)" },
  { "aid--mod-experiments-soon", 1, 1, aid_bind_experiments_soon,
    "Find out which experiments asking PLIST is in, and their reports; return an id.\n\n(fn PLIST)" },
  { "aid--mod-experiments-check-soon", 1, 1, aid_bind_experiments_check_soon,
    "Look whether an experiment does harm to who asks PLIST, at most once an hour; return an id.\n"
    "What comes is words that say so, or nil.\n\n(fn PLIST)" },
  { "aid--mod-track-open", 1, 1, aid_bind_track_open,
    "Follow accepted text in a buffer of SIZE characters; return a number for it.\n\n(fn SIZE)" },
  { "aid--mod-track-close", 1, 1, aid_bind_track_close, "Forget TRACK.\n\n(fn TRACK)" },
  { "aid--mod-track-change", 4, 4, aid_bind_track_change,
    "In the buffer of TRACK, REMOVED characters from BEG were replaced by TEXT.\n\n(fn TRACK BEG REMOVED TEXT)" },
  { "aid--mod-track-accept", 4, 4, aid_bind_track_accept,
    "TEXT, at BEG in the buffer of TRACK, was accepted with HUNK, a number; return whether that could be.\n\n"
    "(fn TRACK HUNK BEG TEXT)" },
  { "aid--mod-track-drop", 2, 2, aid_bind_track_drop, "Follow HUNK of TRACK no more.\n\n(fn TRACK HUNK)" },
  { "aid--mod-track-stayed", 4, 4, aid_bind_track_stayed,
    "Record how much of HUNKS is in TRACK's buffer, of SIZE characters, or in TEXT; nil: only a text can tell.\n"
    "HUNKS are plists (:number :chat :request :id :root :path :when :after).\n\n(fn TRACK SIZE TEXT HUNKS)" },
  { "aid--mod-running", 0, 0, aid_bind_running, "Return the number of requests that run in this core.\n\n(fn)" },
  { "aid--mod-abandoned", 0, 0, aid_bind_abandoned, "Return the number of resolver threads left behind.\n\n(fn)" },
  { "aid--mod-item-soon", 1, 1, aid_bind_item_soon,
    "Read the item that PLIST says (:target :dir :root :model :typed :count); return an id.\n\n(fn PLIST)" },
  { "aid--mod-items-soon", 1, 1, aid_bind_items_soon,
    "List the items of the request that PLIST says; return an id.\n\n(fn PLIST)" },
  { "aid--mod-stale-soon", 4, 4, aid_bind_stale_soon,
    "Compare what was sent from the chat DOC in DIR with what is there; return an id.\n"
    "BUFFERS are files that are not saved, each (PATH TEXT).  The event's :states are\n"
    "those that are not the same, each (TARGET SENT STATE).\n\n(fn DOC DIR ROOT BUFFERS)" },
  { "aid--mod-context-kinds", 0, 0, aid_bind_context_kinds, "Return the kinds of context, as plists.\n\n(fn)" },
  { "aid--mod-context-written", 1, 1, aid_bind_context_written,
    "Return the :target and :label of ITEM as people write it; nil when it is a file.\n\n(fn ITEM)" },
  { "aid--mod-sets", 1, 1, aid_bind_sets, "Return the sets of items of the project at ROOT, as plists.\n\n(fn ROOT)" },
  { "aid--mod-set-save", 3, 4, aid_bind_set_save,
    "Save ITEMS as the set NAME of ROOT, or forget it when there are none.\n\n(fn ROOT NAME ITEMS &optional SHARED)" },
  { "aid--mod-blob-get", 1, 1, aid_bind_blob_get, "Return the frozen text HASH.\n\n(fn HASH)" },
  { "aid--mod-definition-at", 3, 3, aid_bind_definition_at,
    "Return beginning (from 0), end and name of what TEXT, of the file FILE, defines around character AT; or nil.\n\n"
    "(fn TEXT FILE AT)" },
  { "aid--mod-grammars", 1, 1, aid_bind_grammars,
    "Look for grammars of tree-sitter in FOLDERS, a list, before the usual places.\n\n(fn FOLDERS)" },
  { "aid--mod-patch-read", 1, 1, aid_bind_patch_read, "Return the patches in TEXT as a plist.\n\n(fn TEXT)" },
  { "aid--mod-patch-plan", 1, 1, aid_bind_patch_plan, "Place the patches that PLIST names; return the plan.\n\n(fn PLIST)" },
  { "aid--mod-patch-check", 1, 1, aid_bind_patch_check,
    "Like `aid--mod-patch-plan', but the plan comes as an event; return its id.\n\n(fn PLIST)" },
  { "aid--mod-patch-report", 1, 1, aid_bind_patch_report,
    "Return what `aid--mod-patch-plan' refuses in PLIST's :files, as a text.\n\n(fn PLIST)" },
  { "aid--mod-patch-settle", 1, 1, aid_bind_patch_settle,
    "Return what the blocks of PLIST's :text that only name a file come to: (:end :diff :refused)...\n\n(fn PLIST)" },
  { "aid--mod-patch-path", 2, 2, aid_bind_patch_path,
    "Return the absolute name of a patch's PATH in ROOT.\n\n(fn ROOT PATH)" },
};

__attribute__ ((visibility ("default"))) const struct aid_core *
aid_core_entry (void)
{
  static const struct aid_core core = {
    .abi = AID_ABI, .version = AID_VERSION, .defuns = defuns, .ndefuns = sizeof defuns / sizeof *defuns,
    .start = start, .retire = retire, .running = running, .cancel = cancel, .stop = stop,
  };
  return &core;
}
