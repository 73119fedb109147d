/* Two locks by the annotation API, one inside the other, and what the engine counted meanwhile: for
 * tests of what it does when it may not do everything. */
#ifndef LDL_TEST_NESTING_H
#define LDL_TEST_NESTING_H

#include <stdint.h>
#include "core/format.h"

/* Always at one place of the code, so that two of them are one chain. */
void nesting_lock(const void *lock);
void nesting_in_order(const void *first, const void *second);

/* The engine's counter by now. */
uint64_t nesting_counted(enum ldl_counter counter);

#endif
