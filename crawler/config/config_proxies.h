#ifndef CONFIG_PROXIES_H
#define CONFIG_PROXIES_H

#include "config/config_reader.h"

/*
 * config_proxies: by which proxies hosts are asked (proxy_choice.h).
 *
 *	proxies: {list: file:proxies.txt, rotate: host|request|failure}		in crawl: and hosts:
 *	proxy: URL|none								likewise
 *
 * In crawl: the second is a setting, which the environment and a flag may say, too.  A list has a
 * proxy a line; empty lines and those that begin with "#" are none.
 */

/* Read what a rule of `hosts:`, or `crawl:`, says of proxies into *request. */
void config_read_proxies(struct config_reader *reader, const struct yaml_node *map,
			 struct host_request *request, bool is_of_host);

/* What stands in crawl: as `proxy` is good; what of it is of the environment is put in. */
const char *config_check_proxy(struct config_reader *reader, const struct yaml_node *node);

/* What a setting says of the proxy is said by a flag, or by the environment of the program. */
enum proxy_source { PROXY_OF_FILE, PROXY_OF_ENVIRONMENT, PROXY_OF_FLAG };

/*
 * All files were read, and settings stand: make a choice of the setting.  It goes over what files
 * say of all hosts, and one of a flag over what they say of single ones, too.
 */
void config_settle_proxies(struct config_reader *reader, enum proxy_source source);

#endif
