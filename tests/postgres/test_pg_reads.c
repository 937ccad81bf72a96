#include "tests/support/test.h"

#include "store/postgres/reads.h"
#include "tests/support/postgres_copy.h"
#include "tests/support/postgres_server.h"
#include "tests/support/store_help.h"

/*
 * What is read from PostgreSQL is what is read from a SQLite file that holds the same, row for row:
 * reports, lists, tables.  Once with all numbers in one share, once with a few in each.
 */
static struct postgres_server server;

enum { FILE_STORE, ONE_SHARE, MANY_SHARES, STORES };
static struct store *stores[STORES];
static int now; /* which of them is asked */

/* ---- what they hold ---- */

static const struct store_column mixed_columns[] = { { "name", STORE_TEXT },
						     { "Größe \"x\"", STORE_INTEGER },
						     { "score", STORE_REAL },
						     { "data", STORE_JSON } };
static const char *const mixed_key[] = { "name" };
static const struct store_table mixed = { .name = "Mixed",
					  .columns = mixed_columns,
					  .column_count = 4,
					  .key = mixed_key,
					  .key_count = 1,
					  .has_history = true };
static const struct store_column child_columns[] = { { STORE_PARENT_COLUMN, STORE_INTEGER },
						     { "word", STORE_TEXT } };
static const struct store_table child = {
	.name = "child of \"Mixed\"", .columns = child_columns, .column_count = 2, .parent = &mixed
};

#define LINES_40  "'" TEN_WORDS TEN_WORDS TEN_WORDS TEN_WORDS "'"
#define TEN_WORDS "wörter wörter wörter wörter wörter wörter wörter wörter wörter wörter "

/* clang-format off */
static const char *const crawl_sql[] = {
	"DELETE FROM runs; DELETE FROM crawl_passes; INSERT INTO runs VALUES"
	" (1, '2024-02-29T23:00:00.000Z', '2024-02-29T23:59:59.999Z', 'finished', 11, 'crawl a',"
	"  '0000000000c0ffee', 'crawl 0', 10, 20),"
	" (2, '2024-03-01T10:00:00.250Z', '2024-03-01T10:00:01.000Z', 'interrupted', 12, 'crawl b',"
	"  'ffffffffffffffff', 'crawl 0', 3, 4),"
	" (3, '2024-03-02T10:00:00.000Z', '2024-03-02T10:30:00.000Z', 'finished', 13, NULL,"
	"  '0000000000c0ffee', NULL, NULL, NULL),"
	" (4, '2024-03-03T10:00:00.000Z', NULL, NULL, 14, 'crawl d', '0000000000c0ffee', 'x', 0, 0);"
	"INSERT INTO crawl_passes VALUES (1, 1, 1, 6, 77), (2, 1, 0, 8, 78), (3, 2, 2, 14, NULL),"
	" (4, 3, 1, NULL, NULL); UPDATE crawl_passes SET pass = 1, asks = 0 WHERE run_id = 4",
	"INSERT INTO hosts (id, origin, pages, errors, delay_ms, robots, robots_at, waits_until,"
	" waits_for, p50_ms, p95_ms) VALUES"
	" (1, 'http://a', 5, 1, 500, 'rules', 1709251199999, NULL, NULL, 1.5, 2),"
	" (2, 'https://a', 5, 0, NULL, NULL, NULL, '2999-01-01T00:00:00.000Z', '429', NULL, NULL),"
	" (3, 'https://b:8443', 1, 1, 0, 'none', 0, '2001-01-01T00:00:00.000Z', 'over', 0.25, 1e3),"
	" (4, 'http://c', 0, 0, NULL, NULL, NULL, '2999-01-01T00:00:00.000Z', 'rests', 3, 4),"
	" (5, 'http://d', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
	" INSERT INTO urls (id, url, host_id, from_id, root, depth, kind, lane, set_id)"
	" SELECT i, CASE WHEN i % 7 = 0 THEN 'https://b:8443/' WHEN i % 5 = 0 THEN 'https://a/'"
	"  ELSE 'http://a/' END || i || CASE WHEN i % 2 THEN '_Odd' ELSE '?50%\\x=é' END"
	"  || CASE i WHEN 9 THEN '#POST-1' WHEN 10 THEN '#x' ELSE '' END,"
	" CASE WHEN i % 7 = 0 THEN 3 WHEN i % 5 = 0 THEN 2 ELSE 1 END,"
	" CASE WHEN i > 3 THEN i / 2 END, CASE WHEN i > 20 THEN 2 ELSE i END, i / 10,"
	" CASE i % 12 WHEN 11 THEN 2 WHEN 10 THEN 1 WHEN 9 THEN 3 ELSE 0 END, 0,"
	" CASE WHEN i = 2 THEN 1 END FROM n;"
	"UPDATE urls SET from_id = 5 WHERE id = 6; UPDATE urls SET from_id = 6 WHERE id = 5;"
	"INSERT INTO crawl_sets VALUES (1, '{\"lang\":\"de\"}'), (2, '{}');"
	"INSERT INTO crawl_roots VALUES (2, 0, 2), (3, 2, 0)",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 55)"
	" INSERT INTO results (url_id, state, pass, visit, outcome, status, final_url, title,"
	"  content_type, size, wire_size, fetched_at, elapsed_us, tries, error, etag, config_hash,"
	"  read_at, is_moved, redirects, unmatched, counts)"
	" SELECT i, CASE WHEN i % 4 = 3 THEN 2 WHEN i % 10 = 8 THEN 3 ELSE 1 END,"
	" CASE WHEN i % 6 = 5 THEN 1 ELSE 2 END, CASE WHEN i <> 4 THEN i % 20 END,"
	" CASE WHEN i % 8 = 3 THEN 'http_error' WHEN i % 8 = 7 THEN 'timeout' WHEN i % 10 = 8"
	"  THEN 'robots' WHEN i = 12 THEN 'pattern_limit' ELSE 'ok' END,"
	" CASE WHEN i % 16 = 3 THEN 404 WHEN i % 8 = 3 THEN 500 WHEN i % 8 = 7 OR i % 10 = 8"
	"  THEN NULL ELSE 200 END,"
	" CASE WHEN i % 9 = 0 THEN 'http://a/1_Odd' END,"
	" CASE WHEN i % 3 = 0 THEN 'Títle of ' || i WHEN i = 10 THEN " LINES_40 " END,"
	" 'text/html', i * 1000, i * 10, printf('2024-03-01T10:00:%02d.%03dZ', i, i), i * 1001,"
	" i % 3 + 1, CASE WHEN i % 4 = 3 THEN 'no ANSWER %_' WHEN i = 12 THEN 'limit' END,"
	" CASE WHEN i % 2 THEN 'W/\"x\"' END, 1234567890123 * i - 20000000000000,"
	" CASE WHEN i % 4 <> 3 OR i = 3 THEN '2024-03-01T10:00:00.000Z' END, i = 18,"
	" CASE i WHEN 9 THEN '301 http://a/9, 302 http://b/' WHEN 18 THEN '308 http://a/x' END,"
	" CASE i % 4 WHEN 0 THEN 'Mixed, films' WHEN 1 THEN 'films2' WHEN 2 THEN 'Größe' END,"
	" CASE WHEN i % 5 = 1 THEN 'films 3' END FROM n",
	"INSERT INTO crawl_requests VALUES (9, 'POST', 'Content-Type: a/b' || char(10) || 'X-Y: 1:2',"
	"  CAST('ü=1&' || " LINES_40 " || " LINES_40 " AS BLOB)), (10, 'GET', 'Accept: x' || char(10),"
	"  NULL), (18, 'POST', '', x'ff00fe41'), (20, 'PUT', NULL, zeroblob(0))",
	"INSERT INTO tries_made VALUES (3, 1, '2024-02-29T23:10:00.000Z', 'timeout', NULL, 'x', 500),"
	" (3, 2, '2024-03-01T10:00:00.500Z', 'http_error', 503, NULL, 0),"
	" (7, 2, '2024-03-01T10:00:07.007Z', 'timeout', NULL, " LINES_40 " || " LINES_40 ", 7),"
	" (2, 1, '2020-01-01T00:00:00.000Z', 'dns', NULL, 'older than all', 1)",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
	" INSERT INTO bodies SELECT i, i % 3 <> 0, CAST('body ' || i AS BLOB) FROM n WHERE i % 4 <> 3;"
	"UPDATE bodies SET body = x'00ff5c7801' WHERE url_id = 5",
	"INSERT INTO rejects VALUES ('b list', 7, 'http:', 'no host'), ('a list', 70, 'http:', 'x'),"
	" ('a list', 8, NULL, 'empty'), ('B list', 1, " LINES_40 " || " LINES_40 ", 'long'),"
	" ('a list', 9, 'HTTP:', 'y'), ('b list', 8, 'é', 'z'), ('c', 1, '', '')",
	"INSERT INTO crawl_cookies VALUES (1, '.Shop.example', '/', 'b', x'5e', 1, 0, 1709251199, 5),"
	" (2, 'shop.example', '/x', 'B', x'00', 0, 1, NULL, NULL),"
	" (3, 'myshop.example', '/', 'a', x'41', 0, 0, 99999999999999, NULL),"
	" (4, 'a.shop.example', '/', 'é', x'42', 1, 1, 0, NULL)",
	"INSERT INTO crawl_patterns VALUES (12648430, 'Mixed', 5), (12648430, 'films', 6),"
	" (-1, 'MIXED', 5), (-1, 'films', 7)",
	"INSERT INTO pattern_figures (run_id, pattern, host_id, pages_tried, pages_matched, rows,"
	" empty_fields, limit_hits, elapsed_ns) VALUES (1, 'films', 1, 3, 2, 9, 1, 0, 1234567),"
	" (1, 'films', 0, 3, 2, 9, 1, 0, 7)",
	"INSERT INTO crawl_outcomes VALUES (4, 1, 'timeout', 0, 3, 4, 5, 0),"
	" (4, 2, 'http_error', 404, 1, 2, 3, 0), (4, 1, 'ok', 200, 9, 9, 9, 1),"
	" (4, 3, 'http_error', 500, 0, 0, 0, 0), (3, 1, 'ok', 200, 9, 9, 9, 1)",
	"INSERT INTO crawl_totals VALUES (4, 'ok', 200, 9, 1, 9, 9), (4, 'timeout', 0, 3, 0, 4, 5),"
	" (4, 'dns', 0, 3, 0, 4, 5), (4, 'gone', 410, 0, 0, 0, 0)",
	"INSERT INTO crawl_pattern_totals VALUES (1, 'Mixed', 10, 0, 10, 9, 30, 0, 1, 0, 5000),"
	" (2, 'MIXED', 10, 0, 10, 9, 30, 0, 1, 0, 5000), (3, 'Mixed', 4, 0, 4, 4, 8, 0, 0, 1, 1),"
	" (4, 'Mixed', 6, 1, 5, 3, 7, 2, 2, 0, 9007199254740993), (4, 'films', 0, 0, 0, 0, 0, 0, 0, 0, 0),"
	" (1, 'films', 3, 0, 3, 1, 1, 0, 0, 0, 1), (3, 'films', 3, 0, 3, 2, 1, 0, 0, 0, 1),"
	" (4, 'Films', 3, 0, 3, 2, 1, 0, 0, 0, 1)",
	"INSERT INTO crawl_field_figures VALUES (4, 'Mixed', 'name', 7, 7, 0), (4, 'Mixed', 'Name2', 7, 0, 1),"
	" (1, 'Mixed', 'name', 30, 20, 0), (3, 'films', 'title', 1, 1, 0), (4, 'Mixed', 'é', 0, 0, 0)",
	"INSERT INTO crawl_stale_pages VALUES ('Mixed', 1, 4), ('mIXED', 2, 3), ('films', 2, 4),"
	" ('Zebra', 2, 1), ('apple', 2, 1)",
	"INSERT INTO crawl_known_rows VALUES ('Mixed', '[\"one\"]', 'one', 1, 4, NULL, '{}'),"
	" ('Mixed', '[\"two\"]', 'two', 1, 2, 3, '{}'), ('Mixed', '[\"three\"]', 'three', 3, 4, NULL, '{}'),"
	" ('Mixed', '[5]', 5, 3, 4, NULL, '{}'), ('films', '[1,\"b\"]', '[1,\"b\"]', 2, 4, NULL, '{}'),"
	" ('films', '[2.5]', 2.5, 2, 4, NULL, '{}'), ('films', '[\"]\\u00e9\"]', '[1,\"b\"]', 2, 4, NULL, '{}');"
	"INSERT INTO crawl_row_changes VALUES ('Mixed', '[\"one\"]', 2, 'score', 1.5, 2.0),"
	" ('Mixed', '[\"one\"]', 3, 'score', 2.0, 3.5), ('Mixed', '[\"one\"]', 3, 'Größe \"x\"', 5, NULL),"
	" ('Mixed', '[\"one\"]', 3, 'name', 'ONE', 'one'), ('Mixed', '[\"one\"]', 2, 'data', '[1]', '[2]'),"
	" ('Mixed', '[\"one\"]', 3, 'data', '[2]', '[1]'),"
	" ('Mixed', '[\"two\"]', 3, NULL, '{}', NULL), ('films', '[1,\"b\"]', 3, 'rank', 1, 2)",
	"INSERT INTO crawl_proxies VALUES (4, 'http://p:1', 5, 1, 2, '2999-01-01T00:00:00.000Z', 'x'),"
	" (4, 'http://P:1', 5, 0, 0, '2001-01-01T00:00:00.000Z', NULL), (3, 'http://q', 9, 9, 9, NULL, NULL),"
	" (4, 'socks5://r', 7, 1, 0, NULL, 'gone')",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)"
	" INSERT INTO crawl_run_hosts SELECT 4, i, 10 - i, i, i * 100, i * 50, i + 0.5, i * 2, i, i * 3,"
	" 1000, CAST(printf('%064d', i) AS BLOB) FROM n",
	"INSERT INTO crawl_counts VALUES (4, 'type', 'text/html', 5), (4, 'type', 'Text/html', 5),"
	" (4, 'type', 'a', 9), (4, 'charset', " LINES_40 " || " LINES_40 ", 1), (3, 'type', 'b', 1)",
	"INSERT INTO crawl_histograms VALUES (4, 'size', 10, 5), (4, 'size', 9, 1), (4, 'ms', 3, 2)",
	"INSERT INTO crawl_examples VALUES (4, 'slowest', '', 1, 3, 900), (4, 'slowest', '', 2, 2, 800),"
	" (4, 'largest', '', 1, 10, 5), (4, 'unmatched', 'films', 2, 4, 0), (4, 'unmatched', 'films', 1, 5, 0),"
	" (4, 'matched', 'Mixed', 1, 8, 0), (3, 'matched', 'Mixed', 1, 1, 0), (4, 'matched', 'Mixed', 2, 2, 0)",
	"INSERT INTO crawl_findings VALUES (4, 'films', NULL, 3, 5, 12, 'so', 'wanted', " LINES_40 " || " LINES_40
	", NULL), (4, 'Mixed', 'score', 1, 99, NULL, NULL, NULL, NULL, 'stood'), (4, 'films', 'a', 2, 6, 1, '', '', '', '')",
	"INSERT INTO crawl_samples SELECT 4, i * 1000, i, i * 2, i * 3, i * 4, i * 5, 1, 2, 3, 4, 5, 6, i = 2, 7, 8, 9"
	" FROM (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n)",
	"INSERT INTO crawl_events VALUES (4, 5, 'pause', NULL, NULL), (4, 3, 'rest', 'http://a', 'é'),"
	" (4, 3, 'given_up', 'http://b', " LINES_40 " || " LINES_40 "), (4, 9, 'rest', 'http://b', NULL),"
	" (4, 9, 'worker_died', NULL, 'x'), (4, 10, 'rest', 'http://c', NULL), (3, 1, 'pause', NULL, NULL)",
};
/* clang-format on */

/* Rows of pages 1, 2, 8 and 21 to 40. */
static void make_rows(struct store *store)
{
	int films_table = store_put_table(store, &films), mixed_table, child_table;
	static const char *const names[] = { "b",   "B",   "ä",   "Ä",    "",
					     " \t", "50%", "a_b", "x\\y", "É" };

	mixed_table = store_put_table(store, &mixed);
	child_table = store_put_table(store, &child);
	assert_true(films_table && mixed_table && child_table);
	for (uint32_t page = 1; page <= 40; page++) {
		if (page > 2 && page < 21 && page != 8)
			continue;
		open_page(store, key(page));
		for (uint32_t n = 1; n <= 3; n++) {
			char name[40];
			struct store_value values[] = {
				{ .kind = STORE_TEXT },
				{ .kind = STORE_INTEGER, .integer = (int64_t)(page * n) - 30 },
				{ .kind = n == 2 ? STORE_NULL : STORE_REAL,
				  .real = n == 1 ? page : page / 8.0 },
				{ .kind = page % 2 ? STORE_NULL : STORE_JSON,
				  .text = text("[1, {\"a\": \"é\"}]") },
			};
			struct store_value parts[] = {
				{ .kind = STORE_INTEGER, .integer = n },
				{ .kind = STORE_TEXT, .text = text(names[(page + n) % 10]) },
			};

			snprintf(name, sizeof(name), "%s%s%u.%u", names[page % 10], names[n], page,
				 n);
			values[0].text = text(name);
			assert_int_equal(store_row(store, mixed_table, n * 10, values), 0);
			assert_int_equal(store_row(store, child_table, n, parts), 0);
		}
		add_film(store, films_table, 1, page % 5, page % 3 ? names[page % 10] : NULL, page);
		close_page(store);
	}
}

static void make_crawl(void)
{
	struct store *store = open_store();

	begin_run(store);
	for (uint32_t i = 0; i < 40; i++)
		add_url(store, "http://a/");
	make_rows(store);
	assert_int_equal(store_end_run(store, "finished"), 0);
	store_close(store);
	assert_int_equal(change(path, "DELETE FROM urls; DELETE FROM results; DELETE FROM hosts;"
				      "DELETE FROM crawl_known_rows; DELETE FROM crawl_patterns"),
			 0);
	for (size_t i = 0; i < sizeof(crawl_sql) / sizeof(crawl_sql[0]); i++) {
		if (change(path, crawl_sql[i]) != 0)
			fail_msg("%s", crawl_sql[i]);
	}
}

static struct store *copy_to(const char *schema, bool are_spread)
{
	const char *uri = postgres_server_uri(&server, schema);
	struct store *store = store_open(uri, false, &error);

	assert_string_equal(error.text, "");
	store_close(store);
	assert_int_equal(postgres_copy(path, uri, are_spread), 0);
	store = store_open_read(uri, &error);
	assert_string_equal(error.text, "");
	return store;
}

static int start(void **state)
{
	if (!postgres_server_is_there())
		return 0;
	if (make_folder(state) || postgres_server_start(&server, NULL))
		return -1;
	make_crawl();
	stores[FILE_STORE] = store_open_read(path, &error);
	stores[ONE_SHARE] = copy_to("one", false);
	stores[MANY_SHARES] = copy_to("many", true);
	return 0;
}

static int stop(void **state)
{
	if (server.pid == 0)
		return 0;
	for (int i = 0; i < STORES; i++)
		store_close(stores[i]);
	postgres_server_stop(&server);
	return remove_folder(state);
}

/* ---- what is told ---- */

/* The key of a number, as the store that is asked has it. */
static struct store_key key_now(uint32_t number)
{
	return (struct store_key){ now == MANY_SHARES ? number / POSTGRES_COPY_SHARE : 0, number };
}

struct told {
	char *text;
	size_t size;
	FILE *out;
	unsigned rows, rows_max;
};

static void told_begin(struct told *told)
{
	*told = (struct told){ .rows_max = 100000 };
	told->out = open_memstream(&told->text, &told->size);
}

static char *told_end(struct told *told)
{
	fclose(told->out);
	return told->text;
}

static void tell_value(struct told *told, const char *column, const struct store_value *value)
{
	static const char *const kinds[] = { "null", "text", "integer", "real", "blob", "json" };

	fprintf(told->out, " %s=%s:", column, kinds[value->kind]);
	switch (value->kind) {
	case STORE_NULL:
		break;
	case STORE_INTEGER:
		fprintf(told->out, "%lld",
			(long long)(strcmp(column, "key") == 0 ? value->integer & 0xffffffff
							       : value->integer));
		break;
	case STORE_REAL:
		fprintf(told->out, "%.15g", value->real);
		break;
	default:
		for (size_t i = 0; i < value->text.size; i++)
			fprintf(told->out, value->text.at[i] > ' ' ? "%c" : "\\%02x",
				(unsigned char)value->text.at[i]);
	}
}

static int on_answer(void *context, const struct store_answer *row)
{
	struct told *told = context;

	if (told->rows == 0) {
		for (size_t i = 0; i < row->column_count; i++)
			fprintf(told->out, "|%s", row->columns[i]);
		fputs("|\n", told->out);
	}
	for (size_t i = 0; row->values && i < row->column_count; i++)
		tell_value(told, row->columns[i], &row->values[i]);
	fputs("\n", told->out);
	return ++told->rows == told->rows_max ? -1 : 0;
}

static void tell_slice(struct told *told, const char *name, struct slice slice)
{
	struct store_value value = { .kind = slice.at ? STORE_TEXT : STORE_NULL, .text = slice };

	tell_value(told, name, &value);
}

/* The first line that is another. */
static const char *other_line(const char *text, const char *than)
{
	const char *line = text;

	for (; *text && *text == *than; text++, than++)
		if (*text == '\n')
			line = text + 1;
	return line;
}

/* Both copies say what the file says. */
static void check_same(char *(*ask_now)(void *context), void *context, const char *what)
{
	char *wanted;

	now = FILE_STORE;
	wanted = ask_now(context);
	for (now = ONE_SHARE; now < STORES; now++) {
		char *found = ask_now(context);

		if (strcmp(found, wanted) != 0)
			fail_msg("%s, store %d:\n%.900s\n---- wanted:\n%.900s\n", what, now,
				 other_line(found, wanted), other_line(wanted, found));
		free(found);
	}
	now = FILE_STORE;
	free(wanted);
}

#define WORKS(call)                                                                               \
	do {                                                                                      \
		if ((call) != 0)                                                                  \
			fail_msg("%s, store %d: %s", #call, now, store_error(stores[now])->text); \
	} while (0)

/* ---- reports ---- */

struct report_case {
	const char *name;
	enum store_report report;
	bool has_no_about, is_unsorted;
	uint32_t key;
	const char *text, *field;
	unsigned status;
	int64_t from_run, to_run;
};

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in an order of their own. */
static char *sorted(char *text)
{
	char *lines[2000], *out = NULL, *rest = NULL;
	size_t count = 0, size;
	FILE *to = open_memstream(&out, &size);

	for (char *line = strtok_r(text, "\n", &rest); line && count < 2000;
	     line = strtok_r(NULL, "\n", &rest))
		lines[count++] = line;
	qsort(lines, count, sizeof(lines[0]), by_line);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "%s\n", lines[i]);
	fclose(to);
	free(text);
	return out;
}

static char *report_now(void *context)
{
	const struct report_case *row = context;
	struct store_about about = { .key = row->key ? key_now(row->key) : (struct store_key){ 0 },
				     .text = text(row->text),
				     .field = text(row->field),
				     .status = row->status,
				     .from_run = row->from_run,
				     .to_run = row->to_run };
	struct told told;
	char stories[100];

	if (row->report == STORE_REPORT_STORIES) {
		snprintf(stories, sizeof(stories), "[%llu, %llu, %llu]",
			 (unsigned long long)store_key_id(key_now(7)),
			 (unsigned long long)store_key_id(key_now(3)),
			 (unsigned long long)store_key_id(key_now(2)));
		about.text = text(stories);
	}
	told_begin(&told);
	if (store_report(stores[now], row->report, row->has_no_about ? NULL : &about, on_answer,
			 &told))
		fail_msg("%s, store %d: %s", row->name, now, store_error(stores[now])->text);
	return row->is_unsorted ? sorted(told_end(&told)) : told_end(&told);
}

#define PLAIN(which)                                           \
	{                                                      \
		.name = #which, .report = STORE_REPORT_##which \
	}
#define OF(which, ...)                                                      \
	{                                                                   \
		.name = #which, .report = STORE_REPORT_##which, __VA_ARGS__ \
	}

static const struct report_case reports[] = {
	PLAIN(RUN),
	PLAIN(URLS),
	OF(PATTERNS, .has_no_about = true),
	PLAIN(HOSTS),
	PLAIN(WAITING),
	PLAIN(PROXIES),
	OF(FAILED, .has_no_about = true),
	PLAIN(FAILED),
	OF(FAILED, .key = 3),
	OF(FAILED, .key = 1),
	OF(FAILED, .text = "timeout"),
	OF(FAILED, .text = "no such"),
	OF(FROM, .key = 47),
	OF(FROM, .key = 1),
	OF(FROM, .key = 5),
	OF(TRIES, .key = 3),
	OF(TRIES, .key = 7),
	OF(TRIES, .key = 2),
	OF(TRIES, .key = 60),
	OF(HOST, .key = 1),
	OF(HOST, .key = 5),
	OF(HOST, .key = 7),
	OF(HOST, .key = 99),
	OF(MANNERS, .key = 1),
	OF(MANNERS, .key = 5),
	PLAIN(HEALTH),
	OF(HEALTH, .to_run = 1),
	OF(HEALTH, .to_run = 3),
	OF(HEALTH, .to_run = 4),
	OF(HEALTH, .to_run = 99),
	OF(UNMATCHED, .text = "Mixed"),
	OF(UNMATCHED, .text = "mixed"),
	OF(UNMATCHED, .text = "films"),
	OF(UNMATCHED, .text = "Größe"),
	OF(UNMATCHED, .text = ", "),
	OF(UNFILLED, .text = "Mixed", .field = "name"),
	OF(UNFILLED, .text = "Mixed", .field = "score"),
	OF(UNFILLED, .text = "Mixed", .field = "Größe \"x\""),
	OF(UNFILLED, .text = "films", .field = "title"),
	OF(UNFILLED, .text = "child of \"Mixed\"", .field = "word"),
	OF(DIFF, .from_run = 1, .to_run = 4),
	OF(DIFF, .from_run = 1, .to_run = 2),
	OF(DIFF, .from_run = 2, .to_run = 3),
	OF(DIFF, .from_run = 0, .to_run = 3),
	OF(DIFF, .from_run = 3, .to_run = 4),
	PLAIN(STALE),
	OF(ROWS, .key = 1),
	OF(ROWS, .key = 3),
	OF(ROWS, .key = 40),
	OF(REJECTED, .text = "http:"),
	OF(REJECTED, .text = "é"),
	PLAIN(COOKIES),
	OF(COOKIES, .text = "SHOP.example"),
	OF(COOKIES, .text = "example"),
	OF(LEADING, .key = 1),
	OF(LEADING, .text = "http://a/1_Odd"),
	OF(LEADING, .text = "http://a/9_Odd"),
	PLAIN(RUNS),
	OF(RUNS, .to_run = 2),
	OF(RUNS, .to_run = 99),
	OF(TOTALS, .to_run = 4),
	OF(PATTERN_TOTALS, .to_run = 4),
	OF(FIELDS, .to_run = 4),
	PLAIN(COLUMNS),
	OF(RUN_HOSTS, .to_run = 4),
	OF(RUN_HOSTS, .to_run = 1),
	OF(SAMPLES, .to_run = 4),
	OF(EVENTS, .to_run = 4),
	OF(TROUBLES, .to_run = 4),
	OF(TROUBLES, .to_run = 1),
	OF(HISTOGRAMS, .to_run = 4),
	OF(COUNTS, .to_run = 4),
	OF(EXAMPLES, .to_run = 4),
	OF(FINDINGS, .to_run = 4),
	OF(CAUSE_HOSTS, .to_run = 4, .is_unsorted = true),
	OF(ORIGIN, .key = 3),
	OF(ORIGIN, .key = 9),
	OF(CAUSE_PAGES, .to_run = 4, .text = "timeout", .is_unsorted = true),
	OF(CAUSE_PAGES, .to_run = 1, .text = "http_error", .status = 404, .is_unsorted = true),
	OF(CAUSE_PAGES, .to_run = 1, .text = "http_error", .status = 500, .is_unsorted = true),
	OF(CAUSE_PAGES, .to_run = 1, .text = "no such", .is_unsorted = true),
	OF(STORIES, .text = ""),
	PLAIN(REJECTS),
};

static void every_report_says_what_that_of_a_file_says(void **state)
{
	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		check_same(report_now, (void *)&reports[i], reports[i].name);
}

static void every_page_is_told_as_from_a_file(void **state)
{
	NEEDS_SERVER();
	for (uint32_t i = 1; i <= 61; i++) {
		struct report_case page = OF(PAGE, .key = i);

		check_same(report_now, &page, "PAGE");
	}
}

/* The first of a file are those that were put first; here they are sorted. */
static void lines_that_were_rejected_are_cut(void **state)
{
	struct report_case lines = PLAIN(REJECT_LINES);
	char *told;

	NEEDS_SERVER();
	now = ONE_SHARE;
	told = report_now(&lines);
	assert_non_null(strstr(told, "list=text:B\\20list line=integer:1"));
	assert_non_null(strstr(told, "\\e2\\80\\a6"));
	free(told);
	now = FILE_STORE;
}

/* ---- lists of URLs ---- */

static int on_found(void *context, const struct store_found_url *url)
{
	struct told *told = context;

	fprintf(told->out, "%u from=%u state=%d status=%u tries=%d", url->key.number,
		url->from.number, (int)url->state, url->status, url->tries);
	tell_slice(told, "url", url->url);
	tell_slice(told, "outcome", url->outcome);
	tell_slice(told, "title", url->title);
	tell_slice(told, "error", url->error);
	tell_slice(told, "at", url->at);
	fputs("\n", told->out);
	return ++told->rows == told->rows_max ? -1 : 0;
}

static void tell_listed(struct told *told, const struct store_listed *listed)
{
	fprintf(told->out, "looked at %llu%s\n", (unsigned long long)listed->looked_at,
		listed->is_at_end ? ", at the end" : "");
}

struct list_case {
	struct store_url_filter filter;
	struct store_row_filter rows;
	const char *pattern, *field;
	size_t count;
	bool is_oldest_first;
	unsigned stops_at; /* row; 0: never */
	uint32_t page;
};

static char *urls_now(void *context)
{
	const struct list_case *row = context;
	struct store_range range = { .is_oldest_first = row->is_oldest_first, .count = row->count };
	struct store_listed listed = { .is_at_end = false };
	struct told told;

	told_begin(&told);
	for (unsigned page = 0; page < 100 && !listed.is_at_end; page++) {
		told.rows = 0;
		if (row->stops_at)
			told.rows_max = row->stops_at;
		assert_int_equal(store_find_urls(stores[now], &row->filter, &range, on_found, &told,
						 &listed),
				 0);
		tell_listed(&told, &listed);
		fprintf(told.out, "place %u\n", (uint32_t)listed.place);
		range.place = listed.place;
	}
	return told_end(&told);
}

#define STATE(which) .has_state = true, .state = STORE_##which
#define TEXT(string)                       \
	{                                  \
		string, sizeof(string) - 1 \
	}

static const struct store_url_filter url_filters[] = {
	{ .has_state = false },
	{ STATE(PENDING) },
	{ STATE(DONE) },
	{ STATE(FAILED) },
	{ STATE(SKIPPED) },
	{ .outcome = TEXT("ok") },
	{ .outcome = TEXT("http_error"), .is_failure = true },
	{ .outcome = TEXT("http_error") },
	{ .outcome = TEXT("no such"), .is_failure = true },
	{ .outcome = TEXT("timeout"), .is_failure = true, .has_status = true },
	{ STATE(FAILED), .has_status = true, .status = 404 },
	{ STATE(DONE), .has_status = true, .status = 404 },
	{ .has_status = true, .status = 0 },
	{ .has_status = true, .status = 200 },
	{ .host = TEXT("http://a") },
	{ .host = TEXT("a") },
	{ .host = TEXT("b:8443"), STATE(FAILED) },
	{ .host = TEXT("nobody") },
	{ .pattern = TEXT("Mixed") },
	{ .pattern = TEXT("mixed") },
	{ .pattern = TEXT("films") },
	{ .pattern = TEXT("film") },
	{ .text = TEXT("ODD") },
	{ .text = TEXT("50%") },
	{ .text = TEXT("\\X=") },
	{ .text = TEXT("é") },
	{ .text = TEXT("É") },
	{ .text = TEXT("tÍTLE") },
	{ .text = TEXT("tíTLE") },
	{ .text = TEXT("no answer %_") },
	{ .text = TEXT("' OR true --") },
	{ .text = TEXT("\xff\xfe") },
	{ .text = TEXT("answer"), STATE(FAILED), .host = TEXT("a") },
};

static void urls_are_listed_as_from_a_file(void **state)
{
	static const size_t sizes[] = { 7, 1000 };

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(url_filters) / sizeof(url_filters[0]); i++) {
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			struct list_case row = { .filter = url_filters[i], .count = sizes[j] };

			check_same(urls_now, &row, url_filters[i].text.at);
			row.is_oldest_first = true;
			check_same(urls_now, &row, url_filters[i].text.at);
			row.stops_at = 3;
			check_same(urls_now, &row, url_filters[i].text.at);
		}
	}
}

static char *found_now(void *context)
{
	struct store_found_url found;
	struct told told;
	uint32_t number = *(uint32_t *)context;
	int result = store_get_found(stores[now], key_now(number), &found);

	told_begin(&told);
	fprintf(told.out, "%d ", result);
	if (result == 1)
		on_found(&told, &found);
	return told_end(&told);
}

static void a_url_is_found_by_its_key(void **state)
{
	NEEDS_SERVER();
	for (uint32_t i = 1; i <= 61; i++)
		check_same(found_now, &i, "get_found");
}

/* ---- lists of rows ---- */

static int on_shown(void *context, const struct store_shown_row *row)
{
	struct told *told = context;

	fprintf(told->out, "%u#%u", row->page.number, row->number);
	tell_slice(told, "page_url", row->page_url);
	for (size_t i = 0; i < row->count; i++)
		tell_value(told, row->columns[i], &row->values[i]);
	fputs("\n", told->out);
	return ++told->rows == told->rows_max ? -1 : 0;
}

static char *rows_now(void *context)
{
	const struct list_case *row = context;
	struct store_row_filter filter = row->rows;
	struct store_range range = { .is_oldest_first = row->is_oldest_first, .count = row->count };
	struct store_listed listed = { .is_at_end = false };
	struct told told;

	if (row->page)
		filter.page = key_now(row->page);
	told_begin(&told);
	for (unsigned page = 0; page < 200 && !listed.is_at_end; page++) {
		told.rows = 0;
		if (row->stops_at)
			told.rows_max = row->stops_at;
		assert_int_equal(row->field ? store_sort_rows(stores[now], row->pattern, row->field,
							      &filter, &range, on_shown, &told,
							      &listed)
					    : store_find_rows(stores[now], row->pattern, &filter,
							      &range, on_shown, &told, &listed),
				 0);
		tell_listed(&told, &listed);
		range.place = listed.place;
	}
	return told_end(&told);
}

static const struct store_field_filter named_b[] = { { "name", TEXT("B") } },
				       unfilled[] = { { .field = "score" } },
				       whole[] = { { "score", TEXT(".0") } },
				       minus[] = { { "Größe \"x\"", TEXT("-2") },
						   { "name", TEXT("É") } };
static const struct store_row_filter row_filters[] = {
	{ .field_count = 0 },
	{ .text = TEXT("b") },
	{ .text = TEXT("É") },
	{ .text = TEXT("%") },
	{ .text = TEXT("x\\Y") },
	{ .text = TEXT("\"A\": ") },
	{ .fields = named_b, .field_count = 1 },
	{ .fields = unfilled, .field_count = 1 },
	{ .fields = whole, .field_count = 1 },
	{ .fields = minus, .field_count = 2, .text = TEXT("1") },
};
static const char *const sorted_by[] = { NULL, "name", "Größe \"x\"", "score", "data" };

static void rows_are_listed_and_sorted_as_from_a_file(void **state)
{
	static const size_t sizes[] = { 1, 10, 1000 };

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(row_filters) / sizeof(row_filters[0]); i++) {
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			for (size_t k = 0; k < sizeof(sorted_by) / sizeof(sorted_by[0]); k++) {
				struct list_case row = { .rows = row_filters[i],
							 .pattern = "Mixed",
							 .field = sorted_by[k],
							 .count = sizes[j] };

				if (i > 0 && (sizes[j] == 1 || k > 2))
					continue;
				check_same(rows_now, &row, row.rows.text.at);
				row.is_oldest_first = true;
				check_same(rows_now, &row, row.rows.text.at);
				row.page = 24;
				check_same(rows_now, &row, row.rows.text.at);
			}
		}
	}
}

/* ---- what is looked at ---- */

static char *newest_now(void *context)
{
	const struct list_case *row = context;
	struct told told;

	told_begin(&told);
	if (row->stops_at)
		told.rows_max = row->stops_at;
	WORKS(store_each_newest_row(stores[now], row->pattern, on_shown, &told));
	assert_string_equal(store_error(stores[now])->text, "");
	return told_end(&told);
}

static char *each_now(void *context)
{
	const struct list_case *row = context;
	struct told told;

	told_begin(&told);
	if (row->stops_at)
		told.rows_max = row->stops_at;
	WORKS(store_each_row(stores[now], row->pattern, on_shown, &told));
	return told_end(&told);
}

static int on_column(void *context, const char *name, bool is_json)
{
	fprintf(((struct told *)context)->out, "%s %d\n", name, is_json);
	return 0;
}

static char *columns_now(void *context)
{
	struct told told;

	told_begin(&told);
	WORKS(store_each_column(stores[now], context, on_column, &told));
	return told_end(&told);
}

static void rows_are_browsed_as_from_a_file(void **state)
{
	static const char *const patterns[] = { "Mixed", "mixed", "films", "child of \"Mixed\"",
						"none" };

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct list_case row = { .pattern = patterns[i] };

		check_same(columns_now, (void *)patterns[i], patterns[i]);
		check_same(each_now, &row, patterns[i]);
		check_same(newest_now, &row, patterns[i]);
		row.stops_at = 2;
		check_same(each_now, &row, patterns[i]);
		check_same(newest_now, &row, patterns[i]);
	}
}

static int on_matched(void *context, const struct store_matched *page)
{
	struct told *told = context;

	fprintf(told->out, "%u %lld", page->key.number, (long long)page->visit);
	tell_slice(told, "unmatched", page->unmatched);
	tell_slice(told, "counts", page->counts);
	fputs("\n", told->out);
	return 0;
}

static char *matched_now(void *context)
{
	struct told told;

	(void)context;
	told_begin(&told);
	WORKS(store_each_matched(stores[now], on_matched, &told));
	return told_end(&told);
}

static int on_kept(void *context, struct store_key page, struct slice final_url)
{
	struct told *told = context;

	fprintf(told->out, "%u", page.number);
	tell_slice(told, "final_url", final_url);
	fputs("\n", told->out);
	return 0;
}

static int on_read(void *context, const struct store_read *read)
{
	fprintf(((struct told *)context)->out, "%u %llu\n", read->key.number,
		(unsigned long long)read->config_hash);
	return 0;
}

static void tell_kept(struct told *told, const struct store_kept *kept)
{
	fprintf(told->out, "%u is_text=%d", kept->key.number, kept->is_text);
	tell_slice(told, "url", kept->url);
	tell_slice(told, "final_url", kept->final_url);
	tell_slice(told, "content_type", kept->content_type);
	tell_slice(told, "unmatched", kept->unmatched);
	tell_slice(told, "counts", kept->counts);
	tell_slice(told, "notes", kept->notes);
	tell_slice(told, "set", kept->set);
	tell_slice(told, "body", kept->body);
	fputs("\n", told->out);
}

static char *kept_now(void *context)
{
	struct store_kept kept = { .is_text = false };
	struct told told;

	(void)context;
	told_begin(&told);
	while (store_get_kept(stores[now], kept.key, &kept) == 1)
		tell_kept(&told, &kept);
	/* One here, one there. */
	for (uint32_t i = 50; i > 0; i--)
		if (store_get_kept(stores[now], key_now(i), &kept) == 1)
			tell_kept(&told, &kept);
	WORKS(store_each_kept(stores[now], on_kept, &told));
	WORKS(store_each_read(stores[now], on_read, &told));
	return told_end(&told);
}

static char *doomed_now(void *context)
{
	struct store_key keys[60];
	struct store_forgotten sum;
	struct told told;
	size_t count = *(size_t *)context;

	for (size_t i = 0; i < count; i++)
		keys[i] = key_now((uint32_t)i * 2 + 1);
	WORKS(store_get_doomed(stores[now], keys, count, &sum));
	told_begin(&told);
	fprintf(told.out, "%llu %llu %llu", (unsigned long long)sum.urls,
		(unsigned long long)sum.rows, (unsigned long long)sum.bodies);
	return told_end(&told);
}

static void what_was_kept_is_read_as_from_a_file(void **state)
{
	NEEDS_SERVER();
	check_same(matched_now, NULL, "each_matched");
	check_same(kept_now, NULL, "kept");
	for (size_t count = 0; count <= 60; count += 20)
		check_same(doomed_now, &count, "get_doomed");
}

/* Of large pages fewer come at once, and one in any case: none is left out. */
static void pages_that_are_read_ahead_fit_into_memory(void **state)
{
	static const struct {
		int64_t bytes; /* a body has 6 or 7, but for one */
		int most;
	} rows[] = { { 1, 1 }, { 13, 2 }, { 40, 6 }, { 1000, 64 } };
	const int64_t usual = postgres_kept_bytes;
	struct store_kept kept;
	int most, pages;

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		postgres_kept_bytes = rows[i].bytes;
		check_same(kept_now, NULL, "kept");
		kept = (struct store_kept){ .is_text = false };
		for (most = pages = 0; store_get_kept(stores[ONE_SHARE], kept.key, &kept) == 1;
		     pages++) {
			int count = PQntuples(postgres_of(stores[ONE_SHARE])->kept.rows);

			most = count > most ? count : most;
		}
		assert_in_range(most, 1, rows[i].most);
		assert_true(pages > most);
	}
	postgres_kept_bytes = usual;
}

/* ---- whole tables ---- */

/* Of a pattern, whose rows come in their order. */
static bool is_rows(const char *table)
{
	return strcmp(table, "mixed") == 0 || strcmp(table, "films") == 0 ||
	       strncmp(table, "child", 5) == 0;
}

static char *table_now(void *context)
{
	struct told told;

	told_begin(&told);
	if (store_query_table(stores[now], context, on_answer, &told))
		fprintf(told.out, "%s", strstr(store_error(stores[now])->text, " has no table"));
	return is_rows(context) ? told_end(&told) : sorted(told_end(&told));
}

static int on_table(void *context, const char *name)
{
	if (strcmp(name, "crawl_status_nodes") != 0)
		fprintf(((struct told *)context)->out, "%s\n", name);
	return 0;
}

static char *tables_now(void *context)
{
	struct told told;

	(void)context;
	told_begin(&told);
	WORKS(store_each_table(stores[now], on_table, &told));
	return told_end(&told);
}

static void tables_are_those_of_a_file(void **state)
{
	static const char *const tables[] = { "pages",
					      "hosts_",
					      "rejects",
					      "gone",
					      "TRIES",
					      "pattern_stats",
					      "crawl_outcome_stats",
					      "mixed",
					      "crawl_field_stats",
					      "crawl_stale",
					      "films",
					      "child of \"Mixed\"",
					      "no such" };

	NEEDS_SERVER();
	check_same(tables_now, NULL, "each_table");
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		check_same(table_now, (void *)tables[i], tables[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_report_says_what_that_of_a_file_says),
		cmocka_unit_test(every_page_is_told_as_from_a_file),
		cmocka_unit_test(lines_that_were_rejected_are_cut),
		cmocka_unit_test(urls_are_listed_as_from_a_file),
		cmocka_unit_test(a_url_is_found_by_its_key),
		cmocka_unit_test(rows_are_listed_and_sorted_as_from_a_file),
		cmocka_unit_test(rows_are_browsed_as_from_a_file),
		cmocka_unit_test(what_was_kept_is_read_as_from_a_file),
		cmocka_unit_test(pages_that_are_read_ahead_fit_into_memory),
		cmocka_unit_test(tables_are_those_of_a_file),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
