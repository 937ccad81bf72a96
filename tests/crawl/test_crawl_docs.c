#include "tests/support/test.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/program.h"

/*
 * The documents for users, typed command by command by tests/docs.sh: whoever changes what the
 * program says or does sees here which document says otherwise, and in which line.
 */
#define SAID_BYTES_MAX 65536

/* What docs.sh said of a document, and its exit code.  The program's folder is that of this build.
 */
static int read_aloud(const char *document, char said[SAID_BYTES_MAX])
{
	char command[3 * PATH_MAX], build[PATH_MAX];
	const char *crawl = getenv("CRAWL");
	size_t size;
	FILE *pipe;

	snprintf(build, sizeof(build), "%s", crawl ? crawl : "build/crawl");
	assert_non_null(strrchr(build, '/'));
	*strrchr(build, '/') = '\0';
	snprintf(command, sizeof(command), "tests/docs.sh '%s' '%s' 2>&1", build, document);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(said, 1, SAID_BYTES_MAX - 1, pipe);
	said[size] = '\0';
	/* What is too long is read to its end, or docs.sh would die of it. */
	for (char rest[4096]; fread(rest, 1, sizeof(rest), pipe) > 0;)
		;
	return WEXITSTATUS(pclose(pipe));
}

static void assert_true_to_life(const char *document)
{
	static char said[SAID_BYTES_MAX];

	if (read_aloud(document, said) != 0)
		fail_msg("%s", said);
	print_message("%s", said);
}

static void the_first_five_minutes_can_be_typed(void **state)
{
	(void)state;
	assert_true_to_life("README.md");
}

/* Times and rates apart. */
static void the_picture_shows_what_is_printed(void **state)
{
	(void)state;
	assert_int_equal(
		system("mask() { sed -E 's/[0-9.]+ (s|ms|pages\\/s)/T/g'; }; "
		       "a=$(.ci/picture \"$(dirname \"${CRAWL:-build/crawl}\")\" | mask) && "
		       "b=$(mask <docs/run.svg) && [ \"$a\" = \"$b\" ]"),
		0);
}

static void the_tutorial_can_be_typed(void **state)
{
	(void)state;
	assert_true_to_life("docs/tutorial.md");
}

static void the_cookbook_can_be_typed(void **state)
{
	(void)state;
	assert_true_to_life("docs/cookbook.md");
}

static void the_patterns_can_be_typed(void **state)
{
	(void)state;
	assert_true_to_life("docs/patterns.md");
}

static void the_answers_to_questions_can_be_typed(void **state)
{
	(void)state;
	assert_true_to_life("docs/faq.md");
}

/* ---- the reader of documents itself ---- */

#define SITE "build/site --port 8088 --seconds 60 &\n"

static void a_document_that_is_right_is_taken(void **state)
{
	const char *document =
		write_text("right.md", "%s",
			   "```sh\n" SITE "```\n```text\nhttp://127.0.0.1:8088/\n```\n"
			   "```sh\nmkdir -p a && cd a\nname=there\n```\n"
			   "A file, `b/list.txt`:\n"
			   "```text\nhttp://127.0.0.1:8088/books/1\n```\n"
			   "```sh\ncrawl() { ../crawl \"$@\"; }\n"
			   "crawl b/list.txt \\\n  --delay 0\n"
			   "crawl failed -o none.db  # exit code 3\n```\n"
			   "```text\nrun 1: new crawl into crawl.db\n...\n  ok 1\n...\n```\n"
			   "```sh\necho $name; echo; for i in 1 2; do\n  echo $i\ndone\n```\n"
			   "```text\nthere\n\n1\n2\n```\n"
			   "<!-- not run: it would take long -->\n"
			   "```sh\nexit 9\n```\n");
	static char said[SAID_BYTES_MAX];

	(void)state;
	assert_int_equal(read_aloud(document, said), 0);
	assert_says(said, "4 blocks of commands, 3 outputs, 1 files; not run: 1");
}

static void a_document_that_is_wrong_is_told_by_its_line(void **state)
{
	static const struct {
		const char *text, *wanted;
	} wrong[] = {
		{ "```sh\necho one\necho two\n```\n```text\none\n```\n", "md:5: this is not what" },
		{ "```sh\necho one\n```\n```text\none\ntwo\n```\n", "md:4: this is not what" },
		{ "```sh\necho one\n```\n```text\n...\ntwo\n...\n```\n", "md:4: this is not what" },
		{ "```sh\necho one\n```\n```text\ntwo\n...\n```\n", "md:4: this is not what" },
		{ "```sh\necho one\n```\n```text\n...\ntwo\n```\n", "md:4: this is not what" },
		{ "```sh\necho one\n```\n```text\n```\n", "md:4: this is not what" },
		{ "```sh\ntrue\nfalse\n```\n", "md:3: exit code 1, not 0: false" },
		{ "```sh\ntrue # exit code 1\n```\n", "md:2: exit code 0, not 1: true" },
		{ "```sh\n./crawl --no-such\n```\n", "md:2: exit code 2, not 0" },
		{ "```sh\nif true\n```\n", "md:2: no whole command: if true" },
		{ "a\n\n```yaml\na: b\n```\n", "md:3: a block without a file's name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		static char said[SAID_BYTES_MAX];

		assert_int_equal(read_aloud(write_text("wrong.md", "%s", wrong[i].text), said), 1);
		assert_says(said, wrong[i].wanted);
	}
}

/* But for what its author has cut. */
static void a_document_is_made_to_say_what_is_printed(void **state)
{
	const char *document = write_text("old.md", "%s",
					  "```sh\necho one\n```\n```text\nbefore\n```\n"
					  "```sh\necho two\n```\n```text\ncut\n...\n```\nend\n");
	static char said[SAID_BYTES_MAX];
	char now[256] = "";
	FILE *file;

	(void)state;
	setenv("DOCS_UPDATE", "1", 1);
	assert_int_equal(read_aloud(document, said), 1);
	unsetenv("DOCS_UPDATE");
	file = fopen(document, "r");
	assert_non_null(file);
	assert_true(fread(now, 1, sizeof(now) - 1, file) > 0);
	fclose(file);
	assert_string_equal(now, "```sh\necho one\n```\n```text\none\n```\n"
				 "```sh\necho two\n```\n```text\ncut\n...\n```\nend\n");
}

/* ---- the version ---- */

static void debian_reads_the_version_and_the_changes_of_the_makefile_and_the_changelog(void **state)
{
	static const char command[] = ".ci/changelog VERSION=" CRAWL_VERSION " CHANGELOG.md | "
				      "cmp - debian/changelog";

	(void)state;
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_document_that_is_right_is_taken, folder_make,
						folder_remove),
		cmocka_unit_test_setup_teardown(a_document_that_is_wrong_is_told_by_its_line,
						folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(a_document_is_made_to_say_what_is_printed,
						folder_make, folder_remove),
		cmocka_unit_test(
			debian_reads_the_version_and_the_changes_of_the_makefile_and_the_changelog),
		cmocka_unit_test(the_first_five_minutes_can_be_typed),
		cmocka_unit_test(the_picture_shows_what_is_printed),
		cmocka_unit_test(the_tutorial_can_be_typed),
		cmocka_unit_test(the_cookbook_can_be_typed),
		cmocka_unit_test(the_patterns_can_be_typed),
		cmocka_unit_test(the_answers_to_questions_can_be_typed),
	};

	return RUN_TESTS(tests);
}
