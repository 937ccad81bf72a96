#include "explain/finding.h"

#include <string.h>

#include "parsers/pattern/pieces.h"
#include "parsers/pattern/probe.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/ascii.h"
#include "parsers/text/utf8.h"

#define WORD_MIN       3    /* letters of a beginning that are there by no chance */
#define TAG_BYTES_MAX  300  /* that a tag may have, looked for backwards */
#define LINE_BYTES_MAX 80   /* of it, before a place */
#define RECORD_BYTES   4096 /* in which the fields of a record stand together */
#define CLOSED_MAX     8    /* tags that end, before what stands there */
#define FIELD_PROBE_MS 10

/* What is gathered while a walk goes on. */
struct search {
	struct finding *finding;
	struct scratch *store;
	bool is_there, is_rough; /* rough: only which record, or value, it is */
	const char *required;    /* a field that no row has; or NULL */
};

/* ---- texts ---- */

static bool begins_character(char byte)
{
	return (byte & 0xC0) != 0x80;
}

/* At most so many characters of the beginning. */
static struct slice beginning(struct slice text)
{
	size_t size = 0, characters = 0;

	for (; size < text.size; size++)
		if (begins_character(text.at[size]) && ++characters > FINDING_TEXT_MAX)
			break;
	return (struct slice){ text.at, size };
}

static struct slice ending(struct slice text)
{
	size_t at = text.size, characters = 0;

	while (at > 0 && characters < FINDING_TEXT_MAX)
		characters += begins_character(text.at[--at]);
	return (struct slice){ text.at + at, text.size - at };
}

/* A copy; a NUL, which would end it for many who read it, is a blank. */
static struct slice keep(struct search *search, struct slice text)
{
	struct slice copy = scratch_copy(search->store, text);
	char *at = (char *)(uintptr_t)copy.at;

	for (size_t i = 0; i < copy.size; i++)
		if (at[i] == '\0')
			at[i] = ' ';
	return copy;
}

static struct slice part(struct slice text, size_t from, size_t to)
{
	return (struct slice){ text.at + from, to - from };
}

static uint64_t line_of(struct slice page, size_t place)
{
	uint64_t line = 1;
	const char *at = page.at, *end = page.at + place;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		line++;
		at++;
	}
	return line;
}

/* ---- where ---- */

/* The '<' of the tag that a place is in, or the place itself. */
static size_t tag_around(struct slice page, size_t place)
{
	for (size_t at = place; at > 0 && place - at < TAG_BYTES_MAX; at--) {
		if (page.at[at - 1] == '<')
			return at - 1;
		if (page.at[at - 1] == '>' || page.at[at - 1] == '\n')
			break;
	}
	return place;
}

/* The tag that opens before the one that a place is in, if nothing else is between. */
static size_t tag_before(struct slice page, size_t place)
{
	size_t inner = tag_around(page, place), at = inner;

	while (at > 0 && ascii_is_white(page.at[at - 1]))
		at--;
	if (at == 0 || page.at[at - 1] != '>')
		return inner;
	at = tag_around(page, at - 1);
	return page.at[at] == '<' && page.at[at + 1] != '/' && page.at[at + 1] != '!' ? at : inner;
}

/* The beginning of the line that a place is in, if that is not far. */
static size_t line_before(struct slice page, size_t place)
{
	size_t at = place;

	while (at > 0 && page.at[at - 1] != '\n' && place - at < LINE_BYTES_MAX)
		at--;
	return at == 0 || page.at[at - 1] == '\n' ? at : place;
}

static size_t skip_white(struct slice page, size_t place)
{
	while (place < page.size && ascii_is_white(page.at[place]))
		place++;
	return place;
}

/* Behind the tags that end at a place. */
static size_t skip_closed(struct slice page, size_t place)
{
	for (unsigned i = 0; i < CLOSED_MAX; i++) {
		const char *end;

		place = skip_white(page, place);
		if (place + 1 >= page.size || memcmp(page.at + place, "</", 2) != 0)
			break;
		end = memchr(page.at + place, '>', page.size - place);
		if (!end)
			break;
		place = (size_t)(end - page.at) + 1;
	}
	return place;
}

static void put_place(struct search *search, struct slice page, size_t place)
{
	struct slice rest;
	const char *end;

	place = skip_white(page, place);
	rest = part(page, place, page.size);
	end = memchr(rest.at, '\n', rest.size);
	if (end)
		rest.size = (size_t)(end - rest.at);
	while (rest.size > 0 && ascii_is_white(rest.at[rest.size - 1]))
		rest.size--;
	search->finding->line = line_of(page, place);
	search->finding->stood = keep(search, beginning(rest));
}

/* ---- what is wanted ---- */

/* Two places in an expression: what is wanted is between. */
struct wish {
	size_t from, to;
	size_t letters; /* of it that are there */
};

/* The characters that stand for themselves, on both sides of the cut; or the piece that fails. */
static struct wish regex_wish(const struct walk_subject *subject, const struct explain_stop *stop)
{
	struct wish wish = { stop->cut, stop->cut + stop->wanted, 0 };
	struct slice expression = slice_of(subject->expression), character;
	struct pieces pieces;
	uint32_t options;
	size_t wrong, i = 0, end;

	regex_flags(subject->flags, &options, &wrong);
	pieces = pieces_of(expression, options);
	while (i < pieces.count && pieces_place(&pieces, i) < stop->cut)
		i++;
	end = i;
	while (end < pieces.count && pieces_place(&pieces, end) < stop->to &&
	       pieces_is_literal(&pieces, end, &character))
		end++;
	if (end > i) {
		wish.from = stop->run;
		wish.to = pieces_place(&pieces, end);
	}
	pieces_free(&pieces);
	for (size_t at = wish.from; at < stop->cut; at++)
		wish.letters +=
			ascii_is_letter(expression.at[at]) || ascii_is_digit(expression.at[at]);
	return wish;
}

/* A step of a path. */
static struct wish path_wish(const struct walk_subject *subject, const struct explain_stop *stop)
{
	size_t size = strlen(subject->expression), from = stop->cut;
	size_t step = from + strspn(subject->expression + from, ".[");

	step += strcspn(subject->expression + step, ".[");
	return (struct wish){ from, step < size ? step : size, WORD_MIN };
}

/* ---- the place, by what follows ---- */

/* Where a field's expression first matches in a text; or NULL. */
static const char *first_match(const struct walk *walk, const char *expression, struct slice text)
{
	struct probe probe = probe_begin(text, (uint32_t)walk->config->settings.match_limit,
					 FIELD_PROBE_MS, FIELD_PROBE_MS);
	struct probe_result result;
	uint32_t options;
	size_t wrong;

	regex_flags(config_pattern_flags(walk->pattern), &options, &wrong);
	result = probe_ask(&probe, expression, options, 1);
	return result.count > 0 ? text.at + result.begin : NULL;
}

/*
 * Where the fields of the first record stand: the first that is near the last of them.  What is
 * found far before that is found by chance, in the page's head say.
 */
static const char *first_record(const struct walk *walk, struct slice text)
{
	const struct pattern_spec *spec = walk->pattern->spec;
	const char *places[64], *last = NULL, *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < spec->field_count && count < 64; i++) {
		const struct field_spec *field = &spec->fields[i];

		if (!field->pattern || (field->language && field->language != &selector_regex))
			continue;
		places[count] = first_match(walk, field->pattern, text);
		if (places[count] && (!last || places[count] > last))
			last = places[count];
		count += places[count] != NULL;
	}
	for (size_t i = 0; i < count; i++)
		if (last - places[i] < RECORD_BYTES && (!first || places[i] < first))
			first = places[i];
	return first;
}

/* Nothing of the beginning is there: where is what follows it?  Returns false if nobody knows. */
static bool find_by_rest(const struct walk *walk, const struct walk_subject *subject,
			 const struct explanation *explanation, size_t *place)
{
	size_t base = (size_t)(subject->text.at - subject->page.at);
	const struct cure *cure = &explanation->remedies.cures[0];
	const char *record;

	if (explanation->remedies.count > 0 && cure->has_place) {
		*place = tag_around(subject->page, base + cure->begin);
		return true;
	}
	if (explanation->has_later && explanation->later.wanted == 0) {
		*place = base + explanation->later.begin;
		*place = subject->expression[0] == '<' ? tag_before(subject->page, *place)
						       : line_before(subject->page, *place);
		return true;
	}
	if (subject->expression != walk->pattern->spec->each)
		return false;
	record = first_record(walk, subject->text);
	if (record)
		*place = tag_before(subject->page, (size_t)(record - subject->page.at));
	return record != NULL;
}

/* ---- a stop ---- */

static bool is_regex(const struct walk_subject *subject)
{
	return !subject->language || subject->language == &selector_regex;
}

/* The alternative that got farthest. */
static const struct explain_stop *farthest(const struct explanation *explanation)
{
	const struct explain_stop *best = NULL;

	for (size_t i = 0; i < explanation->stop_count; i++) {
		const struct explain_stop *stop = &explanation->stops[i];

		if (stop->wanted > 0 && (!best || stop->cut - stop->from > best->cut - best->from))
			best = stop;
	}
	return best;
}

static void put_wish(struct search *search, const struct walk_subject *subject,
		     const struct explain_stop *stop, const struct wish *wish)
{
	struct slice expression = slice_of(subject->expression);

	search->finding->matched = keep(search, ending(part(expression, stop->from, wish->from)));
	search->finding->wanted = keep(search, beginning(part(expression, wish->from, wish->to)));
	search->finding->rest = keep(search, beginning(part(expression, wish->to, stop->to)));
}

/* Where it stops, as explain says. */
static size_t place_of(const struct walk_subject *subject, const struct explain_stop *stop,
		       const struct wish *wish)
{
	size_t base = (size_t)(subject->text.at - subject->page.at);
	size_t place = base + (wish->from == stop->run ? stop->run_begin : stop->end);
	size_t tag = tag_around(subject->page, place);

	if (stop->is_behind_gap)
		return skip_closed(subject->page, tag);
	return tag;
}

static void put_stop(struct search *search, const struct walk *walk,
		     const struct walk_subject *subject, const struct explanation *explanation,
		     const struct explain_stop *stop)
{
	struct wish wish = is_regex(subject) ? regex_wish(subject, stop) : path_wish(subject, stop);
	bool is_nowhere = wish.from == stop->from && wish.letters < WORD_MIN;
	size_t place = 0;

	put_wish(search, subject, stop, &wish);
	if (!is_nowhere)
		put_place(search, subject->page, place_of(subject, stop, &wish));
	else if (find_by_rest(walk, subject, explanation, &place))
		put_place(search, subject->page, place);
	else if (subject->text.size < subject->page.size) /* of a record that is there */
		put_place(search, subject->page, (size_t)(subject->text.at - subject->page.at));
}

static void put_broken(struct search *search, const struct walk_subject *subject,
		       const struct explanation *explanation)
{
	search->finding->wanted = SLICE("JSON");
	put_place(search, subject->page,
		  (size_t)(subject->text.at - subject->page.at) + explanation->broken_at);
}

/* ---- what a walk tells ---- */

/* The first that fails is what the pattern is asked by first. */
static void on_subject(void *context, const struct walk *walk, enum walk_what what,
		       const struct walk_subject *subject, const struct explanation *explanation)
{
	struct search *search = context;
	const struct explain_stop *stop = farthest(explanation);

	if (explanation->is_match || what == WALK_URL || (search->is_there && !search->is_rough))
		return;
	if (!explanation->is_broken && !stop)
		return;
	*search->finding = (struct finding){ .line = 0 };
	search->is_there = true;
	search->is_rough = false;
	if (explanation->is_broken)
		put_broken(search, subject, explanation);
	else
		put_stop(search, walk, subject, explanation, stop);
}

/* The record is there, and what it lacks may have no expression of its own. */
static void on_rows(void *context, const struct walk *walk, const struct lacking_rows *rows,
		    const char *what, const char *whose, const char *have)
{
	struct search *search = context;

	(void)what;
	(void)whose;
	(void)have;
	if (rows->without == 0 || search->is_there)
		return;
	search->is_there = search->is_rough = true;
	put_place(search, walk->page.text, (size_t)(rows->first.at - walk->page.text.at));
}

static void on_bad(void *context, const struct walk *walk, const struct lacking_rows *rows)
{
	struct search *search = context;
	enum field_type type = pattern_field_match_type(walk->pattern->pattern, walk->field_number);

	if (search->is_there && !search->is_rough)
		return;
	*search->finding = (struct finding){
		.line = line_of(walk->page.text, rows->bad_at),
		.wanted = slice_of(type == FIELD_TEXT ? "clean" : value_type_name(type)),
		.stood = keep(search, beginning((struct slice){ rows->bad, rows->bad_size })),
	};
	search->is_there = true;
	search->is_rough = false;
}

static void on_required(void *context, const struct walk *walk, const char *field)
{
	(void)walk;
	((struct search *)context)->required = field;
}

bool finding_of(struct finding *finding, struct walk *walk, struct scratch *store)
{
	static const struct walk_listener listener = {
		.on_subject = on_subject,
		.on_rows = on_rows,
		.on_bad = on_bad,
		.on_required = on_required,
	};
	struct search search = { .finding = finding, .store = store };
	bool lacks_nothing;

	*finding = (struct finding){ .line = 0 };
	walk->listener = &listener;
	walk->context = &search;
	lacks_nothing = !walk_url(walk) || walk_all(walk);
	if (!lacks_nothing && search.required) /* walk asks about that field from now on */
		walk_all(walk);
	return !lacks_nothing && search.is_there;
}
