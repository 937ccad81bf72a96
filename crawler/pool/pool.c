#include "pool/pool.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "pool/seat.h"

#define START_RETRY_MS     100 /* before a start that follows one in vain; twice as long each time, */
#define START_RETRY_MS_MAX 5000 /* up to this */
#define START_MS           1000 /* who leaves sooner, unasked and unused, was never started */
#define LOOKS_AT_ONCE      2    /* that pass at most from one look to the next */

_Static_assert(POOL_MESSAGE_MAX + sizeof(pool_function *) <= CHANNEL_PAYLOAD_MAX,
	       "the largest argument fits into a frame");

/* One slot of a worker's window: the job that has it, or had it last. */
struct job_slot {
	pool_callback *callback;
	void *user;
	uint32_t generation; /* counts the slot's jobs: an answer to another one is a lie */
	int64_t begun_ms;    /* by the pool's clock */
	bool is_taken;
};

/*
 * One of the pool's workers: a seat, and the jobs that the process in it has.
 *
 * A slot is either taken or in free_slots[0] ... [free_count - 1], never both: window - free_count
 * jobs are in flight.  A job has its slot from the moment its frame is gathered until it is given
 * back, which happens once: by its answer, or at its process's end.  Its slot is free before its
 * callback runs, so that this may send the next job.
 */
struct member {
	struct pool *pool;
	struct seat seat;
	struct job_slot *slots;
	uint16_t *free_slots; /* a stack: the slot used last is warm, and is used next */
	unsigned free_count;
	unsigned jobs_given; /* to this process */
	uint64_t jobs_done;
	bool has_answered; /* has this process? */
	bool is_overdue;   /* a job that it has: it is killed for it */
	bool has_more;     /* results that were received and wait for the next turn */
};

/* A function that waits for a worker. */
struct waiting {
	pool_function *function;
	char *argument;
	size_t argument_size;
	pool_callback *callback;
	void *user;
};

/* Jobs that were taken are in the queue or in flight; each leaves through give_back() or cancel. */
struct pool {
	struct pool_options options;
	int *keep_fds;
	struct loop *loop, *own_loop; /* the same, or NULL: the loop is the caller's */
	struct member *members;
	unsigned member_count;

	struct waiting *queue; /* a ring of options.queue_max */
	unsigned queue_head, queue_count;
	size_t in_flight;

	void *kept;
	void (*release)(void *kept);

	unsigned failed_starts; /* in a row */
	unsigned vain_starts;   /* in a row: of workers that ended before any gave an answer */
	int64_t start_after_ms; /* not to try again at once */
	int64_t looked_ms;      /* when silence was last looked for */
	int64_t listened_ms;    /* the time that passed while we did: the pool's clock */

	struct waiting alone; /* a job that has to go alone; argument is NULL once it has gone, */
	char *alone_memory;   /* what its slot is to hold */
	size_t alone_memory_size;
	struct member *reserved; /* for it, until it is back; or NULL: there is none */
	bool is_closed;
	bool is_broken;
	bool is_in_turn;
	bool is_held;        /* no results are given back */
	int64_t turn_end_ms; /* when this turn gives back no more; 0: nothing was given back yet */
	unsigned rest_from;  /* whose results that waited come first */
};

/* ---- a member and its process ---- */

static bool alone_waits(const struct pool *pool)
{
	return pool->alone.argument != NULL;
}

/* It has left. */
static void forget_alone(struct pool *pool)
{
	free(pool->alone.argument);
	free(pool->alone_memory);
	pool->alone.argument = pool->alone_memory = NULL;
}

static unsigned in_flight(const struct member *member)
{
	return member->pool->options.window - member->free_count;
}

/* In the worker: memory that is between the master and other workers is none of ours. */
static int live(void *context, struct channel *channel)
{
	struct member *own = context;
	struct pool *pool = own->pool;
	struct pool_worker_options options = {
		.initializer = pool->options.initializer,
		.serve = pool->options.serve,
		.context = pool->options.context,
		.silence_ms = pool->options.silence_ms,
	};

	for (unsigned i = 0; i < pool->member_count; i++) {
		if (&pool->members[i] != own)
			seat_free(&pool->members[i].seat);
	}
	return pool_worker_live(&options, &own->seat, channel);
}

static int start(struct member *member)
{
	member->jobs_given = 0;
	member->has_answered = member->is_overdue = false;
	return seat_start(&member->seat, live, member);
}

/* ---- jobs ---- */

/* The job comes back to who sent it. */
static void give_back(struct member *member, uint16_t slot, struct pool_value *value)
{
	struct job_slot job = member->slots[slot];

	member->slots[slot].is_taken = false;
	member->free_slots[member->free_count++] = slot;
	member->pool->in_flight--;
	if (member == member->pool->reserved && !alone_waits(member->pool))
		member->pool->reserved = NULL;
	value->worker = member->seat.options.index;
	if (job.callback)
		job.callback(job.user, value);
}

/* Does the result answer a job that the worker has?  A worker is not trusted. */
static bool answers_a_job(const struct member *member, const struct frame *frame)
{
	if (frame->kind != FRAME_RESULT || frame->slot >= member->pool->options.window)
		return false;
	return member->slots[frame->slot].is_taken &&
	       member->slots[frame->slot].generation == frame->generation;
}

/*
 * Have the callbacks of this turn had their time?  The next turn begins behind this member.  What
 * an ended process has said waits for none: its seat is about to be emptied.
 */
static bool turn_is_over(struct member *member)
{
	struct pool *pool = member->pool;

	if (member->seat.pid == 0)
		return false;
	if (pool->is_held || pool->options.turn_ms == 0)
		return pool->is_held;
	if (pool->turn_end_ms == 0)
		pool->turn_end_ms = clock_ms() + pool->options.turn_ms;
	else if (clock_ms() >= pool->turn_end_ms)
		return true;
	pool->rest_from = (unsigned)(member - pool->members) + 1;
	return false;
}

/* Give back what the worker has answered, at most so much.  One that sends nonsense is killed. */
static void take_results(struct member *member, unsigned most)
{
	struct seat *seat = &member->seat;
	struct frame frame;
	int got = 0;

	member->has_more = turn_is_over(member);
	while (!member->has_more && !seat->is_liar &&
	       (got = channel_next(seat->channel, &frame)) > 0 && answers_a_job(member, &frame)) {
		struct pool_value value = {
			.status = frame.status == 0 ? POOL_DONE : POOL_FAILED,
			.code = frame.status,
			.bytes = frame.payload,
		};

		if (seat->slots)
			value.slot = (struct slice){ slots_at(seat->slots, frame.slot),
						     slots_bytes(seat->slots) };
		member->pool->failed_starts = member->pool->vain_starts = 0;
		member->has_answered = true;
		seat->was_heard = true;
		member->jobs_done++;
		give_back(member, frame.slot, &value);
		member->has_more = --most == 0 || turn_is_over(member);
	}
	if (!member->has_more && got != 0) {
		seat->is_liar = true;
		seat_kill(seat);
	}
}

/* A worker wrote, or closed its end: one that lives on without a channel is of no use. */
static void listen_to(struct member *member)
{
	struct seat *seat = &member->seat;
	int got;

	if (seat->pid == 0 || seat->is_killed)
		return;
	got = channel_receive(seat->channel);
	if (got > 0)
		take_results(member, member->pool->options.turn_results);
	else if (got < 0)
		seat_drop(seat);
}

/* A signal that nobody sends: a process has it of what it did itself. */
static bool is_own_fault(int signal)
{
	static const int own[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (signal == own[i])
			return true;
	}
	return false;
}

/* Did somebody kill it who is neither we nor it? */
static bool is_killed_from_outside(const struct seat *seat)
{
	return (!seat->is_killed || seat->is_gone) && seat->exit_code < 0 &&
	       !is_own_fault(-seat->exit_code);
}

static bool is_overdue(const struct member *member, const struct job_slot *job)
{
	const struct pool *pool = member->pool;

	return pool->options.answer_ms > 0 && job->is_taken &&
	       pool->listened_ms - job->begun_ms > pool->options.answer_ms;
}

/*
 * Did the worker die of this job?  Of those that it never answered, if it was killed for them; of
 * the one that it said it was busy with; and if it said that it was busy with none, any of them may
 * be to blame, but not for what came from outside.
 */
static bool is_suspect(const struct member *member, uint16_t slot)
{
	const struct seat *seat = &member->seat;
	uint64_t busy = atomic_load(&seat->pulse->busy);

	if (!atomic_load(&seat->pulse->is_ready))
		return false;
	if (seat->is_late && member->is_overdue)
		return is_overdue(member, &member->slots[slot]);
	if (busy == PULSE_NONE)
		return !is_killed_from_outside(seat);
	return busy == PULSE_UNKNOWN ||
	       busy == seat_pulse_job(slot, member->slots[slot].generation);
}

/* Every job the dead worker had comes back. */
static void fail_jobs(struct member *member, enum pool_status status)
{
	for (unsigned slot = 0; slot < member->pool->options.window; slot++) {
		struct pool_value value = { .status = status, .code = member->seat.exit_code };

		if (!member->slots[slot].is_taken)
			continue;
		value.is_suspect = status == POOL_DIED && is_suspect(member, (uint16_t)slot);
		give_back(member, (uint16_t)slot, &value);
	}
}

/* ---- supervision ---- */

/* Did it end before it was of any use?  Then the next one may fare no better. */
static bool is_failed_start(const struct member *member)
{
	const struct seat *seat = &member->seat;

	if (!atomic_load(&seat->pulse->is_ready))
		return true;
	return member->jobs_given == 0 && !seat->is_stopping && !is_killed_from_outside(seat) &&
	       clock_ms() - seat->started_ms < START_MS;
}

/* A start was of no use: the next one waits, so that no storm of forks takes the machine. */
static void slow_down(struct pool *pool)
{
	int64_t now = clock_ms(), wait = START_RETRY_MS_MAX;

	if (now < pool->start_after_ms)
		return; /* many that end at once are one reason */

	if (pool->vain_starts < 16 && (START_RETRY_MS << pool->vain_starts) < wait)
		wait = START_RETRY_MS << pool->vain_starts;
	pool->vain_starts++;
	pool->start_after_ms = now + wait;
}

static void count_end(struct member *member)
{
	struct pool *pool = member->pool;

	if (is_failed_start(member))
		pool->failed_starts++;
	else
		pool->failed_starts = 0;
	if (!member->has_answered && !member->seat.is_stopping)
		slow_down(pool);
}

static void report_exit(const struct member *member, pid_t pid, enum pool_status status)
{
	const struct pool_options *options = &member->pool->options;
	const struct seat *seat = &member->seat;
	struct pool_exit end = {
		.name = seat->name,
		.pid = pid,
		.code = seat->exit_code,
		.jobs = in_flight(member),
		.is_late = seat->is_late,
		.is_planned =
			status == POOL_CANCELLED || (seat->is_stopping && seat->exit_code == 0),
	};

	if (options->on_exit)
		options->on_exit(options->context, &end);
}

/*
 * If the process has ended: take what it still said, empty the seat, give its jobs back.  From
 * the first callback on there is no room for a job here.
 */
static void reap(struct member *member, enum pool_status status, int flags)
{
	struct seat *seat = &member->seat;
	pid_t pid = seat_reap(seat, flags);

	if (pid == 0)
		return;
	if (member->has_more)
		take_results(member, UINT_MAX);
	while (!seat->is_liar && channel_receive(seat->channel) > 0)
		take_results(member, UINT_MAX);
	count_end(member);
	report_exit(member, pid, status);
	seat_release(seat);
	fail_jobs(member, status);
}

/* Do we wait for something from it? */
static bool is_awaited(const struct member *member)
{
	const struct seat *seat = &member->seat;

	return seat->pid > 0 && !seat->is_killed && (seat->is_stopping || in_flight(member) > 0);
}

static bool is_silent(struct member *member, int64_t passed)
{
	unsigned allowed = member->pool->options.silence_ms;

	member->seat.was_heard |= member->has_more;
	if (allowed == 0 || seat_quiet_ms(&member->seat, is_awaited(member), passed) <= allowed)
		return false;
	listen_to(member); /* what it said may only not have been heard yet */
	return !member->seat.was_heard && !member->has_more;
}

static bool has_overdue(const struct member *member)
{
	unsigned window = member->pool->options.window;

	for (unsigned slot = 0; in_flight(member) > 0 && slot < window; slot++) {
		if (is_overdue(member, &member->slots[slot]))
			return true;
	}
	return false;
}

/* What it has given back may wait for us. */
static bool owes_for_long(struct member *member)
{
	if (member->has_more || !is_awaited(member) || !has_overdue(member))
		return false;
	listen_to(member);
	member->is_overdue = !member->has_more && has_overdue(member);
	return member->is_overdue;
}

/* How often is looked for those who are late, or 0: never. */
static int look_ms(const struct pool *pool)
{
	int silence = pool->options.silence_ms > 0 ? seat_look_ms(pool->options.silence_ms) : 0;
	int answer = pool->options.answer_ms > 0 ? seat_look_ms(pool->options.answer_ms) : 0;

	if (silence == 0 || answer == 0)
		return silence + answer;
	return silence < answer ? silence : answer;
}

/*
 * A worker that has jobs, or was told to end, and gives no sign of life is killed; its exit is
 * seen as any other; so is one that does not answer a job in time.  Time is counted while we
 * listen: of a minute in which the master itself was stopped, hardly any.
 */
static void kill_late(struct pool *pool)
{
	int64_t passed;

	if (look_ms(pool) == 0)
		return;
	passed = clock_ms() - pool->looked_ms;
	if (passed < look_ms(pool))
		return;
	pool->looked_ms += passed;
	if (passed > LOOKS_AT_ONCE * look_ms(pool))
		passed = LOOKS_AT_ONCE * look_ms(pool);
	pool->listened_ms += passed;
	for (unsigned i = 0; i < pool->member_count; i++) {
		struct member *member = &pool->members[i];

		if (!is_silent(member, passed) && !owes_for_long(member))
			continue;
		if (member->seat.is_killed)
			continue;
		member->seat.is_late = true;
		seat_kill(&member->seat);
	}
}

static bool has_waiting(const struct pool *pool)
{
	return pool->queue_count > 0 || alone_waits(pool);
}

/* Is there a seat that stays empty only until the next try? */
static bool wants_worker(const struct pool *pool)
{
	if (pool->is_broken || (pool->is_closed && !has_waiting(pool)))
		return false;
	for (unsigned i = 0; i < pool->member_count; i++) {
		if (pool->members[i].seat.pid == 0)
			return true;
	}
	return false;
}

static void cancel_alone(struct pool *pool)
{
	struct pool_value value = { .status = POOL_CANCELLED };

	if (!alone_waits(pool))
		return;
	value.worker = pool->reserved->seat.options.index;
	pool->reserved = NULL;
	forget_alone(pool);
	if (pool->alone.callback)
		pool->alone.callback(pool->alone.user, &value);
}

static void cancel_queue(struct pool *pool)
{
	cancel_alone(pool);
	while (pool->queue_count > 0) {
		struct waiting waiting = pool->queue[pool->queue_head];
		struct pool_value value = { .status = POOL_CANCELLED };

		pool->queue_head = (pool->queue_head + 1) % pool->options.queue_max;
		pool->queue_count--;
		free(waiting.argument);
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
	if (clock_ms() < pool->start_after_ms)
		return;
	for (unsigned i = 0; i < pool->member_count; i++) {
		if (pool->members[i].seat.pid == 0 && start(&pool->members[i]) < 0) {
			pool->failed_starts++;
			slow_down(pool);
			return;
		}
	}
}

/* Those that have done their number, and all when the pool is closed and nothing waits. */
static void stop_finished(struct pool *pool)
{
	bool is_over = (pool->is_closed || pool->is_broken) && !has_waiting(pool);
	unsigned limit = pool->options.jobs_per_worker;

	for (unsigned i = 0; i < pool->member_count; i++) {
		struct member *member = &pool->members[i];

		if (is_over || (limit > 0 && member->jobs_given >= limit && in_flight(member) == 0))
			seat_stop(&member->seat);
	}
}

/* ---- dispatch ---- */

/* How many jobs a worker would take. */
static unsigned room(const struct member *member)
{
	unsigned limit = member->pool->options.jobs_per_worker;

	if (!seat_is_usable(&member->seat) || member->pool->reserved == member)
		return 0;
	if (!channel_takes(member->seat.channel, CHANNEL_PAYLOAD_MAX))
		return 0; /* it does not read what it has */
	if (limit > 0 && limit - member->jobs_given < member->free_count)
		return limit - member->jobs_given;
	return member->free_count;
}

/* The slot that the next job gets: until it is sent, it is ours. */
static uint16_t next_slot(const struct member *member)
{
	return member->free_slots[member->free_count - 1];
}

/* Send a job to a worker that has room.  Returns 0, or -1 if it is too large. */
static int send_job(struct member *member, struct slice head, struct slice body,
		    pool_callback *callback, void *user)
{
	struct seat *seat = &member->seat;
	uint16_t slot = next_slot(member);
	uint32_t generation = member->slots[slot].generation + 1;
	struct frame frame = {
		.kind = FRAME_JOB, .slot = slot, .generation = generation, .payload = head
	};

	atomic_store_explicit(&seat->pulse->marks[slot], 0, memory_order_relaxed);
	if (channel_send(seat->channel, &frame, body) < 0)
		return -1;
	if (in_flight(member) == 0)
		seat->was_heard = true; /* its silence was no fault */
	member->slots[slot] = (struct job_slot){
		.callback = callback,
		.user = user,
		.generation = generation,
		.begun_ms = member->pool->listened_ms,
		.is_taken = true,
	};
	member->free_count--;
	member->jobs_given++;
	if (member->pool->in_flight++ == 0)
		member->pool->looked_ms = clock_ms(); /* until now nobody was awaited */
	return 0;
}

unsigned pool_room(const struct pool *pool, unsigned worker)
{
	return pool->is_closed ? 0 : room(&pool->members[worker]);
}

int pool_submit(struct pool *pool, unsigned worker, struct slice head, struct slice body,
		pool_callback *callback, void *user)
{
	assert(pool->options.serve); /* a blocking worker takes functions: pool_enqueue() */
	if (pool_room(pool, worker) == 0)
		return -1;
	if (head.size > POOL_MESSAGE_MAX || body.size > POOL_MESSAGE_MAX - head.size)
		return -1;
	return send_job(&pool->members[worker], head, body, callback, user);
}

int pool_submit_in_slot(struct pool *pool, unsigned worker, struct slice head, struct slice memory,
			pool_callback *callback, void *user)
{
	const struct member *member = &pool->members[worker];

	if (memory.size > pool->options.slot_bytes || pool_room(pool, worker) == 0)
		return -1;
	if (memory.size > 0)
		memcpy(slots_at(member->seat.slots, next_slot(member)), memory.at, memory.size);
	return pool_submit(pool, worker, head, (struct slice){ 0 }, callback, user);
}

/* The one that has the least to do; rather one that is there. */
static struct member *idlest_member(const struct pool *pool)
{
	struct member *idlest = &pool->members[0];

	for (unsigned i = 1; i < pool->member_count; i++) {
		struct member *member = &pool->members[i];
		bool is_there = seat_is_usable(&member->seat);

		if (is_there == seat_is_usable(&idlest->seat)
			    ? in_flight(member) < in_flight(idlest)
			    : is_there)
			idlest = member;
	}
	return idlest;
}

int pool_submit_alone(struct pool *pool, struct slice head, struct slice memory,
		      pool_callback *callback, void *user)
{
	assert(pool->options.serve);
	if (pool->is_closed || pool->is_broken || pool->reserved || head.size > POOL_MESSAGE_MAX ||
	    memory.size > pool->options.slot_bytes)
		return -1;
	pool->reserved = idlest_member(pool);
	pool->alone = (struct waiting){
		.argument = memory_text(head.at, head.size),
		.argument_size = head.size,
		.callback = callback,
		.user = user,
	};
	pool->alone_memory = memory_text(memory.at, memory.size);
	pool->alone_memory_size = memory.size;
	return (int)pool->reserved->seat.options.index;
}

/* The job that goes alone leaves when its worker has done all others. */
static void dispatch_alone(struct pool *pool)
{
	struct member *member = pool->reserved;
	struct waiting *alone = &pool->alone;
	unsigned limit = pool->options.jobs_per_worker;

	if (!alone_waits(pool) || !seat_is_usable(&member->seat) || in_flight(member) > 0 ||
	    (limit > 0 && member->jobs_given >= limit))
		return;
	if (pool->alone_memory_size > 0)
		memcpy(slots_at(member->seat.slots, next_slot(member)), pool->alone_memory,
		       pool->alone_memory_size);
	if (send_job(member, (struct slice){ alone->argument, alone->argument_size },
		     (struct slice){ 0 }, alone->callback, alone->user) == 0)
		forget_alone(pool);
}

int64_t pool_mark(const struct pool *pool, unsigned worker, const void *user)
{
	const struct member *member = &pool->members[worker];

	for (unsigned slot = 0; slot < pool->options.window; slot++) {
		if (member->slots[slot].is_taken && member->slots[slot].user == user)
			return atomic_load_explicit(&member->seat.pulse->marks[slot],
						    memory_order_relaxed);
	}
	return 0;
}

/* The worker with the most room, or NULL. */
static struct member *freest_member(const struct pool *pool)
{
	struct member *freest = NULL;
	unsigned most = 0;

	for (unsigned i = 0; i < pool->member_count; i++) {
		unsigned has = room(&pool->members[i]);

		if (has > most) {
			most = has;
			freest = &pool->members[i];
		}
	}
	return freest;
}

/* Send what waits to the workers that have room, in the order it came. */
static void dispatch(struct pool *pool)
{
	struct member *member;

	dispatch_alone(pool);
	while (pool->queue_count > 0 && (member = freest_member(pool))) {
		struct waiting *waiting = &pool->queue[pool->queue_head];
		struct slice function = { (const char *)&waiting->function,
					  sizeof(waiting->function) };
		struct slice argument = { waiting->argument, waiting->argument_size };

		if (send_job(member, function, argument, waiting->callback, waiting->user) < 0)
			return;
		free(waiting->argument);
		pool->queue_head = (pool->queue_head + 1) % pool->options.queue_max;
		pool->queue_count--;
	}
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

int pool_enqueue(struct pool *pool, pool_function *function, struct slice argument,
		 pool_callback *callback, void *user)
{
	unsigned tail;

	assert(!pool->options.serve); /* event-driven workers do not run functions */
	if (argument.size > POOL_MESSAGE_MAX)
		return refuse(EMSGSIZE);
	if (pool->queue_count == pool->options.queue_max)
		dispatch(pool);
	if (pool->is_closed || pool->is_broken)
		return refuse(ESHUTDOWN);
	if (pool->queue_count == pool->options.queue_max)
		return refuse(EAGAIN);
	tail = (pool->queue_head + pool->queue_count) % pool->options.queue_max;
	pool->queue[tail] = (struct waiting){
		.function = function,
		.argument = memory_text(argument.at, argument.size),
		.argument_size = argument.size,
		.callback = callback,
		.user = user,
	};
	pool->queue_count++;
	return 0;
}

/* ---- a turn ---- */

static void on_channel(void *user, int fd, uint32_t events)
{
	(void)fd;
	if (events & ~(uint32_t)EPOLLOUT) /* room to write is used by the next turn */
		listen_to(user);
}

static void on_exit_of_worker(void *user, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	reap(user, POOL_DIED, WNOHANG);
}

void pool_flush(struct pool *pool)
{
	for (unsigned i = 0; i < pool->member_count; i++)
		seat_flush(&pool->members[i].seat);
}

void pool_hold_results(struct pool *pool, bool is_held)
{
	pool->is_held = is_held;
}

/* Wait no longer than until silence must be looked for, or a start tried again. */
static int bounded_wait_ms(const struct pool *pool, int timeout_ms)
{
	int64_t most = INT_MAX;
	bool looks = false;

	for (unsigned i = 0; look_ms(pool) > 0 && i < pool->member_count && !looks; i++)
		looks = is_awaited(&pool->members[i]);
	if (looks)
		most = look_ms(pool);
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
	unsigned first = pool->rest_from;

	for (unsigned i = 0; i < pool->member_count; i++) {
		struct member *member = &pool->members[(first + i) % pool->member_count];

		if (member->seat.pid == 0 || member->seat.is_killed || !member->has_more)
			continue;
		had_any = true;
		take_results(member, pool->options.turn_results);
	}
	return had_any;
}

bool pool_is_in_turn(const struct pool *pool)
{
	return pool->is_in_turn || loop_is_in_turn(pool->loop);
}

void pool_turn(struct pool *pool, int timeout_ms)
{
	assert(!pool_is_in_turn(pool));
	pool->is_in_turn = true;
	pool->turn_end_ms = 0;
	dispatch(pool);
	stop_finished(pool);
	pool_flush(pool);
	loop_turn(pool->loop, take_rest(pool) ? 0 : bounded_wait_ms(pool, timeout_ms));
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
	own->name = own->name ? own->name : "worker";
	own->workers = or_default(own->workers, cpus > 0 ? (unsigned)cpus : 1, POOL_WORKERS_MAX);
	own->window = or_default(own->window, 1, POOL_WINDOW_MAX);
	own->turn_results = or_default(own->turn_results, UINT_MAX, UINT_MAX);
	own->queue_max = or_default(own->queue_max, POOL_QUEUE_MAX, 1u << 24);
	pool->keep_fds = memory_new(own->keep_fd_count, sizeof(int));
	for (size_t i = 0; i < own->keep_fd_count; i++)
		pool->keep_fds[i] = own->keep_fds[i];
	own->keep_fds = pool->keep_fds;
}

/* Returns 0, or -1 with errno; the member is member_free()d either way. */
static int member_init(struct pool *pool, unsigned index)
{
	struct member *member = &pool->members[index];
	unsigned window = pool->options.window;
	struct seat_options seat = {
		.loop = pool->loop,
		.name = pool->options.name,
		.index = index,
		.window = window,
		.slot_bytes = pool->options.slot_bytes,
		.keep_fds = pool->keep_fds,
		.keep_fd_count = pool->options.keep_fd_count,
		.on_channel = on_channel,
		.on_exit = on_exit_of_worker,
		.user = member,
	};

	member->pool = pool;
	member->slots = memory_new(window, sizeof(*member->slots));
	member->free_slots = memory_new(window, sizeof(*member->free_slots));
	for (unsigned i = 0; i < window; i++)
		member->free_slots[i] = (uint16_t)(window - 1 - i);
	member->free_count = window;
	return seat_init(&member->seat, &seat);
}

static void member_free(struct member *member)
{
	seat_free(&member->seat);
	free(member->slots);
	free(member->free_slots);
}

static int start_all(struct pool *pool)
{
	for (unsigned i = 0; i < pool->member_count; i++) {
		if (start(&pool->members[i]) < 0)
			return -1;
	}
	return 0;
}

struct pool *pool_new(const struct pool_options *options)
{
	struct pool *pool = memory_new(1, sizeof(*pool));

	settle_options(pool, options);
	pool->queue = memory_new(pool->options.queue_max, sizeof(*pool->queue));
	pool->members = memory_new(pool->options.workers, sizeof(*pool->members));
	pool->loop = options->loop ? options->loop : (pool->own_loop = loop_new());
	if (!pool->loop)
		goto fail;
	while (pool->member_count < pool->options.workers) {
		if (member_init(pool, pool->member_count++) < 0)
			goto fail;
	}
	if (start_all(pool) == 0)
		return pool;

fail:
	pool_free(pool);
	return NULL;
}

void pool_close(struct pool *pool)
{
	pool->is_closed = true;
}

static bool has_workers(const struct pool *pool)
{
	for (unsigned i = 0; i < pool->member_count; i++) {
		if (pool->members[i].seat.pid > 0)
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
	struct seat *seat = &pool->members[worker].seat;

	seat->is_liar = true; /* what else it sent is not looked at */
	seat_kill(seat);
}

void pool_terminate(struct pool *pool)
{
	assert(!pool->is_in_turn);
	pool->is_closed = true;
	for (unsigned i = 0; i < pool->member_count; i++)
		seat_kill(&pool->members[i].seat);
	pool->is_in_turn = true;
	for (unsigned i = 0; i < pool->member_count; i++)
		reap(&pool->members[i], POOL_CANCELLED, 0);
	cancel_queue(pool);
	pool->is_in_turn = false;
}

void pool_keep(struct pool *pool, void *kept, void (*release)(void *kept))
{
	if (pool->kept)
		pool->release(pool->kept);
	pool->kept = kept;
	pool->release = release;
}

void pool_free(struct pool *pool)
{
	int error = errno;

	if (!pool)
		return;
	pool_terminate(pool);
	pool_keep(pool, NULL, NULL);
	for (unsigned i = 0; i < pool->member_count; i++)
		member_free(&pool->members[i]);
	loop_free(pool->own_loop);
	free(pool->members);
	free(pool->queue);
	free(pool->keep_fds);
	free(pool);
	errno = error;
}

/* ---- asking ---- */

size_t pool_outstanding(const struct pool *pool)
{
	return pool->in_flight + pool->queue_count + alone_waits(pool);
}

bool pool_is_broken(const struct pool *pool)
{
	return pool->is_broken;
}

unsigned pool_worker_count(const struct pool *pool)
{
	return pool->member_count;
}

struct pool_worker_info pool_worker_info(const struct pool *pool, unsigned worker)
{
	const struct member *member = &pool->members[worker];
	const struct seat *seat = &member->seat;

	return (struct pool_worker_info){
		.name = seat->name,
		.pid = seat->pid,
		.is_alive = seat->pid > 0,
		.exit_code = seat->exit_code,
		.jobs_done = member->jobs_done,
		.in_flight = in_flight(member),
		.starts = seat->starts,
	};
}
