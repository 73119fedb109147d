/* Allocation masks and scopes in the kernel's spelling: GFP_NOFS|__GFP_NOWARN. */
#ifndef VIZ_GFP_H
#define VIZ_GFP_H

#include <stddef.h>
#include <stdint.h>

#define VIZ_GFP_MAX 640u /* bytes that any mask fits into, with its end */

/* The widest composition that a mask of LDL_GFP_ bits contains, then single bits; "0" for none.
 * Cut to fit. Returns `text`. */
const char *viz_gfp_text(uint32_t gfp, char *text, size_t size);

/* "GFP_NOIO (effective; asked for GFP_KERNEL)"; the mask alone when nothing was taken off. */
const char *viz_gfp_request_text(uint32_t gfp, uint32_t asked, char *text, size_t size);

/* LDL_SCOPE_ bits as "nofs, noretry"; "" for none. */
const char *viz_scope_text(uint32_t scope, char *text, size_t size);

#endif
