#include "commands/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/settings.h"
#include "frontier/seeds.h"
#include "parsers/text/memory.h"
#include "parsers/url/url.h"
#include "store/store.h"

/* ---- is it one? ---- */

#define WHY_MAX 400

/* What a line of a list came to. */
struct added {
	uint64_t urls;
	bool has_user;
	char why[WHY_MAX];
};

static int on_line(void *context, const struct seeds_line *line)
{
	struct added *added = context;

	if (!line->url)
		snprintf(added->why, WHY_MAX, "no URL: %s", line->reason);
	added->urls += line->url != NULL;
	added->has_user |= line->user.size > 0;
	return 0;
}

/* Orders are kept, and passwords are not. */
static bool is_url(const char *text, char why[WHY_MAX])
{
	struct added added = { .why = "no URL" };
	struct seeds_counts counts;

	seeds_read_text(slice_of(text), on_line, &added, &counts);
	if (added.urls == 1 && added.has_user)
		snprintf(added.why, WHY_MAX,
			 "its name and password would stand in the database: "
			 "leave them out, or name it in a list");
	strcpy(why, added.why);
	return added.urls == 1 && !added.has_user;
}

static bool is_host(const char *text)
{
	struct url url;
	size_t size = strlen(text) + sizeof("http://");
	char *whole = memory_new(size, 1);
	bool is_good;

	snprintf(whole, size, "%s%s", strstr(text, "://") ? "" : "http://", text);
	is_good = url_parse(&url, slice_of(whole)) == URL_OK;
	free(whole);
	return is_good;
}

/* "example.org 2s" */
static bool is_delay(const char *text, char why[WHY_MAX])
{
	const struct setting *setting = setting_find(SLICE("delay"));
	const char *space = strchr(text, ' ');
	char error[SETTING_ERROR_MAX];
	int64_t delay_ms;
	char *host;
	bool is_good;

	strcpy(why, "not understood: delay HOST TIME");
	if (!space || strchr(space + 1, ' '))
		return false;
	host = memory_text(text, (size_t)(space - text));
	is_good = is_host(host);
	if (!is_good)
		snprintf(why, WHY_MAX, "'%.200s' is no host", host);
	free(host);
	if (!is_good)
		return false;
	if (!setting_lacks_unit(setting->kind, slice_of(space + 1), error) &&
	    setting_parse(setting->kind, setting->least, setting->most, slice_of(space + 1),
			  &delay_ms, error) == 0)
		return true;
	snprintf(why, WHY_MAX, "%.*s", WHY_MAX - 1, error);
	return false;
}

/* text: what follows the word, or "". */
static bool is_order(const char *what, const char *text, char why[WHY_MAX])
{
	if (strcmp(what, "add") == 0)
		return is_url(text, why);
	if (strcmp(what, "delay") == 0)
		return is_delay(text, why);
	strcpy(why, "not understood; there are: pause, resume, stop, add URL, delay HOST TIME");
	return !text[0] && (strcmp(what, "pause") == 0 || strcmp(what, "resume") == 0 ||
			    strcmp(what, "stop") == 0);
}

/* ---- giving it ---- */

static void write_answer(int heard, unsigned nodes, const char *names,
			 char answer[CONTROL_ANSWER_MAX])
{
	if ((unsigned)heard >= nodes)
		snprintf(answer, CONTROL_ANSWER_MAX, "ok %d of %u nodes", heard, nodes);
	else
		snprintf(answer, CONTROL_ANSWER_MAX,
			 "error %d of %u nodes have heard of it, not: %s (what a dead one owns "
			 "goes to others when its lease is over; why a live one waits, says crawl "
			 "status)",
			 heard, nodes, names);
}

int tell_all(const char *where, const char *line, char answer[CONTROL_ANSWER_MAX])
{
	char *copy = memory_text(line, strlen(line)), *rest = copy;
	char why[WHY_MAX], names[STORE_ERROR_MAX];
	struct store_order order = { .what = strsep(&rest, " ") };
	struct store_error error;
	unsigned nodes = 0;
	int result = 1, heard;

	order.text = rest ? rest : "";
	if (!is_order(order.what, order.text, why)) {
		snprintf(answer, CONTROL_ANSWER_MAX, "error %s", why);
		free(copy);
		return 1;
	}
	heard = store_tell(where, &order, &nodes, names, &error);
	free(copy);
	if (heard < 0) {
		snprintf(answer, CONTROL_ANSWER_MAX, "%s", error.text);
		return -1;
	}
	if (nodes == 0)
		result = 0;
	else
		write_answer(heard, nodes, names, answer);
	return result;
}

/* ---- by another process ---- */

struct tell {
	struct loop *loop;
	tell_done *done;
	void *user;
	pid_t pid;
	int fd;
	size_t size;
	char bytes[CONTROL_ANSWER_MAX + 1]; /* the result as a letter, and the text */
};

/* Results as letters: "n" is -1. */
static const char letters[] = "n01";

static void tell_in_child(const char *where, const char *line, int fd, pid_t parent)
{
	static char answer[CONTROL_ANSWER_MAX];
	int result;
	ssize_t sent;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	result = tell_all(where, line, answer);
	sent = write(fd, &letters[result + 1], 1);
	if (sent == 1)
		sent = write(fd, answer, strlen(answer));
	_exit(sent < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void end(struct tell *tell)
{
	loop_unwatch(tell->loop, tell->fd);
	close(tell->fd);
	kill(tell->pid, SIGKILL);
	while (waitpid(tell->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void tell_free(struct tell *tell)
{
	if (!tell)
		return;
	end(tell);
	free(tell);
}

/* It is gone when its end is told: another may be begun there. */
static void finish(struct tell *tell)
{
	const char *letter = tell->size > 0 ? strchr(letters, tell->bytes[0]) : NULL;
	struct tell told = *tell;

	end(tell);
	free(tell);
	if (letter && *letter)
		told.done(told.user, (int)(letter - letters) - 1, told.bytes + 1);
	else
		told.done(told.user, -1, "who was to tell the crawl has died");
}

static void on_bytes(void *user, int fd, uint32_t events)
{
	struct tell *tell = user;
	size_t room = sizeof(tell->bytes) - 1 - tell->size;
	ssize_t got = read(fd, tell->bytes + tell->size, room);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	tell->size += got > 0 ? (size_t)got : 0;
	tell->bytes[tell->size] = '\0';
	if (got <= 0 || tell->size == sizeof(tell->bytes) - 1)
		finish(tell);
}

/* Returns 0 or -1 with errno. */
static int start(struct tell *tell, const char *where, const char *line)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	tell->pid = fork();
	if (tell->pid == 0)
		tell_in_child(where, line, ends[1], parent);
	close(ends[1]);
	if (tell->pid < 0) {
		close(ends[0]);
		return -1;
	}
	tell->fd = ends[0];
	if (loop_watch(tell->loop, tell->fd, EPOLLIN, on_bytes, tell) == 0)
		return 0;
	end(tell);
	return -1;
}

struct tell *tell_begin(const char *where, const char *line, struct loop *loop, tell_done *done,
			void *user)
{
	struct tell *tell = memory_new(1, sizeof(*tell));

	*tell = (struct tell){ .loop = loop, .done = done, .user = user };
	if (start(tell, where, line) == 0)
		return tell;
	free(tell);
	done(user, -1, strerror(errno));
	return NULL;
}
