/* Which class, which finding: numbers made of names, which a rebuild does not change unless it
 * touches the functions and variables concerned, nor another load address, folder or host.
 *
 * The engine's keys hold build-ids, which every build has anew, since it can look up no symbols.
 * So an opened run's findings bear these ids instead (viz_run_open() puts them there), and that is
 * the id which reports print and baselines keep. Where a place has no symbol, its module's build-id
 * and offset stand in: such an id is good for that build. */
#ifndef VIZ_IDENTITY_H
#define VIZ_IDENTITY_H

#include "run.h"

/* 48 bits, never 0 for a class that there is. Taken from the file where that has it, so that it is
 * known after the program's files are gone. `*by_names`: it is made of nothing but names. */
uint64_t viz_class_identity(struct viz_run *run, ldl_class_id id, bool *by_names);

/* The id of a finding with this path; `told_apart` NULL unless its rule can be broken in more than
 * one way (LDL_RULE_MISUSE: its note). Never 0. */
uint64_t viz_path_identity(struct viz_run *run, unsigned int kind, unsigned int rule,
	const struct ldl_path_step *steps, uint32_t count, const char *told_apart);

/* Gives every finding of the run its id. */
void viz_identity_apply(struct viz_run *run);

/* Whether the finding's id is made of nothing but names. */
bool viz_finding_is_by_names(struct viz_run *run, ldl_finding_id id);

/* Writes what the run's classes are by names into `bytes`, the arena's, or where `bytes` is NULL
 * into the finished arena file `fd`: a copy of the one that the run was opened from. Best effort:
 * without it the file's ids depend on the program's files. */
void viz_identity_keep(struct viz_run *run, unsigned char *bytes, int fd);

#endif
