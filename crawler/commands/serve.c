#include "commands/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/signals.h"
#include "commands/serving.h"
#include "control/notify.h"
#include "show/log.h"
#include "store/store.h"

#define TURN_MS 1000

struct service {
	struct serving serving;
	struct loop *loop;
	struct notify notify;
	int signals;
	bool is_stopped;
};

/* Environment and option, as every setting has it; no config is read. */
static int read_sandbox(const struct options *options, enum sandbox *sandbox)
{
	struct settings settings = settings_default();
	char error[SETTING_ERROR_MAX];

	if (settings_from_environment(&settings, error) < 0) {
		log_error("%s", error);
		return -1;
	}
	for (size_t i = 0; i < options->setting_count; i++)
		setting_set(&settings, options->settings[i].setting,
			    slice_of(options->settings[i].text), error);
	*sandbox = settings.sandbox;
	return 0;
}

static void on_signal(void *user, int fd, uint32_t events)
{
	struct service *service = user;

	(void)events;
	service->is_stopped |= signals_take(fd) != 0;
}

static int open_signals(struct service *service)
{
	signals_block();
	signal(SIGPIPE, SIG_IGN);
	service->signals = signals_open();
	service->loop = loop_new();
	if (service->signals >= 0 && service->loop &&
	    loop_watch(service->loop, service->signals, EPOLLIN, on_signal, service) == 0)
		return 0;
	log_error("cannot wait for anything: %s", strerror(errno));
	return -1;
}

/* One line, for people and for whoever starts us. */
static void say_where(const struct service *service)
{
	char url[SERVING_URL_MAX];

	printf("%s: %s\n", store_shown(service->serving.options->database),
	       serving_url(&service->serving, url));
	fflush(stdout);
}

static int serve(struct service *service)
{
	say_where(service);
	service->notify = notify_open();
	notify_say(&service->notify, "READY=1");
	while (!service->is_stopped && !serve_is_broken(service->serving.serve))
		serve_turn(service->serving.serve, TURN_MS);
	notify_say(&service->notify, "STOPPING=1");
	notify_close(&service->notify);
	serve_end(service->serving.serve, NULL);
	if (service->is_stopped)
		return EXIT_ALL_DONE;
	log_error("the page's processes end before they are ready: --sandbox off tells whether it "
		  "is that");
	return EXIT_CANNOT_GO_ON;
}

int command_serve(const struct options *options)
{
	struct service service = { .serving = SERVING_BEGIN, .signals = -1 };
	enum sandbox sandbox;
	int code;

	if (read_sandbox(options, &sandbox) < 0)
		return EXIT_WRONG_USAGE;
	code = serving_open(&service.serving, options);
	if (code != 0)
		return code;
	code = EXIT_CANNOT_GO_ON;
	if (open_signals(&service) == 0 &&
	    serving_start(&service.serving, service.loop, sandbox) == 0)
		code = serve(&service);
	serving_close(&service.serving);
	loop_free(service.loop);
	if (service.signals >= 0)
		close(service.signals);
	return code;
}
