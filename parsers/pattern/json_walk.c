#include "parsers/pattern/json_walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/iregexp.h"
#include "parsers/pattern/json_text.h"
#include "parsers/text/memory.h"

#define COMPILING_STEPS 10000u /* what a regular expression of the page counts for */

/* May it go on?  Asked before every look at a node. */
static bool step(struct json_walk *walk)
{
	if (walk->limit)
		return false;
	if (walk->steps == 0)
		walk->limit = "step limit";
	else if (budget_is_spent())
		walk->limit = "time budget";
	else
		walk->steps--;
	return !walk->limit;
}

/* ---- selectors: what they find among the children of a node ---- */

static bool passes(struct json_walk *walk, struct path_expression *filter, uint32_t node);

static const struct json_node *node_at(const struct json_walk *walk, uint32_t node)
{
	return &walk->document->nodes[node];
}

/* The next child of the node that a segment has come to, or 0. */
static uint32_t next_child(struct json_walk *walk, struct path_segment *segment)
{
	if (!step(walk))
		return 0;
	return json_next(walk->document, segment->at, segment->child);
}

static bool find_name(struct json_walk *walk, struct path_segment *segment)
{
	if (segment->child || node_at(walk, segment->at)->kind != JSON_OBJECT)
		return false;
	while ((segment->child = next_child(walk, segment)))
		if (json_string_is(walk->document, segment->child - 1, segment->selector->name))
			return true;
	return false;
}

static bool find_any(struct json_walk *walk, struct path_segment *segment)
{
	segment->child = next_child(walk, segment);
	return segment->child;
}

static bool find_passing(struct json_walk *walk, struct path_segment *segment)
{
	while ((segment->child = next_child(walk, segment)))
		if (passes(walk, segment->selector->filter, segment->child))
			return true;
	return false;
}

static int64_t count_children(struct json_walk *walk, uint32_t node)
{
	int64_t count = 0;

	for (uint32_t at = 0; (at = json_next(walk->document, node, at)) && step(walk);)
		count++;
	return count;
}

static bool find_index(struct json_walk *walk, struct path_segment *segment)
{
	int64_t left = segment->selector->index;

	if (segment->child || node_at(walk, segment->at)->kind != JSON_ARRAY)
		return false;
	if (left < 0)
		left += count_children(walk, segment->at);
	while (left >= 0 && (segment->child = next_child(walk, segment)))
		if (left-- == 0)
			return true;
	return false;
}

static int64_t in_bounds(int64_t index, int64_t least, int64_t most)
{
	return index < least ? least : index > most ? most : index;
}

/*
 * Where a slice begins and ends in an array of this size (RFC 9535 2.3.4.2.2): from `lower`, up to
 * `upper`; backwards, from `upper` down, above `lower`.
 */
static void set_bounds(struct path_segment *segment, int64_t size)
{
	const struct path_selector *slice = segment->selector;
	bool is_forwards = slice->step >= 0;
	int64_t start = slice->has_start ? slice->start : is_forwards ? 0 : size - 1;
	int64_t end = slice->has_end ? slice->end : is_forwards ? size : -size - 1;

	if (start < 0 && slice->has_start)
		start += size;
	if (end < 0)
		end += size;
	segment->lower = is_forwards ? in_bounds(start, 0, size) : in_bounds(end, -1, size - 1);
	segment->upper = is_forwards ? in_bounds(end, 0, size) : in_bounds(start, -1, size - 1);
}

/* The children between the bounds, every so many of them, in an array of their number. */
static uint32_t list_slice(struct json_walk *walk, struct path_segment *segment, int64_t size)
{
	int64_t stride = -segment->selector->step, index = 0;
	uint32_t *list, count = 0;

	set_bounds(segment, size);
	if (segment->upper <= segment->lower)
		return 0;
	list = scratch_take(&walk->kept, (size_t)(segment->upper - segment->lower) * sizeof(*list));
	for (uint32_t at = 0; (at = json_next(walk->document, segment->at, at)) && step(walk);
	     index++)
		if (index > segment->lower && index <= segment->upper &&
		    (segment->upper - index) % stride == 0)
			list[count++] = at;
	segment->reverse = list;
	return count;
}

/* Backwards: all that it finds is listed first.  child: how many of them are left, and one. */
static bool find_backwards(struct json_walk *walk, struct path_segment *segment, uint32_t *found)
{
	if (!segment->child)
		segment->child = list_slice(walk, segment, count_children(walk, segment->at)) + 1;
	if (--segment->child == 0) {
		segment->child = 1; /* and not from the beginning again */
		return false;
	}
	*found = segment->reverse[segment->child - 1];
	return true;
}

static bool find_forwards(struct json_walk *walk, struct path_segment *segment)
{
	const struct path_selector *slice = segment->selector;
	bool needs_size = slice->start < 0 || (slice->has_end && slice->end < 0);

	if (!segment->child)
		set_bounds(segment, needs_size ? count_children(walk, segment->at) : INT64_MAX / 2);
	while ((segment->child = next_child(walk, segment))) {
		int64_t index = segment->index++;

		if (index >= segment->upper)
			return false;
		if (index >= segment->lower && (index - segment->lower) % slice->step == 0)
			return true;
	}
	return false;
}

static bool find_slice(struct json_walk *walk, struct path_segment *segment, uint32_t *found)
{
	int64_t stride = segment->selector->step;

	if (stride == 0 || node_at(walk, segment->at)->kind != JSON_ARRAY)
		return false;
	if (stride < 0)
		return find_backwards(walk, segment, found);
	if (!find_forwards(walk, segment))
		return false;
	*found = segment->child;
	return true;
}

static bool find_with_selector(struct json_walk *walk, struct path_segment *segment,
			       uint32_t *found)
{
	bool is_found = false;

	switch (segment->selector->kind) {
	case PATH_NAME:
		is_found = find_name(walk, segment);
		break;
	case PATH_WILDCARD:
		is_found = find_any(walk, segment);
		break;
	case PATH_INDEX:
		is_found = find_index(walk, segment);
		break;
	case PATH_FILTER:
		is_found = find_passing(walk, segment);
		break;
	case PATH_SLICE:
		return find_slice(walk, segment, found);
	}
	*found = segment->child;
	return is_found;
}

/* ---- segments, and the chain of them ---- */

static void use_selector(struct path_segment *segment, const struct path_selector *selector)
{
	segment->selector = selector;
	segment->child = 0;
	segment->index = 0;
}

static void enter(struct path_segment *segment, uint32_t node)
{
	segment->from = segment->at = node;
	use_selector(segment, segment->selectors);
}

/* The next node below the one that the segment is applied to, as they are written. */
static bool descend(struct json_walk *walk, struct path_segment *segment)
{
	uint32_t end = json_behind(walk->document, segment->from), at = segment->at + 1;

	while (at < end && node_at(walk, at)->is_name)
		at = node_at(walk, at)->is_overwritten ? json_behind(walk->document, at + 1)
						       : at + 1;
	if (at >= end || !step(walk))
		return false;
	segment->at = at;
	return true;
}

static bool find_in_segment(struct json_walk *walk, struct path_segment *segment, uint32_t *found)
{
	do {
		for (; segment->selector; use_selector(segment, segment->selector->next))
			if (find_with_selector(walk, segment, found))
				return true;
		use_selector(segment, segment->selectors);
	} while (segment->is_descendant && descend(walk, segment));
	return false;
}

static void begin_query(struct path_query *query, uint32_t origin)
{
	query->origin = origin;
	query->is_begun = false;
}

/* The next node: of the last segment as long as it has any, then of those before it. */
static bool next_node(struct json_walk *walk, struct path_query *query, uint32_t *found)
{
	struct path_segment *segment = query->last;

	if (!query->is_begun) {
		query->is_begun = true;
		*found = query->origin;
		segment = query->first;
		if (!segment)
			return step(walk);
		enter(segment, *found);
	}
	while (segment && !walk->limit) {
		if (!find_in_segment(walk, segment, found)) {
			segment = segment->before;
		} else if (segment->next) {
			segment = segment->next;
			enter(segment, *found);
		} else {
			return true;
		}
	}
	return false;
}

/* ---- filters ---- */

static const struct json_value nothing;

static struct json_value value_of_node(struct json_walk *walk, uint32_t node)
{
	const struct json_document *document = walk->document;
	struct json_value value = { .is_there = true, .document = document, .node = node };

	value.kind = (enum json_kind)document->nodes[node].kind;
	if (value.kind == JSON_STRING)
		value.text = json_string(document, node, &walk->texts);
	else if (value.kind == JSON_NUMBER)
		value.text = json_written(document, node);
	return value;
}

static struct json_value value_of_count(struct json_walk *walk, uint64_t count)
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	struct slice text = { digits, (size_t)size };

	return (struct json_value){ .is_there = true,
				    .kind = JSON_NUMBER,
				    .text = scratch_copy(&walk->texts, text) };
}

static struct json_value value_of(struct json_walk *walk, struct path_expression *expression,
				  uint32_t node);

static void begin_operand(struct json_walk *walk, struct path_query *query, uint32_t node)
{
	begin_query(query, query->is_relative ? node : walk->root);
}

static struct json_value length_of(struct json_walk *walk, const struct json_value *value)
{
	uint64_t count = 0;

	if (!value->is_there || value->kind < JSON_STRING)
		return nothing;
	if (value->kind != JSON_STRING)
		return value_of_count(walk, (uint64_t)count_children(walk, value->node));
	for (size_t n = 0; n < value->text.size; n++)
		count += (value->text.at[n] & 0xC0) != 0x80; /* where characters begin */
	return value_of_count(walk, count);
}

static struct json_value count_of(struct json_walk *walk, struct path_query *query, uint32_t node)
{
	uint64_t count = 0;
	uint32_t found;

	begin_operand(walk, query, node);
	while (next_node(walk, query, &found))
		count++;
	return value_of_count(walk, count);
}

/* The one node that a query finds; Nothing if they are none, or several. */
static struct json_value only_of(struct json_walk *walk, struct path_query *query, uint32_t node)
{
	uint32_t found, second;

	begin_operand(walk, query, node);
	if (!next_node(walk, query, &found) ||
	    (!query->is_singular && next_node(walk, query, &second)))
		return nothing;
	return value_of_node(walk, found);
}

static struct json_value work_out(struct json_walk *walk, const struct path_expression *expression,
				  uint32_t node)
{
	struct json_value value;

	if (expression->kind == PATH_QUERY)
		return only_of(walk, expression->query, node);
	switch (expression->function) {
	case PATH_COUNT:
		return count_of(walk, expression->left->query, node);
	case PATH_VALUE:
		return only_of(walk, expression->left->query, node);
	default:
		value = value_of(walk, expression->left, node);
		return length_of(walk, &value);
	}
}

/* What is the same for every node that is tested is worked out once. */
static struct json_value value_of(struct json_walk *walk, struct path_expression *expression,
				  uint32_t node)
{
	if (expression->kind == PATH_LITERAL)
		return expression->literal;
	if (!expression->is_fixed)
		return work_out(walk, expression, node);
	if (expression->known_in != walk->number) {
		expression->known = work_out(walk, expression, node);
		if (expression->known.text.at)
			expression->known.text = scratch_copy(&walk->kept, expression->known.text);
		expression->known_in = walk->number;
	}
	return expression->known;
}

static bool compare_values(struct json_walk *walk, enum path_relation relation,
			   const struct json_value *left, const struct json_value *right)
{
	switch (relation) {
	case PATH_EQUAL:
		return json_value_equal(left, right, &walk->steps);
	case PATH_NOT_EQUAL:
		return !json_value_equal(left, right, &walk->steps);
	case PATH_LESS:
		return json_value_less(left, right);
	case PATH_GREATER:
		return json_value_less(right, left);
	case PATH_LESS_OR_EQUAL:
		break;
	case PATH_GREATER_OR_EQUAL:
		return compare_values(walk, PATH_LESS_OR_EQUAL, right, left);
	}
	return json_value_less(left, right) || json_value_equal(left, right, &walk->steps);
}

static bool compare(struct json_walk *walk, const struct path_expression *expression, uint32_t node)
{
	struct json_value left = value_of(walk, expression->left, node);
	struct json_value right = value_of(walk, expression->right, node);
	bool holds = compare_values(walk, expression->relation, &left, &right);

	return step(walk) && holds; /* and not because the steps were used up */
}

/* A regular expression that the page gives is compiled when it is another than before. */
static void compile_regex(struct json_walk *walk, struct path_expression *call, struct slice text)
{
	struct regex_error reason;

	if (call->regex_text.at && slice_equal(call->regex_text, text))
		return;
	walk->steps -= walk->steps < COMPILING_STEPS ? walk->steps : COMPILING_STEPS;
	regex_free(call->regex);
	free((char *)call->regex_text.at);
	call->regex =
		iregexp_compile(text, call->function == PATH_MATCH, walk->match_limit, &reason);
	call->regex_text = (struct slice){ memory_text(text.at, text.size), text.size };
}

static bool matches(struct json_walk *walk, struct path_expression *call, uint32_t node)
{
	struct json_value text = value_of(walk, call->left, node);
	struct json_value pattern = value_of(walk, call->right, node);
	struct regex_search search;
	enum regex_result result;

	if (!text.is_there || text.kind != JSON_STRING || !pattern.is_there ||
	    pattern.kind != JSON_STRING || !step(walk))
		return false;
	compile_regex(walk, call, pattern.text);
	if (!call->regex)
		return false;
	regex_search_begin(&search, call->regex, text.text);
	result = regex_search_next(&search);
	if (result == REGEX_LIMIT)
		walk->limit = call->regex->limit;
	return result == REGEX_FOUND;
}

static bool finds_any(struct json_walk *walk, struct path_query *query, uint32_t node)
{
	uint32_t found;

	begin_operand(walk, query, node);
	return next_node(walk, query, &found);
}

static bool is_there(struct json_walk *walk, struct path_expression *test, uint32_t node)
{
	if (!test->is_fixed)
		return finds_any(walk, test->query, node);
	if (test->known_in != walk->number)
		test->known.is_there = finds_any(walk, test->query, node);
	test->known_in = walk->number;
	return test->known.is_there;
}

/* Is it true of this node?  Goes as deep as the brackets of a path do. */
static bool is_true(struct json_walk *walk, struct path_expression *expression, uint32_t node)
{
	for (; expression->kind == PATH_OR; expression = expression->right)
		if (is_true(walk, expression->left, node))
			return true;
	for (; expression->kind == PATH_AND; expression = expression->right)
		if (!is_true(walk, expression->left, node))
			return false;
	switch (expression->kind) {
	case PATH_NOT:
		return !is_true(walk, expression->left, node);
	case PATH_COMPARISON:
		return compare(walk, expression, node);
	case PATH_QUERY:
		return is_there(walk, expression, node);
	case PATH_FUNCTION:
		return matches(walk, expression, node);
	default:
		return is_true(walk, expression, node); /* an OR in an AND, in parentheses */
	}
}

static bool passes(struct json_walk *walk, struct path_expression *filter, uint32_t node)
{
	bool is_passing;

	if (walk->filters++ == 0)
		scratch_reset(&walk->texts);
	is_passing = is_true(walk, filter, node);
	walk->filters--;
	return is_passing && !walk->limit;
}

/* ---- the whole ---- */

void json_walk_init(struct json_walk *walk, struct json_path *path, uint32_t step_limit)
{
	*walk = (struct json_walk){ .path = path,
				    .match_limit = step_limit,
				    .step_limit = step_limit };
}

void json_walk_free(struct json_walk *walk)
{
	scratch_free(&walk->texts);
	scratch_free(&walk->kept);
}

void json_walk_begin(struct json_walk *walk, const struct json_document *document, uint32_t root)
{
	walk->document = document;
	walk->root = root;
	walk->number++;
	walk->limit = NULL;
	scratch_reset(&walk->kept);
	begin_query(walk->path->query, root);
}

bool json_walk_next(struct json_walk *walk, uint32_t *node)
{
	walk->steps = walk->step_limit;
	return next_node(walk, walk->path->query, node) && !walk->limit;
}
