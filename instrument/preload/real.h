/* libc's own functions, behind the ones that this library stands in front of.
 *
 * Resolved once, in the constructor, or by the first call that comes before it (constructors of
 * other libraries, allocators): until then each entry leads to a function that resolves them all
 * and goes on to the real one. Nothing is looked up later, since dlsym() may allocate.
 *
 * A watched program's children inherit LD_PRELOAD, and some are of another C library: musl's loader
 * ends a program whose libraries want a symbol that it does not have. So what only glibc has is
 * looked up too, or referred to weakly, and under another libc this library passes all through. */
#ifndef LDL_REAL_H
#define LDL_REAL_H

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <threads.h>
#include <time.h>

/* X(result, name, parameters, arguments) for each function that returns a value. */
#define LDL_REAL_FUNCTIONS(X)                                                                      \
	X(int, pthread_mutex_init, (pthread_mutex_t * m, const pthread_mutexattr_t *a), (m, a))    \
	X(int, pthread_mutex_destroy, (pthread_mutex_t * m), (m))                                  \
	X(int, pthread_mutex_lock, (pthread_mutex_t * m), (m))                                     \
	X(int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))                                  \
	X(int, pthread_mutex_timedlock, (pthread_mutex_t * m, const struct timespec *t), (m, t))   \
	X(int, pthread_mutex_clocklock,                                                            \
		(pthread_mutex_t * m, clockid_t c, const struct timespec *t), (m, c, t))           \
	X(int, pthread_mutex_unlock, (pthread_mutex_t * m), (m))                                   \
	X(int, pthread_rwlock_init, (pthread_rwlock_t * l, const pthread_rwlockattr_t *a), (l, a)) \
	X(int, pthread_rwlock_destroy, (pthread_rwlock_t * l), (l))                                \
	X(int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))                                 \
	X(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * l), (l))                              \
	X(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t * l, const struct timespec *t),       \
		(l, t))                                                                            \
	X(int, pthread_rwlock_clockrdlock,                                                         \
		(pthread_rwlock_t * l, clockid_t c, const struct timespec *t), (l, c, t))          \
	X(int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))                                 \
	X(int, pthread_rwlock_trywrlock, (pthread_rwlock_t * l), (l))                              \
	X(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t * l, const struct timespec *t),       \
		(l, t))                                                                            \
	X(int, pthread_rwlock_clockwrlock,                                                         \
		(pthread_rwlock_t * l, clockid_t c, const struct timespec *t), (l, c, t))          \
	X(int, pthread_rwlock_unlock, (pthread_rwlock_t * l), (l))                                 \
	X(int, pthread_spin_init, (pthread_spinlock_t * s, int shared), (s, shared))               \
	X(int, pthread_spin_destroy, (pthread_spinlock_t * s), (s))                                \
	X(int, pthread_spin_lock, (pthread_spinlock_t * s), (s))                                   \
	X(int, pthread_spin_trylock, (pthread_spinlock_t * s), (s))                                \
	X(int, pthread_spin_unlock, (pthread_spinlock_t * s), (s))                                 \
	X(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t * m), (c, m))               \
	X(int, pthread_cond_timedwait,                                                             \
		(pthread_cond_t * c, pthread_mutex_t * m, const struct timespec *t), (c, m, t))    \
	X(int, pthread_cond_clockwait,                                                             \
		(pthread_cond_t * c, pthread_mutex_t * m, clockid_t k, const struct timespec *t),  \
		(c, m, k, t))                                                                      \
	X(int, pthread_create,                                                                     \
		(pthread_t * t, const pthread_attr_t *a, void *(*f)(void *), void *p),             \
		(t, a, f, p))                                                                      \
	X(int, pthread_join, (pthread_t t, void **v), (t, v))                                      \
	X(int, pthread_tryjoin_np, (pthread_t t, void **v), (t, v))                                \
	X(int, pthread_timedjoin_np, (pthread_t t, void **v, const struct timespec *u), (t, v, u)) \
	X(int, pthread_clockjoin_np,                                                               \
		(pthread_t t, void **v, clockid_t c, const struct timespec *u), (t, v, c, u))      \
	X(int, thrd_join, (thrd_t t, int *r), (t, r))                                              \
	X(int, mtx_init, (mtx_t * m, int type), (m, type))                                         \
	X(int, mtx_lock, (mtx_t * m), (m))                                                         \
	X(int, mtx_trylock, (mtx_t * m), (m))                                                      \
	X(int, mtx_timedlock, (mtx_t * m, const struct timespec *t), (m, t))                       \
	X(int, mtx_unlock, (mtx_t * m), (m))                                                       \
	X(int, cnd_wait, (cnd_t * c, mtx_t * m), (c, m))                                           \
	X(int, cnd_timedwait, (cnd_t * c, mtx_t * m, const struct timespec *t), (c, m, t))         \
	X(int, thrd_create, (thrd_t * t, thrd_start_t f, void *p), (t, f, p))                      \
	X(ssize_t, read, (int fd, void *b, size_t n), (fd, b, n))                                  \
	X(ssize_t, __read_chk, (int fd, void *b, size_t n, size_t room), (fd, b, n, room))         \
	X(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n))                      \
	X(ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n))                           \
	X(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))                     \
	X(ssize_t, splice,                                                                         \
		(int in, off64_t *i, int out, off64_t *o, size_t n, unsigned int flags),           \
		(in, i, out, o, n, flags))                                                         \
	X(ssize_t, vmsplice, (int fd, const struct iovec *v, size_t n, unsigned int flags),        \
		(fd, v, n, flags))                                                                 \
	X(void *, dlopen, (const char *path, int mode), (path, mode))                              \
	X(void *, dlmopen, (Lmid_t space, const char *path, int mode), (space, path, mode))        \
	X(int, backtrace, (void **f, int n), (f, n))                                               \
	X(int, prctl,                                                                              \
		(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d),  \
		(option, a, b, c, d))

struct ldl_real {
#define X(result, name, parameters, arguments) result(*name) parameters;
	LDL_REAL_FUNCTIONS(X)
#undef X
	void (*mtx_destroy)(mtx_t *);
	void (*pthread_exit)(void *) __attribute__((noreturn));
	void (*thrd_exit)(int) __attribute__((noreturn));
	int (*libc_start_main)(int (*)(int, char **, char **), int, char **, void (*)(void),
		void (*)(void), void (*)(void), void *);
};

extern struct ldl_real ldl_real __attribute__((visibility("hidden")));

/* False: another C library loaded us. Nothing but the real functions may be used then. */
bool ldl_real_is_glibc(void);

/* Looks all of them up. Thread-safe: every caller stores the same. */
void ldl_real_resolve(void);

#endif
