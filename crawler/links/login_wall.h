#ifndef LOGIN_WALL_H
#define LOGIN_WALL_H

#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * login_wall: is a URL the page of a login, which is at the URL login?  Both are canonical.
 *
 * Its query is another each time: it says where to go afterwards, and has tokens.  But where one
 * file has all pages of a site ("/index.php?action=login", beside "/index.php?topic=7"), one
 * parameter at least is the same.
 */
bool login_wall_is(struct slice login, struct slice url);

#endif
