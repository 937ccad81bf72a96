#include "tests/support/test.h"

#include "tests/support/nodes.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX        48
#define CRAWL_DELAY_MS   400 /* of every tenth host, as its robots.txt says */
#define LATER_S          1
#define CRAWL_DELAY_HOST 3
#define HOST_KINDS       10
#define PAGE_404         4 /* of each host */

static const char config[] =
	"patterns:\n"
	"  - name: things\n"
	"    pattern: '<li class=\"shared\" id=\"(?<id>\\d+)\">(?<name>[^<]*)'\n"
	"    fields: {id: {type: integer}}\n"
	"    key: [id]\n"
	"  - name: own\n"
	"    pattern: '<li class=\"own\" id=\"(?<id>[^\"]*)\">(?<host>\\d+)'\n"
	"    fields: {id: {}, host: {type: integer}}\n"
	"  - name: titled\n"
	"    fields: {title: {pattern: '<title>(.*?)</title>'}}\n"
	"follow:\n"
	"  - {link: '/web/', same: any, depth: 1000%s}\n";

static struct nodes_web web;

static unsigned crawl_delay_ms(void)
{
	return web.crawl_delay_ms ? web.crawl_delay_ms : CRAWL_DELAY_MS;
}

static unsigned later_s(void)
{
	return web.later_s ? web.later_s : LATER_S;
}

/* ---- the site ---- */

static void write_lines(const char *name, const struct site_process *of)
{
	FILE *list = fopen(in_folder(name), "w");

	assert_non_null(list);
	for (unsigned host = 0; host < web.hosts; host++) {
		struct in_addr address = { htonl(INADDR_LOOPBACK + host) };

		fprintf(list, "http://%s:%u/web/%u/%u/0\n", inet_ntoa(address), of->port, web.hosts,
			web.pages);
	}
	assert_int_equal(fclose(list), 0);
}

static void start_site(struct site_process *process, const char *log)
{
	char addresses[16], robots[64], sitemap[64], answer[16], later[16], delay[16];
	bool is_judged = process == &site; /* the other is asked by one machine, in peace */

	snprintf(addresses, sizeof(addresses), "%u", web.hosts);
	snprintf(robots, sizeof(robots), "/web-robots/%u/%u/%u", web.hosts, web.pages, web.rules);
	snprintf(sitemap, sizeof(sitemap), "/web-sitemap/%u/%u", web.hosts, web.pages);
	snprintf(answer, sizeof(answer), "%u", is_judged ? web.answer_ms : 0);
	snprintf(later, sizeof(later), "%u", is_judged ? later_s() : LATER_S);
	snprintf(delay, sizeof(delay), "%u", is_judged ? crawl_delay_ms() : CRAWL_DELAY_MS);
	assert_int_equal(
		site_start(process,
			   (const char *[]){ "--log", in_folder(log), "--addresses", addresses,
					     "--robots-as", robots, "--sitemap-as", sitemap,
					     "--web-wait", answer, "--web-later", later,
					     "--web-delay", delay, "--workers", "2", NULL }),
		0);
}

void nodes_serve(const struct nodes_web *wanted)
{
	char most[32] = "";

	web = *wanted;
	if (web.rule_pages > 0)
		snprintf(most, sizeof(most), ", max_pages: %u", web.rule_pages);
	start_site(&site, "site.log");
	write_text("web.yaml", config, most);
	write_lines("list", &site);
}

int nodes_code(void)
{
	return web.pages > PAGE_404 ? 1 : 0;
}

/* ---- who crawls ---- */

static size_t add_words(const char *words[WORDS_MAX], size_t count, const char *const more[])
{
	for (; more && *more && count < WORDS_MAX - 1; more++)
		words[count++] = *more;
	return count;
}

struct program *nodes_start_with(const char *where, const char *list, const char *const more[])
{
	const struct program_setup setup = { .environment = web.environment };
	const char *words[WORDS_MAX + 1] = { 0 };
	char delay[24], concurrency[24], workers[24];
	size_t count = 0;

	snprintf(delay, sizeof(delay), "%ums", web.delay_ms);
	snprintf(concurrency, sizeof(concurrency), "%u", web.concurrency);
	snprintf(workers, sizeof(workers), "%u", web.workers ? web.workers : 2);
	if (list)
		count = add_words(words, count,
				  (const char *[]){ list, "-c", "web.yaml", "--delay", delay,
						    "--concurrency", concurrency, "--set",
						    "sitemaps=true", NULL });
	count = add_words(words, count, (const char *[]){ "-o", where, "-j", workers, NULL });
	count = add_words(words, count, web.options);
	add_words(words, count, more);
	return program_start(&setup, words);
}

struct program *nodes_start(const char *where)
{
	return nodes_start_with(where, "list", NULL);
}

/* ---- what came of it ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines of an answer, sorted by their bytes: databases do not agree on that. */
static void write_sorted(FILE *out, const char *answer)
{
	size_t count = count_lines(answer) + 1, size = strlen(answer);
	char *text = strdup(answer), **lines = calloc(count, sizeof(*lines));
	size_t found = 0;

	assert_non_null(text);
	assert_non_null(lines);
	for (char *line = text; line < text + size && found < count;) {
		char *end = strchr(line, '\n');

		lines[found++] = line;
		if (end)
			*end = '\0';
		line = end ? end + 1 : text + size;
	}
	qsort(lines, found, sizeof(*lines), by_text);
	for (size_t i = 0; i < found; i++)
		fprintf(out, "%s\n", lines[i]);
	free(lines);
	free(text);
}

#define IS_MOVED "outcome IN ('ok', 'moved') AND final_url <> url"

/* What may not be: the answer is to be 0. */
static const char *const never[] = {
	"SELECT count(*) - count(DISTINCT url) FROM urls",
	"SELECT count(*) - count(DISTINCT url) FROM pages",
	"SELECT count(*) - count(DISTINCT url_id) FROM results",
	"SELECT count(*) - count(DISTINCT origin) FROM hosts",
	"SELECT count(*) - count(DISTINCT id) FROM things",
	"SELECT count(*) FROM (SELECT page_url FROM own GROUP BY page_url HAVING count(*) <> 5 OR "
	"count(DISTINCT id) <> 5) twice",
	"SELECT count(*) FROM pages WHERE state = 'pending'",
	"SELECT count(*) FROM own WHERE page_url IS NULL",
};

static const char *const same[] = {
	"SELECT url, state, CASE WHEN " IS_MOVED " THEN 'moved' ELSE outcome END, "
	"CASE WHEN " IS_MOVED " THEN 0 ELSE status END, final_url, "
	"CASE WHEN " IS_MOVED " THEN '' ELSE title END, error FROM pages",
	"SELECT id, name FROM things",
	"SELECT DISTINCT id, host FROM own",
	"SELECT DISTINCT title FROM titled",
	"SELECT origin, robots FROM hosts",
	"SELECT url, kind FROM urls",
	"SELECT ended FROM runs WHERE id = (SELECT max(id) FROM runs)",
};

char *nodes_result(nodes_ask *ask_of, const char *where)
{
	char *result = NULL;
	size_t size;
	FILE *out = open_memstream(&result, &size);

	assert_non_null(out);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		const char *answer = ask_of(where, never[i]);

		if (strcmp(answer, "0") != 0)
			fail_msg("%s: %s", never[i], answer);
	}
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		write_sorted(out, ask_of(where, same[i]));
	fclose(out);
	return result;
}

void nodes_assert_same(const char *result, const char *wanted)
{
	size_t at = 0, line = 0, wanted_line = 0;

	while (result[at] && result[at] == wanted[at]) {
		at++;
		line = result[at - 1] == '\n' ? at : line;
	}
	wanted_line = line;
	if (result[at] != wanted[at])
		fail_msg("\n%.*s\ninstead of\n%.*s\n(%zu lines instead of %zu)",
			 (int)strcspn(result + line, "\n"), result + line,
			 (int)strcspn(wanted + wanted_line, "\n"), wanted + wanted_line,
			 count_lines(result), count_lines(wanted));
}

/* ---- one machine ---- */

static struct site_process other_site;
static struct program *lone;

void nodes_begin_alone(void)
{
	start_site(&other_site, "other.log");
	write_lines("other-list", &other_site);
	lone = START("other-list", "-c", "web.yaml", "--delay", "0", "--concurrency", "8", "-j",
		     "2", "--set", "sitemaps=true", "-o", "alone.db");
}

/* Another port is another text. */
static void replace_port(char *text)
{
	char here[16], there[16];
	size_t size;

	snprintf(here, sizeof(here), ":%u", site.port);
	snprintf(there, sizeof(there), ":%u", other_site.port);
	size = strlen(there);
	assert_int_equal(strlen(here), size);
	for (char *at = strstr(text, there); at; at = strstr(at + size, there))
		memcpy(at, here, size);
}

char *nodes_end_alone(void)
{
	char *result;

	program_wait(lone);
	site_stop(&other_site);
	assert_code(lone, nodes_code());
	result = nodes_result(ask_in, in_folder("alone.db"));
	replace_port(result);
	return result;
}

/* ---- manners ---- */

/* "127.0.0.4:8080" is the host of number 3. */
static int64_t delay_of(const char *host, int64_t delay_ms)
{
	char name[48];
	struct in_addr address;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(host, ":"), host);
	if (inet_pton(AF_INET, name, &address) == 1 &&
	    (ntohl(address.s_addr) - INADDR_LOOPBACK) % HOST_KINDS == CRAWL_DELAY_HOST &&
	    delay_ms < crawl_delay_ms())
		return crawl_delay_ms();
	return delay_ms;
}

/*
 * Of several requests at a time one that a busy worker sends late is followed at once by the next,
 * which was handed out a delay later.  Of one at a time the next waits for it.
 */
static int64_t jitter_ms(void)
{
	int64_t most_ms = web.delay_ms * 4 / 5;

	if (web.concurrency <= 1)
		return NODES_JITTER_MS;
	return most_ms < 4 * NODES_JITTER_MS ? most_ms : 4 * NODES_JITTER_MS;
}

struct site_judged nodes_judge(int64_t from_ms)
{
	const struct site_manners manners = {
		.delay_ms = web.delay_ms,
		.concurrency = web.concurrency,
		.delay_of = delay_of,
		.later_ms = 1000 * (int64_t)later_s(),
		.from_ms = from_ms,
		.until_ms = SITE_JUDGE_UNTIL_END,
	};
	struct site_judged judged;

	assert_int_equal(site_judge(in_folder("site.log"), &manners, jitter_ms(), &judged), 0);
	return judged;
}

void nodes_assert_polite(void)
{
	struct site_judged judged = nodes_judge(0);

	if (judged.too_close > 0 || judged.most_at_once > web.concurrency)
		fail_msg("%zu of %zu requests too close, %u at once: %s", judged.too_close,
			 judged.requests, judged.most_at_once, judged.worst);
	if (judged.too_early > 0)
		fail_msg("%zu of %zu requests before the time of Retry-After: %s", judged.too_early,
			 judged.requests, judged.early);
}
