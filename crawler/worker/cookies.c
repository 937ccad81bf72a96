#include "worker/cookies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/site/cookie_line.h"
#include "parsers/text/memory.h"

#define LONG_AGO_S 1 /* when expired what an answer took away; 0 means something else */

void cookies_attach(struct cookie_engine *cookies, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_COOKIEFILE, ""); /* 7.88 wants it beside a share, too */
	if (cookies->engine)
		curl_easy_setopt(easy, CURLOPT_SHARE, cookies->engine);
	else
		cookies->has_more = false; /* they were of the handle before */
}

void cookies_free(struct cookie_engine *cookies)
{
	if (cookies->engine)
		curl_share_cleanup(cookies->engine);
	free(cookies->known);
	*cookies = (struct cookie_engine){ 0 };
}

static void begin(struct cookie_engine *cookies, CURL *easy)
{
	cookies->engine = curl_share_init();
	if (!cookies->engine)
		memory_fail();
	curl_share_setopt(cookies->engine, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
	curl_easy_setopt(easy, CURLOPT_SHARE, cookies->engine);
}

/* Lines are told one by one, each with a NUL behind it. */
static void tell(CURL *easy, struct slice lines)
{
	char *text, *line, *rest;

	if (lines.size == 0)
		return;
	text = memory_text(lines.at, lines.size);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		curl_easy_setopt(easy, CURLOPT_COOKIELIST, line);
	free(text);
}

void cookies_put(struct cookie_engine *cookies, CURL *easy, struct slice lines)
{
	if (!cookies->has_more &&
	    slice_equal((struct slice){ cookies->known, cookies->known_size }, lines))
		return;
	if (!cookies->engine && lines.size > 0)
		begin(cookies, easy);
	curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
	tell(easy, lines);
	cookies->known = memory_resize(cookies->known, lines.size + 1);
	if (lines.size > 0)
		memcpy(cookies->known, lines.at, lines.size);
	cookies->known_size = lines.size;
	cookies->has_more = false;
}

/* ---- changes ---- */

struct changes {
	char *out;
	size_t size, room;
};

static void add(struct changes *changes, const struct cookie_line *cookie)
{
	size_t size = cookie_line_write(cookie, changes->out + changes->size,
					changes->room - changes->size);

	if (size == 0) /* what was written of it is not counted: there is no room */
		return;
	changes->size += size;
	changes->out[changes->size++] = '\n';
}

/* Is it there, and the same? */
static bool is_in(struct slice lines, const struct cookie_line *cookie)
{
	while (lines.size > 0) {
		struct cookie_line other;

		if (!cookie_line_read(&other, cookie_line_next(&lines)) &&
		    cookie_line_replaces(&other, cookie))
			return slice_equal(other.value, cookie->value) &&
			       other.expires_s == cookie->expires_s &&
			       other.is_secure == cookie->is_secure &&
			       other.is_http_only == cookie->is_http_only;
	}
	return false;
}

/* Did the answer name it?  Where there are too many to know, it may have. */
static bool is_named(const struct fetch_head *head, struct slice name)
{
	uint32_t hash = fetch_head_hash(name);

	for (unsigned i = 0; i < head->cookie_count && i < FETCH_HEAD_COOKIES_MAX; i++)
		if (head->cookies[i] == hash)
			return true;
	return head->cookie_count > FETCH_HEAD_COOKIES_MAX;
}

static void add_set(struct changes *changes, const struct curl_slist *known,
		    const struct fetch_head *head, struct slice before)
{
	struct cookie_line cookie;

	for (; known; known = known->next)
		if (!cookie_line_read(&cookie, slice_of(known->data)) &&
		    (is_named(head, cookie.name) || !is_in(before, &cookie)))
			add(changes, &cookie);
}

static bool is_known(const struct curl_slist *known, const struct cookie_line *cookie)
{
	struct cookie_line other;

	for (; known; known = known->next)
		if (!cookie_line_read(&other, slice_of(known->data)) &&
		    cookie_line_replaces(&other, cookie))
			return true;
	return false;
}

static void add_lost(struct changes *changes, const struct curl_slist *known, struct slice before)
{
	while (before.size > 0) {
		struct cookie_line cookie;

		if (cookie_line_read(&cookie, cookie_line_next(&before)) ||
		    is_known(known, &cookie))
			continue;
		cookie.expires_s = LONG_AGO_S;
		add(changes, &cookie);
	}
}

struct slice cookies_changes(CURL *easy, const struct fetch_head *head, struct slice before,
			     char *out, size_t out_bytes)
{
	struct changes changes = { .out = out, .room = out_bytes };
	struct curl_slist *known = NULL;

	curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &known);
	add_set(&changes, known, head, before);
	add_lost(&changes, known, before);
	curl_slist_free_all(known);
	return (struct slice){ out, changes.size };
}
