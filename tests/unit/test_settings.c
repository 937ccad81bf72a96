#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crawler/config/settings.h"

/* The environment of the machine must not decide: every test begins without CRAWL_*. */
static int without_variables(void **state)
{
	char name[64];

	(void)state;
	for (char **variable = environ; *variable;) {
		size_t size = strcspn(*variable, "=");

		if (strncmp(*variable, "CRAWL_", 6) != 0 || size >= sizeof(name)) {
			variable++;
			continue;
		}
		memcpy(name, *variable, size);
		name[size] = '\0';
		unsetenv(name);
		variable = environ;
	}
	return 0;
}

static void defaults_are_those_that_are_documented(void **state)
{
	struct settings settings = settings_default();

	(void)state;
	assert_string_equal(settings.user_agent, "crawl/" CRAWL_VERSION);
	assert_string_equal(settings.ca_file, "");
	assert_string_equal(settings.proxy, "");
	assert_int_equal(settings.workers, 0);
	assert_int_equal(settings.window, 64);
	assert_int_equal(settings.timeout_ms, 30000);
	assert_int_equal(settings.connect_timeout_ms, 10000);
	assert_int_equal(settings.max_body, 10000000);
	assert_int_equal(settings.delay_ms, 500);
	assert_int_equal(settings.concurrency, 2);
	assert_int_equal(settings.redirects, 10);
	assert_int_equal(settings.retries, 2);
	assert_int_equal(settings.depth, 10);
	assert_int_equal(settings.max_pages, 0);
	assert_int_equal(settings.max_time_ms, 0);
	assert_int_equal(settings.grace_ms, 5000);
	assert_int_equal(settings.pattern_time_ms, 100);
	assert_int_equal(settings.match_limit, 10000000);
	assert_true(settings.robots);
	assert_true(settings.keep_pages);
	assert_true(settings.http2);
}

static void every_default_is_written_as_it_was_read(void **state)
{
	struct settings settings = settings_default();

	(void)state;
	for (size_t i = 0; i < setting_count; i++) {
		char text[SETTING_FORMAT_MAX];

		assert_string_equal(setting_text(&settings, &setting_table[i], text),
				    setting_table[i].initial);
	}
}

/* Least, most, and what is in between, written and read again. */
static void every_value_written_is_read_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		int64_t span = setting->most - setting->least;
		char text[SETTING_FORMAT_MAX], error[SETTING_ERROR_MAX];

		if (setting->kind == SETTING_TEXT)
			continue;
		for (int64_t step = 0; step <= 97; step++) {
			int64_t value = setting->least + span / 97 * step, again = -1;

			setting_format(setting->kind, value, text);
			assert_int_equal(setting_parse(setting->kind, setting->least, setting->most,
						       slice_of(text), &again, error),
					 0);
			assert_true(again == value);
		}
	}
}

static void every_setting_has_its_own_name_place_and_help(void **state)
{
	(void)state;
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];

		assert_ptr_equal(setting_find(slice_of(setting->name)), setting);
		assert_true(strlen(setting->help) > 10);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(setting->offset, setting_table[j].offset);
	}
	assert_null(setting_find(SLICE("")));
	assert_null(setting_find(SLICE("delays")));
	assert_null(setting_find(SLICE("Delay")));
}

static void numbers_are_read_exactly(void **state)
{
	static const struct {
		enum setting_kind kind;
		const char *text;
		int64_t value;
	} table[] = {
		{ SETTING_COUNT, "0", 0 },
		{ SETTING_COUNT, "007", 7 },
		{ SETTING_COUNT, "-3", -3 },
		{ SETTING_COUNT, "1000000000000", 1000000000000 },
		{ SETTING_DURATION, "0", 0 },
		{ SETTING_DURATION, "2", 2000 },
		{ SETTING_DURATION, "1.5", 1500 },
		{ SETTING_DURATION, "500ms", 500 },
		{ SETTING_DURATION, "1.5s", 1500 },
		{ SETTING_DURATION, "1.50 s", 1500 },
		{ SETTING_DURATION, "0.001s", 1 },
		{ SETTING_DURATION, "0.0010000000000s", 1 },
		{ SETTING_DURATION, "10m", 600000 },
		{ SETTING_DURATION, "0.5h", 1800000 },
		{ SETTING_DURATION, "0.000000278h", -1 },
		{ SETTING_SIZE, "4096", 4096 },
		{ SETTING_SIZE, "10MB", 10000000 },
		{ SETTING_SIZE, "10 mb", 10000000 },
		{ SETTING_SIZE, "64KiB", 65536 },
		{ SETTING_SIZE, "64Ki", 65536 },
		{ SETTING_SIZE, "64k", 64000 },
		{ SETTING_SIZE, "1.5MiB", 1572864 },
		{ SETTING_SIZE, "1G", 1000000000 },
		{ SETTING_SIZE, "1GiB", 1073741824 },
		{ SETTING_SIZE, "12B", 12 },
		{ SETTING_SWITCH, "true", 1 },
		{ SETTING_SWITCH, "Yes", 1 },
		{ SETTING_SWITCH, "on", 1 },
		{ SETTING_POLITE_PER, "host", POLITE_PER_HOST },
		{ SETTING_POLITE_PER, "Address", POLITE_PER_ADDRESS },
		{ SETTING_PRIVATE, "none", PRIVATE_NONE },
		{ SETTING_PRIVATE, "all", PRIVATE_ALL },
		{ SETTING_SWITCH, "1", 1 },
		{ SETTING_SWITCH, "FALSE", 0 },
		{ SETTING_SWITCH, "no", 0 },
		{ SETTING_SWITCH, "off", 0 },
		{ SETTING_SWITCH, "0", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char error[SETTING_ERROR_MAX];
		int64_t value = -1;
		int result = setting_parse(table[i].kind, -10, (int64_t)1 << 60,
					   slice_of(table[i].text), &value, error);

		assert_int_equal(result, table[i].value == -1 ? -1 : 0);
		if (value != table[i].value)
			fail_msg("'%s' gave %" PRId64, table[i].text, value);
	}
}

static void what_cannot_be_read_says_why(void **state)
{
	static const struct {
		const char *name, *text, *error;
	} table[] = {
		{ "delay", "2x", "'2x' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "", "nothing is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "s", "'s' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", ".5s", "'.5s' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "1.s", "'1.s' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "1,5s", "'1,5s' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "1e3", "'1e3' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", " 1s", "' 1s' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "1s ", "'1s ' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "+1s", "'+1s' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "0x10", "'0x10' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "1m30s", "'1m30s' is not a duration: did you mean '90s'?" },
		{ "max_time", "1h30m", "'1h30m' is not a duration: did you mean '90m'?" },
		{ "max_time", "1s500ms", "'1s500ms' is not a duration: did you mean '1500ms'?" },
		{ "max_time", "1h30", "'1h30' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "max_time", "1hm", "'1hm' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "max_time", "1h99999999999999999999h",
		  "'1h99999999999999999999h' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "delay", "2sec", "'2sec' is not a duration: did you mean '2s'?" },
		{ "delay", "1.5 minutes", "'1.5 minutes' is not a duration: did you mean '1.5m'?" },
		{ "delay", "10M", "'10M' is not a duration: did you mean '10m'?" },
		{ "delay", "-1s", "'-1s' is too small: at least 0s" },
		{ "delay", "61m", "'61m' is too large: at most 1h" },
		{ "delay", "0.5ms", "'0.5ms' is finer than a millisecond" },
		{ "delay", "99999999999999999999h",
		  "'99999999999999999999h' is too large: at most 1h" },
		{ "delay", "-99999999999999999999h",
		  "'-99999999999999999999h' is too small: at least 0s" },
		{ "delay", "2562047788015h", "'2562047788015h' is too large: at most 1h" },
		{ "timeout", "0", "'0' is too small: at least 1ms" },
		{ "workers", "four", "'four' is not a whole number" },
		{ "workers", "1.0", "'1.0' is not a whole number" },
		{ "workers", "4x", "'4x' is not a whole number" },
		{ "workers", "-", "'-' is not a whole number" },
		{ "workers", "--4", "'--4' is not a whole number" },
		{ "workers", "257", "'257' is too large: at most 256" },
		{ "workers", "18446744073709551617",
		  "'18446744073709551617' is too large: at most 256" },
		{ "window", "0", "'0' is too small: at least 1" },
		{ "max_body", "10XB", "'10XB' is not a size: write 4096, 64KiB or 10MB" },
		{ "max_body", "10s", "'10s' is not a size: write 4096, 64KiB or 10MB" },
		{ "max_body", "0", "'0' is too small: at least 1B" },
		{ "max_body", "1.0001kB", "'1.0001kB' is finer than a byte" },
		{ "max_body", "9999999999G", "'9999999999G' is too large: at most 1GB" },
		{ "robots", "maybe", "'maybe' is not true or false" },
		{ "robots", "2", "'2' is not true or false" },
		{ "user_agent", "", "a text is wanted here, not nothing" },
		{ "user_agent", "a\r\nHost: b", "a control character (0xd) cannot stand here" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct settings settings = settings_default(), before = settings;
		char error[SETTING_ERROR_MAX] = "";

		assert_int_equal(setting_set(&settings, setting_find(slice_of(table[i].name)),
					     slice_of(table[i].text), error),
				 -1);
		assert_string_equal(error, table[i].error);
		assert_memory_equal(&settings, &before, sizeof(settings));
	}
}

static void long_words_do_not_overrun_the_message(void **state)
{
	char text[5000], error[SETTING_ERROR_MAX];
	struct settings settings = settings_default();

	(void)state;
	for (size_t i = 0; i < setting_count; i++) {
		memset(text, i % 2 ? '9' : 'x', sizeof(text));
		assert_int_equal(setting_set(&settings, &setting_table[i],
					     (struct slice){ text, sizeof(text) }, error),
				 -1);
		assert_true(strlen(error) < SETTING_ERROR_MAX);
	}
}

static void texts_are_kept_for_good(void **state)
{
	struct settings settings = settings_default();
	char text[] = "mybot/1.0", error[SETTING_ERROR_MAX];

	(void)state;
	assert_int_equal(
		setting_set(&settings, setting_find(SLICE("user_agent")), slice_of(text), error),
		0);
	memset(text, 'x', sizeof(text) - 1);
	assert_string_equal(settings.user_agent, "mybot/1.0");
}

static void the_environment_is_taken(void **state)
{
	struct settings settings = settings_default();
	char error[SETTING_ERROR_MAX];

	(void)state;
	setenv("CRAWL_CONFIG", "anything at all", 1);
	setenv("CRAWL_USER_AGENT", "mybot/1.0", 1);
	setenv("CRAWL_MAX_PAGES", "12", 1);
	setenv("CRAWL_ROBOTS", "off", 1);
	setenv("CRAWLER", "not ours", 1);
	assert_int_equal(settings_from_environment(&settings, error), 0);
	assert_string_equal(settings.user_agent, "mybot/1.0");
	assert_int_equal(settings.max_pages, 12);
	assert_false(settings.robots);
	assert_int_equal(settings.delay_ms, 500);
}

static void a_wrong_environment_changes_nothing(void **state)
{
	static const struct {
		const char *name, *value, *error;
	} table[] = {
		{ "CRAWL_DELAI", "1s", "CRAWL_DELAI: no such setting: did you mean CRAWL_DELAY?" },
		{ "CRAWL_MAXPAGES", "1",
		  "CRAWL_MAXPAGES: no such setting: did you mean CRAWL_MAX_PAGES?" },
		{ "CRAWL_delay", "1s", "CRAWL_delay: no such setting: did you mean CRAWL_DELAY?" },
		{ "CRAWL_", "1s", "CRAWL_: no such setting" },
		{ "CRAWL_COLOUR", "red", "CRAWL_COLOUR: no such setting" },
		{ "CRAWL_DELAY", "1x",
		  "CRAWL_DELAY: '1x' is not a duration: write 500ms, 2s, 10m or 1h" },
		{ "CRAWL_DELAY", "",
		  "CRAWL_DELAY: nothing is not a duration: write 500ms, 2s, 10m or 1h" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct settings settings = settings_default(), before = settings;
		char error[SETTING_ERROR_MAX] = "";

		setenv("CRAWL_WORKERS", "3", 1);
		setenv(table[i].name, table[i].value, 1);
		assert_int_equal(settings_from_environment(&settings, error), -1);
		assert_string_equal(error, table[i].error);
		assert_memory_equal(&settings, &before, sizeof(settings));
		unsetenv(table[i].name);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, without_variables, without_variables)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_are_those_that_are_documented),
		TEST(every_default_is_written_as_it_was_read),
		TEST(every_value_written_is_read_again),
		TEST(every_setting_has_its_own_name_place_and_help),
		TEST(numbers_are_read_exactly),
		TEST(what_cannot_be_read_says_why),
		TEST(long_words_do_not_overrun_the_message),
		TEST(texts_are_kept_for_good),
		TEST(the_environment_is_taken),
		TEST(a_wrong_environment_changes_nothing),
	};

	return RUN_TESTS(tests);
}
