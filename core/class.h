/* Lock classes: all locks made at one place, found by a key that is the same in every run.
 *
 * Finding a class is lock-free; making one is done under the writer lock. Classes are never taken
 * back. */
#ifndef LDL_CLASS_H
#define LDL_CLASS_H

#include "atomic.h"
#include "site.h"

/* The class with this key; 0: none yet. Lock-free. */
ldl_class_id ldl_class_find(struct ldl_arena *arena, uint64_t key);

/* Makes the class, or returns the one that somebody else made meanwhile. `model` gives its first
 * fields (key to object). Under the writer lock. 0: the table is full. */
ldl_class_id ldl_class_make(struct ldl_arena *arena, const struct ldl_class *model);

/* An event's class as a member of a set: exact for the first 32 classes of events; one from there
 * on has its bit in common with others. 0 for all that is no event. */
LDL_INLINE uint32_t ldl_class_event_bit(const struct ldl_class *class)
{
	return class->kind == LDL_KIND_EVENT ? 1u << class->event % 32 : 0;
}

/* Flags of a class (ldl_class_flags) change while others read them, under the writer lock or not:
 * relaxed, since each stands for itself. */
LDL_INLINE bool ldl_class_has(const struct ldl_class *class, uint8_t flag)
{
	return ldl_load_relaxed(&class->flags) & flag;
}

LDL_INLINE void ldl_class_mark(struct ldl_class *class, uint8_t flag)
{
	ldl_or_relaxed(&class->flags, flag);
}

LDL_INLINE void ldl_class_unmark(struct ldl_class *class, uint8_t flag)
{
	ldl_and_relaxed(&class->flags, (uint8_t)~flag);
}

/* Keys by the four identity rules, in their order of precedence. */
uint64_t ldl_class_key_named(const char *name);
uint64_t ldl_class_key_init(const struct ldl_stack *stack, uint32_t depth);
uint64_t ldl_class_key_static(const struct ldl_module_hit *module, uint64_t address);
uint64_t ldl_class_key_first(const struct ldl_stack *stack, uint32_t depth);

/* The key of a class that a stack names (LDL_IDENTITY_INIT or _FIRST), from the hash that
 * ldl_site_identity() gives of that stack: for readers of an arena. */
uint64_t ldl_class_key_of_stack(enum ldl_identity identity, uint64_t hash);

/* The class of a level of nesting inside `class`, 1 to 7: the kernel's subclass. */
uint64_t ldl_class_key_subclass(const struct ldl_class *class, uint32_t subclass);

#endif
