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
	};
	return ending;
}

void ending_free(struct ending *ending)
{
	if (!ending)
		return;
	callback_free(ending->callback);
	free(ending);
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

void ending_write_page(struct ending *ending, struct visit *visit, struct callback_page *done)
{
	int outcome;

	done->visit = visit;
	outcome = callback_page(ending->callback, done);
	if (outcome < 0)
		return;
	moves_note_end(ending->moves, visit_own_url(visit),
		       outcome_is_done((enum outcome)outcome) ? STORE_DONE : STORE_FAILED);
	note_page(visit_url(visit), done->page, (enum outcome)outcome);
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
