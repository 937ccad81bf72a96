#include "parsers/request/urlencoded.h"

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"

static bool stands_as_it_is(char byte)
{
	return ascii_is_letter(byte) || ascii_is_digit(byte) || byte == '*' || byte == '-' ||
	       byte == '.' || byte == '_';
}

/* A line end, "\r\n", "\r" or "\n", is "\r\n". */
static char *write_line_end(char *out, struct slice text, size_t at)
{
	if (text.at[at] == '\n' && at > 0 && text.at[at - 1] == '\r')
		return out; /* it has been written */
	return hex_put_escape(hex_put_escape(out, '\r'), '\n');
}

char *urlencoded_write(char *out, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		char byte = text.at[i];

		if (byte == '\r' || byte == '\n')
			out = write_line_end(out, text, i);
		else if (stands_as_it_is(byte))
			*out++ = byte;
		else if (byte == ' ')
			*out++ = '+';
		else
			out = hex_put_escape(out, byte);
	}
	return out;
}
