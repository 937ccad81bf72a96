#ifndef CONFIG_H
#define CONFIG_H

#include "base/arena.h"
#include "config/canonical.h"
#include "config/settings.h"
#include "parsers/pattern/pattern.h"
#include <stdint.h>

/*
 * config: what the pattern files of a crawl say, compiled.  config_load.h makes it.
 *
 * It is made once, before the workers are forked, and never changes after that.
 */

/* A compiled pattern and what its file says beyond it. */
struct config_pattern {
	struct pattern *pattern;
	const struct pattern_spec *spec; /* what it was compiled from */
	const char *const *key;          /* names of fields */
	size_t key_count;
	bool drops_when_empty; /* a page on which it finds nothing has no rows any more */
	bool has_history;      /* of its rows; it has a key then */
	int health_drop;       /* points that it may fall before that is said */
	uint64_t hash;         /* of what it means: config_hash.h */
	const char *file;      /* "-e" if it is an expression of the command line */
	unsigned line;
};

#define CONFIG_HEALTH_DROP 2 /* points, where nothing is said */

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
	uint64_t hash;      /* of what all of it means: config_hash.h */
	struct arena arena; /* holds every text, name and list of the config */
};

#define CONFIG_PATTERNS_MAX 10000
#define CONFIG_FOLLOW_MAX   64 /* a bit of a word each, where links are looked at */

/* Release a config.  NULL is allowed. */
void config_free(struct config *config);

/* The first rule for this host name, or NULL. */
const struct config_host *config_host_rule(const struct config *config, struct slice host);

/* Is what this host asks of robots obeyed: its robots.txt, and "nofollow" of its pages? */
bool config_obeys_robots(const struct config *config, struct slice host);

#endif
