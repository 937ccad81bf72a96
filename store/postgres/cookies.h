#ifndef POSTGRES_COOKIES_H
#define POSTGRES_COOKIES_H

#include "store/postgres/internal.h"

/* cookies, as they are read: in the order in which each was first put. */
extern const char postgres_cookies_sql[];

/* Its texts are good until the next one is read. */
struct store_cookie postgres_cookie_of(const PGresult *result, int row);

#endif
