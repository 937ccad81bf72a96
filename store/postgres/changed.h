#ifndef POSTGRES_CHANGED_H
#define POSTGRES_CHANGED_H

#include <stddef.h>
#include <stdint.h>

/* changed: which batch changes a row last, by any number that names the row; 0: none that counts.
 */
struct changed;

struct changed *changed_new(void);
void changed_free(struct changed *changed); /* NULL is allowed */

/* Batches up to `committed` may be forgotten. */
void changed_put(struct changed *changed, uint64_t row, int64_t batch, int64_t committed);
int64_t changed_by(const struct changed *changed, uint64_t row);

#endif
