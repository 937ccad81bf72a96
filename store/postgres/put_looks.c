#include "store/postgres/kinds.h"

#include "parsers/text/utf8.h"

/* What a run was like, as this node saw it: rows that nobody needs to crawl. */

#define INTEGER(number) postgres_of_integer((int64_t)(number))
#define STRING(text)    postgres_of_string(text)
#define RUN             INTEGER(postgres_of(store)->run_id)
#define NODE            INTEGER(postgres_first_id(postgres_of(store)))

#define VALUE_BYTES_MAX 2000 /* of an index's entry, which holds no more than 2,704 */

int postgres_put_run_host(struct store *store, const struct store_run_host *host)
{
	const struct slice strip = { (const char *)host->strip, sizeof(host->strip) };

	return postgres_write(store, POSTGRES_RUN_HOST,
			      (struct store_value[]){
				      RUN, NODE, postgres_of_key(host->host), INTEGER(host->pages),
				      INTEGER(host->failed), INTEGER(host->bytes),
				      INTEGER(host->delay_ms), postgres_of_real(host->p50_ms),
				      postgres_of_real(host->p95_ms), INTEGER(host->first_ms),
				      INTEGER(host->last_ms), INTEGER(host->step_ms),
				      postgres_of_bytes(strip) });
}

int postgres_put_run_count(struct store *store, const char *what, const char *value, uint64_t pages)
{
	return postgres_write(store, POSTGRES_RUN_COUNT,
			      (struct store_value[]){
				      RUN, NODE, STRING(what),
				      postgres_of_text(utf8_cut(slice_of(value), VALUE_BYTES_MAX)),
				      INTEGER(pages) });
}

int postgres_put_run_histogram(struct store *store, const char *what, unsigned bucket,
			       uint64_t pages)
{
	return postgres_write(
		store, POSTGRES_RUN_HISTOGRAM,
		(struct store_value[]){ RUN, NODE, STRING(what), INTEGER(bucket), INTEGER(pages) });
}

int postgres_put_run_example(struct store *store, const struct store_example *example)
{
	return postgres_write(
		store, POSTGRES_RUN_EXAMPLE,
		(struct store_value[]){ RUN, NODE, STRING(example->what), STRING(example->name),
					INTEGER(example->place), postgres_of_key(example->url),
					INTEGER(example->value) });
}

int postgres_put_run_sample(struct store *store, const struct store_sample *sample)
{
	return postgres_write(
		store, POSTGRES_RUN_SAMPLE,
		(struct store_value[]){ RUN, NODE, INTEGER(sample->at_ms), INTEGER(sample->done),
					INTEGER(sample->failed), INTEGER(sample->skipped),
					INTEGER(sample->rows), INTEGER(sample->wire_bytes),
					INTEGER(sample->waits_delay), INTEGER(sample->waits_answer),
					INTEGER(sample->waits_rest), INTEGER(sample->waits_robots),
					INTEGER(sample->waits_us), INTEGER(sample->in_flight),
					INTEGER(sample->is_paused), INTEGER(sample->cpu_ms),
					INTEGER(sample->pattern_ms), INTEGER(sample->commit_ms) });
}

int postgres_thin_run_samples(struct store *store, int64_t step_ms)
{
	return postgres_write(store, POSTGRES_THIN_SAMPLES,
			      (struct store_value[]){ RUN, NODE, INTEGER(step_ms) });
}

int postgres_put_run_event(struct store *store, const struct store_event *event)
{
	return postgres_write(store, POSTGRES_RUN_EVENT,
			      (struct store_value[]){ RUN, NODE, INTEGER(event->at_ms),
						      STRING(event->kind),
						      postgres_of_text(event->host),
						      postgres_of_text(event->text) });
}

/* Of the run; or of the one that has just ended, from which this node has gone: then it is asked
 * for at once, for a node of its own would wait for others, or keep them out. */
int postgres_put_run_finding(struct store *door, const struct store_finding *finding)
{
	static const char after_sql[] =
		"INSERT INTO crawl_findings (run, node, pattern, field, pages, url_id, line,"
		" matched, wanted, rest, stood) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
		" $11)";
	struct postgres_store *store = postgres_of(door);
	bool is_after = !store->run_id && !store->node && store->ended_run;
	const struct store_value values[] = {
		INTEGER(is_after ? store->ended_run : store->run_id),
		INTEGER(postgres_first_id(store)),
		STRING(finding->pattern),
		STRING(finding->field),
		INTEGER(finding->pages),
		INTEGER(postgres_id(finding->url)),
		postgres_of_number((int64_t)finding->line),
		postgres_of_text(finding->matched),
		postgres_of_text(finding->wanted),
		postgres_of_text(finding->rest),
		postgres_of_text(finding->stood),
	};

	if (is_after)
		return postgres_do(store, after_sql, values, sizeof(values) / sizeof(values[0]));
	return postgres_write(door, POSTGRES_RUN_FINDING, values);
}
