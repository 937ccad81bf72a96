#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/frontier/intern.h"

static struct slice name_of(unsigned number, char out[16])
{
	return (struct slice){ out, (size_t)snprintf(out, 16, "n%u", number) };
}

static void a_text_is_found_by_its_number_and_back(void **state)
{
	struct intern *intern = intern_new();
	char text[16];

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(intern_add(intern, name_of(i, text)), i);
	assert_int_equal(intern_count(intern), 1000);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(intern_find(intern, name_of(i, text)), i);
		assert_true(slice_equal(intern_text(intern, i), name_of(i, text)));
	}
	intern_free(intern);
}

static void what_was_not_added_is_not_found(void **state)
{
	struct intern *intern = intern_new();

	(void)state;
	assert_int_equal(intern_find(intern, SLICE("a")), INTERN_NONE);
	intern_add(intern, SLICE("ab"));
	assert_int_equal(intern_find(intern, SLICE("a")), INTERN_NONE);
	assert_int_equal(intern_find(intern, SLICE("abc")), INTERN_NONE);
	assert_int_equal(intern_find(intern, SLICE("")), INTERN_NONE);
	intern_free(intern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_found_by_its_number_and_back),
		cmocka_unit_test(what_was_not_added_is_not_found),
	};

	return RUN_TESTS(tests);
}
