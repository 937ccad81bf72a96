#include "store/sqlite/internal.h"

/*
 * Checkpoints are ours: SQLite would make one after every 4 MB, in the middle of a commit,
 * and a page that is dirtied by many commits is worth copying once.
 */
#define LOG_FRAMES_MAX 2048 /* 16 MiB of log are folded into the database */

/* SQLite calls this after every commit. */
static int note_log(void *context, sqlite3 *db, const char *name, int frames)
{
	struct sqlite_store *store = context;

	(void)db;
	(void)name;
	if (frames < store->wal_frames_folded)
		store->wal_frames_folded = 0; /* the log began anew */
	store->wal_frames = frames;
	return SQLITE_OK;
}

void sqlite_watch_log(struct sqlite_store *store)
{
	sqlite3_wal_hook(store->db, note_log, store);
}

/* mode: PASSIVE does what can be done without waiting, TRUNCATE cuts the file too. */
static int fold(struct sqlite_store *store, int mode)
{
	int result = sqlite3_wal_checkpoint_v2(store->db, "main", mode, NULL, NULL);

	if (result != SQLITE_OK && result != SQLITE_BUSY)
		return sqlite_fail(store);
	/* What a reader holds back is tried again when as much has come again. */
	store->wal_frames_folded = store->wal_frames;
	return 0;
}

int sqlite_fold_log(struct sqlite_store *store)
{
	int result;

	if (store->base.has_failed)
		return -1;
	/* The master must not wait for a reader. */
	sqlite3_busy_timeout(store->db, 0);
	result = fold(store, SQLITE_CHECKPOINT_TRUNCATE);
	sqlite3_busy_timeout(store->db, sqlite_busy_ms);
	return result;
}

uint64_t sqlite_get_uncommitted(const struct store *door)
{
	return ((const struct sqlite_store *)door)->uncommitted;
}

int sqlite_commit(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);

	if (store->base.has_failed)
		return -1;
	if (!store->in_transaction)
		return 0;
	if (sqlite_flush_rows(store) || sqlite_execute(store, "COMMIT"))
		return -1;
	store->in_transaction = false;
	store->uncommitted = 0;
	if (store->wal_frames - store->wal_frames_folded < LOG_FRAMES_MAX)
		return 0;
	return fold(store, SQLITE_CHECKPOINT_PASSIVE);
}

int sqlite_idle(struct store *door)
{
	struct sqlite_store *store = sqlite_of(door);

	if (store->base.has_failed)
		return -1;
	if (store->uncommitted > 0)
		return 0;
	if (sqlite_commit(door)) /* of a transaction that only read */
		return -1;
	return store->wal_frames == store->wal_frames_folded ? 0 : sqlite_fold_log(store);
}

/* A commit has waited for the disk: nothing is under way, and nobody else comes or goes. */
int sqlite_turn(struct store *door, int64_t now_ms, int64_t *due_ms)
{
	(void)now_ms;
	*due_ms = INT64_MAX;
	return door->has_failed ? -1 : 0;
}

int sqlite_settle(struct store *door, int timeout_ms)
{
	(void)timeout_ms;
	return door->has_failed ? -1 : 1;
}
