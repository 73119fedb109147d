/* Pseudo-locks: the classes and instances of what is no lock but is held, or waited for, like one.
 * Private to the engine.
 *
 * Their addresses are told in format.h. Domains and events of the program's own have its addresses.
 */
#ifndef LDL_ENGINE_PLACE_H
#define LDL_ENGINE_PLACE_H

#include "engine_state.h"
#include "include/lockdep_lite/context.h"

#define LDL_CONTEXT_OWN 64u /* contexts from here on: a class id, counted from here */

/* The class called `name` of this kind, made when new. 0: no room, or the writer is busy. Inside
 * the guard, without the writer lock, as all below. */
ldl_class_id ldl_engine_named_class(const char *name, enum ldl_kind kind, uint32_t flags);

/* The instance at `addr`, made with this class when it is new; domains, handlers and non-blocking
 * contexts are noted in the header. 0: no room. */
ldl_instance_id ldl_engine_place(struct ldl_thread *thread, uint64_t addr, ldl_class_id class);

/* The older tenant of a place that begins a new life is gone. */
void ldl_engine_end_place(uint64_t addr);

/* Makes sure that the three reclaim domains, or the handlers, are known. */
void ldl_engine_need_domains(struct ldl_thread *thread);
void ldl_engine_need_interrupts(struct ldl_thread *thread);

/* The instance of a reclaim domain, or of a context; 0: no room, or no such context.
 * engine_section.c */
ldl_instance_id ldl_engine_domain(struct ldl_thread *thread, const void *domain);
ldl_instance_id ldl_engine_context_at(struct ldl_thread *thread, uint32_t context);

/* How many of the first `depth` held entries are sections: a scope that was opened inside one is
 * closed before that ends (rule E2). */
uint32_t ldl_engine_sections(const struct ldl_thread *thread, uint32_t depth);

/* Leaves the section at `addr`, if the thread is in it; scopes opened inside are closed (E2). */
void ldl_engine_leave_section(struct ldl_thread *thread, uint64_t addr, const void *ip);

/* In a forked child: finds the places that came with the parent's instances. */
void ldl_engine_find_places(void);

/* Pushes a held entry that waits for nothing; takes it out again. False: no room; not held. */
bool ldl_engine_push_place(struct ldl_thread *thread, uint64_t addr, const void *ip);
bool ldl_engine_pop_place(struct ldl_thread *thread, uint64_t addr);

#endif
