#include "parsers/markup/form_body.h"

#include <stdio.h>

#include "parsers/text/ascii.h"

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
	static const char digits[] = "0123456789ABCDEF";

	if (ascii_is_letter(byte) || ascii_is_digit(byte) || (byte && strchr("*-._", byte))) {
		*at++ = byte;
	} else if (leaves_unicode && (byte & 0x80)) {
		*at++ = byte;
	} else if (byte == ' ') {
		*at++ = '+';
	} else {
		*at++ = '%';
		*at++ = digits[(unsigned char)byte >> 4];
		*at++ = digits[(unsigned char)byte & 15];
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

static bool stands_in(const struct form *form, struct slice text)
{
	for (size_t i = 0; i < form->field_count; i++) {
		struct slice value = form->fields[i].value;

		if (value.size > 0 && memmem(value.at, value.size, text.at, text.size))
			return true;
	}
	return false;
}

/* One that is in no value. */
static void choose_boundary(const struct form *form, char out[BOUNDARY_BYTES_MAX])
{
	unsigned number = 0;

	do {
		snprintf(out, BOUNDARY_BYTES_MAX, "----crawl-form-%08x", number++);
	} while (stands_in(form, slice_of(out)));
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
	char *out = scratch_take(scratch, most), boundary[BOUNDARY_BYTES_MAX];

	if (form->encoding == FORM_MULTIPART) {
		choose_boundary(form, boundary);
		snprintf(body->type, sizeof(body->type), "multipart/form-data; boundary=%s",
			 boundary);
		body->bytes = write_multipart(form, boundary, out);
	} else {
		snprintf(body->type, sizeof(body->type), "application/x-www-form-urlencoded");
		body->bytes = write_urlencoded(form, leaves_unicode, out);
	}
	scratch_shrink(scratch, most, body->bytes.size);
}
