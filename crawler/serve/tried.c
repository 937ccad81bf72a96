#include "serve/tried.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

#define ABSENT UINT32_MAX

/* ---- writing ---- */

struct out {
	char *bytes;
	size_t size, room;
};

static void put(struct out *out, const void *bytes, size_t size)
{
	if (out->room - out->size < size) {
		out->room = 2 * (out->size + size) + 64;
		out->bytes = memory_resize(out->bytes, out->room);
	}
	if (size > 0)
		memcpy(out->bytes + out->size, bytes, size);
	out->size += size;
}

static void put_byte(struct out *out, unsigned char byte)
{
	put(out, &byte, 1);
}

static void put_number(struct out *out, uint32_t number)
{
	put(out, &number, sizeof(number));
}

static void put_long(struct out *out, uint64_t number)
{
	put(out, &number, sizeof(number));
}

static void put_text(struct out *out, struct slice text)
{
	put_number(out, text.at ? (uint32_t)text.size : ABSENT);
	if (text.at)
		put(out, text.at, text.size);
}

static char *done(const struct out *out, size_t *size)
{
	*size = out->size;
	return out->bytes;
}

/* ---- reading: after the first that is not there all is 0 ---- */

struct in {
	struct slice rest;
	bool is_bad;
};

static void take(struct in *in, void *bytes, size_t size)
{
	memset(bytes, 0, size);
	in->is_bad |= in->rest.size < size;
	if (in->is_bad)
		return;
	memcpy(bytes, in->rest.at, size);
	in->rest.at += size;
	in->rest.size -= size;
}

static uint32_t take_number(struct in *in)
{
	uint32_t number;

	take(in, &number, sizeof(number));
	return number;
}

static uint64_t take_long(struct in *in)
{
	uint64_t number;

	take(in, &number, sizeof(number));
	return number;
}

static bool take_flag(struct in *in)
{
	unsigned char byte;

	take(in, &byte, 1);
	in->is_bad |= byte > 1;
	return byte == 1;
}

static uint32_t take_count(struct in *in, uint32_t most)
{
	uint32_t count = take_number(in);

	in->is_bad |= count > most;
	return in->is_bad ? 0 : count;
}

static struct slice take_text(struct in *in, size_t most)
{
	uint32_t size = take_number(in);
	struct slice text = { in->rest.at, size };

	if (in->is_bad || size == ABSENT)
		return (struct slice){ NULL, 0 };
	in->is_bad |= size > most || size > in->rest.size;
	if (in->is_bad)
		return (struct slice){ NULL, 0 };
	in->rest.at += size;
	in->rest.size -= size;
	return text;
}

static bool is_over(const struct in *in)
{
	return !in->is_bad && in->rest.size == 0;
}

/* ---- a part of a page ---- */

char *tried_part_encode(const struct tried_part *part, unsigned char kind, size_t *size)
{
	struct out out = { .bytes = NULL };

	put_byte(&out, kind);
	put_long(&out, part->key);
	put_number(&out, part->size);
	put_number(&out, part->offset);
	put(&out, part->bytes.at, part->bytes.size);
	return done(&out, size);
}

int tried_part_decode(struct tried_part *part, struct slice message)
{
	struct in in = { .rest = message };
	struct tried_part read = { .key = take_long(&in) };

	read.size = take_count(&in, TRIED_PAGE_MAX);
	read.offset = take_count(&in, read.size);
	read.bytes = in.rest;
	if (in.is_bad || read.bytes.size > read.size - read.offset)
		return -1;
	*part = read;
	return 0;
}

/* ---- a wish ---- */

char *tried_wish_encode(const struct tried_wish *wish, unsigned char kind, size_t *size)
{
	struct out out = { .bytes = NULL };

	put_byte(&out, kind);
	put_long(&out, wish->key);
	put_byte(&out, wish->is_one);
	put_number(&out, wish->budget_ms);
	put_text(&out, wish->url);
	put_text(&out, wish->type);
	put_text(&out, wish->set);
	put_text(&out, wish->charset);
	put_text(&out, wish->text);
	return done(&out, size);
}

int tried_wish_decode(struct tried_wish *wish, struct slice message)
{
	struct in in = { .rest = message };
	struct tried_wish read = { .key = take_long(&in) };

	read.is_one = take_flag(&in);
	read.budget_ms = take_number(&in);
	read.url = take_text(&in, message.size);
	read.type = take_text(&in, message.size);
	read.set = take_text(&in, message.size);
	read.charset = take_text(&in, message.size);
	read.text = take_text(&in, message.size);
	if (!is_over(&in))
		return -1;
	*wish = read;
	return 0;
}

/* ---- what came of it ---- */

static void put_pattern(struct out *out, const struct tried_pattern *pattern)
{
	size_t cells = (size_t)pattern->row_count * pattern->column_count;

	put_text(out, pattern->name);
	put_text(out, pattern->limit);
	put_byte(out, pattern->is_child);
	put_number(out, pattern->rows);
	put_number(out, pattern->dropped);
	put_number(out, pattern->bad);
	put_long(out, pattern->elapsed_ns);
	put_number(out, pattern->columns);
	put_number(out, pattern->column_count);
	put_number(out, pattern->row_count);
	for (uint32_t i = 0; i < pattern->column_count; i++)
		put_text(out, pattern->names[i]);
	for (size_t i = 0; i < cells; i++)
		put_text(out, pattern->cells[i]);
}

char *tried_encode(const struct tried *tried, size_t *size)
{
	struct out out = { .bytes = NULL };

	put_number(&out, tried->state);
	put_text(&out, tried->complaints);
	put_text(&out, tried->why);
	put_byte(&out, tried->is_for_url);
	put_number(&out, tried->matches);
	put_number(&out, tried->match_count);
	put_number(&out, tried->pattern_count);
	put(&out, tried->match, tried->match_count * sizeof(*tried->match));
	for (uint32_t i = 0; i < tried->pattern_count; i++)
		put_pattern(&out, &tried->pattern[i]);
	return done(&out, size);
}

/* A text costs four bytes: what is said to be there is made room for only if it can be. */
static struct slice *take_texts(struct in *in, size_t count, size_t most)
{
	struct slice *texts;

	in->is_bad |= count > in->rest.size / sizeof(uint32_t);
	if (in->is_bad || count == 0)
		return NULL;
	texts = memory_new(count, sizeof(*texts));
	for (size_t i = 0; i < count; i++)
		texts[i] = take_text(in, most);
	return texts;
}

static struct tried_pattern take_pattern(struct in *in)
{
	struct tried_pattern pattern = { .name = take_text(in, TRIED_TEXT_MAX) };

	pattern.limit = take_text(in, TRIED_TEXT_MAX);
	pattern.is_child = take_flag(in);
	pattern.rows = take_number(in);
	pattern.dropped = take_number(in);
	pattern.bad = take_number(in);
	pattern.elapsed_ns = take_long(in);
	pattern.columns = take_number(in);
	pattern.column_count = take_count(in, TRIED_COLUMNS_MAX);
	pattern.row_count = take_count(in, TRIED_ROWS_MAX);
	pattern.names = take_texts(in, pattern.column_count, TRIED_TEXT_MAX);
	pattern.cells =
		take_texts(in, (size_t)pattern.row_count * pattern.column_count, TRIED_CELL_MAX);
	return pattern;
}

int tried_decode(struct tried *tried, struct slice message)
{
	struct in in = { .rest = message };
	struct tried read = { .state = take_count(&in, TRIED_DONE) };

	read.complaints = take_text(&in, TRIED_TEXT_MAX);
	read.why = take_text(&in, TRIED_TEXT_MAX);
	read.is_for_url = take_flag(&in);
	read.matches = take_number(&in);
	read.match_count = take_count(&in, TRIED_MATCHES_MAX);
	read.pattern_count = take_count(&in, TRIED_PATTERNS_MAX);
	read.match = memory_new(read.match_count + 1, sizeof(*read.match));
	read.pattern = memory_new(read.pattern_count + 1, sizeof(*read.pattern));
	take(&in, read.match, read.match_count * sizeof(*read.match));
	for (uint32_t i = 0; i < read.pattern_count; i++)
		read.pattern[i] = take_pattern(&in);
	for (uint32_t i = 0; i < read.match_count; i++)
		in.is_bad |= read.match[i].pattern >= read.pattern_count;
	if (is_over(&in)) {
		*tried = read;
		return 0;
	}
	tried_free(&read);
	return -1;
}

void tried_free(struct tried *tried)
{
	for (uint32_t i = 0; i < tried->pattern_count; i++) {
		free(tried->pattern[i].names);
		free(tried->pattern[i].cells);
	}
	free(tried->pattern);
	free(tried->match);
	*tried = (struct tried){ .state = TRIED_NO_PAGE };
}
