#include "parsers/pattern/explain_path.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/budget.h"
#include "parsers/text/memory.h"

#define STEPS_MAX 64

/* What a path finds. */
struct finding {
	uint32_t count;
	size_t begin, end; /* of the first */
	const char *limit;
	bool is_broken;
	size_t broken_at;
};

static struct selector *compile(const struct path_question *question, const char *path)
{
	struct selector_error error;
	struct selector *selector = selector_compile(question->language, path, question->flags,
						     question->step_limit, &error);

	if (selector && question->in &&
	    !selector_look_in(selector, question->in, question->flags, question->step_limit,
			      &error)) {
		selector_free(selector);
		return NULL;
	}
	return selector;
}

static void note(struct finding *finding, const struct found *found)
{
	if (finding->count++ > 0)
		return;
	finding->begin = found->offset;
	finding->end = found->offset + found->size;
}

static struct finding find(const struct path_question *question, const char *path)
{
	const struct found span = { .kind = FOUND_TEXT,
				    .text = question->text,
				    .size = question->text.size };
	struct selector *selector = compile(question, path);
	enum selector_result result = SELECTOR_FOUND;
	struct finding finding = { .count = 0 };

	if (!selector)
		return finding;
	budget_begin(question->budget_ms);
	selector_begin(selector, &span);
	while (finding.count < EXPLAIN_COUNT_MAX && result == SELECTOR_FOUND) {
		result = selector_next(selector);
		if (result == SELECTOR_FOUND)
			note(&finding, &selector->found);
	}
	finding.limit = result == SELECTOR_LIMIT ? selector->limit : NULL;
	finding.is_broken = result == SELECTOR_BAD;
	finding.broken_at = selector->found.offset;
	selector_free(selector);
	return finding;
}

/* ---- steps ---- */

/* Behind a quoted name that begins at `at`. */
static const char *skip_quoted(const char *at)
{
	char quote = *at++;

	while (*at != '\0' && *at != quote)
		at += *at == '\\' && at[1] != '\0' ? 2 : 1;
	return at;
}

/* Where steps begin: a dot or a bracket outside brackets.  Returns how many. */
static size_t find_steps(const char *path, size_t steps[STEPS_MAX])
{
	size_t count = 0;
	unsigned depth = 0;

	for (const char *at = path; *at != '\0' && count < STEPS_MAX; at++) {
		bool is_step =
			depth == 0 && at > path && at[-1] != '.' && (*at == '.' || *at == '[');

		if (is_step)
			steps[count++] = (size_t)(at - path);
		if (depth > 0 && (*at == '"' || *at == '\''))
			at = skip_quoted(at);
		if (*at == '\0')
			break;
		depth += *at == '[';
		depth -= *at == ']' && depth > 0;
	}
	return count;
}

/* ---- what would help ---- */

static void try_cure(struct explanation *explanation, const struct path_question *question,
		     unsigned remedy, char *path, struct scratch *store)
{
	struct remedies *remedies = &explanation->remedies;
	struct finding finding = find(question, path);

	if (finding.count > 0 && remedies->count < REMEDIES_SHOWN)
		remedies->cures[remedies->count++] = (struct cure){
			.kinds = 1u << remedy,
			.expression = scratch_copy(store, slice_of(path)).at,
			.count = finding.count,
			.has_place = true,
			.begin = finding.begin,
			.end = finding.end,
		};
	free(path);
}

static char *join(const char *path, size_t cut, const char *between, const char *rest)
{
	size_t room = strlen(path) + strlen(between) + 1;
	char *made = memory_new(room, 1);

	snprintf(made, room, "%.*s%s%s", (int)cut, path, between, rest);
	return made;
}

/* Every item of an array; or wherever it is. */
static void try_cures(struct explanation *explanation, const struct path_question *question,
		      size_t cut, struct scratch *store)
{
	const char *path = question->path, *rest = path + cut;

	try_cure(explanation, question, REMEDY_ITEMS, join(path, cut, "[*]", rest), store);
	if (*rest == '.' && rest[1] != '.')
		rest++;
	try_cure(explanation, question, REMEDY_DEEP, join(path, cut, "..", rest), store);
}

/* ---- how far it gets ---- */

static void stop_at(struct explanation *explanation, const struct path_question *question,
		    size_t cut, const struct finding *part)
{
	size_t size = strlen(question->path);

	explanation->stop_count = 1;
	explanation->stops[0] = (struct explain_stop){
		.to = size,
		.cut = cut,
		.wanted = size - cut,
		.run = cut,
		.run_begin = part->begin,
		.begin = part->begin,
		.end = part->begin,
		.is_first = true,
		.count = part->count,
	};
}

/* limit: which only says when there is no time left. */
static void find_stop(struct explanation *explanation, const struct path_question *question,
		      const struct probe *limit, struct scratch *store)
{
	struct finding part = { .count = 0 };
	size_t steps[STEPS_MAX], count = find_steps(question->path, steps);

	while (count > 0 && part.count == 0 && probe_may_go_on(limit)) {
		char *path = memory_text(question->path, steps[--count]);

		part = find(question, path);
		free(path);
	}
	if (part.count == 0) {
		stop_at(explanation, question, 0, &part);
		return;
	}
	stop_at(explanation, question, steps[count], &part);
	try_cures(explanation, question, steps[count], store);
}

void explain_path(struct explanation *explanation, const struct path_question *question,
		  struct scratch *store)
{
	const struct probe limit = probe_begin(
		question->text, 0, 0, question->all_ms > 0 ? question->all_ms : EXPLAIN_MS);
	struct finding whole = find(question, question->path);

	*explanation = (struct explanation){
		.is_match = whole.count > 0,
		.count = whole.count,
		.begin = whole.begin,
		.end = whole.end,
		.limit = whole.limit,
		.is_broken = whole.is_broken,
		.broken_at = whole.broken_at,
	};
	if (!explanation->is_match)
		find_stop(explanation, question, &limit, store);
	if (question->language->forget)
		question->language->forget();
}
