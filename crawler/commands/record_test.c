#include "commands/record_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/expectation.h"
#include "commands/given.h"
#include "commands/kept_pages.h"
#include "commands/one_page.h"
#include "master/match.h"
#include "parsers/pattern/json_read.h"
#include "parsers/pattern/json_text.h"
#include "parsers/request/request.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "show/glyph.h"
#include "show/human.h"
#include "show/log.h"

#define NAME_BYTES_MAX 100  /* of a file, without its ending */
#define NAMES_MAX      1000 /* tried for one page */
#define PATH_BYTES_MAX 4096
#define BYTE_MARK      "\xEF\xBB\xBF"

/* ---- the file ---- */

/* "books.example.org-books-1" of a URL: letters, digits, '.', and '-' for all else. */
static void name_of(const struct url *url, char name[NAME_BYTES_MAX + 1])
{
	const char *at = strstr(url->text, "://");
	size_t size = 0;

	for (at = at ? at + 3 : url->text; *at && size < NAME_BYTES_MAX; at++) {
		if (ascii_is_letter(*at) || ascii_is_digit(*at) || *at == '.')
			name[size++] = *at;
		else if (size > 0 && name[size - 1] != '-')
			name[size++] = '-';
	}
	while (size > 0 && name[size - 1] == '-')
		size--;
	name[size] = '\0';
}

static const char *ending_of(const struct one_page *page)
{
	const char *type = page->content_type;

	if (strstr(type, "json"))
		return "json";
	return strstr(type, "xml") && !strstr(type, "html") ? "xml" : "html";
}

/* What the URL ends in already is not written twice. */
static void cut_ending(char *name, const char *ending)
{
	size_t size = strlen(name), ending_size = strlen(ending);

	if (size > ending_size + 1 && name[size - ending_size - 1] == '.' &&
	    strcmp(name + size - ending_size, ending) == 0)
		name[size - ending_size - 1] = '\0';
}

/* Make a file that is not there yet; its name, seen from the folder.  NULL after a complaint. */
static FILE *create(const char *folder, const struct one_page *page, char *file, size_t file_bytes)
{
	char name[NAME_BYTES_MAX + 1], path[PATH_BYTES_MAX], number[16] = "";
	int descriptor = -1;

	name_of(page->url, name);
	cut_ending(name, ending_of(page));
	for (int i = 2; descriptor < 0 && i < NAMES_MAX; i++) {
		snprintf(file, file_bytes, "%s%s.%s", name, number, ending_of(page));
		snprintf(path, sizeof(path), "%s/%s", folder, file);
		descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (descriptor < 0 && errno != EEXIST)
			break;
		snprintf(number, sizeof(number), "-%d", i);
	}
	if (descriptor < 0) {
		log_error("%s cannot be written: %s", path, strerror(errno));
		return NULL;
	}
	return fdopen(descriptor, "w");
}

/* Returns 0, or -1 after a complaint. */
static int write_page(const char *folder, const struct one_page *page, char *file,
		      size_t file_bytes)
{
	bool says_otherwise =
		strcmp(charset_decide(page->text, (struct slice){ NULL, 0 }).name, "utf-8") != 0;
	FILE *out = create(folder, page, file, file_bytes);
	bool is_written;

	if (!out)
		return -1;
	if (says_otherwise)
		fputs(BYTE_MARK, out);
	fwrite(page->text.at, 1, page->text.size, out);
	is_written = !ferror(out);
	if (fclose(out) != 0 || !is_written) {
		log_error("%s/%s cannot be written: %s", folder, file, strerror(errno));
		return -1;
	}
	return 0;
}

/* ---- the tests ---- */

/* A character between double quotes; what a terminal or a reader of YAML obeys is escaped. */
static void put_escaped(FILE *out, struct slice character, uint32_t code)
{
	if (code == '\n')
		fputs("\\n", out);
	else if (code == '"' || code == '\\')
		fprintf(out, "\\%c", (char)code);
	else if (code == GLYPH_BAD)
		fprintf(out, "\\x%02x", (unsigned char)*character.at);
	else if (glyph_is_control(code))
		fprintf(out, "\\u%04x", (unsigned)code);
	else
		fwrite(character.at, 1, character.size, out);
}

/* In single quotes, or where a line cannot hold it, in double ones. */
static void put_text(FILE *out, struct slice text)
{
	bool is_plain = true;
	uint32_t code;

	for (size_t i = 0; i < text.size;) {
		i += glyph_decode((struct slice){ text.at + i, text.size - i }, &code);
		is_plain = is_plain && !glyph_is_control(code);
	}
	fputc(is_plain ? '\'' : '"', out);
	while (text.size > 0) {
		size_t size = glyph_decode(text, &code);

		if (!is_plain)
			put_escaped(out, (struct slice){ text.at, size }, code);
		else if (code == '\'')
			fputs("''", out);
		else
			fwrite(text.at, 1, size, out);
		text = (struct slice){ text.at + size, text.size - size };
	}
	fputc(is_plain ? '\'' : '"', out);
}

/* A key, which most often needs no quotes. */
static void put_name(FILE *out, const char *name)
{
	const char *at = name;

	while (ascii_is_letter(*at) || ascii_is_digit(*at) || *at == '_' || (*at & 0x80))
		at++;
	if (*at)
		put_text(out, slice_of(name));
	else
		fputs(name, out);
}

static void put_value(FILE *out, const struct value *value)
{
	if (value->kind == VALUE_TEXT)
		put_text(out, value->text);
	else if (value->kind == VALUE_NULL)
		fputs("null", out);
	else
		expectation_show(out, value);
}

/* The rows of one pattern, as they are printed. */
struct recording {
	const struct config *config;
	FILE *out;
	size_t pattern;
	uint64_t rows;
};

static bool on_begin(void *context, size_t pattern)
{
	const struct recording *recording = context;

	return config_family(recording->config, recording->pattern) ==
	       config_family(recording->config, pattern);
}

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct recording *recording = context;
	const struct pattern *compiled = recording->config->patterns[pattern].pattern;

	if (pattern != recording->pattern || recording->rows++ >= RECORD_TEST_ROWS)
		return 0;
	fputs("      - {", recording->out);
	for (size_t i = 0; i < pattern_field_count(compiled); i++) {
		fputs(i > 0 ? ", " : "", recording->out);
		put_name(recording->out, pattern_field_name(compiled, i));
		fputs(": ", recording->out);
		put_value(recording->out, &row->values[i]);
	}
	fputs("}\n", recording->out);
	return 0;
}

static int on_end(void *context, size_t pattern, const struct pattern_tally *tally, bool is_stopped)
{
	(void)context;
	(void)pattern;
	(void)tally;
	(void)is_stopped;
	return 0;
}

/* As a list gives it: seed_set_text(). */
static void put_set(struct slice set)
{
	struct json_document document;
	struct scratch scratch = { NULL, 0 };
	const char *before = "\n    set: {";
	uint32_t value = 0;
	bool is_good = set.at && json_read(&document, set, 0, &scratch) == JSON_READ &&
		       document.nodes[0].kind == JSON_OBJECT;

	while (is_good && (value = json_next(&document, 0, value))) {
		struct slice name = json_string(&document, value - 1, &scratch);

		if (document.nodes[value].kind != JSON_STRING)
			continue; /* whoever wrote to the database may have written anything */
		printf("%s%.*s: ", before, (int)name.size, name.at);
		put_text(stdout, json_string(&document, value, &scratch));
		before = ", ";
	}
	if (before[0] == ',')
		putchar('}');
	scratch_free(&scratch);
}

static void put_test(struct recording *recording, const struct page_about *page, const char *file)
{
	const struct match_sink sink = {
		.context = recording,
		.begin = on_begin,
		.row = on_row,
		.end = on_end,
	};
	char *rows = NULL;
	size_t size;

	recording->rows = 0;
	recording->out = open_memstream(&rows, &size);
	if (!recording->out)
		memory_fail();
	match_page(recording->config, page, &sink);
	fclose(recording->out);
	printf("  - page: ");
	put_text(stdout, slice_of(file));
	printf("\n    url: ");
	put_text(stdout, page->url);
	put_set(page->set);
	printf("\n    pattern: %s\n", recording->config->patterns[recording->pattern].spec->name);
	if (recording->rows > RECORD_TEST_ROWS || recording->rows == 0)
		printf("    count: %llu\n", (unsigned long long)recording->rows);
	if (recording->rows > 0)
		printf("    rows:\n%s", rows);
	free(rows);
}

static void put_tests(const struct config *config, const struct one_page *page, bool has_tests,
		      const char *file, struct slice set)
{
	struct page_about about = {
		.url = url_slice(page->url),
		.text = page->text,
		.content_type = slice_of(page->content_type),
		.charset = one_page_charset(page),
		.set = set,
	};
	struct recording recording = { .config = config };
	size_t count = 0;

	for (; recording.pattern < config->pattern_count; recording.pattern++) {
		size_t family = config_family(config, recording.pattern);

		if (!match_wants(&config->patterns[family], about.url))
			continue;
		if (count++ == 0 && !has_tests)
			puts("tests:");
		put_test(&recording, &about, file);
	}
	if (count == 0)
		log_say("no pattern is for this URL: no test can be made of it");
	else if (has_tests)
		log_say("%s to paste below tests:", COUNTED(count, "test"));
	else
		log_say("%s to paste into the config", COUNTED(count, "test"));
}

/* What was posted is not posted again to be looked at.  Returns an exit code. */
static int get_page(struct one_page *page, const struct url *url, const char *typed,
		    const struct config *config, const struct options *options)
{
	char error[ONE_PAGE_ERROR_MAX];

	if (request_identity_of(slice_of(typed)).size > 0)
		return kept_pages_find(options, typed, page);
	if (one_page_url(page, url, url_user(slice_of(typed)), config, options->database, error) ==
	    0)
		return EXIT_ALL_DONE;
	log_error("%s", error);
	return EXIT_SOME_FAILED;
}

int record_test(const struct config *config, const struct options *options, const char *folder,
		bool has_tests)
{
	static struct url url;
	char file[NAME_BYTES_MAX + 32];
	const char *url_text = options->record;
	enum url_error problem = url_parse(&url, slice_of(url_text));
	struct scratch scratch = { NULL, 0 };
	struct one_page page;
	struct slice set;
	int result;

	if (problem != URL_OK) {
		log_error("%s: %s", url_text, url_error_text(problem));
		return EXIT_WRONG_USAGE;
	}
	if (given_read(options, &scratch, &set) < 0)
		return EXIT_WRONG_USAGE;
	canonical_apply(config->canonical, &url);
	result = get_page(&page, &url, url_text, config, options);
	if (result != EXIT_ALL_DONE) {
		scratch_free(&scratch);
		return result;
	}
	result = write_page(folder, &page, file, sizeof(file));
	if (result == 0) {
		log_say("written: %s/%s", folder, file);
		put_tests(config, &page, has_tests, file, page.set ? slice_of(page.set) : set);
	}
	scratch_free(&scratch);
	one_page_free(&page);
	return result == 0 ? EXIT_ALL_DONE : EXIT_CANNOT_GO_ON;
}
