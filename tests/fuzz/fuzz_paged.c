/*
 * A query or body, NUL, an answer: what asks for the next part is JSON if the body was, and else
 * brings the other side what the answer has.  Then the links of a worker, as the master reads them.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "crawler/links/outlinks.h"
#include "crawler/links/paged.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_read.h"
#include "parsers/pattern/selector_json.h"
#include "parsers/text/hex.h"
#include "parsers/text/utf8.h"

#define STEPS  100000
#define NAME   "a b"
#define PREFIX "a%20b="

static const struct config_member members[] = {
	{ .names = (const char *const[]){ NAME }, .name_count = 1, .path = "$.c" },
	{ .names = (const char *const[]){ "v", "\"" }, .name_count = 2, .path = "$.c" },
	{ .names = (const char *const[]){ "v", "x" },
	  .name_count = 2,
	  .value = "\x01\"",
	  .is_text = true },
};

static const struct config_follow query = { .source = SOURCE_QUERY,
					    .members = members,
					    .member_count = 1 };
static const struct config_follow post = { .source = SOURCE_POST,
					   .members = members,
					   .member_count = 3 };

/* The value of our parameter, and that it comes once, with no byte of it that has a meaning. */
static void check_query(struct slice text)
{
	unsigned count = 0;

	while (text.size > 0) {
		const char *end = memchr(text.at, '&', text.size);
		size_t size = end ? (size_t)(end - text.at) : text.size;

		if (size >= strlen(PREFIX) && memcmp(text.at, PREFIX, strlen(PREFIX)) == 0)
			count++;
		size += end != NULL;
		text = (struct slice){ text.at + size, text.size - size };
	}
	FUZZ_ASSERT(count == 1);
}

static enum paged_result ask(const struct config_follow *rule, const struct paged_request *request,
			     struct slice answer)
{
	struct paged *paged = paged_new(rule, STEPS);
	enum paged_result result;
	struct paged_next next;

	budget_begin(1000);
	result = paged_next(paged, request, answer, &next);
	if (result == PAGED_NEXT) {
		FUZZ_ASSERT(next.text.size <= PAGED_BYTES_MAX);
		if (rule == &query)
			check_query(next.text);
		else if (request->body.size == 0 || json_is_valid(request->body))
			FUZZ_ASSERT(json_is_valid(next.text));
	} else if (result == PAGED_ODD) {
		FUZZ_ASSERT(next.why);
	} else if (result == PAGED_BROKEN) {
		FUZZ_ASSERT(next.broken_at <= answer.size);
	}
	selector_json.forget();
	paged_free(paged);
	return result;
}

static void read_links(struct slice bytes)
{
	const char *end = bytes.at + bytes.size;
	struct outlink link;

	while (outlinks_next(&bytes, &link) > 0) {
		FUZZ_ASSERT(link.url.size > 0 && link.url.at + link.url.size <= end);
		if (link.verdict == FOLLOW_POST)
			FUZZ_ASSERT(outlink_body(&link).at + link.body_bytes == bytes.at);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = fuzz_input(data, size), own;
	char *copy = malloc(size + 1);

	read_links(input);
	utf8_copy(copy, input); /* as answers are */
	input.at = copy;
	own = fuzz_word(&input);
	ask(&query, &(struct paged_request){ .query = own }, input);
	ask(&post, &(struct paged_request){ .body = own }, input);
	free(copy);
	return 0;
}
