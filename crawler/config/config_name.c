#include "config/config_name.h"
#include "parsers/text/ascii.h"
#include "store/store.h"
#include <pcre2.h>

#define NAME_BYTES_MAX 64

/* Letters of any language, digits and underscores, not beginning with a digit. */
static bool is_identifier(struct slice name)
{
	static const char shape[] = "\\A[\\p{L}_][\\p{L}\\p{M}\\p{N}_]*\\z";
	int error;
	PCRE2_SIZE offset;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)shape, PCRE2_ZERO_TERMINATED, PCRE2_UTF,
					 &error, &offset, NULL);
	pcre2_match_data *data = code ? pcre2_match_data_create(1, NULL) : NULL;
	bool is_match =
		data && pcre2_match(code, (PCRE2_SPTR)name.at, name.size, 0, 0, data, NULL) > 0;

	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return is_match;
}

bool config_name_check(struct config_reader *reader, const char *name, size_t offset)
{
	const char *problem = NULL;

	if (strlen(name) > NAME_BYTES_MAX)
		problem = "too long: 64 bytes at most";
	else if (!is_identifier(slice_of(name)))
		problem = "not a name for a table: letters, digits and '_', no digit first";
	else if (store_name_is_reserved(name))
		problem = "a name that crawl.db uses itself: choose another";
	if (problem)
		complain(reader->complaints, reader->source, offset, "'%s' is %s",
			 QUOTED(slice_of(name)), problem);
	return !problem;
}

bool config_name_is_new(struct config_reader *reader, const char *name, size_t offset)
{
	struct config *config = reader->config;

	for (size_t i = 0; i < config->pattern_count; i++) {
		const struct config_pattern *other = &config->patterns[i];

		if (!ascii_equal(slice_of(other->spec->name), slice_of(name)))
			continue;
		complain(reader->complaints, reader->source, offset,
			 "pattern '%s' is there already, in %s:%u", name, other->file, other->line);
		return false;
	}
	return true;
}
