/* Allocation masks and scopes in words, as their users write them: "KERNEL|NOFAIL".
 *
 * Safe anywhere: no state, no stdio. */
#ifndef LDL_GFP_TEXT_H
#define LDL_GFP_TEXT_H

#include "types.h"

#define LDL_GFP_TEXT_MAX 320u /* bytes that any mask fits into, with its end */

/* Writes the words of a mask of LDL_GFP_ bits into `buffer`, cut to `size` - 1 bytes and always
 * ended (size > 0): the widest composition that it contains, then single bits; "0" for none.
 * Returns `buffer`. */
const char *ldl_gfp_text(char *buffer, size_t size, uint32_t mask);

/* The same for LDL_SCOPE_ bits. */
const char *ldl_scope_text(char *buffer, size_t size, uint32_t scope);

#endif
