#include "master/callback.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "master/match.h"
#include "master/page_rows.h"
#include "parsers/pattern/page_counts.h"
#include "parsers/text/memory.h"
#include "parsers/text/scratch.h"

#define LARGE_BYTES ((size_t)1 << 20) /* of rows: they are written over several turns */

/* The patterns at work on a page: from callback_match() to callback_page(). */
struct callback_work {
	struct callback_work *next; /* of those that have none */
	const struct callback *callback;
	struct callback_page *page;
	struct page_rows *rows;
	struct page_rows_job job;
	struct scratch set;            /* of the page */
	char refusal[STORE_ERROR_MAX]; /* a row was refused, or "" */
};

struct callback {
	const struct config *config;
	struct store *store;
	struct tally *tally;
	struct page_rows *rows;             /* the first, with the tables */
	struct callback_work *spare;        /* is not at work */
	struct pattern_field_tally *fields; /* room for those of the pattern with the most */
	const struct row_watch *watch;      /* who sees the rows, or NULL */
	bool wants_sets;                    /* some pattern does */
};

/* ---- patterns at work ---- */

static struct callback_work *make_work(const struct callback *callback, struct page_rows *rows)
{
	struct callback_work *work = memory_new(1, sizeof(*work));

	work->callback = callback;
	work->rows = rows;
	return work;
}

static struct callback_work *take_work(struct callback *callback)
{
	struct callback_work *work = callback->spare;

	if (!work)
		return make_work(callback, page_rows_another(callback->rows));
	callback->spare = work->next;
	return work;
}

static void give_work(struct callback *callback, struct callback_page *done)
{
	struct callback_work *work = done->work;

	done->work = NULL;
	if (!work)
		return;
	work->next = callback->spare;
	callback->spare = work;
}

static void free_work(struct callback_work *work)
{
	page_rows_free(work->rows);
	scratch_free(&work->set);
	free(work);
}

/* ---- its life ---- */

struct callback *callback_new(const struct config *config, struct store *store, struct tally *tally)
{
	struct callback *callback = memory_new(1, sizeof(*callback));
	size_t most = 0;

	*callback = (struct callback){ .config = config, .store = store, .tally = tally };
	for (size_t i = 0; i < config->pattern_count; i++) {
		size_t count = pattern_field_count(config->patterns[i].pattern);

		most = count > most ? count : most;
		callback->wants_sets |= pattern_wants_set(config->patterns[i].pattern);
	}
	callback->fields = memory_new(most, sizeof(*callback->fields));
	callback->rows = page_rows_new(config, store, false);
	if (!callback->rows) {
		callback_free(callback);
		return NULL;
	}
	callback->spare = make_work(callback, page_rows_another(callback->rows));
	return callback;
}

void callback_watch(struct callback *callback, const struct row_watch *watch)
{
	callback->watch = watch;
}

void callback_free(struct callback *callback)
{
	struct callback_work *next;

	if (!callback)
		return;
	for (struct callback_work *work = callback->spare; work; work = next) {
		next = work->next;
		free_work(work);
	}
	page_rows_free(callback->rows);
	free(callback->fields);
	free(callback);
}

static struct store_key key_of(const struct visit *visit)
{
	return (struct store_key){ visit->share, visit->number };
}

static void on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	const struct callback_work *work = context;
	const struct row_watch *watch = work->callback->watch;

	watch->row(watch->context, pattern, visit_own_url(work->page->visit), row);
}

static void on_matched(void *context, size_t pattern, const struct pattern_tally *tally)
{
	const struct callback_work *work = context;
	const struct visit *visit = work->page->visit;
	struct tally *sum = work->callback->tally;

	tally_match(sum, visit->home, pattern, tally);
	if (tally->rows == 0)
		tally_unmatched(sum, pattern, key_of(visit));
	else
		tally_matched(sum, pattern, key_of(visit));
	if (!work->callback->config->patterns[pattern].parent) /* its children's is in it */
		tally_pattern_time(sum, tally->elapsed_ns);
}

/* What its list gave the page, as far as anybody asks.  Returns 0, or -1: the store failed. */
static int read_set(struct callback_work *work)
{
	const struct callback *callback = work->callback;
	const struct visit *visit = work->page->visit;
	struct slice fields;
	int found;

	work->job.page.set = (struct slice){ 0 };
	if (!callback->wants_sets)
		return 0;
	if (visit->guest) {
		work->job.page.set = (struct slice){ visit->guest->set, visit->guest->set_size };
		return 0;
	}
	found = store_get_set(callback->store, key_of(visit), &fields);
	scratch_reset(&work->set);
	if (found > 0)
		work->job.page.set = scratch_copy(&work->set, fields);
	return found < 0 ? -1 : 0;
}

/* What is lent with the page may have moved. */
static void describe_page(struct callback_work *work, struct callback_page *done)
{
	struct page_about *about = &work->job.page;

	work->page = done;
	about->url = visit_url(done->visit);
	about->text = done->text;
	about->content_type = done->page->texts[MSG_CONTENT_TYPE];
}

/* Returns 0, or -1: the store failed. */
static int begin_work(struct callback *callback, struct callback_page *done)
{
	struct callback_work *work = done->work = take_work(callback);

	work->job = (struct page_rows_job){
		.row = callback->watch ? on_row : NULL,
		.matched = on_matched,
		.context = work,
	};
	work->job.page.charset = (struct charset){
		.name = charset_from_label(done->page->texts[MSG_CHARSET]),
		.is_gbk = done->page->flags & MSG_PAGE_IS_GBK,
	};
	work->refusal[0] = '\0';
	describe_page(work, done);
	if (read_set(work) < 0) {
		give_work(callback, done); /* which has not begun */
		return -1;
	}
	page_rows_begin(work->rows, &work->job);
	return 0;
}

/* ---- pages on which no pattern is run ---- */

static void count_unchanged(struct callback *callback, size_t pattern, const struct visit *visit)
{
	struct pattern_tally tally = page_counts_find(
		visit_counts(visit), callback->config->patterns[pattern].pattern, callback->fields);

	tally_match_unchanged(callback->tally, visit->home, pattern, &tally);
	if (tally.rows == 0)
		tally_unmatched(callback->tally, pattern, key_of(visit));
}

static void count_unparsed(struct callback *callback, const struct callback_page *done)
{
	const struct config *config = callback->config;

	bool is_wanted = false;

	for (size_t i = 0; i < config->pattern_count; i++) {
		if (!config->patterns[i].parent) /* behind it come its children */
			is_wanted = match_wants(&config->patterns[i], visit_url(done->visit));
		if (!is_wanted)
			continue;
		if (done->is_unchanged)
			count_unchanged(callback, i, done->visit);
		else
			tally_wanted(callback->tally, done->visit->home, i);
	}
}

/* Nothing obliges a site to have a sitemap: that there is none where we looked is no failure. */
static bool is_expected(const struct callback_page *done)
{
	const struct msg_page *page = done->page;

	return done->visit->is_guess && page->outcome == OUTCOME_HTTP_ERROR &&
	       page->status / 100 == 4 && page->status != 429;
}

static enum store_state state_of(enum outcome outcome)
{
	if (outcome_is_done(outcome))
		return STORE_DONE;
	return outcome_is_skipped(outcome) ? STORE_SKIPPED : STORE_FAILED;
}

/* What comes with a page that is one, and would tell nothing of an error page. */
static void describe_done(struct store_page *row, const struct callback_page *done,
			  const struct page_rows_said *said)
{
	const struct msg_page *page = done->page;

	row->is_moved = done->visit->hops > 0 && done->visit->is_moved;
	row->unmatched = said->unmatched;
	row->counts = said->counts;
	if (said->notes.at)
		row->error = said->notes;
	if (said->is_limited) { /* rows are missing: the next visit must not take it for unchanged
				 */
		row->hash = 0;
		return;
	}
	row->etag = page->texts[MSG_ETAG];
	row->last_modified = page->texts[MSG_LAST_MODIFIED];
}

/* Close the page that is open. */
static int write_page(struct callback *callback, const struct callback_page *done,
		      enum outcome outcome, const struct page_rows_said *said)
{
	const struct visit *visit = done->visit;
	const struct msg_page *page = done->page;
	struct store_page row = {
		.state = state_of(outcome),
		.outcome = outcome_name(outcome),
		.status = (int)page->status,
		.title = page->texts[MSG_TITLE],
		.content_type = page->texts[MSG_CONTENT_TYPE],
		.charset = page->texts[MSG_CHARSET],
		.error = page->texts[MSG_ERROR],
		.body = done->kept,
		.body_is_text = page->flags & MSG_PAGE_IS_TEXT,
		.size = (int64_t)page->size,
		.wire_size = (int64_t)page->wire_size,
		.fetched_at_ms = visit->fetched_at_ms,
		.elapsed_us = page->elapsed_us,
		.tries = (int)visit->tries,
		.hash = page->hash,
		.keeps_content = done->keeps_content,
	};

	if (is_expected(done)) {
		row.state = STORE_SKIPPED;
		row.error = SLICE("no sitemap was named, and there is none in the usual place");
	}
	if (outcome_is_done(page->outcome))
		describe_done(&row, done, said);
	if (visit->hops > 0 || (visit->first && page->status > 0))
		row.final_url = visit_url(visit);
	if (visit->trail)
		row.redirects = slice_of(visit->trail);
	if (page->texts[MSG_CHARSET].size > 0)
		row.charset_source = slice_of(charset_source_name(page->charset_source));
	return store_page(callback->store, &row);
}

/* Is it a page of which rows are wanted? */
static bool is_for_patterns(const struct callback_page *done)
{
	return outcome_is_done(done->page->outcome) && done->visit->kind == VISIT_PAGE &&
	       done->page->outcome != OUTCOME_MOVED;
}

bool callback_match(struct callback *callback, struct callback_page *done, int64_t until_ms)
{
	if (callback->config->pattern_count == 0 || done->is_unchanged || !is_for_patterns(done))
		return true;
	if (done->work)
		describe_page(done->work, done);
	else if (begin_work(callback, done) < 0)
		return true; /* it is not written */
	return page_rows_match(done->work->rows, until_ms);
}

size_t callback_match_bytes(const struct callback_page *done)
{
	return done->work ? page_rows_bytes(done->work->rows) : 0;
}

void callback_drop(struct callback *callback, struct callback_page *done)
{
	give_work(callback, done);
}

/* Returns 0, or -1: the store failed. */
static int put_rows(struct callback *callback, const struct callback_page *done,
		    struct page_rows_said *said)
{
	if (callback->config->pattern_count == 0 || !is_for_patterns(done))
		return 0;
	if (done->is_unchanged || !done->text.at)
		count_unparsed(callback, done);
	if (done->is_unchanged)
		return 0;
	if (page_rows_put(done->work->rows, said) < 0)
		return -1;
	if (said->is_untried)
		tally_untried(callback->tally);
	return 0;
}

bool callback_is_large(const struct callback_page *done)
{
	return callback_match_bytes(done) >= LARGE_BYTES && !done->visit->is_again;
}

int callback_write_rows(struct callback *callback, struct callback_page *done, int64_t until_ms)
{
	struct callback_work *work = done->work;
	int put, left;

	describe_page(work, done);
	if (store_page_open(callback->store, key_of(done->visit), false) < 0)
		return 1;
	put = page_rows_put_until(work->rows, until_ms);
	left = put < 0 ? -1 : store_page_leave(callback->store);
	if (left > 0)
		snprintf(work->refusal, sizeof(work->refusal), "%s",
			 store_refusal(callback->store));
	return left < 0 ? 1 : put;
}

/* Its rows are incomplete, and the others are not to blame. */
static void note_refusal(struct page_rows_said *said, const char *refusal)
{
	said->is_limited = true;
	said->notes = slice_of(refusal);
}

/* Returns the outcome that was stored, or -1. */
static int write_all(struct callback *callback, const struct callback_page *done)
{
	const struct visit *visit = done->visit;
	enum outcome outcome = done->page->outcome;
	struct page_rows_said said = { .is_untried = false };
	int written;

	if (store_page_open(callback->store, key_of(visit), visit->is_again) < 0 ||
	    put_rows(callback, done, &said) < 0)
		return -1;
	if (done->work && done->work->refusal[0])
		note_refusal(&said, done->work->refusal);
	if (said.is_limited)
		outcome = OUTCOME_PATTERN_LIMIT;
	written = write_page(callback, done, outcome, &said);
	if (written > 0) {
		outcome = OUTCOME_PATTERN_LIMIT;
		note_refusal(&said, store_refusal(callback->store));
		written = write_page(callback, done, outcome, &said);
	}
	return written < 0 ? -1 : (int)outcome;
}

static void count_page(struct callback *callback, const struct callback_page *done,
		       enum outcome outcome)
{
	const struct msg_page *page = done->page;
	const struct tally_page counted = {
		.host = done->visit->home,
		.key = key_of(done->visit),
		.outcome = outcome,
		.status = page->status,
		.is_unchanged = done->is_unchanged,
		.bytes = page->size,
		.wire_bytes = page->wire_size,
		.elapsed_us = page->elapsed_us,
		.content_type = page->texts[MSG_CONTENT_TYPE],
		.charset = page->texts[MSG_CHARSET],
		.charset_source = page->texts[MSG_CHARSET].size > 0
					  ? charset_source_name(page->charset_source)
					  : NULL,
	};

	tally_page(callback->tally, &counted);
}

int callback_page(struct callback *callback, struct callback_page *done)
{
	int outcome;

	callback_match(callback, done, CLOCK_NEVER);
	outcome = store_has_failed(callback->store) ? -1 : write_all(callback, done);
	give_work(callback, done);
	if (outcome < 0)
		return -1;
	if (!is_expected(done))
		count_page(callback, done, (enum outcome)outcome);
	return outcome;
}

void callback_recount(struct callback *callback, const struct recount *recount)
{
	tally_recount(callback->tally, recount);
}

void callback_take_back(struct callback *callback, uint32_t host, enum outcome outcome,
			unsigned status)
{
	tally_take_back(callback->tally, host, outcome, status);
}
