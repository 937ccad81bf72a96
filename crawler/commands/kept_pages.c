#include "commands/kept_pages.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "commands/commands.h"
#include "commands/known_url.h"
#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "master/match.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"
#include "report/kept_text.h"
#include "show/log.h"

struct candidate {
	struct store_key key;
	uint64_t host;  /* a hash of it */
	uint64_t order; /* by chance, but always the same */
	size_t turn;    /* its number among those of its host */
};

struct kept_pages {
	struct store *store;
	const struct config *config;
	kept_pages_filter *filter;
	void *context;
	struct kept_text *text;
	struct candidate *list;
	size_t count, room, next;
};

/* ---- choosing ---- */

static bool is_wanted(const struct kept_pages *pages, struct slice url)
{
	for (size_t i = 0; i < pages->config->pattern_count; i++) {
		const struct config_pattern *pattern = &pages->config->patterns[i];

		if (!pattern->parent && pages->filter(pattern, pages->context) &&
		    match_wants(pattern, url))
			return true;
	}
	return false;
}

/* Scheme, name and port: up to the third slash. */
static struct slice origin_of(struct slice url)
{
	size_t slashes = 0, size = 0;

	while (size < url.size && (slashes += url.at[size] == '/') < 3)
		size++;
	return (struct slice){ url.at, size };
}

static int add(void *context, struct store_key key, struct slice url)
{
	struct kept_pages *pages = context;
	struct slice origin = origin_of(url);

	if (!is_wanted(pages, url))
		return 0;
	if (pages->count == pages->room) {
		pages->room = pages->room ? 2 * pages->room : 64;
		pages->list = memory_resize(pages->list, pages->room * sizeof(*pages->list));
	}
	pages->list[pages->count++] = (struct candidate){
		.key = key,
		.host = XXH3_64bits(origin.at, origin.size),
		.order = XXH3_64bits(url.at, url.size),
	};
	return 0;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_host(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;
	int hosts = compare(one->host, other->host);

	return hosts ? hosts : compare(one->order, other->order);
}

static int by_turn(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;
	int turns = compare(one->turn, other->turn);

	return turns ? turns : compare(one->order, other->order);
}

/* One of each host, then a second of each, and so on. */
static void spread(struct kept_pages *pages, size_t most)
{
	if (pages->count == 0)
		return;
	qsort(pages->list, pages->count, sizeof(*pages->list), by_host);
	for (size_t i = 1; i < pages->count; i++)
		if (pages->list[i].host == pages->list[i - 1].host)
			pages->list[i].turn = pages->list[i - 1].turn + 1;
	qsort(pages->list, pages->count, sizeof(*pages->list), by_turn);
	pages->count = pages->count < most ? pages->count : most;
}

struct kept_pages *kept_pages_choose(const struct options *options, const struct config *config,
				     size_t most, kept_pages_filter *filter, void *context)
{
	struct store *store = rows_out_open(options);
	struct kept_pages *pages;

	if (!store)
		return NULL;
	pages = memory_new(1, sizeof(*pages));
	*pages = (struct kept_pages){ store, config, filter, context, .text = kept_text_new() };
	if (store_each_kept(store, add, pages) < 0) {
		store_says(store_error(store));
		kept_pages_free(pages);
		return NULL;
	}
	spread(pages, most);
	return pages;
}

size_t kept_pages_count(const struct kept_pages *pages)
{
	return pages->count;
}

/* ---- reading ---- */

/* How it was asked for; a copy is kept. */
static void take_request(struct store *store, struct store_key key, struct one_page *page)
{
	struct store_request row;

	if (store_get_request(store, key, &row) != 1 ||
	    !request_method_of(row.method, &page->request.method))
		return;
	page->asked = memory_new(row.headers.size + row.body.size + 1, 1);
	page->request.headers = (struct slice){ page->asked, row.headers.size };
	page->request.body = (struct slice){ page->asked + row.headers.size, row.body.size };
	if (row.headers.size > 0)
		memcpy(page->asked, row.headers.at, row.headers.size);
	if (row.body.size > 0)
		memcpy(page->asked + row.headers.size, row.body.at, row.body.size);
}

static int take(struct store *store, struct kept_text *text, const struct store_kept *kept,
		struct one_page *page)
{
	struct page_about about;

	if (kept_text_unpack(text, kept, &about) < 0) {
		log_error("%.*s: what is kept of it is damaged", (int)kept->url.size, kept->url.at);
		return -1;
	}
	*page = (struct one_page){
		.memory = memory_new(about.text.size + 1, 1),
		.size = about.text.size,
		.is_gbk = about.charset.is_gbk,
		.is_stored = true,
		.url = memory_new(1, sizeof(*page->url)),
	};
	if (about.set.at)
		page->set = memory_text(about.set.at, about.set.size);
	/* Whoever wrote to the database may have written anything. */
	utf8_copy(page->memory, about.text);
	page->text = (struct slice){ page->memory, about.text.size };
	snprintf(page->charset, sizeof(page->charset), "%s",
		 about.charset.name ? about.charset.name : "utf-8");
	snprintf(page->content_type, sizeof(page->content_type), "%.*s",
		 (int)kept->content_type.size, kept->content_type.at ? kept->content_type.at : "");
	url_parse(page->url, kept->final_url); /* it was one when it was put there */
	take_request(store, kept->key, page);
	return 1;
}

/* Returns 1 with it, 0 if it is not kept, or -1: the store failed. */
static int get(struct store *store, struct store_key key, struct store_kept *kept)
{
	struct store_key before = { key.share, key.number - 1 };
	int found = store_get_kept(store, before, kept);

	return found == 1 && store_key_id(kept->key) != store_key_id(key) ? 0 : found;
}

int kept_pages_next(struct kept_pages *pages, struct one_page *page)
{
	while (pages->next < pages->count) {
		struct store_key key = pages->list[pages->next++].key;
		struct store_kept kept;
		int found = get(pages->store, key, &kept);

		if (found == 1)
			return take(pages->store, pages->text, &kept, page);
		if (found == 0)
			continue; /* it went meanwhile */
		store_says(store_error(pages->store));
		pages->next = pages->count;
		return -1;
	}
	return 0;
}

void kept_pages_free(struct kept_pages *pages)
{
	if (!pages)
		return;
	kept_text_free(pages->text);
	store_close(pages->store);
	free(pages->list);
	free(pages);
}

/* ---- one that was named ---- */

/* Returns an exit code. */
static int find_in(struct store *store, const struct options *options, const char *typed,
		   struct one_page *page)
{
	static struct url url;
	struct store_key key;
	struct store_kept kept = { .is_text = false };
	struct kept_text *text;
	int found;

	if (url_parse(&url, slice_of(typed)) != URL_OK)
		found = 0;
	else
		found = known_url_find(store, options, slice_of(typed), &url, &key);
	if (found == 1)
		found = get(store, key, &kept);
	if (found == -2)
		return EXIT_WRONG_USAGE;
	if (found < 0) {
		store_says(store_error(store));
		return EXIT_CANNOT_GO_ON;
	}
	if (found == 0 || !kept.is_text) {
		log_error("%s: %s keeps no page of it (crawl why)", typed,
			  store_shown(options->database));
		return EXIT_SOME_FAILED;
	}
	text = kept_text_new();
	found = take(store, text, &kept, page);
	kept_text_free(text);
	return found == 1 ? EXIT_ALL_DONE : EXIT_SOME_FAILED;
}

int kept_pages_find(const struct options *options, const char *typed, struct one_page *page)
{
	struct store *store = rows_out_open(options);
	int code;

	if (!store)
		return EXIT_CANNOT_GO_ON;
	code = find_in(store, options, typed, page);
	store_close(store);
	return code;
}
