#include "config/config_request.h"

#include "config/config_header.h"
#include "config/config_proxies.h"
#include "config/secret.h"
#include "parsers/text/ascii.h"

#define STATUSES_MAX 64
#define TYPES_MAX    64
#define STATUS_LEAST 400 /* of those that are stored as ok; below, they are or lead elsewhere */
#define STATUS_MOST  599

const char *const config_request_keys[] = { "headers",      "accept",     "accept_status",
					    "retry_status", "proxies",    "auth",
					    "client_cert",  "tls_verify", "cookie_file",
					    "login" };

static void read_headers(struct config_reader *reader, const struct yaml_node *map,
			 struct host_request *request, bool is_of_host)
{
	if (!map || !reader_expect(reader, map, YAML_MAP))
		return;
	for (const struct yaml_node *child = map->first; child; child = child->next)
		if (!complaints_are_full(reader->complaints))
			config_header_read(reader, child, request, is_of_host);
}

/* ---- credentials ---- */

/* What else stands in it was copied with it, from a page or a chat: nobody sees it. */
static bool read_token(struct config_reader *reader, const struct yaml_node *node,
		       struct host_request *request)
{
	bool is_secret = false;
	const char *token = secret_read(reader, node, &is_secret);

	request->token = token ? config_header_trimmed(reader, token) : NULL;
	if (!token || !config_header_check_value(reader, node, request->token))
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
	if (auth && config_header_find(request, SLICE("Authorization")))
		READER_COMPLAIN(reader, auth->key,
				"'auth' and the header Authorization: one says who asks");
	if (cert)
		read_cert(reader, cert, request);
	if (verify)
		reader_value(reader, verify, SETTING_SWITCH, 0, 1, &verifies);
	request->skips_tls_verify = !verifies;
}

bool config_request_has_secrets(const struct host_request *request)
{
	bool is_found = request->auth != AUTH_NONE || request->cert || request->skips_tls_verify ||
			request->cookie_lines.size > 0 || request->login;

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
	config_read_proxies(reader, map, request, is_of_host);
	if (is_of_host)
		read_credentials(reader, map, request);
	else
		refuse_credentials(reader, map);
}
