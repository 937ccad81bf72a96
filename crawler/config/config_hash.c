#include "config/config_hash.h"
#include <string.h>
#include <xxhash.h>

static uint64_t hash_text(uint64_t seed, struct slice text)
{
	return XXH3_64bits_withSeed(text.at, text.size, seed);
}

static uint64_t hash_number(uint64_t seed, uint64_t number)
{
	return XXH3_64bits_withSeed(&number, sizeof(number), seed);
}

/* Is this one of the words?  NULL ends them. */
static bool is_among(const char *word, const char *const words[])
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static const char *const nothing[] = { NULL };

/* Of headers: who asks, and not what for. */
static const char *const credentials[] = { "Authorization", "authorization", "Cookie", "cookie",
					   NULL };

static uint64_t hash_node(const struct yaml_node *node, const char *const without[]);

/* The order of keys says nothing: a sum. */
static uint64_t hash_map(const struct yaml_node *map, const char *const without[])
{
	uint64_t sum = 0;

	for (const struct yaml_node *child = map->first; child; child = child->next) {
		bool is_headers = strcmp(child->key->text, "headers") == 0;

		if (!is_among(child->key->text, without))
			sum += hash_text(hash_node(child, is_headers ? credentials : nothing),
					 yaml_slice(child->key));
	}
	return hash_number(YAML_MAP, sum);
}

static uint64_t hash_list(uint64_t so_far, const struct yaml_node *list,
			  const char *const without[])
{
	for (const struct yaml_node *item = list->first; item; item = item->next)
		so_far = hash_number(so_far, hash_node(item, without));
	return so_far;
}

/* without: keys that say nothing, of this mapping or of those in this list. */
static uint64_t hash_node(const struct yaml_node *node, const char *const without[])
{
	switch (node->kind) {
	case YAML_MAP:
		return hash_map(node, without);
	case YAML_LIST:
		return hash_list(YAML_LIST, node, without);
	case YAML_TEXT:
		break;
	}
	return hash_text(YAML_TEXT, yaml_slice(node));
}

/* ---- patterns ---- */

/* Its name is that of its table; the others say what becomes of rows, not which there are. */
static const char *const beside_pattern[] = { "name", "tests", "health", "history", "empty", NULL };

uint64_t config_hash_pattern(const struct yaml_node *map)
{
	return hash_map(map, beside_pattern);
}

uint64_t config_hash_expression(const char *regex)
{
	const struct yaml_node key = { .text = "pattern", .size = strlen("pattern") };
	const struct yaml_node text = { .text = regex, .size = strlen(regex), .key = &key };
	const struct yaml_node map = { .kind = YAML_MAP, .first = &text, .count = 1 };

	return config_hash_pattern(&map);
}

uint64_t config_hash_part(const char *name, uint64_t hash)
{
	return hash_text(hash, slice_of(name));
}

/* Which file says it, and after which other, is nothing to a pattern. */
static uint64_t hash_patterns(const struct config *config)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < config->pattern_count; i++)
		sum += config_hash_part(config->patterns[i].spec->name, config->patterns[i].hash);
	return sum;
}

/* ---- requests and links ---- */

/* Patterns have their own; what `crawl` says may be said elsewhere, so it is asked as it is. */
static const char *const beside_requests[] = {
	"patterns", "crawl", "hosts", "tests", "health", NULL
};

static const char *const beside_host[] = { "delay", "concurrency", "sitemaps",   "max_rate",
					   "auth",  "client_cert", "tls_verify", "retry_status",
					   "login", "proxy",       "proxies",    NULL };
static const char *const of_every_host[] = {
	"match",      "delay",        "concurrency", "sitemaps", "max_rate", "auth", "client_cert",
	"tls_verify", "retry_status", "login",       "proxy",    "proxies",  NULL
};

/* Does a rule say more of a host than when it is asked? */
static bool says_more(const struct yaml_node *rule)
{
	for (const struct yaml_node *child = rule->first; child; child = child->next)
		if (!is_among(child->key->text, of_every_host))
			return true;
	return false;
}

/* A rule without a say can stand before another, for the first that matches counts: so it is all of
 * them, or none. */
static uint64_t hash_hosts(uint64_t so_far, const struct yaml_node *hosts)
{
	for (const struct yaml_node *rule = hosts ? hosts->first : NULL; rule; rule = rule->next)
		if (says_more(rule))
			return hash_list(so_far, hosts, beside_host);
	return so_far;
}

uint64_t config_hash_root(uint64_t so_far, const struct yaml_node *root)
{
	static const uint64_t none = 0;
	uint64_t said = hash_map(root, beside_requests);

	/* A file of patterns alone changes nothing, nor does one more of them. */
	if (said != hash_number(YAML_MAP, none))
		so_far = hash_number(so_far, said);
	return hash_hosts(so_far, yaml_child(root, "hosts"));
}

/* What is asked for and what is kept of it, wherever it was said. */
static uint64_t hash_settings(uint64_t so_far, const struct settings *settings)
{
	static const char *const names[] = { "user_agent", "robots_agent", "robots",    "depth",
					     "host_pages", "query_pages",  "keep_pages" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[SETTING_FORMAT_MAX];

		so_far = hash_text(
			so_far,
			slice_of(setting_text(settings, setting_find(slice_of(names[i])), text)));
	}
	return so_far;
}

/* What all hosts are sent, and which of their answers are pages; files and options say it. */
static uint64_t hash_request(uint64_t so_far, const struct host_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		so_far = hash_text(so_far, slice_of(request->headers[i].line));
	for (size_t i = 0; i < request->accept_status.count; i++)
		so_far = hash_number(so_far, request->accept_status.list[i]);
	for (size_t i = 0; i < request->accept.count; i++)
		so_far = hash_text(so_far, slice_of(request->accept.list[i]));
	return so_far;
}

uint64_t config_hash(const struct config *config, uint64_t requests)
{
	requests = hash_request(requests, &config->request);
	return config_hash_with_patterns(hash_settings(requests, &config->settings),
					 hash_patterns(config));
}
