#include "master/travel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

#define NUMBER_BYTES 24

/* ---- words ---- */

struct writer {
	char *at;
	size_t size, room;
};

static void put(struct writer *writer, const char *at, size_t size)
{
	if (size == 0)
		return;
	if (writer->size + size > writer->room) {
		writer->room = (writer->size + size) * 2;
		writer->at = memory_resize(writer->at, writer->room);
	}
	memcpy(writer->at + writer->size, at, size);
	writer->size += size;
}

static void put_text(struct writer *writer, struct slice text)
{
	char head[NUMBER_BYTES];

	if (!text.at) {
		put(writer, "-", 1);
		return;
	}
	put(writer, head, (size_t)snprintf(head, sizeof(head), "%zu:", text.size));
	put(writer, text.at, text.size);
}

static void put_number(struct writer *writer, uint64_t number)
{
	char text[NUMBER_BYTES];
	int size = snprintf(text, sizeof(text), "%" PRIu64, number);

	put_text(writer, (struct slice){ text, (size_t)size });
}

static void put_key(struct writer *writer, struct store_key key)
{
	put_number(writer, key.share);
	put_number(writer, key.number);
}

static struct slice written(const struct writer *writer)
{
	return (struct slice){ writer->at, writer->size };
}

/* What is left; after the first word that makes no sense all are empty. */
struct reader {
	const char *at;
	size_t size;
	bool is_bad;
};

static struct slice refuse(struct reader *reader)
{
	reader->is_bad = true;
	reader->size = 0;
	return (struct slice){ 0 };
}

/* Digits, at most 20, and what ends them, which is taken too. */
static bool get_digits(struct reader *reader, uint64_t *number, char end)
{
	size_t i = 0;

	for (*number = 0;
	     i < reader->size && i < 20 && reader->at[i] >= '0' && reader->at[i] <= '9'; i++)
		*number = *number * 10 + (uint64_t)(reader->at[i] - '0');
	if (i == 0 || i == reader->size || reader->at[i] != end)
		return false;
	reader->at += i + 1;
	reader->size -= i + 1;
	return true;
}

static struct slice get_text(struct reader *reader)
{
	struct slice text = { 0 };
	uint64_t size;

	if (reader->size > 0 && reader->at[0] == '-') {
		reader->at++;
		reader->size--;
		return text;
	}
	if (!get_digits(reader, &size, ':') || size > reader->size)
		return refuse(reader);
	text = (struct slice){ reader->at, size };
	reader->at += size;
	reader->size -= size;
	return text;
}

static uint64_t get_number(struct reader *reader, uint64_t most)
{
	struct slice text = get_text(reader);
	uint64_t number = 0;

	if (text.size == 0 || text.size > 20)
		refuse(reader);
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			refuse(reader);
		number = number * 10 + (uint64_t)(text.at[i] - '0');
	}
	if (number > most)
		refuse(reader);
	return number <= most ? number : 0;
}

static struct store_key get_key(struct reader *reader)
{
	uint32_t share = (uint32_t)get_number(reader, UINT32_MAX);

	return (struct store_key){ share, (uint32_t)get_number(reader, UINT32_MAX) };
}

static bool get_bool(struct reader *reader)
{
	return get_number(reader, 1) != 0;
}

static int end(const struct reader *reader)
{
	return reader->is_bad || reader->size > 0 ? -1 : 0;
}

/* ---- a visit ---- */

/* In the order in which they stand; both ways must agree. */
static void put_numbers(struct writer *writer, const struct visit *visit)
{
	const uint64_t numbers[] = {
		visit->share,
		visit->number,
		visit->root,
		visit->kind,
		visit->lane,
		visit->depth,
		visit->rule,
		visit->hops,
		visit->deaths,
		visit->shots,
		visit->tries,
		visit->last_outcome,
		visit->last_status,
		visit->is_counted,
		visit->is_again,
		visit->has_content,
		visit->is_guess,
		visit->is_moved,
		visit->has_cookie,
		visit->proxy_failures,
		visit->is_renewed,
		visit->has_left_tls,
		visit->is_post,
		visit->hash,
		visit->wants_connection,
		(uint64_t)visit->fetched_at_ms,
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		put_number(writer, numbers[i]);
}

static uint32_t get_32(struct reader *reader)
{
	return (uint32_t)get_number(reader, UINT32_MAX);
}

static void get_numbers(struct reader *reader, struct visit *visit)
{
	visit->share = get_32(reader);
	visit->number = get_32(reader);
	visit->root = get_number(reader, UINT64_MAX);
	visit->kind = (enum visit_kind)get_number(reader, VISIT_ROBOTS);
	visit->lane = (enum frontier_lane)get_number(reader, FRONTIER_LANES - 1);
	visit->depth = get_32(reader);
	visit->rule = get_32(reader);
	visit->hops = get_32(reader);
	visit->deaths = get_32(reader);
	visit->shots = get_32(reader);
	visit->tries = get_32(reader);
	visit->last_outcome = (unsigned)get_number(reader, OUTCOME_COUNT - 1);
	visit->last_status = (unsigned)get_number(reader, 999);
	visit->is_counted = get_bool(reader);
	visit->is_again = get_bool(reader);
	visit->has_content = get_bool(reader);
	visit->is_guess = get_bool(reader);
	visit->is_moved = get_bool(reader);
	visit->has_cookie = get_bool(reader);
	visit->proxy_failures = get_32(reader);
	visit->is_renewed = get_bool(reader);
	visit->has_left_tls = get_bool(reader);
	visit->is_post = get_bool(reader);
	visit->hash = get_number(reader, UINT64_MAX);
	visit->wants_connection = get_bool(reader);
	visit->fetched_at_ms = (int64_t)get_number(reader, INT64_MAX);
}

static struct slice text_of(const char *at, size_t size)
{
	return (struct slice){ at, at ? size : 0 };
}

static void put_texts(struct writer *writer, const struct visit *visit)
{
	static const struct http_request plain = { .method = REQUEST_GET };
	const struct http_request *request = visit->request ? visit->request : &plain;

	put_text(writer, visit_url(visit));
	put_text(writer, text_of(visit->first, visit->first_size));
	put_text(writer, visit->trail ? slice_of(visit->trail) : (struct slice){ 0 });
	put_text(writer, visit_cookies(visit));
	put_text(writer, visit_counts(visit));
	put_text(writer, slice_of(request_method_name(request->method)));
	put_text(writer, request->headers);
	put_text(writer, request->body);
}

static void get_texts(struct reader *reader, struct visit *visit)
{
	struct slice url = get_text(reader), first = get_text(reader), trail = get_text(reader);
	struct slice cookies = get_text(reader), counts = get_text(reader);
	struct slice method = get_text(reader);
	struct http_request request = { .method = REQUEST_GET };

	request.headers = get_text(reader);
	request.body = get_text(reader);
	if (url.size == 0 || url.size > URL_BYTES_MAX || first.size > URL_BYTES_MAX ||
	    cookies.size > VISIT_COOKIES_MAX || request.headers.size > REQUEST_HEADERS_MAX ||
	    request.body.size > REQUEST_BODY_MAX || !request_method_of(method, &request.method))
		refuse(reader);
	if (reader->is_bad)
		return;
	visit_set_url(visit, first.at ? first : url);
	if (first.at)
		visit_lead(visit, url);
	if (trail.at)
		visit->trail = memory_text(trail.at, trail.size);
	visit_add_cookies(visit, cookies);
	visit_set_counts(visit, counts);
	visit_set_request(visit, &request);
}

struct slice travel_write(const struct travel *travel)
{
	struct writer writer = { .at = NULL };

	put_numbers(&writer, travel->visit);
	put_key(&writer, travel->home);
	put_number(&writer, travel->may_move);
	put_number(&writer, travel->from_where);
	put_number(&writer, travel->status);
	put_number(&writer, travel->wire_size);
	put_number(&writer, travel->elapsed_us);
	put_number(&writer, (uint64_t)travel->wait_ms);
	put_text(&writer, travel->set);
	put_text(&writer, travel->etag);
	put_text(&writer, travel->modified);
	put_texts(&writer, travel->visit);
	return written(&writer);
}

int travel_read(struct slice words, struct travel *travel)
{
	struct reader reader = { words.at, words.size, false };

	get_numbers(&reader, travel->visit);
	travel->home = get_key(&reader);
	travel->may_move = get_bool(&reader);
	travel->from_where = (enum store_from)get_number(&reader, STORE_FROM_PRIVATE);
	travel->status = (unsigned)get_number(&reader, 999);
	travel->wire_size = get_number(&reader, UINT64_MAX);
	travel->elapsed_us = get_32(&reader);
	travel->wait_ms = (int64_t)get_number(&reader, INT64_MAX);
	travel->set = get_text(&reader);
	travel->etag = get_text(&reader);
	travel->modified = get_text(&reader);
	get_texts(&reader, travel->visit);
	return end(&reader);
}

/* ---- news ---- */

struct slice travel_write_word(const struct travel_word *word)
{
	struct writer writer = { .at = NULL };

	put_number(&writer, word->news);
	put_number(&writer, word->outcome);
	put_number(&writer, word->status);
	put_text(&writer, word->error);
	put_number(&writer, word->is_again);
	put_text(&writer, word->url);
	put_text(&writer, word->place);
	put_key(&writer, word->key);
	put_text(&writer, word->hearsay);
	put_number(&writer, word->hops);
	return written(&writer);
}

int travel_read_word(struct slice words, struct travel_word *word)
{
	struct reader reader = { words.at, words.size, false };

	word->news = (enum travel_news)get_number(&reader, TRAVEL_RING);
	word->outcome = (enum outcome)get_number(&reader, OUTCOME_COUNT - 1);
	word->status = (unsigned)get_number(&reader, 999);
	word->error = get_text(&reader);
	word->is_again = get_bool(&reader);
	word->url = get_text(&reader);
	word->place = get_text(&reader);
	word->key = get_key(&reader);
	word->hearsay = get_text(&reader);
	word->hops = get_32(&reader);
	return end(&reader);
}

/* ---- robots.txt ---- */

struct slice travel_write_robots(const struct travel_robots *robots)
{
	struct writer writer = { .at = NULL };

	put_number(&writer, robots->outcome);
	put_number(&writer, robots->status);
	put_text(&writer, robots->error);
	put_text(&writer, robots->text);
	return written(&writer);
}

int travel_read_robots(struct slice words, struct travel_robots *robots)
{
	struct reader reader = { words.at, words.size, false };

	robots->outcome = (enum outcome)get_number(&reader, OUTCOME_COUNT - 1);
	robots->status = (unsigned)get_number(&reader, 999);
	robots->error = get_text(&reader);
	robots->text = get_text(&reader);
	return end(&reader);
}
