#include "commands/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/run_files.h"
#include "commands/version.h"
#include "config/config_load.h"
#include "parsers/text/memory.h"
#include "show/log.h"
#include "store/store.h"

/*
 * Every command: by what it is called, what does it, which options it takes, what is said of it.
 * A new one is a file with its function, a prototype in commands.h, and a row here.
 */
/* clang-format off */
static const struct command_row rows[] = {
	{
		.name = "run",
		.function = command_run,
		.usage = "[FILE|URL]...",
		.most = ARGUMENTS_MAX_ANY,
		.arguments = "FILE",
		.takes = "config|expression|database|fresh|join|all|retry-failed|update|dry-run|"
			 "serve|port|workers|max-pages|delay|set",
		.needs_no_database = true,
		.help = "fetch the URLs of lists, match patterns, store pages and rows",
		.examples =
			"  crawl urls.txt                 the same command again goes on where it stopped\n",
	},
	{
		.name = "check",
		.function = command_check,
		.usage = "[CONFIG]...",
		.most = ARGUMENTS_MAX_ANY,
		.arguments = "FILE",
		.takes = "database|config|expression|json|lint",
		.help = "say what is wrong with pattern files, or what tables they make",
		.examples =
			"  crawl check                    the files that a crawl from here would read\n"
			"  crawl check config/books.yaml\n"
			"  crawl check --lint             and what may go wrong, slowest pattern first\n",
	},
	{
		.name = "try",
		.function = command_try,
		.usage = "[CONFIG] FILE|URL|DIR...",
		.most = ARGUMENTS_MAX_ANY,
		.arguments = "FILE",
		.takes = "config|expression|url|with|stored|database|again|set|json",
		.help = "run patterns on pages and show the rows; no database is made",
		.examples =
			"  crawl try config/books.yaml https://books.example.org/\n"
			"  crawl try config/books.yaml page.html --url https://books.example.org/\n"
			"  crawl try config/books.yaml --stored 50      of those that a crawl kept\n"
			"  curl -s https://example.org/ | crawl try -e 'h=<h1>(?<text>.*?)</h1>' -\n",
	},
	{
		.name = "explain",
		.function = command_explain,
		.usage = "PATTERN[.FIELD] FILE|URL",
		.least = 2,
		.most = 2,
		.arguments = "FILE",
		.takes = "config|expression|url|with|again|set",
		.help = "say how far a pattern gets on a page, and what would help",
		.examples =
			"  crawl explain books page.html\n"
			"  crawl explain books.price -c config/books.yaml https://books.example.org/\n"
			"  crawl explain h -e 'h=<h1 class=\"a\">(.*?)</h1>' page.html\n",
	},
	{
		.name = "test",
		.function = command_test,
		.usage = "[CONFIG]...",
		.most = ARGUMENTS_MAX_ANY,
		.arguments = "FILE",
		.takes = "config|expression|record|with|junit|set",
		.help = "run the tests that stand in configs, offline",
		.examples =
			"  crawl test                     of the files that a crawl from here would read\n"
			"  crawl test config/books.yaml --junit result.xml\n"
			"  crawl test config/books.yaml --record https://books.example.org/\n",
	},
	{
		.name = "reparse",
		.function = command_reparse,
		.usage = "[PATTERN]...",
		.most = ARGUMENTS_MAX_ANY,
		.takes = "config|expression|database|dry-run|set|json",
		.help = "run patterns that changed on the pages that were kept; no network",
		.examples =
			"  crawl reparse                  those that changed, on the pages they are for\n"
			"  crawl reparse books --dry-run  this one, everywhere, and only say what changes\n",
	},
	{
		.name = "sql",
		.function = command_sql,
		.usage = "QUERY|-",
		.least = 1,
		.most = 1,
		.takes = "database|format|json",
		.help = "ask the database, read-only, also while a crawl runs",
		.examples =
			"  crawl sql 'SELECT state, count(*) FROM pages GROUP BY state'\n"
			"  crawl sql -o books.db --json 'SELECT * FROM books LIMIT 3'\n"
			"  crawl sql - < report.sql       the statement from standard input\n",
	},
	{
		.name = "export",
		.function = command_export,
		.usage = "TABLE",
		.least = 1,
		.most = 1,
		.takes = "database|format|json|excel|guard-formulas",
		.help = "write a whole table or view to standard output",
		.examples =
			"  crawl export books > books.csv\n"
			"  crawl export books --excel > books.csv\n"
			"  crawl export pages --format jsonl | jq -r .url\n",
	},
	{
		.name = "status",
		.function = command_status,
		.usage = "",
		.takes = "database|json",
		.help = "say how a crawl stands, running or not",
		.examples =
			"  crawl status\n"
			"  watch -n 5 crawl status -o books.db\n"
			"  crawl status --json | jq '.urls[] | select(.state == \"pending\").urls'\n",
	},
	{
		.name = "serve",
		.function = command_serve,
		.usage = "",
		.takes = "config|database|port|listen|name|token|sandbox",
		.help = "show a crawl to browsers, running or not, and steer it",
		.examples =
			"  crawl serve                    then open the address that it prints\n"
			"  crawl serve -o books.db --port 0\n"
			"  crawl serve -c books.yaml      its patterns can be tried on the page /try\n"
			"  crawl serve --listen 192.0.2.7 --name crawl.example.org --token file:token\n",
	},
	{
		.name = "report",
		.function = command_report,
		.usage = "",
		.takes = "config|database|run|json",
		.help = "write what a run was like, as a page or as JSON",
		.examples =
			"  crawl report > report.html\n"
			"  crawl report -o books.db --run 3 > run-3.html\n"
			"  crawl report --json | jq .run.failed\n",
	},
	{
		.name = "failed",
		.function = command_failed,
		.usage = "",
		.takes = "database|outcome|format|json",
		.help = "show what failed, and why",
		.examples =
			"  crawl failed\n"
			"  crawl failed --outcome timeout\n"
			"  crawl failed --format jsonl | jq -r 'select(.outcome == \"dns\").url'\n"
			"  crawl urls.txt --retry-failed\n",
	},
	{
		.name = "health",
		.function = command_health,
		.usage = "[PATTERN]",
		.most = 1,
		.takes = "config|expression|database|fail-on-drift|unmatched|format|json",
		.help = "say whether patterns still match as in earlier runs",
		.examples =
			"  crawl health\n"
			"  crawl health books --unmatched   pages on which it finds nothing\n"
			"  crawl urls.txt --fail-on-drift   exit 4 if anything got worse\n",
	},
	{
		.name = "diff",
		.function = command_diff,
		.usage = "RUN RUN",
		.least = 2,
		.most = 2,
		.takes = "database|format|json",
		.is_about_program = true,
		.help = "say what rows with a history became between two runs",
		.examples =
			"  crawl diff 3 5                 from the end of run 3 to that of run 5\n"
			"  crawl diff 0 5 --format csv    from the beginning\n",
	},
	{
		.name = "why",
		.function = command_why,
		.usage = "URL",
		.least = 1,
		.most = 1,
		.takes = "config|database|json",
		.help = "tell the whole story of one URL",
		.examples =
			"  crawl why https://books.example.org/missing\n"
			"  crawl why --json https://books.example.org/ | jq .tries\n",
	},
	{
		.name = "body",
		.is_about_program = true,
		.function = command_body,
		.usage = "URL",
		.least = 1,
		.most = 1,
		.takes = "config|database",
		.help = "write a page that was kept to standard output",
		.examples =
			"  crawl body https://books.example.org/ > page.html\n"
			"  crawl body https://books.example.org/ | crawl try -e 'h=<h1>(?<t>.*?)</h1>' -\n",
	},
	{
		.name = "copy",
		.function = command_copy,
		.usage = "FROM TO",
		.least = 2,
		.most = 2,
		.arguments = "FILE",
		.takes = "fresh",
		.needs_no_database = true,
		.is_about_program = true,
		.help = "bring a whole crawl from one database into another",
		.examples =
			"  crawl copy crawl.db postgresql://me@db/films     many machines go on with it\n"
			"  crawl copy postgresql://me@db/films films.db     it in one file\n"
			"  the same again goes on where it stopped\n",
	},
	{
		.name = "forget",
		.function = command_forget,
		.usage = "FILE|URL...",
		.least = 1,
		.most = ARGUMENTS_MAX_ANY,
		.arguments = "FILE",
		.takes = "config|database|other-lists|dry-run",
		.help = "take URLs, and all reached from lists, out again",
		.examples =
			"  crawl forget --dry-run old.txt\n"
			"  crawl forget --other-lists urls.txt      keep this list alone\n",
	},
	{
		.name = "cookies",
		.function = command_cookies,
		.usage = "[HOST]",
		.most = 1,
		.takes = "database|forget|format|json",
		.is_about_program = true,
		.help = "tell of the cookies that are kept, or forget them",
		.examples =
			"  crawl cookies\n"
			"  crawl cookies --forget         before the database is given away\n"
			"  crawl cookies --forget shop.example.org\n",
	},
	{
		.name = "ctl",
		.subject = "pause",
		.group = "steer a crawl that is running",
		.function = command_ctl,
		.usage = "",
		.takes = "database",
		.help = "hand out nothing more, until it is resumed",
		.examples =
			"  crawl ctl pause -o books.db\n",
	},
	{
		.name = "ctl",
		.subject = "resume",
		.function = command_ctl,
		.usage = "",
		.takes = "database",
		.help = "go on after a pause",
		.examples =
			"  crawl ctl resume\n",
	},
	{
		.name = "ctl",
		.subject = "stop",
		.function = command_ctl,
		.usage = "",
		.takes = "database",
		.help = "finish what is in flight and end, as Ctrl-C does",
		.examples =
			"  crawl ctl stop\n",
	},
	{
		.name = "ctl",
		.subject = "add",
		.function = command_ctl,
		.usage = "URL",
		.least = 1,
		.most = 1,
		.takes = "database",
		.help = "add a URL",
		.examples =
			"  crawl ctl add https://books.example.org/new\n",
	},
	{
		.name = "ctl",
		.subject = "delay",
		.function = command_ctl,
		.usage = "HOST TIME",
		.least = 2,
		.most = 2,
		.takes = "database",
		.help = "change the time between two requests to a host",
		.examples =
			"  crawl ctl delay books.example.org 2s\n",
	},
	{
		.name = "inspect",
		.subject = "text",
		.group = "see a page, URL, robots.txt or sitemap as a crawl does",
		.function = inspect_text,
		.usage = "FILE|-",
		.least = 1,
		.most = 1,
		.arguments = "FILE",
		.takes = "content-type",
		.help = "show a page as the patterns see it: as UTF-8",
		.examples =
			"  crawl inspect text page.html --content-type 'text/html; charset=gb2312'\n",
	},
	{
		.name = "inspect",
		.subject = "url",
		.function = inspect_url,
		.usage = "[REF|-]...",
		.most = ARGUMENTS_MAX_ANY,
		.takes = "config|base",
		.help = "show references as canonical URLs, or why not",
		.examples =
			"  crawl inspect url --base http://example.org/a/ ../b 'c?d=%7e' -- -e\n"
			"  crawl inspect url < lines      a line is REF, or BASE, a tab, REF\n",
	},
	{
		.name = "inspect",
		.subject = "links",
		.function = inspect_links,
		.usage = "FILE|-",
		.least = 1,
		.most = 1,
		.arguments = "FILE",
		.takes = "config|base|content-type",
		.help = "show the links that a crawl would follow",
		.examples =
			"  crawl inspect links page.html --base http://example.org/a/\n",
	},
	{
		.name = "inspect",
		.subject = "robots",
		.function = inspect_robots,
		.usage = "FILE [URL|-]...",
		.least = 1,
		.most = ARGUMENTS_MAX_ANY,
		.arguments = "FILE",
		.takes = "agent",
		.help = "show what a robots.txt allows, and by which rule",
		.examples =
			"  crawl inspect robots robots.txt --agent mybot http://example.org/a /b?c\n"
			"  crawl inspect robots robots.txt --agent mybot      its delay and sitemaps\n",
	},
	{
		.name = "inspect",
		.subject = "sitemap",
		.function = inspect_sitemap,
		.usage = "FILE|-",
		.least = 1,
		.most = 1,
		.arguments = "FILE",
		.takes = "content-type",
		.help = "show the URLs of a sitemap or feed",
		.examples =
			"  curl -s https://example.org/sitemap.xml.gz | crawl inspect sitemap -\n",
	},
	{
		.name = "help",
		.is_about_program = true,
		.function = command_help,
		.usage = "[COMMAND [SUBJECT]]",
		.most = 2,
		.arguments = "COMMAND",
		.help = "show this, or what a command does",
		.examples =
			"  crawl help run\n"
			"  crawl help ctl delay\n"
			"  crawl help settings            every setting is an option of run and try\n",
	},
	{
		.name = "completion",
		.is_about_program = true,
		.function = command_completion,
		.usage = "bash|zsh|fish",
		.least = 1,
		.most = 1,
		.arguments = "bash|zsh|fish",
		.help = "print the completions of a shell",
		.examples =
			"  source <(crawl completion bash)\n"
			"  crawl completion zsh > ~/.zfunc/_crawl\n"
			"  crawl completion fish > ~/.config/fish/completions/crawl.fish\n",
	},
};
/* clang-format on */

static bool takes_database(const char *where)
{
	struct store_error error;

	if (store_check(where, &error) == 0)
		return true;
	log_error("-o: %s", error.text);
	return false;
}

const struct command_table commands = {
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.about = "fetch lists of URLs, match patterns, leave a SQLite database",
	.version = version_line,
	.takes_database = takes_database,
};

struct config *command_config(const struct options *options, const char *const paths[],
			      size_t count)
{
	return command_config_for(options, paths, count, NULL);
}

struct config *command_config_for(const struct options *options, const char *const paths[],
				  size_t count, const char *origin)
{
	struct config_sources sources = {
		.paths = paths,
		.path_count = count,
		.expressions = options->expressions,
		.expression_count = options->expression_count,
		.flags = options->settings,
		.flag_count = options->setting_count,
		.requests = {
			.headers = options->headers,
			.header_count = options->header_count,
			.user = options->user,
			.cookie = options->cookie,
			.only_origin = origin,
		},
	};

	return config_load(&sources, stderr);
}

struct config *command_config_joined(const struct options *options, const struct run_files *files,
				     const char *origin)
{
	struct config_sources sources = {
		.expressions = files->expressions,
		.expression_count = files->expression_count,
		.flags = files->flags,
		.flag_count = files->flag_count,
		.texts = files->texts,
		.text_count = files->text_count,
		.presets = files->presets,
		.preset_count = files->preset_count,
		.requests = {
			.headers = options->headers,
			.header_count = options->header_count,
			.user = options->user,
			.cookie = options->cookie,
			.only_origin = origin,
		},
	};
	struct config *config;
	struct setting_flag *flags =
		memory_new(files->flag_count + options->setting_count + 1, sizeof(*flags));

	for (size_t i = 0; i < files->flag_count; i++)
		flags[i] = files->flags[i];
	for (size_t i = 0; i < options->setting_count; i++)
		flags[files->flag_count + i] = options->settings[i];
	sources.flags = flags;
	sources.flag_count += options->setting_count;
	config = config_load(&sources, stderr);
	free(flags);
	return config;
}

struct config *command_config_named(const struct options *options, const char *origin)
{
	size_t count = options->argument_count + options->config_count;
	const char **paths = memory_new(count, sizeof(*paths));
	struct config *config;

	for (size_t i = 0; i < options->argument_count; i++)
		paths[i] = options->arguments[i];
	for (size_t i = 0; i < options->config_count; i++)
		paths[options->argument_count + i] = options->configs[i];
	config = command_config_for(options, paths, count, origin);
	free(paths);
	return config;
}

int command_signal_code(int signal)
{
	return signal == SIGHUP    ? EXIT_HUNG_UP
	       : signal == SIGTERM ? EXIT_TERMINATED
				   : EXIT_INTERRUPTED;
}
