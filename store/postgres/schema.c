#include "store/postgres/schema_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "parsers/text/memory.h"
#include "store/postgres/internal.h"

/*
 * The first that comes makes the schema, in one transaction, under a lock that lasts as long: it is
 * there as a whole, or not at all.
 */

#define LOCK_LIMIT "15s" /* that somebody else's reading or making may last */

#define RELATIONS_OF "pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = $1"

/* Is it ours, by its name? */
#define IS_OURS_BY_NAME                                                              \
	"(starts_with(c.relname, 'crawl_') OR c.relname IN (" POSTGRES_OWN_NAMES ")" \
	" OR c.relkind = 'v' AND EXISTS ("                                           \
	"SELECT 1 FROM pg_class r WHERE r.relnamespace = c.relnamespace"             \
	" AND r.relkind = 'r' AND lower(r.relname) = lower('" STORE_ROWS_PREFIX      \
	"' || c.relname)))"

static struct store_value schema_of(const struct postgres_store *store)
{
	return postgres_of_string(store->uri.schema);
}

/* ---- whose is it? ---- */

/* What is there, and what we may do there.  Who has no right to look into a schema finds nothing in
 * it, whatever it holds. */
struct ground {
	bool exists, is_a_crawl, has_nodes, is_half_copied, has_others;
	bool may_use, may_create; /* also where it does not exist */
};

/* Names have an index, and what else is there is asked only where it matters: a database may have
 * very many tables. */
#define HAS(name) "EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relname = '" name "'"
/* clang-format off */
static const char ground_sql[] =
	"SELECT g.*, NOT g.is_a_crawl AND EXISTS (SELECT FROM pg_class"
	"  WHERE relnamespace = g.oid AND relkind IN ('r', 'v', 'm', 'p', 'f'))"
	" FROM (SELECT n.oid, " HAS("crawl_meta") " AND relkind = 'r') AS is_a_crawl,"
	"  " HAS("crawl_nodes") "), " HAS(POSTGRES_MARKS) "),"
	"  coalesce(has_schema_privilege(n.oid, 'USAGE'), true),"
	"  coalesce(has_schema_privilege(n.oid, 'CREATE'), true)"
	"  FROM (VALUES ($1)) v(name) LEFT JOIN pg_namespace n ON n.nspname = v.name) g";
/* clang-format on */

static int look_at_ground(struct postgres_store *store, struct ground *ground)
{
	struct store_value schema = schema_of(store);
	PGresult *result = postgres_ask(store, ground_sql, &schema, 1);

	if (!result)
		return -1;
	*ground = (struct ground){
		.exists = !PQgetisnull(result, 0, 0),
		.is_a_crawl = postgres_bool(result, 0, 1),
		.has_nodes = postgres_bool(result, 0, 2),
		.is_half_copied = postgres_bool(result, 0, 3),
		.may_use = postgres_bool(result, 0, 4),
		.may_create = postgres_bool(result, 0, 5),
		.has_others = postgres_bool(result, 0, 6),
	};
	PQclear(result);
	return 0;
}

static int refuse_others(struct postgres_store *store)
{
	return store_fail(&store->base, STORE_CURE_NONE,
			  "%.160s: its schema %s is not a crawl's, and has tables: name another "
			  "with ?schema=NAME",
			  store->uri.shown, store->uri.schema);
}

static int check_right(struct postgres_store *store, bool has_it, const char *what)
{
	return has_it ? 0
		      : store_fail(&store->base, STORE_CURE_NONE,
				   "%.160s: no right to its schema %s (%s): connect as the user "
				   "that owns the crawl, or GRANT it",
				   store->uri.shown, store->uri.schema, what);
}

/* What crawl_meta says. */
struct meta {
	bool is_ours;
	int64_t version, secret, shares;
};

static int read_meta(struct postgres_store *store, struct meta *meta)
{
	PGresult *result = postgres_ask(
		store, "SELECT application, schema_version, secret, shares FROM crawl_meta", NULL,
		0);

	if (!result)
		return -1;
	*meta = (struct meta){ 0 };
	if (PQntuples(result) == 1) {
		meta->is_ours = slice_equal(postgres_text(result, 0, 0), SLICE("crawl"));
		meta->version = postgres_integer(result, 0, 1);
		meta->secret = postgres_integer(result, 0, 2);
		meta->shares = postgres_integer(result, 0, 3);
	}
	PQclear(result);
	return 0;
}

static int judge_version(struct postgres_store *store, const struct meta *meta)
{
	bool is_newer = meta->version > POSTGRES_SCHEMA_VERSION;

	if (meta->version == POSTGRES_SCHEMA_VERSION && meta->shares == POSTGRES_SHARES)
		return 0;
	return store_fail(&store->base, STORE_CURE_NONE,
			  "%.160s is of %s crawl (schema %lld, this one knows %d): use that one",
			  store->uri.shown, is_newer ? "a newer" : "another",
			  (long long)meta->version, POSTGRES_SCHEMA_VERSION);
}

/* Of what has a crawl_meta. */
static int check_meta(struct postgres_store *store, const struct ground *ground)
{
	struct meta meta;

	if (check_right(store, ground->may_use, "USAGE") || read_meta(store, &meta))
		return -1;
	if (!meta.is_ours)
		return refuse_others(store);
	if (judge_version(store, &meta))
		return -1;
	store->secret = (uint64_t)meta.secret;
	store->is_half_copied = ground->is_half_copied;
	store->is_ready = true;
	return 0;
}

int postgres_schema_check(struct postgres_store *store)
{
	struct ground ground;

	if (look_at_ground(store, &ground))
		return -1;
	if (ground.is_a_crawl)
		return check_meta(store, &ground);
	if (ground.exists)
		return store_fail(&store->base, STORE_CURE_NONE,
				  "%.160s: there is no crawl in its schema %s: ?schema=NAME names "
				  "another",
				  store->uri.shown, store->uri.schema);
	return store_fail(&store->base, STORE_CURE_NONE,
			  "%.160s has no schema %s: nothing was crawled into it yet, or "
			  "?schema=NAME names another",
			  store->uri.shown, store->uri.schema);
}

/* ---- making it ---- */

static void begin_alone(struct postgres_store *store)
{
	struct store_value schema = schema_of(store);

	postgres_queue(store, "BEGIN", NULL, 0);
	postgres_queue(store, "SET LOCAL lock_timeout = '" LOCK_LIMIT "'", NULL, 0);
	postgres_queue(store, "SELECT pg_advisory_xact_lock(hashtextextended('crawl ' || $1, 0))",
		       &schema, 1);
}

static int make_schema(struct postgres_store *store, bool exists)
{
	char *name = postgres_quoted(store->uri.schema);
	char *sql = memory_new(strlen(name) + strlen(postgres_schema) + 32, 1);
	int failed;

	if (!exists)
		sprintf(sql, "CREATE SCHEMA %s;", name);
	strcat(sql, postgres_schema);
	failed = postgres_script(store, sql);
	free(sql);
	free(name);
	return failed;
}

/*
 * A database may give others rights to all that is made in it (ALTER DEFAULT PRIVILEGES): to
 * cookies nobody has any but their owner.
 */
static int hide_cookies(struct postgres_store *store)
{
	static const char find[] =
		"SELECT DISTINCT 'REVOKE ALL ON crawl_cookies FROM ' ||"
		" CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END"
		" FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace"
		" CROSS JOIN aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee"
		" WHERE s.nspname = $1 AND c.relname = 'crawl_cookies' AND a.grantee <> c.relowner";
	struct store_value schema = schema_of(store);
	PGresult *result = postgres_ask(store, find, &schema, 1);
	int failed = result ? 0 : -1;

	for (int i = 0; i < PQntuples(result) && !failed; i++)
		failed = postgres_script(store, PQgetvalue(result, i, 0));
	PQclear(result);
	return failed;
}

static int make_tables(struct postgres_store *store, const struct ground *ground)
{
	struct store_value values[3];
	int64_t secret;

	if (getrandom(&secret, sizeof(secret), 0) != sizeof(secret))
		return store_fail(&store->base, STORE_CURE_NONE, "no random numbers: getrandom()");
	values[0] = postgres_of_integer(POSTGRES_SCHEMA_VERSION);
	values[1] = postgres_of_integer(secret);
	values[2] = postgres_of_integer(POSTGRES_SHARES);
	if (make_schema(store, ground->exists))
		return -1;
	postgres_queue(store,
		       "INSERT INTO crawl_meta (application, schema_version, secret, shares)"
		       " VALUES ('crawl', $1, $2, $3)",
		       values, 3);
	if (hide_cookies(store))
		return -1;
	store->secret = (uint64_t)secret;
	store->is_ready = true;
	return 0;
}

/* ---- starting over ---- */

/* Nodes that live: they would write into what is gone. */
static int refuse_living(struct postgres_store *store)
{
	const struct store_value lease = postgres_of_integer(postgres_lease_ms);
	PGresult *result =
		postgres_ask(store,
			     "SELECT string_agg(name || ':' || coalesce(nullif(pid, 0)::text,"
			     " 'gone'), ', ' ORDER BY name), count(*)"
			     " FROM crawl_nodes k WHERE NOT " POSTGRES_IS_LATE("k"),
			     &lease, 1);
	int failed = result ? 0 : -1;

	if (result && postgres_integer(result, 0, 1) > 0)
		failed = store_fail(&store->base, STORE_CURE_NONE,
				    "%.160s: crawl is at work there: %.200s: stop it first "
				    "(crawl ctl stop)",
				    store->uri.shown, PQgetvalue(result, 0, 0));
	PQclear(result);
	return failed;
}

/* What is ours, as "a, b, c", each with its schema; "": nothing.  Freed by the caller. */
static char *list_ours(struct postgres_store *store, const char *kinds)
{
	static const char sql[] =
		"SELECT coalesce(string_agg(format('%I.%I', s.nspname, c.relname), ', '), '')"
		" FROM " RELATIONS_OF
		" WHERE c.relkind = ANY ($2::\"char\"[]) AND " IS_OURS_BY_NAME;
	struct store_value values[] = { schema_of(store), postgres_of_string(kinds) };
	PGresult *result = postgres_ask(store, sql, values, 2);
	char *list = NULL;

	if (result)
		list = memory_text(PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0));
	PQclear(result);
	return list;
}

static int drop(struct postgres_store *store, const char *what, const char *kinds)
{
	char *list = list_ours(store, kinds), *sql;
	int failed = list ? 0 : -1;

	if (list && *list) {
		sql = memory_new(strlen(list) + 32, 1);
		sprintf(sql, "DROP %s %s", what, list);
		failed = postgres_script(store, sql);
		free(sql);
	}
	free(list);
	return failed;
}

/* Whose tables it holds is asked first; of which version they are does not matter. */
static int drop_all(struct postgres_store *store, const struct ground *ground)
{
	struct meta meta;

	if (read_meta(store, &meta))
		return -1;
	if (!meta.is_ours)
		return refuse_others(store);
	postgres_lease_read();
	if (ground->has_nodes && refuse_living(store))
		return -1;
	return drop(store, "VIEW", "{v}") || drop(store, "TABLE", "{r}") ? -1 : 0;
}

static int make(struct postgres_store *store, bool fresh, struct ground *ground)
{
	begin_alone(store);
	if (look_at_ground(store, ground) || check_right(store, ground->may_use, "USAGE") ||
	    check_right(store, ground->may_create, "CREATE"))
		return -1;
	if (ground->is_a_crawl && !fresh)
		return 0;
	if (ground->is_a_crawl)
		return drop_all(store, ground) || make_tables(store, ground) ? -1 : 0;
	return ground->has_others ? refuse_others(store) : make_tables(store, ground);
}

int postgres_schema_write(struct postgres_store *store, bool fresh)
{
	struct ground ground;

	/* Who comes later need not wait for a lock, nor have a right to make anything. */
	if (look_at_ground(store, &ground))
		return -1;
	if (ground.is_a_crawl && !fresh)
		return check_meta(store, &ground);
	if (make(store, fresh, &ground) || postgres_do(store, "COMMIT", NULL, 0)) {
		postgres_take_back(store);
		return -1;
	}
	return store->is_ready ? 0 : check_meta(store, &ground);
}
