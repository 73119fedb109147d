/* Looks at a running process. See look.h. */
#include "look.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/snapshot_parts.h"

#define HELD_TOTAL_MAX (1u << 22) /* entries in one look */

union page {
	struct ldl_header header;
	unsigned char bytes[LDL_PAGE];
};

static bool read_all(int fd, void *to, size_t len, uint64_t at)
{
	return pread(fd, to, len, (off_t)at) == (ssize_t)len;
}

/* Room for `count` elements, more than what was asked for, so that it seldom moves. */
static bool make_room(void **array, size_t *room, size_t count, size_t size)
{
	void *grown;

	if (count <= *room)
		return true;
	count += count / 2;
	grown = reallocarray(*array, count, size);
	if (!grown)
		return false;
	*array = grown;
	*room = count;
	return true;
}

static bool read_header(struct viz_look *look, int fd)
{
	struct ldl_snapshot ignored;
	union page page = {0};
	struct stat about;

	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < (off_t)LDL_PAGE ||
		!read_all(fd, &page, LDL_PAGE, 0))
		return false;
	if (ldl_snapshot_judge_header(&ignored, &page.header, LDL_PAGE, "") != LDL_OK)
		return false;
	ldl_snapshot_repair_tables(&page.header, (uint64_t)about.st_size);
	look->header = page.header;
	return true;
}

/* Of a file that may hold anything: a run that is not inside the table holds nothing. */
static uint32_t count_held(const struct viz_look *look, const struct ldl_thread_record *record)
{
	uint32_t used = look->header.tables[LDL_TABLE_HELD].used;
	uint32_t depth = record->depth & LDL_DEPTH_MASK;

	if (record->held_first == 0 || record->held_first >= used ||
		depth > record->held_capacity || depth > LDL_HELD_LARGE ||
		depth > used - record->held_first)
		return 0;
	return depth;
}

uint32_t viz_look_flags(const struct viz_look *look, int fd, const struct ldl_held *entry)
{
	const struct ldl_table *instances = &look->header.tables[LDL_TABLE_INSTANCES];
	struct ldl_instance instance;

	if (entry->instance >= instances->used ||
		!read_all(fd, &instance, sizeof(instance),
			instances->offset + (uint64_t)entry->instance * sizeof(instance)) ||
		instance.addr != ldl_held_addr(entry))
		return 0;
	return instance.flags;
}

/* The pointers to held entries are set when all are read, since their array moves. */
static bool read_held(struct viz_look *look, int fd, struct viz_look_thread *thread)
{
	const struct ldl_table *table = &look->header.tables[LDL_TABLE_HELD];

	if (look->held_count + thread->count > HELD_TOTAL_MAX ||
		!make_room((void **)&look->held, &look->held_room, look->held_count + thread->count,
			sizeof(*look->held)))
		return false;
	if (!read_all(fd, look->held + look->held_count, thread->count * sizeof(*look->held),
		    table->offset + (uint64_t)thread->record.held_first * sizeof(*look->held)))
		return false;
	look->held_count += thread->count;
	if (thread->is_wanting)
		thread->flags = viz_look_flags(look, fd, &look->held[look->held_count - 1]);
	return true;
}

static void add_thread(
	struct viz_look *look, ldl_thread_id slot, const struct ldl_thread_record *record)
{
	struct viz_look_thread *thread = &look->threads[look->thread_count++];

	*thread = (struct viz_look_thread){.slot = slot, .record = *record};
	thread->record.name[sizeof(record->name) - 1] = 0;
	thread->count = count_held(look, record);
	thread->is_wanting = thread->count && (record->depth & LDL_WANTED);
}

static void point_at_held(struct viz_look *look)
{
	size_t at = 0;

	for (size_t i = 0; i < look->thread_count; i++) {
		look->threads[i].held = look->held + at;
		at += look->threads[i].count;
	}
}

static bool read_threads(struct viz_look *look, int fd)
{
	const struct ldl_table *table = &look->header.tables[LDL_TABLE_THREADS];
	const struct ldl_thread_record *records;

	look->slots = table->used;
	if (!make_room(&look->bytes, &look->bytes_room, table->used, sizeof(*records)) ||
		!make_room((void **)&look->threads, &look->thread_room, table->used,
			sizeof(*look->threads)))
		return false;
	if (table->used == 0)
		return true;
	if (!read_all(fd, look->bytes, table->used * sizeof(*records), table->offset))
		return false;
	records = look->bytes;
	for (ldl_thread_id slot = 1; slot < table->used; slot++) {
		if (records[slot].state != LDL_THREAD_FREE &&
			records[slot].state <= LDL_THREAD_EXITING)
			add_thread(look, slot, &records[slot]);
	}
	return true;
}

bool viz_look_take(struct viz_look *look, int fd, bool is_light)
{
	bool is_whole;

	look->thread_count = 0;
	look->held_count = 0;
	look->slots = 0;
	is_whole = read_header(look, fd) && read_threads(look, fd);
	for (size_t i = 0; is_whole && i < look->thread_count; i++) {
		struct viz_look_thread *thread = &look->threads[i];

		if (is_light && !thread->is_wanting)
			thread->count = 0;
		if (thread->count)
			is_whole = read_held(look, fd, thread);
	}
	if (!is_whole)
		look->thread_count = 0;
	point_at_held(look);
	return is_whole;
}

bool viz_look_of_snapshot(struct viz_look *look, const struct ldl_snapshot *snapshot)
{
	look->thread_count = 0;
	look->header = *snapshot->arena.header;
	look->slots = ldl_snapshot_count(snapshot, LDL_TABLE_THREADS);
	if (!make_room((void **)&look->threads, &look->thread_room, look->slots,
		    sizeof(*look->threads)))
		return false;
	for (ldl_thread_id slot = 1; slot < look->slots; slot++) {
		const struct ldl_thread_record *record = ldl_snapshot_thread(snapshot, slot);
		struct viz_look_thread *thread = &look->threads[look->thread_count];
		const struct ldl_instance *instance;

		if (!record || record->state == LDL_THREAD_FREE)
			continue;
		add_thread(look, slot, record);
		thread->held =
			ldl_snapshot_held(snapshot, slot, &thread->count, &thread->is_wanting);
		if (!thread->is_wanting)
			continue;
		instance = ldl_snapshot_instance(snapshot, viz_look_wish(thread)->instance);
		if (instance && instance->addr == ldl_held_addr(viz_look_wish(thread)))
			thread->flags = instance->flags;
	}
	return true;
}

void viz_look_free(struct viz_look *look)
{
	free(look->threads);
	free(look->held);
	free(look->bytes);
	memset(look, 0, sizeof(*look));
}
