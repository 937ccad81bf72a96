#ifndef HOST_REQUEST_H
#define HOST_REQUEST_H

#include "config/proxy_choice.h"
#include "config/settings.h"
#include "parsers/markup/form.h"
#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * host_request: what the requests to a host carry besides their URL, and which of its answers
 * count.
 *
 * Made before the workers are forked, and never changed: a job says by a number which one is meant
 * (config_request()), so that no credential is ever in a message.  Zero-initialised it is that of a
 * host of which nothing is said.  Pure.
 */

/* A line of the request's head. */
struct host_header {
	const char *line; /* "Name: value", "Name:" (it is not sent) or "Name;" (sent empty) */
	size_t name_size;
	bool is_secret; /* a credential: see has_secrets */
	bool is_own;    /* of this host, not of all */
};

enum host_auth { AUTH_NONE, AUTH_BASIC, AUTH_DIGEST, AUTH_BEARER, AUTH_NETRC };

struct host_statuses {
	const uint16_t *list;
	size_t count;
};

struct host_types {
	const char *const *list; /* globs, in lower case */
	size_t count;
};

/* How a host's session begins: the form that is fetched, what it is filled in with, and sent. */
struct host_login {
	const char *url; /* of the form's page, canonical */
	const struct form_field *fields;
	size_t field_count;
	const char *check; /* an expression: what the page has that who is in is shown */
};

struct host_request {
	const struct host_header *headers;
	size_t header_count;
	enum host_auth auth;
	const char *user, *password;           /* of basic and digest */
	const char *token;                     /* of bearer */
	const char *netrc;                     /* a file */
	const struct host_login *login;        /* or NULL */
	const char *cert, *key, *key_password; /* files of the client's certificate, or NULL */
	bool skips_tls_verify;
	int64_t max_rate;                   /* bytes a second of one transfer; 0: no bound */
	struct host_statuses accept_status; /* stored as ok */
	struct host_statuses retry_status;  /* tried again */
	struct host_types accept;           /* media types that are read; none: all */
	enum cookies cookies;
	/*
	 * Of cookie_file, for this host: lines of cookie_line.h.  They are credentials, and with
	 * them whatever the jar has for it.
	 */
	struct slice cookie_lines;
	struct proxy_choice proxies; /* by which it is asked */

	/*
	 * Credentials, and what stands with them: over TLS, or where `match` said http; otherwise
	 * only to private addresses.
	 */
	bool has_secrets;
	bool has_own;    /* credentials, or headers that others do not get */
	bool has_scheme; /* `match` says which */
	bool has_port;
	bool is_empty; /* nothing of all this, whatever cookies says */
};

bool host_statuses_have(const struct host_statuses *statuses, unsigned status);

/* Is a page of this Content-Type read?  One that does not say its type is. */
bool host_types_accept(const struct host_types *types, struct slice content_type);

/* "basic", "digest", "bearer", "netrc". */
const char *host_auth_name(enum host_auth auth);

/*
 * What it has, without any value: "headers Accept, X-Api-Key; auth basic; tls_verify: false".
 * Cut to out_bytes.
 */
void host_request_describe(const struct host_request *request, char *out, size_t out_bytes);

#endif
