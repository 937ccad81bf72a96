#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/show/log.h"
#include "crawler/show/paragraph.h"

#define WORD "0123456789012345678" /* 19 columns */

static void parts_stand_on_one_line_while_there_is_room(void **state)
{
	struct paragraph line = { .size = 0 };

	(void)state;
	paragraph_add(&line, ", ", "%s", WORD);
	paragraph_add(&line, ", ", "%s", WORD);
	paragraph_add(&line, ", ", "%s", WORD);
	paragraph_add(&line, " ", "%s", WORD + 2); /* 79 columns it is, and a comma */
	assert_string_equal(line.text, WORD ", " WORD ", " WORD " 23456789012345678");
	paragraph_add(&line, ", ", "y");
	assert_string_equal(line.text, WORD ", " WORD ", " WORD " 23456789012345678"
					    ",\n    y");
}

/* Nobody knows yet whether another part comes. */
static void there_is_room_for_the_comma_of_the_next_part(void **state)
{
	struct paragraph line = { .size = 0 };

	(void)state;
	paragraph_add(&line, ", ", "%s", WORD);
	paragraph_add(&line, ", ", "%s", WORD);
	paragraph_add(&line, ", ", "%s", WORD);
	paragraph_add(&line, " ", "%s", WORD + 1);
	paragraph_add(&line, ", ", "y");
	assert_string_equal(line.text, WORD ", " WORD ", " WORD "\n    123456789012345678, y");
}

/* What is too wide for any line has one of its own. */
static void a_part_is_never_broken(void **state)
{
	struct paragraph line = { .size = 0 };
	char wide[201];

	(void)state;
	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	paragraph_add(&line, "", "a");
	paragraph_add(&line, " ", "%s", wide);
	paragraph_add(&line, " ", "b");
	assert_int_equal(line.size, 1 + 5 + 200 + 5 + 1);
	assert_string_equal(line.text + line.size - 6, "\n    b");
}

static void widths_are_those_of_a_terminal(void **state)
{
	struct paragraph line = { .size = 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		paragraph_add(&line, " ", "霸王别姬"); /* 8 columns */
	assert_int_equal(strchr(line.text, '\n') - line.text, 8 * 12 + 7);
}

static void in_json_a_message_is_one_line(void **state)
{
	struct paragraph line = { .size = 0 };

	(void)state;
	log_begin(LOG_NORMAL, true);
	for (int i = 0; i < 10; i++)
		paragraph_add(&line, ", ", "%s", WORD);
	log_begin(LOG_NORMAL, false);
	assert_null(strchr(line.text, '\n'));
}

static void what_has_no_room_is_left_out(void **state)
{
	struct paragraph line = { .size = 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		paragraph_add(&line, ", ", "%s", WORD);
	assert_true(line.size < sizeof(line.text));
	assert_int_equal(strlen(line.text), line.size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_stand_on_one_line_while_there_is_room),
		cmocka_unit_test(there_is_room_for_the_comma_of_the_next_part),
		cmocka_unit_test(a_part_is_never_broken),
		cmocka_unit_test(widths_are_those_of_a_terminal),
		cmocka_unit_test(in_json_a_message_is_one_line),
		cmocka_unit_test(what_has_no_room_is_left_out),
	};

	return RUN_TESTS(tests);
}
