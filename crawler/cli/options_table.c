#include "cli/options_table.h"

#include <stdio.h>

#define RUN    PLACE_BIT(PLACE_RUN)
#define CHECK  PLACE_BIT(PLACE_CHECK)
#define TRY    PLACE_BIT(PLACE_TRY)
#define SQL    PLACE_BIT(PLACE_SQL)
#define EXPORT PLACE_BIT(PLACE_EXPORT)
#define STATUS PLACE_BIT(PLACE_STATUS)
#define FAILED PLACE_BIT(PLACE_FAILED)
#define WHY    PLACE_BIT(PLACE_WHY)
#define CTL                                                                                     \
	(PLACE_BIT(PLACE_CTL_PAUSE) | PLACE_BIT(PLACE_CTL_RESUME) | PLACE_BIT(PLACE_CTL_STOP) | \
	 PLACE_BIT(PLACE_CTL_ADD) | PLACE_BIT(PLACE_CTL_DELAY))
#define INSPECT_TEXT   PLACE_BIT(PLACE_INSPECT_TEXT)
#define INSPECT_URL    PLACE_BIT(PLACE_INSPECT_URL)
#define INSPECT_LINKS  PLACE_BIT(PLACE_INSPECT_LINKS)
#define INSPECT_ROBOTS PLACE_BIT(PLACE_INSPECT_ROBOTS)
#define ALL            (PLACE_BIT(PLACE_COUNT) - 1)

#define FORMATS "csv|jsonl|json|table"

/* clang-format off */
const struct command_row command_table[PLACE_COUNT] = {
	[PLACE_RUN] = {
		COMMAND_RUN, "run", NULL, "[FILE|URL]...",
		"fetch the URLs of lists, match patterns, store pages and rows",
		"  crawl urls.txt                 the same command again goes on where it stopped\n",
		0, ARGUMENTS_MAX_ANY, "FILE", false, NULL },
	[PLACE_CHECK] = {
		COMMAND_CHECK, "check", NULL, "[CONFIG]...",
		"say what is wrong with pattern files, or what tables they make",
		"  crawl check                    the files that a crawl from here would read\n"
		"  crawl check config/books.yaml\n",
		0, ARGUMENTS_MAX_ANY, "FILE", false, NULL },
	[PLACE_TRY] = {
		COMMAND_TRY, "try", NULL, "[CONFIG] FILE|URL",
		"run patterns on one page and show the rows; no database",
		"  crawl try config/books.yaml https://books.example.org/\n"
		"  crawl try config/books.yaml page.html --url https://books.example.org/\n"
		"  curl -s https://example.org/ | crawl try -e 'h=<h1>(?<text>.*?)</h1>' -\n",
		1, 2, "FILE", false, NULL },
	[PLACE_SQL] = {
		COMMAND_SQL, "sql", NULL, "QUERY|-",
		"ask the database, read-only, also while a crawl runs",
		"  crawl sql 'SELECT state, count(*) FROM pages GROUP BY state'\n"
		"  crawl sql -o books.db --json 'SELECT * FROM books LIMIT 3'\n"
		"  crawl sql - < report.sql       the statement from standard input\n",
		1, 1, NULL, false, NULL },
	[PLACE_EXPORT] = {
		COMMAND_EXPORT, "export", NULL, "TABLE",
		"write a whole table or view to standard output",
		"  crawl export books > books.csv\n"
		"  crawl export pages --format jsonl | jq -r .url\n",
		1, 1, NULL, false, NULL },
	[PLACE_STATUS] = {
		COMMAND_STATUS, "status", NULL, "",
		"say how a crawl stands, running or not",
		"  crawl status\n"
		"  watch -n 5 crawl status -o books.db\n"
		"  crawl status --json | jq '.urls[] | select(.state == \"pending\").urls'\n",
		0, 0, NULL, false, NULL },
	[PLACE_FAILED] = {
		COMMAND_FAILED, "failed", NULL, "",
		"show what failed, and why",
		"  crawl failed\n"
		"  crawl failed --format jsonl | jq -r 'select(.outcome == \"dns\").url'\n"
		"  crawl urls.txt --retry-failed\n",
		0, 0, NULL, false, NULL },
	[PLACE_WHY] = {
		COMMAND_WHY, "why", NULL, "URL",
		"tell the whole story of one URL",
		"  crawl why https://books.example.org/missing\n"
		"  crawl why --json https://books.example.org/ | jq .tries\n",
		1, 1, NULL, false, NULL },
	[PLACE_CTL_PAUSE] = {
		COMMAND_CTL, "ctl", "pause", "",
		"hand out nothing more, until it is resumed",
		"  crawl ctl pause -o books.db\n",
		0, 0, NULL, false, "steer a crawl that is running" },
	[PLACE_CTL_RESUME] = {
		COMMAND_CTL, "ctl", "resume", "",
		"go on after a pause",
		"  crawl ctl resume\n",
		0, 0, NULL, false, NULL },
	[PLACE_CTL_STOP] = {
		COMMAND_CTL, "ctl", "stop", "",
		"finish what is in flight and end, as Ctrl-C does",
		"  crawl ctl stop\n",
		0, 0, NULL, false, NULL },
	[PLACE_CTL_ADD] = {
		COMMAND_CTL, "ctl", "add", "URL",
		"add a URL",
		"  crawl ctl add https://books.example.org/new\n",
		1, 1, NULL, false, NULL },
	[PLACE_CTL_DELAY] = {
		COMMAND_CTL, "ctl", "delay", "HOST TIME",
		"change the time between two requests to a host",
		"  crawl ctl delay books.example.org 2s\n",
		2, 2, NULL, false, NULL },
	[PLACE_INSPECT_TEXT] = {
		COMMAND_INSPECT, "inspect", "text", "FILE|-",
		"show a page as the patterns see it: as UTF-8",
		"  crawl inspect text page.html --content-type 'text/html; charset=gb2312'\n",
		1, 1, "FILE", false, "see a page, URL, robots.txt or sitemap as a crawl does" },
	[PLACE_INSPECT_URL] = {
		COMMAND_INSPECT, "inspect", "url", "[REF|-]...",
		"show references as canonical URLs, or why not",
		"  crawl inspect url --base http://example.org/a/ ../b 'c?d=%7e' -- -e\n"
		"  crawl inspect url < lines      a line is REF, or BASE, a tab, REF\n",
		0, ARGUMENTS_MAX_ANY, NULL, false, NULL },
	[PLACE_INSPECT_LINKS] = {
		COMMAND_INSPECT, "inspect", "links", "FILE|-",
		"show the links that a crawl would follow",
		"  crawl inspect links page.html --base http://example.org/a/\n",
		1, 1, "FILE", false, NULL },
	[PLACE_INSPECT_ROBOTS] = {
		COMMAND_INSPECT, "inspect", "robots", "FILE [URL|-]...",
		"show what a robots.txt allows, and by which rule",
		"  crawl inspect robots robots.txt --agent mybot http://example.org/a /b?c\n"
		"  crawl inspect robots robots.txt --agent mybot      its delay and sitemaps\n",
		1, ARGUMENTS_MAX_ANY, "FILE", false, NULL },
	[PLACE_INSPECT_SITEMAP] = {
		COMMAND_INSPECT, "inspect", "sitemap", "FILE|-",
		"show the URLs of a sitemap or feed",
		"  curl -s https://example.org/sitemap.xml.gz | crawl inspect sitemap -\n",
		1, 1, "FILE", false, NULL },
	[PLACE_COMPLETION] = {
		COMMAND_COMPLETION, "completion", NULL, "bash|zsh|fish",
		"print the completions of a shell",
		"  source <(crawl completion bash)\n"
		"  crawl completion zsh > ~/.zfunc/_crawl\n"
		"  crawl completion fish > ~/.config/fish/completions/crawl.fish\n",
		1, 1, "bash|zsh|fish", true, NULL },
};

#define AT(member) offsetof(struct options, member)

const struct option_row option_table[] = {
	{ "config", 'c', "FILE|DIR", OPTION_LIST, RUN | CHECK | TRY | WHY | INSPECT_URL | INSPECT_LINKS,
	  "patterns, not ./crawl.yaml, ./config/*.yaml", AT(configs), AT(config_count) },
	{ "expression", 'e', "NAME=REGEX", OPTION_LIST, RUN | CHECK | TRY,
	  "a pattern for every page", AT(expressions), AT(expression_count) },
	{ "database", 'o', "FILE", OPTION_TEXT,
	  RUN | SQL | EXPORT | STATUS | FAILED | WHY | CTL,
	  "the database (crawl.db)", AT(database), 0 },
	{ "fresh", 0, NULL, OPTION_FLAG, RUN,
	  "empty the database first", AT(is_fresh), 0 },
	{ "retry-failed", 0, NULL, OPTION_FLAG, RUN,
	  "ask again for what failed, and what is left", AT(is_retry_failed), 0 },
	{ "update", 0, NULL, OPTION_FLAG, RUN,
	  "ask again for everything, now", AT(is_update), 0 },
	{ "dry-run", 0, NULL, OPTION_FLAG, RUN,
	  "read lists and patterns, fetch nothing", AT(is_dry_run), 0 },
	{ "workers", 'j', "N", OPTION_SETTING, RUN,
	  "processes that fetch (one per CPU)", 0, 0 },
	{ "max-pages", 0, "N", OPTION_SETTING, RUN,
	  "stop after so many pages", 0, 0 },
	{ "max-time", 0, "TIME", OPTION_SETTING, RUN,
	  "stop after 90s, 10m, 2h, ...", 0, 0 },
	{ "delay", 0, "TIME", OPTION_SETTING, RUN,
	  "between two requests to a host (500ms)", 0, 0 },
	{ "concurrency", 0, "N", OPTION_SETTING, RUN,
	  "requests at once to a host (2)", 0, 0 },
	{ "depth", 0, "N", OPTION_SETTING, RUN,
	  "links from a seed to a page (10)", 0, 0 },
	{ "grace", 0, "TIME", OPTION_SETTING, RUN,
	  "to finish after Ctrl-C (5s)", 0, 0 },
	{ "url", 0, "URL", OPTION_TEXT, TRY,
	  "the URL that a file stands for", AT(url), 0 },
	{ "base", 0, "BASE", OPTION_TEXT, INSPECT_URL | INSPECT_LINKS,
	  "the URL that references are relative to", AT(url), 0 },
	{ "content-type", 0, "TYPE", OPTION_TEXT, INSPECT_TEXT | INSPECT_LINKS,
	  "the header that came with the page", AT(content_type), 0 },
	{ "agent", 0, "NAME", OPTION_TEXT, INSPECT_ROBOTS,
	  "whose rules, by name or User-Agent (crawl)", AT(agent), 0 },
	{ "set", 0, "NAME=VALUE", OPTION_SET, RUN | TRY,
	  "any other setting of crawl-config(5)", 0, 0 },
	{ "format", 0, FORMATS, OPTION_TEXT, SQL | EXPORT | FAILED,
	  "how rows are written (table; export: csv)", AT(format), 0 },
	{ "json", 0, NULL, OPTION_FLAG,
	  CHECK | TRY | SQL | EXPORT | STATUS | FAILED | WHY,
	  "as JSON: an array, or an object of arrays", AT(is_json), 0 },
	{ "quiet", 'q', NULL, OPTION_QUIET, ALL,
	  "only errors", 0, 0 },
	{ "verbose", 'v', NULL, OPTION_VERBOSE, ALL,
	  "more events; twice: everything", 0, 0 },
	{ "log-format", 0, "text|json", OPTION_LOG_FORMAT, ALL,
	  "how events are written", 0, 0 },
	{ "help", 'h', NULL, OPTION_HELP, ALL,
	  "one screen of help, for every command", 0, 0 },
	{ "version", 'V', NULL, OPTION_VERSION, ALL,
	  "crawl's version and its libraries'", 0, 0 },
};
/* clang-format on */

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

bool option_is_choice(const char *argument)
{
	return argument && argument[0] >= 'a' && argument[0] <= 'z';
}

const struct command_row *command_row_find(const char *name, const char *subject)
{
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const struct command_row *row = &command_table[i];

		if (strcmp(row->name, name) != 0)
			continue;
		if (!subject || (row->subject && strcmp(row->subject, subject) == 0))
			return row;
	}
	return NULL;
}

const char *command_title(const struct command_row *row, char out[COMMAND_TITLE_MAX])
{
	snprintf(out, COMMAND_TITLE_MAX, "%s%s%s", row->name, row->subject ? " " : "",
		 row->subject ? row->subject : "");
	return out;
}
