#ifndef SETTINGS_H
#define SETTINGS_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * settings: every number and switch of a crawl, its default, its bounds, and how it
 * is written.  One table serves the `crawl:` block of a config, the CRAWL_*
 * environment, the command line and the documentation.
 *
 * Precedence: flag, environment, file, default.
 */

/* Who keeps delay and concurrency: each host, or all of a registrable domain or address together.
 */
enum polite_per { POLITE_PER_HOST, POLITE_PER_DOMAIN, POLITE_PER_ADDRESS };

/*
 * Which private addresses may be connected to: none; those of hosts that the user named, and of
 * hosts that such a host leads to; all.
 */
enum private_addresses { PRIVATE_NONE, PRIVATE_NAMED, PRIVATE_ALL };

/* Whose cookies are sent: those that redirects have set on the way; nobody's; a host's jar. */
enum cookies { COOKIES_VISIT, COOKIES_OFF, COOKIES_ON };

/* Workers are jailed (jail.h): as well as the system can, in full or not at all, or never. */
enum sandbox { SANDBOX_AUTO, SANDBOX_REQUIRE, SANDBOX_OFF };

struct settings {
	const char *user_agent;   /* "crawl/0.1.0" */
	const char *robots_agent; /* the name robots.txt is read for; "": user_agent's */
	const char *ca_file;      /* certificates to trust; "" : the system's */
	const char *proxy;        /* "" : none */
	int64_t workers;          /* 0: one per CPU */
	int64_t window;           /* transfers in flight a worker */
	int64_t timeout_ms;       /* a whole transfer */
	int64_t connect_timeout_ms;
	int64_t max_body;    /* decoded bytes */
	int64_t max_rate;    /* bytes a second, a host; 0: no bound */
	int64_t delay_ms;    /* from start to start, a host */
	int64_t concurrency; /* requests at once, a host */
	enum polite_per polite_per;
	int64_t redirects;
	int64_t retries;
	int64_t retry_wait_ms;   /* before the first; each is twice as long */
	int64_t host_failures;   /* in a row, after which a host rests; 0: never */
	int64_t host_rest_ms;    /* the first; the next is twice as long */
	int64_t depth;           /* links from a seed */
	int64_t host_pages;      /* URLs that links add to one host; 0: no bound */
	int64_t query_pages;     /* URLs that differ only in their query; 0: no bound */
	int64_t max_pages;       /* of one run; 0: no bound */
	int64_t max_time_ms;     /* of one run; 0: no bound */
	int64_t grace_ms;        /* to finish what is in flight after Ctrl-C */
	int64_t pattern_time_ms; /* a page and pattern, or rule of follow */
	int64_t match_limit;     /* PCRE2 match limit */
	bool robots;
	bool sitemaps;
	bool auto_delay;
	bool keep_pages;
	bool fail_on_drift;
	bool http2;
	enum private_addresses private_addresses;
	enum cookies cookies;
	enum sandbox sandbox;
};

enum setting_kind {
	SETTING_TEXT,
	SETTING_COUNT,      /* 12 */
	SETTING_DURATION,   /* 500ms, 2s, 1.5s, 10m, 1h; a number alone: setting_lacks_unit() */
	SETTING_SIZE,       /* 10MB, 64KiB, 4096 (k, M, G: powers of 1000; Ki, Mi, Gi: of 1024) */
	SETTING_SWITCH,     /* true/false, yes/no, on/off, 1/0 */
	SETTING_POLITE_PER, /* host, domain, address; as of here, an enum in struct settings */
	SETTING_PRIVATE,    /* none, named, all */
	SETTING_COOKIES,    /* visit, off, on */
	SETTING_SANDBOX,    /* auto, require, off */
};

struct setting {
	const char *name; /* in YAML: user_agent; in the environment: CRAWL_USER_AGENT */
	enum setting_kind kind;
	size_t offset; /* in struct settings */
	int64_t least, most;
	const char *initial; /* the default, as it would be written */
	const char *help;    /* one line */
};

/* Of a text least and most bound its bytes. */

/* A setting as an option gave it. */
struct setting_flag {
	const struct setting *setting;
	const char *text;
};

extern const struct setting setting_table[];
extern const size_t setting_count;

#define SETTING_ERROR_MAX  200
#define SETTING_FORMAT_MAX 32

/* The defaults. */
struct settings settings_default(void);

/* The name that robots.txt is read for: as robots_product_token().  Kept as texts are. */
struct slice settings_product_token(const struct settings *settings);

/* The setting of this name, or NULL. */
const struct setting *setting_find(struct slice name);

/*
 * Set one from its text.  A text value is copied and kept for the life of the process.
 * Returns 0, or -1 with the reason in error ("'2x' is not a duration: write 500ms, 2s, 10m or 1h").
 */
int setting_set(struct settings *settings, const struct setting *setting, struct slice text,
		char error[SETTING_ERROR_MAX]);

/*
 * Durations, counts and such are also written elsewhere (`hosts:`); parsed alike.  What does
 * not fit 64 bits counts as INT64_MAX, so most must be less.  On failure *value is untouched.
 */
int setting_parse(enum setting_kind kind, int64_t least, int64_t most, struct slice text,
		  int64_t *value, char error[SETTING_ERROR_MAX]);

/*
 * Is it a duration without a unit (0 needs none)?  Then error says so, with the cure: what is typed
 * is refused, in files and the environment it is seconds and warned of.
 */
bool setting_lacks_unit(enum setting_kind kind, struct slice text, char error[SETTING_ERROR_MAX]);

/* Write a value as a user would: "500ms", "1h", "10MB", "true", "12".  Parsed, it gives value
 * again. */
void setting_format(enum setting_kind kind, int64_t value, char text[SETTING_FORMAT_MAX]);

/* The value of one setting, as a user would write it.  Points into settings or into text. */
const char *setting_text(const struct settings *settings, const struct setting *setting,
			 char text[SETTING_FORMAT_MAX]);

/* The names of the table, setting_count of them: for suggest(). */
const char *const *setting_names(void);

/* The name of a setting in the environment: CRAWL_MAX_PAGES. */
#define SETTING_NAME_MAX 64
void setting_environment(const struct setting *setting, char text[SETTING_NAME_MAX]);

/*
 * Take what CRAWL_* of the environment says.  A name that is none of ours is an error, for a
 * misspelt CRAWL_DELAY must not be a crawl without delay; CRAWL_CONFIG is config's.
 * Returns 0, or -1 with "CRAWL_DELAY: reason" in error.
 */
int settings_from_environment(struct settings *settings, char error[SETTING_ERROR_MAX]);

#endif
