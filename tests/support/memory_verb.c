#include "tests/support/memory_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_BYTES 16384

static unsigned complaint_count;
static char complaint_lines[LINES_BYTES];

/* ---- complaints ---- */

void memory_complain(const char *format, ...)
{
	size_t used = strlen(complaint_lines);
	va_list arguments;

	complaint_count++;
	va_start(arguments, format);
	vsnprintf(complaint_lines + used, LINES_BYTES - used, format, arguments);
	va_end(arguments);
	used = strlen(complaint_lines);
	snprintf(complaint_lines + used, LINES_BYTES - used, "\n");
}

void memory_forget_complaints(void)
{
	complaint_count = 0;
	complaint_lines[0] = '\0';
}

unsigned memory_store_complaints(void)
{
	return complaint_count;
}

const char *memory_store_complaint_lines(void)
{
	return complaint_lines;
}

int memory_refuse(struct memory_store *store, const char *what, struct store_key key)
{
	memory_complain("%s (%u:%u)", what, key.share, key.number);
	return store_fail(&store->base, STORE_CURE_NONE, "memory://%s: %s (%u:%u)",
			  store->crawl->name, what, key.share, key.number);
}

/* ---- bytes ---- */

void *memory_take(struct bytes **list, size_t size)
{
	struct bytes *bytes = malloc(sizeof(*bytes) + size);

	if (!bytes)
		abort();
	bytes->next = *list;
	*list = bytes;
	return bytes->at;
}

void memory_give_back(struct bytes **list)
{
	struct bytes *next;

	for (struct bytes *bytes = *list; bytes; bytes = next) {
		next = bytes->next;
		free(bytes);
	}
	*list = NULL;
}

static struct slice copy_text(struct bytes **list, struct slice text)
{
	char *copy;

	if (!text.at)
		return text;
	copy = memory_take(list, text.size + 1);
	memcpy(copy, text.at, text.size);
	copy[text.size] = '\0';
	return (struct slice){ copy, text.size };
}

struct slice memory_keep(struct memory_store *store, struct slice text)
{
	return copy_text(&store->crawl->texts, text);
}

const char *memory_keep_string(struct memory_store *store, const char *string)
{
	return string ? memory_keep(store, slice_of(string)).at : NULL;
}

struct slice memory_lend(struct memory_store *store, struct slice text)
{
	return copy_text(&store->lent, text);
}

/* ---- every verb begins with one of these ---- */

int memory_begin_reading(struct memory_store *store)
{
	memory_give_back(&store->lent);
	return store->base.has_failed ? -1 : 0;
}

int memory_begin_writing(struct memory_store *store)
{
	if (memory_begin_reading(store))
		return -1;
	if (store->is_reader)
		return memory_refuse(store, "written by a reader", (struct store_key){ 0 });
	if (store->fails_after > 0 && --store->fails_after == 0)
		return store_fail(&store->base, STORE_CURE_NONE, "memory://%s: it failed, as asked",
				  store->crawl->name);
	store->uncommitted++;
	return 0;
}

bool memory_is_lost(const struct memory_store *store, uint32_t share)
{
	for (size_t i = 0; i < store->lost_count; i++)
		if (store->lost[i] == share)
			return true;
	return false;
}

/* Is what is written for this share refused? */
static bool is_refused(struct memory_store *store, struct store_key key)
{
	if (!memory_is_lost(store, key.share) && !(store->node && memory_node_is_fenced(store)))
		return false;
	store->refused++;
	return true;
}

/* To write into what has this key: *result is 1 with it, 0 if it is refused, or -1. */
static void *find_to_write(struct memory_store *store, enum memory_lists which,
			   struct store_key key, const char *unknown, int *result)
{
	void *item;

	*result = memory_begin_writing(store);
	if (*result || is_refused(store, key))
		return NULL;
	item = memory_find(memory_list_of(store, which), key, NULL);
	if (!item && store->node && !memory_has_share(&store->base, key.share))
		return NULL; /* it was never committed, and is another's */
	*result = item ? 1 : memory_refuse(store, unknown, key);
	if (item && store->node)
		memory_node_touch(store, which, key);
	return item;
}

int memory_host_to_write(struct memory_store *store, struct store_key key,
			 struct memory_host **host)
{
	int result;

	*host = find_to_write(store, MEMORY_HOSTS, key, "a host that was never put", &result);
	return result;
}

int memory_url_to_write(struct memory_store *store, struct store_key key, struct memory_url **url)
{
	int result;

	*url = find_to_write(store, MEMORY_URLS, key, "a URL that was never put", &result);
	return result;
}

void *memory_put_next(struct memory_store *store, enum memory_lists which, struct store_key key,
		      int *result)
{
	struct memory_list *list = memory_list_of(store, which);
	struct store_key *item;
	size_t place = 0;

	*result = memory_begin_writing(store);
	if (*result || is_refused(store, key))
		return NULL;
	if (key.number == 0 || memory_find(list, key, &place)) {
		*result = memory_refuse(store, "a number that another has", key);
		return NULL;
	}
	if (store->node && !memory_has_share(&store->base, key.share))
		memory_complain("put into a share of another (%u:%u)", key.share, key.number);
	if (key.share >= store_get_share_count(&store->base))
		memory_complain("a share that there is not: %u:%u", key.share, key.number);
	if (key.number != memory_last_number(list, key.share) + 1)
		memory_complain("a number that is not the next: %u:%u behind %u", key.share,
				key.number, memory_last_number(list, key.share));
	item = memory_insert(list, place);
	*item = key; /* they begin with it */
	if (store->node)
		memory_node_touch(store, which, key);
	return item;
}
