#include "store/postgres/writing.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

/*
 * The key of a row is a hash of fixed size: an index over the values themselves would refuse those
 * of more than 2,704 bytes.  It is made under the crawl's secret, so that no site can have two rows
 * be taken for one.
 */

/* ---- values as columns hold them ---- */

static struct store_value as_integer(const struct store_value *value)
{
	if (value->kind == STORE_REAL && value->real >= -9223372036854775808.0 &&
	    value->real < 9223372036854775808.0 && value->real == trunc(value->real))
		return postgres_of_integer((int64_t)value->real);
	return value->kind == STORE_INTEGER ? *value : (struct store_value){ .kind = STORE_NULL };
}

/* No number is none, and there is one zero. */
static struct store_value as_real(const struct store_value *value)
{
	if (value->kind == STORE_INTEGER)
		return postgres_of_real((double)value->integer);
	if (value->kind != STORE_REAL || isnan(value->real))
		return (struct store_value){ .kind = STORE_NULL };
	return postgres_of_real(value->real + 0.0);
}

struct store_value postgres_as_kind(const struct store_value *value, enum store_kind kind)
{
	if (kind == STORE_INTEGER)
		return as_integer(value);
	if (kind == STORE_REAL)
		return as_real(value);
	if (value->kind == STORE_REAL && isnan(value->real))
		return (struct store_value){ .kind = STORE_NULL };
	if ((value->kind == STORE_TEXT || value->kind == STORE_JSON) && !value->text.at)
		return (struct store_value){ .kind = STORE_NULL };
	return *value;
}

/* ---- the hash ---- */

static void add(XXH3_state_t *state, char tag, const void *bytes, uint64_t size)
{
	uint64_t said = htobe64(size);

	XXH3_128bits_update(state, &tag, 1);
	XXH3_128bits_update(state, &said, sizeof(said));
	XXH3_128bits_update(state, bytes, size);
}

static void add_number(XXH3_state_t *state, char tag, uint64_t number)
{
	number = htobe64(number);
	add(state, tag, &number, sizeof(number));
}

/* As it is stored: see batch.h.  At most three bytes stand for one. */
static void add_replaced(XXH3_state_t *state, struct slice text)
{
	const char *at = text.at, *end = text.at + text.size;
	char *out = memory_resize(NULL, 3 * text.size);
	size_t size = 0;

	while (at < end) {
		size_t step = *at == '\0' ? 0 : utf8_size(at, end);

		if (step > 0)
			memcpy(out + size, at, step);
		size += step > 0 ? step : utf8_put(out + size, UTF8_REPLACEMENT);
		at += step > 0 ? step : 1;
	}
	add(state, 't', out, size);
	free(out);
}

static void add_text(XXH3_state_t *state, struct slice text)
{
	if (text.size == 0 || (!memchr(text.at, '\0', text.size) && utf8_is_well_formed(text)))
		add(state, 't', text.size ? text.at : "", text.size);
	else
		add_replaced(state, text);
}

static void add_value(XXH3_state_t *state, const struct store_value *value)
{
	uint64_t bits;

	if (value->kind == STORE_INTEGER) {
		add_number(state, 'i', (uint64_t)value->integer);
	} else if (value->kind == STORE_REAL) {
		memcpy(&bits, &value->real, sizeof(bits));
		add_number(state, 'f', bits);
	} else {
		add_text(state, value->text);
	}
}

bool postgres_row_key(struct postgres_store *store, const struct postgres_table *table,
		      const struct store_value values[], unsigned char key[16])
{
	struct postgres_writing *writing = postgres_writing(store);
	XXH128_canonical_t hash;

	if (!writing->hash)
		writing->hash = XXH3_createState();
	if (!writing->hash)
		memory_fail();
	XXH3_128bits_reset_withSeed(writing->hash, store->secret);
	for (size_t i = 0; i < table->key_count; i++) {
		size_t column = table->key[i];
		struct store_value value = postgres_as_kind(&values[column], table->kinds[column]);

		if (value.kind == STORE_NULL)
			return false;
		add_value(writing->hash, &value);
	}
	XXH128_canonicalFromHash(&hash, XXH3_128bits_digest(writing->hash));
	memcpy(key, hash.digest, 16);
	return true;
}
