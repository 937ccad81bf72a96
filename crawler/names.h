#ifndef NAMES_H
#define NAMES_H

#include "parsers/slice.h"
#include <stdint.h>

/* names: texts, each once, numbered from 0 in the order in which they were added. */
struct names;

#define NAMES_NONE UINT32_MAX

struct names *names_new(void);
void names_free(struct names *names);

/* The number of a text, or NAMES_NONE. */
uint32_t names_find(const struct names *names, struct slice text);

/* Add a text that is not there; it is copied.  Returns its number. */
uint32_t names_add(struct names *names, struct slice text);

/* The text of a number.  Points into names, and stays. */
struct slice names_text(const struct names *names, uint32_t number);

uint32_t names_count(const struct names *names);

#endif
