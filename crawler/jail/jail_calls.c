#include "jail/jail_parts.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A program of classic BPF that the kernel runs at every system call (seccomp(2)).  What fetching
 * needs is allowed; what a library tries and does without, or a newer one may try, fails; all else
 * kills.  It is written out, not made by libseccomp, which cannot say "one of these values, else it
 * fails", and takes 2 to 4 ms.
 */
#if defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#endif

#ifndef MACHINE
int jail_calls_enter(enum jail_task task, bool may_ask_sockets)
{
	(void)task;
	(void)may_ask_sockets;
	errno = ENOSYS;
	return -1;
}
#else

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Calls of Linux 6.3 and later: a libc that tries them knows kernels without. */
#define NEW_CALLS    450
#define X32_CALLS    0x40000000 /* another numbering of the same calls, on x86-64 */
#define FAIL(error)  (SECCOMP_RET_ERRNO | (error))
#define KILL         SECCOMP_RET_KILL_PROCESS

/* ---- calls, whatever they are called with ---- */

/* clang-format off */
static const uint16_t allowed[] = {
	/* most often first: each costs two steps of the program on a kernel before 5.11 */
	SYS_epoll_pwait, SYS_recvfrom, SYS_sendto, SYS_read, SYS_write, SYS_epoll_ctl, SYS_sendmsg,
	SYS_recvmsg, SYS_close, SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_getsockopt,
#ifdef SYS_epoll_wait /* x86-64 has the older calls, too */
	SYS_epoll_wait, SYS_poll, SYS_select, SYS_pipe, SYS_stat, SYS_lstat, SYS_access,
	SYS_readlink, SYS_time, SYS_getrlimit,
#endif
	/* bytes of what is open, and waiting for them */
	SYS_readv, SYS_writev, SYS_pread64, SYS_lseek, SYS_dup, SYS_pipe2, SYS_eventfd2, SYS_epoll_create1,
	SYS_epoll_pwait2, SYS_ppoll, SYS_pselect6, SYS_nanosleep, SYS_clock_nanosleep,
	SYS_restart_syscall,
	/* what a file is: which may be read is Landlock's */
	SYS_fstat, SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_faccessat2, SYS_readlinkat,
	SYS_getdents64, SYS_getcwd,
	/* memory that is not executed */
	SYS_brk, SYS_munmap, SYS_mremap,
	/* threads: a name is resolved in one */
	SYS_set_robust_list, SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity, SYS_gettid, SYS_exit,
	SYS_exit_group, SYS_getcpu,
	/* signals of one's own: budgets, and calls into libcurl that take too long */
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_setitimer,
	SYS_getitimer,
	/* time, chance, and who one is */
	SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getrandom, SYS_getpid,
	SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_uname, SYS_sysinfo,
	SYS_getrusage, SYS_times,
};

/* A socket that somebody was let in by could be connected elsewhere: only who fetches may. */
static const uint16_t of_fetching[] = { SYS_connect, SYS_sendmmsg, SYS_recvmmsg };
static const uint16_t of_serving[] = { SYS_accept4 };
/* clang-format on */

struct refusal {
	uint16_t call, error;
};

/* Newer spellings, instead of which the older are used, and hints. */
static const struct refusal refused[] = {
	{ SYS_clone3, ENOSYS },       { SYS_openat2, ENOSYS },
	{ SYS_futex_waitv, ENOSYS },  { SYS_close_range, ENOSYS },
	{ SYS_mlock, EPERM },         { SYS_mlock2, EPERM },
	{ SYS_get_mempolicy, EPERM }, { SYS_set_mempolicy, EPERM },
	{ SYS_mbind, EPERM },         { SYS_sched_getparam, EPERM },
	{ SYS_membarrier, EPERM },    { SYS_sched_getscheduler, EPERM },
};

/* What SQLite would tidy up, where it may write; and libpq's second try, of a lost connection. */
static const struct refusal refused_to_serving[] = {
	{ SYS_socket, EACCES }, { SYS_unlinkat, EACCES },  { SYS_fchown, EPERM },
	{ SYS_fchmod, EPERM },  { SYS_ftruncate, EACCES },
#ifdef SYS_unlink
	{ SYS_unlink, EACCES },
#endif
};

/* ---- calls that depend on what they are called with ---- */

#define VALUES_MAX 24

/* An argument, behind a mask, is one of these values. */
struct condition {
	uint8_t argument;
	bool is_high; /* its upper half */
	uint8_t count;
	uint32_t mask;
	uint32_t values[VALUES_MAX];
};

/* Allowed if all conditions hold. */
struct rule {
	uint16_t call;
	uint32_t otherwise;
	uint8_t count;
	struct condition conditions[3];
};

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* With all of the first it is a thread; with one of the others, or none, it is more. */
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define NO_THREAD                                                                      \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE | CLONE_VFORK | CLONE_PARENT)

/* Of open(): all but these would write, make, or hold a path. */
#define READING   (O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_DIRECTORY | O_NOCTTY)
#define DROPPABLE 8 /* MAP_DROPPABLE: of chance, since glibc 2.41 */
#define MAPPING                                                                             \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | \
	 MAP_DENYWRITE | MAP_POPULATE | MAP_FIXED_NOREPLACE | DROPPABLE)
#define GUARD_INSTALL 102 /* MADV_GUARD_INSTALL: of a thread's stack, since glibc 2.42 */
#define GUARD_REMOVE  103
#define SOCKET_TYPE   (~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK))

/* clang-format off */
#define ONE_OF(argument, ...) \
	{ argument, false, COUNT(((const uint32_t[]){ __VA_ARGS__ })), UINT32_MAX, { __VA_ARGS__ } }
#define MASKED(argument, mask, ...) \
	{ argument, false, COUNT(((const uint32_t[]){ __VA_ARGS__ })), mask, { __VA_ARGS__ } }
#define HIGH_IS_0(argument) { argument, true, 1, UINT32_MAX, { 0 } }

static const struct rule rules[] = {
	{ SYS_madvise, FAIL(EINVAL), 1,
	  { ONE_OF(2, MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,
		   MADV_FREE, MADV_REMOVE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP,
		   MADV_DODUMP, MADV_WIPEONFORK, GUARD_INSTALL, GUARD_REMOVE) } },
	{ SYS_futex, FAIL(ENOSYS), 1,
	  { MASKED(1, FUTEX_CMD_MASK, FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE,
		   FUTEX_WAKE_OP, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET) } },
	{ SYS_clone, KILL, 1, { MASKED(0, THREAD | NO_THREAD, THREAD) } },
	{ SYS_openat, FAIL(EACCES), 1, { MASKED(2, ~(uint32_t)READING, 0) } },
#ifdef SYS_open
	{ SYS_open, FAIL(EACCES), 1, { MASKED(1, ~(uint32_t)READING, 0) } },
#endif
	/* of interfaces: their numbers, for servers of names that are link-local */
	{ SYS_ioctl, FAIL(ENOTTY), 1, { ONE_OF(1, FIONREAD, FIONBIO, SIOCGIFINDEX, SIOCGIFNAME) } },
	{ SYS_prctl, FAIL(EPERM), 1, { ONE_OF(0, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA) } },
	/* reading one's own */
	{ SYS_prlimit64, FAIL(EPERM), 3, { ONE_OF(0, 0), ONE_OF(2, 0), HIGH_IS_0(2) } },
};

/* Not code, and of what the kernel does with memory not what few use and fewer have tried. */
static const struct rule without_code[] = {
	{ SYS_mmap, FAIL(EACCES), 2, { MASKED(2, PROT_EXEC, 0), MASKED(3, ~(uint32_t)MAPPING, 0) } },
	{ SYS_mprotect, FAIL(EACCES), 1, { MASKED(2, PROT_EXEC, 0) } },
};
static const struct rule with_code[] = {
	{ SYS_mmap, FAIL(EACCES), 1, { MASKED(3, ~(uint32_t)MAPPING, 0) } },
	{ SYS_mprotect, FAIL(EACCES), 1,
	  { MASKED(2, ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXEC), 0) } },
};

/* Not who is signalled by it (F_SETOWN): that may be anybody. */
#define FCNTL(...) { SYS_fcntl, FAIL(EPERM), 1, \
	{ ONE_OF(1, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, ##__VA_ARGS__) } }

static const struct rule rules_of_fetching[] = {
	FCNTL(),
	/* not filters, protocols above TCP, repair */
	{ SYS_setsockopt, FAIL(ENOPROTOOPT), 2,
	  { ONE_OF(1, SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6),
	    ONE_OF(2, TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT,
		   TCP_FASTOPEN_CONNECT, SO_KEEPALIVE, SO_RCVBUF, SO_SNDBUF, IP_MTU_DISCOVER,
		   IP_RECVERR, IPV6_MTU_DISCOVER, IPV6_RECVERR, IPV6_TCLASS) } },
	/* not of datagrams: one end could send them to whatever local socket takes some */
	{ SYS_socketpair, FAIL(EACCES), 2,
	  { ONE_OF(0, AF_UNIX), MASKED(1, SOCKET_TYPE, SOCK_STREAM) } },
};

/* Locks are SQLite's; what is only open to read can be locked against writers alone. */
static const struct rule rules_of_serving[] = {
	FCNTL(F_SETLK, F_GETLK),
	{ SYS_setsockopt, FAIL(ENOPROTOOPT), 2,
	  { ONE_OF(1, IPPROTO_TCP), ONE_OF(2, TCP_NODELAY, TCP_CORK) } },
};

static const struct rule rules_of_computing[] = { FCNTL() };

/* Without AF_NETLINK names are sorted without knowing the interfaces. */
static const struct rule network = { SYS_socket, FAIL(EACCES), 3,
	{ ONE_OF(0, AF_INET, AF_INET6), MASKED(1, SOCKET_TYPE, SOCK_STREAM, SOCK_DGRAM),
	  ONE_OF(2, 0, IPPROTO_TCP, IPPROTO_UDP) } };
static const struct rule network_and_names = { SYS_socket, FAIL(EACCES), 3,
	{ ONE_OF(0, AF_INET, AF_INET6, AF_UNIX), MASKED(1, SOCKET_TYPE, SOCK_STREAM, SOCK_DGRAM),
	  ONE_OF(2, 0, IPPROTO_TCP, IPPROTO_UDP) } };
/* clang-format on */

/* ---- the program ---- */

#define STEPS_MAX 512 /* jumps go 255 steps at most: within a rule */

struct program {
	struct sock_filter steps[STEPS_MAX];
	unsigned short count;
};

static void add(struct program *program, struct sock_filter step)
{
	assert(program->count < STEPS_MAX);
	program->steps[program->count++] = step;
}

static void load(struct program *program, size_t offset)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void end_with(struct program *program, uint32_t verdict)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* Is what was loaded this value?  If not, pass over so many steps. */
static void unless(struct program *program, uint32_t value, size_t steps)
{
	add(program,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, (uint8_t)steps));
}

static void decide(struct program *program, unsigned call, uint32_t verdict)
{
	unless(program, call, 1);
	end_with(program, verdict);
}

static size_t steps_of(const struct condition *condition)
{
	return 3u + condition->count;
}

/* One value that fits leads behind the condition; none ends with the rule's verdict. */
static void add_condition(struct program *program, const struct condition *condition,
			  uint32_t otherwise)
{
	load(program, offsetof(struct seccomp_data, args) + condition->argument * sizeof(uint64_t) +
			      (condition->is_high ? sizeof(uint32_t) : 0));
	add(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, condition->mask));
	for (size_t i = 0; i < condition->count; i++)
		add(program,
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, condition->values[i],
						 (uint8_t)(condition->count - i), 0));
	end_with(program, otherwise);
}

static void add_rule(struct program *program, const struct rule *rule)
{
	size_t steps = 1;

	for (size_t i = 0; i < rule->count; i++)
		steps += steps_of(&rule->conditions[i]);
	assert(steps <= UINT8_MAX);
	unless(program, rule->call, steps);
	for (size_t i = 0; i < rule->count; i++)
		add_condition(program, &rule->conditions[i], rule->otherwise);
	end_with(program, SECCOMP_RET_ALLOW);
}

/* Calls of another machine, which the same kernel may take, have other numbers. */
static void add_beginning(struct program *program)
{
	load(program, offsetof(struct seccomp_data, arch));
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0));
	end_with(program, KILL);
	load(program, offsetof(struct seccomp_data, nr));
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1));
	end_with(program, KILL);
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NEW_CALLS, 0, 1));
	end_with(program, FAIL(ENOSYS));
}

/* abort() signals itself, and nobody else is. */
static void add_signals(struct program *program)
{
	struct rule rule = { SYS_tgkill, FAIL(EPERM), 1, { ONE_OF(0, (uint32_t)getpid()) } };

	add_rule(program, &rule);
}

static void allow_all(struct program *program, const uint16_t calls[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		decide(program, calls[i], SECCOMP_RET_ALLOW);
}

static void refuse_all(struct program *program, const struct refusal calls[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		decide(program, calls[i].call, FAIL(calls[i].error));
}

static void add_rules(struct program *program, const struct rule of_task[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_rule(program, &of_task[i]);
}

/* What one task has and others have not. */
static void add_task(struct program *program, enum jail_task task, bool may_ask_sockets)
{
	switch (task) {
	case JAIL_FETCHES:
		allow_all(program, of_fetching, COUNT(of_fetching));
		add_rules(program, without_code, COUNT(without_code));
		add_rules(program, rules_of_fetching, COUNT(rules_of_fetching));
		add_rule(program, may_ask_sockets ? &network_and_names : &network);
		break;
	case JAIL_SERVES:
		allow_all(program, of_serving, COUNT(of_serving));
		add_rules(program, without_code, COUNT(without_code));
		add_rules(program, rules_of_serving, COUNT(rules_of_serving));
		refuse_all(program, refused_to_serving, COUNT(refused_to_serving));
		break;
	case JAIL_COMPUTES:
		add_rules(program, with_code, COUNT(with_code));
		add_rules(program, rules_of_computing, COUNT(rules_of_computing));
	}
}

int jail_calls_enter(enum jail_task task, bool may_ask_sockets)
{
	struct program program = { .count = 0 };
	struct sock_fprog code = { .filter = program.steps };

	add_beginning(&program);
	allow_all(&program, allowed, COUNT(allowed));
	add_task(&program, task, may_ask_sockets);
	add_rules(&program, rules, COUNT(rules));
	add_signals(&program);
	refuse_all(&program, refused, COUNT(refused));
	end_with(&program, KILL);
	code.len = program.count;

	/* Before 5.16 a filter slowed down all that the process does (spectre), unless it says so.
	 */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &code) ==
	    0)
		return 0;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code);
}

#endif
