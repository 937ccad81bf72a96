#include "tests/support/test.h"

#include "crawler/protocol/msg.h"

#define SLOT_BYTES 4096

static const struct msg_job job_sample = {
	.kind = MSG_KIND_PAGE,
	.flags = MSG_JOB_KEEP,
	.depth = 4,
	.not_after_ms = (int64_t)1 << 40,
	.url = { "http://example.org/", 19 },
	.etag = { "\"abc\"", 5 },
};

static struct msg_page page_sample(void)
{
	struct msg_page page = {
		.kind = MSG_KIND_PAGE,
		.outcome = OUTCOME_OK,
		.flags = MSG_PAGE_IS_TEXT,
		.status = 200,
		.charset_source = CHARSET_META,
		.size = 1000,
		.wire_size = 300,
		.parts = { 1100, 400, 77 },
		.hash = 0x123456789abcdef0,
		.limited_rules = (uint64_t)1 << 63 | 5,
		.odd_rules = (uint64_t)1 << 62 | 6,
		.started_ms = 123456789,
		.links_dropped = 3,
		.elapsed_us = 12,
	};

	page.texts[MSG_TITLE] = SLICE("a title");
	page.texts[MSG_CONTENT_TYPE] = SLICE("text/html");
	return page;
}

static int decoded_job(struct msg_job *job, const struct msg_job *sample)
{
	static char wire[MSG_BYTES_MAX];

	return msg_job_decode(job, (struct slice){ wire, msg_job_encode(sample, wire) });
}

static int decoded_page(struct msg_page *page, const struct msg_page *sample)
{
	static char wire[MSG_BYTES_MAX];

	return msg_page_decode(page, sample->kind,
			       (struct slice){ wire, msg_page_encode(sample, wire) }, SLOT_BYTES);
}

/* ---- there and back ---- */

static void a_job_comes_back_as_it_was(void **state)
{
	struct msg_job job;

	(void)state;
	assert_int_equal(decoded_job(&job, &job_sample), 0);
	assert_int_equal(job.kind, MSG_KIND_PAGE);
	assert_int_equal(job.flags, MSG_JOB_KEEP);
	assert_int_equal(job.depth, 4);
	assert_true(job.not_after_ms == (int64_t)1 << 40);
	assert_true(slice_equal(job.url, job_sample.url));
	assert_true(slice_equal(job.etag, job_sample.etag));
	assert_int_equal(job.last_modified.size, 0);
}

static void a_page_comes_back_as_it_was(void **state)
{
	struct msg_page sample = page_sample(), page;

	(void)state;
	assert_int_equal(decoded_page(&page, &sample), 0);
	assert_int_equal(page.kind, MSG_KIND_PAGE);
	assert_int_equal(page.outcome, OUTCOME_OK);
	assert_int_equal(page.status, 200);
	assert_int_equal(page.charset_source, CHARSET_META);
	assert_int_equal(page.size, 1000);
	assert_int_equal(page.wire_size, 300);
	assert_int_equal(page.parts[MSG_PART_TEXT], 1100);
	assert_int_equal(page.parts[MSG_PART_KEPT], 400);
	assert_int_equal(page.parts[MSG_PART_LINKS], 77);
	assert_true(page.hash == sample.hash);
	assert_true(page.limited_rules == sample.limited_rules);
	assert_true(page.odd_rules == sample.odd_rules);
	assert_int_equal(page.started_ms, 123456789);
	assert_int_equal(page.links_dropped, 3);
	assert_int_equal(page.elapsed_us, 12);
	for (int i = 0; i < MSG_PAGE_TEXTS; i++)
		assert_true(slice_equal(page.texts[i], sample.texts[i]));
}

static void parts_lie_one_behind_the_other(void **state)
{
	static const char bytes[SLOT_BYTES];
	struct slice slot = { bytes, sizeof(bytes) };
	struct msg_page page = page_sample();

	(void)state;
	assert_ptr_equal(msg_part(&page, slot, MSG_PART_TEXT).at, bytes);
	assert_ptr_equal(msg_part(&page, slot, MSG_PART_KEPT).at, bytes + 1100);
	assert_ptr_equal(msg_part(&page, slot, MSG_PART_LINKS).at, bytes + 1500);
	assert_int_equal(msg_part(&page, slot, MSG_PART_LINKS).size, 77);
	assert_int_equal(msg_part_at(&page, MSG_PARTS), 1577);
}

/* Of what redirects on the way set; a robots.txt is asked for without. */
static void cookies_go_with_a_job_and_come_with_a_page(void **state)
{
	static const enum msg_kind kinds[] = { MSG_KIND_PAGE, MSG_KIND_SITEMAP, MSG_KIND_LOGIN,
					       MSG_KIND_ROBOTS, MSG_KIND_ADDRESS };
	static char cookies[MSG_COOKIES_MAX + 1];

	(void)state;
	memset(cookies, 'c', sizeof(cookies));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct msg_job job, sample = { .kind = kinds[i],
					       .url = { "http://a/", 9 },
					       .cookies = { cookies, sizeof(cookies) } };
		struct msg_page page, answer = { .kind = MSG_KIND_PAGE, .status = 302 };

		assert_int_equal(decoded_job(&job, &sample), i < 3 ? 0 : -1);
		if (i < 3)
			assert_int_equal(job.cookies.size, MSG_COOKIES_MAX);
		answer.texts[MSG_COOKIES] = sample.cookies;
		assert_int_equal(decoded_page(&page, &answer), 0);
		assert_int_equal(page.texts[MSG_COOKIES].size, MSG_COOKIES_MAX);
	}
}

/* The message has their sizes, the slot their bytes; nothing but a page is posted. */
static void what_a_request_sends_lies_in_the_slot(void **state)
{
	static char slot[MSG_SLOT_MAX];
	static const struct {
		enum msg_kind kind;
		enum msg_method method;
		const char *headers, *body;
		int result;
	} rows[] = {
		{ MSG_KIND_PAGE, MSG_POST, "Content-Type: text/plain\n", "a body", 0 },
		{ MSG_KIND_PAGE, MSG_POST, "", "", 0 },
		{ MSG_KIND_PAGE, MSG_POST, "", "a body", 0 },
		{ MSG_KIND_PAGE, MSG_GET, "Accept: text/plain\nX-A: b\n", "", 0 },
		{ MSG_KIND_PAGE, MSG_GET, "", "a body", -1 },
		{ MSG_KIND_PAGE, (enum msg_method)2, "", "", -1 },
		{ MSG_KIND_ROBOTS, MSG_POST, "", "", -1 },
		{ MSG_KIND_SITEMAP, MSG_POST, "", "a body", -1 },
		{ MSG_KIND_SITEMAP, MSG_GET, "X-A: b\n", "", -1 },
		{ MSG_KIND_ADDRESS, MSG_POST, "", "", -1 },
		{ MSG_KIND_LOGIN, MSG_POST, "Content-Type: text/plain\n", "a=b", 0 },
		{ MSG_KIND_LOGIN, MSG_GET, "", "a=b", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_job job = { .flags = 99 }, sample = {
			.kind = rows[i].kind,
			.url = { "http://a/", 9 },
			.method = rows[i].method,
			.headers = slice_of(rows[i].headers),
			.body = slice_of(rows[i].body),
		};

		assert_int_equal(msg_job_slot(&sample, slot),
				 strlen(rows[i].headers) + strlen(rows[i].body));
		assert_int_equal(decoded_job(&job, &sample), rows[i].result);
		if (rows[i].result < 0)
			continue;
		msg_job_find(&job, slot);
		assert_int_equal(job.method, rows[i].method);
		assert_true(slice_equal(job.headers, sample.headers));
		assert_true(slice_equal(job.body, sample.body));
	}
}

/* ---- what is malformed ---- */

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

		assert_int_equal(msg_page_decode(&page, MSG_KIND_PAGE, (struct slice){ wire, cut },
						 SLOT_BYTES),
				 -1);
		assert_int_equal(page.status, 99);
	}
}

/* Bytes behind the last text: two messages run into one, or a size that says too little. */
static void bytes_that_nothing_accounts_for_are_refused(void **state)
{
	char wire[MSG_BYTES_MAX] = { 0 };
	struct msg_page page_as_sent = page_sample(), page;
	struct msg_job job;
	size_t size = msg_job_encode(&job_sample, wire);

	(void)state;
	assert_int_equal(msg_job_decode(&job, (struct slice){ wire, size + 1 }), -1);
	size = msg_page_encode(&page_as_sent, wire);
	assert_int_equal(
		msg_page_decode(&page, MSG_KIND_PAGE, (struct slice){ wire, size + 1 }, SLOT_BYTES),
		-1);
}

/*
 * A word of the wire is set to a value that no encoder writes.  The sizes of a job's texts are its
 * last four words, those of a page's the last ten before its texts.
 */
static void sizes_that_wrap_when_they_are_added_are_refused(void **state)
{
	static const uint32_t values[] = { UINT32_MAX,     UINT32_MAX - 18, UINT32_MAX - 23,
					   0x80000000,     MSG_URL_MAX + 1, MSG_TEXT_MAX + 20,
					   0x80000000 - 1, 0x10000 };
	char wire[MSG_BYTES_MAX];
	struct msg_page sample = page_sample(), page;
	struct msg_job job;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		for (size_t word = 0; word < 4; word++) {
			size_t size = msg_job_encode(&job_sample, wire);
			size_t end = size - job_sample.url.size - job_sample.etag.size;

			memcpy(wire + end - (word + 1) * 4, &values[i], 4);
			assert_int_equal(msg_job_decode(&job, (struct slice){ wire, size }), -1);
		}
		for (size_t word = 0; word < MSG_PAGE_TEXTS; word++) {
			size_t size = msg_page_encode(&sample, wire);
			size_t end = size - sample.texts[MSG_TITLE].size -
				     sample.texts[MSG_CONTENT_TYPE].size;

			memcpy(wire + end - (word + 1) * 4, &values[i], 4);
			assert_int_equal(msg_page_decode(&page, MSG_KIND_PAGE,
							 (struct slice){ wire, size }, SLOT_BYTES),
					 -1);
		}
	}
}

/* "URL\nContent-Type\nbody"; a worker may write anything. */
static void a_form_has_a_url_a_type_and_a_body(void **state)
{
	static const struct {
		const char *part, *body; /* NULL: it makes no sense */
	} rows[] = {
		{ "http://a/\ntext/plain\na=b\n&c=d", "a=b\n&c=d" },
		{ "http://a/\ntext/plain\n", "" },
		{ "http://a/\ntext/plain", NULL },
		{ "http://a/\n\na=b", NULL },
		{ "\ntext/plain\na=b", NULL },
		{ "http://a/", NULL },
		{ "", NULL },
	};
	struct msg_form form = { SLICE("http://a/"), SLICE("t"), SLICE("b") };
	char out[100], *large = calloc(1, MSG_BODY_MAX + 100);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_form read = { .body = SLICE("untouched") };
		int result = msg_form_decode(&read, slice_of(rows[i].part));

		assert_int_equal(result, rows[i].body ? 0 : -1);
		assert_true(slice_equal(read.body,
					slice_of(rows[i].body ? rows[i].body : "untouched")));
	}
	assert_int_equal(msg_form_encode(&form, out, sizeof(out)), 13);
	assert_memory_equal(out, "http://a/\nt\nb", 13);
	assert_int_equal(msg_form_encode(&form, out, 12), 0);
	form.body = (struct slice){ large, MSG_BODY_MAX + 1 };
	assert_int_equal(msg_form_encode(&form, large, MSG_BODY_MAX + 100), 0);
	memcpy(large, "http://a/\nt\n", 12);
	assert_int_equal(msg_form_decode(&form, (struct slice){ large, MSG_BODY_MAX + 13 }), -1);
	free(large);
}

/* What may be said of a job of each kind: the rest, no master sends. */
static void a_job_says_nothing_that_its_kind_has_no_use_for(void **state)
{
	static const struct {
		enum msg_kind kind;
		uint32_t flags;
		const char *etag, *last_modified;
		int result;
	} rows[] = {
		{ MSG_KIND_PAGE, MSG_JOB_LINKS | MSG_JOB_ALL_LINKS, "", "", 0 },
		{ MSG_KIND_PAGE, MSG_JOB_KEEP | MSG_JOB_LINKS | MSG_JOB_NOFOLLOW, "e", "m", 0 },
		{ MSG_KIND_PAGE, MSG_JOB_CLOSE | MSG_JOB_PUBLIC_ONLY | MSG_JOB_UNNAMED, "", "", 0 },
		{ MSG_KIND_PAGE, MSG_JOB_CONNECT, "", "", 0 },
		{ MSG_KIND_PAGE, MSG_JOB_BARE, "", "", 0 },
		{ MSG_KIND_ROBOTS, MSG_JOB_BARE, "", "", 0 },
		{ MSG_KIND_SITEMAP, MSG_JOB_BARE, "", "", 0 },
		{ MSG_KIND_ADDRESS, MSG_JOB_BARE, "", "", -1 },
		{ MSG_KIND_PAGE, MSG_JOB_BARE | MSG_JOB_UNSAFE, "", "", 0 },
		{ MSG_KIND_PAGE, MSG_JOB_UNNAMED << 1, "", "", -1 },
		{ MSG_KIND_ADDRESS, MSG_JOB_CONNECT, "", "", -1 },
		{ MSG_KIND_LOGIN, MSG_JOB_BARE | MSG_JOB_UNSAFE | MSG_JOB_PUBLIC_ONLY, "", "", 0 },
		{ MSG_KIND_LOGIN, MSG_JOB_UNNAMED | MSG_JOB_CONNECT, "", "", 0 },
		{ MSG_KIND_LOGIN, MSG_JOB_KEEP, "", "", -1 },
		{ MSG_KIND_LOGIN, MSG_JOB_LINKS, "", "", -1 },
		{ MSG_KIND_LOGIN, 0, "e", "", -1 },
		{ MSG_KIND_PAGE, 1U << 31, "", "", -1 },
		{ MSG_KIND_ROBOTS, MSG_JOB_CLOSE | MSG_JOB_PUBLIC_ONLY | MSG_JOB_UNNAMED, "", "",
		  0 },
		{ MSG_KIND_ROBOTS, MSG_JOB_KEEP, "", "", -1 },
		{ MSG_KIND_ROBOTS, MSG_JOB_LINKS, "", "", -1 },
		{ MSG_KIND_ROBOTS, 0, "e", "", -1 },
		{ MSG_KIND_SITEMAP, MSG_JOB_CLOSE | MSG_JOB_PUBLIC_ONLY | MSG_JOB_UNNAMED, "", "",
		  0 },
		{ MSG_KIND_SITEMAP, MSG_JOB_KEEP, "", "", -1 },
		{ MSG_KIND_SITEMAP, MSG_JOB_NOFOLLOW, "", "", -1 },
		{ MSG_KIND_SITEMAP, 0, "", "m", -1 },
		{ MSG_KIND_ADDRESS, MSG_JOB_CLOSE | MSG_JOB_PUBLIC_ONLY | MSG_JOB_UNNAMED, "", "",
		  0 },
		{ MSG_KIND_ADDRESS, MSG_JOB_LINKS, "", "", -1 },
		{ MSG_KIND_ADDRESS, 0, "e", "", -1 },
		{ (enum msg_kind)MSG_KINDS, 0, "", "", -1 },
		{ (enum msg_kind)UINT32_MAX, 0, "", "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_job sample = job_sample, job;

		sample.kind = rows[i].kind;
		sample.flags = rows[i].flags;
		sample.etag = slice_of(rows[i].etag);
		sample.last_modified = slice_of(rows[i].last_modified);
		if (decoded_job(&job, &sample) != rows[i].result)
			fail_msg("row %zu", i);
	}
}

static void a_job_without_a_url_is_refused(void **state)
{
	struct msg_job sample = job_sample, job;

	(void)state;
	sample.url = SLICE("");
	assert_int_equal(decoded_job(&job, &sample), -1);
}

/* What a worker that was taken over could claim about its slot. */
static void a_page_that_reaches_beyond_its_slot_is_refused(void **state)
{
	static const struct {
		uint64_t parts[MSG_PARTS];
		int result;
	} rows[] = {
		{ { SLOT_BYTES, 0, 0 }, 0 },
		{ { SLOT_BYTES + 1, 0, 0 }, -1 },
		{ { UINT64_MAX, 0, 0 }, -1 },
		{ { 100, SLOT_BYTES - 100, 0 }, 0 },
		{ { 100, SLOT_BYTES - 99, 0 }, -1 },
		{ { 100, UINT64_MAX, 0 }, -1 },
		{ { 100, UINT64_MAX - 99, 0 }, -1 },
		{ { 100, 100, SLOT_BYTES - 200 }, 0 },
		{ { 100, 100, SLOT_BYTES - 199 }, -1 },
		{ { 0, 0, UINT64_MAX }, -1 },
		{ { 1, 1, UINT64_MAX - 1 }, -1 },
		{ { (uint64_t)1 << 63, (uint64_t)1 << 63, 1 }, -1 },
		{ { (uint64_t)1 << 32, 0, 0 }, -1 },
		{ { 0, ((uint64_t)1 << 32) + 1, 0 }, -1 },
		{ { SLOT_BYTES, 0, 1 }, -1 },
		{ { SLOT_BYTES, 1, UINT64_MAX }, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_page sample = page_sample(), page;

		memcpy(sample.parts, rows[i].parts, sizeof(sample.parts));
		if (decoded_page(&page, &sample) != rows[i].result)
			fail_msg("row %zu", i);
	}
}

/* It may be right in itself, and still not be what was asked for. */
static void a_page_that_does_not_answer_its_job_is_refused(void **state)
{
	static const struct {
		enum msg_kind kind;
		uint64_t parts[MSG_PARTS];
		uint32_t flags, status;
		enum outcome outcome;
		const char *address;
		int result;
	} rows[] = {
		{ MSG_KIND_PAGE, { 9, 9, 9 }, MSG_PAGE_IS_TEXT, 200, OUTCOME_OK, "", 0 },
		{ MSG_KIND_PAGE, { 9, 9, 9 }, MSG_PAGE_IS_NOFOLLOW, 200, OUTCOME_OK, "", 0 },
		{ MSG_KIND_PAGE, { 0 }, MSG_PAGE_IS_PROXIED, 200, OUTCOME_OK, "", 0 },
		{ MSG_KIND_PAGE, { 0 }, MSG_PAGE_HAS_COOKIE, 302, OUTCOME_OK, "", 0 },
		{ MSG_KIND_PAGE, { 9, 9, 9 }, MSG_PAGE_IS_ACCEPTED, 404, OUTCOME_OK, "", 0 },
		{ MSG_KIND_LOGIN, { 0 }, MSG_PAGE_IS_ACCEPTED, 401, OUTCOME_OK, "", 0 },
		{ MSG_KIND_ROBOTS, { 0 }, MSG_PAGE_IS_ACCEPTED, 404, OUTCOME_OK, "", -1 },
		{ MSG_KIND_SITEMAP, { 0 }, MSG_PAGE_IS_ACCEPTED, 404, OUTCOME_OK, "", -1 },
		{ MSG_KIND_PAGE, { 0 }, 0, 200, OUTCOME_OUT_OF_SCOPE, "", 0 },
		{ MSG_KIND_ROBOTS, { 0 }, 0, 200, OUTCOME_OUT_OF_SCOPE, "", -1 },
		{ MSG_KIND_PAGE, { 0 }, MSG_PAGE_IS_ACCEPTED << 1, 200, OUTCOME_OK, "", -1 },
		{ MSG_KIND_ADDRESS, { 0 }, MSG_PAGE_IS_PROXIED, 0, OUTCOME_CONNECT, "", 0 },
		{ MSG_KIND_PAGE, { 0 }, 0, 999, OUTCOME_OK, "", 0 },
		{ MSG_KIND_PAGE, { 0 }, 0, 1000, OUTCOME_OK, "", -1 },
		{ MSG_KIND_PAGE, { 0 }, 0, UINT32_MAX, OUTCOME_OK, "", -1 },
		{ MSG_KIND_ROBOTS, { 9, 0, 0 }, 0, 200, OUTCOME_OK, "", 0 },
		{ MSG_KIND_ROBOTS, { 9, 0, 0 }, 0, 200, OUTCOME_TOO_LARGE, "", 0 },
		{ MSG_KIND_ROBOTS, { 9, 0, 0 }, MSG_PAGE_IS_TEXT, 200, OUTCOME_OK, "", -1 },
		{ MSG_KIND_ROBOTS, { 9, 9, 0 }, 0, 200, OUTCOME_OK, "", -1 },
		{ MSG_KIND_ROBOTS, { 9, 0, 9 }, 0, 200, OUTCOME_OK, "", -1 },
		{ MSG_KIND_SITEMAP, { 9, 0, 9 }, 0, 200, OUTCOME_OK, "", 0 },
		{ MSG_KIND_SITEMAP, { 9, 0, 0 }, MSG_PAGE_IS_TEXT, 404, OUTCOME_OK, "", 0 },
		{ MSG_KIND_SITEMAP, { 9, 9, 9 }, 0, 200, OUTCOME_OK, "", -1 },
		{ MSG_KIND_ADDRESS, { 0 }, 0, 0, OUTCOME_OK, "192.0.2.1", 0 },
		{ MSG_KIND_ADDRESS, { 0 }, 0, 0, OUTCOME_DNS, "", 0 },
		{ MSG_KIND_ADDRESS, { 0 }, 0, 0, OUTCOME_OK, "", -1 },
		{ MSG_KIND_ADDRESS, { 0 }, MSG_PAGE_IS_PROXIED, 0, OUTCOME_OK, "", 0 },
		{ MSG_KIND_ADDRESS, { 0 }, 0, 200, OUTCOME_OK, "192.0.2.1", -1 },
		{ MSG_KIND_ADDRESS, { 0 }, 0, 503, OUTCOME_TIMEOUT, "", -1 },
		{ MSG_KIND_ADDRESS, { 1, 0, 0 }, 0, 0, OUTCOME_OK, "192.0.2.1", -1 },
		{ MSG_KIND_ADDRESS, { 0, 1, 0 }, 0, 0, OUTCOME_DNS, "", -1 },
		{ MSG_KIND_ADDRESS, { 0, 0, 1 }, 0, 0, OUTCOME_OK, "192.0.2.1", -1 },
		{ MSG_KIND_ADDRESS, { 0 }, MSG_PAGE_IS_TEXT, 0, OUTCOME_OK, "192.0.2.1", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_page page, sample = {
			.kind = rows[i].kind,
			.outcome = rows[i].outcome,
			.flags = rows[i].flags,
			.status = rows[i].status,
		};

		memcpy(sample.parts, rows[i].parts, sizeof(sample.parts));
		sample.texts[MSG_ADDRESS] = slice_of(rows[i].address);
		if (decoded_page(&page, &sample) != rows[i].result)
			fail_msg("row %zu", i);
	}
}

/* What only the master decides, a worker cannot say: that a page is unchanged, that it was let be.
 */
static void an_outcome_that_no_fetch_comes_to_is_refused(void **state)
{
	static const enum outcome fetched[] = {
		OUTCOME_OK,           OUTCOME_DNS,
		OUTCOME_CONNECT,      OUTCOME_TLS,
		OUTCOME_TIMEOUT,      OUTCOME_TRUNCATED,
		OUTCOME_TOO_LARGE,    OUTCOME_BAD_RESPONSE,
		OUTCOME_BAD_ENCODING, OUTCOME_BLOCKED_ADDRESS,
		OUTCOME_OUT_OF_SCOPE,
	};
	bool is_fetched[64] = { false };

	(void)state;
	for (size_t i = 0; i < sizeof(fetched) / sizeof(fetched[0]); i++)
		is_fetched[fetched[i]] = true;
	for (unsigned outcome = 0; outcome < 64; outcome++) {
		struct msg_page sample = page_sample(), page = { .status = 99 };

		sample.outcome = (enum outcome)outcome;
		assert_int_equal(decoded_page(&page, &sample), is_fetched[outcome] ? 0 : -1);
		assert_int_equal(page.status, is_fetched[outcome] ? 200 : 99);
	}
}

static void values_outside_their_enumerations_are_refused(void **state)
{
	struct msg_page samples[4];
	struct msg_page page;

	(void)state;
	for (int i = 0; i < 4; i++)
		samples[i] = page_sample();
	samples[0].outcome = (enum outcome)OUTCOME_COUNT;
	samples[1].flags = 0x80;
	samples[2].status = 1000;
	samples[3].charset_source = (enum charset_source)(CHARSET_DEFAULT + 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(decoded_page(&page, &samples[i]), -1);
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
		if (msg_page_decode(&page, (enum msg_kind)(round % MSG_KINDS),
				    (struct slice){ wire, size }, SLOT_BYTES) == 0)
			assert_true(msg_part_at(&page, MSG_PARTS) <= SLOT_BYTES);
		if (msg_job_decode(&job, (struct slice){ wire, size }) == 0)
			assert_true(job.url.at + job.url.size <= wire + size);
		seed += (unsigned)round;
	}
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	static char longer[2 * MSG_URL_MAX];
	struct msg_page sample = page_sample(), page;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	for (int i = 0; i < MSG_PAGE_TEXTS; i++)
		sample.texts[i] = (struct slice){ longer, sizeof(longer) };
	assert_int_equal(decoded_page(&page, &sample), 0);
	assert_int_equal(page.texts[MSG_LOCATION].size, MSG_URL_MAX);
	assert_int_equal(page.texts[MSG_TITLE].size, MSG_TEXT_MAX);
}

/* ---- what a page says ---- */

static void a_status_is_a_redirect_or_a_success_or_neither(void **state)
{
	static const struct {
		unsigned status;
		const char *location;
		enum outcome outcome;
		bool is_redirect, is_success;
	} rows[] = {
		{ 0, "", OUTCOME_CONNECT, false, false },
		{ 100, "/x", OUTCOME_OK, false, false },
		{ 199, "", OUTCOME_OK, false, false },
		{ 200, "", OUTCOME_OK, false, true },
		{ 200, "/x", OUTCOME_OK, false, true },
		{ 201, "/x", OUTCOME_OK, false, true },
		{ 202, "/x", OUTCOME_OK, false, true },
		{ 204, "", OUTCOME_OK, false, true },
		{ 206, "", OUTCOME_OK, false, true },
		{ 200, "", OUTCOME_TOO_LARGE, false, true },
		{ 299, "", OUTCOME_OK, false, true },
		{ 300, "", OUTCOME_OK, false, false },
		{ 300, "/x", OUTCOME_OK, false, false },
		{ 301, "/x", OUTCOME_OK, true, false },
		{ 301, "", OUTCOME_OK, false, false },
		{ 301, "/x", OUTCOME_TRUNCATED, false, false },
		{ 302, "/x", OUTCOME_OK, true, false },
		{ 302, "", OUTCOME_OK, false, false },
		{ 303, "/x", OUTCOME_OK, true, false },
		{ 304, "/x", OUTCOME_OK, false, false },
		{ 305, "http://proxy/", OUTCOME_OK, false, false },
		{ 306, "/x", OUTCOME_OK, false, false },
		{ 307, "/x", OUTCOME_OK, true, false },
		{ 308, "/x", OUTCOME_OK, true, false },
		{ 308, "", OUTCOME_OK, false, false },
		{ 309, "/x", OUTCOME_OK, false, false },
		{ 399, "/x", OUTCOME_OK, false, false },
		{ 404, "/x", OUTCOME_OK, false, false },
		{ 503, "/x", OUTCOME_OK, false, false },
		{ 999, "/x", OUTCOME_OK, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_page page = { .status = rows[i].status, .outcome = rows[i].outcome };
		bool lacks;

		page.texts[MSG_LOCATION] = slice_of(rows[i].location);
		if (msg_page_lacks_location(&page))
			assert_true(*rows[i].location == '\0' && !rows[i].is_success);
		page.texts[MSG_LOCATION] = SLICE("");
		lacks = msg_page_lacks_location(&page);
		page.texts[MSG_LOCATION] = SLICE("/x");
		assert_false(msg_page_lacks_location(&page));
		assert_int_equal(lacks, msg_page_is_redirect(&page));
		page.texts[MSG_LOCATION] = slice_of(rows[i].location);
		if (msg_page_is_redirect(&page) != rows[i].is_redirect ||
		    msg_page_is_success(&page) != rows[i].is_success)
			fail_msg("row %zu: status %u", i, rows[i].status);
	}
}

static void only_301_and_308_are_for_good(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 1000; status++) {
		struct msg_page page = { .status = status };

		assert_int_equal(msg_page_is_moved(&page), status == 301 || status == 308);
	}
}

static void only_a_look_up_that_succeeds_is_an_address(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < MSG_KINDS; kind++) {
		struct msg_page found = { .kind = (enum msg_kind)kind, .outcome = OUTCOME_OK };
		struct msg_page lost = { .kind = (enum msg_kind)kind, .outcome = OUTCOME_DNS };

		assert_int_equal(msg_page_is_address(&found), kind == MSG_KIND_ADDRESS);
		assert_false(msg_page_is_address(&lost));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookies_go_with_a_job_and_come_with_a_page),
		cmocka_unit_test(what_a_request_sends_lies_in_the_slot),
		cmocka_unit_test(a_job_comes_back_as_it_was),
		cmocka_unit_test(a_page_comes_back_as_it_was),
		cmocka_unit_test(parts_lie_one_behind_the_other),
		cmocka_unit_test(every_truncated_job_is_refused),
		cmocka_unit_test(every_truncated_page_is_refused),
		cmocka_unit_test(bytes_that_nothing_accounts_for_are_refused),
		cmocka_unit_test(sizes_that_wrap_when_they_are_added_are_refused),
		cmocka_unit_test(a_form_has_a_url_a_type_and_a_body),
		cmocka_unit_test(a_job_says_nothing_that_its_kind_has_no_use_for),
		cmocka_unit_test(a_job_without_a_url_is_refused),
		cmocka_unit_test(a_page_that_reaches_beyond_its_slot_is_refused),
		cmocka_unit_test(a_page_that_does_not_answer_its_job_is_refused),
		cmocka_unit_test(an_outcome_that_no_fetch_comes_to_is_refused),
		cmocka_unit_test(values_outside_their_enumerations_are_refused),
		cmocka_unit_test(random_bytes_are_decoded_or_refused_without_harm),
		cmocka_unit_test(a_text_that_is_too_long_is_cut),
		cmocka_unit_test(a_status_is_a_redirect_or_a_success_or_neither),
		cmocka_unit_test(only_301_and_308_are_for_good),
		cmocka_unit_test(only_a_look_up_that_succeeds_is_an_address),
	};

	return RUN_TESTS(tests);
}
