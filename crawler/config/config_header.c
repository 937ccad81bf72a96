#include "config/config_header.h"

#include "config/secret.h"
#include "parsers/text/ascii.h"

/* What a config must not say, and what to do instead. */
static const struct {
	const char *name, *cure;
} refused[] = {
	{ "Host", "it is of the URL" },
	{ "Content-Length", "it is of the request" },
	{ "Connection", "it is of the connection, which crawl keeps or closes" },
	{ "Transfer-Encoding", "it is of the request" },
	{ "Keep-Alive", "it is of the connection" },
	{ "Upgrade", "it is of the connection" },
	{ "TE", "it is of the connection" },
	{ "Trailer", "it is of the request" },
	{ "Expect", "there is nothing to wait for" },
	{ "Range", "a crawl asks for whole pages" },
	{ "If-Range", "a crawl asks for whole pages" },
	{ "If-Match", "crawl says what it knows of a page" },
	{ "If-None-Match", "crawl says what it knows of a page" },
	{ "If-Modified-Since", "crawl says what it knows of a page" },
	{ "If-Unmodified-Since", "crawl says what it knows of a page" },
	{ "Proxy-Authorization", "write it into the proxy's URL: http://name:password@proxy" },
	{ "Proxy-Connection", "it is of the connection" },
};

static bool is_called(struct slice name, const char *other)
{
	return ascii_equal(name, slice_of(other));
}

bool config_header_is_credential(struct slice name)
{
	return is_called(name, "Authorization") || is_called(name, "Cookie");
}

/* RFC 9110 5.6.2. */
static bool is_token(struct slice name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i];

		if (!ascii_is_letter(c) && !ascii_is_digit(c) &&
		    (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return name.size > 0;
}

bool config_header_check_name(struct config_reader *reader, const struct yaml_node *node,
			      struct slice name)
{
	if (!is_token(name)) {
		READER_COMPLAIN(reader, node, "'%s' is no name of a header", QUOTED(name));
		return false;
	}
	for (size_t i = 0; i < READER_COUNT(refused); i++) {
		if (!is_called(name, refused[i].name))
			continue;
		READER_COMPLAIN(reader, node, "'%s' cannot be set: %s", refused[i].name,
				refused[i].cure);
		return false;
	}
	return true;
}

/* A line end in it would begin another header, which is another's to write. */
bool config_header_check_value(struct config_reader *reader, const struct yaml_node *node,
			       const char *value)
{
	size_t size = strlen(value);

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)value[i];

		if ((byte >= ' ' && byte != 0x7F) || byte == '\t')
			continue;
		READER_COMPLAIN(reader, node,
				byte == '\n' || byte == '\r'
					? "the value has a line end: a header is one line"
					: "the value has a control character");
		return false;
	}
	if (size <= SECRET_BYTES_MAX)
		return true;
	READER_COMPLAIN(reader, node, "the value is longer than 8 KiB");
	return false;
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
				      .is_secret = config_header_is_credential(name) };
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
