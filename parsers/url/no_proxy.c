#include "parsers/url/no_proxy.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"

/* Bytes of the address, in network order, or 0: it is none. */
static size_t read_address(struct slice text, unsigned char address[16])
{
	char digits[INET6_ADDRSTRLEN];

	if (text.size >= sizeof(digits))
		return 0;
	memcpy(digits, text.at, text.size);
	digits[text.size] = '\0';
	if (inet_pton(AF_INET, digits, address) == 1)
		return 4;
	return inet_pton(AF_INET6, digits, address) == 1 ? 16 : 0;
}

static bool has_same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned char mask = (unsigned char)(0xff00 >> bits % 8);

	return memcmp(a, b, bits / 8) == 0 &&
	       (bits % 8 == 0 || (a[bits / 8] & mask) == (b[bits / 8] & mask));
}

/* "/24", or none: all of them.  Returns the bits, or more than an address has: it is neither. */
static unsigned long prefix_bits(struct slice *word, size_t size)
{
	const char *slash = memchr(word->at, '/', word->size);

	if (!slash)
		return size * 8;
	word->size = (size_t)(slash - word->at);
	return ascii_is_digit(slash[1]) ? strtoul(slash + 1, NULL, 10) : ULONG_MAX;
}

/* "192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "[::1]" */
static bool fits_address(struct slice word, const unsigned char *address, size_t size)
{
	unsigned long bits = prefix_bits(&word, size);
	unsigned char network[16];

	if (word.size >= 2 && word.at[0] == '[' && word.at[word.size - 1] == ']')
		word = (struct slice){ word.at + 1, word.size - 2 };
	return bits <= size * 8 && read_address(word, network) == size &&
	       has_same_bits(address, network, (unsigned)bits);
}

static struct slice without_last_dot(struct slice name)
{
	name.size -= name.size > 0 && name.at[name.size - 1] == '.';
	return name;
}

static bool fits_name(struct slice word, struct slice host)
{
	struct slice tail;

	word = without_last_dot(word);
	host = without_last_dot(host);
	if (word.size > 0 && word.at[0] == '.')
		word = (struct slice){ word.at + 1, word.size - 1 };
	if (word.size == 0 || word.size > host.size)
		return false;
	tail = (struct slice){ host.at + host.size - word.size, word.size };
	return ascii_equal(tail, word) && (tail.at == host.at || tail.at[-1] == '.');
}

bool no_proxy_has(const char *list, struct slice host)
{
	unsigned char address[16];
	size_t size = read_address(host, address);

	for (;;) {
		struct slice word;

		list += strspn(list, " ,");
		word = (struct slice){ list, strcspn(list, " ,") };
		if (word.size == 0)
			return false;
		if (slice_equal(word, SLICE("*")))
			return true;
		if (size > 0 ? fits_address(word, address, size) : fits_name(word, host))
			return true;
		list += word.size;
	}
}
