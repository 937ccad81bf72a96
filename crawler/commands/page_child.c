#include "commands/page_child.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "pool/seat.h"
#include "show/log.h"

#define TURN_MS  1000
#define AGAIN_MS 1000                  /* before it is replaced */
#define END_MS   (SERVE_END_MS + 2000) /* that it has to end */

struct page_child {
	struct serving serving;
	enum sandbox sandbox;
	struct loop *loop;
	struct seat seat;
	struct loop_timer again;
	bool has_seat;
};

/* ---- in the child ---- */

/* What the master says: how the run has ended, once. */
struct life {
	struct channel *channel;
	bool is_over, is_orphan;
	char how[64];
};

static void on_master(void *user, int fd, uint32_t events)
{
	struct life *life = user;
	struct frame frame;

	(void)fd;
	(void)events;
	life->is_orphan = channel_receive(life->channel) < 0;
	while (channel_next(life->channel, &frame) > 0) {
		size_t size = frame.payload.size < sizeof(life->how) ? frame.payload.size
								     : sizeof(life->how) - 1;

		life->is_over = true;
		memcpy(life->how, frame.payload.at, size);
		life->how[size] = '\0';
	}
}

static void serve_run(struct page_child *child, struct loop *loop, struct life *life)
{
	struct serve *serve = child->serving.serve;

	if (loop_watch(loop, channel_fd(life->channel), EPOLLIN, on_master, life) < 0)
		return;
	while (!life->is_over && !life->is_orphan && !serve_is_broken(serve))
		serve_turn(serve, TURN_MS);
	loop_unwatch(loop, channel_fd(life->channel));
	if (life->is_over)
		serve_end(serve, life->how);
}

static int live(void *context, struct channel *channel)
{
	struct page_child *child = context;
	struct life life = { .channel = channel };
	struct loop *loop = loop_new();

	if (!loop || serving_start(&child->serving, loop, child->sandbox) < 0)
		return EXIT_FAILURE;
	serve_run(child, loop, &life);
	serving_close(&child->serving);
	loop_free(loop);
	channel_free(channel);
	return life.is_over ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- in the master ---- */

static int start(struct page_child *child)
{
	return seat_start(&child->seat, live, child);
}

static void on_again(void *user)
{
	struct page_child *child = user;

	if (start(child) < 0)
		log_say("the page cannot be served any more: %s", strerror(errno));
}

static void on_exit_of_child(void *user, int fd, uint32_t events)
{
	struct page_child *child = user;
	pid_t pid = seat_reap(&child->seat, WNOHANG);

	(void)fd;
	(void)events;
	if (pid == 0)
		return;
	LOG(LOG_NORMAL, "page_exit", LOG_TEXT("process", child->seat.name), LOG_NUMBER("pid", pid),
	    LOG_NUMBER("code", child->seat.exit_code), LOG_TEXT("why", "died"));
	seat_release(&child->seat);
	loop_set_timer(child->loop, &child->again, clock_ms() + AGAIN_MS);
}

/* It says nothing; its end is seen by its process. */
static void on_channel(void *user, int fd, uint32_t events)
{
	struct page_child *child = user;

	(void)events;
	loop_unwatch(child->loop, fd);
}

struct page_child *page_child_new(const struct options *options, enum sandbox sandbox, int *code)
{
	struct page_child *child = memory_new(1, sizeof(*child));

	child->serving = SERVING_BEGIN;
	child->sandbox = sandbox;
	*code = serving_open(&child->serving, options);
	if (*code == 0)
		return child;
	page_child_free(child);
	return NULL;
}

int page_child_start(struct page_child *child, struct loop *loop)
{
	const struct seat_options options = {
		.loop = loop,
		.name = "serve",
		.window = 1,
		.keep_fds = &child->serving.listener,
		.keep_fd_count = 1,
		.on_channel = on_channel,
		.on_exit = on_exit_of_child,
		.user = child,
	};
	char url[SERVING_URL_MAX];

	child->loop = loop;
	child->again = (struct loop_timer){ .function = on_again, .user = child };
	child->has_seat = true;
	if (seat_init(&child->seat, &options) < 0 || start(child) < 0) {
		log_error("cannot start the page's process: %s", strerror(errno));
		return -1;
	}
	log_say_whole("page: %s", serving_url(&child->serving, url));
	return 0;
}

/* Nobody turns the loop any more. */
void page_child_end(struct page_child *child, const char *how)
{
	struct frame frame = { .kind = FRAME_STOP, .payload = slice_of(how) };
	struct seat *seat;

	if (!child || !child->has_seat)
		return;
	seat = &child->seat;
	loop_cancel_timer(child->loop, &child->again);
	if (seat->pid == 0)
		return;
	if (channel_send(seat->channel, &frame, (struct slice){ 0 }) == 0 &&
	    channel_flush(seat->channel) == 0) {
		struct pollfd end = { .fd = seat->pidfd, .events = POLLIN };

		poll(&end, 1, END_MS);
	}
	seat_kill(seat);
	seat_reap(seat, 0);
	seat_release(seat);
}

void page_child_free(struct page_child *child)
{
	if (!child)
		return;
	if (child->has_seat) {
		loop_cancel_timer(child->loop, &child->again);
		if (child->seat.pid > 0) {
			seat_kill(&child->seat);
			seat_reap(&child->seat, 0);
			seat_release(&child->seat);
		}
		seat_free(&child->seat);
	}
	serving_close(&child->serving);
	free(child);
}
