#include "store/postgres/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

struct question {
	const char *sql;
	void (*function)(void *context, enum postgres_answer answer, const PGresult *result,
			 int row);
	void *context;
	int count;
	char *values[POSTGRES_PARAMETERS_MAX]; /* NULL is NULL */
	int lengths[POSTGRES_PARAMETERS_MAX];
	int formats[POSTGRES_PARAMETERS_MAX]; /* 1: bytes as they are */
};

static char *text_of(const struct store_value *value)
{
	char text[40];

	switch (value->kind) {
	case STORE_NULL:
		return NULL;
	case STORE_INTEGER:
		snprintf(text, sizeof(text), "%" PRId64, value->integer);
		return memory_text(text, strlen(text));
	case STORE_REAL:
		snprintf(text, sizeof(text), "%.17g", value->real);
		return memory_text(text, strlen(text));
	default:
		return memory_text(value->text.at, value->text.size);
	}
}

struct question *question_new(const char *sql, const struct store_value values[], size_t count)
{
	struct question *question = memory_new(1, sizeof(*question));

	question->sql = sql;
	question->count = (int)count;
	for (size_t i = 0; i < count; i++) {
		question->values[i] = text_of(&values[i]);
		question->lengths[i] = (int)values[i].text.size;
		question->formats[i] = values[i].kind == STORE_BLOB;
	}
	return question;
}

void question_set_function(struct question *question,
			   void (*function)(void *context, enum postgres_answer answer,
					    const PGresult *result, int row),
			   void *context)
{
	question->function = function;
	question->context = context;
}

void question_free(struct question *question)
{
	if (!question)
		return;
	for (int i = 0; i < question->count; i++)
		free(question->values[i]);
	free(question);
}

bool question_send(const struct question *question, PGconn *connection)
{
	return PQsendQueryParams(connection, question->sql, question->count, NULL,
				 (const char *const *)question->values, question->lengths,
				 question->formats, 0) == 1;
}

void question_answer(const struct question *question, enum postgres_answer answer,
		     const PGresult *result, int row)
{
	if (question->function)
		question->function(question->context, answer, result, row);
}
