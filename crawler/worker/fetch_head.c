#include "worker/fetch_head.h"

#include <string.h>
#include <strings.h>

#include "parsers/site/robots_tag.h"

#define NO_LENGTH (-1)

static void header_set(struct fetch_header *header, struct slice value)
{
	header->size = value.size < sizeof(header->text) ? value.size : sizeof(header->text);
	memcpy(header->text, value.at, header->size);
}

static struct slice header_get(const struct fetch_header *header)
{
	return (struct slice){ header->size ? header->text : NULL, header->size };
}

static bool is_named(struct slice name, const char *wanted)
{
	return name.size == strlen(wanted) && strncasecmp(name.at, wanted, name.size) == 0;
}

static struct slice trimmed(struct slice text)
{
	while (text.size > 0 && (text.at[0] == ' ' || text.at[0] == '\t')) {
		text.at++;
		text.size--;
	}
	while (text.size > 0 && strchr(" \t\r\n", text.at[text.size - 1]))
		text.size--;
	return text;
}

/* Two lengths that differ are an attack on whoever believes the other one (RFC 9112 6.3). */
static bool take_length(struct fetch_head *head, struct slice value)
{
	int64_t length = 0;

	for (size_t i = 0; i < value.size; i++) {
		if (value.at[i] < '0' || value.at[i] > '9' || length > INT64_MAX / 10 - 9)
			return true; /* libcurl judges the form */
		length = length * 10 + (value.at[i] - '0');
	}
	if (head->length != NO_LENGTH && head->length != length)
		return false;
	head->length = length;
	return true;
}

static bool take_header(struct fetch_head *head, struct slice name, struct slice value,
			struct slice product_token)
{
	if (is_named(name, "content-length"))
		return take_length(head, value);
	if (is_named(name, "content-type"))
		header_set(&head->content_type, value);
	else if (is_named(name, "content-encoding"))
		head->coding = coding_from_name(value);
	else if (is_named(name, "etag"))
		header_set(&head->etag, value);
	else if (is_named(name, "last-modified"))
		header_set(&head->last_modified, value);
	else if (is_named(name, "retry-after"))
		header_set(&head->retry_after, value);
	else if (is_named(name, "refresh"))
		header_set(&head->refresh, value);
	else if (is_named(name, "x-robots-tag"))
		head->is_nofollow |= robots_tag_is_nofollow(value, product_token);
	else if (is_named(name, "location")) {
		head->location_size = value.size < MSG_URL_MAX ? value.size : MSG_URL_MAX;
		memcpy(head->location, value.at, head->location_size);
	}
	return true;
}

/* An answer begins: forget an interim one (1xx), but not how much it sent. */
static void forget(struct fetch_head *head)
{
	head->length = NO_LENGTH;
	head->is_ended = head->is_nofollow = false;
	head->coding = CODING_IDENTITY;
	head->content_type.size = head->etag.size = head->last_modified.size = 0;
	head->retry_after.size = head->refresh.size = head->location_size = 0;
}

void fetch_head_begin(struct fetch_head *head)
{
	head->bytes = 0;
	forget(head);
}

enum fetch_head_step fetch_head_line(struct fetch_head *head, struct slice line,
				     struct slice product_token, const char **why)
{
	struct slice name, value;
	const char *colon;

	head->bytes += line.size;
	if (head->bytes > FETCH_HEAD_BYTES_MAX) {
		*why = "more than 64 KiB of headers";
		return FETCH_HEAD_BAD;
	}
	if (head->is_ended) /* trailers say nothing that we use, but libcurl keeps them */
		return FETCH_HEAD_MORE;
	if (line.size >= 5 && memcmp(line.at, "HTTP/", 5) == 0) {
		forget(head);
		return FETCH_HEAD_MORE;
	}
	if (trimmed(line).size == 0)
		return FETCH_HEAD_BLANK;
	colon = memchr(line.at, ':', line.size);
	if (!colon)
		return FETCH_HEAD_MORE;
	name = (struct slice){ line.at, (size_t)(colon - line.at) };
	value = (struct slice){ colon + 1, (size_t)(line.at + line.size - colon - 1) };
	if (!take_header(head, name, trimmed(value), product_token)) {
		*why = "two Content-Lengths that differ";
		return FETCH_HEAD_BAD;
	}
	return FETCH_HEAD_MORE;
}

void fetch_head_note(const struct fetch_head *head, struct msg_page *page)
{
	page->flags = head->is_nofollow ? MSG_PAGE_IS_NOFOLLOW : 0;
	page->texts[MSG_LOCATION] = (struct slice){ head->location, head->location_size };
	page->texts[MSG_CONTENT_TYPE] = header_get(&head->content_type);
	page->texts[MSG_ETAG] = header_get(&head->etag);
	page->texts[MSG_LAST_MODIFIED] = header_get(&head->last_modified);
	page->texts[MSG_RETRY_AFTER] = header_get(&head->retry_after);
	page->refresh = header_get(&head->refresh);
}
