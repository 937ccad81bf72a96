#include "tests/support/test.h"

#include "tests/support/hostile.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT_MAX (1024 * 1024)
#define GOOD     16 /* bytes of the page that most rows are about */

/* ---- the bytes of an answer ---- */

/* "{3*ab}" becomes "ababab"; what is escaped stays so.  The caller frees it. */
static char *repeat(const char *text)
{
	char *out;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	assert_non_null(file);
	for (; *text; text++) {
		char *piece;
		unsigned long times;

		if (*text != '{') {
			putc(*text, file);
			if (*text == '\\' && text[1])
				putc(*++text, file);
			continue;
		}
		times = strtoul(text + 1, &piece, 10);
		text = strchr(piece, '}');
		if (*piece != '*' || !text)
			fail_msg("no number, * or end behind a brace: %.20s", piece);
		for (; times > 0; times--)
			fwrite(piece + 1, 1, (size_t)(text - piece - 1), file);
	}
	fclose(file);
	return out;
}

/* The bytes that the text is of, up to end.  Returns the end of out. */
static char *unescape(const char *text, const char *end, char *out)
{
	static const char names[] = "rnt\\{", codes[] = "\r\n\t\\{";

	while (text < end) {
		const char *name;
		char hex[3] = { 0 };

		if (*text != '\\') {
			*out++ = *text++;
			continue;
		}
		text += 2;
		name = strchr(names, text[-1]);
		if (text[-1] == 'x') {
			memcpy(hex, text, 2);
			*out++ = (char)strtol(hex, NULL, 16);
			text += 2;
		} else if (name && *name) {
			*out++ = codes[name - names];
		} else {
			fail_msg("there is no \\%c", text[-1]);
		}
	}
	return out;
}

/* "0.1.1:text", or "raw:bytes", up to end.  Returns the end of out. */
static char *put_frame(const char *text, const char *end, char *out)
{
	unsigned type, flags, stream;
	char head[16], *payload = out + 9;
	int used = 0;
	size_t size;

	if (end - text >= 4 && memcmp(text, "raw:", 4) == 0)
		return unescape(text + 4, end, out);
	snprintf(head, sizeof(head), "%.*s", end - text < 15 ? (int)(end - text) : 15, text);
	if (sscanf(head, "%x.%x.%u:%n", &type, &flags, &stream, &used) != 3 || used == 0)
		fail_msg("no frame: %.20s", text);
	size = (size_t)(unescape(text + used, end, payload) - payload);
	out[0] = (char)(size >> 16);
	out[1] = (char)(size >> 8);
	out[2] = (char)size;
	out[3] = (char)type;
	out[4] = (char)flags;
	memcpy(out + 5, (char[]){ 0, 0, 0, (char)stream }, 4);
	return payload + size;
}

static void read_bytes(struct hostile_row *row, const char *text, bool is_framed)
{
	char *whole = repeat(text), *out, *next = whole;

	row->bytes = malloc(5 * strlen(whole) + 16); /* a frame of nothing is shorter as a text */
	assert_non_null(row->bytes);
	if (is_framed) {
		out = row->bytes;
		for (next += strspn(next, " "); *next; next += strspn(next, " ")) {
			char *end = next + strcspn(next, " ");

			out = put_frame(next, end, out);
			next = end;
		}
	} else {
		out = unescape(whole, whole + strlen(whole), row->bytes);
	}
	row->size = (size_t)(out - row->bytes);
	free(whole);
}

/* ---- the table ---- */

static enum hostile_end end_of(const char *word)
{
	static const char *const names[] = { "close", "reset", "stay" };
	size_t i = 0;

	while (i < 3 && strcmp(word, names[i]) != 0)
		i++;
	if (i == 3)
		fail_msg("%s is no end", word);
	return (enum hostile_end)i;
}

/* The text up to a tab or the line's end, which *at is moved behind. */
static char *take_field(char **at)
{
	char *field = *at;

	*at += strcspn(*at, "\t");
	if (**at)
		*(*at)++ = '\0';
	return field;
}

static void read_line(struct hostile_table *table, char *line, bool is_framed)
{
	struct hostile_row *row = &table->rows[table->count++];

	assert_true(table->count < HOSTILE_ROWS_MAX);
	row->name = take_field(&line);
	row->wanted = take_field(&line);
	row->end = end_of(take_field(&line));
	read_bytes(row, line, is_framed);
}

void hostile_read(struct hostile_table *table, const char *path, bool is_framed)
{
	FILE *file = fopen(path, "r");
	char *line, *next;
	size_t size;

	assert_non_null(file);
	*table = (struct hostile_table){ .text = malloc(TEXT_MAX) };
	assert_non_null(table->text);
	size = fread(table->text, 1, TEXT_MAX - 1, file);
	table->text[size] = '\0';
	fclose(file);
	for (line = table->text; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (*line && *line != '#')
			read_line(table, line, is_framed);
	}
}

void hostile_free(struct hostile_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->rows[i].bytes);
	free(table->text);
	*table = (struct hostile_table){ 0 };
}

/* ---- sending ---- */

void hostile_send(int fd, const struct hostile_row *row)
{
	for (size_t at = 0; at < row->size;) {
		ssize_t sent = send(fd, row->bytes + at, row->size - at, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		at += (size_t)sent;
	}
}

void hostile_write(int fd, const struct hostile_row *row)
{
	for (size_t at = 0; at < row->size;) {
		ssize_t sent = write(fd, row->bytes + at, row->size - at);

		if (sent <= 0)
			return;
		at += (size_t)sent;
	}
}

/* ---- what came of it ---- */

/* A page of so many bytes has the title; one of none has nothing. */
static bool is_page(const char *page, unsigned long size)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "ok|%lu|%s", size, size > 0 ? "t" : "-");
	return strcmp(page, wanted) == 0;
}

static bool fits_word(const char *word, size_t size, const char *page)
{
	if (size == 2 && memcmp(word, "ok", 2) == 0)
		return is_page(page, GOOD);
	if (size > 3 && memcmp(word, "ok=", 3) == 0)
		return is_page(page, strtoul(word + 3, NULL, 10));
	return size == strcspn(page, "|") && memcmp(word, page, size) == 0;
}

bool hostile_fits(const struct hostile_row *row, const char *page)
{
	const char *word = row->wanted;

	for (;;) {
		size_t size = strcspn(word, "|");

		if (fits_word(word, size, page))
			return true;
		if (!word[size])
			return false;
		word += size + 1;
	}
}
