#include "worker/hold.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Written by the thread, read in the handler. */
static volatile sig_atomic_t calls, current = -1, is_inside;
static volatile sig_atomic_t seen; /* the handler's: the call that it found */

static void look(int signal)
{
	int error = errno;

	(void)signal;
	if (is_inside && seen == calls && current >= 0)
		shutdown((int)current, SHUT_RDWR);
	seen = is_inside ? calls : calls - 1;
	errno = error;
}

void hold_begin(void)
{
	struct sigaction action = { .sa_handler = look, .sa_flags = SA_RESTART };
	struct itimerval timer = {
		.it_interval = { .tv_usec = HOLD_MS * 1000 },
		.it_value = { .tv_usec = HOLD_MS * 1000 },
	};
	sigset_t set;

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGVTALRM); /* a budget leaves by a jump: not out of here */
	sigaction(SIGPROF, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGPROF);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_PROF, &timer, NULL);
}

void hold_enter(int fd)
{
	if (fd >= 0)
		current = fd;
	calls = (calls + 1) & 0x3fffffff;
	is_inside = true;
}

void hold_leave(void)
{
	is_inside = false;
}

void hold_forget(int fd)
{
	if (current == fd)
		current = -1;
}
