#include "store/postgres/cookies.h"

const char postgres_cookies_sql[] =
	"SELECT domain, path, name, value, is_secure, is_http_only, expires, file_hash"
	" FROM crawl_cookies ORDER BY id";

struct store_cookie postgres_cookie_of(const PGresult *result, int row)
{
	return (struct store_cookie){
		.domain = postgres_text(result, row, 0),
		.path = postgres_text(result, row, 1),
		.name = postgres_text(result, row, 2),
		.value = postgres_value(result, row, 3).text,
		.is_secure = postgres_integer(result, row, 4) != 0,
		.is_http_only = postgres_integer(result, row, 5) != 0,
		.expires_s = postgres_integer(result, row, 6),
		.file_hash = (uint64_t)postgres_integer(result, row, 7),
	};
}

struct each {
	int (*function)(void *context, const struct store_cookie *cookie);
	void *context;
};

static int hand_out(void *context, const PGresult *result)
{
	const struct each *each = context;
	struct store_cookie cookie = postgres_cookie_of(result, 0);

	return each->function(each->context, &cookie);
}

int postgres_each_cookie(struct store *door,
			 int (*function)(void *context, const struct store_cookie *cookie),
			 void *context)
{
	struct each each = { function, context };

	return postgres_scan(postgres_of(door), postgres_cookies_sql, NULL, 0, hand_out, &each);
}
