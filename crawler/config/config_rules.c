#include "config/config_rules.h"

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

void config_read_follow(struct config_reader *reader, const struct yaml_node *rule)
{
	static const char *const keys[] = { "from",     "link",  "pattern",  "same",
					    "priority", "depth", "max_pages" };
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
	reader_warn_of_address(reader, yaml_child(rule, "from"));
	reader_warn_of_address(reader, yaml_child(rule, "link"));
	reader_child_setting(reader, rule, "depth", &follow->depth);
	reader_child_setting(reader, rule, "max_pages", &follow->max_pages);
	reader->config->follow_count++;
}

static char lower(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* What can never be the name of a host would silently never apply. */
static void check_match(struct config_reader *reader, const struct yaml_node *node)
{
	const char *text = node->text, *colon = strchr(text, ':');

	if (strstr(text, "://") || strchr(text, '/'))
		READER_COMPLAIN(reader, node,
				"a host is wanted here, not a URL: 'example.org' or "
				"'*.example.org'");
	else if (colon && text[0] != '[')
		reader_complain_within(reader, node, (size_t)(colon - text),
				       "a host is matched without its port");
	else
		for (size_t i = 0; i < node->size; i++) {
			unsigned char byte = (unsigned char)text[i];

			if (byte > ' ' && byte < 0x7F)
				continue;
			reader_complain_within(reader, node, i,
					       byte < 0x80 ? "a host has no white space"
							   : "a host is matched in its ASCII form "
							     "(xn--...)");
			return;
		}
}

/* Canonical host names are in lower case. */
static const char *read_match(struct config_reader *reader, const struct yaml_node *rule,
			      bool are_keys_known)
{
	const struct yaml_node *node = yaml_child(rule, "match");
	char *match;

	if (!node) {
		if (are_keys_known)
			READER_COMPLAIN(reader, rule,
					"'match' is missing: which hosts is this for?");
		return NULL;
	}
	if (!reader_text(reader, node))
		return NULL;
	check_match(reader, node);
	match = arena_copy(reader->arena, yaml_slice(node));
	for (char *at = match; *at; at++)
		*at = lower(*at);
	return match;
}

void config_read_host(struct config_reader *reader, const struct yaml_node *rule)
{
	static const char *const keys[] = { "match", "delay", "concurrency", "robots", "sitemaps" };
	struct config_host *host = &reader->config->hosts[reader->config->host_count];
	int64_t robots = -1, sitemaps = -1;
	bool are_keys_known;

	if (!reader_expect(reader, rule, YAML_MAP))
		return;
	are_keys_known = reader_check_keys(reader, rule, keys, READER_COUNT(keys), NULL);
	host->delay_ms = host->concurrency = -1;
	host->match = read_match(reader, rule, are_keys_known);
	reader_child_setting(reader, rule, "delay", &host->delay_ms);
	reader_child_setting(reader, rule, "concurrency", &host->concurrency);
	reader_child_setting(reader, rule, "robots", &robots);
	reader_child_setting(reader, rule, "sitemaps", &sitemaps);
	host->robots = (int)robots;
	host->sitemaps = (int)sitemaps;
	reader->config->host_count++;
}
