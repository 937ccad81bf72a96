#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/tell.h"
#include "control/client.h"
#include "parsers/text/memory.h"
#include "show/log.h"
#include "store/store.h"

/* "delay example.org 2s".  The caller frees it.  NULL after a complaint: it would not be one line.
 */
static char *make_request(const struct options *options)
{
	bool is_line = strcmp(options->command->subject, "add") == 0; /* as lists have it */
	size_t size = strlen(options->command->subject) + 1;
	char *request;

	for (size_t i = 0; i < options->argument_count; i++) {
		const char *word = options->arguments[i];

		if (!word[0] || strpbrk(word, is_line ? "\r\n" : " \t\r\n") ||
		    strlen(word) > CONTROL_REQUEST_MAX / 2) {
			log_error("ctl %s: '%.100s' is empty, too long, or has a space in it",
				  options->command->subject, word);
			return NULL;
		}
		size += strlen(word) + 1;
	}
	request = memory_new(size, 1);
	strcpy(request, options->command->subject);
	for (size_t i = 0; i < options->argument_count; i++)
		strcat(strcat(request, " "), options->arguments[i]);
	return request;
}

/* "ok TEXT" or "error TEXT", in one line; who listens there is not known for certain. */
static int show_answer(char *answer)
{
	bool is_ok = strncmp(answer, "ok ", 3) == 0;
	const char *text = is_ok ? answer + 3 : answer;

	for (char *at = answer; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = at[1] ? ' ' : '\0';
	}
	if (is_ok)
		log_say("%s", text);
	else
		log_error("%s", strncmp(answer, "error ", 6) == 0 ? answer + 6 : answer);
	return is_ok ? EXIT_ALL_DONE : EXIT_SOME_FAILED;
}

/* Of many who crawl into one database each is told. */
static int tell_nodes(const char *where, const char *request)
{
	char answer[CONTROL_ANSWER_MAX];
	int told = tell_all(where, request, answer);

	if (told > 0 && strncmp(answer, "ok ", 3) == 0) {
		log_say("%s", answer);
		return EXIT_ALL_DONE;
	}
	if (told > 0)
		return show_answer(answer);
	if (told == 0) {
		log_error("no crawl is running on %s", store_shown(where));
		return EXIT_SOME_FAILED;
	}
	log_error("%s", answer);
	return EXIT_CANNOT_GO_ON;
}

/* One that runs here, by its socket. */
static int ask_crawl(const char *database, const char *request)
{
	char answer[CONTROL_ANSWER_MAX], error[CONTROL_ERROR_MAX];
	int asked = control_ask(database, request, answer, error);

	if (asked > 0)
		return show_answer(answer);
	if (asked == 0)
		log_error("no crawl is running on %s (or it is just beginning)", database);
	else
		log_error("%s", error);
	return EXIT_SOME_FAILED;
}

int command_ctl(const struct options *options)
{
	char *request = make_request(options);
	int code;

	if (!request)
		return EXIT_WRONG_USAGE;
	code = store_is_file(options->database) ? ask_crawl(options->database, request)
						: tell_nodes(options->database, request);
	free(request);
	return code;
}
