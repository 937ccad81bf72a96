#ifndef SHARE_H
#define SHARE_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * Which of so many shares a host is of, by its origin; always the same.  Hosts of one domain are of
 * one share: who may ask one of them may ask all (polite_per).
 */
uint32_t share_of(struct slice origin, uint32_t shares);

/* The same by its name, as an origin has it: an IPv6 address in brackets. */
uint32_t share_of_name(struct slice name, uint32_t shares);

#endif
