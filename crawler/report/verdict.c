#include "report/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "report/words.h"
#include "show/human.h"
#include "show/shell_word.h"

#define FIELDS_TOLD      2   /* of a pattern, by name */
#define LISTS_MAX        300 /* bytes of a command line that is told again */
#define FAILURE_POINTS   2   /* that the share of failed URLs may rise */
#define COMMAND_TEXT_MAX 2000

/* What is made, and of what. */
struct maker {
	struct verdict *verdict;
	const struct figures *figures;
	struct arena *arena;
	size_t worse, never, steady; /* patterns */
};

/* ---- pieces ---- */

static void add(struct verdict_text *text, enum verdict_mark mark, struct slice piece)
{
	if (text->count < VERDICT_PIECES_MAX)
		text->pieces[text->count++] = (struct verdict_piece){ mark, piece };
}

__attribute__((format(printf, 3, 4))) static void
say(struct maker *maker, struct verdict_text *text, const char *format, ...)
{
	char line[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	add(text, VERDICT_PLAIN, slice_of(arena_copy(maker->arena, slice_of(line))));
}

static const char *count_of(struct maker *maker, uint64_t count)
{
	char text[HUMAN_COUNT_MAX];

	return arena_copy(maker->arena, slice_of(human_count(count, text)));
}

/* "1 page", "18,200 pages" */
static const char *many(struct maker *maker, uint64_t count, const char *noun)
{
	return arena_print(maker->arena, "%s %s%s", count_of(maker, count), noun,
			   count == 1 ? "" : "s");
}

static const char *percent(struct maker *maker, const struct drift_share *share)
{
	char text[WORDS_MAX];

	return arena_copy(maker->arena, slice_of(words_percent(drift_part(share), text)));
}

static const char *time_of(struct maker *maker, int64_t ms)
{
	char text[WORDS_MAX];

	return arena_copy(maker->arena, slice_of(words_ms((double)ms, text)));
}

/* ---- commands ---- */

/* Nobody needs to name the usual database. */
static const char *output_of(const struct figures *figures, struct arena *arena)
{
	const char *text;
	char *word;

	if (!figures->path || strcmp(figures->path, "crawl.db") == 0)
		return "";
	word = shell_word(figures->path);
	text = arena_print(arena, " -o %s", word);
	free(word);
	return text;
}

const char *verdict_command(const struct figures *figures, struct arena *arena, const char *format,
			    ...)
{
	char command[COMMAND_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	return arena_print(arena, "%s%s", command, output_of(figures, arena));
}

/* What asks for other URLs than the ones that are meant. */
static bool is_dropped(struct slice word)
{
	static const char *const flags[] = { "--fresh", "--update", "--retry-failed", "--dry-run" };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (slice_equal(word, slice_of(flags[i])))
			return true;
	}
	return false;
}

const char *verdict_again(const struct figures *figures, struct arena *arena, const char *flag)
{
	const char *line = figures->command_line, *command = "";

	if (!line || !*line || strlen(line) > LISTS_MAX)
		return arena_print(arena, "crawl LIST...%s%s%s", *flag ? " " : "", flag,
				   output_of(figures, arena));
	while (*line) {
		size_t size = strcspn(line, " ");
		struct slice word = { line, size };

		if (size > 0 && !is_dropped(word))
			command = arena_print(arena, "%s%s%.*s", command, *command ? " " : "",
					      (int)size, line);
		line += size + strspn(line + size, " ");
	}
	return arena_print(arena, "%s%s%s", command, *flag ? " " : "", flag);
}

/* A URL, or a name, as a word of the shell. */
static const char *word_in(struct arena *arena, struct slice text)
{
	char *word = shell_word(arena_copy(arena, text)), *copy = arena_copy(arena, slice_of(word));

	free(word);
	return copy;
}

static const char *word_of(struct maker *maker, struct slice text)
{
	return word_in(maker->arena, text);
}

/* ---- patterns ---- */

bool verdict_is_worse(const struct figures_pattern *pattern)
{
	bool is_worse = pattern->verdict == DRIFT_WORSE;

	for (size_t i = 0; i < pattern->field_count; i++)
		is_worse = is_worse || pattern->fields[i].verdict == DRIFT_WORSE;
	return is_worse;
}

static void count_patterns(struct maker *maker)
{
	for (size_t i = 0; i < maker->figures->pattern_count; i++) {
		const struct figures_pattern *pattern = &maker->figures->patterns[i];

		if (verdict_is_worse(pattern))
			maker->worse++;
		else if (pattern->never_matched)
			maker->never++;
		else if (pattern->verdict == DRIFT_NONE)
			maker->steady++;
	}
}

/* Where there is room for one more need it is returned; the others are counted. */
static struct verdict_need *new_need(struct maker *maker, enum verdict_kind kind)
{
	struct verdict *verdict = maker->verdict;

	if (verdict->needs_all++ >= VERDICT_NEEDS_MAX)
		return NULL;
	verdict->needs[verdict->need_count].kind = kind;
	return &verdict->needs[verdict->need_count++];
}

/* "where <dd> stood, line 2 has <li class="film">" */
static void add_cause(struct maker *maker, struct verdict_need *need,
		      const struct figures_finding *why)
{
	struct verdict_text *line;

	if (!why->is_there || need->cause_count == VERDICT_CAUSES_MAX || why->wanted.size == 0)
		return;
	line = &need->causes[need->cause_count++];
	add(line, VERDICT_QUIET, slice_of("where "));
	add(line, VERDICT_CODE, why->wanted);
	add(line, VERDICT_QUIET,
	    slice_of(need->kind == VERDICT_DRIFT ? " stood, " : " is wanted, "));
	if (why->stood.size == 0) {
		add(line, VERDICT_QUIET, slice_of("the page ends"));
		return;
	}
	add(line, VERDICT_QUIET,
	    slice_of(why->line > 0
			     ? arena_print(maker->arena, "line %s has ", count_of(maker, why->line))
			     : "there is "));
	add(line, VERDICT_CODE, why->stood);
}

static uint64_t lacking(const struct drift_share *share)
{
	return share->of > share->good ? share->of - share->good : 0;
}

/* "finds nothing on 180 pages where it used to (100 % of its pages before, 91 % now)" */
static void say_unmatched(struct maker *maker, struct verdict_need *need)
{
	const struct figures_pattern *pattern = need->pattern;
	uint64_t pages = pattern->unmatched ? pattern->unmatched : lacking(&pattern->now);

	say(maker, &need->fact, " finds nothing on ");
	add(&need->fact, pattern->unmatched_shown > 0 ? VERDICT_UNMATCHED : VERDICT_PLAIN,
	    slice_of(many(maker, pages, "page")));
	if (pattern->now.good == 0)
		say(maker, &need->fact, ", which is all of them (%s before)",
		    percent(maker, &pattern->before));
	else
		say(maker, &need->fact, " where it used to (%s of its pages before, %s now)",
		    percent(maker, &pattern->before), percent(maker, &pattern->now));
}

/* "; released is empty in 4,200 of 18,200 rows (0 % before)" */
static void say_empty(struct maker *maker, struct verdict_need *need,
		      const struct figures_field *field, const char *between)
{
	struct drift_share empty = { .good = lacking(&field->before), .of = field->before.of };

	say(maker, &need->fact, "%s", between);
	add(&need->fact, VERDICT_STRONG, slice_of(field->name));
	say(maker, &need->fact, " is empty in %s of %s (%s before)",
	    count_of(maker, lacking(&field->now)), many(maker, field->now.of, "row"),
	    percent(maker, &empty));
}

static void say_fields(struct maker *maker, struct verdict_need *need)
{
	const struct figures_pattern *pattern = need->pattern;
	bool is_first = pattern->verdict != DRIFT_WORSE;
	size_t worse = 0;

	for (size_t i = 0; i < pattern->field_count; i++) {
		const struct figures_field *field = &pattern->fields[i];

		if (field->verdict != DRIFT_WORSE || worse++ >= FIELDS_TOLD)
			continue;
		say_empty(maker, need, field, is_first ? ": " : "; ");
		add_cause(maker, need, &field->why);
		is_first = false;
	}
	if (worse > FIELDS_TOLD)
		say(maker, &need->fact, ", and so %s %s", worse - FIELDS_TOLD == 1 ? "is" : "are",
		    many(maker, worse - FIELDS_TOLD, "more field"));
}

/* A page on which it can be seen. */
static struct slice page_of(const struct figures_pattern *pattern)
{
	if (pattern->why.is_there && pattern->why.url.size > 0)
		return pattern->why.url;
	return pattern->unmatched_shown > 0 ? pattern->unmatched_pages[0].url
					    : (struct slice){ NULL, 0 };
}

/* Is it read by a command that names none? */
static bool is_usual(struct slice config)
{
	return slice_equal(config, SLICE("crawl.yaml")) ||
	       (config.size > 7 && memcmp(config.at, "config/", 7) == 0 &&
		!memchr(config.at + 7, '/', config.size - 7));
}

const char *verdict_explain(const struct figures_pattern *pattern, struct arena *arena,
			    struct slice url)
{
	const char *colon = pattern->place ? strrchr(pattern->place, ':') : NULL;
	struct slice config = { pattern->place, colon ? (size_t)(colon - pattern->place) : 0 };
	bool has_config = config.size > 0 && !is_usual(config);

	return arena_print(arena, "crawl explain %s%s%s %s", has_config ? "-c " : "",
			   has_config ? arena_print(arena, "%s ", word_in(arena, config)) : "",
			   word_in(arena, slice_of(pattern->name)), word_in(arena, url));
}

static void need_drift(struct maker *maker, const struct figures_pattern *pattern)
{
	struct verdict_need *need = new_need(maker, VERDICT_DRIFT);
	struct slice name = slice_of(pattern->name), page = page_of(pattern);

	if (!need)
		return;
	need->pattern = pattern;
	add(&need->fact, VERDICT_PATTERN, name);
	if (pattern->verdict == DRIFT_WORSE) {
		say_unmatched(maker, need);
		add_cause(maker, need, &pattern->why);
	}
	say_fields(maker, need);
	say(maker, &need->fact, ".");
	for (size_t i = 0; page.size == 0 && i < pattern->field_count; i++)
		if (pattern->fields[i].verdict == DRIFT_WORSE)
			page = pattern->fields[i].why.url;
	need->command = page.size > 0 ? verdict_explain(pattern, maker->arena, page)
				      : verdict_command(maker->figures, maker->arena,
							"crawl health %s", word_of(maker, name));
}

/* The config that a place, "crawl.yaml:9", is in. */
static const char *config_of(struct maker *maker, const char *place)
{
	const char *colon = place ? strrchr(place, ':') : NULL;

	return colon ? word_of(maker, (struct slice){ place, (size_t)(colon - place) }) : NULL;
}

static void need_never(struct maker *maker, const struct figures_pattern *pattern)
{
	struct verdict_need *need = new_need(maker, VERDICT_NEVER);
	const char *config = config_of(maker, pattern->place);
	struct slice page = page_of(pattern);

	if (!need)
		return;
	need->pattern = pattern;
	add(&need->fact, VERDICT_PATTERN, slice_of(pattern->name));
	say(maker, &need->fact,
	    pattern->now.pages == 1 ? " has never matched the one page that it is for."
				    : " has never matched any of its ");
	if (pattern->now.pages != 1) {
		add(&need->fact, pattern->unmatched_shown > 0 ? VERDICT_UNMATCHED : VERDICT_PLAIN,
		    slice_of(many(maker, pattern->now.pages, "page")));
		say(maker, &need->fact, ".");
	}
	add_cause(maker, need, &pattern->why);
	if (page.size > 0 && config)
		need->command =
			arena_print(maker->arena, "crawl try %s %s", config, word_of(maker, page));
	else if (page.size > 0)
		need->command = verdict_explain(pattern, maker->arena, page);
}

static void need_limit(struct maker *maker, const struct figures_pattern *pattern)
{
	struct verdict_need *need = new_need(maker, VERDICT_LIMIT);

	if (!need)
		return;
	need->pattern = pattern;
	add(&need->fact, VERDICT_PATTERN, slice_of(pattern->name));
	say(maker, &need->fact, " ran out of its budget on %s: their rows may be missing.",
	    many(maker, pattern->limit_hits, "page"));
	need->command = verdict_command(maker->figures, maker->arena, "crawl failed");
}

static void need_patterns(struct maker *maker)
{
	const struct figures *figures = maker->figures;

	for (size_t i = 0; i < figures->pattern_count; i++)
		if (verdict_is_worse(&figures->patterns[i]))
			need_drift(maker, &figures->patterns[i]);
	for (size_t i = 0; i < figures->pattern_count; i++)
		if (figures->patterns[i].never_matched && !verdict_is_worse(&figures->patterns[i]))
			need_never(maker, &figures->patterns[i]);
	for (size_t i = 0; i < figures->pattern_count; i++)
		if (figures->patterns[i].limit_hits > 0)
			need_limit(maker, &figures->patterns[i]);
}

/* ---- hosts and failures ---- */

static void need_hosts(struct maker *maker)
{
	const struct figures *figures = maker->figures;

	for (size_t i = 0; i < figures->event_count; i++) {
		const struct figures_event *event = &figures->events[i];
		struct verdict_need *need;

		if (!event->kind || strcmp(event->kind, "given_up") != 0 || !event->host)
			continue;
		need = new_need(maker, VERDICT_GIVEN_UP);
		if (!need)
			continue;
		add(&need->fact, VERDICT_STRONG, slice_of(words_host(event->host)));
		say(maker, &need->fact, " was given up: its requests kept failing.");
		need->command = verdict_again(figures, maker->arena, "--retry-failed");
	}
}

static struct drift_share read_part(const struct figures_run *run)
{
	uint64_t asked = run->done + run->failed;

	return (struct drift_share){ .pages = asked, .good = run->done, .of = asked };
}

/* Failed more of them than in the run before, by more than chance? */
static bool has_more_failures(const struct figures *figures)
{
	struct drift_share now = read_part(&figures->run), before;

	if (!figures->before)
		return false;
	before = read_part(figures->before);
	return drift_judge(&now, &before, 1, FAILURE_POINTS) == DRIFT_WORSE;
}

static bool has_read_nothing(const struct figures *figures)
{
	return figures->run.done == 0 && figures->run.failed > 0;
}

/* The first failure is the most frequent. */
static void need_failures(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	const struct figures_cause *cause = figures->cause_count > 0 ? &figures->causes[0] : NULL;
	char words[WORDS_MAX];
	struct verdict_need *need;

	if (figures->run.failed == 0 ||
	    (figures->before && !has_more_failures(figures) && !has_read_nothing(figures)))
		return;
	need = new_need(maker, VERDICT_FAILURES);
	if (!need)
		return;
	add(&need->fact, VERDICT_STRONG, slice_of(many(maker, figures->run.failed, "URL")));
	say(maker, &need->fact, " failed");
	if (cause && cause->is_failure)
		say(maker, &need->fact, ": %s %s", count_of(maker, cause->urls),
		    words_cause(cause->outcome, cause->status, words));
	say(maker, &need->fact, ".");
	need->command = verdict_command(figures, maker->arena, "crawl failed");
}

/* A list most of which is no URLs is another file than was meant, or of another form. */
static void need_list(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	struct verdict_need *need;

	if (figures->rejects == UINT64_MAX || figures->rejects == 0 ||
	    figures->rejects < figures->run.pages)
		return;
	need = new_need(maker, VERDICT_FAILURES);
	if (!need)
		return;
	add(&need->fact, VERDICT_STRONG, slice_of(many(maker, figures->rejects, "line")));
	say(maker, &need->fact, " of the list %s no URL", figures->rejects == 1 ? "is" : "are");
	if (figures->rejects_shown > 0 && figures->reject_lines[0].reason.size > 0) {
		say(maker, &need->fact, ": ");
		add(&need->fact, VERDICT_PLAIN, figures->reject_lines[0].reason);
	}
	say(maker, &need->fact, ".");
	need->command = verdict_command(figures, maker->arena, "crawl sql 'SELECT * FROM rejects'");
}

/* ---- the lead ---- */

/* "1,800 rows fewer than before" */
static const char *compared(struct maker *maker, uint64_t now, uint64_t before, const char *noun)
{
	if (now == before)
		return "as many as before";
	return arena_print(maker->arena, "%s %s than before",
			   many(maker, now > before ? now - before : before - now, noun),
			   now > before ? "more" : "fewer");
}

static void lead_rows(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	struct verdict_text *lead = &maker->verdict->lead;

	say(maker, lead, "%s from %s", many(maker, figures->run.rows, "row"),
	    many(maker, figures->run.done, "page"));
	if (figures->before)
		say(maker, lead, ": %s",
		    compared(maker, figures->run.rows, figures->before->rows, "row"));
	say(maker, lead, ". ");
}

static void lead_failed(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	struct verdict_text *lead = &maker->verdict->lead;
	uint64_t now = figures->run.failed, before;

	if (now == 0)
		say(maker, lead, "No URL failed");
	else
		say(maker, lead, "%s failed", many(maker, now, "URL"));
	if (figures->before) {
		before = figures->before->failed;
		if (now == before)
			say(maker, lead, ", as in run %lld", (long long)figures->before->id);
		else
			say(maker, lead, ", %s %s than in run %lld",
			    count_of(maker, now > before ? now - before : before - now),
			    now > before ? "more" : "fewer", (long long)figures->before->id);
	}
	say(maker, lead, ".");
}

/* ---- a run that ended ---- */

/* " since run 3" */
static const char *since(struct maker *maker)
{
	const struct figures_run *before = maker->figures->before;

	return before ? arena_print(maker->arena, " since run %lld", (long long)before->id) : "";
}

static const char *as_in(struct maker *maker)
{
	return arena_print(maker->arena, " as in run %lld", (long long)maker->figures->before->id);
}

static const char *of_patterns(struct maker *maker, size_t count)
{
	size_t all = maker->figures->patterns_all;

	if (all < maker->figures->pattern_count)
		all = maker->figures->pattern_count;
	return arena_print(maker->arena, "%s of %s", many(maker, count, "pattern"),
			   count_of(maker, all));
}

static void head_worse(struct maker *maker)
{
	maker->verdict->tone = VERDICT_WORSE;
	maker->verdict->headline = arena_print(maker->arena, "%s got worse%s",
					       of_patterns(maker, maker->worse), since(maker));
}

static void head_failures(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	uint64_t now = figures->run.failed;

	maker->verdict->tone = VERDICT_WORSE;
	if (has_read_nothing(figures))
		maker->verdict->headline =
			now == 1 ? "Nothing could be read: the one URL failed"
				 : arena_print(maker->arena, "Nothing could be read: all %s failed",
					       many(maker, now, "URL"));
	else if (now > figures->before->failed)
		maker->verdict->headline = arena_print(
			maker->arena, "%s failed, %s more than in run %lld",
			many(maker, now, "URL"), count_of(maker, now - figures->before->failed),
			(long long)figures->before->id);
	else
		maker->verdict->headline = arena_print(
			maker->arena, "A larger part of the URLs failed than in run %lld",
			(long long)figures->before->id);
}

static void head_fine(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	struct verdict *verdict = maker->verdict;

	verdict->tone = VERDICT_FINE;
	if (figures->pattern_count == 1)
		verdict->headline =
			arena_print(maker->arena, "The pattern matches%s", as_in(maker));
	else if (maker->steady == figures->pattern_count)
		verdict->headline = arena_print(maker->arena, "All %zu patterns match%s",
						maker->steady, as_in(maker));
	else
		verdict->headline =
			arena_print(maker->arena, "%s %s%s", of_patterns(maker, maker->steady),
				    maker->steady == 1 ? "matches" : "match", as_in(maker));
}

/* There is nothing to compare with, or too little. */
static void head_plain(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	struct verdict *verdict = maker->verdict;

	verdict->tone = maker->never > 0 ? VERDICT_WORSE : VERDICT_NEUTRAL;
	if (figures->run.pages == 0)
		verdict->headline = "Nothing was left to ask for";
	else if (figures->pattern_count == 0)
		verdict->headline = arena_print(maker->arena, "%s read%s",
						many(maker, figures->run.done, "page"),
						figures->before ? "" : " in the first run");
	else if (maker->never > 0)
		verdict->headline = arena_print(maker->arena, "%s %s never matched",
						of_patterns(maker, maker->never),
						maker->never == 1 ? "has" : "have");
	else if (figures->before)
		verdict->headline = arena_print(maker->arena, "%s, too few pages to compare",
						many(maker, figures->run.rows, "row"));
	else
		verdict->headline = arena_print(maker->arena, "First run: %s from %s",
						many(maker, figures->run.rows, "row"),
						many(maker, figures->run.done, "page"));
}

static void judge_finished(struct maker *maker)
{
	if (maker->worse > 0)
		head_worse(maker);
	else if (has_read_nothing(maker->figures) || has_more_failures(maker->figures))
		head_failures(maker);
	else if (maker->steady > 0 && maker->figures->before)
		head_fine(maker);
	else
		head_plain(maker);
	lead_rows(maker);
	lead_failed(maker);
	need_patterns(maker);
	need_hosts(maker);
	need_list(maker);
	need_failures(maker);
}

static bool knows_left(const struct figures *figures)
{
	return figures->urls_left > 0 && figures->urls_left != UINT64_MAX;
}

/* "1,076 of 2,405 URLs are left" */
static const char *left(struct maker *maker)
{
	const struct figures *figures = maker->figures;

	if (figures->urls != UINT64_MAX && figures->urls >= figures->urls_left)
		return arena_print(
			maker->arena, "%s of %s %s left", count_of(maker, figures->urls_left),
			many(maker, figures->urls, "URL"), figures->urls_left == 1 ? "is" : "are");
	return arena_print(maker->arena, "%s %s left", many(maker, figures->urls_left, "URL"),
			   figures->urls_left == 1 ? "is" : "are");
}

static void need_go_on(struct maker *maker)
{
	struct verdict_need *need = new_need(maker, VERDICT_GO_ON);

	say(maker, &need->fact,
	    "The same command goes on where it stopped: nothing is asked for twice.");
	need->command = verdict_again(maker->figures, maker->arena, "");
}

/* It stopped, or was killed, before its end. */
static void judge_stopped(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	const char *verb = figures->state == FIGURES_KILLED ? "Killed" : "Stopped early";
	const char *why = words_stop(figures->run.ended);
	struct verdict *verdict = maker->verdict;

	verdict->tone = maker->worse > 0 ? VERDICT_WORSE : VERDICT_NEUTRAL;
	if (maker->worse > 0)
		verdict->headline = arena_print(maker->arena, "%s, and %s got worse%s", verb,
						of_patterns(maker, maker->worse), since(maker));
	else if (knows_left(figures))
		verdict->headline = arena_print(maker->arena, "%s: %s", verb, left(maker));
	else
		verdict->headline = verb;
	if (figures->state == FIGURES_KILLED)
		say(maker, &verdict->lead, "It could not say why; what was written stands. ");
	else if (why)
		say(maker, &verdict->lead, "It was stopped %s. ", why);
	if (maker->worse > 0 && knows_left(figures))
		say(maker, &verdict->lead, "%s. ", left(maker));
	say(maker, &verdict->lead, "%s from %s so far. ", many(maker, figures->run.rows, "row"),
	    many(maker, figures->run.done, "page"));
	lead_failed(maker);
	need_go_on(maker);
	need_patterns(maker);
	need_hosts(maker);
	need_list(maker);
	need_failures(maker);
}

/* ---- a run that runs ---- */

int64_t verdict_to_go_ms(const struct figures *figures, const struct figures_host **decides)
{
	int64_t longest = -1;

	*decides = NULL;
	for (size_t i = 0; i < figures->host_count; i++) {
		const struct figures_host *host = &figures->hosts[i];
		double ms = (double)host->left * (double)host->delay_ms;

		if (host->left == 0 || host->delay_ms < 0 || ms > 9e15 || (int64_t)ms <= longest)
			continue;
		longest = (int64_t)ms;
		*decides = host;
	}
	return longest;
}

static uint64_t ended_by(const struct store_sample *sample)
{
	return sample->done + sample->failed + sample->skipped;
}

double verdict_speed(const struct figures *figures, int64_t of_ms)
{
	const struct store_sample *last, *first = NULL;
	int64_t from_ms;

	if (figures->sample_count == 0) {
		double seconds = (double)figures->run.elapsed_ms / 1000;

		return seconds > 0 ? (double)figures->run.pages / seconds : 0;
	}
	last = &figures->samples[figures->sample_count - 1];
	from_ms = of_ms > 0 && of_ms < last->at_ms ? last->at_ms - of_ms : 0;
	for (size_t i = 0; i < figures->sample_count && figures->samples[i].at_ms <= from_ms; i++)
		first = &figures->samples[i];
	if (last->at_ms <= (first ? first->at_ms : 0) ||
	    (first && ended_by(last) < ended_by(first)))
		return 0;
	return (double)(ended_by(last) - (first ? ended_by(first) : 0)) * 1000 /
	       (double)(last->at_ms - (first ? first->at_ms : 0));
}

static const char *speed(struct maker *maker, int64_t of_ms)
{
	double pages = verdict_speed(maker->figures, of_ms);

	return arena_print(maker->arena, "%.*f", pages > 0 && pages < 9.95 ? 1 : 0, pages);
}

static void head_running(struct maker *maker, int64_t to_go_ms)
{
	const struct figures *figures = maker->figures;
	const char *head;

	head = figures->urls == UINT64_MAX || figures->urls < figures->run.pages
		       ? arena_print(maker->arena, "%s so far",
				     many(maker, figures->run.pages, "URL"))
		       : arena_print(maker->arena, "%s of %s",
				     count_of(maker,
					      figures->urls - (figures->urls_left <= figures->urls
								       ? figures->urls_left
								       : 0)),
				     many(maker, figures->urls, "URL"));
	if (figures->is_paused)
		head = arena_print(maker->arena, "%s, paused", head);
	else if (to_go_ms >= 1000)
		head = arena_print(maker->arena, "%s, at least %s to go", head,
				   time_of(maker, to_go_ms));
	maker->verdict->headline = head;
}

static void lead_running(struct maker *maker, const struct figures_host *decides)
{
	struct verdict_text *lead = &maker->verdict->lead;

	if (decides) {
		add(lead, VERDICT_STRONG, slice_of(words_host(decides->origin)));
		say(maker, lead, " decides that: %s %s left, and it is asked every %s. ",
		    many(maker, decides->left, "page"), decides->left == 1 ? "is" : "are",
		    time_of(maker, decides->delay_ms));
	}
	say(maker, lead, "%s pages/s in the last minute, %s on average.", speed(maker, 60000),
	    speed(maker, 0));
}

/* What the patterns do so far: the worst, or that all is well. */
static void note_patterns(struct maker *maker)
{
	const struct figures *figures = maker->figures;
	struct verdict_need *need;

	need_patterns(maker);
	if (maker->verdict->needs_all > 0 || maker->steady == 0 || !figures->before)
		return;
	need = new_need(maker, VERDICT_NOTE);
	if (figures->pattern_count == 1) {
		need->pattern = &figures->patterns[0];
		add(&need->fact, VERDICT_PATTERN, slice_of(figures->patterns[0].name));
		say(maker, &need->fact, " matches so far,%s.", as_in(maker));
	} else {
		say(maker, &need->fact, "%s %s so far,%s.", of_patterns(maker, maker->steady),
		    maker->steady == 1 ? "matches" : "match", as_in(maker));
	}
}

static void judge_running(struct maker *maker)
{
	const struct figures_host *decides;
	int64_t to_go_ms = verdict_to_go_ms(maker->figures, &decides);

	maker->verdict->tone = maker->worse > 0 ? VERDICT_WORSE : VERDICT_NEUTRAL;
	head_running(maker, to_go_ms);
	lead_running(maker, to_go_ms >= 1000 ? decides : NULL);
	note_patterns(maker);
	need_hosts(maker);
}

static void judge_none(struct maker *maker)
{
	struct verdict_need *need = new_need(maker, VERDICT_GO_ON);

	maker->verdict->tone = VERDICT_NEUTRAL;
	maker->verdict->headline = "No run yet";
	say(maker, &maker->verdict->lead, "The database knows of none.");
	say(maker, &need->fact, "A run begins with a list of URLs:");
	need->command = verdict_command(maker->figures, maker->arena, "crawl urls.txt");
}

void verdict_make(struct verdict *verdict, const struct figures *figures, struct arena *arena)
{
	struct maker maker = { .verdict = verdict, .figures = figures, .arena = arena };

	*verdict = (struct verdict){ .headline = "" };
	count_patterns(&maker);
	switch (figures->state) {
	case FIGURES_RUNNING:
		judge_running(&maker);
		return;
	case FIGURES_FINISHED:
		judge_finished(&maker);
		return;
	case FIGURES_STOPPED:
	case FIGURES_KILLED:
		judge_stopped(&maker);
		return;
	case FIGURES_NO_RUN:
		judge_none(&maker);
		return;
	}
}
