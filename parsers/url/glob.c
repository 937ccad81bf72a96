#include "parsers/url/glob.h"

/* Backtracking only to the last '*'. */
bool glob_matches(const char *glob, struct slice text)
{
	const char *star = NULL;
	size_t at = 0, star_at = 0;

	while (at < text.size) {
		if (*glob == '*') {
			star = ++glob;
			star_at = at;
		} else if (*glob && (*glob == '?' || *glob == text.at[at])) {
			glob++;
			at++;
		} else if (star) {
			glob = star;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}
