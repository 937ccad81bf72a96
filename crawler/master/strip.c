#include "master/strip.h"

#define DOUBLINGS_MAX 40 /* 200,000 years */

int64_t strip_step_ms(const struct strip *strip)
{
	return (int64_t)STRIP_STEP_MS << strip->doublings;
}

static uint8_t sum_of(uint8_t first, uint8_t second)
{
	unsigned sum = (unsigned)first + second;

	return sum < UINT8_MAX ? (uint8_t)sum : UINT8_MAX;
}

static void add_pairs(struct strip *strip)
{
	for (int i = 0; i < STORE_STRIP_STEPS / 2; i++)
		strip->steps[i] = sum_of(strip->steps[2 * i], strip->steps[2 * i + 1]);
	for (int i = STORE_STRIP_STEPS / 2; i < STORE_STRIP_STEPS; i++)
		strip->steps[i] = 0;
	strip->doublings++;
}

void strip_stretch(struct strip *strip, int64_t at_ms)
{
	while (at_ms / strip_step_ms(strip) >= STORE_STRIP_STEPS &&
	       strip->doublings < DOUBLINGS_MAX)
		add_pairs(strip);
}

void strip_add(struct strip *strip, int64_t at_ms)
{
	int64_t step;

	strip_stretch(strip, at_ms);
	step = at_ms > 0 ? at_ms / strip_step_ms(strip) : 0;
	if (step >= STORE_STRIP_STEPS)
		step = STORE_STRIP_STEPS - 1;
	strip->steps[step] = sum_of(strip->steps[step], 1);
}
