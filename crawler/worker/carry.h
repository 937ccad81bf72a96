#ifndef CARRY_H
#define CARRY_H

#include "config/host_request.h"
#include "protocol/msg.h"
#include <curl/curl.h>
#include <stdbool.h>

/*
 * carry: what a request carries for its host, as libcurl is told.
 *
 * Credentials go where the master and the URL let them; what is left to be said here is the address
 * that a connection leads to.
 */
#define FETCH_READ_BYTES (64 * 1024) /* libcurl's buffer for what arrives */

struct carry {
	const struct host_request *host; /* or NULL: nothing is said of it */
	struct slice user;               /* "name:password" of a list's URL, escaped; or absent */
	bool is_bare;                    /* nothing that the host has of its own is sent */
	bool has_secrets;                /* credentials may be sent */
	bool is_for_private;             /* but only if the address turns out to be private */
};

/* What a job carries.  is_proxied: a proxy is asked, and the host is judged by its name. */
struct carry carry_of(const struct msg_job *job, const struct host_request *host, bool is_proxied);

/* Is there anything to be told? */
static inline bool carry_is_empty(const struct carry *carry)
{
	return !carry->host && carry->user.size == 0;
}

/* Must the credentials be left out now that the address is known, in digits? */
bool carry_must_drop(const struct carry *carry, const char *address);

/*
 * May a login's form be posted where it leads, on a connection to this address (NULL: a proxy's)?
 * Over TLS, where `match` said http, or to a private address.
 */
bool carry_may_log_in(const struct msg_job *job, const struct host_request *login,
		      const char *address);

/* Tell a handle; one that was told of another host forgets that. */
void carry_tell(CURL *easy, const struct carry *carry);

/*
 * The host's header lines, behind lines; it has said of some which are sent by themselves.  Those
 * stay out that the request's own lines ("Name: value\n") name.
 */
struct curl_slist *carry_add_lines(struct curl_slist *lines, const struct carry *carry,
				   struct slice own);
bool carry_names(struct slice own, const char *name);
bool carry_has_header(const struct carry *carry, const char *name);

/* Does libcurl answer a 401 by itself, with another request? */
static inline bool carry_answers_401(const struct carry *carry)
{
	return carry->has_secrets && carry->host && carry->host->auth == AUTH_DIGEST;
}

#endif
