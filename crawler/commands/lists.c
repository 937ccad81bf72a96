#include "commands/lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/clock.h"
#include "cli/slips.h"
#include "parsers/text/memory.h"
#include "parsers/url/url.h"
#include "show/human.h"
#include "show/log.h"

#define REJECTS_TOLD_MAX    1000   /* in the log of a run */
#define REJECTS_COMMIT_ROWS 200000 /* as of URLs: nobody waits for them */
#define TURN_LINES          256    /* between two turns of the store */

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
	if (text[0] == '{') {
		log_error("a line of JSON stands in a list: write it into a file, or into crawl -");
		return false;
	}
	shown = memory_text(text, strlen(text));
	if (user.size > 0)
		memset(shown + (user.at - text), '*', user.size);
	log_error("%s: %s", shown, url_error_text(error));
	free(shown);
	return false;
}

/* What is known may be asked for again without a list. */
static bool may_do_without(const struct options *options)
{
	return (options->is_all || options->is_update || options->is_retry_failed) &&
	       !options->is_fresh && !options->is_dry_run;
}

bool lists_are_readable(const struct options *options)
{
	bool is_fine = true;

	if (options->argument_count == 0 && !may_do_without(options)) {
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

/* A list of nothing else has millions of them: the table has them all. */
static void tell_reject(struct lists *lists, const struct seeds_line *line)
{
	bool is_told = lists->told < REJECTS_TOLD_MAX;

	LOG(is_told ? LOG_NORMAL : LOG_VERBOSE, "rejected", LOG_TEXT("list", lists->name),
	    LOG_NUMBER("line", line->number), LOG_TEXT("reason", line->reason));
	lists->told += is_told;
	if (is_told && lists->told == REJECTS_TOLD_MAX)
		log_say("further lines that are no URLs are counted, and told with -v");
}

/* What is read for long must not wait for its commit as long. */
static int keep_reject(struct lists *lists, const struct seeds_line *line)
{
	char text[SEEDS_REJECT_TEXT_MAX];

	if (store_put_reject(lists->store, lists->name, line->number, hide_user(line, text),
			     line->reason) < 0)
		return -1;
	return store_get_uncommitted(lists->store) < REJECTS_COMMIT_ROWS
		       ? 0
		       : store_commit(lists->store);
}

static int reject(struct lists *lists, const struct seeds_line *line)
{
	tell_reject(lists, line);
	return lists->store ? keep_reject(lists, line) : 0;
}

static int add_url(const struct lists *lists, const struct seeds_line *line)
{
	if (lists->master)
		return master_add_seed(lists->master, line);
	return lists->on_url ? lists->on_url(lists->context, line) : 1;
}

/* A lease must not run out while a list is read. */
static int keep_alive(const struct lists *lists, uint64_t number)
{
	int64_t due_ms;

	if (!lists->is_shared || number % TURN_LINES != 0)
		return 0;
	return store_turn(lists->store, clock_ms(), &due_ms);
}

static int on_line(void *context, const struct seeds_line *line)
{
	struct lists *lists = context;
	int added;

	if (!line->url)
		added = reject(lists, line) < 0 ? -1 : 0;
	else {
		added = add_url(lists, line);
		lists->repeated += added == 0;
		lists->users += line->user.size > 0;
		lists->posts += line->request.method == REQUEST_POST;
	}
	if (added < 0 || keep_alive(lists, line->number) < 0) {
		lists->has_failed = true;
		return -1;
	}
	lists->added += line->url && added > 0;
	return 0;
}

/* ---- a look ---- */

static struct list_file *open_list(struct lists *lists, const char *name)
{
	char error[LIST_FILE_ERROR_MAX];
	struct list_file *file = list_file_open(name, lists->signals, error);

	if (!file && error[0] == '\0')
		lists->is_stopped = true;
	else if (!file)
		log_error("%s", error);
	return file;
}

/* What has to be waited for, and comes only once: a pipe, a terminal. */
static bool is_stream(const char *name)
{
	struct stat status;

	return is_stdin(name) || (stat(name, &status) == 0 && !S_ISREG(status.st_mode));
}

/* A file is not kept open: there may be more of them than descriptors. */
static int look_at_files(struct lists *lists, const struct options *options)
{
	for (size_t i = 0; i < options->argument_count; i++) {
		const char *name = options->arguments[i];
		struct list_file *file;

		if (is_url(name) || is_stream(name))
			continue;
		file = open_list(lists, name);
		if (!file)
			return -1;
		list_file_close(file);
	}
	return 0;
}

static int hold_stream(struct lists *lists, const struct options *options)
{
	for (size_t i = 0; i < options->argument_count; i++) {
		const char *name = options->arguments[i];

		if (is_url(name) || !is_stream(name))
			continue;
		lists->held_name = name;
		lists->held = open_list(lists, name);
		return lists->held ? 0 : -1;
	}
	return 0;
}

int lists_look(struct lists *lists, const struct options *options)
{
	return look_at_files(lists, options) < 0 ? -1 : hold_stream(lists, options);
}

/* ---- reading ---- */

/* Reading failed, with errno. */
static void say_fault(const struct lists *lists, const struct seeds_counts *counts,
		      const struct list_file *file)
{
	if (errno == SEEDS_ERROR_ENDLESS)
		log_error("%s: line %llu has no end: after 64 MiB it is given up", lists->name,
			  (unsigned long long)counts->lines + 1);
	else
		log_error("%s: %s", lists->name,
			  file ? list_file_reason(file, errno) : strerror(errno));
}

/* Read the text of a list, and count it. */
static int read_text(struct lists *lists, FILE *text, const struct list_file *file)
{
	struct seeds_counts counts;
	int result;

	errno = 0;
	result = seeds_read(text, on_line, lists, &counts);
	if (result < 0 && !lists->has_failed) {
		lists->is_stopped = errno == EINTR;
		if (!lists->is_stopped)
			say_fault(lists, &counts, file);
	}
	if (result == 0 && counts.urls == 0 && lists->empty++ == 0)
		lists->empty_name = lists->name;
	count_up(lists, &counts);
	return result;
}

static int read_url(struct lists *lists, const char *url)
{
	FILE *text = fmemopen((void *)(uintptr_t)url, strlen(url), "r");
	int result;

	if (!text)
		memory_fail();
	result = read_text(lists, text, NULL);
	fclose(text);
	return result;
}

/* The one that was kept when it was looked at, or another. */
static struct list_file *take_list(struct lists *lists, const char *name)
{
	struct list_file *file = lists->held;

	if (!file || lists->held_name != name)
		return open_list(lists, name);
	lists->held = NULL;
	return file;
}

static int read_file(struct lists *lists, const char *name)
{
	struct list_file *file;
	int result;

	if (is_stdin(name) && lists->has_read_stdin)
		return 0; /* it is at its end */
	file = take_list(lists, name);
	if (!file)
		return -1;
	lists->has_read_stdin = lists->has_read_stdin || is_stdin(name);
	result = read_text(lists, list_file_text(file), file);
	list_file_close(file);
	return result;
}

/* Read one argument as a list. */
static int read_whole(struct lists *lists, const char *name)
{
	if (lists->store && store_clear_rejects(lists->store, name) < 0) {
		lists->has_failed = true;
		return -1;
	}
	return is_url(name) ? read_url(lists, name) : read_file(lists, name);
}

/* ---- that others read, too ---- */

/* Of the bytes of a file as it lies there, or of a URL.  Returns 0, or -1 after a complaint. */
static int hash_list(const char *name, uint64_t *hash)
{
	static char block[64 * 1024];
	XXH3_state_t *state;
	FILE *file;
	size_t size;

	*hash = XXH3_64bits(name, strlen(name));
	if (is_url(name))
		return 0;
	file = fopen(name, "re");
	if (!file) {
		log_error("%s: %s", name, strerror(errno));
		return -1;
	}
	state = XXH3_createState();
	if (!state)
		memory_fail();
	XXH3_64bits_reset(state);
	while ((size = fread(block, 1, sizeof(block), file)) > 0)
		XXH3_64bits_update(state, block, size);
	*hash = XXH3_64bits_digest(state);
	XXH3_freeState(state);
	fclose(file);
	return 0;
}

/* The same bytes are read once in a run, whoever names them, and by whatever name. */
static int read_shared(struct lists *lists, const char *name)
{
	uint64_t hash;
	int is_ours;

	if (hash_list(name, &hash) < 0)
		return -1;
	is_ours = store_begin_list(lists->store, name, hash);
	if (is_ours == 0) {
		if (lists->left++ == 0)
			lists->left_name = name;
		return 0;
	}
	if (is_ours > 0 && read_whole(lists, name) < 0)
		return -1;
	if (is_ours < 0 || store_end_list(lists->store, hash) < 0) {
		lists->has_failed = true;
		return -1;
	}
	return 0;
}

static int read_list(struct lists *lists, const char *name)
{
	lists->name = name;
	return lists->is_shared && (is_url(name) || !is_stream(name)) ? read_shared(lists, name)
								      : read_whole(lists, name);
}

int lists_read(struct lists *lists, const struct options *options)
{
	for (size_t i = 0; i < options->argument_count; i++) {
		if (read_list(lists, options->arguments[i]) < 0)
			return -1;
	}
	return 0;
}

void lists_end(struct lists *lists)
{
	list_file_close(lists->held);
	lists->held = NULL;
	if (lists->signals >= 0)
		close(lists->signals);
	lists->signals = -1;
}

/* ---- what came of it ---- */

void lists_say_users(const struct lists *lists)
{
	if (lists->users > 0)
		log_say("%s with a user name or password (user:pw@): for %s host alone, and not "
			"kept",
			COUNTED(lists->users, "URL"), lists->users == 1 ? "its" : "their");
}

/* "cities.txt and 2 other lists: the run has them already" */
static void say_left(const struct lists *lists)
{
	char others[80] = "";

	if (lists->left > 1)
		snprintf(others, sizeof(others), " and %s", COUNTED(lists->left - 1, "other list"));
	if (lists->left > 0)
		log_say("%s%s: the run has %s already", lists->left_name, others,
			lists->left > 1 ? "them" : "it");
}

void lists_say(const struct lists *lists)
{
	say_left(lists);
	if (lists->left > 0 && lists->counts.lines == 0)
		return;
	log_say("%s: %s (%llu new, %llu known), %llu rejected, %llu blank or comment",
		COUNTED(lists->counts.lines, "line"), COUNTED(lists->counts.urls, "URL"),
		(unsigned long long)lists->added, (unsigned long long)lists->repeated,
		(unsigned long long)lists->counts.rejected,
		(unsigned long long)lists->counts.skipped);
	if (lists->posts > 0)
		log_say("%s asked by POST", COUNTED(lists->posts, "URL"));
	lists_say_users(lists);
}
