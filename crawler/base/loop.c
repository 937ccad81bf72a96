#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "parsers/text/memory.h"

#define EVENTS_MAX 64 /* taken from the kernel at a time */

/* What is known of a descriptor.  Not watched: function is NULL. */
struct watched {
	loop_function *function;
	void *user;
	uint32_t events;
	uint32_t number; /* of this watch: the event of another one is stale */
};

/*
 * An event names its descriptor and the number of the watch that asked for it.  The kernel hands
 * out many at once, and the function of one may remove the descriptor of the next, close it, and
 * open and watch another that gets the same number from the kernel: the event is then of a watch
 * that is no more, and is dropped.
 *
 * The heap is in the order of (due_ms, number).  What is set while timers run is due no sooner
 * than the moment they were looked at, and its number is higher than theirs: it stands behind all
 * that are due in this turn, so that the first one with such a number ends the turn.
 */
struct loop {
	int epoll;
	bool is_in_turn;
	struct watched *watched; /* by descriptor */
	size_t watched_count;
	uint32_t watches; /* that there have been */

	struct loop_timer **heap; /* heap[1] is due first */
	size_t timer_count, heap_capacity;
	uint64_t settings;   /* of timers, that there have been */
	int64_t earliest_ms; /* that a timer may be set to: when those that run were looked at */
};

struct loop *loop_new(void)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct loop *loop;

	if (epoll < 0)
		return NULL;
	loop = memory_new(1, sizeof(*loop));
	*loop = (struct loop){ .epoll = epoll, .earliest_ms = INT64_MIN };
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	close(loop->epoll);
	free(loop->watched);
	free(loop->heap);
	free(loop);
}

/* ---- descriptors ---- */

static struct watched *watched_of(struct loop *loop, int fd)
{
	size_t needed = (size_t)fd + 1, count = loop->watched_count;

	if (needed > count) {
		loop->watched_count = 2 * needed;
		loop->watched =
			memory_resize(loop->watched, loop->watched_count * sizeof(*loop->watched));
		for (; count < loop->watched_count; count++)
			loop->watched[count] = (struct watched){ 0 };
	}
	return &loop->watched[fd];
}

static bool is_watched(const struct loop *loop, int fd)
{
	return fd >= 0 && (size_t)fd < loop->watched_count && loop->watched[fd].function;
}

int loop_watch(struct loop *loop, int fd, uint32_t events, loop_function *function, void *user)
{
	bool is_new = !is_watched(loop, fd);
	struct watched wanted = { function, user, events, is_new ? ++loop->watches : 0 };
	struct epoll_event event = { .events = events };

	assert(function);
	if (fd < 0) {
		errno = EBADF;
		return -1;
	}
	if (!is_new) {
		assert(loop->watched[fd].function == function && loop->watched[fd].user == user);
		if (loop->watched[fd].events == events)
			return 0;
		wanted.number = loop->watched[fd].number;
	}
	event.data.u64 = (uint64_t)wanted.number << 32 | (uint32_t)fd;
	if (epoll_ctl(loop->epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) < 0)
		return -1;
	*watched_of(loop, fd) = wanted;
	return 0;
}

void loop_forget(struct loop *loop, int fd)
{
	if (is_watched(loop, fd))
		loop->watched[fd].function = NULL;
}

void loop_unwatch(struct loop *loop, int fd)
{
	if (is_watched(loop, fd))
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	loop_forget(loop, fd);
}

/* ---- timers ---- */

static bool is_before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->number < b->number);
}

static void put(struct loop *loop, struct loop_timer *timer, size_t position)
{
	loop->heap[position] = timer;
	timer->position = position;
}

/* Move a timer towards the root until its parent comes before it. */
static void rise(struct loop *loop, struct loop_timer *timer)
{
	size_t position = timer->position;

	for (; position > 1 && is_before(timer, loop->heap[position / 2]); position /= 2)
		put(loop, loop->heap[position / 2], position);
	put(loop, timer, position);
}

/* Move a timer away from the root until both its children come after it. */
static void sink(struct loop *loop, struct loop_timer *timer)
{
	size_t position = timer->position;

	for (;;) {
		size_t child = 2 * position;

		if (child < loop->timer_count &&
		    is_before(loop->heap[child + 1], loop->heap[child]))
			child++;
		if (child > loop->timer_count || !is_before(loop->heap[child], timer))
			break;
		put(loop, loop->heap[child], position);
		position = child;
	}
	put(loop, timer, position);
}

void loop_set_timer(struct loop *loop, struct loop_timer *timer, int64_t due_ms)
{
	timer->due_ms = due_ms < loop->earliest_ms ? loop->earliest_ms : due_ms;
	timer->number = ++loop->settings;
	if (timer->position == 0) {
		if (loop->timer_count + 1 >= loop->heap_capacity) {
			loop->heap_capacity = 2 * loop->heap_capacity + 16;
			loop->heap = memory_resize(loop->heap,
						   loop->heap_capacity * sizeof(*loop->heap));
		}
		put(loop, timer, ++loop->timer_count);
	}
	rise(loop, timer);
	sink(loop, timer);
}

void loop_cancel_timer(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer *last;

	if (timer->position == 0)
		return;
	last = loop->heap[loop->timer_count--];
	if (last != timer) {
		put(loop, last, timer->position);
		rise(loop, last);
		sink(loop, last);
	}
	timer->position = 0;
}

/* ---- a turn ---- */

/* Wait no longer than until the first timer is due. */
static int bounded_wait_ms(const struct loop *loop, int timeout_ms)
{
	int64_t most = timeout_ms < 0 ? INT_MAX : timeout_ms, now, due;

	if (loop->timer_count == 0 || timeout_ms == 0)
		return timeout_ms;
	now = clock_ms();
	due = loop->heap[1]->due_ms;
	if (due <= now)
		return 0;
	return due - now < most ? (int)(due - now) : (int)most;
}

/* Returns how many functions were called: one, or none for an event that is stale. */
static unsigned on_event(struct loop *loop, const struct epoll_event *event)
{
	int fd = (int)(uint32_t)event->data.u64;
	uint32_t number = (uint32_t)(event->data.u64 >> 32), events;
	const struct watched *watched;

	if (!is_watched(loop, fd) || loop->watched[fd].number != number)
		return 0;
	watched = &loop->watched[fd];
	events = event->events & (watched->events | EPOLLERR | EPOLLHUP);
	if (events == 0) /* it was wanted when the kernel was asked, and is no more */
		return 0;
	watched->function(watched->user, fd, events);
	return 1;
}

static unsigned run_timers(struct loop *loop)
{
	uint64_t last = loop->settings;
	unsigned called = 0;

	if (loop->timer_count == 0)
		return 0;
	loop->earliest_ms = clock_ms();
	while (loop->timer_count > 0 && loop->heap[1]->due_ms <= loop->earliest_ms &&
	       loop->heap[1]->number <= last) {
		struct loop_timer *timer = loop->heap[1];

		loop_cancel_timer(loop, timer);
		timer->function(timer->user); /* which may free it */
		called++;
	}
	loop->earliest_ms = INT64_MIN;
	return called;
}

bool loop_is_in_turn(const struct loop *loop)
{
	return loop->is_in_turn;
}

unsigned loop_turn(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	unsigned called = 0;
	int count;

	assert(!loop->is_in_turn);
	loop->is_in_turn = true;
	count = epoll_wait(loop->epoll, events, EVENTS_MAX, bounded_wait_ms(loop, timeout_ms));
	for (int i = 0; i < count; i++)
		called += on_event(loop, &events[i]);
	called += run_timers(loop);
	loop->is_in_turn = false;
	return called;
}
