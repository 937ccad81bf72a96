#ifndef BACKEND_H
#define BACKEND_H

#include <string.h>

#include "store/store.h"

/*
 * backend: what stands behind the door.
 *
 * Each verb is that of store.h with the same name and the same contract.  A backend's own struct
 * begins with struct store, which its open functions fill in.
 */
struct store_copier;
struct store_backend {
	const char *scheme; /* of "scheme://..."; NULL: takes what has none */

	/* Returns NULL with the reason in error. */
	struct store *(*open)(const char *where, bool fresh, struct store_error *error);
	struct store *(*open_private)(struct store_error *error); /* of the first backend */
	struct store *(*open_read)(const char *where, struct store_error *error);
	bool (*is_in_use)(const char *where); /* or NULL: it cannot tell, and says no */
	void (*close)(struct store *store);

	int (*get_totals)(struct store *store, struct store_totals *totals);
	int (*get_last_run)(struct store *store, struct store_last_run *last);
	int64_t (*begin_run)(struct store *store, const struct store_run *run);
	int (*put_asked)(struct store *store, const struct store_asked *asked);
	int (*put_root_pass)(struct store *store, struct store_key root);
	int (*end_run)(struct store *store, const char *how);
	int (*put_patterns)(struct store *store, uint64_t config_hash,
			    const struct store_pattern *patterns, size_t count);
	int (*get_pattern)(struct store *store, uint64_t config_hash, const char *name,
			   uint64_t *hash);
	uint32_t (*get_share_count)(const struct store *store);

	/* Or NULL, all of them: who has it alone. */
	void (*get_member)(const struct store *store, struct store_member *member);
	int (*each_file)(struct store *store,
			 int (*function)(void *context, const struct store_file *file),
			 void *context);
	int (*begin_list)(struct store *store, const char *name, uint64_t hash);
	int (*end_list)(struct store *store, uint64_t hash);
	bool (*has_share)(const struct store *store, uint32_t share);
	size_t (*get_waits)(const struct store *store, struct store_wait waits[STORE_WAITS_MAX]);
	int64_t (*get_lease_ms)(const struct store *store);
	bool (*has_room)(const struct store *store);
	void (*put_load)(struct store *store, const struct store_load *load);
	bool (*is_over)(struct store *store, const char **ended);
	int (*give)(struct store *store, uint32_t share);
	struct store_quota (*get_quota)(struct store *store, const char *name, uint64_t total,
					uint64_t used);
	int (*tell)(const char *where, const struct store_order *order, unsigned *nodes,
		    char names[STORE_ERROR_MAX], struct store_error *error);
	bool (*is_paused)(const struct store *store);
	int (*check)(const char *where, struct store_error *error);
	bool (*exists)(const char *where);
	const char *(*shown)(const char *where);
	int (*send)(struct store *store, const struct store_letter *letter);
	int (*end_letter)(struct store *store, const struct store_letter_id *id);

	int (*gain)(struct store *store, const struct store_events *events);
	int (*turn)(struct store *store, int64_t now_ms, int64_t *due_ms);
	int (*settle)(struct store *store, int timeout_ms);
	int (*put_host)(struct store *store, struct store_key key, struct slice origin);
	int (*put_robots)(struct store *store, struct store_key host, const char *state,
			  struct slice robots, int64_t at_ms);
	int (*get_robots)(struct store *store, struct store_key host, struct slice *robots);
	int (*put_hold)(struct store *store, struct store_key host, struct slice origin,
			int64_t until_ms);
	int (*put_wait)(struct store *store, struct store_key host, int64_t until_ms,
			const char *why);
	int (*put_address)(struct store *store, struct store_key host, struct slice address);
	int (*put_url)(struct store *store, struct store_key key, const struct store_url *url);
	int (*put_wanted)(struct store *store, struct store_key key, const struct store_url *url);
	int (*put_root)(struct store *store, struct store_key key, const struct store_url *url,
			bool is_asked_for);
	int (*put_set)(struct store *store, uint32_t number, struct slice fields);
	int (*each_set)(struct store *store,
			int (*function)(void *context, uint32_t number, struct slice fields),
			void *context);
	int (*get_set)(struct store *store, struct store_key key, struct slice *fields);
	int (*put_root_sets)(struct store *store, const struct store_root_set sets[], size_t count);
	int (*ahead)(struct store *store, const struct store_key keys[], size_t count);
	int (*soon)(struct store *store, const struct store_key keys[], size_t count); /* or NULL */
	int (*url)(struct store *store, struct store_key key, struct store_target *target);
	int (*put_request)(struct store *store, struct store_key key,
			   const struct store_request *request);
	int (*hand_on_headers)(struct store *store);
	int (*get_request)(struct store *store, struct store_key key,
			   struct store_request *request);
	int (*find_url)(struct store *store, struct slice url, struct store_key *key);
	int (*get_doomed)(struct store *store, const struct store_key keys[], size_t count,
			  struct store_forgotten *sum);
	int (*forget)(struct store *store, const struct store_key keys[], size_t count,
		      bool reads_rest_again);
	int (*clear_rejects)(struct store *store, const char *list);
	int (*put_reject)(struct store *store, const char *list, uint64_t line, struct slice text,
			  const char *reason);
	int (*try_table)(struct store *store, const struct store_table *table,
			 struct store_error *error);
	int (*put_table)(struct store *store, const struct store_table *table);
	int (*page_open)(struct store *store, struct store_key key, bool is_again);
	int (*page_leave)(struct store *store);
	int (*row)(struct store *store, int table, uint32_t number,
		   const struct store_value *values);
	int (*keep_rows)(struct store *store, int table, uint64_t hash);
	int (*page)(struct store *store, const struct store_page *page);
	int (*put_standing)(struct store *store, struct store_key key);
	int (*put_verdict)(struct store *store, struct store_key key,
			   const struct store_verdict *verdict);
	int (*put_waiting)(struct store *store, struct store_key key, bool is_again);
	int (*clear_content)(struct store *store, struct store_key key);
	int (*each_read)(struct store *store,
			 int (*function)(void *context, const struct store_read *read),
			 void *context);
	int (*clear_rows)(struct store *store, struct store_key key, const int tables[],
			  size_t count);
	int (*put_parse)(struct store *store, const struct store_parse *parse);

	/* NULL, all four: nobody else can parse there. */
	int (*begin_parses)(struct store *store, const char *how);
	int (*agree_parses)(struct store *store, struct slice ours, struct slice *agreed);
	int (*take_parses)(struct store *store,
			   void (*function)(void *context, uint32_t share, uint64_t done),
			   void *context);
	int (*put_parsed)(struct store *store, uint32_t share, uint64_t done, bool is_all);
	int (*put_try)(struct store *store, const struct store_try *try);
	int (*get_kept)(struct store *store, struct store_key after, struct store_kept *kept);
	int (*each_kept)(struct store *store,
			 int (*function)(void *context, struct store_key key,
					 struct slice final_url),
			 void *context);
	int (*hide)(struct store *store);
	int (*put_cookie)(struct store *store, const struct store_cookie *cookie);
	int (*clear_cookie)(struct store *store, const struct store_cookie *cookie);
	int (*each_cookie)(struct store *store,
			   int (*function)(void *context, const struct store_cookie *cookie),
			   void *context);
	int (*clear_cookies)(struct store *store, struct slice host, uint64_t *count);
	int (*put_host_figures)(struct store *store, const struct store_host_figures *figures);
	int (*put_outcome_figures)(struct store *store,
				   const struct store_outcome_figures *figures);
	int (*put_pattern_figures)(struct store *store,
				   const struct store_pattern_figures *figures);
	int (*put_field_figures)(struct store *store, const struct store_field_figures *figures);
	int (*put_proxy_figures)(struct store *store, const struct store_proxy_figures *figures);
	int (*put_run_host)(struct store *store, const struct store_run_host *host);
	int (*put_run_count)(struct store *store, const char *what, const char *value,
			     uint64_t pages);
	int (*put_run_histogram)(struct store *store, const char *what, unsigned bucket,
				 uint64_t pages);
	int (*put_run_example)(struct store *store, const struct store_example *example);
	int (*put_run_sample)(struct store *store, const struct store_sample *sample);
	int (*thin_run_samples)(struct store *store, int64_t step_ms);
	int (*put_run_event)(struct store *store, const struct store_event *event);
	int (*put_run_finding)(struct store *store, const struct store_finding *finding);
	uint64_t (*get_uncommitted)(const struct store *store);
	uint64_t (*get_replaced)(const struct store *store); /* or NULL: it takes all */
	int (*commit)(struct store *store);
	int (*idle)(struct store *store);
	int (*query)(struct store *store, const char *sql,
		     int (*function)(void *context, const struct store_answer *row), void *context);
	int (*query_table)(struct store *store, const char *table,
			   int (*function)(void *context, const struct store_answer *row),
			   void *context);
	int (*each_table)(struct store *store, int (*function)(void *context, const char *name),
			  void *context);
	const struct store_copier *copier; /* copy.h; or NULL: it cannot be copied */
	/* Or NULL, all of them: there is nothing to look at. */
	int (*each_row)(struct store *store, const char *pattern,
			int (*function)(void *context, const struct store_shown_row *row),
			void *context);
	int (*each_newest_row)(struct store *store, const char *pattern,
			       int (*function)(void *context, const struct store_shown_row *row),
			       void *context);
	int (*each_matched)(struct store *store,
			    int (*function)(void *context, const struct store_matched *page),
			    void *context);
	int (*find_urls)(struct store *store, const struct store_url_filter *filter,
			 const struct store_range *range,
			 int (*function)(void *context, const struct store_found_url *url),
			 void *context, struct store_listed *listed);
	int (*get_found)(struct store *store, struct store_key key, struct store_found_url *found);
	int (*each_column)(struct store *store, const char *pattern,
			   int (*function)(void *context, const char *name, bool is_json),
			   void *context);
	int (*find_rows)(struct store *store, const char *pattern,
			 const struct store_row_filter *filter, const struct store_range *range,
			 int (*function)(void *context, const struct store_shown_row *row),
			 void *context, struct store_listed *listed);
	int (*sort_rows)(struct store *store, const char *pattern, const char *field,
			 const struct store_row_filter *filter, const struct store_range *range,
			 int (*function)(void *context, const struct store_shown_row *row),
			 void *context, struct store_listed *listed);
	/* Or NULL, all of them: whoever reads from memory needs no budget. */
	int (*begin_look)(struct store *store, unsigned ms);
	void (*set_read_budget)(struct store *store, unsigned ms);
	bool (*is_late)(const struct store *store);
	bool (*end_look)(struct store *store);
	bool (*is_current)(struct store *store);
	int (*report)(struct store *store, enum store_report report,
		      const struct store_about *about,
		      int (*function)(void *context, const struct store_answer *row),
		      void *context);
};

/*
 * The table behind a pattern's view, the index of its key, and the one column of that table that
 * is not a field: names that no pattern and no field may have.  The old ones are of schemas up
 * to 4.
 */
#define STORE_ROWS_PREFIX     "crawl_rows_"
#define STORE_KEY_PREFIX      "crawl_key_"
#define STORE_OLD_ROWS_PREFIX "rows of "
#define STORE_OLD_KEY_PREFIX  "key of "
#define STORE_ROW_COLUMN      "row id"

/* The one of these columns that is called so, in any case, or NULL. */
const struct store_column *store_find_column(const struct store_column *columns, size_t count,
					     const char *name);

struct store {
	const struct store_backend *backend;
	bool has_failed; /* for good: every verb that writes fails from now on */
	struct store_error error;
	char notice[STORE_ERROR_MAX];   /* or empty */
	char trouble[STORE_ERROR_MAX];  /* that heals by itself; or empty */
	bool (*on_wait)(void *context); /* store_watch_wait(), or NULL */
	void *wait_context;
	char refusal[STORE_ERROR_MAX];       /* of a row of the open page; or empty */
	uint64_t refused_late;               /* pages, store_get_refused_late() */
	char missing_table[STORE_ERROR_MAX]; /* that the last query asked for; or empty */
	bool is_parsed;                      /* all of it, where nobody else can */
};

/*
 * Note why a store has failed; the first reason stands, for what fails after it fails because of
 * it.  Returns -1.
 */
int store_fail(struct store *store, enum store_cure cure, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Of a verb that waits for what store_trouble() says: does whoever watches want it to go on? */
bool store_waits_on(const struct store *store);

/* ---- what is said of a user's query, by whatever stands behind the door ---- */

#define STORE_NO_COOKIES \
	"crawl_cookies is not for queries: crawl cookies tells of it, without values"
#define STORE_ONLY_QUERIES \
	"only queries are allowed here: this would change the database or the connection"
#define STORE_NO_SQL        "there is no SQL in this"
#define STORE_ONE_AT_A_TIME "one statement at a time, please: there is a second one"

/* Show the line that the error is on, and where: at this byte of sql. */
void store_append_caret(char error[STORE_ERROR_MAX], const char *sql, size_t offset);

/* Times as people see them, in every backend: time.c. */
#define STORE_TIME_SIZE 25 /* "2024-02-29T23:59:59.999Z", with the NUL */
void store_time_text(int64_t unix_ms, char text[STORE_TIME_SIZE]);
int64_t store_now_ms(void);

/* Another backend from now on: for tests. */
void store_add_backend(const struct store_backend *backend);

/* Did it bring content?  One that moved is done, and another URL brings it. */
static inline bool store_page_is_read(const struct store_page *page)
{
	return page->state == STORE_DONE && strcmp(page->outcome, "moved") != 0;
}

#endif
