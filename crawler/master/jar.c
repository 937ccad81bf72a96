#include "master/jar.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "frontier/intern.h"
#include "master/share.h"
#include "parsers/site/cookie_line.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "parsers/url/domain.h"
#include "parsers/url/origin.h"
#include "protocol/msg.h"

#define LINE_BYTES_MAX MSG_COOKIES_MAX

struct cookie {
	char *line;
	size_t size;
	struct cookie_line is;  /* points into line */
	uint64_t file_hash;     /* of the file's line that it came from, or 0 */
	uint64_t set_number;    /* the least was not set for longest */
	bool is_dirty, is_gone; /* the store does not know yet */
};

struct site {
	struct cookie *cookies; /* in the order in which each was first seen */
	size_t count;
	uint64_t set_count;
	bool is_dirty;
};

struct jar {
	const struct config *config;
	struct intern *hosts, *domains; /* whose number is their site's */
	uint32_t *host_sites;
	struct site *sites;
	size_t site_count;
	uint32_t *dirty; /* sites */
	size_t dirty_count;
	bool is_gaining; /* cookies come with shares */
};

struct jar *jar_new(const struct config *config)
{
	struct jar *jar = memory_new(1, sizeof(*jar));

	*jar = (struct jar){ .config = config, .hosts = intern_new(), .domains = intern_new() };
	return jar;
}

static void free_site(struct site *site)
{
	for (size_t i = 0; i < site->count; i++)
		free(site->cookies[i].line);
	free(site->cookies);
}

void jar_free(struct jar *jar)
{
	if (!jar)
		return;
	for (size_t i = 0; i < jar->site_count; i++)
		free_site(&jar->sites[i]);
	intern_free(jar->hosts);
	intern_free(jar->domains);
	free(jar->host_sites);
	free(jar->sites);
	free(jar->dirty);
	free(jar);
}

/* ---- sites ---- */

/* "::1" of "[::1]": as cookies have it. */
static struct slice name_of(struct slice origin)
{
	struct slice name = origin_read(origin).name;

	if (name.size > 2 && name.at[0] == '[')
		return (struct slice){ name.at + 1, name.size - 2 };
	return name;
}

/* Which site is a name of? */
static uint32_t find_site(struct jar *jar, struct slice domain)
{
	uint32_t number = intern_find(jar->domains, domain);

	if (number != INTERN_NONE)
		return number;
	jar->site_count++;
	jar->sites = memory_resize(jar->sites, jar->site_count * sizeof(*jar->sites));
	jar->dirty = memory_resize(jar->dirty, jar->site_count * sizeof(*jar->dirty));
	jar->sites[jar->site_count - 1] = (struct site){ .count = 0 };
	return intern_add(jar->domains, domain);
}

/* The list of public suffixes is asked for each host once. */
static struct site *site_of(struct jar *jar, struct slice host)
{
	uint32_t number = intern_find(jar->hosts, host);

	if (number == INTERN_NONE) {
		number = intern_add(jar->hosts, host);
		jar->host_sites =
			memory_resize(jar->host_sites, (number + 1) * sizeof(*jar->host_sites));
		jar->host_sites[number] = find_site(jar, domain_of(host));
	}
	return &jar->sites[jar->host_sites[number]];
}

static void note_dirty(struct jar *jar, struct site *site)
{
	if (!site->is_dirty)
		jar->dirty[jar->dirty_count++] = (uint32_t)(site - jar->sites);
	site->is_dirty = true;
}

/* ---- cookies ---- */

static struct cookie *find_cookie(struct site *site, const struct cookie_line *line)
{
	for (size_t i = 0; i < site->count; i++)
		if (cookie_line_replaces(&site->cookies[i].is, line))
			return &site->cookies[i];
	return NULL;
}

/* That which was not set for longest makes room for one more: a session's is set again and again.
 */
static void make_room(struct site *site)
{
	struct cookie *oldest = NULL;
	size_t left = 0;

	for (size_t i = 0; i < site->count; i++) {
		struct cookie *cookie = &site->cookies[i];

		if (cookie->is_gone)
			continue;
		left++;
		if (!oldest || cookie->set_number < oldest->set_number)
			oldest = cookie;
	}
	if (left >= JAR_SITE_MAX)
		oldest->is_gone = true;
}

static struct cookie *add_cookie(struct site *site)
{
	make_room(site);
	site->cookies = memory_resize(site->cookies, (site->count + 1) * sizeof(*site->cookies));
	site->cookies[site->count] = (struct cookie){ .size = 0 };
	return &site->cookies[site->count++];
}

/* In the form of which each is known by one text. */
static void set_cookie(struct site *site, struct cookie *cookie, const struct cookie_line *is)
{
	char line[LINE_BYTES_MAX];
	struct cookie_line lower = *is;
	char *domain = memory_text(is->domain.at, is->domain.size);

	for (char *at = domain; *at; at++)
		*at = ascii_lower(*at);
	lower.domain.at = domain;
	free(cookie->line);
	cookie->size = cookie_line_write(&lower, line, sizeof(line));
	cookie->line = memory_text(line, cookie->size);
	cookie_line_read(&cookie->is, (struct slice){ cookie->line, cookie->size });
	free(domain);
	cookie->set_number = ++site->set_count;
}

/* Returns the cookie, or NULL: there is none any more. */
static struct cookie *put(struct jar *jar, struct slice host, const struct cookie_line *line,
			  int64_t now_s)
{
	struct site *site = site_of(jar, host);
	struct cookie *cookie = find_cookie(site, line);
	bool is_over = cookie_line_is_over(line, now_s);

	if (!cookie && is_over)
		return NULL;
	if (!cookie)
		cookie = add_cookie(site);
	cookie->is_gone = is_over;
	cookie->is_dirty = true;
	note_dirty(jar, site);
	if (is_over)
		return NULL;
	set_cookie(site, cookie, line);
	return cookie;
}

/* Nobody sets one for all of "co.uk", or for others, whatever a worker says (RFC 6265 5.3). */
static bool may_set(struct slice host, const struct cookie_line *line)
{
	struct slice own = cookie_line_host(line);

	return cookie_line_is_for(line, host) &&
	       (own.size == host.size || own.size >= domain_of(host).size);
}

void jar_take(struct jar *jar, struct slice origin, struct slice lines, int64_t now_s)
{
	struct slice host = name_of(origin);

	while (lines.size > 0) {
		struct cookie_line line;

		if (!cookie_line_read(&line, cookie_line_next(&lines)) && may_set(host, &line))
			put(jar, host, &line, now_s);
	}
}

/* ---- what a job takes along ---- */

static bool is_in(struct slice lines, const struct cookie_line *line)
{
	while (lines.size > 0) {
		struct cookie_line other;

		if (!cookie_line_read(&other, cookie_line_next(&lines)) &&
		    cookie_line_replaces(&other, line))
			return true;
	}
	return false;
}

static bool goes_along(const struct cookie *cookie, struct slice host,
		       const struct host_request *request, int64_t now_s)
{
	if (cookie->is_gone || cookie_line_is_over(&cookie->is, now_s) ||
	    !cookie_line_is_for(&cookie->is, host))
		return false;
	return cookie->file_hash == 0 ||
	       (request->cookies == COOKIES_ON && is_in(request->cookie_lines, &cookie->is));
}

struct slice jar_lines(struct jar *jar, struct slice origin, const struct host_request *request,
		       int64_t now_s, char *out, size_t out_bytes)
{
	struct slice host = name_of(origin);
	const struct site *site = site_of(jar, host);
	size_t from = site->count, size = 0;

	for (; from > 0; from--) {
		const struct cookie *cookie = &site->cookies[from - 1];

		if (!goes_along(cookie, host, request, now_s))
			continue;
		if (cookie->size + 1 > out_bytes - size)
			break;
		size += cookie->size + 1;
	}
	size = 0;
	for (; from < site->count; from++) {
		const struct cookie *cookie = &site->cookies[from];

		if (!goes_along(cookie, host, request, now_s))
			continue;
		memcpy(out + size, cookie->line, cookie->size);
		out[size + cookie->size] = '\n';
		size += cookie->size + 1;
	}
	return (struct slice){ out, size };
}

/* ---- shares, of several ---- */

/* A site is of one share: that of its domain, as origins have it. */
static bool is_ours(const struct jar *jar, const struct store *store, const struct site *site)
{
	uint32_t shares = store_get_share_count(store);
	struct slice domain = intern_text(jar->domains, (uint32_t)(site - jar->sites)), name;
	char *in_brackets;
	uint32_t share;

	if (shares == 1)
		return true;
	if (!memchr(domain.at, ':', domain.size))
		return store_has_share(store, share_of_name(domain, shares));
	in_brackets = memory_new(domain.size + 2, 1);
	in_brackets[0] = '[';
	memcpy(in_brackets + 1, domain.at, domain.size);
	in_brackets[domain.size + 1] = ']';
	name = (struct slice){ in_brackets, domain.size + 2 };
	share = share_of_name(name, shares);
	free(in_brackets);
	return store_has_share(store, share);
}

/* What came of another's cookies meanwhile, or was to be written when a share was lost, counts no
 * more. */
static void forget_foreign(struct jar *jar, const struct store *store)
{
	for (size_t i = 0; i < jar->site_count; i++) {
		struct site *site = &jar->sites[i];

		if (site->count == 0 || is_ours(jar, store, site))
			continue;
		free_site(site);
		*site = (struct site){ .is_dirty = site->is_dirty };
	}
}

/* ---- the store, and files ---- */

/* What load_cookie() is called with. */
struct loading {
	struct jar *jar;
	int64_t now_s;
};

static struct cookie_line line_of(const struct store_cookie *stored)
{
	return (struct cookie_line){
		.domain = stored->domain,
		.path = stored->path,
		.name = stored->name,
		.value = stored->value,
		.is_tail = stored->domain.size > 0 && stored->domain.at[0] == '.',
		.is_secure = stored->is_secure,
		.is_http_only = stored->is_http_only,
		.expires_s = stored->expires_s,
	};
}

static int load_cookie(void *context, const struct store_cookie *stored)
{
	struct loading *loading = context;
	struct cookie_line line = line_of(stored);
	struct site *site = site_of(loading->jar, cookie_line_host(&line));
	struct cookie *cookie = find_cookie(site, &line);

	if (!cookie)
		cookie = add_cookie(site);
	set_cookie(site, cookie, &line);
	cookie->file_hash = stored->file_hash;
	cookie->is_gone = cookie_line_is_over(&line, loading->now_s);
	if (cookie->is_gone)
		note_dirty(loading->jar, site);
	return 0;
}

static void load_file_line(struct jar *jar, const struct store *store, struct slice text,
			   int64_t now_s)
{
	uint64_t hash = XXH3_64bits(text.at, text.size);
	struct cookie_line line;
	struct slice host;
	struct cookie *cookie;

	if (cookie_line_read(&line, text))
		return;
	host = cookie_line_host(&line);
	if (store && is_ours(jar, store, site_of(jar, host)))
		return;
	cookie = find_cookie(site_of(jar, host), &line);
	if (cookie && cookie->file_hash == hash && !cookie->is_gone)
		return;
	cookie = put(jar, host, &line, now_s);
	if (cookie)
		cookie->file_hash = hash;
}

/* Of sites that are not ours by store; NULL: of all. */
static void load_files(struct jar *jar, const struct store *store, int64_t now_s)
{
	for (size_t i = 0; i < jar->config->host_count; i++) {
		struct slice lines = jar->config->hosts[i].request.cookie_lines;

		while (lines.size > 0)
			load_file_line(jar, store, cookie_line_next(&lines), now_s);
	}
}

int jar_load(struct jar *jar, struct store *store, int64_t now_s)
{
	struct loading loading = { jar, now_s };

	if (store && store_each_cookie(store, load_cookie, &loading) < 0)
		return -1;
	load_files(jar, NULL, now_s);
	return 0;
}

static int write_cookie(struct store *store, const struct cookie *cookie)
{
	struct store_cookie row = {
		.domain = cookie->is.domain,
		.path = cookie->is.path,
		.name = cookie->is.name,
		.value = cookie->is.value,
		.is_secure = cookie->is.is_secure,
		.is_http_only = cookie->is.is_http_only,
		.expires_s = cookie->is.expires_s,
		.file_hash = cookie->file_hash,
	};

	if (cookie->is_gone)
		return store_clear_cookie(store, &row);
	return cookie->is_dirty ? store_put_cookie(store, &row) : 0;
}

/* Those that are gone leave the memory with it. */
static int write_site(struct site *site, struct store *store)
{
	size_t kept = 0;
	int result = 0;

	for (size_t i = 0; i < site->count; i++) {
		struct cookie *cookie = &site->cookies[i];

		if (write_cookie(store, cookie) < 0)
			result = -1;
		cookie->is_dirty = false;
		if (cookie->is_gone)
			free(cookie->line);
		else
			site->cookies[kept++] = *cookie;
	}
	site->count = kept;
	site->is_dirty = false;
	return result;
}

int jar_write(struct jar *jar, struct store *store)
{
	size_t kept = 0;
	int result = 0;

	for (size_t i = 0; i < jar->dirty_count; i++) {
		struct site *site = &jar->sites[jar->dirty[i]];

		if (!is_ours(jar, store, site))
			jar->dirty[kept++] = jar->dirty[i]; /* it may be on its way to us */
		else if (write_site(site, store) < 0)
			result = -1;
	}
	jar->dirty_count = kept;
	return result;
}

void jar_stop_gaining(struct jar *jar)
{
	jar->is_gaining = false;
}

void jar_gain(struct jar *jar, struct store *store, const struct store_cookie *stored,
	      int64_t now_s)
{
	struct loading loading = { jar, now_s };
	struct cookie_line line;

	if (!jar->is_gaining)
		forget_foreign(jar, store);
	jar->is_gaining = stored != NULL;
	if (!stored) {
		load_files(jar, store, now_s);
		return;
	}
	line = line_of(stored);
	if (!is_ours(jar, store, site_of(jar, cookie_line_host(&line))))
		load_cookie(&loading, stored);
}
