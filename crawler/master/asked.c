#include "master/asked.h"

#include <stdlib.h>
#include <xxhash.h>

#include "frontier/key_set.h"
#include "master/holds.h"
#include "master/reach.h"
#include "parsers/text/memory.h"
#include "show/log.h"

#define NAMED_ALL 1 /* for the fingerprint of everything */

struct asked {
	struct store *store;
	struct politeness *politeness;
	struct discovery *discovery;
	struct links_in *links_in;
	struct moves *moves;
	struct robots_gate *gate;
	struct sets *sets;
	struct key_set *named;     /* by the lists: roots, all of them */
	struct key_set *reached;   /* known, and no root of its own when it was noted */
	struct key_set *roots;     /* of what is known, then */
	struct asked_census known; /* all of it, then */
	uint64_t named_sum;        /* of fingerprints of what is named, in any order */
	uint64_t added;            /* named, and new */
	bool is_all, has_begun, has_known;
	bool is_once_more; /* hosts are known already */
	bool has_joined;   /* a run that another has begun, and whose pass is chosen */
	const struct asked_events *others;
};

struct asked *asked_new(struct store *store, struct politeness *politeness,
			struct discovery *discovery, struct links_in *links_in, struct moves *moves,
			struct robots_gate *gate, struct sets *sets)
{
	struct asked *asked = memory_new(1, sizeof(*asked));

	*asked = (struct asked){
		.store = store,
		.politeness = politeness,
		.discovery = discovery,
		.links_in = links_in,
		.moves = moves,
		.gate = gate,
		.sets = sets,
		.named = key_set_new(),
		.reached = key_set_new(),
		.roots = key_set_new(),
	};
	return asked;
}

void asked_free(struct asked *asked)
{
	if (!asked)
		return;
	key_set_free(asked->named);
	key_set_free(asked->reached);
	key_set_free(asked->roots);
	free(asked);
}

/* ---- what comes to us, and goes ---- */

/* As soon as it has answered others, or in an earlier run. */
static void settle(struct politeness *politeness, uint32_t host, int64_t usual_ms)
{
	if (!politeness->config->settings.auto_delay || usual_ms <= 0 || usual_ms > UINT32_MAX)
		return;
	hosts_set_usual_ms(politeness->hosts, host, usual_ms);
	politeness_settle(politeness, host);
}

static int gain_host(void *context, const struct store_known_host *known)
{
	struct asked *asked = context;
	struct politeness *politeness = asked->politeness;
	uint32_t host;

	if (asked->is_once_more)
		return 0;
	host = discovery_gain_host(asked->discovery, known->origin, known->key);
	robots_gate_recall(asked->gate, host, known);
	hosts_set_address(politeness->hosts, host, known->address);
	politeness_group(politeness, host);
	settle(politeness, host, known->usual_ms);
	holds_resume(politeness, host, known->held_until_ms);
	if (asked->has_begun) /* another may just have asked it */
		holds_keep_distance(politeness, host, known->delay_ms);
	return 0;
}

static void lose(void *context, uint32_t share)
{
	struct asked *asked = context;

	if (!discovery_lose(asked->discovery, share))
		return;
	if (asked->others)
		asked->others->forget(asked->others->context);
	links_in_forget(asked->links_in);
	moves_forget(asked->moves);
}

static void release(void *context, uint32_t share)
{
	discovery_release(((struct asked *)context)->discovery, share);
}

static void receive(void *context, const struct store_letter *letter)
{
	struct asked *asked = context;

	if (asked->others)
		asked->others->receive(asked->others->context, letter);
}

static void order(void *context, const struct store_order *told)
{
	struct asked *asked = context;

	if (asked->others)
		asked->others->order(asked->others->context, told);
}

static void gain_cookie(void *context, const struct store_cookie *cookie)
{
	struct asked *asked = context;

	asked->others->gain_cookie(asked->others->context, cookie);
}

static void close_batch(void *context)
{
	struct asked *asked = context;

	if (asked->others)
		asked->others->close(asked->others->context);
}

void asked_hand_on(struct asked *asked, const struct asked_events *others)
{
	asked->others = others;
}

static bool is_asked_for(const struct asked *asked, const struct store_known_url *known)
{
	return asked->is_all || known->is_named ||
	       key_set_has(asked->named, store_key_id(known->root));
}

static void note_failed(struct asked_census *census, struct store_key key)
{
	if (census->failed < ASKED_FAILED_SHOWN)
		census->first_failed[census->failed] = key;
	census->failed++;
}

static void count_state(struct asked_census *census, const struct store_known_url *known)
{
	census->pages += known->state != STORE_PENDING;
	if (known->is_pending)
		census->pending++;
	else if (known->state == STORE_FAILED)
		note_failed(census, known->key);
	else if (known->state == STORE_SKIPPED)
		census->skipped++;
	else
		census->done++;
}

static void note_url(struct asked *asked, const struct store_known_url *known)
{
	asked->has_known = true;
	if (discovery_gain_url(asked->discovery, known) == DISCOVERY_DAMAGED)
		log_error("URL %u of the database is damaged: it is left out", known->key.number);
	if (known->set > 0)
		sets_gain(asked->sets, known->key, known->set);
	if (store_key_id(known->root) != store_key_id(known->key))
		key_set_add(asked->reached, store_key_id(known->key));
	if (known->kind == STORE_URL_OUTSIDE)
		return;
	key_set_add(asked->roots, store_key_id(known->root));
	count_state(&asked->known, known);
}

/* Another asks where it has gone. */
static void lend(struct asked *asked, const struct store_known_url *known)
{
	const struct move move = {
		.key = known->key,
		.host = politeness_find_host(asked->politeness, known->host),
		.is_again = known->state != STORE_PENDING,
		.has_content = known->has_content,
		.depth = (uint32_t)known->depth,
	};

	moves_lend(asked->moves, known->key);
	if (known->moved_to.size > 0)
		moves_leave(asked->moves, known->url, known->moved_to, &move);
}

/* What a list said of a host holds for it wherever its share goes.  A sitemap may be a root that
 * nobody has listed, of a crawl before there were roots. */
static void note_root(struct asked *asked, const struct store_known_url *known)
{
	uint32_t host;

	if (known->kind != STORE_URL_PAGE || store_key_id(known->root) != store_key_id(known->key))
		return;
	host = politeness_find_host(asked->politeness, known->host);
	reach_note_listed(asked->politeness, host);
}

/* It is noted, for it may come only now; and asked for, or left alone. */
static void queue_url(struct asked *asked, const struct store_known_url *known)
{
	enum discovery_gain gain = asked->is_once_more
					   ? discovery_judge(asked->discovery, known)
					   : discovery_gain_url(asked->discovery, known);

	if (gain < DISCOVERY_SEEN)
		return;
	if (!is_asked_for(asked, known)) {
		discovery_leave_alone(asked->discovery, known);
		return;
	}
	note_root(asked, known);
	if (asked->is_once_more || gain == DISCOVERY_SEEN) /* else its share was ours before */
		links_in_gain(asked->links_in, known, asked->is_once_more);
	if (!asked->is_once_more)
		moves_return(asked->moves, known->url);
	if (known->is_pending) /* it led somewhere, and waited, before its share went */
		moves_open(asked->moves, known->url);
	if (known->is_lent) {
		lend(asked, known);
		return;
	}
	moves_take_back(asked->moves,
			known->key); /* if it was lent when its share was ours before */
	moves_gain(asked->moves, known, politeness_find_host(asked->politeness, known->host));
	if (known->is_pending)
		discovery_queue(asked->discovery, known);
}

/* A share that comes while the crawl runs comes whole. */
static int gain_url(void *context, const struct store_known_url *known)
{
	struct asked *asked = context;

	if (asked->has_begun)
		queue_url(asked, known);
	else
		note_url(asked, known);
	return 0;
}

static struct store_events events_of(struct asked *asked)
{
	bool has_cookies = asked->others && asked->others->gain_cookie;

	return (struct store_events){ .gain_host = gain_host,
				      .gain_url = gain_url,
				      .gain_cookie = has_cookies ? gain_cookie : NULL,
				      .lose = lose,
				      .release = release,
				      .receive = receive,
				      .order = order,
				      .close = close_batch,
				      .context = asked };
}

/* The pass of a run that was joined is chosen: what comes is asked for as it says. */
static void join(struct asked *asked)
{
	struct store_member member;

	store_get_member(asked->store, &member);
	asked->has_joined = asked->has_begun = member.has_joined;
	asked->is_all = member.has_joined && member.is_of_all;
	if (member.has_joined) /* since the last run ended, others have asked */
		asked->politeness->quiet_since_ms = 0;
}

int asked_load(struct asked *asked)
{
	const struct store_events events = events_of(asked);

	join(asked);
	if (store_gain(asked->store, &events) < 0)
		return -1;
	if (asked->has_joined)
		return store_has_failed(asked->store) ? -1 : 0;
	asked->is_all = asked->has_begun = !asked->has_known;
	return store_has_failed(asked->store) ? -1 : 0;
}

bool asked_has_begun(const struct asked *asked)
{
	return asked->has_begun;
}

/* ---- what the lists name ---- */

bool asked_name(struct asked *asked, struct store_key key, struct slice url, bool is_new)
{
	asked->added += is_new;
	if (!key_set_add(asked->named, store_key_id(key)))
		return false;
	asked->named_sum += XXH3_64bits(url.at, url.size);
	return true;
}

bool asked_is_named(const struct asked *asked, struct store_key key)
{
	return key_set_has(asked->named, store_key_id(key));
}

bool asked_is_reached(const struct asked *asked, struct store_key key)
{
	return key_set_has(asked->reached, store_key_id(key));
}

/* ---- counting ---- */

struct count {
	const struct asked *asked;
	struct asked_census *census;
};

static int count_url(void *context, const struct store_known_url *known)
{
	struct count *count = context;
	struct asked_census *census = count->census;

	if (known->kind == STORE_URL_OUTSIDE)
		return 0;
	if (key_set_has(count->asked->named, store_key_id(known->key))) {
		census->named++;
		census->named_skipped += !known->is_pending && known->state == STORE_SKIPPED;
	}
	if (is_asked_for(count->asked, known)) {
		count_state(census, known);
		return 0;
	}
	census->alone++;
	census->alone_pending += known->is_pending;
	return 0;
}

static void ignore_loss(void *context, uint32_t share)
{
	(void)context;
	(void)share;
}

int asked_count(struct asked *asked, struct asked_census *census)
{
	struct count count = { asked, census };
	const struct store_events events = {
		.gain_url = count_url, .lose = ignore_loss, .context = &count, .is_brief = true
	};

	*census = (struct asked_census){ .pending = 0 };
	return store_gain(asked->store, &events);
}

static int is_named(void *context, uint64_t id)
{
	return key_set_has(context, id) ? 0 : -1;
}

/* Where nothing is left alone, it has been counted when it was noted. */
static int count_before(struct asked *asked, struct asked_census *census)
{
	if (!asked->is_all && key_set_each(asked->roots, is_named, asked->named) < 0)
		return asked_count(asked, census);
	*census = asked->known;
	census->pending += asked->added;
	return 0;
}

/* ---- the pass ---- */

/*
 * A command first goes on with what is pending of its own URLs; only if nothing is, all of them are
 * asked for again.  But if the last run named the same and was stopped, it is at its end.
 */
static enum store_pass choose_pass(const struct asked *asked, const struct asked_wish *wish,
				   const struct asked_census *census)
{
	bool is_over = census->pending <= asked->added &&
		       (wish->last.is_finished || wish->last.named != asked->named_sum);

	if (wish->pass == STORE_PASS_FAILED)
		return STORE_PASS_FAILED;
	if (wish->is_late)
		return STORE_PASS_GOES_ON;
	if (census->pages > 0 && (is_over || wish->pass == STORE_PASS_ALL))
		return STORE_PASS_ALL;
	return STORE_PASS_GOES_ON;
}

static int put_root(void *context, uint64_t id)
{
	return store_put_root_pass(context,
				   (struct store_key){ (uint32_t)(id >> 32), (uint32_t)id });
}

/* With it go the sets that the lists change: what has one is pending in this pass. */
static int put_pass(const struct asked *asked, enum store_pass pass,
		    const struct asked_census *census)
{
	struct store_asked row = {
		.pass = pass,
		.is_of_all = asked->is_all || census->alone == 0,
		.named = asked->named_sum,
	};

	if (store_put_asked(asked->store, &row) < 0 || sets_end(asked->sets) < 0 ||
	    store_hand_on_headers(asked->store) < 0)
		return -1;
	if (row.is_of_all ||
	    (pass == STORE_PASS_GOES_ON && store_get_share_count(asked->store) == 1))
		return 0;
	return key_set_each(asked->named, put_root, asked->store);
}

int asked_begin(struct asked *asked, const struct asked_wish *wish, struct asked_census *census,
		enum store_pass *pass)
{
	const struct store_events events = events_of(asked);
	int result;

	*census = (struct asked_census){ .pending = 0 };
	*pass = STORE_PASS_GOES_ON;
	if (asked->has_joined)
		return 0;
	if (wish->is_all) {
		asked->is_all = true;
		asked->named_sum = NAMED_ALL;
	}
	if (asked->has_begun)
		return put_pass(asked, *pass, census);
	if (count_before(asked, census) < 0)
		return -1;
	*pass = choose_pass(asked, wish, census);
	census->pending -= asked->added < census->pending ? asked->added : census->pending;
	if (put_pass(asked, *pass, census) < 0)
		return -1;
	asked->has_begun = asked->is_once_more = true;
	result = store_gain(asked->store, &events);
	asked->is_once_more = false;
	links_in_tell_used(asked->links_in); /* in earlier runs, before others use what is left */
	return result;
}
