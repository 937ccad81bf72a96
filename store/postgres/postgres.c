#include "store/postgres/postgres.h"

#include "store/postgres/internal.h"

#include "store/postgres/node.h"

static bool has_share(const struct store *door, uint32_t share)
{
	const struct postgres_node *node = ((const struct postgres_store *)door)->node;

	return node &&
	       (node->shares[share] == POSTGRES_OURS || node->shares[share] == POSTGRES_GOING);
}

static int check(const char *where, struct store_error *error)
{
	struct postgres_uri uri = { 0 };
	int result = postgres_uri_parse(where, &uri, error);

	postgres_uri_free(&uri);
	return result;
}

#define VERBS                                                                                      \
	.open = postgres_open, .open_read = postgres_open_read, .is_in_use = postgres_is_in_use,   \
	.close = postgres_close, .get_totals = postgres_get_totals,                                \
	.get_last_run = postgres_get_last_run, .begin_run = postgres_begin_run,                    \
	.put_asked = postgres_put_asked, .put_root_pass = postgres_put_root_pass,                  \
	.end_run = postgres_end_run, .put_patterns = postgres_put_patterns,                        \
	.get_pattern = postgres_get_pattern, .get_share_count = postgres_get_share_count,          \
	.get_member = postgres_get_member, .each_file = postgres_each_file,                        \
	.begin_list = postgres_begin_list, .end_list = postgres_end_list, .has_share = has_share,  \
	.get_waits = postgres_get_waits, .get_lease_ms = postgres_get_lease_ms,                    \
	.has_room = postgres_has_room, .put_load = postgres_put_load, .is_over = postgres_is_over, \
	.give = postgres_give, .get_quota = postgres_get_quota, .tell = postgres_tell,             \
	.is_paused = postgres_is_paused, .exists = postgres_exists, .shown = postgres_shown,       \
	.copier = &postgres_copier, .check = check, .send = postgres_send,                         \
	.end_letter = postgres_end_letter, .gain = postgres_gain, .turn = postgres_turn,           \
	.settle = postgres_settle, .put_host = postgres_put_host,                                  \
	.put_robots = postgres_put_robots, .get_robots = postgres_get_robots,                      \
	.put_hold = postgres_put_hold, .put_wait = postgres_put_wait,                              \
	.put_address = postgres_put_address, .put_url = postgres_put_url,                          \
	.put_wanted = postgres_put_wanted, .put_root = postgres_put_root,                          \
	.put_set = postgres_put_set, .each_set = postgres_each_set, .get_set = postgres_get_set,   \
	.put_root_sets = postgres_put_root_sets, .ahead = postgres_ahead, .soon = postgres_soon,   \
	.url = postgres_url, .put_request = postgres_put_request,                                  \
	.hand_on_headers = postgres_hand_on_headers, .get_request = postgres_get_request,          \
	.find_url = postgres_find_url, .get_doomed = postgres_get_doomed,                          \
	.forget = postgres_forget, .clear_rejects = postgres_clear_rejects,                        \
	.put_reject = postgres_put_reject, .try_table = postgres_try_table,                        \
	.put_table = postgres_put_table, .page_open = postgres_page_open,                          \
	.page_leave = postgres_page_leave, .row = postgres_row, .keep_rows = postgres_keep_rows,   \
	.page = postgres_page, .put_standing = postgres_put_standing,                              \
	.put_verdict = postgres_put_verdict, .put_waiting = postgres_put_waiting,                  \
	.clear_content = postgres_clear_content, .each_read = postgres_each_read,                  \
	.clear_rows = postgres_clear_rows, .put_parse = postgres_put_parse,                        \
	.begin_parses = postgres_begin_parses, .agree_parses = postgres_agree_parses,              \
	.take_parses = postgres_take_parses, .put_parsed = postgres_put_parsed,                    \
	.put_try = postgres_put_try, .get_kept = postgres_get_kept,                                \
	.each_kept = postgres_each_kept, .hide = postgres_hide, .put_cookie = postgres_put_cookie, \
	.clear_cookie = postgres_clear_cookie, .each_cookie = postgres_each_cookie,                \
	.clear_cookies = postgres_clear_cookies, .put_host_figures = postgres_put_host_figures,    \
	.put_outcome_figures = postgres_put_outcome_figures,                                       \
	.put_pattern_figures = postgres_put_pattern_figures,                                       \
	.put_field_figures = postgres_put_field_figures,                                           \
	.put_proxy_figures = postgres_put_proxy_figures, .put_run_host = postgres_put_run_host,    \
	.put_run_count = postgres_put_run_count, .put_run_histogram = postgres_put_run_histogram,  \
	.put_run_example = postgres_put_run_example, .put_run_sample = postgres_put_run_sample,    \
	.thin_run_samples = postgres_thin_run_samples, .put_run_event = postgres_put_run_event,    \
	.put_run_finding = postgres_put_run_finding, .get_uncommitted = postgres_get_uncommitted,  \
	.get_replaced = postgres_get_replaced, .commit = postgres_commit, .idle = postgres_idle,   \
	.query = postgres_query, .query_table = postgres_query_table,                              \
	.each_table = postgres_each_table, .each_row = postgres_each_row,                          \
	.each_newest_row = postgres_each_newest_row, .each_matched = postgres_each_matched,        \
	.find_urls = postgres_find_urls, .get_found = postgres_get_found,                          \
	.each_column = postgres_each_column, .find_rows = postgres_find_rows,                      \
	.sort_rows = postgres_sort_rows, .begin_look = postgres_begin_look,                        \
	.set_read_budget = postgres_set_read_budget, .is_late = postgres_is_late,                  \
	.end_look = postgres_end_look, .is_current = postgres_is_current,                          \
	.report = postgres_report,

/* Two names of the same. */
const struct store_backend postgres_backend = { .scheme = "postgresql", VERBS };
const struct store_backend postgres_short_backend = { .scheme = "postgres", VERBS };
