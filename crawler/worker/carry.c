#include "worker/carry.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/url/address.h"
#include "worker/proxy.h"

#define READ_BYTES_LEAST 1024 /* libcurl's */

struct carry carry_of(const struct msg_job *job, const struct host_request *host, bool is_proxied)
{
	bool is_https = strncmp(job->url.at, "https:", 6) == 0;
	bool is_private = is_proxied && !address_host_is_public(proxy_host(job->url));
	struct carry carry = {
		.host = host && !host->is_empty ? host : NULL,
		.user = job->user,
		.is_bare = job->flags & MSG_JOB_BARE,
	};

	if (job->kind == MSG_KIND_ADDRESS)
		return (struct carry){ 0 };
	if (carry.is_bare)
		carry.user = (struct slice){ 0 };
	carry.is_for_private = host && host->has_secrets && !host->has_scheme && !is_https;
	carry.has_secrets = !carry.is_bare && !(job->flags & MSG_JOB_UNSAFE) &&
			    (!is_proxied || !carry.is_for_private || is_private);
	return carry;
}

bool carry_must_drop(const struct carry *carry, const char *address)
{
	return carry->has_secrets && carry->is_for_private &&
	       address_text_is_public(slice_of(address));
}

bool carry_may_log_in(const struct msg_job *job, const struct host_request *login,
		      const char *address)
{
	if (job->method != MSG_POST || strncmp(job->url.at, "https:", 6) == 0 || login->has_scheme)
		return true;
	return address ? !address_text_is_public(slice_of(address))
		       : !address_host_is_public(proxy_host(job->url));
}

/* ---- headers ---- */

static bool is_named(const struct host_header *header, const char *name)
{
	return ascii_equal((struct slice){ header->line, header->name_size }, slice_of(name));
}

static bool is_cookie(const struct host_header *header)
{
	return is_named(header, "Cookie");
}

/* A user of a URL says who asks, whatever else would. */
static bool is_sent(const struct carry *carry, const struct host_header *header)
{
	if (carry->user.size > 0 && is_named(header, "Authorization"))
		return false;
	return (!header->is_secret || carry->has_secrets) && !(header->is_own && carry->is_bare);
}

bool carry_has_header(const struct carry *carry, const char *name)
{
	for (size_t i = 0; carry->host && i < carry->host->header_count; i++) {
		const struct host_header *header = &carry->host->headers[i];

		if (is_sent(carry, header) && is_named(header, name))
			return true;
	}
	return false;
}

/* Does a line of own begin with this name, and a colon? */
static bool has_line(struct slice own, struct slice name)
{
	while (own.size > name.size) {
		const char *end = memchr(own.at, '\n', own.size);

		if (own.at[name.size] == ':' &&
		    ascii_equal((struct slice){ own.at, name.size }, name))
			return true;
		if (!end)
			return false;
		own = (struct slice){ end + 1, (size_t)(own.at + own.size - end - 1) };
	}
	return false;
}

bool carry_names(struct slice own, const char *name)
{
	return has_line(own, slice_of(name));
}

struct curl_slist *carry_add_lines(struct curl_slist *lines, const struct carry *carry,
				   struct slice own)
{
	for (size_t i = 0; carry->host && i < carry->host->header_count; i++) {
		const struct host_header *header = &carry->host->headers[i];

		if (is_sent(carry, header) && !is_cookie(header) &&
		    !has_line(own, (struct slice){ header->line, header->name_size }))
			lines = curl_slist_append(lines, header->line);
	}
	return lines;
}

/* Beside those of redirects, in one line: so it is no line of its own. */
static const char *cookie_of(const struct carry *carry)
{
	for (size_t i = 0; carry->host && i < carry->host->header_count; i++) {
		const struct host_header *header = &carry->host->headers[i];

		if (is_cookie(header) && carry->has_secrets)
			return header->line + header->name_size +
			       strspn(header->line + header->name_size, ": ");
	}
	return NULL;
}

/* ---- credentials ---- */

static void tell_pair(CURL *easy, const char *user, const char *password)
{
	curl_easy_setopt(easy, CURLOPT_USERNAME, user);
	curl_easy_setopt(easy, CURLOPT_PASSWORD, password);
}

/* The caller frees it with curl_free().  libcurl takes a length of 0 for "to the NUL". */
static char *unescape(CURL *easy, const char *at, size_t size)
{
	return size > 0 ? curl_easy_unescape(easy, at, (int)size, NULL) : NULL;
}

/* "name:password" as it stands in a URL: each is escaped by itself. */
static void tell_url_user(CURL *easy, struct slice text)
{
	const char *colon = memchr(text.at, ':', text.size), *end = text.at + text.size;
	size_t size = colon ? (size_t)(colon - text.at) : text.size;
	char *user = unescape(easy, text.at, size);
	char *password = colon ? unescape(easy, colon + 1, (size_t)(end - colon - 1)) : NULL;

	curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	tell_pair(easy, user ? user : "", password ? password : "");
	curl_free(user);
	curl_free(password);
}

static void tell_auth(CURL *easy, const struct host_request *host)
{
	static const long kinds[] = {
		[AUTH_BASIC] = (long)CURLAUTH_BASIC,
		[AUTH_DIGEST] = (long)CURLAUTH_DIGEST,
		[AUTH_BEARER] = (long)CURLAUTH_BEARER,
		[AUTH_NETRC] = (long)CURLAUTH_BASIC,
	};

	curl_easy_setopt(easy, CURLOPT_HTTPAUTH, kinds[host->auth]);
	tell_pair(easy, host->user, host->password);
	curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, host->token);
	curl_easy_setopt(easy, CURLOPT_NETRC_FILE, host->netrc);
	curl_easy_setopt(easy, CURLOPT_NETRC,
			 (long)(host->netrc ? CURL_NETRC_REQUIRED : CURL_NETRC_IGNORED));
}

/* Without a password libcurl would let OpenSSL ask the terminal for it. */
static void tell_tls(CURL *easy, const struct host_request *host)
{
	curl_easy_setopt(easy, CURLOPT_SSLCERT, host->cert);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, host->key);
	curl_easy_setopt(easy, CURLOPT_KEYPASSWD, host->cert ? host->key_password : NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, host->skips_tls_verify ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, host->skips_tls_verify ? 0L : 2L);
}

/*
 * libcurl 7.88 looks at the rate after a hundred reads (8.x after one): so each is a four-hundredth
 * of a second's bytes, that it may be kept.
 */
static void tell_rate(CURL *easy, int64_t rate)
{
	int64_t read_bytes = rate / 400;

	if (rate == 0 || read_bytes > FETCH_READ_BYTES)
		read_bytes = FETCH_READ_BYTES;
	if (read_bytes < READ_BYTES_LEAST)
		read_bytes = READ_BYTES_LEAST;
	curl_easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)rate);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)read_bytes);
}

void carry_tell(CURL *easy, const struct carry *carry)
{
	static const struct host_request nothing = { .is_empty = true };
	const struct host_request *host = carry->host ? carry->host : &nothing;
	const struct host_request *secrets = carry->has_secrets ? host : &nothing;

	tell_rate(easy, host->max_rate);
	curl_easy_setopt(easy, CURLOPT_COOKIE, cookie_of(carry));
	tell_tls(easy, secrets);
	tell_auth(easy, secrets);
	if (carry->user.size > 0)
		tell_url_user(easy, carry->user);
}
