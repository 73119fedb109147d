/* Threads that do one thing at a time: the caller hands over a function and waits for its end. */
#ifndef LDL_TEST_LOCKSTEP_H
#define LDL_TEST_LOCKSTEP_H

#define LOCKSTEP_THREADS 20

/* Calls `function(argument)` in thread `thread` (0: here) and returns when it has returned. The
 * threads are started at their first use and live until lockstep_stop(). One caller at a time. */
void lockstep_call(unsigned int thread, void (*function)(void *argument), void *argument);

/* Ends and joins thread `thread`, so that the next call uses a new one; 0 does nothing. */
void lockstep_end(unsigned int thread);
void lockstep_stop(void);

#endif
