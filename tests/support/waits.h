/* Arenas for the tests of what a person reads: a few calls each lay one class, edge or finding into
 * an empty arena, without the engine.
 *
 * One arena at a time; its ids count from 1. Places are return addresses in a file that does not
 * exist, so that they read "sample+0x1100" anywhere. A broken promise of these calls aborts. */
#ifndef LDL_TEST_WAITS_H
#define LDL_TEST_WAITS_H

#include "core/arena.h"

/* Drops the last arena and begins an empty one. */
struct ldl_arena *ldl_waits_begin(void);

/* The arena that was begun last. */
struct ldl_arena *ldl_waits_arena(void);

/* Calls the program, the file that places are in, and the threads of later edges otherwise. */
void ldl_waits_rename(const char *program, const char *module, const char *thread);

/* A class with one instance at 0x1000 times its id; NULL: known by the place of its first use. */
ldl_class_id ldl_waits_class(enum ldl_kind kind, const char *name);

/* An edge with one witness by thread #`thread`; the masks are 0 where nothing was allocated. */
ldl_edge_id ldl_waits_edge(
	ldl_class_id from, ldl_class_id to, uint32_t thread, uint32_t gfp, uint32_t gfp_asked);

/* Lets an edge's witness be of other locks of its classes, at these addresses. */
void ldl_waits_move(ldl_edge_id edge, uint64_t from, uint64_t to);

/* Makes an edge one that ldl_order() declared, and nobody took. */
void ldl_waits_declare(ldl_edge_id edge);

/* A finding whose path is the edges, which must form a ring. */
ldl_finding_id ldl_waits_cycle(
	enum ldl_finding_kind kind, enum ldl_rule rule, const ldl_edge_id *edges, uint32_t count);

/* Gives a finding another verdict than potential, with the severity that the engine gives it. */
void ldl_waits_verdict(ldl_finding_id finding, enum ldl_verdict verdict);

/* A severity that is not the verdict's. */
void ldl_waits_severity(ldl_finding_id finding, enum ldl_severity severity);

/* One witness more of an edge, by thread #`thread`, which then is its newest. */
ldl_witness_id ldl_waits_again(ldl_edge_id edge, uint32_t thread);

/* A finding that is no cycle. */
struct ldl_waits_breach {
	enum ldl_finding_kind kind;
	enum ldl_rule rule;
	enum ldl_severity severity;
	ldl_class_id from, to;
	uint32_t gfp, gfp_asked;
	const char *note;
};
ldl_finding_id ldl_waits_breach(const struct ldl_waits_breach *breach);

/* A line of the inventory, with the classes that were held (0: none). */
ldl_alloc_id ldl_waits_alloc(const struct ldl_alloc *alloc, ldl_class_id held);
ldl_reserve_id ldl_waits_reserve(const struct ldl_reserve *reserve);
ldl_callback_id ldl_waits_callback(const struct ldl_callback *callback);

/* What the thread held besides when it made an edge. */
void ldl_waits_also(ldl_edge_id edge, ldl_class_id held);

/* A path that reads as the arena's present bytes; good until ldl_waits_begin(). */
const char *ldl_waits_path(void);

/* The id that reports have for a finding of it. Valid until the next call. */
const char *ldl_waits_id(ldl_finding_id id);

#endif
