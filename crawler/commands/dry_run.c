#include "commands/dry_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret_key.h"
#include "commands/carried.h"
#include "commands/commands.h"
#include "commands/faults.h"
#include "frontier/intern.h"
#include "frontier/seen.h"
#include "parsers/pattern/page_set.h"
#include "parsers/text/memory.h"
#include "parsers/url/domain.h"
#include "show/human.h"
#include "show/log.h"

#define HOSTS_SHOWN_MAX    10 /* those that take longest */
#define PATTERNS_SHOWN_MAX 10
#define NAMES_SHOWN_MAX    10

/* Who is asked no faster than its delay allows: a host, or all of a domain or address. */
struct line {
	struct slice name; /* interned */
	uint64_t requests; /* the robots.txt of each of its hosts too */
	uint64_t urls;
	int64_t delay_ms;
	int64_t concurrency;
	uint32_t hosts;
};

/* What is found out while the lists are read. */
struct look {
	const struct config *config;
	struct seen *seen;
	struct intern *hosts; /* origins */
	struct intern *names; /* of lines, with their numbers */
	struct line *lines;
	bool *fits;           /* a pattern: some URL */
	struct intern *given; /* names of sets, of those that patterns want */
	uint64_t urls;
	uint64_t posts, dressed; /* of them: asked by POST; by GET, with headers of their own */
};

/* ---- reading ---- */

/* A host, or what it keeps its distance with. */
static struct slice line_name(const struct look *look, const struct url *url)
{
	switch (look->config->settings.polite_per) {
	case POLITE_PER_DOMAIN:
		return domain_of(url_host(url));
	case POLITE_PER_ADDRESS: /* what a name stands for is not asked here */
		return domain_is_address(url_host(url)) ? url_host(url) : url_origin(url);
	case POLITE_PER_HOST:
		break;
	}
	return url_origin(url);
}

/* The line of this name, with the strictest policy of its hosts. */
static struct line *find_line(struct look *look, struct slice name)
{
	uint32_t number = intern_find(look->names, name);

	if (number != INTERN_NONE)
		return &look->lines[number];
	number = intern_add(look->names, name);
	look->lines = memory_resize(look->lines, (number + 1) * sizeof(*look->lines));
	look->lines[number] = (struct line){
		.name = intern_text(look->names, number),
		.concurrency = INT64_MAX,
	};
	return &look->lines[number];
}

static void add_host(struct look *look, const struct url *url, struct line *line)
{
	const struct config_host *rule = config_host_rule(look->config, url_origin(url));
	const struct settings *settings = &look->config->settings;
	int64_t delay = rule && rule->delay_ms >= 0 ? rule->delay_ms : settings->delay_ms;
	int64_t most = rule && rule->concurrency >= 0 ? rule->concurrency : settings->concurrency;

	intern_add(look->hosts, url_origin(url));
	line->hosts++;
	line->requests += config_obeys_robots(look->config, url_origin(url));
	if (line->delay_ms < delay)
		line->delay_ms = delay;
	if (line->concurrency > most)
		line->concurrency = most;
}

static void try_patterns(struct look *look, struct slice url)
{
	for (size_t i = 0; i < look->config->pattern_count; i++)
		if (!look->fits[i])
			look->fits[i] = pattern_wants(look->config->patterns[i].pattern, url);
}

/* The names that a line gives, as far as patterns want them. */
static void note_given(struct look *look, struct slice set)
{
	if (!set.at)
		return;
	for (size_t i = 0; i < look->config->pattern_count; i++) {
		struct pattern *pattern = look->config->patterns[i].pattern;
		const struct page_set_field *field = pattern_wanted_fields(pattern);

		if (look->config->patterns[i].parent)
			continue; /* it has its parent's */
		pattern_give_set(pattern, set);
		for (; field; field = field->next)
			if (field->value.at && intern_find(look->given, field->name) == INTERN_NONE)
				intern_add(look->given, field->name);
	}
}

/* As of struct lists: 1 if the URL is new. */
static int on_url(void *context, const struct seeds_line *seed)
{
	struct look *look = context;
	struct url *url = seed->url;
	struct line *line;
	size_t plain;

	canonical_apply(look->config->canonical, url);
	plain = url->size;
	request_identify(url, &seed->request);
	if (!seen_add(look->seen, url_slice(url)))
		return 0;
	try_patterns(look, (struct slice){ url->text, plain });
	note_given(look, seed->set);
	line = find_line(look, line_name(look, url));
	if (intern_find(look->hosts, url_origin(url)) == INTERN_NONE)
		add_host(look, url, line);
	line->requests++;
	line->urls++;
	look->urls++;
	look->posts += seed->request.method == REQUEST_POST;
	look->dressed += seed->request.method == REQUEST_GET && seed->request.headers.size > 0;
	return 1;
}

/* ---- showing ---- */

/* From the first request to the last; robots.txt may ask for more. */
static int64_t least_ms(const struct line *line)
{
	int64_t least;

	if (line->requests == 0 ||
	    __builtin_mul_overflow((int64_t)line->requests - 1, line->delay_ms, &least))
		return line->requests == 0 ? 0 : INT64_MAX;
	return least;
}

static int compare(const void *a, const void *b)
{
	const struct line *first = a, *second = b;
	int64_t one = least_ms(first), other = least_ms(second);

	if (one != other)
		return one < other ? 1 : -1;
	if (first->urls != second->urls)
		return first->urls < second->urls ? 1 : -1;
	return 0;
}

/* "  http://example.org: 100 URLs, 2 s apart, 2 at once: 3 min 20 s". */
static void show_line(const struct line *line)
{
	char delay[HUMAN_DURATION_MAX], least[HUMAN_DURATION_MAX], hosts[32] = "";

	if (line->hosts > 1)
		snprintf(hosts, sizeof(hosts), " (%u hosts)", line->hosts);
	log_say("  %.*s%s: %s, %s apart, %lld at once: %s", (int)line->name.size, line->name.at,
		hosts, COUNTED(line->urls, "URL"), human_exact(line->delay_ms, delay),
		(long long)line->concurrency, human_duration(least_ms(line), least));
}

static void show_lines(const struct look *look)
{
	uint32_t count = intern_count(look->names);
	uint32_t hosts = intern_count(look->hosts);

	log_say("%s of %s", COUNTED(look->urls, "different URL"), COUNTED(hosts, "host"));
	for (uint32_t i = 0; i < count && i < HOSTS_SHOWN_MAX; i++)
		show_line(&look->lines[i]);
	if (count > HOSTS_SHOWN_MAX)
		log_say("  and %u more that take no longer", count - HOSTS_SHOWN_MAX);
}

static void show_requests(const struct look *look)
{
	if (look->posts > 0)
		log_say("%s asked by POST: each run asks anew, and one that was taken is not "
			"sent again",
			COUNTED(look->posts, "URL"));
	if (look->dressed > 0)
		log_say("%s with headers of its list", COUNTED(look->dressed, "URL"));
}

/* What is sent to them, of those that get something of their own. */
static void show_carried(const struct look *look)
{
	uint32_t count = intern_count(look->hosts);

	for (uint32_t i = 0; i < count && i < HOSTS_SHOWN_MAX; i++)
		carried_say_host(look->config, intern_text(look->hosts, i));
}

/* The lines stand in order. */
static void show_time(const struct look *look, const struct options *options)
{
	const struct settings *settings = &look->config->settings;
	const struct line *slowest = &look->lines[0];
	int64_t least = least_ms(slowest);
	char text[HUMAN_DURATION_MAX];

	if (settings->max_pages > 0 && (uint64_t)settings->max_pages < look->urls)
		log_say("max_pages ends the run after %lld of them",
			(long long)settings->max_pages);
	else if (settings->max_time_ms > 0 && settings->max_time_ms < least)
		log_say("max_time ends the run after %s: all of them take %s at least",
			human_duration(settings->max_time_ms, text),
			human_duration(least, (char[HUMAN_DURATION_MAX]){ 0 }));
	else if (least == 0)
		log_say("no host has to be waited for");
	else
		log_say("at least %s%s%s: %.*s decides", human_duration(least, text),
			store_exists(options->database) ? ", but for what is done in " : "",
			store_exists(options->database) ? store_shown(options->database) : "",
			(int)slowest->name.size, slowest->name.at);
}

static void show_patterns(const struct look *look)
{
	const struct config *config = look->config;
	size_t unfit = 0;

	for (size_t i = 0; i < config->pattern_count; i++) {
		const struct config_pattern *pattern = &config->patterns[i];

		if (look->fits[i] || unfit++ >= PATTERNS_SHOWN_MAX)
			continue;
		log_say("%s:%u: %s: no URL of the lists is one of its pages%s", pattern->file,
			pattern->line, pattern_name(pattern->pattern),
			config->follow_count > 0 ? "; links may lead to some" : "");
	}
	if (unfit > PATTERNS_SHOWN_MAX)
		log_say("and %zu patterns more", unfit - PATTERNS_SHOWN_MAX);
}

/* A name that is misspelt, here or there, would be a column of nothing. */
static void show_missing(const struct look *look)
{
	const struct config *config = look->config;
	size_t missing = 0;

	for (size_t i = 0; i < config->pattern_count; i++) {
		const struct config_pattern *pattern = &config->patterns[i];
		const struct page_set_field *field =
			pattern->parent ? NULL : pattern_wanted_fields(pattern->pattern);

		for (; field; field = field->next)
			if (intern_find(look->given, field->name) == INTERN_NONE &&
			    missing++ < NAMES_SHOWN_MAX)
				log_say("%s:%u: %s: no URL of the lists has {" PAGE_SET_PREFIX
					"%.*s}",
					pattern->file, pattern->line,
					pattern_name(pattern->pattern), (int)field->name.size,
					field->name.at);
	}
	if (missing > NAMES_SHOWN_MAX)
		log_say("and %zu names more", missing - NAMES_SHOWN_MAX);
}

static void show(struct look *look, const struct options *options, const struct lists *lists)
{
	const struct seeds_counts *counts = &lists->counts;

	log_say("dry run: %s: %s, %llu rejected, %llu blank or comment; %s; nothing fetched",
		COUNTED(counts->lines, "line"), COUNTED(counts->urls, "URL"),
		(unsigned long long)counts->rejected, (unsigned long long)counts->skipped,
		COUNTED(look->config->pattern_count, "pattern"));
	lists_say_users(lists);
	if (look->urls == 0)
		return;
	qsort(look->lines, intern_count(look->names), sizeof(*look->lines), compare);
	show_lines(look);
	show_requests(look);
	show_carried(look);
	show_time(look, options);
	show_patterns(look);
	show_missing(look);
}

/* ---- public ---- */

int dry_run(const struct config *config, const struct options *options, struct lists *lists)
{
	struct look look = { .config = config };
	int code = EXIT_WRONG_USAGE;
	char faults[FAULTS_MAX];

	look.seen = seen_new(secret_key_new());
	look.hosts = intern_new();
	look.names = intern_new();
	look.given = intern_new();
	look.fits = memory_new(config->pattern_count, sizeof(*look.fits));
	lists->on_url = on_url;
	lists->context = &look;
	if (lists_read(lists, options) == 0) {
		show(&look, options, lists);
		code = faults_of_lists(lists, faults) ? EXIT_SOME_FAILED : EXIT_ALL_DONE;
	}
	if (code == EXIT_SOME_FAILED)
		log_say("exit 1: %s", faults);
	free(look.fits);
	free(look.lines);
	intern_free(look.given);
	intern_free(look.names);
	intern_free(look.hosts);
	seen_free(look.seen);
	return code;
}
