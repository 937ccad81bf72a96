#include "tests/test.h"

#include <stdio.h>

#include "crawler/names.h"

static struct slice name_of(unsigned number, char out[16])
{
	return (struct slice){ out, (size_t)snprintf(out, 16, "n%u", number) };
}

static void a_text_is_found_by_its_number_and_back(void **state)
{
	struct names *names = names_new();
	char text[16];

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(names_add(names, name_of(i, text)), i);
	assert_int_equal(names_count(names), 1000);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(names_find(names, name_of(i, text)), i);
		assert_true(slice_equal(names_text(names, i), name_of(i, text)));
	}
	names_free(names);
}

static void what_was_not_added_is_not_found(void **state)
{
	struct names *names = names_new();

	(void)state;
	assert_int_equal(names_find(names, SLICE("a")), NAMES_NONE);
	names_add(names, SLICE("ab"));
	assert_int_equal(names_find(names, SLICE("a")), NAMES_NONE);
	assert_int_equal(names_find(names, SLICE("abc")), NAMES_NONE);
	assert_int_equal(names_find(names, SLICE("")), NAMES_NONE);
	names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_found_by_its_number_and_back),
		cmocka_unit_test(what_was_not_added_is_not_found),
	};

	return RUN_TESTS(tests);
}
