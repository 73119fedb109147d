/* SPDX-License-Identifier: MIT
 *
 * All that kernel code gets from <linux/slab.h>: kmalloc(), vmalloc() and the caches. */
#ifndef LOCKDEP_LITE_KERNEL_SLAB_H
#define LOCKDEP_LITE_KERNEL_SLAB_H

#include <lockdep_lite/kernel/kmalloc.h>
#include <lockdep_lite/kernel/vmalloc.h>
#include <lockdep_lite/kernel/kmem_cache.h>

#endif
