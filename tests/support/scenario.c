#include "tests/support/test.h"

#include "tests/support/scenario.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define URLS_MAX       16 /* that url() keeps */
#define URL_BYTES      4096
#define BUSY_MS        5000
#define SITE_LOG       "site.log"
#define LOG_LINE_BYTES 5000

struct site_process site;

static struct requests log_read;
static size_t robots_read;

/* ---- set-up and teardown ---- */

static int start_site(const char *const options[])
{
	const char *words[SITE_ARGUMENTS_MAX] = { "--log", in_folder(SITE_LOG) };
	size_t count = 2;

	for (; options && *options && count < SITE_ARGUMENTS_MAX - 3; options++)
		words[count++] = *options;
	if (access(in_folder("root"), F_OK) == 0) {
		words[count++] = "--root";
		words[count++] = in_folder("root");
	}
	return site_start(&site, words);
}

int scenario_begin_with(const char *const options[])
{
	return folder_make(NULL) < 0 ? -1 : start_site(options);
}

int scenario_begin_rooted(const char *const options[])
{
	if (folder_make(NULL) < 0 || mkdir(in_folder("root"), 0700) < 0)
		return -1;
	return start_site(options);
}

int scenario_begin(void **state)
{
	(void)state;
	return scenario_begin_with((const char *[]){ "--workers", "2", NULL });
}

int scenario_end(void **state)
{
	int site_code = site.pid > 0 ? site_stop(&site) : 0;

	free(log_read.list);
	log_read = (struct requests){ 0 };
	ask_in(NULL, NULL);
	return folder_remove(state) < 0 ? -1 : site_code;
}

/* ---- URLs ---- */

const char *url(const char *format, ...)
{
	static char urls[URLS_MAX][URL_BYTES];
	static unsigned next;
	char *text = urls[next++ % URLS_MAX];
	size_t size = (size_t)snprintf(text, URL_BYTES, "%s", site.origin);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + size, URL_BYTES - size, format, arguments);
	va_end(arguments);
	return text;
}

const char *url_at(unsigned address, const char *path)
{
	static char urls[URLS_MAX][URL_BYTES];
	static unsigned next;
	char *text = urls[next++ % URLS_MAX];

	snprintf(text, URL_BYTES, "http://127.0.0.%u:%u%s", address, site.port, path);
	return text;
}

const char *write_list(const char *name, const char *path, int first, int count)
{
	const char *place = strstr(path, "%d");
	const char *list = in_folder(name);
	FILE *file = fopen(list, "w");

	assert_non_null(file);
	assert_non_null(place);
	for (int i = first; i < first + count; i++)
		fprintf(file, "%s%.*s%d%s\n", site.origin, (int)(place - path), path, i, place + 2);
	assert_int_equal(fclose(file), 0);
	return list;
}

/* ---- the site's log ---- */

static void add_request(const char *line)
{
	struct request request = { 0 };
	long long arrived, ended;
	unsigned long long sent;
	int fields = sscanf(line, "%lld %lld %7s %63s %511s %d %llu %u %511s", &arrived, &ended,
			    request.method, request.host, request.target, &request.status, &sent,
			    &request.port, request.carried);

	if (fields == 9 && strcmp(request.target, "/robots.txt") == 0)
		robots_read++;
	if (fields != 9 || strcmp(request.target, "/robots.txt") == 0)
		return;
	request.arrived_ms = arrived;
	request.ended_ms = ended;
	request.sent = sent;
	log_read.list = realloc(log_read.list, (log_read.count + 1) * sizeof(*log_read.list));
	assert_non_null(log_read.list);
	log_read.list[log_read.count++] = request;
}

struct requests site_requests(void)
{
	FILE *log = fopen(in_folder(SITE_LOG), "r");
	char line[LOG_LINE_BYTES];

	assert_non_null(log);
	log_read.count = robots_read = 0;
	while (fgets(line, sizeof(line), log))
		add_request(line);
	fclose(log);
	return log_read;
}

size_t robots_requests(void)
{
	site_requests();
	return robots_read;
}

struct requests site_all_requests(void)
{
	if (site.pid > 0)
		assert_int_equal(site_stop(&site), 0);
	return site_requests();
}

size_t requests_for(const struct requests *requests, const char *target)
{
	size_t count = 0;

	for (size_t i = 0; i < requests->count; i++)
		count += strcmp(requests->list[i].target, target) == 0;
	return count;
}

void assert_each_once(const struct requests *requests, size_t count)
{
	for (size_t i = 0; i < requests->count; i++) {
		if (requests_for(requests, requests->list[i].target) != 1)
			fail_msg("%s was asked for more than once", requests->list[i].target);
	}
	assert_int_equal(requests->count, count);
}

/* ---- the database ---- */

static void add_value(sqlite3_stmt *query, int column, FILE *out)
{
	const void *text = sqlite3_column_blob(query, column);

	if (sqlite3_column_type(query, column) == SQLITE_NULL)
		fputc('-', out);
	else
		fwrite(text ? text : "", 1, (size_t)sqlite3_column_bytes(query, column), out);
}

static void write_answer(sqlite3 *db, const char *sql, FILE *out)
{
	sqlite3_stmt *query = NULL;
	bool is_first = true;
	int result;

	if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	while ((result = sqlite3_step(query)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(query); i++) {
			if (i > 0 || !is_first)
				fputc(i > 0 ? '|' : '\n', out);
			add_value(query, i, out);
		}
		is_first = false;
	}
	if (result != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_finalize(query);
}

/* Not read-only, so that tests may damage a database; what crawl left in the log stays there. */
const char *ask_in(const char *database, const char *sql)
{
	static char *answer;
	sqlite3 *db = NULL;
	size_t size;
	FILE *out;

	free(answer);
	answer = NULL;
	if (!database)
		return NULL;
	if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		fail_msg("%s: %s", database, sqlite3_errmsg(db));
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	sqlite3_busy_timeout(db, BUSY_MS);
	out = open_memstream(&answer, &size);
	assert_non_null(out);
	write_answer(db, sql, out);
	fclose(out);
	sqlite3_close(db);
	return answer;
}

const char *ask(const char *sql)
{
	return ask_in(in_folder("crawl.db"), sql);
}

long ask_number(const char *sql)
{
	return strtol(ask(sql), NULL, 10);
}

char *contents(const char *database, const char *table)
{
	static const char pages[] =
		"SELECT url, state, outcome, status, final_url, depth, from_url, title, "
		"content_type, charset, charset_source, size, wire_size, error "
		"FROM pages ORDER BY url";
	char *first = strdup(ask_in(database, pages)), *both = NULL, sql[200];

	snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" ORDER BY page_url, n", table);
	assert_true(asprintf(&both, "%s\n%s", first, ask_in(database, sql)) > 0);
	free(first);
	return both;
}
