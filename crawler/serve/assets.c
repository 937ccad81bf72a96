#include "serve/assets.h"

#include "report/style.h"

/*
 * A file as it is, between two symbols.  The Makefile has this made anew when one of them changes.
 */
#define ASSET(name, file)                                                \
	__asm__(".pushsection .rodata\n"                                 \
		".global asset_" #name "\n.global asset_" #name "_end\n" \
		"asset_" #name ":\n.incbin \"crawler/serve/" file "\"\n" \
		"asset_" #name "_end:\n.byte 0\n.popsection\n");         \
	extern const char asset_##name[], asset_##name##_end[]

ASSET(style, "live.css");
ASSET(views, "views.css");
ASSET(script, "live.js");
ASSET(try_style, "try.css");
ASSET(try_script, "try.js");
ASSET(matched_script, "matched.js");
ASSET(icon, "favicon.svg");

#define BYTES(name)                                                       \
	{                                                                 \
		asset_##name, (size_t)(asset_##name##_end - asset_##name) \
	}

struct asset asset_find(const char *path)
{
	const struct asset assets[] = {
		{ "/live.css", "text/css; charset=utf-8", BYTES(style) },
		{ "/report.css", "text/css; charset=utf-8", style_sheet() },
		{ "/views.css", "text/css; charset=utf-8", BYTES(views) },
		{ "/live.js", "text/javascript; charset=utf-8", BYTES(script) },
		{ "/try.css", "text/css; charset=utf-8", BYTES(try_style) },
		{ "/try.js", "text/javascript; charset=utf-8", BYTES(try_script) },
		{ "/matched.js", "text/javascript; charset=utf-8", BYTES(matched_script) },
		{ "/favicon.svg", "image/svg+xml", BYTES(icon) },
	};

	for (size_t i = 0; i < sizeof(assets) / sizeof(assets[0]); i++) {
		if (strcmp(assets[i].path, path) == 0)
			return assets[i];
	}
	return (struct asset){ .path = NULL };
}
