/* Threads that do one thing at a time: the caller hands over a function and waits for its end. */
#ifndef LDL_TEST_LOCKSTEP_H
#define LDL_TEST_LOCKSTEP_H

#include <stdint.h>

#define LOCKSTEP_THREADS 20

/* Calls `function(argument)` in thread `thread` (0: here) and returns when it has returned. The
 * threads are started at their first use and live until lockstep_stop(). One caller at a time. */
void lockstep_call(unsigned int thread, void (*function)(void *argument), void *argument);

/* In thread `thread`: takes the engine's lock at `word`, which must be free, and gives it back. */
void lockstep_hold(unsigned int thread, uint32_t *word);
void lockstep_give_back(unsigned int thread, uint32_t *word);

/* Ends and joins thread `thread`, so that the next call uses a new one; 0 does nothing. */
void lockstep_end(unsigned int thread);
void lockstep_stop(void);

#endif
