#include "serve/serve.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "jail/jail.h"
#include "parsers/text/memory.h"
#include "pool/pool.h"
#include "serve/patterns.h"
#include "serve/relay.h"
#include "serve/server.h"
#include "show/log.h"
#include "store/store.h"

#define SILENCE_MS 10000 /* a server that gives no sign of life for so long is replaced */
#define SERVER_ROOM                                                                  \
	((uint64_t)512 * 1024 * 1024) /* bytes of memory, beyond what it begins with \
				       */
#define PATTERNS_ROOM ((uint64_t)256 * 1024 * 1024)
#define PATHS_MAX     3

/*
 * A place is with the server, or its wish is at work: together RELAY_PLACES at most, so that what
 * comes of a wish always has room, and the end of all, too.
 */
struct serve {
	struct serve_options options;
	char folder[PATH_MAX], real_folder[PATH_MAX];
	char *shown;
	struct jail *server_jail, *patterns_jail;
	struct server_options server_options;
	struct pool *server, *patterns;
	unsigned places, wishes;
	bool is_ending;
};

/* What the server wants: it is at work. */
struct wish {
	struct serve *serve;
	struct relay_head head;
	unsigned start; /* of the server: a later one has not asked */
};

static void on_server_value(void *user, const struct pool_value *value);

/* ---- to the server ---- */

static unsigned server_start(const struct serve *serve)
{
	return pool_worker_info(serve->server, 0).starts;
}

static int send_to_server(struct serve *serve, const struct relay_head *head, struct slice text)
{
	if (pool_submit(serve->server, 0, (struct slice){ (const char *)head, sizeof(*head) }, text,
			on_server_value, serve) < 0)
		return -1;
	serve->places++;
	return 0;
}

static void give_places(struct serve *serve)
{
	const struct relay_head place = { .kind = RELAY_NOTHING };

	while (!serve->is_ending && serve->places + serve->wishes < RELAY_PLACES &&
	       pool_room(serve->server, 0) > 1) {
		if (send_to_server(serve, &place, (struct slice){ 0 }) < 0)
			return;
	}
}

static void end_wish(struct wish *wish, int status, struct slice text)
{
	struct serve *serve = wish->serve;

	serve->wishes--;
	wish->head.status = status;
	if (!serve->is_ending && wish->start == server_start(serve) &&
	    send_to_server(serve, &wish->head, text) < 0) {
		wish->head.status = -EMSGSIZE;
		send_to_server(serve, &wish->head, (struct slice){ 0 });
	}
	free(wish);
}

/* ---- what it wants ---- */

static void on_crawl_answer(void *user, int status, const char *text)
{
	end_wish(user, status, slice_of(text));
}

/* Whoever has taken the server over may pause a crawl, and have it ask for nothing else. */
static bool may_say(struct slice line)
{
	static const char *const words[] = { "status", "hosts", "pause", "resume", "stop" };
	static const char delay[] = "delay ";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (slice_equal(line, slice_of(words[i])))
			return true;
	}
	return line.size > sizeof(delay) && line.size < 1024 &&
	       memcmp(line.at, delay, sizeof(delay) - 1) == 0 &&
	       !memchr(line.at, '\n', line.size) && !memchr(line.at, '\0', line.size);
}

static void ask_crawl(struct wish *wish, struct slice line)
{
	const struct serve_options *options = &wish->serve->options;
	char *copy;

	if (!may_say(line)) {
		end_wish(wish, -1, SLICE("that is not for a page to say"));
		return;
	}
	copy = memory_text(line.at, line.size);
	options->ask(options->ask_context, copy, on_crawl_answer, wish);
	free(copy);
}

static void on_patterns_value(void *user, const struct pool_value *value)
{
	end_wish(user, value->status, value->bytes);
}

static void ask_patterns(struct wish *wish, struct slice text)
{
	if (pool_enqueue(wish->serve->patterns, patterns_do, text, on_patterns_value, wish) < 0)
		end_wish(wish, POOL_CANCELLED, (struct slice){ 0 });
}

static void on_server_value(void *user, const struct pool_value *value)
{
	struct serve *serve = user;
	struct relay_head head;
	struct slice text;
	struct wish *wish;

	serve->places--;
	if (serve->is_ending || value->status != POOL_DONE ||
	    relay_read(value->bytes, &head, &text) < 0 ||
	    (head.kind != RELAY_CONTROL && head.kind != RELAY_PATTERNS))
		return;
	wish = memory_new(1, sizeof(*wish));
	*wish = (struct wish){ serve, head, server_start(serve) };
	serve->wishes++;
	if (head.kind == RELAY_CONTROL)
		ask_crawl(wish, text);
	else
		ask_patterns(wish, text);
}

/* ---- the children ---- */

/* One that ends without a fault does so to be replaced: server.h. */
static void on_exit_of_child(void *context, const struct pool_exit *end)
{
	bool is_fine = end->is_planned || end->code == EXIT_SUCCESS;

	(void)context;
	LOG(is_fine ? LOG_VERBOSE : LOG_NORMAL, "page_exit", LOG_TEXT("process", end->name),
	    LOG_NUMBER("pid", end->pid), LOG_NUMBER("code", end->code),
	    LOG_TEXT("why", is_fine        ? "done"
			    : end->is_late ? "silent"
					   : "died"));
}

static int enter_jail(void *context, unsigned worker)
{
	const struct serve *serve = context;

	(void)worker;
	return jail_enter(serve->patterns_jail) == 0 ? 0 : EXIT_FAILURE;
}

static int start_server(struct serve *serve)
{
	const struct pool_options options = {
		.loop = serve->options.loop,
		.name = "page",
		.workers = 1,
		.window = RELAY_PLACES + 1,
		.silence_ms = SILENCE_MS,
		.keep_fds = &serve->options.listener,
		.keep_fd_count = 1,
		.serve = server_live,
		.on_exit = on_exit_of_child,
		.context = &serve->server_options,
	};

	serve->server_options = (struct server_options){
		.database = serve->options.database,
		.shown = serve->shown,
		.gate = serve->options.gate,
		.listener = serve->options.listener,
		.jail = serve->server_jail,
		.patterns = serve->options.patterns,
	};
	serve->server = pool_new(&options);
	return serve->server ? 0 : -1;
}

static int start_patterns(struct serve *serve)
{
	const struct pool_options options = {
		.loop = serve->options.loop,
		.name = "patterns",
		.workers = 1,
		.queue_max = RELAY_PLACES,
		.answer_ms = PATTERNS_ANSWER_MS,
		.initializer = enter_jail,
		.on_exit = on_exit_of_child,
		.context = serve,
	};

	serve->patterns = pool_new(&options);
	return serve->patterns ? 0 : -1;
}

/*
 * The folder by its name, and where the database is if that is a link: it may come later.  Of one
 * that is no file nothing is read.
 */
static size_t find_paths(struct serve *serve, const char *paths[PATHS_MAX])
{
	const char *database = serve->options.database;
	char copy[PATH_MAX], real[PATH_MAX];
	size_t count = 0;

	if (!store_is_file(database))
		return 0;
	snprintf(copy, sizeof(copy), "%s", database);
	snprintf(serve->folder, sizeof(serve->folder), "%s", dirname(copy));
	paths[count++] = serve->folder;
	if (!realpath(database, real))
		return count;
	snprintf(serve->real_folder, sizeof(serve->real_folder), "%s", dirname(real));
	paths[count++] = serve->real_folder;
	paths[count++] = database;
	return count;
}

static int make_jails(struct serve *serve, char error[SERVE_ERROR_MAX],
		      char notice[SERVE_ERROR_MAX])
{
	const char *paths[PATHS_MAX];
	struct jail_wish serving = {
		.task = JAIL_SERVES,
		.sandbox = serve->options.sandbox,
		.room = SERVER_ROOM,
		.paths = paths,
		.path_count = find_paths(serve, paths),
	};
	struct jail_wish computing = {
		.task = JAIL_COMPUTES,
		.sandbox = serve->options.sandbox,
		.room = PATTERNS_ROOM,
	};
	char text[JAIL_TEXT_MAX];

	serve->patterns_jail = jail_new_for(&computing, text);
	if (serve->patterns_jail)
		serve->server_jail = jail_new_for(&serving, text);
	snprintf(serve->server_jail ? notice : error, SERVE_ERROR_MAX, "%s", text);
	return serve->server_jail ? 0 : -1;
}

struct serve *serve_new(const struct serve_options *options, char error[SERVE_ERROR_MAX],
			char notice[SERVE_ERROR_MAX])
{
	struct serve *serve = memory_new(1, sizeof(*serve));

	notice[0] = '\0';
	serve->options = *options;
	serve->shown =
		memory_text(store_shown(options->database), strlen(store_shown(options->database)));
	if (make_jails(serve, error, notice) < 0) {
		serve_free(serve);
		return NULL;
	}
	if (start_patterns(serve) == 0 && start_server(serve) == 0)
		return serve;
	snprintf(error, SERVE_ERROR_MAX, "cannot start the page's processes: %s", strerror(errno));
	serve_free(serve);
	return NULL;
}

/* The loop is one: the turn of either pool is the other's, too. */
void serve_turn(struct serve *serve, int timeout_ms)
{
	pool_turn(serve->patterns, 0);
	give_places(serve);
	pool_turn(serve->server, timeout_ms);
}

void serve_end(struct serve *serve, const char *how)
{
	const struct relay_head end = { .kind = RELAY_END };
	int64_t limit = clock_ms() + SERVE_END_MS;

	if (serve->is_ending)
		return;
	serve->is_ending = true;
	send_to_server(serve, &end, slice_of(how ? how : ""));
	pool_close(serve->server);
	while (pool_outstanding(serve->server) > 0 && clock_ms() < limit)
		pool_turn(serve->server, 100);
	pool_join(serve->server, SERVE_END_MS);
}

bool serve_is_broken(const struct serve *serve)
{
	return pool_is_broken(serve->server) || pool_is_broken(serve->patterns);
}

void serve_free(struct serve *serve)
{
	if (!serve)
		return;
	serve->is_ending = true;
	pool_free(serve->server);
	pool_free(serve->patterns);
	jail_free(serve->server_jail);
	jail_free(serve->patterns_jail);
	free(serve->shown);
	free(serve);
}
