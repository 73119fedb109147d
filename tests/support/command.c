/* A subcommand with its output caught. See command.h. */
#include "tests/support/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS_MAX 16

char ldl_command_out[1 << 18];
char ldl_command_err[1 << 12];

/* Lets a new file take the place of a standard stream; returns the file. */
static int redirect(int fd, int *kept)
{
	int file = memfd_create("caught", MFD_CLOEXEC);

	*kept = dup(fd);
	if (file < 0 || *kept < 0 || dup2(file, fd) < 0)
		abort();
	return file;
}

static void restore(int fd, int kept, int file, char *text, size_t size)
{
	ssize_t len;

	dup2(kept, fd);
	close(kept);
	len = pread(file, text, size - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	close(file);
}

int ldl_command(int (*run)(int argc, char **argv), const char *word, ...)
{
	char *words[WORDS_MAX + 1] = {(char *)word};
	int count = 1, status, kept[2], files[2];
	va_list more;

	va_start(more, word);
	while (count < WORDS_MAX && (words[count] = va_arg(more, char *)))
		count++;
	va_end(more);
	fflush(stdout);
	files[0] = redirect(STDOUT_FILENO, &kept[0]);
	files[1] = redirect(STDERR_FILENO, &kept[1]);
	optind = 0;
	status = run(count, words);
	fflush(stdout);
	restore(STDOUT_FILENO, kept[0], files[0], ldl_command_out, sizeof(ldl_command_out));
	restore(STDERR_FILENO, kept[1], files[1], ldl_command_err, sizeof(ldl_command_err));
	return status;
}
