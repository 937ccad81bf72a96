#ifndef CONFIG_H
#define CONFIG_H

#include "base/arena.h"
#include "config/canonical.h"
#include "config/host_request.h"
#include "config/settings.h"
#include "parsers/pattern/pattern.h"
#include <stdint.h>

/*
 * config: what the pattern files of a crawl say, compiled.  config_load.h makes it.
 *
 * It is made once, before the workers are forked, and never changes after that.
 */

struct source;
struct yaml_node;

/* A compiled pattern and what its file says beyond it. */
struct config_pattern {
	struct pattern *pattern;         /* a child's is its parent's */
	const struct pattern_spec *spec; /* what it was compiled from */
	const char *const *key;          /* names of fields */
	size_t key_count;
	bool drops_when_empty; /* a page on which it finds nothing has no rows any more */
	bool has_history;      /* of its rows; it has a key then */
	int health_drop;       /* points that it may fall before that is said */
	uint64_t hash;         /* of what it means: config_hash.h; a child's is its parent's */
	const struct config_pattern *parent; /* in whose records it runs, or NULL */
	size_t descendant_count; /* its children, each with its own: they stand behind it */
	const char *file;        /* "-e" if it is an expression of the command line */
	unsigned line;

	/* Where it is written, for config_place.h; map is NULL for an expression. */
	const struct source *source;
	const struct yaml_node *map;
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

/* Where the links of a rule come from. */
enum config_source {
	SOURCE_LINKS, /* those of the page */
	SOURCE_JSON,  /* a path finds them in its JSON */
	SOURCE_QUERY, /* its own URL, with parameters of what is found there */
	SOURCE_POST,  /* the request for it, with members of its body, likewise */
};

/* A parameter of the next query, or member of the next body. */
struct config_member {
	const char *const *names; /* of it, behind those of the objects it stands in */
	size_t name_count;
	const char *path;  /* a JSONPath to its value, or NULL: */
	const char *value; /* which is a text, or JSON without quotes or brackets */
	bool is_text;
};

struct config_follow {       /* links to go after; with neither expression: all of them */
	const char *from;    /* regular expression on the page's URL, or NULL */
	const char *link;    /* on the canonical URL of the link, or NULL */
	const char *pattern; /* captures references that are not in attributes, or NULL */
	enum config_source source;
	const char *json;                    /* of SOURCE_JSON: a JSONPath */
	const struct config_member *members; /* of QUERY and POST; some has a path */
	size_t member_count;
	const char *in; /* behind what the JSON stands in the page, or NULL: it is the page */
	enum config_same same;
	enum config_priority priority;
	int64_t depth;     /* -1: not said, nor does max_pages bound a list in parts alone */
	int64_t max_pages; /* -1: not said */
};

#define CONFIG_MEMBERS_MAX 32

struct config_host { /* the first match wins */
	const char
		*match; /* glob on the host name: '*' and '?'; "*.maoyan.com" is maoyan.com too */
	const char *scheme;          /* "http", "https"; NULL: either */
	unsigned port;               /* 0: any */
	int64_t delay_ms;            /* -1: not said */
	int64_t concurrency;         /* -1: not said */
	int robots;                  /* -1: not said, 0, 1 */
	int sitemaps;                /* -1: not said, 0, 1 */
	int64_t max_rate;            /* bytes a second; -1: not said */
	int64_t cookies;             /* enum cookies; -1: not said */
	const char *expect, *refuse; /* what its pages have, and have not: expressions, or NULL */
	struct host_request request; /* with what crawl: says of all */
};

/* What a field of a row should be. */
struct config_expected {
	size_t field; /* of the pattern */
	bool is_null;
	struct slice text; /* otherwise */
	unsigned line;
};

struct config_expected_row {
	const struct config_expected *fields; /* those that are named */
	size_t field_count;
};

/* What a line of a list gives a URL: "shop=7". */
struct config_given {
	struct slice name, value;
};

/* What a pattern should make of a page. */
struct config_test {
	const char *file;  /* of the config */
	unsigned line;     /* there */
	const char *page;  /* a file, or NULL: */
	struct slice body; /* the page itself */
	const char *url;   /* canonical, or NULL: the pattern is run whatever its url says */
	const struct config_given *set; /* what a list gave the page */
	size_t set_count;
	size_t pattern;
	int64_t count; /* rows that there should be, */
	unsigned count_line;
	const struct config_expected_row *rows; /* and the first of them */
	size_t row_count;
};

struct config {
	struct config_pattern *patterns;
	size_t pattern_count;
	struct config_follow *follow;
	size_t follow_count;
	struct config_host *hosts;
	size_t host_count;
	struct config_test *tests;
	size_t test_count;
	struct canonical *canonical; /* of URLs, beyond url.h; or NULL: nothing */
	struct host_request request; /* to hosts that no rule matches */
	struct config_proxy *proxies;
	size_t proxy_count;
	const char *no_proxy;     /* of the environment, or "": no_proxy.h */
	bool keeps_cookies;       /* some host has a jar */
	bool has_own;             /* some host's requests carry something of its own */
	struct settings settings; /* defaults, files, environment: flags come later */
	const char **files;       /* read, in order */
	struct slice *texts;      /* of these files, as they were read */
	size_t file_count;
	uint64_t hash;      /* of what all of it means: config_hash.h */
	struct arena arena; /* holds every text, name and list of the config */
};

#define CONFIG_PATTERNS_MAX 10000
#define CONFIG_FOLLOW_MAX   64 /* a bit of a word each, where links are looked at */

/* Release a config.  NULL is allowed. */
void config_free(struct config *config);

/*
 * The first rule for this origin, or NULL.  A canonical URL will do; a name alone matches the rules
 * that say neither scheme nor port.
 */
const struct config_host *config_host_rule(const struct config *config, struct slice origin);

/* Is a host of this name one that `match` means? */
bool config_name_matches(const char *match, struct slice name);

/* The flags of a pattern's expressions, or NULL: a child without any has those of its parent. */
const char *config_pattern_flags(const struct config_pattern *pattern);

/* The first of the family of a pattern: itself, or the one around all that it runs in. */
size_t config_family(const struct config *config, size_t pattern);

/* Is what this host asks of robots obeyed: its robots.txt, and "nofollow" of its pages? */
bool config_obeys_robots(const struct config *config, struct slice origin);

/*
 * May what a rule says of requests go to this origin, which it matches?  A rule without a port
 * means the scheme's own, and others only where the user has named the origin: a page that leads to
 * another port leads to somebody else.  rule is NULL: there is none.
 */
bool config_may_carry(const struct config_host *rule, struct slice origin, bool is_named);

/*
 * What requests to this origin carry, as a number for messages, which config_request() makes it
 * again of; NULL if there is none of that number.
 */
uint32_t config_request_number(const struct config *config, struct slice origin);
const struct host_request *config_request(const struct config *config, uint32_t number);

/* The proxy of this number, from 1; NULL if there is none. */
const struct config_proxy *config_proxy(const struct config *config, uint32_t number);

#endif
