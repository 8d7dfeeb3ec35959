/* What is left out of snapshots. */
#ifndef AID_LEARN_LEAVE_H
#define AID_LEARN_LEAVE_H

#include "base/str.h"

enum aid_leave
{
  AID_LEAVE_NOT,
  AID_LEAVE_LARGE,
  AID_LEAVE_SECRET,
  AID_LEAVE_SPECIAL, /* neither file nor link, or version control's or our own */
  AID_LEAVE_UNREADABLE,
  AID_LEAVES
};
/* "large", "secret", "special", "unreadable". */
const char *aid_leave_name (enum aid_leave why);

/* By its name and size alone. */
enum aid_leave aid_leave_by_name (struct aid_span path, uint64_t size, uint64_t max);
/* By its bytes, too. */
enum aid_leave aid_leave_by_bytes (struct aid_span bytes);
/* Appends TEXT without the secrets in it. */
void aid_leave_clean (struct aid_span text, struct aid_str *out);

#endif
