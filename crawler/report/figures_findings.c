#include "report/figures_internal.h"

#include <strings.h>

/* In the order of STORE_REPORT_FINDINGS. */
enum { PATTERN, FIELD, PAGES, URL, LINE, MATCHED, WANTED, REST, STOOD };

/* Fields stand in their places by now. */
static struct figures_field *field_of(struct figures_pattern *pattern, struct slice name)
{
	for (size_t i = 0; i < pattern->field_count; i++)
		if (slice_equal(slice_of(pattern->fields[i].name), name))
			return &pattern->fields[i];
	return NULL;
}

static struct figures_finding *finding_of(struct figures_reader *reader,
					  const struct store_value *values)
{
	struct figures_pattern *pattern = figures_find_pattern(reader, values[PATTERN].text);
	struct figures_field *field;

	if (!pattern || values[FIELD].kind == STORE_NULL)
		return pattern ? &pattern->why : NULL;
	field = field_of(pattern, values[FIELD].text);
	return field ? &field->why : NULL;
}

/* The first of a pattern or field is the one. */
static int on_finding(void *context, const struct store_answer *row)
{
	struct figures_reader *reader = context;
	struct figures *figures = reader->figures;
	struct figures_finding *finding;

	if (!row->values)
		return 0;
	finding = finding_of(reader, row->values);
	if (!finding || finding->is_there)
		return 0;
	*finding = (struct figures_finding){
		.is_there = true,
		.pages = figures_number(&row->values[PAGES]),
		.line = figures_number(&row->values[LINE]),
		.url = figures_text(figures, &row->values[URL]),
		.matched = figures_text(figures, &row->values[MATCHED]),
		.wanted = figures_text(figures, &row->values[WANTED]),
		.rest = figures_text(figures, &row->values[REST]),
		.stood = figures_text(figures, &row->values[STOOD]),
	};
	return 0;
}

int figures_read_findings(struct figures_reader *reader)
{
	return figures_ask(reader, STORE_REPORT_FINDINGS, on_finding);
}
