/* Plain mutexes (of PTHREAD_MUTEX_INITIALIZER's kind, and two kinds that libc takes by the same
 * words) that nobody else wants: taken and given back here, without a call into libc.
 *
 * A lock that was free needs no check before it is taken, since nobody waited for it; and what is
 * done after its atomic instruction overlaps with it, while what is done before is paid in full. So
 * a watched lock costs little more than a bare one. A mutex that is not free, of another kind, or
 * in a process with one thread (where libc needs no atomic instruction) is libc's.
 *
 * The words are glibc's, the same since NPTL: __lock is 0 free, 1 taken, 2 taken and perhaps waited
 * for; __owner the holder's tid; __nusers how many hold it. ldl_plain_begin() looks whether libc
 * does exactly this. */
#ifndef LDL_PLAIN_H
#define LDL_PLAIN_H

#include "core/thread.h"

#include <pthread.h>

/* The process is about to get its second thread, by this call of pthread_create(); it was forked,
 * and has one again. */
void ldl_plain_begin(void);
void ldl_plain_end(void);

/* Whether it is done at all, now. For tests. */
extern bool ldl_plain_is_used LDL_HIDDEN;

enum {
	LDL_PLAIN_ADAPTIVE = 3, /* spins before it waits; once it is taken it is like any other */
	LDL_PLAIN_UNELIDABLE = 512, /* PTHREAD_MUTEX_NORMAL was asked for by name */
};

/* Whether the mutex's __kind is the plain one, 0, and this thread may use it as such now. One
 * comparison: thread->plain is 1 or 0. */
LDL_INLINE bool ldl_plain_is(const pthread_mutex_t *mutex, const struct ldl_thread *thread)
{
	return (unsigned int)mutex->__data.__kind < thread->plain;
}

/* The same of all kinds that free locks are taken of alike. */
LDL_INLINE bool ldl_plain_is_like(const pthread_mutex_t *mutex, const struct ldl_thread *thread)
{
	int kind = mutex->__data.__kind & ~LDL_PLAIN_UNELIDABLE;

	return (kind == 0 || kind == LDL_PLAIN_ADAPTIVE) && thread->plain;
}

/* Takes a free plain mutex for the calling thread. Acquire: pairs with the release of whoever gave
 * it back, here or in libc. False: nothing was done. */
LDL_INLINE bool ldl_plain_take(pthread_mutex_t *mutex, const struct ldl_thread *thread)
{
	int found = 0;

	if (ldl_unlikely(!ldl_cas_acquire(&mutex->__data.__lock, &found, 1)))
		return false;
	mutex->__data.__owner = (int)thread->tid;
	mutex->__data.__nusers++;
	return true;
}

/* Gives back a plain mutex that the calling thread holds. Release: pairs with the acquire of who
 * takes it next, here or in libc. False: somebody waits, and ldl_plain_keep() is to undo it. */
LDL_INLINE bool ldl_plain_give(pthread_mutex_t *mutex)
{
	int found = 1;

	mutex->__data.__owner = 0;
	mutex->__data.__nusers--;
	return ldl_likely(ldl_cas_release(&mutex->__data.__lock, &found, 0));
}

LDL_INLINE void ldl_plain_keep(pthread_mutex_t *mutex, const struct ldl_thread *thread)
{
	mutex->__data.__owner = (int)thread->tid;
	mutex->__data.__nusers++;
}

#endif
