#ifndef LOGOUT_H
#define LOGOUT_H

#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * logout: does a URL look like one that ends a session?
 *
 * A segment of its path, or a name or value of its query, is or nearly is one of the words for it
 * that sites use ("/logout", "/user/sign_out.php", "?action=logout", "/Special:UserLogout").
 */
bool logout_is_likely(struct slice url);

#endif
