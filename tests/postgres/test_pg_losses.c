#include "tests/support/test.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/postgres/internal.h"
#include "tests/support/postgres_server.h"
#include "tests/support/relay.h"

/*
 * What is waited for, and loses its connection: in the middle of a transaction, or after it, before
 * anybody has said so.  A trigger sleeps where that is to be, and a process beside the test sees it
 * sleep, and does it.
 */

static struct postgres_server server;
static struct relay relay;
static unsigned schema_number;
static char schema[32], uri[POSTGRES_URI_MAX], by_relay[] = "/tmp/crawl-relay-XXXXXX";

/* ---- a server, and a bad line to it ---- */

static int start_server(void **state)
{
	(void)state;
	if (!postgres_server_is_there())
		return 0;
	return postgres_server_start(&server, NULL) ||
	       relay_start_before(&relay, by_relay, server.folder);
}

static int stop_server(void **state)
{
	(void)state;
	relay_end_before(&relay, by_relay);
	postgres_server_stop(&server);
	return 0;
}

static int new_schema(void **state)
{
	(void)state;
	snprintf(schema, sizeof(schema), "crawl%u", ++schema_number);
	snprintf(uri, sizeof(uri), "postgresql://crawl@/postgres?host=%s&schema=%s", by_relay,
		 schema);
	return 0;
}

static const char *ask(const char *sql)
{
	return postgres_server_ask(&server, schema, sql);
}

static struct store *open_store(void)
{
	struct store_error error = { .text = "" };
	struct store *store = store_open(uri, false, &error);

	assert_string_equal(error.text, "");
	assert_non_null(store);
	return store;
}

static int64_t begin(struct store *store)
{
	const struct store_run run = {
		.command_line = "crawl urls.txt",
		.versions = "crawl 1.0 libcurl 8",
		.config_hash = 7,
	};

	return store_begin_run(store, &run);
}

/* ---- losses ---- */

enum loses {
	ITSELF,     /* the server's process ends, and what it did is not done */
	ITS_ANSWER, /* it is done, and nobody hears of it */
	ITS_LINE,   /* it is still being done when the line is cut, and is done then */
};

struct loss {
	const char *what;
	const char *trigger; /* its event and its table */
	bool is_in_commit;   /* that is where it sleeps */
	enum loses loses;
};

/* Once, for as long as whoever disturbs may need; what is then done again is done at once. */
static void make_trigger(const struct loss *loss)
{
	char sql[512];

	assert_string_equal(ask("CREATE SEQUENCE times; CREATE FUNCTION sleeps() RETURNS trigger"
				" LANGUAGE plpgsql AS 'BEGIN IF nextval(''times'') = 1 THEN PERFORM"
				" pg_sleep(1.5); END IF; RETURN NULL; END'"),
			    "");
	snprintf(sql, sizeof(sql),
		 "CREATE %s TRIGGER t AFTER %s %s FOR EACH ROW EXECUTE FUNCTION sleeps()",
		 loss->is_in_commit ? "CONSTRAINT" : "", loss->trigger,
		 loss->is_in_commit ? "DEFERRABLE INITIALLY DEFERRED" : "");
	assert_string_equal(ask(sql), "");
}

static bool somebody_sleeps(void)
{
	return atoi(ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")) > 0;
}

static bool somebody_writes(void)
{
	return atoi(ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client"
			" backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()")) > 0;
}

/* Of a process of its own. */
static void disturb(const struct loss *loss)
{
	while (!somebody_sleeps())
		poll(NULL, 0, 1);
	if (loss->loses == ITSELF) {
		ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		    " WHERE wait_event = 'PgSleep'");
		return;
	}
	relay_set(&relay, (struct relay_line){ .holds_down = true });
	while (loss->loses == ITS_ANSWER && somebody_sleeps())
		poll(NULL, 0, 1);
	while (loss->loses == ITS_ANSWER && somebody_writes())
		poll(NULL, 0, 1);
	relay_cut(&relay);
	relay_set(&relay, (struct relay_line){ 0 });
}

static pid_t begin_disturbing(const struct loss *loss)
{
	pid_t pid;

	make_trigger(loss);
	pid = fork();
	if (pid == 0) {
		alarm(20);
		disturb(loss);
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void end_disturbing(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- tests ---- */

static void what_is_lost_at_the_end_of_a_run_ends_it_once(void **state)
{
	static const struct loss losses[] = {
		{ "within it", "UPDATE ON runs", false, ITSELF },
		{ "its COMMIT", "DELETE ON crawl_nodes", true, ITSELF },
		{ "its answer", "DELETE ON crawl_nodes", true, ITS_ANSWER },
		{ "its line", "DELETE ON crawl_nodes", true, ITS_LINE },
	};

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct store_member member;
		struct store *store;
		pid_t pid;

		new_schema(NULL);
		store = open_store();
		assert_int_equal(begin(store), 1);
		pid = begin_disturbing(&losses[i]);
		if (store_end_run(store, "finished"))
			fail_msg("%s: %s", losses[i].what, store_error(store)->text);
		end_disturbing(pid);
		store_get_member(store, &member);
		assert_true(member.has_ended);
		assert_string_equal(ask("SELECT count(*), min(ended) FROM runs"), "1|finished");
		assert_string_equal(ask("SELECT count(*), min(ended) FROM crawl_past_nodes"),
				    "1|left");
		assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "0");
		store_close(store);
	}
}

static void put_a_pattern(struct store *store)
{
	const struct store_column columns[] = { { .name = "name", .kind = STORE_TEXT } };
	const struct store_table table = { .name = "films", .columns = columns, .column_count = 1 };
	const struct store_pattern pattern = { .name = "films", .hash = 5 };

	assert_int_not_equal(store_put_table(store, &table), 0);
	assert_int_equal(store_put_patterns(store, 7, &pattern, 1), 0);
}

/* Of a run that was founded, and whose founder did not hear of it, nothing is left but its number;
 * and all that belongs to the next one is made. */
static void what_is_lost_at_the_begin_of_a_run_is_begun_once_more(void **state)
{
	static const struct {
		struct loss loss;
		int64_t run;
		const char *runs;
	} begins[] = {
		{ { "within it", "INSERT ON crawl_nodes", false, ITSELF }, 1, "1|" },
		{ { "its COMMIT", "INSERT ON crawl_nodes", true, ITSELF }, 1, "1|" },
		{ { "its answer", "INSERT ON crawl_nodes", true, ITS_ANSWER }, 2, "1|killed\n2|" },
		{ { "its line", "INSERT ON crawl_nodes", true, ITS_LINE }, 2, "1|killed\n2|" },
	};

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		struct store *store;
		pid_t pid;

		new_schema(NULL);
		store = open_store();
		put_a_pattern(store);
		pid = begin_disturbing(&begins[i].loss);
		if (begin(store) != begins[i].run)
			fail_msg("%s: %s", begins[i].loss.what, store_error(store)->text);
		end_disturbing(pid);
		assert_string_equal(ask("SELECT id, ended FROM runs ORDER BY id"), begins[i].runs);
		assert_string_equal(ask("SELECT count(*), count(DISTINCT n.id) FROM crawl_shares s"
					" JOIN crawl_nodes n ON n.id = s.node"),
				    "4096|1");
		assert_string_equal(ask("SELECT count(*) FROM films"), "0");
		assert_string_equal(ask("SELECT pattern FROM crawl_patterns"), "films");
		assert_int_equal(store_end_run(store, "finished"), 0);
		store_close(store);
	}
}

/* Two that parse pages again are of no run: who meets what he was himself, goes on. */
static void what_is_lost_by_who_is_of_no_run_is_begun_once_more(void **state)
{
	static const struct loss losses[] = {
		{ "its answer", "INSERT ON crawl_nodes", true, ITS_ANSWER },
		{ "its line", "INSERT ON crawl_nodes", true, ITS_LINE },
	};

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct store *store;
		pid_t pid;

		new_schema(NULL);
		store = open_store();
		pid = begin_disturbing(&losses[i]);
		if (postgres_begin(postgres_of(store)))
			fail_msg("%s: %s", losses[i].what, store_error(store)->text);
		end_disturbing(pid);
		assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "1");
		store_close(store);
		assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "0");
	}
}

/* Each try is lost: that is said, and ends it. */
static void what_is_lost_each_time_is_given_up(void **state)
{
	struct store *store;

	NEEDS_SERVER();
	store = open_store();
	assert_string_equal(
		ask("CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS"
		    " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';"
		    "CREATE TRIGGER t AFTER INSERT ON crawl_nodes FOR EACH ROW"
		    " EXECUTE FUNCTION dies()"),
		"");
	assert_int_equal(begin(store), 0);
	assert_non_null(strstr(store_error(store)->text, "terminating connection"));
	assert_string_equal(ask("SELECT count(*) FROM runs"), "0");
	store_close(store);
}

/* ---- what is sent with the next question ---- */

static void what_is_queued_is_asked_before_the_next_question(void **state)
{
	const struct store_value values[] = { postgres_of_integer(3), postgres_of_string("d'or") };
	struct postgres_store *store;
	PGresult *first = NULL, *result;

	NEEDS_SERVER();
	store = postgres_of(open_store());
	postgres_queue(store, "CREATE TEMPORARY TABLE t (n int, s text)", NULL, 0);
	postgres_queue(store, "INSERT INTO t VALUES ($1, $2)", values, 2);
	postgres_queue_question(store, "SELECT count(*) FROM t", NULL, 0, &first);
	result = postgres_ask(store, "SELECT n, s FROM t", NULL, 0);
	assert_string_equal(PQgetvalue(first, 0, 0), "1");
	assert_string_equal(PQgetvalue(result, 0, 0), "3");
	assert_string_equal(PQgetvalue(result, 0, 1), "d'or");
	PQclear(first);
	PQclear(result);
	result = postgres_ask(store, "SELECT count(*) FROM t", NULL, 0); /* and only once */
	assert_string_equal(PQgetvalue(result, 0, 0), "1");
	PQclear(result);
	store_close(&store->base);
}

/* Also where the last one is well. */
static void what_is_queued_and_fails_is_told_of_and_nothing_behind_it_is_done(void **state)
{
	struct postgres_store *store;
	PGresult *first = NULL;

	NEEDS_SERVER();
	store = postgres_of(open_store());
	postgres_queue(store, "CREATE TABLE kept (n int)", NULL, 0);
	postgres_queue_question(store, "SELECT 1 / 0", NULL, 0, &first);
	postgres_queue(store, "CREATE TABLE never (n int)", NULL, 0);
	assert_null(postgres_ask(store, "SELECT 1", NULL, 0));
	assert_null(first);
	assert_non_null(strstr(store_error(&store->base)->text, "division by zero"));
	/* Without BEGIN they are one transaction. */
	assert_string_equal(ask("SELECT count(*) FROM pg_class WHERE relname IN ('kept', 'never')"),
			    "0");
	store_close(&store->base);
}

static void what_is_queued_is_sent_before_scripts_and_scans(void **state)
{
	struct postgres_store *store;
	int64_t count = 0;

	NEEDS_SERVER();
	store = postgres_of(open_store());
	postgres_queue(store, "CREATE TEMPORARY TABLE t (n int)", NULL, 0);
	assert_int_equal(
		postgres_script(store, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"), 0);
	postgres_queue(store, "INSERT INTO t VALUES (3)", NULL, 0);
	assert_int_equal(postgres_number(store, "SELECT count(*) FROM t", NULL, 0, &count), 0);
	assert_int_equal(count, 3);
	store_close(&store->base);
}

/* The connection was lost before; what only reads is asked again, all of it. */
static void what_is_queued_is_asked_again_with_the_question(void **state)
{
	struct postgres_store *store;
	PGresult *first = NULL;
	int64_t number = 0;

	NEEDS_SERVER();
	store = postgres_of(open_store());
	postgres_queue_question(store, "SELECT 5", NULL, 0, &first);
	relay_cut(&relay);
	assert_int_equal(postgres_number(store, "SELECT 6", NULL, 0, &number), 0);
	assert_int_equal(number, 6);
	assert_string_equal(PQgetvalue(first, 0, 0), "5");
	PQclear(first);

	postgres_queue(store, "CREATE TEMPORARY TABLE t (n int)", NULL, 0);
	relay_cut(&relay);
	assert_int_equal(postgres_number(store, "SELECT 7", NULL, 0, &number), -1);
	store_close(&store->base);
}

#define T(test) cmocka_unit_test_setup(test, new_schema)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_lost_at_the_end_of_a_run_ends_it_once),
		T(what_is_lost_at_the_begin_of_a_run_is_begun_once_more),
		T(what_is_lost_by_who_is_of_no_run_is_begun_once_more),
		T(what_is_lost_each_time_is_given_up),
		T(what_is_queued_is_asked_before_the_next_question),
		T(what_is_queued_and_fails_is_told_of_and_nothing_behind_it_is_done),
		T(what_is_queued_is_sent_before_scripts_and_scans),
		T(what_is_queued_is_asked_again_with_the_question),
	};

	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
