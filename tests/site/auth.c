#include <stdio.h>

#include "routes.h"

/* Pages for those who say who they are. */

#define FILL_MAX 20000000
#define NONCE    "dcd98b7102dd2f0e8b11d0f600bfb0c0"

static bool refuse(struct visit *visit, const char *challenge)
{
	answer_page(visit->answer, 401, "who are you?");
	answer_header(visit->answer, "WWW-Authenticate: %s", challenge);
	return true;
}

static bool refuse_at_length(struct visit *visit, const char *challenge)
{
	refuse(visit, challenge);
	if (request_query_number(visit->request, "close", 0, 1))
		visit->answer->end = ANSWER_CLOSE;
	buffer_fill(&visit->answer->body, '.',
		    request_query_number(visit->request, "fill", 0, FILL_MAX));
	return true;
}

static bool admit(struct visit *visit)
{
	answer_page(visit->answer, 200, "welcome");
	return true;
}

static struct slice said(const struct visit *visit)
{
	return request_header(visit->request, "authorization");
}

/* What stands behind a word, or absent: it does not begin with it. */
static struct slice behind(struct slice text, const char *word)
{
	size_t size = strlen(word);

	if (text.size < size || memcmp(text.at, word, size) != 0)
		return (struct slice){ 0 };
	return (struct slice){ text.at + size, text.size - size };
}

/* "/auth/basic/TOKEN": "name:password" in base64, "bWU6cHc=" for me and pw. */
static bool answer_basic(struct visit *visit)
{
	if (slice_equal(behind(said(visit), "Basic "), visit->rest))
		return admit(visit);
	return refuse(visit, "Basic realm=\"site\"");
}

static bool answer_bearer(struct visit *visit)
{
	if (slice_equal(behind(said(visit), "Bearer "), visit->rest))
		return admit(visit);
	return refuse(visit, "Bearer");
}

/*
 * "/auth/digest/NAME": whose answer to the challenge is not worked out again.  With "?close=1" the
 * challenge ends the connection, with "?fill=BYTES" it has a body of so many.  With "?stale=1" no
 * answer is ever fresh enough.
 */
static bool answer_digest(struct visit *visit)
{
	struct slice text = behind(said(visit), "Digest ");
	char wanted[100];
	int size = snprintf(wanted, sizeof(wanted), "username=\"%.*s\"", (int)visit->rest.size,
			    visit->rest.at);

	if (text.at && memmem(text.at, text.size, wanted, (size_t)size) &&
	    memmem(text.at, text.size, NONCE, strlen(NONCE)))
		return admit(visit);
	if (request_query_number(visit->request, "stale", 0, 1))
		return refuse(visit,
			      "Digest realm=\"site\", nonce=\"x\", qop=\"auth\", stale=true");
	return refuse_at_length(visit, "Digest realm=\"site\", nonce=\"" NONCE "\", qop=\"auth\"");
}

/* "/refresh-to?url=URL": a page that leads on by itself. */
static bool answer_refresh(struct visit *visit)
{
	struct buffer url = { 0 };
	struct buffer *body = &visit->answer->body;

	request_query(visit->request, "url", &url);
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	buffer_text(body, "<!DOCTYPE html><meta http-equiv=refresh content=\"0; url=");
	buffer_escaped(body, buffer_slice(&url));
	buffer_text(body, "\"><title>on</title>\n");
	buffer_free(&url);
	return true;
}

const struct route auth_routes[] = {
	{ "/auth/basic/", answer_basic, "/auth/basic/bWU6cHc=", "for me with the password pw",
	  NULL },
	{ "/auth/bearer/", answer_bearer, "/auth/bearer/token", "for who has that token", NULL },
	{ "/auth/digest/", answer_digest, "/auth/digest/me", "for me with any password", NULL },
	{ "/refresh-to", answer_refresh, "/refresh-to?url=/page/1",
	  "a page that leads there by itself", NULL },
	{ 0 },
};
