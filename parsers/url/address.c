#include "parsers/url/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "parsers/text/ascii.h"

struct range4 {
	uint32_t network;
	unsigned bits;
};

#define IP4(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct range4 special4[] = {
	{ IP4(0, 0, 0, 0), 8 },       /* this network */
	{ IP4(10, 0, 0, 0), 8 },      /* private */
	{ IP4(100, 64, 0, 0), 10 },   /* shared (carrier NAT) */
	{ IP4(127, 0, 0, 0), 8 },     /* loopback */
	{ IP4(169, 254, 0, 0), 16 },  /* link local, cloud metadata */
	{ IP4(172, 16, 0, 0), 12 },   /* private */
	{ IP4(192, 0, 0, 0), 24 },    /* protocol assignments */
	{ IP4(192, 0, 2, 0), 24 },    /* documentation */
	{ IP4(192, 88, 99, 0), 24 },  /* 6to4 relays */
	{ IP4(192, 168, 0, 0), 16 },  /* private */
	{ IP4(198, 18, 0, 0), 15 },   /* benchmarks */
	{ IP4(198, 51, 100, 0), 24 }, /* documentation */
	{ IP4(203, 0, 113, 0), 24 },  /* documentation */
	{ IP4(224, 0, 0, 0), 3 },     /* multicast, reserved, broadcast */
};

struct range6 {
	uint8_t prefix[8];
	unsigned bits; /* at most 64 */
};

static const struct range6 special6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 },       /* protocol assignments, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },       /* documentation */
	{ { 0x01, 0x00, 0, 0, 0, 0, 0, 0 }, 64 }, /* discard */
	{ { 0x3f, 0xff }, 20 },                   /* documentation */
};

static bool is_public4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(special4) / sizeof(special4[0]); i++) {
		uint32_t mask = ~(uint32_t)0 << (32 - special4[i].bits);

		if ((address & mask) == special4[i].network)
			return false;
	}
	return true;
}

static uint32_t read4(const uint8_t *bytes)
{
	return IP4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* The IPv4 address that one of IPv6 stands for: mapped, NAT64 or 6to4. */
static bool read_embedded(const uint8_t *address, uint32_t *embedded)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	bool is_6to4 = address[0] == 0x20 && address[1] == 0x02;

	if (!is_6to4 && memcmp(address, mapped, sizeof(mapped)) != 0 &&
	    memcmp(address, nat64, sizeof(nat64)) != 0)
		return false;
	*embedded = read4(address + (is_6to4 ? 2 : 12));
	return true;
}

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(address, prefix, whole) == 0 &&
	       (rest == 0 || (address[whole] & mask) == (prefix[whole] & mask));
}

/* Only 2000::/3 is global unicast (RFC 4291 2.4); within it some ranges are not. */
static bool is_public6(const uint8_t *address)
{
	uint32_t embedded;

	if (read_embedded(address, &embedded))
		return is_public4(embedded);
	if ((address[0] & 0xe0) != 0x20)
		return false;
	for (size_t i = 0; i < sizeof(special6) / sizeof(special6[0]); i++) {
		if (has_prefix(address, special6[i].prefix, special6[i].bits))
			return false;
	}
	return true;
}

static bool is_service4(uint32_t address)
{
	return address >> 16 == IP4(169, 254, 0, 0) >> 16 ||
	       address == IP4(100, 100, 100, 200) || /* Alibaba's */
	       address == IP4(168, 63, 129, 16);     /* Azure's, which is public */
}

static bool is_service6(const uint8_t *address)
{
	static const uint8_t amazon[16] = { 0xfd, 0, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 };
	static const uint8_t google[16] = { 0xfd, 0x20, 0, 0xce, [14] = 0x02, [15] = 0x54 };
	uint32_t embedded;

	if (read_embedded(address, &embedded))
		return is_service4(embedded);
	return memcmp(address, amazon, sizeof(amazon)) == 0 ||
	       memcmp(address, google, sizeof(google)) == 0;
}

bool address_is_public(const struct sockaddr *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&in, address, sizeof(in));
		return is_public4(ntohl(in.sin_addr.s_addr));
	case AF_INET6:
		memcpy(&in6, address, sizeof(in6));
		return is_public6(in6.sin6_addr.s6_addr);
	default:
		return false;
	}
}

/* An address in digits, perhaps in brackets, as one of IPv4 (true) or IPv6.  Returns false: none.
 */
static bool read_digits(struct slice digits, struct in_addr *in, struct in6_addr *in6, bool *is_4)
{
	char text[INET6_ADDRSTRLEN];

	if (digits.size >= 2 && digits.at[0] == '[')
		digits = (struct slice){ digits.at + 1, digits.size - 2 };
	if (digits.size >= sizeof(text))
		return false;
	memcpy(text, digits.at, digits.size);
	text[digits.size] = '\0';
	*is_4 = inet_pton(AF_INET, text, in) == 1;
	return *is_4 || inet_pton(AF_INET6, text, in6) == 1;
}

/* Is it public?  1, 0, or -1: it is none. */
static int judge_digits(struct slice digits)
{
	struct in6_addr in6;
	struct in_addr in;
	bool is_4;

	if (!read_digits(digits, &in, &in6, &is_4))
		return -1;
	return is_4 ? is_public4(ntohl(in.s_addr)) : is_public6(in6.s6_addr);
}

bool address_text_is_public(struct slice digits)
{
	return judge_digits(digits) == 1;
}

bool address_is_service(const struct sockaddr *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		return is_service4(ntohl(in.sin_addr.s_addr));
	}
	memcpy(&in6, address, sizeof(in6));
	return address->sa_family == AF_INET6 && is_service6(in6.sin6_addr.s6_addr);
}

bool address_text_is_service(struct slice digits)
{
	struct in6_addr in6;
	struct in_addr in;
	bool is_4;

	if (!read_digits(digits, &in, &in6, &is_4))
		return false;
	return is_4 ? is_service4(ntohl(in.s_addr)) : is_service6(in6.s6_addr);
}

/* "7", "0x7f", "0x": who reads it may take the whole for an address (WHATWG URL, "ends in a
 * number"). */
static bool is_number(struct slice label)
{
	bool is_hexadecimal =
		label.size >= 2 && label.at[0] == '0' && ascii_lower(label.at[1]) == 'x';

	for (size_t i = is_hexadecimal ? 2 : 0; i < label.size; i++) {
		char c = ascii_lower(label.at[i]);

		if (!ascii_is_digit(c) && !(is_hexadecimal && c >= 'a' && c <= 'f'))
			return false;
	}
	return label.size > 0;
}

bool address_host_is_public(struct slice host)
{
	static const char *const own[] = { "localhost", "localdomain", "local", "internal" };
	struct slice last;
	int judged;

	while (host.size > 0 && host.at[host.size - 1] == '.')
		host.size--;
	judged = judge_digits(host);
	if (judged >= 0)
		return judged == 1;
	last = host;
	for (size_t i = 0; i < host.size; i++) {
		if (host.at[i] == '.')
			last = (struct slice){ host.at + i + 1, host.size - i - 1 };
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (ascii_equal(last, slice_of(own[i])))
			return false;
	}
	return last.size < host.size && !is_number(last);
}
