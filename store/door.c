#include "store/backend.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef CRAWL_POSTGRES
#include "store/postgres/postgres.h"
#endif
#include "store/copy.h"
#include "store/misnamed.h"
#include "store/sqlite/sqlite.h"

/* What stands behind the door; the first takes what names no scheme. */
#define BACKENDS_MAX 6
#ifdef CRAWL_POSTGRES
static const struct store_backend *backends[BACKENDS_MAX] = { &sqlite_backend, &postgres_backend,
							      &postgres_short_backend };
static size_t backend_count = 3;
#else
static const struct store_backend *backends[BACKENDS_MAX] = { &sqlite_backend };
static size_t backend_count = 1;
#endif

/* Whoever knows no PostgreSQL was built so (make POSTGRES=0). */
static bool is_left_out(const char *where)
{
	return strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
}

void store_add_backend(const struct store_backend *backend)
{
	if (backend_count < BACKENDS_MAX)
		backends[backend_count++] = backend;
}

/* Who opens this?  NULL: nobody. */
static const struct store_backend *find_backend(const char *where, struct store_error *error)
{
	const char *colon = strstr(where, "://");
	const char *misnamed = store_find_misnamed(where);
	size_t size = colon ? (size_t)(colon - where) : 0;

	if (misnamed) {
		error->cure = STORE_CURE_ASK_OTHERWISE;
		snprintf(error->text, sizeof(error->text), "%s", misnamed);
		return NULL;
	}
	if (!colon)
		return backends[0];
	for (size_t i = 1; i < backend_count; i++) {
		const char *scheme = backends[i]->scheme;

		if (strlen(scheme) == size && memcmp(scheme, where, size) == 0)
			return backends[i];
	}
	error->cure = STORE_CURE_ASK_OTHERWISE;
	if (is_left_out(where))
		snprintf(error->text, sizeof(error->text),
			 "this crawl was built without PostgreSQL (make POSTGRES=0): name a file");
	else
		snprintf(error->text, sizeof(error->text),
			 "no kind of database is called %.*s: name a file, or postgresql://...",
			 (int)size, where);
	return NULL;
}

struct store *store_open_to_copy(const char *where, bool fresh, struct store_error *error)
{
	const struct store_backend *backend = find_backend(where, error);

	return backend ? backend->open(where, fresh, error) : NULL;
}

/* What is half of a crawl is none.  Returns the store, or NULL. */
static struct store *if_whole(struct store *store, struct store_error *error)
{
	const struct store_copier *copier = store ? store->backend->copier : NULL;

	if (!copier || copier->refuse_half(store) == 0)
		return store;
	*error = store->error;
	store_close(store);
	return NULL;
}

struct store *store_open(const char *where, bool fresh, struct store_error *error)
{
	return if_whole(store_open_to_copy(where, fresh, error), error);
}

struct store *store_open_private(struct store_error *error)
{
	return backends[0]->open_private(error);
}

struct store *store_open_read(const char *where, struct store_error *error)
{
	const struct store_backend *backend = find_backend(where, error);

	return backend ? if_whole(backend->open_read(where, error), error) : NULL;
}

bool store_is_in_use(const char *where)
{
	struct store_error error;
	const struct store_backend *backend = find_backend(where, &error);

	return backend && backend->is_in_use && backend->is_in_use(where);
}

void store_close(struct store *store)
{
	if (store)
		store->backend->close(store);
}

/* ---- failing ---- */

int store_fail(struct store *store, enum store_cure cure, const char *format, ...)
{
	va_list arguments;

	if (store->has_failed)
		return -1;
	store->has_failed = true;
	store->error.cure = cure;
	va_start(arguments, format);
	vsnprintf(store->error.text, sizeof(store->error.text), format, arguments);
	va_end(arguments);
	return -1;
}

bool store_has_failed(const struct store *store)
{
	return store->has_failed;
}

const struct store_error *store_error(const struct store *store)
{
	return &store->error;
}

const char *store_trouble(const struct store *store)
{
	return store->trouble[0] ? store->trouble : NULL;
}

void store_watch_wait(struct store *store, bool (*on_wait)(void *context), void *context)
{
	store->on_wait = on_wait;
	store->wait_context = context;
}

bool store_waits_on(const struct store *store)
{
	return !store->on_wait || store->on_wait(store->wait_context);
}

const char *store_notice(const struct store *store)
{
	return store->notice[0] ? store->notice : NULL;
}

const char *store_missing_table(const struct store *store)
{
	return store->missing_table;
}

/* ---- each verb is its backend's ---- */

int store_get_totals(struct store *store, struct store_totals *totals)
{
	return store->backend->get_totals(store, totals);
}

int store_get_last_run(struct store *store, struct store_last_run *last)
{
	return store->backend->get_last_run(store, last);
}

int64_t store_begin_run(struct store *store, const struct store_run *run)
{
	return store->backend->begin_run(store, run);
}

int store_put_asked(struct store *store, const struct store_asked *asked)
{
	return store->backend->put_asked(store, asked);
}

int store_put_root_pass(struct store *store, struct store_key root)
{
	return store->backend->put_root_pass(store, root);
}

int store_end_run(struct store *store, const char *how)
{
	return store->backend->end_run(store, how);
}

int store_put_patterns(struct store *store, uint64_t config_hash,
		       const struct store_pattern *patterns, size_t count)
{
	return store->backend->put_patterns(store, config_hash, patterns, count);
}

int store_get_pattern(struct store *store, uint64_t config_hash, const char *name, uint64_t *hash)
{
	return store->backend->get_pattern(store, config_hash, name, hash);
}

uint32_t store_get_share_count(const struct store *store)
{
	return store->backend->get_share_count(store);
}

/* ---- several machines: who has it alone says nothing ---- */

bool store_has_share(const struct store *store, uint32_t share)
{
	return !store->backend->has_share || store->backend->has_share(store, share);
}

void store_get_member(const struct store *store, struct store_member *member)
{
	*member = (struct store_member){
		.nodes = 1,
		.shares = store_get_share_count(store),
		.all_shares = store_get_share_count(store),
		.name = "",
		.is_of_all = true,
		.has_ended = true,
	};
	if (store->backend->get_member)
		store->backend->get_member(store, member);
}

int store_each_file(struct store *store,
		    int (*function)(void *context, const struct store_file *file), void *context)
{
	return store->backend->each_file ? store->backend->each_file(store, function, context) : 0;
}

int store_begin_list(struct store *store, const char *name, uint64_t hash)
{
	return store->backend->begin_list ? store->backend->begin_list(store, name, hash) : 1;
}

int store_end_list(struct store *store, uint64_t hash)
{
	return store->backend->end_list ? store->backend->end_list(store, hash) : 0;
}

size_t store_get_waits(const struct store *store, struct store_wait waits[STORE_WAITS_MAX])
{
	return store->backend->get_waits ? store->backend->get_waits(store, waits) : 0;
}

int64_t store_get_lease_ms(const struct store *store)
{
	return store->backend->get_lease_ms ? store->backend->get_lease_ms(store) : INT64_MAX;
}

bool store_has_room(const struct store *store)
{
	return !store->backend->has_room || store->backend->has_room(store);
}

void store_put_load(struct store *store, const struct store_load *load)
{
	if (store->backend->put_load)
		store->backend->put_load(store, load);
}

bool store_is_over(struct store *store, const char **ended)
{
	*ended = NULL;
	return !store->backend->is_over || store->backend->is_over(store, ended);
}

int store_give(struct store *store, uint32_t share)
{
	return store->backend->give ? store->backend->give(store, share) : 0;
}

struct store_quota store_get_quota(struct store *store, const char *name, uint64_t total,
				   uint64_t used)
{
	if (store->backend->get_quota)
		return store->backend->get_quota(store, name, total, used);
	return (struct store_quota){ total, true };
}

int store_send(struct store *store, const struct store_letter *letter)
{
	if (store->backend->send)
		return store->backend->send(store, letter);
	return store_fail(store, STORE_CURE_NONE, "a letter to share %u, which is nobody's",
			  letter->share);
}

int store_end_letter(struct store *store, const struct store_letter_id *id)
{
	return store->backend->end_letter ? store->backend->end_letter(store, id) : 0;
}

bool store_is_paused(const struct store *store)
{
	return store->backend->is_paused && store->backend->is_paused(store);
}

int store_tell(const char *where, const struct store_order *order, unsigned *nodes,
	       char names[STORE_ERROR_MAX], struct store_error *error)
{
	const struct store_backend *backend = find_backend(where, error);

	names[0] = '\0';
	*nodes = 0;
	if (backend && backend->tell)
		return backend->tell(where, order, nodes, names, error);
	if (backend)
		*error = (struct store_error){ .text = "a file takes no orders" };
	return -1;
}

int store_check(const char *where, struct store_error *error)
{
	const struct store_backend *backend = find_backend(where, error);

	if (!backend)
		return -1;
	return backend->check ? backend->check(where, error) : 0;
}

bool store_is_file(const char *where)
{
	return !strstr(where, "://") && !store_find_misnamed(where);
}

bool store_exists(const char *where)
{
	struct store_error error;
	const struct store_backend *backend = find_backend(where, &error);

	if (backend && backend->exists)
		return backend->exists(where);
	return !store_is_file(where) || access(where, F_OK) == 0 ||
	       (errno != ENOENT && errno != ENOTDIR);
}

const char *store_shown(const char *where)
{
	struct store_error error;
	const struct store_backend *backend = find_backend(where, &error);

	if (store_find_misnamed(where))
		return "postgresql://...";
	return backend && backend->shown ? backend->shown(where) : where;
}

int store_gain(struct store *store, const struct store_events *events)
{
	return store->backend->gain(store, events);
}

int store_turn(struct store *store, int64_t now_ms, int64_t *due_ms)
{
	return store->backend->turn(store, now_ms, due_ms);
}

int store_settle(struct store *store, int timeout_ms)
{
	return store->backend->settle(store, timeout_ms);
}

int store_put_host(struct store *store, struct store_key key, struct slice origin)
{
	return store->backend->put_host(store, key, origin);
}

int store_put_robots(struct store *store, struct store_key host, const char *state,
		     struct slice robots, int64_t at_ms)
{
	return store->backend->put_robots(store, host, state, robots, at_ms);
}

int store_get_robots(struct store *store, struct store_key host, struct slice *robots)
{
	return store->backend->get_robots(store, host, robots);
}

int store_put_hold(struct store *store, struct store_key host, struct slice origin,
		   int64_t until_ms)
{
	return store->backend->put_hold(store, host, origin, until_ms);
}

int store_put_wait(struct store *store, struct store_key host, int64_t until_ms, const char *why)
{
	return store->backend->put_wait(store, host, until_ms, why);
}

int store_put_address(struct store *store, struct store_key host, struct slice address)
{
	return store->backend->put_address(store, host, address);
}

int store_put_url(struct store *store, struct store_key key, const struct store_url *url)
{
	return store->backend->put_url(store, key, url);
}

int store_put_root(struct store *store, struct store_key key, const struct store_url *url,
		   bool is_asked_for)
{
	return store->backend->put_root(store, key, url, is_asked_for);
}

int store_put_wanted(struct store *store, struct store_key key, const struct store_url *url)
{
	return store->backend->put_wanted(store, key, url);
}

int store_put_set(struct store *store, uint32_t number, struct slice fields)
{
	return store->backend->put_set(store, number, fields);
}

int store_each_set(struct store *store,
		   int (*function)(void *context, uint32_t number, struct slice fields),
		   void *context)
{
	return store->backend->each_set(store, function, context);
}

int store_get_set(struct store *store, struct store_key key, struct slice *fields)
{
	return store->backend->get_set(store, key, fields);
}

int store_put_root_sets(struct store *store, const struct store_root_set sets[], size_t count)
{
	return store->backend->put_root_sets(store, sets, count);
}

int store_ahead(struct store *store, const struct store_key keys[], size_t count)
{
	return store->backend->ahead(store, keys, count);
}

int store_soon(struct store *store, const struct store_key keys[], size_t count)
{
	return store->backend->soon ? store->backend->soon(store, keys, count) : 0;
}

int store_url(struct store *store, struct store_key key, struct store_target *target)
{
	return store->backend->url(store, key, target);
}

int store_put_request(struct store *store, struct store_key key,
		      const struct store_request *request)
{
	return store->backend->put_request(store, key, request);
}

int store_hand_on_headers(struct store *store)
{
	return store->backend->hand_on_headers(store);
}

int store_get_request(struct store *store, struct store_key key, struct store_request *request)
{
	return store->backend->get_request(store, key, request);
}

int store_find_url(struct store *store, struct slice url, struct store_key *key)
{
	return store->backend->find_url(store, url, key);
}

int store_get_doomed(struct store *store, const struct store_key keys[], size_t count,
		     struct store_forgotten *sum)
{
	return store->backend->get_doomed(store, keys, count, sum);
}

int store_forget(struct store *store, const struct store_key keys[], size_t count,
		 bool reads_rest_again)
{
	return store->backend->forget(store, keys, count, reads_rest_again);
}

int store_clear_rejects(struct store *store, const char *list)
{
	return store->backend->clear_rejects(store, list);
}

int store_put_reject(struct store *store, const char *list, uint64_t line, struct slice text,
		     const char *reason)
{
	return store->backend->put_reject(store, list, line, text, reason);
}

int store_put_table(struct store *store, const struct store_table *table)
{
	return store->backend->put_table(store, table);
}

int store_try_table(struct store *store, const struct store_table *table, struct store_error *error)
{
	return store->backend->try_table(store, table, error);
}

int store_page_open(struct store *store, struct store_key key, bool is_again)
{
	return store->backend->page_open(store, key, is_again);
}

int store_page_leave(struct store *store)
{
	return store->backend->page_leave(store);
}

int store_row(struct store *store, int table, uint32_t number, const struct store_value *values)
{
	return store->backend->row(store, table, number, values);
}

int store_keep_rows(struct store *store, int table, uint64_t hash)
{
	return store->backend->keep_rows(store, table, hash);
}

int store_page(struct store *store, const struct store_page *page)
{
	return store->backend->page(store, page);
}

const char *store_refusal(const struct store *store)
{
	return store->refusal;
}

uint64_t store_get_refused_late(const struct store *store)
{
	return store->refused_late;
}

int store_put_standing(struct store *store, struct store_key key)
{
	return store->backend->put_standing(store, key);
}

int store_put_verdict(struct store *store, struct store_key key,
		      const struct store_verdict *verdict)
{
	return store->backend->put_verdict(store, key, verdict);
}

int store_put_waiting(struct store *store, struct store_key key, bool is_again)
{
	return store->backend->put_waiting(store, key, is_again);
}

int store_clear_content(struct store *store, struct store_key key)
{
	return store->backend->clear_content(store, key);
}

int store_each_read(struct store *store,
		    int (*function)(void *context, const struct store_read *read), void *context)
{
	return store->backend->each_read(store, function, context);
}

int store_clear_rows(struct store *store, struct store_key key, const int tables[], size_t count)
{
	return store->backend->clear_rows(store, key, tables, count);
}

int store_put_parse(struct store *store, const struct store_parse *parse)
{
	return store->backend->put_parse(store, parse);
}

int store_begin_parses(struct store *store, const char *how)
{
	return store->backend->begin_parses ? store->backend->begin_parses(store, how) : 0;
}

int store_agree_parses(struct store *store, struct slice ours, struct slice *agreed)
{
	*agreed = ours;
	return store->backend->agree_parses ? store->backend->agree_parses(store, ours, agreed) : 0;
}

int store_take_parses(struct store *store,
		      void (*function)(void *context, uint32_t share, uint64_t done), void *context)
{
	if (store->backend->take_parses)
		return store->backend->take_parses(store, function, context);
	if (!store->is_parsed)
		function(context, 0, 0);
	return !store->is_parsed;
}

int store_put_parsed(struct store *store, uint32_t share, uint64_t done, bool is_all)
{
	if (store->backend->put_parsed)
		return store->backend->put_parsed(store, share, done, is_all);
	store->is_parsed = is_all;
	return 0;
}

int store_put_try(struct store *store, const struct store_try *try)
{
	return store->backend->put_try(store, try);
}

int store_get_kept(struct store *store, struct store_key after, struct store_kept *kept)
{
	return store->backend->get_kept(store, after, kept);
}

int store_each_kept(struct store *store,
		    int (*function)(void *context, struct store_key key, struct slice final_url),
		    void *context)
{
	return store->backend->each_kept(store, function, context);
}

int store_hide(struct store *store)
{
	return store->backend->hide(store);
}

int store_put_cookie(struct store *store, const struct store_cookie *cookie)
{
	return store->backend->put_cookie(store, cookie);
}

int store_clear_cookie(struct store *store, const struct store_cookie *cookie)
{
	return store->backend->clear_cookie(store, cookie);
}

int store_each_cookie(struct store *store,
		      int (*function)(void *context, const struct store_cookie *cookie),
		      void *context)
{
	return store->backend->each_cookie(store, function, context);
}

int store_clear_cookies(struct store *store, struct slice host, uint64_t *count)
{
	return store->backend->clear_cookies(store, host, count);
}

int store_put_host_figures(struct store *store, const struct store_host_figures *figures)
{
	return store->backend->put_host_figures(store, figures);
}

int store_put_outcome_figures(struct store *store, const struct store_outcome_figures *figures)
{
	return store->backend->put_outcome_figures(store, figures);
}

int store_put_pattern_figures(struct store *store, const struct store_pattern_figures *figures)
{
	return store->backend->put_pattern_figures(store, figures);
}

int store_put_run_host(struct store *store, const struct store_run_host *host)
{
	return store->backend->put_run_host(store, host);
}

int store_put_run_count(struct store *store, const char *what, const char *value, uint64_t pages)
{
	return store->backend->put_run_count(store, what, value, pages);
}

int store_put_run_histogram(struct store *store, const char *what, unsigned bucket, uint64_t pages)
{
	return store->backend->put_run_histogram(store, what, bucket, pages);
}

int store_put_run_example(struct store *store, const struct store_example *example)
{
	return store->backend->put_run_example(store, example);
}

int store_put_run_sample(struct store *store, const struct store_sample *sample)
{
	return store->backend->put_run_sample(store, sample);
}

int store_thin_run_samples(struct store *store, int64_t step_ms)
{
	return store->backend->thin_run_samples(store, step_ms);
}

int store_put_run_event(struct store *store, const struct store_event *event)
{
	return store->backend->put_run_event(store, event);
}

int store_put_run_finding(struct store *store, const struct store_finding *finding)
{
	return store->backend->put_run_finding(store, finding);
}

int store_put_proxy_figures(struct store *store, const struct store_proxy_figures *figures)
{
	return store->backend->put_proxy_figures(store, figures);
}

int store_put_field_figures(struct store *store, const struct store_field_figures *figures)
{
	return store->backend->put_field_figures(store, figures);
}

uint64_t store_get_uncommitted(const struct store *store)
{
	return store->backend->get_uncommitted(store);
}

uint64_t store_get_replaced(const struct store *store)
{
	return store->backend->get_replaced ? store->backend->get_replaced(store) : 0;
}

int store_commit(struct store *store)
{
	return store->backend->commit(store);
}

int store_idle(struct store *store)
{
	return store->backend->idle(store);
}

int store_query(struct store *store, const char *sql,
		int (*function)(void *context, const struct store_answer *row), void *context)
{
	return store->backend->query(store, sql, function, context);
}

int store_query_table(struct store *store, const char *table,
		      int (*function)(void *context, const struct store_answer *row), void *context)
{
	return store->backend->query_table(store, table, function, context);
}

int store_each_table(struct store *store, int (*function)(void *context, const char *name),
		     void *context)
{
	return store->backend->each_table(store, function, context);
}

int store_report(struct store *store, enum store_report report, const struct store_about *about,
		 int (*function)(void *context, const struct store_answer *row), void *context)
{
	return store->backend->report(store, report, about, function, context);
}

/* ---- what patterns found ---- */

int store_each_row(struct store *store, const char *pattern,
		   int (*function)(void *context, const struct store_shown_row *row), void *context)
{
	return store->backend->each_row
		       ? store->backend->each_row(store, pattern, function, context)
		       : 0;
}

int store_each_newest_row(struct store *store, const char *pattern,
			  int (*function)(void *context, const struct store_shown_row *row),
			  void *context)
{
	return store->backend->each_newest_row
		       ? store->backend->each_newest_row(store, pattern, function, context)
		       : 0;
}

int store_each_matched(struct store *store,
		       int (*function)(void *context, const struct store_matched *page),
		       void *context)
{
	return store->backend->each_matched ? store->backend->each_matched(store, function, context)
					    : 0;
}

int store_find_urls(struct store *store, const struct store_url_filter *filter,
		    const struct store_range *range,
		    int (*function)(void *context, const struct store_found_url *url),
		    void *context, struct store_listed *listed)
{
	*listed = (struct store_listed){ .is_at_end = true };
	return store->backend->find_urls
		       ? store->backend->find_urls(store, filter, range, function, context, listed)
		       : 0;
}

int store_get_found(struct store *store, struct store_key key, struct store_found_url *found)
{
	return store->backend->get_found ? store->backend->get_found(store, key, found) : 0;
}

int store_each_column(struct store *store, const char *pattern,
		      int (*function)(void *context, const char *name, bool is_json), void *context)
{
	return store->backend->each_column
		       ? store->backend->each_column(store, pattern, function, context)
		       : 0;
}

int store_find_rows(struct store *store, const char *pattern, const struct store_row_filter *filter,
		    const struct store_range *range,
		    int (*function)(void *context, const struct store_shown_row *row),
		    void *context, struct store_listed *listed)
{
	*listed = (struct store_listed){ .is_at_end = true };
	return store->backend->find_rows ? store->backend->find_rows(store, pattern, filter, range,
								     function, context, listed)
					 : 0;
}

int store_sort_rows(struct store *store, const char *pattern, const char *field,
		    const struct store_row_filter *filter, const struct store_range *range,
		    int (*function)(void *context, const struct store_shown_row *row),
		    void *context, struct store_listed *listed)
{
	*listed = (struct store_listed){ .is_at_end = true };
	return store->backend->sort_rows
		       ? store->backend->sort_rows(store, pattern, field, filter, range, function,
						   context, listed)
		       : 0;
}

/* ---- looking ---- */

int store_begin_look(struct store *store, unsigned ms)
{
	return store->backend->begin_look ? store->backend->begin_look(store, ms) : 0;
}

void store_set_read_budget(struct store *store, unsigned ms)
{
	if (store->backend->set_read_budget)
		store->backend->set_read_budget(store, ms);
}

bool store_is_late(const struct store *store)
{
	return store->backend->is_late && store->backend->is_late(store);
}

bool store_end_look(struct store *store)
{
	return store->backend->end_look && store->backend->end_look(store);
}

bool store_is_current(struct store *store)
{
	return store->backend->is_current && store->backend->is_current(store);
}
