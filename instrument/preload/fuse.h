/* FUSE daemons, understood without annotation: a thread between reading a request and its answer
 * holds a pseudo-lock, and a notification that waits for such requests waits for that.
 *
 * Seen in what goes through read, readv, write, writev, splice and vmsplice, in that order of
 * likelihood: the bytes first (a length that is the transfer's own, a known opcode), and only when
 * those fit, the descriptor: so an ordinary program pays a few compares for a call that costs
 * hundreds, and a daemon one fstat() a request. */
#ifndef LDL_FUSE_H
#define LDL_FUSE_H

#include "instrument/preload/fuse_wire.h"

#include <sys/types.h>
#include <sys/uio.h>

/* 1 once this process has read a request. */
extern uint32_t ldl_fuse_is_served LDL_HIDDEN;

/* Something was read: `size` bytes, the first `have` of them at `bytes`, which are at least a
 * request's header. Keeps errno, as all here. */
void ldl_fuse_note_read(
	int fd, const void *bytes, size_t have, size_t size, const void *caller) LDL_HIDDEN;

/* `size` bytes went into a pipe. */
void ldl_fuse_note_spliced(int fd, size_t size) LDL_HIDDEN;

/* What a daemon writes. */
struct ldl_fuse_write {
	uint64_t unique;    /* an answer's; 0: none */
	const void *waited; /* the pseudo-lock that a notification waits for; NULL: none */
	bool is_set_aside;  /* it is of the kind that this thread holds, for another node */
	const void *caller;
};

/* Before the real call, which a notification may wait in. `whole`: bytes in all; the first `have`
 * of them are at `bytes`. */
void ldl_fuse_write_begin(struct ldl_fuse_write *write, int fd, const void *bytes, size_t have,
	size_t whole, const void *caller) LDL_HIDDEN;
void ldl_fuse_write_end(const struct ldl_fuse_write *write) LDL_HIDDEN;

/* The calling thread is about to allocate, with something held: rule D17 when it serves a page that
 * the kernel writes back, and is no I/O flusher. */
void ldl_fuse_note_alloc(const void *caller) LDL_HIDDEN;

/* The first bytes of an answer, whatever follows them, went into a pipe. */
void ldl_fuse_note_answer(const void *bytes, size_t have) LDL_HIDDEN;

/* Whether what was read may be a request: its first word is its length. In a daemon everything of
 * the size is looked at, since requests may come in pieces, through a pipe. */
LDL_INLINE bool ldl_fuse_may_be_request(const void *bytes, size_t size)
{
	uint32_t len;

	if (ldl_likely(size < sizeof(struct ldl_fuse_request)))
		return false;
	memcpy(&len, bytes, sizeof(len));
	return ldl_unlikely(len == size) || ldl_unlikely(ldl_fuse_is_served);
}

#endif
