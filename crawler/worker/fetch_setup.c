#include "worker/fetch_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "worker/coding.h"
#include "worker/tls_end.h"

#define REUSE_SINCE   0x080100 /* libcurl's version: see fetch_setup_may_reuse() */
#define ACCEPT_HEADER "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

/*
 * An older libcurl keeps a pointer to a header of the transfer before, which is freed, and writes
 * there when a response begins with a folded line (curl#11101): any server could do that to us.
 */
bool fetch_setup_may_reuse(void)
{
	return curl_version_info(CURLVERSION_NOW)->version_num >= REUSE_SINCE;
}

/*
 * Of a tunnel that one user has opened the next could make use, in versions between (guzzle#3605).
 */
static bool tells_users_apart(void)
{
	unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;

	return version < 0x080000 || version >= 0x081400;
}

static void set_up_tls(CURL *easy, const struct settings *settings)
{
	const char *bundle = curl_version_info(CURLVERSION_NOW)->cainfo;

	tls_end_watch(easy);
	if (settings->ca_file[0])
		bundle = settings->ca_file;
	if (!bundle)
		return;
	/* A folder of certificates switches libcurl's cache of them off: 22 ms a connection. */
	curl_easy_setopt(easy, CURLOPT_CAINFO, bundle);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, bundle);
	curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
}

void fetch_setup_handle(CURL *easy, const struct settings *settings)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)FETCH_READ_BYTES);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 settings->http2 ? (long)CURL_HTTP_VERSION_2TLS
					 : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, settings->user_agent);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	/* Told one, "" being none, libcurl does not look into the environment at each transfer. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	set_up_tls(easy, settings);
}

/*
 * "/x?" is another page than "/x" (url.h), but libcurl asks for both as "/x": since 8.8
 * (curl#21584), and of a proxy always.  So it is told what to ask for.  A proxy wants the whole
 * URL, but a tunnel for https.
 */
static void keep_empty_query(CURL *easy, const char *url, const char *proxy)
{
	const char *query = strchr(url, '?'), *target = NULL;
	bool is_http = strncmp(url, "http:", 5) == 0;

	if (query && !query[1]) {
		if (is_http && proxy[0])
			target = url;
		else
			target = strchr(strstr(url, "://") + 3, '/');
	}
	curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target);
}

bool fetch_setup_closes(const struct msg_job *job, bool is_alone)
{
	return (job->flags & MSG_JOB_CLOSE) != 0 || (is_alone && !tells_users_apart());
}

/*
 * On a connection that stands an address would be asked for a page.  And what is posted there
 * libcurl would send again if the server closes it just then: it may have been taken (RFC 9110
 * 9.2.2).
 */
static bool is_to_connect(const struct msg_job *job)
{
	return job->kind == MSG_KIND_ADDRESS || (job->flags & MSG_JOB_CONNECT) != 0 ||
	       job->method == MSG_POST;
}

void fetch_setup_job(CURL *easy, const struct settings *settings, const struct msg_job *job,
		     const char *proxy, bool is_alone)
{
	bool may_be_http2 = settings->http2 && strncmp(job->url.at, "https:", 6) == 0;
	bool closes = fetch_setup_closes(job, is_alone);
	bool connects = is_to_connect(job) || (is_alone && !tells_users_apart());

	curl_easy_setopt(easy, CURLOPT_URL, job->url.at);
	keep_empty_query(easy, job->url.at, proxy);
	/* Wait whether the connection that is being made can be shared (HTTP/2). */
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, may_be_http2 ? 1L : 0L);
	/* Of HTTP/2 it must be seen whether the connection outlived the page: fetch.c closes it. */
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, closes && !may_be_http2 ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, connects ? 1L : 0L);
}

void fetch_setup_method(CURL *easy, const struct msg_job *job)
{
	if (job->method == MSG_GET) {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
		return;
	}
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, job->body.size > 0 ? job->body.at : "");
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)job->body.size);
}

static struct curl_slist *add_line(struct curl_slist *lines, const char *name, struct slice value)
{
	char line[MSG_TEXT_MAX + 64];

	if (value.size == 0)
		return lines;
	snprintf(line, sizeof(line), "%s: %.*s", name, (int)value.size, value.at);
	return curl_slist_append(lines, line);
}

/* The lines that the request brings itself; each is a line of its own for libcurl. */
static struct curl_slist *add_own(struct curl_slist *lines, struct slice own)
{
	while (own.size > 0) {
		const char *end = memchr(own.at, '\n', own.size);
		size_t size = end ? (size_t)(end - own.at) : own.size;
		char *line = memory_text(own.at, size);

		lines = curl_slist_append(lines, line);
		free(line);
		own = (struct slice){ own.at + size + (end != NULL),
				      own.size - size - (end != NULL) };
	}
	return lines;
}

/* What libcurl would say by itself of what is posted, or wait for. */
static struct curl_slist *add_of_post(struct curl_slist *lines, const struct msg_job *job)
{
	if (job->method != MSG_POST)
		return lines;
	if (!carry_names(job->headers, "Content-Type"))
		lines = curl_slist_append(lines, "Content-Type:");
	return curl_slist_append(lines, "Expect:");
}

struct curl_slist *fetch_setup_lines(const struct msg_job *job, const struct carry *carry)
{
	struct curl_slist *lines = NULL;

	if (!carry_has_header(carry, "Accept") && !carry_names(job->headers, "Accept"))
		lines = curl_slist_append(lines, ACCEPT_HEADER);
	if (!carry_has_header(carry, "Accept-Encoding") &&
	    !carry_names(job->headers, "Accept-Encoding"))
		lines = curl_slist_append(lines, "Accept-Encoding: " CODING_ACCEPT);
	lines = add_own(lines, job->headers);
	lines = carry_add_lines(lines, carry, job->headers);
	lines = add_of_post(lines, job);
	lines = add_line(lines, "If-None-Match", job->etag);
	return add_line(lines, "If-Modified-Since", job->last_modified);
}
