#include "links/logout.h"

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"

#define BESIDE_MAX 10 /* bytes beside the word: "/how-to-log-out-of-it" is a page */

/* Without what stands between words, which sites write as they like: "log-out", "log_out". */
static const char *const words[] = {
	"logout",        "logoff",         "signout",           "signoff",     "abmelden",
	"ausloggen",     "uitloggen",      "afmelden",          "deconnexion", "d%c3%a9connexion",
	"deconnecter",   "cerrarsesion",   "cerrarsesi%c3%b3n", "endsession",  "loggut",
	"loggaut",       "loggaf",         "wyloguj",           "odhlasit",    "odhl%c3%a1sit",
	"kijelentkezes", "terminarsessao", "encerrarsessao",
};

static bool contains(struct slice text, struct slice word)
{
	for (size_t i = 0; i + word.size <= text.size; i++)
		if (ascii_same(text.at + i, word.at, word.size))
			return true;
	return false;
}

#define PART_MAX 64 /* bytes; a longer one is no word */

/* One segment of a path, one name or value. */
static bool is_word(struct slice part)
{
	char squeezed[PART_MAX];
	size_t size = 0;

	if (part.size > PART_MAX)
		return false;
	for (size_t i = 0; i < part.size; i++) {
		int escaped = hex_escape((struct slice){ part.at + i, part.size - i });
		bool is_ascii = escaped >= 0 && escaped < 0x80; /* the server reads "%6c" as "l" */
		char byte = is_ascii ? (char)escaped : part.at[i];

		i += is_ascii ? 2 : 0;
		if (!memchr("-_+. ", byte, 5))
			squeezed[size++] = byte;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct slice word = slice_of(words[i]);

		if (size <= word.size + BESIDE_MAX &&
		    contains((struct slice){ squeezed, size }, word))
			return true;
	}
	return false;
}

bool logout_is_likely(struct slice url)
{
	const char *at = url.at, *end = url.at + url.size, *start;
	int slashes = 0;

	while (at < end && slashes < 3) /* the host's name says nothing */
		slashes += *at++ == '/';
	for (start = at; at <= end; at++) {
		if (at < end && !strchr("/?&=;:", *at))
			continue;
		if (is_word((struct slice){ start, (size_t)(at - start) }))
			return true;
		start = at + 1;
	}
	return false;
}
