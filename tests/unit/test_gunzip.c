/* gunzip: what a body is does not depend on where its bytes are cut as they arrive. */
#include "tests/support/test.h"

#include "parsers/text/gunzip.h"

#define ROOM 256

/* gzip of "one", without a name and a time. */
#define HEAD "\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03"
#define ONE  HEAD "\xCB\xCF\x4B\x05\x00\xF1\x86\x6C\x7A\x03\x00\x00\x00"

/* What came of a body. */
struct outcome {
	enum gunzip_result result;
	bool is_whole;
	char out[ROOM];
	size_t size;
};

/* Decode body in three pieces; each is in memory of its own. */
static struct outcome decode(struct slice body, size_t first, size_t second)
{
	size_t ends[] = { first, second, body.size }, at = 0;
	struct outcome outcome = { .result = GUNZIP_FINE };
	struct gunzip gunzip = { 0 };

	assert_true(gunzip_begin(&gunzip, GUNZIP_GZIP));
	for (size_t i = 0; i < 3 && outcome.result == GUNZIP_FINE; at = ends[i++]) {
		struct slice piece = { malloc(ends[i] - at + 1), ends[i] - at }, rest = piece;

		memcpy((char *)piece.at, body.at + at, piece.size);
		outcome.result = gunzip_write(&gunzip, &rest, outcome.out, ROOM, &outcome.size);
		if (outcome.result == GUNZIP_FINE)
			assert_int_equal(rest.size, 0);
		free((char *)piece.at);
	}
	outcome.is_whole = gunzip_is_whole(&gunzip);
	gunzip_end(&gunzip);
	return outcome;
}

static void a_body_is_the_same_wherever_it_is_cut(void **state)
{
	const struct {
		struct slice body;
		const char *text;
		enum gunzip_result result;
		bool is_whole;
	} rows[] = {
		{ SLICE(ONE), "one", GUNZIP_FINE, true },
		{ SLICE(ONE ONE), "oneone", GUNZIP_FINE, true },
		{ SLICE(ONE ONE ONE "junk"), "oneoneone", GUNZIP_FINE, true },
		/* what begins no member is ignored, and so is what follows it */
		{ SLICE(ONE "\0\0\0"), "one", GUNZIP_FINE, true },
		{ SLICE(ONE "\x1F"), "one", GUNZIP_FINE, true },
		{ SLICE(ONE "\x1F\x1F"), "one", GUNZIP_FINE, true },
		{ SLICE(ONE "\x1F\x1F\x8B"), "one", GUNZIP_FINE, true },
		{ SLICE(ONE "\x1F.\x1F\x8B"), "one", GUNZIP_FINE, true },
		{ SLICE(ONE "." ONE), "one", GUNZIP_FINE, true },
		{ SLICE(ONE ONE "\x1F" ONE), "oneone", GUNZIP_FINE, true },
		/* two bytes say that there is another, which is then not all there, or broken */
		{ SLICE(ONE "\x1F\x8B"), "one", GUNZIP_FINE, false },
		{ SLICE(ONE HEAD), "one", GUNZIP_FINE, false },
		{ SLICE(ONE "\x1F\x8B.."), "one", GUNZIP_BROKEN, false },
		{ SLICE("\x1F"), "", GUNZIP_FINE, false },
		{ SLICE("\x1F."), "", GUNZIP_BROKEN, false },
		{ SLICE(""), "", GUNZIP_FINE, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t second = 0; second <= rows[i].body.size; second++) {
			for (size_t first = 0; first <= second; first++) {
				struct outcome got = decode(rows[i].body, first, second);

				if (got.result != rows[i].result ||
				    got.is_whole != rows[i].is_whole ||
				    !slice_equal((struct slice){ got.out, got.size },
						 slice_of(rows[i].text)))
					fail_msg("row %zu, cut at %zu and %zu: %d, %s, '%.*s'", i,
						 first, second, got.result,
						 got.is_whole ? "whole" : "not whole",
						 (int)got.size, got.out);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_the_same_wherever_it_is_cut),
	};

	return RUN_TESTS(tests);
}
