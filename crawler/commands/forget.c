#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/secret_key.h"
#include "commands/faults.h"
#include "commands/lists.h"
#include "commands/store_says.h"
#include "frontier/key_set.h"
#include "frontier/seen.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"

/* Everything the command holds. */
struct forget {
	const struct options *options;
	struct config *config;
	struct store *store;
	struct seen *places; /* of all URLs, from 1, */
	uint64_t *ids;       /* and the key of each, as one number */
	size_t id_count, id_room;
	struct key_set *named;   /* by the lists */
	uint64_t known, unknown; /* that lists name */
	struct lists lists;
	struct store_key *keys; /* to be forgotten */
	size_t count, room;
};

/* ---- what is known, and what is named ---- */

static int ignore_host(void *context, const struct store_known_host *known)
{
	(void)context;
	(void)known;
	return 0;
}

static int note_url(void *context, const struct store_known_url *known)
{
	struct forget *forget = context;

	if (!known->url.at || forget->id_count >= UINT32_MAX)
		return 0;
	if (forget->id_count == forget->id_room) {
		forget->id_room = forget->id_room * 2 + 1024;
		forget->ids = memory_resize(forget->ids, forget->id_room * sizeof(*forget->ids));
	}
	forget->ids[forget->id_count++] = store_key_id(known->key);
	seen_put(forget->places, known->url, (uint32_t)forget->id_count);
	return 0;
}

static bool name_known(struct forget *forget, struct slice url)
{
	uint32_t place = seen_number(forget->places, url);

	if (place > 0)
		key_set_add(forget->named, forget->ids[place - 1]);
	return place > 0;
}

/* As its list asks for it, or as reports name it. */
static void identify(const struct seeds_line *line)
{
	if (request_is_plain(&line->request))
		request_identify_typed(line->url, line->text);
	else
		request_identify(line->url, &line->request);
}

/* It may be known from before there was a rule of canonical: for it, or by what that makes of it.
 */
static int name_url(void *context, const struct seeds_line *line)
{
	struct forget *forget = context;
	uint16_t size = line->url->size;
	bool is_known;

	identify(line);
	is_known = name_known(forget, url_slice(line->url));
	line->url->text[line->url->size = size] = '\0';
	canonical_apply(forget->config->canonical, line->url);
	identify(line);
	is_known |= name_known(forget, url_slice(line->url));
	forget->unknown += !is_known;
	forget->known += is_known;
	return is_known;
}

/* What is to stay must be known: a list that is wrong, or of another database, would leave nothing.
 */
static bool is_safe(const struct forget *forget)
{
	char faults[FAULTS_MAX];
	const char *why = faults_of_lists(&forget->lists, faults);

	if (!why && forget->known == 0)
		why = "none of these URLs is known";
	if (!why || !forget->options->is_other_lists)
		return true;
	log_error("--other-lists would forget what is meant to stay: %s", why);
	return false;
}

/* A URL goes with what was reached from it. */
static int choose_url(void *context, const struct store_known_url *known)
{
	struct forget *forget = context;
	bool is_named = key_set_has(forget->named, store_key_id(known->key)) ||
			key_set_has(forget->named, store_key_id(known->root));

	if (is_named == forget->options->is_other_lists)
		return 0;
	if (forget->count == forget->room) {
		forget->room = forget->room * 2 + 64;
		forget->keys = memory_resize(forget->keys, forget->room * sizeof(*forget->keys));
	}
	forget->keys[forget->count++] = known->key;
	return 0;
}

/* ---- the command ---- */

/* Returns the exit code. */
static int say(const struct forget *forget, const struct store_forgotten *sum)
{
	bool is_dry = forget->options->is_dry_run;
	char faults[FAULTS_MAX];
	const char *why = faults_of_lists(&forget->lists, faults);

	if (forget->unknown > 0)
		log_say("%s not known to %s", COUNTED(forget->unknown, "URL"),
			store_shown(forget->options->database));
	log_say("%s %s, %s and %s from %s", is_dry ? "would forget" : "forgetting",
		COUNTED(sum->urls, "URL"), COUNTED(sum->rows, "row"),
		COUNTED(sum->bodies, "kept page"), store_shown(forget->options->database));
	if (!is_dry && sum->urls > 0 && store_is_file(forget->options->database))
		log_say("what is free is used again; sqlite3 %s VACUUM gives it back",
			store_shown(forget->options->database));
	if (why)
		log_say("exit 1: %s", why);
	return why || forget->unknown > 0 ? EXIT_SOME_FAILED : EXIT_ALL_DONE;
}

/*
 * What a page leads to is seen only when it is read in full, whichever of them it is; and a row
 * with a key stands on the page that showed it last, while others show it, too.
 */
static bool reads_rest_again(const struct config *config)
{
	for (size_t i = 0; i < config->pattern_count; i++)
		if (config->patterns[i].key_count > 0)
			return true;
	return config->follow_count > 0;
}

/* Nothing is changed before all of it is known; and then all of it is, or nothing. */
static int forget_all(struct forget *forget)
{
	const struct store_events note = { .gain_host = ignore_host,
					   .gain_url = note_url,
					   .context = forget };
	const struct store_events choose = { .gain_url = choose_url,
					     .context = forget,
					     .is_brief = true };
	struct store_forgotten sum = { 0 };
	int code;

	if (store_gain(forget->store, &note) < 0)
		return EXIT_CANNOT_GO_ON;
	if (lists_read(&forget->lists, forget->options) < 0 || !is_safe(forget))
		return EXIT_WRONG_USAGE;
	if (store_gain(forget->store, &choose) < 0 ||
	    store_get_doomed(forget->store, forget->keys, forget->count, &sum) < 0)
		return EXIT_CANNOT_GO_ON;
	code = say(forget, &sum);
	if (!forget->options->is_dry_run && forget->count > 0 &&
	    (store_forget(forget->store, forget->keys, forget->count,
			  reads_rest_again(forget->config)) < 0 ||
	     store_commit(forget->store) < 0))
		return EXIT_CANNOT_GO_ON;
	return code;
}

static int open_and_forget(struct forget *forget)
{
	const struct options *options = forget->options;
	struct store_error error;
	int code;

	if (!lists_are_readable(options))
		return EXIT_WRONG_USAGE;
	forget->config = command_config(options, options->configs, options->config_count);
	if (!forget->config || lists_look(&forget->lists, options) < 0)
		return EXIT_WRONG_USAGE;
	if (!store_exists(options->database)) {
		log_error("there is no %s: nothing to forget (-o names another)",
			  store_shown(options->database));
		return EXIT_WRONG_USAGE;
	}
	forget->store = options->is_dry_run ? store_open_read(options->database, &error)
					    : store_open(options->database, false, &error);
	if (!forget->store) {
		store_says(&error);
		return EXIT_CANNOT_GO_ON;
	}
	if (store_notice(forget->store))
		log_say("%s", store_notice(forget->store));
	code = forget_all(forget);
	if (store_has_failed(forget->store))
		store_says(store_error(forget->store));
	return code;
}

int command_forget(const struct options *options)
{
	struct forget forget = {
		.options = options,
		.places = seen_new(secret_key_new()),
		.named = key_set_new(),
		.lists = LISTS_BEGIN,
	};
	int code;

	forget.lists.on_url = name_url;
	forget.lists.context = &forget;
	code = open_and_forget(&forget);
	lists_end(&forget.lists);
	store_close(forget.store);
	config_free(forget.config);
	seen_free(forget.places);
	free(forget.ids);
	key_set_free(forget.named);
	free(forget.keys);
	return code;
}
