#include "base/secret_key.h"

#include <sys/random.h>

#include "base/clock.h"

uint64_t secret_key_new(void)
{
	uint64_t key = 0;

	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		key = (uint64_t)clock_date_ms();
	return key;
}
