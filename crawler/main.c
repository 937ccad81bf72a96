/*
 * crawl: the program.  The command line is read, and its command is called.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "show/log.h"

/* Data that was not written is not done: a full disk must not look like success. */
static int finish_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	log_error("standard output: %s", strerror(errno));
	return EXIT_CANNOT_GO_ON;
}

/*
 * One that whoever started us has closed would be that of the next file: a list would be read from
 * what is no list, a message written into the database.  Opened the wrong way round, both fail.
 */
static void keep_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

int main(int argc, char *argv[])
{
	struct options options;
	int code;

	keep_standard_descriptors();
	switch (options_read(&options, &commands, argc, argv)) {
	case OPTIONS_GO:
		break;
	case OPTIONS_SHOWN:
		return finish_output(EXIT_ALL_DONE);
	case OPTIONS_WRONG:
		return EXIT_WRONG_USAGE;
	}
	log_begin(options.log_level, options.log_is_json);
	code = options.command->function(&options);
	options_free(&options);
	return finish_output(code);
}
