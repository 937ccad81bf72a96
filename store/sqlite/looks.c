#include "store/sqlite/internal.h"

/* What a run was like: rows that nobody needs to crawl. */

int sqlite_put_run_host(struct store *door, const struct store_run_host *host)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put = sqlite_writing(store, RUN_HOST,
					   "INSERT OR REPLACE INTO crawl_run_hosts VALUES (?1, ?2,"
					   " ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");

	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, store->run_id);
	sqlite3_bind_int64(put, 2, host->host.number);
	sqlite3_bind_int64(put, 3, (int64_t)host->pages);
	sqlite3_bind_int64(put, 4, (int64_t)host->failed);
	sqlite3_bind_int64(put, 5, (int64_t)host->bytes);
	sqlite3_bind_int64(put, 6, host->delay_ms);
	sqlite3_bind_double(put, 7, host->p50_ms);
	sqlite3_bind_double(put, 8, host->p95_ms);
	sqlite3_bind_int64(put, 9, host->first_ms);
	sqlite3_bind_int64(put, 10, host->last_ms);
	sqlite3_bind_int64(put, 11, host->step_ms);
	sqlite3_bind_blob(put, 12, host->strip, sizeof(host->strip), SQLITE_STATIC);
	return sqlite_write(store, put);
}

int sqlite_put_run_count(struct store *door, const char *what, const char *value, uint64_t pages)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put = sqlite_writing(
		store, RUN_COUNT, "INSERT OR REPLACE INTO crawl_counts VALUES (?1, ?2, ?3, ?4)");

	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, store->run_id);
	sqlite_bind_string(put, 2, what);
	sqlite_bind_string(put, 3, value);
	sqlite3_bind_int64(put, 4, (int64_t)pages);
	return sqlite_write(store, put);
}

int sqlite_put_run_histogram(struct store *door, const char *what, unsigned bucket, uint64_t pages)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put =
		sqlite_writing(store, RUN_HISTOGRAM,
			       "INSERT OR REPLACE INTO crawl_histograms VALUES (?1, ?2, ?3, ?4)");

	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, store->run_id);
	sqlite_bind_string(put, 2, what);
	sqlite3_bind_int64(put, 3, bucket);
	sqlite3_bind_int64(put, 4, (int64_t)pages);
	return sqlite_write(store, put);
}

int sqlite_put_run_example(struct store *door, const struct store_example *example)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put = sqlite_writing(
		store, RUN_EXAMPLE,
		"INSERT OR REPLACE INTO crawl_examples VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, store->run_id);
	sqlite_bind_string(put, 2, example->what);
	sqlite_bind_string(put, 3, example->name);
	sqlite3_bind_int64(put, 4, example->place);
	sqlite3_bind_int64(put, 5, example->url.number);
	sqlite3_bind_int64(put, 6, (int64_t)example->value);
	return sqlite_write(store, put);
}

int sqlite_put_run_sample(struct store *door, const struct store_sample *sample)
{
	struct sqlite_store *store = sqlite_of(door);
	const uint64_t values[] = {
		sample->done,         sample->failed,      sample->skipped,      sample->rows,
		sample->wire_bytes,   sample->waits_delay, sample->waits_answer, sample->waits_rest,
		sample->waits_robots, sample->waits_us,    sample->in_flight,    sample->is_paused,
		sample->cpu_ms,       sample->pattern_ms,  sample->commit_ms,
	};
	sqlite3_stmt *put =
		sqlite_writing(store, RUN_SAMPLE,
			       "INSERT OR REPLACE INTO crawl_samples VALUES (?1, ?2, ?3, ?4, ?5,"
			       " ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)");

	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, store->run_id);
	sqlite3_bind_int64(put, 2, sample->at_ms);
	for (int i = 0; i < (int)(sizeof(values) / sizeof(values[0])); i++)
		sqlite3_bind_int64(put, 3 + i, (int64_t)values[i]);
	return sqlite_write(store, put);
}

int sqlite_thin_run_samples(struct store *door, int64_t step_ms)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *thin = sqlite_writing(
		store, RUN_THINNED, "DELETE FROM crawl_samples WHERE run = ?1 AND at_ms % ?2 <> 0");

	if (!thin)
		return -1;
	sqlite3_bind_int64(thin, 1, store->run_id);
	sqlite3_bind_int64(thin, 2, step_ms);
	return sqlite_write(store, thin);
}

int sqlite_put_run_event(struct store *door, const struct store_event *event)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put = sqlite_writing(store, RUN_EVENT,
					   "INSERT INTO crawl_events VALUES (?1, ?2, ?3, ?4, ?5)");

	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, store->run_id);
	sqlite3_bind_int64(put, 2, event->at_ms);
	sqlite_bind_string(put, 3, event->kind);
	sqlite_bind_text(put, 4, event->host);
	sqlite_bind_text(put, 5, event->text);
	return sqlite_write(store, put);
}

int sqlite_put_run_finding(struct store *door, const struct store_finding *finding)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *put = sqlite_writing(
		store, RUN_FINDING,
		"INSERT INTO crawl_findings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");

	if (!put)
		return -1;
	sqlite3_bind_int64(put, 1, store->run_id ? store->run_id : store->ended_run);
	sqlite_bind_string(put, 2, finding->pattern);
	sqlite_bind_string(put, 3, finding->field);
	sqlite3_bind_int64(put, 4, (int64_t)finding->pages);
	sqlite3_bind_int64(put, 5, finding->url.number);
	sqlite_bind_number(put, 6, (int64_t)finding->line);
	sqlite_bind_text(put, 7, finding->matched);
	sqlite_bind_text(put, 8, finding->wanted);
	sqlite_bind_text(put, 9, finding->rest);
	sqlite_bind_text(put, 10, finding->stood);
	return sqlite_write(store, put);
}
