#include "store/backend.h"

#include <time.h>

#define DAY_MS       INT64_C(86400000)
#define YEAR_9999_MS INT64_C(253402300799999)

static void put_digits(char *at, int count, int64_t number)
{
	while (count-- > 0) {
		at[count] = (char)('0' + number % 10);
		number /= 10;
	}
}

/*
 * Days since 1970 to a date, in years that begin in March so that the leap day is the
 * last one.  gmtime would do, at ten times the cost and with the time zone's lock.
 */
static void put_date(char *at, int64_t days)
{
	int64_t since_0000 = days + 719468;
	int64_t era = since_0000 / 146097; /* of 400 years */
	int64_t day = since_0000 % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* from March, 0 to 11 */

	put_digits(at + 8, 2, day_of_year - (153 * month + 2) / 5 + 1);
	put_digits(at + 5, 2, month < 10 ? month + 3 : month - 9);
	put_digits(at, 4, era * 400 + year + (month >= 10));
}

void store_time_text(int64_t unix_ms, char text[STORE_TIME_SIZE])
{
	static const char shape[STORE_TIME_SIZE] = "0000-00-00T00:00:00.000Z";
	int64_t ms;

	for (int i = 0; i < STORE_TIME_SIZE; i++)
		text[i] = shape[i];
	if (unix_ms < 0)
		unix_ms = 0;
	if (unix_ms > YEAR_9999_MS)
		unix_ms = YEAR_9999_MS;
	ms = unix_ms % DAY_MS;

	put_date(text, unix_ms / DAY_MS);
	put_digits(text + 11, 2, ms / 3600000);
	put_digits(text + 14, 2, ms / 60000 % 60);
	put_digits(text + 17, 2, ms / 1000 % 60);
	put_digits(text + 20, 3, ms % 1000);
}

int64_t store_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
