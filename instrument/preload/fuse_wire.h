/* The FUSE protocol, as far as deadlocks go: which messages a daemon reads and writes, and which of
 * them wait for which. Pure: looks at bytes, knows no descriptor.
 *
 * What the kernel holds while a request is on its way to the daemon decides who can wait for it:
 *
 *	directory	a directory's inode lock: lookups and all that changes or lists names
 *	data		locked pages: reads, and writes from and through the page cache
 *
 * and what a notification of the daemon needs decides for which it waits:
 *
 *	INVAL_ENTRY, DELETE	the directory's inode lock
 *	INVAL_INODE of a range, STORE	the pages' locks
 *
 * The other notifications (POLL, RETRIEVE, RESEND, INVAL_INODE of the attributes alone …) wait for
 * nothing that a request keeps. Numbers: <linux/fuse.h>, a stable interface. */
#ifndef LDL_FUSE_WIRE_H
#define LDL_FUSE_WIRE_H

#include "core/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a request keeps, or a notification waits for. */
enum ldl_fuse_kind { LDL_FUSE_NOTHING = 0, LDL_FUSE_DIRECTORY, LDL_FUSE_DATA, LDL_FUSE_KINDS };

struct ldl_fuse_request { /* struct fuse_in_header */
	uint32_t len;
	uint32_t opcode;
	uint64_t unique;
	uint64_t node;
	uint32_t uid, gid, pid, more;
};

struct ldl_fuse_answer { /* struct fuse_out_header */
	uint32_t len;
	int32_t error; /* an answer: 0 or -errno; a notification: its code */
	uint64_t unique;
};

_Static_assert(sizeof(struct ldl_fuse_request) == 40 && sizeof(struct ldl_fuse_answer) == 16,
	"as on the wire");

enum ldl_fuse_opcode {
	LDL_FUSE_LOOKUP = 1,
	LDL_FUSE_FORGET = 2,
	LDL_FUSE_SETATTR = 4,
	LDL_FUSE_READLINK = 5,
	LDL_FUSE_SYMLINK = 6,
	LDL_FUSE_MKNOD = 8,
	LDL_FUSE_MKDIR = 9,
	LDL_FUSE_UNLINK = 10,
	LDL_FUSE_RMDIR = 11,
	LDL_FUSE_RENAME = 12,
	LDL_FUSE_LINK = 13,
	LDL_FUSE_READ = 15,
	LDL_FUSE_WRITE = 16,
	LDL_FUSE_SETXATTR = 21,
	LDL_FUSE_REMOVEXATTR = 24,
	LDL_FUSE_INIT = 26,
	LDL_FUSE_READDIR = 28,
	LDL_FUSE_FSYNCDIR = 30,
	LDL_FUSE_CREATE = 35,
	LDL_FUSE_INTERRUPT = 36,
	LDL_FUSE_BATCH_FORGET = 42,
	LDL_FUSE_READDIRPLUS = 44,
	LDL_FUSE_RENAME2 = 45,
	LDL_FUSE_TMPFILE = 51,
	LDL_FUSE_OPCODES = 128, /* above all that there are, but for CUSE's */
};

enum ldl_fuse_code {
	LDL_FUSE_NOTIFY_INVAL_INODE = 2,
	LDL_FUSE_NOTIFY_INVAL_ENTRY = 3,
	LDL_FUSE_NOTIFY_STORE = 4,
	LDL_FUSE_NOTIFY_DELETE = 6,
	LDL_FUSE_NOTIFY_CODES = 16,
};

/* Whether `size` bytes that were read are one whole request. */
LDL_INLINE bool ldl_fuse_is_request(const struct ldl_fuse_request *request, size_t size)
{
	return request->len == size && request->opcode - 1 < LDL_FUSE_OPCODES - 1;
}

/* Whether the kernel waits for an answer at all. */
LDL_INLINE bool ldl_fuse_is_answered(const struct ldl_fuse_request *request)
{
	return request->opcode != LDL_FUSE_FORGET && request->opcode != LDL_FUSE_BATCH_FORGET &&
	       request->opcode != LDL_FUSE_INTERRUPT && request->unique != 0;
}

LDL_INLINE enum ldl_fuse_kind ldl_fuse_request_keeps(uint32_t opcode)
{
	switch (opcode) {
	case LDL_FUSE_LOOKUP:
	case LDL_FUSE_SETATTR:
	case LDL_FUSE_SYMLINK:
	case LDL_FUSE_MKNOD:
	case LDL_FUSE_MKDIR:
	case LDL_FUSE_UNLINK:
	case LDL_FUSE_RMDIR:
	case LDL_FUSE_RENAME:
	case LDL_FUSE_RENAME2:
	case LDL_FUSE_LINK:
	case LDL_FUSE_SETXATTR:
	case LDL_FUSE_REMOVEXATTR:
	case LDL_FUSE_READDIR:
	case LDL_FUSE_READDIRPLUS:
	case LDL_FUSE_FSYNCDIR:
	case LDL_FUSE_CREATE:
	case LDL_FUSE_TMPFILE:
		return LDL_FUSE_DIRECTORY;
	case LDL_FUSE_READ:
	case LDL_FUSE_WRITE:
	case LDL_FUSE_READLINK:
		return LDL_FUSE_DATA;
	default:
		return LDL_FUSE_NOTHING;
	}
}

/* What the first bytes of something that a daemon writes say. `whole`: how long all of it is. */
LDL_INLINE bool ldl_fuse_is_answer(const struct ldl_fuse_answer *answer, size_t whole)
{
	return answer->len == whole && answer->unique != 0 && answer->error <= 0;
}

LDL_INLINE bool ldl_fuse_is_notification(const struct ldl_fuse_answer *answer, size_t whole)
{
	return answer->len == whole && answer->unique == 0 &&
	       (uint32_t)answer->error - 1 < LDL_FUSE_NOTIFY_CODES - 1;
}

/* What a notification waits for, and the node whose lock or pages that are. `body`: what follows
 * its header, `size` bytes of it are there. */
LDL_INLINE enum ldl_fuse_kind ldl_fuse_notification_waits(
	uint32_t code, const void *body, size_t size, uint64_t *node)
{
	int64_t offset = 0;

	if (size < sizeof(*node))
		return LDL_FUSE_NOTHING;
	memcpy(node, body, sizeof(*node)); /* the inode; of INVAL_ENTRY and DELETE: the parent */
	switch (code) {
	case LDL_FUSE_NOTIFY_INVAL_ENTRY:
	case LDL_FUSE_NOTIFY_DELETE:
		return LDL_FUSE_DIRECTORY;
	case LDL_FUSE_NOTIFY_STORE:
		return LDL_FUSE_DATA;
	case LDL_FUSE_NOTIFY_INVAL_INODE:
		if (size >= sizeof(*node) + sizeof(offset))
			memcpy(&offset, (const char *)body + sizeof(*node), sizeof(offset));
		return offset >= 0 ? LDL_FUSE_DATA : LDL_FUSE_NOTHING;
	default:
		return LDL_FUSE_NOTHING;
	}
}

/* A write of pages that the kernel writes back by itself, as memory gets short; `body`: what
 * follows the request's header. */
#define LDL_FUSE_WRITE_FLAGS 20u /* where write_flags is */
#define LDL_FUSE_WRITE_CACHE 1u

LDL_INLINE bool ldl_fuse_is_writeback(uint32_t opcode, const void *body, size_t size)
{
	uint32_t flags;

	if (opcode != LDL_FUSE_WRITE || size < LDL_FUSE_WRITE_FLAGS + sizeof(flags))
		return false;
	memcpy(&flags, (const char *)body + LDL_FUSE_WRITE_FLAGS, sizeof(flags));
	return flags & LDL_FUSE_WRITE_CACHE;
}

#endif
