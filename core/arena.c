/* Maps the arena and backs its pages. See arena.h. */
#include "arena.h"

#include "atomic.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1u
#endif

/* Pages of the one file-backed arena of this process that are safe to write: a bit each. Kept
 * outside the arena, since a reader has no use for it. */
static uint64_t backed[LDL_ARENA_MAX / LDL_PAGE / 64];

void ldl_arena_adopt(struct ldl_arena *arena, void *bytes, size_t size)
{
	arena->base = bytes;
	arena->size = size;
	arena->header = bytes;
	arena->backs_on_demand = false;
	arena->may_syscall = true;
	arena->has_breaker = false;
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		arena->table[i] = arena->base + arena->header->tables[i].offset;
		arena->capacity[i] = arena->header->tables[i].capacity;
	}
}

void ldl_arena_trip(
	const struct ldl_arena *arena, enum ldl_trip code, enum ldl_table_id table, uint64_t value)
{
	if (arena->has_breaker)
		ldl_breaker_trip(arena->header, code, table, value);
}

uint32_t ldl_arena_used(const struct ldl_arena *arena, enum ldl_table_id table)
{
	uint32_t used = ldl_load_relaxed(&arena->header->tables[table].used);

	if (used <= arena->capacity[table])
		return used;
	ldl_arena_trip(arena, LDL_TRIP_TABLE, table, used);
	return 0;
}

static bool is_hash_set(unsigned int table)
{
	return table == LDL_TABLE_SITE_HASH || table == LDL_TABLE_CLASS_HASH ||
	       table == LDL_TABLE_INSTANCE_HASH || table == LDL_TABLE_EDGE_HASH ||
	       table == LDL_TABLE_CHAINS;
}

ldl_status ldl_arena_init(struct ldl_arena *arena, void *bytes, size_t size)
{
	struct ldl_header *header = bytes;

	if (size < LDL_ARENA_MIN || size > LDL_ARENA_MAX)
		return LDL_BROKEN;
	header->byte_order = LDL_BYTE_ORDER;
	header->version = LDL_FORMAT_VERSION;
	header->size = size;
	header->header_size = sizeof(*header);
	header->table_count = LDL_TABLE_COUNT;
	header->start_ns = ldl_sys_clock_ns(CLOCK_MONOTONIC);
	header->start_realtime = ldl_sys_clock_ns(CLOCK_REALTIME) / 1000000000u;
	header->control = LDL_RUN_FULL | LDL_RUN_EPOCH;
	ldl_arena_plan(header, size);
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++)
		header->tables[i].used = is_hash_set(i) ? 0 : i == LDL_TABLE_STRINGS ? 4 : 1;
	/* Release: a reader that sees the magic sees a whole header. */
	ldl_store_release(&header->magic, LDL_MAGIC);
	ldl_arena_adopt(arena, bytes, size);
	return LDL_OK;
}

/* True when writing [start, start + len) cannot raise SIGBUS any more. */
static bool populate(void *start, size_t len)
{
	return ldl_sys_madvise(start, len, MADV_POPULATE_WRITE) == 0;
}

bool ldl_arena_back_slow(struct ldl_arena *arena, uint64_t offset, size_t len)
{
	uint64_t page = offset / LDL_PAGE, last = (offset + (len ? len - 1 : 0)) / LDL_PAGE;

	for (; page <= last; page++) {
		uint64_t bit = 1ull << (page % 64);

		if (ldl_load_relaxed(&backed[page / 64]) & bit)
			continue;
		if (!arena->may_syscall || !populate(arena->base + page * LDL_PAGE, LDL_PAGE)) {
			ldl_add_relaxed(&arena->header->counters[LDL_COUNT_NO_MEMORY], 1);
			return false;
		}
		ldl_or_relaxed(&backed[page / 64], bit);
	}
	return true;
}

/* Sizes and maps what `fd` is open on, halving the size while the kernel refuses it. */
static void *map_file(int fd, size_t *size, int *error)
{
	uint64_t file_limit = ldl_sys_rlimit(RLIMIT_FSIZE);

	for (; *size >= LDL_ARENA_MIN; *size /= 2) {
		void *bytes;
		int result;

		/* Past the limit the kernel would send SIGXFSZ. */
		if (*size > file_limit) {
			*error = EFBIG;
			continue;
		}
		result = ldl_sys_ftruncate(fd, *size);
		if (result < 0) {
			*error = -result;
			continue;
		}
		bytes = ldl_sys_mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, error);
		if (!bytes)
			continue;
		*error = 0;
		return bytes;
	}
	return NULL;
}

static void *map_named(const char *path, size_t *size, bool *on_demand, int *error)
{
	int fd = ldl_sys_open(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
	void *bytes;

	if (fd < 0) {
		*error = -fd;
		return NULL;
	}
	bytes = map_file(fd, size, error);
	*on_demand = true;
	if (bytes && !populate(bytes, LDL_PAGE)) {
		/* Full; or a kernel before 5.14, which promises pages for a whole file only. */
		*on_demand = false;
		if (ldl_sys_fallocate(fd, *size) < 0) {
			*error = ENOSPC;
			ldl_sys_munmap(bytes, *size);
			bytes = NULL;
		}
	}
	ldl_sys_close(fd);
	if (!bytes)
		(void)ldl_sys_unlink(path);
	return bytes;
}

static void *map_unnamed(size_t *size)
{
	size_t wanted = *size;
	int fd = ldl_sys_memfd_create("lockdep-lite", MFD_CLOEXEC), error;
	void *bytes = NULL;

	if (fd >= 0) {
		bytes = map_file(fd, size, &error);
		ldl_sys_close(fd);
	}
	for (*size = bytes ? *size : wanted; !bytes && *size >= LDL_ARENA_MIN; *size /= 2) {
		bytes = ldl_sys_mmap(NULL, *size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, NULL);
		if (bytes)
			break;
	}
	return bytes;
}

ldl_status ldl_arena_create(struct ldl_arena *arena, const char *path, size_t size, int *error)
{
	size_t got = size;
	void *bytes = NULL;
	ldl_status status;
	bool on_demand = false;

	*error = 0;
	if (path)
		bytes = map_named(path, &got, &on_demand, error);
	if (!bytes) {
		on_demand = false;
		got = size;
		bytes = map_unnamed(&got);
	}
	if (!bytes)
		return LDL_SYSTEM;
	memset(backed, 0, sizeof(backed));
	backed[0] = 1;
	status = ldl_arena_init(arena, bytes, got);
	arena->backs_on_demand = on_demand;
	arena->has_breaker = status == LDL_OK;
	return status;
}

void ldl_arena_clear(struct ldl_arena *arena)
{
	bool on_demand = arena->backs_on_demand, may_syscall = arena->may_syscall;
	bool has_breaker = arena->has_breaker;
	uint32_t control = arena->header->control;

	/* Punching the hole gives the pages back; where that is refused, they are wiped by hand. */
	if (ldl_sys_madvise(arena->base, arena->size, MADV_REMOVE) != 0)
		memset(arena->base, 0, arena->size);
	memset(backed, 0, sizeof(backed));
	if (on_demand && populate(arena->base, LDL_PAGE))
		backed[0] = 1;
	if (ldl_arena_init(arena, arena->base, arena->size) != LDL_OK)
		return;
	arena->backs_on_demand = on_demand;
	arena->may_syscall = may_syscall;
	arena->has_breaker = has_breaker;
	arena->header->control = control + LDL_RUN_EPOCH;
}

void ldl_arena_unmap(struct ldl_arena *arena)
{
	if (arena->base)
		ldl_sys_munmap(arena->base, arena->size);
	memset(arena, 0, sizeof(*arena));
}
