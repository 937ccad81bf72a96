#ifndef SHELL_WORD_H
#define SHELL_WORD_H

/*
 * shell_word: a text as a word of a command line that can be pasted into a shell: as it is, or
 * 'in quotes' where a shell would see something else in it.  The caller frees it.
 */
char *shell_word(const char *text);

#endif
