#include "store/postgres/flow.h"
#include "store/postgres/kinds.h"
#include "store/postgres/letters.h"
#include "store/postgres/node.h"
#include "store/postgres/pipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * Letters are rows of crawl_inbox.  A question asks for those of our shares by the number of the
 * transaction that wrote them: all below the oldest one that was under way when the last question
 * was answered were there then, and none comes there any more.  A number of the row's own would not
 * do: who takes it first may commit last.  What was handed out and is not deleted yet comes again,
 * and is known by its name.
 *
 * One question is under way at a time: what one asks for begins where the last one ended.
 */

#define POLL_MS     200   /* while nothing is written; else with each batch that is closed */
#define LETTERS_MAX 10000 /* that one question brings, and may be new */
#define HANDED_MAX  2000  /* in a turn: who gets them has other things to do */
#define WHOLE_MAX   8     /* times that a share is asked for whole: who never rests gets it so */

enum reading {
	READ_NOTHING, /* the share is not ours, or its URLs are still coming */
	READ_WHOLE,   /* all of it is to be asked for */
	READ_NEWS,    /* what has come since the last question */
};

struct postgres_inbox {
	uint32_t sent; /* the number of the next letter of ours */

	uint8_t reads[POSTGRES_SHARES];   /* enum reading */
	uint8_t asked[POSTGRES_SHARES];   /* the same, of the question that is under way */
	uint8_t wholes[POSTGRES_SHARES];  /* times that it was asked for whole since it came */
	int64_t sent_in[POSTGRES_SHARES]; /* the batch of the last letter of ours to it, or 0 */
	bool is_asked;
	uint32_t question; /* its number, or that of the last one */
	uint64_t low, next_low, last;
	int64_t committed;     /* as it was asked */
	uint64_t session;      /* of the pipe, that answered; 0: none yet */
	size_t rows, rows_max; /* that it has brought, and may bring */
	struct letters *known; /* what it or the last one brought */

	bool is_urgent; /* ask at once */
	int64_t asked_ms, closed;

	bool is_handing;
	struct letter *first, **end; /* what is still to be handed out */
	size_t waiting, ready;       /* those of questions that are at their end */
};

static struct postgres_inbox *inbox_of(struct postgres_store *store)
{
	struct postgres_inbox *inbox = store->inbox;

	if (!inbox) {
		inbox = store->inbox = memory_new(1, sizeof(*inbox));
		inbox->known = letters_new();
		inbox->end = &inbox->first;
		inbox->is_urgent = true;
	}
	return inbox;
}

/* ---- sending ---- */

static struct store_value text_of(struct slice text)
{
	return postgres_of_text(text.size > 0 ? text : (struct slice){ NULL, 0 });
}

static struct store_value bytes_of(struct slice bytes)
{
	return postgres_of_bytes(bytes.size > 0 ? bytes : (struct slice){ NULL, 0 });
}

int postgres_send(struct store *door, const struct store_letter *letter)
{
	static const struct store_request none;
	struct postgres_store *store = postgres_of(door);
	const struct store_request *request = letter->request ? letter->request : &none;
	const struct store_url *row = &letter->row;
	const struct store_value values[] = {
		postgres_of_integer(letter->share),
		postgres_of_integer(inbox_of(store)->sent++ & INT32_MAX),
		postgres_of_integer(letter->kind),
		postgres_of_key(letter->key),
		text_of(row->url),
		postgres_of_key(row->from),
		postgres_of_number(row->from_where),
		postgres_of_key(row->root),
		postgres_of_integer(row->depth),
		postgres_of_integer(row->kind),
		postgres_of_integer(row->lane),
		postgres_of_number(row->rule),
		postgres_of_text(letter->set),
		postgres_of_integer(letter->is_named),
		text_of(request->method),
		text_of(request->headers),
		bytes_of(request->body),
		postgres_of_bytes(letter->words),
	};

	if (postgres_put(store, POSTGRES_SEND_LETTER, values) < 0)
		return -1;
	inbox_of(store)->sent_in[letter->share] = postgres_pipe_closed(store->pipe) + 1;
	return 0;
}

int postgres_end_letter(struct store *door, const struct store_letter_id *id)
{
	struct postgres_store *store = postgres_of(door);
	char batch[24];
	int size = snprintf(batch, sizeof(batch), "%" PRIu64, id->batch);
	const struct store_value values[] = {
		postgres_of_integer((int64_t)id->share),
		postgres_of_text((struct slice){ batch, (size_t)size }),
		postgres_of_integer((int64_t)id->number),
	};

	if (id->batch == 0)
		return 0;
	if (postgres_put(store, POSTGRES_END_LETTER, values) < 0)
		return -1;
	letters_end(inbox_of(store)->known, id, postgres_pipe_closed(store->pipe) + 1);
	return 0;
}

/* ---- asking ---- */

#define LETTER_COLUMNS                                                                     \
	"share, xid, n, kind, key, url, from_id, from_where, root, depth, url_kind, lane," \
	" rule, set_fields, is_named, method, headers, body, words"
enum column {
	LETTER_LOW,
	LETTER_REQUESTS,
	LETTER_SETS,
	LETTER_SHARE,
	LETTER_BATCH,
	LETTER_NUMBER,
	LETTER_KIND,
	LETTER_KEY,
	LETTER_URL,
	LETTER_FROM,
	LETTER_WHERE,
	LETTER_ROOT,
	LETTER_DEPTH,
	LETTER_URL_KIND,
	LETTER_LANE,
	LETTER_RULE,
	LETTER_SET,
	LETTER_NAMED,
	LETTER_METHOD,
	LETTER_HEADERS,
	LETTER_BODY,
	LETTER_WORDS,
};

/* $1: shares with news (NULL: all), $2: from this transaction on; $3: whole shares. */
static const char letters_sql[] =
	"SELECT s.*, l.* FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()),"
	"  EXISTS (SELECT FROM crawl_requests), EXISTS (SELECT FROM crawl_sets)) s"
	" LEFT JOIN (SELECT " LETTER_COLUMNS " FROM crawl_inbox"
	"  WHERE ($1::int[] IS NULL OR share = ANY ($1::int[])) AND xid >= $2::text::xid8"
	"  UNION ALL SELECT " LETTER_COLUMNS " FROM crawl_inbox WHERE share = ANY ($3::int[])) l"
	" ON true ORDER BY l.xid, l.n LIMIT $4::bigint";

static struct store_letter letter_of(const PGresult *result, int row, struct store_request *request)
{
	*request = (struct store_request){
		.method = postgres_text(result, row, LETTER_METHOD),
		.headers = postgres_text(result, row, LETTER_HEADERS),
		.body = postgres_value(result, row, LETTER_BODY).text,
	};
	return (struct store_letter){
		.kind = (enum store_letter_kind)postgres_integer(result, row, LETTER_KIND),
		.share = (uint32_t)postgres_integer(result, row, LETTER_SHARE),
		.key = postgres_key(postgres_integer(result, row, LETTER_KEY)),
		.row = {
			.url = postgres_text(result, row, LETTER_URL),
			.from = postgres_key(postgres_integer(result, row, LETTER_FROM)),
			.from_where = (enum store_from)postgres_integer(result, row, LETTER_WHERE),
			.root = postgres_key(postgres_integer(result, row, LETTER_ROOT)),
			.depth = (int)postgres_integer(result, row, LETTER_DEPTH),
			.kind = (enum store_url_kind)postgres_integer(result, row,
								     LETTER_URL_KIND),
			.lane = (int)postgres_integer(result, row, LETTER_LANE),
			.rule = (int)postgres_integer(result, row, LETTER_RULE),
		},
		.set = postgres_text(result, row, LETTER_SET),
		.is_named = postgres_bool(result, row, LETTER_NAMED),
		.request = request->method.at ? request : NULL,
		.words = postgres_value(result, row, LETTER_WORDS).text,
	};
}

static uint64_t number_of(const PGresult *result, int row, int column)
{
	return strtoull(PQgetvalue(result, row, column), NULL, 10);
}

/* It is copied, for who gets it may ask what is waited for, which the pipe's turn is no place for.
 */
static void take_letter(struct postgres_store *store, const PGresult *result, int row)
{
	struct postgres_inbox *inbox = store->inbox;
	const struct store_letter_id id = {
		.share = number_of(result, row, LETTER_SHARE),
		.batch = number_of(result, row, LETTER_BATCH),
		.number = number_of(result, row, LETTER_NUMBER),
	};
	struct store_request request;
	struct store_letter letter;

	if (id.share >= POSTGRES_SHARES || inbox->asked[id.share] == READ_NOTHING ||
	    !letters_add(inbox->known, &id, inbox->question))
		return;
	letter = letter_of(result, row, &request);
	letter.id = id;
	*inbox->end = letter_copy(&letter);
	inbox->end = &(*inbox->end)->next;
	inbox->waiting++;
}

static void take_row(struct postgres_store *store, const PGresult *result, int row)
{
	struct postgres_inbox *inbox = store->inbox;

	inbox->next_low = number_of(result, row, LETTER_LOW);
	postgres_targets_note(store, postgres_bool(result, row, LETTER_REQUESTS),
			      postgres_bool(result, row, LETTER_SETS));
	if (PQgetisnull(result, row, LETTER_SHARE))
		return;
	inbox->rows++;
	inbox->last = number_of(result, row, LETTER_BATCH);
	take_letter(store, result, row);
}

/* What is left of when it was ours before, or not yet, comes again, and from the server. */
static void drop_waiting(struct postgres_inbox *inbox, uint32_t share)
{
	struct letter **place = &inbox->first;
	size_t ready = inbox->ready;

	for (size_t i = 0; *place; i++) {
		struct letter *waiting = *place;

		if (waiting->letter.share != share) {
			place = &waiting->next;
			continue;
		}
		*place = waiting->next;
		free(waiting);
		inbox->waiting--;
		inbox->ready -= i < ready;
	}
	inbox->end = place;
}

/*
 * Did we send letters there, while it was another's, that the question came too early for?  A page
 * that they name would seem to be none of the crawl, and who is redirected to it would be read in
 * its place.
 */
static bool misses_ours(const struct postgres_inbox *inbox, uint32_t share)
{
	return inbox->sent_in[share] > inbox->closed && inbox->wholes[share] < WHOLE_MAX;
}

/* Its letters are here, or some of many, and so is all that it has. */
static void end_whole(struct postgres_store *store, uint32_t share, bool is_all)
{
	struct postgres_inbox *inbox = store->inbox;

	if (inbox->asked[share] != READ_WHOLE)
		return;
	if (store->node->shares[share] == POSTGRES_COMING && misses_ours(inbox, share)) {
		inbox->wholes[share]++;
		inbox->is_urgent = true;
		drop_waiting(inbox, share);
		letters_forget_share(inbox->known, share);
		return;
	}
	if (is_all)
		inbox->reads[share] = READ_NEWS;
	if (store->node->shares[share] == POSTGRES_COMING)
		store->node->shares[share] = POSTGRES_OURS;
}

/*
 * Another session may be another server, to which the last transactions of the one before did not
 * come: numbers of transactions begin anew there, somewhere before.
 */
static void note_session(struct postgres_inbox *inbox, uint64_t session)
{
	if (inbox->session != session && inbox->session != 0) {
		for (uint32_t share = 0; share < POSTGRES_SHARES; share++)
			if (inbox->reads[share] == READ_NEWS)
				inbox->reads[share] = READ_WHOLE;
		inbox->is_urgent = true;
	}
	inbox->session = session;
}

/* If there may be more than it was to bring, the next one begins at the same place. */
static void end_question(struct postgres_store *store)
{
	struct postgres_inbox *inbox = store->inbox;
	bool is_all = inbox->rows < inbox->rows_max;
	const struct letters_look look = {
		.question = inbox->question,
		.before = is_all ? UINT64_MAX : inbox->last,
		.committed = inbox->committed,
		.shares = inbox->reads,
	};

	inbox->is_asked = false;
	inbox->is_urgent |= !is_all;
	for (uint32_t share = 0; share < POSTGRES_SHARES; share++)
		end_whole(store, share, is_all);
	inbox->ready = inbox->waiting;
	letters_keep(inbox->known, &look);
	if (is_all)
		inbox->low = inbox->next_low;
	note_session(inbox, postgres_pipe_session(store->pipe));
}

static void take_answer(void *context, enum postgres_answer answer, const PGresult *result, int row)
{
	struct postgres_store *store = context;

	switch (answer) {
	case POSTGRES_ANSWER_ROW:
		take_row(store, result, row);
		break;
	case POSTGRES_ANSWER_END:
		end_question(store);
		break;
	case POSTGRES_ANSWER_AGAIN: /* what came until now is known */
		store->inbox->rows = 0;
		break;
	}
}

/* Is it ours, or will it be with the answer? */
static bool may_read(const struct postgres_store *store, uint32_t share)
{
	const struct postgres_inbox *inbox = store->inbox;

	switch ((enum postgres_share)store->node->shares[share]) {
	case POSTGRES_OURS:
	case POSTGRES_GOING:
		return inbox->reads[share] != READ_NOTHING;
	case POSTGRES_COMING:
		return inbox->reads[share] == READ_WHOLE;
	default:
		return false;
	}
}

/* Returns how many shares the question is about. */
static size_t choose(struct postgres_store *store)
{
	struct postgres_inbox *inbox = store->inbox;
	size_t count = 0;

	for (uint32_t share = 0; share < POSTGRES_SHARES; share++) {
		if (!may_read(store, share))
			inbox->reads[share] = READ_NOTHING;
		inbox->asked[share] = inbox->reads[share];
		count += inbox->asked[share] != READ_NOTHING;
	}
	return count;
}

/* As PostgreSQL reads an array; NULL: all. */
static char *shares_text(const struct postgres_inbox *inbox, enum reading reading)
{
	char *text = memory_new(POSTGRES_SHARES + 1, 6);
	size_t size = 0, count = 0;

	for (uint32_t share = 0; share < POSTGRES_SHARES; share++) {
		if (inbox->asked[share] == reading)
			size += (size_t)sprintf(text + size, "%s%u", count++ ? "," : "{", share);
	}
	strcpy(text + size, count ? "}" : "{}");
	if (count < POSTGRES_SHARES)
		return text;
	free(text);
	return NULL;
}

static void ask(struct postgres_store *store)
{
	const struct postgres_question question = { letters_sql, take_answer, store };
	struct postgres_inbox *inbox = store->inbox;
	char *news = shares_text(inbox, READ_NEWS), *whole = shares_text(inbox, READ_WHOLE);
	char low[24];
	struct store_value values[4];

	if (!whole) { /* there, all is said by the absence of a list */
		whole = memory_text("{}", 2);
		strcpy(low, "0");
		free(news);
		news = NULL;
	} else {
		snprintf(low, sizeof(low), "%" PRIu64, inbox->low);
	}
	inbox->question++;
	inbox->committed = postgres_pipe_committed(store->pipe);
	inbox->rows = 0;
	inbox->rows_max = letters_count(inbox->known) + LETTERS_MAX;
	values[0] = postgres_of_string(news);
	values[1] = postgres_of_string(low);
	values[2] = postgres_of_string(whole);
	values[3] = postgres_of_integer((int64_t)inbox->rows_max);
	postgres_pipe_ask(store->pipe, &question, values, 4);
	inbox->is_asked = true;
	free(news);
	free(whole);
}

static bool is_due(const struct postgres_store *store, int64_t now_ms)
{
	const struct postgres_inbox *inbox = store->inbox;

	return inbox->is_urgent || postgres_pipe_closed(store->pipe) != inbox->closed ||
	       now_ms >= inbox->asked_ms + POLL_MS;
}

/* To a share that comes: they are to be there when it is asked for. */
static bool has_open_letters(const struct postgres_store *store)
{
	const struct postgres_inbox *inbox = store->inbox;
	int64_t closed = postgres_pipe_closed(store->pipe);

	for (uint32_t share = 0; share < POSTGRES_SHARES; share++)
		if (inbox->asked[share] == READ_WHOLE && inbox->sent_in[share] > closed)
			return true;
	return false;
}

static void wake_at(int64_t *due_ms, int64_t at_ms)
{
	*due_ms = at_ms < *due_ms ? at_ms : *due_ms;
}

void postgres_inbox_ask(struct postgres_store *store, int64_t now_ms, int64_t *due_ms)
{
	struct postgres_inbox *inbox = inbox_of(store);

	if (!store->pipe || !store->events.receive || inbox->is_asked ||
	    inbox->waiting >= LETTERS_MAX)
		return;
	if (is_due(store, now_ms) && choose(store) > 0) {
		if (has_open_letters(store))
			postgres_node_close_batch(store, NULL, NULL);
		inbox->is_urgent = false;
		inbox->asked_ms = now_ms;
		inbox->closed = postgres_pipe_closed(store->pipe);
		ask(store);
	}
	wake_at(due_ms, now_ms + POLL_MS);
}

/* ---- handing out ---- */

static bool is_ours(const struct postgres_store *store, const struct letter *waiting)
{
	uint8_t share = store->node->shares[waiting->letter.share];

	return share == POSTGRES_OURS || share == POSTGRES_GOING;
}

/*
 * With what the receiver writes it goes, in one batch: after it, for if they were ever parted, it
 * is better to come twice than never.  Who receives it may have to wait for the server, in turns of
 * ours; if we have started over meanwhile, what he wrote is gone, and the letter stays.
 */
static void hand_out(struct postgres_store *store, const struct letter *waiting)
{
	uint64_t life = store->node->lives;

	if (!is_ours(store, waiting))
		return;
	store->events.receive(store->events.context, &waiting->letter);
	if (store->node->lives == life && waiting->letter.kind != STORE_LETTER_VISIT)
		postgres_end_letter(&store->base, &waiting->letter.id);
}

static struct letter *take_first(struct postgres_inbox *inbox)
{
	struct letter *first = inbox->first;

	inbox->first = first->next;
	if (!inbox->first)
		inbox->end = &inbox->first;
	inbox->waiting--;
	inbox->ready--;
	return first;
}

void postgres_inbox_hand(struct postgres_store *store, int64_t now_ms, int64_t *due_ms)
{
	struct postgres_inbox *inbox = inbox_of(store);

	if (inbox->is_handing) /* a turn of who waits */
		return;
	inbox->is_handing = true;
	for (size_t i = 0; i < HANDED_MAX && inbox->ready > 0; i++) {
		struct letter *waiting = take_first(inbox);

		hand_out(store, waiting);
		free(waiting);
	}
	inbox->is_handing = false;
	if (inbox->ready > 0 || (inbox->is_urgent && !inbox->is_asked))
		wake_at(due_ms, now_ms);
}

bool postgres_inbox_has_any(const struct postgres_store *store)
{
	return store->inbox && store->inbox->first;
}

/* ---- shares that come and go ---- */

void postgres_inbox_await(struct postgres_store *store, uint32_t share)
{
	struct postgres_inbox *inbox = inbox_of(store);

	inbox->reads[share] = inbox->asked[share] = READ_NOTHING;
}

void postgres_inbox_gain(struct postgres_store *store, uint32_t share)
{
	struct postgres_inbox *inbox = inbox_of(store);

	inbox->reads[share] = READ_WHOLE;
	inbox->asked[share] = READ_NOTHING;
	inbox->wholes[share] = 0;
	drop_waiting(inbox, share);
	letters_forget_share(inbox->known, share);
	inbox->is_urgent = true;
	if (!store->events.receive && store->node->shares[share] == POSTGRES_COMING)
		store->node->shares[share] = POSTGRES_OURS;
}

void postgres_inbox_reset(struct postgres_store *store)
{
	struct postgres_inbox *inbox = store->inbox;
	uint32_t sent, question;

	if (!inbox)
		return;
	inbox->ready = inbox->waiting;
	while (inbox->first)
		free(take_first(inbox));
	letters_free(inbox->known);
	sent = inbox->sent;
	question = inbox->question;
	*inbox = (struct postgres_inbox){
		.sent = sent,
		.question = question,
		.is_urgent = true,
		.is_handing = inbox->is_handing,
	};
	inbox->known = letters_new();
	inbox->end = &inbox->first;
}

void postgres_inbox_free(struct postgres_store *store)
{
	if (!store->inbox)
		return;
	postgres_inbox_reset(store);
	letters_free(store->inbox->known);
	free(store->inbox);
	store->inbox = NULL;
}
