#ifndef POSTGRES_VERBS_H
#define POSTGRES_VERBS_H

#include "store/backend.h"

/* The verbs of store.h, as PostgreSQL does them. */

int postgres_get_totals(struct store *store, struct store_totals *totals);
int postgres_get_last_run(struct store *store, struct store_last_run *last);
int64_t postgres_begin_run(struct store *store, const struct store_run *run);
int postgres_put_asked(struct store *store, const struct store_asked *asked);
int postgres_put_root_pass(struct store *store, struct store_key root);
int postgres_end_run(struct store *store, const char *how);
int postgres_put_patterns(struct store *store, uint64_t config_hash,
			  const struct store_pattern *patterns, size_t count);
int postgres_get_pattern(struct store *store, uint64_t config_hash, const char *name,
			 uint64_t *hash);
uint32_t postgres_get_share_count(const struct store *store);
int postgres_gain(struct store *store, const struct store_events *events);
int postgres_turn(struct store *store, int64_t now_ms, int64_t *due_ms);
int postgres_settle(struct store *store, int timeout_ms);
int postgres_put_host(struct store *store, struct store_key key, struct slice origin);
int postgres_put_robots(struct store *store, struct store_key host, const char *state,
			struct slice robots, int64_t at_ms);
int postgres_get_robots(struct store *store, struct store_key host, struct slice *robots);
int postgres_put_hold(struct store *store, struct store_key host, struct slice origin,
		      int64_t until_ms);
int postgres_put_wait(struct store *store, struct store_key host, int64_t until_ms,
		      const char *why);
int postgres_put_address(struct store *store, struct store_key host, struct slice address);
int postgres_put_url(struct store *store, struct store_key key, const struct store_url *url);
int postgres_put_wanted(struct store *store, struct store_key key, const struct store_url *url);
int postgres_put_set(struct store *store, uint32_t number, struct slice fields);
int postgres_each_set(struct store *store,
		      int (*function)(void *context, uint32_t number, struct slice fields),
		      void *context);
int postgres_get_set(struct store *store, struct store_key key, struct slice *fields);
int postgres_put_root_sets(struct store *store, const struct store_root_set sets[], size_t count);
int postgres_put_root(struct store *store, struct store_key key, const struct store_url *url,
		      bool is_asked_for);
int postgres_ahead(struct store *store, const struct store_key keys[], size_t count);
int postgres_soon(struct store *store, const struct store_key keys[], size_t count);
int postgres_url(struct store *store, struct store_key key, struct store_target *target);
int postgres_put_request(struct store *store, struct store_key key,
			 const struct store_request *request);
int postgres_hand_on_headers(struct store *store);
int postgres_get_request(struct store *store, struct store_key key, struct store_request *request);
int postgres_find_url(struct store *store, struct slice url, struct store_key *key);
int postgres_get_doomed(struct store *store, const struct store_key keys[], size_t count,
			struct store_forgotten *sum);
int postgres_forget(struct store *store, const struct store_key keys[], size_t count,
		    bool reads_rest_again);
int postgres_clear_rejects(struct store *store, const char *list);
int postgres_put_reject(struct store *store, const char *list, uint64_t line, struct slice text,
			const char *reason);
int postgres_try_table(struct store *store, const struct store_table *table,
		       struct store_error *error);
int postgres_put_table(struct store *store, const struct store_table *table);
int postgres_page_open(struct store *store, struct store_key key, bool is_again);
int postgres_page_leave(struct store *store);
int postgres_row(struct store *store, int table, uint32_t number, const struct store_value *values);
int postgres_keep_rows(struct store *store, int table, uint64_t hash);
int postgres_page(struct store *store, const struct store_page *page);
int postgres_put_standing(struct store *store, struct store_key key);
int postgres_put_verdict(struct store *store, struct store_key key,
			 const struct store_verdict *verdict);
int postgres_put_waiting(struct store *store, struct store_key key, bool is_again);
int postgres_clear_content(struct store *store, struct store_key key);
int postgres_each_read(struct store *store,
		       int (*function)(void *context, const struct store_read *read),
		       void *context);
int postgres_clear_rows(struct store *store, struct store_key key, const int tables[],
			size_t count);
int postgres_put_parse(struct store *store, const struct store_parse *parse);
int postgres_begin_parses(struct store *store, const char *how);
int postgres_agree_parses(struct store *store, struct slice ours, struct slice *agreed);
int postgres_take_parses(struct store *store,
			 void (*function)(void *context, uint32_t share, uint64_t done),
			 void *context);
int postgres_put_parsed(struct store *store, uint32_t share, uint64_t done, bool is_all);
int postgres_put_try(struct store *store, const struct store_try *try);
int postgres_get_kept(struct store *store, struct store_key after, struct store_kept *kept);
int postgres_each_kept(struct store *store,
		       int (*function)(void *context, struct store_key key, struct slice final_url),
		       void *context);
int postgres_hide(struct store *store);
int postgres_put_cookie(struct store *store, const struct store_cookie *cookie);
int postgres_clear_cookie(struct store *store, const struct store_cookie *cookie);
int postgres_each_cookie(struct store *store,
			 int (*function)(void *context, const struct store_cookie *cookie),
			 void *context);
int postgres_clear_cookies(struct store *store, struct slice host, uint64_t *count);
int postgres_put_host_figures(struct store *store, const struct store_host_figures *figures);
int postgres_put_outcome_figures(struct store *store, const struct store_outcome_figures *figures);
int postgres_put_pattern_figures(struct store *store, const struct store_pattern_figures *figures);
int postgres_put_field_figures(struct store *store, const struct store_field_figures *figures);
int postgres_put_run_host(struct store *store, const struct store_run_host *host);
int postgres_put_run_count(struct store *store, const char *what, const char *value,
			   uint64_t pages);
int postgres_put_run_histogram(struct store *store, const char *what, unsigned bucket,
			       uint64_t pages);
int postgres_put_run_example(struct store *store, const struct store_example *example);
int postgres_put_run_sample(struct store *store, const struct store_sample *sample);
int postgres_thin_run_samples(struct store *store, int64_t step_ms);
int postgres_put_run_event(struct store *store, const struct store_event *event);
int postgres_put_run_finding(struct store *store, const struct store_finding *finding);
int postgres_put_proxy_figures(struct store *store, const struct store_proxy_figures *figures);
uint64_t postgres_get_uncommitted(const struct store *store);
uint64_t postgres_get_replaced(const struct store *store);
int postgres_commit(struct store *store);
int postgres_idle(struct store *store);
int postgres_query(struct store *store, const char *sql,
		   int (*function)(void *context, const struct store_answer *row), void *context);
/* A statement of ours, whose columns may be called as a function is. */
int postgres_query_ours(struct store *store, const char *sql,
			int (*function)(void *context, const struct store_answer *row),
			void *context);
int postgres_query_table(struct store *store, const char *table,
			 int (*function)(void *context, const struct store_answer *row),
			 void *context);
int postgres_each_table(struct store *store, int (*function)(void *context, const char *name),
			void *context);
int postgres_each_row(struct store *store, const char *pattern,
		      int (*function)(void *context, const struct store_shown_row *row),
		      void *context);
int postgres_each_newest_row(struct store *store, const char *pattern,
			     int (*function)(void *context, const struct store_shown_row *row),
			     void *context);
int postgres_each_matched(struct store *store,
			  int (*function)(void *context, const struct store_matched *page),
			  void *context);
int postgres_find_urls(struct store *store, const struct store_url_filter *filter,
		       const struct store_range *range,
		       int (*function)(void *context, const struct store_found_url *url),
		       void *context, struct store_listed *listed);
int postgres_get_found(struct store *store, struct store_key key, struct store_found_url *found);
int postgres_each_column(struct store *store, const char *pattern,
			 int (*function)(void *context, const char *name, bool is_json),
			 void *context);
int postgres_find_rows(struct store *store, const char *pattern,
		       const struct store_row_filter *filter, const struct store_range *range,
		       int (*function)(void *context, const struct store_shown_row *row),
		       void *context, struct store_listed *listed);
int postgres_sort_rows(struct store *store, const char *pattern, const char *field,
		       const struct store_row_filter *filter, const struct store_range *range,
		       int (*function)(void *context, const struct store_shown_row *row),
		       void *context, struct store_listed *listed);
int postgres_begin_look(struct store *store, unsigned ms);
void postgres_set_read_budget(struct store *store, unsigned ms);
bool postgres_is_late(const struct store *store);
bool postgres_end_look(struct store *store);
bool postgres_is_current(struct store *store);
int postgres_report(struct store *store, enum store_report report, const struct store_about *about,
		    int (*function)(void *context, const struct store_answer *row), void *context);
struct store *postgres_open(const char *where, bool fresh, struct store_error *error);
struct store *postgres_open_read(const char *where, struct store_error *error);
bool postgres_is_in_use(const char *where);
bool postgres_exists(const char *where);
void postgres_close(struct store *store);
void postgres_get_member(const struct store *store, struct store_member *member);
int postgres_each_file(struct store *store,
		       int (*function)(void *context, const struct store_file *file),
		       void *context);
int postgres_begin_list(struct store *store, const char *name, uint64_t hash);
int postgres_end_list(struct store *store, uint64_t hash);
size_t postgres_get_waits(const struct store *store, struct store_wait waits[STORE_WAITS_MAX]);
int64_t postgres_get_lease_ms(const struct store *store);
bool postgres_has_room(const struct store *store);
void postgres_put_load(struct store *store, const struct store_load *load);
bool postgres_is_over(struct store *store, const char **ended);
int postgres_give(struct store *store, uint32_t share);
struct store_quota postgres_get_quota(struct store *store, const char *name, uint64_t total,
				      uint64_t used);
int postgres_tell(const char *where, const struct store_order *order, unsigned *nodes,
		  char names[STORE_ERROR_MAX], struct store_error *error);
bool postgres_is_paused(const struct store *store);
int postgres_send(struct store *store, const struct store_letter *letter);
int postgres_end_letter(struct store *store, const struct store_letter_id *id);

#endif
