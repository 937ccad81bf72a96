#ifndef CONFIG_HEADER_H
#define CONFIG_HEADER_H

#include "config/config_reader.h"

/* config_header: header lines of requests, as configs and options write them, and what must not
 * stand there. */
#define CONFIG_HEADERS_MAX 64 /* of a host */

/* Complain of a name that is none, or is not ours to set; of a value that is no line. */
bool config_header_check_name(struct config_reader *reader, const struct yaml_node *node,
			      struct slice name);
bool config_header_check_value(struct config_reader *reader, const struct yaml_node *node,
			       const char *value);

/* White space around a value is no part of it (RFC 9110 5.5): a file may end with it. */
const char *config_header_trimmed(struct config_reader *reader, const char *value);

/* Read "name: value", a key and its text, into *request. */
void config_header_read(struct config_reader *reader, const struct yaml_node *node,
			struct host_request *request, bool is_of_host);

struct slice config_header_name(const struct host_header *header);
const struct host_header *config_header_find(const struct host_request *request, struct slice name);

/* One more; or in place of the one of its name. */
void config_header_put(struct config_reader *reader, struct host_request *request,
		       struct host_header header);
void config_header_replace(struct config_reader *reader, struct host_request *request,
			   struct host_header header);

#endif
