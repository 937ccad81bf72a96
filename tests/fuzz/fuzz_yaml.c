/* A config file: every node's text is where it is said to stand. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

#include "base/arena.h"
#include "config/yaml_tree.h"
#include "show/complaint.h"

static void check(const struct source *source, const struct yaml_node *node)
{
	FUZZ_ASSERT(node->offset <= source->text.size);
	if (node->kind == YAML_TEXT)
		FUZZ_ASSERT(yaml_locate(source, node, node->size / 2) <= source->text.size);
	for (const struct yaml_node *child = node->first; child; child = child->next)
		check(source, child);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct source source = { "fuzz.yaml", fuzz_input(data, size) };
	struct arena arena = { .scratch = { 0 } };
	struct complaints complaints = { .out = nowhere ? nowhere
							: (nowhere = fopen("/dev/null", "w")) };
	const struct yaml_node *root = yaml_tree_read(&source, &arena, &complaints);

	FUZZ_ASSERT(root || complaints.errors > 0);
	if (root)
		check(&source, root);
	arena_free(&arena);
	return 0;
}
