#include "store/postgres/kinds.h"
#include "store/postgres/writing.h"

/* How URLs are asked, of those that are no plain GET; most crawls have none, and say nothing. */

int postgres_put_request(struct store *door, struct store_key key,
			 const struct store_request *request)
{
	struct postgres_store *store = postgres_of(door);
	struct store_value values[4] = { postgres_of_key(key) };

	if (!request && !store->has_requests)
		return 0;
	if (request) {
		values[1] = postgres_of_text(request->method);
		if (request->headers.size > 0)
			values[2] = postgres_of_text(request->headers);
		if (request->body.size > 0)
			values[3] = postgres_of_bytes(request->body);
		store->has_requests = true;
	}
	postgres_put_behind(store, key);
	return postgres_write(door, POSTGRES_PUT_REQUEST, values);
}

int postgres_hand_on_headers(struct store *door)
{
	if (!postgres_of(door)->has_requests)
		return 0;
	return postgres_write(door, POSTGRES_HAND_ON,
			      (struct store_value[]){ postgres_of_integer(1) });
}
