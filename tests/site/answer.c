#include "answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 410, "Gone" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unnamed";
}

/* ---- the life of an answer ---- */

void answer_init(struct answer *answer)
{
	*answer = (struct answer){ .file = -1 };
}

void answer_clear(struct answer *answer)
{
	struct buffer head = answer->head, body = answer->body;

	if (answer->file >= 0)
		close(answer->file);
	buffer_clear(&head);
	buffer_clear(&body);
	*answer = (struct answer){ .head = head, .body = body, .file = -1 };
}

void answer_free(struct answer *answer)
{
	answer_clear(answer);
	buffer_free(&answer->head);
	buffer_free(&answer->body);
}

/* ---- what routes say ---- */

void answer_begin(struct answer *answer, int status, const char *type)
{
	answer_clear(answer);
	answer->status = status;
	buffer_text(&answer->head, "HTTP/1.1 ");
	buffer_number(&answer->head, (unsigned long)status);
	buffer_text(&answer->head, " ");
	buffer_text(&answer->head, reason_of(status));
	buffer_text(&answer->head, "\r\n");
	if (type)
		answer_header(answer, "Content-Type: %s", type);
}

void answer_raw(struct answer *answer, int status, enum answer_end end)
{
	answer_clear(answer);
	answer->status = status;
	answer->end = end;
	answer->is_raw = true;
}

void answer_withdraw(struct answer *answer)
{
	int status = answer->status;

	answer_raw(answer, status, ANSWER_KEEP);
}

void answer_header(struct answer *answer, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	buffer_text(&answer->head, line);
	buffer_text(&answer->head, "\r\n");
}

bool answer_is_header_safe(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		if ((unsigned char)text.at[i] < ' ')
			return false;
	}
	return true;
}

void answer_page(struct answer *answer, int status, const char *title)
{
	answer_begin(answer, status, "text/html; charset=utf-8");
	buffer_printf(&answer->body,
		      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		      "<title>%s</title></head>\n<body><h1>%s</h1></body></html>\n",
		      title, title);
}

void answer_redirect(struct answer *answer, int status, struct slice location)
{
	answer_page(answer, status, "it is elsewhere");
	buffer_text(&answer->head, "Location: ");
	buffer_add(&answer->head, location);
	buffer_text(&answer->head, "\r\n");
}

/* ---- files ---- */

static bool more_of_file(struct answer *answer)
{
	size_t wanted = answer->left < ANSWER_PIECE_BYTES ? answer->left : ANSWER_PIECE_BYTES;
	ssize_t got;

	if (wanted == 0)
		return false;
	got = read(answer->file, buffer_room(&answer->body, wanted), wanted);
	if (got <= 0) { /* it shrank meanwhile: the length that was promised is a lie now */
		answer->end = ANSWER_CLOSE;
		return false;
	}
	answer->body.size += (size_t)got;
	answer->left -= (uint64_t)got;
	return true;
}

bool answer_file(struct answer *answer, int fd, int status, const char *type)
{
	struct stat about;

	if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) {
		close(fd);
		return false;
	}
	answer_begin(answer, status, type);
	answer->file = fd;
	answer->later = answer->left = (uint64_t)about.st_size;
	answer->more = more_of_file;
	return true;
}

/* ---- versions ---- */

void answer_date(char text[ANSWER_DATE_BYTES], int64_t date_s)
{
	time_t date = (time_t)date_s;
	struct tm parts;

	strftime(text, ANSWER_DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&date, &parts));
}

/* Is etag one of the list?  A weak tag is as good as a strong one here. */
static bool names_etag(struct slice list, const char *etag)
{
	return slice_equal(list, SLICE("*")) ||
	       (list.size > 0 && memmem(list.at, list.size, etag, strlen(etag)));
}

static bool is_since(struct slice date, int64_t modified_s)
{
	char text[ANSWER_DATE_BYTES];
	struct tm parts = { 0 };

	if (date.size >= sizeof(text))
		return false;
	memcpy(text, date.at, date.size);
	text[date.size] = '\0';
	return strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts) && timegm(&parts) >= modified_s;
}

void answer_version(struct answer *answer, const struct request *request, const char *etag,
		    int64_t modified_s)
{
	struct slice tags = request_header(request, "if-none-match");
	struct slice date = request_header(request, "if-modified-since");
	char modified[ANSWER_DATE_BYTES];
	bool has_it = false;

	if (etag && tags.at)
		has_it = names_etag(tags, etag);
	else if (modified_s >= 0 && date.at)
		has_it = is_since(date, modified_s);
	if (has_it)
		answer_begin(answer, 304, NULL);
	if (etag)
		answer_header(answer, "ETag: %s", etag);
	if (modified_s >= 0) {
		answer_date(modified, modified_s);
		answer_header(answer, "Last-Modified: %s", modified);
	}
}

/* ---- the end of the head ---- */

static void drop_body(struct answer *answer)
{
	buffer_clear(&answer->body);
	answer->more = NULL;
}

void answer_complete(struct answer *answer, const struct request *request)
{
	bool is_head = slice_equal(request->method, SLICE("HEAD"));
	bool has_body = answer->status != 204 && answer->status != 304;

	if (request->has_body || request->wants_close || (answer->is_raw && is_head)) {
		if (answer->end == ANSWER_KEEP)
			answer->end = ANSWER_CLOSE;
	}
	if (answer->is_raw)
		return;
	if (has_body) {
		buffer_text(&answer->head, "Content-Length: ");
		buffer_number(&answer->head, answer->body.size + answer->later);
		buffer_text(&answer->head, "\r\n");
	}
	if (answer->end == ANSWER_CLOSE)
		answer_header(answer, "Connection: close");
	else if (request->is_http10)
		answer_header(answer, "Connection: keep-alive");
	buffer_text(&answer->head, "\r\n");
	if (is_head || !has_body)
		drop_body(answer);
}
