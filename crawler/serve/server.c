#include "serve/server_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/trying.h"
#include "serve/views.h"

#define NICE          5  /* who crawls goes first */
#define REST_FOR_COST 10 /* a page that takes long to make is made more seldom */

/* ---- the database ---- */

static void close_store(struct server *server)
{
	store_close(server->store);
	server->store = NULL;
}

/* In the jail nobody is connected to. */
static bool is_file(const struct server *server)
{
	return store_is_file(server->options->database);
}

/* What is not there yet, or is being made, is looked for again with the next look. */
static void open_store(struct server *server)
{
	struct store_error error;

	server->store = store_open_read(server->options->database, &error);
	server->trouble[0] = '\0';
	if (!server->store)
		snprintf(server->trouble, sizeof(server->trouble), "%s", error.text);
}

void server_begin_look(struct server *server)
{
	if (server->store && !store_is_current(server->store))
		close_store(server);
	if (!server->store && is_file(server))
		open_store(server);
	if (!server->store && !is_file(server) && server->again_ms == 0)
		server->again_ms = clock_ms() + SERVER_AGAIN_MS;
	if (server->store && store_begin_look(server->store, VIEW_MS) < 0) {
		snprintf(server->trouble, sizeof(server->trouble), "%s",
			 store_error(server->store)->text);
		close_store(server);
	}
}

void server_end_look(struct server *server)
{
	if (!server->store)
		return;
	store_end_look(server->store);
	if (store_has_failed(server->store)) {
		snprintf(server->trouble, sizeof(server->trouble), "%s",
			 store_error(server->store)->text);
		close_store(server);
	}
}

/* ---- the page ---- */

static void look_at(const char *path, struct made_file *file)
{
	struct stat found;

	if (stat(path, &found) == 0)
		*file = (struct made_file){ found.st_dev, found.st_ino, found.st_size,
					    found.st_mtim };
}

static bool is_same_file(const struct made_file *a, const struct made_file *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void look_at_both(const char *database, struct made_of *made_of)
{
	char *file = realpath(database, NULL), log[PATH_MAX + 8];

	if (!file)
		return;
	snprintf(log, sizeof(log), "%s-wal", file);
	look_at(file, &made_of->database);
	look_at(log, &made_of->log);
	free(file);
}

/* Nobody runs, and nobody has written since it was made: it would be the same. */
static bool is_as_made(struct server *server, struct made_of *now)
{
	const struct running *running = &server->running;

	*now = (struct made_of){ .is_running = false };
	look_at_both(server->options->database, now);
	now->is_running = running->is_there || running->is_silent;
	return is_file(server) && !now->is_running && server->made_ms != 0 && !server->was_late &&
	       !server->made_of.is_running &&
	       is_same_file(&now->database, &server->made_of.database) &&
	       is_same_file(&now->log, &server->made_of.log);
}

bool server_is_in_doubt(struct server *server)
{
	const struct running *running = &server->running;
	struct made_of now;

	return !running->is_there && !running->is_silent && !is_as_made(server, &now);
}

static void tell_changes(struct server *server, const char *since)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	live_write_changes(server->live, since, out);
	if (fclose(out) == 0)
		answers_tell(server, (struct slice){ text, size });
	free(text);
}

void server_refresh(struct server *server, int64_t least_ms)
{
	struct live_source source = {
		.database = server->options->shown,
		.running = &server->running,
	};
	int64_t now = clock_ms();
	char since[LIVE_NUMBER_MAX];
	struct made_of made_of;
	size_t changed;

	if (least_ms > 0 && least_ms < server->cost_ms * REST_FOR_COST)
		least_ms = server->cost_ms * REST_FOR_COST;
	if (server->made_ms != 0 && now - server->made_ms < least_ms)
		return;
	if (is_as_made(server, &made_of) && least_ms > 0)
		return;
	live_number(server->live, since);
	server_begin_look(server);
	source.store = server->store;
	source.trouble = server->trouble[0] ? server->trouble : NULL;
	changed = live_refresh(server->live, &source);
	server->was_late = server->store && store_is_late(server->store);
	server->made_of = made_of;
	server_end_look(server);
	server->made_ms = clock_ms();
	server->cost_ms = server->made_ms - now;
	if (changed > 0 && server->viewers)
		tell_changes(server, since);
}

/* ---- every second ---- */

static void on_status(void *user, int status, struct slice text)
{
	struct server *server = user;

	server->is_asking = false;
	server->is_known = true;
	running_read(&server->running, status, text);
	if (server->viewers) /* ticks are not quite even */
		server_refresh(server, SERVER_TICK_MS / 2);
	if (server->asks_anew) {
		server->asks_anew = false;
		server_ask(server);
	} else {
		answers_early(server);
	}
}

static void on_hosts(void *user, int status, struct slice text)
{
	struct server *server = user;

	running_read_hosts(&server->running, status, text);
}

/* Who crawls into a database of many stands in it. */
static void ask_store(struct server *server)
{
	server_begin_look(server);
	running_read_nodes(&server->running, server->store);
	server_end_look(server);
	server->is_known = true;
	if (server->viewers)
		server_refresh(server, SERVER_TICK_MS / 2);
	answers_early(server);
}

void server_ask(struct server *server)
{
	if (!is_file(server)) {
		ask_store(server);
		return;
	}
	if (!server->is_asking && server->running.is_there) /* answered first */
		relay_ask(server->relay, RELAY_CONTROL, SLICE("hosts"), on_hosts, server);
	if (!server->is_asking &&
	    relay_ask(server->relay, RELAY_CONTROL, SLICE("status"), on_status, server) == 0)
		server->is_asking = true;
}

void server_ask_anew(struct server *server)
{
	server->asks_anew = server->is_asking;
	server_ask(server);
}

/* Proxies close what is silent, and a viewer that has gone without a word is found out by it. */
static void beat(struct server *server, int64_t now)
{
	if (now < server->beat_due_ms)
		return;
	server->beat_due_ms = now + SERVER_BEAT_MS;
	answers_tell(server, SLICE(": still here\n\n"));
}

static void on_tick(void *user)
{
	struct server *server = user;
	int64_t now = clock_ms();

	loop_set_timer(server->loop, &server->tick, now + SERVER_TICK_MS);
	server_ask(server);
	beat(server, now);
}

/* ---- its life ---- */

static void on_end(void *user, struct slice how)
{
	struct server *server = user;

	snprintf(server->ended, sizeof(server->ended), "%.*s", (int)how.size, how.at);
	server->is_ending = true;
	server->end_by_ms = clock_ms() + SERVER_ENDING_MS;
	if (server->ended[0]) {
		server->running.is_there = false;
		server_refresh(server, 0);
	}
	answers_early(server);
	answers_end(server);
	http_stop_listening(server->http);
	relay_close(server->relay);
}

static void on_channel(void *user, int fd, uint32_t events)
{
	struct server *server = user;

	(void)fd;
	if (events & ~(uint32_t)EPOLLOUT)
		server->is_orphan = relay_receive(server->relay) < 0;
	trying_turn();
	if (!server->is_known && !server->is_ending)
		server_ask(server);
}

/* Send what is wanted; the channel is watched for writing only while something did not fit. */
static int flush(struct server *server)
{
	uint32_t events = EPOLLIN;

	if (pool_worker_flush(server->pool) < 0)
		return -1;
	if (pool_worker_has_unsent(server->pool))
		events |= EPOLLOUT;
	return loop_watch(server->loop, pool_worker_fd(server->pool), events, on_channel, server);
}

static bool is_to_be_replaced(const struct server *server)
{
	return server->again_ms != 0 && clock_ms() >= server->again_ms;
}

static bool is_over(const struct server *server)
{
	return pool_worker_is_stopping(server->pool) || is_to_be_replaced(server) ||
	       (server->is_ending && !pool_worker_has_unsent(server->pool) &&
		(!http_is_busy(server->http) || clock_ms() >= server->end_by_ms));
}

static int run(struct server *server)
{
	on_tick(server);
	while (flush(server) == 0) {
		if (is_over(server))
			return EXIT_SUCCESS;
		loop_turn(server->loop, server->is_ending ? 20 : SERVER_TICK_MS);
		pool_worker_beat(server->pool);
		if (server->is_orphan)
			break;
	}
	return EXIT_FAILURE;
}

int server_live(struct pool_worker *pool, void *context)
{
	struct server server = { .pool = pool, .options = context };
	int code = EXIT_FAILURE;

	server.tick = (struct loop_timer){ .function = on_tick, .user = &server };
	server.live = live_new();
	server.relay = relay_new(pool, on_end, &server);
	server.loop = loop_new();
	if (server.loop)
		server.http =
			http_new(server.loop, server.options->listener, answers_handle, &server);
	pool_worker_busy_with(pool, NULL);
	if (nice(NICE) < 0)
		errno = 0; /* as it is */
	if (!is_file(&server))
		open_store(&server);
	if (server.http && jail_enter(server.options->jail) == 0)
		code = run(&server);

	http_free(server.http);
	while (server.viewers) {
		struct viewer *viewer = server.viewers;

		server.viewers = viewer->next;
		free(viewer);
	}
	close_store(&server);
	relay_free(server.relay);
	live_free(server.live);
	loop_free(server.loop);
	return code;
}
