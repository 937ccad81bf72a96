#ifndef INTERN_H
#define INTERN_H

#include "parsers/text/slice.h"
#include <stdint.h>

/* intern: texts, each once, numbered from 0 in the order in which they were added. */
struct intern;

#define INTERN_NONE UINT32_MAX

struct intern *intern_new(void);
void intern_free(struct intern *intern);

/* The number of a text, or INTERN_NONE. */
uint32_t intern_find(const struct intern *intern, struct slice text);

/* Add a text that is not there; it is copied.  Returns its number. */
uint32_t intern_add(struct intern *intern, struct slice text);

/* The text of a number.  Points into intern, and stays. */
struct slice intern_text(const struct intern *intern, uint32_t number);

uint32_t intern_count(const struct intern *intern);

#endif
