#ifndef CONFIG_LOGIN_H
#define CONFIG_LOGIN_H

#include "config/config_reader.h"

/* config_login: what a rule of `hosts:` says of how to log in: `login`. */

/* rule's match and cookies have been read. */
void config_read_login(struct config_reader *reader, const struct yaml_node *rule,
		       struct config_host *host);

#endif
