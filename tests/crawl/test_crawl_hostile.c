#include "tests/support/test.h"

#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/support/hostile.h"
#include "tests/support/scenario.h"
#include "tests/support/tls_hostile.h"
#include "tests/support/tls_stand_in.h"

/*
 * The program from end to end: no answer that is cut, broken or another one's is a page.
 *
 * What is asked for is the number of a row: "/alone/7" on a connection of its own, "/kept/7" on one
 * that has brought "/good/7" just before.
 */
#define QUICK                                                                                      \
	"--delay", "0", "--concurrency", "1", "-j", "1", "--retries", "0", "--host-failures", "0", \
		"--no-robots", "--max-body", "256KiB"
#define PATIENT     "30s" /* for those that are not to time out */
#define IMPATIENT   "2s"
#define REQUEST_MAX 16384

static struct hostile_table table;
static size_t patient_count; /* of its rows, the first */

/* Those that may time out come last. */
static void read_table(const char *path, bool is_framed)
{
	static struct hostile_row rows[HOSTILE_ROWS_MAX];
	size_t count = 0;

	hostile_read(&table, path, is_framed);
	memcpy(rows, table.rows, sizeof(rows));
	for (int may_time_out = 0; may_time_out < 2; may_time_out++) {
		for (size_t i = 0; i < table.count; i++)
			if ((strstr(rows[i].wanted, "timeout") != NULL) == may_time_out)
				table.rows[count++] = rows[i];
		if (!may_time_out)
			patient_count = count;
	}
}

/* ---- the server ---- */

static struct server {
	pid_t pid;
	unsigned port;
	/* Seen by all processes: was the row asked for on a connection that was used before? */
	bool *was_kept;
} server;

static void answer_good(int fd, unsigned number)
{
	char text[256], page[64];
	int size = snprintf(page, sizeof(page), "<title>good %u</title>", number);

	size = snprintf(
		text, sizeof(text),
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", size,
		page);
	send(fd, text, (size_t)size, MSG_NOSIGNAL);
}

/* The rest of what the client sends would make a reset of a close. */
static void end_connection(int fd, enum hostile_end end)
{
	struct linger at_once = { .l_onoff = 1 };
	char rest[4096];

	if (end == HOSTILE_RESET) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		return;
	}
	shutdown(fd, SHUT_WR);
	while (recv(fd, rest, sizeof(rest), 0) > 0)
		;
}

/* Returns whether the connection goes on. */
static bool answer_request(int fd, const char *request, unsigned nth)
{
	char kind[16];
	unsigned number;

	if (sscanf(request, "GET /%15[a-z]/%u ", kind, &number) != 2 || number >= table.count)
		return false;
	if (strcmp(kind, "good") == 0) {
		answer_good(fd, number);
		return true;
	}
	if (strcmp(kind, "kept") == 0 && nth > 0)
		server.was_kept[number] = true;
	hostile_send(fd, &table.rows[number]);
	if (table.rows[number].end == HOSTILE_STAY)
		return true;
	end_connection(fd, table.rows[number].end);
	return false;
}

static void serve_connection(int fd)
{
	char request[REQUEST_MAX];
	size_t size = 0;

	for (unsigned nth = 0;;) {
		ssize_t got = recv(fd, request + size, sizeof(request) - 1 - size, 0);
		char *end;

		if (got <= 0)
			return;
		size += (size_t)got;
		request[size] = '\0';
		end = strstr(request, "\r\n\r\n");
		if (!end)
			continue;
		if (!answer_request(fd, request, nth++))
			return;
		size = 0;
	}
}

/* A process for each connection: an answer may take as long as the client lets it. */
static _Noreturn void serve(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve_connection(fd);
			_exit(0);
		}
		close(fd);
	}
}

static int start_server(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	server.was_kept = mmap(NULL, HOSTILE_ROWS_MAX, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (server.was_kept == MAP_FAILED || bind(listener, (struct sockaddr *)&name, size) < 0 ||
	    listen(listener, 64) < 0 || getsockname(listener, (struct sockaddr *)&name, &size) < 0)
		return -1;
	server.port = ntohs(name.sin_port);
	server.pid = fork();
	if (server.pid == 0)
		serve(listener);
	close(listener);
	return server.pid > 0 ? 0 : -1;
}

static int begin(void **state)
{
	if (folder_make(state) < 0)
		return -1;
	read_table("tests/data/hostile/http.tsv", false);
	return start_server();
}

static int end(void **state)
{
	kill(server.pid, SIGKILL);
	waitpid(server.pid, NULL, 0);
	munmap(server.was_kept, HOSTILE_ROWS_MAX);
	hostile_free(&table);
	ask_in(NULL, NULL);
	return folder_remove(state);
}

/* ---- what came of them ---- */

static const char *page_of(const char *kind, size_t number)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "SELECT outcome, size, title FROM pages WHERE url = 'http://127.0.0.1:%u/%s/%zu'",
		 server.port, kind, number);
	return ask(sql);
}

/* Print what is wrong; returns how much. */
static unsigned count_wrong(const char *kind)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < table.count; i++) {
		const char *page = page_of(kind, i);

		if (hostile_fits(&table.rows[i], page))
			continue;
		print_error("%s, %s: %s instead of %s\n", table.rows[i].name, kind, page,
			    table.rows[i].wanted);
		wrong++;
	}
	return wrong;
}

static FILE *open_list(void)
{
	FILE *list = fopen(in_folder("list"), "w");

	assert_non_null(list);
	return list;
}

static void run_list(const char *timeout)
{
	struct program *run = RUN("list", QUICK, "--timeout", timeout);

	assert_code(run, 1);
	assert_silent_on(run->error, "worker_exit"); /* and no worker is harmed */
}

static void ask_alone(size_t first, size_t end, const char *timeout)
{
	FILE *list = open_list();

	for (size_t i = first; i < end; i++)
		fprintf(list, "http://127.0.0.1:%u/alone/%zu\n", server.port, i);
	fclose(list);
	run_list(timeout);
}

static void every_answer_alone_is_its_page_or_none(void **state)
{
	(void)state;
	ask_alone(0, patient_count, PATIENT);
	ask_alone(patient_count, table.count, IMPATIENT);
	assert_int_equal(count_wrong("alone"), 0);
}

static void ask_behind_good_ones(size_t first, size_t end, const char *timeout)
{
	FILE *list = open_list();

	for (size_t i = first; i < end; i++)
		fprintf(list, "http://127.0.0.1:%u/good/%zu\nhttp://127.0.0.1:%u/kept/%zu\n",
			server.port, i, server.port, i);
	fclose(list);
	run_list(timeout);
}

/* Nor does it harm the pages before and behind it. */
static void every_answer_on_a_used_connection_is_its_page_or_none(void **state)
{
	unsigned fresh = 0;

	(void)state;
	ask_behind_good_ones(0, patient_count, PATIENT);
	ask_behind_good_ones(patient_count, table.count, IMPATIENT);
	assert_int_equal(count_wrong("kept"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok' AND tries = 1 "
				    "AND url GLOB '*/good/*' AND title = 'good ' || "
				    "replace(url, rtrim(url, '0123456789'), '')"),
			 table.count);
	for (size_t i = 0; i < table.count; i++)
		fresh += !server.was_kept[i];
	assert_int_equal(fresh, 0);
}

/* ---- TLS ---- */

#define SERVERS 24 /* at a time */

/*
 * Ask for one row of each server, so many at a time.  With one place connections are closed: other
 * hosts wait for it.  Returns how many went wrong.
 */
static unsigned ask_servers(enum tls_hostile_kind kind, size_t first, size_t count,
			    const char *window, const char *timeout)
{
	struct tls_hostile servers[SERVERS] = { 0 };
	char authority[PATH_MAX + 16], sql[128];
	FILE *list = open_list();
	unsigned wrong = 0;

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(tls_hostile_start(&servers[i], kind, &table.rows[first + i]), 0);
		fprintf(list, "https://127.0.0.1:%u/%u\n", servers[i].port, servers[i].port);
	}
	fclose(list);
	snprintf(authority, sizeof(authority), "ca_file=%s", in_folder("ca.pem"));
	assert_silent_on(RUN("list", "--fresh", "--set", authority, "--window", window, QUICK,
			     "--timeout", timeout)
				 ->error,
			 "worker_exit");
	for (size_t i = 0; i < count; i++) {
		const struct hostile_row *row = &table.rows[first + i];

		snprintf(sql, sizeof(sql),
			 "SELECT outcome, size, title FROM pages WHERE url GLOB '*:%u/*'",
			 servers[i].port);
		if (!hostile_fits(row, ask(sql))) {
			print_error("%s: %s instead of %s\n", row->name, ask(sql), row->wanted);
			wrong++;
		}
		tls_hostile_stop(&servers[i]);
	}
	return wrong;
}

/* The same, of any number.  Returns how many went wrong. */
static unsigned ask_many(enum tls_hostile_kind kind, size_t first, size_t end, const char *timeout)
{
	unsigned wrong = 0;

	for (size_t at = first; at < end; at += SERVERS)
		wrong += ask_servers(kind, at, end - at < SERVERS ? end - at : SERVERS, "32",
				     timeout);
	return wrong;
}

static void assert_table(const char *path, enum tls_hostile_kind kind)
{
	unsigned wrong;

	if (!tls_is_possible()) {
		print_message("skipped: it wants openssl\n");
		skip();
	}
	assert_int_equal(tls_make_certificates(), 0);
	read_table(path, kind == TLS_HOSTILE_HTTP2);
	wrong = ask_many(kind, 0, patient_count, PATIENT);
	wrong += ask_many(kind, patient_count, table.count, IMPATIENT);
	assert_int_equal(wrong, 0);
}

static int end_tls(void **state)
{
	hostile_free(&table);
	ask_in(NULL, NULL);
	return folder_remove(state);
}

static void what_is_no_handshake_is_no_page(void **state)
{
	(void)state;
	assert_table("tests/data/hostile/tls.tsv", TLS_HOSTILE_RAW);
}

static void a_page_over_tls_is_whole_where_something_says_so(void **state)
{
	(void)state;
	assert_table("tests/data/hostile/https.tsv", TLS_HOSTILE_HTTP1);
}

/* What is made of a certificate, in the folder, as bad.pem and bad.key. */
#define SIGNED(names, request, sign)                                                       \
	"printf '" names "' >bad.names && openssl req -newkey " request                    \
	" -nodes -subj '/CN=127.0.0.1' -keyout bad.key -out bad.request && "               \
	"openssl x509 -req -in bad.request -CA ca.pem -CAkey ca.key -CAcreateserial " sign \
	" -extfile bad.names -out bad.pem"
#define NAME "subjectAltName=IP:127.0.0.1\\n"

struct proof {
	const char *what, *make; /* a command, or NULL: the good one */
	const char *options[6];
	const char *outcome;
};

static const struct proof proofs[] = {
	{ "all is well", NULL, { NULL }, "ok" },
	{ "TLS 1.3", NULL, { "-tls1_3" }, "ok" },
	{ "TLS 1.2", NULL, { "-tls1_2" }, "ok" },
	{ "TLS 1.1", NULL, { "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0" }, "tls" },
	{ "TLS 1.0", NULL, { "-tls1", "-cipher", "DEFAULT@SECLEVEL=0" }, "tls" },
	{ "no certificate", NULL, { "-tls1_2", "-cipher", "ADH@SECLEVEL=0" }, "tls" },
	{ "no cipher", NULL, { "-tls1_2", "-cipher", "NULL@SECLEVEL=0" }, "tls" },
	{ "wants ours", NULL, { "-Verify", "1", "-verify_return_error" }, "tls" },
	{ "signed again", SIGNED(NAME, "rsa:2048", "-days 2"), { NULL }, "ok" },
	{ "elliptic curve",
	  SIGNED(NAME, "ec -pkeyopt ec_paramgen_curve:P-256", "-days 2"),
	  { NULL },
	  "ok" },
	{ "another address",
	  SIGNED("subjectAltName=IP:127.0.0.2\\n", "rsa:2048", "-days 2"),
	  { NULL },
	  "tls" },
	{ "a name that looks like it",
	  SIGNED("subjectAltName=DNS:127.0.0.1.example\\n", "rsa:2048", "-days 2"),
	  { NULL },
	  "tls" },
	{ "a wildcard",
	  SIGNED("subjectAltName=DNS:*.0.0.1\\n", "rsa:2048", "-days 2"),
	  { NULL },
	  "tls" },
	{ "over since it was made",
	  SIGNED(NAME, "rsa:2048", "-days 0") " && sleep 1",
	  { NULL },
	  "tls" },
	{ "for clients",
	  SIGNED(NAME "extendedKeyUsage=clientAuth\\n", "rsa:2048", "-days 2"),
	  { NULL },
	  "tls" },
	{ "a small key",
	  SIGNED(NAME, "rsa:1024", "-days 2"),
	  { "-cipher", "DEFAULT@SECLEVEL=0" },
	  "tls" },
	{ "a weak sum",
	  SIGNED(NAME, "rsa:2048", "-days 2 -sha1"),
	  { "-cipher", "DEFAULT@SECLEVEL=0" },
	  "tls" },
	{ "signed by itself",
	  "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=127.0.0.1' "
	  "-addext subjectAltName=IP:127.0.0.1 -keyout bad.key -out bad.pem",
	  { NULL },
	  "tls" },
	{ "signed by one that may not",
	  SIGNED("basicConstraints=CA:FALSE\\n", "rsa:2048",
		 "-days 2") " && mv bad.pem may.pem && mv bad.key may.key "
			    "&& " SIGNED(NAME, "rsa:2048", "-days 2") " && openssl x509 -req -in "
								      "bad.request -CA may.pem "
								      "-CAkey may.key "
								      "-CAcreateserial "
								      "-days 2 -extfile "
								      "bad.names -out bad.pem",
	  { "-cert_chain", "may.pem" },
	  "tls" },
};

/* Make what the row says, and the options of its server. */
static void prepare(const struct proof *proof, const char *options[12])
{
	static const char *const bad[] = { "-cert", "bad.pem", "-key", "bad.key" };
	char command[2048];
	size_t count = 0;

	options[count++] = "-www";
	for (size_t i = 0; proof->options[i]; i++)
		options[count++] = proof->options[i];
	if (!proof->make)
		return;
	memcpy(options + count, bad, sizeof(bad));
	snprintf(command, sizeof(command), "cd %s && { %s; } >openssl.log 2>&1", in_folder(""),
		 proof->make);
	if (system(command) != 0)
		fail_msg("%s cannot be made", proof->what);
}

static void who_cannot_prove_its_name_has_no_page(void **state)
{
	char authority[PATH_MAX + 16], page[64];

	(void)state;
	if (!tls_is_possible())
		skip();
	assert_int_equal(tls_make_certificates(), 0);
	snprintf(authority, sizeof(authority), "ca_file=%s", in_folder("ca.pem"));
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		const char *options[12] = { NULL };
		struct tls_hostile tls;

		prepare(&proofs[i], options);
		assert_int_equal(tls_hostile_start_with(&tls, options), 0);
		snprintf(page, sizeof(page), "https://127.0.0.1:%u/", tls.port);
		RUN(page, "--fresh", "--set", authority, QUICK);
		if (strcmp(ask("SELECT outcome FROM pages"), proofs[i].outcome) != 0)
			fail_msg("%s: %s", proofs[i].what, ask("SELECT outcome, error FROM pages"));
		tls_hostile_stop(&tls);
	}
}

/* Who does not ask who it is does not ask whether it was cut. */
static void a_host_whose_tls_is_not_verified_may_end_as_it_likes(void **state)
{
	static char bytes[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>t</title>";
	static const struct hostile_row row = { .end = HOSTILE_RESET,
						.bytes = bytes,
						.size = sizeof(bytes) - 1 };
	static const char *const outcomes[] = { "truncated", "ok" };
	struct tls_hostile tls;
	char authority[PATH_MAX + 16], url_of[64];

	(void)state;
	if (!tls_is_possible())
		skip();
	assert_int_equal(tls_make_certificates(), 0);
	snprintf(authority, sizeof(authority), "ca_file=%s", in_folder("ca.pem"));
	for (int is_trusted = 0; is_trusted < 2; is_trusted++) {
		write_text("c.yaml", "hosts: [{match: '127.0.0.1', tls_verify: %s}]\n",
			   is_trusted ? "false" : "true");
		assert_int_equal(tls_hostile_start(&tls, TLS_HOSTILE_HTTP1, &row), 0);
		snprintf(url_of, sizeof(url_of), "https://127.0.0.1:%u/", tls.port);
		RUN(url_of, "--fresh", "-c", "c.yaml", "--set", authority, QUICK);
		assert_string_equal(ask("SELECT outcome FROM pages"), outcomes[is_trusted]);
		tls_hostile_stop(&tls);
	}
}

static void every_answer_of_http2_is_its_page_or_none(void **state)
{
	(void)state;
	assert_table("tests/data/hostile/http2.tsv", TLS_HOSTILE_HTTP2);
}

/* The first rows are whole pages. */
static void a_connection_of_http2_that_is_closed_has_brought_its_page(void **state)
{
	(void)state;
	if (!tls_is_possible())
		skip();
	assert_int_equal(tls_make_certificates(), 0);
	hostile_read(&table, "tests/data/hostile/http2.tsv", true);
	assert_int_equal(ask_servers(TLS_HOSTILE_HTTP2, 0, SERVERS, "1", PATIENT), 0);
}

#define TLS(function)  cmocka_unit_test_setup_teardown(function, folder_make, end_tls)
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_answer_alone_is_its_page_or_none),
		TEST(every_answer_on_a_used_connection_is_its_page_or_none),
		TLS(what_is_no_handshake_is_no_page),
		TLS(a_page_over_tls_is_whole_where_something_says_so),
		TLS(who_cannot_prove_its_name_has_no_page),
		TLS(a_host_whose_tls_is_not_verified_may_end_as_it_likes),
		TLS(every_answer_of_http2_is_its_page_or_none),
		TLS(a_connection_of_http2_that_is_closed_has_brought_its_page),
	};

	return RUN_TESTS(tests);
}
