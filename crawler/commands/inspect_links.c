#include "commands/inspect.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/secret_key.h"
#include "commands/commands.h"
#include "commands/leads.h"
#include "commands/one_page.h"
#include "frontier/seen.h"
#include "links/follow.h"
#include "links/outlinks.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"

/* Which links count. */
struct choice {
	struct config *config; /* of -c, or NULL */
	struct follow *follow;
	const struct canonical *canonical; /* the config's, or NULL */
	struct slice robot;                /* the product token of the config's user agent */
	bool obeys_nofollow;
};

/* Rules that were asked for by -c; without any, every link of http and https counts. */
static int choose(struct choice *choice, const struct options *options, const struct url *base)
{
	static const struct config_follow all = { .same = SAME_ANY, .depth = -1, .max_pages = -1 };

	struct settings settings = settings_default();

	*choice = (struct choice){ .obeys_nofollow = true };
	if (options->config_count > 0) {
		choice->config = command_config(options, options->configs, options->config_count);
		if (!choice->config)
			return -1;
		choice->obeys_nofollow = config_obeys_robots(choice->config, url_origin(base));
		choice->canonical = choice->config->canonical;
		settings = choice->config->settings;
	}
	choice->robot = settings_product_token(&settings);
	if (choice->config && choice->config->follow_count > 0)
		choice->follow =
			follow_new(choice->config->follow, choice->config->follow_count, &settings);
	else
		choice->follow = follow_new(&all, 1, &settings);
	return 0;
}

static void drop(struct choice *choice)
{
	follow_free(choice->follow);
	config_free(choice->config);
}

/* The worker sends a link again now and then; here each is shown once. */
static void show(struct slice links)
{
	struct seen *seen = seen_new(secret_key_new());
	struct outlink link;

	while (outlinks_next(&links, &link) > 0) {
		if (link.verdict != FOLLOW_POST &&
		    (link.verdict != FOLLOW_YES || !seen_add(seen, link.url)))
			continue;
		leads_put(stdout, &link, false);
		putchar('\n');
	}
	seen_free(seen);
}

/* Whoever asks for a file's links says that it is a page, unless he says what else it is. */
static enum media_type type_of(const struct options *options, struct slice page)
{
	enum media_type type = media_type_of(slice_of(options->content_type), page);

	if (media_type_is_unknown(slice_of(options->content_type)) && type != MEDIA_XHTML)
		return MEDIA_HTML;
	return type;
}

static void scan(const struct choice *choice, const struct one_page *page, enum media_type type,
		 const struct url *base, struct charset_encoder *encoder)
{
	struct outlinks *outlinks = outlinks_new(choice->follow, choice->canonical);
	char *out = memory_new(OUTLINKS_BYTES_MAX, 1);
	struct outlinks_page about = { .text = page->text,
				       .charset = one_page_charset(page),
				       .encoder = encoder,
				       .type = type,
				       .robot = choice->robot,
				       .url = url_slice(base),
				       .obeys_nofollow = choice->obeys_nofollow };
	struct outlinks_result result = outlinks_scan(outlinks, &about, out, OUTLINKS_BYTES_MAX);

	show((struct slice){ out, result.bytes });
	if (result.dropped > 0)
		log_say("%s more than a crawl takes of one page", COUNTED(result.dropped, "link"));
	if (result.limited)
		log_say("a rule of follow ran into pattern_time or match_limit: links may be "
			"missing");
	if (result.odd->rules)
		log_say("%s", result.odd->text);
	free(out);
	outlinks_free(outlinks);
}

/* The page's own URL: without it nothing can be resolved. */
static int read_base(struct url *base, const char *text)
{
	enum url_error error;

	if (!text) {
		log_error(
			"inspect links: which URL does the file stand for? Say it with --base URL");
		return -1;
	}
	error = url_parse(base, slice_of(text));
	if (error != URL_OK)
		log_error("--base: %s: %s", text, url_error_text(error));
	return error == URL_OK ? 0 : -1;
}

int inspect_links(const struct options *options)
{
	static struct url base;
	char error[ONE_PAGE_ERROR_MAX];
	struct choice choice;
	struct one_page page;
	struct charset_converters *converters = NULL;
	struct charset_encoder *encoder;

	if (read_base(&base, options->url) < 0 || choose(&choice, options, &base) < 0)
		return EXIT_WRONG_USAGE;
	if (one_page_file(&page, options->arguments[0], slice_of(options->content_type),
			  INSPECT_BYTES_MAX, error) < 0) {
		log_error("%s", error);
		drop(&choice);
		return EXIT_WRONG_USAGE;
	}
	canonical_apply(choice.canonical, &base);
	if (charset_encodes_query(one_page_charset(&page)))
		converters = charset_converters_new(error);
	encoder = converters ? charset_encoder_new(converters) : NULL;
	scan(&choice, &page, type_of(options, page.text), &base, encoder);
	charset_encoder_free(encoder);
	charset_converters_free(converters);
	one_page_free(&page);
	drop(&choice);
	return EXIT_ALL_DONE;
}
