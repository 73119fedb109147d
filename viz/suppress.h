/* Suppressions: findings that somebody has looked at and does not want to see again.
 *
 * A file has one on a line, or in a block of several lines; `#` begins a comment line.
 *
 *	KIND:PATTERN	a finding of that kind that has PATTERN anywhere: a class's name, or a
 *			function, module or source file of a stack
 *	id:ID		the finding of that id
 *
 *	{
 *	   a name of one's own
 *	   KIND
 *	   fun:PATTERN	frames as they follow one another, from the innermost one on
 *	   obj:PATTERN	(of a module), src:PATTERN or src:PATTERN:LINE (of a source file)
 *	   ...		any frames, or none
 *	   --		begins another stack: the finding must have all of them
 *	   lock:PATTERN	the finding concerns such a class
 *	   id:ID	and has this id
 *	}
 *
 * KIND is `deadlock` (whatever may hang), `any`, a kind as JSON has it, or a rule's id. Patterns
 * are those of the shell (fnmatch(3)) and match the whole name; of a path its last component will
 * do. */
#ifndef VIZ_SUPPRESS_H
#define VIZ_SUPPRESS_H

#include <stdio.h>

#include "model.h"
#include "pool.h"

struct viz_suppression;

/* Zero-initialised: none. */
struct viz_suppressions {
	struct viz_pool pool;
	struct viz_suppression *first, *last;
};

/* A condition, or a part of one: the frames of a stack are patterns one after the other. */
enum viz_pattern_kind {
	VIZ_PATTERN_ANYWHERE,
	VIZ_PATTERN_FUNCTION,
	VIZ_PATTERN_MODULE,
	VIZ_PATTERN_SOURCE,
	VIZ_PATTERN_FRAMES, /* … */
	VIZ_PATTERN_STACK,  /* begins a stack */
	VIZ_PATTERN_LOCK,
};

struct viz_pattern {
	struct viz_pattern *next;
	enum viz_pattern_kind kind;
	const char *glob;
};

struct viz_suppression {
	struct viz_suppression *next;
	const char *file, *name; /* where it stands, and what it is called there */
	unsigned int line;
	uint32_t kinds;    /* a bit for each ldl_finding_kind */
	unsigned int rule; /* 0: any */
	uint64_t id;       /* 0: any */
	bool is_used;
	struct viz_pattern *patterns; /* in the order of the file */
};

/* Adds what the file has. False, with one line in `error`, when it cannot be read or has a line
 * that makes no sense. */
bool viz_suppressions_read(struct viz_suppressions *suppressions, const char *path, char *error,
	size_t error_size) LDL_MUST_USE;

void viz_suppressions_free(struct viz_suppressions *suppressions);

/* Whether one of them fits the finding. All that do count as used. */
bool viz_suppressions_match(
	struct viz_suppressions *suppressions, struct viz_run *run, ldl_finding_id id);

/* Writes a suppression that fits this finding alone, and would fit what has the same stacks if its
 * id were taken out. */
void viz_suppression_write(FILE *out, struct viz_run *run, ldl_finding_id id);

#endif
