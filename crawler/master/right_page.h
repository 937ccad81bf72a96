#ifndef RIGHT_PAGE_H
#define RIGHT_PAGE_H

#include "config/config.h"

/*
 * right_page: is what came with a success the page that was asked for, or a login wall, a question
 * whether somebody is human, a "not found" with status 200?
 *
 * `expect` and `refuse` of a host's rule say how that is told.
 */
struct right_page;

#define RIGHT_PAGE_WHY_MAX 160

/* NULL if no rule says anything. */
struct right_page *right_page_new(const struct config *config);
void right_page_free(struct right_page *right);

/*
 * Is a text the page, for a host of this rule (config_request_number())?  Of what is no text, and
 * of right NULL, nobody can tell that it is not.  If it is not, why says so.
 */
bool right_page_is(struct right_page *right, uint32_t request, struct slice text,
		   char why[RIGHT_PAGE_WHY_MAX]);

#endif
