#include <stdio.h>
#include <stdlib.h>

#include "routes.h"

/*
 * Pages for who is logged in, as me with the password pw.
 *
 *	/login/N	a form; posted, it begins a session of N pages (0: any number)
 *	/inside/N/K	page K for who has one; for others a wall, with status 200
 *	/guarded/N/K	the same, but others are led to the form
 *	/strict/N/K	the same, but others get a 401
 *	/enter		leads to the form, or home
 *	/logout		ends the session
 *
 * The form has a token that is good for one visit and one time.
 */
#define PAGE_MAX 999999

/* The value of a cookie, or absent. */
static struct slice cookie(const struct visit *visit, const char *name)
{
	struct slice all = request_header(visit->request, "cookie");
	const char *found = all.at ? memmem(all.at, all.size, name, strlen(name)) : NULL;
	const char *end = all.at + all.size, *at;

	if (!found)
		return (struct slice){ 0 };
	at = found + strlen(name);
	return (struct slice){ at, strcspn(at, "; \r\n") < (size_t)(end - at)
					   ? strcspn(at, "; \r\n")
					   : (size_t)(end - at) };
}

static uint64_t ask(const struct visit *visit, const char *what, struct slice of)
{
	char name[100];
	int size = snprintf(name, sizeof(name), "%s-%.*s", what, (int)of.size, of.at);

	return counters_ask(visit->site->counters, (struct slice){ name, (size_t)size });
}

static bool answer_form(struct visit *visit, const char *title)
{
	struct buffer *body = &visit->answer->body;
	unsigned long long token = (unsigned long long)counters_next(visit->site->counters);

	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	answer_header(visit->answer, "Set-Cookie: csrf=%llu; HttpOnly", token);
	html_open(body, title);
	buffer_text(body, "<form action=\"/search\"><input name=\"q\"></form>\n"
			  "<form method=\"post\" action=\"\">\n");
	buffer_printf(body, "<input type=\"hidden\" name=\"token\" value=\"%llu\">\n", token);
	buffer_text(body, "<input name=\"user\"> <input type=\"password\" name=\"password\">\n"
			  "<input type=\"checkbox\" name=\"keep\" checked>\n"
			  "<button name=\"go\" value=\"in\">Sign in</button></form>\n");
	html_close(body);
	return true;
}

static bool has_field(const struct visit *visit, const char *name, struct slice wanted)
{
	struct request body = { .query = visit->request->body };
	struct buffer value = { 0 };
	bool is_same =
		request_query(&body, name, &value) && slice_equal(buffer_slice(&value), wanted);

	buffer_free(&value);
	return is_same;
}

static bool is_filled_in(const struct visit *visit)
{
	struct slice token = cookie(visit, "csrf=");

	return token.size > 0 && has_field(visit, "token", token) &&
	       ask(visit, "token", token) == 1 && has_field(visit, "user", SLICE("me")) &&
	       has_field(visit, "password", SLICE("pw")) && has_field(visit, "keep", SLICE("on")) &&
	       has_field(visit, "go", SLICE("in"));
}

static bool answer_login(struct visit *visit)
{
	return answer_form(visit, "please sign in");
}

static bool take_login(struct visit *visit)
{
	if (!is_filled_in(visit))
		return answer_form(visit, "wrong name or password");
	answer_redirect(visit->answer, 303, SLICE("/home"));
	answer_header(visit->answer, "Set-Cookie: session=%llu; Path=/; HttpOnly; Max-Age=3600",
		      (unsigned long long)counters_next(visit->site->counters));
	return true;
}

/* Is there a session, of fewer than so many pages? */
static bool is_in(const struct visit *visit, uint64_t most)
{
	struct slice session = cookie(visit, "session=");

	return session.size > 0 && (most == 0 || ask(visit, "session", session) <= most);
}

static bool answer_home(struct visit *visit)
{
	if (!is_in(visit, 0)) {
		answer_page(visit->answer, 200, "who are you?");
		return true;
	}
	answer_page(visit->answer, 200, "home");
	buffer_text(&visit->answer->body, "<p><a href=\"/logout\">Sign out</a></p>\n");
	return true;
}

static bool answer_page_of(struct visit *visit, uint64_t most, uint64_t page)
{
	struct buffer *body = &visit->answer->body;
	char title[40];

	snprintf(title, sizeof(title), "inside %llu", (unsigned long long)page);
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, title);
	buffer_printf(
		body,
		"<a href=\"%s%llu/%llu\">next</a> <a href=\"/logout?from=%llu\">Sign out</a>\n",
		visit->route->path, (unsigned long long)most, (unsigned long long)(page + 1) % 20,
		(unsigned long long)page);
	html_close(body);
	return true;
}

static bool answer_inside(struct visit *visit)
{
	const char *otherwise = visit->route->data;
	struct buffer to = { 0 };
	uint64_t most, page;

	if (!request_number(&visit->rest, PAGE_MAX, &most) ||
	    !request_number(&visit->rest, PAGE_MAX, &page))
		return false;
	if (is_in(visit, most))
		return answer_page_of(visit, most, page);
	if (strcmp(otherwise, "led") != 0) {
		answer_page(visit->answer, atoi(otherwise), "please sign in");
		return true;
	}
	buffer_printf(&to, "/login/%llu?next=%llu", (unsigned long long)most,
		      (unsigned long long)page);
	answer_redirect(visit->answer, 302, buffer_slice(&to));
	buffer_free(&to);
	return true;
}

static bool answer_logout(struct visit *visit)
{
	answer_page(visit->answer, 200, "signed out");
	answer_header(visit->answer, "Set-Cookie: session=; Path=/; Max-Age=0");
	return true;
}

/* "/enter": the form, or what is behind it for who is in. */
static bool answer_enter(struct visit *visit)
{
	answer_redirect(visit->answer, 302, is_in(visit, 0) ? SLICE("/home") : SLICE("/login/0"));
	return true;
}

/* "/flaky-login": to a form that is there once. */
static bool answer_once(struct visit *visit)
{
	if (ask(visit, "once", SLICE("")) > 1)
		answer_page(visit->answer, 403, "too often");
	else
		answer_redirect(visit->answer, 302, SLICE("/login/5"));
	return true;
}

/* "/ailing-login": to a form, but the second and third time it is out of order. */
static bool answer_ailing(struct visit *visit)
{
	uint64_t times = ask(visit, "ailing", SLICE(""));

	if (times == 2 || times == 3)
		answer_page(visit->answer, 500, "out of order");
	else
		answer_redirect(visit->answer, 302, SLICE("/login/5"));
	return true;
}

/* "/form?html=TEXT": a page with this form; "&charset=NAME" it is called. */
static bool answer_own_form(struct visit *visit)
{
	struct buffer type = { 0 };

	buffer_text(&type, "text/html; charset=");
	if (!request_query(visit->request, "charset", &type) ||
	    !answer_is_header_safe(buffer_slice(&type)))
		buffer_text(&type, "utf-8");
	buffer_fill(&type, '\0', 1);
	answer_begin(visit->answer, 200, type.at);
	request_query(visit->request, "html", &visit->answer->body);
	buffer_free(&type);
	return true;
}

/* "/taken?status=303&to=URL": what was posted is taken, and this is the answer. */
static bool answer_taken(struct visit *visit)
{
	unsigned status = request_query_number(visit->request, "status", 200, 599);
	struct buffer to = { 0 };

	if (request_query(visit->request, "to", &to) && answer_is_header_safe(buffer_slice(&to)))
		answer_redirect(visit->answer, (int)status, buffer_slice(&to));
	else
		answer_page(visit->answer, (int)status, "taken");
	buffer_free(&to);
	return true;
}

const struct route login_routes[] = {
	{ "/login/", answer_login, "/login/0", "a form: me, with the password pw", NULL },
	{ "/home", answer_home, NULL, "where a login leads", NULL },
	{ "/inside/", answer_inside, "/inside/0/1", "for who is logged in", "200" },
	{ "/guarded/", answer_inside, "/guarded/0/1", "the same; others are led to the form",
	  "led" },
	{ "/strict/", answer_inside, "/strict/0/1", "the same; others get a 401", "401" },
	{ "/enter", answer_enter, NULL, "leads to the form, or home", NULL },
	{ "/flaky-login", answer_once, NULL, "leads to the form, once", NULL },
	{ "/ailing-login", answer_ailing, NULL, "leads to the form, but for two times", NULL },
	{ "/logout", answer_logout, NULL, "ends it", NULL },
	{ "/form", answer_own_form, "/form?html=%3Cform%3E", "a page with that in it", NULL },
	{ 0 },
};

const struct route login_posts[] = {
	{ "/login/", take_login, NULL, "begins a session", NULL },
	{ "/taken", answer_taken, "/taken?status=303&to=/home", "takes what is posted", NULL },
	{ 0 },
};
