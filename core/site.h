/* Stacks: taken with libc's unwinder, kept once each.
 *
 * Taking one costs about 100 ns a frame and is safe in signal handlers and inside malloc after
 * ldl_site_warm_up(). Interning is lock-free when the stack is known, else under the writer lock.
 */
#ifndef LDL_SITE_H
#define LDL_SITE_H

#include "module.h"

struct ldl_stack {
	uint32_t count;
	uint64_t ips[LDL_STACK_MAX + 8]; /* return addresses in this process, innermost first */
};

/* Makes the unwinder do what it does only once: it loads libgcc, which allocates, and which must
 * not happen before libc is initialised (libc would lose its arguments and environment for good).
 * So once main is about to run. Until then a stack is its innermost frame. */
void ldl_site_warm_up(void);

/* The stack of the caller, from the return address `ip` outwards: the engine's own frames are left
 * out. At most `depth` frames; at least one. */
void ldl_site_take(
	struct ldl_arena *arena, struct ldl_stack *stack, const void *ip, uint32_t depth);

/* Leaves out the runtime's innermost frames (libstdc++ and the like), but never all frames. */
void ldl_site_skip_runtime(struct ldl_stack *stack);

/* Hash of the innermost `depth` frames: the same in every run and process. */
uint64_t ldl_site_identity(const struct ldl_stack *stack, uint32_t depth);

/* The stack's id, 0 when it is not known. Lock-free. */
ldl_site_id ldl_site_find(struct ldl_arena *arena, const struct ldl_stack *stack);

/* The same, interned when new. Under the writer lock. 0 when the table is full. */
ldl_site_id ldl_site_intern(struct ldl_arena *arena, const struct ldl_stack *stack);

#endif
