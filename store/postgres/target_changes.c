#include "store/postgres/flow.h"
#include "store/postgres/kinds.h"

/* Which rows of a batch change what is known of a URL? */

static struct store_key key_at(const struct store_value values[], int column)
{
	return postgres_key(values[column].kind == STORE_NULL ? 0 : values[column].integer);
}

static int number_at(const struct store_value values[], int column)
{
	return values[column].kind == STORE_NULL ? 0 : (int)values[column].integer;
}

/* As store_put_url() has it: see kinds.h. */
static void note_url(struct postgres_store *store, const struct store_value values[])
{
	const struct store_url url = {
		.host = key_at(values, 1),
		.from = key_at(values, 2),
		.from_where = (enum store_from)number_at(values, 3),
		.root = key_at(values, 4),
		.depth = number_at(values, 5),
		.kind = (enum store_url_kind)number_at(values, 6),
		.lane = number_at(values, 7),
		.rule = number_at(values, 8),
		.set = values[9].kind != STORE_NULL, /* any: which one is read */
		.url = values[10].text,
	};

	postgres_note_target(store, key_at(values, 0), &url);
}

void postgres_note_put(struct postgres_store *store, unsigned kind,
		       const struct store_value values[])
{
	switch (kind) {
	case POSTGRES_ADD_URL:
		note_url(store, values);
		break;
	case POSTGRES_WANT_URL:
	case POSTGRES_PUT_REQUEST:
	case POSTGRES_ADD_RESULT:
	case POSTGRES_REPLACE_RESULT:
	case POSTGRES_KEEP_RESULT:
	case POSTGRES_PUT_PARSE:
	case POSTGRES_STAND:
	case POSTGRES_CLEAR_CONTENT:
	case POSTGRES_WAIT_AGAIN:
	case POSTGRES_FORGET_RESULT:
	case POSTGRES_SET_VERDICT:
		postgres_forget_target(store, key_at(values, 0));
		break;
	case POSTGRES_SET_ROOT: /* and who led to it is read in full, too */
	case POSTGRES_SET_ROOT_SETS:
	case POSTGRES_HAND_ON:
		postgres_forget_targets(store);
		break;
	case POSTGRES_SET_ROBOTS:
		postgres_note_robots(store, key_at(values, 0));
		break;
	default:
		break;
	}
}
