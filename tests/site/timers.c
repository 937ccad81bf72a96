#include "timers.h"

#include <limits.h>
#include <stdlib.h>

#include "crawler/base/memory.h"

void timers_free(struct timers *timers)
{
	free(timers->heap);
	*timers = (struct timers){ 0 };
}

static void put(struct timers *timers, struct timer *timer, size_t place)
{
	timers->heap[place] = timer;
	timer->place = place;
}

/* Move a timer towards the root until its parent is due no later. */
static void rise(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && timers->heap[place / 2]->due_ms > timer->due_ms) {
		put(timers, timers->heap[place / 2], place);
		place /= 2;
	}
	put(timers, timer, place);
}

/* Move a timer away from the root until both its children are due no earlier. */
static void sink(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;

	for (;;) {
		size_t child = 2 * place;

		if (child < timers->count &&
		    timers->heap[child + 1]->due_ms < timers->heap[child]->due_ms)
			child++;
		if (child > timers->count || timers->heap[child]->due_ms >= timer->due_ms)
			break;
		put(timers, timers->heap[child], place);
		place = child;
	}
	put(timers, timer, place);
}

void timers_set(struct timers *timers, struct timer *timer, int64_t due_ms)
{
	timer->due_ms = due_ms;
	if (timer->place == 0) {
		if (timers->count + 1 >= timers->capacity) {
			timers->capacity = 2 * timers->capacity + 16;
			timers->heap = memory_resize(timers->heap,
						     timers->capacity * sizeof(*timers->heap));
		}
		put(timers, timer, ++timers->count);
	}
	rise(timers, timer);
	sink(timers, timer);
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
	struct timer *last;

	if (timer->place == 0)
		return;
	last = timers->heap[timers->count--];
	if (last != timer) {
		put(timers, last, timer->place);
		rise(timers, last);
		sink(timers, last);
	}
	timer->place = 0;
}

int timers_wait_ms(const struct timers *timers, int64_t now_ms)
{
	int64_t left;

	if (timers->count == 0)
		return -1;
	left = timers->heap[1]->due_ms - now_ms;
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

struct timer *timers_take_due(struct timers *timers, int64_t now_ms)
{
	struct timer *first;

	if (timers->count == 0 || timers->heap[1]->due_ms > now_ms)
		return NULL;
	first = timers->heap[1];
	timers_cancel(timers, first);
	return first;
}
