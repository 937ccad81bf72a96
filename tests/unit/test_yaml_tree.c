#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/config/yaml_tree.h"

static char said[8192];

static const struct yaml_node *read_tree(struct source *source, struct arena *arena)
{
	struct complaints complaints = { .out = fmemopen(said, sizeof(said), "w") };
	const struct yaml_node *root = yaml_tree_read(source, arena, &complaints);

	fclose(complaints.out);
	assert_int_equal(root == NULL, complaints.errors > 0);
	return root;
}

static void a_tree_keeps_order_kinds_and_places(void **state)
{
	struct source source = { "t", SLICE("b: [x, 'y']\na:\n  c: |-\n    z\nd:\n") };
	struct arena arena = { 0 };
	const struct yaml_node *root = read_tree(&source, &arena), *list, *map;

	(void)state;
	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->count, 3);
	list = root->first;
	assert_string_equal(list->key->text, "b");
	assert_int_equal(list->kind, YAML_LIST);
	assert_int_equal(list->count, 2);
	assert_int_equal(list->offset, 3);
	assert_string_equal(list->first->next->text, "y");
	assert_int_equal(list->first->next->style, YAML_SINGLE_QUOTED);
	assert_int_equal(list->first->next->offset, 7);
	assert_null(list->first->key);
	map = list->next;
	assert_ptr_equal(yaml_child(root, "a"), map);
	assert_string_equal(map->first->text, "z");
	assert_int_equal(map->first->style, YAML_LITERAL);
	assert_int_equal(source.text.at[map->first->offset], '|');
	assert_string_equal(yaml_child(root, "d")->text, "");
	assert_null(yaml_child(root, "e"));
	assert_null(yaml_child(list, "x"));
	arena_free(&arena);
}

static void every_scalar_is_text(void **state)
{
	struct source source = { "t", SLICE("[no, null, ~, 1, 1.0, 0x1F, 2024-01-01, true]") };
	struct arena arena = { 0 };
	const struct yaml_node *root = read_tree(&source, &arena);

	(void)state;
	assert_string_equal(root->first->text, "no");
	for (const struct yaml_node *child = root->first; child; child = child->next) {
		assert_int_equal(child->kind, YAML_TEXT);
		assert_memory_equal(source.text.at + child->offset, child->text, child->size);
	}
	arena_free(&arena);
}

static void depth_is_bounded_at_its_limit(void **state)
{
	(void)state;
	for (size_t depth = 1; depth < 2 * YAML_DEPTH_MAX; depth++) {
		char text[4 * YAML_DEPTH_MAX + 1] = "";
		struct source source = { "t", { text, 2 * depth } };
		struct arena arena = { 0 };
		const struct yaml_node *root;

		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		root = read_tree(&source, &arena);
		assert_int_equal(root != NULL, depth <= YAML_DEPTH_MAX);
		arena_free(&arena);
	}
}

/* The value of "v" in a text, and that each of its bytes is found where it was written. */
static void assert_every_byte_is_found(const char *text)
{
	struct source source = { "t", slice_of(text) };
	struct arena arena = { 0 };
	const struct yaml_node *root = read_tree(&source, &arena), *node = yaml_child(root, "v");

	assert_non_null(node);
	for (size_t i = 0; i < node->size; i++) {
		size_t at = yaml_locate(&source, node, i);

		if (node->text[i] == '\n' || node->text[i] == ' ')
			continue; /* may be folded */
		if (at >= source.text.size || text[at] != node->text[i])
			fail_msg("byte %zu, '%c', of\n%s\nfound at %zu", i, node->text[i], text,
				 at);
	}
	arena_free(&arena);
}

static void every_byte_of_a_value_is_found_again(void **state)
{
	static const char *const texts[] = {
		"v: plain text",
		"v: plain\n  text\n\n\n  of lines   \n  and more",
		"v: 'it''s quoted '' ''''x'''",
		"v: 'of  \n   lines\n\n   ''and'' more'",
		"v: \"of  \n   lines\n\n   and more\"",
		"v: \"with \\\n   an escaped \\\n\n\n   break\"",
		"v: |-\n  literal\n    deeper\n\n  again  \n",
		"v: |\n  kept\n  break\n",
		"v: |+\n  kept\n\n\n",
		"v: |2-\n    deeper at first\n  then not\n",
		"v: |-   # comment\n\n\n     far in\n     too\nw: 1\n",
		"v:\n  |-\n  x\n",
		"v: >-\n  folded\n  lines\n\n  and more\n",
		"v: >\n\n  folded\n    deeper\n    lines\n  again\n",
		"v: >2-\n    deeper at first\n  then not\n",
		"\xEF\xBB\xBFv: 主演\n",
		"主: 演\nv: '主''演' # 主\n",
		"v: |-\r\n  a\r\n  b\r\n",
		"v: 'a\r\n  b'\r\n",
		"v: |-\r  a\r  b\r",
		"{v: a b, w: c}",
		"? v\n: value",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_every_byte_is_found(texts[i]);
}

static void escapes_are_stepped_over_whole(void **state)
{
	static const char text[] = "v: \"\\n\\x41\\u00e9\\u4e2d\\U0001F600\\t\\\"z\"";
	/* offset of each escape in the source, once for every byte of its character */
	static const size_t places[] = { 4, 6, 10, 10, 16, 16, 16, 22, 22, 22, 22, 32, 34, 36, 37 };
	struct source source = { "t", SLICE(text) };
	struct arena arena = { 0 };
	const struct yaml_node *node = yaml_child(read_tree(&source, &arena), "v");

	(void)state;
	assert_int_equal(node->size, 14);
	for (size_t i = 0; i <= node->size; i++)
		assert_int_equal(yaml_locate(&source, node, i), places[i]);
	assert_int_equal(yaml_locate(&source, node, 99), 37);
	arena_free(&arena);
}

/* YAML breaks lines at U+2028, editors do not: the way back is lost, and the beginning shown. */
static void a_lost_way_leads_to_the_beginning(void **state)
{
	struct source source = { "t", SLICE("v: |-\n  a\u2028  b\n  c\n") };
	struct arena arena = { 0 };
	const struct yaml_node *node = yaml_child(read_tree(&source, &arena), "v");

	(void)state;
	assert_int_equal(yaml_locate(&source, node, node->size), node->offset);
	arena_free(&arena);
}

static void an_arena_gives_zeroed_aligned_memory(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t size = 1; size < 100000; size = size * 3 / 2 + 1) {
		unsigned char *memory = arena_alloc(&arena, size, 1);

		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xFF, size);
	}
	assert_non_null(arena_alloc(&arena, 0, 8));
	assert_string_equal(arena_print(&arena, "%s-%d", "a", 7), "a-7");
	assert_string_equal(arena_copy(&arena, (struct slice){ "abc", 2 }), "ab");
	arena_free(&arena);
	assert_null(arena.scratch.newest);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_keeps_order_kinds_and_places),
		cmocka_unit_test(every_scalar_is_text),
		cmocka_unit_test(depth_is_bounded_at_its_limit),
		cmocka_unit_test(every_byte_of_a_value_is_found_again),
		cmocka_unit_test(escapes_are_stepped_over_whole),
		cmocka_unit_test(a_lost_way_leads_to_the_beginning),
		cmocka_unit_test(an_arena_gives_zeroed_aligned_memory),
	};

	return RUN_TESTS(tests);
}
