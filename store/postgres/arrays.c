#include "store/postgres/arrays.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

/* Types of elements, as pg_type.dat has them: they never change. */
#define OID_BYTEA  17
#define OID_INT8   20
#define OID_TEXT   25
#define OID_FLOAT8 701
#define OID_UUID   2950

void postgres_arrays_free(struct postgres_arrays *arrays)
{
	free(arrays->bytes);
	free(arrays->begins);
	free(arrays->values);
	free(arrays->lengths);
	*arrays = (struct postgres_arrays){ 0 };
}

static char *more(struct postgres_arrays *arrays, size_t size)
{
	if (arrays->room - arrays->size < size) {
		arrays->room = 2 * (arrays->size + size);
		arrays->bytes = memory_resize(arrays->bytes, arrays->room);
	}
	arrays->size += size;
	return arrays->bytes + arrays->size - size;
}

static void put_32(struct postgres_arrays *arrays, uint32_t number)
{
	number = htobe32(number);
	memcpy(more(arrays, sizeof(number)), &number, sizeof(number));
}

static void put_64(struct postgres_arrays *arrays, uint64_t number)
{
	put_32(arrays, sizeof(number));
	number = htobe64(number);
	memcpy(more(arrays, sizeof(number)), &number, sizeof(number));
}

static void put_bytes(struct postgres_arrays *arrays, struct slice bytes)
{
	put_32(arrays, (uint32_t)bytes.size);
	if (bytes.size > 0)
		memcpy(more(arrays, bytes.size), bytes.at, bytes.size);
}

void postgres_arrays_begin(struct postgres_arrays *arrays, const char *types, unsigned rows)
{
	int count = (int)strlen(types);

	if (count > arrays->count_max) {
		size_t room = (size_t)count;

		arrays->begins = memory_resize(arrays->begins, room * sizeof(*arrays->begins));
		arrays->values =
			memory_resize((void *)arrays->values, room * sizeof(*arrays->values));
		arrays->lengths = memory_resize(arrays->lengths, room * sizeof(*arrays->lengths));
		arrays->count_max = count;
	}
	arrays->rows = rows;
	arrays->size = 0;
	arrays->count = 0;
}

static uint32_t oid_of(char type)
{
	switch (type) {
	case 'i':
		return OID_INT8;
	case 'f':
		return OID_FLOAT8;
	case 'b':
		return OID_BYTEA;
	case 'u':
		return OID_UUID;
	default:
		return OID_TEXT;
	}
}

void postgres_arrays_column(struct postgres_arrays *arrays, char type)
{
	arrays->begins[arrays->count++] = arrays->size;
	put_32(arrays, 1);
	put_32(arrays, 1); /* there may be NULLs */
	put_32(arrays, oid_of(type));
	put_32(arrays, arrays->rows);
	put_32(arrays, 1);
}

static void put_real(struct postgres_arrays *arrays, double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	put_64(arrays, bits);
}

/* A number in a column of texts is one that people read. */
static void put_text(struct postgres_arrays *arrays, const struct store_value *value)
{
	char text[32];

	if (value->kind == STORE_INTEGER)
		snprintf(text, sizeof(text), "%" PRId64, value->integer);
	else if (value->kind == STORE_REAL)
		snprintf(text, sizeof(text), "%.17g", value->real);
	else
		text[0] = '\0';
	put_bytes(arrays, text[0] ? (struct slice){ text, strlen(text) } : value->text);
}

void postgres_arrays_put(struct postgres_arrays *arrays, char type, const struct store_value *value)
{
	if (value->kind == STORE_NULL)
		put_32(arrays, UINT32_MAX);
	else if (type == 'i')
		put_64(arrays, (uint64_t)value->integer);
	else if (type == 'f')
		put_real(arrays,
			 value->kind == STORE_INTEGER ? (double)value->integer : value->real);
	else if (type == 't')
		put_text(arrays, value);
	else
		put_bytes(arrays, value->text);
}

int postgres_arrays_end(struct postgres_arrays *arrays, const char *const **values,
			const int **lengths)
{
	for (int i = 0; i < arrays->count; i++) {
		size_t end = i + 1 < arrays->count ? arrays->begins[i + 1] : arrays->size;

		arrays->values[i] = arrays->bytes + arrays->begins[i];
		arrays->lengths[i] = (int)(end - arrays->begins[i]);
	}
	*values = arrays->values;
	*lengths = arrays->lengths;
	return arrays->count;
}
