#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "crawler/links/paged.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/selector_json.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define STEPS           100000

#define MEMBER(...)                                    \
	.names = (const char *const[]){ __VA_ARGS__ }, \
	.name_count = sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)

/* What comes of an answer: the next query or body, "END", "LIMIT", "BROKEN 3" or "ODD text why". */
static const char *next_of(enum config_source source, const struct config_member members[],
			   size_t count, const struct paged_request *request, const char *answer)
{
	static char said[1000];
	const struct config_follow rule = { .source = source,
					    .members = members,
					    .member_count = count };
	struct paged *paged = paged_new(&rule, STEPS);
	struct paged_next next;

	budget_begin(1000);
	switch (paged_next(paged, request, slice_of(answer), &next)) {
	case PAGED_NEXT:
		snprintf(said, sizeof(said), "%.*s", (int)next.text.size, next.text.at);
		break;
	case PAGED_END:
		snprintf(said, sizeof(said), "END");
		break;
	case PAGED_ODD:
		snprintf(said, sizeof(said), "ODD %.*s %s", (int)next.text.size, next.text.at,
			 next.why);
		break;
	case PAGED_BROKEN:
		snprintf(said, sizeof(said), "BROKEN %zu", next.broken_at);
		break;
	case PAGED_LIMIT:
		snprintf(said, sizeof(said), "LIMIT");
		break;
	}
	paged_free(paged);
	selector_json.forget();
	return said;
}

/* ---- where a list ends ---- */

static void a_list_ends_where_a_path_finds_nothing(void **state)
{
	const struct config_member members[] = {
		{ MEMBER("cursor"), .path = "$.cursor" },
		{ MEMBER("shard"), .path = "$.shard" },
	};
	static const struct {
		const char *answer, *next;
	} rows[] = {
		{ "{\"cursor\": \"a\", \"shard\": 0}", "cursor=a&shard=0" },
		{ "{\"cursor\": \"a\", \"shard\": true}", "cursor=a&shard=true" },
		{ "{\"items\": [], \"cursor\": \"a\", \"shard\": 1}", "cursor=a&shard=1" },
		{ "{\"cursor\": \"a\", \"shard\": null}", "END" },
		{ "{\"cursor\": null, \"shard\": 1}", "END" },
		{ "{\"cursor\": \"\", \"shard\": 1}", "END" },
		{ "{\"cursor\": \"a\", \"shard\": false}", "END" },
		{ "{\"cursor\": \"a\"}", "END" },
		{ "{}", "END" },
		{ "[]", "END" },
		{ "", "END" },
		{ "<html>login</html>", "END" },
		{ "{\"cursor\": \"a\", \"shard\": 1", "BROKEN 26" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *next =
			next_of(SOURCE_QUERY, members, 2,
				&(struct paged_request){ .is_form = false }, rows[i].answer);

		if (strcmp(next, rows[i].next) != 0)
			fail_msg("%s: %s", rows[i].answer, next);
	}
}

/* An error or a login that comes with a 200 is no end of a list. */
static void an_answer_that_is_no_json_is_told_by_a_rule_that_says_whose_it_is(void **state)
{
	const struct config_member member = { MEMBER("cursor"), .path = "$.cursor" };
	static const struct {
		const char *from, *in, *answer;
		enum paged_result result;
	} rows[] = {
		{ "/api", NULL, "<html>Please log in</html>", PAGED_ODD },
		{ "/api", NULL, "rate limit exceeded", PAGED_ODD },
		{ "/api", NULL, "{\"error\": \"rate limit\"}", PAGED_END },
		{ "/api", NULL, "\"no more\"", PAGED_END },
		{ "/api", NULL, "[]", PAGED_END },
		{ "/api", NULL, "null", PAGED_END },
		{ "/api", NULL, " \n", PAGED_END },
		{ "/api", NULL, "<html><script type='application/ld+json'>{}</script>", PAGED_END },
		{ "/api", "STATE = (.*)", "<html>the last page</html>", PAGED_END },
		{ NULL, NULL, "<html>any page</html>", PAGED_END },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct config_follow rule = { .source = SOURCE_QUERY,
						    .from = rows[i].from,
						    .in = rows[i].in,
						    .members = &member,
						    .member_count = 1 };
		struct paged *paged = paged_new(&rule, STEPS);
		struct paged_next next;

		budget_begin(1000);
		if (paged_next(paged, &(struct paged_request){ .is_form = false },
			       slice_of(rows[i].answer), &next) != rows[i].result)
			fail_msg("%s", rows[i].answer);
		if (rows[i].result == PAGED_ODD)
			assert_string_equal(next.why, "the answer is no JSON");
		paged_free(paged);
		selector_json.forget();
	}
}

/* Relay's connections say it in a neighbour, and have a cursor all the same. */
static void a_filter_can_ask_whether_there_is_more(void **state)
{
	const struct config_member members[] = {
		{ MEMBER("after"), .path = "$.data.items[?@.hasNextPage == true].endCursor" },
	};
	static const struct {
		const char *answer, *next;
	} rows[] = {
		{ "{\"data\":{\"items\":{\"pageInfo\":{\"hasNextPage\":true,\"endCursor\":\"x\"}}}"
		  "}",
		  "{\"after\":\"x\"}" },
		{ "{\"data\":{\"items\":{\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":\"x\"}}}"
		  "}",
		  "END" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(next_of(SOURCE_POST, members, 1,
					    &(struct paged_request){ .is_form = false },
					    rows[i].answer),
				    rows[i].next);
}

/* ---- queries and forms ---- */

static void a_cursor_is_the_same_on_the_other_side_of_a_query(void **state)
{
	const struct config_member members[] = {
		{ MEMBER("the cursor"), .path = "$.c" },
		{ MEMBER("limit"), .value = "100" },
	};
	static const struct {
		const char *own, *answer, *next;
	} rows[] = {
		/* Opaque: whatever it is made of, and the space at its ends. */
		{ NULL, "{\"c\": \"+2/x==\"}", "the%20cursor=%2B2%2Fx%3D%3D&limit=100" },
		{ NULL, "{\"c\": \"page+2&cursor=%23#tail\"}",
		  "the%20cursor=page%2B2%26cursor%3D%2523%23tail&limit=100" },
		{ NULL, "{\"c\": \" a \"}", "the%20cursor=%20a%20&limit=100" },
		{ NULL, "{\"c\": \"PnM6Mg%3D%3D\"}", "the%20cursor=PnM6Mg%253D%253D&limit=100" },
		{ NULL, "{\"c\": \"\\u00e9\\u0000\\n\"}", "the%20cursor=%C3%A9%00%0A&limit=100" },
		{ NULL, "{\"c\": 90071992547409931}", "the%20cursor=90071992547409931&limit=100" },
		{ NULL, "{\"c\": 1.50e3}", "the%20cursor=1.50e3&limit=100" },

		/* What else was asked stays as it is, in its place; what comes twice comes once. */
		{ "q=a+b%20c&x", "{\"c\": 1}", "q=a+b%20c&x&the%20cursor=1&limit=100" },
		{ "q=a&q=b&c=0&c=1", "{\"c\": 1}", "q=a&q=b&c=0&c=1&the%20cursor=1&limit=100" },
		{ "limit=5&q=1", "{\"c\": 1}", "limit=100&q=1&the%20cursor=1" },
		{ "the+cursor=0&q=1", "{\"c\": 1}", "the%20cursor=1&q=1&limit=100" },
		{ "the%20curso%72=0&q=1&the+cursor=9", "{\"c\": 1}",
		  "the%20cursor=1&q=1&limit=100" },
		{ "the+cursors=0&the+curso=1&the+cursor", "{\"c\": 1}",
		  "the+cursors=0&the+curso=1&the%20cursor=1&limit=100" },
		{ "&&a=%zz&=&", "{\"c\": 1}", "a=%zz&=&the%20cursor=1&limit=100" },

		/* What no query has room for. */
		{ NULL, "{\"c\": [1]}", "ODD [1] cannot stand in a query or form" },
		{ NULL, "{\"c\": {\"a\": 1}}", "ODD {\"a\": 1} cannot stand in a query or form" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct slice own = rows[i].own ? slice_of(rows[i].own) : (struct slice){ 0 };
		const struct paged_request get = { .query = own };
		const struct paged_request form = { .is_form = true, .body = own };
		const char *next = next_of(SOURCE_QUERY, members, 2, &get, rows[i].answer);

		if (strcmp(next, rows[i].next) != 0)
			fail_msg("%s, %s: %s", rows[i].own, rows[i].answer, next);
		next = next_of(SOURCE_POST, members, 2, &form, rows[i].answer);
		if (strcmp(next, rows[i].next) != 0)
			fail_msg("form %s, %s: %s", rows[i].own, rows[i].answer, next);
	}
}

/* ---- bodies of JSON ---- */

static void members_of_a_body_are_set_and_the_others_stay(void **state)
{
	const struct config_member cursor[] = { { MEMBER("cursor"), .path = "$.next" } };
	const struct config_member deep[] = {
		{ MEMBER("variables", "after"), .path = "$.next" },
		{ MEMBER("variables", "page", "size"), .value = "50" },
		{ MEMBER("op\"\n"), .value = "a \"b\"\\\n", .is_text = true },
	};
	const struct {
		const struct config_member *members;
		size_t count;
		const char *own, *answer, *next;
	} rows[] = {
		/* The first part was a GET: a body of these alone. */
		{ cursor, 1, "", "{\"next\": \"a\"}", "{\"cursor\":\"a\"}" },
		{ deep, 3, "", "{\"next\": \"a\"}",
		  "{\"variables\":{\"after\":\"a\",\"page\":{\"size\":50}},"
		  "\"op\\\"\\u000a\":\"a \\\"b\\\"\\\\\\u000a\"}" },

		/* Values as they are: digits, arrays (search_after), objects (LastEvaluatedKey). */
		{ cursor, 1, "{}", "{\"next\": 9223372036854775807}",
		  "{\"cursor\":9223372036854775807}" },
		{ cursor, 1, "{}", "{\"next\": [1.0, \"doc_1\"]}",
		  "{\"cursor\":[1.0, \"doc_1\"]}" },
		{ cursor, 1, "{}", "{\"next\": {\"id\": {\"S\": \"7\"}}}",
		  "{\"cursor\":{\"id\": {\"S\": \"7\"}}}" },
		{ cursor, 1, "{}", "{\"next\": \"\\u00e9\\/\\\"\"}",
		  "{\"cursor\":\"\\u00e9\\/\\\"\"}" },
		{ cursor, 1, "{}", "{\"next\": 0}", "{\"cursor\":0}" },

		/* In the place of what was there, at any depth; the rest byte for byte. */
		{ cursor, 1, "{\"q\": {\"cursor\": 1}, \"cursor\": null, \"n\": 1e400}",
		  "{\"next\": 2}", "{\"q\":{\"cursor\": 1},\"cursor\":2,\"n\":1e400}" },
		{ cursor, 1, "{\"cur\\u0073or\": 1}", "{\"next\": 2}", "{\"cur\\u0073or\":2}" },
		{ cursor, 1, "{\"cursor\": 1, \"cursor\": 2}", "{\"next\": 3}", "{\"cursor\":3}" },
		{ deep, 3, "{\"query\": \"{a}\", \"variables\": {\"n\": 1, \"after\": null}}",
		  "{\"next\": \"a\"}",
		  "{\"query\":\"{a}\",\"variables\":{\"n\":1,\"after\":\"a\",\"page\":{\"size\":50}"
		  "},"
		  "\"op\\\"\\u000a\":\"a \\\"b\\\"\\\\\\u000a\"}" },
		{ deep, 2, "{\"variables\": null}", "{\"next\": \"a\"}",
		  "{\"variables\":{\"after\":\"a\",\"page\":{\"size\":50}}}" },

		/* What is asked cannot be asked again with a member set. */
		{ cursor, 1, "[1]", "{\"next\": 1}",
		  "ODD  the request's own body is no JSON object" },
		{ cursor, 1, "secret", "{\"next\": 1}",
		  "ODD  the request's own body is no JSON object" },
		{ cursor, 1, "{\"a\": ", "{\"next\": 1}",
		  "ODD  the request's own body is no JSON object" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct paged_request request = { .body = slice_of(rows[i].own) };
		const char *next = next_of(SOURCE_POST, rows[i].members, rows[i].count, &request,
					   rows[i].answer);

		if (strcmp(next, rows[i].next) != 0)
			fail_msg("row %zu: %s", i, next);
	}
}

static void a_form_has_no_members_in_members(void **state)
{
	const struct config_member members[] = { { MEMBER("a", "b"), .path = "$.next" } };
	const struct paged_request request = { .is_form = true, .body = SLICE("a=1") };

	(void)state;
	assert_string_equal(next_of(SOURCE_POST, members, 1, &request, "{\"next\": 2}"),
			    "ODD 2 cannot stand in a query or form");
}

/* ---- bounds ---- */

static void what_is_too_large_is_not_asked(void **state)
{
	const struct config_member members[] = { { MEMBER("c"), .path = "$.c" } };
	static char answer[PAGED_BYTES_MAX + 100];
	static const struct {
		size_t bytes; /* of the cursor */
		bool is_asked;
	} rows[] = {
		{ PAGED_BYTES_MAX - 8, true }, /* {"c":"..."} */
		{ PAGED_BYTES_MAX - 7, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *next;

		strcpy(answer, "{\"c\":\"");
		memset(answer + 6, 'x', rows[i].bytes);
		strcpy(answer + 6 + rows[i].bytes, "\"}");
		next = next_of(SOURCE_POST, members, 1, &(struct paged_request){ .body = { 0 } },
			       answer);
		if (rows[i].is_asked)
			assert_memory_equal(next, answer, 900);
		else
			assert_string_equal(next, "ODD  the next request would be larger than 64 "
						  "KiB");
	}
}

static void paths_have_limits(void **state)
{
	const struct config_member members[] = { { MEMBER("c"), .path = "$..*..*..*..x" } };
	static char answer[2000];

	(void)state;
	memset(answer, '[', 900);
	memset(answer + 900, ']', 900);
	assert_string_equal(
		next_of(SOURCE_POST, members, 1, &(struct paged_request){ .body = { 0 } }, answer),
		"LIMIT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_ends_where_a_path_finds_nothing),
		cmocka_unit_test(an_answer_that_is_no_json_is_told_by_a_rule_that_says_whose_it_is),
		cmocka_unit_test(a_filter_can_ask_whether_there_is_more),
		cmocka_unit_test(a_cursor_is_the_same_on_the_other_side_of_a_query),
		cmocka_unit_test(members_of_a_body_are_set_and_the_others_stay),
		cmocka_unit_test(a_form_has_no_members_in_members),
		cmocka_unit_test(what_is_too_large_is_not_asked),
		cmocka_unit_test(paths_have_limits),
	};

	return RUN_TESTS(tests);
}
