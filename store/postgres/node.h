#ifndef POSTGRES_NODE_H
#define POSTGRES_NODE_H

#include "store/postgres/line.h"

/*
 * node: who we are among those that crawl into one database: a row of crawl_nodes, its lease, the
 * shares that are ours.
 *
 * The id is 63 random bits, and is in the application_name of all our connections ("crawl ID"), so
 * that whoever finds the lease over can end them.  The lease is 20 s by the server's clock, and is
 * renewed each 5 s on a connection of its own (line.h), beside a pipe that may be busy; here it is
 * counted by CLOCK_BOOTTIME from before the renewal was sent, less 2 s.
 *
 * A node that was buried, or whose last batches the server does not have, starts over: it loses
 * every share, and joins the same run again under another id.
 */

#define POSTGRES_PIPE_NAME " pipe"
/* SQL: is a session of this row of pg_stat_activity one of this row of crawl_nodes? */
#define POSTGRES_IS_SESSION_OF(a, k)                    \
	a ".application_name IN ('crawl ' || " k ".id," \
	  " 'crawl ' || " k ".id || '" POSTGRES_PIPE_NAME "')"

/*
 * SQL: a statement that ends the sessions that this selects from pg_stat_activity a.  By the rights
 * of who has logged in: the user of a session is that one, also where his role is set to another
 * (ALTER ROLE me SET role = owner), who may end nothing of it.
 */
#define POSTGRES_END_SESSIONS(selected)                                                 \
	"WITH login AS MATERIALIZED (SELECT current_setting('role') AS role,"           \
	"  set_config('role', 'none', true) AS none),"                                  \
	" ended AS MATERIALIZED (SELECT count(pg_terminate_backend(a.pid)) AS sessions" \
	"  FROM login, pg_stat_activity a" selected " AND login.none IS NOT NULL"       \
	"  AND a.pid <> pg_backend_pid())"                                              \
	" SELECT set_config('role', login.role, true) FROM ended, login WHERE ended.sessions >= 0"

/* All times that nodes live by are parts of this one, which all of a crawl have in common: tests
 * set it, or CRAWL_LEASE_MS does. */
extern int postgres_lease_ms;
#define POSTGRES_LEASE_MS_MIN 200

/* What each share is to us. */
enum postgres_share {
	POSTGRES_NOT_OURS,
	POSTGRES_COMING, /* ours, and its URLs are being read (flow.h) */
	POSTGRES_OURS,
	POSTGRES_GOING, /* release was called for it */
	POSTGRES_GIVEN, /* store_give() was; the batch is not committed */
};

/* What all may do together so and so often: our part of it. */
struct postgres_quota {
	char name[32];
	uint64_t total, granted, used;
	uint64_t part;      /* the last that was granted */
	int64_t again_ms;   /* CLOCK_BOOTTIME: not asked for before; or 0 */
	bool is_waited_for; /* what others may give back */
	bool is_known /* to the server */, is_wanted, is_last;
};

struct postgres_node {
	int64_t id;
	int64_t first_id; /* of its first life: what it adds up goes on when it starts over */
	char *versions;
	char name[64];
	char application[40];      /* of our sessions, but for the pipe's, which has */
	char pipe_application[48]; /* POSTGRES_PIPE_NAME behind it */
	bool has_joined, is_alone /* of no run */;
	char *parses;   /* how, if it parses pages again; or NULL */
	bool is_over;   /* nobody has anything left to do */
	char ended[32]; /* as what somebody has ended the run; or empty */
	struct store_load load;
	bool has_load;    /* the caller's */
	int64_t seed_n;   /* the batch that has the last of what it read of its lists; 0: none */
	int64_t clock_ms; /* what the caller's clock is before CLOCK_BOOTTIME */
	int64_t ahead_ms; /* what our dates are of the server's, if that is worth a word; or 0 */
	int64_t hold_ahead_ms; /* the same, if it matters to hosts that are left alone */
	bool is_clock_told;

	/* lease.c */
	struct postgres_line line;
	int task;             /* what is under way on it */
	int64_t sent_ms;      /* when it was sent */
	int64_t committed;    /* what the pipe knew then */
	int64_t lease_end_ms; /* CLOCK_BOOTTIME; 0: none */
	int64_t renew_ms, look_ms, beat_ms, fold_ms, folded;
	bool is_lost;        /* we are not this node any more, and join again */
	uint64_t lives;      /* how often we have started over */
	int64_t lost_id;     /* who we were, and what is to lapse; or 0 */
	int64_t lost_n;      /* what was committed of it */
	int64_t take_ms;     /* CLOCK_BOOTTIME before which no share is taken */
	unsigned live, late; /* nodes, as of the last renewal */
	bool is_burying;     /* their sessions have been ended */
	bool looks_over;
	bool says_trouble /* of the line */, is_trouble_told /* that of the pipe, to all */;
	bool is_refused; /* we start over in the next turn */

	/* shares.c */
	uint8_t *shares;      /* of POSTGRES_SHARES: enum postgres_share */
	uint32_t share_count; /* that are coming or ours */
	uint64_t free_shares; /* of nobody, as of the last look */
	bool is_taking;
	struct postgres_taken *taken; /* that the server says are ours */
	int64_t given_n;  /* the batch that has the last share that was given; 0: none */
	uint32_t next;    /* where the search for one to be given goes on */
	int64_t idle_n;   /* the batch that said that we are idle; 0: none */
	int64_t looked_n; /* the last of these that was looked after */

	/* orders.c */
	int64_t order_last, order_seen, order_told;
	int64_t order_n; /* the batch that has what came of the last one */
	bool hears_old, is_paused;
	PGresult *orders; /* that came, to be heard in the next turn; or NULL */

	/* quotas.c */
	struct postgres_quota *quotas;
	size_t quota_count;
	size_t quota_asked;    /* the one that a question is about */
	uint64_t quota_before; /* and what had been used of it, if it is the first */
};

/* ---- node.c ---- */

/* Nobody yet, for a run, or alone (NULL); the caller frees it. */
struct postgres_node *postgres_node_new(const struct store_run *run);
void postgres_node_free(struct postgres_node *node);
struct postgres_node *postgres_node_of(const struct store *store);

/* Another id, as nobody has it. */
void postgres_node_name(struct postgres_node *node);

/* Close the open batch, though nobody has said commit: who writes is told before. */
void postgres_node_close_batch(struct postgres_store *store, void (*note)(void *context),
			       void *context);

/* Does it read its lists, or is not all of that committed? */
bool postgres_node_is_seeding(const struct postgres_store *store);

/* Make sure that ask is connected, before it is to write.  Returns 0 or -1.  Or do so with the next
 * question, which only reads. */
int postgres_node_wake(struct postgres_store *store);
void postgres_node_wake_with(struct postgres_store *store);

/* Is our row there, and are we heard? */
static inline bool postgres_node_is_up(const struct postgres_node *node)
{
	return node && !node->is_lost;
}

/* ---- join.c, parses.c ---- */

/* Who parses pages again, in the transaction of who joins so many others. */
int postgres_parses_join(struct postgres_store *store, unsigned others);

/* ---- leave.c ---- */

/* Settle what was closed, and be no node any more: our shares are free.  The run goes on. */
void postgres_node_leave(struct postgres_store *store, const char *how);

/* ---- lease.c ---- */

/* SQL: is the lease of this row of crawl_nodes over?  $1 is its length in ms.  After the server was
 * started everybody has the time of a lease to come back. */
#define POSTGRES_IS_LATE(row)                                                                      \
	"greatest(" row ".lease_until, pg_postmaster_start_time() + $1::bigint * interval '1 ms')" \
	" < clock_timestamp()"
extern const char postgres_terminate_sql[]; /* $1: ms */
extern const char postgres_bury_sql[];

/* SQL: are all nodes of this run idle, at their last batch, and is nothing left of it? */
#define POSTGRES_IS_OVER(run)                                             \
	"(EXISTS (SELECT 1 FROM crawl_nodes k WHERE k.run = " run ")"     \
	" AND NOT EXISTS (SELECT 1 FROM crawl_nodes k WHERE k.run = " run \
	"  AND (k.is_seeding OR k.idle_at IS DISTINCT FROM"               \
	"   (SELECT max(b.n) FROM crawl_batches b WHERE b.node = k.id)"   \
	"   OR EXISTS (SELECT 1 FROM crawl_orders o WHERE o.run = " run   \
	"    AND o.id > k.order_seen)))"                                  \
	" AND NOT EXISTS (SELECT 1 FROM crawl_shares WHERE node IS NULL)" \
	" AND NOT EXISTS (SELECT 1 FROM crawl_inbox))"

/* SQL: now, as tables show it. */
#define POSTGRES_NOW_TEXT \
	"to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

/* CRAWL_LEASE_MS, if it says something that can be. */
void postgres_lease_read(void);

void postgres_lease_begin(struct postgres_store *store, int64_t sent_ms);

/* May we say of others that they are dead?  Whoever has just come back may not, for the time of a
 * lease: it may be that nobody could renew his, of which a server that took over knows nothing. */
bool postgres_lease_may_judge(const struct postgres_node *node);
int postgres_lease_turn(struct postgres_store *store);
int64_t postgres_lease_due(const struct postgres_store *store); /* CLOCK_BOOTTIME */

/* The server has refused us: every share is lost, and we join again. */
void postgres_node_start_over(struct postgres_store *store);

/* Renew, if it is time: called while something else is waited for, so that nobody takes us for
 * dead.  Waits for nothing.  Returns false: there is nothing to be renewed. */
bool postgres_node_beat(struct postgres_store *store);

/* ---- clocks.c ---- */

/* SQL: what compares clocks; and what the server's is, as it said since then (CLOCK_BOOTTIME). */
#define POSTGRES_CLOCK_MS "(1000 * extract(epoch FROM clock_timestamp()))::bigint"
void postgres_compare_clocks(struct postgres_store *store, int64_t sent_ms, int64_t server_ms);

/* A date by our clock is another by the server's, which is all nodes', if they are far apart; and
 * one that stands there, by ours.  0 stays 0. */
int64_t postgres_date(const struct postgres_store *store, int64_t our_ms);
int64_t postgres_our_date(const struct postgres_store *store, int64_t server_ms);

/* The same of a time before which a host is not to be asked: there a second is one. */
int64_t postgres_hold_date(const struct postgres_store *store, int64_t our_ms);
int64_t postgres_our_hold_date(const struct postgres_store *store, int64_t server_ms);

/* The same of what was so long ago, for who is no node yet. */
int64_t postgres_moment_here(int64_t server_ms, int64_t ago_ms, int64_t now_ms);

/* ---- shares.c ---- */

void postgres_shares_turn(struct postgres_store *store);
void postgres_shares_lose(struct postgres_store *store);

/* ---- orders.c, quotas.c ---- */

extern const char postgres_order_sql[]; /* $1: ms of a lease, $2: what, $3: text */
void postgres_orders_keep(struct postgres_node *node, const PGresult *orders);
void postgres_orders_turn(struct postgres_store *store);
bool postgres_orders_are_done(const struct postgres_store *store);
struct postgres_quota *postgres_quota_wanted(struct postgres_node *node);
struct postgres_quota *postgres_quota_unspent(struct postgres_node *node);
uint64_t postgres_quota_left(const struct postgres_node *node); /* of what others wait for */
uint64_t postgres_quota_step(const struct postgres_quota *quota);
/* What is left is no more than so many parts. */
int64_t postgres_quota_divisor(const struct postgres_node *node);

#endif
