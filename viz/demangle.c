/* Names of functions as their author wrote them. libstdc++ is loaded when a first C++ name is met,
 * so that the command links without it and works, with raw names, where it is missing. */
#include "demangle.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_ARGUMENTS 24 /* bytes of template arguments that are left alone */

typedef char *demangle_function(const char *, char *, size_t *, int *);

static demangle_function *find_demangler(void)
{
	static demangle_function *function;
	static bool is_tried;
	void *library;

	if (!is_tried) {
		is_tried = true;
		library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
		if (library)
			*(void **)&function = dlsym(library, "__cxa_demangle");
	}
	return function;
}

/* The opening bracket that `close` (a ')' or '>') ends, searching back; NULL when there is none. */
static char *find_opening(char *begin, char *close)
{
	char closing = *close;
	char opening = closing == ')' ? '(' : '<';
	int depth = 0;

	for (char *at = close; at >= begin; at--) {
		if (*at == closing)
			depth++;
		else if (*at == opening && --depth == 0)
			return at;
	}
	return NULL;
}

static bool ends_with(const char *name, const char *end, const char *suffix)
{
	size_t len = strlen(suffix);

	return (size_t)(end - name) >= len && memcmp(end - len, suffix, len) == 0;
}

/* Drops " [clone …]", then qualifiers behind the parameter list, then the list itself. */
static void cut_parameters(char *name)
{
	static const char *const qualifiers[] = {" const", " volatile", "&", " &", " noexcept"};
	char *clone = strstr(name, " [clone");
	char *end, *open;

	if (clone)
		*clone = 0;
	end = name + strlen(name);
	for (size_t i = 0; i < sizeof(qualifiers) / sizeof(qualifiers[0]); i++) {
		if (ends_with(name, end, qualifiers[i])) {
			end -= strlen(qualifiers[i]);
			i = (size_t)-1;
		}
	}
	if (end == name || end[-1] != ')')
		return;
	open = find_opening(name, end - 1);
	if (open && open > name && !ends_with(name, open, "operator"))
		*open = 0;
}

/* Drops a template function's return type: what stands before the last blank outside brackets. */
static void cut_return_type(char *name)
{
	char *start = name;
	int depth = 0;

	if (strstr(name, "operator"))
		return;
	for (char *at = name; *at; at++) {
		if (*at == '<' || *at == '(' || *at == '{' || *at == '[')
			depth++;
		else if (*at == '>' || *at == ')' || *at == '}' || *at == ']')
			depth--;
		else if (*at == ' ' && depth == 0)
			start = at + 1;
	}
	if (start != name && depth == 0)
		memmove(name, start, strlen(start) + 1);
}

/* "{lambda(int)#2}::operator()" becomes "{lambda#2}". */
static void cut_lambdas(char *name)
{
	static const char call[] = "::operator()";
	char *at = name;

	while ((at = strstr(at, "{lambda("))) {
		char *open = at + strlen("{lambda");
		char *close = open;
		char *end;
		int depth = 0;

		do
			depth += (*close == '(') - (*close == ')');
		while (depth && *++close);
		end = depth ? NULL : strchr(close, '}');
		if (!end)
			return;
		if (strncmp(end + 1, call, strlen(call)) == 0)
			memmove(end + 1, end + 1 + strlen(call), strlen(end + strlen(call)));
		memmove(open, close + 1, strlen(close));
		at = open;
	}
}

/* A C function's symbol without what the compiler says of how it cloned it. */
static char *copy_plain(const char *symbol)
{
	static const char *const marks[] = {".isra.", ".part.", ".constprop.", ".cold"};
	char *name = strdup(symbol);

	for (size_t i = 0; name && i < sizeof(marks) / sizeof(marks[0]); i++) {
		char *mark = strstr(name, marks[i]);

		if (mark && mark != name)
			*mark = 0;
	}
	return name;
}

char *viz_demangle(const char *symbol)
{
	demangle_function *demangler;
	char *name = NULL;
	int status = 0;

	if (symbol[0] == '_' && symbol[1] == 'Z' && (demangler = find_demangler()))
		name = demangler(symbol, NULL, NULL, &status);
	if (!name)
		return copy_plain(symbol);
	cut_parameters(name);
	cut_return_type(name);
	cut_lambdas(name);
	return name;
}

void viz_demangle_shorten(char *name)
{
	char *out = name;

	for (char *at = name; *at; at++) {
		char *close;
		int depth = 1;

		*out++ = *at;
		if (*at != '<' || strncmp(name, "operator", 8) == 0)
			continue;
		for (close = at + 1; *close && depth; close++)
			depth += (*close == '<') - (*close == '>');
		if (depth || close - at < SHORT_ARGUMENTS)
			continue;
		memcpy(out, "\xe2\x80\xa6>", 4);
		out += 4;
		at = close - 1;
	}
	*out = 0;
}
