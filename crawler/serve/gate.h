#ifndef GATE_H
#define GATE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * gate: who may ask the page, and for what.
 *
 * A browser asks for whoever it has a page of.  So what is asked must be asked of a name that is
 * ours, or somebody else's name leads to us (DNS rebinding); what changes something must come from
 * a page of ours (Origin), and bear the token that only who started us has seen.  Who listens to
 * others than this machine has the token asked for reading, too.
 *
 * Functions of texts alone: nothing is read, and nothing is waited for.
 */
#define GATE_TOKEN_LEAST 22  /* characters of 6 bits: 128 bits and more */
#define GATE_TOKEN_MAX   129 /* bytes, with the NUL */
#define GATE_COOKIE_MAX  32

struct gate {
	unsigned port;
	const char *listen;       /* the address of --listen; NULL: this machine alone */
	const char *const *names; /* of --name: NAME or NAME:PORT */
	size_t name_count;
	char token[GATE_TOKEN_MAX];
};

/* What of a request says who asks; NULL: it has no such header. */
struct gate_request {
	const char *method;
	const char *host, *origin, *cookie, *authorization;
	const char *fetch_site, *fetch_mode; /* Sec-Fetch-* */
	size_t host_count;                   /* how many Host headers it has */
};

enum gate_verdict {
	GATE_OPEN,
	GATE_WRONG_HOST,  /* 421 */
	GATE_WRONG_SITE,  /* 403: another site's page asks */
	GATE_NEEDS_TOKEN, /* 401 */
};

enum gate_verdict gate_judge(const struct gate *gate, const struct gate_request *request);

/* Is "HOST:PORT" us? */
bool gate_is_host(const struct gate *gate, const char *host);

/* Is it the origin of a page that was asked of this host, which is us? */
bool gate_is_origin(const struct gate *gate, const char *origin, const char *host);

/* Is it the token?  How long it takes does not tell how much of it is right. */
bool gate_is_token(const struct gate *gate, const char *text);

/* Has it the cookie, or "Bearer TOKEN"? */
bool gate_has_token(const struct gate *gate, const struct gate_request *request);

/* The name of the cookie: browsers send those of a host to all its ports.  Returns out. */
const char *gate_cookie_name(const struct gate *gate, char out[GATE_COOKIE_MAX]);

/* Can it be a token?  Letters, digits, '-' and '_', GATE_TOKEN_LEAST of them or more. */
bool gate_may_be_token(const char *text);

#endif
