/* What arrives is appended to a file next to the chat, synced at most once a second, so that a killed editor loses no
   more.  The file is NAME.journal-REQ: one header line of JSON, then the bytes as the chat shows them. */
#ifndef AID_CHAT_JOURNAL_H
#define AID_CHAT_JOURNAL_H

#include "base/err.h"
#include "base/str.h"

struct aid_journal;

/* Begins a journal for the answer TURN of the chat file CHAT_PATH. */
struct aid_journal *aid_journal_new (const char *chat_path, const char *req, int64_t turn, struct aid_error *e);
/* Appends; syncs when the last sync is a second ago. */
enum aid_err aid_journal_add (struct aid_journal *j, struct aid_span text, struct aid_error *e);
/* Syncs now if anything is unsynced (call it on a timer). */
enum aid_err aid_journal_sync (struct aid_journal *j, struct aid_error *e);
/* Closes; the file stays until aid_journal_remove: the editor calls it when it has saved the chat. */
void aid_journal_close (struct aid_journal *j);
void aid_journal_remove (const char *chat_path, const char *req);
/* Appends to OUT a val list of objects {req, turn, text} of the journals beside CHAT_PATH. */
enum aid_err aid_journal_list (const char *chat_path, struct aid_str *out, struct aid_error *e);

#endif
