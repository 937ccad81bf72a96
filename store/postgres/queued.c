#include <stdlib.h>

#include "parsers/text/memory.h"
#include "store/postgres/parameters.h"

/*
 * Statements that are run for their effect, before the next question: they go to the server
 * together with it, and all of them are answered in one round trip (libpq's pipeline mode).
 */

struct postgres_queued {
	struct postgres_queued *next;
	char *sql;
	struct postgres_parameters parameters;
	PGresult **answer; /* or NULL */
};

void postgres_queue_question(struct postgres_store *store, const char *sql,
			     const struct store_value values[], size_t count, PGresult **answer)
{
	struct postgres_queued *queued = memory_new(1, sizeof(*queued)), **last = &store->queued;

	queued->sql = memory_text(sql, strlen(sql));
	queued->answer = answer;
	postgres_parameters_begin(&queued->parameters, values, count);
	while (*last)
		last = &(*last)->next;
	*last = queued;
}

void postgres_queue(struct postgres_store *store, const char *sql,
		    const struct store_value values[], size_t count)
{
	postgres_queue_question(store, sql, values, count, NULL);
}

void postgres_drop_queued(struct postgres_store *store)
{
	struct postgres_queued *queued;

	while ((queued = store->queued)) {
		store->queued = queued->next;
		postgres_parameters_end(&queued->parameters);
		free(queued->sql);
		free(queued);
	}
}

/* Returns how many were sent, or 0: libpq does not take them. */
static size_t send_all(struct postgres_store *store, const char *sql,
		       const struct postgres_parameters *all)
{
	size_t count = 1;

	if (!PQenterPipelineMode(store->ask))
		return 0;
	for (struct postgres_queued *queued = store->queued; queued; queued = queued->next) {
		if (!postgres_parameters_send(store->ask, queued->sql, &queued->parameters))
			return 0;
		count++;
	}
	return postgres_parameters_send(store->ask, sql, all) && PQpipelineSync(store->ask) ? count
											    : 0;
}

/* The last one's result, or that of the first which fails: those behind it are not run. */
static PGresult *take_all(struct postgres_store *store, bool was_sent)
{
	for (struct postgres_queued *queued = store->queued; queued; queued = queued->next) {
		PGresult *result = postgres_take_result(store, was_sent);

		if (!postgres_is_good(result))
			return result;
		if (!queued->answer) {
			PQclear(result);
			continue;
		}
		PQclear(*queued->answer); /* of a connection that was lost */
		*queued->answer = result;
	}
	return postgres_take_result(store, was_sent);
}

/*
 * What is left is read until the server is where we are; a connection that is lost has no more.
 * Returns result; or what went wrong behind it, where nothing had before: what was done without
 * BEGIN is committed only there.
 */
static PGresult *end_pipeline(struct postgres_store *store, size_t count, PGresult *result)
{
	bool is_synced = false;

	for (size_t i = 0; i <= count && !is_synced && store->ask; i++) {
		PGresult *next = postgres_take_result(store, 1);

		is_synced = PQresultStatus(next) == PGRES_PIPELINE_SYNC;
		if (!is_synced && postgres_is_good(result)) {
			PQclear(result);
			result = next;
		} else {
			PQclear(next);
		}
	}
	PQexitPipelineMode(store->ask);
	return result;
}

bool postgres_queued_only_read(const struct postgres_store *store)
{
	const struct postgres_queued *queued = store->queued;

	while (queued && strncmp(queued->sql, "SELECT", 6) == 0)
		queued = queued->next;
	return !queued;
}

PGresult *postgres_run_queued(struct postgres_store *store, const char *sql,
			      const struct postgres_parameters *all)
{
	size_t count = send_all(store, sql, all);

	return end_pipeline(store, count, take_all(store, count > 0));
}

int postgres_flush_queued(struct postgres_store *store)
{
	return store->queued ? postgres_do(store, "SELECT", NULL, 0) : 0;
}

void postgres_take_back(struct postgres_store *store)
{
	postgres_drop_queued(store);
	PQclear(PQexec(store->ask, "ROLLBACK"));
}
