#ifndef FILMS_H
#define FILMS_H

/*
 * films: a hundred films that were never made.
 */
#define FILMS_COUNT 100

struct film {
	unsigned id;     /* as in /films/1021 */
	unsigned tenths; /* of a point: 95 is a score of 9.5 */
	char title[64];
	char actors[128];  /* "沈云帆,陆知秋,顾南星" */
	char released[64]; /* "1993-01-01", some with a country: "1994-09-10(冰岛)" */
};

/* The film at that rank, from 1 to FILMS_COUNT. */
struct film film_at(unsigned rank);

#endif
