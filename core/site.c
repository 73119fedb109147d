/* Stacks, taken and interned. See site.h. */
#include "site.h"

#include "atomic.h"
#include "hash.h"

#include <execinfo.h>
#include <string.h>

/* Frames of ours between a caller and backtrace(): so many for a lock, and are taken in addition;
 * and at most, for sections, which then show the fewer of the outermost. */
#define OWN_FRAMES     6u
#define OWN_FRAMES_MAX 12u

static bool is_warm;

void ldl_site_warm_up(void)
{
	void *frames[4];

	(void)backtrace(frames, ldl_array_len(frames));
	is_warm = true;
}

static uint32_t first_outer_frame(void *const *frames, uint32_t count, const void *ip)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < count && i < OWN_FRAMES_MAX; i++) {
		if (frames[i] == ip)
			return i + 1;
	}
	while (first < count && first < OWN_FRAMES_MAX &&
		ldl_module_find((uint64_t)(uintptr_t)frames[first]).is_own)
		first++;
	return first;
}

void ldl_site_take(struct ldl_arena *arena, struct ldl_stack *stack, const void *ip, uint32_t depth)
{
	void *frames[LDL_STACK_MAX + OWN_FRAMES];
	int got = is_warm && depth > 1 ? backtrace(frames, (int)(depth + OWN_FRAMES)) : 0;
	uint32_t count = got > 0 ? (uint32_t)got : 0;

	stack->count = 0;
	stack->ips[stack->count++] = (uint64_t)(uintptr_t)ip;
	/* Further out, our frames are those that a thread was started through. */
	for (uint32_t i = first_outer_frame(frames, count, ip); i < count && stack->count < depth;
		i++) {
		if (!ldl_module_find((uint64_t)(uintptr_t)frames[i]).is_own)
			stack->ips[stack->count++] = (uint64_t)(uintptr_t)frames[i];
	}
	for (uint32_t i = 0; i < stack->count; i++)
		ldl_module_learn(arena, stack->ips[i]);
}

void ldl_site_skip_runtime(struct ldl_stack *stack)
{
	uint32_t skip = 0;

	while (skip + 1 < stack->count && ldl_module_find(stack->ips[skip]).is_runtime)
		skip++;
	stack->count -= skip;
	memmove(stack->ips, stack->ips + skip, stack->count * sizeof(stack->ips[0]));
}

uint64_t ldl_site_identity(const struct ldl_stack *stack, uint32_t depth)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < stack->count && i < depth; i++) {
		struct ldl_module_hit hit = ldl_module_find(stack->ips[i]);

		/* Below main, libc's start-up code differs from host to host and tells nothing. */
		if (i > 0 && hit.is_runtime)
			break;
		hash = ldl_hash_add(hash, hit.identity);
		hash = ldl_hash_add(hash, stack->ips[i] - hit.base);
	}
	return hash;
}

static uint64_t hash_frames(const ldl_frame *frames, uint32_t count)
{
	uint64_t hash = count;

	for (uint32_t i = 0; i < count; i++)
		hash = ldl_hash_add(hash, frames[i]);
	return hash;
}

static bool site_is(struct ldl_arena *arena, ldl_site_id id, uint64_t hash, const ldl_frame *frames,
	uint32_t count)
{
	const struct ldl_site *site = ldl_site_at(arena, id);

	return site->hash == hash && site->frame_count == count &&
	       memcmp(ldl_frame_at(arena, site->frame_first), frames, count * sizeof(*frames)) == 0;
}

/* Looks for the frames; *slot is where they may be stored, NULL when there is no room. */
static ldl_site_id probe_site(struct ldl_arena *arena, struct ldl_probe *probe,
	const ldl_frame *frames, uint32_t count, uint32_t **slot)
{
	uint64_t hash = hash_frames(frames, count);

	ldl_probe_start(probe, arena, LDL_TABLE_SITE_HASH, hash);
	while ((*slot = ldl_probe_next(probe)) != NULL) {
		/* Acquire: pairs with the release in ldl_probe_store(). */
		ldl_site_id id = ldl_load_acquire(*slot);

		if (id == 0)
			return 0;
		if (site_is(arena, id, hash, frames, count))
			return id;
	}
	return 0;
}

static uint32_t to_frames(const struct ldl_stack *stack, ldl_frame *frames)
{
	uint32_t count = stack->count < LDL_STACK_MAX ? stack->count : LDL_STACK_MAX;

	for (uint32_t i = 0; i < count; i++)
		frames[i] = ldl_module_frame(stack->ips[i]);
	return count;
}

ldl_site_id ldl_site_find(struct ldl_arena *arena, const struct ldl_stack *stack)
{
	ldl_frame frames[LDL_STACK_MAX];
	struct ldl_probe probe;
	uint32_t *slot;

	return probe_site(arena, &probe, frames, to_frames(stack, frames), &slot);
}

ldl_site_id ldl_site_intern(struct ldl_arena *arena, const struct ldl_stack *stack)
{
	ldl_frame frames[LDL_STACK_MAX];
	struct ldl_probe probe;
	uint32_t count = to_frames(stack, frames), first, *slot;
	ldl_site_id id;

	if (count == 0)
		return 0;
	id = probe_site(arena, &probe, frames, count, &slot);
	if (id || !slot) {
		if (!id)
			ldl_table_drop(arena, LDL_TABLE_SITE_HASH);
		return id;
	}
	first = ldl_table_take(arena, LDL_TABLE_FRAMES, count);
	id = first ? ldl_table_take(arena, LDL_TABLE_SITES, 1) : 0;
	if (!id)
		return 0;
	memcpy(ldl_frame_at(arena, first), frames, count * sizeof(*frames));
	*ldl_site_at(arena, id) = (struct ldl_site){hash_frames(frames, count), first, count};
	ldl_probe_store(&probe, LDL_TABLE_SITE_HASH, slot, id);
	return id;
}
