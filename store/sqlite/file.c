#include "store/sqlite/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * One crawl a database: whoever writes holds a lock on one byte of the file itself, so no
 * other file is left behind, and the kernel lets go of it however the holder dies.
 *
 * It is an open-file-description lock, far behind the bytes at 1 GiB that SQLite locks.
 * Closing any descriptor of a file drops all the process's POSIX locks on it, SQLite's
 * too: hence ours is closed only after sqlite3_close(), and a process must not open for
 * writing a file that it has open already.
 */
#define LOCK_BYTE (INT64_C(1) << 62)

/*
 * A holder that is dead may have left children behind that inherited the descriptor and
 * are about to die as well: wait for them, and no longer.
 */
#define LOCK_WAIT_MS 2000
#define LOCK_POLL_MS 20

#define HEADER_SIZE 100

static int refuse_to_open(struct sqlite_store *store, int reason)
{
	char folder[PATH_MAX] = "";

	snprintf(folder, sizeof(folder), "%s", store->path);
	switch (reason) {
	case EISDIR:
		return store_fail(&store->base, STORE_CURE_OTHER_FILE,
				  "%s is a folder: name a file in it", store->path);
	case ENOENT:
	case ENOTDIR:
		return store_fail(&store->base, STORE_CURE_OTHER_FILE,
				  "%s: there is no folder %s: make it, or choose a file",
				  store->path, dirname(folder));
	case EACCES:
	case EPERM:
	case EROFS:
		return store_fail(&store->base, STORE_CURE_OTHER_FILE,
				  "cannot write to %s: %s: choose another file", store->path,
				  strerror(reason));
	default:
		return store_fail(&store->base, STORE_CURE_NONE, "cannot open %s: %s", store->path,
				  strerror(reason));
	}
}

static int open_file(struct sqlite_store *store)
{
	struct stat found;

	/* Before opening: a device may do something when it is opened. */
	if (stat(store->path, &found) == 0 && !S_ISREG(found.st_mode)) {
		if (S_ISDIR(found.st_mode))
			return refuse_to_open(store, EISDIR);
		return store_fail(&store->base, STORE_CURE_OTHER_FILE,
				  "%s is not a file: choose another", store->path);
	}
	store->file = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
	if (store->file < 0)
		return refuse_to_open(store, errno);
	return 0;
}

/* What is not there will be made as the file is. */
static int hide(const char *path)
{
	struct stat found;

	if (stat(path, &found) < 0)
		return errno == ENOENT ? 0 : -1;
	return (found.st_mode & (S_IRWXG | S_IRWXO)) == 0 ? 0
							  : chmod(path, found.st_mode & S_IRWXU);
}

int sqlite_file_hide(struct sqlite_store *store)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	char *path = sqlite_file_path(store), name[PATH_MAX + 8];
	int result = path ? 0 : -1;

	for (size_t i = 0; result == 0 && i < sizeof(endings) / sizeof(endings[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, endings[i]);
		result = hide(name);
	}
	free(path);
	if (result == 0)
		return 0;
	return store_fail(&store->base, STORE_CURE_OTHER_FILE,
			  "cannot have %s be its owner's alone, for cookies: %s: choose another "
			  "file",
			  store->path, strerror(errno));
}

char *sqlite_file_path(const struct sqlite_store *store)
{
	return realpath(store->path, NULL);
}

bool sqlite_file_folder_is_writable(const struct sqlite_store *store)
{
	char *path = sqlite_file_path(store);
	bool is_writable = path && access(dirname(path), W_OK | X_OK) == 0;

	free(path);
	return is_writable;
}

/* Modes know nothing of a jail: a file without a name is made, where there can be one. */
bool sqlite_file_folder_lets_write(const struct sqlite_store *store)
{
	char *path = sqlite_file_path(store);
	int fd = path ? open(dirname(path), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
	bool lets = fd >= 0 || (errno != EACCES && errno != EPERM && errno != EROFS);

	if (fd >= 0)
		close(fd);
	free(path);
	return lets;
}

/* The process of the run that has not ended, as far as the database can tell, or 0. */
static pid_t holder(const struct sqlite_store *store)
{
	static const char sql[] = "SELECT pid FROM runs WHERE ended IS NULL ORDER BY id DESC";
	char *path = sqlite_file_path(store);
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	pid_t pid = 0;

	if (path && sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
		if (statement && sqlite3_step(statement) == SQLITE_ROW)
			pid = sqlite3_column_int(statement, 0);
		sqlite3_finalize(statement);
	}
	sqlite3_close(db);
	free(path);
	return pid;
}

static bool is_alive(pid_t pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* Returns 0, or -1 with errno. */
static int try_lock(struct sqlite_store *store)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1
	};

	return fcntl(store->file, F_OFD_SETLK, &lock);
}

bool sqlite_file_is_in_use(const char *path)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1
	};
	struct stat found;
	bool is_held;
	int fd;

	if (stat(path, &found) < 0 || !S_ISREG(found.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return false;
	is_held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return is_held;
}

static int refuse_to_share(struct sqlite_store *store, pid_t pid)
{
	char who[32] = "";

	if (pid > 0)
		snprintf(who, sizeof(who), " (pid %ld)", (long)pid);
	return store_fail(&store->base, STORE_CURE_OTHER_FILE,
			  "%s is in use by another crawl%s: stop it, or choose another file",
			  store->path, who);
}

static int take_lock(struct sqlite_store *store)
{
	const struct timespec pause = { .tv_nsec = LOCK_POLL_MS * 1000000L };

	for (int waited = 0;; waited += LOCK_POLL_MS) {
		pid_t pid;

		if (try_lock(store) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return store_fail(&store->base, STORE_CURE_NONE, "cannot lock %s: %s",
					  store->path, strerror(errno));
		pid = holder(store);
		if (is_alive(pid) || waited >= LOCK_WAIT_MS)
			return refuse_to_share(store, is_alive(pid) ? pid : 0);
		nanosleep(&pause, NULL);
	}
}

/*
 * Read the header ourselves: opening it as a database might already write, to recover
 * from a crash of the program it belongs to.  An empty file is nobody's.
 */
static int check_owner(struct sqlite_store *store)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char header[HEADER_SIZE];
	ssize_t size = pread(store->file, header, sizeof(header), 0);
	uint32_t owner;

	if (size < 0)
		return store_fail(&store->base, STORE_CURE_NONE, "cannot read %s: %s", store->path,
				  strerror(errno));
	if (size == 0)
		return 0;
	if (size < HEADER_SIZE || memcmp(header, magic, sizeof(magic)) != 0)
		return store_fail(&store->base, STORE_CURE_OTHER_FILE,
				  "%s is not a database: choose another file", store->path);
	owner = (uint32_t)header[68] << 24 | (uint32_t)header[69] << 16 |
		(uint32_t)header[70] << 8 | header[71];
	if (owner != SQLITE_APPLICATION_ID)
		return store_fail(&store->base, STORE_CURE_OTHER_FILE,
				  "%s is a database of another program: choose another file",
				  store->path);
	return 0;
}

int sqlite_file_open(struct sqlite_store *store)
{
	if (open_file(store))
		return -1;
	if (!sqlite_file_folder_is_writable(store))
		return store_fail(
			&store->base, STORE_CURE_OTHER_FILE,
			"cannot write to the folder of %s (its -wal): choose another file",
			store->path);
	if (take_lock(store))
		return -1;
	return check_owner(store);
}
