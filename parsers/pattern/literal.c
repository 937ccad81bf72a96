#include "parsers/pattern/literal.h"
#include "parsers/text/utf8.h"

/* A walk over the top level of a pattern.  NUL ends it, and is a character of none of the sets
 * below. */
struct walk {
	const char *at;
	const char *end; /* where the NUL is */
	char *run;       /* the literal being read */
	size_t run_size;
	struct literals *found;
};

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* The run read so far is complete.  When there is no room left the last one is worth most. */
static void end_run(struct walk *walk)
{
	struct literals *found = walk->found;

	if (walk->run_size == 0)
		return;
	if (found->count == LITERALS_MAX)
		found->count--;
	found->parts[found->count++] = (struct slice){ walk->run, walk->run_size };
	walk->run += walk->run_size;
	walk->run_size = 0;
}

/* One literal character.  What a quantifier makes optional is no part of the run. */
static void take_character(struct walk *walk)
{
	size_t size = utf8_step(walk->at, walk->end);
	char next = walk->at[size];

	if (is_one_of(next, "*?{")) {
		end_run(walk);
	} else {
		memcpy(walk->run + walk->run_size, walk->at, size);
		walk->run_size += size;
		if (next == '+')
			end_run(walk);
	}
	walk->at += size;
}

/* "\c(" is one character, "\c]" another: a bracket there is none. */
static bool is_control(const char *escape)
{
	return escape[0] == '\\' && escape[1] == 'c';
}

/* A class, from '[' to behind its ']'.  POSIX names in it are not worth the trouble. */
static bool skip_class(struct walk *walk)
{
	const char *at = walk->at + 1;

	if (*at == '^')
		at++;
	if (*at == ']')
		at++;
	for (; *at != ']'; at++) {
		if ((*at == '[' && is_one_of(at[1], ":.=")) || is_control(at))
			return false;
		if (*at == '\\')
			at++;
		if (*at == '\0')
			return false;
	}
	walk->at = at + 1;
	return true;
}

/*
 * Is "(?..." at `at` a group, an assertion or a reference, or does it set flags that
 * change neither letters nor the reading of the pattern?
 */
static bool group_is_harmless(const char *at)
{
	if (at[1] != '?')
		return true;
	at += 2;
	if (is_one_of(*at, ":=!<>|P'R&(+0123456789"))
		return true;
	if (*at == '-' && is_one_of(at[1], "0123456789"))
		return true;
	while (is_one_of(*at, "^msnJU"))
		at++;
	if (*at == '-')
		for (at++; is_one_of(*at, "imsxnJU");)
			at++;
	return *at == ')' || *at == ':';
}

/* A group, from '(' to behind its ')'. */
static bool skip_group(struct walk *walk)
{
	size_t depth = 0;

	do {
		switch (*walk->at) {
		case '\0':
			return false;
		case '[':
			if (!skip_class(walk))
				return false;
			continue;
		case '\\':
			if (is_control(walk->at) || *++walk->at == '\0')
				return false;
			break;
		case '(':
			if (!group_is_harmless(walk->at))
				return false;
			depth++;
			break;
		case ')':
			depth--;
			break;
		}
		walk->at++;
	} while (depth > 0);
	return true;
}

/* An escape: a class or an anchor of one letter, or a character made literal. */
static bool take_escape(struct walk *walk)
{
	char c = walk->at[1];

	if (is_one_of(c, "dDwWsSbBAzZGhHvVRXKntrfea")) {
		end_run(walk);
		walk->at += 2;
		return true;
	}
	if (c <= ' ' || c == 0x7F || is_one_of(c, "0123456789") || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z'))
		return false;
	walk->at++;
	take_character(walk);
	return true;
}

/* "{2,3}", or a brace that is literal after all: nothing of it is taken either way. */
static void skip_brace(struct walk *walk)
{
	end_run(walk);
	walk->at++;
	while (is_one_of(*walk->at, "0123456789, \t"))
		walk->at++;
	if (*walk->at == '}')
		walk->at++;
}

/* One item of the top level.  Returns false where the pattern is beyond this reader. */
static bool take_item(struct walk *walk)
{
	switch (*walk->at) {
	case '|': /* either side may match: nothing is certain */
	case ')':
		return false;
	case '(':
		end_run(walk);
		return skip_group(walk);
	case '[':
		end_run(walk);
		return skip_class(walk);
	case '\\':
		return take_escape(walk);
	case '{':
		skip_brace(walk);
		return true;
	case '.':
	case '^':
	case '$':
	case '*':
	case '+':
	case '?':
		end_run(walk);
		walk->at++;
		return true;
	default:
		take_character(walk);
		return true;
	}
}

static struct slice longest(const struct literals *literals)
{
	struct slice best = { 0 };

	for (size_t i = 0; i < literals->count; i++) {
		struct slice part = literals->parts[i];

		if (part.size > best.size && !memchr(part.at, UTF8_SUBSTITUTE, part.size))
			best = part;
	}
	return best;
}

void literals_find(struct literals *literals, struct scratch *store, const char *pattern)
{
	size_t size = strlen(pattern);
	struct walk walk = { .at = pattern, .end = pattern + size, .found = literals };

	literals->count = 0;
	literals->longest = (struct slice){ 0 };
	/* Verbs may end a match early, \Q...\E changes what a character means. */
	if (strstr(pattern, "(*") || strstr(pattern, "\\Q") || strstr(pattern, "\\E"))
		return;
	walk.run = scratch_take(store, size);
	while (*walk.at != '\0') {
		if (!take_item(&walk)) {
			literals->count = 0;
			return;
		}
	}
	end_run(&walk);
	literals->longest = longest(literals);
}

bool literals_may_stand(const struct literals *literals, struct slice text)
{
	struct slice part = literals->longest;

	return part.size == 0 || memmem(text.at, text.size, part.at, part.size);
}

/* The last place of part that ends at or before `end`, or NULL. */
static const char *find_last(const char *at, const char *end, struct slice part)
{
	const char *found;

	if ((size_t)(end - at) < part.size)
		return NULL;
	end -= part.size - 1; /* behind the last place where part can begin */
	while ((found = memrchr(at, part.at[0], (size_t)(end - at)))) {
		if (memcmp(found, part.at, part.size) == 0)
			return found;
		end = found;
	}
	return NULL;
}

bool literals_last_start(const struct literals *literals, struct slice text, size_t *start)
{
	const char *end = text.at + text.size;

	for (size_t n = literals->count; n-- > 0;) {
		end = find_last(text.at, end, literals->parts[n]);
		if (!end)
			return false;
	}
	*start = (size_t)(end - text.at);
	return true;
}
