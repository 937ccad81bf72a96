#include "tests/support/test.h"

#include "crawler/cli/completion.h"
#include "crawler/cli/database_word.h"
#include "crawler/cli/options.h"
#include "crawler/cli/options_help.h"
#include "crawler/cli/slips.h"
#include "crawler/commands/commands.h"
#include "crawler/show/shell_word.h"
#include "tests/support/capture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX    600

/* A command line, cut at its spaces. */
struct line {
	char text[8192];
	char *words[WORDS_MAX];
	int count;
};

static void cut(struct line *line, const char *text)
{
	line->count = 0;
	snprintf(line->text, sizeof(line->text), "%s", text);
	for (char *word = strtok(line->text, " "); word; word = strtok(NULL, " ")) {
		assert_true(line->count < WORDS_MAX - 1);
		line->words[line->count++] = word;
	}
	line->words[line->count] = NULL;
}

/* Read a line that is in order; what is written to stderr is none. */
static struct options read_good(struct line *line, const char *text)
{
	struct options options;
	struct capture capture = capture_begin(STDERR_FILENO);
	enum options_result result;

	cut(line, text);
	result = options_read(&options, &commands, line->count, line->words);
	capture_end(&capture);
	assert_string_equal(capture.text, "");
	assert_int_equal(result, OPTIONS_GO);
	return options;
}

static const struct {
	const char *line;
	const char *command, *subject, *arguments; /* the last joined with spaces */
} command_samples[] = {
	{ "crawl tests/support/test.h", "run", NULL, "tests/support/test.h" },
	{ "crawl run a b", "run", NULL, "a b" },
	{ "crawl", "run", NULL, "" },
	{ "crawl -", "run", NULL, "-" },
	{ "crawl http://a/ sql", "run", NULL, "http://a/ sql" },
	{ "crawl ./sql", "run", NULL, "./sql" },
	{ "crawl run sql", "run", NULL, "sql" },
	{ "crawl -j 2 run sql", "run", NULL, "sql" },
	{ "crawl -c sql http://a/", "run", NULL, "http://a/" },
	{ "crawl sql x", "sql", NULL, "x" },
	{ "crawl -o x.db sql x", "sql", NULL, "x" },
	{ "crawl check", "check", NULL, "" },
	{ "crawl try a b", "try", NULL, "a b" },
	{ "crawl export pages", "export", NULL, "pages" },
	{ "crawl inspect url", "inspect", "url", "" },
	{ "crawl inspect text -", "inspect", "text", "-" },
	{ "crawl inspect url --base http://a/ -- --b -", "inspect", "url", "--b -" },
	{ "crawl inspect robots f --agent a http://h/ -", "inspect", "robots", "f http://h/ -" },
	{ "crawl status", "status", NULL, "" },
	{ "crawl failed --json", "failed", NULL, "" },
	{ "crawl why http://a/", "why", NULL, "http://a/" },
	{ "crawl ctl delay a.example 2s", "ctl", "delay", "a.example 2s" },
	{ "crawl completion zsh", "completion", NULL, "zsh" },
	{ "crawl help", "help", NULL, "" },
	{ "crawl help ctl add", "help", NULL, "ctl add" },
	{ "crawl -ofresh http://a/", "run", NULL, "http://a/" },
	{ "crawl -vqv -j4 http://a/", "run", NULL, "http://a/" },
	{ "crawl -o-q http://a/", "run", NULL, "http://a/" },
	{ "crawl --database=--fresh http://a/", "run", NULL, "http://a/" },
	{ "crawl --robots=no http://a/ no", "run", NULL, "http://a/ no" },
};

static void a_first_word_that_is_a_command_names_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(command_samples); i++) {
		struct line line;
		struct options options = read_good(&line, command_samples[i].line);
		char joined[256] = "";

		assert_string_equal(options.command->name, command_samples[i].command);
		if (command_samples[i].subject)
			assert_string_equal(options.command->subject, command_samples[i].subject);
		else
			assert_null(options.command->subject);
		for (size_t k = 0; k < options.argument_count; k++) {
			strcat(joined, k > 0 ? " " : "");
			strcat(joined, options.arguments[k]);
		}
		assert_string_equal(joined, command_samples[i].arguments);
		options_free(&options);
	}
}

static void without_options_the_defaults_stand(void **state)
{
	struct line line;
	struct options options = read_good(&line, "crawl http://a/");

	(void)state;
	assert_string_equal(options.database, "crawl.db");
	assert_int_equal(options.log_level, LOG_NORMAL);
	assert_int_equal(options.setting_count + options.config_count + options.expression_count,
			 0);
	assert_false(options.is_fresh || options.is_dry_run || options.is_json ||
		     options.log_is_json || options.is_update || options.is_retry_failed);
	options_free(&options);
}

static void options_and_arguments_may_be_mixed_in_any_environment(void **state)
{
	struct line line;
	struct options options;

	(void)state;
	setenv("POSIXLY_CORRECT", "1", 1);
	options = read_good(&line, "crawl http://a/ -o x.db http://b/ --fresh -ca -c b -e n=x -vv "
				   "--log-format=json http://c/");
	unsetenv("POSIXLY_CORRECT");
	assert_int_equal(options.argument_count, 3);
	assert_string_equal(options.database, "x.db");
	assert_true(options.is_fresh);
	assert_int_equal(options.config_count, 2);
	assert_string_equal(options.configs[0], "a");
	assert_string_equal(options.configs[1], "b");
	assert_string_equal(options.expressions[0], "n=x");
	assert_int_equal(options.log_level, LOG_DEBUG);
	assert_true(options.log_is_json);
	options_free(&options);
}

static void a_long_option_may_be_shortened(void **state)
{
	struct line line;
	struct options options = read_good(&line, "crawl sql --f csv --d=x.db q --q");

	(void)state;
	assert_string_equal(options.format, "csv");
	assert_string_equal(options.database, "x.db");
	options_free(&options);
}

/* What the options set, put over the defaults as a config does it. */
static struct settings settings_of(const struct options *options)
{
	struct settings settings = settings_default();
	char error[SETTING_ERROR_MAX];

	for (size_t i = 0; i < options->setting_count; i++)
		assert_int_equal(setting_set(&settings, options->settings[i].setting,
					     slice_of(options->settings[i].text), error),
				 0);
	return settings;
}

static void settings_of_the_command_line_win(void **state)
{
	struct settings settings;
	struct line line;
	struct options options =
		read_good(&line, "crawl http://a/ -j 3 --delay 2s --max-pages=7 --max-time 1m "
				 "--concurrency 9 --depth 1 --grace 0 --set user_agent=me/2 "
				 "--robots --no-robots --delay 3s --set proxy=");

	(void)state;
	settings = settings_of(&options);
	assert_int_equal(settings.workers, 3);
	assert_int_equal(settings.delay_ms, 3000);
	assert_int_equal(settings.max_pages, 7);
	assert_int_equal(settings.max_time_ms, 60000);
	assert_int_equal(settings.concurrency, 9);
	assert_int_equal(settings.depth, 1);
	assert_int_equal(settings.grace_ms, 0);
	assert_string_equal(settings.user_agent, "me/2");
	assert_string_equal(settings.proxy, "");
	assert_false(settings.robots);
	options_free(&options);
}

static const struct {
	const char *line, *complaint;
} wrong_samples[] = {
	{ "crawl --delay 2x http://a/", "crawl: --delay: '2x' is not a duration" },
	{ "crawl --delay 500 http://a/", "crawl: --delay: '500' has no unit: 500ms or 500s?" },
	{ "crawl --max-time=90 http://a/", "--max-time: '90' has no unit: 90ms or 90s?" },
	{ "crawl --set timeout=1.5 http://a/", "--set timeout: '1.5' has no unit: 1.5s?" },
	{ "crawl -j many http://a/", "crawl: --workers: 'many' is not a whole number" },
	{ "crawl --set depth=-1 http://a/", "crawl: --set depth: '-1' is too small" },
	{ "crawl --set dely=1s http://a/", "no setting is called 'dely'; did you mean 'delay'?" },
	{ "crawl --set xyzzy=1 http://a/", "no setting is called 'xyzzy' (man crawl-config)" },
	{ "crawl --set delay http://a/", "write --set delay=500ms" },
	{ "crawl --dely 1s http://a/", "unknown option '--dely'; did you mean '--delay'?" },
	{ "crawl --xyzzy=1 http://a/", "unknown option '--xyzzy' (crawl --help)" },
	{ "crawl --max 1 http://a/", "--max could be --max-pages or --max-time or --max-body" },
	{ "crawl --fresh=yes http://a/", "--fresh takes no value" },
	{ "crawl -qz http://a/", "unknown option '-z'" },
	{ "crawl http://a/ -o", "--database: its FILE.db is missing" },
	{ "crawl http://a/ --delay", "--delay: its TIME is missing" },
	{ "crawl --log-format yaml http://a/", "--log-format: 'yaml' is none of text|json" },
	{ "crawl sql --format cs q", "--format: 'cs' is none of csv|jsonl|json|table" },
	{ "crawl sql --format c|j q", "--format: 'c|j' is none of" },
	{ "crawl sql --fresh q", "--fresh is no option of 'crawl sql', but of 'crawl run'" },
	{ "crawl --base http://b/ inspect text f",
	  "--base is no option of 'crawl inspect text', but of 'crawl inspect url'" },
	{ "crawl sql", "usage: crawl sql" },
	{ "crawl sql a b", "sql: 'b' is one argument too many" },
	{ "crawl explain a", "usage: crawl explain" },
	{ "crawl explain a b c", "explain: 'c' is one argument too many" },
	{ "crawl export", "usage: crawl export" },
	{ "crawl inspect", "inspect what? One of: text, url, links, robots, sitemap (" },
	{ "crawl inspect txt f",
	  "'txt' is none of: text, url, links, robots, sitemap; did you mean 'text'?" },
	{ "crawl ctl", "ctl what? One of: pause, resume, stop, add, delay (" },
	{ "crawl ctl paus", "did you mean 'pause'?" },
	{ "crawl ctl pause now",
	  "ctl pause: 'now' is one argument too many (usage: crawl ctl pause "
	  "[OPTION]...)" },
	{ "crawl ctl delay example.org", "usage: crawl ctl delay [OPTION]... HOST TIME" },
	{ "crawl status --update", "--update is no option of 'crawl status', but of 'crawl run'" },
	{ "crawl why", "usage: crawl why [OPTION]... URL" },
	{ "crawl sqll q", "'sqll' is neither a command nor a file; did you mean 'crawl sql'?" },
	{ "crawl xyzzy", "'xyzzy' is neither a command nor a file (crawl --help)" },
	{ "crawl completion", "usage: crawl completion" },

	/* Kinds that users of other programs stumbled over. */
	{ "crawl completio", "did you mean 'crawl completion'?" },
	{ "crawl -- sql x", "'sql' is neither a command nor a file; did you mean 'crawl sql'?" },
	{ "crawl --d x.db", "--d could be --database or --dry-run or --delay or --depth" },
	{ "crawl sql --fres q", "--fresh is no option of 'crawl sql', but of 'crawl run'" },
	{ "crawl run --ma 3",
	  "--ma could be --max-pages or --max-time or --max-body or --max-rate or" },
	{ "crawl --no- http://a/", "--no-auto-delay or --no-keep-pages or ..." },
	{ "crawl --no-delay http://a/", "unknown option '--no-delay'; here it is: --delay 0" },
	{ "crawl --no-robots=yes http://a/", "--no-robots takes no value" },
	{ "crawl --robots=maybe http://a/", "--robots: 'maybe' is not true or false" },
	{ "crawl --robots no http://a/", "--robots no: write --robots or --no-robots" },
	{ "crawl --no-http2 true http://a/", "--no-http2 true: write --http2 or --no-http2" },
	{ "crawl --polite-per site http://a/", "--polite-per: 'site' is not host, domain or" },
	{ "crawl --timeout http://a/", "--timeout: 'http://a/' is not a duration" },
	{ "crawl -o --fresh http://a/", "--database: its FILE.db is missing, '--fresh' follows" },
	{ "crawl -qo -v http://a/", "--database: its FILE.db is missing, '-v' follows" },
	{ "crawl --delay --max-pages=1 http://a/", "its TIME is missing, '--max-pages=1' follows" },
	{ "crawl --user-agent -q http://a/", "--user-agent: its TEXT is missing, '-q' follows" },
	{ "crawl sql --timeout 5s q", "--timeout is no option of 'crawl sql', but of 'crawl run'" },
	{ "crawl sql --no-robots q", "--no-robots is no option of 'crawl sql'" },
	{ "crawl --delay -1s http://a/", "--delay: '-1s' is too small: at least 0s" },
	{ "crawl -j -1 http://a/", "--workers: '-1' is too small: at least 0" },
	{ "crawl -1 http://a/", "unknown option '-1'" },
	{ "crawl --set delay = 1s", "--set delay: its value is missing: write --set delay=500ms" },
	{ "crawl --set =1 http://a/", "--set: no setting is called ''" },
	{ "crawl --set DELAY=1s http://a/", "no setting is called 'DELAY'; did you mean 'delay'?" },
	{ "crawl --Fresh http://a/", "unknown option '--Fresh'; did you mean '--fresh'?" },
	{ "crawl --max_pages 1 http://a/",
	  "unknown option '--max_pages'; did you mean '--max-pages'?" },
	{ "crawl SQL q", "'SQL' is neither a command nor a file; did you mean 'crawl sql'?" },
	{ "crawl -o -- http://a/", "--database: its FILE.db is missing, '--' follows" },
	{ "crawl -o=x.db http://a/", "-o=x.db: write -o x.db, or --database=x.db" },
	{ "crawl -qj=4 http://a/", "-j=4: write -j 4, or --workers=4" },
	{ "crawl --database= http://a/", "--database: its FILE.db is empty: a variable that" },
	{ "crawl --config= http://a/", "--config: its FILE|DIR is empty" },
	{ "crawl -delay 1s http://a/", "-delay: a long option has two dashes: --delay" },
	{ "crawl -delay=1s http://a/", "-delay=1s: a long option has two dashes: --delay=1s" },
	{ "crawl -version", "-version: a long option has two dashes: --version" },
	{ "crawl -config x http://a/", "-config: a long option has two dashes: --config" },
	{ "crawl \u2013delay 1s http://a/",
	  "begins with a dash that no keyboard has: type --delay" },
	{ "crawl http://a/ \u2014fresh", "begins with a dash that no keyboard has: type --fresh" },
	{ "crawl \u2212j 4 http://a/", "begins with a dash that no keyboard has: type -j" },
	{ "crawl --max-time 1h30m http://a/", "--max-time: '1h30m' is not a duration: did you mean "
					      "'90m'?" },
	{ "crawl --max-pages 1,000 http://a/", "--max-pages: '1,000' is not a whole number" },
	{ "crawl localhost", "'localhost' is neither a command nor a file; did you mean "
			     "'http://localhost'?" },
	{ "crawl pause", "did you mean 'crawl ctl pause'?" },
	{ "crawl ctl help", "ctl help: write crawl help ctl" },
	{ "crawl status help", "status help: write crawl help status" },
	{ "crawl statsu --json", "'statsu' is neither a command nor a file; did you mean 'crawl "
				 "status'?" },
	{ "crawl links", "did you mean 'crawl inspect links'?" },
	{ "crawl fetch http://a/", "here it is: crawl run" },
	{ "crawl version", "here it is: crawl --version" },

	/* What it is called elsewhere. */
	{ "crawl --output x.csv http://a/", "unknown option '--output'; here it is: -o FILE is" },
	{ "crawl -O x.csv http://a/", "unknown option '-O'; here it is: -o FILE is" },
	{ "crawl --db=x.db http://a/", "unknown option '--db'; here it is: -o FILE" },
	{ "crawl --threads 8 http://a/", "unknown option '--threads'; here it is: -j N" },
	{ "crawl --wait 1 http://a/", "unknown option '--wait'; here it is: --delay TIME" },
	{ "crawl --limit 9 http://a/", "unknown option '--limit'; here it is: --max-pages N" },
	{ "crawl --level 2 http://a/", "unknown option '--level'; here it is: --depth N" },
	{ "crawl -k http://a/", "unknown option '-k'; here it is: --ca-file FILE" },
	{ "crawl -i list", "unknown option '-i'; here it is: a list is an argument" },
	/* Shortened, these would be --user-agent, --timeout, --robots-agent and such. */
	{ "crawl --password secret http://a/", "here it is: --user NAME:PASSWORD" },
	{ "crawl --limit-rate 1m http://a/", "here it is: --max-rate SIZE" },
	{ "crawl -X POST http://a/", "here it is: a crawl asks with GET" },
	{ "crawl -u=me:secret http://a/", "-u=********: write -u ********, or --user=********" },
	{ "crawl --time 30s http://a/", "unknown option '--time'; here it is: --max-time TIME" },
	{ "crawl --retry 3 http://a/", "unknown option '--retry'; here it is: --retries N" },
	{ "crawl --pattern x http://a/", "unknown option '--pattern'; here it is: -e NAME=REGEX" },
	{ "crawl --sitemap http://a/", "unknown option '--sitemap'; here it is: --sitemaps" },
	{ "crawl sql -- --json extra", "sql: 'extra' is one argument too many" },
};

/* One line, and exit code 2. */
static void an_argument_that_is_empty_is_no_list(void **state)
{
	char *words[] = { "crawl", "http://a/", "", NULL };
	struct options options;
	struct capture capture = capture_begin(STDERR_FILENO);
	enum options_result result = options_read(&options, &commands, 3, words);

	(void)state;
	capture_end(&capture);
	assert_int_equal(result, OPTIONS_WRONG);
	assert_string_equal(capture.text, "crawl: run: an argument is empty: a variable that is "
					  "not set?\n");
}

static void what_is_wrong_is_said_in_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong_samples); i++) {
		struct line line;
		struct options options;
		struct capture capture = capture_begin(STDERR_FILENO);
		enum options_result result;

		cut(&line, wrong_samples[i].line);
		result = options_read(&options, &commands, line.count, line.words);
		capture_end(&capture);
		assert_int_equal(result, OPTIONS_WRONG);
		if (!strstr(capture.text, wrong_samples[i].complaint))
			fail_msg("%s: %s", wrong_samples[i].line, capture.text);
		assert_memory_equal(capture.text, "crawl: ", 7);
		assert_ptr_equal(strchr(capture.text, '\n'),
				 capture.text + strlen(capture.text) - 1);
	}
}

static void an_option_given_too_often_is_refused(void **state)
{
	char *words[2 * OPTIONS_LIST_MAX + 4] = { "crawl" };
	struct options options;
	int count = 1;
	enum options_result results[2];
	struct capture capture = capture_begin(STDERR_FILENO);

	(void)state;
	for (int i = 0; i < OPTIONS_LIST_MAX; i++) {
		words[count++] = "-c";
		words[count++] = "x";
	}
	results[0] = options_read(&options, &commands, count, words);
	if (results[0] == OPTIONS_GO)
		options_free(&options);
	words[count++] = "-cx";
	results[1] = options_read(&options, &commands, count, words);
	capture_end(&capture);
	assert_int_equal(results[0], OPTIONS_GO);
	assert_int_equal(results[1], OPTIONS_WRONG);
	assert_string_equal(capture.text, "crawl: --config: more than 256 of them\n");
}

static void the_command_line_is_noted_as_a_shell_would_read_it(void **state)
{
	char *words[] = { "crawl", "-e", "t=<b>it's</b>", "http://a/?q=1", "", NULL };
	struct options options;

	(void)state;
	assert_int_equal(options_read(&options, &commands, 4, words), OPTIONS_GO);
	assert_string_equal(options.command_line, "crawl -e 't=<b>it'\\''s</b>' 'http://a/?q=1'");
	options_free(&options);
}

/* What is said to be typed is typed as it stands. */
static void a_word_is_quoted_where_a_shell_would_read_another(void **state)
{
	static const char *const words[][2] = {
		{ "http://a/b-c", "http://a/b-c" },
		{ "http://a/?b=1&c", "'http://a/?b=1&c'" },
		{ "http://a/it's", "'http://a/it'\\''s'" },
		{ "'''", "''\\'''\\'''\\'''" },
		{ "$(x) `y` \"z\"", "'$(x) `y` \"z\"'" },
		{ "", "''" },
		{ "~", "'~'" },
		{ "a b.db", "'a b.db'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		char *typed = shell_word(words[i][0]), command[128], back[64];
		FILE *echo;

		assert_string_equal(typed, words[i][1]);
		snprintf(command, sizeof(command), "printf %%s %s", typed);
		echo = popen(command, "r");
		back[fread(back, 1, sizeof(back) - 1, echo)] = '\0';
		assert_int_equal(pclose(echo), 0);
		assert_string_equal(back, words[i][0]);
		free(typed);
	}
}

static void a_long_command_line_is_noted_in_part(void **state)
{
	char *word = malloc(3 * OPTIONS_COMMAND_LINE_MAX);
	char *words[] = { "crawl", word, NULL };
	struct options options;

	(void)state;
	memset(word, '/', 3 * OPTIONS_COMMAND_LINE_MAX);
	word[3 * OPTIONS_COMMAND_LINE_MAX - 1] = '\0';
	assert_int_equal(options_read(&options, &commands, 2, words), OPTIONS_GO);
	assert_int_equal(strlen(options.command_line), OPTIONS_COMMAND_LINE_MAX - 1);
	options_free(&options);
	free(word);
}

static void help_is_shown_wherever_it_is_asked_for(void **state)
{
	static const char *const lines[] = { "crawl --help",
					     "crawl sql -h",
					     "crawl -h sql",
					     "crawl sql --help --bogus",
					     "crawl inspect url --help",
					     "crawl --version",
					     "crawl inspect --help" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct line line;
		struct options options;
		struct capture capture = capture_begin(STDOUT_FILENO);
		struct capture complaints = capture_begin(STDERR_FILENO);
		enum options_result result;

		cut(&line, lines[i]);
		result = options_read(&options, &commands, line.count, line.words);
		capture_end(&complaints);
		capture_end(&capture);
		assert_int_equal(result, OPTIONS_SHOWN);
		assert_memory_equal(capture.text, i == 0 || i == 5 ? "crawl " : "usage:", 6);
	}
}

/* ---- what is made from the table ---- */

static void every_option_has_a_name_and_a_letter_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		bool is_taken = false;

		for (size_t k = 0; k < commands.count; k++)
			is_taken |= command_takes(&commands.rows[k], option_at(i));
		assert_true(is_taken);
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(option_at(i)->name, option_at(k)->name);
			if (option_at(i)->letter)
				assert_int_not_equal(option_at(i)->letter, option_at(k)->letter);
		}
	}
}

/* A misspelt one would be an option that the command does not take. */
static void every_command_takes_options_that_there_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < commands.count; i++) {
		const char *takes = commands.rows[i].takes;
		size_t words = takes ? 1 : 0, found = 0;

		for (const char *at = takes; at && *at; at++)
			words += *at == '|';
		for (size_t k = 0; takes && k < option_count(); k++)
			found += option_word_is_among(option_at(k)->name, takes);
		assert_int_equal(found, words);
		assert_non_null(commands.rows[i].function);
	}
}

/* With a value, or as a switch both ways; each ends where --set would have put it. */
static void every_setting_is_an_option_of_run_and_try(void **state)
{
	(void)state;
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		bool is_switch = setting->kind == SETTING_SWITCH;
		char name[64], text[512];

		snprintf(name, sizeof(name), "%s", setting->name);
		for (char *at = name; *at; at++)
			*at = *at == '_' ? '-' : *at;
		for (int way = 0; way < 4; way++) {
			struct line line;
			struct options options;

			snprintf(text, sizeof(text), "crawl %s --%s%s%s%s http://a/",
				 way < 2 ? "run" : "try", is_switch && way % 2 ? "no-" : "", name,
				 is_switch ? "" : "=", is_switch ? "" : setting->initial);
			options = read_good(&line, text);
			assert_int_equal(options.setting_count, 1);
			assert_ptr_equal(options.settings[0].setting, setting);
			assert_string_equal(options.settings[0].text, !is_switch ? setting->initial
								      : way % 2  ? "false"
										 : "true");
			options_free(&options);
		}
	}
}

/* "--name" in a hint. */
static void assert_names_options(const char *hint)
{
	for (const char *at = strstr(hint, "--"); at; at = strstr(at + 2, "--")) {
		struct slice name = { at + 2, strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-") };
		bool is_there = false;

		for (size_t i = 0; i < option_count(); i++)
			is_there |= slice_equal(name, slice_of(option_at(i)->name));
		if (!is_there)
			fail_msg("no such option: %s", hint);
	}
}

static void what_others_call_it_is_told_in_our_options(void **state)
{
	static const char *const names[] = {
		"output",        "db",        "threads",    "ua",           "wait",
		"limit",         "level",     "http-proxy", "recursive",    "accept",
		"time",          "tries",     "location",   "max-filesize", "insecure",
		"ignore-robots", "user-data", "continue",   "overwrite",    "silent",
		"debug",         "regex",     "input-file", "headers",      "read-timeout",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *hint = slip_of_option(slice_of(names[i]), 0);

		if (!hint)
			fail_msg("nothing is said of --%s", names[i]);
		assert_names_options(hint);
	}
	/* What is ours is no slip. */
	for (size_t i = 0; i < option_count(); i++) {
		assert_null(slip_of_option(slice_of(option_at(i)->name), 0));
		if (option_at(i)->letter)
			assert_null(slip_of_option(SLICE(""), option_at(i)->letter));
	}
	for (size_t i = 0; i < commands.count; i++)
		assert_null(slip_of_command(commands.rows[i].name));
}

static void a_url_without_its_scheme_is_told_from_a_file(void **state)
{
	static const struct {
		const char *word;
		bool is_url;
	} table[] = {
		{ "localhost:9400/x", true },
		{ "127.0.0.1:8080", true },
		{ "127.0.0.1", true },
		{ "localhost", true },
		{ "localhost/a", true },
		{ "example.org", true },
		{ "example.org/a?b", true },
		{ "example.org:80", true },
		{ "printer:8080/a", true },
		{ "[::1]:80/", true },
		{ "urls.txt", true },
		{ "urls", false },
		{ "./urls.txt", false },
		{ "/a.b", false },
		{ "folder/urls.txt", false },
		{ "../a.b/c", false },
		{ "C:\\urls.txt", false },
		{ "a:b", false },
		{ "a:80b", false },
		{ "", false },
		{ ":80", false },
		{ "localhosts", false },
		{ "-", false },
		{ "~/urls.txt", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		if (slip_is_url(table[i].word) != table[i].is_url)
			fail_msg("%s", table[i].word);
}

/* Lines, and columns of the longest; help is ASCII. */
static void measure(const char *text, size_t *lines, size_t *columns)
{
	*lines = *columns = 0;
	for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		size_t width = (size_t)(end - text);

		(*lines)++;
		*columns = width > *columns ? width : *columns;
	}
}

static void assert_fits(char *help)
{
	size_t lines, columns;

	measure(help, &lines, &columns);
	if (lines > HELP_LINES_MAX || columns > HELP_COLUMNS_MAX)
		fail_msg("%zu lines, %zu columns:\n%s", lines, columns, help);
	assert_non_null(strstr(help, "\nexamples:\n"));
	free(help);
}

static void every_help_fits_a_screen(void **state)
{
	char *help;
	size_t size;
	FILE *out = open_memstream(&help, &size);

	(void)state;
	help_program(out, &commands);
	fclose(out);
	assert_fits(help);
	for (size_t i = 0; i < commands.count; i++) {
		for (int with_subject = 0; with_subject < 2; with_subject++) {
			out = open_memstream(&help, &size);
			help_command(out, &commands, commands.rows[i].name,
				     with_subject ? commands.rows[i].subject : NULL);
			fclose(out);
			assert_fits(help);
		}
	}
}

/* It is longer than a screen, but no wider. */
static void the_help_of_settings_names_all_of_them(void **state)
{
	char *help, wanted[64];
	size_t size, lines, columns;
	FILE *out = open_memstream(&help, &size);

	(void)state;
	help_settings(out);
	fclose(out);
	measure(help, &lines, &columns);
	assert_in_range(columns, 40, HELP_COLUMNS_MAX);
	for (size_t i = 0; i < option_count(); i++) {
		snprintf(wanted, sizeof(wanted), "--%s", option_at(i)->name);
		if (option_at(i)->setting || option_is_secret(option_at(i)))
			assert_non_null(strstr(help, wanted));
	}
	free(help);
}

static void every_help_names_every_option_the_command_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < commands.count; i++) {
		char *help, wanted[64];
		size_t size;
		FILE *out = open_memstream(&help, &size);

		help_command(out, &commands, commands.rows[i].name, commands.rows[i].subject);
		fclose(out);
		for (size_t k = 0; k < option_count(); k++) {
			const struct option_row *row = option_at(k);
			bool is_shown;

			snprintf(wanted, sizeof(wanted), " --%s ", row->name);
			is_shown = strstr(help, wanted) != NULL;
			if (row->kind == OPTION_HELP || row->kind == OPTION_VERSION)
				assert_false(is_shown);
			else
				assert_int_equal(is_shown, command_names(&commands.rows[i], row));
		}
		free(help);
	}
}

static void completions_know_every_command_and_option(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };

	(void)state;
	for (size_t i = 0; i < COUNT(shells); i++) {
		char *script;
		size_t size;
		FILE *out = open_memstream(&script, &size);

		assert_int_equal(completion_write(out, &commands, shells[i]), 0);
		fclose(out);
		for (size_t k = 0; k < commands.count; k++)
			assert_non_null(strstr(script, commands.rows[k].name));
		for (size_t k = 0; k < option_count(); k++)
			assert_non_null(strstr(script, option_at(k)->name));
		free(script);
	}
	assert_int_equal(completion_write(stdout, &commands, "tcsh"), -1);
}

/* ---- a new command is a row ---- */

static int frobnicate(const struct options *options)
{
	return (int)options->argument_count;
}

/* The commands of the program, and one more. */
static struct command_table table_with_one_more(void)
{
	static struct command_row rows[COMMANDS_MAX];
	struct command_table table = commands;

	memcpy(rows, commands.rows, commands.count * sizeof(*rows));
	rows[table.count++] = (struct command_row){
		.name = "frobnicate",
		.function = frobnicate,
		.usage = "THING",
		.least = 1,
		.most = 2,
		.arguments = "red|green",
		.takes = "database|json",
		.help = "do what no other does",
		.examples = "  crawl frobnicate red\n",
	};
	table.rows = rows;
	return table;
}

static char *written(const struct command_table *table, const char *what)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (strcmp(what, "program") == 0)
		help_program(out, table);
	else if (strcmp(what, "command") == 0)
		help_command(out, table, "frobnicate", NULL);
	else
		assert_int_equal(completion_write(out, table, what), 0);
	fclose(out);
	return text;
}

static void a_row_makes_a_command_wherever_commands_are_known(void **state)
{
	static const struct {
		const char *what, *wanted;
	} cases[] = {
		{ "program", "\n  frobnicate  do what no other does\n" },
		{ "command", "usage: crawl frobnicate [OPTION]... THING\n" },
		{ "command", "--database FILE" },
		{ "command", "--json" },
		{ "command", "examples:\n  crawl frobnicate red\n" },
		{ "bash", "|frobnicate) command=$word" },
		{ "bash", "\tfrobnicate) words='red green --database --json --quiet" },
		{ "zsh", "'frobnicate:do what no other does'" },
		{ "zsh", "'*:red|green:(red green)'" },
		{ "fish", "-a frobnicate -d 'do what no other does'" },
		{ "zsh", "'*'{-o,--database=}'[the database\\: crawl.db, postgresql\\://..., "
			 "-]:FILE.db:_files -g \"*.db\"'" },
		{ "zsh", "'*--no-robots[do not obey robots.txt]'" },
		{ "fish",
		  "-l database -s o -d 'the database: crawl.db, postgresql://..., -' -x -k -a "
		  "'(__fish_complete_" },
		{ "fish", "-n '__fish_seen_subcommand_from frobnicate' -f -a 'red green'" },
	};
	struct command_table table = table_with_one_more();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = written(&table, cases[i].what);

		if (!strstr(text, cases[i].wanted))
			fail_msg("%s has no %s:\n%s", cases[i].what, cases[i].wanted, text);
		free(text);
	}
}

static void a_row_makes_a_command_of_the_command_line(void **state)
{
	static const struct {
		const char *line, *complaint; /* NULL: it is in order */
	} cases[] = {
		{ "crawl frobnicate --json red green", NULL },
		{ "crawl -o x.db frobnicate red green", NULL },
		{ "crawl frobnicate", "usage: crawl frobnicate [OPTION]... THING" },
		{ "crawl frobnicate a b c", "frobnicate: 'c' is one argument too many" },
		{ "crawl frobnicat x", "did you mean 'crawl frobnicate'?" },
		{ "crawl frobnicate x --fresh",
		  "--fresh is no option of 'crawl frobnicate', but of 'crawl run'" },
	};
	struct command_table table = table_with_one_more();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct options options;
		struct capture capture = capture_begin(STDERR_FILENO);
		struct line line;
		enum options_result result;

		cut(&line, cases[i].line);
		result = options_read(&options, &table, line.count, line.words);
		capture_end(&capture);
		assert_int_equal(result, cases[i].complaint ? OPTIONS_WRONG : OPTIONS_GO);
		if (cases[i].complaint) {
			assert_non_null(strstr(capture.text, cases[i].complaint));
			continue;
		}
		assert_ptr_equal(options.command, &table.rows[table.count - 1]);
		assert_int_equal(options.command->function(&options), 2);
		options_free(&options);
	}
}

/* Help is anyone's text: what a shell would read as its own stays text. */
static void help_of_any_letters_leaves_the_scripts_whole(void **state)
{
	static const struct {
		const char *shell, *wanted;
	} cases[] = {
		{ "zsh", "'frobnicate:it'\\''s \\[a\\]\\: \"b\" `c` $d \\\\'" },
		{ "fish", "-a frobnicate -d 'it\\'s [a]: \"b\" `c` $d \\\\'" },
	};
	struct command_table table = table_with_one_more();

	(void)state;
	((struct command_row *)(uintptr_t)table.rows)[table.count - 1].help =
		"it's [a]: \"b\" `c` $d \\";
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = written(&table, cases[i].shell);

		if (!strstr(text, cases[i].wanted))
			fail_msg("%s has no %s:\n%s", cases[i].shell, cases[i].wanted, text);
		free(text);
	}
}

static void bash_completes_what_may_stand_there(void **state)
{
	static const struct {
		const char *words, *found; /* the last word is completed; found: joined with '|' */
	} cases[] = {
		{ "crawl sql --format c", "csv" },
		{ "crawl sql --format = c", "csv" }, /* bash cuts --format=c so */
		{ "crawl sql --format = \"\"", "csv|jsonl|json|table" },
		{ "crawl --log-format t", "text" },
		{ "crawl exp", "explain|export" },
		{ "crawl complet", "completion" },
		{ "crawl help st", "status" },
		{ "crawl run --conn", "--connect-timeout" },
		{ "crawl run --no-r", "--no-robots" },
		{ "crawl --polite-per d", "domain" },
		{ "crawl completion f", "fish" },
		{ "crawl ctl re", "resume" },
		{ "crawl inspect s", "sitemap" },
		{ "crawl inspect text a", "a b.html|a c.db" },
		{ "crawl -o a", "a c.db" },
		{ "crawl -o b", "b.html" }, /* no *.db begins so */
		{ "crawl --ca-file a", "a b.html|a c.db" },
		{ "crawl --database = a", "a c.db" },
		{ "crawl -o x.db exp", "explain|export" }, /* not before its value */
		{ "crawl --format = csv stat", "status" },
		{ "crawl -o x.db sql --fo", "--format" },
		{ "crawl -q list --fr", "--fresh" },
		{ "crawl sql --fr", "" },
		{ "crawl run --fr", "--fresh" },
		{ "crawl --delay \"\"", "" },
	};
	char folder[] = "/tmp/crawl-completion-XXXXXX", command[512], found[512], *script;

	(void)state;
	assert_non_null(mkdtemp(folder));
	script = written(&commands, "bash");
	for (size_t i = 0; i < COUNT(cases); i++) {
		FILE *out;

		snprintf(command, sizeof(command),
			 "cd %s && : >'a b.html' >'a c.db' >b.html && bash -uc '. /dev/stdin; "
			 "compopt() { :; }; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); "
			 "_crawl; IFS=\"|\"; printf %%s \"${COMPREPLY[*]}\"' >found",
			 folder, cases[i].words);
		out = popen(command, "w");
		fputs(script, out);
		assert_int_equal(pclose(out), 0);
		snprintf(command, sizeof(command), "%s/found", folder);
		out = fopen(command, "r");
		found[fread(found, 1, sizeof(found) - 1, out)] = '\0';
		fclose(out);
		assert_string_equal(found, cases[i].found);
	}
	free(script);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

/* A whole page of the manual; the caller frees it. */
static char *read_manual(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_in_range(fread(text, 1, 65535, file), 1, 65534);
	fclose(file);
	return text;
}

/* groff in LANG=C has no other letters, and says so on every look. */
static void the_manuals_are_ascii(void **state)
{
	static const char *const paths[] = { "docs/crawl.1.scd",      "docs/crawl-config.5.scd",
					     "docs/crawl-try.1.scd",  "docs/crawl-explain.1.scd",
					     "docs/crawl-test.1.scd", "docs/crawl-reparse.1.scd" };

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		char *text = read_manual(paths[i]);

		for (const char *at = text; *at; at++)
			if ((unsigned char)*at > 0x7e)
				fail_msg("%s: %.20s", paths[i], at);
		free(text);
	}
}

/* As the manual has it: "_500ms_", "empty". */
static const char *default_shown(const struct setting *setting, char out[COMMAND_TITLE_MAX])
{
	if (strcmp(setting->name, "user_agent") == 0)
		return "_crawl/VERSION_";
	snprintf(out, COMMAND_TITLE_MAX, setting->initial[0] ? "_%s_" : "empty%s",
		 setting->initial);
	return out;
}

/* Does a command show it in its help? */
static bool is_named(const struct option_row *option)
{
	bool is_there = false;

	for (size_t i = 0; i < commands.count; i++)
		is_there |= command_names(&commands.rows[i], option);
	return is_there;
}

static void the_manual_describes_every_command_option_and_setting(void **state)
{
	char *manual = read_manual("docs/crawl.1.scd");
	char *config = read_manual("docs/crawl-config.5.scd");
	char wanted[128], title[COMMAND_TITLE_MAX];

	(void)state;
	for (size_t i = 0; i < commands.count; i++) {
		snprintf(wanted, sizeof(wanted), "\n*%s*\n\t",
			 command_title(&commands.rows[i], title));
		if (!commands.rows[i].is_hidden && !strstr(manual, wanted))
			fail_msg("the manual has no crawl %s", title);
	}
	for (size_t i = 0; i < option_count(); i++) {
		if (!is_named(option_at(i)))
			continue; /* a setting: see below */
		snprintf(wanted, sizeof(wanted), "*--%s*", option_at(i)->name);
		if (!strstr(manual, wanted))
			fail_msg("the manual has no --%s", option_at(i)->name);
	}
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		const char *entry;

		snprintf(wanted, sizeof(wanted), "\n*%s* (", setting->name);
		entry = strstr(config, wanted);
		if (!entry)
			fail_msg("the manual has no setting %s", setting->name);
		snprintf(wanted, sizeof(wanted), ", %s)\n", default_shown(setting, title));
		if (strncmp(strchr(entry, ','), wanted, strlen(wanted)) != 0)
			fail_msg("the manual has another default than %s for %s", wanted,
				 setting->name);
	}
	free(manual);
	free(config);
}

/* What a part of the manual says of an option, cut off behind it; or NULL: nothing. */
static char *entry_of(char *part, const struct option_row *option)
{
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "*--%s*", option->name);
	for (char *at = strstr(part, "\n\n*-"); at; at = strstr(at + 1, "\n\n*-")) {
		char *named = strstr(at, wanted), *end = strstr(at + 1, "\n\n");

		if (!named || named > strchr(at + 2, '\n'))
			continue;
		if (end)
			*end = '\0';
		return at;
	}
	return NULL;
}

static void the_manual_says_of_which_commands_an_option_is(void **state)
{
	(void)state;
	for (size_t n = 0; n < option_count(); n++) {
		char *manual = read_manual("docs/crawl.1.scd"),
		     *options = strstr(manual, "# OPTIONS");
		char *entry = entry_of(options, option_at(n));

		for (size_t i = 0; entry && strstr(entry, "(_") && i < commands.count; i++) {
			char title[COMMAND_TITLE_MAX], whole[COMMAND_TITLE_MAX + 2], word[64];
			const struct command_row *row = &commands.rows[i];

			snprintf(whole, sizeof(whole), "_%s_", command_title(row, title));
			snprintf(word, sizeof(word), "_%s_", row->name);
			if (!row->is_hidden && command_names(row, option_at(n)) &&
			    !strstr(entry, whole) && !strstr(entry, word))
				fail_msg("--%s is of crawl %s, too", option_at(n)->name, title);
		}
		free(manual);
	}
}

static void credentials_are_wiped_out_of_argv(void **state)
{
	char user[] = "--user=me:secret", letter[] = "-uyou:secret", header[] = "X: secret";
	char *words[] = { "crawl", user, letter, "-H", header, "http://a/", NULL };
	struct options options;

	(void)state;
	assert_int_equal(options_read(&options, &commands, 6, words), OPTIONS_GO);
	assert_string_equal(user, "--user=*********");
	assert_string_equal(letter, "-u**********");
	assert_string_equal(header, "*********");
	assert_string_equal(options.user, "you:secret");
	assert_string_equal(options.headers[0], "X: secret");
	options_free(&options);
}

static void passwords_of_urls_are_wiped_out_of_argv(void **state)
{
	char page[] = "https://me:secret@a/?b=c@d", proxy[] = "u:secret@127.0.0.1:1";
	char set[] = "--set=proxy=http://u:secret@127.0.0.1:2", other[] = "http://a/";
	char pattern[] = "x=http://(?<a>.):.@b";
	char *words[] = { "crawl", page, "--proxy", proxy, set, other, "-e", pattern, NULL };
	struct options options;

	(void)state;
	assert_int_equal(options_read(&options, &commands, 8, words), OPTIONS_GO);
	assert_string_equal(page, "https://*********@a/?b=c@d");
	assert_string_equal(proxy, "********@127.0.0.1:1");
	assert_string_equal(set, "--set=proxy=http://********@127.0.0.1:2");
	assert_string_equal(other, "http://a/");
	assert_string_equal(pattern, "x=http://(?<a>.):.@b"); /* a pattern is none */
	assert_string_equal(options.arguments[0], "https://me:secret@a/?b=c@d");
	assert_ptr_equal(options.arguments[1], other);
	assert_string_equal(options.settings[0].text, "u:secret@127.0.0.1:1");
	assert_string_equal(options.settings[1].text, "http://u:secret@127.0.0.1:2");
	options_free(&options);
}

/* Without libpq a URI is refused before. */
#ifdef CRAWL_POSTGRES
#define NEED_POSTGRES()
#else
#define NEED_POSTGRES() skip()
#endif

/* Also of one that is read from argv by every command. */
static void the_password_of_a_database_is_wiped_out_of_argv(void **state)
{
	char apart[] = "postgresql://me:secret@db/films?password=secret&schema=a";
	char joined[] = "--database=postgres://me:secret@db/films";
	char *words[] = { "crawl", "status", "-o", apart, joined, NULL };
	struct options options;

	(void)state;
	NEED_POSTGRES();
	assert_int_equal(options_read(&options, &commands, 4, words), OPTIONS_GO);
	assert_string_equal(apart, "postgresql://me@db/films?schema=a");
	assert_int_equal(apart[sizeof(apart) - 2], '\0'); /* nothing of it is left behind */
	assert_string_equal(options.database,
			    "postgresql://me:secret@db/films?password=secret&schema=a");
	options_forget_database(&options); /* as a worker does */
	assert_string_equal(options.database, "postgresql://me@db/films?schema=a");
	options_free(&options);

	words[2] = joined;
	assert_int_equal(options_read(&options, &commands, 3, words), OPTIONS_GO);
	assert_string_equal(joined, "--database=postgres://me@db/films");
	assert_string_equal(options.database, "postgres://me:secret@db/films");
	options_free(&options);
}

/* Also where it is none that PostgreSQL would take: that is said without its words. */
static void whatever_may_be_a_password_is_hidden(void **state)
{
	static const struct {
		const char *word, *shown;
	} rows[] = {
		{ "postgresql://me:s@secret@db/films", "postgresql://me@db/films" },
		{ "postgresql://me:s/secret@db/films", "postgresql://me@db/films" },
		{ "postgresql://me:s?secret@db/films", "postgresql://me@db/films" },
		{ "postgresql://me:1234/@db/films", "postgresql://me@db/films" },
		{ "postgresql://me:secret#@db", "postgresql://me@db" },
		{ "postgresql://:@", "postgresql://@" },
		{ "postgresql://", "postgresql://" },
		{ "postgresql://db?", "postgresql://db?" },
		{ "postgresql://db?password", "postgresql://db?password" },
		{ "postgresql://db?password=&&password=secret", "postgresql://db?" },
		{ "postgresql://db?scram_client_key=secret&port=1&scram_server_key=secret",
		  "postgresql://db?port=1" },
		{ "postgresql://db?oauth_client_secret=secret&a=b", "postgresql://db?a=b" },
		{ "films.db", "films.db" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char word[100] = "";

		strcpy(word, rows[i].word);
		database_word_hide(word);
		assert_string_equal(word, rows[i].shown);
		for (size_t at = strlen(word); at < sizeof(word); at++)
			assert_int_equal(word[at], '\0');
	}
}

static void passwords_are_not_noted(void **state)
{
	static const struct {
		const char *word, *noted;
	} rows[] = {
		{ "http://me:secret@example.org/a", "@example.org/a" },
		{ "http://secret@example.org/a", "@example.org/a" },
		{ "proxy=http://u:secret@127.0.0.1:1", "@127.0.0.1:1" },
		{ "--proxy u:secret@127.0.0.1:1", "--proxy '********@127.0.0.1:1'" },
		{ "--proxy=u:secret@127.0.0.1:1", "'--proxy=********@127.0.0.1:1'" },
		{ "--prox u:secret@127.0.0.1:1", "--prox '********@127.0.0.1:1'" },
		{ "--prox=u:secret@127.0.0.1:1", "'--prox=********@127.0.0.1:1'" },
		{ "--set proxy=u:secret@127.0.0.1:1", "--set 'proxy=********@127.0.0.1:1'" },
		{ "--set=proxy=u:secret@127.0.0.1:1", "'--set=proxy=********@127.0.0.1:1'" },
		{ "--proxy u:s@secret@127.0.0.1:1", "--proxy '**********@127.0.0.1:1'" },
		{ "--proxy http://u:secret@127.0.0.1:1", "'http://********@127.0.0.1:1'" },
		{ "http://me:s@secret@example.org/a", "@example.org/a" },
		{ "http://me:s'secret@example.org/a", "@example.org/a" },
		{ "http:\\\\me:secret@example.org/a", "@example.org/a" },
		{ "http:\\//me:secret@example.org/a", "@example.org/a" },
		{ "http://me:secret@a/http://me:secret@b/", "@a/http" },
		{ "http://example.org/@a?b=c@d", "http://example.org/@a?b=c@d" },
		{ "--user me:secret http://a/", "crawl --user '********' http://a/" },
		{ "--user=me:secret http://a/", "crawl '--user=********' http://a/" },
		{ "-u me:secret http://a/", "crawl -u '********' http://a/" },
		{ "-ume:secret http://a/", "crawl '-u********' http://a/" },
		{ "-qu me:secret http://a/", "crawl -qu '********' http://a/" },
		{ "-u me:secret -u you:secret http://a/", "-u '********' -u '********' http://a/" },
		{ "--cookie a=secret http://a/", "crawl --cookie '********' http://a/" },
		{ "--heade A:secret http://a/", "crawl --heade '********' http://a/" },
		{ "-b a=secret http://a/", "crawl -b '********' http://a/" },
		{ "-H X-Key:secret http://a/", "crawl -H '********' http://a/" },
		{ "--header=Authorization:secret http://a/", "'--header=********' http://a/" },
		{ "http://a/ -- -u", "crawl http://a/ -- -u" },
		{ "http://example.org?b=c@d", "http://example.org?b=c@d" },
		{ "-o postgresql://me:secret@db/films", "-o postgresql://me@db/films" },
		{ "-opostgres://me:secret@db/films", "-opostgres://me@db/films" },
		{ "--database=postgresql://me:secret@[::1]:5433/films",
		  "'--database=postgresql://me@[::1]:5433/films'" },
		{ "-o postgresql://:secret@db/films", "-o postgresql://@db/films" },
		{ "-o postgresql:///f?password=secret", "-o postgresql:///f" },
		{ "-o postgresql:///f?password=secret&schema=a", "-o 'postgresql:///f?schema=a'" },
		{ "-o postgresql://db/f?schema=a&password=secret&port=1&sslpassword=secret",
		  "-o 'postgresql://db/f?schema=a&port=1'" },
		{ "-o postgresql://db/f?pass%77ord=secret&port=1",
		  "-o 'postgresql://db/f?port=1'" },
		{ "-o postgresql://db:5433/f?user=a@b", "-o 'postgresql://db:5433/f?user=a@b'" },
		{ "-o postgresql://[::1]:5433/f", "-o 'postgresql://[::1]:5433/f'" },
	};

	(void)state;
	NEED_POSTGRES();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];
		struct line line;
		struct options options;

		snprintf(text, sizeof(text), "crawl %s", rows[i].word);
		options = read_good(&line, text);
		if (strstr(options.command_line, "secret") ||
		    !strstr(options.command_line, rows[i].noted))
			fail_msg("%s: %s", rows[i].word, options.command_line);
		options_free(&options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_are_wiped_out_of_argv),
		cmocka_unit_test(passwords_of_urls_are_wiped_out_of_argv),
		cmocka_unit_test(the_password_of_a_database_is_wiped_out_of_argv),
		cmocka_unit_test(whatever_may_be_a_password_is_hidden),
		cmocka_unit_test(passwords_are_not_noted),
		cmocka_unit_test(a_first_word_that_is_a_command_names_it),
		cmocka_unit_test(without_options_the_defaults_stand),
		cmocka_unit_test(options_and_arguments_may_be_mixed_in_any_environment),
		cmocka_unit_test(a_long_option_may_be_shortened),
		cmocka_unit_test(settings_of_the_command_line_win),
		cmocka_unit_test(an_argument_that_is_empty_is_no_list),
		cmocka_unit_test(what_is_wrong_is_said_in_one_line),
		cmocka_unit_test(an_option_given_too_often_is_refused),
		cmocka_unit_test(the_command_line_is_noted_as_a_shell_would_read_it),
		cmocka_unit_test(a_word_is_quoted_where_a_shell_would_read_another),
		cmocka_unit_test(a_long_command_line_is_noted_in_part),
		cmocka_unit_test(help_is_shown_wherever_it_is_asked_for),
		cmocka_unit_test(every_option_has_a_name_and_a_letter_of_its_own),
		cmocka_unit_test(every_command_takes_options_that_there_are),
		cmocka_unit_test(every_setting_is_an_option_of_run_and_try),
		cmocka_unit_test(what_others_call_it_is_told_in_our_options),
		cmocka_unit_test(a_url_without_its_scheme_is_told_from_a_file),
		cmocka_unit_test(every_help_fits_a_screen),
		cmocka_unit_test(the_help_of_settings_names_all_of_them),
		cmocka_unit_test(every_help_names_every_option_the_command_takes),
		cmocka_unit_test(completions_know_every_command_and_option),
		cmocka_unit_test(a_row_makes_a_command_wherever_commands_are_known),
		cmocka_unit_test(a_row_makes_a_command_of_the_command_line),
		cmocka_unit_test(help_of_any_letters_leaves_the_scripts_whole),
		cmocka_unit_test(bash_completes_what_may_stand_there),
		cmocka_unit_test(the_manuals_are_ascii),
		cmocka_unit_test(the_manual_describes_every_command_option_and_setting),
		cmocka_unit_test(the_manual_says_of_which_commands_an_option_is),
	};

	return RUN_TESTS(tests);
}
