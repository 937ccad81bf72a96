#include "worker/tls_end.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* Of OpenSSL's <openssl/ssl.h>: what a callback is called for. */
#define CB_HANDSHAKE_START 0x10
#define CB_READ_ALERT      0x4004
#define CLOSE_NOTIFY       0 /* in the lower byte of an alert (RFC 8446 6.1) */

#define SAID_MAX 64 /* the last that have said their end: whoever asks does so soon */

static struct {
	const void *connections[SAID_MAX];
	size_t next;
} said;

static void on_info(const void *connection, int where, int what)
{
	if (where & CB_HANDSHAKE_START) { /* another one, at the place of an old one */
		for (size_t i = 0; i < SAID_MAX; i++) {
			if (said.connections[i] == connection)
				said.connections[i] = NULL;
		}
	} else if ((where & CB_READ_ALERT) == CB_READ_ALERT && (what & 0xff) == CLOSE_NOTIFY) {
		said.connections[said.next++ % SAID_MAX] = connection;
	}
}

static CURLcode on_context(CURL *easy, void *context, void *user)
{
	void (*set_info_callback)(void *, void (*)(const void *, int, int));
	void *found = dlsym(RTLD_DEFAULT, "SSL_CTX_set_info_callback");

	(void)easy;
	(void)user;
	if (!found)
		return CURLE_OK;
	memcpy(&set_info_callback, &found, sizeof(found));
	set_info_callback(context, on_info);
	return CURLE_OK;
}

static bool is_openssl(void)
{
	const char *name = curl_version_info(CURLVERSION_NOW)->ssl_version;

	return name && strncmp(name, "OpenSSL/", 8) == 0;
}

void tls_end_watch(CURL *easy)
{
	if (is_openssl())
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
}

const void *tls_end_connection(CURL *easy)
{
	const struct curl_tlssessioninfo *session = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
	    session->backend != CURLSSLBACKEND_OPENSSL)
		return NULL;
	return session->internals;
}

bool tls_end_was_said(const void *connection)
{
	for (size_t i = 0; i < SAID_MAX; i++) {
		if (said.connections[i] == connection)
			return true;
	}
	return false;
}
