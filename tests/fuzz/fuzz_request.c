/* A line of a list that is JSON. */
#include "tests/fuzz/fuzz.h"

#include "crawler/frontier/seed_request.h"
#include "parsers/request/header_line.h"

/* Each is a name, ": ", a value and one line end, and none is whose it must not be. */
static void check_headers(struct slice lines)
{
	while (lines.size > 0) {
		const char *end = memchr(lines.at, '\n', lines.size);
		const char *colon = memchr(lines.at, ':', lines.size), *spelt;
		struct slice name = { lines.at, colon ? (size_t)(colon - lines.at) : 0 };

		FUZZ_ASSERT(end && colon && colon + 2 < end && header_line_is_name(name));
		FUZZ_ASSERT(!header_line_is_credential(name) && !header_line_refusal(name, &spelt));
		FUZZ_ASSERT(!header_line_bad_value(
			(struct slice){ colon + 2, (size_t)(end - colon - 2) }));
		lines = (struct slice){ end + 1, (size_t)(lines.at + lines.size - end - 1) };
	}
}

static void check(struct url *url, const struct seed_request *said)
{
	const struct http_request *request = &said->request;
	uint16_t size = url->size;

	check_headers(request->headers);
	FUZZ_ASSERT(request->headers.size <= REQUEST_HEADERS_MAX + 256);
	FUZZ_ASSERT(request->body.size <= REQUEST_BODY_MAX);
	FUZZ_ASSERT(request->method == REQUEST_POST || request->body.size == 0);
	FUZZ_ASSERT(request_identify(url, request) == 0);
	FUZZ_ASSERT(request_url(url_slice(url)).size == size);
	FUZZ_ASSERT(request_identity_of(url_slice(url)).size == (size_t)(url->size - size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct url url;
	static struct seed_set set;
	struct slice line = fuzz_input(data, size);
	struct seed_request said;
	struct scratch scratch = { NULL, 0 };

	if (!seed_request_is_meant(line) || memchr(line.at, '\0', line.size))
		return 0;
	if (!seed_request_read(line, &url, &said, &set, &scratch))
		check(&url, &said);
	FUZZ_ASSERT(seed_request_conceal(line, 200, &scratch).size <= 200);
	scratch_free(&scratch);
	return 0;
}
