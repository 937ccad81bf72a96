#include "config/config_header.h"

#include "config/secret.h"
#include "parsers/request/header_line.h"
#include "parsers/text/ascii.h"

static bool is_called(struct slice name, const char *other)
{
	return ascii_equal(name, slice_of(other));
}

bool config_header_check_name(struct config_reader *reader, const struct yaml_node *node,
			      struct slice name)
{
	const char *spelt = NULL, *cure;

	if (!header_line_is_name(name)) {
		READER_COMPLAIN(reader, node, "'%s' is no name of a header", QUOTED(name));
		return false;
	}
	cure = header_line_refusal(name, &spelt);
	if (cure)
		READER_COMPLAIN(reader, node, "'%s' cannot be set: %s", spelt, cure);
	return !cure;
}

bool config_header_check_value(struct config_reader *reader, const struct yaml_node *node,
			       const char *value)
{
	const char *why = header_line_bad_value(slice_of(value));

	if (why)
		READER_COMPLAIN(reader, node, "%s", why);
	return !why;
}

const char *config_header_trimmed(struct config_reader *reader, const char *value)
{
	return arena_copy(reader->arena, ascii_trim(slice_of(value)));
}

struct slice config_header_name(const struct host_header *header)
{
	return (struct slice){ header->line, header->name_size };
}

const struct host_header *config_header_find(const struct host_request *request, struct slice name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (ascii_equal(config_header_name(&request->headers[i]), name))
			return &request->headers[i];
	return NULL;
}

/* One more, in an array of the arena that has room for CONFIG_HEADERS_MAX. */
void config_header_put(struct config_reader *reader, struct host_request *request,
		       struct host_header header)
{
	struct host_header *headers = (struct host_header *)(uintptr_t)request->headers;

	if (!headers)
		headers = arena_alloc(reader->arena, CONFIG_HEADERS_MAX, sizeof(*headers));
	request->headers = headers;
	headers[request->header_count++] = header;
}

/* Whatever stood there before, this one is meant. */
void config_header_replace(struct config_reader *reader, struct host_request *request,
			   struct host_header header)
{
	struct host_header *old = (struct host_header *)(uintptr_t)config_header_find(
		request, config_header_name(&header));

	if (old)
		*old = header;
	else if (request->header_count < CONFIG_HEADERS_MAX)
		config_header_put(reader, request, header);
}

static bool may_stand(struct config_reader *reader, const struct yaml_node *node,
		      struct host_request *request, bool is_of_host)
{
	struct slice name = yaml_slice(node);

	if (!is_of_host && is_called(name, "User-Agent"))
		READER_COMPLAIN(reader, node, "'User-Agent' is a setting: write user_agent:");
	else if (config_header_find(request, name))
		READER_COMPLAIN(reader, node, "'%s' is set already", QUOTED(name));
	else if (request->header_count == CONFIG_HEADERS_MAX)
		READER_COMPLAIN(reader, node, "one header too many: %d at most",
				CONFIG_HEADERS_MAX);
	else
		return true;
	return false;
}

void config_header_read(struct config_reader *reader, const struct yaml_node *node,
			struct host_request *request, bool is_of_host)
{
	struct slice name = yaml_slice(node->key);
	struct host_header header = { .name_size = name.size,
				      .is_secret = header_line_is_credential(name) };
	const char *value;

	if (!config_header_check_name(reader, node->key, name) ||
	    !may_stand(reader, node->key, request, is_of_host))
		return;
	value = secret_read(reader, node, &header.is_secret);
	value = value ? config_header_trimmed(reader, value) : NULL;
	if (!value || !config_header_check_value(reader, node, value))
		return;
	if (header.is_secret && !is_of_host) {
		READER_COMPLAIN(reader, node->key,
				"'%s' is a credential: write it under hosts:", QUOTED(name));
		return;
	}
	header.is_own = is_of_host;
	header.line = arena_print(reader->arena, "%.*s: %s", (int)name.size, name.at, value);
	config_header_put(reader, request, header);
}
