#include "master/links_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "links/follow.h"
#include "links/outlinks.h"
#include "links/traps.h"
#include "parsers/text/memory.h"
#include "show/log.h"

/*
 * A link costs a look into the set of what was seen; only one that is new is parsed, for a worker
 * is not trusted to have made it canonical, and written.
 */
#define OUT_OF_SCOPE_ROWS_MAX 100000 /* of a run; what is beyond is only counted */
#define SITEMAPS_DEEP_MAX     3      /* sitemaps that name sitemaps that name ... */
#define PUT_OFF_MS            1000   /* then a link that was put off is back, or another's */
#define MODIFIED_SLACK_S      86400  /* a date without a time is of a whole day, somewhere */

struct links_in {
	const struct config *config;
	struct store *store;
	struct politeness *politeness;
	struct discovery *discovery;
	const struct seen *seen;  /* the discovery's */
	struct url_map *modified; /* when pages were, last, by sitemaps: seconds */
	struct traps *traps;
	uint64_t rule_urls[FOLLOW_RULES_MAX]; /* that each rule of follow has added */
	uint64_t warned_rules;                /* whose limits have been told, a bit each */
	uint64_t odd_rules;                   /* likewise, what their paths found */
	bool has_pages; /* of earlier runs: dates are wanted, for what may be asked again */
	struct link_counts counts;
	struct url page; /* whose links are added, once one of them is new */
	bool has_page;
	int64_t put_off_ms; /* when a link was put off, or 0 */
	bool is_alone;      /* nobody else crawls, or may */
};

struct links_in *links_in_new(const struct config *config, struct store *store,
			      struct politeness *politeness, struct discovery *discovery,
			      uint64_t key)
{
	struct links_in *links_in = memory_new(1, sizeof(*links_in));

	*links_in = (struct links_in){
		.config = config,
		.store = store,
		.politeness = politeness,
		.discovery = discovery,
		.seen = discovery_seen(discovery),
		.modified = url_map_new(key),
		.traps = traps_new((uint64_t)config->settings.query_pages,
				   (uint64_t)config->settings.host_pages),
		.is_alone = store_get_share_count(store) == 1,
	};
	return links_in;
}

void links_in_free(struct links_in *links_in)
{
	if (!links_in)
		return;
	url_map_free(links_in->modified);
	traps_free(links_in->traps);
	free(links_in);
}

const struct link_counts *links_in_counts(const struct links_in *links_in)
{
	return &links_in->counts;
}

/* A list in parts, of which its rule says how many there may be: it is no trap. */
static bool is_bounded_list(const struct config *config, unsigned rule)
{
	return rule < config->follow_count && config->follow[rule].source != SOURCE_LINKS &&
	       config->follow[rule].max_pages >= 0;
}

void links_in_forget(struct links_in *links_in)
{
	traps_free(links_in->traps);
	links_in->traps = traps_new((uint64_t)links_in->config->settings.query_pages,
				    (uint64_t)links_in->config->settings.host_pages);
}

/* Is it one of those that traps count: what a link or a sitemap has led to? */
static bool is_bounded(const struct links_in *links_in, const struct store_known_url *known)
{
	if (known->rule > 0)
		return !is_bounded_list(links_in->config, (unsigned)known->rule - 1);
	return known->kind == STORE_URL_PAGE &&
	       store_key_id(known->root) != store_key_id(known->key);
}

void links_in_gain(struct links_in *links_in, const struct store_known_url *known, bool is_counted)
{
	struct url url;

	links_in->has_pages |= known->state != STORE_PENDING;
	if (is_counted && known->rule > 0 && known->rule <= FOLLOW_RULES_MAX)
		links_in->rule_urls[known->rule - 1]++;
	if (is_bounded(links_in, known) && request_identity_of(known->url).size == 0 &&
	    url_parse(&url, known->url) == URL_OK)
		traps_count(links_in->traps, &url);
}

/* ---- what may be added ---- */

static enum frontier_lane lane_of(const struct links_in *links_in, unsigned rule)
{
	switch (links_in->config->follow[rule].priority) {
	case PRIORITY_HIGH:
		return LANE_HIGH;
	case PRIORITY_LOW:
		return LANE_LOW;
	case PRIORITY_NORMAL:
		break;
	}
	return LANE_NORMAL;
}

/* May a link of this rule be so deep?  If not, it is counted. */
static bool is_near(struct links_in *links_in, unsigned number, uint32_t depth)
{
	const struct config_follow *rule = &links_in->config->follow[number];
	int64_t deepest = rule->depth >= 0 ? rule->depth : links_in->config->settings.depth;

	if (depth <= deepest)
		return true;
	links_in->counts.too_deep++;
	return false;
}

/* May a rule add another URL?  LATER: others may not use up what there is left. */
enum leave { LEAVE_YES, LEAVE_NO, LEAVE_LATER };

/* What is left of a rule's max_pages, among all that crawl. */
static struct store_quota quota_of(struct links_in *links_in, unsigned number)
{
	uint64_t most = (uint64_t)links_in->config->follow[number].max_pages;
	char name[32];

	if (links_in->is_alone)
		return (struct store_quota){ most, true };
	snprintf(name, sizeof(name), "rule %u", number + 1);
	return store_get_quota(links_in->store, name, most, links_in->rule_urls[number]);
}

bool links_in_waits(const struct links_in *links_in)
{
	return links_in->put_off_ms > 0 && clock_ms() < links_in->put_off_ms + PUT_OFF_MS;
}

void links_in_tell_used(struct links_in *links_in)
{
	for (unsigned i = 0; i < links_in->config->follow_count; i++) {
		if (links_in->config->follow[i].max_pages >= 0)
			quota_of(links_in, i);
	}
}

static enum leave may_add(struct links_in *links_in, unsigned number)
{
	struct store_quota quota;

	if (links_in->config->follow[number].max_pages < 0)
		return LEAVE_YES;
	quota = quota_of(links_in, number);
	if (links_in->rule_urls[number] < quota.granted)
		return LEAVE_YES;
	if (!quota.is_last)
		return LEAVE_LATER;
	links_in->counts.over_limit++;
	return LEAVE_NO;
}

/* A path parameter that makes pages endless: once for a host, with what helps. */
static void tell_trap(struct links_in *links_in, const struct url *url)
{
	struct slice name = traps_tell(links_in->traps, url);
	char host[URL_BYTES_MAX + 1], parameter[URL_BYTES_MAX + 1];

	if (name.size == 0)
		return;
	snprintf(host, sizeof(host), "%.*s", (int)url->path, url->text);
	snprintf(parameter, sizeof(parameter), "%.*s", (int)name.size, name.at);
	LOG(LOG_NORMAL, "path_trap", LOG_TEXT("host", host), LOG_TEXT("parameter", parameter),
	    LOG_TEXT("why", "URLs that differ only in it are skipped after the first 20: if they "
			    "are one page, drop_path in canonical: says so"));
}

static bool is_trap(struct links_in *links_in, const struct url *url)
{
	if (!traps_catch(links_in->traps, url))
		return false;
	links_in->counts.trapped++;
	tell_trap(links_in, url);
	return true;
}

/* Where the page was whose links these are. */
static enum store_from from_where(const struct links_in *links_in, const struct visit *visit)
{
	return hosts_is_private(links_in->politeness->hosts, visit->home) ? STORE_FROM_PRIVATE
									  : STORE_FROM_PUBLIC;
}

/* A link to another site: known, and said so, but not asked for. */
static int add_outside(struct links_in *links_in, const struct store_url *row,
		       const struct url *url)
{
	if (discovery_is_outside(links_in->discovery, url) ||
	    discovery_is_alone(links_in->discovery, url_slice(url)))
		return 0;
	if (links_in->counts.out_of_scope++ >= OUT_OF_SCOPE_ROWS_MAX)
		return 0;
	return discovery_add_outside(links_in->discovery, url, *row);
}

/* A link, as it is written, or sent to whom it belongs. */
static struct store_url row_of_link(const struct links_in *links_in, const struct visit *visit,
				    const struct outlink *link)
{
	bool is_outside = link->verdict == FOLLOW_OUT_OF_SCOPE;

	return (struct store_url){
		.from = politeness_key_of(visit),
		.from_where = from_where(links_in, visit),
		.root = politeness_root_of(visit),
		.depth = (int)visit->depth + 1,
		.kind = is_outside ? STORE_URL_OUTSIDE : STORE_URL_PAGE,
		.lane = is_outside ? LANE_NORMAL : (int)lane_of(links_in, link->rule),
		.rule = is_outside ? 0 : (int)link->rule + 1,
	};
}

static const struct store_request *request_row(const struct http_request *request,
					       struct store_request *asked)
{
	if (!request)
		return NULL;
	*asked = (struct store_request){ slice_of(request_method_name(request->method)),
					 request->headers, request->body };
	return asked;
}

/* Of a rule, whose limit is not reached, or not yet: then it is judged again a little later. */
static int add_of_rule(struct links_in *links_in, const struct url *url,
		       const struct store_url *row, const struct http_request *request)
{
	unsigned rule = (unsigned)row->rule - 1;
	struct store_request asked;
	struct store_letter letter = { .row = *row, .is_named = false };
	bool is_post = request && request->method == REQUEST_POST;
	enum leave leave = may_add(links_in, rule);

	if (leave == LEAVE_LATER) {
		letter.request = request_row(request, &asked);
		links_in->put_off_ms = clock_ms();
		return discovery_postpone(links_in->discovery, url, letter);
	}
	if (leave == LEAVE_NO ||
	    (!is_post && !is_bounded_list(links_in->config, rule) && is_trap(links_in, url)))
		return 0;
	links_in->rule_urls[rule]++;
	if (links_in->config->follow[rule].max_pages >= 0) /* what is left may go to others */
		quota_of(links_in, rule);
	links_in->counts.added++;
	return discovery_add(links_in->discovery, url, *row);
}

static int add_link(struct links_in *links_in, const struct visit *visit, const struct url *url,
		    const struct outlink *link, const struct http_request *request)
{
	struct store_url row = row_of_link(links_in, visit, link);

	if (link->verdict == FOLLOW_OUT_OF_SCOPE)
		return add_outside(links_in, &row, url);
	if (!is_near(links_in, link->rule, visit->depth + 1))
		return 0;
	return add_of_rule(links_in, url, &row, request);
}

/*
 * May a sitemap name what is on this other host?  So it may if that host named it in its
 * robots.txt (sitemaps.org, cross-submits), or is where it, or a sitemap that led to it, was to be
 * found: a redirect took us away.  What a host vouches for vouches for the sitemaps in it.
 */
static bool is_spoken_for(const struct links_in *links_in, struct slice sitemap, struct slice name)
{
	struct url url;

	return url_parse(&url, sitemap) == URL_OK &&
	       (slice_equal(url_host(&url), name) ||
		discovery_speaks_for(links_in->discovery, url_slice(&url), name));
}

/* The sitemap that is read, and those that led to it, as far as they are ours: a line each.  Good
 * until the next call. */
static struct slice sitemaps_to(struct links_in *links_in, const struct visit *visit)
{
	static char lines[(SITEMAPS_DEEP_MAX + 1) * (URL_BYTES_MAX + 1)];
	struct store_key key = politeness_key_of(visit);
	struct slice url = visit_own_url(visit);
	struct store_target target;
	int size = 0;

	for (unsigned i = 0; i <= SITEMAPS_DEEP_MAX + 1; i++) {
		if (i != 1) /* its own row, which only says what led to it */
			size += snprintf(lines + size, sizeof(lines) - (size_t)size, "%.*s\n",
					 (int)url.size, url.at);
		if (store_key_is_none(key) || !store_has_share(links_in->store, key.share) ||
		    store_url(links_in->store, key, &target) != 1)
			break;
		url = target.row.url;
		key = target.row.from;
	}
	return (struct slice){ lines, (size_t)size };
}

/* Does one of these lines speak for this host? */
static bool speak_for(const struct links_in *links_in, struct slice sitemaps, struct slice name)
{
	const char *at = sitemaps.at, *end = at + sitemaps.size, *line_end;

	for (; at < end && (line_end = memchr(at, '\n', (size_t)(end - at))); at = line_end + 1)
		if (is_spoken_for(links_in, (struct slice){ at, (size_t)(line_end - at) }, name))
			return true;
	return false;
}

/* What a sitemap names: pages are as seeds, sitemaps are a step deeper. */
static struct store_url row_of_entry(struct links_in *links_in, const struct visit *visit,
				     const struct outlink *link)
{
	bool is_sitemap = link->verdict == FOLLOW_OUT_OF_SCOPE ? link->rule == OUTLINK_IS_SITEMAP
							       : link->verdict == FOLLOW_SITEMAP;

	return (struct store_url){
		.from = politeness_key_of(visit),
		.from_where = from_where(links_in, visit),
		.root = politeness_root_of(visit),
		.depth = is_sitemap ? (int)visit->depth + 1 : 0,
		.kind = is_sitemap ? STORE_URL_SITEMAP : STORE_URL_PAGE,
		.lane = is_sitemap ? LANE_HIGH : LANE_NORMAL,
	};
}

/* What it names of a host that nobody vouches for is noted, and not asked for. */
static void leave_outside(struct store_url *row)
{
	row->depth = 0;
	row->kind = STORE_URL_OUTSIDE;
	row->lane = LANE_NORMAL;
}

static int add_entry(struct links_in *links_in, const struct url *url, const struct store_url *row)
{
	if (row->kind == STORE_URL_OUTSIDE)
		return add_outside(links_in, row, url);
	if (row->depth > SITEMAPS_DEEP_MAX) {
		links_in->counts.too_deep++;
		return 0;
	}
	if (is_trap(links_in, url))
		return 0;
	links_in->counts.added++;
	return discovery_add(links_in->discovery, url, *row);
}

/* What a sitemap says of a page that is known: it may save asking for it. */
static void note_modified(struct links_in *links_in, const struct outlink *link)
{
	if (links_in->has_pages && link->modified > 0 && link->modified < UINT32_MAX)
		url_map_put(links_in->modified, link->url, (uint32_t)link->modified);
}

bool links_in_spares(struct links_in *links_in, const struct visit *visit,
		     const struct store_validators *known)
{
	int64_t modified_s = url_map_find(links_in->modified, visit_url(visit));

	if (modified_s == 0 || visit->hops > 0 || visit->is_post || !known->is_good ||
	    known->hash == 0 || (modified_s + MODIFIED_SLACK_S) * 1000 > known->fetched_at_ms)
		return false;
	links_in->counts.unchanged++;
	return true;
}

/* ---- what a worker found ---- */

static bool has_page(struct links_in *links_in, const struct visit *visit)
{
	links_in->has_page =
		links_in->has_page || url_parse(&links_in->page, visit_url(visit)) == URL_OK;
	return links_in->has_page;
}

/* Is it of the origin of its page, which alone is posted to? */
static bool is_of_page(struct links_in *links_in, const struct visit *visit, const struct url *url)
{
	return has_page(links_in, visit) &&
	       slice_equal(url_origin(&links_in->page), url_origin(url));
}

/* Is it of the site of its page, as it says?  Its rule's expressions are the worker's to know. */
static bool is_in_scope(struct links_in *links_in, const struct visit *visit, const struct url *url,
			const struct outlink *link)
{
	bool is_entry = visit->kind == VISIT_SITEMAP;
	enum config_same same = is_entry ? SAME_HOST : links_in->config->follow[link->rule].same;

	if (link->verdict == FOLLOW_POST)
		return false; /* by a sitemap */
	if (link->verdict == FOLLOW_OUT_OF_SCOPE || same == SAME_ANY)
		return true;
	return has_page(links_in, visit) &&
	       follow_is_same_site(same, url_host(&links_in->page), url_host(url));
}

/*
 * What the JSON of a page leads to, at its origin and by a GET, is asked for with the header lines
 * of the page: it may be the next part of its list.  Returns 0, or -1: the store failed.
 */
static int keep_headers(struct links_in *links_in, const struct visit *visit, const struct url *url,
			const struct outlink *link)
{
	struct http_request request = { .method = REQUEST_GET };
	struct store_key key;

	if (link->verdict != FOLLOW_YES ||
	    links_in->config->follow[link->rule].source == SOURCE_LINKS || !visit->request ||
	    visit_is_posting(visit) || !is_of_page(links_in, visit, url))
		return 0;
	request.headers = visit->request->headers;
	key = discovery_find(links_in->discovery, url);
	return store_key_is_none(key) ? 0 /* out of bounds */
				      : discovery_put_request(links_in->discovery, key, &request);
}

static void on_new_entry(struct links_in *links_in, const struct visit *visit,
			 const struct url *url, const struct outlink *link)
{
	struct store_url row = row_of_entry(links_in, visit, link);

	if (link->verdict == FOLLOW_OUT_OF_SCOPE &&
	    !speak_for(links_in, sitemaps_to(links_in, visit), url_host(url)))
		leave_outside(&row);
	add_entry(links_in, url, &row);
}

/*
 * Who owns a host knows what its robots.txt names, and we may not: is nobody known here who speaks
 * for it, the sitemaps go with the letter.  Its lane tells a sitemap from a page.
 */
static void judge_sent(struct links_in *links_in, const struct visit *visit, const struct url *url,
		       struct store_letter *letter)
{
	struct slice sitemaps = sitemaps_to(links_in, visit);

	if (speak_for(links_in, sitemaps, url_host(url)))
		return;
	letter->row.kind = STORE_URL_OUTSIDE;
	letter->words = sitemaps;
}

/* It is of another share, whose owner judges it: here it is only said how it was found. */
static int send_link(struct links_in *links_in, const struct visit *visit, const struct url *url,
		     const struct outlink *link, const struct http_request *request)
{
	struct store_request asked;
	struct store_letter letter = { .request = request_row(request, &asked) };

	if (visit->kind == VISIT_SITEMAP) {
		letter.row = row_of_entry(links_in, visit, link);
		if (link->verdict == FOLLOW_OUT_OF_SCOPE)
			judge_sent(links_in, visit, url, &letter);
	} else {
		letter.row = row_of_link(links_in, visit, link);
		if (letter.row.rule > 0 && !is_near(links_in, link->rule, visit->depth + 1))
			return 0;
	}
	return discovery_send(links_in->discovery, url, letter);
}

/*
 * A worker's link that is not canonical, or not of the site that it says, is no link.  Whether the
 * store has failed is asked there.
 */
static int on_new_link(struct links_in *links_in, const struct visit *visit,
		       const struct outlink *link)
{
	struct url url;

	if (discovery_parse(links_in->discovery, &url, link->url) != URL_OK ||
	    !slice_equal(url_slice(&url), link->url) || !is_in_scope(links_in, visit, &url, link))
		return -1;
	if (!discovery_is_ours(links_in->discovery, &url))
		send_link(links_in, visit, &url, link, NULL);
	else if (visit->kind == VISIT_SITEMAP)
		on_new_entry(links_in, visit, &url, link);
	else if (add_link(links_in, visit, &url, link, NULL) == 0)
		keep_headers(links_in, visit, &url, link);
	return 0;
}

/* The text is copied, for its worker could still change it; and looked up again, as it is now. */
static int copy_new_link(struct links_in *links_in, const struct visit *visit,
			 const struct outlink *link)
{
	char text[URL_BYTES_MAX];
	struct outlink copy = *link;

	if (link->url.size > sizeof(text))
		return -1;
	copy.url.at = memcpy(text, link->url.at, link->url.size);
	return discovery_is_new(links_in->discovery, copy.url) ? on_new_link(links_in, visit, &copy)
							       : 0;
}

/* ---- requests with a body ---- */

#define JSON_LINE "Content-Type: application/json\n"

/*
 * The header lines of the page's own request; the first part of a list may have been a GET, which
 * says nothing of a body.  In lines[REQUEST_HEADERS_MAX].
 */
static struct slice lines_for(const struct visit *visit, char *lines)
{
	struct slice own = visit->request ? visit->request->headers : (struct slice){ 0 };
	size_t size = own.size;

	if (size > 0)
		memcpy(lines, own.at, size);
	if (!visit_is_posting(visit) && !request_has_type(own) &&
	    size + strlen(JSON_LINE) <= REQUEST_HEADERS_MAX) {
		memcpy(lines + size, JSON_LINE, strlen(JSON_LINE));
		size += strlen(JSON_LINE);
	}
	return (struct slice){ lines, size };
}

/* A POST that no page has led to yet.  Returns 0, or -1: the store failed. */
static int add_post(struct links_in *links_in, const struct visit *visit, const struct url *url,
		    const struct outlink *link, const struct http_request *request)
{
	struct store_key key;

	if (add_link(links_in, visit, url, link, request) < 0)
		return -1;
	key = discovery_find(links_in->discovery, url);
	return store_key_is_none(key) ? 0 /* out of bounds */
				      : discovery_put_request(links_in->discovery, key, request);
}

/*
 * A POST that a page leads to, or what no worker can have meant; as on_link().  What its worker
 * could still change is copied.
 */
static int on_post(struct links_in *links_in, const struct visit *visit, const struct outlink *link)
{
	static char text[URL_BYTES_MAX], body[OUTLINK_BODY_MAX], lines[REQUEST_HEADERS_MAX];
	struct http_request request = { .method = REQUEST_POST,
					.body = { body, link->body_bytes } };
	struct slice copy = { text, link->url.size };
	static struct url url; /* not on the stack of every link */

	if (link->verdict != FOLLOW_POST || link->rule >= links_in->config->follow_count ||
	    links_in->config->follow[link->rule].member_count == 0 || copy.size > sizeof(text) ||
	    request.body.size > sizeof(body))
		return -1;
	memcpy(text, link->url.at, copy.size);
	if (request.body.size > 0)
		memcpy(body, outlink_body(link).at, request.body.size);
	if (discovery_parse(links_in->discovery, &url, copy) != URL_OK ||
	    !slice_equal(url_slice(&url), copy) || !is_of_page(links_in, visit, &url))
		return -1;
	request.headers = lines_for(visit, lines);
	if (request_identify(&url, &request) < 0) {
		links_in->counts.dropped++;
		return 0;
	}
	if (!discovery_is_ours(links_in->discovery, &url))
		send_link(links_in, visit, &url, link, &request);
	else if (discovery_is_new(links_in->discovery, url_slice(&url)))
		add_post(links_in, visit, &url, link, &request);
	return 0;
}

/* ---- what others found ---- */

/* How it is asked, and its URL as that says.  False: it makes no sense. */
static bool read_letter(const struct links_in *links_in, const struct store_letter *letter,
			struct url *url, struct http_request *request)
{
	*request = (struct http_request){ .method = REQUEST_GET };
	if (letter->request) {
		if (!request_method_of(letter->request->method, &request->method))
			return false;
		request->headers = letter->request->headers;
		request->body = letter->request->body;
	}
	return discovery_parse(links_in->discovery, url, request_url(letter->row.url)) == URL_OK &&
	       request_identify(url, request) == 0 &&
	       letter->row.rule <= (int)links_in->config->follow_count;
}

/* What its host may be like is known from where it was found. */
static int receive_entry(struct links_in *links_in, const struct url *url,
			 const struct store_letter *letter)
{
	struct store_url row = letter->row;
	bool is_of_sitemaps = row.kind == STORE_URL_OUTSIDE && letter->words.size > 0;
	uint32_t host;

	if (is_of_sitemaps && speak_for(links_in, letter->words, url_host(url)))
		row.kind = row.lane == LANE_HIGH ? STORE_URL_SITEMAP : STORE_URL_PAGE;
	else if (is_of_sitemaps)
		leave_outside(&row);
	if (add_entry(links_in, url, &row) < 0)
		return -1;
	if (row.from_where != STORE_FROM_PRIVATE || row.kind == STORE_URL_OUTSIDE)
		return 0;
	host = discovery_host_of(links_in->discovery, url);
	if (host == FRONTIER_NO_HOST)
		return -1;
	hosts_note_private_way(links_in->politeness->hosts, host);
	return 0;
}

int links_in_receive(struct links_in *links_in, const struct store_letter *letter)
{
	static struct url url; /* not on the stack */
	const struct store_url *row = &letter->row;
	struct http_request request;
	struct store_key key;

	if (!read_letter(links_in, letter, &url, &request))
		return 0;
	if (!discovery_is_ours(links_in->discovery, &url)) /* it was given, and is on its way */
		return discovery_postpone(links_in->discovery, &url, *letter);
	if (letter->words.size > 0 && row->kind != STORE_URL_OUTSIDE) /* its robots.txt names it */
		discovery_note_sitemap(links_in->discovery, letter->words, url_slice(&url));
	if (!discovery_is_new(links_in->discovery, url_slice(&url)))
		return 0;
	if (row->rule == 0 || row->kind == STORE_URL_OUTSIDE)
		return receive_entry(links_in, &url, letter);
	if (add_of_rule(links_in, &url, row, letter->request ? &request : NULL) < 0)
		return -1;
	if (!letter->request)
		return 0;
	key = discovery_find(links_in->discovery, &url);
	return store_key_is_none(key) ? 0 /* out of bounds */
				      : discovery_put_request(links_in->discovery, key, &request);
}

/* ---- all of them ---- */

/*
 * One link.  Returns 0, or -1 if a worker cannot have meant it: not canonical, or by a rule that
 * there is not.
 */
static int on_link(struct links_in *links_in, const struct visit *visit, const struct outlink *link,
		   uint64_t fingerprint)
{
	bool is_entry = visit->kind == VISIT_SITEMAP;

	if (!is_entry &&
	    (link->rule >= links_in->config->follow_count || link->verdict >= FOLLOW_SITEMAP))
		return on_post(links_in, visit, link);
	if (discovery_is_new_number(seen_number_of_fingerprint(links_in->seen, fingerprint)))
		return copy_new_link(links_in, visit, link);
	if (is_entry)
		note_modified(links_in, link);
	return 0;
}

/* A rule that could not judge all links of a page: the first page of each rule is told. */
static void note_limits(struct links_in *links_in, const struct visit *visit, uint64_t rules)
{
	char url[URL_BYTES_MAX + 1];

	if (rules == 0)
		return;
	links_in->counts.limited++;
	snprintf(url, sizeof(url), "%.*s", (int)visit->url_size, visit->url);
	for (size_t i = 0; i < links_in->config->follow_count; i++) {
		if (!(rules & ~links_in->warned_rules & (uint64_t)1 << i))
			continue;
		LOG(LOG_NORMAL, "follow_limit", LOG_NUMBER("rule", i + 1), LOG_TEXT("url", url),
		    LOG_TEXT("why", "its expressions ran into pattern_time or match_limit: links "
				    "may be missing"));
	}
	links_in->warned_rules |= rules;
}

/* What a rule's path found is no link: of the first page of each rule it is said. */
static void note_odd(struct links_in *links_in, const struct visit *visit,
		     const struct msg_page *page)
{
	struct slice own = visit_own_url(visit); /* as "crawl why" knows it */
	char url[URL_BYTES_MAX + 1], why[MSG_TEXT_MAX + 1];
	struct slice error = page->texts[MSG_ERROR];

	links_in->counts.odd += page->odd_rules != 0;
	if (!(page->odd_rules & ~links_in->odd_rules))
		return;
	links_in->odd_rules |= page->odd_rules;
	snprintf(url, sizeof(url), "%.*s", (int)own.size, own.at);
	snprintf(why, sizeof(why), "%.*s", (int)error.size, error.size > 0 ? error.at : "");
	LOG(LOG_NORMAL, "follow_json", LOG_TEXT("url", url), LOG_TEXT("why", why));
}

/*
 * Links that are looked up together: with a million URLs known, most of what one costs is waiting
 * for its bucket of the set.
 */
#define BATCH_LINKS  16
#define LOOK_BATCHES 32 /* between two looks at the clock */

struct batch {
	struct outlink links[BATCH_LINKS];
	uint64_t fingerprints[BATCH_LINKS];
	unsigned count;
};

static int on_batch(struct links_in *links_in, const struct visit *visit, struct batch *batch)
{
	if (visit->kind != VISIT_SITEMAP)
		links_in->counts.wanted += batch->count;
	for (unsigned i = 0; i < batch->count; i++)
		batch->fingerprints[i] = seen_fingerprint(links_in->seen, batch->links[i].url);
	for (unsigned i = 0; i < batch->count; i++) {
		if (on_link(links_in, visit, &batch->links[i], batch->fingerprints[i]) < 0)
			return -1;
	}
	batch->count = 0;
	return 0;
}

void links_in_begin(struct links_in *links_in, const struct visit *visit,
		    const struct msg_page *page)
{
	links_in->counts.dropped += page->links_dropped;
	note_limits(links_in, visit, page->limited_rules);
	note_odd(links_in, visit, page);
}

int links_in_add(struct links_in *links_in, const struct visit *visit, struct slice *links,
		 int64_t until_ms)
{
	struct batch batch;
	unsigned batches = 0;
	int got;

	batch.count = 0;
	links_in->has_page = false;
	while ((got = outlinks_next(links, &batch.links[batch.count])) > 0) {
		if (++batch.count < BATCH_LINKS)
			continue;
		if (on_batch(links_in, visit, &batch) < 0)
			return -1;
		if (store_has_failed(links_in->store))
			return 1;
		if (++batches % LOOK_BATCHES == 0 && clock_ms() >= until_ms)
			return 0;
	}
	return on_batch(links_in, visit, &batch) < 0 || got < 0 ? -1 : 1;
}
