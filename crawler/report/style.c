#include "report/style.h"

/* The assembler looks for the file where make runs: in the root. */
__asm__(".section .rodata\n"
	".globl report_css, report_css_end\n"
	"report_css:\n"
	".incbin \"crawler/report/report.css\"\n"
	"report_css_end:\n"
	".byte 0\n"
	".previous\n");

extern const char report_css[], report_css_end[];

struct slice style_sheet(void)
{
	return (struct slice){ report_css, (size_t)(report_css_end - report_css) };
}
