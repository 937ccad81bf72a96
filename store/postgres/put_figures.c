#include "store/postgres/kinds.h"

#define INTEGER(number) postgres_of_integer((int64_t)(number))
#define STRING(text)    postgres_of_string(text)

int postgres_put_host_figures(struct store *store, const struct store_host_figures *figures)
{
	struct store_value values[] = {
		postgres_of_key(figures->host),    INTEGER(figures->pages),
		INTEGER(figures->errors),          INTEGER(figures->delay_ms),
		postgres_of_real(figures->p50_ms), postgres_of_real(figures->p95_ms),
	};

	for (int i = 3; figures->is_anothers && i < 6; i++)
		values[i] = (struct store_value){ .kind = STORE_NULL };
	return postgres_write(store, POSTGRES_HOST_FIGURES, values);
}

int postgres_put_pattern_figures(struct store *store, const struct store_pattern_figures *figures)
{
	const uint64_t counts[] = {
		figures->pages_tried,  figures->pages_matched,   figures->rows,
		figures->empty_fields, figures->limit_hits,      figures->elapsed_ns,
		figures->pages_wanted, figures->pages_unchanged, figures->bad_values,
	};
	const int count = (int)(sizeof(counts) / sizeof(counts[0]));
	bool is_of_all = store_key_is_none(figures->host);
	struct store_value values[12] = { INTEGER(postgres_of(store)->run_id),
					  STRING(figures->pattern),
					  postgres_of_key(figures->host) };

	for (int i = 0; i < count; i++)
		values[(is_of_all ? 2 : 3) + i] = INTEGER(counts[i]);
	return postgres_write(store, is_of_all ? POSTGRES_PATTERN_TOTALS : POSTGRES_PATTERN_FIGURES,
			      values);
}

int postgres_put_field_figures(struct store *store, const struct store_field_figures *figures)
{
	return postgres_write(store, POSTGRES_FIELD_FIGURES,
			      (struct store_value[]){
				      INTEGER(postgres_of(store)->run_id), STRING(figures->pattern),
				      STRING(figures->field), INTEGER(figures->rows),
				      INTEGER(figures->filled), INTEGER(figures->bad) });
}

int postgres_put_proxy_figures(struct store *store, const struct store_proxy_figures *figures)
{
	char until[POSTGRES_TIME_SIZE];

	postgres_time_text(postgres_date(postgres_of(store), figures->rests_until_ms), until);
	return postgres_write(
		store, POSTGRES_PROXIES,
		(struct store_value[]){ INTEGER(postgres_of(store)->run_id),
					INTEGER(postgres_first_id(postgres_of(store))),
					STRING(figures->proxy), INTEGER(figures->pages),
					INTEGER(figures->failures), INTEGER(figures->rests),
					STRING(figures->rests_until_ms > 0 ? until : NULL),
					STRING(figures->error) });
}

int postgres_put_outcome_figures(struct store *store, const struct store_outcome_figures *figures)
{
	const struct store_value of_host[] = {
		INTEGER(postgres_of(store)->run_id),
		postgres_of_key(figures->host),
		STRING(figures->outcome),
		INTEGER(figures->status),
		INTEGER(figures->pages),
		INTEGER(figures->unchanged),
		INTEGER(figures->bytes),
		INTEGER(figures->wire_bytes),
	};
	const struct store_value of_all[] = {
		of_host[0], of_host[2], of_host[3], of_host[4], of_host[5], of_host[6], of_host[7],
	};

	return store_key_is_none(figures->host) ? postgres_write(store, POSTGRES_TOTALS, of_all)
						: postgres_write(store, POSTGRES_OUTCOMES, of_host);
}
