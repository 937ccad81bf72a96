#include "master/login.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "links/login_wall.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/regex.h"
#include "parsers/text/memory.h"
#include "parsers/text/scratch.h"
#include "parsers/text/utf8.h"
#include "parsers/url/url.h"

#define SHOWN_BYTES_MAX 100 /* of a path, or of an error */
#define WHAT_BYTES_MAX  (SHOWN_BYTES_MAX + 60)

struct login {
	const struct config *config;
	const struct host_login *said;
	uint32_t request;
	struct regex *check;
	struct scratch copy;
	struct url url; /* asked for now */
	bool is_post;   /* the form is sent to it */
	bool has_posted;
	bool has_tls;       /* some step was taken over TLS: no form goes without */
	char *lines, *body; /* of the form, or NULL */
	size_t body_size;
	char *form_page; /* where the form was; NULL: none was seen */
	int64_t hops;
	unsigned status; /* of the last answer */
	char why[LOGIN_WHY_MAX];
};

/* The config has compiled it before: it cannot fail. */
struct login *login_new(const struct config *config, uint32_t request)
{
	struct login *login = memory_new(1, sizeof(*login));
	struct regex_error error;

	login->config = config;
	login->request = request;
	login->said = config_request(config, request)->login;
	login->check = regex_compile(login->said->check, 0, (uint32_t)config->settings.match_limit,
				     &error);
	if (!login->check)
		abort();
	login_begin(login);
	return login;
}

/* It has credentials: what was freed is not found in memory. */
static void forget_form(struct login *login)
{
	if (login->body)
		explicit_bzero(login->body, login->body_size);
	free(login->body);
	free(login->lines);
	login->body = login->lines = NULL;
	login->body_size = 0;
	login->is_post = false;
}

void login_free(struct login *login)
{
	if (!login)
		return;
	forget_form(login);
	free(login->form_page);
	regex_free(login->check);
	scratch_free(&login->copy);
	free(login);
}

void login_begin(struct login *login)
{
	forget_form(login);
	login->has_posted = login->has_tls = false;
	login->hops = 0;
	login->status = 0;
	login->why[0] = '\0';
	url_parse(&login->url, slice_of(login->said->url));
}

const struct url *login_url(const struct login *login)
{
	return &login->url;
}

void login_set_job(const struct login *login, struct msg_job *job)
{
	job->kind = MSG_KIND_LOGIN;
	job->login = login->request;
	if (!login->is_post)
		return;
	job->method = MSG_POST;
	job->headers = slice_of(login->lines);
	job->body = (struct slice){ login->body, login->body_size };
}

void login_fail(struct login *login, const char *why)
{
	snprintf(login->why, sizeof(login->why), "%s", why);
}

const char *login_why(const struct login *login, unsigned *status)
{
	*status = login->status;
	return login->why;
}

bool login_posts(const struct login *login)
{
	return login->is_post;
}

bool login_has_posted(const struct login *login)
{
	return login->has_posted;
}

static struct slice without_query(struct slice url)
{
	const char *query = url.size > 0 ? memchr(url.at, '?', url.size) : NULL;

	return query ? (struct slice){ url.at, (size_t)(query - url.at) } : url;
}

/* A site's first page is no wall for having a form. */
static void note_form_page(struct login *login)
{
	struct slice page = url_slice(&login->url);

	free(login->form_page);
	login->form_page = NULL;
	if (without_query(page).size > (size_t)login->url.path + 1)
		login->form_page = memory_text(page.at, page.size);
}

bool login_is_page(const struct login *login, struct slice url)
{
	return login_wall_is(slice_of(login->said->url), url) ||
	       (login->form_page && login_wall_is(slice_of(login->form_page), url));
}

/* ---- what went wrong ---- */

__attribute__((format(printf, 2, 3))) static enum login_step fail(struct login *login,
								  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(login->why, sizeof(login->why), format, arguments);
	va_end(arguments);
	forget_form(login);
	return LOGIN_FAILED;
}

static bool is_refusal(unsigned status)
{
	return status == 401 || status == 403 || status == 422;
}

/* A path may say where it ended; a query has tokens. */
static struct slice shown_path(const struct login *login)
{
	struct slice path = without_query(url_slice(&login->url));

	path.at += login->url.path;
	path.size -= login->url.path;
	if (path.size > SHOWN_BYTES_MAX)
		path.size = SHOWN_BYTES_MAX;
	return path;
}

/* What has come to nothing: one of three. */
static void say_what(const struct login *login, char out[WHAT_BYTES_MAX])
{
	struct slice path = shown_path(login);

	if (login->has_posted && !login->is_post)
		snprintf(out, WHAT_BYTES_MAX, "the page that the login's form led to (%.*s)",
			 (int)path.size, path.at);
	else
		snprintf(out, WHAT_BYTES_MAX, "%s",
			 login->has_posted ? "the login's form" : "the login page");
}

static enum login_step fail_answer(struct login *login, const struct msg_page *page)
{
	struct slice error = utf8_cut(page->texts[MSG_ERROR], 2 * SHOWN_BYTES_MAX);
	char what[WHAT_BYTES_MAX];

	say_what(login, what);
	if (page->status > 0 &&
	    (page->outcome == OUTCOME_OK || page->outcome == OUTCOME_HTTP_ERROR))
		return fail(login, "%s was answered with status %u%s", what, page->status,
			    login->has_posted && is_refusal(page->status)
				    ? ": are name and password right?"
				    : "");
	return fail(login, "%s: %s%s%.*s", what, outcome_name(page->outcome),
		    error.size > 0 ? ": " : "", (int)error.size, error.size > 0 ? error.at : "");
}

static enum login_step fail_check(struct login *login)
{
	struct slice path = shown_path(login);

	return fail(login,
		    "check does not match the page that the login ended on, %.*s: are name and "
		    "password right?",
		    (int)path.size, path.at);
}

/* ---- where the form goes ---- */

/* Only to the login page's own origin, or to one that `match` means; and never out of TLS. */
static const char *find_fault(const struct login *login, const struct url *target)
{
	struct slice origin = url_origin(target);
	struct url own;

	if (login->has_tls && !target->is_https)
		return "leads from https to http";
	url_parse(&own, slice_of(login->said->url));
	if (slice_equal(origin, url_origin(&own)) ||
	    config_request_number(login->config, origin) == login->request)
		return NULL;
	return "goes to another host than the login's url and match say";
}

static enum login_step aim(struct login *login, const struct url *target)
{
	const char *fault = find_fault(login, target);
	struct slice origin = url_origin(target);

	if (fault)
		return fail(login, "the login's form %s: %.*s", fault,
			    origin.size > 2 * SHOWN_BYTES_MAX ? 2 * SHOWN_BYTES_MAX
							      : (int)origin.size,
			    origin.at);
	url_copy(&login->url, target);
	login->is_post = true;
	return LOGIN_ASK;
}

/* A line that a worker says would end in another is none of ours. */
static bool is_line(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.at[i] < ' ')
			return false;
	return true;
}

/*
 * As browsers have it (Fetch 3.2, Referrer Policy 8.3): there are sites that take no form without
 * them.  The query of the form's page is for its own origin alone.
 */
static char *lines_of(const struct login *login, const struct msg_form *form,
		      const struct url *target)
{
	struct slice origin = url_origin(&login->url), referer = url_slice(&login->url);
	size_t bytes = form->type.size + origin.size + referer.size + 64;
	char *lines = memory_new(1, bytes);
	bool is_own = slice_equal(origin, url_origin(target));

	if (!is_own)
		referer.size = origin.size + 1; /* the "/" behind it */
	snprintf(lines, bytes, "Content-Type: %.*s\nOrigin: %.*s\nReferer: %.*s\n",
		 (int)form->type.size, form->type.at, (int)origin.size, origin.at,
		 (int)referer.size, referer.at);
	return lines;
}

/* What the worker has filled in; of its slot, which it could still change, a copy. */
static enum login_step post(struct login *login, struct slice part)
{
	char *copy = memory_text(part.at, part.size);
	enum login_step step = LOGIN_FAILED;
	struct msg_form form;
	struct url target;

	if (msg_form_decode(&form, (struct slice){ copy, part.size }) < 0 || !is_line(form.type) ||
	    url_parse(&target, form.url) != URL_OK) {
		step = fail(login, "a worker sent what is no form");
	} else {
		note_form_page(login);
		login->lines = lines_of(login, &form, &target);
		login->body = memory_text(form.body.at, form.body.size);
		login->body_size = form.body.size;
		step = aim(login, &target);
	}
	explicit_bzero(copy, part.size);
	free(copy);
	return step;
}

/* ---- what came ---- */

/* A cookie that it sets may open the door; without one it leads here for ever. */
static bool is_ring(const struct login *login, const struct msg_page *page,
		    const struct url *target)
{
	return !login->is_post && !(page->flags & MSG_PAGE_HAS_COOKIE) &&
	       slice_equal(url_slice(target), url_slice(&login->url));
}

/* As a browser follows it: the form again with 307 and 308, otherwise a GET (RFC 9110 15.4). */
static enum login_step follow(struct login *login, const struct msg_page *page)
{
	bool posts = login->is_post && (page->status == 307 || page->status == 308);
	int64_t most = login->config->settings.redirects;
	enum url_error error;
	struct url target;

	if (login->hops++ >= most)
		return fail(login, "the login was redirected more than %lld times in a row",
			    (long long)most);
	error = url_resolve(&target, &login->url, page->texts[MSG_LOCATION]);
	if (error != URL_OK)
		return fail(login, "the login was redirected to no URL of the web: %s",
			    url_error_text(error));
	if (is_ring(login, page, &target))
		return fail(login, "the login page redirects to itself");
	login->has_posted |= login->is_post;
	if (posts)
		return aim(login, &target);
	forget_form(login);
	url_copy(&login->url, &target);
	return LOGIN_ASK;
}

/* As right_page.c has it: what a worker may still write is read once. */
static enum regex_result find(struct login *login, const struct msg_page *page, struct slice slot)
{
	struct slice text = msg_part(page, slot, MSG_PART_TEXT);
	struct regex_search search;
	char *copy;

	if (!(page->flags & MSG_PAGE_IS_TEXT))
		return REGEX_NONE;
	scratch_reset(&login->copy);
	copy = scratch_take(&login->copy, text.size + 1);
	utf8_copy(copy, text);
	text.at = copy;
	budget_begin((uint32_t)login->config->settings.pattern_time_ms);
	regex_search_begin(&search, login->check, text);
	return regex_search_next(&search);
}

static enum login_step judge(struct login *login, const struct msg_page *page, struct slice slot)
{
	struct slice error = utf8_cut(page->texts[MSG_ERROR], 3 * SHOWN_BYTES_MAX);

	if (error.size == 0)
		error = SLICE("it cannot be read");
	switch (find(login, page, slot)) {
	case REGEX_FOUND:
		return LOGIN_IN;
	case REGEX_LIMIT:
		return fail(login, "check ran into its limit: pattern_time, match_limit");
	default:
		break;
	}
	if (page->texts[MSG_LOCATION].size > 0) /* it leads on by itself */
		return follow(login, page);
	if (login->has_posted)
		return fail_check(login);
	return fail(login, "the login page: %.*s", (int)error.size, error.at);
}

enum login_step login_take(struct login *login, const struct msg_page *page, struct slice slot)
{
	login->status = page->status;
	login->has_tls |= login->url.is_https;
	if (msg_page_is_redirect(page))
		return follow(login, page);
	login->has_posted |= login->is_post;
	if (page->outcome != OUTCOME_OK || !msg_page_is_success(page))
		return fail_answer(login, page);
	forget_form(login);
	if (!login->has_posted && page->parts[MSG_PART_FORM] > 0)
		return post(login, msg_part(page, slot, MSG_PART_FORM));
	return judge(login, page, slot);
}
