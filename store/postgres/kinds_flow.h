#ifndef POSTGRES_KINDS_FLOW_H
#define POSTGRES_KINDS_FLOW_H

/*
 * Kinds of what goes to the owners of other shares, and of what came from them and is done with:
 * POSTGRES_SEND_LETTER and POSTGRES_END_LETTER of kinds.h.  The number of a letter is its sender's,
 * and with that of his transaction it is its name.
 */

/* clang-format off */
#define POSTGRES_KIND_SEND_LETTER                                                       \
	{                                                                               \
		"INSERT INTO crawl_inbox (share, n, kind, key, url, from_id,"           \
		" from_where, root, depth, url_kind, lane, rule, set_fields, is_named," \
		" method, headers, body, words)"                                        \
		" SELECT l.share, l.n, l.kind, l.key, l.url, l.from_id, l.from_where,"  \
		" l.root, l.depth, l.url_kind, l.lane, l.rule, l.set_fields,"           \
		" l.is_named <> 0, l.method, l.headers, l.body, l.words"                \
		" FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"  \
		" $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],"  \
		" $10::bigint[], $11::bigint[], $12::bigint[], $13::text[],"            \
		" $14::bigint[], $15::text[], $16::text[], $17::bytea[], $18::bytea[])" \
		" l(share, n, kind, key, url, from_id, from_where, root, depth,"        \
		" url_kind, lane, rule, set_fields, is_named, method, headers, body,"   \
		" words)",                                                              \
		"iiiitiiiiiiititt" "bb", false                                          \
	}
#define POSTGRES_KIND_END_LETTER                                                           \
	{                                                                               \
		"DELETE FROM crawl_inbox l USING"                                       \
		" unnest($1::bigint[], $2::text[], $3::bigint[]) d(share, xid, n)"      \
		" WHERE l.share = d.share AND l.xid = d.xid::xid8 AND l.n = d.n",       \
		"iti", false                                                            \
	}
/* clang-format on */

#endif
