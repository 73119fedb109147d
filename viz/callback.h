/* Shrinkers and notifiers of a run: which one a class or a witness speaks of. */
#ifndef VIZ_CALLBACK_H
#define VIZ_CALLBACK_H

#include "model.h"

/* "shrinker" or "notifier" for the class of a callback; NULL for others. */
const char *viz_callback_word(const struct viz_run *run, ldl_class_id class);

/* The name of the shrinker that ran when the witness was made, as viz_class_name() has it; NULL
 * when that is not known. */
const char *viz_callback_runner(struct viz_run *run, ldl_witness_id id);

/* True for a lock that the kernel-style header holds while it runs a callback: it says no more than
 * that. */
bool viz_callback_is_run(const struct viz_run *run, ldl_class_id class);

/* Whether a callback of this class ever ran. */
bool viz_callback_has_run(const struct viz_run *run, ldl_class_id class);

/* The first record of a class's callbacks; 0: it has none. */
ldl_callback_id viz_callback_first(const struct viz_run *run, ldl_class_id class);

#endif
