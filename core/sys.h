/* The only door to the kernel: raw system calls that touch neither errno nor any function that the
 * program may have interposed. Each returns what the kernel returns: a result, or -errno.
 * All are async-signal-safe. */
#ifndef LDL_SYS_H
#define LDL_SYS_H

#include "types.h"

struct stat;

/* What getdents64 writes. */
struct ldl_sys_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size; /* of this entry, its name included */
	uint8_t type;
	char name[]; /* ended by NUL */
};

int ldl_sys_open(const char *path, int flags, int mode);
int ldl_sys_openat(int folder, const char *name, int flags);
int ldl_sys_close(int fd);
int ldl_sys_ftruncate(int fd, uint64_t size);
int ldl_sys_fallocate(int fd, uint64_t size);
int ldl_sys_unlink(const char *path);
int ldl_sys_unlinkat(int folder, const char *name);
int ldl_sys_memfd_create(const char *name, unsigned int flags);
int ldl_sys_fstat(int fd, struct stat *about);
int ldl_sys_stat(const char *path, struct stat *about);
/* Of the name itself, when it is a symlink. */
int ldl_sys_lstatat(int folder, const char *name, struct stat *about);
/* Whole entries of a folder, struct ldl_sys_entry, as many as fit: their bytes; 0 at the end. */
int64_t ldl_sys_getdents(int folder, void *entries, size_t size);
int ldl_sys_fcntl(int fd, int command, long argument);
int64_t ldl_sys_pread(int fd, void *bytes, size_t len, int64_t offset);
int64_t ldl_sys_write(int fd, const void *bytes, size_t len);
/* Whether a write would go through now: not into a closed pipe, whose SIGPIPE the program never
 * asked for, and not into one that is full. */
bool ldl_sys_can_write(int fd);
int64_t ldl_sys_lseek(int fd, int64_t offset, int whence);
int64_t ldl_sys_readlink(const char *path, char *target, size_t size);

/* NULL on failure, with the errno in *error when that is given. */
void *ldl_sys_mmap(void *where, size_t len, int protection, int flags, int fd, int *error);
int ldl_sys_munmap(void *start, size_t len);
int ldl_sys_madvise(void *start, size_t len, int advice);

int ldl_sys_getpid(void);
int ldl_sys_getppid(void);
int ldl_sys_gettid(void);
uint32_t ldl_sys_geteuid(void);
/* The calling thread's tid, asked once; LDL_TID_UNKNOWN, larger than any, where the kernel does not
 * tell. A forked child has to forget its parent's. */
#define LDL_TID_UNKNOWN 0x7ffffffeu
uint32_t ldl_sys_own_tid(void);
void ldl_sys_forget_own_tid(void);
int ldl_sys_tgkill(int pid, int tid, int signal);
int ldl_sys_thread_name(char name[16]);

/* Sleeps while *word == value, or until somebody wakes it; may return early. */
int ldl_sys_futex_wait(uint32_t *word, uint32_t value, uint64_t timeout_ns);
int ldl_sys_futex_wake(uint32_t *word, int waiters);

/* Keeps signals from the calling thread, but for those of faults, and gives them back. They wait
 * meanwhile; so nothing cuts the code between off, nor jumps out of it. `may` false: no system call
 * is made, and LDL_SIGNALS_AS_THEY_ARE the result. */
#define LDL_SIGNALS_AS_THEY_ARE UINT64_MAX
uint64_t ldl_sys_hold_signals(bool may);
void ldl_sys_give_signals(uint64_t mask);

/* Whether the word can be read now: its page may be gone. */
bool ldl_sys_is_readable(const uint64_t *word);

/* The soft limit of an RLIMIT_ resource; UINT64_MAX when there is none or the kernel does not say.
 */
uint64_t ldl_sys_rlimit(int resource);

/* Nanoseconds of CLOCK_MONOTONIC and the like, through the vDSO. 0 when the clock is unknown. */
uint64_t ldl_sys_clock_ns(int clock);

#endif
