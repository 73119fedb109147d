/* The map of loaded modules. See module.h. */
#include "module.h"

#include "atomic.h"
#include "fmt.h"
#include "hash.h"
#include "spin.h"
#include "text.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

struct entry {
	uint64_t start, end;
	struct ldl_module_hit hit;
};

struct map {
	uint32_t count;
	struct entry entries[LDL_MODULE_MAX];
};

/* Two maps: one is read while the other is rebuilt. `version` counts the rebuilds; its lowest bit
 * names the current one. A reader that finds it moved on reads again. */
static struct map maps[2];
static uint32_t version;
static uint32_t refresh_lock;
static uint64_t loader_counters;
static char program[LDL_STRING_MAX + 1];

struct refresh {
	struct ldl_arena *arena;
	const struct map *old;
	struct map *fresh;
	uint64_t counters;
};

static bool is_same_file(const char *path, const char *other)
{
	struct stat about, about_other;

	return ldl_sys_stat(path, &about) == 0 && ldl_sys_stat(other, &about_other) == 0 &&
	       about.st_ino == about_other.st_ino && about.st_dev == about_other.st_dev;
}

/* What the kernel was asked to execute tells more than what it found there, behind links
 * (redis-server is one to redis-check-rdb): where it is that file, and not a script or the loader.
 * A relative path says too little. */
const char *ldl_module_program(void)
{
	static const char exe[] = "/proc/self/exe";
	const char *started_as = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	int64_t len;

	if (program[0])
		return program;
	len = ldl_sys_readlink(exe, program, sizeof(program) - 1);
	program[len > 0 ? len : 0] = '\0';
	if (started_as && (len <= 0 /* no /proc */ ||
				  (started_as[0] == '/' && is_same_file(started_as, exe))))
		ldl_fmt(program, sizeof(program), "%s", started_as);
	return program;
}

static bool name_starts(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, name, strlen(name)) == 0;
}

bool ldl_module_is_runtime(const char *path)
{
	static const char *const names[] = {"libstdc++.so", "libc++.so", "libc.so", "libc-2.",
		"libpthread", "ld-linux", "ld-2."};

	for (size_t i = 0; i < ldl_array_len(names); i++) {
		if (name_starts(path, names[i]))
			return true;
	}
	return false;
}

uint64_t ldl_module_identity(const char *path, const uint8_t *build_id, uint32_t build_id_len)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return build_id_len ? ldl_hash_bytes(build_id, build_id_len)
			    : ldl_hash_bytes(name, strlen(name));
}

/* The build-id note of a loaded object: its length, 0 when there is none. */
static uint32_t find_build_id(const struct dl_phdr_info *info, uint8_t id[20])
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const char *at, *end;

		if (segment->p_type != PT_NOTE)
			continue;
		at = (const char *)(info->dlpi_addr + segment->p_vaddr);
		end = at + segment->p_memsz;
		while (at + sizeof(ElfW(Nhdr)) <= end) {
			const ElfW(Nhdr) *note = (const void *)at;
			const char *name = at + sizeof(*note);
			const char *body = name + ((note->n_namesz + 3u) & ~3u);

			if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
				memcmp(name, "GNU", 4) == 0 && body + note->n_descsz <= end) {
				uint32_t len = note->n_descsz < 20 ? note->n_descsz : 20;

				memcpy(id, body, len);
				return len;
			}
			at = body + ((note->n_descsz + 3u) & ~3u);
		}
	}
	return 0;
}

static bool find_range(const struct dl_phdr_info *info, struct entry *entry)
{
	entry->start = UINT64_MAX;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uint64_t first = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		if (first < entry->start)
			entry->start = first;
		if (first + segment->p_memsz > entry->end)
			entry->end = first + segment->p_memsz;
	}
	return entry->start < entry->end;
}

/* The same module in the old map keeps its record. */
static ldl_module_id known_module(const struct map *old, const struct entry *entry)
{
	for (uint32_t i = 0; i < old->count; i++) {
		const struct entry *known = &old->entries[i];

		if (known->start == entry->start && known->end == entry->end &&
			known->hit.identity == entry->hit.identity)
			return known->hit.id;
	}
	return 0;
}

static ldl_module_id add_record(struct ldl_arena *arena, const struct entry *entry,
	const char *path, const uint8_t *build_id, uint32_t build_id_len)
{
	ldl_module_id id = ldl_table_take(arena, LDL_TABLE_MODULES, 1);
	struct ldl_module *module = ldl_module_at(arena, id);

	if (!id)
		return 0;
	module->path = ldl_text_add(arena, path, strlen(path));
	module->build_id_len = build_id_len;
	memcpy(module->build_id, build_id, build_id_len);
	module->base = entry->hit.base;
	module->start = entry->start;
	module->end = entry->end;
	return id;
}

static int collect(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct refresh *refresh = argument;
	struct entry *entry = &refresh->fresh->entries[refresh->fresh->count];
	const char *path = info->dlpi_name;
	uint8_t build_id[20] = {0};
	uint32_t build_id_len;

	if (refresh->fresh->count == LDL_MODULE_MAX)
		return 1;
	memset(entry, 0, sizeof(*entry));
	if (!find_range(info, entry))
		return 0;
	/* The first one without a name is the program itself. */
	if (!path[0] && refresh->fresh->count == 0)
		path = ldl_module_program();
	build_id_len = find_build_id(info, build_id);
	entry->hit.base = info->dlpi_addr;
	entry->hit.start = entry->start;
	entry->hit.is_runtime = ldl_module_is_runtime(path);
	entry->hit.is_own = (uint64_t)(uintptr_t)&maps >= entry->start &&
			    (uint64_t)(uintptr_t)&maps < entry->end &&
			    name_starts(path, "liblockdep_lite");
	entry->hit.identity = ldl_module_identity(path, build_id, build_id_len);
	entry->hit.id = known_module(refresh->old, entry);
	if (!entry->hit.id)
		entry->hit.id = add_record(refresh->arena, entry, path, build_id, build_id_len);
	refresh->fresh->count++;
	return 0;
}

static int read_counters(struct dl_phdr_info *info, size_t size, void *argument)
{
	/* Never 0 for a running program: the program itself was added. */
	*(uint64_t *)argument = (info->dlpi_adds << 32) ^ info->dlpi_subs;
	return 1;
}

static void rebuild(struct refresh *refresh)
{
	uint32_t now = ldl_load_relaxed(&version);

	refresh->old = &maps[now & 1];
	refresh->fresh = &maps[(now + 1) & 1];
	/* Pairs with the acquire fence in ldl_module_find(): a reader of this map that sees any of
	 * what follows sees the version that made it the old one. */
	ldl_fence_release();
	refresh->fresh->count = 0;
	dl_iterate_phdr(collect, refresh);
	/* Release: pairs with the acquire in ldl_module_find(). */
	ldl_store_release(&version, now + 1);
	ldl_store_relaxed(&loader_counters, refresh->counters);
}

void ldl_module_refresh(struct ldl_arena *arena)
{
	struct refresh refresh = {.arena = arena};
	uint64_t signals;

	dl_iterate_phdr(read_counters, &refresh.counters);
	if (refresh.counters == ldl_load_relaxed(&loader_counters))
		return;
	/* Who is cut off with this lock would leave the map as it is for ever. */
	signals = ldl_sys_hold_signals(arena->may_syscall);
	if (ldl_spin_try(&refresh_lock)) {
		rebuild(&refresh);
		ldl_spin_unlock(&refresh_lock);
	}
	ldl_sys_give_signals(signals);
}

/* The loader's own, lock-free; NULL before glibc 2.35. */
extern int _dl_find_object(void *address, struct dl_find_object *found) __attribute__((weak));

void ldl_module_learn(struct ldl_arena *arena, uint64_t address)
{
	struct dl_find_object found;
	struct ldl_module_hit hit;

	if (_dl_find_object) {
		if (_dl_find_object((void *)(uintptr_t)address, &found) != 0)
			return;
		hit = ldl_module_find(address);
		if (hit.id && hit.start == (uint64_t)(uintptr_t)found.dlfo_map_start)
			return;
	}
	ldl_module_refresh(arena);
}

void ldl_module_after_fork(void)
{
	refresh_lock = 0;
}

void ldl_module_forget(void)
{
	refresh_lock = 0;
	loader_counters = 0;
	maps[0].count = 0;
	maps[1].count = 0;
}

struct ldl_module_hit ldl_module_find(uint64_t address)
{
	struct ldl_module_hit hit;
	uint32_t before, tries = 0;

	/* Bounded: modules that come and go all the time cost a frame its name, nothing else. */
	do {
		const struct map *map;

		/* Acquire: pairs with the release in ldl_module_refresh(). */
		before = ldl_load_acquire(&version);
		map = &maps[before & 1];
		memset(&hit, 0, sizeof(hit));
		for (uint32_t i = 0; i < map->count && i < LDL_MODULE_MAX; i++) {
			const struct entry *entry = &map->entries[i];

			if (address >= entry->start && address < entry->end) {
				hit = entry->hit;
				break;
			}
		}
		ldl_fence_acquire();
	} while (ldl_load_relaxed(&version) != before && ++tries < LDL_PROBE_MAX);
	return hit;
}

ldl_frame ldl_module_frame(uint64_t address)
{
	struct ldl_module_hit hit = ldl_module_find(address);

	return ldl_frame_make(
		hit.id, (hit.id ? address - hit.base : address) & ((1ull << LDL_FRAME_BITS) - 1));
}
