#ifndef CONFIG_H
#define CONFIG_H

#include "config/canonical.h"
#include "show/complaint.h"
#include "parsers/pattern/pattern.h"
#include "config/settings.h"
#include <stdint.h>
#include <stdio.h>

/*
 * config: the pattern files of a crawl, read and compiled as one.
 *
 * YAML with one meaning: unknown and duplicate keys, anchors, aliases and tags are
 * errors, every scalar is text and typed by us.  Complaints are written for the one
 * who wrote the file:
 *
 *	config/books.yaml:4:22: error: missing closing parenthesis
 *	    pattern: '<a (.*?'
 *	                     ^
 */

/* A compiled pattern and what its file says beyond it. */
struct config_pattern {
	struct pattern *pattern;
	const struct pattern_spec *spec; /* what it was compiled from */
	const char *const *key;          /* names of fields */
	size_t key_count;
	const char *file; /* "-e" if it is an expression of the command line */
	unsigned line;
};

/* Where may a link lead, seen from its page? */
enum config_same {
	SAME_HOST,
	SAME_DOMAIN, /* the same registrable domain (Public Suffix List) */
	SAME_ANY,
};

/* Which links of a host are asked for first? */
enum config_priority {
	PRIORITY_HIGH,
	PRIORITY_NORMAL,
	PRIORITY_LOW,
};

struct config_follow {       /* links to go after; with neither expression: all of them */
	const char *from;    /* regular expression on the page's URL, or NULL */
	const char *link;    /* on the canonical URL of the link, or NULL */
	const char *pattern; /* captures references that are not in attributes, or NULL */
	enum config_same same;
	enum config_priority priority;
	int64_t depth;     /* -1: not said */
	int64_t max_pages; /* -1: not said */
};

struct config_host { /* the first match wins */
	const char
		*match;   /* glob on the host name: '*' and '?'; "*.maoyan.com" is maoyan.com too */
	int64_t delay_ms; /* -1: not said */
	int64_t concurrency; /* -1: not said */
	int robots;          /* -1: not said, 0, 1 */
	int sitemaps;        /* -1: not said, 0, 1 */
};

struct config {
	struct config_pattern *patterns;
	size_t pattern_count;
	struct config_follow *follow;
	size_t follow_count;
	struct config_host *hosts;
	size_t host_count;
	struct canonical *canonical; /* of URLs, beyond url.h; or NULL: nothing */
	struct settings settings;    /* defaults, files, environment: flags come later */
	const char **files;          /* read, in order */
	size_t file_count;
	uint64_t hash; /* XXH3 of all that was read: files in order, then expressions */
	struct config_memory *memory; /* config's own */
};

#define CONFIG_FILE_BYTES_MAX (4 * 1024 * 1024)
#define CONFIG_PATTERNS_MAX   10000
#define CONFIG_FOLLOW_MAX     64 /* a bit of a word each, where links are looked at */
#define CONFIG_ERRORS_MAX     COMPLAINT_ERRORS_MAX /* after so many reading stops */

/* What a config is made of. */
struct config_sources {
	const char *const *paths;       /* files, or folders (their *.yaml and *.yml by name) */
	size_t path_count;              /* 0: searched for as below */
	const char *const *expressions; /* "name=regex" of -e: patterns for every page */
	size_t expression_count;
	const struct setting_flag
		*flags; /* of the command line; they were tried when they were read */
	size_t flag_count;
};

/*
 * Which files a crawl reads when none is named: $CRAWL_CONFIG, or ./crawl.yaml and
 * ./config/\*.yaml, or those of $XDG_CONFIG_HOME/crawl/ (~/.config), or /etc/crawl/: the
 * first of these places that has any.
 *
 * Two files that set one setting differently are an error; the environment comes after both, and
 * flags come last.  A flag for delay or concurrency is for every host: it takes the place of what
 * `hosts:` says, too.
 *
 * Returns a config the caller frees with config_free(), or NULL when anything was wrong;
 * every complaint is written to complaints (warnings too, which do not fail).
 */
struct config *config_load(const struct config_sources *sources, FILE *complaints);
void config_free(struct config *config);

/* The first rule for this host name, or NULL. */
const struct config_host *config_host_rule(const struct config *config, struct slice host);

/* Is what this host asks of robots obeyed: its robots.txt, and "nofollow" of its pages? */
bool config_obeys_robots(const struct config *config, struct slice host);

#endif
