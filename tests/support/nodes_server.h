#ifndef NODES_SERVER_H
#define NODES_SERVER_H

#include "tests/support/nodes.h"
#include "tests/support/postgres_server.h"
#include "tests/support/relay.h"

/* nodes_server: what several machines crawl into: a PostgreSQL server, and bad lines to it. */
extern struct postgres_server nodes_server;

#define NODES_LEASE_MS (2000 * SLOWNESS)

/* Set-up and teardown: a folder, and a server in one of its own. */
int nodes_server_begin(void **state);
int nodes_server_end(void **state);

/* First in each test. */
#define NODES_NEED_SERVER()                         \
	do {                                        \
		if (nodes_server.folder[0] == '\0') \
			skip();                     \
	} while (0)

/* Then, in one that takes long and looks for what others look for, too: `make nodes` has the time.
 */
#define NODES_NEED_TIME()                     \
	do {                                  \
		if (!getenv("NODES_SECONDS")) \
			skip();               \
	} while (0)

/* NULL at the end: the lease is short, so that tests are. */
extern const char *const nodes_short_lease[];

/* What -o is given: straight, and by the relay, which is started then. */
const char *nodes_uri(void);
const char *nodes_relay_uri(void);
extern struct relay nodes_relay;

/*
 * ---- a standby ----
 *
 *	nodes_begin_standby()  there is one, and what -o is then given has both hosts; is_first: it
 *	                       stands before the primary
 *	nodes_hold_standby()   from now on it gets nothing more than the first pages
 *	nodes_lose_primary()   the primary is gone for ever, and the standby, which still only
 *	                       reads, is nodes_server
 *	nodes_promote()        it is written to
 *	nodes_switch_over()    instead of these three: nothing is lost, and who was the primary only
 *	                       reads, and closes nothing
 */
const char *nodes_begin_standby(bool is_first);
void nodes_hold_standby(void);
void nodes_lose_primary(void);
void nodes_promote(void);
void nodes_switch_over(void);

/* Of nodes_result(): where is a URI, or NULL: nodes_uri(). */
const char *nodes_ask_server(const char *where, const char *sql);

/* ---- crawls of a web that most tests have ---- */

extern const struct nodes_web nodes_usual;

/* Two of them crawl it, and both are at work. */
void nodes_begin_two(struct program *nodes[2]);

/* So many end, and all with nodes_code(). */
void nodes_end(struct program *const nodes[], unsigned count);

/* What came of it is what one machine made, nodes_begin_alone(), and no host was asked too often.
 */
void nodes_assert_as_alone(void);

/* A number; -1: the server is away, or there is nothing like that yet. */
long nodes_number(const char *sql);

/* From now on nobody reads or writes this table, until PQfinish(). */
struct pg_conn *nodes_lock(const char *table);

/* Statements that bring no rows. */
void nodes_tell_server(const char *sql);

/* Has a crawl of so many pages come so far? */
#define NODES_UNTIL_PAGES(pages) \
	assert_true(WAIT_UNTIL(nodes_number("SELECT count(*) FROM results") >= (pages)))

#endif
