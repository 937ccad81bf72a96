#include "show/human.h"

#include <stdio.h>

const char *human_size(uint64_t bytes, char out[HUMAN_SIZE_MAX])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes;
	int unit = 0;

	while (value >= 999.5 && unit < 6) {
		value /= 1000;
		unit++;
	}
	snprintf(out, HUMAN_SIZE_MAX, "%.*f %s", unit > 0 && value < 9.95 ? 1 : 0, value,
		 units[unit]);
	return out;
}

const char *human_duration(int64_t ms, char out[HUMAN_DURATION_MAX])
{
	long long seconds = (long long)(ms / 1000);

	if (ms < 10000)
		snprintf(out, HUMAN_DURATION_MAX, "%.1f s", (double)ms / 1000);
	else if (seconds < 60)
		snprintf(out, HUMAN_DURATION_MAX, "%lld s", seconds);
	else if (seconds < 3600)
		snprintf(out, HUMAN_DURATION_MAX, "%lld min %02lld s", seconds / 60, seconds % 60);
	else
		snprintf(out, HUMAN_DURATION_MAX, "%lld h %02lld min", seconds / 3600,
			 seconds / 60 % 60);
	return out;
}

const char *human_wait(int64_t ms, char out[HUMAN_DURATION_MAX])
{
	long long seconds = (long long)(ms / 1000), minutes = seconds / 60, hours = minutes / 60;

	if (minutes == 0)
		snprintf(out, HUMAN_DURATION_MAX, "%lld s", seconds);
	else if (hours == 0)
		snprintf(out, HUMAN_DURATION_MAX, "%lld min", minutes);
	else if (hours < 48)
		snprintf(out, HUMAN_DURATION_MAX, "%lld h %02lld min", hours, minutes % 60);
	else
		snprintf(out, HUMAN_DURATION_MAX, "%lld d %02lld h", hours / 24, hours % 24);
	return out;
}

const char *human_exact(int64_t ms, char out[HUMAN_DURATION_MAX])
{
	if (ms % 1000 != 0)
		snprintf(out, HUMAN_DURATION_MAX, "%lld ms", (long long)ms);
	else if (ms == 0 || ms % 60000 != 0)
		snprintf(out, HUMAN_DURATION_MAX, "%lld s", (long long)ms / 1000);
	else
		snprintf(out, HUMAN_DURATION_MAX, "%lld min", (long long)ms / 60000);
	return out;
}

const char *human_count(uint64_t count, char out[HUMAN_COUNT_MAX])
{
	char digits[HUMAN_COUNT_MAX];
	size_t size = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	char *end = out;

	for (size_t i = 0; i < size; i++) {
		if (i > 0 && (size - i) % 3 == 0)
			*end++ = ',';
		*end++ = digits[i];
	}
	*end = '\0';
	return out;
}

struct counted counted(uint64_t count, const char *noun)
{
	struct counted result;

	snprintf(result.text, sizeof(result.text), "%llu %s%s", (unsigned long long)count, noun,
		 count == 1 ? "" : "s");
	return result;
}
