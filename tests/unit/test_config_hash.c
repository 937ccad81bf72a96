#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/config/config_hash.h"
#include "crawler/config/config_load.h"

/* A config that says a little of everything. */
#define BASE                                                                      \
	"patterns:\n"                                                             \
	"  - name: films\n"                                                       \
	"    url: '/films/'\n"                                                    \
	"    flags: s\n"                                                          \
	"    pattern: '<i>(.*?)</i><b>(.*?)</b>'\n"                               \
	"    fields: {rank: {group: 1, type: integer}, title: {group: 2, clean: " \
	"[trim, {slice: '1:'}]}}\n"                                               \
	"    key: [rank, title]\n"                                                \
	"  - {name: books, pattern: '<h1>(.*?)</h1>'}\n"                          \
	"follow:\n"                                                               \
	"  - {link: '/films/', depth: 3}\n"                                       \
	"  - {link: '/books/'}\n"                                                 \
	"canonical: {drop_query: ['utm_*', gclid]}\n"                             \
	"hosts:\n"                                                                \
	"  - {match: a.example, delay: 1s}\n"                                     \
	"  - {match: b.example, robots: false}\n"                                 \
	"crawl: {user_agent: 'me/1', workers: 2}\n"

static char folder[64], path[128];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/crawl-hash-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/t.yaml", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* Of the text, and of an expression, flag and setting of the environment if they are not NULL. */
static struct config *load(const char *text, const char *expression, const char *depth)
{
	struct setting_flag flag = { setting_find(SLICE("depth")), depth };
	struct config_sources sources = { .paths = (const char *const[]){ path },
					  .path_count = 1,
					  .expressions = &expression,
					  .expression_count = expression != NULL,
					  .flags = &flag,
					  .flag_count = depth != NULL };
	FILE *file = fopen(path, "w");
	struct config *config;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	config = config_load(&sources, stderr);
	assert_non_null(config);
	return config;
}

static uint64_t hash_of(const char *text)
{
	struct config *config = load(text, NULL, NULL);
	uint64_t hash = config->hash;

	config_free(config);
	return hash;
}

/* BASE with one text in place of another, which stands there once. */
static const char *base_with(const char *old, const char *new)
{
	static char text[4096];
	const char *at = strstr(BASE, old);

	assert_non_null(at);
	assert_null(strstr(at + 1, old));
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - (const char *)BASE), BASE, new,
		 at + strlen(old));
	return text;
}

static void what_means_the_same_has_the_same_hash(void **state)
{
	static const struct {
		const char *old, *new;
	} rows[] = {
		{ "patterns:\n", "# a comment\npatterns:   # and another\n" },
		{ "url: '/films/'", "url: \"/films/\"" },
		{ "url: '/films/'", "url: |-\n      /films/" },
		{ "    flags: s\n", "" },
		{ "name: books, pattern: '<h1>(.*?)</h1>'",
		  "pattern: '<h1>(.*?)</h1>', name: books" },
		{ "{rank: {group: 1, type: integer}", "{rank: {type: integer, group: 1}" },
		{ "crawl: {", "tests: [{body: x, pattern: books, count: 0}]\ncrawl: {" },
		{ "delay: 1s", "delay: 2s" },
		{ "delay: 1s", "concurrency: 7" },
		{ "delay: 1s", "sitemaps: true" },
		{ "delay: 1s", "max_rate: 1MB, tls_verify: no, retry_status: [403]" },
		{ "delay: 1s", "auth: {basic: 'a:b'}" },
		{ "delay: 1s", "login: {url: 'http://a/', fields: {u: a}, check: x}" },
		{ "workers: 2", "retry_status: [403], max_rate: 1MB" },
		{ "workers: 2", "workers: 3" },
		{ "workers: 2",
		  "timeout: 3s, delay: 1s, max_body: 1MB, window: 3, proxy: 'http://p:1'" },
		{ "workers: 2", "match_limit: 1000, pattern_time: 2s, max_pages: 5, retries: 0" },
		{ "workers: 2", "depth: 10, keep_pages: yes, robots: on" },
	};
	const uint64_t base = hash_of(BASE);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Where it was taken away it is put back elsewhere. */
		const char *text = base_with(rows[i].old, rows[i].new);
		char moved[4096];

		if (rows[i].new[0] == '\0') {
			snprintf(moved, sizeof(moved), "%.*s    flags: s\n%s",
				 (int)(strstr(text, "    key:") - text), text,
				 strstr(text, "    key:"));
			text = moved;
		}
		if (hash_of(text) != base)
			assert_string_equal(rows[i].new, "the same");
	}
}

enum half { REQUESTS = 1, PATTERNS = 2 };

static int halves_that_differ(uint64_t left, uint64_t right)
{
	return (left >> 32 != right >> 32 ? REQUESTS : 0) |
	       (config_hash_has_patterns(left, right) ? 0 : PATTERNS);
}

static void what_means_another_thing_has_another_hash_in_its_half(void **state)
{
	static const struct {
		const char *old, *new;
		enum half half;
	} rows[] = {
		{ "delay: 1s", "headers: {Accept-Language: de}", REQUESTS },
		{ "delay: 1s", "accept_status: [404]", REQUESTS },
		{ "workers: 2", "headers: {Accept-Language: de}", REQUESTS },
		{ "workers: 2", "accept_status: [404]", REQUESTS },
		{ "workers: 2", "accept: ['text/*']", REQUESTS },
		{ "name: books", "name: volumes", PATTERNS },
		{ "url: '/films/'", "url: '/films'", PATTERNS },
		{ "flags: s", "flags: si", PATTERNS },
		{ "    flags: s\n", "", PATTERNS },
		{ "<i>(.*?)</i>", "<i>(.*)</i>", PATTERNS },
		{ "{rank: {group: 1, type: integer}", "{rank: {group: 1, type: real}", PATTERNS },
		{ "{rank: {group: 1, type: integer}", "{rank: {group: 2, type: integer}",
		  PATTERNS },
		{ "[trim, {slice: '1:'}]", "[{slice: '1:'}, trim]", PATTERNS },
		{ "[trim, {slice: '1:'}]", "[trim, {slice: '2:'}]", PATTERNS },
		{ "key: [rank, title]", "key: [rank]", PATTERNS },
		{ "    flags: s\n", "    flags: s\n    within: x\n", PATTERNS },
		{ "    flags: s\n", "    flags: s\n    children: [{name: a, pattern: b}]\n",
		  PATTERNS },
		{ "link: '/films/', depth: 3", "link: '/film/', depth: 3", REQUESTS },
		{ "link: '/films/', depth: 3", "link: '/films/', depth: 4", REQUESTS },
		{ "  - {link: '/books/'}\n", "", REQUESTS },
		{ "gclid", "fbclid", REQUESTS },
		{ "robots: false", "robots: true", REQUESTS },
		{ "match: b.example", "match: c.example", REQUESTS },
		{ "me/1", "me/2", REQUESTS },
		{ "workers: 2", "depth: 2", REQUESTS },
		{ "workers: 2", "keep_pages: no", REQUESTS },
		{ "workers: 2", "robots: no", REQUESTS },
	};
	const uint64_t base = hash_of(BASE);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t hash = hash_of(base_with(rows[i].old, rows[i].new));

		if (halves_that_differ(hash, base) != (int)rows[i].half)
			assert_string_equal(rows[i].new, "another");
	}
}

/* Where patterns stand is nothing to them. */
static void each_pattern_has_a_hash_of_its_own(void **state)
{
	struct config *config = load(BASE, NULL, NULL);
	uint64_t films = config->patterns[0].hash, books = config->patterns[1].hash;
	uint64_t all = config->hash;

	(void)state;
	config_free(config);
	config = load(base_with("<h1>", "<h2>"), NULL, NULL);
	assert_true(config->patterns[0].hash == films);
	assert_true(config->patterns[1].hash != books);
	config_free(config);
	config = load(base_with("  - {name: books, pattern: '<h1>(.*?)</h1>'}\n", ""),
		      "books=<h1>(.*?)</h1>", NULL);
	assert_true(config->patterns[1].hash == books);
	assert_true(config->hash == all);
	config_free(config);
}

/* It is what the run does that counts. */
static void it_does_not_matter_where_a_setting_is_set(void **state)
{
	struct config *flag = load(BASE, NULL, "2");
	uint64_t file = hash_of(base_with("workers: 2", "depth: 2"));

	(void)state;
	assert_true(flag->hash == file);
	config_free(flag);
	setenv("CRAWL_DEPTH", "2", 1);
	assert_true(hash_of(BASE) == file);
	unsetenv("CRAWL_DEPTH");
}

/* A text cannot be taken for two, nor a list for a mapping, nor either for a text. */
static void what_is_built_in_another_way_has_another_hash(void **state)
{
	static const char *const texts[] = {
		"canonical: {drop_query: [ab, c]}\n",
		"canonical: {drop_query: [a, bc]}\n",
		"canonical: {drop_query: [abc]}\n",
		"canonical: {drop_query: [c, ab]}\n",
		"canonical: {drop_path: [ab, c]}\n",
		"canonical: {drop_query: []}\n",
		"canonical: {}\n",
		"follow: [{link: ab}]\n",
		"follow: [{from: ab}]\n",
		"follow: [{pattern: ab}]\n",
		"follow: [{from: a}, {link: b}]\n",
		"follow: [{from: a, link: b}]\n",
		"follow: [{from: b, link: a}]\n",
		"follow: [{link: b}, {from: a}]\n",
	};
	uint64_t hashes[sizeof(texts) / sizeof(texts[0])];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		hashes[i] = hash_of(texts[i]);
		for (size_t j = 0; j < i; j++)
			if (hashes[i] >> 32 == hashes[j] >> 32)
				assert_string_equal(texts[i], texts[j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_means_the_same_has_the_same_hash, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(
			what_means_another_thing_has_another_hash_in_its_half, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(each_pattern_has_a_hash_of_its_own, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(it_does_not_matter_where_a_setting_is_set,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_is_built_in_another_way_has_another_hash,
						make_folder, remove_folder),
	};

	return RUN_TESTS(tests);
}
