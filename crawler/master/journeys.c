#include "master/ending_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "master/queue.h"
#include "master/travel.h"
#include "parsers/text/memory.h"

#define PROBES_MAX 64 /* owners that are asked whether a way is a ring */

bool ending_leads_away(const struct ending *ending, const struct visit *visit)
{
	return discovery_is_foreign(ending->discovery, visit->host);
}

static struct slice lent(const char *at, size_t size)
{
	return (struct slice){ at, at ? size : 0 };
}

static struct store_letter_id letter_of(const struct visit *visit)
{
	const uint64_t *letter = visit->guest->letter;

	return (struct store_letter_id){ letter[0], letter[1], letter[2] };
}

static struct store_key home_of(const struct ending *ending, const struct visit *visit)
{
	if (visit->guest)
		return (struct store_key){ visit->guest->home_share, visit->guest->home_number };
	return hosts_key(ending->politeness->hosts, visit->home);
}

/* With the words, which are freed. */
static void send(struct ending *ending, struct store_letter *letter, struct slice words)
{
	letter->words = words;
	store_send(ending->store, letter);
	free((void *)(uintptr_t)words.at);
}

/* The letter that a guest came with: in the batch of what is written of it. */
static void end_letter(struct ending *ending, const struct visit *visit)
{
	struct store_letter_id id = letter_of(visit);

	store_end_letter(ending->store, &id);
}

/* ---- away ---- */

static void send_visit(struct ending *ending, const struct visit *visit,
		       enum store_letter_kind kind, struct travel *travel)
{
	struct slice origin = frontier_host_origin(ending->politeness->frontier, visit->host);
	struct store_letter letter = {
		.kind = kind,
		.share = kind == STORE_LETTER_VISIT ? discovery_share_of(ending->discovery, origin)
						    : travel->home.share,
		.key = politeness_key_of(visit),
		.row = { .url = visit_url(visit),
			 .root = politeness_root_of(visit),
			 .depth = (int)visit->depth,
			 .lane = (int)visit->lane,
			 .rule = (int)visit->rule },
	};

	send(ending, &letter, travel_write(travel));
}

/* What its list gave it, and what was read at its last visit where it leads, go with it.  Returns
 * false: the store was waited for, and has started over: it is another's to send. */
static bool send_away(struct ending *ending, const struct visit *visit, struct travel *travel)
{
	struct store_target target;
	struct slice set = { 0 };
	char *copy = NULL;

	if (visit->guest) {
		travel->set = lent(visit->guest->set, visit->guest->set_size);
		send_visit(ending, visit, STORE_LETTER_VISIT, travel);
		return true;
	}
	if (visit_has_row(visit) &&
	    store_get_set(ending->store, politeness_key_of(visit), &set) == 1)
		travel->set = (struct slice){ copy = memory_text(set.at, set.size), set.size };
	if (visit->kind == VISIT_PAGE && visit->is_again && visit->is_moved &&
	    store_url(ending->store, politeness_key_of(visit), &target) == 1 &&
	    slice_equal(target.known.moved_to, visit_url(visit))) {
		travel->etag = target.known.etag;
		travel->modified = target.known.last_modified;
	}
	if (!queue_is_lost(ending->politeness, visit))
		send_visit(ending, visit, STORE_LETTER_VISIT, travel);
	free(copy);
	return !queue_is_lost(ending->politeness, visit);
}

/* It may have moved there; then others find here where it went. */
static void note_departure(struct ending *ending, const struct visit *visit, unsigned status)
{
	struct move move = {
		.key = politeness_key_of(visit),
		.host = visit->home,
		.status = status,
		.is_again = visit->is_again,
		.has_content = visit->has_content,
		.depth = visit->depth,
	};

	moves_leave(ending->moves, visit_own_url(visit), visit_url(visit), &move);
}

void ending_depart(struct ending *ending, struct visit *visit, const struct msg_page *page,
		   bool may_move)
{
	struct travel travel = {
		.visit = visit,
		.home = home_of(ending, visit),
		.may_move = may_move,
		.from_where = hosts_may_be_private(ending->politeness->hosts, visit->host)
				      ? STORE_FROM_PRIVATE
				      : STORE_FROM_PUBLIC,
	};

	assert(visit->url); /* else it is pending, and goes with its share */
	if (page) {
		travel.status = page->status;
		travel.wire_size = page->wire_size;
		travel.elapsed_us = page->elapsed_us;
	}
	if (!send_away(ending, visit, &travel)) {
		visits_end(ending->politeness->visits, visit);
		return;
	}
	if (visit->guest)
		end_letter(ending, visit);
	else if (visit_has_row(visit))
		moves_lend(ending->moves, politeness_key_of(visit));
	if (may_move && !visit->guest)
		note_departure(ending, visit, travel.status);
	visits_end(ending->politeness->visits, visit);
}

void ending_go_back(struct ending *ending, struct visit *visit, int64_t wait_ms)
{
	struct travel travel = { .visit = visit,
				 .home = home_of(ending, visit),
				 .wait_ms = wait_ms };
	struct slice own = visit_own_url(visit);
	char *copy = memory_text(own.at, own.size);

	visit_forget_hops(visit);
	visit_set_url(visit, (struct slice){ copy, own.size });
	free(copy);
	send_visit(ending, visit, STORE_LETTER_BACK, &travel);
	end_letter(ending, visit);
	visits_end(ending->politeness->visits, visit);
}

/* ---- here ---- */

/* Which host its own URL is of, as the figures have it. */
static uint32_t host_at_home(struct ending *ending, const struct visit *visit,
			     struct store_key home)
{
	static struct url url; /* not on the stack */

	if (url_parse(&url, request_url(visit_own_url(visit))) != URL_OK)
		return FRONTIER_NO_HOST;
	return discovery_foreign_host(ending->discovery, url_origin(&url), home);
}

/* The host that is asked next: ours, with a row.  Returns 0 or -1. */
static int settle_here(struct ending *ending, struct visit *visit, const struct travel *travel)
{
	struct politeness *politeness = ending->politeness;
	static struct url url; /* not on the stack */

	if (url_parse(&url, visit_url(visit)) != URL_OK ||
	    !discovery_is_ours(ending->discovery, &url))
		return -1;
	visit->host = visit->anchor = discovery_host_of(ending->discovery, &url);
	visit->home = host_at_home(ending, visit, travel->home);
	if (visit->host == FRONTIER_NO_HOST || visit->home == FRONTIER_NO_HOST ||
	    discovery_is_leaving(ending->discovery, visit->host))
		return -1;
	visit->tenure = hosts_tenure(politeness->hosts, visit->anchor);
	if (travel->from_where == STORE_FROM_PRIVATE)
		hosts_note_private_way(politeness->hosts, visit->host);
	return 0;
}

void ending_arrive(struct ending *ending, const struct store_letter *letter)
{
	struct visits *visits = ending->politeness->visits;
	struct travel travel = { .visit = visits_begin(visits) };
	struct visit *visit = travel.visit;
	struct visit_guest *guest;
	struct msg_page page = { .status = 0 };

	if (travel_read(letter->words, &travel) < 0) { /* nobody can */
		store_end_letter(ending->store, &letter->id);
		visits_end(visits, visit);
		return;
	}
	if (settle_here(ending, visit, &travel) < 0) { /* it stays for who comes after us */
		visits_end(visits, visit);
		return;
	}
	guest = visit_make_guest(visit, travel.set, travel.etag, travel.modified);
	guest->letter[0] = letter->id.share;
	guest->letter[1] = letter->id.batch;
	guest->letter[2] = letter->id.number;
	guest->home_share = travel.home.share;
	guest->home_number = travel.home.number;
	page.status = travel.status;
	page.wire_size = travel.wire_size;
	page.elapsed_us = travel.elapsed_us;
	if (!travel.may_move || !ending_meets(ending, visit, &page))
		queue_again(ending->politeness, visit);
}

void ending_come_back(struct ending *ending, const struct store_letter *letter)
{
	struct politeness *politeness = ending->politeness;
	struct travel travel = { .visit = visits_begin(politeness->visits) };
	struct visit *visit = travel.visit;
	int read = travel_read(letter->words, &travel);
	uint32_t host = politeness_find_host(politeness, travel.home);
	bool is_awaited = visit->kind == VISIT_ROBOTS ||
			  moves_take_back(ending->moves, politeness_key_of(visit));

	/* If nobody waits for it, it came with its share, and begins anew. */
	if (read < 0 || host == FRONTIER_NO_HOST || !is_awaited) {
		visits_end(politeness->visits, visit);
		return;
	}
	moves_return(ending->moves, visit_own_url(visit));
	visit->host = visit->home = visit->anchor = host;
	visit->tenure = hosts_tenure(politeness->hosts, host);
	free(visit->url);
	visit->url = NULL; /* looked up when its turn comes */
	if (visit->kind == VISIT_ROBOTS)
		queue_set_robots(politeness, visit);
	queue_later(politeness, visit, clock_ms() + travel.wait_ms);
}

/* ---- news ---- */

static void hear(struct ending *ending, const struct store_letter *letter,
		 const struct travel_word *word);

/* To the owner of a URL, who may be ourselves. */
static void tell(struct ending *ending, struct store_key key, struct slice url,
		 const struct travel_word *word)
{
	struct store_letter letter = { .kind = STORE_LETTER_MOVED, .key = key, .row.url = url };
	struct url parsed;

	letter.share = key.share;
	if (store_key_is_none(key)) {
		if (url_parse(&parsed, request_url(url)) != URL_OK)
			return;
		letter.share = discovery_share_of(ending->discovery, url_origin(&parsed));
	}
	if (discovery_has_share(ending->discovery, letter.share))
		hear(ending, &letter, word);
	else
		send(ending, &letter, travel_write_word(word));
}

void ending_end_guest(struct ending *ending, const struct visit *visit, enum outcome outcome,
		      const struct msg_page *page)
{
	struct travel_word word = { .news = TRAVEL_ENDED, .outcome = outcome };

	if (!visit->guest)
		return;
	end_letter(ending, visit);
	if (!visit_has_row(visit))
		return;
	word.status = page->status;
	word.error = page->texts[MSG_ERROR];
	tell(ending, politeness_key_of(visit), visit_own_url(visit), &word);
}

void ending_ask_again(struct ending *ending, const struct move *move)
{
	const struct travel_word word = { .news = TRAVEL_AGAIN, .is_again = move->is_again };

	if (!discovery_has_share(ending->discovery, move->key.share)) {
		tell(ending, move->key, move->url, &word);
		return;
	}
	if (ending->has_others) {
		moves_return(ending->moves, move->url);
		moves_open(ending->moves, move->url);
		moves_note_end(ending->moves, move->url, false);
	}
	store_put_waiting(ending->store, move->key, move->is_again);
	frontier_push(ending->politeness->frontier, move->host, move->key.number, LANE_NORMAL);
}

/* ---- visits that wait for the end of a URL ---- */

struct waiter {
	struct waiter *next;
	struct visit *visit;
	struct msg_page answer; /* that led it there, as far as it counts */
	bool is_probed;         /* probe_again() */
};

/* Where does the way lead on?  Whoever owns that is asked; and if it is a ring, it is opened. */
static void probe(struct ending *ending, struct slice at, struct travel_word word)
{
	const struct store_key none = { 0, 0 };
	struct moves_way way;

	moves_walk(ending->moves, at, word.url, &way);
	if (store_key_is_none(word.key) && !store_key_is_none(way.hearsay.key)) {
		word.key = way.hearsay.key;
		word.hearsay = way.hearsay.url;
		word.is_again = way.hearsay.is_again;
	}
	if (way.is_ring && !store_key_is_none(word.key)) {
		word.news = TRAVEL_AGAIN;
		tell(ending, word.key, word.hearsay, &word);
	} else if (way.is_ring) {
		word.news = TRAVEL_RING;
		tell(ending, none, word.place, &word);
	} else if (way.to.at && word.hops++ < PROBES_MAX) {
		word.news = TRAVEL_PROBE;
		tell(ending, none, way.to, &word);
	}
}

void ending_wait(struct ending *ending, struct visit *visit, const struct msg_page *answer)
{
	const struct travel_word word = { .url = visit_own_url(visit), .place = visit_url(visit) };
	struct waiter **waiters = moves_waiters(ending->moves, visit_url(visit));
	struct waiter *waiter = memory_new(1, sizeof(*waiter));

	waiter->visit = visit;
	waiter->answer.status = answer->status;
	waiter->answer.wire_size = answer->wire_size;
	waiter->answer.elapsed_us = answer->elapsed_us;
	waiter->next = *waiters;
	*waiters = waiter;
	ending->waiter_count++;
	probe(ending, visit_url(visit), word);
}

static struct waiter *first_unprobed(struct ending *ending, struct slice url)
{
	struct waiter **waiters = moves_waiters(ending->moves, url);
	struct waiter *waiter = waiters ? *waiters : NULL;

	while (waiter && waiter->is_probed)
		waiter = waiter->next;
	return waiter;
}

static void probe_again(void *context, struct slice url)
{
	struct ending *ending = context;
	struct waiter **waiters = moves_waiters(ending->moves, url);

	for (struct waiter *waiter = waiters ? *waiters : NULL; waiter; waiter = waiter->next)
		waiter->is_probed = false;
	for (struct waiter *waiter; (waiter = first_unprobed(ending, url));) {
		const struct travel_word word = { .url = visit_own_url(waiter->visit),
						  .place = visit_url(waiter->visit) };

		waiter->is_probed = true;
		probe(ending, word.place, word);
	}
}

void ending_probe_again(struct ending *ending, struct slice url)
{
	if (ending->waiter_count == 0)
		return;
	probe_again(ending, url);
	moves_each_led(ending->moves, url, probe_again, ending);
}

/* Take it out of its list.  Its visit is the caller's. */
static struct visit *take_waiter(struct ending *ending, struct waiter **at, struct msg_page *answer)
{
	struct waiter *waiter = *at;
	struct visit *visit = waiter->visit;

	*answer = waiter->answer;
	*at = waiter->next;
	free(waiter);
	ending->waiter_count--;
	return visit;
}

/* What it waited for has come to an end: it moved there. */
static void end_waiter(struct ending *ending, struct visit *visit, const struct msg_page *answer,
		       enum outcome outcome, const struct msg_page *end)
{
	struct msg_page page = *answer;
	struct callback_page done = { .page = &page, .keeps_content = visit->has_content };

	moves_settle(ending->moves, visit_own_url(visit));
	page.outcome = OUTCOME_MOVED;
	ending_write_moved(ending, visit, &done, outcome, end);
	visits_end(ending->politeness->visits, visit);
}

/* How a URL has ended, for those that wait for it. */
struct fate {
	struct ending *ending;
	enum outcome outcome;
	const struct msg_page *page;
};

static void end_all(void *context, struct slice url)
{
	const struct fate *fate = context;
	struct ending *ending = fate->ending;
	struct waiter **waiters = moves_waiters(ending->moves, url);
	struct msg_page answer;

	while (waiters && *waiters) {
		struct visit *visit = take_waiter(ending, waiters, &answer);

		if (queue_is_lost(ending->politeness, visit))
			visits_end(ending->politeness->visits, visit);
		else if (fate->outcome ==
			 OUTCOME_OUT_OF_SCOPE) /* for its own rule it may be none */
			queue_again(ending->politeness, visit);
		else
			end_waiter(ending, visit, &answer, fate->outcome, fate->page);
		waiters = moves_waiters(ending->moves, url); /* they may have grown */
	}
}

void ending_end_waiting(struct ending *ending, struct slice url, enum outcome outcome,
			const struct msg_page *page)
{
	struct fate fate = { ending, outcome, page };

	moves_note_end(ending->moves, url, true);
	if (ending->waiter_count == 0 || !moves_has_ended(ending->moves, url))
		return;
	end_all(&fate, url);
	moves_each_led(ending->moves, url, end_all, &fate);
}

/* They are gathered first: as they go, the trees change. */
struct gathered {
	struct ending *ending;
	struct visit *first;
};

static void gather(void *context, struct slice url)
{
	struct gathered *gathered = context;
	struct waiter **waiters = moves_waiters(gathered->ending->moves, url);
	struct msg_page answer;

	while (waiters && *waiters) {
		struct visit *visit = take_waiter(gathered->ending, waiters, &answer);

		visit->next = gathered->first;
		gathered->first = visit;
	}
}

/* It reads what is there in its own name. */
static void go_on_alone(struct ending *ending, struct visit *visit)
{
	moves_settle(ending->moves, visit_own_url(visit));
	moves_open(ending->moves, visit_own_url(visit));
	if (queue_is_lost(ending->politeness, visit))
		visits_end(ending->politeness->visits, visit);
	else
		queue_again(ending->politeness, visit);
}

void ending_leave_out(struct ending *ending, struct visit *visit)
{
	struct gathered gathered = { ending, NULL };
	struct visit *next;

	moves_spend(ending->moves);
	if (visit->guest)
		end_letter(ending, visit);
	if (ending->waiter_count > 0) {
		gather(&gathered, visit_own_url(visit));
		moves_each_led(ending->moves, visit_own_url(visit), gather, &gathered);
	}
	for (struct visit *waiter = gathered.first; waiter; waiter = next) {
		next = waiter->next;
		go_on_alone(ending, waiter);
	}
	visits_end(ending->politeness->visits, visit);
}

void ending_sort_waiters(struct ending *ending)
{
	struct msg_page answer;

	for (uint32_t i = 1; ending->waiter_count > 0 && i < moves_count(ending->moves); i++) {
		struct waiter **at = moves_waiters_at(ending->moves, i);

		while (*at) {
			struct visit *visit = (*at)->visit;
			bool is_dropped = queue_is_lost(ending->politeness, visit) ||
					  discovery_is_leaving(ending->discovery, visit->anchor);
			bool is_away = ending_leads_away(ending, visit) ||
				       discovery_is_leaving(ending->discovery, visit->host);

			if (!is_dropped && !is_away) {
				at = &(*at)->next;
				continue;
			}
			take_waiter(ending, at, &answer);
			if (is_dropped)
				visits_end(ending->politeness->visits, visit);
			else
				ending_depart(ending, visit, &answer, true);
			if (i >= moves_count(ending->moves)) /* we have started over meanwhile */
				return;
			at = moves_waiters_at(ending->moves, i);
		}
	}
}

void ending_drop_waiters(struct ending *ending)
{
	struct msg_page answer;

	for (uint32_t i = 1; ending->waiter_count > 0 && i < moves_count(ending->moves); i++) {
		struct waiter **at = moves_waiters_at(ending->moves, i);

		while (*at)
			visits_end(ending->politeness->visits, take_waiter(ending, at, &answer));
	}
}

size_t ending_waiter_count(const struct ending *ending)
{
	return ending->waiter_count;
}

/* ---- what is heard ---- */

/* A URL of ours was lent, and its page is written. */
static void hear_end(struct ending *ending, const struct store_letter *letter,
		     const struct travel_word *word)
{
	struct msg_page page = { .outcome = word->outcome, .status = word->status };

	page.texts[MSG_ERROR] = word->error;
	moves_take_back(ending->moves, letter->key);
	ending_note_end(ending, letter->row.url, word->outcome, &page);
}

static void hear_again(struct ending *ending, const struct store_letter *letter,
		       const struct travel_word *word)
{
	struct move move;

	if (!moves_has_moved(ending->moves, letter->row.url, &move))
		return;
	move.key = letter->key;
	move.url = letter->row.url;
	move.is_again = word->is_again;
	ending_ask_again(ending, &move);
}

/* It waits here, if it still does. */
static void hear_ring(struct ending *ending, const struct travel_word *word)
{
	struct waiter **at = moves_waiters(ending->moves, word->place);
	struct msg_page answer;
	struct visit *visit;

	while (at && *at && !slice_equal(visit_own_url((*at)->visit), word->url))
		at = &(*at)->next;
	if (!at || !*at)
		return;
	visit = take_waiter(ending, at, &answer);
	moves_settle(ending->moves, visit_own_url(visit));
	if (queue_is_lost(ending->politeness, visit)) /* who has its share now, begins it anew */
		visits_end(ending->politeness->visits, visit);
	else
		ending_end_ring(ending, visit, &answer);
}

static void hear(struct ending *ending, const struct store_letter *letter,
		 const struct travel_word *word)
{
	switch (word->news) {
	case TRAVEL_ENDED:
		hear_end(ending, letter, word);
		break;
	case TRAVEL_AGAIN:
		hear_again(ending, letter, word);
		break;
	case TRAVEL_PROBE:
		probe(ending, letter->row.url, *word);
		break;
	case TRAVEL_RING:
		hear_ring(ending, word);
		break;
	}
}

void ending_hear(struct ending *ending, const struct store_letter *letter)
{
	struct travel_word word;

	if (travel_read_word(letter->words, &word) == 0)
		hear(ending, letter, &word);
}
