#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "crawler/base/clock.h"
#include "crawler/pool/pool.h"
#include "log.h"
#include "proxy.h"
#include "server.h"

/*
 * site: the demo and test site of crawl.
 *
 * A prefork HTTP/1.1 server on the process pool that the crawler uses too.  It answers on
 * loopback addresses only, says on one line of stdout where, and ends by itself.
 */
#define SECONDS_INITIAL 600
#define SECONDS_MAX     86400
#define WEB_LATER_S     1
#define WEB_DELAY_MS    400
#define STOP_MS_MAX     2000 /* what workers get to log what is under way */

#define EXIT_USAGE 2

static const char help[] =
	"usage: site [option]...\n"
	"A web site on 127.0.0.1 to try a crawler on; its first page lists what there is.\n"
	"\n"
	"  --port N            listen there; 0, which is the default, picks a free port\n"
	"  --workers N         processes; default: one per CPU\n"
	"  --addresses N       listen on 127.0.0.1 and the addresses after it, N in all\n"
	"  --log FILE          append a line per request\n"
	"  --seconds N         end after so long; default: 600\n"
	"  --root DIR          serve the files below DIR where the site has no page of its own\n"
	"  --robots FILE       serve FILE as /robots.txt\n"
	"  --robots-as PATH    answer /robots.txt as if PATH had been asked for\n"
	"  --sitemap-as PATH   answer /sitemap.xml as if PATH had been asked for\n"
	"  --robots-status N   answer /robots.txt with that status\n"
	"  --web-wait MS       answer pages of the web of many hosts so much later\n"
	"  --web-later S       there whoever is to come later is to wait so long; default: 1\n"
	"  --web-delay MS      there robots.txt with a Crawl-delay has this; default: 400\n"
	"  --proxy KIND        be a proxy instead: http, socks; refuse, auth, busy, banned,\n"
	"                      hang, close, rules fail each in its way; with --port, --log and\n"
	"  --to PORT           lead everybody there\n"
	"  --user NAME:PASS    let in nobody else\n"
	"  --fails N           close the first N connections at once\n"
	"  --dies-after N      end, when more than N requests are to be passed on\n"
	"  --die-with-parent   end when the process that started it does\n"
	"\n"
	"example: site --port 8080 --log requests.log\n";

struct command_line {
	unsigned port, workers, addresses, seconds, robots_status;
	unsigned web_wait, web_later, web_delay;
	const char *log, *root, *robots, *robots_as, *sitemap_as, *proxy, *user;
	unsigned to, fails, dies_after;
	bool dies_with_parent, wants_help;
};

/* ---- the command line ---- */

static _Noreturn void fail(int code, const char *what, const char *why)
{
	fprintf(stderr, "site: %s: %s\n", what, why);
	exit(code);
}

static unsigned number(const char *option, const char *text, unsigned least, unsigned most)
{
	char *end, name[64], why[128];
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && value >= least &&
	    value <= most)
		return (unsigned)value;
	snprintf(why, sizeof(why), "a number from %u to %u is wanted, not '%.32s'", least, most,
		 text);
	snprintf(name, sizeof(name), "--%s", option);
	fail(EXIT_USAGE, name, why);
}

/* An option and where its value goes: exactly one of the three. */
struct setting {
	const char *name;
	unsigned *number, least, most;
	const char **text;
	bool *flag;
};

static void set(const struct setting *setting, const char *value)
{
	if (setting->number)
		*setting->number = number(setting->name, value, setting->least, setting->most);
	else if (setting->text)
		*setting->text = value;
	else
		*setting->flag = true;
}

static void parse(struct command_line *line, int count, char *words[])
{
	const struct setting settings[] = {
		{ "port", &line->port, 0, 65535, NULL, NULL },
		{ "workers", &line->workers, 1, POOL_WORKERS_MAX, NULL, NULL },
		{ "addresses", &line->addresses, 1, LISTENERS_ADDRESSES_MAX, NULL, NULL },
		{ "seconds", &line->seconds, 1, SECONDS_MAX, NULL, NULL },
		{ "robots-status", &line->robots_status, 200, 999, NULL, NULL },
		{ "web-wait", &line->web_wait, 0, 60000, NULL, NULL },
		{ "web-later", &line->web_later, 1, 3600, NULL, NULL },
		{ "web-delay", &line->web_delay, 1, 60000, NULL, NULL },
		{ "log", NULL, 0, 0, &line->log, NULL },
		{ "root", NULL, 0, 0, &line->root, NULL },
		{ "robots", NULL, 0, 0, &line->robots, NULL },
		{ "robots-as", NULL, 0, 0, &line->robots_as, NULL },
		{ "sitemap-as", NULL, 0, 0, &line->sitemap_as, NULL },
		{ "proxy", NULL, 0, 0, &line->proxy, NULL },
		{ "user", NULL, 0, 0, &line->user, NULL },
		{ "to", &line->to, 1, 65535, NULL, NULL },
		{ "fails", &line->fails, 0, 1000000, NULL, NULL },
		{ "dies-after", &line->dies_after, 0, 1000000, NULL, NULL },
		{ "die-with-parent", NULL, 0, 0, NULL, &line->dies_with_parent },
		{ "help", NULL, 0, 0, NULL, &line->wants_help },
	};
	enum { COUNT = sizeof(settings) / sizeof(settings[0]) };
	struct option options[COUNT + 1] = { 0 };
	int chosen;

	for (int i = 0; i < COUNT; i++) {
		int has_value = settings[i].flag ? no_argument : required_argument;

		options[i] = (struct option){ settings[i].name, has_value, NULL, i };
	}
	while ((chosen = getopt_long(count, words, "", options, NULL)) >= 0) {
		if (chosen >= COUNT) /* '?': getopt has said why */
			exit(EXIT_USAGE);
		set(&settings[chosen], optarg);
	}
	if (optind < count)
		fail(EXIT_USAGE, words[optind], "not an option; --help lists them");
}

/* ---- the life of the site ---- */

struct life {
	struct site site;
	struct loop *loop;
	int signals;
	bool is_stopped;
	bool has_lost_worker;
};

static void on_signal(void *context, int fd, uint32_t events)
{
	struct life *life = context;
	struct signalfd_siginfo info;

	(void)events;
	if (read(fd, &info, sizeof(info)) == sizeof(info))
		life->is_stopped = true;
}

/* A worker that ends unasked is a fault of ours, whatever a client did: the exit code says so. */
static void on_exit_of_worker(void *context, const struct pool_exit *end)
{
	struct life *life = context;

	if (end->is_planned)
		return;
	life->has_lost_worker = true;
	fprintf(stderr, "site: %s (pid %d) ended with %s %d\n", end->name, (int)end->pid,
		end->code < 0 ? "signal" : "code", end->code < 0 ? -end->code : end->code);
}

static int serve(struct pool_worker *worker, void *context)
{
	const struct life *life = context;

	return server_serve(worker, &life->site);
}

/* SIGTERM and SIGINT are read, not suffered.  The end of the parent becomes a SIGTERM. */
static int open_signals(bool dies_with_parent)
{
	pid_t parent = getppid();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (dies_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			exit(EXIT_FAILURE);
	}
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void open_site(struct site *site, const struct command_line *line)
{
	char error[LISTENERS_ERROR_MAX];

	*site = (struct site){ .log = -1, .root = -1, .robots = line->robots };
	site->robots_status = line->robots_status;
	site->web_wait_ms = line->web_wait;
	site->web_later_s = line->web_later ? line->web_later : WEB_LATER_S;
	site->web_delay_ms = line->web_delay ? line->web_delay : WEB_DELAY_MS;
	site->robots_as = line->robots_as;
	site->sitemap_as = line->sitemap_as;
	if (line->log && (site->log = log_open(line->log)) < 0)
		fail(EXIT_FAILURE, line->log, strerror(errno));
	if (line->root && (site->root = open(line->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		fail(EXIT_FAILURE, line->root, strerror(errno));
	site->counters = counters_new();
	if (!site->counters)
		fail(EXIT_FAILURE, "shared memory", strerror(errno));
	if (listeners_open(&site->listeners, line->port, line->addresses, error) < 0)
		fail(EXIT_FAILURE, "network", error);
}

static void close_site(struct site *site)
{
	listeners_close(&site->listeners);
	counters_free(site->counters);
	if (site->log >= 0)
		close(site->log);
	if (site->root >= 0)
		close(site->root);
}

static struct pool *start_workers(struct life *life, unsigned workers)
{
	const struct site *site = &life->site;
	int keep[LISTENERS_SOCKETS_MAX + 2];
	struct pool_options options = {
		.loop = life->loop,
		.workers = workers,
		.serve = serve,
		.on_exit = on_exit_of_worker,
		.context = life,
		.keep_fds = keep,
	};
	struct pool *pool;

	for (size_t i = 0; i < site->listeners.count; i++)
		keep[options.keep_fd_count++] = site->listeners.fds[i];
	if (site->log >= 0)
		keep[options.keep_fd_count++] = site->log;
	if (site->root >= 0)
		keep[options.keep_fd_count++] = site->root;
	pool = pool_new(&options);
	if (!pool || loop_watch(life->loop, life->signals, EPOLLIN, on_signal, life) < 0)
		fail(EXIT_FAILURE, "workers", strerror(errno));
	return pool;
}

/* Until a signal, the end of the time, or of the workers. */
static void run(struct life *life, struct pool *pool, unsigned seconds)
{
	int64_t end_ms = clock_ms() + 1000 * (int64_t)seconds;
	int64_t left_ms;

	while (!life->is_stopped && !pool_is_broken(pool) && (left_ms = end_ms - clock_ms()) > 0)
		pool_turn(pool, (int)left_ms);
}

static int serve_as_proxy(const struct command_line *line)
{
	const struct proxy_options options = {
		.kind = line->proxy,
		.port = line->port,
		.to = line->to,
		.user = line->user,
		.log = line->log,
		.fails = line->fails,
		.dies_after = line->dies_after,
		.seconds = line->seconds,
	};

	close(open_signals(line->dies_with_parent));
	return proxy_run(&options);
}

int main(int count, char *words[])
{
	struct command_line line = { .addresses = 1, .seconds = SECONDS_INITIAL };
	struct life life = { 0 };
	struct pool *pool;

	parse(&line, count, words);
	if (line.wants_help) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (line.proxy)
		return serve_as_proxy(&line);
	open_site(&life.site, &line);
	life.signals = open_signals(line.dies_with_parent);
	life.loop = loop_new();
	if (!life.loop)
		fail(EXIT_FAILURE, "loop", strerror(errno));
	pool = start_workers(&life, line.workers);
	printf("http://127.0.0.1:%u/\n", life.site.listeners.port);
	fflush(stdout);

	run(&life, pool, line.seconds);

	pool_close(pool);
	pool_join(pool, STOP_MS_MAX);
	pool_free(pool);
	loop_free(life.loop);
	close(life.signals);
	close_site(&life.site);
	return life.has_lost_worker ? EXIT_FAILURE : EXIT_SUCCESS;
}
