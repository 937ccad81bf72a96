#include "master/ending_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"
#include "show/log.h"

struct ending *ending_new(const struct config *config, struct store *store,
			  struct politeness *politeness, struct discovery *discovery,
			  struct moves *moves, struct tally *tally)
{
	struct callback *callback = callback_new(config, store, tally);
	struct ending *ending;

	if (!callback)
		return NULL;
	ending = memory_new(1, sizeof(*ending));
	*ending = (struct ending){
		.config = config,
		.store = store,
		.politeness = politeness,
		.discovery = discovery,
		.moves = moves,
		.callback = callback,
		.has_others = store_get_share_count(store) > 1,
	};
	if (ending->has_others)
		moves_expect_others(moves);
	return ending;
}

void ending_free(struct ending *ending)
{
	if (!ending)
		return;
	callback_free(ending->callback);
	free(ending);
}

void ending_watch(struct ending *ending, const struct row_watch *watch)
{
	callback_watch(ending->callback, watch);
}

static void note_page(struct slice url, const struct msg_page *page, enum outcome outcome)
{
	char text[URL_BYTES_MAX + 1];

	if (!log_tells(LOG_VERBOSE))
		return;
	snprintf(text, sizeof(text), "%.*s", (int)url.size, url.at);
	LOG(LOG_VERBOSE, "page", LOG_TEXT("outcome", outcome_name(outcome)),
	    LOG_NUMBER("status", page->status), LOG_NUMBER("size", page->size),
	    LOG_NUMBER("ms", page->elapsed_us / 1000), LOG_TEXT("url", text));
}

/* A page that failed or was skipped, for those that had moved to its URL. */
struct loss {
	struct ending *ending;
	const struct msg_page *page;
	enum outcome outcome;
};

/*
 * It was led to another site: whether one that moved there may be is for its own rule to say.  It
 * is asked for after all, and followed.
 */
static void ask_again(const struct loss *loss, const struct move *move)
{
	struct ending *ending = loss->ending;

	ending_ask_again(ending, move);
	if (move->is_counted)
		callback_take_back(ending->callback, move->host, OUTCOME_MOVED, move->status);
}

static void judge_anew(const struct loss *loss, const struct move *move)
{
	struct slice error = loss->page->texts[MSG_ERROR];
	struct store_verdict verdict = {
		.state = outcome_is_skipped(loss->outcome) ? STORE_SKIPPED : STORE_FAILED,
		.outcome = outcome_name(loss->outcome),
		.status = (int)loss->page->status,
		.error = error.size > 0 ? error : SLICE("so ended where it moved to"),
	};
	struct recount recount = { .host = move->host,
				   .from = { OUTCOME_MOVED, move->status },
				   .to = { loss->outcome, loss->page->status } };

	store_put_verdict(loss->ending->store, move->key, &verdict);
	if (move->is_counted)
		callback_recount(loss->ending->callback, &recount);
}

static void on_lost(void *context, const struct move *move)
{
	const struct loss *loss = context;

	if (move->is_waiting) /* which hears it by itself */
		return;
	if (loss->outcome == OUTCOME_OUT_OF_SCOPE)
		ask_again(loss, move);
	else
		judge_anew(loss, move);
}

static void on_content(void *context, const struct move *move)
{
	store_clear_content(((struct ending *)context)->store, move->key);
}

void ending_clear_moved(struct ending *ending)
{
	moves_each_content(ending->moves, on_content, ending);
}

bool ending_match_page(struct ending *ending, struct visit *visit, struct callback_page *done,
		       int64_t until_ms)
{
	done->visit = visit;
	return callback_match(ending->callback, done, until_ms);
}

int ending_write_rows(struct ending *ending, struct callback_page *done, int64_t until_ms)
{
	return callback_write_rows(ending->callback, done, until_ms);
}

void ending_drop_page(struct ending *ending, struct callback_page *done)
{
	callback_drop(ending->callback, done);
}

void ending_note_end(struct ending *ending, struct slice url, enum outcome outcome,
		     const struct msg_page *page)
{
	if (!outcome_is_done(outcome))
		moves_lose(ending->moves, url, on_lost, &(struct loss){ ending, page, outcome });
	if (ending->has_others)
		ending_end_waiting(ending, url, outcome, page);
}

void ending_write_moved(struct ending *ending, struct visit *visit, struct callback_page *done,
			enum outcome outcome, const struct msg_page *page)
{
	struct move move = { .key = politeness_key_of(visit),
			     .host = visit->home,
			     .status = done->page->status,
			     .is_counted = true };

	done->visit = visit;
	if (callback_page(ending->callback, done) < 0)
		return;
	if (!outcome_is_done(outcome))
		judge_anew(&(struct loss){ ending, page, outcome }, &move);
	ending_end_guest(ending, visit, outcome, page);
	if (!visit->guest)
		ending_note_end(ending, visit_own_url(visit), outcome, page);
}

void ending_write_page(struct ending *ending, struct visit *visit, struct callback_page *done)
{
	int outcome;

	done->visit = visit;
	outcome = callback_page(ending->callback, done);
	if (outcome < 0)
		return;
	if (visit->guest)
		ending_end_guest(ending, visit, (enum outcome)outcome, done->page);
	else if (visit_has_row(visit))
		ending_note_end(ending, visit_own_url(visit), (enum outcome)outcome, done->page);
	note_page(visit->hops > 0 ? visit_url(visit) : visit_own_url(visit), done->page,
		  (enum outcome)outcome);
}

void ending_without_page(struct ending *ending, struct visit *visit, enum outcome outcome,
			 const char *error)
{
	ending_for_cause(ending, visit, outcome, 0, error);
}

void ending_for_cause(struct ending *ending, struct visit *visit, enum outcome outcome,
		      uint32_t status, const char *error)
{
	struct msg_page page = { .outcome = outcome, .status = status };

	page.texts[MSG_ERROR] = slice_of(error);
	ending_unasked(ending, visit, &page);
}

void ending_unasked(struct ending *ending, struct visit *visit, const struct msg_page *page)
{
	struct callback_page done = { .page = page, .keeps_content = true };

	ending_write_page(ending, visit, &done);
	visits_end(ending->politeness->visits, visit);
}
