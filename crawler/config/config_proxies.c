#include "config/config_proxies.h"

#include <stdlib.h>

#include "config/proxy_line.h"
#include "config/secret.h"
#include "parsers/text/ascii.h"

#define NONE     "none"
#define TOO_MANY "too many proxies: 4096 at most"
_Static_assert(CONFIG_PROXIES_MAX == 4096, "the message says so");

/* ---- the proxies of a config ---- */

static struct config_proxy *find_name(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->proxy_count; i++)
		if (strcmp(config->proxies[i].name, name) == 0)
			return &config->proxies[i];
	return NULL;
}

/* With another user it is another proxy, whose name has to be its own. */
static void name_apart(struct config_reader *reader, struct config_proxy *proxy)
{
	struct config_proxy *first = find_name(reader->config, proxy->name);

	if (!first)
		return;
	first->is_one_of_many = proxy->is_one_of_many = true;
	proxy->name = arena_print(reader->arena, "%s (%u)", first->name, ++first->others + 1);
}

/* Its number, or 0 and what is wrong. */
static uint32_t add_proxy(struct config_reader *reader, struct slice text, const char **wrong)
{
	struct config *config = reader->config;
	struct config_proxy proxy = { .url = NULL };

	*wrong = proxy_line_read(reader->arena, text, &proxy);
	if (*wrong)
		return 0;
	for (size_t i = 0; i < config->proxy_count; i++)
		if (strcmp(config->proxies[i].url, proxy.url) == 0)
			return (uint32_t)i + 1;
	if (!config->proxies)
		config->proxies =
			arena_alloc(reader->arena, CONFIG_PROXIES_MAX, sizeof(*config->proxies));
	if (config->proxy_count == CONFIG_PROXIES_MAX) {
		*wrong = TOO_MANY;
		return 0;
	}
	name_apart(reader, &proxy);
	config->proxies[config->proxy_count++] = proxy;
	return (uint32_t)config->proxy_count;
}

/* A choice of one, or of none at all.  Returns what is wrong, or NULL. */
static const char *choose_one(struct config_reader *reader, struct slice text,
			      struct proxy_choice *choice)
{
	uint32_t *number = arena_alloc(reader->arena, 1, sizeof(*number));
	const char *wrong;

	if (slice_equal(text, SLICE(NONE))) {
		*choice = (struct proxy_choice){ .said = PROXY_NONE };
		return NULL;
	}
	*number = add_proxy(reader, text, &wrong);
	if (!wrong)
		*choice =
			(struct proxy_choice){ .said = PROXY_LIST, .numbers = number, .count = 1 };
	return wrong;
}

/* ---- a list ---- */

struct list {
	struct config_reader *reader;
	const char *path;
	uint32_t *numbers; /* room for as many as there may be */
	size_t count;
	unsigned wrong; /* lines */
};

static void take(struct list *list, struct slice line, size_t number)
{
	struct config_reader *reader = list->reader;
	const struct source place = { .name = arena_print(reader->arena, "%s:%zu", list->path,
							  number) };
	const char *wrong;
	uint32_t proxy = add_proxy(reader, line, &wrong);

	if (wrong) { /* the line is not shown: there may be a password in it */
		complain(reader->complaints, &place, COMPLAINT_NOWHERE, "%s", wrong);
		list->wrong++;
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->numbers[i] == proxy)
			return;
	list->numbers[list->count++] = proxy;
}

static void take_all(struct list *list, struct slice text)
{
	if (text.size >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0)
		text = (struct slice){ text.at + 3, text.size - 3 };
	for (size_t number = 1; text.size > 0; number++) {
		const char *end = memchr(text.at, '\n', text.size);
		size_t size = end ? (size_t)(end - text.at) : text.size;
		struct slice line = ascii_trim((struct slice){ text.at, size });

		if (complaints_are_full(list->reader->complaints))
			return;
		if (line.size > 0 && line.at[0] != '#')
			take(list, line, number);
		size += end != NULL;
		text = (struct slice){ text.at + size, text.size - size };
	}
}

static void complain_of(struct config_reader *reader, const struct yaml_node *node, const char *why)
{
	READER_COMPLAIN(reader, node, "'%s': %s", QUOTED(yaml_slice(node)), why);
}

static void read_list(struct config_reader *reader, const struct yaml_node *node,
		      struct proxy_choice *choice)
{
	struct list list = { .reader = reader };
	struct slice text;

	if (!secret_is_file(yaml_slice(node))) {
		READER_COMPLAIN(reader, node,
				"a list is a file: 'list: file:proxies.txt'; "
				"one proxy is written 'proxy: URL'");
		return;
	}
	text = secret_file(reader, node, &list.path);
	if (!text.at)
		return;
	list.numbers = arena_alloc(reader->arena, CONFIG_PROXIES_MAX, sizeof(*list.numbers));
	take_all(&list, text);
	if (list.count == 0 && list.wrong == 0)
		complain_of(reader, node, "there is no proxy in it");
	*choice = (struct proxy_choice){ .said = PROXY_LIST,
					 .numbers = list.numbers,
					 .count = list.count };
}

/* ---- the keys ---- */

static enum proxy_rotate read_rotate(struct config_reader *reader, const struct yaml_node *node)
{
	static const char *const words[] = { [PROXY_ROTATE_HOST] = "host",
					     [PROXY_ROTATE_REQUEST] = "request",
					     [PROXY_ROTATE_FAILURE] = "failure" };

	if (!node || !reader_text(reader, node))
		return PROXY_ROTATE_HOST;
	for (size_t i = 0; i < READER_COUNT(words); i++)
		if (strcmp(node->text, words[i]) == 0)
			return (enum proxy_rotate)i;
	reader_unknown(reader, node, "rotation", words, READER_COUNT(words));
	return PROXY_ROTATE_HOST;
}

static void read_map(struct config_reader *reader, const struct yaml_node *map,
		     struct proxy_choice *choice)
{
	static const char *const keys[] = { "list", "rotate" };
	const struct yaml_node *list;

	if (!reader_expect(reader, map, YAML_MAP) ||
	    !reader_check_keys(reader, map, keys, READER_COUNT(keys), NULL))
		return;
	list = yaml_child(map, "list");
	if (!list)
		READER_COMPLAIN(reader, map, "'list' is missing: 'file:proxies.txt'");
	else if (reader_text(reader, list))
		read_list(reader, list, choice);
	choice->rotate = read_rotate(reader, yaml_child(map, "rotate"));
}

static void read_one(struct config_reader *reader, const struct yaml_node *node,
		     struct proxy_choice *choice)
{
	bool is_secret = false;
	const char *text = secret_read(reader, node, &is_secret);
	const char *wrong = text ? choose_one(reader, slice_of(text), choice) : NULL;

	if (wrong)
		READER_COMPLAIN(reader, node, "%s", wrong);
}

void config_read_proxies(struct config_reader *reader, const struct yaml_node *map,
			 struct host_request *request, bool is_of_host)
{
	const struct yaml_node *list = yaml_child(map, "proxies"), *one = yaml_child(map, "proxy");

	if (list && one) {
		READER_COMPLAIN(reader, list->key, "'proxies' and 'proxy': one of them is enough");
		return;
	}
	if (list && request->proxies.said != PROXY_UNSAID)
		READER_COMPLAIN(reader, list->key, "'proxies' is set already");
	else if (list)
		read_map(reader, list, &request->proxies);
	else if (one && is_of_host)
		read_one(reader, one, &request->proxies);
}

const char *config_check_proxy(struct config_reader *reader, const struct yaml_node *node)
{
	struct proxy_choice choice;
	bool is_secret = false;
	const char *text = node->size == 0 ? NULL : secret_read(reader, node, &is_secret);
	const char *wrong = text ? choose_one(reader, slice_of(text), &choice) : NULL;

	if (wrong)
		READER_COMPLAIN(reader, node, "%s", wrong);
	return text ? text : "";
}

/* As curl: what these name is asked directly, though a proxy is set. */
static const char *no_proxy(void)
{
	const char *list = getenv("no_proxy");

	if (!list)
		list = getenv("NO_PROXY");
	return list ? list : "";
}

void config_settle_proxies(struct config_reader *reader, enum proxy_source source)
{
	static const struct source names[] = {
		[PROXY_OF_FILE] = { .name = "proxy" },
		[PROXY_OF_ENVIRONMENT] = { .name = "CRAWL_PROXY" },
		[PROXY_OF_FLAG] = { .name = "--proxy" },
	};
	struct config *config = reader->config;
	struct proxy_choice choice;
	const char *wrong;

	config->no_proxy = no_proxy();
	if (!config->settings.proxy[0])
		return;
	wrong = choose_one(reader, slice_of(config->settings.proxy), &choice);
	if (source == PROXY_OF_FILE && config->request.proxies.said != PROXY_UNSAID)
		complain(reader->complaints, &names[source], COMPLAINT_NOWHERE,
			 "another file says 'proxies': one of them is enough");
	if (wrong && source != PROXY_OF_FILE) /* of a file that was said, with its place */
		complain(reader->complaints, &names[source], COMPLAINT_NOWHERE, "%s", wrong);
	if (wrong)
		return;
	choice.heeds_no_proxy = choice.said == PROXY_LIST;
	choice.is_typed = source == PROXY_OF_FLAG;
	config->request.proxies = choice;
	for (size_t i = 0; i < config->host_count && source == PROXY_OF_FLAG; i++)
		config->hosts[i].request.proxies = choice;
}
