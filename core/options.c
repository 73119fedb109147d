/* The words of LOCKDEP_LITE. See options.h. */
#include "options.h"

#include "fmt.h"
#include "limits.h"
#include "sys.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

struct word {
	const char *text;
	size_t len;
};

static bool word_is(struct word word, const char *name)
{
	return strlen(name) == word.len && memcmp(word.text, name, word.len) == 0;
}

/* A number with an optional K, M or G. False when it is none, or outside [low, high]. */
static bool word_number(struct word word, uint64_t low, uint64_t high, uint64_t *value)
{
	uint64_t number = 0;
	size_t at = 0;

	while (at < word.len && word.text[at] >= '0' && word.text[at] <= '9' && number < high)
		number = number * 10 + (uint64_t)(word.text[at++] - '0');
	if (at == 0)
		return false;
	if (at + 1 == word.len) {
		char unit = word.text[at++] | ' ';

		unsigned int shift = unit == 'k' ? 10 : unit == 'm' ? 20 : unit == 'g' ? 30 : 0;

		if (!shift || number > high >> shift)
			return false;
		number <<= shift;
	}
	if (at != word.len || number < low || number > high)
		return false;
	*value = number;
	return true;
}

#define BUDGET_OF_MODE UINT32_MAX /* none was given */

/* "1%", "0.25%": up to four decimals, 100 at most; the sign may be left out. 0: no budget. */
static bool set_budget(struct ldl_options *options, struct word value)
{
	uint32_t ppm = 0, unit = 10000;
	bool is_fraction = false;
	size_t at = 0;

	value.len -= value.len > 0 && value.text[value.len - 1] == '%';
	for (; at < value.len && ppm <= 1000000; at++) {
		uint32_t digit = (uint32_t)(value.text[at] - '0');

		if (value.text[at] == '.' && at > 0 && !is_fraction) {
			is_fraction = true;
			continue;
		}
		if (digit > 9)
			return false;
		if (is_fraction && (unit /= 10) == 0)
			return false;
		ppm = is_fraction ? ppm + digit * unit : ppm * 10 + digit * unit;
	}
	if (value.len == 0 || at < value.len || ppm > 1000000)
		return false;
	options->budget_ppm = ppm;
	return true;
}

static bool set_mode(struct ldl_options *options, struct word value)
{
	bool off = word_is(value, "off"), prod = word_is(value, "prod");
	bool nonblock = word_is(value, "nonblock");

	if (!off && !prod && !nonblock && !word_is(value, "check"))
		return false;
	options->off = off;
	options->nonblock = nonblock;
	options->prod = prod;
	return true;
}

static bool set_flag(struct ldl_options *options, struct word name, bool value)
{
	if (word_is(name, "portable"))
		options->portable = value;
	else if (word_is(name, "quiet"))
		options->quiet = value;
	else if (word_is(name, "no-children"))
		options->no_children = value;
	else if (!word_is(name, "launched")) /* older launchers' word: nothing follows from it */
		return false;
	return true;
}

static bool set_path(char path[LDL_OPTIONS_PATH_MAX], struct word value)
{
	if (value.len >= LDL_OPTIONS_PATH_MAX)
		return false;
	memcpy(path, value.text, value.len);
	path[value.len] = '\0';
	return true;
}

static bool add_to_list(struct ldl_options_list *list, struct word value)
{
	size_t len = list->is_older ? 0 : strlen(list->text);

	if (len + value.len + 2 > sizeof(list->text))
		return false;
	list->is_older = false;
	if (len)
		list->text[len++] = ',';
	memcpy(list->text + len, value.text, value.len);
	list->text[len + value.len] = '\0';
	return true;
}

static bool set_depth(uint32_t *depth, struct word value, uint64_t high)
{
	uint64_t number;

	if (!word_number(value, 1, high, &number))
		return false;
	*depth = (uint32_t)number;
	return true;
}

static bool set_value(struct ldl_options *options, struct word name, struct word value)
{
	if (word_is(name, "mode"))
		return set_mode(options, value);
	if (word_is(name, "out"))
		return value.len && set_path(options->out, value);
	if (word_is(name, "config"))
		return set_path(options->config, value) && (options->has_config = true);
	if (word_is(name, "include"))
		return add_to_list(&options->include, value);
	if (word_is(name, "exclude"))
		return add_to_list(&options->exclude, value);
	if (word_is(name, "keep"))
		return word_number(value, 0, UINT32_MAX, &options->keep);
	if (word_is(name, "keep-size"))
		return word_number(value, 0, LDL_KEEP_SIZE_MAX, &options->keep_size);
	if (word_is(name, "memory"))
		return word_number(value, LDL_ARENA_MIN, LDL_ARENA_MAX, &options->memory);
	if (word_is(name, "budget"))
		return set_budget(options, value);
	if (word_is(name, "class-depth"))
		return set_depth(&options->class_depth, value, LDL_CLASS_DEPTH_MAX);
	if (word_is(name, "stack-depth"))
		return set_depth(&options->stack_depth, value, LDL_STACK_MAX);
	/* A flag that one source sets another one may take back. */
	if (word_is(value, "yes") || word_is(value, "no"))
		return set_flag(options, name, word_is(value, "yes"));
	return false;
}

void ldl_options_complain(struct ldl_options *options, const char *where, const char *text,
	size_t len, const char *mend)
{
	char cut[64];

	if (options->problem[0])
		return;
	if (len >= sizeof(cut))
		len = sizeof(cut) - 1;
	memcpy(cut, text, len);
	cut[len] = '\0';
	ldl_fmt(options->problem, sizeof(options->problem), "'%s': %s: %s", cut, where, mend);
}

void ldl_options_begin(struct ldl_options *options)
{
	memset(options, 0, sizeof(*options));
	options->class_depth = LDL_CLASS_DEPTH;
	options->budget_ppm = BUDGET_OF_MODE;
}

void ldl_options_next_source(struct ldl_options *options)
{
	options->include.is_older = true;
	options->exclude.is_older = true;
}

void ldl_options_end(struct ldl_options *options)
{
	if (!options->memory)
		options->memory = options->prod ? LDL_ARENA_PROD : LDL_ARENA_CHECK;
	if (!options->stack_depth)
		options->stack_depth = options->prod ? LDL_STACK_SHORT : LDL_STACK_DEFAULT;
	if (options->budget_ppm == BUDGET_OF_MODE)
		options->budget_ppm = options->prod ? LDL_BUDGET_PPM : 0;
}

bool ldl_options_word(struct ldl_options *options, const char *word, size_t len)
{
	size_t name = 0;

	while (name < len && word[name] != '=')
		name++;
	if (name == len)
		return len == 0 || set_flag(options, (struct word){word, len}, true);
	return set_value(
		options, (struct word){word, name}, (struct word){word + name + 1, len - name - 1});
}

void ldl_options_words(struct ldl_options *options, const char *text)
{
	ldl_options_next_source(options);
	while (*text) {
		size_t len = 0;

		while (text[len] && text[len] != ':')
			len++;
		if (!ldl_options_word(options, text, len))
			ldl_options_complain(options, "LOCKDEP_LITE", text, len,
				"left out; see lockdep-lite(1) for the options");
		text += len + (text[len] == ':');
	}
}

void ldl_options_parse(struct ldl_options *options, const char *text)
{
	ldl_options_begin(options);
	ldl_options_words(options, text);
	ldl_options_end(options);
}

static char **early_environment;

void ldl_options_early_environment(char **variables)
{
	early_environment = variables;
}

static const char *variable(const char *name, size_t len)
{
	for (char **at = environ ? environ : early_environment; at && *at; at++) {
		if (strncmp(*at, name, len) == 0 && (*at)[len] == '=')
			return *at + len + 1;
	}
	return "";
}

bool ldl_options_is_secure(void)
{
	return getauxval(AT_SECURE) != 0;
}

const char *ldl_options_text(void)
{
	return ldl_options_is_secure() ? "" : variable("LOCKDEP_LITE", 12);
}

static void append_flat(char *path, size_t size, size_t *len, const char *text)
{
	for (; *text && *len + 1 < size; text++)
		path[(*len)++] = *text == '/' ? '_' : *text;
	path[*len] = '\0';
}

/* Expands the escape after '%' at `at`; returns how many characters of the pattern it used. */
static size_t expand_one(char *path, size_t size, size_t *len, const char *at, const char *program,
	int pid, uint32_t serial)
{
	struct utsname host;
	const char *end;

	switch (*at) {
	case 'e':
		append_flat(path, size, len, program);
		return 1;
	case 'p':
		ldl_fmt_append(path, size, len, "%d", pid);
		return 1;
	case 'h':
		append_flat(path, size, len, uname(&host) == 0 ? host.nodename : "host");
		return 1;
	case 't':
		ldl_fmt_append(path, size, len, "%lu",
			(unsigned long)(ldl_sys_clock_ns(CLOCK_REALTIME) / 1000000000u));
		return 1;
	case 'n':
		ldl_fmt_append(path, size, len, "%u", serial);
		return 1;
	case 'q':
		end = at[1] == '{' ? strchr(at, '}') : NULL;
		if (!end)
			break;
		append_flat(path, size, len, variable(at + 2, (size_t)(end - at - 2)));
		/* variable() gives the rest of the environment string: exactly the value. */
		return (size_t)(end - at) + 1;
	case '%':
		ldl_fmt_append(path, size, len, "%%");
		return 1;
	default:
		break;
	}
	ldl_fmt_append(path, size, len, "%%");
	return 0;
}

bool ldl_options_expand(
	char *path, size_t size, const char *pattern, const char *program, int pid, uint32_t serial)
{
	size_t len = 0;

	path[0] = '\0';
	while (*pattern) {
		if (*pattern != '%') {
			if (len + 1 >= size)
				return false;
			path[len++] = *pattern++;
			path[len] = '\0';
			continue;
		}
		pattern++;
		pattern += expand_one(path, size, &len, pattern, program, pid, serial);
	}
	return len + 1 < size;
}
