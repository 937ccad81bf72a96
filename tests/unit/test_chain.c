/* chain: which patterns are chains, and that a chain finds what PCRE2 finds. */
#include "tests/support/test.h"

#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include "parsers/pattern/chain.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define GROUPS_MAX   16
#define ROUNDS       60000

static void only_literals_gaps_and_digits_are_chains(void **state)
{
	static const struct {
		const char *pattern;
		size_t count; /* of links */
	} cases[] = {
		{ "a", 1 },
		{ "a.*?b", 2 },
		{ "<dd>.*?board-index.*?>(\\d+)<.*?title=\"(.*?)\"", 6 },
		{ "a\\.b(.*?)\\(", 2 },
		{ "x(\\d+)y\\d+z", 3 },
		{ "\xE4\xB8\xBB(.*?)\xC3\xA9", 2 },
		{ "a}.*?]", 2 },
		{ "", 0 },
		{ ".*?a", 0 },
		{ "a.*?", 0 },
		{ "a(.*?)", 0 },
		{ "a\\d+", 0 },
		{ "a.*?\\d+b", 0 },
		{ "a\\d+.*?b", 0 },
		{ "1\\d+b", 0 },
		{ "a\\d+1", 0 },
		{ "a.*?.*?b", 0 },
		{ "a.*b", 0 },
		{ "a.+?b", 0 },
		{ "a.*?b?", 0 },
		{ "a.*?b{2}", 0 },
		{ "a.*?b*c", 0 },
		{ "a.*?\xC3\xA9+c", 0 },
		{ "a.*?\\.+c", 0 },
		{ "a(.*?)?b", 0 },
		{ "a(.*?){2}b", 0 },
		{ "a\\d+?b", 0 },
		{ "a\\d++b", 0 },
		{ "a(\\d+)+b", 0 },
		{ "a.*?+b", 0 },
		{ "a(?:.*?)b", 0 },
		{ "a(?i)b", 0 },
		{ "(*UCP)a", 0 },
		{ "a(b)c", 0 },
		{ "a(.*?b)c", 0 },
		{ "a|b", 0 },
		{ "^a", 0 },
		{ "a$", 0 },
		{ "a[b]", 0 },
		{ "a\\bc", 0 },
		{ "\\Qa.*?\\E", 0 },
		{ "a\\x41", 0 },
		{ "(a)\\1", 0 },
		{ "a\\ b", 0 },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct scratch store = { 0 };
		struct chain chain;

		chain_compile(&chain, &store, cases[n].pattern);
		if (chain.count != cases[n].count)
			fail_msg("%s: %zu links", cases[n].pattern, chain.count);
		scratch_free(&store);
	}
}

static uint32_t random_below(uint32_t most)
{
	static uint64_t random = 7;

	random = random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random >> 33) % most;
}

/* A few words of few letters: the more often they stand where they should not, the better. */
static const char *random_word(void)
{
	static const char *const words[] = { "a",   "b",        "<",  ">",   "ab", "aa",
					     "aba", "\xC3\xA9", "\n", "a1b", "1" };

	return words[random_below(COUNT(words))];
}

static void make_pattern(char *pattern)
{
	static const char *const joints[] = { ".*?", "(.*?)", "\\d+", "(\\d+)" };
	uint32_t count = random_below(5);

	strcpy(pattern, random_word());
	while (count-- > 0) {
		strcat(pattern, joints[random_below(COUNT(joints))]);
		strcat(pattern, random_word());
	}
}

static void make_text(char *text)
{
	uint32_t count = random_below(24);

	text[0] = '\0';
	while (count-- > 0)
		strcat(text, random_below(3) ? random_word() : random_below(2) ? "1" : "23");
}

/* Search text from offset both ways. */
static bool both_find_the_same(const struct chain *chain, pcre2_code *code, pcre2_match_data *data,
			       struct slice text, size_t *offset)
{
	const size_t *expected = pcre2_get_ovector_pointer(data);
	size_t ends[2 * GROUPS_MAX];
	int rc = pcre2_match(code, (PCRE2_SPTR)text.at, text.size, *offset, 0, data, NULL);

	if (chain_match(chain, text, *offset, ends) != (rc > 0))
		return false;
	*offset = rc > 0 ? expected[1] : text.size + 1;
	return rc <= 0 || memcmp(ends, expected, 2 * (size_t)rc * sizeof(ends[0])) == 0;
}

static void a_chain_finds_what_PCRE2_finds(void **state)
{
	size_t chains = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		char pattern[128], text[256];
		struct scratch store = { 0 };
		struct chain chain;
		pcre2_match_data *data;
		pcre2_code *code;
		size_t offset = 0, wrong;
		int rc;

		make_pattern(pattern);
		make_text(text);
		chain_compile(&chain, &store, pattern);
		code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				     PCRE2_UTF | PCRE2_DOTALL, &rc, &wrong, NULL);
		data = pcre2_match_data_create_from_pattern(code, NULL);
		chains += chain.count > 1;
		while (chain.count && offset <= strlen(text))
			if (!both_find_the_same(&chain, code, data, slice_of(text), &offset))
				fail_msg("'%s' in '%s'", pattern, text);
		pcre2_match_data_free(data);
		pcre2_code_free(code);
		scratch_free(&store);
	}
	assert_true(chains > ROUNDS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_literals_gaps_and_digits_are_chains),
		cmocka_unit_test(a_chain_finds_what_PCRE2_finds),
	};

	return RUN_TESTS(tests);
}
