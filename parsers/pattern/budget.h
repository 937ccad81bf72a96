#ifndef BUDGET_H
#define BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * budget: an end for a computation that may never return by itself.
 *
 * PCRE2's match limit does not bound time: a step it counts once may read the page to
 * its end, and it counts anew at every start.  `a.+b\s*b+[cd]` on 40 KB of b takes 0.5 s
 * in ONE call that ends with "no match", ten times the page a hundred times that.  No
 * clock looked at between calls helps against it; a signal does.
 *
 * Time is the CPU time this process spends in user mode (ITIMER_VIRTUAL), so a busy
 * machine costs no page its rows.  The first budget starts a timer that ticks for the
 * rest of the process: no system call is made per page, and 200 ticks a second of
 * computing cost too little to measure.  The module owns SIGVTALRM, which must not be
 * blocked; a system call that it interrupts is restarted, or fails with EINTR where the
 * kernel restarts nothing (epoll_wait).  A forked child starts a timer of its own.
 */

#define BUDGET_TICK_MS 5u /* budgets end up to this much late */

/* Start a budget of `ms`.  It takes the place of the one before. */
void budget_begin(uint32_t ms);

/* Is it used up?  Costs one load. */
bool budget_is_spent(void);

/*
 * Budgets by turns, of several who compute a little at a time: put one aside, and go on with it.
 * What is put aside is 0 when it is used up, and of no other meaning.
 */
uint32_t budget_put_aside(void);
void budget_resume(uint32_t put_aside);

/*
 * Call work(context).  Returns true when it returned, false when the budget ended first
 * and it was cut off: at any instruction, by siglongjmp().  So work must take no lock,
 * allocate nothing, and leave nothing half done that is used again.
 */
bool budget_call(void (*work)(void *context), void *context);

#endif
