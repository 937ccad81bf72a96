#include "cli/slips.h"

#include <ctype.h>
#include <string.h>

struct slip {
	const char *names; /* "output|output-document" */
	const char *letters;
	const char *ours;
};

#define ROWS    "-o FILE is the database, crawl export TABLE writes rows"
#define WORKERS "-j N is processes that fetch, --concurrency N requests at once to a host"
#define FOLLOW  "the rules of follow: say which links are gone after (man crawl-config)"
#define LISTS   "a list is an argument: crawl FILE"

/* Names of wget, curl, scrapy, HTTrack, katana, k6 and the like. */
static const struct slip option_slips[] = {
	{ "output|output-file|output-document|out|outfile|outputfile", "OP", ROWS },
	{ "db|dbfile|sqlite|db-path|database-file|database-url", "", "-o FILE" },
	{ "csv|jsonl|output-format|export", "", "crawl export TABLE --format csv" },
	{ "threads|jobs|procs|processes|parallel|parallel-max|max-workers|connections|"
	  "max-connections|concurrent|concurrent-requests|vus|num-workers",
	  "t", WORKERS },
	{ "useragent|agent-string|ua", "A", "--user-agent TEXT" },
	{ "limit-rate|bwlimit|max-download-speed", "",
	  "--max-rate SIZE, bytes a second of a host" },
	{ "wait|rate|rate-limit|sleep|interval|crawl-delay|download-delay|random-wait|"
	  "throttle|request-delay|rps|qps",
	  "w", "--delay TIME, between two requests to a host (500ms, 2s)" },
	{ "no-delay|no-wait|nodelay", "", "--delay 0" },
	{ "limit|max-requests|max-urls|page-limit|pages|num-pages|count|number", "n",
	  "--max-pages N" },
	{ "level|max-depth|maxdepth|recursion-depth|depth-limit|max-level|recurse-depth", "l",
	  "--depth N" },
	{ "recursive|recurse|mirror|spider|follow|follow-links|crawl", "r", FOLLOW },
	{ "accept|reject|accept-regex|reject-regex|include|exclude|domains|allowed-domains|"
	  "span-hosts|no-parent|allow|deny",
	  "", FOLLOW },
	{ "time|duration|max-duration|time-limit|crawl-duration", "", "--max-time TIME" },
	{ "read-timeout|dns-timeout|request-timeout|download-timeout|timeout-ms", "T",
	  "--timeout TIME, --connect-timeout TIME" },
	{ "tries|retry|max-retries|retry-count|retry-limit", "", "--retries N" },
	{ "max-redirect|max-redirs|max-redirects|location|follow-redirects|no-location", "L",
	  "--redirects N" },
	{ "max-filesize|max-size|quota|max-body-size|max-response-size|download-maxsize", "",
	  "--max-body SIZE" },
	{ "cacert|ca-certificate|ca-bundle", "", "--ca-file FILE, certificates to trust" },
	{ "insecure|no-check-certificate|no-verify", "k",
	  "--ca-file FILE, certificates to trust; or tls_verify: false under hosts:" },
	{ "proxy-url|http-proxy|https-proxy|all-proxy|socks5|preproxy", "x", "--proxy URL" },
	{ "ignore-robots|no-robots-txt|robotstxt|robots-txt|robotstxt-obey|ignore-robots-txt", "",
	  "--no-robots" },
	{ "sitemap|follow-sitemaps", "", "--sitemaps" },
	{ "meta|metadata|user-data|userdata|labels|tags|vars|cb-kwargs", "",
	  "URL<TAB>name=value is a line of a list (man crawl, LISTS)" },
	{ "resume|continue|restore", "", "the same command again goes on where it stopped" },
	{ "overwrite|force|restart|clean|reset|clobber", "f", "--fresh" },
	{ "refresh|recrawl|timestamping", "", "--update" },
	{ "silent|no-verbose|no-progress", "s", "-q" },
	{ "debug|log-level|loglevel|trace", "",
	  "-v for more events, -vv for everything, -q for none" },
	{ "pattern|regex|regexp|extract|match|grep|selector|css|xpath", "",
	  "-e NAME=REGEX, or a pattern file (man crawl-config)" },
	{ "input|input-file|file|list|urls|url-list|seeds|seed|targets", "i", LISTS },
	{ "headers|custom-header|referer", "", "--header 'NAME: VALUE'" },
	{ "password|http-user|http-password|auth|basic", "", "--user NAME:PASSWORD, or hosts:" },
	{ "login|form|auth-url", "", "login: under hosts: (man crawl-config)" },
	{ "load-cookies|cookie-jar|save-cookies", "",
	  "--cookies on, or cookie_file: under hosts:" },
	{ "cert|key|client-cert|certificate|private-key", "E",
	  "client_cert: under hosts: (man crawl-config)" },
	{ "request|method|data|post", "X", "a crawl asks with GET" },
	{ "config-file|conf|settings|param|option", "", "-c FILE, --set NAME=VALUE" },
	{ "check|simulate|no-act|dryrun|just-print|noop", "", "--dry-run" },
	{ "usage|man", "?", "--help" },
};

static const struct slip command_slips[] = {
	{ "crawl|fetch|get|start|spider|download|scrape", "", "crawl run" },
	{ "query|select|sqlite|db", "", "crawl sql" },
	{ "dump|csv|output", "", "crawl export" },
	{ "validate|lint|verify", "", "crawl check" },
	{ "parse|shell", "", "crawl try" },
	{ "log|history|show", "", "crawl why" },
	{ "stats|info|stat", "", "crawl status" },
	{ "errors|failures", "", "crawl failed" },
	{ "cat|page|view|content|html", "", "crawl body" },
	{ "version", "", "crawl --version" },
	{ "completions|complete", "", "crawl completion" },
};

static bool is_among(struct slice word, const char *words)
{
	for (;;) {
		size_t size = strcspn(words, "|");

		if (word.size == size && memcmp(words, word.at, size) == 0)
			return true;
		if (words[size] == '\0')
			return false;
		words += size + 1;
	}
}

const char *slip_of_option(struct slice name, char letter)
{
	for (size_t i = 0; i < sizeof(option_slips) / sizeof(option_slips[0]); i++) {
		const struct slip *slip = &option_slips[i];

		if ((letter && strchr(slip->letters, letter)) ||
		    (name.size > 0 && is_among(name, slip->names)))
			return slip->ours;
	}
	return NULL;
}

const char *slip_of_command(const char *word)
{
	for (size_t i = 0; i < sizeof(command_slips) / sizeof(command_slips[0]); i++)
		if (word[0] && is_among(slice_of(word), command_slips[i].names))
			return command_slips[i].ours;
	return NULL;
}

/* ":8080", and a path or nothing behind it. */
static bool is_port(const char *at)
{
	size_t digits = strspn(at + 1, "0123456789");

	return digits > 0 && (at[1 + digits] == '\0' || strchr("/?#", at[1 + digits]));
}

bool slip_is_url(const char *word)
{
	size_t host = strcspn(word, "/?#:");
	bool has_dot = memchr(word, '.', host) != NULL;

	if (word[0] == '[')
		return strchr(word, ']') != NULL;
	if (!isalnum((unsigned char)word[0]))
		return false;
	if (word[host] == ':')
		return is_port(word + host);
	return has_dot || (host == strlen("localhost") && memcmp(word, "localhost", host) == 0);
}
