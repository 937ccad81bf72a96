#ifndef TRIAL_H
#define TRIAL_H

#include "commands/samples.h"

/*
 * trial: the patterns of a config on pages, and what came of it.
 *
 * Of the first page the rows are shown as tables, with where they stand; of more pages than one
 * then what each field has on all of them (by_field.h).  With --json all rows of all pages are one
 * array, and the rest is said on standard error.
 */
struct trial;

/*
 * pages: how many are to come.  What is tried: patterns that the filter takes.  options and config
 * must outlive it.  The caller ends it with trial_end().
 */
struct trial *trial_new(const struct options *options, const struct config *config, size_t pages,
			kept_pages_filter *filter, void *context);

/* Try them on a page.  Returns 0, or -1: standard output takes no more. */
int trial_page(struct trial *trial, const struct sample *sample);

/* The first pattern that was tried and matched nothing on any page, or NULL. */
const struct config_pattern *trial_fruitless(const struct trial *trial);

/*
 * Say what there is to say of all, and release.  Returns the exit code: did every pattern have rows
 * that was tried?
 */
int trial_end(struct trial *trial);

#endif
