#ifndef SECRET_KEY_H
#define SECRET_KEY_H

#include <stdint.h>

/*
 * A number that nobody outside can guess: what strangers write is hashed with it, so that nothing
 * can be written that collides.
 */
uint64_t secret_key_new(void);

#endif
