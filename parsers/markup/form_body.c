#include "parsers/markup/form_body.h"

#include <stdio.h>

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"

#define BOUNDARY_MARK      "----crawl-form-"
#define BOUNDARY_DIGITS    8
#define BOUNDARY_BYTES_MAX 48
#define GROWTH_MAX         6  /* of a byte: a line end of one is two, each escaped */
#define FRAME_BYTES        80 /* of a part, besides name and boundary */

static char *put(char *at, struct slice text)
{
	if (text.size > 0)
		memcpy(at, text.at, text.size);
	return at + text.size;
}

/* ---- application/x-www-form-urlencoded ---- */

static char *put_byte(char *at, char byte, bool leaves_unicode)
{
	if (ascii_is_letter(byte) || ascii_is_digit(byte) || (byte && strchr("*-._", byte))) {
		*at++ = byte;
	} else if (leaves_unicode && (byte & 0x80)) {
		*at++ = byte;
	} else if (byte == ' ') {
		*at++ = '+';
	} else {
		at = hex_put_escape(at, byte);
	}
	return at;
}

/* Is the byte at i the first of a line end, "\r\n", "\r" or "\n"?  *bytes: how many it has. */
static bool is_line_end(struct slice text, size_t i, size_t *bytes)
{
	*bytes = 1 + (text.at[i] == '\r' && i + 1 < text.size && text.at[i + 1] == '\n');
	return text.at[i] == '\r' || text.at[i] == '\n';
}

static char *put_escaped(char *at, struct slice text, bool leaves_unicode)
{
	for (size_t i = 0, bytes; i < text.size; i += bytes) {
		if (is_line_end(text, i, &bytes))
			at = put(at, SLICE("%0D%0A"));
		else
			at = put_byte(at, text.at[i], leaves_unicode);
	}
	return at;
}

static struct slice write_urlencoded(const struct form *form, bool leaves_unicode, char *out)
{
	char *at = out;

	for (size_t i = 0; i < form->field_count; i++) {
		if (i > 0)
			*at++ = '&';
		at = put_escaped(at, form->fields[i].name, leaves_unicode);
		*at++ = '=';
		at = put_escaped(at, form->fields[i].value, leaves_unicode);
	}
	return (struct slice){ out, (size_t)(at - out) };
}

/* ---- multipart/form-data ---- */

/* The digits behind a boundary's mark as a number.  Returns false if they are none. */
static bool read_number(struct slice digits, size_t *number)
{
	if (digits.size < BOUNDARY_DIGITS)
		return false;
	*number = 0;
	for (size_t i = 0; i < BOUNDARY_DIGITS; i++) {
		if (hex_value(digits.at[i]) < 0)
			return false;
		*number = *number << 4 | (size_t)hex_value(digits.at[i]);
	}
	return true;
}

/*
 * Take a text up to the number of its next boundary, whose last '-' may be the first one of
 * another.  Returns false if there is none.
 */
static bool next_number(struct slice *text, size_t *number)
{
	const struct slice mark = SLICE(BOUNDARY_MARK);
	const char *at;

	while (text->size > 0 && (at = memmem(text->at, text->size, mark.at, mark.size))) {
		const char *digits = at + mark.size, *end = text->at + text->size;

		*text = (struct slice){ digits - 1, (size_t)(end - digits) + 1 };
		if (read_number((struct slice){ digits, (size_t)(end - digits) }, number))
			return true;
	}
	return false;
}

/* Note which of the first `count` numbers are in values.  Returns how many numbers there are. */
static size_t note_numbers(const struct form *form, bool *are_there, size_t count)
{
	size_t found = 0, number;

	for (size_t i = 0; i < form->field_count; i++) {
		struct slice value = form->fields[i].value;

		for (; next_number(&value, &number); found++)
			if (number < count)
				are_there[number] = true;
	}
	return found;
}

/* One that is in no value: of one number more than stand there, some stands nowhere. */
static void choose_boundary(const struct form *form, struct scratch *scratch,
			    char out[BOUNDARY_BYTES_MAX])
{
	size_t count = note_numbers(form, NULL, 0) + 1, number = 0;
	bool *are_there = scratch_zero(scratch, count, sizeof(*are_there));

	note_numbers(form, are_there, count);
	while (are_there[number])
		number++;
	snprintf(out, BOUNDARY_BYTES_MAX, BOUNDARY_MARK "%0*zx", BOUNDARY_DIGITS, number);
}

/* A name in quotes. */
static char *put_name(char *at, struct slice name)
{
	for (size_t i = 0, bytes; i < name.size; i += bytes) {
		if (is_line_end(name, i, &bytes))
			at = put(at, SLICE("%0D%0A"));
		else if (name.at[i] == '"')
			at = put(at, SLICE("%22"));
		else
			*at++ = name.at[i];
	}
	return at;
}

static char *put_lines(char *at, struct slice text)
{
	for (size_t i = 0, bytes; i < text.size; i += bytes) {
		if (is_line_end(text, i, &bytes))
			at = put(at, SLICE("\r\n"));
		else
			*at++ = text.at[i];
	}
	return at;
}

static struct slice write_multipart(const struct form *form, const char *boundary, char *out)
{
	char *at = out;

	for (size_t i = 0; i < form->field_count; i++) {
		at = put(at, SLICE("--"));
		at = put(at, slice_of(boundary));
		at = put(at, SLICE("\r\nContent-Disposition: form-data; name=\""));
		at = put_name(at, form->fields[i].name);
		at = put(at, SLICE("\"\r\n\r\n"));
		at = put_lines(at, form->fields[i].value);
		at = put(at, SLICE("\r\n"));
	}
	at = put(at, SLICE("--"));
	at = put(at, slice_of(boundary));
	at = put(at, SLICE("--\r\n"));
	return (struct slice){ out, (size_t)(at - out) };
}

/* ---- either ---- */

static size_t bytes_most(const struct form *form)
{
	size_t bytes = BOUNDARY_BYTES_MAX + FRAME_BYTES;

	for (size_t i = 0; i < form->field_count; i++)
		bytes += GROWTH_MAX * (form->fields[i].name.size + form->fields[i].value.size) +
			 BOUNDARY_BYTES_MAX + FRAME_BYTES;
	return bytes;
}

void form_body_write(const struct form *form, bool leaves_unicode, struct scratch *scratch,
		     struct form_body *body)
{
	size_t most = bytes_most(form);
	char boundary[BOUNDARY_BYTES_MAX] = "", *out;

	if (form->encoding == FORM_MULTIPART)
		choose_boundary(form, scratch, boundary);
	out = scratch_take(scratch, most);
	if (form->encoding == FORM_MULTIPART) {
		snprintf(body->type, sizeof(body->type), "multipart/form-data; boundary=%s",
			 boundary);
		body->bytes = write_multipart(form, boundary, out);
	} else {
		snprintf(body->type, sizeof(body->type), "application/x-www-form-urlencoded");
		body->bytes = write_urlencoded(form, leaves_unicode, out);
	}
	scratch_shrink(scratch, most, body->bytes.size);
}
