#include "tests/support/store_dump_sql.h"

#include <stddef.h>

/* What became of a URL, by the numbers of passes alone: as store.h says, not as the views do. */
#define IS_BEFORE(asks, which)                                                               \
	" EXISTS (SELECT 1 FROM crawl_passes p WHERE p.asks = " asks " AND p.pass > r.pass)" \
	" OR EXISTS (SELECT 1 FROM crawl_roots o WHERE o.url_id = u.root AND o." which       \
	" > r.pass)"
#define STATE                                                                                    \
	"CASE WHEN u.kind = 2 THEN 3 WHEN r.url_id IS NULL OR" IS_BEFORE(                        \
		"1",                                                                             \
		"all_pass") " THEN 0 WHEN r.state = 2 AND (" IS_BEFORE("2",                      \
								       "failed_pass") ") THEN 0" \
										      " ELSE "   \
										      "r.state " \
										      "END"

const char *const store_dump_crawl_sql[] = {
	("SELECT 'page', u.url, u.kind, u.lane, u.rule, u.depth, f.url, u.from_where, o.url,"
	 " h.origin,"
	 " " STATE ", r.outcome, r.status, nullif(r.final_url, u.url), coalesce(r.tries, 0),"
	 " r.error, coalesce(r.is_moved, 0), r.redirects, r.title, r.content_type, r.charset,"
	 " r.charset_source, r.size, r.wire_size, r.unmatched, b.is_text, b.body FROM urls u"
	 " LEFT JOIN results r ON r.url_id = u.id LEFT JOIN urls f ON f.id = u.from_id"
	 " LEFT JOIN urls o ON o.id = u.root LEFT JOIN hosts h ON h.id = u.host_id LEFT JOIN "
	 "bodies "
	 "b ON b.url_id = u.id"),
	("SELECT 'try', u.url, t.number, t.outcome, t.status, t.error"
	 " FROM tries_made t JOIN urls u ON u.id = t.url_id"),
	("SELECT 'set', u.url, s.fields FROM urls u JOIN urls o ON o.id = u.root"
	 " JOIN crawl_sets s ON s.id = o.set_id"),
	"SELECT 'host', origin, robots, robots_text, address FROM hosts",
	"SELECT 'reject', list, line, text, reason FROM rejects",
	NULL,
};

const char *const store_dump_other_sql[] = {
	("SELECT 'visit', u.url, (SELECT count(*) FROM results o WHERE o.visit <= r.visit), r.pass,"
	 " r.elapsed_us, unixepoch(r.fetched_at), unixepoch(r.read_at), r.etag, r.last_modified,"
	 " r.hash, r.config_hash FROM results r JOIN urls u ON u.id = r.url_id"),
	("SELECT 'counts', u.url, r.counts FROM results r JOIN urls u ON u.id = r.url_id"
	 " WHERE r.counts IS NOT NULL"),
	("SELECT 'wait', u.url, t.number, unixepoch(t.at), t.wait_ms"
	 " FROM tries_made t JOIN urls u ON u.id = t.url_id"),
	("SELECT 'figures', origin, coalesce(robots_at, 0), coalesce(held_until, 0), pages, errors,"
	 " coalesce(delay_ms, 0), coalesce(p50_ms, 0.0), coalesce(p95_ms, 0.0) FROM hosts"),
	("SELECT 'run', r.id, p.pass, p.asks, r.ended, r.config_hash FROM runs r"
	 " JOIN crawl_passes p ON p.run_id = r.id"),
	"SELECT 'stale', pattern, page_url, since_run FROM crawl_stale",
	"SELECT 'meaning', config_hash, pattern, hash FROM crawl_patterns",
	("SELECT 'pattern', f.run_id, f.pattern, h.origin, f.pages_tried, f.pages_matched, f.rows,"
	 " f.empty_fields, f.limit_hits, f.elapsed_ns, f.pages_wanted, f.pages_unchanged,"
	 " f.bad_values"
	 " FROM pattern_figures f LEFT JOIN hosts h ON h.id = f.host_id"),
	"SELECT 'field', run_id, pattern, field, rows, filled, bad FROM crawl_field_figures",
	NULL,
};
