#include "parsers/text/suggest.h"

#define SLIPS_MAX      3
#define LETTERS_A_SLIP 4

static unsigned char plain(char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return (unsigned char)(letter - 'A' + 'a');
	return letter == '-' ? '_' : (unsigned char)letter;
}

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Three rows of the usual table: the swap of neighbours looks two rows up. */
static unsigned distance(struct slice a, struct slice b)
{
	unsigned rows[3][SUGGEST_WORD_BYTES_MAX + 1];

	for (size_t j = 0; j <= b.size; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.size; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3],
			 *above2 = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.size; j++) {
			unsigned char x = plain(a.at[i - 1]), y = plain(b.at[j - 1]);

			row[j] = least_of(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == plain(b.at[j - 2]) && plain(a.at[i - 2]) == y &&
			    above2[j - 2] + 1 < row[j])
				row[j] = above2[j - 2] + 1;
		}
	}
	return rows[a.size % 3][b.size];
}

/* As many slips as that, and one in so many letters. */
static const char *nearest_of(struct slice word, const char *const candidates[], size_t count,
			      unsigned slips_max, size_t letters)
{
	unsigned best = slips_max + 1;
	const char *nearest = NULL;

	if (word.size == 0 || word.size > SUGGEST_WORD_BYTES_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct slice candidate = slice_of(candidates[i]);
		unsigned slips;

		if (candidate.size > SUGGEST_WORD_BYTES_MAX)
			continue;
		slips = distance(word, candidate);
		if (slips < best && slips <= (candidate.size + 2) / letters) {
			best = slips;
			nearest = candidates[i];
		}
	}
	return nearest;
}

const char *suggest(struct slice word, const char *const candidates[], size_t count)
{
	return nearest_of(word, candidates, count, SLIPS_MAX, LETTERS_A_SLIP);
}

const char *suggest_widely(struct slice word, const char *const candidates[], size_t count)
{
	return nearest_of(word, candidates, count, (unsigned)word.size / 3 + 1, 1);
}
