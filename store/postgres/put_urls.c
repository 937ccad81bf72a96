#include "store/postgres/kinds.h"
#include "store/postgres/writing.h"

/* ---- URLs ---- */

static struct store_value root_of(struct store_key key, const struct store_url *url)
{
	return postgres_of_key(store_key_is_none(url->root) ? key : url->root);
}

/* The caller's number of a set is this process's own. */
static struct store_value set_of(struct store *store, uint32_t number)
{
	return postgres_of_number(postgres_set_id(postgres_of(store), number));
}

int postgres_put_url(struct store *store, struct store_key key, const struct store_url *url)
{
	return postgres_write(store, POSTGRES_ADD_URL,
			      (struct store_value[]){
				      postgres_of_key(key), postgres_of_key(url->host),
				      postgres_of_key(url->from),
				      postgres_of_number(url->from_where), root_of(key, url),
				      postgres_of_integer(url->depth),
				      postgres_of_integer(url->kind),
				      postgres_of_integer(url->lane), postgres_of_number(url->rule),
				      set_of(store, url->set), postgres_of_text(url->url) });
}

int postgres_put_wanted(struct store *store, struct store_key key, const struct store_url *url)
{
	return postgres_write(
		store, POSTGRES_WANT_URL,
		(struct store_value[]){ postgres_of_key(key), postgres_of_key(url->from),
					postgres_of_number(url->from_where), root_of(key, url),
					postgres_of_integer(url->depth),
					postgres_of_integer(url->kind),
					postgres_of_integer(url->lane),
					postgres_of_number(url->rule), set_of(store, url->set) });
}

int postgres_put_root(struct store *store, struct store_key key, const struct store_url *url,
		      bool is_asked_for)
{
	return postgres_write(store, POSTGRES_SET_ROOT,
			      (struct store_value[]){
				      postgres_of_key(key), postgres_of_key(url->from),
				      postgres_of_number(url->from_where), root_of(key, url),
				      postgres_of_integer(url->depth),
				      postgres_of_integer(url->lane), postgres_of_number(url->rule),
				      postgres_of_integer(is_asked_for) });
}

/* ---- rejected lines ---- */

int postgres_clear_rejects(struct store *store, const char *list)
{
	return postgres_write(store, POSTGRES_CLEAR_REJECTS,
			      (struct store_value[]){ postgres_of_string(list) });
}

int postgres_put_reject(struct store *store, const char *list, uint64_t line, struct slice text,
			const char *reason)
{
	return postgres_write(store, POSTGRES_ADD_REJECT,
			      (struct store_value[]){
				      postgres_of_string(list), postgres_of_integer((int64_t)line),
				      postgres_of_text(text), postgres_of_string(reason) });
}
