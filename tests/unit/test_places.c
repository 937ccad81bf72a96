#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/master/places.h"
#include "crawler/master/queue.h"

#define HOSTS_MAX 8

/* Hosts are letters; with room for two requests there is one place. */
static const struct config config;
static struct politeness *politeness;
static struct places *places;
static uint32_t hosts[HOSTS_MAX];

static int begin(void **state)
{
	char origin[32];

	(void)state;
	politeness = politeness_new(&config, NULL, NULL, 7, 1);
	places = places_new(politeness, 2);
	for (uint32_t i = 0; i < HOSTS_MAX; i++) {
		int size = snprintf(origin, sizeof(origin), "http://%c.example", 'a' + i);

		hosts[i] = politeness_add_host(politeness, (struct slice){ origin, (size_t)size },
					       (struct store_key){ i + 1, 1 });
		frontier_push(politeness->frontier, hosts[i], i + 1, LANE_NORMAL);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	places_free(places);
	politeness_free(politeness);
	return 0;
}

static uint32_t host_of(char letter)
{
	return hosts[letter - 'a'];
}

static bool is_suspended(char letter)
{
	return frontier_is_suspended(politeness->frontier, host_of(letter));
}

/* "a+": a asks for a place, and takes it; "a!": it has answered; "a?": it did not; "a-": its share
 * has gone; "a=": it has come back. */
static void go(const char *steps)
{
	static struct visit under_way[HOSTS_MAX];
	static unsigned url_id = 100;

	for (; *steps; steps += steps[2] ? 3 : 2) {
		uint32_t host = host_of(steps[0]);
		struct visit *visit = &under_way[steps[0] - 'a'];

		switch (steps[1]) {
		case '+':
			*visit = (struct visit){ .host = host };
			if (places_has_one(places, host))
				places_take(places, visit);
			break;
		case '!':
		case '?':
			places_give(places, visit, steps[1] == '!');
			break;
		case '-':
			queue_lose(politeness, host);
			break;
		default:
			frontier_push(politeness->frontier, host, url_id++, LANE_NORMAL);
		}
	}
}

static void who_finds_no_place_waits_for_one_that_is_given_back(void **state)
{
	static const struct {
		const char *steps, *suspended;
	} rows[] = {
		{ "a+", "" },
		{ "a+ b+ c+", "bc" },
		{ "a+ b+ c+ a?", "c" },
		{ "a+ b+ c+ a! b+", "c" },
		{ "a! a+ b+ c+", "c" }, /* who has answered takes none */
		{ "a+ b+ c+ b-", "c" },
		{ "a+ b+ c+ b- a?", "" }, /* who has gone takes none, and gives none back */
		{ "a+ b+ c+ d+ b- c- a?", "" },
		{ "a+ b+ c+ d+ b- c- b= b+ a?", "d" }, /* it has come back to where it was */
		{ "a+ b+ b- b= b+ c+ a?", "c" },       /* and stands there twice */
		{ "a+ b+ b- b= b+ c+ a? b+ b?", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char found[HOSTS_MAX + 1] = "";

		go(rows[i].steps);
		for (char letter = 'a'; letter < 'a' + HOSTS_MAX; letter++)
			if (is_suspended(letter))
				found[strlen(found)] = letter;
		if (strcmp(found, rows[i].suspended) != 0)
			fail_msg("%s: %s", rows[i].steps, found);
		end(state);
		begin(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			who_finds_no_place_waits_for_one_that_is_given_back, begin, end),
	};

	return RUN_TESTS(tests);
}
