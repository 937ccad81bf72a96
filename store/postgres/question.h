#ifndef POSTGRES_QUESTION_H
#define POSTGRES_QUESTION_H

#include "store/postgres/internal.h"

/* What becomes of a question: its rows one by one, then its end. */
enum postgres_answer {
	POSTGRES_ANSWER_ROW,
	POSTGRES_ANSWER_END,
	POSTGRES_ANSWER_AGAIN, /* the connection was lost: rows come again, from the first one */
};

/* function may queue and put, but not wait.  sql is static, or lives until the end. */
struct postgres_question {
	const char *sql;
	void (*function)(void *context, enum postgres_answer answer, const PGresult *result,
			 int row); /* of the result */
	void *context;
};
/* question: one statement with its parameters, which are copied, until it is at its end. */
struct question;

struct question *question_new(const char *sql, const struct store_value values[], size_t count);
void question_set_function(struct question *question,
			   void (*function)(void *context, enum postgres_answer answer,
					    const PGresult *result, int row),
			   void *context);
void question_free(struct question *question); /* NULL is allowed */

/* Returns whether it could be sent. */
bool question_send(const struct question *question, PGconn *connection);

/* Tell whoever asked it. */
void question_answer(const struct question *question, enum postgres_answer answer,
		     const PGresult *result, int row);

#endif
