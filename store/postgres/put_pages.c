#include "store/postgres/kinds.h"
#include "store/postgres/writing.h"

#include <time.h>

/*
 * A page is two rows: its result, and its body where one is kept.  Whether it was read before is
 * the caller's word: what an earlier visit left is looked for only then, and by the statements of
 * the batch.
 */

#define BODY_BYTES_MAX ((size_t)256 << 20) /* what is larger is not kept: it stands in memory */
#define RESULT_VALUES  26

/* ---- visits ---- */

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/*
 * The server's time in us, as it was when this node joined and has gone on here since: it grows
 * with every page of a node, and from one run to the next, and of pages of two nodes the one that
 * was written later has the higher one, as far as their clocks keep pace.
 */
static int64_t next_visit(struct postgres_store *store)
{
	const struct postgres_writing *writing = postgres_writing(store);
	int64_t now = writing->visit_base > 0 ? writing->visit_base + clock_us(CLOCK_BOOTTIME) -
							writing->visit_since_us
					      : clock_us(CLOCK_REALTIME);

	store->visit = now > store->visit ? now : store->visit + 1;
	return store->visit;
}

/*
 * A run ends with visits that may be ahead of the clock: what comes later goes on from there as
 * time does, so that it comes behind all that a run wrote which was killed, too.
 */
int postgres_begin_visits(struct postgres_store *store)
{
	struct postgres_writing *writing = postgres_writing(store);

	writing->visit_since_us = clock_us(CLOCK_BOOTTIME);
	return postgres_number(
		store,
		"SELECT greatest((extract(epoch FROM now.at) * 1000000)::bigint,"
		" (SELECT coalesce(max(p.visits + greatest(0, coalesce("
		"   extract(epoch FROM now.at - r.ended_at::timestamptz), 0)"
		"   * 1000000)::bigint), 0) + 1"
		"  FROM crawl_passes p LEFT JOIN runs r ON r.id = p.run_id"
		"  WHERE p.visits IS NOT NULL)) FROM (SELECT clock_timestamp() AS at)"
		" now",
		NULL, 0, &writing->visit_base);
}

/* ---- results ---- */

/* What became of it: the same in every kind of result. */
static void set_outcome(struct postgres_store *store, const struct store_page *page,
			struct store_value values[RESULT_VALUES])
{
	values[0] = postgres_of_key(store->page);
	values[1] = postgres_of_integer(page->state);
	values[2] = postgres_of_integer(store->pass);
	values[3] = postgres_of_integer(next_visit(store));
	values[4] = postgres_of_string(page->outcome);
	values[5] = postgres_of_number(page->status);
	values[6] = postgres_of_text(page->final_url);
	values[7] = postgres_of_integer(page->tries);
	values[8] = postgres_of_text(page->error);
	values[9] = postgres_of_number(page->is_moved);
	values[10] = postgres_of_text(page->redirects);
}

/* What was fetched, and when; at is that as a text. */
static void set_content(const struct postgres_store *store, const struct store_page *page,
			const char *at, struct store_value values[RESULT_VALUES])
{
	values[11] = postgres_of_text(page->title);
	values[12] = postgres_of_text(page->content_type);
	values[13] = postgres_of_text(page->charset);
	values[14] = postgres_of_text(page->charset_source);
	if (page->fetched_at_ms != 0) {
		values[15] = postgres_of_integer(page->size);
		values[16] = postgres_of_integer(page->wire_size);
		values[17] = postgres_of_integer(page->elapsed_us);
		values[18] = postgres_of_string(at);
		values[19] = postgres_of_string(store_page_is_read(page) ? at : NULL);
	}
	values[20] = postgres_of_text(page->etag);
	values[21] = postgres_of_text(page->last_modified);
	values[22] = postgres_of_number((int64_t)page->hash);
	values[23] = postgres_of_integer(store->config_hash);
	values[24] = postgres_of_text(page->unmatched);
	values[25] = postgres_of_text(page->counts);
}

static int put_result(struct postgres_store *store, const struct store_page *page)
{
	struct store_value values[RESULT_VALUES] = { { .kind = STORE_NULL } };
	char at[POSTGRES_TIME_SIZE];
	unsigned kind = POSTGRES_ADD_RESULT;

	if (store->is_again)
		kind = page->keeps_content ? POSTGRES_KEEP_RESULT : POSTGRES_REPLACE_RESULT;
	postgres_time_text(postgres_date(store, page->fetched_at_ms), at);
	set_outcome(store, page, values);
	set_content(store, page, at, values);
	return postgres_write(&store->base, kind, values);
}

/* A first visit leaves none to be taken away. */
static int put_body(struct postgres_store *store, const struct store_page *page)
{
	bool is_kept = page->body.at && page->body.size <= BODY_BYTES_MAX;
	struct store_value body = { .kind = STORE_NULL };

	if (!is_kept && (!store->is_again || page->keeps_content))
		return 0;
	if (is_kept)
		body = postgres_of_bytes(page->body);
	return postgres_write(&store->base, POSTGRES_PUT_BODY,
			      (struct store_value[]){ postgres_of_key(store->page),
						      postgres_of_integer(page->body_is_text),
						      body });
}

/* ---- a page ---- */

static void note_closed(struct postgres_store *store, struct store_key key)
{
	struct postgres_writing *writing = postgres_writing(store);

	if (!writing->closed_pages)
		writing->closed_pages = changed_new();
	changed_put(writing->closed_pages, store_key_id(key), postgres_pipe_closed(store->pipe) + 1,
		    postgres_pipe_closed(store->pipe));
}

void postgres_put_behind(struct postgres_store *store, struct store_key key)
{
	const struct changed *closed = postgres_writing(store)->closed_pages;

	if (store->pipe && closed &&
	    changed_by(closed, store_key_id(key)) == postgres_pipe_closed(store->pipe) + 1)
		postgres_batch_begin_segment(postgres_pipe_open_batch(store->pipe));
}

int postgres_page_open(struct store *door, struct store_key key, bool is_again)
{
	struct postgres_store *store = postgres_of(door);

	if (door->has_failed || postgres_begin(store))
		return -1;
	if (store_key_is_none(key))
		return store_fail(door, STORE_CURE_NONE, "%s knows no URL 0", store->uri.shown);
	postgres_put_behind(store, key);
	store->page = key;
	store->is_again = is_again;
	door->refusal[0] = '\0';
	postgres_writing(store)->has_told_refusal = false;
	postgres_writing(store)->opened =
		postgres_batch_mark(postgres_pipe_open_batch(store->pipe));
	return is_again ? postgres_begin_clearing(store, NULL, 0) : 0;
}

/* Said once: the page that is closed again has no such row. */
static bool tells_refusal(struct postgres_store *store)
{
	struct postgres_writing *writing = postgres_writing(store);
	bool is_new = store->base.refusal[0] != '\0' && !writing->has_told_refusal;

	writing->has_told_refusal |= is_new;
	return is_new;
}

void postgres_drop_left(struct postgres_store *store)
{
	struct postgres_writing *writing = postgres_writing(store);

	postgres_batch_free(writing->left);
	writing->left = NULL;
}

static void put_left_by(struct postgres_store *store)
{
	struct postgres_writing *writing = postgres_writing(store);
	size_t moved;

	if (writing->left && store_key_id(writing->left_page) != store_key_id(store->page))
		postgres_drop_left(store);
	if (!writing->left)
		writing->left = postgres_batch_new();
	writing->left_page = store->page;
	moved = postgres_batch_move(postgres_pipe_open_batch(store->pipe), writing->opened,
				    store_key_id(store->page), writing->left);
	postgres_pipe_count(store->pipe, 0, -(int64_t)moved);
}

static void take_what_was_left(struct postgres_store *store)
{
	struct postgres_writing *writing = postgres_writing(store);
	size_t moved;

	if (!writing->left || store_key_id(writing->left_page) != store_key_id(store->page))
		return;
	moved = postgres_batch_move(writing->left, 0, store_key_id(store->page),
				    postgres_pipe_open_batch(store->pipe));
	postgres_pipe_count(store->pipe, 0, (int64_t)moved);
	postgres_drop_left(store);
}

int postgres_page_leave(struct store *door)
{
	struct postgres_store *store = postgres_of(door);

	if (store_key_is_none(store->page) || store->is_again)
		return store_fail(door, STORE_CURE_NONE,
				  "a page of %s was left that was not open, or was read before",
				  store->uri.shown);
	put_left_by(store);
	store->page = (struct store_key){ 0, 0 };
	if (door->has_failed)
		return -1;
	return tells_refusal(store) ? 1 : 0;
}

int postgres_page(struct store *door, const struct store_page *page)
{
	struct postgres_store *store = postgres_of(door);

	if (store_key_is_none(store->page))
		return store_fail(door, STORE_CURE_NONE,
				  "a page of %s was closed before it was opened", store->uri.shown);
	if (tells_refusal(store))
		return 1;
	take_what_was_left(store);
	if (put_result(store, page) || put_body(store, page))
		return -1;
	postgres_end_clearing(store, page->keeps_content);
	postgres_pipe_count(store->pipe, 1, 0);
	note_closed(store, store->page);
	store->page = (struct store_key){ 0, 0 };
	store->run_pages++;
	return 0;
}

/* ---- what results turn out to be ---- */

int postgres_put_standing(struct store *door, struct store_key key)
{
	return postgres_write(
		door, POSTGRES_STAND,
		(struct store_value[]){ postgres_of_key(key),
					postgres_of_integer(postgres_of(door)->pass) });
}

int postgres_put_waiting(struct store *door, struct store_key key, bool is_again)
{
	return postgres_write(door, is_again ? POSTGRES_WAIT_AGAIN : POSTGRES_FORGET_RESULT,
			      (struct store_value[]){ postgres_of_key(key) });
}

int postgres_put_verdict(struct store *door, struct store_key key,
			 const struct store_verdict *verdict)
{
	return postgres_write(door, POSTGRES_SET_VERDICT,
			      (struct store_value[]){ postgres_of_key(key),
						      postgres_of_integer(verdict->state),
						      postgres_of_string(verdict->outcome),
						      postgres_of_text(verdict->error),
						      postgres_of_number(verdict->status) });
}

int postgres_clear_content(struct store *door, struct store_key key)
{
	struct postgres_store *store = postgres_of(door);
	int result;

	if (postgres_write(door, POSTGRES_CLEAR_CONTENT,
			   (struct store_value[]){ postgres_of_key(key) }) ||
	    postgres_write(door, POSTGRES_PUT_BODY,
			   (struct store_value[]){ postgres_of_key(key),
						   postgres_of_integer(0),
						   { .kind = STORE_NULL } }))
		return -1;
	store->page = key;
	result = postgres_begin_clearing(store, NULL, 0);
	postgres_end_clearing(store, false);
	if (result == 0)
		note_closed(store, store->page);
	store->page = (struct store_key){ 0, 0 };
	return result;
}

int postgres_put_try(struct store *door, const struct store_try *try)
{
	char at[POSTGRES_TIME_SIZE];

	postgres_time_text(postgres_date(postgres_of(door), try->at_ms), at);
	return postgres_write(door, POSTGRES_ADD_TRY,
			      (struct store_value[]){
				      postgres_of_key(try->key), postgres_of_integer(try->number),
				      postgres_of_string(at), postgres_of_string(try->outcome),
				      postgres_of_number(try->status), postgres_of_text(try->error),
				      postgres_of_integer(try->wait_ms) });
}

/* ---- a page that is parsed again ---- */

int postgres_clear_rows(struct store *door, struct store_key key, const int tables[], size_t count)
{
	if (postgres_page_open(door, key, false))
		return -1;
	return postgres_begin_clearing(postgres_of(door), count ? tables : (const int[]){ 0 },
				       count);
}

int postgres_put_parse(struct store *door, const struct store_parse *parse)
{
	struct postgres_store *store = postgres_of(door);
	int result = postgres_write(
		door, POSTGRES_PUT_PARSE,
		(struct store_value[]){
			postgres_of_key(store->page),
			postgres_of_integer((int64_t)parse->config_hash),
			postgres_of_text(parse->unmatched), postgres_of_text(parse->notes),
			postgres_of_integer(parse->is_limited), postgres_of_text(parse->counts) });

	postgres_end_clearing(store, false);
	if (result == 0)
		note_closed(store, store->page);
	store->page = (struct store_key){ 0, 0 };
	return result;
}
