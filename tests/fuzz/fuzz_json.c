/* A path, NUL, a document in which it is walked. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/json.h"
#include "parsers/pattern/json_path.h"
#include "parsers/pattern/json_read.h"
#include "parsers/pattern/json_walk.h"

#define NODES_MAX 10000

static void walk(struct json_path *path, const struct json_document *document)
{
	struct json_walk walk;
	uint32_t node;

	budget_begin(1000); /* without one nothing is filtered */
	json_walk_init(&walk, path, 100000);
	json_walk_begin(&walk, document, 0);
	for (int i = 0; i < NODES_MAX && json_walk_next(&walk, &node); i++)
		FUZZ_ASSERT(node < document->count);
	json_walk_free(&walk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = fuzz_input(data, size), word = fuzz_word(&input);
	struct json_document document = { 0 };
	struct scratch scratch = { 0 };
	struct json_path_error error;
	struct json_path path;
	char *text = calloc(1, word.size + 1);

	memcpy(text, word.at, word.size);
	json_is_valid(input);
	if (json_path_compile(&path, text, 1000, &error)) {
		if (json_read(&document, input, 0, &scratch) == JSON_READ)
			walk(&path, &document);
		json_path_free(&path);
	} else {
		FUZZ_ASSERT(error.offset <= word.size);
	}
	scratch_free(&scratch);
	free(text);
	return 0;
}
