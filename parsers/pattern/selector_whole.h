#ifndef SELECTOR_WHOLE_H
#define SELECTOR_WHOLE_H

#include "parsers/pattern/selector.h"

/* selector_whole: finds its span, once: a page that is one record. */
extern const struct selector_language selector_whole;

#endif
