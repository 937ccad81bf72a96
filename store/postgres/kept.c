#include "store/postgres/reads.h"
#include "store/postgres/schema_sql.h"

/*
 * Pages that were kept.  Whoever asks for one page after the other is read ahead, a few at first:
 * bodies are large, and most ask for one page alone.  They come as hexadecimal digits, all in one
 * answer: so no more are asked for than are so large together, but for the first.
 */

#define AHEAD_FIRST 8
#define AHEAD_MAX   64

int64_t postgres_kept_bytes = 16 << 20;

static void take_kept(PGresult *rows, int i, struct store_kept *kept)
{
	*kept = (struct store_kept){
		.key = postgres_key(postgres_integer(rows, i, 0)),
		.is_text = postgres_bool(rows, i, 1),
		.body = postgres_bytes(rows, i, 2),
		.url = postgres_text(rows, i, 3),
		.final_url = postgres_text(rows, i, 4),
		.content_type = postgres_text(rows, i, 5),
		.charset = postgres_text(rows, i, 6),
		.unmatched = postgres_text(rows, i, 7),
		.notes = postgres_text(rows, i, 8),
		.counts = postgres_text(rows, i, 9),
		.set = postgres_text(rows, i, 10),
	};
}

/* The pages behind this one.  Returns 0 or -1. */
static int read_ahead(struct postgres_store *store, struct store_key after, int count)
{
	const struct store_value values[] = {
		postgres_of_integer(postgres_id(after)),
		postgres_of_integer(count),
		postgres_of_integer(postgres_kept_bytes),
	};

	PQclear(store->kept.rows);
	store->kept.rows = postgres_ask(
		store,
		"SELECT b.url_id, b.is_text, b.body, u.url, coalesce(r.final_url, u.url),"
		" r.content_type, r.charset, r.unmatched,"
		" CASE WHEN r.state = 1 THEN r.error END, r.counts, " POSTGRES_SET
		" FROM (SELECT n.*, sum(octet_length(body)) OVER (ORDER BY url_id)"
		"   - octet_length(body) AS before"
		"  FROM (SELECT b.url_id, b.is_text, b.body FROM bodies b"
		"   JOIN urls u ON u.id = b.url_id JOIN results r ON r.url_id = b.url_id"
		"   WHERE b.url_id > $1 ORDER BY b.url_id LIMIT $2) n) b"
		" JOIN urls u ON u.id = b.url_id JOIN results r ON r.url_id = b.url_id"
		" WHERE b.before = 0 OR b.before + octet_length(b.body) <= $3 ORDER BY b.url_id",
		values, 3);
	store->kept.next = 0;
	store->kept.asked = count;
	return store->kept.rows ? 0 : -1;
}

/* Is it asked for behind the page that was handed out last? */
static bool goes_on(const struct postgres_store *store, struct store_key after)
{
	return store->kept.rows && store->kept.next > 0 &&
	       store_key_id(after) == store_key_id(store->kept.last);
}

int postgres_get_kept(struct store *door, struct store_key after, struct store_kept *kept)
{
	struct postgres_store *store = postgres_of(door);
	int count = 1;

	if (store->base.has_failed)
		return -1;
	if (goes_on(store, after))
		count = store->kept.asked == 1 ? AHEAD_FIRST : AHEAD_MAX;
	if (count == 1 || store->kept.next == PQntuples(store->kept.rows)) {
		if (read_ahead(store, after, count) < 0)
			return -1;
	}
	if (PQntuples(store->kept.rows) == 0)
		return 0;
	take_kept(store->kept.rows, store->kept.next++, kept);
	store->kept.last = kept->key;
	return 1;
}

#define PAGE_ROWS 1024 /* that are read at once */

int postgres_each_kept(struct store *door,
		       int (*function)(void *context, struct store_key key, struct slice final_url),
		       void *context)
{
	struct store_value last = postgres_of_integer(0);
	bool is_at_end = false;

	while (!is_at_end) {
		PGresult *rows = postgres_ask(
			postgres_of(door),
			"SELECT b.url_id, coalesce(r.final_url, u.url) FROM bodies b"
			" JOIN urls u ON u.id = b.url_id JOIN results r ON r.url_id = b.url_id"
			" WHERE b.is_text <> 0 AND b.url_id > $1"
			" ORDER BY b.url_id" POSTGRES_LIMIT(PAGE_ROWS),
			&last, 1);

		if (!rows)
			return -1;
		is_at_end = PQntuples(rows) == 0;
		for (int i = 0; i < PQntuples(rows) && !is_at_end; i++) {
			last.integer = postgres_integer(rows, i, 0);
			is_at_end = function(context, postgres_key(last.integer),
					     postgres_text(rows, i, 1)) < 0;
		}
		PQclear(rows);
	}
	return 0;
}

/* ---- the pages in the order of their visits ---- */

struct reading {
	int (*function)(void *context, const struct store_read *read);
	void *context;
	int result;
};

static int on_read(void *context, const PGresult *row)
{
	struct reading *reading = context;
	struct store_read read = { postgres_key(postgres_integer(row, 0, 0)),
				   (uint64_t)postgres_integer(row, 0, 1) };

	reading->result = reading->function(reading->context, &read);
	return reading->result;
}

/* Sorted by the server.  Of a crawl that numbered no visits those are the oldest, by their time. */
int postgres_each_read(struct store *door,
		       int (*function)(void *context, const struct store_read *read), void *context)
{
	struct reading reading = { function, context, 0 };

	if (postgres_scan(postgres_of(door),
			  "SELECT r.url_id, r.config_hash"
			  " FROM results r JOIN urls u ON u.id = r.url_id"
			  " WHERE r.read_at IS NOT NULL AND u.kind = 0"
			  " ORDER BY r.visit NULLS FIRST,"
			  " CASE WHEN r.visit IS NULL THEN r.fetched_at END NULLS FIRST, r.url_id",
			  NULL, 0, on_read, &reading))
		return -1;
	return reading.result;
}
