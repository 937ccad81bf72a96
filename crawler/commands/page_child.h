#ifndef PAGE_CHILD_H
#define PAGE_CHILD_H

#include "commands/serving.h"

/*
 * page_child: the page of crawl run --serve: what crawl serve is, as a child of the run.
 *
 * The port is taken before anything else is done; the child is forked after the workers and before
 * the database is opened.  One that ends is replaced.  It ends with the run, once its viewers have
 * been told how that has ended, and with the master however that dies.
 */
struct page_child;

/* Take the port.  Returns NULL after a complaint, and *code to exit with. */
struct page_child *page_child_new(const struct options *options, enum sandbox sandbox, int *code);

/* Fork it, and say where the page is.  loop stays.  Returns 0, or -1 after a complaint. */
int page_child_start(struct page_child *child, struct loop *loop);

/* The run has ended, and the database says so: have it told, wait for its end. */
void page_child_end(struct page_child *child, const char *how);

/* NULL is allowed. */
void page_child_free(struct page_child *child);

#endif
