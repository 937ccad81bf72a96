#include "commands/explain_field.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

struct search {
	struct field_rows rows;
	size_t field;
};

const struct field_spec *field_rows_spec(const struct config_pattern *pattern, const char *name)
{
	for (size_t i = 0; i < pattern->spec->field_count; i++)
		if (strcmp(pattern->spec->fields[i].name, name) == 0)
			return &pattern->spec->fields[i];
	return NULL;
}

/* The same pattern, of which no field is required; NULL: none was. */
static struct pattern *without_required(const struct config_pattern *pattern)
{
	struct pattern_spec spec = *pattern->spec;
	struct field_spec *fields = memory_new(spec.field_count + 1, sizeof(*fields));
	struct pattern_error error;
	struct pattern *made = NULL;
	bool is_any = false;

	for (size_t i = 0; i < spec.field_count; i++) {
		fields[i] = spec.fields[i];
		is_any |= fields[i].is_required;
		fields[i].is_required = false;
	}
	spec.fields = fields;
	if (is_any)
		made = pattern_compile(&spec, &error); /* it did before */
	free(fields);
	return made;
}

static int on_row(void *context, const struct pattern_row *row)
{
	struct search *search = context;

	search->rows.rows++;
	if (!value_is_empty(&row->values[search->field]))
		return 0;
	if (search->rows.without++ == 0)
		search->rows.first = row->matched;
	return 0;
}

static void note_bad(struct field_rows *rows, const struct pattern_field_tally *tally)
{
	if (tally->bad == 0)
		return;
	rows->bad_size = tally->shown[0].size;
	rows->bad_at = tally->shown[0].offset;
	memcpy(rows->bad, tally->shown[0].text, rows->bad_size);
}

struct field_rows field_rows_find(const struct config_pattern *pattern, size_t field,
				  const struct page_about *page)
{
	struct pattern *loose = without_required(pattern);
	struct search search = { .field = field };
	struct pattern_tally tally;

	page_base_begin(page);
	pattern_run(loose ? loose : pattern->pattern, page->url, page->text, on_row, &search,
		    &tally);
	note_bad(&search.rows, &tally.fields[field]);
	search.rows.limit = tally.is_limited ? tally.limit : NULL;
	pattern_free(loose);
	return search.rows;
}
