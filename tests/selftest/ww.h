/* What the wait/wound cases share: three objects of one class, two contexts, and a thread that
 * holds objects in a context older than the case's own. */
#ifndef LDL_SELFTEST_WW_H
#define LDL_SELFTEST_WW_H

#include <lockdep_lite/kernel.h>

/* Before and after each case. */
void selftest_init_ww(void);
void selftest_end_ww(void);

extern struct ww_class ww_lockdep, ww_other;
extern struct ww_mutex o, o2, o3;
extern struct ww_acquire_ctx t, t2;

/* Another thread takes the objects (a NULL-terminated list), in a context that it made before any
 * that this thread makes from now on: this one is the younger, so it backs off. Returns when they
 * are held. */
void elder_takes(struct ww_mutex *first, struct ww_mutex *second);

/* It lets them go, and is gone. Nothing when there is none. */
void elder_leaves(void);

/* Another thread, younger than the calling one, holds `own` and asks for `wanted`: what it got. */
int younger_asks(struct ww_mutex *own, struct ww_mutex *wanted);

#endif
