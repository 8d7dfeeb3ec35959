/* Boxes over a small tree in the scratch folder, for tests of module/ces/box.h and its keeper. */
#ifndef AID_TESTS_BOX_SCENE_H
#define AID_TESTS_BOX_SCENE_H

#include "ces/box.h"
#include "scratch_put.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>

/* What is missing for boxes, when something is. */
static char box_lack[256];

static int
box_scene_make (void **state)
{
  if (scratch_make (state))
    return -1;
  if (!aid_box_available (box_lack))
    printf ("skipped: %s\n", box_lack);
  put ("lower/a.txt", "first\n");
  put ("lower/folder/b.txt", "second\n");
  put ("outside/secret", "nobody's business\n");
  return 0;
}

#define NEEDS_BOXES()                                                                                                       \
  do                                                                                                                        \
    if (box_lack[0])                                                                                                        \
      skip ();                                                                                                              \
  while (0)

static struct aid_box *
box_open (enum aid_box_how how, struct aid_box_limits limits)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_box *b = NULL;
  if (aid_box_open (scratch_path ("lower"), how, &limits, &b, &e))
    fail_msg ("%s", e.msg);
  return b;
}

/* Runs LINE in B; what it printed is in the static string until the next. */
static struct aid_box_ran box_ran;

static struct aid_box_ran
run_in (struct aid_box *b, const char *line)
{
  struct aid_error e = { AID_OK, "" };
  aid_str_free (&box_ran.output);
  if (aid_box_run (b, line, NULL, NULL, &box_ran, &e))
    fail_msg ("%s: %s", line, e.msg);
  return box_ran;
}

__attribute__ ((unused)) static const char *
printed (struct aid_box *b, const char *line)
{
  run_in (b, line);
  return aid_str_z (&box_ran.output);
}

/* Runs LINE in a box of its own. */
__attribute__ ((unused)) static struct aid_box_ran
run_alone (const char *line, struct aid_box_limits limits)
{
  struct aid_box *b = box_open (AID_BOX_VIEW, limits);
  run_in (b, line);
  aid_box_close (b);
  return box_ran;
}

__attribute__ ((unused)) static void
says (struct aid_box_ran ran, const char *end)
{
  if (strcmp (aid_box_end_name (ran.end), end) != 0)
    fail_msg ("%s with code %d, not %s; it printed: %.2000s", aid_box_end_name (ran.end), ran.code, end,
              aid_str_z (&ran.output));
}

__attribute__ ((unused)) static const char *
text_of (const char *file)
{
  static struct aid_str text = { .max = 1 << 20 };
  aid_str_clear (&text);
  aid_fs_read (scratch_path (file), &text, NULL);
  return aid_str_z (&text);
}

/* --- what must not stay --- */

static size_t
entries_of (const char *folder)
{
  size_t n = 0;
  DIR *dir = opendir (folder);
  assert_non_null (dir);
  while (readdir (dir))
    n++;
  closedir (dir);
  return n;
}

/* Children of PID, with theirs. */
static size_t
descendants_of (pid_t pid)
{
  char path[64], text[4096];
  size_t n = 0;
  snprintf (path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
  FILE *f = fopen (path, "r");
  if (!f)
    return 0;
  text[fread (text, 1, sizeof text - 1, f)] = '\0';
  fclose (f);
  for (char *at = text, *end; strtol (at, &end, 10) && end > at; at = end)
    n += 1 + descendants_of ((pid_t)strtol (at, NULL, 10));
  return n;
}

/* Processes of the host whose arguments have WORD; the first MAX of them go to OUT. */
static size_t
find_processes (const char *word, pid_t out[], size_t max)
{
  size_t n = 0;
  DIR *dir = opendir ("/proc");
  for (const struct dirent *entry; dir && (entry = readdir (dir));)
    {
      char path[300], text[4096];
      snprintf (path, sizeof path, "/proc/%s/cmdline", entry->d_name);
      int fd = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? open (path, O_RDONLY | O_CLOEXEC) : -1;
      ssize_t got = fd < 0 ? -1 : read (fd, text, sizeof text);
      if (fd >= 0)
        close (fd);
      if (got <= 0 || !memmem (text, (size_t)got, word, strlen (word)))
        continue;
      if (n < max)
        out[n] = (pid_t)strtol (entry->d_name, NULL, 10);
      n++;
    }
  closedir (dir);
  return n;
}

/* How many they are. */
static size_t
processes_with (const char *word)
{
  return find_processes (word, NULL, 0);
}

struct leavings
{
  size_t descriptors, processes, mounts, files;
};

/* Mounts that are ours, or of our folder: others may come and go. */
static size_t
mounts_of_boxes (void)
{
  size_t n = 0;
  char line[4096];
  FILE *f = fopen ("/proc/self/mountinfo", "r");
  assert_non_null (f);
  while (fgets (line, sizeof line, f))
    n += strstr (line, "aid-box") || strstr (line, scratch);
  fclose (f);
  return n;
}

static struct leavings
leavings (void)
{
  return (struct leavings){ entries_of ("/proc/self/fd"), descendants_of (getpid ()), mounts_of_boxes (),
                            entries_of (scratch) };
}

__attribute__ ((unused)) static void
leaves_nothing (struct leavings before)
{
  struct leavings now = leavings ();
  assert_int_equal (now.descriptors, before.descriptors);
  assert_int_equal (now.processes, before.processes);
  assert_int_equal (now.mounts, before.mounts);
  assert_int_equal (now.files, before.files);
}

#endif
