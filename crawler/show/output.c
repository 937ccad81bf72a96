#include "show/output.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "show/glyph.h"
#include "show/plain.h"
#include "show/screen.h"
#include "show/table.h"

#define NUMBER_BYTES 40 /* of a number's text, with the NUL */

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct output {
	FILE *out;
	enum output_format format;
	struct table *table; /* of OUTPUT_TABLE, from the first row on */
	struct table_cell *cells;
	uint64_t rows;
	bool has_header, is_terminal;
};

/* ---- values ---- */

/* The shortest of two precisions that reads back as the same number, and as a real. */
static const char *real_text(double real, char out[NUMBER_BYTES])
{
	if (isinf(real))
		return real > 0 ? "1e999" : "-1e999";
	snprintf(out, NUMBER_BYTES, "%.15g", real);
	if (strtod(out, NULL) != real)
		snprintf(out, NUMBER_BYTES, "%.17g", real);
	if (!strpbrk(out, ".en"))
		strcat(out, ".0");
	return out;
}

static const char *number_text(const struct datum *value, char out[NUMBER_BYTES])
{
	if (value->kind == DATUM_REAL)
		return real_text(value->real, out);
	snprintf(out, NUMBER_BYTES, "%" PRId64, value->integer);
	return out;
}

static bool is_number(const struct datum *value)
{
	return value->kind == DATUM_INTEGER || value->kind == DATUM_REAL;
}

static void hex_digits(unsigned char byte, char out[2])
{
	static const char digits[] = "0123456789abcdef";

	out[0] = digits[byte >> 4];
	out[1] = digits[byte & 15];
}

static void write_hex(FILE *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		char digits[2];

		hex_digits((unsigned char)bytes.at[i], digits);
		fwrite(digits, 1, sizeof(digits), out);
	}
}

/* ---- csv ---- */

static bool needs_quotes(struct slice text)
{
	return text.size == 0 || memchr(text.at, '"', text.size) ||
	       memchr(text.at, ',', text.size) || memchr(text.at, '\r', text.size) ||
	       memchr(text.at, '\n', text.size);
}

static void csv_text(FILE *out, struct slice text)
{
	if (!needs_quotes(text)) {
		fwrite(text.at, 1, text.size, out);
		return;
	}
	putc_unlocked('"', out);
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '"')
			putc_unlocked('"', out);
		putc_unlocked(text.at[i], out);
	}
	putc_unlocked('"', out);
}

/* "-1,234.50", "+3e5", "-12%": a spreadsheet may take it for a number, for that is what it is. */
static bool is_signed_number(struct slice text)
{
	const char *at = text.at + 1, *end = text.at + text.size;
	const char *digits = at;

	while (at < end && (ascii_is_digit(*at) || (at > digits && (*at == '.' || *at == ','))))
		at++;
	if (at == digits)
		return false;
	if (end - at > 1 && ascii_lower(*at) == 'e') {
		at += at[1] == '-' || at[1] == '+' ? 2 : 1;
		digits = at;
		while (at < end && ascii_is_digit(*at))
			at++;
	}
	return at > digits && (at == end || (*at == '%' && at + 1 == end));
}

/* How many bytes of a blank it begins with. */
static size_t blank_size(struct slice text)
{
	static const char *const blanks[] = { " ", "\xc2\xa0", "\xe3\x80\x80" };

	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		size_t size = strlen(blanks[i]);

		if (text.size >= size && memcmp(text.at, blanks[i], size) == 0)
			return size;
	}
	return 0;
}

/* "=", "+", "-" and "@" of East Asian keyboards, which are the same there. */
static bool begins_wide(struct slice text)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
					    "\xef\xbc\xa0" };

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (text.size > 3 && memcmp(text.at, wide[i], 3) == 0)
			return true;
	return false;
}

/*
 * Would a spreadsheet run it?  Blanks that it begins with are stripped by some, a tab or a line end
 * by others.  A sign alone is a text.
 */
static bool is_formula(struct slice text)
{
	for (size_t size; (size = blank_size(text)) > 0;)
		text = (struct slice){ text.at + size, text.size - size };
	if (text.size < 2)
		return false;
	if (text.at[0] == '+' || text.at[0] == '-')
		return !is_signed_number(text);
	return memchr("=@\t\r\n", text.at[0], 5) || begins_wide(text);
}

/* As a spreadsheet takes it for nothing else: an apostrophe before a text says that it is one. */
static void guarded_text(FILE *out, struct slice text)
{
	char *disarmed;

	if (!is_formula(text)) {
		csv_text(out, text);
		return;
	}
	disarmed = memory_new(text.size + 1, 1);
	disarmed[0] = '\'';
	memcpy(disarmed + 1, text.at, text.size);
	csv_text(out, (struct slice){ disarmed, text.size + 1 });
	free(disarmed);
}

static void csv_cell(const struct output *output, struct slice text)
{
	char *shown = output->is_terminal ? memory_text(text.at, text.size) : NULL;

	if (shown) {
		plain_make(shown, text.size);
		text.at = shown;
	}
	(output->format == OUTPUT_CSV ? csv_text : guarded_text)(output->out, text);
	free(shown);
}

static void csv_value(const struct output *output, const struct datum *value)
{
	char number[NUMBER_BYTES];

	if (is_number(value))
		fputs(number_text(value, number), output->out);
	else if (value->kind == DATUM_BLOB)
		write_hex(output->out, value->text);
	else if (value->kind == DATUM_TEXT || value->kind == DATUM_JSON)
		csv_cell(output, value->text);
}

static void csv_header(const struct output *output, const struct record *row)
{
	if (output->format == OUTPUT_EXCEL)
		fputs(BYTE_ORDER_MARK, output->out);
	for (size_t i = 0; i < row->column_count; i++) {
		if (i > 0)
			putc_unlocked(',', output->out);
		csv_cell(output, slice_of(row->columns[i]));
	}
	fputs("\r\n", output->out);
}

static void csv_row(struct output *output, const struct record *row)
{
	if (!output->has_header)
		csv_header(output, row);
	output->has_header = true;
	if (!row->values)
		return;
	for (size_t i = 0; i < row->column_count; i++) {
		if (i > 0)
			putc_unlocked(',', output->out);
		csv_value(output, &row->values[i]);
	}
	if (row->column_count == 1 && row->values[0].kind == DATUM_NULL)
		fputs("\"\"", output->out);
	fputs("\r\n", output->out);
}

/* ---- json ---- */

static bool json_is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* One character that is not plain. */
static void json_character(FILE *out, struct slice text, size_t bytes, uint32_t code)
{
	static const char short_names[] = "\bb\tt\nn\ff\rr\"\"\\\\";
	const char *name = code && code < 0x80 ? strchr(short_names, (int)code) : NULL;

	if (name)
		fprintf(out, "\\%c", name[1]);
	else if (code == GLYPH_BAD)
		fputs("\xef\xbf\xbd", out);
	else if (glyph_is_control(code))
		fprintf(out, "\\u%04x", (unsigned)code);
	else
		fwrite(text.at, 1, bytes, out);
}

static void json_text(FILE *out, struct slice text)
{
	putc_unlocked('"', out);
	while (text.size > 0) {
		size_t bytes = 0;
		uint32_t code;

		while (bytes < text.size && json_is_plain((unsigned char)text.at[bytes]))
			bytes++;
		fwrite(text.at, 1, bytes, out);
		text = (struct slice){ text.at + bytes, text.size - bytes };
		if (text.size == 0)
			break;
		bytes = glyph_decode(text, &code);
		json_character(out, text, bytes, code);
		text = (struct slice){ text.at + bytes, text.size - bytes };
	}
	putc_unlocked('"', out);
}

/* What is JSON already.  Line ends stand only between its parts, other controls only in strings. */
static void json_json(FILE *out, struct slice json)
{
	while (json.size > 0) {
		uint32_t code;
		size_t bytes = glyph_decode(json, &code);

		if (code == '\n' || code == '\r')
			putc_unlocked(' ', out);
		else if (code < 0x7f)
			putc_unlocked((int)code, out);
		else if (glyph_is_control(code))
			json_character(out, json, bytes, code);
		else
			fwrite(json.at, 1, bytes, out);
		json = (struct slice){ json.at + bytes, json.size - bytes };
	}
}

void output_json(FILE *out, const struct datum *value)
{
	char number[NUMBER_BYTES];

	if (is_number(value)) {
		fputs(number_text(value, number), out);
	} else if (value->kind == DATUM_BLOB) {
		putc_unlocked('"', out);
		write_hex(out, value->text);
		putc_unlocked('"', out);
	} else if (value->kind == DATUM_TEXT) {
		json_text(out, value->text);
	} else if (value->kind == DATUM_JSON) {
		json_json(out, value->text);
	} else {
		fputs("null", out);
	}
}

void output_object(FILE *out, const struct record *row)
{
	putc_unlocked('{', out);
	for (size_t i = 0; i < row->column_count; i++) {
		if (i > 0)
			putc_unlocked(',', out);
		json_text(out, slice_of(row->columns[i]));
		putc_unlocked(':', out);
		output_json(out, &row->values[i]);
	}
	putc_unlocked('}', out);
}

static void jsonl_row(struct output *output, const struct record *row)
{
	if (!row->values)
		return;
	output_object(output->out, row);
	putc_unlocked('\n', output->out);
}

static void json_row(struct output *output, const struct record *row)
{
	if (!row->values)
		return;
	fputs(output->rows++ == 0 ? "[" : ",\n", output->out);
	output_object(output->out, row);
}

static void json_end(struct output *output)
{
	fputs(output->rows == 0 ? "[]\n" : "]\n", output->out);
}

/* ---- table ---- */

/* A blob is shown in hexadecimal, in memory that cells point to until the row is written. */
static char *hex_text(struct slice bytes)
{
	char *text = memory_new(2 * bytes.size + 1, 1);

	for (size_t i = 0; i < bytes.size; i++)
		hex_digits((unsigned char)bytes.at[i], text + 2 * i);
	return text;
}

static void table_begin(struct output *output, const struct record *row)
{
	output->table = table_new(output->out, screen_table_columns(output->out), row->columns,
				  row->column_count);
	output->cells = memory_new(row->column_count, sizeof(*output->cells));
}

/* Cells whose text is not the value's own own it. */
static void table_values(struct output *output, const struct record *row)
{
	char number[NUMBER_BYTES];
	char **made = memory_new(row->column_count, sizeof(*made));

	for (size_t i = 0; i < row->column_count; i++) {
		const struct datum *value = &row->values[i];
		struct slice text = value->text;

		if (is_number(value)) {
			const char *digits = number_text(value, number);

			made[i] = memory_text(digits, strlen(digits));
		} else if (value->kind == DATUM_BLOB) {
			made[i] = hex_text(text);
		}
		if (made[i])
			text = slice_of(made[i]);
		else if (value->kind == DATUM_NULL)
			text = (struct slice){ 0 };
		output->cells[i] = (struct table_cell){ text, is_number(value) };
	}
	table_row(output->table, output->cells);
	for (size_t i = 0; i < row->column_count; i++)
		free(made[i]);
	free(made);
}

static void table_answer(struct output *output, const struct record *row)
{
	if (!output->table)
		table_begin(output, row);
	if (row->values)
		table_values(output, row);
}

static void table_finish(struct output *output)
{
	table_end(output->table);
	output->table = NULL;
}

/* ---- the formats ---- */

static const struct {
	const char *name;
	void (*row)(struct output *output, const struct record *row);
	void (*end)(struct output *output); /* or NULL */
} formats[] = {
	[OUTPUT_TABLE] = { "table", table_answer, table_finish },
	[OUTPUT_CSV] = { "csv", csv_row, NULL },
	[OUTPUT_JSONL] = { "jsonl", jsonl_row, NULL },
	[OUTPUT_JSON] = { "json", json_row, json_end },
	[OUTPUT_EXCEL] = { "excel", csv_row, NULL },
	[OUTPUT_GUARDED] = { "guarded", csv_row, NULL },
};

enum output_format output_format_find(const char *name, enum output_format otherwise)
{
	for (size_t i = 0; name && i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, name) == 0)
			return (enum output_format)i;
	}
	return otherwise;
}

struct output *output_new(FILE *out, enum output_format format)
{
	struct output *output = memory_new(1, sizeof(*output));

	*output = (struct output){
		.out = out,
		.format = format,
		.is_terminal = plain_is_terminal(out),
	};
	return output;
}

int output_row(struct output *output, const struct record *row)
{
	formats[output->format].row(output, row);
	return ferror(output->out) ? -1 : 0;
}

int output_end(struct output *output)
{
	int result;

	if (!output)
		return 0;
	if (formats[output->format].end)
		formats[output->format].end(output);
	result = fflush(output->out) == 0 && !ferror(output->out) ? 0 : -1;
	output_drop(output);
	return result;
}

void output_drop(struct output *output)
{
	if (!output)
		return;
	table_drop(output->table);
	free(output->cells);
	free(output);
}
