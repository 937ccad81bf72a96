#include "worker/login_page.h"

#include <stdio.h>

#include "parsers/charset/charset_encode.h"
#include "parsers/markup/form_body.h"
#include "parsers/markup/links.h"
#include "parsers/text/media_type.h"
#include "parsers/url/url.h"

#define NAMES_BYTES_MAX 300 /* of fields, in an error */

/* "user, password"; what does not fit is left out. */
static void list_names(const struct form_field *fields, size_t count, char out[NAMES_BYTES_MAX])
{
	size_t size = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		struct slice name = fields[i].name;

		if (size + name.size + 3 > NAMES_BYTES_MAX)
			return;
		size += (size_t)snprintf(out + size, NAMES_BYTES_MAX - size, "%s%.*s",
					 i > 0 ? ", " : "", (int)name.size, name.at);
	}
}

/* What is wrong with the page, or with its form. */
static void say_missing(const struct host_login *login, enum form_result result,
			const struct form *form, char error[MSG_TEXT_MAX])
{
	char wanted[NAMES_BYTES_MAX], seen[NAMES_BYTES_MAX];

	list_names(login->fields, login->field_count, wanted);
	list_names(form->fields, form->field_count, seen);
	if (result == FORM_SEVERAL)
		snprintf(error, MSG_TEXT_MAX,
			 "more than one form has the fields %s: name one more, of the right one",
			 wanted);
	else if (form->field_count > 0)
		snprintf(error, MSG_TEXT_MAX,
			 "no form has the fields %s: the one with a password has %s", wanted, seen);
	else
		snprintf(error, MSG_TEXT_MAX,
			 "no form has the fields %s (one that a script makes is not seen)", wanted);
}

/* Where the form leads; returns NULL, or why it leads nowhere. */
static const char *find_target(const struct form *form, struct slice page_url, struct url *target)
{
	enum url_error error = url_parse(target, page_url);

	if (error == URL_OK && form->action.size > 0) {
		if (form->base.at && url_resolve(target, target, form->base) != URL_OK)
			url_parse(target, page_url);
		error = url_resolve(target, target, form->action);
	}
	return error == URL_OK ? NULL : url_error_text(error);
}

/* As in a link's query, which is ours but for its "?". */
static struct slice to_page_charset(struct page_kit *kit, struct slice body,
				    struct scratch *scratch)
{
	char *query = scratch_take(scratch, body.size + 1);
	char *out = scratch_take(scratch, CHARSET_QUERY_GROWTH_MAX * (body.size + 1));
	struct slice encoded;

	query[0] = '?';
	if (body.size > 0)
		memcpy(query + 1, body.at, body.size);
	encoded = page_encode_query(kit, (struct slice){ query, body.size + 1 }, out);
	return (struct slice){ encoded.at + 1, encoded.size - 1 };
}

static bool put_form(struct page_kit *kit, const struct form *form, const struct url *target,
		     struct scratch *scratch, char *slot, size_t slot_bytes, struct msg_page *page)
{
	bool is_foreign =
		form->encoding == FORM_URLENCODED && !form->is_utf8 && page_encodes_query(kit);
	size_t at = msg_part_at(page, MSG_PART_FORM);
	struct form_body body;
	struct msg_form post;

	form_body_write(form, is_foreign, scratch, &body);
	if (is_foreign)
		body.bytes = to_page_charset(kit, body.bytes, scratch);
	post = (struct msg_form){ url_slice(target), slice_of(body.type), body.bytes };
	page->parts[MSG_PART_FORM] = msg_form_encode(&post, slot + at, slot_bytes - at);
	return page->parts[MSG_PART_FORM] > 0;
}

/* Where it goes and how: a password in a URL would be in logs, and in histories. */
static void send_form(struct page_kit *kit, const struct form *form, const struct msg_job *job,
		      struct scratch *scratch, char *slot, size_t slot_bytes, struct msg_page *page,
		      char error[MSG_TEXT_MAX])
{
	struct url target;
	const char *wrong = find_target(form, job->url, &target);

	if (wrong)
		snprintf(error, MSG_TEXT_MAX, "the form leads to no URL of the web: %s", wrong);
	else if (!form->is_post)
		snprintf(error, MSG_TEXT_MAX,
			 "the form is sent with GET, which would put the password into the URL");
	else if (form->encoding == FORM_PLAIN)
		snprintf(error, MSG_TEXT_MAX, "the form is sent as text/plain, which is not done");
	else if (!put_form(kit, form, &target, scratch, slot, slot_bytes, page))
		snprintf(error, MSG_TEXT_MAX, "the form has more than 1 MiB to send");
}

/* ---- a page that leads on by itself: "Thank you for logging in" ---- */

struct leading {
	struct slice page_url;
	struct slice base;
	struct url *target;
	bool is_found;
};

static void lead(struct leading *leading, struct slice reference)
{
	struct url page;

	if (reference.size == 0 || url_parse(&page, leading->page_url) != URL_OK)
		return;
	if (leading->base.at && url_resolve(&page, &page, leading->base) != URL_OK)
		url_parse(&page, leading->page_url);
	leading->is_found = url_resolve(leading->target, &page, reference) == URL_OK;
}

/* The first counts. */
static int on_link(void *context, const struct link *link, const struct links_facts *facts)
{
	struct leading *leading = context;

	if (link->kind != LINK_REFRESH)
		return 0;
	leading->base = facts->base;
	lead(leading, link->reference);
	return leading->is_found ? -1 : 0;
}

static void find_refresh(const struct controls_page *text, struct slice page_url,
			 struct scratch *scratch, struct msg_page *page, struct url *target)
{
	struct links_page markup = { .text = text->text, .is_xml = text->is_xml };
	struct leading leading = { .page_url = page_url, .target = target };
	struct links_facts facts;

	lead(&leading, links_refresh_url(page->refresh));
	if (!leading.is_found)
		links_scan_page(&markup, scratch_take(scratch, sizeof(struct links_scratch)),
				on_link, &leading, &facts);
	if (leading.is_found)
		page->texts[MSG_LOCATION] = url_slice(target);
}

void login_page_fill_in(struct page_kit *kit, const struct host_login *login,
			const struct msg_job *job, char *slot, size_t slot_bytes,
			struct msg_page *page, struct login_page_room *room)
{
	struct slice type = page->texts[MSG_CONTENT_TYPE];
	struct scratch scratch = { 0 };
	struct controls_page text = { .text = { slot, page->parts[MSG_PART_TEXT] } };
	enum media_type media = media_type_of(type, text.text);
	enum form_result result;
	struct form form;

	room->error[0] = '\0';
	if (page->outcome != OUTCOME_OK || !msg_page_is_success(page))
		return;
	page->texts[MSG_LOCATION] = (struct slice){ 0 }; /* of a success it says nothing */
	if (!(page->flags & MSG_PAGE_IS_TEXT) || !media_type_is_page(media)) {
		snprintf(room->error, MSG_TEXT_MAX, "the page with the form is no HTML: %.*s",
			 type.size > 100 ? 100 : (int)type.size, type.size > 0 ? type.at : "");
	} else {
		text.is_xml = media == MEDIA_XHTML;
		result = form_find(&text, login->fields, login->field_count, &scratch, &form);
		if (result == FORM_FOUND)
			send_form(kit, &form, job, &scratch, slot, slot_bytes, page, room->error);
		else
			say_missing(login, result, &form, room->error);
		if (result == FORM_NONE)
			find_refresh(&text, job->url, &scratch, page, &room->refresh);
	}
	page->texts[MSG_ERROR] = slice_of(room->error);
	scratch_free(&scratch);
}
