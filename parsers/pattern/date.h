#ifndef DATE_H
#define DATE_H

#include "parsers/text/scratch.h"

/*
 * date: a date as people write it, written back as ISO 8601, in the zone it was written in.
 *
 *	2019-05-01  2019/5/1  2019.5.1  2019年5月1日  20190501	2019-05-01
 *	2019-05  2019年5月  2019					2019-05, 2019
 *	1 May 2019  Wed, 1 May 2019  May 1, 2019			2019-05-01
 *	31.12.2019  1. 5. 2019 (no country begins with the month here)	2019-12-31, 2019-05-01
 *	1/5/2019  01-05-2019, where an order is said			2019-05-01, 2019-01-05
 *    and, behind a whole day and T or white space, a time:
 *	10:00  10:00:30  10:00:30.5  10:00Z  10:00 GMT  10:00+0800	T10:00+08:00
 */

/* How slashes and hyphens are ordered, where the year comes last. */
enum date_order { DATE_NO_ORDER, DATE_DAY_FIRST, DATE_MONTH_FIRST };

/*
 * Text, without white space around it, as ISO 8601 in scratch.
 * Returns false if it is no date that exists (*iso is then untouched).
 */
bool date_convert(struct slice text, enum date_order order, struct slice *iso,
		  struct scratch *scratch);

#endif
