/* The door to the engine: what instrumentation calls for each event of the watched program.
 *
 * An acquisition is check, real call, push:
 *
 *	thread = ldl_engine_acquire(lock, &type, mode, caller);  // may report; pushes as "wanted"
 *	result = real_lock(lock);
 *	if (result == 0) ldl_engine_acquired(); else ldl_engine_failed(thread, lock);
 *
 * and a release is ldl_engine_release_fast(lock), then the real call: a held lock's release cannot
 * fail, so the wrapper ends in a jump to it. Where that is false (not innermost, not held), it is
 * the real call, then ldl_engine_release_slow(lock). A try that succeeded is an acquire with
 * LDL_MODE_TRY and an acquired at once. So is a lock that was free, in its own mode: nobody waited,
 * and the check, after the lock's atomic instruction, costs half.
 *
 * Steady state: wait-free, no shared write, no system call, no stack walk. The slow path may wait
 * for the graph's writer (mode=check; a second at most). All calls: from any thread, in signal
 * handlers, inside malloc, in forked children; none changes errno. */
#ifndef LDL_ENGINE_H
#define LDL_ENGINE_H

#include "engine_fast.h"
#include "joins.h"

/* What the instrumentation knows of a kind of lock and the engine asks when it meets a new one. */
struct ldl_lock_type {
	enum ldl_kind kind;
	uint32_t (*flags)(const void *lock); /* ldl_instance_flags of this lock; NULL: 0 */
	uint64_t *(*mark)(const void *lock); /* a word of it that nobody uses and each initialiser
						clears; NULL: none */
	uint32_t size;                       /* of a lock, where it has a mark: bytes */
	const char *name;     /* all of this type are one class of that name; NULL: told by place */
	uint32_t class_flags; /* of that class: ldl_class_flags */
};

/* Starts the engine: options, arena, module map, unwinder. Once; later calls do nothing. Not in
 * signal handlers, not inside malloc. False: nothing is watched, and the reason was said; or the
 * options leave this program out: then there is no arena, and each event is passed through after a
 * test or two. */
bool ldl_engine_start(void);
bool ldl_engine_is_ready(void);

/* After the start: whether the programs that this one starts are not to be watched. */
bool ldl_engine_keeps_to_itself(void);

/* Said before the start by who calls acquire and acquired alone for the program's locks: they are
 * remembered for the wakes of events (ldl_engine_remember()) all the same. */
void ldl_engine_sees_posix_locks(bool does);

/* Whether the wrappers of free plain locks take them, and only tell of it, from now on: the calling
 * thread at once, and others after their next slow path. */
void ldl_engine_take_plain(bool does);

/* libc and all libraries are initialised: stacks may be taken from now on. Outside malloc. */
void ldl_engine_libc_is_up(void);

/* The arena in use; base NULL before the start. For tests, and for the doors. */
const struct ldl_arena *ldl_engine_arena(void);

/* Forgets all that was learned (tests). No other thread may be inside a call. */
void ldl_engine_reset(void);

/* Around fork(): the child keeps this thread's held stack and starts with its own arena. */
void ldl_engine_fork_prepare(void);
void ldl_engine_fork_parent(void);
void ldl_engine_fork_early_child(void);

/* A module is about to be opened whose locks will not be seen: counted. */
void ldl_engine_module_bypasses(void);

/* The program forbids itself system calls from here on (seccomp): the engine makes none either. */
void ldl_engine_stop_syscalls(void);

/* The process is about to end by exit(): noted in the header. */
void ldl_engine_exit(void);

/* Thread creation. prepare: the child's slot, NULL when there is none; then either the creation
 * failed (cancel), or the new thread adopts the slot as its first act. `handle`: what it is joined
 * by. */
struct ldl_thread *ldl_engine_thread_prepare(void *(*start)(void *), void *argument);
void ldl_engine_thread_cancel(struct ldl_thread *thread);
void ldl_engine_thread_adopt(struct ldl_thread *thread, uint64_t handle);
void ldl_engine_thread_exit(void);

/* Around the call that joins the thread of this handle (pthread_t): the serial of the latest thread
 * before it, and when it succeeded. Only who is adopted with its handle is known. */
uint32_t ldl_engine_join(void);
void ldl_engine_joined(uint64_t handle, uint32_t serial_last);

/* Life of a lock. `class` 0: by the init call's stack; ip: its return address. */
void ldl_engine_init(const void *lock, const struct ldl_lock_type *type, ldl_class_id class,
	uint32_t flags, const void *ip);
/* `is_gone` false: the destruction was refused, the lock lives on, and only misuse is looked for.
 */
void ldl_engine_destroy(const void *lock, bool is_gone, const void *ip);

/* Annotations; see lockdep_lite.h. */
ldl_class_id ldl_engine_class(const char *name, uint32_t properties);
ldl_class_id ldl_engine_class_keyed(const void *key, const char *name, uint32_t properties);
void ldl_engine_class_wait_types(ldl_class_id class, uint32_t outer, uint32_t inner);
ldl_class_id ldl_engine_lock_class(const void *lock);
void ldl_engine_nest(const void *lock, const void *outer);
void ldl_engine_order(const void *outer, const void *inner, const void *ip);
void ldl_engine_assert(const void *lock, bool held, const void *ip);
int ldl_engine_is_held(const void *lock);
void ldl_engine_downgrade(const void *lock);

/* The slow halves of the inline calls below. */
struct ldl_thread *ldl_engine_acquire_slow(
	const void *lock, const struct ldl_lock_type *type, uint32_t mode, const void *ip);
/* ip NULL: the lock may not be held, and that is no misuse (a wait that libc may refuse). */
void ldl_engine_release_slow(const void *lock, const void *ip);
void ldl_engine_failed(struct ldl_thread *thread, const void *lock);
/* Tells those who watch an armed thread that its try failed; before ldl_engine_failed(). */
void ldl_engine_try_failed(const void *lock, const void *ip);
/* The same inside `outer`, which keeps locks of this class that were taken after it apart. */
struct ldl_thread *ldl_engine_acquire_nested(const void *lock, const struct ldl_lock_type *type,
	uint32_t mode, const void *outer, const void *ip);

/* Before the real call. The thread, when the acquisition is tracked; NULL when not: then neither
 * acquired nor failed is to be called. */
LDL_INLINE struct ldl_thread *ldl_engine_acquire(
	const void *lock, const struct ldl_lock_type *type, uint32_t mode, const void *ip)
{
	if (ldl_likely(ldl_engine_acquire_fast(lock, mode, ip)))
		return ldl_self.thread;
	return ldl_engine_acquire_slow(lock, type, mode, ip);
}

LDL_INLINE void ldl_engine_release(const void *lock, const void *ip)
{
	if (ldl_unlikely(!ldl_engine_release_fast(lock)))
		ldl_engine_release_slow(lock, ip);
}

/* Allocations. The slow half, and what it learns: see engine_alloc.c. `size` 0: not known. */
void ldl_engine_alloc_slow(uint32_t gfp, uint64_t size, const void *ip);

/* A place, a mask, and all that is held there: chain keys are as good as random, so that a sum is
 * enough to tell them apart. */
LDL_INLINE uint64_t ldl_engine_alloc_key(
	const struct ldl_thread *thread, uint64_t below, uint32_t gfp, uint64_t ip)
{
	return (below ^ thread->context.scope_key) + ip + gfp * LDL_HASH_ODD;
}

LDL_INLINE uint32_t ldl_engine_alloc_slot(uint64_t key)
{
	return (uint32_t)(key >> (64 - 8));
}

_Static_assert(LDL_ALLOC_CACHE == 1u << 8, "shift");

/* This place may allocate with mask `gfp`. Known: one lookup and a count in the thread's own
 * memory. */
LDL_INLINE void ldl_engine_alloc(uint32_t gfp, const void *ip)
{
	struct ldl_thread *thread = LDL_SELF(thread);
	uint32_t depth, slot;
	uint64_t key;

	if (ldl_unlikely(thread->control != ldl_load_relaxed(ldl_engine_control)))
		goto slow;
	depth = ldl_load_relaxed(&thread->record->depth);
	if (ldl_unlikely(depth >= thread->limit))
		goto slow;
	key = ldl_engine_alloc_key(
		thread, ldl_held_key(thread->held, depth), gfp, (uint64_t)(uintptr_t)ip);
	slot = ldl_engine_alloc_slot(key);
	if (ldl_likely(thread->alloc_key[slot] == key) && ldl_likely(--thread->alloc_left[slot])) {
		thread->last_alloc = slot; /* of no other: a hidden request is not the latest */
		return;
	}
slow:
	ldl_engine_alloc_slow(gfp, 0, ip);
}

/* What malloc() asks first: how much is held? With nothing, there is nothing to learn. */
LDL_INLINE uint32_t ldl_engine_alloc_depth(void)
{
	return ldl_load_relaxed(&LDL_SELF(record)->depth);
}

LDL_INLINE uint64_t *ldl_engine_alloc_memo(struct ldl_thread *thread, const void *ip)
{
	return &thread->alloc_memo[(uintptr_t)ip % LDL_ALLOC_MEMO];
}

/* A place and all that is held there, in one word, since chain keys are as good as random. */
LDL_INLINE uint64_t ldl_engine_alloc_word(
	const struct ldl_thread *thread, const struct ldl_held *top, const void *ip)
{
	return top->key ^ thread->context.scope_key ^ (uint64_t)(uintptr_t)ip;
}

/* And then: was LDL_GFP_KERNEL checked at this place with what is held? A dozen instructions; what
 * it answers is not counted. */
LDL_INLINE bool ldl_engine_alloc_is_known(uint32_t depth, const void *ip)
{
	struct ldl_thread *thread = LDL_SELF(thread);

	/* 0: in the guard, forked, or every event is to be seen. */
	if (ldl_unlikely(!thread->control))
		return false;
	return *ldl_engine_alloc_memo(thread, ip) ==
	       ldl_engine_alloc_word(thread, &ldl_engine_entry(thread->held, depth)[-1], ip);
}

/* What an annotated allocator asks malloc() for is no request of its own. */
void ldl_engine_hide_allocs(bool is_hidden);

/* Sections: a reclaimer, a context, a handler. Held until left, in any order. engine_section.c */
void ldl_engine_reclaim_init(const void *domain, const char *name);
void ldl_engine_reclaim_enter(const void *domain, const void *ip);
void ldl_engine_reclaim_exit(const void *domain, const void *ip);
uint32_t ldl_engine_context(const char *name, bool is_nonblocking);
void ldl_engine_context_enter(uint32_t context, const void *ip);
void ldl_engine_context_exit(uint32_t context, const void *ip);
void ldl_engine_context_budget(uint64_t limit_ns);

/* Interrupts and signal handlers. engine_irq.c */
void ldl_engine_irq_enter(uint32_t interrupt, bool is_threaded, const void *ip);
void ldl_engine_irq_exit(uint32_t interrupt);
void ldl_engine_irq_threaded(bool is_threaded);
void ldl_engine_irq_disable(uint32_t interrupt, const void *ip);
void ldl_engine_irq_enable(uint32_t interrupt, const void *ip);
bool ldl_engine_irq_is_disabled(uint32_t interrupt);
bool ldl_engine_irq_is_in(uint32_t interrupt);

/* Scopes. engine_scope.c */
uint32_t ldl_engine_scope_open(uint32_t scope, const void *ip);
void ldl_engine_scope_close(uint32_t cookie, const void *ip);
uint32_t ldl_engine_scope_clear(void);
void ldl_engine_scope_put_back(uint32_t scope);
uint32_t ldl_engine_mask(uint32_t gfp);

/* Reserves. engine_reserve.c */
void ldl_engine_pool_create(
	const void *pool, const char *name, uint32_t min_nr, uint32_t filled, const void *ip);
void ldl_engine_pool_alloc(const void *pool, uint32_t gfp, const void *ip);
void ldl_engine_pool_taken(
	const void *pool, const void *element, bool is_from_reserve, const void *ip);
void ldl_engine_pool_failed(const void *pool);
void ldl_engine_pool_free(const void *pool, const void *element, const void *ip);
void ldl_engine_pool_backing(const void *pool, uint32_t gfp, const void *ip);
void ldl_engine_pool_woken(const void *pool);

/* Shrinkers and notifiers. engine_callback.c */
void ldl_engine_callback_register(const void *address, const char *name, bool is_notifier,
	uint64_t start, uint64_t end, const void *ip);
void ldl_engine_callback_lock(bool is_notifier, const void *lock, const void *ip);
void ldl_engine_count_begin(const void *shrinker, const void *ip);
void ldl_engine_scan_begin(const void *shrinker, uint32_t gfp, const void *ip);
void ldl_engine_shrinker_end(const void *shrinker, uint64_t freed, const void *ip);
void ldl_engine_notifier_begin(
	const void *notifier, uint64_t start, uint64_t end, bool may_block, const void *ip);
void ldl_engine_notifier_end(const void *notifier, int result, const void *ip);

/* Events, and all else that is waited for. engine_event.c */
void ldl_engine_event_init(const void *event, const char *name, const void *ip);
void ldl_engine_wait(const void *event, uint64_t limit_ns, const void *ip);
void ldl_engine_event_taken(const void *event, const void *ip);
void ldl_engine_wake(const void *event, const void *ip);
void ldl_engine_sleep(const void *ip);
/* After an annotated lock was got by waiting for it: the thread's next wake may depend on it. Of
 * others see ldl_engine_sees_posix_locks(). */
void ldl_engine_remember(struct ldl_thread *thread);
void ldl_engine_misuse(const void *lock, const char *what, const void *ip);

#endif
