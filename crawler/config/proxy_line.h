#ifndef PROXY_LINE_H
#define PROXY_LINE_H

#include "base/arena.h"
#include "config/proxy_choice.h"
#include "parsers/text/slice.h"

/*
 * proxy_line: a proxy as people write it: [SCHEME://][NAME[:PASSWORD]@]HOST[:PORT][/]
 *
 * Scheme and port as curl has them: http if none is said; 443 of https, else 1080.  In name and
 * password what a URL cannot hold is escaped; "@" need not be.
 */
#define PROXY_LINE_MAX 2048 /* bytes */

/*
 * Read one into the arena.  The name has neither user nor password.  Returns NULL, or what is
 * wrong with it, which shows nothing of it; *proxy is then untouched.
 */
const char *proxy_line_read(struct arena *arena, struct slice text, struct config_proxy *proxy);

#endif
