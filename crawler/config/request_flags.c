#include "config/request_flags.h"

#include "config/config_cookies.h"
#include "config/config_header.h"
#include "config/config_request.h"
#include "config/secret.h"
#include "parsers/request/header_line.h"
#include "parsers/text/ascii.h"
#include "parsers/url/origin.h"

/* ---- flags ---- */

/* A text of the command line as a node: of it no line is shown. */
static struct yaml_node node_of(const char *text, const struct yaml_node *key)
{
	return (struct yaml_node){ .kind = YAML_TEXT,
				   .text = text,
				   .size = strlen(text),
				   .offset = COMPLAINT_NOWHERE,
				   .key = key };
}

static size_t flag_name_size(const char *line)
{
	return strcspn(line, ":;");
}

bool request_flags_is_secret(const char *line)
{
	struct slice name = { line, flag_name_size(line) };
	const char *value = line[name.size] ? line + name.size + 1 : "";

	return header_line_is_credential(name) || secret_is_elsewhere(ascii_trim(slice_of(value)));
}

/* "Name: value", and as curl has it "Name:", which is not sent, and "Name;", sent empty. */
static void read_flag_header(struct config_reader *reader, const char *line,
			     struct host_request *request)
{
	struct slice name = { line, flag_name_size(line) };
	struct slice value = ascii_trim(slice_of(line[name.size] ? line + name.size + 1 : ""));
	struct yaml_node key = node_of(arena_copy(reader->arena, name), NULL);
	struct yaml_node node = node_of(arena_copy(reader->arena, value), &key);

	if (line[name.size] == '\0')
		READER_COMPLAIN(reader, &node, "'Name: value' is wanted");
	else if (value.size > 0)
		config_header_read(reader, &node, request, true);
	else if (config_header_check_name(reader, &key, name))
		config_header_replace(
			reader, request,
			(struct host_header){ .line = arena_print(reader->arena, "%.*s%c",
								  (int)name.size, name.at,
								  line[name.size]),
					      .name_size = name.size });
}

static void read_flags(struct config_reader *reader, const struct request_flags *said,
		       struct host_request *request)
{
	static const struct source header = { .name = "--header" }, cookie = { .name = "--cookie" },
				   user = { .name = "--user" };
	struct yaml_node pair = node_of(said->user ? said->user : "", NULL);

	reader->source = &header;
	for (size_t i = 0; i < said->header_count; i++)
		read_flag_header(reader, said->headers[i], request);
	reader->source = &cookie;
	if (said->cookie && !strchr(said->cookie, '='))
		complain(reader->complaints, &cookie, COMPLAINT_NOWHERE, "NAME=VALUE is wanted");
	else if (said->cookie)
		read_flag_header(reader, arena_print(reader->arena, "Cookie: %s", said->cookie),
				 request);
	reader->source = &user;
	if (said->user && secret_read_pair(reader, &pair, &request->user, &request->password))
		request->auth = AUTH_BASIC;
}

/* ---- together ---- */

/* The rule of the one host that credentials of flags are for: first, and otherwise as it was. */
static struct host_request *rule_of_flags(struct config *config, const char *text)
{
	const struct config_host *known = config_host_rule(config, slice_of(text));
	struct config_host rule = {
		.delay_ms = -1, .concurrency = -1, .max_rate = -1, .cookies = -1
	};
	struct origin origin = origin_read(slice_of(text));

	rule.robots = rule.sitemaps = -1;
	if (known)
		rule = *known;
	rule.match = arena_copy(&config->arena, origin.name);
	rule.scheme = origin.is_https ? "https" : "http";
	rule.port = origin.port;
	memmove(config->hosts + 1, config->hosts, config->host_count * sizeof(*config->hosts));
	config->hosts[0] = rule;
	config->host_count++;
	return &config->hosts[0].request;
}

static bool is_authorization(const struct host_header *header)
{
	return ascii_equal(config_header_name(header), SLICE("Authorization"));
}

static void put_over(struct config_reader *reader, struct host_request *request,
		     const struct host_request *flags, bool with_secrets)
{
	struct host_request own = *request;
	bool is_user = with_secrets && flags->auth != AUTH_NONE;

	request->headers = NULL; /* a rule that was copied shares its array */
	request->header_count = 0;
	for (size_t i = 0; i < own.header_count; i++)
		if (!is_user || !is_authorization(&own.headers[i]))
			config_header_put(reader, request, own.headers[i]);
	for (size_t i = 0; i < flags->header_count; i++) {
		struct host_header header = flags->headers[i];

		header.is_own = header.is_secret;
		if (with_secrets || !header.is_secret)
			config_header_replace(reader, request, header);
	}
	if (!is_user)
		return;
	request->auth = flags->auth;
	request->user = flags->user;
	request->password = flags->password;
}

/* What all hosts have, unless this one has its own. */
static void put_below(struct config_reader *reader, struct host_request *request,
		      const struct host_request *all)
{
	for (size_t i = 0; i < all->header_count && request->header_count < CONFIG_HEADERS_MAX; i++)
		if (!config_header_find(request, config_header_name(&all->headers[i])))
			config_header_put(reader, request, all->headers[i]);
	if (request->accept_status.count == 0)
		request->accept_status = all->accept_status;
	if (request->retry_status.count == 0)
		request->retry_status = all->retry_status;
	if (request->accept.count == 0)
		request->accept = all->accept;
	if (request->proxies.said == PROXY_UNSAID)
		request->proxies = all->proxies;
}

static void conclude(struct host_request *request)
{
	request->has_secrets = request->has_own = config_request_has_secrets(request);
	for (size_t i = 0; i < request->header_count; i++)
		request->has_own |= request->headers[i].is_own;
	request->is_empty = !request->has_secrets && request->header_count == 0 &&
			    request->max_rate == 0 && request->accept_status.count == 0 &&
			    request->retry_status.count == 0 && request->accept.count == 0;
}

/* A host's transfers share its rate: each has its part, however many there are. */
static int64_t rate_of_transfer(int64_t rate, int64_t transfers)
{
	return rate == 0 ? 0 : rate < transfers ? 1 : rate / transfers;
}

static void complete_host(struct config_reader *reader, struct config_host *host)
{
	const struct settings *settings = &reader->config->settings;
	int64_t most = host->concurrency >= 0 ? host->concurrency : settings->concurrency;
	int64_t rate = host->max_rate >= 0 ? host->max_rate : settings->max_rate;

	put_below(reader, &host->request, &reader->config->request);
	host->request.max_rate = rate_of_transfer(rate, most);
	host->request.cookies = config_cookies_of(host, settings);
	reader->config->keeps_cookies |= host->request.cookies == COOKIES_ON;
	host->request.has_scheme = host->scheme;
	host->request.has_port = host->port > 0;
	conclude(&host->request);
	reader->config->has_own |= host->request.has_own;
}

void config_complete_requests(struct config_reader *reader, const struct request_flags *said)
{
	struct config *config = reader->config;
	struct host_request flags = { 0 }, *own = NULL;

	read_flags(reader, said, &flags);
	if (said->only_origin)
		own = rule_of_flags(config, said->only_origin);
	put_over(reader, &config->request, &flags, false);
	for (size_t i = 0; i < config->host_count; i++)
		put_over(reader, &config->hosts[i].request, &flags,
			 &config->hosts[i].request == own);
	config->request.max_rate =
		rate_of_transfer(config->settings.max_rate, config->settings.concurrency);
	config->request.cookies = config->settings.cookies;
	config->keeps_cookies = config->request.cookies == COOKIES_ON;
	conclude(&config->request);
	for (size_t i = 0; i < config->host_count; i++)
		complete_host(reader, &config->hosts[i]);
}
