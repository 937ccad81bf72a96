#include "serve/server_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "serve/assets.h"
#include "serve/views.h"

#define LEADS_ON                                                    \
	"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">" \
	"<title>crawl</title><p><a href=\"/\">To the page</a></p></html>\n"

static void say(struct http_request *request, unsigned status, const char *text)
{
	http_answer(request, &(struct http_reply){ .status = status,
						   .type = HTTP_PLAIN,
						   .body = slice_of(text) });
}

/* ---- who may not ---- */

static void refuse(struct http_request *request, enum gate_verdict verdict)
{
	static const struct {
		unsigned status;
		const char *text;
	} said[] = {
		[GATE_WRONG_HOST] = { 421, "This is not the name of this page: ask for it by the "
					   "address that crawl serve printed,\nor start it with "
					   "--name NAME for another.\n" },
		[GATE_WRONG_SITE] = { 403, "Only a page of this server may ask for that.\n" },
		[GATE_NEEDS_TOKEN] = { 401, "The token is missing, or of an earlier start: open "
					    "the address that crawl serve printed.\n" },
	};

	say(request, said[verdict].status, said[verdict].text);
}

/*
 * "/?token=...": from now on a cookie says it, and the address no longer.  Of a link on another
 * site browsers count what a redirect asks for as asked by that site, and leave the cookie out:
 * there a page of our own leads on.
 */
static void take_token(struct server *server, struct http_request *request)
{
	const struct gate *gate = server->options->gate;
	const char *site = http_header(request, "Sec-Fetch-Site");
	char name[GATE_COOKIE_MAX], cookie[GATE_COOKIE_MAX + GATE_TOKEN_MAX + 64];
	struct http_reply reply;

	if (!gate_is_token(gate, http_argument(request, "token"))) {
		refuse(request, GATE_NEEDS_TOKEN);
		return;
	}
	snprintf(cookie, sizeof(cookie), "%s=%s; Path=/; HttpOnly; SameSite=Strict",
		 gate_cookie_name(gate, name), gate->token);
	if (site && strcmp(site, "cross-site") == 0)
		reply = (struct http_reply){ .status = 200,
					     .type = HTTP_HTML,
					     .headers = { { "Refresh", "0; url=/" },
							  { "Set-Cookie", cookie } },
					     .body = SLICE(LEADS_ON) };
	else
		reply = (struct http_reply){
			.status = 303, .headers = { { "Location", "/" }, { "Set-Cookie", cookie } }
		};
	http_answer(request, &reply);
}

/* ---- what is asked of the crawl ---- */

/* A script shows what was said; a form without one leads back to the page. */
static void answer_done(struct http_request *request, bool is_done, const char *text)
{
	const char *accept = http_header(request, "Accept");
	struct http_reply reply = { .status = is_done ? 200 : 409,
				    .type = HTTP_PLAIN,
				    .body = slice_of(text) };

	if (is_done && accept && strstr(accept, "text/html"))
		reply = (struct http_reply){ .status = 303, .headers = { { "Location", "/" } } };
	http_answer(request, &reply);
}

static void on_told(void *user, int status, struct slice text)
{
	struct http_request *request = user;
	bool is_ok = status > 0 && text.size >= 3 && memcmp(text.at, "ok ", 3) == 0;
	bool is_error = status > 0 && text.size >= 6 && memcmp(text.at, "error ", 6) == 0;
	size_t skipped = is_ok ? 3 : is_error ? 6 : 0;
	char *said;

	if (status == 0) {
		answer_done(request, false, "No crawl is running.\n");
		return;
	}
	said = memory_text(text.at + skipped, text.size - skipped);
	answer_done(request, is_ok, said);
	free(said);
}

static void tell(struct server *server, struct http_request *request, const char *line)
{
	if (relay_ask(server->relay, RELAY_CONTROL, slice_of(line), on_told, request) < 0)
		say(request, 503, "Too much is asked at once: try again.\n");
}

static void tell_pause(struct server *server, struct http_request *request)
{
	tell(server, request, "pause");
}

static void tell_resume(struct server *server, struct http_request *request)
{
	tell(server, request, "resume");
}

static void tell_stop(struct server *server, struct http_request *request)
{
	tell(server, request, "stop");
}

/* One word each, or the crawl would read more than two. */
static bool is_word(const char *text)
{
	return text && text[0] && strlen(text) < 300 && !strpbrk(text, " \t\r\n");
}

static void tell_delay(struct server *server, struct http_request *request)
{
	char *host = http_field(request, "host"), *time = http_field(request, "time");
	char line[640];

	if (is_word(host) && is_word(time)) {
		snprintf(line, sizeof(line), "delay %s %s", host, time);
		tell(server, request, line);
	} else {
		say(request, 400, "A host and a time are wanted: host=example.org&time=2s\n");
	}
	free(host);
	free(time);
}

static const struct {
	const char *path;
	void (*act)(struct server *server, struct http_request *request);
} actions[] = {
	{ "/pause", tell_pause }, { "/resume", tell_resume }, { "/stop", tell_stop },
	{ "/delay", tell_delay }, { "/try", try_run },
};

static void (*find_action(const char *path))(struct server *, struct http_request *)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].path, path) == 0)
			return actions[i].act;
	}
	return NULL;
}

/* ---- what is read ---- */

struct memory_file {
	char *text;
	size_t size;
	FILE *out;
};

static void open_memory(struct memory_file *file)
{
	*file = (struct memory_file){ .text = NULL };
	file->out = open_memstream(&file->text, &file->size);
	if (!file->out)
		memory_fail();
}

static struct slice close_memory(struct memory_file *file)
{
	if (fclose(file->out) != 0)
		memory_fail();
	return (struct slice){ file->text, file->size };
}

static void answer_page(struct server *server, struct http_request *request)
{
	struct memory_file file;

	server_refresh(server, SERVER_TICK_MS);
	open_memory(&file);
	live_write(server->live, file.out);
	http_answer(request, &(struct http_reply){ .status = 200,
						   .type = HTTP_HTML,
						   .body = close_memory(&file) });
	free(file.text);
}

/* Until the crawl was asked nobody knows whether one runs. */
static void show_page(struct server *server, struct http_request *request)
{
	bool is_early = !server->is_known || server_is_in_doubt(server);

	if (is_early && !server->is_ending && server->early_count < EARLY_MAX) {
		server->early[server->early_count++] = request;
		server_ask_anew(server);
	} else {
		answer_page(server, request);
	}
}

void answers_early(struct server *server)
{
	for (size_t i = 0; i < server->early_count; i++)
		answer_page(server, server->early[i]);
	server->early_count = 0;
}

static void show_view(struct server *server, struct http_request *request, view_function *show,
		      const char *rest)
{
	struct memory_file file;
	char saved[VIEW_FILE_MAX + 32];
	struct http_reply reply;
	struct view view = {
		.request = request,
		.rest = rest,
		.database = server->options->shown,
		.running = &server->running,
		.status = 200,
		.type = HTTP_HTML,
	};

	open_memory(&file);
	server_begin_look(server);
	view.store = server->store;
	view.trouble = server->trouble;
	view.out = file.out;
	show(&view);
	server_end_look(server);
	reply = (struct http_reply){ .status = view.status,
				     .type = view.type,
				     .body = close_memory(&file) };
	if (view.file[0]) {
		snprintf(saved, sizeof(saved), "attachment; filename=\"%s\"", view.file);
		reply.headers[0] = (struct http_header){ "Content-Disposition", saved };
	}
	http_answer(request, &reply);
	free(file.text);
}

/* ---- viewers ---- */

static void on_viewer_ended(void *user)
{
	struct viewer *viewer = user;

	if (viewer->previous)
		viewer->previous->next = viewer->next;
	else
		viewer->server->viewers = viewer->next;
	if (viewer->next)
		viewer->next->previous = viewer->previous;
	free(viewer);
}

/* Where a viewer comes again its browser says which event was the last. */
static void begin_stream(struct server *server, struct http_request *request)
{
	static const char retry[] = "retry: 2000\n\n";
	const char *since = http_header(request, "Last-Event-ID");
	struct viewer *viewer = memory_new(1, sizeof(*viewer));
	struct memory_file file;

	open_memory(&file);
	fputs(retry, file.out);
	if (server->made_ms == 0 || !server_is_in_doubt(server)) /* else with the next tick */
		server_refresh(server, SERVER_TICK_MS);
	live_write_changes(server->live, since ? since : http_argument(request, "since"), file.out);
	*viewer = (struct viewer){ .server = server, .next = server->viewers };
	viewer->stream = http_stream(request, on_viewer_ended, viewer);
	if (viewer->stream) {
		http_stream_write(viewer->stream, close_memory(&file));
		if (server->viewers)
			server->viewers->previous = viewer;
		server->viewers = viewer;
	} else {
		close_memory(&file);
		free(viewer);
	}
	free(file.text);
}

void answers_tell(struct server *server, struct slice events)
{
	for (struct viewer *at = server->viewers; at; at = at->next)
		http_stream_write(at->stream, events);
}

void answers_end(struct server *server)
{
	char last[128];

	snprintf(last, sizeof(last), "event: end\ndata: %s\n\n", server->ended);
	while (server->viewers) {
		struct viewer *viewer = server->viewers;

		if (server->ended[0])
			http_stream_write(viewer->stream, slice_of(last));
		http_stream_end(viewer->stream);
		server->viewers = viewer->next;
		free(viewer);
	}
}

/* ---- paths ---- */

static void read_path(struct server *server, struct http_request *request)
{
	const char *path = http_path(request), *rest;
	struct asset asset = asset_find(path);
	view_function *show = view_find(path, &rest);

	if (asset.path)
		http_answer(request, &(struct http_reply){ .status = 200,
							   .type = asset.type,
							   .body = asset.bytes });
	else if (strcmp(path, "/") == 0)
		show_page(server, request);
	else if (strcmp(path, "/events") == 0)
		begin_stream(server, request);
	else if (strcmp(path, "/try") == 0)
		try_show(server, request);
	else if (strcmp(path, "/matched") == 0)
		try_matched(server, request);
	else if (show)
		show_view(server, request, show, rest);
	else
		say(request, 404, "There is nothing here.\n");
}

static void refuse_method(struct http_request *request, const char *allowed)
{
	http_answer(request, &(struct http_reply){ .status = 405,
						   .type = HTTP_PLAIN,
						   .body = SLICE("Not by this method.\n"),
						   .headers = { { "Allow", allowed } } });
}

static void route(struct server *server, struct http_request *request)
{
	const char *method = http_method(request), *path = http_path(request);
	void (*action)(struct server *, struct http_request *) = find_action(path);
	bool is_head = strcmp(method, "HEAD") == 0;

	if (action && strcmp(method, "POST") == 0)
		action(server, request);
	else if (action && strcmp(path, "/try") != 0)
		refuse_method(request, "POST");
	else if (strcmp(method, "GET") == 0 || (is_head && strcmp(path, "/events") != 0))
		read_path(server, request);
	else if (action)
		refuse_method(request, "GET, HEAD, POST");
	else if (view_is_known(path))
		refuse_method(request, strcmp(path, "/events") == 0 ? "GET" : "GET, HEAD");
	else
		say(request, 404, "There is nothing here.\n");
}

void answers_handle(void *user, struct http_request *request)
{
	struct server *server = user;
	struct gate_request asks = http_who_asks(request);
	enum gate_verdict verdict = gate_judge(server->options->gate, &asks);
	bool brings_token = strcmp(asks.method, "GET") == 0 &&
			    strcmp(http_path(request), "/") == 0 && http_argument(request, "token");

	if ((verdict == GATE_OPEN || verdict == GATE_NEEDS_TOKEN) && brings_token)
		take_token(server, request);
	else if (verdict != GATE_OPEN)
		refuse(request, verdict);
	else
		route(server, request);
}
