/* Random damage to a valid arena, of the kinds that hurt readers. */
#ifndef LDL_TEST_DAMAGE_H
#define LDL_TEST_DAMAGE_H

#include <stddef.h>
#include "tests/support/random.h"

/* Changes a few words of the arena in `bytes`, mostly where its tables are used, and returns how
 * long the file is to be: `size`, or less for one that was cut. */
size_t ldl_damage_bytes(struct ldl_random *random, unsigned char *bytes, size_t size);

#endif
