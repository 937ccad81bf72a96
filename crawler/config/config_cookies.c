#include "config/config_cookies.h"

#include <time.h>

#include "config/secret.h"
#include "parsers/site/cookie_line.h"
#include "parsers/text/ascii.h"

#define LINE_BYTES_MAX 8192 /* with all that libcurl would send of it */

enum cookies config_cookies_of(const struct config_host *host, const struct settings *settings)
{
	if (host->request.login)
		return COOKIES_ON;
	if (host->cookies >= 0)
		return (enum cookies)host->cookies;
	return host->request.cookie_lines.size > 0 ? COOKIES_ON : settings->cookies;
}

static void complain_of(struct config_reader *reader, const struct yaml_node *node, const char *why)
{
	READER_COMPLAIN(reader, node, "'%s': %s", QUOTED(yaml_slice(node)), why);
}

/* A file that is being looked through, and what is taken of it. */
struct reading {
	struct config_reader *reader;
	const struct yaml_node *node;
	const char *match; /* of the rule */
	int64_t now_s;
	struct slice text;
	char *lines; /* has room for all of text */
	size_t size;
	size_t all, over; /* cookies, and those for the host that have expired */
};

/* Would a host that `match` means get it?  "www.example.org" gets what is of ".example.org". */
static bool is_for(const char *match, const struct cookie_line *cookie)
{
	struct slice own = cookie_line_host(cookie);
	const char *name = strncmp(match, "*.", 2) == 0 ? match + 2 : match;

	return config_name_matches(match, own) || cookie_line_is_for(cookie, slice_of(name));
}

static void take(struct reading *reading, const struct cookie_line *cookie)
{
	char line[LINE_BYTES_MAX];
	size_t size;

	reading->all++;
	if (!is_for(reading->match, cookie))
		return;
	if (cookie_line_is_over(cookie, reading->now_s)) {
		reading->over++;
		return;
	}
	size = cookie_line_write(cookie, line, sizeof(line));
	if (size == 0)
		return;
	memcpy(reading->lines + reading->size, line, size);
	reading->lines[reading->size + size] = '\n';
	reading->size += size + 1;
}

static bool take_all(struct reading *reading)
{
	struct slice rest = reading->text;

	for (size_t number = 1; rest.size > 0; number++) {
		struct slice line = cookie_line_next(&rest);
		struct cookie_line cookie;
		const char *wrong;

		if (cookie_line_is_none(line))
			continue;
		wrong = cookie_line_read(&cookie, line);
		if (wrong) {
			READER_COMPLAIN(reading->reader, reading->node, "'%s', line %zu: %s",
					QUOTED(yaml_slice(reading->node)), number, wrong);
			return false;
		}
		take(reading, &cookie);
	}
	return true;
}

static void judge(struct reading *reading)
{
	struct config_reader *reader = reading->reader;

	if (reading->all == 0)
		complain_of(reader, reading->node, "there is no cookie in it");
	else if (reading->size == 0 && reading->over == 0)
		READER_COMPLAIN(reader, reading->node, "'%s': none of its cookies is for %s",
				QUOTED(yaml_slice(reading->node)), reading->match);
	else if (reading->size == 0)
		complain_warning(reader->complaints, reader->source, reading->node->offset,
				 "'%s': all its cookies for %s have expired: export them anew",
				 QUOTED(yaml_slice(reading->node)), reading->match);
}

static bool is_json(struct slice text)
{
	struct slice trimmed = ascii_trim(text);

	return trimmed.size > 0 && (trimmed.at[0] == '[' || trimmed.at[0] == '{');
}

static void read_file(struct config_reader *reader, const struct yaml_node *node,
		      struct config_host *host)
{
	const char *path;
	struct reading reading = { .reader = reader,
				   .node = node,
				   .match = host->match,
				   .now_s = (int64_t)time(NULL),
				   .text = secret_file(reader, node, &path) };

	if (!reading.text.at)
		return;
	if (is_json(reading.text)) {
		complain_of(reader, node,
			    "it is JSON: export the cookies in Netscape's format (cookies.txt)");
		return;
	}
	/* A line grows when it is written: a path that was empty, a dot, an end. */
	reading.lines = arena_alloc(reader->arena, 2 * reading.text.size + 16, 1);
	if (!take_all(&reading))
		return;
	judge(&reading);
	host->request.cookie_lines = (struct slice){ reading.lines, reading.size };
}

void config_read_cookies(struct config_reader *reader, const struct yaml_node *rule,
			 struct config_host *host)
{
	const struct yaml_node *file = yaml_child(rule, "cookie_file");
	const struct yaml_node *cookies = yaml_child(rule, "cookies");

	reader_child_setting(reader, rule, "cookies", &host->cookies);
	if (!file)
		return;
	if (cookies && host->cookies != COOKIES_ON)
		READER_COMPLAIN(reader, cookies, "'cookie_file' wants 'cookies: on'");
	read_file(reader, file, host);
}
