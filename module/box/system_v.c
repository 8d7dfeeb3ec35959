/* Memory that System V's objects hold without any process: segments, messages, sets of semaphores, by the kernel's own lists of
   them, which are read to their ends. */
#include "box/keeper.h"

#include <ctype.h>
#include <fcntl.h>
#include <unistd.h>

enum
{
  COLUMNS = 16, /* that a line has at most */
  OBJECT = 512, /* bytes of the kernel's for each of them, about */
  MESSAGE = 64, /* ... for each message beside its text */
  SEMAPHORE = 64
};

/* What a number in each column stands for, in bytes. */
static const struct
{
  const char *name;
  unsigned char weights[COLUMNS];
} lists[] = {
  { "sysvipc/shm", { [14] = 1, [15] = 1 } },     /* resident, swapped out */
  { "sysvipc/msg", { [3] = 1, [4] = MESSAGE } }, /* bytes, messages */
  { "sysvipc/sem", { [3] = SEMAPHORE } },
};

void
system_v_open (struct keeper *k)
{
  _Static_assert(sizeof lists / sizeof *lists == SYSTEM_V, "a descriptor for each list");
  for (size_t i = 0; i < SYSTEM_V; i++)
    k->system_v[i] = openat (k->proc_fd, lists[i].name, O_RDONLY | O_CLOEXEC);
}

/* The sum of what FD's lines stand for; its first one is a head. */
static uint64_t
weigh (int fd, const unsigned char *weights)
{
  char text[16384];
  uint64_t sum = 0, number = 0;
  int lines = 0, column = 0, in_word = 0;
  off_t at = 0;
  for (ssize_t n; (n = pread (fd, text, sizeof text, at)) > 0; at += n)
    for (const char *c = text; c < text + n; c++)
      if (!isspace ((unsigned char)*c))
        {
          number = in_word ? number : 0;
          in_word = 1;
          number = isdigit ((unsigned char)*c) ? number * 10 + (uint64_t)(*c - '0') : number;
        }
      else
        {
          sum += in_word && lines && column < COLUMNS ? number * weights[column] : 0;
          column += in_word;
          in_word = 0;
          if (*c != '\n')
            continue;
          sum += lines++ ? OBJECT : 0;
          column = 0;
        }
  return sum;
}

int64_t
system_v (const struct keeper *k)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < SYSTEM_V; i++)
    sum += k->system_v[i] < 0 ? 0 : weigh (k->system_v[i], lists[i].weights);
  return sum < INT64_MAX / 2 ? (int64_t)sum : INT64_MAX / 2;
}
