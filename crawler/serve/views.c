#include "serve/views.h"

#include <string.h>

#include "serve/assets.h"

/* One that ends with '/' has whatever is below it. */
static const struct {
	const char *path;
	view_function *show;
} views[] = {
	{ "/metrics", view_metrics },
	{ "/rows", view_rows },
	{ "/rows/", view_rows },
	{ "/urls", view_urls },
	{ "/why", view_why },
};

#define VIEW_COUNT (sizeof(views) / sizeof(views[0]))

view_function *view_find(const char *path, const char **rest)
{
	for (size_t i = 0; i < VIEW_COUNT; i++) {
		size_t size = strlen(views[i].path);
		bool is_folder = views[i].path[size - 1] == '/';

		if (strncmp(path, views[i].path, size) != 0 || (!is_folder && path[size] != '\0'))
			continue;
		*rest = path + size;
		return views[i].show;
	}
	return NULL;
}

bool view_is_known(const char *path)
{
	const char *rest;

	return strcmp(path, "/") == 0 || strcmp(path, "/events") == 0 ||
	       strcmp(path, "/matched") == 0 || asset_find(path).path || view_find(path, &rest);
}
