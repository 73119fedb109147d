/* One opened run: the snapshot of an arena, with the names and places that a person reads.
 *
 * Every text that comes from here is clean: valid UTF-8 without control characters, whatever the
 * file holds, so printers need to escape for their own format only. Texts and arrays belong to the
 * run and live until viz_run_close() or viz_run_reload(). Unknown ids give "?" or empty results,
 * never NULL.
 *
 * Cost: opening is one pass over the file; nothing is symbolized before it is asked for. The first
 * class name names all classes, since names are unique in the run. A run belongs to one thread. */
#ifndef VIZ_MODEL_H
#define VIZ_MODEL_H

#include "core/snapshot.h"
#include "counters.h"
#include "frame.h"
#include "words.h"

struct viz_run;

/* Opens the arena at `path`. On failure *run is NULL and `error` has one line (what: where: mend)
 * without program name or newline; the statuses are those of ldl_snapshot_open(). */
ldl_status viz_run_open(
	struct viz_run **run, const char *path, char *error, size_t error_size) LDL_MUST_USE;

/* Reads the file again (a live one grew), keeping what was symbolized. When it fails the run keeps
 * its old content. Class names stay: ids only grow. */
ldl_status viz_run_reload(struct viz_run *run, char *error, size_t error_size) LDL_MUST_USE;

void viz_run_close(struct viz_run *run); /* NULL is fine */

const struct ldl_snapshot *viz_run_snapshot(const struct viz_run *run);
const char *viz_run_path(const struct viz_run *run); /* as given to viz_run_open() */
const char *viz_run_program(struct viz_run *run);    /* the executable's path */
const char *viz_run_command(struct viz_run *run);    /* its command line; "" when not known */
const char *viz_run_mode(const struct viz_run *run); /* "check" or "prod" */

#define VIZ_DATE_MAX 24u /* bytes of a date and time, with its end */

/* When the run began: "2024-12-31T23:59:59Z"; "" when the file has no such date. Returns `text`. */
const char *viz_run_start(const struct viz_run *run, char text[VIZ_DATE_MAX]);

/* Findings worst first: severity (in the view, see view.h), verdict, then time. What a filter hides
 * is left out, here and in the counts (filter.h). */
const ldl_finding_id *viz_run_findings(struct viz_run *run, size_t *count);

/* Number of findings of one ldl_severity in the view. Errors make `report` exit with 1. */
size_t viz_run_finding_count(const struct viz_run *run, unsigned int severity);

/* Number of locks seen, dead ones included; of classes, edges, chains, threads. */
struct viz_totals {
	uint64_t locks, classes, edges, chains, threads;
};
void viz_run_totals(const struct viz_run *run, struct viz_totals *totals);

/* What was seen besides locks. */
struct viz_wait_totals {
	uint64_t allocations; /* requests */
	uint64_t sites;       /* where they were made, each with its masks */
	uint64_t reclaiming;  /* of these, such as may reclaim */
	uint64_t contexts;    /* reclaim domains, non-blocking contexts, handlers */
	uint64_t reserves, events;
};
void viz_run_wait_totals(const struct viz_run *run, struct viz_wait_totals *totals);

/* Everything that was not seen, added up: 0 means that the run is complete. */
uint64_t viz_run_losses(const struct viz_run *run);

/* A class's name. Short: unique within the run, for labels ("slabs_lock", "locks+0x28",
 * "conn_new:123", "inode/1", "conn_new:123#2"). Long: a phrase ("mutex initialised in conn_new
 * (memcached.c:123)"); for annotated and static classes the short name with its module. */
const char *viz_class_name(struct viz_run *run, ldl_class_id id);
const char *viz_class_phrase(struct viz_run *run, ldl_class_id id);

/* The name where the reader knows already what it is: "oom_reaper" for "non-blocking context
 * oom_reaper"; else the same. */
const char *viz_class_short_name(struct viz_run *run, ldl_class_id id);

struct viz_stack {
	const struct viz_frame
		*frames; /* innermost first; without frames of our own library on top */
	size_t count;
	size_t site; /* the frame to name in one line: the first that is no wrapper */
};

/* How many of its frames are worth showing: not those below the start of the thread, which are the
 * same in every stack. At least 1 unless it is empty. */
size_t viz_stack_shown(const struct viz_stack *stack);

/* The stack of an interned site; count 0 when there is none. */
struct viz_stack viz_site_stack(struct viz_run *run, ldl_site_id id);

/* The stacks of a witness: where `from` was taken, where `to` was asked for. The innermost frame of
 * the first is exact even where only that frame was kept. */
struct viz_stack viz_witness_from(struct viz_run *run, ldl_witness_id id);
struct viz_stack viz_witness_to(struct viz_run *run, ldl_witness_id id);

/* Moves the sites of two stacks up to their callers while both name the same line: the program's
 * own lock functions do not say who took which lock. Unchanged where nothing tells them apart. */
void viz_stack_tell_apart(struct viz_stack *one, struct viz_stack *other);

/* viz_frame_text() of the stack's site, "?" when it is empty. Returns `text`. */
const char *viz_stack_text(const struct viz_stack *stack, char *text, size_t size);

/* One line for where a single address is (an also-held lock's acquisition). Returns `text`. */
const char *viz_address_text(struct viz_run *run, ldl_frame frame, char *text, size_t size);

/* "name (tid 12, thread #3)". Returns `text`. */
const char *viz_thread_text(
	struct viz_run *run, const struct ldl_witness *witness, char *text, size_t size);

/* "name #3", "thread #3" when it has no name: for the head of a column, or beside an arrow. */
const char *viz_thread_label(
	struct viz_run *run, const struct ldl_witness *witness, char *text, size_t size);

/* The edge of a finding's step that a reader should look at: its witness, or, when that table was
 * full, the edge's newest; 0 when there is none. */
ldl_witness_id viz_step_witness(const struct viz_run *run, const struct ldl_path_step *step);

/* Whether a path comes to the class of step `index` there for the first time: a cycle among locks
 * of one class does so more than once. */
bool viz_step_is_first(const struct ldl_path_step *steps, uint32_t index);

/* "possible deadlock: lock order inversion between A and B". Returns `text`. */
const char *viz_finding_title(struct viz_run *run, ldl_finding_id id, char *text, size_t size);

/* In how many nestings the locks of a finding were passed on in turn, where nothing else keeps it
 * from happening (core/turn.h); 0: that is not so. */
uint32_t viz_finding_turns(const struct viz_run *run, ldl_finding_id id);

/* What its verdict means and what would settle it, in a sentence; "" for none. */
const char *viz_finding_means(struct viz_run *run, ldl_finding_id id);

/* The line that a finding has besides its rule's words; "" for none. */
const char *viz_finding_note(struct viz_run *run, ldl_finding_id id);

#define VIZ_ID_MAX 17u /* bytes of an id's text, with its end */

/* The id of a finding as everything prints and takes it: hexadecimal digits, the same in every run.
 * Returns `text`. */
const char *viz_finding_id(struct viz_run *run, ldl_finding_id id, char text[VIZ_ID_MAX]);

/* The finding whose id begins with the hex digits `prefix`. LDL_NOT_FOUND; LDL_BUSY when
 * several do. */
ldl_status viz_finding_lookup(
	struct viz_run *run, const char *prefix, ldl_finding_id *id) LDL_MUST_USE;

#endif
