#include "master/letters.h"

#include <stdlib.h>
#include <string.h>

#include "master/load.h"
#include "master/queue.h"
#include "parsers/text/memory.h"

/* A list of this run has it. */
static void add_named(struct parts *parts, const struct store_letter *letter)
{
	static struct url url; /* not on the stack */
	struct seeds_line line = { .url = &url, .set = letter->set };

	if (url_parse(&url, letter->row.url) != URL_OK)
		return;
	if (letter->request) {
		if (!request_method_of(letter->request->method, &line.request.method))
			return;
		line.request.headers = letter->request->headers;
		line.request.body = letter->request->body;
	}
	load_seed(parts, &line);
}

static void receive(struct parts *parts, const struct store_letter *letter)
{
	switch (letter->kind) {
	case STORE_LETTER_LINK:
		if (letter->is_named)
			add_named(parts, letter);
		else
			links_in_receive(parts->links_in, letter);
		break;
	case STORE_LETTER_VISIT:
		ending_arrive(parts->ending, letter);
		break;
	case STORE_LETTER_BACK:
		ending_come_back(parts->ending, letter);
		break;
	case STORE_LETTER_MOVED:
		ending_hear(parts->ending, letter);
		break;
	case STORE_LETTER_ROBOTS:
		robots_gate_receive(parts->gate, letter);
		break;
	}
}

/* Behind what was copied before. */
static void copy_text(struct slice *text, char **at)
{
	if (text->size > 0)
		memcpy(*at, text->at, text->size);
	text->at = text->at ? *at : NULL;
	*at += text->size;
}

/* What it says is lent until the store is asked for anything: it is copied. */
void letters_receive(struct parts *parts, const struct store_letter *letter)
{
	struct store_request request = { .method = { NULL, 0 } };
	struct store_letter copy = *letter;
	char *memory, *at;

	if (letter->request)
		request = *letter->request;
	memory = at = memory_new(1, letter->row.url.size + letter->set.size + letter->words.size +
					    request.method.size + request.headers.size +
					    request.body.size + 1);
	copy_text(&copy.row.url, &at);
	copy_text(&copy.set, &at);
	copy_text(&copy.words, &at);
	copy_text(&request.method, &at);
	copy_text(&request.headers, &at);
	copy_text(&request.body, &at);
	copy.request = letter->request ? &request : NULL;
	receive(parts, &copy);
	free(memory);
}

void letters_drop(struct parts *parts, struct visit *visit)
{
	if (visit->kind == VISIT_LOGIN)
		login_gate_drop(parts->login_gate, visit);
	else
		visits_end(parts->politeness->visits, visit);
}

void letters_go_on(struct parts *parts, struct visit *visit)
{
	if (visit->kind == VISIT_LOGIN)
		login_gate_drop(parts->login_gate, visit);
	else if (!visit->url) /* it has not begun: what stays pending goes with its share */
		visits_end(parts->politeness->visits, visit);
	else
		ending_depart(parts->ending, visit, NULL, false);
}

void letters_turn(struct parts *parts)
{
	struct politeness *politeness = parts->politeness;
	struct visit *visit = politeness->stranded, *next;

	politeness->stranded = NULL;
	if (ending_waiter_count(parts->ending) > 0 && discovery_has_changed(parts->discovery))
		ending_sort_waiters(parts->ending);
	for (; visit; visit = next) {
		next = visit->next;
		if (queue_is_lost(politeness, visit) || visit->kind == VISIT_LOGIN)
			letters_drop(parts, visit);
		else if (ending_leads_away(parts->ending, visit))
			letters_go_on(parts, visit);
		else /* it has come back at once */
			queue_again(politeness, visit);
	}
}
