#include "master/jar.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "master/share.h"
#include "protocol/msg.h"
#include "tests/support/memory_store.h"

#define COUNT(array)                    (sizeof(array) / sizeof((array)[0]))
#define NOW                             1000
#define LINE(domain, tail, name, value) domain "\t" tail "\t/\tFALSE\t0\t" name "\t" value "\n"

static struct config config;
static struct host_request with_jar = { .cookies = COOKIES_ON };

/* The lines for an origin, as "a=1; b=2". */
static const char *lines_for(struct jar *jar, const char *origin,
			     const struct host_request *request, int64_t now_s)
{
	static char text[MSG_COOKIES_MAX];
	char out[MSG_COOKIES_MAX];
	struct slice lines = jar_lines(jar, slice_of(origin), request, now_s, out, sizeof(out));
	size_t size = 0;

	text[0] = '\0';
	for (char *line = lines.size ? out : NULL; line && line < out + lines.size;) {
		char *end = memchr(line, '\n', (size_t)(out + lines.size - line)), *name, *value;

		*end = '\0';
		value = strrchr(line, '\t');
		*value = '\0';
		name = strrchr(line, '\t');
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s=%s",
					 size ? "; " : "", name + 1, value + 1);
		line = end + 1;
	}
	return text;
}

static void take(struct jar *jar, const char *origin, const char *lines)
{
	jar_take(jar, slice_of(origin), slice_of(lines), NOW);
}

/* Whatever a worker says that this answer has set. */
static void an_answer_sets_what_is_its_to_set(void **state)
{
	static const struct {
		const char *origin, *line, *asked, *sent;
	} rows[] = {
		{ "http://a.org", LINE("a.org", "FALSE", "x", "1"), "http://a.org", "x=1" },
		{ "http://a.org", LINE("a.org", "FALSE", "x", "1"), "https://a.org:8443", "x=1" },
		{ "http://a.org", LINE("a.org", "FALSE", "x", "1"), "http://www.a.org", "" },
		{ "http://www.a.org", LINE(".a.org", "TRUE", "x", "1"), "http://b.a.org", "x=1" },
		{ "http://www.a.org", LINE(".A.ORG", "TRUE", "x", "1"), "http://a.org", "x=1" },
		{ "http://a.org", LINE("www.a.org", "FALSE", "x", "1"), "http://www.a.org", "" },
		{ "http://a.org", LINE("b.org", "FALSE", "x", "1"), "http://b.org", "" },
		{ "http://a.org", LINE(".org", "TRUE", "x", "1"), "http://b.org", "" },
		{ "http://a.co.uk", LINE(".co.uk", "TRUE", "x", "1"), "http://b.co.uk", "" },
		{ "http://a.github.io", LINE(".github.io", "TRUE", "x", "1"), "http://b.github.io",
		  "" },
		{ "http://github.io", LINE("github.io", "FALSE", "x", "1"), "http://github.io",
		  "x=1" },
		{ "http://127.0.0.1:80", LINE("127.0.0.1", "FALSE", "x", "1"), "http://127.0.0.1",
		  "x=1" },
		{ "http://127.0.0.1", LINE(".0.0.1", "TRUE", "x", "1"), "http://126.0.0.1", "" },
		{ "http://[::1]:80", LINE("::1", "FALSE", "x", "1"), "http://[::1]", "x=1" },
		{ "http://localhost", LINE("localhost", "FALSE", "x", "1"), "http://localhost",
		  "x=1" },
		{ "http://a.org", "no line\n", "http://a.org", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jar *jar = jar_new(&config);

		take(jar, rows[i].origin, rows[i].line);
		if (strcmp(lines_for(jar, rows[i].asked, &with_jar, NOW), rows[i].sent) != 0)
			fail_msg("%zu: %s", i, lines_for(jar, rows[i].asked, &with_jar, NOW));
		jar_free(jar);
	}
}

static void the_latest_answer_wins_and_keeps_its_place(void **state)
{
	struct jar *jar = jar_new(&config);

	(void)state;
	take(jar, "http://a.org",
	     LINE("a.org", "FALSE", "x", "1") LINE("a.org", "FALSE", "y", "1"));
	take(jar, "http://a.org", LINE("a.org", "FALSE", "x", "2"));
	take(jar, "http://a.org", LINE(".a.org", "TRUE", "x", "3")); /* another */
	assert_string_equal(lines_for(jar, "http://a.org", &with_jar, NOW), "x=2; y=1; x=3");
	take(jar, "http://a.org", "a.org\tFALSE\t/\tFALSE\t1\tx\t\n"); /* taken away */
	take(jar, "http://a.org", "a.org\tFALSE\t/\tFALSE\t2000\ty\t4\n");
	assert_string_equal(lines_for(jar, "http://a.org", &with_jar, NOW), "y=4; x=3");
	assert_string_equal(lines_for(jar, "http://a.org", &with_jar, 2000), "x=3");
	jar_free(jar);
}

static void a_site_has_so_many_cookies_and_a_job_so_much_room(void **state)
{
	struct jar *jar = jar_new(&config);
	char line[200], out[100];
	struct slice lines;

	(void)state;
	for (int i = 0; i < JAR_SITE_MAX + 20; i++) {
		snprintf(line, sizeof(line), "a.org\tFALSE\t/\tFALSE\t0\tn%d\tx\n", i);
		take(jar, "http://a.org", line);
	}
	assert_null(strstr(lines_for(jar, "http://a.org", &with_jar, NOW), "n19="));
	assert_non_null(strstr(lines_for(jar, "http://a.org", &with_jar, NOW), "n20="));
	/* the latest */
	lines = jar_lines(jar, SLICE("http://a.org"), &with_jar, NOW, out, sizeof(out));
	assert_int_equal(lines.size, 3 * 29);
	assert_non_null(memmem(lines.at, lines.size, "n169", 4));
	jar_free(jar);
}

/* A session's cookie is the oldest, but is set with each page; libcurl sends 150 with a request. */
static void a_cookie_that_is_set_again_outlives_those_that_are_not(void **state)
{
	struct jar *jar = jar_new(&config);
	const char *lines;
	char line[200];
	int count = 0;

	(void)state;
	take(jar, "http://a.org", LINE("a.org", "FALSE", "once", "1"));
	for (int i = 0; i < 400; i++) {
		take(jar, "http://a.org", LINE("a.org", "FALSE", "sid", "s"));
		snprintf(line, sizeof(line), "a.org\tFALSE\t/\tFALSE\t0\tseen%d\tx\n", i);
		take(jar, "http://a.org", line);
	}
	lines = lines_for(jar, "http://a.org", &with_jar, NOW);
	assert_non_null(strstr(lines, "sid=s"));
	assert_null(strstr(lines, "once"));
	assert_non_null(strstr(lines, "seen399"));
	for (const char *at = lines; (at = strchr(at, '=')); at++)
		count++;
	assert_int_equal(count, 150);
	jar_free(jar);
}

/* What a file says, the jar has; what came of it since, stays; a new file counts again. */
static void a_file_is_taken_in_once_and_is_for_hosts_whose_rule_names_it(void **state)
{
	static const struct {
		const char *file, *answer, *sent;
	} runs[] = {
		{ LINE(".a.org", "TRUE", "x", "1"), NULL, "x=1" },
		{ LINE(".a.org", "TRUE", "x", "1"), LINE(".a.org", "TRUE", "x", "new"), "x=new" },
		{ LINE(".a.org", "TRUE", "x", "1"), NULL, "x=new" },
		{ LINE(".a.org", "TRUE", "x", "2"), NULL, "x=2" },
		{ "", NULL, "" }, /* and is nobody's if no rule has it */
		{ LINE(".a.org", "TRUE", "x", "2"), ".a.org\tTRUE\t/\tFALSE\t1\tx\t\n", "" },
		{ LINE(".a.org", "TRUE", "x", "2"), NULL, "x=2" },
	};
	struct config_host host = { .match = "a.org", .request = { .cookies = COOKIES_ON } };
	struct config with_file = { .hosts = &host, .host_count = 1 };
	struct store_error error;

	(void)state;
	memory_store_use();
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct store *store = store_open("memory://jar", false, &error);
		struct jar *jar = jar_new(&with_file);

		host.request.cookie_lines = slice_of(runs[i].file);
		store_begin_run(store, &(struct store_run){ .versions = "" });
		assert_int_equal(jar_load(jar, store, NOW), 0);
		if (runs[i].answer)
			take(jar, "http://a.org", runs[i].answer);
		if (strcmp(lines_for(jar, "http://a.org", &host.request, NOW), runs[i].sent) != 0)
			fail_msg("%zu: %s", i, lines_for(jar, "http://a.org", &host.request, NOW));
		assert_string_equal(lines_for(jar, "http://www.a.org", &with_jar, NOW), "");
		assert_int_equal(jar_write(jar, store), 0);
		assert_int_equal(store_commit(store), 0);
		store_settle(store, -1);
		store_close(store);
		jar_free(jar);
	}
	memory_store_forget_all();
}

/* ---- several nodes ---- */

#define SHARES 16

struct holder {
	struct store *store;
	struct jar *jar;
};

static void gain_cookie(void *context, const struct store_cookie *cookie)
{
	struct holder *holder = context;

	jar_gain(holder->jar, holder->store, cookie, NOW);
}

static int gain_url(void *context, const struct store_known_url *url)
{
	(void)context;
	(void)url;
	return 0;
}

static void ignore_share(void *context, uint32_t share)
{
	(void)context;
	(void)share;
}

static void ignore_letter(void *context, const struct store_letter *letter)
{
	(void)context;
	(void)letter;
}

static void ignore_order(void *context, const struct store_order *order)
{
	(void)context;
	(void)order;
}

static void release_share(void *context, uint32_t share)
{
	struct holder *holder = context;

	assert_int_equal(jar_write(holder->jar, holder->store), 0);
	store_commit(holder->store);
	store_give(holder->store, share);
	store_commit(holder->store);
}

static struct holder open_holder(const struct config *of)
{
	struct store_error error;

	return (struct holder){ store_open("memory://nodes", false, &error), jar_new(of) };
}

static void begin_holder(struct holder *holder)
{
	const struct store_run run = { .command_line = "crawl", .versions = "crawl 0" };
	const struct store_events events = { .gain_url = gain_url,
					     .gain_cookie = gain_cookie,
					     .lose = ignore_share,
					     .release = release_share,
					     .receive = ignore_letter,
					     .order = ignore_order,
					     .context = holder };

	assert_true(store_begin_run(holder->store, &run) > 0);
	assert_int_equal(store_gain(holder->store, &events), 0);
	assert_int_equal(jar_load(holder->jar, holder->store, NOW), 0);
}

static void close_holder(struct holder *holder)
{
	store_close(holder->store);
	jar_free(holder->jar);
}

static void turn(struct holder *one, struct holder *other)
{
	int64_t due_ms;

	for (int i = 0; i < 4; i++) {
		assert_int_equal(store_turn(one->store, NOW, &due_ms), 0);
		assert_int_equal(store_turn(other->store, NOW, &due_ms), 0);
	}
}

static void put(struct holder *holder)
{
	assert_int_equal(jar_write(holder->jar, holder->store), 0);
	assert_int_equal(store_commit(holder->store), 0);
}

static const char *of_a(struct holder *holder)
{
	return lines_for(holder->jar, "http://a.org", &with_jar, NOW);
}

/* The share of a.org goes from one to the other and back; it is the owner's answers that count. */
static void cookies_go_with_the_share_of_their_domain(void **state)
{
	static const char other_host[] = "http://b.org";
	uint32_t share = share_of(SLICE("http://a.org"), SHARES);
	struct holder one, other;

	(void)state;
	assert_int_not_equal(share_of(slice_of(other_host), SHARES), share);
	memory_store_use();
	memory_store_share("memory://nodes", SHARES);
	one = open_holder(&config);
	begin_holder(&one);
	take(one.jar, "http://www.a.org",
	     LINE(".a.org", "TRUE", "x", "1") LINE(".a.org", "TRUE", "y", "1"));
	take(one.jar, other_host, LINE("b.org", "FALSE", "x", "1"));
	put(&one);
	other = open_holder(&config);
	begin_holder(&other);
	take(one.jar, "http://a.org", ".a.org\tTRUE\t/\tFALSE\t1\ty\t\n"); /* taken away */
	take(one.jar, "http://a.org", LINE(".a.org", "TRUE", "x", "2"));
	take(one.jar, other_host, LINE("b.org", "FALSE", "x", "2")); /* not written yet */
	memory_store_move(one.store, share, other.store);
	turn(&one, &other);
	assert_true(store_has_share(other.store, share));
	assert_string_equal(of_a(&other), "x=2");

	/* What comes late for a share that has gone, is not written. */
	take(one.jar, "http://a.org", LINE(".a.org", "TRUE", "x", "late"));
	put(&one);
	take(other.jar, "http://a.org", LINE(".a.org", "TRUE", "x", "3"));
	take(one.jar, other_host, LINE("b.org", "FALSE", "x", "3"));
	memory_store_move(other.store, share, one.store);
	turn(&one, &other);
	assert_true(store_has_share(one.store, share));
	assert_string_equal(of_a(&one), "x=3");
	/* of a share that was ours all along */
	assert_string_equal(lines_for(one.jar, other_host, &with_jar, NOW), "x=3");
	close_holder(&other);
	close_holder(&one);
	memory_store_forget_all();
}

/* A file's cookies are each node's; but what the owner made of one since, is not put back. */
static void a_files_cookie_is_not_put_back_by_who_gets_the_share(void **state)
{
	struct config_host host = { .match = "a.org",
				    .request = { .cookies = COOKIES_ON,
						 .cookie_lines = SLICE(
							 LINE(".a.org", "TRUE", "x", "file")) } };
	const struct config with_file = { .hosts = &host, .host_count = 1 };
	uint32_t share = share_of(SLICE("http://a.org"), SHARES);
	struct holder one, other;

	(void)state;
	memory_store_use();
	memory_store_share("memory://nodes", SHARES);
	one = open_holder(&with_file);
	begin_holder(&one);
	other = open_holder(&with_file);
	begin_holder(&other);
	put(&other); /* the share is not its own */
	take(one.jar, "http://a.org", LINE(".a.org", "TRUE", "x", "since"));
	put(&one);
	put(&other);
	memory_store_move(one.store, share, other.store);
	turn(&one, &other);
	put(&other);
	assert_string_equal(lines_for(other.jar, "http://a.org", &host.request, NOW), "x=since");
	close_holder(&other);
	close_holder(&one);
	memory_store_forget_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_sets_what_is_its_to_set),
		cmocka_unit_test(the_latest_answer_wins_and_keeps_its_place),
		cmocka_unit_test(a_site_has_so_many_cookies_and_a_job_so_much_room),
		cmocka_unit_test(a_cookie_that_is_set_again_outlives_those_that_are_not),
		cmocka_unit_test(a_file_is_taken_in_once_and_is_for_hosts_whose_rule_names_it),
		cmocka_unit_test(cookies_go_with_the_share_of_their_domain),
		cmocka_unit_test(a_files_cookie_is_not_put_back_by_who_gets_the_share),
	};

	return RUN_TESTS(tests);
}
