#include "tests/support/test.h"

#include "tests/support/hostile.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX (1024 * 1024)
#define GOOD     16 /* bytes of the page that most rows are about */

/* ---- the bytes of an answer ---- */

/* One character of the table's text at *at, which is moved behind it. */
static char take_escaped(const char **at)
{
	static const char names[] = "rntt\\\\{{", codes[] = "\r\n\t\t\\\\{{";
	const char *name;
	char hex[3] = { 0 };

	if (**at != '\\')
		return *(*at)++;
	*at += 2;
	if ((*at)[-1] == 'x') {
		memcpy(hex, *at, 2);
		*at += 2;
		return (char)strtol(hex, NULL, 16);
	}
	name = strchr(names, (*at)[-1]);
	if (!name || !*name)
		fail_msg("there is no \\%c", (*at)[-1]);
	return codes[name - names];
}

/* "{3*ab}", of which at is behind the brace: writes "ababab". */
static size_t put_repeated(const char **at, FILE *out)
{
	char *rest, *piece = malloc(TEXT_MAX);
	unsigned long times = strtoul(*at, &rest, 10);
	size_t size = 0;

	if (!piece || *rest != '*')
		fail_msg("no number and * behind a brace: %.20s", *at);
	*at = rest + 1;
	while (**at && **at != '}')
		piece[size++] = take_escaped(at);
	*at += **at == '}';
	for (unsigned long i = 0; i < times; i++)
		fwrite(piece, 1, size, out);
	free(piece);
	return times * size;
}

static void read_bytes(struct hostile_row *row, const char *text)
{
	FILE *out = open_memstream(&row->bytes, &row->size);

	assert_non_null(out);
	while (*text) {
		if (*text == '{') {
			text++;
			put_repeated(&text, out);
		} else {
			putc(take_escaped(&text), out);
		}
	}
	fclose(out);
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

static void read_line(struct hostile_table *table, char *line)
{
	struct hostile_row *row = &table->rows[table->count++];

	assert_true(table->count < HOSTILE_ROWS_MAX);
	row->name = take_field(&line);
	row->wanted = take_field(&line);
	row->end = end_of(take_field(&line));
	read_bytes(row, line);
}

void hostile_read(struct hostile_table *table, const char *path)
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
			read_line(table, line);
	}
}

void hostile_free(struct hostile_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->rows[i].bytes);
	free(table->text);
	*table = (struct hostile_table){ 0 };
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
