/* Scopes and memories of a thread. See context.h. */
#include "context.h"

#include "hash.h"
#include "held.h"

#include <string.h>

#define SALT         0x616c6c6f63ull /* keys of allocations are no keys of locks */
#define COOKIE_SHIFT 8u /* a cookie is a serial above the bits that its scope newly set */
#define SERIAL_MASK  (UINT32_MAX >> COOKIE_SHIFT)

uint32_t ldl_context_mask(uint32_t scope, uint32_t gfp)
{
	if (scope & LDL_SCOPE_NOIO)
		gfp &= ~(LDL_GFP_IO | LDL_GFP_FS);
	if (scope & LDL_SCOPE_NOFS)
		gfp &= ~LDL_GFP_FS;
	if (scope & LDL_SCOPE_NORECLAIM) {
		gfp &= ~LDL_GFP_RECLAIM;
		if (!(gfp & LDL_GFP_NOMEMALLOC))
			gfp |= LDL_GFP_MEMALLOC;
	}
	if (scope & LDL_SCOPE_NOWAIT)
		gfp = (gfp & ~LDL_GFP_DIRECT_RECLAIM) | LDL_GFP_NOWARN;
	if ((scope & LDL_SCOPE_NORETRY) && !(gfp & (LDL_GFP_NOFAIL | LDL_GFP_RETRY_MAYFAIL)))
		gfp |= LDL_GFP_NORETRY;
	if ((scope & LDL_SCOPE_RETRY_MAYFAIL) && !(gfp & (LDL_GFP_NOFAIL | LDL_GFP_NORETRY)))
		gfp |= LDL_GFP_RETRY_MAYFAIL;
	return gfp;
}

static void set_scope(struct ldl_context *context, uint32_t scope)
{
	context->scope = scope;
	if (!context->alloc_hidden)
		context->scope_key = ldl_hash_strong(scope + SALT);
}

void ldl_context_hide_allocs(struct ldl_context *context, bool is_hidden)
{
	if (is_hidden)
		context->alloc_hidden++;
	else if (context->alloc_hidden)
		context->alloc_hidden--;
	/* No request has this key, so each of them takes the slow path meanwhile. */
	context->scope_key = context->alloc_hidden ? 0 : ldl_hash_strong(context->scope + SALT);
}

void ldl_context_begin(struct ldl_context *context)
{
	memset(context, 0, sizeof(*context));
	set_scope(context, 0);
}

static uint32_t next_serial(struct ldl_context *context)
{
	context->scope_serial = (context->scope_serial + 1) & SERIAL_MASK;
	context->scope_serial += !context->scope_serial; /* no cookie is 0 */
	return context->scope_serial;
}

uint32_t ldl_context_open(
	struct ldl_context *context, uint32_t scope, uint32_t sections, const void *ip)
{
	uint32_t newly = scope & ~context->scope & LDL_SCOPE_BITS;
	uint32_t serial = next_serial(context), cookie = serial << COOKIE_SHIFT | newly;

	if (context->scope_count < LDL_SCOPE_MAX)
		context->scopes[context->scope_count++] = (struct ldl_scope){
			.cookie = cookie,
			.newly = newly,
			.sections = sections,
			.ip = (uint64_t)(uintptr_t)ip,
		};
	else if (context->deep_count++ == 0)
		context->deep_first = serial;
	set_scope(context, context->scope | newly);
	return cookie;
}

/* A scope without a record, or one that is not open; the latter is known by its age alone. */
static ldl_status close_deep(struct ldl_context *context, uint32_t cookie)
{
	uint32_t age = ((cookie >> COOKIE_SHIFT) - context->deep_first) & SERIAL_MASK;

	if (!context->deep_count || age > SERIAL_MASK / 2)
		return LDL_NOT_FOUND;
	context->deep_count--;
	set_scope(context, context->scope & ~(cookie & LDL_SCOPE_BITS));
	return LDL_OK;
}

ldl_status ldl_context_close(struct ldl_context *context, uint32_t cookie)
{
	uint32_t at = context->scope_count, last = context->scope_count;

	while (at > 0 && context->scopes[at - 1].cookie != cookie)
		at--;
	if (at == 0)
		return close_deep(context, cookie);
	set_scope(context, context->scope & ~context->scopes[at - 1].newly);
	for (uint32_t i = at; i < last; i++)
		context->scopes[i - 1] = context->scopes[i];
	context->scope_count--;
	return at == last && !context->deep_count ? LDL_OK : LDL_BROKEN;
}

uint32_t ldl_context_clear(struct ldl_context *context)
{
	uint32_t scope = context->scope;

	set_scope(context, 0);
	return scope;
}

void ldl_context_put_back(struct ldl_context *context, uint32_t scope)
{
	set_scope(context, context->scope | (scope & LDL_SCOPE_BITS));
}

const struct ldl_scope *ldl_context_leaked(const struct ldl_context *context, uint32_t sections)
{
	const struct ldl_scope *last = &context->scopes[context->scope_count];

	return context->scope_count && last[-1].sections > sections ? &last[-1] : NULL;
}

static struct ldl_past *past_at(struct ldl_context *context, uint32_t count)
{
	return &context->past[count < LDL_HISTORY ? count : 1 + (count - 1) % (LDL_HISTORY - 1)];
}

void ldl_context_remember(
	struct ldl_context *context, const struct ldl_held *entry, uint32_t clock, uint32_t gfp)
{
	const struct ldl_past *last =
		context->past_count ? past_at(context, context->past_count - 1) : NULL;

	if (last && last->entry.key == entry->key && last->clock == clock)
		return;
	*past_at(context, context->past_count++) =
		(struct ldl_past){.entry = *entry, .clock = clock, .gfp = gfp};
}

/* The latest wait for this event; NULL: none that is kept. */
static const struct ldl_own_wait *own_wait(const struct ldl_context *context, uint64_t event)
{
	for (uint32_t i = 1; i <= LDL_OWN_WAITS && i <= context->own_wait_count; i++) {
		const struct ldl_own_wait *own =
			&context->own_waits[(context->own_wait_count - i) % LDL_OWN_WAITS];

		if (own->event == event)
			return own;
	}
	return NULL;
}

bool ldl_context_waited_for(const struct ldl_context *context, uint64_t event)
{
	return own_wait(context, event);
}

/* How many were remembered before this one. */
static uint32_t rank_of(const struct ldl_context *context, const struct ldl_past *past)
{
	uint32_t slot = (uint32_t)(past - context->past), last = context->past_count - 1;

	if (slot == 0 || last < LDL_HISTORY)
		return slot;
	return last - (last - slot) % (LDL_HISTORY - 1);
}

bool ldl_context_is_before(
	const struct ldl_context *context, uint64_t event, const struct ldl_past *past)
{
	const struct ldl_own_wait *own = own_wait(context, event);

	return own && own->list == context->past_list && rank_of(context, past) < own->past;
}

void ldl_context_note_wake(struct ldl_context *context, uint64_t event, uint32_t bit)
{
	if (ldl_context_waited_for(context, event))
		return;
	context->woken |= bit;
	for (uint32_t i = 0; i < LDL_ASKS; i++)
		context->asks[i].woken |= bit;
}

/* The record of this class; or, of another one, the one that was not used for longest. */
static struct ldl_asks *asks_of(struct ldl_context *context, ldl_class_id class)
{
	struct ldl_asks *oldest = &context->asks[0];

	for (uint32_t i = 0; i < LDL_ASKS; i++) {
		if (context->asks[i].class == class)
			return &context->asks[i];
		if (context->asks[i].order < oldest->order)
			oldest = &context->asks[i];
	}
	return oldest;
}

uint32_t ldl_context_ask(struct ldl_context *context, ldl_class_id class)
{
	struct ldl_asks *asks = asks_of(context, class);
	bool is_known = asks->class == class;
	bool goes_on = is_known && asks->order == context->ask_count && !asks->woken;

	if (!goes_on)
		context->asked = is_known ? asks->woken : context->woken;
	*asks = (struct ldl_asks){.class = class, .order = ++context->ask_count};
	return context->asked;
}

void ldl_context_note_wait(
	struct ldl_context *context, uint64_t event, const struct ldl_held *held, uint32_t depth)
{
	struct ldl_own_wait *own =
		&context->own_waits[(context->own_wait_count - 1) % LDL_OWN_WAITS];

	/* Again and again for the same one, in a loop: the others are not to be forgotten. */
	if (!context->own_wait_count || own->event != event)
		own = &context->own_waits[context->own_wait_count++ % LDL_OWN_WAITS];
	*own = (struct ldl_own_wait){
		.event = event,
		.depth = depth,
		.list = context->past_list,
		.past = context->past_count,
		.key = ldl_held_key(held, depth),
	};
	for (uint32_t i = 0; i < LDL_OWN_BOTTOM && i < depth; i++)
		own->below[i] = held[i].key;
}

/* Whether the entry's lock was let go since that wait: if so, it was taken anew. */
static bool is_retaken(const struct ldl_context *context, const struct ldl_own_wait *own,
	const struct ldl_held *entry)
{
	for (uint32_t i = 0; i < ldl_context_past_kept(context); i++) {
		const struct ldl_past *past = &context->past[i];

		if (!past->gfp && past->entry.instance == entry->instance &&
			!ldl_context_is_before(context, own->event, past))
			return true;
	}
	return false;
}

/* What is left, from the oldest entry on, of what was held at the wait. */
static uint32_t still_held(
	const struct ldl_own_wait *own, const struct ldl_held *held, uint32_t depth)
{
	uint32_t left = own->depth < depth ? own->depth : depth;

	if (left == own->depth && ldl_held_key(held, left) == own->key)
		return left;
	left = left < LDL_OWN_BOTTOM ? left : LDL_OWN_BOTTOM;
	while (left && held[left - 1].key != own->below[left - 1])
		left--;
	return left;
}

uint32_t ldl_context_held_before(const struct ldl_context *context, uint64_t event,
	const struct ldl_held *held, uint32_t depth)
{
	const struct ldl_own_wait *own = own_wait(context, event);
	uint32_t left = own ? still_held(own, held, depth) : 0, kept = 0;

	while (kept < left && !is_retaken(context, own, &held[kept]))
		kept++;
	return kept;
}
