#include "worker/fetch.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "parsers/url/address.h"
#include "worker/carry.h"
#include "worker/coding.h"
#include "worker/cookies.h"
#include "worker/fetch_blame.h"
#include "worker/fetch_head.h"
#include "worker/fetch_outcome.h"
#include "worker/fetch_setup.h"
#include "worker/hold.h"
#include "worker/proxy.h"
#include "worker/tls_end.h"

/* Bytes that are read behind the end of a body, or besides as many as it may have. */
#define BEHIND_BYTES_MAX (64 * 1024)

/*
 * The first, one because its nonce is stale, and the last.  libcurl would go on for as long as the
 * host says "stale" (RFC 7616 3.3), and keep no delay.
 */
#define CHALLENGES_MAX 3

#define OTHER_FDS 8 /* descriptors of a worker, but for its connections */

/* One slot: a transfer, and what stays from one to the next. */
struct transfer {
	struct fetcher *fetcher;
	unsigned slot;
	CURL *easy;
	struct coding *coding;
	struct fetch_request request;
	struct fetch_head head;
	struct carry carry;               /* for its host */
	struct slice cookies;             /* that it may send: lines of the job, or none */
	struct curl_slist *lines;         /* of a request that has more than all have, or NULL */
	struct curl_slist *resolve;       /* a name to look up anew next time, or NULL */
	char looked_up[INET6_ADDRSTRLEN]; /* the address that a look-up found, or "" */
	uint64_t wire_size, behind;       /* bytes: as they came, and behind a body's end */
	int64_t sent_ms;                  /* when the last request of it was, or 0: it was not */
	const char *proxy;                /* that is asked, or "" */
	const char *told_proxy;           /* that the handle knows */
	const void *tls;                  /* the connection's, or NULL: none, or not known */
	uint64_t ends;               /* of the connection that the request went out on: key_of() */
	enum outcome verdict;        /* why we broke it off, or OK */
	const char *why;             /* the same in words, or NULL */
	char unwanted[128];          /* why is this, if its type is */
	char error[CURL_ERROR_SIZE]; /* libcurl's words, which know less of what we broke off */
	bool is_running;
	struct cookie_engine jar; /* of its slot */
	bool carries;             /* of the transfer before: its handle does */
	bool posts;               /* likewise */
	bool is_challenged;       /* with a 401, which libcurl answers */
	unsigned challenges;      /* so many of them */
	bool has_enough;          /* its body is whole, and we broke off what came behind */
	bool is_spoiled;          /* its connection had bytes waiting before it was asked */
	bool is_starved;          /* there was no descriptor for its connection */
	bool is_parked;           /* it runs on when another has ended */
};

/* What libcurl wants watched of a descriptor, and the slot it was last busy for, or -1. */
struct watch {
	uint64_t ends; /* key_of() where it leads from and to, once a request goes out; or 0 */
	uint32_t wanted;
	int slot;
	bool is_ours;   /* open_socket() opened it: close_socket() will close it */
	bool is_framed; /* HTTP/2: what comes when nothing was asked is no answer */
};

struct fetcher {
	CURLM *multi;
	struct loop *loop;
	const struct settings *settings;
	struct proxy_environment proxies;
	struct slice product_token;
	fetch_callback *callback;
	void (*on_send)(void *context, unsigned slot); /* or NULL */
	void (*on_work)(void *context, int slot);      /* or NULL */
	void *context;
	struct transfer *transfers;
	unsigned slots, running, parked;
	bool reuses_handles;
	bool has_failed;       /* no transfer will come to its end any more */
	struct watch *watches; /* by descriptor */
	size_t watch_count;
	struct loop_timer timer; /* libcurl's */
	struct curl_slist *plain_lines;
	char cookies[MSG_COOKIES_MAX]; /* of the transfer that has just ended */
};

/* ---- connections ---- */

/* libcurl names a connection by its two ends, when a request is about to go out on it. */
static uint64_t key_of(const char *remote, int remote_port, int local_port)
{
	uint64_t key = (uint64_t)remote_port << 16 | (uint64_t)local_port;

	for (; *remote; remote++)
		key = (key ^ (unsigned char)*remote) * 0x100000001b3;
	return key | 1;
}

/* The descriptor of a connection that was used before, or -1. */
static int find_connection(const struct fetcher *fetcher, uint64_t key)
{
	for (size_t fd = 0; fd < fetcher->watch_count; fd++) {
		if (fetcher->watches[fd].ends == key)
			return (int)fd;
	}
	return -1;
}

static int port_of(int fd)
{
	struct sockaddr_in6 name = { 0 }; /* the port stands where it does with IPv4 */
	socklen_t size = sizeof(name);

	return getsockname(fd, (struct sockaddr *)&name, &size) == 0 ? ntohs(name.sin6_port) : -1;
}

static void note_connection(struct fetcher *fetcher, uint64_t key, int local_port)
{
	for (size_t fd = 0; fd < fetcher->watch_count; fd++) {
		struct watch *watch = &fetcher->watches[fd];

		if (watch->is_ours && watch->ends == 0 && port_of((int)fd) == local_port)
			watch->ends = key;
	}
}

/* ---- the response's head ---- */

static int give_up(struct transfer *transfer, enum outcome verdict, const char *why)
{
	transfer->verdict = verdict;
	transfer->why = why;
	return 0; /* libcurl reads this as "not all was taken", and ends the transfer */
}

/* What nobody asked for is no answer (RFC 9110 15.3.7, 15.4.5, 14.4). */
static const char *find_unasked(const struct transfer *transfer, long status)
{
	const struct msg_job *job = transfer->request.job;

	if (status == 101)
		return "the server switches protocols unasked (101)";
	if (status == 206)
		return "a part of the page (206), for which nobody asked";
	if (status == 304 && job->etag.size == 0 && job->last_modified.size == 0)
		return "the page has not changed (304), which nobody asked";
	if (status >= 200 && status <= 299 && transfer->head.has_range)
		return "a part of the page (Content-Range), for which nobody asked";
	return NULL;
}

/* Does its status count as success, though it is none for others? */
static bool is_accepted(const struct transfer *transfer, long status)
{
	const struct fetch_request *request = &transfer->request;

	return request->host && msg_kind_has_statuses(request->job->kind) &&
	       host_statuses_have(&request->host->accept_status, (unsigned)status);
}

/* A page of a type that is not to be read. */
static const char *find_unwanted(struct transfer *transfer, long status)
{
	const struct fetch_request *request = &transfer->request;
	struct msg_page page = { .flags = 0 };

	if (!request->host || request->job->kind != MSG_KIND_PAGE ||
	    !(status <= 299 || is_accepted(transfer, status)))
		return NULL;
	fetch_head_note(&transfer->head, &page);
	if (host_types_accept(&request->host->accept, page.texts[MSG_CONTENT_TYPE]))
		return NULL;
	snprintf(transfer->unwanted, sizeof(transfer->unwanted), "its type is not in accept: %.*s",
		 (int)page.texts[MSG_CONTENT_TYPE].size, page.texts[MSG_CONTENT_TYPE].at);
	return transfer->unwanted;
}

static void note_version(const struct transfer *transfer)
{
	long version = 0;
	int fd;

	curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
	if (version < CURL_HTTP_VERSION_2_0)
		return;
	fd = find_connection(transfer->fetcher, transfer->ends);
	if (fd >= 0)
		transfer->fetcher->watches[fd].is_framed = true;
}

/* What the first of two answers set is not sent with the second request. */
static void forget_set(struct transfer *transfer)
{
	cookies_note_set(&transfer->jar);
	cookies_put(&transfer->jar, transfer->easy, (struct slice){ 0 });
}

/* The blank line: now the body's coding is known.  What no page is made of may be in any. */
static size_t end_head(struct transfer *transfer, size_t size)
{
	struct fetch_head *head = &transfer->head;
	struct coding_layers layers = { 0 };
	const char *why;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	why = find_unasked(transfer, status);
	if (why)
		return give_up(transfer, OUTCOME_BAD_RESPONSE, why);
	if (status < 200)
		return size;
	head->is_ended = true;
	transfer->tls = tls_end_connection(transfer->easy);
	note_version(transfer);
	transfer->is_challenged = status == 401 && carry_answers_401(&transfer->carry);
	if (transfer->is_challenged && ++transfer->challenges == CHALLENGES_MAX)
		return give_up(transfer, OUTCOME_BAD_RESPONSE, "it wants another digest each time");
	if (transfer->is_challenged && transfer->request.cookies == COOKIES_OFF)
		forget_set(transfer);
	why = find_unwanted(transfer, status);
	if (why)
		return give_up(transfer, OUTCOME_OUT_OF_SCOPE, why);
	why = fetch_head_codings(head, &layers);
	if (why && status <= 299)
		return give_up(transfer, OUTCOME_BAD_ENCODING, why);
	coding_begin(transfer->coding, &layers, transfer->request.body,
		     transfer->request.body_max + 1);
	return size;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	struct slice line = { bytes, size * count };
	const char *why;

	if (transfer->is_challenged && line.size >= 5 && memcmp(line.at, "HTTP/", 5) == 0)
		transfer->head.is_ended = transfer->is_challenged = false;
	switch (fetch_head_line(&transfer->head, line, transfer->fetcher->product_token, &why)) {
	case FETCH_HEAD_BAD:
		return give_up(transfer, OUTCOME_BAD_RESPONSE, why);
	case FETCH_HEAD_BLANK:
		return end_head(transfer, line.size) ? line.size : CURL_WRITEFUNC_ERROR;
	case FETCH_HEAD_MORE:
		break;
	}
	return line.size;
}

/*
 * What is decoded has a bound; what comes for it has one, too.  Behind the end of a body a little
 * is ignored, and then the transfer is over.  Returns whether it may go on.
 */
static bool check_wire(struct transfer *transfer, size_t bytes, bool was_over)
{
	bool is_over = coding_is_over(transfer->coding);

	transfer->behind += was_over ? bytes : 0;
	if (transfer->behind <= BEHIND_BYTES_MAX &&
	    transfer->wire_size <= transfer->request.body_max + BEHIND_BYTES_MAX)
		return true;
	transfer->has_enough = is_over;
	if (!is_over)
		give_up(transfer, OUTCOME_TOO_LARGE,
			"the body is larger than max_body before it is decoded");
	return false;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	struct slice part = { bytes, size * count };
	bool was_over = coding_is_over(transfer->coding);
	enum coding_result result;

	transfer->wire_size += part.size;
	result = coding_write(transfer->coding, part);
	if (result == CODING_FULL || coding_size(transfer->coding) > transfer->request.body_max)
		return (size_t)give_up(transfer, OUTCOME_TOO_LARGE,
				       "the body is larger than max_body");
	if (result == CODING_BROKEN)
		return (size_t)give_up(transfer, OUTCOME_BAD_ENCODING,
				       "the compressed body is broken");
	return check_wire(transfer, part.size, was_over) ? part.size : 0;
}

/* ---- addresses and descriptors ---- */

/* Note where it would connect to, and do not.  libcurl may try the next: the first it is. */
static curl_socket_t note_address(struct transfer *transfer, const struct curl_sockaddr *address)
{
	char digits[sizeof(transfer->looked_up)];

	if (!transfer->looked_up[0] && getnameinfo(&address->addr, address->addrlen, digits,
						   sizeof(digits), NULL, 0, NI_NUMERICHOST) == 0)
		memcpy(transfer->looked_up, digits, sizeof(digits));
	return CURL_SOCKET_BAD;
}

static struct watch *watch_of(struct fetcher *fetcher, int fd)
{
	size_t count = fetcher->watch_count;

	if ((size_t)fd >= count) {
		fetcher->watch_count = (size_t)fd * 2 + 16;
		fetcher->watches = memory_resize(fetcher->watches,
						 fetcher->watch_count * sizeof(struct watch));
		memset(fetcher->watches + count, 0,
		       (fetcher->watch_count - count) * sizeof(struct watch));
	}
	return &fetcher->watches[fd];
}

/* Did the user name it, as itself?  A name may lead anywhere, and tomorrow elsewhere. */
static bool names_service(const struct msg_job *job)
{
	return !(job->flags & MSG_JOB_UNNAMED) && address_text_is_service(proxy_host(job->url));
}

/* Is it ours alone, whatever host is asked? */
static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = user;
	const struct msg_job *job = transfer->request.job;
	int fd;

	(void)purpose;
	if (!transfer->proxy[0] && (job->flags & MSG_JOB_PUBLIC_ONLY) &&
	    !address_is_public(&address->addr)) {
		give_up(transfer, OUTCOME_BLOCKED_ADDRESS, "the host's address is private");
		return CURL_SOCKET_BAD;
	}
	if (!transfer->proxy[0] && address_is_service(&address->addr) && !names_service(job)) {
		give_up(transfer, OUTCOME_BLOCKED_ADDRESS, MSG_UNNAMED_SERVICE);
		return CURL_SOCKET_BAD;
	}
	if (job->kind == MSG_KIND_ADDRESS)
		return note_address(transfer, address);
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (fd < 0) {
		transfer->is_starved |= is_shortage(errno);
	} else {
		loop_forget(transfer->fetcher->loop, fd); /* a new one is not watched yet */
		*watch_of(transfer->fetcher, fd) = (struct watch){ .slot = -1, .is_ours = true };
	}
	return fd;
}

static int close_socket(void *user, curl_socket_t fd)
{
	struct fetcher *fetcher = user;

	hold_forget(fd);
	*watch_of(fetcher, fd) = (struct watch){ .slot = -1 };
	loop_forget(fetcher->loop, fd); /* a worker does not fork: nobody else has it */
	return close(fd);
}

static void on_ready(void *user, int fd, uint32_t events);

/*
 * libcurl lets go of a connection after every transfer and takes it up again with the next.  It
 * stays in the loop in between, which saves two system calls a page; if something happens on it
 * meanwhile, on_ready() takes it out.  What libcurl opened for itself (a resolver's pair) it closes
 * without a word, and the next connection gets its number: that leaves the loop at once.
 */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
	struct fetcher *fetcher = user;
	struct watch *watch = watch_of(fetcher, fd);
	char *transfer = NULL;

	(void)of_socket;
	watch->wanted = 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		watch->wanted |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		watch->wanted |= EPOLLOUT;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
	watch->slot = transfer ? (int)((struct transfer *)(void *)transfer)->slot : -1;
	if (watch->wanted && loop_watch(fetcher->loop, fd, watch->wanted, on_ready, fetcher) < 0)
		fetcher->has_failed = true;
	else if (!watch->wanted && !watch->is_ours)
		loop_unwatch(fetcher->loop, fd);
	return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *user)
{
	struct fetcher *fetcher = user;

	(void)multi;
	if (timeout_ms < 0)
		loop_cancel_timer(fetcher->loop, &fetcher->timer);
	else
		loop_set_timer(fetcher->loop, &fetcher->timer, clock_ms() + timeout_ms);
	return 0;
}

/* Whatever libcurl says of all transfers together is no fault of one. */
static void must(struct fetcher *fetcher, CURLMcode code)
{
	if (code == CURLM_OUT_OF_MEMORY)
		memory_fail();
	if (code != CURLM_OK)
		fetcher->has_failed = true;
}

/* Have libcurl begin: nothing has come. */
static void add(struct transfer *transfer)
{
	transfer->sent_ms = 0;
	transfer->ends = 0;
	transfer->wire_size = 0;
	transfer->tls = NULL;
	transfer->looked_up[0] = '\0';
	transfer->verdict = OUTCOME_OK;
	transfer->why = NULL;
	transfer->error[0] = '\0';
	transfer->is_spoiled = transfer->has_enough = transfer->is_challenged = false;
	transfer->is_starved = false;
	transfer->challenges = 0;
	transfer->behind = 0;
	fetch_head_begin(&transfer->head);
	coding_begin(transfer->coding, &(struct coding_layers){ 0 }, transfer->request.body,
		     transfer->request.body_bytes);
	must(transfer->fetcher, curl_multi_add_handle(transfer->fetcher->multi, transfer->easy));
}

/* Those of a file are credentials, and whatever else the jar has with them. */
static void put_cookies(struct transfer *transfer)
{
	const struct host_request *host = transfer->request.host;
	bool is_withheld = host && host->cookie_lines.size > 0 && !transfer->carry.has_secrets;

	transfer->cookies = transfer->request.job->cookies;
	if (is_withheld)
		transfer->cookies = (struct slice){ 0 };
	cookies_put(&transfer->jar, transfer->easy, transfer->cookies);
}

/*
 * Tell the handle what the request carries: of most it is what all carry, and it knows that.  Of a
 * page that is known only what has changed is asked for (RFC 9110 13.1).
 */
static void dress(struct transfer *transfer)
{
	const struct msg_job *job = transfer->request.job;
	bool has_own_lines = transfer->lines != NULL, carries = !carry_is_empty(&transfer->carry);
	bool posts = job->method == MSG_POST;

	if (posts || transfer->posts)
		fetch_setup_method(transfer->easy, job);
	transfer->posts = posts;
	if (carries || transfer->carries)
		carry_tell(transfer->easy, &transfer->carry);
	transfer->carries = carries;
	curl_slist_free_all(transfer->lines);
	transfer->lines = NULL;
	if (job->etag.size > 0 || job->last_modified.size > 0 || carries || posts ||
	    job->headers.size > 0)
		transfer->lines = fetch_setup_lines(job, &transfer->carry);
	if (transfer->lines || has_own_lines)
		curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER,
				 transfer->lines ? transfer->lines
						 : transfer->fetcher->plain_lines);
	put_cookies(transfer);
}

/* ---- the end of a transfer ---- */

/*
 * Does nothing but the end of its connection say that a body is over, which anybody can cut?  TLS
 * says its end, then (RFC 9112 9.8).  Frames that are none end a connection of HTTP/2, and libcurl
 * takes that for the end of a page; a server that says goodbye in good order ends it, too: there a
 * page must prove itself whole, or it is asked for again.
 */
static bool may_be_cut(const struct transfer *transfer)
{
	const struct host_request *host = transfer->carry.host;
	curl_socket_t connection = CURL_SOCKET_BAD;
	long version = 0, status = 0;

	if (transfer->head.length == (int64_t)transfer->wire_size ||
	    coding_is_proved_whole(transfer->coding))
		return false;
	curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status > 299 || status == 204)
		return false;
	if (version < CURL_HTTP_VERSION_2_0)
		return transfer->tls && !transfer->head.is_chunked &&
		       !(host && host->skips_tls_verify) && !tls_end_was_said(transfer->tls);
	curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &connection);
	return connection == CURL_SOCKET_BAD;
}

/* The connection, if no other transfer is on it.  libcurl finds it dead, later. */
static void close_connection(const struct transfer *transfer)
{
	const struct fetcher *fetcher = transfer->fetcher;
	curl_socket_t connection = CURL_SOCKET_BAD;

	for (unsigned i = 0; i < fetcher->slots; i++) {
		const struct transfer *other = &fetcher->transfers[i];

		if (other != transfer && other->is_running && other->ends == transfer->ends)
			return;
	}
	curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &connection);
	if (connection != CURL_SOCKET_BAD)
		shutdown(connection, SHUT_RDWR);
}

/* What libcurl takes for success and we do not. */
static enum outcome check_whole(struct transfer *transfer)
{
	if (!transfer->head.is_ended)
		give_up(transfer, OUTCOME_TRUNCATED, "the connection ended inside the headers");
	else if (!coding_is_whole(transfer->coding))
		give_up(transfer, OUTCOME_TRUNCATED, "the compressed body ends too early");
	else if (may_be_cut(transfer))
		give_up(transfer, OUTCOME_TRUNCATED,
			"the connection was cut, and nothing says that the page is whole");
	return transfer->verdict;
}

static void forget_name(struct transfer *transfer, const char *of)
{
	char *host = NULL, *port = NULL, line[512];
	CURLU *url = curl_url();

	if (url && !curl_url_set(url, CURLUPART_URL, of, CURLU_NON_SUPPORT_SCHEME) &&
	    !curl_url_get(url, CURLUPART_HOST, &host, 0) &&
	    !curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)) {
		snprintf(line, sizeof(line), "-%s:%s", host, port);
		transfer->resolve = curl_slist_append(transfer->resolve, line);
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
}

/*
 * A host that could not be reached may have moved: its name is looked up anew next time.  So may a
 * proxy, which but for socks4 and socks5 alone has a name to be looked up here.
 */
static void look_up_anew(struct transfer *transfer)
{
	if (transfer->proxy[0])
		forget_name(transfer, transfer->proxy);
	if (!transfer->proxy[0] || strncmp(transfer->proxy, "socks", 5) == 0)
		forget_name(transfer, transfer->request.job->url.at);
}

/* When the request went out; 0: it never did.  It is about to when libcurl tells us of it, and did
 * once libcurl has a time for that. */
static int64_t started_ms(const struct transfer *transfer)
{
	curl_off_t before_us = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &before_us);
	return before_us > 0 ? transfer->sent_ms : 0;
}

/* What had come of the answer. */
static struct fetch_seen seen_of(const struct transfer *transfer)
{
	bool has_line = transfer->head.bytes > 0;
	curl_off_t first_byte_us = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte_us);
	return (struct fetch_seen){ has_line || first_byte_us > 0, has_line, transfer->error };
}

/* What a proxy answered that did not connect us (RFC 9110 9.3.6), or 0. */
static long refusal(const struct transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status >= 200 && status <= 299 ? 0 : status;
}

static long socks_reply(const struct transfer *transfer)
{
	long reply = CURLPX_OK;

	curl_easy_getinfo(transfer->easy, CURLINFO_PROXY_ERROR, &reply);
	return reply;
}

static enum fetch_blame blame_for(const struct transfer *transfer, CURLcode code)
{
	struct fetch_way way = {
		.proxy = transfer->proxy,
		.is_https = strncmp(transfer->request.job->url.at, "https:", 6) == 0,
		.has_begun = transfer->head.bytes > 0,
		.socks = socks_reply(transfer),
	};
	curl_off_t before_us = 0;
	long made = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &way.status);
	curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &way.connect_status);
	curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &made);
	curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &before_us);
	way.is_reached = made > 0 || before_us > 0;
	way.is_taken = before_us > 0 && transfer->request.job->method == MSG_POST;
	return fetch_blame(code, &way);
}

static uint32_t proxy_flags(const struct transfer *transfer, CURLcode code)
{
	static const uint32_t flags[] = {
		[FETCH_BLAME_HOST] = MSG_PAGE_IS_PROXIED,
		[FETCH_BLAME_PROXY] = MSG_PAGE_IS_PROXIED | MSG_PAGE_IS_OF_PROXY,
		[FETCH_BLAME_EITHER] = MSG_PAGE_IS_PROXIED | MSG_PAGE_MAY_BE_PROXY,
	};
	bool is_ours = transfer->verdict != OUTCOME_OK; /* we broke it off */

	if (!transfer->proxy[0])
		return 0;
	return flags[is_ours ? FETCH_BLAME_HOST : blame_for(transfer, code)];
}

/*
 * The format of a body may prove it whole where its frame, a Content-Length or the last chunk, says
 * that it is not.
 */
static bool is_whole_anyway(const struct transfer *transfer, CURLcode code)
{
	return transfer->verdict == OUTCOME_OK && transfer->head.is_ended &&
	       (transfer->has_enough || fetch_outcome_is_of_transport(code)) &&
	       coding_is_proved_whole(transfer->coding);
}

/* What came of it, with transfer->why or transfer->error in words if that is not OK. */
static enum outcome judge(struct transfer *transfer, CURLcode code)
{
	struct fetch_seen seen = seen_of(transfer);
	enum outcome outcome =
		transfer->verdict != OUTCOME_OK ? transfer->verdict : fetch_outcome(code, &seen);

	if (fetch_blame_is_of_name(code, socks_reply(transfer)))
		outcome = OUTCOME_DNS;
	if (code != CURLE_OK && refusal(transfer) > 0) {
		snprintf(transfer->error, sizeof(transfer->error),
			 "the proxy does not connect: HTTP status %ld", refusal(transfer));
		return OUTCOME_CONNECT;
	}
	if (is_whole_anyway(transfer, code))
		return OUTCOME_OK;
	if (outcome == OUTCOME_OK)
		return check_whole(transfer);
	if (!transfer->why)
		transfer->why = fetch_outcome_words(code, &seen);
	if (!transfer->error[0])
		snprintf(transfer->error, sizeof(transfer->error), "%s", curl_easy_strerror(code));
	if (outcome == OUTCOME_CONNECT || outcome == OUTCOME_TLS)
		look_up_anew(transfer);
	return outcome;
}

/* What libcurl knows of it. */
static void note_transfer(const struct transfer *transfer, struct msg_page *page)
{
	curl_off_t elapsed_us = 0;
	char *address = NULL;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &address);
	curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &elapsed_us);
	status = status > 0 ? status : refusal(transfer);
	page->status = status > 0 && status <= 999 ? (unsigned)status : 0;
	page->wire_size = transfer->wire_size;
	page->elapsed_us = elapsed_us < UINT32_MAX ? (uint32_t)elapsed_us : UINT32_MAX;
	page->started_ms = started_ms(transfer);
	page->texts[MSG_ADDRESS] = slice_of(address && !transfer->proxy[0] ? address : "");
}

/* Where a redirect leads, they are sent; a page is the end of its way, unless they are kept. */
static void note_cookies(struct transfer *transfer, struct msg_page *page)
{
	enum cookies cookies = transfer->request.cookies;

	if (transfer->head.cookie_count == 0)
		return;
	cookies_note_set(&transfer->jar);
	if (cookies == COOKIES_ON || (cookies == COOKIES_VISIT && msg_page_is_redirect(page)))
		page->texts[MSG_COOKIES] =
			cookies_changes(transfer->easy, &transfer->head, transfer->cookies,
					transfer->fetcher->cookies, MSG_COOKIES_MAX);
}

/*
 * There was no descriptor for a connection, which its host cannot help: it waits until another
 * transfer has ended.  If there is none the worker is of no use: one that begins anew has all
 * descriptors.
 */
static void park(struct transfer *transfer)
{
	struct fetcher *fetcher = transfer->fetcher;

	curl_multi_remove_handle(fetcher->multi, transfer->easy);
	transfer->is_parked = true;
	fetcher->parked++;
	if (fetcher->parked == fetcher->running)
		fetcher->has_failed = true;
}

static void unpark_one(struct fetcher *fetcher)
{
	for (unsigned i = 0; fetcher->parked > 0 && i < fetcher->slots; i++) {
		struct transfer *transfer = &fetcher->transfers[i];

		if (!transfer->is_parked)
			continue;
		transfer->is_parked = false;
		fetcher->parked--;
		add(transfer);
		return;
	}
}

/* Nothing was asked yet?  Then it is: later, or at once on another connection. */
static bool goes_on(struct transfer *transfer, CURLcode code)
{
	if (transfer->is_starved && code == CURLE_COULDNT_CONNECT) {
		park(transfer);
		return true;
	}
	if (!transfer->is_spoiled)
		return false;
	curl_multi_remove_handle(transfer->fetcher->multi, transfer->easy);
	if (transfer->carry.is_for_private)
		dress(transfer);
	add(transfer);
	return true;
}

static void finish(struct transfer *transfer, CURLcode code)
{
	struct fetcher *fetcher = transfer->fetcher;
	struct msg_page page = { .kind = transfer->request.job->kind };

	if (goes_on(transfer, code))
		return;
	curl_slist_free_all(transfer->resolve);
	transfer->resolve = NULL;
	note_transfer(transfer, &page);
	if (transfer->looked_up[0]) { /* all that was wanted: no answer is no failure */
		page.outcome = OUTCOME_OK;
		page.texts[MSG_ADDRESS] = slice_of(transfer->looked_up);
	} else {
		fetch_head_note(&transfer->head, &page);
		page.flags |= proxy_flags(transfer, code);
		page.flags |= is_accepted(transfer, page.status) ? MSG_PAGE_IS_ACCEPTED : 0;
		page.size = transfer->head.is_ended ? coding_size(transfer->coding) : 0;
		page.outcome = judge(transfer, code);
		note_cookies(transfer, &page);
		if (page.outcome != OUTCOME_OK) /* libcurl has words for what a retry mended, too */
			page.texts[MSG_ERROR] =
				slice_of(transfer->why ? transfer->why : transfer->error);
	}

	if (fetch_setup_closes(transfer->request.job, transfer->request.is_alone))
		close_connection(transfer);
	curl_multi_remove_handle(fetcher->multi, transfer->easy);
	transfer->is_running = false;
	fetcher->running--;
	fetcher->callback(fetcher->context, transfer->slot, &page);
	unpark_one(fetcher);
}

static void take_finished(struct fetcher *fetcher)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(fetcher->multi, &left))) {
		char *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish((struct transfer *)(void *)transfer, message->data.result);
	}
}

/*
 * Bytes that come before they were asked for belong to no answer (RFC 9112 9.2), but libcurl would
 * read them as the one to this request.  With HTTP/2 each frame says what it belongs to.
 */
static bool has_bytes_waiting(const struct fetcher *fetcher, int fd)
{
	char byte;

	if (fd < 0 || fetcher->watches[fd].is_framed)
		return false;
	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

/*
 * Does another request wait for its answer on this connection?  Then it is HTTP/2, though no head
 * has told us yet, and what waits is framed.
 */
static bool is_shared(const struct transfer *transfer)
{
	const struct fetcher *fetcher = transfer->fetcher;

	for (unsigned i = 0; i < fetcher->slots; i++) {
		const struct transfer *other = &fetcher->transfers[i];

		if (other != transfer && other->is_running && other->ends == transfer->ends &&
		    !other->head.is_ended)
			return true;
	}
	return false;
}

/* May the request go out on this connection? */
static bool may_ask_on(struct transfer *transfer, int local_port)
{
	struct fetcher *fetcher = transfer->fetcher;
	long made = 0;
	int fd;

	curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &made);
	if (made > 0) {
		note_connection(fetcher, transfer->ends, local_port);
		return true;
	}
	fd = find_connection(fetcher, transfer->ends);
	if (!has_bytes_waiting(fetcher, fd) || is_shared(transfer))
		return true;
	shutdown(fd, SHUT_RDWR);
	return false;
}

/* A password goes to nobody who may be anybody. */
static bool may_log_in(struct transfer *transfer, const char *remote)
{
	const struct fetch_request *request = &transfer->request;

	if (!request->login ||
	    carry_may_log_in(request->job, request->login, transfer->proxy[0] ? NULL : remote))
		return true;
	give_up(transfer, OUTCOME_BLOCKED_ADDRESS,
		"the form would go over http to a public address, where others can read it; "
		"'http://' in match allows that");
	return false;
}

static int before_request(void *user, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *transfer = user;
	const struct fetcher *fetcher = transfer->fetcher;

	(void)local;
	transfer->ends = key_of(remote, remote_port, local_port);
	transfer->verdict = OUTCOME_OK; /* of an address that was tried before this one */
	transfer->why = NULL;
	transfer->is_spoiled = !may_ask_on(transfer, local_port);
	if (!transfer->proxy[0] && carry_must_drop(&transfer->carry, remote)) {
		transfer->carry.has_secrets = false;
		transfer->is_spoiled = true;
	}
	if (transfer->is_spoiled || !may_log_in(transfer, remote))
		return CURL_PREREQFUNC_ABORT;
	/* libcurl's times begin when it first looks at the transfer, which may be late. */
	transfer->sent_ms = clock_ms();
	if (fetcher->on_send)
		fetcher->on_send(fetcher->context, transfer->slot);
	return CURL_PREREQFUNC_OK;
}

/* ---- events ---- */

static void work_for(const struct fetcher *fetcher, int slot)
{
	if (fetcher->on_work)
		fetcher->on_work(fetcher->context, slot);
}

/* Does a transfer leave it alone for a while, as its host may not send faster? */
static bool is_slowed(const struct fetcher *fetcher, const struct watch *watch)
{
	const struct transfer *transfer =
		watch->slot >= 0 ? &fetcher->transfers[watch->slot] : NULL;

	return transfer && transfer->is_running && transfer->ends == watch->ends &&
	       transfer->carry.host && transfer->carry.host->max_rate > 0;
}

static void on_ready(void *user, int fd, uint32_t events)
{
	struct fetcher *fetcher = user;
	const struct watch *watch = watch_of(fetcher, fd);
	int action = 0, running;

	if (!watch->wanted) { /* nobody uses the connection: the server closed it, most likely */
		loop_unwatch(fetcher->loop, fd);
		if (watch->is_ours && !watch->is_framed && !is_slowed(fetcher, watch))
			shutdown(fd, SHUT_RDWR); /* libcurl then finds it dead */
		return;
	}
	if (events & EPOLLIN)
		action |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		action |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		action |= CURL_CSELECT_ERR;
	work_for(fetcher, watch->slot);
	hold_enter(fd);
	must(fetcher, curl_multi_socket_action(fetcher->multi, fd, action, &running));
	hold_leave();
	take_finished(fetcher);
	work_for(fetcher, -1);
}

static void on_due(void *user)
{
	struct fetcher *fetcher = user;
	int running;

	hold_enter(-1);
	must(fetcher, curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &running));
	hold_leave();
	take_finished(fetcher);
}

/* ---- set-up ---- */

static void set_callbacks(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->fetcher);
}

/* Those that wait leave descriptors for those that are made. */
static long connections_kept(unsigned slots)
{
	long kept = (long)slots * 4, fit;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= (rlim_t)kept * 2 + OTHER_FDS)
		return kept;
	fit = ((long)limit.rlim_cur - OTHER_FDS) / 2;
	return fit > 1 ? fit : 1;
}

static void set_up_multi(struct fetcher *fetcher)
{
	CURLM *multi = fetcher->multi;

	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, fetcher);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, fetcher);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections_kept(fetcher->slots));
	curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
}

/* libcurl's memory does not fail either: out of memory is its word for too long a line, too. */
static void *new_bytes(size_t size)
{
	return memory_resize(NULL, size);
}

static char *new_string(const char *string)
{
	return memory_text(string, strlen(string));
}

struct fetcher *fetch_new(const struct settings *settings, unsigned slots, struct loop *loop,
			  fetch_callback *callback, void *context)
{
	struct fetcher *fetcher;

	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, new_bytes, free, memory_resize, new_string,
				 memory_new) != CURLE_OK)
		return NULL;
	fetcher = memory_new(1, sizeof(*fetcher));
	*fetcher = (struct fetcher){
		.multi = curl_multi_init(),
		.loop = loop,
		.settings = settings,
		.proxies = proxy_environment(),
		.product_token = settings_product_token(settings),
		.callback = callback,
		.context = context,
		.slots = slots,
		.reuses_handles = fetch_setup_may_reuse(),
		.transfers = memory_new(slots, sizeof(*fetcher->transfers)),
		.timer = { .function = on_due, .user = fetcher },
		.plain_lines = fetch_setup_lines(&(struct msg_job){ .flags = 0 },
						 &(struct carry){ .host = NULL }),
	};
	if (!fetcher->multi) {
		fetch_free(fetcher);
		return NULL;
	}
	set_up_multi(fetcher);
	return fetcher;
}

static void transfer_free(struct fetcher *fetcher, struct transfer *transfer)
{
	if (transfer->is_running)
		curl_multi_remove_handle(fetcher->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	cookies_free(&transfer->jar);
	coding_free(transfer->coding);
	curl_slist_free_all(transfer->lines);
	curl_slist_free_all(transfer->resolve);
}

void fetch_free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	for (unsigned i = 0; i < fetcher->slots; i++)
		transfer_free(fetcher, &fetcher->transfers[i]);
	curl_multi_cleanup(fetcher->multi);
	loop_cancel_timer(fetcher->loop, &fetcher->timer);
	curl_slist_free_all(fetcher->plain_lines);
	free(fetcher->transfers);
	free(fetcher->watches);
	free(fetcher);
	curl_global_cleanup();
}

/* ---- running ---- */

/* The first transfer of a slot makes its handle; each does where none may be used again. */
static void make_ready(struct fetcher *fetcher, unsigned slot)
{
	struct transfer *transfer = &fetcher->transfers[slot];

	if (transfer->easy && fetcher->reuses_handles)
		return;
	transfer->fetcher = fetcher;
	transfer->slot = slot;
	if (!transfer->coding)
		transfer->coding = coding_new();
	curl_easy_cleanup(transfer->easy);
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		memory_fail();
	fetch_setup_handle(transfer->easy, fetcher->settings);
	cookies_attach(&transfer->jar, transfer->easy);
	transfer->carries = transfer->posts = false;
	transfer->told_proxy = "";
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, fetcher->plain_lines);
	set_callbacks(transfer);
}

void fetch_on_send(struct fetcher *fetcher, void (*function)(void *context, unsigned slot))
{
	fetcher->on_send = function;
}

void fetch_on_work(struct fetcher *fetcher, void (*function)(void *context, int slot))
{
	fetcher->on_work = function;
}

/*
 * Behind a proxy a name is looked up by the proxy alone: the host is judged by what its URL says,
 * and has no address that can be found out.  Returns whether that is all there is to say.
 */
static bool answer_by_name(struct transfer *transfer)
{
	const struct msg_job *job = transfer->request.job;
	struct msg_page page = { .kind = job->kind, .flags = MSG_PAGE_IS_PROXIED };

	if ((job->flags & MSG_JOB_PUBLIC_ONLY) && !address_host_is_public(proxy_host(job->url))) {
		page.outcome = OUTCOME_BLOCKED_ADDRESS;
		page.texts[MSG_ERROR] = SLICE("the host is private, by its name");
	} else if ((job->flags & MSG_JOB_UNNAMED) &&
		   address_text_is_service(proxy_host(job->url))) {
		page.outcome = OUTCOME_BLOCKED_ADDRESS;
		page.texts[MSG_ERROR] = SLICE(MSG_UNNAMED_SERVICE);
	} else if (job->kind != MSG_KIND_ADDRESS) {
		return false;
	}
	transfer->fetcher->callback(transfer->fetcher->context, transfer->slot, &page);
	return true;
}

static void tell_proxy(struct transfer *transfer)
{
	if (strcmp(transfer->proxy, transfer->told_proxy) == 0)
		return;
	curl_easy_setopt(transfer->easy, CURLOPT_PROXY, transfer->proxy);
	transfer->told_proxy = transfer->proxy;
}

void fetch_start(struct fetcher *fetcher, unsigned slot, const struct fetch_request *request)
{
	struct transfer *transfer = &fetcher->transfers[slot];
	const struct msg_job *job = request->job;

	make_ready(fetcher, slot);
	assert(!transfer->is_running && request->body_bytes > request->body_max);
	transfer->request = *request;
	transfer->proxy = request->proxy ? request->proxy : proxy_for(&fetcher->proxies, job->url);
	if (transfer->proxy[0] && answer_by_name(transfer))
		return;
	transfer->carry = carry_of(job, request->host, transfer->proxy[0]);
	dress(transfer);

	curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, transfer->resolve);
	tell_proxy(transfer);
	fetch_setup_job(transfer->easy, fetcher->settings, job, transfer->proxy, request->is_alone);
	transfer->is_running = true;
	fetcher->running++;
	add(transfer);
}

bool fetch_has_failed(const struct fetcher *fetcher)
{
	return fetcher->has_failed;
}

unsigned fetch_running(const struct fetcher *fetcher)
{
	return fetcher->running;
}

const char *fetch_library_version(void)
{
	static char version[128];
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

	/* Not curl_version(): to name OpenLDAP's version it starts OpenLDAP, plug-ins and all. */
	snprintf(version, sizeof(version), "libcurl %s (%s nghttp2/%s)", curl->version,
		 curl->ssl_version ? curl->ssl_version : "no TLS",
		 curl->nghttp2_version ? curl->nghttp2_version : "none");
	return version;
}
