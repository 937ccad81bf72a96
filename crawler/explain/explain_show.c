#include "explain/explain_show.h"

#include <stdlib.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "show/excerpt.h"
#include "show/glyph.h"
#include "show/table.h"

#define INDENT       11  /* columns before what is shown */
#define WINDOW_BYTES 800 /* of a text that a line may be made of */
#define COLOUR_CARET "\033[1;31m"
#define COLOUR_END   "\033[0m"
#define ELLIPSIS     "\xe2\x80\xa6"

/* ---- a part of a text, on one line ---- */

static struct slice part(struct slice text, size_t from, size_t to)
{
	return (struct slice){ text.at + from, to - from };
}

/* At most so many bytes of the beginning, or the end, cut at a character. */
static struct slice beginning(struct slice text)
{
	size_t size = text.size < WINDOW_BYTES ? text.size : WINDOW_BYTES;

	while (size < text.size && size > 0 && (text.at[size] & 0xC0) == 0x80)
		size--;
	return part(text, 0, size);
}

static struct slice ending(struct slice text)
{
	size_t from = text.size < WINDOW_BYTES ? 0 : text.size - WINDOW_BYTES;

	while (from > 0 && from < text.size && (text.at[from] & 0xC0) == 0x80)
		from++;
	return part(text, from, text.size);
}

static size_t step(const char *at, unsigned *width)
{
	uint32_t code;
	size_t size = glyph_decode(slice_of(at), &code);

	*width = code == GLYPH_BAD ? 1 : glyph_width(code);
	return size;
}

/* The last of text that has so many columns. */
static const char *last_columns(const char *text, size_t columns)
{
	size_t width = glyph_text_width(text);
	unsigned one;

	while (width > columns) {
		text += step(text, &one);
		width -= one;
	}
	return text;
}

/* As much of the beginning as has so many columns, with an ellipsis if that is not all. */
static void put_first_columns(FILE *out, const char *text, size_t columns)
{
	bool is_cut = glyph_text_width(text) > columns;
	size_t shown = 0, left = is_cut && columns > 0 ? columns - 1 : columns;
	unsigned one;

	while (text[shown] != '\0') {
		size_t size = step(text + shown, &one);

		if (one > left)
			break;
		left -= one;
		shown += size;
	}
	fprintf(out, "%.*s%s", (int)shown, text, is_cut ? ELLIPSIS : "");
}

/* The beginning of a text, made printable, with one blank for many. */
static char *squeezed(struct slice text)
{
	struct slice some = beginning(text);
	char *copy = memory_text(some.at, some.size), *printable;
	size_t size = 0;

	for (size_t i = 0; i < some.size; i++)
		if (copy[i] != ' ' || size == 0 || copy[size - 1] != ' ')
			copy[size++] = copy[i];
	printable = table_printable((struct slice){ copy, size });
	free(copy);
	return printable;
}

/* ---- a line, and the caret below ---- */

static size_t room_of(const struct explain_view *view)
{
	return view->columns > 2 * INDENT ? view->columns - INDENT : INDENT;
}

static void put_carets(const struct explain_view *view, size_t column, size_t count)
{
	fprintf(view->out, "%*s%s", (int)(INDENT + column), "",
		view->is_coloured ? COLOUR_CARET : "");
	for (size_t i = 0; i < count; i++)
		fputc('^', view->out);
	fputs(view->is_coloured ? COLOUR_END : "", view->out);
}

/*
 * "  wanted   before|behind", with the place between them at this column at least.  Returns the
 * column where it is.
 */
static size_t put_line(const struct explain_view *view, const char *label, struct slice before,
		       struct slice behind, size_t column)
{
	char *left = table_printable(ending(before)), *right = squeezed(behind);
	size_t room = room_of(view);
	const char *shown = last_columns(left, room / 2);
	bool is_cut = shown > left || ending(before).size < before.size;
	size_t width = glyph_text_width(shown) + is_cut;
	size_t pad = column > width ? column - width : 0;

	fprintf(view->out, "  %-*s%*s%s%s", INDENT - 2, label, (int)pad, "", is_cut ? ELLIPSIS : "",
		shown);
	put_first_columns(view->out, right, room - pad - width);
	fputc('\n', view->out);
	free(left);
	free(right);
	return pad + width;
}

/* Columns that a text takes in such a line, before the place. */
static size_t columns_of(const struct explain_view *view, struct slice before)
{
	char *left = table_printable(ending(before));
	size_t width = glyph_text_width(last_columns(left, room_of(view) / 2));

	free(left);
	return width;
}

/* "3:5", of a place in the text. */
static void put_place(const struct explain_view *view, size_t offset)
{
	size_t base = (size_t)(view->text.at - view->page.at);
	struct excerpt_place place = excerpt_place(view->page, base + offset);

	fprintf(view->out, "%zu:%zu", place.line, place.column);
}

/* "at 3:5", "3 times, the first at 3:5", "3 times, this one at 3:5" */
static void put_count(const struct explain_view *view, uint32_t count, bool is_first, size_t begin)
{
	if (count > 1)
		fprintf(view->out, "%u%s times, %s ", count,
			count == EXPLAIN_COUNT_MAX ? " or more" : "",
			is_first ? "the first" : "this one");
	fputs("at ", view->out);
	put_place(view, begin);
}

/* ---- where it stops ---- */

static struct slice expression_of(const struct explain_view *view)
{
	return slice_of(view->expression);
}

/* What matched: of the expression the end, as much as there is room for. */
static void show_matched(const struct explain_view *view, const struct explain_stop *stop)
{
	struct slice matched = part(expression_of(view), stop->from, stop->cut);
	char *text = table_printable(ending(matched));
	const char *shown = last_columns(text, room_of(view) - 1);
	bool is_cut = shown > text || ending(matched).size < matched.size;

	fprintf(view->out, "  %-*s%s%s\n", INDENT - 2, "matched", is_cut ? ELLIPSIS : "", shown);
	put_carets(view, 0, 1);
	fputc(' ', view->out);
	put_count(view, stop->count, stop->is_first, stop->begin);
	fputc('\n', view->out);
	free(text);
}

/* The run that stands for itself is shown before both places, so that they are side by side. */
static void show_places(const struct explain_view *view, const struct explain_stop *stop)
{
	struct slice expression = expression_of(view), text = view->text;
	struct slice run = part(expression, stop->run, stop->cut);
	struct slice stood = part(text, stop->run_begin, stop->end);
	size_t wanted_columns = columns_of(view, run), stood_columns = columns_of(view, stood);
	size_t column = wanted_columns > stood_columns ? wanted_columns : stood_columns;

	column = put_line(view, "wanted", run, part(expression, stop->cut, stop->to), column);
	put_carets(view, column, 1);
	fputc('\n', view->out);
	column = put_line(view, "stood", stood, part(text, stop->end, text.size), column);
	put_carets(view, column, 1);
	fputc(' ', view->out);
	put_place(view, stop->end);
	fprintf(view->out, "%s\n",
		stop->end == text.size ? ", the end"
		: stop->is_behind_gap  ? ", and not behind it"
				       : "");
}

/* Not even the first of it is there. */
static void show_nothing(const struct explain_view *view, const struct explain_stop *stop)
{
	struct slice expression = expression_of(view);

	put_line(view, "wanted", part(expression, stop->from, stop->cut),
		 part(expression, stop->cut, stop->to), 0);
	put_carets(view, columns_of(view, part(expression, stop->from, stop->cut)), 1);
	fprintf(view->out, " is nowhere\n");
}

static void show_stop(const struct explain_view *view, const struct explain_stop *stop)
{
	if (stop->wanted == 0) /* of all alternatives together a limit says more */
		return;
	if (stop->cut == stop->from) {
		show_nothing(view, stop);
		return;
	}
	show_matched(view, stop);
	show_places(view, stop);
}

/* All behind the beginning may be there: then where it is says what the beginning misses. */
static void show_later(const struct explain_view *view, const struct explain_stop *later)
{
	fputs("  without its beginning:\n", view->out);
	if (later->wanted == 0)
		show_matched(view, later);
	else
		show_stop(view, later);
}

static void show_stops(const struct explain_view *view, const struct explanation *explanation)
{
	for (size_t i = 0; i < explanation->stop_count; i++) {
		if (explanation->stop_count > 1)
			fprintf(view->out, "  alternative %zu:\n", i + 1);
		show_stop(view, &explanation->stops[i]);
	}
}

/* ---- what it costs, and what helps ---- */

static void show_limit(const struct explain_view *view, const struct explanation *explanation)
{
	struct slice expression = expression_of(view);
	size_t from = explanation->costly_at, column, size;
	struct slice repeat = part(expression, from, from + explanation->costly_size);

	fprintf(view->out, "  stopped by the %s%s\n", explanation->limit,
		explanation->costly_size > 0 ? ": this repeat costs it" : "");
	if (explanation->costly_size == 0)
		return;
	column = put_line(view, "repeat", part(expression, 0, from),
			  part(expression, from, expression.size), 0);
	size = columns_of(view, repeat);
	put_carets(view, column, size < room_of(view) - column ? size : room_of(view) - column);
	fputc('\n', view->out);
}

static const char *const names[REMEDIES_ALL] = {
	[REMEDY_DOTALL] = "flag s ('.' takes line ends, too)",
	[REMEDY_CASELESS] = "flag i (capitals)",
	[REMEDY_MULTILINE] = "flag m (^ and $ of each line)",
	[REMEDY_UNICODE] = "flag u (\\w, \\s, \\d of all languages)",
	[REMEDY_QUOTES] = "other quotes",
	[REMEDY_UNQUOTED] = "no quotes",
	[REMEDY_SPACE] = "other white space",
	[REMEDY_NBSP] = "a no-break space",
	[REMEDY_ENTITY] = "an entity, as the page writes a character",
	[REMEDY_CHARACTER] = "a character in place of its entity",
	[REMEDY_ESCAPED] = "quotes behind backslashes",
	[REMEDY_CLASS] = "other classes beside",
	[REMEDY_TAG] = "another element",
	[REMEDY_BETWEEN] = "another attribute between",
	[REMEDY_ORDER] = "another order of attributes",
	[REMEDY_ITEMS] = "the items of an array",
	[REMEDY_DEEP] = "any depth",
};

static void show_cure(const struct explain_view *view, const struct cure *cure)
{
	const char *between = "  with ";

	for (unsigned remedy = 0; remedy < REMEDIES_ALL; remedy++) {
		if (!(cure->kinds >> remedy & 1))
			continue;
		fprintf(view->out, "%s%s", between, names[remedy]);
		between = " and ";
	}
	fputs(" it matches", view->out);
	if (cure->has_place) {
		fputs(cure->count > 1 ? " " : ", ", view->out);
		put_count(view, cure->count, true, cure->begin);
	}
	if (strcmp(cure->expression, view->expression) != 0)
		fprintf(view->out, ":\n%*s%s", INDENT, "", cure->expression);
	fputc('\n', view->out);
}

/* The place is in the page, wherever the text is. */
static void show_json(const struct explain_view *view, const struct remedies *remedies)
{
	struct excerpt_place place = excerpt_place(view->page, remedies->json_at);

	fprintf(view->out, "  \"%.*s\" is in a script as JSON, at %zu:%zu: use json\n",
		(int)remedies->json_key.size, remedies->json_key.at, place.line, place.column);
}

void explain_show(const struct explain_view *view, const struct explanation *explanation)
{
	if (explanation->limit)
		show_limit(view, explanation);
	if (explanation->is_broken) {
		fputs("  the JSON breaks at ", view->out);
		put_place(view, explanation->broken_at);
		fputc('\n', view->out);
	}
	show_stops(view, explanation);
	if (explanation->has_later)
		show_later(view, &explanation->later);
	for (size_t i = 0; i < explanation->remedies.count; i++)
		show_cure(view, &explanation->remedies.cures[i]);
	if (explanation->remedies.json_key.at)
		show_json(view, &explanation->remedies);
}
