#include "store/sqlite/internal.h"

/*
 * Checkpoints are ours: SQLite would make one after every 4 MB, in the middle of a commit,
 * and a page that is dirtied by many commits is worth copying once.
 */
#define LOG_FRAMES_MAX 2048 /* 16 MiB of log are folded into the database */

/* SQLite calls this after every commit. */
static int note_log(void *context, sqlite3 *db, const char *name, int frames)
{
	struct store *store = context;

	(void)db;
	(void)name;
	if (frames < store->wal_frames_folded)
		store->wal_frames_folded = 0; /* the log began anew */
	store->wal_frames = frames;
	return SQLITE_OK;
}

void store_watch_log(struct store *store)
{
	sqlite3_wal_hook(store->db, note_log, store);
}

/* mode: PASSIVE does what can be done without waiting, TRUNCATE cuts the file too. */
static int fold(struct store *store, int mode)
{
	int frames = 0, folded = 0;
	int result = sqlite3_wal_checkpoint_v2(store->db, "main", mode, &frames, &folded);

	if (result != SQLITE_OK && result != SQLITE_BUSY)
		return store_fail(store);
	/* What a reader holds back is tried again when as much has come again. */
	store->wal_frames_folded = store->wal_frames;
	return 0;
}

int store_fold_log(struct store *store)
{
	int result;

	if (store->is_broken)
		return -1;
	/* The master must not wait for a reader. */
	sqlite3_busy_timeout(store->db, 0);
	result = fold(store, SQLITE_CHECKPOINT_TRUNCATE);
	sqlite3_busy_timeout(store->db, store_busy_ms);
	return result;
}

uint64_t store_uncommitted(const struct store *store)
{
	return store->uncommitted;
}

int store_commit(struct store *store)
{
	if (store->is_broken)
		return -1;
	if (!store->in_transaction)
		return 0;
	if (store_execute(store, "COMMIT"))
		return -1;
	store->in_transaction = false;
	store->uncommitted = 0;
	if (store->wal_frames - store->wal_frames_folded < LOG_FRAMES_MAX)
		return 0;
	return fold(store, SQLITE_CHECKPOINT_PASSIVE);
}

int store_idle(struct store *store)
{
	if (store->is_broken)
		return -1;
	if (store->uncommitted > 0)
		return 0;
	if (store_commit(store)) /* of a transaction that only read */
		return -1;
	return store->wal_frames == store->wal_frames_folded ? 0 : store_fold_log(store);
}
