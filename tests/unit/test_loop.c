#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "crawler/base/clock.h"
#include "crawler/base/loop.h"

/*
 * What is added to a loop is called, what was removed is not: whoever removes it, and whatever
 * gets its number.  Most of these are faults that other loops have had.
 */

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define PATIENCE_MS  20000 /* no wait in a healthy run comes near it */

static struct loop *loop;

/* Both ends of a socket pair, and what was said to the one that is watched. */
struct peer {
	int fd, other;
	unsigned calls;
	uint32_t events;
	void (*act)(struct peer *peer); /* when called, or NULL */
};

static struct peer peers[200];
static size_t peer_count;

static int set_up(void **state)
{
	(void)state;
	memset(peers, 0, sizeof(peers));
	peer_count = 0;
	loop = loop_new();
	return loop ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	loop_free(loop);
	for (size_t i = 0; i < peer_count; i++) {
		close(peers[i].fd);
		close(peers[i].other);
	}
	return 0;
}

static void note(void *user, int fd, uint32_t events)
{
	struct peer *peer = user;

	assert_int_equal(fd, peer->fd);
	peer->calls++;
	peer->events = events;
	if (peer->act)
		peer->act(peer);
}

static struct peer *new_peer(void)
{
	struct peer *peer = &peers[peer_count++];
	int ends[2];

	assert_true(peer_count <= COUNT(peers));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	peer->fd = ends[0];
	peer->other = ends[1];
	return peer;
}

static void watch(struct peer *peer, uint32_t events)
{
	assert_int_equal(loop_watch(loop, peer->fd, events, note, peer), 0);
}

/* Something to read is there, and stays there. */
static void make_readable(const struct peer *peer)
{
	assert_int_equal(write(peer->other, "", 1), 1);
}

static struct peer *new_ready_peer(void)
{
	struct peer *peer = new_peer();

	watch(peer, EPOLLIN);
	make_readable(peer);
	return peer;
}

/* ---- descriptors ---- */

static void a_hundred_descriptors_come_and_go(void **state)
{
	(void)state;
	for (size_t round = 1; round <= 3; round++) {
		for (size_t i = 0; i < 100; i++) {
			if (round == 1)
				new_peer();
			watch(&peers[i], EPOLLIN);
			if (round == 1)
				make_readable(&peers[i]);
		}
		for (size_t left = 100; left > 0; left -= 50) {
			unsigned called = 0;

			/* two turns: a turn takes some of those that are ready */
			called += loop_turn(loop, 0);
			called += loop_turn(loop, 0);
			assert_true(called >= left);
			for (size_t i = left - 50; i < left; i++)
				loop_unwatch(loop, peers[i].fd);
		}
		assert_int_equal(loop_turn(loop, 0), 0);
		for (size_t i = 0; i < 100; i++)
			assert_true(peers[i].calls >= round);
	}
}

/* More are ready than a turn takes, and stay so: each has its turn. */
static void none_of_many_that_are_always_ready_starves(void **state)
{
	(void)state;
	for (size_t i = 0; i < 200; i++)
		new_ready_peer();
	for (int turn = 0; turn < 4; turn++)
		assert_true(loop_turn(loop, 0) > 0);
	for (size_t i = 0; i < 200; i++)
		assert_in_range(peers[i].calls, 1, 2);
}

static void both_of_two_descriptors_of_one_socket_are_called(void **state)
{
	struct peer *first = new_ready_peer(), *second = new_peer();

	(void)state;
	assert_true(dup2(first->fd, second->fd) >= 0);
	watch(second, EPOLLIN);
	assert_int_equal(loop_turn(loop, 0), 2);
	assert_int_equal(first->calls + second->calls, 2);
}

static void what_cannot_be_watched_is_an_error_and_leaves_nothing_behind(void **state)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct peer *peer = new_peer();

	(void)state;
	assert_int_equal(loop_watch(loop, -1, EPOLLIN, note, peer), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(loop_watch(loop, file, EPOLLIN, note, peer), -1);
	assert_int_equal(errno, EPERM);
	assert_true(dup2(peer->fd, file) >= 0); /* the number that could not be watched */
	close(peer->fd);
	peer->fd = file;
	watch(peer, EPOLLIN);
	make_readable(peer);
	assert_int_equal(loop_turn(loop, 0), 1);
}

static void to_unwatch_what_is_not_watched_does_nothing(void **state)
{
	struct peer *peer = new_ready_peer();

	(void)state;
	loop_unwatch(loop, -1);
	loop_unwatch(loop, 10000);
	loop_unwatch(loop, peer->fd);
	loop_unwatch(loop, peer->fd);
	loop_forget(loop, peer->fd);
	assert_int_equal(loop_turn(loop, 0), 0);
	loop_free(NULL);
}

/* ---- removal in a callback ---- */

static struct peer *the_other(const struct peer *peer)
{
	return peer == &peers[0] ? &peers[1] : &peers[0];
}

static void remove_itself(struct peer *peer)
{
	loop_unwatch(loop, peer->fd);
}

static void remove_the_other(struct peer *peer)
{
	loop_unwatch(loop, the_other(peer)->fd);
}

static void remove_both(struct peer *peer)
{
	remove_the_other(peer);
	remove_itself(peer);
}

static void forget_and_close_the_other(struct peer *peer)
{
	loop_forget(loop, the_other(peer)->fd);
	close(the_other(peer)->fd);
}

static void change_the_other(struct peer *peer)
{
	watch(the_other(peer), EPOLLPRI);
}

/* The number of the other goes to a new socket, on which nothing has come, and is watched anew. */
static void replace(struct peer *peer, void (*remove)(struct loop *where, int fd))
{
	struct peer *other = the_other(peer), *next = new_peer();

	remove(loop, other->fd);
	close(other->fd);
	assert_int_equal(dup2(next->fd, other->fd), other->fd);
	close(next->fd);
	next->fd = other->fd;
	watch(next, EPOLLIN);
}

static void replace_the_other(struct peer *peer)
{
	replace(peer, loop_unwatch);
}

static void forget_and_replace_the_other(struct peer *peer)
{
	replace(peer, loop_forget);
}

/* Off and on again: it is ready still, and called in the next turn. */
static void watch_the_other_anew(struct peer *peer)
{
	remove_the_other(peer);
	watch(the_other(peer), EPOLLIN);
}

/* Two are ready in one turn; the one that is called first acts. */
static void what_a_callback_removes_is_not_called_in_the_same_turn(void **state)
{
	static const struct {
		const char *name;
		void (*act)(struct peer *peer);
		unsigned now, next; /* called in this turn, and in the next */
	} table[] = {
		{ "itself", remove_itself, 2, 0 },
		{ "the other", remove_the_other, 1, 1 },
		{ "both", remove_both, 1, 0 },
		{ "the other, closed", forget_and_close_the_other, 1, 1 },
		{ "the other, replaced", replace_the_other, 1, 1 },
		{ "the other, forgotten and replaced", forget_and_replace_the_other, 1, 1 },
		{ "the other, for a moment", watch_the_other_anew, 1, 2 },
		{ "what the other waited for", change_the_other, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		new_ready_peer()->act = table[i].act;
		new_ready_peer()->act = table[i].act;
		if (loop_turn(loop, 0) != table[i].now)
			fail_msg("%s: more was called than should be", table[i].name);
		peers[0].act = peers[1].act = NULL;
		if (loop_turn(loop, 0) != table[i].next)
			fail_msg("%s: the next turn called others", table[i].name);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* What took the number is called when something comes for it. */
static void a_number_that_is_used_again_in_a_turn_is_the_new_ones(void **state)
{
	struct peer *next = &peers[2];

	(void)state;
	new_ready_peer()->act = forget_and_replace_the_other;
	new_ready_peer()->act = forget_and_replace_the_other;
	loop_turn(loop, 0);
	assert_int_equal(peers[0].calls + peers[1].calls, 1);
	assert_int_equal(next->calls, 0);
	peers[0].act = peers[1].act = NULL;
	make_readable(next);
	loop_turn(loop, 0);
	assert_int_equal(next->calls, 1);
	next->fd = dup(next->fd); /* the number is closed once already, as another peer's */
}

static void add_many(struct peer *peer)
{
	peer->act = NULL;
	for (int i = 0; i < 150; i++)
		new_ready_peer();
}

static void a_callback_may_add_so_many_that_the_table_moves(void **state)
{
	(void)state;
	new_ready_peer()->act = add_many;
	assert_int_equal(loop_turn(loop, 0), 1);
	for (int turn = 0; turn < 3; turn++)
		loop_turn(loop, 0);
	for (size_t i = 0; i < peer_count; i++)
		assert_true(peers[i].calls > 0);
}

/* A child may hold a copy, which keeps a descriptor in the epoll when it is closed here. */
static void what_a_child_still_holds_wakes_nobody(void **state)
{
	struct peer *peer = new_ready_peer();
	int64_t begin = clock_ms();
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	loop_unwatch(loop, peer->fd);
	close(peer->fd);
	assert_int_equal(loop_turn(loop, 50), 0);
	assert_true(clock_ms() - begin >= 50);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	peer->fd = dup(peer->other);
}

/* ---- hang-up ---- */

static void a_hang_up_is_reported_whatever_was_wanted(void **state)
{
	static const uint32_t wanted[] = { EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLPRI, 0 };
	int ends[2];

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		struct peer *peer = new_peer();

		watch(peer, wanted[i]);
		close(peer->other);
		assert_int_equal(loop_turn(loop, 0), 1);
		assert_true(peer->events & EPOLLHUP);
		loop_unwatch(loop, peer->fd);
		assert_int_equal(loop_turn(loop, 0), 0);
		peer->other = dup(peer->fd);

		/* the writing end of a pipe that nobody reads */
		peer = new_peer();
		assert_int_equal(pipe(ends), 0);
		dup2(ends[1], peer->fd);
		close(ends[1]);
		watch(peer, wanted[i]);
		close(ends[0]);
		assert_int_equal(loop_turn(loop, 0), 1);
		assert_true(peer->events & EPOLLERR);
		loop_unwatch(loop, peer->fd);
	}
}

static void what_came_before_the_hang_up_can_be_read(void **state)
{
	struct peer *peer = new_ready_peer();

	(void)state;
	close(peer->other);
	peer->other = dup(peer->fd);
	assert_int_equal(loop_turn(loop, 0), 1);
	assert_true(peer->events & EPOLLIN);
	assert_true(peer->events & EPOLLHUP);
}

static void events_can_be_changed_and_only_those_are_reported(void **state)
{
	static const uint32_t wanted[] = { EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLIN };
	struct peer *peer = new_ready_peer();

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		watch(peer, wanted[i]);
		assert_int_equal(loop_turn(loop, 0), 1);
		assert_int_equal(peer->events, wanted[i]);
	}
	watch(peer, 0);
	assert_int_equal(loop_turn(loop, 0), 0);
}

/* ---- timers ---- */

struct alarm {
	struct loop_timer timer;
	struct alarm *other;
	unsigned rings;
	void (*act)(struct alarm *alarm);
};

static unsigned rung; /* alarms so far */
static size_t order[500];
static struct alarm alarms[500];

static void ring(void *user)
{
	struct alarm *alarm = user;

	alarm->rings++;
	order[rung++ % COUNT(order)] = (size_t)(alarm - alarms);
	if (alarm->act)
		alarm->act(alarm);
}

static struct alarm *set_alarm(size_t i, int64_t due_ms)
{
	alarms[i].timer.function = ring;
	alarms[i].timer.user = &alarms[i];
	loop_set_timer(loop, &alarms[i].timer, due_ms);
	return &alarms[i];
}

static int set_up_alarms(void **state)
{
	memset(alarms, 0, sizeof(alarms));
	rung = 0;
	return set_up(state);
}

static void timers_run_in_the_order_they_are_due(void **state)
{
	static const struct {
		int64_t due_ms;
		size_t rank;
	} table[] = {
		{ -5, 1 }, { -1, 4 }, { INT64_MIN, 0 }, { -5, 2 }, { -1, 5 }, { -3, 3 },
	};
	int64_t now = clock_ms();

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		set_alarm(i, table[i].due_ms == INT64_MIN ? INT64_MIN : now + table[i].due_ms);
	set_alarm(COUNT(table), now + 1000000);
	set_alarm(COUNT(table) + 1, INT64_MAX);
	assert_int_equal(loop_turn(loop, 0), COUNT(table));
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(order[table[i].rank], i);
}

/* Set, moved and cancelled at random, those that are left run in order, each once. */
static void hundreds_of_timers_keep_their_order(void **state)
{
	static int64_t due[COUNT(alarms)];
	unsigned seed = 7, left = 0;

	(void)state;
	for (int step = 0; step < 5000; step++) {
		size_t i;

		seed = seed * 1103515245 + 12345;
		i = seed / 65536 % COUNT(alarms);
		due[i] = seed / 65536 % 7 == 0 ? 0 : 1 + seed % 1000;
		if (due[i] == 0)
			loop_cancel_timer(loop, &alarms[i].timer);
		else
			set_alarm(i, due[i]);
	}
	for (size_t i = 0; i < COUNT(alarms); i++)
		left += due[i] > 0;
	assert_true(left > 100);
	assert_int_equal(loop_turn(loop, 0), left);
	for (size_t i = 0; i < COUNT(alarms); i++)
		assert_int_equal(alarms[i].rings, due[i] > 0);
	for (unsigned i = 1; i < left; i++)
		assert_true(due[order[i - 1]] <= due[order[i]]);
	assert_int_equal(loop_turn(loop, 0), 0);
}

static void cancel_itself(struct alarm *alarm)
{
	loop_cancel_timer(loop, &alarm->timer);
}

static void cancel_the_other(struct alarm *alarm)
{
	loop_cancel_timer(loop, &alarm->other->timer);
}

static void set_itself_for_now(struct alarm *alarm)
{
	loop_set_timer(loop, &alarm->timer, clock_ms());
}

static void set_itself_for_long_ago(struct alarm *alarm)
{
	loop_set_timer(loop, &alarm->timer, 0);
}

static void set_the_other_for_long_ago(struct alarm *alarm)
{
	loop_set_timer(loop, &alarm->other->timer, 0);
}

static void put_off_the_other(struct alarm *alarm)
{
	loop_set_timer(loop, &alarm->other->timer, INT64_MAX);
}

/* Two are due; the first acts.  Nothing that it sets runs before the next turn. */
static void what_a_timer_does_to_itself_and_others(void **state)
{
	static const struct {
		const char *name;
		void (*act)(struct alarm *alarm);
		unsigned first[2], second[2]; /* rings after one turn, and after the next */
	} table[] = {
		{ "nothing", NULL, { 1, 1 }, { 1, 1 } },
		{ "cancels itself", cancel_itself, { 1, 1 }, { 1, 1 } },
		{ "cancels the other", cancel_the_other, { 1, 1 }, { 0, 0 } },
		{ "is set again", set_itself_for_now, { 1, 2 }, { 1, 1 } },
		{ "is set for long ago", set_itself_for_long_ago, { 1, 2 }, { 1, 1 } },
		{ "sets the other", set_the_other_for_long_ago, { 1, 1 }, { 0, 1 } },
		{ "puts the other off", put_off_the_other, { 1, 1 }, { 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		memset(alarms, 0, sizeof(alarms));
		set_alarm(0, 1)->act = table[i].act;
		alarms[0].other = set_alarm(1, 2);
		for (int turn = 0; turn < 2; turn++) {
			loop_turn(loop, 0);
			if (alarms[0].rings != table[i].first[turn] ||
			    alarms[1].rings != table[i].second[turn])
				fail_msg("%s: %u and %u rings after turn %d", table[i].name,
					 alarms[0].rings, alarms[1].rings, turn + 1);
		}
		loop_cancel_timer(loop, &alarms[0].timer);
		loop_cancel_timer(loop, &alarms[1].timer);
	}
}

/* Neither the descriptor nor the other timer is kept waiting by a timer that is always due. */
static void a_timer_that_is_always_due_starves_nobody(void **state)
{
	struct peer *peer = new_ready_peer();

	(void)state;
	set_alarm(0, 0)->act = set_itself_for_long_ago;
	for (unsigned turn = 1; turn <= 10; turn++) {
		set_alarm(1, clock_ms());
		assert_int_equal(loop_turn(loop, PATIENCE_MS), 3);
		assert_int_equal(alarms[0].rings, turn);
		assert_int_equal(alarms[1].rings, turn);
		assert_int_equal(peer->calls, turn);
	}
}

static void free_it(void *user)
{
	free(user);
}

static void a_timer_may_be_freed_by_its_own_function(void **state)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	(void)state;
	*timer = (struct loop_timer){ .function = free_it, .user = timer };
	loop_set_timer(loop, timer, 0);
	assert_int_equal(loop_turn(loop, 0), 1);
	assert_int_equal(loop_turn(loop, 0), 0);
}

static void cancel_alarm(struct peer *peer)
{
	(void)peer;
	loop_cancel_timer(loop, &alarms[0].timer);
}

/* What came in time is heard before the time is found to be over. */
static void a_descriptor_comes_before_a_timer_of_the_same_turn(void **state)
{
	(void)state;
	new_ready_peer()->act = cancel_alarm;
	set_alarm(0, 0);
	assert_int_equal(loop_turn(loop, 0), 1);
	assert_int_equal(alarms[0].rings, 0);
}

static void a_turn_waits_for_the_first_timer_and_no_longer(void **state)
{
	static const struct {
		int64_t due_ms;
		int timeout_ms;
		int64_t waited_ms;
		unsigned called;
	} table[] = {
		{ 30, -1, 30, 1 },
		{ 30, PATIENCE_MS, 30, 1 },
		{ PATIENCE_MS, 10, 10, 0 },
		{ PATIENCE_MS, 0, 0, 0 },
		{ -10, -1, 0, 1 },
		{ INT64_MAX / 2, 10, 10, 0 },
		{ (int64_t)1 << 33, 10, 10, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		int64_t begin = clock_ms();

		set_alarm(0, begin + table[i].due_ms);
		assert_int_equal(loop_turn(loop, table[i].timeout_ms), table[i].called);
		assert_in_range(clock_ms() - begin, table[i].waited_ms, PATIENCE_MS - 1);
	}
}

/* ---- turns ---- */

static void note_signal(int number)
{
	(void)number;
}

/* A signal that has a handler ends the wait: whoever turns the loop looks what it meant. */
static void a_signal_ends_a_wait_and_breaks_nothing(void **state)
{
	struct sigaction action = { .sa_handler = note_signal }, before;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec soon = { .it_interval = { 0, 10000000 }, .it_value = { 0, 10000000 } };
	struct peer *peer = new_peer();
	timer_t timer;

	(void)state;
	sigaction(SIGUSR1, &action, &before);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	timer_settime(timer, 0, &soon, NULL);
	watch(peer, EPOLLIN);
	assert_int_equal(loop_turn(loop, -1), 0);
	set_alarm(0, clock_ms() + 50); /* is not lost, nor late, when waits are cut short */
	while (alarms[0].rings == 0)
		loop_turn(loop, -1);
	assert_in_range(clock_ms() - alarms[0].timer.due_ms, 0, PATIENCE_MS);
	timer_delete(timer);
	sigaction(SIGUSR1, &before, NULL);
	make_readable(peer);
	assert_int_equal(loop_turn(loop, -1), 1);
}

static void look_around(struct peer *peer)
{
	(void)peer;
	assert_true(loop_is_in_turn(loop));
}

static void who_is_called_knows_that_a_turn_is_on(void **state)
{
	(void)state;
	assert_false(loop_is_in_turn(loop));
	new_ready_peer()->act = look_around;
	assert_int_equal(loop_turn(loop, 0), 1);
	assert_false(loop_is_in_turn(loop));
}

#define TEST(name)   cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TIMING(name) cmocka_unit_test_setup_teardown(name, set_up_alarms, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_hundred_descriptors_come_and_go),
		TEST(none_of_many_that_are_always_ready_starves),
		TEST(both_of_two_descriptors_of_one_socket_are_called),
		TEST(what_cannot_be_watched_is_an_error_and_leaves_nothing_behind),
		TEST(to_unwatch_what_is_not_watched_does_nothing),
		TEST(what_a_callback_removes_is_not_called_in_the_same_turn),
		TEST(a_number_that_is_used_again_in_a_turn_is_the_new_ones),
		TEST(a_callback_may_add_so_many_that_the_table_moves),
		TEST(what_a_child_still_holds_wakes_nobody),
		TEST(a_hang_up_is_reported_whatever_was_wanted),
		TEST(what_came_before_the_hang_up_can_be_read),
		TEST(events_can_be_changed_and_only_those_are_reported),
		TIMING(timers_run_in_the_order_they_are_due),
		TIMING(hundreds_of_timers_keep_their_order),
		TIMING(what_a_timer_does_to_itself_and_others),
		TIMING(a_timer_that_is_always_due_starves_nobody),
		TEST(a_timer_may_be_freed_by_its_own_function),
		TIMING(a_descriptor_comes_before_a_timer_of_the_same_turn),
		TIMING(a_turn_waits_for_the_first_timer_and_no_longer),
		TIMING(a_signal_ends_a_wait_and_breaks_nothing),
		TEST(who_is_called_knows_that_a_turn_is_on),
	};

	return RUN_TESTS(tests);
}
