#include "control/requests.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/settings.h"
#include "parsers/text/memory.h"
#include "show/human.h"

static void pause_crawl(struct steer *steer, char *words[], FILE *answer)
{
	(void)words;
	master_pause(steer->master, true);
	fprintf(answer, "ok paused, %s in flight: 'crawl ctl resume' goes on\n",
		COUNTED(master_view(steer->master).in_flight, "request"));
}

static void resume_crawl(struct steer *steer, char *words[], FILE *answer)
{
	(void)words;
	master_pause(steer->master, false);
	fprintf(answer, "ok resumed, %s queued\n",
		COUNTED(master_view(steer->master).queued, "URL"));
}

static void stop_crawl(struct steer *steer, char *words[], FILE *answer)
{
	(void)words;
	master_stop(steer->master);
	fprintf(answer, "ok stopping, %s in flight: the same command goes on\n",
		COUNTED(master_view(steer->master).in_flight, "request"));
}

static void add_url(struct steer *steer, char *words[], FILE *answer)
{
	static char url[URL_BYTES_MAX + 1];
	const char *reason;
	int added = master_add_line(steer->master, slice_of(words[0]), url, &reason);

	if (added == -2)
		fprintf(answer, "error no URL: %s\n", reason);
	else if (added < 0 || master_commit(steer->master) < 0)
		fprintf(answer, "error the database failed: the crawl ends\n");
	else
		fprintf(answer, "ok %s %s%s\n", added > 0 ? "added" : "known already:", url,
			added > 0 ? " (later runs ask for it if a list names it)" : "");
}

/* "example.org", "example.org:8080" or an origin, as the master knows hosts.  NULL: it is none. */
static char *canonical_host(const char *text)
{
	static struct url url;
	bool has_scheme = strstr(text, "://") != NULL;
	size_t size = strlen(text) + sizeof("http://");
	char *whole = memory_new(size, 1);
	bool is_good;

	snprintf(whole, size, "%s%s", has_scheme ? "" : "http://", text);
	is_good = url_parse(&url, slice_of(whole)) == URL_OK;
	free(whole);
	if (!is_good)
		return NULL;
	return has_scheme ? memory_text(url.text, url.path)
			  : memory_text(url.text + url.host, (size_t)(url.path - url.host));
}

static void set_delay(struct steer *steer, char *words[], FILE *answer)
{
	const struct setting *setting = setting_find(SLICE("delay"));
	char error[SETTING_ERROR_MAX];
	char *host = canonical_host(words[0]);
	int64_t delay_ms;
	unsigned count;

	if (!host) {
		fprintf(answer, "error '%.200s' is no host\n", words[0]);
	} else if (setting_lacks_unit(setting->kind, slice_of(words[1]), error)) {
		fprintf(answer, "error %s\n", error);
	} else if (setting_parse(setting->kind, setting->least, setting->most, slice_of(words[1]),
				 &delay_ms, error) < 0) {
		fprintf(answer, "error %s\n", error);
	} else {
		count = master_set_delay(steer->master, slice_of(host), delay_ms);
		if (count == 0)
			fprintf(answer, "error no host of this crawl is called %.200s\n", host);
		else
			fprintf(answer, "ok %.200s: %s, %lld ms from %s next request on\n", host,
				COUNTED(count, "host"), (long long)delay_ms,
				count == 1 ? "its" : "their");
	}
	free(host);
}

static void show_status(struct steer *steer, char *words[], FILE *answer)
{
	const struct tally_totals *totals = tally_totals(steer->tally);
	struct master_view view = master_view(steer->master);
	int64_t now = clock_ms(), elapsed_ms = now - steer->begun_ms;
	int64_t busy_ms = totals->last_page_ms > 0 ? totals->last_page_ms : steer->begun_ms;

	(void)words;
	fprintf(answer, "ok\npid=%d\nelapsed_ms=%lld\npaused=%d\nstopping=%d\n", (int)getpid(),
		(long long)elapsed_ms, view.is_paused, view.is_draining);
	fprintf(answer, "done=%llu\nfailed=%llu\npending=%zu\nin_flight=%zu\nhosts=%u\n",
		(unsigned long long)tally_count_done(steer->tally),
		(unsigned long long)tally_count_failed(steer->tally), view.queued + view.in_flight,
		view.in_flight, view.hosts);
	fprintf(answer, "workers=%u\nidle_ms=%lld\n", view.workers, (long long)(now - busy_ms));
	fprintf(answer, "least_ms=%lld\n", (long long)master_least_ms(steer->master));
	fprintf(answer, "rows=%llu\npages_per_s=%.1f\n", (unsigned long long)totals->rows,
		elapsed_ms > 0 ? (double)totals->pages * 1000 / (double)elapsed_ms : 0.0);
}

static void show_hosts(struct steer *steer, char *words[], FILE *answer)
{
	struct master_tail tails[MASTER_TAILS_MAX];
	unsigned count = master_tails(steer->master, tails, MASTER_TAILS_MAX);

	(void)words;
	fputs("ok\n", answer);
	for (unsigned i = 0; i < count; i++)
		fprintf(answer, "%.*s\t%llu\t%lld\t%s\n", (int)tails[i].origin.size,
			tails[i].origin.at, (unsigned long long)tails[i].urls,
			(long long)tails[i].delay_ms, tails[i].wait);
}

#define WORDS_MAX 2
#define A_LINE    SIZE_MAX /* one word, of all that follows */

static const struct {
	const char *name;
	size_t words; /* that follow */
	void (*answer)(struct steer *steer, char *words[], FILE *answer);
} requests[] = {
	{ "pause", 0, pause_crawl }, { "resume", 0, resume_crawl }, { "stop", 0, stop_crawl },
	{ "add", A_LINE, add_url },  { "delay", 2, set_delay },     { "status", 0, show_status },
	{ "hosts", 0, show_hosts },
};

/* Are these so many words?  rest: what follows the name, or NULL. */
static bool cut(char *rest, size_t wanted, char *words[])
{
	size_t count = 0;

	if (wanted == A_LINE) {
		words[0] = rest;
		return rest != NULL;
	}
	for (; rest && count <= WORDS_MAX; count++)
		words[count] = strsep(&rest, " ");
	return count == wanted && !rest;
}

void requests_answer(void *user, char *request, FILE *answer)
{
	char *words[WORDS_MAX + 1] = { NULL }, *rest = request;
	char *name = strsep(&rest, " ");

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (strcmp(requests[i].name, name) != 0 || !cut(rest, requests[i].words, words))
			continue;
		requests[i].answer(user, words, answer);
		return;
	}
	fprintf(answer, "error not understood; there are: pause, resume, stop, add URL, "
			"delay HOST TIME, status, hosts\n");
}
