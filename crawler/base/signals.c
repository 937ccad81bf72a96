#include "base/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* A blocked signal is kept for us even if it is ignored, so SIGHUP must not be blocked then. */
static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static sigset_t ending(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (!is_ignored(SIGHUP))
		sigaddset(&set, SIGHUP);
	return set;
}

void signals_block(void)
{
	sigset_t set = ending();

	sigprocmask(SIG_BLOCK, &set, NULL);
}

static const char *last_words;
static size_t last_words_size;

static void end_at_once(int number)
{
	if (last_words && write(STDERR_FILENO, last_words, last_words_size) < 0) {
		/* nobody listens */
	}
	_exit(128 + number);
}

void signals_end_at_once(const char *words)
{
	struct sigaction action = { .sa_handler = end_at_once };
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	last_words = words;
	last_words_size = words ? strlen(words) : 0;
	action.sa_mask = ending();
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigismember(&action.sa_mask, numbers[i]))
			sigaction(numbers[i], &action, NULL);
	}
}

void signals_unblock(void)
{
	sigset_t set = ending();

	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int signals_open(void)
{
	sigset_t set = ending();

	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int signals_take(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}
