#include "tests/support/stand_in.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crawler/base/clock.h"
#include "crawler/protocol/msg.h"
#include "crawler/worker/page.h"

#define BEAT_MS   1000
#define EXIT_CODE 7

void stand_in_begin(struct stand_in *stand_in, const struct stand_in_page pages[], size_t count)
{
	void *counts = mmap(NULL, sizeof(*stand_in->counts), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (counts == MAP_FAILED || count > STAND_IN_PAGES_MAX)
		abort();
	*stand_in = (struct stand_in){ .pages = pages, .count = count, .counts = counts };
}

void stand_in_end(struct stand_in *stand_in)
{
	munmap(stand_in->counts, sizeof(*stand_in->counts));
}

/* The place of its page in the script, or count. */
static size_t find_page(const struct stand_in *stand_in, struct slice url)
{
	size_t i = 0;

	while (i < stand_in->count && !slice_equal(slice_of(stand_in->pages[i].url), url))
		i++;
	return i;
}

unsigned stand_in_count(const struct stand_in *stand_in, const char *url)
{
	size_t i = find_page(stand_in, slice_of(url));

	return i < stand_in->count ? atomic_load(&stand_in->counts->of[i]) : 0;
}

/* What the script says to a request, which is the nth for its page.  Returns the body. */
static struct slice choose(const struct stand_in_page *script, unsigned nth,
			   const struct msg_job *job, struct msg_page *page)
{
	struct slice nothing = { 0 };

	page->status = (uint32_t)(nth <= script->bad ? script->bad_status : script->status);
	if (nth <= script->bad || !script->text)
		return nothing;
	if (page->status >= 300 && page->status < 400) {
		page->texts[MSG_LOCATION] = slice_of(script->text);
		return nothing;
	}
	if (!script->etag)
		return slice_of(script->text);
	page->texts[MSG_ETAG] = slice_of(script->etag);
	if (!slice_equal(job->etag, page->texts[MSG_ETAG]))
		return slice_of(script->text);
	page->status = 304;
	return nothing;
}

/* Ask the script, which may be our death. */
static struct slice ask(struct stand_in *stand_in, struct pool_worker *worker,
			const struct pool_job *job, const struct msg_job *wanted,
			struct msg_page *page)
{
	size_t i = find_page(stand_in, wanted->url);
	const struct stand_in_page *script = &stand_in->pages[i];
	struct slice nothing = { 0 };
	unsigned nth;

	if (i == stand_in->count)
		return nothing;
	nth = atomic_fetch_add(&stand_in->counts->of[i], 1) + 1;
	pool_worker_busy_with(worker, script->bad_status <= STAND_IN_DIES_UNNAMED ? NULL : job);
	if (nth <= script->bad && script->bad_status == STAND_IN_IS_SHOT)
		raise(SIGKILL);
	if (nth <= script->bad && script->bad_status == STAND_IN_BREAKS)
		raise(SIGSYS);
	if (nth <= script->bad && script->bad_status < 0)
		_exit(EXIT_CODE);
	if (nth <= script->bad && stand_in->retry_after)
		page->texts[MSG_RETRY_AFTER] = slice_of(stand_in->retry_after);
	return choose(script, nth, wanted, page);
}

/* Put it behind the page's links, which end the slot's contents. */
static void tell_lie(const struct stand_in_lie *lie, char *slot, struct msg_page *page)
{
	uint16_t size = (uint16_t)(lie->claims ? lie->claims : lie->url.size);
	char *at = slot + msg_part_at(page, MSG_PART_LINKS) + page->parts[MSG_PART_LINKS];

	memcpy(at, &size, sizeof(size));
	at[2] = (char)lie->rule;
	at[3] = (char)lie->verdict;
	memset(at + 4, 0, 8);
	memcpy(at + 12, lie->url.at, lie->url.size);
	page->parts[MSG_PART_LINKS] += 12 + lie->url.size;
}

/* "http://a.example/": two processes that ask it at the same time are noted. */
static atomic_int *begin_asking(struct stand_in *stand_in, struct slice url)
{
	size_t host = url.size > 7 ? (unsigned char)url.at[7] % STAND_IN_HOSTS : 0;
	atomic_int *asker = &stand_in->counts->askers[host];
	int nobody = 0;

	if (!atomic_compare_exchange_strong(asker, &nobody, (int)getpid()) && nobody != getpid() &&
	    kill(nobody, 0) == 0) /* else it was killed */
		atomic_fetch_add(&stand_in->counts->clashes, 1);
	if (stand_in->answer_us > 0)
		usleep(stand_in->answer_us);
	return asker;
}

static void answer(struct stand_in *stand_in, struct page_kit *kit, struct pool_worker *worker,
		   const struct pool_job *job)
{
	struct msg_page page = {
		.outcome = OUTCOME_OK,
		.status = 404,
		.started_ms = clock_ms(),
		.texts = { [MSG_CONTENT_TYPE] = SLICE("text/html; charset=utf-8"),
			   [MSG_ADDRESS] = SLICE("192.0.2.1") },
	};
	struct slice body, bytes, nothing = { 0 };
	char message[MSG_BYTES_MAX];
	struct msg_job wanted;
	atomic_int *asker;

	if (msg_job_decode(&wanted, job->payload) != 0)
		_exit(EXIT_CODE + 1);
	page.kind = wanted.kind;
	if (wanted.not_after_ms != 0 && wanted.not_after_ms < clock_boot_ms()) {
		pool_worker_reply(worker, job, MSG_LATE, nothing, nothing);
		return;
	}
	asker = begin_asking(stand_in, wanted.url);
	body = ask(stand_in, worker, job, &wanted, &page);
	atomic_fetch_add(&stand_in->counts->all, 1);
	atomic_store(asker, 0);
	if (body.size > 0)
		memcpy(job->memory, body.at, body.size);
	page.size = page.wire_size = body.size;
	page_finish(kit, &wanted, job->memory, job->memory_bytes, &page);
	if (stand_in->lie && find_page(stand_in, wanted.url) == 1)
		tell_lie(stand_in->lie, job->memory, &page);
	bytes = (struct slice){ message, msg_page_encode(&page, message) };
	pool_worker_reply(worker, job, 0, bytes, nothing);
	pool_worker_busy_with(worker, NULL);
}

/* Until the master says stop, or is gone. */
static int answer_all(struct stand_in *stand_in, struct page_kit *kit, struct pool_worker *worker)
{
	struct pool_job job;

	for (;;) {
		struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

		pool_worker_beat(worker);
		while (pool_worker_next(worker, &job))
			answer(stand_in, kit, worker, &job);
		if (pool_worker_flush(worker) != 0)
			return EXIT_FAILURE;
		if (pool_worker_has_unsent(worker))
			wait.events |= POLLOUT;
		else if (pool_worker_is_stopping(worker))
			return EXIT_SUCCESS;
		poll(&wait, 1, BEAT_MS);
		if (pool_worker_receive(worker) != 0)
			return EXIT_FAILURE;
	}
}

int stand_in_serve(struct pool_worker *worker, void *context)
{
	struct stand_in *stand_in = context;
	struct page_kit *kit = page_kit_new(stand_in->follow, NULL, (struct slice){ 0 });
	int code = answer_all(stand_in, kit, worker);

	page_kit_free(kit);
	return code;
}
