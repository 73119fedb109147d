/* Opening an arena from outside: a private copy of its used pages, taken so that what a live
 * process adds meanwhile does no harm.
 *
 * A record is complete before the id that leads to it is published. So tables are copied referrers
 * first: whatever id the copy holds was published before the table that it leads to was copied.
 * The header, with each table's `used`, comes last. Cycles among the tables leave a few ids whose
 * record is still all zeros in the copy: it reads as a free one. The hash sets serve the writer
 * only: they come last, and only for who wants to see how it left them. */
#include "fmt.h"
#include "snapshot_parts.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHERE_MAX 160u /* bytes of a path that an error shows: its end */

/* What is copied from: a file, or bytes in memory where fd is -1. */
struct source {
	int fd;
	const unsigned char *bytes;
	uint64_t end;      /* what lies behind is not there, or is not the arena's */
	const char *where; /* its name, for errors */
	bool has_sets;     /* the hash sets are wanted too */
};

/* A header and the rest of its page. */
union page {
	struct ldl_header header;
	unsigned char bytes[LDL_PAGE];
};

static const uint8_t copy_order[] = {
	LDL_TABLE_FINDINGS,
	LDL_TABLE_PATHS,
	LDL_TABLE_ALLOCS,
	LDL_TABLE_RESERVES,
	LDL_TABLE_CALLBACKS,
	LDL_TABLE_THREADS,
	LDL_TABLE_HELD,
	LDL_TABLE_NODES,
	LDL_TABLE_EDGES,
	LDL_TABLE_WITNESSES,
	LDL_TABLE_ALSO_HELD,
	LDL_TABLE_INSTANCE_INFO,
	LDL_TABLE_INSTANCES,
	LDL_TABLE_CLASSES,
	LDL_TABLE_SITES,
	LDL_TABLE_FRAMES,
	LDL_TABLE_MODULES,
	LDL_TABLE_STRINGS,
};

/* One line's worth of a path. */
static void shorten_path(char text[WHERE_MAX + 8], const char *path)
{
	size_t len = strlen(path);
	size_t skip = len > WHERE_MAX ? len - WHERE_MAX : 0;
	char *to = text;

	if (skip > 0) {
		memcpy(to, "...", 3);
		to += 3;
		while (((unsigned char)path[skip] & 0xc0) == 0x80)
			skip++; /* not in the middle of an UTF-8 character */
	}
	for (; path[skip]; skip++)
		*to++ = (unsigned char)path[skip] < ' ' || path[skip] == 0x7f ? '?' : path[skip];
	*to = 0;
}

ldl_status ldl_snapshot_fail(struct ldl_snapshot *snapshot, ldl_status status, const char *what,
	const char *where, const char *mend)
{
	char text[WHERE_MAX + 8];

	shorten_path(text, where);
	ldl_fmt(snapshot->error, sizeof(snapshot->error), "%s: %s: %s", what, text, mend);
	return status;
}

/* The kernel's refusal in words; core has no strerror(). */
static const struct {
	int error;
	const char *reason, *mend;
} refusals[] = {
	{ENOENT, "no such file", "check the name"},
	{ENOTDIR, "no such file", "check the name"},
	{ELOOP, "too many symbolic links", "check the name"},
	{ENAMETOOLONG, "the name is too long", "use a shorter one"},
	{EACCES, "permission denied", "be its owner, or root"},
	{EPERM, "permission denied", "be its owner, or root"},
	{ESRCH, "no such process", "check the pid"},
	{EMFILE, "too many open files", "raise `ulimit -n`"},
	{ENFILE, "too many open files", "close some programs"},
	{ENOMEM, "no memory", "raise `ulimit -v`, or close some programs"},
	{EIO, "input/output error", "check the disk"},
};

static ldl_status fail_system(
	struct ldl_snapshot *snapshot, const char *doing, int error, const char *where)
{
	const char *mend = "try again";
	char what[80];

	ldl_fmt(what, sizeof(what), "%s (error %u)", doing, (unsigned int)error);
	for (size_t i = 0; i < ldl_array_len(refusals); i++) {
		if (refusals[i].error != error)
			continue;
		ldl_fmt(what, sizeof(what), "%s (%s)", doing, refusals[i].reason);
		mend = refusals[i].mend;
		break;
	}
	return ldl_snapshot_fail(snapshot, LDL_SYSTEM, what, where, mend);
}

/* Bytes read, fewer than `len` only at the source's end, or -errno. */
static int64_t source_read(const struct source *source, void *to, size_t len, uint64_t at)
{
	size_t done = 0;

	if (at >= source->end)
		return 0;
	if (len > source->end - at)
		len = (size_t)(source->end - at);
	if (source->fd < 0) {
		memcpy(to, source->bytes + at, len);
		return (int64_t)len;
	}
	while (done < len) {
		int64_t got = ldl_sys_pread(
			source->fd, (unsigned char *)to + done, len - done, (int64_t)(at + done));

		if (got == -EINTR)
			continue;
		if (got < 0)
			return got;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (int64_t)done;
}

/* The next run of data in [*first, end); all of it where the file system cannot tell. */
static bool source_next_data(
	const struct source *source, uint64_t *first, uint64_t *past, uint64_t end)
{
	int64_t data, hole;

	*past = end;
	if (*first >= end)
		return false;
	if (source->fd < 0)
		return true;
	data = ldl_sys_lseek(source->fd, (int64_t)*first, SEEK_DATA);
	if (data == -ENXIO)
		return false;
	if (data < 0)
		return true;
	*first = (uint64_t)data;
	hole = ldl_sys_lseek(source->fd, data, SEEK_HOLE);
	if (hole > data && (uint64_t)hole < end)
		*past = (uint64_t)hole;
	return *first < end;
}

/* Copies [first, end) to the same place in the copy. 0, or -errno. */
static int copy_range(unsigned char *base, struct source *source, uint64_t first, uint64_t end)
{
	uint64_t past;

	for (; source_next_data(source, &first, &past, end); first = past) {
		int64_t got = source_read(source, base + first, (size_t)(past - first), first);

		if (got < 0)
			return (int)got;
		if ((uint64_t)got < past - first) { /* cut under our hands */
			if (source->end > first + (uint64_t)got)
				source->end = first + (uint64_t)got;
			return 0;
		}
	}
	return 0;
}

static const uint8_t sets[] = {
	LDL_TABLE_SITE_HASH,
	LDL_TABLE_CLASS_HASH,
	LDL_TABLE_INSTANCE_HASH,
	LDL_TABLE_EDGE_HASH,
	LDL_TABLE_CHAINS,
};

static int copy_tables(unsigned char *base, const struct ldl_header *header, struct source *source,
	const uint8_t *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct ldl_table *table = &header->tables[list[i]];
		uint64_t len = (uint64_t)table->capacity * table->slot_size;
		int error = copy_range(base, source, table->offset, table->offset + len);

		if (error < 0)
			return error;
	}
	return 0;
}

/* Takes the counters and each table's `used` as they are after the copying. */
static void refresh_header(struct ldl_header *header, const struct source *source)
{
	union page page = {0};

	if (source_read(source, &page, LDL_PAGE, 0) != LDL_PAGE)
		return;
	if (page.header.magic != header->magic || page.header.size != header->size)
		return;
	ldl_snapshot_repair_tables(&page.header, source->end);
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		if (page.header.tables[i].offset != header->tables[i].offset ||
			page.header.tables[i].capacity != header->tables[i].capacity)
			return;
	}
	memcpy(header, &page, LDL_PAGE);
}

static uint64_t missing_pages(uint64_t end, uint64_t size)
{
	return end < size ? (size - end + LDL_PAGE - 1) / LDL_PAGE : 0;
}

/* Fills the mapped copy. 0, or -errno. */
static int fill_copy(struct ldl_snapshot *snapshot, struct source *source, const union page *page)
{
	struct ldl_header *header = (struct ldl_header *)snapshot->arena.base;
	int error;

	memcpy(header, page, LDL_PAGE);
	if (source->end > header->size)
		source->end = header->size;
	snapshot->repairs = ldl_snapshot_repair_tables(header, source->end);
	error = copy_tables(
		snapshot->arena.base, header, source, copy_order, ldl_array_len(copy_order));
	if (error == 0 && source->has_sets)
		error = copy_tables(
			snapshot->arena.base, header, source, sets, ldl_array_len(sets));
	refresh_header(header, source);
	snapshot->repairs += missing_pages(source->end, header->size);
	ldl_arena_adopt(&snapshot->arena, header, header->size);
	return error;
}

static ldl_status take(struct ldl_snapshot *snapshot, struct source *source)
{
	union page page = {0};
	int64_t got = source_read(source, &page, LDL_PAGE, 0);
	ldl_status status;
	void *base;
	int error;

	if (got < 0)
		return fail_system(snapshot, "cannot read", (int)-got, source->where);
	status = ldl_snapshot_judge_header(snapshot, &page.header, (size_t)got, source->where);
	if (status != LDL_OK)
		return status;
	base = ldl_sys_mmap(NULL, page.header.size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, &error);
	if (!base)
		return fail_system(snapshot, "cannot copy", error, source->where);
	snapshot->arena.base = base;
	snapshot->arena.size = page.header.size;
	error = fill_copy(snapshot, source, &page);
	if (error == 0 && ldl_snapshot_check(snapshot) != LDL_OK)
		error = -ENOMEM;
	if (error == 0)
		return LDL_OK;
	ldl_snapshot_close(snapshot);
	return fail_system(snapshot, "cannot read", -error, source->where);
}

/* What an arena is not. Opening one of these could block, or have an effect. */
static const char *odd_kind(unsigned int mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return NULL;
	case S_IFDIR:
		return "a directory, not an arena";
	case S_IFIFO:
		return "a pipe, not an arena";
	case S_IFSOCK:
		return "a socket, not an arena";
	case S_IFCHR:
	case S_IFBLK:
		return "a device, not an arena";
	default:
		return "not a file";
	}
}

/* Opens with `flags` and makes sure that it is a file. */
static ldl_status source_open(
	struct source *source, struct ldl_snapshot *snapshot, const char *path, int flags)
{
	struct stat about;
	const char *odd;
	int error;

	source->fd = ldl_sys_open(path, flags, 0);
	if (source->fd < 0)
		return fail_system(snapshot, "cannot open", -source->fd, path);
	error = ldl_sys_fstat(source->fd, &about);
	odd = error < 0 ? NULL : odd_kind(about.st_mode);
	if (error == 0 && !odd) {
		source->end = (uint64_t)about.st_size;
		return LDL_OK;
	}
	ldl_sys_close(source->fd);
	if (!odd)
		return fail_system(snapshot, "cannot read", -error, path);
	return ldl_snapshot_fail(snapshot, LDL_BROKEN, odd, path,
		S_ISDIR(about.st_mode) ? "name a file in it" : "copy it into a file first");
}

static ldl_status open_path(struct ldl_snapshot *snapshot, const char *path, bool has_sets)
{
	struct source source = {.where = path, .has_sets = has_sets};
	ldl_status status;

	memset(snapshot, 0, sizeof(*snapshot));
	status = source_open(&source, snapshot, path, O_PATH | O_CLOEXEC);
	if (status != LDL_OK)
		return status;
	ldl_sys_close(source.fd);
	status = source_open(&source, snapshot, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (status != LDL_OK)
		return status;
	status = take(snapshot, &source);
	ldl_sys_close(source.fd);
	return status;
}

ldl_status ldl_snapshot_open(struct ldl_snapshot *snapshot, const char *path)
{
	return open_path(snapshot, path, false);
}

ldl_status ldl_snapshot_open_whole(struct ldl_snapshot *snapshot, const char *path)
{
	return open_path(snapshot, path, true);
}

ldl_status ldl_snapshot_from_bytes(struct ldl_snapshot *snapshot, const void *bytes, size_t len)
{
	struct source source = {
		.fd = -1, .bytes = bytes, .end = len, .where = "bytes in memory", .has_sets = true};

	memset(snapshot, 0, sizeof(*snapshot));
	return take(snapshot, &source);
}

void ldl_snapshot_close(struct ldl_snapshot *snapshot)
{
	ldl_arena_unmap(&snapshot->arena);
}
