#ifndef VERSION_H
#define VERSION_H

/* version: "crawl 0.1.0, libcurl 7.88.1 (...), PCRE2 10.42 2022-12-11, SQLite 3.40.1, zstd 1.5.4";
 * static. */
const char *version_line(void);

#endif
