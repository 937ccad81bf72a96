#include "master/page_work.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "master/queue.h"
#include "master/turn.h"
#include "parsers/text/memory.h"

#define NO_WORKER UINT32_MAX

struct page_work {
	struct page_work *next;
	struct visit *visit;
	struct msg_page page;      /* once it is put by */
	struct callback_page done; /* its page is the one above, or lent */
	struct slice links;        /* that are still to be added */
	bool has_links;
	bool is_writing; /* some of its rows are in the store, and nothing may be committed */
	unsigned worker; /* whose page it is; NO_WORKER: it may have been replaced since */
	char *memory;    /* that page, done and links point into; NULL: they are lent */
	size_t memory_size;
};

/*
 * Those that were put by, in the order in which they came.  Of each the host has one request more
 * under way, and parts.in_flight one visit, until it leaves.
 */
struct page_works {
	struct page_work *first, **end;
	size_t bytes;
	int64_t until_ms; /* of this turn; 0: nothing has come yet */
};

struct page_works *page_works_new(void)
{
	struct page_works *works = memory_new(1, sizeof(*works));

	works->end = &works->first;
	return works;
}

static size_t bytes_of(const struct page_work *work)
{
	return work->memory_size + callback_match_bytes(&work->done);
}

/* The first leaves, with its visit. */
static void leave(struct page_works *works, struct parts *parts)
{
	struct page_work *work = works->first;

	works->first = work->next;
	if (!works->first)
		works->end = &works->first;
	frontier_done(parts->politeness->frontier, work->visit->host, 0);
	parts->in_flight--;
	discovery_note_ended(parts->discovery, work->visit);
	visits_end(parts->politeness->visits, work->visit);
	free(work->memory);
	free(work);
}

void page_works_free(struct page_works *works, struct parts *parts)
{
	if (!works)
		return;
	while (works->first) {
		ending_drop_page(parts->ending, &works->first->done);
		leave(works, parts);
	}
	free(works);
}

/* Returns whether it has come to its end. */
static bool go_on(struct parts *parts, struct page_work *work, int64_t until_ms)
{
	int added;

	if (!ending_match_page(parts->ending, work->visit, &work->done, until_ms))
		return false;
	if (queue_is_lost(parts->politeness, work->visit)) { /* the store was waited for */
		ending_drop_page(parts->ending, &work->done);
		return true;
	}
	if (work->has_links) {
		added = links_in_add(parts->links_in, work->visit, &work->links, until_ms);
		if (added == 0)
			return false;
		if (added < 0 && work->worker != NO_WORKER)
			pool_kill(parts->pool, work->worker);
		work->has_links = false;
	}
	if (work->is_writing || callback_is_large(&work->done)) {
		if (!work->memory) /* one is written at a time: the first of those put by */
			return false;
		work->is_writing = true;
		if (ending_write_rows(parts->ending, &work->done, until_ms) == 0)
			return false;
	}
	ending_write_page(parts->ending, work->visit, &work->done);
	return true;
}

/* ---- what is put by ---- */

static struct slice move(struct slice lent, char **to)
{
	struct slice own = { *to, lent.size };

	if (!lent.at)
		return lent;
	if (lent.size > 0)
		memcpy(*to, lent.at, lent.size);
	*to += lent.size;
	return own;
}

static void copy_lent(struct page_work *work)
{
	size_t size = work->done.text.size + work->done.kept.size + work->links.size;
	char *to;

	for (int i = 0; i < MSG_PAGE_TEXTS; i++)
		size += work->page.texts[i].size;
	work->memory_size = size;
	work->memory = to = memory_new(size + 1, 1);
	for (int i = 0; i < MSG_PAGE_TEXTS; i++)
		work->page.texts[i] = move(work->page.texts[i], &to);
	work->done.text = move(work->done.text, &to);
	work->done.kept = move(work->done.kept, &to);
	work->links = move(work->links, &to);
}

static void put_by(struct page_works *works, struct parts *parts, const struct page_work *begun)
{
	struct page_work *work = memory_new(1, sizeof(*work));

	*work = *begun;
	work->page = *begun->done.page;
	work->done.page = &work->page;
	copy_lent(work);
	work->worker = NO_WORKER;
	*works->end = work;
	works->end = &work->next;
	works->bytes += bytes_of(work);
	frontier_begin(parts->politeness->frontier, work->visit->host, clock_ms());
	parts->in_flight++;
	discovery_note_begun(parts->discovery, work->visit);
}

/* ---- a turn ---- */

void page_works_begin_turn(struct page_works *works)
{
	works->until_ms = 0;
}

void page_works_begin_result(struct page_works *works)
{
	if (works->until_ms == 0)
		works->until_ms = clock_ms() + MASTER_TURN_MS;
}

void page_work_take(struct parts *parts, struct visit *visit, const struct msg_page *page,
		    const struct callback_page *done, bool has_links, struct slice links,
		    unsigned worker)
{
	struct page_works *works = parts->works;
	struct page_work work = { .visit = visit,
				  .done = *done,
				  .links = links,
				  .has_links = has_links,
				  .worker = worker };

	work.done.page = page;
	if (has_links)
		links_in_begin(parts->links_in, visit, page);
	if (go_on(parts, &work, works->until_ms))
		visits_end(parts->politeness->visits, visit);
	else
		put_by(works, parts, &work);
}

void page_works_go_on(struct page_works *works, struct parts *parts)
{
	struct page_work *work = works->first;
	bool is_lost;

	if (!work)
		return;
	works->bytes -= bytes_of(work);
	/* A share is not given while it is written: what was lost is gone with its first rows. */
	is_lost = store_has_failed(parts->store) || queue_is_lost(parts->politeness, work->visit);
	if (is_lost)
		ending_drop_page(parts->ending, &work->done);
	if (is_lost || go_on(parts, work, clock_ms() + MASTER_TURN_MS))
		leave(works, parts);
	else
		works->bytes += bytes_of(work);
}

bool page_works_are_writing(const struct page_works *works)
{
	return works->first && works->first->is_writing;
}

void page_works_end_writing(struct page_works *works, struct parts *parts)
{
	while (page_works_are_writing(works))
		page_works_go_on(works, parts);
}

bool page_works_are_none(const struct page_works *works)
{
	return !works->first;
}

bool page_works_are_full(const struct page_works *works)
{
	return works->bytes >= PAGE_WORK_BYTES_MAX;
}
