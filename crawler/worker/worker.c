#include "worker/worker.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "parsers/site/robots.h"
#include "parsers/site/sitemap.h"
#include "parsers/text/memory.h"
#include "pool/slots.h"
#include "protocol/msg.h"
#include "worker/fetch.h"
#include "worker/hold.h"
#include "worker/login_page.h"
#include "worker/page.h"

_Static_assert(MSG_BYTES_MAX <= POOL_MESSAGE_MAX, "every message is one that the pool takes");

#define ANSWER_GRACE_MS 10000 /* behind its time-out a job has so long to be answered */
#define BEAT_MS         1000  /* the longest sleep: a sign of life each second */
#define SLOT_KEPT \
	((size_t)256 * 1024) /* a slot that grew beyond it is given back before its next job */

/* A job that is being fetched, by its slot. */
struct transfer {
	struct pool_job job;
	struct msg_job wanted; /* its texts are ours */
	size_t touched;        /* bytes of the slot that the last job used */
	char *sent;            /* a copy of what the slot had for the request, or NULL */
	char texts[MSG_URL_MAX + 3 * MSG_TEXT_MAX + MSG_COOKIES_MAX + 5];
};

struct worker {
	struct pool_worker *pool;
	const struct worker_options *options;
	struct fetcher *fetcher;
	struct page_kit *kit;
	struct transfer **transfers; /* by slot; made when a slot is first used */
	struct loop *loop;
	bool is_orphan; /* the master is gone */
};

/* Copy a text and a NUL behind it to *at, which moves on. */
static struct slice keep_text(char **at, struct slice text)
{
	struct slice copy = { *at, text.size };

	if (text.size > 0)
		memcpy(*at, text.at, text.size);
	(*at)[text.size] = '\0';
	*at += text.size + 1;
	return copy;
}

/* The payload dies with the call: keep what it says until the transfer is done. */
static void keep_job(struct transfer *transfer, const struct msg_job *wanted)
{
	char *at = transfer->texts;

	transfer->wanted = *wanted;
	transfer->wanted.url = keep_text(&at, wanted->url);
	transfer->wanted.etag = keep_text(&at, wanted->etag);
	transfer->wanted.last_modified = keep_text(&at, wanted->last_modified);
	transfer->wanted.cookies = keep_text(&at, wanted->cookies);
	transfer->wanted.user = keep_text(&at, wanted->user);
}

/* The slot will have the answer: what it has for the request is kept elsewhere. */
static void keep_sent(struct transfer *transfer, struct msg_job *wanted)
{
	size_t size = wanted->headers.size + wanted->body.size;

	free(transfer->sent);
	transfer->sent = NULL;
	if (size == 0)
		return;
	transfer->sent = memory_text(transfer->job.memory, size);
	msg_job_find(wanted, transfer->sent);
	if (transfer->touched < size)
		transfer->touched = size;
}

static struct transfer *transfer_of(struct worker *worker, unsigned slot)
{
	if (!worker->transfers[slot])
		worker->transfers[slot] = memory_new(1, sizeof(struct transfer));
	return worker->transfers[slot];
}

/* Whose credentials a login is for; NULL: it makes no sense. */
static const struct host_request *login_of(const struct worker *worker, const struct msg_job *job)
{
	const struct host_request *request = config_request(worker->options->config, job->login);

	return request && request->login ? request : NULL;
}

/* libcurl says a transfer is over: turn it into a message. */
static void on_fetched(void *context, unsigned slot, struct msg_page *page)
{
	struct worker *worker = context;
	struct transfer *transfer = worker->transfers[slot];
	char message[MSG_BYTES_MAX];
	struct login_page_room room;

	pool_worker_busy_with(worker->pool, &transfer->job);
	page_finish(worker->kit, &transfer->wanted, transfer->job.memory,
		    transfer->job.memory_bytes, page);
	if (transfer->wanted.kind == MSG_KIND_LOGIN)
		login_page_fill_in(worker->kit, login_of(worker, &transfer->wanted)->login,
				   &transfer->wanted, transfer->job.memory,
				   transfer->job.memory_bytes, page, &room);
	transfer->touched = msg_part_at(page, MSG_PARTS);
	if (page->size > transfer->touched)
		transfer->touched = page->size;
	pool_worker_reply(worker->pool, &transfer->job, 0,
			  (struct slice){ message, msg_page_encode(page, message) },
			  (struct slice){ 0 });
	pool_worker_busy_with(worker->pool, NULL);
}

/* The master asks a host again only when it knows that. */
static void on_send(void *context, unsigned slot)
{
	struct worker *worker = context;

	pool_worker_mark(worker->pool, &worker->transfers[slot]->job, clock_ms());
}

/* A job that cannot be read is a bug of the master's: say so, and let it decide. */
static void refuse(struct worker *worker, const struct pool_job *job)
{
	pool_worker_reply(worker->pool, job, -1, (struct slice){ 0 }, (struct slice){ 0 });
}

/* max_body is of pages. */
static size_t body_max(const struct worker *worker, enum msg_kind kind)
{
	switch (kind) {
	case MSG_KIND_ROBOTS:
		return ROBOTS_BYTES_MAX;
	case MSG_KIND_SITEMAP:
		return SITEMAP_BYTES_MAX;
	case MSG_KIND_PAGE:
	case MSG_KIND_LOGIN:
	case MSG_KIND_ADDRESS:
		break;
	}
	return (size_t)worker->options->config->settings.max_body;
}

/*
 * The master's lease of the host may have ended while this process, or the machine, stood still:
 * another may ask it now.  The master has it asked for again when that may be.
 */
static bool is_late(const struct msg_job *wanted)
{
	return wanted->not_after_ms != 0 && wanted->not_after_ms != CLOCK_NEVER &&
	       clock_boot_ms() > wanted->not_after_ms;
}

/* The proxy that the job goes by: "" for none, NULL as the environment says. */
static const char *proxy_of(const struct config_proxy *proxy, uint32_t number)
{
	if (number == MSG_PROXY_NONE)
		return "";
	return proxy ? proxy->url : NULL;
}

static bool is_proxy(const struct worker *worker, uint32_t number)
{
	return number == MSG_PROXY_UNSAID || number == MSG_PROXY_NONE ||
	       config_proxy(worker->options->config, number);
}

/* Returns 0 and what the job asks for, or -1: it makes no sense. */
static int read_job(const struct worker *worker, const struct pool_job *job, struct msg_job *wanted,
		    const struct host_request **host)
{
	if (job->slot >= worker->options->window || msg_job_decode(wanted, job->payload) < 0)
		return -1;
	*host = config_request(worker->options->config, wanted->request);
	if (wanted->kind == MSG_KIND_LOGIN && !login_of(worker, wanted))
		return -1;
	return *host && is_proxy(worker, wanted->proxy) ? 0 : -1;
}

static void begin(struct worker *worker, const struct pool_job *job)
{
	const struct host_request *host;
	const struct config_proxy *proxy;
	struct transfer *transfer;
	struct fetch_request request;
	struct msg_job wanted;
	bool is_login;

	if (read_job(worker, job, &wanted, &host) < 0) {
		refuse(worker, job);
		return;
	}
	if (is_late(&wanted)) {
		pool_worker_reply(worker->pool, job, MSG_LATE, (struct slice){ 0 },
				  (struct slice){ 0 });
		return;
	}
	proxy = config_proxy(worker->options->config, wanted.proxy);
	transfer = transfer_of(worker, job->slot);
	transfer->job = *job;
	keep_sent(transfer, &wanted);
	if (transfer->touched > SLOT_KEPT)
		slot_trim(job->memory, job->memory_bytes, SLOT_KEPT);
	transfer->touched = 0;
	keep_job(transfer, &wanted);
	is_login = wanted.kind == MSG_KIND_LOGIN;
	request = (struct fetch_request){
		.job = &transfer->wanted,
		.host = host->is_empty ? NULL : host,
		.login = is_login ? login_of(worker, &wanted) : NULL,
		.cookies = is_login ? COOKIES_ON : host->cookies,
		.proxy = proxy_of(proxy, wanted.proxy),
		.is_alone = proxy && proxy->is_one_of_many,
		.body = job->memory,
		.body_bytes = job->memory_bytes,
		.body_max = body_max(worker, wanted.kind),
	};
	pool_worker_busy_with(worker->pool, job);
	fetch_start(worker->fetcher, job->slot, &request);
}

/* The master wrote, or there is room to write, which the end of the turn uses. */
static void on_channel(void *user, int fd, uint32_t events)
{
	struct worker *worker = user;
	struct pool_job job;

	(void)fd;
	if (!(events & ~(uint32_t)EPOLLOUT))
		return;
	worker->is_orphan = pool_worker_receive(worker->pool) < 0;
	while (!worker->is_orphan && pool_worker_next(worker->pool, &job))
		begin(worker, &job);
	pool_worker_busy_with(worker->pool, NULL);
}

/* Send answers; the channel is watched for writing only while something did not fit. */
static int flush(struct worker *worker)
{
	uint32_t events = EPOLLIN;

	if (pool_worker_flush(worker->pool) < 0)
		return -1;
	if (pool_worker_has_unsent(worker->pool))
		events |= EPOLLOUT;
	return loop_watch(worker->loop, pool_worker_fd(worker->pool), events, on_channel, worker);
}

/* Whose work is it that comes next? */
static void on_work(void *context, int slot)
{
	struct worker *worker = context;
	struct transfer *transfer = slot >= 0 ? worker->transfers[slot] : NULL;

	pool_worker_busy_with(worker->pool, transfer ? &transfer->job : NULL);
}

/* Until the master says stop and all is done, or the master is gone. */
static int run(struct worker *worker)
{
	while (flush(worker) == 0) {
		if (pool_worker_is_stopping(worker->pool) && fetch_running(worker->fetcher) == 0 &&
		    !pool_worker_has_unsent(worker->pool))
			return EXIT_SUCCESS;
		loop_turn(worker->loop, BEAT_MS);
		pool_worker_beat(worker->pool);
		if (worker->is_orphan || fetch_has_failed(worker->fetcher))
			break;
	}
	return EXIT_FAILURE;
}

/* A transfer has an end, and what is made of a page takes no time beside it. */
unsigned worker_answer_ms(const struct settings *settings)
{
	int64_t most = settings->timeout_ms + ANSWER_GRACE_MS;

	return most < INT_MAX ? (unsigned)most : 0;
}

int worker_serve(struct pool_worker *pool, void *context)
{
	struct worker worker = { .pool = pool, .options = context };
	unsigned window = worker.options->window;
	int code = EXIT_FAILURE;

	worker.transfers = memory_new(window, sizeof(*worker.transfers));
	worker.kit = page_kit_new(worker.options->follow, worker.options->canonical,
				  settings_product_token(&worker.options->config->settings));
	worker.loop = loop_new();
	if (worker.loop)
		worker.fetcher = fetch_new(&worker.options->config->settings, window, worker.loop,
					   on_fetched, &worker);
	pool_worker_busy_with(pool, NULL);
	if (worker.fetcher) {
		fetch_on_send(worker.fetcher, on_send);
		fetch_on_work(worker.fetcher, on_work);
		hold_begin();
		if (jail_enter(worker.options->jail) == 0)
			code = run(&worker);
	}

	fetch_free(worker.fetcher);
	page_kit_free(worker.kit);
	loop_free(worker.loop);
	for (unsigned i = 0; i < window; i++) {
		if (worker.transfers[i])
			free(worker.transfers[i]->sent);
		free(worker.transfers[i]);
	}
	free(worker.transfers);
	return code;
}
