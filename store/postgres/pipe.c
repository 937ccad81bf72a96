#include "store/postgres/pipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "parsers/text/memory.h"
#include "store/postgres/question.h"
#include "store/postgres/ready.h"

#define UNDER_WAY_MAX  2                   /* batches; a question costs nothing beside them */
#define ROWS_A_TURN    2000                /* of questions: who reads them has other things to do */
#define CONNECT_MS     10000               /* a connection that is not made by then is tried anew */
#define RETRY_FIRST_MS 100                 /* after a failure; then twice as long each time, */
#define RETRY_LAST_MS  5000                /* and no longer than this */
#define SILENT_MS      60000               /* who owes an answer for so long is told of */
#define LOSSES_MAX     3                   /* then the batch is to blame */
#define BYTES_MAX      ((size_t)256 << 20) /* of a batch: far from what a message may have */

enum state { DOWN, CONNECTING, CHECKING, UP };

/* QUEUED, then SENT; FAILED until all that was sent with it has been answered. */
enum progress { QUEUED, SENT, FAILED };

struct item {
	struct item *next;
	enum progress progress;
	struct question *question; /* or NULL: it is a batch */
	bool is_begun;             /* its first result has been waited for */
	bool has_rows;             /* some have been handed out */

	struct postgres_batch *batch;
	int64_t n, token; /* which nobody else has, not even a copy of this process */
	uint64_t pages, rows;
	unsigned losses; /* of the connection, while it was the first that was sent */
	bool is_suspect; /* one of it, or of what it was cut from, was refused */
	bool is_reduced; /* to a result that says so */
	void (*note)(void *context);
	void *context;

	bool has_failed;
	bool is_behind; /* only because the one before it has */
	enum postgres_fault fault;
	char why[STORE_ERROR_MAX];
};

struct postgres_pipe {
	struct postgres_store *store;
	PGconn *connection; /* NULL if DOWN */
	enum state state;
	bool wants_to_write, is_fenced;
	PostgresPollingStatusType polling;
	char attempt[POSTGRES_ATTEMPT_MAX];
	int64_t due_ms;     /* CONNECTING: when it is given up; DOWN or waiting: of the next try */
	int64_t heard_ms;   /* when it answered last, or owed no answer */
	int64_t retry_ms;   /* how long the next back-off is */
	int64_t trouble_ms; /* since when nothing goes, or 0 */
	bool is_resting;    /* a failure that heals is left alone until due_ms */

	struct item *first, **end; /* as they are sent */
	struct postgres_batch *open;
	uint64_t open_pages, open_rows;
	int64_t last_n;              /* that was given */
	int64_t acknowledged_n;      /* the highest, */
	int64_t last_acknowledged_n; /* and the last: of one that was cut, a part has a later one */
	size_t waiting;
	uint64_t session; /* the number of the connection */
	bool is_checked;  /* CHECKING: the answer has come */
	char *present;    /* then: batches and their tokens, ",12:345,13:678,"; NULL: none */
};

/* ---- items ---- */

static void free_item(struct item *item)
{
	postgres_batch_free(item->batch);
	question_free(item->question);
	free(item);
}

static int64_t new_token(void)
{
	uint64_t token;

	if (getrandom(&token, sizeof(token), 0) != sizeof(token))
		memory_fail();
	return (int64_t)(token & INT64_MAX);
}

static void number_item(struct postgres_pipe *pipe, struct item *item)
{
	item->n = ++pipe->last_n;
	item->token = new_token();
}

static struct item *add_item(struct postgres_pipe *pipe)
{
	struct item *item = memory_new(1, sizeof(*item));

	*pipe->end = item;
	pipe->end = &item->next;
	return item;
}

static void remove_item(struct postgres_pipe *pipe, struct item *item)
{
	struct item **place = &pipe->first;

	while (*place != item)
		place = &(*place)->next;
	*place = item->next;
	if (pipe->end == &item->next)
		pipe->end = place;
	pipe->waiting -= item->batch != NULL;
	free_item(item);
}

static struct item *find_item(struct postgres_pipe *pipe, enum progress progress)
{
	struct item *item = pipe->first;

	while (item && item->progress != progress)
		item = item->next;
	return item;
}

static unsigned count_sent_batches(const struct postgres_pipe *pipe)
{
	unsigned count = 0;

	for (const struct item *item = pipe->first; item; item = item->next)
		count += item->batch && item->progress == SENT;
	return count;
}

static bool has_suspects(const struct postgres_pipe *pipe)
{
	for (const struct item *item = pipe->first; item; item = item->next) {
		if (item->is_suspect)
			return true;
	}
	return false;
}

/* ---- trouble ---- */

/* What was not answered is asked again, and what was not acknowledged is sent again. */
static void queue_again(struct item *item)
{
	item->progress = QUEUED;
	item->is_begun = item->has_failed = item->is_behind = false;
	if (item->question && item->has_rows)
		question_answer(item->question, POSTGRES_ANSWER_AGAIN, NULL, 0);
	item->has_rows = false;
}

static void rest(struct postgres_pipe *pipe, int64_t now_ms, const char *why)
{
	struct store *base = &pipe->store->base;

	if (pipe->trouble_ms == 0)
		pipe->trouble_ms = now_ms;
	snprintf(base->trouble, sizeof(base->trouble), "%.480s", why);
	pipe->retry_ms = pipe->retry_ms ? 2 * pipe->retry_ms : RETRY_FIRST_MS;
	if (pipe->retry_ms > RETRY_LAST_MS)
		pipe->retry_ms = RETRY_LAST_MS;
	pipe->due_ms = now_ms + pipe->retry_ms;
	pipe->is_resting = true;
	postgres_give_up(pipe->store, now_ms - pipe->trouble_ms, why);
}

/* While something waits, a connection says nothing yet: an answer to it does.  How long is rested
 * next time is forgotten with an answer alone. */
static void tell_well(struct postgres_pipe *pipe)
{
	pipe->trouble_ms = 0;
	pipe->store->base.trouble[0] = '\0';
}

static void note_well(struct postgres_pipe *pipe)
{
	pipe->retry_ms = 0;
	tell_well(pipe);
}

static void go_down(struct postgres_pipe *pipe, int64_t now_ms, const char *why)
{
	char line[STORE_ERROR_MAX];

	struct item *sent = find_item(pipe, SENT);

	snprintf(line, sizeof(line), "%s", why); /* it may be of what is freed now */
	if (sent)
		sent->losses++;
	PQfinish(pipe->connection);
	pipe->connection = NULL;
	pipe->state = DOWN;
	pipe->wants_to_write = false;
	for (struct item *item = pipe->first; item; item = item->next) {
		if (item->progress != QUEUED)
			queue_again(item);
	}
	rest(pipe, now_ms, line);
}

static void lose_connection(struct postgres_pipe *pipe, int64_t now_ms)
{
	char why[STORE_ERROR_MAX];

	postgres_explain(pipe->store, pipe->connection, NULL, why);
	go_down(pipe, now_ms, why);
}

/* ---- connecting ---- */

/* Below which everything is acknowledged. */
static int64_t first_unknown(const struct postgres_pipe *pipe)
{
	int64_t first = pipe->last_n + 1;

	for (const struct item *item = pipe->first; item; item = item->next) {
		if (item->batch && item->n < first)
			first = item->n;
	}
	return first;
}

/* Are we still this node, and which of the batches that we know nothing of are there? */
static const char check_sql[] =
	"SELECT EXISTS (SELECT 1 FROM crawl_nodes WHERE id = $1)"
	" AND coalesce((SELECT max(n) FROM crawl_batches WHERE node = $1), 0)"
	"  BETWEEN $4 AND $2,"
	" (SELECT string_agg(n || ':' || token, ',') FROM crawl_batches WHERE node = $1"
	"  AND n = ANY ($3::text::bigint[]))";

/* As SQL's array: the caller frees it. */
static char *unknown_numbers(const struct postgres_pipe *pipe)
{
	char *text = NULL;
	size_t size;
	FILE *array = open_memstream(&text, &size);

	if (!array)
		memory_fail();
	fputc('{', array);
	for (const struct item *item = pipe->first; item; item = item->next) {
		if (item->batch)
			fprintf(array, ftell(array) > 1 ? ",%lld" : "%lld", (long long)item->n);
	}
	fputc('}', array);
	fclose(array);
	return text;
}

/*
 * A session of ours that lost its client, and does not know it, may hold the row of a batch for
 * hours: nothing ends a pipeline that was half sent.
 */
static const char end_old_sql[] =
	POSTGRES_END_SESSIONS(" WHERE a.application_name = $1 AND a.usename = session_user");

static bool send_check(struct postgres_pipe *pipe)
{
	const struct postgres_node *node = pipe->store->node;
	char *session = postgres_session_sql(pipe->store, node->pipe_application);
	char *unknown = unknown_numbers(pipe);
	const struct store_value numbers[] = {
		postgres_of_integer(node->id),
		postgres_of_integer(pipe->last_n),
		postgres_of_string(unknown),
		postgres_of_integer(pipe->acknowledged_n),
	};
	struct question *set = question_new(session, NULL, 0);
	const struct store_value name = postgres_of_string(node->pipe_application);
	struct question *end = question_new(end_old_sql, &name, 1);
	struct question *check = question_new(check_sql, numbers, 4);
	bool is_sent =
		question_send(set, pipe->connection) && question_send(end, pipe->connection) &&
		question_send(check, pipe->connection) && PQpipelineSync(pipe->connection) == 1;

	question_free(set);
	question_free(end);
	question_free(check);
	free(session);
	free(unknown);
	return is_sent;
}

static void forget_present(struct postgres_pipe *pipe)
{
	free(pipe->present);
	pipe->present = NULL;
}

static void begin_check(struct postgres_pipe *pipe, int64_t now_ms)
{
	pipe->state = CHECKING;
	pipe->is_checked = false;
	pipe->due_ms = now_ms + CONNECT_MS;
	forget_present(pipe);
	PQsetnonblocking(pipe->connection, 1);
	if (PQenterPipelineMode(pipe->connection) != 1 || !send_check(pipe))
		lose_connection(pipe, now_ms);
}

static void connect_anew(struct postgres_pipe *pipe, int64_t now_ms)
{
	const char *application = pipe->store->node->pipe_application;

	pipe->is_resting = false;
	pipe->connection = postgres_take_spare(pipe->store, application);
	if (pipe->connection) {
		begin_check(pipe, now_ms);
		return;
	}
	pipe->connection = postgres_dial(pipe->store, application);
	pipe->state = CONNECTING;
	pipe->attempt[0] = '\0';
	pipe->polling = PGRES_POLLING_WRITING;
	pipe->due_ms = now_ms + CONNECT_MS;
	if (PQstatus(pipe->connection) == CONNECTION_BAD)
		lose_connection(pipe, now_ms);
}

/* While it connects, and while we are asked who we are. */
static void give_up_if_silent(struct postgres_pipe *pipe, int64_t now_ms)
{
	char line[STORE_ERROR_MAX];

	if (now_ms < pipe->due_ms)
		return;
	postgres_note_silence(pipe->store, pipe->connection);
	snprintf(line, sizeof(line), "%.160s: the server does not answer", pipe->store->uri.shown);
	go_down(pipe, now_ms, line);
}

static void go_on_connecting(struct postgres_pipe *pipe, int64_t now_ms)
{
	if (postgres_is_ready(pipe->connection, pipe->polling, 0))
		pipe->polling = PQconnectPoll(pipe->connection);
	if (postgres_is_new_attempt(pipe->connection, pipe->attempt))
		pipe->due_ms = now_ms + CONNECT_MS;
	if (pipe->polling == PGRES_POLLING_OK)
		begin_check(pipe, now_ms);
	else if (pipe->polling == PGRES_POLLING_FAILED)
		lose_connection(pipe, now_ms);
	else
		give_up_if_silent(pipe, now_ms);
}

/* Is this number there, and is it ours? */
static bool is_present(const struct postgres_pipe *pipe, const struct item *item, bool *is_ours)
{
	char number[48];
	const char *found;

	snprintf(number, sizeof(number), ",%lld:", (long long)item->n);
	found = strstr(pipe->present, number);
	snprintf(number, sizeof(number), ",%lld:%lld,", (long long)item->n, (long long)item->token);
	*is_ours = strstr(pipe->present, number) != NULL;
	return found != NULL;
}

static void acknowledge(struct postgres_pipe *pipe, struct item *item)
{
	void (*note)(void *context) = item->note;
	void *context = item->context;

	pipe->last_acknowledged_n = item->n;
	if (item->n > pipe->acknowledged_n)
		pipe->acknowledged_n = item->n;
	remove_item(pipe, item);
	if (note)
		note(context);
}

/* What is there was committed, though nobody told us; or a copy of this process has written it. */
static void note_present(struct postgres_pipe *pipe)
{
	struct item *item = pipe->first, *next;
	bool is_ours;

	for (; item && pipe->present && !pipe->is_fenced; item = next) {
		next = item->next;
		if (!item->batch || !is_present(pipe, item, &is_ours))
			continue;
		if (is_ours)
			acknowledge(pipe, item);
		else
			pipe->is_fenced = true;
	}
}

static void take_check(struct postgres_pipe *pipe, const PGresult *result)
{
	size_t size;

	if (PQnfields(result) != 2 || PQntuples(result) != 1)
		return;
	pipe->is_checked = true;
	pipe->is_fenced = !postgres_bool(result, 0, 0);
	forget_present(pipe);
	if (PQgetisnull(result, 0, 1))
		return;
	size = strlen(PQgetvalue(result, 0, 1)) + sizeof(",,");
	pipe->present = memory_new(size, 1);
	snprintf(pipe->present, size, ",%s,", PQgetvalue(result, 0, 1));
}

/* What the server says of it: with the connection it would be forgotten. */
static void fail_check(struct postgres_pipe *pipe, const PGresult *result, int64_t now_ms)
{
	char why[STORE_ERROR_MAX];

	postgres_explain(pipe->store, pipe->connection, result, why);
	go_down(pipe, now_ms, why);
}

static void end_check(struct postgres_pipe *pipe, int64_t now_ms)
{
	if (!pipe->is_checked) {
		lose_connection(pipe, now_ms);
		return;
	}
	pipe->state = UP;
	pipe->session++;
	if (!pipe->is_fenced)
		note_present(pipe);
	if (!pipe->first)
		tell_well(pipe);
}

/* ---- cutting ---- */

/* The batch is cut, and then its parts; a page that is alone says that it was refused. */
static void cut(struct postgres_pipe *pipe, struct item *item)
{
	struct postgres_batch *second = postgres_batch_cut(item->batch);
	struct item *other;

	item->is_suspect = true;
	if (!second) {
		if (item->is_reduced || postgres_batch_page(item->batch) == 0 ||
		    postgres_refuse_page(pipe->store, item->batch, item->why) < 0)
			store_fail(&pipe->store->base, STORE_CURE_NONE, "%s", item->why);
		item->is_reduced = true;
		item->losses = 0;
		return;
	}
	other = memory_new(1, sizeof(*other));
	*other = *item;
	other->batch = second; /* it has the number that others go by: then all of it is there */
	number_item(pipe, item);
	other->token = new_token();
	item->pages = item->rows = 0;
	item->losses = other->losses = item->losses >= LOSSES_MAX ? LOSSES_MAX - 1 : 0;
	item->note = NULL;
	item->next = other;
	if (pipe->end == &item->next)
		pipe->end = &other->next;
	pipe->waiting++;
	queue_again(other);
}

/* ---- sending ---- */

/*
 * Two are under way, and the second may stand on the first: it says which number came before it,
 * and is refused (23502, for pages must not be NULL) where that is not there.
 */
static const char fence_sql[] =
	"INSERT INTO crawl_batches (node, n, token, pages, rows) VALUES ($1, $2, $3,"
	" CASE WHEN $6 = 0 OR EXISTS (SELECT 1 FROM crawl_batches WHERE node = $1 AND n = $6)"
	" THEN $4::bigint END, $5)";

/* The number of the batch that is to be there before this one: 0: it is the first. */
static int64_t number_before(const struct postgres_pipe *pipe, const struct item *item)
{
	int64_t before = pipe->last_acknowledged_n;

	for (const struct item *other = pipe->first; other != item; other = other->next) {
		if (other->batch)
			before = other->n;
	}
	return before;
}

static bool send_fence(struct postgres_pipe *pipe, const struct item *item)
{
	const struct postgres_node *node = pipe->store->node;
	const struct store_value values[] = {
		postgres_of_integer(node->id),
		postgres_of_integer(item->n),
		postgres_of_integer(item->token),
		postgres_of_integer((int64_t)item->pages),
		postgres_of_integer((int64_t)item->rows),
		postgres_of_integer(number_before(pipe, item)),
	};
	struct question *fence = question_new(fence_sql, values, 6);
	bool is_sent = question_send(fence, pipe->connection);

	question_free(fence);
	return is_sent;
}

static bool send_statement(struct postgres_pipe *pipe, const struct postgres_statement *statement)
{
	static int formats[POSTGRES_COLUMNS_MAX];
	const struct postgres_kind *kinds = postgres_kinds_of(pipe->store);

	for (int i = 0; i < statement->count; i++)
		formats[i] = 1;
	return PQsendQueryParams(pipe->connection, kinds[statement->kind].sql, statement->count,
				 NULL, statement->values, statement->lengths, formats, 0) == 1;
}

static bool send_batch(struct postgres_pipe *pipe, struct item *item)
{
	struct postgres_place at = { 0 };
	struct postgres_statement statement;

	if (!send_fence(pipe, item))
		return false;
	while (postgres_batch_next(item->batch, postgres_kinds_of(pipe->store), &at, &statement)) {
		if (!send_statement(pipe, &statement))
			return false;
	}
	return true;
}

static bool may_send(const struct postgres_pipe *pipe, const struct item *item)
{
	unsigned most = has_suspects(pipe) ? 1 : UNDER_WAY_MAX;

	return item->question || count_sent_batches(pipe) < most;
}

/* What the server could not take, or has ended its session for again and again, is cut before. */
static void cut_what_cannot_be_sent(struct postgres_pipe *pipe, struct item *item)
{
	if (item->losses >= LOSSES_MAX) {
		snprintf(item->why, sizeof(item->why),
			 "%.160s: the server ended the session each time that it was sent",
			 pipe->store->uri.shown);
		cut(pipe, item);
	}
	while (!pipe->store->base.has_failed && postgres_batch_bytes(item->batch) > BYTES_MAX &&
	       postgres_batch_page(item->batch) == 0) {
		size_t before = postgres_batch_rows(item->batch);

		cut(pipe, item);
		if (postgres_batch_rows(item->batch) == before)
			break;
	}
}

/* Nothing overtakes what has failed, or waits. */
static void send_queued(struct postgres_pipe *pipe, int64_t now_ms)
{
	struct item *item;

	if (find_item(pipe, FAILED))
		return;
	while ((item = find_item(pipe, QUEUED)) && may_send(pipe, item)) {
		bool is_sent;

		if (item->batch)
			cut_what_cannot_be_sent(pipe, item);
		if (pipe->store->base.has_failed)
			return;
		is_sent = item->question ? question_send(item->question, pipe->connection)
					 : send_batch(pipe, item);
		if (!is_sent || PQpipelineSync(pipe->connection) != 1) {
			lose_connection(pipe, now_ms);
			return;
		}
		item->progress = SENT;
	}
}

static void flush(struct postgres_pipe *pipe, int64_t now_ms)
{
	int result = PQflush(pipe->connection);

	pipe->wants_to_write = result == 1;
	if (result < 0)
		lose_connection(pipe, now_ms);
}

/* ---- what failed ---- */

/* All that was sent has been answered. */
static void settle_failed(struct postgres_pipe *pipe, struct item *item, int64_t now_ms)
{
	struct store *base = &pipe->store->base;

	switch (item->fault) {
	case POSTGRES_FENCED:
		pipe->is_fenced = true;
		break;
	case POSTGRES_LOST:
		break; /* seen to when it came */
	case POSTGRES_WAITS:
		rest(pipe, now_ms, item->why);
		break;
	case POSTGRES_REFUSED:
		if (item->batch)
			cut(pipe, item);
		else
			store_fail(base, STORE_CURE_NONE, "%s", item->why);
		break;
	case POSTGRES_FATAL:
		store_fail(base, STORE_CURE_NONE, "%s", item->why);
		break;
	}
	queue_again(item);
}

/* Is the one before it here, and will be sent again?  Else it was acknowledged, and the server has
 * lost it: of what was cut that need not be the one with the highest number. */
static bool has_one_before(const struct postgres_pipe *pipe, const struct item *item)
{
	const struct item *other = pipe->first;

	while (other != item && !other->batch)
		other = other->next;
	return other != item;
}

static void settle_all_failed(struct postgres_pipe *pipe, int64_t now_ms)
{
	struct item *item;

	if (find_item(pipe, SENT))
		return;
	while ((item = find_item(pipe, FAILED))) {
		pipe->is_fenced |= item->is_behind && !has_one_before(pipe, item);
		if (item->is_behind)
			queue_again(item);
		else
			settle_failed(pipe, item, now_ms);
	}
}

/* ---- answers ---- */

/* Is it the fence that fails so? */
static bool is_of_fence(const PGresult *result, const char *sqlstate)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);

	return state && table && strcmp(state, sqlstate) == 0 &&
	       strcmp(table, "crawl_batches") == 0;
}

static void note_error(struct postgres_pipe *pipe, struct item *item, const PGresult *result)
{
	if (item->has_failed)
		return;
	item->has_failed = true;
	postgres_explain(pipe->store, pipe->connection, result, item->why);
	item->is_behind = is_of_fence(result, "23502");
	if (is_of_fence(result, "23505")) /* the answer to an earlier try was lost */
		item->fault = POSTGRES_LOST;
	else if (is_of_fence(result, "23503"))
		item->fault = POSTGRES_FENCED;
	else
		item->fault = postgres_fault_of_result(result);
}

static void end_item(struct postgres_pipe *pipe, struct item *item, int64_t now_ms)
{
	if (item->has_failed && item->fault == POSTGRES_LOST) {
		go_down(pipe, now_ms, item->why);
	} else if (item->has_failed) {
		item->progress = FAILED;
		settle_all_failed(pipe, now_ms);
	} else if (item->batch) {
		note_well(pipe);
		acknowledge(pipe, item);
		settle_all_failed(pipe, now_ms);
	} else {
		struct question *question = item->question;

		if (!find_item(pipe, FAILED)) /* what failed beside it has not healed */
			note_well(pipe);
		item->question = NULL;
		remove_item(pipe, item);
		question_answer(question, POSTGRES_ANSWER_END, NULL, 0);
		question_free(question);
		settle_all_failed(pipe, now_ms);
	}
}

static void hand_out(struct item *item, const PGresult *result, unsigned *rows)
{
	for (int row = 0; item->question && row < PQntuples(result); row++) {
		item->has_rows = true;
		question_answer(item->question, POSTGRES_ANSWER_ROW, result, row);
		++*rows;
	}
}

static void take_result(struct postgres_pipe *pipe, struct item *item, const PGresult *result,
			unsigned *rows, int64_t now_ms)
{
	switch (PQresultStatus(result)) {
	case PGRES_PIPELINE_SYNC:
		if (item)
			end_item(pipe, item, now_ms);
		else if (pipe->state == CHECKING)
			end_check(pipe, now_ms);
		break;
	case PGRES_SINGLE_TUPLE:
	case PGRES_TUPLES_OK:
		if (item)
			hand_out(item, result, rows);
		else
			take_check(pipe, result);
		break;
	case PGRES_COMMAND_OK:
	case PGRES_EMPTY_QUERY:
	case PGRES_PIPELINE_ABORTED:
		break;
	default:
		if (item)
			note_error(pipe, item, result);
		else
			fail_check(pipe, result, now_ms);
		break;
	}
}

/* Has anything of it come that can be looked at? */
static bool is_ready(struct postgres_pipe *pipe, struct item *item)
{
	if (item && !item->is_begun) {
		item->is_begun = true;
		if (item->question)
			PQsetSingleRowMode(pipe->connection);
	}
	return !PQisBusy(pipe->connection);
}

/* Returns whether more may have come than was looked at. */
static bool take_results(struct postgres_pipe *pipe, int64_t now_ms)
{
	unsigned rows = 0;

	if (PQconsumeInput(pipe->connection) != 1) {
		lose_connection(pipe, now_ms);
		return false;
	}
	while (pipe->connection && !pipe->is_fenced && !pipe->store->base.has_failed) {
		struct item *item = find_item(pipe, SENT);
		PGresult *result;

		if ((!item && pipe->state != CHECKING) || !is_ready(pipe, item))
			return false;
		if (rows >= ROWS_A_TURN)
			return true;
		result = PQgetResult(pipe->connection);
		pipe->heard_ms = now_ms;
		if (result)
			take_result(pipe, item, result, &rows, now_ms);
		PQclear(result);
		if (pipe->connection && PQstatus(pipe->connection) == CONNECTION_BAD)
			lose_connection(pipe, now_ms);
	}
	return false;
}

/* ---- public ---- */

struct postgres_pipe *postgres_pipe_new(struct postgres_store *store)
{
	struct postgres_pipe *pipe = memory_new(1, sizeof(*pipe));

	pipe->store = store;
	pipe->end = &pipe->first;
	pipe->open = postgres_batch_new();
	return pipe;
}

void postgres_pipe_free(struct postgres_pipe *pipe)
{
	if (!pipe)
		return;
	PQfinish(pipe->connection);
	while (pipe->first) {
		struct item *next = pipe->first->next;

		free_item(pipe->first);
		pipe->first = next;
	}
	postgres_batch_free(pipe->open);
	forget_present(pipe);
	free(pipe);
}

void postgres_pipe_ask(struct postgres_pipe *pipe, const struct postgres_question *question,
		       const struct store_value values[], size_t count)
{
	struct item *item = add_item(pipe);

	item->question = question_new(question->sql, values, count);
	question_set_function(item->question, question->function, question->context);
}

struct postgres_batch *postgres_pipe_open_batch(struct postgres_pipe *pipe)
{
	return pipe->open;
}

void postgres_pipe_count(struct postgres_pipe *pipe, int64_t pages, int64_t rows)
{
	pipe->open_pages += (uint64_t)pages;
	pipe->open_rows += (uint64_t)rows;
}

void postgres_pipe_close_batch(struct postgres_pipe *pipe, void (*note)(void *context),
			       void *context)
{
	struct item *item;

	if (postgres_batch_rows(pipe->open) == 0 && !note)
		return;
	item = add_item(pipe);
	item->batch = pipe->open;
	number_item(pipe, item);
	item->pages = pipe->open_pages;
	item->rows = pipe->open_rows;
	item->note = note;
	item->context = context;
	pipe->waiting++;
	pipe->open = postgres_batch_new();
	pipe->open_pages = pipe->open_rows = 0;
}

int64_t postgres_pipe_closed(const struct postgres_pipe *pipe)
{
	return pipe->last_n;
}

static bool are_same(const char *one, const char *other)
{
	return strcmp(one ? one : "", other ? other : "") == 0;
}

bool postgres_pipe_is_elsewhere(const struct postgres_pipe *pipe, const PGconn *connection)
{
	const PGconn *ours = pipe->connection;

	if (!ours || PQstatus(ours) != CONNECTION_OK || PQstatus(connection) != CONNECTION_OK)
		return false;
	return !are_same(PQhost(ours), PQhost(connection)) ||
	       !are_same(PQhostaddr(ours), PQhostaddr(connection)) ||
	       !are_same(PQport(ours), PQport(connection));
}

int64_t postgres_pipe_committed(const struct postgres_pipe *pipe)
{
	return first_unknown(pipe) - 1;
}

int64_t postgres_pipe_last(const struct postgres_pipe *pipe)
{
	return pipe->last_acknowledged_n;
}

uint64_t postgres_pipe_session(const struct postgres_pipe *pipe)
{
	return pipe->session;
}

size_t postgres_pipe_waiting(const struct postgres_pipe *pipe)
{
	return pipe->waiting;
}

bool postgres_pipe_is_fenced(const struct postgres_pipe *pipe)
{
	return pipe->is_fenced;
}

/* It may be somebody's lock, and is waited for; but not without a word. */
static void tell_silence(struct postgres_pipe *pipe, int64_t now_ms)
{
	struct store *base = &pipe->store->base;

	if (pipe->state != UP || !find_item(pipe, SENT))
		pipe->heard_ms = now_ms;
	else if (now_ms - pipe->heard_ms >= SILENT_MS && !base->trouble[0])
		snprintf(base->trouble, sizeof(base->trouble),
			 "%.160s: the server has not answered for a minute: is something of the "
			 "crawl locked there?",
			 pipe->store->uri.shown);
}

static void turn_up(struct postgres_pipe *pipe, int64_t now_ms, int64_t *due_ms)
{
	if (take_results(pipe, now_ms))
		*due_ms = now_ms;
	if (pipe->state == CHECKING)
		give_up_if_silent(pipe, now_ms);
	tell_silence(pipe, now_ms);
	if (pipe->state == UP && !pipe->is_fenced &&
	    (!pipe->is_resting || now_ms >= pipe->due_ms)) {
		pipe->is_resting = false;
		send_queued(pipe, now_ms);
	}
	if (pipe->connection)
		flush(pipe, now_ms);
}

int postgres_pipe_turn(struct postgres_pipe *pipe, int64_t now_ms, int64_t *due_ms)
{
	*due_ms = INT64_MAX;
	if (pipe->is_fenced || pipe->store->base.has_failed)
		return pipe->store->base.has_failed ? -1 : 0;
	if (pipe->state == DOWN && (!pipe->is_resting || now_ms >= pipe->due_ms))
		connect_anew(pipe, now_ms);
	else if (pipe->state == CONNECTING)
		go_on_connecting(pipe, now_ms);
	if (pipe->state == CHECKING || pipe->state == UP)
		turn_up(pipe, now_ms, due_ms);
	if (pipe->state == CONNECTING || pipe->state == CHECKING || pipe->is_resting)
		*due_ms = *due_ms < pipe->due_ms ? *due_ms : pipe->due_ms;
	return pipe->store->base.has_failed ? -1 : 0;
}

size_t postgres_pipe_waits(const struct postgres_pipe *pipe, struct store_wait *wait)
{
	if (!pipe->connection)
		return 0;
	*wait = (struct store_wait){
		.fd = PQsocket(pipe->connection),
		.wants_to_write = pipe->state == CONNECTING ? pipe->polling == PGRES_POLLING_WRITING
							    : pipe->wants_to_write,
	};
	return wait->fd >= 0;
}
