/* The union of runs, as an arena: the inside of a merge.
 *
 * Runs are entered in a fixed order, twice: first what there is (modules, classes, the graph),
 * looking for cycles at each edge as the engine does; then the evidence and the findings, when it
 * is known which run has what. Everything is found again by what it is: modules by build-id,
 * classes by key, stacks by their frames, locks by class where a class has but one. Threads and
 * times of the runs are kept apart: each run comes after the one before, with threads of its own.
 *
 * merge_names.c: strings, modules, stacks, classes. merge_graph.c: the graph, and the cycles that
 * no single run saw. merge_evidence.c: witnesses, threads. merge_findings.c: findings.
 * merge_counts.c: the inventory and the sums. merge_union.c: all of it. merge_write.c: the arena
 * as a file. */
#ifndef VIZ_MERGE_UNION_H
#define VIZ_MERGE_UNION_H

#include "core/cycle.h"
#include "core/snapshot.h"
#include "merge_leaf.h"
#include "merge_map.h"

/* That a run has an edge, and by which types. */
struct viz_presence {
	uint32_t next; /* the same edge in an earlier run; 0: none */
	uint32_t leaf;
	uint32_t types; /* ldl_edge_type bits */
};

/* A cycle that was closed while the graph grew. */
struct viz_candidate {
	struct ldl_cycle_step *steps;
	uint32_t count;
};

struct viz_union {
	struct ldl_arena arena;
	size_t size; /* bytes mapped for it */
	struct ldl_work work;
	struct viz_map strings, modules, sites, objects, reserves, callbacks, findings;
	struct viz_presence *presences; /* [0] is none */
	uint32_t presence_count, presence_size;
	uint32_t *presence_of; /* by edge id: the newest */
	struct viz_candidate *candidates;
	size_t candidate_count, candidate_size;
	char program[LDL_STRING_MAX + 1]; /* of all runs so far: see merge_union.c */
	uint64_t chains;                  /* of all runs */
	uint32_t thread_base;             /* serials of the runs before this one */
	uint64_t time_base_ns;            /* when this run begins */
};

/* A run that is being entered, and what its ids are in the union: 0 where that is not known yet. */
struct viz_entry {
	struct viz_union *whole;
	const struct ldl_snapshot *run;
	uint32_t leaf; /* its number */
	ldl_module_id *modules;
	ldl_class_id *classes;
	ldl_site_id *sites;
	ldl_node_id *nodes;
	ldl_edge_id *edges;
	ldl_witness_id *witnesses;
	ldl_segment_id segments;  /* the union's id of the run's segment 1; 0: not entered yet */
	struct viz_map instances; /* by id and generation */
};

static inline uint32_t viz_entry_count(const struct viz_entry *entry, enum ldl_table_id table)
{
	return ldl_snapshot_count(entry->run, table);
}

/* merge_names.c: the union's id of something of the run's, made when it is new; 0 for 0, and when
 * there is no room. */
ldl_string_id viz_entry_string(struct viz_entry *entry, ldl_string_id id);
ldl_frame viz_entry_frame(struct viz_entry *entry, ldl_frame frame);
ldl_site_id viz_entry_site(struct viz_entry *entry, ldl_site_id id);

/* Enters all modules and classes; `is_first`: of the two times, when numbers are added up. */
void viz_entry_names(struct viz_entry *entry, bool is_first);

/* merge_graph.c: the lock that had this id and generation. */
ldl_instance_id viz_entry_instance(
	struct viz_entry *entry, ldl_instance_id id, uint32_t generation);

/* Enters the graph, or the second time, finds it again. */
void viz_entry_graph(struct viz_entry *entry, bool is_first);

/* Number of runs that have an edge, LDL_WITNESS_MAX at most; whether one of them has all of a
 * cycle. */
uint32_t viz_union_runs_of(const struct viz_union *whole, ldl_edge_id edge);
bool viz_union_is_of_one_run(
	const struct viz_union *whole, const struct ldl_cycle_step *steps, uint32_t count);

/* merge_evidence.c: the witness with this id; entered now if it was not. */
ldl_witness_id viz_entry_witness(struct viz_entry *entry, ldl_witness_id id);

/* What was held, entered: its first slot; 0: nothing, or no room. */
uint32_t viz_entry_also_held(struct viz_entry *entry, uint32_t first, uint32_t count);

/* Enters some witnesses of each edge, and the threads. Returns the time after its last. */
void viz_entry_evidence(struct viz_entry *entry);
uint64_t viz_entry_end_ns(const struct viz_entry *entry);
uint32_t viz_entry_threads_max(const struct viz_entry *entry);

/* merge_findings.c: enters the run's own findings; and after all runs, those that no single run
 * could have. */
void viz_entry_findings(struct viz_entry *entry);
void viz_union_find_more(struct viz_union *whole);

/* merge_counts.c: enters the inventory, and adds up the counters. */
void viz_entry_counts(struct viz_entry *entry);

/* Makes the union of runs, which are in their order. False: out of memory, or a run makes no sense.
 * To be freed in any case. */
bool viz_union_make(
	struct viz_union *whole, const struct viz_leaf *leaves, size_t count) LDL_MUST_USE;
void viz_union_free(struct viz_union *whole);

/* Writes the arena into the empty file `fd`, without room for more, and leaves the file's place at
 * its end. False, and errno, when that fails. */
bool viz_union_write(const struct viz_union *whole, int fd) LDL_MUST_USE;

#endif
