#ifndef CONTROLS_H
#define CONTROLS_H

#include "parsers/text/scratch.h"
#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * controls: the forms of a page and what can be filled in in them, as form.h wants them.
 *
 * All texts lie in the scratch or point into the page.
 */
#define CONTROLS_MAX 5000 /* inputs and options of a page; what stands behind is not seen */

enum control_kind {
	CONTROL_TEXT, /* and whatever else holds a text: number, password, textarea, ... */
	CONTROL_HIDDEN,
	CONTROL_CHECKBOX,
	CONTROL_RADIO,
	CONTROL_OPTION, /* of a <select>, whose name it has */
	CONTROL_FILE,
	CONTROL_SUBMIT,
	CONTROL_IMAGE, /* a button that sends where it was pressed */
	CONTROL_IDLE,  /* a button that sends nothing */
};

struct control {
	enum control_kind kind;
	size_t form;     /* whose it is: its number plus one; 0: nobody's */
	size_t select;   /* of an option: its <select>, from 1 on */
	struct slice of; /* the id of the form that its form= names, or absent */
	struct slice name, value;
	struct slice action, method, encoding; /* what a button says instead of its form */
	bool is_on;                            /* ticked, selected, or the button to press */
	bool is_disabled;
	bool is_password;
};

struct form_tag {
	struct slice id, action, method, encoding, charset;
};

struct controls {
	struct form_tag *forms;
	size_t form_count;
	struct control *list; /* in the order of the page */
	size_t count;
	struct slice base;
};

struct controls_page {
	struct slice text;
	bool is_xml; /* as in links.h */
};

/* Read them; controls_free() releases the two arrays. */
void controls_read(struct controls *controls, const struct controls_page *page,
		   struct scratch *scratch);
void controls_free(struct controls *controls);

#endif
