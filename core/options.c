/* The words of LOCKDEP_LITE. See options.h. */
#include "options.h"

#include "fmt.h"
#include "limits.h"
#include "sys.h"

#include <string.h>
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

		if (unit != 'k' && unit != 'm' && unit != 'g')
			return false;
		number <<= unit == 'k' ? 10 : unit == 'm' ? 20 : 30;
	}
	if (at != word.len || number < low || number > high)
		return false;
	*value = number;
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

static bool set_flag(struct ldl_options *options, struct word name)
{
	if (word_is(name, "portable"))
		options->portable = true;
	else if (word_is(name, "quiet"))
		options->quiet = true;
	else if (word_is(name, "no-children"))
		options->no_children = true;
	else if (!word_is(name, "launched")) /* older launchers' word: nothing follows from it */
		return false;
	return true;
}

static bool set_value(struct ldl_options *options, struct word name, struct word value)
{
	uint64_t number;

	if (word_is(name, "mode"))
		return set_mode(options, value);
	if (word_is(name, "out")) {
		if (value.len == 0 || value.len >= sizeof(options->out))
			return false;
		memcpy(options->out, value.text, value.len);
		options->out[value.len] = '\0';
		return true;
	}
	if (word_is(name, "memory"))
		return word_number(value, LDL_ARENA_MIN, LDL_ARENA_MAX, &options->memory);
	if (word_is(name, "class-depth")) {
		if (!word_number(value, 1, LDL_CLASS_DEPTH_MAX, &number))
			return false;
		options->class_depth = (uint32_t)number;
		return true;
	}
	if (word_is(name, "stack-depth")) {
		if (!word_number(value, 1, LDL_STACK_MAX, &number))
			return false;
		options->stack_depth = (uint32_t)number;
		return true;
	}
	return false;
}

static void complain(struct ldl_options *options, struct word word)
{
	char text[64];

	if (options->problem[0])
		return;
	if (word.len >= sizeof(text))
		word.len = sizeof(text) - 1;
	memcpy(text, word.text, word.len);
	text[word.len] = '\0';
	ldl_fmt(options->problem, sizeof(options->problem),
		"'%s': LOCKDEP_LITE: left out; see lockdep-lite-run(1) for the options", text);
}

void ldl_options_parse(struct ldl_options *options, const char *text)
{
	memset(options, 0, sizeof(*options));
	options->class_depth = LDL_CLASS_DEPTH;
	options->stack_depth = LDL_STACK_DEFAULT;
	while (*text) {
		size_t len = 0, name = 0;
		struct word word;
		bool good;

		while (text[len] && text[len] != ':')
			len++;
		while (name < len && text[name] != '=')
			name++;
		word = (struct word){text, len};
		if (name < len)
			good = set_value(options, (struct word){text, name},
				(struct word){text + name + 1, len - name - 1});
		else
			good = len == 0 || set_flag(options, word);
		if (!good)
			complain(options, word);
		text += len + (text[len] == ':');
	}
	if (!options->memory)
		options->memory = options->prod ? LDL_ARENA_PROD : LDL_ARENA_CHECK;
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

const char *ldl_options_text(void)
{
	return variable("LOCKDEP_LITE", 12);
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
