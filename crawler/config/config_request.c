#include "config/config_request.h"

#include <stdio.h>

#include "config/config_cookies.h"
#include "config/secret.h"
#include "parsers/text/ascii.h"
#include "parsers/url/origin.h"

#define HEADERS_MAX  64 /* of a host */
#define STATUSES_MAX 64
#define TYPES_MAX    64
#define STATUS_LEAST 400 /* of those that are stored as ok; below, they are or lead elsewhere */
#define STATUS_MOST  599

const char *const config_request_keys[] = { "headers",      "accept",     "accept_status",
					    "retry_status", "auth",       "client_cert",
					    "tls_verify",   "cookie_file" };

/* ---- headers ---- */

/* What a config must not say, and what to do instead. */
static const struct {
	const char *name, *cure;
} refused[] = {
	{ "Host", "it is of the URL" },
	{ "Content-Length", "it is of the request" },
	{ "Connection", "it is of the connection, which crawl keeps or closes" },
	{ "Transfer-Encoding", "it is of the request" },
	{ "Keep-Alive", "it is of the connection" },
	{ "Upgrade", "it is of the connection" },
	{ "TE", "it is of the connection" },
	{ "Trailer", "it is of the request" },
	{ "Expect", "there is nothing to wait for" },
	{ "Range", "a crawl asks for whole pages" },
	{ "If-Range", "a crawl asks for whole pages" },
	{ "If-Match", "crawl says what it knows of a page" },
	{ "If-None-Match", "crawl says what it knows of a page" },
	{ "If-Modified-Since", "crawl says what it knows of a page" },
	{ "If-Unmodified-Since", "crawl says what it knows of a page" },
	{ "Proxy-Authorization", "write it into the proxy's URL: http://name:password@proxy" },
	{ "Proxy-Connection", "it is of the connection" },
};

static bool is_called(struct slice name, const char *other)
{
	return ascii_equal(name, slice_of(other));
}

static bool is_credential(struct slice name)
{
	return is_called(name, "Authorization") || is_called(name, "Cookie");
}

/* RFC 9110 5.6.2. */
static bool is_token(struct slice name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i];

		if (!ascii_is_letter(c) && !ascii_is_digit(c) &&
		    (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return name.size > 0;
}

static bool check_name(struct config_reader *reader, const struct yaml_node *node,
		       struct slice name)
{
	if (!is_token(name)) {
		READER_COMPLAIN(reader, node, "'%s' is no name of a header", QUOTED(name));
		return false;
	}
	for (size_t i = 0; i < READER_COUNT(refused); i++) {
		if (!is_called(name, refused[i].name))
			continue;
		READER_COMPLAIN(reader, node, "'%s' cannot be set: %s", refused[i].name,
				refused[i].cure);
		return false;
	}
	return true;
}

/* A line end in it would begin another header, which is another's to write. */
static bool check_value(struct config_reader *reader, const struct yaml_node *node,
			const char *value)
{
	size_t size = strlen(value);

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)value[i];

		if ((byte >= ' ' && byte != 0x7F) || byte == '\t')
			continue;
		READER_COMPLAIN(reader, node,
				byte == '\n' || byte == '\r'
					? "the value has a line end: a header is one line"
					: "the value has a control character");
		return false;
	}
	if (size <= SECRET_BYTES_MAX)
		return true;
	READER_COMPLAIN(reader, node, "the value is longer than 8 KiB");
	return false;
}

/* White space around a value is no part of it (RFC 9110 5.5): a file may end with it. */
static const char *trimmed(struct config_reader *reader, const char *value)
{
	return arena_copy(reader->arena, ascii_trim(slice_of(value)));
}

static struct slice header_name(const struct host_header *header)
{
	return (struct slice){ header->line, header->name_size };
}

static const struct host_header *find_header(const struct host_request *request, struct slice name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (ascii_equal(header_name(&request->headers[i]), name))
			return &request->headers[i];
	return NULL;
}

/* One more, in an array of the arena that has room for HEADERS_MAX. */
static void put_header(struct config_reader *reader, struct host_request *request,
		       struct host_header header)
{
	struct host_header *headers = (struct host_header *)(uintptr_t)request->headers;

	if (!headers)
		headers = arena_alloc(reader->arena, HEADERS_MAX, sizeof(*headers));
	request->headers = headers;
	headers[request->header_count++] = header;
}

/* Whatever stood there before, this one is meant. */
static void replace_header(struct config_reader *reader, struct host_request *request,
			   struct host_header header)
{
	struct host_header *old =
		(struct host_header *)(uintptr_t)find_header(request, header_name(&header));

	if (old)
		*old = header;
	else if (request->header_count < HEADERS_MAX)
		put_header(reader, request, header);
}

static bool may_stand(struct config_reader *reader, const struct yaml_node *node,
		      struct host_request *request, bool is_of_host)
{
	struct slice name = yaml_slice(node);

	if (!is_of_host && is_called(name, "User-Agent"))
		READER_COMPLAIN(reader, node, "'User-Agent' is a setting: write user_agent:");
	else if (find_header(request, name))
		READER_COMPLAIN(reader, node, "'%s' is set already", QUOTED(name));
	else if (request->header_count == HEADERS_MAX)
		READER_COMPLAIN(reader, node, "one header too many: %d at most", HEADERS_MAX);
	else
		return true;
	return false;
}

static void read_header(struct config_reader *reader, const struct yaml_node *node,
			struct host_request *request, bool is_of_host)
{
	struct slice name = yaml_slice(node->key);
	struct host_header header = { .name_size = name.size, .is_secret = is_credential(name) };
	const char *value;

	if (!check_name(reader, node->key, name) ||
	    !may_stand(reader, node->key, request, is_of_host))
		return;
	value = secret_read(reader, node, &header.is_secret);
	value = value ? trimmed(reader, value) : NULL;
	if (!value || !check_value(reader, node, value))
		return;
	if (header.is_secret && !is_of_host) {
		READER_COMPLAIN(reader, node->key,
				"'%s' is a credential: write it under hosts:", QUOTED(name));
		return;
	}
	header.is_own = is_of_host;
	header.line = arena_print(reader->arena, "%.*s: %s", (int)name.size, name.at, value);
	put_header(reader, request, header);
}

static void read_headers(struct config_reader *reader, const struct yaml_node *map,
			 struct host_request *request, bool is_of_host)
{
	if (!map || !reader_expect(reader, map, YAML_MAP))
		return;
	for (const struct yaml_node *child = map->first; child; child = child->next)
		if (!complaints_are_full(reader->complaints))
			read_header(reader, child, request, is_of_host);
}

/* ---- credentials ---- */

/* What else stands in it was copied with it, from a page or a chat: nobody sees it. */
static bool read_token(struct config_reader *reader, const struct yaml_node *node,
		       struct host_request *request)
{
	bool is_secret = false;
	const char *token = secret_read(reader, node, &is_secret);

	request->token = token ? trimmed(reader, token) : NULL;
	if (!token || !check_value(reader, node, request->token))
		return false;
	for (const char *at = request->token; *at; at++) {
		if ((unsigned char)*at > ' ' && (unsigned char)*at < 0x7F)
			continue;
		READER_COMPLAIN(reader, node, "a token has no blank, and nothing beyond ASCII");
		return false;
	}
	return true;
}

static void read_auth(struct config_reader *reader, const struct yaml_node *map,
		      struct host_request *request)
{
	static const char *const kinds[] = { "basic", "digest", "bearer", "netrc" };
	const struct yaml_node *node;
	bool is_read = false;

	if (!reader_expect(reader, map, YAML_MAP) ||
	    !reader_check_keys(reader, map, kinds, READER_COUNT(kinds), NULL))
		return;
	node = map->first;
	if (!node || node->next) {
		READER_COMPLAIN(reader, map, "'auth' wants one of basic, digest, bearer, netrc");
		return;
	}
	for (enum host_auth kind = AUTH_BASIC; kind <= AUTH_NETRC; kind++)
		if (strcmp(node->key->text, kinds[kind - AUTH_BASIC]) == 0)
			request->auth = kind;
	if (request->auth == AUTH_NETRC)
		is_read = (request->netrc = secret_path(reader, node));
	else if (request->auth == AUTH_BEARER)
		is_read = read_token(reader, node, request);
	else
		is_read = secret_read_pair(reader, node, &request->user, &request->password);
	if (!is_read)
		request->auth = AUTH_NONE;
}

static void read_cert(struct config_reader *reader, const struct yaml_node *map,
		      struct host_request *request)
{
	static const char *const keys[] = { "cert", "key", "password" };
	const struct yaml_node *cert, *key, *password;
	bool is_secret = false;

	if (!reader_expect(reader, map, YAML_MAP) ||
	    !reader_check_keys(reader, map, keys, READER_COUNT(keys), NULL))
		return;
	cert = yaml_child(map, "cert");
	key = yaml_child(map, "key");
	password = yaml_child(map, "password");
	if (!cert) {
		READER_COMPLAIN(reader, map, "'cert' is missing: a PEM file");
		return;
	}
	request->cert = secret_path(reader, cert);
	request->key = key ? secret_path(reader, key) : request->cert; /* one file may have both */
	request->key_password = password ? secret_read(reader, password, &is_secret) : "";
}

static void read_credentials(struct config_reader *reader, const struct yaml_node *map,
			     struct host_request *request)
{
	const struct yaml_node *auth = yaml_child(map, "auth");
	const struct yaml_node *cert = yaml_child(map, "client_cert");
	const struct yaml_node *verify = yaml_child(map, "tls_verify");
	int64_t verifies = 1;

	if (auth)
		read_auth(reader, auth, request);
	if (cert)
		read_cert(reader, cert, request);
	if (verify)
		reader_value(reader, verify, SETTING_SWITCH, 0, 1, &verifies);
	request->skips_tls_verify = !verifies;
}

bool config_request_has_secrets(const struct host_request *request)
{
	bool is_found = request->auth != AUTH_NONE || request->cert || request->skips_tls_verify ||
			request->cookie_lines.size > 0;

	for (size_t i = 0; i < request->header_count; i++)
		is_found = is_found || request->headers[i].is_secret;
	return is_found;
}

/* "crawl: auth:" is nobody's. */
static void refuse_credentials(struct config_reader *reader, const struct yaml_node *map)
{
	for (size_t i = CONFIG_REQUEST_SHARED; i < CONFIG_REQUEST_KEYS; i++) {
		const struct yaml_node *node = yaml_child(map, config_request_keys[i]);

		if (node)
			READER_COMPLAIN(reader, node->key,
					"'%s' is for a host: write it under hosts:",
					config_request_keys[i]);
	}
}

/* ---- what is made of answers ---- */

/* The list of a key that was not read before, of at most so many; NULL: none. */
static const struct yaml_node *list_of(struct config_reader *reader, const struct yaml_node *map,
				       const char *key, size_t before, size_t most)
{
	const struct yaml_node *list = yaml_child(map, key);

	if (!list || !reader_expect(reader, list, YAML_LIST))
		return NULL;
	if (before > 0)
		READER_COMPLAIN(reader, list->key, "'%s' is set already", key);
	else if (list->count > most)
		READER_COMPLAIN(reader, list, "too many: %zu, at most %zu", list->count, most);
	else
		return list;
	return NULL;
}

static void read_statuses(struct config_reader *reader, const struct yaml_node *map,
			  const char *key, int64_t least, struct host_statuses *statuses)
{
	const struct yaml_node *list = list_of(reader, map, key, statuses->count, STATUSES_MAX);
	uint16_t *numbers = list ? arena_alloc(reader->arena, list->count, sizeof(*numbers)) : NULL;

	for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) {
		int64_t status = 0;

		reader_value(reader, item, SETTING_COUNT, least, STATUS_MOST, &status);
		if (status >= 300 && status < STATUS_LEAST)
			READER_COMPLAIN(reader, item,
					"a redirect is followed: neither ok nor tried again");
		numbers[statuses->count++] = (uint16_t)status;
	}
	statuses->list = numbers;
}

static void check_both(struct config_reader *reader, const struct yaml_node *map,
		       const struct host_request *request)
{
	for (size_t i = 0; i < request->retry_status.count; i++)
		if (host_statuses_have(&request->accept_status, request->retry_status.list[i]))
			READER_COMPLAIN(reader, map,
					"status %u is in accept_status and in retry_status",
					request->retry_status.list[i]);
}

static void read_types(struct config_reader *reader, const struct yaml_node *map,
		       struct host_types *types)
{
	const struct yaml_node *list = list_of(reader, map, "accept", types->count, TYPES_MAX);
	const char **globs = list ? arena_alloc(reader->arena, list->count, sizeof(*globs)) : NULL;

	for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) {
		const char *text = reader_text(reader, item);
		char *glob = text ? arena_copy(reader->arena, slice_of(text)) : NULL;

		if (!glob)
			continue;
		if (!strchr(glob, '/') || strchr(glob, ';') || strchr(glob, ' '))
			READER_COMPLAIN(reader, item,
					"a media type is wanted: 'text/html', 'image/*'");
		for (char *at = glob; *at; at++)
			*at = ascii_lower(*at);
		globs[types->count++] = glob;
	}
	types->list = globs ? globs : types->list;
}

void config_read_request(struct config_reader *reader, const struct yaml_node *map,
			 struct host_request *request, bool is_of_host)
{
	read_headers(reader, yaml_child(map, "headers"), request, is_of_host);
	read_statuses(reader, map, "accept_status", STATUS_LEAST, &request->accept_status);
	read_statuses(reader, map, "retry_status", 201, &request->retry_status);
	read_types(reader, map, &request->accept);
	check_both(reader, map, request);
	if (is_of_host)
		read_credentials(reader, map, request);
	else
		refuse_credentials(reader, map);
}

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

bool config_header_is_secret(const char *line)
{
	struct slice name = { line, flag_name_size(line) };
	const char *value = line[name.size] ? line + name.size + 1 : "";

	return is_credential(name) || secret_is_elsewhere(ascii_trim(slice_of(value)));
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
		read_header(reader, &node, request, true);
	else if (check_name(reader, &key, name))
		replace_header(reader, request,
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

static void put_over(struct config_reader *reader, struct host_request *request,
		     const struct host_request *flags, bool with_secrets)
{
	struct host_request own = *request;

	request->headers = NULL; /* a rule that was copied shares its array */
	request->header_count = 0;
	for (size_t i = 0; i < own.header_count; i++)
		put_header(reader, request, own.headers[i]);
	for (size_t i = 0; i < flags->header_count; i++)
		if (with_secrets || !flags->headers[i].is_secret) {
			struct host_header header = flags->headers[i];

			header.is_own = header.is_secret;
			replace_header(reader, request, header);
		}
	if (!with_secrets || flags->auth == AUTH_NONE)
		return;
	request->auth = flags->auth;
	request->user = flags->user;
	request->password = flags->password;
}

/* What all hosts have, unless this one has its own. */
static void put_below(struct config_reader *reader, struct host_request *request,
		      const struct host_request *all)
{
	for (size_t i = 0; i < all->header_count && request->header_count < HEADERS_MAX; i++)
		if (!find_header(request, header_name(&all->headers[i])))
			put_header(reader, request, all->headers[i]);
	if (request->accept_status.count == 0)
		request->accept_status = all->accept_status;
	if (request->retry_status.count == 0)
		request->retry_status = all->retry_status;
	if (request->accept.count == 0)
		request->accept = all->accept;
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
