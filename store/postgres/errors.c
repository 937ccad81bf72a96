#include "store/postgres/internal.h"

#include <stdio.h>

#include "parsers/text/utf8.h"

/*
 * Errors by their SQLSTATE: the first entry that it begins with says what it is.  A foreign key or
 * a key of crawl_batches is the fence; elsewhere 23xxx is a rule that somebody gave a table.  The
 * pipe tells them apart, by the statement that failed.
 */
static const struct {
	const char *state;
	enum postgres_fault fault;
	const char *advice; /* NULL: the server's words are enough */
} faults[] = {
	/* The connection, or a server that is not to be written to: there may be another. */
	{ "08P01", POSTGRES_FATAL, NULL }, /* protocol violation */
	{ "08", POSTGRES_LOST, NULL },
	{ "57P0", POSTGRES_LOST, "the server ends or starts: try again" },
	{ "25006", POSTGRES_LOST,
	  "the server takes no writes: is it a replica, or set read-only?  Name the primary" },
	{ "25P03", POSTGRES_LOST, "the server ends idle transactions" },
	{ "25P04", POSTGRES_LOST, "the server ends long transactions" },
	{ "F0", POSTGRES_LOST, NULL },
	/* Whoever waits may find it healed. */
	{ "53100", POSTGRES_WAITS, "the server's disk is full: make room there" },
	{ "53300", POSTGRES_WAITS,
	  "the server has no connection left: raise max_connections there, or end others" },
	{ "53200", POSTGRES_WAITS, "the server is out of memory" },
	{ "53", POSTGRES_WAITS, "the server is short of something: make room there" },
	{ "58030", POSTGRES_WAITS, "the server cannot read or write its disk" },
	{ "40", POSTGRES_WAITS, NULL },
	{ "55P03", POSTGRES_WAITS, "somebody else has it locked: end what reads or changes it" },
	{ "55006", POSTGRES_WAITS, "somebody else is using it" },
	{ "57014", POSTGRES_WAITS, "it was cancelled, or took longer than the server allows" },
	{ "25P02", POSTGRES_WAITS, NULL },
	/* Of a value. */
	{ "22", POSTGRES_REFUSED, NULL },
	{ "23", POSTGRES_REFUSED, NULL },
	{ "54", POSTGRES_REFUSED, NULL },
	{ "44", POSTGRES_REFUSED, NULL },
	{ "P0", POSTGRES_REFUSED, NULL },
	{ "21000", POSTGRES_REFUSED, NULL },
	{ "0A000", POSTGRES_REFUSED, NULL },
	/* Nothing helps but somebody. */
	{ "28", POSTGRES_FATAL,
	  "check the user, the password (PGPASSWORD, ~/.pgpass), and the server's pg_hba.conf" },
	{ "3D000", POSTGRES_FATAL, "make that database (createdb), or name another" },
	{ "42501", POSTGRES_FATAL,
	  "it needs the rights of whoever owns the crawl: connect as that user, or GRANT them" },
	{ "3F000", POSTGRES_FATAL, "its schema has gone: begin anew" },
	{ "42703", POSTGRES_FATAL,
	  "its tables are of another version of crawl: go on with that one, or begin anew" },
	{ "42P01", POSTGRES_FATAL,
	  "a table of the crawl has gone, or somebody's trigger wants one "
	  "that is not there" },
	{ "2BP01", POSTGRES_FATAL, "something of yours stands on it: drop that first" },
	{ "XX001", POSTGRES_FATAL, "data on the server is damaged" },
	{ "XX002", POSTGRES_FATAL, "an index on the server is damaged: REINDEX it" },
};
#define FAULT_COUNT (sizeof(faults) / sizeof(faults[0]))

static size_t find_fault(const char *state)
{
	size_t i = 0;

	while (i < FAULT_COUNT && strncmp(state, faults[i].state, strlen(faults[i].state)) != 0)
		i++;
	return i;
}

static const char *advice_of(const char *state)
{
	size_t found = find_fault(state);

	return found < FAULT_COUNT ? faults[found].advice : NULL;
}

enum postgres_fault postgres_fault_of(const char *sqlstate)
{
	size_t found;

	if (!sqlstate)
		return POSTGRES_LOST;
	found = find_fault(sqlstate);
	return found < FAULT_COUNT ? faults[found].fault : POSTGRES_FATAL;
}

/*
 * A pooler says all of its own troubles as 08P01: that the server has gone, that it has no session
 * left.  It knows nothing of a field that each server sends since 9.6.
 */
static bool is_of_pooler(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state && strcmp(state, "08P01") == 0 &&
	       !PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
}

enum postgres_fault postgres_fault_of_result(const PGresult *result)
{
	return is_of_pooler(result)
		       ? POSTGRES_LOST
		       : postgres_fault_of(PQresultErrorField(result, PG_DIAG_SQLSTATE));
}

/* ---- what a connection was refused for ---- */

#define STATE_SIZE 5 /* of an SQLSTATE */

#define POOLER_IS_FULL                                                                    \
	"the pooler before the server has no connection left: it needs 3 for each node, " \
	"and 1 for who reads (pgbouncer: default_pool_size, max_client_conn)"
#define POOLER_IS_ALONE "the pooler before the server does not reach it"

/*
 * By what is said, where no SQLSTATE says it: libpq's own complaints have none, and poolers give
 * one for all (08P01, XX000).
 */
static const struct {
	const char *words, *state; /* of one that is the same */
	const char *advice;        /* NULL: that one's */
} refusals[] = {
	{ "session is read-only", "25006", NULL },
	{ "server is in hot standby mode", "25006", NULL },
	{ "too many clients", "53300", NULL },
	{ "too many connections", "53300", NULL },
	{ "remaining connection slots", "53300", NULL },
	{ "no more connections allowed", "53300", POOLER_IS_FULL },
	{ "query_wait_timeout", "53300", POOLER_IS_FULL },
	{ "could not get connection from the pool", "53300", POOLER_IS_FULL },
	{ "max clients reached", "53300", POOLER_IS_FULL },
	{ "ax client connections reached", "53300", POOLER_IS_FULL },
	{ "EMAXCONN", "53300", POOLER_IS_FULL },
	{ "server login has been failing", "57P0", POOLER_IS_ALONE },
	{ "server_login_retry", "57P0", POOLER_IS_ALONE },
	{ "cannot connect to server", "57P0", POOLER_IS_ALONE },
	{ "server conn crashed", "57P0", POOLER_IS_ALONE },
	{ "connect timeout", "57P0", POOLER_IS_ALONE },
	{ "backend nodes are down", "57P0", POOLER_IS_ALONE },
	{ "unsupported startup parameter", "08P01",
	  "take it out of the URI, or have the pooler let it pass (pgbouncer: "
	  "ignore_startup_parameters)" },
	{ "no such database", "3D000", "name one that the pooler knows" },
	{ "no such user", "28", NULL },
	{ "is starting up", "57P0", NULL },
	{ "is shutting down", "57P0", NULL },
	{ "not yet accepting connections", "57P0", NULL },
	{ "in recovery mode", "57P0", NULL },
	{ "authentication failed", "28", NULL },
	{ "no password supplied", "28", NULL },
	{ "no pg_hba.conf entry", "28", NULL },
	{ "role \"", "28", NULL },
	{ "is not permitted to log in", "28", NULL },
	{ "database \"", "3D000", NULL },
};
#define REFUSAL_COUNT (sizeof(refusals) / sizeof(refusals[0]))

/* Nobody answers, who may do so later.  A name that nobody knows is a slip. */
static const char *const silences[] = {
	"Connection refused", "No such file", "timeout expired", "timed out",
	"unreachable",        "No route",     "Host is down",    "closed the connection",
	"reset by peer",      "Broken pipe",  "EOF detected",    "does not answer",
	"Temporary failure",
};

/* One line of what is said. */
struct refusal {
	struct slice said;
	char state[STATE_SIZE + 1]; /* or empty */
	const char *advice;         /* or NULL */
	bool is_known, heals;
};

static bool has_words(struct slice line, const char *words)
{
	return memmem(line.at, line.size, words, strlen(words)) != NULL;
}

/*
 * "...FATAL:  53300: sorry, too many clients already", as libpq writes it (PQERRORS_VERBOSE), in
 * whatever language the rest is.  Returns where the SQLSTATE begins, or NULL.
 */
static const char *find_state(struct slice line)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *end = line.at + line.size, *at = line.at;

	while ((at = memmem(at, (size_t)(end - at), ":  ", 3))) {
		at += 3;
		if (end - at >= STATE_SIZE + 2 && strspn(at, letters) == STATE_SIZE &&
		    strncmp(at + STATE_SIZE, ": ", 2) == 0)
			return at;
	}
	return NULL;
}

static bool does_heal(size_t fault)
{
	return fault < FAULT_COUNT &&
	       (faults[fault].fault == POSTGRES_LOST || faults[fault].fault == POSTGRES_WAITS);
}

/* A state that says something goes before words, which may be somebody's names. */
static void judge(struct refusal *refusal)
{
	size_t fault = refusal->state[0] ? find_fault(refusal->state) : FAULT_COUNT, i = 0;

	if (!does_heal(fault) && (fault == FAULT_COUNT || !faults[fault].advice)) {
		while (i < REFUSAL_COUNT && !has_words(refusal->said, refusals[i].words))
			i++;
		if (i < REFUSAL_COUNT) {
			fault = find_fault(refusals[i].state);
			refusal->advice = refusals[i].advice;
		}
	}
	refusal->is_known = fault < FAULT_COUNT || refusal->state[0];
	refusal->heals = does_heal(fault);
	if (fault < FAULT_COUNT && !refusal->advice)
		refusal->advice = faults[fault].advice;
	for (i = 0; i < sizeof(silences) / sizeof(silences[0]) && !refusal->is_known; i++)
		refusal->heals |= has_words(refusal->said, silences[i]);
}

/* Behind the first "FATAL:" of the line, where the server says why. */
static struct slice skip_front(struct slice line)
{
	static const char *const fronts[] = { "FATAL:  ", "ERROR:  ", "PANIC:  " };
	const char *end = line.at + line.size;

	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		const char *front = memmem(line.at, line.size, fronts[i], strlen(fronts[i]));

		if (front) {
			front += strlen(fronts[i]);
			return (struct slice){ front, (size_t)(end - front) };
		}
	}
	return line;
}

static struct refusal read_line(struct slice line)
{
	struct refusal refusal = { .said = line };
	const char *state = find_state(line), *end = line.at + line.size;

	if (state) {
		memcpy(refusal.state, state, STATE_SIZE);
		state += STATE_SIZE + 2;
		refusal.said = (struct slice){ state, (size_t)(end - state) };
	} else {
		refusal.said = skip_front(line);
	}
	judge(&refusal);
	while (refusal.said.size && strchr(" .", refusal.said.at[refusal.said.size - 1]))
		refusal.said.size--;
	return refusal;
}

static int weight_of(const struct refusal *refusal)
{
	return 2 * refusal->is_known + refusal->heals;
}

/*
 * There is a line for each server of the URI that was tried, and for each try with and without TLS:
 * what one of them has said counts before the silence of another, and what heals before the rest.
 */
static struct refusal read_refusal(const char *text)
{
	struct refusal best = read_line((struct slice){ text, strcspn(text, "\n") });

	for (text = strchr(text, '\n'); text; text = strchr(text, '\n')) {
		struct refusal next;

		text++;
		next = read_line((struct slice){ text, strcspn(text, "\n") });
		if (weight_of(&next) > weight_of(&best))
			best = next;
	}
	return best;
}

/* What is in no encoding that is known yet is no text for a terminal. */
static void put_text(struct slice said, char *out, size_t size)
{
	const char *at = said.at, *end = at + said.size;
	size_t used = 0;

	while (at < end && used + 1 < size) {
		size_t step = utf8_step(at, end);
		bool is_well = utf8_is_well_formed((struct slice){ at, step });

		if (used + step + 1 > size)
			break;
		for (size_t i = 0; i < step; i++)
			out[used++] = is_well && (unsigned char)at[i] >= ' ' ? at[i] : '?';
		at += step;
	}
	out[used] = '\0';
}

/* What it says, and what to do: the place stands before it. */
static void explain(const char *shown, const struct refusal *why, char *out)
{
	const char *state = why->state[0] ? why->state : NULL, *advice = why->advice;
	char said[201];

	put_text(why->said, said, sizeof(said));
	snprintf(out, STORE_ERROR_MAX, "%.160s: %s%s%s%s%s%s", shown, said, state ? " (" : "",
		 state ? state : "", state ? ")" : "", advice ? ": " : "", advice ? advice : "");
}

/* It was given up before libpq did. */
/* As the connection says. */
static struct refusal refusal_of(const PGconn *connection)
{
	const char *said = connection ? PQerrorMessage(connection) : "";
	struct refusal refusal = read_refusal(said);

	if (postgres_is_silent(connection) && !refusal.is_known)
		refusal = (struct refusal){ .said = SLICE("the server does not answer"),
					    .heals = true };
	if (refusal.said.size == 0)
		refusal.said = SLICE("the connection was lost: is the server running?");
	else if (!refusal.is_known && (refusal.heals || strstr(said, "could not translate") ||
				       strstr(said, "connection to server")))
		refusal.advice = "does the server run there, and can it be reached?";
	return refusal;
}

void postgres_explain(const struct postgres_store *store, const PGconn *connection,
		      const PGresult *result, char out[STORE_ERROR_MAX])
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	struct refusal why;

	if (!state || !said) {
		said = result && PQresultErrorMessage(result)[0] ? PQresultErrorMessage(result)
								 : NULL;
		why = said ? read_refusal(said) : refusal_of(connection);
		explain(store->uri.shown, &why, out);
		return;
	}
	/* Which one it is, stands below. */
	if (strcmp(state, "2BP01") == 0 && PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL))
		said = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	why = read_line((struct slice){ said, strcspn(said, "\n") });
	snprintf(why.state, sizeof(why.state), "%s", state);
	if (!is_of_pooler(result))
		why.advice = advice_of(state);
	explain(store->uri.shown, &why, out);
}

int postgres_fail_to_connect(struct postgres_store *store, const PGconn *connection)
{
	char line[STORE_ERROR_MAX];

	postgres_explain(store, connection, NULL, line);
	return store_fail(&store->base,
			  refusal_of(connection).heals ? STORE_CURE_WAIT : STORE_CURE_NONE, "%s",
			  line);
}

int postgres_fail(struct postgres_store *store, const PGconn *connection, const PGresult *result)
{
	char line[STORE_ERROR_MAX];

	postgres_note_late(store, PQresultErrorField(result, PG_DIAG_SQLSTATE));
	postgres_explain(store, connection, result, line);
	if (store->is_tentative && connection == store->ask && postgres_is_loss(store, result)) {
		snprintf(store->loss, sizeof(store->loss), "%s", line);
		return -1;
	}
	return store_fail(&store->base, STORE_CURE_NONE, "%s", line);
}

int postgres_give_up(struct postgres_store *store, int64_t waited_ms, const char *why)
{
	int patience_ms = store_patience_ms();

	if (waited_ms < patience_ms)
		return 0;
	return store_fail(&store->base, STORE_CURE_NONE, "%.400s (for %d minutes: given up)", why,
			  patience_ms / 60000);
}
