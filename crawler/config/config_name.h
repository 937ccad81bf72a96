#ifndef CONFIG_NAME_H
#define CONFIG_NAME_H

#include "config/config_reader.h"

/* config_name: what a pattern may be called, whose name is a table's. */

/*
 * Say why a pattern cannot have this name, which stands at offset: its shape, or a table of crawl's
 * own.  Returns false if it cannot.
 */
bool config_name_check(struct config_reader *reader, const char *name, size_t offset);

/* The same, if a pattern before it has the name. */
bool config_name_is_new(struct config_reader *reader, const char *name, size_t offset);

#endif
