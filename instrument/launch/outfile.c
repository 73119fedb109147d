/* Where arenas end up: names made from a template, never one that exists, and sparse copies. */
#include "outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_CHUNK 4096u

struct text {
	char *bytes;
	size_t len, size;
	bool is_cut;
};

static void add(struct text *text, const char *more, size_t len)
{
	if (text->len + len + 1 > text->size) {
		text->is_cut = true;
		return;
	}
	memcpy(text->bytes + text->len, more, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

/* What must stay one component of a path, and readable on a terminal. */
static void add_flat(struct text *text, const char *more)
{
	size_t first = text->len;
	add(text, more, strlen(more));
	for (size_t i = first; i < text->len; i++) {
		unsigned char byte = (unsigned char)text->bytes[i];
		if (byte < ' ' || byte == 127 || byte == '/')
			text->bytes[i] = '_';
	}
}

static void add_program(struct text *text, const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *base = slash != NULL ? slash + 1 : program;
	add_flat(text, base);
}

/* %q{VAR}: `at` stands at the q. Returns the number of characters used up, 0 when it is not one. */
static size_t add_variable(struct text *text, const char *at)
{
	char variable[256];
	const char *end = at[1] == '{' ? strchr(at, '}') : NULL;
	if (end == NULL || (size_t)(end - at - 2) >= sizeof variable)
		return 0;
	snprintf(variable, sizeof variable, "%.*s", (int)(end - at - 2), at + 2);
	const char *value = getenv(variable);
	if (value != NULL)
		add_flat(text, value);
	return (size_t)(end - at) + 1;
}

static void add_letter(
	struct text *text, char letter, const struct launch_name *name, unsigned number)
{
	char value[256] = "";
	switch (letter) {
	case 'e':
		add_program(text, name->program);
		return;
	case 'p':
		snprintf(value, sizeof value, "%ld", (long)name->pid);
		break;
	case 'n':
		snprintf(value, sizeof value, "%u", number);
		break;
	case 'h':
		if (gethostname(value, sizeof value - 1) != 0)
			strcpy(value, "localhost");
		break;
	case 't':
		snprintf(value, sizeof value, "%lld", (long long)name->time);
		break;
	case '%':
		strcpy(value, "%");
		break;
	default:
		snprintf(value, sizeof value, "%%%c", letter);
	}
	add(text, value, strlen(value));
}

bool launch_name_expand(const char *template, const struct launch_name *name, unsigned number,
	char *path, size_t size)
{
	struct text text = {path, 0, size, false};
	path[0] = '\0';
	for (const char *at = template; *at != '\0'; at++) {
		if (at[0] != '%' || at[1] == '\0') {
			add(&text, at, 1);
			continue;
		}
		at++;
		size_t used = *at == 'q' ? add_variable(&text, at) : 0;
		if (used > 0)
			at += used - 1;
		else
			add_letter(&text, *at, name, number);
	}
	return !text.is_cut;
}

static bool has_number(const char *template)
{
	for (const char *at = template; (at = strchr(at, '%')) != NULL && at[1] != '\0'; at += 2) {
		if (at[1] == 'n')
			return true;
	}
	return false;
}

/* The name to try in the `number`th turn. */
static bool make_path(const char *template, const struct launch_name *name, const char *suffix,
	unsigned number, char path[PATH_MAX])
{
	if (!launch_name_expand(template, name, number + 1, path, PATH_MAX))
		return false;
	size_t len = strlen(path);
	int more = number == 0 || has_number(template)
			   ? snprintf(path + len, PATH_MAX - len, "%s", suffix)
			   : snprintf(path + len, PATH_MAX - len, "%s.%u", suffix, number);
	return (size_t)more < PATH_MAX - len;
}

int launch_file_create(const char *template, const struct launch_name *name, const char *suffix,
	char path[PATH_MAX])
{
	for (unsigned number = 0; number < LAUNCH_NAME_TRIES; number++) {
		if (!make_path(template, name, suffix, number, path)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static bool is_zero(const char *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static int copy_range(int from, int to, off_t at, off_t end)
{
	char chunk[COPY_CHUNK];
	while (at < end) {
		size_t wanted =
			(size_t)(end - at) < sizeof chunk ? (size_t)(end - at) : sizeof chunk;
		ssize_t got = pread(from, chunk, wanted, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : 0;
		ssize_t put = got;
		if (!is_zero(chunk, (size_t)got))
			put = pwrite(to, chunk, (size_t)got, at);
		if (put < 0 && errno != EINTR)
			return errno;
		at += put > 0 ? put : 0;
	}
	return 0;
}

int launch_file_copy(int from, int to)
{
	struct stat status;
	if (fstat(from, &status) != 0 || ftruncate(to, status.st_size) != 0)
		return errno;
	for (off_t at = 0; at < status.st_size;) {
		off_t data = lseek(from, at, SEEK_DATA);
		if (data < 0)
			return errno == ENXIO ? 0 : errno; /* ENXIO: only a hole is left */
		off_t hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0)
			hole = status.st_size;
		int error = copy_range(from, to, data, hole);
		if (error != 0)
			return error;
		at = hole;
	}
	return 0;
}

void launch_file_link_latest(const char *path, const char *latest)
{
	struct stat status;
	if (lstat(latest, &status) == 0 && (!S_ISLNK(status.st_mode) || unlink(latest) != 0))
		return;
	if (symlink(path, latest) != 0)
		return; /* the file itself is there, and its name is printed */
}

/* A read lease is granted only while nobody has the file open for writing, a mapping made from such
 * an opening included. */
bool launch_file_has_no_writer(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return false;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return true;
}
