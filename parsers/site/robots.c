#include "parsers/site/robots.h"

#include <assert.h>
#include <stdlib.h>

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"
#include "parsers/text/memory.h"

/* An escaped octet takes three. */
#define PATH_NORMAL_MAX (3 * ROBOTS_PATH_BYTES_MAX)

/*
 * Every wildcard of a stored pattern is followed by a literal octet or the end, so a longer
 * one has more literals than any path has octets: it can be left out, it never matches.
 */
#define PATTERN_BYTES_MAX (2 * PATH_NORMAL_MAX + 1)

/* Bytes of robots.text: offsets, because it moves while it grows. */
struct span {
	uint32_t at, size;
};

struct rule {
	uint64_t head, head_mask; /* the first literal octets, as head_of() reads them */
	struct span pattern;      /* normal form; every '*' is a wildcard, never two in a row */
	struct span text;
	uint32_t octets; /* of the pattern as written, in normal form: the rule's weight */
	unsigned line;
	bool is_allow;
	bool is_anchored; /* "$" at the end */
	bool has_wildcard;
};

struct robots {
	struct rule *rules; /* in the order they are asked */
	size_t rule_count, rule_room;
	struct span *sitemaps;
	size_t sitemap_count, sitemap_room;
	char *text;
	size_t text_size, text_room;
	int64_t delay_ms;
};

/* Lines */

enum record {
	RECORD_OTHER,
	RECORD_AGENT,
	RECORD_ALLOW,
	RECORD_DISALLOW,
	RECORD_DELAY,
	RECORD_SITEMAP
};

struct line {
	unsigned number;
	enum record record;
	struct slice text;
	struct slice value;
};

static const struct {
	struct slice key;
	enum record record;
} keys[] = {
	{ { "user-agent", 10 }, RECORD_AGENT },  { { "useragent", 9 }, RECORD_AGENT },
	{ { "user agent", 10 }, RECORD_AGENT },  { { "allow", 5 }, RECORD_ALLOW },
	{ { "disallow", 8 }, RECORD_DISALLOW },  { { "dissallow", 9 }, RECORD_DISALLOW },
	{ { "dissalow", 8 }, RECORD_DISALLOW },  { { "disalow", 7 }, RECORD_DISALLOW },
	{ { "diasllow", 8 }, RECORD_DISALLOW },  { { "disallaw", 8 }, RECORD_DISALLOW },
	{ { "crawl-delay", 11 }, RECORD_DELAY }, { { "sitemap", 7 }, RECORD_SITEMAP },
	{ { "site-map", 8 }, RECORD_SITEMAP },
};

/* White space, and the controls (NUL too) that broken editors leave around a line. */
static bool is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

static struct slice trim(struct slice text)
{
	while (text.size && is_blank(text.at[0])) {
		text.at++;
		text.size--;
	}
	while (text.size && is_blank(text.at[text.size - 1]))
		text.size--;
	return text;
}

static const char *find_blank(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (is_blank(text.at[i]))
			return text.at + i;
	return NULL;
}

/* Fill record and value from text: "key: value", or two words without a colon. */
static void split_line(struct line *line)
{
	struct slice text = line->text;
	const char *colon = text.size ? memchr(text.at, ':', text.size) : NULL;
	const char *cut = colon ? colon : find_blank(text);
	struct slice key;

	line->record = RECORD_OTHER;
	if (!cut)
		return;
	key = trim((struct slice){ text.at, (size_t)(cut - text.at) });
	line->value = trim((struct slice){ cut + 1, (size_t)(text.at + text.size - cut - 1) });
	if (!colon && find_blank(line->value))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (ascii_equal(key, keys[i].key))
			line->record = keys[i].record;
}

/* Take the next line off rest.  Lines end with LF, CR or CR LF; a comment is not part of it. */
static bool next_line(struct slice *rest, struct line *line)
{
	size_t size = 0;
	const char *comment;

	if (rest->size == 0)
		return false;
	while (size < rest->size && rest->at[size] != '\n' && rest->at[size] != '\r')
		size++;
	line->number++;
	line->text = (struct slice){ rest->at, size };
	if (size + 1 < rest->size && rest->at[size] == '\r' && rest->at[size + 1] == '\n')
		size++;
	size += size < rest->size;
	rest->at += size;
	rest->size -= size;

	comment = line->text.size ? memchr(line->text.at, '#', line->text.size) : NULL;
	if (comment)
		line->text.size = (size_t)(comment - line->text.at);
	line->text = trim(line->text);
	split_line(line);
	return true;
}

/* The part of body that is read: without byte-order mark, cut, empty if it is another kind of file.
 */
static struct slice readable_part(struct slice body)
{
	struct slice start;

	if (body.size >= 3 && memcmp(body.at, "\xEF\xBB\xBF", 3) == 0) {
		body.at += 3;
		body.size -= 3;
	}
	if (body.size > ROBOTS_BYTES_MAX) {
		body.size = ROBOTS_BYTES_MAX;
		while (body.size && body.at[body.size - 1] != '\n' &&
		       body.at[body.size - 1] != '\r')
			body.size--;
	}
	if (body.size >= 2 && (!memcmp(body.at, "\xFF\xFE", 2) || !memcmp(body.at, "\xFE\xFF", 2)))
		body.size = 0;
	start = trim(body);
	if (start.size && start.at[0] == '<')
		body.size = 0;
	return body;
}

/* Groups */

static struct slice cut_at(struct slice text, char stop)
{
	const char *end = text.size ? memchr(text.at, stop, text.size) : NULL;

	return (struct slice){ text.at, end ? (size_t)(end - text.at) : text.size };
}

/* All before "/" or white space. */
static struct slice first_name(struct slice text)
{
	const char *blank;

	text = cut_at(trim(text), '/');
	blank = find_blank(text);
	return (struct slice){ text.at, blank ? (size_t)(blank - text.at) : text.size };
}

static bool is_browser(struct slice name)
{
	return ascii_equal(name, SLICE("mozilla"));
}

/* Take the part before the next '(' or ';' off a header: the parts of its comments. */
static struct slice next_part(struct slice *rest)
{
	size_t size = 0;
	struct slice part;

	while (size < rest->size && !memchr("(;)", rest->at[size], 3))
		size++;
	part = trim((struct slice){ rest->at, size });
	size += size < rest->size;
	*rest = (struct slice){ rest->at + size, rest->size - size };
	return part;
}

/* The name behind "compatible;", which is no address ("+https://..."); empty: there is none. */
static struct slice compatible_name(struct slice user_agent)
{
	bool is_behind = false;

	while (user_agent.size) {
		struct slice part = next_part(&user_agent);

		if (is_behind && part.size && part.at[0] != '+')
			return first_name(part);
		is_behind |= ascii_equal(part, SLICE("compatible"));
	}
	return (struct slice){ 0 };
}

struct slice robots_product_token(struct slice user_agent)
{
	struct slice name = first_name(user_agent), other = { 0 };

	if (is_browser(name))
		other = compatible_name(user_agent);
	return other.size ? other : name;
}

bool robots_token_is_obvious(struct slice user_agent)
{
	struct slice text = trim(user_agent), name = first_name(text), rest;

	rest = trim((struct slice){ text.at + name.size, text.size - name.size });
	return name.size && !is_browser(name) &&
	       (rest.size == 0 || rest.at[0] == '/' || rest.at[0] == '(');
}

static bool names_everyone(struct slice value)
{
	return value.size && value.at[0] == '*' && (value.size == 1 || is_blank(value.at[1]));
}

/* "mybot" is named by "MyBot", "mybot/2.1" and "mybot and friends", not by "mybot-news". */
static bool names_token(struct slice value, struct slice token)
{
	return token.size && ascii_equal(robots_product_token(value), token);
}

static bool file_names_token(struct slice body, struct slice token)
{
	struct line line = { 0 };

	while (next_line(&body, &line))
		if (line.record == RECORD_AGENT && names_token(line.value, token))
			return true;
	return false;
}

/* Storage */

/* Make room for more elements of size bytes behind count. */
static void *reserve(void *array, size_t *room, size_t count, size_t more, size_t size)
{
	if (count + more <= *room)
		return array;
	*room = 2 * *room > count + more ? 2 * *room : count + more;
	return memory_resize(array, *room * size);
}

/* Give back the room that is not used: many robots are kept. */
static void *fit(void *array, size_t *room, size_t count, size_t size)
{
	*room = count;
	if (count > 0)
		return memory_resize(array, count * size);
	free(array);
	return NULL;
}

static char *reserve_text(struct robots *robots, size_t bytes)
{
	robots->text = reserve(robots->text, &robots->text_room, robots->text_size, bytes, 1);
	return robots->text + robots->text_size;
}

static struct span keep_text(struct robots *robots, struct slice text)
{
	struct span span = { (uint32_t)robots->text_size, (uint32_t)text.size };

	memcpy(reserve_text(robots, text.size), text.at, text.size);
	robots->text_size += text.size;
	return span;
}

static struct slice kept(const struct robots *robots, struct span span)
{
	return (struct slice){ robots->text + span.at, span.size };
}

/* The normal form in which paths and patterns are compared (RFC 9309 2.2.2, RFC 3986 2.2, 2.3) */

static bool is_unreserved(unsigned char c)
{
	return ascii_is_letter((char)c) || ascii_is_digit((char)c) || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

/* "*" and "$" are reserved too; escaped they are told from a pattern's wildcard and end. */
static bool is_reserved(unsigned char c)
{
	static const char reserved[] = ":/?#[]@!&'()+,;=";

	return memchr(reserved, c, sizeof(reserved) - 1) != NULL;
}

/*
 * Write the normal form of text to out, which has room for 3 * text.size.
 * With octets it is a pattern: "*" stays, a run of them as one, and *octets is the size with
 * all of them.  Returns the bytes written.
 */
static size_t normalise(struct slice text, char *out, uint32_t *octets)
{
	size_t size = 0, dropped = 0, step;

	for (size_t i = 0; i < text.size; i += step) {
		int octet = hex_escape((struct slice){ text.at + i, text.size - i });
		unsigned char c = octet < 0 ? (unsigned char)text.at[i] : (unsigned char)octet;

		step = octet < 0 ? 1 : 3;
		if (octets && octet < 0 && c == '*') {
			if (size && out[size - 1] == '*')
				dropped++;
			else
				out[size++] = '*';
		} else if (is_unreserved(c) || (octet < 0 && is_reserved(c))) {
			out[size++] = (char)c;
		} else {
			hex_put_escape(out + size, (char)c);
			size += 3;
		}
	}
	if (octets)
		*octets = (uint32_t)(size + dropped);
	return size;
}

/*
 * The first octets of a path or literal, as many as a word holds, and zeros after its end (no
 * normal form has one): most rules are told from most paths by one comparison.
 */
static uint64_t head_of(struct slice text)
{
	uint64_t head = 0;

	memcpy(&head, text.at, text.size < sizeof(head) ? text.size : sizeof(head));
	return head;
}

/* Parsing */

/* Fill in what is derived from the rule's pattern. */
static void prepare_rule(struct rule *rule, struct slice pattern)
{
	static const char ones[sizeof(rule->head)] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
	const char *star = memchr(pattern.at, '*', pattern.size);
	size_t literal = star ? (size_t)(star - pattern.at) : pattern.size;

	rule->has_wildcard = star != NULL;
	rule->head = head_of((struct slice){ pattern.at, literal });
	rule->head_mask =
		head_of((struct slice){ ones, literal < sizeof(ones) ? literal : sizeof(ones) });
}

/* An empty pattern is no rule, and one that begins with neither "/" nor "*" can match no path. */
static void add_rule(struct robots *robots, const struct line *line)
{
	struct rule rule = { .line = line->number, .is_allow = line->record == RECORD_ALLOW };
	struct slice value = line->value;
	size_t size;

	if (value.size == 0 || (value.at[0] != '/' && value.at[0] != '*'))
		return;
	rule.is_anchored = value.at[value.size - 1] == '$';
	value.size -= rule.is_anchored;
	size = normalise(value, reserve_text(robots, 3 * value.size), &rule.octets);
	if (size > PATTERN_BYTES_MAX)
		return;
	rule.octets += rule.is_anchored;
	rule.pattern = (struct span){ (uint32_t)robots->text_size, (uint32_t)size };
	robots->text_size += size;
	prepare_rule(&rule, kept(robots, rule.pattern));
	rule.text = keep_text(robots, line->text);

	robots->rules =
		reserve(robots->rules, &robots->rule_room, robots->rule_count, 1, sizeof(rule));
	robots->rules[robots->rule_count++] = rule;
}

static void add_sitemap(struct robots *robots, struct slice url)
{
	if (url.size == 0)
		return;
	robots->sitemaps = reserve(robots->sitemaps, &robots->sitemap_room, robots->sitemap_count,
				   1, sizeof(robots->sitemaps[0]));
	robots->sitemaps[robots->sitemap_count++] = keep_text(robots, url);
}

/* Seconds, with decimals, rounded up to milliseconds; -1 if text is anything else. */
static int64_t parse_delay_ms(struct slice text)
{
	int64_t unit = 1000, ms = 0;
	bool has_digit = false, has_point = false, is_uneven = false;

	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '.' && !has_point) {
			has_point = true;
			continue;
		}
		if (text.at[i] < '0' || text.at[i] > '9')
			return -1;
		has_digit = true;
		if (!has_point) {
			ms = ms * 10 + (text.at[i] - '0') * unit;
		} else {
			unit /= 10;
			ms += (text.at[i] - '0') * unit;
			is_uneven |= unit == 0 && text.at[i] != '0';
		}
		if (ms > ROBOTS_DELAY_MS_MAX)
			ms = ROBOTS_DELAY_MS_MAX;
	}
	return has_digit ? ms + (is_uneven && ms < ROBOTS_DELAY_MS_MAX) : -1;
}

static void add_delay(struct robots *robots, struct slice value)
{
	int64_t ms = parse_delay_ms(value);

	if (ms > robots->delay_ms)
		robots->delay_ms = ms;
}

/*
 * A group is User-agent lines and then rules; the first User-agent line after a rule begins
 * the next.  Other records do not end anything (RFC 9309 2.2.4): a Crawl-delay or Sitemap
 * between two User-agent lines leaves both in one group.
 */
static void read_groups(struct robots *robots, struct slice body, struct slice token)
{
	bool is_named = file_names_token(body, token);
	bool is_ours = false, is_listing = false;
	struct line line = { 0 };

	while (next_line(&body, &line)) {
		switch (line.record) {
		case RECORD_AGENT:
			is_ours = is_ours && is_listing;
			is_ours |= is_named ? names_token(line.value, token)
					    : names_everyone(line.value);
			is_listing = true;
			break;
		case RECORD_ALLOW:
		case RECORD_DISALLOW:
			is_listing = false;
			if (is_ours)
				add_rule(robots, &line);
			break;
		case RECORD_DELAY:
			if (is_ours)
				add_delay(robots, line.value);
			break;
		case RECORD_SITEMAP:
			add_sitemap(robots, line.value);
			break;
		case RECORD_OTHER:
			break;
		}
	}
}

/* The heavier rule first, so that the first that matches decides. */
static int compare_rules(const void *left, const void *right)
{
	const struct rule *a = left, *b = right;

	if (a->octets != b->octets)
		return a->octets > b->octets ? -1 : 1;
	if (a->is_allow != b->is_allow)
		return a->is_allow ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

struct robots *robots_parse(struct slice body, struct slice product_token)
{
	struct robots *robots = memory_new(1, sizeof(*robots));

	robots->delay_ms = -1;
	read_groups(robots, readable_part(body), product_token);
	if (robots->rule_count)
		qsort(robots->rules, robots->rule_count, sizeof(robots->rules[0]), compare_rules);
	robots->rules = fit(robots->rules, &robots->rule_room, robots->rule_count,
			    sizeof(robots->rules[0]));
	robots->sitemaps = fit(robots->sitemaps, &robots->sitemap_room, robots->sitemap_count,
			       sizeof(robots->sitemaps[0]));
	robots->text = fit(robots->text, &robots->text_room, robots->text_size, 1);
	return robots;
}

void robots_free(struct robots *robots)
{
	if (!robots)
		return;
	free(robots->text);
	free(robots->sitemaps);
	free(robots->rules);
	free(robots);
}

size_t robots_memory_bytes(const struct robots *robots)
{
	return sizeof(*robots) + robots->text_room +
	       robots->rule_room * sizeof(robots->rules[0]) +
	       robots->sitemap_room * sizeof(robots->sitemaps[0]);
}

/* Asking */

static struct slice skip(struct slice text, size_t bytes)
{
	return (struct slice){ text.at + bytes, text.size - bytes };
}

static bool starts_with(struct slice text, struct slice start)
{
	return text.size >= start.size && memcmp(text.at, start.at, start.size) == 0;
}

static bool ends_with(struct slice text, struct slice end)
{
	return text.size >= end.size &&
	       memcmp(text.at + text.size - end.size, end.at, end.size) == 0;
}

/* Take the literal up to the next wildcard off pattern; *is_last if none follows. */
static struct slice next_literal(struct slice *pattern, bool *is_last)
{
	const char *star = memchr(pattern->at, '*', pattern->size);
	struct slice literal = { pattern->at, star ? (size_t)(star - pattern->at) : pattern->size };

	*is_last = !star;
	*pattern = skip(*pattern, literal.size + (star != NULL));
	return literal;
}

/*
 * The literals between wildcards, each at its first place after the one before: no choice of a
 * later place could help what follows, so nothing is ever tried twice.
 */
static bool pattern_matches(struct slice pattern, bool is_anchored, struct slice path)
{
	bool is_last;
	struct slice literal = next_literal(&pattern, &is_last);

	if (!starts_with(path, literal))
		return false;
	path = skip(path, literal.size);
	if (is_last)
		return !is_anchored || path.size == 0;
	for (;;) {
		const char *found;

		literal = next_literal(&pattern, &is_last);
		if (is_last && is_anchored)
			return ends_with(path, literal);
		found = memmem(path.at, path.size, literal.at, literal.size);
		if (is_last || !found)
			return found != NULL;
		path = skip(path, (size_t)(found - path.at) + literal.size);
	}
}

/* The first rule that matches decides; with too many to search the answer is no. */
static struct robots_verdict decide(const struct robots *robots, struct slice path)
{
	uint64_t work = 0, head = head_of(path);

	for (size_t i = 0; i < robots->rule_count; i++) {
		const struct rule *rule = &robots->rules[i];
		struct slice pattern = kept(robots, rule->pattern);

		if ((head & rule->head_mask) != rule->head)
			continue;
		if (pattern_matches(pattern, rule->is_anchored, path))
			return (struct robots_verdict){ rule->is_allow, rule->line,
							kept(robots, rule->text) };
		work += rule->has_wildcard ? path.size : 0;
		if (work > ROBOTS_WORK_BYTES_MAX)
			return (struct robots_verdict){ .is_allowed = false };
	}
	return (struct robots_verdict){ .is_allowed = true };
}

struct robots_verdict robots_check(const struct robots *robots, struct slice path_and_query)
{
	char normal[PATH_NORMAL_MAX];
	struct slice path = { normal, 0 };

	if (path_and_query.size == 0)
		path_and_query = SLICE("/");
	if (path_and_query.size > ROBOTS_PATH_BYTES_MAX)
		path_and_query.size = ROBOTS_PATH_BYTES_MAX;
	path.size = normalise(path_and_query, normal, NULL);
	if (slice_equal(path, SLICE("/robots.txt")))
		return (struct robots_verdict){ .is_allowed = true };
	return decide(robots, path);
}

int64_t robots_crawl_delay_ms(const struct robots *robots)
{
	return robots->delay_ms;
}

size_t robots_sitemap_count(const struct robots *robots)
{
	return robots->sitemap_count;
}

struct slice robots_sitemap(const struct robots *robots, size_t index)
{
	assert(index < robots->sitemap_count);
	return kept(robots, robots->sitemaps[index]);
}
