#include "protocol/msg.h"

#include <assert.h>
#include <string.h>

#define PART(part) (1U << MSG_PART_##part)

/* Of all kinds for which something is sent; and of those whose answer may be text. */
#define SENT_JOB                                                                                  \
	(MSG_JOB_PUBLIC_ONLY | MSG_JOB_UNNAMED | MSG_JOB_CLOSE | MSG_JOB_CONNECT | MSG_JOB_BARE | \
	 MSG_JOB_UNSAFE)
#define SENT_PAGE                                                            \
	(MSG_PAGE_IS_NOFOLLOW | MSG_PAGE_IS_PROXIED | MSG_PAGE_IS_OF_PROXY | \
	 MSG_PAGE_MAY_BE_PROXY | MSG_PAGE_HAS_COOKIE)
#define TEXT_PAGE (MSG_PAGE_IS_TEXT | MSG_PAGE_IS_GBK)

/* What may be said of a job of each kind, and in answer to it. */
static const struct {
	uint32_t job_flags;
	uint32_t page_flags;
	uint32_t parts;         /* a bit each */
	uint32_t condition_max; /* bytes of what makes a request conditional */
	uint32_t cookies_max;
	uint32_t user_max;
	uint32_t headers_max, body_max; /* of the request itself; without a body none is a POST */
} kinds[MSG_KINDS] = {
	[MSG_KIND_PAGE] = {
		.job_flags = SENT_JOB | MSG_JOB_KEEP | MSG_JOB_LINKS | MSG_JOB_NOFOLLOW |
			     MSG_JOB_ALL_LINKS,
		.page_flags = SENT_PAGE | TEXT_PAGE | MSG_PAGE_IS_ACCEPTED,
		.parts = PART(TEXT) | PART(KEPT) | PART(LINKS),
		.condition_max = MSG_TEXT_MAX,
		.cookies_max = MSG_COOKIES_MAX,
		.user_max = MSG_TEXT_MAX,
		.headers_max = MSG_HEADERS_MAX,
		.body_max = MSG_BODY_MAX,
	},
	[MSG_KIND_ROBOTS] = {
		.job_flags = SENT_JOB,
		.page_flags = SENT_PAGE,
		.parts = PART(TEXT),
		.user_max = MSG_TEXT_MAX,
	},
	[MSG_KIND_SITEMAP] = { /* the page instead of it that says "not found" is text */
		.job_flags = SENT_JOB,
		.page_flags = SENT_PAGE | TEXT_PAGE,
		.parts = PART(TEXT) | PART(LINKS),
		.cookies_max = MSG_COOKIES_MAX,
		.user_max = MSG_TEXT_MAX,
	},
	[MSG_KIND_LOGIN] = {
		.job_flags = SENT_JOB,
		.page_flags = SENT_PAGE | TEXT_PAGE | MSG_PAGE_IS_ACCEPTED,
		.parts = PART(TEXT) | PART(FORM),
		.cookies_max = MSG_COOKIES_MAX,
		.user_max = MSG_TEXT_MAX,
		.headers_max = MSG_HEADERS_MAX,
		.body_max = MSG_BODY_MAX,
	},
	[MSG_KIND_ADDRESS] = {
		.job_flags = MSG_JOB_PUBLIC_ONLY | MSG_JOB_UNNAMED | MSG_JOB_CLOSE,
		.page_flags = MSG_PAGE_IS_PROXIED,
	},
};

/* What a fetch can come to; the other outcomes are the master's to say. */
#define OUTCOME(name) ((uint32_t)1 << OUTCOME_##name)
#define FETCH_OUTCOMES                                                                             \
	(OUTCOME(OK) | OUTCOME(DNS) | OUTCOME(CONNECT) | OUTCOME(TLS) | OUTCOME(TIMEOUT) |         \
	 OUTCOME(TRUNCATED) | OUTCOME(TOO_LARGE) | OUTCOME(BAD_RESPONSE) | OUTCOME(BAD_ENCODING) | \
	 OUTCOME(BLOCKED_ADDRESS) | OUTCOME(OUT_OF_SCOPE))

_Static_assert(OUTCOME_COUNT <= 32, "an outcome is a bit");

/* The fixed part of each message; its texts follow in order, without terminators. */
#define JOB_TEXTS 5 /* URL, ETag, Last-Modified, cookies, user */

struct job_wire {
	int64_t not_after_ms;
	uint32_t kind, flags;
	uint32_t depth, request, login, proxy;
	uint32_t method, headers_size, body_size;
	uint32_t sizes[JOB_TEXTS];
};

struct page_wire {
	uint64_t size, wire_size, parts[MSG_PARTS], hash, limited_rules, odd_rules;
	int64_t started_ms;
	uint32_t outcome, flags, status, charset_source, links_dropped, elapsed_us;
	uint32_t sizes[MSG_PAGE_TEXTS];
};

/* What the stack held is nobody's business. */
_Static_assert(sizeof(struct job_wire) == 8 + 4 * (9 + JOB_TEXTS), "likewise");
_Static_assert(sizeof(struct page_wire) == 8 * (6 + MSG_PARTS) + 4 * (6 + MSG_PAGE_TEXTS),
	       "no bytes between or behind the fields");
_Static_assert(sizeof(struct page_wire) + MSG_URL_MAX + MSG_COOKIES_MAX +
			       (MSG_PAGE_TEXTS - 2) * MSG_TEXT_MAX <=
		       MSG_BYTES_MAX,
	       "every message fits");

/* Bytes of each text. */
static const uint32_t text_max[MSG_PAGE_TEXTS] = {
	[MSG_LOCATION] = MSG_URL_MAX,      [MSG_TITLE] = MSG_TEXT_MAX,
	[MSG_CONTENT_TYPE] = MSG_TEXT_MAX, [MSG_CHARSET] = MSG_TEXT_MAX,
	[MSG_ETAG] = MSG_TEXT_MAX,         [MSG_LAST_MODIFIED] = MSG_TEXT_MAX,
	[MSG_RETRY_AFTER] = MSG_TEXT_MAX,  [MSG_ADDRESS] = MSG_TEXT_MAX,
	[MSG_ERROR] = MSG_TEXT_MAX,        [MSG_COOKIES] = MSG_COOKIES_MAX,
};

static size_t put(char *out, size_t at, struct slice text, uint32_t size)
{
	if (size > 0)
		memcpy(out + at, text.at, size);
	return at + size;
}

static uint32_t cut(size_t size, size_t max)
{
	return (uint32_t)(size > max ? max : size);
}

/* ---- a job ---- */

/* Read by msg_job_decode(). */
size_t msg_job_encode(const struct msg_job *job, char out[MSG_BYTES_MAX])
{
	struct job_wire wire = {
		.not_after_ms = job->not_after_ms,
		.kind = job->kind,
		.flags = job->flags,
		.depth = job->depth,
		.request = job->request,
		.login = job->login,
		.proxy = job->proxy,
		.method = job->method,
		.headers_size = (uint32_t)job->headers.size,
		.body_size = (uint32_t)job->body.size,
		.sizes = { (uint32_t)job->url.size, cut(job->etag.size, MSG_TEXT_MAX),
			   cut(job->last_modified.size, MSG_TEXT_MAX),
			   cut(job->cookies.size, MSG_COOKIES_MAX),
			   cut(job->user.size, MSG_TEXT_MAX) },
	};
	size_t at = sizeof(wire);

	assert(job->url.size <= MSG_URL_MAX); /* cut, it would be another page's */
	assert(job->headers.size <= MSG_HEADERS_MAX && job->body.size <= MSG_BODY_MAX);
	memcpy(out, &wire, sizeof(wire));
	at = put(out, at, job->url, wire.sizes[0]);
	at = put(out, at, job->etag, wire.sizes[1]);
	at = put(out, at, job->last_modified, wire.sizes[2]);
	at = put(out, at, job->cookies, wire.sizes[3]);
	return put(out, at, job->user, wire.sizes[4]);
}

/* Does it say how to ask as a job of its kind may? */
static bool asks_well(const struct job_wire *wire)
{
	bool is_post = wire->method == MSG_POST;

	return wire->method <= MSG_POST && wire->headers_size <= kinds[wire->kind].headers_max &&
	       wire->body_size <= (is_post ? kinds[wire->kind].body_max : 0) &&
	       (!is_post || kinds[wire->kind].body_max > 0);
}

/* Written by msg_job_encode(). */
int msg_job_decode(struct msg_job *job, struct slice payload)
{
	struct job_wire wire;
	const char *at = payload.at + sizeof(wire);
	size_t left;

	if (payload.size < sizeof(wire))
		return -1;
	left = payload.size - sizeof(wire);
	memcpy(&wire, payload.at, sizeof(wire));
	if (wire.kind >= MSG_KINDS || (wire.flags & ~kinds[wire.kind].job_flags) != 0 ||
	    !asks_well(&wire))
		return -1;
	if (wire.sizes[0] == 0 || wire.sizes[0] > MSG_URL_MAX ||
	    wire.sizes[1] > kinds[wire.kind].condition_max ||
	    wire.sizes[2] > kinds[wire.kind].condition_max ||
	    wire.sizes[3] > kinds[wire.kind].cookies_max ||
	    wire.sizes[4] > kinds[wire.kind].user_max)
		return -1; /* each is small now: their sum does not wrap */
	if (wire.sizes[0] + wire.sizes[1] + wire.sizes[2] + wire.sizes[3] + wire.sizes[4] != left)
		return -1;

	job->kind = (enum msg_kind)wire.kind;
	job->flags = wire.flags;
	job->depth = wire.depth;
	job->not_after_ms = wire.not_after_ms;
	job->request = wire.request;
	job->login = wire.login;
	job->proxy = wire.proxy;
	job->url = (struct slice){ at, wire.sizes[0] };
	job->etag = (struct slice){ job->url.at + job->url.size, wire.sizes[1] };
	job->last_modified = (struct slice){ job->etag.at + job->etag.size, wire.sizes[2] };
	job->cookies =
		(struct slice){ job->last_modified.at + job->last_modified.size, wire.sizes[3] };
	job->user = (struct slice){ job->cookies.at + job->cookies.size, wire.sizes[4] };
	job->method = (enum msg_method)wire.method;
	job->headers = (struct slice){ NULL, wire.headers_size };
	job->body = (struct slice){ NULL, wire.body_size };
	return 0;
}

/* Read by msg_job_find(). */
size_t msg_job_slot(const struct msg_job *job, char *out)
{
	size_t at = put(out, 0, job->headers, (uint32_t)job->headers.size);

	return put(out, at, job->body, (uint32_t)job->body.size);
}

void msg_job_find(struct msg_job *job, const char *slot)
{
	job->headers.at = slot;
	job->body.at = slot + job->headers.size;
}

/* ---- a form ---- */

/* Read by msg_form_decode(). */
size_t msg_form_encode(const struct msg_form *form, char *out, size_t out_bytes)
{
	size_t size = form->url.size + form->type.size + form->body.size + 2, at;

	if (size > out_bytes || form->body.size > MSG_BODY_MAX)
		return 0;
	at = put(out, 0, form->url, (uint32_t)form->url.size);
	out[at++] = '\n';
	at = put(out, at, form->type, (uint32_t)form->type.size);
	out[at++] = '\n';
	return put(out, at, form->body, (uint32_t)form->body.size);
}

/* Cut a line off the front; false if there is none. */
static bool take_line(struct slice *rest, size_t size_max, struct slice *line)
{
	const char *end = rest->size > 0 ? memchr(rest->at, '\n', rest->size) : NULL;

	if (!end || (size_t)(end - rest->at) > size_max)
		return false;
	*line = (struct slice){ rest->at, (size_t)(end - rest->at) };
	*rest = (struct slice){ end + 1, rest->size - line->size - 1 };
	return line->size > 0;
}

/* Written by msg_form_encode(). */
int msg_form_decode(struct msg_form *form, struct slice part)
{
	struct msg_form read;

	if (!take_line(&part, MSG_URL_MAX, &read.url) ||
	    !take_line(&part, MSG_TEXT_MAX, &read.type) || part.size > MSG_BODY_MAX)
		return -1;
	read.body = part;
	*form = read;
	return 0;
}

/* ---- a page ---- */

/* Read by msg_page_decode(). */
size_t msg_page_encode(const struct msg_page *page, char out[MSG_BYTES_MAX])
{
	struct page_wire wire = {
		.size = page->size,
		.wire_size = page->wire_size,
		.hash = page->hash,
		.limited_rules = page->limited_rules,
		.odd_rules = page->odd_rules,
		.started_ms = page->started_ms,
		.links_dropped = page->links_dropped,
		.outcome = page->outcome,
		.flags = page->flags,
		.status = page->status,
		.charset_source = page->charset_source,
		.elapsed_us = page->elapsed_us,
	};
	size_t at = sizeof(wire);

	memcpy(wire.parts, page->parts, sizeof(wire.parts));
	for (int i = 0; i < MSG_PAGE_TEXTS; i++) {
		wire.sizes[i] = cut(page->texts[i].size, text_max[i]);
		at = put(out, at, page->texts[i], wire.sizes[i]);
	}
	memcpy(out, &wire, sizeof(wire));
	return at;
}

/* Is everything within its enumeration? */
static bool is_known(const struct page_wire *wire)
{
	return wire->outcome < OUTCOME_COUNT && (FETCH_OUTCOMES >> wire->outcome & 1) != 0 &&
	       wire->status <= 999 && wire->charset_source <= CHARSET_DEFAULT;
}

/* Is it an answer to a job of its kind?  Only pages may be of a type that is not wanted. */
static bool answers(const struct page_wire *wire, enum msg_kind kind)
{
	bool is_address = kind == MSG_KIND_ADDRESS && wire->outcome == OUTCOME_OK;

	if ((wire->flags & ~kinds[kind].page_flags) != 0)
		return false;
	if (kind == MSG_KIND_ADDRESS && wire->status != 0) /* nothing was sent */
		return false;
	if (kind != MSG_KIND_PAGE && wire->outcome == OUTCOME_OUT_OF_SCOPE)
		return false;
	return !is_address || wire->sizes[MSG_ADDRESS] > 0 || (wire->flags & MSG_PAGE_IS_PROXIED);
}

/* Do the parts lie in the slot, and are they those of the job's kind? */
static bool parts_fit(const struct page_wire *wire, enum msg_kind kind, size_t slot_bytes)
{
	size_t left = slot_bytes;

	for (int i = 0; i < MSG_PARTS; i++) {
		if (wire->parts[i] > left)
			return false;
		if (wire->parts[i] > 0 && (kinds[kind].parts >> i & 1) == 0)
			return false;
		left -= wire->parts[i];
	}
	return true;
}

static bool texts_fit(const struct page_wire *wire, size_t left)
{
	size_t sum = 0;

	for (int i = 0; i < MSG_PAGE_TEXTS; i++) {
		if (wire->sizes[i] > text_max[i])
			return false;
		sum += wire->sizes[i];
	}
	return sum == left;
}

/* Written by msg_page_encode(). */
int msg_page_decode(struct msg_page *page, enum msg_kind kind, struct slice payload,
		    size_t slot_bytes)
{
	struct page_wire wire;
	const char *at = payload.at + sizeof(wire);

	if (payload.size < sizeof(wire))
		return -1;
	memcpy(&wire, payload.at, sizeof(wire));
	if (!is_known(&wire) || !answers(&wire, kind) || !parts_fit(&wire, kind, slot_bytes) ||
	    !texts_fit(&wire, payload.size - sizeof(wire)))
		return -1;

	page->kind = kind;
	page->outcome = (enum outcome)wire.outcome;
	page->flags = wire.flags;
	page->status = wire.status;
	page->charset_source = (enum charset_source)wire.charset_source;
	page->size = wire.size;
	page->wire_size = wire.wire_size;
	memcpy(page->parts, wire.parts, sizeof(page->parts));
	page->hash = wire.hash;
	page->limited_rules = wire.limited_rules;
	page->odd_rules = wire.odd_rules;
	page->started_ms = wire.started_ms;
	page->links_dropped = wire.links_dropped;
	page->elapsed_us = wire.elapsed_us;
	for (int i = 0; i < MSG_PAGE_TEXTS; i++) {
		page->texts[i] = (struct slice){ wire.sizes[i] ? at : NULL, wire.sizes[i] };
		at += wire.sizes[i];
	}
	return 0;
}

/* ---- what a page says ---- */

size_t msg_part_at(const struct msg_page *page, enum msg_part part)
{
	size_t at = 0;

	for (int i = 0; i < (int)part; i++)
		at += page->parts[i];
	return at;
}

static bool is_redirect_status(uint32_t status)
{
	return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

bool msg_page_is_redirect(const struct msg_page *page)
{
	return page->outcome == OUTCOME_OK && page->texts[MSG_LOCATION].size > 0 &&
	       is_redirect_status(page->status);
}

bool msg_page_lacks_location(const struct msg_page *page)
{
	return page->outcome == OUTCOME_OK && page->texts[MSG_LOCATION].size == 0 &&
	       is_redirect_status(page->status);
}
