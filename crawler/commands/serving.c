#include "commands/serving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "parsers/text/ascii.h"
#include "serve/port.h"
#include "serve/token.h"
#include "show/log.h"
#include "store/store.h"

/* ---- what was said ---- */

static int read_port(const char *text, unsigned *port)
{
	char *end;
	unsigned long number = strtoul(text ? text : "", &end, 10);

	*port = SERVING_PORT;
	if (!text)
		return 0;
	if (text[0] < '0' || text[0] > '9' || *end || number > 65535) {
		log_error("--port '%.20s' is none: 1024 to 65535, or 0 for any", text);
		return -1;
	}
	*port = (unsigned)number;
	return 0;
}

static bool is_port(const char *text)
{
	char *end;

	return ascii_is_digit(*text) && strtoul(text, &end, 10) <= 65535 && *end == '\0';
}

/* "example.org", "example.org:80": what a browser says of whom it asks. */
static bool is_name(const char *text)
{
	size_t size =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

	if (text[0] == '[') {
		size = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
		if (text[size++] != ']')
			return false;
	}
	return size > 0 && size < 255 &&
	       (text[size] == '\0' || (text[size] == ':' && is_port(text + size + 1)));
}

static int check_names(const struct options *options)
{
	for (size_t i = 0; i < options->name_count; i++) {
		if (is_name(options->names[i]))
			continue;
		log_error("--name '%.60s' is none: example.org, or example.org:8080",
			  options->names[i]);
		return -1;
	}
	return 0;
}

/* A name would be looked up, and may be several. */
static int check_listen(const char *address)
{
	if (!address || port_is_address(address))
		return 0;
	log_error("--listen '%.60s' is no address: 192.0.2.7, 0.0.0.0 or ::1", address);
	return -1;
}

static const char token_file[] = "file:";

static int check_token(const char *token)
{
	if (!token || strncmp(token, token_file, sizeof(token_file) - 1) == 0)
		return 0;
	log_error("--token file:PATH is wanted: what is typed, others can see");
	return -1;
}

static int read_token(const struct options *options, struct gate *gate)
{
	char error[TOKEN_ERROR_MAX];

	if (!options->token) {
		token_new(gate->token);
		return 0;
	}
	if (token_keep(options->token + sizeof(token_file) - 1, gate->token, error) == 0)
		return 0;
	log_error("%s", error);
	return -1;
}

/* A run has complained of its config already; a page that offers none of it is one all the same. */
static int read_patterns(struct serving *serving)
{
	const struct options *options = serving->options;
	FILE *out = options->is_serve ? fopen("/dev/null", "w") : stderr;
	int result = 0;

	if (out && (options->config_count > 0 || options->is_serve))
		result = config_texts_read(&serving->patterns, options->configs,
					   options->config_count, out);
	if (out && options->is_serve)
		fclose(out);
	return options->is_serve ? 0 : result;
}

int serving_open(struct serving *serving, const struct options *options)
{
	struct gate *gate = &serving->gate;
	char error[PORT_ERROR_MAX];

	serving->options = options;
	*gate = (struct gate){
		.listen = options->listen,
		.names = options->names,
		.name_count = options->name_count,
	};
	if (read_port(options->port, &gate->port) < 0 || check_listen(options->listen) < 0 ||
	    check_names(options) < 0 || check_token(options->token) < 0 ||
	    read_patterns(serving) < 0)
		return EXIT_WRONG_USAGE;
	if (read_token(options, gate) < 0)
		return EXIT_CANNOT_GO_ON;
	serving->listener =
		port_listen(options->listen ? options->listen : "127.0.0.1", &gate->port, error);
	if (serving->listener >= 0)
		return 0;
	log_error("%s", error);
	return EXIT_CANNOT_GO_ON;
}

/* Of all addresses the machine's own does. */
const char *serving_url(const struct serving *serving, char out[SERVING_URL_MAX])
{
	const struct gate *gate = &serving->gate;
	const char *host = gate->listen ? gate->listen : "127.0.0.1";
	const char *name = gate->name_count > 0 ? gate->names[0] : NULL;

	if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
		host = "127.0.0.1";
	if (name && strchr(name, ':'))
		snprintf(out, SERVING_URL_MAX, "http://%s/?token=%s", name, gate->token);
	else
		snprintf(out, SERVING_URL_MAX,
			 !name && strchr(host, ':') ? "http://[%s]:%u/?token=%s"
						    : "http://%s:%u/?token=%s",
			 name ? name : host, gate->port, gate->token);
	return out;
}

/* ---- whom it asks ---- */

/*
 * One that begins has its run in the database before its socket: the lock tells it from one that
 * was killed.  Not asked by the crawl itself, which has the database open.
 */
static bool is_beginning(const struct options *options)
{
	return !options->is_serve && store_is_in_use(options->database);
}

static void on_done(void *user, int result, const char *text)
{
	struct serving_call *call = user, done = *call;

	*call = (struct serving_call){ .call = NULL };
	if (result == 0 && is_beginning(done.options)) {
		result = -1;
		text = "the crawl that has the database does not answer yet";
	}
	done.answer(done.user, result, text);
}

static void on_told(void *user, int result, const char *text)
{
	struct serving_call *call = user, done = *call;

	*call = (struct serving_call){ .call = NULL };
	done.answer(done.user, result, text);
}

/* All who crawl into one database. */
static void tell(struct serving *serving, struct serving_call *call, const char *line,
		 serve_answer *answer, void *user)
{
	struct tell *made;

	*call = (struct serving_call){ .answer = answer, .user = user };
	made = tell_begin(serving->options->database, line, serving->loop, on_told, call);
	if (made)
		call->tell = made;
}

static void ask(void *context, const char *line, serve_answer *answer, void *user)
{
	struct serving *serving = context;

	for (size_t i = 0; i < SERVING_CALLS_MAX; i++) {
		struct serving_call *call = &serving->calls[i];
		struct control_call *made;

		if (call->answer)
			continue;
		if (!store_is_file(serving->options->database)) {
			tell(serving, call, line, answer, user);
			return;
		}
		*call = (struct serving_call){ .options = serving->options,
					       .answer = answer,
					       .user = user };
		made = control_call(serving->options->database, line, serving->loop, on_done, call);
		if (made)
			call->call = made;
		return;
	}
	answer(user, -1, "too much is asked of the crawl at once");
}

/* ---- its processes ---- */

int serving_start(struct serving *serving, struct loop *loop, enum sandbox sandbox)
{
	const struct serve_options options = {
		.loop = loop,
		.database = serving->options->database,
		.gate = &serving->gate,
		.listener = serving->listener,
		.sandbox = sandbox,
		.ask = ask,
		.ask_context = serving,
		.patterns = &serving->patterns,
	};
	char error[SERVE_ERROR_MAX], notice[SERVE_ERROR_MAX];

	serving->loop = loop;
	serving->serve = serve_new(&options, error, notice);
	if (notice[0])
		log_say("%s", notice);
	if (serving->serve)
		return 0;
	log_error("%s", error);
	return -1;
}

void serving_close(struct serving *serving)
{
	for (size_t i = 0; i < SERVING_CALLS_MAX; i++) {
		control_call_free(serving->calls[i].call);
		tell_free(serving->calls[i].tell);
	}
	serve_free(serving->serve);
	if (serving->listener >= 0)
		close(serving->listener);
	config_texts_free(&serving->patterns);
	*serving = SERVING_BEGIN;
}
