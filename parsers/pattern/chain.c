#include "parsers/pattern/chain.h"
#include "parsers/text/ascii.h"

/* A pattern being read. */
struct reading {
	const char *at;
	char *byte; /* where the next byte of a literal goes */
	uint32_t groups;
};

/* A quantifier is one: behind a literal no joint begins with it, behind a joint no literal does. */
static bool is_special(char c)
{
	return c != '\0' && strchr("\\^$.[|()?*+{", c) != NULL;
}

/* Bytes of the literal byte at `at`, with a backslash before it or none; 0: something else. */
static size_t literal_size(const char *at)
{
	size_t size = at[0] == '\\' ? 2 : 1;
	char c = at[size - 1];

	if (size == 1 ? is_special(c)
		      : c <= ' ' || c == 0x7F || ascii_is_digit(c) || ascii_is_letter(c))
		return 0;
	return size;
}

/* The bytes up to a joint or the end.  Returns false if there are none. */
static bool read_literal(struct reading *reading, struct slice *literal)
{
	size_t size;

	*literal = (struct slice){ reading->byte, 0 };
	while (*reading->at != '\0' && (size = literal_size(reading->at))) {
		*reading->byte++ = reading->at[size - 1];
		reading->at += size;
		literal->size++;
	}
	return literal->size > 0;
}

static bool read_word(struct reading *reading, const char *word)
{
	size_t size = strlen(word);

	if (strncmp(reading->at, word, size) != 0)
		return false;
	reading->at += size;
	return true;
}

static bool read_joint(struct reading *reading, struct chain_link *link)
{
	static const struct {
		const char *text;
		enum chain_joint joint;
		bool is_group;
	} joints[] = {
		{ ".*?", CHAIN_GAP, false },
		{ "(.*?)", CHAIN_GAP, true },
		{ "\\d+", CHAIN_DIGITS, false },
		{ "(\\d+)", CHAIN_DIGITS, true },
	};

	for (size_t n = 0; n < sizeof(joints) / sizeof(joints[0]); n++) {
		if (!read_word(reading, joints[n].text))
			continue;
		link->joint = joints[n].joint;
		link->group = joints[n].is_group ? ++reading->groups : 0;
		return true;
	}
	return false;
}

/* Does a digit stand beside the digits that link begins with? */
static bool is_ambiguous(const struct chain_link *link)
{
	struct slice before;

	if (link->joint != CHAIN_DIGITS)
		return false;
	before = link[-1].literal;
	return ascii_is_digit(link->literal.at[0]) || ascii_is_digit(before.at[before.size - 1]);
}

void chain_compile(struct chain *chain, struct scratch *store, const char *pattern)
{
	struct reading reading = { .at = pattern };
	size_t count = 0, size = strlen(pattern);

	*chain = (struct chain){ 0 };
	reading.byte = scratch_take(store, size + 1);
	chain->links = scratch_zero(store, size + 1, sizeof(*chain->links));
	do {
		struct chain_link *link = &chain->links[count];

		if (count > 0 && !read_joint(&reading, link))
			return;
		if (!read_literal(&reading, &link->literal) || is_ambiguous(link))
			return;
		count++;
	} while (*reading.at != '\0');
	chain->count = count;
}

/* Where link's joint and literal end if they stand at `at`, or NULL. */
static const char *match_digits(const struct chain_link *link, const char *at, const char *end)
{
	const char *digits = at;

	while (at < end && ascii_is_digit(*at))
		at++;
	if (at == digits || (size_t)(end - at) < link->literal.size ||
	    memcmp(at, link->literal.at, link->literal.size) != 0)
		return NULL;
	return at + link->literal.size;
}

/* A search under way. */
struct search {
	const struct chain *chain;
	struct slice text;
	size_t *ends;
};

static void note_group(const struct search *search, const struct chain_link *link, const char *from,
		       const char *to)
{
	if (!link->group)
		return;
	search->ends[(size_t)2 * link->group] = (size_t)(from - search->text.at);
	search->ends[(size_t)2 * link->group + 1] = (size_t)(to - search->text.at);
}

/* The links that digits join to the one before *n.  *n moves behind them; returns where they end,
 * or NULL. */
static const char *match_joined(const struct search *search, size_t *n, const char *at)
{
	const char *end = search->text.at + search->text.size, *from;
	const struct chain_link *link;

	for (; *n < search->chain->count; ++*n) {
		link = &search->chain->links[*n];
		if (link->joint != CHAIN_DIGITS)
			break;
		from = at;
		at = match_digits(link, from, end);
		if (!at)
			return NULL;
		note_group(search, link, from, at - link->literal.size);
	}
	return at;
}

/* The part between two gaps that begins with link *n, at its first place.  As match_joined(). */
static const char *find_part(const struct search *search, size_t *n, const char *from)
{
	const char *end = search->text.at + search->text.size, *at = from, *behind;
	const struct chain_link *link = &search->chain->links[*n];
	size_t next;

	while ((at = memmem(at, (size_t)(end - at), link->literal.at, link->literal.size))) {
		next = *n + 1;
		behind = match_joined(search, &next, at + link->literal.size);
		if (behind) {
			if (link->joint == CHAIN_START)
				search->ends[0] = (size_t)(at - search->text.at);
			note_group(search, link, from, at);
			*n = next;
			return behind;
		}
		at++;
	}
	return NULL;
}

bool chain_match(const struct chain *chain, struct slice text, size_t offset, size_t ends[])
{
	struct search search = { chain, text, ends };
	const char *at = text.at + offset;
	size_t n = 0;

	while (n < chain->count && at)
		at = find_part(&search, &n, at);
	if (!at)
		return false;
	ends[1] = (size_t)(at - text.at);
	return true;
}
