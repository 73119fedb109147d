/* The address → instance table. See instance.h.
 *
 * Buckets of fifteen `tag | id` words fill one cache line each; a full bucket overflows into the
 * next ones. Deleting just clears the word: `overflow` tells lookups whether to go on, so there are
 * no tombstones, and a program that makes and destroys locks for ever never wears the table out. */
#include "instance.h"

#include "atomic.h"
#include "hash.h"

#define ID_MASK  LDL_BUCKET_ID_MASK /* arena_plan.c caps the table at 2^20 */
#define TAG_MASK (~ID_MASK)

static struct ldl_bucket *bucket_at(struct ldl_arena *arena, uint64_t hash, uint32_t step)
{
	uint32_t mask = arena->capacity[LDL_TABLE_INSTANCE_HASH] - 1;
	uint32_t at = ((uint32_t)(hash >> 32) + step) & mask;

	return (struct ldl_bucket *)arena->table[LDL_TABLE_INSTANCE_HASH] + at;
}

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)hash & TAG_MASK;
}

/* The slot that leads to `addr` and the id that was in it; NULL: not there. Wait-free: at most
 * LDL_BUCKET_PROBES buckets. */
static uint32_t *find_slot(
	struct ldl_arena *arena, uint64_t addr, uint64_t hash, ldl_instance_id *id)
{
	for (uint32_t step = 0; step < LDL_BUCKET_PROBES; step++) {
		struct ldl_bucket *bucket = bucket_at(arena, hash, step);

		if (!ldl_arena_back(arena, bucket, sizeof(*bucket)))
			return NULL;
		for (uint32_t i = 0; i < LDL_BUCKET_SLOTS; i++) {
			/* Acquire: pairs with the release in insert(). */
			uint32_t word = ldl_load_acquire(&bucket->slots[i]);

			if (word && (word & TAG_MASK) == tag_of(hash) &&
				ldl_load_relaxed(&ldl_instance_at(arena, word & ID_MASK)->addr) ==
					addr) {
				*id = word & ID_MASK;
				return &bucket->slots[i];
			}
		}
		/* Acquire: pairs with the release in insert(): entries that went past are visible.
		 */
		if (ldl_load_acquire(&bucket->overflow) == 0)
			return NULL;
	}
	return NULL;
}

ldl_instance_id ldl_instance_find(struct ldl_arena *arena, uint64_t addr)
{
	ldl_instance_id id = 0;

	return find_slot(arena, addr, ldl_hash_strong(addr), &id) ? id : 0;
}

/* How many buckets an entry's word is away from its home. */
static uint32_t steps_to(struct ldl_arena *arena, uint64_t hash, const uint32_t *slot)
{
	uint32_t step = 0;

	while (step < LDL_BUCKET_PROBES) {
		struct ldl_bucket *bucket = bucket_at(arena, hash, step);

		if (slot >= bucket->slots && slot < bucket->slots + LDL_BUCKET_SLOTS)
			break;
		step++;
	}
	return step;
}

static void give_record(struct ldl_arena *arena, ldl_instance_id id)
{
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_INSTANCES);

	ldl_store_relaxed(&ldl_instance_info_at(arena, id)->next_free, table->free_head);
	ldl_signal_fence();
	table->free_head = id;
}

/* Takes an entry out that is buried: its word, what it counted in the buckets before, its record.
 * Whoever is cut off on the way, here or in insert(), leaves a word that is_free() finishes, or a
 * count that is too high, or a record that is not used again: nothing that misleads. So the lock
 * is simply taken from an owner that died. */
static void take_out(struct ldl_arena *arena, uint64_t hash, uint32_t *slot)
{
	ldl_instance_id id = *slot & ID_MASK;
	uint32_t steps = steps_to(arena, hash, slot);

	ldl_store_relaxed(&ldl_instance_at(arena, id)->flags, 0);
	ldl_store_relaxed(slot, 0);
	ldl_signal_fence();
	for (uint32_t step = 0; step < steps; step++)
		ldl_sub_relaxed(&bucket_at(arena, hash, step)->overflow, 1);
	ldl_sub_relaxed(&ldl_arena_table(arena, LDL_TABLE_INSTANCE_HASH)->used, 1);
	give_record(arena, id);
}

/* Whether a word is free; one that was buried (see ldl_instance_bury()) is made so. */
static bool is_free(struct ldl_arena *arena, uint32_t *slot)
{
	uint32_t word = ldl_load_relaxed(slot);
	const struct ldl_instance_info *info = ldl_instance_info_at(arena, word & ID_MASK);

	if (word && ldl_load_acquire(&ldl_instance_at(arena, word & ID_MASK)->addr) == 0)
		take_out(arena,
			ldl_hash_strong((uint64_t)ldl_load_relaxed(&info->maker) << 32 |
					ldl_load_relaxed(&info->address)),
			slot);
	return ldl_load_relaxed(slot) == 0;
}

static uint32_t *free_slot(struct ldl_arena *arena, uint64_t hash, uint32_t *steps)
{
	for (*steps = 0; *steps < LDL_BUCKET_PROBES; ++*steps) {
		struct ldl_bucket *bucket = bucket_at(arena, hash, *steps);

		if (!ldl_arena_back(arena, bucket, sizeof(*bucket)))
			return NULL;
		for (uint32_t i = 0; i < LDL_BUCKET_SLOTS; i++) {
			if (is_free(arena, &bucket->slots[i]))
				return &bucket->slots[i];
		}
	}
	return NULL;
}

/* A record that is off the free list or fresh; both tables have it under the same id. */
static ldl_instance_id take_record(struct ldl_arena *arena)
{
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_INSTANCES);
	struct ldl_table *infos = ldl_arena_table(arena, LDL_TABLE_INSTANCE_INFO);
	ldl_instance_id id = table->free_head;

	/* A link that makes no sense was left by who was cut off, or ended what was ended: what is
	 * behind it is not used again. */
	if (id < table->used && ldl_load_relaxed(&ldl_instance_at(arena, id)->addr))
		id = 0;
	table->free_head = 0;
	if (id && id < table->used) {
		table->free_head = ldl_load_relaxed(&ldl_instance_info_at(arena, id)->next_free);
		return id;
	}
	if (table->used >= arena->capacity[LDL_TABLE_INSTANCE_INFO] ||
		!ldl_arena_back(arena, ldl_instance_info_at(arena, table->used),
			sizeof(struct ldl_instance_info))) {
		ldl_table_drop(arena, LDL_TABLE_INSTANCES);
		return 0;
	}
	id = ldl_table_take(arena, LDL_TABLE_INSTANCES, 1);
	if (id)
		ldl_store_relaxed(&infos->used, id + 1);
	return id;
}

static ldl_instance_id insert(struct ldl_arena *arena, uint64_t addr, uint64_t hash,
	ldl_class_id class, uint32_t flags, uint32_t maker)
{
	uint32_t steps, *slot = free_slot(arena, hash, &steps);
	ldl_instance_id id = slot ? take_record(arena) : 0;
	struct ldl_instance_info *info;
	struct ldl_instance *instance;

	if (!id) {
		if (!slot)
			ldl_table_drop(arena, LDL_TABLE_INSTANCE_HASH);
		return 0;
	}
	info = ldl_instance_info_at(arena, id);
	ldl_store_relaxed(&info->request, 0); /* no request, no record yet */
	ldl_store_relaxed(&info->generation, ldl_load_relaxed(&info->generation) + 1);
	ldl_store_relaxed(&info->maker, maker);
	instance = ldl_instance_at(arena, id);
	ldl_store_relaxed(&instance->class, class);
	ldl_store_relaxed(&instance->flags, flags | LDL_INSTANCE_LIVE);
	/* Release: who finds the address, by the lookup table or by a thread's cache, finds its
	 * class. */
	ldl_store_release(&instance->addr, addr);
	for (uint32_t step = 0; step < steps; step++)
		ldl_add_relaxed(&bucket_at(arena, hash, step)->overflow, 1);
	/* Release: pairs with the acquires in find_slot(). */
	ldl_store_release(slot, tag_of(hash) | id);
	ldl_add_relaxed(&arena->header->counters[LDL_COUNT_INSTANCES_MADE], 1);
	ldl_add_relaxed(&ldl_arena_table(arena, LDL_TABLE_INSTANCE_HASH)->used, 1);
	return id;
}

/* The address goes at once, so that no later lock is taken for this one; word and record follow.
 * Nobody waits for that in production: whoever next looks for a free slot there finds them, under
 * the lock. The address that was is kept, in two halves, since it tells the home bucket. */
void ldl_instance_bury(struct ldl_arena *arena, ldl_instance_id id)
{
	struct ldl_instance *instance = ldl_instance_at(arena, id);
	struct ldl_instance_info *info = ldl_instance_info_at(arena, id);
	uint64_t addr = ldl_load_relaxed(&instance->addr);

	if (!addr)
		return; /* somebody else has ended it just now */
	ldl_store_relaxed(&info->address, (uint32_t)addr);
	ldl_store_relaxed(&info->maker, (uint32_t)(addr >> 32));
	/* Release: pairs with the acquire in is_free(). */
	ldl_store_release(&instance->addr, 0);
}

/* Whether to ask the kernel if the owner of a lock is dead: who has no patience finds locks taken
 * often, and asks now and then. */
static bool is_to_ask(enum ldl_patience patience)
{
	static uint32_t found;

	return patience != LDL_PATIENCE_NONE || ldl_add_relaxed(&found, 1) % LDL_BUSY_ASKED == 0;
}

/* False: busy. Signals are not kept away, which would cost more than all the rest. */
static bool enter(struct ldl_arena *arena, enum ldl_patience patience)
{
	uint32_t *word = &arena->header->instance_lock;

	if (ldl_spin_lock(word, patience))
		return true;
	return arena->may_syscall && is_to_ask(patience) && ldl_spin_disown(word, 0, false) &&
	       ldl_spin_lock(word, LDL_PATIENCE_NONE);
}

ldl_instance_id ldl_instance_make(struct ldl_arena *arena, uint64_t addr, ldl_class_id class,
	uint32_t flags, uint32_t maker, enum ldl_patience patience)
{
	uint64_t hash = ldl_hash_strong(addr);
	ldl_instance_id id;

	if (!enter(arena, patience)) {
		ldl_add_relaxed(&arena->header->counters[LDL_COUNT_WRITER_BUSY], 1);
		return 0;
	}
	if (!find_slot(arena, addr, hash, &id))
		id = insert(arena, addr, hash, class, flags, maker);
	ldl_spin_unlock(&arena->header->instance_lock);
	return id;
}

bool ldl_instance_renew(struct ldl_arena *arena, ldl_instance_id id, ldl_class_id class,
	uint32_t flags, uint32_t maker, enum ldl_patience patience)
{
	struct ldl_instance *instance = ldl_instance_at(arena, id);
	struct ldl_instance_info *info = ldl_instance_info_at(arena, id);

	if (!enter(arena, patience))
		return false;
	if (ldl_load_relaxed(&instance->addr)) {
		ldl_store_relaxed(&info->generation, ldl_load_relaxed(&info->generation) + 1);
		ldl_store_relaxed(&info->maker, maker);
		ldl_store_relaxed(&instance->flags, flags | LDL_INSTANCE_LIVE);
		ldl_store_relaxed(&instance->class, class);
		ldl_add_relaxed(&arena->header->counters[LDL_COUNT_INSTANCES_MADE], 1);
	}
	ldl_spin_unlock(&arena->header->instance_lock);
	return true;
}

ldl_status ldl_instance_unmake(
	struct ldl_arena *arena, ldl_instance_id id, enum ldl_patience patience)
{
	struct ldl_instance *instance = ldl_instance_at(arena, id);
	ldl_instance_id found;
	uint64_t addr, hash;
	uint32_t *slot;

	if (!enter(arena, patience)) {
		ldl_instance_bury(arena, id);
		return LDL_BUSY;
	}
	addr = ldl_load_relaxed(&instance->addr);
	hash = ldl_hash_strong(addr);
	slot = addr ? find_slot(arena, addr, hash, &found) : NULL;
	if (slot) {
		ldl_instance_bury(arena, id);
		ldl_signal_fence();
		take_out(arena, hash, slot);
	}
	ldl_spin_unlock(&arena->header->instance_lock);
	return slot ? LDL_OK : LDL_NOT_FOUND;
}
