#include "tests/support/test.h"

#include "crawler/protocol/msg.h"

#define SLOT_BYTES 4096

static const struct msg_job job_sample = {
	.flags = MSG_JOB_KEEP,
	.depth = 4,
	.url = { "http://example.org/", 19 },
	.etag = { "\"abc\"", 5 },
};

static struct msg_page page_sample(void)
{
	struct msg_page page = {
		.outcome = OUTCOME_OK,
		.flags = MSG_PAGE_IS_TEXT,
		.status = 200,
		.charset_source = CHARSET_META,
		.size = 1000,
		.wire_size = 300,
		.text_size = 1100,
		.kept_size = 400,
		.links_size = 77,
		.hash = 0x123456789abcdef0,
		.limited_rules = (uint64_t)1 << 63 | 5,
		.started_ms = 123456789,
		.links_dropped = 3,
		.elapsed_ms = 12,
	};

	page.texts[MSG_TITLE] = SLICE("a title");
	page.texts[MSG_CONTENT_TYPE] = SLICE("text/html");
	return page;
}

static void a_job_comes_back_as_it_was(void **state)
{
	char wire[MSG_BYTES_MAX];
	struct msg_job job;

	(void)state;
	assert_int_equal(
		msg_job_decode(&job, (struct slice){ wire, msg_job_encode(&job_sample, wire) }), 0);
	assert_int_equal(job.flags, MSG_JOB_KEEP);
	assert_int_equal(job.depth, 4);
	assert_true(slice_equal(job.url, job_sample.url));
	assert_true(slice_equal(job.etag, job_sample.etag));
	assert_int_equal(job.last_modified.size, 0);
}

static void a_page_comes_back_as_it_was(void **state)
{
	char wire[MSG_BYTES_MAX];
	struct msg_page sample = page_sample(), page;
	size_t size = msg_page_encode(&sample, wire);

	(void)state;
	assert_int_equal(msg_page_decode(&page, (struct slice){ wire, size }, SLOT_BYTES), 0);
	assert_int_equal(page.outcome, OUTCOME_OK);
	assert_int_equal(page.status, 200);
	assert_int_equal(page.charset_source, CHARSET_META);
	assert_int_equal(page.size, 1000);
	assert_int_equal(page.wire_size, 300);
	assert_int_equal(page.text_size, 1100);
	assert_int_equal(page.kept_size, 400);
	assert_int_equal(page.links_size, 77);
	assert_true(page.hash == sample.hash);
	assert_true(page.limited_rules == sample.limited_rules);
	assert_int_equal(page.started_ms, 123456789);
	assert_int_equal(page.links_dropped, 3);
	for (int i = 0; i < MSG_PAGE_TEXTS; i++)
		assert_true(slice_equal(page.texts[i], sample.texts[i]));
}

static void every_truncated_job_is_refused(void **state)
{
	char wire[MSG_BYTES_MAX];
	size_t size = msg_job_encode(&job_sample, wire);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		struct msg_job job = { .flags = 99 };

		assert_int_equal(msg_job_decode(&job, (struct slice){ wire, cut }), -1);
		assert_int_equal(job.flags, 99);
	}
}

static void every_truncated_page_is_refused(void **state)
{
	char wire[MSG_BYTES_MAX];
	struct msg_page sample = page_sample();
	size_t size = msg_page_encode(&sample, wire);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		struct msg_page page = { .status = 99 };

		assert_int_equal(msg_page_decode(&page, (struct slice){ wire, cut }, SLOT_BYTES),
				 -1);
		assert_int_equal(page.status, 99);
	}
}

/* What a worker that was taken over could claim about its slot, and about itself. */
static void a_page_that_reaches_beyond_its_slot_is_refused(void **state)
{
	static const struct {
		uint64_t text_size, kept_size, links_size;
		int result;
	} rows[] = {
		{ SLOT_BYTES, 0, 0, 0 },
		{ SLOT_BYTES + 1, 0, 0, -1 },
		{ UINT64_MAX, 0, 0, -1 },
		{ 100, SLOT_BYTES - 100, 0, 0 },
		{ 100, SLOT_BYTES - 99, 0, -1 },
		{ 100, UINT64_MAX, 0, -1 },
		{ 100, UINT64_MAX - 99, 0, -1 },
		{ 100, 100, SLOT_BYTES - 200, 0 },
		{ 100, 100, SLOT_BYTES - 199, -1 },
		{ 0, 0, UINT64_MAX, -1 },
		{ 1, 1, UINT64_MAX - 1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wire[MSG_BYTES_MAX];
		struct msg_page sample = page_sample(), page;

		sample.text_size = rows[i].text_size;
		sample.kept_size = rows[i].kept_size;
		sample.links_size = rows[i].links_size;
		assert_int_equal(
			msg_page_decode(&page,
					(struct slice){ wire, msg_page_encode(&sample, wire) },
					SLOT_BYTES),
			rows[i].result);
	}
}

static void values_outside_their_enumerations_are_refused(void **state)
{
	struct msg_page samples[4];
	struct msg_page page;
	char wire[MSG_BYTES_MAX];

	(void)state;
	for (int i = 0; i < 4; i++)
		samples[i] = page_sample();
	samples[0].outcome = (enum outcome)OUTCOME_COUNT;
	samples[1].flags = 0x80;
	samples[2].status = 1000;
	samples[3].charset_source = (enum charset_source)(CHARSET_DEFAULT + 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			msg_page_decode(&page,
					(struct slice){ wire, msg_page_encode(&samples[i], wire) },
					SLOT_BYTES),
			-1);
}

static void random_bytes_are_decoded_or_refused_without_harm(void **state)
{
	char wire[256];
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t size = (seed >> 8) % sizeof(wire);
		struct msg_page page;
		struct msg_job job;

		for (size_t i = 0; i < size; i++) {
			seed = seed * 1103515245 + 12345;
			wire[i] = seed >> 16 & 1 ? 0 : (char)(seed >> 20);
		}
		if (msg_page_decode(&page, (struct slice){ wire, size }, SLOT_BYTES) == 0)
			assert_true(page.text_size <= SLOT_BYTES);
		if (msg_job_decode(&job, (struct slice){ wire, size }) == 0)
			assert_true(job.url.at + job.url.size <= wire + size);
		seed += (unsigned)round;
	}
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	static char wire[MSG_BYTES_MAX], longer[2 * MSG_URL_MAX];
	struct msg_page sample = page_sample(), page;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	for (int i = 0; i < MSG_PAGE_TEXTS; i++)
		sample.texts[i] = (struct slice){ longer, sizeof(longer) };
	assert_int_equal(msg_page_decode(&page,
					 (struct slice){ wire, msg_page_encode(&sample, wire) },
					 SLOT_BYTES),
			 0);
	assert_int_equal(page.texts[MSG_LOCATION].size, MSG_URL_MAX);
	assert_int_equal(page.texts[MSG_TITLE].size, MSG_TEXT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_comes_back_as_it_was),
		cmocka_unit_test(a_page_comes_back_as_it_was),
		cmocka_unit_test(every_truncated_job_is_refused),
		cmocka_unit_test(every_truncated_page_is_refused),
		cmocka_unit_test(a_page_that_reaches_beyond_its_slot_is_refused),
		cmocka_unit_test(values_outside_their_enumerations_are_refused),
		cmocka_unit_test(random_bytes_are_decoded_or_refused_without_harm),
		cmocka_unit_test(a_text_that_is_too_long_is_cut),
	};

	return RUN_TESTS(tests);
}
