#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/* memory: it lives below the parsers, which allocate, too. */
#include "parsers/text/memory.h"

#endif
