#include "tests/support/test.h"

#include <string.h>

#include "crawler/commands/list_kind.h"

/* clang-format off */
#define BYTES(text) { text, sizeof(text) - 1 } /* may hold NULs */
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TAR_MAGIC_AT 257

static const struct {
	struct slice bytes;
	enum list_coding coding;
	const char *refusal; /* a part of it; NULL: it may be a list */
} rows[] = {
	/* lists, whatever is wrong in them */
	{ BYTES(""), LIST_PLAIN, NULL },
	{ BYTES("\n"), LIST_PLAIN, NULL },
	{ BYTES("http://h/\n"), LIST_PLAIN, NULL },
	{ BYTES("\xEF\xBB\xBFhttp://h/\r\n"), LIST_PLAIN, NULL },
	{ BYTES("http://h/\xC3\xA9\n"), LIST_PLAIN, NULL },
	{ BYTES("http://h/\xD6\xD0\xCE\xC4\xD6\xD0\xCE\xC4\n"), LIST_PLAIN, NULL }, /* GBK */
	{ BYTES("http://h/\033$BF|K\\8l\033(B\n"), LIST_PLAIN, NULL }, /* ISO-2022-JP */
	{ BYTES("http://h/pa\0ge\nhttp://h/\n"), LIST_PLAIN, NULL },
	{ BYTES("\x01\n"), LIST_PLAIN, NULL },
	{ BYTES("<?xml version=\"1.0\"?>\n"), LIST_PLAIN, NULL },
	{ BYTES("\x1F"), LIST_PLAIN, NULL },
	{ BYTES("PK"), LIST_PLAIN, NULL },
	/* compressed: to be undone; what is still compressed then is refused */
	{ BYTES("\x1F\x8B\x08\0"), LIST_GZIP, "compressed twice" },
	{ BYTES("\x28\xB5\x2F\xFD\x04"), LIST_ZSTD, "compressed twice" },
	{ BYTES("\x50\x2A\x4D\x18\x04\0\0\0"), LIST_ZSTD, "compressed twice" },
	{ BYTES("\x5F\x2A\x4D\x18\x04\0\0\0"), LIST_ZSTD, "compressed twice" },
	{ BYTES("\x60\x2A\x4D\x18\x04\0\0\0"), LIST_PLAIN, "is not text" },
	{ BYTES("\xFD"
		"7zXZ\0\0\x04"),
	  LIST_PLAIN, "xzcat" },
	{ BYTES("BZh91AY&SY\x12\x34"), LIST_PLAIN, "bzcat" },
	{ BYTES("\x04\x22\x4D\x18\x64"), LIST_PLAIN, "lz4cat" },
	{ BYTES("\x1F\x9D\x90"), LIST_PLAIN, "zcat" },
	/* other charsets */
	{ BYTES("\xFF\xFEh\0t\0t\0p\0"), LIST_PLAIN, "iconv -f UTF-16 -t UTF-8" },
	{ BYTES("\xFE\xFF\0h\0t\0t\0p"), LIST_PLAIN, "iconv -f UTF-16 -t UTF-8" },
	{ BYTES("\xFF\xFE\0\0h\0\0\0"), LIST_PLAIN, "iconv -f UTF-32 -t UTF-8" },
	{ BYTES("\0\0\xFE\xFF\0\0\0h"), LIST_PLAIN, "iconv -f UTF-32 -t UTF-8" },
	{ BYTES("h\0t\0t\0p\0:\0/\0/\0h\0/\0\n\0"), LIST_PLAIN, "iconv -f UTF-16LE" },
	{ BYTES("\0h\0t\0t\0p\0:\0/\0/\0h\0/\0\n"), LIST_PLAIN, "iconv -f UTF-16BE" },
	/* what lies beside a list */
	{ BYTES("%PDF-1.7\n"), LIST_PLAIN, "is a PDF" },
	{ BYTES("SQLite format 3\0\x10\0\x01\x01"), LIST_PLAIN, "is a SQLite database" },
	{ BYTES("PK\x03\x04\x14\0"), LIST_PLAIN, "is a zip archive" },
	{ BYTES("PK\x05\x06\0\0"), LIST_PLAIN, "zip archive" },
	{ BYTES("7z\xBC\xAF\x27\x1C\0\x04"), LIST_PLAIN, "is a 7-Zip archive" },
	{ BYTES("Rar!\x1A\x07\x01\0"), LIST_PLAIN, "is a RAR archive" },
	{ BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), LIST_PLAIN, "document of Office" },
	{ BYTES("{\\rtf1\\ansi"), LIST_PLAIN, "RTF" },
	{ BYTES("PAR1\x15\0"), LIST_PLAIN, "Parquet" },
	{ BYTES("\x7F"
		"ELF\x02\x01"),
	  LIST_PLAIN, "is a program" },
	{ BYTES("\x89PNG\r\n\x1A\n"), LIST_PLAIN, "is a picture" },
	{ BYTES("GIF89a"), LIST_PLAIN, "is a picture" },
	{ BYTES("\xFF\xD8\xFF\xE0"), LIST_PLAIN, "is a picture" },
	/* nothing known */
	{ BYTES("\0\0\0\0\0\0\0\0"), LIST_PLAIN, "is not text" },
	{ BYTES("a\x01\x02\x03\x04\x05\x06z\n"), LIST_PLAIN, "is not text" },
};

static void every_kind_of_the_table_is_known_by_its_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *refusal = list_refusal(rows[i].bytes);

		assert_int_equal(list_coding_of(rows[i].bytes), rows[i].coding);
		if (!rows[i].refusal)
			assert_null(refusal);
		else if (!refusal || !strstr(refusal, rows[i].refusal))
			fail_msg("row %zu: %s", i, refusal ? refusal : "may be a list");
	}
}

static void a_tar_archive_is_known_by_what_stands_behind_its_first_name(void **state)
{
	char tar[512] = "urls.txt";

	(void)state;
	memcpy(tar + TAR_MAGIC_AT, "ustar", 5);
	assert_non_null(strstr(list_refusal((struct slice){ tar, sizeof(tar) }), "is a tar"));
	assert_non_null(strstr(list_refusal((struct slice){ tar, TAR_MAGIC_AT + 4 }), "not text"));
}

/* Data without a pattern, of a generator that is the same everywhere. */
static void what_is_compressed_in_an_unknown_way_is_no_text(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 200; seed++) {
		uint32_t number = seed * 2654435761u;
		char bytes[LIST_KIND_BYTES];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			number = number * 1664525u + 1013904223u;
			bytes[i] = (char)(number >> 24);
		}
		assert_non_null(list_refusal((struct slice){ bytes, sizeof(bytes) }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_the_table_is_known_by_its_bytes),
		cmocka_unit_test(a_tar_archive_is_known_by_what_stands_behind_its_first_name),
		cmocka_unit_test(what_is_compressed_in_an_unknown_way_is_no_text),
	};

	return RUN_TESTS(tests);
}
