#include "master/load.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "master/holds.h"
#include "master/reach.h"
#include "show/human.h"
#include "show/log.h"

#define SETS_TOLD_MAX    20     /* of URLs whose fields are ignored */
#define LOAD_COMMIT_ROWS 200000 /* while a list is read, nobody waits for rows */

/* What was asked in an earlier run may have been asked just now. */
static void settle_gained(struct parts *parts)
{
	uint32_t count = frontier_host_count(parts->politeness->frontier);

	for (uint32_t host = 0; host < count; host++)
		holds_keep_distance(parts->politeness, host, 0);
}

/* From here on the database holds what is secret. */
static int load_cookies(struct parts *parts)
{
	if (!parts->config->keeps_cookies)
		return 0;
	if (store_hide(parts->store) < 0)
		return -1;
	return jar_load(parts->jar, parts->store, clock_date_ms() / 1000);
}

int load_known(struct parts *parts)
{
	if (asked_load(parts->asked) < 0 || load_cookies(parts) < 0)
		return -1;
	settle_gained(parts);
	parts->politeness->quiet_since_ms = 0; /* of what comes later nobody knows it */
	return store_has_failed(parts->store) ? -1 : 0;
}

#define WELL_MS 2000 /* without trouble: then it is over */

void load_tell_trouble(struct parts *parts)
{
	const char *trouble = store_trouble(parts->store);
	int64_t now = clock_ms();

	if (trouble)
		parts->trouble_ms = now;
	if (trouble && !parts->is_in_trouble)
		log_say("%s (waiting)", trouble);
	else if (parts->is_in_trouble && now - parts->trouble_ms >= WELL_MS)
		log_say("the database answers again");
	parts->is_in_trouble =
		parts->is_in_trouble ? now - parts->trouble_ms < WELL_MS : trouble != NULL;
}

void load_note_notice(struct parts *parts)
{
	const char *notice = store_notice(parts->store);

	snprintf(parts->notice, sizeof(parts->notice), "%s", notice ? notice : "");
}

/* What the store has found out since it was opened. */
static void tell_notice(struct parts *parts)
{
	const char *notice = store_notice(parts->store);

	if (!notice || strcmp(notice, parts->notice) == 0)
		return;
	load_note_notice(parts);
	log_say("%s", notice);
}

void load_turn(struct parts *parts, int64_t *due_ms)
{
	store_turn(parts->store, clock_ms(), due_ms);
	if (store_has_failed(parts->store))
		return;
	load_tell_trouble(parts);
	tell_notice(parts);
}

/* ---- lists ---- */

/* "/sitemap.xml", "/sitemap-news.xml.gz", "/feed.rss": a seed like this is read for its URLs. */
static bool is_sitemap(const struct url *url)
{
	static const char *const endings[] = { ".xml", ".xml.gz", ".rss", ".atom" };
	const char *path = url->text + url->path;
	size_t size = (size_t)(url->query - url->path);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t ending = strlen(endings[i]);

		if (size > ending && memcmp(path + size - ending, endings[i], ending) == 0)
			return i >= 2 || memmem(path, size, "sitemap", 7) != NULL;
	}
	return false;
}

/*
 * A seed is read as a sitemap before pages are: of those it knows best which have changed.  What
 * says how it is asked is a page.
 */
static int describe_seed(struct parts *parts, const struct seeds_line *line, struct store_url *row)
{
	const struct url *url = line->url;
	uint32_t host;

	*row = (struct store_url){ .kind = STORE_URL_PAGE, .lane = LANE_NORMAL };
	if (!request_is_plain(&line->request) || !is_sitemap(url))
		return 0;
	row->kind = STORE_URL_SITEMAP;
	row->lane = LANE_HIGH;
	host = discovery_host_of(parts->discovery, url);
	if (host == FRONTIER_NO_HOST)
		return -1;
	reach_note_way(parts->politeness, host, FRONTIER_NO_HOST);
	return 0;
}

/* Does the store say this of a URL?  Returns 1, 0, or -1. */
static int has_set(struct parts *parts, struct store_key key, struct slice set)
{
	struct slice fields = { NULL, 0 };

	if (store_get_set(parts->store, key, &fields) < 0)
		return -1;
	return slice_equal(fields, set);
}

/* One that was left alone until now, and is known, may have another set. */
static int change_set(struct parts *parts, struct store_key key, struct slice set, uint32_t number)
{
	int has = has_set(parts, key, set);

	return has != 0 ? -(has < 0) : sets_put(parts->sets, key, number);
}

/* While it is crawled: as the next owner of its share is to have it. */
static int name_to_others(const struct parts *parts, struct store_key key)
{
	if (!asked_has_begun(parts->asked) || store_get_share_count(parts->store) == 1)
		return 0;
	return store_put_root_pass(parts->store, key);
}

/*
 * As asked_begin() will have it, or at once if it has been.  One that was left alone until now may
 * have another set, and another request.
 */
static int add_new(struct parts *parts, const struct seeds_line *line, struct store_url *row)
{
	const struct url *url = line->url;
	bool is_alone = discovery_is_alone(parts->discovery, url_slice(url));
	struct store_key key;

	if (sets_number(parts->sets, line->set, &row->set) < 0)
		return -1;
	if (asked_has_begun(parts->asked)) {
		if (discovery_add(parts->discovery, url, *row) < 0)
			return -1;
		key = discovery_find(parts->discovery, url);
	} else {
		key = discovery_put(parts->discovery, url, *row);
	}
	if (store_key_is_none(key) || name_to_others(parts, key) < 0 ||
	    (is_alone && change_set(parts, key, line->set, row->set) < 0) ||
	    ((is_alone || !request_is_plain(&line->request)) &&
	     discovery_put_request(parts->discovery, key, &line->request) < 0))
		return -1;
	asked_name(parts->asked, key, url_slice(url), true);
	if (store_get_uncommitted(parts->store) >= LOAD_COMMIT_ROWS)
		return store_commit(parts->store) < 0 ? -1 : 1;
	return 1;
}

/* Nothing is lost in silence: the line that was first counts, and here it said something else. */
static int tell_other_set(struct parts *parts, struct store_key key, const struct url *url,
			  struct slice set)
{
	int has = set.at ? sets_changed_to(parts->sets, key, set) : 1;

	if (has < 0)
		has = has_set(parts, key, set);
	if (has != 0)
		return -(has < 0);
	LOG(parts->sets_told++ < SETS_TOLD_MAX ? LOG_NORMAL : LOG_VERBOSE, "fields_ignored",
	    LOG_TEXT("url", url->text),
	    LOG_TEXT("why", "it is known already, with other fields or none, and the first count"));
	return 0;
}

/* It is asked once, with the headers of the line that is last: an earlier one said others. */
static int tell_other_headers(struct parts *parts, struct store_key key,
			      const struct seeds_line *line)
{
	struct store_request row = { .headers = { NULL, 0 } };

	if (!asked_is_named(parts->asked, key))
		return 0;
	if (store_get_request(parts->store, key, &row) < 0)
		return -1;
	if (slice_equal(row.headers, line->request.headers))
		return 0;
	LOG(parts->sets_told++ < SETS_TOLD_MAX ? LOG_NORMAL : LOG_VERBOSE, "headers_replaced",
	    LOG_TEXT("url", line->url->text),
	    LOG_TEXT("why", "a line before has other headers or none: it is asked once, with those "
			    "of the last line"));
	return 0;
}

/*
 * What its list says last is how it is asked.  Whoever found it first, it is a root of its own now,
 * with its own set.  Not if it is added while the crawl runs, which asks for it anyway.
 */
static int name_known(struct parts *parts, const struct seeds_line *line, struct store_url *row)
{
	struct store_key key = discovery_find(parts->discovery, line->url);
	bool is_reached = asked_is_reached(parts->asked, key);
	int has = 1;

	if (tell_other_headers(parts, key, line) < 0 ||
	    discovery_put_request(parts->discovery, key, &line->request) < 0)
		return -1;
	if (asked_has_begun(parts->asked))
		return tell_other_set(parts, key, line->url, line->set);
	if (!asked_name(parts->asked, key, url_slice(line->url), false))
		return tell_other_set(parts, key, line->url, line->set);
	if (sets_number(parts->sets, line->set, &row->set) < 0)
		return -1;
	if (is_reached && sets_are_any(parts->sets))
		has = has_set(parts, key, line->set);
	if (has < 0)
		return -1;
	sets_name(parts->sets, key, row->set, has == 0);
	if (!is_reached)
		return 0;
	return discovery_put_root(parts->discovery, line->url, *row);
}

/* It gets what is its own, and its user is this one; without any nobody asks. */
static void note_listed(struct parts *parts, const struct url *url, struct slice user)
{
	struct hosts *hosts = parts->politeness->hosts;
	uint32_t host;

	if (!parts->config->has_own && user.size == 0)
		return;
	host = discovery_host_of(parts->discovery, url);
	if (host == FRONTIER_NO_HOST)
		return;
	hosts_note_listed(hosts, host);
	if (user.size > 0)
		hosts_set_user(hosts, host, user);
}

void load_tell(const struct parts *parts)
{
	if (parts->sets_told > SETS_TOLD_MAX)
		log_say("%s more with fields that are ignored (-v tells each)",
			COUNTED(parts->sets_told - SETS_TOLD_MAX, "line"));
}

/* Its owner adds it; whose user it is, is told to nobody. */
static int send_seed(struct parts *parts, const struct seeds_line *line)
{
	struct store_request request = { slice_of(request_method_name(line->request.method)),
					 line->request.headers, line->request.body };
	struct store_letter letter = {
		.row = { .kind = STORE_URL_PAGE, .lane = LANE_NORMAL },
		.set = line->set,
		.is_named = true,
		.request = request_is_plain(&line->request) ? NULL : &request,
	};

	return discovery_send(parts->discovery, line->url, letter);
}

int load_seed(struct parts *parts, const struct seeds_line *line)
{
	struct url *url = line->url;
	struct store_url row;

	canonical_apply(parts->config->canonical, url);
	if (!discovery_is_ours(parts->discovery, url))
		return send_seed(parts, line);
	note_listed(parts, url, line->user);
	if (describe_seed(parts, line, &row) < 0)
		return -1;
	request_identify(url, &line->request);
	if (discovery_is_new(parts->discovery, url_slice(url)))
		return add_new(parts, line, &row);
	return name_known(parts, line, &row);
}
