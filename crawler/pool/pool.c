#include "pool/pool.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "pool/pool_internal.h"

#define EVENTS_MAX     64   /* taken from the kernel at a time */
#define START_RETRY_MS 100  /* after a worker that could not be started */
#define START_MS       1000 /* a worker that leaves sooner, unasked and unused, was never started */
#define EXIT_UNKNOWN   255  /* somebody else reaped it */

_Static_assert(POOL_MESSAGE_MAX + sizeof(pool_function *) <= CHANNEL_PAYLOAD_MAX,
	       "the largest argument fits into a frame");

/* What an epoll event is about: a kind and an index. */
enum event_kind { EVENT_CHANNEL, EVENT_EXIT, EVENT_WATCHED };

static uint64_t event_tag(enum event_kind kind, unsigned index)
{
	return (uint64_t)kind << 32 | index;
}

static int watch_fd(const struct pool *pool, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event event = { .events = events, .data.u64 = tag };

	return epoll_ctl(pool->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* ---- a seat and its process ---- */

static unsigned in_flight(const struct pool *pool, const struct pool_seat *seat)
{
	return pool->options.window - seat->free_count;
}

/* Returns 0, or -1 with errno; the seat is seat_free()d either way. */
static int seat_init(struct pool *pool, unsigned index)
{
	struct pool_seat *seat = &pool->seats[index];
	unsigned window = pool->options.window;

	snprintf(seat->name, sizeof(seat->name), "%s-%u",
		 pool->options.name ? pool->options.name : "worker", index + 1);
	seat->index = index;
	seat->pidfd = -1;
	seat->places = memory_new(window, sizeof(*seat->places));
	seat->free_places = memory_new(window, sizeof(*seat->free_places));
	for (unsigned i = 0; i < window; i++)
		seat->free_places[i] = (uint16_t)(window - 1 - i);
	seat->free_count = window;
	seat->pulse_slots = slots_new(1, sizeof(*seat->pulse) + window * sizeof(int64_t));
	if (!seat->pulse_slots)
		return -1;
	seat->pulse = (void *)slots_at(seat->pulse_slots, 0);
	if (pool->options.slot_bytes > 0) {
		seat->slots = slots_new(window, pool->options.slot_bytes);
		if (!seat->slots)
			return -1;
	}
	return 0;
}

static void seat_free(struct pool_seat *seat)
{
	slots_free(seat->slots);
	slots_free(seat->pulse_slots);
	free(seat->places);
	free(seat->free_places);
}

static void unwatch_channel(const struct pool *pool, const struct pool_seat *seat)
{
	epoll_ctl(pool->epoll, EPOLL_CTL_DEL, channel_fd(seat->channel), NULL);
}

/*
 * Let go of what joined us to a process that is gone.  Closing alone does not take a descriptor
 * out of the epoll: a worker that was just forked may hold a copy of it for a moment, and its
 * events would be taken for the next process in this seat.
 */
static void seat_release(const struct pool *pool, struct pool_seat *seat)
{
	unwatch_channel(pool, seat);
	channel_free(seat->channel);
	seat->channel = NULL;
	if (seat->pidfd >= 0) {
		epoll_ctl(pool->epoll, EPOLL_CTL_DEL, seat->pidfd, NULL);
		close(seat->pidfd);
	}
	seat->pidfd = -1;
	seat->pid = 0;
}

static int seat_watch(const struct pool *pool, struct pool_seat *seat)
{
	int channel = channel_fd(seat->channel);

	seat->pidfd = (int)syscall(SYS_pidfd_open, seat->pid, 0);
	if (seat->pidfd < 0)
		return -1;
	if (watch_fd(pool, seat->pidfd, EPOLLIN, event_tag(EVENT_EXIT, seat->index)) < 0)
		return -1;
	return watch_fd(pool, channel, EPOLLIN, event_tag(EVENT_CHANNEL, seat->index));
}

/* What the last process left behind is not the next one's. */
static void seat_reset(struct pool_seat *seat)
{
	atomic_store(&seat->pulse->is_ready, 0);
	atomic_store(&seat->pulse->busy, PULSE_UNKNOWN);
	seat->started_ms = clock_ms();
	seat->jobs_given = 0;
	seat->was_heard = true;
	seat->is_stopping = seat->is_killed = seat->is_late = seat->is_liar = false;
	seat->waits_to_write = false;
}

/* Fork a process into an empty seat.  Returns 0, or -1 with errno: it is still empty. */
static int seat_start(struct pool *pool, struct pool_seat *seat)
{
	struct channel *ends[2];
	int error;

	if (channel_pair(ends) < 0)
		return -1;
	seat_reset(seat);
	fflush(NULL); /* or what stdio holds is written by both */
	seat->pid = fork();
	if (seat->pid == 0)
		pool_worker_main(pool, seat, ends[1]);
	channel_free(ends[1]);
	seat->channel = ends[0];
	if (seat->pid > 0 && seat_watch(pool, seat) == 0) {
		seat->starts++;
		return 0;
	}

	error = errno;
	if (seat->pid > 0) {
		kill(seat->pid, SIGKILL);
		waitpid(seat->pid, NULL, 0);
	}
	seat_release(pool, seat);
	errno = error;
	return -1;
}

/* Its exit is seen as any other; until then it is not listened to. */
static void seat_kill(const struct pool *pool, struct pool_seat *seat)
{
	if (seat->pid == 0 || seat->is_killed)
		return;
	seat->is_killed = true;
	unwatch_channel(pool, seat);
	syscall(SYS_pidfd_send_signal, seat->pidfd, SIGKILL, NULL, 0);
}

/* ---- jobs ---- */

/* Give a job back to who sent it: result, callback.  The place is free before the callback runs. */
static void finish(struct pool *pool, struct pool_seat *seat, uint16_t slot,
		   struct pool_value *value)
{
	struct pool_place place = seat->places[slot];

	seat->places[slot].is_taken = false;
	seat->free_places[seat->free_count++] = slot;
	pool->in_flight--;
	value->worker = seat->index;
	if (place.result)
		pool_result_settle(place.result, value);
	if (place.callback)
		place.callback(place.user, value);
}

/* Does the result answer a job that the worker has?  A worker is not trusted. */
static bool answers_a_job(const struct pool *pool, const struct pool_seat *seat,
			  const struct frame *frame)
{
	if (frame->kind != FRAME_RESULT || frame->slot >= pool->options.window)
		return false;
	return seat->places[frame->slot].is_taken &&
	       seat->places[frame->slot].generation == frame->generation;
}

/* Hand out what the worker has sent, at most so much.  A worker that sends nonsense is killed. */
static void take_results(struct pool *pool, struct pool_seat *seat, unsigned most)
{
	struct frame frame;
	int got = 0;

	seat->has_more = false;
	while (!seat->is_liar && (got = channel_next(seat->channel, &frame)) > 0 &&
	       answers_a_job(pool, seat, &frame)) {
		struct pool_value value = {
			.status = frame.status == 0 ? POOL_DONE : POOL_FAILED,
			.code = frame.status,
			.bytes = frame.payload,
		};

		if (seat->slots)
			value.slot = (struct slice){ slots_at(seat->slots, frame.slot),
						     slots_bytes(seat->slots) };
		pool->failed_starts = 0;
		seat->was_heard = true;
		seat->jobs_done++;
		finish(pool, seat, frame.slot, &value);
		if (--most == 0) {
			seat->has_more = true;
			return;
		}
	}
	if (got != 0) {
		seat->is_liar = true;
		seat_kill(pool, seat);
	}
}

/* A worker wrote, or closed its end: one that lives on without a channel is of no use. */
static void listen_to(struct pool *pool, struct pool_seat *seat)
{
	int got;

	if (seat->pid == 0 || seat->is_killed)
		return;
	got = channel_receive(seat->channel);
	if (got > 0)
		take_results(pool, seat, pool->options.turn_results);
	else if (got < 0)
		seat_kill(pool, seat);
}

static bool is_suspect(uint64_t busy, bool was_ready, uint16_t slot, uint32_t generation)
{
	if (!was_ready)
		return false;
	return busy == PULSE_UNKNOWN || busy == pulse_job(slot, generation);
}

/* Every job the dead worker had comes back. */
static void fail_jobs(struct pool *pool, struct pool_seat *seat, enum pool_status status)
{
	uint64_t busy = atomic_load(&seat->pulse->busy);
	bool was_ready = atomic_load(&seat->pulse->is_ready) && status == POOL_DIED;

	for (unsigned slot = 0; slot < pool->options.window; slot++) {
		const struct pool_place *place = &seat->places[slot];
		struct pool_value value = { .status = status, .code = seat->exit_code };

		if (!place->is_taken)
			continue;
		value.is_suspect = is_suspect(busy, was_ready, (uint16_t)slot, place->generation);
		finish(pool, seat, (uint16_t)slot, &value);
	}
}

/* ---- supervision ---- */

/* Fetch how the process ended.  Returns false if it has not (flags may be WNOHANG). */
static bool fetch_exit_code(struct pool_seat *seat, int flags)
{
	siginfo_t info = { 0 };
	int got;

	do {
		got = waitid(P_PIDFD, (id_t)seat->pidfd, &info, WEXITED | flags);
	} while (got < 0 && errno == EINTR);
	if (got < 0) /* ECHILD: the program ignores SIGCHLD, or waits for every child */
		seat->exit_code = EXIT_UNKNOWN;
	else if (info.si_pid == 0)
		return false;
	else
		seat->exit_code = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
	return true;
}

/* Did it end before it was of any use?  Then the next one may fare no better. */
static bool is_failed_start(const struct pool_seat *seat)
{
	if (!atomic_load(&seat->pulse->is_ready))
		return true;
	return seat->jobs_given == 0 && !seat->is_stopping &&
	       clock_ms() - seat->started_ms < START_MS;
}

static void count_start(struct pool *pool, bool is_failed)
{
	if (!is_failed) {
		pool->failed_starts = 0;
		return;
	}
	pool->failed_starts++;
	pool->start_after_ms = clock_ms() + START_RETRY_MS;
}

static void report_exit(struct pool *pool, const struct pool_seat *seat, pid_t pid,
			enum pool_status status)
{
	struct pool_exit end = {
		.name = seat->name,
		.pid = pid,
		.code = seat->exit_code,
		.jobs = in_flight(pool, seat),
		.is_late = seat->is_late,
		.is_planned =
			status == POOL_CANCELLED || (seat->is_stopping && seat->exit_code == 0),
	};

	if (pool->options.on_exit)
		pool->options.on_exit(pool->options.context, &end);
}

/* If the process has ended: take what it still said, free the seat, give its jobs back. */
static void reap(struct pool *pool, struct pool_seat *seat, enum pool_status status, int flags)
{
	pid_t pid = seat->pid;

	if (pid == 0 || !fetch_exit_code(seat, flags))
		return;
	seat->pid = 0; /* callbacks that run now find no room here */
	if (seat->has_more)
		take_results(pool, seat, UINT_MAX);
	while (!seat->is_liar && channel_receive(seat->channel) > 0)
		take_results(pool, seat, UINT_MAX);
	count_start(pool, is_failed_start(seat));
	report_exit(pool, seat, pid, status);
	seat_release(pool, seat);
	fail_jobs(pool, seat, status);
}

/* Do we wait for something from it? */
static bool is_awaited(const struct pool *pool, const struct pool_seat *seat)
{
	return seat->pid > 0 && !seat->is_killed &&
	       (seat->is_stopping || in_flight(pool, seat) > 0);
}

/* Look at a worker once more, passed_ms after the last time.  Has it been silent for too long? */
static bool is_silent(const struct pool *pool, struct pool_seat *seat, int64_t passed_ms)
{
	uint64_t beat = atomic_load(&seat->pulse->beat);

	if (!is_awaited(pool, seat) || seat->was_heard || beat != seat->beat_seen)
		seat->quiet_ms = 0;
	else
		seat->quiet_ms += passed_ms;
	seat->was_heard = false;
	seat->beat_seen = beat;
	return seat->quiet_ms > pool->options.silence_ms;
}

/*
 * A worker that has jobs, or was told to end, and gives no sign of life is killed; its exit is
 * seen as any other.  Silence is counted while we listen: a master that was itself stopped for
 * a minute finds its workers silent for half of what is allowed, and hears them before it
 * looks again.
 */
static void kill_late(struct pool *pool)
{
	int64_t allowed = pool->options.silence_ms;
	int64_t passed;

	if (allowed == 0)
		return;
	passed = clock_ms() - pool->looked_ms;
	if (passed < pool_look_ms(pool))
		return;
	pool->looked_ms += passed;
	if (passed > allowed / 2)
		passed = (allowed + 1) / 2;
	for (unsigned i = 0; i < pool->seat_count; i++) {
		struct pool_seat *seat = &pool->seats[i];

		if (!is_silent(pool, seat, passed))
			continue;
		listen_to(pool, seat); /* what it said may only not have been heard yet */
		if (seat->was_heard || seat->is_killed)
			continue;
		seat->is_late = true;
		seat_kill(pool, seat);
	}
}

/* Is there a seat that stays empty only until the next try? */
static bool wants_worker(const struct pool *pool)
{
	if (pool->is_broken || (pool->is_closed && pool->queue_count == 0))
		return false;
	for (unsigned i = 0; i < pool->seat_count; i++) {
		if (pool->seats[i].pid == 0)
			return true;
	}
	return false;
}

static void cancel_queue(struct pool *pool)
{
	while (pool->queue_count > 0) {
		struct pool_waiting waiting = pool->queue[pool->queue_head];
		struct pool_value value = { .status = POOL_CANCELLED };

		pool->queue_head = (pool->queue_head + 1) % pool->options.queue_max;
		pool->queue_count--;
		free(waiting.argument);
		if (waiting.result)
			pool_result_settle(waiting.result, &value);
		if (waiting.callback)
			waiting.callback(waiting.user, &value);
	}
}

static void spawn_missing(struct pool *pool)
{
	if (!wants_worker(pool))
		return;
	if (pool->failed_starts >= POOL_STARTS_MAX) {
		pool->is_broken = true;
		cancel_queue(pool);
		return;
	}
	if (pool->failed_starts > 0 && clock_ms() < pool->start_after_ms)
		return;
	for (unsigned i = 0; i < pool->seat_count; i++) {
		if (pool->seats[i].pid == 0 && seat_start(pool, &pool->seats[i]) < 0) {
			count_start(pool, true);
			return;
		}
	}
}

/* Tell a worker to finish what it has and exit. */
static void stop(struct pool_seat *seat)
{
	struct frame frame = { .kind = FRAME_STOP };

	if (seat->pid == 0 || seat->is_stopping || seat->is_killed)
		return;
	if (channel_send(seat->channel, &frame, (struct slice){ 0 }) < 0)
		return; /* too much is unsent: next turn */
	seat->is_stopping = true;
	seat->was_heard = true;
}

/* Those that have done their number, and all when the pool is closed and nothing waits. */
static void stop_finished(struct pool *pool)
{
	bool is_over = (pool->is_closed || pool->is_broken) && pool->queue_count == 0;

	for (unsigned i = 0; i < pool->seat_count; i++) {
		struct pool_seat *seat = &pool->seats[i];
		unsigned limit = pool->options.jobs_per_worker;

		if (is_over ||
		    (limit > 0 && seat->jobs_given >= limit && in_flight(pool, seat) == 0))
			stop(seat);
	}
}

/* ---- handing out ---- */

/* How many jobs a worker would take. */
static unsigned room(const struct pool *pool, const struct pool_seat *seat)
{
	unsigned limit = pool->options.jobs_per_worker;

	if (seat->pid == 0 || seat->is_stopping || seat->is_killed)
		return 0;
	if (!channel_takes(seat->channel, CHANNEL_PAYLOAD_MAX))
		return 0; /* it does not read what it has */
	if (limit > 0 && limit - seat->jobs_given < seat->free_count)
		return limit - seat->jobs_given;
	return seat->free_count;
}

/* Hand a job to a worker that has room.  Returns 0, or -1 if it is too large. */
static int give(struct pool *pool, struct pool_seat *seat, struct slice head, struct slice body,
		const struct pool_place *job)
{
	uint16_t slot = seat->free_places[seat->free_count - 1];
	struct pool_place *place = &seat->places[slot];
	uint32_t generation = place->generation + 1;
	struct frame frame = {
		.kind = FRAME_JOB, .slot = slot, .generation = generation, .payload = head
	};

	atomic_store_explicit(&seat->pulse->marks[slot], 0, memory_order_relaxed);
	if (channel_send(seat->channel, &frame, body) < 0)
		return -1;
	if (in_flight(pool, seat) == 0)
		seat->was_heard = true; /* its silence was no fault */
	*place = *job;
	place->generation = generation;
	place->is_taken = true;
	seat->free_count--;
	seat->jobs_given++;
	pool->in_flight++;
	return 0;
}

unsigned pool_room(const struct pool *pool, unsigned worker)
{
	return pool->is_closed ? 0 : room(pool, &pool->seats[worker]);
}

int pool_submit(struct pool *pool, unsigned worker, struct slice head, struct slice body,
		pool_callback *callback, void *user)
{
	struct pool_place job = { .callback = callback, .user = user };

	assert(pool->options.serve); /* a blocking worker takes functions: pool_apply_async() */
	if (pool_room(pool, worker) == 0)
		return -1;
	if (head.size > POOL_MESSAGE_MAX || body.size > POOL_MESSAGE_MAX - head.size)
		return -1;
	return give(pool, &pool->seats[worker], head, body, &job);
}

int64_t pool_mark(const struct pool *pool, unsigned worker, const void *user)
{
	const struct pool_seat *seat = &pool->seats[worker];

	for (unsigned slot = 0; slot < pool->options.window; slot++) {
		if (seat->places[slot].is_taken && seat->places[slot].user == user)
			return atomic_load_explicit(&seat->pulse->marks[slot],
						    memory_order_relaxed);
	}
	return 0;
}

bool pool_queue_is_full(const struct pool *pool)
{
	return pool->queue_count == pool->options.queue_max;
}

void pool_enqueue(struct pool *pool, const struct pool_waiting *waiting)
{
	unsigned tail = (pool->queue_head + pool->queue_count) % pool->options.queue_max;

	pool->queue[tail] = *waiting;
	pool->queue_count++;
}

/* The worker with the most room, or NULL. */
static struct pool_seat *freest_seat(const struct pool *pool)
{
	struct pool_seat *freest = NULL;
	unsigned most = 0;

	for (unsigned i = 0; i < pool->seat_count; i++) {
		unsigned has = room(pool, &pool->seats[i]);

		if (has > most) {
			most = has;
			freest = &pool->seats[i];
		}
	}
	return freest;
}

/* Hand what waits to the workers that have room, in the order it came. */
void pool_hand_out(struct pool *pool)
{
	struct pool_seat *seat;

	while (pool->queue_count > 0 && (seat = freest_seat(pool))) {
		struct pool_waiting *waiting = &pool->queue[pool->queue_head];
		struct slice function = { (const char *)&waiting->function,
					  sizeof(waiting->function) };
		struct slice argument = { waiting->argument, waiting->argument_size };
		struct pool_place job = { .callback = waiting->callback,
					  .user = waiting->user,
					  .result = waiting->result };

		if (give(pool, seat, function, argument, &job) < 0)
			return;
		free(waiting->argument);
		pool->queue_head = (pool->queue_head + 1) % pool->options.queue_max;
		pool->queue_count--;
	}
}

/* ---- a turn ---- */

/* Send what is gathered, and watch for room to write where the socket is full. */
static void flush_workers(struct pool *pool)
{
	for (unsigned i = 0; i < pool->seat_count; i++) {
		struct pool_seat *seat = &pool->seats[i];
		struct epoll_event event = { .data.u64 = event_tag(EVENT_CHANNEL, i) };
		bool waits;

		if (seat->pid == 0 || seat->is_killed)
			continue;
		if (!channel_has_unsent(seat->channel) && !seat->waits_to_write)
			continue;
		if (channel_flush(seat->channel) < 0) {
			seat_kill(pool, seat); /* it is gone, or will never read again */
			continue;
		}
		waits = channel_has_unsent(seat->channel);
		if (waits == seat->waits_to_write)
			continue;
		event.events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN;
		epoll_ctl(pool->epoll, EPOLL_CTL_MOD, channel_fd(seat->channel), &event);
		seat->waits_to_write = waits;
	}
}

static void on_event(struct pool *pool, const struct epoll_event *event)
{
	unsigned index = (uint32_t)event->data.u64;

	switch ((enum event_kind)(event->data.u64 >> 32)) {
	case EVENT_CHANNEL:
		listen_to(pool, &pool->seats[index]);
		break;
	case EVENT_EXIT:
		reap(pool, &pool->seats[index], POOL_DIED, WNOHANG);
		break;
	case EVENT_WATCHED:
		pool->watched[index].function(pool->watched[index].user);
		break;
	}
}

/* Wait no longer than until silence must be looked for, or a start tried again. */
static int bounded_wait_ms(const struct pool *pool, int timeout_ms)
{
	int64_t most = INT_MAX;
	bool looks = false;

	for (unsigned i = 0; pool->options.silence_ms > 0 && i < pool->seat_count && !looks; i++)
		looks = is_awaited(pool, &pool->seats[i]);
	if (looks)
		most = pool_look_ms(pool);
	if (wants_worker(pool)) {
		int64_t until_start = pool->start_after_ms - clock_ms();

		if (until_start < most)
			most = until_start > 0 ? until_start : 0;
	}
	if (most == INT_MAX || (timeout_ms >= 0 && timeout_ms <= most))
		return timeout_ms;
	return (int)most;
}

/* Results that the last turn left.  Returns whether there were any. */
static bool take_rest(struct pool *pool)
{
	bool had_any = false;

	for (unsigned i = 0; i < pool->seat_count; i++) {
		struct pool_seat *seat = &pool->seats[i];

		if (seat->pid == 0 || seat->is_killed || !seat->has_more)
			continue;
		had_any = true;
		take_results(pool, seat, pool->options.turn_results);
	}
	return had_any;
}

static void wait_for_events(struct pool *pool, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int count;

	if (take_rest(pool))
		return;
	count = epoll_wait(pool->epoll, events, EVENTS_MAX, bounded_wait_ms(pool, timeout_ms));
	for (int i = 0; i < count; i++)
		on_event(pool, &events[i]);
}

void pool_turn(struct pool *pool, int timeout_ms)
{
	assert(!pool->is_in_turn);
	pool->is_in_turn = true;
	pool_hand_out(pool);
	stop_finished(pool);
	flush_workers(pool);
	wait_for_events(pool, timeout_ms);
	kill_late(pool);
	spawn_missing(pool);
	pool->is_in_turn = false;
}

/* ---- the life of a pool ---- */

static unsigned or_default(unsigned value, unsigned initial, unsigned most)
{
	if (value == 0)
		value = initial;
	return value > most ? most : value;
}

static void settle_options(struct pool *pool, const struct pool_options *options)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct pool_options *own = &pool->options;

	*own = *options;
	own->workers = or_default(own->workers, cpus > 0 ? (unsigned)cpus : 1, POOL_WORKERS_MAX);
	own->window = or_default(own->window, 1, POOL_WINDOW_MAX);
	own->turn_results = or_default(own->turn_results, UINT_MAX, UINT_MAX);
	own->queue_max = or_default(own->queue_max, POOL_QUEUE_MAX, 1u << 24);
	pool->keep_fds = memory_new(own->keep_fd_count, sizeof(int));
	for (size_t i = 0; i < own->keep_fd_count; i++)
		pool->keep_fds[i] = own->keep_fds[i];
	own->keep_fds = pool->keep_fds;
}

struct pool *pool_new(const struct pool_options *options)
{
	struct pool *pool = memory_new(1, sizeof(*pool));
	unsigned count;

	pool->master = getpid();
	settle_options(pool, options);
	count = pool->options.workers;
	pool->queue = memory_new(pool->options.queue_max, sizeof(*pool->queue));
	pool->seats = memory_new(count, sizeof(*pool->seats));
	pool->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (pool->epoll < 0)
		goto fail;
	while (pool->seat_count < count) {
		if (seat_init(pool, pool->seat_count++) < 0)
			goto fail;
	}
	for (unsigned i = 0; i < count; i++) {
		if (seat_start(pool, &pool->seats[i]) < 0)
			goto fail;
	}
	return pool;

fail:
	pool_free(pool);
	return NULL;
}

int pool_watch(struct pool *pool, int fd, void (*function)(void *user), void *user)
{
	unsigned index = pool->watched_count;

	if (index == POOL_WATCHED_MAX)
		return -1;
	if (watch_fd(pool, fd, EPOLLIN, event_tag(EVENT_WATCHED, index)) < 0)
		return -1;
	pool->watched[index] = (struct pool_watched){ fd, function, user };
	pool->watched_count++;
	return 0;
}

void pool_close(struct pool *pool)
{
	pool->is_closed = true;
}

static bool has_workers(const struct pool *pool)
{
	for (unsigned i = 0; i < pool->seat_count; i++) {
		if (pool->seats[i].pid > 0)
			return true;
	}
	return false;
}

int pool_join(struct pool *pool, int timeout_ms)
{
	int64_t end = clock_ms() + timeout_ms;

	assert(pool->is_closed);
	while (has_workers(pool) || pool_outstanding(pool) > 0) {
		int64_t left = end - clock_ms();

		if (timeout_ms >= 0 && left < 0)
			return -1;
		pool_turn(pool, timeout_ms < 0 ? POOL_FOR_EVER : (int)left);
	}
	return 0;
}

void pool_kill(struct pool *pool, unsigned worker)
{
	pool->seats[worker].is_liar = true; /* what else it sent is not looked at */
	seat_kill(pool, &pool->seats[worker]);
}

void pool_terminate(struct pool *pool)
{
	assert(!pool->is_in_turn);
	pool->is_closed = true;
	for (unsigned i = 0; i < pool->seat_count; i++)
		seat_kill(pool, &pool->seats[i]);
	pool->is_in_turn = true;
	for (unsigned i = 0; i < pool->seat_count; i++)
		reap(pool, &pool->seats[i], POOL_CANCELLED, 0);
	cancel_queue(pool);
	pool->is_in_turn = false;
}

void pool_free(struct pool *pool)
{
	int error = errno;

	if (!pool)
		return;
	pool_terminate(pool);
	pool_result_free(pool->applied);
	for (unsigned i = 0; i < pool->seat_count; i++)
		seat_free(&pool->seats[i]);
	if (pool->epoll >= 0)
		close(pool->epoll);
	free(pool->seats);
	free(pool->queue);
	free(pool->keep_fds);
	free(pool);
	errno = error;
}

/* ---- asking ---- */

size_t pool_outstanding(const struct pool *pool)
{
	return pool->in_flight + pool->queue_count;
}

bool pool_is_broken(const struct pool *pool)
{
	return pool->is_broken;
}

unsigned pool_worker_count(const struct pool *pool)
{
	return pool->seat_count;
}

struct pool_worker_info pool_worker_info(const struct pool *pool, unsigned worker)
{
	const struct pool_seat *seat = &pool->seats[worker];

	return (struct pool_worker_info){
		.name = seat->name,
		.pid = seat->pid,
		.is_alive = seat->pid > 0,
		.exit_code = seat->exit_code,
		.jobs_done = seat->jobs_done,
		.in_flight = in_flight(pool, seat),
		.starts = seat->starts,
	};
}
