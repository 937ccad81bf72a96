#ifndef TOKEN_H
#define TOKEN_H

#include "serve/gate.h"

/*
 * token: what who started the page has seen, and nobody else.
 */
#define TOKEN_ERROR_MAX 300

/* A new one, of 144 bits by chance. */
void token_new(char token[GATE_TOKEN_MAX]);

/*
 * The one that a file keeps; where there is no file it is made, its owner's alone, with a new one.
 * Returns 0, or -1 with one line in error.
 */
int token_keep(const char *path, char token[GATE_TOKEN_MAX], char error[TOKEN_ERROR_MAX]);

#endif
