#include "config/settings.h"
#include "config/quantity.h"
#include "parsers/site/robots.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "show/complaint.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HOUR 3600000 /* ms */

#define COUNT_MAX 1000000000000 /* pages of a run */

#define AT(member) offsetof(struct settings, member)

const struct setting setting_table[] = {
	{ "user_agent", SETTING_TEXT, AT(user_agent), 1, 256, "crawl/" CRAWL_VERSION,
	  "who asks: the User-Agent header, and the name robots.txt is read for" },
	{ "robots_agent", SETTING_TEXT, AT(robots_agent), 0, 256, "",
	  "the name robots.txt is read for; empty: the one in user_agent" },
	{ "ca_file", SETTING_TEXT, AT(ca_file), 0, 4096, "",
	  "certificates to trust, a PEM file; empty: the system's" },
	{ "proxy", SETTING_TEXT, AT(proxy), 0, 2048, "",
	  "proxy for all requests, a URL or none; empty: as http_proxy and the like say" },
	{ "workers", SETTING_COUNT, AT(workers), 0, 256, "0", "worker processes; 0: one per CPU" },
	{ "window", SETTING_COUNT, AT(window), 1, 1024, "64", "transfers in flight in a worker" },
	{ "timeout", SETTING_DURATION, AT(timeout_ms), 1, 24 * HOUR, "30s",
	  "the longest that one transfer may take" },
	{ "connect_timeout", SETTING_DURATION, AT(connect_timeout_ms), 1, HOUR, "10s",
	  "the longest that connecting may take" },
	{ "max_body", SETTING_SIZE, AT(max_body), 1, 1000000000, "10MB",
	  "the largest page, in decoded bytes" },
	{ "max_rate", SETTING_SIZE, AT(max_rate), 0, COUNT_MAX, "0",
	  "bytes a second of what a host sends; 0: no bound" },
	{ "delay", SETTING_DURATION, AT(delay_ms), 0, HOUR, "500ms",
	  "from the start of a request to the start of the next, per host" },
	{ "concurrency", SETTING_COUNT, AT(concurrency), 1, 1024, "2",
	  "requests at once, per host" },
	{ "polite_per", SETTING_POLITE_PER, AT(polite_per), 0, POLITE_PER_ADDRESS, "host",
	  "who keeps delay and concurrency: each host, domain or address" },
	{ "redirects", SETTING_COUNT, AT(redirects), 0, 100, "10", "redirects followed in a row" },
	{ "retries", SETTING_COUNT, AT(retries), 0, 100, "2",
	  "further tries after a failure that may heal" },
	{ "retry_wait", SETTING_DURATION, AT(retry_wait_ms), 1, HOUR, "1s",
	  "before the first further try; each next one is twice as long" },
	{ "host_failures", SETTING_COUNT, AT(host_failures), 0, 1000000, "20",
	  "failures in a row after which a host rests; 0: it never does" },
	{ "host_rest", SETTING_DURATION, AT(host_rest_ms), 1, HOUR, "30s",
	  "a host's first rest; the next is twice as long, then it is given up" },
	{ "depth", SETTING_COUNT, AT(depth), 0, 1000000, "10", "links from a seed to a page" },
	{ "host_pages", SETTING_COUNT, AT(host_pages), 0, COUNT_MAX, "0",
	  "URLs that links may add to one host; 0: no bound" },
	{ "query_pages", SETTING_COUNT, AT(query_pages), 0, COUNT_MAX, "10000",
	  "URLs that may differ only in their query; 0: no bound" },
	{ "max_pages", SETTING_COUNT, AT(max_pages), 0, COUNT_MAX, "0",
	  "pages fetched in one run; 0: no bound" },
	{ "max_time", SETTING_DURATION, AT(max_time_ms), 0, (int64_t)366 * 24 * HOUR, "0s",
	  "time of one run; 0: no bound" },
	{ "grace", SETTING_DURATION, AT(grace_ms), 0, HOUR, "5s",
	  "time to finish what is in flight when a run is stopped" },
	{ "pattern_time", SETTING_DURATION, AT(pattern_time_ms), 1, HOUR, "100ms",
	  "time for one pattern, or rule of follow, on one page" },
	{ "match_limit", SETTING_COUNT, AT(match_limit), 1, UINT32_MAX, "10000000",
	  "PCRE2's match limit for one attempt of a pattern" },
	{ "robots", SETTING_SWITCH, AT(robots), 0, 1, "true", "obey robots.txt" },
	{ "sitemaps", SETTING_SWITCH, AT(sitemaps), 0, 1, "false",
	  "take the URLs of the hosts' sitemaps" },
	{ "auto_delay", SETTING_SWITCH, AT(auto_delay), 0, 1, "false",
	  "ask a host no faster than it answers" },
	{ "keep_pages", SETTING_SWITCH, AT(keep_pages), 0, 1, "true",
	  "store the pages, compressed: reparse and explain need them" },
	{ "fail_on_drift", SETTING_SWITCH, AT(fail_on_drift), 0, 1, "false",
	  "exit 4 if a pattern or field got worse" },
	{ "http2", SETTING_SWITCH, AT(http2), 0, 1, "true", "offer HTTP/2 over TLS" },
	{ "private_addresses", SETTING_PRIVATE, AT(private_addresses), 0, PRIVATE_ALL, "named",
	  "loopback, private, link-local: of hosts that were named, of none, or of all" },
	{ "cookies", SETTING_COOKIES, AT(cookies), 0, COOKIES_ON, "visit",
	  "off; sent where a redirect on the way set them; on: kept for all pages" },
	{ "sandbox", SETTING_SANDBOX, AT(sandbox), 0, SANDBOX_OFF, "auto",
	  "jail the workers: as the system can, or require it in full; off" },
};

const size_t setting_count = sizeof(setting_table) / sizeof(setting_table[0]);

#define SETTINGS (sizeof(setting_table) / sizeof(setting_table[0]))

static bool is_word(struct slice text, const char *word, bool is_case_free)
{
	return is_case_free ? ascii_equal(text, slice_of(word)) : slice_equal(text, slice_of(word));
}

/* Those of a quantity have its name. */
static const char *const kind_names[] = {
	[SETTING_TEXT] = "a text",
	[SETTING_SWITCH] = "true or false",
	[SETTING_POLITE_PER] = "host, domain or address",
	[SETTING_PRIVATE] = "none, named or all",
	[SETTING_COOKIES] = "off, visit or on",
	[SETTING_SANDBOX] = "auto, require or off",
};

/* Of the kinds that are one of a few words: the words, by what they stand for. */
static const char *const switch_words[] = { "false", "true", NULL };
static const char *const polite_words[] = {
	[POLITE_PER_HOST] = "host",
	[POLITE_PER_DOMAIN] = "domain",
	[POLITE_PER_ADDRESS] = "address",
	[POLITE_PER_ADDRESS + 1] = NULL,
};
static const char *const private_words[] = {
	[PRIVATE_NONE] = "none",
	[PRIVATE_NAMED] = "named",
	[PRIVATE_ALL] = "all",
	[PRIVATE_ALL + 1] = NULL,
};
static const char *const cookies_words[] = {
	[COOKIES_VISIT] = "visit",
	[COOKIES_OFF] = "off",
	[COOKIES_ON] = "on",
	[COOKIES_ON + 1] = NULL,
};
static const char *const sandbox_words[] = {
	[SANDBOX_AUTO] = "auto",
	[SANDBOX_REQUIRE] = "require",
	[SANDBOX_OFF] = "off",
	[SANDBOX_OFF + 1] = NULL,
};
static const char *const *const kind_words[SETTING_SANDBOX + 1] = {
	[SETTING_SWITCH] = switch_words,   [SETTING_POLITE_PER] = polite_words,
	[SETTING_PRIVATE] = private_words, [SETTING_COOKIES] = cookies_words,
	[SETTING_SANDBOX] = sandbox_words,
};

static bool is_quantity(enum setting_kind kind)
{
	return kind == SETTING_COUNT || kind == SETTING_DURATION || kind == SETTING_SIZE;
}

static enum quantity_kind quantity_of(enum setting_kind kind)
{
	return kind == SETTING_COUNT      ? QUANTITY_COUNT
	       : kind == SETTING_DURATION ? QUANTITY_DURATION
					  : QUANTITY_SIZE;
}

static const char *name_of(enum setting_kind kind)
{
	return is_quantity(kind) ? quantity_name(quantity_of(kind)) : kind_names[kind];
}

static bool is_enum(enum setting_kind kind)
{
	return kind >= SETTING_POLITE_PER;
}

static int not_of_kind(enum setting_kind kind, struct slice text, char error[SETTING_ERROR_MAX])
{
	snprintf(error, SETTING_ERROR_MAX, "'%s' is not %s", QUOTED(text), name_of(kind));
	return -1;
}

static int parse_switch(struct slice text, int64_t *value, char error[SETTING_ERROR_MAX])
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!is_word(text, words[i], true))
			continue;
		*value = i % 2;
		return 0;
	}
	return not_of_kind(SETTING_SWITCH, text, error);
}

static int parse_word(enum setting_kind kind, struct slice text, int64_t *value,
		      char error[SETTING_ERROR_MAX])
{
	for (int64_t i = 0; kind_words[kind][i]; i++) {
		if (!is_word(text, kind_words[kind][i], true))
			continue;
		*value = i;
		return 0;
	}
	return not_of_kind(kind, text, error);
}

static int parse_kind(enum setting_kind kind, struct slice text, int64_t *value,
		      char error[SETTING_ERROR_MAX])
{
	if (kind == SETTING_SWITCH)
		return parse_switch(text, value, error);
	if (is_quantity(kind))
		return quantity_parse(quantity_of(kind), text, value, error);
	return parse_word(kind, text, value, error);
}

int setting_parse(enum setting_kind kind, int64_t least, int64_t most, struct slice text,
		  int64_t *value, char error[SETTING_ERROR_MAX])
{
	char bound[SETTING_FORMAT_MAX];
	int64_t parsed;
	bool is_low;

	if (text.size == 0) {
		snprintf(error, SETTING_ERROR_MAX, "nothing is not %s", name_of(kind));
		return -1;
	}
	if (parse_kind(kind, text, &parsed, error) < 0)
		return -1;
	is_low = parsed < least;
	if (is_low || parsed > most) {
		setting_format(kind, is_low ? least : most, bound);
		snprintf(error, SETTING_ERROR_MAX, "'%s' is too %s: at %s %s", QUOTED(text),
			 is_low ? "small" : "large", is_low ? "least" : "most", bound);
		return -1;
	}
	*value = parsed;
	return 0;
}

bool setting_lacks_unit(enum setting_kind kind, struct slice text, char error[SETTING_ERROR_MAX])
{
	return is_quantity(kind) && quantity_lacks_unit(quantity_of(kind), text, error);
}

void setting_format(enum setting_kind kind, int64_t value, char text[SETTING_FORMAT_MAX])
{
	if (is_quantity(kind))
		quantity_format(quantity_of(kind), value, text);
	else
		snprintf(text, SETTING_FORMAT_MAX, "%s", kind_words[kind][value]);
}

/* Texts of settings are kept for the life of the process, each once. */
struct kept {
	struct kept *next;
	char text[];
};

static const char *keep(struct slice text)
{
	static struct kept *all;
	struct kept *kept;

	for (kept = all; kept; kept = kept->next)
		if (slice_equal(slice_of(kept->text), text))
			return kept->text;
	kept = memory_new(1, sizeof(*kept) + text.size + 1);
	if (text.size)
		memcpy(kept->text, text.at, text.size);
	kept->next = all;
	all = kept;
	return kept->text;
}

/* A control character would end a header line: refused here, for every use. */
static int check_text(const struct setting *setting, struct slice text,
		      char error[SETTING_ERROR_MAX])
{
	if ((int64_t)text.size < setting->least) {
		snprintf(error, SETTING_ERROR_MAX, "a text is wanted here, not nothing");
		return -1;
	}
	if ((int64_t)text.size > setting->most) {
		snprintf(error, SETTING_ERROR_MAX, "too long: %zu bytes, at most %" PRId64,
			 text.size, setting->most);
		return -1;
	}
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte >= 0x20 && byte != 0x7F)
			continue;
		snprintf(error, SETTING_ERROR_MAX, "a control character (%#x) cannot stand here",
			 byte);
		return -1;
	}
	return 0;
}

int setting_set(struct settings *settings, const struct setting *setting, struct slice text,
		char error[SETTING_ERROR_MAX])
{
	char *member = (char *)settings + setting->offset;
	int64_t value;

	if (setting->kind == SETTING_TEXT) {
		if (check_text(setting, text, error))
			return -1;
		*(const char **)member = keep(text);
		return 0;
	}
	if (setting_parse(setting->kind, setting->least, setting->most, text, &value, error))
		return -1;
	if (setting->kind == SETTING_SWITCH)
		*(bool *)member = value != 0;
	else if (is_enum(setting->kind))
		*(unsigned *)member = (unsigned)value;
	else
		*(int64_t *)member = value;
	return 0;
}

const char *setting_text(const struct settings *settings, const struct setting *setting,
			 char text[SETTING_FORMAT_MAX])
{
	const char *member = (const char *)settings + setting->offset;
	int64_t value;

	if (setting->kind == SETTING_TEXT)
		return *(const char *const *)member;
	if (setting->kind == SETTING_SWITCH)
		value = *(const bool *)member;
	else if (is_enum(setting->kind))
		value = *(const unsigned *)member;
	else
		value = *(const int64_t *)member;
	setting_format(setting->kind, value, text);
	return text;
}

struct settings settings_default(void)
{
	struct settings settings = { 0 };

	for (size_t i = 0; i < SETTINGS; i++) {
		char error[SETTING_ERROR_MAX];
		int result = setting_set(&settings, &setting_table[i],
					 slice_of(setting_table[i].initial), error);

		assert(result == 0);
		(void)result;
	}
	return settings;
}

struct slice settings_product_token(const struct settings *settings)
{
	bool is_own = settings->robots_agent[0] != '\0';

	return robots_product_token(
		slice_of(is_own ? settings->robots_agent : settings->user_agent));
}

const struct setting *setting_find(struct slice name)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (is_word(name, setting_table[i].name, false))
			return &setting_table[i];
	return NULL;
}

const char *const *setting_names(void)
{
	static const char *names[SETTINGS];

	for (size_t i = 0; i < SETTINGS; i++)
		names[i] = setting_table[i].name;
	return names;
}

#define PREFIX "CRAWL_"

static void environment_name(const char *name, char text[SETTING_NAME_MAX])
{
	size_t at = sizeof(PREFIX) - 1;

	memcpy(text, PREFIX, at);
	for (; *name && at < SETTING_NAME_MAX - 1; name++)
		text[at++] = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
	text[at] = '\0';
}

void setting_environment(const struct setting *setting, char text[SETTING_NAME_MAX])
{
	environment_name(setting->name, text);
}

static int unknown_variable(struct slice name, char error[SETTING_ERROR_MAX])
{
	struct slice bare = { name.at + sizeof(PREFIX) - 1, name.size - (sizeof(PREFIX) - 1) };
	const char *near = suggest(bare, setting_names(), SETTINGS);
	char meant[SETTING_NAME_MAX];

	if (near) {
		environment_name(near, meant);
		snprintf(error, SETTING_ERROR_MAX, "%s: no such setting: did you mean %s?",
			 QUOTED(name), meant);
	} else {
		snprintf(error, SETTING_ERROR_MAX, "%s: no such setting", QUOTED(name));
	}
	return -1;
}

static bool is_read_elsewhere(struct slice name)
{
	static const char *const names[] = {
		PREFIX "CONFIG",      /* config_files.c */
		PREFIX "LEASE_MS",    /* store/postgres/lease.c */
		PREFIX "PATIENCE_MS", /* store/patience.c */
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_word(name, names[i], false))
			return true;
	}
	return false;
}

/* One "CRAWL_NAME=value". */
static int take_variable(struct settings *settings, struct slice name, const char *value,
			 char error[SETTING_ERROR_MAX])
{
	char known[SETTING_NAME_MAX], reason[SETTING_ERROR_MAX];

	if (is_read_elsewhere(name))
		return 0;
	for (size_t i = 0; i < SETTINGS; i++) {
		environment_name(setting_table[i].name, known);
		if (!is_word(name, known, false))
			continue;
		if (setting_set(settings, &setting_table[i], slice_of(value), reason) == 0)
			return 0;
		snprintf(error, SETTING_ERROR_MAX, "%s: %.*s", known, 130, reason);
		return -1;
	}
	return unknown_variable(name, error);
}

int settings_from_environment(struct settings *settings, char error[SETTING_ERROR_MAX])
{
	struct settings taken = *settings;

	for (char **variable = environ; variable && *variable; variable++) {
		const char *equals = strchr(*variable, '=');
		struct slice name = { *variable, equals ? (size_t)(equals - *variable) : 0 };

		if (!equals || strncmp(*variable, PREFIX, sizeof(PREFIX) - 1) != 0)
			continue;
		if (take_variable(&taken, name, equals + 1, error))
			return -1;
	}
	*settings = taken;
	return 0;
}
