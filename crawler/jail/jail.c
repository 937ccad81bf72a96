#include "jail/jail.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail/jail_parts.h"
#include "parsers/charset/charset.h"
#include "parsers/text/memory.h"

#define NOBODY 65534

/* What a transfer may take besides its slot: a thread's stack, the windows of codings, TLS. */
#define TRANSFER_BYTES ((uint64_t)48 * 1024 * 1024)
#define WORKER_BYTES   ((uint64_t)512 * 1024 * 1024) /* and all of them together */
#define ARENA_BYTES    ((uint64_t)64 * 1024 * 1024)  /* that malloc sets aside, 8 times a CPU */

/* Parts of a jail that a system may lack. */
enum jail_lack {
	LACKS_FILES = 1,
	LACKS_CALLS = 2,
	LACKS_USER = 4,    /* root stays root: there is nobody else, */
	LACKS_READERS = 8, /* or nobody else can read what the config names */
};

struct jail {
	enum jail_task task;
	enum sandbox sandbox;
	bool may_ask_sockets; /* local ones, for names */
	bool has_preload;     /* code of somebody's, which makes calls that nobody knows */
	uint64_t room;        /* bytes that a child's memory may grow by */
	const char **paths;   /* files and folders that are read in there */
	size_t path_count;
};

/* ---- what is in a process that goes in ---- */

/* Code that was compiled (PCRE2) is never compiled again: who cannot write it cannot change it. */
static void seal_code(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], rights[8];
	unsigned long from, to;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 &&
		    strncmp(rights, "rwx", 3) == 0)
			mprotect((void *)from, to - from, PROT_READ | PROT_EXEC);
	}
	if (maps)
		fclose(maps);
}

/* Descriptors 0 to 2 stay taken, or the next socket would get what the last printf() is for. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	}
	if (null > STDERR_FILENO)
		close(null);
}

/* Names that libcurl, OpenSSL and the resolver look for later. */
static bool is_needed(const char *entry)
{
	static const char *const names[] = {
		"http_proxy",  "https_proxy",   "HTTPS_PROXY",  "all_proxy",
		"ALL_PROXY",   "no_proxy",      "NO_PROXY",     "RES_OPTIONS",
		"LOCALDOMAIN", "SSL_CERT_FILE", "SSL_CERT_DIR",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = strlen(names[i]);

		if (strncmp(entry, names[i], size) == 0 && entry[size] == '=')
			return true;
	}
	return false;
}

/* Tokens of other programs stand there: the bytes go, not only the pointers. */
static void empty_environment(void)
{
	char **kept = environ;

	for (char **entry = environ; entry && *entry; entry++) {
		if (is_needed(*entry))
			*kept++ = *entry;
		else
			explicit_bzero(*entry, strlen(*entry));
	}
	if (kept)
		*kept = NULL;
}

/* ---- limits ---- */

static void limit(int resource, uint64_t most)
{
	struct rlimit bound;

	if (getrlimit(resource, &bound) < 0)
		return;
	if (bound.rlim_cur > most)
		bound.rlim_cur = (rlim_t)most;
	bound.rlim_max = bound.rlim_cur;
	setrlimit(resource, &bound);
}

/* Memory as it is, in bytes: all of it, and what is data. */
static void measure(uint64_t *all, uint64_t *data)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long pages[6] = { 0 };
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!file || fscanf(file, "%llu %llu %llu %llu %llu %llu", &pages[0], &pages[1], &pages[2],
			    &pages[3], &pages[4], &pages[5]) != 6)
		pages[0] = pages[5] = UINT64_MAX / page / 4;
	if (file)
		fclose(file);
	*all = pages[0] * page;
	*data = pages[5] * page;
}

/* Slots are in what there is already; an address space also has what malloc never touches. */
static void set_limits(const struct jail *jail)
{
	uint64_t all, data, arenas = 8 * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN) + 2;

	measure(&all, &data);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, RLIM_INFINITY); /* as it is: not to be raised */
	limit(RLIMIT_DATA, data + jail->room);
	limit(RLIMIT_AS, all + jail->room + arenas * ARENA_BYTES);
}

/* ---- rights ---- */

static bool can_read_all(const struct jail *jail)
{
	bool can = true;

	for (size_t i = 0; i < jail->path_count; i++) {
		int fd = open(jail->paths[i], O_RDONLY | O_CLOEXEC);

		can = can && fd >= 0;
		if (fd >= 0)
			close(fd);
	}
	return can;
}

/* As the user nobody, who has no files: can the config's still be read? */
static bool can_be_nobody(const struct jail *jail)
{
	bool can;

	setfsgid(NOBODY);
	setfsuid(NOBODY);
	can = can_read_all(jail);
	setfsuid(0);
	setfsgid(0);
	return can;
}

/* root is nobody from here on.  Returns 0, or why not. */
static unsigned leave_root(const struct jail *jail)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0) /* of which one may read what nobody may not */
		return LACKS_USER;
	if (!can_be_nobody(jail))
		return LACKS_READERS;
	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return LACKS_USER;
	return 0;
}

/* A root that stays has to read files of others; which, Landlock says, and that it is reading. */
static void drop_capabilities(bool stays_root)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	uint32_t kept = stays_root ? 1u << CAP_DAC_READ_SEARCH | 1u << CAP_DAC_OVERRIDE : 0;

	syscall(SYS_capget, &header, data);
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= i == 0 ? kept : 0;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	syscall(SYS_capset, &header, data);
}

/* The bounding set, while there is a right to. */
static void bound_capabilities(void)
{
	for (unsigned long number = 0; prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0; number++)
		;
}

/* A change of user takes the parent-death signal away. */
static void die_with(pid_t master)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != master)
		_exit(EXIT_FAILURE);
}

/* ---- going in ---- */

/* Returns what the system lacked: bits of enum jail_lack. */
static unsigned enter(const struct jail *jail)
{
	pid_t master = getppid();
	unsigned lacks = 0;
	int files;

	if (jail->task != JAIL_COMPUTES)
		seal_code();
	leave_terminal();
	set_limits(jail);
	empty_environment();
	files = jail_files_new(jail->task, jail->paths, jail->path_count);
	bound_capabilities();
	lacks |= leave_root(jail);
	drop_capabilities(lacks != 0);
	prctl(PR_SET_DUMPABLE, 0);
	die_with(master);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		lacks |= LACKS_CALLS;
	if (jail_files_enter(files) < 0)
		lacks |= LACKS_FILES;
	if (jail->has_preload || jail_calls_enter(jail->task, jail->may_ask_sockets) < 0)
		lacks |= LACKS_CALLS;
	return lacks;
}

int jail_enter(const struct jail *jail)
{
	if (!jail || jail->sandbox == SANDBOX_OFF || JAIL_IS_LEFT_OUT)
		return 0;
	return enter(jail) != 0 && jail->sandbox == SANDBOX_REQUIRE ? -1 : 0;
}

/* ---- making it ---- */

/* What cannot be read here is no loss in there: the system may have no certificates. */
static void add_path(struct jail *jail, const char *path)
{
	if (!path || access(path, R_OK) < 0)
		return;
	jail->paths = memory_resize(jail->paths, (jail->path_count + 1) * sizeof(*jail->paths));
	jail->paths[jail->path_count++] = path;
}

static void add_request(struct jail *jail, const struct host_request *request)
{
	add_path(jail, request->netrc);
	add_path(jail, request->cert);
	add_path(jail, request->key);
}

static void add_paths(struct jail *jail, const struct config *config)
{
	add_path(jail, config->settings.ca_file);
	add_path(jail, curl_version_info(CURLVERSION_NOW)->cainfo);
	add_request(jail, &config->request);
	for (size_t i = 0; i < config->host_count; i++)
		add_request(jail, &config->hosts[i].request);
}

/* A page that needs what is missing says so. */
static void load_conversions(void)
{
	char missing[CHARSET_ERROR_MAX];

	charset_prepare(missing);
}

/* A process goes in for a try. */
static pid_t begin_trial(const struct jail *jail)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)enter(jail));
	return pid;
}

/* Returns what it found lacking. */
static unsigned end_trial(pid_t pid)
{
	int status = 0;

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0)
		return 0; /* what starts the workers will say it */
	return WIFEXITED(status) ? (unsigned)WEXITSTATUS(status) : LACKS_CALLS;
}

/* What else than a worker goes in belongs to the page that shows a crawl. */
static const char *whose(const struct jail *jail)
{
	return jail->task == JAIL_FETCHES ? "workers" : "the page's processes";
}

static const char *of_root_alone(const struct jail *jail)
{
	return jail->task == JAIL_FETCHES ? "ca_file, client_cert or netrc" : "the database";
}

static void say_lacks(const struct jail *jail, unsigned lacks, char text[JAIL_TEXT_MAX])
{
	bool is_required = jail->sandbox == SANDBOX_REQUIRE;
	const char *calls = lacks & LACKS_CALLS ? "filter of system calls (seccomp)" : "";
	const char *files = lacks & LACKS_FILES ? "Landlock" : "";

	if (JAIL_IS_LEFT_OUT)
		snprintf(text, JAIL_TEXT_MAX,
			 "sandbox: require: this program was built without one (sanitizer, gcov)");
	else if (lacks & (LACKS_CALLS | LACKS_FILES))
		snprintf(text, JAIL_TEXT_MAX, "sandbox: %sno %s%s%s %s%s%s%s",
			 is_required ? "require: " : "", calls, calls[0] && files[0] ? ", no " : "",
			 files, jail->has_preload ? "with LD_PRELOAD" : "on this system",
			 is_required ? "" : ": ", is_required ? "" : whose(jail),
			 is_required ? "" : " have less of one");
	else if (lacks & LACKS_READERS)
		snprintf(text, JAIL_TEXT_MAX, "sandbox: %s%s stay root: %s is root's alone",
			 is_required ? "require: " : "", whose(jail), of_root_alone(jail));
	else
		snprintf(text, JAIL_TEXT_MAX,
			 "sandbox: %s%s stay root, who can be nobody else here",
			 is_required ? "require: " : "", whose(jail));
}

/* In the time that a process goes in the modules are loaded. */
static unsigned find_lacks(const struct jail *jail)
{
	pid_t trial = begin_trial(jail);

	if (jail->task == JAIL_FETCHES)
		load_conversions();
	return end_trial(trial);
}

/* Without one, too, modules are loaded while there is memory to spare. */
static struct jail *made(struct jail *jail, char text[JAIL_TEXT_MAX])
{
	bool is_required = jail->sandbox == SANDBOX_REQUIRE;
	const char *preload = getenv("LD_PRELOAD");
	unsigned lacks = LACKS_CALLS;

	text[0] = '\0';
	if (jail->sandbox == SANDBOX_OFF || (JAIL_IS_LEFT_OUT && !is_required)) {
		if (jail->task == JAIL_FETCHES)
			load_conversions();
		return jail;
	}
	jail->has_preload = preload && preload[0];
	if (jail->task == JAIL_FETCHES)
		jail->may_ask_sockets = jail_names_load() && !is_required;
	if (!JAIL_IS_LEFT_OUT)
		lacks = find_lacks(jail);
	if (lacks)
		say_lacks(jail, lacks, text);
	if (!lacks || !is_required)
		return jail;
	jail_free(jail);
	return NULL;
}

struct jail *jail_new_for(const struct jail_wish *wish, char text[JAIL_TEXT_MAX])
{
	struct jail *jail = memory_new(1, sizeof(*jail));

	*jail = (struct jail){ .task = wish->task, .sandbox = wish->sandbox, .room = wish->room };
	for (size_t i = 0; i < wish->path_count; i++)
		add_path(jail, wish->paths[i]);
	return made(jail, text);
}

struct jail *jail_new(const struct config *config, size_t slot_bytes, char text[JAIL_TEXT_MAX])
{
	const struct settings *settings = &config->settings;
	struct jail *jail = memory_new(1, sizeof(*jail));

	*jail = (struct jail){
		.sandbox = settings->sandbox,
		.room = WORKER_BYTES + 2 * slot_bytes + (uint64_t)settings->window * TRANSFER_BYTES,
	};
	add_paths(jail, config);
	return made(jail, text);
}

void jail_free(struct jail *jail)
{
	if (!jail)
		return;
	free(jail->paths);
	free(jail);
}
