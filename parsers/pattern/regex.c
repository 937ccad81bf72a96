#include "parsers/pattern/regex.h"

#include <stdio.h>
#include <stdlib.h>

#include <pcre2.h>

#include "parsers/pattern/budget.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

#define JIT_STACK_BYTES_MIN ((size_t)32 << 10)
#define JIT_STACK_BYTES_MAX \
	((size_t)4 << 20) /* reserved; a page of it is used when it is touched */

/* Of the process: one match runs at a time. */
static pcre2_jit_stack *jit_stack;

static pcre2_jit_stack *current_jit_stack(void *unused)
{
	(void)unused;
	return jit_stack;
}

static void renew_jit_stack(void)
{
	pcre2_jit_stack_free(jit_stack);
	jit_stack = pcre2_jit_stack_create(JIT_STACK_BYTES_MIN, JIT_STACK_BYTES_MAX, NULL);
	if (!jit_stack)
		memory_fail();
}

bool regex_flags(const char *flags, uint32_t *options, size_t *offset)
{
	static const char letters[] = REGEX_FLAGS;
	static const uint32_t bits[] = { PCRE2_CASELESS, PCRE2_MULTILINE, PCRE2_DOTALL,
					 PCRE2_EXTENDED, PCRE2_UCP };
	uint32_t all = 0;

	for (const char *flag = flags ? flags : ""; *flag != '\0'; flag++) {
		const char *letter = strchr(letters, *flag);

		*offset = (size_t)(flag - flags);
		if (!letter || all & bits[letter - letters])
			return false;
		all |= bits[letter - letters];
	}
	*options = all;
	return true;
}

/* Behind a class that begins at `at`; what is escaped in it is none of its ends. */
static const char *find_class_end(const char *at)
{
	at += at[1] == '^' ? 2 : 1;
	at += *at == ']';
	while (*at != '\0' && *at != ']')
		at += *at == '\\' && at[1] != '\0' ? 2 : 1;
	return at;
}

/* The static text of an escape that is of ASCII, or NULL.  In a class \b is a character. */
static const char *ascii_escape(char letter, bool is_in_class)
{
	static const char *const escapes[] = { "\\w", "\\W", "\\s", "\\S", "\\b", "\\B" };

	for (size_t n = 0; n < (is_in_class ? 4u : 6u); n++)
		if (escapes[n][1] == letter)
			return escapes[n];
	return NULL;
}

const char *regex_ascii_escape(const char *text, const char *flags)
{
	const char *class_end = text, *quote_end;

	if ((flags && strchr(flags, 'u')) || strncmp(text, "(*UCP)", 6) == 0)
		return NULL;
	for (const char *at = text; *at != '\0'; at++) {
		const char *found;

		if (*at == '[' && at >= class_end)
			class_end = find_class_end(at);
		if (*at != '\\' || at[1] == '\0')
			continue;
		at++;
		found = ascii_escape(*at, at < class_end);
		if (found)
			return found;
		quote_end = *at == 'Q' ? strstr(at, "\\E") : at;
		if (!quote_end)
			return NULL;
		at = *at == 'Q' ? quote_end + 1 : at;
	}
	return NULL;
}

static void say(struct regex_error *error, size_t offset, const char *message)
{
	error->offset = offset;
	snprintf(error->message, sizeof(error->message), "%s", message);
}

/* Where PCRE2's own text tells nobody what to do. */
static const char *cure_of(int code)
{
	bool is_too_large =
		code == PCRE2_ERROR_PATTERN_TOO_LARGE || code == PCRE2_ERROR_TOO_MANY_CAPTURES;

	return is_too_large ? ": make two of it" : "";
}

static void say_code(struct regex_error *error, size_t offset, int code)
{
	char text[sizeof(error->message)];

	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text)) < 0)
		snprintf(text, sizeof(text), "PCRE2 error %d", code);
	error->offset = offset;
	snprintf(error->message, sizeof(error->message), "%.120s%s", text, cure_of(code));
}

/* Of the process, made at the first compilation. */
static pcre2_compile_context *line_ends(void)
{
	static pcre2_compile_context *context;

	if (!context && !(context = pcre2_compile_context_create(NULL)))
		memory_fail();
	pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
	return context;
}

static pcre2_code *compile_code(const char *text, uint32_t options, struct regex_error *error)
{
	PCRE2_SIZE offset = 0, jit_bytes = 0;
	pcre2_code *code;
	int rc;

	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
			     options | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &rc, &offset,
			     line_ends());
	if (!code) {
		say_code(error, offset, rc);
		return NULL;
	}
	rc = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	if (rc == PCRE2_ERROR_NOMEMORY) /* of the machine code, which has a largest size */
		say(error, 0, "too large for PCRE2's compiler to machine code: make two of it");
	else if (rc != 0)
		say_code(error, 0, rc);
	else if (pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &jit_bytes) != 0 || jit_bytes == 0)
		say(error, 0, "(*NO_JIT) is not allowed: without JIT a match has no bound");
	else
		return code;
	pcre2_code_free(code);
	return NULL;
}

/* The name table: entries of entry_size bytes, two of them the group's number, then the name. */
struct names {
	PCRE2_SPTR table;
	uint32_t count;
	uint32_t entry_size;
};

static struct names names_of(const struct regex *regex)
{
	struct names names = { 0 };

	pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &names.table);
	pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &names.count);
	pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &names.entry_size);
	return names;
}

static uint16_t entry_number(struct names names, uint32_t n)
{
	PCRE2_SPTR entry = names.table + (size_t)n * names.entry_size;

	return (uint16_t)(entry[0] << 8 | entry[1]);
}

static const char *entry_name(struct names names, uint32_t n)
{
	return (const char *)names.table + (size_t)n * names.entry_size + 2;
}

/* Groups of one name stand side by side in the table: chain them. */
static void find_twins(struct regex *regex)
{
	struct names names = names_of(regex);

	regex->twins = scratch_zero(&regex->store, regex->group_count + 1, sizeof(*regex->twins));
	for (uint32_t n = 1; n < names.count; n++)
		if (strcmp(entry_name(names, n - 1), entry_name(names, n)) == 0)
			regex->twins[entry_number(names, n - 1)] = entry_number(names, n);
}

static void use_chain(struct regex *regex, const char *text, bool is_unicode)
{
	chain_compile(&regex->chain, &regex->store, text);
	for (size_t n = 0; is_unicode && n < regex->chain.count; n++)
		if (regex->chain.links[n].joint == CHAIN_DIGITS) /* a chain's are of ASCII */
			regex->chain.count = 0;
	if (!regex->chain.count)
		return;
	regex->chain_ends =
		scratch_zero(&regex->store, regex->group_count + 1, 2 * sizeof(*regex->chain_ends));
	regex->ovector = regex->chain_ends;
}

struct regex *regex_compile(const char *text, uint32_t options, uint32_t match_limit,
			    struct regex_error *error)
{
	pcre2_code *code = compile_code(text, options, error);
	struct regex *regex;

	if (!code)
		return NULL;
	regex = memory_new(1, sizeof(*regex));
	regex->code = code;
	regex->data = pcre2_match_data_create_from_pattern(code, NULL);
	regex->context = pcre2_match_context_create(NULL);
	if (!regex->data || !regex->context)
		memory_fail();
	regex->ovector = pcre2_get_ovector_pointer(regex->data);
	if (!jit_stack)
		renew_jit_stack();
	pcre2_jit_stack_assign(regex->context, current_jit_stack, NULL);
	pcre2_set_match_limit(regex->context, match_limit);
	pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &regex->group_count);
	find_twins(regex);
	if (!(options & (PCRE2_CASELESS | PCRE2_EXTENDED)))
		literals_find(&regex->literals, &regex->store, text);
	if ((options & ~PCRE2_UCP) == PCRE2_DOTALL)
		use_chain(regex, text, options & PCRE2_UCP);
	return regex;
}

void regex_free(struct regex *regex)
{
	if (!regex)
		return;
	scratch_free(&regex->store);
	pcre2_match_context_free(regex->context);
	pcre2_match_data_free(regex->data);
	pcre2_code_free(regex->code);
	free(regex);
}

uint32_t regex_group_number(const struct regex *regex, struct slice name)
{
	struct names names = names_of(regex);

	for (uint32_t n = 0; n < names.count; n++)
		if (slice_equal(slice_of(entry_name(names, n)), name))
			return entry_number(names, n);
	return 0;
}

struct slice regex_group_name(const struct regex *regex, uint32_t number)
{
	struct names names = names_of(regex);

	for (uint32_t n = 0; n < names.count; n++)
		if (entry_number(names, n) == number)
			return slice_of(entry_name(names, n));
	return (struct slice){ 0 };
}

/* One call of PCRE2, in a form that budget_call() can make. */
struct attempt {
	struct regex *regex;
	struct slice text;
	size_t offset;
	uint32_t options;
	int rc;
};

/*
 * pcre2_jit_match() and not pcre2_match(): it takes no other road than the compiled code,
 * which allocates nothing and locks nothing, so that a budget may cut it off anywhere.  The same
 * is true of chain_match(), whose matches are never empty: the options are not for it.
 */
static void attempt_match(void *context)
{
	struct attempt *attempt = context;
	struct regex *regex = attempt->regex;
	bool is_found;

	if (regex->chain.count) {
		is_found = chain_match(&regex->chain, attempt->text, attempt->offset,
				       regex->chain_ends);
		attempt->rc = is_found ? 1 : PCRE2_ERROR_NOMATCH;
		return;
	}
	attempt->rc =
		pcre2_jit_match(regex->code, (PCRE2_SPTR)attempt->text.at, attempt->text.size,
				attempt->offset, attempt->options, regex->data, regex->context);
}

static const char *limit_name(int rc)
{
	switch (rc) {
	case PCRE2_ERROR_MATCHLIMIT:
		return "match limit";
	case PCRE2_ERROR_JIT_STACKLIMIT:
		return "JIT stack";
	case PCRE2_ERROR_DEPTHLIMIT:
		return "depth limit";
	case PCRE2_ERROR_HEAPLIMIT:
		return "heap limit";
	case PCRE2_ERROR_RECURSELOOP:
		return "endless recursion";
	default:
		return "PCRE2 internal error";
	}
}

static enum regex_result match_at(struct regex *regex, struct slice text, size_t offset,
				  uint32_t options)
{
	struct attempt attempt = { regex, text, offset, options, 0 };

	regex_forget(regex);
	if (budget_is_spent() || !budget_call(attempt_match, &attempt)) {
		/* Where the cut left the stack of the compiled code is anybody's guess. */
		renew_jit_stack();
		regex->limit = "time budget";
		return REGEX_LIMIT;
	}
	if (attempt.rc == PCRE2_ERROR_NOMATCH)
		return REGEX_NONE;
	if (attempt.rc < 0) {
		regex->limit = limit_name(attempt.rc);
		return REGEX_LIMIT;
	}
	regex->subject = text;
	return REGEX_FOUND;
}

/* An absent text has an address too: PCRE2 wants one. */
static struct slice present(struct slice text)
{
	return text.at ? text : SLICE("");
}

bool regex_may_match(const struct regex *regex, struct slice text)
{
	return literals_may_stand(&regex->literals, text);
}

void regex_forget(struct regex *regex)
{
	regex->subject = (struct slice){ 0 };
	regex->limit = NULL;
}

struct slice regex_group(const struct regex *regex, uint32_t number)
{
	const PCRE2_SIZE *pair = regex->ovector + (size_t)2 * number;

	if (!regex->subject.at || pair[0] == PCRE2_UNSET || pair[1] > regex->subject.size)
		return (struct slice){ 0 };
	if (pair[0] > pair[1]) /* \K in an assertion */
		return (struct slice){ regex->subject.at + pair[1], 0 };
	return (struct slice){ regex->subject.at + pair[0], pair[1] - pair[0] };
}

struct slice regex_named_group(const struct regex *regex, uint32_t number)
{
	struct slice group = regex_group(regex, number);

	while (!group.at && (number = regex->twins[number]) != 0)
		group = regex_group(regex, number);
	return group;
}

void regex_search_begin(struct regex_search *search, struct regex *regex, struct slice text)
{
	*search = (struct regex_search){ .regex = regex, .text = present(text) };
	search->is_over = !literals_last_start(&regex->literals, search->text, &search->last_start);
}

/* Go on behind the match.  One that ends no later than it was looked for (\K can do that) must not
 * be found for ever. */
static void advance(struct regex_search *search)
{
	const PCRE2_SIZE *whole = search->regex->ovector;
	const char *at = search->text.at + search->offset;
	bool moved = whole[1] > search->offset;

	if (moved || !search->is_after_empty) {
		search->is_after_empty = !moved || whole[0] >= whole[1];
		search->offset = moved ? whole[1] : search->offset;
	} else if (search->offset < search->text.size) {
		search->offset += utf8_step(at, search->text.at + search->text.size);
		search->is_after_empty = false;
	} else {
		search->is_over = true;
	}
}

enum regex_result regex_search_next(struct regex_search *search)
{
	enum regex_result result = REGEX_NONE;

	if (!search->is_over && search->offset <= search->last_start)
		result = match_at(search->regex, search->text, search->offset,
				  search->is_after_empty ? PCRE2_NOTEMPTY_ATSTART : 0);
	else
		regex_forget(search->regex);
	if (result == REGEX_FOUND)
		advance(search);
	else
		search->is_over = true;
	return result;
}

const char *regex_library_version(void)
{
	static char version[64];

	if (version[0] == '\0')
		pcre2_config(PCRE2_CONFIG_VERSION, version);
	return version;
}
