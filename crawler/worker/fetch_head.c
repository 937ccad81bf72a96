#include "worker/fetch_head.h"

#include <stdio.h>
#include <string.h>

#include "parsers/site/robots_tag.h"
#include "parsers/text/ascii.h"
#include "worker/content_type.h"

#define NO_LENGTH (-1)

static void header_set(struct fetch_header *header, struct slice value)
{
	header->size = value.size < sizeof(header->text) ? value.size : sizeof(header->text);
	memcpy(header->text, value.at, header->size);
}

/* More of the same value: another line of it, or a folded one. */
static void header_add(struct fetch_header *header, const char *between, struct slice value)
{
	size_t room = sizeof(header->text) - header->size;

	if (header->size == 0) {
		header_set(header, value);
		return;
	}
	if (room < strlen(between) + value.size)
		return;
	memcpy(header->text + header->size, between, strlen(between));
	memcpy(header->text + header->size + strlen(between), value.at, value.size);
	header->size += strlen(between) + value.size;
}

static struct slice header_get(const struct fetch_header *header)
{
	return (struct slice){ header->size ? header->text : NULL, header->size };
}

static bool is_named(struct slice name, const char *wanted)
{
	return ascii_equal(name, slice_of(wanted));
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

/* The next member of a list (RFC 9110 5.6.1). */
static struct slice next_member(struct slice *list)
{
	const char *comma = memchr(list->at, ',', list->size);
	struct slice member = { list->at, comma ? (size_t)(comma - list->at) : list->size };
	size_t taken = member.size + (comma != NULL);

	list->at += taken;
	list->size -= taken;
	return trimmed(member);
}

/* The name of the next coding of a list, without its parameters. */
static struct slice next_coding(struct slice *list)
{
	struct slice word = next_member(list);
	const char *semicolon = memchr(word.at, ';', word.size);

	if (semicolon)
		word.size = (size_t)(semicolon - word.at);
	return trimmed(word);
}

/*
 * Who believes another length than we do reads another answer behind this one: there is one, of
 * digits alone, however often it is said (RFC 9112 6.3).
 */
static const char *take_length(struct fetch_head *head, struct slice value)
{
	bool is_more = true;

	while (is_more) {
		int64_t length = 0;
		struct slice digits;

		is_more = memchr(value.at, ',', value.size) != NULL;
		digits = next_member(&value);
		for (size_t i = 0; i < digits.size; i++) {
			if (!ascii_is_digit(digits.at[i]) || length > INT64_MAX / 10 - 9)
				return "a Content-Length that is no number";
			length = length * 10 + (digits.at[i] - '0');
		}
		if (digits.size == 0)
			return "a Content-Length that is no number";
		if (head->length != NO_LENGTH && head->length != length)
			return "two Content-Lengths that differ";
		head->length = length;
	}
	return NULL;
}

static const char too_many[] = "more encodings, one upon the other, than are undone";

static void note_unreadable(struct fetch_head *head, const char *header, struct slice word)
{
	if (!head->unreadable[0])
		snprintf(head->unreadable, sizeof(head->unreadable), "%s: %.*s%s is not understood",
			 header, word.size < 60 ? (int)word.size : 60, word.at,
			 head->is_chunked ? " behind chunked" : "");
}

static void add_coding(struct fetch_head *head, struct coding_layers *layers, enum coding_kind kind)
{
	if (layers->count < CODING_LAYERS_MAX)
		layers->kinds[layers->count++] = kind;
	else
		memcpy(head->unreadable, too_many, sizeof(too_many));
}

/* Several lines are one list, in the order in which it was done (RFC 9110 8.4, 5.3). */
static void take_content_encoding(struct fetch_head *head, struct slice value)
{
	while (value.size > 0) {
		struct slice word = next_coding(&value);
		enum coding_kind kind = coding_from_name(word);

		if (kind == CODING_UNKNOWN)
			note_unreadable(head, "Content-Encoding", word);
		else if (kind != CODING_IDENTITY)
			add_coding(head, &head->content, kind);
	}
}

/* Nobody asked for one but "chunked", which libcurl undoes; it stands last (RFC 9112 6.1). */
static void take_transfer_encoding(struct fetch_head *head, struct slice value)
{
	while (value.size > 0) {
		struct slice word = next_member(&value); /* parameters make it another coding */
		enum coding_kind kind = coding_from_name(word);

		if (word.size == 0 || ascii_equal(word, SLICE("identity")))
			continue;
		if (head->is_chunked)
			note_unreadable(head, "Transfer-Encoding", word);
		else if (ascii_equal(word, SLICE("chunked")))
			head->is_chunked = true;
		else if (kind == CODING_UNKNOWN || kind == CODING_IDENTITY)
			note_unreadable(head, "Transfer-Encoding", word);
		else
			add_coding(head, &head->transfer, kind);
	}
}

const char *fetch_head_codings(const struct fetch_head *head, struct coding_layers *layers)
{
	struct coding_layers all = head->content;

	if (head->unreadable[0])
		return head->unreadable;
	if (all.count + head->transfer.count > CODING_LAYERS_MAX)
		return too_many;
	for (unsigned i = 0; i < head->transfer.count; i++)
		all.kinds[all.count++] = head->transfer.kinds[i];
	*layers = all;
	return NULL;
}

/* What was cut leads elsewhere, but for a fragment, which leads nowhere. */
static void take_location(struct fetch_head *head, struct slice value)
{
	const char *fragment = memchr(value.at, '#', value.size);

	if (value.size > MSG_URL_MAX && fragment)
		value.size = (size_t)(fragment - value.at);
	head->location_size = value.size <= MSG_URL_MAX ? value.size : 0;
	memcpy(head->location, value.at, head->location_size);
}

/* A header of which one value counts, or NULL. */
static struct fetch_header *header_of(struct fetch_head *head, struct slice name)
{
	const struct {
		const char *name;
		struct fetch_header *header;
	} headers[] = {
		{ "content-type", &head->content_type },
		{ "etag", &head->etag },
		{ "last-modified", &head->last_modified },
		{ "retry-after", &head->retry_after },
		{ "refresh", &head->refresh },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (is_named(name, headers[i].name))
			return headers[i].header;
	}
	return NULL;
}

/* Returns NULL, or what is wrong with the answer. */
static const char *take_header(struct fetch_head *head, struct slice name, struct slice value,
			       struct slice product_token)
{
	struct fetch_header *header = header_of(head, name);

	if (is_named(name, "content-length"))
		return take_length(head, value);
	if (header == &head->content_type)
		header_add(header, ", ", value); /* content_type_of() says which counts */
	else if (header)
		header_set(header, value);
	else if (is_named(name, "content-encoding"))
		take_content_encoding(head, value);
	else if (is_named(name, "transfer-encoding"))
		take_transfer_encoding(head, value);
	else if (is_named(name, "content-range"))
		head->has_range = true;
	else if (is_named(name, "x-robots-tag"))
		head->is_nofollow |= robots_tag_is_nofollow(value, product_token);
	else if (is_named(name, "set-cookie"))
		head->has_cookie |= value.size > 0;
	else if (is_named(name, "location"))
		take_location(head, value);
	return NULL;
}

static bool frames(struct slice name)
{
	return is_named(name, "content-length") || is_named(name, "transfer-encoding");
}

/*
 * A folded line goes on with the value before it (RFC 9112 5.2); libcurl takes it for nothing.
 * Where it would frame the body, the two would read different ones.
 */
static const char *take_fold(struct fetch_head *head, struct slice line, struct slice product_token)
{
	struct slice name = slice_of(head->name), value = trimmed(line);
	struct fetch_header *header = header_of(head, name);

	if (value.size == 0)
		return NULL;
	if (frames(name))
		return "a header line that frames the body is folded";
	if (header)
		header_add(header, " ", value);
	else if (!is_named(name, "location"))
		return take_header(head, name, value, product_token); /* it is a list */
	else if (head->location_size == 0)
		take_location(head, value);
	else
		head->location_size = 0; /* a URL has no blank in it */
	return NULL;
}

/* libcurl does not read "Content-Length : 5" as what it is, others do (RFC 9112 5.1). */
static bool frames_with_a_gap(struct slice name, const char *colon)
{
	return name.at + name.size != colon && frames(name);
}

/* An answer begins: forget an interim one (1xx), but not how much it sent. */
static void forget(struct fetch_head *head)
{
	head->length = NO_LENGTH;
	head->is_ended = head->is_nofollow = head->is_chunked = false;
	head->has_range = head->has_cookie = false;
	head->content.count = head->transfer.count = 0;
	head->unreadable[0] = head->name[0] = '\0';
	head->content_type.size = head->etag.size = head->last_modified.size = 0;
	head->retry_after.size = head->refresh.size = head->location_size = 0;
}

void fetch_head_begin(struct fetch_head *head)
{
	head->bytes = 0;
	forget(head);
}

static const char *take_line(struct fetch_head *head, struct slice line, struct slice product_token)
{
	const char *colon = memchr(line.at, ':', line.size);
	struct slice name, value;

	head->name[0] = '\0';
	if (!colon)
		return NULL;
	name = trimmed((struct slice){ line.at, (size_t)(colon - line.at) });
	if (frames_with_a_gap(name, colon))
		return "white space before the colon of a header line that frames the body";
	if (name.size < sizeof(head->name))
		snprintf(head->name, sizeof(head->name), "%.*s", (int)name.size, name.at);
	value = (struct slice){ colon + 1, (size_t)(line.at + line.size - colon - 1) };
	return take_header(head, name, trimmed(value), product_token);
}

enum fetch_head_step fetch_head_line(struct fetch_head *head, struct slice line,
				     struct slice product_token, const char **why)
{
	const char *wrong;

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
	if (line.size > 0 && (line.at[0] == ' ' || line.at[0] == '\t'))
		wrong = take_fold(head, line, product_token);
	else if (trimmed(line).size == 0)
		return FETCH_HEAD_BLANK;
	else
		wrong = take_line(head, line, product_token);
	if (wrong)
		*why = wrong;
	return wrong ? FETCH_HEAD_BAD : FETCH_HEAD_MORE;
}

void fetch_head_note(const struct fetch_head *head, struct msg_page *page)
{
	page->flags = (head->is_nofollow ? MSG_PAGE_IS_NOFOLLOW : 0) |
		      (head->has_cookie ? MSG_PAGE_HAS_COOKIE : 0);
	page->texts[MSG_LOCATION] = (struct slice){ head->location, head->location_size };
	page->texts[MSG_CONTENT_TYPE] = content_type_of(header_get(&head->content_type));
	page->texts[MSG_ETAG] = header_get(&head->etag);
	page->texts[MSG_LAST_MODIFIED] = header_get(&head->last_modified);
	page->texts[MSG_RETRY_AFTER] = header_get(&head->retry_after);
	page->refresh = header_get(&head->refresh);
}
