/* What arrives is appended to a file next to the chat, so that it outlives a killed editor.  All of this waits for the disk:
   assist/keeper.c does it apart from the streams.  The file is NAME.journal-REQ: one header line of JSON, then the bytes as the
   chat shows them. */
#ifndef AID_CHAT_JOURNAL_H
#define AID_CHAT_JOURNAL_H

#include "base/err.h"
#include "base/str.h"

struct aid_journal;

/* Begins a journal for the answer TURN of the chat file CHAT_PATH. */
struct aid_journal *aid_journal_new (const char *chat_path, const char *req, int64_t turn, struct aid_error *e);
/* Appends.  One thread may do so while another one syncs. */
enum aid_err aid_journal_add (struct aid_journal *j, struct aid_span text, struct aid_error *e);
/* What was added until now outlives a lost machine, too. */
enum aid_err aid_journal_sync (struct aid_journal *j, struct aid_error *e);
/* Closes (NULL: does nothing); the file stays until aid_journal_remove: the editor calls it when it has saved the chat. */
void aid_journal_close (struct aid_journal *j);
/* Closes and removes: nothing was streamed. */
void aid_journal_discard (struct aid_journal *j);
void aid_journal_remove (const char *chat_path, const char *req);
/* Appends to OUT a val list of objects {req, turn, text} of the journals beside CHAT_PATH. */
enum aid_err aid_journal_list (const char *chat_path, struct aid_str *out, struct aid_error *e);

#endif
