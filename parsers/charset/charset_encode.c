#include "parsers/charset/charset_encode.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/charset/charset_index.h"
#include "parsers/text/hex.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

#define POINTS      0x30000 /* code points that an index may have; Big5 has some of plane 2 */
#define BMP_POINTS  0x10000 /* of the Basic Multilingual Plane */
#define NO_POINTER  UINT32_MAX
#define BYTES_MAX   8 /* of a character: an escape sequence, and a pair */
#define HIGH_BYTES  128
#define INDEX_KINDS (INDEX_JIS0208 + 1) /* the indexes of more than a byte */

struct charset_encoder {
	const struct charset_converters *converters;
	uint16_t *pointers[INDEX_KINDS]; /* by code point, plus 1; 0 for none; made when needed */
	bool is_jis;                     /* ISO-2022-JP: the text is in JIS X 0208 */
};

/* The bytes of one character. */
struct encoded {
	uint8_t at[BYTES_MAX];
	size_t size;
};

/* How many pointers of each index are looked up; the rest are not for encoders. */
static const struct {
	unsigned first, end;
} ranges[INDEX_KINDS] = {
	[INDEX_GB18030] = { 0, 126 * 190 },
	[INDEX_GB18030_FOUR] = { 0, GB18030_FOUR_COUNT },
	[INDEX_BIG5] = { (0xA1 - 0x81) * 157, 126 * 157 }, /* Encoding 5.2: no HKSCS */
	[INDEX_EUC_KR] = { 0, 126 * 190 },
	[INDEX_JIS0208] = { 0, 60 * 188 },
};

struct charset_encoder *charset_encoder_new(const struct charset_converters *converters)
{
	struct charset_encoder *encoder = memory_resize(NULL, sizeof(*encoder));

	*encoder = (struct charset_encoder){ .converters = converters };
	return encoder;
}

void charset_encoder_free(struct charset_encoder *encoder)
{
	if (!encoder)
		return;
	for (size_t i = 0; i < INDEX_KINDS; i++)
		free(encoder->pointers[i]);
	free(encoder);
}

/* Of these Big5 has two, and the last counts (Encoding 5.2). */
static bool is_last_of_big5(uint32_t point)
{
	return point == 0x2550 || point == 0x255E || point == 0x2561 || point == 0x256A ||
	       point == 0x5341 || point == 0x5345;
}

/* Turn an index round: the first pointer of a code point counts. */
static uint16_t *turn_round(const struct charset_converters *converters, enum charset_index index)
{
	uint16_t *pointers = memory_new(POINTS, sizeof(*pointers));

	for (unsigned pointer = ranges[index].first; pointer < ranges[index].end; pointer++) {
		uint32_t point = converters->index[index][pointer];

		/* NEC's copies of IBM's extensions are not for Shift_JIS (Encoding 5.2) */
		if (index == INDEX_JIS0208 && pointer >= 8272 && pointer <= 8835)
			continue;
		if (point == 0 || point >= POINTS)
			continue;
		if (pointers[point] == 0 || (index == INDEX_BIG5 && is_last_of_big5(point)))
			pointers[point] = (uint16_t)(pointer + 1);
	}
	return pointers;
}

static uint32_t find_pointer(struct charset_encoder *encoder, enum charset_index index,
			     uint32_t point)
{
	if (point >= POINTS)
		return NO_POINTER;
	if (!encoder->pointers[index])
		encoder->pointers[index] = turn_round(encoder->converters, index);
	return encoder->pointers[index][point] ? encoder->pointers[index][point] - 1u : NO_POINTER;
}

static bool put_pair(struct encoded *out, unsigned lead, unsigned trail)
{
	out->at[out->size++] = (uint8_t)lead;
	out->at[out->size++] = (uint8_t)trail;
	return true;
}

static bool put_byte(struct encoded *out, unsigned byte)
{
	out->at[out->size++] = (uint8_t)byte;
	return true;
}

/* ------------------------------------------------------------------ one encoding each */

/* Encode point, which is not ASCII.  Returns false if the encoding has it not. */
typedef bool encode_function(struct charset_encoder *encoder, uint32_t point, bool is_gbk,
			     struct encoded *out);

/* 10.2.2 */
static bool encode_gb18030(struct charset_encoder *encoder, uint32_t point, bool is_gbk,
			   struct encoded *out)
{
	uint32_t pointer = find_pointer(encoder, INDEX_GB18030, point);

	if (point == 0xE5E5)
		return false;
	if (is_gbk && point == 0x20AC)
		return put_byte(out, 0x80);
	if (pointer != NO_POINTER)
		return put_pair(out, pointer / 190 + 0x81,
				pointer % 190 + (pointer % 190 < 0x3F ? 0x40 : 0x41));
	if (is_gbk)
		return false;
	pointer = point < BMP_POINTS ? find_pointer(encoder, INDEX_GB18030_FOUR, point)
				     : 189000 + point - BMP_POINTS;
	if (pointer == NO_POINTER)
		return false;
	put_pair(out, pointer / 12600 + 0x81, pointer / 1260 % 10 + 0x30);
	return put_pair(out, pointer / 10 % 126 + 0x81, pointer % 10 + 0x30);
}

static bool encode_big5(struct charset_encoder *encoder, uint32_t point, bool is_gbk,
			struct encoded *out)
{
	uint32_t pointer = find_pointer(encoder, INDEX_BIG5, point);

	(void)is_gbk;
	return pointer != NO_POINTER &&
	       put_pair(out, pointer / 157 + 0x81,
			pointer % 157 + (pointer % 157 < 0x3F ? 0x40 : 0x62));
}

static bool encode_euc_kr(struct charset_encoder *encoder, uint32_t point, bool is_gbk,
			  struct encoded *out)
{
	uint32_t pointer = find_pointer(encoder, INDEX_EUC_KR, point);

	(void)is_gbk;
	return pointer != NO_POINTER && put_pair(out, pointer / 190 + 0x81, pointer % 190 + 0x41);
}

/* Katakana, and the signs that go with them, of half the width. */
static bool is_half_width(uint32_t point)
{
	return point >= 0xFF61 && point <= 0xFF9F;
}

/* The minus has a wide form only. */
static uint32_t jis_pointer(struct charset_encoder *encoder, uint32_t point)
{
	return find_pointer(encoder, INDEX_JIS0208, point == 0x2212 ? 0xFF0D : point);
}

/* 12.3.2.  Yen and overline stand where ASCII has other signs. */
static bool encode_shift_jis(struct charset_encoder *encoder, uint32_t point, bool is_gbk,
			     struct encoded *out)
{
	uint32_t pointer, lead, trail;

	(void)is_gbk;
	if (point == 0x80)
		return put_byte(out, 0x80);
	if (point == 0xA5 || point == 0x203E)
		return put_byte(out, point == 0xA5 ? 0x5C : 0x7E);
	if (is_half_width(point))
		return put_byte(out, point - 0xFF61 + 0xA1);
	pointer = jis_pointer(encoder, point);
	if (pointer == NO_POINTER)
		return false;
	lead = pointer / 188;
	trail = pointer % 188;
	return put_pair(out, lead + (lead < 0x1F ? 0x81 : 0xC1),
			trail + (trail < 0x3F ? 0x40 : 0x41));
}

/* Of the index as it is turned round for Shift_JIS: IBM's extensions stand in NEC's rows. */
static uint32_t jis_pointer_in_rows(struct charset_encoder *encoder, uint32_t point)
{
	const uint32_t *points = encoder->converters->index[INDEX_JIS0208];
	uint32_t pointer = jis_pointer(encoder, point);

	if (pointer == NO_POINTER || pointer < 94 * 94)
		return pointer;
	for (unsigned i = 8272; i <= 8835; i++)
		if (points[i] == point)
			return i;
	return NO_POINTER;
}

static bool encode_euc_jp(struct charset_encoder *encoder, uint32_t point, bool is_gbk,
			  struct encoded *out)
{
	uint32_t pointer;

	(void)is_gbk;
	if (point == 0xA5 || point == 0x203E)
		return put_byte(out, point == 0xA5 ? 0x5C : 0x7E);
	if (is_half_width(point))
		return put_pair(out, 0x8E, point - 0xFF61 + 0xA1);
	pointer = jis_pointer_in_rows(encoder, point);
	return pointer != NO_POINTER && put_pair(out, pointer / 94 + 0xA1, pointer % 94 + 0xA1);
}

/* The wide form of half-width katakana (index ISO-2022-JP katakana). */
static uint32_t widen(uint32_t point)
{
	static const uint16_t wide[] = {
		0x3002, 0x300C, 0x300D, 0x3001, 0x30FB, 0x30F2, 0x30A1, 0x30A3, 0x30A5,
		0x30A7, 0x30A9, 0x30E3, 0x30E5, 0x30E7, 0x30C3, 0x30FC, 0x30A2, 0x30A4,
		0x30A6, 0x30A8, 0x30AA, 0x30AB, 0x30AD, 0x30AF, 0x30B1, 0x30B3, 0x30B5,
		0x30B7, 0x30B9, 0x30BB, 0x30BD, 0x30BF, 0x30C1, 0x30C4, 0x30C6, 0x30C8,
		0x30CA, 0x30CB, 0x30CC, 0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5, 0x30D8,
		0x30DB, 0x30DE, 0x30DF, 0x30E0, 0x30E1, 0x30E2, 0x30E4, 0x30E6, 0x30E8,
		0x30E9, 0x30EA, 0x30EB, 0x30EC, 0x30ED, 0x30EF, 0x30F3, 0x309B, 0x309C,
	};

	return is_half_width(point) ? wide[point - 0xFF61] : point;
}

static void put_escape(struct encoded *out, const char *sequence)
{
	memcpy(out->at + out->size, sequence, 3);
	out->size += 3;
}

static void leave_jis(struct charset_encoder *encoder, struct encoded *out)
{
	if (encoder->is_jis)
		put_escape(out, "\x1B(B");
	encoder->is_jis = false;
}

/* 12.2.2, without its Roman state: yen and overline, which alone are in it, take it and leave. */
static bool encode_iso_2022_jp(struct charset_encoder *encoder, uint32_t point, bool is_gbk,
			       struct encoded *out)
{
	uint32_t pointer = jis_pointer_in_rows(encoder, widen(point));

	(void)is_gbk;
	if (point == 0xA5 || point == 0x203E) {
		encoder->is_jis = false;
		put_escape(out, "\x1B(J");
		put_byte(out, point == 0xA5 ? 0x5C : 0x7E);
		put_escape(out, "\x1B(B");
		return true;
	}
	if (pointer == NO_POINTER) {
		leave_jis(encoder, out);
		return false;
	}
	if (!encoder->is_jis)
		put_escape(out, "\x1B$B");
	encoder->is_jis = true;
	return put_pair(out, pointer / 94 + 0x21, pointer % 94 + 0x21);
}

static bool encode_user_defined(struct charset_encoder *encoder, uint32_t point, bool is_gbk,
				struct encoded *out)
{
	(void)encoder, (void)is_gbk;
	return point >= 0xF780 && point <= 0xF7FF && put_byte(out, point - 0xF780 + 0x80);
}

static bool encode_single(const uint32_t *index, uint32_t point, struct encoded *out)
{
	for (unsigned i = 0; i < HIGH_BYTES; i++)
		if (index[i] == point)
			return put_byte(out, 0x80 + i);
	return false;
}

static encode_function *find_encode(const char *name)
{
	static const struct {
		const char *name;
		encode_function *encode;
	} encoders[] = {
		{ "gb18030", encode_gb18030 },
		{ "big5", encode_big5 },
		{ "euc-kr", encode_euc_kr },
		{ "shift_jis", encode_shift_jis },
		{ "euc-jp", encode_euc_jp },
		{ "iso-2022-jp", encode_iso_2022_jp },
		{ "x-user-defined", encode_user_defined },
	};

	for (size_t i = 0; i < sizeof(encoders) / sizeof(encoders[0]); i++)
		if (strcmp(name, encoders[i].name) == 0)
			return encoders[i].encode;
	return NULL;
}

/* ------------------------------------------------------------------ queries */

bool charset_encodes_query(struct charset charset)
{
	return charset.name && strncmp(charset.name, "utf-", 4) != 0;
}

/*
 * Write the bytes of a character.  Those below 0x80 stay: "%8A" and "A" of a pair; but for the
 * ones that would mean something else in a reference.
 */
static char *put_encoded(char *to, const struct encoded *encoded)
{
	for (size_t i = 0; i < encoded->size; i++) {
		char byte = (char)encoded->at[i];

		if (encoded->at[i] <= ' ' || encoded->at[i] >= 0x7F || byte == '#')
			to = hex_put_escape(to, byte);
		else
			*to++ = byte;
	}
	return to;
}

/* Write one character that is not ASCII, or what stands for it. */
static char *put_character(struct charset_encoder *encoder, struct charset charset, uint32_t point,
			   char *to)
{
	encode_function *encode = find_encode(charset.name);
	struct encoded out = { .size = 0 };
	bool is_known;

	if (encode)
		is_known = encode(encoder, point, charset.is_gbk, &out);
	else
		is_known = encode_single(charset_index_single(encoder->converters, charset.name),
					 point, &out);
	to = put_encoded(to, &out);
	if (!is_known)
		to += sprintf(to, "%%26%%23%u%%3B", point);
	return to;
}

/* Where the query's first character beyond ASCII is, or NULL; a fragment is none of it. */
static const char *first_foreign(struct slice reference)
{
	const char *end = reference.at + reference.size, *at;

	at = reference.size ? memchr(reference.at, '#', reference.size) : NULL;
	end = at ? at : end;
	at = reference.size ? memchr(reference.at, '?', (size_t)(end - reference.at)) : NULL;
	for (; at && at < end; at++)
		if ((unsigned char)*at >= 0x80)
			return at;
	return NULL;
}

struct slice charset_encode_query(struct charset_encoder *encoder, struct charset charset,
				  struct slice reference, char *out)
{
	const char *at = first_foreign(reference), *end = reference.at + reference.size;
	struct encoded rest = { .size = 0 };
	char *to = out;

	if (!at || !charset_encodes_query(charset))
		return reference;
	encoder->is_jis = false;
	memcpy(to, reference.at, (size_t)(at - reference.at));
	to += at - reference.at;
	while (at < end) {
		size_t size = utf8_step(at, end);

		if ((unsigned char)*at < 0x80 || size == 1) {
			rest.size = 0;
			leave_jis(encoder, &rest);
			to = put_encoded(to, &rest);
			*to++ = *at++;
			continue;
		}
		to = put_character(encoder, charset, utf8_decode(at, size), to);
		at += size;
	}
	rest.size = 0;
	leave_jis(encoder, &rest);
	return (struct slice){ out, (size_t)(put_encoded(to, &rest) - out) };
}
