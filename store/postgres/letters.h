#ifndef POSTGRES_LETTERS_H
#define POSTGRES_LETTERS_H

#include "store/store.h"

/*
 * letters: the names of letters that came and may come again, for they are not deleted yet; and
 * copies of letters that wait.
 */
struct letters;

struct letters *letters_new(void);
void letters_free(struct letters *letters); /* NULL is allowed */

/* Note that this question brought it.  Returns whether it is new. */
bool letters_add(struct letters *letters, const struct store_letter_id *id, uint32_t question);

/* It is deleted by this batch. */
void letters_end(struct letters *letters, const struct store_letter_id *id, int64_t batch);
size_t letters_count(const struct letters *letters);

/*
 * Forget what comes no more: what was deleted by batches up to `committed` and was not brought by
 * this question, as far as that looked (below the transaction `before`); and all of the shares that
 * are 0 here.
 */
struct letters_look {
	uint32_t question;
	uint64_t before;
	int64_t committed;
	const uint8_t *shares;
};
void letters_keep(struct letters *letters, const struct letters_look *look);
void letters_forget_share(struct letters *letters, uint32_t share);

/* A letter of its own: freed with free(). */
struct letter {
	struct letter *next;
	struct store_letter letter;
	struct store_request request;
};
struct letter *letter_copy(const struct store_letter *letter);

#endif
