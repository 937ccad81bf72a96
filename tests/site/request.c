#include "request.h"

#include <ctype.h>
#include <strings.h>

/* ---- small things about slices ---- */

static struct slice slice_from(struct slice whole, size_t from)
{
	return (struct slice){ whole.at + from, whole.size - from };
}

static bool equal_ignoring_case(struct slice a, const char *b)
{
	return a.size == strlen(b) && strncasecmp(a.at, b, a.size) == 0;
}

static struct slice trim(struct slice text)
{
	while (text.size > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
		text = slice_from(text, 1);
	while (text.size > 0 && strchr(" \t\r", text.at[text.size - 1]))
		text.size--;
	return text;
}

/* Cut what stands before separator off *rest; all of it if there is no separator. */
static struct slice cut(struct slice *rest, char separator)
{
	const char *end = rest->size ? memchr(rest->at, separator, rest->size) : NULL;
	struct slice part = *rest;

	if (end) {
		part.size = (size_t)(end - rest->at);
		*rest = slice_from(*rest, part.size + 1);
	} else {
		*rest = slice_from(*rest, rest->size);
	}
	return part;
}

/* ---- the head ---- */

size_t request_head_size(struct slice bytes, size_t *searched)
{
	size_t at = *searched;
	const char *newline;

	while (at < bytes.size && (newline = memchr(bytes.at + at, '\n', bytes.size - at))) {
		size_t next = (size_t)(newline - bytes.at) + 1;
		size_t left = bytes.size - next;

		if (left > 0 && bytes.at[next] == '\n')
			return next + 1;
		if (left > 1 && bytes.at[next] == '\r' && bytes.at[next + 1] == '\n')
			return next + 2;
		if (left < 2) { /* the blank line may be on its way: begin here again */
			*searched = next - 1;
			return 0;
		}
		at = next;
	}
	*searched = bytes.size;
	return 0;
}

/* Control characters have no business in a head. */
static bool is_clean(struct slice head)
{
	for (size_t i = 0; i < head.size; i++) {
		unsigned char byte = (unsigned char)head.at[i];

		if (byte == 0x7f || (byte < ' ' && !(byte == '\t' || byte == '\r' || byte == '\n')))
			return false;
	}
	return true;
}

/* "http://host/path" is asked of proxies, and every server must understand it (RFC 9112 3.2.2). */
static struct slice without_origin(struct slice target)
{
	const char *slash;

	if (target.size < 7 || strncasecmp(target.at, "http://", 7) != 0)
		return target;
	target = slice_from(target, 7);
	slash = target.size ? memchr(target.at, '/', target.size) : NULL;
	return slash ? slice_from(target, (size_t)(slash - target.at)) : SLICE("/");
}

static int parse_line(struct request *request, struct slice line)
{
	struct slice rest;

	request->method = cut(&line, ' ');
	request->target = without_origin(cut(&line, ' '));
	if (request->method.size == 0 || request->target.size == 0 || request->target.at[0] != '/')
		return 400;
	if (line.size < 5 || memcmp(line.at, "HTTP/", 5) != 0)
		return 400;
	request->is_http10 = slice_equal(line, SLICE("HTTP/1.0"));
	if (!request->is_http10 && !slice_equal(line, SLICE("HTTP/1.1")))
		return 505;
	rest = request->target;
	request->path = cut(&rest, '?');
	if (request->path.size < request->target.size)
		request->query = rest;
	request->wants_close = request->is_http10;
	return 0;
}

static bool has_token(struct slice list, const char *token)
{
	while (list.size > 0) {
		if (equal_ignoring_case(trim(cut(&list, ',')), token))
			return true;
	}
	return false;
}

/* A POST's is read; whatever else sends one, the connection ends behind it. */
static void note_body(struct request *request, struct slice digits)
{
	uint64_t size;

	if (slice_equal(request->method, SLICE("POST")) &&
	    request_number(&digits, REQUEST_BODY_MAX, &size))
		request->body_size = (size_t)size;
	else
		request->has_body = true;
}

static void note_header(struct request *request, struct slice name, struct slice value)
{
	if (equal_ignoring_case(name, "host"))
		request->host = value;
	else if (equal_ignoring_case(name, "transfer-encoding"))
		request->has_body = true;
	else if (equal_ignoring_case(name, "content-length") && !slice_equal(value, SLICE("0")))
		note_body(request, value);
	else if (equal_ignoring_case(name, "connection") && has_token(value, "close"))
		request->wants_close = true;
	else if (equal_ignoring_case(name, "connection") && has_token(value, "keep-alive"))
		request->wants_close = false;
}

/* Cut the next header off *rest.  Returns 1, 0 after the last one, or -1 if the line is none. */
static int next_header(struct slice *rest, struct slice *name, struct slice *value)
{
	struct slice line = cut(rest, '\n');

	*value = line;
	if (trim(line).size == 0)
		return 0;
	*name = cut(value, ':');
	if (name->size == 0 || name->size == line.size || trim(*name).size != name->size)
		return -1; /* without a colon, folded, or with a space before the colon */
	*value = trim(*value);
	return 1;
}

int request_parse(struct request *request, struct slice head)
{
	struct request parsed = { .head = head };
	struct slice rest = head;
	struct slice name, value;
	int status, got;

	if (!is_clean(head))
		return 400;
	status = parse_line(&parsed, trim(cut(&rest, '\n')));
	if (status != 0)
		return status;
	while ((got = next_header(&rest, &name, &value)) > 0)
		note_header(&parsed, name, value);
	if (got < 0 || (!parsed.is_http10 && !parsed.host.at))
		return 400;
	*request = parsed;
	return 0;
}

struct slice request_header(const struct request *request, const char *wanted)
{
	struct slice rest = request->head;
	struct slice name, value;

	cut(&rest, '\n');
	while (next_header(&rest, &name, &value) > 0) {
		if (equal_ignoring_case(name, wanted))
			return value;
	}
	return (struct slice){ 0 };
}

/* ---- the parts of a target ---- */

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte = (char)tolower((unsigned char)byte);
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

void request_unescape(struct slice text, bool plus_is_space, struct buffer *out)
{
	for (size_t i = 0; i < text.size; i++) {
		char byte = text.at[i];
		bool is_escape = byte == '%' && i + 2 < text.size &&
				 hex_digit(text.at[i + 1]) >= 0 && hex_digit(text.at[i + 2]) >= 0;

		if (is_escape) {
			byte = (char)(hex_digit(text.at[i + 1]) << 4 | hex_digit(text.at[i + 2]));
			i += 2;
		} else if (byte == '+' && plus_is_space) {
			byte = ' ';
		}
		buffer_fill(out, byte, 1);
	}
}

bool request_query(const struct request *request, const char *name, struct buffer *value)
{
	struct slice rest = request->query;

	while (rest.size > 0) {
		struct slice text = cut(&rest, '&');

		if (slice_equal(cut(&text, '='), slice_of(name))) {
			request_unescape(text, true, value);
			return true;
		}
	}
	return false;
}

bool request_number(struct slice *rest, uint64_t most, uint64_t *number)
{
	struct slice left = *rest;
	struct slice digits = cut(&left, '/');
	uint64_t value = 0;

	if (digits.size == 0 || digits.size > 18) /* 18 digits fit in 64 bits */
		return false;
	for (size_t i = 0; i < digits.size; i++) {
		if (!isdigit((unsigned char)digits.at[i]))
			return false;
		value = 10 * value + (uint64_t)(digits.at[i] - '0');
	}
	if (value > most)
		return false;
	*number = value;
	*rest = left;
	return true;
}

unsigned request_query_number(const struct request *request, const char *name, unsigned other,
			      unsigned most)
{
	struct buffer text = { 0 };
	uint64_t number = other;

	if (request_query(request, name, &text)) {
		struct slice rest = buffer_slice(&text);

		request_number(&rest, most, &number);
	}
	buffer_free(&text);
	return (unsigned)number;
}

void request_origin(const struct request *request, struct buffer *origin)
{
	bool is_name = request->host.size > 0;

	for (size_t i = 0; i < request->host.size; i++) {
		char byte = request->host.at[i];

		if (!isalnum((unsigned char)byte) && !strchr(".-:[]_", byte))
			is_name = false;
	}
	buffer_text(origin, "http://");
	buffer_add(origin, is_name ? request->host : SLICE("localhost"));
}
