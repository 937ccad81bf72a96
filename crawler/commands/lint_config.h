#ifndef LINT_CONFIG_H
#define LINT_CONFIG_H

#include "commands/kept_times.h"
#include <stdio.h>

/*
 * lint_config: warnings of what is most likely not meant in a pattern (lint.h), each with its
 * place, a caret and a cure.
 */

/*
 * Warn of one pattern, which did so on kept pages (all 0: there are none).  Returns how many
 * warnings there were.
 */
unsigned lint_config_pattern(const struct config_pattern *pattern, const struct kept_time *time,
			     FILE *out);

#endif
