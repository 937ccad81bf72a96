#include "commands/lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/slips.h"
#include "parsers/text/memory.h"
#include "parsers/url/url.h"
#include "show/human.h"
#include "show/log.h"

static bool is_url(const char *argument)
{
	return strstr(argument, "://") != NULL;
}

static bool is_stdin(const char *argument)
{
	return strcmp(argument, "-") == 0;
}

/* A URL on the command line that is none is a slip, not a line among others.  Complains. */
static bool is_good_url(const char *text)
{
	struct url url;
	enum url_error error = url_parse(&url, slice_of(text));
	struct slice user = url_user(slice_of(text));
	char *shown;

	if (error == URL_OK)
		return true;
	shown = memory_text(text, strlen(text));
	if (user.size > 0)
		memset(shown + (user.at - text), '*', user.size);
	log_error("%s: %s", shown, url_error_text(error));
	free(shown);
	return false;
}

bool lists_are_readable(const struct options *options)
{
	bool is_fine = true;

	if (options->argument_count == 0) {
		log_error("no URLs: give a list, a URL, or - for standard input (crawl --help)");
		return false;
	}
	for (size_t i = 0; i < options->argument_count; i++) {
		const char *name = options->arguments[i];
		struct stat status;

		if (is_url(name)) {
			is_fine = is_good_url(name) && is_fine;
			continue;
		}
		if (is_stdin(name))
			continue;
		if (stat(name, &status) == 0 && S_ISDIR(status.st_mode))
			errno = EISDIR;
		else if (access(name, R_OK) == 0)
			continue;
		log_error("%s: %s%s", name, strerror(errno),
			  slip_is_url(name) && (errno == ENOENT || errno == ENOTDIR)
				  ? " (a URL begins with http:// or https://)"
				  : "");
		is_fine = false;
	}
	return is_fine;
}

static void count_up(struct lists *lists, const struct seeds_counts *counts)
{
	lists->counts.lines += counts->lines;
	lists->counts.urls += counts->urls;
	lists->counts.rejected += counts->rejected;
	lists->counts.skipped += counts->skipped;
}

/* A rejected line without a name and a password: they are nobody's business later. */
static struct slice hide_user(const struct seeds_line *line, char out[SEEDS_REJECT_TEXT_MAX])
{
	size_t begin = line->user.size > 0 ? (size_t)(line->user.at - line->text.at) : 0;
	size_t end = begin + line->user.size;

	memcpy(out, line->text.at, line->text.size);
	for (size_t i = begin; i < end && i < line->text.size; i++)
		out[i] = '*';
	return (struct slice){ out, line->text.size };
}

static int reject(struct lists *lists, const struct seeds_line *line)
{
	char text[SEEDS_REJECT_TEXT_MAX];

	LOG(LOG_NORMAL, "rejected", LOG_TEXT("list", lists->name), LOG_NUMBER("line", line->number),
	    LOG_TEXT("reason", line->reason));
	return lists->store ? store_put_reject(lists->store, lists->name, line->number,
					       hide_user(line, text), line->reason)
			    : 0;
}

static int add_url(const struct lists *lists, struct url *url)
{
	if (lists->master)
		return master_add_seed(lists->master, url);
	return lists->on_url ? lists->on_url(lists->context, url) : 1;
}

static int on_line(void *context, const struct seeds_line *line)
{
	struct lists *lists = context;
	int added;

	if (!line->url)
		added = reject(lists, line) < 0 ? -1 : 0;
	else {
		added = add_url(lists, line->url);
		lists->repeated += added == 0;
		lists->users += line->user.size > 0;
	}
	if (added < 0) {
		lists->has_failed = true;
		return -1;
	}
	lists->added += line->url && added > 0;
	return 0;
}

/* Read one argument as a list.  Returns 0, or -1: it cannot be read, or the store failed. */
static int read_list(struct lists *lists, const char *name)
{
	FILE *list;
	struct seeds_counts counts;
	int result;

	lists->name = name;
	if (lists->store && store_clear_rejects(lists->store, name) < 0) {
		lists->has_failed = true;
		return -1;
	}
	if (is_url(name))
		list = fmemopen((void *)(uintptr_t)name, strlen(name), "r");
	else
		list = is_stdin(name) ? stdin : fopen(name, "r");
	if (!list) {
		log_error("%s: %s", name, strerror(errno));
		return -1;
	}
	errno = 0;
	result = seeds_read(list, on_line, lists, &counts);
	if (result < 0 && !lists->has_failed)
		log_error("%s: %s", name, strerror(errno));
	count_up(lists, &counts);
	if (!is_stdin(name))
		fclose(list);
	return result;
}

int lists_read(struct lists *lists, const struct options *options)
{
	for (size_t i = 0; i < options->argument_count; i++) {
		if (read_list(lists, options->arguments[i]) < 0)
			return -1;
	}
	return 0;
}

void lists_say_users(const struct lists *lists)
{
	if (lists->users > 0)
		log_say("%s with a user name or password (user:pw@): it is not used, nor kept",
			COUNTED(lists->users, "URL"));
}

void lists_say(const struct lists *lists)
{
	log_say("%s: %s (%llu new, %llu known), %llu rejected, %llu blank or comment",
		COUNTED(lists->counts.lines, "line"), COUNTED(lists->counts.urls, "URL"),
		(unsigned long long)lists->added, (unsigned long long)lists->repeated,
		(unsigned long long)lists->counts.rejected,
		(unsigned long long)lists->counts.skipped);
	lists_say_users(lists);
}
