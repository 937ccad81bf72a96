#include "commands/list_kind.h"

#include <string.h>

#define PLAIN_TEXT ": a list is text, one URL a line"

/* clang-format off */
#define MAGIC(text) { text, sizeof(text) - 1 } /* may hold NULs */
/* clang-format on */

/* What people have at hand and take for a list, or what stands beside one. */
static const struct {
	size_t offset;
	struct slice magic;
	const char *refusal;
} kinds[] = {
	{ 0, MAGIC("\xFF\xFE\0\0"), "is UTF-32: save it as UTF-8 (iconv -f UTF-32 -t UTF-8)" },
	{ 0, MAGIC("\0\0\xFE\xFF"), "is UTF-32: save it as UTF-8 (iconv -f UTF-32 -t UTF-8)" },
	{ 0, MAGIC("\xFF\xFE"), "is UTF-16: save it as UTF-8 (iconv -f UTF-16 -t UTF-8)" },
	{ 0, MAGIC("\xFE\xFF"), "is UTF-16: save it as UTF-8 (iconv -f UTF-16 -t UTF-8)" },
	{ 0, MAGIC("\x1F\x8B"), "is compressed twice: undo it once (gzip -d)" },
	{ 0,
	  MAGIC("\xFD"
		"7zXZ\0"),
	  "is compressed with xz: xzcat it into crawl -" },
	{ 4, MAGIC("1AY&SY"), "is compressed with bzip2: bzcat it into crawl -" },
	{ 0, MAGIC("\x04\x22\x4D\x18"), "is compressed with lz4: lz4cat it into crawl -" },
	{ 0, MAGIC("\x1F\x9D"), "is compressed with compress: zcat it into crawl -" },
	{ 0, MAGIC("PK\x03\x04"), "is a zip archive, or a document in one" PLAIN_TEXT },
	{ 0, MAGIC("PK\x05\x06"), "is an empty zip archive" PLAIN_TEXT },
	{ 0, MAGIC("7z\xBC\xAF\x27\x1C"), "is a 7-Zip archive" PLAIN_TEXT },
	{ 0, MAGIC("Rar!\x1A\x07"), "is a RAR archive" PLAIN_TEXT },
	{ 257, MAGIC("ustar"), "is a tar archive" PLAIN_TEXT },
	{ 0, MAGIC("SQLite format 3\0"), "is a SQLite database" PLAIN_TEXT },
	{ 0, MAGIC("%PDF-"), "is a PDF" PLAIN_TEXT },
	{ 0, MAGIC("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "is a document of Office" PLAIN_TEXT },
	{ 0, MAGIC("{\\rtf"), "is a document in RTF" PLAIN_TEXT },
	{ 0, MAGIC("PAR1"), "is a Parquet file" PLAIN_TEXT },
	{ 0,
	  MAGIC("\x7F"
		"ELF"),
	  "is a program" PLAIN_TEXT },
	{ 0, MAGIC("\x89PNG\r\n"), "is a picture" PLAIN_TEXT },
	{ 0, MAGIC("GIF8"), "is a picture" PLAIN_TEXT },
	{ 0, MAGIC("\xFF\xD8\xFF"), "is a picture" PLAIN_TEXT },
};

static bool has_magic(struct slice bytes, size_t offset, struct slice magic)
{
	return bytes.size >= offset + magic.size &&
	       memcmp(bytes.at + offset, magic.at, magic.size) == 0;
}

/* A frame of zstd, or one to be skipped, with which parallel compressors begin (RFC 8878 3.1). */
static bool is_zstd(struct slice bytes)
{
	static const struct slice frame = MAGIC("\x28\xB5\x2F\xFD"),
				  skipped = MAGIC("\x2A\x4D\x18");

	return has_magic(bytes, 0, frame) ||
	       (has_magic(bytes, 1, skipped) && (bytes.at[0] & 0xF0) == 0x50);
}

enum list_coding list_coding_of(struct slice beginning)
{
	static const struct slice gzip = MAGIC("\x1F\x8B");

	if (has_magic(beginning, 0, gzip))
		return LIST_GZIP;
	return is_zstd(beginning) ? LIST_ZSTD : LIST_PLAIN;
}

/* A control character that text does not have; ESC is of ISO-2022-JP. */
static bool is_control(char byte)
{
	unsigned char code = (unsigned char)byte;

	return (code < 0x20 && (code < '\t' || code > '\r') && code != 0x1B) || code == 0x7F;
}

/*
 * Text has hardly any of them, what is no text one of nine bytes; a charset is not asked for: hosts
 * and paths come in all of them.  A NUL that went astray costs its line alone.
 */
static const char *judge_controls(struct slice bytes)
{
	size_t controls = 0, nuls[2] = { 0 };

	for (size_t i = 0; i < bytes.size; i++) {
		controls += is_control(bytes.at[i]);
		nuls[i % 2] += bytes.at[i] == '\0';
	}
	if (controls <= 4 || controls * 20 <= bytes.size)
		return NULL;
	if (nuls[0] == 0 && nuls[1] * 3 > bytes.size)
		return "is UTF-16: save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)";
	if (nuls[1] == 0 && nuls[0] * 3 > bytes.size)
		return "is UTF-16: save it as UTF-8 (iconv -f UTF-16BE -t UTF-8)";
	return "is not text: a list has one URL a line";
}

const char *list_refusal(struct slice beginning)
{
	if (is_zstd(beginning))
		return "is compressed twice: undo it once (zstd -d)";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (has_magic(beginning, kinds[i].offset, kinds[i].magic))
			return kinds[i].refusal;
	}
	if (beginning.size > LIST_KIND_BYTES)
		beginning.size = LIST_KIND_BYTES;
	return judge_controls(beginning);
}
