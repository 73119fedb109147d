/* Held stacks in the arena. See held.h. */
#include "held.h"

#include <string.h>

#define RELOCK_ONE (1ull << LDL_FRAME_BITS)
#define RELOCK_MAX 0xffffu

static const uint32_t run_sizes[] = {LDL_HELD_SMALL, LDL_HELD_MIDDLE, LDL_HELD_LARGE};

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

void ldl_held_remove(struct ldl_held *held, uint32_t depth, uint32_t at)
{
	memmove(&held[at], &held[at + 1], (depth - at - 1) * sizeof(*held));
	ldl_held_rekey(held, depth - 1, at);
}

bool ldl_held_steal(struct ldl_held *entry, uint64_t addr)
{
	uint64_t found = addr;

	/* Looked at first: a failed swap would take the line from its thread, too. */
	if (ldl_load_relaxed(&entry->addr) != addr)
		return false;
	return ldl_cas_acq_rel(&entry->addr, &found, addr | LDL_HELD_STOLEN);
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
			first = ldl_table_take(arena, LDL_TABLE_HELD, run_sizes[i] + 1);
		if (!first)
			continue;
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
