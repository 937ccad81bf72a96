#include "serve/views.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/metrics.h"
#include "serve/verdicts.h"

/* This process serves one database, and answers one request after the other. */
static struct {
	struct metrics_floor floor;
	struct verdicts *verdicts;
} kept;

static void fail(struct view *view, const char *why)
{
	view->status = 503;
	view->type = HTTP_PLAIN;
	fprintf(view->out, "%s\n", why);
}

static void show(struct view *view, const struct figures *figures, bool are_judged)
{
	const struct metrics_source source = {
		.figures = figures,
		.running = view->running,
		.are_judged = are_judged,
	};

	view->type = METRICS_TYPE;
	metrics_write(view->out, &source, &kept.floor);
}

static void show_none(struct view *view)
{
	const struct figures none = { .state = FIGURES_NO_RUN };

	show(view, &none, true);
}

static void show_last_run(struct view *view)
{
	struct figures *figures = figures_read_counters(view->store, view->database);

	if (!figures) {
		fail(view, store_is_late(view->store) ? "too many to count in time"
						      : store_error(view->store)->text);
		return;
	}
	if (!kept.verdicts)
		kept.verdicts = verdicts_new();
	show(view, figures, verdicts_give(kept.verdicts, figures, view->store, clock_ms()));
	figures_free(figures);
}

void view_metrics(struct view *view)
{
	if (view->store)
		show_last_run(view);
	else if (store_is_file(view->database) && !store_exists(view->database))
		show_none(view);
	else
		fail(view, view->trouble);
}
