/* What the files of the binding share: the core's one state, and the Lisp functions, which binding.c tables. */
#ifndef AID_BINDING_INTERNAL_H
#define AID_BINDING_INTERNAL_H

#include "assist/assist.h"
#include "base/vec.h"
#include "binding/lisp.h"
#include "loader/host.h"

struct aid_binding
{
  const struct aid_host *host;
  struct aid_assist *assist;   /* NULL before start and after stop */
};
extern struct aid_binding aid_binding;

/* Posts an event without text; any thread. */
void aid_binding_post (uint64_t request, enum aid_event_kind kind, struct aid_span val);
/* Posts TEXT, which Lisp gets in pieces of the queue's size. */
void aid_binding_post_text (uint64_t request, struct aid_span text);
/* Posts AID_EVENT_ERROR. */
void aid_binding_post_error (uint64_t request, const struct aid_error *e);
/* Jobs of the front end that run or wait. */
void aid_binding_job_begins (void);
void aid_binding_job_ends (void);

/* A question out of Lisp: owned strings, and the request that borrows them. */
struct aid_bind_question
{
  struct aid_ask ask;
  struct aid_str chat, body;
  char *path, *root, *model, *strategy, *secret, *request, *allow_secrets, *remove_secrets;
  struct aid_vec owned, items; /* the items: what is owned, and struct aid_ask_item of it */
};
/* Reads PLIST; the text of a document is borrowed until its next edit.  Q is to be freed, whatever is pending. */
void aid_bind_question_read (emacs_env *env, emacs_value plist, struct aid_bind_question *q);
void aid_bind_question_free (struct aid_bind_question *q);
/* Copies the document's text, which may change while a job waits. */
void aid_bind_question_own_chat (struct aid_bind_question *q);

/* Builds (bind_build.c): ends them soon; how many run; ends them and joins their threads. */
void aid_bind_builds_stop (void);
unsigned aid_bind_builds_running (void);
void aid_bind_builds_close (void);

/* Snapshots (bind_snapshot.c): takes no more soon; ends that and joins its threads. */
void aid_bind_snapshots_stop (void);
void aid_bind_snapshots_close (void);

/* Judgements (bind_judge.c): ends them soon; ends them and joins their threads. */
void aid_bind_judges_stop (void);
void aid_bind_judges_close (void);

/* Follows no buffer any more (bind_track.c). */
void aid_bind_tracks_close (void);

/* Forgets every open document (bind_doc.c). */
void aid_bind_docs_close (void);
/* The text of the document V, or the empty span with a signal pending; valid until its next edit. */
struct aid_span aid_bind_docs_text (emacs_env *env, emacs_value v);
/* Its main language, as aid_chat_language tells it; "" with a signal pending. */
const char *aid_bind_docs_language (emacs_env *env, emacs_value v);

struct aid_config;
struct aid_asked;
/* The settings that hold for Q, or NULL with a signal pending (bind_strategy.c). */
struct aid_config *aid_bind_config (emacs_env *env, const struct aid_asked *q);

/* Appends the list of the struct aid_recipe_item in ITEMS: {target, label, why, tokens} each (bind_strategy.c). */
void aid_bind_items_val (const struct aid_vec *items, struct aid_str *val);

#define AID_BIND(name) emacs_value aid_bind_##name (emacs_env *env, ptrdiff_t nargs, emacs_value *args)
AID_BIND (measure_decision);
AID_BIND (measure_typed);
AID_BIND (metrics_soon);
AID_BIND (metrics_events_soon);
AID_BIND (experiments_soon);
AID_BIND (experiments_check_soon);
AID_BIND (track_open);
AID_BIND (track_close);
AID_BIND (track_change);
AID_BIND (track_accept);
AID_BIND (track_drop);
AID_BIND (track_stayed);
AID_BIND (build_start);
AID_BIND (build_stop);
AID_BIND (build_command);
AID_BIND (build_trust);
AID_BIND (build_last);
AID_BIND (build_text);
AID_BIND (build_told);
AID_BIND (judge_soon);
AID_BIND (judge_stop);
AID_BIND (doc_open);
AID_BIND (doc_edit);
AID_BIND (doc_close);
AID_BIND (doc_size);
AID_BIND (doc_text);
AID_BIND (doc_spans);
AID_BIND (doc_blocks);
AID_BIND (doc_parse);
AID_BIND (doc_edited);
AID_BIND (doc_essence);
AID_BIND (chat_key);
AID_BIND (chat_hash);
AID_BIND (journal_list);
AID_BIND (journal_remove);
AID_BIND (face_names);
AID_BIND (ask);
AID_BIND (held);
AID_BIND (secrets);
AID_BIND (trust_report);
AID_BIND (trust_waiting);
AID_BIND (trust_add);
AID_BIND (trust_drop);
AID_BIND (model_info);
AID_BIND (models);
AID_BIND (discover);
AID_BIND (model_check);
AID_BIND (settings);
AID_BIND (strategies);
AID_BIND (strategy_info);
AID_BIND (strategy_text);
AID_BIND (strategy_check);
AID_BIND (recipe_soon);
AID_BIND (config_store);
AID_BIND (tokens);
AID_BIND (tokens_exact);
AID_BIND (forecast_soon);
AID_BIND (find_soon);
AID_BIND (spend_report);
AID_BIND (spend_months);
AID_BIND (rollout_soon);
AID_BIND (running);
AID_BIND (abandoned);
AID_BIND (inspect_soon);
AID_BIND (inspect_last);
AID_BIND (inspect_curl);
AID_BIND (inspect_check);
AID_BIND (inspect_format);
AID_BIND (version);
AID_BIND (item_soon);
AID_BIND (items_soon);
AID_BIND (stale_soon);
AID_BIND (context_kinds);
AID_BIND (context_written);
AID_BIND (sets);
AID_BIND (set_save);
AID_BIND (blob_get);
AID_BIND (definition_at);
AID_BIND (grammars);
AID_BIND (project_match);
AID_BIND (project_listed_soon);
AID_BIND (project_why_soon);
AID_BIND (symbols_soon);
AID_BIND (patch_read);
AID_BIND (patch_plan);
AID_BIND (patch_check);
AID_BIND (patch_report);
AID_BIND (patch_path);
AID_BIND (patch_settle);
AID_BIND (snapshot_start);
AID_BIND (snapshot_stop);
AID_BIND (snapshot_wants_unsaved);
AID_BIND (snapshot_unsaved);
AID_BIND (snapshot_take_soon);
AID_BIND (snapshot_log_soon);
AID_BIND (snapshot_text_soon);

#endif
