#ifndef STORE_H
#define STORE_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * store: the one door to what a crawl keeps, in verbs of the crawl.
 *
 * What stands behind it is chosen by the string that it is opened with (store_open): a path is a
 * SQLite file (store/sqlite/).  One that many machines share may stand there, too: so no verb that
 * writes waits for an answer, numbers are given by whoever owns them, and what is read comes when
 * it comes.
 *
 * Verbs that write are called put, clear, begin, end, commit; verbs that read get, each, find,
 * query.  Writing verbs open a transaction by themselves; store_commit() closes a batch: all since
 * the last one is there as one, or not at all.  A process that dies leaves the state of the last
 * batch that was committed.
 *
 * Every verb that can fail returns -1 (or NULL) and leaves one line fit for the user in
 * store_error(); after that every writing verb fails with the same line, and store_close() leaves
 * the state of the last commit.  Has it failed?  Ask store_has_failed(), nobody keeps a flag.
 *
 * Texts that go in are borrowed for the call.  Texts that come out are valid until the next call,
 * unless said otherwise.  {NULL, 0} is absent: SQL's NULL.
 *
 * Tables and columns are documented in docs/schema.md.
 */
struct store;

#define STORE_ERROR_MAX 512

/* What would help, where only who runs us knows how that is said: as an option, say. */
enum store_cure {
	STORE_CURE_NONE,
	STORE_CURE_OTHER_FILE,
	STORE_CURE_START_OVER,
	STORE_CURE_ASK_OTHERWISE, /* nothing is wrong but what was asked for */
	STORE_CURE_WAIT,          /* it may heal by itself: a server that is away, say */
};

/* Why something failed: a line for the user, which the cure may end ("... another file"). */
struct store_error {
	char text[STORE_ERROR_MAX];
	enum store_cure cure;
};

/*
 * The name of a URL or of a host: the share that it belongs to, and its number there, from 1.
 * Numbers are given by the share's owner, in order, from memory; {0, 0} is none.  A SQLite file is
 * one share, 0, and a number is a rowid.
 */
struct store_key {
	uint32_t share, number;
};

static inline bool store_key_is_none(struct store_key key)
{
	return key.number == 0;
}

/* As one number: what maps are keyed by. */
static inline uint64_t store_key_id(struct store_key key)
{
	return (uint64_t)key.share << 32 | key.number;
}

static inline struct store_key store_key_of(uint64_t id)
{
	return (struct store_key){ (uint32_t)(id >> 32), (uint32_t)id };
}

enum store_kind { STORE_NULL, STORE_TEXT, STORE_INTEGER, STORE_REAL, STORE_BLOB, STORE_JSON };

struct store_value {
	enum store_kind kind;
	int64_t integer;
	double real;
	struct slice text; /* TEXT, BLOB, JSON */
};

/* ---- open, close, fail ---- */

/*
 * Open what `where` names to crawl into it; a file is created where it is missing.  With fresh, an
 * existing one is emptied of everything first (and only if it is ours).
 * Returns NULL with the reason in error: not a database, not ours, from a newer crawl, read-only,
 * in use by another crawl, disk full, a copy that has not ended, a scheme that nobody knows.
 *
 * One writer a file, from here to store_close(); readers come and go.  A child forked meanwhile
 * holds it too while it keeps descriptors it inherited: it must close them.
 */
struct store *store_open(const char *where, bool fresh, struct store_error *error);

/* The same for store_copy(), which goes on with what has not ended. */
struct store *store_open_to_copy(const char *where, bool fresh, struct store_error *error);

/*
 * Open a store of this process alone: it has no name, is nobody else's to read, and is gone when it
 * is closed, however the process ends.  It may be larger than memory.
 */
struct store *store_open_private(struct store_error *error);

/*
 * Is somebody crawling into it?  A run that has not said how it ended was killed, if nobody is.
 * Not of what this process has open.
 */
bool store_is_in_use(const char *where);

/* Open read-only, also while a crawl is running. */
struct store *store_open_read(const char *where, struct store_error *error);

/* Roll back what is not committed, tidy up, release.  NULL is allowed. */
void store_close(struct store *store);

bool store_has_failed(const struct store *store);
const struct store_error *store_error(const struct store *store);

/*
 * What an older crawl made was brought up to date when it was opened to be written ("schema 3
 * becomes 5; ..."), or is read as it is ("crawl.db is of an older crawl (schema 3)").  Later: that
 * this machine's clock is not the server's, or that this node starts over, and why.
 */
const char *store_notice(const struct store *store); /* NULL: nothing to say */

/*
 * For how long what may heal by itself (STORE_CURE_WAIT, store_trouble()) is waited for: 10
 * minutes. CRAWL_PATIENCE_MS makes it less, for tests.
 */
int store_patience_ms(void);

/* ---- a run ---- */

/* A file of the config, as it was read. */
struct store_file {
	const char *name;
	struct slice text;
};

struct store_run {
	const char *command_line;
	const char *versions; /* "crawl 0.2.0 libcurl 7.88.1 ..." */
	uint64_t config_hash; /* validators of pages read under another are not handed out */

	/* Of a crawl of several machines: */
	const struct store_file *files; /* of the config, in the order they were read */
	size_t file_count;
	bool joins_only; /* a run that is under way, or none */

	/*
	 * Is what a run that is under way has (store_each_file()) the same as files?  Asked before
	 * it is joined.  Returns 1; 0, with why not, for the user; or -1: the store failed.  NULL:
	 * only config_hash is compared.
	 */
	int (*fits)(void *context, struct store *store, int64_t run, char why[STORE_ERROR_MAX]);
	void *context;
};

struct store_totals {
	uint64_t pending, done, failed, skipped, pages, rows;
};

/* What stands there now; pages: with a result.  It is counted: not for every tick. */
int store_get_totals(struct store *store, struct store_totals *totals);

/* The last run, as it was before store_begin_run(). */
struct store_last_run {
	bool is_finished;     /* it ended as "finished" (also if there was none) */
	int64_t ended_ms;     /* Unix time by our clock, or 0: it was killed */
	int64_t ended_ago_ms; /* by the clock of a server, or 0: there is none, or it was killed */
	uint64_t config_hash;
	uint64_t named; /* as store_put_asked() had it; 0: it never came to that */
};
int store_get_last_run(struct store *store, struct store_last_run *last);

/*
 * Begin a run: an earlier one that never ended was killed, and is noted as that.  Commits, so that
 * others see who is writing.  Returns its number, from 1, or 0: it failed.
 *
 * Where several machines crawl into one store, and a run is under way there, this process joins it:
 * store_get_member() says so.  It fails, with STORE_CURE_ASK_OTHERWISE, if the run is of another
 * config or another version.  With joins_only and none under way, the number is that of the last
 * run, which is over (is_over).
 */
int64_t store_begin_run(struct store *store, const struct store_run *run);

/* Who we are among those that crawl into one store.  SQLite: alone. */
struct store_member {
	bool has_joined; /* a run that others had begun */
	bool is_over;    /* there was none: see joins_only */
	unsigned nodes;  /* that live, and are of this run */
	uint32_t shares, all_shares;
	const char *name; /* as people see it */
	bool is_of_all;   /* of a run that was joined: its pass asks for every root */
	bool has_ended;   /* it was the last, and its store_end_run() ended the run */
	int64_t lease_ms; /* as long as a lease is from when it is renewed, or 0: it is for ever */
};
void store_get_member(const struct store *store, struct store_member *member);

/* The files of the config of the last run, until function says -1. */
int store_each_file(struct store *store,
		    int (*function)(void *context, const struct store_file *file), void *context);

/*
 * Is a list with these bytes (hash) to be read by this process?  Returns 1: yes, and
 * store_end_list() says when it has been; 0: another has read it in this run, or does; or -1.
 * SQLite: always.
 */
int store_begin_list(struct store *store, const char *name, uint64_t hash);
int store_end_list(struct store *store, uint64_t hash);

/*
 * Which URLs are asked for?  Every URL has a root: the listed URL from which links, redirects and
 * sitemaps led to it, or itself.  A result carries the number of the pass that it was written in; a
 * URL is pending if it has none, or one of a pass before the last that asks for its root again.
 */
enum store_pass {
	STORE_PASS_GOES_ON, /* what is pending: no new pass */
	STORE_PASS_ALL,     /* a new pass asks for all but links to other sites */
	STORE_PASS_FAILED,  /* a new pass asks for every URL that failed */
};

struct store_asked {
	enum store_pass pass;
	bool is_of_all; /* a new pass is of every root; else store_put_root_pass() says of which */
	uint64_t named; /* of the URLs that are named, which equals only that of the same URLs */
};

/* What this run asks for: once, when its lists have been read.  Before, it goes on with what is
 * pending. */
int store_put_asked(struct store *store, const struct store_asked *asked);

/*
 * This root is one of those that the run asks for, and its pass, if that is new.  Of several nodes
 * each says it of what it adds to the lists, for the share may go to another.
 */
int store_put_root_pass(struct store *store, struct store_key root);

/* What a pattern of a config means, as a number: its rows are of the same meaning if it is equal.
 */
struct store_pattern {
	const char *name;
	uint64_t hash;
};

/*
 * The patterns that a config of this hash has: once for all results and runs that carry it.  Of one
 * that is known already nothing is written.
 */
int store_put_patterns(struct store *store, uint64_t config_hash,
		       const struct store_pattern *patterns, size_t count);

/*
 * What a pattern meant in a config, by its name in any case.
 * Returns 1, 0 if the config had none of that name or is not known, or -1.
 */
int store_get_pattern(struct store *store, uint64_t config_hash, const char *name, uint64_t *hash);

/* End it: "finished", "interrupted", "max_pages", "max_time", "failed".  Commits. */
int store_end_run(struct store *store, const char *how);

/* ---- what is ours: hosts and URLs that come and go ---- */

enum store_state { STORE_PENDING, STORE_DONE, STORE_FAILED, STORE_SKIPPED };

/* What is to be done with a URL's answer; OUTSIDE: nobody asks, it leads to another site. */
enum store_url_kind {
	STORE_URL_PAGE,
	STORE_URL_SITEMAP,
	STORE_URL_OUTSIDE,
	STORE_URL_GUESS, /* a sitemap that nobody named, where one usually stands */
};

/* A host, and its robots.txt as it was read last: state {NULL, 0} if it never was. */
struct store_known_host {
	struct store_key key;
	struct slice origin, robots_state, robots;
	int64_t robots_at_ms;
	struct slice address;  /* that answered last: "192.0.2.1" */
	int64_t held_until_ms; /* Unix time before which it does not want to be asked, or 0 */
	int64_t delay_ms;      /* that another node kept, where there are several; or 0 */
	int64_t usual_ms;      /* in which it answered, usually; or 0 */
};

struct store_known_url {
	struct store_key key, host, root;
	uint32_t set; /* that it was given as a root, or 0 */
	enum store_url_kind kind;
	int lane, rule, depth;
	bool is_pending;
	bool is_named; /* its root is one of those that a run of several nodes asks for */
	bool is_lent;  /* another share's owner asks for it: a redirect led there (store_send()) */
	enum store_state state; /* of its last result, PENDING: it has none; OUTSIDE: SKIPPED */
	struct slice url;
	struct slice moved_to; /* where it is read, if that result was "moved"; where it has gone,
				  if it is lent; or absent */
	bool has_content;      /* what was read under its own name still stands */
};

/*
 * A share is gained with its hosts, then its URLs, each in the order of their numbers, and at last
 * what was sent there; a share that is lost goes with all of them, and what is still written for it
 * may be refused.  One that is wanted elsewhere is asked for by release: then nothing of it is
 * begun any more, and when nothing of it is under way, store_give() lets it go, which is a loss.
 * Gain functions return 0, or -1 to stop, which store_gain() then returns.  A SQLite file is gained
 * at once, in store_gain(), and never lost.  Of several
 * shares, cookies that others may have changed come with each, between its hosts and its URLs:
 * gain_cookie is called of all that are stored, and at their end with NULL.  Before a store makes
 * durable what was put without having been told to (store_commit()), it calls close: what goes with
 * that is to be put now.  All but gain_url and
 * lose may be NULL: who has none of them hears nothing of it.
 */
struct store_letter;
struct store_order;
struct store_cookie;
struct store_events {
	int (*gain_host)(void *context, const struct store_known_host *host);
	int (*gain_url)(void *context, const struct store_known_url *url);
	void (*gain_cookie)(void *context, const struct store_cookie *cookie);
	void (*lose)(void *context, uint32_t share);
	void (*release)(void *context, uint32_t share);
	void (*receive)(void *context, const struct store_letter *letter);
	void (*order)(void *context, const struct store_order *order);
	void (*close)(void *context);
	void *context;
	bool is_brief; /* to count URLs, and no more: key, root, kind, is_pending and state of each
			*/
};

/*
 * How many shares there are.  Which one a host falls in is the caller's to say, by its domain, and
 * always the same.  SQLite: 1.
 */
uint32_t store_get_share_count(const struct store *store);

/*
 * Is a share ours, and has all of it been handed out?  Who it is gives its hosts and URLs their
 * numbers.  SQLite: always.
 */
bool store_has_share(const struct store *store, uint32_t share);

/*
 * Who hears of them from now on, until store_close(); called here and in store_turn().  Called
 * again it hands out all that is gained once more, as it is now.
 */
int store_gain(struct store *store, const struct store_events *events);

/*
 * Have the store do what it does by itself: hand out events, note what was committed.  *due_ms is
 * then when it wants the next turn, at the latest (INT64_MAX: never).  SQLite: nothing.
 */
int store_turn(struct store *store, int64_t now_ms, int64_t *due_ms);

/*
 * Wait until all batches that were closed are durable; timeout_ms -1: as long as it takes.
 * Returns 1, 0 if it took longer, or -1.  SQLite: at once, for store_commit() has waited.
 */
int store_settle(struct store *store, int timeout_ms);

/* ---- several machines ---- */

/*
 * What is sent to the owner of another share (or to this one's, to be judged later), and comes to
 * him once, in a turn; what he writes while he is handed it is committed with its end.  Who owns
 * the share then need not be who owns it now.
 *
 * A LINK was found, or is in a list (row.from is none); its owner judges it: seen, traps, limits.
 *
 * A VISIT was led there by a redirect: its URL, of the share that sent it, is lent.  Who gets it
 * asks where it leads, and writes that URL's page; the letter stays until store_end_letter(), in
 * the batch of that page.  If its first URL is to be asked again, it goes BACK: that letter ends
 * the one before, and the URL is lent no more.
 *
 * A MOVED says of a URL of another share where it led; a ROBOTS is the robots.txt that redirects of
 * a host led to elsewhere.  Both are the caller's words, as those of a visit are.
 */
enum store_letter_kind {
	STORE_LETTER_LINK,
	STORE_LETTER_VISIT,
	STORE_LETTER_BACK,
	STORE_LETTER_MOVED,
	STORE_LETTER_ROBOTS,
};

/* The name of a letter that was received: what ends a VISIT. */
struct store_letter_id {
	uint64_t share, batch, number; /* batch 0: none */
};

#define STORE_WAITS_MAX 4

/* What the store waits for: whoever waits, has it wake him, and gives it a turn then. */
struct store_wait {
	int fd;
	bool wants_to_write;
};
size_t store_get_waits(const struct store *store, struct store_wait waits[STORE_WAITS_MAX]);

/*
 * Until when a request may begin, in ms of CLOCK_BOOTTIME; INT64_MAX: for ever (SQLite).  Then
 * others may ask the same hosts.
 */
int64_t store_get_lease_ms(const struct store *store);

/*
 * What it waits for just now, which heals by itself (a server that is away, a full disk): a line
 * for the user, or NULL.  It has failed if it does not heal.
 */
const char *store_trouble(const struct store *store);

/*
 * A verb that has to wait for that calls this meanwhile, some times a second; if it says false, the
 * verb waits no longer, and the store fails.  It may call store_trouble(), and nothing else of the
 * store's.  NULL: nobody watches.
 */
void store_watch_wait(struct store *store, bool (*on_wait)(void *context), void *context);

/* Does it take more, or is it to be left to write what it has?  SQLite: always. */
bool store_has_room(const struct store *store);

/* What this process does: in each turn.  Idle: nothing waits or is under way of what is ours. */
struct store_load {
	uint64_t in_flight, queued;
	bool is_idle, is_seeding; /* it reads its lists */
};
void store_put_load(struct store *store, const struct store_load *load);

/*
 * Has nobody anything left to do, of all that crawl?  Whoever is idle asks; with SQLite it is so.
 * If somebody has ended the run already, as what ("finished", "interrupted", ...): or NULL.
 */
bool store_is_over(struct store *store, const char **ended);

/* Let a share go that release asked for: after what has been written until now. */
int store_give(struct store *store, uint32_t share);

/*
 * All nodes together may do a thing `total` times: how often may this process, altogether, who has
 * done it `used` times?  It grows in turns, while others have not used up the rest; is_last: it
 * will not.  Whoever is idle has said how many it used, just before it says so: what is left may go
 * to others.  What it has used when it asks first was used before the run.  Names: "max_pages",
 * "rule 1".  SQLite: total.
 */
#define STORE_QUOTA_PAGES "max_pages"
struct store_quota {
	uint64_t granted;
	bool is_last;
};
struct store_quota store_get_quota(struct store *store, const char *name, uint64_t total,
				   uint64_t used);

/* What somebody told all of them: "pause", "resume", "stop", "add" (a URL), "delay" (HOST TIME). */
struct store_order {
	const char *what;
	const char *text; /* or "" */
};

/*
 * Tell it all who crawl into `where`, and wait until each has heard of it, or is late.  Returns how
 * many have, of *nodes; 0: nobody crawls; or -1, with the reason in error.  names: who has not
 * heard, or empty.  SQLite: -1, for it has a socket of its own (control/).
 */
int store_tell(const char *where, const struct store_order *order, unsigned *nodes,
	       char names[STORE_ERROR_MAX], struct store_error *error);

/* Is the order "pause" the last that was given in the run that is under way? */
bool store_is_paused(const struct store *store);

/* ---- from one store into another ---- */

/* What the store does not know: which share a host is of; and whom to tell. */
struct store_copying {
	uint32_t (*share_of)(struct slice origin, uint32_t shares);
	void (*tell)(void *context, const char *table, uint64_t rows); /* so far */
	bool (*is_stopped)(void *context);
	void *context;
};

/*
 * Copy a whole crawl: pages, rows, runs, cookies, history.  from was opened to read, to write is
 * another, and empty; or holds what was copied of the same before: then it goes on.  URLs and hosts
 * get the numbers that they would have had there.  Returns 0, 1: it was stopped, or -1 with the
 * reason, which may be that afterwards something is not as often there as here.
 */
int store_copy(struct store *from, struct store *to, const char *source,
	       const struct store_copying *copying, struct store_error *error);

/* ---- the string that a store is opened with ---- */

/*
 * Can a store be called so?  Returns 0, or -1 with the reason: a scheme that nobody knows, or that
 * this program was built without.  Nothing is looked at.
 */
int store_check(const char *where, struct store_error *error);

/* Is it the name of a file? */
bool store_is_file(const char *where);

/* Is there one?  What cannot be looked at is taken to be there. */
bool store_exists(const char *where);

/*
 * As it may be shown and logged: without a password.  Good until the fourth call after this one;
 * of a file it is the same text.
 */
const char *store_shown(const char *where);

/* ---- hosts ---- */

/* A host (scheme, name, port) that is new, by its origin. */
int store_put_host(struct store *store, struct store_key key, struct slice origin);

/* A host's robots.txt: its state, and its text if there is one. */
int store_put_robots(struct store *store, struct store_key host, const char *state,
		     struct slice robots, int64_t at_ms);

/*
 * The text of a host's robots.txt, absent if there is none, until the next call.  Returns as
 * store_url() does.
 */
int store_get_robots(struct store *store, struct store_key host, struct slice *robots);

/*
 * A host asked not to be asked before this Unix time: of several the latest counts.  It may be
 * another node's by now, and its number another host's: then it goes by its origin.
 */
int store_put_hold(struct store *store, struct store_key host, struct slice origin,
		   int64_t until_ms);

/*
 * A host is left alone until this Unix time, and why, in a few words: for reports, and for nothing
 * else; what the next run is to know, is a hold.
 */
int store_put_wait(struct store *store, struct store_key host, int64_t until_ms, const char *why);

/* The address that a host answered from. */
int store_put_address(struct store *store, struct store_key host, struct slice address);

/* ---- URLs: the durable side of the frontier ---- */

/* Where the page was that a link stood on: at a public address, or not. */
enum store_from { STORE_FROM_UNKNOWN, STORE_FROM_PUBLIC, STORE_FROM_PRIVATE };

struct store_url {
	struct slice url;
	struct store_key host;
	struct store_key from;      /* the page whose link it was, or none: a seed */
	struct store_key root;      /* none: itself */
	enum store_from from_where; /* UNKNOWN: a seed, or of a crawl that did not note it */
	int depth;
	enum store_url_kind kind;
	int lane;     /* of its host's queue: the frontier's number */
	int rule;     /* of follow: its number from 1, or 0 */
	uint32_t set; /* of a root: store_put_set() has it; or 0 */
};

/* A letter, see above; texts are borrowed, as everywhere. */
struct store_letter {
	enum store_letter_kind kind;
	struct store_letter_id id; /* of one that was received */
	uint32_t share;            /* it is for */
	struct store_key key;      /* VISIT, BACK, MOVED: of its URL; ROBOTS: of the host */
	struct store_url row;      /* LINK: but for host and set; VISIT: url is where it goes */
	struct slice set;          /* LINK: of a root, as store_put_set() has it, or absent */
	bool is_named;             /* LINK: a list of this run has it */
	const struct store_request *request; /* LINK: NULL: it is a plain GET */
	struct slice words;                  /* of the caller's, for itself; or absent */
};
int store_send(struct store *store, const struct store_letter *letter);

/* A VISIT has come to its end here: in the same batch as its page, or as the letter BACK. */
int store_end_letter(struct store *store, const struct store_letter_id *id);

/* A URL that is new: the caller has made sure of that.  It is pending, unless it is OUTSIDE. */
int store_put_url(struct store *store, struct store_key key, const struct store_url *url);

/* A URL that was OUTSIDE is wanted after all: it is pending, found as this says. */
int store_put_wanted(struct store *store, struct store_key key, const struct store_url *url);

/*
 * A URL gets another root, found as this says (but for its kind and set, which stay).  It is
 * pending if it was under its root until now, or if it is asked for again now.  Conditions are
 * forgotten, its own and those of the page that led to it until now: both are read in full the next
 * time, for what they lead to.
 */
int store_put_root(struct store *store, struct store_key key, const struct store_url *url,
		   bool is_asked_for);

/*
 * Fields that a list gives its URLs, as a JSON object.  A URL has the set of its root, so all that
 * links, redirects and sitemaps lead to has it, too.  Numbers from 1 are given by the caller.
 */
int store_put_set(struct store *store, uint32_t number, struct slice fields); /* of a new one */
int store_each_set(struct store *store,
		   int (*function)(void *context, uint32_t number, struct slice fields),
		   void *context);

/* The set of a URL.  Returns 1, 0 if it has none, or -1. */
int store_get_set(struct store *store, struct store_key key, struct slice *fields);

struct store_root_set {
	struct store_key root;
	uint32_t set; /* 0: none */
};

/*
 * Roots get other sets: all that has them now and a result is pending, and read in full.  Sets that
 * nothing has any more are forgotten, and so are their numbers.
 */
int store_put_root_sets(struct store *store, const struct store_root_set sets[], size_t count);

/*
 * What tells whether a page changed: to be sent, so that an unchanged one is not sent again, and to
 * compare with.  Absent or 0 where nothing is known under this run's config.
 */
struct store_validators {
	struct slice etag, last_modified;
	uint64_t hash;
	int64_t fetched_at_ms;
	bool is_good;          /* it ended as "ok" or "not_modified" */
	bool is_redirected;    /* they are of another URL, where redirects led */
	bool is_read_there;    /* it ended as "moved": that URL is asked for by itself */
	bool has_content;      /* what an earlier visit read still stands */
	struct slice moved_to; /* where permanent redirects led, or absent: it may be asked
				  instead, and then they are its own */
	struct slice counts;   /* as of store_page: what an unchanged page is counted as */
};

/* All that a request needs to know of a URL. */
struct store_target {
	struct store_url row;
	bool is_again; /* it has a result of an earlier run */
	struct store_validators known;
};

#define STORE_AHEAD_MAX 32

/*
 * These URLs will be asked for soon: read them in one go.  Only a hint; at most STORE_AHEAD_MAX are
 * looked at, and what was read ahead before is forgotten.
 */
int store_ahead(struct store *store, const struct store_key keys[], size_t count);

/*
 * These will be asked for before long: a store that answers later reads them meanwhile (SQLite:
 * nothing).  Only a hint; at most STORE_SOON_MAX are looked at.
 */
int store_soon(struct store *store, const struct store_key keys[], size_t count);
#define STORE_SOON_MAX 1024

/*
 * Returns 1 with *target, 0 if it is on its way (ask again after a turn; SQLite: never), or -1: the
 * store has failed, for there is no such URL, too.
 */
int store_url(struct store *store, struct store_key key, struct store_target *target);

/*
 * How a URL is asked, where that is more than a plain GET.  Put anew, what was put before is gone,
 * and conditions are forgotten if it was another.  request NULL: it is a plain GET from now on.
 */
struct store_request {
	struct slice method;  /* "GET", "POST" */
	struct slice headers; /* lines; empty: none */
	struct slice body;    /* likewise */
};
int store_put_request(struct store *store, struct store_key key,
		      const struct store_request *request);

/*
 * What was reached from a root, at its host, and has a request of its own by its method gets the
 * root's headers; conditions are forgotten if it had others.
 */
int store_hand_on_headers(struct store *store);

/* Of a URL that store_url() has handed out.  Returns 1, 0: it is a plain GET, or -1. */
int store_get_request(struct store *store, struct store_key key, struct store_request *request);

/* A URL by its canonical text.  Returns 1, 0 if there is none, or -1.  It reads URLs up to it. */
int store_find_url(struct store *store, struct slice url, struct store_key *key);

/* What there is of URLs that are to be forgotten. */
struct store_forgotten {
	uint64_t urls, rows, bodies;
};
int store_get_doomed(struct store *store, const struct store_key keys[], size_t count,
		     struct store_forgotten *sum);

/*
 * Take URLs out, with all that is known of them: rows, bodies, results, tries.  What is left of a
 * root of theirs becomes one itself, and is pending if it was.  With reads_rest_again what is left
 * is read in full the next time: it may lead to one of them, or show one of their rows.
 */
int store_forget(struct store *store, const struct store_key keys[], size_t count,
		 bool reads_rest_again);

/* Forget what was rejected of this list (its name), and note a line that was rejected. */
int store_clear_rejects(struct store *store, const char *list);
int store_put_reject(struct store *store, const char *list, uint64_t line, struct slice text,
		     const char *reason);

/* ---- tables made from patterns ---- */

struct store_column {
	const char *name;
	enum store_kind kind; /* TEXT, JSON (a text that answers say is one), INTEGER or REAL */
};

/*
 * A table with a parent has rows that belong to rows of another: its first column, an INTEGER
 * called STORE_PARENT_COLUMN, is the number of its parent's row on the same page.  When that row
 * moves (its key was seen again, on another page or further down), the rows that belong to it go:
 * who shows the row again gives it others.
 */
#define STORE_PARENT_COLUMN "parent"
#define STORE_COLUMNS_MAX   500 /* of a table; SQLite's own limits begin at twice that */

struct store_table {
	const char *name;
	const struct store_column *columns;
	size_t column_count;
	const char *const *key; /* names of columns: UNIQUE, a second sight updates the row */
	size_t key_count;
	bool merges_equal; /* rows that are equal in a new key become the one of the page that was
			      visited last; otherwise they are an error */
	const struct store_table *parent; /* or NULL: it has none; put before */
	bool has_history; /* what rows were before is noted when a run ends; it has a key then */
};

/*
 * Create the table of a pattern, or bring it up to date: new columns are added, a new
 * key replaces the old, nothing is dropped.  Of a column whose type changed each value is kept that
 * means the same in the new one, and the others are NULL: this writes the whole table.
 * Returns its handle, from 1, or 0.
 */
int store_put_table(struct store *store, const struct store_table *table);

/*
 * Is this name one that crawl's own tables, views and indexes have, or may have one day, in any
 * case?  No pattern may be called so.
 */
bool store_name_is_reserved(const char *name);

/*
 * Why a field cannot be called so, for every table (or every table with a parent) has such a
 * column; or NULL: it can.  Static.
 */
const char *store_column_problem(struct slice name, bool has_parent);

/*
 * Could a pattern's table be made, or brought up to date, in this store?  For a reader, which
 * changes nothing; store_put_table() would say the same.  Returns 0, or -1 with the reason in
 * error.
 */
int store_try_table(struct store *store, const struct store_table *table,
		    struct store_error *error);

/*
 * Could it be a table, as far as its names say?  For a look at patterns without a database:
 * names of crawl's own tables, names that differ only in case, a key that is no column.
 * Returns 0, or -1 with the reason in error.
 */
int store_check_table(const struct store_table *table, char error[STORE_ERROR_MAX]);

/* ---- pages: opened, given rows, written whole and once ---- */

#define STORE_ROWS_MAX (1u << 24) /* of one page and table */

/*
 * The page whose rows follow; nothing is committed until it is closed.  is_again: it has a result
 * already (store_target.is_again); then rows of the earlier visit are taken away, but for those of
 * tables that store_keep_rows() names, unless store_page() says that it keeps_content.
 */
int store_page_open(struct store *store, struct store_key key, bool is_again);

/*
 * Leave the page that is open before it is closed, for others: it is opened again, also as often,
 * to be given more rows, or its result.  Only of a page without a result: is_again was false.
 * Nothing may be committed before it is closed.
 * Returns 0, -1, or 1: a row was not taken, as store_page() has it, which will not say so again.
 */
int store_page_leave(struct store *store);

/*
 * Add a row to the page that is open: number is its place there, below STORE_ROWS_MAX, and
 * comes once.  values in the order of the table's columns; they are copied or written here.
 */
int store_row(struct store *store, int table, uint32_t number, const struct store_value *values);

/*
 * The rows that the open page had in this table stay, if there are any and the pattern meant the
 * same when they were written: hash is what it means now.  Those that were added to the table since
 * the page was opened are then taken back, and with them what was added to other tables meanwhile.
 * At once behind the table's last row; once a table and page.
 */
int store_keep_rows(struct store *store, int table, uint64_t hash);

/* What became of a URL.  Absent texts are {NULL, 0}; absent numbers 0. */
struct store_page {
	enum store_state state;
	const char *outcome; /* the final one, of the one vocabulary: "ok", "http_error", ... */
	int status;          /* HTTP's, or 0 */
	struct slice final_url, title, content_type, charset, charset_source, error;
	struct slice redirects; /* that led to final_url: "301 http://a/, 302 http://b/" */
	struct slice unmatched; /* patterns that were tried and matched nothing: "titles, films" */
	struct slice counts;    /* what patterns found, in the caller's words; or absent */
	struct slice etag, last_modified;
	struct slice body; /* compressed text to keep, or absent */
	bool is_moved;     /* final_url is where permanent redirects alone led */
	bool body_is_text; /* the kept body is the UTF-8 text; otherwise the bytes as they came */
	int64_t size, wire_size;
	int64_t fetched_at_ms; /* Unix time */
	int64_t elapsed_us;
	int tries;
	uint64_t hash; /* of the text; 0: none, the next visit must not take it for unchanged */

	/*
	 * The page was not read this time: it had not changed, or could not be fetched.  Rows,
	 * the kept body, and what describes them stay as the visit that read it left them.
	 * final_url, etag, last_modified and hash are of this answer also then; but what a
	 * "not_modified" leaves out stays, and so do all four if state is not STORE_DONE, as long
	 * as there is something that was read.
	 */
	bool keeps_content;
};

/*
 * Close the page that is open: its result, under this run's pass and config, and its visit, a
 * number that grows with every page written.  A final_url that is the URL itself may be left out.
 *
 * Returns 0, -1, or 1: the store does not take a row of it, for a reason that is the row's own (too
 * large, or against a rule that somebody else gave the table).  store_refusal() says why; the other
 * rows are written, and the page stays open: closed again, with what is to be said of that, it is.
 */
int store_page(struct store *store, const struct store_page *page);
const char *store_refusal(const struct store *store);

/* Pages whose rows were taken, and which a server refused when they came to it. */
uint64_t store_get_refused_late(const struct store *store);

/* A page that was read before is good as it stands: its URL is done, and nothing else changes. */
int store_put_standing(struct store *store, struct store_key key);

/* What a result turned out to be later; nothing else about it changes. */
struct store_verdict {
	enum store_state state;
	const char *outcome;
	int status; /* HTTP's, or 0 */
	struct slice error;
};
int store_put_verdict(struct store *store, struct store_key key,
		      const struct store_verdict *verdict);

/*
 * A result is none after all: its URL is pending.  is_again: as with store_page_open(); without it
 * the result is forgotten.
 */
int store_put_waiting(struct store *store, struct store_key key, bool is_again);

/* What was read under a URL that moved is read there: its rows, its body and its title go. */
int store_clear_content(struct store *store, struct store_key key);

/* ---- pages that are parsed again, from what was kept of them ---- */

/* A page that was read, and the config that its rows are of. */
struct store_read {
	struct store_key key;
	uint64_t config_hash;
};

/*
 * Every page that was read, in the order of their last visits (of those that a crawl did not number
 * yet, of their times, then of their keys), until function says -1.  It must not ask the store.
 */
int store_each_read(struct store *store,
		    int (*function)(void *context, const struct store_read *read), void *context);

/*
 * Open a page that was read for other rows of these tables: those that it has are taken away, but
 * for those of tables that store_keep_rows() names.
 */
int store_clear_rows(struct store *store, struct store_key key, const int tables[], size_t count);

/* What parsing a page again came to. */
struct store_parse {
	uint64_t config_hash;   /* of its rows, from now on */
	struct slice unmatched; /* as of store_page */
	struct slice counts;    /* likewise */
	struct slice notes;     /* of patterns whose rows are incomplete, or absent */
	bool is_limited;        /* by a limit: of these rows are missing */
};

/*
 * Close the page that store_clear_rows() opened.  Notes are the error of a page that is done; it is
 * "pattern_limit" if it is limited, and then the next visit must not take it for unchanged;
 * otherwise it is that no more.  Nothing else about it changes.  Returns 0, 1 or -1, as
 * store_page().
 */
int store_put_parse(struct store *store, const struct store_parse *parse);

/*
 * All pages are parsed again in one pass, which several processes may share, wherever they run:
 * each share's pages are one's at a time, and in their order.  how is the same for all of them, and
 * says what is done to pages; while others parse otherwise, or crawl, it fails.  Before
 * store_each_read(), whose order is then the same for all.
 */
int store_begin_parses(struct store *store, const char *how);

/* What who came first found to be done is done by all: *agreed, good until store_close(). */
int store_agree_parses(struct store *store, struct slice ours, struct slice *agreed);

/*
 * Hand out which shares are ours from now on, each with how many of its pages were done before; all
 * that was written is to be committed.  Tables were put.  Others get their part, and we that of who
 * has died: so it is to be called again and again.
 * Returns 1: go on, also with none, for others may still die; 0: all is done; or -1.
 */
int store_take_parses(struct store *store,
		      void (*function)(void *context, uint32_t share, uint64_t done),
		      void *context);

/* So many pages of a share that is ours are done: in the batch that has them. */
int store_put_parsed(struct store *store, uint32_t share, uint64_t done, bool is_all);

/* A try that is not the last: what became of it, and how long it is left alone. */
struct store_try {
	struct store_key key;
	int number; /* from 1 */
	int64_t at_ms, wait_ms;
	const char *outcome;
	int status;
	struct slice error;
};
int store_put_try(struct store *store, const struct store_try *try);

/* A page whose body was kept. */
struct store_kept {
	struct store_key key;
	struct slice url, final_url, content_type, charset;
	struct slice unmatched; /* as of store_page() or store_put_parse() */
	struct slice counts;    /* likewise */
	struct slice notes;     /* likewise: the error of a page that is done */
	struct slice body;      /* as it was given to store_page() */
	struct slice set;       /* as store_get_set() has it; or absent */
	bool is_text;
};

/*
 * The first kept page behind after (none: of all).
 * Returns 1, 0 if there is none, or -1.
 */
int store_get_kept(struct store *store, struct store_key after, struct store_kept *kept);

/*
 * Hand out all kept pages that are text, in the order of their keys, each with where it was in the
 * end, until function says -1.  Returns 0, or -1: the store failed.
 */
int store_each_kept(struct store *store,
		    int (*function)(void *context, struct store_key key, struct slice final_url),
		    void *context);

/* ---- cookies: what is secret ---- */

/*
 * A cookie that hosts gave, or a file; as parsers/site/cookie_line.h has it.  No query and no
 * table that is handed out shows any: store_report() tells of them without their values.
 */
struct store_cookie {
	struct slice domain, path, name; /* which it is; the domain has a dot if it is a tail */
	struct slice value;
	bool is_secure, is_http_only;
	int64_t expires_s;  /* Unix time; 0: with the session */
	uint64_t file_hash; /* of the file's line that it came from; 0: of none */
};

/* What follows is the user's alone to read: the store's files are from now on. */
int store_hide(struct store *store);

int store_put_cookie(struct store *store, const struct store_cookie *cookie);
int store_clear_cookie(struct store *store, const struct store_cookie *cookie);

/* Hand out all, in the order in which each was first put, until function says -1. */
int store_each_cookie(struct store *store,
		      int (*function)(void *context, const struct store_cookie *cookie),
		      void *context);

/*
 * Take out those of a host and the hosts below it, or all (host is absent), so that the file does
 * not hold them any more.  Commits.  *count: how many.
 */
int store_clear_cookies(struct store *store, struct slice host, uint64_t *count);

/* ---- figures, added up by the caller and written before a commit ---- */

struct store_host_figures {
	struct store_key host;
	uint64_t pages, errors; /* added to what the host's row says */
	int64_t delay_ms;
	double p50_ms, p95_ms;
	bool is_anothers; /* who says how it is asked, and answers: only pages and errors count */
};
int store_put_host_figures(struct store *store, const struct store_host_figures *figures);

/* Of this run: added to what the run's row for pattern and host already says. */
struct store_pattern_figures {
	const char *pattern;
	struct store_key host; /* none: of all hosts */
	uint64_t pages_wanted, pages_unchanged, pages_tried, pages_matched;
	uint64_t rows, empty_fields, bad_values, limit_hits, elapsed_ns;
};
int store_put_pattern_figures(struct store *store, const struct store_pattern_figures *figures);

/* Of this run: added to what the run's row for pattern and field already says. */
struct store_field_figures {
	const char *pattern, *field;
	uint64_t rows, filled, bad; /* the others are empty */
};
int store_put_field_figures(struct store *store, const struct store_field_figures *figures);

/* Of this run: added to what the run's row for host, outcome and status already says. */
struct store_outcome_figures {
	struct store_key host; /* none: of all hosts */
	const char *outcome;
	unsigned status; /* 0: none */
	uint64_t pages, unchanged, bytes, wire_bytes;
};
int store_put_outcome_figures(struct store *store, const struct store_outcome_figures *figures);

/* Of this run: takes the place of what the run's row for the proxy says. */
struct store_proxy_figures {
	const char *proxy; /* its name, without a password */
	uint64_t pages, failures, rests;
	int64_t rests_until_ms; /* Unix time, or 0: it does not rest */
	const char *error;      /* the last failure, or NULL */
};
int store_put_proxy_figures(struct store *store, const struct store_proxy_figures *figures);

/* ---- what this run was like, for those who look at it: nobody needs it to crawl ---- */

/*
 * When a host was asked: so many requests began in each step from the run's beginning on, 255 being
 * that many or more.  Takes the place of what the run's row for the host says.
 */
#define STORE_STRIP_STEPS 64
struct store_run_host {
	struct store_key host;
	uint64_t pages, failed, bytes;
	int64_t delay_ms;
	double p50_ms, p95_ms;
	int64_t first_ms, last_ms; /* requests, since the run began */
	int64_t step_ms;
	uint8_t strip[STORE_STRIP_STEPS];
};
int store_put_run_host(struct store *store, const struct store_run_host *host);

/* How many pages there were of a value ("type", "text/html"): takes the place of what it says. */
int store_put_run_count(struct store *store, const char *what, const char *value, uint64_t pages);

/* How many pages of a size, or a time, lay in a bucket of half an octave: from 2^(b/2) on. */
int store_put_run_histogram(struct store *store, const char *what, unsigned bucket, uint64_t pages);

/*
 * A page that stands for others, its place among them from 1: of all the "slowest" (value: us) and
 * "largest" (bytes), name is empty; or by the pattern of this name the first that are "unmatched"
 * and the last that "matched", the last of all first.
 */
struct store_example {
	const char *what, *name;
	unsigned place;
	struct store_key url;
	uint64_t value;
};
int store_put_run_example(struct store *store, const struct store_example *example);

/* Counters that only grow, and how things stood, at a time of the run; another of the same time
 * takes its place. */
struct store_sample {
	int64_t at_ms; /* since the run began */
	uint64_t done, failed, skipped, rows, wire_bytes;
	uint64_t waits_delay, waits_answer, waits_rest, waits_robots, waits_us; /* URLs left */
	unsigned in_flight;
	bool is_paused;
	uint64_t cpu_ms, pattern_ms, commit_ms; /* of the master */
};
int store_put_run_sample(struct store *store, const struct store_sample *sample);

/* Take out every sample of this run whose time is no multiple of step_ms. */
int store_thin_run_samples(struct store *store, int64_t step_ms);

/* Something that explains what the samples show. */
struct store_event {
	int64_t at_ms;     /* since the run began */
	const char *kind;  /* "pause", "resume", "delay", "worker_died", "rest", "given_up", ... */
	struct slice host; /* its origin, or absent */
	struct slice text; /* or absent */
};
int store_put_run_event(struct store *store, const struct store_event *event);

/*
 * Why a pattern matched nothing on a page, or a field of it stood empty: what it had matched so
 * far, what it wanted next and the rest of it, and what stood there.
 */
struct store_finding {
	const char *pattern, *field; /* field NULL: the pattern's */
	uint64_t pages;              /* that this one stands for; of a field: rows */
	struct store_key url;
	uint64_t line; /* of the page's text, from 1; or 0 */
	struct slice matched, wanted, rest, stood;
};
/* Of this run, or of the one that store_end_run() has just ended. */
int store_put_run_finding(struct store *store, const struct store_finding *finding);

/* ---- durability ---- */

/*
 * How many rows of any table wait for a commit: commit by number, or by time.  The end of a letter
 * that was handed out is one, too.
 */
uint64_t store_get_uncommitted(const struct store *store);

/*
 * How many rows had a text that the store does not take as it is, and has U+FFFD in it where that
 * was: a NUL, with PostgreSQL.  SQLite: none.
 */
uint64_t store_get_replaced(const struct store *store);

/* Close the batch.  SQLite: it is durable when this returns. */
int store_commit(struct store *store);

/* Nothing to do for a while: a time to tidy up (SQLite: to fold the write-ahead log in). */
int store_idle(struct store *store);

/* ---- a reader's questions ---- */

struct store_answer {
	size_t column_count;
	const char *const *columns;
	const struct store_value *values;
};

/*
 * Run one read-only statement of SQL, a user's, and hand out its rows until function says -1.
 * With no rows the function is called once with values NULL, so that a header can be shown.
 * A statement that would write, or several statements, are refused.  Where it is known, the
 * place of an error is shown behind its line, as the line of SQL and a caret.  A query that
 * failed leaves the store as it was, unless it was for the file (store_has_failed()): another may
 * follow.
 */
int store_query(struct store *store, const char *sql,
		int (*function)(void *context, const struct store_answer *row), void *context);

/* All of a table or view, by name (quoted for the user). */
int store_query_table(struct store *store, const char *table,
		      int (*function)(void *context, const struct store_answer *row),
		      void *context);

/* The table or view that the last query failed for, because there is none of that name; or "". */
const char *store_missing_table(const struct store *store);

/* Names of the tables and views meant for users, for "did you mean". */
int store_each_table(struct store *store, int (*function)(void *context, const char *name),
		     void *context);

/* Questions that are always the same, about the whole of a crawl or about one of its URLs. */
enum store_report {
	STORE_REPORT_RUN,      /* the last: run, started_at, ended_at, state, pid, command_line */
	STORE_REPORT_URLS,     /* how many in each state and outcome: state, outcome, urls */
	STORE_REPORT_PATTERNS, /* pattern, rows, pages */
	STORE_REPORT_HOSTS,    /* the STORE_REPORT_HOSTS_MAX with most to do: host, pending, pages,
				  errors,    delay_ms, robots, p50_ms, p95_ms */
	STORE_REPORT_WAITING,  /* the STORE_REPORT_HOSTS_MAX that are left alone, the soonest to be
				  asked again first: host, until, why */
	STORE_REPORT_PROXIES,  /* of the last run: proxy, pages, failures, rests, rests_until (as
				  long as it rests), error */
	STORE_REPORT_FAILED,   /* and what a limit cut; or about one URL, if it is one; or by one
				  outcome, the text: url, outcome, status, tries, error */

	STORE_REPORT_PAGE,      /* one row: all that is known of the URL */
	STORE_REPORT_FROM,      /* the page that linked it, the one before that, up to a seed:
				    from_url, depth */
	STORE_REPORT_TRIES,     /* the last result too: run, try (of the run), at, outcome, status,
				    wait_ms, error */
	STORE_REPORT_HOST,      /* of the URL: as STORE_REPORT_HOSTS, and robots_at, waits_until,
				    waits_for, the last two only as long as it waits */
	STORE_REPORT_MANNERS,   /* the same without what waits there, which is counted */
	STORE_REPORT_HEALTH,    /* of the patterns of a run (to_run; 0: the last), and of up to
				   STORE_REPORT_RUNS_MAX finished ones before in which they meant the
				   same, the latest first: pattern, field (or NULL: its pages), is_now
				   (of the run), pages, good, of (so many of them are good) */
	STORE_REPORT_UNMATCHED, /* pages on which a pattern, the text, finds nothing, those that had
				   rows first: url, stale ("yes", or NULL) */
	STORE_REPORT_UNFILLED,  /* pages with rows whose field is empty, the latest first: url,
				   rows */
	STORE_REPORT_DIFF,  /* what became of rows with a history from the end of a run to that of
			       a later one: pattern, key, what ("added", "removed", "changed"),
			       field, old, new */
	STORE_REPORT_STALE, /* of patterns with rows that their pages do not give any more: pattern,
				pages, and of them those since the last run */
	STORE_REPORT_ROWS,  /* of patterns that have any: pattern, rows */

	STORE_REPORT_REJECTED, /* lines that are this text: list, line, reason */
	STORE_REPORT_COOKIES,  /* host, path, name, expires, secure, http_only, from_file */
	STORE_REPORT_LEADING,  /* STORE_REPORT_LEADING_MAX of those that were redirected to this
				  URL, which is a text or a key; of a text also of those that are
				  asked there by another method: url */

	/*
	 * What a run was like (about->to_run), none of which reads every URL or result.  Texts of
	 * pages are cut.  Columns come in this order.
	 */
	STORE_REPORT_RUNS,   /* the run (0: the last), those before it, STORE_REPORT_RUNS_MAX in
				all, the latest first, and the last that finished before it: run,
				started_at, ended_at, ended, command_line, versions, config_hash,
				pages, rows, elapsed_ms (NULL: it has not ended), sampled_ms (at
				its last sample, or NULL), first_run (of the database), last_run */
	STORE_REPORT_TOTALS, /* outcome, status (0: none), pages, unchanged, bytes, wire_bytes */
	STORE_REPORT_PATTERN_TOTALS, /* pattern, pages_wanted, pages_unchanged, pages_tried,
					pages_matched, rows, bad_values, limit_hits, elapsed_ns */
	STORE_REPORT_FIELDS,         /* pattern, field, rows, filled, bad */
	STORE_REPORT_COLUMNS,   /* of tables, whatever the run, as they have them: pattern, field,
				   type ("text", "integer", "real", "json") */
	STORE_REPORT_RUN_HOSTS, /* STORE_REPORT_RUN_HOSTS_MAX, whose manners cost the most time
				   first: host, pages, failed, bytes, delay_ms, at_least_ms, p50_ms,
				   p95_ms, first_ms, last_ms, step_ms, strip, hosts (how many there
				   are) */
	STORE_REPORT_SAMPLES,   /* as struct store_sample, by time */
	STORE_REPORT_EVENTS,    /* STORE_REPORT_EVENTS_MAX, by time: at_ms, kind, host, text, events
				   (how many there are) */
	STORE_REPORT_TROUBLES,  /* of all events: worker_deaths, hosts_rested (and were not
				   given up), hosts_given_up */
	STORE_REPORT_HISTOGRAMS, /* what, bucket, pages */
	STORE_REPORT_COUNTS,     /* of each what the most frequent first: what, value, pages */
	STORE_REPORT_EXAMPLES,   /* what, name, key, url, title, value, error, from_url, at,
				    is_kept */
	STORE_REPORT_FINDINGS, /* pattern, field, pages, url, line, matched, wanted, rest, stood */
	STORE_REPORT_CAUSE_HOSTS, /* how often hosts had each outcome and status, but for "ok" and
				     "not_modified", in no order: outcome, status, key, pages */
	STORE_REPORT_ORIGIN,      /* of the host with this key (about->key): origin */
	STORE_REPORT_CAUSE_PAGES, /* that failed by this outcome (about->text) and about->status, in
				     this run or a later one, and still do, STORE_REPORT_PAGES_MAX
				     of the last, in no order: key, url, title, tries, error,
				     from_url, at */

	STORE_REPORT_STORIES, /* every try of the URLs whose keys about->text lists, as a JSON
				 array, by URL and time: key, try (of its run), at, outcome, status,
				 wait_ms (NULL: it was the last), error */

	STORE_REPORT_NODES, /* who crawls: name, pid, since, shares, pages_per_s, in_flight, queued,
			       late_ms (0: none), state ("reads lists", "works", "idle"), lease_ms
			       (until it is over, if it is not renewed), trouble (what
			       store_trouble() says there, without the URI; or NULL) */
	STORE_REPORT_TEAM, /* of a run, one row: nodes (that were there for a while), pages, rows */

	STORE_REPORT_REJECTS,      /* lists, list (one of them), lines (of all) */
	STORE_REPORT_REJECT_LINES, /* the first STORE_REPORT_PAGES_MAX: list, line, text, reason */
};

#define STORE_REPORT_HOSTS_MAX     10
#define STORE_REPORT_RUNS_MAX      10
#define STORE_REPORT_LEADING_MAX   10
#define STORE_REPORT_RUN_HOSTS_MAX 20
#define STORE_REPORT_EVENTS_MAX    100
#define STORE_REPORT_PAGES_MAX     5
#define STORE_REPORT_TEXT_MAX      200 /* characters: longer texts of pages end in "..." (U+2026) */

/* Whom a report is about; what it does not need may be absent. */
struct store_about {
	struct store_key key;
	struct slice text;
	struct slice field;
	unsigned status;
	int64_t from_run, to_run;
};

/*
 * Hand out the rows of a report until function says -1, or its columns if there are none, as
 * store_query() does; but if it fails, so has the store.  about may be NULL where a report needs
 * nothing.  Most of those above STORE_REPORT_RUNS read every URL, or every result, try or rejected
 * line.
 */
int store_report(struct store *store, enum store_report report, const struct store_about *about,
		 int (*function)(void *context, const struct store_answer *row), void *context);

/* ---- what patterns found, to be looked at ---- */

/*
 * Each hands out what it has until function says -1, and returns 0, or -1: the store failed.  Of a
 * pattern that has no table there is nothing.
 */

/* Texts are valid in the call. */
struct store_shown_row {
	struct store_key page;
	uint32_t number; /* its place there */
	int64_t place;   /* in the table */
	struct slice page_url;
	const char *const *columns; /* names of the table's, */
	const struct store_value *values;
	size_t count;
};

/*
 * Rows of a pattern, those of the URLs that were found last first; page_url is absent.  It costs as
 * much as is handed out, however many there are.
 */
int store_each_row(struct store *store, const char *pattern,
		   int (*function)(void *context, const struct store_shown_row *row),
		   void *context);

/*
 * The same, of the pages that the last two runs noted as "matched" (store_put_run_example()) and of
 * the STORE_NEWEST_PAGES that were found last and have any, those that were visited last first.
 */
#define STORE_NEWEST_PAGES 64
int store_each_newest_row(struct store *store, const char *pattern,
			  int (*function)(void *context, const struct store_shown_row *row),
			  void *context);

/*
 * A page, and what patterns made of it, if it was read or found unchanged in the last run, and is
 * kept; of others both texts are absent.
 */
struct store_matched {
	struct store_key key;
	int64_t visit;                  /* grows with every page written */
	struct slice unmatched, counts; /* as of store_page() */
};

/* Of the URLs that were found last first.  function must not ask the store. */
int store_each_matched(struct store *store,
		       int (*function)(void *context, const struct store_matched *page),
		       void *context);

/* ---- lists, a page at a time ---- */

/*
 * A list is read in the order of what was found, from behind the place where its last page ended:
 * whatever comes and goes meanwhile, nothing is told twice and nothing that stays is left out.
 *
 * A look (store_begin_look()) that is over is no failure of these verbs: they say how far they
 * came, and the next page goes on from there.  Nothing else can be read in that look, unless it is
 * given time (store_set_read_budget()).
 */
struct store_range {
	int64_t place; /* behind this one; 0: from the beginning */
	bool is_oldest_first;
	size_t count; /* at most so many are handed out */
};

struct store_listed {
	uint64_t looked_at; /* among them those that were handed out */
	int64_t place;      /* of the last of them; 0: of none */
	bool is_at_end;     /* there is nothing behind it */
};

/* Which URLs: zero is all of them. */
struct store_url_filter {
	bool has_state;
	enum store_state state;
	struct slice outcome;
	bool is_failure; /* whoever has this outcome has failed: an index finds it */
	bool has_status;
	unsigned status;      /* 0: none */
	struct slice host;    /* an origin, or one without its scheme */
	struct slice pattern; /* pages on which it finds nothing, as STORE_REPORT_UNMATCHED */
	struct slice text;    /* that URL, title or error have, in any case of ASCII letters */
};

struct store_found_url {
	struct store_key key, from; /* of the page whose link it was, or none */
	struct slice url;
	enum store_state state;
	struct slice outcome; /* absent: it waits, or is a link to another site */
	unsigned status;      /* 0: none */
	struct slice title, error, at;
	int tries;
};

/* Hand out URLs until function says -1.  A place is the key as one number (store_key_id()). */
int store_find_urls(struct store *store, const struct store_url_filter *filter,
		    const struct store_range *range,
		    int (*function)(void *context, const struct store_found_url *url),
		    void *context, struct store_listed *listed);

/* One URL, by its key.  Returns 1, 0 if there is none, or -1. */
int store_get_found(struct store *store, struct store_key key, struct store_found_url *found);

/*
 * Hand out the columns of a pattern's rows until function says -1.  Of a pattern that has no table
 * there are none.
 */
int store_each_column(struct store *store, const char *pattern,
		      int (*function)(void *context, const char *name, bool is_json),
		      void *context);

/* What a field of a row must be: to have a text, in any case of ASCII letters, or to be empty. */
struct store_field_filter {
	const char *field; /* as the table has it */
	struct slice text; /* absent: empty, or white space */
};

struct store_row_filter {
	struct store_key page; /* rows of this page alone, or none */
	struct slice text;     /* that any field has; or absent */
	const struct store_field_filter *fields;
	size_t field_count;
};

/*
 * Hand out rows of a pattern until function says -1, with page_url.  A place is the row's own.
 */
int store_find_rows(struct store *store, const char *pattern, const struct store_row_filter *filter,
		    const struct store_range *range,
		    int (*function)(void *context, const struct store_shown_row *row),
		    void *context, struct store_listed *listed);

/*
 * The same in the order of a field, which the table has, its least value first if is_oldest_first;
 * equal ones as they were found.  All rows are read for it: a look that was over before is_at_end
 * or range->count rows has told of none.  The place is that of a row: if it has gone since, the
 * list begins anew.
 */
int store_sort_rows(struct store *store, const char *pattern, const char *field,
		    const struct store_row_filter *filter, const struct store_range *range,
		    int (*function)(void *context, const struct store_shown_row *row),
		    void *context, struct store_listed *listed);

/* ---- looking: who shows a database that somebody else writes ---- */

/*
 * From here to store_end_look() what is read is of one moment, and may take ms altogether: then
 * every verb fails, also one that is at work, and store_is_late() says why.  Of a store that was
 * opened to read; one look at a time in a process, which has its timer (ITIMER_REAL).  Returns 0,
 * or -1.
 */
int store_begin_look(struct store *store, unsigned ms);

/* Within a look: ms more from now on, and what was late before is forgiven. */
void store_set_read_budget(struct store *store, unsigned ms);

/* Within a look: is its time over? */
bool store_is_late(const struct store *store);

/* Returns whether it was late: then nothing has failed but the look. */
bool store_end_look(struct store *store);

/*
 * Does `where` still lead to what was opened, and in the same words?  No, and after any failure:
 * close it and open it anew.
 */
bool store_is_current(struct store *store);

/* The version of SQLite, which stands behind a file: "3.40.1". */
const char *store_version(void);

#endif
