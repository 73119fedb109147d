/* Sections: reclaimers and contexts, held while they last. */
#include "engine_place.h"

#include "fmt.h"
#include "hash.h"
#include "include/lockdep_lite/context.h"
#include "instance.h"

static uint64_t address_of(const void *domain)
{
	return (uint64_t)(uintptr_t)domain <= LDL_DOMAINS ? (uint64_t)(uintptr_t)domain
							  : LDL_PLACE_OF(LDL_KIND_RECLAIM, domain);
}

/* A domain that nobody named is called by its address. */
static ldl_class_id class_of_domain(const void *domain)
{
	char name[32];

	ldl_fmt(name, sizeof(name), "reclaim of 0x%lx", (unsigned long)(uintptr_t)domain);
	return ldl_engine_named_class(name, LDL_KIND_RECLAIM, 0);
}

ldl_instance_id ldl_engine_domain(struct ldl_thread *thread, const void *domain)
{
	ldl_instance_id id;

	ldl_engine_need_domains(thread);
	id = ldl_instance_find(&ldl_engine.arena, address_of(domain));
	return id ? id : ldl_engine_place(thread, address_of(domain), class_of_domain(domain));
}

void ldl_engine_reclaim_init(const void *domain, const char *name)
{
	struct ldl_thread *thread = ldl_engine_enter_any();

	if (!thread)
		return;
	if (domain)
		(void)ldl_engine_place(thread, address_of(domain),
			ldl_engine_named_class(name, LDL_KIND_RECLAIM, 0));
	ldl_engine_leave(thread);
}

/* Entering reclaim under a lock is a wait for it, as an allocation would be: another run of the
 * same reclaimer may want that lock. */
void ldl_engine_reclaim_enter(const void *domain, const void *ip)
{
	static const struct ldl_lock_type type = {.kind = LDL_KIND_RECLAIM};
	struct ldl_thread *thread = ldl_engine_enter();

	if (!thread)
		return;
	if (domain && ldl_engine_domain(thread, domain))
		(void)ldl_engine_acquire_inside(thread, (const void *)(uintptr_t)address_of(domain),
			&type, LDL_MODE_EXCLUSIVE, ip);
	ldl_engine_leave(thread);
}

uint32_t ldl_engine_sections(const struct ldl_thread *thread, uint32_t depth)
{
	uint32_t count = 0;

	for (uint32_t at = 0; at < depth; at++) {
		uint32_t kind =
			ldl_class_at(&ldl_engine.arena, ldl_held_class(&thread->held[at]))->kind;

		count += kind == LDL_KIND_RECLAIM || kind == LDL_KIND_NONBLOCK ||
			 kind == LDL_KIND_CONTEXT;
	}
	return count;
}

/* Scopes that were opened inside and are open still (rule E2). */
static void check_scopes(struct ldl_thread *thread, uint32_t sections, const void *ip)
{
	const struct ldl_scope *leaked = ldl_context_leaked(&thread->context, sections);

	if (leaked)
		ldl_engine_scope_broken(thread, ip, "still open where its context ends");
	while (leaked) {
		(void)ldl_context_close(&thread->context, leaked->cookie);
		leaked = ldl_context_leaked(&thread->context, sections);
	}
}

void ldl_engine_leave_section(struct ldl_thread *thread, uint64_t addr, const void *ip)
{
	uint32_t depth = ldl_thread_depth(thread);
	int at = ldl_held_find(thread->held, depth, addr);

	/* Of the same section inside itself the outer one goes on, with the scopes opened in it. */
	if (at < 0 || ldl_held_unrelock(&thread->held[at]))
		return;
	check_scopes(thread, ldl_engine_sections(thread, (uint32_t)at), ip);
	ldl_engine_drop(thread, (uint32_t)at);
}

void ldl_engine_reclaim_exit(const void *domain, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter_end();

	if (!thread)
		return;
	ldl_engine_leave_section(thread, address_of(domain), ip);
	ldl_engine_leave(thread);
}

static const struct {
	const char *name;
	enum ldl_kind kind;
} built_in[LDL_CTX_BUILT_IN_END] = {
	[LDL_CTX_NON_BLOCK] = {"non-blocking section", LDL_KIND_NONBLOCK},
	[LDL_CTX_OOM_REAPER] = {"oom_reaper", LDL_KIND_NONBLOCK},
	[LDL_CTX_MMU_NOTIFIER] = {"mmu_notifier", LDL_KIND_NONBLOCK},
	[LDL_CTX_REALTIME] = {"realtime", LDL_KIND_NONBLOCK},
	[LDL_CTX_GC_SAFEPOINT] = {"safepoint", LDL_KIND_NONBLOCK},
	[LDL_CTX_UFFD] = {"userfaultfd handler", LDL_KIND_NONBLOCK},
	[LDL_CTX_INIT] = {"initialisation", LDL_KIND_CONTEXT},
};

/* The address that stands for a context. */
static uint64_t place_of(uint32_t context)
{
	return context == LDL_CTX_IO_HANDLER ? address_of(LDL_RECLAIM_IO) : LDL_PLACE | context;
}

/* The class of a context: of the program's own ones the id says it. 0: no such context. */
static ldl_class_id class_of(uint32_t context)
{
	uint32_t classes =
		ldl_load_relaxed(&ldl_arena_table(&ldl_engine.arena, LDL_TABLE_CLASSES)->used);
	ldl_class_id class = context - LDL_CONTEXT_OWN;
	uint32_t kind;

	if (context < LDL_CTX_BUILT_IN_END && built_in[context].name)
		return ldl_engine_named_class(built_in[context].name, built_in[context].kind, 0);
	if (context <= LDL_CONTEXT_OWN || class >= classes)
		return 0;
	kind = ldl_class_at(&ldl_engine.arena, class)->kind;
	return kind == LDL_KIND_NONBLOCK || kind == LDL_KIND_CONTEXT ? class : 0;
}

ldl_instance_id ldl_engine_context_at(struct ldl_thread *thread, uint32_t context)
{
	ldl_class_id class;

	if (context == LDL_CTX_IO_HANDLER)
		return ldl_engine_domain(thread, LDL_RECLAIM_IO);
	class = class_of(context);
	return class ? ldl_engine_place(thread, place_of(context), class) : 0;
}

uint32_t ldl_engine_context(const char *name, bool is_nonblocking)
{
	struct ldl_thread *thread = ldl_engine_enter_any();
	ldl_class_id class;

	if (!thread)
		return 0;
	class = ldl_engine_named_class(
		name, is_nonblocking ? LDL_KIND_NONBLOCK : LDL_KIND_CONTEXT, 0);
	if (class)
		(void)ldl_engine_context_at(thread, LDL_CONTEXT_OWN + class);
	ldl_engine_leave(thread);
	return class ? LDL_CONTEXT_OWN + class : 0;
}

void ldl_engine_context_enter(uint32_t context, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter_any();

	if (!thread)
		return;
	if (ldl_engine_context_at(thread, context))
		(void)ldl_engine_push_place(thread, place_of(context), ip);
	ldl_engine_leave(thread);
}

void ldl_engine_context_exit(uint32_t context, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter_end();
	struct ldl_judgement judgement;

	if (!thread)
		return;
	ldl_engine_leave_section(thread, place_of(context), ip);
	judgement = ldl_engine_judge(thread, NULL);
	if (!ldl_rules_held_kind(&judgement, LDL_KIND_NONBLOCK))
		thread->context.budget_ns = 0;
	ldl_engine_leave(thread);
}

void ldl_engine_context_budget(uint64_t limit_ns)
{
	struct ldl_thread *thread = ldl_engine_enter_any();

	if (!thread)
		return;
	thread->context.budget_ns = limit_ns;
	ldl_engine_leave(thread);
}
