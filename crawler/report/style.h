#ifndef STYLE_H
#define STYLE_H

#include "parsers/text/slice.h"

/* The style sheet of pages: report.css, as it was when the program was built. */
struct slice style_sheet(void);

#endif
