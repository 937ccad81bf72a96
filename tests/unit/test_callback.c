#include "tests/support/test.h"

#include "crawler/config/config_load.h"
#include "crawler/config/settings.h"
#include "crawler/master/callback.h"
#include "tests/support/store_help.h"

static struct config *load(const char *patterns)
{
	struct settings settings = settings_default();
	struct config *config = config_load_patterns(slice_of(patterns), &settings, stderr);

	assert_non_null(config);
	return config;
}

/* What its list gave it is wanted before its first pattern runs: none may run without. */
static void a_page_whose_set_cannot_be_read_is_not_written(void **state)
{
	static const struct msg_page page = { .outcome = OUTCOME_OK, .status = 200 };
	static const char *const names[] = { "p" };
	struct config *config = load("patterns:\n"
				     "  - name: p\n"
				     "    pattern: '<b>(.*?)</b>'\n"
				     "    fields:\n"
				     "      s: {value: '{set.shop}'}\n");
	struct store *store = open_store();
	struct tally *tally = tally_new(names, 1);
	struct callback *callback = callback_new(config, store, tally);
	struct visit visit = { .kind = VISIT_PAGE };
	struct callback_page done = { .visit = &visit, .page = &page, .text = SLICE("<b>x</b>") };

	(void)state;
	assert_non_null(callback);
	add_host(store, "http://a");
	visit.number = add_url(store, "http://a/").number;
	visit_set_url(&visit, SLICE("http://a/"));
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(change(path, "DROP TABLE crawl_sets"), 0);
	assert_true(callback_match(callback, &done, 0));
	assert_int_equal(callback_page(callback, &done), -1);
	assert_non_null(strstr(store_error(store)->text, "crawl_sets"));
	assert_int_equal(tally_totals(tally)->pages, 0);
	callback_free(callback);
	tally_free(tally);
	store_close(store);
	config_free(config);
	free(visit.url);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_page_whose_set_cannot_be_read_is_not_written),
	};

	return RUN_TESTS(tests);
}
