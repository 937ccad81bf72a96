#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "config/config_reader.h"

/*
 * config_rules: the blocks `follow:` and `hosts:`.
 *
 * A rule is appended to reader->config, which has room for it.
 */
void config_read_follow(struct config_reader *reader, const struct yaml_node *rule);
void config_read_host(struct config_reader *reader, const struct yaml_node *rule);

#endif
