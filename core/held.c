/* Held stacks in the arena. See held.h. */
#include "held.h"

#include <string.h>

#define RELOCK_ONE (1ull << LDL_FRAME_BITS)
#define RELOCK_MAX 0xffffu

static const uint32_t run_sizes[] = {LDL_HELD_SMALL, LDL_HELD_MIDDLE, LDL_HELD_LARGE};

/* Slots of a run besides its entries: the empty entry, which is in a line of the cache with the one
 * above it, so at an even slot; and one before or behind that makes it so. */
#define RUN_MORE 2u

/* Runs given back, by size, linked through the empty entry's `instance`. Ours alone: a forked child
 * starts with none. */
static uint32_t free_runs[ldl_array_len(run_sizes)];

int ldl_held_find(const struct ldl_held *held, uint32_t depth, uint64_t addr)
{
	for (uint32_t at = depth; at-- > 0;) {
		if (ldl_held_addr(&held[at]) == addr)
			return (int)at;
	}
	return -1;
}

bool ldl_held_relock(struct ldl_held *entry)
{
	if (entry->ip >> LDL_FRAME_BITS == RELOCK_MAX)
		return false;
	entry->ip += RELOCK_ONE;
	/* The tag makes the fast release fail to recognise the entry. */
	ldl_or_relaxed(&entry->addr, LDL_HELD_RECURSED);
	return true;
}

bool ldl_held_unrelock(struct ldl_held *entry)
{
	if (entry->ip < RELOCK_ONE)
		return false;
	entry->ip -= RELOCK_ONE;
	if (entry->ip < RELOCK_ONE)
		ldl_and_relaxed(&entry->addr, ~LDL_HELD_RECURSED);
	return true;
}

void ldl_held_rekey(struct ldl_held *held, uint32_t depth, uint32_t at)
{
	for (; at < depth; at++)
		held[at].key = ldl_chain_mix(
			ldl_held_key(held, at), held[at].class_mode, ldl_held_ip(&held[at]));
}

/* Puts another address in the place of one that was copied to `copy`; NULL: it is to be lost, and
 * its mark too. */
static void overwrite(struct ldl_held *entry, uint64_t addr, struct ldl_held *copy)
{
	/* Release: pairs with the acquire in ldl_held_steal(), so that who finds the new address
	 * here finds the old one in its copy. Acquire: sees its mark. */
	if (!copy)
		ldl_store_release(&entry->addr, addr);
	else if (ldl_exchange_acq_rel(&entry->addr, addr) & LDL_HELD_STOLEN)
		ldl_or_relaxed(&copy->addr, LDL_HELD_STOLEN);
}

static void copy_rest(struct ldl_held *to, const struct ldl_held *from)
{
	to->ip = from->ip;
	to->key = from->key;
	to->instance = from->instance;
	to->class_mode = from->class_mode;
}

void ldl_held_remove(struct ldl_held *held, uint32_t depth, uint32_t at)
{
	struct ldl_held *copy = NULL; /* of what is at `i` */

	for (uint32_t i = at; i < depth; i++) {
		bool is_last = i + 1 == depth;

		if (!is_last)
			copy_rest(&held[i], &held[i + 1]);
		overwrite(&held[i], is_last ? 0 : ldl_load_relaxed(&held[i + 1].addr), copy);
		copy = &held[i];
	}
	ldl_held_rekey(held, depth - 1, at);
}

int ldl_held_steal(struct ldl_held *held, uint32_t count, uint64_t addr)
{
	while (count-- > 0) {
		uint64_t found = addr;

		/* Looked at first: a failed swap would take the line from its thread, too. Acquire:
		 * pairs with the release in overwrite(). */
		if (ldl_load_acquire(&held[count].addr) == addr &&
			ldl_cas_acq_rel(&held[count].addr, &found, addr | LDL_HELD_STOLEN))
			return (int)count;
	}
	return -1;
}

void ldl_held_copy(struct ldl_held *to, const struct ldl_held *from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		copy_rest(&to[i], &from[i]);
		ldl_store_relaxed(&to[i].addr, ldl_load_relaxed(&from[i].addr));
	}
}

void ldl_held_vacate(struct ldl_held *from, struct ldl_held *to, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		overwrite(&from[i], 0, &to[i]);
}

uint32_t ldl_held_take_run(struct ldl_arena *arena, uint32_t capacity, uint32_t *size)
{
	for (size_t i = 0; i < ldl_array_len(run_sizes); i++) {
		uint32_t first = free_runs[i];

		if (run_sizes[i] < capacity)
			continue;
		if (first)
			free_runs[i] = ldl_held_at(arena, first)->instance;
		else
			first = ldl_table_take(arena, LDL_TABLE_HELD, run_sizes[i] + RUN_MORE);
		if (!first)
			continue;
		first += first % 2;
		*size = run_sizes[i];
		return first + 1;
	}
	return 0;
}

void ldl_held_give_run(struct ldl_arena *arena, uint32_t first, uint32_t size)
{
	for (size_t i = 0; i < ldl_array_len(run_sizes); i++) {
		if (run_sizes[i] != size)
			continue;
		ldl_held_at(arena, first - 1)->instance = free_runs[i];
		free_runs[i] = first - 1;
	}
}

void ldl_held_forget_runs(void)
{
	memset(free_runs, 0, sizeof(free_runs));
}
