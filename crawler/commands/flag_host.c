#include "commands/flag_host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/list_file.h"
#include "config/request_flags.h"
#include "frontier/seeds.h"
#include "parsers/url/url.h"
#include "show/log.h"

static const char *first_secret(const struct options *options)
{
	for (size_t i = 0; i < options->header_count; i++)
		if (request_flags_is_secret(options->headers[i]))
			return "--header";
	return options->user ? "--user" : options->cookie ? "--cookie" : NULL;
}

#define ORIGIN_MAX (ORIGIN_BYTES_MAX + 1)

struct search {
	const char *flag;
	char origin[ORIGIN_MAX]; /* the first that was found, or "" */
};

/* Returns 0, or -1 after a complaint: it is not the one. */
static int note(struct search *search, const struct url *url)
{
	struct slice origin = url_origin(url);

	if (search->origin[0] == '\0') {
		snprintf(search->origin, ORIGIN_MAX, "%.*s", (int)origin.size, origin.at);
		return 0;
	}
	if (slice_equal(origin, slice_of(search->origin)))
		return 0;
	log_error(
		"%s is for one host, the lists name more (%.200s, %.*s): which host? put it under "
		"hosts:",
		search->flag, search->origin, origin.size < 200 ? (int)origin.size : 200,
		origin.at);
	return -1;
}

static int on_line(void *context, const struct seeds_line *line)
{
	return line->url ? note(context, line->url) : 0;
}

static bool is_file(const char *name)
{
	struct stat status;

	return strcmp(name, "-") != 0 && stat(name, &status) == 0 && S_ISREG(status.st_mode);
}

static int look_into(struct search *search, const char *name)
{
	char error[LIST_FILE_ERROR_MAX];
	struct seeds_counts counts;
	struct list_file *file;
	int result;

	if (!is_file(name)) {
		log_error("%s: a list that can be read only once does not say beforehand which "
			  "host %s is for: put it under hosts:",
			  name, search->flag);
		return -1;
	}
	file = list_file_open(name, -1, error);
	if (!file) {
		log_error("%s", error);
		return -1;
	}
	errno = 0;
	result = seeds_read(list_file_text(file), on_line, search, &counts);
	if (result < 0 && errno != 0)
		log_error("%s: %s", name, list_file_reason(file, errno));
	list_file_close(file);
	return result;
}

/* A page that is a file has no host to be told.  Returns 0, or -1 after a complaint. */
static int look_at(struct search *search, const char *argument, bool are_lists)
{
	static struct url url;

	if (!strstr(argument, "://"))
		return are_lists ? look_into(search, argument) : 0;
	return url_parse(&url, slice_of(argument)) == URL_OK ? note(search, &url) : 0;
}

static int find(struct search *search, const struct options *options, bool are_lists)
{
	for (size_t i = 0; i < options->argument_count; i++)
		if (look_at(search, options->arguments[i], are_lists) < 0)
			return -1;
	if (search->origin[0] || !are_lists)
		return 0;
	log_error("%s is for the host of a list, and no list names one: which host? put it under "
		  "hosts:",
		  search->flag);
	return -1;
}

static struct config *config_for(const struct options *options, const char *const paths[],
				 size_t count, bool are_lists)
{
	struct search search = { .flag = first_secret(options) };

	if (search.flag && find(&search, options, are_lists) < 0)
		return NULL;
	return command_config_for(options, paths, count, search.origin[0] ? search.origin : NULL);
}

struct config *flag_host_config(const struct options *options, const char *const paths[],
				size_t count)
{
	return config_for(options, paths, count, true);
}

struct config *flag_host_page_config(const struct options *options, const char *const paths[],
				     size_t count)
{
	return config_for(options, paths, count, false);
}

struct config *flag_host_recorded_config(const struct options *options)
{
	struct search search = { .flag = first_secret(options) };

	if (search.flag && options->record)
		look_at(&search, options->record, false);
	return command_config_named(options, search.origin[0] ? search.origin : NULL);
}
