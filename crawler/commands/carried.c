#include "commands/carried.h"

#include <stdio.h>
#include <string.h>

#include "config/config_load.h"
#include "show/log.h"

#define TEXT_MAX 600
#define NAME_MAX 300

/* "https://name:port", as far as a rule says it. */
static const char *name_of(const struct config_host *rule, char out[NAME_MAX])
{
	char port[16] = "";

	if (rule->port > 0)
		snprintf(port, sizeof(port), ":%u", rule->port);
	snprintf(out, NAME_MAX, "%s%s%s%s", rule->scheme ? rule->scheme : "",
		 rule->scheme ? "://" : "", rule->match, port);
	return out;
}

/* Does it say more than is said of all? */
static bool is_of_its_own(const struct config *config, const struct host_request *request,
			  char text[TEXT_MAX])
{
	char all[TEXT_MAX];

	host_request_describe(&config->request, all, sizeof(all));
	host_request_describe(request, text, TEXT_MAX);
	return strcmp(all, text) != 0 && text[0];
}

void carried_say(const struct config *config)
{
	char text[TEXT_MAX], name[NAME_MAX];

	host_request_describe(&config->request, text, sizeof(text));
	if (text[0])
		log_say("all hosts: %s", text);
	for (size_t i = 0; i < config->host_count; i++)
		if (is_of_its_own(config, &config->hosts[i].request, text))
			log_say("%s: %s", name_of(&config->hosts[i], name), text);
}

void carried_say_host(const struct config *config, struct slice origin)
{
	uint32_t number = config_request_number(config, origin);
	char text[TEXT_MAX];

	if (is_of_its_own(config, config_request(config, number), text))
		log_say("  %.*s: %s", (int)origin.size, origin.at, text);
}

void carried_say_unverified(const struct config *config)
{
	char name[NAME_MAX];

	for (size_t i = 0; i < config->host_count; i++)
		if (config->hosts[i].request.skips_tls_verify)
			log_say("  tls_verify: false: the certificates of %s were not looked at",
				name_of(&config->hosts[i], name));
}

/* What is wrong with a config is not what was asked for. */
static struct config *load_silently(const struct options *options)
{
	struct config_sources sources = { .paths = options->configs,
					  .path_count = options->config_count };
	FILE *nowhere = fopen("/dev/null", "w");
	struct config *config = nowhere ? config_load(&sources, nowhere) : NULL;

	if (nowhere)
		fclose(nowhere);
	return config;
}

void carried_say_unverified_url(const struct options *options, struct slice url)
{
	bool is_https = url.size > 6 && memcmp(url.at, "https:", 6) == 0;
	struct config *config = is_https ? load_silently(options) : NULL;

	if (config && config_request(config, config_request_number(config, url))->skips_tls_verify)
		log_say("tls_verify: false: its host's certificate is not looked at");
	config_free(config);
}
