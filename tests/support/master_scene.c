#include "tests/support/test.h"

#include "tests/support/master_scene.h"

#include <stdio.h>
#include <string.h>

#include "crawler/config/config_load.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_folder.h"

static struct test_folder folder;

const struct store_run master_scene_run = {
	.command_line = "crawl",
	.versions = "crawl 0",
	.config_hash = 0xc0ffee,
};

int master_scene_begin(void **state)
{
	(void)state;
	test_folder_enter(&folder);
	memory_store_use();
	memory_store_forget_all();
	return 0;
}

int master_scene_end(void **state)
{
	(void)state;
	assert_string_equal(memory_store_complaint_lines(), "");
	memory_store_forget_all();
	return test_folder_leave(&folder);
}

char *master_scene_where(bool is_memory)
{
	static unsigned count;
	char *where;

	if (asprintf(&where, is_memory ? "memory://%u" : "%u.db", ++count) < 0)
		abort();
	return where;
}

struct config *master_scene_config(const char *format, ...)
{
	static const char *const path = "crawl.yaml";
	const struct config_sources sources = { .paths = &path, .path_count = 1 };
	FILE *file = fopen(path, "w");
	struct config *config;
	va_list arguments;

	assert_non_null(file);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fclose(file);
	config = config_load(&sources, stderr);
	assert_non_null(config);
	config->settings.workers = 1;
	config->settings.window = 4;
	config->settings.delay_ms = 0;
	config->settings.redirects = 5;
	config->settings.retry_wait_ms = 1;
	config->settings.host_failures = 0;
	config->settings.sitemaps = false;
	return config;
}

struct pool *master_scene_pool(struct stand_in *stand_in, struct loop *loop,
			       void (*on_exit)(void *context, const struct pool_exit *end))
{
	const struct pool_options options = {
		.workers = 1,
		.window = 4,
		.slot_bytes = 1024 * 1024,
		.loop = loop,
		.serve = stand_in_serve,
		.on_exit = on_exit,
		.context = stand_in,
	};
	struct pool *pool = pool_new(&options);

	assert_non_null(pool);
	return pool;
}

int master_scene_seed(struct master *master, const char *text)
{
	struct url url;

	assert_int_equal(url_parse(&url, slice_of(text)), URL_OK);
	return master_add_seed(master, &(struct seeds_line){ .url = &url });
}

void master_scene_assert_dump(const char *dump, const char *expected, const char *whose)
{
	size_t same = 0, line = 0;

	for (; dump[same] && dump[same] == expected[same]; same++)
		line = dump[same] == '\n' ? same + 1 : line;
	if (dump[same] != expected[same])
		fail_msg("%s%.*s, where there should be\n%.*s", whose,
			 (int)strcspn(dump + line, "\n"), dump + line,
			 (int)strcspn(expected + line, "\n"), expected + line);
}
