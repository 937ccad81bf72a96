#ifndef FETCH_SETUP_H
#define FETCH_SETUP_H

#include "config/settings.h"
#include "protocol/msg.h"
#include "worker/carry.h"
#include <curl/curl.h>

/*
 * fetch_setup: what libcurl is told: of every transfer, and of one job.
 *
 * What calls us back is fetch.c's.
 */

/* May a handle be used for one transfer after another with the libcurl that runs? */
bool fetch_setup_may_reuse(void);

/* All that stays the same from one transfer to the next.  settings must stay. */
void fetch_setup_handle(CURL *easy, const struct settings *settings);

/*
 * What a job asks for: its URL, whom, a proxy or "" for none, and which connection may serve it.
 * is_alone: none that another user of the proxy has made.
 */
void fetch_setup_job(CURL *easy, const struct settings *settings, const struct msg_job *job,
		     const char *proxy, bool is_alone);

/* Is its connection to be closed behind it?  Of HTTP/2 libcurl has not been told to. */
bool fetch_setup_closes(const struct msg_job *job, bool is_alone);

/*
 * How a job asks: its method, and what it sends, which stays the job's.  Of a handle that has
 * posted before, too.
 */
void fetch_setup_method(CURL *easy, const struct msg_job *job);

/*
 * The request's own header lines, with those that it carries for its host; the caller frees them
 * with curl_slist_free_all().
 */
struct curl_slist *fetch_setup_lines(const struct msg_job *job, const struct carry *carry);

#endif
