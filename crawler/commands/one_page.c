#include "commands/one_page.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "commands/input.h"
#include "frontier/intern.h"
#include "frontier/visit.h"
#include "master/host_state.h"
#include "master/jar.h"
#include "master/login.h"
#include "master/proxies.h"
#include "master/right_page.h"
#include "parsers/text/memory.h"
#include "parsers/url/origin.h"
#include "pool/pool.h"
#include "protocol/msg.h"
#include "worker/page.h"
#include "worker/worker.h"

#define HOST_NONE  UINT32_MAX
#define FIRST_HOST 0 /* the one that the user named */

void one_page_free(struct one_page *one)
{
	free(one->memory);
	free(one->url);
	free(one->set);
	free(one->asked);
	*one = (struct one_page){ 0 };
}

struct charset one_page_charset(const struct one_page *page)
{
	return (struct charset){ .name = charset_from_label(slice_of(page->charset)),
				 .source = page->charset_source,
				 .is_gbk = page->is_gbk };
}

/* ---- a file ---- */

/* The bytes as UTF-8, in memory of its own unless they are that already. */
static void convert(struct one_page *one, const struct charset_converters *converters,
		    struct charset charset, char *bytes, size_t size)
{
	struct slice body = { bytes, size };
	size_t room = size * CHARSET_GROWTH_MAX + 1;
	char *out = memory_new(room, 1);

	*one = (struct one_page){
		.size = size,
		.charset_source = charset.source,
		.is_gbk = charset.is_gbk,
	};
	snprintf(one->charset, sizeof(one->charset), "%s", charset.name);
	one->text = charset_to_utf8(converters, charset, body, out, room);
	if (one->text.at >= bytes && one->text.at <= bytes + size) {
		one->memory = bytes;
		free(out);
	} else {
		one->memory = out;
		free(bytes);
	}
}

/* UTF-8 needs no converters, which take 8 ms to make. */
int one_page_file(struct one_page *one, const char *name, struct slice content_type,
		  size_t bytes_max, char error[ONE_PAGE_ERROR_MAX])
{
	struct charset_converters *converters = NULL;
	struct charset charset;
	size_t size;
	char *bytes = input_read(name, bytes_max, &size, error);

	if (!bytes)
		return -1;
	charset = charset_decide((struct slice){ bytes, size }, content_type);
	if (strcmp(charset.name, "utf-8") != 0) {
		converters = charset_converters_new(error);
		if (!converters) {
			free(bytes);
			return -1;
		}
	}
	convert(one, converters, charset, bytes, size);
	charset_converters_free(converters);
	return 0;
}

/* ---- a URL ---- */

/* A fetch that goes on until it is no redirect. */
struct transfer {
	struct one_page *one;
	const struct config *config;
	struct pool *pool;
	struct url *url; /* that is asked for now */
	struct hosts *hosts;
	struct intern *origins; /* of the hosts, with their numbers */
	uint32_t host, from;    /* of url; that led there, or HOST_NONE: the user did */
	struct login *login;    /* that is under way before the page, or NULL */
	enum login_step step;   /* of it */
	uint32_t login_host;    /* of the login's first page, or HOST_NONE */
	int64_t hops;
	bool is_answered; /* the request that is under way */
	bool is_over, has_failed;
	char *error;
	struct slice user; /* of the first host, or absent */
	bool has_left_tls; /* a redirect led from https to http */
	struct right_page *right;
	uint32_t request; /* of the first host */
	struct jar *jar;  /* what redirects have set, and files say */
	bool has_sent_cookies;
	bool has_carried;
	struct proxies *proxies;
	uint32_t proxy; /* that is asked now: msg_job.proxy */
	char proxy_error[PROXIES_ERROR_MAX];
};

static void fail(struct transfer *transfer, const char *reason, struct slice detail)
{
	transfer->is_over = transfer->has_failed = true;
	snprintf(transfer->error, ONE_PAGE_ERROR_MAX, "%.300s: %s%s%.*s", transfer->url->text,
		 reason, detail.size > 0 ? ": " : "", detail.size > 150 ? 150 : (int)detail.size,
		 detail.size > 0 ? detail.at : "");
}

/* A private address was refused: say who led there, and what would allow it. */
static void fail_blocked(struct transfer *transfer)
{
	bool is_named = !hosts_is_public_only(transfer->hosts, transfer->host, PRIVATE_NAMED);
	struct slice from = { 0 };

	if (transfer->from != HOST_NONE)
		from = intern_text(transfer->origins, transfer->from);
	transfer->is_over = transfer->has_failed = true;
	snprintf(transfer->error, ONE_PAGE_ERROR_MAX,
		 "%.200s: %s: the host's address is private%s%.*s%s; "
		 "--set private_addresses=%s allows it",
		 transfer->url->text, outcome_name(OUTCOME_BLOCKED_ADDRESS),
		 from.size > 0 ? ", and " : "", from.size > 200 ? 200 : (int)from.size,
		 from.size > 0 ? from.at : "", from.size > 0 ? " leads there" : "",
		 is_named ? "named" : "all");
}

/* The host of the URL that is asked for now. */
static uint32_t current_host(struct transfer *transfer)
{
	struct slice origin = url_origin(transfer->url);
	uint32_t host = intern_find(transfer->origins, origin);

	if (host != INTERN_NONE)
		return host;
	hosts_add(transfer->hosts, (struct store_key){ 0, 0 });
	return intern_add(transfer->origins, origin);
}

static void follow(struct transfer *transfer, const struct msg_page *page)
{
	struct slice location = page->texts[MSG_LOCATION];
	enum url_error error;
	bool was_https;
	char why[200];

	if (transfer->hops++ >= transfer->config->settings.redirects) {
		fail(transfer, "more redirects than allowed, the last to", location);
		return;
	}
	jar_take(transfer->jar, url_origin(transfer->url), page->texts[MSG_COOKIES],
		 clock_date_ms() / 1000);
	was_https = transfer->url->is_https;
	error = url_resolve(transfer->url, transfer->url, location);
	if (error != URL_OK) {
		snprintf(why, sizeof(why), MSG_BAD_LOCATION "%s", url_error_text(error));
		fail(transfer, why, location);
		return;
	}
	canonical_apply(transfer->config->canonical, transfer->url);
	transfer->from = transfer->host;
	transfer->host = current_host(transfer);
	transfer->has_left_tls =
		visit_leaves_tls(transfer->has_left_tls, was_https, transfer->url->is_https);
	hosts_note_way(transfer->hosts, transfer->host, transfer->from);
}

static void copy_text(char *out, size_t out_bytes, struct slice text)
{
	snprintf(out, out_bytes, "%.*s", (int)text.size, text.size > 0 ? text.at : "");
}

/* The page is whole: it is copied, for the slot is the worker's again. */
static void keep(struct transfer *transfer, const struct msg_page *page, struct slice slot)
{
	struct one_page *one = transfer->one;
	struct slice text = msg_part(page, slot, MSG_PART_TEXT);

	*one = (struct one_page){
		.memory = memory_text(text.at, text.size),
		.size = page->size,
		.charset_source = page->charset_source,
		.is_gbk = page->flags & MSG_PAGE_IS_GBK,
		.status = page->status,
		.elapsed_ms = page->elapsed_us / 1000,
		.has_sent_cookies = transfer->has_sent_cookies,
		.has_carried = transfer->has_carried,
	};
	one->text = (struct slice){ one->memory, text.size };
	copy_text(one->charset, sizeof(one->charset), page->texts[MSG_CHARSET]);
	copy_text(one->content_type, sizeof(one->content_type), page->texts[MSG_CONTENT_TYPE]);
	transfer->is_over = true;
}

/* Then the next one is asked, as in a crawl; here each has one try. */
static bool has_failed_at_proxy(struct transfer *transfer, const struct msg_page *page)
{
	const struct config_proxy *proxy = config_proxy(transfer->config, transfer->proxy);
	struct slice error = page->texts[MSG_ERROR];
	struct proxies_failure failure = { .asked_ms = clock_ms(), .is_final = true };

	if (!proxy || !(page->flags & MSG_PAGE_IS_OF_PROXY))
		return false;
	if (page->status == 407)
		error = SLICE("HTTP status 407: it wants another name and password");
	snprintf(transfer->proxy_error, sizeof(transfer->proxy_error), "%s: %.*s", proxy->name,
		 (int)error.size, error.size > 0 ? error.at : "");
	proxies_failed(transfer->proxies, transfer->proxy, &failure, clock_ms());
	return true;
}

static void take_page(struct transfer *transfer, const struct msg_page *page, struct slice slot)
{
	char status[32], why[RIGHT_PAGE_WHY_MAX];

	if (has_failed_at_proxy(transfer, page))
		return;
	snprintf(status, sizeof(status), "HTTP status %u", page->status);
	hosts_set_address(transfer->hosts, transfer->host, page->texts[MSG_ADDRESS]);
	if (page->outcome == OUTCOME_BLOCKED_ADDRESS &&
	    !slice_equal(page->texts[MSG_ERROR], SLICE(MSG_UNNAMED_SERVICE)))
		fail_blocked(transfer);
	else if (page->outcome != OUTCOME_OK)
		fail(transfer, outcome_name(page->outcome), page->texts[MSG_ERROR]);
	else if (msg_page_is_redirect(page))
		follow(transfer, page);
	else if (!msg_page_is_success(page))
		fail(transfer, status,
		     msg_page_lacks_location(page) ? SLICE(MSG_LACKS_LOCATION)
						   : (struct slice){ 0 });
	else if (!(page->flags & MSG_PAGE_IS_TEXT))
		fail(transfer, "not text", page->texts[MSG_CONTENT_TYPE]);
	else if (!right_page_is(transfer->right, transfer->request,
				msg_part(page, slot, MSG_PART_TEXT), why))
		fail(transfer, outcome_name(OUTCOME_WRONG_PAGE), slice_of(why));
	else
		keep(transfer, page, slot);
}

static void take_login(struct transfer *transfer, const struct msg_page *page, struct slice slot)
{
	if (has_failed_at_proxy(transfer, page)) /* the step is as it was: it is asked again */
		return;
	hosts_set_address(transfer->hosts, transfer->host, page->texts[MSG_ADDRESS]);
	jar_take(transfer->jar, url_origin(transfer->url), page->texts[MSG_COOKIES],
		 clock_date_ms() / 1000);
	transfer->step = login_take(transfer->login, page, slot);
}

static void on_result(void *user, const struct pool_value *value)
{
	struct transfer *transfer = user;
	enum msg_kind kind = transfer->login ? MSG_KIND_LOGIN : MSG_KIND_PAGE;
	struct msg_page page;
	bool is_read = value->status == POOL_DONE &&
		       msg_page_decode(&page, kind, value->bytes, value->slot.size) == 0;

	transfer->is_answered = true;
	if (is_read && transfer->login)
		take_login(transfer, &page, value->slot);
	else if (is_read)
		take_page(transfer, &page, value->slot);
	else
		fail(transfer, outcome_name(OUTCOME_WORKER_DIED), (struct slice){ 0 });
}

/* As of a crawl whose list is the URL alone. */
static bool is_bare(const struct transfer *transfer)
{
	struct slice origin = url_origin(transfer->url);
	const struct config_host *rule = config_host_rule(transfer->config, origin);

	return transfer->has_left_tls ||
	       !config_may_carry(rule, origin,
				 transfer->host == FIRST_HOST ||
					 transfer->host == transfer->login_host);
}

static struct slice cookies_for(struct transfer *transfer, uint32_t request,
				char out[MSG_COOKIES_MAX])
{
	const struct host_request *host = config_request(transfer->config, request);

	if (host->cookies == COOKIES_OFF && !transfer->login)
		return (struct slice){ 0 };
	return jar_lines(transfer->jar, url_origin(transfer->url), host, clock_date_ms() / 1000,
			 out, MSG_COOKIES_MAX);
}

/* Returns whether there is a way: it is never asked directly if a proxy is to be. */
static bool choose_proxy(struct transfer *transfer, uint32_t request)
{
	struct slice name = origin_read(url_origin(transfer->url)).name;
	struct proxies_pick pick = proxies_pick(transfer->proxies, request, name, 0, clock_ms());

	if (pick.answer != PROXIES_GO)
		fail(transfer, outcome_name(OUTCOME_PROXY), slice_of(transfer->proxy_error));
	transfer->proxy = pick.number;
	return pick.answer == PROXIES_GO;
}

/* What is larger than a message goes through the job's slot.  Returns 0 or -1. */
static int submit(struct transfer *transfer, const struct msg_job *job)
{
	char message[MSG_BYTES_MAX], *memory;
	struct slice head = { message, msg_job_encode(job, message) }, sent;
	int result;

	memory = memory_new(1, job->headers.size + job->body.size + 1);
	sent = (struct slice){ memory, msg_job_slot(job, memory) };
	result = pool_submit_in_slot(transfer->pool, 0, head, sent, on_result, transfer);
	free(memory);
	return result;
}

/* One request, to its end. */
static void ask(struct transfer *transfer)
{
	struct msg_job job = {
		.kind = MSG_KIND_PAGE,
		.flags = is_bare(transfer) ? MSG_JOB_BARE : 0,
		.request = config_request_number(transfer->config, url_origin(transfer->url)),
		.user = transfer->host == FIRST_HOST ? transfer->user : (struct slice){ 0 },
		.url = url_slice(transfer->url),
	};
	char cookies[MSG_COOKIES_MAX];

	if (hosts_is_public_only(transfer->hosts, transfer->host,
				 transfer->config->settings.private_addresses))
		job.flags |= MSG_JOB_PUBLIC_ONLY;
	if (!hosts_may_be_service(transfer->hosts, transfer->host))
		job.flags |= MSG_JOB_UNNAMED;
	if (!choose_proxy(transfer, job.request))
		return;
	job.proxy = transfer->proxy;
	job.cookies = cookies_for(transfer, job.request, cookies);
	transfer->has_sent_cookies |= job.cookies.size > 0;
	transfer->has_carried |=
		one_page_carries(transfer->config, url_slice(transfer->url), job.user);
	if (transfer->login)
		login_set_job(transfer->login, &job);
	transfer->is_answered = false;
	while (!pool_is_broken(transfer->pool) && pool_room(transfer->pool, 0) == 0)
		pool_turn(transfer->pool, POOL_FOR_EVER);
	if (pool_is_broken(transfer->pool) || submit(transfer, &job) < 0) {
		fail(transfer, "the worker does not start", (struct slice){ 0 });
		return;
	}
	while (!transfer->is_answered)
		pool_turn(transfer->pool, POOL_FOR_EVER);
}

/* As in a crawl: some sites refuse a form that was filled in in no time. */
static void fill_in(struct transfer *transfer)
{
	const struct config *config = transfer->config;
	const struct config_host *rule = config_host_rule(config, url_origin(transfer->url));
	int64_t delay_ms = rule && rule->delay_ms >= 0 ? rule->delay_ms : config->settings.delay_ms;
	int64_t due_ms = clock_ms() + LOGIN_FILL_IN_MS, left_ms;

	while (delay_ms > 0 && (left_ms = due_ms - clock_ms()) > 0)
		pool_turn(transfer->pool, (int)left_ms);
}

/* All of a login's requests; those that its page has itself are over then. */
static void walk(struct transfer *transfer)
{
	while (!transfer->is_over && transfer->step == LOGIN_ASK) {
		bool was_https = transfer->url->is_https;

		transfer->from = transfer->login_host == HOST_NONE ? HOST_NONE : transfer->host;
		url_copy(transfer->url, login_url(transfer->login));
		transfer->host = current_host(transfer);
		transfer->has_left_tls = visit_leaves_tls(transfer->has_left_tls, was_https,
							  transfer->url->is_https);
		if (transfer->from != HOST_NONE) {
			hosts_note_way(transfer->hosts, transfer->host, transfer->from);
		} else {
			hosts_note_named(transfer->hosts, transfer->host);
			transfer->login_host = transfer->host;
		}
		if (login_posts(transfer->login))
			fill_in(transfer);
		ask(transfer);
	}
}

/* As a crawl does before the first page of a host. */
static void log_in(struct transfer *transfer)
{
	struct url *page = transfer->url;
	unsigned status;

	if (transfer->is_over || !config_request(transfer->config, transfer->request)->login)
		return;
	transfer->login = login_new(transfer->config, transfer->request);
	transfer->url = memory_new(1, sizeof(*transfer->url));
	walk(transfer);
	free(transfer->url);
	transfer->url = page;
	transfer->host = FIRST_HOST;
	transfer->from = HOST_NONE;
	transfer->has_left_tls = false;
	if (transfer->step == LOGIN_FAILED)
		fail(transfer, outcome_name(OUTCOME_LOGIN),
		     slice_of(login_why(transfer->login, &status)));
	login_free(transfer->login);
	transfer->login = NULL;
}

/* The jail is the caller's to free.  Returns NULL with the reason in error. */
static struct pool *start_worker(struct worker_options *options, struct jail **jail,
				 const struct config *config, char error[JAIL_TEXT_MAX])
{
	struct pool *started;
	struct pool_options pool = {
		.workers = 1,
		.window = 1,
		.slot_bytes = page_slot_bytes((size_t)config->settings.max_body),
		.silence_ms = WORKER_SILENCE_MS,
		.answer_ms = worker_answer_ms(&config->settings),
		.serve = worker_serve,
		.context = options,
	};

	*jail = jail_new(config, pool.slot_bytes, error);
	if (!*jail)
		return NULL;
	*options = (struct worker_options){ .config = config, .window = 1, .jail = *jail };
	started = pool_new(&pool);
	if (!started)
		snprintf(error, JAIL_TEXT_MAX, "%s", strerror(errno));
	return started;
}

/* Without a database there is what files say. */
static void load_jar(struct transfer *transfer, const char *database)
{
	struct store_error error;
	struct store *store = NULL;

	if (transfer->config->keeps_cookies && store_exists(database))
		store = store_open_read(database, &error);
	jar_load(transfer->jar, store, clock_date_ms() / 1000);
	store_close(store);
}

bool one_page_carries(const struct config *config, struct slice url, struct slice user)
{
	const struct host_request *host =
		config_request(config, config_request_number(config, url));

	bool has_proxy = host->proxies.said != PROXY_UNSAID && !host->proxies.heeds_no_proxy;

	return user.size > 0 || !host->is_empty || host->cookies == COOKIES_ON || has_proxy;
}

static void end(struct transfer *transfer)
{
	pool_free(transfer->pool);
	hosts_free(transfer->hosts);
	intern_free(transfer->origins);
	jar_free(transfer->jar);
	right_page_free(transfer->right);
	proxies_free(transfer->proxies);
}

int one_page_url(struct one_page *one, const struct url *url, struct slice user,
		 const struct config *config, const char *database, char error[ONE_PAGE_ERROR_MAX])
{
	struct transfer transfer = {
		.one = one,
		.config = config,
		.hosts = hosts_new(0, 0),
		.origins = intern_new(),
		.jar = jar_new(config),
		.right = right_page_new(config),
		.proxies = proxies_new(config),
		.request = config_request_number(config, url_origin(url)),
		.from = HOST_NONE,
		.login_host = HOST_NONE,
		.user = user,
		.error = error,
	};
	void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* a worker may die while we write */
	struct worker_options options;
	char reason[JAIL_TEXT_MAX];
	struct jail *jail;

	transfer.url = memory_new(1, sizeof(*transfer.url));
	url_copy(transfer.url, url);
	load_jar(&transfer, database);
	transfer.host = current_host(&transfer);
	hosts_note_named(transfer.hosts, transfer.host);
	transfer.pool = start_worker(&options, &jail, config, reason);
	if (!transfer.pool)
		fail(&transfer, reason, (struct slice){ 0 });
	log_in(&transfer);
	while (!transfer.is_over)
		ask(&transfer);
	end(&transfer);
	jail_free(jail);
	signal(SIGPIPE, before);
	if (transfer.has_failed) {
		free(transfer.url);
		return -1;
	}
	one->url = transfer.url;
	return 0;
}
