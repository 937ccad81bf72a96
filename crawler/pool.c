#include "pool.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "memory.h"
#include "pool_internal.h"

#define EVENTS_MAX    64  /* taken from the kernel at a time */
#define LATE_CHECK_MS 500 /* how often silence is looked for, at the latest */

/* What an epoll event is about: a kind and an index. */
enum event_kind { EVENT_CHANNEL, EVENT_EXIT, EVENT_WATCHED };

static uint64_t event_tag(enum event_kind kind, unsigned index)
{
	return (uint64_t)kind << 32 | index;
}

static int watch_fd(struct pool *pool, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event event = { .events = events, .data.u64 = tag };

	return epoll_ctl(pool->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* ---- a seat and its process ---- */

static unsigned in_flight(const struct pool *pool, const struct pool_seat *seat)
{
	return pool->options.window - seat->free_count;
}

static int seat_init(struct pool *pool, unsigned index)
{
	struct pool_seat *seat = &pool->seats[index];
	unsigned window = pool->options.window;

	snprintf(seat->name, sizeof(seat->name), "%s-%u",
		 pool->options.name ? pool->options.name : "worker", index + 1);
	seat->index = index;
	seat->pidfd = -1;
	seat->pulse = &pool->pulses[index];
	seat->places = memory_new(window, sizeof(*seat->places));
	seat->free_places = memory_new(window, sizeof(*seat->free_places));
	for (unsigned i = 0; i < window; i++)
		seat->free_places[i] = (uint16_t)(window - 1 - i);
	seat->free_count = window;
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
	free(seat->places);
	free(seat->free_places);
}

/* Fork a process into an empty seat.  Returns 0, or -1 with errno. */
static int seat_start(struct pool *pool, struct pool_seat *seat)
{
	struct channel *ends[2];

	if (channel_pair(ends) < 0)
		return -1;
	atomic_store(&seat->pulse->is_ready, false);
	atomic_store(&seat->pulse->busy, PULSE_UNKNOWN);
	atomic_store(&seat->pulse->beat_ms, clock_ms());
	fflush(NULL);
	seat->pid = fork();
	if (seat->pid == 0)
		pool_worker_main(pool, seat, ends[1]);
	channel_free(ends[1]);
	if (seat->pid < 0) {
		seat->pid = 0;
		channel_free(ends[0]);
		return -1;
	}
	seat->pidfd = (int)syscall(SYS_pidfd_open, seat->pid, 0);
	seat->channel = ends[0];
	seat->starts++;
	seat->jobs_given = 0;
	seat->is_stopping = seat->is_late = seat->waits_to_write = false;
	if (seat->pidfd < 0 ||
	    watch_fd(pool, seat->pidfd, EPOLLIN, event_tag(EVENT_EXIT, seat->index)) < 0 ||
	    watch_fd(pool, channel_fd(seat->channel), EPOLLIN, event_tag(EVENT_CHANNEL, seat->index)) < 0)
		return -1; /* the process is there: pool_free() will end it */
	return 0;
}

static void seat_kill(const struct pool_seat *seat)
{
	if (seat->pid > 0)
		kill(seat->pid, SIGKILL);
}

/* ---- jobs ---- */

/* Give a job back to who sent it: result, callback.  The place is free before the callback runs. */
static void finish(struct pool *pool, struct pool_seat *seat, uint16_t slot, struct pool_value *value)
{
	struct pool_place place = seat->places[slot];

	seat->places[slot].is_taken = false;
	seat->free_places[seat->free_count++] = slot;
	seat->jobs_done++;
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

/* Hand out what the worker has sent.  A worker that sends nonsense is killed. */
static void take_results(struct pool *pool, struct pool_seat *seat)
{
	struct frame frame;
	int got;

	while ((got = channel_next(seat->channel, &frame)) > 0) {
		struct pool_value value = {
			.status = frame.status == 0 ? POOL_DONE : POOL_FAILED,
			.code = frame.status,
			.bytes = frame.payload,
		};

		if (!answers_a_job(pool, seat, &frame)) {
			got = -1;
			break;
		}
		if (seat->slots)
			value.slot = (struct slice){ slots_at(seat->slots, frame.slot),
						     slots_bytes(seat->slots) };
		pool->failed_starts = 0;
		finish(pool, seat, frame.slot, &value);
	}
	if (got < 0)
		seat_kill(seat);
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
	bool was_ready = atomic_load(&seat->pulse->is_ready);

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

static int exit_code_of(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status : -info->si_status;
}

static void report_exit(struct pool *pool, const struct pool_seat *seat)
{
	struct pool_exit end = {
		.name = seat->name,
		.pid = seat->pid,
		.code = seat->exit_code,
		.jobs = in_flight(pool, seat),
		.is_late = seat->is_late,
		.is_planned = seat->is_stopping && seat->exit_code == 0,
	};

	if (pool->options.on_exit)
		pool->options.on_exit(pool->options.context, &end);
}

/* The process has ended: take what it still said, free the seat, give its jobs back. */
static void reap(struct pool *pool, struct pool_seat *seat, enum pool_status status)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)seat->pid, &info, WEXITED) < 0)
		info = (siginfo_t){ .si_code = CLD_EXITED };
	seat->exit_code = exit_code_of(&info);
	while (channel_receive(seat->channel) > 0)
		take_results(pool, seat);

	report_exit(pool, seat);
	if (!atomic_load(&seat->pulse->is_ready))
		pool->failed_starts++;
	channel_free(seat->channel); /* leaves the epoll with its last descriptor */
	seat->channel = NULL;
	if (seat->pidfd >= 0)
		close(seat->pidfd);
	seat->pidfd = -1;
	seat->pid = 0;
	fail_jobs(pool, seat, status);
}

/* A worker that has jobs and gives no sign of life is killed; its exit is seen as any other. */
static void kill_late(struct pool *pool)
{
	int64_t now = pool->options.silence_ms ? clock_ms() : 0;

	for (unsigned i = 0; pool->options.silence_ms && i < pool->seat_count; i++) {
		struct pool_seat *seat = &pool->seats[i];
		int64_t last = atomic_load(&seat->pulse->beat_ms);

		if (seat->pid == 0 || seat->is_late || in_flight(pool, seat) == 0)
			continue;
		if (last < seat->busy_since_ms)
			last = seat->busy_since_ms;
		if (now - last > pool->options.silence_ms) {
			seat->is_late = true;
			seat_kill(seat);
		}
	}
}

/* Are processes needed, or may an empty seat stay empty? */
static bool wants_workers(const struct pool *pool)
{
	return !pool->is_broken && (!pool->is_closed || pool->queue_count > 0);
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
	for (unsigned i = 0; i < pool->seat_count && wants_workers(pool); i++) {
		struct pool_seat *seat = &pool->seats[i];

		if (pool->failed_starts >= POOL_STARTS_MAX ||
		    (seat->pid == 0 && seat_start(pool, seat) < 0)) {
			pool->is_broken = true;
			cancel_queue(pool);
		}
	}
}

/* Tell a worker to finish what it has and exit. */
static void stop(struct pool_seat *seat)
{
	struct frame frame = { .kind = FRAME_STOP };

	if (seat->pid == 0 || seat->is_stopping)
		return;
	seat->is_stopping = true;
	channel_send(seat->channel, &frame, (struct slice){ 0 });
}

/* Those that have done their number, and all when the pool is closed and nothing waits. */
static void stop_finished(struct pool *pool)
{
	bool is_over = (pool->is_closed || pool->is_broken) && pool->queue_count == 0;

	for (unsigned i = 0; i < pool->seat_count; i++) {
		struct pool_seat *seat = &pool->seats[i];
		unsigned limit = pool->options.jobs_per_worker;

		if (is_over || (limit > 0 && seat->jobs_given >= limit && in_flight(pool, seat) == 0))
			stop(seat);
	}
}

/* ---- handing out ---- */

unsigned pool_room(const struct pool *pool, unsigned worker)
{
	const struct pool_seat *seat = &pool->seats[worker];
	unsigned limit = pool->options.jobs_per_worker;
	unsigned room = seat->free_count;

	if (seat->pid == 0 || seat->is_stopping || seat->is_late)
		return 0;
	if (limit > 0 && limit - seat->jobs_given < room)
		room = limit - seat->jobs_given;
	return room;
}

int pool_submit(struct pool *pool, unsigned worker, struct slice head, struct slice body,
		pool_callback *callback, void *user)
{
	struct pool_seat *seat = &pool->seats[worker];
	struct pool_place *place;
	struct frame frame = { .kind = FRAME_JOB, .payload = head };

	if (pool_room(pool, worker) == 0)
		return -1;
	frame.slot = seat->free_places[seat->free_count - 1];
	place = &seat->places[frame.slot];
	frame.generation = place->generation + 1;
	if (channel_send(seat->channel, &frame, body) < 0)
		return -1;
	if (in_flight(pool, seat) == 0)
		seat->busy_since_ms = clock_ms();
	seat->free_count--;
	seat->jobs_given++;
	pool->in_flight++;
	*place = (struct pool_place){
		.callback = callback, .user = user, .generation = frame.generation, .is_taken = true,
	};
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

/* The worker with the most room, or -1. */
static int freest_worker(const struct pool *pool)
{
	unsigned most = 0;
	int freest = -1;

	for (unsigned i = 0; i < pool->seat_count; i++) {
		unsigned room = pool_room(pool, i);

		if (room > most) {
			most = room;
			freest = (int)i;
		}
	}
	return freest;
}

/* Hand what waits to the workers that have room, in the order it came. */
static void hand_out_queue(struct pool *pool)
{
	int worker;

	while (pool->queue_count > 0 && (worker = freest_worker(pool)) >= 0) {
		struct pool_waiting *waiting = &pool->queue[pool->queue_head];
		struct pool_seat *seat = &pool->seats[worker];
		struct slice function = { (const char *)&waiting->function, sizeof(waiting->function) };
		struct slice argument = { waiting->argument, waiting->argument_size };
		uint16_t slot = seat->free_places[seat->free_count - 1];

		if (pool_submit(pool, (unsigned)worker, function, argument, waiting->callback,
				waiting->user) < 0)
			return; /* too much is unsent: next turn */
		seat->places[slot].result = waiting->result;
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

		if (seat->pid == 0 || (!channel_has_unsent(seat->channel) && !seat->waits_to_write))
			continue;
		if (channel_flush(seat->channel) < 0)
			continue; /* it is gone: its exit is coming */
		waits = channel_has_unsent(seat->channel);
		if (waits == seat->waits_to_write)
			continue;
		event.events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN;
		epoll_ctl(pool->epoll, EPOLL_CTL_MOD, channel_fd(seat->channel), &event);
		seat->waits_to_write = waits;
	}
}

/* A worker wrote, or closed its end: one that lives on without a channel is of no use. */
static void on_channel(struct pool *pool, struct pool_seat *seat)
{
	int got;

	if (seat->pid == 0)
		return;
	got = channel_receive(seat->channel);
	if (got > 0)
		take_results(pool, seat);
	else if (got < 0)
		seat_kill(seat);
}

static void on_event(struct pool *pool, const struct epoll_event *event)
{
	unsigned index = (uint32_t)event->data.u64;

	switch ((enum event_kind)(event->data.u64 >> 32)) {
	case EVENT_CHANNEL:
		on_channel(pool, &pool->seats[index]);
		break;
	case EVENT_EXIT:
		if (pool->seats[index].pid > 0)
			reap(pool, &pool->seats[index], POOL_DIED);
		break;
	case EVENT_WATCHED:
		pool->watched[index].function(pool->watched[index].user);
		break;
	}
}

static void wait_for_events(struct pool *pool, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int count;

	if (pool->options.silence_ms && pool->in_flight > 0 &&
	    (timeout_ms < 0 || timeout_ms > LATE_CHECK_MS))
		timeout_ms = LATE_CHECK_MS;
	count = epoll_wait(pool->epoll, events, EVENTS_MAX, timeout_ms);
	for (int i = 0; i < count; i++)
		on_event(pool, &events[i]);
}

void pool_turn(struct pool *pool, int timeout_ms)
{
	assert(!pool->is_in_turn);
	pool->is_in_turn = true;
	hand_out_queue(pool);
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
	pool->pulses = mmap(NULL, count * sizeof(*pool->pulses), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool->pulses == MAP_FAILED)
		pool->pulses = NULL;
	if (!pool->pulses || pool->epoll < 0)
		goto fail;
	for (; pool->seat_count < count; pool->seat_count++) {
		if (seat_init(pool, pool->seat_count) < 0)
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
	seat_kill(&pool->seats[worker]);
}

void pool_terminate(struct pool *pool)
{
	assert(!pool->is_in_turn);
	pool->is_closed = true;
	for (unsigned i = 0; i < pool->seat_count; i++) {
		pool->seats[i].is_stopping = true;
		seat_kill(&pool->seats[i]);
	}
	pool->is_in_turn = true;
	for (unsigned i = 0; i < pool->seat_count; i++) {
		if (pool->seats[i].pid > 0)
			reap(pool, &pool->seats[i], POOL_CANCELLED);
	}
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
	if (pool->pulses)
		munmap(pool->pulses, pool->options.workers * sizeof(*pool->pulses));
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
