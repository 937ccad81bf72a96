/*
 * scan HOW FOLDER: how fast the pages below a folder are searched for links.
 *
 *	links      as they are, each link handed out
 *	canonical  and each made canonical, as a worker does
 *	plain      with the names of all attributes that hold links spoilt: tags, but no links
 *
 * Prints "BYTES bytes LINKS links SECONDS seconds", of the pages read once into memory and scanned
 * ROUNDS times.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parsers/markup/links.h"
#include "parsers/text/memory.h"
#include "parsers/url/url.h"

#define BYTES_MAX ((size_t)512 * 1024 * 1024)
#define PAGES_MAX 65536
#define ROUNDS    3
#define PAGE_URL  "http://example.org/api/java.base/java/lang/String.html"

static char *bytes;
static size_t bytes_used;
static struct slice pages[PAGES_MAX];
static size_t page_count;

static int read_page(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	size_t size = (size_t)status->st_size;
	FILE *file;

	(void)where;
	if (kind != FTW_F || !strstr(path, ".html") || page_count == PAGES_MAX ||
	    size > BYTES_MAX - bytes_used)
		return 0;
	file = fopen(path, "rb");
	if (!file)
		return -1;
	size = fread(bytes + bytes_used, 1, size, file);
	fclose(file);
	pages[page_count++] = (struct slice){ bytes + bytes_used, size };
	bytes_used += size;
	return 0;
}

static void spoil(const char *name)
{
	char *at = bytes, *end = bytes + bytes_used;
	size_t size = strlen(name);

	while ((at = memmem(at, (size_t)(end - at), name, size)))
		*at = '_';
}

/* ---- what is done with a link ---- */

struct work {
	struct url page, link;
	bool is_canonical;
	size_t links;
};

static int on_link(void *context, const struct link *link, const struct links_facts *facts)
{
	struct work *work = context;

	(void)facts;
	if (work->is_canonical && url_resolve(&work->link, &work->page, link->reference) != URL_OK)
		return 0;
	work->links++;
	return 0;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
	static struct links_scratch scratch;
	static struct work work;
	struct links_facts facts;
	double began;

	if (argc != 3)
		return 2;
	bytes = memory_new(BYTES_MAX, 1);
	if (nftw(argv[2], read_page, 16, FTW_PHYS) != 0 || page_count == 0 ||
	    url_parse(&work.page, slice_of(PAGE_URL)) != URL_OK)
		return 1;
	work.is_canonical = strcmp(argv[1], "canonical") == 0;
	if (strcmp(argv[1], "plain") == 0) {
		spoil("href");
		spoil("src");
	}
	began = now_s();
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < page_count; i++)
			links_scan(pages[i], &scratch, on_link, &work, &facts);
	}
	printf("%zu bytes %zu links %.4f seconds\n", bytes_used, work.links / ROUNDS,
	       (now_s() - began) / ROUNDS);
	free(bytes);
	return 0;
}
