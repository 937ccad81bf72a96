#include "commands/page_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "worker/proxy.h"

#define MAGIC      "crawl page 1\n"
#define ENDING     ".page"
#define NAME_BYTES (32 + sizeof(ENDING))      /* with the NUL */
#define HEAD_BYTES (2 * URL_BYTES_MAX + 1024) /* of all lines, at most */

/* ---- the folder ---- */

/* Returns its descriptor, or -1.  It is made where it is missing. */
static int make_folder(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int make_folder_in(int parent, const char *name)
{
	int fd = parent < 0 ? -1 : make_folder(parent, name);

	if (parent >= 0)
		close(parent);
	return fd;
}

/* The specification: a relative path is ignored. */
static int open_folder(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (xdg && xdg[0] == '/')
		return make_folder_in(make_folder(AT_FDCWD, xdg), "crawl");
	if (!home || home[0] != '/')
		return -1;
	return make_folder_in(
		make_folder_in(open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ".cache"), "crawl");
}

/* Of a page that these settings ask for. */
static void name_of(const struct url *url, const struct settings *settings, char name[NAME_BYTES])
{
	struct proxy_environment proxies = proxy_environment();
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t hash;

	if (!state)
		memory_fail();
	XXH3_128bits_reset(state);
	XXH3_128bits_update(state, url->text, url->size + 1);
	XXH3_128bits_update(state, settings->user_agent, strlen(settings->user_agent) + 1);
	XXH3_128bits_update(state, settings->proxy, strlen(settings->proxy) + 1);
	XXH3_128bits_update(state, proxies.http, strlen(proxies.http) + 1);
	XXH3_128bits_update(state, proxies.https, strlen(proxies.https) + 1);
	XXH3_128bits_update(state, &settings->private_addresses,
			    sizeof(settings->private_addresses));
	hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	snprintf(name, NAME_BYTES, "%016" PRIx64 "%016" PRIx64 ENDING, hash.high64, hash.low64);
}

/* ---- a page as a file: lines of what is known of it, an empty one, its text ---- */

static void write_page(FILE *out, const struct one_page *page, const struct url *url)
{
	fprintf(out, MAGIC "%s\n%s\n%s\n%s\n", url->text, page->url->text, page->content_type,
		page->charset);
	fprintf(out, "%u %u %d %d %" PRIu64 " %" PRId64 " %zu\n\n", page->status, page->elapsed_ms,
		(int)page->charset_source, page->is_gbk, page->size, clock_date_ms(),
		page->text.size);
	fwrite(page->text.at, 1, page->text.size, out);
}

/* The next line of text, which is then what follows; absent if there is none. */
static struct slice take_line(struct slice *text)
{
	const char *end = text->size > 0 ? memchr(text->at, '\n', text->size) : NULL;
	struct slice line = { 0 };

	if (!end)
		return line;
	line = (struct slice){ text->at, (size_t)(end - text->at) };
	*text = (struct slice){ end + 1, text->size - line.size - 1 };
	return line;
}

static bool take_text(struct slice *text, char *out, size_t out_bytes)
{
	struct slice line = take_line(text);

	if (!line.at || line.size >= out_bytes)
		return false;
	memcpy(out, line.at, line.size);
	out[line.size] = '\0';
	return true;
}

/* Read the lines of a file for url; text is then the page's. */
static bool read_head(struct one_page *page, struct slice *text, const struct url *url,
		      int64_t *fetched_ms)
{
	struct slice magic = SLICE(MAGIC), final_url;
	size_t size;
	int source, is_gbk;
	char figures[160];

	if (text->size < magic.size || memcmp(text->at, magic.at, magic.size) != 0)
		return false;
	*text = (struct slice){ text->at + magic.size, text->size - magic.size };
	if (!slice_equal(take_line(text), url_slice(url)))
		return false;
	final_url = take_line(text);
	if (!final_url.at || url_parse(page->url, final_url) != URL_OK ||
	    !take_text(text, page->content_type, sizeof(page->content_type)) ||
	    !take_text(text, page->charset, sizeof(page->charset)) ||
	    !take_text(text, figures, sizeof(figures)) || take_line(text).size != 0 ||
	    sscanf(figures, "%u %u %d %d %" SCNu64 " %" SCNd64 " %zu", &page->status,
		   &page->elapsed_ms, &source, &is_gbk, &page->size, fetched_ms, &size) != 7)
		return false;
	page->charset_source = (enum charset_source)source;
	page->is_gbk = is_gbk;
	return size == text->size && source >= 0 && source <= CHARSET_DEFAULT &&
	       charset_from_label(slice_of(page->charset)) != NULL;
}

/* All of a file that is ours; the caller frees it.  NULL: it is not there, or too large. */
static char *read_file(int folder, const char *name, size_t bytes_max, size_t *size)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	char *bytes = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	    (uint64_t)status.st_size <= bytes_max) {
		*size = (size_t)status.st_size;
		bytes = memory_new(*size + 1, 1);
		if (read(fd, bytes, *size) != (ssize_t)*size) {
			free(bytes);
			bytes = NULL;
		}
	}
	close(fd);
	return bytes;
}

bool page_cache_get(struct one_page *page, const struct url *url, const struct settings *settings)
{
	size_t most = (size_t)settings->max_body * CHARSET_GROWTH_MAX + HEAD_BYTES, size;
	int64_t fetched_ms;
	char name[NAME_BYTES], *bytes;
	int folder = open_folder();

	if (folder < 0)
		return false;
	name_of(url, settings, name);
	bytes = read_file(folder, name, most, &size);
	close(folder);
	if (!bytes)
		return false;
	*page = (struct one_page){ .memory = bytes, .text = { bytes, size } };
	page->url = memory_new(1, sizeof(*page->url));
	if (read_head(page, &page->text, url, &fetched_ms) &&
	    page->size <= (uint64_t)settings->max_body) {
		page->age_ms = clock_date_ms() - fetched_ms + 1;
		if (page->age_ms > 0 && page->age_ms <= PAGE_CACHE_MS)
			return true;
	}
	one_page_free(page);
	return false;
}

/* ---- keeping ---- */

/* Whole, or not at all. */
static void write_file(int folder, const char *name, const struct one_page *page,
		       const struct url *url)
{
	char draft[NAME_BYTES + 16];
	FILE *out;
	int fd;
	bool is_whole;

	snprintf(draft, sizeof(draft), "%s.%ld", name, (long)getpid());
	fd = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return;
	write_page(out, page, url);
	is_whole = !ferror(out);
	is_whole = fclose(out) == 0 && is_whole;
	if (!is_whole || renameat(folder, draft, folder, name) < 0)
		unlinkat(folder, draft, 0);
}

/* Also a draft that was left behind. */
static bool is_ours(const char *name)
{
	return strspn(name, "0123456789abcdef") == 32 &&
	       strncmp(name + 32, ENDING, strlen(ENDING)) == 0;
}

static void drop_old(int folder)
{
	DIR *entries = fdopendir(dup(folder));
	struct dirent *entry;
	struct stat status;

	while (entries && (entry = readdir(entries)) != NULL) {
		if (is_ours(entry->d_name) &&
		    fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    clock_date_ms() - (int64_t)status.st_mtime * 1000 > PAGE_CACHE_MS)
			unlinkat(folder, entry->d_name, 0);
	}
	if (entries)
		closedir(entries);
}

/* With a cookie, or for what else was sent, or a name and password that a proxy got. */
static bool is_of_somebody(const struct one_page *page, const struct settings *settings)
{
	struct proxy_environment proxies = proxy_environment();
	const char *proxy = proxy_for(&proxies, url_slice(page->url));

	return page->has_sent_cookies || page->has_carried || strchr(proxy, '@') ||
	       strchr(settings->proxy, '@');
}

void page_cache_put(const struct one_page *page, const struct url *url,
		    const struct settings *settings)
{
	int folder = is_of_somebody(page, settings) ? -1 : open_folder();
	char name[NAME_BYTES];

	if (folder < 0)
		return;
	name_of(url, settings, name);
	drop_old(folder);
	write_file(folder, name, page, url);
	close(folder);
}
