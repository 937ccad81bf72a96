#include "store/sqlite/internal.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

/*
 * What a look takes is bounded by a timer, not by SQLite's progress handler: that is called between
 * steps of a program, and a count over a whole table is one step.  sqlite3_interrupt() is heard
 * within it.  It is forgotten when a statement begins that has the connection alone, so the timer
 * says it again and again until the look ends.
 */
#define AGAIN_MS 5

static sqlite3 *volatile looked_at; /* one look at a time, of one process */
static volatile sig_atomic_t is_late;
static struct itimerval others; /* what the timer was set to before */

static void on_time(int signal)
{
	(void)signal;
	is_late = 1;
	if (looked_at)
		sqlite3_interrupt(looked_at);
}

static void start_timer(unsigned ms)
{
	struct sigaction action = { .sa_handler = on_time, .sa_flags = SA_RESTART };
	struct itimerval timer = {
		.it_value = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 },
		.it_interval = { .tv_usec = AGAIN_MS * 1000 },
	};
	sigset_t set;

	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* What failed for want of time did not fail. */
static void forgive(struct sqlite_store *store)
{
	if (!is_late)
		return;
	store->base.has_failed = false;
	store->base.error = (struct store_error){ .cure = STORE_CURE_NONE };
}

bool sqlite_was_late(struct sqlite_store *store)
{
	if (!store->is_looking || !is_late)
		return false;
	forgive(store);
	return true;
}

void sqlite_set_read_budget(struct store *door, unsigned ms)
{
	struct sqlite_store *store = sqlite_of(door);

	if (!store->is_looking)
		return;
	forgive(store);
	is_late = 0;
	start_timer(ms > 0 ? ms : 1);
}

int sqlite_begin_look(struct store *door, unsigned ms)
{
	struct sqlite_store *store = sqlite_of(door);

	sqlite3_busy_timeout(store->db, (int)ms);
	if (sqlite_execute(store, "BEGIN"))
		return -1;
	getitimer(ITIMER_REAL, &others);
	store->is_looking = true;
	looked_at = store->db;
	is_late = 0;
	start_timer(ms > 0 ? ms : 1);
	return 0;
}

bool sqlite_is_late(const struct store *door)
{
	return ((const struct sqlite_store *)door)->is_looking && is_late;
}

bool sqlite_end_look(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);
	bool was_late = sqlite_is_late(door);

	if (!store->is_looking)
		return false;
	setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { 0 } }, NULL);
	looked_at = NULL;
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &others, NULL);
	forgive(store);
	store->is_looking = false;
	is_late = 0;
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return was_late;
}

/* ---- is it still there? ---- */

void sqlite_note_opened(struct sqlite_store *store, const struct stat *found, bool is_immutable)
{
	store->as_opened = *found;
	store->is_immutable = is_immutable;
}

static bool has_log(const char *file)
{
	char log[PATH_MAX + 8];
	struct stat found;

	snprintf(log, sizeof(log), "%s-wal", file);
	return stat(log, &found) == 0;
}

/* Read without locks it must not change at all. */
static bool is_as_it_was(const struct sqlite_store *store, const char *file,
			 const struct stat *found)
{
	const struct stat *opened = &store->as_opened;

	return found->st_size == opened->st_size &&
	       found->st_mtim.tv_sec == opened->st_mtim.tv_sec &&
	       found->st_mtim.tv_nsec == opened->st_mtim.tv_nsec && !has_log(file);
}

bool sqlite_is_current(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);
	char *file = sqlite_file_path(store);
	struct stat found;
	int64_t owner = 0, version = 0;
	bool is_current;

	is_current = file && !store->base.has_failed && stat(file, &found) == 0 &&
		     found.st_dev == store->as_opened.st_dev &&
		     found.st_ino == store->as_opened.st_ino &&
		     (!store->is_immutable || is_as_it_was(store, file, &found));
	free(file);
	/* Views that say an older schema in the words of today are of what was there then. */
	return is_current && sqlite_number(store, "PRAGMA user_version", NULL, &version) == 0 &&
	       sqlite_number(store, "PRAGMA application_id", NULL, &owner) == 0 &&
	       version == store->version && owner == SQLITE_APPLICATION_ID;
}
