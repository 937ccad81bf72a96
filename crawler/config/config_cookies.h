#ifndef CONFIG_COOKIES_H
#define CONFIG_COOKIES_H

#include "config/config_reader.h"

/* config_cookies: what a rule of `hosts:` says of cookies: `cookies`, `cookie_file`. */

/* rule's match has been read. */
void config_read_cookies(struct config_reader *reader, const struct yaml_node *rule,
			 struct config_host *host);

/* What is said of a host, or by its file, or of all. */
enum cookies config_cookies_of(const struct config_host *host, const struct settings *settings);

#endif
