#include "commands/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "show/human.h"
#include "show/log.h"

#define RATE_NEWEST 0.3 /* weight of the newest second in the rate shown */

static bool can_draw(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

struct progress progress_begin(const struct master *master, const struct tally *tally)
{
	int64_t now = clock_ms();

	return (struct progress){
		.master = master,
		.tally = tally,
		.is_terminal = can_draw(),
		.begun_ms = now,
		.last_ms = now,
	};
}

int progress_every_ms(const struct progress *progress)
{
	return progress->is_terminal ? PROGRESS_TERMINAL_MS : PROGRESS_PLAIN_MS;
}

static void update_rate(struct progress *progress, uint64_t pages)
{
	int64_t now = clock_ms();
	double seconds = (double)(now - progress->last_ms) / 1000;
	double rate;

	if (seconds <= 0)
		return;
	rate = (double)(pages - progress->last_pages) / seconds;
	progress->rate =
		progress->rate > 0 ? progress->rate * (1 - RATE_NEWEST) + rate * RATE_NEWEST : rate;
	progress->last_ms = now;
	progress->last_pages = pages;
}

/* What there is to wait for, in a few words. */
static void describe_wait(const struct master_view *view, char out[64])
{
	int64_t wait = view->due_ms - clock_ms();

	out[0] = '\0';
	if (view->is_draining)
		snprintf(out, 64, ", finishing");
	else if (view->is_paused)
		snprintf(out, 64, ", paused");
	else if (view->in_flight == 0 && view->queued > 0 && wait > 999 &&
		 view->due_ms != CLOCK_NEVER)
		snprintf(out, 64, ", next host in %lld s", (long long)(wait / 1000));
}

void progress_tick(void *user)
{
	struct progress *progress = user;
	const struct tally_totals *totals = tally_totals(progress->tally);
	struct master_view view = master_view(progress->master);
	char line[200], size[HUMAN_SIZE_MAX], wait[64];

	update_rate(progress, totals->pages);
	describe_wait(&view, wait);
	snprintf(line, sizeof(line),
		 "%llu done, %llu failed, %zu to go (%zu in flight, %u hosts), %llu rows, %s, %.*f "
		 "pages/s%s",
		 (unsigned long long)tally_count_done(progress->tally),
		 (unsigned long long)tally_count_failed(progress->tally),
		 view.queued + view.in_flight, view.in_flight, view.hosts,
		 (unsigned long long)totals->rows, human_size(totals->bytes, size),
		 progress->rate < 10 ? 1 : 0, progress->rate, wait);
	if (progress->is_terminal)
		log_progress(line);
	else
		log_say("%s", line);
}

void progress_end(struct progress *progress)
{
	if (progress->is_terminal)
		log_progress("");
}
