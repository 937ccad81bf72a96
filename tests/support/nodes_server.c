#include "tests/support/test.h"

#include "tests/support/nodes_server.h"

#ifdef CRAWL_POSTGRES
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct postgres_server nodes_server;
struct relay nodes_relay;

static struct postgres_server other; /* the standby; when it has taken over, the lost primary */
static struct relay standby_line;

const char *const nodes_short_lease[] = { SLOWNESS == 1 ? "CRAWL_LEASE_MS=2000"
							: "CRAWL_LEASE_MS=8000",
					  NULL };

int nodes_server_begin(void **state)
{
	if (!getenv("NODES_SECONDS")) /* each for itself: a program of them has minutes to wait */
		alarm(TEST_SECONDS_MAX);
	if (folder_make(state) < 0)
		return -1;
	if (!postgres_server_is_there())
		return 0;
	return postgres_server_start(&nodes_server, NULL);
}

int nodes_server_end(void **state)
{
	int code = scenario_end(state); /* nobody crawls any more */

	nodes_ask_server(NULL, NULL);
	relay_end(&nodes_relay);
	relay_end(&standby_line);
	if (nodes_server.folder[0])
		postgres_server_stop(&nodes_server);
	if (other.folder[0])
		postgres_server_stop(&other);
	return code;
}

const char *nodes_uri(void)
{
	return postgres_server_uri(&nodes_server, NULL);
}

const char *nodes_relay_uri(void)
{
	static char uri[POSTGRES_URI_MAX];
	char here[100], there[100];

	snprintf(here, sizeof(here), "%s", in_folder(RELAY_SERVER_SOCKET));
	snprintf(there, sizeof(there), "%s/" RELAY_SERVER_SOCKET, nodes_server.folder);
	if (nodes_relay.pid == 0)
		assert_int_equal(relay_start(&nodes_relay, here, there), 0);
	snprintf(uri, sizeof(uri), "postgresql://crawl@/postgres?host=%.*s&port=5432",
		 (int)(strrchr(here, '/') - here), here);
	return uri;
}

/* ---- a standby ---- */

/* Whoever it runs as comes by the line. */
static void open_line(const char *folder)
{
	char here[100], there[100];

	snprintf(here, sizeof(here), "%s/" RELAY_SERVER_SOCKET, folder);
	snprintf(there, sizeof(there), "%s/" RELAY_SERVER_SOCKET, nodes_server.folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(relay_start(&standby_line, here, there), 0);
	assert_int_equal(chmod(here, 0777), 0);
}

const char *nodes_begin_standby(bool is_first)
{
	static char uri[POSTGRES_URI_MAX];
	char folder[80];

	snprintf(folder, sizeof(folder), "%s/line", nodes_server.folder);
	open_line(folder);
	assert_int_equal(postgres_server_start_standby(&other, folder), 0);
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM pg_stat_replication WHERE state ="
					    " 'streaming'") == 1));
	snprintf(uri, sizeof(uri), "postgresql://crawl@/postgres?host=%s,%s&port=5432",
		 is_first ? other.folder : nodes_server.folder,
		 is_first ? nodes_server.folder : other.folder);
	return uri;
}

static bool has_some(void)
{
	static const char sql[] = "SELECT (SELECT count(*) FROM results) > 0 AND"
				  " (SELECT count(*) FROM crawl_nodes) = %ld";
	char of_all[sizeof(sql) + 24];

	snprintf(of_all, sizeof(of_all), sql, nodes_number("SELECT count(*) FROM crawl_nodes"));
	return strcmp(postgres_server_ask(&other, NULL, of_all), "t") == 0;
}

void nodes_hold_standby(void)
{
	assert_true(WAIT_UNTIL(has_some()));
	relay_set(&standby_line, (struct relay_line){ .holds_down = true });
}

static void change_places(void)
{
	struct postgres_server before = nodes_server;

	nodes_server = other;
	other = before;
}

/* What the line held goes with it. */
void nodes_lose_primary(void)
{
	postgres_server_kill(&nodes_server);
	relay_end(&standby_line);
	change_places();
}

void nodes_promote(void)
{
	assert_int_equal(postgres_server_promote(&nodes_server), 0);
}

static bool has_all(void)
{
	char last[64], sql[160];

	snprintf(last, sizeof(last), "%s", nodes_ask_server(NULL, "SELECT pg_current_wal_lsn()"));
	snprintf(sql, sizeof(sql), "SELECT pg_last_wal_replay_lsn() >= '%s'", last);
	return strcmp(postgres_server_ask(&other, NULL, sql), "t") == 0;
}

static bool is_quiet(void)
{
	return nodes_number(
		       "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL") ==
		       0 &&
	       has_all();
}

/* Whoever is in the middle of a transaction may end it, and who has not heard of it, one more. */
void nodes_switch_over(void)
{
	nodes_tell_server("ALTER SYSTEM SET default_transaction_read_only = on");
	nodes_tell_server("SELECT pg_reload_conf()");
	assert_true(WAIT_UNTIL(is_quiet()));
	usleep(200 * 1000 * SLOWNESS);
	assert_true(WAIT_UNTIL(is_quiet()));
	change_places();
	nodes_promote();
}

/* ---- questions ---- */

static void write_rows(const PGresult *result, FILE *out)
{
	for (int row = 0; row < PQntuples(result); row++) {
		for (int i = 0; i < PQnfields(result); i++) {
			if (i > 0 || row > 0)
				fputc(i > 0 ? '|' : '\n', out);
			fputs(PQgetisnull(result, row, i) ? "-" : PQgetvalue(result, row, i), out);
		}
	}
}

/* The caller frees the answer, or *error says why there is none. */
static char *ask_at(const char *uri, const char *sql, char error[500])
{
	PGconn *connection = PQconnectdb(uri);
	PGresult *result = NULL;
	char *answer = NULL;
	size_t size;
	FILE *out;

	if (PQstatus(connection) == CONNECTION_OK) {
		PQclear(PQexec(connection, "SET search_path = crawl"));
		result = PQexec(connection, sql);
	}
	if (PQresultStatus(result) == PGRES_TUPLES_OK ||
	    PQresultStatus(result) == PGRES_COMMAND_OK) {
		out = open_memstream(&answer, &size);
		write_rows(result, out);
		fclose(out);
	} else {
		snprintf(error, 500, "%s", PQerrorMessage(connection));
	}
	PQclear(result);
	PQfinish(connection);
	return answer;
}

const char *nodes_ask_server(const char *where, const char *sql)
{
	static char *answer;
	char error[500];

	free(answer);
	answer = NULL;
	if (!sql)
		return NULL;
	answer = ask_at(where ? where : nodes_uri(), sql, error);
	if (!answer)
		fail_msg("%s: %s", sql, error);
	return answer;
}

PGconn *nodes_lock(const char *table)
{
	PGconn *session = PQconnectdb(nodes_uri());
	char sql[128];

	snprintf(sql, sizeof(sql), "BEGIN; LOCK TABLE crawl.%s IN ACCESS EXCLUSIVE MODE", table);
	PQclear(PQexec(session, sql));
	assert_int_equal(PQtransactionStatus(session), PQTRANS_INTRANS);
	return session;
}

/* Answers that take more than two delays: a worker that stands still is handed no second one. */
const struct nodes_web nodes_usual = {
	.hosts = 30,
	.pages = 8,
	.delay_ms = 250,
	.concurrency = 2,
	.answer_ms = 700,
	.environment = nodes_short_lease,
};

void nodes_begin_two(struct program *nodes[2])
{
	nodes_serve(&nodes_usual);
	nodes[0] = nodes_start(nodes_uri());
	nodes[1] = nodes_start(nodes_uri());
	NODES_UNTIL_PAGES(10);
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM crawl_nodes") == 2));
}

void nodes_end(struct program *const nodes[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		program_wait(nodes[i]);
	for (unsigned i = 0; i < count; i++)
		assert_code(nodes[i], nodes_code());
}

void nodes_assert_as_alone(void)
{
	char *alone = nodes_end_alone(), *together = nodes_result(nodes_ask_server, NULL);

	nodes_assert_same(together, alone);
	nodes_assert_polite();
	free(alone);
	free(together);
}

long nodes_number(const char *sql)
{
	char error[500], *answer = ask_at(nodes_uri(), sql, error);
	long number = answer && *answer ? strtol(answer, NULL, 10) : -1;

	free(answer);
	return number;
}

void nodes_tell_server(const char *sql)
{
	nodes_ask_server(NULL, sql);
}

#endif
