#include "parsers/url/punycode.h"

/* RFC 3492 5 */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 0x80 };

static uint32_t adapt(uint32_t delta, uint32_t count, int is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	for (delta += delta / count; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t value)
{
	return (char)(value < 26 ? 'a' + value : '0' + value - 26);
}

/* Write delta in digits of varying weight; false if there is no room. */
static int put_delta(uint32_t delta, uint32_t bias, char *out, size_t room, size_t *size)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (*size == room)
			return 0;
		if (delta < t) {
			out[(*size)++] = digit(delta);
			return 1;
		}
		out[(*size)++] = digit(t + (delta - t) % (BASE - t));
		delta = (delta - t) / (BASE - t);
	}
}

static uint32_t next_point(const uint32_t *points, size_t count, uint32_t from)
{
	uint32_t next = UINT32_MAX;

	for (size_t i = 0; i < count; i++)
		if (points[i] >= from && points[i] < next)
			next = points[i];
	return next;
}

size_t punycode_encode(const uint32_t *points, size_t count, char *out, size_t room)
{
	uint32_t point = FIRST, delta = 0, bias = BIAS, done = 0, basic;
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		if (points[i] < FIRST && size + 1 < room)
			out[size++] = (char)points[i];
	done = basic = (uint32_t)size;
	if (size > 0)
		out[size++] = '-';
	for (; done < count; delta++, point++) {
		uint32_t next = next_point(points, count, point);

		delta += (next - point) * (done + 1);
		point = next;
		for (size_t i = 0; i < count; i++) {
			delta += points[i] < point;
			if (points[i] != point)
				continue;
			if (!put_delta(delta, bias, out, room, &size))
				return 0;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return size;
}
