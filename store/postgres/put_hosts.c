#include "store/postgres/kinds.h"
#include "store/postgres/node.h"

#define INTEGER(number) postgres_of_integer((int64_t)(number))

int postgres_put_host(struct store *store, struct store_key key, struct slice origin)
{
	return postgres_write(
		store, POSTGRES_ADD_HOST,
		(struct store_value[]){ postgres_of_key(key), postgres_of_text(origin) });
}

int postgres_put_robots(struct store *store, struct store_key host, const char *state,
			struct slice robots, int64_t at_ms)
{
	return postgres_write(
		store, POSTGRES_SET_ROBOTS,
		(struct store_value[]){ postgres_of_key(host), postgres_of_string(state),
					postgres_of_bytes(robots),
					INTEGER(postgres_date(postgres_of(store), at_ms)) });
}

int postgres_put_hold(struct store *store, struct store_key host, struct slice origin,
		      int64_t until_ms)
{
	(void)host;
	return postgres_write(store, POSTGRES_SET_HOLD,
			      (struct store_value[]){
				      postgres_of_text(origin),
				      INTEGER(postgres_hold_date(postgres_of(store), until_ms)) });
}

int postgres_put_wait(struct store *store, struct store_key host, int64_t until_ms, const char *why)
{
	char until[POSTGRES_TIME_SIZE];

	postgres_time_text(postgres_date(postgres_of(store), until_ms), until);
	return postgres_write(store, POSTGRES_SET_WAIT,
			      (struct store_value[]){ postgres_of_key(host),
						      postgres_of_string(until),
						      postgres_of_string(why) });
}

int postgres_put_address(struct store *store, struct store_key host, struct slice address)
{
	return postgres_write(
		store, POSTGRES_SET_ADDRESS,
		(struct store_value[]){ postgres_of_key(host), postgres_of_text(address) });
}
