/* Timers as a sorted list.  A new timer is nearly always the latest one, so the search begins at the end; and a list
   needs no memory, so a request's clocks cannot fail.  */
#include "net/net_internal.h"

void
aid_timer_unset (struct aid_timers *list, struct aid_timer *t)
{
  if (!t->set)
    return;
  *(t->prev ? &t->prev->next : &list->first) = t->next;
  *(t->next ? &t->next->prev : &list->last) = t->prev;
  t->prev = t->next = NULL;
  t->set = false;
}

void
aid_timer_set (struct aid_timers *list, struct aid_timer *t, int64_t due_us)
{
  aid_timer_unset (list, t);
  struct aid_timer *before = list->last;
  while (before && before->due_us > due_us)
    before = before->prev;
  t->due_us = due_us;
  t->set = true;
  t->prev = before;
  t->next = before ? before->next : list->first;
  *(t->prev ? &t->prev->next : &list->first) = t;
  *(t->next ? &t->next->prev : &list->last) = t;
}

void
aid_timers_run (struct aid_timers *list, int64_t now_us)
{
  /* A fired timer may set itself again; it does so for later than now, or the loop of the thread brings it back.  */
  while (list->first && list->first->due_us <= now_us)
    {
      struct aid_timer *t = list->first;
      aid_timer_unset (list, t);
      t->fire (t->owner);
    }
}

int
aid_timers_wait_ms (const struct aid_timers *list, int64_t now_us, int most)
{
  if (!list->first)
    return most;
  int64_t ms = (list->first->due_us - now_us + 999) / 1000;
  return ms < 0 ? 0 : ms > most ? most : (int) ms;
}
