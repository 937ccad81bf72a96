#include "pool/seat.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "parsers/text/memory.h"

#define EXIT_ORPHAN  3   /* the master was gone before we began */
#define EXIT_UNKNOWN 255 /* somebody else reaped it */

int seat_init(struct seat *seat, const struct seat_options *options)
{
	size_t pulse_bytes = sizeof(*seat->pulse) + options->window * sizeof(int64_t);

	*seat = (struct seat){ .options = *options, .pidfd = -1 };
	snprintf(seat->name, sizeof(seat->name), "%s-%u", options->name, options->index + 1);
	seat->pulse_slots = slots_new(1, pulse_bytes);
	if (!seat->pulse_slots)
		return -1;
	seat->pulse = (void *)slots_at(seat->pulse_slots, 0);
	if (options->slot_bytes > 0) {
		seat->slots = slots_new(options->window, options->slot_bytes);
		if (!seat->slots)
			return -1;
	}
	return 0;
}

void seat_free(struct seat *seat)
{
	slots_free(seat->slots);
	slots_free(seat->pulse_slots);
}

/* ---- becoming a worker ---- */

_Noreturn void seat_leave(int code)
{
#ifdef CRAWL_COVER
	void __gcov_dump(void);

	__gcov_dump();
#endif
	_exit(code);
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Nothing of the master's stays open: not its database, not the other workers' channels. */
static void close_all_but(const struct seat_options *options, int channel)
{
	size_t count = options->keep_fd_count;
	int *keep = memory_new(count + 1, sizeof(int));
	int from = STDERR_FILENO + 1;

	for (size_t i = 0; i < count; i++)
		keep[i] = options->keep_fds[i];
	keep[count] = channel;
	qsort(keep, count + 1, sizeof(int), compare_fds);
	for (size_t i = 0; i <= count; i++) {
		if (keep[i] > from)
			close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
		if (keep[i] >= from)
			from = keep[i] + 1;
	}
	close_range((unsigned)from, ~0u, 0);
	free(keep);
}

/* Ctrl-C and a manager's SIGTERM reach the whole group: the master decides what they mean. */
static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_worker(const struct seat *seat, pid_t master, struct channel *channel)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != master)
		_exit(EXIT_ORPHAN);
	prctl(PR_SET_NAME, seat->name);
	reset_signals();
	close_all_but(&seat->options, channel_fd(channel));
}

/* ---- starting ---- */

static int watch(struct seat *seat)
{
	const struct seat_options *options = &seat->options;

	seat->pidfd = (int)syscall(SYS_pidfd_open, seat->pid, 0);
	if (seat->pidfd < 0)
		return -1;
	if (loop_watch(options->loop, seat->pidfd, EPOLLIN, options->on_exit, options->user) < 0)
		return -1;
	return loop_watch(options->loop, channel_fd(seat->channel), EPOLLIN, options->on_channel,
			  options->user);
}

/* What the last process left behind is not the next one's. */
static void reset(struct seat *seat)
{
	atomic_store(&seat->pulse->is_ready, 0);
	atomic_store(&seat->pulse->busy, PULSE_UNKNOWN);
	seat->started_ms = clock_ms();
	seat->was_heard = true;
	seat->is_stopping = seat->is_killed = seat->is_late = false;
	seat->is_liar = seat->is_gone = false;
}

int seat_start(struct seat *seat, seat_life *life, void *context)
{
	struct channel *ends[2];
	pid_t master = getpid();
	int error;

	if (channel_pair(ends) < 0)
		return -1;
	reset(seat);
	fflush(NULL); /* or what stdio holds is written by both */
	seat->pid = fork();
	if (seat->pid == 0) {
		become_worker(seat, master, ends[1]);
		seat_leave(life(context, ends[1]));
	}
	channel_free(ends[1]);
	seat->channel = ends[0];
	if (seat->pid > 0 && watch(seat) == 0) {
		seat->starts++;
		return 0;
	}

	error = errno;
	if (seat->pid > 0) {
		kill(seat->pid, SIGKILL);
		waitpid(seat->pid, NULL, 0);
	}
	seat_release(seat);
	errno = error;
	return -1;
}

/* ---- while it works ---- */

bool seat_is_usable(const struct seat *seat)
{
	return seat->pid > 0 && !seat->is_stopping && !seat->is_killed;
}

void seat_kill(struct seat *seat)
{
	if (seat->pid == 0 || seat->is_killed)
		return;
	seat->is_killed = true;
	loop_unwatch(seat->options.loop, channel_fd(seat->channel));
	syscall(SYS_pidfd_send_signal, seat->pidfd, SIGKILL, NULL, 0);
}

void seat_drop(struct seat *seat)
{
	seat->is_gone |= !seat->is_killed && (errno == EPIPE || errno == ECONNRESET);
	seat_kill(seat);
}

void seat_stop(struct seat *seat)
{
	struct frame frame = { .kind = FRAME_STOP };

	if (!seat_is_usable(seat))
		return;
	if (channel_send(seat->channel, &frame, (struct slice){ 0 }) < 0)
		return; /* too much is unsent: next turn */
	seat->is_stopping = true;
	seat->was_heard = true;
}

void seat_flush(struct seat *seat)
{
	const struct seat_options *options = &seat->options;
	uint32_t events = EPOLLIN;

	if (seat->pid == 0 || seat->is_killed)
		return;
	if (channel_has_unsent(seat->channel) && channel_flush(seat->channel) < 0) {
		seat_drop(seat); /* it is gone, or will never read again */
		return;
	}
	if (channel_has_unsent(seat->channel))
		events |= EPOLLOUT;
	loop_watch(options->loop, channel_fd(seat->channel), events, options->on_channel,
		   options->user);
}

int seat_look_ms(unsigned silence_ms)
{
	unsigned quarter = silence_ms / 4;

	return quarter < 1 ? 1 : quarter > 500 ? 500 : (int)quarter;
}

int64_t seat_quiet_ms(struct seat *seat, bool is_awaited, int64_t passed_ms)
{
	uint64_t beat = atomic_load(&seat->pulse->beat);

	if (!is_awaited || seat->was_heard || beat != seat->beat_seen)
		seat->quiet_ms = 0;
	else
		seat->quiet_ms += passed_ms;
	seat->was_heard = false;
	seat->beat_seen = beat;
	return seat->quiet_ms;
}

/* ---- its end ---- */

pid_t seat_reap(struct seat *seat, int flags)
{
	siginfo_t info = { 0 };
	pid_t pid = seat->pid;
	int got;

	if (pid == 0)
		return 0;
	do {
		got = waitid(P_PIDFD, (id_t)seat->pidfd, &info, WEXITED | flags);
	} while (got < 0 && errno == EINTR);
	if (got < 0) /* ECHILD: the program ignores SIGCHLD, or waits for every child */
		seat->exit_code = EXIT_UNKNOWN;
	else if (info.si_pid == 0)
		return 0;
	else
		seat->exit_code = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
	seat->pid = 0;
	return pid;
}

/*
 * Closing alone does not take a descriptor out of the epoll: a worker that was just forked may
 * hold a copy of it for a moment, and its events would wake the loop without end.
 */
void seat_release(struct seat *seat)
{
	struct loop *loop = seat->options.loop;

	loop_unwatch(loop, channel_fd(seat->channel));
	channel_free(seat->channel);
	seat->channel = NULL;
	if (seat->pidfd >= 0) {
		loop_unwatch(loop, seat->pidfd);
		close(seat->pidfd);
	}
	seat->pidfd = -1;
	seat->pid = 0;
}
