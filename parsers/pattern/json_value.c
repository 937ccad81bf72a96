#include "parsers/pattern/json_value.h"

#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_text.h"

#define EXPONENT_MAX 1000000000000 /* greater ones are all alike */

/* A number as 0.DIGITS times ten to the power of `point`, without noughts at either end. */
struct decimal {
	bool is_negative;
	int64_t point;
	const char *at; /* its digits, with a point among them */
	const char *end;
};

static int64_t read_exponent(const char *at, const char *end)
{
	bool is_negative = at < end && *at == '-';
	int64_t exponent = 0;

	for (at += at < end && (*at == '-' || *at == '+'); at < end; at++)
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (*at - '0');
	return is_negative ? -exponent : exponent;
}

static bool is_power(char c)
{
	return c == 'e' || c == 'E';
}

static struct decimal read_decimal(struct slice number)
{
	struct decimal decimal = { .at = number.at, .end = number.at };
	const char *end = number.at + number.size, *point = NULL;

	decimal.is_negative = *decimal.at == '-';
	decimal.at += decimal.is_negative;
	for (; decimal.end < end && !is_power(*decimal.end); decimal.end++)
		if (*decimal.end == '.')
			point = decimal.end;
	if (decimal.end < end)
		decimal.point = read_exponent(decimal.end + 1, end);
	decimal.point += (point ? point : decimal.end) - decimal.at;
	for (; decimal.at < decimal.end && (*decimal.at == '0' || *decimal.at == '.'); decimal.at++)
		decimal.point -= *decimal.at == '0';
	while (decimal.end > decimal.at && (decimal.end[-1] == '0' || decimal.end[-1] == '.'))
		decimal.end--;
	return decimal;
}

/* The next digit; '0' behind the last. */
static char next_digit(struct decimal *decimal)
{
	if (decimal->at < decimal->end && *decimal->at == '.')
		decimal->at++;
	return decimal->at < decimal->end ? *decimal->at++ : '0';
}

/* Of what is not nought, without signs. */
static int order_of_magnitudes(struct decimal a, struct decimal b)
{
	if (a.point != b.point)
		return a.point < b.point ? -1 : 1;
	while (a.at < a.end || b.at < b.end) {
		char of_a = next_digit(&a), of_b = next_digit(&b);

		if (of_a != of_b)
			return of_a < of_b ? -1 : 1;
	}
	return 0;
}

int json_number_order(struct slice a, struct slice b)
{
	struct decimal of_a = read_decimal(a), of_b = read_decimal(b);
	int sign_a = of_a.at == of_a.end ? 0 : of_a.is_negative ? -1 : 1;
	int sign_b = of_b.at == of_b.end ? 0 : of_b.is_negative ? -1 : 1;

	if (sign_a != sign_b)
		return sign_a - sign_b;
	return sign_a * order_of_magnitudes(of_a, of_b);
}

static bool nodes_equal(const struct json_document *document, uint32_t a, uint32_t b,
			uint64_t *steps);

static bool arrays_equal(const struct json_document *document, uint32_t a, uint32_t b,
			 uint64_t *steps)
{
	uint32_t of_a = json_next(document, a, 0), of_b = json_next(document, b, 0);

	while (of_a && of_b) {
		if (!nodes_equal(document, of_a, of_b, steps))
			return false;
		of_a = json_next(document, a, of_a);
		of_b = json_next(document, b, of_b);
	}
	return of_a == of_b;
}

/* The member of object that is called as `name` is, looked for behind `value` first; or 0. */
static uint32_t find_member(const struct json_document *document, uint32_t object, uint32_t value,
			    uint32_t name, uint64_t *steps)
{
	uint32_t first = json_next(document, object, value), at = first;

	if (!first)
		first = at = json_next(document, object, 0);
	while (at && *steps > 0) {
		--*steps;
		if (json_strings_equal(document, at - 1, name))
			return at;
		at = json_next(document, object, at);
		if (!at)
			at = json_next(document, object, 0);
		if (at == first)
			break;
	}
	return 0;
}

static size_t count_members(const struct json_document *document, uint32_t object)
{
	uint32_t value = 0;
	size_t count = 0;

	while ((value = json_next(document, object, value)))
		count++;
	return count;
}

/* In whatever order their members stand; mostly it is the same. */
static bool objects_equal(const struct json_document *document, uint32_t a, uint32_t b,
			  uint64_t *steps)
{
	uint32_t of_a = 0, of_b = 0;

	if (count_members(document, a) != count_members(document, b))
		return false;
	while ((of_a = json_next(document, a, of_a))) {
		of_b = find_member(document, b, of_b, of_a - 1, steps);
		if (!of_b || !nodes_equal(document, of_a, of_b, steps))
			return false;
	}
	return true;
}

/* Goes as deep as the document does. */
static bool nodes_equal(const struct json_document *document, uint32_t a, uint32_t b,
			uint64_t *steps)
{
	unsigned char kind = document->nodes[a].kind;

	if (a == b)
		return true;
	if (kind != document->nodes[b].kind || *steps == 0 || budget_is_spent())
		return false;
	--*steps;
	switch (kind) {
	case JSON_NUMBER:
		return json_number_order(json_written(document, a), json_written(document, b)) == 0;
	case JSON_STRING:
		return json_strings_equal(document, a, b);
	case JSON_ARRAY:
		return arrays_equal(document, a, b, steps);
	case JSON_OBJECT:
		return objects_equal(document, a, b, steps);
	default:
		return true;
	}
}

bool json_value_equal(const struct json_value *a, const struct json_value *b, uint64_t *steps)
{
	if (!a->is_there || !b->is_there)
		return a->is_there == b->is_there;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case JSON_NUMBER:
		return json_number_order(a->text, b->text) == 0;
	case JSON_STRING:
		return slice_equal(a->text, b->text);
	case JSON_ARRAY:
	case JSON_OBJECT:
		return nodes_equal(a->document, a->node, b->node, steps);
	default:
		return true;
	}
}

/* UTF-8 has the order of its characters. */
static bool text_is_less(struct slice a, struct slice b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.at, b.at, size) : 0;

	return order ? order < 0 : a.size < b.size;
}

bool json_value_less(const struct json_value *a, const struct json_value *b)
{
	if (!a->is_there || !b->is_there || a->kind != b->kind)
		return false;
	if (a->kind == JSON_NUMBER)
		return json_number_order(a->text, b->text) < 0;
	return a->kind == JSON_STRING && text_is_less(a->text, b->text);
}
