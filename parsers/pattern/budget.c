#include "parsers/pattern/budget.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

#define TICKS_MAX 10000000u /* of a budget: no overflow of sig_atomic_t */

static volatile sig_atomic_t ticks_left;
static bool is_ticking;

/* A tick may be delivered to any thread: only the one that computes may jump. */
static _Thread_local volatile sig_atomic_t is_guarded;
static _Thread_local sigjmp_buf way_out;

static void tick(int signal_number)
{
	(void)signal_number;
	if (ticks_left > 0)
		ticks_left--;
	if (ticks_left == 0 && is_guarded) {
		is_guarded = 0;
		siglongjmp(way_out, 1);
	}
}

/* Timers are not inherited by a child. */
static void forget_ticking(void)
{
	is_ticking = false;
}

static void start_ticking(void)
{
	static bool is_prepared;
	/* Left by siglongjmp(), the handler must not leave its signal blocked: SA_NODEFER. */
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART | SA_NODEFER };
	struct timeval step = { .tv_usec = BUDGET_TICK_MS * 1000 };
	struct itimerval timer = { .it_interval = step, .it_value = step };
	sigset_t set;

	if (!is_prepared)
		pthread_atfork(NULL, NULL, forget_ticking);
	is_prepared = true;
	sigemptyset(&action.sa_mask);
	sigaction(SIGVTALRM, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGVTALRM);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_VIRTUAL, &timer, NULL);
	is_ticking = true;
}

void budget_begin(uint32_t ms)
{
	uint32_t ticks = ms / BUDGET_TICK_MS;

	if (!is_ticking)
		start_ticking();
	/* One more: the first tick may come at once. */
	ticks_left = (sig_atomic_t)(ticks < TICKS_MAX ? ticks + 1 : TICKS_MAX);
}

bool budget_is_spent(void)
{
	return ticks_left == 0;
}

uint32_t budget_put_aside(void)
{
	return (uint32_t)ticks_left;
}

void budget_resume(uint32_t put_aside)
{
	ticks_left = (sig_atomic_t)put_aside;
}

bool budget_call(void (*work)(void *context), void *context)
{
	if (sigsetjmp(way_out, 0) != 0)
		return false;
	is_guarded = 1;
	work(context);
	is_guarded = 0;
	return true;
}
