#include "parsers/pattern/clean.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <wctype.h>

#include "parsers/markup/html.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_text.h"
#include "parsers/pattern/number.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/pattern/template.h"
#include "parsers/text/ascii.h"
#include "parsers/text/utf8.h"

#define LONG_BYTES ((size_t)256 << 10) /* what takes a step on them is more than a tick */

struct clean_range {
	bool has_start, has_end;
	long start, end; /* characters; negative: from the end */
};

struct clean_step {
	enum clean_kind kind;
	struct slice prefix;         /* DROP */
	struct clean_range range;    /* SLICE */
	struct selector *selector;   /* REPLACE */
	struct template replacement; /* REPLACE */
	struct slice *pairs;         /* MAP: from, to, from, to, ... */
	size_t pair_count;
	char decimal;    /* NUMBER: ',' or '.'; 0: whichever it looks like */
	bool is_decoded; /* URL: `html` has decoded the references already */
};

/* What a step works with. */
struct clean_run {
	const struct clean *clean;
	struct slice base;
	struct scratch *scratch;
	const char *limit;
};

static size_t squeeze(struct slice text, char *out)
{
	struct slice trimmed = utf8_trim(text);
	const char *at = trimmed.at, *end = trimmed.at + trimmed.size;
	char *to = out;
	bool was_space = false;

	while (at < end) {
		size_t size = utf8_space_size(at, end);

		if (size) {
			if (!was_space)
				*to++ = ' ';
			at += size;
		} else {
			*to++ = *at++;
		}
		was_space = size > 0;
	}
	return (size_t)(to - out);
}

/* A locale of our own that knows all letters; the process may be in any. */
static locale_t letters;

static uint32_t change_case(uint32_t code, bool is_upper)
{
	wint_t wide = (wint_t)code;

	return (uint32_t)(is_upper ? towupper_l(wide, letters) : towlower_l(wide, letters));
}

/* One character in the other case; returns the bytes written, at most twice `size`. */
static size_t write_case(const char *at, size_t size, char *out, bool is_upper)
{
	char bytes[4];
	size_t grown;

	if (size == 1 && (signed char)*at < 0) {
		*out = *at;
		return 1;
	}
	grown = utf8_put(bytes, change_case(utf8_decode(at, size), is_upper));
	if (grown > 2 * size)
		return 0;
	memcpy(out, bytes, grown);
	return grown;
}

static size_t convert_case(struct slice text, char *out, bool is_upper)
{
	const char *at = text.at, *end = text.at + text.size;
	char *to = out;

	while (at < end) {
		size_t size = utf8_step(at, end);

		to += write_case(at, size, to, is_upper);
		at += size;
	}
	return (size_t)(to - out);
}

/* A step that makes a text of a text, in a form that budget_call() can make. */
struct rewrite {
	enum clean_kind kind;
	struct slice text;
	char *out;
	size_t size; /* that was written */
};

static void write_text(void *context)
{
	struct rewrite *rewrite = context;

	if (rewrite->kind == CLEAN_SQUEEZE)
		rewrite->size = squeeze(rewrite->text, rewrite->out);
	else if (rewrite->kind == CLEAN_HTML)
		rewrite->size = html_strip(rewrite->text, rewrite->out);
	else
		rewrite->size =
			convert_case(rewrite->text, rewrite->out, rewrite->kind == CLEAN_UPPER);
}

/* U+0250 has two bytes, as a capital three: a case may take twice as much. */
static enum clean_result rewrite(struct clean_run *run, enum clean_kind kind, struct slice *text)
{
	size_t room = kind == CLEAN_LOWER || kind == CLEAN_UPPER ? 2 * text->size : text->size;
	struct rewrite rewrite = { kind, *text, scratch_take(run->scratch, room), 0 };

	if (text->size < LONG_BYTES) {
		write_text(&rewrite);
	} else if (!budget_call(write_text, &rewrite)) {
		run->limit = "time budget";
		return CLEAN_LIMIT;
	}
	scratch_shrink(run->scratch, room, rewrite.size);
	*text = (struct slice){ rewrite.out, rewrite.size };
	return CLEAN_DONE;
}

/* Text that has no number is none, but where there is no text, nothing is wrong with it. */
static enum clean_result find_number(struct clean_run *run, const struct clean_step *step,
				     struct slice *text)
{
	struct slice number = number_find(*text, step->decimal, run->scratch);

	if (number.size == 0 && utf8_trim(*text).size > 0)
		return CLEAN_BAD;
	*text = number;
	return CLEAN_DONE;
}

static size_t count_characters(struct slice text)
{
	const char *end = text.at + text.size;
	size_t count = 0;

	for (const char *at = text.at; at < end; at += utf8_step(at, end))
		count++;
	return count;
}

/* The offset of the character of this index, or the size of text if it has fewer. */
static size_t offset_of(struct slice text, size_t index)
{
	const char *at = text.at, *end = text.at + text.size;

	for (; at < end && index > 0; index--)
		at += utf8_step(at, end);
	return (size_t)(at - text.at);
}

/* An index as Python reads it: from the end if negative, never outside. */
static size_t place(long index, size_t count)
{
	if (index >= 0)
		return (size_t)index < count ? (size_t)index : count;
	return 0 - (size_t)index < count ? count + (size_t)index : 0;
}

static struct slice cut(struct slice text, struct clean_range range)
{
	/* Only what counts from the end needs to know where that is. */
	bool needs_count = (range.has_start && range.start < 0) || (range.has_end && range.end < 0);
	size_t count = needs_count ? count_characters(text) : SIZE_MAX;
	size_t start = range.has_start ? place(range.start, count) : 0;
	size_t end = range.has_end ? place(range.end, count) : SIZE_MAX;
	struct slice rest = { text.at, text.size };
	size_t offset = offset_of(text, start);

	rest.at += offset;
	rest.size -= offset;
	if (end <= start)
		rest.size = 0;
	else if (end != SIZE_MAX)
		rest.size = offset_of(rest, end - start);
	return rest;
}

static struct slice drop(struct slice text, struct slice prefix)
{
	if (text.size < prefix.size || memcmp(text.at, prefix.at, prefix.size) != 0)
		return text;
	return (struct slice){ text.at + prefix.size, text.size - prefix.size };
}

static struct slice map(const struct clean_step *step, struct slice text)
{
	for (size_t n = 0; n < step->pair_count; n++)
		if (slice_equal(step->pairs[2 * n], text))
			return step->pairs[2 * n + 1];
	return text;
}

/* A reference as it stands in an attribute, its character references decoded once. */
static struct slice decode_reference(struct clean_run *run, struct slice text)
{
	char *out = scratch_take(run->scratch, text.size);
	size_t size = html_decode_attribute(text, out);

	scratch_shrink(run->scratch, text.size, size);
	return (struct slice){ out, size };
}

static enum clean_result resolve(struct clean_run *run, const struct clean_step *step,
				 struct slice *text)
{
	struct slice reference = step->is_decoded ? *text : decode_reference(run, *text);
	char *out = scratch_take(run->scratch, CLEAN_URL_BYTES_MAX);
	size_t size =
		run->clean->resolve_url(run->base, utf8_trim(reference), out, CLEAN_URL_BYTES_MAX);

	scratch_shrink(run->scratch, CLEAN_URL_BYTES_MAX, size);
	if (size == 0)
		return CLEAN_BAD;
	*text = (struct slice){ out, size };
	return CLEAN_DONE;
}

/* A text that grows at its end; it moves as it grows. */
struct growing {
	char *at;
	size_t size, room;
};

/* Make room for `more` bytes; false if the text would be too long. */
static bool grow(struct clean_run *run, struct growing *text, size_t more)
{
	size_t room = (text->size + more) * 2;
	char *at;

	if (more > CLEAN_VALUE_BYTES_MAX - text->size) {
		run->limit = "value size";
		return false;
	}
	if (text->size + more > text->room) {
		at = scratch_take(run->scratch, room);
		if (text->size)
			memcpy(at, text->at, text->size);
		*text = (struct growing){ at, text->size, room };
	}
	return true;
}

static bool append(struct clean_run *run, struct growing *text, const char *from, const char *to)
{
	size_t size = (size_t)(to - from);

	if (!grow(run, text, size))
		return false;
	if (size)
		memcpy(text->at + text->size, from, size);
	text->size += size;
	return true;
}

static bool append_replacement(struct clean_run *run, struct growing *text,
			       const struct template *replacement)
{
	size_t size = template_size(replacement);

	if (!grow(run, text, size))
		return false;
	template_write(replacement, text->at + text->size);
	text->size += size;
	return true;
}

static enum clean_result replace(struct clean_run *run, const struct clean_step *step,
				 struct slice *text)
{
	const char *rest = text->at, *end = text->at + text->size;
	struct growing out = { .at = scratch_take(run->scratch, 0) };
	struct selector *selector = step->selector;
	struct found span = { .kind = FOUND_TEXT, .text = *text, .size = text->size };
	enum selector_result result;

	selector_begin(selector, &span);
	while ((result = selector_next(selector)) == SELECTOR_FOUND) {
		struct slice whole = selector->found.text;

		if (whole.at < rest) /* \K in an assertion: what is written is written */
			continue;
		if (!append(run, &out, rest, whole.at) ||
		    !append_replacement(run, &out, &step->replacement))
			return CLEAN_LIMIT;
		rest = whole.at + whole.size;
	}
	run->limit = selector->limit;
	if (result == SELECTOR_LIMIT || !append(run, &out, rest, end))
		return CLEAN_LIMIT;
	*text = (struct slice){ out.at, out.size };
	return CLEAN_DONE;
}

static enum clean_result run_step(struct clean_run *run, const struct clean_step *step,
				  struct slice *text)
{
	switch (step->kind) {
	case CLEAN_TRIM:
		*text = utf8_trim(*text);
		break;
	case CLEAN_SQUEEZE:
	case CLEAN_HTML:
	case CLEAN_LOWER:
	case CLEAN_UPPER:
		return rewrite(run, step->kind, text);
	case CLEAN_NUMBER:
		return find_number(run, step, text);
	case CLEAN_URL:
		return resolve(run, step, text);
	case CLEAN_JSON:
		return json_unescape(*text, text, run->scratch) ? CLEAN_DONE : CLEAN_BAD;
	case CLEAN_SLICE:
		*text = cut(*text, step->range);
		break;
	case CLEAN_DROP:
		*text = drop(*text, step->prefix);
		break;
	case CLEAN_REPLACE:
		return replace(run, step, text);
	case CLEAN_MAP:
		*text = map(step, *text);
		break;
	}
	return CLEAN_DONE;
}

enum clean_result clean_run(const struct clean *clean, struct slice base, struct slice *text,
			    struct scratch *scratch, const char **limit)
{
	struct clean_run run = { clean, base, scratch, NULL };
	struct slice value = *text;

	for (size_t n = 0; n < clean->count; n++) {
		enum clean_result result = run_step(&run, &clean->steps[n], &value);

		if (result == CLEAN_DONE && budget_is_spent()) {
			run.limit = "time budget";
			result = CLEAN_LIMIT;
		}
		if (result != CLEAN_DONE) {
			*limit = run.limit;
			return result;
		}
	}
	*text = value;
	return CLEAN_DONE;
}

static bool fail(struct pattern_error *error, const char *text, size_t offset, const char *reason)
{
	*error = (struct pattern_error){ .text = text, .offset = offset };
	snprintf(error->message, sizeof(error->message), "%s", reason);
	return false;
}

/* An optional sign and digits at *at. */
static bool parse_index(const char **at, bool *is_there, long *index)
{
	const char *digits = **at == '-' || **at == '+' ? *at + 1 : *at;
	char *end;

	*is_there = ascii_is_digit(*digits);
	if (!*is_there)
		return digits == *at;
	*index = strtol(*at, &end, 10); /* a long that is too long is cut: no text is that long */
	*at = end;
	return true;
}

static bool compile_number(struct clean_step *step, const char *text, struct pattern_error *error)
{
	if (!text)
		return true;
	if ((text[0] != ',' && text[0] != '.') || text[1] != '\0')
		return fail(error, text, 0, "the decimal mark of a number is ',' or '.'");
	step->decimal = text[0];
	return true;
}

static bool compile_slice(struct clean_step *step, const char *text, struct pattern_error *error)
{
	struct clean_range *range = &step->range;
	const char *at = text ? text : "";
	bool is_good = parse_index(&at, &range->has_start, &range->start);

	if (is_good && range->has_start && *at == '\0') { /* one character; the last is -1 */
		range->has_end = range->start != -1;
		range->end = range->start == LONG_MAX ? LONG_MAX : range->start + 1;
		return true;
	}
	is_good = is_good && *at == ':';
	if (is_good) {
		at++;
		is_good = parse_index(&at, &range->has_end, &range->end) && *at == '\0';
	}
	if (is_good)
		return true;
	return fail(error, text, text ? (size_t)(at - text) : 0,
		    "a slice is written 'a:b', 'a:', ':b' or 'a', in whole numbers");
}

static bool compile_replace(struct clean_step *step, const struct clean_spec *spec,
			    uint32_t match_limit, struct scratch *store,
			    struct pattern_error *error)
{
	const struct template_names names = { &step->selector, 1, NULL };
	struct selector_error reason;

	if (!spec->argument || !spec->with)
		return fail(error, spec->argument, 0,
			    "replace needs a regular expression and a text");
	step->selector =
		selector_compile(&selector_regex, spec->argument, NULL, match_limit, &reason);
	if (!step->selector)
		return fail(error, spec->argument, reason.offset, reason.message);
	if (template_compile(&step->replacement, TEMPLATE_DOLLARS, spec->with, &names, store,
			     &reason))
		return true;
	return fail(error, spec->with, reason.offset, reason.message);
}

static void compile_map(struct clean_step *step, const struct clean_spec *spec,
			struct scratch *store)
{
	step->pair_count = spec->pair_count;
	step->pairs = scratch_zero(store, 2 * spec->pair_count, sizeof(*step->pairs));
	for (size_t n = 0; n < 2 * spec->pair_count; n++)
		step->pairs[n] = scratch_copy(store, slice_of(spec->pairs[n]));
}

static bool prepare_letters(struct pattern_error *error)
{
	if (!letters)
		letters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return letters ||
	       fail(error, NULL, 0, "lower and upper need the locale C.UTF-8 (package libc-bin)");
}

static bool compile_step(struct clean_step *step, const struct clean_spec *spec,
			 const struct clean *clean, uint32_t match_limit, struct scratch *store,
			 struct pattern_error *error)
{
	step->kind = spec->kind;
	switch (spec->kind) {
	case CLEAN_NUMBER:
		return compile_number(step, spec->argument, error);
	case CLEAN_SLICE:
		return compile_slice(step, spec->argument, error);
	case CLEAN_REPLACE:
		return compile_replace(step, spec, match_limit, store, error);
	case CLEAN_DROP:
		if (!spec->argument)
			return fail(error, NULL, 0, "drop needs a prefix");
		step->prefix = scratch_copy(store, slice_of(spec->argument));
		return true;
	case CLEAN_MAP:
		compile_map(step, spec, store);
		return true;
	case CLEAN_LOWER:
	case CLEAN_UPPER:
		return prepare_letters(error);
	case CLEAN_URL:
		return clean->resolve_url || fail(error, NULL, 0, "url cannot be resolved here");
	default:
		return true;
	}
}

bool clean_compile(struct clean *clean, const struct clean_spec *specs, size_t count,
		   uint32_t match_limit, clean_resolve_function *resolve_url, struct scratch *store,
		   struct pattern_error *error)
{
	bool is_decoded = false;

	*clean = (struct clean){ .resolve_url = resolve_url };
	clean->steps = scratch_zero(store, count, sizeof(*clean->steps));
	clean->count = count;
	for (size_t n = 0; n < count; n++) {
		clean->steps[n].is_decoded = is_decoded;
		is_decoded |= specs[n].kind == CLEAN_HTML;
		if (!compile_step(&clean->steps[n], &specs[n], clean, match_limit, store, error)) {
			clean_free(clean);
			return false;
		}
	}
	return true;
}

void clean_free(struct clean *clean)
{
	for (size_t n = 0; n < clean->count; n++)
		selector_free(clean->steps[n].selector);
	*clean = (struct clean){ 0 };
}
