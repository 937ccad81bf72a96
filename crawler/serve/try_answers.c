#include "serve/server_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "parsers/url/url.h"
#include "report/kept_text.h"
#include "serve/try_page.h"

#define BUDGET_MS 100 /* of a pattern, as crawls have it where nothing is said */

/* What is asked, and the page that it is asked of. */
struct wish {
	struct server *server;
	struct http_request *request;
	char *pattern, *url, *text; /* as typed, or NULL */
	uint64_t id;                /* of a stored page, or 0 */
	bool is_part;               /* the section alone, for a script */
	bool is_matched;            /* what the config finds, not what was typed */

	char *page; /* or NULL: why */
	size_t page_size;
	const char *why;
	char *final_url, *type, *charset, *set; /* of a stored page, or NULL */
};

static void free_wish(struct wish *wish)
{
	free(wish->pattern);
	free(wish->url);
	free(wish->text);
	free(wish->page);
	free(wish->final_url);
	free(wish->type);
	free(wish->charset);
	free(wish->set);
	free(wish);
}

/* ---- the page ---- */

static char *copy_of(struct slice text)
{
	return text.at ? memory_text(text.at, text.size) : NULL;
}

static void take_kept(struct wish *wish, const struct store_kept *kept)
{
	struct kept_text *unpacked;
	struct page_about about;

	if (!kept->is_text) {
		wish->why = "What is kept of it is no text.";
		return;
	}
	if (kept_text_size(kept) > TRIED_PAGE_MAX) {
		wish->why = "It is too large to be tried here: crawl try --stored takes it.";
		return;
	}
	unpacked = kept_text_new();
	if (kept_text_unpack(unpacked, kept, &about) == 0) {
		wish->page = memory_text(about.text.at, about.text.size);
		wish->page_size = about.text.size;
		wish->final_url = copy_of(kept->final_url);
		wish->type = copy_of(kept->content_type);
		wish->charset = copy_of(kept->charset);
		wish->set = copy_of(kept->set);
	} else {
		wish->why = "What is kept of it is damaged.";
	}
	kept_text_free(unpacked);
}

static void read_stored(struct wish *wish)
{
	struct store_key key = { (uint32_t)(wish->id >> 32), (uint32_t)wish->id };
	struct store_key before = { key.share, key.number - 1 };
	struct server *server = wish->server;
	struct store_kept kept;
	int found = -1;

	server_begin_look(server);
	if (server->store && key.number > 0)
		found = store_get_kept(server->store, before, &kept);
	if (found == 1 && store_key_id(kept.key) == wish->id)
		take_kept(wish, &kept);
	else if (found < 0)
		wish->why = "The database cannot be read now: try again.";
	else
		wish->why = "The database keeps no page of it.";
	server_end_look(server);
}

/* Forms have CR LF where a line ends; who wrote the page did not. */
static void drop_carriage_returns(char *text)
{
	char *to = text;

	for (const char *at = text; text && *at; at++) {
		if (at[0] != '\r' || at[1] != '\n')
			*to++ = *at;
	}
	if (text)
		*to = '\0';
}

static void find_page(struct wish *wish)
{
	if (wish->id > 0) {
		read_stored(wish);
	} else if (wish->text && wish->text[0]) {
		wish->page = memory_text(wish->text, strlen(wish->text));
		wish->page_size = strlen(wish->text);
	} else {
		wish->why = wish->is_matched ? "Of which page? /matched?id=N" : "Paste a page.";
	}
}

/* ---- answers ---- */

static void answer(struct wish *wish, const struct html *section)
{
	const struct try_form form = {
		.pattern = wish->pattern,
		.url = wish->url,
		.text = wish->text,
		.id = wish->id,
		.patterns = wish->server->options->patterns,
	};
	struct html document = { 0 };

	if (wish->is_matched && !wish->is_part)
		try_page_write_matched(&document, wish->id, section);
	else if (!wish->is_part)
		try_page_write(&document, &form, section);
	http_answer(wish->request,
		    &(struct http_reply){
			    .status = 200,
			    .type = HTTP_HTML,
			    .body = wish->is_part ? (struct slice){ section->bytes, section->size }
						  : (struct slice){ document.bytes, document.size },
		    });
	html_free(&document);
}

static void answer_untried(struct wish *wish, const char *why)
{
	struct html section = { 0 };

	try_page_untried(&section, why, (struct slice){ wish->page, wish->page_size });
	answer(wish, &section);
	html_free(&section);
	free_wish(wish);
}

static void on_tried(void *user, enum trying_result result, const struct tried *tried,
		     struct slice page)
{
	struct wish *wish = user;
	struct html section = { 0 };

	(wish->is_matched ? try_page_matched : try_page_result)(&section, result, tried, page);
	answer(wish, &section);
	html_free(&section);
	free_wish(wish);
}

static uint64_t number_of(const char *text)
{
	char *end;
	unsigned long long number =
		text && text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;

	return number > 0 && *end == '\0' ? number : 0;
}

/* ---- GET ---- */

static const char *text_of_config(const struct server *server, const char *name)
{
	const struct config_texts *texts = server->options->patterns;

	for (size_t i = 0; i < texts->count; i++) {
		if (name && strcmp(texts->list[i].name, name) == 0)
			return texts->list[i].yaml;
	}
	return !name && texts->count > 0 ? texts->list[0].yaml : "";
}

void try_show(struct server *server, struct http_request *request)
{
	struct wish *wish = memory_new(1, sizeof(*wish));
	const char *text = text_of_config(server, http_argument(request, "pattern"));
	const char *url = http_argument(request, "url");

	*wish = (struct wish){ .server = server, .request = request };
	wish->id = number_of(http_argument(request, "id"));
	wish->pattern = memory_text(text, strlen(text));
	find_page(wish);
	if (url)
		wish->url = memory_text(url, strlen(url));
	else if (wish->final_url)
		wish->url = memory_text(wish->final_url, strlen(wish->final_url));
	answer_untried(wish, wish->why ? wish->why : "Nothing has been tried yet.");
}

/* ---- POST ---- */

/* Returns false if something stands there that is no URL. */
static bool take_url(const struct wish *wish, struct url *url)
{
	url->size = 0;
	return !wish->url || !wish->url[0] || url_parse(url, slice_of(wish->url)) == URL_OK;
}

static struct slice text_or_absent(const char *text)
{
	return text ? slice_of(text) : (struct slice){ NULL, 0 };
}

static void start(struct wish *wish, const struct url *url)
{
	struct tried_wish tried = {
		.is_one = !wish->is_matched,
		.budget_ms = BUDGET_MS,
		.type = text_or_absent(wish->type),
		.charset = text_or_absent(wish->charset),
		.set = text_or_absent(wish->set),
		.text = slice_of(wish->pattern),
	};
	char *page = wish->page;

	if (url->size > 0)
		tried.url = (struct slice){ url->text, url->size };
	wish->page = NULL;
	if (trying_start(wish->server->relay, &tried, page, wish->page_size, on_tried, wish) == 0)
		return;
	wish->page_size = 0;
	on_tried(wish, TRYING_FULL, NULL, (struct slice){ "", 0 });
}

static void take_fields(struct wish *wish)
{
	char *id = http_field(wish->request, "id"), *part = http_field(wish->request, "part");
	char *use = http_field(wish->request, "use"); /* a pattern of the config, in its place */

	wish->pattern = use ? memory_text(text_of_config(wish->server, use),
					  strlen(text_of_config(wish->server, use)))
			    : http_field(wish->request, "pattern");
	wish->url = http_field(wish->request, "url");
	wish->text = http_field(wish->request, "text");
	wish->id = number_of(id);
	wish->is_part = part != NULL;
	drop_carriage_returns(wish->pattern);
	drop_carriage_returns(wish->text);
	free(id);
	free(part);
	free(use);
}

void try_run(struct server *server, struct http_request *request)
{
	struct wish *wish = memory_new(1, sizeof(*wish));
	static struct url url;

	*wish = (struct wish){ .server = server, .request = request };
	take_fields(wish);
	if (!wish->pattern) {
		free_wish(wish);
		http_answer(request, &(struct http_reply){
					     .status = 400,
					     .type = HTTP_PLAIN,
					     .body = SLICE("A form is wanted: pattern=...&id=N or "
							   "text=...\n") });
		return;
	}
	find_page(wish);
	if (!wish->page)
		answer_untried(wish, wish->why);
	else if (wish->pattern[strspn(wish->pattern, " \t\n")] == '\0')
		answer_untried(wish, "Type a pattern.");
	else if (!take_url(wish, &url))
		answer_untried(wish, "Its URL is none: https://example.org/page");
	else
		start(wish, &url);
}

/* ---- what the config finds ---- */

/* All of its patterns, or as many as a message has room for. */
static char *text_of_all(const struct config_texts *texts)
{
	static const char head[] = "patterns:\n";
	char *all = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&all, &size);

	if (!out)
		memory_fail();
	fputs(head, out);
	for (size_t i = 0, room = TRIED_PART_MAX; i < texts->count; i++) {
		size_t length = strlen(texts->list[i].yaml) - strlen(head);

		if (length + 1 > room)
			break;
		room -= length + 1;
		fprintf(out, "%s\n", texts->list[i].yaml + strlen(head));
	}
	if (fclose(out) != 0)
		memory_fail();
	return all;
}

void try_matched(struct server *server, struct http_request *request)
{
	const struct config_texts *texts = server->options->patterns;
	struct wish *wish = memory_new(1, sizeof(*wish));
	static struct url url;

	*wish = (struct wish){ .server = server, .request = request, .is_matched = true };
	wish->id = number_of(http_argument(request, "id"));
	wish->is_part = http_argument(request, "part") != NULL;
	find_page(wish);
	if (wish->page && texts->count > 0) {
		wish->pattern = text_of_all(texts);
		wish->url = memory_text(wish->final_url ? wish->final_url : "",
					wish->final_url ? strlen(wish->final_url) : 0);
		take_url(wish, &url);
		start(wish, &url);
		return;
	}
	answer_untried(wish, wish->why ? wish->why : "No config was given with -c.");
}
