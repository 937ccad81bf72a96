#include "tests/support/test.h"

#include "tests/support/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define PROGRAMS_MAX  1000 /* that one test may run */
#define PATHS_MAX     16   /* that in_folder() keeps */
#define ARGUMENTS_MAX 400  /* of one run */
#define PAUSE_MS      5

static char folder[64];
static struct program programs[PROGRAMS_MAX];
static unsigned program_count;

/* ---- time ---- */

int64_t test_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void test_pause(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
}

/* ---- the folder ---- */

int folder_make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/crawl-test-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *name, const struct stat *found, int type, struct FTW *place)
{
	(void)found;
	(void)type;
	(void)place;
	return remove(name);
}

static void forget(struct program *program)
{
	if (program->pid > 0) { /* a test that failed did not wait */
		kill(program->pid, SIGKILL);
		waitpid(program->pid, NULL, 0);
	}
	free(program->out);
	free(program->error);
	*program = (struct program){ 0 };
}

int folder_remove(void **state)
{
	(void)state;
	while (program_count > 0)
		forget(&programs[--program_count]);
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *in_folder(const char *name)
{
	static char paths[PATHS_MAX][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % PATHS_MAX];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

const char *write_bytes(const char *name, const void *bytes, size_t size)
{
	const char *path = in_folder(name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return path;
}

const char *write_text(const char *name, const char *format, ...)
{
	const char *path;
	char *text = NULL;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(&text, format, arguments);
	va_end(arguments);
	assert_true(size >= 0);
	path = write_bytes(name, text, (size_t)size);
	free(text);
	return path;
}

/*
 * All of a file, with a NUL behind it; the caller frees it.  What was killed before it could make
 * its file has said nothing.
 */
static char *read_all(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t got, room = 0;

	*size = 0;
	if (!file)
		return calloc(1, 1);
	do {
		room = room * 2 + 65536;
		text = realloc(text, room + 1);
		assert_non_null(text);
		got = fread(text + *size, 1, room - *size, file);
		*size += got;
	} while (got > 0);
	fclose(file);
	text[*size] = '\0';
	return text;
}

/* ---- starting ---- */

/* BUILD/tests/ROOM/test_X -> BUILD/crawl; absolute, for the program runs in another folder. */
static const char *find_program(void)
{
	static char path[PATH_MAX];
	char found[PATH_MAX];
	const char *own = getenv("CRAWL");
	ssize_t size;

	if (own) {
		snprintf(found, sizeof(found), "%s", own);
	} else {
		size = readlink("/proc/self/exe", found, sizeof(found) - sizeof("/crawl"));
		found[size < 0 ? 0 : size] = '\0';
		for (int i = 0; i < 3 && strrchr(found, '/'); i++)
			*strrchr(found, '/') = '\0';
		strcat(found, "/crawl");
	}
	if (!realpath(found, path))
		fail_msg("no program at %s: is it built?", found);
	return path;
}

/* Nothing of who runs the tests may change what they show. */
static bool is_foreign(const char *variable)
{
	static const char *const names[] = {
		"CRAWL_", "XDG_",     "HOME=",    "TERM=",    "http_",       "https_", "HTTP_",
		"HTTPS_", "all_",     "ALL_",     "no_proxy", "NO_PROXY",    "LC_",    "LANG",
		"TZ",     "NO_COLOR", "COLUMNS=", "LINES=",   "RES_OPTIONS="
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/*
 * TERM is set: what is no terminal must be known by itself.  A name server that says nothing is
 * given up before crawl gives up to connect, so that a name without an address is known as one.
 */
static char **make_environment(const char *const *added)
{
	static char *variables[512], home[80], config[80], term[] = "TERM=xterm";
	static char resolver[] = "RES_OPTIONS=timeout:1 attempts:1";
	size_t count = 0;

	snprintf(home, sizeof(home), "HOME=%s", folder);
	snprintf(config, sizeof(config), "XDG_CONFIG_HOME=%s", folder);
	variables[count++] = home;
	variables[count++] = config;
	variables[count++] = term;
	variables[count++] = resolver;
	for (char **variable = environ; *variable && count < 400; variable++) {
		if (!is_foreign(*variable))
			variables[count++] = *variable;
	}
	for (; added && *added && count < 500; added++)
		variables[count++] = (char *)(uintptr_t)*added;
	variables[count] = NULL;
	return variables;
}

static void redirect(const char *kind, unsigned number, int flags, int to)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), ".%s-%u", kind, number);
	fd = open(in_folder(name), flags | O_CLOEXEC, 0600);
	if (fd < 0 || dup2(fd, to) < 0)
		_exit(126);
}

/* Of root's powers the one that file modes do not bind. */
static void drop_power_over_files(void)
{
	prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
	prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
}

static void hide(const char *path)
{
	mkdir(in_folder(".hidden"), 0755);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(in_folder(".hidden"), path, NULL, MS_BIND, NULL) < 0)
		_exit(126);
}

/* It fails, as on an older kernel or in a container that forbids it. */
static void take_call_away(int call)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(steps) / sizeof(steps[0]), steps };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(126);
}

/* In the child. */
static _Noreturn void become(const char *path, const struct program_setup *setup, unsigned number,
			     pid_t parent, const char *const arguments[])
{
	const char *words[ARGUMENTS_MAX + 2] = { "crawl" };
	struct rlimit limit = { setup->file_bytes_max, setup->file_bytes_max };
	struct rlimit files = { setup->descriptors_max, setup->descriptors_max };
	struct rlimit space = { setup->memory_bytes_max, setup->memory_bytes_max };

	for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i]; i++)
		words[i + 1] = arguments[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setup->input_fd == 0)
		redirect("in", number, O_RDONLY, STDIN_FILENO);
	else if (setup->input_fd < 0)
		close(STDIN_FILENO);
	else if (dup2(setup->input_fd, STDIN_FILENO) < 0)
		_exit(126);
	redirect("out", number, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDOUT_FILENO);
	redirect("error", number, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDERR_FILENO);
	signal(SIGHUP, setup->ignores_hangup ? SIG_IGN : SIG_DFL);
	if (setup->terminal > 0 &&
	    (dup2(setup->terminal, STDOUT_FILENO) < 0 || dup2(setup->terminal, STDERR_FILENO) < 0))
		_exit(126);
	if (setup->output_fd > 0 && dup2(setup->output_fd, STDOUT_FILENO) < 0)
		_exit(126);
	if (getppid() != parent || chdir(folder) < 0)
		_exit(126);
	if (setup->file_bytes_max)
		setrlimit(RLIMIT_FSIZE, &limit);
	if (setup->memory_bytes_max)
		setrlimit(RLIMIT_AS, &space);
	if (setup->descriptors_max) { /* make hands its own down */
		close_range(STDERR_FILENO + 1, ~0U, 0);
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (setup->is_bound_by_modes)
		drop_power_over_files();
	if (setup->hidden_folder)
		hide(setup->hidden_folder);
	for (size_t i = 0; i < 2 && setup->missing_calls[i]; i++)
		take_call_away(setup->missing_calls[i]);
	execve(path, (char *const *)words, make_environment(setup->environment));
	_exit(127);
}

struct program *program_start(const struct program_setup *setup, const char *const arguments[])
{
	const char *path = find_program();
	struct program *program = &programs[program_count];
	pid_t own = getpid();
	char name[32];

	assert_true(program_count < PROGRAMS_MAX);
	snprintf(name, sizeof(name), ".in-%u", program_count);
	write_bytes(name, setup->input ? setup->input : "", setup->input_size);
	*program = (struct program){ .number = program_count, .pid = fork() };
	assert_true(program->pid >= 0);
	if (program->pid == 0)
		become(path, setup, program->number, own, arguments);
	program_count++;
	return program;
}

/* ---- waiting for the end ---- */

static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid;
}

/* Returns whether it ended in time.  pidfd_open() spares us asking again and again. */
static bool wait_for(pid_t pid)
{
	struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool ended;

	if (end.fd < 0)
		return WAIT_UNTIL(has_ended(pid));
	ended = poll(&end, 1, WAIT_SECONDS_MAX * 1000) > 0;
	close(end.fd);
	return ended;
}

static void collect(struct program *program)
{
	char name[32];

	snprintf(name, sizeof(name), ".out-%u", program->number);
	program->out = read_all(in_folder(name), &program->out_size);
	snprintf(name, sizeof(name), ".error-%u", program->number);
	program->error = read_all(in_folder(name), &program->error_size);
}

/* A worker may die of such a thing and be replaced: the code alone would not tell. */
static void assert_sanitizers_silent(const struct program *program)
{
	static const char *const words[] = { "buffer-overflow", "use-after", "LeakSanitizer",
					     "runtime error:",  "bad-free",  "double-free" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_silent_on(program->error, words[i]);
}

int program_wait(struct program *program)
{
	bool ended = wait_for(program->pid);
	int status = 0;

	if (!ended)
		kill(program->pid, SIGKILL);
	waitpid(program->pid, &status, 0);
	program->pid = 0;
	program->code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	collect(program);
	if (!ended)
		fail_msg("crawl did not end within %d s; it said: %s", WAIT_SECONDS_MAX,
			 program->error);
	assert_sanitizers_silent(program);
	return program->code;
}

struct program *program_run(const struct program_setup *setup, const char *const arguments[])
{
	struct program *program = program_start(setup, arguments);

	program_wait(program);
	return program;
}

/* ---- looking at it while it runs ---- */

const char *program_errors(const struct program *program)
{
	static char text[65536];
	char name[32];
	ssize_t size;
	int fd;

	snprintf(name, sizeof(name), ".error-%u", program->number);
	fd = open(in_folder(name), O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1); /* not there before it is started */
	if (fd >= 0)
		close(fd);
	text[size < 0 ? 0 : size] = '\0';
	return text;
}

/* Of "PID (NAME) STATE PPID ...". */
struct process {
	char state; /* 'Z', 'X': it is dead; 0: there is none */
	pid_t parent;
};

static struct process look_at(pid_t pid)
{
	struct process process = { 0 };
	char path[40], text[512];
	const char *end;
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return process;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[size < 0 ? 0 : size] = '\0';
	end = strrchr(text, ')'); /* the name may hold anything */
	if (!end || sscanf(end, ") %c %d", &process.state, &process.parent) != 2)
		process.state = 0;
	return process;
}

bool process_runs(pid_t pid)
{
	char state = look_at(pid).state;

	return state && state != 'Z' && state != 'X';
}

bool process_sleeps(pid_t pid)
{
	return look_at(pid).state == 'S';
}

size_t program_children(const struct program *program, pid_t pids[], size_t most)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(processes);
	while ((entry = readdir(processes))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || !process_runs(pid) || look_at(pid).parent != program->pid)
			continue;
		if (count < most)
			pids[count] = pid;
		count++;
	}
	closedir(processes);
	return count;
}

/* ---- what it said ---- */

void _assert_says(const char *text, const char *wanted, const char *file, int line)
{
	if (strstr(text, wanted))
		return;
	print_error("not there: %s\nin: %s\n", wanted, text);
	_fail(file, line);
}

void _assert_silent_on(const char *text, const char *unwanted, const char *file, int line)
{
	if (!strstr(text, unwanted))
		return;
	print_error("not expected: %s\nin: %s\n", unwanted, text);
	_fail(file, line);
}

void _assert_code(const struct program *program, int wanted, const char *file, int line)
{
	if (program->code == wanted)
		return;
	print_error("code %d, not %d\nout: %s\nerror: %s\n", program->code, wanted, program->out,
		    program->error);
	_fail(file, line);
}

size_t count_times(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		count++;
	return count;
}

size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}
