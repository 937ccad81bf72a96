#include "tests/support/test.h"

#include "tests/support/party.h"

#ifdef CRAWL_POSTGRES
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define QUICK_SECONDS 5
#define LEAST         2
#define CHILDREN_MAX  16
#define LONG_MS_MAX   600000

/* Answers that take more than two delays, and the jitter: three would be seen. */
const struct nodes_web party_quick = {
	.hosts = 30,
	.pages = 8,
	.delay_ms = 250,
	.concurrency = 2,
	.answer_ms = 700,
	.environment = nodes_short_lease,
};

const struct nodes_web party_longer = {
	.hosts = 40,
	.pages = 20,
	.delay_ms = 250,
	.concurrency = 1,
	.answer_ms = 300,
	.environment = nodes_short_lease,
};

unsigned party_seconds(void)
{
	const char *wanted = getenv("NODES_SECONDS");

	return wanted ? (unsigned)strtoul(wanted, NULL, 10) : 0;
}

int party_set_up(void **state)
{
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	if (party_seconds() > 0)
		alarm(0);
	return nodes_server_begin(state);
}

void party_sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static const char *where(const struct party *party, unsigned number)
{
	if (party->is_by_relay[number])
		return nodes_relay_uri();
	return party->where ? party->where : nodes_uri();
}

void party_start_again(struct party *party, unsigned number)
{
	party->nodes[number] =
		nodes_start_with(where(party, number), NULL, (const char *[]){ "--join", NULL });
}

static const struct nodes_web *web_of(const struct party *party)
{
	return party->web ? party->web : &party_quick;
}

void party_begin(struct party *party)
{
	nodes_serve(web_of(party));
	nodes_begin_alone();
	for (unsigned i = 0; i < party->count; i++)
		party->nodes[i] = nodes_start(where(party, i));
	party->begun_ms = test_clock_ms();
	assert_true(
		WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == (long)party->count));
	NODES_UNTIL_PAGES(5);
}

long party_lost(void)
{
	return nodes_number("SELECT count(*) FROM crawl_past_nodes WHERE ended = 'lost'");
}

static bool is_under_way(void)
{
	return nodes_number("SELECT count(*) FROM runs WHERE ended IS NULL") != 0;
}

void party_wait(struct program *node)
{
	if (node->pid == 0) /* it has been waited for */
		return;
	if (party_seconds() > 0)
		assert_true(WAIT_UNTIL_MS(!process_runs(node->pid), LONG_MS_MAX));
	program_wait(node);
}

static void tell(const struct party *party)
{
	struct site_judged judged = nodes_judge(0);

	printf("   disturbed %u times, %ld nodes lost, in %.0f s; %zu requests, %zu of them again"
	       " (%zu for one), least gap %d ms, %u at once, %zu too close, %zu too early\n",
	       party->disturbed, party_lost(), (double)(test_clock_ms() - party->begun_ms) / 1000,
	       judged.requests, judged.again, judged.most_for_one, (int)judged.least_gap_ms,
	       judged.most_at_once, judged.too_close, judged.too_early);
}

void party_end(struct party *party)
{
	for (unsigned i = 0; i < party->count; i++)
		party_wait(party->nodes[i]);
	for (unsigned i = 0; i < party->count; i++) {
		if (party->nodes[i]->code != 0) /* it came when all was over */
			assert_code(party->nodes[i], nodes_code());
	}
	if (party_seconds() > 0)
		tell(party);
	nodes_assert_as_alone();
}

/* It lasts longer than it is disturbed. */
static const struct nodes_web *lasting(void)
{
	static struct nodes_web web = {
		.hosts = 120,
		.delay_ms = 500,
		.concurrency = 1,
		.answer_ms = 300,
		.environment = nodes_short_lease,
	};

	web.pages = 20 + party_seconds() * 4 / 3;
	return &web;
}

static bool is_enough(const struct party *party)
{
	return party_seconds() == 0 && party->disturbed_most > 0 &&
	       party->disturbed >= party->disturbed_most;
}

void party_disturb(struct party *party, long pause_ms,
		   void (*how)(struct party *party, unsigned number))
{
	unsigned length_s = party_seconds() > 0 ? party_seconds() : QUICK_SECONDS;
	unsigned least = party->disturbed_least ? party->disturbed_least : LEAST;
	int64_t end_ms;

	if (party_seconds() > 0)
		party->web = lasting();
	party_begin(party);
	end_ms = test_clock_ms() + 1000 * (int64_t)length_s;
	while ((test_clock_ms() < end_ms || party->disturbed < least) && !is_enough(party) &&
	       is_under_way()) {
		how(party, (unsigned)random() % party->count);
		party->disturbed++;
		party_sleep_ms(pause_ms);
	}
	party_end(party);
	if (party->disturbed < least)
		fail_msg("disturbed %u times only", party->disturbed);
}

void party_signal(const struct program *node, int signal)
{
	if (node->pid > 0)
		kill(node->pid, signal);
}

static size_t family(const struct program *node, pid_t pids[CHILDREN_MAX])
{
	size_t count = program_children(node, pids, CHILDREN_MAX);

	return count < CHILDREN_MAX ? count : CHILDREN_MAX;
}

void party_signal_workers(const struct program *node, int signal)
{
	pid_t pids[CHILDREN_MAX];
	size_t count = node->pid > 0 ? family(node, pids) : 0;

	for (size_t i = 0; i < count; i++)
		kill(pids[i], signal);
}

#endif
