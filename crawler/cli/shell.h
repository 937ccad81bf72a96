#ifndef SHELL_H
#define SHELL_H

/*
 * shell: a word as it is typed: in quotes, if a shell would read anything but the word itself.  The
 * caller frees it.
 */
char *shell_word(const char *word);

#endif
