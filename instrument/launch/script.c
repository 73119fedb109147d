/* A script's first line: which file runs it.
 *
 * The kernel takes one word as the interpreter and the whole rest as one argument. env(1) is looked
 * through, since "#!/usr/bin/env name" says as little of the program as "#!/bin/execve" would. */
#include "script.h"

#include <string.h>
#include <unistd.h>

#include "inspect.h"

#define BLANKS " \t"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

/* One word of env's argument. True when it is the program's name. */
static bool is_env_program(const char *word, bool *skips_next, struct launch_script *script)
{
	if (*skips_next) {
		*skips_next = false;
		return false;
	}
	if (strcmp(word, "-") == 0 || strcmp(word, "--ignore-environment") == 0)
		script->clears_environment = true;
	if (word[0] == '-' && word[1] != '-' && word[1] != '\0') {
		script->clears_environment |= strchr(word, 'i') != NULL;
		size_t len = strlen(word);
		*skips_next = word[len - 1] == 'u' || word[len - 1] == 'C';
	}
	return word[0] != '-' && strchr(word, '=') == NULL;
}

/* With -S env splits its one argument at blanks; without, the whole argument is the name. */
static void read_env_argument(char *argument, struct launch_script *script)
{
	if (argument[0] != '-') {
		strcpy(script->program, argument);
		return;
	}
	static const char long_split[] = "--split-string=";
	if (strncmp(argument, long_split, strlen(long_split)) == 0)
		argument += strlen(long_split);
	bool skips_next = false;
	char *rest;
	for (char *word = strtok_r(argument, BLANKS, &rest); word != NULL;
		word = strtok_r(NULL, BLANKS, &rest)) {
		if (strncmp(word, "-S", 2) == 0 && word[2] != '\0')
			word += 2;
		if (is_env_program(word, &skips_next, script)) {
			strcpy(script->program, word);
			return;
		}
	}
}

bool launch_script_read(int fd, struct launch_script *script)
{
	char line[LAUNCH_LINE_MAX + 1];
	memset(script, 0, sizeof *script);
	ssize_t got = pread(fd, line, LAUNCH_LINE_MAX, 0);
	if (got < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	char *name = line + 2 + strspn(line + 2, BLANKS);
	char *argument = name + strcspn(name, BLANKS);
	if (*argument != '\0') {
		*argument++ = '\0';
		argument += strspn(argument, BLANKS);
	}
	for (size_t len = strlen(argument); len > 0 && strchr(BLANKS, argument[len - 1]) != NULL;)
		argument[--len] = '\0';
	if (name[0] == '\0')
		return false;
	strcpy(script->interpreter, name);
	if (strcmp(base_name(name), "env") == 0)
		read_env_argument(argument, script);
	return true;
}
