#include "commands/flag_host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/list_file.h"
#include "config/config_request.h"
#include "frontier/seeds.h"
#include "show/log.h"

static const char *first_secret(const struct options *options)
{
	for (size_t i = 0; i < options->header_count; i++)
		if (config_header_is_secret(options->headers[i]))
			return "--header";
	return options->user ? "--user" : options->cookie ? "--cookie" : NULL;
}

bool flag_host_is_wanted(const struct options *options)
{
	return first_secret(options);
}

struct search {
	const char *flag;
	char *origin; /* the first that was found, or "" */
};

/* Returns 0, or -1 after a complaint: it is not the one. */
static int note(struct search *search, const struct url *url)
{
	struct slice origin = url_origin(url);

	if (search->origin[0] == '\0') {
		snprintf(search->origin, FLAG_HOST_MAX, "%.*s", (int)origin.size, origin.at);
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

int flag_host_find(const struct options *options, char origin[FLAG_HOST_MAX])
{
	struct search search = { .flag = first_secret(options), .origin = origin };
	static struct url url;

	origin[0] = '\0';
	for (size_t i = 0; i < options->argument_count; i++) {
		const char *name = options->arguments[i];
		bool is_url = strstr(name, "://");
		int result;

		if (is_url && url_parse(&url, slice_of(name)) != URL_OK)
			continue; /* it was complained of */
		result = is_url ? note(&search, &url) : look_into(&search, name);
		if (result < 0)
			return -1;
	}
	if (origin[0])
		return 0;
	log_error("%s is for the host of a list, and no list names one: which host? put it under "
		  "hosts:",
		  search.flag);
	return -1;
}
