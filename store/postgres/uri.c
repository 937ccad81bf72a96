#include "store/postgres/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/hex.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

/*
 * The URI is taken apart as libpq does it: what stands before the first '@', if no '/' is before
 * that, is a user and a password.  A password with '@', '/' or ':' in it that is not escaped would
 * end up in the name of a host, a port or a database, and be shown there by libpq's complaints:
 * what could be one is refused here, without its words.
 */
struct parts {
	struct slice scheme; /* with "://" */
	struct slice user, password;
	struct slice hosts, path; /* path: with its '/', or empty */
	struct slice query;       /* without its '?' */
};

#define DEFAULT_SCHEMA "crawl"
#define SCHEMA_MAX     63 /* bytes of a name, to PostgreSQL */
#define PARAMETERS_MAX 64

static struct slice between(const char *begin, const char *end)
{
	return (struct slice){ begin, (size_t)(end - begin) };
}

static const char *find_any(const char *at, const char *of)
{
	return at + strcspn(at, of);
}

/* The user and the password, up to at. */
static void split_login(struct parts *parts, const char *begin, const char *at)
{
	const char *colon = memchr(begin, ':', (size_t)(at - begin));

	parts->user = between(begin, colon ? colon : at);
	if (colon)
		parts->password = between(colon + 1, at);
}

static void split(const char *where, struct parts *parts)
{
	const char *at = strstr(where, "://") + 3;
	const char *end = find_any(at, "@/");

	*parts = (struct parts){ .scheme = between(where, at) };
	if (*end == '@') {
		split_login(parts, at, end);
		at = end + 1;
	}
	end = find_any(at, "/?");
	parts->hosts = between(at, end);
	at = find_any(end, "?");
	parts->path = between(end, at);
	if (*at == '?')
		parts->query = slice_of(at + 1);
}

/* ---- parameters ---- */

/* Take the first of "a=b&c=d" off.  Returns false at its end. */
static bool next_parameter(struct slice *query, struct slice *name, struct slice *value)
{
	const char *end, *equal, *ampersand;

	if (query->size == 0)
		return false;
	ampersand = memchr(query->at, '&', query->size);
	end = ampersand ? ampersand : query->at + query->size;
	equal = memchr(query->at, '=', (size_t)(end - query->at));
	*name = between(query->at, equal ? equal : end);
	*value = equal ? between(equal + 1, end) : (struct slice){ NULL, 0 };
	*query = ampersand ? between(end + 1, query->at + query->size) : (struct slice){ end, 0 };
	return true;
}

/* Returns a text that the caller frees, or NULL: an escape is none, or says NUL. */
static char *decode(struct slice text)
{
	char *out = memory_new(text.size + 1, 1), *to = out;

	for (size_t i = 0; i < text.size; i++) {
		int byte = (unsigned char)text.at[i];

		if (byte == '%') {
			byte = hex_escape((struct slice){ text.at + i, text.size - i });
			i += 2;
		}
		if (byte <= 0) {
			free(out);
			return NULL;
		}
		*to++ = (char)byte;
	}
	return out;
}

static bool is_secret(struct slice name)
{
	/* The keys are what a password becomes, and as good as one. */
	static const char *const secrets[] = { "password", "sslpassword", "oauth_client_secret",
					       "scram_client_key", "scram_server_key" };
	char *decoded = decode(name);
	bool found = !decoded; /* who knows what it is */

	for (size_t i = 0; decoded && i < sizeof(secrets) / sizeof(secrets[0]); i++)
		found = found || strcmp(decoded, secrets[i]) == 0;
	free(decoded);
	return found;
}

static bool is_schema(struct slice name)
{
	char *decoded = decode(name);
	bool found = decoded && strcmp(decoded, "schema") == 0;

	free(decoded);
	return found;
}

/* ---- what it is put together from ---- */

struct text {
	char *at;
	size_t size;
};

static void append(struct text *text, struct slice more)
{
	text->at = memory_resize(text->at, text->size + more.size + 1);
	if (more.size)
		memcpy(text->at + text->size, more.at, more.size);
	text->size += more.size;
	text->at[text->size] = '\0';
}

static void append_parameter(struct text *text, bool *is_first, struct slice name,
			     struct slice value)
{
	append(text, slice_of(*is_first ? "?" : "&"));
	*is_first = false;
	append(text, name);
	if (value.at) {
		append(text, slice_of("="));
		append(text, value);
	}
}

/* Without our own parameters; shown: and without a password. */
static char *put_together(const struct parts *parts, bool is_shown)
{
	struct slice query = parts->query, name, value;
	struct text text = { 0 };
	bool is_first = true;

	append(&text, parts->scheme);
	if (parts->user.at) {
		append(&text, parts->user);
		if (!is_shown && parts->password.at) {
			append(&text, slice_of(":"));
			append(&text, parts->password);
		}
		append(&text, slice_of("@"));
	}
	append(&text, parts->hosts);
	append(&text, parts->path);
	while (next_parameter(&query, &name, &value))
		if (is_shown ? !is_secret(name) : !is_schema(name))
			append_parameter(&text, &is_first, name, value);
	for (char *at = text.at; is_shown && *at; at++)
		if ((unsigned char)*at < ' ')
			*at = '?'; /* it stays one line */
	return text.at;
}

/* ---- may it be shown?  May it be used? ---- */

static bool has(struct slice text, char byte)
{
	return text.size && memchr(text.at, byte, text.size);
}

#define PORT_MAX 65535

/* Or nothing: the usual one. */
static bool is_port(struct slice text)
{
	unsigned port = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' || port > PORT_MAX)
			return false;
		port = port * 10 + (unsigned)(text.at[i] - '0');
	}
	return text.size == 0 || (port > 0 && port <= PORT_MAX);
}

/* "name", "name:5432", "[::1]:5432": what stands behind the colon? */
static struct slice port_of(struct slice host)
{
	const char *bracket = host.size ? memchr(host.at, ']', host.size) : NULL;
	const char *begin = host.at[0] == '[' && bracket ? bracket : host.at;
	const char *colon = memchr(begin, ':', (size_t)(host.at + host.size - begin));

	return colon ? between(colon + 1, host.at + host.size) : (struct slice){ NULL, 0 };
}

static bool are_ports(struct slice hosts)
{
	while (hosts.size) {
		const char *comma = memchr(hosts.at, ',', hosts.size);
		const char *end = comma ? comma : hosts.at + hosts.size;

		if (end > hosts.at && !is_port(port_of(between(hosts.at, end))))
			return false;
		hosts = comma ? between(comma + 1, hosts.at + hosts.size)
			      : (struct slice){ end, 0 };
	}
	return true;
}

/* What is wrong with it, if parts of a password may stand where none is looked for; or NULL. */
static const char *find_leak(const struct parts *parts)
{
	if (has(parts->user, '?') || has(parts->hosts, '@') || has(parts->path, '@'))
		return "a password with '@', '/' or '?' in it is written with %40, %2F, %3F";
	if (!are_ports(parts->hosts))
		return "its port is no number up to 65535: is it "
		       "USER:PASSWORD@HOST:PORT/DATABASE?";
	return NULL;
}

static int refuse(struct store_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct store_error *error, const char *format, ...)
{
	va_list arguments;

	error->cure = STORE_CURE_ASK_OTHERWISE;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return -1;
}

#define SHOWN(uri) 200, (uri)->shown /* of "%.*s": the line must have room for the rest */

static int check_escapes(const struct parts *parts, const struct postgres_uri *uri,
			 struct store_error *error)
{
	const struct slice texts[] = { parts->user, parts->password, parts->hosts, parts->path,
				       parts->query };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *decoded = texts[i].at ? decode(texts[i]) : memory_new(1, 1);

		if (!decoded)
			return refuse(error,
				      "%.*s: a %% in it is followed by no two hexadecimal digits, "
				      "or stands for NUL: write %% itself as %%25",
				      SHOWN(uri));
		free(decoded);
	}
	return 0;
}

static const char *find_fault_of_schema(const char *schema)
{
	if (schema[0] == '\0')
		return "is empty";
	if (strlen(schema) > SCHEMA_MAX)
		return "is longer than 63 bytes";
	/* "$user" is whoever has connected, also in quotes. */
	if (strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "information_schema") == 0 ||
	    strcmp(schema, "$user") == 0)
		return "is one of PostgreSQL's own";
	if (!utf8_is_well_formed(slice_of(schema)))
		return "is no UTF-8";
	for (const char *at = schema; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 127)
			return "has control characters in it";
	return NULL;
}

static int take_schema(struct slice query, struct postgres_uri *uri, struct store_error *error)
{
	struct slice name, value;
	const char *fault;

	while (next_parameter(&query, &name, &value)) {
		if (!is_schema(name))
			continue;
		if (uri->schema)
			return refuse(error, "%.*s: schema= stands there twice", SHOWN(uri));
		uri->schema = decode(value);
	}
	if (!uri->schema)
		uri->schema = memory_text(DEFAULT_SCHEMA, strlen(DEFAULT_SCHEMA));
	fault = find_fault_of_schema(uri->schema);
	return fault ? refuse(error, "%.*s: the name of the schema %s: choose another", SHOWN(uri),
			      fault)
		     : 0;
}

/* The last of two is what libpq takes: which of them was meant? */
static int check_twice(struct slice query, const struct postgres_uri *uri,
		       struct store_error *error)
{
	struct slice names[PARAMETERS_MAX], value;
	size_t count = 0;

	while (count < PARAMETERS_MAX && next_parameter(&query, &names[count], &value)) {
		for (size_t i = 0; i < count; i++)
			if (slice_equal(names[i], names[count]))
				return refuse(error, "%.*s: %.*s= stands there twice", SHOWN(uri),
					      (int)(names[i].size < 64 ? names[i].size : 64),
					      names[i].at);
		count++;
	}
	return count < PARAMETERS_MAX ? 0 : refuse(error, "%.*s: too many parameters", SHOWN(uri));
}

static bool is_sslmode(struct slice value)
{
	static const char *const modes[] = { "disable", "allow",     "prefer",
					     "require", "verify-ca", "verify-full" };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (slice_equal(value, slice_of(modes[i])))
			return true;
	return false;
}

/* What libpq would not complain of before it connects. */
static int check_sslmode(struct slice query, const struct postgres_uri *uri,
			 struct store_error *error)
{
	struct slice name, value;

	while (next_parameter(&query, &name, &value))
		if (slice_equal(name, SLICE("sslmode")) && !is_sslmode(value))
			return refuse(error,
				      "%.*s: sslmode= is disable, allow, prefer, require, "
				      "verify-ca or verify-full",
				      SHOWN(uri));
	return 0;
}

/* libpq's complaint is about the URI without a password: it would show it. */
static int check_with_libpq(const struct parts *parts, const struct postgres_uri *uri,
			    struct store_error *error)
{
	struct parts bare = *parts;
	PQconninfoOption *options = PQconninfoParse(uri->conninfo, NULL);
	char *text, *complaint = NULL;

	if (options) {
		PQconninfoFree(options);
		return 0;
	}
	bare.query = (struct slice){ strchr(uri->shown, '?'), 0 };
	if (bare.query.at)
		bare.query = slice_of(bare.query.at + 1);
	bare.password = (struct slice){ NULL, 0 };
	text = put_together(&bare, false);
	options = PQconninfoParse(text, &complaint);
	PQconninfoFree(options);
	free(text);
	if (complaint)
		complaint[strcspn(complaint, "\n")] = '\0';
	refuse(error, "%.*s: %.200s", SHOWN(uri),
	       complaint ? complaint
			 : "a password in it, or what is as good as one, is not understood");
	PQfreemem(complaint);
	return -1;
}

int postgres_uri_parse(const char *where, struct postgres_uri *uri, struct store_error *error)
{
	struct parts parts;
	const char *leak;

	split(where, &parts);
	*uri = (struct postgres_uri){ 0 };
	leak = find_leak(&parts);
	if (leak) {
		uri->shown = memory_text(postgres_shown(where), strlen(postgres_shown(where)));
		return refuse(error, "%s: %s", uri->shown, leak);
	}
	uri->shown = put_together(&parts, true);
	uri->conninfo = put_together(&parts, false);
	return check_escapes(&parts, uri, error) || take_schema(parts.query, uri, error) ||
			       check_twice(parts.query, uri, error) ||
			       check_sslmode(parts.query, uri, error) ||
			       check_with_libpq(&parts, uri, error)
		       ? -1
		       : 0;
}

void postgres_uri_free(struct postgres_uri *uri)
{
	free(uri->conninfo);
	free(uri->schema);
	free(uri->shown);
	*uri = (struct postgres_uri){ 0 };
}

#define SHOWN_AT_ONCE 4

/* What may hold a password where it is not looked for, is not shown at all. */
const char *postgres_shown(const char *where)
{
	static char *shown[SHOWN_AT_ONCE];
	static unsigned next;
	struct parts parts;
	char **place = &shown[next++ % SHOWN_AT_ONCE];

	split(where, &parts);
	free(*place);
	if (find_leak(&parts)) {
		struct text text = { 0 };

		append(&text, parts.scheme);
		append(&text, slice_of("..."));
		*place = text.at;
	} else {
		*place = put_together(&parts, true);
	}
	return *place;
}
