#include "commands/leads.h"

#include <stdlib.h>

#include "parsers/pattern/json_read.h"
#include "parsers/text/memory.h"
#include "show/plain.h"

#define LINKS_SHOWN 3 /* of each rule */

/* How many links of each rule there were. */
struct leads {
	FILE *out;
	const struct config *config;
	bool has_form; /* the page's own request */
	unsigned counts[FOLLOW_RULES_MAX];
};

/* In quotes of JSON. */
static void put_quoted(FILE *out, struct slice text)
{
	putc('"', out);
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte < 0x20)
			fprintf(out, "\\u%04x", byte);
		else
			fprintf(out, "%s%c", byte == '"' || byte == '\\' ? "\\" : "", byte);
	}
	putc('"', out);
}

/* As a member of a line; a body that a rule with a query sends again may be any text, or none. */
static void put_body(FILE *out, struct slice body, bool is_form)
{
	if (!is_form && json_is_valid(body)) {
		fprintf(out, ", \"json\": %.*s", (int)body.size, body.at);
		return;
	}
	if (is_form)
		fputs(", \"headers\": {\"Content-Type\": \"application/x-www-form-urlencoded\"}",
		      out);
	fputs(body.size > 0 ? ", \"body\": " : ", \"method\": \"POST\"", out);
	if (body.size > 0)
		put_quoted(out, body);
}

static void put_link(FILE *out, const struct outlink *link, bool is_form)
{
	if (link->verdict != FOLLOW_POST) {
		fprintf(out, "%.*s", (int)link->url.size, link->url.at);
		return;
	}
	fputs("{\"url\": ", out);
	put_quoted(out, link->url);
	put_body(out, outlink_body(link), is_form);
	putc('}', out);
}

/* What servers say is in it. */
void leads_put(FILE *out, const struct outlink *link, bool is_form)
{
	struct slice text = { NULL, 0 };
	char *memory = NULL;
	FILE *stream = open_memstream(&memory, &text.size);

	if (!stream)
		memory_fail();
	put_link(stream, link, is_form);
	if (fclose(stream) != 0)
		memory_fail();
	text.at = memory;
	plain_write_data(out, text);
	free(memory);
}

static bool has_paths(const struct config *config)
{
	for (size_t i = 0; i < config->follow_count; i++)
		if (config->follow[i].source != SOURCE_LINKS)
			return true;
	return false;
}

static void show_link(struct leads *leads, const struct outlink *link)
{
	if (leads->config->follow[link->rule].source == SOURCE_LINKS ||
	    leads->counts[link->rule]++ >= LINKS_SHOWN)
		return;
	fprintf(leads->out, "follow %u: ", link->rule + 1);
	leads_put(leads->out, link, leads->has_form);
	fprintf(leads->out, "%s\n",
		link->verdict == FOLLOW_OUT_OF_SCOPE ? " (another site: not followed)" : "");
}

static void show_rest(const struct leads *leads, const struct outlinks_result *result,
		      uint64_t rules)
{
	for (unsigned i = 0; i < leads->config->follow_count; i++) {
		bool is_odd = result->odd->rules >> i & 1;

		if (leads->config->follow[i].source == SOURCE_LINKS || !(rules >> i & 1))
			continue;
		if (leads->counts[i] > LINKS_SHOWN)
			fprintf(leads->out, "follow %u: and %u more\n", i + 1,
				leads->counts[i] - LINKS_SHOWN);
		if (leads->counts[i] == 0 && !is_odd)
			fprintf(leads->out, "follow %u: nothing: its list ends here\n", i + 1);
	}
	if (!result->odd->rules)
		return;
	plain_write(leads->out, slice_of(result->odd->text));
	putc('\n', leads->out);
}

void leads_show(FILE *out, const struct config *config, const struct sample *sample)
{
	const struct http_request *request = &sample->page.request;
	struct leads leads = { .out = out,
			       .config = config,
			       .has_form = request_has_form(request->headers) };
	struct outlinks_page page = { .text = sample->page.text,
				      .url = sample->url,
				      .charset = one_page_charset(&sample->page),
				      .is_post = request->method == REQUEST_POST,
				      .is_form = leads.has_form,
				      .body = request->body };
	struct outlinks_result result;
	struct outlinks *outlinks;
	struct follow *follow;
	struct outlink link;
	struct slice bytes;
	uint64_t rules;
	char *room;

	if (!has_paths(config) || !sample->url.at)
		return;
	page.type = media_type_of(sample_content_type(sample), page.text);
	follow = follow_new(config->follow, config->follow_count, &config->settings);
	outlinks = outlinks_new(follow, config->canonical);
	rules = follow_page(follow, sample->url);
	room = memory_new(OUTLINKS_BYTES_MAX, 1);
	result = outlinks_scan(outlinks, &page, room, OUTLINKS_BYTES_MAX);
	bytes = (struct slice){ room, result.bytes };
	while (outlinks_next(&bytes, &link) > 0)
		show_link(&leads, &link);
	show_rest(&leads, &result, rules);
	free(room);
	outlinks_free(outlinks);
	follow_free(follow);
}
