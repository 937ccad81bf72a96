#include "parsers/pattern/selector_table.h"
#include "parsers/pattern/selector_json.h"
#include "parsers/pattern/selector_regex.h"

const struct selector_language *const selector_table[] = { &selector_regex, &selector_json,
							   &selector_jsonld, NULL };
