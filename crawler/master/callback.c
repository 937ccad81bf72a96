#include "master/callback.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master/match.h"
#include "master/pattern_rows.h"
#include "parsers/text/memory.h"

#define NOTES_BYTES_MAX 512 /* of what is said of patterns whose rows are incomplete */

struct callback {
	const struct config *config;
	struct store *store;
	struct tally *tally;
	int *tables;                /* the store's handle of each pattern's table */
	struct store_value *values; /* of one row, for the pattern with the most fields */
	char *unmatched;            /* names of patterns, as many as there are */
	size_t unmatched_size;
	char notes[NOTES_BYTES_MAX]; /* "pattern 'a' was stopped by the time budget" */
	size_t notes_size;
	const char *untried;           /* why no pattern was tried on the page, or NULL */
	const struct row_watch *watch; /* who sees the rows, or NULL */
};

/* A page whose rows are on their way to the store. */
struct page_match {
	struct callback *callback;
	const struct visit *visit;
	bool is_limited; /* a pattern ran out of its budget */
	unsigned tried;  /* patterns */
};

/* Returns the table's handle, or 0. */
static int make_table(struct store *store, const struct config_pattern *pattern)
{
	struct store_table *table = pattern_rows_table(pattern);
	int handle = store_put_table(store, table);

	pattern_rows_table_free(table);
	return handle;
}

struct callback *callback_new(const struct config *config, struct store *store, struct tally *tally)
{
	struct callback *callback = memory_new(1, sizeof(*callback));
	size_t most = 0, names = 0;

	*callback = (struct callback){ .config = config, .store = store, .tally = tally };
	callback->tables = memory_new(config->pattern_count, sizeof(*callback->tables));
	for (size_t i = 0; i < config->pattern_count; i++) {
		size_t count = pattern_rows_column_count(&config->patterns[i]);

		most = count > most ? count : most;
		names += strlen(config->patterns[i].spec->name) + 2;
		callback->tables[i] = make_table(store, &config->patterns[i]);
		if (callback->tables[i] == 0) {
			callback_free(callback);
			return NULL;
		}
	}
	callback->values = memory_new(most, sizeof(*callback->values));
	callback->unmatched = memory_new(names + 1, 1);
	return callback;
}

void callback_watch(struct callback *callback, const struct row_watch *watch)
{
	callback->watch = watch;
}

void callback_free(struct callback *callback)
{
	if (!callback)
		return;
	free(callback->tables);
	free(callback->values);
	free(callback->unmatched);
	free(callback);
}

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	const struct page_match *match = context;
	struct callback *callback = match->callback;
	const struct row_watch *watch = callback->watch;

	pattern_rows_values(row, callback->values);
	if (watch)
		watch->row(watch->context, pattern, visit_own_url(match->visit), row);
	return store_row(callback->store, callback->tables[pattern], row->number, callback->values);
}

static void note_unmatched(struct callback *callback, const char *name)
{
	size_t size = strlen(name);

	if (callback->unmatched_size > 0) {
		memcpy(callback->unmatched + callback->unmatched_size, ", ", 2);
		callback->unmatched_size += 2;
	}
	memcpy(callback->unmatched + callback->unmatched_size, name, size);
	callback->unmatched_size += size;
}

/* What does not fit is left out: the first says enough. */
static void note(struct callback *callback, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct callback *callback, const char *format, ...)
{
	const char *between = callback->notes_size > 0 ? "; " : "";
	char *at = callback->notes + callback->notes_size;
	size_t room = sizeof(callback->notes) - callback->notes_size - strlen(between);
	va_list arguments;
	int size;

	if (room > sizeof(callback->notes))
		return;
	va_start(arguments, format);
	size = vsnprintf(at + strlen(between), room, format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= room)
		return;
	memcpy(at, between, strlen(between));
	callback->notes_size += strlen(between) + (size_t)size;
}

static void note_incomplete(struct callback *callback, const char *name,
			    const struct pattern_tally *tally)
{
	if (tally->is_limited)
		note(callback, "pattern '%s' was stopped by the %s: its rows are incomplete", name,
		     tally->limit);
	else if (tally->is_broken)
		note(callback, "pattern '%s': the JSON breaks at byte %zu", name, tally->broken_at);
}

static int on_end(void *context, size_t pattern, const struct pattern_tally *tally, bool is_stopped)
{
	struct page_match *match = context;
	struct callback *callback = match->callback;

	if (is_stopped)
		return -1;
	match->tried++;
	tally_match(callback->tally, match->visit->home, pattern, tally);
	match->is_limited |= tally->is_limited;
	note_incomplete(callback, callback->config->patterns[pattern].spec->name, tally);
	if (tally->rows + tally->dropped == 0 && !tally->is_limited)
		note_unmatched(callback, callback->config->patterns[pattern].spec->name);
	return 0;
}

/* Returns 0, 1 if a pattern ran out of its budget, -1 if the store failed. */
static int match_all(struct callback *callback, const struct callback_page *done)
{
	struct page_match match = { .callback = callback, .visit = done->visit };
	const struct match_sink sink = { .context = &match, .row = on_row, .end = on_end };
	const struct page_about page = {
		.url = visit_url(done->visit),
		.text = done->text,
		.content_type = done->page->texts[MSG_CONTENT_TYPE],
		.charset = {
			.name = charset_from_label(done->page->texts[MSG_CHARSET]),
			.is_gbk = done->page->flags & MSG_PAGE_IS_GBK,
		},
	};

	if (match_page(callback->config, &page, &sink) < 0)
		return -1;
	if (match.tried == 0)
		callback->untried = "(none tried: no pattern is for this URL)";
	return match.is_limited;
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
static void describe_done(struct store_page *row, const struct callback *callback,
			  const struct callback_page *done, bool is_limited)
{
	const struct msg_page *page = done->page;

	row->is_moved = done->visit->hops > 0 && done->visit->is_moved;
	row->unmatched = (struct slice){ callback->unmatched_size > 0 ? callback->unmatched : NULL,
					 callback->unmatched_size };
	if (callback->untried)
		row->unmatched = slice_of(callback->untried);
	if (callback->notes_size > 0)
		row->error = (struct slice){ callback->notes, callback->notes_size };
	if (is_limited) { /* rows are missing: the next visit must not take it for unchanged */
		row->hash = 0;
		return;
	}
	row->etag = page->texts[MSG_ETAG];
	row->last_modified = page->texts[MSG_LAST_MODIFIED];
}

/* Close the page that is open. */
static int write_page(struct callback *callback, const struct callback_page *done,
		      enum outcome outcome)
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
		describe_done(&row, callback, done, outcome == OUTCOME_PATTERN_LIMIT);
	if (visit->hops > 0)
		row.final_url = visit_url(visit);
	if (visit->trail)
		row.redirects = slice_of(visit->trail);
	if (page->texts[MSG_CHARSET].size > 0)
		row.charset_source = slice_of(charset_source_name(page->charset_source));
	return store_page(callback->store, &row);
}

/* Is it a page of which rows were wanted? */
static bool is_for_patterns(const struct callback *callback, const struct callback_page *done)
{
	return done->page->outcome == OUTCOME_OK && !done->is_unchanged &&
	       callback->config->pattern_count > 0 && done->visit->kind == VISIT_PAGE;
}

int callback_page(struct callback *callback, const struct callback_page *done)
{
	const struct visit *visit = done->visit;
	struct store_key key = { visit->share, visit->number };
	enum outcome outcome = done->page->outcome;
	int limited = 0;

	callback->unmatched_size = callback->notes_size = 0;
	callback->untried = NULL;
	if (store_page_open(callback->store, key, visit->is_again) < 0)
		return -1;
	if (is_for_patterns(callback, done) && done->text.at)
		limited = match_all(callback, done);
	else if (is_for_patterns(callback, done))
		callback->untried = "(none tried: the page is not text)";
	if (callback->untried)
		tally_untried(callback->tally);
	if (limited > 0)
		outcome = OUTCOME_PATTERN_LIMIT;
	if (limited < 0 || write_page(callback, done, outcome) < 0)
		return -1;
	if (done->is_unchanged)
		tally_unchanged(callback->tally);
	if (!is_expected(done))
		tally_page(callback->tally, visit->home, outcome, done->page->status,
			   done->page->size, done->page->wire_size, done->page->elapsed_us);
	return (int)outcome;
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
