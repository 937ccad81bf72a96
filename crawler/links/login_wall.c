#include "links/login_wall.h"

#include <string.h>

#include "parsers/text/ascii.h"

static struct slice without_query(struct slice url)
{
	const char *query = url.size > 0 ? memchr(url.at, '?', url.size) : NULL;

	return query ? (struct slice){ url.at, (size_t)(query - url.at) } : url;
}

/* The next "name=value" of a query, which then begins behind it; absent: there is none. */
static struct slice next_parameter(struct slice *query)
{
	struct slice rest = *query;
	size_t size = 0;

	while (rest.size > 0 && strchr("?&", *rest.at))
		rest = (struct slice){ rest.at + 1, rest.size - 1 };
	while (size < rest.size && rest.at[size] != '&')
		size++;
	*query = (struct slice){ rest.at + size, rest.size - size };
	return (struct slice){ size > 0 ? rest.at : NULL, size };
}

static bool has_parameter(struct slice query, struct slice wanted)
{
	for (struct slice one; (one = next_parameter(&query)).at;)
		if (slice_equal(one, wanted))
			return true;
	return false;
}

/* "/index.php?action=login": is it the file that has all pages of a site, told by their query? */
static bool is_for_all(struct slice page)
{
	static const char *const names[] = { "index.", "default.", "doku.", "main." };
	const char *slash = memrchr(page.at, '/', page.size);
	struct slice file = { slash + 1, (size_t)(page.at + page.size - slash) - 1 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ascii_starts_with(file, slice_of(names[i])))
			return true;
	return false;
}

bool login_wall_is(struct slice login, struct slice url)
{
	struct slice page = without_query(login);
	struct slice query = { page.at + page.size, login.size - page.size };
	struct slice other = without_query(url);

	if (!slice_equal(page, other))
		return false;
	if (query.size <= 1 || !is_for_all(page))
		return true;
	other = (struct slice){ url.at + other.size, url.size - other.size };
	for (struct slice one; (one = next_parameter(&query)).at;)
		if (has_parameter(other, one))
			return true;
	return false;
}
