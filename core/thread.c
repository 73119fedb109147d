/* Slots of watched threads. See thread.h. */
#include "thread.h"

#include "sys.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define CHUNKS 2048u       /* at most 32768 threads at once */
#define NO_TID 0x7ffffffeu /* no thread's, ever: the kernel's are below 2^22 */
#define LOOKS  4u          /* slots of finished threads that one new thread asks the kernel about */

/* What is stored for no thread goes here. Its control word is not that of ldl_thread_none. */
static struct ldl_thread_record nowhere = {.control = ~0u};
struct ldl_thread ldl_thread_none = {.record = &nowhere};
__thread struct ldl_self ldl_self = {.thread = &ldl_thread_none, .record = &nowhere};

static unsigned char *chunks[CHUNKS];
static ldl_thread_id look_at; /* where the last search for a dead thread's slot ended */

static struct ldl_thread *private_part(ldl_thread_id id)
{
	uint32_t chunk = id / LDL_THREAD_CHUNK;
	size_t size = sizeof(struct ldl_thread) * LDL_THREAD_CHUNK;

	if (chunk >= CHUNKS)
		return NULL;
	if (!chunks[chunk]) {
		unsigned char *mapped = ldl_sys_mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, NULL);

		if (!mapped)
			return NULL;
		(void)ldl_sys_madvise(mapped, size, MADV_WIPEONFORK);
		chunks[chunk] = mapped;
	}
	return (struct ldl_thread *)(chunks[chunk] +
				     (id % LDL_THREAD_CHUNK) * sizeof(struct ldl_thread));
}

struct ldl_thread *ldl_thread_private(ldl_thread_id id)
{
	uint32_t chunk = id / LDL_THREAD_CHUNK;

	return chunk < CHUNKS && chunks[chunk] ? private_part(id) : NULL;
}

static bool is_dead(ldl_thread_id id, int pid)
{
	const struct ldl_thread *thread = private_part(id);
	uint32_t tid = thread ? ldl_load_relaxed(&thread->tid) : 0;

	return tid && ldl_sys_tgkill(pid, (int)tid, 0) == -ESRCH;
}

/* What a thread took to its grave is what others may wait for: observers look for it there. */
static bool holds_anything(struct ldl_arena *arena, const struct ldl_thread_record *record)
{
	uint32_t depth = ldl_held_depth(ldl_load_relaxed(&record->depth));

	for (uint32_t at = 0; at < depth; at++) {
		if (!ldl_held_is_stolen(ldl_held_at(arena, record->held_first + at)))
			return true;
	}
	return false;
}

/* A slot whose thread is gone; 0: none found. Looks at a few that are past their start routine and
 * hold nothing; at all, when nothing fresh is left. */
static ldl_thread_id find_dead(struct ldl_arena *arena, int pid, bool is_full)
{
	const struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_THREADS);
	uint32_t asked = 0;

	for (uint32_t n = ldl_arena_used(arena, LDL_TABLE_THREADS); n > 1; n--) {
		struct ldl_thread_record *record;

		look_at = look_at + 1 < table->used ? look_at + 1 : 1;
		record = ldl_thread_at(arena, look_at);
		if (!is_full && (ldl_load_relaxed(&record->state) != LDL_THREAD_EXITING ||
					holds_anything(arena, record)))
			continue;
		if (is_dead(look_at, pid))
			return look_at;
		if (++asked == LOOKS && !is_full)
			break;
	}
	return 0;
}

static ldl_thread_id take_slot(struct ldl_arena *arena, int pid)
{
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_THREADS);
	ldl_thread_id id = table->free_head;

	if (id) {
		table->free_head = ldl_thread_at(arena, id)->next_free;
		return id;
	}
	id = arena->may_syscall ? find_dead(arena, pid, table->used == table->capacity) : 0;
	return id ? id : ldl_table_take(arena, LDL_TABLE_THREADS, 1);
}

static void give_slot(struct ldl_arena *arena, ldl_thread_id id)
{
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_THREADS);
	struct ldl_thread_record *record = ldl_thread_at(arena, id);
	struct ldl_thread *thread = private_part(id);

	if (thread)
		ldl_store_relaxed(&thread->tid, 0); /* on the free list: nobody's to find */
	ldl_store_relaxed(&record->state, LDL_THREAD_FREE);
	record->next_free = table->free_head;
	table->free_head = id;
}

static void begin_record(struct ldl_arena *arena, struct ldl_thread_record *record,
	enum ldl_thread_state state, uint32_t creator)
{
	uint32_t first = record->held_first, capacity = record->held_capacity;

	memset(record, 0, sizeof(*record));
	record->held_first = first;
	record->held_capacity = capacity;
	record->serial = ldl_add_relaxed(&arena->header->thread_serial, 1) + 1;
	record->creator = creator;
	record->start_ns = ldl_sys_clock_ns(CLOCK_MONOTONIC) - arena->header->start_ns;
	ldl_store_release(&record->state, state);
	ldl_add_relaxed(&arena->header->counters[LDL_COUNT_THREADS_MADE], 1);
}

static void use_run(struct ldl_arena *arena, struct ldl_thread *thread)
{
	thread->record = ldl_thread_at(arena, thread->id);
	thread->limit = thread->record->held_capacity;
	thread->held = ldl_held_at(arena, thread->record->held_first);
	thread->instances = ldl_instance_at(arena, 0);
	thread->settled = 0;
}

struct ldl_thread *ldl_thread_take(
	struct ldl_arena *arena, enum ldl_thread_state state, uint32_t creator, int pid)
{
	ldl_thread_id id = take_slot(arena, pid);
	struct ldl_thread *thread = id ? private_part(id) : NULL;
	struct ldl_thread_record *record = ldl_thread_at(arena, id);

	if (thread && !record->held_first)
		record->held_first =
			ldl_held_take_run(arena, LDL_HELD_SMALL, &record->held_capacity);
	if (thread && !record->held_first && arena->may_syscall) {
		/* The held table ran out first: a dead thread's slot brings its run along. */
		give_slot(arena, id);
		id = find_dead(arena, pid, true);
		thread = id ? private_part(id) : NULL;
		record = ldl_thread_at(arena, id);
	}
	if (!thread || !record->held_first) {
		if (id)
			give_slot(arena, id);
		ldl_add_relaxed(&arena->header->counters[LDL_COUNT_THREADS_UNWATCHED], 1);
		return NULL;
	}
	begin_record(arena, record, state, creator);
	memset(thread, 0, offsetof(struct ldl_thread, instance_cache));
	memset(thread->turned_away, 0, sizeof(*thread) - offsetof(struct ldl_thread, turned_away));
	ldl_context_begin(&thread->context);
	thread->id = id;
	use_run(arena, thread);
	return thread;
}

bool ldl_thread_begin_again(struct ldl_arena *arena, struct ldl_thread *thread)
{
	struct ldl_thread_record *record = ldl_thread_at(arena, thread->id);

	/* Its page may have been given back with the rest. */
	if (!ldl_arena_back(arena, record, sizeof(*record)))
		return false;
	record->held_first = ldl_held_take_run(arena, LDL_HELD_SMALL, &record->held_capacity);
	if (!record->held_first)
		return false;
	begin_record(arena, record, LDL_THREAD_STARTING, 0);
	thread->unseen = 0;
	thread->stuck = 0;
	thread->name_id = 0;
	thread->armed = 0;
	memset(thread->turned_away, 0, sizeof(thread->turned_away));
	thread->nesting = (struct ldl_nesting){0};
	thread->segment = 0;
	thread->created_in = 0;
	thread->segment_is_over = false;
	thread->work_left = 0;
	ldl_context_begin(&thread->context);
	memset(&thread->ladder, 0, sizeof(thread->ladder));
	memset(&thread->callbacks, 0, sizeof(thread->callbacks));
	use_run(arena, thread);
	return true;
}

void ldl_thread_give(struct ldl_arena *arena, struct ldl_thread *thread)
{
	give_slot(arena, thread->id);
}

void ldl_thread_leave(struct ldl_thread *thread)
{
	ldl_store_relaxed(&thread->tid, NO_TID);
	/* Release: who finds the state finds the tid. */
	ldl_store_release(&thread->record->state, LDL_THREAD_EXITING);
}

void ldl_thread_become(struct ldl_thread *thread)
{
	ldl_self.record = thread->record;
	ldl_signal_fence();
	ldl_self.thread = thread;
}

void ldl_thread_flush(struct ldl_thread *thread, uint32_t control)
{
	memset(thread->instance_cache, 0, sizeof(thread->instance_cache));
	memset(thread->chain_cache, 0, sizeof(thread->chain_cache));
	memset(thread->passed, 0, sizeof(thread->passed));
	memset(thread->alloc_key, 0, sizeof(thread->alloc_key));
	memset(thread->alloc_left, 0, sizeof(thread->alloc_left));
	memset(thread->alloc_id, 0, sizeof(thread->alloc_id));
	memset(thread->alloc_memo, 0, sizeof(thread->alloc_memo));
	thread->last_alloc = LDL_ALLOC_CACHE;
	thread->saved_control = control;
}

ldl_string_id ldl_thread_name(struct ldl_arena *arena, struct ldl_thread *thread)
{
	char name[16] = "";

	if (arena->may_syscall)
		(void)ldl_sys_thread_name(name);
	if (!thread->name_id || memcmp(name, thread->record->name, sizeof(name)) != 0) {
		memcpy(thread->record->name, name, sizeof(name));
		thread->name_id = ldl_text_add(arena, name, strnlen(name, sizeof(name)));
	}
	return thread->name_id;
}

void ldl_thread_forget_all(void)
{
	look_at = 0;
}
