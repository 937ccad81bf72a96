#include "routes.h"

#define SET_MAX 9

/* "/set?1=TEXT&2=TEXT": a page that sets these cookies, as they are written. */
static bool answer_set(struct visit *visit)
{
	answer_page(visit->answer, 200, "set");
	for (int i = 1; i <= SET_MAX; i++) {
		const char name[] = { (char)('0' + i), '\0' };
		struct buffer text = { 0 };

		if (request_query(visit->request, name, &text) &&
		    answer_is_header_safe(buffer_slice(&text)))
			answer_header(visit->answer, "Set-Cookie: %.*s", (int)text.size, text.at);
		buffer_free(&text);
	}
	return true;
}

/* "/door/PATH": a way in to members, which leads back. */
static bool answer_door(struct visit *visit)
{
	struct buffer to = { 0 };

	buffer_printf(&to, "/members/%.*s", (int)visit->rest.size, visit->rest.at);
	answer_redirect(visit->answer, 302, buffer_slice(&to));
	answer_header(visit->answer, "Set-Cookie: member=%llu; Path=/members; HttpOnly",
		      (unsigned long long)counters_next(visit->site->counters));
	buffer_free(&to);
	return true;
}

/* "/members/N": for who came through the door, at any time. */
static bool answer_members(struct visit *visit)
{
	struct slice cookie = request_header(visit->request, "cookie");
	struct buffer to = { 0 };

	if (cookie.at && memmem(cookie.at, cookie.size, "member=", 7)) {
		answer_page(visit->answer, 200, "members");
		return true;
	}
	buffer_printf(&to, "/door/%.*s", (int)visit->rest.size, visit->rest.at);
	answer_redirect(visit->answer, 302, buffer_slice(&to));
	buffer_free(&to);
	return true;
}

const struct route cookie_routes[] = {
	{ "/set", answer_set, "/set?1=a=b", "sets these cookies, 1 to 9", NULL },
	{ "/door/", answer_door, "/door/1", "sets a cookie and leads to members", NULL },
	{ "/members/", answer_members, "/members/1", "for who was at the door", NULL },
	{ 0 },
};
