#include "frontier/seeds.h"

#include <errno.h>
#include <stdlib.h>

#include "frontier/seed_request.h"
#include "frontier/seed_set.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

#define READ_BYTES      (256 * 1024) /* at a time: a pipe is waited for until so many are there */
#define BLOCK_BYTES     (SEEDS_LINE_BYTES_MAX + 2 * READ_BYTES)
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

_Static_assert(SEEDS_LINE_BYTES_MAX == 1024 * 1024, "too_long says so");
static const char too_long[] = "too long: a line has at most 1 MiB";

/* A list cut into lines; [at, end) of block is read and not yet emitted. */
struct lines {
	FILE *list;
	size_t at, end;
	bool is_at_end_of_file;
	int error; /* errno of a read that failed behind the bytes that are left, or 0 */
	char *block;
};

/* Move what is left to the front and read on behind it.  Returns 0, or -1 with errno. */
static int fill(struct lines *lines)
{
	size_t left = lines->end - lines->at, room = BLOCK_BYTES - left, got;

	if (room > READ_BYTES)
		room = READ_BYTES;
	if (lines->error != 0) {
		errno = lines->error;
		return -1;
	}
	memmove(lines->block, lines->block + lines->at, left);
	got = fread(lines->block + left, 1, room, lines->list);
	lines->at = 0;
	lines->end = left + got;
	if (got < room) {
		lines->is_at_end_of_file = !ferror(lines->list);
		if (!lines->is_at_end_of_file)
			lines->error = errno != 0 ? errno : EIO;
	}
	return got == 0 && lines->error != 0 ? -1 : 0;
}

/*
 * Keep only the beginning of a line that is too long, so that the block has room again:
 * so much that it is too long even without its byte-order mark.  Returns what was dropped.
 */
static size_t shorten(struct lines *lines)
{
	size_t kept = SEEDS_LINE_BYTES_MAX + sizeof(BYTE_ORDER_MARK), size = lines->end - lines->at;

	if (size <= kept)
		return 0;
	lines->end = lines->at + kept;
	return size - kept;
}

/*
 * Take the next line, without its LF.  Of one longer than SEEDS_LINE_BYTES_MAX a part
 * that is still longer.  *line points into the block until the next call.
 * Returns 1, 0 at the end, or -1 with errno.
 */
static int next_line(struct lines *lines, struct slice *line)
{
	size_t searched = 0, dropped = 0;

	for (;;) {
		char *begin = lines->block + lines->at;
		size_t left = lines->end - lines->at;
		char *newline = memchr(begin + searched, '\n', left - searched);

		if (newline || (lines->is_at_end_of_file && left > 0)) {
			line->at = begin;
			line->size = newline ? (size_t)(newline - begin) : left;
			lines->at += line->size + (newline != NULL);
			return 1;
		}
		if (lines->is_at_end_of_file)
			return 0;
		dropped += shorten(lines);
		searched = lines->end - lines->at;
		if (searched + dropped > SEEDS_LINE_LENGTH_MAX) {
			errno = SEEDS_ERROR_ENDLESS;
			return -1;
		}
		if (fill(lines) < 0)
			return -1;
	}
}

static bool is_space(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct slice trim(struct slice text)
{
	while (text.size > 0 && is_space(text.at[0])) {
		text.at++;
		text.size--;
	}
	while (text.size > 0 && is_space(text.at[text.size - 1]))
		text.size--;
	return text;
}

static bool has_space(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (is_space(text.at[i]))
			return true;
	return false;
}

/* At most SEEDS_REJECT_TEXT_MAX bytes of text, and no part of a character at the end. */
static struct slice cut(struct slice text)
{
	size_t size = SEEDS_REJECT_TEXT_MAX;

	if (text.size <= size)
		return text;
	for (int back = 0; back < 3 && (text.at[size] & 0xC0) == 0x80; back++)
		size--;
	return (struct slice){ text.at, size };
}

/* An editor of another system may have put one before the first line. */
static struct slice skip_byte_order_mark(struct slice line)
{
	const size_t size = sizeof(BYTE_ORDER_MARK) - 1;

	if (line.size < size || memcmp(line.at, BYTE_ORDER_MARK, size) != 0)
		return line;
	return (struct slice){ line.at + size, line.size - size };
}

/* ---- one line ---- */

/* Who reads lines, and what each is read into. */
struct reader {
	seeds_function *function;
	void *context;
	struct seeds_counts *counts;
	struct url url;
	struct seed_set set;
	struct scratch scratch; /* its text */
};

/* "http://h/ shop=7": it was meant well, and a blank is no TAB. */
static const char *space_reason(struct slice text)
{
	size_t at = 0;

	while (!is_space(text.at[at]))
		at++;
	while (at < text.size && is_space(text.at[at]))
		at++;
	while (at < text.size && (ascii_is_letter(text.at[at]) || text.at[at] == '_'))
		at++;
	if (at < text.size && text.at[at] == '=')
		return "white space inside the URL (name=value stands behind a TAB)";
	return "white space inside the URL (one URL a line)";
}

/* Why this is not a URL, or NULL and the URL. */
static const char *read_url(struct slice text, struct url *url)
{
	enum url_error error;

	if (has_space(text))
		return space_reason(text);
	error = url_parse(url, text);
	return error == URL_OK ? NULL : url_error_text(error);
}

/* The text up to the next TAB; *rest is what stands behind that, or absent. */
static struct slice cut_at_tab(struct slice text, struct slice *rest)
{
	const char *tab = memchr(text.at, '\t', text.size);

	*rest = (struct slice){ NULL, 0 };
	if (!tab)
		return text;
	*rest = (struct slice){ tab + 1, text.size - (size_t)(tab + 1 - text.at) };
	return (struct slice){ text.at, (size_t)(tab - text.at) };
}

/* Fields behind TABs; what is empty between two of them is passed by: columns of a table. */
static const char *read_fields(struct slice fields, struct seed_set *set)
{
	const char *reason = NULL;

	while (fields.at && !reason) {
		struct slice field = trim(cut_at_tab(fields, &fields));
		const char *equals = field.size ? memchr(field.at, '=', field.size) : NULL;
		size_t name_size = equals ? (size_t)(equals - field.at) : 0;

		if (equals)
			reason = seed_set_add(
				set, trim((struct slice){ field.at, name_size }),
				trim((struct slice){ equals + 1, field.size - name_size - 1 }));
		else if (field.size > 0)
			reason = "white space inside the URL (behind a TAB stands name=value)";
	}
	return reason;
}

/* A URL, and its fields. */
static const char *read_plain(struct reader *reader, struct seeds_line *line)
{
	struct slice fields, url;
	const char *reason;

	url = trim(cut_at_tab(line->text, &fields));
	reason = read_url(url, &reader->url);
	if (!reason && fields.at) {
		reader->set.count = 0;
		reason = read_fields(fields, &reader->set);
		line->set = seed_set_text(&reader->set, &reader->scratch);
	}
	line->user = url_user(url);
	return reason;
}

/* An object of JSON, or what was meant as one. */
static const char *read_request(struct reader *reader, struct seeds_line *line)
{
	struct seed_request said;
	const char *reason =
		seed_request_read(line->text, &reader->url, &said, &reader->set, &reader->scratch);

	line->user = said.user;
	line->set = said.set;
	line->request = said.request;
	return reason;
}

/* Why this line is none, or NULL, with reader->url and what line has of it. */
static const char *read_line(struct reader *reader, struct seeds_line *line)
{
	if (memchr(line->text.at, '\0', line->text.size))
		return "a NUL byte inside the line (save a UTF-16 list as UTF-8)";
	return seed_request_is_meant(line->text) ? read_request(reader, line)
						 : read_plain(reader, line);
}

/* A piece of JSON that somebody has set over many lines, a command: whatever is in quotes. */
static bool is_quoting(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] == '"' || text.at[i] == '\'' || text.at[i] == '{')
			return true;
	return false;
}

/* What is shown of it, and kept: not who asks. */
static void reject(struct reader *reader, struct seeds_line *line)
{
	bool is_request = seed_request_is_meant(line->text);
	struct slice user = is_request ? (struct slice){ NULL, 0 }
				       : url_user(line->text); /* which may have a TAB in it */
	size_t user_at = user.at ? (size_t)(user.at - line->text.at) : SIZE_MAX;

	line->text =
		is_request || is_quoting(line->text)
			? seed_request_conceal(line->text, SEEDS_REJECT_TEXT_MAX, &reader->scratch)
			: cut(line->text);
	line->user = (struct slice){ NULL, 0 };
	if (user_at < line->text.size) {
		size_t rest = line->text.size - user_at;

		line->user = (struct slice){ line->text.at + user_at,
					     user.size < rest ? user.size : rest };
	}
	line->set = (struct slice){ NULL, 0 };
	line->request = (struct http_request){ .method = REQUEST_GET };
}

/* Count one line and emit it.  Returns what function returns, or 0. */
static int take_line(struct reader *reader, struct slice whole)
{
	struct seeds_counts *counts = reader->counts;
	struct seeds_line line = { .number = ++counts->lines, .text = trim(whole) };
	bool is_too_long = whole.size > SEEDS_LINE_BYTES_MAX;

	if (line.text.size == 0 ? !is_too_long : line.text.at[0] == '#') {
		counts->skipped++;
		return 0;
	}
	scratch_reset(&reader->scratch);
	line.reason = is_too_long ? too_long : read_line(reader, &line);
	if (line.reason) {
		counts->rejected++;
		reject(reader, &line);
	} else {
		counts->urls++;
		line.url = &reader->url;
	}
	return reader->function(reader->context, &line);
}

int seeds_read(FILE *list, seeds_function *function, void *context, struct seeds_counts *counts)
{
	struct lines lines = { .list = list, .block = memory_new(BLOCK_BYTES, 1) };
	struct reader reader = { function, context, counts, .scratch = { NULL, 0 } };
	struct slice line;
	int got, error;

	*counts = (struct seeds_counts){ 0 };
	while ((got = next_line(&lines, &line)) > 0) {
		if (counts->lines == 0)
			line = skip_byte_order_mark(line);
		if (take_line(&reader, line) != 0)
			break;
	}
	error = got > 0 ? 0 : errno;
	scratch_free(&reader.scratch);
	free(lines.block);
	errno = error;
	return got == 0 ? 0 : -1;
}

int seeds_read_text(struct slice text, seeds_function *function, void *context,
		    struct seeds_counts *counts)
{
	FILE *list = fmemopen((void *)(uintptr_t)text.at, text.size, "r");
	int result;

	if (!list)
		memory_fail();
	result = seeds_read(list, function, context, counts);
	fclose(list);
	return result;
}
