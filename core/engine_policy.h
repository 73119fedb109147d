/* Policy findings of the instrumentation: it sees what the program does not say. */
#ifndef LDL_ENGINE_POLICY_H
#define LDL_ENGINE_POLICY_H

/* The calling thread is about to allocate while it serves I/O that reclaim may wait for, and the
 * system was not told so: rule D17, once for each place, unless a noio scope is open. May be called
 * inside malloc; not in signal handlers. */
void ldl_engine_unmarked_io(const void *ip);

#endif
