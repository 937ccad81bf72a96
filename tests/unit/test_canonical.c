#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/config/canonical.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GLOBS_MAX    4

typedef int (*dropper)(struct canonical *canonical, struct slice glob,
		       struct canonical_error *error);

static struct canonical *dropping_by(dropper drop, const char *const globs[])
{
	struct canonical *canonical = canonical_new();
	struct canonical_error error;

	for (; *globs; globs++)
		assert_int_equal(drop(canonical, slice_of(*globs), &error), 0);
	return canonical;
}

static struct canonical *dropping(const char *const globs[])
{
	return dropping_by(canonical_drop_query, globs);
}

/* Is it still a URL that url.h would have made, with its parts where it says? */
static void assert_sound(const struct url *url)
{
	struct url again;

	assert_int_equal(url_parse(&again, url_slice(url)), URL_OK);
	assert_true(slice_equal(url_slice(&again), url_slice(url)));
	assert_int_equal(url->text[url->size], '\0');
	assert_int_equal(url->query, again.query);
	assert_int_equal(url->path, again.path);
}

static const char *applied(const struct canonical *canonical, const char *text)
{
	static struct url url, twice;

	assert_int_equal(url_parse(&url, slice_of(text)), URL_OK);
	canonical_apply(canonical, &url);
	assert_sound(&url);
	url_copy(&twice, &url);
	canonical_apply(canonical, &twice);
	assert_string_equal(twice.text, url.text);
	return url.text;
}

/* ---- what is dropped ---- */

static void parameters_whose_names_match_are_dropped(void **state)
{
	static const struct {
		const char *globs[GLOBS_MAX];
		const char *url, *left;
	} rows[] = {
		/* where it stands */
		{ { "utm_*", "gclid" }, "http://h/a?utm_source=x", "http://h/a" },
		{ { "utm_*", "gclid" }, "http://h/a?utm_source=x&b=1", "http://h/a?b=1" },
		{ { "utm_*", "gclid" }, "http://h/a?b=1&utm_source=x", "http://h/a?b=1" },
		{ { "utm_*", "gclid" }, "http://h/a?b&utm_x=1&c&gclid&d", "http://h/a?b&c&d" },
		{ { "utm_*", "gclid" }, "http://h/a?utm_x&gclid=1&utm_y", "http://h/a" },
		{ { "utm_*", "gclid" }, "http://h?gclid", "http://h/" },
		/* only names count, up to the first "=" */
		{ { "b" }, "http://h/?a=b&c=b=b", "http://h/?a=b&c=b=b" },
		{ { "b" }, "http://h/?b=a=c&bb&a", "http://h/?bb&a" },
		{ { "b" }, "http://h/b?a/b", "http://h/b?a/b" },
		{ { "b" }, "http://h/?a;b&B&a", "http://h/?a;b&B&a" },
		/* globs */
		{ { "fb*id" },
		  "http://h/?fbclid&fbid&fb_ids&xfbid&fb=id",
		  "http://h/?fb_ids&xfbid&fb=id" },
		{ { "*_id" }, "http://h/?a_id&_id=&id&_ids", "http://h/?id&_ids" },
		{ { "a?" }, "http://h/?a&ab&abc&a?", "http://h/?a&abc" },
		{ { "?b" }, "http://h/?ab&b&bb=1", "http://h/?b" },
		{ { "*a*b*" }, "http://h/?xaybz&ab&ba&a=b", "http://h/?ba&a=b" },
		{ { "*" }, "http://h/?a=1&b&&=c", "http://h/" },
		{ { "b", "a", "a*" }, "http://h/?a&b&ab&c", "http://h/?c" },
		/* parameters without a name */
		{ { "a" }, "http://h/?&a&&b", "http://h/?&&b" },
		{ { "a" }, "http://h/?&a", "http://h/" },
		{ { "a" }, "http://h/?a&=1", "http://h/?=1" },
		{ { "a*" }, "http://h/?=a&a", "http://h/?=a" },
		/* as it stands in the URL, however the glob is written */
		{ { "größe" }, "http://h/?gr%C3%B6%c3%9fe=1&größe&b", "http://h/?b" },
		{ { "gr%c3%b6*" }, "http://h/?größe=1&gro", "http://h/?gro" },
		{ { "%67clid" }, "http://h/?gclid&g%63lid&b", "http://h/?b" },
		{ { "a%5Bid%5d" }, "http://h/?a[id]&a%5bid%5D&b", "http://h/?a[id]&b" },
		{ { "a+b", "c%20d" }, "http://h/?a+b&a%20b&c+d&c d", "http://h/?a%20b&c+d" },
		{ { "a%26b" }, "http://h/?a%26b=1&a&b", "http://h/?a&b" },
		/* no escape comes of what moves together */
		{ { "x" }, "http://h/?%&x&41", "http://h/?%&41" },
		{ { "x" }, "http://h/a%?x&41", "http://h/a%?41" },
		/* no set, and an empty one */
		{ { NULL }, "http://h/?a&b", "http://h/?a&b" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct canonical *canonical = dropping(rows[i].globs);
		const char *left = applied(canonical, rows[i].url);

		if (strcmp(left, rows[i].left) != 0)
			fail_msg("%s: %s", rows[i].url, left);
		canonical_free(canonical);
	}
	assert_string_equal(applied(NULL, "http://h/?a&b"), "http://h/?a&b");
	canonical_free(NULL);
}

static void parameters_of_the_path_whose_names_match_are_dropped(void **state)
{
	static const struct {
		const char *globs[GLOBS_MAX];
		const char *url, *left;
	} rows[] = {
		/* where it stands */
		{ { "sid" }, "http://h/a;sid=1", "http://h/a" },
		{ { "sid" }, "http://h/a;sid=1?x=1", "http://h/a?x=1" },
		{ { "sid" }, "http://h/a;sid=1/b", "http://h/a/b" },
		{ { "sid" }, "http://h/a;sid=1/", "http://h/a/" },
		{ { "sid" }, "http://h/;sid=1", "http://h/" },
		{ { "sid" }, "http://h/;sid=1/a", "http://h//a" },
		{ { "sid" }, "http://h/a;sid=1/b;sid=2/c;sid=3", "http://h/a/b/c" },
		{ { "sid" }, "http://h/a;sid=1;sid=2", "http://h/a" },
		{ { "sid" }, "http://h/p;sid=9;v=2", "http://h/p;v=2" },
		{ { "sid" }, "http://h/p;v=2;sid=9", "http://h/p;v=2" },
		{ { "sid" }, "http://h/p;a;sid=9;b/c;sid;d", "http://h/p;a;b/c;d" },
		{ { "jsessionid" },
		  "http://h/a;v=2/b;jsessionid=1F2E?x=1",
		  "http://h/a;v=2/b?x=1" },
		/* whatever its value is: none, empty, with dots, "=", "," and escapes */
		{ { "sid" }, "http://h/a;sid", "http://h/a" },
		{ { "sid" }, "http://h/a;sid=", "http://h/a" },
		{ { "sid" }, "http://h/a;sid=;v=", "http://h/a;v=" },
		{ { "sid" }, "http://h/a;sid=E460.tpdila09v_2?p=v", "http://h/a?p=v" },
		{ { "sid" }, "http://h/a;sid=1!2-3==,%2F%3B:@/b", "http://h/a/b" },
		/* only names count, up to the first "=" */
		{ { "b" }, "http://h/b;a=b;c=b=b", "http://h/b;a=b;c=b=b" },
		{ { "b" }, "http://h/b/b=1;b=a=c;bb;a", "http://h/b/b=1;bb;a" },
		{ { "b" }, "http://h/a,b=1;c,b=1", "http://h/a,b=1;c,b=1" },
		{ { "b" }, "http://h/a;B=1;b=1", "http://h/a;B=1" },
		/* only those of the path, and ";" alone separates */
		{ { "b" }, "http://h/a?x;b=1&b=1", "http://h/a?x;b=1&b=1" },
		{ { "b" }, "http://h/a;b=1?/c;b=1", "http://h/a?/c;b=1" },
		{ { "b" }, "http://h?;b", "http://h/?;b" },
		{ { "b" }, "http://h/a%3Bb=1", "http://h/a%3Bb=1" },
		{ { "b" }, "http://h/a%3bb=1;b=2%3Bc", "http://h/a%3Bb=1" },
		{ { "b" }, "http://h/a&b=1;c&b=1", "http://h/a&b=1;c&b=1" },
		/* globs */
		{ { "fb*id" }, "http://h/a;fbclid;fbid=1;fb_ids;xfbid", "http://h/a;fb_ids;xfbid" },
		{ { "*_id" }, "http://h/a;a_id;_id=;id;_ids", "http://h/a;id;_ids" },
		{ { "a?" }, "http://h/a;a;ab;abc;a%C3", "http://h/a;a;abc;a%C3" },
		{ { "?b?" }, "http://h/a;abc;b;ab;xbx=1", "http://h/a;b;ab" },
		{ { "*" }, "http://h/a;b=1;;=c/d;", "http://h/a/d" },
		{ { "b", "a", "a*" }, "http://h/x;a;b;ab;c", "http://h/x;c" },
		/* parameters without a name */
		{ { "a" }, "http://h/x;;a;;b", "http://h/x;;;b" },
		{ { "a" }, "http://h/x;=a;a", "http://h/x;=a" },
		/* as it stands in the URL, however the glob is written */
		{ { "größe" }, "http://h/a;gr%C3%B6%c3%9fe=1;größe;b", "http://h/a;b" },
		{ { "%73id" }, "http://h/a;sid;s%69d;b", "http://h/a;b" },
		{ { "a%20b", "c+d" }, "http://h/x;a b;a+b;c+d;c%20d", "http://h/x;a+b;c%20d" },
		{ { "a%3bb", "c%3Dd" }, "http://h/x;a%3Bb=1;a;b;c%3dd;c=d", "http://h/x;a;b;c=d" },
		{ { "{a}" }, "http://h/x;{a}=1;%7Ba%7d;b", "http://h/x;b" },
		/* no escape and no step comes of what moves together */
		{ { "x" }, "http://h/%;x/41", "http://h/%/41" },
		{ { "x" }, "http://h/a%;x;41", "http://h/a%;41" },
		{ { "x" }, "http://h/a/..;x=1/b", "http://h/a/..;x=1/b" },
		{ { "x" }, "http://h/a/.;x=1", "http://h/a/.;x=1" },
		{ { "x" }, "http://h/a/..;x=1;v/b", "http://h/a/..;v/b" },
		{ { "x" }, "http://h/a/..;x=1;x=2/b", "http://h/a/..;x=2/b" },
		{ { "x" }, "http://h/a/%2E%2e;x=1", "http://h/a/..;x=1" },
		{ { "x" }, "http://h/a/...;x=1/..;x/a..;x", "http://h/a/.../..;x/a.." },
		/* no set, and an empty one */
		{ { NULL }, "http://h/a;b", "http://h/a;b" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct canonical *canonical = dropping_by(canonical_drop_path, rows[i].globs);
		const char *left = applied(canonical, rows[i].url);

		if (strcmp(left, rows[i].left) != 0)
			fail_msg("%s: %s", rows[i].url, left);
		canonical_free(canonical);
	}
	assert_string_equal(applied(NULL, "http://h/a;b"), "http://h/a;b");
}

/* Each by its own names. */
static void path_and_query_are_dropped_together(void **state)
{
	struct canonical *canonical = dropping((const char *[]){ "q", NULL });
	struct canonical_error error;

	(void)state;
	assert_int_equal(canonical_drop_path(canonical, SLICE("p"), &error), 0);
	assert_string_equal(applied(canonical, "http://h/a;p=1;q=1/b;p?q=1&p=1&r"),
			    "http://h/a;q=1/b?p=1&r");
	assert_string_equal(applied(canonical, "http://h/a;p?q"), "http://h/a");
	assert_string_equal(applied(canonical, "http://h/a;p?"), "http://h/a?");
	canonical_free(canonical);
}

static void a_url_that_nothing_matches_stays_what_it_was(void **state)
{
	static const char *const urls[] = {
		"http://h/",     "http://h/?",      "http://h/?&",     "http://h/?&&",
		"http://h/?=",   "http://h/?a&",    "http://h/?&a",    "http://h/?a&&b",
		"http://h/?%",   "http://h/?b=x&c", "http://h/?x%26x", "http://h/?=x&=x",
		"http://h/x?xx", "http://x/x",      "http://h/?X",     "http://h/?a?x",
	};
	struct canonical *canonical = dropping((const char *[]){ "x", "y*", "*z?", NULL });

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++)
		assert_string_equal(applied(canonical, urls[i]), urls[i]);
	canonical_free(canonical);
}

/* An empty query has no parameters, whatever matches the empty name. */
static void an_empty_query_is_kept(void **state)
{
	struct canonical *canonical = dropping((const char *[]){ "*", NULL });

	(void)state;
	assert_string_equal(applied(canonical, "http://h/?"), "http://h/?");
	assert_string_equal(applied(canonical, "http://h/"), "http://h/");
	canonical_free(canonical);
}

/* The longest URL there is, whose query ends where the text ends. */
static void the_longest_url_is_cut_within_its_bounds(void **state)
{
	static const char *const tails[] = { "", "&b", "&utm_x", "&utm_x=1&b" };
	struct canonical *canonical = dropping((const char *[]){ "utm_*", NULL });
	char text[URL_BYTES_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(tails); i++) {
		size_t size = strlen(tails[i]);

		memset(text, 'a', URL_BYTES_MAX);
		memcpy(text, "http://h/?", 10);
		memcpy(text + URL_BYTES_MAX - size, tails[i], size);
		text[URL_BYTES_MAX] = '\0';
		size = strlen(applied(canonical, text));
		assert_int_equal(size, URL_BYTES_MAX - (i < 2 ? 0 : i == 2 ? 6 : 8));
	}
	canonical_free(canonical);
}

/* Every query of five bytes of these: against one made by cutting it at each "&". */
static void every_short_query_is_cut_as_its_parameters_say(void **state)
{
	static const char bytes[] = "xa=&";
	struct canonical *canonical = dropping((const char *[]){ "x", NULL });

	(void)state;
	for (unsigned number = 0; number < 4 * 4 * 4 * 4 * 4; number++) {
		char url[32] = "http://h/?", expected[32] = "http://h/?", *query = url + 10;
		size_t size = 10, kept = 0;

		for (unsigned i = 0; i < 5; i++)
			query[i] = bytes[number >> 2 * i & 3];
		for (char *at = query, *stop; at <= query + 5; at = stop + 1) {
			stop = strchrnul(at, '&');
			if (at[0] == 'x' && (stop == at + 1 || at[1] == '='))
				continue;
			size += (size_t)sprintf(expected + size, "%s%.*s", kept++ ? "&" : "",
						(int)(stop - at), at);
		}
		expected[size > 10 ? size : 9] = '\0';
		assert_string_equal(applied(canonical, url), expected);
	}
	canonical_free(canonical);
}

/* Every path of seven bytes of these: applied() looks whether it is canonical still, and settled.
 */
static void every_short_path_stays_canonical(void **state)
{
	static const char bytes[] = ";x./=";
	struct canonical *canonical =
		dropping_by(canonical_drop_path, (const char *[]){ "x", NULL });

	(void)state;
	for (unsigned number = 0; number < 5 * 5 * 5 * 5 * 5 * 5 * 5; number++) {
		char url[32] = "http://h/";
		unsigned rest = number;

		for (unsigned i = 0; i < 7; i++, rest /= 5)
			url[9 + i] = bytes[rest % 5];
		applied(canonical, url);
	}
	canonical_free(canonical);
}

/* ---- what is refused ---- */

static void what_no_name_can_match_is_refused(void **state)
{
	static const struct {
		const char *glob;
		size_t offset;
		const char *holds;
	} rows[] = {
		{ "", 0, "wanted" }, { "a=b", 1, "without '='" }, { "a&", 1, "without '='" },
		{ "=", 0, "'='" },   { "ab#", 2, "'#'" },         { " a", 0, "white space" },
		{ "a b", 1, "%20" }, { "a\t", 1, "white space" }, { "a\n", 1, "white space" },
	};
	struct canonical *canonical = canonical_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct canonical_error error;

		assert_int_equal(canonical_drop_query(canonical, slice_of(rows[i].glob), &error),
				 -1);
		assert_int_equal(error.offset, rows[i].offset);
		assert_non_null(strstr(error.message, rows[i].holds));
	}
	assert_string_equal(applied(canonical, "http://h/?a&b"), "http://h/?a&b");
	canonical_free(canonical);
}

static void what_no_name_of_a_path_can_match_is_refused(void **state)
{
	static const struct {
		const char *glob;
		size_t offset;
		const char *holds;
	} rows[] = {
		{ "", 0, "wanted" },        { "a=b", 1, "without ';' and '='" },
		{ ";a", 0, "without ';'" }, { "ab#", 2, "'#'" },
		{ "a/b", 1, "'/'" },        { "a\\b", 1, "'/'" },
		{ "a b", 1, "%20" },        { "a\n", 1, "white space" },
	};
	struct canonical *canonical = canonical_new();
	struct canonical_error error;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(canonical_drop_path(canonical, slice_of(rows[i].glob), &error),
				 -1);
		assert_int_equal(error.offset, rows[i].offset);
		assert_non_null(strstr(error.message, rows[i].holds));
	}
	assert_string_equal(applied(canonical, "http://h/x;a;b"), "http://h/x;a;b");
	canonical_free(canonical);
}

/* Also where the "?" of a glob is what is too much. */
static void a_name_of_a_path_has_a_greatest_length(void **state)
{
	char glob[CANONICAL_NAME_BYTES_MAX + 2];
	struct canonical *canonical = canonical_new();
	struct canonical_error error;

	(void)state;
	for (int question = 0; question < 2; question++) {
		memset(glob, question ? '?' : 'a', sizeof(glob) - 1);
		glob[CANONICAL_NAME_BYTES_MAX + 1] = '\0';
		assert_int_equal(canonical_drop_path(canonical, slice_of(glob), &error), -1);
		assert_non_null(strstr(error.message, "128 bytes"));
		glob[CANONICAL_NAME_BYTES_MAX] = '\0';
		assert_int_equal(canonical_drop_path(canonical, slice_of(glob), &error), 0);
	}
	assert_int_equal(canonical_drop_path(canonical, SLICE("?öööööööööööööööööööööö"), &error),
			 -1);
	canonical_free(canonical);
}

/* In bytes, as they stand in a URL. */
static void a_name_has_a_greatest_length(void **state)
{
	static const struct {
		const char *piece;
		size_t count;
		int result;
	} rows[] = {
		{ "a", CANONICAL_NAME_BYTES_MAX, 0 },
		{ "a", CANONICAL_NAME_BYTES_MAX + 1, -1 },
		{ "a", 10000, -1 },
		{ "ö", CANONICAL_NAME_BYTES_MAX / 6, 0 },
		{ "ö", CANONICAL_NAME_BYTES_MAX / 6 + 1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct canonical *canonical = canonical_new();
		char glob[10001] = "", url[10100];
		struct canonical_error error = { 0 };

		for (size_t j = 0; j < rows[i].count; j++)
			strcat(glob, rows[i].piece);
		assert_int_equal(canonical_drop_query(canonical, slice_of(glob), &error),
				 rows[i].result);
		if (rows[i].result == 0) {
			snprintf(url, sizeof(url), "http://h/?%s=1&b", glob);
			assert_string_equal(applied(canonical, url), "http://h/?b");
		} else {
			assert_non_null(strstr(error.message, "128 bytes"));
		}
		canonical_free(canonical);
	}
}

static void a_set_has_a_greatest_number_of_names_and_the_last_counts(void **state)
{
	struct canonical *canonical = canonical_new();
	struct canonical_error error;
	char name[20];

	(void)state;
	for (int i = 0; i < CANONICAL_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(canonical_drop_query(canonical, slice_of(name), &error),
					 0);
	}
	assert_int_equal(canonical_drop_query(canonical, SLICE("more"), &error), -1);
	assert_non_null(strstr(error.message, "64 at most"));
	assert_int_equal(canonical_drop_query(canonical, SLICE("n%61me7"), &error), 0);
	assert_string_equal(applied(canonical, "http://h/?name63&more&name0&name64"),
			    "http://h/?more&name64");
	canonical_free(canonical);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_whose_names_match_are_dropped),
		cmocka_unit_test(parameters_of_the_path_whose_names_match_are_dropped),
		cmocka_unit_test(path_and_query_are_dropped_together),
		cmocka_unit_test(a_url_that_nothing_matches_stays_what_it_was),
		cmocka_unit_test(an_empty_query_is_kept),
		cmocka_unit_test(the_longest_url_is_cut_within_its_bounds),
		cmocka_unit_test(every_short_query_is_cut_as_its_parameters_say),
		cmocka_unit_test(every_short_path_stays_canonical),
		cmocka_unit_test(what_no_name_can_match_is_refused),
		cmocka_unit_test(what_no_name_of_a_path_can_match_is_refused),
		cmocka_unit_test(a_name_of_a_path_has_a_greatest_length),
		cmocka_unit_test(a_name_has_a_greatest_length),
		cmocka_unit_test(a_set_has_a_greatest_number_of_names_and_the_last_counts),
	};

	return RUN_TESTS(tests);
}
