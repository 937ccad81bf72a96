#include "parsers/request/urlencoded.h"

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"

static bool stands_as_it_is(char byte)
{
	return ascii_is_letter(byte) || ascii_is_digit(byte) || byte == '*' || byte == '-' ||
	       byte == '.' || byte == '_';
}

char *urlencoded_write(char *out, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		char byte = text.at[i];

		if (stands_as_it_is(byte))
			*out++ = byte;
		else if (byte == ' ')
			*out++ = '+';
		else
			out = hex_put_escape(out, byte);
	}
	return out;
}
