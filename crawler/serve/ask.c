#include "serve/ask.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "protocol/outcome.h"
#include "show/plain.h"

#define SHOWN_MAX 60 /* bytes of a value that is wrong */

static const char *const states[ASK_STATES] = { "pending", "done", "failed", "skipped" };

const char *ask_state(enum store_state state)
{
	return states[state];
}

/* ---- reading ---- */

struct parameter {
	const char *name;
	int (*read)(struct ask *ask, const struct parameter *parameter, const char *value);
	size_t offset; /* of the text in struct ask */
	size_t bytes_max;
	const char *wanted; /* what would be right */
};

static int read_text(struct ask *ask, const struct parameter *parameter, const char *value)
{
	if (strlen(value) > parameter->bytes_max)
		return -1;
	*(const char **)((char *)ask + parameter->offset) = value;
	return 0;
}

/* Digits alone: neither sign nor space. */
static int read_number(const char *value, int64_t max, int64_t *number)
{
	long long read;
	char *end;

	if (!ascii_is_digit(value[0]))
		return -1;
	errno = 0;
	read = strtoll(value, &end, 10);
	if (errno != 0 || *end != '\0' || read > max)
		return -1;
	*number = read;
	return 0;
}

static int read_state(struct ask *ask, const struct parameter *parameter, const char *value)
{
	(void)parameter;
	for (size_t i = 0; i < ASK_STATES; i++) {
		if (strcmp(states[i], value) == 0) {
			ask->has_state = true;
			ask->state = (enum store_state)i;
			return 0;
		}
	}
	return -1;
}

static int read_outcome(struct ask *ask, const struct parameter *parameter, const char *value)
{
	(void)parameter;
	if (outcome_find(slice_of(value)) == OUTCOME_COUNT)
		return -1;
	ask->outcome = value;
	return 0;
}

static int read_status(struct ask *ask, const struct parameter *parameter, const char *value)
{
	int64_t status;

	(void)parameter;
	if (read_number(value, 999, &status) < 0)
		return -1;
	ask->has_status = true;
	ask->status = (unsigned)status;
	return 0;
}

static int read_place(struct ask *ask, const struct parameter *parameter, const char *value)
{
	(void)parameter;
	return read_number(value, INT64_MAX, &ask->after);
}

static int read_key(struct ask *ask, const struct parameter *parameter, const char *value)
{
	int64_t number;

	if (read_number(value, INT64_MAX, &number) < 0 || number == 0)
		return -1;
	*(uint64_t *)((char *)ask + parameter->offset) = (uint64_t)number;
	return 0;
}

static int read_format(struct ask *ask, const struct parameter *parameter, const char *value)
{
	(void)parameter;
	ask->is_csv = strcmp(value, "csv") == 0;
	return ask->is_csv || strcmp(value, "html") == 0 ? 0 : -1;
}

static int read_order(struct ask *ask, const struct parameter *parameter, const char *value)
{
	(void)parameter;
	if (strcmp(value, "newest") == 0)
		return 0;
	ask->is_oldest_first = strcmp(value, "oldest") == 0 || strncmp(value, "up:", 3) == 0;
	if (strncmp(value, "up:", 3) == 0)
		ask->order_by = value + 3;
	else if (strncmp(value, "down:", 5) == 0)
		ask->order_by = value + 5;
	if (ask->order_by)
		return ask->order_by[0] != '\0' ? 0 : -1;
	return ask->is_oldest_first ? 0 : -1;
}

#define TEXT(field) read_text, offsetof(struct ask, field), ASK_TEXT_MAX, "at most 200 bytes"
#define KEY(field)  read_key, offsetof(struct ask, field), 0, "a number of a URL, from 1"

static const struct parameter parameters[] = {
	{ "q", TEXT(q) },
	{ "host", TEXT(host) },
	{ "pattern", TEXT(pattern) },
	{ "url", read_text, offsetof(struct ask, url), ASK_URL_MAX, "at most 8192 bytes" },
	{ "state", read_state, 0, 0, "one of pending, done, failed, skipped" },
	{ "outcome", read_outcome, 0, 0, "one of ok, http_error, timeout, ...: man crawl" },
	{ "status", read_status, 0, 0, "a number up to 999; 0 is none" },
	{ "order", read_order, 0, 0, "one of newest, oldest, up:FIELD, down:FIELD" },
	{ "after", read_place, 0, 0, "a place of the list, as its links have it" },
	{ "id", KEY(id) },
	{ "page", KEY(page) },
	{ "format", read_format, 0, 0, "csv or html" },
};

static int complain(char error[ASK_ERROR_MAX], const char *name, const char *value,
		    const char *wanted)
{
	char shown[SHOWN_MAX + 1], shown_name[SHOWN_MAX + 1];

	snprintf(shown, sizeof(shown), "%s", value);
	snprintf(shown_name, sizeof(shown_name), "%s", name);
	plain_make(shown, strlen(shown));
	plain_make(shown_name, strlen(shown_name));
	for (char *at = shown; *at; at++)
		*at = ascii_is_white(*at) ? ' ' : *at;
	snprintf(error, ASK_ERROR_MAX, "%s=%s: this must be %s\n", shown_name, shown, wanted);
	return -1;
}

int ask_read(struct ask *ask, ask_get *get, const void *context, char error[ASK_ERROR_MAX])
{
	*ask = (struct ask){ .q = NULL };
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		const struct parameter *parameter = &parameters[i];
		const char *value = get(context, parameter->name);

		if (value && value[0] && parameter->read(ask, parameter, value) < 0)
			return complain(error, parameter->name, value, parameter->wanted);
	}
	return 0;
}

static int add_field(struct ask *ask, const char *name, const char *text, char error[ASK_ERROR_MAX])
{
	if (text && strlen(text) > ASK_TEXT_MAX)
		return complain(error, name, text, "at most 200 bytes");
	if (ask->field_count == ASK_FIELDS_MAX)
		return complain(error, name, text ? text : "", "one of 16 fields, not more");
	ask->fields[ask->field_count++] = (struct store_field_filter){
		.field = name,
		.text = text ? slice_of(text) : (struct slice){ NULL, 0 },
	};
	return 0;
}

int ask_read_fields(struct ask *ask, ask_get *get, const void *context, const char *const names[],
		    size_t count, char error[ASK_ERROR_MAX])
{
	const char *empty = get(context, "empty");
	bool is_ordered = !ask->order_by;

	for (size_t i = 0; i < count; i++) {
		char parameter[ASK_TEXT_MAX + 3];
		const char *value;

		if (snprintf(parameter, sizeof(parameter), "f.%s", names[i]) >=
		    (int)sizeof(parameter))
			continue;
		value = get(context, parameter);
		if (value && value[0] && add_field(ask, names[i], value, error) < 0)
			return -1;
		if (empty && strcmp(empty, names[i]) == 0 &&
		    add_field(ask, names[i], NULL, error) < 0)
			return -1;
		is_ordered |= ask->order_by && strcmp(ask->order_by, names[i]) == 0;
	}
	return is_ordered ? 0 : complain(error, "order", ask->order_by, "by a field of the rows");
}

/* ---- writing ---- */

/* Between two parameters, or before the first. */
static void begin(struct html *html, bool *has_any)
{
	html_own(html, *has_any ? SLICE("&amp;") : SLICE("?"));
	*has_any = true;
}

static void put(struct html *html, bool *has_any, const char *name, const char *value)
{
	if (!value)
		return;
	begin(html, has_any);
	html_words(html, name);
	html_markup(html, "=");
	html_part(html, slice_of(value));
}

static void put_number(struct html *html, bool *has_any, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	put(html, has_any, name, text);
}

static void put_order(struct html *html, bool *has_any, const struct ask *ask)
{
	if (ask->order_by) {
		put(html, has_any, "order", ask->is_oldest_first ? "up:" : "down:");
		html_part(html, slice_of(ask->order_by));
	} else if (ask->is_oldest_first) {
		put(html, has_any, "order", "oldest");
	}
}

static void put_field(struct html *html, bool *has_any, const struct store_field_filter *field)
{
	if (!field->text.at) {
		put(html, has_any, "empty", field->field);
		return;
	}
	begin(html, has_any);
	html_markup(html, "f.");
	html_part(html, slice_of(field->field));
	html_markup(html, "=");
	html_part(html, field->text);
}

void ask_write(struct html *html, const struct ask *ask)
{
	bool has_any = false;

	put(html, &has_any, "q", ask->q);
	put(html, &has_any, "state", ask->has_state ? states[ask->state] : NULL);
	put(html, &has_any, "outcome", ask->outcome);
	if (ask->has_status)
		put_number(html, &has_any, "status", ask->status);
	put(html, &has_any, "host", ask->host);
	put(html, &has_any, "pattern", ask->pattern);
	for (size_t i = 0; i < ask->field_count; i++)
		put_field(html, &has_any, &ask->fields[i]);
	if (ask->page)
		put_number(html, &has_any, "page", ask->page);
	put_order(html, &has_any, ask);
	if (ask->after)
		put_number(html, &has_any, "after", ask->after);
	put(html, &has_any, "format", ask->is_csv ? "csv" : NULL);
}
