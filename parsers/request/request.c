#include "parsers/request/request.h"

#include <xxhash.h>

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"

#define MARK        "#POST-"
#define MARK_BYTES  (sizeof(MARK) - 1)
#define HASH_DIGITS 16

_Static_assert(REQUEST_IDENTITY_BYTES == MARK_BYTES + HASH_DIGITS, "as it is written");

static const char *const names[] = { [REQUEST_GET] = "GET", [REQUEST_POST] = "POST" };

const char *request_method_name(enum request_method method)
{
	return names[method];
}

bool request_method_of(struct slice name, enum request_method *method)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_equal(name, slice_of(names[i]))) {
			*method = (enum request_method)i;
			return true;
		}
	}
	return false;
}

/* Does one of the lines begin so? */
static bool has_line(struct slice headers, struct slice wanted)
{
	while (headers.size > 0) {
		const char *end = memchr(headers.at, '\n', headers.size);
		size_t size = end ? (size_t)(end + 1 - headers.at) : headers.size;

		if (ascii_starts_with((struct slice){ headers.at, size }, wanted))
			return true;
		headers = (struct slice){ headers.at + size, headers.size - size };
	}
	return false;
}

bool request_has_type(struct slice headers)
{
	return has_line(headers, SLICE("content-type:"));
}

bool request_has_form(struct slice headers)
{
	return has_line(headers, SLICE("content-type: application/x-www-form-urlencoded"));
}

/* ---- identity ---- */

static void append(struct url *url, struct slice fragment)
{
	memcpy(url->text + url->size, fragment.at, fragment.size);
	url->size = (uint16_t)(url->size + fragment.size);
	url->text[url->size] = '\0';
}

int request_identify(struct url *url, const struct http_request *request)
{
	static const char digits[] = "0123456789abcdef";
	char fragment[REQUEST_IDENTITY_BYTES] = MARK;
	uint64_t hash;

	if (request->method == REQUEST_GET)
		return 0;
	if (url->size + sizeof(fragment) > URL_BYTES_MAX)
		return -1;
	hash = XXH3_64bits(request->body.at, request->body.size);
	for (size_t i = 0; i < HASH_DIGITS; i++)
		fragment[MARK_BYTES + i] = digits[hash >> (60 - 4 * i) & 15];
	append(url, (struct slice){ fragment, sizeof(fragment) });
	return 0;
}

struct slice request_url(struct slice identity)
{
	size_t size = identity.size - REQUEST_IDENTITY_BYTES;

	if (identity.size > REQUEST_IDENTITY_BYTES &&
	    memcmp(identity.at + size, MARK, MARK_BYTES) == 0)
		identity.size = size;
	return identity;
}

struct slice request_identity_of(struct slice text)
{
	struct slice typed = ascii_trim(text);
	struct slice url = request_url(typed);
	struct slice fragment = { typed.at + url.size, typed.size - url.size };

	for (size_t i = MARK_BYTES; i < fragment.size; i++)
		if (hex_value(fragment.at[i]) < 0 || ascii_lower(fragment.at[i]) != fragment.at[i])
			return (struct slice){ NULL, 0 };
	return fragment.size > 0 ? fragment : (struct slice){ NULL, 0 };
}

void request_identify_typed(struct url *url, struct slice typed)
{
	struct slice fragment = request_identity_of(typed);

	if (fragment.size > 0 && url->size + fragment.size <= URL_BYTES_MAX)
		append(url, fragment);
}

/* ---- redirects ---- */

/* Fetch, "request-body-header name". */
static bool describes_body(struct slice line)
{
	static const char *const of_body[] = { "Content-Encoding:", "Content-Language:",
					       "Content-Location:", "Content-Type:" };

	for (size_t i = 0; i < sizeof(of_body) / sizeof(of_body[0]); i++)
		if (ascii_starts_with(line, slice_of(of_body[i])))
			return true;
	return false;
}

void request_redirect(struct http_request *request, char *headers, unsigned status,
		      bool is_same_origin)
{
	struct slice rest = request->headers;
	size_t kept = 0;

	if (status == 301 || status == 302 || status == 303) {
		request->method = REQUEST_GET;
		request->body = (struct slice){ NULL, 0 };
	}
	while (rest.size > 0) {
		const char *end = memchr(rest.at, '\n', rest.size);
		struct slice line = { rest.at, end ? (size_t)(end + 1 - rest.at) : rest.size };

		if (describes_body(line) ? request->method == REQUEST_POST : is_same_origin) {
			memmove(headers + kept, line.at, line.size);
			kept += line.size;
		}
		rest = (struct slice){ rest.at + line.size, rest.size - line.size };
	}
	request->headers = (struct slice){ headers, kept };
}
