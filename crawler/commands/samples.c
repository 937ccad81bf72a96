#include "commands/samples.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/given.h"
#include "commands/page_cache.h"
#include "parsers/request/request.h"
#include "parsers/text/media_type.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"
#include "show/paragraph.h"
#include "store/store.h"

#define STORED_MAX 100000 /* pages of a database */

struct samples {
	const struct options *options;
	const struct config *config;
	char **names; /* files and URLs */
	size_t count, next;
	struct kept_pages *kept; /* of --stored, or NULL */
	struct sample *last;     /* that was handed out, or NULL */
	struct url url;          /* of --url, if that was said */
	struct slice set;        /* of --with, or absent; in scratch */
	struct scratch scratch;
};

static bool is_url(const char *argument)
{
	return strstr(argument, "://") != NULL;
}

/* ---- what there is ---- */

static void add(struct samples *samples, char *name)
{
	samples->names = memory_resize(samples->names, (samples->count + 1) * sizeof(char *));
	samples->names[samples->count++] = name;
}

static char *path_of(const char *folder, const char *name)
{
	size_t size = strlen(folder), room = size + strlen(name) + 2;
	char *path = memory_new(room, 1);

	snprintf(path, room, "%s%s%s", folder, size > 0 && folder[size - 1] == '/' ? "" : "/",
		 name);
	return path;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* By bytes: the same order whatever the locale. */
static int by_name(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

/* Returns false after a complaint. */
static bool add_folder(struct samples *samples, const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_shown, by_name);
	size_t before = samples->count;

	if (count < 0) {
		log_error("%s: %s", folder, strerror(errno));
		return false;
	}
	for (int i = 0; i < count; i++) {
		char *path = path_of(folder, entries[i]->d_name);
		struct stat status;

		if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
			add(samples, path);
		else
			free(path);
		free(entries[i]);
	}
	free(entries);
	if (samples->count == before)
		log_error("%s: no files in this folder", folder);
	return samples->count > before;
}

static bool add_all(struct samples *samples, const char *const arguments[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = arguments[i];
		struct stat status;

		if (!is_url(name) && stat(name, &status) == 0 && S_ISDIR(status.st_mode)) {
			if (!add_folder(samples, name))
				return false;
		} else {
			add(samples, memory_text(name, strlen(name)));
		}
	}
	return true;
}

/* The number of --stored.  Returns 0 after a complaint. */
static size_t stored_most(const struct options *options)
{
	char error[SETTING_ERROR_MAX];
	int64_t most;

	if (setting_parse(SETTING_COUNT, 1, STORED_MAX, slice_of(options->stored), &most, error) ==
	    0)
		return (size_t)most;
	log_error("--stored: %s", error);
	return 0;
}

/* Returns an exit code, after a complaint if it is not EXIT_ALL_DONE. */
static int choose_kept(struct samples *samples, kept_pages_filter *filter, void *context)
{
	const struct options *options = samples->options;
	size_t most = stored_most(options);

	if (most == 0)
		return EXIT_WRONG_USAGE;
	samples->kept = kept_pages_choose(options, samples->config, most, filter, context);
	if (!samples->kept)
		return EXIT_CANNOT_GO_ON;
	if (kept_pages_count(samples->kept) > 0)
		return EXIT_ALL_DONE;
	log_error("%s keeps no page that a pattern is for", store_shown(options->database));
	return EXIT_SOME_FAILED;
}

/* Returns false after a complaint. */
static bool read_url(struct samples *samples)
{
	const char *text = samples->options->url;
	enum url_error error;

	if (!text)
		return true;
	if (samples->kept || samples->count != 1 || is_url(samples->names[0])) {
		log_error("--url says which URL a file stands for, and here is %s",
			  samples->kept         ? "a database"
			  : samples->count != 1 ? "more than one page"
						: "a URL");
		return false;
	}
	error = url_parse(&samples->url, slice_of(text));
	if (error != URL_OK)
		log_error("%s: %s", text, url_error_text(error));
	else
		canonical_apply(samples->config->canonical, &samples->url);
	return error == URL_OK;
}

/* Returns false after a complaint. */
static bool read_set(struct samples *samples)
{
	const struct options *options = samples->options;

	if (options->given_count > 0 && samples->kept) {
		log_error("--with gives a page what its list would, and the database has that");
		return false;
	}
	return given_read(options, &samples->scratch, &samples->set) == 0;
}

/* Returns an exit code. */
static int find_all(struct samples *samples, const char *const arguments[], size_t count,
		    kept_pages_filter *filter, void *context)
{
	int code = EXIT_ALL_DONE;

	if (samples->options->stored && count > 0) {
		log_error("--stored takes pages of the database: '%s' is another", arguments[0]);
		return EXIT_WRONG_USAGE;
	}
	if (samples->options->stored)
		code = choose_kept(samples, filter, context);
	if (code == EXIT_ALL_DONE &&
	    (!add_all(samples, arguments, count) || !read_url(samples) || !read_set(samples)))
		code = EXIT_WRONG_USAGE;
	return code;
}

struct samples *samples_new(const struct options *options, const struct config *config,
			    const char *const arguments[], size_t count, kept_pages_filter *filter,
			    void *context, int *code)
{
	struct samples *samples = memory_new(1, sizeof(*samples));

	samples->options = options;
	samples->config = config;
	*code = find_all(samples, arguments, count, filter, context);
	if (*code == EXIT_ALL_DONE)
		return samples;
	samples_free(samples);
	return NULL;
}

size_t samples_count(const struct samples *samples)
{
	return samples->kept ? kept_pages_count(samples->kept) : samples->count;
}

/* ---- one after the other ---- */

/* Returns an exit code. */
static int fetch(struct samples *samples, struct one_page *page, const char *text,
		 char error[ONE_PAGE_ERROR_MAX])
{
	const struct settings *settings = &samples->config->settings;
	struct slice user = url_user(slice_of(text));
	struct url *url = memory_new(1, sizeof(*url));
	enum url_error wrong = url_parse(url, slice_of(text));
	int code = EXIT_ALL_DONE;

	canonical_apply(samples->config->canonical, url);
	if (strchr(text, '\t')) {
		snprintf(error, ONE_PAGE_ERROR_MAX,
			 "%.300s: a TAB inside the URL (--with NAME=VALUE says the rest)", text);
		code = EXIT_WRONG_USAGE;
	} else if (wrong != URL_OK) {
		snprintf(error, ONE_PAGE_ERROR_MAX, "%.300s: %s", text, url_error_text(wrong));
		code = EXIT_WRONG_USAGE;
	} else if (samples->options->is_again ||
		   one_page_carries(samples->config, url_slice(url), user) ||
		   !page_cache_get(page, url, settings)) {
		if (one_page_url(page, url, user, samples->config, samples->options->database,
				 error) == 0)
			page_cache_put(page, url, settings);
		else
			code = EXIT_SOME_FAILED;
	}
	free(url);
	return code;
}

static int read_named(struct samples *samples, struct sample *sample, int *code)
{
	char error[ONE_PAGE_ERROR_MAX];
	const char *name = samples->names[samples->next++];
	int result = EXIT_ALL_DONE;

	*sample = (struct sample){ .name = name };
	if (is_url(name) && request_identity_of(slice_of(name)).size > 0) {
		/* What is posted may do something: it is not asked again to be looked at. */
		*code = kept_pages_find(samples->options, name, &sample->page);
		return *code == EXIT_ALL_DONE ? 1 : -1;
	}
	if (is_url(name))
		result = fetch(samples, &sample->page, name, error);
	else if (one_page_file(&sample->page, name, (struct slice){ 0 },
			       (size_t)samples->config->settings.max_body, error) < 0)
		result = EXIT_WRONG_USAGE;
	if (result == EXIT_ALL_DONE)
		return 1;
	log_error("%s", error);
	*code = result;
	return -1;
}

static int read_kept(struct samples *samples, struct sample *sample, int *code)
{
	int result;

	*sample = (struct sample){ 0 };
	result = kept_pages_next(samples->kept, &sample->page);
	if (result < 0)
		*code = EXIT_CANNOT_GO_ON;
	return result;
}

static void release_last(struct samples *samples)
{
	if (samples->last)
		one_page_free(&samples->last->page);
	samples->last = NULL;
}

int samples_next(struct samples *samples, struct sample *sample, int *code)
{
	int result = 0;

	release_last(samples);
	if (samples->kept)
		result = read_kept(samples, sample, code);
	else if (samples->next < samples->count)
		result = read_named(samples, sample, code);
	if (result != 1)
		return result;
	samples->last = sample;
	if (sample->page.url)
		sample->url = url_slice(sample->page.url);
	else if (samples->options->url)
		sample->url = url_slice(&samples->url);
	sample->set = sample->page.set ? slice_of(sample->page.set) : samples->set;
	if (!sample->name)
		sample->name = sample->page.url->text;
	return 1;
}

void samples_free(struct samples *samples)
{
	if (!samples)
		return;
	release_last(samples);
	kept_pages_free(samples->kept);
	for (size_t i = 0; i < samples->count; i++)
		free(samples->names[i]);
	free(samples->names);
	scratch_free(&samples->scratch);
	free(samples);
}

/* ---- one of them ---- */

void sample_say(const struct sample *sample, bool is_one_of_several)
{
	const struct one_page *page = &sample->page;
	char size[HUMAN_SIZE_MAX], time[HUMAN_DURATION_MAX];
	struct paragraph line = { .size = 0 };

	if (page->status > 0) {
		paragraph_add(&line, "", "%s: %u", page->url->text, page->status);
		paragraph_add(&line, ", ", "%s",
			      page->content_type[0] ? page->content_type : "no content type");
		paragraph_add(&line, ", ", "%s in %s", human_size(page->size, size),
			      human_duration(page->elapsed_ms, time));
	} else {
		paragraph_add(&line, "", "%s%s%s", is_one_of_several ? sample->name : "",
			      is_one_of_several ? ": " : "", human_size(page->size, size));
	}
	if (page->is_stored)
		paragraph_add(&line, ", ", "charset=%s", page->charset);
	else
		paragraph_add(&line, ", ", "charset=%s source=%s", page->charset,
			      charset_source_name(page->charset_source));
	if (page->age_ms > 0)
		paragraph_add(&line, ", ", "fetched %s ago (--again asks anew)",
			      human_wait(page->age_ms, time));
	paragraph_say(&line);
}

struct slice sample_content_type(const struct sample *sample)
{
	if (sample->page.url)
		return slice_of(sample->page.content_type);
	if (media_type_of((struct slice){ 0 }, sample->page.text) == MEDIA_XHTML)
		return SLICE("application/xhtml+xml");
	return SLICE("text/html");
}
