#include "store/postgres/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parsers/text/memory.h"
#include "store/postgres/internal.h"

#define LOCK_TIMEOUT_MS 1000
#define RETRY_MS        250
#define RETRY_MS_MAX    5000

int64_t postgres_boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void postgres_line_begin(struct postgres_line *line, struct postgres_store *store,
			 const char *application, int timeout_ms)
{
	*line = (struct postgres_line){
		.store = store,
		.application = application,
		.timeout_ms = timeout_ms,
	};
}

static void hang_up(struct postgres_line *line)
{
	PQclear(line->result);
	line->result = NULL;
	if (line->connection)
		PQfinish(line->connection);
	line->connection = NULL;
	line->state = POSTGRES_LINE_DOWN;
}

void postgres_line_end(struct postgres_line *line)
{
	hang_up(line);
}

void postgres_line_reset(struct postgres_line *line)
{
	hang_up(line);
	line->retry_ms = 0;
	line->up_ms = 0;
}

void postgres_line_note(struct postgres_line *line, const char *trouble)
{
	int64_t wait_ms = RETRY_MS << (line->attempts < 5 ? line->attempts : 5);
	size_t size = strcspn(trouble, "\n");

	line->attempts++;
	if (line->down_ms == 0)
		line->down_ms = postgres_boot_ms();
	line->retry_ms = postgres_boot_ms() + (wait_ms < RETRY_MS_MAX ? wait_ms : RETRY_MS_MAX);
	snprintf(line->trouble, sizeof(line->trouble), "%.*s", (int)size, trouble);
}

void postgres_line_is_well(struct postgres_line *line)
{
	line->attempts = 0;
	line->down_ms = 0;
	line->retry_ms = 0;
	line->trouble[0] = '\0';
}

/* why: NULL: as the connection says. */
static void lose(struct postgres_line *line, const PGresult *result, const char *why)
{
	char text[STORE_ERROR_MAX];

	if (why)
		snprintf(text, sizeof(text), "%.200s: %s", line->store->uri.shown, why);
	else
		postgres_explain(line->store, line->connection, result, text);
	hang_up(line);
	postgres_line_note(line, text);
}

static void lose_silent(struct postgres_line *line)
{
	if (line->state != POSTGRES_LINE_BUSY)
		postgres_note_silence(line->store, line->connection);
	lose(line, NULL, "the server does not answer");
}

static void wait_for(struct postgres_line *line, enum postgres_line_state state)
{
	line->state = state;
	line->give_up_ms = postgres_boot_ms() + line->timeout_ms;
}

static bool send_it(struct postgres_line *line, const char *sql, const char *const values[],
		    size_t count)
{
	int sent = count == 0 ? PQsendQuery(line->connection, sql)
			      : PQsendQueryParams(line->connection, sql, (int)count, NULL, values,
						  NULL, NULL, 0);

	if (!sent || PQflush(line->connection) < 0) {
		lose(line, NULL, NULL);
		return false;
	}
	return true;
}

static void prepare(struct postgres_line *line)
{
	static const char format[] = "%s; SELECT set_config('lock_timeout', '%d', false),"
				     " " POSTGRES_COMMIT_FIRMLY("false");
	char *session = postgres_session_sql(line->store, line->application);
	size_t size = strlen(session) + sizeof(format) + 16;
	char *sql = memory_new(size, 1);

	snprintf(sql, size, format, session, LOCK_TIMEOUT_MS);
	PQsetnonblocking(line->connection, 1);
	if (send_it(line, sql, NULL, 0))
		wait_for(line, POSTGRES_LINE_PREPARING);
	free(sql);
	free(session);
}

/* A host that says nothing is given up by the kernel (tcp_user_timeout), so that libpq goes on to
 * the next one: with PQconnectPoll connect_timeout counts for nothing. */
static void dial(struct postgres_line *line)
{
	line->connection = postgres_take_spare(line->store, line->application);
	if (line->connection) {
		prepare(line);
		return;
	}
	line->connection = postgres_dial(line->store, line->application);
	if (PQstatus(line->connection) == CONNECTION_BAD) {
		lose(line, NULL, NULL);
		return;
	}
	line->polling = PGRES_POLLING_WRITING;
	line->attempt[0] = '\0';
	wait_for(line, POSTGRES_LINE_CONNECTING);
}

static void go_on_connecting(struct postgres_line *line)
{
	if (!postgres_is_ready(line->connection, line->polling, 0))
		return;
	line->polling = PQconnectPoll(line->connection);
	if (postgres_is_new_attempt(line->connection, line->attempt))
		wait_for(line, POSTGRES_LINE_CONNECTING);
	if (line->polling == PGRES_POLLING_OK)
		prepare(line);
	else if (line->polling == PGRES_POLLING_FAILED)
		lose(line, NULL, NULL);
}

/* The last result of a statement, or the one that failed, once all have come. */
static PGresult *take_result(struct postgres_line *line)
{
	PGresult *next, *result;

	if (PQflush(line->connection) < 0 || !PQconsumeInput(line->connection)) {
		lose(line, NULL, NULL);
		return NULL;
	}
	while (!PQisBusy(line->connection)) {
		next = PQgetResult(line->connection);
		if (!next) {
			result = line->result;
			line->result = NULL;
			return result;
		}
		if (line->result && PQresultStatus(line->result) == PGRES_FATAL_ERROR) {
			PQclear(next);
			continue;
		}
		PQclear(line->result);
		line->result = next;
	}
	return NULL;
}

/* A line that breaks now and then has not been away. */
static bool was_away(const struct postgres_line *line, int64_t now_ms)
{
	return line->up_ms == 0 ||
	       (line->down_ms > 0 && now_ms - line->down_ms >= line->timeout_ms / 2);
}

static void end_preparing(struct postgres_line *line, PGresult *result)
{
	int64_t now_ms = postgres_boot_ms();

	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		line->state = POSTGRES_LINE_IDLE;
		if (was_away(line, now_ms))
			line->up_ms = now_ms;
	} else {
		lose(line, result, NULL);
	}
	PQclear(result);
}

/* A server that goes down says so on a connection that asks nothing. */
static void look_at_idle(struct postgres_line *line)
{
	PGresult *result;

	if (!PQconsumeInput(line->connection) || PQstatus(line->connection) == CONNECTION_BAD) {
		lose(line, NULL, NULL);
		return;
	}
	result = PQisBusy(line->connection) ? NULL : PQgetResult(line->connection);
	PQclear(result);
}

PGresult *postgres_line_turn(struct postgres_line *line)
{
	PGresult *result = NULL;

	if (line->state == POSTGRES_LINE_DOWN) {
		if (postgres_boot_ms() >= line->retry_ms)
			dial(line);
		return NULL;
	}
	if (line->state == POSTGRES_LINE_CONNECTING)
		go_on_connecting(line);
	else if (line->state == POSTGRES_LINE_IDLE)
		look_at_idle(line);
	else
		result = take_result(line);
	if (result && line->state == POSTGRES_LINE_PREPARING) {
		end_preparing(line, result);
		return NULL;
	}
	if (result)
		line->state = POSTGRES_LINE_IDLE;
	else if (line->state != POSTGRES_LINE_DOWN && line->state != POSTGRES_LINE_IDLE &&
		 postgres_boot_ms() >= line->give_up_ms)
		lose_silent(line);
	return result;
}

void postgres_line_send(struct postgres_line *line, const char *sql, const char *const values[],
			size_t count)
{
	if (send_it(line, sql, values, count))
		wait_for(line, POSTGRES_LINE_BUSY);
}

bool postgres_line_waits(const struct postgres_line *line, struct store_wait *wait)
{
	int fd = line->connection ? PQsocket(line->connection) : -1;

	if (fd < 0)
		return false;
	wait->fd = fd;
	wait->wants_to_write =
		line->state == POSTGRES_LINE_CONNECTING && line->polling == PGRES_POLLING_WRITING;
	return true;
}

int64_t postgres_line_due(const struct postgres_line *line)
{
	if (line->state == POSTGRES_LINE_DOWN)
		return line->retry_ms;
	return line->state == POSTGRES_LINE_IDLE ? INT64_MAX : line->give_up_ms;
}
