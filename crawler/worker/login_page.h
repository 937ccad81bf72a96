#ifndef LOGIN_PAGE_H
#define LOGIN_PAGE_H

#include "config/host_request.h"
#include "parsers/url/url.h"
#include "protocol/msg.h"
#include "worker/page.h"

/*
 * login_page: the form of a login's page, filled in.
 *
 * Runs in the worker, which has the config and so the credentials: they are in no message, and the
 * master, which reads no HTML, gets what is to be posted in the slot.
 */

/* What texts of a page point into. */
struct login_page_room {
	char error[MSG_TEXT_MAX];
	struct url refresh;
};

/*
 * Add MSG_PART_FORM to a page that page_finish() has just completed, which stands in slot; or, if
 * it has no form that can be sent, say in MSG_ERROR why, and in MSG_LOCATION where the page leads
 * by itself (<meta http-equiv=refresh>, Refresh), as far as it does.  Both point into room.
 */
void login_page_fill_in(struct page_kit *kit, const struct host_login *login,
			const struct msg_job *job, char *slot, size_t slot_bytes,
			struct msg_page *page, struct login_page_room *room);

#endif
