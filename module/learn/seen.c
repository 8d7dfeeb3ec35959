/* The file `seen': a line for what it is of, a record for each file, and a hash over all of it, for no disk is waited for. */
#include "learn/seen.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/map.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEEN_MAX ((size_t)1 << 30)
#define NEVER INT64_MIN /* no file has this time */

struct record
{
  uint64_t size, inode;
  int64_t mtime_ns;
  uint32_t len, why; /* LEN bytes of the path follow */
};

struct aid_seen
{
  struct aid_str text;
  struct aid_map *records; /* path -> its record in TEXT */
};

static void
add_head (struct aid_str *out, const char *last, uint64_t file_max, int64_t whole_ms)
{
  aid_str_addf (out, "aid-seen 1 %s %s %llu %lld\n", AID_VERSION, last, (unsigned long long)file_max, (long long)whole_ms);
}

/* Takes the head off *REST; 0, or -1 when it is of something else. */
static int
check_head (struct aid_span *rest, const char *last, uint64_t file_max, int64_t *whole_ms)
{
  struct aid_str wanted = AID_STR_INIT (1000);
  struct aid_span line = { "", 0 };
  uint64_t time_ms = 0;
  int64_t now = aid_clock_wall_ms ();
  aid_span_line (rest, &line);
  const char *blank = line.len ? memrchr (line.ptr, ' ', line.len) : NULL;
  size_t n = blank ? (size_t)(blank - line.ptr) + 1 : 0;
  add_head (&wanted, last, file_max, 0);
  int same = n && !wanted.err && n + 2 == wanted.len && !memcmp (wanted.ptr, line.ptr, n)
             && !aid_span_number (aid_span_cut (line, n, line.len), INT64_MAX, &time_ms) && (int64_t)time_ms <= now
             && now - (int64_t)time_ms < AID_SEEN_AGE_MS;
  aid_str_free (&wanted);
  *whole_ms = (int64_t)time_ms;
  return same ? 0 : -1;
}

/* The records in REST into S; 0 or -1. */
static int
read_records (struct aid_seen *s, struct aid_span rest)
{
  while (rest.len)
    {
      struct record r;
      if (rest.len < sizeof r)
        return -1;
      memcpy (&r, rest.ptr, sizeof r);
      if (!r.len || r.len > rest.len - sizeof r || r.why >= AID_LEAVES
          || aid_map_put (s->records, aid_span_cut (rest, sizeof r, sizeof r + r.len), (void *)(uintptr_t)rest.ptr, NULL))
        return -1;
      rest = aid_span_cut (rest, sizeof r + r.len, rest.len);
    }
  return 0;
}

struct aid_seen *
aid_seen_load (const struct aid_vault *vault, const char *last, uint64_t file_max, int64_t *whole_ms)
{
  struct aid_seen *s = calloc (1, sizeof *s);
  struct aid_str path = AID_STR_INIT (8192);
  uint64_t hash = 0;
  if (!s)
    return NULL;
  s->text = AID_STR_INIT (SEEN_MAX);
  s->records = aid_map_new ();
  aid_vault_path (vault, "seen", &path);
  int bad = !s->records || aid_fs_read_itself (aid_str_z (&path), &s->text, NULL) || s->text.len < sizeof hash;
  struct aid_span rest = aid_span_cut (aid_str_span (&s->text), 0, bad ? 0 : s->text.len - sizeof hash);
  if (!bad)
    memcpy (&hash, s->text.ptr + rest.len, sizeof hash);
  bad = bad || hash != aid_hash64 (rest) || check_head (&rest, last, file_max, whole_ms) || read_records (s, rest);
  aid_str_free (&path);
  if (!bad)
    return s;
  aid_seen_free (s);
  return NULL;
}

int
aid_seen_same (struct aid_seen *seen, const struct aid_project_file *file, enum aid_leave *why)
{
  const char *at = aid_map_remove (seen->records, file->path);
  struct record r;
  if (!at)
    return 0;
  memcpy (&r, at, sizeof r);
  *why = (enum aid_leave)r.why;
  return r.size == file->size && r.inode == file->inode && r.mtime_ns == file->mtime_ns;
}

void
aid_seen_rest (struct aid_seen *seen, void (*fn) (void *ctx, struct aid_span path), void *ctx)
{
  struct aid_span rest = aid_span_cut (aid_str_span (&seen->text), 0, seen->text.len - sizeof (uint64_t)), line;
  aid_span_line (&rest, &line);
  while (rest.len)
    {
      struct record r;
      memcpy (&r, rest.ptr, sizeof r);
      struct aid_span path = aid_span_cut (rest, sizeof r, sizeof r + r.len);
      if (aid_map_get (seen->records, path))
        fn (ctx, path);
      rest = aid_span_cut (rest, sizeof r + r.len, rest.len);
    }
}

void
aid_seen_free (struct aid_seen *seen)
{
  if (!seen)
    return;
  aid_map_free (seen->records, NULL);
  aid_str_free (&seen->text);
  free (seen);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

void
aid_seen_begin (struct aid_seen_out *o, const char *last, uint64_t file_max, int64_t whole_ms)
{
  o->text = AID_STR_INIT (SEEN_MAX);
  add_head (&o->text, last, file_max, whole_ms);
}

void
aid_seen_add (struct aid_seen_out *o, const struct aid_project_file *file, enum aid_leave why, int sure)
{
  const struct record r = { .size = file->size,
                            .inode = file->inode,
                            .mtime_ns = sure ? file->mtime_ns : NEVER,
                            .len = (uint32_t)file->path.len,
                            .why = (uint32_t)why };
  aid_str_add (&o->text, &r, sizeof r);
  aid_str_addspan (&o->text, file->path);
}

void
aid_seen_end (struct aid_seen_out *o, const struct aid_vault *vault)
{
  struct aid_str path = AID_STR_INIT (8192), beside = AID_STR_INIT (8192);
  const uint64_t hash = aid_hash64 (aid_str_span (&o->text));
  char key[17];
  aid_str_add (&o->text, &hash, sizeof hash);
  aid_vault_path (vault, "seen", &path);
  int bad = o->text.err || aid_random_key (key, 16);
  if (!bad)
    aid_str_addf (&beside, "%s.%s", aid_str_z (&path), key);
  int fd = bad ? -1 : open (aid_str_z (&beside), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bad = fd < 0 || aid_fs_write_all (fd, aid_str_span (&o->text));
  bad = (fd >= 0 && close (fd)) || bad;
  if ((bad || rename (aid_str_z (&beside), aid_str_z (&path))) && fd >= 0)
    unlink (aid_str_z (&beside));
  aid_str_free (&path);
  aid_str_free (&beside);
  aid_str_free (&o->text);
}

void
aid_seen_forget (const struct aid_vault *vault)
{
  struct aid_str path = AID_STR_INIT (8192);
  aid_vault_path (vault, "seen", &path);
  unlink (aid_str_z (&path));
  aid_str_free (&path);
}
