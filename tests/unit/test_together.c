#include "tests/support/test.h"

#include "crawler/commands/together.h"
#include "crawler/show/log.h"
#include "tests/support/capture.h"

/* What a node of several says of itself. */
static const struct master_view busy = { .queued = 1 }, idle = { .queued = 0 },
				paused = { .is_paused = true };

static void of_one_machine_nothing_is_said(void **state)
{
	struct together_idle looks = { .store = NULL };
	struct capture said = capture_begin(STDERR_FILENO);

	(void)state;
	for (int64_t now = 1; now < 10 * TOGETHER_IDLE_MS; now += TOGETHER_LOOK_MS)
		together_look(&looks, &idle, now);
	capture_end(&said);
	assert_string_equal(said.text, "");
}

/* Who is alone with his run is at its end. */
static void who_is_alone_does_not_complain(void **state)
{
	struct store_error error;
	struct store *store = store_open_private(&error);
	struct together_idle looks = { .store = store };
	struct capture said = capture_begin(STDERR_FILENO);

	(void)state;
	for (int64_t now = 1; now < 10 * TOGETHER_IDLE_MS; now += TOGETHER_LOOK_MS)
		together_look(&looks, now % 3 == 0 ? &busy : now % 3 == 1 ? &idle : &paused, now);
	capture_end(&said);
	store_close(store);
	assert_string_equal(said.text, "");
	assert_false(looks.is_said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_one_machine_nothing_is_said),
		cmocka_unit_test(who_is_alone_does_not_complain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
