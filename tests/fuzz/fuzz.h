#ifndef FUZZ_H
#define FUZZ_H

#include "parsers/text/slice.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * What libFuzzer calls for every input; each fuzz_*.c is one parser.  What a parser promises in its
 * header and the sanitizers cannot see is FUZZ_ASSERTed.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ASSERT(claim)       \
	do {                     \
		if (!(claim))    \
			abort(); \
	} while (0)

/* The input up to its first NUL, taken off; all of it if there is none. */
static inline struct slice fuzz_word(struct slice *input)
{
	struct slice word = { input->at, 0 };

	while (word.size < input->size && word.at[word.size] != '\0')
		word.size++;
	input->at += word.size + (word.size < input->size);
	input->size -= word.size + (word.size < input->size);
	return word;
}

static inline struct slice fuzz_input(const uint8_t *data, size_t size)
{
	return (struct slice){ (const char *)data, size };
}

#endif
