#include "report/drift.h"

#include <math.h>

double drift_part(const struct drift_share *share)
{
	return share->of > 0 ? (double)share->good / (double)share->of : 0;
}

struct drift_share drift_sum(const struct drift_share shares[], size_t count)
{
	struct drift_share sum = { 0 };

	for (size_t i = 0; i < count; i++) {
		sum.pages += shares[i].pages;
		sum.good += shares[i].good;
		sum.of += shares[i].of;
	}
	return sum;
}

/* Of a share that so many pages tell, by chance alone. */
static double deviation_of(const struct drift_share *share)
{
	double part = drift_part(share);

	return sqrt(part * (1 - part) / (double)share->pages);
}

/* How much runs differ, whatever it is for. */
static double deviation_between(const struct drift_share shares[], size_t count)
{
	double mean = 0, squares = 0;

	if (count < DRIFT_BETWEEN_RUNS)
		return 0;
	for (size_t i = 0; i < count; i++)
		mean += drift_part(&shares[i]) / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (drift_part(&shares[i]) - mean) * (drift_part(&shares[i]) - mean);
	return sqrt(squares / (double)(count - 1));
}

enum drift_verdict drift_judge(const struct drift_share *now, const struct drift_share before[],
			       size_t count, double points)
{
	struct drift_share sum = drift_sum(before, count);
	double fall = drift_part(&sum) - drift_part(now), deviation;

	if (now->pages < DRIFT_PAGES_LEAST || sum.pages < DRIFT_PAGES_LEAST || now->of == 0 ||
	    sum.of == 0)
		return DRIFT_UNKNOWN;
	deviation = fmax(deviation_of(now), deviation_of(&sum));
	deviation = fmax(deviation, deviation_between(before, count));
	/* A fall of 2 points is one: 1 - 0.98 is a little less in binary. */
	return fall > 0 && fall * 100 >= points - 1e-9 &&
			       fall >= DRIFT_DEVIATIONS * deviation - 1e-12
		       ? DRIFT_WORSE
		       : DRIFT_NONE;
}
