#include "tests/support/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crawler/jail/jail.h"
#include "crawler/jail/jail_parts.h"
#include "parsers/charset/charset.h"
#include "tests/support/jail_here.h"
#include "tests/support/program.h"

/*
 * Whoever has taken a worker over tries to get out.  Every attempt is made by a process of its own,
 * inside: it dies of it (SIGSYS), or is refused with one of the errors that say "you may not".
 */
#define DIES    (-SIGSYS)
#define NOT_DUE 200 /* exit code of one that could not be put in, */
#define SKIPS   201 /* and of one that could not be tried */

static pid_t outside;            /* the process that is to be harmed */
static const char *secret_file;  /* of the user, in a folder of the user's */
static int listener = -1;        /* a socket that was bound before */
static const char *local_socket; /* a file that somebody listens behind, */
static int local_listener = -1;  /* this */
static char *code_page;          /* memory that may be written and executed */
static struct config config;

/* Anything that went well is 0; an error is its number. */
static int result(long value)
{
	return value == -1 ? errno : 0;
}

static int result_of_fd(int fd)
{
	return fd < 0 ? errno : 0;
}

/* ---- attempts ---- */

static char *const program_arguments[] = { "/bin/true", NULL };

static int starts_a_program(void)
{
	return result(execve("/bin/true", program_arguments, NULL));
}

static int starts_a_program_by_descriptor(void)
{
	return result(syscall(SYS_execveat, AT_FDCWD, "/bin/true", program_arguments, NULL, 0));
}

static int forks(void)
{
	return result(fork());
}

static int forks_by_the_newest_call(void)
{
	uint64_t arguments[11] = { [4] = SIGCHLD };

	return result(syscall(SYS_clone3, arguments, 64));
}

static int clones_a_thread_into_a_name_space(void)
{
	return result(syscall(SYS_clone,
			      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				      CLONE_SYSVSEM | CLONE_NEWUSER,
			      NULL, NULL, NULL, NULL));
}

static int kills_its_parent(void)
{
	return result(kill(outside, SIGTERM));
}

static int kills_everybody(void)
{
	return result(kill(-1, SIGTERM));
}

static int kills_a_thread_of_its_parent(void)
{
	return result(syscall(SYS_tgkill, outside, outside, SIGTERM));
}

static int kills_any_thread(void)
{
	return result(syscall(SYS_tkill, outside, SIGTERM));
}

static int queues_a_signal(void)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	return result(syscall(SYS_rt_sigqueueinfo, outside, SIGTERM, &info));
}

static int opens_its_parent(void)
{
	return result(syscall(SYS_pidfd_open, outside, 0));
}

/* The kernel then sends it what the descriptor has to say. */
static int makes_its_parent_owner(void)
{
	return result(fcntl(listener, F_SETOWN, outside));
}

static int makes_its_parent_owner_by_ioctl(void)
{
	return result(ioctl(listener, FIOSETOWN, &outside));
}

static int traces_its_parent(void)
{
	return result(ptrace(PTRACE_ATTACH, outside, NULL, NULL));
}

static int reads_its_parents_memory(void)
{
	char byte;
	struct iovec mine = { &byte, 1 }, its = { &config, 1 };

	return result(process_vm_readv(outside, &mine, 1, &its, 1, 0));
}

static int writes_its_parents_memory(void)
{
	char byte = 1;
	struct iovec mine = { &byte, 1 }, its = { &config, 1 };

	return result(process_vm_writev(outside, &mine, 1, &its, 1, 0));
}

static int opens_of_its_parent(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)outside, name);
	return result_of_fd(open(path, flags));
}

static int reads_its_parents_environment(void)
{
	return opens_of_its_parent("environ", O_RDONLY);
}

static int opens_its_parents_memory(void)
{
	return opens_of_its_parent("mem", O_RDONLY);
}

static int takes_its_parents_descriptor(void)
{
	return result(syscall(SYS_pidfd_getfd, 0, 0, 0));
}

static int compares_with_its_parent(void)
{
	return result(syscall(SYS_kcmp, outside, getpid(), 0, 0, 0));
}

static int opens_a_socket(int family, int type, int protocol)
{
	return result_of_fd(socket(family, type, protocol));
}

static int opens_a_raw_socket(void)
{
	return opens_a_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int opens_a_packet_socket(void)
{
	return opens_a_socket(AF_PACKET, SOCK_RAW, 0);
}

static int opens_a_netlink_socket(void)
{
	return opens_a_socket(AF_NETLINK, SOCK_RAW, 0);
}

static int opens_a_local_socket(void)
{
	return opens_a_socket(AF_UNIX, SOCK_STREAM, 0);
}

static int sends_a_datagram_to_a_local_socket(void)
{
	int ends[2];

	return result(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
}

static int connects_a_pair_to_a_local_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ends[2];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", local_socket);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -1;
	close(ends[1]);
	connect(ends[0], &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
	return result(connect(ends[0], (struct sockaddr *)&address, sizeof(address)));
}

static int opens_a_socket_of_the_hypervisor(void)
{
	return opens_a_socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int opens_a_cipher_socket(void)
{
	return opens_a_socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static int opens_a_socket_of_another_protocol(void)
{
	return opens_a_socket(AF_INET, SOCK_STREAM, 132 /* SCTP */);
}

static int listens(void)
{
	return result(listen(listener, 1));
}

static int accepts(void)
{
	return result(accept(listener, NULL, NULL));
}

static int binds(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return result(bind(fd, (struct sockaddr *)&any, sizeof(any)));
}

static int attaches_a_filter(void)
{
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	struct sock_fprog filter = { 1, &pass };

	return result(setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
}

static int puts_a_protocol_above_tcp(void)
{
	return result(setsockopt(listener, IPPROTO_TCP, TCP_ULP, "tls", 3));
}

static int reads_a_file_of_the_user(void)
{
	return result_of_fd(open(secret_file, O_RDONLY));
}

static int lists_the_folder_of_the_user(void)
{
	return result_of_fd(open(in_folder("."), O_RDONLY | O_DIRECTORY));
}

static int holds_a_path_of_the_user(void)
{
	return result_of_fd(open(secret_file, O_PATH));
}

static int opens_a_file_of_the_user_by_the_newest_call(void)
{
	uint64_t how[3] = { O_RDONLY };

	return result(syscall(SYS_openat2, AT_FDCWD, secret_file, how, sizeof(how)));
}

static int reads_its_own_memory_map(void)
{
	return result_of_fd(open("/proc/self/maps", O_RDONLY));
}

static int opens_for_writing(void)
{
	return result_of_fd(open(secret_file, O_WRONLY));
}

static int opens_for_appending(void)
{
	return result_of_fd(open(secret_file, O_RDWR | O_APPEND));
}

static int empties_by_opening(void)
{
	return result_of_fd(open(secret_file, O_RDONLY | O_TRUNC));
}

static int makes_a_file(void)
{
	return result_of_fd(open(in_folder("new"), O_RDONLY | O_CREAT, 0600));
}

static int makes_a_file_without_a_name(void)
{
	return result_of_fd(open("/tmp", O_RDWR | O_TMPFILE, 0600));
}

static int writes_below_etc(void)
{
	return result_of_fd(open("/etc/hosts", O_RDWR));
}

static int truncates(void)
{
	return result(truncate(secret_file, 0));
}

static int removes(void)
{
	return result(unlink(secret_file));
}

static int renames(void)
{
	return result(rename(secret_file, in_folder("other")));
}

static int makes_a_folder(void)
{
	return result(mkdir(in_folder("dir"), 0700));
}

static int makes_a_link(void)
{
	return result(symlink("/etc", in_folder("link")));
}

static int changes_a_mode(void)
{
	return result(chmod(secret_file, 0777));
}

static int watches_files(void)
{
	return result(syscall(SYS_inotify_init1, 0));
}

static int opens_the_terminal(void)
{
	return result_of_fd(open("/dev/tty", O_WRONLY));
}

static int opens_a_new_terminal(void)
{
	return result_of_fd(open("/dev/ptmx", O_RDWR | O_NOCTTY));
}

static int types_into_the_terminal(void)
{
	return result(ioctl(STDERR_FILENO, TIOCSTI, "x"));
}

static int sets_up_a_ring(void)
{
	struct io_uring_params parameters = { 0 };

	return result(syscall(SYS_io_uring_setup, 1, &parameters));
}

static int loads_a_program_into_the_kernel(void)
{
	union bpf_attr attributes = { .map_type = BPF_MAP_TYPE_ARRAY };

	return result(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)));
}

static int counts_events_of_the_kernel(void)
{
	char attributes[128] = { 0 };

	return result(syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0));
}

static int handles_page_faults(void)
{
	return result(syscall(SYS_userfaultfd, 0));
}

static int asks_for_keys(void)
{
	return result(syscall(SYS_keyctl, 0, -3, 0));
}

static int adds_a_key(void)
{
	return result(syscall(SYS_add_key, "user", "x", "y", 1, -3));
}

static int becomes_root_elsewhere(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int joins_a_name_space(void)
{
	return result(setns(listener, 0));
}

static int mounts(void)
{
	return result(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
}

static int changes_the_root(void)
{
	return result(chroot("/"));
}

static int changes_its_machine(void)
{
	return result(syscall(SYS_personality, 8));
}

static int becomes_another_user(void)
{
	return result(setuid(0));
}

static int takes_capabilities(void)
{
	uint32_t header[2] = { 0x20080522, 0 }, data[6] = { 1, 1, 1, 0, 0, 0 };

	return result(syscall(SYS_capset, header, data));
}

static int becomes_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1));
}

static int outlives_its_parent(void)
{
	return result(prctl(PR_SET_PDEATHSIG, 0));
}

static int raises_its_limits(void)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	return result(setrlimit(RLIMIT_AS, &none));
}

static int limits_its_parent(void)
{
	struct rlimit none = { 0, 0 };

	return result(syscall(SYS_prlimit64, outside, RLIMIT_NOFILE, &none, NULL));
}

static int adds_a_filter_of_calls(void)
{
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, 0x7fff0000);
	struct sock_fprog filter = { 1, &pass };

	return result(syscall(SYS_seccomp, 1, 0, &filter));
}

static int maps_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? errno : 0;
}

static int makes_data_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static int makes_a_file_of_memory(void)
{
	return result(memfd_create("x", 0));
}

static int makes_data_code_by_another_call(void)
{
	return result(syscall(SYS_pkey_mprotect, code_page, 4096, PROT_EXEC, -1));
}

static int makes_code_writable(void)
{
	return result(mprotect(code_page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
}

static int loads_a_library(void)
{
	return dlopen("libnss_compat.so.2", RTLD_NOW) ? 0 : EACCES;
}

static int shares_memory(void)
{
	return result(shmget(IPC_PRIVATE, 4096, 0600));
}

static int opens_by_handle(void)
{
	return result(syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0));
}

static int makes_a_call_of_the_future(void)
{
	return result(syscall(500));
}

static int takes_too_much_memory(void)
{
	void *at = mmap(NULL, (size_t)1 << 44, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? errno : 0;
}

static int waits_with_priority(void)
{
	int word = 0;

	return result(syscall(SYS_futex, &word, 6 /* LOCK_PI */, 0, NULL, NULL, 0));
}

static int poisons_memory(void)
{
	return result(madvise(code_page, 4096, MADV_HWPOISON));
}

static int maps_a_stack(void)
{
	void *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);

	return at == MAP_FAILED ? errno : 0;
}

static int reboots(void)
{
	return result(syscall(SYS_reboot, 0, 0, 0, NULL));
}

static int sets_the_clock(void)
{
	struct timespec zero = { 0 };

	return result(clock_settime(CLOCK_REALTIME, &zero));
}

#ifdef __x86_64__
static int makes_a_call_of_x32(void)
{
	return result(syscall(0x40000000 | SYS_getpid));
}

static int makes_a_call_of_i386(void)
{
	long answer = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(answer) : : "memory");
	return answer < 0 ? (int)-answer : 0;
}
#endif

static const struct {
	const char *name;
	int (*tries)(void);
	int wanted; /* DIES, or the error */
} attempts[] = {
#define ROW(tries, wanted)            \
	{                             \
#tries, tries, wanted \
	}
	ROW(starts_a_program, DIES),
	ROW(starts_a_program_by_descriptor, DIES),
	ROW(forks, DIES),
	ROW(forks_by_the_newest_call, ENOSYS),
	ROW(clones_a_thread_into_a_name_space, DIES),
	ROW(kills_its_parent, DIES),
	ROW(kills_everybody, DIES),
	ROW(kills_a_thread_of_its_parent, EPERM),
	ROW(kills_any_thread, DIES),
	ROW(queues_a_signal, DIES),
	ROW(opens_its_parent, DIES),
	ROW(makes_its_parent_owner, EPERM),
	ROW(makes_its_parent_owner_by_ioctl, ENOTTY),
	ROW(traces_its_parent, DIES),
	ROW(reads_its_parents_memory, DIES),
	ROW(writes_its_parents_memory, DIES),
	ROW(reads_its_parents_environment, EACCES),
	ROW(opens_its_parents_memory, EACCES),
	ROW(takes_its_parents_descriptor, DIES),
	ROW(compares_with_its_parent, DIES),
	ROW(opens_a_raw_socket, EACCES),
	ROW(opens_a_packet_socket, EACCES),
	ROW(opens_a_netlink_socket, EACCES),
	ROW(opens_a_local_socket, EACCES),
	ROW(sends_a_datagram_to_a_local_socket, EACCES),
	ROW(connects_a_pair_to_a_local_socket, EISCONN),
	ROW(opens_a_socket_of_the_hypervisor, EACCES),
	ROW(opens_a_cipher_socket, EACCES),
	ROW(opens_a_socket_of_another_protocol, EACCES),
	ROW(listens, DIES),
	ROW(accepts, DIES),
	ROW(binds, DIES),
	ROW(attaches_a_filter, ENOPROTOOPT),
	ROW(puts_a_protocol_above_tcp, ENOPROTOOPT),
	ROW(reads_a_file_of_the_user, EACCES),
	ROW(lists_the_folder_of_the_user, EACCES),
	ROW(holds_a_path_of_the_user, EACCES),
	ROW(opens_a_file_of_the_user_by_the_newest_call, ENOSYS),
	ROW(reads_its_own_memory_map, EACCES),
	ROW(opens_for_writing, EACCES),
	ROW(opens_for_appending, EACCES),
	ROW(empties_by_opening, EACCES),
	ROW(makes_a_file, EACCES),
	ROW(makes_a_file_without_a_name, EACCES),
	ROW(writes_below_etc, EACCES),
	ROW(truncates, DIES),
	ROW(removes, DIES),
	ROW(renames, DIES),
	ROW(makes_a_folder, DIES),
	ROW(makes_a_link, DIES),
	ROW(changes_a_mode, DIES),
	ROW(watches_files, DIES),
	ROW(opens_the_terminal, EACCES),
	ROW(opens_a_new_terminal, EACCES),
	ROW(types_into_the_terminal, ENOTTY),
	ROW(sets_up_a_ring, DIES),
	ROW(loads_a_program_into_the_kernel, DIES),
	ROW(counts_events_of_the_kernel, DIES),
	ROW(handles_page_faults, DIES),
	ROW(asks_for_keys, DIES),
	ROW(adds_a_key, DIES),
	ROW(becomes_root_elsewhere, DIES),
	ROW(joins_a_name_space, DIES),
	ROW(mounts, DIES),
	ROW(changes_the_root, DIES),
	ROW(changes_its_machine, DIES),
	ROW(becomes_another_user, DIES),
	ROW(takes_capabilities, DIES),
	ROW(becomes_dumpable, EPERM),
	ROW(outlives_its_parent, EPERM),
	ROW(raises_its_limits, EPERM),
	ROW(limits_its_parent, EPERM),
	ROW(adds_a_filter_of_calls, DIES),
	ROW(maps_code, EACCES),
	ROW(makes_data_code, EACCES),
	ROW(makes_a_file_of_memory, DIES),
	ROW(makes_data_code_by_another_call, DIES),
	ROW(makes_code_writable, EACCES),
	ROW(loads_a_library, EACCES),
	ROW(shares_memory, DIES),
	ROW(opens_by_handle, DIES),
	ROW(makes_a_call_of_the_future, ENOSYS),
	ROW(takes_too_much_memory, ENOMEM),
	ROW(waits_with_priority, ENOSYS),
	ROW(poisons_memory, EINVAL),
	ROW(maps_a_stack, EACCES),
	ROW(reboots, DIES),
	ROW(sets_the_clock, DIES),
#ifdef __x86_64__
	ROW(makes_a_call_of_x32, DIES),
	ROW(makes_a_call_of_i386, DIES),
#endif
#undef ROW
};

/* ---- inside ---- */

static struct jail *make_jail(enum sandbox sandbox)
{
	char text[JAIL_TEXT_MAX];
	struct jail *jail;

	config.settings.sandbox = sandbox;
	jail = jail_new(&config, 1024 * 1024, text);
	assert_non_null(jail);
	assert_string_equal(text, "");
	return jail;
}

/* What came of it, in a process of its own inside: the exit code, or -signal. */
static int inside(const struct jail *jail, int (*function)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(20);
		signal(SIGSEGV, SIG_DFL); /* cmocka's */
		_exit(jail_enter(jail) < 0 ? NOT_DUE : function());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A kernel that knows no calls of i386 has an end of its own for who makes one. */
static bool is_as_wanted(size_t i, int code)
{
#ifdef __x86_64__
	if (attempts[i].tries == makes_a_call_of_i386 && code == -SIGSEGV)
		return true;
#endif
	return code == attempts[i].wanted;
}

static void nobody_gets_out(void **state)
{
	struct jail *jail = make_jail(SANDBOX_REQUIRE);
	size_t faults = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int code = inside(jail, attempts[i].tries);

		if (is_as_wanted(i, code))
			continue;
		print_error("%s: %d, not %d\n", attempts[i].name, code, attempts[i].wanted);
		faults++;
	}
	jail_free(jail);
	assert_int_equal(faults, 0);
	assert_int_equal(access(secret_file, F_OK), 0);
}

/* What serves the page opens no socket, connects to nobody, and reads one folder. */
static int opens_a_socket_of_the_network(void)
{
	return opens_a_socket(AF_INET, SOCK_STREAM, 0);
}

static int lets_somebody_in(void)
{
	return result(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
}

static int leads_a_socket_elsewhere(void)
{
	return result(connect(listener, &(struct sockaddr){ .sa_family = AF_UNSPEC },
			      sizeof(struct sockaddr)));
}

static int locks_against_writers(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1 };
	int fd = open(secret_file, O_RDONLY);

	return result(fcntl(fd, F_SETLK, &lock));
}

static int locks_against_readers(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	int fd = open(secret_file, O_RDONLY);

	return result(fcntl(fd, F_SETLK, &lock));
}

static int reads_etc(void)
{
	return result_of_fd(open("/etc/passwd", O_RDONLY));
}

struct verdicts {
	const char *name;
	int (*tries)(void);
	int of_serving, of_computing;
};

static void who_is_no_worker_gets_out_even_less(void **state)
{
	static const struct verdicts rows[] = {
#define ROW(tries, of_serving, of_computing) { #tries, tries, of_serving, of_computing }
		ROW(starts_a_program, DIES, DIES),
		ROW(forks, DIES, DIES),
		ROW(kills_its_parent, DIES, DIES),
		ROW(kills_a_thread_of_its_parent, EPERM, EPERM),
		ROW(makes_its_parent_owner, EPERM, EPERM),
		ROW(reads_its_parents_memory, DIES, DIES),
		ROW(opens_its_parents_memory, EACCES, EACCES),
		ROW(opens_a_socket_of_the_network, EACCES, DIES),
		ROW(opens_a_local_socket, EACCES, DIES),
		ROW(sends_a_datagram_to_a_local_socket, DIES, DIES),
		ROW(leads_a_socket_elsewhere, DIES, DIES),
		ROW(lets_somebody_in, EINVAL, DIES), /* it does not listen */
		ROW(accepts, DIES, DIES),
		ROW(listens, DIES, DIES),
		ROW(attaches_a_filter, ENOPROTOOPT, DIES),
		ROW(reads_a_file_of_the_user, 0, EACCES),
		ROW(lists_the_folder_of_the_user, 0, EACCES),
		ROW(locks_against_writers, 0, EPERM),
		ROW(locks_against_readers, EBADF, EPERM),
		ROW(opens_for_writing, EACCES, EACCES),
		ROW(makes_a_file, EACCES, EACCES),
		ROW(truncates, DIES, DIES),
		ROW(removes, EACCES, DIES),
		ROW(renames, DIES, DIES),
		ROW(changes_a_mode, DIES, DIES),
		ROW(reads_etc, EACCES, EACCES),
		ROW(maps_code, EACCES, 0),
		ROW(makes_a_file_of_memory, DIES, DIES),
		ROW(sets_up_a_ring, DIES, DIES),
		ROW(takes_too_much_memory, ENOMEM, ENOMEM),
		ROW(becomes_dumpable, EPERM, EPERM),
		ROW(raises_its_limits, EPERM, EPERM),
		ROW(adds_a_filter_of_calls, DIES, DIES),
#undef ROW
	};
	const char *const folder[] = { in_folder(".") };
	struct jail_wish serving = { JAIL_SERVES, SANDBOX_AUTO, 1 << 26, folder, 1 };
	struct jail_wish computing = { JAIL_COMPUTES, SANDBOX_AUTO, 1 << 26, NULL, 0 };
	char text[JAIL_TEXT_MAX];
	struct jail *serves = jail_new_for(&serving, text);
	struct jail *computes = jail_new_for(&computing, text);
	size_t faults = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int served = inside(serves, rows[i].tries);
		int computed = inside(computes, rows[i].tries);

		if (served == rows[i].of_serving && computed == rows[i].of_computing)
			continue;
		print_error("%s: %d and %d, not %d and %d\n", rows[i].name, served, computed,
			    rows[i].of_serving, rows[i].of_computing);
		faults++;
	}
	jail_free(serves);
	jail_free(computes);
	assert_int_equal(faults, 0);
	assert_int_equal(access(secret_file, F_OK), 0);
}

/* A test that cannot fail is a defect: without a jail most of them go well. */
static void without_a_jail_they_would(void **state)
{
	static int (*const harmless[])(void) = {
		opens_a_local_socket, reads_a_file_of_the_user, opens_for_writing, maps_code,
		makes_data_code,      makes_a_file_of_memory,   makes_a_file,      binds,
		watches_files,        becomes_dumpable,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		assert_int_equal(inside(NULL, harmless[i]), 0);
	unlink(in_folder("new"));
}

/* ---- what is left ---- */

static const char *local_name = "localhost"; /* a tree without /etc/hosts does not know it */

static void *in_thread(void *argument)
{
	struct addrinfo *list = NULL;
	char *memory = malloc(1000 * 1000); /* of an arena of its own */
	int *error = argument;

	if (memory)
		memset(memory, 1, 1000 * 1000);
	free(memory);

	*error = getaddrinfo(local_name, "80", &(struct addrinfo){ .ai_socktype = SOCK_STREAM },
			     &list);
	if (list)
		freeaddrinfo(list);
	return NULL;
}

/* As many as a worker has transfers: each has a stack, and may have an arena. */
#define THREADS 64

static int resolves_in_threads(void)
{
	pthread_t threads[THREADS];
	int errors[THREADS], sum = 0;

	for (size_t i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, in_thread, &errors[i]) != 0)
			return 1;
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += errors[i] != 0;
	}
	return sum;
}

/* Without vDSO, and whichever spelling a libc has. */
static int tells_the_time_by_real_calls(void)
{
	struct timespec time = { 0 }, moment = { .tv_nsec = 1000 };

	if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time) < 0 || time.tv_sec == 0)
		return 1;
	if (syscall(SYS_gettimeofday, &time, NULL) < 0)
		return 2;
	return syscall(SYS_nanosleep, &moment, NULL) < 0 ||
	       syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL) < 0;
}

/* What newer and other libraries do beside: guards of stacks, names for memory, copies of fds. */
static int lets_libraries_be_newer(void)
{
	void *at = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED || mprotect(at, 8192, PROT_READ | PROT_WRITE) < 0)
		return 1;
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, 8 | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	    errno != EINVAL) /* MAP_DROPPABLE */
		return 5;
	if (madvise(at, 4096, 102) < 0 && errno != EINVAL)
		return 2;
	if (prctl(0x53564d41, 0, at, 4096, "x") < 0 && errno != EINVAL)
		return 3;
	if (syscall(SYS_mlock, at, 4096) == 0 || errno != EPERM)
		return 4;
	return dup(STDIN_FILENO) < 0 || lseek(STDIN_FILENO, 0, SEEK_CUR) < 0;
}

/* "nameserver fe80::1%eth0" in resolv.conf. */
static int knows_interfaces(void)
{
	char name[IF_NAMESIZE];

	if (if_nametoindex("lo") == 0)
		return errno;
	return if_indextoname(if_nametoindex("lo"), name) ? 0 : errno;
}

static int converts(void)
{
	char error[CHARSET_ERROR_MAX], out[64];
	struct charset_converters *converters = charset_converters_new(error);
	struct charset charset = { .name = "gb18030" };
	struct slice text;

	if (!converters)
		return 1;
	text = charset_to_utf8(converters, charset, SLICE("\xc4\xe3\xba\xc3"), out, sizeof(out));
	return slice_equal(text, SLICE("\xe4\xbd\xa0\xe5\xa5\xbd")) ? 0 : 2;
}

static int reads_what_names_come_from(void)
{
	int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC);

	return fd < 0 && errno == ENOENT ? 0 : result_of_fd(fd); /* not every system has one */
}

static int says_errors(void)
{
	return strlen(strerror(ENOENT)) > 0 && strlen(gai_strerror(EAI_AGAIN)) > 0 ? 0 : 1;
}

static int uses_memory(void)
{
	char *at = malloc(200 * 1000 * 1000);

	if (!at)
		return 1;
	memset(at, 1, 200 * 1000 * 1000);
	free(at);
	return 0;
}

static volatile sig_atomic_t ticks;

static void on_tick(int number)
{
	(void)number;
	ticks++;
}

static int is_told_by_timers(void)
{
	struct itimerval timer = { .it_value = { .tv_usec = 1000 } };

	signal(SIGPROF, on_tick);
	setitimer(ITIMER_PROF, &timer, NULL);
	for (time_t end = time(NULL) + 10; ticks == 0 && time(NULL) < end;)
		;
	return ticks ? 0 : 1;
}

static int has_pairs_and_pipes(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

static int runs_code_that_was_there(void)
{
	return code_page[0]; /* may still be read; PCRE2's is run by every scenario */
}

static void what_fetching_needs_is_left(void **state)
{
	static const struct {
		const char *name;
		int (*does)(void);
	} rows[] = {
		{ "resolves_in_threads", resolves_in_threads },
		{ "tells_the_time_by_real_calls", tells_the_time_by_real_calls },
		{ "lets_libraries_be_newer", lets_libraries_be_newer },
		{ "knows_interfaces", knows_interfaces },
		{ "converts", converts },
		{ "reads_what_names_come_from", reads_what_names_come_from },
		{ "says_errors", says_errors },
		{ "uses_memory", uses_memory },
		{ "is_told_by_timers", is_told_by_timers },
		{ "has_pairs_and_pipes", has_pairs_and_pipes },
		{ "runs_code_that_was_there", runs_code_that_was_there },
	};
	struct jail *jail = make_jail(SANDBOX_REQUIRE);

	(void)state;
	if (inside(NULL, resolves_in_threads) != 0)
		local_name = "127.0.0.1";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int code = inside(jail, rows[i].does);

		if (code != 0)
			fail_msg("%s: %d", rows[i].name, code);
	}
	jail_free(jail);
}

/* Whose death is to be told from one by the jail. */
static int aborts(void)
{
	abort();
}

static int crashes(void)
{
	return raise(SIGSEGV);
}

static int writes_code(void)
{
	code_page[0] = 1;
	return 0;
}

static void a_crash_is_no_attempt(void **state)
{
	struct jail *jail = make_jail(SANDBOX_REQUIRE);

	(void)state;
	assert_int_equal(inside(jail, aborts), -SIGABRT);
	assert_int_equal(inside(jail, crashes), -SIGSEGV);
	assert_int_equal(inside(jail, writes_code), -SIGSEGV);
	jail_free(jail);
}

/* ---- what can be seen of it ---- */

/* A process inside that waits until its standard input ends... which is none: until it is killed.
 */
static pid_t wait_inside(const struct jail *jail)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		if (jail_enter(jail) == 0 && write(ends[1], "x", 1) == 1)
			poll(NULL, 0, 20000);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const char *read_of(pid_t pid, const char *name, size_t *size)
{
	static char text[65536];
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "r");
	if (!file)
		return NULL;
	*size = fread(text, 1, sizeof(text) - 1, file);
	text[*size] = '\0';
	fclose(file);
	return text;
}

static void the_kernel_says_that_it_is_in(void **state)
{
	static const char *const wanted[] = { "NoNewPrivs:\t1\n", "Seccomp:\t2\n",
					      "CapEff:\t0000000000000000\n",
					      "CapPrm:\t0000000000000000\n",
					      "CapInh:\t0000000000000000\n" };
	static const char *const unwanted = "Speculation_Store_Bypass:\tthread force mitigated\n";
	static const char *const of_root[] = { "Uid:\t65534\t65534\t65534\t65534\n",
					       "Gid:\t65534\t65534\t65534\t65534\n", "Groups:\t \n",
					       "CapBnd:\t0000000000000000\n" };
	struct jail *jail = make_jail(SANDBOX_REQUIRE);
	pid_t pid = wait_inside(jail);
	size_t size;
	const char *text = read_of(pid, "status", &size);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(strstr(text, wanted[i]));
	assert_null(strstr(text, unwanted)); /* it is slow */
	for (size_t i = 0; geteuid() == 0 && i < sizeof(of_root) / sizeof(of_root[0]); i++)
		assert_non_null(strstr(text, of_root[i]));
	text = read_of(pid, "limits", &size);
	if (text)
		assert_non_null(strstr(text, "Max core file size        0                    0 "));
	end(pid);
	jail_free(jail);
}

static void tokens_of_others_are_gone_from_the_environment(void **state)
{
	struct jail *jail;
	const char *text;
	size_t size;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root can look\n");
		skip();
	}
	setenv("A_TOKEN", "hunter2", 1);
	jail = make_jail(SANDBOX_REQUIRE);
	pid = wait_inside(jail);
	text = read_of(pid, "environ", &size);
	assert_non_null(text);
	for (size_t i = 0; i < size; i++) {
		if (i == 0 || text[i - 1] == '\0')
			assert_int_not_equal(strncmp(text + i, "PATH=", 5), 0);
	}
	end(pid);
	unsetenv("A_TOKEN");
	jail_free(jail);
}

static int finds_a_token(void)
{
	return getenv("A_TOKEN") || getenv("PATH") || !getenv("no_proxy");
}

static void of_the_environment_proxies_are_left(void **state)
{
	struct jail *jail = make_jail(SANDBOX_REQUIRE);

	(void)state;
	setenv("A_TOKEN", "hunter2", 1);
	setenv("no_proxy", "localhost", 1);
	assert_int_equal(inside(jail, finds_a_token), 0);
	unsetenv("A_TOKEN");
	unsetenv("no_proxy");
	jail_free(jail);
}

static int speaks(void)
{
	printf("stdout\n");
	fflush(stdout);
	fprintf(stderr, "stderr\n");
	return write(STDERR_FILENO, "x", 1) == 1 && read(STDIN_FILENO, &(char){ 0 }, 1) == 0 ? 0
											     : 1;
}

/* Both ends of a pipe stand for the terminal: nothing comes out of it. */
static void what_it_writes_reaches_nobody(void **state)
{
	struct jail *jail = make_jail(SANDBOX_REQUIRE);
	int ends[2], old[3], code;
	char byte;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	for (int fd = 0; fd <= 2; fd++) {
		old[fd] = dup(fd);
		dup2(ends[fd > 0], fd);
	}
	code = inside(jail, speaks);
	for (int fd = 0; fd <= 2; fd++) {
		dup2(old[fd], fd);
		close(old[fd]);
	}
	assert_int_equal(code, 0);
	assert_int_equal(read(ends[0], &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	close(ends[0]);
	close(ends[1]);
	jail_free(jail);
}

/* A change of user takes the signal away that it gets at its parent's death. */
static void it_dies_with_its_master(void **state)
{
	struct jail *jail = make_jail(SANDBOX_REQUIRE);
	struct pollfd ended = { .events = POLLIN };
	int ends[2];
	char byte;
	pid_t master;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	master = fork();
	if (master == 0) {
		close(ends[0]);
		if (fork() == 0) {
			if (jail_enter(jail) == 0 && write(ends[1], "x", 1) == 1)
				poll(NULL, 0, 60000);
			_exit(0);
		}
		close(ends[1]);
		poll(NULL, 0, 60000);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	end(master);
	ended.fd = ends[0];
	assert_int_equal(poll(&ended, 1, 5000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	jail_free(jail);
}

/* ---- who is asked for names may change ---- */

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		_exit(100);
}

/* In a name space of one's own: /etc is a folder of the test, resolv.conf a link out of it. */
static void make_etc(bool is_link)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(SKIPS);
	mkdir(in_folder("etc"), 0755);
	mkdir(in_folder("run"), 0755);
	unlink(in_folder("etc/resolv.conf"));
	write_file(in_folder(is_link ? "run/resolv.conf" : "etc/resolv.conf"), "old");
	write_file(in_folder("etc/hosts"), "127.0.0.1 localhost\n");
	if (is_link && symlink(in_folder("run/resolv.conf"), in_folder("etc/resolv.conf")) < 0)
		_exit(101);
	if (mount(in_folder("etc"), "/etc", NULL, MS_BIND, NULL) < 0)
		_exit(SKIPS);
}

/* The process inside waits until another has put a new file in the place of the old. */
static int reads_the_new_file(int turn)
{
	char byte, text[8] = "";
	int fd;

	if (read(turn, &byte, 1) != 1)
		return 102;
	fd = open("/etc/resolv.conf", O_RDONLY);
	if (fd < 0)
		return errno;
	return read(fd, text, 3) == 3 && strcmp(text, "new") == 0 ? 0 : 103;
}

static int outlives_a_new_resolver(bool is_link)
{
	const char *place = is_link ? "run/resolv.conf" : "etc/resolv.conf";
	char text[JAIL_TEXT_MAX];
	struct jail *jail;
	int turn[2], status;
	pid_t pid;

	make_etc(is_link);
	config.settings.sandbox = SANDBOX_REQUIRE;
	jail = jail_new(&config, 4096, text);
	if (!jail || pipe(turn) < 0)
		_exit(104);
	pid = fork();
	if (pid == 0)
		_exit(jail_enter(jail) < 0 ? NOT_DUE : reads_the_new_file(turn[0]));
	write_file(in_folder("new"), "new");
	if (rename(in_folder("new"), in_folder(place)) < 0 || write(turn[1], "x", 1) != 1)
		_exit(105);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 106;
}

static void a_new_resolver_is_seen_inside(void **state)
{
	(void)state;
	for (int is_link = 0; is_link < 2; is_link++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(outlives_a_new_resolver(is_link));
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPS) {
			print_message("skipped: it wants to mount\n");
			skip();
		}
		if (status != 0)
			fail_msg("link %d: %d", is_link, WEXITSTATUS(status));
	}
}

/* ---- a server of names ---- */

#define ADDRESS "192.0.2.7"

/* The answer to a question about an address (RFC 1035 4.1): the question again, and ADDRESS. */
static size_t answer_question(unsigned char *message, size_t size)
{
	static const unsigned char answer[] = {
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 7
	};
	bool wants_ipv4 = size > 16 && message[size - 3] == 1;

	message[2] = 0x81;
	message[3] = 0x80;
	message[7] = wants_ipv4;
	message[8] = message[9] = message[10] = message[11] = 0;
	if (!wants_ipv4)
		return size;
	memcpy(message + size, answer, sizeof(answer));
	return size + sizeof(answer);
}

static void serve_names(int server)
{
	unsigned char message[512];
	struct sockaddr_in from;

	alarm(20);
	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t got = recvfrom(server, message, 400, 0, (struct sockaddr *)&from, &size);

		if (got > 12)
			sendto(server, message, answer_question(message, (size_t)got), 0,
			       (struct sockaddr *)&from, size);
	}
}

/* In a network of one's own, which has nothing but itself. */
static int open_server(void)
{
	struct sockaddr_in port53 = { .sin_family = AF_INET, .sin_port = htons(53) };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	port53.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (ioctl(server, SIOCSIFFLAGS, &lo) < 0 ||
	    bind(server, (struct sockaddr *)&port53, sizeof(port53)) < 0)
		return -1;
	return server;
}

static int asks_the_server(void)
{
	char digits[INET_ADDRSTRLEN] = "";
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int error = getaddrinfo("shop.example.org", "80", &hints, &list);

	if (error)
		return 50 - error;
	getnameinfo(list->ai_addr, list->ai_addrlen, digits, sizeof(digits), NULL, 0,
		    NI_NUMERICHOST);
	return strcmp(digits, ADDRESS) == 0 ? 0 : 1;
}

static int resolves_inside(const char *hosts, enum sandbox sandbox)
{
	char text[JAIL_TEXT_MAX];
	struct jail *jail;
	int server;
	pid_t pid;

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPS;
	make_etc(false);
	write_file("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n");
	write_file("/etc/nsswitch.conf", hosts);
	server = open_server();
	config.settings.sandbox = sandbox;
	jail = jail_new(&config, 4096, text);
	if (server < 0 || !jail)
		return SKIPS;
	pid = fork();
	if (pid == 0)
		serve_names(server);
	server = inside(jail, asks_the_server);
	end(pid);
	return server;
}

/* Modules that this system lacks are passed over, inside and outside. */
static void a_name_is_asked_of_its_server_inside(void **state)
{
	static const char *const lines[] = {
		"hosts: files dns\n",
		"passwd: files\nhosts:\tdns files # no more\n",
		"hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns\n",
		"hosts: files mdns4_minimal [NOTFOUND=return] dns\n",
	};

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(resolves_inside(lines[i / 2],
					      i % 2 ? SANDBOX_AUTO : SANDBOX_REQUIRE));
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPS) {
			print_message("skipped: it wants a network of its own\n");
			skip();
		}
		if (status != 0)
			fail_msg("%s: %d", lines[i / 2], WEXITSTATUS(status));
	}
}

/* ---- files of the config ---- */

static int reads_the_authority(void)
{
	return result_of_fd(open(config.settings.ca_file, O_RDONLY));
}

static int stays_root(void)
{
	return geteuid() == 0 ? 0 : 1;
}

static void files_of_the_config_are_read_and_no_others_beside_them(void **state)
{
	struct jail *jail;

	(void)state;
	config.settings.ca_file = write_text("ca.pem", "x");
	jail = make_jail(SANDBOX_REQUIRE);
	assert_int_equal(inside(jail, reads_the_authority), 0);
	assert_int_equal(inside(jail, reads_a_file_of_the_user), EACCES);
	jail_free(jail);
	config.settings.ca_file = "";
}

static void who_needs_a_file_of_root_stays_root_and_says_so(void **state)
{
	char text[JAIL_TEXT_MAX];
	struct jail *jail;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: it is about root\n");
		skip();
	}
	config.settings.ca_file = write_text("mine.pem", "x");
	assert_int_equal(chmod(config.settings.ca_file, 0600), 0);
	config.settings.sandbox = SANDBOX_AUTO;
	jail = jail_new(&config, 4096, text);
	assert_non_null(jail);
	assert_non_null(strstr(text, "workers stay root"));
	assert_int_equal(inside(jail, reads_the_authority), 0);
	assert_int_equal(inside(jail, stays_root), 0);
	assert_int_equal(inside(jail, reads_a_file_of_the_user), EACCES);
	assert_int_equal(inside(jail, forks), DIES);
	jail_free(jail);

	assert_int_equal(chown(config.settings.ca_file, 1, 1), 0); /* another's */
	jail = jail_new(&config, 4096, text);
	assert_int_equal(inside(jail, reads_the_authority), 0);
	jail_free(jail);

	config.settings.sandbox = SANDBOX_REQUIRE;
	assert_null(jail_new(&config, 4096, text));
	assert_non_null(strstr(text, "workers stay root"));
	config.settings.ca_file = "";
}

/* They are the first that go. */
static void what_only_the_groups_of_root_can_read_is_root_s_alone(void **state)
{
	gid_t groups[NGROUPS_MAX], own = 0;
	int count = getgroups(NGROUPS_MAX, groups);
	char text[JAIL_TEXT_MAX];
	struct jail *jail;

	(void)state;
	if (geteuid() != 0 || setgroups(1, &own) < 0) {
		print_message("skipped: it is about root\n");
		skip();
	}
	config.settings.ca_file = write_text("group.pem", "x");
	assert_int_equal(chmod(config.settings.ca_file, 0640), 0);
	config.settings.sandbox = SANDBOX_AUTO;
	jail = jail_new(&config, 4096, text);
	assert_non_null(strstr(text, "workers stay root"));
	assert_int_equal(inside(jail, reads_the_authority), 0);
	jail_free(jail);
	assert_int_equal(setgroups((size_t)count, groups), 0);
	config.settings.sandbox = SANDBOX_REQUIRE;
	config.settings.ca_file = "";
}

/* Somebody's code makes calls of its own (fakeroot, faketime): it would die of them. */
static void preloaded_code_keeps_its_calls(void **state)
{
	char text[JAIL_TEXT_MAX];
	struct jail *jail;

	(void)state;
	setenv("LD_PRELOAD", "libwhatever.so", 1);
	config.settings.sandbox = SANDBOX_AUTO;
	jail = jail_new(&config, 4096, text);
	assert_string_equal(text, "sandbox: no filter of system calls (seccomp) with LD_PRELOAD: "
				  "workers have less of one");
	assert_int_equal(inside(jail, shares_memory), 0);
	assert_int_equal(inside(jail, reads_a_file_of_the_user), EACCES);
	jail_free(jail);
	config.settings.sandbox = SANDBOX_REQUIRE;
	assert_null(jail_new(&config, 4096, text));
	unsetenv("LD_PRELOAD");
}

static int reads_below_an_older_landlock(int version)
{
	int files = jail_files_ruleset(version);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (files < 0 || jail_files_enter(files) < 0)
		return 1;
	return reads_a_file_of_the_user() == EACCES && makes_a_file() == EACCES ? 0 : 2;
}

/* Kernels from 5.13 on; this one takes what each of them does, up to its own. */
static void every_version_of_landlock_has_its_rules(void **state)
{
	long newest = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	(void)state;
	assert_true(newest >= 1);
	for (int version = 1; version <= newest && version <= 7; version++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(reads_below_an_older_landlock(version));
		waitpid(pid, &status, 0);
		assert_int_equal(status, 0);
	}
}

static void off_is_off(void **state)
{
	struct jail *jail = make_jail(SANDBOX_OFF);

	(void)state;
	assert_int_equal(inside(jail, reads_a_file_of_the_user), 0);
	assert_int_equal(inside(jail, maps_code), 0);
	jail_free(jail);
}

static void a_program_built_without_one_says_so_where_it_is_required(void **state)
{
	char text[JAIL_TEXT_MAX];

	(void)state;
	config.settings.sandbox = SANDBOX_REQUIRE;
	assert_null(jail_new(&config, 4096, text));
	assert_non_null(strstr(text, "built without"));
	jail_free(make_jail(SANDBOX_AUTO));
}

/* ---- */

static void listen_locally(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	local_socket = in_folder("socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", local_socket);
	local_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(local_listener, (struct sockaddr *)&address, sizeof(address)) == 0)
		chmod(local_socket, 0777);
	listen(local_listener, 5);
}

static int set_up(void **state)
{
	struct sockaddr_in any = { .sin_family = AF_INET };

	if (folder_make(state) < 0)
		return -1;
	outside = getpid();
	config = (struct config){ .settings = settings_default() };
	secret_file = write_text("secret", "secret");
	chmod(secret_file, 0666); /* nothing but the jail is in the way */
	chmod(in_folder("."), 0777);
	listen_locally();
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	code_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return code_page == MAP_FAILED ? -1 : bind(listener, (struct sockaddr *)&any, sizeof(any));
}

static int tear_down(void **state)
{
	close(local_listener);
	close(listener);
	munmap(code_page, 4096);
	return folder_remove(state);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest without[] = {
		T(a_program_built_without_one_says_so_where_it_is_required),
	};
	const struct CMUnitTest tests[] = {
		T(nobody_gets_out),
		T(who_is_no_worker_gets_out_even_less),
		T(without_a_jail_they_would),
		T(what_fetching_needs_is_left),
		T(a_crash_is_no_attempt),
		T(the_kernel_says_that_it_is_in),
		T(tokens_of_others_are_gone_from_the_environment),
		T(of_the_environment_proxies_are_left),
		T(what_it_writes_reaches_nobody),
		T(it_dies_with_its_master),
		T(a_new_resolver_is_seen_inside),
		T(a_name_is_asked_of_its_server_inside),
		T(files_of_the_config_are_read_and_no_others_beside_them),
		T(who_needs_a_file_of_root_stays_root_and_says_so),
		T(what_only_the_groups_of_root_can_read_is_root_s_alone),
		T(preloaded_code_keeps_its_calls),
		T(every_version_of_landlock_has_its_rules),
		T(off_is_off),
	};

	if (JAIL_IS_LEFT_OUT)
		return RUN_TESTS(without);
	return jail_is_here() ? RUN_TESTS(tests) : 0;
}
