/* What is left out of snapshots: by name and size before a file is opened, by its bytes before they are kept. */
#include "learn/leave.h"
#include "base/utf8.h"
#include "config/secrets.h"

#include <strings.h>

const char *
aid_leave_name (enum aid_leave why)
{
  static const char *const names[] = { "", "large", "secret", "special", "unreadable" };
  return names[why];
}

/* Version control's own folders are never a project's files; git refuses trees with the first. */
static int
is_vc_part (struct aid_span part)
{
  static const char *const names[] = { ".git", ".hg", ".jj", ".svn" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (part.len == strlen (names[i]) && !strncasecmp (part.ptr, names[i], part.len))
      return 1;
  return 0;
}

enum aid_leave
aid_leave_by_name (struct aid_span path, uint64_t size, uint64_t max)
{
  for (struct aid_span rest = path; rest.len;)
    {
      const char *slash = memchr (rest.ptr, '/', rest.len);
      size_t n = slash ? (size_t)(slash - rest.ptr) : rest.len;
      if (is_vc_part (aid_span_cut (rest, 0, n)))
        return AID_LEAVE_SPECIAL;
      rest = aid_span_cut (rest, slash ? n + 1 : n, rest.len);
    }
  return aid_secrets_file (path) ? AID_LEAVE_SECRET : size > max ? AID_LEAVE_LARGE : AID_LEAVE_NOT;
}

enum aid_leave
aid_leave_by_bytes (struct aid_span bytes)
{
  /* One finding says it. */
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, 1);
  int secret = aid_secrets_scan (bytes, &found) || found.len;
  aid_vec_free (&found);
  return secret ? AID_LEAVE_SECRET : AID_LEAVE_NOT;
}

static int
each (void *ctx, const char *id)
{
  (void)ctx, (void)id;
  return 1;
}

void
aid_leave_clean (struct aid_span text, struct aid_str *out)
{
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  if (aid_secrets_scan (text, &found))
    aid_str_addz (out, "[removed]");
  else
    aid_secrets_replace (text, &found, each, NULL, out);
  aid_vec_free (&found);
}
