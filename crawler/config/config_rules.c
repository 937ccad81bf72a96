#include "config/config_rules.h"

#include "config/config_cookies.h"
#include "config/config_login.h"
#include "config/config_members.h"
#include "config/config_request.h"
#include "config/config_selector.h"
#include "parsers/pattern/selector_json.h"
#include "parsers/url/domain.h"

/* A child that is one of a few words: its number, or initial. */
static unsigned read_word(struct config_reader *reader, const struct yaml_node *rule,
			  const char *key, const char *what, const char *const words[],
			  size_t count, unsigned initial)
{
	const struct yaml_node *node = yaml_child(rule, key);

	if (!node || !reader_text(reader, node))
		return initial;
	for (size_t i = 0; i < count; i++)
		if (strcmp(node->text, words[i]) == 0)
			return (unsigned)i;
	reader_unknown(reader, node, what, words, count);
	return initial;
}

static enum config_same read_same(struct config_reader *reader, const struct yaml_node *rule)
{
	static const char *const words[] = {
		[SAME_HOST] = "host",
		[SAME_DOMAIN] = "domain",
		[SAME_ANY] = "any",
	};

	return (enum config_same)read_word(reader, rule, "same", "scope", words,
					   READER_COUNT(words), SAME_HOST);
}

static enum config_priority read_priority(struct config_reader *reader,
					  const struct yaml_node *rule)
{
	static const char *const words[] = {
		[PRIORITY_HIGH] = "high",
		[PRIORITY_NORMAL] = "normal",
		[PRIORITY_LOW] = "low",
	};

	return (enum config_priority)read_word(reader, rule, "priority", "priority", words,
					       READER_COUNT(words), PRIORITY_NORMAL);
}

/* Beside another key that says where the links of a rule come from there is one too many. */
static void check_source(struct config_reader *reader, const struct yaml_node *rule,
			 const struct yaml_node *source)
{
	static const char *const others[] = { "pattern", "json", "query", "post" };

	for (size_t i = 0; i < READER_COUNT(others); i++) {
		const struct yaml_node *other = yaml_child(rule, others[i]);

		if (!other || other == source)
			continue;
		READER_COMPLAIN(reader, other->key,
				"'%s' says already where the links of this rule come from: '%s' is "
				"for another rule",
				source->key->text, others[i]);
		return;
	}
}

/* `json`, `query` or `post`, and `in`; without them links are those of the page. */
static void read_source(struct config_reader *reader, const struct yaml_node *rule,
			struct config_follow *follow)
{
	static const struct {
		const char *key;
		enum config_source source;
	} sources[] = { { "json", SOURCE_JSON },
			{ "query", SOURCE_QUERY },
			{ "post", SOURCE_POST } };
	const struct yaml_node *node = NULL;

	for (size_t i = 0; i < READER_COUNT(sources) && !node; i++) {
		node = yaml_child(rule, sources[i].key);
		follow->source = node ? sources[i].source : SOURCE_LINKS;
	}
	follow->in = config_read_in(reader, rule, node ? &selector_json : NULL);
	if (!node)
		return;
	check_source(reader, rule, node);
	if (follow->source != SOURCE_JSON)
		config_read_members(reader, node, yaml_child(rule, "in"), follow);
	else if ((follow->json = reader_text(reader, node)))
		config_check_path(reader, node, yaml_child(rule, "in"));
}

void config_read_follow(struct config_reader *reader, const struct yaml_node *rule)
{
	static const char *const keys[] = { "from", "link", "pattern",  "json",  "query",    "post",
					    "in",   "same", "priority", "depth", "max_pages" };
	struct config_follow *follow = &reader->config->follow[reader->config->follow_count];

	if (!reader_expect(reader, rule, YAML_MAP))
		return;
	if (reader->config->follow_count >= CONFIG_FOLLOW_MAX) {
		READER_COMPLAIN(reader, rule, "one rule too many: %d at most", CONFIG_FOLLOW_MAX);
		return;
	}
	reader_check_keys(reader, rule, keys, READER_COUNT(keys), NULL);
	follow->depth = follow->max_pages = -1;
	follow->same = read_same(reader, rule);
	follow->priority = read_priority(reader, rule);
	follow->from = reader_child_regex(reader, rule, "from");
	follow->link = reader_child_regex(reader, rule, "link");
	follow->pattern = reader_child_regex(reader, rule, "pattern");
	read_source(reader, rule, follow);
	reader_warn_of_address(reader, yaml_child(rule, "from"));
	reader_warn_of_address(reader, yaml_child(rule, "link"));
	reader_child_setting(reader, rule, "depth", &follow->depth);
	reader_child_setting(reader, rule, "max_pages", &follow->max_pages);
	if (follow->source != SOURCE_LINKS && follow->depth < 0 && follow->max_pages >= 0)
		follow->depth = INT32_MAX; /* each part of a list is a step deeper */
	reader->config->follow_count++;
}

static char lower(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* What can never be the name of a host would silently never apply. */
static void check_name(struct config_reader *reader, const struct yaml_node *node,
		       struct slice name)
{
	size_t offset = (size_t)(name.at - node->text);

	if (name.size == 0)
		READER_COMPLAIN(reader, node, "a host is wanted: 'example.org'");
	for (size_t i = 0; i < name.size; i++) {
		unsigned char byte = (unsigned char)name.at[i];

		if (byte > ' ' && byte < 0x7F)
			continue;
		reader_complain_within(reader, node, offset + i,
				       byte < 0x80 ? "a host has no white space"
						   : "a host is matched in its ASCII form "
						     "(xn--...)");
		return;
	}
}

/* "https://" and "http://", which the rest stands behind. */
static struct slice take_scheme(struct config_host *host, struct slice match)
{
	static const char *const schemes[] = { "https", "http" };

	for (size_t i = 0; i < READER_COUNT(schemes); i++) {
		size_t size = strlen(schemes[i]);

		if (match.size < size + 3 || memcmp(match.at, schemes[i], size) != 0 ||
		    memcmp(match.at + size, "://", 3) != 0)
			continue;
		host->scheme = schemes[i];
		return (struct slice){ match.at + size + 3, match.size - size - 3 };
	}
	return match;
}

/* ":8443" behind the name, which is left; without one a scheme has its own. */
static struct slice take_port(struct config_reader *reader, const struct yaml_node *node,
			      struct config_host *host, struct slice match)
{
	const char *bracket = memrchr(match.at, ']', match.size);
	const char *from = bracket ? bracket : match.at;
	const char *colon = memchr(from, ':', (size_t)(match.at + match.size - from));
	struct slice digits = { colon ? colon + 1 : NULL, 0 };
	char error[SETTING_ERROR_MAX];
	int64_t port = 0;

	if (host->scheme)
		port = strcmp(host->scheme, "https") == 0 ? 443 : 80;
	if (colon) {
		digits.size = (size_t)(match.at + match.size - digits.at);
		match.size = (size_t)(colon - match.at);
		if (setting_parse(SETTING_COUNT, 1, UINT16_MAX, digits, &port, error))
			reader_complain_within(reader, node, (size_t)(colon - node->text),
					       "a port is a number from 1 to 65535");
	}
	host->port = (unsigned)port;
	return match;
}

/* Canonical host names are in lower case. */
static void read_match(struct config_reader *reader, const struct yaml_node *rule,
		       struct config_host *host, bool are_keys_known)
{
	const struct yaml_node *node = yaml_child(rule, "match");
	struct slice rest;
	char *name;

	host->match = "";
	if (!node && are_keys_known)
		READER_COMPLAIN(reader, rule, "'match' is missing: which hosts is this for?");
	if (!node || !reader_text(reader, node))
		return;
	rest = take_scheme(host, yaml_slice(node));
	if (memchr(rest.at, '/', rest.size)) {
		READER_COMPLAIN(reader, node,
				"a host is wanted here, not a URL: 'example.org', "
				"'*.example.org' or 'https://example.org:8443'");
		return;
	}
	rest = take_port(reader, node, host, rest);
	check_name(reader, node, rest);
	name = arena_copy(reader->arena, rest);
	for (char *at = name; *at; at++)
		*at = lower(*at);
	host->match = name;
}

/* A '*' stands for dots, too: "shop.*" is shop.attacker.org, "*shop.org" is attackershop.org. */
static bool is_of_one_owner(const char *match)
{
	const char *tail = match + strlen(match), *dot;

	while (tail > match && tail[-1] != '*' && tail[-1] != '?')
		tail--;
	dot = strchr(tail, '.');
	return tail == match || (dot && dot[1] && !domain_is_shared(slice_of(dot + 1)));
}

static void warn_of_others(struct config_reader *reader, const struct yaml_node *rule,
			   const struct config_host *host)
{
	const char *warning = NULL;

	if (strcmp(host->match, "*") == 0)
		warning = "every host that a page leads to gets these credentials";
	else if (!is_of_one_owner(host->match))
		warning = "names that anybody may register match, too: a page that leads there "
			  "has these credentials sent to them";
	if (warning && config_request_has_secrets(&host->request))
		complain_warning(reader->complaints, reader->source,
				 yaml_child(rule, "match")->offset, "%s", warning);
}

void config_read_host(struct config_reader *reader, const struct yaml_node *rule)
{
	static const char *const own[] = { "match",    "delay",    "concurrency", "robots",
					   "sitemaps", "max_rate", "cookies",     "expect",
					   "refuse",   "proxy" };
	const char *keys[READER_COUNT(own) + CONFIG_REQUEST_KEYS];
	struct config_host *host = &reader->config->hosts[reader->config->host_count];
	int64_t robots = -1, sitemaps = -1;
	bool are_keys_known;

	if (!reader_expect(reader, rule, YAML_MAP))
		return;
	memcpy(keys, own, sizeof(own));
	memcpy(keys + READER_COUNT(own), config_request_keys, CONFIG_REQUEST_KEYS * sizeof(*keys));
	are_keys_known = reader_check_keys(reader, rule, keys, READER_COUNT(keys), NULL);
	host->delay_ms = host->concurrency = host->max_rate = host->cookies = -1;
	read_match(reader, rule, host, are_keys_known);
	reader_child_setting(reader, rule, "delay", &host->delay_ms);
	reader_child_setting(reader, rule, "concurrency", &host->concurrency);
	reader_child_setting(reader, rule, "robots", &robots);
	reader_child_setting(reader, rule, "sitemaps", &sitemaps);
	reader_child_setting(reader, rule, "max_rate", &host->max_rate);
	config_read_cookies(reader, rule, host);
	host->expect = reader_child_regex(reader, rule, "expect");
	host->refuse = reader_child_regex(reader, rule, "refuse");
	config_read_request(reader, rule, &host->request, true);
	config_read_login(reader, rule, host);
	warn_of_others(reader, rule, host);
	host->robots = (int)robots;
	host->sitemaps = (int)sitemaps;
	reader->config->host_count++;
}
