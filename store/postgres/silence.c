#include "store/postgres/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * A host of the URI that takes connections and says nothing (its server is stopped, its disk hangs)
 * is tried after the others next time.  libpq goes on to the next one for a host that refuses, or
 * whose kernel is silent; for this one only where it waits by itself.
 */

static const char *const names[] = { "host", "hostaddr", "port" };
#define HOST 0
#define PORT 2

/* The element of a list "a,b,c": the last, if there are fewer. */
static struct slice element(const char *list, size_t number)
{
	for (; number > 0 && strchr(list, ','); number--)
		list = strchr(list, ',') + 1;
	return (struct slice){ list, strcspn(list, ",") };
}

static size_t count_of(const char *list)
{
	size_t count = 1;

	while ((list = strchr(list, ','))) {
		list++;
		count++;
	}
	return count;
}

static bool is_element(const char *list, size_t number, const char *text)
{
	return list && text && slice_equal(element(list, number), slice_of(text));
}

/* That begins behind so many. */
static char *turn(const char *list, size_t by)
{
	const char *rest = element(list, by).at;
	char *turned;

	if (by >= count_of(list) || by == 0)
		return memory_text(list, strlen(list));
	turned = memory_new(strlen(list) + 1, 1);
	sprintf(turned, "%s,%.*s", rest, (int)(rest - list - 1), list);
	return turned;
}

/* As the URI has them, or as they were turned before; freed by the caller. */
static void read_lists(const struct postgres_store *store, char *lists[POSTGRES_LISTS])
{
	PQconninfoOption *all = PQconninfoParse(store->uri.conninfo, NULL);

	for (size_t i = 0; i < POSTGRES_LISTS; i++) {
		const char *list = store->turned[i];

		for (PQconninfoOption *option = all; !list && option && option->keyword; option++) {
			if (strcmp(option->keyword, names[i]) == 0)
				list = option->val;
		}
		lists[i] = list ? memory_text(list, strlen(list)) : NULL;
	}
	PQconninfoFree(all);
}

/* Which of them is silent; the first, if nobody says. */
static size_t find_silent(char *const lists[POSTGRES_LISTS], size_t count, const PGconn *connection)
{
	for (size_t i = 0; i < count; i++) {
		if ((is_element(lists[HOST], i, PQhost(connection)) ||
		     is_element(lists[HOST + 1], i, PQhostaddr(connection))) &&
		    (!lists[PORT] || element(lists[PORT], i).size == 0 ||
		     is_element(lists[PORT], i, PQport(connection))))
			return i;
	}
	return 0;
}

size_t postgres_note_silence(struct postgres_store *store, const PGconn *connection)
{
	char *lists[POSTGRES_LISTS];
	size_t count = 1, silent;

	read_lists(store, lists);
	for (size_t i = 0; i < PORT; i++) {
		if (lists[i] && count_of(lists[i]) > count)
			count = count_of(lists[i]);
	}
	silent = find_silent(lists, count, connection);
	for (size_t i = 0; i < POSTGRES_LISTS; i++) {
		if (lists[i] && count > 1 && count_of(lists[i]) == count) {
			free(store->turned[i]);
			store->turned[i] = turn(lists[i], silent + 1);
		}
		free(lists[i]);
	}
	return count;
}

void postgres_put_turned(const struct postgres_store *store, struct postgres_words *words)
{
	size_t count = 0;

	while (words->names[count])
		count++;
	for (size_t i = 0; i < POSTGRES_LISTS; i++) {
		if (!store->turned[i])
			continue;
		words->names[count] = names[i];
		words->values[count++] = store->turned[i];
	}
}
