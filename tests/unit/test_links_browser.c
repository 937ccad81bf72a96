/*
 * The links of small hostile pages, beside what a parser of browser grade finds in them.
 *
 * tests/data/links/hostile.tsv was recorded once, by tests/data/links/record.mjs with parse5: a
 * line is a page, a kind and a reference, tabs and line ends escaped.  "base" is a page's base.
 */
#include "tests/support/test.h"

#include <dirent.h>
#include <stdio.h>

#include "parsers/markup/links.h"

#define FOLDER         "tests/data/links/hostile"
#define ANSWERS        "tests/data/links/hostile.tsv"
#define FILE_BYTES_MAX 65536

static struct links_scratch scratch;

struct listing {
	char text[FILE_BYTES_MAX];
	size_t size;
};

static void add(struct listing *listing, const char *text, size_t size)
{
	assert_true(size < sizeof(listing->text) - listing->size);
	memcpy(listing->text + listing->size, text, size);
	listing->size += size;
	listing->text[listing->size] = '\0';
}

/* As JSON has it. */
static void add_escaped(struct listing *listing, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (c == '\t' || c == '\n')
			add(listing, c == '\t' ? "\\t" : "\\n", 2);
		else if (c == '"' || c == '\\')
			add(listing, c == '"' ? "\\\"" : "\\\\", 2);
		else
			add(listing, &c, 1);
	}
}

static void add_line(struct listing *listing, const char *kind, struct slice reference)
{
	add(listing, kind, strlen(kind));
	add(listing, "\t", 1);
	add_escaped(listing, reference);
	add(listing, "\n", 1);
}

static int on_link(void *context, const struct link *link, const struct links_facts *facts)
{
	static const char *const names[] = {
		[LINK_A] = "a",
		[LINK_AREA] = "area",
		[LINK_FRAME] = "frame",
		[LINK_IFRAME] = "iframe",
		[LINK_NEXT] = "next",
		[LINK_CANONICAL] = "canonical",
		[LINK_REFRESH] = "refresh",
	};

	(void)facts;
	add_line(context, names[link->kind], link->reference);
	return 0;
}

static struct slice read_file(const char *path, char bytes[FILE_BYTES_MAX])
{
	FILE *file = fopen(path, "rb");
	size_t size;

	assert_non_null(file);
	size = fread(bytes, 1, FILE_BYTES_MAX - 1, file);
	fclose(file);
	assert_true(size < FILE_BYTES_MAX - 1);
	bytes[size] = '\0';
	return (struct slice){ bytes, size };
}

/* What was recorded of a page: its links, then its base. */
static void recorded(const char *answers, const char *page, struct listing *listing)
{
	static struct listing base;
	size_t name = strlen(page);

	base.size = 0;
	for (const char *line = answers; *line; line = strchr(line, '\n') + 1) {
		struct listing *to = strncmp(line + name, "\tbase\t", 6) == 0 ? &base : listing;

		if (strncmp(line, page, name) == 0 && line[name] == '\t')
			add(to, line + name + 1, strcspn(line + name + 1, "\n") + 1);
	}
	add(listing, base.text, base.size);
}

static void check_page(const char *answers, const char *name)
{
	static char page[FILE_BYTES_MAX];
	static struct listing got, want;
	struct links_facts facts;
	char path[512];

	got.size = want.size = 0;
	got.text[0] = want.text[0] = '\0';
	snprintf(path, sizeof(path), FOLDER "/%s", name);
	links_scan(read_file(path, page), &scratch, on_link, &got, &facts);
	if (facts.base.at)
		add_line(&got, "base", facts.base);
	recorded(answers, name, &want);
	if (strcmp(got.text, want.text) != 0)
		fail_msg("%s\ngave\n%sa browser finds\n%s", name, got.text, want.text);
}

static void hostile_pages_give_the_links_that_a_browser_finds(void **state)
{
	static char answers[FILE_BYTES_MAX];
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	int count = 0;

	(void)state;
	assert_non_null(folder);
	read_file(ANSWERS, answers);
	while ((entry = readdir(folder))) {
		if (!strstr(entry->d_name, ".html"))
			continue;
		check_page(answers, entry->d_name);
		count++;
	}
	closedir(folder);
	assert_true(count >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_pages_give_the_links_that_a_browser_finds),
	};

	return RUN_TESTS(tests);
}
