#include "show/complaint.h"
#include "show/glyph.h"
#include "show/hidden.h"
#include <stdarg.h>

#define TAB_COLUMNS   8
#define CARET_COLUMNS 60 /* shown before the caret of a line that is cut */

static struct slice from_offset(struct slice text, size_t at)
{
	return (struct slice){ text.at + at, text.size - at };
}

/*
 * The line that holds offset: LF, CR LF and a lone CR end lines, as in YAML.  Editors do not
 * count YAML's other breaks (NEL, LS, PS) and neither do we.
 */
static struct slice line_at(struct slice text, size_t offset)
{
	size_t start = offset, end = offset;

	if (start > 0 && start < text.size && text.at[start] == '\n' && text.at[start - 1] == '\r')
		end = --start;
	while (start > 0 && text.at[start - 1] != '\n' && text.at[start - 1] != '\r')
		start--;
	while (end < text.size && text.at[end] != '\n' && text.at[end] != '\r')
		end++;
	return (struct slice){ text.at + start, end - start };
}

static size_t characters(struct slice text)
{
	size_t count = 0;

	while (text.size > 0) {
		uint32_t code;

		text = from_offset(text, glyph_decode(text, &code));
		count++;
	}
	return count;
}

struct position position_of(const struct source *source, size_t offset)
{
	struct slice text = source->text, line;
	struct position position = { 1, 1 };
	size_t start;

	if (offset > text.size)
		offset = text.size;
	line = line_at(text, offset);
	start = (size_t)(line.at - text.at);
	for (size_t i = 0; i < start; i++)
		if (text.at[i] == '\n' ||
		    (text.at[i] == '\r' && (i + 1 == text.size || text.at[i + 1] != '\n')))
			position.line++;
	if (offset > start + line.size)
		offset = start + line.size;
	position.column += characters((struct slice){ line.at, offset - start });
	return position;
}

/* The column after a character that stands at column; a tab goes to the next stop. */
static size_t column_after(size_t column, uint32_t code)
{
	if (code == '\t')
		return (column / TAB_COLUMNS + 1) * TAB_COLUMNS;
	return column + (glyph_is_control(code) ? 1 : glyph_width(code));
}

static bool fits(struct slice line)
{
	size_t column = 0, used = 0;

	while (line.size > 0 && column <= COMPLAINT_COLUMNS && used <= 4 * COMPLAINT_COLUMNS) {
		uint32_t code;

		line = from_offset(line, glyph_decode(line, &code));
		column = column_after(column, code);
		used++; /* combining marks have no width, but no right to be endless either */
	}
	return column <= COMPLAINT_COLUMNS && used <= 4 * COMPLAINT_COLUMNS;
}

/* Where the window on a long line begins, so that at most CARET_COLUMNS stand before the caret. */
static size_t window_start(struct slice line, size_t caret)
{
	size_t start = caret, columns = 0;

	while (start > 0) {
		size_t size = glyph_back(line, start);
		uint32_t code;

		glyph_decode((struct slice){ line.at + start - size, size }, &code);
		columns += code == '\t' ? TAB_COLUMNS : glyph_width(code) == 2 ? 2 : 1;
		if (columns > CARET_COLUMNS)
			break;
		start -= size;
	}
	return start;
}

static void write_character(FILE *out, struct slice bytes, uint32_t code)
{
	if (code != '\t' && glyph_is_control(code))
		fputc('?', out);
	else
		fwrite(bytes.at, 1, bytes.size, out);
}

static void write_clean(FILE *out, struct slice text)
{
	while (text.size > 0) {
		uint32_t code;
		size_t size = glyph_decode(text, &code);

		write_character(out, (struct slice){ text.at, size }, code == '\t' ? 0 : code);
		text = from_offset(text, size);
	}
}

/* The line, or the window on it, with end behind it, and below it the caret. */
static void write_line(FILE *out, struct slice line, size_t caret, const char *end)
{
	bool is_whole = fits(line);
	size_t at = is_whole ? 0 : window_start(line, caret), shown = at;
	size_t column = at ? fprintf(out, "...") > 0 ? 3 : 0 : 0, used = 0;
	size_t most = is_whole ? SIZE_MAX : COMPLAINT_COLUMNS - 3;

	while (shown < line.size) {
		uint32_t code;
		size_t size = glyph_decode(from_offset(line, shown), &code);

		column = column_after(column, code);
		if (column > most || used++ > 4 * COMPLAINT_COLUMNS)
			break;
		write_character(out, (struct slice){ line.at + shown, size }, code);
		shown += size;
	}
	fprintf(out, "%s\n", shown < line.size ? "..." : end);

	fputs(at ? "   " : "", out);
	while (at < caret) {
		uint32_t code;

		at += glyph_decode(from_offset(line, at), &code);
		if (code == '\t')
			fputc('\t', out);
		else
			for (size_t i = column_after(0, code); i > 0; i--)
				fputc(' ', out);
	}
	fputs("^\n", out);
}

static void complain_list(struct complaints *complaints, const struct source *source, size_t offset,
			  const char *kind, const char *format, va_list arguments)
{
	char message[COMPLAINT_TEXT_MAX];
	FILE *out = complaints->out;
	struct slice text = source->text, line;
	struct position position;
	size_t whole;

	vsnprintf(message, sizeof(message), format, arguments);
	write_clean(out, slice_of(source->name));
	if (offset != COMPLAINT_NOWHERE) {
		position = position_of(source, offset);
		fprintf(out, ":%zu:%zu", position.line, position.column);
	}
	fprintf(out, ": %s: ", kind);
	write_clean(out, slice_of(message));
	fputc('\n', out);
	if (offset == COMPLAINT_NOWHERE)
		return;
	offset = offset > text.size ? text.size : offset;
	line = line_at(text, offset);
	offset -= (size_t)(line.at - text.at);
	whole = line.size;
	line.size = hidden_from(text, line);
	write_line(out, line, offset > line.size ? line.size : offset,
		   line.size < whole ? HIDDEN_MARK : "");
}

void complain(struct complaints *complaints, const struct source *source, size_t offset,
	      const char *format, ...)
{
	va_list arguments;

	if (complaints_are_full(complaints))
		return;
	va_start(arguments, format);
	complain_list(complaints, source, offset, "error", format, arguments);
	va_end(arguments);
	if (++complaints->errors == COMPLAINT_ERRORS_MAX)
		fprintf(complaints->out, "%d errors: the rest is not shown\n",
			COMPLAINT_ERRORS_MAX);
}

void complain_warning(struct complaints *complaints, const struct source *source, size_t offset,
		      const char *format, ...)
{
	va_list arguments;

	if (complaints_are_full(complaints) || complaints->warnings >= COMPLAINT_ERRORS_MAX)
		return;
	complaints->warnings++;
	va_start(arguments, format);
	complain_list(complaints, source, offset, "warning", format, arguments);
	va_end(arguments);
}

bool complaints_are_full(const struct complaints *complaints)
{
	return complaints->errors >= COMPLAINT_ERRORS_MAX;
}

struct quoted quoted(struct slice word)
{
	struct quoted result;
	size_t most = sizeof(result.text) - 4, size = word.size;

	if (size > most) {
		for (size = most; size > 0 && ((unsigned char)word.at[size] & 0xC0) == 0x80;)
			size--;
		memcpy(result.text + size, "...", 4);
	} else {
		result.text[size] = '\0';
	}
	if (size)
		memcpy(result.text, word.at, size);
	return result;
}
