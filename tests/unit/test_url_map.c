#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/frontier/url_map.h"

static void a_url_has_its_number_until_it_is_taken(void **state)
{
	enum { COUNT = 1000 };
	struct url_map *map = url_map_new(1);
	char text[32];

	(void)state;
	for (uint32_t number = 1; number <= COUNT; number++) {
		snprintf(text, sizeof(text), "http://h%u/", (unsigned)number);
		assert_int_equal(url_map_find(map, slice_of(text)), 0);
		url_map_put(map, slice_of(text), number);
	}
	for (uint32_t number = 1; number <= COUNT; number++) {
		snprintf(text, sizeof(text), "http://h%u/", (unsigned)number);
		assert_int_equal(url_map_find(map, slice_of(text)), number);
		assert_int_equal(url_map_take(map, slice_of(text)), number);
		assert_int_equal(url_map_take(map, slice_of(text)), 0);
	}
	url_map_free(map);
	url_map_free(NULL);
}

static void a_new_number_takes_the_place_of_the_old(void **state)
{
	struct url_map *map = url_map_new(1);

	(void)state;
	url_map_put(map, SLICE("http://h/"), 5);
	url_map_put(map, SLICE("http://h/"), 6);
	assert_int_equal(url_map_find(map, SLICE("http://h/")), 6);
	assert_int_equal(url_map_take(map, SLICE("http://h/")), 6);
	url_map_put(map, SLICE("http://h/"), 7);
	assert_int_equal(url_map_find(map, SLICE("http://h/")), 7);
	url_map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_has_its_number_until_it_is_taken),
		cmocka_unit_test(a_new_number_takes_the_place_of_the_old),
	};

	return RUN_TESTS(tests);
}
