#include "parsers/url/path_parameter.h"

#include <string.h>

bool path_parameter_next(const char **at, const char *end, struct path_parameter *parameter)
{
	const char *begin = memchr(*at, ';', (size_t)(end - *at)), *stop, *name_end = NULL;

	if (!begin)
		return false;
	for (stop = begin + 1; stop < end && *stop != ';' && *stop != '/'; stop++)
		if (*stop == '=' && !name_end)
			name_end = stop;
	if (!name_end)
		name_end = stop;
	parameter->text = (struct slice){ begin, (size_t)(stop - begin) };
	parameter->name = (struct slice){ begin + 1, (size_t)(name_end - begin - 1) };
	*at = stop;
	return true;
}
