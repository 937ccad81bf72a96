#include "commands/differs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/run_files.h"
#include "parsers/text/memory.h"
#include "show/human.h"

#define DIFFERS_MAX STORE_ERROR_MAX
#define CURE        "give the same, or --join"
#define SHOWN_VALUE 80
#define SHOWN_NAME  120

/* ---- files ---- */

static bool is_same_text(struct slice one, struct slice other)
{
	return one.size == other.size && (one.size == 0 || memcmp(one.at, other.at, one.size) == 0);
}

/* Which files of one are none of the other's, each taken once.  The caller frees it. */
static bool *find_odd(const struct run_files *one, const struct run_files *other)
{
	bool *odd = memory_new(one->text_count + 1, sizeof(*odd));
	bool *taken = memory_new(other->text_count + 1, sizeof(*taken));

	for (size_t i = 0; i < one->text_count; i++) {
		size_t at = 0;

		while (at < other->text_count &&
		       (taken[at] || !is_same_text(one->texts[i].text, other->texts[at].text)))
			at++;
		odd[i] = at == other->text_count;
		if (!odd[i])
			taken[at] = true;
	}
	free(taken);
	return odd;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static size_t first_odd(const bool odd[], size_t count)
{
	size_t at = 0;

	while (at < count && !odd[at])
		at++;
	return at;
}

/* Which is called like it, or the first; count: there is none. */
static size_t find_like(const struct source *wanted, const struct run_files *files,
			const bool odd[])
{
	for (size_t i = 0; i < files->text_count; i++) {
		if (odd[i] && strcmp(file_name(files->texts[i].name), file_name(wanted->name)) == 0)
			return i;
	}
	return first_odd(odd, files->text_count);
}

static void say_pair(const char *ours, const char *theirs, long long run, char out[DIFFERS_MAX])
{
	if (strcmp(ours, theirs) == 0)
		snprintf(out, DIFFERS_MAX,
			 "%.*s differs from that of run %lld, which is under way: " CURE,
			 SHOWN_NAME, ours, run);
	else
		snprintf(out, DIFFERS_MAX,
			 "%.*s differs from %.*s of run %lld, which is under way: " CURE,
			 SHOWN_NAME, ours, SHOWN_NAME, theirs, run);
}

/* Ours has none at all, or theirs. */
static bool say_none(const struct run_files *ours, const struct run_files *theirs, long long run,
		     char out[DIFFERS_MAX])
{
	if (ours->text_count == 0 && theirs->text_count > 0)
		snprintf(out, DIFFERS_MAX,
			 "run %lld, which is under way, has %s (%.*s%s), and this command none: "
			 "give -c, or --join",
			 run, COUNTED(theirs->text_count, "config file"), SHOWN_NAME,
			 theirs->texts[0].name, theirs->text_count > 1 ? " ..." : "");
	else if (theirs->text_count == 0 && ours->text_count > 0)
		snprintf(out, DIFFERS_MAX,
			 "run %lld, which is under way, has no config file, and this command %s "
			 "(%.*s%s): " CURE,
			 run, COUNTED(ours->text_count, "config file"), SHOWN_NAME,
			 ours->texts[0].name, ours->text_count > 1 ? " ..." : "");
	return out[0] != '\0';
}

static void say_files(const struct run_files *ours, const bool our_odd[],
		      const struct run_files *theirs, const bool their_odd[], long long run,
		      char out[DIFFERS_MAX])
{
	size_t our = first_odd(our_odd, ours->text_count), their;

	if (our < ours->text_count) {
		their = find_like(&ours->texts[our], theirs, their_odd);
		if (their < theirs->text_count)
			say_pair(ours->texts[our].name, theirs->texts[their].name, run, out);
		else
			snprintf(
				out, DIFFERS_MAX,
				"run %lld, which is under way, has no config file like %.*s: " CURE,
				run, SHOWN_NAME, ours->texts[our].name);
		return;
	}
	their = first_odd(their_odd, theirs->text_count);
	if (their < theirs->text_count)
		snprintf(out, DIFFERS_MAX,
			 "run %lld, which is under way, has %.*s as well, and this command no such "
			 "file: " CURE,
			 run, SHOWN_NAME, theirs->texts[their].name);
}

static void compare_files(const struct run_files *ours, const struct run_files *theirs,
			  long long run, char out[DIFFERS_MAX])
{
	bool *our_odd, *their_odd;

	if (say_none(ours, theirs, run, out))
		return;
	our_odd = find_odd(ours, theirs);
	their_odd = find_odd(theirs, ours);
	say_files(ours, our_odd, theirs, their_odd, run, out);
	free(our_odd);
	free(their_odd);
}

/* ---- expressions: NAME=REGEX ---- */

static const char *find_expression(const struct run_files *files, const char *expression)
{
	size_t name_size = strcspn(expression, "=");

	for (size_t i = 0; i < files->expression_count; i++) {
		const char *other = files->expressions[i];

		if (strcspn(other, "=") == name_size && memcmp(other, expression, name_size) == 0)
			return other;
	}
	return NULL;
}

static void compare_expressions(const struct run_files *ours, const struct run_files *theirs,
				long long run, char out[DIFFERS_MAX])
{
	for (size_t i = 0; i < ours->expression_count && !out[0]; i++) {
		const char *our = ours->expressions[i], *their = find_expression(theirs, our);

		if (!their)
			snprintf(out, DIFFERS_MAX,
				 "run %lld, which is under way, has no -e %.*s: " CURE, run,
				 SHOWN_VALUE, our);
		else if (strcmp(our, their) != 0)
			snprintf(out, DIFFERS_MAX, "-e %.*s is -e %.*s in run %lld: " CURE,
				 SHOWN_VALUE, our, SHOWN_VALUE, their, run);
	}
	for (size_t i = 0; i < theirs->expression_count && !out[0]; i++) {
		if (!find_expression(ours, theirs->expressions[i]))
			snprintf(out, DIFFERS_MAX,
				 "run %lld, which is under way, has -e %.*s: " CURE, run,
				 SHOWN_VALUE, theirs->expressions[i]);
	}
}

/* ---- settings ---- */

static const char *find_value(const struct setting_flag *flags, size_t count,
			      const struct setting *setting)
{
	for (size_t i = 0; i < count; i++) {
		if (flags[i].setting == setting)
			return flags[i].text;
	}
	return NULL;
}

static const char *shown(const char *value)
{
	return *value ? value : "none";
}

static void compare_settings(const struct run_files *ours, const struct run_files *theirs,
			     long long run, char out[DIFFERS_MAX])
{
	for (size_t i = 0; i < ours->preset_count && !out[0]; i++) {
		const struct setting_flag *our = &ours->presets[i];
		const char *their = find_value(theirs->presets, theirs->preset_count, our->setting);

		if (their && strcmp(our->text, their) != 0)
			snprintf(out, DIFFERS_MAX, "%s is %.*s here, %.*s in run %lld: " CURE,
				 our->setting->name, SHOWN_VALUE, shown(our->text), SHOWN_VALUE,
				 shown(their), run);
	}
}

/* Of the same value all the same: it wins over rules of hosts. */
static void say_flag(const struct setting_flag *flag, bool is_ours, long long run,
		     char out[DIFFERS_MAX])
{
	if (is_ours)
		snprintf(out, DIFFERS_MAX,
			 "%s is said on the command line here, and was not by who began run %lld "
			 "(it wins over rules of hosts): " CURE,
			 flag->setting->name, run);
	else
		snprintf(out, DIFFERS_MAX,
			 "%s was said on the command line of run %lld, and is not here (it wins "
			 "over rules of hosts): " CURE,
			 flag->setting->name, run);
}

static void compare_flags(const struct run_files *ours, const struct run_files *theirs,
			  long long run, char out[DIFFERS_MAX])
{
	for (size_t i = 0; i < ours->flag_count && !out[0]; i++) {
		if (!find_value(theirs->flags, theirs->flag_count, ours->flags[i].setting))
			say_flag(&ours->flags[i], true, run, out);
	}
	for (size_t i = 0; i < theirs->flag_count && !out[0]; i++) {
		if (!find_value(ours->flags, ours->flag_count, theirs->flags[i].setting))
			say_flag(&theirs->flags[i], false, run, out);
	}
}

/* ---- all of it ---- */

static const char *differs(const struct run_files *ours, const struct run_files *theirs,
			   long long run, char out[DIFFERS_MAX])
{
	out[0] = '\0';
	compare_files(ours, theirs, run, out);
	if (!out[0])
		compare_expressions(ours, theirs, run, out);
	if (!out[0])
		compare_settings(ours, theirs, run, out);
	if (!out[0])
		compare_flags(ours, theirs, run, out);
	return out[0] ? out : NULL;
}

/* ours is what is to be written into a store, and stays as it is. */
static bool is_same(const struct run_files *ours, const struct run_files *theirs, long long run,
		    char why[DIFFERS_MAX])
{
	char error[RUN_FILES_ERROR_MAX];
	struct run_files sorted;
	bool is_same;

	run_files_copy(&sorted, ours);
	is_same = run_files_sort(&sorted, error) == 0 && !differs(&sorted, theirs, run, why);
	run_files_free(&sorted);
	return is_same;
}

int differs_fits(void *ours, struct store *store, int64_t run, char why[STORE_ERROR_MAX])
{
	char error[RUN_FILES_ERROR_MAX];
	struct run_files theirs;
	int fits = 0;

	why[0] = '\0';
	if (run_files_read(&theirs, store, error) == 0)
		fits = is_same(ours, &theirs, (long long)run, why);
	else if (error[0])
		snprintf(why, STORE_ERROR_MAX, "run %lld is of another version of crawl: %s",
			 (long long)run, error);
	else
		fits = -1;
	run_files_free(&theirs);
	return fits;
}
