#include "store/postgres/internal.h"

#include <poll.h>
#include <stdlib.h>

#include "parsers/text/memory.h"
#include "store/postgres/node.h"
#include "store/postgres/parameters.h"

#define AT_ONCE_MS 2000 /* so long an answer may take before anybody is asked to be patient */

/* ---- asking ---- */

bool postgres_is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
	       status == PGRES_SINGLE_TUPLE || status == PGRES_EMPTY_QUERY;
}

/* Does it change nothing, so that it may be run once more? */
static bool only_reads(const struct postgres_store *store, const char *sql)
{
	return store->is_reader ||
	       (strncmp(sql, "SELECT", 6) == 0 && postgres_queued_only_read(store));
}

/*
 * Was it lost before this, or within it?  What libpq itself complains of has no SQLSTATE; where it
 * could not write, it still says that the connection is well.  A server, or a pooler before it,
 * says so, and then closes it; one that is no longer written to closes nothing.
 */
bool postgres_is_loss(const struct postgres_store *store, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	return PQstatus(store->ask) != CONNECTION_OK || !state || strncmp(state, "57P0", 4) == 0 ||
	       strncmp(state, "08", 2) == 0 || (severity && strcmp(severity, "ERROR") != 0) ||
	       (!store->is_reader && strcmp(state, "25006") == 0);
}

bool postgres_waits_on(const struct postgres_store *store, int64_t since_ms)
{
	return postgres_boot_ms() - since_ms < AT_ONCE_MS || store_waits_on(&store->base);
}

/* Nobody waits for its answer any more, which may never come: who ends it, would. */
static bool abandon(struct postgres_store *store)
{
	const char *trouble = store->base.trouble;

	PQfinish(store->ask);
	store->ask = NULL;
	if (trouble[0])
		store_fail(&store->base, STORE_CURE_NONE, "%s", trouble);
	store_fail(&store->base, STORE_CURE_NONE, "%.400s: the server did not answer",
		   store->uri.shown);
	return false;
}

/*
 * Wait for what was sent: a node that waits long is not to be taken for dead, and whoever has it
 * may be impatient.  Returns false: it is waited for no longer, and the store has failed.
 */
static bool wait_for_answer(struct postgres_store *store)
{
	struct pollfd fd = { .fd = PQsocket(store->ask), .events = POLLIN };
	int64_t began_ms = postgres_boot_ms();

	while (postgres_node_beat(store) && PQisBusy(store->ask)) {
		if (store->base.has_failed || !postgres_waits_on(store, began_ms))
			return abandon(store);
		if (poll(&fd, 1, POSTGRES_BEAT_MS) > 0 && !PQconsumeInput(store->ask))
			return true;
	}
	return true;
}

/* The last result of what was sent. */
PGresult *postgres_take_result(struct postgres_store *store, int was_sent)
{
	PGresult *result = NULL, *next;

	while (was_sent && wait_for_answer(store)) {
		next = PQgetResult(store->ask);
		if (!next)
			break;
		PQclear(result);
		result = next;
	}
	return result ? result : PQmakeEmptyPGresult(store->ask, PGRES_FATAL_ERROR);
}

static PGresult *run(struct postgres_store *store, const char *sql,
		     const struct postgres_parameters *all)
{
	if (store->queued)
		return postgres_run_queued(store, sql, all);
	return postgres_take_result(store, postgres_parameters_send(store->ask, sql, all));
}

/* What was lost within a transaction is lost with it: whoever began it, does so again. */
static bool may_try_again(const struct postgres_store *store, const PGresult *result,
			  PGTransactionStatusType before, const char *sql)
{
	return !postgres_is_good(result) && !store->base.has_failed &&
	       postgres_is_loss(store, result) && store->is_ready &&
	       (before == PQTRANS_IDLE || before == PQTRANS_UNKNOWN) && only_reads(store, sql);
}

/* ---- statements ---- */

/* Nothing is asked any more, or not until its transaction is begun anew. */
static bool is_off(const struct postgres_store *store)
{
	return store->base.has_failed || store->loss[0];
}

PGresult *postgres_ask(struct postgres_store *store, const char *sql,
		       const struct store_value values[], size_t count)
{
	struct postgres_parameters all;
	PGTransactionStatusType before;
	PGresult *result;

	if (is_off(store) || !postgres_is_at_home(store) || postgres_look_ready(store))
		return NULL;
	postgres_parameters_begin(&all, values, count);
	before = PQtransactionStatus(store->ask);
	result = run(store, sql, &all);
	for (unsigned losses = 0;
	     may_try_again(store, result, before, sql) && postgres_may_go_on(store, losses);
	     losses++) {
		PQclear(result);
		result = run(store, sql, &all);
	}
	if (!postgres_is_good(result)) {
		postgres_fail(store, store->ask, result);
		PQclear(result);
		result = NULL;
	}
	postgres_drop_queued(store);
	postgres_parameters_end(&all);
	return result;
}

int postgres_do(struct postgres_store *store, const char *sql, const struct store_value values[],
		size_t count)
{
	PGresult *result = postgres_ask(store, sql, values, count);

	PQclear(result);
	return result ? 0 : -1;
}

int postgres_number(struct postgres_store *store, const char *sql,
		    const struct store_value values[], size_t count, int64_t *number)
{
	PGresult *result = postgres_ask(store, sql, values, count);

	if (!result)
		return -1;
	*number = PQntuples(result) > 0 ? postgres_integer(result, 0, 0) : 0;
	PQclear(result);
	return 0;
}

int postgres_script(struct postgres_store *store, const char *sql)
{
	PGresult *result;
	int failed = 0;

	if (is_off(store) || postgres_flush_queued(store))
		return -1;
	result = postgres_take_result(store, PQsendQuery(store->ask, sql));
	if (!postgres_is_good(result))
		failed = postgres_fail(store, store->ask, result);
	PQclear(result);
	return failed;
}

/* ---- row by row ---- */

static bool is_ready(struct postgres_store *store)
{
	return !is_off(store) && postgres_is_at_home(store) && postgres_look_ready(store) == 0 &&
	       postgres_flush_queued(store) == 0;
}

/* Is all of it here?  What is, is thrown away. */
static bool is_over(struct postgres_store *store)
{
	PGresult *result;

	while (!PQisBusy(store->ask)) {
		result = PQgetResult(store->ask);
		if (!result)
			return true;
		PQclear(result);
	}
	return false;
}

/* To cancel takes a connection of its own. */
void postgres_end_scan(struct postgres_store *store, bool is_cut)
{
	PGcancel *cancel = is_cut && !is_over(store) ? PQgetCancel(store->ask) : NULL;
	PGresult *result;
	char reason[256];

	if (cancel)
		PQcancel(cancel, reason, sizeof(reason));
	PQfreeCancel(cancel);
	while (wait_for_answer(store) && (result = PQgetResult(store->ask)))
		PQclear(result);
}

/* The first result of a scan, once the server has begun to answer; or NULL. */
static PGresult *begin_scan(struct postgres_store *store, const char *sql,
			    const struct postgres_parameters *all)
{
	if (!postgres_parameters_send(store->ask, sql, all) || !PQsetSingleRowMode(store->ask))
		return NULL;
	return wait_for_answer(store) ? PQgetResult(store->ask) : NULL;
}

static PGresult *begin_scan_surely(struct postgres_store *store, const char *sql,
				   const struct postgres_parameters *all)
{
	PGTransactionStatusType before = PQtransactionStatus(store->ask);
	PGresult *result = begin_scan(store, sql, all);

	for (unsigned losses = 0; may_try_again(store, result, before, sql); losses++) {
		postgres_end_scan(store, false);
		if (!postgres_may_go_on(store, losses))
			break;
		PQclear(result);
		result = begin_scan(store, sql, all);
	}
	return result;
}

/* Hand out what comes.  Returns what ends it, or NULL: function has enough. */
static PGresult *hand_out(struct postgres_store *store, PGresult *result,
			  int (*function)(void *context, const PGresult *row), void *context)
{
	bool is_cut = false;

	while (result && PQresultStatus(result) == PGRES_SINGLE_TUPLE && !is_cut) {
		is_cut = function(context, result) < 0;
		PQclear(result);
		result = !is_cut && wait_for_answer(store) ? PQgetResult(store->ask) : NULL;
	}
	postgres_end_scan(store, is_cut);
	return is_cut ? NULL : result ? result : PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR);
}

/* Returns 0 or -1; the result is the last that was read, and is cleared. */
static int scan(struct postgres_store *store, PGresult *result,
		int (*function)(void *context, const PGresult *row), void *context)
{
	PGresult *last = hand_out(store, result, function, context);
	int failed = last && !postgres_is_good(last) ? postgres_fail(store, store->ask, last) : 0;

	PQclear(last);
	return failed;
}

int postgres_scan(struct postgres_store *store, const char *sql, const struct store_value values[],
		  size_t count, int (*function)(void *context, const PGresult *row), void *context)
{
	struct postgres_parameters all;
	int failed;

	if (!is_ready(store))
		return -1;
	postgres_parameters_begin(&all, values, count);
	failed = scan(store, begin_scan_surely(store, sql, &all), function, context);
	postgres_parameters_end(&all);
	return failed;
}

struct keyed {
	int (*function)(void *context, const PGresult *row);
	void *context;
	int64_t last; /* that was handed out */
	bool is_any;  /* since it was asked last */
};

static int hand_out_keyed(void *context, const PGresult *row)
{
	struct keyed *keyed = context;

	keyed->last = postgres_integer(row, 0, 0);
	keyed->is_any = true;
	return keyed->function(keyed->context, row);
}

int postgres_scan_keyed(struct postgres_store *store, const char *sql, struct store_value values[],
			size_t count, int (*function)(void *context, const PGresult *row),
			void *context)
{
	struct keyed keyed = { .function = function, .context = context };
	struct postgres_parameters all;
	PGTransactionStatusType before;
	PGresult *last;

	if (!is_ready(store))
		return -1;
	before = PQtransactionStatus(store->ask);
	do {
		keyed.is_any = false;
		values[count - 1] = postgres_of_integer(keyed.last);
		postgres_parameters_begin(&all, values, count);
		last = hand_out(store, begin_scan_surely(store, sql, &all), hand_out_keyed, &keyed);
		postgres_parameters_end(&all);
		if (!last || postgres_is_good(last) || !keyed.is_any ||
		    !may_try_again(store, last, before, sql))
			break;
		PQclear(last);
		last = NULL;
	} while (postgres_connect_again(store) == 0);
	if (last && !postgres_is_good(last))
		postgres_fail(store, store->ask, last);
	PQclear(last);
	return is_off(store) ? -1 : 0;
}

/* ---- answers ---- */

struct emitted {
	int (*function)(void *context, const struct store_answer *row);
	void *context;
	struct store_answer shown;
	const char **columns;
	struct store_value *values;
};

static void emit_begin(struct emitted *emitted, const PGresult *result)
{
	size_t count = (size_t)PQnfields(result);

	emitted->columns = memory_new(count + 1, sizeof(*emitted->columns));
	emitted->values = memory_new(count + 1, sizeof(*emitted->values));
	for (size_t i = 0; i < count; i++)
		emitted->columns[i] = PQfname(result, (int)i);
	emitted->shown =
		(struct store_answer){ .column_count = count, .columns = emitted->columns };
}

/* Names of columns point into the result, each into its own. */
static int emit_row(void *context, const PGresult *row)
{
	struct emitted *emitted = context;

	if (!emitted->columns)
		emit_begin(emitted, row);
	for (size_t i = 0; i < emitted->shown.column_count; i++) {
		emitted->columns[i] = PQfname(row, (int)i);
		emitted->values[i] = postgres_value(row, 0, (int)i);
	}
	emitted->shown.values = emitted->values;
	return emitted->function(emitted->context, &emitted->shown);
}

static int emit(struct postgres_store *store, PGresult *first, struct emitted *emitted)
{
	if (first && PQresultStatus(first) == PGRES_TUPLES_OK) { /* no rows */
		emit_begin(emitted, first);
		emitted->function(emitted->context, &emitted->shown);
	}
	return scan(store, first, emit_row, emitted);
}

int postgres_emit(struct postgres_store *store, const char *sql, const struct store_value values[],
		  size_t count, int (*function)(void *context, const struct store_answer *row),
		  void *context)
{
	struct emitted emitted = { .function = function, .context = context };
	struct postgres_parameters all;
	int failed;

	if (!is_ready(store))
		return -1;
	postgres_parameters_begin(&all, values, count);
	failed = emit(store, begin_scan_surely(store, sql, &all), &emitted);
	postgres_parameters_end(&all);
	free(emitted.columns);
	free(emitted.values);
	return failed;
}
