/*
 * shim: preloaded into crawl, it makes the N-th of some system calls or allocations fail, as a
 * machine does that has run out of something.
 *
 * TORTURE in the environment is "WHO WHAT N HOW FILE": master or worker, a name of the table below,
 * a number from 1, once or ever, and a file that holds a struct shim_seen.  Who
 * was forked is a worker.  A process counts for itself; what fails once fails in one of them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/torture/shim.h"

enum what { MALLOC, WRITE, READ, FSYNC, FTRUNCATE, OPEN, MMAP, FORK, SOCKET, EPOLL, SEND, RECV };

/* What it fails with. */
static const struct {
	const char *name;
	int error;
} kinds[] = {
	[MALLOC] = { "malloc", ENOMEM },    [WRITE] = { "write", ENOSPC },
	[READ] = { "read", EIO },           [FSYNC] = { "fsync", EIO },
	[FTRUNCATE] = { "ftruncate", EIO }, [OPEN] = { "open", EMFILE },
	[MMAP] = { "mmap", ENOMEM },        [FORK] = { "fork", EAGAIN },
	[SOCKET] = { "socket", EMFILE },    [EPOLL] = { "epoll", ENOMEM },
	[SEND] = { "send", ENOBUFS },       [RECV] = { "recv", ENOMEM },
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static struct shim_seen *seen; /* shared with the test, and between master and workers */
static pid_t master;
static bool is_of_worker, is_for_ever;
static enum what chosen;
static atomic_uint calls; /* of this process */
static unsigned wanted;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("TORTURE");
	char who[16], what[16], how[16], file[200];
	int fd;

	if (!text || sscanf(text, "%15s %15s %u %15s %199s", who, what, &wanted, how, file) != 5)
		return;
	unsetenv("LD_PRELOAD");
	is_of_worker = strcmp(who, "worker") == 0;
	is_for_ever = strcmp(how, "ever") == 0;
	while (chosen < KIND_COUNT - 1 && strcmp(kinds[chosen].name, what) != 0)
		chosen++;
	master = getpid();
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR);
	seen = (void *)syscall(SYS_mmap, NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED,
			       fd, 0);
	close(fd);
	if (seen == MAP_FAILED)
		seen = NULL;
}

/* The kernel says who we are: what the library keeps of it is as old as the fork. */
static bool is_our_turn(void)
{
	unsigned number;

	if (!seen || (syscall(SYS_getpid) != master) != is_of_worker)
		return false;
	number = atomic_fetch_add(&calls, 1) + 1;
	if (number > atomic_load(&seen->calls))
		atomic_store(&seen->calls, number);
	if (number < wanted)
		return false;
	return is_for_ever || atomic_exchange(&seen->is_done, 1) == 0;
}

static bool fails(enum what what)
{
	int error = errno;

	if (what != chosen || !is_our_turn()) {
		errno = error;
		return false;
	}
	atomic_fetch_add(&seen->failures, 1);
	errno = kinds[what].error;
	return true;
}

/* The one behind us. */
#define REAL(name)                     \
	static __typeof__(&name) real; \
	if (!real)                     \
	real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* ---- memory: the library's own names, for dlsym() allocates ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
	return fails(MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(MALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails(MALLOC) ? NULL : __libc_realloc(memory, size);
}

/* ---- files ---- */

#define FAILING(what, type, name, parameters, arguments, bad) \
	type name parameters                                  \
	{                                                     \
		REAL(name);                                   \
		return fails(what) ? (bad) : real arguments;  \
	}

FAILING(WRITE, ssize_t, write, (int fd, const void *at, size_t size), (fd, at, size), -1)
FAILING(WRITE, ssize_t, writev, (int fd, const struct iovec *at, int count), (fd, at, count), -1)
FAILING(WRITE, ssize_t, pwrite, (int fd, const void *at, size_t size, off_t place),
	(fd, at, size, place), -1)
FAILING(WRITE, ssize_t, pwrite64, (int fd, const void *at, size_t size, off64_t place),
	(fd, at, size, place), -1)
FAILING(READ, ssize_t, read, (int fd, void *at, size_t size), (fd, at, size), -1)
FAILING(READ, ssize_t, pread, (int fd, void *at, size_t size, off_t place), (fd, at, size, place),
	-1)
FAILING(READ, ssize_t, pread64, (int fd, void *at, size_t size, off64_t place),
	(fd, at, size, place), -1)
FAILING(FSYNC, int, fsync, (int fd), (fd), -1)
FAILING(FSYNC, int, fdatasync, (int fd), (fd), -1)
FAILING(FTRUNCATE, int, ftruncate, (int fd, off_t size), (fd, size), -1)
FAILING(FTRUNCATE, int, ftruncate64, (int fd, off64_t size), (fd, size), -1)
FAILING(MMAP, void *, mmap, (void *at, size_t size, int may, int flags, int fd, off_t place),
	(at, size, may, flags, fd, place), MAP_FAILED)
FAILING(MMAP, void *, mmap64, (void *at, size_t size, int may, int flags, int fd, off64_t place),
	(at, size, may, flags, fd, place), MAP_FAILED)

/* The mode is there or not: it is passed on as it came. */
#define OPENING(name)                                                            \
	int name(const char *path, int flags, ...)                               \
	{                                                                        \
		va_list more;                                                    \
		mode_t mode;                                                     \
		REAL(name);                                                      \
		va_start(more, flags);                                           \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
		va_end(more);                                                    \
		return fails(OPEN) ? -1 : real(path, flags, mode);               \
	}

OPENING(open)
OPENING(open64)

/* ---- processes and sockets ---- */

FAILING(FORK, pid_t, fork, (void), (), -1)
FAILING(SOCKET, int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
FAILING(SOCKET, int, socketpair, (int domain, int type, int protocol, int ends[2]),
	(domain, type, protocol, ends), -1)
FAILING(EPOLL, int, epoll_create1, (int flags), (flags), -1)
FAILING(EPOLL, int, epoll_ctl, (int loop, int how, int fd, struct epoll_event *event),
	(loop, how, fd, event), -1)
FAILING(SEND, ssize_t, send, (int fd, const void *at, size_t size, int flags),
	(fd, at, size, flags), -1)
FAILING(RECV, ssize_t, recv, (int fd, void *at, size_t size, int flags), (fd, at, size, flags), -1)
