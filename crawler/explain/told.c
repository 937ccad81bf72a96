#include "explain/told.h"

#include "explain/explain_show.h"
#include "show/excerpt.h"

#define COLUMNS_USUAL 100 /* where there is no screen */

static void show_match(const struct told *told, struct slice page, struct slice matched)
{
	const struct excerpt excerpt = { .page = page, .matched = matched };

	excerpt_show(told->out, &excerpt, told->columns, told->is_coloured);
}

/* "(books.yaml:3)", of the pattern that is told of. */
static void end_line(const struct told *told, const struct walk *walk)
{
	fprintf(told->out, " (%s:%u)\n", walk->pattern->file, walk->pattern->line);
}

static void say_match(const struct told *told, const struct walk *walk,
		      const struct walk_subject *subject, const struct explanation *explanation)
{
	size_t base = (size_t)(subject->text.at - subject->page.at) + explanation->begin;
	struct slice matched = { subject->page.at + base, explanation->end - explanation->begin };
	struct excerpt_place place = excerpt_place(subject->page, base);

	fprintf(told->out, "%u%s match%s, the first at %zu:%zu", explanation->count,
		explanation->count == EXPLAIN_COUNT_MAX ? " or more" : "",
		explanation->count == 1 ? "" : "es", place.line, place.column);
	end_line(told, walk);
	show_match(told, subject->page, matched);
}

static void show_why(const struct told *told, const struct walk_subject *subject,
		     const struct explanation *explanation)
{
	struct explain_view view = { .out = told->out,
				     .columns = told->columns ? told->columns : COLUMNS_USUAL,
				     .is_coloured = told->is_coloured,
				     .expression = subject->expression,
				     .page = subject->page,
				     .text = subject->text };

	explain_show(&view, explanation);
}

static void say_url(const struct told *told, const struct walk *walk)
{
	const struct config_pattern *pattern = walk->pattern;

	while (pattern->parent)
		pattern = pattern->parent;
	fprintf(told->out, "url of %s: for %.*s it ", pattern->spec->name, (int)walk->page.url.size,
		walk->page.url.at);
}

static void on_subject(void *context, const struct walk *walk, enum walk_what what,
		       const struct walk_subject *subject, const struct explanation *explanation)
{
	const struct told *told = context;

	if (what == WALK_URL)
		say_url(told, walk);
	fputs(subject->label, told->out);
	if (explanation->is_match) {
		say_match(told, walk, subject, explanation);
	} else {
		fprintf(told->out, "matches nothing%s",
			what == WALK_IN ? ", for 'in' does not" : "");
		end_line(told, walk);
	}
	if (!explanation->is_match || explanation->limit)
		show_why(told, subject, explanation);
	if (what == WALK_URL)
		fputc('\n', told->out);
}

/* "3:5", and the record on a line. */
static void show_first(const struct told *told, struct slice page, const struct lacking_rows *rows)
{
	struct excerpt_place place = excerpt_place(page, (size_t)(rows->first.at - page.at));

	fprintf(told->out, "; the first without is at %zu:%zu\n", place.line, place.column);
	show_match(told, page, rows->first);
}

static void on_rows(void *context, const struct walk *walk, const struct lacking_rows *rows,
		    const char *what, const char *whose, const char *have)
{
	const struct told *told = context;

	fprintf(told->out, "%s of %s: %u of %u %s", what, whose, rows->rows - rows->without,
		rows->rows, have);
	if (rows->limit)
		fprintf(told->out, ", then it was stopped by the %s", rows->limit);
	if (rows->without == 0)
		end_line(told, walk);
	else
		show_first(told, walk->page.text, rows);
}

/* It was found on a row, and is nothing all the same. */
static void on_bad(void *context, const struct walk *walk, const struct lacking_rows *rows)
{
	const struct told *told = context;
	struct excerpt_place place = excerpt_place(walk->page.text, rows->bad_at);
	enum field_type type = pattern_field_match_type(walk->pattern->pattern, walk->field_number);

	fputs(type == FIELD_TEXT ? "  'clean' cannot read: " : "  not of its type: ", told->out);
	excerpt_text(told->out, (struct slice){ rows->bad, rows->bad_size });
	fprintf(told->out, " at %zu:%zu", place.line, place.column);
	if (type != FIELD_TEXT)
		fprintf(told->out, " is no %s", value_type_name(type));
	fputc('\n', told->out);
}

static void on_not_given(void *context, struct slice name)
{
	const struct told *told = context;

	fprintf(told->out,
		"  the page is given no {set.%.*s}, as a list would (--with %.*s=VALUE)\n",
		(int)name.size, name.at, (int)name.size, name.at);
}

static void on_required(void *context, const struct walk *walk, const char *field)
{
	const struct told *told = context;

	fprintf(told->out, "  but no row: '%s' is required, and none has it\n", field);
	if (told->after_required)
		told->after_required(told->context, walk, field);
}

const struct walk_listener told_listener = {
	.on_subject = on_subject,
	.on_rows = on_rows,
	.on_bad = on_bad,
	.on_not_given = on_not_given,
	.on_required = on_required,
};
