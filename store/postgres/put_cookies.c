#include "store/postgres/kinds.h"
#include "store/postgres/writing.h"

#include <stdlib.h>

/* There are no files of ours to hide: who may read what is for the server to say. */
int postgres_hide(struct store *store)
{
	return store->has_failed ? -1 : 0;
}

static int put(struct store *store, const struct store_cookie *cookie, struct store_value value)
{
	return postgres_write(
		store, POSTGRES_PUT_COOKIE,
		(struct store_value[]){ postgres_of_text(cookie->domain),
					postgres_of_text(cookie->path),
					postgres_of_text(cookie->name), value,
					postgres_of_integer(cookie->is_secure),
					postgres_of_integer(cookie->is_http_only),
					postgres_of_number(cookie->expires_s),
					postgres_of_number((int64_t)cookie->file_hash) });
}

int postgres_put_cookie(struct store *store, const struct store_cookie *cookie)
{
	struct slice value = { cookie->value.size > 0 ? cookie->value.at : "", cookie->value.size };

	return put(store, cookie, postgres_of_bytes(value));
}

int postgres_clear_cookie(struct store *store, const struct store_cookie *cookie)
{
	return put(store, cookie, (struct store_value){ .kind = STORE_NULL });
}

/* What was deleted is in the table's file until that is written anew: if we may. */
static void rewrite(struct postgres_store *store)
{
	PQclear(PQexec(store->ask, "VACUUM (FULL) crawl_cookies"));
}

int postgres_clear_cookies(struct store *door, struct slice host, uint64_t *count)
{
	static const char sql[] =
		"DELETE FROM crawl_cookies WHERE $1::text IS NULL OR lower(domain) = lower($1)"
		" OR right(lower(domain), length($1) + 1) = '.' || lower($1)";
	struct postgres_store *store = postgres_of(door);
	struct store_value of = postgres_of_text(host);
	PGresult *result;

	*count = 0;
	if (door->has_failed || postgres_begin(store) || postgres_settle_all(store))
		return -1;
	result = postgres_ask(store, sql, &of, 1);
	if (!result)
		return -1;
	*count = strtoull(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	rewrite(store);
	return 0;
}
