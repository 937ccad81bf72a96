#ifndef CONFIG_CANONICAL_H
#define CONFIG_CANONICAL_H

#include "config/config_reader.h"

/*
 * config_canonical: the block `canonical:`.
 *
 * What it says is added to reader->config->canonical, which is made with the first rule.
 */
void config_read_canonical(struct config_reader *reader, const struct yaml_node *block);

#endif
