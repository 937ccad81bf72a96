#include "serve/patterns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "serve/pattern_run.h"
#include "serve/tried.h"

/* ---- the pages it keeps ---- */

static struct kept_page {
	uint64_t key;
	char *text;
	size_t size, had; /* of it */
	uint64_t used;    /* as the count of uses was then */
} pages[PATTERNS_PAGES];

static uint64_t uses;

static struct kept_page *find_page(uint64_t key)
{
	for (size_t i = 0; i < PATTERNS_PAGES; i++) {
		if (pages[i].text && pages[i].key == key)
			return &pages[i];
	}
	return NULL;
}

/* In the place of the one that was not asked for the longest. */
static struct kept_page *begin_page(const struct tried_part *part)
{
	struct kept_page *page = find_page(part->key);

	for (size_t i = 0; !page && i < PATTERNS_PAGES; i++)
		page = pages[i].text ? NULL : &pages[i];
	if (!page) {
		page = &pages[0];
		for (size_t i = 1; i < PATTERNS_PAGES; i++)
			page = pages[i].used < page->used ? &pages[i] : page;
	}
	*page = (struct kept_page){
		.key = part->key,
		.text = memory_resize(page->text, part->size + 1),
		.size = part->size,
		.used = ++uses,
	};
	return page;
}

/* Parts come in their order. */
static int take_part(struct slice text, struct pool_reply *reply)
{
	struct tried_part part;
	struct kept_page *page;

	(void)reply;
	if (tried_part_decode(&part, text) < 0)
		return EINVAL;
	page = part.offset == 0 ? begin_page(&part) : find_page(part.key);
	if (!page || page->size != part.size || page->had != part.offset)
		return ESTALE;
	if (part.bytes.size > 0)
		memcpy(page->text + page->had, part.bytes.at, part.bytes.size);
	page->had += part.bytes.size;
	return 0;
}

/* ---- running patterns ---- */

static int try_patterns(struct slice text, struct pool_reply *reply)
{
	struct tried_wish wish;
	struct kept_page *page;
	char *bytes;
	size_t size;

	if (tried_wish_decode(&wish, text) < 0)
		return EINVAL;
	page = find_page(wish.key);
	if (!page || page->had < page->size) {
		const struct tried none = { .state = TRIED_NO_PAGE };

		bytes = tried_encode(&none, &size);
	} else {
		page->used = ++uses;
		bytes = pattern_run_wish(&wish, (struct slice){ page->text, page->size }, &size);
	}
	pool_reply_write(reply, bytes, size);
	free(bytes);
	return 0;
}

/* ---- jobs ---- */

/* Returns 0, or an errno, which the one who asked is told. */
typedef int job_function(struct slice text, struct pool_reply *reply);

static job_function *const jobs[] = {
	[PATTERNS_PART] = take_part,
	[PATTERNS_TRY] = try_patterns,
};

int patterns_do(struct slice argument, struct pool_reply *reply)
{
	unsigned char kind = argument.size > 0 ? (unsigned char)argument.at[0] : 0;

	if (kind >= sizeof(jobs) / sizeof(jobs[0]) || !jobs[kind])
		return EINVAL;
	return jobs[kind]((struct slice){ argument.at + 1, argument.size - 1 }, reply);
}
