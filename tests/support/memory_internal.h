#ifndef MEMORY_INTERNAL_H
#define MEMORY_INTERNAL_H

#include "store/backend.h"
#include "tests/support/memory_state.h"
#include "tests/support/memory_store.h"

/*
 * What the files of memory_store share: the open store, and how every verb begins.
 */

#define SCHEME     "memory"
#define NAME_SIZE  64
#define EVENTS_MAX 64
#define READS_MAX  (4 * STORE_AHEAD_MAX)

/* Bytes that are given back together. */
struct bytes {
	struct bytes *next;
	char at[];
};

/* What has a name, and outlives the stores that were opened with it. */
struct crawl {
	struct crawl *next;
	char name[NAME_SIZE];
	struct memory_state durable;
	struct bytes *texts;        /* of all its states */
	bool is_open;               /* by one who writes */
	struct memory_nodes *nodes; /* or NULL: it is nobody's but the one's who writes */
};

struct event {
	uint32_t share;
	bool is_gain;
};

/* A URL that was asked for, or read ahead. */
struct reading {
	struct store_key key;
	bool is_ahead, is_there;
};

/* What the open page had in a table: it goes before the first new row, and may be brought back. */
struct settling {
	unsigned order; /* in which tables were settled, from 1; 0: it is still there */
	bool had_rows;
	struct memory_row *before; /* all rows of all tables, as they were then */
	size_t before_count;
};

struct memory_store {
	struct store base; /* first: the door knows nothing else */
	struct crawl *crawl;
	struct memory_state *state; /* as it is now: its own, or that of all nodes */
	struct memory_state own;
	struct memory_node *node;   /* one of many, or NULL */
	struct memory_state closed; /* the batches that are not durable yet */
	bool has_closed, has_ended;
	bool is_reader;
	uint64_t uncommitted, refused;

	struct memory_store_ways ways;
	unsigned fails_after; /* verbs that write, from 1; 0: never */

	size_t run; /* its number; 0: none yet */
	int64_t pass;
	enum store_pass asks;
	uint64_t config_hash;

	struct store_key page; /* that is open, or none */
	bool must_close;       /* by store_page() */
	bool is_again, is_refused, has_rows;
	bool must_settle; /* rows that it had go, unless they are kept */

	size_t *tables; /* places in the list, by handle - 1 */
	size_t table_count;
	struct settling *settling; /* likewise */
	unsigned settled;          /* tables of the page that is open */

	struct store_events events;
	struct event due[EVENTS_MAX]; /* with turns to come */
	size_t due_count;
	uint32_t lost[EVENTS_MAX];
	size_t lost_count;

	struct reading readings[READS_MAX];
	size_t reading_count;
	struct bytes *lent; /* texts handed out by the last call */
};

static inline struct memory_store *memory_of(struct store *door)
{
	return (struct memory_store *)door;
}

static inline struct memory_list *memory_list_of(struct memory_store *store,
						 enum memory_lists which)
{
	return &store->state->lists[which];
}

/* ---- memory_nodes.c: several stores on one crawl ---- */

/* Of all nodes together: what is committed is in the crawl's durable state. */
struct memory_nodes *memory_nodes_new(const struct memory_state *durable, uint32_t shares);
void memory_nodes_free(struct memory_nodes *nodes);
uint32_t memory_nodes_shares(const struct memory_nodes *nodes);

/* A store is opened, and is closed: what it has not committed is gone. */
void memory_node_open(struct memory_store *store);
void memory_node_close(struct memory_store *store);

/* It begins the run, or joins it: returns whether others are there. */
bool memory_node_join(struct memory_store *store);

/* What has this key is written. */
void memory_node_touch(struct memory_store *store, enum memory_lists which, struct store_key key);
void memory_node_commit(struct memory_store *store);

/* The verbs of store.h for a store that is one of many. */
bool memory_has_share(const struct store *door, uint32_t share);
void memory_get_member(const struct store *door, struct store_member *member);
int64_t memory_get_lease_ms(const struct store *door);
bool memory_has_room(const struct store *door);
void memory_put_load(struct store *door, const struct store_load *load);
bool memory_is_over(struct store *door, const char **ended);
int memory_give(struct store *door, uint32_t share);
struct store_quota memory_get_quota(struct store *door, const char *name, uint64_t total,
				    uint64_t used);
int memory_send(struct store *door, const struct store_letter *letter);
int memory_end_letter(struct store *door, const struct store_letter_id *id);
bool memory_is_paused(const struct store *door);
bool memory_node_is_fenced(const struct memory_store *store);
bool memory_node_is_lent(const struct memory_store *store, struct store_key key);
struct slice memory_node_lent_to(const struct memory_store *store, struct store_key key);

/* All shares that it has are handed out; or a turn of it.  Returns 0 or -1. */
int memory_node_gain(struct memory_store *store);
int memory_node_turn(struct memory_store *store, int64_t now_ms, int64_t *due_ms);

/* ---- memory_store.c ---- */

/* Hand out a share's hosts and URLs. */
int memory_gain_share(struct memory_store *store, uint32_t share);

/* ---- memory_verb.c: complaints, texts, how a verb begins ---- */

/* A line for memory_store_complaint_lines(). */
void memory_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void memory_forget_complaints(void);

/* A slip that SQLite does not survive either.  Returns -1. */
int memory_refuse(struct memory_store *store, const char *what, struct store_key key);

/* Memory that is given back with all of list. */
void *memory_take(struct bytes **list, size_t size);
void memory_give_back(struct bytes **list);

/* A copy for the life of the crawl, or until the next call.  Absent stays absent. */
struct slice memory_keep(struct memory_store *store, struct slice text);
const char *memory_keep_string(struct memory_store *store, const char *string);
struct slice memory_lend(struct memory_store *store, struct slice text);

/* Every verb begins with one of these.  Return 0 or -1. */
int memory_begin_reading(struct memory_store *store);
int memory_begin_writing(struct memory_store *store);

bool memory_is_lost(const struct memory_store *store, uint32_t share);

/* Or with these: to write into what has this key.  Return 1 with it, 0 if it is refused, or -1. */
int memory_host_to_write(struct memory_store *store, struct store_key key,
			 struct memory_host **host);
int memory_url_to_write(struct memory_store *store, struct store_key key, struct memory_url **url);

/* Or with this: an item of zeros for the next number of a share, or NULL: *result says why. */
void *memory_put_next(struct memory_store *store, enum memory_lists which, struct store_key key,
		      int *result);

/* ---- memory_urls.c: hosts, URLs, lists, figures ---- */

int memory_put_host(struct store *door, struct store_key key, struct slice origin);
int memory_put_robots(struct store *door, struct store_key key, const char *state,
		      struct slice robots, int64_t at_ms);
int memory_get_robots(struct store *door, struct store_key key, struct slice *robots);
int memory_put_hold(struct store *door, struct store_key key, struct slice origin,
		    int64_t until_ms);
int memory_put_wait(struct store *door, struct store_key key, int64_t until_ms, const char *why);
int memory_put_address(struct store *door, struct store_key key, struct slice address);
int memory_put_host_figures(struct store *door, const struct store_host_figures *figures);
int memory_put_url(struct store *door, struct store_key key, const struct store_url *row);
int memory_put_wanted(struct store *door, struct store_key key, const struct store_url *row);
int memory_put_root(struct store *door, struct store_key key, const struct store_url *row,
		    bool is_asked_for);
int memory_put_request(struct store *door, struct store_key key,
		       const struct store_request *request);
int memory_hand_on_headers(struct store *door);
int memory_get_request(struct store *door, struct store_key key, struct store_request *request);
int memory_find_url(struct store *door, struct slice url, struct store_key *key);
int memory_ahead(struct store *door, const struct store_key keys[], size_t count);
int memory_url(struct store *door, struct store_key key, struct store_target *target);
int memory_get_doomed(struct store *door, const struct store_key keys[], size_t count,
		      struct store_forgotten *sum);
int memory_forget(struct store *door, const struct store_key keys[], size_t count,
		  bool reads_rest_again);
int memory_clear_rejects(struct store *door, const char *name);
int memory_put_reject(struct store *door, const char *list, uint64_t line, struct slice text,
		      const char *reason);
int memory_put_outcome_figures(struct store *door, const struct store_outcome_figures *figures);
int memory_put_pattern_figures(struct store *door, const struct store_pattern_figures *figures);
int memory_put_run_host(struct store *store, const struct store_run_host *host);
int memory_put_run_count(struct store *store, const char *what, const char *value, uint64_t pages);
int memory_put_run_histogram(struct store *store, const char *what, unsigned bucket,
			     uint64_t pages);
int memory_put_run_example(struct store *store, const struct store_example *example);
int memory_put_run_sample(struct store *store, const struct store_sample *sample);
int memory_thin_run_samples(struct store *store, int64_t step_ms);
int memory_put_run_event(struct store *store, const struct store_event *event);
int memory_put_run_finding(struct store *store, const struct store_finding *finding);
int memory_put_proxy_figures(struct store *door, const struct store_proxy_figures *figures);
int memory_put_field_figures(struct store *door, const struct store_field_figures *figures);

/* ---- memory_sets.c ---- */

int memory_put_set(struct store *door, uint32_t number, struct slice fields);
int memory_each_set(struct store *door,
		    int (*function)(void *context, uint32_t number, struct slice fields),
		    void *context);
int memory_get_set(struct store *door, struct store_key key, struct slice *fields);
int memory_put_root_sets(struct store *door, const struct store_root_set sets[], size_t count);
struct slice memory_set_of(struct memory_store *store, struct store_key root);
void memory_clear_sets(struct memory_store *store);

/* ---- memory_cookies.c ---- */

int memory_hide(struct store *door);
int memory_put_cookie(struct store *door, const struct store_cookie *cookie);
int memory_clear_cookie(struct store *door, const struct store_cookie *cookie);
int memory_each_cookie(struct store *door,
		       int (*function)(void *context, const struct store_cookie *cookie),
		       void *context);
int memory_clear_cookies(struct store *door, struct slice host, uint64_t *count);

/* ---- memory_pages.c: tables, pages, rows ---- */

int memory_try_table(struct store *door, const struct store_table *table,
		     struct store_error *error);
int memory_put_table(struct store *door, const struct store_table *table);
int memory_page_open(struct store *door, struct store_key key, bool is_again);
int memory_page_leave(struct store *store);
int memory_each_read(struct store *door,
		     int (*function)(void *context, const struct store_read *read), void *context);
int memory_clear_rows(struct store *door, struct store_key key, const int tables[], size_t count);
int memory_put_parse(struct store *door, const struct store_parse *parse);
int memory_row(struct store *door, int handle, uint32_t number, const struct store_value *values);
void memory_prune_stale(struct memory_store *store); /* marks of rows that are gone */
int memory_keep_rows(struct store *door, int handle, uint64_t hash);
int memory_page(struct store *door, const struct store_page *page);
int memory_put_standing(struct store *door, struct store_key key);
int memory_put_waiting(struct store *door, struct store_key key, bool is_again);
int memory_clear_content(struct store *door, struct store_key key);
int memory_put_verdict(struct store *door, struct store_key key,
		       const struct store_verdict *verdict);
int memory_put_try(struct store *door, const struct store_try *try);
int memory_get_kept(struct store *door, struct store_key after, struct store_kept *kept);
int memory_each_kept(struct store *door,
		     int (*function)(void *context, struct store_key key, struct slice final_url),
		     void *context);

#endif
