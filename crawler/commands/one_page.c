#include "commands/one_page.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "commands/input.h"
#include "frontier/intern.h"
#include "master/host_state.h"
#include "pool/pool.h"
#include "protocol/msg.h"
#include "worker/page.h"
#include "worker/worker.h"

#define SILENCE_MS 60000 /* a worker that does not beat for so long is killed */
#define HOST_NONE  UINT32_MAX

void one_page_free(struct one_page *grab)
{
	free(grab->memory);
	free(grab->url);
	*grab = (struct one_page){ 0 };
}

/* ---- a file ---- */

/* The bytes as UTF-8, in memory of its own unless they are that already. */
static void convert(struct one_page *grab, const struct charset_converters *converters, char *bytes,
		    size_t size, struct slice content_type)
{
	struct slice body = { bytes, size };
	struct charset charset = charset_decide(body, content_type);
	size_t room = size * CHARSET_GROWTH_MAX + 1;
	char *out = memory_new(room, 1);

	*grab = (struct one_page){ .size = size, .charset_source = charset.source };
	snprintf(grab->charset, sizeof(grab->charset), "%s", charset.name);
	grab->text = charset_to_utf8(converters, charset, body, out, room);
	if (grab->text.at >= bytes && grab->text.at <= bytes + size) {
		grab->memory = bytes;
		free(out);
	} else {
		grab->memory = out;
		free(bytes);
	}
}

int one_page_file(struct one_page *grab, const char *name, struct slice content_type,
		  size_t bytes_max, char error[ONE_PAGE_ERROR_MAX])
{
	size_t size;
	char *bytes = input_read(name, bytes_max, &size, error);
	struct charset_converters *converters;

	if (!bytes)
		return -1;
	converters = charset_converters_new(error);
	if (!converters) {
		free(bytes);
		return -1;
	}
	convert(grab, converters, bytes, size, content_type);
	charset_converters_free(converters);
	return 0;
}

/* ---- a URL ---- */

/* A fetch that goes on until it is no redirect. */
struct errand {
	struct one_page *grab;
	const struct settings *settings;
	const struct canonical *canonical;
	struct pool *pool;
	struct url *url; /* that is asked for now */
	struct hosts *hosts;
	struct intern *origins; /* of the hosts, with their numbers */
	uint32_t host, from;    /* of url; that led there, or HOST_NONE: the user did */
	int64_t hops;
	bool is_answered; /* the request that is under way */
	bool is_over, has_failed;
	char *error;
};

static void fail(struct errand *errand, const char *reason, struct slice detail)
{
	errand->is_over = errand->has_failed = true;
	snprintf(errand->error, ONE_PAGE_ERROR_MAX, "%.300s: %s%s%.*s", errand->url->text, reason,
		 detail.size > 0 ? ": " : "", detail.size > 150 ? 150 : (int)detail.size,
		 detail.size > 0 ? detail.at : "");
}

/* A private address was refused: say who led there, and what would allow it. */
static void fail_blocked(struct errand *errand)
{
	bool is_named = !hosts_is_public_only(errand->hosts, errand->host, PRIVATE_NAMED);
	struct slice from = { 0 };

	if (errand->from != HOST_NONE)
		from = intern_text(errand->origins, errand->from);
	errand->is_over = errand->has_failed = true;
	snprintf(errand->error, ONE_PAGE_ERROR_MAX,
		 "%.200s: %s: the host's address is private%s%.*s%s; "
		 "--set private_addresses=%s allows it",
		 errand->url->text, outcome_name(OUTCOME_BLOCKED_ADDRESS),
		 from.size > 0 ? ", and " : "", from.size > 200 ? 200 : (int)from.size,
		 from.size > 0 ? from.at : "", from.size > 0 ? " leads there" : "",
		 is_named ? "named" : "all");
}

/* The host of the URL that is asked for now. */
static uint32_t current_host(struct errand *errand)
{
	struct slice origin = url_origin(errand->url);
	uint32_t host = intern_find(errand->origins, origin);

	if (host != INTERN_NONE)
		return host;
	hosts_add(errand->hosts, (struct store_key){ 0, 0 });
	return intern_add(errand->origins, origin);
}

static void follow(struct errand *errand, struct slice location)
{
	enum url_error error;

	if (errand->hops++ >= errand->settings->redirects) {
		fail(errand, "more redirects than allowed, the last to", location);
		return;
	}
	error = url_resolve(errand->url, errand->url, location);
	if (error != URL_OK) {
		fail(errand, url_error_text(error), location);
		return;
	}
	canonical_apply(errand->canonical, errand->url);
	errand->from = errand->host;
	errand->host = current_host(errand);
	hosts_note_way(errand->hosts, errand->host, errand->from);
}

static void copy_text(char *out, size_t out_bytes, struct slice text)
{
	snprintf(out, out_bytes, "%.*s", (int)text.size, text.size > 0 ? text.at : "");
}

/* The page is whole: it is copied, for the slot is the worker's again. */
static void keep(struct errand *errand, const struct msg_page *page, struct slice slot)
{
	struct one_page *grab = errand->grab;
	struct slice text = msg_part(page, slot, MSG_PART_TEXT);

	*grab = (struct one_page){
		.memory = memory_text(text.at, text.size),
		.size = page->size,
		.charset_source = page->charset_source,
		.status = page->status,
		.elapsed_ms = page->elapsed_ms,
	};
	grab->text = (struct slice){ grab->memory, text.size };
	copy_text(grab->charset, sizeof(grab->charset), page->texts[MSG_CHARSET]);
	copy_text(grab->content_type, sizeof(grab->content_type), page->texts[MSG_CONTENT_TYPE]);
	errand->is_over = true;
}

static void take_page(struct errand *errand, const struct msg_page *page, struct slice slot)
{
	char status[32];

	snprintf(status, sizeof(status), "HTTP status %u", page->status);
	hosts_set_address(errand->hosts, errand->host, page->texts[MSG_ADDRESS]);
	if (page->outcome == OUTCOME_BLOCKED_ADDRESS)
		fail_blocked(errand);
	else if (page->outcome != OUTCOME_OK)
		fail(errand, outcome_name(page->outcome), page->texts[MSG_ERROR]);
	else if (msg_page_is_redirect(page))
		follow(errand, page->texts[MSG_LOCATION]);
	else if (!msg_page_is_success(page))
		fail(errand, status, (struct slice){ 0 });
	else if (!(page->flags & MSG_PAGE_IS_TEXT))
		fail(errand, "not text", page->texts[MSG_CONTENT_TYPE]);
	else
		keep(errand, page, slot);
}

static void on_result(void *user, const struct pool_value *value)
{
	struct errand *errand = user;
	struct msg_page page;

	errand->is_answered = true;
	if (value->status == POOL_DONE &&
	    msg_page_decode(&page, MSG_KIND_PAGE, value->bytes, value->slot.size) == 0)
		take_page(errand, &page, value->slot);
	else
		fail(errand, outcome_name(OUTCOME_WORKER_DIED), (struct slice){ 0 });
}

/* One request, to its end. */
static void ask(struct errand *errand)
{
	struct msg_job job = { .kind = MSG_KIND_PAGE, .url = url_slice(errand->url) };
	char message[MSG_BYTES_MAX];
	struct slice head = { .at = message };

	if (hosts_is_public_only(errand->hosts, errand->host, errand->settings->private_addresses))
		job.flags |= MSG_JOB_PUBLIC_ONLY;
	head.size = msg_job_encode(&job, message);
	errand->is_answered = false;
	while (!pool_is_broken(errand->pool) && pool_room(errand->pool, 0) == 0)
		pool_turn(errand->pool, POOL_FOR_EVER);
	if (pool_is_broken(errand->pool) ||
	    pool_submit(errand->pool, 0, head, (struct slice){ 0 }, on_result, errand) < 0) {
		fail(errand, "the worker does not start", (struct slice){ 0 });
		return;
	}
	while (!errand->is_answered)
		pool_turn(errand->pool, POOL_FOR_EVER);
}

static struct pool *start_worker(struct worker_options *options, const struct settings *settings)
{
	struct pool_options pool = {
		.workers = 1,
		.window = 1,
		.slot_bytes = page_slot_bytes((size_t)settings->max_body),
		.silence_ms = SILENCE_MS,
		.serve = worker_serve,
		.context = options,
	};

	*options = (struct worker_options){ .settings = settings, .window = 1 };
	return pool_new(&pool);
}

int one_page_url(struct one_page *grab, const struct url *url, const struct settings *settings,
		 const struct canonical *canonical, char error[ONE_PAGE_ERROR_MAX])
{
	struct errand errand = {
		.grab = grab,
		.settings = settings,
		.canonical = canonical,
		.hosts = hosts_new(0, 0),
		.origins = intern_new(),
		.from = HOST_NONE,
		.error = error,
	};
	void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* a worker may die while we write */
	struct worker_options options;

	errand.url = memory_new(1, sizeof(*errand.url));
	url_copy(errand.url, url);
	errand.host = current_host(&errand);
	hosts_note_named(errand.hosts, errand.host);
	errand.pool = start_worker(&options, settings);
	if (!errand.pool)
		fail(&errand, strerror(errno), (struct slice){ 0 });
	while (!errand.is_over)
		ask(&errand);
	pool_free(errand.pool);
	hosts_free(errand.hosts);
	intern_free(errand.origins);
	signal(SIGPIPE, before);
	if (errand.has_failed) {
		free(errand.url);
		return -1;
	}
	grab->url = errand.url;
	return 0;
}
