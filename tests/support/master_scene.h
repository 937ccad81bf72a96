#ifndef MASTER_SCENE_H
#define MASTER_SCENE_H

#include "crawler/config/config.h"
#include "crawler/master/master.h"
#include "tests/support/stand_in.h"

/*
 * master_scene: what a master stands on in a test: a folder with its config and its files, stores
 * in memory, a pool of one worker that stands in.
 */

/* Of each test, before and after. */
int master_scene_begin(void **state);
int master_scene_end(void **state);

/* A store that nobody has used, in memory or in a file; the caller frees its name. */
char *master_scene_where(bool is_memory);

/* A config of quick crawls, whose text this is, for the caller to free.  Films are a pattern. */
struct config *master_scene_config(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define MASTER_SCENE_FILMS                            \
	"patterns:\n"                                 \
	"  - name: films\n"                           \
	"    url: '/(film|moved)'\n"                  \
	"    pattern: '<b>(\\d+)</b> <i>(.*?)</i>'\n" \
	"    fields:\n"                               \
	"      rank: {group: 1, type: integer}\n"     \
	"      title: {group: 2}\n"

/* Its worker serves what stands in. */
struct pool *master_scene_pool(struct stand_in *stand_in, struct loop *loop,
			       void (*on_exit)(void *context, const struct pool_exit *end));

/* As master_add_seed() says. */
int master_scene_seed(struct master *master, const char *url);

/* The run that every master begins. */
extern const struct store_run master_scene_run;

/* The first line of a dump that is not what is expected is shown, behind whose it is. */
void master_scene_assert_dump(const char *dump, const char *expected, const char *whose);

#endif
