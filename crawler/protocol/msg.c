#include "protocol/msg.h"

#include <string.h>

#define JOB_FLAGS                                                                             \
	(MSG_JOB_KEEP | MSG_JOB_PUBLIC_ONLY | MSG_JOB_LINKS | MSG_JOB_RAW | MSG_JOB_SITEMAP | \
	 MSG_JOB_CLOSE | MSG_JOB_NOFOLLOW | MSG_JOB_LOOK_UP)
#define PAGE_FLAGS (MSG_PAGE_IS_TEXT | MSG_PAGE_IS_LOOK_UP)

/* The fixed part of each message; its texts follow in order, without terminators. */
struct job_wire {
	uint32_t flags;
	uint32_t depth;
	uint32_t sizes[3];
};

struct page_wire {
	uint64_t size, wire_size, text_size, kept_size, links_size, hash, limited_rules;
	int64_t started_ms;
	uint32_t outcome, flags, status, charset_source, links_dropped, elapsed_ms;
	uint32_t sizes[MSG_PAGE_TEXTS];
};

_Static_assert(sizeof(struct page_wire) + MSG_URL_MAX + MSG_PAGE_TEXTS * MSG_TEXT_MAX <=
		       MSG_BYTES_MAX,
	       "every message fits");

static size_t text_max(enum msg_page_text text)
{
	return text == MSG_LOCATION ? MSG_URL_MAX : MSG_TEXT_MAX;
}

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

size_t msg_job_encode(const struct msg_job *job, char out[MSG_BYTES_MAX])
{
	struct job_wire wire = {
		.flags = job->flags,
		.depth = job->depth,
		.sizes = { cut(job->url.size, MSG_URL_MAX), cut(job->etag.size, MSG_TEXT_MAX),
			   cut(job->last_modified.size, MSG_TEXT_MAX) },
	};
	size_t at = sizeof(wire);

	memcpy(out, &wire, sizeof(wire));
	at = put(out, at, job->url, wire.sizes[0]);
	at = put(out, at, job->etag, wire.sizes[1]);
	return put(out, at, job->last_modified, wire.sizes[2]);
}

int msg_job_decode(struct msg_job *job, struct slice payload)
{
	struct job_wire wire;
	const char *at = payload.at + sizeof(wire);
	size_t left;

	if (payload.size < sizeof(wire))
		return -1;
	left = payload.size - sizeof(wire);
	memcpy(&wire, payload.at, sizeof(wire));
	if ((wire.flags & ~(uint32_t)JOB_FLAGS) != 0)
		return -1;
	if (wire.sizes[0] == 0 || wire.sizes[0] > MSG_URL_MAX || wire.sizes[1] > MSG_TEXT_MAX ||
	    wire.sizes[2] > MSG_TEXT_MAX)
		return -1;
	if (wire.sizes[0] + wire.sizes[1] + wire.sizes[2] != left)
		return -1;

	job->flags = wire.flags;
	job->depth = wire.depth;
	job->url = (struct slice){ at, wire.sizes[0] };
	job->etag = (struct slice){ job->url.at + job->url.size, wire.sizes[1] };
	job->last_modified = (struct slice){ job->etag.at + job->etag.size, wire.sizes[2] };
	return 0;
}

size_t msg_page_encode(const struct msg_page *page, char out[MSG_BYTES_MAX])
{
	struct page_wire wire = {
		.size = page->size,
		.wire_size = page->wire_size,
		.text_size = page->text_size,
		.kept_size = page->kept_size,
		.links_size = page->links_size,
		.hash = page->hash,
		.limited_rules = page->limited_rules,
		.started_ms = page->started_ms,
		.links_dropped = page->links_dropped,
		.outcome = page->outcome,
		.flags = page->flags,
		.status = page->status,
		.charset_source = page->charset_source,
		.elapsed_ms = page->elapsed_ms,
	};
	size_t at = sizeof(wire);

	for (int i = 0; i < MSG_PAGE_TEXTS; i++) {
		wire.sizes[i] = cut(page->texts[i].size, text_max(i));
		at = put(out, at, page->texts[i], wire.sizes[i]);
	}
	memcpy(out, &wire, sizeof(wire));
	return at;
}

/* Do the three parts lie in the slot, one behind the other? */
static bool fits_slot(const struct page_wire *wire, size_t slot_bytes)
{
	return wire->text_size <= slot_bytes && wire->kept_size <= slot_bytes - wire->text_size &&
	       wire->links_size <= slot_bytes - wire->text_size - wire->kept_size;
}

static bool sizes_agree(const struct page_wire *wire, size_t left)
{
	size_t sum = 0;

	for (int i = 0; i < MSG_PAGE_TEXTS; i++) {
		if (wire->sizes[i] > text_max(i))
			return false;
		sum += wire->sizes[i];
	}
	return sum == left;
}

int msg_page_decode(struct msg_page *page, struct slice payload, size_t slot_bytes)
{
	struct page_wire wire;
	const char *at = payload.at + sizeof(wire);

	if (payload.size < sizeof(wire))
		return -1;
	memcpy(&wire, payload.at, sizeof(wire));
	if (wire.outcome >= OUTCOME_COUNT || wire.status > 999 ||
	    wire.charset_source > CHARSET_DEFAULT || (wire.flags & ~(uint32_t)PAGE_FLAGS) != 0)
		return -1;
	if (!fits_slot(&wire, slot_bytes) || !sizes_agree(&wire, payload.size - sizeof(wire)))
		return -1;

	*page = (struct msg_page){
		.outcome = (enum outcome)wire.outcome,
		.flags = wire.flags,
		.status = wire.status,
		.charset_source = (enum charset_source)wire.charset_source,
		.size = wire.size,
		.wire_size = wire.wire_size,
		.text_size = wire.text_size,
		.kept_size = wire.kept_size,
		.links_size = wire.links_size,
		.hash = wire.hash,
		.limited_rules = wire.limited_rules,
		.started_ms = wire.started_ms,
		.links_dropped = wire.links_dropped,
		.elapsed_ms = wire.elapsed_ms,
	};
	for (int i = 0; i < MSG_PAGE_TEXTS; i++) {
		page->texts[i] = (struct slice){ wire.sizes[i] ? at : NULL, wire.sizes[i] };
		at += wire.sizes[i];
	}
	return 0;
}
