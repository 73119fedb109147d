/* SPDX-License-Identifier: MIT
 *
 * The words of kernel C, all together: integers, lists, atomics, pointers that carry errors,
 * printing and warnings.
 *
 * A part of <lockdep_lite/kernel.h>. */
#ifndef LOCKDEP_LITE_KERNEL_TYPES_H
#define LOCKDEP_LITE_KERNEL_TYPES_H

#include <lockdep_lite/kernel/atomic.h>
#include <lockdep_lite/kernel/bug.h>
#include <lockdep_lite/kernel/compiler.h>
#include <lockdep_lite/kernel/list.h>

/* Error numbers of the kernel that user space never sees. */
#ifndef ERESTARTSYS
#define ERESTARTSYS 512
#endif

#define MAX_ERRNO           4095
#define IS_ERR_VALUE(value) unlikely((unsigned long)(value) >= (unsigned long)-MAX_ERRNO)

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}

static inline bool IS_ERR(const void *pointer)
{
	return IS_ERR_VALUE(pointer);
}

static inline bool IS_ERR_OR_NULL(const void *pointer)
{
	return !pointer || IS_ERR_VALUE(pointer);
}

static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
	return IS_ERR(pointer) ? (int)PTR_ERR(pointer) : 0;
}

#endif
