/* SPDX-License-Identifier: MIT
 *
 * How the annotation API's functions are declared: see "Linking" in <lockdep_lite.h>. */
#ifndef LOCKDEP_LITE_API_H
#define LOCKDEP_LITE_API_H

/* LDL_WEAK: the library may be absent, and each call tests its own symbol. */
#ifdef LDL_WEAK
#define LDL_API __attribute__((weak))
#else
#define LDL_API
#endif

#endif
