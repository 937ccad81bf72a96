#include "frontier/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

#define SLOTS_FIRST 64
#define NO_SLOT     UINT32_MAX

/* Where a visit waits, or the next slot that is free. */
struct slot {
	struct visit *visit; /* NULL: free */
	uint32_t next_free;
};

/* It stays small: only what was redirected, or is tried again, or lost its worker is in it. */
struct visits {
	struct slot *slots; /* by ticket */
	uint32_t slot_count, first_free;
	struct visit *unused; /* ended, ready to be begun again */
};

void visit_set_url(struct visit *visit, struct slice url)
{
	char *copy = memory_text(url.at, url.size);

	free(visit->url);
	visit->url = copy;
	visit->url_size = url.size;
}

void visit_lead(struct visit *visit, struct slice url)
{
	if (!visit->first) {
		visit->first = visit->url;
		visit->first_size = visit->url_size;
		visit->url = NULL;
	}
	visit_set_url(visit, url);
}

/* Headers and body stand behind it, in one piece. */
void visit_set_request(struct visit *visit, const struct http_request *request)
{
	char *at;

	free(visit->request);
	visit->request = NULL;
	if (request_is_plain(request))
		return;
	visit->request =
		memory_new(1, sizeof(*request) + request->headers.size + request->body.size);
	at = (char *)(visit->request + 1);
	*visit->request = (struct http_request){
		.method = request->method,
		.headers = { at, request->headers.size },
		.body = { at + request->headers.size, request->body.size },
	};
	if (request->headers.size > 0)
		memcpy(at, request->headers.at, request->headers.size);
	if (request->body.size > 0)
		memcpy(at + request->headers.size, request->body.at, request->body.size);
}

void visit_redirect_request(struct visit *visit, unsigned status)
{
	if (!visit->request)
		return;
	request_redirect(visit->request, (char *)(visit->request + 1), status,
			 visit->host == visit->home);
	if (!request_is_plain(visit->request))
		return;
	free(visit->request);
	visit->request = NULL;
}

/* What is set last is the last, and counts; what is too much goes, from the first on. */
void visit_add_cookies(struct visit *visit, struct slice lines)
{
	size_t size = visit->cookies_size + lines.size, cut = 0;

	if (lines.size == 0)
		return;
	visit->cookies = memory_resize(visit->cookies, size);
	memcpy(visit->cookies + visit->cookies_size, lines.at, lines.size);
	while (size - cut > VISIT_COOKIES_MAX) {
		const char *end = memchr(visit->cookies + cut, '\n', size - cut);

		cut = end ? (size_t)(end + 1 - visit->cookies) : size;
	}
	visit->cookies_size = size - cut;
	memmove(visit->cookies, visit->cookies + cut, visit->cookies_size);
}

void visit_set_counts(struct visit *visit, struct slice counts)
{
	free(visit->counts);
	visit->counts = counts.size > 0 ? memory_text(counts.at, counts.size) : NULL;
	visit->counts_size = counts.size;
}

void visit_add_hop(struct visit *visit, unsigned status)
{
	size_t size = visit->trail ? strlen(visit->trail) : 0, room = visit->url_size + 16;
	char *trail = memory_resize(visit->trail, size + room);
	char code[16] = "kept";

	if (status > 0)
		snprintf(code, sizeof(code), "%u", status);
	snprintf(trail + size, room, "%s%s %.*s", size > 0 ? ", " : "", code, (int)visit->url_size,
		 visit->url);
	visit->trail = trail;
	visit->hops++;
}

void visit_forget_hops(struct visit *visit)
{
	free(visit->trail);
	free(visit->first);
	free(visit->cookies);
	visit->trail = visit->first = visit->cookies = NULL;
	visit->cookies_size = 0;
	visit->hops = 0;
	visit->has_cookie = visit->has_left_tls = false;
}

/* A canonical URL has no blank: "301 http://a/, 302 http://b/" is cut at blanks and commas. */
bool visit_was_at(const struct visit *visit, struct slice url)
{
	const char *at = visit->trail;

	if (slice_equal(visit_own_url(visit), url))
		return true;
	while (at && (at = strchr(at, ' '))) {
		size_t size = strcspn(++at, " ");
		size_t end = at[size] == '\0' ? size : size - 1; /* without the comma */

		if (slice_equal((struct slice){ at, end }, url))
			return true;
		at = at[size] == '\0' ? NULL : at + size + 1;
	}
	return false;
}

static char *copy_of(struct slice text)
{
	return text.at ? memory_text(text.at, text.size) : NULL;
}

struct visit_guest *visit_make_guest(struct visit *visit, struct slice set, struct slice etag,
				     struct slice modified)
{
	visit->guest = memory_new(1, sizeof(*visit->guest));
	*visit->guest = (struct visit_guest){
		.set = copy_of(set),
		.etag = copy_of(etag),
		.modified = copy_of(modified),
		.set_size = set.size,
		.etag_size = etag.size,
		.modified_size = modified.size,
	};
	return visit->guest;
}

static void free_guest(struct visit *visit)
{
	if (!visit->guest)
		return;
	free(visit->guest->set);
	free(visit->guest->etag);
	free(visit->guest->modified);
	free(visit->guest);
	visit->guest = NULL;
}

struct visits *visits_new(void)
{
	struct visits *visits = memory_new(1, sizeof(*visits));

	visits->first_free = NO_SLOT;
	return visits;
}

static void free_visit(struct visit *visit)
{
	if (!visit)
		return;
	free(visit->trail);
	free(visit->first);
	free(visit->cookies);
	free(visit->counts);
	free(visit->request);
	free(visit->url);
	free_guest(visit);
	free(visit);
}

void visits_free(struct visits *visits)
{
	if (!visits)
		return;
	for (uint32_t i = 0; i < visits->slot_count; i++)
		free_visit(visits->slots[i].visit);
	while (visits->unused) {
		struct visit *visit = visits->unused;

		visits->unused = visit->next;
		free_visit(visit);
	}
	free(visits->slots);
	free(visits);
}

struct visit *visits_begin(struct visits *visits)
{
	struct visit *visit = visits->unused;

	if (visit)
		visits->unused = visit->next;
	else
		visit = memory_new(1, sizeof(*visit));
	*visit = (struct visit){ .kind = VISIT_PAGE };
	return visit;
}

static void grow(struct visits *visits)
{
	uint32_t old = visits->slot_count, count = old ? old * 2 : SLOTS_FIRST;

	visits->slots = memory_resize(visits->slots, count * sizeof(*visits->slots));
	for (uint32_t i = old; i < count; i++)
		visits->slots[i] = (struct slot){ .next_free = i + 1 < count ? i + 1 : NO_SLOT };
	visits->slot_count = count;
	visits->first_free = old;
}

uint32_t visits_keep(struct visits *visits, struct visit *visit)
{
	uint32_t ticket;

	if (visits->first_free == NO_SLOT)
		grow(visits);
	ticket = visits->first_free;
	visits->first_free = visits->slots[ticket].next_free;
	visits->slots[ticket].visit = visit;
	return ticket;
}

struct visit *visits_take(struct visits *visits, uint32_t ticket)
{
	struct slot *slot = &visits->slots[ticket];
	struct visit *visit = slot->visit;

	*slot = (struct slot){ .next_free = visits->first_free };
	visits->first_free = ticket;
	return visit;
}

bool visits_any_counted(const struct visits *visits)
{
	for (uint32_t i = 0; i < visits->slot_count; i++) {
		if (visits->slots[i].visit && visits->slots[i].visit->is_counted)
			return true;
	}
	return false;
}

void visits_end(struct visits *visits, struct visit *visit)
{
	visit_forget_hops(visit);
	free_guest(visit);
	free(visit->counts);
	free(visit->request);
	free(visit->url);
	visit->counts = visit->url = NULL;
	visit->request = NULL;
	visit->next = visits->unused;
	visits->unused = visit;
}
