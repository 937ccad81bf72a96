#include "config/config_login.h"

#include "config/secret.h"
#include "parsers/url/url.h"

#define FIELDS_MAX 64

/* The form's page, canonical. */
static const char *read_url(struct config_reader *reader, const struct yaml_node *node,
			    const struct config_host *host)
{
	const char *text = reader_text(reader, node);
	enum url_error error;
	struct url url;

	if (!text)
		return NULL;
	error = url_parse(&url, slice_of(text));
	if (error != URL_OK)
		READER_COMPLAIN(reader, node, "%s", url_error_text(error));
	else if (url_user(slice_of(text)).at)
		READER_COMPLAIN(reader, node, "a name and password here are 'auth: {basic: ...}'");
	else if (host->scheme && strcmp(host->scheme, "https") == 0 && !url.is_https)
		READER_COMPLAIN(reader, node,
				"the form is fetched with http, and 'match' says https");
	else
		return arena_copy(reader->arena, url_slice(&url));
	return NULL;
}

static void read_fields(struct config_reader *reader, const struct yaml_node *map,
			struct host_login *login)
{
	struct form_field *fields;
	bool is_secret = false;

	if (!reader_expect(reader, map, YAML_MAP))
		return;
	if (map->count == 0 || map->count > FIELDS_MAX) {
		READER_COMPLAIN(reader, map,
				"the form's fields are wanted: {user: '${U}', password: '${P}'}");
		return;
	}
	fields = arena_alloc(reader->arena, map->count, sizeof(*fields));
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		const char *value = secret_read(reader, child, &is_secret);

		fields[login->field_count++] =
			(struct form_field){ yaml_slice(child->key), slice_of(value) };
	}
	login->fields = fields;
}

static const struct yaml_node *want(struct config_reader *reader, const struct yaml_node *map,
				    const char *key, const char *what)
{
	const struct yaml_node *node = yaml_child(map, key);

	if (!node)
		READER_COMPLAIN(reader, map, "'%s' is missing: %s", key, what);
	return node;
}

void config_read_login(struct config_reader *reader, const struct yaml_node *rule,
		       struct config_host *host)
{
	static const char *const keys[] = { "url", "fields", "check" };
	const struct yaml_node *map = yaml_child(rule, "login"), *url, *fields;
	const struct yaml_node *cookies = yaml_child(rule, "cookies");
	struct host_login *login;

	if (!map || !reader_expect(reader, map, YAML_MAP) ||
	    !reader_check_keys(reader, map, keys, READER_COUNT(keys), NULL))
		return;
	if (cookies && host->cookies != COOKIES_ON)
		READER_COMPLAIN(reader, cookies,
				"'login' wants 'cookies: on': without them nobody stays in");
	url = want(reader, map, "url", "where is the form?");
	fields = want(reader, map, "fields", "what is filled in?");
	want(reader, map, "check", "what does a page have when you are in?");
	login = arena_alloc(reader->arena, 1, sizeof(*login));
	if (url)
		login->url = read_url(reader, url, host);
	if (fields)
		read_fields(reader, fields, login);
	login->check = reader_child_regex(reader, map, "check");
	host->request.login = login;
}
