#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/show/shell_word.h"

/* What is shown to be pasted must be, for a shell, what was meant. */
static const struct {
	const char *text, *word;
} rows[] = {
	{ "crawl.db", "crawl.db" },
	{ "/tmp/a_b-c/d+e,f:1@2%", "/tmp/a_b-c/d+e,f:1@2%" },
	{ "", "''" },
	{ "my crawl.db", "'my crawl.db'" },
	{ "ends with \\", "'ends with \\'" },
	{ "it's", "'it'\\''s'" },
	{ "'", "''\\'''" },
	{ "~/a", "'~/a'" },
	{ "$HOME", "'$HOME'" },
	{ "a;b", "'a;b'" },
	{ "a*b?[c]", "'a*b?[c]'" },
	{ "=ls", "'=ls'" },
	{ "robots=false", "robots=false" },
	{ "!1", "'!1'" },
	{ "http://a/?b=c&d=e#f", "'http://a/?b=c&d=e#f'" },
	{ "\xe9\x9c\xb8.db", "'\xe9\x9c\xb8.db'" },
};

static void a_word_is_quoted_where_a_shell_would_see_more_in_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *word = shell_word(rows[i].text);

		assert_string_equal(word, rows[i].word);
		free(word);
	}
}

static void a_shell_reads_it_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *word = shell_word(rows[i].text), command[256], read[256] = "";
		FILE *shell;

		snprintf(command, sizeof(command), "printf %%s %s", word);
		shell = popen(command, "r");
		assert_non_null(shell);
		assert_true(fread(read, 1, sizeof(read) - 1, shell) == strlen(rows[i].text));
		pclose(shell);
		assert_string_equal(read, rows[i].text);
		free(word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_is_quoted_where_a_shell_would_see_more_in_it),
		cmocka_unit_test(a_shell_reads_it_back),
	};

	return RUN_TESTS(tests);
}
