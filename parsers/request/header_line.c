#include "parsers/request/header_line.h"

#include "parsers/text/ascii.h"

/* What a user must not say, and what to do instead. */
static const struct {
	const char *name, *cure;
} refused[] = {
	{ "Host", "it is of the URL" },
	{ "Content-Length", "it is of the request" },
	{ "Connection", "it is of the connection, which crawl keeps or closes" },
	{ "Transfer-Encoding", "it is of the request" },
	{ "Keep-Alive", "it is of the connection" },
	{ "Upgrade", "it is of the connection" },
	{ "TE", "it is of the connection" },
	{ "Trailer", "it is of the request" },
	{ "Expect", "there is nothing to wait for" },
	{ "Range", "a crawl asks for whole pages" },
	{ "If-Range", "a crawl asks for whole pages" },
	{ "If-Match", "crawl says what it knows of a page" },
	{ "If-None-Match", "crawl says what it knows of a page" },
	{ "If-Modified-Since", "crawl says what it knows of a page" },
	{ "If-Unmodified-Since", "crawl says what it knows of a page" },
	{ "Proxy-Authorization", "write it into the proxy's URL: http://name:password@proxy" },
	{ "Proxy-Connection", "it is of the connection" },
};

bool header_line_is_credential(struct slice name)
{
	return ascii_equal(name, SLICE("Authorization")) || ascii_equal(name, SLICE("Cookie"));
}

bool header_line_is_name(struct slice name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i];

		if (!ascii_is_letter(c) && !ascii_is_digit(c) &&
		    (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return name.size > 0;
}

const char *header_line_refusal(struct slice name, const char **spelt)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (!ascii_equal(name, slice_of(refused[i].name)))
			continue;
		*spelt = refused[i].name;
		return refused[i].cure;
	}
	return NULL;
}

const char *header_line_bad_value(struct slice value)
{
	for (size_t i = 0; i < value.size; i++) {
		unsigned char byte = (unsigned char)value.at[i];

		if ((byte >= ' ' && byte != 0x7F) || byte == '\t')
			continue;
		return byte == '\n' || byte == '\r'
			       ? "the value has a line end: a header is one line"
			       : "the value has a control character";
	}
	return value.size > HEADER_VALUE_BYTES_MAX ? "the value is longer than 8 KiB" : NULL;
}
