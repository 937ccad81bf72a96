#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/one_page.h"
#include "commands/records.h"
#include "config/config.h"
#include "master/match.h"
#include "master/pattern_rows.h"
#include "parsers/text/media_type.h"
#include "parsers/text/memory.h"
#include "show/excerpt.h"
#include "show/human.h"
#include "show/log.h"
#include "show/output.h"
#include "show/paragraph.h"
#include "show/screen.h"

#define EXCERPTS_MAX   20 /* matches whose text is shown, of a pattern, where a screen has room */
#define EXCERPTS_USUAL 3  /* where there is no screen */
#define OTHERS_LINES                                                                \
	4 /* that are left to each pattern that follows: a row, and what came of it \
	   */

#define EXPRESSION_FILE "-e" /* what config_load() calls the file of an expression */

/* The key of a row's pattern, where rows of several are in one array. */
#define PATTERN_KEY "pattern"

/* The rows of one pattern. */
struct harvest {
	struct output *output;
	size_t column_count;
	const char **columns; /* PATTERN_KEY, then those of its table */
	struct datum *values;
	struct store_value *row; /* as the store has it */
	enum field_type *types;
	size_t skipped; /* 1: the key is left out */
	struct slice matches[EXCERPTS_MAX];
	size_t match_count;
};

struct trial {
	const struct options *options;
	struct config *config;
	struct one_page page;
	struct slice url;      /* that the page stands for, or absent: nobody said */
	struct output *json;   /* of all patterns, or NULL: tables */
	bool only_expressions; /* of -e; what a search for configs found is not asked for */
	bool is_coloured;
	size_t columns, lines; /* of the screen, or 0 */
	size_t lines_used;
	bool has_several;         /* more than one pattern is applied */
	size_t wanted;            /* patterns, */
	size_t tried, fruitful;   /* and of them */
	struct harvest *harvests; /* of each pattern, while it runs */
};

/* ---- the config and the page ---- */

static bool is_url(const char *argument)
{
	return strstr(argument, "://") != NULL;
}

static const char *page_argument(const struct options *options)
{
	return options->arguments[options->argument_count - 1];
}

static struct config *load(const struct options *options)
{
	size_t count = options->config_count;
	const char **paths = memory_new(count + 1, sizeof(*paths));
	struct config *config;

	memcpy(paths, options->configs, count * sizeof(*paths));
	if (options->argument_count == 2)
		paths[count++] = options->arguments[0];
	config = command_config(options, paths, count);
	free(paths);
	return config;
}

static void say_page(const struct one_page *page)
{
	char size[HUMAN_SIZE_MAX], time[HUMAN_DURATION_MAX];
	struct paragraph line = { .size = 0 };

	if (page->url) {
		paragraph_add(&line, "", "%s: %u", page->url->text, page->status);
		paragraph_add(&line, ", ", "%s",
			      page->content_type[0] ? page->content_type : "no content type");
		paragraph_add(&line, ", ", "%s in %s", human_size(page->size, size),
			      human_duration(page->elapsed_ms, time));
	} else {
		paragraph_add(&line, "", "%s", human_size(page->size, size));
	}
	paragraph_add(&line, ", ", "charset=%s source=%s", page->charset,
		      charset_source_name(page->charset_source));
	paragraph_say(&line);
}

/* Read or fetch the page.  Returns an exit code; after a complaint if it is not EXIT_ALL_DONE. */
static int get_page(struct trial *trial, const struct url *url)
{
	const struct config *config = trial->config;
	const char *argument = page_argument(trial->options);
	char error[ONE_PAGE_ERROR_MAX];
	bool is_file = !is_url(argument);
	int result;

	if (is_file)
		result = one_page_file(&trial->page, argument, (struct slice){ 0 },
				       (size_t)config->settings.max_body, error);
	else
		result = one_page_url(&trial->page, url, &config->settings, config->canonical,
				      error);
	if (result < 0) {
		log_error("%s", error);
		return is_file ? EXIT_WRONG_USAGE : EXIT_SOME_FAILED;
	}
	say_page(&trial->page);
	if (trial->page.url)
		trial->url = url_slice(trial->page.url);
	else if (trial->options->url)
		trial->url = url_slice(url);
	else
		log_say("no --url: every pattern is tried, whatever its url says");
	return EXIT_ALL_DONE;
}

/* ---- one pattern ---- */

static bool is_asked_for(const struct trial *trial, const struct config_pattern *pattern)
{
	return !trial->only_expressions || strcmp(pattern->file, EXPRESSION_FILE) == 0;
}

static bool is_wanted(const struct trial *trial, const struct config_pattern *pattern)
{
	return is_asked_for(trial, pattern) && match_wants(pattern, trial->url);
}

static void harvest_begin(struct harvest *harvest, const struct trial *trial,
			  const struct config_pattern *pattern)
{
	size_t count = pattern_rows_column_count(pattern);
	const char *name = pattern_name(pattern->pattern);

	*harvest = (struct harvest){ .column_count = count };
	harvest->columns = memory_new(count + 1, sizeof(*harvest->columns));
	harvest->values = memory_new(count + 1, sizeof(*harvest->values));
	harvest->row = memory_new(count, sizeof(*harvest->row));
	harvest->types = memory_new(count, sizeof(*harvest->types));
	harvest->skipped = trial->json && trial->has_several ? 0 : 1;
	harvest->columns[0] = PATTERN_KEY;
	harvest->values[0] = (struct datum){ .kind = DATUM_TEXT, .text = slice_of(name) };
	for (size_t i = 0; i < count; i++) {
		harvest->columns[i + 1] = pattern_rows_column_name(pattern, i);
		harvest->types[i] = pattern_rows_column_type(pattern, i);
		if (strcmp(harvest->columns[i + 1], PATTERN_KEY) == 0)
			harvest->skipped = 1; /* a field of that name goes before */
	}
	harvest->output = trial->json ? trial->json : output_new(stdout, OUTPUT_TABLE);
}

static void harvest_end(struct harvest *harvest)
{
	free(harvest->columns);
	free(harvest->values);
	free(harvest->row);
	free(harvest->types);
}

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct harvest *harvest = &((struct trial *)context)->harvests[pattern];
	size_t skipped = harvest->skipped;
	struct record record = {
		.column_count = harvest->column_count + 1 - skipped,
		.columns = harvest->columns + skipped,
		.values = harvest->values + skipped,
	};

	pattern_rows_values(row, harvest->row);
	for (size_t i = 0; i < harvest->column_count; i++) {
		harvest->values[i + 1] = record_datum(&harvest->row[i]);
		if (harvest->row[i].kind == STORE_TEXT && harvest->types[i] == FIELD_JSON)
			harvest->values[i + 1].kind = DATUM_JSON;
	}
	if (harvest->match_count < EXCERPTS_MAX)
		harvest->matches[harvest->match_count++] = row->matched;
	return output_row(harvest->output, &record);
}

/* "; empty: actor 2, score 10" */
static void list_empty(FILE *out, const struct pattern *pattern, const struct pattern_tally *tally)
{
	const char *between = "; empty: ";

	for (size_t i = 0; i < pattern_field_count(pattern); i++) {
		if (tally->fields[i].empty == 0)
			continue;
		fprintf(out, "%s%s %u", between, pattern_field_name(pattern, i),
			tally->fields[i].empty);
		between = ", ";
	}
}

/* "  bad price (real): n/a (4:12), - (9:12); 5 more" */
static void show_bad(FILE *out, const struct trial *trial, const struct config_pattern *pattern,
		     size_t field, const struct pattern_field_tally *tally)
{
	uint32_t shown = tally->bad < PATTERN_BAD_SHOWN ? tally->bad : PATTERN_BAD_SHOWN;

	fprintf(out, "  bad %s (%s):", pattern_field_name(pattern->pattern, field),
		value_type_name(pattern_field_type(pattern->pattern, field)));
	for (uint32_t i = 0; i < shown; i++) {
		const struct pattern_bad *bad = &tally->shown[i];
		struct excerpt_place place = excerpt_place(trial->page.text, bad->offset);

		fputs(i > 0 ? ", " : " ", out);
		excerpt_text(out, (struct slice){ bad->text, bad->size });
		fprintf(out, " (%zu:%zu)", place.line, place.column);
	}
	if (tally->bad > shown)
		fprintf(out, "; %u more", tally->bad - shown);
	fputc('\n', out);
}

static void show_all_bad(FILE *out, const struct trial *trial, const struct config_pattern *pattern,
			 const struct pattern_tally *tally)
{
	for (size_t i = 0; i < pattern_field_count(pattern->pattern); i++)
		if (tally->fields[i].bad > 0)
			show_bad(out, trial, pattern, i, &tally->fields[i]);
}

/* One line of what came of a pattern: beside its table, or on stderr beside the JSON. */
static void sum_up(FILE *out, const struct trial *trial, const struct config_pattern *pattern,
		   const struct pattern_tally *tally)
{
	fprintf(out, "%s: ", pattern_name(pattern->pattern));
	if (tally->rows == 0 && tally->dropped == 0 && !tally->is_limited)
		fputs(tally->has_no_region ? "its 'within' matches nothing" : "matches nothing",
		      out);
	else
		fprintf(out, "%u row%s", tally->rows, tally->rows == 1 ? "" : "s");
	fprintf(out, " in %.2f ms", (double)tally->elapsed_ns / 1e6);
	list_empty(out, pattern->pattern, tally);
	if (tally->dropped)
		fprintf(out, "; %u dropped: a required field is missing", tally->dropped);
	if (tally->bad_values)
		fprintf(out, "; %u value%s", tally->bad_values,
			tally->bad_values == 1 ? " not of its type" : "s not of their type");
	if (!trial->url.at && page_base_is_missed())
		fputs("; relative URLs need --url", out);
	if (tally->is_limited)
		fprintf(out, "; stopped by the %s: rows are incomplete", tally->limit);
	fprintf(out, " (%s:%u)\n", pattern->file, pattern->line);
	show_all_bad(out, trial, pattern, tally);
}

/* How many excerpts a screen has room for, with the prompt and what else is to come. */
static size_t excerpts_that_fit(const struct trial *trial)
{
	size_t others = (trial->wanted - trial->tried) * OTHERS_LINES;
	size_t used = trial->lines_used + others + 1;

	if (trial->lines == 0)
		return EXCERPTS_USUAL;
	return trial->lines > used ? trial->lines - used : 0;
}

/* The rows stand above: excerpts must not push them off the screen. */
static void show_excerpts(struct trial *trial, const struct harvest *harvest)
{
	size_t fit = excerpts_that_fit(trial);

	for (size_t i = 0; i < harvest->match_count && i < fit; i++) {
		excerpt_show(stdout, trial->page.text, harvest->matches[i], trial->columns,
			     trial->is_coloured);
		trial->lines_used++;
	}
}

static bool on_begin(void *context, size_t index)
{
	struct trial *trial = context;
	const struct config_pattern *pattern = &trial->config->patterns[index];

	if (!is_asked_for(trial, pattern))
		return false;
	harvest_begin(&trial->harvests[index], trial, pattern);
	return true;
}

/* Returns -1 if nothing more can be written. */
static int on_end(void *context, size_t index, const struct pattern_tally *tally, bool is_stopped)
{
	struct trial *trial = context;
	const struct config_pattern *pattern = &trial->config->patterns[index];
	struct harvest *harvest = &trial->harvests[index];
	int result = is_stopped ? -1 : 0;

	if (trial->tried++ > 0 && !trial->json) {
		putchar('\n');
		trial->lines_used++;
	}
	if (!trial->json && tally->rows > 0)
		result |= output_end(harvest->output);
	else if (!trial->json)
		output_drop(harvest->output);
	if (!trial->json || trial->options->log_level >= LOG_NORMAL)
		sum_up(trial->json ? stderr : stdout, trial, pattern, tally);
	trial->lines_used +=
		tally->rows > 0 ? tally->rows + 2 : 1; /* heading, rows, what came of it */
	if (!trial->json)
		show_excerpts(trial, harvest);
	harvest_end(harvest);
	trial->fruitful += tally->rows > 0 || pattern->parent; /* not every record has children */
	return result;
}

/* ---- all of them ---- */

static size_t count_wanted(const struct trial *trial)
{
	size_t count = 0;

	for (size_t i = 0; i < trial->config->pattern_count; i++) {
		const struct config_pattern *pattern = &trial->config->patterns[i];

		if (is_wanted(trial, pattern))
			count++;
		else if (is_asked_for(trial, pattern) && !pattern->parent)
			log_say("%s: not for this URL (%s:%u)", pattern_name(pattern->pattern),
				pattern->file, pattern->line);
	}
	return count;
}

/* A file is taken for a page, of one kind or the other; `inspect links` sees it alike. */
static struct slice content_type(const struct one_page *page)
{
	if (page->url)
		return slice_of(page->content_type);
	if (media_type_of((struct slice){ 0 }, page->text) == MEDIA_XHTML)
		return SLICE("application/xhtml+xml");
	return SLICE("text/html");
}

/* Returns the exit code. */
static int try_patterns(struct trial *trial)
{
	const struct match_sink sink = {
		.context = trial, .begin = on_begin, .row = on_row, .end = on_end
	};
	size_t wanted = count_wanted(trial);
	const struct page_about page = {
		.url = trial->url,
		.text = trial->page.text,
		.content_type = content_type(&trial->page),
		.charset = one_page_charset(&trial->page),
	};
	int result;

	trial->harvests = memory_new(trial->config->pattern_count, sizeof(*trial->harvests));
	trial->has_several = wanted > 1;
	trial->wanted = wanted;
	if (wanted == 0)
		log_error("no pattern is for this URL: %.*s", (int)trial->url.size, trial->url.at);
	result = match_page(trial->config, &page, &sink);
	free(trial->harvests);
	if (result < 0)
		return EXIT_CANNOT_GO_ON;
	return wanted > 0 && trial->fruitful == wanted ? EXIT_ALL_DONE : EXIT_SOME_FAILED;
}

static int try_page(struct trial *trial, struct url *url)
{
	const char *no_colour = getenv("NO_COLOR");
	int code;

	canonical_apply(trial->config->canonical, url);
	code = get_page(trial, url);
	if (code != EXIT_ALL_DONE)
		return code;
	trial->columns = screen_columns(STDOUT_FILENO);
	trial->lines = screen_lines(STDOUT_FILENO);
	trial->lines_used = 3; /* the command, and what is said of the page */
	trial->is_coloured = trial->columns > 0 && !(no_colour && no_colour[0]);
	if (trial->options->is_json)
		trial->json = output_new(stdout, OUTPUT_JSON);
	code = try_patterns(trial);
	if (output_end(trial->json) < 0 || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		return EXIT_CANNOT_GO_ON;
	}
	return code;
}

/* The URL of --url or of the page, if there is any.  Returns 0, or -1 after a complaint. */
static int read_url(const struct options *options, struct url *url)
{
	const char *argument = page_argument(options);
	const char *text = is_url(argument) ? argument : options->url;
	enum url_error error;

	if (is_url(argument) && options->url) {
		log_error("try: --url says which URL a file stands for, but the page is a URL");
		return -1;
	}
	if (!text)
		return 0;
	error = url_parse(url, slice_of(text));
	if (error == URL_OK)
		return 0;
	log_error("%s: %s", text, url_error_text(error));
	return -1;
}

int command_try(const struct options *options)
{
	struct trial trial = {
		.options = options,
		.only_expressions = options->expression_count > 0 && options->config_count == 0 &&
				    options->argument_count == 1,
	};
	struct url url = { 0 };
	int code = EXIT_WRONG_USAGE;

	if (read_url(options, &url) < 0)
		return code;
	trial.config = load(options);
	if (trial.config && trial.config->pattern_count == 0)
		log_error(
			"no patterns: name a config (crawl try CONFIG PAGE), or give one with -e");
	else if (trial.config)
		code = try_page(&trial, &url);
	one_page_free(&trial.page);
	config_free(trial.config);
	return code;
}
