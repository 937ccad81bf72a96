#include "parsers/pattern/remedy.h"

#include <pcre2.h>
#include <stdlib.h>

#include "parsers/markup/html.h"
#include "parsers/pattern/json_words.h"
#include "parsers/pattern/rewrite.h"
#include "parsers/text/memory.h"

#define COUNT_MAX 1000u

#define BIT(remedy) (1u << (remedy))

/* What a remedy changes, in the order in which several are applied. */
static const struct means {
	enum remedy remedy;
	uint32_t option;           /* of PCRE2, */
	rewrite_function *rewrite; /* or the expression, or else the text is decoded */
} means[] = {
	{ REMEDY_DOTALL, PCRE2_DOTALL, NULL },
	{ REMEDY_CASELESS, PCRE2_CASELESS, NULL },
	{ REMEDY_MULTILINE, PCRE2_MULTILINE, NULL },
	{ REMEDY_UNICODE, PCRE2_UCP, NULL },
	{ REMEDY_ENTITY, 0, NULL },
	{ REMEDY_CHARACTER, 0, rewrite_characters },
	{ REMEDY_ESCAPED, 0, rewrite_escaped },
	{ REMEDY_CLASS, 0, rewrite_class },
	{ REMEDY_TAG, 0, rewrite_tag },
	{ REMEDY_BETWEEN, 0, rewrite_between },
	{ REMEDY_ORDER, 0, rewrite_order },
	{ REMEDY_QUOTES, 0, rewrite_quotes },
	{ REMEDY_UNQUOTED, 0, rewrite_unquoted },
	{ REMEDY_SPACE, 0, rewrite_space },
	{ REMEDY_NBSP, 0, rewrite_nbsp },
};

/* Those that do all that another does, and more. */
static const struct {
	enum remedy strong, weak;
} stronger[] = {
	{ REMEDY_UNQUOTED, REMEDY_QUOTES },
	{ REMEDY_NBSP, REMEDY_SPACE },
	{ REMEDY_ORDER, REMEDY_BETWEEN },
};

#define STRONGER (sizeof(stronger) / sizeof(stronger[0]))

/* Without those after which the others do not know a tag or a quote any more. */
#define ALL ((BIT(REMEDIES) - 1) & ~(BIT(REMEDY_TAG) | BIT(REMEDY_ESCAPED) | BIT(REMEDY_CLASS)))

struct trial {
	const char *expression;
	uint32_t options;
	struct probe probe;
	struct probe decoded; /* the same, its text with references decoded */
	struct scratch *store;
};

/* Without what another of kinds does as well: the weak, or else the strong. */
static uint32_t without_doubles(uint32_t kinds, bool is_weak_left)
{
	for (size_t i = 0; i < STRONGER; i++) {
		uint32_t both = BIT(stronger[i].strong) | BIT(stronger[i].weak);

		if ((kinds & both) == both)
			kinds &= ~BIT(is_weak_left ? stronger[i].strong : stronger[i].weak);
	}
	return kinds;
}

/* Changes that are made together. */
struct change {
	uint32_t kinds;
	struct rewrite_choice choices[REMEDIES];
};

/* The expression as it is changed, which the caller frees, and its options. */
static char *apply(const struct trial *trial, struct change *change, uint32_t *options)
{
	char *made = memory_text(trial->expression, strlen(trial->expression));

	*options = trial->options;
	for (size_t i = 0; i < REMEDIES; i++) {
		char *before = made;

		if (!(change->kinds & BIT(means[i].remedy)))
			continue;
		*options |= means[i].option;
		if (!means[i].rewrite)
			continue;
		made = means[i].rewrite(before, *options, &change->choices[means[i].remedy]);
		free(before);
	}
	return made;
}

static const struct probe *probe_of(const struct trial *trial, uint32_t kinds)
{
	return kinds & BIT(REMEDY_ENTITY) ? &trial->decoded : &trial->probe;
}

static bool change_helps(const struct trial *trial, struct change *change)
{
	const struct probe *probe = probe_of(trial, change->kinds);
	uint32_t options;
	char *expression = apply(trial, change, &options);
	bool is_new = options != trial->options || strcmp(expression, trial->expression) != 0 ||
		      probe->text.size != trial->probe.text.size;
	bool does = is_new && probe_ask(probe, expression, options, 1).answer == PROBE_YES;

	free(expression);
	return does;
}

static bool helps(const struct trial *trial, uint32_t kinds)
{
	struct change change = { .kinds = kinds };

	return change_helps(trial, &change);
}

/* Leave out every change without which it helps, too. */
static void leave_out(const struct trial *trial, struct change *change, enum remedy remedy)
{
	struct rewrite_choice *choice = &change->choices[remedy];
	unsigned changes = choice->changes;

	for (unsigned i = 0; i < changes && i < REWRITE_CHOICES_MAX; i++) {
		choice->left_out |= UINT64_C(1) << i;
		if (!change_helps(trial, change))
			choice->left_out &= ~(UINT64_C(1) << i);
	}
}

static void tell(struct remedies *remedies, const struct trial *trial, uint32_t kinds)
{
	struct change change = { .kinds = kinds };
	struct probe_result result;
	uint32_t options;
	char *expression;

	change_helps(trial, &change); /* how many changes there are */
	for (enum remedy remedy = 0; remedy < REMEDIES; remedy++)
		leave_out(trial, &change, remedy);
	expression = apply(trial, &change, &options);
	result = probe_ask(probe_of(trial, kinds), expression, options, COUNT_MAX);
	remedies->cures[remedies->count++] = (struct cure){
		.kinds = kinds,
		.expression = scratch_copy(trial->store, slice_of(expression)).at,
		.count = result.count,
		.has_place = !(kinds & BIT(REMEDY_ENTITY)),
		.begin = result.begin,
		.end = result.end,
	};
	free(expression);
}

/* Is it the strong one of two of which the weak one helps? */
static bool is_more_than_needed(enum remedy remedy, uint32_t helping)
{
	return without_doubles(helping | BIT(remedy), true) == helping;
}

/* Each by itself.  Returns those that help. */
static uint32_t try_each(struct remedies *remedies, const struct trial *trial)
{
	uint32_t helping = 0;

	for (enum remedy remedy = 0; remedy < REMEDIES; remedy++) {
		if (is_more_than_needed(remedy, helping) || !helps(trial, BIT(remedy)))
			continue;
		helping |= BIT(remedy);
		if (remedies->count < REMEDIES_SHOWN)
			tell(remedies, trial, BIT(remedy));
	}
	return helping;
}

/* Leave out what is not needed, or take the weak one for the strong. */
static uint32_t fewest(const struct trial *trial, uint32_t kinds)
{
	for (int i = REMEDIES - 1; i >= 0; i--) {
		uint32_t left = kinds & ~BIT(i);

		if (left != kinds && helps(trial, left))
			kinds = left;
	}
	for (size_t i = 0; i < STRONGER; i++) {
		uint32_t weak = (kinds & ~BIT(stronger[i].strong)) | BIT(stronger[i].weak);

		if (kinds & BIT(stronger[i].strong) && helps(trial, weak))
			kinds = weak;
	}
	return kinds;
}

static void try_together(struct remedies *remedies, const struct trial *trial)
{
	uint32_t kinds = without_doubles(ALL, false);

	if (!helps(trial, kinds))
		return;
	kinds = fewest(trial, kinds);
	if (__builtin_popcount(kinds) <= (int)REMEDIES_TOGETHER)
		tell(remedies, trial, kinds);
}

static struct slice decoded_text(const struct trial *trial)
{
	struct slice text = trial->probe.text;
	char *copy = scratch_take(trial->store, text.size);

	return (struct slice){ copy, html_decode(text, copy) };
}

void remedies_try(struct remedies *remedies, const char *expression, uint32_t options,
		  const struct probe *probe, struct slice page, struct scratch *store)
{
	struct trial trial = { expression, options, *probe, *probe, store };

	*remedies = (struct remedies){ .count = 0 };
	trial.decoded.text = decoded_text(&trial);
	if (!try_each(remedies, &trial))
		try_together(remedies, &trial);
	if (remedies->count == 0)
		json_words_find(expression, options, page, store, &remedies->json_key,
				&remedies->json_at);
}
