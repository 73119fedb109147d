/* The oldest files of a name template go. See keep.h. */
#include "keep.h"

#include "format.h"
#include "limits.h"
#include "sys.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#ifndef F_SETSIG
#define F_SETSIG 10
#endif

#define NAME_MAX_BYTES 255u
#define BLOCK          512u /* the unit of st_blocks */

/* Where the part of the name that was read so far may have ended: a set of places. */
struct places {
	bool is[NAME_MAX_BYTES + 1];
};

static bool is_digit(char one)
{
	return one >= '0' && one <= '9';
}

static void read_literal(struct places *places, const char *name, size_t len, char one)
{
	for (size_t at = len; at > 0; at--)
		places->is[at] = places->is[at - 1] && name[at - 1] == one;
	places->is[0] = false;
}

static void read_anything(struct places *places, size_t len)
{
	for (size_t at = 1; at <= len; at++)
		places->is[at] |= places->is[at - 1];
}

/* At least one digit. */
static void read_digits(struct places *places, const char *name, size_t len)
{
	bool was = places->is[0], before = false; /* before: reached by a digit */

	places->is[0] = false;
	for (size_t at = 1; at <= len; at++) {
		bool is_here = places->is[at];

		before = (was || before) && is_digit(name[at - 1]);
		places->is[at] = before;
		was = is_here;
	}
}

/* One element of the template; returns how long it is. */
static size_t read_element(
	struct places *places, const char *template, const char *name, size_t len)
{
	const char *end = NULL;

	if (template[0] != '%') {
		read_literal(places, name, len, template[0]);
		return 1;
	}
	switch (template[1]) {
	case 'p':
	case 't':
	case 'n':
		read_digits(places, name, len);
		return 2;
	case 'q':
		end = template[2] == '{' ? strchr(template, '}') : NULL;
		if (!end)
			break;
		read_anything(places, len);
		return (size_t)(end - template) + 1;
	case 'e':
	case 'h':
		read_anything(places, len);
		return 2;
	case '%':
		read_literal(places, name, len, '%');
		return 2;
	default:
		break;
	}
	read_literal(places, name, len, '%');
	return 1;
}

/* Behind the last slash that is none of a variable's name. */
static const char *last_part(const char *template)
{
	const char *last = template;

	for (const char *at = template; *at; at++) {
		if (at[0] == '%' && at[1] == 'q' && at[2] == '{' && strchr(at, '}'))
			at = strchr(at, '}');
		else if (at[0] == '%' && at[1] == '%')
			at++;
		else if (*at == '/')
			last = at + 1;
	}
	return last;
}

bool ldl_keep_fits(const char *template, const char *name)
{
	struct places places = {{true}};
	size_t len = strlen(name), digits = len;

	if (len > NAME_MAX_BYTES)
		return false;
	for (const char *at = last_part(template); *at;)
		at += read_element(&places, at, name, len);
	if (places.is[len])
		return true;
	while (digits > 0 && is_digit(name[digits - 1]))
		digits--;
	return digits > 0 && digits < len && name[digits - 1] == '.' && places.is[digits - 1];
}

struct file {
	int64_t changed_ns;
	uint64_t bytes;
	uint64_t inode, device;
	char name[NAME_MAX_BYTES + 1];
};

/* One reading of the folder. */
struct reading {
	const struct ldl_options *options;
	const char *own; /* the name that must stay */
	int folder;
	bool wants_oldest; /* else they are only counted */
	uint64_t count, bytes;
	uint32_t oldest_count; /* sorted, the oldest first */
};

/* Static, since they are large; only one thread is there at start. */
static struct file oldest[LDL_KEEP_BATCH];
static char entries[4096] __attribute__((aligned(8)));

static int64_t changed_ns(const struct stat *about)
{
	return (int64_t)about->st_mtim.tv_sec * 1000000000 + about->st_mtim.tv_nsec;
}

static bool has_magic(int fd)
{
	uint64_t magic = 0;

	return ldl_sys_pread(fd, &magic, sizeof(magic), 0) == (int64_t)sizeof(magic) &&
	       magic == LDL_MAGIC;
}

/* The kernel grants the lease only when nobody has the file open for writing, or mapped so. Who
 * opens it so within this moment has a signal sent to us: one that does nothing unless the program
 * asks for it, and the program has not begun. */
static bool is_unused(int fd)
{
	if (ldl_sys_fcntl(fd, F_SETSIG, SIGURG) < 0 || ldl_sys_fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return false;
	(void)ldl_sys_fcntl(fd, F_SETLEASE, F_UNLCK);
	return true;
}

static bool is_older(const struct stat *about, const char *name, const struct file *than)
{
	int64_t changed = changed_ns(about);

	return changed != than->changed_ns ? changed < than->changed_ns
					   : strcmp(name, than->name) < 0;
}

static void note_oldest(struct reading *reading, const struct stat *about, const char *name, int fd)
{
	uint32_t at = reading->oldest_count;

	if (at == LDL_KEEP_BATCH && !is_older(about, name, &oldest[at - 1]))
		return;
	if (!is_unused(fd))
		return;
	if (at == LDL_KEEP_BATCH)
		at--;
	else
		reading->oldest_count++;
	for (; at > 0 && is_older(about, name, &oldest[at - 1]); at--)
		oldest[at] = oldest[at - 1];
	oldest[at].changed_ns = changed_ns(about);
	oldest[at].bytes = (uint64_t)about->st_blocks * BLOCK;
	oldest[at].inode = about->st_ino;
	oldest[at].device = about->st_dev;
	memcpy(oldest[at].name, name, strlen(name) + 1);
}

static bool is_ours(const struct stat *about)
{
	return S_ISREG(about->st_mode) && about->st_uid == ldl_sys_geteuid();
}

static void look_at(struct reading *reading, const char *name)
{
	struct stat about;
	int fd;

	/* First without opening it: that would do something to a device. */
	if (!ldl_keep_fits(reading->options->out, name) ||
		ldl_sys_lstatat(reading->folder, name, &about) < 0 || !is_ours(&about))
		return;
	fd = ldl_sys_openat(
		reading->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	if (ldl_sys_fstat(fd, &about) == 0 && is_ours(&about) && has_magic(fd)) {
		reading->count++;
		reading->bytes += (uint64_t)about.st_blocks * BLOCK;
		if (reading->wants_oldest && strcmp(name, reading->own) != 0)
			note_oldest(reading, &about, name, fd);
	}
	ldl_sys_close(fd);
}

/* False: the folder cannot be read. */
static bool read_folder(struct reading *reading)
{
	uint32_t looks = 0;
	int64_t len;

	reading->count = reading->bytes = 0;
	reading->oldest_count = 0;
	if (ldl_sys_lseek(reading->folder, 0, SEEK_SET) < 0)
		return false;
	while ((len = ldl_sys_getdents(reading->folder, entries, sizeof(entries))) > 0) {
		for (int64_t at = 0; at < len && looks < LDL_KEEP_LOOKS; looks++) {
			const struct ldl_sys_entry *entry = (const void *)(entries + at);

			look_at(reading, entry->name);
			at += entry->size;
		}
		if (looks == LDL_KEEP_LOOKS)
			break;
	}
	return len >= 0;
}

static bool is_within(const struct reading *reading)
{
	const struct ldl_options *options = reading->options;

	return (!options->keep || reading->count <= options->keep) &&
	       (!options->keep_size || reading->bytes <= options->keep_size);
}

/* By name; but only when that still is the file that was looked at. */
static bool remove_file(const struct reading *reading, const struct file *file)
{
	struct stat about;

	return ldl_sys_lstatat(reading->folder, file->name, &about) == 0 &&
	       about.st_ino == file->inode && about.st_dev == file->device &&
	       ldl_sys_unlinkat(reading->folder, file->name) == 0;
}

/* False: there was nothing that could be removed. */
static bool remove_oldest(struct reading *reading)
{
	bool has_removed = false;

	for (uint32_t i = 0; i < reading->oldest_count && !is_within(reading); i++) {
		if (!remove_file(reading, &oldest[i]))
			continue;
		has_removed = true;
		reading->count--;
		reading->bytes -= oldest[i].bytes;
	}
	return has_removed;
}

static int open_folder(const char *own, size_t len)
{
	char path[LDL_OPTIONS_PATH_MAX + 320];

	if (!len)
		return ldl_sys_open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (len >= sizeof(path))
		return -1;
	memcpy(path, own, len);
	path[len] = '\0';
	return ldl_sys_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

void ldl_keep_limit(const struct ldl_options *options, const char *own)
{
	const char *slash = strrchr(own, '/');
	struct reading reading = {.options = options, .own = slash ? slash + 1 : own};

	if (!options->keep && !options->keep_size)
		return;
	reading.folder = open_folder(own, slash ? (size_t)(slash - own) + 1 : 0);
	if (reading.folder < 0)
		return;
	for (uint32_t pass = 0; pass <= LDL_KEEP_PASSES && read_folder(&reading); pass++) {
		if (is_within(&reading) || (reading.wants_oldest && !remove_oldest(&reading)))
			break;
		reading.wants_oldest = true;
	}
	ldl_sys_close(reading.folder);
}
